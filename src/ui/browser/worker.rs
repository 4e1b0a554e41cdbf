//! The engine worker, as gloo-worker hosts it.

use gloo_worker::{HandlerId, Worker, WorkerScope};

/// The worker: bytes in, bytes out; see [`crate::view::protocol`].
pub struct EngineWorker;

impl Worker for EngineWorker {
    type Message = ();
    type Input = Vec<u8>;
    type Output = Vec<u8>;

    fn create(_scope: &WorkerScope<Self>) -> Self {
        EngineWorker
    }

    fn update(&mut self, _scope: &WorkerScope<Self>, (): ()) {}

    fn received(&mut self, _scope: &WorkerScope<Self>, _bytes: Vec<u8>, _id: HandlerId) {}
}

/// Starts answering; called once, inside the worker.
pub fn register() {
    use gloo_worker::Registrable;
    EngineWorker::registrar().encoding::<super::codec::Postcard>().register();
}
