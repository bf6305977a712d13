//! What must hold for every decoder of the wire, whatever the bytes.
//!
//! In: bytes, a reader, a writer. Out: nothing; a broken promise panics.

use std::sync::LazyLock;

use crate::wire::Clear;
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::fields::{Decoded, Keys, Malformed, Reader, decode};
use crate::wire::inbox::Inbox;

/// One item at the front of `data`. What is missing is asked for, what is wrong stays wrong, and what was read is written and read
/// the same again, in clear and under keys. `write` gives `None` for what is never written.
pub(super) fn one<T>(data: &[u8], read: impl Fn(&mut Reader<'_>) -> Decoded<T>, write: impl Fn(&T) -> Option<Clear>) {
    match decode(data, &Keys::CLEAR, &read) {
        Ok(None) => {}
        Err(fault) => {
            assert!(fault.at <= data.len(), "{fault}: beyond what came");
            assert!(fault.got.len() <= MAX_FAULT, "a fault repeats too much of what came");
            let longer = [data, &[0; 9]].concat();
            let still = decode(&longer, &Keys::CLEAR, &read).err();
            assert_eq!(still, Some(fault), "more bytes made something else of a fault");
        }
        Ok(Some((item, used))) => {
            assert!(0 < used && used <= data.len(), "took {used} of {} bytes", data.len());
            for cut in cuts(used) {
                let part = data.get(..cut).unwrap_or_default();
                assert!(matches!(decode(part, &Keys::CLEAR, &read), Ok(None)), "cut after {cut} of {used} bytes");
            }
            if let Some(clear) = write(&item) {
                assert!(clear.bytes.len() <= used + SLACK, "{} bytes became {}", used, clear.bytes.len());
                same(&clear, &read, &write);
            }
        }
    }
}

/// A stream of items in pieces is the same stream.
pub(super) fn stream<T>(
    data: &[u8],
    read: impl Fn(&mut Reader<'_>) -> Decoded<T>,
    write: impl Fn(&T) -> Option<Clear>,
) {
    let mut whole = Inbox::default();
    whole.push(data);
    let (items, end) = drain(&mut whole, &read, &write);
    let mut pieces = Inbox::default();
    let (mut pieces_items, mut pieces_end) = (Vec::new(), Ok(()));
    let mut rest = data;
    let mut seed = data.iter().fold(1u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    while !rest.is_empty() && pieces_end.is_ok() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = usize::try_from(seed >> 29).unwrap_or_default() + 1;
        let (piece, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        pieces.push(piece);
        let (more, end) = drain(&mut pieces, &read, &write);
        pieces_items.extend(more);
        pieces_end = end;
    }
    assert_eq!((pieces_items, pieces_end), (items, end), "pieces made another stream");
}

/// What was written reads as what was written.
fn same<T>(clear: &Clear, read: impl Fn(&mut Reader<'_>) -> Decoded<T>, write: impl Fn(&T) -> Option<Clear>) {
    let mut free = 0;
    for span in &clear.spans {
        assert!(span.offset >= free && span.length > 0, "spans are in order");
        free = span.offset.saturating_add(span.length);
    }
    assert!(usize::try_from(free).is_ok_and(|end| end <= clear.bytes.len()), "spans lie within");
    for keys in [&Keys::CLEAR, &*KEYS] {
        let sealed = clear.seal(keys);
        let again = decode(&sealed, keys, &read).map(|done| done.map(|(item, used)| (write(&item), used)));
        assert_eq!(again, Ok(Some((Some(clear.clone()), sealed.len()))), "what was written reads differently");
    }
}

type Ended = Result<(), Malformed>;

fn drain<T>(
    inbox: &mut Inbox,
    read: impl Fn(&mut Reader<'_>) -> Decoded<T>,
    write: impl Fn(&T) -> Option<Clear>,
) -> (Vec<Option<Clear>>, Ended) {
    let mut items = Vec::new();
    loop {
        let before = inbox.waiting();
        match inbox.next(&Keys::CLEAR, &read) {
            Ok(Some(item)) => {
                assert!(inbox.waiting() < before, "an item took nothing: a loop over them would not end");
                items.push(write(&item));
            }
            Ok(None) => return (items, Ok(())),
            Err(fault) => return (items, Err(fault)),
        }
    }
}

/// Every cut of a short message, the ends and a spread of a long one.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    let step = (length / 256).max(1);
    (0..length.min(64)).chain((64..length).step_by(step)).chain(length.checked_sub(1))
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let cipher = |byte: u8| Cipher::new(CipherName::Aes256, &KeyMaterial::from_parts([byte; 40], [byte; 20]));
    Keys { control: Some(cipher(1)), meeting: Some(cipher(2)) }
});

/// A newer form may take more bytes than the one that came, a name be said twice; nothing grows with what a peer says it will send.
const SLACK: usize = 256;

/// Bytes of a fault's `got`.
const MAX_FAULT: usize = 512;
