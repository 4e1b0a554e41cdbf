//! The kernel: the only loop. Pops the next event, hands it to a node, turns the node's effects into the future.
//!
//! - `delivery` arrivals on connections, request threads, timeouts
//! - `outcome` carrying out effects
//! - `fault` what is done from outside
mod delivery;
#[cfg(test)]
mod digest_tests;
mod event;
mod fault;
mod outcome;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use self::event::Event;
use crate::limits::CLIENTS_MAX;
use crate::sim::client::ClientSpec;
use crate::sim::client::program::Program;
use crate::sim::clock::Clock;
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::effects::Effects;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::hash::{StableHasher, digest_of};
use crate::sim::ids::*;
use crate::sim::network::{Network, Packet};
use crate::sim::node::{Input, Node, Power, Process};
use crate::sim::rng::Rng;
use crate::sim::scheduler::Scheduler;
use crate::sim::server::Server;
use crate::sim::setup::{ClusterSetup, SetupError};
use crate::sim::storage::disk::Disk;
use crate::sim::time::{Micros, SimTime};

/// A simulated cluster with its clients. Cloning it is a snapshot: clones share what neither has changed.
#[derive(Clone, Debug)]
pub struct World<P: Program> {
    now: SimTime,
    setup: Arc<ClusterSetup>,
    clients: Arc<Vec<ClientSpec<P>>>,
    nodes: Vec<Arc<Node<P>>>,
    /// Places of the servers among the nodes, by their ids.
    places: Arc<[Option<u32>]>,
    network: Network,
    scheduler: Scheduler<Event>,
    /// Events that wait for a paused process, by node.
    deferred: Vec<Arc<VecDeque<Event>>>,
    /// What each write takes longer, on the disks that are slow.
    slow_disks: BTreeMap<NodeId, Micros>,
    rng: Rng,
    hash: StableHasher,
    next_fact: u64,
    events: u64,
    /// Facts of the last step, for the observers; no part of the state.
    facts: Vec<FactRecord>,
    /// Reused buffer; empty between steps, but for how far the metadata has been told.
    effects: Effects,
    /// Connections whose server is done with a request and may take the next. Reused buffer; empty between steps.
    finished: Vec<(ConnectionId, u32)>,
}

/// A packet on its way, for the eye.
#[derive(Clone, Copy, Debug)]
pub struct PacketInFlight<'a> {
    /// The number of the event of its arrival.
    pub sequence: u64,
    pub from: NodeId,
    pub to: NodeId,
    /// When it arrives.
    pub due: SimTime,
    /// Its receiver has closed or lost the connection: what arrives is thrown away.
    pub is_void: bool,
    pub packet: &'a Packet,
}

impl<P: Program> std::hash::Hash for World<P> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.now, &self.setup, &self.clients, &self.nodes, &self.network).hash(state);
        (&self.scheduler, &self.deferred, &self.rng, &self.hash).hash(state);
        (self.next_fact, self.events, self.effects.metadata_told()).hash(state);
        // A world whose disks are as the setup has them digests as it did before there were slow ones.
        if !self.slow_disks.is_empty() {
            self.slow_disks.hash(state);
        }
    }
}

impl<P: Program> World<P> {
    /// A world at its start: disks formatted, every process about to boot.
    ///
    /// # Errors
    /// If the setup is past a limit or impossible.
    pub fn new(setup: ClusterSetup, clients: Vec<ClientSpec<P>>) -> Result<World<P>, SetupError> {
        setup.validate(clients.len())?;
        let servers = setup.servers.len();
        let mut world = World {
            now: SimTime::ZERO,
            rng: Rng::new(setup.seed, "network"),
            setup: Arc::new(setup),
            clients: Arc::new(Vec::new()),
            nodes: Vec::new(),
            places: Arc::from([]),
            network: Network::new(servers),
            scheduler: Scheduler::default(),
            deferred: vec![Arc::default(); servers],
            slow_disks: BTreeMap::new(),
            hash: StableHasher::default(),
            next_fact: 1,
            events: 0,
            facts: Vec::new(),
            effects: Effects::default(),
            finished: Vec::new(),
        };
        world.hash.mix(digest_of(&world.setup));
        world.places = places(&world.setup);
        for server in world.setup.clone().servers.iter() {
            let threads = world.setup.config.num_io_threads.max(1) as usize;
            world.nodes.push(Arc::new(new_node(
                server.id,
                server.clock(),
                threads,
                Some(Disk::default()),
            )));
        }
        for index in 0..servers {
            world.start_process(index, FactId(0));
        }
        for client in clients {
            world.add_client(client)?;
        }
        Ok(world)
    }

    /// Adds a client process and starts it.
    ///
    /// # Errors
    /// If the world has as many as it can hold.
    pub fn add_client(&mut self, spec: ClientSpec<P>) -> Result<NodeId, SetupError> {
        let id = self.enlist_client(spec)?;
        self.start_process(self.nodes.len() - 1, FactId(0));
        Ok(id)
    }

    /// Adds a client process that does not run yet.
    ///
    /// # Errors
    /// If the world has as many as it can hold.
    pub fn enlist_client(&mut self, spec: ClientSpec<P>) -> Result<NodeId, SetupError> {
        if self.clients.len() >= CLIENTS_MAX {
            return Err(SetupError::TooManyClients { asked: self.clients.len() + 1 });
        }
        let id = NodeId(FIRST_CLIENT + self.clients.len() as i32);
        Arc::make_mut(&mut self.clients).push(spec);
        self.nodes.push(Arc::new(new_node(id, Clock::default(), 1, None)));
        self.deferred.push(Arc::default());
        self.network.add_node();
        Ok(id)
    }

    /// Handles the next event; false if there is none.
    pub fn step(&mut self) -> bool {
        self.facts.clear();
        let Some((time, sequence, event)) = self.scheduler.pop() else {
            return false;
        };
        debug_assert!(time >= self.now, "no event lies in the past");
        self.now = time;
        self.events += 1;
        self.hash.mix(time.0 ^ sequence.rotate_left(40));
        self.handle_event(event);
        true
    }

    /// Steps until the next event lies after `time`; the clock then shows `time`.
    pub fn run_until(&mut self, time: SimTime) {
        while self.scheduler.next_time().is_some_and(|next| next <= time) {
            self.step();
        }
        self.now = self.now.max(time);
    }

    /// Lets the clock show `time`, which no event may precede.
    pub fn advance_clock(&mut self, time: SimTime) {
        debug_assert!(
            time <= self.now || self.scheduler.next_time().is_none_or(|next| next > time)
        );
        self.now = self.now.max(time);
    }

    /// Gives a command to a client's program. Facts are those of this command afterwards.
    pub fn command(&mut self, client: NodeId, command: P::Command) {
        self.facts.clear();
        self.hash.mix(digest_of(&(client, &command)));
        if let Some(index) = self.index_of(client) {
            self.hand_over(index, Input::Command(command), FactId(0));
        }
    }

    /// The world's time.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// When the next event happens.
    pub fn next_event_time(&self) -> Option<SimTime> {
        self.scheduler.next_time()
    }

    /// How many events have been handled.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many events are pending.
    pub fn pending(&self) -> usize {
        self.scheduler.len()
    }

    /// The world hash: rolls over every event and its outcome.
    pub fn hash(&self) -> u64 {
        self.hash.value()
    }

    /// Facts of the last step, command or fault.
    pub fn facts(&self) -> &[FactRecord] {
        &self.facts
    }

    /// How the world began; its network is the one of now.
    pub fn setup(&self) -> &ClusterSetup {
        &self.setup
    }

    /// The client processes in the order of their node ids.
    pub fn client_specs(&self) -> &[ClientSpec<P>] {
        &self.clients
    }

    /// All nodes: servers in the setup's order, then clients.
    pub fn nodes(&self) -> impl Iterator<Item = &Node<P>> {
        self.nodes.iter().map(|node| &**node)
    }

    /// The node with that id.
    pub fn node(&self, id: NodeId) -> Option<&Node<P>> {
        self.index_of(id).map(|index| &*self.nodes[index])
    }

    /// Packets on their way, in no particular order.
    pub fn packets(&self) -> impl Iterator<Item = PacketInFlight<'_>> {
        self.scheduler.pending().filter_map(|(due, sequence, event)| {
            let Event::Arrive { connection, generation, up, packet, .. } = event else {
                return None;
            };
            let connection = self.network.get(*connection);
            let (from, to) = match up {
                true => (connection.client, connection.server),
                false => (connection.server, connection.client),
            };
            (connection.generation == *generation).then_some(PacketInFlight {
                sequence,
                from,
                to,
                due,
                is_void: match up {
                    true => !connection.server_open,
                    false => !connection.client_open,
                },
                packet,
            })
        })
    }

    /// The newest committed metadata that any running server has.
    pub fn metadata(&self) -> Option<&MetadataImage> {
        self.nodes()
            .filter_map(Node::server)
            .map(Server::image)
            .max_by_key(|image| image.next_offset)
    }

    /// What each write takes longer, on the disks that are slow.
    pub fn slow_disks(&self) -> &BTreeMap<NodeId, Micros> {
        &self.slow_disks
    }

    /// Connections and links.
    pub fn network(&self) -> &Network {
        &self.network
    }

    fn index_of(&self, id: NodeId) -> Option<usize> {
        if id.is_client() {
            let index = self.setup.servers.len() + (id.0 - FIRST_CLIENT) as usize;
            return (index < self.nodes.len()).then_some(index);
        }
        let place = *self.places.get(usize::try_from(id.0).ok()?)?;
        place.map(|place| place as usize)
    }

    /// Lets a running process handle an input, and carries out what it wants.
    fn hand_over(&mut self, index: usize, input: Input<P::Command>, cause: FactId) {
        let node = Arc::make_mut(&mut self.nodes[index]);
        let now = node.clock.now(self.now);
        self.effects.begin(node.next_request);
        if let Some(delay) = self.slow_disks.get(&node.id) {
            self.effects.slow_writes(*delay);
        }
        if let Input::Request { .. } = input {
            self.effects.charge(crate::sim::node::nanos(self.setup.costs.request_ns));
        }
        match &mut node.process {
            Some(Process::Server(server)) => server.handle(now, input, &mut self.effects),
            Some(Process::Client(client)) => client.handle(now, input, &mut self.effects),
            None => return,
        }
        node.next_request = self.effects.next_request();
        self.carry_out(index, cause);
    }

    /// Records a fact and returns its id.
    fn record(&mut self, node: NodeId, cause: FactId, fact: Fact) -> FactId {
        let id = FactId(self.next_fact);
        self.next_fact += 1;
        self.hash.mix(digest_of(&fact));
        self.facts.push(FactRecord { id, time: self.now, node, cause, fact });
        id
    }

    /// The fact that silences `awaited` as `waiting` hears it, if any is known.
    fn silence(&self, waiting: NodeId, awaited: NodeId) -> Option<FactId> {
        let node = &self.nodes[self.index_of(awaited)?];
        if node.silenced {
            return Some(node.silenced_by);
        }
        let links = &self.network.links;
        let cut = links.get(awaited, waiting).cut_by.or(links.get(waiting, awaited).cut_by);
        cut.or_else(|| (node.silenced_by != FactId(0)).then_some(node.silenced_by))
    }
}

/// A table, because every packet asks for the place of its receiver.
fn places(setup: &ClusterSetup) -> Arc<[Option<u32>]> {
    let mut places = Vec::new();
    for (place, server) in (0..).zip(&setup.servers) {
        let id = usize::try_from(server.id.0).expect("a server's id is not negative");
        places.resize(places.len().max(id + 1), None);
        places[id] = Some(place);
    }
    places.into()
}

fn new_node<P: Program>(id: NodeId, clock: Clock, threads: usize, disk: Option<Disk>) -> Node<P> {
    Node {
        id,
        clock,
        power: Power::Stopped,
        process: None,
        disk,
        incarnation: 0,
        silenced_by: FactId(0),
        silenced: false,
        next_request: 1,
        threads: vec![SimTime::ZERO; threads],
        ready: VecDeque::new(),
        thread_awaited: false,
        egress_free_ns: 0,
    }
}
