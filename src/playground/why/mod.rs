//! Why something happened: the facts that led to it, back to what a person did, each with the rule that decided.
//!
//! The world notes with every fact which input led to it. Where that input is a timer or a batch that many things share,
//! the note tells little; then the facts themselves do: a broker is unfenced because it registered. Where a process decides
//! because it heard nothing, the cause is whatever silenced the other side.
//!
//! - [`causes`] what led to one fact
//! - [`rule`] the rule or config that decided

mod causes;
mod rule;

pub use rule::{Rule, Scope};

use crate::playground::journal::Journal;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::FactId;

/// More facts than this explain nothing to anybody.
const LINKS_MAX: usize = 10;

/// A fact of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub record: FactRecord,
    /// What decided that it came to this.
    pub rule: Option<Rule>,
}

/// The facts that led to this one and it itself, oldest first. Empty if the journal does not keep it any more.
pub fn chain(journal: &Journal, id: FactId) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let known = found.iter().any(|link| link.record.id == id);
        let Some(record) = journal.find(id).filter(|_| !known && found.len() < LINKS_MAX) else {
            continue;
        };
        let causes = causes::of(journal, record);
        found.push(Link { record: record.clone(), rule: rule::of(journal, record) });
        open.extend(causes.into_iter().filter(|cause| *cause < id));
    }
    found.sort_by_key(|link| link.record.id);
    found
}

/// What a person did first in a chain; none if it goes back to the start of the run.
pub fn act(chain: &[Link]) -> Option<&FactRecord> {
    let acts = chain.iter().map(|link| &link.record);
    acts.into_iter().find(|record| matches!(record.fact, Fact::Fault(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::AnyProgram;
    use crate::playground::action::Action;
    use crate::playground::history::History;
    use crate::playground::setup::orders;
    use crate::sim::act::Fault;
    use crate::sim::ids::NodeId;
    use crate::sim::time::SimTime;

    const CONSUMER: NodeId = NodeId(100_002);

    fn after(faults: &[(u64, Fault)], end_ms: u64) -> History<AnyProgram> {
        let mut history = orders(1).open().expect("within the limits");
        for (time_ms, fault) in faults {
            history.run_until(SimTime(time_ms * 1_000));
            history.act(Action::Fault(*fault)).expect("it can happen");
        }
        history.run_until(SimTime(end_ms * 1_000));
        history
    }

    /// The chain of the last milestone that is asked for, as names of facts and rules.
    fn told(history: &History<AnyProgram>, is_it: impl Fn(&Fact) -> bool) -> Vec<String> {
        let journal = &history.run().journal;
        let last = journal.milestones().rev().find(|record| is_it(&record.fact));
        let chain = chain(journal, last.expect("it happened").id);
        let name = |debug: String| debug.split([' ', '(', '{']).next().unwrap_or("").to_owned();
        let mut told = Vec::new();
        for link in chain {
            told.extend(link.rule.map(|rule| name(format!("{rule:?}"))));
            match &link.record.fact {
                Fact::Fault(fault) => told.push(format!("{fault:?}")),
                fact => told.push(name(format!("{fact:?}"))),
            }
        }
        told
    }

    #[test]
    fn a_new_leader_goes_back_to_the_kill() {
        let history = after(&[(14_200, Fault::Kill(NodeId(2)))], 30_000);
        let told = told(&history, |fact| matches!(fact, Fact::LeaderElected { .. }));
        let expected =
            ["Kill(NodeId(2))", "BrokerSession", "BrokerFenced", "FirstInSync", "LeaderElected"];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_follower_that_is_paused_leaves_the_isr_with_the_fencing() {
        let history = after(&[(14_200, Fault::Pause(NodeId(2)))], 30_000);
        let told = told(&history, |fact| matches!(fact, Fact::IsrShrunk { .. }));
        assert_eq!(told[0], "Pause(NodeId(2))");
        assert_eq!(told[1..], ["BrokerSession", "BrokerFenced", "OutOfIsr", "IsrShrunk"]);
    }

    #[test]
    fn a_follower_behind_a_cut_link_leaves_the_isr_for_its_lag() {
        let (a, b) = (NodeId(1), NodeId(2));
        let cuts = [Fault::CutLink { from: a, to: b }, Fault::CutLink { from: b, to: a }];
        let history = after(&cuts.map(|cut| (14_200, cut)), 60_000);
        let told = told(&history, |fact| matches!(fact, Fact::IsrShrunk { .. }));
        assert!(told[0].starts_with("CutLink"), "{told:?}");
        assert_eq!(told[told.len() - 2..], ["ReplicaLag", "IsrShrunk"]);
    }

    #[test]
    fn a_rebalance_goes_back_to_the_killed_member() {
        let history = after(&[(14_200, Fault::Kill(CONSUMER))], 70_000);
        let told = told(&history, |fact| matches!(fact, Fact::GenerationStable { .. }));
        let expected = [
            "Kill(NodeId(100002))",
            "MemberSession",
            "MemberRemoved",
            "RebalanceStarted",
            "AllRejoin",
            "GenerationStable",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_broker_that_came_back_is_told_from_its_start_to_the_isr() {
        let (kill, start) = (Fault::Kill(NodeId(2)), Fault::Start(NodeId(2)));
        let history = after(&[(14_200, kill), (30_000, start)], 40_000);
        let told = told(&history, |fact| matches!(fact, Fact::IsrExpanded { .. }));
        let expected = [
            "Start(NodeId(2))",
            "ProcessStarted",
            "BrokerRegistered",
            "CaughtUpMetadata",
            "BrokerUnfenced",
            "CaughtUp",
            "IsrExpanded",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_clean_stop_leads_to_the_new_leader_and_to_the_exit() {
        let history = after(&[(14_200, Fault::CleanStop(NodeId(2)))], 30_000);
        let led = told(&history, |fact| matches!(fact, Fact::LeaderElected { .. }));
        assert_eq!(led[0], "CleanStop(NodeId(2))");
        assert!(led.contains(&"BrokerShuttingDown".to_owned()), "{led:?}");
        let exit = told(&history, |fact| matches!(fact, Fact::ProcessExited { .. }));
        assert_eq!(exit, ["CleanStop(NodeId(2))", "ProcessExited"]);
    }

    #[test]
    fn a_truncation_is_told_with_the_new_leader_and_the_return() {
        let (pause, resume) = (Fault::Pause(NodeId(2)), Fault::Resume(NodeId(2)));
        let history = after(&[(14_200, pause), (40_000, resume)], 60_000);
        let told = told(&history, |fact| matches!(fact, Fact::Truncated { .. }));
        assert!(told.contains(&"Pause(NodeId(2))".to_owned()), "{told:?}");
        assert!(told.contains(&"Resume(NodeId(2))".to_owned()), "{told:?}");
        assert_eq!(told[told.len() - 2..], ["EpochEnd", "Truncated"]);
    }

    #[test]
    fn a_calm_cluster_goes_back_to_the_start() {
        let history = after(&[], 14_000);
        let journal = &history.run().journal;
        for record in journal.milestones() {
            let chain = chain(journal, record.id);
            assert_eq!(act(&chain), None, "{record:?}");
            assert_eq!(chain.last().map(|link| link.record.id), Some(record.id));
        }
    }

    #[test]
    fn a_coordinator_takes_over_with_the_leadership_of_the_offsets() {
        let history = after(&[(14_200, Fault::Kill(NodeId(2)))], 30_000);
        let told = told(&history, |fact| matches!(fact, Fact::GroupLoaded { .. }));
        assert_eq!(told[0], "Kill(NodeId(2))");
        assert_eq!(told[told.len() - 2..], ["CoordinatorLeads", "GroupLoaded"]);
    }
}
