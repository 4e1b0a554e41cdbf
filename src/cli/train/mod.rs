//! `train digits`: the training pipeline on a simulated cluster, with faults at chosen times.
//!
//! - [`options`] what can be asked
//! - [`progress`] what is told while it runs
//! - [`report`] what is told at the end
mod options;
mod progress;
mod report;

use std::io::Write;
use std::process::ExitCode;

use crate::apps::training::TrainingJob;
use crate::playground::lab::{Lab, Outcome, Stand};
use crate::sim::act::Fault;

pub use options::Options;

/// What `--help` says.
pub const USAGE: &str = "\
usage: kafka-playground train digits [options]

Trains a classifier of handwritten digits in parallel from the four partitions of a topic, on a simulated cluster of three
brokers and three controllers (replication factor 3, min.insync.replicas 2, acks=all).

  --workers N        trainers; beyond 4 they stand idle (default 4)
  --seed S           decides the first parameters and the network's draws (default 1)
  --seeds A-B        one run per seed, then the median accuracy
  --model NAME       mlp (64-32-10, default) or softmax
  --epochs N         times that every record is read (default 40)
  --kill NAME@T      kills a process after T simulated seconds (12.5 or 0:12.5); may be repeated
  --restart NAME@T   starts it again; may be repeated

NAME is trainer (the first one, the next time the second), trainer-2, broker-2, controller-101, aggregator, preprocessor-1,
evaluator-1, scorer or feeder.";

/// `train digits [options]`.
///
/// # Errors
/// If an argument is wrong.
pub fn train(parser: &mut lexopt::Parser, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let Some(options) = Options::parse(parser)? else {
        return Ok(told(writeln!(out, "{USAGE}"), ExitCode::SUCCESS));
    };
    if options.seeds.clone().count() == 1 { one(&options, out) } else { many(&options, out) }
}

fn one(options: &Options, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let mut lab = prepare(options, *options.seeds.start())?;
    let mut progress = progress::Progress::new(options.job(*options.seeds.start()));
    loop {
        let stand = lab.step().map_err(|error| error.to_string())?;
        for line in progress.lines(&lab) {
            if writeln!(out, "{line}").is_err() {
                return Ok(ExitCode::SUCCESS);
            }
        }
        match stand {
            Stand::Training => {}
            Stand::Finished => break,
            Stand::Stuck | Stand::Diverged | Stand::Over => return Ok(failed(stand, &lab, out)),
        }
    }
    let outcome = lab.outcome().ok_or("the run finished without an outcome")?;
    let told = report::write(&outcome, progress.started(), out);
    let judged = self::told(told, judged(&lab, out));
    Ok(if missed(options, &outcome, out) { ExitCode::FAILURE } else { judged })
}

/// Tells what was asked for a time when training was over; true if there was any.
fn missed(options: &Options, outcome: &Outcome, out: &mut impl Write) -> bool {
    let missed: Vec<_> = options.acts.iter().filter(|act| act.time >= outcome.simulated).collect();
    for act in &missed {
        // A reader that closed its end still gets the exit code.
        let _ = writeln!(
            out,
            "{act} never happened: training was over at {}; choose an earlier time or more epochs",
            outcome.simulated
        );
    }
    !missed.is_empty()
}

/// 1 if a promise was broken on the way, which would be a fault of the simulation.
fn judged(lab: &Lab, out: &mut impl Write) -> ExitCode {
    match lab.run.judges.first_violation() {
        None => ExitCode::SUCCESS,
        Some(hit) => told(writeln!(out, "broken promise: {hit:?}"), ExitCode::FAILURE),
    }
}

fn many(options: &Options, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let (mut accuracies, mut all_acts) = (Vec::new(), true);
    for seed in options.seeds.clone() {
        match prepare(options, seed)?.finish() {
            Ok(outcome) => {
                let accuracy = report::accuracy(&outcome);
                accuracies.push(accuracy);
                let Outcome { simulated, parameters, .. } = outcome;
                all_acts &= !missed(options, &outcome, out);
                let line = format!(
                    "seed {seed}: accuracy {accuracy:.3}, simulated time {simulated}, parameters {parameters:016x}"
                );
                if writeln!(out, "{line}").is_err() {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            Err(stand) => {
                return Ok(told(writeln!(out, "seed {seed}: {stand:?}"), ExitCode::FAILURE));
            }
        }
    }
    accuracies.sort_by(f64::total_cmp);
    let middle = (accuracies.len() - 1) / 2;
    let median = (accuracies[middle] + accuracies[accuracies.len() / 2]) / 2.0;
    let code = if all_acts { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    Ok(told(writeln!(out, "median accuracy: {median:.3}"), code))
}

fn prepare(options: &Options, seed: u64) -> Result<Lab, lexopt::Error> {
    let job: TrainingJob = options.job(seed);
    let mut lab = Lab::new(&job, options.workers).map_err(|error| error.to_string())?;
    for act in &options.acts {
        let node = lab.node(&act.name).ok_or_else(|| {
            format!("there is no process called {}; try --help for the names", act.name)
        })?;
        let fault = if act.restart { Fault::Start(node) } else { Fault::Kill(node) };
        lab.schedule(act.time, fault);
    }
    Ok(lab)
}

fn failed(stand: Stand, lab: &Lab, out: &mut impl Write) -> ExitCode {
    let now = lab.run.world.now();
    let version =
        lab.aggregator().and_then(|aggregator| aggregator.snapshot()).map_or(0, |s| s.version);
    let why = match stand {
        Stand::Diverged => "a number is no longer finite: the learning rate is too large",
        Stand::Over => "a run ends after 24 simulated hours: ask for fewer epochs",
        Stand::Training | Stand::Finished | Stand::Stuck => {
            "nothing has come of it for 150 simulated seconds; is there a trainer, the aggregator and a majority of brokers?"
        }
    };
    told(
        writeln!(out, "training stopped at {now} with version {version}: {why}"),
        ExitCode::FAILURE,
    )
}

/// A reader that closed its end wants no more text; that is no failure of the training.
fn told(_written: std::io::Result<()>, code: ExitCode) -> ExitCode {
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> (ExitCode, String) {
        let mut out = Vec::new();
        let code =
            train(&mut lexopt::Parser::from_args(line.split_whitespace()), &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_kill_that_never_happens_is_a_failure_told_at_the_end() {
        let (code, text) = run("digits --model softmax --epochs 1 --kill trainer@500");
        assert_eq!(code, ExitCode::FAILURE);
        let last = text.lines().last().unwrap();
        assert!(last.contains("trainer-1@") && last.contains("never happened"), "{text}");
        let (code, text) = run("digits --model softmax --epochs 1");
        assert_eq!(code, ExitCode::SUCCESS);
        assert!(text.lines().last().unwrap().starts_with("world hash: "), "{text}");
    }
}
