//! The engine worker, as gloo-worker hosts it: it gives way every few milliseconds, so that commands are heard at once.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::hint::black_box;
use std::panic;

use gloo::timers::callback::Timeout;
use gloo_worker::{HandlerId, Registrable, Worker, WorkerScope};
use js_sys::{Date, Function};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessagePort};

use super::codec::Postcard;
use super::digits;
use crate::ml::data::packed;
use crate::view::host::Host;
use crate::view::protocol::{self, Command, Refusal, Update};

/// The longest stretch of work between two looks at the message queue.
const SLICE_MS: f64 = 8.0;
/// The rest between two ticks of a run that keeps up.
const REST_MS: u32 = 8;

/// What the engine takes when it starts: some minutes of a lively run. The machine gives a page only when it is first written.
const MEMORY_BYTES: usize = 64 * 1024 * 1024;

thread_local! {
    /// Who hears of a panic, and where the run was; a panic hook can reach nothing else.
    static REPORTER: RefCell<Option<(WorkerScope<EngineWorker>, HandlerId)>> = const { RefCell::new(None) };
    static PLACE: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// The worker: bytes in, bytes out; see [`crate::view::protocol`].
pub struct EngineWorker {
    host: Host,
    /// Commands that wait for the digits, and whether these are under way.
    held: VecDeque<Command>,
    fetching: bool,
    page: Option<HandlerId>,
    wake: Option<Timeout>,
    relay: Relay,
}

/// The worker's message to itself.
#[derive(Debug)]
pub enum Note {
    Tick,
    /// The digits have come, or will not.
    Digits(Option<Vec<u8>>),
}

impl Worker for EngineWorker {
    type Message = Note;
    type Input = Vec<u8>;
    type Output = Vec<u8>;

    fn create(scope: &WorkerScope<Self>) -> Self {
        panic::set_hook(Box::new(report));
        take_memory();
        let scope = scope.clone();
        let relay = Relay::new(move || scope.send_message(Note::Tick));
        EngineWorker {
            host: Host::default(),
            held: VecDeque::new(),
            fetching: false,
            page: None,
            wake: None,
            relay,
        }
    }

    fn connected(&mut self, scope: &WorkerScope<Self>, id: HandlerId) {
        self.page = Some(id);
        REPORTER.set(Some((scope.clone(), id)));
        scope.respond(id, protocol::encode(&Update::Ready));
    }

    fn received(&mut self, scope: &WorkerScope<Self>, bytes: Vec<u8>, id: HandlerId) {
        match protocol::decode::<Command>(&bytes) {
            Ok(command) => {
                self.held.push_back(command);
                self.carry_out(scope);
            }
            Err(Refusal::Version(_) | Refusal::Malformed) => {
                scope.respond(id, protocol::encode(&Update::WrongVersion));
            }
        }
    }

    fn update(&mut self, scope: &WorkerScope<Self>, note: Note) {
        if let Note::Digits(bytes) = note {
            return self.take_digits(scope, bytes);
        }
        let until = now_ms() + SLICE_MS;
        self.host.tick(now_ms(), || now_ms() >= until);
        self.go_on(scope);
    }
}

impl EngineWorker {
    /// Carries out what was commanded, as far as the digits are not needed first.
    fn carry_out(&mut self, scope: &WorkerScope<Self>) {
        while let Some(command) = self.held.pop_front() {
            if self.host.lacks_digits(&command) {
                self.held.push_front(command);
                self.fetch_digits(scope);
                return;
            }
            PLACE.set(self.host.place_after(&command));
            self.host.command(command);
        }
        self.go_on(scope);
    }

    fn fetch_digits(&mut self, scope: &WorkerScope<Self>) {
        if !std::mem::replace(&mut self.fetching, true) {
            let scope = scope.clone();
            digits::fetch(move |bytes| scope.send_message(Note::Digits(bytes)));
        }
    }

    /// Goes on with what waited; without the digits only the command that needs them is dropped.
    fn take_digits(&mut self, scope: &WorkerScope<Self>, bytes: Option<Vec<u8>>) {
        self.fetching = false;
        if bytes.is_none_or(|bytes| packed::put(bytes).is_err()) {
            self.held.pop_front();
            if let Some(id) = self.page {
                scope.respond(id, protocol::encode(&Update::NoDigits));
            }
        }
        self.carry_out(scope);
    }

    /// Answers what there is to answer, and sees to the next tick.
    fn go_on(&mut self, scope: &WorkerScope<Self>) {
        PLACE.set(self.host.place());
        while let (Some(id), Some(update)) = (self.page, self.host.update(now_ms())) {
            scope.respond(id, protocol::encode(&update));
        }
        self.wake = None;
        if self.host.is_behind() {
            self.relay.send();
        } else if self.host.is_busy() {
            let scope = scope.clone();
            self.wake = Some(Timeout::new(REST_MS, move || scope.send_message(Note::Tick)));
        }
    }
}

/// A message to oneself through the event queue: without the pause that timers add, but after what came before.
struct Relay {
    port: MessagePort,
    _hear: Closure<dyn FnMut()>,
}

impl Relay {
    fn new(hear: impl Fn() + 'static) -> Relay {
        let channel = MessageChannel::new().expect("a worker can make a message channel");
        let hear = Closure::<dyn FnMut()>::new(hear);
        let function: &Function = hear.as_ref().unchecked_ref();
        channel.port2().set_onmessage(Some(function));
        Relay { port: channel.port1(), _hear: hear }
    }

    fn send(&self) {
        // A port that cannot post belongs to a worker that is going away.
        let _ = self.port.post_message(&JsValue::NULL);
    }
}

/// Lets the memory grow once: every step of 64 KiB makes the browser look for garbage, and a run takes thousands.
fn take_memory() {
    drop(black_box(Vec::<u8>::with_capacity(MEMORY_BYTES)));
}

/// Tells the page of a panic before the engine is gone.
fn report(info: &panic::PanicHookInfo<'_>) {
    console_error_panic_hook::hook(info);
    let (seed, time_us) = PLACE.get();
    let message = info.to_string();
    REPORTER.with_borrow(|reporter| {
        if let Some((scope, id)) = reporter {
            scope.respond(*id, protocol::encode(&Update::Panicked { message, seed, time_us }));
        }
    });
}

fn now_ms() -> f64 {
    let performance = js_sys::global().unchecked_into::<web_sys::WorkerGlobalScope>().performance();
    performance.map_or_else(Date::now, |performance| performance.now())
}

/// Starts answering; called once, inside the worker.
pub fn register() {
    EngineWorker::registrar().encoding::<Postcard>().register();
}
