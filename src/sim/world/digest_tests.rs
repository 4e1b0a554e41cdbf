//! Every field of the kernel's state counts in the state digest: flip one and the digest changes.
//!
//! State below the kernel derives Hash, which takes every field; the types that do not are listed in tests/tidy.rs.
use super::*;
use crate::sim::client::program::{ClientCalls, ClientEvent};
use crate::sim::network::{Connection, InFlight, Packet, Pipe};
use crate::sim::protocol::Request;
use crate::sim::protocol::data::MetadataRequest;
use crate::sim::time::{Micros, NodeNow};

#[derive(Clone, Debug, Hash)]
struct Idle(u32);

impl Program for Idle {
    type Command = ();
    fn on(&mut self, _now: NodeNow, _event: ClientEvent<()>, _calls: &mut ClientCalls) {}
}

fn world() -> World<Idle> {
    let clients = vec![ClientSpec { name: "idle".into(), program: Idle(0) }];
    let mut world = World::new(ClusterSetup::split(1, 3, 1), clients).unwrap();
    world.run_until(SimTime(5_000_000));
    world
}

fn request() -> Arc<Request> {
    Arc::new(MetadataRequest { topics: None, allow_auto_topic_creation: false }.into())
}

/// The name of a field and a change of nothing else.
type Flip<T> = (&'static str, fn(&mut T));

fn sees<T: std::hash::Hash + Clone>(original: &T, flips: Vec<Flip<T>>) {
    for (name, flip) in flips {
        let mut flipped = original.clone();
        flip(&mut flipped);
        assert_ne!(digest_of(original), digest_of(&flipped), "{name} is no part of the digest");
        assert_eq!(digest_of(original), digest_of(&original.clone()));
    }
}

#[test]
fn the_digest_sees_every_field_of_the_world() {
    sees(
        &world(),
        vec![
            ("now", |w| w.now = w.now + Micros(1)),
            ("setup", |w| Arc::make_mut(&mut w.setup).seed += 1),
            ("clients", |w| Arc::make_mut(&mut w.clients)[0].program.0 += 1),
            ("nodes", |w| Arc::make_mut(&mut w.nodes[0]).incarnation += 1),
            ("network", |w| w.network.bytes_lost += 1),
            ("scheduler", |w| w.scheduler.push(w.now, Event::ThreadFree { node: 0 })),
            ("deferred", |w| w.defer(0, Event::ThreadFree { node: 0 })),
            ("rng", |w| assert_ne!(w.rng.bits(), 0)),
            ("hash", |w| w.hash.mix(1)),
            ("next_fact", |w| w.next_fact += 1),
            ("events", |w| w.events += 1),
            ("effects", |w| assert!(w.effects.is_news(1_000_000, 1_000_001))),
        ],
    );
}

#[test]
fn the_digest_sees_every_field_of_a_node() {
    let node = (*world().nodes[0]).clone();
    sees(
        &node,
        vec![
            ("id", |n| n.id.0 += 1),
            ("clock", |n| n.clock.offset_ms += 1),
            ("power", |n| n.power = Power::Paused),
            ("process", |n| n.process = None),
            ("disk", |n| n.disk = Some(Disk { clean_shutdown: Some(1), ..Disk::default() })),
            ("incarnation", |n| n.incarnation += 1),
            ("silenced_by", |n| n.silenced_by.0 += 1),
            ("silenced", |n| n.silenced = true),
            ("next_request", |n| n.next_request += 1),
            ("threads", |n| n.threads[0].0 += 1),
            ("ready", |n| n.ready.push_back((ConnectionId(0), 0))),
            ("thread_awaited", |n| n.thread_awaited = true),
            ("egress_free_ns", |n| n.egress_free_ns += 1),
        ],
    );
}

#[test]
fn the_digest_sees_every_field_of_a_connection() {
    let connection = Connection::new(NodeId(1), NodeId(2), crate::sim::effects::Line::Admin);
    fn flight(c: &mut Connection) {
        let (id, deadline, cause) = (RequestId(1), SimTime(5), FactId(0));
        c.in_flight.push_back(InFlight { id, request: request(), deadline, cause });
    }
    sees(
        &connection,
        vec![
            ("generation", |c| c.generation += 1),
            ("client", |c| c.client.0 += 1),
            ("server", |c| c.server.0 += 1),
            ("line", |c| c.line = crate::sim::effects::Line::Quorum),
            ("client_open", |c| c.client_open = false),
            ("server_open", |c| c.server_open = false),
            ("released", |c| c.released = true),
            ("established", |c| c.established = true),
            ("up", |c| c.up.bytes_sent += 1),
            ("down", |c| c.down.bytes_sent += 1),
            ("in_flight", flight),
            ("watch", |c| c.watch = Some(SimTime(7))),
            ("ready_pending", |c| c.ready_pending = true),
            ("handling", |c| c.handling = Some(RequestId(1))),
            ("server_free", |c| c.server_free.0 += 1),
            ("inbox", |c| c.inbox.push_back((FactId(0), RequestId(1), request()))),
        ],
    );
    sees(
        &Pipe::default(),
        vec![
            ("last_arrival", |p| p.last_arrival.0 += 1),
            ("stalled", |p| p.stalled.push_back((FactId(0), Packet::Fin))),
            ("bytes_sent", |p| p.bytes_sent += 1),
            ("bytes_received", |p| p.bytes_received += 1),
            ("bytes_lost", |p| p.bytes_lost += 1),
        ],
    );
}
