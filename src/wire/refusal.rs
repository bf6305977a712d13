//! Every way an MCU says no to a join: the status byte of INITIAL_INFO (wire/01 section 6.5).
//!
//! In: a status byte, or a cause. Out: its name, the code that the known client shows, and its meaning in words: the protocol's for
//! logs and scripts, plain ones for the person who was refused.

/// Declares the table once: variant, status byte, meaning, title, advice.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $meaning:literal, $title:literal, $advice:literal;)*) => {
        /// Why an MCU refuses a join. The status byte is 223..=255; there is no other way to say no.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
            /// A status byte that is not in the table.
            Unknown(u8),
        }

        impl Refusal {
            /// All that the table names, highest status first.
            pub const ALL: &'static [Refusal] = &[$(Refusal::$name),*];

            /// The byte on the wire.
            pub fn status(self) -> u8 {
                match self { $(Refusal::$name => $status,)* Refusal::Unknown(status) => status }
            }

            /// From the byte on the wire.
            pub fn from_status(status: u8) -> Refusal {
                match status { $($status => Refusal::$name,)* other => Refusal::Unknown(other) }
            }

            /// What it means, for logs and scripts; in the guide's words where it has any (guide notes N62).
            pub fn meaning(self) -> &'static str {
                match self { $(Refusal::$name => $meaning,)* Refusal::Unknown(_) => "unknown error" }
            }

            /// What happened, for the person who was refused.
            pub fn title(self) -> &'static str {
                match self { $(Refusal::$name => $title,)* Refusal::Unknown(_) => "The MCU refused to let you in" }
            }

            /// What that person can do about it: one or more sentences.
            pub fn advice(self) -> &'static str {
                match self {
                    $(Refusal::$name => $advice,)*
                    Refusal::Unknown(_) => {
                        "It gave a reason that HIT Deck does not know. The MCU's log may say more."
                    }
                }
            }
        }
    };
}

refusals! {
    /// 255
    WrongUserId = 255, "no such user id",
        "The MCU does not know this user",
        "Check the user id in the jnj, and that it was issued for this installation.";
    /// 254
    WrongPassword = 254, "invalid password",
        "The password is wrong",
        "Ask the owner for the password, and join again.";
    /// 253
    AlreadyLogged = 253, "the user is already logged in",
        "This user is in the meeting already",
        "Leave from the other place first, or join as another user.";
    /// 252
    Version = 252, "this client version is out of date",
        "This client is too old for the MCU",
        "The MCU wants a newer version of the protocol than HIT Deck speaks.";
    /// 251
    Parameter = 251, "illegal parameter",
        "The MCU does not accept what the jnj says",
        "A value in the jnj is missing or out of range. It is shown by hitdeck jnj show.";
    /// 250
    SessionId = 250, "illegal session id",
        "The MCU does not know this session",
        "The meeting was closed, or the MCU was started anew. Join again.";
    /// 249
    MeetingNotExist = 249, "the meeting is not started or already over",
        "The meeting is not open",
        "It has not begun, or is over. The owner has to open it; then join again with the same jnj.";
    /// 248
    Internal = 248, "internal error",
        "The MCU has a fault of its own",
        "Join again. If it stays, the MCU's log says what failed.";
    /// 247
    FileError = 247, "the recording cannot be opened",
        "The recording cannot be opened",
        "Check on the server that the file is there and can be read.";
    /// 246
    TooManyPlayback = 246, "too many playback requests, try later",
        "Too many recordings are being played",
        "Try again when another playback has ended.";
    /// 245
    IllegalFile = 245, "not a valid recording file",
        "This is no recording",
        "The file that the jnj names is not one, or is damaged. Check it on the server.";
    /// 244
    FileWrongVersion = 244, "the version of the recording file is not supported",
        "The recording's version is not supported",
        "It was made by another version of the server. Play it on the one that recorded it.";
    /// 243
    WrongPassword2 = 243, "invalid password, or the clocks of the servers differ",
        "The password is wrong, or clocks differ",
        "Try the password again. If it is right, compare the clocks of the MCU and of whoever issued the jnj.";
    /// 242
    TooManyDownload = 242, "too many download requests, try later",
        "Too many recordings are being downloaded",
        "Try again when another download has ended.";
    /// 241
    TooManyUser = 241, "too many users in the session",
        "The meeting is full",
        "Ask the owner to let somebody go, or try again later.";
    /// 240
    CallRejected = 240, "the join request was rejected",
        "You were not let in",
        "Somebody in the meeting was asked, and said no.";
    /// 239
    CallNotAccepted = 239, "the join request was not accepted",
        "Nobody answered your request",
        "Nobody let you in within the time for it. A jnj of an invited guest needs no permission.";
    /// 238
    JoinNetMode = 238, "the server does not offer this service",
        "The server does not offer this",
        "It is set up without this service. Ask its administrator.";
    /// 237
    UserNotContinue = 237, "the user did not go on",
        "Joining was given up",
        "The server waited for an answer that did not come. Join again.";
    /// 236
    SessionClosed = 236, "the session is over",
        "The meeting is over",
        "It was closed while you were joining.";
    /// 235
    TooManySession = 235, "the server is busy",
        "The server is busy",
        "It has as many meetings as it may. Try again when one has ended.";
    /// 234
    CanNotRecord = 234, "a message cannot be left: no disk space on the server",
        "No message can be left",
        "The server has no disk space for it. Ask its administrator.";
    /// 233
    MessageNotExist = 233, "the recording does not exist",
        "The recording does not exist",
        "It was deleted or moved, or the jnj names another server's recording.";
    /// 232
    LineBusy = 232, "all lines are busy",
        "All lines are busy",
        "Try again when somebody has left.";
    /// 231
    FileNeedHigherVersion = 231, "the recording file needs a newer version",
        "The recording needs a newer server",
        "It was made by a newer version than this server's. Play it on a newer one.";
    /// 230
    ExceedDiskQuota = 230, "the disk quota is exceeded",
        "The disk quota is used up",
        "The owner may not record more. Delete recordings, or raise the quota.";
    /// 229
    WrongUserinfo2 = 229, "the authentication fails",
        "The jnj is not valid any more",
        "A jnj is fresh for five minutes, and only for the MCU whose keys signed it. Issue a new one. If that does not help, compare the clocks of the MCU and of whoever issued it.";
    /// 228
    OwnerInPreparationMode = 228, "the coordinator is preparing the meeting",
        "The owner is preparing the meeting",
        "Try again when the preparation is over.";
    /// 227
    PreparationModeTooLate = 227, "the meeting has started, it's too late to prepare it",
        "It is too late to prepare the meeting",
        "It has begun. Join it with a jnj for the meeting itself.";
    /// 226
    IllegalRequest = 226, "illegal operation",
        "This is not allowed",
        "The jnj asks for something that its user may not do here.";
    /// 225
    OutOfMemory = 225, "the server is low on memory",
        "The server is short of memory",
        "Try again later, or tell its administrator.";
    /// 224
    InvalidLicense = 224, "the server's license is invalid",
        "The server's licence is not valid",
        "Its administrator has to renew it, or to correct its file.";
    /// 223
    RequestRejected = 223, "the request was rejected",
        "The request was rejected",
        "The server gives no reason. Its log may say more.";
}

impl Refusal {
    /// The number that the known client shows: status - 256 + 20000 (wire/01 section 6.5).
    pub fn shown(self) -> i32 {
        i32::from(self.status()) - 256 + 20_000
    }

    /// True for the two whose status byte is followed by the recording file's version.
    pub fn carries_version(self) -> bool {
        matches!(self, Refusal::FileWrongVersion | Refusal::FileNeedHigherVersion)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}, shown as {})", self.meaning(), self.status(), self.shown())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_status_has_a_title_of_its_own_and_an_advice() {
        let titles: HashSet<&str> = Refusal::ALL.iter().map(|refusal| refusal.title()).collect();
        assert_eq!(titles.len(), Refusal::ALL.len());
        let unknown = Refusal::from_status(7);
        assert!(!titles.contains(unknown.title()));
        assert!(Refusal::ALL.iter().chain([&unknown]).all(|refusal| refusal.advice().ends_with('.')));
    }

    #[test]
    fn the_table_covers_every_status_from_223_to_255_once() {
        let mut seen: Vec<u8> = Refusal::ALL.iter().map(|r| r.status()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (223..=255).collect::<Vec<u8>>());
        for status in 0..=255 {
            assert_eq!(Refusal::from_status(status).status(), status);
        }
        assert_eq!(Refusal::WrongUserinfo2.shown(), 19973);
    }
}
