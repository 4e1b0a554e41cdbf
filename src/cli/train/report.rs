//! What is told at the end of a training.

use std::io::{Result, Write};

use crate::ml::ConfusionMatrix;
use crate::playground::lab::Outcome;
use crate::sim::time::SimTime;

/// The accuracy on the test records.
pub fn accuracy(outcome: &Outcome) -> f64 {
    outcome.score.evaluation.confusion.accuracy().unwrap_or(0.0)
}

/// Writes the last lines.
///
/// # Errors
/// If nobody reads them.
pub fn write(outcome: &Outcome, started: SimTime, out: &mut impl Write) -> Result<()> {
    let records = outcome.totals.records_ever;
    let training = outcome.simulated.since(started).0.max(1);
    let rate = records.saturating_mul(1_000_000) / training;
    writeln!(out)?;
    writeln!(out, "accuracy: {:.3}", accuracy(outcome))?;
    write_matrix(&outcome.score.evaluation.confusion, out)?;
    writeln!(out, "simulated time: {}", outcome.simulated)?;
    writeln!(out, "records/s: {rate}")?;
    writeln!(out, "trained twice: {}", outcome.totals.trained_twice)?;
    writeln!(out, "parameter hash: {:016x}", outcome.parameters)?;
    writeln!(out, "world hash: {:016x}", outcome.world)
}

/// Rows are the digits, columns what they were taken for.
fn write_matrix(matrix: &ConfusionMatrix, out: &mut impl Write) -> Result<()> {
    writeln!(out, "confusion matrix (row: digit, column: taken for):")?;
    let heads: String = (0..matrix.classes()).map(|class| format!("{class:>5}")).collect();
    writeln!(out, "     {heads}")?;
    for (class, row) in matrix.rows().enumerate() {
        let cells: String = row.iter().map(|count| format!("{count:>5}")).collect();
        writeln!(out, "{class:>5}{cells}")?;
    }
    Ok(())
}
