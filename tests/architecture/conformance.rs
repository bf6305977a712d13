//! The ledger of the guide's sections 2 and 3: what holds is shown by tests that exist, and what is open says what is missing.
//!
//! In: `docs/conformance.md`, every test's name. Out: a failure for each row that names a test which is not there, or says nothing, and
//! for numbers that are not true. It does not fail for what is open: the ledger is finished when its first lines count none.

use std::collections::BTreeSet;
use std::fs;

use super::wire_02_index::{root, tests};

#[test]
fn what_the_ledger_says_to_hold_is_shown_by_tests_that_exist_and_its_numbers_are_true() {
    let text = fs::read_to_string(root().join("docs/conformance.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let known = tests();
    let (mut ids, mut complaints) = (BTreeSet::new(), Vec::new());
    for row in &rows {
        let [id, _, status, named, note] = row[..] else { panic!("a row has five cells: {row:?}") };
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if !ids.insert(id) {
            complaints.push(format!("{id} is there twice"));
        }
        match status {
            "holds" if named.is_empty() => complaints.push(format!("{id} holds, and no test shows it")),
            "open" | "not here" if note.is_empty() => complaints.push(format!("{id} does not say why it is {status}")),
            "holds" | "open" | "not here" => {}
            other => complaints.push(format!("{id} is {other:?}: expected holds, open or not here")),
        }
        let missing = named.iter().filter(|test| !known.contains(**test));
        complaints.extend(missing.map(|test| format!("{id}: there is no test {test}")));
    }
    let count = |status: &str| rows.iter().filter(|row| row[2] == status).count();
    let numbers = format!(
        "{} rows: {} hold, {} are open, {} cannot be had here.",
        rows.len(),
        count("holds"),
        count("open"),
        count("not here")
    );
    if !text.contains(&numbers) {
        complaints.push(format!("the first lines should say: {numbers}"));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
