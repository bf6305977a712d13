//! The form for a jnj, and what the MCU will do with it.
//!
//! [`more`]: every attribute of the guide; [`open_as`]: its kinds of participants in one click.
//!
//! In: what is typed, and the snapshot's users and meetings. Out: a checked [`JnjOrder`] within an action.

mod more;
mod open_as;

use std::collections::BTreeMap;
use std::time::Duration;

use eframe::egui::{self, Align, CornerRadius, Label, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::clock::Now;
use crate::desk::action::Action;
use crate::desk::icons::{self, Icon};
use crate::desk::text;
use crate::desk::tokens::{self, Palette};
use crate::desk::widgets::{self, Cx, Look};
use crate::installation::attributes::ATTRIBUTES;
use crate::installation::command::{CommandKind, JnjFor, JnjOrder, SecretText};
use crate::installation::order::RequestOrder;
use crate::installation::snapshot::{McuState, MeetingRow, SampleUser, Snapshot};

/// What is typed and chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueForm {
    /// Whom the jnj is for.
    pub role: Role,
    /// The owner's id and name.
    pub owner: (String, String),
    /// The guest's id and name.
    pub guest: (String, String),
    /// The guest has no id.
    pub anonymous: bool,
    /// The guest enters without asking.
    pub invited: bool,
    /// The guest holds a ticket.
    pub ticket: bool,
    /// Which service is asked for.
    pub command: CommandKind,
    /// The owner's group; empty for none.
    pub group: String,
    /// The optional attributes that are set.
    pub more: more::More,
    /// Whether they are all shown.
    pub more_open: bool,
    /// The meeting's id.
    pub meeting_id: String,
    /// Its title.
    pub title: String,
    /// Minutes, as typed.
    pub duration: String,
    /// Asked of the person when joining.
    pub password: String,
    /// Whether the meeting is recorded.
    pub recorded: bool,
}

/// Whom a jnj is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The meeting's owner.
    Owner,
    /// One of its guests.
    Guest,
}

/// What is wrong with a field; `None` where all is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// Owner's id or name.
    pub owner: Option<String>,
    /// Guest's id or name.
    pub guest: Option<String>,
    /// Meeting id.
    pub meeting_id: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Duration.
    pub duration: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// The optional attributes, by name.
    pub more: BTreeMap<&'static str, String>,
    /// All fields are right, and together they are not.
    pub whole: Option<String>,
}

impl Default for IssueForm {
    fn default() -> IssueForm {
        IssueForm {
            role: Role::Owner,
            owner: (String::new(), String::new()),
            guest: (String::new(), "Guest".into()),
            anonymous: true,
            invited: true,
            ticket: false,
            command: CommandKind::Meeting,
            group: String::new(),
            more: more::More::new(),
            more_open: false,
            meeting_id: String::new(),
            title: String::new(),
            duration: "0".into(),
            password: String::new(),
            recorded: true,
        }
    }
}

impl IssueForm {
    /// A form filled in so that one click issues it: the first sample user, a meeting id that is not in use.
    pub fn fresh(role: Role, shot: &Snapshot) -> IssueForm {
        let mut form = IssueForm { role, ..IssueForm::default() };
        if let Some(user) = shot.users.first() {
            form.owner = (user.id.clone(), user.name.clone());
        }
        form.meeting_id = free_meeting_id(shot);
        // A guest alone can open nothing: the newest open meeting is the likely one.
        if let (Role::Guest, Some(meeting)) = (role, meetings(shot).last()) {
            form.owner = (meeting.owner_id.clone(), meeting.owner_name.clone());
            form.meeting_id.clone_from(&meeting.meeting_id);
            form.title.clone_from(&meeting.title);
        }
        form
    }

    /// An order for somebody who joins a meeting that is open.
    pub fn into_meeting(role: Role, meeting: &MeetingRow) -> JnjOrder {
        let person = match role {
            Role::Owner => JnjFor::Owner,
            Role::Guest => JnjFor::Guest { id: String::new(), name: "Guest".into(), invited: true, ticket: false },
        };
        JnjOrder {
            owner_id: meeting.owner_id.clone(),
            owner_name: meeting.owner_name.clone(),
            meeting_id: meeting.meeting_id.clone(),
            title: meeting.title.clone(),
            person,
            group: meeting.group.clone().unwrap_or_default(),
            // The same kind of meeting: an event is another room than the owner's own (guide, table 1).
            duration_min: meeting.duration_min,
            password: SecretText::default(),
            recorded: meeting.recording,
            ..JnjOrder::empty()
        }
    }

    /// The order, if everything in the form is right.
    ///
    /// # Errors
    ///
    /// What is wrong, a sentence a field. Lengths are bytes of UTF-8 (guide 3.1, first paragraph).
    pub fn order(&self) -> Result<JnjOrder, Box<FormErrors>> {
        let mut errors = FormErrors {
            owner: check("Owner id", &self.owner.0, MAX_ID, true)
                .or_else(|| check("Owner name", &self.owner.1, MAX_ID, true)),
            meeting_id: check("Meeting id", &self.meeting_id, MAX_ID, true),
            title: check("Title", &self.title, MAX_TITLE, false),
            password: check("Password", &self.password, MAX_PASSWORD, false),
            group: check("Group", &self.group, MAX_ID, false),
            more: self.wrong_attributes(),
            ..FormErrors::default()
        };
        if self.role == Role::Guest {
            let id = if self.anonymous { None } else { check("Guest id", &self.guest.0, MAX_ID, true) };
            errors.guest = id.or_else(|| check("Guest name", &self.guest.1, MAX_ID, true));
        }
        let duration_min = match self.duration.trim() {
            "" => Some(0),
            typed => typed.parse::<u32>().ok().filter(|minutes| *minutes <= MAX_DURATION),
        };
        if duration_min.is_none() {
            errors.duration = Some(format!("Whole minutes, 0 to {MAX_DURATION}."));
        }
        match duration_min {
            Some(duration_min) if errors == FormErrors::default() => {
                let order = self.checked(duration_min);
                // What is right alone may be wrong together: a ticket without an id, too much in all.
                match RequestOrder::from(&order).request(Now::default()) {
                    Ok(_) => Ok(order),
                    Err(why) => Err(Box::new(FormErrors { whole: Some(text::sentence(&why.to_string())), ..errors })),
                }
            }
            _ => Err(Box::new(errors)),
        }
    }

    fn wrong_attributes(&self) -> BTreeMap<&'static str, String> {
        let typed = ATTRIBUTES.iter().filter_map(|attribute| Some((attribute, self.more.get(attribute.name)?)));
        typed.filter_map(|(attribute, value)| Some((attribute.name, more::wrong(attribute, value)?))).collect()
    }

    fn checked(&self, duration_min: u32) -> JnjOrder {
        let person = match self.role {
            Role::Owner => JnjFor::Owner,
            Role::Guest => JnjFor::Guest {
                id: if self.anonymous { String::new() } else { self.guest.0.clone() },
                name: self.guest.1.clone(),
                invited: self.invited,
                ticket: self.ticket,
            },
        };
        JnjOrder {
            owner_id: self.owner.0.clone(),
            owner_name: self.owner.1.clone(),
            meeting_id: self.meeting_id.clone(),
            title: self.title.clone(),
            person,
            duration_min,
            password: self.password.as_str().into(),
            recorded: self.recorded,
            command: self.command,
            group: self.group.clone(),
            set: more::items(&self.more),
        }
    }
}

/// The open meeting that the form leads to.
fn open_meeting<'s>(shot: &'s Snapshot, form: &IssueForm) -> Option<&'s MeetingRow> {
    meetings(shot).find(|m| m.meeting_id == form.meeting_id && m.owner_id == form.owner.0)
}

/// Draws the page.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.state.form.meeting_id.is_empty() && cx.state.form.owner.0.is_empty() {
        cx.state.form = IssueForm::fresh(cx.state.form.role, cx.shot);
    }
    let checked = cx.state.form.order();
    let errors = checked.as_ref().err().map(|errors| (**errors).clone()).unwrap_or_default();
    ScrollArea::vertical().id_salt("issue").auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(tokens::PAGE_WIDTH));
        widgets::heading(
            ui,
            "Issue a jnj",
            "A jnj admits one person to one meeting. It is signed with this installation's keys.",
        );
        let form_width = tokens::FORM_LABEL_WIDTH + tokens::FORM_FIELD_WIDTH + 5.0 * tokens::GAP_M;
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = tokens::GAP_M;
            ui.allocate_ui_with_layout(vec2(form_width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_max_width(form_width);
                widgets::card(ui, |ui| fields(ui, cx, &errors));
                ui.add_space(tokens::GAP_XS);
                buttons(ui, cx, checked.as_ref().ok(), errors.whole.as_deref());
                ui.add_space(tokens::GAP_XS);
                widgets::card(ui, |ui| more::show(ui, cx, &errors.more));
            });
            ui.vertical(|ui| {
                widgets::card(ui, |ui| explanation(ui, cx, checked.as_ref().ok()));
                widgets::card(ui, |ui| open_as::show(ui, cx));
            });
        });
    });
}

fn fields(ui: &mut Ui, cx: &mut Cx<'_>, errors: &FormErrors) {
    let users = cx.shot.users.clone();
    let form = &mut cx.state.form;
    widgets::form_row(ui, "For", None, |ui| {
        widgets::segments(ui, &mut form.role, &[(Role::Owner, "Owner"), (Role::Guest, "Guest")])
    });
    widgets::form_row(ui, "Owner", errors.owner.as_deref(), |ui| person(ui, "owner", &mut form.owner, &users));
    if form.role == Role::Guest {
        widgets::form_row(ui, "Guest", errors.guest.as_deref(), |ui| {
            if form.anonymous {
                ui.add(
                    widgets::field(&mut form.guest.1, tokens::FORM_FIELD_WIDTH).hint_text("Name shown to the others"),
                )
            } else {
                person(ui, "guest", &mut form.guest, &users)
            }
        });
        widgets::form_row(ui, "", None, |ui| {
            ui.horizontal(|ui| {
                let anonymous =
                    ui.checkbox(&mut form.anonymous, "Anonymous").on_hover_text("The guest has a name, but no id");
                ui.checkbox(&mut form.invited, "Invited").on_hover_text("Enters without asking");
                ui.checkbox(&mut form.ticket, "Ticket").on_hover_text("Holds a ticket for an event; needs an id");
                anonymous
            })
            .inner
        });
    }
    widgets::form_row(ui, "Group", errors.group.as_deref(), |ui| {
        let field =
            ui.add(widgets::field(&mut form.group, tokens::FORM_FIELD_WIDTH).hint_text("The owner's; none if empty"));
        widgets::gauge(ui, &field, form.group.len(), MAX_ID);
        field
    });
    ui.separator();
    widgets::form_row(ui, "Service", None, |ui| service(ui, &mut form.command));
    widgets::form_row(ui, "Meeting id", errors.meeting_id.as_deref(), |ui| {
        let field = ui.add(widgets::field(&mut form.meeting_id, tokens::FORM_FIELD_WIDTH));
        widgets::gauge(ui, &field, form.meeting_id.len(), MAX_ID);
        field
    });
    widgets::form_row(ui, "Title", errors.title.as_deref(), |ui| {
        let field = ui.add(widgets::field(&mut form.title, tokens::FORM_FIELD_WIDTH).hint_text("May be empty"));
        widgets::gauge(ui, &field, form.title.len(), MAX_TITLE);
        field
    });
    widgets::form_row(ui, "Duration", errors.duration.as_deref(), |ui| {
        ui.horizontal(|ui| {
            let field = ui.add(widgets::field(&mut form.duration, tokens::FORM_SHORT_WIDTH));
            ui.label(RichText::new("minutes; 0 is open-ended").color(Palette::of(ui).weak));
            field
        })
        .inner
    });
    widgets::form_row(ui, "Password", errors.password.as_deref(), |ui| {
        let field = widgets::field(&mut form.password, tokens::FORM_FIELD_WIDTH).password(true).hint_text("None");
        let field = ui.add(field);
        widgets::gauge(ui, &field, form.password.len(), MAX_PASSWORD);
        field
    });
    widgets::form_row(ui, "Recording", None, |ui| ui.checkbox(&mut form.recorded, "Record the meeting"));
}

/// The guide's seven services.
fn service(ui: &mut Ui, chosen: &mut CommandKind) -> egui::Response {
    let combo = egui::ComboBox::from_id_salt("service").selected_text(service_words(*chosen)).show_ui(ui, |ui| {
        for kind in CommandKind::ALL {
            ui.selectable_value(chosen, kind, service_words(kind));
        }
    });
    combo.response.accessible_name("Service")
}

fn service_words(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::Meeting => "Meeting",
        CommandKind::Playback => "Playback",
        CommandKind::Download => "Download a recording",
        CommandKind::Delete => "Delete a recording",
        CommandKind::CheckMessage => "Check messages",
        CommandKind::TalkToVisitor => "Talk to a visitor",
        CommandKind::LeaveMessage => "Leave a message",
    }
}

/// Id and name side by side, and the sample users to choose from.
fn person(ui: &mut Ui, salt: &str, person: &mut (String, String), users: &[SampleUser]) -> egui::Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens::GAP_XS;
        let width = (tokens::FORM_FIELD_WIDTH - tokens::CONTROL_HEIGHT - 2.0 * tokens::GAP_XS) / 2.0;
        let id = ui.add(narrow(&mut person.0, width).hint_text("id"));
        widgets::gauge(ui, &id, person.0.len(), MAX_ID);
        let name = ui.add(narrow(&mut person.1, width).hint_text("name"));
        widgets::gauge(ui, &name, person.1.len(), MAX_ID);
        name.accessible_name(format!("Name of the {salt}"));
        let button = egui::Button::new("")
            .min_size(egui::Vec2::splat(tokens::CONTROL_HEIGHT))
            .corner_radius(CornerRadius::same(tokens::RADIUS_S));
        let menu = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
            for user in users {
                if ui.button(format!("{}  ({})", user.name, user.id)).clicked() {
                    *person = (user.id.clone(), user.name.clone());
                }
            }
            if users.is_empty() {
                ui.label("There are no sample users.");
            }
        });
        let mark = egui::Rect::from_center_size(menu.0.rect.center(), egui::Vec2::splat(tokens::SORT_MARK));
        icons::paint(ui, Icon::Down, mark, Palette::of(ui).weak);
        menu.0.on_hover_text("Choose a sample user").accessible_name(format!("Choose the {salt}"));
        id
    })
    .inner
}

fn narrow(text: &mut String, width: f32) -> TextEdit<'_> {
    widgets::field(text, width)
}

fn buttons(ui: &mut Ui, cx: &mut Cx<'_>, order: Option<&JnjOrder>, whole: Option<&str>) {
    ui.horizontal(|ui| {
        // Greyed out, not gone: a form that jumps while it is filled in is hard to hit.
        ui.add_enabled_ui(order.is_some(), |ui| {
            let order = order.cloned().unwrap_or_else(JnjOrder::empty);
            cx.button(ui, Action::IssueAndJoin(Box::new(order.clone())), Look::Primary);
            cx.button(ui, Action::IssueToFile(Box::new(order)), Look::Plain);
        });
        if let Some(why) = whole {
            ui.label(RichText::new(why).color(Palette::of(ui).bad));
        } else if order.is_none() {
            widgets::weak(ui, "Correct what is marked to go on.");
        } else {
            freshness(ui, cx);
        }
    });
}

/// How long the last jnj is good for, by the office clock.
fn freshness(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(issued) = &cx.shot.issued else { return };
    let palette = Palette::of(ui);
    let left = issued.good_until.saturating_sub(cx.shot.clock.now);
    let (words, colour) = match u64::try_from(left) {
        Ok(left) => (format!("{}: fresh for {}", issued.to, text::length(Duration::from_secs(left))), palette.good),
        Err(_) => {
            let ago = text::span(Duration::from_secs(left.unsigned_abs()));
            (format!("{}: stale for {ago}", issued.to), palette.warn)
        }
    };
    widgets::line(ui, RichText::new(words).color(colour))
        .on_hover_text("The jnj that was issued last, by the office clock");
}

fn explanation(ui: &mut Ui, cx: &Cx<'_>, order: Option<&JnjOrder>) {
    let palette = Palette::of(ui);
    widgets::title(ui, "What the MCU will do");
    let Some(order) = order else {
        widgets::weak(ui, "Something in the form is not right yet.");
        return;
    };
    for sentence in explain(order, cx.shot) {
        ui.add(Label::new(RichText::new(sentence).color(palette.text)).wrap());
    }
}

/// What an MCU does with a jnj made from this order, a sentence a point (guide 3.1 and table 1).
pub fn explain(order: &JnjOrder, shot: &Snapshot) -> Vec<String> {
    let open = meetings(shot).any(|m| m.meeting_id == order.meeting_id && m.owner_id == order.owner_id);
    if order.command != CommandKind::Meeting {
        return vec![service_sentence(order)];
    }
    let event = order.duration_min > 0;
    let owner = &order.owner_name;
    let mut said = Vec::new();
    said.push(match (&order.person, open) {
        (JnjFor::Owner, true) => format!("{owner} joins the meeting, which is open, as its owner."),
        (JnjFor::Owner, false) => {
            format!("{owner} opens the meeting and is its owner and token holder (meeting chair).")
        }
        (JnjFor::Guest { name, invited: true, .. }, true) => {
            format!("{name} enters the meeting, which is open, without asking.")
        }
        (JnjFor::Guest { name, invited: true, .. }, false) if event => {
            format!("{name} may open the meeting before {owner} comes, since it is an event.")
        }
        (JnjFor::Guest { name, invited: false, .. }, true) => {
            format!("{name} asks to be let in, and waits until somebody answers.")
        }
        (JnjFor::Guest { name, .. }, false) => {
            format!("{name} cannot open the meeting: {owner} has to be there first.")
        }
    });
    if let JnjFor::Guest { id, .. } = &order.person
        && id.is_empty()
    {
        said.push("The guest is anonymous: the others see the name, but there is no id behind it.".into());
    }
    said.push(if event {
        format!("It is an event, planned for {} min.", order.duration_min)
    } else {
        "It is person-based: it has no planned end, and closes when the room is empty.".into()
    });
    if !order.password.is_empty() {
        said.push("The password is asked for when joining.".into());
    }
    if open {
        said.push(
            "The meeting exists: title, duration, recording and most attributes stay as its first request set them."
                .into(),
        );
    }
    said.push(if order.recorded { "The meeting is recorded.".into() } else { "The meeting is not recorded.".into() });
    said
}

fn service_sentence(order: &JnjOrder) -> String {
    let owner = &order.owner_name;
    match order.command {
        CommandKind::Playback => format!("Plays the newest recording of this meeting of {owner}'s."),
        CommandKind::Download => format!("Hands out a recording of this meeting of {owner}'s."),
        CommandKind::Delete => format!("Removes a recording of this meeting of {owner}'s."),
        CommandKind::CheckMessage => format!("Shows {owner} the messages that were left."),
        CommandKind::TalkToVisitor => format!("{owner} talks to a visitor who is leaving a message."),
        CommandKind::LeaveMessage => format!("A visitor leaves {owner} a message."),
        CommandKind::Meeting => String::new(),
    }
}

/// One more than the largest number in use as a meeting id.
fn free_meeting_id(shot: &Snapshot) -> String {
    let ids = shot.recordings.iter().map(|r| &r.meeting_id).chain(meetings(shot).map(|m| &m.meeting_id));
    let largest = ids.filter_map(|id| id.parse::<u32>().ok()).max().unwrap_or(0);
    largest.saturating_add(1).to_string()
}

fn meetings(shot: &Snapshot) -> impl Iterator<Item = &MeetingRow> {
    let open: &[MeetingRow] = match &shot.mcu {
        McuState::Running(running) => &running.meetings,
        _ => &[],
    };
    open.iter()
}

fn check(what: &str, text: &str, most: usize, needed: bool) -> Option<String> {
    if needed && text.trim().is_empty() {
        return Some(format!("{what} is needed."));
    }
    (text.len() > most).then(|| format!("{what} has {} bytes, at most {most} fit.", text.len()))
}

/// Ids and names are issued with at most so many bytes of UTF-8 (guide 3.1).
const MAX_ID: usize = 127;
/// Titles, the same.
const MAX_TITLE: usize = 511;
/// Passwords, the same.
const MAX_PASSWORD: usize = 39;
/// Minutes; anything longer is cut by an MCU (guide 3.1/7).
const MAX_DURATION: u32 = 599;

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> IssueForm {
        IssueForm { owner: ("alice".into(), "Alice".into()), meeting_id: "7".into(), ..IssueForm::default() }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        let mut form = filled();
        form.meeting_id = "會".repeat(42);
        assert!(form.order().is_ok());
        form.meeting_id.push('會');
        assert_eq!(form.order().unwrap_err().meeting_id.unwrap(), "Meeting id has 129 bytes, at most 127 fit.");
    }

    #[test]
    fn only_the_fields_of_the_chosen_role_are_checked() {
        let mut form = filled();
        form.guest.1.clear();
        assert!(form.order().is_ok());
        form.role = Role::Guest;
        assert!(form.order().unwrap_err().guest.is_some());
    }

    #[test]
    fn an_anonymous_guest_has_no_id_even_if_one_was_typed() {
        let mut form = IssueForm { role: Role::Guest, ..filled() };
        form.guest = ("bob".into(), "Bob".into());
        let order = form.order().unwrap();
        assert_eq!(order.person, JnjFor::Guest { id: String::new(), name: "Bob".into(), invited: true, ticket: false });
    }

    #[test]
    fn a_duration_is_minutes_below_ten_hours() {
        for (typed, good) in
            [("", true), ("0", true), (" 90 ", true), ("599", true), ("600", false), ("-1", false), ("1.5", false)]
        {
            let form = IssueForm { duration: typed.into(), ..filled() };
            assert_eq!(form.order().is_ok(), good, "{typed:?}");
        }
    }

    #[test]
    fn a_meeting_id_that_nobody_has_is_one_more_than_the_largest() {
        let mut shot = Snapshot::default();
        assert_eq!(free_meeting_id(&shot), "1");
        let row = |id: &str| crate::installation::snapshot::RecordingRow {
            path: id.into(),
            title: String::new(),
            meeting_id: id.into(),
            owner_id: "alice".into(),
            owner_name: String::new(),
            group: None,
            started: 0,
            duration: std::time::Duration::ZERO,
            people: Vec::new(),
            how: None,
            size: 0,
            kind: crate::installation::snapshot::RecordingKind::NotRecorded,
        };
        shot.recordings = std::sync::Arc::new(vec![row("9"), row("41"), row("planning")]);
        assert_eq!(free_meeting_id(&shot), "42");
    }
}
