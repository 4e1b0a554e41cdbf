//! Fetch sessions (KIP-227): the broker remembers which partitions a fetcher reads and from where, so that a request names
//! only what changed. Each session keeps a list of partitions that may have something to tell; the others cost nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use super::replicas::NO_SLOT;
use crate::sim::effects::RequestRef;
use crate::sim::ids::*;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::{FetchPartition, FetchRequest, Fetcher};
use crate::sim::rng::Rng;
use crate::sim::sorted::SortedMap;
use crate::sim::time::Micros;

/// A session may be evicted by another one after this time without use (`FetchSession`'s 2 minutes).
const EVICTABLE_AFTER: Micros = Micros(120_000_000);

/// What a fetcher reads.
#[derive(Clone, Debug, Hash)]
pub struct FetchSession {
    /// 0 = lives only until the request is answered.
    pub id: i32,
    /// The epoch that the next request must have.
    pub next_epoch: i32,
    pub fetcher: Fetcher,
    pub partitions: Vec<SessionPartition>,
    index: SortedMap<TopicPartition, u32>,
    /// Places of partitions that may have something to tell, the next to be served first.
    pub dirty: VecDeque<u32>,
    /// When the last request came.
    pub last_fetch: Micros,
    /// The request that waits.
    pub waiting: Option<WaitingFetch>,
}

/// A fetch request that is not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WaitingFetch {
    pub at: RequestRef,
    /// The tick in which it is answered at the latest.
    pub deadline: u64,
    pub min_bytes: i32,
    pub max_bytes: i32,
}

/// A partition in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionPartition {
    pub request: FetchPartition,
    /// Slot of the replica, [`NO_SLOT`] if there is none.
    pub slot: u32,
    /// Whether the partition is still in the session.
    pub live: bool,
    /// Whether its place is in the list of partitions that may have something to tell.
    pub dirty: bool,
    /// The high watermark of the last answer.
    pub sent_high_watermark: Offset,
    /// The log start of the last answer.
    pub sent_log_start: Offset,
    /// The high watermark when the request in process was read, which is before the request itself may have raised it.
    pub read_high_watermark: Offset,
}

impl FetchSession {
    fn new(id: i32, fetcher: Fetcher) -> FetchSession {
        FetchSession {
            id,
            next_epoch: 1,
            fetcher,
            partitions: Vec::new(),
            index: SortedMap::new(),
            dirty: VecDeque::new(),
            last_fetch: Micros::ZERO,
            waiting: None,
        }
    }

    /// Whether a follower fetches.
    pub fn is_follower(&self) -> bool {
        matches!(self.fetcher, Fetcher::Follower { .. })
    }

    /// Puts a partition on the list of those that may have something to tell.
    pub fn mark(&mut self, place: u32) {
        let partition = &mut self.partitions[place as usize];
        if partition.live && !partition.dirty {
            partition.dirty = true;
            self.dirty.push_back(place);
        }
    }

    /// Takes over where a partition is to be read from; returns its place if it is new here.
    pub fn update(&mut self, request: FetchPartition) -> Option<u32> {
        if let Some(&place) = self.index.get(&request.partition) {
            self.partitions[place as usize].request = request;
            self.mark(place);
            return None;
        }
        let place = self.partitions.len() as u32;
        self.partitions.push(SessionPartition {
            request,
            slot: NO_SLOT,
            live: true,
            dirty: false,
            sent_high_watermark: -1,
            sent_log_start: -1,
            read_high_watermark: -1,
        });
        self.index.insert(request.partition, place);
        self.mark(place);
        Some(place)
    }

    /// Takes a partition out; returns its place.
    pub fn forget(&mut self, partition: TopicPartition) -> Option<u32> {
        let place = self.index.remove(&partition)?;
        self.partitions[place as usize].live = false;
        Some(place)
    }

    /// Whether no partition is left.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Whether most places are those of forgotten partitions.
    pub fn has_many_gaps(&self) -> bool {
        self.partitions.len() > 16 && self.partitions.len() > 2 * self.index.len()
    }

    /// The partitions in the session.
    pub fn live(&self) -> impl Iterator<Item = (u32, &SessionPartition)> {
        let places = self.partitions.iter().enumerate();
        places.filter(|(_, p)| p.live).map(|(place, p)| (place as u32, p))
    }

    /// Renumbers the places; the caller renews the replicas' watchers.
    pub fn close_gaps(&mut self) {
        let dirty: Vec<SessionPartition> = self
            .dirty
            .iter()
            .map(|place| self.partitions[*place as usize])
            .filter(|p| p.live)
            .collect();
        self.partitions.retain(|p| p.live);
        let numbered = (0u32..).zip(&self.partitions);
        self.index = numbered.map(|(place, p)| (p.request.partition, place)).collect();
        let place_of = |p: &SessionPartition| self.index.get(&p.request.partition).copied();
        self.dirty = dirty.iter().filter_map(place_of).collect();
    }
}

/// How a request belongs to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionUse {
    /// It starts anew in this slot.
    New(u32),
    /// It goes on with the session in this slot.
    Known(u32),
}

/// The cache of sessions.
#[derive(Clone, Debug, Default, Hash)]
pub struct FetchSessions {
    slots: Vec<Option<Arc<FetchSession>>>,
    free: Vec<u32>,
    by_id: Arc<SortedMap<i32, u32>>,
}

impl FetchSessions {
    /// The session in a slot.
    pub fn get(&self, slot: u32) -> Option<&FetchSession> {
        self.slots.get(slot as usize)?.as_deref()
    }

    /// The session in a slot, to change.
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut FetchSession> {
        self.slots.get_mut(slot as usize)?.as_mut().map(Arc::make_mut)
    }

    /// The session that a request asks to replace or close.
    pub fn replaced_by(&self, request: &FetchRequest) -> Option<u32> {
        let full = request.session_epoch <= 0;
        if full { self.by_id.get(&request.session_id).copied() } else { None }
    }

    /// A session that may go because the cache is full: the longest unused one past its time, or, for a follower, the longest
    /// unused one of a consumer.
    ///
    /// Simplification: Kafka also lets a larger session evict a smaller one.
    pub fn to_evict(&self, now: Micros, fetcher: Fetcher, capacity: i32) -> Option<u32> {
        if (self.by_id.len() as i64) < i64::from(capacity) {
            return None;
        }
        let sessions = self.by_id.values().filter_map(|slot| Some((*slot, self.get(*slot)?)));
        let privileged = matches!(fetcher, Fetcher::Follower { .. });
        let evictable = sessions.filter(|(_, session)| {
            now.saturating_sub(session.last_fetch) > EVICTABLE_AFTER
                || (privileged && !session.is_follower())
        });
        evictable.min_by_key(|(_, session)| session.last_fetch).map(|(slot, _)| slot)
    }

    /// Finds or creates the session of a request. A full request gets a session if there is room.
    ///
    /// # Errors
    /// If an incremental request names no session, or the wrong epoch.
    pub fn resolve(
        &mut self,
        request: &FetchRequest,
        capacity: i32,
        rng: &mut Rng,
    ) -> Result<SessionUse, ErrorCode> {
        if request.session_epoch > 0 {
            return self.resume(request).map(SessionUse::Known);
        }
        let wanted = request.session_epoch == 0 && !request.partitions.is_empty();
        let has_room = (self.by_id.len() as i64) < i64::from(capacity);
        let id = if wanted && has_room { self.new_id(rng) } else { 0 };
        Ok(SessionUse::New(self.insert(FetchSession::new(id, request.fetcher))))
    }

    fn resume(&mut self, request: &FetchRequest) -> Result<u32, ErrorCode> {
        let slot = self.by_id.get(&request.session_id).copied();
        let slot = slot.ok_or(ErrorCode::FetchSessionIdNotFound)?;
        let session = self.get_mut(slot).ok_or(ErrorCode::FetchSessionIdNotFound)?;
        if session.next_epoch != request.session_epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        session.next_epoch = next_session_epoch(session.next_epoch);
        Ok(slot)
    }

    fn new_id(&self, rng: &mut Rng) -> i32 {
        loop {
            let id = 1 + rng.below(i32::MAX as u64 - 1) as i32;
            if !self.by_id.contains_key(&id) {
                return id;
            }
        }
    }

    fn insert(&mut self, session: FetchSession) -> u32 {
        let id = session.id;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        self.slots[slot as usize] = Some(Arc::new(session));
        if id != 0 {
            Arc::make_mut(&mut self.by_id).insert(id, slot);
        }
        slot
    }

    /// Takes a session out.
    pub fn remove(&mut self, slot: u32) -> Option<Arc<FetchSession>> {
        let session = self.slots.get_mut(slot as usize)?.take()?;
        if session.id != 0 {
            Arc::make_mut(&mut self.by_id).remove(&session.id);
        }
        self.free.push(slot);
        Some(session)
    }

    /// Number of sessions in the cache.
    pub fn count(&self) -> usize {
        self.by_id.len()
    }
}

/// The epoch after `epoch`: 1 follows the largest, because 0 and -1 have a meaning of their own.
pub fn next_session_epoch(epoch: i32) -> i32 {
    if epoch == i32::MAX { 1 } else { epoch + 1 }
}
