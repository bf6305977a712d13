//! From an action to what it does: commands for the engine, or a change of the window's own state.
//!
//! In: an [`Action`] and the snapshot it was asked for in. Out: commands through the front.

use std::task::Poll;
use std::time::Duration;

use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Context, OpenUrl};

use super::Desk;
use super::action::Action;
use super::dialogs::{Asking, Then};
use super::pages::issue::{IssueForm, Role};
use super::pages::{inspector, log, meeting};
use super::playback::Playback;
use super::state::{Place, Question};
use crate::installation::command::{
    ClockTurn, Command, JnjFor, JnjOrder, JnjSource, Move, RecordingPassword, SecretText,
};
use crate::installation::snapshot::{Level, Manners, McuState, MeetingRow, SessionSnapshot, Snapshot, TabId};
use crate::installation::transcript;
use crate::meeting::view::ControlFlags;

impl Desk {
    /// Carries out an action, if it can be done now.
    pub fn perform(&mut self, ctx: &Context, shot: &Snapshot, action: Action) {
        if let Err(why) = action.available(shot, &self.state) {
            self.state.tell(Level::Warn, why);
            return;
        }
        match action {
            Action::ShowHome => self.state.go(Place::Home),
            Action::ShowIssue => self.state.go(Place::Issue),
            Action::ShowRecordings => self.state.go(Place::Recordings),
            Action::ShowInspector => self.state.go(Place::Inspector),
            Action::ShowStatus => {
                self.state.status.recording = None;
                self.state.go(Place::Status);
            }
            Action::ShowStatusOf(path) => {
                // The engine puts it first.
                (self.state.status.chosen, self.state.status.recording) = (None, Some(path));
                self.state.go(Place::Status);
            }
            Action::ChooseStatusFile(path) => self.state.status.chosen = Some(path),
            Action::ShowStatusAsItIs(on) => self.state.status.as_it_is = on,
            Action::CopyStatusFile(path) => {
                if let Some(file) = shot.status.files.iter().find(|file| file.path == path) {
                    ctx.copy_text(file.text.to_string());
                    self.state.tell(Level::Info, "Copied the file.");
                }
            }
            Action::ShowTab(id) => self.state.go(Place::Tab(id)),
            Action::CloseTab(id) => self.send(Command::CloseTab(id)),
            Action::OpenFile => self.ask(Then::Open, shot),
            Action::PasteJnj => {
                self.state.question = Some(Question::Paste(String::new()));
                self.state.wants_focus = true;
            }
            Action::JoinPasted => {
                if let Some(Question::Paste(text)) = self.state.question.take() {
                    self.send(Command::Join(JnjSource::Text(text)));
                }
            }
            Action::ToggleLog => self.state.log_open = !self.state.log_open,
            Action::RememberPasswords(on) => self.send(Command::RememberPasswords(on)),
            Action::SetChimes(on) => self.send(Command::SetChimes(on)),
            Action::SetTheme(theme) => ctx.set_theme(theme),
            Action::Copy(text) => {
                self.state.tell(Level::Info, format!("Copied “{text}”."));
                ctx.copy_text(text);
            }
            Action::Cancel => {
                if let Some(Question::RecordingPassword(id)) = self.state.question.take() {
                    // Wiped when it is dropped here.
                    self.take_password(ctx, id);
                }
            }
            Action::DismissNotice(id) => self.dismiss(id),
            Action::SetInspector(on) => self.send(Command::SetInspector(on)),
            Action::ClearInspector => {
                (self.state.watch.paused, self.state.watch.chosen) = (None, None);
                self.send(Command::ClearInspector);
            }
            Action::FollowInspector(on) => (self.state.watch.scrolled_up, self.state.watch.to_end) = (!on, on),
            Action::PauseInspector(on) => self.state.watch.paused = on.then(|| shot.inspector.clone()),
            Action::CopyInspectorLine(number) => {
                let seen = self.state.watch.seen(&shot.inspector);
                ctx.copy_text(inspector::as_json_lines(&seen, seen.lines.iter().filter(|l| l.number == number)));
                self.state.tell(Level::Info, "Copied the message as JSON.");
            }
            Action::CopyInspector => {
                let seen = self.state.watch.seen(&shot.inspector);
                let lines = self.state.watch.lines(&seen.lines);
                ctx.copy_text(inspector::as_json_lines(&seen, lines.iter()));
                let copied = super::text::count(lines.len(), "message", "messages");
                self.state.tell(Level::Info, format!("Copied {copied} as JSON lines."));
            }
            Action::CopyLog => ctx.copy_text(log::as_text(&self.state.log.pass(&shot.log), &self.zone)),

            Action::StartMcu => self.send(Command::StartMcu),
            Action::StopMcu if meetings(shot).is_empty() => self.send(Command::StopMcu),
            Action::StopMcu => self.state.question = Some(Question::StopMcu),
            Action::StopMcuNow => {
                self.state.question = None;
                self.send(Command::StopMcu);
            }
            Action::PullThePlug => self.state.question = Some(Question::PullThePlug),
            Action::PullThePlugNow => {
                self.state.question = None;
                self.send(Command::PullThePlug);
            }
            Action::StartBackup => self.send(Command::StartBackup),
            Action::StopBackup if open_in(&shot.backup).is_empty() => self.send(Command::StopBackup),
            Action::StopBackup => self.state.question = Some(Question::StopBackup),
            Action::StopBackupNow => {
                self.state.question = None;
                self.send(Command::StopBackup);
            }
            Action::SetConnecting(connecting) => {
                self.state.connecting = None;
                self.send(Command::SetConnecting(*connecting));
            }
            Action::OpenRecent(path) => self.send(Command::Join(JnjSource::File(path))),
            Action::ForgetRecent(path) => self.send(Command::ForgetRecent(path)),
            Action::StartMeeting => self.fill_in(Role::Owner, shot),
            Action::StartAsGuest => self.fill_in(Role::Guest, shot),
            Action::JoinAsOwner(index) => self.join_open(shot, index, Role::Owner),
            Action::JoinAsGuest(index) => self.join_open(shot, index, Role::Guest),
            // Another crowd each time, and the same one when somebody tries to see it again from a fresh start.
            Action::AddPeople(session_index, count) => {
                let seed = meetings(shot).iter().map(|meeting| meeting.simulated as u64).sum();
                self.send(Command::AddPeople { session_index, count, seed });
            }
            Action::JumpClock(seconds) => self.send(Command::TurnClock(ClockTurn::Jump(seconds.saturating_mul(1000)))),
            Action::RunClockAt(speed) => self.send(Command::TurnClock(ClockTurn::RunAt(speed))),
            Action::RealClock => self.send(Command::TurnClock(ClockTurn::Real)),
            Action::SendPeopleAway(index) => self.send(Command::SendPeopleAway(index)),
            Action::IssueAndJoin(order) => self.send(Command::IssueAndJoin(*order)),
            Action::IssueToFile(order) => self.ask(Then::Issue(order), shot),
            Action::PlayFile(path) => self.send(Command::Play(path)),
            Action::PlayOverWire(path) => self.send(Command::PlayOverWire(path)),
            Action::RefreshRecordings => self.send(Command::RefreshRecordings),

            Action::Send(id) => self.say(id),
            Action::TalkTo(id, to) => {
                self.state.tab(id).talk_to = to;
                self.state.wants_focus = true;
            }
            Action::ChooseController(id, who) => {
                let now = session(shot, id).filter(|s| s.view.controller == who).map(|s| s.view.control_flags);
                self.state.question = Some(Question::Controller(id, who, now.unwrap_or(CONTROLLER)));
            }
            Action::SendOut(id, who) => self.state.question = Some(Question::SendOut(id, who, false)),
            Action::Ban(id, who) => self.state.question = Some(Question::SendOut(id, who, true)),
            Action::AskRecordingPassword(id) => self.begin(Question::RecordingPassword(id)),
            Action::SetRecordingPassword(id) => {
                let password = RecordingPassword::new(self.state.password(id));
                match password {
                    Ok(password) => {
                        self.state.question = None;
                        // What was typed is wiped when it is dropped here.
                        self.take_password(ctx, id);
                        self.send(Command::Do(id, Move::SetRecordingPassword(password)));
                    }
                    Err(why) => self.state.tell(Level::Warn, super::text::sentence(&why.to_string())),
                }
            }
            Action::AskTitle(id) => {
                let now = session(shot, id).map(|s| s.view.title.clone()).unwrap_or_default();
                self.begin(Question::Title(id, now));
            }
            Action::SetTitle(id) => {
                if let Some(Question::Title(_, title)) = self.state.question.take() {
                    self.send(Command::Do(id, Move::SetTitle(title.trim().to_owned())));
                }
            }
            Action::AskPage(id) => self.begin(Question::Page(id, String::new())),
            Action::ShowPage(id) => {
                if let Some(Question::Page(_, url)) = self.state.question.take() {
                    self.send(Command::Do(id, Move::Browse(url.trim().to_owned())));
                }
            }
            Action::CloseMeeting(index) => self.state.question = Some(Question::CloseMeeting(index)),
            Action::CloseMeetingNow(index) => {
                self.state.question = None;
                self.send(Command::CloseMeeting(index));
            }
            Action::AskNotice(to) => self.begin(Question::Notice(to, String::new())),
            Action::SendNotice(to) => {
                if let Some(Question::Notice(_, text)) = self.state.question.take() {
                    self.send(Command::Tell(to, text.trim().to_owned()));
                }
            }
            Action::WarnOfShutdown => {
                self.state.question = None;
                self.send(Command::WarnOfShutdown);
            }
            Action::LookAtPage(id) => {
                if let Some(page) = session(shot, id).and_then(|s| s.view.page.as_ref()) {
                    self.state.question = Some(Question::OpenPage(page.url.clone()));
                }
            }
            Action::OpenPage(url) => {
                self.state.question = None;
                ctx.open_url(OpenUrl::new_tab(url.trim()));
            }
            Action::SetDoor(id, door) => self.set_manners(shot, id, |manners| manners.door = door),
            Action::SetAllowQuestions(id, on) => self.set_manners(shot, id, |manners| manners.allow_questions = on),
            Action::DismissOperator(id) => {
                let shown = session(shot, id).is_some_and(|s| self.state.operator_notice(s).is_some());
                self.state.tab(id).dismissed += usize::from(shown);
            }
            Action::SaveTranscript(id) => self.ask(Then::Transcript(id), shot),
            Action::CopyTranscript(id) => {
                if let Some(session) = session(shot, id) {
                    ctx.copy_text(transcript::as_text(&session.view, &self.zone));
                    let copied = super::text::count(session.view.chat.len(), "line", "lines");
                    self.state.tell(Level::Info, format!("Copied {copied} of chat."));
                }
            }
            Action::ShowBeside(id) => self.state.show_beside(id),
            Action::ShowAlone(id) => {
                self.state.panes.clear();
                self.state.go(Place::Tab(id));
            }
            Action::SubmitPassword(id) => {
                let password = self.take_password(ctx, id);
                self.send(Command::AnswerPassword(id, Some(password)));
            }
            Action::CancelPassword(id) => {
                // Wiped when it is dropped here.
                self.take_password(ctx, id);
                self.send(Command::AnswerPassword(id, None));
            }
            Action::Leave(id) => self.send(Command::Leave(id)),
            Action::EndMeeting(id) => self.state.question = Some(Question::EndMeeting(id)),
            Action::JoinAgain(id) => self.send(Command::JoinAgain(id)),
            Action::Resume(id) => self.send(Command::SetPlaying(id, true)),
            Action::Pause(id) => self.send(Command::SetPlaying(id, false)),
            Action::Seek(id, to) => self.send(Command::Seek(id, to)),
            Action::Back(id) => self.skip(shot, id, false),
            Action::Forward(id) => self.skip(shot, id, true),
            Action::SetSpeed(id, speed) => self.send(Command::SetSpeed(id, speed)),
            Action::SetRepeat(id, on) => self.send(Command::SetRepeat(id, on)),
            Action::Reissue(id) => self.send(Command::Reissue(id)),
            Action::TrustAndJoin(id) => self.send(Command::TrustAndJoin(id)),
            Action::ReconnectNow(id) => self.send(Command::ReconnectNow(id)),
            Action::CutConnection(id) => self.send(Command::CutConnection(id)),
            // The popups that they open are egui's own.
            Action::ShowConnection(_) | Action::ShowConnecting | Action::ShowSimulated(_) | Action::ShowClock => {}
            other => {
                // Everything else is one move in a meeting; the answer to a question is one, too.
                if let Some((id, wanted)) = other.as_move(shot) {
                    self.state.question = None;
                    self.send(Command::Do(id, wanted));
                }
            }
        }
    }

    fn fill_in(&mut self, role: Role, shot: &Snapshot) {
        self.state.form = IssueForm::fresh(role, shot);
        self.state.go(Place::Issue);
    }

    fn say(&mut self, id: TabId) {
        let tab = self.state.tab(id);
        let text = std::mem::take(&mut tab.draft);
        let command = match tab.talk_to {
            Some(to) => Command::Do(id, Move::Whisper(to, text)),
            None => Command::Do(id, Move::Say(text)),
        };
        self.send(command);
    }

    /// Takes what was typed out of the window. egui keeps it for undoing, too: it must not stay there.
    fn take_password(&mut self, ctx: &Context, id: TabId) -> SecretText {
        TextEditState::default().store(ctx, meeting::password_field(id));
        SecretText::new(std::mem::take(&mut self.state.tab(id).password))
    }

    fn begin(&mut self, question: Question) {
        self.state.question = Some(question);
        self.state.wants_focus = true;
    }

    fn set_manners(&mut self, shot: &Snapshot, id: TabId, change: impl FnOnce(&mut Manners)) {
        let Some(session) = session(shot, id) else { return };
        let mut manners = session.manners;
        change(&mut manners);
        self.send(Command::SetManners(id, manners));
    }

    fn ask(&mut self, then: Then, shot: &Snapshot) {
        if self.asking.is_some() {
            return self.state.tell(Level::Info, "A file dialog is already open.");
        }
        let pick = match &then {
            Then::Open => self.picker.open(),
            Then::Issue(order) => self.picker.save_jnj(&file_name(order)),
            Then::Transcript(id) => {
                let title = session(shot, *id).map(meeting::tab_title).unwrap_or_default();
                self.picker.save_text(&format!("{}.txt", plain(&title)))
            }
        };
        self.asking = Some(Asking::new(pick, then));
    }

    /// Takes the answer of an open file dialog, once it is there.
    pub fn finish_dialog(&mut self, ctx: &Context) {
        let Some(asking) = &mut self.asking else { return };
        let Poll::Ready(answer) = asking.poll(ctx) else { return };
        self.asking = None;
        match answer {
            Some((path, Then::Open)) => self.open(path),
            Some((path, Then::Issue(order))) => self.send(Command::IssueToFile(*order, path)),
            Some((path, Then::Transcript(id))) => self.send(Command::SaveTranscript(id, path)),
            None => {}
        }
    }

    fn join_open(&mut self, shot: &Snapshot, index: i32, role: Role) {
        match meetings(shot).iter().find(|m| m.session_index == index) {
            Some(meeting) => self.send(Command::IssueAndJoin(IssueForm::into_meeting(role, meeting))),
            None => self.state.tell(Level::Warn, "That meeting is over."),
        }
    }

    fn skip(&mut self, shot: &Snapshot, id: TabId, forward: bool) {
        if let Some(playback) = Playback::find(shot, id) {
            self.send(Command::Seek(id, playback.moved(SKIP, forward)));
        }
    }

    fn dismiss(&mut self, id: u64) {
        let own = self.state.notices.len();
        self.state.notices.retain(|notice| notice.id != id);
        if self.state.notices.len() == own {
            self.send(Command::DismissNotice(id));
        }
    }
}

fn meetings(shot: &Snapshot) -> &[MeetingRow] {
    open_in(&shot.mcu)
}

fn open_in(mcu: &McuState) -> &[MeetingRow] {
    match mcu {
        McuState::Running(running) => &running.meetings,
        _ => &[],
    }
}

/// A name for a jnj file. Ids come from a form and may hold anything: what is not a letter or digit becomes a dash.
fn file_name(order: &JnjOrder) -> String {
    let who = match &order.person {
        JnjFor::Owner => &order.owner_id,
        JnjFor::Guest { name, .. } => name,
    };
    format!("{}-{}.jnj", plain(who), plain(&order.meeting_id))
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect()
}

fn session(shot: &Snapshot, id: TabId) -> Option<&SessionSnapshot> {
    shot.sessions.iter().find(|s| s.id == id).map(|s| &**s)
}

/// What the known client marks for a new controller (wire/02 section 5.5).
const CONTROLLER: ControlFlags = ControlFlags(ControlFlags::QUESTIONS.0 | ControlFlags::SLIDES.0 | ControlFlags::TAB.0);
const SKIP: Duration = Duration::from_secs(10);
