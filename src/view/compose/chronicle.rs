//! What the charts remember: a few numbers of each moment, taken as the run passes it.

use crate::view::scene::{Chart, ChartKind, Line, Scene};

/// Virtual time between two samples, at first.
const SAMPLE_US: u64 = 200_000;
/// More samples than this are thinned, and taken half as often.
const SAMPLES_MAX: usize = 480;
/// Rates are taken over this much virtual time.
const RATE_US: u64 = 1_000_000;

/// The numbers of a moment.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    time_us: u64,
    /// Committed records: the high watermarks, which no change of leader lowers.
    written: i64,
    /// Records that the first group has read.
    read: i64,
    /// Lag of the first group, by column.
    lag: Vec<i64>,
    /// Partitions whose ISR is smaller than their replicas.
    under_replicated: usize,
}

/// The samples of a run, the known future of a rewound run included.
#[derive(Clone, Debug)]
pub struct Chronicle {
    samples: Vec<Sample>,
    every_us: u64,
    topic: Option<String>,
}

impl Default for Chronicle {
    fn default() -> Chronicle {
        Chronicle { samples: Vec::new(), every_us: SAMPLE_US, topic: None }
    }
}

impl Chronicle {
    /// Whether no sample is near.
    pub fn is_due(&self, time_us: u64) -> bool {
        let place = self.samples.partition_point(|sample| sample.time_us <= time_us);
        let (past, future) = self.samples.split_at(place);
        let past_is_far = past.last().is_none_or(|last| time_us - last.time_us >= self.every_us);
        past_is_far && future.first().is_none_or(|next| next.time_us - time_us >= self.every_us)
    }

    /// Takes a sample of a scene that shows a topic. Another topic begins anew.
    pub fn take(&mut self, scene: &Scene) {
        let Some(topic) = &scene.topic else { return };
        if self.topic.as_ref() != Some(&topic.name) {
            *self = Chronicle { topic: Some(topic.name.clone()), ..Chronicle::default() };
        }
        let place = self.samples.partition_point(|sample| sample.time_us < scene.time_us);
        self.samples.insert(place, sample(scene));
        if self.samples.len() > SAMPLES_MAX {
            let mut index = 0;
            self.samples.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every_us *= 2;
        }
    }

    /// Forgets what comes after a moment: it will not happen.
    pub fn forget_after(&mut self, time_us: u64) {
        self.samples.retain(|sample| sample.time_us <= time_us);
    }

    /// Records a second that were written, up to a moment.
    pub fn rate_in(&self, time_us: u64) -> f32 {
        let end = self.samples.partition_point(|sample| sample.time_us <= time_us);
        match end {
            0 => 0.0,
            end => self.rate(end - 1, |sample| sample.written),
        }
    }

    /// The charts up to the scene's time.
    pub fn charts(&self, scene: &Scene) -> Vec<Chart> {
        let group = scene.groups.first().map(|group| group.name.clone());
        let mut charts = vec![self.throughput(scene.time_us, group.clone())];
        let troubled = self.past(scene.time_us).any(|sample| sample.under_replicated > 0);
        match group {
            Some(group) if !troubled => charts.push(self.lag(scene, group)),
            _ => charts.push(self.under_replicated(scene)),
        }
        charts
    }

    fn past(&self, time_us: u64) -> impl Iterator<Item = &Sample> {
        self.samples.iter().take_while(move |sample| sample.time_us <= time_us)
    }

    fn throughput(&self, time_us: u64, group: Option<String>) -> Chart {
        let count = self.past(time_us).count();
        let line = |value: fn(&Sample) -> i64| Line {
            column: None,
            points: (0..count)
                .map(|place| (self.samples[place].time_us, self.rate(place, value)))
                .collect(),
        };
        let mut lines = vec![line(|sample| sample.written)];
        if group.is_some() {
            lines.push(line(|sample| sample.read));
        }
        Chart { kind: ChartKind::Throughput { group }, lines }
    }

    /// The rate of a count that grows, over the last second before a sample.
    fn rate(&self, place: usize, value: fn(&Sample) -> i64) -> f32 {
        let last = &self.samples[place];
        let from = last.time_us.saturating_sub(RATE_US);
        let first = self.samples[..=place].iter().rev().find(|sample| sample.time_us <= from);
        let Some(first) = first.or(self.samples[..=place].first()) else { return 0.0 };
        let seconds = (last.time_us - first.time_us) as f32 / 1e6;
        let grown = (value(last) - value(first)).max(0) as f32;
        if seconds > 0.0 { grown / seconds } else { 0.0 }
    }

    fn lag(&self, scene: &Scene, group: String) -> Chart {
        let lines = (0..scene.columns.len()).map(|column| Line {
            column: Some(column as u16),
            points: self
                .past(scene.time_us)
                .filter_map(|sample| Some((sample.time_us, *sample.lag.get(column)? as f32)))
                .collect(),
        });
        Chart { kind: ChartKind::Lag { group }, lines: lines.collect() }
    }

    fn under_replicated(&self, scene: &Scene) -> Chart {
        let points =
            self.past(scene.time_us).map(|sample| (sample.time_us, sample.under_replicated as f32));
        let line = Line { column: None, points: points.collect() };
        let partitions = scene.columns.len() as u32;
        Chart { kind: ChartKind::UnderReplicated { partitions }, lines: vec![line] }
    }
}

fn sample(scene: &Scene) -> Sample {
    let lanes = scene.groups.first().map_or(&[][..], |group| &group.lanes);
    let behind = scene.columns.iter().filter(|column| column.isr.len() < column.replicas.len());
    Sample {
        time_us: scene.time_us,
        written: scene.columns.iter().map(|column| column.high_watermark).sum(),
        read: lanes.iter().filter_map(|lane| lane.position.or(lane.committed)).sum(),
        lag: lanes.iter().map(|lane| lane.lag.unwrap_or(0)).collect(),
        under_replicated: behind.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::{Column, Topic};

    fn scene(time_us: u64, high_watermark: i64) -> Scene {
        Scene {
            time_us,
            topic: Some(Topic { name: "orders".into(), ..Topic::default() }),
            columns: vec![Column { high_watermark, ..Column::default() }],
            ..Scene::default()
        }
    }

    fn chronicle() -> Chronicle {
        let mut chronicle = Chronicle::default();
        (0..=20).for_each(|step| chronicle.take(&scene(step * SAMPLE_US, step as i64 * 2)));
        chronicle
    }

    #[test]
    fn the_rate_is_that_of_the_last_second() {
        assert_eq!(chronicle().rate_in(4_000_000), 10.0);
        assert_eq!(chronicle().rate_in(0), 0.0);
    }

    #[test]
    fn a_passed_moment_is_not_sampled_twice() {
        let chronicle = chronicle();
        assert!(!chronicle.is_due(2_100_000));
        assert!(!chronicle.is_due(4_100_000));
        assert!(chronicle.is_due(4_200_000));
    }

    #[test]
    fn charts_show_the_past_only_and_a_fork_forgets_the_rest() {
        let mut chronicle = chronicle();
        let charts = chronicle.charts(&scene(2_000_000, 0));
        assert_eq!(charts[0].lines[0].points.last(), Some(&(2_000_000, 10.0)));
        chronicle.forget_after(2_000_000);
        assert!(chronicle.is_due(3_000_000));
    }

    #[test]
    fn a_moment_before_the_topic_forgets_nothing() {
        let mut chronicle = chronicle();
        chronicle.take(&Scene::default());
        assert!(!chronicle.is_due(2_000_000));
    }

    #[test]
    fn a_long_run_is_thinned() {
        let mut chronicle = Chronicle::default();
        for time_us in (0..1_000).map(|step| step * SAMPLE_US) {
            if chronicle.is_due(time_us) {
                chronicle.take(&scene(time_us, 0));
            }
        }
        assert!(chronicle.samples.len() <= SAMPLES_MAX);
        assert_eq!(chronicle.every_us, 4 * SAMPLE_US);
    }
}
