//! What a jnj is to ask for, before it is a service request.
//!
//! In: what a form or a command line holds. Out: a [`ServiceRequest`] of the guide (3.1), or which item is wrong.

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
    pub password: Option<String>,
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
            request.password = Some(PasswordHash::of(password));
        }
        stamp(&mut request, now);
        for item in &self.set {
            set(&mut request, item)?;
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

/// `ELEMENT.ATTRIBUTE=VALUE`, with the guide's names.
fn set(request: &mut ServiceRequest, item: &str) -> Result<(), OrderError> {
    let wrong = |why: &str| OrderError::Set { item: item.to_owned(), why: why.to_owned() };
    let (name, value) = item.split_once('=').ok_or_else(|| wrong("expected ELEMENT.ATTRIBUTE=VALUE"))?;
    let flag = || match value {
        "0" | "" => Ok(false),
        "1" => Ok(true),
        _ => Err(wrong("expected 0 or 1")),
    };
    let number = || value.parse::<u32>().map_err(|_| wrong("expected a whole number"));
    let text = || (!value.is_empty()).then(|| value.to_owned());
    let list = || value.split([',', ';', ' ']).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let (command, owner) = (&mut request.command, &mut request.owner);
    match name {
        "owner.diskquota" => owner.disk_quota = Some(u64::from(number()?)),
        "owner.maxoutconnection" => owner.max_out_connection = Some(number()?),
        "owner.email" => owner.email = text(),
        "guest.email" => request.guest.as_mut().ok_or_else(|| wrong("there is no guest"))?.email = text(),
        "group.diskquota" => {
            request.group.as_mut().ok_or_else(|| wrong("there is no group"))?.disk_quota = Some(u64::from(number()?));
        }
        "group.maxoutconnection" => {
            request.group.as_mut().ok_or_else(|| wrong("there is no group"))?.max_out_connection = Some(number()?);
        }
        "command.recording" => command.recording = flag()?,
        "command.exclusive_recording" => command.exclusive_recording = flag()?,
        "command.autoextension" => command.autoextension = flag()?,
        "command.all_questioner" => command.all_questioner = flag()?,
        "command.preparationmode" => command.preparation_mode = flag()?,
        "command.joinnet_holder_video" => command.joinnet_holder_video = flag()?,
        "command.duration" => command.duration = Some(u16::try_from(number()?).unwrap_or(MAX_DURATION)),
        "command.bandwidth" => command.bandwidth = Some(number()?),
        "command.total_av_bandwidth" => command.total_av_bandwidth = Some(number()?),
        "command.max_message_duration" => command.max_message_duration = Some(number()?),
        "command.default_joint_browsing_page" => command.default_joint_browsing_page = text(),
        "command.joinnet_auto_update_url" => command.joinnet_auto_update_url = text(),
        "command.audio_codec_preference" => command.audio_codec_preference = list(),
        "command.video_codec_preference" => command.video_codec_preference = list(),
        "command.file" => command.file = text(),
        // Not an attribute, but what a test of freshness needs.
        "timestamp.value" => request.timestamp = value.parse().map_err(|_| wrong("expected Unix seconds"))?,
        _ => return Err(wrong("the guide has no such attribute, or it has an option of its own")),
    }
    Ok(())
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
                password: password.map(str::to_owned),
                recorded: false,
                set: vec!["timestamp.value=1000".into()],
            };
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
