//! The state of the page: what it shows and how the engine is doing. The run itself lives in the engine.

use std::rc::Rc;

use yew::Reducible;

use super::sharing::{Sharing, SharingAction};
use crate::view::board::{BoardAct, BoardState};
use crate::view::protocol::{
    Desk, Filter, Frame, Picture, Reply, Script, Selected, SetupName, Viewport,
};
use crate::view::scene::{Kind, PromiseKind, Scene, Standing};
use crate::view::share::sharing::ShareUpdate;
use crate::view::text::Lang;
use crate::view::training::TrainingScene;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    /// The value of the `data-theme` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The other theme.
    pub fn other(self) -> Theme {
        match self {
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Light,
        }
    }
}

/// How large everything is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    #[default]
    Normal,
    /// For a beamer: a quarter larger.
    Presenter,
}

impl Size {
    /// The value of the `data-size` attribute.
    pub fn name(self) -> &'static str {
        match self {
            Size::Normal => "normal",
            Size::Presenter => "large",
        }
    }

    /// The other size.
    pub fn other(self) -> Size {
        match self {
            Size::Normal => Size::Presenter,
            Size::Presenter => Size::Normal,
        }
    }
}

/// What a visitor chose for the page; remembered where the browser allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    pub lang: Lang,
    pub theme: Theme,
    pub size: Size,
    /// Whether keys that type a letter act (WCAG 2.1.4).
    pub letters: bool,
}

/// A dialog over the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// The list of keys.
    Keys,
    /// The command list: what is looked for, and the entry that Enter takes.
    Commands { query: String, place: usize },
}

impl Open {
    /// The command list as it opens.
    pub fn commands() -> Open {
        Open::Commands { query: String::new(), place: 0 }
    }
}

/// How the engine is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Engine {
    Starting,
    Live,
    /// No answer in time.
    Silent,
    /// It met a fault of its own.
    Panicked {
        message: String,
        seed: u64,
        time_us: u64,
    },
    /// Page and engine are of different builds.
    WrongVersion,
    /// What the training learns from has not come.
    NoDigits,
}

/// A panel that narrow screens show as a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Promises,
    Events,
    Charts,
    /// Other futures, and the proof that the run repeats.
    Run,
    /// What is looked at closely.
    Selected,
}

/// The state of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct AppState {
    pub lang: Lang,
    pub theme: Theme,
    pub size: Size,
    /// Whether keys that type a letter act.
    pub letters: bool,
    /// The dialog over the page.
    pub open: Option<Open>,
    /// How often one was to open: the browser may have closed it and not have told yet.
    pub openings: u32,
    pub setup: SetupName,
    /// The setup that the scene belongs to.
    shown: SetupName,
    pub engine: Engine,
    /// How far a run that takes a while to open is, in percent.
    pub opening: Option<u8>,
    pub scene: Option<Rc<Scene>>,
    pub training: Option<Rc<TrainingScene>>,
    pub playing: bool,
    /// The speed asked for, in virtual seconds per second, for each setup.
    pub speeds: [f64; SetupName::ALL.len()],
    pub achieved: f64,
    /// Whether the speed follows what happens.
    pub auto: bool,
    pub filter: Filter,
    pub desk: Desk,
    /// The answer that was closed, by its number.
    pub read: u32,
    /// The topic on the board and what is looked at.
    pub viewport: Viewport,
    /// The mirror of the engine's scripts: enough to open a run again.
    pub scripts: [Script; SetupName::ALL.len()],
    /// How the board is looked at.
    pub board: BoardState,
    /// The column that a phone shows; `None` follows the narrator.
    pub column: Option<usize>,
    pub sheet: Option<Sheet>,
    pub sharing: Sharing,
    /// What this visitor likes; a link may show the page in other colours and in another language.
    likes: Preferences,
    /// The same once something was chosen here: then it is to be kept for the next visit.
    pub chosen: Option<Preferences>,
    /// Whether the browser keeps what was chosen.
    pub kept: bool,
    /// The one kind of events that the log shows.
    pub kind: Option<Kind>,
}

/// What can happen to the page.
#[derive(Clone, Debug)]
pub enum AppAction {
    Frame(Box<Frame>),
    Engine(Engine),
    /// A run is opened as far as that, in percent.
    Opening(u8),
    Language(Lang),
    Theme(Theme),
    Size(Size),
    Letters(bool),
    Open(Option<Open>),
    Setup(SetupName),
    Speed(f64),
    Column(usize),
    Sheet(Option<Sheet>),
    Topic(String),
    /// The page of the topic's partitions, from 0.
    Page(u16),
    Board(BoardAct),
    Select(Option<Selected>),
    /// Shows this kind of events alone, or all again.
    Kind(Kind),
    /// Whether the event log tells everything.
    Everything(bool),
    /// The answer of this number was read.
    Read(u32),
    Share(SharingAction),
    /// Whether the browser keeps what was chosen.
    Kept(bool),
}

impl AppState {
    /// The page before its first frame.
    pub fn new(preferences: Preferences, setup: SetupName) -> AppState {
        let Preferences { lang, theme, size, letters } = preferences;
        AppState {
            lang,
            theme,
            size,
            letters,
            open: None,
            openings: 0,
            setup,
            shown: if setup.is_training() { SetupName::default() } else { setup },
            opening: None,
            engine: Engine::Starting,
            scene: None,
            training: None,
            playing: true,
            speeds: [1.0; SetupName::ALL.len()],
            achieved: 0.0,
            auto: false,
            filter: Filter::default(),
            desk: Desk::default(),
            read: 0,
            viewport: Viewport::default(),
            scripts: SetupName::ALL.map(Script::first),
            board: BoardState::default(),
            column: None,
            sheet: None,
            sharing: Sharing::default(),
            likes: preferences,
            chosen: None,
            kept: true,
            kind: None,
        }
    }

    /// How the page is to look.
    pub fn shows(&self) -> Preferences {
        let AppState { lang, theme, size, letters, .. } = *self;
        Preferences { lang, theme, size, letters }
    }

    /// The speed asked for in the setup on show.
    pub fn speed(&self) -> f64 {
        self.speeds[self.setup.place()]
    }

    /// The answer to what was asked last, until it is closed.
    pub fn reply(&self) -> Option<Reply> {
        self.desk.reply.clone().filter(|reply| reply.number != self.read)
    }

    /// The script of the setup on show.
    pub fn script(&self) -> &Script {
        &self.scripts[self.setup.place()]
    }

    /// The virtual time on show.
    pub fn time_us(&self) -> u64 {
        match self.setup.is_training() {
            true => self.training.as_ref().map_or(0, |scene| scene.time_us),
            false => self.scene.as_ref().map_or(0, |scene| scene.time_us),
        }
    }

    /// The setup of the Cluster tab: the one on show, or the last one.
    pub fn cluster_setup(&self) -> SetupName {
        self.shown
    }

    fn show(&mut self, setup: SetupName) {
        if !setup.is_training() && setup != self.shown {
            (self.scene, self.shown) = (None, setup);
            (self.viewport, self.column) = (Viewport::default(), None);
            self.board = BoardState { stage: self.board.stage, ..BoardState::default() };
        }
        self.setup = setup;
        self.sheet = None;
    }

    /// The visitor chooses: what else a link shows stays as it is, and stays out of what is kept.
    fn choose(&mut self, change: impl Fn(&mut Preferences)) {
        let mut shows = self.shows();
        change(&mut shows);
        Preferences {
            lang: self.lang,
            theme: self.theme,
            size: self.size,
            letters: self.letters,
        } = shows;
        change(&mut self.likes);
        self.chosen = Some(self.likes);
    }

    fn share(&mut self, action: SharingAction) {
        if let SharingAction::Update(ShareUpdate::Opened(opened)) = &action {
            self.show(opened.setup);
            (self.viewport, self.playing) = (Viewport::default(), false);
            if let Some(look) = &opened.look {
                self.lang = look.lang;
                self.theme = if look.dark { Theme::Dark } else { Theme::Light };
                self.speeds[opened.setup.place()] = look.speed;
                self.viewport.topic.clone_from(&look.topic);
            }
        }
        self.sharing.take(action);
    }

    /// Another topic or page: what was in focus is not there.
    fn leave_columns(&mut self) {
        self.board.leave_columns();
        (self.viewport.detail, self.column) = (None, None);
    }

    fn take(&mut self, frame: Frame) {
        // The cluster goes on behind a training that lacks its digits, which is no answer to that.
        if self.engine != Engine::NoDigits || frame.script.setup == self.setup {
            self.engine = Engine::Live;
        }
        self.opening = None;
        self.playing = frame.playing;
        self.achieved = frame.achieved;
        self.filter = frame.filter;
        self.auto = frame.auto;
        self.desk = frame.desk;
        let setup = frame.script.setup;
        if frame.auto {
            self.speeds[setup.place()] = frame.speed;
        }
        self.scripts[setup.place()] = frame.script;
        match frame.picture {
            // A frame that was on its way when the setup changed is of no use.
            Picture::Cluster(scene) if setup == self.shown => self.look_at(scene),
            Picture::Cluster(_) => {}
            Picture::Training(scene) => self.training = Some(Rc::new(scene)),
        }
    }
}

impl AppState {
    /// A promise that has just been broken is looked at without being asked for.
    fn look_at(&mut self, scene: Scene) {
        let broken = |scene: &Scene| -> Option<PromiseKind> {
            let mut promises = scene.promises.iter();
            promises.find(|one| one.standing == Standing::Broken).map(|one| one.kind)
        };
        let known = self.scene.as_ref().and_then(|before| broken(before));
        if let (Some(kind), None) = (broken(&scene), known) {
            self.viewport.selected = Some(Selected::Promise(kind));
            self.sheet = Some(Sheet::Selected);
        }
        self.scene = Some(Rc::new(scene));
    }
}

impl Reducible for AppState {
    type Action = AppAction;

    fn reduce(self: Rc<Self>, action: AppAction) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        match action {
            AppAction::Frame(frame) => state.take(*frame),
            AppAction::Engine(engine) => {
                if engine != Engine::Starting {
                    state.sharing.fail();
                }
                (state.engine, state.opening) = (engine, None);
            }
            AppAction::Opening(percent) => state.opening = Some(percent),
            AppAction::Language(lang) => state.choose(|likes| likes.lang = lang),
            AppAction::Theme(theme) => state.choose(|likes| likes.theme = theme),
            AppAction::Size(size) => state.choose(|likes| likes.size = size),
            AppAction::Letters(letters) => state.choose(|likes| likes.letters = letters),
            AppAction::Open(open) => {
                state.openings += u32::from(open.is_some());
                state.open = open;
            }
            AppAction::Setup(setup) => {
                state.sharing.linked = false;
                state.show(setup);
            }
            AppAction::Share(action) => state.share(action),
            AppAction::Kept(kept) => state.kept = kept,
            AppAction::Speed(speed) => {
                state.speeds[state.setup.place()] = speed;
                state.auto = false;
            }
            AppAction::Column(column) => state.column = Some(column),
            AppAction::Sheet(sheet) => state.sheet = sheet,
            AppAction::Topic(topic) => {
                (state.viewport.topic, state.viewport.page) = (Some(topic), 0);
                state.leave_columns();
            }
            AppAction::Page(page) => {
                state.viewport.page = page;
                state.leave_columns();
            }
            AppAction::Board(act) => {
                state.board.act(act);
                state.viewport.detail = state.board.column;
            }
            AppAction::Select(selected) => {
                state.sheet = selected.as_ref().map(|_| Sheet::Selected);
                state.viewport.selected = selected;
            }
            AppAction::Kind(kind) => state.kind = (state.kind != Some(kind)).then_some(kind),
            AppAction::Everything(everything) => state.viewport.everything = everything,
            AppAction::Read(number) => state.read = number,
        }
        Rc::new(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protocol::Stamped;

    fn page() -> AppState {
        let (lang, theme, size) = (Lang::English, Theme::Light, Size::Normal);
        AppState::new(Preferences { lang, theme, size, letters: true }, SetupName::Orders)
    }

    #[test]
    fn a_frame_brings_picture_and_script() {
        let state = Rc::new(page());
        let acts = vec![Stamped { time_us: 5, after_events: 1, action: vec![1] }];
        let script = Script { seed: 1, acts, ..Script::default() };
        let scene = Scene { time_us: 9, ..Scene::default() };
        let frame = Frame {
            number: 1,
            picture: Picture::Cluster(scene),
            playing: false,
            achieved: 0.5,
            speed: 1.0,
            filter: Filter::default(),
            auto: false,
            desk: Desk::default(),
            script: script.clone(),
        };
        let state = state.reduce(AppAction::Frame(Box::new(frame)));
        assert_eq!(state.time_us(), 9);
        assert_eq!(*state.script(), script);
        assert_eq!(state.engine, Engine::Live);
        assert!(!state.playing);
    }

    #[test]
    fn each_setup_keeps_its_own_speed() {
        let state = Rc::new(page());
        let state = state.reduce(AppAction::Speed(10.0));
        let state = state.reduce(AppAction::Setup(SetupName::Digits));
        assert_eq!(state.speed(), 1.0);
    }
}
