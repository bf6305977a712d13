//! The files that an MCU keeps for third parties to read (guide 3.4 to 3.6, 3.9, 3.12).
//!
//! In: what goes on as values, or the bytes of such a file. Out: text as the guide's samples have it, corrected by the
//! notes; or the values again. Reading is tolerant: what is absent has the guide's default, what is unknown is ignored.
//! Names of files are made in [`paths`](crate::hit::paths); local time comes in as text made by
//! [`LocalTime`](crate::hit::local_time::LocalTime). [`explain`] takes such a file apart for people.

mod cluster;
pub mod explain;
mod owner;
mod people;
mod recording;

pub use cluster::{Alive, ClusterError, ClusterLoad, Load};
pub use owner::{
    MeetingEntry, MessengerUser, OfficeEntry, OfficeState, OfficeStatus, OwnerStatus, PlaybackEntry, ServerInfo,
};
pub use people::{ParticipantFile, ParticipantInside};
pub use recording::{How, Participant, RecordingStatus};

use thiserror::Error;

use crate::hit::xml::{self, Element, Limits, XmlError};

/// Most bytes of a status file that are read.
pub const MAX_STATUS: usize = 1024 * 1024;
/// Most participants, meetings, playbacks or users of one file, each.
pub const MAX_ENTRIES: usize = 5_000;

/// Why a status file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatusError {
    /// The XML is refused.
    #[error("the status file is not readable: {0}")]
    Xml(#[from] XmlError),
    /// Another document.
    #[error("the root element is <{found}>, expected <{expected}>")]
    Root {
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// More entries than a meeting can have.
    #[error("there are more than {MAX_ENTRIES} elements <{0}>")]
    TooMany(&'static str),
}

fn root(bytes: &[u8], expected: &'static str) -> Result<Element, StatusError> {
    // Elements: the largest lists of one file and some around them.
    let root = xml::parse(bytes, Limits { bytes: MAX_STATUS, depth: 8, elements: 4 * MAX_ENTRIES + 100 })?;
    if root.name() != expected {
        return Err(StatusError::Root { found: root.name().chars().take(40).collect(), expected });
    }
    Ok(root)
}

/// The entries of a name, or an error when there are too many.
fn entries<'a>(parent: Option<&'a Element>, name: &'static str) -> Result<Vec<&'a Element>, StatusError> {
    let found: Vec<_> =
        parent.into_iter().flat_map(|parent| parent.children_named(name)).take(MAX_ENTRIES + 1).collect();
    if found.len() > MAX_ENTRIES {
        return Err(StatusError::TooMany(name));
    }
    Ok(found)
}

/// An attribute's text; empty when absent.
fn text(element: &Element, name: &str) -> String {
    element.attribute(name).unwrap_or_default().to_owned()
}

/// An attribute's number; the default when absent or none.
fn number<N: std::str::FromStr>(element: &Element, name: &str, default: N) -> N {
    element.attribute(name).and_then(|value| value.trim().parse().ok()).unwrap_or(default)
}

fn flag(element: &Element, name: &str) -> bool {
    number(element, name, 0i64) != 0
}

fn bit(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}
