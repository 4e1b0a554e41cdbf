//! A run in the fragment of an address: format, length, deflated postcard, checksum; all of it in base64url.
//!
//! Every format begins with its number and ends with the checksum, so that damage and age can be told apart.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::{deflate, inflate};

use super::complaint::{Complaint, Wrong};
use super::{Shared, check};
use crate::limits::{LINK_CHARS_MAX, SHARED_BYTES_MAX};

/// What the fragment of a shared run begins with.
pub const PREFIX: &str = "#run=";
/// The format that is written, and the latest that is read.
const FORMAT: u8 = 1;
/// How hard deflate tries, of ten.
const EFFORT: u8 = 9;
const CHECKSUM_BYTES: usize = 4;

/// The link's fragment.
///
/// # Errors
/// The number of characters if they are too many to travel.
pub fn encode(shared: &Shared) -> Result<String, usize> {
    let mut apart = shared.clone();
    gaps(&mut apart);
    let body = postcard::to_allocvec(&apart).expect("plain data can always be encoded");
    let text = seal(FORMAT, body.len() as u32, &body);
    if text.len() > LINK_CHARS_MAX { Err(text.len()) } else { Ok(text) }
}

/// The text of a body that claims a format and a length.
pub(super) fn seal(format: u8, length: u32, body: &[u8]) -> String {
    let mut bytes = vec![format];
    bytes.extend(length.to_le_bytes());
    bytes.extend(deflate::compress_to_vec(body, EFFORT));
    let sum = checksum(&bytes);
    bytes.extend(sum.to_le_bytes());
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The run of a fragment, with every action looked at.
///
/// # Errors
/// What is wrong with it.
pub fn decode(fragment: &str) -> Result<Shared, Complaint> {
    let text = fragment.strip_prefix(PREFIX).ok_or(Complaint::Foreign)?;
    if fragment.len() > LINK_CHARS_MAX {
        let (size, limit) = (fragment.len() as u64, LINK_CHARS_MAX as u64);
        return Err(Complaint::TooLarge { size, limit });
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Complaint::Damaged)?;
    let body = unseal(&bytes)?;
    let (mut shared, rest) =
        postcard::take_from_bytes::<Shared>(&body).map_err(|_| Complaint::Damaged)?;
    if !rest.is_empty() {
        return Err(Complaint::Damaged);
    }
    times(&mut shared)?;
    check::check(&shared)?;
    Ok(shared.clamped())
}

/// The body, whole, of the length that it says it has.
fn unseal(bytes: &[u8]) -> Result<Vec<u8>, Complaint> {
    let (sealed, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(Complaint::Damaged)?;
    if checksum(sealed) != u32::from_le_bytes(*sum) {
        return Err(Complaint::Damaged);
    }
    let (format, rest) = sealed.split_first().ok_or(Complaint::Damaged)?;
    match format.cmp(&FORMAT) {
        Ordering::Less => return Err(Complaint::Foreign),
        Ordering::Equal => {}
        Ordering::Greater => return Err(Complaint::Newer { format: u64::from(*format) }),
    }
    let (length, deflated) = rest.split_first_chunk::<4>().ok_or(Complaint::Damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > SHARED_BYTES_MAX {
        let (size, limit) = (length as u64, SHARED_BYTES_MAX as u64);
        return Err(Complaint::TooLarge { size, limit });
    }
    let body = inflate::decompress_to_vec_with_limit(deflated, length);
    body.ok().filter(|body| body.len() == length).ok_or(Complaint::Damaged)
}

/// FNV-1a, 32 bits: each step can be undone, so no single changed byte stays unseen.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step)
}

/// Replaces the stamps by what lies between them, which is shorter.
fn gaps(shared: &mut Shared) {
    let mut before = (0, 0);
    for act in &mut shared.script.acts {
        let stamp = (act.time_us, act.after_events);
        act.time_us -= before.0;
        act.after_events -= before.1;
        before = stamp;
    }
}

/// Takes that back.
fn times(shared: &mut Shared) -> Result<(), Complaint> {
    let count = shared.script.acts.len();
    let mut before = (0_u64, 0_u64);
    for (place, act) in shared.script.acts.iter_mut().enumerate() {
        let time = before.0.checked_add(act.time_us);
        let events = before.1.checked_add(act.after_events);
        let (Some(time), Some(events)) = (time, events) else {
            return Err(Complaint::about(place, count, Wrong::AfterMoment));
        };
        (act.time_us, act.after_events) = (time, events);
        before = (time, events);
    }
    Ok(())
}
