//! The charts of a run, of what its metrics sampled: deterministic, and they go back with the run.

use crate::playground::gauges::{Lag, TopicSample};
use crate::playground::metrics::{Metrics, Sample, Totals};
use crate::sim::ids::TopicId;
use crate::view::scene::{Chart, ChartKind, Line, Metric, Scene};

/// Rates are taken over this much virtual time.
const RATE_US: u64 = 1_000_000;
/// Time to drain looks at the trend over this much.
const TREND_US: u64 = 5_000_000;
/// Points of a line: more than a screen can show.
const POINTS_MAX: usize = 300;
/// Points of a line of a comparison, which is small.
const COMPARED_POINTS_MAX: usize = 120;
/// A topic with more partitions than this has one line for all of them.
const LINES_MAX: u32 = 12;
/// A lag that does not fall drains never; the chart ends here, in seconds.
const DRAIN_MAX_S: f32 = 600.0;
/// What is drawn of two branches on one axis.
const COMPARED: [Metric; 4] = [Metric::Records, Metric::Lag, Metric::Partitions, Metric::Latency];

/// What the charts are of: a run's metrics up to now, the topic of the board and its first group.
pub struct Source<'a> {
    samples: Vec<&'a Sample>,
    topic: Option<TopicId>,
    scene: &'a Scene,
}

impl<'a> Source<'a> {
    /// The samples of a run.
    pub fn new(metrics: &'a Metrics, topic: Option<TopicId>, scene: &'a Scene) -> Source<'a> {
        Source { samples: metrics.samples().collect(), topic, scene }
    }

    /// The two charts of the dock; the second as a person chose, else what matters now.
    pub fn charts(&self, chosen: Option<Metric>) -> Vec<Chart> {
        let second = match (chosen, self.group()) {
            (Some(metric), _) => self.metric(metric),
            (None, Some(group)) if !self.was_troubled() => {
                Chart { kind: ChartKind::Lag { group: group.to_owned() }, lines: self.lags() }
            }
            (None, _) => self.under_replicated(),
        };
        vec![self.throughput(), second]
    }

    /// One line for each of the compared metrics, from a moment on.
    pub fn compared(&self, from_us: u64) -> Vec<Chart> {
        let charts = COMPARED.map(|metric| {
            let value: &dyn Fn(usize) -> f32 = match metric {
                Metric::Records => &|at| self.topic_rate(at, |topic| topic.totals.messages_in),
                Metric::Lag => &|at| self.lag(at, None) as f32,
                Metric::Partitions => &|at| self.topic_value(at, |topic| topic.under_replicated),
                _ => &|at| self.samples[at].gauges.produce_p99 as f32 / 1e3,
            };
            let first = self.samples.partition_point(|sample| sample.time.0 < from_us);
            let lines = vec![self.line(None, first, COMPARED_POINTS_MAX, value)];
            Chart { kind: ChartKind::Metric(metric), lines }
        });
        charts.into()
    }

    /// Records a second that are written to the topic now.
    pub fn rate_in(&self) -> f32 {
        match self.samples.len() {
            0 => 0.0,
            count => self.topic_rate(count - 1, |topic| topic.totals.messages_in),
        }
    }

    fn metric(&self, metric: Metric) -> Chart {
        let total = |value: fn(&Totals) -> u64| {
            self.all(&|at| self.rate(at, |sample| value(&sample.totals)))
        };
        let gauge = |value: fn(&Sample) -> f32| self.all(&|at| value(self.samples[at]));
        let topic = |value: fn(&TopicSample) -> u64| self.all(&|at| self.topic_rate(at, value));
        let lines = match metric {
            Metric::Records => {
                vec![topic(|t| t.totals.messages_in), topic(|t| t.totals.records_consumed)]
            }
            Metric::Bytes => vec![topic(|t| t.totals.bytes_in)],
            Metric::Lag => self.lags(),
            Metric::Drain => vec![self.all(&|at| self.drain(at))],
            Metric::Partitions => {
                vec![
                    gauge(|s| s.gauges.under_replicated as f32),
                    gauge(|s| s.gauges.offline as f32),
                ]
            }
            Metric::Isr => vec![total(|t| t.isr_shrinks), total(|t| t.isr_expands)],
            Metric::Latency => vec![
                gauge(|s| s.gauges.produce_p50 as f32 / 1e3),
                gauge(|s| s.gauges.produce_p99 as f32 / 1e3),
            ],
            Metric::Rebalances => vec![gauge(|s| s.totals.rebalances as f32)],
            Metric::Elections => vec![
                gauge(|s| s.totals.leader_elections as f32),
                gauge(|s| s.totals.unclean_leader_elections as f32),
            ],
            Metric::Errors => vec![
                gauge(|s| s.totals.records_failed as f32),
                gauge(|s| s.totals.records_truncated as f32),
            ],
        };
        Chart { kind: ChartKind::Metric(metric), lines }
    }

    fn throughput(&self) -> Chart {
        let mut lines = vec![self.all(&|at| self.topic_rate(at, |topic| topic.totals.messages_in))];
        if self.group().is_some() {
            lines.push(self.all(&|at| self.rate(at, |sample| self.read(sample))));
        }
        Chart { kind: ChartKind::Throughput { group: self.group().map(str::to_owned) }, lines }
    }

    fn under_replicated(&self) -> Chart {
        let partitions = self.partitions();
        let lines = vec![self.all(&|at| self.topic_value(at, |topic| topic.under_replicated))];
        Chart { kind: ChartKind::UnderReplicated { partitions }, lines }
    }

    fn was_troubled(&self) -> bool {
        (0..self.samples.len()).any(|at| self.topic_value(at, |topic| topic.under_replicated) > 0.0)
    }

    /// Partitions of the topic, those on other pages included.
    fn partitions(&self) -> u32 {
        self.scene.topic.as_ref().map_or(0, |topic| topic.partitions)
    }

    fn lags(&self) -> Vec<Line> {
        if self.partitions() > LINES_MAX {
            return vec![self.all(&|at| self.lag(at, None) as f32)];
        }
        let columns = self.scene.columns.iter().enumerate();
        let line = |(place, column): (usize, &crate::view::scene::Column)| {
            let value = |at: usize| self.lag(at, Some(column.partition)) as f32;
            self.line(Some(place as u16), 0, POINTS_MAX, &value)
        };
        columns.map(line).collect()
    }

    fn all(&self, value: &dyn Fn(usize) -> f32) -> Line {
        self.line(None, 0, POINTS_MAX, value)
    }

    /// The value of every sample from `first` on, thinned to so many points; the newest is always one of them.
    fn line(
        &self,
        column: Option<u16>,
        first: usize,
        most: usize,
        value: &dyn Fn(usize) -> f32,
    ) -> Line {
        let places = first..self.samples.len();
        let step = places.len().div_ceil(most).max(1);
        let mut points: Vec<(u64, f32)> =
            places.rev().step_by(step).map(|at| (self.samples[at].time.0, value(at))).collect();
        points.reverse();
        Line { column, points }
    }

    /// The place of the last sample at least that much before another.
    fn before(&self, at: usize, span_us: u64) -> usize {
        let from = self.samples[at].time.0.saturating_sub(span_us);
        self.samples[..=at].partition_point(|sample| sample.time.0 <= from).saturating_sub(1)
    }

    /// Growth a second.
    fn rate(&self, at: usize, value: impl Fn(&Sample) -> u64) -> f32 {
        let (first, last) = (self.samples[self.before(at, RATE_US)], self.samples[at]);
        let seconds = last.time.since(first.time).0 as f32 / 1e6;
        let grown = value(last).saturating_sub(value(first)) as f32;
        if seconds > 0.0 { grown / seconds } else { 0.0 }
    }

    fn topic_rate(&self, at: usize, value: impl Fn(&TopicSample) -> u64) -> f32 {
        let of = |sample: &Sample| Some(value(sample.topic(self.topic?)?));
        self.rate(at, |sample| of(sample).unwrap_or(0))
    }

    fn topic_value(&self, at: usize, value: impl Fn(&TopicSample) -> u32) -> f32 {
        let topic = self.topic.and_then(|topic| self.samples[at].topic(topic));
        topic.map_or(0, value) as f32
    }

    fn group(&self) -> Option<&str> {
        self.scene.groups.first().map(|group| &*group.name)
    }

    /// What is known of the board's first group in its topic.
    fn of_group<'s>(&'s self, sample: &'s Sample) -> impl Iterator<Item = &'s Lag> {
        let (group, topic) = (self.group(), self.scene.topic.as_ref().map(|topic| &*topic.name));
        let of =
            move |lag: &&Lag| Some(&*lag.group) == group && Some(&*lag.partition.topic) == topic;
        sample.lags.iter().filter(of)
    }

    /// Lag in one partition, or in all.
    fn lag(&self, at: usize, partition: Option<i32>) -> u64 {
        let lags = self.of_group(self.samples[at]);
        let of = lags.filter(|lag| partition.is_none_or(|it| lag.partition.partition == it));
        of.map(|lag| lag.records).sum()
    }

    fn read(&self, sample: &Sample) -> u64 {
        self.of_group(sample).map(|lag| lag.read.max(0) as u64).sum()
    }

    /// Seconds until there is no lag if it goes on as in the last seconds.
    fn drain(&self, at: usize) -> f32 {
        let first = self.before(at, TREND_US);
        let (was, is) = (self.lag(first, None) as f32, self.lag(at, None) as f32);
        let span = self.samples[at].time.since(self.samples[first].time).0.max(1);
        let falls = (was - is) / (span as f32 / 1e6);
        match (is, falls) {
            (0.0, _) => 0.0,
            (_, falls) if falls > 0.0 => (is / falls).min(DRAIN_MAX_S),
            _ => DRAIN_MAX_S,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::host::Host;
    use crate::view::protocol::{
        Act, Command, Order, Picture, Script, SetupName, Update, Viewport,
    };

    fn opened() -> Host {
        let mut host = Host::default();
        let script = Script::first(SetupName::Orders);
        host.command(Command::Open { script, at_us: 24_200_000, playing: false });
        host
    }

    fn shown(host: &mut Host) -> Scene {
        let Some(Update::Frame(frame)) = host.update(0.0) else { panic!("a frame is due") };
        host.command(Command::Drawn(frame.number));
        let Picture::Cluster(scene) = frame.picture else { panic!("orders is a cluster") };
        scene
    }

    fn last(chart: &Chart, line: usize) -> f32 {
        chart.lines[line].points.last().expect("points").1
    }

    #[test]
    fn every_metric_can_be_chosen_and_has_its_lines() {
        let mut host = opened();
        for metric in Metric::ALL {
            host.command(Command::Chart(Some(metric)));
            let scene = shown(&mut host);
            let chart = &scene.charts[1];
            assert_eq!(chart.kind, ChartKind::Metric(metric));
            let lines = if metric == Metric::Lag { 4 } else { metric.names().len() };
            assert_eq!(chart.lines.len(), lines, "{metric:?}");
            assert!(chart.lines.iter().all(|line| line.points.len() > 50), "{metric:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_both_are_about_what_was_asked() {
        let scene = shown(&mut opened());
        let chart = &scene.charts[0];
        assert!(
            matches!(&chart.kind, ChartKind::Throughput { group: Some(group) } if group == "billing")
        );
        for line in 0..2 {
            let rate = last(chart, line);
            assert!((6.0..=10.0).contains(&rate), "line {line}: {rate} of 8 a second");
        }
    }

    #[test]
    fn a_topic_that_comes_on_the_board_later_has_its_whole_past() {
        let mut host = opened();
        let order = Order::CreateTopic { name: "payments".into(), partitions: 2, copies: 3 };
        host.command(Command::Order(order));
        host.command(Command::Seek(30_000_000));
        for key in ["a", "b", "c"] {
            let send = Order::Send { topic: "payments".into(), key: key.into(), value: "x".into() };
            host.command(Command::Order(send));
        }
        host.command(Command::Seek(40_000_000));
        let topic = Some("payments".to_owned());
        host.command(Command::Subscribe(Viewport { topic, ..Viewport::default() }));
        let scene = shown(&mut host);
        let points = &scene.charts[0].lines[0].points;
        assert!(points.len() > 50, "{points:?}");
        let busy = points.iter().filter(|point| point.1 > 0.0);
        let times: Vec<u64> = busy.map(|point| point.0).collect();
        assert!(times.iter().all(|time| (30_000_000..33_000_000).contains(time)), "{times:?}");
        assert!(!times.is_empty());
    }

    #[test]
    fn a_crash_shows_and_the_past_does_not_know_it() {
        let mut host = opened();
        host.command(Command::Chart(Some(Metric::Partitions)));
        assert_eq!(last(&shown(&mut host).charts[1], 0), 0.0);
        host.command(Command::Act(Act::Kill(2)));
        host.command(Command::Seek(40_000_000));
        // Four partitions of orders and the fifty of __consumer_offsets: Kafka counts them all.
        assert_eq!(last(&shown(&mut host).charts[1], 0), 54.0);
        host.command(Command::Chart(None));
        let charts = shown(&mut host).charts;
        assert_eq!(charts[1].kind, ChartKind::UnderReplicated { partitions: 4 });
        assert_eq!(last(&charts[1], 0), 4.0);
        host.command(Command::Seek(24_000_000));
        assert!(matches!(shown(&mut host).charts[1].kind, ChartKind::Lag { .. }));
    }
}
