//! What a client says after the exchange of keys to be let in (wire/01 sections 4 to 6, wire/05 sections 2 and 3).
//!
//! In: a jnj, what is remembered of an earlier admission. Out: the client parameters and the join request, in the known client's order.
//! Pure: sends nothing.

use std::net::IpAddr;

use crate::hit::jnj::{CodeType, Credential, Jnj, Mode};
use crate::hit::password::PasswordHash;
use crate::meeting::view::Ssrc;
use crate::wire::cipher::KeyMaterial;
use crate::wire::facts::Fact;
use crate::wire::join::{JoinRequest, OfficeIdentity, PlaybackStart, flags};
use crate::wire::parameters::ClientParameter;
use crate::wire::playback::InfoLayout;
use crate::wire::ticket::{Ticket, TicketKind};

/// What brings a client back to its place.
#[derive(Default)]
pub(super) struct Memory {
    ticket: Option<Ticket>,
    name: Option<[u8; 12]>,
    identity: Option<(i32, i32)>,
}

impl Memory {
    /// Admitted to a meeting over a connection with these keys.
    pub(super) fn admitted(&mut self, ssrc: Ssrc, session_index: i32, keys: KeyMaterial) {
        self.ticket = Some(Ticket { kind: TicketKind::Meeting, id: ssrc, session_index, keys });
    }

    /// Admitted to a playback.
    pub(super) fn playing(&mut self, start: PlaybackStart, keys: KeyMaterial) {
        let PlaybackStart { playback_id, session_index } = start;
        self.ticket = Some(Ticket { kind: TicketKind::Playback, id: playback_id, session_index, keys });
    }

    /// A fact that may be one to remember.
    pub(super) fn learn(&mut self, fact: &Fact) {
        match fact {
            Fact::ReconnectName { name, .. } => self.name = name.as_slice().try_into().ok(),
            Fact::Identity { meeting_type, random_id } if (*meeting_type, *random_id) != (0, 0) => {
                self.identity = Some((*meeting_type, *random_id));
            }
            _ => {}
        }
    }
}

/// The client parameters of a connection, in the known client's order. `relay`: the one that it came through.
pub(super) fn parameters(jnj: &Jnj, mode: Mode, memory: &Memory, relay: Option<(IpAddr, u16)>) -> Vec<ClientParameter> {
    let meeting = mode == Mode::Meeting;
    let name = memory.name.filter(|_| meeting).map(ClientParameter::ReconnectName);
    let ticket = memory.ticket.as_ref().map(|ticket| ClientParameter::ReconnectTicket(ticket.to_bytes()));
    let identity = memory.identity.filter(|_| meeting && memory.ticket.is_some());
    let identity =
        identity.map(|(meeting_type, random_id)| ClientParameter::MeetingIdentity { meeting_type, random_id });
    let recording = jnj.make_recording.then_some(ClientParameter::MakeRecording);
    // A web office's guests are named in the join request (wire/01 section 4).
    let named = matches!(jnj.codetype, CodeType::Hit | CodeType::HitSharedRecording);
    let player = jnj.player_name.clone().filter(|_| named).map(ClientParameter::PlayerName);
    let relay = relay.map(|(ip, port)| ClientParameter::Relay(ip, i32::from(port)));
    let all = [name, ticket, identity, recording, relay, Some(ClientParameter::ClientType(CLIENT_TYPE.into())), player];
    all.into_iter().flatten().collect()
}

/// What a jnj needs from its user before it can be joined with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// A password, before anything is sent (codetype 5).
    Password,
}

/// What is asked for before connecting.
pub(super) fn need(jnj: &Jnj) -> Need {
    if jnj.codetype == CodeType::OfficePlayback { Need::Password } else { Need::Nothing }
}

/// The join request of a jnj, or why it cannot be joined with.
pub(super) fn request(jnj: &Jnj, name: Option<&str>, password: Option<&PasswordHash>) -> Result<JoinRequest, String> {
    let userinfo = || {
        let userinfo = jnj.userinfo.as_ref().map(Credential::expose);
        userinfo
            .map(str::to_owned)
            .ok_or_else(|| "the jnj has no userinfo: ask its third party for a new one".to_owned())
    };
    let owner =
        || jnj.userid.clone().ok_or_else(|| "the jnj has no userid: ask its third party for a new one".to_owned());
    Ok(match jnj.codetype {
        CodeType::Hit => JoinRequest::Hit { userinfo: userinfo()?, flags: flags::NORMAL },
        // What a messenger left behind only that messenger's server can check; without it the server asks (wire/01 section 5.3).
        CodeType::HitSharedRecording => JoinRequest::Shared { userinfo: userinfo()?, credential: String::new() },
        CodeType::OfficeMeeting => {
            let invitation = jnj.invite_ticket.as_ref().map(|ticket| ticket.expose().to_owned());
            let guest = |name: &str| OfficeIdentity::Guest(name.to_owned());
            let (guest_id, owner_id) = (owner().map(|id| cut(&format!("_{id}"))), owner());
            let (user_id, who) = match (&invitation, password) {
                (Some(_), _) => (guest_id?, guest(INVITED)),
                (None, Some(password)) => (owner_id?, OfficeIdentity::Password(password.to_bytes())),
                (None, None) => (guest_id?, guest(name.or(jnj.player_name.as_deref()).unwrap_or(VISITOR))),
            };
            JoinRequest::Office { user_id, who, flags: flags::NORMAL, invitation }
        }
        CodeType::OfficePlayback => {
            let file = jnj.playback_filename.clone();
            let file =
                file.ok_or_else(|| "the jnj names no recording: ask its third party for a new one".to_owned())?;
            let password =
                password.ok_or_else(|| "the recordings of a web office need their owner's password".to_owned())?;
            JoinRequest::OfficePlayback { user_id: owner()?, password: password.to_bytes(), file }
        }
    })
}

/// How 33/14 is laid out for a jnj (wire/05 section 5.6).
pub(super) fn info_layout(jnj: &Jnj) -> InfoLayout {
    match jnj.codetype {
        CodeType::OfficePlayback | CodeType::HitSharedRecording => InfoLayout::Fixed,
        CodeType::Hit | CodeType::OfficeMeeting => InfoLayout::Hit,
    }
}

/// A guest's id is cut to 127 characters (wire/01 section 5.2).
fn cut(id: &str) -> String {
    id.chars().take(127).collect()
}

/// What we call ourselves in parameter 10003; the known client says `WEB`.
const CLIENT_TYPE: &str = "HITDECK";

/// How the known client names a guest with an invitation, and ours one without a name.
const INVITED: &str = "Invited Guest";
const VISITOR: &str = "Guest";

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> KeyMaterial {
        KeyMaterial::from_parts([1; 40], [2; 20])
    }

    fn jnj(text: &str) -> Jnj {
        Jnj::parse(format!("ip=127.0.0.1\nportm=2333\n{text}").as_bytes()).unwrap()
    }

    #[test]
    fn a_first_connection_shows_no_ticket_and_a_later_one_shows_all_in_the_known_order() {
        let jnj = jnj("codetype=13\nuserinfo=A|B|C|D\nplayer_name=Joe\nmake_recording=1\n");
        let mut memory = Memory::default();
        let shown = |memory: &Memory, mode| format!("{:?}", parameters(&jnj, mode, memory, None));
        assert_eq!(shown(&memory, Mode::Meeting), r#"[MakeRecording, ClientType("HITDECK"), PlayerName("Joe")]"#);
        memory.learn(&Fact::ReconnectName { name: b"ABCDEFGHIJKL".to_vec(), real_name: String::new() });
        memory.learn(&Fact::Identity { meeting_type: 1, random_id: 7 });
        memory.admitted(3, 77, keys());
        assert_eq!(
            shown(&memory, Mode::Meeting),
            r#"[ReconnectName(..), ReconnectTicket(..), MeetingIdentity(1, 7), MakeRecording, ClientType("HITDECK"), PlayerName("Joe")]"#
        );
        assert!(shown(&memory, Mode::Playback).starts_with("[ReconnectTicket(..), MakeRecording"));
    }

    #[test]
    fn a_reconnect_name_of_another_length_is_of_no_use() {
        let mut memory = Memory::default();
        memory.learn(&Fact::ReconnectName { name: b"short".to_vec(), real_name: String::new() });
        assert!(memory.name.is_none());
    }

    #[test]
    fn every_codetype_has_its_own_request() {
        let password = PasswordHash::of("secret");
        let office = jnj("codetype=4\nuserid=olive\n");
        let ask = |jnj: &Jnj, name, password| format!("{:?}", request(jnj, name, password).unwrap());
        assert_eq!(ask(&office, Some("Gus"), None), r#"Office("_olive", flags 0x38)"#);
        assert_eq!(ask(&office, None, Some(&password)), r#"Office("olive", flags 0x38)"#);
        let invited = jnj("codetype=4\nuserid=olive\ninvite_ticket=abc\n");
        match request(&invited, None, Some(&password)).unwrap() {
            JoinRequest::Office { invitation: Some(ticket), who: OfficeIdentity::Guest(name), .. } => {
                assert_eq!((ticket.as_str(), name.as_str()), ("abc", "Invited Guest"));
            }
            other => panic!("{other:?}"),
        }
        let recording = jnj("codetype=5\nuserid=olive\nplayback_filename=2026_11_23_09_41_000001\n");
        assert!(request(&recording, None, None).is_err(), "its password is asked for first");
        assert_eq!(need(&recording), Need::Password);
        assert_eq!(ask(&recording, None, Some(&password)), r#"OfficePlayback("olive", "2026_11_23_09_41_000001")"#);
        let shared = jnj("codetype=15\nuserinfo=A|B|C|D\nowner_passwd=key-of-a-browser\n");
        match request(&shared, None, None).unwrap() {
            JoinRequest::Shared { credential, .. } => assert_eq!(credential, ""),
            other => panic!("{other:?}"),
        }
        assert_eq!((info_layout(&shared), info_layout(&office)), (InfoLayout::Fixed, InfoLayout::Hit));
    }
}
