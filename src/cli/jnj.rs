//! `hitdeck jnj new` and `show`.
//!
//! In: who, which meeting, what for; or a file. Out: a jnj file; or what one says.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::json;
use tracing::warn;

use super::Failure;
use super::clock::ClockArguments;
use super::output::{self, Output, line};
use crate::client::dialler;
use crate::clock::Clock;
use crate::hit::freshness::{DEFAULT_WINDOW, Freshness};
use crate::hit::jnj::{Jnj, Mode, Relay};
use crate::hit::password::PasswordHash;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::installation::command::SecretText;
use crate::installation::services::{Asking, Served, ServiceError};
use crate::installation::{self, Installation, order};
use crate::thirdparty::cluster::{Because, Way};

#[derive(Debug, clap::Args)]
pub(super) struct JnjCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Issue a jnj as the installation's third party
    New(Box<New>),
    /// Carry out a jnj's download, checkmessage or delete in the installation, without the wire
    Serve(Serve),
    /// Say what a jnj contains
    Show {
        /// The jnj file
        file: PathBuf,
        /// Open its userinfo with this installation's keys
        #[arg(long)]
        dir: Option<PathBuf>,
        #[command(flatten)]
        clock: ClockArguments,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// The installation
    dir: PathBuf,
    /// Owner as ID:NAME
    #[arg(long, value_parser = person)]
    owner: (String, String),
    /// Meeting id
    #[arg(long)]
    meeting: String,
    /// Requested service
    #[arg(long, default_value = "meeting", value_parser = command)]
    command: CommandKind,
    /// The jnj is for this guest, as ID:NAME; an empty ID is an anonymous one
    #[arg(long, value_parser = person)]
    guest: Option<(String, String)>,
    /// The guest enters without asking
    #[arg(long, requires = "guest")]
    invited: bool,
    /// The guest is a ticket holder
    #[arg(long, requires = "guest")]
    ticket: bool,
    /// The owner's group
    #[arg(long)]
    group: Option<String>,
    /// Planned minutes: an event-based meeting
    #[arg(long, default_value_t = 0)]
    duration: u16,
    /// Title
    #[arg(long)]
    title: Option<String>,
    /// Asked of whoever joins with this jnj
    #[arg(long)]
    password: Option<String>,
    /// Set an attribute of the request, as ELEMENT.ATTRIBUTE=VALUE
    #[arg(long = "set")]
    set: Vec<String>,
    /// The MCU's address; without it that of the installation. With --cluster only its port counts
    #[arg(long)]
    mcu: Option<SocketAddr>,
    /// Backup servers
    #[arg(long, value_delimiter = ',')]
    backup: Vec<String>,
    /// Choose among the MCUs of the recording root: statistical, capacity or load. Where the meeting is open comes first
    #[arg(long, value_parser = way, conflicts_with = "backup")]
    cluster: Option<Way>,
    /// Choose among these only, by the names in their files; a server may have written files of several names
    #[arg(long, value_delimiter = ',', requires = "cluster")]
    servers: Vec<String>,
    /// Second port
    #[arg(long)]
    port2: Option<u16>,
    /// A relay on the way to the MCU, for this jnj only, as HOST,PORT
    #[arg(long, value_name = "HOST,PORT")]
    relay: Option<Relay>,
    #[command(flatten)]
    clock: ClockArguments,
    /// Where to write it
    #[arg(short)]
    output: PathBuf,
}

impl JnjCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::New(new) => new.run(),
            Action::Serve(serve) => serve.run(),
            Action::Show { file, dir, clock, json } => show(&file, dir.as_deref(), &clock.clock(), Output::new(json)),
        }
    }
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// The jnj file
    file: PathBuf,
    /// The installation whose keys open it and whose recordings it means
    #[arg(long)]
    dir: PathBuf,
    /// The password that the jnj asks for
    #[arg(long)]
    password: Option<String>,
    /// Where a download goes: a file that is not there yet, or a folder
    #[arg(short, default_value = ".")]
    output: PathBuf,
    #[command(flatten)]
    clock: ClockArguments,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Serve {
    fn run(self) -> Result<(), Failure> {
        let jnj = Jnj::parse(&installation::read(&self.file)?).map_err(Failure::input)?;
        let userinfo = jnj.userinfo.as_ref().map_or("", |credential| credential.expose());
        let installation = Installation::open(&self.dir)?;
        let request = installation.open_userinfo(userinfo)?;
        let password = self.password.as_deref().map(PasswordHash::of);
        let asking = Asking { now: self.clock.clock().now(), password: password.as_ref(), to: &self.output };
        let served = installation.serve(&request, asking).map_err(|failure| match &failure {
            ServiceError::Refused(_) => Failure::Refused(failure.to_string()),
            ServiceError::OverTheWire(_) => Failure::Usage(failure.to_string()),
            ServiceError::Io { .. } => Failure::Input(failure.to_string()),
        })?;
        let out = Output::new(self.json);
        match served {
            Served::Downloaded { from, to, bytes } => out.say(
                "downloaded",
                &format!("{bytes} bytes of {} are in {}", from.display(), to.display()),
                json!({ "from": from, "to": to, "bytes": bytes }),
            ),
            Served::Deleted(path) => {
                out.say("deleted", &format!("{} is deleted", path.display()), json!({ "path": path }));
            }
            Served::Messages(rows) => {
                for row in &rows {
                    let (length, new) = (output::clock(row.length.as_secs() * 1000), if row.new { "new " } else { "" });
                    out.say(
                        "message",
                        &format!("{length:>9}  {new}from {}  {}", row.from.join(", "), row.path.display()),
                        json!({
                            "path": row.path, "from": row.from, "left_at": row.left_at, "seconds": row.length.as_secs(),
                            "new": row.new,
                        }),
                    );
                }
                let new = rows.iter().filter(|row| row.new).count();
                let all = rows.len();
                out.say("messages", &format!("messages: {all}, new: {new}"), json!({ "messages": all, "new": new }));
            }
        }
        Ok(())
    }
}

impl New {
    fn run(self) -> Result<(), Failure> {
        let installation = Installation::open(&self.dir)?;
        let order = order::RequestOrder {
            owner: self.owner,
            meeting_id: self.meeting,
            command: self.command,
            guest: self.guest.map(|(id, name)| order::GuestOrder {
                id,
                name,
                invited: self.invited,
                ticket: self.ticket,
            }),
            group: self.group,
            duration_min: self.duration,
            title: self.title.unwrap_or_default(),
            password: self.password.map(SecretText::new),
            recorded: true,
            set: self.set,
        };
        let clock = self.clock.clock();
        let request = order.request(clock.now()).map_err(|e| Failure::Usage(e.to_string()))?;
        let mcu = self.mcu.or_else(|| installation.running_at()).unwrap_or_else(|| installation.listen());
        let mut jnj = installation.issue(&request, mcu)?;
        jnj.backupip = self.backup;
        jnj.portm2 = self.port2;
        jnj.use_relay = self.relay;
        let because = match self.cluster {
            Some(way) => Some(cluster(&installation, &request, (way, &self.servers), &mut jnj, &clock)?),
            None => None,
        };
        std::fs::write(&self.output, jnj.to_bytes().map_err(|e| Failure::Usage(e.to_string()))?)
            .map_err(|e| Failure::Input(format!("{}: {e}", self.output.display())))?;
        let address = dialler::primary(&jnj);
        let because = because.map_or_else(String::new, |because| format!(": {because}"));
        line(&format!("issued {} for the MCU at {address}{because}", self.output.display()));
        Ok(())
    }
}

/// Puts the servers of a cluster into a jnj. Says why the first one is the first.
fn cluster(
    installation: &Installation,
    request: &ServiceRequest,
    (way, only): (Way, &[String]),
    jnj: &mut Jnj,
    clock: &Clock,
) -> Result<Because, Failure> {
    let chosen = installation.choose_server(request, way, (only, jnj.portm), clock.now())?;
    for problem in chosen.problems {
        warn!("{problem}");
    }
    let because = chosen.sequence.because;
    (jnj.ip, jnj.backupip) = chosen.sequence.split();
    Ok(because)
}

fn show(file: &std::path::Path, dir: Option<&std::path::Path>, clock: &Clock, out: Output) -> Result<(), Failure> {
    let jnj = Jnj::parse(&installation::read(file)?).map_err(Failure::input)?;
    let mode = if jnj.mode() == Mode::Meeting { "meeting" } else { "playback" };
    let userinfo = jnj.userinfo.as_ref().map_or("", |credential| credential.expose());
    let site = userinfo.split('|').next().unwrap_or_default();
    let address = dialler::primary(&jnj);
    out.say(
        "jnj",
        &format!("a {mode} at {}, codetype {}, sealed by {site}", address, jnj.codetype.number()),
        json!({ "mode": mode, "codetype": jnj.codetype.number(), "address": address, "backups": jnj.backupip, "site": site }),
    );
    let Some(dir) = dir else { return Ok(()) };
    let request = Installation::open(dir)?.open_userinfo(userinfo)?;
    let age = Freshness::judge(request.timestamp, request.password.is_some(), clock.now(), DEFAULT_WINDOW);
    let freshness = match age {
        Freshness::Fresh => "fresh".to_owned(),
        Freshness::Expired { by } => format!("expired {} s ago", by),
        Freshness::Future { by } => format!("from {} s in the future", by),
    };
    let guest = request.guest.as_ref().map(|g| g.name.clone());
    let who = guest.clone().map_or_else(|| "the owner".to_owned(), |name| format!("guest {name}"));
    out.say(
        "userinfo",
        &format!("{who} of {} ({}), meeting {}, {freshness}", request.owner.name, request.owner.id, request.meeting_id),
        json!({
            "owner": request.owner.id, "owner_name": request.owner.name, "guest": guest, "meeting": request.meeting_id,
            "freshness": freshness, "password": request.password.is_some(),
        }),
    );
    if !out.is_json() {
        line(&request.to_xml().map_err(Failure::input)?);
    }
    Ok(())
}

fn person(text: &str) -> Result<(String, String), String> {
    let (id, name) = text.split_once(':').ok_or("expected ID:NAME, for instance olive:Olive")?;
    Ok((id.to_owned(), name.to_owned()))
}

fn way(text: &str) -> Result<Way, String> {
    Way::from_word(text).ok_or_else(|| "expected statistical, capacity or load".to_owned())
}

fn command(text: &str) -> Result<CommandKind, String> {
    CommandKind::from_word(text).ok_or_else(|| {
        "expected meeting, playback, download, delete, checkmessage, talktovisitor or leavemessage".to_owned()
    })
}
