//! Everything that touches the browser: the document, storage, focus, the worker.

pub mod canvas;
pub mod clipboard;
pub mod codec;
pub mod digits;
pub mod document;
pub mod download;
pub mod engine;
pub mod file;
pub mod pointer;
pub mod stage;
pub mod tip;
pub mod worker;
