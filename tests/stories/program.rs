//! The program itself, as a process: what it prints, and how it ends.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// What a finished command said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn hitdeck<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Said {
    hitdeck_reading(arguments, "")
}

/// Runs a command that reads this on its standard input.
pub fn hitdeck_reading<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, input: &str) -> Said {
    let mut command = command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Some commands end without reading.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    Said {
        status: output.status.code().expect("ended by a signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Said {
    /// Standard output as JSON objects, one a line.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Those of one event.
    pub fn events(&self, name: &str) -> Vec<serde_json::Value> {
        self.json().into_iter().filter(|object| object["event"] == name).collect()
    }

    pub fn ended_with(self, status: i32) -> Said {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A command that runs until it is told to stop. Killed if it is dropped before.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Program {
        Program::spawn(command(arguments))
    }

    /// With another home, for commands that look for one.
    pub fn start_at_home<S: AsRef<OsStr>>(home: &std::path::Path, arguments: impl IntoIterator<Item = S>) -> Program {
        let mut command = command(arguments);
        command.env("HOME", home).env("XDG_DATA_HOME", home).env("TMPDIR", home);
        Program::spawn(command)
    }

    fn spawn(mut command: Command) -> Program {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = channel();
        // Ends with the program's output.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Program { child, lines }
    }

    /// Waits for the line that says where it listens.
    pub fn listening(&mut self) -> SocketAddr {
        loop {
            if let Some(address) = self.line().strip_prefix("listening ") {
                return address.parse().unwrap();
            }
        }
    }

    /// The next line that it says.
    pub fn line(&mut self) -> String {
        self.lines.recv_timeout(SAFETY_NET).expect("it says nothing more")
    }

    /// `kill -9`: it gets no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; gives how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait().0
    }

    /// Waits for its end; gives what it said since.
    pub fn wait(&mut self) -> (ExitStatus, Vec<String>) {
        let mut said = Vec::new();
        loop {
            match self.lines.recv_timeout(SAFETY_NET) {
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Disconnected) => return (self.child.wait().unwrap(), said),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said {said:?}"),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, where the story went well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hitdeck"));
    command.args(arguments).env_remove("RUST_LOG");
    command
}

const SAFETY_NET: Duration = Duration::from_secs(60);
