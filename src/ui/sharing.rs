//! What the page knows of sharing: the link that was made, what is being opened or exported, and what went wrong.

use crate::view::share::complaint::{Complaint, Source};
use crate::view::share::opening::Opened;
use crate::view::share::sharing::ShareUpdate;

/// A link to a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Made {
        fragment: String,
        time_us: u64,
        actions: u32,
    },
    /// It would have so many characters.
    TooLong(u64),
}

/// What came of a link or a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    Opened(Opened),
    /// What is wrong, and the version that it was made by.
    Refused(Source, Complaint, String),
}

/// The state of sharing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sharing {
    pub link: Option<Link>,
    /// Whether the browser let the page copy, once it was asked to.
    pub copied: Option<bool>,
    /// How far a shared run is opened, in percent.
    pub opening: Option<u8>,
    pub told: Option<Told>,
    /// How far a trace is told, in percent.
    pub tracing: Option<u8>,
    /// Whether the address is a link: it stays until another setup is chosen.
    pub linked: bool,
}

/// What can happen to it.
#[derive(Clone, Debug)]
pub enum SharingAction {
    Update(ShareUpdate),
    /// A link or a file is given to the engine.
    Begun(Source),
    Copied(bool),
    /// The trace was asked for, or no longer.
    Tracing(Option<u8>),
    GivenUp,
    /// What was told was read.
    Read,
}

impl Sharing {
    /// Takes in what happened.
    pub fn take(&mut self, action: SharingAction) {
        match action {
            SharingAction::Update(update) => self.hear(update),
            SharingAction::Begun(source) => {
                (self.opening, self.told) = (Some(0), None);
                self.linked |= source == Source::Link;
            }
            SharingAction::Copied(copied) => self.copied = Some(copied),
            SharingAction::Tracing(percent) => self.tracing = percent,
            SharingAction::GivenUp => self.opening = None,
            SharingAction::Read => self.told = None,
        }
    }

    /// The engine is gone, and with it what it was at.
    pub fn fail(&mut self) {
        (self.opening, self.tracing, self.copied) = (None, None, None);
    }

    fn hear(&mut self, update: ShareUpdate) {
        match update {
            ShareUpdate::Link { fragment, time_us, actions } => {
                self.link = Some(Link::Made { fragment, time_us, actions });
                self.copied = None;
            }
            ShareUpdate::LinkTooLong(chars) => self.link = Some(Link::TooLong(chars)),
            ShareUpdate::Opening(percent) => self.opening = Some(percent),
            ShareUpdate::Opened(opened) => {
                self.opening = None;
                self.linked &= opened.source == Source::Link;
                self.told = Some(Told::Opened(opened));
            }
            ShareUpdate::Refused { source, complaint, engine } => {
                self.opening = None;
                self.told = Some(Told::Refused(source, complaint, engine));
            }
            ShareUpdate::Trace { percent, last, .. } => {
                self.tracing = (!last).then_some(percent);
            }
            // Saved by whoever hears it; nothing of it is kept.
            ShareUpdate::File(_) => {}
        }
    }
}
