//! The jnj file: what opens a JoinNet and tells it where to go (guide 1, 3.8, 3.13; wire/01 section 11).
//!
//! In: the file's bytes. Out: typed entries, or why the known client would call the file invalid; and back to bytes.
//! Nothing here opens the userinfo: to a client it is sealed text.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use thiserror::Error;
use zeroize::Zeroizing;

/// Most bytes of a jnj file that are read.
pub const MAX_JNJ: usize = 64 * 1024;
/// Most bytes of the userinfo: the known client takes fewer than 10,000.
pub const MAX_USERINFO: usize = 9_999;
/// Most backup servers (guide 3.8).
pub const MAX_BACKUPS: usize = 9;

/// The kinds of jnj files that the known client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeType {
    /// 4: web office meeting.
    OfficeMeeting,
    /// 5: web office playback.
    OfficePlayback,
    /// 13: every HIT service.
    Hit,
    /// 15: a shared HIT recording.
    HitSharedRecording,
}

impl CodeType {
    /// The number in the file.
    pub fn number(self) -> u8 {
        match self {
            CodeType::OfficeMeeting => 4,
            CodeType::OfficePlayback => 5,
            CodeType::Hit => 13,
            CodeType::HitSharedRecording => 15,
        }
    }

    fn from_number(number: &str) -> Option<CodeType> {
        match number {
            "4" => Some(CodeType::OfficeMeeting),
            "5" => Some(CodeType::OfficePlayback),
            "13" => Some(CodeType::Hit),
            "15" => Some(CodeType::HitSharedRecording),
            _ => None,
        }
    }
}

/// What the client becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Takes part in a meeting.
    Meeting,
    /// Watches a recording.
    Playback,
}

/// Text that lets its holder in. Erased when dropped; shown only as its length.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Zeroizing<String>);

impl Credential {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Credential {
        Credential(Zeroizing::new(text.into()))
    }

    /// The text itself, for those who send or open it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({} bytes)", self.0.len())
    }
}

/// A one-time MCU relay: `use_relay=HOST,PORT` (guide 3.13).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Relay {
    /// Name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// A jnj file. Names of fields are the file's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jnj {
    /// What kind of file it is.
    pub codetype: CodeType,
    /// The primary server, name or address.
    pub ip: String,
    /// Its port.
    pub portm: u16,
    /// A second port of all servers.
    pub portm2: Option<u16>,
    /// Backup servers in the order to be tried. A client uses the first nine.
    pub backupip: Vec<String>,
    /// Decides on codetype 13 only, see [`Jnj::mode`].
    pub playback: bool,
    /// The sealed service request; codetypes 13 and 15 need it.
    pub userinfo: Option<Credential>,
    /// Name of who plays a recording, at most 127 bytes.
    pub player_name: Option<String>,
    /// A relay for this connection.
    pub use_relay: Option<Relay>,
    /// The owner records alone (note N28).
    pub make_recording: bool,
    /// The owner's id, codetypes 4 and 5, at most 127 characters.
    pub userid: Option<String>,
    /// The owner's name, codetypes 4 and 5.
    pub username: Option<String>,
    /// Password, or the name under which a browser keeps it (wire/01 section 5.3).
    pub owner_passwd: Option<Credential>,
    /// What to play, codetype 5, at most 23 characters.
    pub playback_filename: Option<String>,
    /// Invitation to a web office, codetype 4, at most 255 characters.
    pub invite_ticket: Option<Credential>,
    /// Hint for the display's width in pixels; the client's default is 320.
    pub size_w: Option<u32>,
    /// Hint for the display's height in pixels; the client's default is 240.
    pub size_h: Option<u32>,
    /// Whether a client fetches all of a recording at once.
    pub auto_download_all: Option<i32>,
    /// Whether a client fetches what comes next.
    pub auto_download_next: Option<i32>,
    /// Bits a second; 0: no preference.
    pub opus_preferred_bitrate: Option<u32>,
    /// Entries that no client reads, `domain` among them, in order.
    pub others: Vec<(String, String)>,
}

/// Why a jnj file is invalid or cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JnjError {
    /// More bytes than a jnj file can have.
    #[error("the jnj file has {bytes} bytes, at most {MAX_JNJ} are read")]
    TooLarge {
        /// Bytes that came.
        bytes: usize,
    },
    /// A required entry is not there or empty.
    #[error(
        "the jnj file has no entry {0}; it needs codetype, ip and portm, and by its codetype userinfo, userid or playback_filename"
    )]
    Missing(&'static str),
    /// A codetype that the known client refuses.
    #[error("codetype is {0:?}, expected 4, 5, 13 or 15")]
    CodeType(String),
    /// No port.
    #[error("{key} is {value:?}, expected a port from 1 to 65535")]
    Port {
        /// Which entry.
        key: &'static str,
        /// What came, shortened for display.
        value: String,
    },
    /// A relay without host or port.
    #[error("use_relay is {0:?}, expected HOST,PORT")]
    Relay(String),
    /// Bytes that are no UTF-8 in an entry that must be exact.
    #[error("{0} is not UTF-8; save the jnj file as UTF-8")]
    NotUtf8(&'static str),
    /// Too long to be used whole.
    #[error("{key} has {length}, at most {max} are allowed")]
    TooLong {
        /// Which entry.
        key: &'static str,
        /// Its length.
        length: usize,
        /// The longest allowed.
        max: usize,
    },
    /// More backup servers than a client tries.
    #[error("there are {0} backup servers, at most {MAX_BACKUPS} are allowed")]
    TooManyBackups(usize),
    /// A value that would not read back: a line break in it, a comma in an address, or a known key among the others.
    #[error("{0} cannot be written as it is; remove line breaks, commas in addresses, and known keys from the others")]
    Character(String),
}

impl Jnj {
    /// A meeting jnj of codetype 13.
    pub fn new(ip: impl Into<String>, portm: u16, userinfo: impl Into<String>) -> Jnj {
        Jnj {
            userinfo: Some(Credential::new(userinfo)),
            others: vec![("domain".to_owned(), "HomeMeeting".to_owned())],
            ..Jnj::bare(CodeType::Hit, ip.into(), portm)
        }
    }

    /// The same for a playback.
    pub fn for_playback(self) -> Jnj {
        Jnj { playback: true, ..self }
    }

    /// Reads a file as the known client does: names of entries in any case, sections not told apart, the last of several
    /// entries counts. Bytes that are no UTF-8 are replaced where a value is only shown, and refused elsewhere.
    ///
    /// # Errors
    /// See [`JnjError`].
    pub fn parse(bytes: &[u8]) -> Result<Jnj, JnjError> {
        if bytes.len() > MAX_JNJ {
            return Err(JnjError::TooLarge { bytes: bytes.len() });
        }
        read(&Entries::new(bytes))
    }

    /// What the client becomes. Of codetype 13 the entry `action` decides: absent, empty and 0 are a meeting (note N3).
    pub fn mode(&self) -> Mode {
        match self.codetype {
            CodeType::OfficeMeeting => Mode::Meeting,
            CodeType::OfficePlayback | CodeType::HitSharedRecording => Mode::Playback,
            CodeType::Hit if self.playback => Mode::Playback,
            CodeType::Hit => Mode::Meeting,
        }
    }

    /// All servers in the order to be tried, the primary first, at most ten.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.ip.as_str()).chain(self.backupip.iter().take(MAX_BACKUPS).map(String::as_str))
    }

    /// Writes the file. A meeting has no `action` at all: the known client takes any, also 0, for a playback (note N3).
    ///
    /// # Errors
    /// A value that would not read back as it is.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JnjError> {
        write(self)
    }

    fn bare(codetype: CodeType, ip: String, portm: u16) -> Jnj {
        Jnj {
            codetype,
            ip,
            portm,
            portm2: None,
            backupip: Vec::new(),
            playback: false,
            userinfo: None,
            player_name: None,
            use_relay: None,
            make_recording: false,
            userid: None,
            username: None,
            owner_passwd: None,
            playback_filename: None,
            invite_ticket: None,
            size_w: None,
            size_h: None,
            auto_download_all: None,
            auto_download_next: None,
            opus_preferred_bitrate: None,
            others: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), JnjError> {
        let needed = match self.codetype {
            CodeType::Hit | CodeType::HitSharedRecording => self.userinfo.is_none().then_some("userinfo"),
            CodeType::OfficeMeeting => self.userid.is_none().then_some("userid"),
            CodeType::OfficePlayback if self.userid.is_none() => Some("userid"),
            CodeType::OfficePlayback => self.playback_filename.is_none().then_some("playback_filename"),
        };
        if let Some(key) = needed {
            return Err(JnjError::Missing(key));
        }
        let characters = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
        for (key, length, max) in [
            ("userinfo", self.userinfo.as_ref().map_or(0, |text| text.0.len()), MAX_USERINFO),
            ("userid", characters(&self.userid), 127),
            ("playback_filename", characters(&self.playback_filename), 23),
            ("invite_ticket", self.invite_ticket.as_ref().map_or(0, |text| text.0.chars().count()), 255),
        ] {
            if length > max {
                return Err(JnjError::TooLong { key, length, max });
            }
        }
        Ok(())
    }
}

fn read(entries: &Entries<'_>) -> Result<Jnj, JnjError> {
    let codetype = entries.exact("codetype")?.ok_or(JnjError::Missing("codetype"))?;
    let codetype = CodeType::from_number(codetype).ok_or_else(|| JnjError::CodeType(shortened(codetype)))?;
    let ip = entries.exact("ip")?.ok_or(JnjError::Missing("ip"))?;
    let portm = port("portm", entries.exact("portm")?)?.ok_or(JnjError::Missing("portm"))?;
    let jnj = Jnj {
        portm2: port("portm2", entries.exact("portm2")?.filter(|text| *text != "0"))?,
        backupip: hosts(entries.exact("backupip")?.unwrap_or_default()),
        playback: entries.exact("action")?.is_some_and(|action| action != "0"),
        userinfo: entries.exact("userinfo")?.map(Credential::new),
        player_name: entries.shown("player_name").map(|name| first_bytes(&name, MAX_PLAYER_NAME).to_owned()),
        use_relay: entries.exact("use_relay")?.map(str::parse).transpose()?,
        make_recording: entries.exact("make_recording")?.is_some_and(|text| text != "0"),
        userid: entries.exact("userid")?.map(str::to_owned),
        username: entries.shown("username"),
        owner_passwd: entries.exact("owner_passwd")?.map(Credential::new),
        playback_filename: entries.exact("playback_filename")?.map(str::to_owned),
        invite_ticket: entries.exact("invite_ticket")?.map(Credential::new),
        size_w: entries.hint("size_w"),
        size_h: entries.hint("size_h"),
        auto_download_all: entries.hint("auto_download_all"),
        auto_download_next: entries.hint("auto_download_next"),
        opus_preferred_bitrate: entries.hint("opus_preferred_bitrate"),
        others: entries.others(),
        ..Jnj::bare(codetype, ip.to_owned(), portm)
    };
    jnj.check()?;
    Ok(jnj)
}

fn write(jnj: &Jnj) -> Result<Vec<u8>, JnjError> {
    jnj.check()?;
    if jnj.backupip.len() > MAX_BACKUPS {
        return Err(JnjError::TooManyBackups(jnj.backupip.len()));
    }
    if jnj.portm == 0 {
        return Err(JnjError::Port { key: "portm", value: "0".to_owned() });
    }
    if jnj.ip.is_empty() {
        return Err(JnjError::Missing("ip"));
    }
    if let Some((key, _)) = jnj.others.iter().find(|(key, _)| KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)))
    {
        return Err(JnjError::Character(shortened(key)));
    }
    if jnj.backupip.iter().any(|host| host.is_empty() || host.contains(',') || host.trim() != host) {
        return Err(JnjError::Character("backupip".to_owned()));
    }
    let mut lines = Lines(Zeroizing::new(String::from("[general]\n")));
    let domain = |(key, _): &&(String, String)| key.eq_ignore_ascii_case("domain");
    // The guide's sample begins with the domain.
    for (key, value) in jnj.others.iter().filter(domain) {
        lines.push(key, Some(value))?;
    }
    lines.push("codetype", Some(&jnj.codetype.number().to_string()))?;
    lines.push("ip", Some(&jnj.ip))?;
    lines.push("portm", Some(&jnj.portm.to_string()))?;
    lines.push("portm2", jnj.portm2.map(|port| port.to_string()).as_deref())?;
    lines.push("backupip", Some(jnj.backupip.join(",")).filter(|list| !list.is_empty()).as_deref())?;
    lines.push("action", jnj.playback.then_some("1"))?;
    lines.push("player_name", jnj.player_name.as_deref())?;
    lines.push("use_relay", jnj.use_relay.as_ref().map(|relay| format!("{},{}", relay.host, relay.port)).as_deref())?;
    lines.push("make_recording", jnj.make_recording.then_some("1"))?;
    lines.push("userid", jnj.userid.as_deref())?;
    lines.push("username", jnj.username.as_deref())?;
    lines.push("owner_passwd", jnj.owner_passwd.as_ref().map(Credential::expose))?;
    lines.push("playback_filename", jnj.playback_filename.as_deref())?;
    lines.push("invite_ticket", jnj.invite_ticket.as_ref().map(Credential::expose))?;
    lines.push("size_w", jnj.size_w.map(|size| size.to_string()).as_deref())?;
    lines.push("size_h", jnj.size_h.map(|size| size.to_string()).as_deref())?;
    lines.push("auto_download_all", jnj.auto_download_all.map(|flag| flag.to_string()).as_deref())?;
    lines.push("auto_download_next", jnj.auto_download_next.map(|flag| flag.to_string()).as_deref())?;
    lines.push("opus_preferred_bitrate", jnj.opus_preferred_bitrate.map(|rate| rate.to_string()).as_deref())?;
    for (key, value) in jnj.others.iter().filter(|other| !domain(other)) {
        lines.push(key, Some(value))?;
    }
    lines.push("userinfo", jnj.userinfo.as_ref().map(Credential::expose))?;
    if lines.0.len() > MAX_JNJ {
        return Err(JnjError::TooLarge { bytes: lines.0.len() });
    }
    Ok(lines.0.as_bytes().to_vec())
}

struct Lines(Zeroizing<String>);

impl Lines {
    fn push(&mut self, key: &str, value: Option<&str>) -> Result<(), JnjError> {
        let Some(value) = value else { return Ok(()) };
        let whole = |text: &str| text.trim() == text && !text.chars().any(char::is_control);
        if !whole(key) || !whole(value) || key.is_empty() || key.contains('=') {
            return Err(JnjError::Character(shortened(key)));
        }
        for part in [key, " = ", value, "\n"] {
            self.0.push_str(part);
        }
        Ok(())
    }
}

/// The entries in order, keys trimmed, values as bytes until somebody says whether they must be exact.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a [u8])>);

impl Entries<'_> {
    fn new(bytes: &[u8]) -> Entries<'_> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        // A CR LF makes an empty line too many, which has no entry.
        let entry = |line| -> Option<(Cow<'_, str>, &[u8])> {
            let mut parts = <[u8]>::splitn(line, 2, |byte| *byte == b'=');
            let (key, value) = (parts.next()?, parts.next()?);
            Some((String::from_utf8_lossy(key.trim_ascii()), value.trim_ascii()))
        };
        Entries(bytes.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(entry).collect())
    }

    fn last(&self, key: &str) -> Option<&[u8]> {
        let found = self.0.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }

    fn exact(&self, key: &'static str) -> Result<Option<&str>, JnjError> {
        self.last(key).map(|value| std::str::from_utf8(value).map_err(|_| JnjError::NotUtf8(key))).transpose()
    }

    fn shown(&self, key: &str) -> Option<String> {
        self.last(key).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// A number that a client may do without: one that cannot be read counts as absent.
    fn hint<N: std::str::FromStr>(&self, key: &str) -> Option<N> {
        self.shown(key)?.parse().ok()
    }

    fn others(&self) -> Vec<(String, String)> {
        let mut others: Vec<(String, String)> = Vec::new();
        for (key, value) in &self.0 {
            let known = KEYS.iter().any(|known| key.eq_ignore_ascii_case(known));
            if !known && !key.is_empty() && !key.starts_with([';', '#']) && others.len() < MAX_OTHERS {
                others.push((key.to_string(), String::from_utf8_lossy(value).into_owned()));
            }
        }
        others
    }
}

fn port(key: &'static str, text: Option<&str>) -> Result<Option<u16>, JnjError> {
    let Some(text) = text else { return Ok(None) };
    match text.parse() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(JnjError::Port { key, value: shortened(text) }),
    }
}

fn hosts(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect()
}

impl std::str::FromStr for Relay {
    type Err = JnjError;

    fn from_str(text: &str) -> Result<Relay, JnjError> {
        let refused = || JnjError::Relay(shortened(text));
        let (host, port) = text.rsplit_once(',').ok_or_else(refused)?;
        let (host, port) = (host.trim(), port.trim().parse().map_err(|_| refused())?);
        if host.is_empty() || port == 0 {
            return Err(refused());
        }
        Ok(Relay { host: host.to_owned(), port })
    }
}

/// As much of a text as fits into `max` bytes. For display only.
fn first_bytes(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

const MAX_PLAYER_NAME: usize = 127;
const MAX_OTHERS: usize = 1_000;
const KEYS: [&str; 20] = [
    "codetype",
    "ip",
    "portm",
    "portm2",
    "backupip",
    "action",
    "userinfo",
    "player_name",
    "use_relay",
    "make_recording",
    "userid",
    "username",
    "owner_passwd",
    "playback_filename",
    "invite_ticket",
    "size_w",
    "size_h",
    "auto_download_all",
    "auto_download_next",
    "opus_preferred_bitrate",
];
