//! The page's end of the engine worker.

use std::cell::RefCell;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use gloo_worker::{Spawnable, WorkerBridge};

use super::codec::Postcard;
use super::document;
use super::worker::EngineWorker;
use crate::view::protocol::{self, Command, Refusal, Update};

/// Named relative to the page, so that the site works under any path.
const BOOT_SCRIPT: &str = "./engine-boot.js";
/// How long the engine may take to answer, in seconds.
pub const START_TIMEOUT_S: u32 = 10;

/// What the engine says, or that it says nothing.
#[derive(Debug)]
pub enum Signal {
    Update(Update),
    Silent,
    WrongVersion,
}

/// A running engine; dropping it ends the worker.
pub struct Engine {
    bridge: WorkerBridge<EngineWorker>,
    _watch: Rc<RefCell<Option<Timeout>>>,
}

impl Engine {
    /// Starts a worker; `on_signal` hears everything it says.
    pub fn start(on_signal: impl Fn(Signal) + 'static) -> Engine {
        let on_signal = Rc::new(on_signal);
        let late = on_signal.clone();
        let timeout = Timeout::new(START_TIMEOUT_S * 1_000, move || late(Signal::Silent));
        let watch = Rc::new(RefCell::new(Some(timeout)));
        let answered = watch.clone();
        let own = document::engine();
        let bridge = EngineWorker::spawner()
            .encoding::<Postcard>()
            // A page from disk has no origin of its own, so its worker can be no module.
            .as_module(own.is_none())
            .with_loader(true)
            .callback(move |bytes: Vec<u8>| {
                answered.borrow_mut().take();
                on_signal(read(&bytes));
            })
            .spawn(own.as_deref().unwrap_or(BOOT_SCRIPT));
        Engine { bridge, _watch: watch }
    }

    /// Sends a command.
    pub fn send(&self, command: &Command) {
        self.bridge.send(protocol::encode(command));
    }
}

fn read(bytes: &[u8]) -> Signal {
    match protocol::decode::<Update>(bytes) {
        Ok(Update::WrongVersion) | Err(Refusal::Version(_) | Refusal::Malformed) => {
            Signal::WrongVersion
        }
        Ok(update) => Signal::Update(update),
    }
}
