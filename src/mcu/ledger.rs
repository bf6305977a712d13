//! What the disk says before a meeting is opened: whether its event is over, and how much its owner and group use.
//!
//! In: a request, its quotas. Out: a [`Disk`] for the office. Usage is counted by walking folders, on a blocking thread, and a count
//! serves for a minute; one that would refuse somebody is always fresh, and a meeting or a removal that ends here voids it. So a count
//! lags at most a minute behind what other programs add, and never behind what they take away.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

use super::continuing;
use crate::clock::Clock;
use crate::hit::request::ServiceRequest;
use crate::library::{self, Charged, disk_usage};
use crate::office::{Disk, Quotas, Usage};
use crate::wire::Refusal;

/// The counts of one recording root.
#[derive(Debug)]
pub(super) struct Ledger {
    root: PathBuf,
    clock: Clock,
    counts: Mutex<HashMap<Whose, Arc<Mutex<Option<Count>>>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Whose {
    Owner(String),
    Group(String),
}

#[derive(Clone, Copy, Debug)]
struct Count {
    at: Duration,
    bytes: u64,
}

impl Ledger {
    pub(super) fn new(root: &Path, clock: Clock) -> Ledger {
        Ledger { root: root.to_owned(), clock, counts: Mutex::default() }
    }

    /// Looks for a request that would open a meeting. Blocking.
    pub(super) fn look(&self, request: &ServiceRequest, quotas: Quotas) -> Disk {
        let used = |whose: Option<Whose>, quota: Option<u64>| match (whose, quota) {
            (Some(whose), Some(quota)) => self.used(whose, quota),
            _ => 0,
        };
        let group = request.group.as_ref().map(|group| Whose::Group(group.id.clone()));
        Disk {
            over: request.command.is_event() && library::event_is_over(&self.root, request),
            beginning: self.beginning(request),
            recorded_before: request.command.exclusive_recording && library::has_recordings(&self.root, request),
            usage: Usage {
                owner: used(Some(Whose::Owner(request.owner.id.clone())), quotas.owner),
                group: used(group, quotas.group),
            },
        }
    }

    /// Why what the meeting is to go on from cannot be had.
    fn beginning(&self, request: &ServiceRequest) -> Option<Refusal> {
        let reference = request.command.continues()?;
        let refused = continuing::check(&self.root, reference).err()?;
        warn!("meeting {:?} cannot go on from a recording: {refused}", request.meeting_id);
        Some(refused.code)
    }

    /// A recording of that owner has changed.
    pub(super) fn forget(&self, owner: &str, group: Option<&str>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&Whose::Owner(owner.to_owned()));
        if let Some(group) = group {
            counts.remove(&Whose::Group(group.to_owned()));
        }
    }

    fn used(&self, whose: Whose, quota: u64) -> u64 {
        let slot = self.slot(whose.clone());
        // Held while counting, so that a rush counts once; other owners have slots of their own.
        let mut count = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().steady;
        if let Some(Count { at, bytes }) = *count
            && now < at + COUNT_SERVES
            && bytes <= quota
        {
            return bytes;
        }
        let charged = match &whose {
            Whose::Owner(id) => Charged::Owner(id),
            Whose::Group(id) => Charged::Group(id),
        };
        let bytes = disk_usage(&self.root, charged).unwrap_or_else(|failure| {
            // A meeting goes on without its storage (guide 3.9), so its quota cannot keep it from beginning.
            warn!("the disk usage of {whose:?} cannot be counted: {failure}");
            0
        });
        *count = Some(Count { at: now, bytes });
        bytes
    }

    fn slot(&self, whose: Whose) -> Arc<Mutex<Option<Count>>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_COUNTS {
            counts.clear();
        }
        Arc::clone(counts.entry(whose).or_default())
    }
}

/// So long a count serves.
const COUNT_SERVES: Duration = Duration::from_secs(60);

/// So many owners and groups are remembered.
const MAX_COUNTS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, name: &str, bytes: usize) {
        let folder = root.join("_group/g/olive/m");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), vec![0; bytes]).unwrap();
    }

    #[test]
    fn a_count_serves_again_but_never_to_refuse_and_not_after_a_change() {
        let root = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(root.path(), Clock::system());
        let request = ServiceRequest::new("olive", "Olive", "m", 0);
        let quotas = Quotas { owner: Some(100), group: None };
        let used = || ledger.look(&request, quotas).usage.owner;
        put(root.path(), "a.jnr", 60);
        assert_eq!(used(), 60);
        put(root.path(), "b.jnr", 60);
        assert_eq!(used(), 60, "of the last minute");
        ledger.forget("olive", None);
        assert_eq!(used(), 120);
        std::fs::remove_file(root.path().join("_group/g/olive/m/b.jnr")).unwrap();
        assert_eq!(used(), 60, "a count above the quota is made anew");
    }

    #[test]
    fn what_nobody_asks_for_is_not_counted() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "a.jnr", 60);
        let ledger = Ledger::new(root.path(), Clock::system());
        let mut request = ServiceRequest::new("olive", "Olive", "m", 0);
        request.group = Some(crate::hit::request::Group { id: "g".into(), ..Default::default() });
        assert_eq!(ledger.look(&request, Quotas::default()), Disk::default());
        let both = Quotas { owner: Some(1), group: Some(1) };
        assert_eq!(ledger.look(&request, both).usage, Usage { owner: 60, group: 60 });
    }
}
