//! `assignor_classic.jsonl`: the client-side assignors through several rebalances.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, read};
use crate::sim::group::assignor::{
    Assignment, Assignor, ReplicaRacks, Subscription, TopicMetadata, TopicPartition,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    a: String,
    topics: Vec<Arc<str>>,
    #[serde(default)]
    brokers: Vec<Option<Arc<str>>>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    parts: Vec<usize>,
    #[serde(default)]
    reps: Vec<Vec<Vec<usize>>>,
    m: Vec<Member>,
    out: Option<BTreeMap<String, String>>,
    err: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    id: Arc<str>,
    inst: Option<Arc<str>>,
    rack: Option<Arc<str>>,
    sub: Vec<usize>,
    own: Option<String>,
    #[serde(rename = "gen")]
    generation: Option<i32>,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let assignor = assignor(&case.a)?;
    let mut generations = BTreeMap::new();
    for (step, number) in case.steps.iter().zip(0..) {
        let mut members = Vec::new();
        for member in &step.m {
            // A member without partitions has a generation, too, which the row leaves out.
            let generation = member.generation.or(generations.insert(&member.id, number + 1));
            members.push(Subscription { generation, ..case.subscription(member)? });
        }
        let assignment = assignor.assign(&case.metadata(step)?, &members);
        let found = assignment
            .map(|assignment| case.show(&assignment))
            .map_err(|error| format!("java.lang.IllegalStateException: {}", error.0));
        let expected = match (&step.out, &step.err) {
            (Some(out), None) => Ok(out.clone()),
            (None, Some(error)) => Err(error.clone()),
            _ => return Err("a step has either a result or an error".to_string()),
        };
        expect_eq(&format!("step {number}"), found, expected)?;
    }
    Ok(())
}

fn assignor(name: &str) -> Result<Assignor, String> {
    let known =
        [Assignor::Range, Assignor::RoundRobin, Assignor::Sticky, Assignor::CooperativeSticky];
    let assignor = known.into_iter().find(|assignor| assignor.name() == name);
    assignor.ok_or_else(|| format!("unknown assignor {name:?}"))
}

impl Case {
    fn metadata(&self, step: &Step) -> Result<TopicMetadata, String> {
        let partitions = |(topic, &count): (usize, &usize)| {
            let racks: Result<_, _> =
                (0..count).map(|partition| self.racks(step, topic, partition)).collect();
            Ok((self.topic(topic)?, racks?))
        };
        step.parts.iter().enumerate().map(partitions).collect()
    }

    fn racks(&self, step: &Step, topic: usize, partition: usize) -> Result<ReplicaRacks, String> {
        if self.brokers.is_empty() {
            return Ok(ReplicaRacks::new());
        }
        let replicas = step.reps.get(topic).and_then(|partitions| partitions.get(partition));
        let replicas = replicas.ok_or_else(|| format!("no replicas of {topic}.{partition}"))?;
        Ok(replicas.iter().filter_map(|&broker| self.brokers.get(broker)?.clone()).collect())
    }

    fn subscription(&self, member: &Member) -> Result<Subscription, String> {
        // The generator reads the user data of a sticky member to show it, and a ByteBuffer gives its bytes once: the
        // assignor then found nothing owned. Real members keep what they had, see the recorded `06-classic-sticky`.
        let own = member.own.as_deref().filter(|_| self.a != "sticky");
        let owned = own.unwrap_or_default().split_whitespace();
        Ok(Subscription {
            member_id: member.id.clone(),
            group_instance_id: member.inst.clone(),
            rack: member.rack.clone(),
            topics: member.sub.iter().map(|&topic| self.topic(topic)).collect::<Result<_, _>>()?,
            owned: owned.map(|text| self.partition(text)).collect::<Result<_, _>>()?,
            generation: None,
        })
    }

    fn topic(&self, index: usize) -> Result<Arc<str>, String> {
        self.topics.get(index).cloned().ok_or_else(|| format!("no topic {index}"))
    }

    /// Reads `topic.partition`.
    fn partition(&self, text: &str) -> Result<TopicPartition, String> {
        let parsed = text
            .split_once('.')
            .and_then(|(topic, partition)| Some((topic.parse().ok()?, partition.parse().ok()?)));
        let (topic, partition) = parsed.ok_or_else(|| format!("not a partition: {text:?}"))?;
        Ok(TopicPartition { topic: self.topic(topic)?, partition })
    }

    fn show(&self, assignment: &Assignment) -> BTreeMap<String, String> {
        let index = |name: &Arc<str>| {
            self.topics.iter().position(|topic| topic == name).unwrap_or(usize::MAX)
        };
        let partition = |tp: &TopicPartition| format!("{}.{}", index(&tp.topic), tp.partition);
        let member = |(id, partitions): (&Arc<str>, &Vec<TopicPartition>)| {
            (id.to_string(), partitions.iter().map(partition).collect::<Vec<_>>().join(" "))
        };
        assignment.iter().map(member).collect()
    }
}
