//! The command line: headless runs of the playground.
use std::process::ExitCode;

use kafka_playground::{cli, conformance};
use lexopt::prelude::*;

const USAGE: &str = "\
usage: kafka-playground <verb> [options]

verbs:
  conformance [--vectors DIR] [--timelines DIR] [--cli DIR]
        compare with what real Kafka did; without a folder, with all of tests/truth
  demo ai_data [--seed S]
        a topic, a message, a subscriber, beside the commands of Kafka's own tools
  swarm [--seeds N] [--start S] [--seconds T] [--bug NAME]
        break and heal clusters drawn from seeds; stop at the first broken promise
  replay SEED [--seconds T] [--bug NAME]
        run one seed of the swarm again and tell what happened
  trace FILE
        tell a run that the page saved as a file, fact by fact, as JSONL
  train digits [--workers N] [--seed S] [--model mlp|softmax] [--epochs N] [--kill NAME@T] ...
        train a classifier in parallel from the partitions of a topic; train --help tells more";

fn main() -> ExitCode {
    let mut parser = lexopt::Parser::from_env();
    dispatch(&mut parser).unwrap_or_else(|error| {
        eprintln!("kafka-playground: {error}\nsee --help");
        ExitCode::from(2)
    })
}

fn dispatch(parser: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    match parser.next()? {
        Some(Value(verb)) if verb == "conformance" => conformance(parser),
        Some(Value(verb)) if verb == "demo" => cli::demo::demo(parser, &mut std::io::stdout()),
        Some(Value(verb)) if verb == "trace" => cli::trace::trace(parser, &mut std::io::stdout()),
        Some(Value(verb)) if verb == "train" => cli::train::train(parser, &mut std::io::stdout()),
        Some(Value(verb)) if verb == "swarm" => cli::swarm::swarm(parser, &mut std::io::stdout()),
        Some(Value(verb)) if verb == "replay" => cli::swarm::replay(parser, &mut std::io::stdout()),
        Some(Short('h') | Long("help")) => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(other.unexpected()),
        None => Err("which verb?".into()),
    }
}

fn conformance(parser: &mut lexopt::Parser) -> Result<ExitCode, lexopt::Error> {
    let mut args = conformance::Args::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("vectors") => args.vectors = Some(parser.value()?.into()),
            Long("timelines") => args.timelines = Some(parser.value()?.into()),
            Long("cli") => args.cli = Some(parser.value()?.into()),
            Short('h') | Long("help") => {
                println!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok(conformance::run(args))
}
