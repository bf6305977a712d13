//! `hitdeck play FILE.jnr`.
//!
//! In: a recording. Out: its chat as it was said, in time; an exit status that says whether what was expected came.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::output::{Output, clock};
use crate::clock::Clock;
use crate::installation::playback::{PlayCommand, Playback};
use crate::meeting::view::Audience;

#[derive(Debug, clap::Args)]
pub(super) struct Play {
    /// A .jnr file; a .jnj of a playback is not there yet
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
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Play {
    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        if self.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("jnj")) {
            return Err(Failure::Usage("playing over the wire, with a .jnj, is not there yet".into()));
        }
        let file = self.file.clone();
        let opened = tokio::task::spawn_blocking(move || Playback::open(0, &file, Clock::system())).await;
        let playback = opened.map_err(|e| Failure::Bug(e.to_string()))?.map_err(Failure::input)?;
        let outcome = self.follow(&playback, &stop).await;
        playback.finish().await;
        outcome
    }

    async fn follow(&self, playback: &Playback, stop: &CancellationToken) -> Result<(), Failure> {
        let out = Output::new(self.json);
        let mut watch = playback.watch();
        let first = Arc::clone(&watch.borrow());
        out.say(
            "recording",
            &format!("{} ({})", first.title, clock(first.end_ms.saturating_sub(first.start_ms))),
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
        let mut unmet: Vec<&String> = self.expect.iter().collect();
        loop {
            tokio::select! {
                changed = watch.changed() => if changed.is_err() { break },
                () = stop.cancelled() => break,
            }
            let now = Arc::clone(&watch.borrow_and_update());
            for line in now.view.chat.iter().skip(told) {
                let shown = if line.audience == Audience::Notice {
                    line.text.clone()
                } else {
                    format!("{}>{}", line.name, line.text)
                };
                let tick = line.tick.map_or(now.position_ms, u64::from);
                out.say(
                    "chat",
                    &format!("[{}] {shown}", clock(tick)),
                    json!({ "from": line.from, "name": line.name, "text": line.text, "tick": tick }),
                );
                unmet.retain(|wanted| !shown.contains(wanted.as_str()));
            }
            told = now.view.chat.len();
            started |= now.playing;
            if started && !now.playing {
                let people: Vec<&str> = now.view.present().iter().map(|p| p.name.as_str()).collect();
                out.say("end", "end", json!({ "position_ms": now.position_ms, "people": people }));
                break;
            }
        }
        if unmet.is_empty() {
            Ok(())
        } else {
            let missing: Vec<&str> = unmet.iter().map(|s| s.as_str()).collect();
            Err(Failure::Expectation(format!("did not come: {}", missing.join(", "))))
        }
    }
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
