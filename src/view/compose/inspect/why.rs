//! How it came to this: the chain of facts as steps, with what was missed and what decided.

use super::View;
use crate::playground::why::{self as chain, Link, Rule, Scope};
use crate::sim::act::Fault;
use crate::sim::broker::Replica;
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{FactId, NodeId, Offset, TopicPartition};
use crate::view::compose::inspect::rules;
use crate::view::inspect::{Fork, Sign, Step, Tells, Why};
use crate::view::says::{Says, Word};
use crate::view::scene::{Column, Process, ReplicaRole};
use crate::view::text::Text;

/// Why a fact happened.
pub(super) fn of(view: &View<'_>, id: Option<FactId>) -> Option<Why> {
    let run = view.session.history.run();
    let links = chain::chain(&run.journal, id?);
    let last = &links.last()?.record;
    let mut steps: Vec<Step> = beginning(view, &links).into_iter().collect();
    for link in &links {
        steps.extend(silence(view, &links, link));
        steps.extend(link.rule.map(|rule| rules::step(view, &link.record, rule)));
        steps.extend(fact(view, &link.record));
    }
    let at_us = last.time.0;
    let question = question(view, last);
    finish(view, &links, steps, (question, at_us))
}

/// The last step is the result, and what a person did first is what one can fork before.
fn finish(
    view: &View<'_>,
    links: &[Link],
    mut steps: Vec<Step>,
    (question, at_us): (Says, u64),
) -> Option<Why> {
    let last = steps.last_mut()?;
    if last.sign == Sign::Fact {
        last.sign = Sign::Result;
    }
    let fork = chain::act(links).and_then(|act| fork(view, act));
    Some(Why { question, steps, at_us, fork })
}

fn says(sign: Sign, time_us: Option<u64>, says: Says) -> Step {
    Step { sign, time_us, tells: Tells::Says(says), config: None }
}

/// A fact as a step; none for what only a machine cares for.
fn fact(view: &View<'_>, record: &FactRecord) -> Option<Step> {
    let what = view.session.teller.what(record)?;
    let sign = if matches!(record.fact, Fact::Fault(_)) { Sign::Act } else { Sign::Fact };
    Some(Step { sign, time_us: Some(record.time.0), tells: Tells::Event(what), config: None })
}

/// What stands before the first fact: an order of a person, or the setup and its start.
fn beginning(view: &View<'_>, links: &[Link]) -> Option<Step> {
    let first = &links.first()?.record;
    let order = match &first.fact {
        Fact::Fault(_) => return None,
        Fact::TopicCreated { .. } | Fact::TopicDeleted { .. } | Fact::ConfigChanged { .. } => {
            asked(view, first)
        }
        _ => None,
    };
    Some(match order {
        Some(time_us) => says(Sign::Act, Some(time_us), Says::new(Text::YouAskedForIt, [])),
        None => says(Sign::Fact, Some(0), Says::new(Text::RunBegins, [])),
    })
}

/// When a person last told the cluster's tool something before a fact.
fn asked(view: &View<'_>, record: &FactRecord) -> Option<u64> {
    use crate::playground::action::Action;
    use crate::playground::setup::TOOL;
    let actions = view.session.history.actions().iter().rev();
    let mut told = actions.filter(
        |stamped| matches!(stamped.action, Action::Command { client, .. } if client == TOOL),
    );
    told.find(|stamped| stamped.time <= record.time).map(|stamped| stamped.time.0)
}

/// Where nothing came, that is a step as well.
fn silence(view: &View<'_>, links: &[Link], link: &Link) -> Option<Step> {
    let silenced = links.iter().rev().find_map(|before| match before.record.fact {
        Fact::Fault(Fault::Kill(node) | Fault::PowerLoss(node) | Fault::Pause(node))
            if before.record.id < link.record.id =>
        {
            Some(view.session.teller.node(node))
        }
        _ => None,
    });
    let text = match link.rule? {
        Rule::BrokerSession => Text::NoHeartbeatAtController,
        Rule::MemberSession => Text::NoHeartbeatAtCoordinator,
        Rule::ReplicaLag => Text::NoFetchFromFollower,
        Rule::Majority => Text::NoAnswerFromLeader,
        _ => return None,
    };
    Some(says(Sign::Fact, None, Says::new(text, [("node", Word::Node(silenced?))])))
}

/// A way back to before what a person did.
fn fork(view: &View<'_>, act: &FactRecord) -> Option<Fork> {
    use crate::playground::action::Action;
    let Fact::Fault(fault) = act.fact else { return None };
    let actions = view.session.history.actions();
    let same = |stamped: &&crate::playground::action::Stamped<crate::apps::AnyCommand>| {
        stamped.time == act.time && stamped.action == Action::Fault(fault)
    };
    let mut place = actions.iter().position(|stamped| same(&stamped))?;
    // Both directions of a link are cut at once: the first of the two is what one goes back to.
    while place > 0 && actions[place - 1].after_events == actions[place].after_events {
        place -= 1;
    }
    let text = match fault {
        Fault::Kill(_) => Text::ForkBeforeCrash,
        Fault::Pause(_) => Text::ForkBeforePause,
        Fault::CutLink { .. } => Text::ForkBeforeCut,
        _ => Text::ForkBeforeAct,
    };
    Some(Fork { actions: place as u32, text })
}

/// What one wants to know of a fact.
fn question(view: &View<'_>, record: &FactRecord) -> Says {
    let name = |partition: &TopicPartition| rules::partition_name(view, *partition);
    match &record.fact {
        Fact::LeaderElected { partition, leader, .. } => Says::new(
            Text::WhyLeader,
            [("broker", leader.0.into()), ("partition", name(partition))],
        ),
        Fact::PartitionOffline { partition, .. } => {
            Says::new(Text::WhyOffline, [("partition", name(partition))])
        }
        Fact::IsrShrunk { partition, removed, .. } => Says::new(
            Text::WhyIsrShort,
            [("brokers", Word::from(&removed[..])), ("partition", name(partition))],
        ),
        Fact::IsrExpanded { partition, added, .. } => Says::new(
            Text::WhyInIsr,
            [("brokers", Word::from(&added[..])), ("partition", name(partition))],
        ),
        Fact::BrokerFenced { broker } => Says::new(Text::WhyFenced, [("broker", broker.0.into())]),
        Fact::RebalanceStarted { group, .. } | Fact::GenerationStable { group, .. } => {
            Says::new(Text::WhyRebalance, [("group", group.to_string().into())])
        }
        Fact::SendFailed { partition, .. } | Fact::ProduceRefused { partition, .. } => {
            Says::new(Text::WhyNotStored, [("partition", name(partition))])
        }
        Fact::Truncated { partition, .. } => {
            Says::new(Text::WhyCutOff, [("partition", name(partition))])
        }
        Fact::QuorumLeaderElected { node, .. } => {
            Says::new(Text::WhyController, [("controller", node.0.into())])
        }
        _ => Says::new(Text::WhyThis, []),
    }
}

/// Whether something was done to a process.
pub(super) fn is_done_to(fact: &Fact, id: NodeId) -> bool {
    matches!(fact, Fact::Fault(fault) if fault.process() == Some(id))
}

/// Why a partition is as it is: without a leader, short of replicas, or led by this broker.
pub(super) fn of_partition(view: &View<'_>, id: TopicPartition, column: &Column) -> Option<Why> {
    let Some(leader) = column.leader else {
        return of(
            view,
            view.last(
                |fact| matches!(fact, Fact::PartitionOffline { partition, .. } if *partition == id),
            ),
        );
    };
    if let Some(why) = unnoticed(view, NodeId(leader)) {
        return Some(why);
    }
    if column.isr.len() < column.replicas.len() {
        return of(
            view,
            view.last(|fact| matches!(fact, Fact::IsrShrunk { partition, .. } if *partition == id)),
        );
    }
    of_leader(view, id)
}

/// Why a partition has this leader: the last election, or the first in its assignment.
fn of_leader(view: &View<'_>, id: TopicPartition) -> Option<Why> {
    let elected =
        view.last(|fact| matches!(fact, Fact::LeaderElected { partition, .. } if *partition == id));
    if elected.is_some() {
        return of(view, elected);
    }
    let created =
        view.last(|fact| matches!(fact, Fact::TopicCreated { topic, .. } if *topic == id.topic));
    let Why { mut steps, at_us, .. } = of(view, created)?;
    let (_, registration) = view.partition(id.partition)?;
    let name = || rules::partition_name(view, id);
    if let Some(created) = steps.last_mut() {
        created.sign = Sign::Fact;
    }
    let replicas = Word::from(&registration.replicas[..]);
    steps.push(says(Sign::Rule, None, Says::new(Text::RuleFirstReplica, [("replicas", replicas)])));
    let leader = || Word::from(registration.leader);
    let result = Says::new(Text::FirstLeader, [("broker", leader()), ("partition", name())]);
    steps.push(says(Sign::Result, Some(at_us), result));
    let question = Says::new(Text::WhyLeader, [("broker", leader()), ("partition", name())]);
    Some(Why { question, steps, at_us, fork: None })
}

/// Why the controller still believes in a broker that does not answer.
fn unnoticed(view: &View<'_>, broker: NodeId) -> Option<Why> {
    let machine = view.world().node(broker)?;
    let image = view.world().metadata()?;
    if !machine.silenced || !image.is_unfenced(broker.0) {
        return None;
    }
    let journal = &view.session.history.run().journal;
    let links = chain::chain(journal, machine.silenced_by);
    let node = || Word::Node(view.session.teller.node(broker));
    let missed = Says::new(Text::NoHeartbeatAtController, [("node", node())]);
    let config = rules::config(view, Scope::Server, "broker.session.timeout.ms", None);
    let rule = Step { config, ..says(Sign::Rule, None, Says::new(Text::RuleSession, [])) };
    let result = Says::new(Text::NotNoticedYet, [("node", node())]);
    let question = Says::new(Text::WhyNothing, [("node", node())]);
    still(view, &links, (missed, rule, result), question)
}

/// Why nothing has come of it yet: what led there, what is missing, the rule, and how it stands now.
fn still(
    view: &View<'_>,
    links: &[Link],
    (missed, rule, result): (Says, Step, Says),
    question: Says,
) -> Option<Why> {
    let mut steps: Vec<Step> = links.iter().filter_map(|link| fact(view, &link.record)).collect();
    let now = view.scene.time_us;
    steps.extend([says(Sign::Fact, None, missed), rule, says(Sign::Result, Some(now), result)]);
    finish(view, links, steps, (question, now))
}

/// Why a copy is what it is.
pub(super) fn of_replica(
    view: &View<'_>,
    id: TopicPartition,
    broker: NodeId,
    role: ReplicaRole,
) -> Option<Why> {
    match role {
        ReplicaRole::Leader => of_leader(view, id),
        ReplicaRole::OutOfSync => of(
            view,
            view.last(|fact| {
                matches!(fact, Fact::IsrShrunk { partition, removed, .. }
                if *partition == id && removed.contains(&broker.0))
            }),
        ),
        ReplicaRole::Follower => of(
            view,
            view.last(|fact| {
                matches!(fact, Fact::IsrExpanded { partition, added, .. }
                if *partition == id && added.contains(&broker.0))
            }),
        ),
        ReplicaRole::Stopped | ReplicaRole::WasLeader => of_broker(view, broker, Process::Stopped),
    }
}

/// Why a broker is as it is.
pub(super) fn of_broker(view: &View<'_>, id: NodeId, state: Process) -> Option<Why> {
    unnoticed(view, id).or_else(|| {
        of(
            view,
            view.last(|fact| match fact {
                Fact::BrokerFenced { broker } => *broker == id && state == Process::Fenced,
                Fact::BrokerUnfenced { broker } => *broker == id && state == Process::Running,
                Fact::ProcessExited { node } => *node == id,
                fact => is_done_to(fact, id) && state != Process::Running,
            }),
        )
    })
}

/// Why a client is as it is: what was done to it, or what it could not send.
pub(super) fn of_client(view: &View<'_>, id: NodeId) -> Option<Why> {
    of(
        view,
        view.last(|fact| match fact {
            Fact::SendFailed { client, .. } => *client == id,
            fact => is_done_to(fact, id),
        }),
    )
}

/// Why a group is as it is: a member that fell silent, or its last change.
pub(super) fn of_group(view: &View<'_>, name: &str) -> Option<Why> {
    waiting_for_member(view, name).or_else(|| {
        of(
            view,
            view.last(|fact| match fact {
                Fact::RebalanceStarted { group, .. }
                | Fact::GenerationStable { group, .. }
                | Fact::GroupEmpty { group, .. }
                | Fact::GroupLoaded { group, .. } => **group == *name,
                _ => false,
            }),
        )
    })
}

/// A member that does not answer keeps its partitions until its session is over.
fn waiting_for_member(view: &View<'_>, name: &str) -> Option<Why> {
    let group = view.scene.groups.iter().find(|group| group.name == name)?;
    let silent = group.members.iter().find(|member| {
        member.owns && matches!(member.process, Process::Stopped | Process::Paused)
    })?;
    let machine = view.world().node(NodeId(silent.node))?;
    let journal = &view.session.history.run().journal;
    let links = chain::chain(journal, machine.silenced_by);
    let node = || Word::from(silent.name.as_str());
    let missed = Says::new(Text::NoHeartbeatAtCoordinator, [("node", node())]);
    let config = rules::config(view, Scope::Consumer, "session.timeout.ms", Some(name));
    let rule = Step { config, ..says(Sign::Rule, None, Says::new(Text::RuleMemberSession, [])) };
    let result = Says::new(Text::MemberStillOwns, [("node", node())]);
    let question = Says::new(Text::WhyStands, [("group", name.into())]);
    still(view, &links, (missed, rule, result), question)
}

/// Why a record is not committed: who of the ISR does not have it yet.
pub(super) fn of_record(
    view: &View<'_>,
    id: TopicPartition,
    offset: Offset,
    leader: Option<&Replica>,
) -> Option<Why> {
    let state = leader?.leader()?;
    let lacks = state.followers.iter().filter(|one| state.isr.contains(&one.broker.0));
    let last = lacks.min_by_key(|one| one.log_end_offset)?;
    let machine = view.world().node(last.broker)?;
    let journal = &view.session.history.run().journal;
    let silenced = machine.silenced.then(|| chain::chain(journal, machine.silenced_by));
    let links = silenced.unwrap_or_default();
    let missed = Says::new(
        Text::FollowerLacks,
        [("broker", last.broker.0.into()), ("offset", last.log_end_offset.into())],
    );
    let rule = says(Sign::Rule, None, Says::new(Text::RuleCommitted, []));
    let slots = [("offset", Word::from(offset)), ("partition", rules::partition_name(view, id))];
    let result = Says::new(Text::NotCommittedYet, slots);
    let question = Says::new(Text::WhyNotCommitted, [("offset", offset.into())]);
    still(view, &links, (missed, rule, result), question)
}
