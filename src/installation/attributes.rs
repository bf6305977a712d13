//! The optional attributes of a service request, for forms and `--set` (guide 3.1).
//!
//! In: an attribute's name and a value as typed. Out: the request with it, or what was expected; and what a form must know of each:
//! its kind, its length, and whether an MCU looks at it once the meeting exists.

use super::order::OrderError;
use crate::hit::request::{
    Guaranteed, MAX_DURATION, MAX_ID, MAX_MEETING_ID_WRITTEN, MAX_TEXT, RecordingReference, ServiceRequest,
};

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 0 or 1; the guide's default.
    Flag(bool),
    /// A whole number, with its unit.
    Number(&'static str),
    /// At most so many bytes of UTF-8.
    Text(usize),
    /// Names with commas between them.
    List,
}

/// When an MCU takes a value that comes with a request for a meeting that is open already (guide 3.1, the exceptions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Only from the request that makes the meeting.
    First,
    /// From the request that makes it, and from the owner's that ends its preparation.
    Preparation,
    /// From every request of the owner.
    Owner,
    /// From every request of a guest, for that guest.
    Guest,
    /// From every request: it is no property of the meeting.
    Always,
    /// It has nothing to do with meetings.
    NoMeeting,
}

/// One optional attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// `element.attribute`, in the guide's words.
    pub name: &'static str,
    /// What it says, in ours.
    pub meaning: &'static str,
    /// What a value looks like.
    pub kind: Kind,
    /// When it is taken.
    pub taken: Taken,
}

const fn attribute(name: &'static str, kind: Kind, taken: Taken, meaning: &'static str) -> Attribute {
    Attribute { name, meaning, kind, taken }
}

/// All that have no field of their own in the form, in the guide's order.
pub const ATTRIBUTES: &[Attribute] = &[
    attribute("owner.email", Kind::Text(MAX_ID), Taken::Owner, "Where the MCU may write to"),
    attribute("owner.diskquota", Kind::Number("MB"), Taken::First, "Room for the owner's recordings; 0 is not checked"),
    attribute("owner.maxoutconnection", Kind::Number(""), Taken::Always, "Most outside connections of the owner"),
    attribute("guest.email", Kind::Text(MAX_ID), Taken::Guest, "Only of a guest with an id"),
    attribute("group.diskquota", Kind::Number("MB"), Taken::First, "Room for the group's recordings; 0 is not checked"),
    attribute("group.maxoutconnection", Kind::Number(""), Taken::Always, "Most outside connections of the group"),
    attribute(
        "command.autoextension",
        Kind::Flag(true),
        Taken::Preparation,
        "An event goes on while somebody is in it",
    ),
    attribute(
        "command.preparationmode",
        Kind::Flag(false),
        Taken::First,
        "The owner prepares the event's slides first",
    ),
    attribute("command.exclusive_recording", Kind::Flag(false), Taken::First, "Refused if the meeting has recordings"),
    attribute("command.all_questioner", Kind::Flag(false), Taken::First, "Everybody may speak all the time"),
    attribute(
        "command.joinnet_holder_video",
        Kind::Flag(false),
        Taken::First,
        "Clients show the token holder's picture",
    ),
    attribute("command.bandwidth", Kind::Number("bit/s"), Taken::First, "Most that one person's picture may take"),
    attribute("command.total_av_bandwidth", Kind::Number("bit/s"), Taken::First, "Most for all sound and pictures"),
    attribute("command.max_message_duration", Kind::Number("min"), Taken::First, "Longest message that can be left"),
    attribute("command.default_joint_browsing_page", Kind::Text(MAX_TEXT), Taken::First, "First page for everybody"),
    attribute("command.joinnet_auto_update_url", Kind::Text(MAX_TEXT), Taken::First, "Where a client updates itself"),
    attribute("command.audio_codec_preference", Kind::List, Taken::First, "Best first, with commas"),
    attribute("command.video_codec_preference", Kind::List, Taken::First, "Best first, with commas"),
    attribute("guaranteed.invited", Kind::Number(""), Taken::Preparation, "Places kept for invited guests of an event"),
    attribute("guaranteed.uninvited", Kind::Number(""), Taken::Preparation, "Places kept for uninvited ones"),
    attribute(
        "continuemeeting.meetingid",
        Kind::Text(MAX_MEETING_ID_WRITTEN),
        Taken::First,
        "Goes on from this meeting",
    ),
    attribute("continuemeeting.userid", Kind::Text(MAX_ID), Taken::First, "Its owner"),
    attribute("continuemeeting.groupid", Kind::Text(MAX_ID), Taken::First, "The owner's group"),
    attribute(
        "continuemeeting.file",
        Kind::Text(MAX_TEXT),
        Taken::First,
        "Which of its recordings; the newest if empty",
    ),
    attribute(
        "transferslide.meetingid",
        Kind::Text(MAX_MEETING_ID_WRITTEN),
        Taken::First,
        "Brings this one's slides in",
    ),
    attribute("transferslide.userid", Kind::Text(MAX_ID), Taken::First, "Its owner"),
    attribute("transferslide.groupid", Kind::Text(MAX_ID), Taken::First, "The owner's group"),
    attribute("transferslide.file", Kind::Text(MAX_TEXT), Taken::First, "Which of its recordings; the newest if empty"),
    attribute("command.file", Kind::Text(MAX_TEXT), Taken::NoMeeting, "Which recording to play, without .jnr"),
];

impl Attribute {
    /// Why an MCU will not look at it: `open` says whether the meeting exists, `prepares` whether it is being prepared and this
    /// request ends that, `owner` whether the request is the owner's. `None`: it does.
    pub fn ignored(&self, open: bool, prepares: bool, owner: bool) -> Option<&'static str> {
        match self.taken {
            Taken::NoMeeting => Some("Not used for a meeting"),
            Taken::Guest if owner => Some("The request is the owner's"),
            Taken::Owner if !owner && open => Some("The meeting exists, and only its owner changes this"),
            Taken::Preparation if open && !(prepares && owner) => Some("The meeting exists already"),
            Taken::First if open => Some("The meeting exists already"),
            _ => None,
        }
    }
}

/// Sets `ELEMENT.ATTRIBUTE=VALUE`, with the guide's names; what has a field of its own in forms can be set this way, too.
///
/// # Errors
/// What was expected.
pub fn set(request: &mut ServiceRequest, item: &str) -> Result<(), OrderError> {
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
        "guaranteed.invited" => command.guaranteed.get_or_insert_with(Guaranteed::default).invited = number()?,
        "guaranteed.uninvited" => command.guaranteed.get_or_insert_with(Guaranteed::default).uninvited = number()?,
        // Not an attribute, but what a test of freshness needs.
        "timestamp.value" => request.timestamp = value.parse().map_err(|_| wrong("expected Unix seconds"))?,
        _ => {
            let known = match name.split_once('.') {
                Some(("continuemeeting", item)) => refer(&mut command.continue_meeting, item, value),
                Some(("transferslide", item)) => refer(&mut command.transfer_slide, item, value),
                _ => false,
            };
            if !known {
                return Err(wrong("the guide has no such attribute, or it has an option of its own"));
            }
        }
    }
    Ok(())
}

/// One item of the recording that another request refers to; false if there is no such item.
fn refer(reference: &mut Option<RecordingReference>, item: &str, value: &str) -> bool {
    let mut meant = reference.take().unwrap_or_default();
    let some = || (!value.is_empty()).then(|| value.to_owned());
    match item {
        "meetingid" => value.clone_into(&mut meant.meeting_id),
        "userid" => value.clone_into(&mut meant.user_id),
        "groupid" => meant.group_id = some(),
        "file" => meant.file = some(),
        _ => return false,
    }
    *reference = Some(meant);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::request::{Group, Guest};

    fn request() -> ServiceRequest {
        let mut request = ServiceRequest::new("olive", "Olive", "room", 1_000);
        request.guest = Some(Guest { id: Some("gus".into()), name: "Gus".into(), ..Guest::default() });
        request.group = Some(Group { id: "staff".into(), ..Group::default() });
        request
    }

    fn sample(attribute: &Attribute) -> &'static str {
        match attribute.kind {
            Kind::Flag(true) => "0",
            Kind::Flag(false) => "1",
            Kind::Number(_) => "7",
            Kind::Text(_) => "值",
            Kind::List => "opus,pcmu",
        }
    }

    #[test]
    fn every_attribute_changes_what_is_written() {
        for attribute in ATTRIBUTES {
            let mut changed = request();
            // A reference needs both of its ends.
            for other in ["userid", "meetingid"] {
                if let Some((element @ ("continuemeeting" | "transferslide"), _)) = attribute.name.split_once('.') {
                    set(&mut changed, &format!("{element}.{other}=other")).unwrap();
                }
            }
            let before = changed.to_xml().unwrap();
            set(&mut changed, &format!("{}={}", attribute.name, sample(attribute))).unwrap();
            assert_ne!(changed.to_xml().unwrap(), before, "{}", attribute.name);
        }
    }

    #[test]
    fn what_is_no_attribute_or_no_value_of_it_is_refused_in_words() {
        for item in
            ["owner", "owner.age=7", "continuemeeting.age=7", "command.autoextension=2", "command.bandwidth=much"]
        {
            assert!(matches!(set(&mut request(), item), Err(OrderError::Set { .. })), "{item}");
        }
    }

    #[test]
    fn only_the_first_request_sets_what_belongs_to_the_meeting() {
        let ignored = |name: &str, open, prepares, owner| {
            ATTRIBUTES.iter().find(|a| a.name == name).unwrap().ignored(open, prepares, owner).is_some()
        };
        assert!(!ignored("command.bandwidth", false, false, false));
        assert!(ignored("command.bandwidth", true, false, true));
        assert!(ignored("command.bandwidth", true, true, true));
        assert!(ignored("command.autoextension", true, false, true));
        assert!(!ignored("command.autoextension", true, true, true));
        assert!(ignored("command.autoextension", true, true, false));
        assert!(!ignored("owner.email", true, false, true));
        assert!(ignored("owner.email", true, false, false));
        assert!(!ignored("owner.maxoutconnection", true, false, false));
        assert!(ignored("guest.email", false, false, true));
        assert!(ignored("command.file", false, false, true));
    }
}
