//! What a jnj is to ask for, before it is a service request.
//!
//! In: what a form or a command line holds. Out: a [`ServiceRequest`] of the guide (3.1), or which item is wrong.

use super::attributes;
use super::command::{JnjFor, JnjOrder, SecretText};
use crate::clock::Now;
use crate::hit::password::PasswordHash;
use crate::hit::request::{CommandKind, Group, Guest, MAX_DURATION, RequestError, ServiceRequest};

/// The items of a request.
#[derive(Clone, Debug)]
pub struct RequestOrder {
    /// The owner's id and name.
    pub owner: (String, String),
    /// Meeting id.
    pub meeting_id: String,
    /// Service.
    pub command: CommandKind,
    /// Whom it is for, if not the owner.
    pub guest: Option<GuestOrder>,
    /// The owner's group.
    pub group: Option<String>,
    /// Planned minutes; 0 for a person-based meeting.
    pub duration_min: u16,
    /// Title; may be empty.
    pub title: String,
    /// Asked of whoever joins.
    pub password: Option<SecretText>,
    /// Whether the meeting is recorded.
    pub recorded: bool,
    /// `ELEMENT.ATTRIBUTE=VALUE` on top of the rest.
    pub set: Vec<String>,
}

/// A guest.
#[derive(Clone, Debug)]
pub struct GuestOrder {
    /// Id, empty for an anonymous one.
    pub id: String,
    /// Name.
    pub name: String,
    /// Enters without asking.
    pub invited: bool,
    /// Ticket holder.
    pub ticket: bool,
}

impl From<&JnjOrder> for RequestOrder {
    fn from(order: &JnjOrder) -> RequestOrder {
        RequestOrder {
            owner: (order.owner_id.clone(), order.owner_name.clone()),
            meeting_id: order.meeting_id.clone(),
            command: order.command,
            guest: match &order.person {
                JnjFor::Owner => None,
                JnjFor::Guest { id, name, invited, ticket } => {
                    Some(GuestOrder { id: id.clone(), name: name.clone(), invited: *invited, ticket: *ticket })
                }
            },
            group: (!order.group.is_empty()).then(|| order.group.clone()),
            duration_min: u16::try_from(order.duration_min).unwrap_or(u16::MAX),
            title: order.title.clone(),
            password: (!order.password.is_empty()).then(|| order.password.clone()),
            recorded: order.recorded,
            set: order.set.clone(),
        }
    }
}

impl RequestOrder {
    /// The request, stamped with the present time; with a password, valid for a day (guide 3.10).
    ///
    /// # Errors
    /// When an item is too long, or `set` names what the guide does not have.
    pub fn request(&self, now: Now) -> Result<ServiceRequest, OrderError> {
        let mut request = ServiceRequest::new(&self.owner.0, &self.owner.1, &self.meeting_id, now.unix_seconds());
        request.command.kind = self.command;
        request.command.recording = self.recorded;
        request.command.duration = (self.duration_min > 0).then_some(self.duration_min.min(MAX_DURATION));
        request.guest = self.guest.as_ref().map(|guest| Guest {
            id: (!guest.id.is_empty()).then(|| guest.id.clone()),
            name: guest.name.clone(),
            invited: guest.invited,
            ticket: guest.ticket,
            ..Guest::default()
        });
        request.group = self.group.as_ref().map(|id| Group { id: id.clone(), ..Group::default() });
        request.meeting_title = (!self.title.is_empty()).then(|| self.title.clone());
        if let Some(password) = &self.password {
            request.password = Some(PasswordHash::of(password.expose()));
        }
        stamp(&mut request, now);
        for item in &self.set {
            attributes::set(&mut request, item)?;
        }
        // Checked as a third party would be: by writing it.
        request.to_xml()?;
        Ok(request)
    }
}

/// Makes a request good from now on: its timestamp is the present, or with a password the last second at which that counts, a day
/// ahead (guide 3.10).
pub fn stamp(request: &mut ServiceRequest, now: Now) {
    request.timestamp = now.unix_seconds() + if request.password.is_some() { PASSWORD_VALID_S } else { 0 };
}

/// Why an order makes no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// An item is not what the guide allows.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A `--set` that cannot be understood.
    #[error("cannot set {item:?}: {why}")]
    Set {
        /// As it was given.
        item: String,
        /// What was expected.
        why: String,
    },
}

/// The guide's own example of a good expiration date (3.10).
const PASSWORD_VALID_S: i64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hit::freshness::{DEFAULT_WINDOW, Freshness};

    #[test]
    fn a_request_that_is_stamped_anew_is_good_for_as_long_as_a_new_one() {
        let at = |seconds: i64| Now { office: seconds * 1000, steady: Duration::ZERO };
        for (password, good_for) in [(None, 300), (Some("open sesame"), PASSWORD_VALID_S)] {
            let order = RequestOrder {
                owner: ("olive".into(), "Olive".into()),
                meeting_id: "room".into(),
                command: CommandKind::Meeting,
                guest: None,
                group: None,
                duration_min: 0,
                title: String::new(),
                password: password.map(SecretText::from),
                recorded: false,
                set: vec!["timestamp.value=1000".into()],
            };
            assert!(!format!("{order:?}").contains("sesame"), "a password has no business in a log");
            let mut request = order.request(at(2_000_000)).unwrap();
            let judged = |request: &ServiceRequest, now: i64| {
                Freshness::judge(request.timestamp, request.password.is_some(), at(now), DEFAULT_WINDOW)
            };
            assert!(matches!(judged(&request, 2_000_000), Freshness::Expired { .. }));
            stamp(&mut request, at(2_000_000));
            assert_eq!(judged(&request, 2_000_000 + good_for), Freshness::Fresh);
            assert_eq!(judged(&request, 2_000_001 + good_for), Freshness::Expired { by: 1 });
        }
    }
}
