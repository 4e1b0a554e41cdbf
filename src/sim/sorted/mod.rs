//! Collections in the order of their keys, as sorted vectors, and sorting. They do what `BTreeMap`, `BTreeSet` and
//! `slice::sort_by` do, with the same content and the same hash.
//!
//! The standard library's are made for millions of entries and pay for it in code: a kind of map costs the engine some 10 KB,
//! a kind of sorting 8 KB, and a world has fifty kinds of each. Here most maps have a dozen entries, the largest ten thousand.
//! A new entry shifts those behind it, so what grows without bound or is fed at the wrong end belongs elsewhere.
mod map;
mod set;
mod sort;

pub use map::SortedMap;
pub use set::SortedSet;
pub use sort::{sort, sort_by, sort_by_key};
