//! Messages for people: the field's name of each, its fields in words, its bytes with everything secret masked.
//!
//! In: a decoded item. Out: a [`Described`]. Keys, tickets, reconnect names, passwords and userinfos come out as their length at most,
//! in the fields and in the bytes.

use super::chat::{ChatToClient, ChatToServer};
use super::cipher::CipherName;
use super::clear::Clear;
use super::facts::Fact;
use super::fields::{Keys, decode};
use super::floor::{FloorToClient, FloorToServer};
use super::handshake::Secondary;
use super::join::{BeforeAdmission, JoinRequest, OfficeIdentity, PasswordAnswer};
use super::layout::Passed;
use super::message::{Alive, End, ToClient, ToServer};
use super::parameters::ClientParameter;
use super::playback::{PlaybackToClient, PlaybackToServer};
use super::users::{UserToClient, UserToServer};

/// An item in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name in wire/02 section 1, or what it is before admission.
    pub name: &'static str,
    /// Its fields in order: name and value, each value of at most 200 characters.
    pub fields: Vec<(&'static str, String)>,
    /// Its bytes in clear, at most 512; what is secret is `*`. Empty where the whole item is secret.
    pub bytes: Vec<u8>,
    /// How long it is on the wire.
    pub size: usize,
    /// Where the specification has it.
    pub section: &'static str,
}

impl Described {
    /// An item of which only these words are shown.
    pub fn new(name: &'static str, section: &'static str, fields: Vec<(&'static str, String)>) -> Described {
        Described { name, fields, bytes: Vec::new(), size: 0, section }
    }

    /// With its bytes.
    fn of(self, clear: &Clear) -> Described {
        let mut bytes = clear.bytes.clone();
        bytes.truncate(MAX_BYTES);
        Described { bytes, size: clear.bytes.len(), ..self }
    }

    /// With its bytes, those from `from` on masked.
    fn masked_from(self, clear: &Clear, from: usize) -> Described {
        let mut described = self.of(clear);
        described.bytes.iter_mut().skip(from).for_each(|byte| *byte = MASK);
        described
    }

    /// With its bytes, every span that the wire encrypts masked.
    fn masked_spans(self, clear: &Clear) -> Described {
        let mut described = self.of(clear);
        for span in &clear.spans {
            let from = usize::try_from(span.offset).unwrap_or(usize::MAX);
            let length = usize::try_from(span.length).unwrap_or(usize::MAX);
            described.bytes.iter_mut().skip(from).take(length).for_each(|byte| *byte = MASK);
        }
        described
    }

    /// With its length only.
    fn secret(self, clear: &Clear) -> Described {
        Described { size: clear.bytes.len(), ..self }
    }
}

/// The start of a control connection.
pub fn hello((major, minor): (i32, i32)) -> Described {
    Described::new("HELLO", "wire/01 section 2.1", vec![("kernel version", format!("{major}.{minor}"))])
}

/// The start of a connection beside a control connection.
pub fn secondary(secondary: &Secondary) -> Described {
    let Secondary { kind, session_index, id } = secondary;
    let fields =
        vec![("kind", format!("{kind:?}")), ("session index", session_index.to_string()), ("id", id.to_string())];
    Described::new("SECONDARY_HELLO", "wire/01 section 8", fields)
}

/// That keys were agreed; nothing of them.
pub fn agreed(server_version: &str, cipher: CipherName) -> Described {
    let fields =
        vec![("server version", shown(server_version)), ("cipher", cipher.to_string()), ("keys", HIDDEN.into())];
    Described::new("KEY_EXCHANGE", "wire/01 section 2", fields)
}

/// A message of a server as it goes out, under these keys.
pub fn sealed(bytes: &[u8], keys: &Keys) -> Described {
    if bytes.first() == Some(&b'0')
        && let Ok(Some((answer, _))) = decode(bytes, keys, BeforeAdmission::decode)
    {
        return before_admission(&answer);
    }
    match decode(bytes, keys, ToClient::decode) {
        Ok(Some((message, _))) => to_client(&message),
        Ok(None) | Err(_) => Described { size: bytes.len(), ..Described::new("UNREADABLE", "", vec![]) },
    }
}

/// A message of a client.
pub fn to_server(message: &ToServer) -> Described {
    let clear = message.encode();
    let (name, section, fields) = match message {
        ToServer::Alive(alive) => ("ALIVE", "wire/01 section 10.1", alive_fields(*alive)),
        ToServer::EndMeeting => ("SESSION_END", "wire/02 section 13", vec![]),
        ToServer::Chat(ChatToServer::Say { text }) => ("CHAT_TEXT", "wire/02 section 6", vec![("text", shown(text))]),
        ToServer::Chat(ChatToServer::Whisper { to, text }) => {
            ("PRIVATE_CHAT_TEXT", "wire/02 section 6", vec![ssrc("to", *to), ("text", shown(text))])
        }
        ToServer::User(user) => match user {
            UserToServer::Capability(bits) => ("CHANGE_CAP", USERS, vec![("capability", capability(*bits))]),
            UserToServer::VideoStatus(status) => ("VIDEOSENDING_STATUS", USERS, vec![("status", status.to_string())]),
            UserToServer::CodePage(page) => ("TEXT_CODEPAGE", USERS, vec![("code page", page.to_string())]),
            UserToServer::Disconnect(who) => ("DISCONNECT", "wire/02 section 4.4", vec![ssrc("ssrc", *who)]),
            UserToServer::Ban(who) => ("BAN_USER", "wire/02 section 4.4", vec![ssrc("ssrc", *who)]),
        },
        ToServer::Floor(FloorToServer::Token(target)) => ("TOKEN_UPDATE", TOKEN, vec![ssrc("to", *target)]),
        ToServer::Floor(FloorToServer::GiveOutToken { target, questioners }) => {
            ("GIVEOUT_TOKEN", TOKEN, vec![ssrc("to", *target), ("questioners", shown(&format!("{questioners:?}")))])
        }
        ToServer::Playback(wish) => return playback_wish(wish).of(&clear),
        ToServer::Passed(passed) => return self::passed(passed),
    };
    Described::new(name, section, fields).of(&clear)
}

/// A message of a server after admission.
pub fn to_client(message: &ToClient) -> Described {
    let clear = message.encode();
    let (name, section, fields) = match message {
        ToClient::Alive(alive) => ("ALIVE", "wire/01 section 10.1", alive_fields(*alive)),
        ToClient::Chat(chat) => return self::chat(chat).of(&clear),
        ToClient::User(user) => match user {
            UserToClient::Add(user) => (
                "USER_UPDATE",
                "wire/02 section 4.1",
                vec![
                    ("kind", "add".into()),
                    ssrc("ssrc", user.ssrc),
                    ("name", shown(&user.name)),
                    ("user id", shown(&user.user_id)),
                    ("capability", capability(user.capability)),
                    (
                        "version",
                        user.version.map_or_else(|| "none".into(), |(major, minor)| format!("{major}.{minor}")),
                    ),
                ],
            ),
            UserToClient::Delete { ssrc: who, by_action } => {
                let kind = if *by_action { "left" } else { "lost" };
                ("USER_UPDATE", "wire/02 section 4.1", vec![("kind", kind.into()), ssrc("ssrc", *who)])
            }
            UserToClient::Capability(who, bits) => {
                ("CHANGE_CAP", USERS, vec![ssrc("ssrc", *who), ("capability", capability(*bits))])
            }
            UserToClient::VideoStatus(who, status) => {
                ("VIDEOSENDING_STATUS", USERS, vec![ssrc("ssrc", *who), ("status", status.to_string())])
            }
            UserToClient::CodePage(who, page) => {
                ("TEXT_CODEPAGE", USERS, vec![ssrc("ssrc", *who), ("code page", page.to_string())])
            }
        },
        ToClient::Floor(floor) => return self::floor(floor).of(&clear),
        ToClient::Fact(fact) => return self::fact(fact, &clear),
        ToClient::Playback(playback) => return self::playback(playback).of(&clear),
        ToClient::End(End::SessionEnd) => ("SESSION_END", "wire/02 section 13", vec![]),
        ToClient::End(End::Disconnect) => ("DISCONNECT", "wire/02 section 4.4", vec![]),
        ToClient::End(End::Overwrite) => ("USER_OVERWRITE", "wire/02 section 13", vec![]),
        ToClient::Passed(passed) => return self::passed(passed),
    };
    Described::new(name, section, fields).of(&clear)
}

/// A server's answer before admission.
pub fn before_admission(answer: &BeforeAdmission) -> Described {
    let clear = answer.encode();
    match answer {
        BeforeAdmission::PasswordWanted => {
            Described::new("USERINFO2_DIRECTAUTH", "wire/01 section 6.1", vec![]).of(&clear)
        }
        BeforeAdmission::Wait { kind, owner } => {
            let fields = vec![("kind", format!("{kind:?}")), ("owner", shown(owner))];
            Described::new("WAIT_MESSAGE", "wire/01 section 6.2", fields).of(&clear)
        }
        BeforeAdmission::Mode(mode) => {
            Described::new("THIRDPARTY_MODE", "wire/01 section 6.3", vec![("mode", mode.to_string())]).of(&clear)
        }
        BeforeAdmission::RecordingPasswordWanted(state) => {
            Described::new("JNR_PASSWORD", "wire/05 section 3.2", vec![("state", state.to_string())]).of(&clear)
        }
        BeforeAdmission::Admitted(info) => {
            let fields = vec![
                ssrc("ssrc", info.ssrc),
                ("session index", info.session_index.to_string()),
                ("bandwidth", format!("{} bit/s", info.max_bandwidth)),
                ("elapsed", format!("{} ms", info.elapsed_ms)),
                ("meeting key", HIDDEN.into()),
            ];
            Described::new("INITIAL_INFO", "wire/01 section 7.1", fields).masked_spans(&clear)
        }
        BeforeAdmission::Playing(start) => {
            let fields = vec![
                ("playback id", start.playback_id.to_string()),
                ("session index", start.session_index.to_string()),
            ];
            Described::new("INITIAL_INFO", "wire/05 section 4.1", fields).of(&clear)
        }
        BeforeAdmission::Refused(refusal) => {
            let fields = vec![("refused", refusal.to_string())];
            Described::new("INITIAL_INFO", "wire/01 section 6.5", fields).of(&clear)
        }
    }
}

/// A client's join request.
pub fn join(request: &JoinRequest) -> Described {
    let userinfo = |text: &str| ("userinfo", format!("{HIDDEN}, {} bytes", text.len()));
    let (name, fields) = match request {
        JoinRequest::Hit { userinfo: text, flags } => {
            ("JOIN", vec![userinfo(text), ("flags", format!("{flags:#04x}"))])
        }
        JoinRequest::Shared { userinfo: text, .. } => ("JOIN SHARED", vec![userinfo(text)]),
        JoinRequest::Office { user_id, who, flags, invitation } => {
            let who = match who {
                OfficeIdentity::Guest(name) => shown(name),
                OfficeIdentity::Password(_) => format!("by password, {HIDDEN}"),
            };
            let invited = if invitation.is_some() { HIDDEN } else { "none" };
            let flags = ("flags", format!("{flags:#04x}"));
            ("JOIN OFFICE", vec![("user id", shown(user_id)), ("who", who), flags, ("invitation", invited.into())])
        }
        JoinRequest::OfficePlayback { user_id, file, .. } => (
            "JOIN OFFICE PLAYBACK",
            vec![("user id", shown(user_id)), ("file", shown(file)), ("password", HIDDEN.into())],
        ),
        JoinRequest::Other(action) => ("JOIN", vec![("action", char::from(*action).to_string())]),
    };
    Described::new(name, "wire/01 section 5", fields).secret(&request.encode())
}

/// A client's parameter.
pub fn client_parameter(parameter: &ClientParameter) -> Described {
    let clear = parameter.encode();
    let name = |name| Described::new(name, "wire/01 section 4", vec![]);
    let with = |name, field, value: String| Described::new(name, "wire/01 section 4", vec![(field, value)]).of(&clear);
    match parameter {
        ClientParameter::ReconnectTicket(_) => name("RECONNECT_TICKET").masked_from(&clear, 8),
        ClientParameter::ReconnectName(_) => name("RECONNECT_NAME").masked_from(&clear, 8),
        ClientParameter::Relay(ip, port) => with("RELAY", "address", format!("{ip} port {port}")),
        ClientParameter::ClientType(text) => with("CLIENT_TYPE", "type", shown(text)),
        ClientParameter::PlayerName(text) => with("PLAYER_NAME", "name", shown(text)),
        ClientParameter::MakeRecording => name("MAKE_RECORDING").of(&clear),
        ClientParameter::MeetingIdentity { meeting_type, random_id } => {
            with("MEETING_IDENTITY", "identity", format!("type {meeting_type}, id {random_id}"))
        }
        ClientParameter::Other(id, length) => Described::new(
            "PARAMETER",
            "wire/01 section 4",
            vec![("id", id.to_string()), ("length", length.to_string())],
        ),
    }
}

/// A client's answer to a password prompt.
pub fn password_answer(answer: &PasswordAnswer) -> Described {
    let what = match answer {
        PasswordAnswer::Given(_) => HIDDEN,
        PasswordAnswer::Cancelled => "cancelled",
    };
    Described::new("PASSWORD", "wire/01 section 6.1", vec![("password", what.into())]).secret(&answer.encode())
}

fn chat(chat: &ChatToClient) -> Described {
    const SECTION: &str = "wire/02 section 6";
    match chat {
        ChatToClient::Line { text, from, tick, date } => {
            let number = |n: Option<String>| n.unwrap_or_else(|| "unknown".into());
            let fields = vec![
                ssrc("from", *from),
                ("text", shown(text)),
                ("tick", number(tick.map(|tick| tick.to_string()))),
                ("date", number(date.map(|date| date.to_string()))),
            ];
            Described::new("CHAT_TEXT_TIME", SECTION, fields)
        }
        ChatToClient::Whisper { from, to, text } => Described::new(
            "PRIVATE_CHAT_TEXT",
            SECTION,
            vec![ssrc("from", *from), ssrc("to", *to), ("text", shown(text))],
        ),
        ChatToClient::WhisperOther { from, to, kind, value } => {
            let fields =
                vec![ssrc("from", *from), ssrc("to", *to), ("kind", kind.to_string()), ("value", value.to_string())];
            Described::new("PRIVATE_CHAT_TEXT", SECTION, fields)
        }
    }
}

fn floor(floor: &FloorToClient) -> Described {
    let (name, section, fields) = match floor {
        FloorToClient::Token(who) => ("TOKEN_UPDATE", TOKEN, vec![ssrc("holder", *who)]),
        FloorToClient::DataSender(who) => ("DATA_SENDER", "wire/02 section 5.3", vec![ssrc("sender", *who)]),
        FloorToClient::TokenOwner => ("TOKEN_OWNER_NOTIFY", "wire/02 section 5.1", vec![]),
        FloorToClient::Channels { video, audio } => (
            "PARTICIPANT_VIDEO",
            "wire/02 section 1.3",
            vec![("video", video.to_string()), ("audio", audio.to_string())],
        ),
        FloorToClient::Speaker { ssrc: who, channel, assigned } => (
            "PARTICIPANT_VIDEO",
            "wire/02 section 5.3",
            vec![
                ("speaker", if *assigned { "assigned" } else { "removed" }.into()),
                ssrc("ssrc", *who),
                ("channel", channel.to_string()),
            ],
        ),
        FloorToClient::Controller(who) => ("CONTROLLER_UPDATE", "wire/02 section 5.5", vec![ssrc("controller", *who)]),
        FloorToClient::ControlFlags(flags) => {
            ("MEETING_CONTROL", "wire/02 section 5.5", vec![("flags", format!("{flags:#x}"))])
        }
        FloorToClient::Assistant(who) => ("ASSIGN_ASSISTANT", "wire/02 section 5.5", vec![ssrc("assistant", *who)]),
    };
    Described::new(name, section, fields)
}

fn fact(fact: &Fact, clear: &Clear) -> Described {
    let one = |name, field, value: String| Described::new(name, FACTS, vec![(field, value)]).of(clear);
    let none = |name| Described::new(name, FACTS, vec![]).of(clear);
    match fact {
        Fact::MaxExtension(most) => one("EXTENSION_MAX_SUPPORT", "highest", most.to_string()),
        Fact::Identity { meeting_type, random_id } => {
            one("MEETING_INFO", "identity", format!("type {meeting_type}, id {random_id}"))
        }
        // It lets its holder back in.
        Fact::ReconnectName { real_name, .. } => {
            let fields = vec![("name", HIDDEN.to_owned()), ("real name", shown(real_name))];
            Described::new("RECONNECT_NAME", FACTS, fields).masked_from(clear, 9)
        }
        Fact::Duration(seconds) => one("FULL_DURATION", "seconds", seconds.to_string()),
        Fact::AudioCodecs(codecs) => one("AUDIO_PREFERENCE", "codecs", shown(&format!("{codecs:?}"))),
        Fact::VideoCodecs(codecs) => one("VIDEO_PREFERENCE", "codecs", shown(&format!("{codecs:?}"))),
        Fact::OpusRate(rate) => one("OPUS", "bit/s", rate.to_string()),
        Fact::Recording(state) => one("RECORDING_STATUS", "state", state.to_string()),
        Fact::NoRecording => none("JOINNET_NO_RECORDING"),
        Fact::RecordingPassword { can_set, .. } => one("JNR_PASSWORD", "can set", can_set.to_string()),
        Fact::RecordingPasswordState(state) => one("JNR_PASSWORD", "state", state.to_string()),
        Fact::MeetingId(id) => one("MEETINGID_NOTIFICATION", "meeting id", shown(id)),
        Fact::Title(title) => one("MEETING_TITLE", "title", shown(title)),
        Fact::TerminationWarning => none("TERMINATION_WARNING"),
        Fact::ServerShutdown => none("SERVER_SHUTDOWN"),
        Fact::Initialised(flags) => one("SIP_CAP", "flags", flags.to_string()),
    }
}

fn playback_wish(wish: &PlaybackToServer) -> Described {
    let (what, value) = match wish {
        PlaybackToServer::Repeat(on) => ("repeat", on.to_string()),
        PlaybackToServer::Pause => ("pause", String::new()),
        PlaybackToServer::Seek(tick) => ("seek", format!("{tick} ms")),
        PlaybackToServer::Play => ("play", String::new()),
        PlaybackToServer::BothVideo(both) => ("both videos", both.to_string()),
        PlaybackToServer::Speed(percent) => ("speed", format!("{percent} %")),
    };
    Described::new("PLAYBACK", "wire/05 section 6", vec![(what, value)])
}

fn playback(playback: &PlaybackToClient) -> Described {
    let (name, fields) = match playback {
        PlaybackToClient::Restart => ("PLAYBACK RESTART", vec![]),
        PlaybackToClient::Info(info) => (
            "PLAYBACK MEETING_INFO",
            vec![
                ("start", format!("{} ms", info.start)),
                ("end", format!("{} ms", info.end)),
                ("people", shown(&info.names.join(", "))),
            ],
        ),
        PlaybackToClient::Tick(tick) => ("PLAYBACK TICK", vec![("position", format!("{tick} ms"))]),
        PlaybackToClient::Decryption(status) => ("PLAYBACK DECRYPTION_STATUS", vec![("status", status.to_string())]),
        PlaybackToClient::DecryptionProgress(percent) => {
            ("PLAYBACK DECRYPTION_PROGRESS", vec![("percent", percent.to_string())])
        }
        PlaybackToClient::Property(xml) => ("PLAYBACK PROPERTY", vec![("document", shown(xml))]),
        PlaybackToClient::MeetingInfo(info) => {
            ("PLAYBACK JNR_MEETINGINFO", vec![("info", shown(&String::from_utf8_lossy(info)))])
        }
        PlaybackToClient::End => ("END_OF_RECORDINGFILE", vec![]),
        PlaybackToClient::Unknown => ("UNKNOWN_RECORDING", vec![]),
    };
    Described::new(name, "wire/05 section 5", fields)
}

/// What is passed over is shown as it came, unless it may hold a password.
fn passed(passed: &Passed) -> Described {
    let described = Described::new(
        passed.name,
        "wire/02 section 1",
        vec![("passed over", format!("{} bytes", passed.bytes.len()))],
    );
    let clear = Clear::new().raw(&passed.bytes);
    if passed.name == "JNR_PASSWORD" { described.secret(&clear) } else { described.of(&clear) }
}

fn alive_fields(alive: Alive) -> Vec<(&'static str, String)> {
    let kind = match alive {
        Alive::Probe => "probe",
        Alive::Answer => "answer",
    };
    vec![("kind", kind.into())]
}

fn ssrc(field: &'static str, number: i32) -> (&'static str, String) {
    (field, if number < 0 { "nobody".into() } else { number.to_string() })
}

fn capability(bits: u8) -> String {
    match bits & 3 {
        0 => "none",
        1 => "audio",
        2 => "video",
        _ => "audio and video",
    }
    .to_owned()
}

fn shown(text: &str) -> String {
    if text.chars().count() <= MAX_TEXT {
        text.to_owned()
    } else {
        text.chars().take(MAX_TEXT).chain(['…']).collect()
    }
}

const USERS: &str = "wire/02 section 4.3";
const TOKEN: &str = "wire/02 section 5.2";
const FACTS: &str = "wire/01 section 7.4";
const HIDDEN: &str = "hidden";
const MASK: u8 = b'*';
const MAX_TEXT: usize = 200;
const MAX_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::super::cipher::KeyMaterial;
    use super::super::join::InitialInfo;
    use super::*;

    /// Nothing of the secret, in the fields or the bytes.
    fn hides(described: &Described, secret: &[u8]) {
        let text = format!("{:?}", described.fields);
        assert!(!text.contains(&*String::from_utf8_lossy(secret)), "{described:?}");
        assert!(!described.bytes.windows(secret.len()).any(|bytes| bytes == secret), "{described:?}");
    }

    #[test]
    fn no_secret_is_in_a_description() {
        let secret = b"SECRETSECRET";
        let text = "SECRETSECRET".to_owned();
        let mut ticket = [0; 72];
        ticket[12..24].copy_from_slice(secret);
        let mut hash = [0; 20];
        hash[4..16].copy_from_slice(secret);
        let mut key = [0; 40];
        key[..12].copy_from_slice(secret);
        let info = InitialInfo {
            ssrc: 0,
            session_index: 7,
            max_bandwidth: 1,
            meeting: KeyMaterial::from_parts(key, hash),
            elapsed_ms: 0,
        };
        for described in [
            join(&JoinRequest::Hit { userinfo: text.clone(), flags: 0x38 }),
            join(&JoinRequest::Shared { userinfo: text.clone(), credential: text.clone() }),
            join(&JoinRequest::Office {
                user_id: "olive".into(),
                who: OfficeIdentity::Password(hash),
                flags: 0,
                invitation: Some(text.clone()),
            }),
            join(&JoinRequest::OfficePlayback { user_id: "olive".into(), password: hash, file: "f".into() }),
            client_parameter(&ClientParameter::ReconnectTicket(ticket)),
            client_parameter(&ClientParameter::ReconnectName(*secret)),
            password_answer(&PasswordAnswer::Given(hash)),
            before_admission(&BeforeAdmission::Admitted(Box::new(info))),
            to_client(&ToClient::Fact(Fact::ReconnectName { name: secret.to_vec(), real_name: "Olive".into() })),
            to_server(&ToServer::Passed(Passed { name: "JNR_PASSWORD", bytes: secret.to_vec() })),
        ] {
            hides(&described, secret);
            assert!(described.size > 0, "{described:?}");
        }
    }

    #[test]
    fn a_chat_line_has_its_name_its_text_and_its_bytes() {
        let described = to_client(&ToClient::Chat(ChatToClient::Line {
            text: "Olive>嗨".into(),
            from: 0,
            tick: Some(61_000),
            date: None,
        }));
        assert_eq!((described.name, described.section), ("CHAT_TEXT_TIME", "wire/02 section 6"));
        assert_eq!(described.fields[1], ("text", "Olive>嗨".into()));
        assert_eq!(described.bytes[..5], [0x7a, 0, 0, 0, 93]);
        let long = to_server(&ToServer::Chat(ChatToServer::Say { text: "x".repeat(2000) }));
        assert_eq!((long.fields[0].1.chars().count(), long.bytes.len(), long.size), (MAX_TEXT + 1, MAX_BYTES, 2005));
    }
}
