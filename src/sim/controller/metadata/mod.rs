//! The metadata log's records, and the image of the cluster that they add up to.
//!
//! A batch carries the image after it. The image is a pure function of the log up to there, so every node that has the batch
//! has computed the same one; sharing it is a cache, not shared state.
mod batch;
mod image;
mod record;

pub use batch::MetadataBatch;
pub use image::{BrokerRegistration, ConfigMap, MetadataImage, TopicImage};
pub use record::MetadataRecord;
