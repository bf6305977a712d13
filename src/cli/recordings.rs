//! `hitdeck recordings list|show|verify`.
//!
//! In: a recording root or a file. Out: what there is. Nothing is ever written.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Failure;
use super::output::{Output, clock, line};
use crate::hit::password::PasswordHash;
use crate::library::replay::apply;
use crate::library::{self, Entry, Kind};
use crate::meeting::view::{Audience, View};
use crate::recording::{self, Class, Health, JnrReader, ReadError};

#[derive(Debug, clap::Args)]
pub(super) struct Recordings {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// What is in a recording root or an installation
    List(Target),
    /// One recording: header, people, events
    Show(Show),
    /// Whether a recording is whole
    Verify(Target),
    /// Not there yet
    Search(Rest),
    /// Not there yet
    Repair(Rest),
    /// Not there yet
    Export(Rest),
}

#[derive(Debug, clap::Args)]
struct Target {
    /// A recording root, an installation, or a .jnr file
    path: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    target: Target,
    /// Opens a recording that has a password
    #[arg(long)]
    password: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

impl Recordings {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::List(target) => list(&target),
            Action::Show(Show { target, password }) => {
                let password = password.as_deref().map(PasswordHash::of);
                each(&target, |path, out| show(path, password.as_ref(), out))
            }
            Action::Verify(target) => each(&target, verify),
            Action::Search(_) => super::not_yet("recordings search"),
            Action::Repair(_) => super::not_yet("recordings repair"),
            Action::Export(_) => super::not_yet("recordings export"),
        }
    }
}

fn list(target: &Target) -> Result<(), Failure> {
    let out = Output::new(target.json);
    let listing = library::list(&root_of(&target.path));
    for entry in &listing.entries {
        let length = entry.duration_s.map_or_else(|| "running".to_owned(), |s| clock(s * 1000));
        let people: Vec<&str> = entry.people.iter().map(|p| p.name.as_str()).collect();
        let title = if entry.title.is_empty() { &entry.meeting_id } else { &entry.title };
        out.say(
            "recording",
            &format!("{length:>9}  {:<12} {}/{}  {title} ({})  {}", kind(entry), entry.owner_id, entry.meeting_id, people.join(", "), entry.path.display()),
            json!({
                "path": entry.path, "owner": entry.owner_id, "owner_name": entry.owner_name, "group": entry.group,
                "meeting": entry.meeting_id, "title": entry.title, "started": entry.started_unix_ms, "duration_s": entry.duration_s,
                "people": people, "how": entry.how, "size": entry.size, "kind": kind(entry),
            }),
        );
    }
    for trouble in &listing.troubles {
        out.say(
            "trouble",
            &format!("{}: {}", trouble.path.display(), trouble.reason),
            json!({ "path": trouble.path, "reason": trouble.reason }),
        );
    }
    if listing.entries.is_empty() && !target.json {
        line(&format!("no recordings in {}", root_of(&target.path).display()));
    }
    Ok(())
}

/// A file, or everything that a root holds.
fn each(target: &Target, act: impl Fn(&Path, Output) -> Result<(), Failure>) -> Result<(), Failure> {
    let out = Output::new(target.json);
    if target.path.is_file() {
        return act(&target.path, out);
    }
    let listing = library::list(&root_of(&target.path));
    let mut outcome = Ok(());
    for entry in listing.entries.iter().filter(|e| e.kind != Kind::NotRecorded) {
        if let Err(failure) = act(&entry.path, out) {
            out.say("failure", &failure.to_string(), json!({ "path": entry.path, "why": failure.to_string() }));
            outcome = Err(failure);
        }
    }
    outcome
}

fn show(path: &Path, password: Option<&PasswordHash>, out: Output) -> Result<(), Failure> {
    let mut reader = JnrReader::open(path).map_err(Failure::input)?;
    if password.is_some_and(|password| !reader.unlock(password)) {
        return Err(Failure::input(ReadError::WrongPassword { path: path.into() }));
    }
    let start = reader.start().clone();
    out.say(
        "header",
        &format!("{}: {} of {} ({})", path.display(), start.meeting_id, start.owner_name, clock(u64::from(reader.end_tick()))),
        json!({
            "path": path, "meeting": start.meeting_id, "title": start.title, "owner": start.owner_id, "owner_name": start.owner_name,
            "started": start.started_unix_ms, "start_ms": start.start_tick, "end_ms": reader.end_tick(), "health": health(reader.health()),
        }),
    );
    let mut view = View::default();
    let mut events = Vec::new();
    for piece in 0..reader.pieces().len() {
        if reader.pieces().get(piece).is_some_and(|p| p.checkpoint) {
            continue;
        }
        for record in reader.records(piece).map_err(Failure::input)?.unwrap_or_default() {
            let chat_before = view.chat.len();
            apply(&mut view, &record);
            match (record.class, view.chat.get(chat_before)) {
                (Class::Chat, Some(line)) => events.push((record.tick_ms, "chat", Some(line.clone()))),
                (class, _) => events.push((record.tick_ms, class_name(class), None)),
            }
        }
    }
    for person in view.people.values() {
        out.say(
            "person",
            &format!("  {} {}", person.ssrc, person.name),
            json!({ "ssrc": person.ssrc, "id": person.user_id, "name": person.name }),
        );
    }
    for (tick, event, chat) in events {
        match chat {
            Some(line) => out.say(
                event,
                &format!(
                    "  [{}] {}",
                    clock(u64::from(tick)),
                    if line.audience == Audience::Notice {
                        line.text.clone()
                    } else {
                        format!("{}>{}", line.name, line.text)
                    }
                ),
                json!({ "tick": tick, "from": line.from, "name": line.name, "text": line.text }),
            ),
            None => out.say(event, "", json!({ "tick": tick })),
        }
    }
    Ok(())
}

fn verify(path: &Path, out: Output) -> Result<(), Failure> {
    let report = recording::verify(path).map_err(Failure::input)?;
    let whole = report.is_whole();
    out.say(
        "verified",
        &format!("{}: {report}", path.display()),
        json!({ "path": path, "whole": whole, "records": report.records, "health": health(report.health) }),
    );
    if whole { Ok(()) } else { Err(Failure::Input(format!("{} is not whole", path.display()))) }
}

/// An installation's root, or the path itself.
pub(super) fn root_of(path: &Path) -> PathBuf {
    crate::installation::Installation::open(path).map_or_else(|_| path.to_owned(), |i| i.recording_root())
}

fn kind(entry: &Entry) -> &'static str {
    match &entry.kind {
        Kind::Playable => "playable",
        Kind::Live => "live",
        Kind::Recoverable => "unfinished",
        Kind::HomeMeeting => "homemeeting",
        Kind::NotRecorded => "not recorded",
        Kind::Damaged(_) => "damaged",
    }
}

fn health(health: Health) -> &'static str {
    match health {
        Health::Finalised => "finalised",
        Health::Live => "live",
        Health::Torn { .. } => "torn",
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::User => "user",
        Class::Floor => "floor",
        Class::Board => "board",
        Class::Chat => "chat",
        Class::Plugin => "plugin",
        Class::Tab => "tab",
        _ => "fact",
    }
}
