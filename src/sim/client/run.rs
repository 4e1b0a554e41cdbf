//! The program's thread, and the machines around it: who runs when something has happened.

use super::consumer::Consumer;
use super::io::{Io, earlier};
use super::program::{ClientEvent, Program};
use super::{Client, ClientTimer, Hosted};
use crate::sim::effects::Effects;
use crate::sim::time::{Micros, NodeNow};

impl<P: Program> Client<P> {
    /// Runs the program as far as it goes, and lets the machines send, until nothing is left to do at this moment.
    pub(super) fn run(&mut self, now: NodeNow, out: &mut Effects) {
        loop {
            self.run_program(now, out);
            if self.has_exited || !self.run_machines(now, out) {
                return;
            }
        }
    }

    /// One thread: calls, then the next event, then a poll; nothing while it is busy.
    fn run_program(&mut self, now: NodeNow, out: &mut Effects) {
        loop {
            self.queue.extend(self.events.drain(..).map(ClientEvent::widen));
            if !self.make_calls(now, out) {
                self.leave_poll_loop(now.monotonic);
                return;
            }
            if self.has_exited {
                return;
            }
            if self.busy_until > now.monotonic {
                return;
            }
            match self.queue.pop_front() {
                Some(event) => self.program.on(now, event, &mut self.calls),
                None if self.poll_consumers(now, out) => {}
                None => return,
            }
        }
    }

    /// Polls the consumers that something happened to, until one has news for the program.
    fn poll_consumers(&mut self, now: NodeNow, out: &mut Effects) -> bool {
        self.away_since = None;
        let first = self.next_consumer;
        let numbers = self.consumers.around(&first);
        let numbers = numbers.filter(|(_, hosted)| hosted.must_poll).map(|(number, _)| *number);
        for number in numbers.collect::<Vec<u16>>() {
            let Some(hosted) = self.consumers.get_mut(&number) else { continue };
            let mut io = Io { now, node: self.node, out, events: &mut self.events };
            let wake = hosted.machine.poll(&mut io);
            hosted.is_touched = true;
            if !self.events.is_empty() {
                self.next_consumer = number.wrapping_add(1);
                return true;
            }
            hosted.must_poll = false;
            hosted.wake_at(wake, now.monotonic, ClientTimer::Consumer(number), out);
        }
        false
    }

    /// Notes that the thread does something else than polling from now on.
    pub(super) fn leave_poll_loop(&mut self, now: Micros) {
        if self.away_since.is_none() {
            self.away_since = Some(now);
            // The consumers' threads watch max.poll.interval.ms from here.
            self.consumers.values_mut().for_each(|hosted| hosted.is_touched = true);
        }
    }

    /// Lets every machine that something happened to do its work; false if there was none.
    fn run_machines(&mut self, now: NodeNow, out: &mut Effects) -> bool {
        let mut has_run = false;
        let away_since = self.away_since;
        let mut io = Io { now, node: self.node, out, events: &mut self.events };
        for (number, hosted) in &mut self.producers {
            if std::mem::take(&mut hosted.is_touched) {
                has_run = true;
                let wake = hosted.machine.poll(&mut io);
                hosted.wake_at(wake, now.monotonic, ClientTimer::Producer(*number), io.out);
            }
        }
        for (number, hosted) in &mut self.consumers {
            if std::mem::take(&mut hosted.is_touched) {
                has_run = true;
                let wake = watch(&mut hosted.machine, &mut io, away_since);
                hosted.wake_at(wake, now.monotonic, ClientTimer::Consumer(*number), io.out);
            }
        }
        if std::mem::take(&mut self.admin.is_touched) {
            has_run = true;
            let wake = self.admin.machine.poll(&mut io);
            self.admin.wake_at(wake, now.monotonic, ClientTimer::Admin, io.out);
        }
        has_run
    }
}

fn watch(consumer: &mut Consumer, io: &mut Io<'_>, away_since: Option<Micros>) -> Option<Micros> {
    let wake = consumer.background(io, away_since);
    earlier(wake, consumer.close_deadline())
}

impl<M> Hosted<M> {
    /// Sets a timer unless one fires early enough.
    fn wake_at(
        &mut self,
        wake: Option<Micros>,
        now: Micros,
        timer: ClientTimer,
        out: &mut Effects,
    ) {
        if self.wake.is_some_and(|pending| pending <= now) {
            self.wake = None;
        }
        let Some(wake) = wake else { return };
        // A timer never fires before the clock has moved on, or a machine that is late would spin.
        let wake = wake.max(now + Micros(1));
        if self.wake.is_none_or(|pending| wake < pending) {
            self.wake = Some(wake);
            out.timer(wake - now, timer);
        }
    }
}
