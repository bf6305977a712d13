//! One recording: a JNR file of our own format (docs/jnr-format.md), and playing it.
//!
//! In: the S>C messages of a meeting in clear, each with its meeting time. Out: a file that is readable up to its last whole
//! segment whatever happens to the machine, and from it the messages again, from any moment on. The bytes are a matter of
//! [`mod@format`], which is pure; so is [`player`], a state machine that owns no file and reads no clock. [`writer`], [`reader`] and
//! [`repair`] touch the file, with blocking calls: a caller in an async engine puts them on a blocking thread.
//!
//! - [`mod@format`]: header, control slots and segments as bytes; every limit. [`record`]: the messages in a segment.
//! - [`seal`]: a recording with a password. [`live`]: who is recording now, told by a lock and not by a process number.
//! - [`writer`], [`reader`]: append; open, follow and seek. [`scan`]: the walk over segments that both need.
//! - [`repair`]: verify a file, finish one whose MCU died.
//! - [`player`]: play, pause, seek and speed over any [`player::Source`].

#[cfg(test)]
mod file_tests;
pub mod format;
pub mod live;
pub mod player;
pub mod reader;
pub mod record;
pub mod repair;
pub mod scan;
pub mod seal;
#[cfg(test)]
mod seal_tests;
pub mod writer;

pub use format::{LocalDate, Start};
pub use player::{Player, PlayerOutput, Source};
pub use reader::{Health, JnrReader, ReadError};
pub use record::{Class, Record};
pub use repair::{Recovered, Report, recover, verify};
pub use writer::{JnrWriter, WriteError};
