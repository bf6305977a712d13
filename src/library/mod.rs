//! Many recordings: the tree below the recording root (guide 3.3).
//!
//! In: a recording root, ours or a production MCU's. Out: a list of its meetings, disk usage, and, on the start of an MCU, the
//! recordings that a dead one left, made whole. Folders and files are taken as hostile: depth and sizes are bounded, symbolic links
//! are not followed, what cannot be read is reported and passed over. Blocking: call it from a blocking thread.
//!
//! - [`tree`]: the walk; [`listing`]: what there is; [`usage`]: disk usage.
//! - [`find`]: the recording that a request means; [`remove`]: taking one away, or into the archive; [`expire`]: what the archive has
//!   kept for long enough.
//! - [`status_files`]: what an MCU tells third parties, as it is on disk.
//! - [`replay`]: a recording as the view of somebody who was there.
//! - [`crashed`]: what an MCU finishes on start; [`whole`]: files that appear whole or not at all.

pub mod crashed;
pub mod expire;
pub mod find;
pub mod listing;
pub mod remove;
pub mod replay;
pub mod status_files;
pub mod tree;
#[cfg(test)]
mod tree_tests;
pub mod usage;
pub mod whole;

pub use crashed::{Finished, finish_crashed};
pub use expire::{Expired, remove_expired};
pub use find::{FindError, event_is_over, has_recordings, last_preparation, recording_of, recording_referred_to};
pub use listing::{Entry, Kind, Listing, list};
pub use remove::{RemoveError, remove};
pub use tree::Trouble;
pub use usage::{Charged, disk_usage};
pub use whole::write_whole;
