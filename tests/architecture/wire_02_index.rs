//! The index of wire/02: every command is covered by tests that exist, or listed with the reason why not.
//!
//! In: `docs/wire-02-commands.md`, the names that the wire knows, every test's name. Out: a failure for each row that is missing, that
//! names a test which is not there, or that says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hitdeck::wire::names::name_of;

#[test]
fn every_command_of_the_index_has_a_row_with_its_tests_or_a_reason() {
    let (rows, tests) = (rows(), tests());
    let mut complaints = Vec::new();
    for (command, name) in index() {
        match rows.get(&command) {
            None => complaints.push(format!("{command} {name} has no row")),
            Some(row) if row[0] != name => complaints.push(format!("{command} is {name}, not {}", row[0])),
            Some(row) => {
                let named: Vec<&str> = row[1].split('`').skip(1).step_by(2).collect();
                if named.is_empty() && row[2].is_empty() {
                    complaints.push(format!("{command} {name} has neither a test nor a reason"));
                }
                let missing = named.iter().filter(|test| !tests.contains(**test));
                complaints.extend(missing.map(|test| format!("{command} {name}: there is no test {test}")));
            }
        }
    }
    let known: BTreeSet<String> = index().into_iter().map(|(command, _)| command).collect();
    complaints.extend(rows.keys().filter(|row| !known.contains(*row)).map(|row| format!("{row} is in no index")));
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Every single-byte and every extended command with its name.
fn index() -> Vec<(String, String)> {
    let single = (0..=u8::MAX).map(|byte| (char::from(byte).to_string(), vec![byte]));
    let extended = (0..=103i32).map(|id| (format!("EXT {id}"), [&[0x7a][..], &id.to_be_bytes()].concat()));
    single.chain(extended).filter_map(|(command, bytes)| Some((command, name_of(&bytes)?.name.to_owned()))).collect()
}

/// Name, tests and remark by command.
fn rows() -> BTreeMap<String, [String; 3]> {
    let text = fs::read_to_string(root().join("docs/wire-02-commands.md")).unwrap();
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let row = |line: &str| match &cells(line)[..] {
        [command, name, tests, remark] => Some((command.clone(), [name.clone(), tests.clone(), remark.clone()])),
        _ => None,
    };
    text.lines().filter(|line| line.starts_with('|')).skip(2).filter_map(row).collect()
}

pub(super) fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in ["src", "tests"].iter().flat_map(|folder| sources(&root().join(folder))) {
        let text = fs::read_to_string(file).unwrap();
        let declared =
            text.lines().filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
        names.extend(declared.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
    }
    names
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
