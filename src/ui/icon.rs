//! The icons, as paths in a box of 16.

use yew::{AttrValue, Html, Properties, component, html};

use crate::view::scene::Glyph;

/// A drawn sign; it never stands without a word or a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Play,
    Pause,
    Slow,
    Forward,
    Back,
    Next,
    Start,
    Bolt,
    Check,
    Cross,
    Dash,
    Warn,
    List,
    Elect,
    Rebalance,
    Shrink,
    Grow,
    Plus,
    Shield,
    User,
    Chart,
    Cut,
    Fork,
    Previous,
    Search,
    Sliders,
    Question,
    Share,
    Focus,
    Flag,
}

impl Icon {
    /// The path data.
    pub fn path(self) -> &'static str {
        match self {
            Icon::Share => "M8 10V2M5 4.500L8 1.500l3 3M3 8.500v5h10v-5",
            Icon::Flag => "M4 14V2.500h8l-2 3 2 3H4",
            Icon::Play => "M5 3.2v9.6L13 8z",
            Icon::Pause => "M5 3v10M11 3v10",
            Icon::Slow => "M4 2h8M4 14h8M5 2c0 5.500 6 6.500 6 12M11 2c0 5.500-6 6.500-6 12",
            Icon::Forward => "M4 3.5v9L10 8zM12.5 3.5v9",
            Icon::Back => "M12 3.5v9L6 8zM3.5 3.5v9",
            Icon::Next => "M2.5 4l5 4-5 4zM8 4l5 4-5 4z",
            Icon::Start => "M3 3v10M13 3.5L6 8l7 4.5z",
            Icon::Bolt => "M9 1.5L3.5 9H8l-1 5.5L12.5 7H8z",
            Icon::Check => "M3 8.5l3.2 3L13 4.5",
            Icon::Cross => "M4 4l8 8M12 4l-8 8",
            Icon::Dash => "M4 8h8",
            Icon::Warn => "M8 2L1.8 13.2h12.4zM8 6.5v3M8 11.6v.1",
            Icon::List => "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
            Icon::Elect => "M8 2l1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.8l-3.8 2 .7-4.3-3.1-3 4.3-.6z",
            Icon::Rebalance => {
                "M13 6A5.3 5.3 0 003.500 5.200M3 2.500v3h3M3 10a5.300 5.300 0 009.500.8M13 13.500v-3h-3"
            }
            Icon::Shrink => "M2 8h4M6 8L4 6M6 8l-2 2M14 8h-4M10 8l2-2M10 8l2 2",
            Icon::Grow => "M6 8H2M2 8l2-2M2 8l2 2M10 8h4M14 8l-2-2M14 8l-2 2",
            Icon::Plus => "M8 3v10M3 8h10",
            Icon::Shield => {
                "M8 1.800l5 1.800v4c0 3.200-2.200 5.400-5 6.600-2.800-1.200-5-3.400-5-6.600v-4z"
            }
            Icon::User => {
                "M5.400 5a2.600 2.600 0 105.200 0 2.600 2.600 0 10-5.200 0M3 14c0-3 2.200-4.500 5-4.500s5 1.500 5 4.500"
            }
            Icon::Chart => "M2 13.500h12M3 10l3.500-4 3 2.500L13.500 3",
            Icon::Cut => "M3 13L13 3M9 13h4",
            Icon::Fork => "M4 2.500v11M4 9c5 0 8-1 8-5M10 5.500l2-2.500 2 2.500",
            Icon::Focus => {
                "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10M6 8h4"
            }
            Icon::Previous => "M13.500 4l-5 4 5 4zM8 4L3 8l5 4z",
            Icon::Search => "M2.500 7a4.500 4.500 0 109 0 4.500 4.500 0 10-9 0M10.300 10.300L14 14",
            Icon::Sliders => {
                "M2 4h6.500M12.500 4H14M8.500 4a2 2 0 104 0 2 2 0 10-4 0M2 12h1.500M7.500 12H14M3.500 12a2 2 0 104 0 2 2 0 10-4 0"
            }
            Icon::Question => {
                "M5.500 6a2.500 2.500 0 113.800 2.100c-.9.6-1.300 1-1.300 1.900M8 12.800v.1"
            }
        }
    }

    /// Draws it in the colour of its text.
    pub fn mark(self) -> Html {
        let path = AttrValue::Static(self.path());
        html! {
            <svg class={self.class()} viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg>
        }
    }

    fn class(self) -> &'static str {
        match self {
            Icon::Play => "i solid",
            Icon::Pause => "i thick",
            _ => "i",
        }
    }

    /// The icon of a timeline glyph.
    pub fn of_glyph(glyph: Glyph) -> Icon {
        match glyph {
            Glyph::Created => Icon::Plus,
            Glyph::Changed => Icon::Sliders,
            Glyph::Elected => Icon::Elect,
            Glyph::Rebalanced => Icon::Rebalance,
            Glyph::Shrunk => Icon::Shrink,
            Glyph::Grown => Icon::Grow,
            Glyph::Fault => Icon::Bolt,
            Glyph::Started => Icon::Play,
            Glyph::Truncated => Icon::Cut,
            Glyph::Alarm => Icon::Warn,
            Glyph::Exited => Icon::Dash,
            Glyph::Evaluated => Icon::Check,
        }
    }
}

/// Which icon.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub icon: Icon,
}

/// Draws an icon in the colour of its text.
#[component]
pub fn IconMark(props: &Props) -> Html {
    props.icon.mark()
}
