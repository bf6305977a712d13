//! Any item of a connection as people read it: the field's name for it, its fields, its bytes in clear.
//!
//! In: one whole item as it went over the wire, what kind of item it is, the keys of that moment. Out: [`Described`]. What must not be
//! seen is in neither fields nor bytes: passwords and their hashes, keys, tickets, reconnect names, userinfo, answers to challenges.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use super::clear::Span;
use super::conversation::ItemKind;
use super::fields::{Decoded, Keys, Reader};
use super::handshake::{self, Hello, SecondaryKind};
use super::join::{BeforeAdmission, JoinRequest, OfficeIdentity, PasswordAnswer, WaitKind};
use super::layout::Passed;
use super::message::{Alive, ToClient, ToServer};
use super::names::{name_of, number_at, number_of};
use super::parameters::{ClientParameter, ServerParameter};
use super::playback::{InfoLayout, PlaybackToClient};
use super::relay::{RelayPass, RelayRequest, RelayResult, RelayTarget};
use crate::hit::jnj::Mode;
use crate::hit::modp::Group;

/// An item for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What the field calls it, `CHAT_TEXT_TIME`.
    pub name: Cow<'static, str>,
    /// Name and value of each field, in the order of the item; a value has at most [`MAX_TEXT`] characters.
    pub fields: Vec<(Cow<'static, str>, String)>,
    /// The first [`MAX_BYTES`] bytes in clear, secrets replaced by [`MASK`].
    pub bytes: Vec<u8>,
    /// Where the specification describes it, `wire/02 section 6`.
    pub section: &'static str,
}

/// Describes one whole item. One that does not read as its kind is called UNKNOWN and shows none of its bytes.
pub fn describe(kind: ItemKind, item: &[u8], keys: &Keys) -> Described {
    let mut trail = Vec::new();
    let sheet = sheet(kind, item, keys, &mut trail).unwrap_or_else(|| {
        trail.clear();
        Sheet::new("UNKNOWN", "wire/02 section 0").field("length", item.len()).mask(0..item.len())
    });
    Described {
        name: sheet.name,
        fields: sheet.fields,
        bytes: bytes_shown(item, keys, &trail, &sheet.masked),
        section: sheet.section,
    }
}

/// The longest value of a field, in characters.
pub const MAX_TEXT: usize = 200;

/// So many bytes of an item are shown.
pub const MAX_BYTES: usize = 512;

/// Stands for each byte of a secret.
pub const MASK: u8 = b'*';

/// A description being written.
struct Sheet {
    name: Cow<'static, str>,
    section: &'static str,
    fields: Vec<(Cow<'static, str>, String)>,
    masked: Vec<Range<usize>>,
}

impl Sheet {
    fn new(name: &'static str, section: &'static str) -> Sheet {
        Sheet { name: name.into(), section, fields: Vec::new(), masked: Vec::new() }
    }

    /// Named after the command that the item starts with.
    fn of(item: &[u8]) -> Sheet {
        match name_of(item) {
            Some(named) => Sheet::new(named.name, named.section),
            None => Sheet::new("UNKNOWN", "wire/02 section 1"),
        }
    }

    fn field(mut self, name: &'static str, value: impl Display) -> Sheet {
        self.fields.push((name.into(), value_shown(&value.to_string())));
        self
    }

    fn maybe(self, name: &'static str, value: Option<impl Display>) -> Sheet {
        value.into_iter().fold(self, |sheet, value| sheet.field(name, value))
    }

    fn list<T: Display>(self, name: &'static str, values: &[T]) -> Sheet {
        // No more of them can be seen.
        let seen: Vec<String> = values.iter().take(MAX_TEXT).map(T::to_string).collect();
        self.field(name, seen.join(", "))
    }

    fn hidden(self, name: &'static str, length: usize) -> Sheet {
        self.field(name, format!("hidden, {length} bytes"))
    }

    fn mask(mut self, range: Range<usize>) -> Sheet {
        self.masked.push(range);
        self
    }

    /// Masks an encrypted field.
    fn mask_span(self, span: Option<&Span>) -> Sheet {
        match span {
            Some(span) => self.mask(range_of(span)),
            None => self,
        }
    }
}

fn sheet(kind: ItemKind, item: &[u8], keys: &Keys, trail: &mut Vec<Span>) -> Option<Sheet> {
    // Where all that is encrypted is secret, it is not decrypted in the first place.
    const SEALED: &Keys = &Keys::CLEAR;
    let exchange = |name| Sheet::new(name, "wire/01 section 2.1");
    Some(match kind {
        ItemKind::Hello => hello(&whole(item, keys, trail, Hello::decode)?),
        ItemKind::ServerVersion => {
            let version = whole(item, keys, trail, handshake::decode_server_version)?;
            exchange("SERVER_VERSION").field("version", String::from_utf8_lossy(&version))
        }
        ItemKind::ClientPublicKey => {
            let (group, public) = whole(item, keys, trail, handshake::decode_client_public)?;
            let group = match group {
                Group::Modp2048 => "2048 bit",
                Group::Modp1024 => "1024 bit",
            };
            exchange("CLIENT_PUBLIC_KEY").field("group", group).field("length", public.len())
        }
        ItemKind::ServerPublicKey => {
            let public = whole(item, keys, trail, handshake::decode_server_public)?;
            exchange("SERVER_PUBLIC_KEY").field("length", public.len())
        }
        ItemKind::ServerParameter => server_parameter(whole(item, keys, trail, ServerParameter::decode)?),
        ItemKind::ClientBlock => Sheet::new("CLIENT_PARAMETERS", "wire/01 section 4"),
        ItemKind::ClientParameter => {
            let sheet = client_parameter(whole(item, SEALED, trail, ClientParameter::decode)?);
            trail.clear();
            sheet
        }
        ItemKind::JoinRequest => {
            let request = whole(item, keys, trail, JoinRequest::decode)?;
            join_request(&request, item, trail)
        }
        ItemKind::BeforeAdmission => before_admission(item, trail)?,
        ItemKind::PasswordAnswer => {
            let sheet = Sheet::new("PASSWORD_ANSWER", "wire/01 section 6.1");
            match whole(item, SEALED, trail, PasswordAnswer::decode)? {
                PasswordAnswer::Given(hash) => sheet.hidden("password", hash.len()).mask_span(trail.first()),
                PasswordAnswer::Cancelled => sheet.field("answer", "cancelled"),
            }
        }
        ItemKind::WaitAnswer => {
            let length = whole(item, keys, trail, |r| r.i32())?;
            Sheet::new("WAIT_ANSWER", "wire/01 section 6.2").field("length", length)
        }
        ItemKind::ToServer => meeting::to_server(whole(item, keys, trail, ToServer::decode)?, item),
        ItemKind::ToClient if item.first() == Some(&b'0') => before_admission(item, trail)?,
        ItemKind::ToClient => {
            let decoded = whole(item, keys, trail, ToClient::decode)
                .or_else(|| whole(item, keys, trail, |r| ToClient::decode_playback(InfoLayout::Hit, r)))
                .or_else(|| whole(item, keys, trail, |r| ToClient::decode_playback(InfoLayout::Fixed, r)));
            meeting::to_client(decoded?, item)
        }
        ItemKind::Challenge => Sheet::new("CHALLENGE", "wire/01 section 8").field("length", item.len()),
        ItemKind::ChallengeAnswer => {
            Sheet::new("CHALLENGE_ANSWER", "wire/01 section 8").hidden("answer", item.len()).mask(0..item.len())
        }
        ItemKind::RelayRequest => {
            let request = whole(item, keys, trail, |r| {
                if r.data().first() == Some(&b'~') {
                    r.u8()?;
                }
                RelayRequest::decode(r)
            });
            relay_request(request?)
        }
        ItemKind::RelayResult => {
            let result = whole(item, keys, trail, RelayResult::decode)?;
            relay("RELAY_RESULT").field("result", item.first().copied().unwrap_or_default()).field("meaning", result)
        }
        ItemKind::RelayTarget => {
            let target = whole(item, keys, trail, RelayTarget::decode)?;
            relay("RELAY_TARGET").field("host", target.host).field("port", target.port)
        }
        ItemKind::RelayPass => {
            let pass = whole(item, keys, trail, |r| RelayPass::decode(item.len() > 4, r))?;
            relay("RELAY_PASS").field("relay_id", pass.relay_id).maybe("address", pass.address)
        }
        ItemKind::Unknown => return None,
    })
}

/// Reads an item that must have nothing behind it.
fn whole<'a, T>(
    item: &'a [u8],
    keys: &'a Keys,
    trail: &mut Vec<Span>,
    read: impl FnOnce(&mut Reader<'_>) -> Decoded<T>,
) -> Option<T> {
    trail.clear();
    let mut reader = Reader::tracing(item, keys, trail);
    let decoded = read(&mut reader).ok()?;
    (reader.taken() == item.len()).then_some(decoded)
}

fn hello(hello: &Hello) -> Sheet {
    let start = |name| Sheet::new(name, "wire/01 section 1.4");
    match hello {
        Hello::Control { major, minor } => start("HELLO").field("version", format!("{major}.{minor}")),
        Hello::Lists => start("HELLO LISTS"),
        Hello::Relay => start("HELLO RELAY"),
        Hello::Secondary(secondary) => {
            let name = match secondary.kind {
                SecondaryKind::Media => "HELLO MEDIA",
                SecondaryKind::PlaybackMedia => "HELLO PLAYBACK MEDIA",
                SecondaryKind::SlideUpload => "HELLO SLIDE UPLOAD",
                SecondaryKind::SlideDownload => "HELLO SLIDE DOWNLOAD",
                SecondaryKind::PlaybackSlideDownload => "HELLO PLAYBACK SLIDE DOWNLOAD",
            };
            start(name).field("session_index", secondary.session_index).field("id", secondary.id)
        }
    }
}

fn server_parameter(parameter: Option<ServerParameter>) -> Sheet {
    let entry = |name| Sheet::new(name, "wire/01 section 3");
    match parameter {
        None => entry("END_OF_PARAMETERS"),
        Some(ServerParameter::Cipher(cipher)) => entry("CIPHER").field("cipher", cipher),
        Some(ServerParameter::Tick(tick)) => entry("SERVER_TICK").field("tick", tick),
        Some(ServerParameter::CodePage(page)) => entry("UTF8_SUPPORT").field("code_page", page),
        Some(ServerParameter::AcceptClientParameters) => entry("ACCEPT_CLIENT_PARAMETER"),
        Some(ServerParameter::Other(id, length)) => entry("SERVER_PARAMETER").field("id", id).field("length", length),
    }
}

fn client_parameter(parameter: Option<ClientParameter>) -> Sheet {
    let entry = |name| Sheet::new(name, "wire/01 section 4");
    let data = |length: usize| PARAMETER_DATA..PARAMETER_DATA.saturating_add(length);
    match parameter {
        None => entry("END_OF_PARAMETERS"),
        Some(ClientParameter::ReconnectTicket(ticket)) => {
            entry("RECONNECT_TICKET").hidden("ticket", ticket.len()).mask(data(ticket.len()))
        }
        Some(ClientParameter::Relay(ip, port)) => {
            entry(if ip.is_ipv4() { "RELAY_IPV4" } else { "RELAY_IPV6" }).field("address", ip).field("port", port)
        }
        Some(ClientParameter::ClientType(text)) => entry("CLIENT_TYPE").field("type", text),
        Some(ClientParameter::PlayerName(text)) => entry("PLAYER_NAME").field("name", text),
        Some(ClientParameter::MakeRecording) => entry("MAKE_RECORDING"),
        Some(ClientParameter::MeetingIdentity { meeting_type, random_id }) => {
            entry("MEETING_IDENTITY").field("meeting_type", meeting_type).field("random_id", random_id)
        }
        Some(ClientParameter::ReconnectName(name)) => {
            entry("RECONNECT_NAME").hidden("name", name.len()).mask(data(name.len()))
        }
        // Whatever a client may keep there: nobody has said that it is no credential.
        Some(ClientParameter::Other(id, length)) => {
            entry("CLIENT_PARAMETER").field("id", id).hidden("data", length).mask(data(length))
        }
    }
}

fn join_request(request: &JoinRequest, item: &[u8], trail: &[Span]) -> Sheet {
    let action = item.first().copied().map(char::from).unwrap_or_default();
    let sheet = Sheet::new("JOIN_REQUEST", "wire/01 section 5").field("action", action);
    match request {
        JoinRequest::Hit { flags, .. } => {
            let length = length_at(item, 1);
            sheet.hidden("userinfo", length).field("flags", format!("{flags:#04x}")).mask(5..5 + length)
        }
        JoinRequest::Shared { .. } => {
            let userinfo = length_at(item, 1);
            let credential = length_at(item, 5 + userinfo);
            sheet.hidden("userinfo", userinfo).hidden("credential", credential).mask(5..item.len())
        }
        JoinRequest::Office { user_id, who, flags, invitation } => {
            let sheet = sheet.field("user_id", user_id);
            let sheet = match who {
                OfficeIdentity::Guest(name) => sheet.field("guest", name),
                OfficeIdentity::Password(hash) => sheet.hidden("password", hash.len()).mask_span(trail.get(1)),
            };
            let sheet = sheet.field("flags", format!("{flags:#04x}"));
            match invitation {
                Some(_) => {
                    let span = trail.get(2);
                    sheet.hidden("invitation", span.map_or(0, |span| range_of(span).len())).mask_span(span)
                }
                None => sheet,
            }
        }
        JoinRequest::OfficePlayback { user_id, password, file } => sheet
            .field("user_id", user_id)
            .hidden("password", password.len())
            .field("file", file)
            .mask_span(trail.get(1)),
        JoinRequest::Other(_) => sheet,
    }
}

fn before_admission(item: &[u8], trail: &mut Vec<Span>) -> Option<Sheet> {
    let mode = if item.len() == PLAYBACK_INFO { Mode::Playback } else { Mode::Meeting };
    // All that is encrypted here is the meeting's key.
    let answer = whole(item, &Keys::CLEAR, trail, |r| BeforeAdmission::decode_in(mode, r))?;
    let sheet = Sheet::of(item);
    Some(match answer {
        BeforeAdmission::PasswordWanted => sheet.field("kind", 0),
        BeforeAdmission::Wait { kind, owner } => {
            let kind = match kind {
                WaitKind::LeaveMessageAbsent => "absent, leave a message?",
                WaitKind::Permission => "permission is asked",
                WaitKind::LeaveMessageBusy => "busy, leave a message?",
            };
            sheet.field("kind", kind).field("owner", owner)
        }
        BeforeAdmission::Mode(mode) => sheet.field("mode", mode),
        BeforeAdmission::RecordingPasswordWanted(again) => sheet.field("state", again),
        BeforeAdmission::Admitted(info) => sheet
            .field("status", "success")
            .field("ssrc", info.ssrc)
            .field("session_index", info.session_index)
            .field("max_bandwidth", info.max_bandwidth)
            .hidden("meeting_iv", info.meeting.iv().len())
            .hidden("meeting_key", info.meeting.key().len())
            .field("elapsed_ms", info.elapsed_ms)
            .mask_span(trail.first())
            .mask_span(trail.get(1)),
        BeforeAdmission::Playing(start) => sheet
            .field("status", "success")
            .field("playback_id", start.playback_id)
            .field("session_index", start.session_index),
        BeforeAdmission::Refused(refusal) => {
            sheet.field("status", refusal.status()).field("meaning", refusal.meaning())
        }
    })
}

fn playback(sheet: Sheet, message: PlaybackToClient) -> Sheet {
    match message {
        PlaybackToClient::Restart | PlaybackToClient::End | PlaybackToClient::Unknown => sheet,
        PlaybackToClient::Info(info) => {
            let [year, month, day, hour, minute] = info.recorded_at;
            sheet
                .field("bandwidth_kbit", info.bandwidth_kbit)
                .field("start", info.start)
                .field("end", info.end)
                .field("recorded_at", format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"))
                .list("names", &info.names)
        }
        PlaybackToClient::Tick(tick) => sheet.field("tick", tick),
        PlaybackToClient::Decryption(status) => sheet.field("status", status),
        PlaybackToClient::DecryptionProgress(percent) => sheet.field("percent", percent),
        // The same number means something else in the other direction.
        PlaybackToClient::Property(xml) => Sheet::new("PROPERTY", "wire/05 section 5.5").field("xml", xml),
        PlaybackToClient::MeetingInfo(info) => sheet.field("info", String::from_utf8_lossy(&info)),
    }
}

fn passed_over(sheet: Sheet, passed: Passed, item: &[u8]) -> Sheet {
    let sheet = Sheet { name: passed.name.into(), ..sheet };
    sheet.field("command", number_of(item)).field("length", item.len())
}

fn relay(name: &'static str) -> Sheet {
    Sheet::new(name, "wire/01 section 9")
}

fn relay_request(request: RelayRequest) -> Sheet {
    let sheet = relay("RELAY_REQUEST");
    let sheet = match request {
        RelayRequest::Control { by_name } => sheet.field("wants", "control").field("by_name", by_name),
        RelayRequest::Media(_) => sheet.field("wants", "media"),
        RelayRequest::SlideDownload(_, slide) => sheet.field("wants", "slide download").field("slide", slide),
        RelayRequest::SlideUpload(_) => sheet.field("wants", "slide upload"),
        RelayRequest::Admitted(_, ssrc) => sheet.field("wants", "says that it is admitted").field("ssrc", ssrc),
        RelayRequest::WantsMedia(_, one) => sheet.field("wants", "says that media follow").field("value", one),
    };
    match request.ride() {
        Some(ride) => sheet.field("relay_id", ride.relay_id).field("session_index", ride.session_index),
        None => sheet,
    }
}

fn alive_kind(sheet: Sheet, alive: Alive) -> Sheet {
    sheet.field(
        "kind",
        match alive {
            Alive::Probe => "probe",
            Alive::Answer => "answer",
        },
    )
}

fn capability(bits: u8) -> &'static str {
    match bits & 3 {
        0 => "none",
        1 => "audio",
        2 => "video",
        _ => "audio and video",
    }
}

/// A length within an item that has been read already.
fn length_at(item: &[u8], at: usize) -> usize {
    let length = number_at(item, at).and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    length.min(item.len())
}

fn range_of(span: &Span) -> Range<usize> {
    let start = usize::try_from(span.offset).unwrap_or(usize::MAX);
    start..start.saturating_add(usize::try_from(span.length).unwrap_or(usize::MAX))
}

/// A value, cut, without a password that somebody typed as a command (wire/02 section 6).
fn value_shown(value: &str) -> String {
    let value = match value.split_once(TYPED_PASSWORD) {
        Some((before, _)) => Cow::Owned(format!("{before}{TYPED_PASSWORD}(hidden)")),
        None => Cow::Borrowed(value),
    };
    match value.char_indices().nth(MAX_TEXT) {
        None => value.into_owned(),
        Some(_) => value.chars().take(MAX_TEXT - 1).chain(['…']).collect(),
    }
}

/// The first bytes of an item in clear, with what is secret masked.
fn bytes_shown(item: &[u8], keys: &Keys, encrypted: &[Span], masked: &[Range<usize>]) -> Vec<u8> {
    let mut shown = item.get(..item.len().min(MAX_BYTES)).unwrap_or_default().to_vec();
    let end = shown.len();
    let within = |range: &Range<usize>| range.start.min(end)..range.end.min(end);
    for span in encrypted {
        // The cipher goes from the first byte on, so that the front of a field reads without its end.
        let Some(run) = shown.get_mut(within(&range_of(span))) else { continue };
        if let Some(cipher) = keys.of(span.key) {
            cipher.decrypt(run);
        }
        let typed = run.windows(TYPED_PASSWORD.len()).position(|seen| seen == TYPED_PASSWORD.as_bytes());
        if let Some(password) = typed.and_then(|at| run.get_mut(at + TYPED_PASSWORD.len()..)) {
            password.fill(MASK);
        }
    }
    for range in masked {
        if let Some(run) = shown.get_mut(within(range)) {
            run.fill(MASK);
        }
    }
    shown
}

/// What follows is a password; the known client hides it too.
const TYPED_PASSWORD: &str = "__command: dummypassword ";

/// Where the data of a parameter begin: behind length and id.
const PARAMETER_DATA: usize = 8;

/// Where the payload of an extended command begins.
const EXTENSION_DATA: usize = 5;

/// INITIAL_INFO of a playback has so many bytes (wire/05 section 4.1).
const PLAYBACK_INFO: usize = 18;

#[path = "describe_meeting.rs"]
mod meeting;

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
