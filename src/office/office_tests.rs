//! Admission, row by row.

use super::*;
use crate::hit::request::{Group, Guest};

/// The guide's.
pub(super) const LIMITS: Limits = Limits {
    disk_quota: 50,
    group_disk_quota: 50,
    grace_percent: 0,
    outside_connections: 10,
    group_outside_connections: 10,
};

pub(super) const FROM: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 1));

pub(super) fn owner(meeting: &str) -> ServiceRequest {
    ServiceRequest::new("olive", "Olive", meeting, 1_000)
}

pub(super) fn guest(meeting: &str, invited: bool) -> ServiceRequest {
    let guest = Guest { id: Some("gus".into()), name: "Gus".into(), invited, ..Guest::default() };
    ServiceRequest { guest: Some(guest), ..owner(meeting) }
}

pub(super) fn event(mut request: ServiceRequest) -> ServiceRequest {
    request.command.duration = Some(30);
    request
}

pub(super) fn office() -> Office {
    Office::new(Licence::parse(b"").0, LIMITS, 65_535)
}

/// The disk is empty.
pub(super) fn ask(office: &mut Office, request: &ServiceRequest) -> Verdict {
    look(office, request, Disk::default())
}

pub(super) fn ask_from(office: &mut Office, request: &ServiceRequest, from: &str) -> Verdict {
    let from = from.parse().unwrap();
    office.decide(Arrival { request, from, was_inside: false, disk: Some(Disk::default()) })
}

pub(super) fn look(office: &mut Office, request: &ServiceRequest, disk: Disk) -> Verdict {
    office.decide(Arrival { request, from: FROM, was_inside: false, disk: Some(disk) })
}

pub(super) fn code(verdict: Verdict) -> Refusal {
    match verdict {
        Verdict::Refuse(refused) => refused.code,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The number of the meeting that is opened or entered.
fn number(verdict: Verdict) -> i32 {
    match verdict {
        Verdict::Open(index, _) | Verdict::Enter(index, _) => index,
        other => panic!("expected a meeting, got {other:?}"),
    }
}

#[test]
fn an_owner_opens_a_meeting_and_enters_it_again_whatever_the_meeting_id() {
    let mut office = office();
    assert!(matches!(ask(&mut office, &owner("a")), Verdict::Open(65_535, _)));
    let again = ask(&mut office, &owner("b"));
    assert!(matches!(again, Verdict::Enter(65_535, _)), "a person-based room is the owner's, not the id's: {again:?}");
    assert_eq!(office.meetings()[&65_535].meeting_id, "a", "the first meeting id stays");
}

#[test]
fn the_numbers_of_meetings_stay_within_sixteen_bits_and_skip_open_ones() {
    let mut office = office();
    let numbers: Vec<i32> = (0..3).map(|n| number(ask(&mut office, &event(owner(&format!("m{n}")))))).collect();
    assert_eq!(numbers, [65_535, 0, 1]);
}

#[test]
fn the_disk_is_looked_at_only_to_open_a_meeting() {
    let mut office = office();
    let unseen = |office: &mut Office, request: &ServiceRequest| {
        office.decide(Arrival { request, from: FROM, was_inside: false, disk: None })
    };
    assert_eq!(unseen(&mut office, &owner("a")), Verdict::Look);
    assert!(office.meetings().is_empty());
    ask(&mut office, &owner("a"));
    assert!(matches!(unseen(&mut office, &guest("a", true)), Verdict::Enter(..)));
    assert_eq!(code(unseen(&mut office, &event(guest("b", false)))), Refusal::MeetingNotExist);
}

#[test]
fn a_guest_gets_to_the_door_of_an_open_meeting_invited_or_not() {
    let mut office = office();
    ask(&mut office, &owner("a"));
    assert!(matches!(ask(&mut office, &guest("a", true)), Verdict::Enter(65_535, _)));
    let uninvited = ask(&mut office, &guest("a", false));
    assert!(matches!(uninvited, Verdict::Enter(65_535, _)), "the meeting asks somebody inside: {uninvited:?}");
}

#[test]
fn an_id_that_cannot_be_a_folder_is_an_illegal_parameter() {
    let mut office = office();
    for id in ["..", "a/b", "con", "x."] {
        let request = ServiceRequest::new(id, "Olive", "a", 1_000);
        assert_eq!(code(ask(&mut office, &request)), Refusal::Parameter, "owner {id:?}");
        assert_eq!(code(ask(&mut office, &owner(id))), Refusal::Parameter, "meeting {id:?}");
        let group = Group { id: id.into(), ..Group::default() };
        let request = ServiceRequest { group: Some(group), ..owner("a") };
        assert_eq!(code(ask(&mut office, &request)), Refusal::Parameter, "group {id:?}");
    }
    assert!(office.meetings().is_empty());
}

#[test]
fn the_licence_limits_meetings() {
    let licence = Licence { max_meeting: 1, ..Licence::parse(b"").0 };
    let mut office = Office::new(licence, LIMITS, 0);
    ask(&mut office, &owner("a"));
    let tess = ServiceRequest::new("tess", "Tess", "b", 1_000);
    assert_eq!(code(ask(&mut office, &tess)), Refusal::TooManySession);
    office.close(0);
    assert_eq!(number(ask(&mut office, &tess)), 1);
}

#[test]
fn nobody_enters_a_server_that_shuts_down() {
    let mut office = office();
    ask(&mut office, &owner("a"));
    office.shut();
    assert_eq!(code(ask(&mut office, &owner("a"))), Refusal::TooManySession);
    assert_eq!(office.decide_playback(&owner("a"), FROM).map_err(|r| r.code), Err(Refusal::TooManySession));
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
    let over = Disk { over: true, ..Disk::default() };
    assert_eq!(code(look(&mut office, &event(owner("a")), over)), Refusal::MeetingNotExist);
    assert!(matches!(ask(&mut office, &event(owner("a"))), Verdict::Open(..)));
    assert!(matches!(look(&mut office, &event(owner("a")), over), Verdict::Enter(..)));
}
