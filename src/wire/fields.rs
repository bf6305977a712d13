//! Single fields: reading them from bytes that may not all be there yet, and writing them.
//!
//! In: a slice and the keys, or values. Out: values, or a [`Clear`] message. A length is checked against its limit before anything
//! is taken, and bytes are copied only when they have all arrived.

use super::cipher::Cipher;
use super::clear::{Clear, Span, SpanKey};

/// Why a message could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// More bytes are needed: not a fault.
    #[error("the message has not arrived whole")]
    Incomplete,
    /// The peer broke the protocol.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// What the peer sent against the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at} of the message: expected {expected}, got {got}")]
pub struct Malformed {
    /// Offset within the message.
    pub at: usize,
    /// What should have come.
    pub expected: &'static str,
    /// What came.
    pub got: String,
}

/// What a field reader gives.
pub type Decoded<T> = Result<T, DecodeError>;

/// The keys of a connection. A key that is absent means that those fields travel in clear, as in a recording.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// `enc`: from this connection's key exchange.
    pub control: Option<Cipher>,
    /// `encM`: from INITIAL_INFO; in playback the control key again (wire/00 section 2).
    pub meeting: Option<Cipher>,
}

impl Keys {
    /// No encryption: a recording, or a message in memory.
    pub const CLEAR: Keys = Keys { control: None, meeting: None };

    /// The cipher of a field.
    pub(super) fn of(&self, key: SpanKey) -> Option<&Cipher> {
        match key {
            SpanKey::Control => self.control.as_ref(),
            SpanKey::Meeting => self.meeting.as_ref(),
        }
    }
}

/// Reads fields from the front of a byte stream.
#[derive(Debug)]
pub struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    keys: &'a Keys,
    /// Where to note the encrypted fields.
    trail: Option<&'a mut Vec<Span>>,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of a message.
    pub fn new(data: &'a [u8], keys: &'a Keys) -> Reader<'a> {
        Reader { data, at: 0, keys, trail: None }
    }

    /// The same, and notes every encrypted field in `trail`, an empty one too.
    pub fn tracing(data: &'a [u8], keys: &'a Keys, trail: &'a mut Vec<Span>) -> Reader<'a> {
        Reader { data, at: 0, keys, trail: Some(trail) }
    }

    /// How many bytes were taken so far.
    pub fn taken(&self) -> usize {
        self.at
    }

    /// Everything that has arrived, from the message's first byte.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// The next `n` bytes as they are.
    pub fn bytes(&mut self, n: usize) -> Decoded<&'a [u8]> {
        let end = self.at.checked_add(n).ok_or(DecodeError::Incomplete)?;
        let taken = self.data.get(self.at..end).ok_or(DecodeError::Incomplete)?;
        self.at = end;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Decoded<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// The next big-endian `i32`, left where it is.
    pub fn peek_i32(&self) -> Decoded<i32> {
        let mut ahead = Reader { data: self.data, at: self.at, keys: self.keys, trail: None };
        ahead.i32()
    }

    /// A big-endian `i32`.
    pub fn i32(&mut self) -> Decoded<i32> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// A big-endian `u32`.
    pub fn u32(&mut self) -> Decoded<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// An `i32` that counts or measures: refused outside `min..=max`.
    pub fn count(&mut self, min: i32, max: i32, expected: &'static str) -> Decoded<usize> {
        let at = self.at;
        let n = self.i32()?;
        if n < min || n > max || n < 0 {
            return Err(Malformed { at, expected, got: n.to_string() }.into());
        }
        Ok(usize::try_from(n).unwrap_or_default())
    }

    /// `lp-bytes` of at most `max` bytes.
    pub fn lp(&mut self, max: i32, expected: &'static str) -> Decoded<&'a [u8]> {
        let n = self.count(0, max, expected)?;
        self.bytes(n)
    }

    /// `lp-utf8` of at most `max` bytes. Bytes that are no UTF-8 become U+FFFD: a name must not end a connection.
    pub fn text(&mut self, max: i32, expected: &'static str) -> Decoded<String> {
        Ok(lossy(self.lp(max, expected)?.to_vec()))
    }

    /// `n` encrypted bytes, decrypted.
    pub fn enc(&mut self, key: SpanKey, n: usize) -> Decoded<Vec<u8>> {
        let mut plain = self.bytes(n)?.to_vec();
        self.note(n, key);
        if let Some(cipher) = self.keys.of(key) {
            cipher.decrypt(&mut plain);
        }
        Ok(plain)
    }

    /// An encrypted array, decrypted.
    pub fn enc_array<const N: usize>(&mut self, key: SpanKey) -> Decoded<[u8; N]> {
        let mut plain = self.array::<N>()?;
        self.note(N, key);
        if let Some(cipher) = self.keys.of(key) {
            cipher.decrypt(&mut plain);
        }
        Ok(plain)
    }

    /// The last `n` bytes were encrypted.
    fn note(&mut self, n: usize, key: SpanKey) {
        if let Some(trail) = &mut self.trail {
            let offset = u32::try_from(self.at.saturating_sub(n)).unwrap_or(u32::MAX);
            trail.push(Span { offset, length: u32::try_from(n).unwrap_or(u32::MAX), key });
        }
    }

    /// Length in clear, then that many encrypted bytes of UTF-8 text.
    pub fn enc_text(&mut self, key: SpanKey, max: i32, expected: &'static str) -> Decoded<String> {
        let n = self.count(0, max, expected)?;
        Ok(lossy(self.enc(key, n)?))
    }

    /// An error at the field that was read last, `back` bytes ago.
    pub fn malformed(&self, back: usize, expected: &'static str, got: impl ToString) -> DecodeError {
        Malformed { at: self.at.saturating_sub(back), expected, got: got.to_string() }.into()
    }
}

/// Decodes one item from the front of `data`: `Ok(None)` means that more bytes are needed.
pub fn decode<T>(
    data: &[u8],
    keys: &Keys,
    read: impl FnOnce(&mut Reader<'_>) -> Decoded<T>,
) -> Result<Option<(T, usize)>, Malformed> {
    let mut reader = Reader::new(data, keys);
    match read(&mut reader) {
        Ok(item) => Ok(Some((item, reader.taken()))),
        Err(DecodeError::Incomplete) => Ok(None),
        Err(DecodeError::Malformed(fault)) => Err(fault),
    }
}

/// UTF-8, with U+FFFD where it is not. Never longer than the bytes that came: a text within its limit stays within it.
pub fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|e| cut_utf8(&String::from_utf8_lossy(e.as_bytes()), e.as_bytes().len()).to_owned())
}

/// The longest prefix of `text` of at most `max` bytes that ends between characters.
pub fn cut_utf8(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    &text[..end]
}

/// Writes fields in clear and remembers what the wire encrypts.
impl Clear {
    /// An empty message.
    pub fn new() -> Clear {
        Clear::default()
    }

    /// A message that starts with a command byte.
    pub fn command(command: u8) -> Clear {
        Clear { bytes: vec![command], spans: Vec::new() }
    }

    /// A message that starts with an extended command, EXT(`id`).
    pub fn ext(id: i32) -> Clear {
        Clear::command(EXTENSION).i32(id)
    }

    /// Appends a byte.
    pub fn u8(mut self, value: u8) -> Clear {
        self.bytes.push(value);
        self
    }

    /// Appends a big-endian `i32`.
    pub fn i32(mut self, value: i32) -> Clear {
        self.bytes.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// Appends a big-endian `u32`.
    pub fn u32(self, value: u32) -> Clear {
        self.raw(&value.to_be_bytes())
    }

    /// Appends bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Clear {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends a length as `i32`.
    pub fn len(self, n: usize) -> Clear {
        self.i32(i32::try_from(n).unwrap_or(i32::MAX))
    }

    /// Appends `lp-bytes`.
    pub fn lp(self, bytes: &[u8]) -> Clear {
        self.len(bytes.len()).raw(bytes)
    }

    /// Appends bytes that the wire encrypts under `key`.
    pub fn enc(mut self, key: SpanKey, bytes: &[u8]) -> Clear {
        let offset = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if length > 0 {
            self.spans.push(Span { offset, length, key });
        }
        self.raw(bytes)
    }

    /// Appends a length in clear, then bytes that the wire encrypts under `key`.
    pub fn enc_lp(self, key: SpanKey, bytes: &[u8]) -> Clear {
        self.len(bytes.len()).enc(key, bytes)
    }

    /// The bytes as they go over a connection with these keys.
    pub fn seal(&self, keys: &Keys) -> Vec<u8> {
        let mut wire = self.bytes.clone();
        for span in &self.spans {
            let (from, len) = (span.offset as usize, span.length as usize);
            if let (Some(cipher), Some(run)) = (keys.of(span.key), wire.get_mut(from..from.saturating_add(len))) {
                cipher.encrypt(run);
            }
        }
        wire
    }

    /// True if no span is under the control key, so that one sealing serves everybody in a meeting.
    pub fn is_shared(&self) -> bool {
        self.spans.iter().all(|span| span.key == SpanKey::Meeting)
    }
}

/// The command byte that multiplexes the extended commands (wire/02 section 0).
pub const EXTENSION: u8 = 0x7a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_outside_its_limit_is_refused_before_its_bytes_are_waited_for() {
        let data = 200i32.to_be_bytes();
        let fault = decode(&data, &Keys::CLEAR, |r| r.text(127, "a name of at most 127 bytes")).unwrap_err();
        assert_eq!(fault.to_string(), "at byte 0 of the message: expected a name of at most 127 bytes, got 200");
        assert!(decode(&(-1i32).to_be_bytes(), &Keys::CLEAR, |r| r.lp(10, "x").map(<[u8]>::len)).is_err());
    }

    #[test]
    fn a_message_that_is_not_all_there_asks_for_more() {
        let whole = Clear::new().lp(b"hello").bytes;
        for n in 0..whole.len() {
            assert_eq!(decode(&whole[..n], &Keys::CLEAR, |r| r.text(9, "x")), Ok(None));
        }
        assert_eq!(decode(&whole, &Keys::CLEAR, |r| r.text(9, "x")), Ok(Some(("hello".into(), 9))));
    }

    #[test]
    fn a_text_that_is_no_utf_8_does_not_grow_over_its_limit() {
        let mut torn = vec![b'a'; 2046];
        torn.push(0xe6);
        assert_eq!(lossy(torn), "a".repeat(2046));
        assert_eq!(lossy(vec![0xff; 7]), "\u{fffd}\u{fffd}");
        let name = Clear::new().lp(&[0xff; 127]).bytes;
        let (name, _) = decode(&name, &Keys::CLEAR, |r| r.text(127, "x")).unwrap().unwrap();
        assert_eq!(name, "\u{fffd}".repeat(42));
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut_utf8("會議", 4), "會");
        assert_eq!(cut_utf8("會議", 2), "");
        assert_eq!(cut_utf8("ab", 2), "ab");
    }
}
