//! The seven services of guide 3.1/7, guests of every kind of 3.1/5, and the preparation rules that need no meeting (3.7, table 2).

use super::tests::{LIMITS, ask, code, event, guest, look, office, owner};
use super::*;
use crate::hit::request::{Guest, MAX_REQUEST};

fn of(kind: CommandKind, mut request: ServiceRequest) -> ServiceRequest {
    request.command.kind = kind;
    request
}

fn ticket(meeting: &str) -> ServiceRequest {
    let mut request = event(guest(meeting, false));
    request.guest.as_mut().unwrap().ticket = true;
    request
}

fn prepare(meeting: &str) -> ServiceRequest {
    let mut request = event(owner(meeting));
    request.command.preparation_mode = true;
    request
}

#[test]
fn each_service_is_asked_for_by_whom_it_is_for() {
    use CommandKind::{CheckMessage, Delete, Download, LeaveMessage, Meeting, Playback, TalkToVisitor};
    let (served, elsewhere) = (None, Some(Refusal::JoinNetMode));
    let (illegal, no_message) = (Some(Refusal::IllegalRequest), Some(Refusal::MeetingNotExist));
    let table = [
        // service, of the owner, of a guest
        (Meeting, served, served),
        (Playback, served, served),
        (Download, elsewhere, elsewhere),
        (Delete, served, illegal),
        (CheckMessage, elsewhere, elsewhere),
        (TalkToVisitor, no_message, illegal),
        (LeaveMessage, illegal, served),
    ];
    assert_eq!(table.map(|(kind, ..)| kind), CommandKind::ALL);
    for (kind, of_owner, of_guest) in table {
        for (request, expected) in [(owner("m"), of_owner), (guest("m", true), of_guest)] {
            let request = of(kind, request);
            let mut office = office();
            let refused = match kind {
                Playback => office.decide_playback(&request, FROM).err(),
                Delete => office.decide_removal(&request).err(),
                _ => match ask(&mut office, &request) {
                    Verdict::Refuse(refused) => Some(refused),
                    _ => None,
                },
            };
            assert_eq!(refused.map(|refused| refused.code), expected, "{kind:?} of {:?}", request.guest);
        }
    }
}

const FROM: IpAddr = super::tests::FROM;

#[test]
fn a_message_is_left_whether_the_office_is_open_or_not_and_never_in_it() {
    let leave = of(CommandKind::LeaveMessage, guest("m", true));
    let mut office = office();
    assert_eq!(ask(&mut office, &leave), Verdict::Open(65_535, place(0)));
    assert!(matches!(ask(&mut office, &owner("m")), Verdict::Open(0, _)), "the owner's office is another room");
    let other = Guest { id: Some("tess".into()), name: "Tess".into(), ..Guest::default() };
    let other = ServiceRequest { guest: Some(other), ..leave.clone() };
    assert!(matches!(ask(&mut office, &other), Verdict::Open(1, _)), "another visitor with the same meeting id");
    assert!(matches!(ask(&mut office, &leave), Verdict::Enter(65_535, _)), "the same visitor");
    let nobody = Guest { id: None, name: "Gus".into(), ..Guest::default() };
    let nobody = ServiceRequest { guest: Some(nobody), ..leave };
    assert!(matches!(ask(&mut office, &nobody), Verdict::Open(2, _)));
    assert!(matches!(ask(&mut office, &nobody), Verdict::Open(3, _)), "two without an id are two");
    assert_eq!(office.find(&owner("m")), [0, 1, 2, 3, 65_535], "whoever comes back may have been in any");
}

fn place(number: usize) -> PlaceId {
    // The first place of a server is the same for every server.
    let mut lines = Lines::default();
    let line = Line { purpose: Purpose::Playback, outside: false, owner: None, group: None };
    (0..=number).map(|_| lines.take_again(line.clone())).last().unwrap()
}

#[test]
fn a_message_that_is_not_recorded_cannot_be_left() {
    let mut leave = of(CommandKind::LeaveMessage, guest("m", true));
    leave.command.recording = false;
    assert_eq!(code(ask(&mut office(), &leave)), Refusal::CanNotRecord);
}

#[test]
fn an_owner_talks_to_a_visitor_who_leaves_a_message_and_has_no_meeting_meanwhile() {
    let talk = |meeting| of(CommandKind::TalkToVisitor, owner(meeting));
    let mut office = office();
    assert_eq!(code(ask(&mut office, &talk("m"))), Refusal::MeetingNotExist);
    ask(&mut office, &of(CommandKind::LeaveMessage, guest("m", false)));
    assert_eq!(code(ask(&mut office, &talk("other"))), Refusal::MeetingNotExist);
    assert!(matches!(ask(&mut office, &talk("m")), Verdict::Enter(65_535, _)));
    let mut stranger = talk("m");
    stranger.owner.id = "tess".into();
    assert_eq!(code(ask(&mut office, &stranger)), Refusal::MeetingNotExist);
    for own in [owner("x"), event(owner("y"))] {
        let Verdict::Open(index, _) = ask(&mut office, &own) else { panic!("{own:?}") };
        assert_eq!(code(ask(&mut office, &talk("m"))), Refusal::IllegalRequest, "the owner has a meeting");
        office.close(index);
    }
    // Everything within the command is ignored.
    let mut loud = talk("m");
    loud.command.duration = Some(5);
    loud.command.preparation_mode = true;
    loud.command.recording = false;
    assert!(matches!(ask(&mut office, &loud), Verdict::Enter(65_535, _)));
}

#[test]
fn who_was_in_a_meeting_that_is_gone_is_offered_no_message() {
    let mut office = office();
    let request = guest("m", true);
    let back = Arrival { request: &request, from: FROM, was_inside: true, disk: None };
    assert_eq!(code(office.decide(back)), Refusal::MeetingNotExist);
    assert_eq!(ask(&mut office, &request), Verdict::OfferMessage);
}

#[test]
fn a_ticket_holder_comes_once_the_owner_has_started_the_event() {
    let mut office = office();
    let invited = |mut request: ServiceRequest| {
        request.guest.as_mut().unwrap().invited = true;
        request
    };
    for request in [ticket("m"), invited(ticket("m"))] {
        assert_eq!(code(ask(&mut office, &request)), Refusal::MeetingNotExist, "nobody has started it");
    }
    assert!(matches!(ask(&mut office, &event(guest("m", true))), Verdict::Open(..)));
    let other = |mut request: ServiceRequest| {
        request.guest.as_mut().unwrap().id = Some("tim".into());
        request
    };
    assert_eq!(code(ask(&mut office, &other(ticket("m")))), Refusal::MeetingNotExist, "its owner has not");
    assert!(matches!(ask(&mut office, &event(owner("m"))), Verdict::Enter(..)));
    assert!(matches!(ask(&mut office, &other(ticket("m"))), Verdict::Enter(..)));
}

#[test]
fn a_ticket_needs_an_event_a_licence_and_an_id() {
    let mut person_based = ticket("m");
    person_based.command.duration = None;
    assert_eq!(code(ask(&mut office(), &person_based)), Refusal::IllegalRequest);
    let mut unlicensed = Office::new(Licence { ticket: false, ..Licence::default() }, LIMITS, 0);
    ask(&mut unlicensed, &event(owner("m")));
    assert_eq!(code(ask(&mut unlicensed, &ticket("m"))), Refusal::InvalidLicense);
    let xml = b"<jnj><owner id='o'>O</owner><meetingid>m</meetingid><timestamp>1</timestamp><guest ticket='1'>T</guest></jnj>";
    assert!(xml.len() < MAX_REQUEST && ServiceRequest::parse(xml).is_err(), "the MCU answers 226");
}

#[test]
fn a_guest_who_tries_to_prepare_a_meeting_gets_illegal_operation() {
    let mut request = event(guest("m", true));
    request.command.preparation_mode = true;
    assert_eq!(code(ask(&mut office(), &request)), Refusal::IllegalRequest);
    request.command.duration = None;
    assert_eq!(ask(&mut office(), &request), Verdict::OfferMessage, "ignored for a person-based meeting");
}

#[test]
fn a_coordinator_who_prepares_an_event_that_is_over_gets_the_session_is_over() {
    let over = Disk { over: true, ..Disk::default() };
    assert_eq!(code(look(&mut office(), &prepare("m"), over)), Refusal::SessionClosed);
    assert_eq!(code(look(&mut office(), &event(owner("m")), over)), Refusal::MeetingNotExist);
    assert!(matches!(look(&mut office(), &prepare("m"), Disk::default()), Verdict::Open(..)));
    assert!(matches!(look(&mut office(), &owner("m"), over), Verdict::Open(..)), "a person-based one always opens");
}

#[test]
fn what_a_coordinator_prepares_becomes_a_meeting_with_the_groups_and_places_of_the_second_request() {
    let mut office = office();
    ask(&mut office, &prepare("m"));
    assert!(office.meetings()[&65_535].preparing);
    ask(&mut office, &prepare("m"));
    assert!(office.meetings()[&65_535].preparing, "the coordinator continues to prepare");
    let mut normal = event(owner("m"));
    normal.owner.name = "Olive B.".into();
    normal.group = Some(crate::hit::request::Group { id: "g".into(), ..Default::default() });
    normal.command.guaranteed = Some(Guaranteed { invited: 2, uninvited: 1 });
    assert!(matches!(ask(&mut office, &normal), Verdict::Enter(..)));
    let meeting = &office.meetings()[&65_535];
    assert_eq!(
        (meeting.preparing, meeting.group.as_deref(), meeting.owner_name.as_str()),
        (false, Some("g"), "Olive B.")
    );
    assert_eq!(office.reserved().places, 3);
    // From now on only the owner's name.
    let mut third = event(owner("m"));
    third.owner.name = "Olive C.".into();
    ask(&mut office, &third);
    let meeting = &office.meetings()[&65_535];
    assert_eq!((meeting.group.as_deref(), meeting.owner_name.as_str()), (Some("g"), "Olive C."));
    assert_eq!(office.reserved().places, 3);
}

#[test]
fn an_exclusive_recording_opens_no_meeting_that_has_one() {
    let recorded = Disk { recorded_before: true, ..Disk::default() };
    let mut request = owner("m");
    assert!(matches!(look(&mut office(), &request, recorded), Verdict::Open(..)));
    request.command.exclusive_recording = true;
    assert_eq!(code(look(&mut office(), &request, recorded)), Refusal::SessionClosed);
    assert!(matches!(look(&mut office(), &request, Disk::default()), Verdict::Open(..)));
}

#[test]
fn what_is_for_meetings_means_nothing_with_another_service() {
    let mut office = office();
    let mut playback = of(CommandKind::Playback, owner("m"));
    (playback.command.recording, playback.command.exclusive_recording) = (false, true);
    assert!(office.decide_playback(&playback, FROM).is_ok());
    let mut delete = of(CommandKind::Delete, owner("m"));
    delete.command.recording = false;
    assert_eq!(office.decide_removal(&delete), Ok(()));
    let mut message = of(CommandKind::LeaveMessage, guest("m", true));
    message.command.exclusive_recording = true;
    let recorded = Disk { recorded_before: true, ..Disk::default() };
    assert!(matches!(look(&mut office, &message, recorded), Verdict::Open(..)));
    for request in [&message, &playback] {
        let mut request = request.clone();
        request.command.duration = Some(30);
        assert!(!request.command.is_event(), "{:?}", request.command.kind);
        request.command.continue_meeting = Some(Default::default());
        assert_eq!(request.command.continues(), None);
    }
}

#[test]
fn a_file_and_a_title_decide_nothing_about_a_meeting() {
    let mut office = office();
    let mut first = owner("m");
    (first.command.file, first.meeting_title) = (Some("a recording".into()), Some("One".into()));
    let Verdict::Open(index, _) = ask(&mut office, &first) else { panic!("not opened") };
    let mut second = guest("m", true);
    second.meeting_title = Some("Two".into());
    assert!(matches!(ask(&mut office, &second), Verdict::Enter(same, _) if same == index));
}
