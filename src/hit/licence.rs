//! What HomeMeeting's licence file decides for a server: limits, a fixed address, inside addresses and features
//! (guide 3.1, 3.4, 3.9, 4.10). The guide gives names of limits only; the file's form is ours.
//!
//! In: the bytes of `license.ini`. Out: values with generous defaults, and everything odd as a list: a broken line never
//! stops a start. Touches no file.

use std::net::IpAddr;

pub use crate::hit::ini::EntryProblem;
use crate::hit::ini::{EntryKind, EntrySpec, IniText, MAX_FILE, commented};

/// The limits and features of a server. [`Licence::default`] is what a fresh installation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Most meetings.
    pub max_meeting: u32,
    /// Most connections.
    pub max_connection: u32,
    /// Most connections from outside the [`ip_range`](Licence::ip_range).
    pub max_outside_connection: u32,
    /// Most reserved connections.
    pub max_reserved_connection: u32,
    /// Most reserved connections from outside.
    pub max_reserved_outside_connection: u32,
    /// Most playbacks; 0: they count as connections like the others (guide 3.9).
    pub max_playback_connection: u32,
    /// Most playbacks from outside; 0: they count as outside connections like the others.
    pub max_playback_outconnection: u32,
    /// Most questioners of one meeting.
    pub max_questioner: u32,
    /// The server's address, before `listenip` (guide 3.4).
    pub fixed_ip: Option<String>,
    /// Inside addresses. Empty: every connection is from outside (guide 3.1/1).
    pub ip_range: Vec<IpRange>,
    /// Ticket holders may enter (guide 3.1/5).
    pub ticket: bool,
    /// The server may be part of a cluster (guide 4.10).
    pub clustering: bool,
    /// The server may serve messengers.
    pub messenger: bool,
}

impl Licence {
    /// Reads a file; what is absent or broken has its default. The second part says what is odd.
    pub fn parse(bytes: &[u8]) -> (Licence, Vec<EntryProblem>) {
        let text = IniText::from_bytes(bytes);
        let mut problems = text.problems(&TABLE);
        if bytes.len() > MAX_FILE {
            problems.push(EntryProblem::TooLarge { bytes: bytes.len() });
        }
        (Licence::read(&text), problems)
    }

    /// The file with these values: its comments, order and unknown entries stay.
    pub fn updated(&self, file: &[u8]) -> String {
        let mut text = IniText::from_bytes(file);
        let current = Licence::read(&text);
        for ((name, new), (_, old)) in self.values().into_iter().zip(current.values()) {
            if new != old {
                text.set(name, &new);
            }
        }
        text.to_text().to_string()
    }

    /// The file of a fresh installation: every entry explained, none set.
    pub fn commented_default() -> String {
        commented("The licence of this server: how much it may do.\nAbsent entries have the value shown.", &TABLE, &[])
    }

    /// Whether a connection from there counts as an outside connection (guide 3.1/1).
    pub fn is_outside(&self, address: IpAddr) -> bool {
        !self.ip_range.iter().any(|range| range.contains(address))
    }

    /// The ranges as the status file shows them (guide 3.4).
    pub fn ip_range_text(&self) -> String {
        self.ip_range.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    fn read(text: &IniText) -> Licence {
        let number = |spec| text.number(spec, 0);
        let [
            meeting,
            connection,
            outside,
            reserved,
            reserved_outside,
            playback,
            playback_outside,
            questioner,
            fixed_ip,
            range,
            ticket,
            clustering,
            messenger,
        ] = &TABLE;
        Licence {
            max_meeting: number(meeting),
            max_connection: number(connection),
            max_outside_connection: number(outside),
            max_reserved_connection: number(reserved),
            max_reserved_outside_connection: number(reserved_outside),
            max_playback_connection: number(playback),
            max_playback_outconnection: number(playback_outside),
            max_questioner: number(questioner),
            fixed_ip: text.text(fixed_ip).map(str::to_owned),
            ip_range: text.text(range).and_then(IpRange::parse_list).unwrap_or_default(),
            ticket: number(ticket) != 0,
            clustering: number(clustering) != 0,
            messenger: number(messenger) != 0,
        }
    }

    fn values(&self) -> [(&'static str, String); 13] {
        let [
            meeting,
            connection,
            outside,
            reserved,
            reserved_outside,
            playback,
            playback_outside,
            questioner,
            fixed_ip,
            range,
            ticket,
            clustering,
            messenger,
        ] = &TABLE;
        let bit = |flag: bool| u8::from(flag).to_string();
        [
            (meeting.name, self.max_meeting.to_string()),
            (connection.name, self.max_connection.to_string()),
            (outside.name, self.max_outside_connection.to_string()),
            (reserved.name, self.max_reserved_connection.to_string()),
            (reserved_outside.name, self.max_reserved_outside_connection.to_string()),
            (playback.name, self.max_playback_connection.to_string()),
            (playback_outside.name, self.max_playback_outconnection.to_string()),
            (questioner.name, self.max_questioner.to_string()),
            (fixed_ip.name, self.fixed_ip.clone().unwrap_or_default()),
            (range.name, self.ip_range_text()),
            (ticket.name, bit(self.ticket)),
            (clustering.name, bit(self.clustering)),
            (messenger.name, bit(self.messenger)),
        ]
    }
}

impl Default for Licence {
    fn default() -> Licence {
        Licence::read(&IniText::default())
    }
}

/// Addresses that begin alike: `209.101.242.123/16`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpRange {
    address: IpAddr,
    bits: u8,
}

impl IpRange {
    /// Reads `ADDRESS` or `ADDRESS/BITS`.
    pub fn parse(text: &str) -> Option<IpRange> {
        let text = text.trim();
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.trim().parse().ok())?;
        (bits <= most).then_some(IpRange { address, bits })
    }

    /// Reads a list with commas between; `None` when one of them cannot be read.
    pub fn parse_list(text: &str) -> Option<Vec<IpRange>> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(IpRange::parse).collect()
    }

    /// Whether the address lies in it. An IPv4 address that came over an IPv6 socket is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same(own.to_bits() ^ other.to_bits(), self.bits, u32::checked_shr, 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                same(own.to_bits() ^ other.to_bits(), self.bits, u128::checked_shr, 128)
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for IpRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let most = if self.address.is_ipv4() { 32 } else { 128 };
        write!(f, "{}", self.address)?;
        if self.bits < most { write!(f, "/{}", self.bits) } else { Ok(()) }
    }
}

/// Whether the first `bits` of a difference are 0. A shift by the whole width, for 0 bits, leaves nothing to compare.
fn same<N: Default + PartialEq>(difference: N, bits: u8, shift: fn(N, u32) -> Option<N>, width: u32) -> bool {
    shift(difference, width.saturating_sub(u32::from(bits))).is_none_or(|rest| rest == N::default())
}

const COUNT: EntryKind = EntryKind::Number { min: 0, max: 65_535 };
const FLAG: EntryKind = EntryKind::Number { min: 0, max: 1 };

const fn row(name: &'static str, kind: EntryKind, default: &'static str, help: &'static str) -> EntrySpec {
    EntrySpec { name, kind, default, help }
}

const TABLE: [EntrySpec; 13] = [
    row("max_meeting", COUNT, "1000", "Meetings at the same time."),
    row("max_connection", COUNT, "10000", "Connections at the same time."),
    row("max_outside_connection", COUNT, "10000", "Connections from outside ip_range."),
    row("max_reserved_connection", COUNT, "1000", "Connections reserved by guaranteed events."),
    row("max_reserved_outside_connection", COUNT, "1000", "Those of them from outside."),
    row("max_playback_connection", COUNT, "0", "Playbacks. 0: they count as connections."),
    row("max_playback_outconnection", COUNT, "0", "Playbacks from outside. 0: they count as outside connections."),
    row("max_questioner", COUNT, "100", "Questioners of one meeting."),
    row("fixed_ip", EntryKind::Text, "", "The server's address, whatever configm.ini says."),
    row(
        "ip_range",
        EntryKind::Ranges,
        "",
        "Inside addresses, such as 192.168.0.0/16,10.0.0.1. Empty: all are outside.",
    ),
    row("ticket", FLAG, "1", "1: ticket holders may enter events."),
    row("clustering", FLAG, "1", "1: the server may be part of a cluster."),
    row("messenger", FLAG, "1", "1: the server may serve messengers."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_licence_is_generous_and_says_so_in_its_file() {
        let (licence, problems) = Licence::parse(Licence::commented_default().as_bytes());
        assert_eq!((licence.clone(), problems), (Licence::default(), vec![]));
        assert!(licence.max_meeting >= 100 && licence.max_connection >= 1000 && licence.ticket);
        for spec in &TABLE {
            assert!(Licence::commented_default().contains(spec.name));
        }
    }

    #[test]
    fn changed_values_are_set_and_the_rest_of_the_file_stays() {
        let file = "; mine\nodd = 1\nMax_Meeting = 3\n";
        let (licence, problems) = Licence::parse(file.as_bytes());
        assert_eq!(licence, Licence { max_meeting: 3, ..Licence::default() });
        assert_eq!(problems, [EntryProblem::Unknown { line: 2, name: "odd".to_owned() }]);
        let ip_range = IpRange::parse_list("10.0.0.1, 209.101.242.123/16").unwrap();
        let changed = Licence { max_meeting: 4, ticket: false, ip_range, ..licence };
        let written = changed.updated(file.as_bytes());
        assert_eq!(written, "; mine\nodd = 1\nMax_Meeting = 4\nip_range = 10.0.0.1,209.101.242.123/16\nticket = 0\n");
        assert_eq!(Licence::parse(written.as_bytes()).0, changed);
    }

    #[test]
    fn a_broken_value_is_named_and_its_default_taken() {
        let (licence, problems) = Licence::parse(b"max_meeting = many\nip_range = 10.0.0.0/33\nticket=2");
        assert_eq!(licence, Licence::default());
        assert_eq!(problems.len(), 3);
        let text = problems[0].to_string();
        assert_eq!(text, "line 1: max_meeting is \"many\", expected a whole number from 0 to 65535; \"1000\" is used");
    }

    #[test]
    fn without_a_range_all_are_outside_and_with_one_only_the_others() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(Licence::default().is_outside(address("127.0.0.1")));
        let ip_range = IpRange::parse_list("209.101.242.123/16,fe80::/10,10.0.0.1").unwrap();
        let licence = Licence { ip_range, ..Licence::default() };
        for inside in ["209.101.0.1", "::ffff:209.101.9.9", "fe80::1", "febf::1", "10.0.0.1"] {
            assert!(!licence.is_outside(address(inside)), "{inside}");
        }
        for outside in ["209.102.0.1", "fec0::1", "10.0.0.2", "::1"] {
            assert!(licence.is_outside(address(outside)), "{outside}");
        }
        let all = IpRange::parse("0.0.0.0/0").unwrap();
        assert!(all.contains(address("255.1.2.3")) && !all.contains(address("::1")));
        for broken in ["", "x", "1.2.3.4/", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3"] {
            assert_eq!(IpRange::parse(broken), None, "{broken}");
        }
    }
}
