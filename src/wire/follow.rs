//! Following the presenter: tab, joint browsing, full screen, sync (wire/02 section 8).
//!
//! In: bytes after the EXT number. Out: one enum for both directions, whose layouts are the same here.

use super::clear::Clear;
use super::fields::{Decoded, Reader, cut_utf8, lossy};

/// What the presenter shows, and what the others are to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// EXT(22): the tab, as [`Tab`] numbers them.
    Tab(i32),
    /// EXT(20): a page of joint browsing.
    Page(Page),
    /// EXT(63): full screen.
    FullScreen(FullScreen),
    /// EXT(83): everybody is to show the presenter's slide now.
    ForceSync,
}

/// A page that was opened for everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// 1 typed, 2 a link, 3 back, 4 forward.
    pub kind: i32,
    /// At most 4096 bytes, without NUL; in clear on the wire.
    pub url: String,
}

/// Full screen on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullScreen {
    /// 0 off.
    pub on: i32,
    /// 0 board, 1 browser, 2 sharing, 3 remote control.
    pub view: i32,
}

/// A tab of the known client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tab {
    /// 0: the white board.
    #[default]
    Board,
    /// 1: the browser.
    Browser,
    /// 2: desktop sharing.
    Sharing,
    /// 3: remote control.
    RemoteControl,
    /// 4: the user list.
    Users,
}

impl Tab {
    /// Every tab, in the order of their numbers.
    pub const ALL: [Tab; 5] = [Tab::Board, Tab::Browser, Tab::Sharing, Tab::RemoteControl, Tab::Users];

    /// The tab with that number; clients ignore others.
    pub fn from_number(number: i32) -> Option<Tab> {
        usize::try_from(number).ok().and_then(|n| Tab::ALL.get(n).copied())
    }

    /// Its number on the wire.
    pub fn number(self) -> i32 {
        match self {
            Tab::Board => 0,
            Tab::Browser => 1,
            Tab::Sharing => 2,
            Tab::RemoteControl => 3,
            Tab::Users => 4,
        }
    }
}

impl Page {
    /// The kinds that mean something.
    pub const KINDS: std::ops::RangeInclusive<i32> = 1..=4;

    /// A page that somebody typed; an address that is too long is cut between characters.
    pub fn typed(url: &str) -> Page {
        let url = url.split('\0').next().unwrap_or_default();
        Page { kind: 1, url: cut_utf8(url, usize::try_from(MAX_URL).unwrap_or_default()).to_owned() }
    }
}

impl FullScreen {
    /// The views that mean something.
    pub const VIEWS: std::ops::RangeInclusive<i32> = 0..=3;
}

impl Follow {
    /// After EXT(`id`); `None` if the number is none of these.
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Option<Follow>> {
        Ok(Some(match id {
            20 => {
                let kind = r.i32()?;
                let url = r.lp(MAX_URL, "an address of at most 4096 bytes")?;
                let end = url.iter().position(|byte| *byte == 0).unwrap_or(url.len());
                Follow::Page(Page { kind, url: lossy(url.get(..end).unwrap_or_default().to_vec()) })
            }
            22 => Follow::Tab(r.i32()?),
            63 => Follow::FullScreen(FullScreen { on: r.i32()?, view: r.i32()? }),
            83 => Follow::ForceSync,
            _ => return Ok(None),
        }))
    }

    /// The whole message. EXT(20) must go out in one piece (wire/02 section 0).
    pub fn encode(&self) -> Clear {
        match self {
            Follow::Tab(mode) => Clear::ext(22).i32(*mode),
            Follow::Page(page) => Clear::ext(20).i32(page.kind).lp(page.url.as_bytes()),
            Follow::FullScreen(full) => Clear::ext(63).i32(full.on).i32(full.view),
            Follow::ForceSync => Clear::ext(83),
        }
    }
}

/// The longest address of joint browsing, in bytes (wire/02 section 8).
pub const MAX_URL: i32 = 4096;
