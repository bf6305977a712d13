//! Which address is tried when, and which connection is kept (wire/01 section 1.3, guide 3.8).
//!
//! In: the list of addresses, the time, what became of each attempt. Out: attempts to start, the one to keep, those to close, and
//! a timeline of all of it. Knows no socket.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::hit::jnj::{Jnj, MAX_BACKUPS};
use crate::link::Sha256Fingerprint;

/// One place where a server may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or address, as the jnj has it, an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The addresses of a jnj in the order in which they are tried: server by server, `portm` before `portm2` (guide 3.8, note N35).
/// Never empty, and at most 20. Through a proxy a `portm2` of 443 comes first, for many proxies let nothing else through (note N36).
pub fn addresses(jnj: &Jnj, through_proxy: bool) -> Vec<Address> {
    let second = jnj.portm2.filter(|port| *port != 0 && *port != jnj.portm);
    let ports = match second {
        Some(HTTPS) if through_proxy => [Some(HTTPS), Some(jnj.portm)],
        second => [Some(jnj.portm), second],
    };
    let mut hosts = vec![bare(&jnj.ip)];
    for backup in &jnj.backupip {
        let host = bare(backup);
        let usable = !host.is_empty() && backup.trim().chars().count() < TOO_LONG_A_HOST;
        if usable && hosts.len() <= MAX_BACKUPS && !hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            hosts.push(host);
        }
    }
    let places = hosts.iter().flat_map(|host| ports.into_iter().flatten().map(move |port| (host, port)));
    places.map(|(host, port)| Address { host: (*host).to_owned(), port }).collect()
}

/// The primary server as the jnj has it, `HOST:PORT`.
pub fn primary(jnj: &Jnj) -> String {
    Address { host: bare(&jnj.ip).to_owned(), port: jnj.portm }.to_string()
}

/// Whom the first connection belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Preference {
    /// Whoever opens first (guide 3.8).
    #[default]
    Guide,
    /// The first entry, for 5 s; then whoever is open (wire/01 section 1.3, the known browser client).
    Browser,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start attempt number n.
    Dial(usize),
    /// End attempt number n, or close its connection.
    Abort(usize),
    /// Run the key exchange on the connection of attempt number n. All others are over.
    Keep(usize),
    /// None is left; a reason an address, in order.
    GiveUp(Vec<String>),
}

/// A line of the timeline: one address, and what became of it in the present round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// `HOST:PORT`.
    pub address: String,
    /// When it was tried, counted from when the dialling began.
    pub started: Option<Duration>,
    /// When its outcome was settled, on the same count.
    pub ended: Option<Duration>,
    /// What became of it.
    pub outcome: Outcome,
    /// The server's certificate, if the attempt failed because nobody vouches for it: a person may decide to.
    pub untrusted: Option<Sha256Fingerprint>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its time has not come.
    Waiting,
    /// Under way.
    Trying,
    /// Open, but not taken yet ([`Preference::Browser`]).
    Open,
    /// Taken.
    Won,
    /// Another was faster.
    Closed,
    /// No connection.
    Failed(String),
    /// It was taken, but the key exchange failed.
    KeysFailed(String),
    /// Another was taken before its time came.
    NotTried,
}

/// The state machine.
#[derive(Debug)]
pub struct Dialler {
    preference: Preference,
    rows: Vec<AttemptRow>,
    /// When the first round began.
    began: Duration,
    /// When the present one did.
    round: Duration,
    steps: VecDeque<Step>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Racing,
    Kept(usize),
    Over,
}

impl Dialler {
    /// Starts with these addresses, each a row of the timeline.
    pub fn new(addresses: &[Address], preference: Preference, now: Duration) -> Dialler {
        let row = |address: &Address| AttemptRow {
            address: address.to_string(),
            started: None,
            ended: None,
            outcome: Outcome::Waiting,
            untrusted: None,
        };
        let rows = addresses.iter().map(row).collect();
        let (steps, stage) = (VecDeque::new(), Stage::Racing);
        let mut dialler = Dialler { preference, rows, began: now, round: now, steps, stage };
        dialler.tick(now);
        dialler
    }

    /// Starts what is due, entry k of the round 500 ms x k after its start, and ends what took too long.
    pub fn tick(&mut self, now: Duration) {
        if self.stage != Stage::Racing {
            return;
        }
        for k in 0..self.rows.len() {
            if self.timeout_of(k).is_some_and(|at| now >= at) {
                self.settle(k, Outcome::Failed(format!("no connection within {} s", ATTEMPT_TIMEOUT.as_secs())), now);
                self.steps.push_back(Step::Abort(k));
            }
        }
        let since = now.saturating_sub(self.began);
        for (k, due) in self.waiting() {
            if now >= due
                && let Some(row) = self.rows.get_mut(k)
            {
                row.outcome = Outcome::Trying;
                row.started = Some(since);
                self.steps.push_back(Step::Dial(k));
            }
        }
        self.decide(now);
    }

    /// Attempt k has a connection. If nobody waits for it any more, it is to be closed.
    pub fn opened(&mut self, k: usize, now: Duration) {
        match self.rows.get_mut(k) {
            Some(row) if row.outcome == Outcome::Trying => {
                row.outcome = Outcome::Open;
                self.decide(now);
            }
            _ => self.steps.push_back(Step::Abort(k)),
        }
    }

    /// Attempt k has failed.
    pub fn failed(&mut self, k: usize, why: String, now: Duration) {
        if self.rows.get(k).is_some_and(|row| row.outcome == Outcome::Trying) {
            self.settle(k, Outcome::Failed(why), now);
            self.decide(now);
        }
    }

    /// Attempt k has failed, because nobody vouches for the server's certificate.
    pub fn untrusted(&mut self, k: usize, fingerprint: Sha256Fingerprint, why: String, now: Duration) {
        if let Some(row) = self.rows.get_mut(k).filter(|row| row.outcome == Outcome::Trying) {
            row.untrusted = Some(fingerprint);
            self.failed(k, why, now);
        }
    }

    /// The key exchange on the kept connection has failed: its entry is out, and everything starts again with the rest.
    pub fn key_exchange_failed(&mut self, why: String, now: Duration) {
        let Stage::Kept(kept) = self.stage else { return };
        self.settle(kept, Outcome::KeysFailed(why), now);
        for row in self.rows.iter_mut().filter(|row| !matches!(row.outcome, Outcome::KeysFailed(_))) {
            (row.started, row.ended, row.outcome, row.untrusted) = (None, None, Outcome::Waiting, None);
        }
        self.round = now;
        self.stage = Stage::Racing;
        self.tick(now);
    }

    /// When [`Dialler::tick`] is to be called next.
    pub fn deadline(&self) -> Option<Duration> {
        if self.stage != Stage::Racing {
            return None;
        }
        let start = self.waiting().into_iter().map(|(_, due)| due).min();
        let timeout = (0..self.rows.len()).filter_map(|k| self.timeout_of(k)).min();
        let choice = self.rows.iter().any(|row| row.outcome == Outcome::Open).then(|| self.round + HEAD_START);
        [start, timeout, choice].into_iter().flatten().min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// The timeline: a row an address, in the order in which they are tried.
    pub fn rows(&self) -> &[AttemptRow] {
        &self.rows
    }

    /// Takes a connection, if one may be taken; gives up, if none can come.
    fn decide(&mut self, now: Duration) {
        if self.stage != Stage::Racing {
            return;
        }
        let first = self.round_entries().next();
        let any_will_do = self.preference == Preference::Guide || now >= self.round + HEAD_START;
        let open = |k: &usize| self.rows.get(*k).is_some_and(|row| row.outcome == Outcome::Open);
        let taken = self.round_entries().filter(open).find(|k| any_will_do || Some(*k) == first);
        if let Some(taken) = taken {
            self.keep(taken, now);
            return;
        }
        let reasons: Option<Vec<String>> = self.rows.iter().map(|row| row.outcome.reason()).collect();
        if let Some(reasons) = reasons {
            self.stage = Stage::Over;
            self.steps.push_back(Step::GiveUp(reasons));
        }
    }

    fn keep(&mut self, taken: usize, now: Duration) {
        for k in 0..self.rows.len() {
            match self.rows.get(k).map(|row| &row.outcome) {
                Some(Outcome::Trying | Outcome::Open) if k != taken => {
                    self.settle(k, Outcome::Closed, now);
                    self.steps.push_back(Step::Abort(k));
                }
                Some(Outcome::Waiting) => {
                    if let Some(row) = self.rows.get_mut(k) {
                        row.outcome = Outcome::NotTried;
                    }
                }
                _ => {}
            }
        }
        self.settle(taken, Outcome::Won, now);
        self.stage = Stage::Kept(taken);
        self.steps.push_back(Step::Keep(taken));
    }

    fn settle(&mut self, k: usize, outcome: Outcome, now: Duration) {
        let since = now.saturating_sub(self.began);
        if let Some(row) = self.rows.get_mut(k) {
            row.outcome = outcome;
            row.ended = Some(since);
        }
    }

    /// The entries that take part in this round.
    fn round_entries(&self) -> impl Iterator<Item = usize> {
        let out = |row: &AttemptRow| matches!(row.outcome, Outcome::KeysFailed(_));
        self.rows.iter().enumerate().filter(move |(_, row)| !out(row)).map(|(k, _)| k)
    }

    /// What has not been tried, and when it is to be.
    fn waiting(&self) -> Vec<(usize, Duration)> {
        let due = |(place, k): (u32, usize)| (k, self.round + STAGGER * place);
        let waits = |(k, _): &(usize, Duration)| self.rows.get(*k).is_some_and(|row| row.outcome == Outcome::Waiting);
        (0..).zip(self.round_entries()).map(due).filter(waits).collect()
    }

    fn timeout_of(&self, k: usize) -> Option<Duration> {
        let row = self.rows.get(k).filter(|row| row.outcome == Outcome::Trying)?;
        Some(self.began + row.started? + ATTEMPT_TIMEOUT)
    }
}

impl Outcome {
    /// Why there is no connection, if there is none and none will come.
    pub fn reason(&self) -> Option<String> {
        match self {
            Outcome::Failed(why) => Some(why.clone()),
            Outcome::KeysFailed(why) => Some(format!("the key exchange failed: {why}")),
            _ => None,
        }
    }

    /// Whether this may change without a new round.
    pub fn is_open(&self) -> bool {
        matches!(self, Outcome::Waiting | Outcome::Trying | Outcome::Open)
    }
}

/// A host without the blanks around it and the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    let host = host.trim();
    host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host)
}

/// An attempt that has no connection after this has failed (wire/01 section 1.3).
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Between two attempts.
const STAGGER: Duration = Duration::from_millis(500);

/// For so long a browser client waits for its first entry.
const HEAD_START: Duration = Duration::from_secs(5);

/// Backup hosts of so many characters are skipped.
const TOO_LONG_A_HOST: usize = 100;

const HTTPS: u16 = 443;

#[cfg(test)]
#[path = "dialler_tests.rs"]
mod tests;
