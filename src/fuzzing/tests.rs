//! The properties over the committed corpora, over random input, and over mutations of the corpora.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Every fuzz target by name.
type Target = (&'static str, fn(&[u8]));
const TARGETS: [Target; 17] = [
    ("to_server", to_server),
    ("to_client", to_client),
    ("playback", playback),
    ("join", join),
    ("relay", relay),
    ("parameters", parameters),
    ("jnj", jnj),
    ("service_request", service_request),
    ("xml", xml),
    ("userinfo", userinfo),
    ("keys", keys),
    ("paths", paths),
    ("configuration", configuration),
    ("order", order),
    ("record", record),
    ("jnr", jnr),
    ("status", status),
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder} is empty");
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_file_of_every_corpus_is_taken_without_a_panic() {
    for (name, target) in TARGETS {
        for bytes in corpus(name) {
            target(&bytes);
            // Cut anywhere, it is no less harmless.
            let cuts = bytes.len().div_ceil(100).max(1);
            (0..bytes.len()).step_by(cuts).for_each(|n| target(&bytes[..n]));
        }
    }
}

#[test]
fn every_fuzz_target_has_a_program_and_a_line_in_the_table() {
    let root = format!("{}/fuzz", env!("CARGO_MANIFEST_DIR"));
    let (table, manifest) = (read(&format!("{root}/README.md")), read(&format!("{root}/Cargo.toml")));
    for (name, _) in TARGETS {
        let program = read(&format!("{root}/fuzz_targets/{name}.rs"));
        assert!(program.contains(&format!("hitdeck::fuzzing::{name}(")), "{name} calls something else");
        assert!(table.contains(&format!("| `{name}` |")), "{name} is not in the table of fuzz/README.md");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
    }
}

/// A fuzzer without a fuzzer: as long as HITDECK_FUZZ_SECONDS says (a second without it), from the seed in HITDECK_FUZZ_SEED.
#[test]
fn mutations_of_the_corpora_break_no_promise() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (budget, seed) = (Duration::from_secs(number("HITDECK_FUZZ_SECONDS", 1)), number("HITDECK_FUZZ_SEED", 1));
    let corpora: Vec<_> = TARGETS.into_iter().map(|(name, target)| (target, corpus(name))).collect();
    let mut random = Random(seed | 1);
    let (start, mut runs) = (Instant::now(), 0u64);
    while start.elapsed() < budget {
        for (target, corpus) in &corpora {
            let input = random.mutated(corpus);
            let shown = format!("run {runs} of seed {seed}: {}", input.escape_ascii());
            let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| target(&input)));
            assert!(ran.is_ok(), "{shown}");
            runs += 1;
        }
    }
    println!("{runs} runs");
}

proptest! {
    #[test]
    fn random_bytes_break_no_promise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        // A JNR of chance is no JNR, and each costs two files.
        TARGETS.into_iter().filter(|(name, _)| *name != "jnr").for_each(|(_, target)| target(&bytes));
    }

    #[test]
    fn random_text_breaks_no_promise(text in "[ -~\n>會]{0,200}") {
        TARGETS.into_iter().filter(|(name, _)| *name != "jnr").for_each(|(_, target)| target(text.as_bytes()));
    }

    #[test]
    fn random_extended_commands_break_no_promise(id in 0..104i32, tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Clear::ext(id).raw(&tail).bytes;
        to_server(&bytes);
        to_client(&bytes);
        playback(&bytes);
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The same mutations every time (xorshift), so that a finding comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % n.max(1)
    }

    fn mutated(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(7) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, u8::try_from(self.below(256)).unwrap()),
                2 => drop(bytes.splice(at.., corpus[self.below(corpus.len())].iter().skip(at).copied())),
                3 if at < bytes.len() => drop(bytes.remove(at)),
                4 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                5 if at + 4 <= bytes.len() => {
                    bytes[at..at + 4].copy_from_slice(&LIES[self.below(LIES.len())].to_be_bytes())
                }
                _ => {
                    let again = bytes[at..].iter().take(self.below(40)).copied().collect::<Vec<_>>();
                    drop(bytes.splice(at..at, again));
                }
            }
        }
        bytes
    }
}

/// Lengths at their limits, and beyond.
const LIES: [i32; 14] = [0, 1, -1, 4, 127, 128, 256, 1023, 2047, 2048, 65_536, 500_000, i32::MAX, i32::MIN];
