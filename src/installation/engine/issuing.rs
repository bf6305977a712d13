//! jnj files of this installation: issued for a person, for a recording, or again.
//!
//! In: orders and requests. Out: a jnj for the servers that run, or a sentence that says why not.

use std::net::SocketAddr;
use std::path::Path;

use super::Task;
use super::servers::Server;
use crate::hit::freshness::{DEFAULT_WINDOW, Freshness};
use crate::hit::jnj::Jnj;
use crate::hit::paths::RecordingPath;
use crate::hit::request::{CommandKind, Group, ServiceRequest};
use crate::installation::command::{JnjFor, JnjOrder};
use crate::installation::order::RequestOrder;
use crate::installation::snapshot::{Issued, Level};
use crate::thirdparty::cluster::{self, Errand};

impl Task {
    pub(super) fn issue(&mut self, order: &JnjOrder) -> Result<Jnj, String> {
        let request = RequestOrder::from(order);
        let request = request.request(self.clock.now()).map_err(|e| e.to_string())?;
        let jnj = self.seal(&request)?;
        let window = if request.password.is_some() { 0 } else { window_seconds() };
        self.issued = Some(Issued { to: joined_as(order), good_until: request.timestamp.saturating_add(window) });
        Ok(jnj)
    }

    /// A jnj for the primary, and for the backup while one runs; the other way round while the meeting is open at the backup (guide 3.4).
    pub(super) fn seal(&self, request: &ServiceRequest) -> Result<Jnj, String> {
        let mut jnj = self.options.installation.issue(request, self.mcu_address()).map_err(|e| e.to_string())?;
        jnj.backupip = self.backup.iter().map(|backup| backup.mcu.address().ip().to_string()).collect();
        let servers = self.serving.iter().map(|serving| &serving.server).chain(&self.backup);
        let servers: Vec<_> = servers.map(Server::as_member).collect();
        if let Some(open) = cluster::open_at(&servers, &Errand::of(request))
            && let Some(backup) = jnj.backupip.iter_mut().find(|name| **name == open.name)
        {
            std::mem::swap(backup, &mut jnj.ip);
        }
        Ok(jnj)
    }

    /// The request of a jnj that was issued here, if its time is over.
    pub(super) fn stale_request(&self, jnj: &Jnj) -> Option<ServiceRequest> {
        let request = self.options.installation.open_userinfo(jnj.userinfo.as_ref()?.expose()).ok()?;
        let age = Freshness::judge(request.timestamp, request.password.is_some(), self.clock.now(), DEFAULT_WINDOW);
        matches!(age, Freshness::Expired { .. }).then_some(request)
    }

    pub(super) fn playback_request(&self, path: &Path) -> Result<ServiceRequest, String> {
        let root = self.options.installation.recording_root();
        let inside =
            path.strip_prefix(&root).map_err(|_| "Only recordings of this installation can be asked for".to_owned())?;
        let (place, _) = RecordingPath::parse(inside).map_err(|e| e.to_string())?;
        let name = self.recordings.iter().find(|row| row.path == path).map(|row| row.owner_name.clone());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| place.owner().to_owned());
        let mut request = ServiceRequest::new(place.owner(), &name, place.meeting(), self.clock.now().unix_seconds());
        request.group = place.group().map(|id| Group { id: id.to_owned(), ..Group::default() });
        request.command.kind = CommandKind::Playback;
        request.command.file = Some(place.name());
        Ok(request)
    }

    pub(super) fn issue_to_file(&mut self, order: &JnjOrder, path: &Path) {
        let written = self.issue(order).and_then(|jnj| {
            let bytes = jnj.to_bytes().map_err(|e| e.to_string())?;
            std::fs::write(path, bytes).map_err(|e| format!("{} cannot be written: {e}", path.display()))
        });
        match written {
            Ok(()) => self.notice(Level::Info, format!("Saved {}", path.display())),
            Err(failure) => self.complain(failure),
        }
    }

    pub(super) fn mcu_address(&self) -> SocketAddr {
        let own = self.serving.as_ref().map(|s| s.server.mcu.address());
        own.or_else(|| self.options.installation.running_at())
            .or(self.primary)
            .unwrap_or_else(|| self.options.installation.listen())
    }
}

fn window_seconds() -> i64 {
    i64::try_from(DEFAULT_WINDOW.as_secs()).unwrap_or(i64::MAX)
}

/// What a tab is called that was opened by an order.
pub(super) fn joined_as(order: &JnjOrder) -> String {
    match &order.person {
        JnjFor::Owner => order.owner_name.clone(),
        JnjFor::Guest { name, .. } => name.clone(),
    }
}
