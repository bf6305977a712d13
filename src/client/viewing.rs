//! A playback over the wire as its viewer knows it (wire/05 sections 5, 6 and 8). Pure: the time comes in with each call.
//!
//! In: messages of the server, the viewer's wishes. Out: where the playback stands, and what is to be sent. The known client's way of
//! asking is kept: pause, seek and play for a jump back, a seek alone for one ahead.

use std::time::Duration;

use crate::hit::xml::{self, Limits};
use crate::wire::facts::Fact;
use crate::wire::playback::{PlaybackToClient, PlaybackToServer};
use crate::wire::{ToClient, ToServer};

/// What a viewer can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Go on; at the end, from the start.
    Play,
    /// Stand still.
    Pause,
    /// Go to this moment, milliseconds of meeting time.
    Seek(u64),
    /// Percent of real time, 25 to 1600. The known client offers [`SPEEDS`](crate::wire::playback::SPEEDS); other servers than ours may
    /// know no others.
    Speed(u32),
    /// Start over at the end.
    Repeat(bool),
}

/// Where a playback stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewing {
    /// First and last moment, milliseconds of meeting time.
    pub start_ms: u64,
    /// See `start_ms`.
    pub end_ms: u64,
    /// False while paused or at the end.
    pub playing: bool,
    /// Percent.
    pub speed: u32,
    /// Starts over at the end.
    pub repeat: bool,
    /// The end was reached.
    pub at_end: bool,
    /// The server knows other speeds than the meeting's own.
    pub can_change_speed: bool,
    /// Year, month, day, hour, minute, in the MCU's local time.
    pub recorded_at: (u16, u8, u8, u8, u8),
    /// Title from the recording's property document; may be empty.
    pub title: String,
    /// Names of those who took part, if the server said.
    pub names: Vec<String>,
    /// The last position that is known, and when it was.
    position: (u64, Duration),
    /// Where the server is on its way to: earlier positions are stale (wire/05 section 8.3).
    seeking: Option<u64>,
}

impl Viewing {
    /// A playback begins by itself (wire/05 section 6).
    pub fn new(now: Duration) -> Viewing {
        Viewing {
            start_ms: 0,
            end_ms: 0,
            playing: true,
            speed: 100,
            repeat: false,
            at_end: false,
            can_change_speed: false,
            recorded_at: (0, 0, 0, 0, 0),
            title: String::new(),
            names: Vec::new(),
            position: (0, now),
            seeking: None,
        }
    }

    /// The position now, milliseconds of meeting time.
    pub fn position_ms(&self, now: Duration) -> u64 {
        let (at, since) = self.position;
        if !self.playing || self.seeking.is_some() {
            return at;
        }
        let passed = now.saturating_sub(since).as_millis() * u128::from(self.speed) / 100;
        at.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)).min(self.end_ms.max(at))
    }

    /// Takes a message in. True: everything that the view holds is to be forgotten first.
    pub fn take(&mut self, message: &ToClient, now: Duration) -> bool {
        match message {
            ToClient::Playback(PlaybackToClient::Restart) => return true,
            ToClient::Playback(PlaybackToClient::Info(info)) => {
                (self.start_ms, self.end_ms) = (tick(info.start), tick(info.end));
                let [year, month, day, hour, minute] = info.recorded_at;
                let small = |n: i32| u8::try_from(n).unwrap_or_default();
                let year = u16::try_from(year).unwrap_or_default();
                self.recorded_at = (year, small(month), small(day), small(hour), small(minute));
                self.names.clone_from(&info.names);
                self.position = (self.start_ms, now);
            }
            ToClient::Playback(PlaybackToClient::Tick(at)) => {
                let at = tick(*at);
                if self.seeking.is_none_or(|to| at >= to) {
                    self.seeking = None;
                    self.position = (at, now);
                    // A recording that is still being made grows.
                    self.end_ms = self.end_ms.max(at);
                }
            }
            ToClient::Playback(PlaybackToClient::End) => {
                self.seeking = None;
                self.position = (self.position_ms(now).max(self.end_ms), now);
                self.at_end = !self.repeat;
                self.playing &= self.repeat;
            }
            ToClient::Playback(PlaybackToClient::Property(document)) => self.title = title_of(document),
            ToClient::Fact(Fact::MaxExtension(most)) => self.can_change_speed = *most >= 100,
            _ => {}
        }
        false
    }

    /// What is to be sent for a wish.
    pub fn ask(&mut self, wish: Wish, now: Duration) -> Vec<ToServer> {
        let here = self.position_ms(now);
        let wanted = match wish {
            Wish::Play if self.at_end => {
                (self.at_end, self.playing) = (false, true);
                self.jump(self.start_ms, now);
                vec![seek(self.start_ms), PlaybackToServer::Play]
            }
            Wish::Play => {
                (self.position, self.playing) = ((here, now), true);
                vec![PlaybackToServer::Play]
            }
            Wish::Pause => {
                (self.position, self.playing) = ((here, now), false);
                vec![PlaybackToServer::Pause]
            }
            Wish::Seek(to) => {
                let to = to.clamp(self.start_ms, self.end_ms.max(self.start_ms));
                let back = to < here;
                self.at_end = false;
                self.jump(to, now);
                match (back, self.playing) {
                    (true, true) => vec![PlaybackToServer::Pause, seek(to), PlaybackToServer::Play],
                    _ => vec![seek(to)],
                }
            }
            Wish::Speed(percent) => {
                let percent = if self.can_change_speed { percent.clamp(SLOWEST, FASTEST) } else { 100 };
                (self.position, self.speed) = ((here, now), percent);
                vec![PlaybackToServer::Speed(i32::try_from(percent).unwrap_or(100))]
            }
            Wish::Repeat(on) => {
                self.repeat = on;
                vec![PlaybackToServer::Repeat(on)]
            }
        };
        wanted.into_iter().map(ToServer::Playback).collect()
    }

    /// After a reconnect everything begins anew at the server: what it is to be told to be where we were (wire/05 section 4.4).
    pub fn resume(&mut self, before: &Viewing, lost_at: Duration, now: Duration) -> Vec<ToServer> {
        let mut messages = Vec::new();
        if before.speed != 100 {
            messages.extend(self.ask(Wish::Speed(before.speed), now));
        }
        if before.repeat {
            messages.extend(self.ask(Wish::Repeat(true), now));
        }
        if !before.playing {
            messages.extend(self.ask(Wish::Pause, now));
        }
        let there = before.position_ms(lost_at);
        if there > self.start_ms {
            messages.extend(self.ask(Wish::Seek(there), now));
        }
        messages
    }

    fn jump(&mut self, to: u64, now: Duration) {
        self.position = (to, now);
        self.seeking = Some(to);
    }
}

fn seek(to: u64) -> PlaybackToServer {
    PlaybackToServer::Seek(i32::try_from(to).unwrap_or(i32::MAX))
}

/// Ticks before the start of a meeting do not come from servers of ours.
fn tick(milliseconds: i32) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0)
}

/// The title in `<jnr><title>..`; malformed documents are ignored (wire/05 section 5.5).
fn title_of(document: &str) -> String {
    let limits = Limits { bytes: 1_000_000, depth: 4, elements: 10_000 };
    let title =
        xml::parse(document.as_bytes(), limits).ok().and_then(|jnr| Some(jnr.child("title")?.text().to_owned()));
    title.unwrap_or_default()
}

/// What our server obeys, percent.
const SLOWEST: u32 = 25;
const FASTEST: u32 = 1600;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::playback::RecordingInfo;

    fn at(ms: u64) -> Duration {
        Duration::from_secs(50) + Duration::from_millis(ms)
    }

    fn playing() -> Viewing {
        let mut viewing = Viewing::new(at(0));
        let info = RecordingInfo { end: 9_000, recorded_at: [2026, 11, 23, 9, 41], ..RecordingInfo::default() };
        viewing.take(&ToClient::Playback(PlaybackToClient::Info(Box::new(info))), at(0));
        viewing.take(&ToClient::Fact(Fact::MaxExtension(103)), at(0));
        viewing
    }

    fn told(viewing: &mut Viewing, tick: i32, now: Duration) {
        assert!(!viewing.take(&ToClient::Playback(PlaybackToClient::Tick(tick)), now));
    }

    fn sent(messages: Vec<ToServer>) -> Vec<PlaybackToServer> {
        let playback = |message| if let ToServer::Playback(message) = message { Some(message) } else { None };
        messages.into_iter().filter_map(playback).collect()
    }

    #[test]
    fn the_position_goes_on_between_two_ticks_and_never_beyond_the_end() {
        let mut viewing = playing();
        told(&mut viewing, 1_000, at(0));
        assert_eq!(viewing.position_ms(at(250)), 1_250);
        viewing.ask(Wish::Speed(200), at(500));
        assert_eq!(viewing.position_ms(at(1_000)), 2_500);
        assert_eq!(viewing.position_ms(at(60_000)), 9_000);
    }

    #[test]
    fn a_jump_back_pauses_first_and_stale_positions_are_not_believed() {
        let mut viewing = playing();
        told(&mut viewing, 5_000, at(0));
        use PlaybackToServer::{Pause, Play, Seek};
        assert_eq!(sent(viewing.ask(Wish::Seek(2_000), at(0))), [Pause, Seek(2_000), Play]);
        told(&mut viewing, 1_500, at(10));
        assert_eq!(viewing.position_ms(at(20)), 2_000, "still on its way");
        told(&mut viewing, 2_000, at(30));
        assert_eq!(viewing.position_ms(at(130)), 2_100);
        assert_eq!(sent(viewing.ask(Wish::Seek(99_999), at(130))), [Seek(9_000)]);
    }

    #[test]
    fn play_at_the_end_starts_over() {
        let mut viewing = playing();
        viewing.take(&ToClient::Playback(PlaybackToClient::End), at(9_000));
        assert!(viewing.at_end && !viewing.playing);
        use PlaybackToServer::{Play, Seek};
        assert_eq!(sent(viewing.ask(Wish::Play, at(9_500))), [Seek(0), Play]);
        assert!(viewing.playing && !viewing.at_end);
    }

    #[test]
    fn with_repeat_the_end_is_a_beginning() {
        let mut viewing = playing();
        viewing.ask(Wish::Repeat(true), at(0));
        viewing.take(&ToClient::Playback(PlaybackToClient::End), at(9_000));
        assert!(viewing.playing && !viewing.at_end);
        assert!(viewing.take(&ToClient::Playback(PlaybackToClient::Restart), at(9_001)));
    }

    #[test]
    fn a_server_without_speeds_is_asked_for_none() {
        let mut viewing = playing();
        viewing.can_change_speed = false;
        assert_eq!(sent(viewing.ask(Wish::Speed(200), at(0))), [PlaybackToServer::Speed(100)]);
    }

    #[test]
    fn a_viewer_that_comes_back_asks_for_what_it_had() {
        let mut before = playing();
        before.ask(Wish::Speed(150), at(0));
        told(&mut before, 4_000, at(0));
        before.ask(Wish::Pause, at(0));
        let mut viewing = playing();
        use PlaybackToServer::{Pause, Seek, Speed};
        let expected = [Speed(150), Pause, Seek(4_000)];
        assert_eq!(sent(viewing.resume(&before, at(5_000), at(5_100))), expected);
    }

    #[test]
    fn the_title_is_in_the_property_document() {
        assert_eq!(title_of("<jnr><title>會議</title><bookmark/></jnr>"), "會議");
        assert_eq!(title_of("<jnr><title>"), "");
    }
}
