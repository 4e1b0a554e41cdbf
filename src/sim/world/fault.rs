//! What is done from outside: starting, stopping and breaking things.

use std::sync::Arc;

use super::World;
use super::event::Event;
use crate::sim::act::{ActError, Fault};
use crate::sim::client::Client;
use crate::sim::client::program::Program;
use crate::sim::fact::Fact;
use crate::sim::hash::digest_of;
use crate::sim::ids::*;
use crate::sim::network::Connection;
use crate::sim::network::Packet;
use crate::sim::node::{Input, Power, Process};
use crate::sim::rng::Rng;
use crate::sim::server::{Server, ServerContext};
use crate::sim::storage::disk::Disk;

impl<P: Program> World<P> {
    /// Injects a fault or takes one back. Facts are those of this act afterwards.
    ///
    /// # Errors
    /// If it cannot be done to the node in its state; then nothing has changed.
    pub fn act(&mut self, fault: Fault) -> Result<(), ActError> {
        self.check(fault)?;
        self.facts.clear();
        self.hash.mix(digest_of(&fault));
        let cause = self.record(NodeId::NONE, FactId(0), Fact::Fault(fault));
        match fault {
            Fault::Kill(node) => self
                .silence_and(node, cause, |world, i| world.end_process(i, Power::Stopped, cause)),
            Fault::PowerLoss(node) => {
                self.silence_and(node, cause, |world, i| world.lose_power(i, cause))
            }
            Fault::Pause(node) => {
                self.silence_and(node, cause, |world, i| world.node_mut(i).power = Power::Paused)
            }
            Fault::CleanStop(node) => self.silence_and(node, cause, |world, i| {
                world.node_mut(i).silenced = false;
                if world.nodes[i].process.is_some() {
                    world.hand_over(i, Input::ShutDown, cause);
                } else {
                    world.end_process(i, Power::Stopped, cause);
                }
            }),
            Fault::Resume(node) => self.with(node, |world, i| world.resume(i)),
            Fault::Start(node) => self.with(node, |world, i| world.start_process(i, cause)),
            Fault::WipeDisk(node) => {
                self.with(node, |world, i| world.node_mut(i).disk = Some(Disk::default()))
            }
            Fault::CutLink { from, to } => {
                self.network.links.update(from, to, |link| link.cut_by = Some(cause));
            }
            Fault::HealLink { from, to } => self.heal(from, to, cause),
            Fault::SetLatency { from, to, latency } => {
                self.network.links.update(from, to, |link| link.latency = latency);
            }
            Fault::SetNetwork { latency } => {
                Arc::make_mut(&mut self.setup).network.latency = latency
            }
            Fault::ResetConnections { a, b } => self.reset_between(a, b, cause),
            Fault::SlowDisk { node, write: Some(write) } => {
                self.slow_disks.insert(node, write);
            }
            Fault::SlowDisk { node, write: None } => {
                self.slow_disks.remove(&node);
            }
        }
        Ok(())
    }

    /// Whether the fault can be injected now.
    ///
    /// # Errors
    /// The reason why not.
    pub fn check(&self, fault: Fault) -> Result<(), ActError> {
        let power =
            |id: NodeId| self.node(id).map(|node| node.power).ok_or(ActError::UnknownNode(id));
        let up = |id| match power(id)? {
            Power::Running | Power::Paused => Ok(()),
            Power::Stopped | Power::Off => Err(ActError::NotRunning(id)),
        };
        let down = |id| match power(id)? {
            Power::Running | Power::Paused => Err(ActError::AlreadyRunning(id)),
            Power::Stopped | Power::Off => Ok(()),
        };
        match fault {
            Fault::Kill(id) | Fault::PowerLoss(id) => up(id),
            Fault::CleanStop(id) | Fault::Pause(id) => match power(id)? {
                Power::Running => Ok(()),
                Power::Paused | Power::Stopped | Power::Off => Err(ActError::NotRunning(id)),
            },
            Fault::Resume(id) if power(id)? == Power::Paused => Ok(()),
            Fault::Resume(id) => Err(ActError::NotPaused(id)),
            Fault::Start(id) | Fault::WipeDisk(id) => down(id),
            Fault::SetNetwork { .. } => Ok(()),
            Fault::SlowDisk { node, .. } => power(node).map(|_| ()),
            Fault::CutLink { from: a, to: b }
            | Fault::HealLink { from: a, to: b }
            | Fault::SetLatency { from: a, to: b, .. }
            | Fault::ResetConnections { a, b } => power(a).and(power(b)).map(|_| ()),
        }
    }

    fn node_mut(&mut self, index: usize) -> &mut crate::sim::node::Node<P> {
        Arc::make_mut(&mut self.nodes[index])
    }

    fn with(&mut self, node: NodeId, act: impl FnOnce(&mut Self, usize)) {
        if let Some(index) = self.index_of(node) {
            act(self, index);
        }
    }

    /// Notes the fault as the reason of the node's coming silence, then acts.
    fn silence_and(&mut self, node: NodeId, cause: FactId, act: impl FnOnce(&mut Self, usize)) {
        self.with(node, |world, index| {
            world.node_mut(index).silenced_by = cause;
            world.node_mut(index).silenced = true;
            act(world, index);
        });
    }

    /// Lets a process boot.
    pub(super) fn start_process(&mut self, index: usize, cause: FactId) {
        let boot = match self.nodes[index].id.is_client() {
            true => crate::sim::time::Micros::ZERO,
            false => self.setup.costs.boot,
        };
        let node = self.node_mut(index);
        let was_off = std::mem::replace(&mut node.power, Power::Running) == Power::Off;
        node.silenced = false;
        node.incarnation += 1;
        let (id, incarnation) = (node.id, node.incarnation);
        let time = self.now + boot;
        self.scheduler.push(time, Event::Boot { node: index as u32, incarnation, cause });
        if was_off {
            // What meets a cut link on its way is held up there.
            self.repeat(cause, |(_, to)| to == id);
        }
    }

    /// The process begins to run.
    pub(super) fn boot(&mut self, index: usize, incarnation: u32, cause: FactId) {
        let node = &self.nodes[index];
        if node.incarnation != incarnation {
            return;
        }
        if node.power == Power::Paused {
            return self.defer(index, Event::Boot { node: index as u32, incarnation, cause });
        }
        let id = node.id;
        let rng = Rng::new(self.setup.seed, &format!("node {id} run {incarnation}"));
        let process = match id.is_client() {
            true => self.boot_client(id, rng),
            false => self.boot_server(index, rng),
        };
        let now = self.now;
        let node = self.node_mut(index);
        node.process = Some(process);
        node.threads.iter_mut().for_each(|free| *free = now);
        let fact = self.record(id, cause, Fact::ProcessStarted { node: id });
        self.hand_over(index, Input::Start, fact);
    }

    fn boot_client(&self, id: NodeId, rng: Rng) -> Process<P> {
        let spec = &self.clients[(id.0 - FIRST_CLIENT) as usize];
        Process::Client(Box::new(Client::boot(id, spec, self.setup.clone(), rng)))
    }

    fn boot_server(&mut self, index: usize, mut rng: Rng) -> Process<P> {
        let spec = Arc::new(self.setup.servers[index].clone());
        let context = ServerContext {
            node: spec.id,
            spec,
            setup: self.setup.clone(),
            incarnation: rng.bits(),
        };
        let disk = self.node_mut(index).disk.take().unwrap_or_default();
        Process::Server(Box::new(Server::boot(context, disk, rng)))
    }

    /// Ends a process whose machine stays up: its peers hear a reset.
    pub(super) fn end_process(&mut self, index: usize, power: Power, cause: FactId) {
        self.take_process(index, power);
        let id = self.nodes[index].id;
        let now = self.now;
        for (connection, as_client) in self.connections_of(id) {
            if as_client {
                self.abandon(connection, index, cause);
            } else {
                self.hang_up(connection, now, cause);
            }
        }
    }

    /// Cuts the power: peers hear nothing, and what was not on the medium is gone.
    fn lose_power(&mut self, index: usize, cause: FactId) {
        let now = self.nodes[index].clock.now(self.now);
        let writeback = self.setup.costs.writeback;
        self.take_process(index, Power::Off);
        let id = self.nodes[index].id;
        self.lose_stalled(id);
        for (connection, as_client) in self.connections_of(id) {
            if as_client {
                let state = self.network.get_mut(connection);
                state.client_open = false;
                state.in_flight.clear();
                self.network.detach(index, connection);
                self.network.release(connection);
            } else {
                self.drop_server_side(connection);
            }
        }
        let lost = match &mut self.node_mut(index).disk {
            Some(disk) => disk.lose_unflushed(now.monotonic, writeback),
            None => Vec::new(),
        };
        for (partition, records, log_end_offset) in lost {
            self.record(
                id,
                cause,
                Fact::UnflushedLost { node: id, partition, records, log_end_offset },
            );
        }
    }

    /// What a machine without power had not got through a cut link is gone with it.
    fn lose_stalled(&mut self, sender: NodeId) {
        let is_theirs = |c: &Connection, up: bool| match up {
            true => c.client == sender && !c.up.stalled.is_empty(),
            false => c.server == sender && !c.down.stalled.is_empty(),
        };
        let all = self.network.all().flat_map(|(id, c)| [(id, true, c), (id, false, c)]);
        let hit: Vec<(ConnectionId, bool)> =
            all.filter(|(_, up, c)| is_theirs(c, *up)).map(|(id, up, _)| (id, up)).collect();
        for (id, up) in hit {
            let pipe = self.network.get_mut(id).pipe(up);
            let lost = pipe.stalled.drain(..).map(|(_, packet)| u64::from(packet.size_bytes()));
            pipe.bytes_lost += lost.sum::<u64>();
        }
    }

    fn take_process(&mut self, index: usize, power: Power) {
        self.lose_deferred(index);
        let node = self.node_mut(index);
        node.power = power;
        node.incarnation += 1;
        node.ready.clear();
        if let Some(Process::Server(server)) = node.process.take() {
            node.disk = Some(server.crash());
        }
    }

    /// What lay in the receive buffers of a paused process is gone with it.
    fn lose_deferred(&mut self, index: usize) {
        let events = std::mem::take(&mut self.deferred[index]);
        for event in events.iter() {
            if let Event::Arrive { connection, generation, up, packet, .. } = event {
                let bytes = u64::from(packet.size_bytes());
                // The slot may have another user by now.
                match self.network.get(*connection).generation == *generation {
                    true => self.network.get_mut(*connection).pipe(*up).bytes_lost += bytes,
                    false => self.network.bytes_lost += bytes,
                }
            }
            if let Event::ThreadFree { .. } = event {
                self.node_mut(index).thread_awaited = false;
            }
        }
    }

    /// Open connections of a node, with whether it is the client side.
    fn connections_of(&self, node: NodeId) -> Vec<(ConnectionId, bool)> {
        let sides = self.network.all().filter(|(_, c)| !c.released).flat_map(|(id, c)| {
            let client = (c.client == node && c.client_open).then_some((id, true));
            let server = (c.server == node && c.server_open).then_some((id, false));
            client.into_iter().chain(server)
        });
        sides.collect()
    }

    fn resume(&mut self, index: usize) {
        let node = self.node_mut(index);
        node.power = Power::Running;
        node.silenced = false;
        let events = std::mem::take(&mut self.deferred[index]);
        for event in events.iter() {
            self.scheduler.push(self.now, event.clone());
        }
    }

    fn heal(&mut self, from: NodeId, to: NodeId, cause: FactId) {
        self.network.links.update(from, to, |link| link.cut_by = None);
        self.repeat(cause, |link| link == (from, to));
    }

    /// Sends again what nobody acknowledged on some links.
    fn repeat(&mut self, cause: FactId, on: impl Fn((NodeId, NodeId)) -> bool) {
        let stalled: Vec<(ConnectionId, bool)> = self
            .network
            .all()
            .flat_map(|(id, c)| {
                let up = !c.up.stalled.is_empty() && on((c.client, c.server));
                let down = !c.down.stalled.is_empty() && on((c.server, c.client));
                [up.then_some((id, true)), down.then_some((id, false))]
            })
            .flatten()
            .collect();
        for (id, up) in stalled {
            self.retransmit(id, up, cause);
        }
    }

    /// What was held up arrives one latency after the repair, in order.
    ///
    /// Simplification: TCP repeats what was not acknowledged at doubling intervals, so that it may arrive later.
    fn retransmit(&mut self, id: ConnectionId, up: bool, cause: FactId) {
        let connection = self.network.get_mut(id);
        let generation = connection.generation;
        let pipe = connection.pipe(up);
        let packets = std::mem::take(&mut pipe.stalled);
        let latency = self.setup.network.latency;
        let arrival = self.network.get(id).last_arrival(up).max(self.now + latency);
        self.network.get_mut(id).pipe(up).last_arrival = arrival;
        for (_, packet) in packets {
            self.scheduler
                .push(arrival, Event::Arrive { connection: id, generation, up, packet, cause });
        }
    }

    fn reset_between(&mut self, a: NodeId, b: NodeId, cause: FactId) {
        let hit: Vec<ConnectionId> = self
            .network
            .all()
            .filter(|(_, c)| {
                c.client_open
                    && ((c.client == a && c.server == b) || (c.client == b && c.server == a))
            })
            .map(|(id, _)| id)
            .collect();
        for id in hit {
            self.reset(id, cause);
        }
    }

    /// Resets a connection: both sides lose what was on the way.
    fn reset(&mut self, id: ConnectionId, cause: FactId) {
        let index =
            self.index_of(self.network.get(id).client).expect("a connection's client exists");
        if self.network.get(id).server_open {
            self.drop_server_side(id);
        }
        self.close_client(id, index, false, cause);
        let connection = self.network.get_mut(id);
        connection.up.stalled.clear();
        connection.down.stalled.clear();
    }

    /// Packets of open connections that are scheduled to arrive or wait for a paused process: connection, direction, packet.
    pub fn in_transit(&self) -> impl Iterator<Item = (ConnectionId, bool, &Packet)> {
        let deferred = self.deferred.iter().flat_map(|events| events.iter());
        self.scheduler.events().chain(deferred).filter_map(|event| match event {
            Event::Arrive { connection, generation, up, packet, .. }
                if self.network.get(*connection).generation == *generation =>
            {
                Some((*connection, *up, packet))
            }
            Event::Arrive { .. }
            | Event::Watch { .. }
            | Event::Ready { .. }
            | Event::ThreadFree { .. }
            | Event::Timer { .. }
            | Event::Boot { .. } => None,
        })
    }
}
