//! Making the program's calls: each goes to its machine, and one that blocks holds those after it.

use std::sync::Arc;

use super::consumer::{Consumer, ConsumerSetup};
use super::io::Io;
use super::producer::{Producer, Progress};
use super::program::{Call, ClientCalls, Program};
use super::{Client, ClientTimer, Hosted};
use crate::sim::config::ConsumerConfig;
use crate::sim::effects::Effects;
use crate::sim::fact::Fact;
use crate::sim::time::{Micros, NodeNow};

impl<P: Program> Client<P> {
    /// Makes the calls that wait; false if one of them blocks.
    pub(super) fn make_calls(&mut self, now: NodeNow, out: &mut Effects) -> bool {
        let mut calls = std::mem::take(&mut self.calls);
        while (self.next_call as usize) < calls.calls.len() && !self.has_exited {
            let was_blocked = std::mem::replace(&mut self.is_blocked, false);
            if self.make_call(now, out, &calls, was_blocked) == Progress::Blocked {
                self.is_blocked = true;
                self.calls = calls;
                return false;
            }
            self.next_call += 1;
        }
        self.next_call = 0;
        calls.clear();
        self.calls = calls;
        true
    }

    fn make_call(
        &mut self,
        now: NodeNow,
        out: &mut Effects,
        calls: &ClientCalls,
        was_blocked: bool,
    ) -> Progress {
        let mut io = Io { now, node: self.node, out, events: &mut self.events };
        match &calls.calls[self.next_call as usize] {
            Call::Send(send) => {
                let Some(hosted) = self.producers.get_mut(&send.producer) else {
                    return Progress::Done;
                };
                let progress = hosted.machine.send(&mut io, send, calls.record(send));
                // A call that goes on blocking changes nothing.
                hosted.is_touched |= !was_blocked || progress == Progress::Done;
                return progress;
            }
            Call::CloseProducer { producer } => return self.close_producer(now, out, *producer),
            Call::CloseConsumer { consumer, leave } => {
                return self.close_consumer(now, out, *consumer, *leave);
            }
            Call::CreateProducer { producer, config } => {
                let rng = self.rng.fork(&format!("producer {producer}"));
                let machine = Producer::new(*producer, self.bootstrap.clone(), config, rng);
                self.producers.insert(*producer, Hosted::new(machine));
            }
            Call::Flush { producer } => {
                if let Some(hosted) = self.producers.get_mut(producer) {
                    hosted.machine.flush(&mut io);
                    hosted.touch();
                }
            }
            Call::CreateConsumer { consumer, group, config } => {
                self.create_consumer(*consumer, group.clone(), config);
            }
            Call::Subscribe { consumer, topics } => {
                self.with_consumer(*consumer, |machine| machine.subscribe(topics.clone()));
            }
            Call::Assign { consumer, partitions } => {
                self.with_consumer(*consumer, |machine| machine.assign(partitions));
            }
            Call::Seek { consumer, partition, to } => {
                self.with_consumer(*consumer, |machine| machine.seek(partition, *to));
            }
            Call::Pause { consumer, partitions } => {
                self.with_consumer(*consumer, |machine| machine.set_paused(partitions, true));
            }
            Call::Resume { consumer, partitions } => {
                self.with_consumer(*consumer, |machine| machine.set_paused(partitions, false));
            }
            Call::Commit { consumer, offsets, token } => {
                if let Some(hosted) = self.consumers.get_mut(consumer) {
                    hosted.machine.commit(&mut io, offsets.clone(), *token);
                    hosted.touch();
                }
            }
            Call::Admin { call, token } => {
                self.admin.machine.call(now.monotonic, (**call).clone(), *token);
                self.admin.touch();
            }
            Call::Timer { after, token } => {
                out.timer(*after, ClientTimer::Program { token: *token });
            }
            Call::BusyFor { time } => self.be_busy(now.monotonic, *time, out),
            Call::Fact { code, values } => {
                let (client, code, values) = (self.node, *code, *values);
                out.fact(Fact::Program { client, code, values });
            }
            Call::Exit => {
                self.has_exited = true;
                out.exit();
            }
        }
        Progress::Done
    }

    fn create_consumer(&mut self, number: u16, group: Option<Arc<str>>, config: &ConsumerConfig) {
        let client_id = match config.client_id.as_str() {
            "" => Arc::from(format!("{}-consumer-{number}", self.name)),
            given => Arc::from(given),
        };
        let setup =
            ConsumerSetup { number, client_id, bootstrap: self.bootstrap.clone(), group, config };
        let rng = self.rng.fork(&format!("consumer {number}"));
        self.consumers.insert(number, Hosted::new(Consumer::new(setup, rng)));
    }

    fn with_consumer(&mut self, number: u16, act: impl FnOnce(&mut Consumer)) {
        if let Some(hosted) = self.consumers.get_mut(&number) {
            act(&mut hosted.machine);
            hosted.touch();
        }
    }

    fn be_busy(&mut self, now: Micros, time: Micros, out: &mut Effects) {
        let until = self.busy_until.max(now) + time;
        self.busy_until = until;
        self.leave_poll_loop(now);
        out.timer(until - now, ClientTimer::Free);
    }

    fn close_producer(&mut self, now: NodeNow, out: &mut Effects, number: u16) -> Progress {
        let Some(hosted) = self.producers.get_mut(&number) else { return Progress::Done };
        let is_first = !hosted.machine.is_closing();
        if hosted.machine.close() == Progress::Blocked {
            hosted.is_touched |= is_first;
            return Progress::Blocked;
        }
        let mut io = Io { now, node: self.node, out, events: &mut self.events };
        hosted.machine.disconnect(&mut io);
        self.producers.remove(&number);
        Progress::Done
    }

    fn close_consumer(
        &mut self,
        now: NodeNow,
        out: &mut Effects,
        number: u16,
        leave: bool,
    ) -> Progress {
        let Some(hosted) = self.consumers.get_mut(&number) else { return Progress::Done };
        let mut io = Io { now, node: self.node, out, events: &mut self.events };
        let is_first = hosted.machine.close_deadline().is_none();
        if hosted.machine.close(&mut io, leave) == Progress::Blocked {
            hosted.is_touched |= is_first;
            return Progress::Blocked;
        }
        hosted.machine.disconnect(&mut io);
        self.consumers.remove(&number);
        Progress::Done
    }
}
