//! Makes the pictures of a run: reads the world, the journal and the metrics, and changes nothing.
//!
//! - [`events`] the journal's milestones in names instead of ids
//! - [`flights`] packets on their way

pub mod events;
pub mod flights;
