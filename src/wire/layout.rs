//! The lengths of all commands that this version passes over (wire/02 section 1, wire/03, wire/05 section 6).
//!
//! In: the front of a byte stream after a command byte or EXT number. Out: how many bytes the command has. There is no outer
//! framing: one wrong length and every later byte is misread, so every command of the index stands here until a family claims it.

use super::fields::{DecodeError, Decoded, Reader};

/// A command that is known by its length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Passed {
    /// Its name in the specification.
    pub name: &'static str,
    /// The whole message as it came: fields that the wire encrypts still are.
    pub bytes: Vec<u8>,
}

// The bytes may hold a password or a text.
impl std::fmt::Debug for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.name, self.bytes.len())
    }
}

/// What follows a command byte or number.
#[derive(Clone, Copy)]
enum Part {
    /// So many bytes.
    Fixed(usize),
    /// An `i32` count of at most `max`, then that many units of `unit` bytes.
    Counted { unit: usize, max: i32 },
}

/// A command: its name and its parts.
struct Layout {
    name: &'static str,
    parts: &'static [Part],
}

/// A command with one run of bytes.
macro_rules! fixed {
    ($name:literal, $n:literal) => {
        Layout { name: $name, parts: &[Part::Fixed($n)] }
    };
}

/// A command with several parts.
macro_rules! layout {
    ($name:literal, $($kind:ident $args:tt),+) => {
        Layout { name: $name, parts: &[$(Part::$kind $args),+] }
    };
}

/// Reads past a command of a client whose first byte was `command`; for 0x7a the EXT number has been read too.
pub fn pass_to_server(command: u8, ext: Option<i32>, r: &mut Reader<'_>) -> Decoded<Passed> {
    let layout = match (command, ext) {
        (b'A', _) => fixed!("FLIP", 4),
        (b'E', _) => fixed!("DELETE_SLIDE", 4),
        (b'G', _) => fixed!("CLEAR_MARK", 4),
        (b'V', _) => fixed!("REQUEST_VIDEO", 4),
        (b'M', _) => match r.u8()? {
            b's' => layout!("MARK STROKE2", Fixed(20), Counted { unit: 8, max: MAX_POINTS }, Fixed(4)),
            b't' => layout!("MARK TEXT2", Fixed(32), Counted { unit: 1, max: 2048 }, Fixed(4)),
            b'm' => layout!("MARK MOVE", Fixed(20), Counted { unit: 4, max: MAX_POINTS }),
            b'c' => layout!("MARK CUSTOMIZED", Fixed(20), Counted { unit: 1, max: MAX_IMAGE }),
            b'u' => fixed!("MARK GLOBAL UNDO", 8),
            other => return Err(r.malformed(1, "a mark of type s, t, m, c or u", format!("{other:#04x}"))),
        },
        (_, Some(id)) => match id {
            2 => fixed!("UNDO_MARK", 8),
            3 => fixed!("PREFERENCE", 8),
            21 => fixed!("TCPMEDIA", 4),
            23 => fixed!("FOCUS_POINTER", 28),
            31 => fixed!("BOTH_VIDEO_PREFERENCE", 4),
            35 => match r.i32()? {
                0 => fixed!("POLL_SLIDEDOWNLOAD", 4),
                1 => fixed!("POLL_SLIDEDOWNLOAD", 12),
                other => return Err(r.malformed(4, "EXT(35) sub 0 or 1", other)),
            },
            37 => match r.i32()? {
                4 | 7 => fixed!("PARTICIPANT_VIDEO", 4),
                other => return Err(r.malformed(4, "EXT(37) sub 4, 7, 10 or 11", other)),
            },
            39 => match r.i32()? {
                1 => fixed!("MCU_RELAY", 4),
                2 => fixed!("MCU_RELAY", 12),
                3 => fixed!("MCU_RELAY", 24),
                other => return Err(r.malformed(4, "EXT(39) sub 1, 2 or 3", other)),
            },
            45 => match r.i32()? {
                1 => fixed!("PLUGIN", 40),
                2 => layout!("PLUGIN", Fixed(4), Counted { unit: 1, max: 65_536 }),
                3 => fixed!("PLUGIN", 4),
                6 => fixed!("PLUGIN", 8),
                other => return Err(r.malformed(4, "EXT(45) sub 1, 2, 3 or 6", other)),
            },
            48 => fixed!("PLAYBACK_PARTICIPANT_VIDEO", 8),
            52 => layout!("PLUGIN_CONTROL_DATA", Fixed(12), Counted { unit: 1, max: 8192 }, Fixed(4)),
            84 => fixed!("SWAP_SLIDE", 8),
            85 => fixed!("MOVE_SLIDE", 8),
            94 => fixed!("REQUEST_AUDIO", 4),
            other => return Err(r.malformed(4, "an EXT number that clients send", other)),
        },
        (other, None) => return Err(r.malformed(1, "a command that clients send", format!("{other:#04x}"))),
    };
    pass(&layout, r)
}

/// Reads past a command of a server whose first byte was `command`; for 0x7a the EXT number has been read too.
pub fn pass_to_client(command: u8, ext: Option<i32>, r: &mut Reader<'_>) -> Decoded<Passed> {
    let layout = match (command, ext) {
        (b'A', _) => fixed!("FLIP", 4),
        (b'F', _) => fixed!("DEFAULT_VIDEO", 4),
        (b'G', _) => fixed!("CLEAR_MARK", 4),
        (b'M', _) => match r.u8()? {
            b's' => layout!("MARK STROKE2", Fixed(20), Counted { unit: 8, max: MAX_POINTS }, Fixed(8)),
            b't' => layout!("MARK TEXT2", Fixed(32), Counted { unit: 1, max: 2048 }, Fixed(8)),
            b'm' => layout!("MARK MOVE", Fixed(28), Counted { unit: 4, max: MAX_POINTS }),
            b'c' => layout!("MARK CUSTOMIZED", Fixed(24), Counted { unit: 1, max: MAX_IMAGE }, Fixed(4)),
            b'S' => layout!("MARK STROKE", Fixed(20), Counted { unit: 8, max: MAX_POINTS }),
            b'T' => layout!("MARK TEXT", Fixed(32), Counted { unit: 1, max: 2048 }),
            other => return Err(r.malformed(1, "a mark of type s, t, m, c, S or T", format!("{other:#04x}"))),
        },
        (_, Some(id)) => match id {
            2 => fixed!("UNDO_MARK", 12),
            10 => fixed!("MULTICAST_ADDR", 4),
            13 => fixed!("RATE_CONTROL", 4),
            21 => fixed!("TCPMEDIA", 4),
            23 => fixed!("FOCUS_POINTER", 28),
            35 => match r.i32()? {
                0 => fixed!("POLL_SLIDEDOWNLOAD", 8),
                1 => fixed!("POLL_SLIDEDOWNLOAD", 12),
                other => return Err(r.malformed(4, "EXT(35) sub 0 or 1", other)),
            },
            37 => match r.i32()? {
                2 | 3 => fixed!("PARTICIPANT_VIDEO", 0),
                5 => fixed!("PARTICIPANT_VIDEO", 12),
                6 | 8 => fixed!("PARTICIPANT_VIDEO", 8),
                17 => {
                    r.i32()?;
                    match r.i32()? {
                        0 => fixed!("PARTICIPANT_VIDEO", 0),
                        _ => layout!("PARTICIPANT_VIDEO", Counted { unit: 1, max: 5000 }),
                    }
                }
                other => return Err(r.malformed(4, "EXT(37) sub 0, 2, 3, 5, 6, 8, 12, 13, 16 or 17", other)),
            },
            39 => match r.i32()? {
                1 => fixed!("MCU_RELAY", 0),
                2 => fixed!("MCU_RELAY", 24),
                other => return Err(r.malformed(4, "EXT(39) sub 1 or 2", other)),
            },
            40 => fixed!("SYNC_CLOCK", 4),
            45 => match r.i32()? {
                2 => layout!("PLUGIN", Fixed(4), Counted { unit: 1, max: 65_536 }),
                3 | 8 => fixed!("PLUGIN", 4),
                4 => fixed!("PLUGIN", 48),
                5 => fixed!("PLUGIN", 8),
                7 => layout!("PLUGIN", Fixed(8), Counted { unit: 1, max: 65_536 }),
                other => return Err(r.malformed(4, "EXT(45) sub 2, 3, 4, 5, 7 or 8", other)),
            },
            49 => fixed!("RECORDING_FILEVERSION", 12),
            52 => layout!("PLUGIN_CONTROL_DATA", Fixed(8), Counted { unit: 1, max: 8192 }),
            53 => fixed!("DISABLE_UTF8", 4),
            61 => fixed!("NEW_FOCUS_POINTER", 48),
            65 | 67 => fixed!("MULTICAST_ADDR", 16),
            66 => fixed!("MULTICAST_ADDR", 4),
            82 => match r.i32()? {
                0 | 1 => fixed!("FILE_CONVERSION", 4),
                2 => layout!("FILE_CONVERSION", Fixed(8), Counted { unit: 1, max: 999 }),
                other => return Err(r.malformed(4, "EXT(82) sub 0, 1 or 2", other)),
            },
            84 => fixed!("SWAP_SLIDE", 8),
            85 => fixed!("MOVE_SLIDE", 8),
            91 => fixed!("FLIP_SLIDE", 8),
            other => return Err(r.malformed(4, "an EXT number that servers send", other)),
        },
        (other, None) => return Err(r.malformed(1, "a command that servers send", format!("{other:#04x}"))),
    };
    pass(&layout, r)
}

fn pass(layout: &Layout, r: &mut Reader<'_>) -> Decoded<Passed> {
    for part in layout.parts {
        match *part {
            Part::Fixed(n) => {
                r.bytes(n)?;
            }
            Part::Counted { unit, max } => {
                let n = r.count(0, max, "a count within the command's limit")?;
                r.bytes(n.checked_mul(unit).ok_or(DecodeError::Incomplete)?)?;
            }
        }
    }
    let bytes = r.data().get(..r.taken()).unwrap_or_default().to_vec();
    Ok(Passed { name: layout.name, bytes })
}

// The specification states no limit (wire/03 section 4.3); more points than this is no stroke of a hand.
const MAX_POINTS: i32 = 65_536;
// wire/03 section 4.5: the known client refuses to send more.
const MAX_IMAGE: i32 = 500_000;

#[cfg(test)]
mod tests {
    use crate::wire::fields::{Decoded, EXTENSION, Keys, Malformed, Reader, decode};
    use crate::wire::{ToClient, ToServer};

    /// The index of wire/02 section 1 with its sub-commands, C>S: a command, and its length if all that follows is zero.
    #[rustfmt::skip]
    const TO_SERVER: &[(&str, usize)] = &[
        ("! sub 5", 5), ("! sub 6", 5), ("! sub 7", 5), ("! sub 8", 9), ("! sub 9", 5), ("! sub 10", 9), ("A", 5), ("B type 0", 2),
        ("C", 5), ("D", 5), ("E", 5), ("G", 5), ("J", 5), ("K", 5), ("M type c", 26), ("M type m", 26), ("M type s", 30),
        ("M type t", 42), ("M type u", 10), ("Q", 9), ("T", 5), ("V", 5), ("X", 1), ("t sub 2", 9),
        ("EXT 1", 9), ("EXT 2", 13), ("EXT 3", 13), ("EXT 8", 13), ("EXT 15", 13), ("EXT 18", 9), ("EXT 20", 13), ("EXT 21", 9),
        ("EXT 22", 9), ("EXT 23", 33), ("EXT 31", 9), ("EXT 32", 9), ("EXT 33", 9), ("EXT 35 sub 0", 13), ("EXT 35 sub 1", 21),
        ("EXT 37 sub 4", 13), ("EXT 37 sub 7", 13), ("EXT 37 sub 10", 13), ("EXT 37 sub 11", 13), ("EXT 38 sub 1", 9),
        ("EXT 38 sub 2", 13), ("EXT 39 sub 1", 13), ("EXT 39 sub 2", 21), ("EXT 39 sub 3", 33), ("EXT 44", 13),
        ("EXT 45 sub 1", 49), ("EXT 45 sub 2", 17), ("EXT 45 sub 3", 13), ("EXT 45 sub 6", 17), ("EXT 48", 13), ("EXT 52", 25),
        ("EXT 55", 9), ("EXT 57 sub 2", 21), ("EXT 63", 13), ("EXT 64", 9), ("EXT 77", 9), ("EXT 78", 6), ("EXT 80", 9), ("EXT 81", 9),
        ("EXT 83", 5), ("EXT 84", 13), ("EXT 85", 13), ("EXT 89", 9), ("EXT 94", 9), ("EXT 96", 6), ("EXT 98", 11), ("EXT 100", 9),
        ("EXT 101", 9), ("EXT 102", 13), ("EXT 103", 13),
    ];

    /// The same, S>C.
    #[rustfmt::skip]
    const TO_CLIENT: &[(&str, usize)] = &[
        ("A", 5), ("B type 0", 2), ("C", 9), ("D", 5), ("E", 5), ("F", 5), ("G", 5), ("I", 1), ("J", 1), ("K", 1), ("M type c", 34),
        ("M type m", 34), ("M type s", 34), ("M type t", 46), ("M type S", 26), ("M type T", 38), ("Q", 9), ("S", 13),
        ("S sub 0 sub -1 sub 1", 22), ("T", 5), ("U type a", 27), ("U type A", 19), ("U type d", 6), ("U type D", 6), ("X", 1),
        ("t sub 1", 5), ("t sub 2", 13),
        ("EXT 0", 9), ("EXT 1", 9), ("EXT 2", 17), ("EXT 5", 5), ("EXT 7", 13), ("EXT 10", 9), ("EXT 11", 9), ("EXT 12", 5),
        ("EXT 13", 9), ("EXT 14", 5), ("EXT 20", 13), ("EXT 21", 9), ("EXT 22", 9), ("EXT 23", 33), ("EXT 29 sub 0", 13),
        ("EXT 29 sub 1", 9), ("EXT 30", 9), ("EXT 32", 9), ("EXT 33", 13), ("EXT 34", 5), ("EXT 35 sub 0", 17), ("EXT 35 sub 1", 21),
        ("EXT 37 sub 0", 17), ("EXT 37 sub 2", 9), ("EXT 37 sub 3", 9), ("EXT 37 sub 5", 21), ("EXT 37 sub 6", 17),
        ("EXT 37 sub 8", 17), ("EXT 37 sub 12", 17), ("EXT 37 sub 13", 17), ("EXT 37 sub 16", 13), ("EXT 37 sub 17", 17),
        ("EXT 37 sub 17 sub 0 sub 1", 21), ("EXT 38 sub 1", 9), ("EXT 38 sub 2", 17), ("EXT 39 sub 1", 9), ("EXT 39 sub 2", 33),
        ("EXT 40", 9), ("EXT 44", 21), ("EXT 44 sub 0 sub 0 sub 1", 25), ("EXT 45 sub 2", 17), ("EXT 45 sub 3", 13),
        ("EXT 45 sub 4", 57), ("EXT 45 sub 5", 17), ("EXT 45 sub 7", 21), ("EXT 45 sub 8", 13), ("EXT 49", 17), ("EXT 50", 5),
        ("EXT 51", 5), ("EXT 52", 17), ("EXT 53", 9), ("EXT 54", 9), ("EXT 55", 13), ("EXT 56", 17), ("EXT 57 sub 1", 17),
        ("EXT 57 sub 3", 21), ("EXT 57 sub 10", 21), ("EXT 58", 5), ("EXT 59", 9), ("EXT 61", 53), ("EXT 63", 13), ("EXT 64", 9),
        ("EXT 64 sub 200", 17), ("EXT 65", 21), ("EXT 66", 9), ("EXT 67", 21), ("EXT 69", 9), ("EXT 70", 9), ("EXT 71", 9), ("EXT 72", 9),
        ("EXT 73", 5), ("EXT 74", 9), ("EXT 75", 5), ("EXT 77", 9), ("EXT 78", 10), ("EXT 79", 5), ("EXT 80", 9),
        ("EXT 81", 9), ("EXT 82 sub 0", 13), ("EXT 82 sub 1", 13), ("EXT 82 sub 2", 21), ("EXT 83", 5), ("EXT 84", 13), ("EXT 85", 13),
        ("EXT 86", 9), ("EXT 87", 13), ("EXT 88", 13), ("EXT 89", 9), ("EXT 90", 13), ("EXT 91", 13), ("EXT 92", 9), ("EXT 93", 29),
        ("EXT 95", 9), ("EXT 96", 10), ("EXT 97", 9), ("EXT 99", 9), ("EXT 101", 9), ("EXT 102", 13), ("EXT 103", 13),
    ];

    /// Where a command has a count, what it counts in bytes, and the most that the specification (or, for marks, this file) allows.
    #[rustfmt::skip]
    const COUNTS_TO_SERVER: &[(&str, usize, usize, i32)] = &[
        ("C", 1, 1, 2047), ("M type c", 22, 1, 500_000), ("M type m", 22, 4, 65_536), ("M type s", 22, 8, 65_536), ("M type t", 34, 1, 2048),
        ("Q", 5, 1, 599), ("EXT 8", 5, 1, 999), ("EXT 15", 9, 4, 5000), ("EXT 20", 9, 1, 4096), ("EXT 44", 9, 1, 2047),
        ("EXT 45 sub 2", 13, 1, 65_536), ("EXT 52", 17, 1, 8192), ("EXT 57 sub 2", 9, 1, 999), ("EXT 64", 5, 1, 27), ("EXT 101", 5, 1, 512),
    ];

    /// The same, S>C.
    #[rustfmt::skip]
    const COUNTS_TO_CLIENT: &[(&str, usize, usize, i32)] = &[
        ("C", 1, 1, 2047), ("M type c", 26, 1, 500_000), ("M type m", 30, 4, 65_536), ("M type s", 22, 8, 65_536), ("M type t", 34, 1, 2048),
        ("M type S", 22, 8, 65_536), ("M type T", 34, 1, 2048), ("Q", 5, 1, 599), ("S", 5, 1, 600),
        ("S sub 0 sub -1 sub 1", 14, 1, 600), ("U type a", 7, 1, 127), ("U type a", 11, 1, 127), ("U type a", 15, 1, 127), ("EXT 7", 5, 1, 999),
        ("EXT 7", 9, 1, 127), ("EXT 20", 9, 1, 4096), ("EXT 37 sub 17 sub 0 sub 1", 17, 1, 5000), ("EXT 44 sub 0 sub 0 sub 1", 17, 1, 2047),
        ("EXT 45 sub 2", 13, 1, 65_536), ("EXT 45 sub 7", 17, 1, 65_536), ("EXT 52", 13, 1, 8192), ("EXT 56", 5, 1, 2047),
        ("EXT 57 sub 1", 9, 1, 999), ("EXT 57 sub 3", 9, 1, 999), ("EXT 57 sub 10", 9, 1, 999), ("EXT 57 sub 10", 17, 1, 999),
        ("EXT 69", 5, 1, 511), ("EXT 71", 5, 4, 32), ("EXT 72", 5, 4, 32), ("EXT 82 sub 2", 17, 1, 999),
        ("EXT 90", 5, 1, 29), ("EXT 90", 9, 1, 127), ("EXT 93", 5, 1, 2047), ("EXT 95", 5, 1, 999), ("EXT 97", 5, 1, 9999), ("EXT 99", 5, 1, 128),
        ("EXT 101", 5, 1, 512),
    ];

    #[test]
    fn every_command_of_the_index_has_its_length() {
        lengths(TO_SERVER, taken(ToServer::decode));
        lengths(TO_CLIENT, taken(ToClient::decode));
    }

    #[test]
    fn every_count_lengthens_its_command_up_to_its_limit() {
        counts(TO_SERVER, COUNTS_TO_SERVER, taken(ToServer::decode));
        counts(TO_CLIENT, COUNTS_TO_CLIENT, taken(ToClient::decode));
    }

    #[test]
    fn a_picture_has_1_to_1_000_000_bytes() {
        let whole = |n: i32| {
            let mut message = head("EXT 76 sub 0 sub 0");
            message.extend(n.to_be_bytes());
            message.resize(message.len() + usize::try_from(n).unwrap_or_default(), 0);
            taken(ToClient::decode)(&message).map(|taken| taken == Some(message.len()))
        };
        assert_eq!((whole(1), whole(1_000_000)), (Ok(true), Ok(true)));
        for n in [0, -1, 1_000_001, i32::MAX] {
            let message = [head("EXT 76 sub 0 sub 0"), n.to_be_bytes().to_vec()].concat();
            assert!(taken(ToClient::decode)(&message).is_err(), "{n}");
        }
    }

    #[test]
    fn a_slide_has_a_property_of_1_to_4000_bytes_or_none() {
        let whole = |n: i32| {
            let mut message = head("S sub 0 sub -1");
            message.extend(n.to_be_bytes());
            message.resize(message.len() + usize::try_from(n).unwrap_or_default() + 8, 0);
            taken(ToClient::decode)(&message).map(|taken| taken == Some(message.len()))
        };
        assert_eq!((whole(1), whole(4000)), (Ok(true), Ok(true)));
        for n in [0, -1, 4001, i32::MAX] {
            let message = [head("S sub 0 sub -1"), n.to_be_bytes().to_vec()].concat();
            assert!(taken(ToClient::decode)(&message).is_err(), "{n}");
        }
    }

    #[test]
    fn a_command_that_is_not_in_the_index_is_refused() {
        strangers(TO_SERVER, taken(ToServer::decode));
        strangers(TO_CLIENT, taken(ToClient::decode));
    }

    /// How many bytes the first message of a stream has.
    fn taken<T>(read: fn(&mut Reader<'_>) -> Decoded<T>) -> impl Fn(&[u8]) -> Result<Option<usize>, Malformed> {
        move |data| Ok(decode(data, &Keys::CLEAR, read)?.map(|(_, used)| used))
    }

    fn lengths(index: &[(&str, usize)], taken: impl Fn(&[u8]) -> Result<Option<usize>, Malformed>) {
        for (command, length) in index {
            let mut message = head(command);
            message.resize(*length, 0);
            assert_eq!(taken(&message[..length - 1]), Ok(None), "{command} without its last byte");
            message.extend([0xff; 9]);
            assert_eq!(taken(&message), Ok(Some(*length)), "{command}");
        }
    }

    fn counts(
        index: &[(&str, usize)],
        counts: &[(&str, usize, usize, i32)],
        taken: impl Fn(&[u8]) -> Result<Option<usize>, Malformed>,
    ) {
        for (command, at, unit, max) in counts {
            let (_, empty) = index.iter().find(|(name, _)| name == command).unwrap();
            let with = |n: i32| {
                let length = empty + usize::try_from(n).unwrap_or_default() * unit;
                let mut message = head(command);
                message.resize(length, 0);
                message[*at..at + 4].copy_from_slice(&n.to_be_bytes());
                (message, length)
            };
            for n in [1, 3, *max] {
                let (mut message, length) = with(n);
                assert_eq!(taken(&message[..length - 1]), Ok(None), "{command} with {n} at {at}, cut");
                message.extend([0xff; 9]);
                assert_eq!(taken(&message), Ok(Some(length)), "{command} with {n} at {at}");
            }
            // Not -1, which tells the two forms of SLIDE_INFO apart.
            for n in [-2, max + 1, i32::MAX, i32::MIN] {
                let mut message = with(0).0;
                message.truncate(at + 4);
                message[*at..].copy_from_slice(&n.to_be_bytes());
                assert!(taken(&message).is_err(), "{command} with {n} at {at} is waited for");
            }
        }
    }

    fn strangers(index: &[(&str, usize)], taken: impl Fn(&[u8]) -> Result<Option<usize>, Malformed>) {
        // EXT(76) is never empty, so it has no length if all that follows is zero.
        let heads: Vec<Vec<u8>> = index.iter().map(|(command, _)| *command).chain(["EXT 76"]).map(head).collect();
        let known = |start: &[u8]| heads.iter().any(|head| head.starts_with(start));
        for command in (0..=u8::MAX).filter(|command| !known(&[*command])) {
            assert!(taken(&[command; 40]).is_err(), "{command:#04x}");
        }
        for id in -1..200i32 {
            let start = [&[EXTENSION][..], &id.to_be_bytes()].concat();
            if !known(&start) {
                assert!(taken(&[&start[..], &[0; 40]].concat()).is_err(), "EXT({id})");
            }
        }
    }

    /// The first bytes of a command: `A`, `EXT 20`, `M type s`, `EXT 37 sub 4`.
    fn head(command: &str) -> Vec<u8> {
        let (mut bytes, mut words) = (Vec::new(), command.split(' '));
        while let Some(word) = words.next() {
            match word {
                "EXT" => bytes.push(EXTENSION),
                "sub" => {}
                "type" => continue,
                byte if byte.len() == 1 => {
                    bytes.extend(byte.as_bytes());
                    continue;
                }
                other => panic!("{command}: {other}"),
            }
            let number: i32 = words.next().unwrap().parse().unwrap();
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }
}
