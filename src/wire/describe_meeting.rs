//! The messages of a meeting as people read them: one row of fields a message.
//!
//! In: a decoded message and its bytes. Out: a [`Sheet`]; passwords are named by their length, and their bytes masked.

use super::{EXTENSION_DATA, Sheet, alive_kind, capability, length_at, passed_over, playback};
use crate::wire::admission::{OwnerResponse, ShadowJoinRequest};
use crate::wire::board::{BoardToClient, Slide};
use crate::wire::chat::{ChatToClient, ChatToServer};
use crate::wire::control::{ControlToServer, Suppress, Suppressed};
use crate::wire::facts::Fact;
use crate::wire::floor::{FloorToClient, FloorToServer};
use crate::wire::follow::Follow;
use crate::wire::message::{End, ToClient, ToServer};
use crate::wire::playback::PlaybackToServer;
use crate::wire::poll::{PollToClient, PollToServer};
use crate::wire::side::{SideToClient, SideToServer};
use crate::wire::users::{UserToClient, UserToServer};

pub(super) fn to_server(message: ToServer, item: &[u8]) -> Sheet {
    let sheet = Sheet::of(item);
    match message {
        ToServer::Alive(alive) => alive_kind(sheet, alive),
        ToServer::EndMeeting => sheet,
        ToServer::Chat(ChatToServer::Say { text }) => sheet.field("text", text),
        ToServer::Chat(ChatToServer::Whisper { to, text }) => sheet.field("to", to).field("text", text),
        ToServer::User(UserToServer::Capability(bits)) => sheet.field("capability", capability(bits)),
        ToServer::User(UserToServer::VideoStatus(status)) => sheet.field("status", status),
        ToServer::User(UserToServer::CodePage(page)) => sheet.field("code_page", page),
        ToServer::User(UserToServer::Disconnect(ssrc) | UserToServer::Ban(ssrc)) => sheet.field("ssrc", ssrc),
        ToServer::Floor(message) => match message {
            FloorToServer::Token(ssrc)
            | FloorToServer::DataSender(ssrc)
            | FloorToServer::Withdraw(ssrc)
            | FloorToServer::Skip(ssrc)
            | FloorToServer::Controller(ssrc)
            | FloorToServer::Assistant(ssrc) => sheet.field("ssrc", ssrc),
            FloorToServer::GiveOutToken { target, questioners } => {
                sheet.field("ssrc", target).list("questioners", &questioners)
            }
            FloorToServer::Ask { ssrc, text } => sheet.field("ssrc", ssrc).field("text", text),
            FloorToServer::AssignSpeaker(ssrc) => sheet.field("kind", "assign speaker").field("ssrc", ssrc),
            FloorToServer::StopSpeaker(ssrc) => sheet.field("kind", "stop speaker").field("ssrc", ssrc),
            FloorToServer::ControlFlags(flags) => sheet.field("flags", flags),
        },
        ToServer::Poll(PollToServer::Ask) => sheet.field("kind", "request"),
        ToServer::Poll(PollToServer::Answer { answer, .. }) => sheet.field("kind", "answer").field("answer", answer),
        ToServer::Follow(message) => follow(sheet, message),
        ToServer::Answer(OwnerResponse { id, answer }) => {
            sheet.field("id", String::from_utf8_lossy(&id)).field("answer", answer)
        }
        ToServer::Control(message) => match message {
            ControlToServer::Recording(state) => sheet.field("state", state),
            ControlToServer::RecordingPassword(password) => {
                sheet.hidden("password", password.0.len()).mask(EXTENSION_DATA + 4..item.len())
            }
            ControlToServer::Title(title) => sheet.field("title", title),
            ControlToServer::Suppress(suppress) => suppressed(sheet, suppress),
        },
        ToServer::Side(message) => match message {
            SideToServer::SipAnswer { uri, ssrc, code } => {
                sheet.field("kind", "answer").field("uri", uri).field("ssrc", ssrc).field("code", code)
            }
            SideToServer::PictureReceived(ssrc) => sheet.field("ssrc", ssrc),
            SideToServer::WebRtcStatus(status) => sheet.field("status", status),
            SideToServer::WebRtcMedia { kind, source, on } => {
                sheet.field("kind", kind).field("source", source).field("on", on)
            }
        },
        ToServer::Playback(wish) => match wish {
            PlaybackToServer::Repeat(on) => sheet.field("on", on),
            PlaybackToServer::Pause | PlaybackToServer::Play => sheet,
            PlaybackToServer::Seek(tick) => sheet.field("tick", tick),
            PlaybackToServer::BothVideo(both) => sheet.field("both", both),
            PlaybackToServer::Speed(percent) => sheet.field("percent", percent),
        },
        ToServer::Passed(passed) => passed_over(sheet, passed, item),
    }
}

pub(super) fn to_client(message: ToClient, item: &[u8]) -> Sheet {
    let sheet = Sheet::of(item);
    match message {
        ToClient::Alive(alive) => alive_kind(sheet, alive),
        ToClient::Chat(ChatToClient::Line { text, from, tick, date, top }) => {
            sheet.field("text", text).field("from", from).maybe("tick", tick).maybe("date", date).field("settop", top)
        }
        ToClient::Chat(ChatToClient::Whisper { from, to, text, top }) => {
            sheet.field("from", from).field("to", to).field("text", text).field("settop", top)
        }
        ToClient::Chat(ChatToClient::WhisperOther { from, to, kind, value }) => {
            sheet.field("from", from).field("to", to).field("kind", kind).field("value", value)
        }
        ToClient::User(UserToClient::Add(user)) => sheet
            .field("kind", "add")
            .field("capability", capability(user.capability))
            .field("ssrc", user.ssrc)
            .field("user_id", user.user_id)
            .field("name", user.name)
            .maybe("version", user.version.map(|(major, minor)| format!("{major}.{minor}"))),
        ToClient::User(UserToClient::Delete { ssrc, by_action }) => {
            sheet.field("kind", if by_action { "left" } else { "lost" }).field("ssrc", ssrc)
        }
        ToClient::User(UserToClient::Capability(ssrc, bits)) => {
            sheet.field("ssrc", ssrc).field("capability", capability(bits))
        }
        ToClient::User(UserToClient::VideoStatus(ssrc, status)) => sheet.field("ssrc", ssrc).field("status", status),
        ToClient::User(UserToClient::CodePage(ssrc, page)) => sheet.field("ssrc", ssrc).field("code_page", page),
        ToClient::Floor(message) => floor(sheet, &message),
        ToClient::Poll(PollToClient::Asked(_)) => sheet.field("kind", "request"),
        ToClient::Poll(PollToClient::Answered { ssrc, answer, .. }) => {
            sheet.field("kind", "answer").field("ssrc", ssrc).field("answer", answer)
        }
        ToClient::Follow(message) => follow(sheet, message),
        ToClient::Knock(ShadowJoinRequest { id, name }) => {
            sheet.field("id", String::from_utf8_lossy(&id)).field("name", name)
        }
        ToClient::Side(message) => side(sheet, message, item),
        ToClient::Board(BoardToClient::Slide(Slide { source, property, name, deleted })) => {
            let property = property.map(|property| property.replace('\0', " / "));
            sheet.field("source", source).maybe("property", property).field("name", name).field("deleted", deleted)
        }
        ToClient::Board(BoardToClient::Delete(index)) => sheet.field("slide", index),
        ToClient::Fact(message) => fact(sheet, message, item),
        ToClient::Playback(message) => playback(sheet, message),
        ToClient::End(End::SessionEnd | End::Disconnect | End::Overwrite) => sheet,
        ToClient::Passed(passed) => passed_over(sheet, passed, item),
    }
}

fn floor(sheet: Sheet, message: &FloorToClient) -> Sheet {
    match message {
        FloorToClient::Token(ssrc)
        | FloorToClient::DataSender(ssrc)
        | FloorToClient::Controller(ssrc)
        | FloorToClient::Assistant(ssrc)
        | FloorToClient::Withdrawn(ssrc) => sheet.field("ssrc", ssrc),
        FloorToClient::TokenOwner | FloorToClient::Skipped | FloorToClient::ForceAsk => sheet,
        FloorToClient::Asked { ssrc, text } => sheet.field("ssrc", ssrc).field("text", text),
        FloorToClient::Discussion(on) => sheet.field("kind", "discussion").field("on", on),
        FloorToClient::Channels { video, audio } => {
            sheet.field("kind", "channels").field("video", video).field("audio", audio)
        }
        FloorToClient::Speaker { ssrc, channel, assigned } => {
            let kind = if *assigned { "speaker assigned" } else { "speaker removed" };
            sheet.field("kind", kind).field("ssrc", ssrc).field("channel", channel)
        }
        FloorToClient::ControlFlags(flags) => sheet.field("flags", flags),
    }
}

fn fact(sheet: Sheet, fact: Fact, item: &[u8]) -> Sheet {
    match fact {
        Fact::MaxExtension(max) => sheet.field("max", max),
        Fact::Identity { meeting_type, random_id } => {
            sheet.field("meeting_type", meeting_type).field("random_id", random_id)
        }
        Fact::ReconnectName { name, real_name } => {
            let at = EXTENSION_DATA + 4;
            sheet
                .hidden("name", name.len())
                .field("real_name", real_name)
                .mask(at..at + length_at(item, EXTENSION_DATA))
        }
        Fact::Duration(seconds) => sheet.field("seconds", seconds),
        Fact::AudioCodecs(codecs) | Fact::VideoCodecs(codecs) => sheet.list("codecs", &codecs),
        Fact::UpdateUrl(url) => sheet.field("url", url),
        Fact::OpusRate(rate) => sheet.field("bit_rate", rate),
        Fact::Recording(state) | Fact::RecordingPasswordState(state) => sheet.field("state", state),
        Fact::RecordingPassword { can_set, extended_services } => {
            sheet.field("state", 200).field("can_set", can_set).field("extended_services", extended_services)
        }
        Fact::MeetingId(id) => sheet.field("meeting_id", id),
        Fact::Title(title) => sheet.field("title", title),
        Fact::Initialised(flags) => sheet.field("flags", format!("{flags:#x}")),
        Fact::Preparing(flag) => sheet.field("flag", flag),
        Fact::Prepared(seconds) => sheet.field("flag", 0).field("seconds", seconds),
        Fact::HolderAcceptsGuests(on) | Fact::HolderEndsMeeting(on) => sheet.field("on", on),
        Fact::Restriction(bits) => sheet.field("bits", format!("{bits:#x}")),
        Fact::TotalBandwidth(total) => sheet.field("bit_rate", total),
        Fact::SingleAudio { ssrc, target } => sheet.field("ssrc", ssrc).field("target", target),
        Fact::Suppress(suppress) => suppressed(sheet, suppress),
        Fact::NoRecording
        | Fact::TerminationWarning
        | Fact::ServerShutdown
        | Fact::Prolonged
        | Fact::AllQuestioner
        | Fact::HolderVideo
        | Fact::Archived => sheet,
    }
}

fn follow(sheet: Sheet, message: Follow) -> Sheet {
    match message {
        Follow::Tab(mode) => sheet.field("mode", mode),
        Follow::Page(page) => sheet.field("kind", page.kind).field("url", page.url),
        Follow::FullScreen(full) => sheet.field("on", full.on).field("view", full.view),
        Follow::ForceSync => sheet,
    }
}

fn suppressed(sheet: Sheet, Suppress { what, ssrc, on }: Suppress) -> Sheet {
    let what = match what {
        Suppressed::Audio => "audio",
        Suppressed::Video => "video",
    };
    sheet.field("what", what).field("ssrc", ssrc).field("on", on)
}

fn side(sheet: Sheet, message: SideToClient, item: &[u8]) -> Sheet {
    match message {
        SideToClient::SipRequest { uri, ssrc } => sheet.field("kind", "request").field("uri", uri).field("ssrc", ssrc),
        SideToClient::SipStatus { uri, ssrc, status } => {
            sheet.field("kind", "status").field("uri", uri).field("ssrc", ssrc).field("status", status)
        }
        SideToClient::SipRenamed { uri, ssrc, new_uri } => {
            sheet.field("kind", "renamed").field("uri", uri).field("ssrc", ssrc).field("new_uri", new_uri)
        }
        SideToClient::Picture { ssrc, kind, image } => {
            sheet.field("ssrc", ssrc).field("kind", kind).field("length", image.len())
        }
        SideToClient::PictureTaken(error) => sheet.field("error", error),
        SideToClient::WebRtcServer(url) => sheet.field("url", url),
        SideToClient::WebRtcStatus { ssrc, status } => sheet.field("ssrc", ssrc).field("status", status),
        SideToClient::TurnServers(servers) => {
            sheet.hidden("servers", servers.0.len()).mask(EXTENSION_DATA + 4..item.len())
        }
    }
}
