//! Which MCU of a cluster a jnj leads to, and which follow as its backups (guide 3.4, 3.8, 3.9).
//!
//! In: what each server says of itself, the request, the way to balance, and what was chosen before. Out: a sequence of servers,
//! the same for the same meeting however often it is asked for. Touches no file and draws no lots: chance comes from a hash of the
//! meeting and the server, so that another third party with the same servers gets the same sequence.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::hit::jnj::MAX_BACKUPS;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::hit::status::{ClusterLoad, Load, OfficeEntry, OfficeState};

/// A server as the files of the recording root show it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Server {
    /// Its address or name, as clients dial it.
    pub name: String,
    /// It is up.
    pub alive: bool,
    /// What it carries. `None`: its load file is missing or malformed.
    pub load: Option<ClusterLoad>,
    /// Its open person-based offices.
    pub offices: Vec<OfficeEntry>,
    /// Its running events.
    pub events: Vec<Event>,
}

/// A running event-based meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its owner's id.
    pub owner_id: String,
    /// Its meeting id.
    pub meeting_id: String,
}

/// How a meeting that is not open yet gets its server (guide 3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Every sequence is as likely as any other.
    Statistical,
    /// The more connections a server's licence allows, the more meetings it gets.
    Capacity,
    /// The server whose scarcest resource is used least, at the moment of the first jnj.
    Load,
}

impl Way {
    /// Its name on the command line.
    pub fn from_word(word: &str) -> Option<Way> {
        match word {
            "statistical" => Some(Way::Statistical),
            "capacity" => Some(Way::Capacity),
            "load" => Some(Way::Load),
            _ => None,
        }
    }
}

/// What a jnj is for, as far as the choice depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    owner_id: String,
    meeting_id: String,
    room: Room,
}

/// Which room a request leads to (guide notes N19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// The owner's office, whatever the meeting id.
    Office,
    /// The event of that meeting id.
    Event,
    /// A message's room: never the office.
    Message,
    /// None: a recording is read, which lies where all servers see it.
    Recording,
}

impl Errand {
    /// Of a request.
    pub fn of(request: &ServiceRequest) -> Errand {
        let room = match request.command.kind {
            CommandKind::Meeting if request.command.is_event() => Room::Event,
            CommandKind::Meeting => Room::Office,
            CommandKind::TalkToVisitor | CommandKind::LeaveMessage => Room::Message,
            CommandKind::Playback | CommandKind::Download | CommandKind::Delete | CommandKind::CheckMessage => {
                Room::Recording
            }
        };
        Errand { owner_id: request.owner.id.clone(), meeting_id: request.meeting_id.clone(), room }
    }

    /// What names the meeting, as 64 hexadecimal digits. All requests that lead into one room have the same.
    pub fn key(&self) -> String {
        self.hash(b"").iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An event's room is its meeting id's, an office is its owner's (guide notes N19). The meeting id of an office says nothing:
    /// an owner's second meeting id leads into the same room.
    fn hash(&self, server: &[u8]) -> [u8; 32] {
        let (kind, id) = match self.room {
            Room::Office => (b"office", &self.owner_id),
            Room::Event => (b"event ", &self.meeting_id),
            Room::Message | Room::Recording => (b"other ", &self.meeting_id),
        };
        let mut hash = Sha256::new();
        hash.update(kind);
        // Ids are at most 128 bytes: the length keeps id and server apart.
        hash.update((id.len() as u64).to_be_bytes());
        hash.update(id.as_bytes());
        hash.update(server);
        hash.finalize().into()
    }

    /// A number from 1 to 2^64 - 1 that looks random, the same for the same server and meeting.
    fn lot(&self, server: &Server) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.hash(server.name.as_bytes());
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).max(1)
    }

    fn is_open_at(&self, server: &Server) -> bool {
        match self.room {
            Room::Office => server
                .offices
                .iter()
                .any(|office| office.owner_id == self.owner_id && office.status != OfficeState::Closed),
            Room::Event => {
                server.events.iter().any(|event| event.owner_id == self.owner_id && event.meeting_id == self.meeting_id)
            }
            Room::Message | Room::Recording => false,
        }
    }
}

/// The servers of a jnj.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The primary first, then its backups: one to ten names.
    pub servers: Vec<String>,
    /// Why that one is the primary.
    pub because: Because,
}

impl Sequence {
    /// The entry `ip` and the entry `backupip`.
    pub fn split(self) -> (String, Vec<String>) {
        let mut servers = self.servers.into_iter();
        (servers.next().unwrap_or_default(), servers.collect())
    }
}

/// Why a server is the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// The meeting is open there.
    Open,
    /// An earlier jnj of this meeting leads there.
    Before,
    /// It was chosen this way.
    Chosen(Way),
}

impl std::fmt::Display for Because {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Because::Open => "the meeting is open there",
            Because::Before => "earlier jnj files of this meeting lead there",
            Because::Chosen(Way::Statistical) => "by chance, each server alike",
            Because::Chosen(Way::Capacity) => "by chance, each server according to its capacity",
            Because::Chosen(Way::Load) => "it carries least",
        })
    }
}

/// Why there is no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoServer {
    /// Nobody has written an aliveness file.
    #[error(
        "no MCU has ever written its aliveness file into this recording root; start one, or name a server yourself"
    )]
    Unknown,
    /// All are down.
    #[error("none of the {0} known MCUs is up; start one, or name a server yourself")]
    AllDown(usize),
}

/// Chooses. `before`: the servers of an earlier jnj of the same meeting, best first; empty if there is none. Servers that are not up
/// are left out, the other ones follow as backups (at most nine, guide 3.8).
///
/// # Errors
/// No server is up.
pub fn choose(servers: &[Server], errand: &Errand, way: Way, before: &[String]) -> Result<Sequence, NoServer> {
    if servers.is_empty() {
        return Err(NoServer::Unknown);
    }
    let mut alive: Vec<&Server> = servers.iter().filter(|server| server.alive).collect();
    // Two names of one server are two servers to us, but one name never is.
    alive.sort_by(|a, b| a.name.cmp(&b.name));
    alive.dedup_by(|a, b| a.name == b.name);
    alive.sort_by(|a, b| order(a, b, errand, way));
    // A stable sort by place: those of an earlier jnj go first, in its order.
    let place = |server: &Server| before.iter().position(|name| *name == server.name).unwrap_or(usize::MAX);
    alive.sort_by_key(|server| place(server));
    alive.sort_by_key(|server| !errand.is_open_at(server));
    let first = alive.first().ok_or(NoServer::AllDown(servers.len()))?;
    let because = if errand.is_open_at(first) {
        Because::Open
    } else if place(first) != usize::MAX {
        Because::Before
    } else {
        Because::Chosen(way)
    };
    let names = alive.iter().take(1 + MAX_BACKUPS).map(|server| server.name.clone());
    Ok(Sequence { servers: names.collect(), because })
}

/// The server at which the meeting is open.
pub fn open_at<'a>(servers: &'a [Server], errand: &Errand) -> Option<&'a Server> {
    servers.iter().find(|server| server.alive && errand.is_open_at(server))
}

/// The better server first.
fn order(a: &Server, b: &Server, errand: &Errand, way: Way) -> Ordering {
    let (lot_a, lot_b) = (errand.lot(a), errand.lot(b));
    let by_chance = lot_b.cmp(&lot_a).then_with(|| a.name.cmp(&b.name));
    // What a server does not say cannot be weighed: it stays a backup.
    let ranked = match way {
        Way::Statistical => Ordering::Equal,
        Way::Capacity => {
            let (a, b) = (capacity(a, errand), capacity(b, errand));
            waiting(lot_a, a).total_cmp(&waiting(lot_b, b))
        }
        Way::Load => match (use_of(a, errand), use_of(b, errand)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
    };
    ranked.then(by_chance)
}

/// Most connections for such an errand; 0 when it is not known.
fn capacity(server: &Server, errand: &Errand) -> u32 {
    server.load.map_or(0, |load| connections(&load, errand).max)
}

/// Playbacks have connections of their own where the licence says so (guide 3.9).
fn connections(load: &ClusterLoad, errand: &Errand) -> Load {
    let playbacks = load.playbacks.filter(|playbacks| playbacks.max > 0 && errand.room == Room::Recording);
    playbacks.unwrap_or(load.connections)
}

/// How long one would wait for the first of so many equal events: with lots that are evenly spread, a server comes first as often as
/// its share of the whole capacity is.
fn waiting(lot: u64, capacity: u32) -> f64 {
    if capacity == 0 {
        return f64::INFINITY;
    }
    #[expect(clippy::cast_precision_loss, reason = "a lot is chance; its last bits do not matter")]
    let even = lot as f64 / 2f64.powi(64);
    -even.ln() / f64::from(capacity)
}

/// The use of the scarcest resource that the errand takes, in billionths. A full server is one of 1,000,000,000 or more, a resource
/// that the licence does not give at all is full.
fn use_of(server: &Server, errand: &Errand) -> Option<u64> {
    let load = server.load?;
    let meetings = (errand.room != Room::Recording).then_some(load.meetings);
    let of = |load: Load| match load.max {
        0 => FULL.max(u64::from(load.count) * FULL),
        max => u64::from(load.count) * FULL / u64::from(max),
    };
    meetings.into_iter().chain([connections(&load, errand)]).map(of).max()
}

const FULL: u64 = 1_000_000_000;

#[cfg(test)]
#[path = "cluster_tests.rs"]
mod tests;
