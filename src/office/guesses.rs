//! Slows down whoever guesses passwords (guide 3.10), and nobody else.
//!
//! In: who tries a password, from which address, the steady time. Out: how long the answer has to wait, or that this try is not even
//! looked at. A try counts as wrong until [`Guesses::right`] takes it back, so many at once are worth no more than one after the other.
//!
//! What is slowed is one person's jnj from one address: others of the same meeting, and the same one elsewhere, do not wait for it.
//! Somebody with many jnj files is slowed by the address as well, later and less, since a whole company may have one.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::hit::request::ServiceRequest;

/// How fast passwords may be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuessPace {
    /// So many tries of one person wait for nothing.
    pub free: u32,
    /// The wait after the last of these; each later one is twice the one before.
    pub first: Duration,
    /// The longest wait. A try that would have to wait longer, because others wait already, is not looked at.
    pub longest: Duration,
    /// So many wrong tries from one address slow down nobody else there.
    pub address_free: u32,
    /// The longest wait on account of an address; these waits run side by side.
    pub address_longest: Duration,
    /// Forgotten when nothing was tried for so long.
    pub forget: Duration,
}

impl Default for GuessPace {
    fn default() -> GuessPace {
        GuessPace {
            free: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            address_free: 30,
            address_longest: Duration::from_secs(8),
            forget: Duration::from_secs(15 * 60),
        }
    }
}

/// Who tries: a person of a meeting, from an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Guesser {
    owner: String,
    meeting: String,
    /// The guest's id, or the name of one without; `None` is the owner.
    guest: Option<String>,
    /// The password is a recording's, which is another one than the person's.
    recording: bool,
    address: IpAddr,
}

impl Guesser {
    /// Whoever brings this request from this address. The third party has sealed it, so nobody becomes another person by changing it.
    pub fn new(request: &ServiceRequest, from: IpAddr) -> Guesser {
        let guest = request.guest.as_ref();
        Guesser {
            owner: request.owner.id.clone(),
            meeting: request.meeting_id.clone(),
            guest: guest.map(|guest| guest.id.clone().unwrap_or_else(|| guest.name.clone())),
            recording: false,
            address: network(from),
        }
    }

    /// The same person before the password of a recording: who knows the own one may still guess at this one.
    pub fn at_a_recording(self) -> Guesser {
        Guesser { recording: true, ..self }
    }
}

/// What becomes of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// Look at it once this has passed.
    After(Duration),
    /// Say that it is wrong without looking: others wait already.
    Unseen,
}

/// Who has tried how often.
#[derive(Debug)]
pub struct Guesses {
    pace: GuessPace,
    people: HashMap<Guesser, Mark>,
    addresses: HashMap<IpAddr, Mark>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    tries: u32,
    /// The next try is looked at then, or later.
    free_at: Duration,
}

impl Guesses {
    /// Nobody has tried yet.
    pub fn new(pace: GuessPace) -> Guesses {
        Guesses { pace, people: HashMap::new(), addresses: HashMap::new() }
    }

    /// Somebody tries a password at `now` (steady time).
    pub fn attempt(&mut self, who: &Guesser, now: Duration) -> Try {
        let pace = self.pace;
        let stale = |mark: &Mark| now >= mark.free_at.saturating_add(pace.forget);
        let live = |mark: Option<&Mark>| mark.filter(|mark| !stale(mark)).copied().unwrap_or_default();
        let (mut person, mut address) = (live(self.people.get(who)), live(self.addresses.get(&who.address)));
        let crowd = gap(address.tries, pace.address_free, pace.first, pace.address_longest);
        let wait = person.free_at.saturating_sub(now).max(crowd);
        if wait > pace.longest {
            return Try::Unseen;
        }
        person.tries = person.tries.saturating_add(1);
        address.tries = address.tries.saturating_add(1);
        person.free_at =
            now.saturating_add(wait).saturating_add(gap(person.tries, pace.free, pace.first, pace.longest));
        address.free_at = now;
        keep(&mut self.people, who.clone(), person, stale);
        keep(&mut self.addresses, who.address, address, stale);
        Try::After(wait)
    }

    /// The try was right: this person's wrong ones are forgotten, here and with the address. Those of others stay.
    pub fn right(&mut self, who: &Guesser) {
        let Some(mark) = self.people.remove(who) else { return };
        if let Some(address) = self.addresses.get_mut(&who.address) {
            address.tries = address.tries.saturating_sub(mark.tries);
            if address.tries == 0 {
                self.addresses.remove(&who.address);
            }
        }
    }
}

/// The wait after so many tries.
fn gap(tries: u32, free: u32, first: Duration, longest: Duration) -> Duration {
    match tries.checked_sub(free) {
        Some(beyond) => first.saturating_mul(2u32.saturating_pow(beyond)).min(longest),
        None => Duration::ZERO,
    }
}

/// Remembers a mark. A full memory forgets what is stale, else the one that waits least: nobody gets rid of a long wait by filling it.
fn keep<K: Clone + Eq + Hash>(marks: &mut HashMap<K, Mark>, key: K, mark: Mark, stale: impl Fn(&Mark) -> bool) {
    if marks.len() >= MAX_MARKS && !marks.contains_key(&key) {
        marks.retain(|_, mark| !stale(mark));
        if marks.len() >= MAX_MARKS
            && let Some(least) = marks.iter().min_by_key(|(_, mark)| mark.free_at).map(|(key, _)| key.clone())
        {
            marks.remove(&least);
        }
    }
    marks.insert(key, mark);
}

/// Somebody with an IPv6 network of the usual size has 2^64 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// So many people, and so many addresses, are remembered.
const MAX_MARKS: usize = 10_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: &str = "192.0.2.1";

    fn who(meeting: &str, guest: &str, from: &str) -> Guesser {
        let mut request = ServiceRequest::new("olive", "Olive", meeting, 0);
        request.guest = Some(crate::hit::request::Guest { id: Some(guest.into()), ..Default::default() });
        Guesser::new(&request, from.parse().unwrap())
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn guesses() -> Guesses {
        Guesses::new(GuessPace::default())
    }

    #[test]
    fn three_tries_are_free_and_then_each_waits_twice_as_long_up_to_a_minute() {
        let (mut guesses, gus) = (guesses(), who("m", "gus", HERE));
        let mut now = s(1000);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let Try::After(wait) = guesses.attempt(&gus, now) else { panic!("unseen after {waits:?}") };
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn who_takes_as_long_to_type_as_the_wait_is_does_not_notice_it() {
        let (mut guesses, gus) = (guesses(), who("m", "gus", HERE));
        for second in [0, 5, 10, 15, 20, 25] {
            assert_eq!(guesses.attempt(&gus, s(second)), Try::After(s(0)), "after {second} s");
        }
    }

    #[test]
    fn tries_at_once_wait_for_each_other_and_those_that_would_wait_too_long_are_not_looked_at() {
        let (mut guesses, gus) = (guesses(), who("m", "gus", HERE));
        let waits: Vec<Try> = (0..1000).map(|_| guesses.attempt(&gus, s(0))).collect();
        let seen: Vec<u64> = waits
            .iter()
            .filter_map(|wait| match wait {
                Try::After(wait) => Some(wait.as_secs()),
                Try::Unseen => None,
            })
            .collect();
        assert_eq!(seen, [0, 0, 0, 1, 3, 7, 15, 31], "eight guesses in half a minute, of a thousand");
        assert_eq!(guesses.attempt(&gus, s(63)), Try::After(s(0)), "what was not looked at made the wait no longer");
    }

    #[test]
    fn others_of_the_meeting_other_meetings_and_the_same_person_elsewhere_do_not_wait() {
        let mut guesses = guesses();
        for _ in 0..25 {
            guesses.attempt(&who("m", "gus", HERE), s(0));
        }
        let recording = who("m", "gus", HERE).at_a_recording();
        for other in [who("m", "tess", HERE), who("n", "gus", HERE), who("m", "gus", "192.0.2.2"), recording] {
            assert_eq!(guesses.attempt(&other, s(0)), Try::After(s(0)), "{other:?}");
        }
        let mut owner = who("m", "gus", HERE);
        owner.guest = None;
        assert_eq!(guesses.attempt(&owner, s(0)), Try::After(s(0)));
    }

    #[test]
    fn a_right_password_clears_the_own_tries_and_nobody_elses() {
        let mut guesses = guesses();
        let (gus, tess) = (who("m", "gus", HERE), who("m", "tess", HERE));
        for _ in 0..5 {
            guesses.attempt(&gus, s(0));
            guesses.attempt(&tess, s(0));
        }
        guesses.right(&gus);
        assert_eq!(guesses.attempt(&gus, s(0)), Try::After(s(0)));
        assert_ne!(guesses.attempt(&tess, s(0)), Try::After(s(0)));
        guesses.right(&gus);
        guesses.right(&tess);
        assert!(guesses.people.is_empty() && guesses.addresses.is_empty(), "nothing is kept of who is in");
    }

    #[test]
    fn many_jnj_files_at_one_address_wait_a_little_and_side_by_side() {
        let mut guesses = guesses();
        let waits: Vec<Try> = (0..40).map(|n| guesses.attempt(&who("m", &format!("g{n}"), HERE), s(0))).collect();
        assert!(waits[..30].iter().all(|wait| *wait == Try::After(s(0))));
        assert_eq!(waits[30..35], [1, 2, 4, 8, 8].map(|wait| Try::After(s(wait))));
        assert_eq!(guesses.attempt(&who("m", "g0", "192.0.2.2"), s(0)), Try::After(s(0)), "another address");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_ipv4_is_that_one() {
        assert_eq!(who("m", "g", "2001:db8::1"), who("m", "g", "2001:db8::ffff:1"));
        assert_ne!(who("m", "g", "2001:db8::1"), who("m", "g", "2001:db8:0:1::1"));
        assert_eq!(who("m", "g", "::ffff:192.0.2.1"), who("m", "g", HERE));
    }

    #[test]
    fn a_quarter_of_an_hour_without_a_try_is_forgotten() {
        let (mut guesses, gus) = (guesses(), who("m", "gus", HERE));
        for _ in 0..4 {
            guesses.attempt(&gus, s(0));
        }
        // The last one was looked at after 1 s, and the next one would have waited until 3 s.
        let quarter = s(15 * 60);
        guesses.attempt(&gus, quarter + s(2));
        assert_eq!(guesses.people[&gus].tries, 5);
        guesses.attempt(&gus, quarter + s(2) + quarter + s(5));
        assert_eq!(guesses.people[&gus].tries, 1);
    }

    #[test]
    fn the_memory_has_an_end_and_a_flood_does_not_shorten_a_wait() {
        let (mut guesses, gus) = (guesses(), who("m", "gus", HERE));
        for _ in 0..8 {
            guesses.attempt(&gus, s(0));
        }
        for n in 0..2 * MAX_MARKS {
            let from = format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255);
            guesses.attempt(&who("m", "flood", &from), s(1));
        }
        assert_eq!((guesses.people.len(), guesses.addresses.len()), (MAX_MARKS, MAX_MARKS));
        assert_eq!(guesses.attempt(&gus, s(1)), Try::Unseen);
    }

    proptest! {
        /// Whatever is tried when: within any stretch of time one person's tries are looked at no more often than the pace allows, nobody
        /// waits longer than the longest wait, and somebody who never tried waits for nobody else's person.
        #[test]
        fn no_order_of_tries_is_faster_than_the_pace(steps in prop::collection::vec((0u64..90, any::<bool>()), 1..200)) {
            let (mut guesses, gus, tess) = (guesses(), who("m", "gus", HERE), who("m", "tess", "192.0.2.9"));
            let pace = GuessPace::default();
            let (mut now, mut looked_at) = (s(0), Vec::new());
            for (later, by_gus) in steps {
                now += s(later);
                let one = if by_gus { &gus } else { &tess };
                match guesses.attempt(one, now) {
                    Try::After(wait) => {
                        prop_assert!(wait <= pace.longest);
                        if by_gus {
                            looked_at.push(now + wait);
                        } else {
                            guesses.right(one);
                            prop_assert_eq!(wait, s(0), "a right one waits for nothing");
                        }
                    }
                    Try::Unseen => prop_assert!(by_gus),
                }
            }
            // 0 + 0 + 1 + 2 + ... + 32 + 60 between ten of them; where they were forgotten in between, a quarter of an hour.
            for ten in looked_at.windows(10) {
                prop_assert!(ten[9] - ten[0] >= s(123), "{looked_at:?}");
            }
        }
    }
}
