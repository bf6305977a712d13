//! Chance that comes out the same again.
//!
//! In: a seed and which of its many streams. Out: numbers. Pure: no generator of the system, so that a story can be told twice.

use std::time::Duration;

/// A stream of numbers: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). Good enough for
/// who says what, and for nothing that has to be secret.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// One of the streams of a seed.
    pub fn new(seed: u64, stream: u64) -> Chance {
        Chance(mix(seed ^ mix(stream.wrapping_add(STEP))))
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// 0..`n`; 0 where `n` is 0. Slightly uneven for huge `n`, which no list of ours is.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.number() % n).unwrap_or_default()
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Between `from` and `to` seconds, to the millisecond.
    pub fn seconds(&mut self, from: u64, to: u64) -> Duration {
        let span = usize::try_from(to.saturating_sub(from) * 1000).unwrap_or_default();
        Duration::from_secs(from) + Duration::from_millis(u64::try_from(self.below(span)).unwrap_or_default())
    }

    /// One of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// Every bit of the result depends on every bit of the number.
pub fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The published sequence of seed 1234567.
        let mut chance = Chance(1_234_567);
        let known = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(known, [chance.number(), chance.number(), chance.number()]);
    }

    #[test]
    fn streams_of_one_seed_and_seeds_of_one_stream_differ() {
        let first = |seed, stream| Chance::new(seed, stream).number();
        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
    }

    #[test]
    fn a_time_lies_between_its_bounds_and_an_empty_list_has_nothing() {
        let mut chance = Chance::new(7, 7);
        for _ in 0..1000 {
            let time = chance.seconds(5, 8);
            assert!(time >= Duration::from_secs(5) && time < Duration::from_secs(8));
        }
        assert_eq!(chance.pick::<u8>(&[]), None);
        assert_eq!(chance.seconds(5, 5), Duration::from_secs(5));
    }
}
