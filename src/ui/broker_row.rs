//! A broker's row: its head with the faults one can cause, and a replica cell per column.

use yew::{Callback, Html, classes, html};

use super::board::Shared;
use super::icon::Icon;
use crate::view::describe;
use crate::view::offers::SLOW_DISK_MS;
use crate::view::protocol::{Act, Command, Selected};
use crate::view::scene::{Broker, Process};
use crate::view::text::{Lang, Text};

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
    let broker = &props.shared.scene.brokers[props.index];
    let down = broker.process == Process::Stopped;
    let cells = (0..props.shared.scene.columns.len()).map(|column| html! {
        { super::strip::replica_cell(lang, super::strip::Props { shared: props.shared.clone(), broker: props.index, column, row: props.row }) }
    });
    html! {
        <div class={classes!("row", "brk", down.then_some("down"))} role="row">
            <div class="rhead" role="rowheader">
                <span class="vh">{ describe::broker(lang, &props.shared.scene, broker) }</span>
                { props.shared.name(Selected::Node(broker.id), html! { { Text::Broker.with(lang, &[("id", &broker.id)]) } }) }
                <div class={classes!("sub", (broker.process == Process::Running).then_some("hide-sm"))} aria-hidden="true">{ status(lang, &props.shared, broker) }</div>
                <div class="acts">{ actions(lang, broker, &props.send) }</div>
            </div>
            { for cells }
        </div>
    }
}

fn status(lang: Lang, shared: &Shared, broker: &Broker) -> Html {
    if broker.process == Process::Running && broker.slow_disk_ms > 0 {
        return html! { <span class="badge warn">{ Icon::Slow.mark() }{ Text::SlowDisk.say(lang) }</span> };
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
            { format!(" {}", Text::Seconds.with(lang, &[("seconds", &seconds)])) }
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
