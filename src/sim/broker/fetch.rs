//! Fetch: consumers and followers read, at once or after waiting for data.

use super::Broker;
use super::errors::{epoch_error, error_without_replica, leader_in};
use super::fetch_session::{FetchSession, SessionPartition, SessionUse, WaitingFetch};
use super::purgatory::tick_of;
use super::replica::{Replica, Watcher};
use super::replicas::{NO_SLOT, Replicas};
use crate::sim::controller::metadata::MetadataImage;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::*;
use crate::sim::storage::batch::Batch;
use crate::sim::storage::epoch_cache::{EpochEndOffset, UNDEFINED_EPOCH};
use crate::sim::time::{Micros, NodeNow};

/// Why waiting fetches are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// The log grew: followers can read on.
    Appended,
    /// More is committed: consumers can read on; followers hear of it with their next answer.
    HighWatermark,
    /// The leader, its epoch or the partition itself changed: whoever waits for it gets an error.
    Changed,
}

/// What a fetch finds at a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readiness {
    Error(ErrorCode),
    /// The fetcher's log left ours at the end of this epoch (KIP-595).
    Diverging(EpochEndOffset),
    /// Batches up to this offset may be read.
    Readable(Offset),
}

/// How much an answer may still hold.
struct Budget {
    bytes: i64,
    /// The first batch is returned however large it is, so that the fetcher makes progress.
    at_least_one: bool,
    /// Whether something readable no longer fitted.
    exhausted: bool,
    records: u64,
    read: u64,
}

impl Broker {
    pub(super) fn on_fetch(
        &mut self,
        now: NodeNow,
        at: RequestRef,
        request: &FetchRequest,
        out: &mut Effects,
    ) {
        let session = match self.open_session(now.monotonic, request, out) {
            Ok(session) => session,
            Err(error) => {
                let refusal = FetchResponse { error, session_id: 0, partitions: Vec::new() };
                return out.respond(at, refusal);
            }
        };
        self.update_session(now.monotonic, session, request);
        let deadline = tick_of(now.monotonic + Micros::from_ms(request.max_wait_ms.into()));
        let FetchRequest { min_bytes, max_bytes, max_wait_ms, .. } = *request;
        let ready = self.read_and_note(now, session, min_bytes, out) || max_wait_ms <= 0;
        let waiting = WaitingFetch { at, deadline, min_bytes, max_bytes };
        if ready {
            return self.answer(session, waiting, Freshness::AsRead, out);
        }
        if let Some(state) = self.sessions.get_mut(session) {
            state.waiting = Some(waiting);
        }
        self.purgatory.add_fetch(now.monotonic, deadline, session, out);
    }

    pub(super) fn on_expire_fetches(&mut self, now: NodeNow, out: &mut Effects) {
        while let Some(session) = self.purgatory.expired_fetch(now.monotonic) {
            let waiting = self.sessions.get_mut(session).and_then(|s| s.waiting.take());
            if let Some(waiting) = waiting {
                self.answer(session, waiting, Freshness::Current, out);
            }
        }
        self.purgatory.rearm_fetches(now.monotonic, out);
    }

    /// Lets fetches that wait for a partition go on if they can now.
    pub(super) fn wake_fetches(&mut self, slot: u32, wake: Wake, out: &mut Effects) {
        let mut at = 0;
        while let Some(&watcher) = self.replicas.get(slot).and_then(|r| r.watchers.get(at)) {
            self.wake_fetch(watcher, wake, out);
            let unmoved =
                self.replicas.get(slot).and_then(|r| r.watchers.get(at)) == Some(&watcher);
            at += usize::from(unmoved);
        }
    }

    fn wake_fetch(&mut self, watcher: Watcher, wake: Wake, out: &mut Effects) {
        if wake == Wake::Appended && !watcher.is_follower {
            return;
        }
        let Some(session) = self.sessions.get_mut(watcher.session) else { return };
        session.mark(watcher.place);
        let hears_later = wake == Wake::HighWatermark && watcher.is_follower;
        let Some(waiting) = session.waiting.filter(|_| !hears_later) else { return };
        if self.can_answer(watcher, waiting) {
            self.answer_waiting(watcher.session, waiting, out);
        }
    }

    /// Tells a session that the replica of one of its partitions is gone.
    pub(super) fn leave_slot(&mut self, watcher: Watcher, out: &mut Effects) {
        if let Some(session) = self.sessions.get_mut(watcher.session) {
            session.partitions[watcher.place as usize].slot = NO_SLOT;
        }
        self.wake_fetch(watcher, Wake::Changed, out);
    }

    fn can_answer(&self, watcher: Watcher, waiting: WaitingFetch) -> bool {
        let Some(session) = self.sessions.get(watcher.session) else { return false };
        let Some(partition) = session.partitions.get(watcher.place as usize) else { return false };
        match self.readiness(partition, session.fetcher) {
            Readiness::Error(_) | Readiness::Diverging(_) => true,
            Readiness::Readable(end) if end <= partition.request.fetch_offset => false,
            Readiness::Readable(_) if waiting.min_bytes <= 1 => true,
            Readiness::Readable(_) => self.has_bytes(session, waiting.min_bytes),
        }
    }

    fn has_bytes(&self, session: &FetchSession, min_bytes: i32) -> bool {
        let places = session.dirty.iter().map(|place| &session.partitions[*place as usize]);
        let live = places.filter(|p| p.live);
        let bytes = live.map(|partition| {
            let readiness = self.readiness(partition, session.fetcher);
            self.readable_bytes(partition, readiness, min_bytes)
        });
        bytes.sum::<u64>() >= min_bytes.max(0) as u64
    }

    /// Bytes that can be read, as far as it matters to a fetch that waits for `min_bytes`.
    fn readable_bytes(
        &self,
        partition: &SessionPartition,
        readiness: Readiness,
        min_bytes: i32,
    ) -> u64 {
        let from = partition.request.fetch_offset;
        match readiness {
            Readiness::Readable(end) if from >= end => 0,
            Readiness::Readable(_) if min_bytes <= 1 => 1,
            Readiness::Readable(end) => {
                let replica = self.replicas.get(partition.slot);
                replica.map_or(0, |replica| replica.log.bytes_between(from, end))
            }
            Readiness::Error(_) | Readiness::Diverging(_) => 0,
        }
    }

    fn answer_waiting(&mut self, session: u32, waiting: WaitingFetch, out: &mut Effects) {
        self.purgatory.remove_fetch(waiting.deadline, session);
        if let Some(state) = self.sessions.get_mut(session) {
            state.waiting = None;
        }
        self.answer(session, waiting, Freshness::Current, out);
    }

    fn open_session(
        &mut self,
        now: Micros,
        request: &FetchRequest,
        out: &mut Effects,
    ) -> Result<u32, ErrorCode> {
        let capacity = self.config.max_incremental_fetch_session_cache_slots;
        if let Some(replaced) = self.sessions.replaced_by(request) {
            self.close_session(replaced, out);
        }
        if request.session_epoch == 0
            && let Some(evicted) = self.sessions.to_evict(now, request.fetcher, capacity)
        {
            self.close_session(evicted, out);
        }
        let (SessionUse::New(session) | SessionUse::Known(session)) =
            self.sessions.resolve(request, capacity, &mut self.rng)?;
        Ok(session)
    }

    fn close_session(&mut self, slot: u32, out: &mut Effects) {
        let Some(session) = self.sessions.remove(slot) else { return };
        for (place, partition) in session.live() {
            self.unwatch(partition.slot, slot, place);
        }
        if let Some(waiting) = session.waiting {
            self.purgatory.remove_fetch(waiting.deadline, slot);
            let error = ErrorCode::FetchSessionIdNotFound;
            out.respond(waiting.at, FetchResponse { error, session_id: 0, partitions: Vec::new() });
        }
    }

    fn update_session(&mut self, now: Micros, slot: u32, request: &FetchRequest) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        session.last_fetch = now;
        session.fetcher = request.fetcher;
        for &partition in &request.partitions {
            let added = self.sessions.get_mut(slot).and_then(|s| s.update(partition));
            if let Some(place) = added {
                self.watch(slot, place);
            }
        }
        for &partition in &request.forgotten {
            self.forget(slot, partition);
        }
        if self.sessions.get(slot).is_some_and(FetchSession::has_many_gaps) {
            self.close_gaps(slot);
        }
    }

    fn forget(&mut self, slot: u32, partition: TopicPartition) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        if let Some(place) = session.forget(partition) {
            let replica = session.partitions[place as usize].slot;
            self.unwatch(replica, slot, place);
        }
    }

    fn close_gaps(&mut self, slot: u32) {
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let before: Vec<(u32, u32)> = session.live().map(|(place, p)| (p.slot, place)).collect();
        session.close_gaps();
        let places = session.partitions.len() as u32;
        for (replica, place) in before {
            self.unwatch(replica, slot, place);
        }
        for place in 0..places {
            self.watch(slot, place);
        }
    }

    /// Connects a place of a session with its replica, if there is one here.
    fn watch(&mut self, session: u32, place: u32) -> Option<u32> {
        let state = self.sessions.get_mut(session)?;
        let is_follower = state.is_follower();
        let partition = &mut state.partitions[place as usize];
        let slot = self.replicas.find(partition.request.partition)?;
        partition.slot = slot;
        let watcher = Watcher { session, place, is_follower };
        self.replicas.get_mut(slot)?.watchers.push(watcher);
        Some(slot)
    }

    fn unwatch(&mut self, replica: u32, session: u32, place: u32) {
        let Some(replica) = self.replicas.get_mut(replica) else { return };
        let is_it = |w: &Watcher| w.session == session && w.place == place;
        if let Some(at) = replica.watchers.iter().position(is_it) {
            replica.watchers.swap_remove(at);
        }
    }

    /// Looks at everything that may have something to tell, and notes how far a follower has got. True if there is enough
    /// to answer.
    fn read_and_note(
        &mut self,
        now: NodeNow,
        session: u32,
        min_bytes: i32,
        out: &mut Effects,
    ) -> bool {
        let (mut ready, mut bytes) = (false, 0);
        let mut at = 0;
        while let Some(state) = self.sessions.get(session)
            && let Some(&place) = state.dirty.get(at)
        {
            at += 1;
            let (partition, fetcher) = (state.partitions[place as usize], state.fetcher);
            if !partition.live {
                continue;
            }
            let partition = self.note_read(session, place, partition);
            let readiness = self.readiness(&partition, fetcher);
            match readiness {
                Readiness::Error(_) | Readiness::Diverging(_) => ready = true,
                Readiness::Readable(_) => {
                    bytes += self.readable_bytes(&partition, readiness, min_bytes);
                    self.note_follower_fetch(now, session, &partition, fetcher, out);
                }
            }
        }
        let is_empty = self.sessions.get(session).is_none_or(FetchSession::is_empty);
        ready || is_empty || bytes >= min_bytes.max(0) as u64
    }

    fn note_read(
        &mut self,
        session: u32,
        place: u32,
        before: SessionPartition,
    ) -> SessionPartition {
        let mut partition = before;
        if partition.slot == NO_SLOT {
            partition.slot = self.watch(session, place).unwrap_or(NO_SLOT);
        }
        if let Some(replica) = self.replicas.get(partition.slot) {
            partition.read_high_watermark = replica.high_watermark;
        }
        if partition != before
            && let Some(state) = self.sessions.get_mut(session)
        {
            state.partitions[place as usize] = partition;
        }
        partition
    }

    fn readiness(&self, partition: &SessionPartition, fetcher: Fetcher) -> Readiness {
        let request = &partition.request;
        let replica = self.replicas.get(partition.slot);
        match replica.filter(|replica| replica.partition == request.partition) {
            Some(replica) => readiness(replica, request, fetcher),
            None => Readiness::Error(error_without_replica(&self.image, request.partition)),
        }
    }

    /// Answers a fetch with whatever there is.
    fn answer(&mut self, slot: u32, waiting: WaitingFetch, hw: Freshness, out: &mut Effects) {
        let costs = &self.context.setup.costs;
        let Some(session) = self.sessions.get_mut(slot) else { return };
        let bytes = i64::from(waiting.max_bytes);
        let mut budget =
            Budget { bytes, at_least_one: true, exhausted: false, records: 0, read: 0 };
        let mut partitions = Vec::with_capacity(session.dirty.len());
        for _ in 0..session.dirty.len() {
            let Some(place) = session.dirty.pop_front() else { break };
            let fetcher = session.fetcher;
            let partition = &mut session.partitions[place as usize];
            partition.dirty = false;
            if !partition.live {
                continue;
            }
            let read = read(&self.replicas, partition, fetcher, hw, &mut budget);
            let read = read.unwrap_or_else(|| refusal_without_replica(&self.image, partition));
            if budget.exhausted {
                // It goes first in the next answer; those that were served queue up behind it.
                partition.dirty = true;
                session.dirty.push_front(place);
                break;
            }
            if partition.note_answer(&read) {
                partitions.push(read);
            }
            if partition.may_tell_more(&self.replicas, fetcher) {
                session.mark(place);
            }
        }
        let response = FetchResponse { error: ErrorCode::None, session_id: session.id, partitions };
        let lasts = session.id != 0;
        out.charge(costs.of_records(budget.records, budget.read));
        out.respond(waiting.at, response);
        if !lasts {
            self.close_session(slot, out);
        }
    }
}

/// Which high watermark an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    /// That of the moment the request was read: a follower's own progress shows in the answer after.
    AsRead,
    /// That of now, for a fetch that has waited.
    Current,
}

impl SessionPartition {
    /// Remembers what the fetcher is told; false if there is no news in it.
    fn note_answer(&mut self, answer: &FetchPartitionResponse) -> bool {
        let failed = !answer.error.is_none() || answer.diverging_epoch.is_some();
        let news = failed
            || !answer.batches.is_empty()
            || answer.high_watermark != self.sent_high_watermark
            || answer.log_start_offset != self.sent_log_start;
        // After an error everything is told again.
        self.sent_high_watermark = if failed { -1 } else { answer.high_watermark };
        self.sent_log_start = answer.log_start_offset;
        news
    }

    /// Whether the next request must look at the partition even if it does not name it: something is left to tell, or a
    /// follower outside the ISR may be ready to join it.
    fn may_tell_more(&self, replicas: &Replicas, fetcher: Fetcher) -> bool {
        let Some(replica) = replicas.get(self.slot) else { return true };
        let Some(leader) = replica.leader() else { return true };
        let (end, joins) = match fetcher {
            Fetcher::Consumer => (replica.high_watermark, false),
            Fetcher::Follower { replica: follower, .. } => {
                (replica.log_end_offset(), !leader.is_in_isr(follower))
            }
        };
        joins
            || self.request.fetch_offset != end
            || self.sent_high_watermark != replica.high_watermark
    }
}

fn readiness(replica: &Replica, request: &FetchPartition, fetcher: Fetcher) -> Readiness {
    if let Some(error) = epoch_error(replica, request.current_leader_epoch) {
        return Readiness::Error(error);
    }
    let Some(leader) = replica.leader() else {
        return Readiness::Error(ErrorCode::NotLeaderOrFollower);
    };
    if let Fetcher::Follower { replica: follower, broker_epoch } = fetcher {
        match leader.follower(follower) {
            // The metadata that makes it a replica is on its way to us.
            None => return Readiness::Error(ErrorCode::UnknownLeaderEpoch),
            Some(known) if known.broker_epoch.is_some_and(|epoch| epoch > broker_epoch) => {
                return Readiness::Error(ErrorCode::NotLeaderOrFollower);
            }
            Some(_) => {}
        }
    }
    match divergence(replica, request) {
        Some(divergence) => divergence,
        None if request.fetch_offset < replica.log.log_start_offset()
            || request.fetch_offset > replica.log_end_offset() =>
        {
            Readiness::Error(ErrorCode::OffsetOutOfRange)
        }
        None if fetcher == Fetcher::Consumer => Readiness::Readable(replica.high_watermark),
        None => Readiness::Readable(replica.log_end_offset()),
    }
}

/// Whether the fetcher's last record is not in our log: Kafka compares the end of its epoch.
fn divergence(replica: &Replica, request: &FetchPartition) -> Option<Readiness> {
    let epoch = request.last_fetched_epoch;
    if epoch < 0
        || replica.epochs.latest_epoch() == Some(epoch)
            && request.fetch_offset <= replica.log_end_offset()
    {
        return None;
    }
    let end = replica.epochs.end_offset_for(epoch, replica.log_end_offset());
    if end.epoch == UNDEFINED_EPOCH {
        return Some(Readiness::Error(ErrorCode::OffsetOutOfRange));
    }
    let diverges = end.epoch < epoch || end.end_offset < request.fetch_offset;
    diverges.then_some(Readiness::Diverging(end))
}

fn read(
    replicas: &Replicas,
    partition: &SessionPartition,
    fetcher: Fetcher,
    hw: Freshness,
    budget: &mut Budget,
) -> Option<FetchPartitionResponse> {
    let request = &partition.request;
    let replica = replicas.get(partition.slot).filter(|r| r.partition == request.partition)?;
    let high_watermark = match hw {
        Freshness::AsRead => partition.read_high_watermark,
        Freshness::Current => replica.high_watermark,
    };
    let answer = FetchPartitionResponse {
        partition: request.partition,
        error: ErrorCode::None,
        high_watermark,
        last_stable_offset: high_watermark,
        log_start_offset: replica.log.log_start_offset(),
        diverging_epoch: None,
        current_leader: None,
        batches: Vec::new(),
    };
    Some(match readiness(replica, request, fetcher) {
        Readiness::Error(error) => {
            refusal(request.partition, error, Some(replica.current_leader()))
        }
        Readiness::Diverging(end) => {
            FetchPartitionResponse { diverging_epoch: Some(end), ..answer }
        }
        Readiness::Readable(end) => {
            FetchPartitionResponse { batches: budget.take(replica, request, end), ..answer }
        }
    })
}

/// An answer with an error; whoever asked the wrong broker learns the right one (KIP-951).
fn refusal(
    partition: TopicPartition,
    error: ErrorCode,
    leader: Option<LeaderAndEpoch>,
) -> FetchPartitionResponse {
    let tells = matches!(error, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch);
    FetchPartitionResponse {
        partition,
        error,
        high_watermark: -1,
        last_stable_offset: -1,
        log_start_offset: -1,
        diverging_epoch: None,
        current_leader: leader.filter(|_| tells),
        batches: Vec::new(),
    }
}

fn refusal_without_replica(
    image: &MetadataImage,
    partition: &SessionPartition,
) -> FetchPartitionResponse {
    let partition = partition.request.partition;
    refusal(partition, error_without_replica(image, partition), leader_in(image, partition))
}

impl Budget {
    /// Takes the batches from the fetch offset up to `end` that fit.
    ///
    /// Simplification: Kafka may cut the last batch in the middle, which the client throws away.
    fn take(&mut self, replica: &Replica, request: &FetchPartition, end: Offset) -> Vec<Batch> {
        if request.fetch_offset >= end {
            return Vec::new();
        }
        // Mostly there is one.
        let mut batches = Vec::with_capacity(1);
        let mut left = self.bytes.min(i64::from(request.max_bytes));
        for entry in replica.log.entries_from(request.fetch_offset) {
            let size = i64::from(entry.batch.size_bytes());
            if entry.batch.header.base_offset >= end || (size > left && !self.at_least_one) {
                break;
            }
            self.at_least_one = false;
            left -= size;
            self.bytes -= size;
            self.records += u64::from(entry.batch.count());
            self.read += size as u64;
            batches.push(entry.batch.clone());
        }
        self.exhausted = batches.is_empty();
        batches
    }
}
