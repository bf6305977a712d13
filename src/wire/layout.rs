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
        (b'D', _) => fixed!("DATA_SENDER", 4),
        (b'E', _) => fixed!("DELETE_SLIDE", 4),
        (b'G', _) => fixed!("CLEAR_MARK", 4),
        (b'J', _) => fixed!("SKIP_QUESTION", 4),
        (b'K', _) => fixed!("DISCONNECT", 4),
        (b'V', _) => fixed!("REQUEST_VIDEO", 4),
        (b'Q', _) => layout!("QUESTION_REQUEST", Fixed(4), Counted { unit: 1, max: 599 }),
        (b't', _) => fixed!("TUTOR", 8),
        (b'!', _) => match r.i32()? {
            8 | 10 => fixed!("PLAYBACK", 4),
            5..=9 => fixed!("PLAYBACK", 0),
            other => return Err(r.malformed(4, "a playback command of 5 to 10", other)),
        },
        (b'M', _) => match r.u8()? {
            b's' => layout!("MARK STROKE2", Fixed(20), Counted { unit: 8, max: MAX_POINTS }, Fixed(4)),
            b't' => layout!("MARK TEXT2", Fixed(32), Counted { unit: 1, max: 2048 }, Fixed(4)),
            b'm' => layout!("MARK MOVE", Fixed(20), Counted { unit: 4, max: MAX_POINTS }),
            b'c' => layout!("MARK CUSTOMIZED", Fixed(20), Counted { unit: 1, max: MAX_IMAGE }),
            b'u' => fixed!("MARK GLOBAL UNDO", 8),
            other => return Err(r.malformed(1, "a mark of type s, t, m, c or u", format!("{other:#04x}"))),
        },
        (_, Some(id)) => match id {
            1 => fixed!("END_QUESTION_REQUEST", 4),
            2 => fixed!("UNDO_MARK", 8),
            3 => fixed!("PREFERENCE", 8),
            8 => layout!("OWNER_RESPONSE", Counted { unit: 1, max: 999 }, Fixed(4)),
            18 => fixed!("BAN_USER", 4),
            20 => layout!("JTBROWSING", Fixed(4), Counted { unit: 1, max: 4096 }),
            21 => fixed!("TCPMEDIA", 4),
            22 => fixed!("JTBROWSING_MODE", 4),
            23 => fixed!("FOCUS_POINTER", 28),
            31 => fixed!("BOTH_VIDEO_PREFERENCE", 4),
            32 => fixed!("RECORDING_STATUS", 4),
            35 => match r.i32()? {
                0 => fixed!("POLL_SLIDEDOWNLOAD", 4),
                1 => fixed!("POLL_SLIDEDOWNLOAD", 12),
                other => return Err(r.malformed(4, "EXT(35) sub 0 or 1", other)),
            },
            37 => match r.i32()? {
                4 | 7 | 10 | 11 => fixed!("PARTICIPANT_VIDEO", 4),
                other => return Err(r.malformed(4, "EXT(37) sub 4, 7, 10 or 11", other)),
            },
            38 => match r.i32()? {
                1 => fixed!("TOKEN_HOLDER_POLL", 0),
                2 => fixed!("TOKEN_HOLDER_POLL", 4),
                other => return Err(r.malformed(4, "EXT(38) sub 1 or 2", other)),
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
            57 => layout!("SIP_CLIENT", Fixed(4), Counted { unit: 1, max: 999 }, Fixed(8)),
            63 => fixed!("SYNC_FULL_SCREEN", 8),
            64 => layout!("JNR_PASSWORD", Counted { unit: 1, max: 27 }),
            77 => fixed!("SPIC_NOTIFY", 4),
            80 => fixed!("CONTROLLER_UPDATE", 4),
            81 => fixed!("MEETING_CONTROL", 4),
            83 => fixed!("FORCE_SYNC", 0),
            84 => fixed!("SWAP_SLIDE", 8),
            85 => fixed!("MOVE_SLIDE", 8),
            89 => fixed!("ASSIGN_ASSISTANT", 4),
            94 => fixed!("REQUEST_AUDIO", 4),
            96 => fixed!("WEBRTC_NOTIFICATION", 1),
            98 => fixed!("WEBRTC_MEDIA", 6),
            100 => fixed!("PLAYBACK_SPEED", 4),
            101 => layout!("MEETING_TITLE", Counted { unit: 1, max: 512 }),
            102 => fixed!("SUPPRESS_AUDIO", 8),
            103 => fixed!("SUPPRESS_VIDEO", 8),
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
        (b'E', _) => fixed!("DELETE_SLIDE", 4),
        (b'F', _) => fixed!("DEFAULT_VIDEO", 4),
        (b'G', _) => fixed!("CLEAR_MARK", 4),
        (b'J', _) => fixed!("SKIP_QUESTION", 0),
        (b'Q', _) => layout!("QUESTION_REQUEST", Fixed(4), Counted { unit: 1, max: 599 }),
        (b'S', _) => {
            r.i32()?;
            match r.i32()? {
                -1 => layout!("SLIDE_INFO", Counted { unit: 1, max: 4000 }, Counted { unit: 1, max: 600 }, Fixed(4)),
                n @ 0..=600 => {
                    r.bytes(usize::try_from(n).unwrap_or_default())?;
                    fixed!("SLIDE_INFO", 4)
                }
                other => return Err(r.malformed(4, "a slide name of at most 600 bytes, or -1", other)),
            }
        }
        (b'M', _) => match r.u8()? {
            b's' => layout!("MARK STROKE2", Fixed(20), Counted { unit: 8, max: MAX_POINTS }, Fixed(8)),
            b't' => layout!("MARK TEXT2", Fixed(32), Counted { unit: 1, max: 2048 }, Fixed(8)),
            b'm' => layout!("MARK MOVE", Fixed(28), Counted { unit: 4, max: MAX_POINTS }),
            b'c' => layout!("MARK CUSTOMIZED", Fixed(24), Counted { unit: 1, max: MAX_IMAGE }, Fixed(4)),
            b'S' => layout!("MARK STROKE", Fixed(20), Counted { unit: 8, max: MAX_POINTS }),
            b'T' => layout!("MARK TEXT", Fixed(32), Counted { unit: 1, max: 2048 }),
            other => return Err(r.malformed(1, "a mark of type s, t, m, c, S or T", format!("{other:#04x}"))),
        },
        (b't', _) => match r.i32()? {
            1 => fixed!("TUTOR", 0),
            2 => fixed!("TUTOR", 8),
            other => return Err(r.malformed(4, "a poll of sub 1 or 2", other)),
        },
        (_, Some(id)) => match id {
            1 => fixed!("END_QUESTION_REQUEST", 4),
            2 => fixed!("UNDO_MARK", 12),
            5 => fixed!("PROLONG_MEETING", 0),
            7 => layout!("SHADOW_JOIN_REQUEST", Counted { unit: 1, max: 999 }, Counted { unit: 1, max: 127 }),
            10 => fixed!("MULTICAST_ADDR", 4),
            12 => fixed!("FORCE_ASK_QUESTION", 0),
            13 => fixed!("RATE_CONTROL", 4),
            20 => layout!("JTBROWSING", Fixed(4), Counted { unit: 1, max: 4096 }),
            21 => fixed!("TCPMEDIA", 4),
            22 => fixed!("JTBROWSING_MODE", 4),
            23 => fixed!("FOCUS_POINTER", 28),
            29 => match r.i32()? {
                0 => fixed!("PREPARATIONMODE", 4),
                _ => fixed!("PREPARATIONMODE", 0),
            },
            35 => match r.i32()? {
                0 => fixed!("POLL_SLIDEDOWNLOAD", 8),
                1 => fixed!("POLL_SLIDEDOWNLOAD", 12),
                other => return Err(r.malformed(4, "EXT(35) sub 0 or 1", other)),
            },
            37 => match r.i32()? {
                2 | 3 => fixed!("PARTICIPANT_VIDEO", 0),
                5 => fixed!("PARTICIPANT_VIDEO", 12),
                6 | 8 => fixed!("PARTICIPANT_VIDEO", 8),
                16 => fixed!("PARTICIPANT_VIDEO", 4),
                17 => {
                    r.i32()?;
                    match r.i32()? {
                        0 => fixed!("PARTICIPANT_VIDEO", 0),
                        _ => layout!("PARTICIPANT_VIDEO", Counted { unit: 1, max: 5000 }),
                    }
                }
                other => return Err(r.malformed(4, "EXT(37) sub 0, 2, 3, 5, 6, 8, 12, 13, 16 or 17", other)),
            },
            38 => match r.i32()? {
                1 => fixed!("TOKEN_HOLDER_POLL", 0),
                2 => fixed!("TOKEN_HOLDER_POLL", 8),
                other => return Err(r.malformed(4, "EXT(38) sub 1 or 2", other)),
            },
            39 => match r.i32()? {
                1 => fixed!("MCU_RELAY", 0),
                2 => fixed!("MCU_RELAY", 24),
                other => return Err(r.malformed(4, "EXT(39) sub 1 or 2", other)),
            },
            34 => fixed!("UNKNOWN_RECORDING", 0),
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
            50 => fixed!("END_OF_RECORDINGFILE", 0),
            52 => layout!("PLUGIN_CONTROL_DATA", Fixed(8), Counted { unit: 1, max: 8192 }),
            53 => fixed!("DISABLE_UTF8", 4),
            57 => match r.i32()? {
                1 => layout!("SIP_CLIENT", Counted { unit: 1, max: 999 }, Fixed(4)),
                3 => layout!("SIP_CLIENT", Counted { unit: 1, max: 999 }, Fixed(8)),
                10 => layout!("SIP_CLIENT", Counted { unit: 1, max: 999 }, Fixed(4), Counted { unit: 1, max: 999 }),
                other => return Err(r.malformed(4, "EXT(57) sub 1, 3 or 10", other)),
            },
            58 => fixed!("ALL_QUESTIONER", 0),
            59 => fixed!("HOLDER_ACCEPT_GUEST", 4),
            61 => fixed!("NEW_FOCUS_POINTER", 48),
            63 => fixed!("SYNC_FULL_SCREEN", 8),
            65 | 67 => fixed!("MULTICAST_ADDR", 16),
            66 => fixed!("MULTICAST_ADDR", 4),
            69 => layout!("JOINNET_AUTO_UPDATE", Counted { unit: 1, max: 511 }),
            70 => fixed!("JOINNET_RESTRICTION", 4),
            73 => fixed!("HOLDER_VIDEO", 0),
            74 => fixed!("TOTAL_AV_BANDWIDTH", 4),
            75 => fixed!("ARCHIVE_RECORDING", 0),
            76 => layout!("SELF_PICTURE", Fixed(8), Counted { unit: 1, max: 1_000_000 }),
            77 => fixed!("SPIC_NOTIFY", 4),
            82 => match r.i32()? {
                0 | 1 => fixed!("FILE_CONVERSION", 4),
                2 => layout!("FILE_CONVERSION", Fixed(8), Counted { unit: 1, max: 999 }),
                other => return Err(r.malformed(4, "EXT(82) sub 0, 1 or 2", other)),
            },
            83 => fixed!("FORCE_SYNC", 0),
            84 => fixed!("SWAP_SLIDE", 8),
            85 => fixed!("MOVE_SLIDE", 8),
            86 => fixed!("HOLDER_END_MEETING", 4),
            87 => fixed!("FORCE_SINGLE_AUDIO", 8),
            91 => fixed!("FLIP_SLIDE", 8),
            95 => layout!("WEBRTC_SIGNAL_SERVER", Counted { unit: 1, max: 999 }),
            96 => fixed!("WEBRTC_NOTIFICATION", 5),
            97 => layout!("WEBRTC_TURN_SERVER", Counted { unit: 1, max: 9999 }),
            102 => fixed!("SUPPRESS_AUDIO", 8),
            103 => fixed!("SUPPRESS_VIDEO", 8),
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
