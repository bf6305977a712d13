//! `hitdeck join FILE`.
//!
//! In: a jnj, what to say and what to expect. Out: what happened, and an exit status that a script can go by.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::output::{Output, clock};
use super::steps::{self, Now, Step};
use super::trace::Trace;
use crate::client::dialler::{Outcome, Preference};
use crate::client::{
    Client, ClientCommand, ClientEvent, ClientOptions, ClientState, Door, Ending, Manners, Move, Phase,
};
use crate::clock::Clock;
use crate::hit::jnj::Jnj;
use crate::hit::password::PasswordHash;
use crate::installation;
use crate::link::{Certificates, Proxy, Route, Sha256Fingerprint, Transport};
use crate::meeting::view::{Audience, ChatLine};
use crate::wire::Refusal;
use crate::wire::code_page::CodePage;

#[derive(Debug, clap::Args)]
#[command(after_long_help = steps::HELP)]
pub(super) struct Join {
    /// The jnj file
    file: PathBuf,
    /// Answers the password prompt
    #[arg(long)]
    password: Option<String>,
    /// Our name towards the MCU's log (player_name)
    #[arg(long)]
    name: Option<String>,
    /// Say this after joining
    #[arg(long)]
    say: Vec<String>,
    /// Pause so long between what is said: 2s, 500ms
    #[arg(long, default_value = "0s", value_parser = duration)]
    every: Duration,
    /// Do this in the meeting, one after the other (--help lists the steps)
    #[arg(long = "do", value_name = "STEP")]
    steps: Vec<Step>,
    /// What becomes of visitors who ask to be let in: left to --do, let in, or turned away
    #[arg(long, value_enum, default_value_t = Guests::Ask)]
    guests: Guests,
    /// Let whoever asks become questioner at once, as JoinNet does by default
    #[arg(long)]
    allow_questions: bool,
    /// Wait up to 20 s for a chat line that contains this
    #[arg(long)]
    expect: Vec<String>,
    /// Succeed only if the MCU refuses with this code (223 to 255)
    #[arg(long)]
    expect_refused: Option<u8>,
    /// Stay so long afterwards: 10s, 500ms, 2m
    #[arg(long, default_value = "0s", value_parser = duration)]
    stay: Duration,
    /// End the meeting for everybody before leaving (the owner)
    #[arg(long)]
    end: bool,
    /// Write as an old client does, in a Windows code page: 950 (Big5), 936 (GBK), 932 (Shift JIS), 1252; 65001 is UTF-8
    #[arg(long, value_name = "NUMBER", default_value = "65001")]
    code_page: CodePage,
    /// What carries the connection
    #[arg(long, value_enum, default_value_t = Carrier::Ws)]
    transport: Carrier,
    /// HTTP proxy: http://[user:password@]host:port
    #[arg(long)]
    proxy: Option<Proxy>,
    /// Trust exactly the certificate of this SHA-256 fingerprint (with --transport wss)
    #[arg(long)]
    trust_certificate: Option<Sha256Fingerprint>,
    /// Whom the first connection belongs to: whoever opens first, or the first address for 5 s as in the browser client
    #[arg(long, value_enum, default_value_t = Prefer::Guide)]
    prefer: Prefer,
    /// Write every message into this file, sent and received, one JSON object a line
    #[arg(long)]
    trace: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Carrier {
    Ws,
    Wss,
    Tcp,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Guests {
    Ask,
    Accept,
    Refuse,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Prefer {
    Guide,
    Browser,
}

impl Join {
    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let mut jnj = Jnj::parse(&installation::read(&self.file)?).map_err(Failure::input)?;
        if let Some(name) = &self.name {
            jnj.player_name = Some(name.clone());
        }
        let trace = self.trace.as_deref().map(Trace::start).transpose()?;
        let options = ClientOptions {
            transport: match self.transport {
                Carrier::Ws => Transport::WebSocket,
                Carrier::Wss => Transport::SecureWebSocket,
                Carrier::Tcp => Transport::Tcp,
            },
            route: Route {
                proxy: self.proxy.clone(),
                certificates: self.trust_certificate.map_or(Certificates::System, Certificates::Pinned),
            },
            preference: match self.prefer {
                Prefer::Guide => Preference::Guide,
                Prefer::Browser => Preference::Browser,
            },
            password: self.password.as_deref().map(PasswordHash::of),
            name: self.name.clone(),
            code_page: self.code_page,
            manners: Manners {
                door: match self.guests {
                    Guests::Ask => Door::Ask,
                    Guests::Accept => Door::Open,
                    Guests::Refuse => Door::Closed,
                },
                allow_questions: self.allow_questions,
            },
            inspector: trace.as_ref().map(Trace::inspector).unwrap_or_default(),
            ..ClientOptions::new(Clock::system())
        };
        let client = Client::start(jnj, options);
        let held = self.script(&client, &stop).await;
        self.tell_attempts(&client.state());
        // The time is up and the connection has not come back: that is no way to leave.
        let lost = match &client.state().phase {
            Phase::Reconnecting { why, .. } => Some(Ending::Lost(why.clone())),
            _ => None,
        };
        let ending = client.finish().await;
        if let Some(trace) = trace {
            trace.finish().await;
        }
        self.judge(held?, lost.unwrap_or(ending))
    }

    /// Joins, says, expects, stays. Gives the expectations that did not hold.
    ///
    /// # Errors
    /// When a password is wanted that was not given.
    async fn script(&self, client: &Client, stop: &CancellationToken) -> Result<Vec<String>, Failure> {
        let out = Output::new(self.json);
        let mut events = client.events();
        let mut watch = client.watch();
        let mut told = 0;
        let mut joined = false;
        let mut lines = self.say.iter().peekable();
        let mut next_line = Instant::now();
        let mut deadline: Option<Instant> = None;
        let (mut staying, mut ending) = (false, false);
        let mut steps: VecDeque<&Step> = self.steps.iter().collect();
        // What a step changes comes back from the server: the next one is judged by that.
        let mut fresh = true;
        loop {
            let state = Arc::clone(&watch.borrow_and_update());
            for line in state.view.chat.iter().skip(told) {
                say_line(out, &state, line);
            }
            told = state.view.chat.len();
            match &state.phase {
                Phase::Ended(_) => return Ok(self.unmet(&state, &steps)),
                // Given again and again, a wrong one is refused in the end.
                Phase::PasswordWanted(true) if self.expect_refused.is_some() => {
                    client.command(ClientCommand::Password(self.password.as_deref().map(PasswordHash::of)));
                }
                Phase::PasswordWanted(again) => {
                    let why = if *again {
                        "the password is wrong"
                    } else {
                        "the meeting asks for a password: give --password"
                    };
                    out.say("password", why, json!({ "again": again }));
                    return Err(Failure::Refused(why.to_owned()));
                }
                Phase::InMeeting if state.view.initialised && !joined => {
                    joined = true;
                    next_line = Instant::now();
                    let talking = self.every.saturating_mul(u32::try_from(self.say.len()).unwrap_or(u32::MAX));
                    deadline = Some(next_line + talking + EXPECT_WITHIN);
                    self.announce(out, &state);
                }
                _ => {}
            }
            if joined
                && fresh
                && let Some(step) = steps.front()
                && let now @ (Now::Holds | Now::Do(_)) = step.now(&state.view, &state.prompts)
            {
                out.say("step", &format!("did: {}", step.text), json!({ "step": step.text }));
                steps.pop_front();
                deadline = Some(Instant::now() + EXPECT_WITHIN);
                if let Now::Do(wanted) = now {
                    client.command(ClientCommand::Do(wanted));
                    fresh = false;
                }
                continue;
            }
            if joined && !staying && self.unmet(&state, &steps).is_empty() && self.said(&state) {
                staying = true;
                deadline = Some(Instant::now() + self.stay);
            }
            tokio::select! {
                changed = watch.changed() => {
                    fresh = true;
                    if changed.is_err() {
                        return Ok(self.unmet(&client.state(), &steps));
                    }
                }
                event = events.recv() => match event {
                    Ok(event) => {
                        if let ClientEvent::Phase(phase) = event
                            && !matches!(phase, Phase::Ended(_))
                        {
                            out.say("phase", "", json!({ "phase": format!("{phase:?}") }));
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Ok(self.unmet(&client.state(), &steps)),
                },
                () = tokio::time::sleep_until(next_line), if joined && lines.peek().is_some() => {
                    next_line += self.every;
                    client.command(ClientCommand::Do(Move::Say(lines.next().cloned().unwrap_or_default())));
                }
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if self.end && staying && !ending {
                        // The server tells everybody, us too, and that ends the session.
                        ending = client.command(ClientCommand::Do(Move::EndMeeting));
                        deadline = Some(Instant::now() + EXPECT_WITHIN);
                        continue;
                    }
                    return Ok(self.unmet(&client.state(), &steps));
                }
                () = stop.cancelled() => return Ok(self.unmet(&client.state(), &steps)),
            }
        }
    }

    /// The timeline of the last dialling, for programs; for people only what went wrong before it went well.
    fn tell_attempts(&self, state: &ClientState) {
        let out = Output::new(self.json);
        for row in state.attempts.iter() {
            let (outcome, why) = match &row.outcome {
                Outcome::Waiting => ("waiting", None),
                Outcome::Trying => ("trying", None),
                Outcome::Open => ("open", None),
                Outcome::Won => ("won", None),
                Outcome::Closed => ("closed", None),
                Outcome::Failed(why) => ("failed", Some(why)),
                Outcome::KeysFailed(why) => ("keys-failed", Some(why)),
                Outcome::NotTried => ("not-tried", None),
            };
            let ms = |at: Option<Duration>| at.map(|at| u64::try_from(at.as_millis()).unwrap_or(u64::MAX));
            let text = why.map_or_else(String::new, |why| format!("{}: {why}", row.address));
            out.say(
                "attempt",
                &text,
                json!({ "address": row.address, "started_ms": ms(row.started), "ended_ms": ms(row.ended), "outcome": outcome, "why": why }),
            );
        }
    }

    fn announce(&self, out: Output, state: &ClientState) {
        let me = state.view.name_of(state.view.me);
        let people: Vec<&str> = state.view.present().iter().map(|p| p.name.as_str()).collect();
        out.say(
            "joined",
            &format!(
                "joined {:?} as {me} (ssrc {}), present: {}",
                state.view.meeting_id,
                state.view.me,
                people.join(", ")
            ),
            json!({ "ssrc": state.view.me, "name": me, "meeting": state.view.meeting_id, "title": state.view.title,
                "people": people, "server_version": state.server_version }),
        );
    }

    /// Nothing is left unsaid: a client that leaves at once must not cut off its own words.
    fn said(&self, state: &ClientState) -> bool {
        self.say.iter().all(|text| state.view.chat.iter().any(|line| line.from == state.view.me && line.text == *text))
    }

    /// What was expected and did not come, and what is left to be done.
    fn unmet(&self, state: &ClientState, steps: &VecDeque<&Step>) -> Vec<String> {
        let met = |wanted: &&String| !state.view.chat.iter().any(|line| shown(line).contains(wanted.as_str()));
        let lines = self.expect.iter().filter(met).cloned();
        lines.chain(steps.iter().map(|step| format!("--do {:?}", step.text))).collect()
    }

    fn judge(&self, unmet: Vec<String>, ending: Ending) -> Result<(), Failure> {
        let out = Output::new(self.json);
        if let (Ending::Refused(refusal), Some(expected)) = (&ending, self.expect_refused) {
            out.say("refused", &format!("refused as expected: {refusal}"), json!({ "code": refusal.status() }));
            return if refusal.status() == expected {
                Ok(())
            } else {
                Err(Failure::Expectation(format!("expected refusal {expected}, got {refusal}")))
            };
        }
        // Declining the offer of a message is answered with 237 (wire/01 section 6.2).
        let declined = matches!(ending, Ending::MessageDeclined { .. });
        if declined && self.expect_refused == Some(Refusal::UserNotContinue.status()) {
            return Ok(());
        }
        match ending {
            Ending::Refused(refusal) => {
                out.say("refused", "", json!({ "code": refusal.status(), "meaning": refusal.meaning() }));
                return Err(Failure::Refused(format!("{refusal}. {}", refusal.advice())));
            }
            Ending::NotConnected(why) => return Err(Failure::Connect(why)),
            Ending::Untrusted { server, fingerprint, why } => {
                return Err(Failure::Connect(format!(
                    "the certificate of {server} is not trusted ({why}); to trust it, give --trust-certificate {fingerprint}"
                )));
            }
            Ending::NotServed(why) => return Err(Failure::Input(why)),
            Ending::MessageDeclined { owner, busy } => {
                let state = if busy { "is busy" } else { "is not online" };
                return Err(Failure::Refused(format!("{owner} {state}; leaving a message was declined")));
            }
            Ending::Deleted(false) => return Err(Failure::Refused("the recording could not be deleted".into())),
            Ending::Lost(why) if unmet.is_empty() => return Err(Failure::Connect(why)),
            ending => out.say("ended", "", json!({ "how": format!("{ending:?}") })),
        }
        if let Some(expected) = self.expect_refused {
            return Err(Failure::Expectation(format!("expected refusal {expected}, but was admitted")));
        }
        if unmet.is_empty() { Ok(()) } else { Err(Failure::Expectation(format!("did not come: {}", unmet.join(", ")))) }
    }
}

fn say_line(out: Output, state: &ClientState, line: &ChatLine) {
    let (to, private) = match line.audience {
        Audience::Private { to } => (Some(state.view.name_of(to)), true),
        Audience::Public | Audience::Notice => (None, false),
    };
    let time = line.tick.map_or_else(String::new, |t| format!("[{}] ", clock(u64::from(t))));
    let mark = if private { " (private)" } else { "" };
    out.say(
        "chat",
        &format!("{time}{}{mark}", shown(line)),
        json!({ "from": line.from, "name": line.name, "text": line.text, "to": to, "tick": line.tick, "date": line.date }),
    );
}

fn shown(line: &ChatLine) -> String {
    if line.name.is_empty() { line.text.clone() } else { format!("{}>{}", line.name, line.text) }
}

fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| "expected a number and a unit, for instance 10s".to_owned())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" | "" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(|| "too long".to_owned()),
        other => Err(format!("expected ms, s or m as the unit, got {other:?}")),
    }
}

const EXPECT_WITHIN: Duration = Duration::from_secs(20);
