//! Coming, going, being sent out, and who sees whom (wire/02 sections 3, 4, 5.7 and 13).
//!
//! In: newcomers, departures. Out: who is admitted, what all are told and in which order.

use std::sync::Arc;
use std::time::Duration;

use super::{JoinError, Output, Recipients, Room};
use crate::clock::Now;
use crate::meeting::catch_up;
use crate::meeting::charter::{Codecs, Newcomer};
use crate::meeting::view::{NOBODY, OWNER, Person, Ssrc};
use crate::wire::ToClient;
use crate::wire::control::{Suppress, Suppressed};
use crate::wire::facts::Fact;
use crate::wire::floor::FloorToClient;
use crate::wire::join::MAX_SSRC;
use crate::wire::message::End;
use crate::wire::users::UserToClient;

impl Room {
    /// Lets somebody in. The same person, known by id or by a ticket, takes over from the earlier connection (guide notes N13, wire/02
    /// sections 4.2 and 13).
    ///
    /// # Errors
    /// See [`JoinError`].
    pub fn join(&mut self, mut newcomer: Newcomer, now: Now) -> Result<Ssrc, JoinError> {
        newcomer.name = catch_up::shown_name(&newcomer.name);
        if newcomer.ticket_holder {
            // Never sends video (guide 3.1/5), so nobody is told to expect one.
            newcomer.capability &= 1;
        }
        if !newcomer.user_id.is_empty() && self.banned.contains(&newcomer.user_id) {
            return Err(JoinError::Banned);
        }
        let known = self.number_of(&newcomer);
        let here = known.is_some_and(|ssrc| self.view.is_present(ssrc));
        if !here && newcomer.returning.is_none() && !newcomer.owner && self.arrivals.len() >= self.places() {
            return Err(JoinError::Crowded);
        }
        let ssrc = known.map_or_else(|| self.next_number(), Ok)?;
        self.prepared_by(&newcomer, now);
        self.ticketed |= newcomer.ticket_holder;
        let earlier = self.view.people.get(&ssrc).cloned();
        let before = earlier.clone().filter(|person| person.present);
        let was_away = self.away.remove(&ssrc).is_some();
        if before.is_some() && !was_away {
            if newcomer.returning.is_none() {
                // Perhaps another device. One that comes back by its ticket knows that its old connection is dead.
                self.send(Recipients::One(ssrc), ToClient::End(End::Overwrite));
            }
            self.outputs.push_back(Output::Part(ssrc));
        }
        self.outputs.push_back(Output::Admit(ssrc));
        self.empty_since = None;
        self.arrived += 1;
        self.arrivals.entry(ssrc).or_insert(self.arrived);
        // Whoever was seen once is in chats and recordings.
        let unseen = earlier.as_ref().is_none_or(|person| person.hidden);
        if before.is_none() && newcomer.ticket_holder && ssrc != OWNER && unseen {
            self.hidden.entry(ssrc).or_default();
        }

        let person = Person {
            ssrc,
            user_id: newcomer.user_id.clone(),
            name: newcomer.name.clone(),
            audio: newcomer.capability & 1 != 0,
            video: newcomer.capability & 2 != 0,
            version: newcomer.version,
            present: true,
            ..Person::default()
        };
        let came_back = was_away || newcomer.returning.is_some();
        match before {
            Some(before) if came_back && before.name == person.name && before.user_id == person.user_id => {
                // The others never heard of the loss: they are told what changed, which is nothing else (wire/02 section 13).
                if (before.audio, before.video) != (person.audio, person.video) {
                    let changed = UserToClient::Capability(ssrc, newcomer.capability & 3);
                    self.tell_of(ssrc, ToClient::User(changed), Some(ssrc));
                }
            }
            before => {
                if before.is_some() {
                    // A second add without a delete would list the person twice (wire/02 section 4.1).
                    let gone = UserToClient::Delete { ssrc, by_action: false };
                    self.tell_of(ssrc, ToClient::User(gone), Some(ssrc));
                }
                self.tell_of(ssrc, catch_up::add(&person), Some(ssrc));
                if let Some(person) = self.view.people.get_mut(&ssrc) {
                    Arc::make_mut(person).ticket_holder = newcomer.ticket_holder && ssrc != OWNER;
                }
                self.suppress_again(ssrc, earlier.as_deref());
            }
        }
        if self.view.token_holder == NOBODY {
            self.reveal(ssrc);
            self.announce(Recipients::AllBut(ssrc), ToClient::Floor(FloorToClient::Token(ssrc)));
        }
        self.initialise(ssrc, &newcomer);
        self.fill_floor();
        self.ask_again(now);
        Ok(ssrc)
    }

    /// Somebody's connection is gone without a word: the place is kept for a while, since most come back within seconds. `by_action`:
    /// the client closed it, which it also does when it dislikes what came, and then returns (wire/01 section 10.2).
    pub fn lose(&mut self, ssrc: Ssrc, by_action: bool, now: Now) {
        if self.charter.away_for.is_zero() {
            self.leave(ssrc, by_action, now);
        } else if self.view.is_present(ssrc) && !self.ended {
            self.away.entry(ssrc).or_insert((now, by_action));
        }
    }

    /// Somebody has left. `by_action`: on purpose.
    pub fn leave(&mut self, ssrc: Ssrc, by_action: bool, now: Now) {
        if !self.view.is_present(ssrc) || self.ended {
            return;
        }
        self.arrivals.remove(&ssrc);
        self.away.remove(&ssrc);
        self.senders.remove(&ssrc);
        self.code_pages.remove(&ssrc);
        // The order of wire/02 section 5.7: the delete first, so that no client makes the departed a questioner.
        self.tell_of(ssrc, ToClient::User(UserToClient::Delete { ssrc, by_action }), None);
        self.hidden.remove(&ssrc);
        for knowing in self.hidden.values_mut() {
            knowing.remove(&ssrc);
        }
        self.free_channel_of(ssrc);
        if self.view.data_sender == ssrc && self.view.token_holder != ssrc {
            let holder = self.view.token_holder;
            self.announce(Recipients::All, ToClient::Floor(FloorToClient::DataSender(holder)));
        }
        if self.view.controller == ssrc {
            self.set_controller(NOBODY);
        }
        if self.view.assistant == ssrc {
            self.announce(Recipients::All, ToClient::Floor(FloorToClient::Assistant(NOBODY)));
        }
        if self.view.token_holder == ssrc {
            let next = self.next_holder();
            self.pass_token(next);
        }
        self.fill_floor();
        if self.arrivals.is_empty() {
            self.empty_since = Some(now);
        }
        self.ask_again(now);
    }

    /// Those whose connection was lost for too long have left.
    pub(super) fn forget_the_away(&mut self, now: Now) {
        let over = |since: &Now| now.steady >= since.steady + self.charter.away_for;
        let gone: Vec<(Ssrc, bool)> =
            self.away.iter().filter(|(_, (since, _))| over(since)).map(|(ssrc, (_, by))| (*ssrc, *by)).collect();
        for (ssrc, by_action) in gone {
            self.leave(ssrc, by_action, now);
        }
    }

    /// When the next of them has been away for too long.
    pub(super) fn away_until(&self) -> Option<Duration> {
        self.away.values().map(|(since, _)| since.steady + self.charter.away_for).min()
    }

    /// The known client sends somebody out first and bans right after, so the target is usually gone already.
    pub(super) fn ban(&mut self, target: Ssrc, now: Now) {
        let id = self.view.people.get(&target).map(|person| person.user_id.clone()).unwrap_or_default();
        // Somebody without an id cannot be told from others.
        if !id.is_empty() && self.banned.len() < MAX_BANNED {
            self.banned.insert(id);
            self.send_out(target, now);
        }
    }

    pub(super) fn send_out(&mut self, target: Ssrc, now: Now) {
        if !self.view.is_present(target) {
            return;
        }
        self.send(Recipients::One(target), ToClient::End(End::Disconnect));
        self.outputs.push_back(Output::Part(target));
        self.outputs.push_back(Output::Revoke(target));
        self.leave(target, true, now);
    }

    /// Says something about one participant to all who know that one, and knows it from then on. Nobody who plays the recording sees a
    /// ticket holder either.
    pub(super) fn tell_of(&mut self, ssrc: Ssrc, message: ToClient, but: Option<Ssrc>) {
        let to = but.map_or(Recipients::All, Recipients::AllBut);
        let Some(knowing) = self.hidden.get(&ssrc) else { return self.announce(to, message) };
        let knowing: Vec<Ssrc> =
            [OWNER, ssrc].into_iter().chain(knowing.iter().copied()).filter(|one| Some(*one) != but).collect();
        self.view.apply(&message);
        if let Some(person) = self.view.people.get_mut(&ssrc) {
            Arc::make_mut(person).hidden = true;
        }
        for one in knowing {
            if self.view.is_present(one) || one == ssrc {
                self.send(Recipients::One(one), message.clone());
            }
        }
    }

    /// A ticket holder does something that everybody sees: everybody is told who it is first (wire/02 section 4.2).
    pub(super) fn reveal(&mut self, ssrc: Ssrc) {
        let Some(knowing) = self.hidden.remove(&ssrc) else { return };
        let Some(person) = self.view.people.get_mut(&ssrc) else { return };
        Arc::make_mut(person).hidden = false;
        let about: Vec<ToClient> = [catch_up::add(person)].into_iter().chain(catch_up::states(person)).collect();
        self.outputs.extend(about.iter().cloned().map(Output::Record));
        let strangers: Vec<Ssrc> = self.arrivals.keys().copied().filter(|one| *one != OWNER && *one != ssrc).collect();
        for stranger in strangers.into_iter().filter(|one| !knowing.contains(one)) {
            for message in &about {
                self.send(Recipients::One(stranger), message.clone());
            }
        }
    }

    /// One more learns who a ticket holder is: a private line needs a name.
    pub(super) fn introduce(&mut self, ssrc: Ssrc, to: Ssrc) {
        if to == OWNER || to == ssrc {
            return;
        }
        let Some(knowing) = self.hidden.get_mut(&ssrc) else { return };
        if knowing.insert(to)
            && let Some(person) = self.view.people.get(&ssrc)
        {
            let about: Vec<ToClient> = [catch_up::add(person)].into_iter().chain(catch_up::states(person)).collect();
            about.into_iter().for_each(|message| self.send(Recipients::One(to), message));
        }
    }

    /// An add resets what was suppressed (wire/02 section 4.1): coming back on another device must not.
    fn suppress_again(&mut self, ssrc: Ssrc, earlier: Option<&Person>) {
        let Some(earlier) = earlier else { return };
        let was = [(Suppressed::Audio, earlier.audio_suppressed), (Suppressed::Video, earlier.video_suppressed)];
        for (what, _) in was.into_iter().filter(|(_, on)| *on) {
            let again = Suppress { what, ssrc, on: 1 };
            self.tell_of(ssrc, ToClient::Fact(Fact::Suppress(again)), Some(ssrc));
        }
    }

    /// So many may be there at once: in an all-questioner meeting those who can be talkers (wire/02 section 5.6).
    fn places(&self) -> usize {
        let speakers = usize::try_from(self.charter.channels.audio).unwrap_or_default();
        match self.charter.policy.all_questioner {
            true => self.charter.max_people.min(2 + speakers),
            false => self.charter.max_people,
        }
    }

    /// The number that somebody has already; none for a new guest.
    fn number_of(&self, newcomer: &Newcomer) -> Option<Ssrc> {
        if newcomer.returning.is_some() {
            return newcomer.returning;
        }
        if newcomer.owner {
            return Some(OWNER);
        }
        // The same id is the same person, whatever the name; without an id everybody is somebody else (guide 3.1/5).
        let same = |p: &&Arc<Person>| p.ssrc != OWNER && !p.user_id.is_empty() && p.user_id == newcomer.user_id;
        self.view.people.values().find(same).map(|person| person.ssrc)
    }

    fn next_number(&mut self) -> Result<Ssrc, JoinError> {
        let ssrc = self.next_guest;
        if ssrc > MAX_SSRC {
            return Err(JoinError::Full);
        }
        self.next_guest += 1;
        Ok(ssrc)
    }

    /// Everything that a newcomer is told, in the order of wire/02 section 3.
    fn initialise(&mut self, ssrc: Ssrc, newcomer: &Newcomer) {
        let mut messages: Vec<ToClient> = [
            Fact::MaxExtension(103),
            Fact::Identity { meeting_type: 1, random_id: self.charter.random_id },
            Fact::ReconnectName { name: newcomer.reconnect_name.to_vec(), real_name: newcomer.name.clone() },
        ]
        .into_iter()
        .map(ToClient::Fact)
        .collect();
        messages.extend(catch_up::facts(&self.view));
        // After the duration, which takes back an earlier warning.
        messages.extend(catch_up::facts_of_the_session(&self.view));
        let Codecs { audio, video } = self.charter.codecs.clone();
        let codecs = [Fact::AudioCodecs(audio), Fact::VideoCodecs(video), Fact::OpusRate(0)];
        messages.extend(codecs.map(ToClient::Fact));
        messages.extend(self.charter.update_url.clone().map(Fact::UpdateUrl).map(ToClient::Fact));
        messages.retain(|message| newcomer.version >= KNOWS_PREFERENCES || !is_preference(message));
        messages.extend(catch_up::people_and_floor(&self.view, ssrc == OWNER, |person| self.knows(ssrc, person)));
        messages.push(ToClient::Fact(Fact::Initialised(0)));
        // After EXT(54), which empties the chat of the known client.
        messages.extend(catch_up::chat_history(&self.view, HISTORY));
        messages.extend(self.prompts_of(ssrc));
        for message in messages {
            self.send(Recipients::One(ssrc), message);
        }
    }

    /// Whether one is told of the other.
    fn knows(&self, ssrc: Ssrc, person: &Person) -> bool {
        let Some(knowing) = self.hidden.get(&person.ssrc) else { return true };
        ssrc == OWNER || ssrc == person.ssrc || knowing.contains(&ssrc)
    }
}

/// What kernels before 1.23 cannot take (guide 3.1/7).
fn is_preference(message: &ToClient) -> bool {
    use Fact::{AudioCodecs, HolderVideo, TotalBandwidth, UpdateUrl, VideoCodecs};
    matches!(message, ToClient::Fact(AudioCodecs(_) | VideoCodecs(_) | HolderVideo | TotalBandwidth(_) | UpdateUrl(_)))
}

/// The first kernel that is told of codecs, the holder's video, the shared bandwidth and updates.
const KNOWS_PREFERENCES: (i32, i32) = (1, 23);

/// No meeting gives out more numbers than that.
const MAX_BANNED: usize = 5_000;

/// So many public chat lines are told to somebody who comes late. The rest is in the recording.
pub(super) const HISTORY: usize = 500;
