//! Messages on their way, drawn on a canvas over the board; where there are too many, as bands. The pointer meets them by
//! their place, the keys through a list that only screen readers see.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use web_sys::MouseEvent;
use yew::{
    Html, NodeRef, Properties, component, html, use_context, use_effect, use_effect_with,
    use_force_update, use_node_ref,
};

use super::board::Shared;
use super::browser::canvas::{Painter, Place, Spot};
use super::browser::{document, tip};
use crate::view::describe;
use crate::view::protocol::Selected;
use crate::view::scene::{Cargo, Column, Flight, Flow, Link, Row};
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

type Draw = Rc<dyn Fn(&[Flight], &[Flow], u64)>;

/// A pointer this near meets a message, in CSS pixels: a target of 24.
const REACH_PX: f64 = 12.0;
/// Columns and rows take 180 ms to their new size, and what stands still is drawn again after that.
const SETTLED_MS: u32 = 220;
/// At this speed and below there is time to read what each message is.
const SLOW: f64 = 0.1;
/// Messages that the list names: those that arrive first.
const LISTED_MAX: usize = 60;

/// A mark that was drawn, in the coordinates of the window.
#[derive(Clone, Copy, Debug)]
struct Hit {
    x: f64,
    y: f64,
    flight: Flight,
}

/// Brings flights from the engine to the layer, past the rest of the page: they come with every frame. It remembers where
/// they were drawn.
#[derive(Clone, Default)]
pub struct FlightFeed {
    draw: Rc<RefCell<Option<Draw>>>,
    hits: Rc<RefCell<Vec<Hit>>>,
    tip: NodeRef,
    /// Whether a tip is shown: most moves of a pointer meet nothing.
    tipped: Rc<Cell<bool>>,
}

impl PartialEq for FlightFeed {
    fn eq(&self, other: &FlightFeed) -> bool {
        Rc::ptr_eq(&self.draw, &other.draw)
    }
}

impl FlightFeed {
    /// Draws the flights of a moment, if there is a layer.
    pub fn push(&self, flights: &[Flight], flows: &[Flow], time_us: u64) {
        let draw = self.draw.borrow().clone();
        if let Some(draw) = draw {
            draw(flights, flows, time_us);
        }
    }

    /// The message under the pointer.
    pub fn flight(&self, event: &MouseEvent) -> Option<Flight> {
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        let distance = |hit: &Hit| (hit.x - x).abs().max((hit.y - y).abs());
        let hits = self.hits.borrow();
        let near = hits.iter().filter(|hit| distance(hit) <= REACH_PX);
        near.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|hit| hit.flight)
    }

    /// The id of the message under the pointer.
    pub fn hit(&self, event: &MouseEvent) -> Option<u64> {
        self.flight(event).map(|flight| flight.id)
    }

    /// Shows a line beside the pointer, or none.
    pub fn tip(&self, text: Option<String>, event: &MouseEvent) {
        if text.is_some() || self.tipped.get() {
            self.tipped.set(text.is_some());
            tip::show(&self.tip, text, event);
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
    pub speed: f64,
    pub playing: bool,
}

/// The layer.
#[component]
pub fn FlightLayer(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let canvas = use_node_ref();
    let (node, feed, shared) = (canvas.clone(), props.feed.clone(), props.shared.clone());
    let labels = props.speed <= SLOW;
    use_effect(move || {
        let painter = Painter::new(&node, labels);
        let scene = shared.scene.clone();
        if let Some(painter) = painter {
            let hits = feed.hits.clone();
            paint(&painter, &shared, &hits, (&scene.flights, &scene.flows), scene.time_us);
            feed.connect(Rc::new(move |flights, flows, time| {
                paint(&painter, &shared, &hits, (flights, flows), time);
            }));
        }
        move || feed.disconnect()
    });
    let redraw = use_force_update();
    use_effect_with(props.shared.plan.clone(), move |_| {
        let settled = Timeout::new(SETTLED_MS, move || redraw.force_update());
        move || drop(settled)
    });
    let chosen = match props.shared.selected {
        Some(Selected::Message(id)) => Some(id),
        _ => None,
    };
    use_effect_with(chosen, |chosen| {
        if let Some(id) = chosen {
            document::focus(&format!("flight-{id}"));
        }
    });
    let listed = chosen.is_some() || !props.playing;
    html! {
        <>
            <canvas class="flights" aria-hidden="true" ref={canvas}></canvas>
            <div class="ftip" aria-hidden="true" hidden={true} ref={props.feed.tip.clone()}></div>
            if listed { { list(lang, &props.shared, chosen) } }
        </>
    }
}

/// The messages in flight for those who do not see them; the keys walk through it.
fn list(lang: Lang, shared: &Shared, chosen: Option<u64>) -> Html {
    let mut last = None;
    let mut flights: Vec<&Flight> = shared.scene.flights.iter().collect();
    // A packet with several marks is one message.
    flights.retain(|flight| last.replace(flight.id) != Some(flight.id));
    let chosen_at = flights.iter().position(|flight| Some(flight.id) == chosen).unwrap_or(0);
    let from = chosen_at.saturating_sub(LISTED_MAX / 2);
    let items = flights.into_iter().skip(from).take(LISTED_MAX).map(|flight| {
        let current = (Some(flight.id) == chosen).then_some("true");
        html! {
            <li key={flight.id} id={format!("flight-{}", flight.id)} tabindex="-1" aria-current={current}>
                { describe::flight(lang, &shared.scene, flight) }
            </li>
        }
    });
    html! { <ul class="vh" aria-label={Text::FlightList.say(lang)}>{ for items }</ul> }
}

fn paint(
    painter: &Painter,
    shared: &Shared,
    hits: &RefCell<Vec<Hit>>,
    (flights, flows): (&[Flight], &[Flow]),
    time_us: u64,
) {
    painter.clear();
    for link in shared.scene.links.iter().filter(|link| link.cut) {
        cut(painter, shared, *link);
    }
    let most = flows.iter().map(|flow| flow.per_second).fold(1.0, f32::max);
    for flow in flows {
        if let Some((from, to, level)) = ends(painter, shared, flow.column, (flow.from, flow.to)) {
            let label = level >= Level::Records && flow.records > 0;
            painter.band(flow, (from, to), flow.per_second / most, label);
        }
    }
    let mut hits = hits.borrow_mut();
    hits.clear();
    for flight in flights {
        let column = flight.column.filter(|_| flight.cargo != Cargo::Control);
        let Some((from, to, level)) = ends(painter, shared, column, (flight.from, flight.to))
        else {
            continue;
        };
        let at = place(painter, flight, from, to, time_us);
        if shared.selected == Some(Selected::Message(flight.id)) {
            painter.ring_around(at);
        }
        painter.mark(flight, at, from.y < to.y, level);
        let (x, y) = painter.in_window(at);
        hits.push(Hit { x, y, flight: *flight });
    }
}

/// A cut link is a broken segment: in the gutter, and on the risers of the partitions that need it.
fn cut(painter: &Painter, shared: &Shared, link: Link) {
    let row = |id: i32| {
        let broker = shared.scene.brokers.iter().position(|broker| broker.id == id);
        let controller = shared.scene.controllers.iter().any(|one| one.id == id);
        broker.map(|at| Row::Broker(at as u8)).or(controller.then_some(Row::Controller))
    };
    let (Some(a), Some(b)) = (row(link.a), row(link.b)) else { return };
    let needs = |column: &Column| {
        let has = |id: i32| column.replicas.contains(&id);
        has(link.a)
            && has(link.b)
            && (column.leader == Some(link.a) || column.leader == Some(link.b))
    };
    let needed = shared.scene.columns.iter().filter(|column| needs(column));
    let columns = needed.map(|column| Some(column.partition as u16));
    for column in std::iter::once(None).chain(columns) {
        if let Some((from, to, _)) = ends(painter, shared, column, (a, b)) {
            painter.broken(from, to);
        }
    }
}

/// Where something between two rows starts and ends, and how large it may be drawn; `None` if that is not on the screen.
fn ends(
    painter: &Painter,
    shared: &Shared,
    partition: Option<u16>,
    (from, to): (Row, Row),
) -> Option<(Place, Place, Level)> {
    let (column, spot, level) = match partition {
        None => (0, Spot::Gutter, shared.plan.level),
        Some(partition) => {
            let same = |c: &Column| c.partition == i32::from(partition);
            let column = shared.scene.columns.iter().position(same)?;
            let level = shared.plan.column(column);
            (column, Spot::Riser(Shared::riser_id(column)), level)
        }
    };
    let at = |row: Row| painter.place(&cell_id(shared, row, column), &spot);
    Some((at(from)?, at(to)?, level))
}

/// The cell of a row; groups without a row of their own share one.
fn cell_id(shared: &Shared, row: Row, column: usize) -> String {
    let producers = shared.scene.producers.len();
    let row = match row {
        Row::Controller => 0,
        Row::Producer(place) => 1 + usize::from(place),
        Row::Broker(place) => 1 + producers + usize::from(place),
        Row::Group(place) if usize::from(place) >= shared.groups_shown() => {
            return format!("fold-{column}");
        }
        Row::Group(place) => shared.first_group() + usize::from(place),
    };
    Shared::cell_id(row, column)
}

/// A message is where its flight has brought it; with reduced motion it waits at its receiver.
fn place(painter: &Painter, flight: &Flight, from: Place, to: Place, time_us: u64) -> Place {
    let flown = time_us.saturating_sub(flight.sent_us) as f64;
    let whole = flight.due_us.saturating_sub(flight.sent_us).max(1) as f64;
    let share = if painter.reduced_motion { 1.0 } else { (flown / whole).clamp(0.0, 1.0) };
    Place { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
