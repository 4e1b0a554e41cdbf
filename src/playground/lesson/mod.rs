//! Lessons that play themselves: scripted actions, waits on predicates, and pauses just before the event that matters.
//!
//! - [`predicate`] what can be waited for, over facts and state
//! - [`script`] steps, waits, and playing them on a run
//! - [`failover`] what an acknowledgement is worth (acks=all), on `orders`
//! - [`tail`] the old leader cuts its tail (acks=1), on one partition
//! - [`guide`] what the first run suggests, in their order
pub mod failover;
pub mod guide;
pub mod predicate;
pub mod script;
pub mod tail;
