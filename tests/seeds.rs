//! What the swarm finds: the planted bugs, and again each seed that once found a real one.
use kafka_playground::playground::swarm::plan::Plan;
use kafka_playground::playground::swarm::report::Outcome;
use kafka_playground::playground::swarm::runner::Runner;
use kafka_playground::sim::time::Micros;
use kafka_playground::sim::version::PlantedBug;

/// Seeds within which a planted bug must be found.
const SEEDS: u64 = 200;
const MINUTE: u64 = 60;

fn run(seed: u64, seconds: u64, bugs: &[PlantedBug]) -> Outcome {
    Runner::new(Plan::draw(seed, Micros(seconds * 1_000_000), bugs)).finish().0
}

/// The invariant that the first seed breaks that finds the bug.
fn found_by(bug: PlantedBug) -> u8 {
    let mut outcomes = (1..=SEEDS).map(|seed| run(seed, MINUTE, &[bug]));
    let hit = outcomes.find_map(|outcome| outcome.violation);
    hit.expect("a planted bug is found within the seeds").invariant
}

#[test]
fn a_high_watermark_without_a_follower_is_found() {
    assert_eq!(found_by(PlantedBug::HighWatermarkWithoutFollower), 5);
}

#[test]
fn truncating_to_the_high_watermark_is_found() {
    assert_eq!(found_by(PlantedBug::TruncateToHighWatermark), 9);
}

#[test]
fn a_vote_that_is_not_persisted_is_found() {
    assert_eq!(found_by(PlantedBug::UnpersistedVote), 15);
}

/// Lines of the file that are not comments: seed, seconds and what was found.
fn found_once() -> impl Iterator<Item = (u64, u64, &'static str)> {
    let lines = include_str!("seeds.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
        let (seed, seconds) = (number(), number());
        (seed, seconds, words.next().expect("what was found"))
    })
}

#[test]
fn what_was_found_once_stays_fixed() {
    let violations = found_once().filter_map(|(seed, seconds, what)| {
        let hit = run(seed, seconds, &[]).violation?;
        Some(format!("seed {seed} ({what}): invariant {}, {}", hit.invariant, hit.detail))
    });
    assert_eq!(violations.collect::<Vec<_>>(), Vec::<String>::new());
}
