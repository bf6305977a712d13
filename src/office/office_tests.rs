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
    assert_eq!(office.decide(&owner("a")), Verdict::Open(65_535));
    assert_eq!(office.decide(&owner("b")), Verdict::Enter(65_535), "a person-based room is the owner's, not the id's");
    assert_eq!(office.meetings()[&65_535].meeting_id, "a", "the first meeting id stays");
}

#[test]
fn the_numbers_of_meetings_stay_within_sixteen_bits_and_skip_open_ones() {
    let mut office = office();
    let numbers: Vec<i32> = (0..3)
        .map(|n| match office.decide(&event(owner(&format!("m{n}")))) {
            Verdict::Open(index) => index,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [65_535, 0, 1]);
}

#[test]
fn two_meeting_ids_of_one_owner_are_two_events() {
    let mut office = office();
    assert_eq!(office.decide(&event(owner("a"))), Verdict::Open(65_535));
    assert_eq!(office.decide(&event(owner("b"))), Verdict::Open(0));
    assert_eq!(office.decide(&event(owner("a"))), Verdict::Enter(65_535));
}

#[test]
fn two_owners_of_one_event_are_an_internal_error_for_the_second() {
    let mut office = office();
    office.decide(&event(owner("a")));
    let other = event(ServiceRequest::new("tess", "Tess", "a", 1_000));
    assert_eq!(code(office.decide(&other)), Refusal::Internal);
}

#[test]
fn two_owners_of_one_person_based_meeting_id_have_a_room_each() {
    let mut office = office();
    office.decide(&owner("a"));
    assert_eq!(office.decide(&ServiceRequest::new("tess", "Tess", "a", 1_000)), Verdict::Open(0));
}

#[test]
fn a_guest_before_the_owner_finds_no_meeting_unless_invited_to_an_event() {
    let mut office = office();
    assert_eq!(code(office.decide(&guest("a", true))), Refusal::MeetingNotExist);
    assert_eq!(code(office.decide(&event(guest("a", false)))), Refusal::MeetingNotExist);
    assert_eq!(office.decide(&event(guest("a", true))), Verdict::Open(65_535));
}

#[test]
fn an_invited_guest_enters_and_an_uninvited_one_is_not_accepted() {
    let mut office = office();
    office.decide(&owner("a"));
    assert_eq!(office.decide(&guest("a", true)), Verdict::Enter(65_535));
    assert_eq!(code(office.decide(&guest("a", false))), Refusal::CallNotAccepted);
}

#[test]
fn other_services_tickets_and_preparation_are_refused_each_with_its_code() {
    let mut office = office();
    for kind in CommandKind::ALL.into_iter().filter(|kind| *kind != CommandKind::Meeting) {
        let mut request = owner("a");
        request.command.kind = kind;
        assert_eq!(code(office.decide(&request)), Refusal::JoinNetMode, "{kind:?}");
    }
    let mut ticket = event(guest("a", true));
    ticket.guest.as_mut().unwrap().ticket = true;
    assert_eq!(code(office.decide(&ticket)), Refusal::InvalidLicense);
    let mut preparing = event(owner("a"));
    preparing.command.preparation_mode = true;
    assert_eq!(code(office.decide(&preparing)), Refusal::JoinNetMode);
}

#[test]
fn an_id_that_cannot_be_a_folder_is_an_illegal_parameter() {
    let mut office = office();
    for id in ["..", "a/b", "con", "x."] {
        let request = ServiceRequest::new(id, "Olive", "a", 1_000);
        assert_eq!(code(office.decide(&request)), Refusal::Parameter, "owner {id:?}");
        assert_eq!(code(office.decide(&owner(id))), Refusal::Parameter, "meeting {id:?}");
        let group = Group { id: id.into(), ..Group::default() };
        assert_eq!(
            code(office.decide(&ServiceRequest { group: Some(group), ..owner("a") })),
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
    office.decide(&owner("a"));
    let tess = ServiceRequest::new("tess", "Tess", "b", 1_000);
    assert_eq!(code(office.decide(&tess)), Refusal::TooManySession);
    office.set_connections(0, 2);
    assert_eq!(code(office.decide(&guest("a", true))), Refusal::TooManyUser);
    office.set_connections(0, 1);
    assert_eq!(office.decide(&guest("a", true)), Verdict::Enter(0));
    office.close(0);
    assert_eq!(office.decide(&tess), Verdict::Open(1));
}

#[test]
fn nobody_enters_a_server_that_shuts_down() {
    let mut office = office();
    office.decide(&owner("a"));
    office.shut();
    assert_eq!(code(office.decide(&owner("a"))), Refusal::TooManySession);
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
