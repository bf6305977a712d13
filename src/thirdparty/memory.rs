//! Which servers earlier jnj files of a meeting name (guide 3.9: all jnj files of one meeting name the same sequence).
//!
//! In: a file of the third party's own. Out: the sequence of a meeting, for as long as a jnj of it can be valid. Balancing by load needs
//! it: the load is another one when the next jnj is asked for. Malformed lines are passed over, the file is bounded. Blocking.

use std::io;
use std::path::Path;

use super::cluster::Errand;
use super::servers::read_bounded;
use crate::library::write_whole;

/// What was chosen before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The newest last.
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    at: i64,
    key: String,
    servers: Vec<String>,
}

impl Memory {
    /// Reads a file; a missing one is empty. `now` in Unix seconds: what is older than a day is forgotten.
    ///
    /// # Errors
    /// The file is there and cannot be read, or is too large to be ours.
    pub fn read(path: &Path, now: i64) -> io::Result<Memory> {
        let bytes = match read_bounded(path, MAX_FILE) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let known = text.lines().filter_map(Line::parse).filter(|line| now.abs_diff(line.at) <= REMEMBERED_S);
        Ok(Memory { lines: known.collect() })
    }

    /// The servers of this meeting's earlier jnj files; empty if there are none.
    pub fn of(&self, errand: &Errand) -> &[String] {
        let key = errand.key();
        self.lines.iter().rfind(|line| line.key == key).map_or(&[], |line| &line.servers)
    }

    /// Remembers what was chosen for a meeting, and writes the file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remember(&mut self, path: &Path, errand: &Errand, servers: &[String], now: i64) -> io::Result<()> {
        let key = errand.key();
        self.lines.retain(|line| line.key != key);
        self.lines.push(Line { at: now, key, servers: servers.to_vec() });
        let from = self.lines.len().saturating_sub(MAX_LINES);
        self.lines.drain(..from);
        let text: String = self.lines.iter().map(Line::to_text).collect();
        write_whole(path, text.as_bytes())
    }
}

impl Line {
    fn parse(text: &str) -> Option<Line> {
        let mut parts = text.split(' ');
        let (at, key, servers) = (parts.next()?.parse().ok()?, parts.next()?.to_owned(), parts.next()?);
        let servers: Vec<String> = servers.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (key.len() == 64 && parts.next().is_none()).then_some(Line { at, key, servers })
    }

    fn to_text(&self) -> String {
        format!("{} {} {}\n", self.at, self.key, self.servers.join(","))
    }
}

/// As long as a jnj of ours can be valid: one with a password for a day.
const REMEMBERED_S: u64 = 24 * 3600;
const MAX_LINES: usize = 1_000;
/// So many lines with ten names of the longest length.
const MAX_FILE: usize = MAX_LINES * (100 + 10 * 128);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::request::ServiceRequest;

    fn errand(owner: &str) -> Errand {
        Errand::of(&ServiceRequest::new(owner, "Olive", "a", 0))
    }

    #[test]
    fn a_choice_is_remembered_for_a_day_and_the_newest_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cluster.txt");
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut memory = Memory::read(&path, 0).unwrap();
        assert!(memory.of(&errand("olive")).is_empty());
        memory.remember(&path, &errand("olive"), &names(&["a", "b"]), 1_000).unwrap();
        memory.remember(&path, &errand("tess"), &names(&["c"]), 1_000).unwrap();
        memory.remember(&path, &errand("olive"), &names(&["b", "a"]), 2_000).unwrap();
        let again = Memory::read(&path, 2_000 + 86_400).unwrap();
        assert_eq!(again.of(&errand("olive")), names(&["b", "a"]));
        assert!(again.of(&errand("tess")).is_empty(), "older than a day");
        assert!(Memory::read(&path, 2_001 + 86_400).unwrap().of(&errand("olive")).is_empty());
    }

    #[test]
    fn it_holds_a_thousand_meetings_and_survives_nonsense() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cluster.txt");
        std::fs::write(&path, b"\xff\xff what\n1 2\n99999999999999999999 x y\n9223372036854775807 k s\n").unwrap();
        let mut memory = Memory::read(&path, i64::MIN).unwrap();
        assert_eq!(memory, Memory::default());
        let line = |n: usize| Line { at: 5, key: format!("{n:064}"), servers: vec!["a".into()] };
        memory.lines = (0..MAX_LINES + 5).map(line).collect();
        memory.remember(&path, &errand("olive"), &["a".to_owned()], 5).unwrap();
        assert_eq!(Memory::read(&path, 5).unwrap().lines.len(), MAX_LINES);
        std::fs::write(&path, vec![b'1'; MAX_FILE + 1]).unwrap();
        assert!(Memory::read(&path, 5).is_err());
    }
}
