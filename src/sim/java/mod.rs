//! The few pieces of the Java class library whose exact results Kafka depends on.
