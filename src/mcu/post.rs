//! Mails to owners (guide 3.1/1): their recordings exceed the quota, or somebody left them a message.
//!
//! In: requests whose meetings have ended. Out: mails to the address that the third party sealed into the request, to nobody else, through
//! the mail server of the configuration. One task, one connection at a time, a bounded queue; what goes wrong is in the log and holds
//! up nobody. Without a mail server nothing runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::hit::configm::{MailSecurity, MailSettings};
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::library::{Charged, disk_usage};

/// The task that sends, and how to end it.
#[derive(Debug)]
pub(super) struct Post {
    task: Option<JoinHandle<()>>,
    give_up: CancellationToken,
}

/// Where ended meetings are reported. Clones report to the same task, which ends when the last of them is gone.
#[derive(Clone, Debug)]
pub(super) struct Postbox {
    open: Option<Arc<Open>>,
}

#[derive(Debug)]
struct Open {
    letters: mpsc::Sender<Letter>,
    root: PathBuf,
    /// Megabytes of an owner whose request does not say.
    default_quota: u64,
}

/// A mail that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    to: String,
    name: String,
    about: About,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    /// Bytes used, and megabytes allowed.
    OverQuota { used: u64, quota: u64 },
    /// Who left it, and its meeting id.
    Message { from: String, meeting: String },
}

/// Why a mail is not sent.
#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error("{0:?} is no mail address: {1}")]
    Address(String, lettre::address::AddressError),
    #[error("the mail cannot be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mail server: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    #[error("the mail server did not take it within {} s", SEND_WITHIN.as_secs())]
    Slow,
    #[error("smtp_user is set but smtp_tls is 0: a password is not sent in clear")]
    ClearPassword,
}

/// Starts the task, if there is a mail server. Must be called within a tokio runtime.
pub(super) fn start(settings: Option<MailSettings>, root: &Path) -> (Post, Postbox) {
    let give_up = CancellationToken::new();
    let Some(settings) = settings else { return (Post { task: None, give_up }, Postbox { open: None }) };
    let (letters, todo) = mpsc::channel(QUEUE);
    let default_quota = settings.default_disk_quota;
    let task = tokio::spawn(run(settings, todo, give_up.clone()));
    let open = Open { letters, root: root.to_owned(), default_quota };
    (Post { task: Some(task), give_up }, Postbox { open: Some(Arc::new(open)) })
}

impl Post {
    /// Waits until what is queued has been sent, for a few seconds at most. All postboxes must be gone.
    pub(super) async fn close(self) {
        let Some(mut task) = self.task else { return };
        let ended = match timeout(CLOSE_WITHIN, &mut task).await {
            Ok(ended) => ended,
            Err(_) => {
                self.give_up.cancel();
                task.await
            }
        };
        if let Err(failure) = ended {
            error!("the task that sends mail failed: {failure}");
        }
    }
}

impl Postbox {
    /// The meeting that this request opened has ended, and its files are written. Counts the owner's bytes if that matters.
    pub(super) async fn ended(&self, request: &ServiceRequest) {
        let Some(open) = &self.open else { return };
        if request.owner.email.is_none() {
            return;
        }
        let (root, owner) = (open.root.clone(), request.owner.id.clone());
        let counted = tokio::task::spawn_blocking(move || disk_usage(&root, Charged::Owner(&owner))).await;
        let used = match counted {
            Ok(Ok(used)) => used,
            Ok(Err(failure)) => {
                warn!("the disk usage of {:?} cannot be counted: {failure}", request.owner.id);
                0
            }
            Err(failure) => {
                error!("counting disk usage failed: {failure}");
                0
            }
        };
        for letter in letters(request, used, open.default_quota) {
            if open.letters.try_send(letter).is_err() {
                warn!("a mail to {:?} is lost: {QUEUE} are waiting, or the task has ended", request.owner.id);
            }
        }
    }
}

/// What the owner is told at the end of a meeting. The grace quota does not count here, and a quota of 0 is none (guide 3.1/1).
fn letters(request: &ServiceRequest, used: u64, default_quota: u64) -> Vec<Letter> {
    let Some(to) = request.owner.email.clone().filter(|email| !email.is_empty()) else { return Vec::new() };
    let letter = |about| Letter { to: to.clone(), name: request.owner.name.clone(), about };
    let quota = request.owner.disk_quota.unwrap_or(default_quota);
    let over = quota > 0 && used > quota.saturating_mul(MEGABYTE);
    let message = request.guest.as_ref().filter(|_| {
        // Without a recording nothing was left.
        request.command.kind == CommandKind::LeaveMessage && request.command.recording
    });
    let message = message.map(|guest| About::Message { from: guest.name.clone(), meeting: request.meeting_id.clone() });
    let over = over.then_some(About::OverQuota { used, quota });
    message.into_iter().chain(over).map(letter).collect()
}

async fn run(settings: MailSettings, mut todo: mpsc::Receiver<Letter>, give_up: CancellationToken) {
    while let Some(letter) = todo.recv().await {
        let sent = tokio::select! {
            sent = timeout(SEND_WITHIN, send(&settings, &letter)) => sent.unwrap_or(Err(PostError::Slow)),
            () = give_up.cancelled() => {
                warn!("{} mails were not sent: the server stops", 1 + todo.len());
                return;
            }
        };
        match sent {
            Ok(()) => info!("mail sent to {:?}", letter.name),
            Err(failure) => warn!("a mail to {:?} was not sent: {failure}", letter.name),
        }
    }
}

/// Opens a connection, sends one mail, closes it.
async fn send(settings: &MailSettings, letter: &Letter) -> Result<(), PostError> {
    let message = compose(letter, &settings.from)?;
    let tls = || TlsParameters::new(settings.server.clone());
    let security = match settings.security {
        MailSecurity::Clear => Tls::None,
        MailSecurity::StartTls => Tls::Required(tls()?),
        MailSecurity::Tls => Tls::Wrapper(tls()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.server.as_str())
        .port(settings.port)
        .timeout(Some(STEP_WITHIN))
        .tls(security);
    if let Some((user, password)) = &settings.login {
        if settings.security == MailSecurity::Clear {
            return Err(PostError::ClearPassword);
        }
        builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
    }
    builder.build::<Tokio1Executor>().send(message).await?;
    Ok(())
}

fn compose(letter: &Letter, from: &str) -> Result<Message, PostError> {
    let address = |text: &str| {
        text.parse::<Address>().map_err(|failure| PostError::Address(text.chars().take(128).collect(), failure))
    };
    let (subject, text) = words(letter);
    let message = Message::builder()
        .from(Mailbox::new(Some("HIT Deck".to_owned()), address(from)?))
        // Without a name: whoever chose it would choose what stands in a header.
        .to(Mailbox::new(None, address(&letter.to)?))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(text)?;
    Ok(message)
}

fn words(letter: &Letter) -> (&'static str, String) {
    let name = &letter.name;
    match &letter.about {
        About::OverQuota { used, quota } => (
            "Your recordings exceed your quota",
            format!(
                "Hello {name},\n\nyour recordings take {} MB, and your quota is {quota} MB. Until you delete some of them you may not be \
                 able to open a meeting.\n",
                used.div_ceil(MEGABYTE)
            ),
        ),
        About::Message { from, meeting } => (
            "Somebody left you a message",
            format!(
                "Hello {name},\n\n{from} left you a message. It is with your recordings, under the meeting {meeting}.\n"
            ),
        ),
    }
}

/// Guide notes N9.
const MEGABYTE: u64 = 1_048_576;
const QUEUE: usize = 64;
/// One answer of the mail server.
const STEP_WITHIN: Duration = Duration::from_secs(20);
/// One mail.
const SEND_WITHIN: Duration = Duration::from_secs(60);
/// A server that stops waits so long for its last mails.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::request::Guest;

    fn request(quota: Option<u64>) -> ServiceRequest {
        let mut request = ServiceRequest::new("olive", "Olive", "room", 0);
        request.owner.email = Some("olive@example.com".into());
        request.owner.disk_quota = quota;
        request
    }

    #[test]
    fn an_owner_is_written_to_when_the_recordings_exceed_the_quota_without_grace() {
        let over = |quota, used, default| letters(&request(quota), used, default).len();
        assert_eq!(over(Some(1), MEGABYTE, 50), 0, "equal passes (N9)");
        assert_eq!(over(Some(1), MEGABYTE + 1, 50), 1);
        assert_eq!(over(None, 50 * MEGABYTE, 50), 0);
        assert_eq!(over(None, 50 * MEGABYTE + 1, 50), 1, "the default quota counts");
        assert_eq!(over(Some(0), u64::MAX, 50), 0, "0 is not checked");
        assert_eq!(over(Some(u64::MAX), u64::MAX, 50), 0);
        let mut nowhere = request(Some(1));
        nowhere.owner.email = None;
        assert_eq!(letters(&nowhere, u64::MAX, 50), []);
    }

    #[test]
    fn an_owner_is_written_to_when_a_guest_has_left_a_message() {
        let mut message = request(None);
        message.command.kind = CommandKind::LeaveMessage;
        message.guest = Some(Guest { name: "Gus".into(), ..Guest::default() });
        let about = About::Message { from: "Gus".into(), meeting: "room".into() };
        let [letter] = &letters(&message, 0, 50)[..] else { panic!() };
        assert_eq!((letter.to.as_str(), &letter.about), ("olive@example.com", &about));
        message.command.recording = false;
        assert_eq!(letters(&message, 0, 50), [], "nothing was kept (N15)");
        message.command.recording = true;
        message.guest = None;
        assert_eq!(letters(&message, 0, 50), []);
    }

    #[test]
    fn names_stay_out_of_the_headers_and_an_address_is_one_address() {
        let letter = |to: &str| Letter {
            to: to.into(),
            name: "Olive\r\nBcc: all@example.com".into(),
            about: About::OverQuota { used: 3, quota: 2 },
        };
        let mail =
            String::from_utf8(compose(&letter("o@example.com"), "mcu@example.com").unwrap().formatted()).unwrap();
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc") && body.contains("Bcc"), "{mail}");
        for to in ["", "o", "o@example.com, p@example.com", "o@example.com\r\nBcc: p@example.com", "<o@example.com>"] {
            assert!(matches!(compose(&letter(to), "mcu@example.com"), Err(PostError::Address(..))), "{to:?}");
        }
    }

    #[tokio::test]
    async fn a_password_is_not_sent_in_clear() {
        let settings = MailSettings {
            server: "127.0.0.1".into(),
            port: 9,
            security: MailSecurity::Clear,
            login: Some(("mcu".into(), zeroize::Zeroizing::new("secret".into()))),
            from: "mcu@example.com".into(),
            default_disk_quota: 50,
        };
        assert!(!format!("{settings:?}").contains("secret"));
        let letter =
            Letter { to: "o@example.com".into(), name: "O".into(), about: About::OverQuota { used: 3, quota: 2 } };
        assert!(matches!(send(&settings, &letter).await, Err(PostError::ClearPassword)));
    }
}
