//! From starting the program to `listening`, as a ratio to starting it for nothing: `cargo bench --bench start`.
//!
//! What is compared with is `hitdeck --version`: loading the binary and parsing a command line. The rest is reading the
//! installation, looking for unfinished recordings, and opening the port.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    // Without `--bench` (as `cargo test --benches` runs it) one round only shows that everything works.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { 20 } else { 1 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let installation = folder.path().join("desk");
    let made =
        Command::new(HITDECK).arg("init").arg(&installation).stdout(Stdio::null()).status().expect("hitdeck init");
    assert!(made.success());

    let nothing = median(rounds, || {
        let begun = Instant::now();
        let status = Command::new(HITDECK).arg("--version").stdout(Stdio::null()).status().expect("hitdeck --version");
        assert!(status.success());
        begun.elapsed()
    });
    let listening = median(rounds, || {
        let begun = Instant::now();
        let mut mcu = Command::new(HITDECK)
            .arg("mcu")
            .arg(&installation)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("hitdeck mcu");
        let mut line = String::new();
        BufReader::new(mcu.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let took = begun.elapsed();
        assert!(line.starts_with("listening "), "{line}");
        mcu.kill().expect("it can be ended");
        mcu.wait().expect("it ends");
        took
    });
    println!(
        "start to `listening`: {listening:.1?}, {:.1}x of `hitdeck --version` ({nothing:.1?})",
        ratio(listening, nothing)
    );
}

fn median(rounds: usize, mut round: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..rounds).map(|_| round()).collect();
    times.sort();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

const HITDECK: &str = env!("CARGO_BIN_EXE_hitdeck");
