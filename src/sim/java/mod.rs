//! The few pieces of the Java class library whose exact results Kafka depends on.
//!
//! Kafka's placement of replicas follows `java.util.Random`, coordinators are found by `String.hashCode`, and the
//! order of several lists (eligible leaders, racks, members of a group) is the iteration order of `java.util.HashMap`.
//! All of that is specified or frozen behaviour of Java 17, so it is reproduced here instead of being approximated.
pub mod hash;
pub mod hash_map;
pub mod math;
pub mod random;
pub mod string;
pub mod timeline_hash_map;
