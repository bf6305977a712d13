//! Why an MCU did not let somebody in, in the window's words: a title, and what to do about it.
//!
//! In: the status byte of a refusal, 223..=255 (wire/01 section 6.5). Out: short texts. The number that other clients show is
//! beside it, so that two people can talk about the same refusal.

/// A refusal in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: &'static str,
    /// What it means and what can be done.
    pub advice: &'static str,
}

/// The words for a status byte; a general one for a byte that the table does not name.
pub fn words(status: u8) -> Words {
    let found = TABLE.iter().find(|(code, ..)| *code == status);
    let (title, advice) = found.map_or(UNKNOWN, |(_, title, advice)| (*title, *advice));
    Words { title, advice }
}

/// The number that the known client shows: status - 256 + 20000.
pub fn shown(status: u8) -> i32 {
    i32::from(status) - 256 + 20_000
}

const UNKNOWN: (&str, &str) =
    ("The MCU refused to let you in", "It gave a reason that HIT Deck does not know. The MCU's log may say more.");

const TABLE: [(u8, &str, &str); 33] = [
    (
        255,
        "The MCU does not know this user",
        "Check the user id in the jnj, and that it was issued for this installation.",
    ),
    (254, "The password is wrong", "Ask the owner for the password, and join again."),
    (253, "This user is in the meeting already", "Leave from the other place first, or join as another user."),
    (252, "This client is too old for the MCU", "The MCU wants a newer version of the protocol than HIT Deck speaks."),
    (
        251,
        "The MCU does not accept what the jnj says",
        "A value in the jnj is missing or out of range. Look at it with: hitdeck jnj show FILE",
    ),
    (250, "The MCU does not know this session", "The meeting was closed, or the MCU was started anew. Join again."),
    (
        249,
        "The meeting is not open",
        "It has not begun, or is over. The owner has to open it; then join again with the same jnj.",
    ),
    (248, "The MCU has a fault of its own", "Join again. If it stays, the MCU's log says what failed."),
    (247, "The recording cannot be opened", "Check on the server that the file is there and can be read."),
    (246, "Too many recordings are being played", "Try again when another playback has ended."),
    (245, "This is no recording", "The file that the jnj names is not one, or is damaged. Check it on the server."),
    (
        244,
        "The recording's version is not supported",
        "It was made by another version of the server. Play it on the one that recorded it.",
    ),
    (
        243,
        "The password is wrong, or clocks differ",
        "Try the password again. If it is right, compare the clocks of the MCU and of whoever issued the jnj.",
    ),
    (242, "Too many recordings are being downloaded", "Try again when another download has ended."),
    (241, "The meeting is full", "Ask the owner to let somebody go, or try again later."),
    (240, "You were not let in", "Somebody in the meeting was asked, and said no."),
    (
        239,
        "Nobody answered your request",
        "Nobody let you in within the time for it. A jnj of an invited guest needs no permission.",
    ),
    (238, "The server does not offer this", "It is set up without this service. Ask its administrator."),
    (237, "Joining was given up", "The server waited for an answer that did not come. Join again."),
    (236, "The meeting is over", "It was closed while you were joining."),
    (235, "The server is busy", "It has as many meetings as it may. Try again when one has ended."),
    (234, "No message can be left", "The server has no disk space for it. Ask its administrator."),
    (233, "The recording does not exist", "It was deleted or moved, or the jnj names another server's recording."),
    (232, "All lines are busy", "Try again when somebody has left."),
    (
        231,
        "The recording needs a newer server",
        "It was made by a newer version than this server's. Play it on a newer one.",
    ),
    (230, "The disk quota is used up", "The owner may not record more. Delete recordings, or raise the quota."),
    (
        229,
        "The jnj is not valid any more",
        "A jnj is fresh for five minutes, and only for the MCU whose keys signed it. Issue a new one. If that does not \
         help, compare the clocks of the MCU and of whoever issued it.",
    ),
    (228, "The owner is preparing the meeting", "Try again when the preparation is over."),
    (227, "It is too late to prepare the meeting", "It has begun. Join it with a jnj for the meeting itself."),
    (226, "This is not allowed", "The jnj asks for something that its user may not do here."),
    (225, "The server is short of memory", "Try again later, or tell its administrator."),
    (224, "The server's licence is not valid", "Its administrator has to renew it, or to correct its file."),
    (223, "The request was rejected", "The server gives no reason. Its log may say more."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_status_has_a_title_and_an_advice_of_its_own() {
        let all: Vec<Words> = (223..=255).map(words).collect();
        let titles: HashSet<&str> = all.iter().map(|w| w.title).collect();
        assert_eq!(titles.len(), all.len());
        assert!(all.iter().all(|w| w.title != UNKNOWN.0 && w.advice.ends_with(['.', 'E'])));
        assert_eq!(words(7).title, UNKNOWN.0);
        assert_eq!((shown(229), shown(255)), (19_973, 19_999));
    }
}
