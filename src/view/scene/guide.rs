//! Where the guide of the first run stands.

use serde::{Deserialize, Serialize};

pub use crate::playground::lesson::guide::{Look, Next};

/// What the guide would try next, and what there is to look at now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guide {
    pub next: Next,
    pub look: Option<Look>,
}
