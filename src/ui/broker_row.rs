//! A broker's row: its head with the faults one can cause, and a replica cell per column.

use yew::{Callback, Html, classes, html};

use super::board::Shared;
use super::icon::Icon;
use crate::view::board::BoardAct;
use crate::view::describe;
use crate::view::offers::SLOW_DISK_MS;
use crate::view::protocol::{Act, Command, Selected};
use crate::view::scene::{Broker, Process};
use crate::view::text::{Lang, Text};
use crate::view::zoom::Level;

/// Which broker.
pub struct Props {
    pub shared: Shared,
    pub index: usize,
    /// The row's place in the grid.
    pub row: usize,
    pub send: Callback<Command>,
}

/// The row of a broker.
pub fn broker_row(lang: Lang, props: Props) -> Html {
    let props = &props;
    let shared = &props.shared;
    let broker = &shared.scene.brokers[props.index];
    let level = shared.plan.row(props.index);
    let down = broker.process == Process::Stopped;
    let cells = (0..shared.scene.columns.len()).map(|column| html! {
        { super::strip::replica_cell(lang, super::strip::Props { shared: shared.clone(), broker: props.index, column, row: props.row }) }
    });
    let low = level < Level::Records;
    let name = html! { { Text::Broker.with(lang, &[("id", &broker.id)]) } };
    html! {
        <div class={classes!("row", "brk", row_class(level), down.then_some("down"))} role="row">
            <div class="rhead" role="rowheader">
                <span class="vh">{ describe::broker(lang, &shared.scene, broker) }</span>
                { shared.name(Selected::Node(broker.id), name) }
                { for broker.silence_us.map(|silence| ring(lang, silence)) }
                <div class={classes!("sub", (broker.process == Process::Running).then_some("hide-sm"))} aria-hidden="true">{ status(lang, shared, broker, low) }</div>
                if level != Level::Tiles {
                    <div class="acts">{ actions(lang, broker, &props.send) }if !low { { focus(lang, shared, broker.id) } }</div>
                }
            </div>
            { for cells }
        </div>
    }
}

/// A row out of sight: it only keeps its place.
pub fn placeholder(level: Level) -> Html {
    html! { <div class={classes!("row", "brk", row_class(level))} aria-hidden="true"></div> }
}

/// The class of a row of that level.
fn row_class(level: Level) -> &'static str {
    match level {
        Level::Tiles => "r-tiles",
        Level::Bars => "r-bars",
        Level::Records => "r-records",
        Level::Focus => "r-focus",
    }
}

/// How much of `broker.session.timeout.ms` has passed without a heartbeat, as the active controller counts it.
fn ring(lang: Lang, (silent, timeout): (u64, u64)) -> Html {
    let share = (silent * 100 / timeout.max(1)).min(100);
    let left = timeout.saturating_sub(silent).div_ceil(1_000_000);
    let label = Text::SessionRing.with(lang, &[("left", &left)]);
    html! {
        <svg class="wait" viewBox="0 0 24 24" role="img" aria-label={label.clone()}>
            <title>{ label }</title>
            <circle cx="12" cy="12" r="9" />
            <circle class="gone" cx="12" cy="12" r="9" pathLength="100" stroke-dasharray={format!("{share} 100")} transform="rotate(-90 12 12)" />
            <text x="12" y="16" text-anchor="middle">{ left }</text>
        </svg>
    }
}

/// Gives the row of a broker more room, and the rest less.
fn focus(lang: Lang, shared: &Shared, id: i32) -> Html {
    let label = Text::FocusRow.with(lang, &[("id", &id)]);
    let pressed = if shared.wishes.1 == Some(id) { "true" } else { "false" };
    let onclick = shared.board_act(BoardAct::Row(id));
    html! {
        <button key="focus" type="button" class="btn icon hide-md" aria-label={label.clone()} title={label} aria-pressed={pressed} {onclick}>
            { Icon::Focus.mark() }
        </button>
    }
}

fn status(lang: Lang, shared: &Shared, broker: &Broker, low: bool) -> Html {
    if broker.process == Process::Running && broker.slow_disk_ms > 0 {
        return html! { <span class="badge warn">{ Icon::Slow.mark() }{ Text::SlowDisk.say(lang) }</span> };
    }
    if broker.process == Process::Running && low {
        let led = shared.scene.columns.iter().filter(|column| column.leader == Some(broker.id));
        return html! { { Text::LeadsCount.with(lang, &[("count", &led.count())]) } };
    }
    if broker.process == Process::Running {
        return html! { { leads(lang, shared, broker.id) } };
    }
    let tenths = shared.scene.time_us.saturating_sub(broker.since_us) / 100_000;
    let seconds = format!("{}.{}", tenths / 10, tenths % 10);
    let (class, icon) = match broker.process {
        Process::Stopped => ("badge bad", Icon::Cross),
        Process::Paused => ("badge warn", Icon::Pause),
        _ => ("badge n", Icon::Dash),
    };
    html! {
        <>
            <span {class}>{ icon.mark() }{ describe::process_text(broker.process).say(lang) }</span>
            if !low { { format!(" {}", Text::Seconds.with(lang, &[("seconds", &seconds)])) } }
        </>
    }
}

/// `leads orders-0, -3`.
fn leads(lang: Lang, shared: &Shared, id: i32) -> String {
    let led = shared.scene.columns.iter().filter(|column| column.leader == Some(id));
    let partitions: Vec<i32> = led.map(|column| column.partition).collect();
    if partitions.is_empty() {
        return Text::FollowsOnly.say(lang);
    }
    let names = describe::partition_names(shared.topic(), &partitions);
    Text::Leads.with(lang, &[("partitions", &names)])
}

// Each button has its key: else the focus on "Pause" would pass to "Crash", which takes its place, and Space would crash.
fn actions(lang: Lang, broker: &Broker, send: &Callback<Command>) -> Html {
    let id = broker.id;
    match broker.process {
        Process::Stopped => word(
            lang,
            send,
            (Act::Restart(id), id),
            (Icon::Play, Text::Restart, Text::RestartBroker),
        ),
        Process::Paused => html! {
            <>
                { word(lang, send, (Act::Resume(id), id), (Icon::Play, Text::Resume, Text::ResumeBroker)) }
                { sign(lang, send, (Act::Kill(id), id), (Icon::Bolt, Text::CrashBroker)) }
            </>
        },
        _ => html! {
            <>
                { word(lang, send, (Act::Kill(id), id), (Icon::Bolt, Text::Crash, Text::CrashBroker)) }
                { sign(lang, send, (Act::Pause(id), id), (Icon::Pause, Text::PauseBroker)) }
                { disk(lang, broker, send) }
            </>
        },
    }
}

fn disk(lang: Lang, broker: &Broker, send: &Callback<Command>) -> Html {
    let (text, ms) = match broker.slow_disk_ms {
        0 => (Text::SlowTheDisk, SLOW_DISK_MS),
        _ => (Text::RestoreDisk, 0),
    };
    sign(lang, send, (Act::SlowDisk(broker.id, ms), broker.id), (Icon::Slow, text))
}

fn word(
    lang: Lang,
    send: &Callback<Command>,
    (act, id): (Act, i32),
    look: (Icon, Text, Text),
) -> Html {
    let (icon, text, label) = look;
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    let label = label.with(lang, &[("id", &id)]);
    html! {
        <button key={label.clone()} type="button" class="btn" aria-label={label} {onclick}>
            { icon.mark() }<span class="hide-sm">{ text.say(lang) }</span>
        </button>
    }
}

fn sign(lang: Lang, send: &Callback<Command>, (act, id): (Act, i32), look: (Icon, Text)) -> Html {
    let (icon, label) = look;
    let send = send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    let label = label.with(lang, &[("id", &id)]);
    html! {
        <button key={label.clone()} type="button" class="btn icon" aria-label={label.clone()} title={label} {onclick}>
            { icon.mark() }
        </button>
    }
}
