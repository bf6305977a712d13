//! From a request to XML.

use super::{
    Command, MAX_DURATION, MAX_MEETING_ID_WRITTEN, MAX_REQUEST, RecordingReference, RequestError, ServiceRequest,
};
use crate::hit::xml::Writer;

pub(super) fn request(request: &ServiceRequest) -> Result<String, RequestError> {
    request.check(MAX_MEETING_ID_WRITTEN)?;
    check_command(&request.command)?;
    let mut xml = Writer::new();
    xml.open("jnj", &[]);
    let owner = &request.owner;
    let mut attributes = Attributes::default();
    attributes.push("id", &owner.id);
    attributes.number("diskquota", owner.disk_quota);
    attributes.number("maxoutconnection", owner.max_out_connection);
    attributes.text("email", owner.email.as_deref());
    xml.leaf("owner", &attributes.list(), &owner.name);
    xml.leaf("meetingid", &[], &request.meeting_id);
    xml.leaf("timestamp", &[], &request.timestamp.to_string());
    if let Some(password) = &request.password {
        xml.leaf("password", &[], &password.to_base64());
    }
    if let Some(guest) = &request.guest {
        let mut attributes = Attributes::default();
        attributes.text("id", guest.id.as_deref());
        attributes.text("email", guest.email.as_deref());
        attributes.flag("invited", guest.invited, false);
        attributes.flag("ticket", guest.ticket, false);
        xml.leaf("guest", &attributes.list(), &guest.name);
    }
    if let Some(group) = &request.group {
        let mut attributes = Attributes::default();
        attributes.number("diskquota", group.disk_quota);
        attributes.number("maxoutconnection", group.max_out_connection);
        xml.leaf("group", &attributes.list(), &group.id);
    }
    command(&mut xml, &request.command);
    if let Some(title) = &request.meeting_title {
        xml.leaf("meetingtitle", &[], title);
    }
    let xml = xml.finish();
    if xml.len() > MAX_REQUEST {
        return Err(RequestError::TooLarge { bytes: xml.len(), max: MAX_REQUEST });
    }
    Ok(xml)
}

fn command(xml: &mut Writer, command: &Command) {
    let mut attributes = Attributes::default();
    attributes.flag("recording", command.recording, true);
    attributes.flag("exclusive_recording", command.exclusive_recording, false);
    attributes.flag("autoextension", command.autoextension, true);
    attributes.number("duration", command.duration);
    attributes.text("default_joint_browsing_page", command.default_joint_browsing_page.as_deref());
    attributes.flag("all_questioner", command.all_questioner, false);
    attributes.flag("preparationmode", command.preparation_mode, false);
    attributes.number("bandwidth", command.bandwidth);
    attributes.number("total_av_bandwidth", command.total_av_bandwidth);
    attributes.number("max_message_duration", command.max_message_duration);
    attributes.text("joinnet_auto_update_url", command.joinnet_auto_update_url.as_deref());
    attributes.flag("joinnet_holder_video", command.joinnet_holder_video, false);
    attributes.text("audio_codec_preference", list(&command.audio_codec_preference).as_deref());
    attributes.text("video_codec_preference", list(&command.video_codec_preference).as_deref());
    attributes.text("file", command.file.as_deref());
    xml.open("command", &attributes.list()).text(command.kind.word());
    if let Some(guaranteed) = command.guaranteed {
        let (invited, uninvited) = (guaranteed.invited.to_string(), guaranteed.uninvited.to_string());
        xml.leaf("guaranteed", &[("invited", &invited), ("uninvited", &uninvited)], "1");
    }
    reference(xml, "transferslide", command.transfer_slide.as_ref());
    reference(xml, "continuemeeting", command.continue_meeting.as_ref());
    xml.close();
}

fn reference(xml: &mut Writer, name: &'static str, reference: Option<&RecordingReference>) {
    if let Some(reference) = reference {
        let mut attributes = Attributes::default();
        attributes.push("userid", &reference.user_id);
        attributes.text("groupid", reference.group_id.as_deref());
        attributes.text("file", reference.file.as_deref());
        xml.leaf(name, &attributes.list(), &reference.meeting_id);
    }
}

fn list(codecs: &[String]) -> Option<String> {
    Some(codecs.join(",")).filter(|list| !list.is_empty())
}

/// What only a writer can get wrong: a reader never produces it.
fn check_command(command: &Command) -> Result<(), RequestError> {
    if let Some(duration) = command.duration.filter(|minutes| !(1..=MAX_DURATION).contains(minutes)) {
        let (value, max) = (duration.to_string(), u64::from(MAX_DURATION));
        return Err(RequestError::NotANumber { what: "command@duration", value, min: 1, max });
    }
    let lists = [
        ("command@audio_codec_preference", &command.audio_codec_preference),
        ("command@video_codec_preference", &command.video_codec_preference),
    ];
    for (what, list) in lists {
        let good = |name: &&String| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        if let Some(name) = list.iter().find(|name| !good(name)) {
            return Err(RequestError::CodecName { what, name: name.chars().take(40).collect() });
        }
    }
    Ok(())
}

#[derive(Default)]
struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    fn push(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.to_owned()));
    }

    fn text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    fn number(&mut self, name: &'static str, value: Option<impl ToString>) {
        self.text(name, value.map(|value| value.to_string()).as_deref());
    }

    fn flag(&mut self, name: &'static str, value: bool, default: bool) {
        if value != default {
            self.push(name, if value { "1" } else { "0" });
        }
    }

    fn list(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}
