//! Messages on their way, drawn on a canvas over the board. Decoration for the eye: nothing here takes a click.

use std::cell::RefCell;
use std::rc::Rc;

use yew::{Html, Properties, component, html, use_effect, use_node_ref};

use super::board::Shared;
use super::browser::canvas::{Painter, Place};
use crate::view::scene::{Cargo, Flight, Row};

type Draw = Rc<dyn Fn(&[Flight], u64)>;

/// Brings flights from the engine to the layer, past the rest of the page: they come with every frame.
#[derive(Clone, Default)]
pub struct FlightFeed {
    draw: Rc<RefCell<Option<Draw>>>,
}

impl PartialEq for FlightFeed {
    fn eq(&self, other: &FlightFeed) -> bool {
        Rc::ptr_eq(&self.draw, &other.draw)
    }
}

impl FlightFeed {
    /// Draws the flights of a moment, if there is a layer.
    pub fn push(&self, flights: &[Flight], time_us: u64) {
        let draw = self.draw.borrow().clone();
        if let Some(draw) = draw {
            draw(flights, time_us);
        }
    }

    fn connect(&self, draw: Draw) {
        *self.draw.borrow_mut() = Some(draw);
    }

    fn disconnect(&self) {
        self.draw.borrow_mut().take();
    }
}

/// The board it lies over.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub shared: Shared,
    pub feed: FlightFeed,
}

/// The layer.
#[component]
pub fn FlightLayer(props: &Props) -> Html {
    let canvas = use_node_ref();
    let (node, feed, shared) = (canvas.clone(), props.feed.clone(), props.shared.clone());
    use_effect(move || {
        let painter = Painter::new(&node);
        let scene = shared.scene.clone();
        if let Some(painter) = painter {
            paint(&painter, &shared, &scene.flights, scene.time_us);
            feed.connect(Rc::new(move |flights, time| paint(&painter, &shared, flights, time)));
        }
        move || feed.disconnect()
    });
    html! { <canvas class="flights" aria-hidden="true" ref={canvas}></canvas> }
}

fn paint(painter: &Painter, shared: &Shared, flights: &[Flight], time_us: u64) {
    painter.clear();
    for flight in flights {
        if let Some((from, to)) = ends(painter, shared, flight) {
            painter.mark(flight, place(painter, flight, from, to, time_us), from.y < to.y);
        }
    }
}

/// Where a message starts and ends; `None` if its column is not on the screen.
fn ends(painter: &Painter, shared: &Shared, flight: &Flight) -> Option<(Place, Place)> {
    let column = match (flight.cargo, flight.column) {
        (Cargo::Control, _) => None,
        (_, Some(partition)) => {
            let same = |c: &crate::view::scene::Column| c.partition == i32::from(partition);
            Some(shared.scene.columns.iter().position(same)?)
        }
        (_, None) => return None,
    };
    let at = |row: Row| {
        painter
            .place(&Shared::cell_id(grid_row(shared, row), column.unwrap_or(0)), column.is_none())
    };
    Some((at(flight.from)?, at(flight.to)?))
}

fn grid_row(shared: &Shared, row: Row) -> usize {
    let producers = shared.scene.producers.len();
    match row {
        Row::Controller => 0,
        Row::Producer(place) => 1 + usize::from(place),
        Row::Broker(place) => 1 + producers + usize::from(place),
        Row::Group(place) => 1 + producers + shared.scene.brokers.len() + usize::from(place),
    }
}

/// A message is where its flight has brought it; with reduced motion it waits at its receiver.
fn place(painter: &Painter, flight: &Flight, from: Place, to: Place, time_us: u64) -> Place {
    let flown = time_us.saturating_sub(flight.sent_us) as f64;
    let whole = flight.due_us.saturating_sub(flight.sent_us).max(1) as f64;
    let share = if painter.reduced_motion { 1.0 } else { (flown / whole).clamp(0.0, 1.0) };
    Place { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
