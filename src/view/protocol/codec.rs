//! How a message becomes bytes: the version, then postcard.

use serde::{Deserialize, Serialize};

use super::VERSION;

/// Why bytes are not a message for this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The other side is of another build.
    Version(u16),
    Malformed,
}

/// Encodes a message, the version before it.
///
/// # Panics
/// Never: every type in here can be encoded.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.extend(postcard::to_allocvec(message).expect("plain data can always be encoded"));
    bytes
}

/// Decodes a message.
///
/// # Errors
/// If the bytes are of another version, or are no message.
pub fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Refusal> {
    let (version, body) = bytes.split_first_chunk::<2>().ok_or(Refusal::Malformed)?;
    match u16::from_le_bytes(*version) {
        VERSION => postcard::from_bytes(body).map_err(|_| Refusal::Malformed),
        other => Err(Refusal::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::protocol::{Command, Script, Stamped, Update};

    #[test]
    fn a_command_survives_the_way_to_the_engine() {
        let script = Script {
            seed: 7,
            acts: vec![Stamped { time_us: 1, after_events: 1, action: vec![1, 2] }],
            ..Script::default()
        };
        let command = Command::Open { script, at_us: 14_200_000, playing: true };
        assert_eq!(decode::<Command>(&encode(&command)), Ok(command));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        assert_eq!(decode::<Command>(&[4, 0, 250, 1, 2]), Err(Refusal::Malformed));
        assert_eq!(decode::<Command>(&[9, 0, 1]), Err(Refusal::Version(9)));
        assert_eq!(decode::<Update>(&[]), Err(Refusal::Malformed));
    }
}
