//! Makes the pictures of a run: reads the world, the journal and the judges, and changes nothing.
//!
//! - [`cluster`] the scene of the Cluster tab, from [`replicas`], [`groups`], [`promises`]
//! - [`training`] the picture of the Training tab
//! - [`events`] the journal's milestones in names instead of ids
//! - [`attention`] what needs it; [`detail`] the records of one partition with their keys
//! - [`inspect`] what is known of the thing that is looked at; [`story`] the event log
//! - [`flights`] packets on their way
//! - [`charts`] the charts, of what the metrics sampled
//! - [`walk`] where the walk on `ai_data` is
//! - [`branches`] other futures, and how they end; [`going`] what the auto pace goes by

pub mod access;
mod attention;
pub mod branches;
pub mod charts;
pub mod cluster;
mod configs;
mod detail;
pub mod events;
pub mod flights;
pub mod going;
mod groups;
mod inspect;
mod promises;
mod replicas;
mod story;
pub mod training;
mod walk;
