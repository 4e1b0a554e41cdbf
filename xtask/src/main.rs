//! The project's developer commands.
fn main() {}
