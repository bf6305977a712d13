//! Disk quotas, outside connections, reserved places, playbacks (guide 3.1/1, 3.1/6, 3.1/7, 3.9; notes N9 to N12, N56).

use super::tests::{LIMITS, ask_from, code, event, guest, look, owner};
use super::*;
use crate::hit::configm::Configm;
use crate::hit::licence::IpRange;
use crate::hit::request::Group;

const INSIDE: &str = "192.168.1.7";
const OUTSIDE: &str = "203.0.113.7";

/// A server whose inside is 192.168.0.0/16.
fn server(change: impl FnOnce(&mut Licence)) -> Office {
    let mut licence = Licence { ip_range: IpRange::parse_list("192.168.0.0/16").unwrap(), ..Licence::default() };
    change(&mut licence);
    Office::new(licence, LIMITS, 0)
}

fn in_group(mut request: ServiceRequest, most: Option<u32>) -> ServiceRequest {
    request.group = Some(Group { id: "g".into(), max_out_connection: most, ..Group::default() });
    request
}

fn allowing(mut request: ServiceRequest, most: u32) -> ServiceRequest {
    request.owner.max_out_connection = Some(most);
    request
}

fn guest_named(meeting: &str, id: &str) -> ServiceRequest {
    let mut request = guest(meeting, true);
    request.guest.as_mut().unwrap().id = Some(id.into());
    request
}

fn refused(office: &mut Office, request: &ServiceRequest, from: &str) -> Option<Refusal> {
    match ask_from(office, request, from) {
        Verdict::Refuse(refused) => Some(refused.code),
        _ => None,
    }
}

#[test]
fn the_defaults_are_those_of_configm_or_the_guides() {
    let guides = Limits::of(&Configm::parse(b""));
    assert_eq!((guides.disk_quota, guides.group_disk_quota, guides.grace_percent), (50, 50, 0));
    assert_eq!((guides.outside_connections, guides.group_outside_connections), (10, 10));
    let own = Limits::of(&Configm::parse(
        b"default_disk_quota=70\ngrace_disk_quota=20\ndefault_max_outconnection=3\ndefault_max_group_outconnection=4\n",
    ));
    assert_eq!((own.disk_quota, own.group_disk_quota, own.grace_percent), (70, 70, 20));
    assert_eq!((own.outside_connections, own.group_outside_connections), (3, 4));
}

#[test]
fn a_meeting_opens_up_to_its_quota_and_no_further() {
    let mb = limits::MEGABYTE;
    // quota in the request, recording, grace, bytes in use, refused
    let table = [
        (None, true, 0, 50 * mb, false),
        (None, true, 0, 50 * mb + 1, true),
        (Some(10), true, 0, 10 * mb, false),
        (Some(10), true, 0, 10 * mb + 1, true),
        (Some(10), true, 20, 12 * mb, false),
        (Some(10), true, 20, 12 * mb + 1, true),
        (Some(0), true, 0, u64::MAX, false),
        (Some(10), false, 0, u64::MAX, false),
        (Some(u64::MAX), true, 100, u64::MAX, false),
    ];
    for (quota, recording, grace_percent, used, is_refused) in table {
        for whose in ["owner", "group"] {
            let mut request = owner("m");
            request.command.recording = recording;
            let mut usage = Usage::default();
            if whose == "owner" {
                (request.owner.disk_quota, usage.owner) = (quota, used);
            } else {
                request.owner.disk_quota = Some(0);
                request.group = Some(Group { id: "g".into(), disk_quota: quota, ..Group::default() });
                usage.group = used;
            }
            let mut office = Office::new(Licence::default(), Limits { grace_percent, ..LIMITS }, 0);
            match look(&mut office, &request, Disk { usage, ..Disk::default() }) {
                Verdict::Refuse(refused) => assert_eq!((refused.code, is_refused), (Refusal::ExceedDiskQuota, true)),
                verdict => assert!(!is_refused, "{whose} {quota:?} {grace_percent} {used}: {verdict:?}"),
            }
        }
    }
}

#[test]
fn only_who_opens_a_meeting_is_measured() {
    let full = Disk { usage: Usage { owner: u64::MAX, group: 0 }, ..Disk::default() };
    let mut office = server(|_| ());
    assert_eq!(ask_from(&mut office, &owner("m"), INSIDE), look(&mut server(|_| ()), &owner("m"), Disk::default()));
    assert!(matches!(look(&mut office, &guest("m", true), full), Verdict::Enter(..)));
    assert!(matches!(look(&mut office, &owner("m"), full), Verdict::Enter(..)));
    let mut message = guest("m", true);
    message.command.kind = CommandKind::LeaveMessage;
    assert_eq!(code(look(&mut office, &message, full)), Refusal::ExceedDiskQuota, "a message is recorded");
}

#[test]
fn an_owner_has_ten_outside_connections_everybody_in_the_meeting_counted() {
    let mut office = server(|_| ());
    assert_eq!(refused(&mut office, &owner("m"), OUTSIDE), None);
    for n in 0..9 {
        assert_eq!(refused(&mut office, &guest_named("m", &format!("g{n}")), OUTSIDE), None, "{n}");
    }
    let eleventh = guest_named("m", "one too many");
    assert_eq!(refused(&mut office, &eleventh, OUTSIDE), Some(Refusal::LineBusy));
    assert_eq!(refused(&mut office, &eleventh, INSIDE), None, "a newcomer from inside is never refused by it");
    // In another meeting of the same owner, too, and in the owner's own playback; not in somebody else's.
    assert_eq!(refused(&mut office, &event(owner("n")), OUTSIDE), Some(Refusal::LineBusy));
    let from = OUTSIDE.parse().unwrap();
    assert_eq!(office.decide_playback(&owner("m"), from).map_err(|r| r.code), Err(Refusal::LineBusy));
    let mut tess = event(owner("t"));
    tess.owner.id = "tess".into();
    assert_eq!(refused(&mut office, &tess, OUTSIDE), None, "another owner has ten more");
}

#[test]
fn a_request_says_itself_how_many_and_a_nought_means_none() {
    let mut office = server(|_| ());
    assert_eq!(refused(&mut office, &allowing(owner("m"), 0), OUTSIDE), Some(Refusal::LineBusy));
    assert_eq!(refused(&mut office, &allowing(owner("m"), 0), INSIDE), None);
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "a"), 1), OUTSIDE), None);
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "b"), 1), OUTSIDE), Some(Refusal::LineBusy));
    // It is no property of the meeting: each request brings its own.
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "c"), 2), OUTSIDE), None);
    assert_eq!(refused(&mut office, &allowing(owner("m"), 2), OUTSIDE), Some(Refusal::LineBusy));
}

#[test]
fn without_a_range_in_the_licence_all_are_outside() {
    let mut office = server(|licence| licence.ip_range.clear());
    assert_eq!(refused(&mut office, &allowing(owner("m"), 1), "127.0.0.1"), None);
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "a"), 1), "127.0.0.1"), Some(Refusal::LineBusy));
}

#[test]
fn a_group_is_charged_for_all_its_owners() {
    let mut office = server(|_| ());
    let mut tess = in_group(owner("t"), Some(2));
    tess.owner.id = "tess".into();
    assert_eq!(refused(&mut office, &in_group(owner("m"), Some(2)), OUTSIDE), None);
    assert_eq!(refused(&mut office, &tess, OUTSIDE), None);
    let guest = in_group(guest_named("m", "a"), Some(2));
    assert_eq!(refused(&mut office, &guest, OUTSIDE), Some(Refusal::LineBusy));
    assert_eq!(refused(&mut office, &guest_named("m", "a"), OUTSIDE), None, "without the element nobody asks");
    let many = in_group(guest_named("m", "b"), None);
    assert_eq!(refused(&mut office, &many, OUTSIDE), None, "ten, unless configm.ini says otherwise");
}

#[test]
fn who_takes_over_an_own_connection_needs_no_second_place() {
    let mut office = server(|licence| licence.max_connection = 2);
    assert_eq!(refused(&mut office, &allowing(owner("m"), 2), OUTSIDE), None);
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "a"), 2), OUTSIDE), None);
    assert_eq!(refused(&mut office, &allowing(owner("m"), 2), OUTSIDE), None, "the owner, from another computer");
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "a"), 2), OUTSIDE), None);
    assert_eq!(refused(&mut office, &allowing(guest_named("m", "b"), 9), OUTSIDE), Some(Refusal::TooManyUser));
}

#[test]
fn the_server_has_an_end_of_outside_connections_too() {
    let mut office = server(|licence| licence.max_outside_connection = 1);
    assert_eq!(refused(&mut office, &owner("m"), OUTSIDE), None);
    assert_eq!(refused(&mut office, &guest_named("m", "a"), OUTSIDE), Some(Refusal::LineBusy));
    assert_eq!(refused(&mut office, &guest_named("m", "a"), INSIDE), None);
}

#[test]
fn a_place_that_was_given_back_is_free() {
    let mut office = server(|licence| licence.max_connection = 1);
    let Verdict::Open(index, place) = ask_from(&mut office, &owner("m"), INSIDE) else { panic!() };
    assert_eq!(office.connections_of(index), 1);
    assert_eq!(refused(&mut office, &guest("m", true), INSIDE), Some(Refusal::TooManyUser));
    office.leave(place);
    assert_eq!(refused(&mut office, &guest("m", true), INSIDE), None);
    // Somebody who comes back by a ticket always gets in.
    assert!(office.come_back(index, &owner("m"), INSIDE.parse().unwrap()).is_some());
    assert_eq!(office.connections_of(index), 2);
    assert!(office.come_back(9, &owner("m"), INSIDE.parse().unwrap()).is_none());
}

#[test]
fn what_an_event_has_reserved_others_cannot_have() {
    let reserving = |invited, uninvited| {
        let mut request = event(owner("m"));
        request.command.guaranteed = Some(Guaranteed { invited, uninvited });
        request
    };
    let full = |licence: &mut Licence| (licence.max_connection, licence.max_reserved_connection) = (5, 3);
    let mut office = server(full);
    assert_eq!(refused(&mut office, &reserving(3, 1), INSIDE), Some(Refusal::LineBusy), "more than may be reserved");
    assert!(office.meetings().is_empty() && office.reserved().places == 0);
    assert_eq!(refused(&mut office, &reserving(2, 1), INSIDE), None);
    assert_eq!(office.reserved(), lines::Reserved { places: 3, outside: 0 });
    // One of five is taken and three are reserved: one is left for everybody else.
    assert_eq!(refused(&mut office, &allowing(event(owner("n")), 9), INSIDE), None);
    assert_eq!(refused(&mut office, &event(owner("o")), INSIDE), Some(Refusal::TooManyUser));
    let named = |id: &str, invited| {
        let mut request = event(guest_named("m", id));
        request.guest.as_mut().unwrap().invited = invited;
        request
    };
    assert_eq!(refused(&mut office, &named("u1", false), OUTSIDE), None);
    assert_eq!(office.reserved().outside, 1);
    assert_eq!(refused(&mut office, &named("u2", false), INSIDE), Some(Refusal::TooManyUser), "one uninvited, no more");
    assert_eq!(refused(&mut office, &named("i1", true), INSIDE), None);
    let mut ticket = named("i2", false);
    ticket.guest.as_mut().unwrap().ticket = true;
    assert_eq!(refused(&mut office, &ticket, INSIDE), None, "a ticket holder counts as invited");
    assert_eq!(refused(&mut office, &named("i3", true), INSIDE), Some(Refusal::TooManyUser));
    office.close(1);
    assert_eq!(office.reserved().places, 0);
    let mut person_based = owner("p");
    person_based.command.guaranteed = Some(Guaranteed { invited: 9, uninvited: 9 });
    let mut office = server(|_| ());
    assert_eq!(refused(&mut office, &person_based, INSIDE), None);
    assert_eq!(office.reserved().places, 0, "ignored if the meeting is no event");
}

#[test]
fn playbacks_have_a_number_of_their_own_or_count_as_connections() {
    let from: IpAddr = OUTSIDE.parse().unwrap();
    let request = owner("a");
    let mut shared = guest("a", true);
    shared.owner.max_out_connection = Some(0);
    let playback = |office: &mut Office, request: &ServiceRequest| office.decide_playback(request, from).err();
    let licence = |apart: u32| {
        move |licence: &mut Licence| {
            (licence.max_connection, licence.max_playback_connection) = (2, apart);
            licence.max_playback_outconnection = apart;
        }
    };
    let mut apart = server(licence(1));
    assert_eq!(playback(&mut apart, &shared), None, "somebody else's is not charged to the owner");
    assert_eq!(playback(&mut apart, &request).map(|r| r.code), Some(Refusal::TooManyPlayback));
    for n in 0..2 {
        assert_eq!(
            refused(&mut apart, &event(owner(&format!("m{n}"))), INSIDE),
            None,
            "a playback takes no other line"
        );
    }

    let mut together = server(licence(0));
    assert_eq!(playback(&mut together, &request), None);
    assert_eq!(playback(&mut together, &shared), None);
    assert_eq!(playback(&mut together, &shared).map(|r| r.code), Some(Refusal::TooManyPlayback));
    assert_eq!(refused(&mut together, &request, INSIDE), Some(Refusal::TooManyUser));
}

#[test]
fn a_preparation_takes_a_line_like_any_meeting() {
    let mut office = server(|licence| licence.max_connection = 1);
    let mut prepares = event(owner("m"));
    prepares.command.preparation_mode = true;
    assert_eq!(refused(&mut office, &prepares, INSIDE), None);
    assert_eq!(refused(&mut office, &owner("another"), INSIDE), Some(Refusal::TooManyUser));
}
