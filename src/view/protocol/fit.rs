//! Thins a frame that is too large for the way to the page.

use super::{FRAME_BYTES_MAX, Frame, Picture, encode};
use crate::view::scene::{Line, Timeline};

/// Thins a frame until it fits [`FRAME_BYTES_MAX`]: first the curves, then the past events.
pub fn fit(frame: &mut Frame) {
    while encode(frame).len() > FRAME_BYTES_MAX {
        if !thin(&mut frame.picture) {
            break;
        }
    }
}

fn thin(picture: &mut Picture) -> bool {
    match picture {
        Picture::Cluster(scene) => {
            let lines = scene.charts.iter_mut().flat_map(|chart| chart.lines.iter_mut());
            let curves = lines.map(|line: &mut Line| halve(&mut line.points)).sum::<usize>();
            curves + forget(&mut scene.events) + clear(&mut scene.timeline) > 0
        }
        Picture::Training(scene) => {
            let workers = scene.workers.iter_mut().map(|worker| halve(&mut worker.loss));
            let curves =
                workers.sum::<usize>() + halve(&mut scene.loss) + halve(&mut scene.accuracy);
            curves + forget(&mut scene.events) + clear(&mut scene.timeline) > 0
        }
    }
}

/// Keeps every second point and the last; says how many went.
fn halve<T: Copy>(points: &mut Vec<T>) -> usize {
    let before = points.len();
    if before > 16 {
        let mut index = before;
        points.retain(|_| {
            index -= 1;
            usize::is_multiple_of(index, 2)
        });
    }
    before - points.len()
}

fn forget<T>(events: &mut Vec<T>) -> usize {
    let gone = events.len() / 2;
    events.drain(..gone);
    gone
}

fn clear(timeline: &mut Timeline) -> usize {
    let before = timeline.marks.len() + timeline.snapshots.len();
    halve(&mut timeline.snapshots);
    let kept = timeline.marks.len().min(64);
    timeline.marks.drain(..timeline.marks.len() - kept);
    before - timeline.marks.len() - timeline.snapshots.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protocol::{Desk, Filter, Script};
    use crate::view::scene::{Chart, ChartKind, Event, Scene, What};

    fn frame(scene: Scene) -> Frame {
        Frame {
            number: 7,
            picture: Picture::Cluster(scene),
            playing: true,
            achieved: 1.0,
            speed: 1.0,
            filter: Filter::default(),
            auto: false,
            desk: Desk::default(),
            script: Script::default(),
        }
    }

    #[test]
    fn a_frame_that_is_too_large_is_thinned_until_it_fits() {
        let points = (0..20_000).map(|x| (x * 1_000_000, x as f32)).collect();
        let chart = Chart {
            kind: ChartKind::Throughput { group: None },
            lines: vec![Line { column: None, points }],
        };
        let event = Event { id: 1, time_us: 1, what: What::BrokerFenced { broker: 2 } };
        let mut frame =
            frame(Scene { charts: vec![chart], events: vec![event; 200], ..Scene::default() });
        fit(&mut frame);
        assert!(encode(&frame).len() <= FRAME_BYTES_MAX);
        let Picture::Cluster(scene) = &frame.picture else { panic!("the picture keeps its kind") };
        assert_eq!(scene.charts[0].lines[0].points.last(), Some(&(19_999_000_000, 19_999.0)));
    }
}
