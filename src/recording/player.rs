//! Plays a recording: pause, seek, speed, and which records are due. Pure: no file, no clock.
//!
//! In: the records, through a [`Source`]; commands; and the steady clock's time with each call. Out: batches of records that are
//! due, each with "forget everything first" where a seek went to a checkpoint. Whoever applies the batches in order has the state of
//! the meeting at [`PlayerOutput::position_ms`] once [`PlayerOutput::more`] is false. The window and playback over the wire
//! (wire/05 sections 7 and 8) both use it.

use super::record::{Record, encoded_len};
use std::collections::VecDeque;
use std::time::Duration;

/// Where records come from, a piece at a time. Pieces are only ever added at the end.
pub trait Source {
    /// Why records could not be had.
    type Error;

    /// First moment, in milliseconds of meeting time.
    fn start_ms(&self) -> u32;

    /// Last moment so far.
    fn end_ms(&self) -> u32;

    /// Whether the recording is still being made.
    fn grows(&self) -> bool;

    /// The table of contents.
    fn pieces(&self) -> &[Piece];

    /// The records of the piece with that number. `None`: it is damaged.
    fn read(&mut self, piece: usize) -> Result<Option<Vec<Record>>, Self::Error>;
}

/// A line of the table of contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Meeting time of its first record, in milliseconds.
    pub first_ms: u32,
    /// Meeting time of its last record.
    pub last_ms: u32,
    /// What it costs to send, in bytes.
    pub bytes: u32,
    /// Its records rebuild the state that all pieces before it made, instead of going on from it.
    pub checkpoint: bool,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PlayerOutput {
    /// Forget everything that was applied before, then apply `records`.
    pub restart: bool,
    /// Due records, in order.
    pub records: Vec<Record>,
    /// The position, in milliseconds of meeting time.
    pub position_ms: u32,
    /// More is due at once: call again before the position is shown or sent.
    pub more: bool,
    /// The end was reached by this step. Said once; a seek or a longer recording makes it go on.
    pub ended: bool,
}

/// Plays one source. A new player stands at the start, paused.
pub struct Player<S> {
    source: S,
    playing: bool,
    speed: Speed,
    /// In nanoseconds, so that slow speeds and short steps add up.
    position: u64,
    last: Option<Duration>,
    restart: bool,
    /// A piece was damaged: the state is uncertain up to the next checkpoint.
    lost_records: bool,
    next: Next,
    due: VecDeque<Record>,
    ended: bool,
}

/// How fast, in percent of real time: 25 to 1600.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(u32);

impl Speed {
    /// Real time.
    pub const NORMAL: Speed = Speed(100);

    /// The nearest speed in the range.
    pub fn percent(percent: u32) -> Speed {
        Speed(percent.clamp(25, 1600))
    }

    /// In percent.
    pub fn as_percent(self) -> u32 {
        self.0
    }
}

#[derive(Clone, Copy)]
enum Next {
    /// Begin anew from the newest whole checkpoint before this piece, or from the very first piece.
    FromCheckpointBefore(usize),
    /// Go on with this piece.
    Piece(usize),
}

impl<S: Source> Player<S> {
    /// A player at the start, paused.
    pub fn new(source: S) -> Player<S> {
        let position = nanoseconds(source.start_ms());
        let mut player = Player {
            source,
            playing: false,
            speed: Speed::NORMAL,
            position,
            last: None,
            restart: true,
            lost_records: false,
            next: Next::Piece(0),
            due: VecDeque::new(),
            ended: false,
        };
        player.begin_anew();
        player
    }

    /// Goes on. At the end it stays there: seek first.
    pub fn play(&mut self, now: Duration) {
        self.settle(now);
        self.playing = true;
    }

    /// Stands still.
    pub fn pause(&mut self, now: Duration) {
        self.settle(now);
        self.playing = false;
    }

    /// Sets how fast to play, from now on.
    pub fn set_speed(&mut self, now: Duration, speed: Speed) {
        self.settle(now);
        self.speed = speed;
    }

    /// Goes to a moment, in milliseconds of meeting time; one outside the recording becomes the nearest inside. Playing or paused
    /// stays as it is.
    pub fn seek(&mut self, now: Duration, to_ms: u32) {
        self.settle(now);
        let to_ms = to_ms.min(self.source.end_ms()).max(self.source.start_ms());
        let backward = nanoseconds(to_ms) < self.position;
        self.position = nanoseconds(to_ms);
        self.ended = false;
        if backward || self.a_checkpoint_is_cheaper(to_ms) {
            self.begin_anew();
        }
    }

    /// The records that are due at `now`, at most a batch of them.
    ///
    /// After an error (the source's own) the same call may be made again.
    pub fn advance(&mut self, now: Duration) -> Result<PlayerOutput, S::Error> {
        self.settle(now);
        let mut output = PlayerOutput::default();
        let mut bytes = 0;
        while bytes < BATCH {
            if self.due.is_empty() {
                match self.fetch(&mut output) {
                    Ok(true) => {}
                    Ok(false) => break,
                    // What was collected goes out first; the next call meets the error again.
                    Err(_) if !output.records.is_empty() => {
                        output.more = true;
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            let position = self.position_ms();
            match self.due.front() {
                Some(record) if record.tick_ms <= position => {
                    bytes += encoded_len(record);
                    output.records.extend(self.due.pop_front());
                }
                Some(_) => break,
                None => {}
            }
        }
        output.restart |= std::mem::take(&mut self.restart);
        output.position_ms = self.position_ms();
        output.more |= bytes >= BATCH;
        let at_end = self.playing && output.position_ms >= self.source.end_ms() && !self.source.grows() && !output.more;
        output.ended = at_end && !std::mem::replace(&mut self.ended, at_end);
        Ok(output)
    }

    /// The position, in milliseconds of meeting time.
    pub fn position_ms(&self) -> u32 {
        u32::try_from(self.position / 1_000_000).unwrap_or(u32::MAX)
    }

    /// Whether it plays (at the end, too, until it is paused).
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// How fast.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// The source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The source, to have it look for more.
    pub fn source_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// Moves the position to `now`, at the present speed. A recording that grows holds it at its edge.
    fn settle(&mut self, now: Duration) {
        let elapsed = self.last.map_or(Duration::ZERO, |last| now.saturating_sub(last));
        self.last = Some(self.last.map_or(now, |last| last.max(now)));
        if self.playing {
            let step = elapsed.as_nanos() * u128::from(self.speed.0) / 100;
            let end = nanoseconds(self.source.end_ms());
            let moved = self.position.saturating_add(u64::try_from(step).unwrap_or(u64::MAX));
            self.position = moved.min(end.max(self.position));
        }
    }

    /// Begins anew from the newest checkpoint that is not behind the position.
    fn begin_anew(&mut self) {
        let position = self.position_ms();
        let pieces = self.source.pieces();
        let newest = pieces.iter().rposition(|piece| piece.checkpoint && piece.first_ms <= position);
        self.next = Next::FromCheckpointBefore(newest.map_or(0, |index| index + 1));
        self.due.clear();
    }

    /// Whether fewer bytes are sent when everything is forgotten and a checkpoint is sent, than when every record up to there is.
    fn a_checkpoint_is_cheaper(&self, to_ms: u32) -> bool {
        let Next::Piece(next) = self.next else { return true };
        let pieces = self.source.pieces();
        let Some(newest) = pieces.iter().rposition(|piece| piece.checkpoint && piece.first_ms <= to_ms) else {
            return false;
        };
        let skipped = pieces.get(next..newest).unwrap_or_default().iter().filter(|piece| !piece.checkpoint);
        let straight: u64 = skipped.map(|piece| u64::from(piece.bytes)).sum();
        pieces.get(newest).is_some_and(|checkpoint| straight > u64::from(checkpoint.bytes))
    }

    /// Puts the next piece that has begun into `due`. False: none has.
    fn fetch(&mut self, output: &mut PlayerOutput) -> Result<bool, S::Error> {
        match self.next {
            Next::FromCheckpointBefore(bound) => self.restart_before(bound, output),
            Next::Piece(index) => self.go_on(index, output),
        }
    }

    fn restart_before(&mut self, bound: usize, output: &mut PlayerOutput) -> Result<bool, S::Error> {
        let pieces = self.source.pieces();
        let checkpoint = pieces.get(..bound).unwrap_or_default().iter().rposition(|piece| piece.checkpoint);
        let Some(index) = checkpoint else {
            self.begin_at(0, Vec::new(), output);
            return Ok(true);
        };
        match self.source.read(index)? {
            Some(records) => self.begin_at(index + 1, records, output),
            // One checkpoint further back has the same effect, with more records to follow.
            None => self.next = Next::FromCheckpointBefore(index),
        }
        Ok(true)
    }

    fn go_on(&mut self, index: usize, output: &mut PlayerOutput) -> Result<bool, S::Error> {
        let position = self.position_ms();
        let Some(piece) = self.source.pieces().get(index).copied().filter(|piece| piece.first_ms <= position) else {
            return Ok(false);
        };
        if piece.checkpoint && !self.lost_records {
            self.next = Next::Piece(index + 1);
            return Ok(true);
        }
        match self.source.read(index)? {
            Some(records) if piece.checkpoint => self.begin_at(index + 1, records, output),
            Some(records) => {
                self.due = records.into();
                self.next = Next::Piece(index + 1);
            }
            None => {
                self.lost_records = true;
                self.next = Next::Piece(index + 1);
            }
        }
        Ok(true)
    }

    /// What was collected for this batch is forgotten with the rest.
    fn begin_at(&mut self, next: usize, records: Vec<Record>, output: &mut PlayerOutput) {
        output.records.clear();
        self.restart = true;
        self.lost_records = false;
        self.due = records.into();
        self.next = Next::Piece(next);
    }
}

fn nanoseconds(milliseconds: u32) -> u64 {
    u64::from(milliseconds) * 1_000_000
}

/// A batch ends with the record that makes it this long, in bytes.
const BATCH: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::super::record::Class;
    use super::*;
    use crate::wire::clear::Clear;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    /// A toy meeting: a record sets one of eight cells.
    type Cells = BTreeMap<u8, u8>;

    #[derive(Clone, Debug)]
    struct Toy {
        pieces: Vec<Piece>,
        content: Vec<Option<Vec<Record>>>,
        end: u32,
        grows: bool,
    }

    impl Source for Toy {
        type Error = Infallible;
        fn start_ms(&self) -> u32 {
            0
        }
        fn end_ms(&self) -> u32 {
            self.end
        }
        fn grows(&self) -> bool {
            self.grows
        }
        fn pieces(&self) -> &[Piece] {
            &self.pieces
        }
        fn read(&mut self, piece: usize) -> Result<Option<Vec<Record>>, Infallible> {
            Ok(self.content[piece].clone())
        }
    }

    impl Toy {
        fn add(&mut self, checkpoint: bool, records: Vec<Record>, tick: u32) {
            let first_ms = records.first().map_or(tick, |record| record.tick_ms);
            let bytes = records.iter().map(|record| encoded_len(record) as u32).sum();
            self.pieces.push(Piece { first_ms, last_ms: tick, bytes, checkpoint });
            self.content.push(Some(records));
            self.end = self.end.max(tick);
        }
    }

    fn set(tick_ms: u32, cell: u8, value: u8) -> Record {
        Record { tick_ms, class: Class::Board, clear: Clear { bytes: vec![cell, value], spans: vec![] } }
    }

    /// Steps (milliseconds later, cell, value, whether a checkpoint follows, whether the piece ends) as pieces.
    fn toy(steps: &[(u16, u8, u8, bool, bool)]) -> Toy {
        let mut toy = Toy { pieces: vec![], content: vec![], end: 0, grows: false };
        let (mut cells, mut tick, mut piece) = (Cells::new(), 0u32, Vec::new());
        for &(later, cell, value, checkpoint, ends) in steps {
            tick += u32::from(later);
            cells.insert(cell % 8, value);
            piece.push(set(tick, cell % 8, value));
            if checkpoint || ends {
                toy.add(false, std::mem::take(&mut piece), tick);
            }
            if checkpoint {
                toy.add(true, cells.iter().map(|(&cell, &value)| set(tick, cell, value)).collect(), tick);
            }
        }
        if !piece.is_empty() {
            toy.add(false, piece, tick);
        }
        toy
    }

    fn apply(cells: &mut Cells, player: &mut Player<Toy>, now: Duration) -> PlayerOutput {
        loop {
            let output = player.advance(now).unwrap();
            if output.restart {
                cells.clear();
            }
            cells.extend(output.records.iter().map(|record| (record.clear.bytes[0], record.clear.bytes[1])));
            if !output.more {
                return output;
            }
        }
    }

    /// What a straight reading of the data pieces says.
    fn truth(toy: &Toy, position: u32) -> Cells {
        let pieces = toy.pieces.iter().zip(&toy.content).filter(|(piece, _)| !piece.checkpoint);
        let records =
            pieces.flat_map(|(_, records)| records.iter().flatten()).filter(|record| record.tick_ms <= position);
        records.map(|record| (record.clear.bytes[0], record.clear.bytes[1])).collect()
    }

    #[derive(Clone, Debug)]
    enum Act {
        Play,
        Pause,
        Seek(u32),
        Speed(u32),
        Wait(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            Just(Act::Play),
            Just(Act::Pause),
            (0..9000u32).prop_map(Act::Seek),
            (0..3000u32).prop_map(Act::Speed),
            (0..2500u64).prop_map(Act::Wait),
        ];
        prop::collection::vec(act, 1..40)
    }

    proptest! {
        #[test]
        fn any_seeks_pauses_and_speeds_end_in_the_state_of_a_straight_play(
            steps in prop::collection::vec((0..400u16, any::<u8>(), any::<u8>(), prop::bool::weighted(0.1), any::<bool>()), 0..60),
            acts in acts(),
        ) {
            let toy = toy(&steps);
            let mut player = Player::new(toy.clone());
            let (mut cells, mut now) = (Cells::new(), Duration::from_secs(1000));
            for act in acts {
                match act {
                    Act::Play => player.play(now),
                    Act::Pause => player.pause(now),
                    Act::Seek(to) => player.seek(now, to),
                    Act::Speed(percent) => player.set_speed(now, Speed::percent(percent)),
                    Act::Wait(ms) => {
                        now += Duration::from_millis(ms);
                        let output = apply(&mut cells, &mut player, now);
                        prop_assert_eq!(&cells, &truth(&toy, output.position_ms));
                    }
                }
            }
            let output = apply(&mut cells, &mut player, now);
            prop_assert!(output.position_ms <= toy.end);
            prop_assert_eq!(cells, truth(&toy, output.position_ms));
        }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn ten_seconds() -> Toy {
        toy(&(0..10).map(|step| (1000, step, step, step == 4, true)).collect::<Vec<_>>())
    }

    #[test]
    fn a_new_player_is_paused_and_its_first_output_restarts() {
        let mut player = Player::new(ten_seconds());
        let first = player.advance(at(5)).unwrap();
        assert!(first.restart && first.records.is_empty() && !player.is_playing());
        assert_eq!(player.advance(at(60_000)).unwrap(), PlayerOutput::default());
    }

    #[test]
    fn twice_the_speed_takes_half_the_time_and_a_pause_takes_none() {
        let mut player = Player::new(ten_seconds());
        player.play(at(0));
        player.set_speed(at(1000), Speed::percent(200));
        player.pause(at(2000));
        assert_eq!(player.advance(at(9000)).unwrap().position_ms, 3000);
        player.set_speed(at(9000), Speed::percent(25));
        player.play(at(9000));
        for step in 1..=4000 {
            player.advance(at(9000 + step)).unwrap();
        }
        assert_eq!(player.position_ms(), 4000);
        assert_eq!((Speed::percent(0).as_percent(), Speed::percent(9999).as_percent()), (25, 1600));
    }

    #[test]
    fn the_end_is_said_once_and_again_after_a_seek() {
        let mut player = Player::new(ten_seconds());
        player.play(at(0));
        assert!(!player.advance(at(9999)).unwrap().ended);
        let last = player.advance(at(20_000)).unwrap();
        assert!(last.ended && last.position_ms == 10_000);
        assert!(!player.advance(at(30_000)).unwrap().ended);
        player.seek(at(30_000), 9500);
        assert!(!player.advance(at(30_000)).unwrap().ended);
        assert!(player.advance(at(31_000)).unwrap().ended);
    }

    #[test]
    fn a_growing_recording_is_waited_for_at_its_edge_and_gone_on_with() {
        let mut player = Player::new(Toy { grows: true, ..ten_seconds() });
        player.play(at(0));
        let edge = player.advance(at(60_000)).unwrap();
        assert!(!edge.ended && edge.position_ms == 10_000);
        player.source_mut().add(false, vec![set(11_000, 1, 99)], 11_000);
        assert_eq!(player.advance(at(61_000)).unwrap().records, vec![set(11_000, 1, 99)]);
        player.source_mut().grows = false;
        assert!(player.advance(at(62_000)).unwrap().ended);
    }

    #[test]
    fn a_long_way_forward_goes_over_a_checkpoint_when_that_is_cheaper() {
        let steps: Vec<_> = (0..50).map(|step| (100, 1, step, step == 30, true)).collect();
        let mut player = Player::new(toy(&steps));
        apply(&mut Cells::new(), &mut player, at(0));
        player.seek(at(0), 4000);
        let output = player.advance(at(0)).unwrap();
        // One cell in the checkpoint (at 3.1 s), and nine records behind it.
        assert!(output.restart && output.records.len() == 10);
        player.seek(at(0), 4100);
        let output = player.advance(at(0)).unwrap();
        assert!(!output.restart && output.records.len() == 1);
    }

    #[test]
    fn a_damaged_checkpoint_is_replaced_by_what_came_before_it() {
        let mut toy = ten_seconds();
        let checkpoint = toy.pieces.iter().position(|piece| piece.checkpoint).unwrap();
        toy.content[checkpoint] = None;
        let expected = truth(&toy, 7000);
        let mut player = Player::new(toy);
        let mut cells = Cells::new();
        player.seek(at(0), 7000);
        apply(&mut cells, &mut player, at(0));
        assert_eq!(cells, expected);
    }

    #[test]
    fn after_damaged_records_the_next_checkpoint_makes_the_state_right_again() {
        let mut damaged = ten_seconds();
        let expected = truth(&damaged, 10_000);
        damaged.content[2] = None;
        let mut player = Player::new(damaged);
        let mut cells = Cells::new();
        player.play(at(0));
        for second in 1..=10 {
            apply(&mut cells, &mut player, at(second * 1000));
        }
        assert_eq!(cells, expected);
    }

    #[test]
    fn much_that_is_due_at_once_comes_in_bounded_batches() {
        let big = |tick| Record {
            tick_ms: tick,
            class: Class::Board,
            clear: Clear { bytes: vec![7; 100_000], spans: vec![] },
        };
        let mut toy = Toy { pieces: vec![], content: vec![], end: 0, grows: false };
        for tick in 1..=20 {
            toy.add(false, vec![big(tick)], tick);
        }
        let mut player = Player::new(toy);
        player.seek(at(0), 20);
        let mut counts = Vec::new();
        loop {
            let output = player.advance(at(0)).unwrap();
            counts.push(output.records.len());
            if !output.more {
                break;
            }
        }
        assert_eq!((counts.iter().sum::<usize>(), counts.iter().max()), (20, Some(&3)));
    }
}
