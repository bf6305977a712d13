//! The installation folder: what lies where, making one, and holding it.
//!
//! In: a path. Out: an [`Installation`]: configuration, licence, keys, and the lock that keeps a second MCU from starting in it.
//!
//! | file | what |
//! |---|---|
//! | `configm.ini`, `license.ini` | the MCU's configuration and limits |
//! | `key_mcu_local`, `key_mcu_local.x509` | the MCU's key pair; its passphrase is in `configm.ini`, as the guide has it |
//! | `key_web_*.x509` | the third parties that the MCU trusts |
//! | `third-party/` | the simulator's own: `key_web_local`, its passphrase, `accounts.txt`, `cluster.txt` (which servers a meeting got) |
//! | `recording/` | the recording root, unless `configm.ini` says otherwise |
//! | `jnj/`, `scenarios/` | issued jnj files, test scenarios |

use std::fs;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::warn;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::hit::configm::Configm;
use crate::hit::jnj::Jnj;
use crate::hit::keys::{KeyName, Passphrase, PrivateKey, PublicKey};
use crate::hit::licence::{IpRange, Licence};
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::hit::sealed::{self, SealingKey};
use crate::library::write_whole;
use crate::link::{Inspector, LinkConfig};
use crate::mcu::RelayPolicy;
use crate::mcu::transcript::Transcripts;
use crate::mcu::{McuConfig, Patience};
use crate::office::Limits;

/// Where an MCU of ours listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 2333);

/// An installation folder that was read.
#[derive(Clone, Debug)]
pub struct Installation {
    folder: PathBuf,
    configm: Configm,
    licence: Licence,
}

/// A person of the simulated third party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// What can be wrong with an installation.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is an installation already.
    #[error("{} is an installation already; choose another folder", .0.display())]
    Exists(PathBuf),
    /// There is none.
    #[error("{} is no installation: it has no configm.ini. Make one with: hitdeck init {}", .0.display(), .0.display())]
    Missing(PathBuf),
    /// A key cannot be used.
    #[error("the key {name} cannot be used: {why}")]
    Key {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A request cannot be sealed.
    #[error("the service request cannot be made: {0}")]
    Request(String),
    /// Another process runs its MCU.
    #[error("process {pid} runs the MCU of this installation, on {address}")]
    Held {
        /// Its process id.
        pid: u32,
        /// Where it listens.
        address: String,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
}

impl Installation {
    /// Makes a folder with fresh keys, commented configuration and sample users.
    ///
    /// # Errors
    /// When there is an installation already, or a file cannot be written.
    pub fn init(folder: &Path) -> Result<Installation, InstallationError> {
        if folder.join(CONFIGM).exists() {
            return Err(InstallationError::Exists(folder.to_owned()));
        }
        for sub in ["", "recording", "third-party", "jnj", "scenarios"] {
            let path = folder.join(sub);
            fs::create_dir_all(&path).map_err(|source| InstallationError::File { path, source })?;
        }
        let mcu = new_key_pair(folder, folder, MCU_KEY, &fresh_passphrase()?)?;
        let web = new_key_pair(&folder.join("third-party"), folder, WEB_KEY, &fresh_passphrase()?)?;
        write(&folder.join("third-party").join(WEB_PASSPHRASE), web.as_bytes(), Secrecy::Secret)?;
        write(&folder.join("third-party").join(ACCOUNTS), SAMPLE_ACCOUNTS.as_bytes(), Secrecy::Open)?;
        write(&folder.join(LICENCE), fresh_licence().as_bytes(), Secrecy::Open)?;
        write(&folder.join(".gitignore"), GITIGNORE.as_bytes(), Secrecy::Open)?;
        // Last: its presence says that the installation is complete.
        let configm = Configm::commented_default(MCU_KEY, &mcu);
        write(&folder.join(CONFIGM), configm.as_bytes(), Secrecy::Secret)?;
        Installation::open(folder)
    }

    /// Reads an installation.
    ///
    /// # Errors
    /// When there is none, or a file cannot be read. What the configuration says wrong is a warning in the log.
    pub fn open(folder: &Path) -> Result<Installation, InstallationError> {
        let path = folder.join(CONFIGM);
        if !path.exists() {
            return Err(InstallationError::Missing(folder.to_owned()));
        }
        let configm = Configm::parse(&read(&path)?);
        let licence_path = folder.join(LICENCE);
        // Without the file the limits are those of a fresh installation.
        let text = if licence_path.exists() { read(&licence_path)? } else { fresh_licence().into_bytes() };
        let (licence, problems) = Licence::parse(&text);
        for problem in configm.problems() {
            warn!("configm.ini: {problem}");
        }
        for problem in problems {
            warn!("license.ini: {problem}");
        }
        Ok(Installation { folder: folder.to_owned(), configm, licence })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The recording root.
    pub fn recording_root(&self) -> PathBuf {
        match self.configm.recording() {
            "" => self.folder.join("recording"),
            elsewhere => self.folder.join(elsewhere),
        }
    }

    /// The people of the simulated third party, in the file's order.
    pub fn accounts(&self) -> Vec<Account> {
        let text = fs::read_to_string(self.folder.join("third-party").join(ACCOUNTS)).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(':'));
        pairs.map(|(id, name)| Account { id: id.trim().to_owned(), name: name.trim().to_owned() }).collect()
    }

    /// What an MCU of this installation starts with, and its key.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn mcu(&self, listen: SocketAddr, clock: Clock) -> Result<(McuConfig, PrivateKey), InstallationError> {
        let own = self.mcu_key()?;
        let config = McuConfig {
            listen,
            local_ip: self.local_ip(listen),
            status_names: self.status_names(listen),
            keys: self.folder.clone(),
            recording_root: self.recording_root(),
            licence: self.licence.clone(),
            limits: Limits::of(&self.configm),
            freshness: self.configm.freshness_window(),
            clock,
            patience: Patience::default(),
            link: LinkConfig::default(),
            relay: RelayPolicy { allow: self.configm.relay_allow() },
            archive: self.configm.archive(),
            recording_passwords: !self.configm.disable_jnr_password(),
            mail: self.configm.mail(),
            transcripts: Transcripts::default(),
            inspector: Inspector::off(),
        };
        Ok((config, own))
    }

    /// Seals a request as the simulated third party and puts it into a jnj for the MCU at `mcu`.
    ///
    /// # Errors
    /// When a key cannot be read, or the request is too long.
    pub fn issue(&self, request: &ServiceRequest, mcu: SocketAddr) -> Result<Jnj, InstallationError> {
        let xml = request.to_xml().map_err(|e| InstallationError::Request(e.to_string()))?;
        let userinfo = self.seal(xml.as_bytes())?;
        let jnj = Jnj::new(mcu.ip().to_string(), mcu.port(), userinfo);
        Ok(if request.command.kind == CommandKind::Playback { jnj.for_playback() } else { jnj })
    }

    /// How far a jnj's time may be from ours.
    pub fn freshness_window(&self) -> Duration {
        self.configm.freshness_window()
    }

    /// What the licence allows.
    pub fn licence(&self) -> &Licence {
        &self.licence
    }

    /// Opens a userinfo with the MCU's key, as the MCU would.
    ///
    /// # Errors
    /// When a key is missing or the userinfo does not fit it.
    pub fn open_userinfo(&self, userinfo: &str) -> Result<ServiceRequest, InstallationError> {
        let site = sealed::site_of(userinfo).map_err(|e| InstallationError::Request(e.to_string()))?;
        let public = read_public_key(&self.folder.join(site.public_file()))?;
        let key = sealing_key(&self.mcu_key()?, &public, MCU_KEY)?;
        let xml = sealed::open(userinfo, &key).map_err(|e| InstallationError::Request(e.to_string()))?;
        ServiceRequest::parse(&xml).map_err(|e| InstallationError::Request(e.to_string()))
    }

    /// Takes the installation for an MCU of this process.
    ///
    /// # Errors
    /// [`InstallationError::Held`] when another process has it.
    pub fn hold(&self) -> Result<Hold, InstallationError> {
        let path = self.folder.join(LOCK);
        let file = |source| InstallationError::File { path: path.clone(), source };
        let lock =
            fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(file)?;
        if lock.try_lock().is_err() {
            let (pid, address) = self.holder().unwrap_or_default();
            return Err(InstallationError::Held { pid, address });
        }
        Ok(Hold { lock, note: self.folder.join(RUNNING) })
    }

    /// Who runs the MCU of this installation, and where, as that process noted it.
    fn holder(&self) -> Option<(u32, String)> {
        let note = fs::read_to_string(self.folder.join(RUNNING)).ok()?;
        let (pid, address) = note.trim().split_once(' ')?;
        Some((pid.parse().ok()?, address.to_owned()))
    }

    /// Where the MCU of this installation listens now: in this process or another. `None` if none runs.
    pub fn running_at(&self) -> Option<SocketAddr> {
        self.holder()?.1.parse().ok()
    }

    fn mcu_key(&self) -> Result<PrivateKey, InstallationError> {
        let name = self.configm.mcu_key().unwrap_or(MCU_KEY).to_owned();
        let key_error = |why: String| InstallationError::Key { name: name.clone(), why };
        let key_name = KeyName::new(&name).map_err(|e| key_error(e.to_string()))?;
        let text = read_text(&self.folder.join(key_name.as_str()))?;
        let passphrase = match self.configm.passphrase() {
            Some(text) => Passphrase::from_base64(&text).map_err(|e| key_error(e.to_string()))?,
            None => Passphrase::default(),
        };
        PrivateKey::from_text(&text, &passphrase).map_err(|e| key_error(e.to_string()))
    }

    fn seal(&self, xml: &[u8]) -> Result<String, InstallationError> {
        let key_error = |why: String| InstallationError::Key { name: WEB_KEY.to_owned(), why };
        let folder = self.folder.join("third-party");
        let passphrase = Passphrase::from_base64(read_text(&folder.join(WEB_PASSPHRASE))?.trim())
            .map_err(|e| key_error(e.to_string()))?;
        let own = PrivateKey::from_text(&read_text(&folder.join(WEB_KEY))?, &passphrase)
            .map_err(|e| key_error(e.to_string()))?;
        let mcu = self.mcu_key()?;
        let key = sealing_key(&own, mcu.public_key(), WEB_KEY)?;
        let site = KeyName::new(WEB_KEY).map_err(|e| key_error(e.to_string()))?;
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        sealed::seal(&site, &key, xml, random).map_err(|e| InstallationError::Request(e.to_string()))
    }

    /// Where its MCU listens unless it is told otherwise: the first `listenip` that is an address, and `listenport`.
    pub fn listen(&self) -> SocketAddr {
        let ip = self.configm.listen_ips().find_map(|ip| ip.parse().ok()).unwrap_or(DEFAULT_LISTEN.ip());
        SocketAddr::new(ip, self.configm.listen_port())
    }

    /// Guide 3.4: the licence's fixed IP, else where we listen, which is `listenip` or what counts as that.
    fn local_ip(&self, listen: SocketAddr) -> String {
        self.licence.fixed_ip.clone().unwrap_or_else(|| listen.ip().to_string())
    }

    /// The local IP, the other ones that are listened on, and the name that clients know; each once (guide 3.4, note N38).
    fn status_names(&self, listen: SocketAddr) -> Vec<String> {
        let mut names = vec![self.local_ip(listen)];
        // Those of configm.ini are not ours if we were told to listen elsewhere.
        let ours = self.configm.listen_ips().any(|ip| ip.parse() == Ok(listen.ip()));
        let others = self.configm.listen_ips().filter(|_| ours).chain(self.configm.jnj_ip());
        for name in others.map(str::to_owned) {
            if !names.contains(&name) && names.len() < MAX_NAMES {
                names.push(name);
            }
        }
        names
    }
}

/// The lock on an installation; released when dropped.
#[derive(Debug)]
pub struct Hold {
    lock: fs::File,
    note: PathBuf,
}

impl Hold {
    /// Notes where the MCU listens, for others who open the folder.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn note(&self, address: SocketAddr) -> Result<(), InstallationError> {
        let text = format!("{} {address}\n", std::process::id());
        write(&self.note, text.as_bytes(), Secrecy::Open)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The note first: whoever sees no note must not find the lock taken for long.
        drop(fs::remove_file(&self.note));
        drop(self.lock.unlock());
    }
}

/// Makes a key pair: `private_folder/NAME` and `public_folder/NAME.x509`. Gives the passphrase file's text.
///
/// # Errors
/// When a file exists already or cannot be written.
pub fn new_key_pair(
    private_folder: &Path,
    public_folder: &Path,
    name: &str,
    passphrase: &Passphrase,
) -> Result<Zeroizing<String>, InstallationError> {
    let key_error = |why: String| InstallationError::Key { name: name.to_owned(), why };
    let name_checked = KeyName::new(name).map_err(|e| key_error(e.to_string()))?;
    let (private_path, public_path) =
        (private_folder.join(name_checked.as_str()), public_folder.join(name_checked.public_file()));
    for path in [&private_path, &public_path] {
        if path.exists() {
            return Err(key_error(format!(
                "{} exists already; remove it first if you mean to replace it",
                path.display()
            )));
        }
    }
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let key = PrivateKey::generate(random).map_err(|e| key_error(e.to_string()))?;
    write(&private_path, key.to_text(passphrase).as_bytes(), Secrecy::Secret)?;
    write(&public_path, key.public_key().to_der(), Secrecy::Open)?;
    Ok(passphrase.to_base64())
}

/// Makes a key pair in one folder with its passphrase file, as the guide's program does (guide 3.2): NAME, NAME.x509, and for a passphrase
/// NAME.passphrase.txt, readable by its owner only, whose text is what `passphrase=` in configm.ini takes. Gives that file.
///
/// # Errors
/// When a file exists already or cannot be written.
pub fn new_key_files(folder: &Path, name: &str, passphrase: &Passphrase) -> Result<Option<PathBuf>, InstallationError> {
    let path = folder.join(format!("{name}.passphrase.txt"));
    if path.exists() {
        let why = format!("{} exists already; remove it first if you mean to replace it", path.display());
        return Err(InstallationError::Key { name: name.to_owned(), why });
    }
    let text = new_key_pair(folder, folder, name, passphrase)?;
    if text.is_empty() {
        return Ok(None);
    }
    write(&path, text.as_bytes(), Secrecy::Secret)?;
    Ok(Some(path))
}

/// Reads a `.x509` file.
///
/// # Errors
/// When it cannot be read or is no key of the guide's form.
pub fn read_public_key(path: &Path) -> Result<PublicKey, InstallationError> {
    PublicKey::from_der(&read(path)?)
        .map_err(|e| InstallationError::Key { name: path.display().to_string(), why: e.to_string() })
}

/// What two keys agree on.
///
/// # Errors
/// When the public key is out of range.
pub fn sealing_key(own: &PrivateKey, peer: &PublicKey, name: &str) -> Result<SealingKey, InstallationError> {
    SealingKey::new(own, peer).map_err(|e| InstallationError::Key { name: name.to_owned(), why: e.to_string() })
}

fn fresh_passphrase() -> Result<Passphrase, InstallationError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    let letters = Zeroizing::new(random.map(|b| char::from(b'a' + b % 26)).iter().collect::<String>());
    Ok(Passphrase::new(&letters))
}

/// Reads a file of an installation; none of them is large.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, InstallationError> {
    let file = |source| InstallationError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    fs::File::open(path).and_then(|f| f.take(MAX_FILE).read_to_end(&mut bytes)).map_err(file)?;
    Ok(bytes)
}

/// Reads a text file of an installation; wiped when dropped, since it may be a key.
///
/// # Errors
/// When it cannot be read.
pub fn read_text(path: &Path) -> Result<Zeroizing<String>, InstallationError> {
    Ok(Zeroizing::new(String::from_utf8_lossy(&Zeroizing::new(read(path)?)).into_owned()))
}

#[derive(Clone, Copy, PartialEq)]
enum Secrecy {
    Open,
    Secret,
}

fn write(path: &Path, bytes: &[u8], secrecy: Secrecy) -> Result<(), InstallationError> {
    let file = |source| InstallationError::File { path: path.to_owned(), source };
    if secrecy == Secrecy::Open {
        return write_whole(path, bytes).map_err(file);
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut f| f.write_all(bytes).and_then(|()| f.sync_all())).map_err(file)
}

/// This host is inside: else ten of its clients would be all that an owner may have (guide 3.1/1 maxoutconnection).
fn fresh_licence() -> String {
    let licence = Licence { ip_range: IpRange::parse_list(LOOPBACK).unwrap_or_default(), ..Licence::default() };
    licence.updated(Licence::commented_default().as_bytes())
}

const CONFIGM: &str = "configm.ini";
const LICENCE: &str = "license.ini";
/// The inside addresses of a fresh licence.
const LOOPBACK: &str = "127.0.0.0/8,::1";
const MCU_KEY: &str = "key_mcu_local";
/// The simulated third party's key, trusted by the MCU of the same installation.
pub const WEB_KEY: &str = "key_web_local";
const WEB_PASSPHRASE: &str = "key_web_local.passphrase.txt";
const ACCOUNTS: &str = "accounts.txt";
const LOCK: &str = "hitdeck.lock";
const RUNNING: &str = "hitdeck.running";
/// Status files of one server (guide 3.4).
const MAX_NAMES: usize = 3;
const MAX_FILE: u64 = 1024 * 1024;

const SAMPLE_ACCOUNTS: &str = "\
# The people of the simulated third party, one a line: id:name
olive:Olive
gus:Gus
tess:Tess
wang:王小明
suzuki:鈴木花子
";

const GITIGNORE: &str = "\
# Private keys, passphrases and recordings stay here.
key_mcu_local
configm.ini
third-party/key_web_local
third-party/*.passphrase.txt
recording/
jnj/
hitdeck.lock
hitdeck.running
recent.json
*.sock
";

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(configm: &str, licence: &str) -> (tempfile::TempDir, Installation) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("desk");
        Installation::init(&path).unwrap();
        for (name, text) in [("configm.ini", configm), (LICENCE, licence)] {
            // A new installation listens on this host only.
            let before = fs::read_to_string(path.join(name)).unwrap();
            let before = before.lines().filter(|line| !line.starts_with("listenip")).collect::<Vec<_>>().join("\n");
            fs::write(path.join(name), format!("{before}\n{text}\n")).unwrap();
        }
        let installation = Installation::open(&path).unwrap();
        (folder, installation)
    }

    #[test]
    fn the_local_ip_is_the_licences_else_that_of_configm_else_where_it_listens() {
        for (configm, licence, told, expected) in [
            ("", "", None, "127.0.0.1"),
            ("", "", Some("192.0.2.7:2333"), "192.0.2.7"),
            ("listenip = 10.0.0.1,fe80::1\nlistenport = 77", "", None, "10.0.0.1"),
            ("listenip = 10.0.0.1", "", Some("192.0.2.7:2333"), "192.0.2.7"),
            ("listenip = 10.0.0.1", "fixed_ip = 10.9.9.9", None, "10.9.9.9"),
            ("", "fixed_ip = 10.9.9.9", Some("192.0.2.7:2333"), "10.9.9.9"),
        ] {
            let (_folder, desk) = desk(configm, licence);
            let listen = told.map_or_else(|| desk.listen(), |told| told.parse().unwrap());
            assert_eq!(desk.local_ip(listen), expected, "{configm:?} {licence:?} {told:?}");
            assert_eq!(desk.mcu(listen, Clock::system()).unwrap().0.local_ip, expected, "and the MCU goes by it");
        }
        assert_eq!(desk("listenip = nonsense, 10.0.0.1\nlistenport = 77", "").1.listen().to_string(), "10.0.0.1:77");
        assert_eq!(desk("", "").1.listen(), DEFAULT_LISTEN);
    }

    #[test]
    fn the_status_files_have_one_name_an_address_and_three_at_most() {
        let listen = "192.0.2.7:2333".parse().unwrap();
        for (configm, expected) in [
            ("", &["192.0.2.7"][..]),
            ("jnj_ip = mcu.example.com", &["192.0.2.7", "mcu.example.com"]),
            ("jnj_ip = 192.0.2.7", &["192.0.2.7"]),
            ("listenip = 192.0.2.7,fe80::1\njnj_ip = mcu.example.com", &["192.0.2.7", "fe80::1", "mcu.example.com"]),
            ("listenip = 10.0.0.1,fe80::1", &["192.0.2.7"]),
        ] {
            let (_folder, desk) = desk(configm, "");
            assert_eq!(desk.status_names(listen), expected, "{configm:?}");
        }
    }

    #[test]
    fn the_recordings_are_where_configm_says() {
        let (folder, desk) = desk("recording = ../shared", "");
        assert_eq!(desk.recording_root(), folder.path().join("desk").join("../shared"));
    }
}
