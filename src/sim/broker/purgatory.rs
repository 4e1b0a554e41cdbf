//! Requests that wait: fetches for data, acks=all produces for the high watermark.
//!
//! What completes them comes from the replicas' own lists; here is only what is asked when time runs out. Kafka's timer
//! wheel ticks once a millisecond, so everything that is due in one tick shares one timer.

use super::BrokerTimer;
use crate::sim::effects::{Effects, RequestRef};
use crate::sim::ids::Offset;
use crate::sim::protocol::ErrorCode;
use crate::sim::protocol::data::ProduceResponse;
use crate::sim::sorted::SortedSet;
use crate::sim::time::Micros;

/// A produce request in the purgatory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProduceRef {
    /// Its place in the table.
    pub slot: u32,
    /// Tells uses of the place apart.
    pub number: u64,
}

/// Who is told that batches are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProduceOwner {
    /// A producer.
    Request(RequestRef),
    /// The group coordinator of this broker, by its ticket.
    Coordinator { ticket: u64 },
}

/// A produce request with acks=all that waits for the high watermark.
#[derive(Clone, Debug, Hash)]
pub struct DelayedProduce {
    pub number: u64,
    pub owner: ProduceOwner,
    /// The millisecond in which it times out.
    pub deadline: u64,
    /// The answer; what waits has the error it gets when time runs out.
    pub response: ProduceResponse,
    /// How many of its batches wait.
    pub pending: u32,
}

/// The waiting requests of a broker.
#[derive(Clone, Debug, Default, Hash)]
pub struct Purgatory {
    produces: Vec<Option<DelayedProduce>>,
    free: Vec<u32>,
    next_number: u64,
    /// Waiting fetches by millisecond and session slot.
    fetches: SortedSet<(u64, u32)>,
    /// The tick for which a timer is set.
    fetch_timer: Option<u64>,
    produce_timer: Option<u64>,
}

/// The tick at or after a time on the monotonic clock.
pub fn tick_of(time: Micros) -> u64 {
    time.0.div_ceil(1000)
}

impl Purgatory {
    /// Reserves a place for a produce request whose batches are about to be appended.
    pub fn reserve(&mut self) -> ProduceRef {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.produces.push(None);
            self.produces.len() as u32 - 1
        });
        self.next_number += 1;
        ProduceRef { slot, number: self.next_number }
    }

    /// Gives a place back that was not needed.
    pub fn release(&mut self, produce: ProduceRef) {
        self.free.push(produce.slot);
    }

    /// Lets a produce request wait.
    pub fn add_produce(
        &mut self,
        now: Micros,
        produce: DelayedProduce,
        slot: u32,
        out: &mut Effects,
    ) {
        let deadline = produce.deadline;
        self.produces[slot as usize] = Some(produce);
        if self.produce_timer.is_none_or(|armed| deadline < armed) {
            self.produce_timer = Some(deadline);
            set_timer(now, deadline, BrokerTimer::ExpireProduces, out);
        }
    }

    /// A waiting produce request.
    pub fn produce_mut(&mut self, produce: ProduceRef) -> Option<&mut DelayedProduce> {
        let waiting = self.produces.get_mut(produce.slot as usize)?.as_mut()?;
        (waiting.number == produce.number).then_some(waiting)
    }

    /// Takes a produce request out.
    pub fn take_produce(&mut self, produce: ProduceRef) -> Option<DelayedProduce> {
        self.produce_mut(produce)?;
        self.free.push(produce.slot);
        self.produces[produce.slot as usize].take()
    }

    /// Takes the produce requests out whose time is over, and sets the timer for the next.
    pub fn expired_produces(&mut self, now: Micros, out: &mut Effects) -> Vec<DelayedProduce> {
        if is_stale(self.produce_timer, now) {
            return Vec::new();
        }
        let due = |p: &DelayedProduce| p.deadline * 1000 <= now.0;
        let slots: Vec<u32> = (0..self.produces.len() as u32)
            .filter(|slot| self.produces[*slot as usize].as_ref().is_some_and(due))
            .collect();
        let expired =
            slots.iter().filter_map(|slot| self.produces[*slot as usize].take()).collect();
        self.free.extend(slots);
        self.produce_timer = self.produces.iter().flatten().map(|p| p.deadline).min();
        if let Some(deadline) = self.produce_timer {
            set_timer(now, deadline, BrokerTimer::ExpireProduces, out);
        }
        expired
    }

    /// Lets a session's fetch wait until a tick.
    pub fn add_fetch(&mut self, now: Micros, deadline: u64, session: u32, out: &mut Effects) {
        self.fetches.insert((deadline, session));
        if self.fetch_timer.is_none_or(|armed| deadline < armed) {
            self.fetch_timer = Some(deadline);
            set_timer(now, deadline, BrokerTimer::ExpireFetches, out);
        }
    }

    /// Takes a session's fetch out.
    pub fn remove_fetch(&mut self, deadline: u64, session: u32) {
        self.fetches.remove(&(deadline, session));
    }

    /// The session of the next fetch whose time is over.
    pub fn expired_fetch(&mut self, now: Micros) -> Option<u32> {
        let &(deadline, session) = self.fetches.first()?;
        if deadline * 1000 > now.0 {
            return None;
        }
        self.fetches.pop_first();
        Some(session)
    }

    /// Sets the timer for the next fetch that times out, after the one before has gone off.
    pub fn rearm_fetches(&mut self, now: Micros, out: &mut Effects) {
        if is_stale(self.fetch_timer, now) {
            return;
        }
        self.fetch_timer = self.fetches.first().map(|(deadline, _)| *deadline);
        if let Some(deadline) = self.fetch_timer {
            set_timer(now, deadline, BrokerTimer::ExpireFetches, out);
        }
    }
}

impl DelayedProduce {
    /// Notes what became of one batch; true if nothing waits any more.
    pub fn settle(&mut self, place: u32, error: ErrorCode) -> bool {
        let partition = &mut self.response.partitions[place as usize];
        partition.error = error;
        if !error.is_none() {
            partition.base_offset = -1;
        }
        self.pending -= 1;
        self.pending == 0
    }

    /// Base offset of a batch.
    pub fn base_offset(&self, place: u32) -> Offset {
        self.response.partitions[place as usize].base_offset
    }
}

/// Whether a timer that has gone off was replaced by one for another tick; clocks that drift may be early by a tick.
fn is_stale(armed: Option<u64>, now: Micros) -> bool {
    armed.is_none_or(|armed| armed * 1000 > now.0 + 1000)
}

fn set_timer(now: Micros, deadline: u64, timer: BrokerTimer, out: &mut Effects) {
    out.timer(Micros(deadline * 1000).saturating_sub(now), timer);
}
