//! Admission, row by row.

use super::*;
use crate::hit::request::{Group, Guest};

fn owner(meeting: &str) -> ServiceRequest {
    ServiceRequest::new("olive", "Olive", meeting, 1_000)
}

fn guest(meeting: &str, invited: bool) -> ServiceRequest {
    let guest = Guest { id: Some("gus".into()), name: "Gus".into(), invited, ..Guest::default() };
    ServiceRequest { guest: Some(guest), ..owner(meeting) }
}

fn event(mut request: ServiceRequest) -> ServiceRequest {
    request.command.duration = Some(30);
    request
}

fn office() -> Office {
    Office::new(Licence::parse(b"").0, 65_535)
}

fn code(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refuse(refused) => refused.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn an_owner_opens_a_meeting_and_enters_it_again_whatever_the_meeting_id() {
    let mut office = office();
    assert_eq!(office.decide(&owner("a"), false), Verdict::Open(65_535));
    assert_eq!(
        office.decide(&owner("b"), false),
        Verdict::Enter(65_535),
        "a person-based room is the owner's, not the id's"
    );
    assert_eq!(office.meetings()[&65_535].meeting_id, "a", "the first meeting id stays");
}

#[test]
fn the_numbers_of_meetings_stay_within_sixteen_bits_and_skip_open_ones() {
    let mut office = office();
    let numbers: Vec<i32> = (0..3)
        .map(|n| match office.decide(&event(owner(&format!("m{n}"))), false) {
            Verdict::Open(index) => index,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [65_535, 0, 1]);
}

#[test]
fn two_meeting_ids_of_one_owner_are_two_events() {
    let mut office = office();
    assert_eq!(office.decide(&event(owner("a")), false), Verdict::Open(65_535));
    assert_eq!(office.decide(&event(owner("b")), false), Verdict::Open(0));
    assert_eq!(office.decide(&event(owner("a")), false), Verdict::Enter(65_535));
}

#[test]
fn two_owners_of_one_event_are_an_internal_error_for_the_second() {
    let mut office = office();
    office.decide(&event(owner("a")), false);
    let other = event(ServiceRequest::new("tess", "Tess", "a", 1_000));
    assert_eq!(code(office.decide(&other, false)), Refusal::Internal);
}

#[test]
fn two_owners_of_one_person_based_meeting_id_have_a_room_each() {
    let mut office = office();
    office.decide(&owner("a"), false);
    assert_eq!(office.decide(&ServiceRequest::new("tess", "Tess", "a", 1_000), false), Verdict::Open(0));
}

#[test]
fn a_guest_before_the_owner_finds_no_meeting_unless_invited_to_an_event() {
    let mut office = office();
    assert_eq!(code(office.decide(&guest("a", true), false)), Refusal::MeetingNotExist);
    assert_eq!(code(office.decide(&event(guest("a", false)), false)), Refusal::MeetingNotExist);
    assert_eq!(office.decide(&event(guest("a", true)), false), Verdict::Open(65_535));
}

#[test]
fn a_guest_gets_to_the_door_of_an_open_meeting_invited_or_not() {
    let mut office = office();
    office.decide(&owner("a"), false);
    assert_eq!(office.decide(&guest("a", true), false), Verdict::Enter(65_535));
    assert_eq!(office.decide(&guest("a", false), false), Verdict::Enter(65_535), "the meeting asks somebody inside");
}

#[test]
fn other_services_and_tickets_are_refused_each_with_its_code() {
    let mut office = office();
    for kind in CommandKind::ALL.into_iter().filter(|kind| *kind != CommandKind::Meeting) {
        let mut request = owner("a");
        request.command.kind = kind;
        assert_eq!(code(office.decide(&request, false)), Refusal::JoinNetMode, "{kind:?}");
    }
    let mut ticket = event(guest("a", true));
    ticket.guest.as_mut().unwrap().ticket = true;
    assert_eq!(code(office.decide(&ticket, false)), Refusal::InvalidLicense);
}

#[test]
fn an_id_that_cannot_be_a_folder_is_an_illegal_parameter() {
    let mut office = office();
    for id in ["..", "a/b", "con", "x."] {
        let request = ServiceRequest::new(id, "Olive", "a", 1_000);
        assert_eq!(code(office.decide(&request, false)), Refusal::Parameter, "owner {id:?}");
        assert_eq!(code(office.decide(&owner(id), false)), Refusal::Parameter, "meeting {id:?}");
        let group = Group { id: id.into(), ..Group::default() };
        assert_eq!(
            code(office.decide(&ServiceRequest { group: Some(group), ..owner("a") }, false)),
            Refusal::Parameter,
            "group {id:?}"
        );
    }
    assert!(office.meetings().is_empty());
}

#[test]
fn the_licence_limits_meetings_and_connections() {
    let licence = Licence { max_meeting: 1, max_connection: 2, ..Licence::parse(b"").0 };
    let mut office = Office::new(licence, 0);
    office.decide(&owner("a"), false);
    let tess = ServiceRequest::new("tess", "Tess", "b", 1_000);
    assert_eq!(code(office.decide(&tess, false)), Refusal::TooManySession);
    office.set_connections(0, 2);
    assert_eq!(code(office.decide(&guest("a", true), false)), Refusal::TooManyUser);
    office.set_connections(0, 1);
    assert_eq!(office.decide(&guest("a", true), false), Verdict::Enter(0));
    office.close(0);
    assert_eq!(office.decide(&tess, false), Verdict::Open(1));
}

#[test]
fn nobody_enters_a_server_that_shuts_down() {
    let mut office = office();
    office.decide(&owner("a"), false);
    office.shut();
    assert_eq!(code(office.decide(&owner("a"), false)), Refusal::TooManySession);
}

#[test]
fn a_request_is_fresh_for_five_minutes_either_way_and_with_a_password_until_its_timestamp() {
    let now = |seconds: i64| Now { office: seconds * 1000, ..Now::default() };
    let window = Duration::from_secs(300);
    let judge =
        |request: &ServiceRequest, seconds| Office::judge_age(request, now(seconds), window).map_err(|r| r.code);
    let request = owner("a");
    assert_eq!(judge(&request, 1_300), Ok(()));
    assert_eq!(judge(&request, 1_301), Err(Refusal::WrongUserinfo2));
    assert_eq!(judge(&request, 700), Ok(()));
    assert_eq!(judge(&request, 699), Err(Refusal::WrongUserinfo2));
    let locked = ServiceRequest { password: Some(crate::hit::password::PasswordHash::of("x")), ..request };
    assert_eq!(judge(&locked, 0), Ok(()));
    assert_eq!(judge(&locked, 1_000), Ok(()));
    assert_eq!(judge(&locked, 1_001), Err(Refusal::WrongUserinfo2));
}

#[test]
fn an_event_that_is_over_is_not_opened_again_but_one_that_is_open_is_entered() {
    let mut office = office();
    assert_eq!(code(office.decide(&event(owner("a")), true)), Refusal::MeetingNotExist);
    assert!(matches!(office.decide(&event(owner("a")), false), Verdict::Open(_)));
    assert!(matches!(office.decide(&event(owner("a")), true), Verdict::Enter(_)));
}

#[test]
fn playbacks_have_a_number_of_their_own_or_count_as_connections() {
    let request = owner("a");
    let licence = |playbacks| Licence { max_connection: 2, max_playback_connection: playbacks, ..Licence::default() };
    let mut apart = Office::new(licence(1), 0);
    assert_eq!(apart.decide_playback(&request), Ok(()));
    apart.set_playbacks(1);
    assert_eq!(apart.decide_playback(&request).map_err(|refused| refused.code), Err(Refusal::TooManyPlayback));
    assert!(matches!(apart.decide(&request, false), Verdict::Open(_)), "a playback takes no connection of a meeting");

    let mut together = Office::new(licence(0), 0);
    together.set_playbacks(2);
    assert_eq!(together.decide_playback(&request).map_err(|refused| refused.code), Err(Refusal::TooManyPlayback));
    assert_eq!(code(together.decide(&request, false)), Refusal::TooManyUser);
}
