//! The world of a recording with the clients of its recorder, and the passing of time in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::program::{Order, Recorder};
use super::recording::Meta;
use super::setup::setup;
use super::view;
use crate::sim::act::Fault;
use crate::sim::client::ClientSpec;
use crate::sim::client::program::{AdminCall, AdminResult};
use crate::sim::ids::NodeId;
use crate::sim::setup::SetupError;
use crate::sim::time::{Micros, SimTime};
use crate::sim::world::World;

/// How long the cluster may take until all brokers answer.
const START_LIMIT: Micros = Micros(60_000_000);

/// How long the recorder, a program of its own, takes to start once the cluster is up.
const RECORDER_START: Micros = Micros(3_000_000);

/// Which producer object sent the records of a `produce` step is not recorded: a new one for each step, or the one of the
/// step before if that had the same settings. Both are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Producers {
    Fresh,
    AsBefore,
}

/// A consumer in a group that polls in the background.
#[derive(Clone, Debug)]
pub struct Member {
    pub client_id: String,
    pub group: String,
    pub node: NodeId,
    /// Whether it has not been closed.
    pub live: bool,
}

/// A producer that stays open between steps.
#[derive(Clone, Debug)]
pub struct OpenProducer {
    pub number: u16,
    pub settings: Value,
}

/// A producer that sends while other steps happen.
#[derive(Clone, Debug)]
pub struct Background {
    pub topic: String,
    /// Token of its first record.
    pub first: u64,
    pub count: u64,
    pub finished: bool,
}

impl Background {
    /// The tokens of its records.
    pub fn tokens(&self) -> impl Iterator<Item = u64> + use<> {
        self.first..self.first + self.count
    }
}

/// The world of a recording.
#[derive(Clone, Debug)]
pub struct Stage {
    world: World<Recorder>,
    /// The process of the admin client and of producers.
    recorder: NodeId,
    /// Brokers that the recorder does not ask because it has stopped or frozen them.
    pub down: BTreeSet<NodeId>,
    pub members: Vec<Member>,
    pub producers: Producers,
    pub producer: Option<OpenProducer>,
    /// The producer that sends, or has sent, in the background.
    pub background: Option<Background>,
    /// The topic that was given more partitions last, and how many it is to have.
    pub grown: Option<(String, usize)>,
    next_token: u64,
    next_producer: u16,
}

impl Stage {
    /// A cluster whose brokers all answer.
    ///
    /// # Errors
    /// If it cannot be built, or does not come up.
    pub fn new(meta: &Meta, producers: Producers, seed: u64) -> Result<Stage, String> {
        let refused = |error: SetupError| error.to_string();
        let mut world = World::new(setup(meta, seed)?, Vec::new()).map_err(refused)?;
        let recorder = world.add_client(client("recorder")).map_err(refused)?;
        let mut stage = Stage {
            world,
            recorder,
            down: BTreeSet::new(),
            members: Vec::new(),
            producers,
            producer: None,
            background: None,
            grown: None,
            next_token: 1,
            next_producer: 0,
        };
        let brokers = meta.brokers as usize;
        match stage.run_until(START_LIMIT, |stage| view::answering(&stage.world).len() == brokers) {
            true => {
                stage.pass(RECORDER_START);
                Ok(stage)
            }
            false => Err("the cluster does not come up".to_owned()),
        }
    }

    /// The world as it is.
    pub fn world(&self) -> &World<Recorder> {
        &self.world
    }

    /// The process of the admin client and of producers.
    pub fn recorder(&self) -> &Recorder {
        self.program(self.recorder).expect("the recorder's process never ends")
    }

    /// The program of a client process.
    pub fn program(&self, node: NodeId) -> Option<&Recorder> {
        self.world.node(node)?.client().map(|client| &client.program)
    }

    /// Lets time pass event by event until something is so, at most that long. Tells whether it is.
    pub fn run_until(&mut self, limit: Micros, mut is_so: impl FnMut(&Stage) -> bool) -> bool {
        let deadline = self.world.now() + limit;
        loop {
            if is_so(self) {
                return true;
            }
            match self.world.next_event_time() {
                Some(next) if next <= deadline => self.world.step(),
                Some(_) | None => break,
            };
        }
        self.world.advance_clock(deadline);
        is_so(self)
    }

    /// Lets that much time pass.
    pub fn pass(&mut self, time: Micros) {
        let until: SimTime = self.world.now() + time;
        self.world.run_until(until);
    }

    /// Does something to a node.
    ///
    /// # Errors
    /// If it cannot be done.
    pub fn act(&mut self, fault: Fault) -> Result<(), String> {
        self.world.act(fault).map_err(|error| error.to_string())
    }

    /// Gives an order to the recorder's process.
    pub fn order(&mut self, order: Order) {
        self.world.command(self.recorder, order);
    }

    /// Gives an order to a client process.
    pub fn order_to(&mut self, node: NodeId, order: Order) {
        self.world.command(node, order);
    }

    /// Starts another client process; it runs when this returns.
    ///
    /// # Errors
    /// If there are too many.
    pub fn add_client(&mut self, client_id: &str) -> Result<NodeId, String> {
        let node = self.world.add_client(client(client_id)).map_err(|error| error.to_string())?;
        let now = self.world.now();
        self.world.run_until(now);
        Ok(node)
    }

    /// Asks the admin client, and waits for the answer at most that long.
    ///
    /// # Errors
    /// If there is none.
    pub fn ask(&mut self, call: AdminCall, limit: Micros) -> Result<AdminResult, String> {
        let token = self.token();
        self.order(Order::Admin { token, call });
        self.run_until(limit, |stage| stage.recorder().answers.contains_key(&token));
        let answer = self.recorder().answers.get(&token).cloned();
        answer.ok_or_else(|| "the admin client got no answer".to_owned())
    }

    /// A number for something that will be answered.
    pub fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    /// Numbers for `count` sends in a row.
    pub fn tokens(&mut self, count: u64) -> u64 {
        let first = self.next_token + 1;
        self.next_token += count;
        first
    }

    /// A number for a producer.
    pub fn producer_number(&mut self) -> u16 {
        self.next_producer += 1;
        self.next_producer
    }

    /// The member with a client id that joined last.
    pub fn member(&self, client_id: &str) -> Option<&Member> {
        self.members.iter().rev().find(|member| member.client_id == client_id)
    }

    /// Members of a group that have not been closed, with what they have seen.
    pub fn live_members<'s>(
        &'s self,
        group: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Recorder)> {
        self.members
            .iter()
            .filter(move |member| member.live && member.group == group)
            .filter_map(|member| Some((&*member.client_id, self.program(member.node)?)))
    }

    /// Number and offset or exception of the background producer's records, in the order of the answers.
    pub fn acknowledged(&self) -> Value {
        let Some(background) = &self.background else {
            return Value::Null;
        };
        let tokens = background.first..background.first + background.count;
        let recorder = self.recorder();
        let answers = recorder.order.iter().filter(|token| tokens.contains(token));
        let told = answers.filter_map(|token| {
            let (_, result) = recorder.sent.get(token)?;
            let index = token - background.first;
            Some(match result {
                Ok(offset) => serde_json::json!([index, offset]),
                Err(error) => serde_json::json!([index, error.exception()]),
            })
        });
        told.collect()
    }

    /// Whether the metadata quorum has a leader that knows it.
    pub fn has_quorum_leader(&self) -> bool {
        self.world.nodes().filter(|node| node.is_running()).any(|node| {
            let controller = node.server().and_then(|server| server.controller());
            controller.is_some_and(|controller| controller.is_active())
        })
    }

    /// Whether brokers tell of all partitions of the topic that was given more.
    pub fn has_grown(&self) -> bool {
        let Some((topic, total)) = &self.grown else {
            return true;
        };
        view::metadata(&self.world)
            .and_then(|image| image.topic(topic))
            .is_some_and(|topic| topic.partitions.len() == *total)
    }
}

fn client(client_id: &str) -> ClientSpec<Recorder> {
    ClientSpec { name: Arc::from(client_id), program: Recorder::default() }
}
