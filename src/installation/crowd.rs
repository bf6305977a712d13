//! Simulated people: real clients in a real meeting, each driven by its [`script`]; a simulated owner does what [`host`] says.
//!
//! In: an installation, a meeting that is open, how many are to come and a seed. Out: people who come in a few at a time, behave, go out
//! and return with a jnj of their own, until they are sent away or the meeting is over. Each is one task that its [`Crowd`] waits for.
//! The files below this one are pure.

pub mod chance;
pub mod host;
pub mod lines;
pub mod script;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use self::script::{Act, Script};
use super::folder::Installation;
use super::order::{GuestOrder, RequestOrder};
use crate::client::{Client, ClientCommand, ClientOptions, ClientState, Ending, Phase};
use crate::clock::{Clock, Now};
use crate::hit::jnj::Jnj;
use crate::wire::Refusal;

/// So many simulated people at most are in all meetings of a process together.
pub const MAX_PEOPLE: usize = 300;

/// Where a crowd goes.
#[derive(Clone, Debug)]
pub struct CrowdOptions {
    /// Issues their jnj files.
    pub installation: Installation,
    /// The server.
    pub mcu: SocketAddr,
    /// The meeting; its guest is replaced by each of them, as an invited one.
    pub meeting: RequestOrder,
    /// Clock.
    pub clock: Clock,
    /// Seconds of their lives that pass in one second, at least 1. More than 1 is for tests, which cannot wait for somebody to come back
    /// after a minute; a line a second at most then becomes as many.
    pub speed: u32,
}

/// Simulated people of one meeting. Must be used within a tokio runtime.
#[derive(Debug)]
pub struct Crowd {
    shared: Arc<Shared>,
    /// By number: sends that one away.
    members: BTreeMap<usize, CancellationToken>,
    tasks: JoinSet<usize>,
}

#[derive(Debug)]
struct Shared {
    options: CrowdOptions,
    /// When their time began, on the steady clock.
    began: Duration,
    joins: Semaphore,
    /// One more than the highest number in it.
    size: AtomicUsize,
    inside: watch::Sender<usize>,
    /// The meeting is over, or everybody was sent away for good.
    over: CancellationToken,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(options: CrowdOptions) -> Crowd {
        let shared = Shared {
            began: options.clock.now().steady,
            options,
            joins: Semaphore::new(JOINS_AT_ONCE),
            size: AtomicUsize::new(0),
            inside: watch::Sender::new(0),
            over: CancellationToken::new(),
        };
        Crowd { shared: Arc::new(shared), members: BTreeMap::new(), tasks: JoinSet::new() }
    }

    /// The meeting that they are in.
    pub fn meeting(&self) -> &RequestOrder {
        &self.shared.options.meeting
    }

    /// So many more come, as far as there is place for them ([`MAX_PEOPLE`]); gives how many. The lowest numbers that are free are
    /// taken, so that nobody's name is there twice.
    pub fn add(&mut self, count: usize, seed: u64) -> usize {
        self.reap();
        let free: Vec<usize> =
            (0..MAX_PEOPLE).filter(|number| !self.members.contains_key(number)).take(count).collect();
        for number in &free {
            let stop = self.shared.over.child_token();
            self.members.insert(*number, stop.clone());
            let (shared, script) = (Arc::clone(&self.shared), Script::new(seed, *number));
            self.tasks.spawn(async move { shared.live(script, &stop).await });
        }
        self.resize();
        info!("{} simulated people come to {:?}", free.len(), self.meeting().meeting_id);
        free.len()
    }

    /// So many leave for good, the highest numbers first; gives how many. They are counted until they have left.
    pub fn send_away(&mut self, count: usize) -> usize {
        self.reap();
        let staying = self.members.values().rev().filter(|stop| !stop.is_cancelled());
        staying.take(count).map(CancellationToken::cancel).count()
    }

    /// Everybody leaves, and nobody comes any more.
    pub fn dismiss(&self) {
        self.shared.over.cancel();
    }

    /// Whether the meeting is over for them.
    pub fn is_over(&self) -> bool {
        self.shared.over.is_cancelled()
    }

    /// How many belong to it: those inside, on their way, and outside for a while.
    pub fn len(&mut self) -> usize {
        self.reap();
        self.members.len()
    }

    /// Whether everybody has gone for good.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// How many are inside; wakes when that changes.
    pub fn inside(&self) -> watch::Receiver<usize> {
        self.shared.inside.subscribe()
    }

    /// Waits until nobody belongs to it any more: sent away, or the meeting is over.
    pub async fn gone(&mut self) {
        while let Some(gone) = self.tasks.join_next().await {
            self.forget(gone);
        }
        self.resize();
    }

    /// Everybody leaves; waits until they have.
    pub async fn leave(mut self) {
        self.dismiss();
        self.gone().await;
    }

    /// Forgets those who have left.
    fn reap(&mut self) {
        while let Some(gone) = self.tasks.try_join_next() {
            self.forget(gone);
        }
        self.resize();
    }

    fn forget(&mut self, gone: Result<usize, tokio::task::JoinError>) {
        match gone {
            Ok(number) => drop(self.members.remove(&number)),
            Err(failure) => warn!("a simulated person failed: {failure}"),
        }
        if self.tasks.is_empty() {
            // Also those whose task could not say who it was.
            self.members.clear();
        }
    }

    fn resize(&self) {
        let size = self.members.last_key_value().map_or(0, |(number, _)| number + 1);
        self.shared.size.store(size, Ordering::Relaxed);
    }
}

/// How a stay ended.
enum Stay {
    /// Comes back after so long.
    Out(Duration),
    /// For good.
    Gone,
}

/// A jnj, and when it was issued.
struct Pass {
    jnj: Jnj,
    issued: Now,
}

impl Pass {
    /// On the office clock, as the server judges it: a computer that slept has a stale one.
    fn is_good(&self, now: Now) -> bool {
        (0..GOOD_FOR_S).contains(&(now.unix_seconds() - self.issued.unix_seconds()))
    }
}

impl Shared {
    /// One person, from the first coming to the last leaving; gives the number back.
    async fn live(&self, mut script: Script, stop: &CancellationToken) -> usize {
        let (mut pass, mut refused) = (None, 0);
        loop {
            let stay = match self.come(script.number(), &mut pass, stop).await {
                Ok(client) => {
                    refused = 0;
                    self.inside.send_modify(|inside| *inside += 1);
                    let stay = self.stay(&mut script, client, stop).await;
                    self.inside.send_modify(|inside| *inside -= 1);
                    stay
                }
                Err(Ending::Refused(Refusal::TooManyUser)) => Stay::Out(FULL_AGAIN),
                // The server's clock, or its idea of how long a jnj is good, is another one.
                Err(Ending::Refused(Refusal::WrongUserinfo2)) if refused == 0 => {
                    (pass, refused) = (None, refused + 1);
                    Stay::Out(Duration::ZERO)
                }
                Err(ending) => {
                    debug!("simulated person {} stays away: {ending:?}", script.number());
                    Stay::Gone
                }
            };
            let Stay::Out(time) = stay else { return script.number() };
            tokio::select! {
                () = sleep(self.real(time)) => {}
                () = stop.cancelled() => return script.number(),
            }
        }
    }

    /// Into the meeting. A few at a time: each costs a key exchange on both sides, and whoever is in the meeting hears of each.
    async fn come(&self, number: usize, pass: &mut Option<Pass>, stop: &CancellationToken) -> Result<Client, Ending> {
        let _place = tokio::select! {
            place = self.joins.acquire() => place,
            () = stop.cancelled() => return Err(Ending::Left),
        };
        let client = Client::start(self.jnj(number, pass).await?, ClientOptions::new(self.options.clock.clone()));
        let mut watch = client.watch();
        let in_or_out = |state: &Arc<ClientState>| is_inside(state) || matches!(state.phase, Phase::Ended(_));
        let inside = tokio::select! {
            // An error says that the client has ended.
            state = watch.wait_for(in_or_out) => state.is_ok_and(|state| is_inside(&state)),
            () = stop.cancelled() => false,
        };
        if inside { Ok(client) } else { Err(client.finish().await) }
    }

    async fn stay(&self, script: &mut Script, client: Client, stop: &CancellationToken) -> Stay {
        let mut watch = client.watch();
        script.came(&watch.borrow().view, self.at());
        loop {
            let state = Arc::clone(&watch.borrow_and_update());
            if matches!(state.phase, Phase::Ended(_)) {
                break;
            }
            let (at, crowd) = (self.at(), self.size.load(Ordering::Relaxed));
            let mut due = at + LOOKS_AGAIN;
            // Else its connection is lost, and the client sees to that.
            if is_inside(&state) {
                for act in script.next(&state.view, at, crowd) {
                    match act {
                        Act::GoOut(time) => {
                            client.finish().await;
                            return Stay::Out(time);
                        }
                        // The client asks the newest view again whether it is allowed.
                        Act::Do(wanted) => drop(client.command(ClientCommand::Do(wanted))),
                    }
                }
                due = script.due(at, crowd);
            }
            tokio::select! {
                changed = watch.changed() => if changed.is_err() { break },
                () = sleep(self.real(due.saturating_sub(at))) => {}
                () = stop.cancelled() => break,
            }
        }
        if client.finish().await == Ending::MeetingOver {
            // Those who are outside would open it again.
            self.over.cancel();
        }
        Stay::Gone
    }

    /// The jnj from last time while it is fresh, or a new one.
    async fn jnj(&self, number: usize, pass: &mut Option<Pass>) -> Result<Jnj, Ending> {
        let now = self.options.clock.now();
        if let Some(pass) = pass.as_ref().filter(|pass| pass.is_good(now)) {
            return Ok(pass.jnj.clone());
        }
        let CrowdOptions { installation, mcu, meeting, .. } = self.options.clone();
        let guest = GuestOrder { id: lines::id(number), name: lines::name(number), invited: true, ticket: false };
        let order = RequestOrder { guest: Some(guest), ..meeting };
        // Reads keys, and computes with them.
        let issued = tokio::task::spawn_blocking(move || {
            let request = order.request(now).map_err(|e| e.to_string())?;
            installation.issue(&request, mcu).map_err(|e| e.to_string())
        });
        let issued = issued.await.unwrap_or_else(|failure| Err(failure.to_string()));
        let jnj = issued.map_err(|failure| {
            warn!("no jnj for a simulated person: {failure}");
            Ending::NotServed(failure)
        })?;
        *pass = Some(Pass { jnj: jnj.clone(), issued: now });
        Ok(jnj)
    }

    /// Their time.
    fn at(&self) -> Duration {
        self.options.clock.now().steady.saturating_sub(self.began) * self.options.speed.max(1)
    }

    /// How long something of their time lasts.
    fn real(&self, time: Duration) -> Duration {
        time / self.options.speed.max(1)
    }
}

fn is_inside(state: &ClientState) -> bool {
    state.phase == Phase::InMeeting && state.view.initialised
}

const JOINS_AT_ONCE: usize = 8;
/// Less than the five minutes of guide 3.10: the way to the server takes a moment.
const GOOD_FOR_S: i64 = 4 * 60;
/// Of their time: whether there is place meanwhile.
const FULL_AGAIN: Duration = Duration::from_secs(60);
/// Of their time: while a client comes back.
const LOOKS_AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jnj_is_used_again_for_four_minutes_and_never_when_the_clock_was_set_back() {
        let at = |seconds: i64| Now { office: seconds * 1000, steady: Duration::ZERO };
        let pass = Pass { jnj: Jnj::new("127.0.0.1", 2333, "userinfo"), issued: at(1000) };
        let good = [999, 1000, 1239, 1240].map(|seconds| pass.is_good(at(seconds)));
        assert_eq!(good, [false, true, true, false]);
    }
}
