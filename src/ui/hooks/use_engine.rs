//! The engine as a handle: commands go in, updates become actions of the page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Timeout;
use yew::{
    Callback, UseReducerDispatcher, UseReducerHandle, hook, use_effect_with, use_memo, use_mut_ref,
};

use crate::ui::browser::engine::{Engine, Signal};
use crate::ui::flight_layer::FlightFeed;
use crate::ui::state::{self, AppAction, AppState};
use crate::view::protocol::{Command, Frame, Picture, Script, Update};

type Slot = Rc<RefCell<Option<Engine>>>;
type Dispatcher = UseReducerDispatcher<AppState>;

/// The engine of the page.
#[derive(Clone)]
pub struct EngineHandle {
    slot: Slot,
    drawn: Rc<RefCell<Option<AnimationFrame>>>,
    feed: FlightFeed,
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
        engine.send(&Command::Open { script, at_us, playing });
        *self.slot.borrow_mut() = Some(engine);
    }

    fn hear(&self, signal: Signal) {
        match signal {
            // A comparison runs in an engine of its own.
            Signal::Update(Update::Ready | Update::Sweep(_) | Update::Share(_)) => {}
            Signal::Update(Update::Opening(percent)) => {
                self.dispatcher.dispatch(AppAction::Opening(percent));
            }
            Signal::Update(Update::Frame(frame)) => self.show(frame),
            Signal::Update(Update::Moving(moving)) => {
                self.feed.push(&moving.flights, moving.time_us);
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
            self.feed.push(&scene.flights, scene.time_us);
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
    let handle =
        EngineHandle { slot, drawn, feed: (*feed).clone(), dispatcher: state.dispatcher() };
    let opener = handle.clone();
    let script = state.script().clone();
    use_effect_with(state.setup, move |setup| {
        if opener.slot.borrow().is_some() {
            opener.send(Command::Show(*setup, setup.opens_at_us()));
        } else {
            opener.open(script, setup.opens_at_us(), true);
        }
    });
    handle
}
