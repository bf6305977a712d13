//! Client sessions and local playbacks, each in a tab.
//!
//! In: jnj files and recordings, and what is asked of an open tab. Out: tabs in the task's state, and what a front sees of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing::warn;

use super::Task;
use crate::client::dialler;
use crate::client::{Client, ClientCommand, ClientOptions, Ending, Phase, Wish};
use crate::hit::jnj::{Credential, Jnj, Mode};
use crate::installation::command::JnjSource;
use crate::installation::folder::read;
use crate::installation::order::stamp;
use crate::installation::playback::{PlayCommand, Playback};
use crate::installation::rows;
use crate::installation::snapshot::{Level, RecentJnj, SessionSnapshot, TabId};
use crate::installation::transcript;
use crate::link::{Certificates, Route};
use crate::recording::ReadError;

pub(super) struct Tab {
    pub(super) source: String,
    pub(super) jnj: Jnj,
    /// How it connects, also when it joins again: what is set later is for tabs that are opened later.
    pub(super) options: ClientOptions,
    pub(super) client: Client,
    /// Whether the jnj is a stale one of ours; looked up once it was refused.
    reissuable: Option<bool>,
}

impl Task {
    pub(super) fn join_from(&mut self, source: JnjSource) {
        let (read, from) = match source {
            JnjSource::Made(jnj) => (Ok(*jnj), "issued here".to_owned()),
            JnjSource::Text(text) => (Jnj::parse(text.as_bytes()).map_err(|e| e.to_string()), "pasted".to_owned()),
            JnjSource::File(path) => {
                let bytes = read(&path).map_err(|e| e.to_string());
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let jnj = bytes.and_then(|b| Jnj::parse(&b).map_err(|e| format!("{name}: {e}")));
                if let Ok(jnj) = &jnj {
                    self.remember(path, jnj, &name);
                }
                (jnj, name)
            }
        };
        match read {
            Ok(jnj) => self.join(jnj, from),
            Err(failure) => self.complain(failure),
        }
    }

    /// Says what a file leads to, if it was sealed for this installation, so that people find it again.
    pub(super) fn remember(&mut self, path: PathBuf, jnj: &Jnj, name: &str) {
        let userinfo = jnj.userinfo.as_ref().map(Credential::expose);
        let request = userinfo.and_then(|userinfo| self.options.installation.open_userinfo(userinfo).ok());
        let what = request
            .map(|request| request.meeting_title.filter(|title| !title.is_empty()).unwrap_or(request.meeting_id));
        self.recent.used(RecentJnj {
            path: std::path::absolute(&path).unwrap_or(path),
            what: what.unwrap_or_else(|| name.to_owned()),
            server: dialler::primary(jnj),
            playback: jnj.mode() == Mode::Playback,
            used: self.clock.now().office,
        });
    }

    pub(super) fn join(&mut self, jnj: Jnj, source: String) {
        let (id, options) = (self.new_tab(), self.options());
        self.join_as(id, jnj, source, options);
    }

    /// How sessions connect now.
    pub(super) fn options(&self) -> ClientOptions {
        ClientOptions {
            transport: self.connecting.transport,
            route: Route { proxy: self.connecting.proxy.clone(), certificates: Certificates::System },
            preference: self.connecting.preference,
            remembers: self.passwords.clone(),
            inspector: self.watching.inspector.clone(),
            ..ClientOptions::new(self.clock.clone())
        }
    }

    pub(super) fn save_transcript(&mut self, id: TabId, path: &Path) {
        let Some(tab) = self.tabs.get(&id) else { return self.complain("That session is closed".into()) };
        let text = transcript::as_text(&tab.client.state().view, &TimeZone::system());
        match std::fs::write(path, text) {
            Ok(()) => self.notice(Level::Info, format!("Saved {}", path.display())),
            Err(failure) => self.complain(format!("{} cannot be written: {failure}", path.display())),
        }
    }

    /// Joins again with the certificate that was refused, and no other.
    pub(super) async fn trust(&mut self, id: TabId) {
        let Some(tab) = self.tabs.remove(&id) else { return };
        let Phase::Ended(Ending::Untrusted { fingerprint, .. }) = tab.client.state().phase.clone() else {
            self.tabs.insert(id, tab);
            return;
        };
        tab.client.finish().await;
        let route = Route { certificates: Certificates::Pinned(fingerprint), ..tab.options.route };
        self.join_as(id, tab.jnj, tab.source, ClientOptions { route, ..tab.options });
    }

    pub(super) fn join_as(&mut self, id: TabId, jnj: Jnj, source: String, options: ClientOptions) {
        let client = Client::start(jnj.clone(), options.clone());
        self.follow(client.watch());
        self.tabs.insert(id, Tab { source, jnj, options, client, reissuable: None });
    }

    /// The same request with the present time, in the same tab.
    pub(super) async fn reissue(&mut self, id: TabId) {
        let Some(mut request) = self.tabs.get(&id).and_then(|tab| self.stale_request(&tab.jnj)) else {
            return self.complain("That jnj was not issued here, or is still fresh".into());
        };
        stamp(&mut request, self.clock.now());
        match self.seal(&request) {
            Ok(jnj) => {
                if let Some(tab) = self.tabs.remove(&id) {
                    tab.client.finish().await;
                    self.join_as(id, jnj, tab.source, tab.options);
                }
            }
            Err(failure) => self.complain(failure),
        }
    }

    /// Asks the MCU for a recording of this installation, as its owner.
    pub(super) fn play_over_wire(&mut self, path: &Path) {
        let issued = self.playback_request(path).and_then(|request| self.seal(&request));
        match issued {
            Ok(jnj) => self.join(jnj, path.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
            Err(failure) => self.complain(failure),
        }
    }

    pub(super) async fn play(&mut self, path: PathBuf) {
        let (id, clock) = (self.new_tab(), self.clock.clone());
        let file = path.clone();
        let opened = tokio::task::spawn_blocking(move || Playback::open(id, &file, clock)).await;
        match opened {
            Ok(Ok(playback)) => {
                playback.command(PlayCommand::SetPlaying(true));
                self.follow(playback.watch());
                self.players.insert(id, playback);
            }
            // Its own MCU asks for the password, and the window has a prompt for that.
            Ok(Err(ReadError::Locked { .. })) if self.serving.is_some() && self.is_ours(&path) => {
                self.play_over_wire(&path)
            }
            Ok(Err(failure)) => self.complain(failure.to_string()),
            Err(failure) => self.complain(failure.to_string()),
        }
    }

    pub(super) fn is_ours(&self, path: &Path) -> bool {
        self.recordings.iter().any(|row| row.path == path)
    }

    pub(super) fn ask_client(&mut self, id: TabId, command: ClientCommand) {
        let taken = self.tabs.get(&id).is_some_and(|tab| tab.client.command(command));
        if !taken {
            self.complain("That session has ended".to_owned());
        }
    }

    pub(super) fn ask_player(&self, id: TabId, command: PlayCommand) {
        if let Some(player) = self.players.get(&id)
            && !player.command(command)
        {
            warn!("the playback takes no more commands");
        }
    }

    /// A local playback, or one over the wire.
    pub(super) fn ask_either(&mut self, id: TabId, local: PlayCommand, wire: Wish) {
        if self.tabs.contains_key(&id) {
            self.ask_client(id, ClientCommand::Watch(wire));
        } else {
            self.ask_player(id, local);
        }
    }

    /// A refusal of a stale jnj can be mended if it was issued here.
    pub(super) fn look_for_stale_files(&mut self) {
        let refused = |tab: &Tab| matches!(tab.client.state().phase, Phase::Ended(Ending::Refused(_)));
        let unknown: Vec<TabId> =
            self.tabs.iter().filter(|(_, tab)| tab.reissuable.is_none() && refused(tab)).map(|(id, _)| *id).collect();
        for id in unknown {
            let stale = self.tabs.get(&id).is_some_and(|tab| self.stale_request(&tab.jnj).is_some());
            if let Some(tab) = self.tabs.get_mut(&id) {
                tab.reissuable = Some(stale);
            }
        }
    }
}

/// What a front sees of a tab.
pub(super) fn session(id: TabId, tab: &Tab, now: Duration) -> SessionSnapshot {
    let state = tab.client.state();
    SessionSnapshot {
        id,
        source: tab.source.clone(),
        phase: rows::phase(&state.phase, now),
        view: Arc::clone(&state.view),
        attempts: Arc::clone(&state.attempts),
        relay: state.relay.clone(),
        reconnects: state.reconnects,
        can_reissue: tab.reissuable == Some(true),
        prompts: state.prompts.iter().map(|prompt| rows::prompt(prompt, now)).collect(),
        manners: state.manners,
        playback: state.viewing.as_ref().map(|viewing| rows::viewing(viewing, now)),
        server: state.server.clone(),
        transport: tab.options.transport,
        server_version: state.server_version.clone(),
        in_meeting: state.admitted_at.map_or(Duration::ZERO, |at| {
            now.saturating_sub(at) + Duration::from_millis(u64::try_from(state.elapsed_ms).unwrap_or_default())
        }),
        round_trip: state.round_trip,
        unanswered_for: state.unanswered.map(|at| now.saturating_sub(at)),
        received: state.counters.as_ref().map_or(0, |c| c.received()),
        sent: state.counters.as_ref().map_or(0, |c| c.sent()),
    }
}
