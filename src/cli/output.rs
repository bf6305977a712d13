//! Lines for people, or one JSON object a line.
//!
//! In: what happened. Out: standard output. A closed pipe ends the program quietly.

use std::io::Write as _;

/// Where a command's lines go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// JSON objects if `json`, else text.
    pub fn new(json: bool) -> Output {
        Output { json }
    }

    /// True for JSON.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Says that `event` happened: `text` for people, `fields` for programs.
    pub fn say(self, event: &str, text: &str, fields: serde_json::Value) {
        if self.json {
            let mut object = serde_json::Map::new();
            object.insert("event".into(), event.into());
            if let serde_json::Value::Object(fields) = fields {
                object.extend(fields);
            }
            line(&serde_json::Value::Object(object).to_string());
        } else if !text.is_empty() {
            line(text);
        }
    }
}

/// One line on standard output, at once.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        // Nobody reads any more.
        std::process::exit(0);
    }
}

/// Milliseconds as h:mm:ss.
pub fn clock(ms: u64) -> String {
    let s = ms / 1000;
    format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}
