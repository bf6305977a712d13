//! What the field calls each command, and where the specification describes it (wire/02 section 1).
//!
//! In: the first bytes of a message after admission. Out: a name and a place in the specification.

use super::fields::EXTENSION;
use super::playback;

/// A command of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// As the specification has it, `CHAT_TEXT_TIME`.
    pub name: &'static str,
    /// Where it is described, `wire/02 section 6`.
    pub section: &'static str,
}

/// The name of the message that starts with these bytes; `None` where the index has none.
pub fn name_of(message: &[u8]) -> Option<Named> {
    let numbered = |table: &[(i32, &'static str, &'static str)], id: i32| {
        let found = table.binary_search_by_key(&id, |entry| entry.0).ok().and_then(|at| table.get(at));
        found.map(|(_, name, section)| Named { name, section })
    };
    match *message.first()? {
        EXTENSION => numbered(EXTENSIONS, number_at(message, 1)?),
        playback::COMMAND => numbered(PLAYBACK, number_at(message, 1)?),
        command => numbered(COMMANDS, i32::from(command)),
    }
}

/// How a command is written down, `C`, `EXT 37` or `33/2`.
pub fn number_of(message: &[u8]) -> String {
    match (message.first(), number_at(message, 1)) {
        (Some(&EXTENSION), Some(id)) => format!("EXT {id}"),
        (Some(&playback::COMMAND), Some(sub)) => format!("33/{sub}"),
        (Some(command), _) if command.is_ascii_graphic() => char::from(*command).to_string(),
        (Some(command), _) => format!("{command:#04x}"),
        (None, _) => String::new(),
    }
}

/// The big-endian `i32` at an offset.
pub(super) fn number_at(message: &[u8], at: usize) -> Option<i32> {
    message.get(at..)?.first_chunk().copied().map(i32::from_be_bytes)
}

/// Single-byte commands (wire/02 section 1.1), by byte.
const COMMANDS: &[(i32, &str, &str)] = &[
    (48, "INITIAL_INFO", "wire/01 section 7.1"),
    (65, "FLIP", "wire/03 section 3.1"),
    (66, "ALIVE", "wire/01 section 10.1"),
    (67, "CHAT_TEXT", "wire/02 section 6"),
    (68, "DATA_SENDER", "wire/02 section 5.3"),
    (69, "DELETE_SLIDE", "wire/03 section 2.6"),
    (70, "DEFAULT_VIDEO", "wire/05 section 5.7"),
    (71, "CLEAR_MARK", "wire/03 section 4.8"),
    (73, "TOKEN_OWNER_NOTIFY", "wire/02 section 5.1"),
    (74, "SKIP_QUESTION", "wire/02 section 5.4"),
    (75, "DISCONNECT", "wire/02 section 4.4"),
    (77, "MARK", "wire/03 section 4.2"),
    (81, "QUESTION_REQUEST", "wire/02 section 5.4"),
    (83, "SLIDE_INFO", "wire/03 section 2.1"),
    (84, "TOKEN_UPDATE", "wire/02 section 5.2"),
    (85, "USER_UPDATE", "wire/02 section 4.1"),
    (86, "REQUEST_VIDEO", "wire/04 section 5.1"),
    (88, "SESSION_END", "wire/02 section 13"),
    (116, "TUTOR", "wire/02 section 7"),
];

/// Playback messages of both directions (wire/05 sections 5 and 6), by sub-command; 6 is PROPERTY on its way to a client.
const PLAYBACK: &[(i32, &str, &str)] = &[
    (0, "RESTART", "wire/05 section 5.1"),
    (1, "MEETING_INFO", "wire/05 section 5.2"),
    (2, "TICK", "wire/05 section 5.3"),
    (3, "DECRYPTION_STATUS", "wire/05 section 5.4"),
    (4, "DECRYPTION_PROGRESS", "wire/05 section 5.4"),
    (5, "REPEAT", "wire/05 section 6"),
    (6, "REPEAT", "wire/05 section 6"),
    (7, "PAUSE", "wire/05 section 6"),
    (8, "RANDOM_ACCESS", "wire/05 section 6"),
    (9, "PLAY", "wire/05 section 6"),
    (10, "BOTH_VIDEO", "wire/05 section 6"),
    (14, "JNR_MEETINGINFO", "wire/05 section 5.6"),
];

/// Extended commands (wire/02 section 1.2), by number.
const EXTENSIONS: &[(i32, &str, &str)] = &[
    (0, "EXTENSION_MAX_SUPPORT", "wire/01 section 7.4"),
    (1, "END_QUESTION_REQUEST", "wire/02 section 5.4"),
    (2, "UNDO_MARK", "wire/03 section 4.7"),
    (3, "PREFERENCE", "wire/04 section 5.1"),
    (5, "PROLONG_MEETING", "wire/02 section 9.2"),
    (6, "WAIT_MESSAGE", "wire/01 section 6.2"),
    (7, "SHADOW_JOIN_REQUEST", "wire/02 section 11.1"),
    (8, "OWNER_RESPONSE", "wire/02 section 11.1"),
    (10, "MULTICAST_ADDR", "wire/01 section 7.4"),
    (11, "FULL_DURATION", "wire/02 section 9.2"),
    (12, "FORCE_ASK_QUESTION", "wire/02 section 5.4"),
    (13, "RATE_CONTROL", "wire/01 section 7.4"),
    (14, "USER_OVERWRITE", "wire/02 section 13"),
    (15, "GIVEOUT_TOKEN", "wire/02 section 5.2"),
    (18, "BAN_USER", "wire/02 section 4.4"),
    (20, "JTBROWSING", "wire/02 section 8"),
    (21, "TCPMEDIA", "wire/04 section 5.1"),
    (22, "JTBROWSING_MODE", "wire/02 section 8"),
    (23, "FOCUS_POINTER", "wire/03 section 5"),
    (25, "WAIT_MESSAGE_2", "wire/01 section 6.2"),
    (26, "THIRDPARTY_MODE", "wire/01 section 6.3"),
    (28, "USERINFO2_DIRECTAUTH", "wire/01 section 6.1"),
    (29, "PREPARATIONMODE", "wire/02 section 9.3"),
    (30, "TERMINATION_WARNING", "wire/02 section 9.2"),
    (31, "BOTH_VIDEO_PREFERENCE", "wire/04 section 5.1"),
    (32, "RECORDING_STATUS", "wire/02 section 9.1"),
    (33, "VIDEOSENDING_STATUS", "wire/02 section 4.3"),
    (34, "UNKNOWN_RECORDING", "wire/05 section 5.7"),
    (35, "POLL_SLIDEDOWNLOAD", "wire/03 section 3.2"),
    (37, "PARTICIPANT_VIDEO", "wire/02 section 1.3"),
    (38, "TOKEN_HOLDER_POLL", "wire/02 section 7"),
    (39, "MCU_RELAY", "wire/01 section 9"),
    (40, "SYNC_CLOCK", "wire/01 section 8"),
    (44, "PRIVATE_CHAT_TEXT", "wire/02 section 6"),
    (45, "PLUGIN", "wire/03 section 7"),
    (48, "PLAYBACK_PARTICIPANT_VIDEO", "wire/05 section 6"),
    (49, "RECORDING_FILEVERSION", "wire/05 section 5.7"),
    (50, "END_OF_RECORDINGFILE", "wire/05 section 5.7"),
    (51, "SERVER_SHUTDOWN", "wire/02 section 9.2"),
    (52, "PLUGIN_CONTROL_DATA", "wire/03 section 7.6"),
    (53, "DISABLE_UTF8", "wire/01 section 7.4"),
    (54, "SIP_CAP", "wire/02 section 3"),
    (55, "TEXT_CODEPAGE", "wire/02 section 6"),
    (56, "CHAT_TEXT_EX", "wire/02 section 6"),
    (57, "SIP_CLIENT", "wire/02 section 11.2"),
    (58, "ALL_QUESTIONER", "wire/02 section 5.6"),
    (59, "HOLDER_ACCEPT_GUEST", "wire/02 section 11.1"),
    (61, "NEW_FOCUS_POINTER", "wire/03 section 5"),
    (63, "SYNC_FULL_SCREEN", "wire/02 section 8"),
    (64, "JNR_PASSWORD", "wire/02 section 9.1"),
    (65, "MULTICAST_ADDR", "wire/01 section 7.4"),
    (66, "MULTICAST_ADDR", "wire/01 section 7.4"),
    (67, "MULTICAST_ADDR", "wire/01 section 7.4"),
    (69, "JOINNET_AUTO_UPDATE", "wire/02 section 10.4"),
    (70, "JOINNET_RESTRICTION", "wire/03 section 2.4"),
    (71, "AUDIO_PREFERENCE", "wire/02 section 10.2"),
    (72, "VIDEO_PREFERENCE", "wire/02 section 10.2"),
    (73, "HOLDER_VIDEO", "wire/02 section 10.3"),
    (74, "TOTAL_AV_BANDWIDTH", "wire/02 section 10.1"),
    (75, "ARCHIVE_RECORDING", "wire/02 section 9.1"),
    (76, "SELF_PICTURE", "wire/02 section 4.5"),
    (77, "SPIC_NOTIFY", "wire/02 section 4.5"),
    (78, "CHANGE_CAP", "wire/02 section 4.3"),
    (79, "JOINNET_NO_RECORDING", "wire/02 section 9.1"),
    (80, "CONTROLLER_UPDATE", "wire/02 section 5.5"),
    (81, "MEETING_CONTROL", "wire/02 section 5.5"),
    (82, "FILE_CONVERSION", "wire/03 section 2.5"),
    (83, "FORCE_SYNC", "wire/02 section 8"),
    (84, "SWAP_SLIDE", "wire/03 section 2.7"),
    (85, "MOVE_SLIDE", "wire/03 section 2.7"),
    (86, "HOLDER_END_MEETING", "wire/02 section 13"),
    (87, "FORCE_SINGLE_AUDIO", "wire/02 section 5.6"),
    (88, "MEETING_INFO", "wire/01 section 7.4"),
    (89, "ASSIGN_ASSISTANT", "wire/02 section 5.5"),
    (90, "RECONNECT_NAME", "wire/01 section 7.4"),
    (91, "FLIP_SLIDE", "wire/03 section 3.1"),
    (92, "OPUS", "wire/02 section 10.2"),
    (93, "CHAT_TEXT_TIME", "wire/02 section 6"),
    (94, "REQUEST_AUDIO", "wire/04 section 5.1"),
    (95, "WEBRTC_SIGNAL_SERVER", "wire/02 section 12"),
    (96, "WEBRTC_NOTIFICATION", "wire/02 section 12"),
    (97, "WEBRTC_TURN_SERVER", "wire/02 section 12"),
    (98, "WEBRTC_MEDIA", "wire/02 section 12"),
    (99, "MEETINGID_NOTIFICATION", "wire/02 section 9.4"),
    (100, "PLAYBACK_SPEED", "wire/05 section 6"),
    (101, "MEETING_TITLE", "wire/02 section 9.4"),
    (102, "SUPPRESS_AUDIO", "wire/02 section 5.6"),
    (103, "SUPPRESS_VIDEO", "wire/02 section 5.6"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_in_order_so_that_they_can_be_searched() {
        for table in [COMMANDS, PLAYBACK, EXTENSIONS] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
            assert!(table.iter().all(|(_, _, section)| section.starts_with("wire/0")));
        }
    }

    #[test]
    fn a_message_has_its_name_and_its_number() {
        let named = |bytes: &[u8]| name_of(bytes).map(|named| named.name);
        assert_eq!(named(b"C"), Some("CHAT_TEXT"));
        assert_eq!(named(&[EXTENSION, 0, 0, 0, 93]), Some("CHAT_TEXT_TIME"));
        assert_eq!(named(&[b'!', 0, 0, 0, 2, 9]), Some("TICK"));
        assert_eq!(named(&[EXTENSION, 0, 0, 0, 4]), None);
        assert_eq!(named(&[EXTENSION, 0, 0]), None);
        assert_eq!(named(b"H"), None);
        assert_eq!(named(b""), None);
        assert_eq!(number_of(&[EXTENSION, 0, 0, 0, 93]), "EXT 93");
        assert_eq!(number_of(&[b'!', 0, 0, 0, 2]), "33/2");
        assert_eq!((number_of(b"A"), number_of(&[0xff])), ("A".into(), "0xff".into()));
    }
}
