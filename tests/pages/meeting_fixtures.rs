//! Meetings in the states that their tab has to show: owners with questions and visitors, guests, polls, crowds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hitdeck::installation::snapshot::{PromptRow, Question, SessionPhase, SessionSnapshot, Snapshot};
use hitdeck::meeting::view::{Channels, Knock, Page, Person, Poll, PollKind, RecordingFacts, View};

use crate::fixtures;

/// A session in a meeting with this view.
pub fn inside(id: u64, view: View) -> SessionSnapshot {
    SessionSnapshot { view: Arc::new(view), ..(*fixtures::session(id, SessionPhase::InMeeting)).clone() }
}

pub fn shot(session: SessionSnapshot) -> Snapshot {
    fixtures::with_session(Arc::new(session))
}

/// The owner holds the token; the first guest is the questioner, two more ask.
pub fn owner() -> View {
    View {
        token_holder: 0,
        data_sender: 1,
        questions: vec![3, 2],
        assistant: 4,
        channels: Some(Channels { video: 6, audio: 4 }),
        ..fixtures::view()
    }
}

/// A guest among the same people.
pub fn guest() -> View {
    View { me: 2, owns_token: false, questions: vec![3], ..owner() }
}

pub fn knock(mark: &str, name: &str, left: u64) -> PromptRow {
    let knock = Knock { id: mark.as_bytes().to_vec(), name: name.into() };
    PromptRow { question: Question::Knock(knock), left: Duration::from_secs(left) }
}

/// The owner, with visitors at the door.
pub fn with_visitors(names: &[&str]) -> SessionSnapshot {
    let prompts: Vec<PromptRow> = (0_u64..).zip(names).map(|(n, name)| knock(&n.to_string(), name, 18 - n)).collect();
    let knocks = prompts.iter().filter_map(|row| match &row.question {
        Question::Knock(knock) => Some(knock.clone()),
        Question::Poll => None,
    });
    let view = View { knocks: knocks.collect(), ..owner() };
    SessionSnapshot { prompts, ..inside(1, view) }
}

fn running_poll(by: i32, answers: BTreeMap<i32, i32>) -> Option<Poll> {
    Some(Poll { by, kind: PollKind::Holder, answers })
}

/// The owner asked, and two have answered.
pub fn poll_of_owner() -> SessionSnapshot {
    inside(1, View { poll: running_poll(0, BTreeMap::from([(1, 5), (3, 4)])), questions: Vec::new(), ..owner() })
}

/// A guest is asked.
pub fn poll_of_guest() -> SessionSnapshot {
    let prompts = vec![PromptRow { question: Question::Poll, left: Duration::from_secs(27) }];
    SessionSnapshot { prompts, ..inside(1, View { poll: running_poll(0, BTreeMap::new()), ..guest() }) }
}

/// Everything that a meeting may have to be told at once.
pub fn notices() -> SessionSnapshot {
    inside(
        1,
        View {
            preparing: true,
            ending_soon: true,
            shutting_down: true,
            recording_facts: RecordingFacts { archived: true, ..RecordingFacts::default() },
            page: Some(Page {
                kind: 1,
                url: "https://example.com/agenda?of=a-long-address-that-goes-on-and-on".into(),
            }),
            ..guest()
        },
    )
}

/// Three hundred people, some of whom have long names or Chinese ones.
pub fn crowd() -> SessionSnapshot {
    let names = ["陳大文", "Maximiliana Featherstonehaugh-Cholmondeley the Younger", "Guest", "이서연", "Björn Åström"];
    let mut people = fixtures::people();
    for ssrc in 7..303 {
        let name = format!("{} {ssrc}", names[usize::try_from(ssrc).unwrap() % names.len()]);
        people.insert(ssrc, Arc::new(Person { ssrc, name, audio: ssrc % 3 == 0, present: true, ..Person::default() }));
    }
    Arc::make_mut(people.get_mut(&1).unwrap()).audio_suppressed = true;
    inside(1, View { people, questions: vec![3, 2, 40, 41, 77], ..owner() })
}

/// The owner and a guest of the same meeting, in two sessions.
pub fn two() -> Snapshot {
    let guest = SessionSnapshot {
        source: "guest-40.jnj".into(),
        ..inside(2, View { title: "The same, as guest".into(), ..guest() })
    };
    Snapshot { sessions: vec![Arc::new(inside(1, owner())), Arc::new(guest)], ..fixtures::running(Vec::new()) }
}

/// The owner and three guests of the same meeting: as many as are shown side by side.
pub fn four() -> Snapshot {
    let guest = |id: u64, me: i32, title: &str| {
        Arc::new(inside(id, View { me, title: title.into(), owns_token: false, ..owner() }))
    };
    let sessions =
        vec![Arc::new(inside(1, owner())), guest(2, 1, "As Bob"), guest(3, 2, "As 王小明"), guest(4, 3, "As Max")];
    Snapshot { sessions, ..fixtures::running(Vec::new()) }
}
