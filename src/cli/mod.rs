//! The verbs of the command line, one a file. A verb reads its arguments, prints to the writer it is given and returns the
//! exit code: 0 well, 1 something failed, 2 (through the error) a wrong argument.
pub mod demo;
pub mod swarm;
mod topic;
pub mod trace;
pub mod train;
