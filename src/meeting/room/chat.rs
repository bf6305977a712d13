//! Chat, public and private, and how much of anything one participant may send (wire/02 section 6).
//!
//! In: texts in their senders' code pages. Out: lines in UTF-8 with their sender's name in front; private ones reach two and no recording.

use std::sync::Arc;
use std::time::Duration;

use super::{Output, Recipients, Room};
use crate::clock::Now;
use crate::meeting::catch_up;
use crate::meeting::view::{NOBODY, RecordingState, Ssrc};
use crate::wire::ToClient;
use crate::wire::chat::{ChatToClient, TOP};
use crate::wire::code_page::{CodePage, Written};

impl Room {
    pub(super) fn say(&mut self, from: Ssrc, text: &Written, now: Now) {
        self.reveal(from);
        let text = self.line(from, text);
        self.put(from, text, now);
    }

    /// A line of the MCU's operator, which clients show as a notice: no name stands before it (wire/02 section 6, source -1). At most
    /// [`crate::wire::chat::MAX_CHAT`] bytes; it is kept and recorded as any other line.
    pub fn operator_says(&mut self, text: &str, now: Now) {
        if !self.ended && !text.trim().is_empty() {
            self.put(NOBODY, text.to_owned(), now);
        }
    }

    fn put(&mut self, from: Ssrc, text: String, now: Now) {
        let tick = u32::try_from(self.elapsed(now).as_millis()).ok();
        let line = ToClient::Chat(ChatToClient::Line { text, from, tick, date: Some(now.office), top: TOP });
        // Not while the recording is paused; and in preparation only once that becomes a meeting (wire/02 section 9.1, guide 3.7).
        if self.view.recording != RecordingState::Paused && !self.view.preparing {
            return self.announce(Recipients::All, line);
        }
        self.view.apply(&line);
        if let Some(last) = self.view.chat.last_mut() {
            Arc::make_mut(last).off_record = true;
        }
        self.send(Recipients::All, line);
    }

    /// A preparation has become a meeting, whose recording begins with what was said before (guide 3.7).
    pub(super) fn keep_what_was_said(&mut self) {
        if self.view.recording == RecordingState::Paused {
            return;
        }
        for line in self.view.chat.iter_mut().filter(|line| line.off_record) {
            let line = Arc::make_mut(line);
            line.off_record = false;
            self.outputs.extend(catch_up::line_again(line).map(Output::Record));
        }
    }

    pub(super) fn whisper(&mut self, from: Ssrc, to: Ssrc, text: &Written) {
        self.introduce(from, to);
        self.introduce(to, from);
        let text = self.line(from, text);
        let line = ToClient::Chat(ChatToClient::Whisper { from, to, text, top: TOP });
        if to != from {
            self.send(Recipients::One(to), line.clone());
        }
        self.send(Recipients::One(from), line);
    }

    /// As clients show it: the sender's name, then what was written.
    fn line(&self, from: Ssrc, text: &Written) -> String {
        let page = self.code_pages.get(&from).copied().unwrap_or(CodePage::UTF8);
        catch_up::line_text(&self.view.name_of(from), &text.read(page))
    }

    /// Takes one message off what this sender may still send; false if there is none left.
    pub(super) fn may_send_more(&mut self, from: Ssrc, now: Now) -> bool {
        self.senders.entry(from).or_insert_with(|| Bucket::full(now.steady)).take(now.steady)
    }
}

/// What one sender may still send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: f64,
    since: Duration,
}

impl Bucket {
    fn full(now: Duration) -> Bucket {
        Bucket { left: f64::from(FLOOD.at_once), since: now }
    }

    fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.since).as_secs_f64();
        self.left = (self.left + passed * f64::from(FLOOD.a_second)).min(f64::from(FLOOD.at_once));
        self.since = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

/// How many messages of one sender are heard; heartbeats do not count.
#[derive(Clone, Copy, Debug)]
pub struct Flood {
    /// So many in a row.
    pub at_once: u32,
    /// So many a second for longer.
    pub a_second: u32,
}

/// No human reaches it: what is more is dropped, for that sender alone (wire/02 section 6 states no rate).
pub const FLOOD: Flood = Flood { at_once: 1_000, a_second: 200 };
