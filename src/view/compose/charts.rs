//! A chosen chart, of what the run's metrics sampled: deterministic, and it goes back with the run.

use crate::playground::gauges::Lag;
use crate::playground::metrics::{Metrics, Sample, Totals};
use crate::view::scene::{Chart, ChartKind, Line, Metric, Scene};

/// Rates are taken over this much virtual time.
const RATE_US: u64 = 1_000_000;
/// Time to drain looks at the trend over this much.
const TREND_US: u64 = 5_000_000;
/// Points of a line: more than a screen can show.
const POINTS_MAX: usize = 300;
/// A lag that does not fall drains never; the chart ends here, in seconds.
const DRAIN_MAX_S: f32 = 600.0;

/// The chart of a metric up to now, for the topic and the first group of the board.
pub fn chart(metrics: &Metrics, metric: Metric, scene: &Scene) -> Chart {
    let samples: Vec<&Sample> = metrics.samples().collect();
    let step = samples.len().div_ceil(POINTS_MAX).max(1);
    let places: Vec<usize> = (0..samples.len()).rev().step_by(step).collect();
    let line = |column: Option<u16>, value: &dyn Fn(usize) -> f32| Line {
        column,
        points: places.iter().rev().map(|&at| (samples[at].time.0, value(at))).collect(),
    };
    let total = |value: fn(&Totals) -> u64| {
        line(None, &|at| rate(&samples, at, |sample| value(&sample.totals)))
    };
    let gauge = |value: fn(&Sample) -> f32| line(None, &|at| value(samples[at]));
    let lines = match metric {
        Metric::Records => vec![total(|t| t.messages_in), total(|t| t.records_consumed)],
        Metric::Bytes => vec![total(|t| t.bytes_in)],
        Metric::Lag => (0..scene.columns.len())
            .map(|place| {
                let partition = scene.columns[place].partition;
                let value = |at: usize| lag(samples[at], scene, Some(partition)) as f32;
                line(Some(place as u16), &value)
            })
            .collect(),
        Metric::Drain => vec![line(None, &|at| drain(&samples, at, scene))],
        Metric::Partitions => {
            vec![gauge(|s| s.gauges.under_replicated as f32), gauge(|s| s.gauges.offline as f32)]
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

/// The place of the last sample at least that much before another.
fn before(samples: &[&Sample], at: usize, span_us: u64) -> usize {
    let from = samples[at].time.0.saturating_sub(span_us);
    samples[..=at].partition_point(|sample| sample.time.0 <= from).saturating_sub(1)
}

/// Growth a second.
fn rate(samples: &[&Sample], at: usize, value: impl Fn(&Sample) -> u64) -> f32 {
    let first = samples[before(samples, at, RATE_US)];
    let seconds = samples[at].time.since(first.time).0 as f32 / 1e6;
    let grown = value(samples[at]).saturating_sub(value(first)) as f32;
    if seconds > 0.0 { grown / seconds } else { 0.0 }
}

/// Lag of the board's first group in one partition of its topic, or in all.
fn lag(sample: &Sample, scene: &Scene, partition: Option<i32>) -> u64 {
    let (Some(group), Some(topic)) = (scene.groups.first(), &scene.topic) else { return 0 };
    let of = |lag: &&Lag| {
        *lag.group == *group.name
            && *lag.partition.topic == *topic.name
            && partition.is_none_or(|partition| lag.partition.partition == partition)
    };
    sample.lags.iter().filter(of).map(|lag| lag.records).sum()
}

/// Seconds until there is no lag if it goes on as in the last seconds.
fn drain(samples: &[&Sample], at: usize, scene: &Scene) -> f32 {
    let first = samples[before(samples, at, TREND_US)];
    let (was, is) = (lag(first, scene, None) as f32, lag(samples[at], scene, None) as f32);
    let falls = (was - is) / (samples[at].time.since(first.time).0.max(1) as f32 / 1e6);
    match (is, falls) {
        (0.0, _) => 0.0,
        (_, falls) if falls > 0.0 => (is / falls).min(DRAIN_MAX_S),
        _ => DRAIN_MAX_S,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::host::Host;
    use crate::view::protocol::{Act, Command, Picture, Script, SetupName, Update};

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
        let mut host = Host::default();
        let script = Script::first(SetupName::Orders);
        host.command(Command::Open { script, at_us: 24_200_000, playing: false });
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
    fn a_crash_shows_and_the_past_does_not_know_it() {
        let mut host = Host::default();
        let script = Script::first(SetupName::Orders);
        host.command(Command::Open { script, at_us: 24_200_000, playing: false });
        host.command(Command::Chart(Some(Metric::Partitions)));
        assert_eq!(last(&shown(&mut host).charts[1], 0), 0.0);
        host.command(Command::Act(Act::Kill(2)));
        host.command(Command::Seek(40_000_000));
        // Four partitions of orders and the fifty of __consumer_offsets: Kafka counts them all.
        assert_eq!(last(&shown(&mut host).charts[1], 0), 54.0);
        host.command(Command::Seek(24_000_000));
        assert_eq!(last(&shown(&mut host).charts[1], 0), 0.0);
    }
}
