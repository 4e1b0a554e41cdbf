//! The engine as a handle: commands go in, updates become actions of the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use yew::{
    Callback, UseReducerDispatcher, UseReducerHandle, hook, use_effect_with, use_memo, use_mut_ref,
};

use crate::ui::browser::engine::{Engine, Signal};
use crate::ui::browser::{document, download};
use crate::ui::flight_layer::FlightFeed;
use crate::ui::sharing::SharingAction;
use crate::ui::state::{self, AppAction, AppState};
use crate::view::protocol::{Command, Frame, Picture, Script, SetupName, Update};
use crate::view::share::complaint::{Complaint, Source};
use crate::view::share::sharing::{ShareCommand, ShareUpdate};

/// What a saved run and a trace are called.
const RUN_FILE: &str = "kafka-playground-run.json";
const TRACE_FILE: &str = "kafka-playground-trace.jsonl";

type Slot = Rc<RefCell<Option<Engine>>>;
type Dispatcher = UseReducerDispatcher<AppState>;

/// The engine of the page.
#[derive(Clone)]
pub struct EngineHandle {
    slot: Slot,
    drawn: Rc<RefCell<Option<AnimationFrame>>>,
    feed: FlightFeed,
    /// What the page opens if its link cannot be opened.
    without: Rc<RefCell<Option<Script>>>,
    /// The parts of a trace that have come.
    trace: Array,
    dispatcher: Dispatcher,
}

impl PartialEq for EngineHandle {
    fn eq(&self, other: &EngineHandle) -> bool {
        Rc::ptr_eq(&self.slot, &other.slot)
    }
}

impl EngineHandle {
    /// Sends a command to the engine, if it lives.
    pub fn send(&self, command: Command) {
        if let Some(engine) = self.slot.borrow().as_ref() {
            engine.send(&command);
        }
    }

    /// A callback that sends.
    pub fn callback(&self) -> Callback<Command> {
        let handle = self.clone();
        Callback::from(move |command| handle.send(command))
    }

    /// Starts a new engine and opens a run in it.
    pub fn open(&self, script: Script, at_us: u64, playing: bool) {
        self.start(&Command::Open { script, at_us, playing });
    }

    /// Starts a new engine with a link; if it cannot be opened, the page opens as it would have without it.
    fn open_link(&self, fragment: String, without: Script) {
        *self.without.borrow_mut() = Some(without);
        self.dispatcher.dispatch(AppAction::Share(SharingAction::Begun(Source::Link)));
        self.start(&Command::Share(ShareCommand::OpenLink(fragment)));
    }

    /// Asks the engine for something about links, files and traces.
    pub fn share(&self, command: ShareCommand) {
        let begun = match &command {
            ShareCommand::OpenLink(_) => Some(SharingAction::Begun(Source::Link)),
            ShareCommand::OpenFile(_) => Some(SharingAction::Begun(Source::File)),
            ShareCommand::GiveUp => Some(SharingAction::GivenUp),
            ShareCommand::Trace => Some(SharingAction::Tracing(Some(0))),
            ShareCommand::StopTrace => Some(SharingAction::Tracing(None)),
            _ => None,
        };
        if let Some(begun) = begun {
            self.dispatcher.dispatch(AppAction::Share(begun));
        }
        if command == ShareCommand::Trace {
            self.trace.set_length(0);
        }
        let gives_up = command == ShareCommand::GiveUp;
        self.send(Command::Share(command));
        if gives_up {
            self.open_without();
        }
    }

    /// Tells that a file was not opened.
    pub fn refuse(&self, complaint: Complaint) {
        let (source, engine) = (Source::File, String::new());
        let update = ShareUpdate::Refused { source, complaint, engine };
        self.dispatcher.dispatch(AppAction::Share(SharingAction::Update(update)));
    }

    fn hear_share(&self, update: ShareUpdate) {
        match &update {
            ShareUpdate::File(text) => {
                download::parts(RUN_FILE, "application/json", &part(text.as_bytes()))
            }
            ShareUpdate::Trace { part, last, .. } => {
                self.trace.push(&Uint8Array::from(part.as_slice()));
                if *last {
                    download::parts(TRACE_FILE, "application/jsonl", &self.trace);
                    self.trace.set_length(0);
                } else {
                    self.send(Command::Share(ShareCommand::More));
                }
            }
            ShareUpdate::Refused { .. } => self.open_without(),
            ShareUpdate::Opened(_) => drop(self.without.borrow_mut().take()),
            ShareUpdate::Link { .. } | ShareUpdate::LinkTooLong(_) | ShareUpdate::Opening(_) => {}
        }
        self.dispatcher.dispatch(AppAction::Share(SharingAction::Update(update)));
    }

    /// Opens what the page opens without its link, unless something is open.
    fn open_without(&self) {
        if let Some(script) = self.without.borrow_mut().take() {
            let at_us = script.setup.opens_at_us();
            self.send(Command::Open { script, at_us, playing: true });
        }
    }

    fn start(&self, command: &Command) {
        self.dispatcher.dispatch(AppAction::Engine(state::Engine::Starting));
        let handle = self.clone();
        // What an engine says after a panic is the work of a broken state.
        let is_broken = Cell::new(false);
        let engine = Engine::start(move |signal| {
            if !is_broken.get() {
                is_broken.set(matches!(signal, Signal::Update(Update::Panicked { .. })));
                handle.hear(signal);
            }
        });
        engine.send(command);
        *self.slot.borrow_mut() = Some(engine);
    }

    fn hear(&self, signal: Signal) {
        match signal {
            // A comparison runs in an engine of its own.
            Signal::Update(Update::Ready | Update::Sweep(_)) => {}
            Signal::Update(Update::Share(update)) => self.hear_share(update),
            Signal::Update(Update::Opening(percent)) => {
                self.dispatcher.dispatch(AppAction::Opening(percent));
            }
            Signal::Update(Update::Frame(frame)) => self.show(frame),
            Signal::Update(Update::Moving(moving)) => {
                self.feed.push(&moving.flights, &moving.flows, moving.time_us);
                self.acknowledge(moving.number);
            }
            Signal::Update(Update::Panicked { message, seed, time_us }) => {
                self.end(state::Engine::Panicked { message, seed, time_us });
                // Its timers would go on in a state that nobody vouches for. Not from within its own call, though.
                let slot = self.slot.clone();
                Timeout::new(0, move || drop(slot.borrow_mut().take())).forget();
            }
            Signal::Update(Update::NoDigits) => self.end(state::Engine::NoDigits),
            Signal::Silent => self.end(state::Engine::Silent),
            Signal::WrongVersion | Signal::Update(Update::WrongVersion) => {
                self.end(state::Engine::WrongVersion);
            }
        }
    }

    /// Shows a frame, and asks for the next once the browser has drawn this one.
    fn show(&self, frame: Box<Frame>) {
        let number = frame.number;
        if let Picture::Cluster(scene) = &frame.picture {
            self.feed.push(&scene.flights, &scene.flows, scene.time_us);
        }
        self.dispatcher.dispatch(AppAction::Frame(frame));
        self.acknowledge(number);
    }

    fn acknowledge(&self, number: u32) {
        let handle = self.clone();
        let drawn = request_animation_frame(move |_| handle.send(Command::Drawn(number)));
        *self.drawn.borrow_mut() = Some(drawn);
    }

    /// What is in flight, for the layer that draws it.
    pub fn feed(&self) -> &FlightFeed {
        &self.feed
    }

    fn end(&self, engine: state::Engine) {
        self.dispatcher.dispatch(AppAction::Engine(engine));
    }
}

/// Starts the engine with the page and keeps it in step with the setup on show.
#[hook]
pub fn use_engine(state: &UseReducerHandle<AppState>) -> EngineHandle {
    let slot = use_mut_ref(|| None);
    let drawn = use_mut_ref(|| None);
    let feed = use_memo((), |()| FlightFeed::default());
    let without = use_mut_ref(|| None);
    let trace = use_memo((), |()| Array::new());
    let dispatcher = state.dispatcher();
    let (feed, trace) = ((*feed).clone(), (*trace).clone());
    let handle = EngineHandle { slot, drawn, feed, without, trace, dispatcher };
    let opener = handle.clone();
    let script = state.script().clone();
    let link = state.sharing.linked.then(document::hash);
    use_effect_with(state.setup, move |setup| {
        if opener.slot.borrow().is_some() {
            opener.send(Command::Show(*setup, setup.opens_at_us()));
        } else if let Some(link) = link {
            opener.open_link(link, script);
        } else {
            opener.open(script, setup.opens_at_us(), true);
        }
    });
    let (opener, dispatcher) = (handle.clone(), state.dispatcher());
    use_effect_with((), move |()| {
        let moved = document::on_address(move |address| {
            if document::is_link(&address) {
                opener.share(ShareCommand::OpenLink(address));
            } else {
                dispatcher.dispatch(AppAction::Setup(SetupName::at(&address)));
            }
        });
        move || drop(moved)
    });
    handle
}

/// Bytes as the one part of a file.
fn part(bytes: &[u8]) -> Array {
    Array::of1(&Uint8Array::from(bytes))
}
