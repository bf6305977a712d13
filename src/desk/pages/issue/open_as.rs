//! The guide's kinds of participants, each issued and joined with in one click.
//!
//! In: the form and the sample users. Out: an order for each kind.

use eframe::egui::{Button, Ui, vec2};

use super::{IssueForm, Role};
use crate::desk::action::Action;
use crate::desk::tokens;
use crate::desk::widgets::{self, Cx};
use crate::installation::snapshot::SampleUser;

/// A kind of participant (guide 3.1/5 and 3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The meeting's owner.
    Owner,
    /// The owner, who prepares the event first.
    Preparing,
    /// A guest with an id who enters without asking.
    Invited,
    /// A guest with an id who asks.
    Uninvited,
    /// A guest without an id who asks.
    Anonymous,
    /// A guest who holds a ticket for an event.
    Ticket,
}

impl Kind {
    /// All, as they are offered.
    pub const ALL: [(Kind, &'static str); 6] = [
        (Kind::Owner, "Owner"),
        (Kind::Preparing, "Owner, preparing"),
        (Kind::Invited, "Invited guest"),
        (Kind::Uninvited, "Uninvited guest"),
        (Kind::Anonymous, "Anonymous guest"),
        (Kind::Ticket, "Ticket holder"),
    ];
}

/// The form as it is for a participant of that kind; the guest is the one who is typed, else the first sample user who is not the
/// owner.
pub fn form(kind: Kind, form: &IssueForm, users: &[SampleUser]) -> IssueForm {
    let mut form = form.clone();
    let guest = users.iter().find(|user| user.id != form.owner.0).map(|user| (user.id.clone(), user.name.clone()));
    if form.guest.0.is_empty() {
        form.guest = guest.unwrap_or_else(|| ("guest".into(), "Guest".into()));
    }
    form.role = if matches!(kind, Kind::Owner | Kind::Preparing) { Role::Owner } else { Role::Guest };
    form.anonymous = kind == Kind::Anonymous;
    form.invited = matches!(kind, Kind::Invited | Kind::Ticket);
    form.ticket = kind == Kind::Ticket;
    match kind {
        Kind::Preparing => form.more.insert(PREPARATION, "1".into()),
        Kind::Owner => form.more.remove(PREPARATION),
        _ => None,
    };
    if kind == Kind::Anonymous {
        form.guest = (String::new(), "Guest".into());
    }
    form
}

/// Draws the card.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    widgets::title(ui, "Open as");
    widgets::weak(ui, "Issues a jnj for this meeting and joins with it, in one click.");
    let orders = Kind::ALL.map(|(kind, words)| (words, form(kind, &cx.state.form, &cx.shot.users).order()));
    let wide = vec2(ui.available_width(), tokens::CONTROL_HEIGHT);
    for (words, order) in orders {
        let button = Button::new(words).min_size(wide);
        match order {
            Ok(order) => drop(cx.add(ui, Action::IssueAndJoin(Box::new(order)), button, words)),
            Err(_) => drop(ui.add_enabled(false, button).on_disabled_hover_text("Correct what is marked first.")),
        }
    }
}

const PREPARATION: &str = "command.preparationmode";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::installation::command::JnjFor;

    #[test]
    fn each_kind_differs_in_what_the_guide_says_it_does() {
        let typed =
            IssueForm { owner: ("alice".into(), "Alice".into()), meeting_id: "7".into(), ..IssueForm::default() };
        let users = ["alice", "bob"].map(|id| SampleUser { id: id.into(), name: id.to_uppercase() });
        let order = |kind| form(kind, &typed, &users).order().unwrap();
        let guest =
            |id: &str, name: &str, invited, ticket| JnjFor::Guest { id: id.into(), name: name.into(), invited, ticket };
        assert_eq!(order(Kind::Owner).person, JnjFor::Owner);
        assert_eq!(order(Kind::Invited).person, guest("bob", "BOB", true, false));
        assert_eq!(order(Kind::Uninvited).person, guest("bob", "BOB", false, false));
        assert_eq!(order(Kind::Anonymous).person, guest("", "Guest", false, false));
        assert_eq!(order(Kind::Ticket).person, guest("bob", "BOB", true, true));
        assert_eq!(order(Kind::Preparing).set, ["command.preparationmode=1"]);
        assert!(order(Kind::Owner).set.is_empty());
    }
}
