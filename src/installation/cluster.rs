//! Which MCU of the installation's recording root a jnj leads to (guide 3.9).
//!
//! In: a request and the way to balance. Out: the servers for its jnj. What is chosen by load is remembered in the simulator's own folder
//! (`third-party/cluster.txt`), so that all jnj files of a meeting name the same servers. Blocking.

use std::time::Duration;

use super::folder::{Installation, InstallationError};
use crate::clock::Now;
use crate::hit::request::ServiceRequest;
use crate::thirdparty::cluster::{self, Errand, Sequence, Way};
use crate::thirdparty::memory::Memory;
use crate::thirdparty::servers::{self, Problem};

/// A choice, and what was odd on the way to it.
#[derive(Debug)]
pub struct Chosen {
    /// The servers.
    pub sequence: Sequence,
    /// Files of servers that were not understood.
    pub problems: Vec<Problem>,
}

impl Installation {
    /// Chooses among the MCUs of the recording root; among those of `only`, if it names any. Servers that do not take a connection at
    /// `port` count as down.
    ///
    /// # Errors
    /// A folder cannot be read or written, or no server is up.
    pub fn choose_server(
        &self,
        request: &ServiceRequest,
        way: Way,
        (only, port): (&[String], u16),
        now: Now,
    ) -> Result<Chosen, InstallationError> {
        let root = self.recording_root();
        let mut found = servers::look(&root).map_err(|source| InstallationError::File { path: root, source })?;
        if !only.is_empty() {
            found.servers.retain(|server| only.contains(&server.name));
        }
        found.probe(port, ANSWER_WITHIN);
        let errand = Errand::of(request);
        let path = self.folder().join("third-party").join(MEMORY);
        let file = |source| InstallationError::File { path: path.clone(), source };
        let mut memory = match way {
            Way::Load => Memory::read(&path, now.unix_seconds()).map_err(file)?,
            Way::Statistical | Way::Capacity => Memory::default(),
        };
        let sequence = cluster::choose(&found.servers, &errand, way, memory.of(&errand))
            .map_err(|none| InstallationError::Request(none.to_string()))?;
        if way == Way::Load {
            memory.remember(&path, &errand, &sequence.servers, now.unix_seconds()).map_err(file)?;
        }
        Ok(Chosen { sequence, problems: found.problems })
    }
}

/// As long as the known client waits between two servers, and as much again (guide 3.8).
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
const MEMORY: &str = "cluster.txt";
