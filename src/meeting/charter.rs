//! What a meeting is made with, and who comes into it.
//!
//! In: what the front desk read from a request (guide 3.1). Out: plain values for [`super::room::Room`].

use std::sync::Arc;
use std::time::Duration;

use super::view::{Channels, ChatLine, Page, Policy, Slide, Ssrc, Tab, View};
use crate::wire::facts::codec;
use crate::wire::follow::FullScreen;
use crate::wire::join::MAX_SSRC;

/// What the request that created the meeting decided (guide 3.1: only the first request sets these). The default is a person-based,
/// recorded meeting of the known server's usual size.
#[derive(Clone, Debug)]
pub struct Charter {
    /// Meeting id, at most 128 bytes.
    pub meeting_id: String,
    /// Title, at most 511 bytes; may be empty.
    pub title: String,
    /// Planned duration of an event-based meeting; `None` is a person-based one.
    pub duration: Option<Duration>,
    /// An event goes on after its duration while somebody is there (guide 3.1/7 autoextension).
    pub autoextension: bool,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Tells this meeting from earlier ones when a client comes back (EXT 88); not 0.
    pub random_id: i32,
    /// Somebody whose connection is lost keeps the place for so long before the others hear of it (wire/02 section 13).
    pub away_for: Duration,
    /// So many may be there at once; the owner, and who comes back, get in beyond it.
    pub max_people: usize,
    /// Extra channels, each 0..=16 (wire/02 section 5.3): questioners are at most one more than `audio`.
    pub channels: Channels,
    /// Modes and limits that clients are told (wire/02 sections 5.6, 10 and 11).
    pub policy: Policy,
    /// Everybody may be heard without being a questioner (wire/02 section 5.6).
    pub discussion: bool,
    /// The recording is archived and cannot be paused (wire/02 section 9.1).
    pub archived: bool,
    /// The owner may set a password for the recording; needs somebody to carry out [`super::room::Output::RecordingPassword`].
    pub password_can_be_set: bool,
    /// The recording has a password from the start.
    pub password_set: bool,
    /// It starts in preparation mode, for an hour that is extended (guide 3.7, wire/02 section 9.3); then these are the terms once a
    /// guest makes it a meeting.
    pub preparation: Option<Terms>,
    /// It is a message, which may last so long at most (guide 3.1/7 max_message_duration).
    pub message_limit: Option<Duration>,
    /// What everybody is to send in.
    pub codecs: Codecs,
    /// Where clients update themselves, at most 511 bytes (guide 3.1/7 joinnet_auto_update_url).
    pub update_url: Option<String>,
    /// Slides that come from another recording (guide 3.7, 3.1/7 transferslide); after those of [`Charter::continues`].
    pub slides: Vec<Arc<Slide>>,
    /// The meeting goes on from a recording.
    pub continues: Option<Box<Continued>>,
    /// The default page of joint browsing, at most 4096 bytes (wire/02 section 8).
    pub default_page: Option<String>,
}

impl Default for Charter {
    fn default() -> Charter {
        Charter {
            meeting_id: String::new(),
            title: String::new(),
            duration: None,
            autoextension: true,
            recorded: true,
            random_id: 1,
            away_for: Duration::ZERO,
            max_people: MAX_PEOPLE,
            channels: CHANNELS,
            policy: Policy::default(),
            discussion: false,
            archived: false,
            password_can_be_set: false,
            password_set: false,
            preparation: None,
            message_limit: None,
            codecs: Codecs::default(),
            update_url: None,
            slides: Vec::new(),
            continues: None,
            default_page: None,
        }
    }
}

/// What a meeting goes on from (guide 3.1/7 continuemeeting, wire/02 section 9.5): its people, roles and questions are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continued {
    /// How long it has taken already.
    pub elapsed: Duration,
    /// What was said.
    pub chat: Vec<Arc<ChatLine>>,
    /// What everybody followed.
    pub page: Option<Page>,
    /// The tab that everybody was shown.
    pub tab: Option<Tab>,
    /// Full screen, if it was ever switched.
    pub full_screen: Option<FullScreen>,
    /// Every slide, with its index.
    pub slides: Vec<Arc<Slide>>,
    /// The first number that nobody had: old lines must not seem to be of somebody new.
    pub next_guest: Ssrc,
}

impl Continued {
    /// From the end of a recording.
    pub fn of(view: &View, elapsed: Duration) -> Continued {
        let last = view.people.keys().copied().chain(view.chat.iter().map(|line| line.from)).max();
        Continued {
            elapsed,
            chat: view.chat.clone(),
            page: view.page.clone(),
            tab: view.tab,
            full_screen: view.full_screen,
            slides: view.slides.clone(),
            // Half of the numbers are for those who come: a long chain of meetings begins anew.
            next_guest: last.filter(|last| (0..MAX_SSRC / 2).contains(last)).map_or(1, |last| last + 1),
        }
    }
}

/// The codecs of a meeting by their numbers, preferred first, each list 1 to 32 long (wire/02 section 10.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codecs {
    /// Audio.
    pub audio: Vec<i32>,
    /// Video.
    pub video: Vec<i32>,
}

impl Codecs {
    /// What a request prefers, by the names of guide 3.1/7. Names that are none are passed over; without any, it is the usual list:
    /// clients send nothing at all when they hear of no codec that they know.
    pub fn preferred(audio: &[String], video: &[String]) -> Codecs {
        let numbers = |names: &[String], number: fn(&str) -> Option<i32>, usual: Vec<i32>| {
            let mut list: Vec<i32> = Vec::new();
            for codec in names.iter().filter_map(|name| number(name)) {
                if !list.contains(&codec) {
                    list.push(codec);
                }
            }
            if list.is_empty() { usual } else { list }
        };
        let usual = Codecs::default();
        Codecs { audio: numbers(audio, codec::audio, usual.audio), video: numbers(video, codec::video, usual.video) }
    }
}

impl Default for Codecs {
    fn default() -> Codecs {
        Codecs { audio: vec![codec::OPUS, codec::G711], video: vec![codec::H264, codec::MJPG] }
    }
}

/// Somebody who has been admitted.
#[derive(Clone, Debug, Default)]
pub struct Newcomer {
    /// True for the owner, who gets ssrc 0.
    pub owner: bool,
    /// The third party's id; empty for an anonymous guest.
    pub user_id: String,
    /// Shown to the others as [`super::catch_up::shown_name`] has it.
    pub name: String,
    /// Kernel version.
    pub version: (i32, i32),
    /// Bit 0 audio, bit 1 video.
    pub capability: u8,
    /// Twelve random bytes that bring this person back (EXT 90).
    pub reconnect_name: [u8; 12],
    /// Who this was before, proved by a ticket or a reconnect name (wire/01 section 10.4).
    pub returning: Option<Ssrc>,
    /// A ticket holder: only the owner sees such a one (wire/02 section 4.2).
    pub ticket_holder: bool,
    /// The owner comes to prepare; otherwise the owner's coming makes a meeting in preparation a normal one (wire/02 section 9.3).
    pub prepares: bool,
    /// And then on these terms (guide 3.1, exceptions; note N66).
    pub terms: Option<Terms>,
}

/// What an owner sets anew who makes a preparation a meeting, as far as the meeting itself keeps it (guide 3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Title, at most 511 bytes; may be empty.
    pub title: String,
    /// Planned duration, counted from then on.
    pub duration: Option<Duration>,
    /// An event goes on after its duration while somebody is there.
    pub autoextension: bool,
    /// Places are reserved in it.
    pub guaranteed: bool,
}

/// The usual licence of the known server (wire/01 section 12 step 13).
pub const CHANNELS: Channels = Channels { video: 6, audio: 4 };

/// How long a preparation lasts before it is extended (guide 3.7).
pub const PREPARATION: Duration = Duration::from_secs(3600);

/// The most people at once that this server is built for.
pub const MAX_PEOPLE: usize = 300;
