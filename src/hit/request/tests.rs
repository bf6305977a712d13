//! Tests of reading and writing requests.

use proptest::option;
use proptest::prelude::*;

use super::*;

/// The guide's figure 3, corrected by notes N1 and N2 only as far as well-formedness needs.
const FIGURE_3: &str = r#"<? xml version="1.0" encoding="utf-8" ?>
<jnj>
    <owner id="ownerid" diskquota="1000" maxoutconnection="50" email="owner@email.com">ownername</owner>
    <meetingid>testing</meetingid>
    <timestamp>1019077830</timestamp>
    <password>i7YRj4/Wk1rQh2o740pxfTJwj/0=</password>
    <quest id="questid" email="quest@email.com" invited="1" ticket="0">guestname</quest>
    <group diskquota="1000" maxoutconnection="50">HomeMeeting</group>
    <command recording="1" exclusive_recording="0" autoextension="0" duration="60" default_joint_browsing_page=""
      all_questioner="0" preparationmode="1" bandwidth="64000" total_av_bandwidth="256000" max_message_duration="10"
      joinnet_auto_update_url="" joinnet_holder_video="1" audio_codec_preference="opus, ilbc;g711"
      video_codec_preference="" file="recording_file_name">meeting
        <guaranteed invited="10" uninvited="3">1</guaranteed>
        <transferslide userid="userid" groupid="groupid" file="recording_file_name">meetingid</transferslide>
        <continuemeeting userid="userid" groupid="groupid" file="recording_file_name">meetingid</continuemeeting>
    </command>
    <meetingtitle>testing title</meetingtitle>
</jnj>"#;

fn figure_3() -> ServiceRequest {
    let reference = RecordingReference {
        user_id: "userid".to_owned(),
        group_id: Some("groupid".to_owned()),
        meeting_id: "meetingid".to_owned(),
        file: Some("recording_file_name".to_owned()),
    };
    ServiceRequest {
        owner: Owner {
            id: "ownerid".to_owned(),
            name: "ownername".to_owned(),
            disk_quota: Some(1000),
            max_out_connection: Some(50),
            email: Some("owner@email.com".to_owned()),
        },
        meeting_id: "testing".to_owned(),
        timestamp: 1_019_077_830,
        password: Some(PasswordHash::of("testpassword")),
        guest: Some(Guest {
            id: Some("questid".to_owned()),
            name: "guestname".to_owned(),
            email: Some("quest@email.com".to_owned()),
            invited: true,
            ticket: false,
        }),
        group: Some(Group { id: "HomeMeeting".to_owned(), disk_quota: Some(1000), max_out_connection: Some(50) }),
        command: Command {
            autoextension: false,
            duration: Some(60),
            preparation_mode: true,
            bandwidth: Some(64_000),
            total_av_bandwidth: Some(256_000),
            max_message_duration: Some(10),
            joinnet_holder_video: true,
            audio_codec_preference: vec!["opus".to_owned(), "ilbc".to_owned(), "g711".to_owned()],
            file: Some("recording_file_name".to_owned()),
            guaranteed: Some(Guaranteed { invited: 10, uninvited: 3 }),
            transfer_slide: Some(reference.clone()),
            continue_meeting: Some(reference),
            ..Command::default()
        },
        meeting_title: Some("testing title".to_owned()),
    }
}

/// A request with `inside` beside the required elements.
fn with(inside: &str) -> String {
    format!("<jnj><owner id='o'>O</owner><meetingid>m</meetingid><timestamp>1</timestamp>{inside}</jnj>")
}

fn read(xml: &str) -> Result<ServiceRequest, RequestError> {
    ServiceRequest::parse(xml.as_bytes())
}

fn command(attributes: &str) -> Result<Command, RequestError> {
    read(&with(&format!("<command {attributes}>meeting</command>"))).map(|request| request.command)
}

#[test]
fn the_guides_figure_reads_and_goes_round() {
    assert_eq!(read(FIGURE_3), Ok(figure_3()));
    let written = figure_3().to_xml().unwrap();
    assert!(written.contains("<guest id=\"questid\""), "never the misprint: {written}");
    assert_eq!(read(&written), Ok(figure_3()));
    assert!(figure_3().command.is_event() && figure_3().command.prepares());
}

#[test]
fn what_is_absent_has_the_guides_defaults() {
    let request = read(&with("")).unwrap();
    assert_eq!(request, ServiceRequest::new("o", "O", "m", 1));
    assert!(request.command.recording && request.command.autoextension && !request.command.is_event());
    let empty = "<password/><group/><command recording='' duration='' bandwidth='' file=''><transferslide/></command>";
    assert_eq!(read(&with(empty)), Ok(request));
}

#[test]
fn a_misprinted_guest_is_a_guest_and_two_are_refused() {
    for name in ["guest", "quest", "Guest", "QUEST"] {
        let request = read(&with(&format!("<{name} id=''>G</{name}>"))).unwrap();
        assert_eq!((request.requester_name(), request.requester_id()), ("G", None), "{name}");
    }
    assert_eq!(read(&with("<guest/><quest/>")), Err(RequestError::Repeated { what: "guest" }));
    assert_eq!(read(&with("<owner id='x'>X</owner>")), Err(RequestError::Repeated { what: "owner" }));
    assert_eq!(read(&with("")).unwrap().requester_id(), Some("o"));
}

#[test]
fn the_four_required_items_are_required() {
    let parts = ["<owner id='o'>O</owner>", "<meetingid>m</meetingid>", "<timestamp>1</timestamp>"];
    for (missing, what) in [(0, "owner"), (1, "meetingid"), (2, "timestamp")] {
        let rest: String = parts.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, part)| *part).collect();
        assert_eq!(read(&format!("<jnj>{rest}</jnj>")), Err(RequestError::Missing { what }));
    }
    for (full, empty, what) in [
        ("id='o'", "", "owner@id"),
        ("id='o'", "id=''", "owner@id"),
        (">m<", "><", "meetingid"),
        (">1<", "><", "timestamp"),
    ] {
        assert_eq!(read(&with("").replace(full, empty)), Err(RequestError::Missing { what }));
    }
    let check = with("<command>checkmessage</command>").replace(">m<", "><");
    assert_eq!(read(&check).unwrap().meeting_id, "", "checkmessage does not use it");
    assert_eq!(read("<msgr/>"), Err(RequestError::Root { found: "msgr".to_owned() }));
}

/// Every limited item with its longest length when reading: a request that holds `value` there.
fn limited(value: &str) -> Vec<(&'static str, usize, String)> {
    let reference = |name: &str| {
        let [user, group, file] = ["userid", "groupid", "file"].map(|attribute| {
            let userid = if attribute == "userid" { "" } else { "userid='u' " };
            with(&format!("<command><{name} {userid}{attribute}='{value}'>m</{name}></command>"))
        });
        (user, group, file, with(&format!("<command><{name} userid='u'>{value}</{name}></command>")))
    };
    let (user, group, file, meeting) = reference("transferslide");
    let (user2, group2, file2, meeting2) = reference("continuemeeting");
    vec![
        ("owner@id", 127, with("").replace("id='o'", &format!("id='{value}'"))),
        ("owner", 127, with("").replace(">O<", &format!(">{value}<"))),
        ("owner@email", 127, with("").replace("id='o'", &format!("id='o' email='{value}'"))),
        ("meetingid", 128, with("").replace(">m<", &format!(">{value}<"))),
        ("guest@id", 127, with(&format!("<guest id='{value}'>G</guest>"))),
        ("guest", 127, with(&format!("<guest>{value}</guest>"))),
        ("guest@email", 127, with(&format!("<guest id='g' email='{value}'>G</guest>"))),
        ("group", 127, with(&format!("<group>{value}</group>"))),
        ("meetingtitle", 511, with(&format!("<meetingtitle>{value}</meetingtitle>"))),
        ("command@file", 511, with(&format!("<command file='{value}'/>"))),
        (
            "command@default_joint_browsing_page",
            511,
            with(&format!("<command default_joint_browsing_page='{value}'/>")),
        ),
        ("command@joinnet_auto_update_url", 511, with(&format!("<command joinnet_auto_update_url='{value}'/>"))),
        ("transferslide@userid", 127, user),
        ("transferslide@groupid", 127, group),
        ("transferslide@file", 511, file),
        ("transferslide", 128, meeting),
        ("continuemeeting@userid", 127, user2),
        ("continuemeeting@groupid", 127, group2),
        ("continuemeeting@file", 511, file2),
        ("continuemeeting", 128, meeting2),
    ]
}

#[test]
fn every_length_is_taken_up_to_its_limit_and_refused_beyond_it_by_name() {
    for index in 0..limited("").len() {
        let max = limited("").swap_remove(index).1;
        for bytes in [max - 1, max, max + 1] {
            // Counted in bytes, not characters: most of it is three-byte characters.
            let value = format!("{}{}", "會".repeat(bytes / 3), "x".repeat(bytes % 3));
            let (what, _, xml) = limited(&value).swap_remove(index);
            let expected = if bytes > max { Err(RequestError::TooLong { what, bytes, max }) } else { Ok(()) };
            assert_eq!(read(&xml).map(|_| ()), expected, "{what} with {bytes} bytes");
        }
    }
    for bytes in [38, 39, 40] {
        let error = read(&with(&format!("<password>{}</password>", "A".repeat(bytes)))).unwrap_err();
        let too_long = RequestError::TooLong { what: "password", bytes: 40, max: 39 };
        assert_eq!(error == too_long, bytes > 39, "{bytes}: {error}");
    }
    for bytes in [126, 127, 128] {
        let request = ServiceRequest::new("o", "O", &"m".repeat(bytes), 1);
        assert_eq!(request.to_xml().is_ok(), bytes < 128, "a meeting id that we issue");
    }
}

#[test]
fn control_characters_are_refused_by_name_wherever_they_stand() {
    for (what, _, xml) in limited("a&#9;b") {
        let expected = Err(RequestError::ControlCharacter { what, code: 9 });
        assert_eq!(read(&xml).map(|_| ()), if what == "meetingtitle" { Ok(()) } else { expected });
    }
    for (what, _, xml) in limited("a\u{1}b") {
        assert_eq!(read(&xml).map(|_| ()), Err(RequestError::ControlCharacter { what, code: 1 }));
    }
    let error = ServiceRequest::new("o\n", "O", "m", 1).to_xml().unwrap_err();
    assert_eq!(error.to_string(), "owner@id contains the character U+000A; remove it");
}

#[test]
fn durations_are_cut_to_599_and_nonsense_is_refused() {
    let cases = [("", None), ("0", None), ("1", Some(1)), ("599", Some(599)), ("600", Some(599))];
    for (text, minutes) in cases.into_iter().chain([("99999999999999999999999", Some(599)), ("00", None)]) {
        assert_eq!(command(&format!("duration='{text}'")).unwrap().duration, minutes, "{text}");
    }
    for text in ["-1", "1.5", "x", "+5"] {
        let error = command(&format!("duration='{text}'")).unwrap_err();
        assert!(matches!(error, RequestError::NotANumber { what: "command@duration", .. }), "{error}");
    }
    for minutes in [0, 600] {
        let mut request = ServiceRequest::new("o", "O", "m", 1);
        request.command.duration = Some(minutes);
        assert!(request.to_xml().is_err());
    }
}

#[test]
fn booleans_are_0_or_1_and_numbers_are_whole() {
    assert!(!command("recording='0'").unwrap().recording);
    let error = command("recording='2'").unwrap_err();
    assert_eq!(error.to_string(), "command@recording is \"2\", expected 0 or 1");
    assert_eq!(command("bandwidth='4294967295'").unwrap().bandwidth, Some(u32::MAX));
    for text in ["4294967296", "-1", "1e3", "+1"] {
        assert!(command(&format!("bandwidth='{text}'")).is_err(), "{text}");
    }
    assert_eq!(command("max_message_duration='0'").unwrap().max_message_duration, None);
    assert!(read(&with("").replace(">1<", "> 12 <")).is_ok());
    assert!(read(&with("").replace(">1<", ">soon<")).is_err());
}

#[test]
fn commands_are_read_whatever_their_case_and_unknown_ones_refused() {
    for kind in CommandKind::ALL {
        let xml = with(&format!("<command>\n {} \n<guaranteed/></command>", kind.word().to_uppercase()));
        assert_eq!(read(&xml).unwrap().command.kind, kind);
    }
    assert_eq!(read(&with("<command> sing </command>")), Err(RequestError::UnknownCommand("sing".to_owned())));
    let visitor = read(&with("<command recording='x' duration='-9'>talktovisitor</command>")).unwrap().command;
    assert_eq!(visitor, Command::new(CommandKind::TalkToVisitor));
}

#[test]
fn what_known_third_parties_send_is_taken() {
    let php = with(
        "<guest invited='1'>G</guest><command>playback<guaranteed invited='0' uninvited='N'>0</guaranteed></command>",
    );
    assert_eq!(read(&php).unwrap().command, Command::new(CommandKind::Playback));
    assert!(read(&with("<command recoverymode='1'/><something/>")).is_ok());
    assert!(command("").unwrap().guaranteed.is_none());
}

#[test]
fn a_ticket_holder_needs_an_id_and_so_does_an_address() {
    assert_eq!(read(&with("<guest ticket='1'>G</guest>")), Err(RequestError::TicketWithoutId));
    assert!(read(&with("<guest ticket='1' id='g'>G</guest>")).unwrap().guest.unwrap().ticket);
    assert_eq!(read(&with("<guest email='a@b'>G</guest>")).unwrap().guest.unwrap().email, None);
    let mut request = ServiceRequest::new("o", "O", "m", 1);
    request.guest = Some(Guest { email: Some("a@b".to_owned()), ..Guest::default() });
    assert_eq!(request.to_xml(), Err(RequestError::EmailWithoutId));
}

#[test]
fn hostile_xml_is_refused() {
    for xml in [
        "<!DOCTYPE jnj [<!ENTITY a 'b'>]><jnj/>".to_owned(),
        with("<meetingtitle>&lol;</meetingtitle>"),
        with(&"<x>".repeat(20)),
        with(&format!("<x>{}</x>", " ".repeat(MAX_REQUEST))),
        with(&"<x/>".repeat(300)),
        "<jnj>".to_owned(),
    ] {
        assert!(matches!(read(&xml), Err(RequestError::Xml(_))), "{xml:.60}");
    }
    let bad_hash = read(&with("<password>secret</password>")).unwrap_err();
    assert!(!bad_hash.to_string().contains("secret"));
}

#[test]
fn a_codec_name_that_would_fall_apart_is_not_written() {
    let mut request = ServiceRequest::new("o", "O", "m", 1);
    request.command.audio_codec_preference = vec!["opus,x".to_owned()];
    assert!(matches!(request.to_xml(), Err(RequestError::CodecName { .. })));
}

fn any_text(max: usize) -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("會議".to_owned()),
        Just("회의😀".to_owned()),
        Just("<&>\"']]>&amp;".to_owned()),
        "[ -~]{1,8}",
        "\\PC{1,4}"
    ];
    proptest::collection::vec(pieces, 1..8).prop_map(move |pieces| {
        let mut text = pieces.concat();
        while text.len() > max {
            text.pop();
        }
        text
    })
}

fn any_reference() -> impl Strategy<Value = RecordingReference> {
    (any_text(127), option::of(any_text(127)), any_text(127), option::of(any_text(511)))
        .prop_map(|(user_id, group_id, meeting_id, file)| RecordingReference { user_id, group_id, meeting_id, file })
}

fn any_command() -> impl Strategy<Value = Command> {
    let codecs = || proptest::collection::vec("[a-z0-9]{1,6}", 0..4);
    let flags = any::<[bool; 6]>();
    let numbers =
        (option::of(1..=599u16), option::of(any::<u32>()), option::of(any::<u32>()), option::of(1..=u32::MAX));
    let texts = (option::of(any_text(511)), option::of(any_text(511)), option::of(any_text(511)), codecs(), codecs());
    let parts = (option::of(any::<(u32, u32)>()), option::of(any_reference()), option::of(any_reference()));
    (0..7usize, flags, numbers, texts, parts).prop_map(|(kind, flags, numbers, texts, parts)| {
        let kind = CommandKind::ALL[kind];
        if kind == CommandKind::TalkToVisitor {
            return Command::new(kind);
        }
        let [recording, exclusive_recording, autoextension, all_questioner, preparation_mode, joinnet_holder_video] =
            flags;
        Command {
            kind,
            recording,
            exclusive_recording,
            autoextension,
            all_questioner,
            preparation_mode,
            joinnet_holder_video,
            duration: numbers.0,
            bandwidth: numbers.1,
            total_av_bandwidth: numbers.2,
            max_message_duration: numbers.3,
            default_joint_browsing_page: texts.0,
            joinnet_auto_update_url: texts.1,
            file: texts.2,
            audio_codec_preference: texts.3,
            video_codec_preference: texts.4,
            guaranteed: parts.0.map(|(invited, uninvited)| Guaranteed { invited, uninvited }),
            transfer_slide: parts.1,
            continue_meeting: parts.2,
        }
    })
}

fn any_request() -> impl Strategy<Value = ServiceRequest> {
    let quotas = || (option::of(any::<u64>()), option::of(any::<u32>()));
    let owner = (any_text(127), any_text(127), quotas(), option::of(any_text(127)));
    let guest = (any_text(127), any_text(127), option::of(any_text(127)), any::<[bool; 3]>());
    let group = (any_text(127), quotas());
    let rest = (any_text(127), any::<i64>(), option::of("[!-~]{0,27}"), option::of(any_text(511)));
    (owner, option::of(guest), option::of(group), any_command(), rest).prop_map(
        |(owner, guest, group, command, rest)| ServiceRequest {
            owner: Owner {
                id: owner.0,
                name: owner.1,
                disk_quota: owner.2.0,
                max_out_connection: owner.2.1,
                email: owner.3,
            },
            guest: guest.map(|(id, name, email, [named, invited, ticket])| Guest {
                id: named.then_some(id),
                name,
                email: email.filter(|_| named),
                invited,
                ticket: ticket && named,
            }),
            group: group.map(|(id, (disk_quota, max_out_connection))| Group { id, disk_quota, max_out_connection }),
            command,
            meeting_id: rest.0,
            timestamp: rest.1,
            password: rest.2.map(|password| PasswordHash::of(&password)),
            meeting_title: rest.3.map(|title| format!("{title}\r\n\t")).filter(|title| title.len() <= MAX_TEXT),
        },
    )
}

proptest! {
    #[test]
    fn every_request_reads_back_as_it_was_written(request in any_request()) {
        prop_assert_eq!(ServiceRequest::parse(request.to_xml().unwrap().as_bytes()), Ok(request));
    }

    #[test]
    fn a_control_character_in_any_name_is_refused_both_ways(name in "[\\PC]{0,5}[\\x00-\\x1f\\x7f-\\u{9f}][\\PC]{0,5}") {
        let request = ServiceRequest::new("o", &name, "m", 1);
        let refused = matches!(request.to_xml(), Err(RequestError::ControlCharacter { what: "owner", .. }));
        prop_assert!(refused);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = ServiceRequest::parse(&bytes);
    }
}
