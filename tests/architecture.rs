//! The house rules that a compiler does not check: which room may use which, that pure rooms stay pure, and that files
//! stay readable.
//!
//! In: every `src/**/*.rs` as text. Out: a failure with a sentence for each place that breaks a rule. The reader below is
//! no Rust parser: it drops comments and strings, cuts the rest into words and unfolds the paths among them, which is
//! enough to see what a file names. Macros could hide a path from it; nobody writes one by accident.

#![expect(clippy::unwrap_used, reason = "all of this file is a test; its helpers stand outside the test functions")]

#[path = "architecture/conformance.rs"]
mod conformance;
#[path = "architecture/wire_02_index.rs"]
mod wire_02_index;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn no_room_uses_one_above_or_beside_it() {
    assert_holds(&house().iter().flat_map(arrows).collect::<Vec<_>>());
}

#[test]
fn pure_rooms_know_no_runtime_socket_file_thread_clock_or_random_generator() {
    let house = house();
    let tests = test_files(&house);
    let checked = house.iter().filter(|source| !tests.contains(&source.path));
    assert_holds(&checked.flat_map(impurities).collect::<Vec<_>>());
}

#[test]
fn every_file_says_first_what_it_is() {
    assert_holds(&house().iter().filter_map(missing_preface).collect::<Vec<_>>());
}

#[test]
fn no_file_has_outgrown_one_room() {
    assert_holds(&house().iter().filter_map(too_long).collect::<Vec<_>>());
}

#[test]
fn the_window_takes_its_colours_and_spaces_from_the_tokens() {
    let house = house();
    let tests = test_files(&house);
    let checked = house.iter().filter(|source| !tests.contains(&source.path));
    assert_holds(&checked.flat_map(loose_style).collect::<Vec<_>>());
}

/// The rooms by level, the highest first: a room may use those on lower levels, and none on its own or a higher one.
const LEVELS: &[&[&str]] = &[
    &["fuzzing"],
    &["desk", "cli"],
    &["installation"],
    &["mcu", "client", "thirdparty"],
    &["link", "library", "office", "media"],
    &["meeting", "recording"],
    &["wire"],
    &["hit"],
    &["clock"],
];

/// What the window may use: the engine's handle, and the plain values that a snapshot is made of.
const WINDOW_MAY_USE: &[&str] = &["installation", "meeting", "hit", "clock"];

/// A folder or a file that works on values alone.
const PURE: &[&str] = &[
    "hit/",
    "wire/",
    "meeting/",
    "office/",
    "recording/player.rs",
    "recording/format.rs",
    "recording/seal.rs",
    "client/dialler.rs",
    "thirdparty/cluster.rs",
    "thirdparty/cluster_tests.rs",
    "installation/crowd/",
];

/// What a pure room may not name. Imports that merely lead there (`use std::time;`) count as well. An `IpAddr` is a value.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_util",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::fs",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "getrandom",
    "rand",
    "crate::clock::Clock",
];

const LONGEST_FILE: usize = 900;

/// A source file: `path` is relative to `src/`, with `/` on every system.
struct Source {
    path: String,
    text: String,
}

fn house() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut found) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let parts = path.strip_prefix(&root).unwrap().iter().map(|part| part.to_str().unwrap());
                found.push(Source {
                    path: parts.collect::<Vec<_>>().join("/"),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.iter().any(|source| source.path == "lib.rs"), "no src/lib.rs: is this the project's root?");
    found
}

fn assert_holds(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn level(room: &str) -> Option<usize> {
    LEVELS.iter().position(|rooms| rooms.contains(&room))
}

/// The room that a file belongs to; `lib.rs` and `main.rs` hold the map and belong to none.
fn room(path: &str) -> Option<&str> {
    let room = path.split('/').next().unwrap_or(path).trim_end_matches(".rs");
    (room != "lib" && room != "main").then_some(room)
}

fn arrows(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    let Some(own) = room(path) else { return Vec::new() };
    let Some(own_level) = level(own) else {
        return vec![format!(
            "src/{path} is in the room `{own}`, which has no place in LEVELS of tests/architecture.rs"
        )];
    };
    let mut complaints = Vec::new();
    for named in paths(text, &module_of(path)) {
        let [first, other, ..] = named.parts.as_slice() else { continue };
        if first != "crate" || other == own || other == "self" {
            continue;
        }
        let at = format!("src/{path}:{}", named.line);
        match level(other) {
            None => {
                complaints.push(format!("{at} names crate::{other}, which is no room: name the room where it lives"))
            }
            Some(level) if level == own_level => {
                complaints.push(format!("{at}: {own} -> {other} goes to a room beside it"));
            }
            Some(level) if level < own_level => complaints.push(format!("{at}: {own} -> {other} points back")),
            Some(_) if own == "desk" && !WINDOW_MAY_USE.contains(&other.as_str()) => {
                complaints.push(format!("{at}: desk -> {other} passes the engine by; go through `installation`"));
            }
            Some(_) => {}
        }
    }
    complaints.dedup();
    complaints
}

fn impurities(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    if !PURE.iter().any(|pure| if pure.ends_with('/') { path.starts_with(pure) } else { path == pure }) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for named in paths(text, &module_of(path)).iter().filter(|named| !named.in_tests) {
        // One word alone may be a variable, unless it is imported.
        if named.parts.len() < 2 && !named.imported {
            continue;
        }
        let parts: Vec<&str> = named.parts.iter().map(|part| if part == "core" { "std" } else { part }).collect();
        for impure in IMPURE {
            let impure_parts: Vec<&str> = impure.split("::").collect();
            let shorter = parts.len().min(impure_parts.len());
            // `std::time::Instant::now` goes through the impure name; an import of `std::time` as a whole leads to it.
            let through = impure_parts.len() <= parts.len();
            if parts[..shorter] == impure_parts[..shorter] && (through || named.imported) {
                complaints.push(format!(
                    "src/{path}:{} names {} in a pure room: let the caller pass a value (crate::clock::Now, bytes)",
                    named.line,
                    named.parts.join("::"),
                ));
                break;
            }
        }
    }
    complaints
}

fn missing_preface(Source { path, text }: &Source) -> Option<String> {
    (!text.starts_with("//!"))
        .then(|| format!("src/{path}:1 does not start with `//!`: say what comes in and what goes out"))
}

fn too_long(Source { path, text }: &Source) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST_FILE)
        .then(|| format!("src/{path} has {lines} lines, more than {LONGEST_FILE}: find its natural seam"))
}

fn loose_style(source: &Source) -> Vec<String> {
    let Source { path, text } = source;
    if !path.starts_with("desk/") || path.rsplit('/').next() == Some("tokens.rs") {
        return Vec::new();
    }
    let words = words(text);
    let in_tests = test_words(&words);
    let mut complaints = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(at, _)| !in_tests[*at]) {
        let next = |ahead: usize| words.get(at + ahead).map_or("", |word| word.text.as_str());
        let complain = |what: &str| format!("src/{path}:{} {what}: give it a name in desk/tokens.rs", word.line);
        if word.text == "Color32" && next(1) == "::" && next(2).starts_with("from_") {
            complaints.push(complain("makes a colour of its own"));
        }
        let number = next(2).starts_with(|first: char| first.is_ascii_digit());
        if word.text == "add_space" && next(1) == "(" && number {
            complaints.push(complain("makes a space of its own"));
        }
    }
    complaints
}

/// Files that are compiled into tests only, since their parent says `#[cfg(test)] mod NAME;`.
fn test_files(house: &[Source]) -> HashSet<String> {
    house.iter().flat_map(|source| test_modules(&source.path, &source.text)).collect()
}

/// Where the test modules that a file declares may be, relative to `src/`.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let below = module_of(path)[1..].iter().map(|part| format!("{part}/")).collect::<String>();
    let words = words(text);
    let in_tests = test_words(&words);
    let mut found = Vec::new();
    for (at, three) in words.windows(3).enumerate() {
        if in_tests[at] && three[0].text == "mod" && three[2].text == ";" {
            found.push(format!("{below}{}.rs", three[1].text));
            found.push(format!("{below}{}/mod.rs", three[1].text));
        }
    }
    // Words have no strings: `#[path = "room_tests.rs"]` is looked up in the text, under its attribute.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for three in lines.windows(3).filter(|three| three[0] == "#[cfg(test)]" && three[2].contains("mod ")) {
        if let Some(name) = three[1].strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            found.push(format!("{folder}{name}"));
        }
    }
    found
}

/// The module path that a file is: `recording/player.rs` is `crate::recording::player`.
fn module_of(path: &str) -> Vec<String> {
    let parts = path.trim_end_matches(".rs").split('/').filter(|part| !["mod", "lib", "main"].contains(part));
    std::iter::once("crate").chain(parts).map(str::to_owned).collect()
}

/// A path that a file names, unfolded: `use std::{fs, net::IpAddr}` names two. `self` and `super` are resolved.
#[derive(Debug)]
struct Named {
    parts: Vec<String>,
    line: usize,
    in_tests: bool,
    imported: bool,
}

fn paths(text: &str, module: &[String]) -> Vec<Named> {
    let words = words(text);
    let in_tests = test_words(&words);
    let mut found = Vec::new();
    // Modules written within the file, each with the depth of braces that it was opened at.
    let (mut inner, mut depth): (Vec<(String, usize)>, usize) = (Vec::new(), 0);
    let mut at = 0;
    while at < words.len() {
        match words[at].text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inner.pop_if(|(_, opened)| *opened == depth);
            }
            "mod" if words.get(at + 2).is_some_and(|word| word.text == "{") => {
                inner.push((words[at + 1].text.clone(), depth));
            }
            word if is_name(word) => {
                let imported = at > 0 && words[at - 1].text == "use" || at > 1 && words[at - 2].text == "use";
                let (start, mut unfolded) = (at, Vec::new());
                at = unfold(&words, at, &mut Vec::new(), &mut unfolded);
                let here: Vec<String> =
                    module.iter().cloned().chain(inner.iter().map(|(name, _)| name.clone())).collect();
                for (parts, line) in unfolded {
                    let parts = resolve(&parts, &here);
                    found.push(Named { parts, line, in_tests: in_tests[start], imported });
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Follows a path from the name at `at` and returns the place behind it; a group `{a, b}` is followed branch by branch.
fn unfold(words: &[Word], mut at: usize, parts: &mut Vec<String>, found: &mut Vec<(Vec<String>, usize)>) -> usize {
    let before = parts.len();
    while let Some(word) = words.get(at).filter(|word| is_name(&word.text) || word.text == "*") {
        parts.push(word.text.clone());
        at += 1;
        if words.get(at).is_none_or(|word| word.text != "::") {
            break;
        }
        match words.get(at + 1).map(|word| word.text.as_str()) {
            Some("{") => {
                at += 2;
                while let Some(word) = words.get(at).filter(|word| word.text != "}") {
                    at = if is_name(&word.text) || word.text == "*" { unfold(words, at, parts, found) } else { at + 1 };
                }
                parts.truncate(before);
                return at + 1;
            }
            Some(next) if is_name(next) || next == "*" => at += 1,
            _ => break,
        }
    }
    // A star names everything below, so it is as much as the path before it; `self` in a group is the same.
    let line = words[at - 1].line;
    let mut whole = parts.clone();
    whole.pop_if(|last| last == "*");
    if whole.len() > 1 {
        whole.pop_if(|last| last == "self");
    }
    found.push((whole, line));
    parts.truncate(before);
    at
}

fn resolve(parts: &[String], here: &[String]) -> Vec<String> {
    let mut base = here.to_vec();
    let mut rest = parts;
    match rest.first().map(String::as_str) {
        Some("self") => rest = &rest[1..],
        Some("super") => {}
        _ => return parts.to_vec(),
    }
    while let Some(("super", behind)) = rest.split_first().map(|(first, behind)| (first.as_str(), behind)) {
        base.pop();
        rest = behind;
    }
    base.extend_from_slice(rest);
    base
}

/// A name, a number (only its start matters), `::`, or a single sign.
#[derive(Debug)]
struct Word {
    text: String,
    line: usize,
}

fn is_name(word: &str) -> bool {
    let keyword =
        ["use", "mod", "pub", "fn", "as", "in", "let", "impl", "for", "where", "const", "static"].contains(&word);
    !keyword && word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Cuts a file into words; comments, strings, characters and lifetimes are no words.
fn words(text: &str) -> Vec<Word> {
    let (mut words, mut line, mut rest) = (Vec::new(), 1, text);
    while let Some(first) = rest.chars().next() {
        let taken = skipped(rest).unwrap_or_else(|| {
            let name = |c: char| c.is_alphanumeric() || c == '_';
            let length = match first {
                _ if name(first) => rest.find(|c| !name(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => first.len_utf8(),
            };
            if !first.is_whitespace() {
                words.push(Word { text: rest[..length].to_owned(), line });
            }
            length
        });
        line += rest[..taken].matches('\n').count();
        rest = &rest[taken..];
    }
    words
}

/// The length of the comment, string, character or lifetime that `rest` begins with.
fn skipped(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        let (mut depth, mut at) = (0usize, 0);
        while at < rest.len() {
            let bytes = &rest.as_bytes()[at..];
            match bytes {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        return Some(at);
    }
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'));
    if let Some(behind) = raw {
        let hashes = behind.len() - behind.trim_start_matches('#').len();
        if behind[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = rest.len() - behind.len() + hashes + 1;
            return Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()));
        }
    }
    let quoted = rest.strip_prefix('b').unwrap_or(rest);
    let start = rest.len() - quoted.len() + 1;
    if quoted.starts_with('"') {
        return Some(closing(rest, start, '"'));
    }
    let mut behind = quoted.strip_prefix('\'')?.chars();
    match (behind.next(), behind.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => Some(closing(rest, start, '\'')),
        // A lifetime: only its tick is dropped, and its name is a harmless word.
        _ => Some(start),
    }
}

/// The length of `rest` up to and with the quote that closes what began before `start`.
fn closing(rest: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest[start..].char_indices() {
        if !escaped && c == quote {
            return start + at + c.len_utf8();
        }
        escaped = !escaped && c == '\\';
    }
    rest.len()
}

/// For each word whether it belongs to an item under `#[cfg(test)]`.
fn test_words(words: &[Word]) -> Vec<bool> {
    let is = |at: usize, text: &str| words.get(at).is_some_and(|word| word.text == text);
    let mut marks = vec![false; words.len()];
    let mut at = 0;
    while at < words.len() {
        let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
        if !attribute.iter().enumerate().all(|(ahead, text)| is(at + ahead, text)) {
            at += 1;
            continue;
        }
        let start = at;
        at += attribute.len();
        let import =
            words[at..].iter().take_while(|word| word.text != "{" && word.text != ";").any(|word| word.text == "use");
        let (mut depth, mut ended) = (0usize, false);
        while at < words.len() && !ended {
            match words[at].text.as_str() {
                "{" | "[" | "(" => depth += 1,
                "}" | "]" | ")" => {
                    depth = depth.saturating_sub(1);
                    ended = depth == 0 && words[at].text == "}" && !import;
                }
                ";" => ended = depth == 0,
                _ => {}
            }
            at += 1;
        }
        marks[start..at].fill(true);
    }
    marks
}

mod the_checker_itself {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    fn one(complaints: Vec<String>) -> String {
        assert_eq!(complaints.len(), 1, "{complaints:#?}");
        complaints.into_iter().next().unwrap()
    }

    #[test]
    fn an_arrow_back_is_named_with_file_line_and_both_rooms() {
        let text = "//! Bytes.\n\nuse crate::meeting::view::View;\n";
        assert_eq!(one(arrows(&source("wire/chat.rs", text))), "src/wire/chat.rs:3: wire -> meeting points back");
    }

    #[test]
    fn an_arrow_down_is_fine_over_any_number_of_levels() {
        let text = "use crate::{clock::Now, hit::jnj, wire::{self, chat::Chat}};\nfn f() { crate::office::knock() }";
        assert_eq!(arrows(&source("mcu/session.rs", text)), Vec::<String>::new());
        assert_eq!(arrows(&source("wire/join.rs", "use crate::hit::keys;")), Vec::<String>::new());
    }

    #[test]
    fn rooms_on_one_level_do_not_use_each_other() {
        let found = one(arrows(&source("client/session.rs", "use crate::mcu::Mcu;")));
        assert!(found.contains("client -> mcu goes to a room beside it"), "{found}");
    }

    #[test]
    fn the_window_goes_through_the_installation() {
        let found = one(arrows(&source("desk/pages/home.rs", "fn f() { let _ = crate::link::dial(); }")));
        assert!(found.contains("desk -> link passes the engine by"), "{found}");
        assert!(arrows(&source("desk/app.rs", "use crate::installation::Snapshot;")).is_empty());
        assert!(arrows(&source("cli/mcu.rs", "use crate::mcu::Mcu;")).is_empty(), "the command line may");
    }

    #[test]
    fn an_arrow_within_a_group_is_found_on_its_line() {
        let text = "use crate::{\n    clock::Now,\n    wire::{fields, inbox},\n    mcu,\n};";
        assert_eq!(one(arrows(&source("meeting/room.rs", text))), "src/meeting/room.rs:4: meeting -> mcu points back");
    }

    #[test]
    fn climbing_with_super_is_no_way_around() {
        let found = one(arrows(&source("hit/keys.rs", "use super::super::wire::fields;")));
        assert!(found.contains("hit -> wire points back"), "{found}");
        let within = "mod deep { mod deeper { use super::super::super::super::wire::fields; } }";
        assert!(one(arrows(&source("hit/keys.rs", within))).contains("hit -> wire"));
        let closed = "mod deep {} use super::jnj; use super::super::clock::Now; use self::inner::X;";
        assert!(arrows(&source("hit/keys.rs", closed)).is_empty());
    }

    #[test]
    fn what_is_no_room_is_not_used_through_the_crate_root() {
        assert!(one(arrows(&source("mcu/mod.rs", "use crate::Everything;"))).contains("names crate::Everything"));
        assert!(one(arrows(&source("attic/mod.rs", "//! Old."))).contains("has no place in LEVELS"));
    }

    #[test]
    fn comments_and_strings_are_not_read() {
        let text = "//! See [`crate::mcu`].\n/* crate::mcu /* nested */ crate::mcu */\n\
                    const A: &str = \"crate::mcu \\\" crate::mcu\"; const B: &str = r#\"crate::mcu\"#;\n\
                    fn f<'a>(x: &'a u8) -> char { '\"' }\nuse crate::mcu::Mcu;";
        assert!(one(arrows(&source("hit/jnj.rs", text))).starts_with("src/hit/jnj.rs:5:"));
    }

    #[test]
    fn each_way_to_a_clock_a_file_or_a_runtime_is_seen() {
        for text in [
            "use tokio::sync::mpsc;",
            "use std::{collections::HashMap, net::UdpSocket};",
            "fn f() { std::fs::read(\"x\"); }",
            "use std::thread;",
            "use std::time::{Duration, Instant};",
            "use std::time;",
            "use std::time::*;",
            "fn f() { std::time::SystemTime::now(); }",
            "fn f(b: &mut [u8]) { getrandom::fill(b); }",
            "use rand::Rng;",
            "use crate::clock::Clock;",
            "use crate::clock::{Clock, Now};",
            "fn f(_: ::std::net::TcpStream) {}",
            "use std::net::{self, IpAddr};",
        ] {
            let found = one(impurities(&source("wire/fields.rs", text)));
            assert!(found.contains("src/wire/fields.rs:1 names"), "{text}: {found}");
            assert!(impurities(&source("link/dial.rs", text)).is_empty(), "only pure rooms are held to it");
        }
    }

    #[test]
    fn values_of_time_and_a_variable_of_a_bad_name_are_fine() {
        let text = "use std::time::Duration;\nuse std::net::IpAddr;\nuse crate::clock::Now;\nfn f(rand: u8) -> u8 { rand + 1 }";
        assert_eq!(impurities(&source("recording/player.rs", text)), Vec::<String>::new());
    }

    #[test]
    fn tests_of_a_pure_room_may_read_files_but_what_follows_them_may_not() {
        let text = "#[cfg(test)]\nuse std::{fs, io};\n#[cfg(test)]\nmod tests {\n    use std::fs;\n    fn f() {}\n}\nuse std::fs;";
        assert!(one(impurities(&source("hit/keys.rs", text))).starts_with("src/hit/keys.rs:8 "));
        assert_eq!(impurities(&source("hit/mod.rs", "#[cfg(test)]\nmod tests;\nuse std::fs;")).len(), 1);
    }

    #[test]
    fn files_that_only_tests_compile_are_known() {
        let parent = "#[cfg(test)]\nmod file_tests;\npub mod format;\n";
        assert!(test_modules("recording/mod.rs", parent).contains(&"recording/file_tests.rs".to_owned()));
        assert!(!test_modules("recording/mod.rs", parent).iter().any(|path| path.contains("format")));
        let elsewhere = "#[cfg(test)]\n#[path = \"room_tests.rs\"]\nmod tests;\n";
        assert!(test_modules("meeting/room.rs", elsewhere).contains(&"meeting/room_tests.rs".to_owned()));
    }

    #[test]
    fn a_file_without_a_preface_and_one_too_long_are_named() {
        assert!(missing_preface(&source("hit/jnj.rs", "use std::fmt;\n")).is_some());
        assert!(missing_preface(&source("hit/jnj.rs", "//! What a jnj says.\n")).is_none());
        assert!(too_long(&source("hit/jnj.rs", &"\n".repeat(LONGEST_FILE))).is_none());
        assert!(too_long(&source("hit/jnj.rs", &"\n".repeat(LONGEST_FILE + 1))).unwrap().contains("901 lines"));
    }

    #[test]
    fn a_colour_or_a_space_of_its_own_is_seen_outside_the_tokens() {
        let text = "fn f(ui: &mut Ui) {\n    ui.add_space(4.0);\n    let red = egui::Color32::from_rgb(255, 0, 0);\n}";
        let found = loose_style(&source("desk/pages/home.rs", text));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("home.rs:2") && found[1].contains("home.rs:3"));
        assert!(loose_style(&source("desk/tokens.rs", text)).is_empty());
        assert!(
            loose_style(&source("desk/pages/home.rs", "fn f(ui: &mut Ui) { ui.add_space(tokens::GAP); }")).is_empty()
        );
    }
}
