//! The pipeline: topics with their ends and committed posts, and the groups between them.

use std::rc::Rc;

use yew::{Callback, Html, Properties, classes, component, html, use_context};

use crate::ui::board::hue;
use crate::view::protocol::{Act, Command};
use crate::view::scene::Process;
use crate::view::text::{Lang, Text};
use crate::view::training::{Owner, Progress, Stage, TrainingScene};

/// The scene.
#[derive(Properties, PartialEq)]
pub struct Props {
    pub scene: Rc<TrainingScene>,
    pub send: Callback<Command>,
}

/// The pipeline, from left to right. It scrolls by itself where it does not fit.
#[component]
pub fn Pipeline(props: &Props) -> Html {
    let lang = use_context::<Lang>().unwrap_or_default();
    let stages = props.scene.stages.iter().enumerate().map(|(place, item)| {
        html! {
            <>
                if place > 0 { <div class="ar" aria-hidden="true"></div> }
                { stage(lang, props, item) }
            </>
        }
    });
    html! {
        <div class="pipe" role="group" tabindex="0" aria-label={Text::Pipeline.say(lang)}>{ for stages }</div>
    }
}

fn stage(lang: Lang, props: &Props, stage: &Stage) -> Html {
    match stage {
        Stage::Topic { name, partitions, lag } => topic(lang, name, partitions, *lag),
        Stage::Group { name, generation, members, .. } => {
            group(lang, props, name, *generation, members)
        }
    }
}

fn topic(lang: Lang, name: &str, partitions: &[Progress], lag: i64) -> Html {
    let count = partitions.len();
    let note = match lag {
        0 => Text::StagePartitions.with(lang, &[("count", &count)]),
        lag => Text::StagePartitionsLag.with(lang, &[("count", &count), ("lag", &lag)]),
    };
    let longest = partitions.iter().map(|p| p.log_end).max().unwrap_or(0).max(1);
    let bars = partitions.iter().enumerate().map(|(index, part)| bar(index, part, longest));
    html! {
        <div class="tp">
            <div class="h"><b>{ name.to_owned() }</b><span>{ note }</span></div>
            <div class="bars">{ for bars }</div>
        </div>
    }
}

/// Read is solid, not yet read is hatched, the post is the committed offset.
fn bar(index: usize, part: &Progress, longest: i64) -> Html {
    let share = |offset: i64| offset.max(0) as f64 / longest as f64 * 100.0;
    let (end, read) = (share(part.log_end), share(part.committed));
    let pattern = format!("url(#hatch{})", index % 6);
    html! {
        <div class="bar">
            <svg class={classes!("ml", hue(index as i32))} aria-hidden="true">
                <rect class="unread" x={format!("{read:.1}%")} width={format!("{:.1}%", (end - read).max(0.0))} height="100%" fill={pattern} />
                <rect class="read" width={format!("{read:.1}%")} height="100%" />
                { for part.position.map(|position| reading(share(position.min(part.log_end)))) }
                <line class="post" x1={format!("{read:.1}%")} x2={format!("{read:.1}%")} y1="0" y2="100%" />
            </svg>
            <span>{ part.log_end }</span>
        </div>
    }
}

/// Where the reader stands: what lies between the post and this would be read again.
fn reading(share: f64) -> Html {
    html! { <circle class="pos" cx={format!("{share:.1}%")} cy="50%" r="3.5" /> }
}

fn group(lang: Lang, props: &Props, name: &str, generation: i32, members: &[Owner]) -> Html {
    let note =
        Text::StageMembers.with(lang, &[("count", &members.len()), ("generation", &generation)]);
    html! {
        <div class="gp">
            <div class="h"><b>{ name.to_owned() }</b><span>{ note }</span></div>
            { for members.iter().map(|one| member(lang, props, one)) }
        </div>
    }
}

/// A pill kills its process, or starts it again.
fn member(lang: Lang, props: &Props, owner: &Owner) -> Html {
    let gone = (owner.process == Process::Stopped).then_some("gone");
    let (text, act) = match gone {
        Some(_) => (Text::RestartWorker, Act::Restart(owner.node)),
        None => (Text::KillWorker, Act::Kill(owner.node)),
    };
    let send = props.send.clone();
    let onclick = Callback::from(move |_| send.emit(Command::Act(act)));
    let label = text.with(lang, &[("worker", &owner.name)]);
    html! {
        <div class="wk">
            <button type="button" class={classes!("who1", gone)} title={label.clone()} aria-label={label} {onclick}>{ owner.name.clone() }</button>
            { for owner.partitions.iter().map(|p| html! { <span class={hue(*p)}><span class="tag"></span></span> }) }
        </div>
    }
}
