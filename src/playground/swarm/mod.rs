//! The swarm: whole runs drawn from a seed, broken at random, healed, and judged.
//!
//! Each seed first draws which kinds of faults are off altogether (Groce et al., "Swarm testing", ISSTA 2012: leaving features
//! out raises coverage), then the cluster, the traffic and the faults. The last part of a run is free of faults, so that
//! liveness can be asked for. Hours of an idle world prove nothing: a seed counts only above the floors of [`report`].
pub mod plan;
pub mod report;
pub mod runner;
