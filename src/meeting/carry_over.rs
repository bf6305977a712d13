//! Slides that go from one meeting into another (guide 3.7, 3.1/7 transferslide): which are taken, and whether what they came from may go.
//!
//! In: what was recorded, what kind of meetings the two are, how far the writing came. Out: slides, and one decision. Knows no file.

use std::sync::Arc;

use super::view::{NOBODY, View};
use crate::wire::board::Slide;

/// From what slides are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The latest preparation of this meeting.
    Preparation,
    /// A recording that the request names.
    Reference,
}

/// A transfer from one recording, step by step: read, then written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    from: From,
    into_preparation: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Begun,
    /// All that the recording has is known.
    Read,
    /// And it is safe in the new one.
    Done,
    /// Something is missing, for good.
    Incomplete,
}

impl Transfer {
    /// Begins one. `into_preparation`: the new meeting is prepared, too.
    pub fn begin(from: From, into_preparation: bool) -> Transfer {
        Transfer { from, into_preparation, state: State::Begun }
    }

    /// The recording was read; `whole`: without damage or a missing end.
    pub fn read(&mut self, whole: bool) {
        self.state = match (self.state, whole) {
            (State::Begun, true) => State::Read,
            _ => State::Incomplete,
        };
    }

    /// The slides are on disk in the new recording; or they are not.
    pub fn written(&mut self, safe: bool) {
        self.state = match (self.state, safe) {
            (State::Read, true) => State::Done,
            _ => State::Incomplete,
        };
    }

    /// Whether the recording that they came from is of no more use: an earlier preparation whose slides are all in a new one. What a
    /// meeting took stays, for the case that the meeting breaks down and is held again.
    pub fn source_may_go(&self) -> bool {
        self.state == State::Done && self.from == From::Preparation && self.into_preparation
    }
}

/// The slides that are taken along: those that were not deleted, in their order; nothing else of a preparation is. Nobody of the new
/// meeting brought them, and their names say who did.
pub fn taken_along(view: &View) -> Vec<Arc<Slide>> {
    let kept = view.slides.iter().filter(|slide| !slide.deleted);
    kept.map(|slide| Arc::new(Slide { source: NOBODY, ..Slide::clone(slide) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_preparation_that_is_whole_in_the_next_preparation_may_go() {
        for from in [From::Preparation, From::Reference] {
            for into_preparation in [true, false] {
                for whole in [true, false] {
                    for safe in [true, false] {
                        let mut transfer = Transfer::begin(from, into_preparation);
                        assert!(!transfer.source_may_go(), "not before it is read");
                        transfer.read(whole);
                        assert!(!transfer.source_may_go(), "not before it is written");
                        transfer.written(safe);
                        let may = from == From::Preparation && into_preparation && whole && safe;
                        assert_eq!(transfer.source_may_go(), may, "{transfer:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_written_before_it_was_read_is_never_complete() {
        let mut transfer = Transfer::begin(From::Preparation, true);
        transfer.written(true);
        transfer.read(true);
        transfer.written(true);
        assert!(!transfer.source_may_go());
    }

    #[test]
    fn deleted_slides_stay_behind_and_the_others_keep_their_order_and_names() {
        let slide =
            |source, name: &str, deleted| Arc::new(Slide { source, name: name.into(), deleted, property: None });
        let slides = vec![slide(0, "(Olive)one", false), slide(0, "(Olive)two", true), slide(3, "(Gus)three", false)];
        let along = taken_along(&View { slides, ..View::default() });
        let seen: Vec<(i32, &str)> = along.iter().map(|slide| (slide.source, slide.name.as_str())).collect();
        assert_eq!(seen, [(NOBODY, "(Olive)one"), (NOBODY, "(Gus)three")]);
    }
}
