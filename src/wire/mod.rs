//! The bytes between a JoinNet and an MCU, as types.
//!
//! In: bytes as they came, the keys they were encrypted under, and messages to be sent. Out: messages, and bytes in clear with the
//! spans marked that the wire encrypts. Knows no socket, clock, file or random generator: random bytes come in as arguments.
//!
//! - [`fields`]: the reader and the writer of single fields; [`clear`]: a message in clear with its encrypted spans.
//! - [`cipher`], [`exchange`]: the control and meeting ciphers, and how keys are agreed (wire/01 section 2).
//! - [`handshake`], [`parameters`], [`join`]: everything up to admission (wire/01 sections 1 to 7); [`ticket`]: the way back in.
//! - [`chat`], [`users`], [`floor`], [`poll`], [`follow`], [`admission`], [`control`], [`facts`], [`side`], [`board`]: one file a message
//!   family, an enum a direction (wire/02).
//! - [`relay`]: what comes before all that on the way through a relay (wire/01 section 9).
//! - [`code_page`]: text as old clients write it.
//! - [`playback`]: what a viewer of a recording says and is told (wire/05).
//! - [`message`]: all families of a direction together, which is what a connection carries after admission.
//! - [`layout`]: the lengths of the commands that are passed over, so that the stream never loses step.
//! - [`conversation`], [`describe`], [`names`]: any item of a connection as a name and fields, for people, without its secrets.

pub mod admission;
pub mod board;
pub mod chat;
pub mod cipher;
pub mod clear;
pub mod code_page;
pub mod control;
pub mod conversation;
pub mod describe;
pub mod exchange;
pub mod facts;
pub mod fields;
pub mod floor;
pub mod follow;
pub mod handshake;
pub mod inbox;
pub mod join;
pub mod layout;
pub mod message;
pub mod names;
pub mod parameters;
pub mod playback;
pub mod poll;
pub mod refusal;
pub mod relay;
pub mod side;
pub mod ticket;
pub mod users;

pub use clear::{Clear, Span, SpanKey};
pub use fields::{DecodeError, Keys, Malformed};
pub use message::{ToClient, ToServer};
pub use refusal::Refusal;
