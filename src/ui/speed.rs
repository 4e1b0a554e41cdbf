//! The speed: a slider on a log scale from 1/1000 to 1000 times, and the label of what is reached.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent};
use yew::{Callback, Html, html};

use crate::view::protocol::Command;
use crate::view::text::{Lang, Text};

/// The slider counts hundredths of a power of ten.
const UNIT: f64 = 100.0;
const SPEED_MAX: f64 = 1000.0;
/// Within this many units of a labelled speed the slider snaps to it.
const SNAP: f64 = 9.0;
/// The labelled speeds.
const STOPS: [(f64, &str); 5] =
    [(0.001, "1/1000"), (1.0 / 30.0, "1/30"), (1.0, "1×"), (30.0, "30×"), (1000.0, "1000×")];
/// Below this part of the speed asked for, the achieved speed is told.
const BEHIND: f64 = 0.8;

/// What the slider shows.
pub struct Props {
    pub speed: f64,
    pub achieved: f64,
    /// Whether falling behind is worth telling now.
    pub behind: bool,
    pub send: Callback<Command>,
}

/// The speed slider.
pub fn speed(lang: Lang, props: Props) -> Html {
    let props = &props;
    let send = props.send.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        if let Some(input) = input {
            send.emit(Command::SetSpeed(of_slider(input.value_as_number())));
        }
    });
    let falls_behind =
        props.behind && props.achieved > 0.0 && props.achieved < props.speed * BEHIND;
    html! {
        <div class="speed hide-sm">
            <div class="log">
                <input type="range" min="-300" max="300" step="1" value={to_slider(props.speed).to_string()}
                    aria-label={Text::Speed.say(lang)} aria-valuetext={label(props.speed)} {oninput} />
                { for STOPS.iter().enumerate().map(|(place, (_, text))| html! {
                    <span class={format!("stop stop{place}")} aria-hidden="true">{ *text }</span>
                }) }
            </div>
            <span class="factor">
                if falls_behind {
                    { Text::SpeedBehind.with(lang, &[("asked", &label(props.speed)), ("achieved", &label(props.achieved))]) }
                } else {
                    { label(props.speed) }
                }
            </span>
        </div>
    }
}

/// A speed kept within the scale.
pub fn clamp(speed: f64) -> f64 {
    speed.clamp(1.0 / SPEED_MAX, SPEED_MAX)
}

fn to_slider(speed: f64) -> f64 {
    (libm::log10(speed) * UNIT).round()
}

fn of_slider(value: f64) -> f64 {
    let near = STOPS.iter().find(|(stop, _)| (libm::log10(*stop) * UNIT - value).abs() <= SNAP);
    clamp(near.map_or_else(|| libm::pow(10.0, value / UNIT), |(stop, _)| *stop))
}

/// A speed as a factor: `1/3×`, `1×`, `30×`.
pub fn label(speed: f64) -> String {
    match speed {
        s if s >= 9.95 => format!("{s:.0}×"),
        s if s >= 0.995 => format!("{}×", (s * 10.0).round() / 10.0),
        s if s > 0.1005 => format!("1/{}×", (10.0 / s).round() / 10.0),
        s => format!("1/{:.0}×", 1.0 / s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_told_as_factors() {
        assert_eq!(label(1.0), "1×");
        assert_eq!(label(1.0 / 30.0), "1/30×");
        assert_eq!(label(0.5), "1/2×");
        assert_eq!(label(340.2), "340×");
    }

    #[test]
    fn the_slider_snaps_to_the_labelled_speeds() {
        assert_eq!(of_slider(6.0), 1.0);
        assert_eq!(of_slider(-300.0), 0.001);
        assert!((of_slider(50.0) - 3.162).abs() < 0.01);
        assert_eq!(to_slider(10.0), 100.0);
    }
}
