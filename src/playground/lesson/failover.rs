//! What an acknowledgement is worth: with acks=all and `min.insync.replicas=2` every record that Kafka acknowledged survives
//! the death of any one broker. On the setup `orders`.

use super::predicate::{At, Name, Predicate, Term, tp};
use super::script::Step;
use crate::apps::AnyCommand;
use crate::checks::promise::Promise;
use crate::playground::action::Action;
use crate::sim::act::Fault;
use crate::sim::ids::NodeId;
use crate::sim::protocol::group::NamedPartition;
use crate::sim::time::Micros;

/// When the lesson begins: the groups are stable.
const OPENS: Micros = Micros(24_200_000);
const TOPIC: &str = "orders";
/// The leader that dies, who holds the record too, and who does not and is elected.
const LEADER: i32 = 2;
const AHEAD: i32 = 1;
const ELECTED: i32 = 3;
/// One-way latency of the slow link.
const SLOW: Micros = Micros(700_000);

/// The script: a pause before the crash and one before the election.
pub fn script() -> Vec<Step> {
    let partition = tp(TOPIC, 1);
    let elected = Predicate::All(vec![
        Predicate::Equal(Term::Leader(partition.clone()), Term::Number(i64::from(ELECTED))),
        Predicate::Equal(Term::Epoch(partition.clone()), Term::Number(1)),
    ]);
    vec![
        Step::Pass(OPENS),
        // The two followers fetch in step; a slow link sets them apart.
        Step::Do(slow(Some(SLOW))),
        Step::Until(half_copied(&partition)),
        // What is on the slow link is lost with the connection, then the leader itself.
        Step::Do(Action::Fault(Fault::ResetConnections { a: NodeId(LEADER), b: NodeId(ELECTED) })),
        Step::Do(Action::Fault(Fault::Kill(NodeId(LEADER)))),
        Step::Do(slow(None)),
        Step::Before(Predicate::Fact(Name::LeaderElected(partition.clone()))),
        Step::Until(elected),
        Step::Until(Predicate::Fact(Name::Truncated(partition, AHEAD))),
        Step::Do(Action::Fault(Fault::Start(NodeId(LEADER)))),
        Step::Until(Predicate::FullIsr(TOPIC)),
        Step::Holds(Predicate::Equal(Term::Violations, Term::Number(0))),
        Step::Holds(Predicate::Equal(
            Term::Anomalies(Promise::NoAcknowledgedLoss),
            Term::Number(0),
        )),
    ]
}

fn slow(latency: Option<Micros>) -> Action<AnyCommand> {
    Action::Fault(Fault::SetLatency { from: NodeId(LEADER), to: NodeId(ELECTED), latency })
}

/// The leader and one follower hold a record that the other follower lacks, and it is not committed.
fn half_copied(partition: &NamedPartition) -> Predicate {
    let end = |broker| Term::Leo(partition.clone(), At::Broker(broker));
    Predicate::All(vec![
        Predicate::Equal(Term::Leader(partition.clone()), Term::Number(i64::from(LEADER))),
        Predicate::Equal(end(LEADER), end(AHEAD)),
        Predicate::Less(end(ELECTED), end(LEADER)),
        Predicate::Less(Term::Hw(partition.clone(), At::Leader), end(LEADER)),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::script::play;
    use super::*;
    use crate::playground::setup::orders;

    #[test]
    fn an_acknowledged_record_survives_the_death_of_a_broker_with_any_seed() {
        for seed in 1..=20 {
            let mut history = orders(seed).open().expect("within the limits");
            let mut pauses = Vec::new();
            let played = play(&mut history, &script(), |step, run| {
                let leader = Term::Leader(tp(TOPIC, 1)).value(run);
                pauses.push((step, leader));
            });
            assert_eq!(played, Ok(()), "seed {seed}");
            assert_eq!(pauses, [(6, Some(i64::from(LEADER)))], "it stops before the election");
            assert!(history.branches().is_empty(), "a pause is no change of the past");
        }
    }
}
