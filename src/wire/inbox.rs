//! A byte stream on its way to becoming messages.
//!
//! In: chunks of any size. Out: whole items, in order. Holds at most what the largest item needs; the caller bounds a chunk.

use super::fields::{Decoded, Keys, Malformed, Reader, decode};

/// Bytes that have arrived and were not taken yet.
#[derive(Debug, Default)]
pub struct Inbox {
    buffer: Vec<u8>,
    taken: usize,
    /// The length of the item that was taken last.
    last: usize,
}

impl Inbox {
    /// Appends a chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            (self.taken, self.last) = (0, 0);
        }
        self.buffer.extend_from_slice(chunk);
    }

    /// Takes the next item off the front, `Ok(None)` if it has not arrived whole.
    pub fn next<T>(
        &mut self,
        keys: &Keys,
        read: impl FnOnce(&mut Reader<'_>) -> Decoded<T>,
    ) -> Result<Option<T>, Malformed> {
        let waiting = self.buffer.get(self.taken..).unwrap_or_default();
        Ok(decode(waiting, keys, read)?.map(|(item, used)| {
            self.taken += used;
            self.last = used;
            item
        }))
    }

    /// The bytes of the item that was taken last, as they came; empty once more has been pushed.
    pub fn last(&self) -> &[u8] {
        self.buffer.get(self.taken.saturating_sub(self.last)..self.taken).unwrap_or_default()
    }

    /// Everything that waits, as it came.
    pub fn take_rest(&mut self) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.buffer);
        all.drain(..std::mem::take(&mut self.taken));
        self.last = 0;
        all
    }

    /// How many bytes wait to be taken.
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.taken
    }
}
