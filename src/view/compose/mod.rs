//! Makes the pictures of a run: reads the world, the journal and the judges, and changes nothing.
//!
//! - [`cluster`] the scene of the Cluster tab, from [`replicas`], [`groups`], [`promises`]
//! - [`training`] the picture of the Training tab
//! - [`events`] the journal's milestones in names instead of ids
//! - [`flights`] packets on their way
//! - [`chronicle`] what the charts remember

mod access;
pub mod chronicle;
pub mod cluster;
pub mod events;
pub mod flights;
mod groups;
mod promises;
mod replicas;
pub mod training;
