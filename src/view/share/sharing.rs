//! Sharing as the engine does it for the page: one thing of each kind at a time, a little between two frames.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::complaint::{Complaint, Source};
use super::opening::{Opened, Opening};
use super::trace::Trace;
use super::{Look, Shared, file, link};
use crate::view::session::Session;

/// Bytes of a trace that travel to the page at once.
const PART_BYTES: usize = 48 * 1024;
/// Steps of a trace between two looks at the clock.
const STEPS_PER_LOOK: u32 = 256;

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShareCommand {
    /// A link to the moment on show.
    Link(Look),
    /// The run on show as a file.
    Save,
    /// Opens the fragment of an address.
    OpenLink(String),
    /// Opens the bytes of a file.
    OpenFile(Vec<u8>),
    /// No longer opens.
    GiveUp,
    /// The trace of the run on show, a part at a time.
    Trace,
    /// The next part.
    More,
    /// No more of it.
    StopTrace,
}

impl ShareCommand {
    /// Whether it opens the run of a training.
    pub fn opens_training(&self) -> bool {
        let shared = match self {
            ShareCommand::OpenLink(fragment) => link::decode(fragment),
            ShareCommand::OpenFile(bytes) => file::decode(bytes),
            _ => return false,
        };
        shared.is_ok_and(|shared| shared.script.setup.is_training())
    }
}

/// What the engine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ShareUpdate {
    Link {
        fragment: String,
        time_us: u64,
        actions: u32,
    },
    /// It would have so many characters.
    LinkTooLong(u64),
    File(String),
    /// So many percent of the way are done.
    Opening(u8),
    Opened(Opened),
    /// Nothing was changed.
    Refused {
        source: Source,
        complaint: Complaint,
        engine: String,
    },
    /// A part of the trace; how far it is, and whether it was the last.
    Trace {
        part: Vec<u8>,
        percent: u8,
        last: bool,
    },
}

struct Export {
    trace: Trace,
    part: Vec<u8>,
    /// Whether the page has asked for the next part.
    wanted: bool,
}

/// What is being shared.
#[derive(Default)]
pub struct Sharing {
    opening: Option<(Source, String, Opening)>,
    told_percent: Option<u8>,
    export: Option<Export>,
    answers: VecDeque<ShareUpdate>,
}

impl Sharing {
    /// Does what the page asks for, of the run on show.
    pub fn command(&mut self, command: ShareCommand, shown: Option<&Session>) {
        match command {
            ShareCommand::Link(look) => self.answers.extend(shown.map(|run| linked(run, look))),
            ShareCommand::Save => {
                let file = shown.map(|run| file::encode(&Shared::of(run, None)));
                self.answers.extend(file.map(ShareUpdate::File));
            }
            ShareCommand::OpenLink(fragment) => self.open(Source::Link, link::decode(&fragment)),
            ShareCommand::OpenFile(bytes) => self.open(Source::File, file::decode(&bytes)),
            ShareCommand::GiveUp => self.opening = None,
            ShareCommand::Trace => {
                let trace = shown.map(Trace::of);
                self.export = trace.map(|trace| Export { trace, part: Vec::new(), wanted: true });
            }
            ShareCommand::More => {
                if let Some(export) = &mut self.export {
                    export.wanted = true;
                }
            }
            ShareCommand::StopTrace => self.export = None,
        }
    }

    /// Works on what is under way; a run that has come to its moment is to be shown.
    pub fn tick(&mut self, must_yield: &mut impl FnMut() -> bool) -> Option<Session> {
        self.export(must_yield);
        let (_, _, opening) = self.opening.as_mut()?;
        let mut ended = opening.advance();
        while ended.is_none() && !must_yield() {
            ended = opening.advance();
        }
        let percent = opening.percent();
        let Some(ended) = ended else {
            if self.told_percent != Some(percent) {
                self.told_percent = Some(percent);
                self.answers.push_back(ShareUpdate::Opening(percent));
            }
            return None;
        };
        let (source, engine, opening) = self.opening.take()?;
        match ended {
            Ok(()) => {
                let (session, opened) = opening.finish(source);
                self.answers.push_back(ShareUpdate::Opened(opened));
                Some(session)
            }
            Err(complaint) => {
                self.refuse(source, complaint, engine);
                None
            }
        }
    }

    /// The next answer to the page.
    pub fn answer(&mut self) -> Option<ShareUpdate> {
        self.answers.pop_front()
    }

    /// Whether there is something to do or to say.
    pub fn is_busy(&self) -> bool {
        let exports = self.export.as_ref().is_some_and(|export| export.wanted);
        self.opening.is_some() || exports || !self.answers.is_empty()
    }

    /// The seed and the virtual time of a run that is being opened, for a report.
    pub fn place(&self) -> Option<(u64, u64)> {
        self.opening.as_ref().map(|(_, _, opening)| opening.place())
    }

    fn open(&mut self, source: Source, shared: Result<Shared, Complaint>) {
        self.told_percent = None;
        let mut engine = String::new();
        let opening = shared.and_then(|shared| {
            engine.clone_from(&shared.engine);
            Opening::new(shared)
        });
        match opening {
            Ok(opening) => self.opening = Some((source, engine, opening)),
            Err(complaint) => self.refuse(source, complaint, engine),
        }
    }

    fn refuse(&mut self, source: Source, complaint: Complaint, engine: String) {
        self.answers.push_back(ShareUpdate::Refused { source, complaint, engine });
    }

    fn export(&mut self, must_yield: &mut impl FnMut() -> bool) {
        let Some(Export { trace, part, wanted }) = &mut self.export else { return };
        if !*wanted {
            return;
        }
        let mut last = false;
        while !last && part.len() < PART_BYTES {
            let mut steps = STEPS_PER_LOOK;
            while !last && steps > 0 && part.len() < PART_BYTES {
                last = !trace.step(part);
                steps -= 1;
            }
            if must_yield() {
                break;
            }
        }
        if last || part.len() >= PART_BYTES {
            *wanted = false;
            let (part, percent) = (std::mem::take(part), trace.percent());
            self.answers.push_back(ShareUpdate::Trace { part, percent, last });
        }
        if last {
            self.export = None;
        }
    }
}

fn linked(run: &Session, look: Look) -> ShareUpdate {
    let shared = Shared::of(run, Some(look));
    let (time_us, actions) = (shared.moment.time_us, shared.script.acts.len() as u32);
    match link::encode(&shared) {
        Ok(fragment) => ShareUpdate::Link { fragment, time_us, actions },
        Err(chars) => ShareUpdate::LinkTooLong(chars as u64),
    }
}
