//! The canvas that messages are drawn on, and the places of cells on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::f64::consts::TAU;

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, DomRect, Element, HtmlCanvasElement};
use yew::NodeRef;

use crate::view::scene::{Cargo, Flight};

/// From the right edge of a cell to the middle of its riser at the usual size of text, as the style sheet has it.
const RISER_PX: f64 = 20.0;
/// From the left edge of the first cell to the middle of the gutter, likewise.
const GUTTER_PX: f64 = 9.0;
/// The usual size of text that lengths of the style sheet are multiples of.
const ROOT_PX: f64 = 16.0;
const TAIL_PX: f64 = 24.0;
const HUES: usize = 6;

/// A point on the canvas, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// Draws marks in the page's colours.
pub struct Painter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    bounds: DomRect,
    /// How much larger than usual the page is drawn.
    scale: f64,
    colours: Colours,
    /// Layout is read once for each picture, not for each frame.
    places: RefCell<BTreeMap<String, Option<CellPlace>>>,
    pub reduced_motion: bool,
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
    pub fn new(node: &NodeRef) -> Option<Painter> {
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
        let scale = scale_of_text().unwrap_or(1.0);
        Some(Painter { canvas, context, bounds, scale, colours, places, reduced_motion })
    }

    /// Wipes the canvas.
    pub fn clear(&self) {
        self.context.clear_rect(0.0, 0.0, self.bounds.width(), self.bounds.height());
    }

    /// The place of a cell's riser, or of the gutter left of it, at half its height.
    pub fn place(&self, id: &str, in_gutter: bool) -> Option<Place> {
        let known = self.places.borrow().get(id).copied();
        let cell = known.unwrap_or_else(|| {
            let read = self.read(id);
            self.places.borrow_mut().insert(id.to_owned(), read);
            read
        });
        let cell = cell?;
        let x = match in_gutter {
            true => cell.left - GUTTER_PX * self.scale,
            false => cell.right - RISER_PX * self.scale,
        };
        Some(Place { x, y: cell.middle })
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

    /// Draws a message; `down` says where it goes, so that its tail points back.
    pub fn mark(&self, flight: &Flight, at: Place, down: bool) {
        let hue = flight
            .column
            .map_or(&self.colours.ink, |column| &self.colours.hues[usize::from(column) % HUES]);
        match flight.cargo {
            Cargo::Control => self.diamond(at, flight.lost),
            _ if flight.lost => self.lost(at),
            Cargo::Records(count) => self.records(at, hue, count, down),
            Cargo::Request => self.ring(at, hue, down),
            Cargo::Response => self.tick(at, hue, down),
        }
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

/// The size of the root's text beside the usual one; whole pixels do, and spare the page a parser of fractions.
fn scale_of_text() -> Option<f64> {
    let window = web_sys::window()?;
    let style = window.get_computed_style(&window.document()?.document_element()?).ok()??;
    let size = style.get_property_value("font-size").ok()?;
    let pixels: u32 = size.split(['.', 'p']).next()?.parse().ok()?;
    Some(f64::from(pixels) / ROOT_PX)
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
