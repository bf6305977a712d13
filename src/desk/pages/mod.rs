//! The pages of the window, one file each.

pub mod ends;
pub mod home;
pub mod inspector;
pub mod issue;
pub mod log;
pub mod meeting;
pub mod player;
pub mod recent;
pub mod recordings;
pub mod status;
