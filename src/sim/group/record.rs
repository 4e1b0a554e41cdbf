//! Records of `__consumer_offsets`, in the bytes of Kafka's schemas: OffsetCommit (key version 1, value version 3) and
//! GroupMetadata (key version 2, value version 3) with the members' ConsumerProtocol subscriptions and assignments (version 3).

use std::sync::Arc;

use super::bytes::{Reader, Writer};
use super::offsets::StoredOffset;
use crate::sim::protocol::group::{Assignment, CommittedOffset, NamedPartition, Subscription};

const OFFSET_COMMIT_KEY: i16 = 1;
const GROUP_METADATA_KEY: i16 = 2;
const OFFSET_COMMIT_VALUE: i16 = 3;
const GROUP_METADATA_VALUE: i16 = 3;
const CONSUMER_PROTOCOL: i16 = 3;

/// A key and a value; None = a tombstone.
pub type RawRecord = (Box<[u8]>, Option<Box<[u8]>>);

/// A record of `__consumer_offsets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRecord {
    /// A committed offset of a group; None = forgotten.
    Offset { group: Arc<str>, partition: NamedPartition, value: Option<StoredOffset> },
    /// The group's generation and members; None = the group is gone.
    Group { group: Arc<str>, value: Option<GroupMetadata> },
}

/// GroupMetadataValue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// `consumer`, or empty if no member has ever joined.
    pub protocol_type: Arc<str>,
    pub generation: i32,
    /// Name of the chosen assignor.
    pub protocol: Option<Arc<str>>,
    pub leader: Option<Arc<str>>,
    pub state_timestamp_ms: i64,
    pub members: Vec<MemberMetadata>,
}

/// A member inside GroupMetadataValue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberMetadata {
    pub member_id: Arc<str>,
    pub group_instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    pub subscription: Arc<Subscription>,
    pub assignment: Arc<Assignment>,
}

impl GroupRecord {
    /// The record's key and value as bytes.
    pub fn encode(&self) -> RawRecord {
        let (mut key, mut bytes) = (Writer::default(), Writer::default());
        let has_value = match self {
            GroupRecord::Offset { group, partition, value } => {
                key.i16(OFFSET_COMMIT_KEY);
                key.string(group);
                key.string(&partition.topic);
                key.i32(partition.partition);
                value.as_ref().map(|offset| write_offset(&mut bytes, offset))
            }
            GroupRecord::Group { group, value } => {
                key.i16(GROUP_METADATA_KEY);
                key.string(group);
                value.as_ref().map(|metadata| write_group(&mut bytes, metadata))
            }
        };
        (key.0.into_boxed_slice(), has_value.map(|()| bytes.0.into_boxed_slice()))
    }

    /// The record of these bytes; None for a type of key or value that is not known.
    pub fn decode(key: &[u8], value: Option<&[u8]>) -> Option<GroupRecord> {
        let mut key = Reader(key);
        match key.i16()? {
            0 | OFFSET_COMMIT_KEY => {
                let group = key.string()?;
                let partition = NamedPartition { topic: key.string()?, partition: key.i32()? };
                let value = optional(value, read_offset)?;
                Some(GroupRecord::Offset { group, partition, value })
            }
            GROUP_METADATA_KEY => {
                let group = key.string()?;
                Some(GroupRecord::Group { group, value: optional(value, read_group)? })
            }
            _ => None,
        }
    }
}

fn optional<T>(
    value: Option<&[u8]>,
    read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match value {
        Some(bytes) => read(&mut Reader(bytes)).map(Some),
        None => Some(None),
    }
}

fn write_offset(out: &mut Writer, stored: &StoredOffset) {
    out.i16(OFFSET_COMMIT_VALUE);
    out.i64(stored.committed.offset);
    out.i32(stored.committed.leader_epoch);
    out.string(&stored.committed.metadata);
    out.i64(stored.commit_timestamp_ms);
}

fn read_offset(from: &mut Reader<'_>) -> Option<StoredOffset> {
    if from.i16()? != OFFSET_COMMIT_VALUE {
        return None;
    }
    let committed = CommittedOffset {
        offset: from.i64()?,
        leader_epoch: from.i32()?,
        metadata: from.string()?,
    };
    Some(StoredOffset { committed, commit_timestamp_ms: from.i64()? })
}

fn write_group(out: &mut Writer, group: &GroupMetadata) {
    out.i16(GROUP_METADATA_VALUE);
    out.string(&group.protocol_type);
    out.i32(group.generation);
    out.nullable_string(group.protocol.as_deref());
    out.nullable_string(group.leader.as_deref());
    out.i64(group.state_timestamp_ms);
    out.array(group.members.iter(), write_member);
}

fn read_group(from: &mut Reader<'_>) -> Option<GroupMetadata> {
    if from.i16()? != GROUP_METADATA_VALUE {
        return None;
    }
    Some(GroupMetadata {
        protocol_type: from.string()?,
        generation: from.i32()?,
        protocol: from.nullable_string()?,
        leader: from.nullable_string()?,
        state_timestamp_ms: from.i64()?,
        members: from.array(read_member)?,
    })
}

fn write_member(out: &mut Writer, member: &MemberMetadata) {
    out.string(&member.member_id);
    out.nullable_string(member.group_instance_id.as_deref());
    out.string(&member.client_id);
    out.string(&member.client_host);
    out.i32(member.rebalance_timeout_ms);
    out.i32(member.session_timeout_ms);
    out.bytes(|out| write_subscription(out, &member.subscription));
    out.bytes(|out| write_assignment(out, &member.assignment));
}

fn read_member(from: &mut Reader<'_>) -> Option<MemberMetadata> {
    Some(MemberMetadata {
        member_id: from.string()?,
        group_instance_id: from.nullable_string()?,
        client_id: from.string()?,
        client_host: from.string()?,
        rebalance_timeout_ms: from.i32()?,
        session_timeout_ms: from.i32()?,
        subscription: Arc::new(read_subscription(&mut from.bytes()?)?),
        assignment: Arc::new(read_assignment(&mut from.bytes()?)?),
    })
}

fn write_subscription(out: &mut Writer, subscription: &Subscription) {
    out.i16(CONSUMER_PROTOCOL);
    out.array(subscription.topics.iter(), |out, topic| out.string(topic));
    out.i32(-1); // user data
    write_partitions(out, &subscription.owned);
    out.i32(subscription.generation);
    out.nullable_string(None); // rack
}

fn read_subscription(from: &mut Reader<'_>) -> Option<Subscription> {
    from.i16()?;
    let topics = from.array(Reader::string)?;
    from.bytes()?;
    let owned = read_partitions(from)?;
    Some(Subscription { topics, owned, generation: from.i32()? })
}

fn write_assignment(out: &mut Writer, assignment: &Assignment) {
    out.i16(CONSUMER_PROTOCOL);
    write_partitions(out, assignment);
    out.i32(-1); // user data
}

fn read_assignment(from: &mut Reader<'_>) -> Option<Assignment> {
    from.i16()?;
    read_partitions(from)
}

/// Partitions by topic. The list keeps its order: a topic that comes again begins another entry.
fn write_partitions(out: &mut Writer, partitions: &[NamedPartition]) {
    let topics: Vec<_> = partitions.chunk_by(|a, b| a.topic == b.topic).collect();
    out.array(topics.into_iter(), |out, of_topic| {
        out.string(&of_topic[0].topic);
        out.array(of_topic.iter(), |out, named| out.i32(named.partition));
    });
}

fn read_partitions(from: &mut Reader<'_>) -> Option<Vec<NamedPartition>> {
    let topics = from.array(|from| Some((from.string()?, from.array(Reader::i32)?)))?;
    let named = topics.into_iter().flat_map(|(topic, partitions)| {
        partitions
            .into_iter()
            .map(move |partition| NamedPartition { topic: topic.clone(), partition })
    });
    Some(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(topic: &str, partition: i32) -> NamedPartition {
        NamedPartition { topic: topic.into(), partition }
    }

    fn round_trip(record: GroupRecord) {
        let (key, value) = record.encode();
        assert_eq!(GroupRecord::decode(&key, value.as_deref()), Some(record));
    }

    #[test]
    fn an_offset_comes_back() {
        let committed =
            CommittedOffset { offset: 1 << 40, leader_epoch: -1, metadata: "épo".into() };
        let value = Some(StoredOffset { committed, commit_timestamp_ms: 7 });
        let group: Arc<str> = "g".into();
        round_trip(GroupRecord::Offset {
            group: group.clone(),
            partition: partition("t", 3),
            value,
        });
        round_trip(GroupRecord::Offset { group, partition: partition("t", 3), value: None });
    }

    #[test]
    fn a_group_with_members_comes_back() {
        let member = MemberMetadata {
            member_id: "c-1".into(),
            group_instance_id: Some("s1".into()),
            client_id: "c".into(),
            client_host: "/100001".into(),
            rebalance_timeout_ms: 300_000,
            session_timeout_ms: 45_000,
            subscription: Arc::new(Subscription {
                topics: vec!["a".into(), "b".into()],
                owned: vec![partition("b", 1), partition("a", 0), partition("b", 0)],
                generation: 4,
            }),
            assignment: Arc::new(vec![partition("a", 0), partition("a", 1)]),
        };
        let metadata = GroupMetadata {
            protocol_type: "consumer".into(),
            generation: 5,
            protocol: Some("range".into()),
            leader: Some("c-1".into()),
            state_timestamp_ms: 9,
            members: vec![member.clone(), MemberMetadata { group_instance_id: None, ..member }],
        };
        round_trip(GroupRecord::Group { group: "g".into(), value: Some(metadata) });
        round_trip(GroupRecord::Group { group: "g".into(), value: None });
    }

    /// The bytes of OffsetCommitKey version 1, as `kafka-dump-log --offsets-decoder` reads them.
    #[test]
    fn keys_have_kafkas_bytes() {
        let record =
            GroupRecord::Offset { group: "g1".into(), partition: partition("t", 2), value: None };
        assert_eq!(&*record.encode().0, b"\x00\x01\x00\x02g1\x00\x01t\x00\x00\x00\x02");
    }

    #[test]
    fn bytes_that_are_no_record_are_refused() {
        let record = GroupRecord::Offset {
            group: "g".into(),
            partition: partition("t", 2),
            value: Some(StoredOffset {
                committed: CommittedOffset { offset: 1, leader_epoch: 0, metadata: "".into() },
                commit_timestamp_ms: 1,
            }),
        };
        let (key, value) = record.encode();
        let value = value.expect("it has a value");
        for cut in 0..value.len() {
            assert_eq!(GroupRecord::decode(&key, Some(&value[..cut])), None);
        }
        for cut in 0..key.len() {
            assert_eq!(GroupRecord::decode(&key[..cut], None), None);
        }
        assert_eq!(GroupRecord::decode(b"\x00\x09", None), None);
    }
}
