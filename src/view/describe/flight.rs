//! A message in flight in words.

use super::node_name;
use crate::view::offers::name_of;
use crate::view::scene::{Cargo, Flight, Scene};
use crate::view::text::{Lang, Text};

/// A message: `Produce, 2 records, checkout to broker 3`.
pub fn flight(lang: Lang, scene: &Scene, flight: &Flight) -> String {
    let [from, to] =
        [flight.nodes.0, flight.nodes.1].map(|id| node_name(lang, &name_of(scene, id)));
    let api = flight.api.name();
    let count = match flight.cargo {
        Cargo::Records(count) => count,
        _ => 0,
    };
    let offset = flight.offset.unwrap_or(0);
    let text = match (flight.answers, count, flight.offset) {
        (true, 0, _) => Text::FlightResponse,
        (true, ..) => Text::FlightResponseRecords,
        (false, 0, Some(_)) => Text::FlightFetch,
        (false, 0, None) => Text::FlightRequest,
        (false, ..) => Text::FlightRecords,
    };
    let said = text.with(
        lang,
        &[("api", &api), ("count", &count), ("offset", &offset), ("from", &from), ("to", &to)],
    );
    match flight.lost {
        true => Text::FlightLost.with(lang, &[("flight", &said)]),
        false => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Api, Broker, Producer, Row};

    #[test]
    fn a_message_is_told_by_its_request_its_cargo_and_its_ends() {
        let scene = Scene {
            producers: vec![Producer {
                name: "checkout".into(),
                node: 1001,
                ..Producer::default()
            }],
            brokers: vec![2, 3].into_iter().map(|id| Broker { id, ..Broker::default() }).collect(),
            ..Scene::default()
        };
        let produce = Flight {
            id: 1,
            column: Some(1),
            from: Row::Producer(0),
            to: Row::Broker(1),
            nodes: (1001, 3),
            api: Api::Produce,
            answers: false,
            offset: None,
            cargo: Cargo::Records(2),
            sent_us: 0,
            due_us: 1,
            lost: false,
        };
        let said = |flight| super::flight(Lang::English, &scene, &flight);
        assert_eq!(said(produce), "Produce, 2 records, checkout to broker 3");
        let fetch = Flight {
            api: Api::Fetch,
            cargo: Cargo::Request,
            offset: Some(23),
            nodes: (3, 2),
            ..produce
        };
        assert_eq!(said(fetch), "Fetch from offset 23, broker 3 to broker 2");
        let ack = Flight {
            answers: true,
            cargo: Cargo::Response,
            lost: true,
            nodes: (3, 1001),
            ..produce
        };
        assert_eq!(said(ack), "Produce response, broker 3 to checkout, lost");
    }
}
