//! Series to SVG path data, in a box of the caller's units.

use super::scene::{Chart, ChartKind, Metric};

/// The box a series is drawn in: the data range and the size in units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub x_max: f64,
    pub y_min: f64,
    pub y_max: f64,
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    /// The x of a value, kept inside the box.
    pub fn x(&self, value: f64) -> f64 {
        self.left + (value / self.x_max).clamp(0.0, 1.0) * self.width
    }

    /// The y of a value, kept inside the box.
    pub fn y(&self, value: f64) -> f64 {
        let share = (value - self.y_min) / (self.y_max - self.y_min);
        self.top + (1.0 - share.clamp(0.0, 1.0)) * self.height
    }
}

/// What a line of a chart is called: by Kafka's name of the metric, or by its partition.
pub fn name(chart: &Chart, place: usize) -> String {
    let names = match &chart.kind {
        ChartKind::Metric(metric) => metric.names(),
        ChartKind::Throughput { .. } => Metric::Records.names(),
        ChartKind::Lag { .. } => Metric::Lag.names(),
        ChartKind::UnderReplicated { .. } => Metric::Partitions.names(),
    };
    match chart.lines.get(place).and_then(|line| line.column) {
        Some(column) => format!("{} p{column}", names[0]),
        None => names.get(place).copied().unwrap_or_default().to_owned(),
    }
}

/// A value as one reads it: whole from a hundred on, else with at most two digits after the point.
pub fn short(value: f32) -> f32 {
    if value.abs() >= 100.0 { value.round() } else { (value * 100.0).round() / 100.0 }
}

/// A chart as comma-separated values: seconds of virtual time, then a column a line.
pub fn csv(chart: &Chart) -> String {
    let mut out = String::from("seconds");
    for place in 0..chart.lines.len() {
        out.push_str(&format!(",\"{}\"", name(chart, place)));
    }
    let count = chart.lines.iter().map(|line| line.points.len()).min().unwrap_or(0);
    for at in 0..count {
        out.push_str(&format!("\n{}", chart.lines[0].points[at].0 as f64 / 1e6));
        for line in &chart.lines {
            out.push_str(&format!(",{}", line.points[at].1));
        }
    }
    out.push('\n');
    out
}

/// The path data of a line through the points; empty for fewer than two.
pub fn path(points: impl Iterator<Item = (f64, f64)>, frame: &Frame) -> String {
    let steps: Vec<String> =
        points.map(|(x, y)| format!("{:.1} {:.1}", frame.x(x), frame.y(y))).collect();
    if steps.len() < 2 { String::new() } else { format!("M{}", steps.join("L")) }
}

/// The path data of the area under a line.
pub fn area(points: &[(f64, f64)], frame: &Frame) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let line = path(points.iter().copied(), frame);
    if line.is_empty() {
        return line;
    }
    let floor = frame.top + frame.height;
    format!("{line}L{:.1} {floor:.1}L{:.1} {floor:.1}Z", frame.x(last.0), frame.x(first.0))
}

/// A round number at or above `value`, for the top of an axis.
pub fn ceiling(value: f64) -> f64 {
    let steps = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let mut unit = 1e-6;
    while unit * 10.0 < value {
        unit *= 10.0;
    }
    steps.into_iter().map(|step| step * unit).find(|top| *top >= value).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::scene::Line;

    #[test]
    fn a_chart_becomes_a_table_under_kafkas_names() {
        let line = |column| Line { column, points: vec![(0, 1.0), (200_000, 2.5)] };
        let isr = Chart { kind: ChartKind::Metric(Metric::Isr), lines: vec![line(None); 2] };
        assert_eq!(
            csv(&isr),
            "seconds,\"IsrShrinksPerSec\",\"IsrExpandsPerSec\"\n0,1,1\n0.2,2.5,2.5\n"
        );
        let lag = Chart { kind: ChartKind::Metric(Metric::Lag), lines: vec![line(Some(3))] };
        assert_eq!(name(&lag, 0), "records-lag p3");
    }

    const FRAME: Frame = Frame {
        x_max: 10.0,
        y_min: 0.0,
        y_max: 4.0,
        left: 0.0,
        top: 0.0,
        width: 100.0,
        height: 40.0,
    };

    #[test]
    fn a_line_runs_from_the_floor_to_the_top() {
        let points = [(0.0, 0.0), (10.0, 4.0)];
        assert_eq!(path(points.into_iter(), &FRAME), "M0.0 40.0L100.0 0.0");
        assert_eq!(area(&points, &FRAME), "M0.0 40.0L100.0 0.0L100.0 40.0L0.0 40.0Z");
    }

    #[test]
    fn a_single_point_is_no_line() {
        assert_eq!(path([(1.0, 1.0)].into_iter(), &FRAME), "");
    }

    #[test]
    fn the_top_of_an_axis_is_round() {
        assert_eq!(ceiling(7.3), 8.0);
        assert!((ceiling(2.31) - 2.5).abs() < 1e-9);
    }
}
