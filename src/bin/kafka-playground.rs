//! The command line: headless runs of the playground.
fn main() {}
