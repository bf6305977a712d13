//! `hitdeck play FILE.jnr` and `hitdeck play FILE.jnj`.
//!
//! In: a recording, or a jnj that asks an MCU for one. Out: its chat as it was said, in time; an exit status that says whether what was expected came.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::output::{Output, clock};
use crate::client::{Client, ClientCommand, ClientOptions, Ending, Phase, Wish};
use crate::clock::Clock;
use crate::hit::jnj::Jnj;
use crate::hit::password::PasswordHash;
use crate::installation;
use crate::installation::playback::{PlayCommand, Playback};
use crate::meeting::view::{Audience, ChatLine};

#[derive(Debug, clap::Args)]
pub(super) struct Play {
    /// A .jnr file, or the .jnj of a playback
    file: PathBuf,
    /// Where to begin, as h:mm:ss
    #[arg(long, value_parser = position)]
    seek: Option<u64>,
    /// How fast, 0.25 to 16
    #[arg(long, default_value_t = 1.0)]
    speed: f32,
    /// Wait for a chat line that contains this
    #[arg(long)]
    expect: Vec<String>,
    /// Opens a recording that has a password, and answers the password prompt of a .jnj
    #[arg(long)]
    password: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Play {
    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        if self.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("jnj")) {
            return self.over_the_wire(&stop).await;
        }
        let file = self.file.clone();
        let password = self.password.as_deref().map(PasswordHash::of);
        let opened =
            tokio::task::spawn_blocking(move || Playback::open_with(0, &file, Clock::system(), password.as_ref()));
        let opened = opened.await;
        let playback = opened.map_err(|e| Failure::Bug(e.to_string()))?.map_err(Failure::input)?;
        let outcome = self.follow(&playback, &stop).await;
        playback.finish().await;
        outcome
    }

    /// As a viewer of an MCU (wire/05).
    async fn over_the_wire(&self, stop: &CancellationToken) -> Result<(), Failure> {
        let jnj = Jnj::parse(&installation::read(&self.file)?).map_err(Failure::input)?;
        let password = self.password.as_deref().map(PasswordHash::of);
        let client = Client::start(jnj, ClientOptions { password, ..ClientOptions::new(Clock::system()) });
        let watched = self.watch(&client, stop).await;
        let ending = client.finish().await;
        let unmet = watched?;
        match ending {
            Ending::Refused(refusal) => Err(Failure::Refused(refusal.to_string())),
            Ending::NotConnected(why) | Ending::Lost(why) => Err(Failure::Connect(why)),
            Ending::NotServed(why) => Err(Failure::Input(why)),
            Ending::Untrusted { why, .. } => Err(Failure::Connect(why)),
            _ if unmet.is_empty() => Ok(()),
            _ => Err(Failure::Expectation(format!("did not come: {}", unmet.join(", ")))),
        }
    }

    /// Watches to the end. Gives the expectations that did not hold.
    async fn watch(&self, client: &Client, stop: &CancellationToken) -> Result<Vec<String>, Failure> {
        let out = Output::new(self.json);
        let mut state = client.watch();
        let (mut begun, mut told) = (false, 0);
        let mut unmet = self.expect.clone();
        loop {
            let now = Arc::clone(&state.borrow_and_update());
            match (&now.phase, &now.viewing) {
                (Phase::Ended(_), _) => return Ok(unmet),
                (Phase::PasswordWanted(again), _) => {
                    let why = if *again {
                        "the password is wrong"
                    } else {
                        "the recording asks for a password: give --password"
                    };
                    return Err(Failure::Refused(why.into()));
                }
                (Phase::InMeeting, None) => {
                    return Err(Failure::Input("this jnj joins a meeting: use hitdeck join".into()));
                }
                (Phase::InMeeting, Some(viewing)) if now.view.initialised => {
                    if !std::mem::replace(&mut begun, true) {
                        out.say(
                            "recording",
                            &self.heading(&viewing.title, viewing.end_ms.saturating_sub(viewing.start_ms)),
                            json!({ "title": viewing.title, "start_ms": viewing.start_ms, "end_ms": viewing.end_ms,
                                "people": viewing.names }),
                        );
                        // Clamped to what a speed can be before it is cut to a whole number.
                        let percent = (self.speed.clamp(0.25, 16.0) * 100.0).round() as u32;
                        client.command(ClientCommand::Watch(Wish::Speed(percent)));
                        if let Some(to) = self.seek {
                            client.command(ClientCommand::Watch(Wish::Seek(to)));
                        }
                    }
                    // A jump may have made it forget lines.
                    told = told.min(now.view.chat.len());
                    for line in now.view.chat.iter().skip(told) {
                        say_line(out, line, &mut unmet);
                    }
                    told = now.view.chat.len();
                    if viewing.at_end {
                        let people: Vec<&str> = now.view.present().iter().map(|p| p.name.as_str()).collect();
                        out.say("end", "end", json!({ "position_ms": viewing.end_ms, "people": people }));
                        return Ok(unmet);
                    }
                }
                _ => {}
            }
            tokio::select! {
                changed = state.changed() => if changed.is_err() { return Ok(unmet) },
                () = stop.cancelled() => return Ok(unmet),
            }
        }
    }

    /// What is played and how long it is; by the file's name where it has no title.
    fn heading(&self, title: &str, ms: u64) -> String {
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy();
        format!("{} ({})", if title.is_empty() { &*name } else { title }, clock(ms))
    }

    async fn follow(&self, playback: &Playback, stop: &CancellationToken) -> Result<(), Failure> {
        let out = Output::new(self.json);
        let mut watch = playback.watch();
        let first = Arc::clone(&watch.borrow());
        out.say(
            "recording",
            &self.heading(&first.title, first.end_ms.saturating_sub(first.start_ms)),
            json!({ "title": first.title, "start_ms": first.start_ms, "end_ms": first.end_ms, "recorded_at": first.recorded_at }),
        );
        if let Some(damage) = &first.damage {
            out.say("damage", damage, json!({ "what": damage }));
        }
        playback.command(PlayCommand::Speed(self.speed));
        if let Some(seek) = self.seek {
            playback.command(PlayCommand::Seek(seek));
        }
        playback.command(PlayCommand::SetPlaying(true));

        let (mut told, mut started) = (0, false);
        let mut unmet = self.expect.clone();
        loop {
            tokio::select! {
                changed = watch.changed() => if changed.is_err() { break },
                () = stop.cancelled() => break,
            }
            let now = Arc::clone(&watch.borrow_and_update());
            for line in now.view.chat.iter().skip(told) {
                say_line(out, line, &mut unmet);
            }
            told = now.view.chat.len();
            started |= now.playing;
            if started && !now.playing {
                let people: Vec<&str> = now.view.present().iter().map(|p| p.name.as_str()).collect();
                out.say("end", "end", json!({ "position_ms": now.position_ms, "people": people }));
                break;
            }
        }
        if unmet.is_empty() { Ok(()) } else { Err(Failure::Expectation(format!("did not come: {}", unmet.join(", ")))) }
    }
}

/// Says a line of chat, and strikes off what it meets.
fn say_line(out: Output, line: &ChatLine, unmet: &mut Vec<String>) {
    let shown =
        if line.audience == Audience::Notice { line.text.clone() } else { format!("{}>{}", line.name, line.text) };
    let tick = line.tick.map_or(0, u64::from);
    out.say(
        "chat",
        &format!("[{}] {shown}", clock(tick)),
        json!({ "from": line.from, "name": line.name, "text": line.text, "tick": tick }),
    );
    unmet.retain(|wanted| !shown.contains(wanted.as_str()));
}

/// `1:02:03`, `2:03` or `3` as milliseconds.
fn position(text: &str) -> Result<u64, String> {
    let parts: Result<Vec<u64>, _> = text.split(':').map(str::parse).collect();
    let parts = parts.map_err(|_| "expected h:mm:ss, m:ss or s".to_owned())?;
    if parts.len() > 3 {
        return Err("expected at most h:mm:ss".to_owned());
    }
    let seconds = parts.iter().try_fold(0u64, |sum, part| sum.checked_mul(60)?.checked_add(*part));
    seconds.and_then(|s| s.checked_mul(1000)).ok_or_else(|| "too long".to_owned())
}
