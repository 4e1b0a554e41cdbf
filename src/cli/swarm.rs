//! `swarm` and `replay`: many short lives of clusters drawn from seeds, and one of them again.

use std::io::Write;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::apps::AnyProgram;
use crate::limits::RUN_HOURS_MAX;
use crate::playground::run::Run;
use crate::playground::swarm::plan::Plan;
use crate::playground::swarm::report::{Outcome, Report};
use crate::playground::swarm::runner::Runner;
use crate::sim::fact::FactRecord;
use crate::sim::time::Micros;
use crate::sim::version::PlantedBug;

/// What `--help` says.
pub const USAGE: &str = "\
usage: kafka-playground swarm [--seeds N] [--start S] [--seconds T] [--bug NAME]
       kafka-playground replay SEED [--seconds T] [--bug NAME] [--facts TEXT]

Breaks and heals clusters drawn from seeds and stops at the first broken promise; replay runs one of them again.

  --seeds N     how many seeds (default 64)
  --start S     the first of them (default 1)
  --seconds T   simulated seconds of each (default 60, at least 40)
  --bug NAME    plants a bug: high-watermark-without-follower, truncate-to-high-watermark or unpersisted-vote
  --facts TEXT  prints every fact whose text contains it";

/// Simulated seconds that a seed needs: the cluster takes 8 to stand, and time to heal.
const SECONDS_MIN: u64 = 40;
/// Simulated seconds that a run may take.
const SECONDS_MAX: u64 = RUN_HOURS_MAX * 3_600;

/// Facts printed before a violation.
const TAIL: usize = 12;
/// One seed in so many is run twice and must give the same hash.
const TWICE_EVERY: u64 = 20;

/// Names of planted bugs on the command line.
const BUGS: [(&str, PlantedBug); 3] = [
    ("high-watermark-without-follower", PlantedBug::HighWatermarkWithoutFollower),
    ("truncate-to-high-watermark", PlantedBug::TruncateToHighWatermark),
    ("unpersisted-vote", PlantedBug::UnpersistedVote),
];

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Options {
    seeds: u64,
    start: u64,
    seconds: u64,
    bugs: Vec<PlantedBug>,
    /// Facts to print: those whose text contains it.
    facts: Option<String>,
}

impl Options {
    /// Reads the arguments of `swarm`, or of `replay` which takes one seed; None if help was asked for.
    fn parse(parser: &mut lexopt::Parser, one: bool) -> Result<Option<Options>, lexopt::Error> {
        let seeds = if one { 1 } else { 64 };
        let mut options = Options { seeds, start: 1, seconds: 60, bugs: Vec::new(), facts: None };
        let mut named = false;
        while let Some(argument) = parser.next()? {
            match argument {
                Long("seeds") if !one => options.seeds = parser.value()?.parse()?,
                Long("start") if !one => options.start = parser.value()?.parse()?,
                Value(seed) if one && !named => {
                    options.start = seed.parse()?;
                    named = true;
                }
                Long("facts") if one => options.facts = Some(parser.value()?.string()?),
                Long("seconds") => options.seconds = parser.value()?.parse()?,
                Long("bug") => options.bugs.push(bug(&parser.value()?.string()?)?),
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        if one && !named {
            return Err("which seed? Type replay SEED".into());
        }
        options.check()?;
        Ok(Some(options))
    }

    fn check(&self) -> Result<(), String> {
        let Options { seeds, start, seconds, .. } = self;
        if *seeds == 0 {
            return Err("--seeds must be at least 1: no seed proves nothing".to_owned());
        }
        if start.checked_add(*seeds).is_none() {
            return Err(format!(
                "{seeds} seeds from {start} on are more than there are: choose a smaller --start"
            ));
        }
        if !(SECONDS_MIN..=SECONDS_MAX).contains(seconds) {
            return Err(format!(
                "--seconds must be from {SECONDS_MIN} to {SECONDS_MAX}, not {seconds}"
            ));
        }
        Ok(())
    }

    fn plan(&self, seed: u64) -> Plan {
        Plan::draw(seed, Micros(self.seconds * 1_000_000), &self.bugs)
    }

    fn replay_line(&self, seed: u64) -> String {
        let bugs = self.bugs.iter().filter_map(|bug| BUGS.iter().find(|(_, known)| known == bug));
        let bugs: String = bugs.map(|(name, _)| format!(" --bug {name}")).collect();
        let seconds = self.seconds;
        format!("cargo run --release --features cli -- replay {seed} --seconds {seconds}{bugs}")
    }
}

fn bug(name: &str) -> Result<PlantedBug, lexopt::Error> {
    let known = BUGS.iter().find(|(known, _)| *known == name);
    known.map(|(_, bug)| *bug).ok_or_else(|| {
        let names: Vec<&str> = BUGS.iter().map(|(name, _)| *name).collect();
        format!("no planted bug is called {name}; there are {}", names.join(", ")).into()
    })
}

/// `swarm [--seeds N] [--start S] [--seconds T] [--bug NAME]`: runs seeds, stops at the first violation with exit code 1.
///
/// # Errors
/// If an argument is wrong.
pub fn swarm(parser: &mut lexopt::Parser, out: &mut impl Write) -> Result<ExitCode, lexopt::Error> {
    let Some(options) = Options::parse(parser, false)? else {
        say(out, USAGE.to_owned());
        return Ok(ExitCode::SUCCESS);
    };
    let mut report = Report::default();
    for seed in options.start..options.start + options.seeds {
        let (outcome, run) = Runner::new(options.plan(seed)).finish();
        report.add(&outcome);
        if outcome.violation.is_some() {
            tell_violation(&outcome, &run, &options, out);
            close(&report, false, out);
            return Ok(ExitCode::FAILURE);
        }
        if seed % TWICE_EVERY == 0
            && Runner::new(options.plan(seed)).finish().0.hash != outcome.hash
        {
            say(out, format!("seed {seed}: a second run gives another world hash (invariant 39)"));
            say(out, options.replay_line(seed));
            report.violations += 1;
            close(&report, false, out);
            return Ok(ExitCode::FAILURE);
        }
        if report.seeds % 16 == 0 {
            say(out, format!("{} of {} seeds", report.seeds, options.seeds));
        }
    }
    let lacking = report.lacking();
    let active = lacking.is_empty();
    if !active {
        say(
            out,
            format!("an idle world proves nothing; there is too little of: {}", lacking.join(", ")),
        );
    }
    close(&report, active, out);
    Ok(if active { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `replay SEED [--seconds T] [--bug NAME] [--facts TEXT]`: runs one seed again and tells what happened, with every fact whose
/// text contains TEXT.
///
/// # Errors
/// If an argument is wrong.
pub fn replay(
    parser: &mut lexopt::Parser,
    out: &mut impl Write,
) -> Result<ExitCode, lexopt::Error> {
    let Some(options) = Options::parse(parser, true)? else {
        say(out, USAGE.to_owned());
        return Ok(ExitCode::SUCCESS);
    };
    let plan = options.plan(options.start);
    for (time, fault) in &plan.faults {
        say(out, format!("{time} {fault:?}"));
    }
    let mut show = |fact: &FactRecord| {
        let text = fact_line(fact);
        if options.facts.as_ref().is_some_and(|wanted| text.contains(wanted)) {
            say(out, text);
        }
    };
    let (outcome, run) = Runner::new(plan).watched(&mut show).finish();
    say(out, format!("world hash: {:016x}", outcome.hash));
    say(out, format!("{outcome:#?}"));
    if outcome.violation.is_none() {
        return Ok(ExitCode::SUCCESS);
    }
    tell_violation(&outcome, &run, &options, out);
    Ok(ExitCode::FAILURE)
}

fn tell_violation(
    outcome: &Outcome,
    run: &Run<AnyProgram>,
    options: &Options,
    out: &mut impl Write,
) {
    let Some(hit) = &outcome.violation else {
        return;
    };
    say(
        out,
        format!(
            "seed {}: invariant {} at {}: {}",
            outcome.seed, hit.invariant, hit.time, hit.detail
        ),
    );
    say(
        out,
        format!("  node {}, partition {:?}, promise {:?}", hit.node, hit.partition, hit.promise),
    );
    let facts: Vec<_> = run.journal.fine().chain(run.journal.milestones()).collect();
    let mut tail: Vec<_> = facts
        .into_iter()
        .filter(|fact| hit.partition.is_none() || fact.id <= hit.fact || hit.fact.0 == 0)
        .collect();
    tail.sort_by_key(|fact| fact.id);
    for fact in tail.iter().rev().take(TAIL).rev() {
        say(out, fact_line(fact));
    }
    say(out, options.replay_line(outcome.seed));
}

fn fact_line(record: &FactRecord) -> String {
    let FactRecord { id, time, node, cause, fact } = record;
    format!("  {time} node {node} {fact:?} #{} because of #{}", id.0, cause.0)
}

fn close(report: &Report, active: bool, out: &mut impl Write) {
    say(
        out,
        format!(
            "{} seeds ({} above the floors), {} simulated seconds, {} events: {} faults, {} acknowledged records, \
             {} elections, {} quorum elections, {} ISR changes, {} rebalances, {} records truncated, \
             {} expected anomalies, {} violations",
            report.seeds,
            report.counted,
            report.simulated_seconds,
            report.events,
            report.faults,
            report.records,
            report.elections,
            report.quorum_elections,
            report.isr_changes,
            report.rebalances,
            report.truncated,
            report.anomalies,
            report.violations
        ),
    );
    let failed = report.violations + u64::from(!active && report.violations == 0);
    say(out, format!("{} passed, {failed} failed", report.seeds - report.violations));
}

fn say(out: &mut impl Write, line: String) {
    // Whoever closes the pipe early has seen enough; the exit code still tells.
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(one: bool, line: &str) -> Result<Option<Options>, String> {
        let mut parser = lexopt::Parser::from_args(line.split_whitespace());
        Options::parse(&mut parser, one).map_err(|error| error.to_string())
    }

    #[test]
    fn what_would_run_nothing_is_refused() {
        let cases = [
            (false, "--seeds 0", "--seeds must be at least 1"),
            (false, "--start 18446744073709551615", "choose a smaller --start"),
            (false, "--seeds 18446744073709551615", "choose a smaller --start"),
            (false, "--seconds 39", "from 40 to 86400, not 39"),
            (false, "--seconds 86401", "from 40 to 86400"),
            (true, "", "which seed?"),
            (true, "--seconds 60", "which seed?"),
            (true, "1 2", "unexpected argument"),
            (true, "1 --bug none", "no planted bug"),
        ];
        for (one, line, expected) in cases {
            let error = parse(one, line).expect_err(line);
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn a_seed_can_be_any_but_the_last() {
        let options = parse(true, "18446744073709551614 --seconds 40").unwrap().unwrap();
        assert_eq!((options.start, options.seeds, options.seconds), (u64::MAX - 1, 1, 40));
        assert_eq!(parse(false, "--help --seeds 0"), Ok(None));
    }
}
