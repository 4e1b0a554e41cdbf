//! The canvas that messages are drawn on, and the places of cells on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, DomRect, Element, HtmlCanvasElement};
use yew::NodeRef;

use super::document::text_scale;
use crate::view::scene::{Cargo, Flight, Flow};
use crate::view::zoom::Level;

/// From the right edge of a tile, which has no riser, to where its messages travel, at the usual size of text.
const TILES_RISER_PX: f64 = 4.0;
/// A band of a flow at its widest.
const BAND_PX: f64 = 14.0;
/// From the right edge of the heads of the rows to the middle of the gutter, likewise.
const GUTTER_PX: f64 = 9.0;
const TAIL_PX: f64 = 24.0;
const HUES: usize = 6;

/// A point on the canvas, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// Where in a cell's column something travels.
#[derive(Clone, Debug, PartialEq)]
pub enum Spot {
    /// Left of all columns.
    Gutter,
    /// On the riser of this id.
    Riser(String),
}

/// Draws marks in the page's colours.
pub struct Painter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    bounds: DomRect,
    /// How much larger than usual the page is drawn.
    scale: f64,
    /// The right edge of the heads of the rows; columns scroll away under them.
    heads: f64,
    colours: Colours,
    /// Layout is read once for each picture, not for each frame.
    places: RefCell<BTreeMap<String, Option<CellPlace>>>,
    pub reduced_motion: bool,
    /// Whether each mark wears the name of its request.
    labels: bool,
}

/// Where a cell lies on the canvas.
#[derive(Clone, Copy)]
struct CellPlace {
    left: f64,
    right: f64,
    middle: f64,
}

struct Colours {
    hues: Vec<String>,
    on_hue: String,
    surface: String,
    paper: String,
    ink: String,
    bad: String,
    bad_ground: String,
}

impl Painter {
    /// A painter for the canvas, sized to the page.
    pub fn new(node: &NodeRef, labels: bool) -> Option<Painter> {
        let canvas: HtmlCanvasElement = node.cast()?;
        let window = web_sys::window()?;
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let bounds = canvas.get_bounding_client_rect();
        let ratio = window.device_pixel_ratio();
        let size = |css: f64| (css * ratio).round().max(1.0) as u32;
        if canvas.width() != size(bounds.width()) || canvas.height() != size(bounds.height()) {
            canvas.set_width(size(bounds.width()));
            canvas.set_height(size(bounds.height()));
        }
        context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
        let still = window.match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        let colours = Colours::of(&canvas)?;
        let places = RefCell::default();
        let reduced_motion = still.is_some_and(|query| query.matches());
        let scale = text_scale();
        let head = canvas.parent_element()?.query_selector(".rhead").ok()??;
        let heads = head.get_bounding_client_rect().right() - bounds.left();
        Some(Painter {
            canvas,
            context,
            bounds,
            scale,
            heads,
            colours,
            places,
            reduced_motion,
            labels,
        })
    }

    /// Wipes the canvas.
    pub fn clear(&self) {
        self.context.clear_rect(0.0, 0.0, self.bounds.width(), self.bounds.height());
    }

    /// The place of a cell's riser, or of the gutter left of it, at half its height; `None` if that is not in sight.
    pub fn place(&self, id: &str, spot: &Spot) -> Option<Place> {
        let cell = self.cell(id)?;
        let x = match spot {
            Spot::Gutter => self.heads - GUTTER_PX * self.scale,
            // The line itself is asked, so that marks and style sheet cannot disagree.
            Spot::Riser(id) => match self.cell(id) {
                Some(riser) => riser.left,
                None => cell.right - TILES_RISER_PX * self.scale,
            },
        };
        let hidden = matches!(spot, Spot::Riser(_)) && x < self.heads;
        (!hidden).then_some(Place { x, y: cell.middle })
    }

    fn cell(&self, id: &str) -> Option<CellPlace> {
        let known = self.places.borrow().get(id).copied();
        known.unwrap_or_else(|| {
            let read = self.read(id);
            self.places.borrow_mut().insert(id.to_owned(), read);
            read
        })
    }

    fn read(&self, id: &str) -> Option<CellPlace> {
        let element: Element = self.canvas.owner_document()?.get_element_by_id(id)?;
        let cell = element.get_bounding_client_rect();
        let hidden = cell.width() == 0.0;
        let (x, y) = (self.bounds.left(), self.bounds.top());
        (!hidden).then(|| CellPlace {
            left: cell.left() - x,
            right: cell.right() - x,
            middle: cell.top() - y + cell.height() / 2.0,
        })
    }

    /// A place on the canvas in the coordinates of the window.
    pub fn in_window(&self, at: Place) -> (f64, f64) {
        (at.x + self.bounds.left(), at.y + self.bounds.top())
    }

    /// Draws a message; `down` says where it goes, so that its tail points back.
    pub fn mark(&self, flight: &Flight, at: Place, down: bool, level: Level) {
        let hue = self.hue(flight.column);
        match flight.cargo {
            Cargo::Control => self.diamond(at, flight.lost),
            _ if level == Level::Tiles => self.dot(at, flight, hue),
            _ if flight.lost => self.lost(at),
            Cargo::Records(count) => self.records(at, hue, count, down),
            Cargo::Request => self.ring(at, hue, down),
            Cargo::Response => self.tick(at, hue, down),
        }
        if self.labels && level >= Level::Records {
            self.words(flight.api.name(), Place { x: at.x - 14.0, ..at }, "right");
        }
    }

    /// A ring around the message that is looked at.
    pub fn ring_around(&self, at: Place) {
        self.disc(at, 15.0, &self.colours.ink);
        self.disc(at, 13.0, &self.colours.paper);
    }

    /// Draws what flows between two rows as a band; its width is its share of the busiest flow.
    pub fn band(&self, flow: &Flow, (from, to): (Place, Place), share: f32, label: bool) {
        let width = (BAND_PX * f64::from(share).sqrt()).max(2.0) * self.scale;
        let (top, height) = (from.y.min(to.y), (from.y - to.y).abs().max(1.0));
        self.context.set_global_alpha(0.45);
        self.context.set_fill_style_str(self.hue(flow.column));
        self.context.fill_rect(from.x - width / 2.0, top, width, height);
        self.context.set_global_alpha(1.0);
        if label {
            let text = format!("{}/s", flow.per_second.round() as u32);
            self.words(&text, Place { x: from.x, y: top + height / 2.0 }, "center");
        }
    }

    /// A segment that nothing gets through.
    pub fn broken(&self, from: Place, to: Place) {
        let middle = Place { x: from.x, y: (from.y + to.y) / 2.0 };
        let steps = ((from.y - to.y).abs() / 10.0) as u32;
        let (top, bad) = (from.y.min(to.y), &self.colours.bad);
        for step in (0..steps).step_by(2) {
            let y = top + f64::from(step) * 10.0;
            self.stroke(bad, &[(0.0, 0.0), (0.0, 6.0)], Place { x: from.x, y });
        }
        self.fill_box(middle, 12.0, 12.0, 3.0, &self.colours.paper);
        self.stroke(bad, &[(-4.0, 4.0), (4.0, -4.0)], middle);
    }

    fn hue(&self, column: Option<u16>) -> &str {
        column.map_or(&self.colours.ink, |column| &self.colours.hues[usize::from(column) % HUES])
    }

    /// Among tiles a message is a dot.
    fn dot(&self, at: Place, flight: &Flight, hue: &str) {
        let colour = if flight.lost { &self.colours.bad } else { hue };
        self.disc(at, 3.5, &self.colours.paper);
        self.disc(at, 2.8, colour);
        if !matches!(flight.cargo, Cargo::Records(_)) {
            self.disc(at, 1.4, &self.colours.surface);
        }
    }

    /// Words on a ground of their own.
    fn words(&self, text: &str, at: Place, align: &str) {
        self.context.set_font("600 11px ui-monospace, Consolas, monospace");
        let width = 7.0 * text.len() as f64 + 4.0;
        let middle = if align == "right" { at.x - width / 2.0 } else { at.x };
        self.fill_box(Place { x: middle, ..at }, width, 14.0, 3.0, &self.colours.paper);
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        self.context.set_fill_style_str(&self.colours.ink);
        // Text that cannot be drawn is told by the tip too.
        let _ = self.context.fill_text(text, middle, at.y + 0.5);
    }

    fn records(&self, at: Place, hue: &str, count: u32, down: bool) {
        let text = count.to_string();
        let width = 11.0 + 7.0 * text.len() as f64;
        self.tail(at, hue, down);
        self.fill_box(at, width + 4.0, 21.0, 6.0, &self.colours.paper);
        self.fill_box(at, width, 17.0, 4.0, hue);
        self.context.set_font("700 12px ui-monospace, Consolas, monospace");
        self.context.set_text_align("center");
        self.context.set_text_baseline("middle");
        self.context.set_fill_style_str(&self.colours.on_hue);
        // Text that cannot be measured is not drawn; the square still tells that records fly.
        let _ = self.context.fill_text(&text, at.x, at.y + 0.5);
    }

    fn ring(&self, at: Place, hue: &str, down: bool) {
        self.tail(at, hue, down);
        self.disc(at, 8.5, &self.colours.paper);
        self.disc(at, 6.5, hue);
        self.disc(at, 4.0, &self.colours.surface);
    }

    fn tick(&self, at: Place, hue: &str, down: bool) {
        self.tail(at, hue, down);
        self.disc(at, 11.0, &self.colours.paper);
        self.disc(at, 9.0, hue);
        self.disc(at, 7.0, &self.colours.surface);
        self.stroke(&self.colours.ink, &[(-3.2, 0.2), (-0.8, 2.6), (3.4, -2.4)], at);
    }

    fn lost(&self, at: Place) {
        self.fill_box(at, 22.0, 22.0, 6.0, &self.colours.paper);
        self.fill_box(at, 18.0, 18.0, 4.0, &self.colours.bad);
        self.fill_box(at, 14.0, 14.0, 3.0, &self.colours.bad_ground);
        self.stroke(&self.colours.bad, &[(-3.0, -3.0), (3.0, 3.0)], at);
        self.stroke(&self.colours.bad, &[(-3.0, 3.0), (3.0, -3.0)], at);
    }

    fn diamond(&self, at: Place, lost: bool) {
        let (edge, ground) = match lost {
            true => (&self.colours.bad, &self.colours.bad_ground),
            false => (&self.colours.ink, &self.colours.surface),
        };
        for (radius, colour) in [(7.0, edge), (4.2, ground)] {
            self.context.begin_path();
            self.context.move_to(at.x, at.y - radius);
            self.context.line_to(at.x + radius, at.y);
            self.context.line_to(at.x, at.y + radius);
            self.context.line_to(at.x - radius, at.y);
            self.context.close_path();
            self.context.set_fill_style_str(colour);
            self.context.fill();
        }
        if lost {
            self.stroke(edge, &[(-2.0, -2.0), (2.0, 2.0)], at);
            self.stroke(edge, &[(-2.0, 2.0), (2.0, -2.0)], at);
        }
    }

    fn tail(&self, at: Place, hue: &str, down: bool) {
        let end = if down { at.y - TAIL_PX } else { at.y + TAIL_PX };
        let fade = self.context.create_linear_gradient(at.x, at.y, at.x, end);
        // The tokens are #rrggbb; "transparent" would fade through black.
        let clear = format!("{hue}00");
        let stops = [(0.0, hue), (1.0, clear.as_str())];
        if stops.iter().all(|(share, colour)| fade.add_color_stop(*share, colour).is_ok()) {
            self.context.set_fill_style_canvas_gradient(&fade);
            self.context.fill_rect(at.x - 1.5, at.y.min(end), 3.0, TAIL_PX);
        }
    }

    fn disc(&self, at: Place, radius: f64, colour: &str) {
        self.context.begin_path();
        self.context.set_fill_style_str(colour);
        if self.context.arc(at.x, at.y, radius, 0.0, TAU).is_ok() {
            self.context.fill();
        }
    }

    fn fill_box(&self, at: Place, width: f64, height: f64, radius: f64, colour: &str) {
        self.context.begin_path();
        self.context.set_fill_style_str(colour);
        let (x, y) = (at.x - width / 2.0, at.y - height / 2.0);
        if self.context.round_rect_with_f64(x, y, width, height, radius).is_ok() {
            self.context.fill();
        }
    }

    fn stroke(&self, colour: &str, points: &[(f64, f64)], at: Place) {
        self.context.begin_path();
        for (index, (x, y)) in points.iter().enumerate() {
            match index {
                0 => self.context.move_to(at.x + x, at.y + y),
                _ => self.context.line_to(at.x + x, at.y + y),
            }
        }
        self.context.set_line_width(2.0);
        self.context.set_stroke_style_str(colour);
        self.context.stroke();
    }
}

impl Colours {
    /// The tokens as the theme has them now.
    fn of(canvas: &HtmlCanvasElement) -> Option<Colours> {
        let style = web_sys::window()?.get_computed_style(canvas).ok()??;
        let token =
            |name: &str| style.get_property_value(name).unwrap_or_default().trim().to_owned();
        Some(Colours {
            hues: (0..HUES).map(|hue| token(&format!("--p{hue}"))).collect(),
            on_hue: token("--on-hue"),
            surface: token("--surface"),
            paper: token("--paper"),
            ink: token("--ink"),
            bad: token("--bad"),
            bad_ground: token("--bad-bg"),
        })
    }
}
