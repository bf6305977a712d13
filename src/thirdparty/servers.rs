//! Reads what the MCUs of a recording root say of themselves (guide 3.4, 3.9; notes N29, N39, N60).
//!
//! In: a recording root. Out: its servers, and everything in their files that cannot be understood, in words. Names and contents of
//! files are hostile: both are bounded, links and pipes are not opened, what is malformed is reported and never guessed. Blocking.

use std::io::{self, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cluster::{Event, Server};
use crate::hit::paths;
use crate::hit::status::{ClusterLoad, MAX_STATUS, OfficeStatus, OwnerStatus};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// By name.
    pub servers: Vec<Server>,
    /// What was not understood.
    pub problems: Vec<Problem>,
}

/// A file that says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", .path.display())]
pub struct Problem {
    /// Which.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

/// All servers that have an aliveness file in this root; of one that is down only that is read.
///
/// # Errors
/// The root cannot be read.
pub fn look(root: &Path) -> io::Result<Found> {
    let mut names = Vec::new();
    let mut found = Found::default();
    for entry in std::fs::read_dir(root)?.take(MAX_ENTRIES) {
        let file = entry?.file_name();
        let Some(name) = file.to_str().and_then(|file| file.strip_prefix(ALIVE.0)?.strip_suffix(ALIVE.1)) else {
            continue;
        };
        match dialled(name) {
            Some(name) if names.len() < MAX_SERVERS => names.push(name),
            Some(_) => found.complain(root.join(&file), format!("there are more than {MAX_SERVERS} servers; left out")),
            None => found.complain(root.join(&file), "its name has no address or host name in it; left out".to_owned()),
        }
    }
    names.sort();
    for name in names {
        let server = read_server(root, name, &mut found.problems);
        found.servers.push(server);
    }
    Ok(found)
}

impl Found {
    fn complain(&mut self, path: PathBuf, why: String) {
        if self.problems.len() < MAX_SERVERS {
            self.problems.push(Problem { path, why });
        }
    }

    /// Counts as down whatever does not take a connection within `wait`: a crash leaves "1" behind (guide notes N60).
    pub fn probe(&mut self, port: u16, wait: Duration) {
        let asked = self.servers.iter_mut().filter(|server| server.alive);
        // At most sixty-four, and all are waited for.
        std::thread::scope(|threads| {
            for server in asked {
                threads.spawn(move || server.alive = answers(&server.name, port, wait));
            }
        });
    }
}

/// Whether somebody takes a connection there.
fn answers(name: &str, port: u16, wait: Duration) -> bool {
    let addresses = (name, port).to_socket_addrs().into_iter().flatten().take(MAX_ADDRESSES);
    addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, wait).is_ok())
}

/// The part of a file's name as clients dial it. It goes into a jnj, where a comma or a line break would be another entry.
fn dialled(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ';' | '%');
    (!name.is_empty() && name.len() <= paths::MAX_COMPONENT && name.chars().all(fits)).then(|| name.replace(';', ":"))
}

fn read_server(root: &Path, name: String, problems: &mut Vec<Problem>) -> Server {
    let mut server = Server { name, ..Server::default() };
    let mut complain = |path: PathBuf, why: String| problems.push(Problem { path, why });
    let mut read = |path: Result<PathBuf, paths::PathError>, most: usize| {
        let path = root.join(path.ok()?);
        match read_bounded(&path, most) {
            Ok(bytes) => Some((path, bytes)),
            Err(failure) => {
                complain(path, failure.to_string());
                None
            }
        }
    };
    let alive = read(paths::alive_file(&server.name), MAX_LINE);
    server.alive = alive.as_ref().is_some_and(|(_, bytes)| bytes.trim_ascii() == b"1");
    if !server.alive {
        if let Some((path, bytes)) = alive.filter(|(_, bytes)| bytes.trim_ascii() != b"0") {
            let said = String::from_utf8_lossy(&bytes).chars().take(20).collect::<String>();
            complain(path, format!("it says {said:?}, expected 0 or 1; the server counts as down"));
        }
        return server;
    }
    let load = read(paths::load_file(&server.name), MAX_LINE);
    let offices = read(paths::office_status_file(&server.name), MAX_STATUS);
    let status = read(paths::status_file(&server.name), MAX_STATUS);
    if let Some((path, bytes)) = load {
        match ClusterLoad::parse(&String::from_utf8_lossy(&bytes)) {
            Ok(load) => server.load = Some(load),
            Err(malformed) => complain(path, malformed.to_string()),
        }
    }
    if let Some((path, bytes)) = offices {
        match OfficeStatus::parse(&bytes) {
            Ok(status) => server.offices = status.offices,
            Err(malformed) => complain(path, malformed.to_string()),
        }
    }
    if let Some((path, bytes)) = status {
        match OwnerStatus::parse(&bytes) {
            Ok(status) => {
                let events = status.meetings.into_iter().filter(|meeting| meeting.duration > 0);
                server.events = events.map(|m| Event { owner_id: m.user_id, meeting_id: m.meeting_id }).collect();
            }
            Err(malformed) => complain(path, malformed.to_string()),
        }
    }
    server
}

/// A whole file; no link, no pipe, and no more than `most` bytes.
pub(super) fn read_bounded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// What surrounds the name in an aliveness file's.
const ALIVE: (&str, &str) = ("_cluster_ip_", ".txt");
/// A root holds a few files of each server, and two folders.
const MAX_ENTRIES: usize = 10_000;
const MAX_SERVERS: usize = 64;
const MAX_ADDRESSES: usize = 4;
/// Fourteen numbers take less.
const MAX_LINE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(root.path().join(name), bytes).unwrap();
        }
        root
    }

    #[test]
    fn servers_are_read_with_their_load_their_offices_and_their_events() {
        let offices = b"<office_status><user id='5' office_status='2' meeting_id='431'/></office_status>";
        let status = b"<thirdparty><directory><meeting userid='7' meetingid='ev' duration='30'/><user userid='5' \
                       meetingid='431' duration='0'/></directory></thirdparty>";
        let root = root(&[
            ("_cluster_ip_fe80;;1.txt", b"1\r\n"),
            ("_cluster_connection_fe80;;1_.txt", b"8 60 23 300 19 100 5 10 3 8 7 20 6 15"),
            ("_office_status_ip_fe80;;1.xml", offices),
            ("_status_ip_fe80;;1.xml", status),
            ("_cluster_ip_10.0.0.2.txt", b"0"),
            ("unrelated.txt", b"1"),
        ]);
        let found = look(root.path()).unwrap();
        assert_eq!(found.problems, []);
        let [down, up] = &found.servers[..] else { panic!("{found:?}") };
        assert_eq!((down.name.as_str(), down.alive), ("10.0.0.2", false));
        assert_eq!((up.name.as_str(), up.alive), ("fe80::1", true));
        assert_eq!(up.load.unwrap().connections.count, 23);
        assert_eq!(up.offices[0].owner_id, "5");
        assert_eq!(up.events, [Event { owner_id: "7".into(), meeting_id: "ev".into() }]);
    }

    #[test]
    fn what_is_malformed_is_said_and_not_guessed() {
        let huge = vec![b'1'; MAX_STATUS + 1];
        let root = root(&[
            ("_cluster_ip_a.txt", b"1"),
            ("_cluster_connection_a_.txt", b"1 2 3 4 5 6 7 8 9 10 11 12"),
            ("_office_status_ip_a.xml", &huge),
            ("_status_ip_a.xml", b"<thirdparty"),
            ("_cluster_ip_b.txt", b"yes\xff"),
            ("_cluster_ip_c,d.txt", b"1"),
            ("_cluster_ip_.txt", b"1"),
            ("_cluster_ip_e.txt", b"1"),
        ]);
        std::fs::create_dir(root.path().join("_cluster_connection_e_.txt")).unwrap();
        let found = look(root.path()).unwrap();
        let alive: Vec<_> = found.servers.iter().map(|s| (s.name.as_str(), s.alive, s.load.is_some())).collect();
        assert_eq!(alive, [("a", true, false), ("b", false, false), ("e", true, false)]);
        let said: Vec<String> = found.problems.iter().map(|problem| problem.why.clone()).collect();
        let has = |what: &str| assert!(said.iter().any(|why| why.contains(what)), "{what} is not in {said:?}");
        has("12 numbers in its first line, expected 10 or 14");
        has("more than 1048576 bytes");
        has("not readable");
        has("expected 0 or 1");
        has("no address or host name");
        has("no ordinary file");
        assert_eq!(found.problems.len(), 9, "one file each, and two that are not there: {said:?}");
    }

    #[test]
    fn a_folder_full_of_servers_is_cut_short_and_a_missing_one_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        for n in 0..MAX_SERVERS + 50 {
            std::fs::write(root.path().join(format!("_cluster_ip_m{n}.txt")), b"0").unwrap();
        }
        let found = look(root.path()).unwrap();
        assert_eq!((found.servers.len(), found.problems.len()), (MAX_SERVERS, 50));
        assert!(look(&root.path().join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let root = root(&[("secret", b"1")]);
        std::os::unix::fs::symlink(root.path().join("secret"), root.path().join("_cluster_ip_a.txt")).unwrap();
        let found = look(root.path()).unwrap();
        assert!(!found.servers[0].alive && found.problems[0].why.contains("ordinary"), "{found:?}");
    }

    #[test]
    fn a_server_that_says_1_and_answers_nobody_counts_as_down() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let root = root(&[("_cluster_ip_127.0.0.1.txt", b"1"), ("_cluster_ip_127.0.0.3.txt", b"1")]);
        let mut found = look(root.path()).unwrap();
        found.probe(port, Duration::from_secs(5));
        let alive: Vec<bool> = found.servers.iter().map(|server| server.alive).collect();
        assert_eq!(alive, [true, false]);
    }
}
