//! Which address is tried when, and which connection is kept (wire/01 section 1.3, guide 3.8).
//!
//! In: the list of addresses, the time, what became of each attempt. Out: attempts to start, the one to keep, those to close. Knows
//! no socket. Today's list has the primary server only; backups join it with failover.

use std::collections::VecDeque;
use std::time::Duration;

use crate::hit::jnj::Jnj;

/// One place where a server may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or address, as the jnj has it.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The addresses of a jnj in the order in which they are tried.
pub fn addresses(jnj: &Jnj) -> Vec<Address> {
    vec![primary(jnj)]
}

/// The primary server.
pub fn primary(jnj: &Jnj) -> Address {
    Address { host: jnj.ip.clone(), port: jnj.portm }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start attempt number n.
    Dial(usize),
    /// Keep attempt number n and end all others.
    Keep(usize),
    /// All have failed; a reason an attempt, in order.
    GiveUp(Vec<String>),
}

/// The state machine.
#[derive(Debug)]
pub struct Dialler {
    attempts: Vec<Attempt>,
    started: Duration,
    steps: VecDeque<Step>,
    over: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Attempt {
    Waiting,
    Running,
    Failed(String),
}

impl Dialler {
    /// Starts with so many addresses.
    pub fn new(addresses: usize, now: Duration) -> Dialler {
        let mut dialler =
            Dialler { attempts: vec![Attempt::Waiting; addresses], started: now, steps: VecDeque::new(), over: false };
        dialler.tick(now);
        dialler
    }

    /// Starts what is due: entry k 500 ms x k after the start.
    pub fn tick(&mut self, now: Duration) {
        if self.over {
            return;
        }
        for (k, attempt) in self.attempts.iter_mut().enumerate() {
            if *attempt == Attempt::Waiting && now >= self.started + due(k) {
                *attempt = Attempt::Running;
                self.steps.push_back(Step::Dial(k));
            }
        }
        self.give_up_if_all_failed();
    }

    /// Attempt k has a connection: the first one wins.
    pub fn opened(&mut self, k: usize) {
        if !self.over {
            self.over = true;
            self.steps.push_back(Step::Keep(k));
        }
    }

    /// Attempt k has failed.
    pub fn failed(&mut self, k: usize, why: String) {
        if let Some(attempt) = self.attempts.get_mut(k) {
            *attempt = Attempt::Failed(why);
        }
        self.give_up_if_all_failed();
    }

    /// When the next attempt is due.
    pub fn deadline(&self) -> Option<Duration> {
        let next = self.attempts.iter().position(|a| *a == Attempt::Waiting)?;
        (!self.over).then(|| self.started + due(next))
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    fn give_up_if_all_failed(&mut self) {
        if self.over {
            return;
        }
        let reasons: Option<Vec<String>> =
            self.attempts.iter().map(|a| if let Attempt::Failed(why) = a { Some(why.clone()) } else { None }).collect();
        if let Some(reasons) = reasons {
            self.over = true;
            self.steps.push_back(Step::GiveUp(reasons));
        }
    }
}

fn due(k: usize) -> Duration {
    STAGGER * u32::try_from(k).unwrap_or(u32::MAX)
}

/// Between two attempts.
const STAGGER: Duration = Duration::from_millis(500);

/// An attempt that has no connection after this has failed (wire/01 section 1.3).
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_secs(9) + Duration::from_millis(ms)
    }

    fn steps(dialler: &mut Dialler) -> Vec<Step> {
        std::iter::from_fn(|| dialler.poll()).collect()
    }

    #[test]
    fn the_second_address_is_tried_half_a_second_after_the_first() {
        let mut dialler = Dialler::new(2, at(0));
        assert_eq!(steps(&mut dialler), [Step::Dial(0)]);
        dialler.tick(at(499));
        assert_eq!(steps(&mut dialler), []);
        assert_eq!(dialler.deadline(), Some(at(500)));
        dialler.tick(at(500));
        assert_eq!(steps(&mut dialler), [Step::Dial(1)]);
        assert_eq!(dialler.deadline(), None);
    }

    #[test]
    fn the_first_that_opens_is_kept_and_a_later_one_is_not() {
        let mut dialler = Dialler::new(2, at(0));
        dialler.tick(at(500));
        steps(&mut dialler);
        dialler.opened(1);
        dialler.opened(0);
        assert_eq!(steps(&mut dialler), [Step::Keep(1)]);
    }

    #[test]
    fn it_gives_up_with_a_reason_for_each_once_all_have_failed() {
        let mut dialler = Dialler::new(2, at(0));
        dialler.failed(0, "refused".into());
        assert_eq!(steps(&mut dialler), [Step::Dial(0)]);
        dialler.tick(at(500));
        dialler.failed(1, "timed out".into());
        assert_eq!(steps(&mut dialler), [Step::Dial(1), Step::GiveUp(vec!["refused".into(), "timed out".into()])]);
    }
}
