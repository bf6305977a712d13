//! The MCU of an installation and its backup: started, stopped, pulled out.
//!
//! In: commands on servers. Out: what became of them, in the task's state. Sessions know nothing of it but an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use super::Task;
use crate::clock::Clock;
use crate::hit::status::{OfficeEntry, OfficeState};
use crate::installation::demo::Cast;
use crate::installation::folder::{Hold, InstallationError};
use crate::installation::rows;
use crate::installation::snapshot::{Level, McuRunning, McuState};
use crate::mcu::{Mcu, McuConfig, McuSnapshot};
use crate::thirdparty::cluster;

/// An MCU that runs.
pub(super) struct Server {
    pub(super) mcu: Mcu,
    pub(super) meetings: watch::Receiver<Arc<McuSnapshot>>,
    since: Duration,
}

impl Server {
    fn new(mcu: Mcu, clock: Clock) -> Server {
        Server { since: clock.now().steady, meetings: mcu.snapshot(), mcu }
    }

    /// What a front sees of it.
    pub(super) fn state(&self, now: Duration) -> McuState {
        McuState::Running(McuRunning {
            address: self.mcu.address(),
            up: now.saturating_sub(self.since),
            connections: self.mcu.connections(),
            meetings: self.meetings.borrow().meetings.iter().map(rows::meeting).collect(),
        })
    }

    /// What a third party knows of it, without the detour over its files.
    pub(super) fn as_member(&self) -> cluster::Server {
        let snapshot = self.meetings.borrow();
        let (events, offices): (Vec<_>, Vec<_>) =
            snapshot.meetings.iter().partition(|meeting| meeting.duration_min > 0);
        cluster::Server {
            name: self.mcu.address().ip().to_string(),
            alive: true,
            load: None,
            offices: offices
                .into_iter()
                // A message's room is nobody's office (guide notes N29).
                .filter(|meeting| !meeting.message)
                .map(|m| OfficeEntry {
                    owner_id: m.owner_id.clone(),
                    status: OfficeState::Open,
                    meeting_id: m.meeting_id.clone(),
                })
                .collect(),
            events: events
                .into_iter()
                .map(|m| cluster::Event { owner_id: m.owner_id.clone(), meeting_id: m.meeting_id.clone() })
                .collect(),
        }
    }
}

/// The installation's own.
pub(super) struct Serving {
    pub(super) server: Server,
    // Dropped after the MCU: the lock outlives what it protects.
    _hold: Hold,
}

#[derive(Debug, thiserror::Error)]
enum StartFailure {
    #[error(transparent)]
    Folder(#[from] InstallationError),
    #[error(transparent)]
    Mcu(#[from] crate::mcu::McuError),
}

impl Task {
    pub(super) async fn start_mcu(&mut self) {
        if self.serving.is_some() {
            return;
        }
        self.state = McuState::Starting;
        self.publish();
        match self.try_start_mcu().await {
            Ok(serving) => {
                self.follow(serving.server.meetings.clone());
                if self.options.with_people {
                    self.cast =
                        Cast::enter(&self.options.installation, serving.server.mcu.address(), self.clock.clone());
                }
                self.primary = Some(serving.server.mcu.address());
                self.serving = Some(serving);
            }
            Err(failure) => {
                self.state = match &failure {
                    StartFailure::Folder(InstallationError::Held { pid, address }) => match address.parse() {
                        Ok(address) => McuState::Elsewhere { address, pid: *pid },
                        Err(_) => McuState::Failed { why: failure.to_string() },
                    },
                    _ => McuState::Failed { why: failure.to_string() },
                };
                warn!("the MCU does not start: {failure}");
            }
        }
    }

    async fn try_start_mcu(&mut self) -> Result<Serving, StartFailure> {
        let hold = self.options.installation.hold()?;
        let inspector = || self.watching.inspector.clone();
        let (config, key) = self.options.installation.mcu(self.options.listen, self.clock.clone())?;
        let mcu = match Mcu::start(McuConfig { inspector: inspector(), ..config }, key).await {
            Ok(mcu) => mcu,
            Err(taken) => {
                info!("{taken}; another port is picked");
                let any = SocketAddr::new(self.options.listen.ip(), 0);
                let (config, key) = self.options.installation.mcu(any, self.clock.clone())?;
                Mcu::start(McuConfig { inspector: inspector(), ..config }, key).await?
            }
        };
        hold.note(mcu.address())?;
        Ok(Serving { server: Server::new(mcu, self.clock.clone()), _hold: hold })
    }

    pub(super) async fn tell(&mut self, session_index: Option<i32>, text: &str) {
        let Some(serving) = &self.serving else {
            return self.complain("The MCU does not run here: nobody can be told anything".to_owned());
        };
        match serving.server.mcu.tell(session_index, text).await {
            Ok(0) => self.notice(Level::Warn, "No meeting was open: nobody was told".to_owned()),
            Ok(1) => self.notice(Level::Info, "One meeting was told".to_owned()),
            Ok(told) => self.notice(Level::Info, format!("{told} meetings were told")),
            Err(why) => self.complain(format!("The notice was not sent: {why}")),
        }
    }

    pub(super) async fn close_meeting(&mut self, session_index: i32) {
        let closed = match &self.serving {
            Some(serving) => serving.server.mcu.close_meeting(session_index).await,
            None => return self.complain("The MCU does not run here: its meetings cannot be closed".to_owned()),
        };
        if !closed {
            self.notice(Level::Warn, "That meeting is over already".to_owned());
        }
    }

    pub(super) async fn warn_of_shutdown(&mut self) {
        if let Some(serving) = &self.serving {
            let told = serving.server.mcu.warn_of_shutdown().await;
            self.notice(Level::Info, format!("The coming shutdown was announced to {told} open meetings"));
        }
    }

    pub(super) async fn stop_mcu(&mut self) {
        let Some(serving) = self.stopping().await else { return };
        serving.server.mcu.shutdown().await;
        self.stopped().await;
    }

    pub(super) async fn pull_the_plug(&mut self) {
        let Some(serving) = self.stopping().await else { return };
        serving.server.mcu.pull_the_plug().await;
        self.stopped().await;
    }

    /// Takes the MCU out. Simulated people go first: they would only come back.
    async fn stopping(&mut self) -> Option<Serving> {
        let serving = self.serving.take()?;
        self.state = McuState::Stopping;
        self.publish();
        if let Some(cast) = self.cast.take() {
            cast.leave().await;
        }
        self.everybody_leaves().await;
        Some(serving)
    }

    async fn stopped(&mut self) {
        self.state = McuState::Stopped;
        self.refresh_recordings().await;
    }

    /// On the primary's port, as a jnj has one port for all servers, and on another loopback address.
    pub(super) async fn start_backup(&mut self) {
        if self.backup.is_some() {
            return;
        }
        self.backup_state = McuState::Starting;
        self.publish();
        let primary = self.mcu_address();
        let mut why = String::new();
        for ip in BACKUP_ADDRESSES.into_iter().filter(|ip| *ip != primary.ip()) {
            let started = match self.options.installation.mcu(SocketAddr::new(ip, primary.port()), self.clock.clone()) {
                Ok((config, key)) => {
                    let (local_ip, status_names) = (ip.to_string(), vec![ip.to_string()]);
                    let inspector = self.watching.inspector.clone();
                    let config = McuConfig { local_ip, status_names, inspector, ..config };
                    Mcu::start(config, key).await.map_err(|failure| failure.to_string())
                }
                Err(failure) => Err(failure.to_string()),
            };
            match started {
                Ok(mcu) => {
                    let server = Server::new(mcu, self.clock.clone());
                    self.follow(server.meetings.clone());
                    self.backup = Some(server);
                    return;
                }
                Err(failure) => why = failure,
            }
        }
        warn!("the backup does not start: {why}");
        self.backup_state = McuState::Failed { why };
    }

    pub(super) async fn stop_backup(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.backup_state = McuState::Stopping;
        self.publish();
        backup.mcu.shutdown().await;
        self.backup_state = McuState::Stopped;
        self.refresh_recordings().await;
    }
}

/// Where a backup listens: the first that this system has.
const BACKUP_ADDRESSES: [IpAddr; 3] =
    [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
