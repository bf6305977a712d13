//! Playback over the wire (wire/05 sections 4 to 7): its own messages, and which of a meeting's messages a replay may hold.
//!
//! In: the front of a byte stream after the command byte. Out: one enum a direction. In playback every field that a meeting encrypts
//! under its key is under the viewer's control key (wire/05 section 0), so [`Keys::meeting`](super::fields::Keys) holds that one.

use super::clear::{Clear, SpanKey};
use super::fields::{Decoded, EXTENSION, Reader, cut_utf8, lossy};

/// What a viewer asks for (wire/05 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaybackToServer {
    /// 33/5 and 33/6: start over at the end, or not. Off at first.
    Repeat(bool),
    /// 33/7.
    Pause,
    /// 33/8: go to this tick.
    Seek(i32),
    /// 33/9.
    Play,
    /// 33/10: 1 wants the holder's and the data sender's video.
    BothVideo(i32),
    /// EXT(100): percent of real time; 100, 125, 150, 175 or 200.
    Speed(i32),
}

/// What a viewer is told (wire/05 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaybackToClient {
    /// 33/0: forget everything.
    Restart,
    /// 33/1: what is played.
    Info(Box<RecordingInfo>),
    /// 33/2: the position.
    Tick(i32),
    /// 33/3: 0 decryption begins, 1 is done, anything else failed.
    Decryption(i32),
    /// 33/4: percent.
    DecryptionProgress(i32),
    /// 33/6: a small XML document with title and bookmarks.
    Property(String),
    /// 33/14: 23 bytes of `YYYY_MM_DD_HH_MM_SSSSSS`, then the meeting id. Nobody uses it.
    MeetingInfo(Vec<u8>),
    /// EXT(50): the end was reached.
    End,
    /// EXT(34): the recording is damaged or has unknown commands.
    Unknown,
}

/// MEETING_INFO (wire/05 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RecordingInfo {
    /// For display, kbit/s.
    pub bandwidth_kbit: i32,
    /// First tick, milliseconds.
    pub start: i32,
    /// Last tick.
    pub end: i32,
    /// Year, month, day, hour and minute of the recording's start, in the MCU's local time.
    pub recorded_at: [i32; 5],
    /// Names of those who took part, each cut to 127 bytes; at most [`MAX_NAMES`] are sent.
    pub names: Vec<String>,
}

impl PlaybackToServer {
    /// After the command byte 33.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<PlaybackToServer> {
        Ok(match r.i32()? {
            5 => PlaybackToServer::Repeat(false),
            6 => PlaybackToServer::Repeat(true),
            7 => PlaybackToServer::Pause,
            8 => PlaybackToServer::Seek(r.i32()?),
            9 => PlaybackToServer::Play,
            10 => PlaybackToServer::BothVideo(r.i32()?),
            other => return Err(r.malformed(4, "a playback command of 5 to 10", other)),
        })
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        let sub = |n: i32| Clear::command(COMMAND).i32(n);
        match self {
            PlaybackToServer::Repeat(false) => sub(5),
            PlaybackToServer::Repeat(true) => sub(6),
            PlaybackToServer::Pause => sub(7),
            PlaybackToServer::Seek(tick) => sub(8).i32(*tick),
            PlaybackToServer::Play => sub(9),
            PlaybackToServer::BothVideo(both) => sub(10).i32(*both),
            PlaybackToServer::Speed(percent) => Clear::ext(100).i32(*percent),
        }
    }
}

impl PlaybackToClient {
    /// After the command byte 33. `info` says how 33/14 is laid out, which depends on the jnj's codetype.
    pub fn decode(info: InfoLayout, r: &mut Reader<'_>) -> Decoded<PlaybackToClient> {
        Ok(match r.i32()? {
            0 => PlaybackToClient::Restart,
            1 => PlaybackToClient::Info(Box::new(RecordingInfo::decode(r)?)),
            2 => PlaybackToClient::Tick(r.i32()?),
            3 => PlaybackToClient::Decryption(r.i32()?),
            4 => PlaybackToClient::DecryptionProgress(r.i32()?),
            6 => PlaybackToClient::Property(r.enc_text(
                SpanKey::Meeting,
                MAX_PROPERTY,
                "a property below 1,000,000 bytes",
            )?),
            14 => {
                let length = match info {
                    InfoLayout::Hit => r.count(24, 151, "a meeting info of 24 to 151 bytes")?,
                    InfoLayout::Fixed => MEETINGINFO,
                };
                PlaybackToClient::MeetingInfo(r.enc(SpanKey::Meeting, length)?)
            }
            other => return Err(r.malformed(4, "a playback message of 0 to 4, 6 or 14", other)),
        })
    }

    /// The whole message; 33/14 in the layout of codetype 13.
    pub fn encode(&self) -> Clear {
        let sub = |n: i32| Clear::command(COMMAND).i32(n);
        match self {
            PlaybackToClient::Restart => sub(0),
            PlaybackToClient::Info(info) => info.encode(),
            PlaybackToClient::Tick(tick) => sub(2).i32(*tick),
            PlaybackToClient::Decryption(status) => sub(3).i32(*status),
            PlaybackToClient::DecryptionProgress(percent) => sub(4).i32(*percent),
            PlaybackToClient::Property(xml) => sub(6).enc_lp(SpanKey::Meeting, xml.as_bytes()),
            PlaybackToClient::MeetingInfo(info) => sub(14).enc_lp(SpanKey::Meeting, info),
            PlaybackToClient::End => Clear::ext(50),
            PlaybackToClient::Unknown => Clear::ext(34),
        }
    }
}

/// How 33/14 is laid out (wire/05 section 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoLayout {
    /// Codetype 13: a length in clear, then the bytes.
    Hit,
    /// Codetypes 5 and 15: 23 bytes without a length.
    Fixed,
}

impl RecordingInfo {
    fn decode(r: &mut Reader<'_>) -> Decoded<RecordingInfo> {
        let header = r.bytes(HEADER)?;
        let at = |offset: usize| {
            let field = header.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
            field.map_or(0, i32::from_le_bytes)
        };
        let recorded_at = [at(26), at(30), at(34), at(38), at(42)];
        let count = i32::from_le_bytes(r.array()?);
        let count = usize::try_from(count)
            .ok()
            .filter(|n| *n < 5000)
            .ok_or_else(|| r.malformed(4, "fewer than 5,000 user records", count))?;
        // Checked before anything is allocated by that count.
        let records = r.bytes(count.saturating_mul(USER_RECORD))?;
        let names = records.chunks_exact(USER_RECORD).map(|record| {
            let name = record.get(NAME..NAME + MAX_NAME).unwrap_or_default();
            lossy(name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
        });
        Ok(RecordingInfo { bandwidth_kbit: at(14), start: at(18), end: at(22), recorded_at, names: names.collect() })
    }

    fn encode(&self) -> Clear {
        let mut header = [0; HEADER];
        let [year, month, day, hour, minute] = self.recorded_at;
        let fields = [self.bandwidth_kbit, self.start, self.end, year, month, day, hour, minute];
        for (field, value) in header[14..46].chunks_exact_mut(4).zip(fields) {
            field.copy_from_slice(&value.to_le_bytes());
        }
        let names = self.names.get(..self.names.len().min(MAX_NAMES)).unwrap_or_default();
        let count = u32::try_from(names.len()).unwrap_or_default();
        let message = Clear::command(COMMAND).i32(1).raw(&header).raw(&count.to_le_bytes());
        names.iter().fold(message, |message, name| {
            let mut record = [0; USER_RECORD];
            let name = cut_utf8(name, MAX_NAME - 1).as_bytes();
            if let Some(place) = record.get_mut(NAME..NAME + name.len()) {
                place.copy_from_slice(name);
            }
            message.raw(&record)
        })
    }
}

/// Whether a replay may hold this message of a recording (wire/05 section 7.1). Everything else is left out: facts of the live
/// session, prompts, what concerns one participant only.
pub fn is_replayed(message: &[u8]) -> bool {
    let number = |at: usize| message.get(at..at + 4).and_then(|b| b.try_into().ok()).map(i32::from_be_bytes);
    match message.first() {
        Some(b'U' | b'T' | b'D' | b'S' | b'A' | b'E' | b'M' | b'G' | b'C') => true,
        Some(&EXTENSION) => match number(1) {
            Some(37) => matches!(number(5), Some(0 | 12 | 13 | 16)),
            Some(45) => matches!(number(5), Some(2..=4)),
            Some(id) => matches!(
                id,
                2 | 20
                    | 22
                    | 23
                    | 33
                    | 52
                    | 55
                    | 56
                    | 61
                    | 63
                    | 76
                    | 78
                    | 80
                    | 81
                    | 83
                    | 84
                    | 85
                    | 89
                    | 91
                    | 93
                    | 101
                    | 102
                    | 103
            ),
            None => false,
        },
        _ => false,
    }
}

/// The command byte.
pub const COMMAND: u8 = b'!';

/// The speeds that the known client offers, percent.
pub const SPEEDS: [i32; 5] = [100, 125, 150, 175, 200];

/// So many names are sent at most: with more, the message would not fit a WebSocket message of ours.
pub const MAX_NAMES: usize = 2_000;

const HEADER: usize = 74;
const USER_RECORD: usize = 412;
const NAME: usize = 20;
const MAX_NAME: usize = 128;
const MEETINGINFO: usize = 23;
const MAX_PROPERTY: i32 = 999_999;

#[cfg(test)]
mod tests {
    use super::super::fields::{Keys, decode};
    use super::*;

    fn there_and_back(message: &PlaybackToClient) {
        let bytes = message.encode().seal(&Keys::CLEAR);
        let read = |r: &mut Reader<'_>| match r.u8()? {
            COMMAND => PlaybackToClient::decode(InfoLayout::Hit, r),
            _ => Ok(match r.i32()? {
                50 => PlaybackToClient::End,
                _ => PlaybackToClient::Unknown,
            }),
        };
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], &Keys::CLEAR, read), Ok(None), "{message:?} cut at {end}");
        }
        assert_eq!(decode(&bytes, &Keys::CLEAR, read), Ok(Some((message.clone(), bytes.len()))));
    }

    #[test]
    fn what_a_viewer_is_told_reads_back() {
        let info = RecordingInfo {
            bandwidth_kbit: 512,
            start: 0,
            end: 9000,
            recorded_at: [2026, 11, 23, 9, 41],
            names: vec!["Olive".into(), "嘉賓".into(), "n".repeat(127)],
        };
        for message in [
            PlaybackToClient::Restart,
            PlaybackToClient::Info(Box::new(info)),
            PlaybackToClient::Tick(-5),
            PlaybackToClient::Decryption(1),
            PlaybackToClient::DecryptionProgress(40),
            PlaybackToClient::Property("<jnr><title>一</title></jnr>".into()),
            PlaybackToClient::MeetingInfo(vec![b'2'; 30]),
            PlaybackToClient::End,
            PlaybackToClient::Unknown,
        ] {
            there_and_back(&message);
        }
    }

    #[test]
    fn meeting_info_has_its_numbers_where_the_known_client_reads_them() {
        let info = RecordingInfo { end: 0x0102_0304, names: vec!["x".into()], ..RecordingInfo::default() };
        let bytes = PlaybackToClient::Info(Box::new(info)).encode().bytes;
        assert_eq!(bytes.len(), 83 + 412);
        assert_eq!(bytes[27..31], [4, 3, 2, 1]);
        assert_eq!(bytes[79..83], [1, 0, 0, 0]);
        assert_eq!(bytes[83 + 20..83 + 22], *b"x\0");
    }

    #[test]
    fn a_count_of_users_out_of_range_is_refused_before_anything_is_taken() {
        for count in [5000u32, u32::MAX] {
            let mut bytes = vec![COMMAND, 0, 0, 0, 1];
            bytes.extend([0; HEADER]);
            bytes.extend(count.to_le_bytes());
            let read = |r: &mut Reader<'_>| {
                r.u8()?;
                PlaybackToClient::decode(InfoLayout::Hit, r)
            };
            assert!(decode(&bytes, &Keys::CLEAR, read).is_err(), "{count}");
        }
    }

    #[test]
    fn prompts_ends_and_facts_of_the_live_session_are_not_replayed() {
        let ext = |id: i32| [&[EXTENSION][..], &id.to_be_bytes(), &[0; 12]].concat();
        for id in
            [0, 1, 6, 7, 11, 12, 14, 25, 26, 28, 29, 30, 32, 35, 38, 40, 44, 54, 64, 71, 72, 79, 88, 90, 95, 97, 99]
        {
            assert!(!is_replayed(&ext(id)), "EXT({id})");
        }
        for id in [33, 55, 80, 81, 89, 91, 93, 101] {
            assert!(is_replayed(&ext(id)), "EXT({id})");
        }
        for command in [b'X', b'K', b'0', b'I', b'J', b'Q', b't', b'v', b'B', b'!'] {
            assert!(!is_replayed(&[command, 0, 0, 0, 0]), "{}", char::from(command));
        }
        assert!(!is_replayed(&[ext(37), vec![]].concat()[..4]));
        assert!(!is_replayed(&[]));
    }
}
