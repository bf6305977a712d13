//! From XML to a request.

use std::str::FromStr;

use super::{
    Command, CommandKind, Group, Guaranteed, Guest, MAX_DURATION, MAX_MEETING_ID_READ, MAX_PASSWORD_TEXT, MAX_REQUEST,
    Owner, RecordingReference, RequestError, ServiceRequest, short,
};
use crate::hit::password::PasswordHash;
use crate::hit::xml::{self, Element, Limits};

pub(super) fn request(bytes: &[u8]) -> Result<ServiceRequest, RequestError> {
    let root = xml::parse(bytes, LIMITS)?;
    if !root.name().eq_ignore_ascii_case("jnj") {
        return Err(RequestError::Root { found: shown(root.name()) });
    }
    let owner = only(&root, &["owner"], "owner")?.ok_or(RequestError::Missing { what: "owner" })?;
    let meeting_id = only(&root, &["meetingid"], "meetingid")?.ok_or(RequestError::Missing { what: "meetingid" })?;
    let timestamp = only(&root, &["timestamp"], "timestamp")?.ok_or(RequestError::Missing { what: "timestamp" })?;
    let request = ServiceRequest {
        owner: Owner {
            id: text(owner, "id").unwrap_or_default(),
            name: owner.text().to_owned(),
            disk_quota: number(owner, "diskquota", "owner@diskquota", u64::MAX)?,
            max_out_connection: number(owner, "maxoutconnection", "owner@maxoutconnection", u32::MAX)?,
            email: text(owner, "email"),
        },
        meeting_id: meeting_id.text().to_owned(),
        timestamp: whole_timestamp(timestamp.text())?,
        password: password(only(&root, &["password"], "password")?)?,
        // Note N1: a guest element overlooked would make an owner of the requester, so its case does not matter either.
        guest: only(&root, &["guest", "quest"], "guest")?.map(guest).transpose()?,
        group: only(&root, &["group"], "group")?.map(group).transpose()?.flatten(),
        command: only(&root, &["command"], "command")?.map(command).transpose()?.unwrap_or_default(),
        meeting_title: only(&root, &["meetingtitle"], "meetingtitle")?.map(Element::text).and_then(non_empty),
    };
    request.check(MAX_MEETING_ID_READ)?;
    Ok(request)
}

fn password(element: Option<&Element>) -> Result<Option<PasswordHash>, RequestError> {
    let Some(hash) = element.map(|element| element.text().trim()).filter(|text| !text.is_empty()) else {
        // An empty element is no wish for a password: the timestamp is then judged by the strict window.
        return Ok(None);
    };
    short("password", hash, MAX_PASSWORD_TEXT)?;
    Ok(Some(PasswordHash::from_base64(hash)?))
}

fn guest(element: &Element) -> Result<Guest, RequestError> {
    let id = text(element, "id");
    Ok(Guest {
        name: element.text().to_owned(),
        email: text(element, "email").filter(|_| id.is_some()),
        invited: boolean(element.attribute("invited"), "guest@invited", false)?,
        ticket: boolean(element.attribute("ticket"), "guest@ticket", false)?,
        id,
    })
}

/// An empty group element is no group.
fn group(element: &Element) -> Result<Option<Group>, RequestError> {
    let Some(id) = non_empty(element.text()) else {
        return Ok(None);
    };
    Ok(Some(Group {
        id,
        disk_quota: number(element, "diskquota", "group@diskquota", u64::MAX)?,
        max_out_connection: number(element, "maxoutconnection", "group@maxoutconnection", u32::MAX)?,
    }))
}

fn command(element: &Element) -> Result<Command, RequestError> {
    let kind = CommandKind::from_word(element.text())
        .ok_or_else(|| RequestError::UnknownCommand(shown(element.text().trim())))?;
    if kind == CommandKind::TalkToVisitor {
        // Guide 3.1/7: all its attributes are ignored, so broken ones are no reason to refuse.
        return Ok(Command::new(kind));
    }
    let flag = |name, what, default| boolean(element.attribute(name), what, default);
    Ok(Command {
        kind,
        recording: flag("recording", "command@recording", true)?,
        exclusive_recording: flag("exclusive_recording", "command@exclusive_recording", false)?,
        autoextension: flag("autoextension", "command@autoextension", true)?,
        duration: duration(element.attribute("duration"))?,
        default_joint_browsing_page: text(element, "default_joint_browsing_page"),
        all_questioner: flag("all_questioner", "command@all_questioner", false)?,
        preparation_mode: flag("preparationmode", "command@preparationmode", false)?,
        bandwidth: number(element, "bandwidth", "command@bandwidth", u32::MAX)?,
        total_av_bandwidth: number(element, "total_av_bandwidth", "command@total_av_bandwidth", u32::MAX)?,
        max_message_duration: number(element, "max_message_duration", "command@max_message_duration", u32::MAX)?
            .filter(|minutes| *minutes > 0),
        joinnet_auto_update_url: text(element, "joinnet_auto_update_url"),
        joinnet_holder_video: flag("joinnet_holder_video", "command@joinnet_holder_video", false)?,
        audio_codec_preference: codecs(element.attribute("audio_codec_preference")),
        video_codec_preference: codecs(element.attribute("video_codec_preference")),
        file: text(element, "file"),
        guaranteed: only(element, &["guaranteed"], "guaranteed")?.map(guaranteed).transpose()?.flatten(),
        transfer_slide: only(element, &["transferslide"], "transferslide")?.and_then(reference),
        continue_meeting: only(element, &["continuemeeting"], "continuemeeting")?.and_then(reference),
    })
}

/// Note N20: any number of 600 and above, however long, is 599; 0 and nothing are a person-based meeting.
fn duration(value: Option<&str>) -> Result<Option<u16>, RequestError> {
    let value = value.unwrap_or_default().trim();
    if value.is_empty() {
        return Ok(None);
    }
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        let max = u64::from(MAX_DURATION);
        return Err(RequestError::NotANumber { what: "command@duration", value: shown(value), min: 0, max });
    }
    Ok(Some(value.parse().unwrap_or(MAX_DURATION).min(MAX_DURATION)).filter(|minutes| *minutes > 0))
}

/// A public integration writes counts of no meaning beside the value 0: only with 1 they are read.
fn guaranteed(element: &Element) -> Result<Option<Guaranteed>, RequestError> {
    if !boolean(Some(element.text()), "guaranteed", false)? {
        return Ok(None);
    }
    Ok(Some(Guaranteed {
        invited: number(element, "invited", "guaranteed@invited", u32::MAX)?.unwrap_or(0),
        uninvited: number(element, "uninvited", "guaranteed@uninvited", u32::MAX)?.unwrap_or(0),
    }))
}

/// An element without a meeting id refers to nothing.
fn reference(element: &Element) -> Option<RecordingReference> {
    Some(RecordingReference {
        meeting_id: non_empty(element.text())?,
        user_id: text(element, "userid").unwrap_or_default(),
        group_id: text(element, "groupid"),
        file: text(element, "file"),
    })
}

fn codecs(list: Option<&str>) -> Vec<String> {
    let separators = |c: char| matches!(c, ',' | ';') || c.is_whitespace();
    list.unwrap_or_default().split(separators).filter_map(non_empty).collect()
}

fn only<'a>(parent: &'a Element, names: &[&str], what: &'static str) -> Result<Option<&'a Element>, RequestError> {
    let named = |child: &&Element| names.iter().any(|name| child.name().eq_ignore_ascii_case(name));
    let mut found = parent.children().iter().filter(named);
    let first = found.next();
    if found.next().is_some() {
        return Err(RequestError::Repeated { what });
    }
    Ok(first)
}

fn text(element: &Element, attribute: &str) -> Option<String> {
    element.attribute(attribute).and_then(non_empty)
}

fn non_empty(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn boolean(value: Option<&str>, what: &'static str, default: bool) -> Result<bool, RequestError> {
    match value.unwrap_or_default().trim() {
        "" => Ok(default),
        "0" => Ok(false),
        "1" => Ok(true),
        other => Err(RequestError::NotABoolean { what, value: shown(other) }),
    }
}

fn number<N>(element: &Element, attribute: &str, what: &'static str, max: N) -> Result<Option<N>, RequestError>
where
    N: FromStr + Into<u64>,
{
    let value = element.attribute(attribute).unwrap_or_default().trim();
    if value.is_empty() {
        return Ok(None);
    }
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(RequestError::NotANumber { what, value: shown(value), min: 0, max: max.into() }),
    }
}

fn whole_timestamp(value: &str) -> Result<i64, RequestError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(RequestError::Missing { what: "timestamp" });
    }
    let max = i64::MAX.unsigned_abs();
    value.parse().map_err(|_| RequestError::NotANumber { what: "timestamp", value: shown(value), min: i64::MIN, max })
}

/// Enough of a value to find it again. Only an error message is ever cut.
fn shown(value: &str) -> String {
    value.chars().take(40).collect()
}

const LIMITS: Limits = Limits { bytes: MAX_REQUEST, depth: 8, elements: 200 };
