//! The clients: what the Java producer and consumer do on their side of the connection.
pub mod murmur2;
pub mod partitioner;
