//! Tests of describe: everything has a name and fields, and no secret comes through.

use proptest::prelude::*;

use super::*;
use crate::wire::admission::{OwnerResponse, ShadowJoinRequest};
use crate::wire::board::{BoardToClient, Slide};
use crate::wire::chat::{ChatToClient, ChatToServer};
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::clear::{Clear, SpanKey};
use crate::wire::control::{ControlToServer, Suppress, Suppressed};
use crate::wire::facts::{Fact, Secret};
use crate::wire::fields::{EXTENSION, decode};
use crate::wire::floor::{ControlFlags, FloorToClient, FloorToServer};
use crate::wire::follow::{FullScreen, Page};
use crate::wire::handshake::Secondary;
use crate::wire::join::{InitialInfo, PlaybackStart};
use crate::wire::message::End;
use crate::wire::parameters;
use crate::wire::playback::{PlaybackToServer, RecordingInfo};
use crate::wire::poll::{PollKind, PollToClient, PollToServer};
use crate::wire::refusal::Refusal;
use crate::wire::relay::Ride;
use crate::wire::side::{SideToClient, SideToServer};
use crate::wire::users::{UserRecord, UserToClient, UserToServer};

const KINDS: &[ItemKind] = &[
    ItemKind::Hello,
    ItemKind::ServerVersion,
    ItemKind::ClientPublicKey,
    ItemKind::ServerPublicKey,
    ItemKind::ServerParameter,
    ItemKind::ClientBlock,
    ItemKind::ClientParameter,
    ItemKind::JoinRequest,
    ItemKind::BeforeAdmission,
    ItemKind::PasswordAnswer,
    ItemKind::WaitAnswer,
    ItemKind::ToServer,
    ItemKind::ToClient,
    ItemKind::Challenge,
    ItemKind::ChallengeAnswer,
    ItemKind::RelayRequest,
    ItemKind::RelayResult,
    ItemKind::RelayTarget,
    ItemKind::RelayPass,
    ItemKind::Unknown,
];

fn keys() -> Keys {
    let cipher = |byte| Some(Cipher::new(CipherName::Aes256, &KeyMaterial::from_parts([byte; 40], [byte; 20])));
    Keys { control: cipher(3), meeting: cipher(5) }
}

/// As it is described when it comes over the wire; its name, and its fields as `name=value`.
fn seen(kind: ItemKind, clear: &Clear) -> (String, Vec<String>) {
    let keys = keys();
    let described = describe(kind, &clear.seal(&keys), &keys);
    assert!(described.section.starts_with("wire/0"), "{described:?}");
    assert!(described.bytes.len() == clear.bytes.len().min(MAX_BYTES), "{described:?}");
    let fields = described.fields.iter().map(|(name, value)| format!("{name}={value}"));
    (described.name.clone().into_owned(), fields.collect())
}

#[test]
fn every_message_to_a_server_has_its_name_and_fields() {
    use crate::wire::follow::Follow as F;
    use ToServer::{Alive as A, Chat, Control, EndMeeting, Floor, Follow, Passed as P, Playback, Poll, Side, User};
    let answer = PollToServer::Answer { kind: PollKind::Tutor, answer: 3 };
    let quiet = Suppress { what: Suppressed::Audio, ssrc: -1, on: 1 };
    let sip = SideToServer::SipAnswer { uri: "sip:a".into(), ssrc: 1, code: 0 };
    let flip = Passed { name: "FLIP", bytes: b"A\0\0\0\x02".to_vec() };
    let given = FloorToServer::GiveOutToken { target: 2, questioners: vec![3, 4] };
    for (message, name, fields) in [
        (A(Alive::Answer), "ALIVE", &["kind=answer"][..]),
        (EndMeeting, "SESSION_END", &[]),
        (Chat(ChatToServer::Say { text: "hi 會".into() }), "CHAT_TEXT", &["text=hi 會"]),
        (Chat(ChatToServer::Whisper { to: 2, text: "psst".into() }), "PRIVATE_CHAT_TEXT", &["to=2", "text=psst"]),
        (User(UserToServer::Capability(3)), "CHANGE_CAP", &["capability=audio and video"]),
        (User(UserToServer::VideoStatus(2)), "VIDEOSENDING_STATUS", &["status=2"]),
        (User(UserToServer::CodePage(65_001)), "TEXT_CODEPAGE", &["code_page=65001"]),
        (User(UserToServer::Disconnect(4)), "DISCONNECT", &["ssrc=4"]),
        (User(UserToServer::Ban(4)), "BAN_USER", &["ssrc=4"]),
        (Floor(FloorToServer::Token(-1)), "TOKEN_UPDATE", &["ssrc=-1"]),
        (Floor(given), "GIVEOUT_TOKEN", &["ssrc=2", "questioners=3, 4"]),
        (Floor(FloorToServer::DataSender(1)), "DATA_SENDER", &["ssrc=1"]),
        (Floor(FloorToServer::Ask { ssrc: 1, text: "Yes".into() }), "QUESTION_REQUEST", &["ssrc=1", "text=Yes"]),
        (Floor(FloorToServer::Withdraw(1)), "END_QUESTION_REQUEST", &["ssrc=1"]),
        (Floor(FloorToServer::Skip(1)), "SKIP_QUESTION", &["ssrc=1"]),
        (Floor(FloorToServer::AssignSpeaker(1)), "PARTICIPANT_VIDEO", &["kind=assign speaker", "ssrc=1"]),
        (Floor(FloorToServer::StopSpeaker(1)), "PARTICIPANT_VIDEO", &["kind=stop speaker", "ssrc=1"]),
        (Floor(FloorToServer::Controller(-1)), "CONTROLLER_UPDATE", &["ssrc=-1"]),
        (Floor(FloorToServer::ControlFlags(ControlFlags(0))), "MEETING_CONTROL", &["flags=0x0"]),
        (Floor(FloorToServer::Assistant(2)), "ASSIGN_ASSISTANT", &["ssrc=2"]),
        (Poll(PollToServer::Ask), "TOKEN_HOLDER_POLL", &["kind=request"]),
        (Poll(answer), "TUTOR", &["kind=answer", "answer=3"]),
        (Follow(F::Tab(1)), "JTBROWSING_MODE", &["mode=1"]),
        (Follow(F::Page(Page::typed("http://x/"))), "JTBROWSING", &["kind=1", "url=http://x/"]),
        (Follow(F::FullScreen(FullScreen { on: 1, view: 2 })), "SYNC_FULL_SCREEN", &["on=1", "view=2"]),
        (Follow(F::ForceSync), "FORCE_SYNC", &[]),
        (ToServer::Answer(OwnerResponse::new(b"7".to_vec(), false)), "OWNER_RESPONSE", &["id=7", "answer=-1"]),
        (Control(ControlToServer::Recording(2)), "RECORDING_STATUS", &["state=2"]),
        (Control(ControlToServer::Title("t".into())), "MEETING_TITLE", &["title=t"]),
        (Control(ControlToServer::Suppress(quiet)), "SUPPRESS_AUDIO", &["what=audio", "ssrc=-1", "on=1"]),
        (
            Control(ControlToServer::RecordingPassword(Secret(b"sesame".to_vec()))),
            "JNR_PASSWORD",
            &["password=hidden, 6 bytes"],
        ),
        (Side(sip), "SIP_CLIENT", &["kind=answer", "uri=sip:a", "ssrc=1", "code=0"]),
        (Side(SideToServer::PictureReceived(1)), "SPIC_NOTIFY", &["ssrc=1"]),
        (Side(SideToServer::WebRtcStatus(1)), "WEBRTC_NOTIFICATION", &["status=1"]),
        (
            Side(SideToServer::WebRtcMedia { kind: 1, source: 2, on: 0 }),
            "WEBRTC_MEDIA",
            &["kind=1", "source=2", "on=0"],
        ),
        (Playback(PlaybackToServer::Repeat(true)), "REPEAT", &["on=true"]),
        (Playback(PlaybackToServer::Pause), "PAUSE", &[]),
        (Playback(PlaybackToServer::Play), "PLAY", &[]),
        (Playback(PlaybackToServer::Seek(9)), "RANDOM_ACCESS", &["tick=9"]),
        (Playback(PlaybackToServer::BothVideo(1)), "BOTH_VIDEO", &["both=1"]),
        (Playback(PlaybackToServer::Speed(150)), "PLAYBACK_SPEED", &["percent=150"]),
        (P(flip), "FLIP", &["command=A", "length=5"]),
    ] {
        let (was, were) = seen(ItemKind::ToServer, &message.encode());
        assert_eq!((was.as_str(), were), (name, fields.iter().map(|f| (*f).to_owned()).collect()), "{message:?}");
    }
}

#[test]
fn every_message_to_a_client_has_its_name_and_fields() {
    use ToClient::{
        Alive as A, Board, Chat, End as E, Fact as F, Floor, Knock, Passed as P, Playback, Poll, Side, User,
    };
    let knock = ShadowJoinRequest { id: b"7".to_vec(), name: "Vic".into() };
    let unseen = Suppress { what: Suppressed::Video, ssrc: 2, on: 0 };
    let uri = String::from("sip:a");
    let line = ChatToClient::Line { text: "Olive>hi".into(), from: 0, tick: Some(7), date: Some(8), top: 1 };
    let record =
        UserRecord { capability: 1, ssrc: 3, user_id: "gus".into(), name: "王小明".into(), version: Some((1, 42)) };
    let user = &["kind=add", "capability=audio", "ssrc=3", "user_id=gus", "name=王小明", "version=1.42"];
    let info = RecordingInfo {
        bandwidth_kbit: 1,
        start: 2,
        end: 3,
        recorded_at: [2026, 11, 23, 9, 41],
        names: vec!["a".into(), "b".into()],
    };
    let described = &["bandwidth_kbit=1", "start=2", "end=3", "recorded_at=2026-11-23 09:41", "names=a, b"];
    let speaker = |assigned| FloorToClient::Speaker { ssrc: 1, channel: 2, assigned };
    let other = ChatToClient::WhisperOther { from: 1, to: 2, kind: 3, value: 4 };
    let password = Fact::RecordingPassword { can_set: 1, extended_services: 0 };
    for (message, name, fields) in [
        (A(Alive::Probe), "ALIVE", &["kind=probe"][..]),
        (Chat(line), "CHAT_TEXT_TIME", &["text=Olive>hi", "from=0", "tick=7", "date=8", "settop=1"]),
        (
            Chat(ChatToClient::Whisper { from: 1, to: 2, text: "x".into(), top: 0 }),
            "PRIVATE_CHAT_TEXT",
            &["from=1", "to=2", "text=x", "settop=0"],
        ),
        (Chat(other), "PRIVATE_CHAT_TEXT", &["from=1", "to=2", "kind=3", "value=4"]),
        (User(UserToClient::Add(record)), "USER_UPDATE", user),
        (User(UserToClient::Delete { ssrc: 3, by_action: true }), "USER_UPDATE", &["kind=left", "ssrc=3"]),
        (User(UserToClient::Delete { ssrc: 3, by_action: false }), "USER_UPDATE", &["kind=lost", "ssrc=3"]),
        (User(UserToClient::Capability(1, 2)), "CHANGE_CAP", &["ssrc=1", "capability=video"]),
        (User(UserToClient::VideoStatus(1, 2)), "VIDEOSENDING_STATUS", &["ssrc=1", "status=2"]),
        (User(UserToClient::CodePage(1, 65_001)), "TEXT_CODEPAGE", &["ssrc=1", "code_page=65001"]),
        (Floor(FloorToClient::Token(1)), "TOKEN_UPDATE", &["ssrc=1"]),
        (Floor(FloorToClient::DataSender(1)), "DATA_SENDER", &["ssrc=1"]),
        (Floor(FloorToClient::TokenOwner), "TOKEN_OWNER_NOTIFY", &[]),
        (Floor(FloorToClient::Asked { ssrc: 1, text: "Yes".into() }), "QUESTION_REQUEST", &["ssrc=1", "text=Yes"]),
        (Floor(FloorToClient::Withdrawn(1)), "END_QUESTION_REQUEST", &["ssrc=1"]),
        (Floor(FloorToClient::Skipped), "SKIP_QUESTION", &[]),
        (Floor(FloorToClient::ForceAsk), "FORCE_ASK_QUESTION", &[]),
        (Floor(FloorToClient::Discussion(1)), "PARTICIPANT_VIDEO", &["kind=discussion", "on=1"]),
        (Poll(PollToClient::Asked(PollKind::Tutor)), "TUTOR", &["kind=request"]),
        (
            Poll(PollToClient::Answered { kind: PollKind::Holder, ssrc: 1, answer: 5 }),
            "TOKEN_HOLDER_POLL",
            &["kind=answer", "ssrc=1", "answer=5"],
        ),
        (ToClient::Follow(crate::wire::follow::Follow::Tab(3)), "JTBROWSING_MODE", &["mode=3"]),
        (Knock(knock), "SHADOW_JOIN_REQUEST", &["id=7", "name=Vic"]),
        (F(Fact::Prolonged), "PROLONG_MEETING", &[]),
        (F(Fact::Preparing(1)), "PREPARATIONMODE", &["flag=1"]),
        (F(Fact::Prepared(60)), "PREPARATIONMODE", &["flag=0", "seconds=60"]),
        (F(Fact::AllQuestioner), "ALL_QUESTIONER", &[]),
        (F(Fact::HolderAcceptsGuests(1)), "HOLDER_ACCEPT_GUEST", &["on=1"]),
        (F(Fact::HolderEndsMeeting(0)), "HOLDER_END_MEETING", &["on=0"]),
        (F(Fact::Restriction(3)), "JOINNET_RESTRICTION", &["bits=0x3"]),
        (F(Fact::HolderVideo), "HOLDER_VIDEO", &[]),
        (F(Fact::TotalBandwidth(256_000)), "TOTAL_AV_BANDWIDTH", &["bit_rate=256000"]),
        (F(Fact::Archived), "ARCHIVE_RECORDING", &[]),
        (F(Fact::SingleAudio { ssrc: 1, target: -1 }), "FORCE_SINGLE_AUDIO", &["ssrc=1", "target=-1"]),
        (F(Fact::Suppress(unseen)), "SUPPRESS_VIDEO", &["what=video", "ssrc=2", "on=0"]),
        (
            Side(SideToClient::SipRequest { uri: uri.clone(), ssrc: 1 }),
            "SIP_CLIENT",
            &["kind=request", "uri=sip:a", "ssrc=1"],
        ),
        (
            Side(SideToClient::SipStatus { uri: uri.clone(), ssrc: 1, status: 0 }),
            "SIP_CLIENT",
            &["kind=status", "uri=sip:a", "ssrc=1", "status=0"],
        ),
        (
            Side(SideToClient::SipRenamed { uri, ssrc: 1, new_uri: "sip:b".into() }),
            "SIP_CLIENT",
            &["kind=renamed", "uri=sip:a", "ssrc=1", "new_uri=sip:b"],
        ),
        (
            Side(SideToClient::Picture { ssrc: 1, kind: 4, image: vec![1; 9] }),
            "SELF_PICTURE",
            &["ssrc=1", "kind=4", "length=9"],
        ),
        (Side(SideToClient::PictureTaken(0)), "SPIC_NOTIFY", &["error=0"]),
        (Side(SideToClient::WebRtcServer("wss://s/".into())), "WEBRTC_SIGNAL_SERVER", &["url=wss://s/"]),
        (Side(SideToClient::WebRtcStatus { ssrc: 1, status: 4 }), "WEBRTC_NOTIFICATION", &["ssrc=1", "status=4"]),
        (Side(SideToClient::TurnServers(Secret(b"[]".to_vec()))), "WEBRTC_TURN_SERVER", &["servers=hidden, 2 bytes"]),
        (
            Floor(FloorToClient::Channels { video: 6, audio: 4 }),
            "PARTICIPANT_VIDEO",
            &["kind=channels", "video=6", "audio=4"],
        ),
        (Floor(speaker(true)), "PARTICIPANT_VIDEO", &["kind=speaker assigned", "ssrc=1", "channel=2"]),
        (Floor(speaker(false)), "PARTICIPANT_VIDEO", &["kind=speaker removed", "ssrc=1", "channel=2"]),
        (Floor(FloorToClient::Controller(-1)), "CONTROLLER_UPDATE", &["ssrc=-1"]),
        (Floor(FloorToClient::ControlFlags(ControlFlags(9))), "MEETING_CONTROL", &["flags=0x9 (accept guests, poll)"]),
        (Floor(FloorToClient::Assistant(1)), "ASSIGN_ASSISTANT", &["ssrc=1"]),
        (F(Fact::MaxExtension(103)), "EXTENSION_MAX_SUPPORT", &["max=103"]),
        (F(Fact::Identity { meeting_type: 1, random_id: 2 }), "MEETING_INFO", &["meeting_type=1", "random_id=2"]),
        (F(Fact::Duration(60)), "FULL_DURATION", &["seconds=60"]),
        (F(Fact::AudioCodecs(vec![232, 120])), "AUDIO_PREFERENCE", &["codecs=232, 120"]),
        (F(Fact::VideoCodecs(vec![200])), "VIDEO_PREFERENCE", &["codecs=200"]),
        (
            Board(BoardToClient::Slide(Slide { source: 1, name: "(Bob)a.gif".into(), ..Slide::default() })),
            "SLIDE_INFO",
            &["source=1", "name=(Bob)a.gif", "deleted=false"],
        ),
        (Board(BoardToClient::Delete(2)), "DELETE_SLIDE", &["slide=2"]),
        (F(Fact::UpdateUrl("http://a/u".into())), "JOINNET_AUTO_UPDATE", &["url=http://a/u"]),
        (F(Fact::OpusRate(0)), "OPUS", &["bit_rate=0"]),
        (F(Fact::Recording(1)), "RECORDING_STATUS", &["state=1"]),
        (F(Fact::NoRecording), "JOINNET_NO_RECORDING", &[]),
        (F(password), "JNR_PASSWORD", &["state=200", "can_set=1", "extended_services=0"]),
        (F(Fact::RecordingPasswordState(100)), "JNR_PASSWORD", &["state=100"]),
        (F(Fact::MeetingId("m".into())), "MEETINGID_NOTIFICATION", &["meeting_id=m"]),
        (F(Fact::Title("t".into())), "MEETING_TITLE", &["title=t"]),
        (F(Fact::TerminationWarning), "TERMINATION_WARNING", &[]),
        (F(Fact::ServerShutdown), "SERVER_SHUTDOWN", &[]),
        (F(Fact::Initialised(0)), "SIP_CAP", &["flags=0x0"]),
        (Playback(PlaybackToClient::Restart), "RESTART", &[]),
        (Playback(PlaybackToClient::Info(Box::new(info))), "MEETING_INFO", described),
        (Playback(PlaybackToClient::Tick(5)), "TICK", &["tick=5"]),
        (Playback(PlaybackToClient::Decryption(1)), "DECRYPTION_STATUS", &["status=1"]),
        (Playback(PlaybackToClient::DecryptionProgress(50)), "DECRYPTION_PROGRESS", &["percent=50"]),
        (Playback(PlaybackToClient::Property("<jnr/>".into())), "PROPERTY", &["xml=<jnr/>"]),
        (
            Playback(PlaybackToClient::MeetingInfo(b"2026_11_23_09_41_000001m".to_vec())),
            "JNR_MEETINGINFO",
            &["info=2026_11_23_09_41_000001m"],
        ),
        (Playback(PlaybackToClient::End), "END_OF_RECORDINGFILE", &[]),
        (Playback(PlaybackToClient::Unknown), "UNKNOWN_RECORDING", &[]),
        (E(End::SessionEnd), "SESSION_END", &[]),
        (E(End::Disconnect), "DISCONNECT", &[]),
        (E(End::Overwrite), "USER_OVERWRITE", &[]),
        (ToClient::Follow(crate::wire::follow::Follow::ForceSync), "FORCE_SYNC", &[]),
        (P(Passed { name: "CLEAR_MARK", bytes: b"G\0\0\0\x01".to_vec() }), "CLEAR_MARK", &["command=G", "length=5"]),
    ] {
        let (was, were) = seen(ItemKind::ToClient, &message.encode());
        assert_eq!((was.as_str(), were), (name, fields.iter().map(|f| (*f).to_owned()).collect()), "{message:?}");
    }
}

#[test]
fn everything_before_admission_has_its_name_and_fields() {
    let hello = |hello: Hello| (ItemKind::Hello, hello.encode());
    let secondary = |kind| (ItemKind::Hello, Hello::Secondary(Secondary { kind, session_index: 1, id: 2 }).encode());
    let server = |it: ServerParameter| (ItemKind::ServerParameter, it.encode());
    let client = |it: ClientParameter| (ItemKind::ClientParameter, it.encode());
    let answer = |it: BeforeAdmission| (ItemKind::BeforeAdmission, it.encode());
    let relay = |it: RelayRequest| (ItemKind::RelayRequest, it.encode());
    let ride = Ride { relay_id: 1, session_index: 2 };
    let wait = BeforeAdmission::Wait { kind: WaitKind::Permission, owner: "Olive".into() };
    let playing = PlaybackStart { playback_id: 1, session_index: 2 };
    let target = RelayTarget { host: "mcu".into(), port: 2333 };
    let address = Some("192.0.2.9".parse().unwrap());
    let identity = ClientParameter::MeetingIdentity { meeting_type: 1, random_id: 2 };
    for ((kind, clear), name, fields) in [
        (hello(Hello::Control { major: 1, minor: 42 }), "HELLO", &["version=1.42"][..]),
        (hello(Hello::Lists), "HELLO LISTS", &[]),
        (hello(Hello::Relay), "HELLO RELAY", &[]),
        (secondary(SecondaryKind::Media), "HELLO MEDIA", &["session_index=1", "id=2"]),
        (secondary(SecondaryKind::PlaybackMedia), "HELLO PLAYBACK MEDIA", &["session_index=1", "id=2"]),
        (secondary(SecondaryKind::SlideUpload), "HELLO SLIDE UPLOAD", &["session_index=1", "id=2"]),
        (secondary(SecondaryKind::SlideDownload), "HELLO SLIDE DOWNLOAD", &["session_index=1", "id=2"]),
        (
            secondary(SecondaryKind::PlaybackSlideDownload),
            "HELLO PLAYBACK SLIDE DOWNLOAD",
            &["session_index=1", "id=2"],
        ),
        ((ItemKind::ServerVersion, handshake::encode_server_version("4.5.0")), "SERVER_VERSION", &["version=4.5.0"]),
        (
            (ItemKind::ClientPublicKey, handshake::encode_client_public(Group::Modp2048, &[1; 256])),
            "CLIENT_PUBLIC_KEY",
            &["group=2048 bit", "length=256"],
        ),
        ((ItemKind::ServerPublicKey, handshake::encode_server_public(&[1; 256])), "SERVER_PUBLIC_KEY", &["length=256"]),
        (server(ServerParameter::Cipher(CipherName::Aes256)), "CIPHER", &["cipher=aes256"]),
        (server(ServerParameter::Tick(77)), "SERVER_TICK", &["tick=77"]),
        (server(ServerParameter::CodePage(65_001)), "UTF8_SUPPORT", &["code_page=65001"]),
        (server(ServerParameter::AcceptClientParameters), "ACCEPT_CLIENT_PARAMETER", &[]),
        ((ItemKind::ServerParameter, parameters::encode_end()), "END_OF_PARAMETERS", &[]),
        ((ItemKind::ClientBlock, Clear::command(parameters::CLIENT_BLOCK)), "CLIENT_PARAMETERS", &[]),
        (client(ClientParameter::ClientType("WEB".into())), "CLIENT_TYPE", &["type=WEB"]),
        (client(ClientParameter::PlayerName("p".into())), "PLAYER_NAME", &["name=p"]),
        (client(ClientParameter::MakeRecording), "MAKE_RECORDING", &[]),
        (client(identity), "MEETING_IDENTITY", &["meeting_type=1", "random_id=2"]),
        (
            client(ClientParameter::Relay("192.0.2.9".parse().unwrap(), 443)),
            "RELAY_IPV4",
            &["address=192.0.2.9", "port=443"],
        ),
        (client(ClientParameter::ReconnectName([1; 12])), "RECONNECT_NAME", &["name=hidden, 12 bytes"]),
        (client(ClientParameter::ReconnectTicket([1; 72])), "RECONNECT_TICKET", &["ticket=hidden, 72 bytes"]),
        ((ItemKind::ClientParameter, parameters::encode_end()), "END_OF_PARAMETERS", &[]),
        (
            (ItemKind::JoinRequest, JoinRequest::Hit { userinfo: "u".repeat(900), flags: 0x38 }.encode()),
            "JOIN_REQUEST",
            &["action=3", "userinfo=hidden, 900 bytes", "flags=0x38"],
        ),
        ((ItemKind::JoinRequest, JoinRequest::Other(b'U').encode()), "JOIN_REQUEST", &["action=U"]),
        (answer(BeforeAdmission::PasswordWanted), "USERINFO2_DIRECTAUTH", &["kind=0"]),
        (answer(wait), "WAIT_MESSAGE_2", &["kind=permission is asked", "owner=Olive"]),
        (answer(BeforeAdmission::Mode(1)), "THIRDPARTY_MODE", &["mode=1"]),
        (answer(BeforeAdmission::RecordingPasswordWanted(0)), "JNR_PASSWORD", &["state=0"]),
        (
            answer(BeforeAdmission::Playing(playing)),
            "INITIAL_INFO",
            &["status=success", "playback_id=1", "session_index=2"],
        ),
        (
            answer(BeforeAdmission::Refused(Refusal::WrongPassword)),
            "INITIAL_INFO",
            &["status=254", "meaning=invalid password"],
        ),
        (
            (ItemKind::PasswordAnswer, PasswordAnswer::Given([1; 20]).encode()),
            "PASSWORD_ANSWER",
            &["password=hidden, 20 bytes"],
        ),
        ((ItemKind::PasswordAnswer, PasswordAnswer::Cancelled.encode()), "PASSWORD_ANSWER", &["answer=cancelled"]),
        ((ItemKind::WaitAnswer, Clear::new().i32(0)), "WAIT_ANSWER", &["length=0"]),
        ((ItemKind::Challenge, Clear::new().raw(&[1; 32])), "CHALLENGE", &["length=32"]),
        (
            (ItemKind::ChallengeAnswer, handshake::encode_challenge_answer(&[1; 32], 5)),
            "CHALLENGE_ANSWER",
            &["answer=hidden, 36 bytes"],
        ),
        (relay(RelayRequest::Control { by_name: true }), "RELAY_REQUEST", &["wants=control", "by_name=true"]),
        (relay(RelayRequest::Media(ride)), "RELAY_REQUEST", &["wants=media", "relay_id=1", "session_index=2"]),
        ((ItemKind::RelayRequest, Clear::new().i32(7)), "RELAY_REQUEST", &["wants=control", "by_name=false"]),
        (
            (ItemKind::RelayResult, RelayResult::Busy.encode()),
            "RELAY_RESULT",
            &["result=4", "meaning=the relay is busy"],
        ),
        ((ItemKind::RelayTarget, target.encode()), "RELAY_TARGET", &["host=mcu", "port=2333"]),
        (
            (ItemKind::RelayPass, RelayPass { relay_id: 9, address }.encode()),
            "RELAY_PASS",
            &["relay_id=9", "address=192.0.2.9"],
        ),
    ] {
        let (was, were) = seen(kind, &clear);
        assert_eq!((was.as_str(), were), (name, fields.iter().map(|f| (*f).to_owned()).collect()), "{kind:?}");
    }
}

#[test]
fn every_command_that_is_passed_over_has_a_name_and_shows_its_length() {
    let heads = (0..=u8::MAX).map(|command| vec![command]);
    let extended = (0..=103i32).map(|id| [&[EXTENSION][..], &id.to_be_bytes()].concat());
    let (mut to_server, mut to_client) = (0, 0);
    for head in heads.chain(extended) {
        let message = [head.clone(), vec![0; 60]].concat();
        if let Ok(Some((ToServer::Passed(passed), length))) = decode(&message, &Keys::CLEAR, ToServer::decode) {
            let described = describe(ItemKind::ToServer, &message[..length], &Keys::CLEAR);
            assert_eq!(described.name, passed.name);
            assert_eq!(described.fields[1].1, length.to_string());
            assert!(name_of(&message).is_some(), "{} is not in the index", passed.name);
            to_server += 1;
        }
        if let Ok(Some((ToClient::Passed(passed), length))) = decode(&message, &Keys::CLEAR, ToClient::decode) {
            let described = describe(ItemKind::ToClient, &message[..length], &Keys::CLEAR);
            assert_eq!(described.name, passed.name);
            assert_eq!(described.fields[1].1, length.to_string());
            assert!(name_of(&message).is_some(), "{} is not in the index", passed.name);
            to_client += 1;
        }
    }
    assert!(to_server >= 15 && to_client > 20, "{to_server} and {to_client}");
}

#[test]
fn bytes_are_shown_in_clear_and_long_ones_are_cut() {
    let keys = keys();
    let said = ToServer::Chat(ChatToServer::Say { text: "hello".into() }).encode();
    assert_eq!(describe(ItemKind::ToServer, &said.seal(&keys), &keys).bytes, b"C\0\0\0\x05hello");
    let long = ToServer::Chat(ChatToServer::Say { text: "會".repeat(600).into() }).encode();
    let described = describe(ItemKind::ToServer, &long.seal(&keys), &keys);
    assert_eq!(described.bytes, long.bytes[..MAX_BYTES]);
    let text = &described.fields[0].1;
    assert_eq!(text.chars().count(), MAX_TEXT);
    assert!(text.ends_with('…'));
}

#[test]
fn initial_info_shows_its_numbers_but_no_key() {
    let info = InitialInfo {
        ssrc: 3,
        session_index: 7,
        max_bandwidth: 512_000,
        meeting: KeyMaterial::from_parts(*b"0123456789012345678901234567890123456789", *b"abcdefghijabcdefghij"),
        elapsed_ms: 9,
    };
    let clear = BeforeAdmission::Admitted(Box::new(info)).encode();
    for kind in [ItemKind::BeforeAdmission, ItemKind::ToClient] {
        let described = describe(kind, &clear.seal(&keys()), &keys());
        assert_eq!(described.name, "INITIAL_INFO");
        assert_eq!(described.fields[1], ("ssrc".into(), "3".into()));
        assert_eq!(described.fields[5], ("meeting_key".into(), "hidden, 40 bytes".into()));
        assert_eq!(described.bytes[38..98], [MASK; 60]);
        assert_eq!(described.bytes[..38], clear.bytes[..38]);
        assert_eq!(described.bytes[98..], clear.bytes[98..]);
    }
}

#[test]
fn what_does_not_read_as_its_kind_shows_none_of_its_bytes() {
    for kind in KINDS {
        let described = describe(*kind, b"sesame, and nothing but sesame", &Keys::CLEAR);
        let named = !matches!(kind, ItemKind::ClientBlock | ItemKind::Challenge | ItemKind::ChallengeAnswer);
        if named {
            assert_eq!(described.name, "UNKNOWN", "{kind:?}");
            assert_eq!(described.bytes, [MASK; 30]);
        }
    }
}

#[test]
fn a_password_that_was_typed_as_a_command_is_not_shown() {
    let text = "[To:Olive]__command: dummypassword open sesame";
    let whisper = ToServer::Chat(ChatToServer::Whisper { to: 0, text: text.into() }).encode();
    let described = describe(ItemKind::ToServer, &whisper.seal(&keys()), &keys());
    assert_eq!(described.fields[1].1, "[To:Olive]__command: dummypassword (hidden)");
    assert!(described.bytes.ends_with(b"dummypassword ***********"));
}

/// Neither as it is, nor as hex, nor as it goes over the wire.
fn assert_hidden(kind: ItemKind, clear: &Clear, secrets: &[&[u8]]) {
    for keys in [keys(), Keys::CLEAR] {
        let wire = clear.seal(&keys);
        let described = describe(kind, &wire, &keys);
        assert_ne!(described.name, "UNKNOWN", "{kind:?}");
        for secret in secrets {
            let at = clear.bytes.windows(secret.len()).position(|seen| seen == *secret).unwrap();
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            for seen in [*secret, &wire[at..at + secret.len()]] {
                assert!(!described.bytes.windows(seen.len()).any(|shown| shown == seen), "{described:?}");
            }
            let plain = String::from_utf8_lossy(secret);
            for (name, value) in &described.fields {
                assert!(!value.contains(&*plain) && !value.contains(&hex), "{name}: {value}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_secret_is_in_fields_or_bytes(
        userinfo in "[a-zA-Z0-9|+/=]{24,400}",
        credential in "[a-z]{12,90}",
        id in "[a-z]{0,8}",
        hash in any::<[u8; 20]>(),
        ticket in proptest::collection::vec(any::<u8>(), 72),
        name in proptest::collection::vec(any::<u8>(), 12),
        key in proptest::collection::vec(any::<u8>(), 40),
        challenge in any::<[u8; 32]>(),
    ) {
        let (flags, user_id) = (0x38, id.clone());
        let hit = JoinRequest::Hit { userinfo: userinfo.clone(), flags };
        assert_hidden(ItemKind::JoinRequest, &hit.encode(), &[userinfo.as_bytes()]);
        let shared = JoinRequest::Shared { userinfo: userinfo.clone(), credential: credential.clone() };
        assert_hidden(ItemKind::JoinRequest, &shared.encode(), &[userinfo.as_bytes(), credential.as_bytes()]);
        let invitation = Some(credential.clone());
        let office = JoinRequest::Office { user_id, who: OfficeIdentity::Password(hash), flags, invitation };
        assert_hidden(ItemKind::JoinRequest, &office.encode(), &[&hash, credential.as_bytes()]);
        let invitation = Some(credential.clone());
        let who = OfficeIdentity::Guest(id.clone());
        let guest = JoinRequest::Office { user_id: format!("_{id}"), who, flags, invitation };
        assert_hidden(ItemKind::JoinRequest, &guest.encode(), &[credential.as_bytes()]);
        let replay = JoinRequest::OfficePlayback { user_id: id, password: hash, file: "2026_11_23_09_41_000001".into() };
        assert_hidden(ItemKind::JoinRequest, &replay.encode(), &[&hash]);

        assert_hidden(ItemKind::PasswordAnswer, &PasswordAnswer::Given(hash).encode(), &[&hash]);
        let ticket: [u8; 72] = ticket.try_into().unwrap();
        assert_hidden(ItemKind::ClientParameter, &ClientParameter::ReconnectTicket(ticket).encode(), &[&ticket]);
        let name: [u8; 12] = name.try_into().unwrap();
        assert_hidden(ItemKind::ClientParameter, &ClientParameter::ReconnectName(name).encode(), &[&name]);
        let unknown = Clear::new().len(4 + 20).i32(12_345).raw(&hash);
        assert_hidden(ItemKind::ClientParameter, &unknown, &[&hash]);
        let fact = Fact::ReconnectName { name: name.to_vec(), real_name: "Olive".into() };
        assert_hidden(ItemKind::ToClient, &fact.encode(), &[&name]);

        let key: [u8; 40] = key.try_into().unwrap();
        let info = InitialInfo {
            ssrc: 0,
            session_index: 1,
            max_bandwidth: 2,
            meeting: KeyMaterial::from_parts(key, hash),
            elapsed_ms: 3,
        };
        let info = BeforeAdmission::Admitted(Box::new(info)).encode();
        assert_hidden(ItemKind::BeforeAdmission, &info, &[&key, &hash]);
        assert_hidden(ItemKind::ToClient, &info, &[&key, &hash]);
        let answer = handshake::encode_challenge_answer(&challenge, 4);
        assert_hidden(ItemKind::ChallengeAnswer, &answer, &[&challenge]);

        let password = &credential.as_bytes()[..12];
        let recording = Clear::ext(64).enc_lp(SpanKey::Meeting, password);
        assert_hidden(ItemKind::ToServer, &recording, &[password]);
        let turn = Clear::ext(97).enc_lp(SpanKey::Meeting, credential.as_bytes());
        assert_hidden(ItemKind::ToClient, &turn, &[credential.as_bytes()]);
    }

    #[test]
    fn any_bytes_are_described_within_limits(item in proptest::collection::vec(any::<u8>(), 0..700), kind in 0..20usize) {
        let described = describe(KINDS[kind], &item, &keys());
        prop_assert_eq!(described.bytes.len(), item.len().min(MAX_BYTES));
        prop_assert!(described.fields.iter().all(|(_, value)| value.chars().count() <= MAX_TEXT));
    }
}
