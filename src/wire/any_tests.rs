//! What holds for all messages, whatever is in them.

use proptest::prelude::*;

use super::*;
use crate::wire::board::{BoardToClient, Slide};
use crate::wire::code_page::Written;
use crate::wire::inbox::Inbox;
use crate::wire::join::MessageAnswer;

fn text(max: usize) -> impl Strategy<Value = String> {
    // Some reach their limit.
    (prop::collection::vec(any::<char>(), 0..20), prop::sample::select(vec![1, 1, 1, 700])).prop_map(
        move |(chars, times)| {
            let text: String = chars.into_iter().collect();
            fields::cut_utf8(&text.repeat(times), max).to_owned()
        },
    )
}

/// What an old client may write, in whatever code page.
fn written() -> impl Strategy<Value = Written> {
    prop::collection::vec(any::<u8>(), 0..=2047).prop_map(Written::from_bytes)
}

fn from_clients() -> impl Strategy<Value = ToServer> {
    use chat::ChatToServer;
    use floor::FloorToServer;
    use users::UserToServer;
    prop_oneof![
        Just(ToServer::Alive(message::Alive::Probe)),
        Just(ToServer::Alive(message::Alive::Answer)),
        Just(ToServer::EndMeeting),
        written().prop_map(|text| ToServer::Chat(ChatToServer::Say { text })),
        (any::<i32>(), written()).prop_map(|(to, text)| ToServer::Chat(ChatToServer::Whisper { to, text })),
        any::<u8>().prop_map(|bits| ToServer::User(UserToServer::Capability(bits))),
        any::<i32>().prop_map(|status| ToServer::User(UserToServer::VideoStatus(status))),
        any::<i32>().prop_map(|page| ToServer::User(UserToServer::CodePage(page))),
        any::<i32>().prop_map(|target| ToServer::Floor(FloorToServer::Token(target))),
        (any::<i32>(), prop::collection::vec(any::<i32>(), 0..9))
            .prop_map(|(target, questioners)| ToServer::Floor(FloorToServer::GiveOutToken { target, questioners })),
        more_from_clients(),
        Just(passed("REQUEST_VIDEO", "5600000001")),
        Just(passed("PARTICIPANT_VIDEO", "7a000000250000000400000005")),
        Just(passed("MARK MOVE", "4d6d00000000000000050000000500000008000000640000000100000001")),
    ]
}

fn more_from_clients() -> impl Strategy<Value = ToServer> {
    use control::ControlToServer;
    use floor::FloorToServer;
    let floor = (0..8, any::<i32>(), text(599)).prop_map(|(which, ssrc, text)| match which {
        0 => FloorToServer::DataSender(ssrc),
        1 => FloorToServer::Ask { ssrc, text },
        2 => FloorToServer::Withdraw(ssrc),
        3 => FloorToServer::Skip(ssrc),
        4 => FloorToServer::AssignSpeaker(ssrc),
        5 => FloorToServer::StopSpeaker(ssrc),
        6 => FloorToServer::ControlFlags(floor::ControlFlags(ssrc)),
        _ => FloorToServer::Controller(ssrc),
    });
    let control = prop_oneof![
        any::<i32>().prop_map(ControlToServer::Recording),
        prop::collection::vec(any::<u8>(), 0..=27)
            .prop_map(|password| ControlToServer::RecordingPassword(facts::Secret(password))),
        text(512).prop_map(ControlToServer::Title),
        suppress().prop_map(ControlToServer::Suppress),
    ];
    let side =
        (0..4, any::<(i32, i32, u8, u8)>(), text(999)).prop_map(|(which, (ssrc, code, kind, on), uri)| match which {
            0 => side::SideToServer::SipAnswer { uri, ssrc, code },
            1 => side::SideToServer::PictureReceived(ssrc),
            2 => side::SideToServer::WebRtcStatus(kind),
            _ => side::SideToServer::WebRtcMedia { kind, source: ssrc, on },
        });
    prop_oneof![
        floor.prop_map(ToServer::Floor),
        any::<i32>().prop_map(|ssrc| ToServer::Floor(FloorToServer::Assistant(ssrc))),
        Just(ToServer::Poll(poll::PollToServer::Ask)),
        (poll_kinds(), any::<i32>())
            .prop_map(|(kind, answer)| ToServer::Poll(poll::PollToServer::Answer { kind, answer })),
        follows().prop_map(ToServer::Follow),
        (prop::collection::vec(any::<u8>(), 0..=999), any::<i32>())
            .prop_map(|(id, answer)| ToServer::Answer(admission::OwnerResponse { id, answer })),
        control.prop_map(ToServer::Control),
        side.prop_map(ToServer::Side),
    ]
}

fn poll_kinds() -> impl Strategy<Value = poll::PollKind> {
    prop::sample::select(vec![poll::PollKind::Holder, poll::PollKind::Tutor])
}

fn suppress() -> impl Strategy<Value = control::Suppress> {
    let what = prop::sample::select(vec![control::Suppressed::Audio, control::Suppressed::Video]);
    (what, any::<(i32, i32)>()).prop_map(|(what, (ssrc, on))| control::Suppress { what, ssrc, on })
}

fn follows() -> impl Strategy<Value = follow::Follow> {
    use follow::{Follow, FullScreen, Page};
    prop_oneof![
        any::<i32>().prop_map(Follow::Tab),
        (any::<i32>(), text(4096)).prop_map(|(kind, url)| Follow::Page(Page { kind, url: url.replace('\0', "") })),
        any::<(i32, i32)>().prop_map(|(on, view)| Follow::FullScreen(FullScreen { on, view })),
        Just(Follow::ForceSync),
    ]
}

fn typed_from_servers() -> impl Strategy<Value = ToClient> {
    use facts::Fact;
    use floor::FloorToClient;
    use side::SideToClient;
    let fact = prop_oneof![
        Just(Fact::Prolonged),
        (1..i32::MAX).prop_map(Fact::Preparing),
        any::<i32>().prop_map(Fact::Prepared),
        Just(Fact::AllQuestioner),
        any::<i32>().prop_map(Fact::HolderAcceptsGuests),
        any::<i32>().prop_map(Fact::Restriction),
        Just(Fact::HolderVideo),
        any::<i32>().prop_map(Fact::TotalBandwidth),
        Just(Fact::Archived),
        any::<i32>().prop_map(Fact::HolderEndsMeeting),
        any::<(i32, i32)>().prop_map(|(ssrc, target)| Fact::SingleAudio { ssrc, target }),
        suppress().prop_map(Fact::Suppress),
    ];
    let floor = (0..5, any::<i32>(), text(599)).prop_map(|(which, ssrc, text)| match which {
        0 => FloorToClient::Asked { ssrc, text },
        1 => FloorToClient::Withdrawn(ssrc),
        2 => FloorToClient::Skipped,
        3 => FloorToClient::ForceAsk,
        _ => FloorToClient::Discussion(ssrc),
    });
    let image = prop::collection::vec(any::<u8>(), 1..99);
    let side = (0..8, any::<(i32, i32, u8)>(), text(999), text(999), image).prop_map(
        |(which, (ssrc, number, status), uri, new_uri, image)| match which {
            0 => SideToClient::SipRequest { uri, ssrc },
            1 => SideToClient::SipStatus { uri, ssrc, status: number },
            2 => SideToClient::SipRenamed { uri, ssrc, new_uri },
            3 => SideToClient::Picture { ssrc, kind: number, image },
            4 => SideToClient::PictureTaken(ssrc),
            5 => SideToClient::WebRtcServer(uri),
            6 => SideToClient::WebRtcStatus { ssrc, status },
            _ => SideToClient::TurnServers(facts::Secret(image)),
        },
    );
    prop_oneof![
        3 => fact.prop_map(ToClient::Fact),
        2 => floor.prop_map(ToClient::Floor),
        1 => poll_kinds().prop_map(|kind| ToClient::Poll(poll::PollToClient::Asked(kind))),
        1 => (poll_kinds(), any::<(i32, i32)>())
            .prop_map(|(kind, (ssrc, answer))| ToClient::Poll(poll::PollToClient::Answered { kind, ssrc, answer })),
        2 => follows().prop_map(ToClient::Follow),
        1 => (prop::collection::vec(any::<u8>(), 0..=999), text(127))
            .prop_map(|(id, name)| ToClient::Knock(admission::ShadowJoinRequest { id, name })),
        2 => slides().prop_map(ToClient::Board),
        2 => side.prop_map(ToClient::Side),
    ]
}

fn slides() -> impl Strategy<Value = BoardToClient> {
    let slide = (any::<i32>(), prop::option::of("[a-z]{1,40}\0[a-z]{0,20}"), text(600), any::<bool>())
        .prop_map(|(source, property, name, deleted)| BoardToClient::Slide(Slide { source, property, name, deleted }));
    prop_oneof![3 => slide, 1 => any::<i32>().prop_map(BoardToClient::Delete)]
}

fn passed(name: &'static str, bytes: &str) -> ToServer {
    ToServer::Passed(layout::Passed { name, bytes: hex(bytes) })
}

fn from_servers() -> impl Strategy<Value = ToClient> {
    use chat::ChatToClient;
    use facts::Fact;
    use floor::FloorToClient;
    use users::UserToClient;
    let user = (any::<u8>(), 0..5000i32, text(127), text(127), prop::option::of(any::<(i32, i32)>()))
        .prop_map(|(capability, ssrc, user_id, name, version)| UserRecord { capability, ssrc, user_id, name, version });
    prop_oneof![
        user.prop_map(|user| ToClient::User(UserToClient::Add(user))),
        (any::<i32>(), any::<bool>())
            .prop_map(|(ssrc, by_action)| ToClient::User(UserToClient::Delete { ssrc, by_action })),
        (text(2047), any::<(i32, i32)>(), prop::option::of(0..0x7fff_ffffu32), prop::option::of(1..i64::MAX)).prop_map(
            |(text, (from, top), tick, date)| ToClient::Chat(ChatToClient::Line { text, from, tick, date, top })
        ),
        (any::<[i32; 3]>(), text(2047)).prop_map(|([from, to, top], text)| ToClient::Chat(ChatToClient::Whisper {
            from,
            to,
            text,
            top
        })),
        any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::Token(ssrc))),
        any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::DataSender(ssrc))),
        (any::<i32>(), any::<i32>(), any::<bool>())
            .prop_map(|(ssrc, channel, assigned)| ToClient::Floor(FloorToClient::Speaker { ssrc, channel, assigned })),
        (any::<i32>(), any::<i32>())
            .prop_map(|(video, audio)| ToClient::Floor(FloorToClient::Channels { video, audio })),
        text(128).prop_map(|id| ToClient::Fact(Fact::MeetingId(id))),
        text(512).prop_map(|title| ToClient::Fact(Fact::Title(title))),
        prop::collection::vec(any::<i32>(), 0..32).prop_map(|list| ToClient::Fact(Fact::VideoCodecs(list))),
        more_from_servers(),
        typed_from_servers(),
        Just(ToClient::End(message::End::SessionEnd)),
        Just(ToClient::End(message::End::Disconnect)),
        Just(ToClient::End(message::End::Overwrite)),
    ]
}

fn more_from_servers() -> impl Strategy<Value = ToClient> {
    use chat::ChatToClient;
    use facts::Fact;
    use floor::FloorToClient;
    use users::UserToClient;
    let passed = |name, bytes: &str| Just(ToClient::Passed(layout::Passed { name, bytes: hex(bytes) }));
    let pair = any::<(i32, i32)>;
    let codecs = prop::collection::vec(any::<i32>(), 0..=32);
    let fact = prop_oneof![
        any::<i32>().prop_map(Fact::MaxExtension),
        pair().prop_map(|(meeting_type, random_id)| Fact::Identity { meeting_type, random_id }),
        (prop::collection::vec(any::<u8>(), 0..=29), text(127))
            .prop_map(|(name, real_name)| Fact::ReconnectName { name, real_name }),
        any::<i32>().prop_map(Fact::Duration),
        codecs.prop_map(Fact::AudioCodecs),
        text(511).prop_map(Fact::UpdateUrl),
        any::<i32>().prop_map(Fact::OpusRate),
        any::<i32>().prop_map(Fact::Recording),
        Just(Fact::NoRecording),
        pair().prop_map(|(can_set, extended_services)| Fact::RecordingPassword { can_set, extended_services }),
        (0..200i32).prop_map(Fact::RecordingPasswordState),
        Just(Fact::TerminationWarning),
        Just(Fact::ServerShutdown),
        any::<i32>().prop_map(Fact::Initialised),
    ];
    prop_oneof![
        8 => fact.prop_map(ToClient::Fact),
        1 => Just(ToClient::Alive(message::Alive::Probe)),
        1 => Just(ToClient::Alive(message::Alive::Answer)),
        1 => (pair(), 2..i32::MAX, any::<i32>()).prop_map(|((from, to), kind, value)| {
            ToClient::Chat(ChatToClient::WhisperOther { from, to, kind, value })
        }),
        1 => (any::<i32>(), any::<u8>()).prop_map(|(ssrc, bits)| ToClient::User(UserToClient::Capability(ssrc, bits))),
        1 => pair().prop_map(|(ssrc, status)| ToClient::User(UserToClient::VideoStatus(ssrc, status))),
        1 => pair().prop_map(|(ssrc, page)| ToClient::User(UserToClient::CodePage(ssrc, page))),
        1 => Just(ToClient::Floor(FloorToClient::TokenOwner)),
        1 => any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::Controller(ssrc))),
        1 => any::<i32>().prop_map(|flags| ToClient::Floor(FloorToClient::ControlFlags(floor::ControlFlags(flags)))),
        1 => any::<i32>().prop_map(|ssrc| ToClient::Floor(FloorToClient::Assistant(ssrc))),
        1 => passed("FILE_CONVERSION", "7a000000520000000000000001"),
        1 => passed("PARTICIPANT_VIDEO", "7a0000002500000005000000050000000000000000"),
    ]
}

/// Reads back what was written and sealed; nothing may be left over.
fn back<T>(message: Clear, keys: &Keys, read: impl FnOnce(&mut fields::Reader<'_>) -> fields::Decoded<T>) -> T {
    let bytes = message.seal(keys);
    let (item, used) = decode(&bytes, keys, read).unwrap().expect("a whole item");
    assert_eq!(used, bytes.len());
    item
}

fn hellos() -> impl Strategy<Value = Hello> {
    use handshake::SecondaryKind::{Media, PlaybackMedia, PlaybackSlideDownload, SlideDownload, SlideUpload};
    let kind = prop::sample::select(vec![Media, PlaybackMedia, SlideUpload, SlideDownload, PlaybackSlideDownload]);
    prop_oneof![
        any::<(i32, i32)>().prop_map(|(major, minor)| Hello::Control { major, minor }),
        (kind, any::<(i32, i32)>()).prop_map(|(kind, (session_index, id))| Hello::Secondary(handshake::Secondary {
            kind,
            session_index,
            id
        })),
        Just(Hello::Lists),
        Just(Hello::Relay),
    ]
}

fn client_parameters() -> impl Strategy<Value = ClientParameter> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|half| ClientParameter::ReconnectTicket(std::array::from_fn(|i| half[i % 32]))),
        (any::<std::net::IpAddr>(), any::<i32>()).prop_map(|(ip, port)| ClientParameter::Relay(ip, port)),
        text(1019).prop_map(ClientParameter::ClientType),
        text(1019).prop_map(ClientParameter::PlayerName),
        Just(ClientParameter::MakeRecording),
        any::<(i32, i32)>()
            .prop_map(|(meeting_type, random_id)| ClientParameter::MeetingIdentity { meeting_type, random_id }),
        any::<[u8; 12]>().prop_map(ClientParameter::ReconnectName),
    ]
}

fn server_parameters() -> impl Strategy<Value = ServerParameter> {
    prop_oneof![
        prop::sample::select(CipherName::ALL.to_vec()).prop_map(ServerParameter::Cipher),
        any::<u32>().prop_map(ServerParameter::Tick),
        any::<i32>().prop_map(ServerParameter::CodePage),
        Just(ServerParameter::AcceptClientParameters),
    ]
}

fn answers() -> impl Strategy<Value = BeforeAdmission> {
    use join::{InitialInfo, WaitKind};
    let kind =
        prop::sample::select(vec![WaitKind::LeaveMessageAbsent, WaitKind::Permission, WaitKind::LeaveMessageBusy]);
    let info = (0..=join::MAX_SSRC, any::<(i32, i32, i32)>(), any::<[u8; 20]>()).prop_map(|(ssrc, numbers, iv)| {
        let meeting = KeyMaterial::from_parts(std::array::from_fn(|i| iv[i % 20] ^ i as u8), iv);
        let (session_index, max_bandwidth, elapsed_ms) = numbers;
        InitialInfo { ssrc, session_index, max_bandwidth, meeting, elapsed_ms }
    });
    prop_oneof![
        Just(BeforeAdmission::PasswordWanted),
        any::<i32>().prop_map(BeforeAdmission::RecordingPasswordWanted),
        (kind, text(127)).prop_map(|(kind, owner)| BeforeAdmission::Wait { kind, owner }),
        any::<u8>().prop_map(BeforeAdmission::Mode),
        info.prop_map(|info| BeforeAdmission::Admitted(Box::new(info))),
        prop::sample::select(crate::wire::Refusal::ALL.to_vec()).prop_map(BeforeAdmission::Refused),
    ]
}

fn keys() -> impl Strategy<Value = Keys> {
    any::<(u64, u64)>().prop_map(|(a, b)| {
        let cipher = |seed: u64| {
            let bytes = seed.to_be_bytes();
            let key = std::array::from_fn(|i| bytes[i % 8].wrapping_add(i as u8));
            let iv = std::array::from_fn(|i| bytes[7 - i % 8].wrapping_mul(i as u8 | 1));
            Some(Cipher::new(CipherName::Aes256, &KeyMaterial::from_parts(key, iv)))
        };
        Keys { control: cipher(a), meeting: cipher(b) }
    })
}

/// Pushes a stream in pieces and takes everything out that is whole.
fn through_inbox<T>(
    stream: &[u8],
    pieces: &[usize],
    keys: &Keys,
    read: fn(&mut fields::Reader<'_>) -> fields::Decoded<T>,
) -> Vec<T> {
    let (mut inbox, mut out, mut rest) = (Inbox::default(), Vec::new(), stream);
    let mut sizes = pieces.iter().cycle();
    while !rest.is_empty() {
        let n = (*sizes.next().unwrap()).clamp(1, rest.len());
        inbox.push(&rest[..n]);
        rest = &rest[n..];
        while let Some(item) = inbox.next(keys, read).unwrap() {
            out.push(item);
        }
    }
    assert_eq!(inbox.waiting(), 0);
    out
}

proptest! {
    #[test]
    fn what_clients_say_arrives_whatever_the_pieces(messages in prop::collection::vec(from_clients(), 1..8), keys in keys(), pieces in prop::collection::vec(1..40usize, 1..6)) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| m.encode().seal(&keys)).collect();
        prop_assert_eq!(through_inbox(&stream, &pieces, &keys, ToServer::decode), messages);
    }

    #[test]
    fn what_servers_say_arrives_whatever_the_pieces(messages in prop::collection::vec(from_servers(), 1..8), keys in keys(), pieces in prop::collection::vec(1..40usize, 1..6)) {
        let stream: Vec<u8> = messages.iter().flat_map(|m| m.encode().seal(&keys)).collect();
        prop_assert_eq!(through_inbox(&stream, &pieces, &keys, ToClient::decode), messages);
    }

    #[test]
    fn what_comes_before_admission_survives_any_keys(hello in hellos(), ours in client_parameters(), theirs in server_parameters(), answer in answers(), keys in keys()) {
        prop_assert_eq!(back(hello.encode(), &keys, Hello::decode), hello);
        prop_assert_eq!(back(ours.encode(), &keys, ClientParameter::decode), Some(ours));
        prop_assert_eq!(back(theirs.encode(), &keys, ServerParameter::decode), Some(theirs));
        let again = back(answer.encode(), &keys, BeforeAdmission::decode);
        // The bytes say more than `Debug`, which hides the meeting's key.
        prop_assert_eq!((format!("{again:?}"), again.encode()), (format!("{answer:?}"), answer.encode()));
    }

    #[test]
    fn a_join_and_its_answers_survive_any_keys(userinfo in text(19_998), bits in any::<u8>(), hash in any::<[u8; 20]>(), challenge in any::<[u8; 32]>(), tick in any::<u32>(), keys in keys()) {
        let name: String = userinfo.chars().take(40).collect();
        let guest = join::OfficeIdentity::Guest(name.clone());
        for request in [
            JoinRequest::Shared { userinfo: userinfo.clone(), credential: "x".repeat(99) },
            JoinRequest::Hit { userinfo, flags: bits },
            JoinRequest::Office { user_id: format!("_{name}"), who: guest, flags: bits, invitation: Some(name.clone()) },
            JoinRequest::Office {
                user_id: "olive".into(),
                who: join::OfficeIdentity::Password(hash),
                flags: bits,
                invitation: None,
            },
            JoinRequest::OfficePlayback { user_id: name, password: hash, file: "2026_11_23_09_41_000001".into() },
            JoinRequest::Other(b'U'),
        ] {
            prop_assert_eq!(back(request.encode(), &keys, JoinRequest::decode), request);
        }
        prop_assert!(back(PasswordAnswer::Given(hash).encode(), &keys, PasswordAnswer::decode) == PasswordAnswer::Given(hash));
        prop_assert!(back(MessageAnswer::Leave.encode(), &keys, MessageAnswer::decode) == MessageAnswer::Leave);
        prop_assert!(back(MessageAnswer::No.encode(), &keys, MessageAnswer::decode) == MessageAnswer::No);
        prop_assert!(back(PasswordAnswer::Cancelled.encode(), &keys, PasswordAnswer::decode) == PasswordAnswer::Cancelled);
        let answer = handshake::encode_challenge_answer(&challenge, tick);
        prop_assert_eq!(back(answer, &keys, handshake::decode_challenge_answer), (challenge, tick));
    }

    #[test]
    fn random_bytes_after_a_real_first_byte_never_panic_under_any_keys(first in prop::sample::select(b"!@~MmSRr30456U1BXCTDIKAEGJVQtFz\0".to_vec()), tail in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..200), keys in keys()) {
        let bytes = [&[first][..], &tail].concat();
        drop((decode(&bytes, &keys, ToServer::decode), decode(&bytes, &keys, ToClient::decode)));
        drop((decode(&bytes, &keys, JoinRequest::decode), decode(&bytes, &keys, BeforeAdmission::decode)));
        drop((decode(&bytes, &keys, ServerParameter::decode), decode(&bytes, &keys, ClientParameter::decode)));
        drop((decode(&bytes, &keys, Hello::decode), decode(&bytes, &keys, PasswordAnswer::decode)));
        drop(decode(&bytes, &keys, MessageAnswer::decode));
    }
}
