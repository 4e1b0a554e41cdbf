//! `producer_state.jsonl`: appends, markers, expiry and truncation on one log, as far as producers go.
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Header, expect_eq, read};
use crate::sim::ids::{Offset, ProducerId};
use crate::sim::storage::batch::BatchHeader;
use crate::sim::storage::producer_append::{AppendOrigin, AppendRequest, Validated};
use crate::sim::storage::producer_error::EpochRule;
use crate::sim::storage::producer_state::{ProducerStateEntry, ProducerStateManager, RebuiltLog};
use crate::sim::storage::transaction::{
    AbortedTxn, CompletedTxn, ControlType, EndTxnMarker, TransactionIndex, VerificationGuard,
    VerificationRequest,
};

/// `producer.id.expiration.ms`.
const EXPIRATION_MS: i64 = 86_400_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    verify: bool,
    ops: Vec<Step>,
    end: End,
}

#[derive(Deserialize)]
struct Step {
    #[serde(flatten)]
    operation: Operation,
    leo: Offset,
    hw: Offset,
    lso: Offset,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation {
    P(Produce),
    V(Verify),
    M(Marker),
    Hw { to: Offset },
    Exp { ms: i64 },
    Trunc { to: Offset },
}

#[derive(Deserialize)]
struct Produce {
    pid: ProducerId,
    e: i16,
    s: i32,
    n: i32,
    x: u8,
    g: Option<String>,
    #[serde(flatten)]
    result: Appended,
}

#[derive(Deserialize)]
struct Verify {
    pid: ProducerId,
    s: i32,
    e: i16,
    bump: bool,
    guard: bool,
}

#[derive(Deserialize)]
struct Marker {
    pid: ProducerId,
    e: i16,
    t: String,
    ce: i32,
    tv: i16,
    #[serde(flatten)]
    result: Appended,
}

/// The result of an append.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Appended {
    o: Option<Offset>,
    l: Option<Offset>,
    dup: Option<bool>,
    err: Option<String>,
    msg: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    producers: BTreeMap<String, Value>,
    aborted: Vec<(ProducerId, Offset, Offset, Offset)>,
}

/// A log without records.
struct Log {
    state: ProducerStateManager,
    index: TransactionIndex,
    batches: Vec<(BatchHeader, Option<EndTxnMarker>)>,
    log_end_offset: Offset,
    high_watermark: Offset,
    /// As of the last append or move of the high watermark.
    first_unstable_offset: Option<Offset>,
    verification_enabled: bool,
    guards: BTreeMap<ProducerId, VerificationGuard>,
    now_ms: i64,
    partition: String,
}

pub(super) fn check(_: &Header, case: &Value) -> Result<(), String> {
    let partition = partition_name(case);
    let case: Case = read(case)?;
    let mut log = Log::new(case.verify, partition);
    for (number, step) in case.ops.iter().enumerate() {
        log.apply(&step.operation).map_err(|error| format!("{number}: {error}"))?;
        let found = (log.log_end_offset, log.high_watermark, log.last_stable_offset());
        expect_eq(&format!("{number}: offsets"), found, (step.leo, step.hw, step.lso))?;
    }
    log.check_end(case.end)
}

/// Finds the name of the partition, which stands in error messages only.
fn partition_name(case: &Value) -> String {
    let messages = case["ops"].as_array().into_iter().flatten().filter_map(|op| op["msg"].as_str());
    let mut words = messages.flat_map(|message| message.split([' ', ':']));
    let name = words.find(|word| word.strip_prefix("t-").is_some_and(|n| n.parse::<u32>().is_ok()));
    name.unwrap_or_default().to_string()
}

impl Log {
    fn new(verification_enabled: bool, partition: String) -> Log {
        Log {
            state: ProducerStateManager::new(EXPIRATION_MS),
            index: TransactionIndex::default(),
            batches: Vec::new(),
            log_end_offset: 0,
            high_watermark: 0,
            first_unstable_offset: None,
            verification_enabled,
            guards: BTreeMap::new(),
            now_ms: 0,
            partition,
        }
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::P(produce) => {
                expect_eq("append", self.produce(produce), produce.result.clone())
            }
            Operation::M(marker) => {
                expect_eq("marker", self.end_txn(marker)?, marker.result.clone())
            }
            Operation::V(verify) => expect_eq("guard", self.verify(verify), verify.guard),
            Operation::Hw { to } => {
                self.set_high_watermark(*to);
                Ok(())
            }
            Operation::Exp { ms } => {
                self.now_ms += ms;
                self.state.remove_expired(self.now_ms);
                Ok(())
            }
            Operation::Trunc { to } => {
                self.truncate_to(*to);
                Ok(())
            }
        }
    }

    fn produce(&mut self, produce: &Produce) -> Appended {
        let batch = BatchHeader {
            last_offset_delta: produce.n - 1,
            base_sequence: produce.s,
            transactional: produce.x != 0,
            ..self.batch(produce.pid, produce.e)
        };
        let open = produce.g.as_deref() == Some("open");
        let guard = if open { self.guards.get(&produce.pid).copied() } else { None };
        self.append(batch, AppendRequest { guard, ..self.request(AppendOrigin::Client) })
    }

    fn end_txn(&mut self, marker: &Marker) -> Result<Appended, String> {
        let control_type = match marker.t.as_str() {
            "COMMIT" => ControlType::Commit,
            "ABORT" => ControlType::Abort,
            other => return Err(format!("unknown marker {other:?}")),
        };
        let batch =
            BatchHeader { transactional: true, control: true, ..self.batch(marker.pid, marker.e) };
        let rule = if marker.tv >= 2 { EpochRule::Newer } else { EpochRule::NotOlder };
        let request = AppendRequest {
            marker: Some(EndTxnMarker { control_type, coordinator_epoch: marker.ce }),
            marker_epoch: rule(marker.tv),
            ..self.request(AppendOrigin::Coordinator)
        };
        Ok(self.append(batch, request))
    }

    fn verify(&mut self, verify: &Verify) -> bool {
        if self.state.has_ongoing_transaction(verify.pid, verify.e) {
            self.guards.remove(&verify.pid);
            return false;
        }
        let request = VerificationRequest {
            producer_id: verify.pid,
            epoch: verify.e,
            sequence: verify.s,
            supports_epoch_bump: verify.bump,
        };
        let guard = self.state.verifications.start(request, self.now_ms);
        self.guards.insert(verify.pid, guard);
        true
    }

    fn batch(&self, producer_id: ProducerId, producer_epoch: i16) -> BatchHeader {
        BatchHeader {
            base_offset: self.log_end_offset,
            base_timestamp: self.now_ms,
            max_timestamp: self.now_ms,
            producer_id,
            producer_epoch,
            ..BatchHeader::default()
        }
    }

    fn request(&self, origin: AppendOrigin) -> AppendRequest {
        AppendRequest {
            origin,
            verification_enabled: self.verification_enabled,
            guard: None,
            marker: None,
            marker_epoch: EpochRule::NotOlder(0),
        }
    }

    fn append(&mut self, batch: BatchHeader, request: AppendRequest) -> Appended {
        match self.state.validate(&batch, request) {
            Ok(Validated::Duplicate(known)) => Appended {
                o: Some(known.first_offset()),
                l: Some(known.last_offset),
                dup: Some(true),
                ..Appended::default()
            },
            Ok(Validated::Append(append)) => {
                let last_offset = batch.base_offset + Offset::from(batch.last_offset_delta);
                self.batches.push((batch, request.marker));
                self.log_end_offset = last_offset + 1;
                if let Some(completed) = self.state.update(append) {
                    self.complete(completed);
                }
                self.state.update_map_end_offset(self.log_end_offset);
                self.first_unstable_offset = self.state.txns.first_unstable_offset();
                Appended { o: Some(batch.base_offset), l: Some(last_offset), ..Appended::default() }
            }
            Err(error) => Appended {
                err: Some(error.code().exception().to_string()),
                msg: Some(error.message(&self.partition)),
                ..Appended::default()
            },
        }
    }

    fn complete(&mut self, completed: CompletedTxn) {
        let CompletedTxn { producer_id, first_offset, last_offset, control_type } = completed;
        let last_stable_offset = self.state.txns.last_stable_offset(completed);
        if control_type == ControlType::Abort {
            let aborted = AbortedTxn { producer_id, first_offset, last_offset, last_stable_offset };
            self.index.append(aborted);
        }
        self.state.txns.complete(completed);
    }

    fn set_high_watermark(&mut self, to: Offset) {
        self.high_watermark = to;
        self.state.txns.high_watermark_updated(to);
        self.first_unstable_offset = self.state.txns.first_unstable_offset();
    }

    fn truncate_to(&mut self, to: Offset) {
        if to >= self.log_end_offset {
            return;
        }
        // A batch that the offset lies in goes as a whole.
        self.batches
            .retain(|(batch, _)| batch.base_offset + Offset::from(batch.last_offset_delta) < to);
        self.index.truncate_to(to);
        self.log_end_offset = to;
        let bounds = RebuiltLog { log_start_offset: 0, log_end_offset: to };
        let batches = &self.batches;
        self.state.rebuild(bounds, self.now_ms, |from| {
            let after = move |(batch, _): &&(BatchHeader, Option<EndTxnMarker>)| {
                batch.base_offset + Offset::from(batch.last_offset_delta) >= from
            };
            batches.iter().filter(after).copied()
        });
        if self.high_watermark >= to {
            self.set_high_watermark(to);
        }
    }

    fn last_stable_offset(&self) -> Offset {
        self.first_unstable_offset
            .map_or(self.high_watermark, |first| first.min(self.high_watermark))
    }

    fn check_end(&self, end: End) -> Result<(), String> {
        let show = |(id, entry): (&ProducerId, &ProducerStateEntry)| (id.to_string(), show(entry));
        let producers: BTreeMap<_, _> = self.state.active_producers().iter().map(show).collect();
        expect_eq("producers", producers, end.producers)?;
        let aborted = self.index.collect(0, self.log_end_offset);
        let aborted: Vec<_> = aborted
            .iter()
            .map(|txn| (txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset))
            .collect();
        expect_eq("aborted", aborted, end.aborted)
    }
}

fn show(entry: &ProducerStateEntry) -> Value {
    let batches: Vec<_> = entry
        .batches
        .iter()
        .map(|batch| (batch.first_sequence(), batch.last_sequence, batch.last_offset))
        .collect();
    json!({
        "e": entry.producer_epoch,
        "batches": batches,
        "ce": entry.coordinator_epoch,
        "txn": entry.current_txn_first_offset,
    })
}
