//! The pure picture: what a person can see, as plain data. No browser, no layout in pixels, no prose outside [`text`].
//!
//! - [`scene`]: everything visible at one virtual time, free of size; the engine makes it, the page draws it.
//! - [`compose`]: makes both of a run.
//! - [`training`]: the same for the Training tab.
//! - [`pick`]: what stands at a place of the board.
//! - [`board`]: how a person looks at the board: level, focus, cursor.
//! - [`zoom`]: how much of a partition is drawn in a column of that size.
//! - [`window`]: which offsets of a partition a column shows, and where a mark stands on that axis.
//! - [`timeline`]: ticks and labels of the time axis. [`chart`]: series to path data.
//! - [`narrator`]: the one sentence and the one [`suggestion`].
//! - [`text`]: the English and Chinese table; [`describe`]: events and cells as sentences.
//! - [`inspect`]: what is known of the thing that is looked at, and why; [`says`]: sentences on their way to the page.
//! - [`offers`]: what can be done to what is looked at, and the command line that does the same; [`deed`]: how it is done.
//! - [`keys`]: what each key does; [`palette`]: the list of all commands.
//! - [`session`]: a run as a person drives it, at its [`pace`].
//! - [`host`]: the runs of the engine, and frames when the page can take one.
//! - [`share`]: a run as a link, as a file and as a trace.
//! - [`protocol`]: the typed, versioned messages between page and engine.
//!
//! Left out on purpose: anything that knows about a screen (that is `ui`) and anything that changes the run.

pub mod board;
pub mod chart;
pub mod compose;
pub mod deed;
pub mod describe;
pub mod host;
pub mod inspect;
pub mod keys;
pub mod narrator;
pub mod offers;
pub mod pace;
pub mod palette;
pub mod pick;
pub mod protocol;
pub mod says;
pub mod scene;
pub mod session;
pub mod share;
pub mod suggestion;
pub mod text;
pub mod timeline;
pub mod training;
pub mod window;
pub mod zoom;
