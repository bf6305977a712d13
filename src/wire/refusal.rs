//! Every way an MCU says no to a join: the status byte of INITIAL_INFO (wire/01 section 6.5).
//!
//! In: a status byte, or a cause. Out: its name, the code that the known client shows, and its meaning in words.

/// Declares the table once: variant, status byte, meaning.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $meaning:literal;)*) => {
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

            /// What it means to the person who was refused; in the guide's words where it has any (guide notes N62).
            pub fn meaning(self) -> &'static str {
                match self { $(Refusal::$name => $meaning,)* Refusal::Unknown(_) => "unknown error" }
            }
        }
    };
}

refusals! {
    /// 255
    WrongUserId = 255, "no such user id";
    /// 254
    WrongPassword = 254, "invalid password";
    /// 253
    AlreadyLogged = 253, "the user is already logged in";
    /// 252
    Version = 252, "this client version is out of date";
    /// 251
    Parameter = 251, "illegal parameter";
    /// 250
    SessionId = 250, "illegal session id";
    /// 249
    MeetingNotExist = 249, "the meeting is not started or already over";
    /// 248
    Internal = 248, "internal error";
    /// 247
    FileError = 247, "the recording cannot be opened";
    /// 246
    TooManyPlayback = 246, "too many playback requests, try later";
    /// 245
    IllegalFile = 245, "not a valid recording file";
    /// 244
    FileWrongVersion = 244, "the version of the recording file is not supported";
    /// 243
    WrongPassword2 = 243, "invalid password, or the clocks of the servers differ";
    /// 242
    TooManyDownload = 242, "too many download requests, try later";
    /// 241
    TooManyUser = 241, "too many users in the session";
    /// 240
    CallRejected = 240, "the join request was rejected";
    /// 239
    CallNotAccepted = 239, "the join request was not accepted";
    /// 238
    JoinNetMode = 238, "the server does not offer this service";
    /// 237
    UserNotContinue = 237, "the user did not go on";
    /// 236
    SessionClosed = 236, "the session is over";
    /// 235
    TooManySession = 235, "the server is busy";
    /// 234
    CanNotRecord = 234, "a message cannot be left: no disk space on the server";
    /// 233
    MessageNotExist = 233, "the recording does not exist";
    /// 232
    LineBusy = 232, "all lines are busy";
    /// 231
    FileNeedHigherVersion = 231, "the recording file needs a newer version";
    /// 230
    ExceedDiskQuota = 230, "the disk quota is exceeded";
    /// 229
    WrongUserinfo2 = 229, "the authentication fails";
    /// 228
    OwnerInPreparationMode = 228, "the coordinator is preparing the meeting";
    /// 227
    PreparationModeTooLate = 227, "the meeting has started, it's too late to prepare it";
    /// 226
    IllegalRequest = 226, "illegal operation";
    /// 225
    OutOfMemory = 225, "the server is low on memory";
    /// 224
    InvalidLicense = 224, "the server's license is invalid";
    /// 223
    RequestRejected = 223, "the request was rejected";
}

impl Refusal {
    /// The number that the known client shows: status - 256 + 20000 (wire/01 section 6.5).
    pub fn shown(self) -> i32 {
        i32::from(self.status()) - 256 + 20_000
    }

    /// What the person can do about it, where something can be done.
    pub fn advice(self) -> Option<&'static str> {
        Some(match self {
            Refusal::WrongUserinfo2 => {
                "a jnj is fresh for five minutes: issue a new one, and compare the clocks of third party and MCU"
            }
            Refusal::MeetingNotExist => "the owner has to open it first",
            Refusal::CallNotAccepted => "ask for a jnj of an invited guest",
            Refusal::TooManyUser | Refusal::TooManySession => "try again later",
            _ => return None,
        })
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
    use super::*;

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
