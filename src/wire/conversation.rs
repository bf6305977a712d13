//! What each item of a connection is, by its place in the order that the protocol prescribes (wire/01 sections 1, 2 and 5 to 9).
//!
//! In: every whole item, from the first byte on, with its direction. Out: its kind. Looks at few bytes and needs no key, so it may go
//! along on every connection; an item that nobody expects is [`ItemKind::Unknown`], and so is all that follows.

use super::fields::EXTENSION;
use super::names::number_at;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// The first message of a connection.
    Hello,
    /// S>C, the server's version.
    ServerVersion,
    /// C>S.
    ClientPublicKey,
    /// S>C, with host key and signature.
    ServerPublicKey,
    /// One entry of the server's block, or its end.
    ServerParameter,
    /// The byte before the client's block.
    ClientBlock,
    /// One entry of the client's block, or its end.
    ClientParameter,
    /// C>S.
    JoinRequest,
    /// S>C, before and with admission or refusal.
    BeforeAdmission,
    /// C>S, to a password prompt.
    PasswordAnswer,
    /// C>S, to the offer of leaving a message.
    WaitAnswer,
    /// C>S, in a meeting or a playback.
    ToServer,
    /// S>C, in a meeting or a playback; INITIAL_INFO may come as one of these.
    ToClient,
    /// S>C, on a secondary connection.
    Challenge,
    /// C>S.
    ChallengeAnswer,
    /// C>S, to a relay; with or without the byte `~`.
    RelayRequest,
    /// A relay's answer of one byte.
    RelayResult,
    /// C>S: where the relay is to lead.
    RelayTarget,
    /// What a relay calls the connection.
    RelayPass,
    /// Out of order.
    Unknown,
}

/// How far a connection is.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    stage: Stage,
    /// The keys that are being agreed are a relay's.
    with_relay: bool,
    /// The server asked for the client's parameters.
    wants_parameters: bool,
    /// The last question of the server was for a password.
    password_asked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Hello,
    Version,
    Keys,
    ServerParameters,
    ClientBlock,
    ClientParameters,
    Join,
    Answers,
    Inside,
    RelayRequest,
    RelayAnswer {
        control: bool,
    },
    RelayTarget,
    RelayPass,
    Challenge,
    Lost,
}

impl Conversation {
    /// The kind of the next item; `by_client`: the client's end sent it.
    pub fn next(&mut self, by_client: bool, item: &[u8]) -> ItemKind {
        match (self.stage, by_client) {
            (Stage::Hello, true) => self.hello(item),
            (Stage::Version, false) => self.then(Stage::Keys, ItemKind::ServerVersion),
            (Stage::Keys, true) => ItemKind::ClientPublicKey,
            (Stage::Keys, false) => self.then(Stage::ServerParameters, ItemKind::ServerPublicKey),
            (Stage::ServerParameters, false) => {
                self.wants_parameters |= number_at(item, 4) == Some(ACCEPT_CLIENT_PARAMETER);
                if item == END {
                    self.stage = match (self.with_relay, self.wants_parameters) {
                        (true, _) => Stage::RelayTarget,
                        (false, true) => Stage::ClientBlock,
                        (false, false) => Stage::Join,
                    };
                }
                ItemKind::ServerParameter
            }
            (Stage::ClientBlock, true) => self.then(Stage::ClientParameters, ItemKind::ClientBlock),
            (Stage::ClientParameters, true) => {
                let stage = if item == END { Stage::Join } else { Stage::ClientParameters };
                self.then(stage, ItemKind::ClientParameter)
            }
            (Stage::Join, true) => self.then(Stage::Answers, ItemKind::JoinRequest),
            (Stage::Answers, false) => {
                match item {
                    [b'0', b'0', ..] => self.stage = Stage::Inside,
                    [EXTENSION, ..] => self.password_asked = matches!(number_at(item, 1), Some(28 | 64)),
                    _ => {}
                }
                ItemKind::BeforeAdmission
            }
            (Stage::Answers, true) if self.password_asked => ItemKind::PasswordAnswer,
            (Stage::Answers, true) => ItemKind::WaitAnswer,
            (Stage::Inside, true) => ItemKind::ToServer,
            (Stage::Inside, false) => ItemKind::ToClient,
            (Stage::RelayRequest, true) => self.relay_request(number_at(item, 0)),
            (Stage::RelayAnswer { control }, false) => {
                self.with_relay = control;
                let stage = match (item, control) {
                    ([1], true) => Stage::Hello,
                    ([1], false) => Stage::Challenge,
                    _ => Stage::Lost,
                };
                self.then(stage, ItemKind::RelayResult)
            }
            (Stage::RelayTarget, true) => ItemKind::RelayTarget,
            (Stage::RelayTarget, false) => {
                self.then(if item == [0] { Stage::RelayPass } else { Stage::Lost }, ItemKind::RelayResult)
            }
            (Stage::RelayPass, false) => {
                // The relay only passes on from here: the MCU and a fresh conversation follow.
                *self = Conversation::default();
                ItemKind::RelayPass
            }
            (Stage::Challenge, false) => ItemKind::Challenge,
            (Stage::Challenge, true) => self.then(Stage::Lost, ItemKind::ChallengeAnswer),
            _ => self.then(Stage::Lost, ItemKind::Unknown),
        }
    }

    /// The join was answered with admission, which another task may have sent.
    pub fn admitted(&mut self) {
        self.stage = Stage::Inside;
    }

    fn then(&mut self, stage: Stage, kind: ItemKind) -> ItemKind {
        self.stage = stage;
        kind
    }

    fn hello(&mut self, item: &[u8]) -> ItemKind {
        match item {
            [b'!', ..] => self.then(Stage::Version, ItemKind::Hello),
            [b'M' | b'm' | b'S' | b'R' | b'r', ..] => self.then(Stage::Challenge, ItemKind::Hello),
            // A server reads the byte by itself, a client writes the whole request.
            [b'~'] => self.then(Stage::RelayRequest, ItemKind::Hello),
            [b'~', ..] => self.relay_request(number_at(item, 1)),
            [b'@', ..] => self.then(Stage::Lost, ItemKind::Hello),
            _ => self.then(Stage::Lost, ItemKind::Unknown),
        }
    }

    fn relay_request(&mut self, request: Option<i32>) -> ItemKind {
        self.then(Stage::RelayAnswer { control: matches!(request, Some(7 | 8)) }, ItemKind::RelayRequest)
    }
}

/// The end of a parameter block.
const END: [u8; 4] = [0; 4];

/// Server parameter 10006 (wire/01 section 3).
const ACCEPT_CLIENT_PARAMETER: i32 = 10_006;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Refusal;
    use crate::wire::handshake::{Hello, Secondary, SecondaryKind};
    use crate::wire::join::{BeforeAdmission, PlaybackStart};
    use crate::wire::parameters::{self, ServerParameter};
    use crate::wire::relay::{RelayPass, RelayRequest, RelayResult, RelayTarget};

    const UP: bool = true;
    const DOWN: bool = false;

    /// Goes through a conversation and compares the kinds.
    fn goes(conversation: &mut Conversation, items: &[(bool, &[u8], ItemKind)]) {
        for (number, (by_client, item, kind)) in items.iter().enumerate() {
            assert_eq!(conversation.next(*by_client, item), *kind, "item {number}: {item:02x?}");
        }
    }

    fn keys_agreed(conversation: &mut Conversation) {
        let hello = Hello::Control { major: 1, minor: 42 }.encode().bytes;
        goes(
            conversation,
            &[
                (UP, &hello, ItemKind::Hello),
                (DOWN, b"\0\0\0\x054.5.0", ItemKind::ServerVersion),
                (UP, &[0; 264], ItemKind::ClientPublicKey),
                (DOWN, &[0; 268], ItemKind::ServerPublicKey),
            ],
        );
    }

    fn parameters(conversation: &mut Conversation) {
        let accept = ServerParameter::AcceptClientParameters.encode().bytes;
        let end = parameters::encode_end().bytes;
        goes(
            conversation,
            &[
                (DOWN, &accept, ItemKind::ServerParameter),
                (DOWN, &end, ItemKind::ServerParameter),
                (UP, b"4", ItemKind::ClientBlock),
                (UP, &[0, 0, 0, 4, 0, 0, 0x27, 0x18], ItemKind::ClientParameter),
                (UP, &end, ItemKind::ClientParameter),
                (UP, b"3\0\0\0\0\x38", ItemKind::JoinRequest),
            ],
        );
    }

    #[test]
    fn a_join_with_a_password_goes_into_the_meeting() {
        let mut it = Conversation::default();
        keys_agreed(&mut it);
        parameters(&mut it);
        let (asked, offered) = (BeforeAdmission::PasswordWanted.encode().bytes, [EXTENSION, 0, 0, 0, 6, 1]);
        goes(
            &mut it,
            &[
                (DOWN, &asked, ItemKind::BeforeAdmission),
                (UP, &[0; 24], ItemKind::PasswordAnswer),
                (DOWN, &offered, ItemKind::BeforeAdmission),
                (UP, &[0; 4], ItemKind::WaitAnswer),
                (DOWN, b"00", ItemKind::BeforeAdmission),
                (DOWN, b"I", ItemKind::ToClient),
                (UP, b"X", ItemKind::ToServer),
            ],
        );
    }

    #[test]
    fn where_another_task_admits_the_conversation_is_told() {
        let mut it = Conversation::default();
        keys_agreed(&mut it);
        parameters(&mut it);
        it.admitted();
        goes(&mut it, &[(UP, b"X", ItemKind::ToServer)]);
    }

    #[test]
    fn a_playback_and_a_refusal_are_answers_to_the_join() {
        let start = PlaybackStart { playback_id: 1, session_index: 2 };
        for (answer, kind) in [
            (BeforeAdmission::Playing(start), ItemKind::ToClient),
            (BeforeAdmission::Refused(Refusal::WrongPassword), ItemKind::BeforeAdmission),
        ] {
            let mut it = Conversation::default();
            keys_agreed(&mut it);
            parameters(&mut it);
            let bytes = answer.encode().bytes;
            goes(&mut it, &[(DOWN, &bytes, ItemKind::BeforeAdmission), (DOWN, b"X", kind)]);
        }
    }

    #[test]
    fn through_a_relay_the_keys_are_agreed_twice() {
        let request = RelayRequest::Control { by_name: true }.encode().bytes;
        let whole: &[(bool, &[u8], ItemKind)] = &[(UP, &request, ItemKind::RelayRequest)];
        let in_two: &[(bool, &[u8], ItemKind)] =
            &[(UP, b"~", ItemKind::Hello), (UP, &request[1..], ItemKind::RelayRequest)];
        for asked in [whole, in_two] {
            let mut it = Conversation::default();
            goes(&mut it, asked);
            goes(&mut it, &[(DOWN, &RelayResult::Continue.encode().bytes, ItemKind::RelayResult)]);
            keys_agreed(&mut it);
            let target = RelayTarget { host: "mcu".into(), port: 2333 }.encode().bytes;
            let pass = RelayPass { relay_id: 1, address: None }.encode().bytes;
            goes(
                &mut it,
                &[
                    (DOWN, &END, ItemKind::ServerParameter),
                    (UP, &target, ItemKind::RelayTarget),
                    (DOWN, &[0], ItemKind::RelayResult),
                    (DOWN, &pass, ItemKind::RelayPass),
                ],
            );
            keys_agreed(&mut it);
            parameters(&mut it);
        }
    }

    #[test]
    fn a_secondary_connection_is_challenged_and_what_follows_is_no_message() {
        let mut it = Conversation::default();
        let hello = Hello::Secondary(Secondary { kind: SecondaryKind::Media, session_index: 1, id: 2 }).encode().bytes;
        goes(
            &mut it,
            &[
                (UP, &hello, ItemKind::Hello),
                (DOWN, &[7; 32], ItemKind::Challenge),
                (UP, &[7; 36], ItemKind::ChallengeAnswer),
                (UP, b"X", ItemKind::Unknown),
                (DOWN, b"I", ItemKind::Unknown),
            ],
        );
    }

    #[test]
    fn what_nobody_expects_is_unknown_and_so_is_all_that_follows() {
        let mut it = Conversation::default();
        goes(&mut it, &[(DOWN, b"I", ItemKind::Unknown), (UP, b"!\0\0\0\x01\0\0\0\x2a", ItemKind::Unknown)]);
    }
}
