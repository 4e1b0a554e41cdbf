//! Rules in words, each with the config that sets it and the value in force.

use super::View;
use crate::apps::AnyProgram;
use crate::playground::why::{Rule, Scope};
use crate::sim::fact::{Fact, FactRecord};
use crate::sim::ids::{NodeId, TopicPartition};
use crate::view::describe;
use crate::view::inspect::{Sign, Step, Tells};
use crate::view::says::{Says, Word};
use crate::view::scene::Config;
use crate::view::text::Text;

/// The step of a rule.
pub(super) fn step(view: &View<'_>, record: &FactRecord, rule: Rule) -> Step {
    let text = match rule {
        Rule::FirstInSync => return first_in_sync(view, record),
        Rule::BrokerSession => Text::RuleSession,
        Rule::UncleanAllowed => Text::RuleUnclean,
        Rule::NobodyInSync => Text::RuleNobodyInSync,
        Rule::PreferredLeader => Text::RulePreferred,
        Rule::OutOfIsr => Text::RuleOutOfIsr,
        Rule::ReplicaLag => Text::RuleLag,
        Rule::CaughtUp => Text::RuleCaughtUp,
        Rule::CaughtUpMetadata => Text::RuleCaughtUpMetadata,
        Rule::EpochEnd => Text::RuleEpochEnd,
        Rule::MinInSync => Text::RuleMinInSync,
        Rule::Delivery => Text::RuleDelivery,
        Rule::MemberSession => Text::RuleMemberSession,
        Rule::AllRejoin => Text::RuleAllRejoin,
        Rule::InitialDelay => Text::RuleInitialDelay,
        Rule::StoreAssignment => Text::RuleStoreAssignment,
        Rule::CoordinatorLeads => Text::RuleCoordinator,
        Rule::Majority => Text::RuleMajority,
        Rule::CheckQuorum => Text::RuleCheckQuorum,
        Rule::PageCache => Text::RulePageCache,
    };
    let subject = subject(view, &record.fact, rule);
    let config = rule.config();
    let config =
        config.and_then(|(scope, name)| self::config(view, scope, name, subject.as_deref()));
    Step { sign: Sign::Rule, time_us: None, tells: Tells::Says(Says::new(text, [])), config }
}

/// The assignment, in whose order the next leader is looked for.
fn first_in_sync(view: &View<'_>, record: &FactRecord) -> Step {
    let registration = match &record.fact {
        Fact::LeaderElected { partition, .. } => view
            .world()
            .metadata()
            .and_then(|image| image.topics.get(&partition.topic))
            .and_then(|topic| topic.partitions.get(partition.partition as usize)),
        _ => None,
    };
    let replicas = registration.map_or(Word::from("–"), |one| Word::from(&one.replicas[..]));
    let says = Says::new(Text::RuleFirstInSync, [("replicas", replicas)]);
    Step { sign: Sign::Rule, time_us: None, tells: Tells::Says(says), config: None }
}

/// Whose config decides: a topic, a group, a client.
fn subject(view: &View<'_>, fact: &Fact, rule: Rule) -> Option<String> {
    match fact {
        Fact::LeaderElected { partition, .. }
        | Fact::PartitionOffline { partition, .. }
        | Fact::ProduceRefused { partition, .. } => topic_name(view, *partition),
        Fact::SendFailed { partition, client, .. } => match rule {
            Rule::MinInSync => topic_name(view, *partition),
            _ => Some(client.to_string()),
        },
        Fact::MemberRemoved { group, .. } | Fact::GenerationStable { group, .. } => {
            Some(group.to_string())
        }
        _ => None,
    }
}

pub(super) fn topic_name(view: &View<'_>, partition: TopicPartition) -> Option<String> {
    let image = view.world().metadata()?;
    Some(image.topics.get(&partition.topic)?.name.to_string())
}

/// A partition as Kafka's tools write it.
pub(super) fn partition_name(view: &View<'_>, partition: TopicPartition) -> Word {
    let topic = topic_name(view, partition).unwrap_or_default();
    describe::partition_name(&topic, partition.partition).into()
}

/// A config with the value in force.
pub(super) fn config(
    view: &View<'_>,
    scope: Scope,
    name: &str,
    subject: Option<&str>,
) -> Option<Config> {
    let value = match scope {
        Scope::Server => view.world().setup().config.get(name),
        Scope::Topic => view.topic_config(subject?, name),
        Scope::Producer => {
            let client = NodeId(subject?.parse().ok()?);
            let client = view.world().node(client)?.client()?;
            client.producers().next()?.1.config().get(name)
        }
        Scope::Consumer => of_member(view, subject?, name),
    };
    Some(Config { name: name.to_owned(), value: value?, own: false, fixed: false })
}

/// The value of a group's members, as their programs were started with it.
fn of_member(view: &View<'_>, group: &str, name: &str) -> Option<String> {
    let programs = view.world().client_specs().iter().map(|client| &client.program);
    let mut loads = programs.filter_map(|program| match program {
        AnyProgram::ConsumerLoad(load) if *load.spec().group == *group => Some(load),
        _ => None,
    });
    loads.next()?.spec().config.get(name)
}
