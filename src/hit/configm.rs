//! `configm.ini`, the MCU's configuration, with the guide's entry names (guide 3.1, 3.2, 3.4, 3.9, 3.12, 4.1, 4.7).
//!
//! In: the file's bytes. Out: typed values with defaults, everything odd as a list, and the file again with comments,
//! order and unknown entries kept. Nothing in the file stops a start. Touches no file. Values know no escapes (note N37).

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

pub use crate::hit::ini::EntryProblem;
use crate::hit::ini::{EntryKind, EntrySpec, IniText, MAX_FILE, commented};
use crate::hit::licence::IpRange;

/// The MCU's configuration. It may hold a passphrase: shown are only the names of its entries.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Configm {
    text: IniText,
    too_large: Option<usize>,
}

/// What happens to a recording that its owner deletes (guide 3.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Archive {
    /// It is deleted.
    Off,
    /// It is kept under another name for so many days, at least 1.
    Days(u32),
    /// It is kept under another name, and an administrator removes it.
    Forever,
}

/// The entries, each with the guide's name; those marked as ours the guide does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// `recording`: the recording root.
    Recording,
    /// `listenip`: the addresses to listen on.
    ListenIp,
    /// `listenport`: the port (ours).
    ListenPort,
    /// `listenport2`: a second port (ours).
    ListenPort2,
    /// `jnj_ip`: the name or address that clients know.
    JnjIp,
    /// `mcu_cluster_dh_key`: the MCU's key pair.
    McuClusterDhKey,
    /// `passphrase`: of its private key.
    Passphrase,
    /// `freshness_window`: seconds (ours, note N8).
    FreshnessWindow,
    /// `default_disk_quota`: megabytes.
    DefaultDiskQuota,
    /// `default_group_disk_quota`: megabytes (ours, note N12).
    DefaultGroupDiskQuota,
    /// `grace_disk_quota`: percent.
    GraceDiskQuota,
    /// `default_max_outconnection`.
    DefaultMaxOutconnection,
    /// `default_max_group_outconnection`.
    DefaultMaxGroupOutconnection,
    /// `archive_recording_file`: days.
    ArchiveRecordingFile,
    /// `disable_jnr_password`.
    DisableJnrPassword,
    /// `messenger_web_url`: where the third party answers.
    MessengerWebUrl,
    /// `messenger_dh_key`: the third party's public key.
    MessengerDhKey,
    /// `messenger_secure_channel`: 0 sends plain requests.
    MessengerSecureChannel,
    /// `meeting_server_ip`: the meeting servers of a messenger server.
    MeetingServerIp,
    /// `mmc_messenger_server_allow`: from where messenger servers may connect.
    MmcMessengerServerAllow,
    /// `relay_allow`: where this server leads as a relay (ours, guide 3.13).
    RelayAllow,
    /// `smtp_server`: through which the server writes to owners (ours, guide 3.1/1).
    SmtpServer,
    /// `smtp_port` (ours).
    SmtpPort,
    /// `smtp_tls`: 0 in clear, 1 STARTTLS, 2 TLS (ours).
    SmtpTls,
    /// `smtp_user` (ours).
    SmtpUser,
    /// `smtp_password` (ours).
    SmtpPassword,
    /// `smtp_from`: the sender (ours).
    SmtpFrom,
}

/// How the MCU writes to owners (guide 3.1/1, "when the MCU is configured to support email notification"; the entries are ours).
#[derive(Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// Name or address of the mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: MailSecurity,
    /// User and password, if the server wants them.
    pub login: Option<(String, Zeroizing<String>)>,
    /// The sender's address.
    pub from: String,
    /// An owner's megabytes when the request does not say; 0: not checked.
    pub default_disk_quota: u64,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailSecurity {
    /// Not at all; no password is sent.
    Clear,
    /// From STARTTLS on; without it nothing is sent.
    StartTls,
    /// From the first byte.
    Tls,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailSettings({}:{}, {:?}, from {})", self.server, self.port, self.security, self.from)
    }
}

impl Entry {
    /// The name in the file.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    fn spec(self) -> &'static EntrySpec {
        match self {
            Entry::Recording => &TABLE[0],
            Entry::ListenIp => &TABLE[1],
            Entry::ListenPort => &TABLE[2],
            Entry::ListenPort2 => &TABLE[3],
            Entry::JnjIp => &TABLE[4],
            Entry::McuClusterDhKey => &TABLE[5],
            Entry::Passphrase => &TABLE[6],
            Entry::FreshnessWindow => &TABLE[7],
            Entry::DefaultDiskQuota => &TABLE[8],
            Entry::DefaultGroupDiskQuota => &TABLE[9],
            Entry::GraceDiskQuota => &TABLE[10],
            Entry::DefaultMaxOutconnection => &TABLE[11],
            Entry::DefaultMaxGroupOutconnection => &TABLE[12],
            Entry::ArchiveRecordingFile => &TABLE[13],
            Entry::DisableJnrPassword => &TABLE[14],
            Entry::MessengerWebUrl => &TABLE[15],
            Entry::MessengerDhKey => &TABLE[16],
            Entry::MessengerSecureChannel => &TABLE[17],
            Entry::MeetingServerIp => &TABLE[18],
            Entry::MmcMessengerServerAllow => &TABLE[19],
            Entry::RelayAllow => &TABLE[20],
            Entry::SmtpServer => &TABLE[21],
            Entry::SmtpPort => &TABLE[22],
            Entry::SmtpTls => &TABLE[23],
            Entry::SmtpUser => &TABLE[24],
            Entry::SmtpPassword => &TABLE[25],
            Entry::SmtpFrom => &TABLE[26],
        }
    }
}

impl Configm {
    /// Reads a file.
    pub fn parse(bytes: &[u8]) -> Configm {
        let too_large = Some(bytes.len()).filter(|bytes| *bytes > MAX_FILE);
        Configm { text: IniText::from_bytes(bytes), too_large }
    }

    /// The file again.
    pub fn to_text(&self) -> Zeroizing<String> {
        self.text.to_text()
    }

    /// Sets an entry. Line breaks in the value become blanks.
    pub fn set(&mut self, entry: Entry, value: &str) {
        self.text.set(entry.name(), value);
    }

    /// Removes an entry: its default counts again.
    pub fn remove(&mut self, entry: Entry) {
        self.text.remove(entry.name());
    }

    /// Everything odd in the file.
    pub fn problems(&self) -> Vec<EntryProblem> {
        let mut problems = self.text.problems(&TABLE);
        problems.extend(self.too_large.map(|bytes| EntryProblem::TooLarge { bytes }));
        problems
    }

    /// The file of a fresh installation: every entry explained, the MCU's key set.
    pub fn commented_default(mcu_key: &str, passphrase: &str) -> Zeroizing<String> {
        let head =
            "The configuration of the MCU. A line that starts with ; has no effect: remove the ; to set the entry.";
        let values = [(Entry::McuClusterDhKey.name(), mcu_key), (Entry::Passphrase.name(), passphrase)];
        Zeroizing::new(commented(head, &TABLE, &values))
    }

    /// The recording root as written; a relative one is meant from the installation's folder.
    pub fn recording(&self) -> &str {
        self.value(Entry::Recording).unwrap_or_default()
    }

    /// The addresses to listen on as written: one, or an IPv4 and an IPv6 one with a comma between (guide 3.4).
    pub fn listen_ips(&self) -> impl Iterator<Item = &str> {
        list(self.value(Entry::ListenIp))
    }

    /// The port to listen on; 0 lets the system choose.
    pub fn listen_port(&self) -> u16 {
        self.number(Entry::ListenPort)
    }

    /// The second port to listen on, the `portm2` of jnj files.
    pub fn listen_port2(&self) -> Option<u16> {
        Some(self.number(Entry::ListenPort2)).filter(|port| *port > 0)
    }

    /// The name or address that clients know.
    pub fn jnj_ip(&self) -> Option<&str> {
        self.value(Entry::JnjIp)
    }

    /// The identity of the MCU's key pair, without `.x509` (note N53).
    pub fn mcu_key(&self) -> Option<&str> {
        self.value(Entry::McuClusterDhKey).map(without_x509)
    }

    /// The passphrase of the MCU's private key: the Base64 text of its passphrase file (note N53).
    pub fn passphrase(&self) -> Option<Zeroizing<String>> {
        self.value(Entry::Passphrase).map(|text| Zeroizing::new(text.to_owned()))
    }

    /// How far a timestamp may be from now (note N8).
    pub fn freshness_window(&self) -> Duration {
        Duration::from_secs(self.number(Entry::FreshnessWindow))
    }

    /// An owner's megabytes when the request does not say.
    pub fn default_disk_quota(&self) -> u64 {
        self.number(Entry::DefaultDiskQuota)
    }

    /// A group's megabytes when the request does not say: its own entry, else that of owners (note N12).
    pub fn default_group_disk_quota(&self) -> u64 {
        match self.value(Entry::DefaultGroupDiskQuota) {
            Some(_) => self.number(Entry::DefaultGroupDiskQuota),
            None => self.default_disk_quota(),
        }
    }

    /// Percent above a quota that are let pass (note N10).
    pub fn grace_disk_quota(&self) -> u64 {
        self.number(Entry::GraceDiskQuota)
    }

    /// An owner's outside connections when the request does not say.
    pub fn default_max_outconnection(&self) -> u32 {
        self.number(Entry::DefaultMaxOutconnection)
    }

    /// A group's outside connections when the request does not say.
    pub fn default_max_group_outconnection(&self) -> u32 {
        self.number(Entry::DefaultMaxGroupOutconnection)
    }

    /// What happens to deleted recordings (guide 3.12).
    pub fn archive(&self) -> Archive {
        match self.number::<i64>(Entry::ArchiveRecordingFile) {
            0 => Archive::Off,
            days => u32::try_from(days).map_or(Archive::Forever, Archive::Days),
        }
    }

    /// Whether meetings may not protect their recordings by a password (guide 3.12).
    pub fn disable_jnr_password(&self) -> bool {
        self.number::<i64>(Entry::DisableJnrPassword) != 0
    }

    /// Where the third party answers messenger requests (guide 4.1).
    pub fn messenger_web_url(&self) -> Option<&str> {
        self.value(Entry::MessengerWebUrl)
    }

    /// The identity of the third party's public key for them, without `.x509`.
    pub fn messenger_key(&self) -> Option<&str> {
        self.value(Entry::MessengerDhKey).map(without_x509)
    }

    /// Whether messenger requests are sealed (note N63).
    pub fn messenger_secure_channel(&self) -> bool {
        self.number::<i64>(Entry::MessengerSecureChannel) != 0
    }

    /// The meeting servers that a messenger server connects to (guide 4.7).
    pub fn meeting_server_ips(&self) -> impl Iterator<Item = &str> {
        list(self.value(Entry::MeetingServerIp))
    }

    /// Whether a messenger server may connect from there; without the entry only from this host (note N51).
    pub fn allows_messenger_server(&self, address: IpAddr) -> bool {
        match self.value(Entry::MmcMessengerServerAllow).and_then(IpRange::parse_list) {
            Some(ranges) => ranges.iter().any(|range| range.contains(address)),
            None => address.to_canonical().is_loopback(),
        }
    }

    /// Where this server leads as a relay; empty: from this host to this host only.
    pub fn relay_allow(&self) -> Vec<IpRange> {
        self.value(Entry::RelayAllow).and_then(IpRange::parse_list).unwrap_or_default()
    }

    /// How owners are written to. `None`: they are not.
    pub fn mail(&self) -> Option<MailSettings> {
        let server = self.value(Entry::SmtpServer)?.to_owned();
        let password = || Zeroizing::new(self.value(Entry::SmtpPassword).unwrap_or_default().to_owned());
        Some(MailSettings {
            port: self.number(Entry::SmtpPort),
            security: match self.number::<u8>(Entry::SmtpTls) {
                0 => MailSecurity::Clear,
                2 => MailSecurity::Tls,
                _ => MailSecurity::StartTls,
            },
            login: self.value(Entry::SmtpUser).map(|user| (user.to_owned(), password())),
            from: self.value(Entry::SmtpFrom).map_or_else(|| format!("hitdeck@{server}"), str::to_owned),
            default_disk_quota: self.default_disk_quota(),
            server,
        })
    }

    fn value(&self, entry: Entry) -> Option<&str> {
        self.text.text(entry.spec())
    }

    fn number<N: std::str::FromStr + Default>(&self, entry: Entry) -> N {
        self.text.number(entry.spec(), N::default())
    }
}

impl std::fmt::Debug for Configm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Configm ")?;
        f.debug_list().entries(self.text.entries().map(|(_, name, _)| name)).finish()
    }
}

fn list(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn without_x509(name: &str) -> &str {
    name.strip_suffix(".x509").unwrap_or(name)
}

const TEXT: EntryKind = EntryKind::Text;
const PORT: EntryKind = EntryKind::Number { min: 0, max: 65_535 };
const COUNT: EntryKind = EntryKind::Number { min: 0, max: 1_000_000 };
const MEGABYTES: EntryKind = EntryKind::Number { min: 0, max: 1_000_000_000 };
/// The guide asks for zero or non-zero, so any number is good.
const ZERO_OR_NOT: EntryKind = EntryKind::Number { min: i64::MIN, max: i64::MAX };

const fn row(name: &'static str, kind: EntryKind, default: &'static str, help: &'static str) -> EntrySpec {
    EntrySpec { name, kind, default, help }
}

static TABLE: [EntrySpec; 27] = [
    row("recording", TEXT, "recording", "Where recordings and status files are. A cluster shares one folder."),
    row(
        "listenip",
        TEXT,
        "127.0.0.1",
        "Addresses to listen on: one, or an IPv4 and an IPv6 address with a comma between.",
    ),
    row("listenport", PORT, "2333", "Port to listen on. 0: the system chooses."),
    row("listenport2", PORT, "0", "A second port, for portm2 of jnj files. 0: none."),
    row("jnj_ip", TEXT, "", "Name or address that clients use, when it is not listenip."),
    row("mcu_cluster_dh_key", TEXT, "", "Name of the MCU's key pair in this folder."),
    row("passphrase", TEXT, "", "Passphrase of its private key."),
    row("freshness_window", EntryKind::Number { min: 1, max: 86_400 }, "300", "Seconds that a jnj file stays fresh."),
    row("default_disk_quota", MEGABYTES, "50", "Megabytes of recordings of an owner. 0: not checked."),
    row("default_group_disk_quota", MEGABYTES, "", "The same of a group. Empty: as default_disk_quota."),
    row("grace_disk_quota", EntryKind::Number { min: 0, max: 10_000 }, "0", "Percent above a quota that are let pass."),
    row("default_max_outconnection", COUNT, "10", "Outside connections of an owner."),
    row("default_max_group_outconnection", COUNT, "10", "Outside connections of a group."),
    row(
        "archive_recording_file",
        EntryKind::Number { min: -1_000_000, max: 1_000_000 },
        "0",
        "Days that a deleted recording is kept. 0: not kept. Negative: kept until an administrator removes it.",
    ),
    row("disable_jnr_password", ZERO_OR_NOT, "0", "Not 0: meetings make no recordings with a password."),
    row("messenger_web_url", TEXT, "", "Where the third party answers messenger requests."),
    row("messenger_dh_key", TEXT, "", "Name of the third party's public key for them."),
    row("messenger_secure_channel", ZERO_OR_NOT, "1", "0: messenger requests are sent as plain XML."),
    row("meeting_server_ip", TEXT, "", "Meeting servers of this messenger server, with commas between."),
    row("mmc_messenger_server_allow", EntryKind::Ranges, "", "Addresses of messenger servers. Empty: this host only."),
    row(
        "relay_allow",
        EntryKind::Ranges,
        "",
        "MCUs that this one leads to as a relay. Empty: from this host to this host only.",
    ),
    row(
        "smtp_server",
        TEXT,
        "",
        "Mail server through which owners are told of a full quota or a message. Empty: none.",
    ),
    row("smtp_port", EntryKind::Number { min: 1, max: 65_535 }, "587", "Its port."),
    row("smtp_tls", EntryKind::Number { min: 0, max: 2 }, "1", "0: in clear. 1: STARTTLS. 2: TLS from the first byte."),
    row("smtp_user", TEXT, "", "User at the mail server. Empty: it wants none. Needs smtp_tls."),
    row("smtp_password", TEXT, "", "That user's password."),
    row("smtp_from", TEXT, "", "Sender's address. Empty: hitdeck@ and the mail server's name."),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Entry; 27] = [
        Entry::Recording,
        Entry::ListenIp,
        Entry::ListenPort,
        Entry::ListenPort2,
        Entry::JnjIp,
        Entry::McuClusterDhKey,
        Entry::Passphrase,
        Entry::FreshnessWindow,
        Entry::DefaultDiskQuota,
        Entry::DefaultGroupDiskQuota,
        Entry::GraceDiskQuota,
        Entry::DefaultMaxOutconnection,
        Entry::DefaultMaxGroupOutconnection,
        Entry::ArchiveRecordingFile,
        Entry::DisableJnrPassword,
        Entry::MessengerWebUrl,
        Entry::MessengerDhKey,
        Entry::MessengerSecureChannel,
        Entry::MeetingServerIp,
        Entry::MmcMessengerServerAllow,
        Entry::RelayAllow,
        Entry::SmtpServer,
        Entry::SmtpPort,
        Entry::SmtpTls,
        Entry::SmtpUser,
        Entry::SmtpPassword,
        Entry::SmtpFrom,
    ];

    #[test]
    fn every_entry_has_its_own_row() {
        for (entry, row) in ALL.iter().zip(&TABLE) {
            assert_eq!(entry.name(), row.name);
            let variant: String = format!("{entry:?}").to_lowercase();
            assert_eq!(variant, row.name.replace('_', ""), "the variant is the guide's name");
        }
    }

    #[test]
    fn an_empty_file_has_the_guides_defaults() {
        let empty = Configm::default();
        assert_eq!(
            (empty.default_disk_quota(), empty.default_group_disk_quota(), empty.grace_disk_quota()),
            (50, 50, 0)
        );
        assert_eq!((empty.default_max_outconnection(), empty.default_max_group_outconnection()), (10, 10));
        assert_eq!((empty.archive(), empty.disable_jnr_password()), (Archive::Off, false));
        assert_eq!((empty.listen_port(), empty.listen_port2(), empty.recording()), (2333, None, "recording"));
        assert_eq!(empty.freshness_window(), crate::hit::freshness::DEFAULT_WINDOW);
        assert!(empty.messenger_secure_channel() && empty.jnj_ip().is_none());
        assert!(empty.allows_messenger_server("127.0.0.1".parse().unwrap()));
        assert!(!empty.allows_messenger_server("10.0.0.1".parse().unwrap()));
        assert_eq!(empty.problems(), []);
    }

    #[test]
    fn entries_are_read_as_the_guide_means_them() {
        let config = Configm::parse(
            b"\xEF\xBB\xBFRecording=\\\\192.168.1.10\\recording\r\nlistenip = 10.0.0.1, fe80::1\r\nmcu_cluster_dh_key = key_mcu.x509\r\n\
              passphrase=c2VjcmV0\r\ngrace_disk_quota=20\r\narchive_recording_file=30\r\ndefault_disk_quota=70\r\n\
              mmc_messenger_server_allow = 10.0.0.0/8\r\nmessenger_secure_channel=0\r\n",
        );
        assert_eq!(config.recording(), "\\\\192.168.1.10\\recording");
        assert_eq!(config.listen_ips().collect::<Vec<_>>(), ["10.0.0.1", "fe80::1"]);
        assert_eq!((config.mcu_key(), config.archive()), (Some("key_mcu"), Archive::Days(30)));
        assert_eq!((config.grace_disk_quota(), config.default_group_disk_quota()), (20, 70));
        assert!(!config.messenger_secure_channel() && config.allows_messenger_server("10.9.9.9".parse().unwrap()));
        assert_eq!(config.problems(), []);
        assert_eq!(Configm::parse(b"archive_recording_file=-1").archive(), Archive::Forever);
        assert!(!format!("{config:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn mail_is_off_without_a_server_and_never_falls_back_to_clear_text() {
        assert_eq!(Configm::parse(b"smtp_user=mcu\nsmtp_password=secret").mail(), None);
        let mail = |text: &str| Configm::parse(text.as_bytes()).mail().unwrap();
        let plain = mail("smtp_server=mail.example");
        assert_eq!((plain.port, plain.security, plain.login), (587, MailSecurity::StartTls, None));
        assert_eq!(plain.from, "hitdeck@mail.example");
        assert_eq!(mail("smtp_server=m\nsmtp_tls=none").security, MailSecurity::StartTls);
        assert_eq!(mail("smtp_server=m\nsmtp_tls=0").security, MailSecurity::Clear);
        let full = mail("smtp_server=m\nsmtp_tls=2\nsmtp_user=mcu\nsmtp_password=secret\nsmtp_from=a@b\nsmtp_port=465");
        assert_eq!((full.port, full.security, full.from.as_str()), (465, MailSecurity::Tls, "a@b"));
        assert!(full.login.is_some() && !format!("{full:?}").contains("secret"));
    }

    #[test]
    fn odd_entries_are_problems_and_never_a_failed_start() {
        let config =
            Configm::parse(b"[mcu]\nfoo=1\ngrace_disk_quota=-5\nlistenport=x\nlistenport=70000\nwhat\n; fine = 1\n");
        assert_eq!((config.grace_disk_quota(), config.listen_port()), (0, 2333));
        let texts: Vec<String> = config.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "line 2: the entry foo is unknown and has no effect; check its spelling",
                "line 3: grace_disk_quota is \"-5\", expected a whole number from 0 to 10000; \"0\" is used",
                "line 4: listenport is set again further down, and only the last counts; remove one",
                "line 5: listenport is \"70000\", expected a whole number from 0 to 65535; \"2333\" is used",
                "line 6: expected NAME = VALUE, or ; before a comment",
            ]
        );
        let huge = vec![b'\n'; MAX_FILE + 1];
        assert_eq!(Configm::parse(&huge).problems(), [EntryProblem::TooLarge { bytes: MAX_FILE + 1 }]);
    }

    #[test]
    fn a_change_keeps_comments_and_unknown_entries() {
        let mut config = Configm::parse(b"; mine\nfoo = 1\nListenPort = 1\n");
        config.set(Entry::ListenPort, "5");
        config.set(Entry::JnjIp, "mcu\nlistenport=6");
        assert_eq!(config.to_text().as_str(), "; mine\nfoo = 1\nListenPort = 5\njnj_ip = mcu listenport=6\n");
        assert_eq!(config.listen_port(), 5);
        config.remove(Entry::ListenPort);
        assert_eq!(config.listen_port(), 2333);
    }

    #[test]
    fn a_fresh_file_explains_every_entry_and_sets_the_key() {
        let text = Configm::commented_default("key_mcu_local", "c2VjcmV0");
        let config = Configm::parse(text.as_bytes());
        assert_eq!(config.problems(), []);
        assert_eq!(config.mcu_key(), Some("key_mcu_local"));
        assert_eq!(config.passphrase().as_deref().map(String::as_str), Some("c2VjcmV0"));
        for row in &TABLE {
            assert!(text.contains(row.name), "{}", row.name);
        }
    }
}
