//! Files that the page makes itself: a chart as text or as a picture, a run, a trace.

use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, Url,
};

use crate::view::chart::{self, Frame};
use crate::view::scene::Chart;

/// A picture is drawn for paper: in the colours of the light theme.
const COLOURS: [&str; 6] = ["#2b3690", "#863508", "#0a8280", "#8653d3", "#957004", "#611d54"];
const INK: &str = "#17191d";
const PAPER: &str = "#ffffff";
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 480;
const FRAME: (f64, f64) = (70.0, 50.0);

/// Saves comma-separated values.
pub fn csv(text: &str) {
    let encoded = String::from(js_sys::encode_uri_component(text));
    save("kafka-playground-chart.csv", &format!("data:text/csv;charset=utf-8,{encoded}"));
}

/// Saves a picture of a chart. A browser that cannot draw saves nothing.
pub fn png(chart: &Chart) {
    let Some(canvas) = element("canvas").and_then(|e| e.dyn_into::<HtmlCanvasElement>().ok())
    else {
        return;
    };
    canvas.set_width(WIDTH);
    canvas.set_height(HEIGHT);
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok()) else {
        return;
    };
    draw(&context, chart);
    if let Ok(url) = canvas.to_data_url() {
        save("kafka-playground-chart.png", &url);
    }
}

fn draw(context: &CanvasRenderingContext2d, chart: &Chart) {
    let points = || chart.lines.iter().flat_map(|line| line.points.iter());
    let top = chart::ceiling(f64::from(points().map(|p| p.1).fold(1.0, f32::max)));
    let end = points().map(|p| p.0).max().unwrap_or(1).max(1) as f64;
    let (left, edge) = FRAME;
    let (width, height) = (f64::from(WIDTH) - 2.0 * left, f64::from(HEIGHT) - 2.0 * edge);
    let frame = Frame { x_max: end, y_min: 0.0, y_max: top, left, top: edge, width, height };
    context.set_fill_style_str(PAPER);
    context.fill_rect(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT));
    context.set_font("16px sans-serif");
    context.set_stroke_style_str(INK);
    context.stroke_rect(left, edge, width, height);
    let write = |colour: &str, text: &str, x: f64, y: f64| {
        context.set_fill_style_str(colour);
        // A canvas that refuses text still has its lines.
        let _ = context.fill_text(text, x, y);
    };
    write(INK, &top.to_string(), 8.0, edge + 6.0);
    write(INK, "0", 8.0, edge + height);
    write(INK, "0 s", left, f64::from(HEIGHT) - 24.0);
    write(INK, &format!("{:.1} s", end / 1e6), left + width - 50.0, f64::from(HEIGHT) - 24.0);
    let mut at = left;
    for (place, line) in chart.lines.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let name = chart::name(chart, place);
        write(colour, &name, at, 30.0);
        at += name.len() as f64 * 9.0 + 24.0;
        context.set_stroke_style_str(colour);
        context.set_line_width(2.0);
        context.begin_path();
        for &(time, value) in &line.points {
            context.line_to(frame.x(time as f64), frame.y(f64::from(value)));
        }
        context.stroke();
    }
}

fn element(tag: &str) -> Option<web_sys::Element> {
    web_sys::window()?.document()?.create_element(tag).ok()
}

/// Saves the parts of a file, one after the other.
pub fn parts(name: &str, kind: &str, parts: &Array) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_u8_array_sequence_and_options(parts, &options);
    let Some(url) = blob.ok().and_then(|blob| Url::create_object_url_with_blob(&blob).ok()) else {
        return;
    };
    save(name, &url);
    // The browser has taken what it saves; an address that is already gone needs no more.
    let _ = Url::revoke_object_url(&url);
}

fn save(name: &str, url: &str) {
    let Some(link) = element("a") else { return };
    let named = link.set_attribute("download", name).and(link.set_attribute("href", url));
    if let (Ok(()), Ok(link)) = (named, link.dyn_into::<HtmlElement>()) {
        link.click();
    }
}
