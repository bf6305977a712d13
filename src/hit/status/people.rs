//! Who is inside a running meeting (guide 3.6, note N33). The file is removed when the meeting ends.

use super::{StatusError, bit, entries, flag, number, root, text};
use crate::hit::xml::Writer;

/// The participant file of one meeting.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ParticipantFile {
    /// Which meeting.
    pub meeting_id: String,
    /// Whether places are reserved.
    pub guaranteed: bool,
    /// When the file was written, in Unix seconds.
    pub utc: i64,
    /// The same moment as local time, `Sat Jun 05 00:02:28`.
    pub last_update: String,
    /// Everybody inside.
    pub users: Vec<ParticipantInside>,
}

/// Somebody inside.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ParticipantInside {
    /// Shown to people.
    pub name: String,
    /// Empty for an anonymous guest.
    pub user_id: String,
    /// Entered without asking; the owner counts as invited (note N33).
    pub invited: bool,
    /// Address as the MCU sees it.
    pub ip: String,
    /// Holds a ticket.
    pub ticket: bool,
}

impl ParticipantFile {
    /// The file.
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.open(
            "participant",
            &[
                ("meetingid", &self.meeting_id),
                ("guaranteed", bit(self.guaranteed)),
                ("utc", &self.utc.to_string()),
                ("last_update", &self.last_update),
            ],
        );
        for user in &self.users {
            xml.empty(
                "user",
                &[
                    ("name", &user.name),
                    ("userid", &user.user_id),
                    ("invited", bit(user.invited)),
                    ("ip", &user.ip),
                    ("ticket", bit(user.ticket)),
                ],
            );
        }
        xml.finish()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn parse(bytes: &[u8]) -> Result<ParticipantFile, StatusError> {
        let root = root(bytes, "participant")?;
        let users = entries(Some(&root), "user")?.into_iter().map(|user| ParticipantInside {
            name: text(user, "name"),
            user_id: text(user, "userid"),
            invited: flag(user, "invited"),
            ip: text(user, "ip"),
            ticket: flag(user, "ticket"),
        });
        Ok(ParticipantFile {
            users: users.collect(),
            meeting_id: text(&root, "meetingid"),
            guaranteed: flag(&root, "guaranteed"),
            utc: number(&root, "utc", 0),
            last_update: text(&root, "last_update"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_guides_sample_with_the_ticket_that_readers_want() {
        let file = ParticipantFile {
            meeting_id: "241".to_owned(),
            guaranteed: false,
            utc: 1_477_579_954,
            last_update: "Sat Jun 05 00:02:28".to_owned(),
            users: vec![ParticipantInside {
                name: "a".to_owned(),
                user_id: "3".to_owned(),
                invited: true,
                ip: "192.168.1.100".to_owned(),
                ticket: false,
            }],
        };
        let expected = r#"<?xml version="1.0" encoding="utf-8"?>
<participant meetingid="241" guaranteed="0" utc="1477579954" last_update="Sat Jun 05 00:02:28">
  <user name="a" userid="3" invited="1" ip="192.168.1.100" ticket="0"/>
</participant>
"#;
        assert_eq!(file.to_xml(), expected);
        assert_eq!(ParticipantFile::parse(expected.as_bytes()), Ok(file));
        assert_eq!(ParticipantFile::parse(b"<participant/>"), Ok(ParticipantFile::default()));
    }
}
