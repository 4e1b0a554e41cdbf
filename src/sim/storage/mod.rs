//! Storage: what a broker keeps of a partition on its disk.
pub mod epoch_cache;
