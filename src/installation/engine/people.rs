//! Simulated people in the meetings of our MCU.
//!
//! In: a meeting's number, how many, a seed. Out: crowds in the task's state, and how many belong to each meeting.

use std::collections::BTreeMap;

use super::Task;
use crate::hit::request::CommandKind;
use crate::installation::crowd::{Crowd, CrowdOptions, MAX_PEOPLE};
use crate::installation::order::RequestOrder;
use crate::installation::snapshot::{Level, McuState};
use crate::mcu::RunningMeeting;

impl Task {
    pub(super) fn add_people(&mut self, session_index: i32, count: usize, seed: u64) {
        let Some((meeting, mcu)) = self.open_meeting(session_index) else {
            return self.complain("That meeting is not open on this MCU: nobody can be sent into it".to_owned());
        };
        let taken: usize = self.crowds.values_mut().map(Crowd::len).sum();
        let place = MAX_PEOPLE.saturating_sub(taken);
        if count > place {
            let text = match place {
                0 => format!("All {MAX_PEOPLE} simulated people are in meetings already; send some away first"),
                _ => format!("Only {place} of {count} come: HIT Deck has {MAX_PEOPLE} simulated people in all"),
            };
            self.notice(Level::Warn, text);
        }
        let crowd = self.crowds.entry(session_index).or_insert_with(|| {
            Crowd::new(CrowdOptions {
                installation: self.options.installation.clone(),
                mcu,
                meeting: invitation(&meeting),
                clock: self.clock.clone(),
                speed: 1,
            })
        });
        if crowd.is_over() {
            return self.complain("The simulated people of an earlier meeting are still leaving; try again".to_owned());
        }
        crowd.add(count.min(place), seed);
    }

    pub(super) fn send_people_away(&mut self, session_index: i32) {
        if let Some(crowd) = self.crowds.get_mut(&session_index) {
            crowd.send_away(MAX_PEOPLE);
        }
        let meeting = self.open_meeting(session_index);
        if let Some((meeting, _)) = meeting
            && let Some(cast) = self.cast.as_ref().filter(|cast| cast.is_in(&meeting.owner_id, &meeting.meeting_id))
        {
            cast.dismiss();
        }
    }

    /// Crowds whose meeting is over leave: who is outside for a while would open an event again.
    pub(super) fn look_after_people(&mut self) {
        self.bring_more();
        let open = self.serving.as_ref().map(|serving| serving.server.meetings.borrow().clone());
        self.crowds.retain(|index, crowd| {
            let same = |meeting: &RunningMeeting| {
                meeting.session_index == *index && meeting.meeting_id == crowd.meeting().meeting_id
            };
            if !open.as_ref().is_some_and(|open| open.meetings.iter().any(same)) {
                crowd.dismiss();
            }
            !crowd.is_empty()
        });
    }

    /// Those whom the demo was asked for come as soon as its meeting is open.
    fn bring_more(&mut self) {
        let (Some(more), Some(cast), Some(serving)) = (self.options.more_people, &self.cast, &self.serving) else {
            return;
        };
        let open = serving.server.meetings.borrow().clone();
        let theirs = open.meetings.iter().find(|meeting| cast.is_in(&meeting.owner_id, &meeting.meeting_id));
        if let Some(meeting) = theirs {
            self.options.more_people = None;
            self.add_people(meeting.session_index, more.count, more.seed);
        }
    }

    /// Enters into what a front sees how many belong to each meeting.
    pub(super) fn count_people(&mut self) {
        let McuState::Running(running) = &mut self.state else { return };
        let counts: BTreeMap<i32, usize> = self.crowds.iter_mut().map(|(index, crowd)| (*index, crowd.len())).collect();
        for row in &mut running.meetings {
            let cast = self.cast.as_mut().filter(|cast| cast.is_in(&row.owner_id, &row.meeting_id));
            row.simulated =
                counts.get(&row.session_index).copied().unwrap_or_default() + cast.map_or(0, |cast| cast.len());
        }
    }

    pub(super) async fn everybody_leaves(&mut self) {
        let crowds = std::mem::take(&mut self.crowds);
        // All at once: each waits for its own.
        crowds.values().for_each(Crowd::dismiss);
        for (_, crowd) in crowds {
            crowd.leave().await;
        }
    }

    fn open_meeting(&self, session_index: i32) -> Option<(RunningMeeting, std::net::SocketAddr)> {
        let server = &self.serving.as_ref()?.server;
        let meeting = server.meetings.borrow().meetings.iter().find(|m| m.session_index == session_index).cloned();
        Some((meeting?, server.mcu.address()))
    }
}

/// What leads into a meeting that is open. Everything else was decided by the request that opened it.
fn invitation(meeting: &RunningMeeting) -> RequestOrder {
    RequestOrder {
        owner: (meeting.owner_id.clone(), meeting.owner_name.clone()),
        meeting_id: meeting.meeting_id.clone(),
        command: CommandKind::Meeting,
        guest: None,
        group: meeting.group.clone(),
        duration_min: meeting.duration_min,
        title: meeting.title.clone(),
        password: None,
        recorded: meeting.recorded,
        set: Vec::new(),
    }
}
