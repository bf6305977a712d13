//! Text of `key = value` lines, as the MCU's configuration files have it.
//!
//! In: text. Out: its lines, each an entry or something else that is kept as it came. Nothing here knows what an entry
//! means. May not touch: anything outside.

use std::fmt::Write as _;
use std::str::FromStr;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::hit::licence::IpRange;

/// Most bytes of a configuration file that are read.
pub const MAX_FILE: usize = 256 * 1024;

/// Something odd in a configuration file. None of them stops a start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EntryProblem {
    /// No entry of that name is known; it is kept and has no effect.
    #[error("line {line}: the entry {name} is unknown and has no effect; check its spelling")]
    Unknown {
        /// Line, from 1.
        line: usize,
        /// As written, shortened for display.
        name: String,
    },
    /// An entry that a later line sets again.
    #[error("line {line}: {name} is set again further down, and only the last counts; remove one")]
    Repeated {
        /// Line of the one without effect, from 1.
        line: usize,
        /// Which.
        name: &'static str,
    },
    /// A value that cannot be used.
    #[error("line {line}: {name} is {value:?}, expected {expected}; {taken:?} is used")]
    Value {
        /// Line, from 1.
        line: usize,
        /// Which.
        name: &'static str,
        /// What stands there, shortened for display.
        value: String,
        /// What is expected.
        expected: String,
        /// What is used instead.
        taken: &'static str,
    },
    /// A line that is no entry, comment or section.
    #[error("line {line}: expected NAME = VALUE, or ; before a comment")]
    Line {
        /// Line, from 1.
        line: usize,
    },
    /// The file has more bytes than are read.
    #[error("the file has {bytes} bytes, only the first {MAX_FILE} are read")]
    TooLarge {
        /// Bytes that came.
        bytes: usize,
    },
}

/// What an entry is for: one row of a file's table.
pub(crate) struct EntrySpec {
    pub(crate) name: &'static str,
    pub(crate) kind: EntryKind,
    /// The text that stands for an absent entry; empty: nothing.
    pub(crate) default: &'static str,
    /// One line for the commented file.
    pub(crate) help: &'static str,
}

/// What values an entry takes.
pub(crate) enum EntryKind {
    Text,
    Number {
        min: i64,
        max: i64,
    },
    /// Comma list of addresses or ranges.
    Ranges,
}

impl EntrySpec {
    fn offence(&self, value: &str) -> Option<String> {
        match self.kind {
            _ if value.is_empty() => None,
            EntryKind::Text => None,
            EntryKind::Number { min, max } => match value.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) => None,
                _ => Some(format!("a whole number from {min} to {max}")),
            },
            EntryKind::Ranges => IpRange::parse_list(value)
                .is_none()
                .then(|| "addresses or ADDRESS/BITS, with commas between".to_owned()),
        }
    }
}

/// Lines with entries, comments and section headers, in order.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct IniText {
    lines: Vec<Line>,
}

/// One line.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// `key = value`, both without white space around them; the key as written. A value may be a passphrase.
    Entry { key: String, value: Zeroizing<String> },
    /// A comment, a section header, an empty line or anything else without `=`.
    Other(String),
}

impl IniText {
    /// Splits text at LF, CRLF or a lone CR. A line that starts with `;` or `#` is a comment.
    pub(crate) fn parse(text: &str) -> IniText {
        let text = text.trim_start_matches(BOM);
        IniText { lines: lines_of(text).map(line).collect() }
    }

    /// Reads a file's bytes. What is too much or no UTF-8 is left out or replaced, never a failed start.
    pub(crate) fn from_bytes(bytes: &[u8]) -> IniText {
        let text = Zeroizing::new(String::from_utf8_lossy(bytes.get(..MAX_FILE).unwrap_or(bytes)).into_owned());
        IniText::parse(&text)
    }

    /// The number of an entry when it is good, else its default.
    pub(crate) fn number<N: FromStr>(&self, spec: &EntrySpec, fallback: N) -> N {
        let value = self.get(spec.name).filter(|value| !value.is_empty() && spec.offence(value).is_none());
        value.unwrap_or(spec.default).parse().unwrap_or(fallback)
    }

    /// The text of an entry, or its default; `None` when that is empty.
    pub(crate) fn text(&self, spec: &EntrySpec) -> Option<&str> {
        let value = self.get(spec.name).filter(|value| !value.is_empty() && spec.offence(value).is_none());
        Some(value.unwrap_or(spec.default)).filter(|value| !value.is_empty())
    }

    /// Everything odd, in the order of the lines.
    pub(crate) fn problems(&self, table: &[EntrySpec]) -> Vec<EntryProblem> {
        let mut problems = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let number = index + 1;
            match line {
                Line::Other(text) if text.trim().is_empty() || text.trim_start().starts_with([';', '#', '[']) => {}
                Line::Other(_) => problems.push(EntryProblem::Line { line: number }),
                Line::Entry { key, value } => {
                    problems.extend(self.problem(table, number, key, value));
                }
            }
        }
        problems
    }

    fn problem(&self, table: &[EntrySpec], line: usize, key: &str, value: &str) -> Option<EntryProblem> {
        let Some(spec) = table.iter().find(|spec| key.eq_ignore_ascii_case(spec.name)) else {
            return Some(EntryProblem::Unknown { line, name: key.chars().take(40).collect() });
        };
        let name = spec.name;
        if self.entries().any(|(other, key, _)| other > line && key.eq_ignore_ascii_case(name)) {
            return Some(EntryProblem::Repeated { line, name });
        }
        let expected = spec.offence(value)?;
        Some(EntryProblem::Value { line, name, value: value.chars().take(40).collect(), expected, taken: spec.default })
    }

    /// Every entry with its line number, from 1.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| match line {
            Line::Entry { key, value } => Some((index + 1, key.as_str(), value.as_str())),
            Line::Other(_) => None,
        })
    }

    /// The value of the last entry of that name, whatever its case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.entries().filter(|(_, key, _)| key.eq_ignore_ascii_case(name)).last().map(|(_, _, value)| value)
    }

    /// Sets the last entry of that name, or appends one. Line breaks in the value become blanks: a value never makes
    /// another entry.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let value = Zeroizing::new(value.trim().to_owned());
        let last = self.lines.iter_mut().rev().find_map(|line| match line {
            Line::Entry { key, value } if key.eq_ignore_ascii_case(name) => Some(value),
            _ => None,
        });
        match last {
            Some(old) => *old = value,
            None => self.lines.push(Line::Entry { key: name.to_owned(), value }),
        }
    }

    /// Removes every entry of that name.
    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !matches!(line, Line::Entry { key, .. } if key.eq_ignore_ascii_case(name)));
    }

    /// The text again, with LF.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::new());
        for line in &self.lines {
            match line {
                Line::Entry { key, value } => {
                    out.push_str(key);
                    out.push_str(" = ");
                    out.push_str(value);
                }
                Line::Other(text) => out.push_str(text),
            }
            out.push('\n');
        }
        out
    }
}

/// A file that explains every entry and sets those of `values`; the others stand there as comments with their default.
pub(crate) fn commented(head: &str, table: &[EntrySpec], values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for line in head.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "; {line}");
    }
    for spec in table {
        let _ = writeln!(out, "\n; {}", spec.help);
        let _ = match values.iter().find(|(name, _)| *name == spec.name) {
            Some((name, value)) => writeln!(out, "{name} = {value}"),
            None => writeln!(out, ";{} = {}", spec.name, spec.default),
        };
    }
    out
}

/// The lines of a text that ends them with LF, CRLF or a lone CR.
fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else {
            rest = None;
            return Some(text);
        };
        let (line, tail) = text.split_at(end);
        let tail = tail.strip_prefix("\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
        rest = Some(tail).filter(|tail| !tail.is_empty());
        Some(line)
    })
}

fn line(text: &str) -> Line {
    // A byte order mark in the middle of a file is as good as a blank: at its start it would be taken off when it is read again.
    let blank = |c: char| c.is_whitespace() || c == BOM;
    let comment = text.trim_start_matches(blank).starts_with([';', '#']);
    match text.split_once('=') {
        Some((key, value)) if !comment => {
            Line::Entry { key: key.trim_matches(blank).to_owned(), value: Zeroizing::new(value.trim().to_owned()) }
        }
        _ => Line::Other(text.to_owned()),
    }
}

/// What some editors put in front of UTF-8.
const BOM: char = '\u{FEFF}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ending_splits_the_same_lines() {
        for text in ["a=1\nb=2\n\nc", "a=1\r\nb=2\r\n\r\nc\r\n", "a=1\rb=2\r\rc\r"] {
            assert_eq!(lines_of(text).collect::<Vec<_>>(), ["a=1", "b=2", "", "c"], "{text:?}");
        }
    }

    #[test]
    fn comments_and_unknown_lines_survive_a_change() {
        let mut text = IniText::parse("; keep = me\n[section]\nA = 1\nodd line\na=2\n");
        assert_eq!(text.get("a"), Some("2"));
        text.set("A", "3\nb = 4");
        text.set("new", "x");
        assert_eq!(text.to_text().as_str(), "; keep = me\n[section]\nA = 1\nodd line\na = 3 b = 4\nnew = x\n");
        text.remove("a");
        assert_eq!(text.entries().count(), 1);
    }
}
