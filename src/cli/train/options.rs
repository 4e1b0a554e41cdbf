//! What `train` can be asked.

use std::ops::RangeInclusive;

use lexopt::prelude::*;

use crate::apps::training::TrainingJob;
use crate::limits::CLIENTS_MAX;
use crate::ml::data::digits;
use crate::sim::time::SimTime;

/// Runs in a row: more is a day's work.
const SEEDS_MAX: u64 = 10_000;

/// A process killed or started at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub name: String,
    pub restart: bool,
    pub time: SimTime,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verb = if self.restart { "--restart" } else { "--kill" };
        write!(f, "{verb} {}@{}", self.name, self.time)
    }
}

/// What to train, and what happens meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub workers: u16,
    pub seeds: RangeInclusive<u64>,
    pub softmax: bool,
    pub epochs: Option<u16>,
    pub acts: Vec<Act>,
}

impl Options {
    /// Reads the arguments behind `train`; None if help was asked for.
    ///
    /// # Errors
    /// If an argument is wrong.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
        let mut options =
            Options { workers: 4, seeds: 1..=1, softmax: false, epochs: None, acts: Vec::new() };
        let (mut data, mut killed) = (None, 0);
        while let Some(argument) = parser.next()? {
            match argument {
                Value(value) if data.is_none() => data = Some(value.string()?),
                Long("workers") => options.workers = workers(parser.value()?.parse()?)?,
                Long("seed") => {
                    let seed = parser.value()?.parse()?;
                    options.seeds = seed..=seed;
                }
                Long("seeds") => options.seeds = seeds(&parser.value()?.string()?)?,
                Long("model") => options.softmax = is_softmax(&parser.value()?.string()?)?,
                Long("epochs") => options.epochs = Some(epochs(parser.value()?.parse()?)?),
                Long("kill") => {
                    options.acts.push(act(&parser.value()?.string()?, false, &mut killed)?);
                }
                Long("restart") => {
                    options.acts.push(act(&parser.value()?.string()?, true, &mut 0)?);
                }
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        match data.as_deref() {
            Some("digits") => Ok(Some(options)),
            Some(other) => Err(format!("there is no data set {other}; there is digits").into()),
            None => Err("which data set? There is digits".into()),
        }
    }

    /// The training run for a seed.
    pub fn job(&self, seed: u64) -> TrainingJob {
        let mut job = TrainingJob::digits(seed);
        if self.softmax {
            job.model = digits::softmax();
        }
        job.plan.epochs = self.epochs.unwrap_or(job.plan.epochs);
        job
    }
}

fn workers(number: u16) -> Result<u16, String> {
    // A few clients are not trainers.
    let most = CLIENTS_MAX as u16 - 20;
    if (1..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("--workers must be from 1 to {most}, not {number}"))
}

fn epochs(number: u16) -> Result<u16, String> {
    if (1..=1_000).contains(&number) {
        return Ok(number);
    }
    Err(format!("--epochs must be from 1 to 1000, not {number}"))
}

fn is_softmax(name: &str) -> Result<bool, String> {
    match name {
        "softmax" => Ok(true),
        "mlp" => Ok(false),
        other => Err(format!("there is no model {other}; there are softmax and mlp")),
    }
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let range = text.split_once('-').and_then(|(first, last)| {
        let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
        (first <= last && last - first < SEEDS_MAX).then_some(first..=last)
    });
    range.ok_or_else(|| format!("--seeds takes a range such as 1-10, not {text}"))
}

/// `trainer@12.5`. A bare `trainer` is the first one, the next time the second.
fn act(text: &str, restart: bool, killed: &mut u32) -> Result<Act, String> {
    let wrong = || format!("expected NAME@T such as trainer@12.5 or broker-2@0:12.5, not {text}");
    let (name, time) = text.split_once('@').ok_or_else(wrong)?;
    let time = seconds(time).ok_or_else(wrong)?;
    let name = if name == "trainer" {
        *killed += 1;
        format!("trainer-{killed}")
    } else {
        name.to_owned()
    };
    Ok(Act { name, restart, time })
}

/// `12.5`, `12.5s` or `m:ss.s` as a time of at most a day.
fn seconds(text: &str) -> Option<SimTime> {
    let text = text.strip_suffix('s').unwrap_or(text);
    let (minutes, seconds) = text.split_once(':').unwrap_or(("0", text));
    let (minutes, seconds) = (minutes.parse::<u32>().ok()?, seconds.parse::<f64>().ok()?);
    let all = f64::from(minutes) * 60.0 + seconds;
    let plain = !text.contains(['-', '+', 'e', 'E', 'n', 'N']);
    (plain && (0.0..=86_400.0).contains(&all)).then(|| SimTime((all * 1e6).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>, lexopt::Error> {
        Options::parse(&mut lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn everything_can_be_asked_at_once() {
        let line = "digits --workers 2 --seed 7 --model softmax --epochs 3 --kill trainer@12.5 --kill trainer@20 \
                    --kill broker-2@1:02.25 --restart broker-2@70s";
        let options = parse(&line.split_whitespace().collect::<Vec<_>>()).unwrap().unwrap();
        assert_eq!((options.workers, options.seeds.clone(), options.softmax), (2, 7..=7, true));
        let acts: Vec<_> =
            options.acts.iter().map(|act| (act.name.as_str(), act.restart, act.time.0)).collect();
        assert_eq!(
            acts,
            [
                ("trainer-1", false, 12_500_000),
                ("trainer-2", false, 20_000_000),
                ("broker-2", false, 62_250_000),
                ("broker-2", true, 70_000_000)
            ]
        );
        assert_eq!(options.job(7).plan.epochs, 3);
    }

    #[test]
    fn wrong_arguments_are_named() {
        let cases: [(&[&str], &str); 9] = [
            (&[], "which data set"),
            (&["letters"], "letters"),
            (&["digits", "--workers", "0"], "--workers"),
            (&["digits", "--epochs", "0"], "--epochs"),
            (&["digits", "--model", "cnn"], "cnn"),
            (&["digits", "--seeds", "9-1"], "9-1"),
            (&["digits", "--kill", "trainer"], "NAME@T"),
            (&["digits", "--kill", "trainer@-1"], "NAME@T"),
            (&["digits", "--kill", "trainer@nan"], "NAME@T"),
        ];
        for (arguments, expected) in cases {
            let error = parse(arguments).unwrap_err().to_string();
            assert!(error.contains(expected), "{arguments:?}: {error}");
        }
    }

    #[test]
    fn help_stops_the_reading() {
        assert_eq!(parse(&["digits", "--help", "--nonsense"]).unwrap(), None);
    }
}
