//! The page's hooks: the engine and the keyboard.

mod use_engine;
mod use_keys;

pub use use_engine::{EngineHandle, use_engine};
pub use use_keys::use_keys;
