//! Kafka's primitive types as bytes: big-endian integers, strings with a two-byte length, byte arrays with a four-byte length.

use std::sync::Arc;

/// Appends primitive types to a buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn i16(&mut self, value: i16) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn i32(&mut self, value: i32) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    /// # Panics
    /// If the text is longer than 32767 bytes; names and metadata are bounded below that.
    pub(super) fn string(&mut self, text: &str) {
        self.i16(i16::try_from(text.len()).expect("names are shorter than 32768 bytes"));
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn nullable_string(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.i16(-1),
        }
    }

    /// A byte array of what `write` appends.
    pub(super) fn bytes(&mut self, write: impl FnOnce(&mut Writer)) {
        let start = self.0.len();
        self.i32(0);
        write(self);
        let len = (self.0.len() - start - 4) as i32;
        self.0[start..start + 4].copy_from_slice(&len.to_be_bytes());
    }

    pub(super) fn array<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Writer, T),
    ) {
        self.i32(items.len() as i32);
        items.for_each(|item| write(self, item));
    }
}

/// Takes primitive types off a buffer; None once something does not fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(super) fn nullable_string(&mut self) -> Option<Option<Arc<str>>> {
        let Ok(len) = usize::try_from(self.i16()?) else {
            return Some(None);
        };
        Some(Some(std::str::from_utf8(self.take(len)?).ok()?.into()))
    }

    pub(super) fn string(&mut self) -> Option<Arc<str>> {
        self.nullable_string()?
    }

    /// A byte array; null counts as empty.
    pub(super) fn bytes(&mut self) -> Option<Reader<'a>> {
        let len = usize::try_from(self.i32()?).unwrap_or(0);
        Some(Reader(self.take(len)?))
    }

    /// An array; null counts as empty. An element takes at least one byte, so a false length ends at the end of the buffer.
    pub(super) fn array<T>(
        &mut self,
        mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let len = self.i32()?.max(0);
        (0..len).map(|_| read(self)).collect()
    }
}
