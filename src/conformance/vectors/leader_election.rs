//! `leader_election.jsonl`: what a change of the ISR, the brokers or the assignment makes of a partition.
use serde::Deserialize;
use serde_json::Value;

use super::{Header, expect_eq, parse_version, read};
use crate::sim::controller::partition_change::{ChangeRules, Election, PartitionChangeBuilder};
use crate::sim::controller::partition_registration::{
    LeaderRecoveryState, PartitionChange, PartitionRegistration,
};
use crate::sim::controller::reassignment::Reassignment;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "id")]
    _id: Option<String>,
    #[serde(rename = "ev")]
    _event: Option<String>,
    #[serde(rename = "in")]
    before: State,
    ok: Vec<i32>,
    el: String,
    min: i32,
    elr: bool,
    bal: Option<bool>,
    mv: Option<String>,
    set: Setters,
    rec: Option<Change>,
    out: Option<State>,
}

/// A `PartitionRegistration` as these files show it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    r: Vec<i32>,
    isr: Vec<i32>,
    #[serde(default)]
    elr: Vec<i32>,
    #[serde(default)]
    lke: Vec<i32>,
    #[serde(default)]
    rem: Vec<i32>,
    #[serde(default)]
    add: Vec<i32>,
    l: i32,
    le: i32,
    pe: i32,
    rs: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setters {
    isr: Option<Vec<i32>>,
    r: Option<Vec<i32>>,
    rem: Option<Vec<i32>>,
    add: Option<Vec<i32>>,
    unclean: Option<Vec<i32>>,
    rs: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    l: Option<i32>,
    isr: Option<Vec<i32>>,
    elr: Option<Vec<i32>>,
    lke: Option<Vec<i32>>,
    r: Option<Vec<i32>>,
    rem: Option<Vec<i32>>,
    add: Option<Vec<i32>>,
    rs: Option<String>,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let case: Case = read(case)?;
    let before = case.before.registration()?;
    let is_acceptable_leader = |id: i32| case.ok.contains(&id);
    let rules = ChangeRules {
        min_isr: case.min,
        elr_enabled: case.elr,
        use_last_known_leader: case.bal.unwrap_or(true),
        isr_shrink_raises_leader_epoch: is_before_3_6(case.mv.as_deref())?,
    };
    let builder = PartitionChangeBuilder::new(&before, &is_acceptable_leader, rules);
    let change = apply(builder.election(election(&case.el)?), &before, case.set)?.build();
    expect_eq("change", change.clone(), case.rec.map(Change::partition_change).transpose()?)?;
    let after = change.map(|change| before.merge(&change));
    expect_eq("partition", after, case.out.map(|state| state.registration()).transpose()?)
}

fn apply<'a>(
    mut builder: PartitionChangeBuilder<'a>,
    before: &PartitionRegistration,
    set: Setters,
) -> Result<PartitionChangeBuilder<'a>, String> {
    if let Some(isr) = set.isr {
        builder = builder.target_isr(isr);
    }
    if set.r.is_some() || set.rem.is_some() || set.add.is_some() {
        builder = builder.target_reassignment(Reassignment {
            replicas: set.r.unwrap_or_else(|| before.replicas.to_vec()),
            removing: set.rem.unwrap_or_else(|| before.removing_replicas.to_vec()),
            adding: set.add.unwrap_or_else(|| before.adding_replicas.to_vec()),
        });
    }
    if let Some(brokers) = set.unclean {
        builder = builder.unclean_shutdown_replicas(brokers);
    }
    if let Some(state) = set.rs {
        builder = builder.target_leader_recovery_state(recovery_state(&state)?);
    }
    Ok(builder)
}

fn is_before_3_6(metadata_version: Option<&str>) -> Result<bool, String> {
    metadata_version.map_or(Ok(false), |version| Ok(parse_version(version)? < (3, 6)))
}

fn election(name: &str) -> Result<Election, String> {
    match name {
        "PREFERRED" => Ok(Election::Preferred),
        "ONLINE" => Ok(Election::Online),
        "UNCLEAN" => Ok(Election::Unclean),
        _ => Err(format!("unknown election {name:?}")),
    }
}

pub(super) fn recovery_state(name: &str) -> Result<LeaderRecoveryState, String> {
    match name {
        "RECOVERED" => Ok(LeaderRecoveryState::Recovered),
        "RECOVERING" => Ok(LeaderRecoveryState::Recovering),
        _ => Err(format!("unknown leader recovery state {name:?}")),
    }
}

impl State {
    pub(super) fn registration(&self) -> Result<PartitionRegistration, String> {
        Ok(PartitionRegistration {
            replicas: self.r.as_slice().into(),
            isr: self.isr.as_slice().into(),
            elr: self.elr.as_slice().into(),
            last_known_elr: self.lke.as_slice().into(),
            removing_replicas: self.rem.as_slice().into(),
            adding_replicas: self.add.as_slice().into(),
            leader: self.l,
            leader_epoch: self.le,
            partition_epoch: self.pe,
            leader_recovery_state: self
                .rs
                .as_deref()
                .map_or(Ok(Default::default()), recovery_state)?,
        })
    }
}

impl Change {
    fn partition_change(self) -> Result<PartitionChange, String> {
        Ok(PartitionChange {
            leader: self.l,
            isr: self.isr.map(Into::into),
            elr: self.elr.map(Into::into),
            last_known_elr: self.lke.map(Into::into),
            replicas: self.r.map(Into::into),
            removing_replicas: self.rem.map(Into::into),
            adding_replicas: self.add.map(Into::into),
            leader_recovery_state: self.rs.as_deref().map(recovery_state).transpose()?,
        })
    }
}
