//! Passwords that were right, so that nobody types one twice (guide 3.10: "cached old successful password input").
//!
//! In: a jnj, the hash that was given for it, whether that was right. Out: the hash, when the same jnj is joined with again. In memory
//! only, off until somebody switches it on, and gone when it is switched off; a wrong one is forgotten.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::hit::jnj::Jnj;
use crate::hit::password::PasswordHash;

/// What is remembered by the clients that share it: clones are the same memory. The default is switched off.
#[derive(Clone, Default)]
pub struct PasswordMemory {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    on: bool,
    /// The oldest first. Each hash erases itself when it is dropped.
    hashes: VecDeque<(Key, PasswordHash)>,
}

/// Which jnj: a client cannot look into its userinfo, so the whole of it, with its servers, is the name. Another server, though it
/// shows the same userinfo, is told nothing.
type Key = [u8; 32];

impl PasswordMemory {
    /// Switches it on, or off: then everything is forgotten.
    pub fn set_on(&self, on: bool) {
        let mut known = self.known();
        known.on = on;
        if !on {
            known.hashes.clear();
        }
    }

    /// Whether passwords are remembered.
    pub fn is_on(&self) -> bool {
        self.known().on
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// Shows that there is one, never what is in it.
impl std::fmt::Debug for PasswordMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordMemory(..)")
    }
}

/// What one client has to do with the memory.
pub(super) struct Remembered {
    memory: PasswordMemory,
    /// `None`: no jnj that could be named.
    key: Option<Key>,
    /// Given to the server last, and not judged yet.
    given: Option<PasswordHash>,
}

impl Remembered {
    pub(super) fn new(memory: PasswordMemory, jnj: &Jnj) -> Remembered {
        let key = jnj.to_bytes().ok().map(|text| Sha256::digest(text).into());
        Remembered { memory, key, given: None }
    }

    /// What was right before.
    pub(super) fn recall(&self) -> Option<PasswordHash> {
        let (known, key) = (self.memory.known(), self.key?);
        known.hashes.iter().find(|(other, _)| *other == key).map(|(_, hash)| hash.clone())
    }

    /// This is what the server gets.
    pub(super) fn give(&mut self, hash: &PasswordHash) {
        self.given = Some(hash.clone());
    }

    /// The server let us in.
    pub(super) fn was_right(&mut self) {
        let (Some(hash), Some(key)) = (self.given.take(), self.key) else { return };
        let mut known = self.memory.known();
        if known.on {
            known.forget(&key);
            if known.hashes.len() == MAX_PASSWORDS {
                known.hashes.pop_front();
            }
            known.hashes.push_back((key, hash));
        }
    }

    /// The server asks again, or refuses: if something was given, it is not to be given again.
    pub(super) fn was_wrong(&mut self) {
        if let (Some(_), Some(key)) = (self.given.take(), self.key) {
            self.memory.known().forget(&key);
        }
    }
}

impl Known {
    fn forget(&mut self, key: &Key) {
        self.hashes.retain(|(other, _)| other != key);
    }
}

/// So many are remembered; the oldest goes first.
const MAX_PASSWORDS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn jnj(ip: &str, userinfo: &str) -> Jnj {
        Jnj::new(ip, 2333, userinfo)
    }

    fn right(memory: &PasswordMemory, jnj: &Jnj, password: &str) {
        let mut one = Remembered::new(memory.clone(), jnj);
        one.give(&PasswordHash::of(password));
        one.was_right();
    }

    fn knows(memory: &PasswordMemory, jnj: &Jnj, password: &str) -> bool {
        Remembered::new(memory.clone(), jnj).recall() == Some(PasswordHash::of(password))
    }

    #[test]
    fn what_was_right_is_known_for_the_same_jnj_of_the_same_server_alone() {
        let memory = PasswordMemory::default();
        memory.set_on(true);
        let here = jnj("192.0.2.1", "K|P|D|M");
        right(&memory, &here, "open");
        right(&memory, &here, "sesame");
        assert!(knows(&memory, &here, "sesame") && memory.known().hashes.len() == 1);
        for other in [jnj("192.0.2.2", "K|P|D|M"), jnj("192.0.2.1", "K|P|D|N"), here.clone().for_playback()] {
            assert!(Remembered::new(memory.clone(), &other).recall().is_none());
        }
    }

    #[test]
    fn nothing_is_remembered_while_it_is_off_and_nothing_is_left_when_it_is_switched_off() {
        let (memory, here) = (PasswordMemory::default(), jnj("192.0.2.1", "K|P|D|M"));
        right(&memory, &here, "sesame");
        assert!(!knows(&memory, &here, "sesame"));
        memory.set_on(true);
        right(&memory, &here, "sesame");
        memory.set_on(false);
        // A client that was asked before, and let in after.
        right(&memory, &here, "sesame");
        memory.set_on(true);
        assert!(!knows(&memory, &here, "sesame"));
    }

    #[test]
    fn a_wrong_one_is_forgotten_and_a_refusal_of_something_else_forgets_nothing() {
        let (memory, here) = (PasswordMemory::default(), jnj("192.0.2.1", "K|P|D|M"));
        memory.set_on(true);
        right(&memory, &here, "sesame");
        let mut unasked = Remembered::new(memory.clone(), &here);
        unasked.was_wrong();
        assert!(knows(&memory, &here, "sesame"));
        let mut asked = Remembered::new(memory.clone(), &here);
        asked.give(&PasswordHash::of("sesame"));
        asked.was_wrong();
        assert!(!knows(&memory, &here, "sesame"));
    }

    #[test]
    fn the_memory_has_an_end_and_shows_nothing() {
        let memory = PasswordMemory::default();
        memory.set_on(true);
        for n in 0..=MAX_PASSWORDS {
            right(&memory, &jnj("192.0.2.1", &format!("K|P|D|{n}")), "sesame");
        }
        assert_eq!(memory.known().hashes.len(), MAX_PASSWORDS);
        assert!(!knows(&memory, &jnj("192.0.2.1", "K|P|D|0"), "sesame"));
        assert_eq!(format!("{memory:?}"), "PasswordMemory(..)");
    }
}
