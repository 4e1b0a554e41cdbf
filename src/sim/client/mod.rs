//! The clients: what the Java producer, consumer and admin client do on their side of the connection, and the process that
//! hosts them together with a program.
//!
//! - [`program`] what a program sees of all this
//! - [`producer`], [`consumer`], [`admin`] the machines, each usable without a world
//! - [`metadata`], [`connections`], [`backoff`] what they have in common
//! - [`Client`] the process; `run` its program's thread, `calls` what the program asks for
pub mod admin;
pub mod backoff;
mod calls;
pub mod connections;
pub mod consumer;
#[cfg(test)]
mod hand;
pub mod io;
pub mod metadata;
pub mod murmur2;
pub mod partitioner;
pub mod producer;
pub mod program;
mod run;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sim::effects::{Effects, Line};
use crate::sim::ids::NodeId;
use crate::sim::node::{Input, Timer};
use crate::sim::rng::Rng;
use crate::sim::setup::ClusterSetup;
use crate::sim::sorted::SortedMap;
use crate::sim::time::{Micros, NodeNow};
use admin::Admin;
use consumer::Consumer;
use io::{Io, MachineEvent};
use producer::Producer;
use program::{ClientCalls, ClientEvent, Program};

/// A client process as a setup describes it.
#[derive(Clone, Debug, Hash)]
pub struct ClientSpec<P> {
    /// Name of the process and prefix of its `client.id`s.
    pub name: Arc<str>,
    /// The program in its first state; a restart begins with it again.
    pub program: P,
}

/// A timer of a client process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientTimer {
    /// A timer of the program.
    Program { token: u64 },
    /// The program is not busy any more.
    Free,
    /// A producer wants to look at its batches.
    Producer(u16),
    /// A consumer wants to look at its membership or its fetches.
    Consumer(u16),
    /// The admin client wants to look at its calls.
    Admin,
}

/// A machine with the host's bookkeeping about it.
#[derive(Clone, Debug, Hash)]
struct Hosted<M> {
    machine: M,
    /// Whether something happened to it since it was last looked at.
    is_touched: bool,
    /// When its next timer fires.
    wake: Option<Micros>,
    /// Of a consumer: whether the program's thread has to poll it.
    must_poll: bool,
}

impl<M> Hosted<M> {
    fn new(machine: M) -> Hosted<M> {
        Hosted { machine, is_touched: true, wake: None, must_poll: true }
    }

    fn touch(&mut self) {
        self.is_touched = true;
        self.must_poll = true;
    }
}

/// A client process: a program with its producers, consumers and admin client.
#[derive(Clone, Debug, Hash)]
pub struct Client<P: Program> {
    node: NodeId,
    name: Arc<str>,
    /// The program.
    pub program: P,
    setup: Arc<ClusterSetup>,
    bootstrap: Arc<[NodeId]>,
    producers: SortedMap<u16, Hosted<Producer>>,
    consumers: SortedMap<u16, Hosted<Consumer>>,
    admin: Hosted<Admin>,
    /// Events that wait for the program's thread.
    queue: VecDeque<ClientEvent<P::Command>>,
    /// Reused buffer; empty between inputs.
    events: VecDeque<MachineEvent>,
    /// Calls of the program that are not made yet, because one of them blocks.
    calls: ClientCalls,
    next_call: u32,
    is_blocked: bool,
    busy_until: Micros,
    /// Since when the program's thread is not in a poll loop.
    away_since: Option<Micros>,
    /// The consumer to be polled first, for fairness.
    next_consumer: u16,
    has_exited: bool,
    rng: Rng,
}

impl<P: Program> Client<P> {
    /// A process that has just been started.
    pub fn boot(
        node: NodeId,
        spec: &ClientSpec<P>,
        setup: Arc<ClusterSetup>,
        mut rng: Rng,
    ) -> Client<P> {
        let brokers = setup.servers.iter().filter(|server| server.roles.is_broker());
        let bootstrap: Arc<[NodeId]> = brokers.map(|server| server.id).collect();
        let admin = Admin::new(bootstrap.clone(), rng.fork("admin"));
        Client {
            node,
            name: spec.name.clone(),
            program: spec.program.clone(),
            setup,
            bootstrap,
            producers: SortedMap::new(),
            consumers: SortedMap::new(),
            admin: Hosted::new(admin),
            queue: VecDeque::new(),
            events: VecDeque::new(),
            calls: ClientCalls::default(),
            next_call: 0,
            is_blocked: false,
            busy_until: Micros::ZERO,
            away_since: None,
            next_consumer: 0,
            has_exited: false,
            rng,
        }
    }

    /// The producers by number.
    pub fn producers(&self) -> impl Iterator<Item = (u16, &Producer)> {
        self.producers.iter().map(|(number, hosted)| (*number, &hosted.machine))
    }

    /// The consumers by number.
    pub fn consumers(&self) -> impl Iterator<Item = (u16, &Consumer)> {
        self.consumers.iter().map(|(number, hosted)| (*number, &hosted.machine))
    }

    /// The name of the process.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether the program works, so that events wait.
    pub fn is_busy(&self, now: NodeNow) -> bool {
        self.busy_until > now.monotonic || self.is_blocked
    }

    /// Handles one input.
    pub fn handle(&mut self, now: NodeNow, input: Input<P::Command>, out: &mut Effects) {
        self.take_in(now, input, out);
        self.run(now, out);
    }

    fn take_in(&mut self, now: NodeNow, input: Input<P::Command>, out: &mut Effects) {
        let mut io = Io { now, node: self.node, out, events: &mut self.events };
        match input {
            Input::Start => self.queue.push_back(ClientEvent::Started),
            Input::Command(command) => self.queue.push_back(ClientEvent::Command(command)),
            Input::ShutDown => self.queue.push_back(ClientEvent::Closing),
            Input::Timer(Timer::Client(timer)) => self.on_timer(timer),
            Input::Timer(_) | Input::Request { .. } => {
                debug_assert!(false, "clients have no other timers and take no requests");
            }
            Input::Response { from, line, id, response } => match line {
                Line::Producer(number) => {
                    let Some(hosted) = self.producers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_response(&mut io, from, id, &response);
                }
                Line::Consumer(number) | Line::Coordinator(number) => {
                    let Some(hosted) = self.consumers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_response(&mut io, from, line, id, &response);
                }
                _ => {
                    self.admin.touch();
                    self.admin.machine.on_response(&mut io, from, id, &response);
                }
            },
            Input::Disconnected { to, line } => match line {
                Line::Producer(number) => {
                    let Some(hosted) = self.producers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_disconnected(&mut io, to);
                }
                Line::Consumer(number) | Line::Coordinator(number) => {
                    let Some(hosted) = self.consumers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_disconnected(&mut io, to, line);
                }
                _ => self.admin.machine.on_disconnected(&mut io, to),
            },
            Input::Failed { to, line, id, request, timed_out } => match line {
                Line::Producer(number) => {
                    let Some(hosted) = self.producers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_failed(&mut io, to, id, &request, timed_out);
                }
                Line::Consumer(number) | Line::Coordinator(number) => {
                    let Some(hosted) = self.consumers.get_mut(&number) else { return };
                    hosted.touch();
                    hosted.machine.on_failed(&mut io, to, line, id, &request);
                }
                _ => {
                    self.admin.touch();
                    self.admin.machine.on_failed(&mut io, to, id);
                }
            },
        }
    }

    fn on_timer(&mut self, timer: ClientTimer) {
        match timer {
            ClientTimer::Program { token } => self.queue.push_back(ClientEvent::Woken { token }),
            ClientTimer::Free => {}
            ClientTimer::Producer(number) => {
                self.producers.get_mut(&number).into_iter().for_each(Hosted::touch);
            }
            ClientTimer::Consumer(number) => {
                self.consumers.get_mut(&number).into_iter().for_each(Hosted::touch);
            }
            ClientTimer::Admin => self.admin.touch(),
        }
    }
}
