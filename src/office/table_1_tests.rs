//! Guide 3.1/7, table 1: person-based and event-based meetings, row by row, both columns (notes N17 to N19).

use std::time::Duration;

use super::*;
use crate::hit::request::{Guest, MAX_DURATION};
use crate::meeting::room::{Charter, EMPTY_FOR, How, Newcomer, Output, Room};

/// A request of a person-based meeting.
fn person_based(meeting: &str) -> ServiceRequest {
    ServiceRequest::new("olive", "Olive", meeting, 1_000)
}

/// The same of an event.
fn event_based(meeting: &str) -> ServiceRequest {
    let mut request = person_based(meeting);
    request.command.duration = Some(30);
    request
}

fn guest(mut request: ServiceRequest, invited: bool) -> ServiceRequest {
    request.guest = Some(Guest { id: Some("gus".into()), name: "Gus".into(), invited, ..Guest::default() });
    request
}

fn another_owner(mut request: ServiceRequest) -> ServiceRequest {
    (request.owner.id, request.owner.name) = ("tess".into(), "Tess".into());
    request
}

/// What comes of a request, the disk being empty.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Opens(i32),
    Enters(i32),
    CanLeaveAMessage,
    IsRefused(Refusal),
}

/// A server, and who asks one after the other.
fn requests(requests: &[ServiceRequest]) -> Vec<Then> {
    let mut office = Office::new(Licence::default(), super::tests::LIMITS, 1);
    requests.iter().map(|request| then(&mut office, request)).collect()
}

fn then(office: &mut Office, request: &ServiceRequest) -> Then {
    let from = "10.0.0.1".parse().unwrap();
    let disk = Some(Disk::default());
    match office.decide(Arrival { request, from, was_inside: false, disk }) {
        Verdict::Open(index, _) => Then::Opens(index),
        Verdict::Enter(index, _) => Then::Enters(index),
        Verdict::OfferMessage => Then::CanLeaveAMessage,
        Verdict::Refuse(refused) => Then::IsRefused(refused.code),
        Verdict::Look => panic!("the disk was looked at"),
    }
}

#[test]
fn an_invited_guest_when_the_owner_has_not_opened_the_meeting() {
    assert_eq!(requests(&[guest(person_based("m"), true)]), [Then::CanLeaveAMessage]);
    assert_eq!(requests(&[guest(event_based("m"), true)]), [Then::Opens(1)]);
    let mut meeting = Meeting::open(Some(30), true);
    let gus = meeting.comes(false);
    assert_eq!(meeting.room.view().token_holder, gus, "in this case the guest gets the token");
}

#[test]
fn an_uninvited_guest_when_the_owner_has_not_opened_the_meeting() {
    assert_eq!(requests(&[guest(person_based("m"), false)]), [Then::CanLeaveAMessage]);
    assert_eq!(requests(&[guest(event_based("m"), false)]), [Then::IsRefused(Refusal::MeetingNotExist)]);
}

#[test]
fn a_guest_who_may_not_be_recorded_cannot_leave_a_message() {
    let mut request = guest(person_based("m"), true);
    request.command.recording = false;
    assert_eq!(requests(&[request]), [Then::IsRefused(Refusal::MeetingNotExist)]);
}

#[test]
fn two_owners_with_the_same_meetingid() {
    let (one, two) = (person_based("m"), another_owner(person_based("m")));
    assert_eq!(requests(&[one, two]), [Then::Opens(1), Then::Opens(2)], "each has a web office");
    let (one, two) = (event_based("m"), another_owner(event_based("m")));
    assert_eq!(requests(&[one, two]), [Then::Opens(1), Then::IsRefused(Refusal::Internal)]);
}

#[test]
fn the_same_owner_with_two_meetingids() {
    let both = [person_based("a"), person_based("b")];
    assert_eq!(requests(&both), [Then::Opens(1), Then::Enters(1)], "the same office");
    let both = [event_based("a"), event_based("b")];
    assert_eq!(requests(&both), [Then::Opens(1), Then::Opens(2)]);
    let kinds = [person_based("a"), event_based("a")];
    assert_eq!(requests(&kinds), [Then::Opens(1), Then::Opens(2)], "an office and an event are two");
}

#[test]
fn the_second_request_of_a_person_based_owner_kicks_out_the_first() {
    let mut meeting = Meeting::open(None, true);
    meeting.comes(true);
    meeting.comes(true);
    assert_eq!(meeting.parted, 1);
    assert_eq!(meeting.room.view().present().len(), 1);
}

/// A meeting in virtual time.
struct Meeting {
    room: Room,
    now: Now,
    parted: usize,
    ended: Option<How>,
}

impl Meeting {
    fn open(minutes: Option<u64>, autoextension: bool) -> Meeting {
        let now = Now { steady: Duration::from_secs(1000), office: 0 };
        let duration = minutes.map(|minutes| Duration::from_secs(minutes * 60));
        let room = Room::open(Charter { duration, autoextension, ..Charter::default() }, now);
        Meeting { room, now, parted: 0, ended: None }
    }

    fn comes(&mut self, owner: bool) -> i32 {
        let id = if owner { "olive" } else { "gus" };
        let newcomer = Newcomer { owner, user_id: id.into(), name: id.into(), ..Newcomer::default() };
        let ssrc = self.room.join(newcomer, self.now).unwrap();
        self.drain();
        ssrc
    }

    fn leaves(&mut self, ssrc: i32) {
        self.room.leave(ssrc, true, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll() {
            match output {
                Output::Part(_) => self.parted += 1,
                Output::Ended(how) => self.ended = Some(how),
                _ => {}
            }
        }
    }

    fn wait(&self) -> Option<Duration> {
        let steady = self.room.deadline().map(|at| at.saturating_sub(self.now.steady));
        let office = |at: i64| Duration::from_millis(u64::try_from(at - self.now.office).unwrap_or(0));
        steady.into_iter().chain(self.room.office_deadline().map(office)).min()
    }

    /// How it stands after so many seconds more, looked at whenever it wants to be.
    fn after(&mut self, seconds: u64) -> Option<How> {
        let until = self.now.steady + Duration::from_secs(seconds);
        while let Some(wait) = self.wait().filter(|wait| self.now.steady + *wait <= until && self.ended.is_none()) {
            self.now = self.now.plus(wait);
            self.room.tick(self.now);
            self.drain();
        }
        self.now = self.now.plus(until.saturating_sub(self.now.steady));
        self.ended
    }
}

#[test]
fn when_will_a_person_based_meeting_be_terminated() {
    let mut meeting = Meeting::open(None, true);
    let olive = meeting.comes(true);
    assert_eq!(meeting.after(24 * 3600), None, "as long as somebody is there");
    meeting.leaves(olive);
    assert_eq!(meeting.after(59), None);
    assert_eq!(meeting.after(1), Some(How::EmptyRoom), "empty for one minute");

    let mut meeting = Meeting::open(None, true);
    meeting.comes(true);
    meeting.comes(false);
    meeting.room.receive(0, crate::wire::ToServer::EndMeeting, meeting.now);
    meeting.drain();
    assert_eq!(meeting.ended, Some(How::OwnersRequest), "the owner terminates it explicitly");
}

#[test]
fn when_will_an_event_without_autoextension_be_terminated() {
    let mut meeting = Meeting::open(Some(30), false);
    meeting.comes(true);
    assert_eq!(meeting.after(30 * 60 - 1), None);
    assert_eq!(meeting.after(1), Some(How::TimerOver), "whoever is there");

    let mut meeting = Meeting::open(Some(30), false);
    meeting.comes(true);
    meeting.room.receive(0, crate::wire::ToServer::EndMeeting, meeting.now);
    meeting.drain();
    assert_eq!(meeting.ended, Some(How::OwnersRequest), "or when the owner terminates it explicitly");
}

#[test]
fn when_will_an_event_with_autoextension_be_terminated() {
    let mut meeting = Meeting::open(Some(30), true);
    let olive = meeting.comes(true);
    assert_eq!(meeting.after(40 * 60), None, "as long as somebody is there");
    meeting.leaves(olive);
    assert_eq!(meeting.after(59), None);
    assert_eq!(meeting.after(1), Some(How::TimerOver), "about a minute after both");
}

#[test]
fn all_participants_leave_the_meeting_so_that_the_room_is_empty() {
    // Person-based: who comes back within the minute is in the old room, later in a new one (note N17).
    let mut meeting = Meeting::open(None, true);
    let olive = meeting.comes(true);
    meeting.leaves(olive);
    assert_eq!(meeting.after(EMPTY_FOR.as_secs() - 1), None);
    meeting.comes(true);
    assert_eq!(meeting.after(3600), None, "the old room");
    let mut office = Office::new(Licence::default(), super::tests::LIMITS, 1);
    assert_eq!(then(&mut office, &person_based("m")), Then::Opens(1));
    office.close(1);
    assert_eq!(then(&mut office, &person_based("m")), Then::Opens(2), "a new meeting room");

    // Event: it is the old room until its time is over, however long it was empty (note N18).
    let mut meeting = Meeting::open(Some(30), true);
    let olive = meeting.comes(true);
    meeting.leaves(olive);
    assert_eq!(meeting.after(30 * 60 - 1), None);
    let olive = meeting.comes(true);
    meeting.leaves(olive);
    assert_eq!(meeting.after(60), None);
    assert_eq!(meeting.after(1), Some(How::TimerOver), "a minute after its end");
}

#[test]
fn ten_hours_and_more_are_cut_to_599_minutes() {
    for (written, minutes) in [("599", Some(599)), ("600", Some(599)), ("9999", Some(599)), ("0", None), ("", None)] {
        let xml = format!(
            "<jnj><owner id=\"o\">O</owner><meetingid>m</meetingid><timestamp>1</timestamp>\
             <command duration=\"{written}\">meeting</command></jnj>"
        );
        let command = ServiceRequest::parse(xml.as_bytes()).unwrap().command;
        assert_eq!((command.duration, command.is_event()), (minutes, minutes.is_some()), "{written:?}");
    }
    assert_eq!(MAX_DURATION, 599);
}

#[test]
fn without_a_duration_autoextension_means_nothing() {
    let mut meeting = Room::open(Charter { autoextension: false, ..Charter::default() }, Now::default());
    let owner = Newcomer { owner: true, name: "Olive".into(), ..Newcomer::default() };
    meeting.join(owner, Now::default()).unwrap();
    let later = Now::default().plus(Duration::from_secs(100 * 3600));
    meeting.tick(later);
    assert_eq!(meeting.office_deadline(), None, "a person-based meeting lasts as long as somebody is there");
    assert!(!meeting.is_over());
}
