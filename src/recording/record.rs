//! The state part of a segment: the messages of a meeting, one record behind the other. Pure.
//!
//! In: records to encode, or bytes that may be anything. Out: bytes, or records of which every length was checked against the bytes
//! that are really there. Touches no file.

use super::format::{Fields, Head, MAX_MESSAGE, MAX_RECORDS, MAX_SPANS, MAX_TICK};
use crate::wire::clear::{Clear, Span, SpanKey};

/// What a record is about; a reader may filter by it, the format does not care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Who is there.
    User,
    /// Token, questioner, assistant, speakers.
    Floor,
    /// Slides and marks.
    Board,
    /// Public chat lines.
    Chat,
    /// Plug-in channels.
    Plugin,
    /// Tabs and joint browsing.
    Tab,
    /// Title, times and other facts of the meeting.
    Facts,
    /// A class of a later writer, kept as it is.
    Other(u16),
}

impl Class {
    /// The number in the file.
    pub fn code(self) -> u16 {
        match self {
            Class::User => 1,
            Class::Floor => 2,
            Class::Board => 3,
            Class::Chat => 4,
            Class::Plugin => 5,
            Class::Tab => 6,
            Class::Facts => 7,
            Class::Other(code) => code,
        }
    }

    /// The class of a number in a file.
    pub fn from_code(code: u16) -> Class {
        match code {
            1 => Class::User,
            2 => Class::Floor,
            3 => Class::Board,
            4 => Class::Chat,
            5 => Class::Plugin,
            6 => Class::Tab,
            7 => Class::Facts,
            other => Class::Other(other),
        }
    }
}

/// One S>C message of the meeting, in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Milliseconds of meeting time, 0 to [`MAX_TICK`].
    pub tick_ms: u32,
    /// What it is about.
    pub class: Class,
    /// The whole message and the spans that the wire encrypts.
    pub clear: Clear,
}

/// Content that a right checksum covers and that is wrong all the same, or a checksum that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at byte {offset}")]
pub struct Malformed {
    /// What should have been there.
    pub expected: &'static str,
    /// Where, in the bytes that were given.
    pub offset: usize,
}

/// A record or text that the format cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Message too long.
    #[error("a message of {len} bytes was to be recorded, the limit is {MAX_MESSAGE}")]
    Message {
        /// Its length.
        len: usize,
    },
    /// Spans overlap, are out of order, out of the message, or too many.
    #[error(
        "the encrypted spans of a message do not fit it: in order, within its {len} bytes, at most {MAX_SPANS} of them"
    )]
    Spans {
        /// The message's length.
        len: usize,
    },
    /// Meeting time beyond the client's range.
    #[error("meeting time {tick} ms is beyond the limit of {MAX_TICK} ms")]
    Tick {
        /// The tick.
        tick: u32,
    },
}

/// Appends a record to a state part.
pub fn encode_record(record: &Record, out: &mut Vec<u8>) -> Result<(), Unfit> {
    let Clear { bytes, spans } = &record.clear;
    let len = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_MESSAGE);
    let len = len.ok_or(Unfit::Message { len: bytes.len() })?;
    let wrong_spans = Unfit::Spans { len: bytes.len() };
    let count = u16::try_from(spans.len()).ok().filter(|_| spans.len() <= MAX_SPANS).ok_or(wrong_spans)?;
    if !spans_fit(spans, len) {
        return Err(wrong_spans);
    }
    if record.tick_ms > MAX_TICK {
        return Err(Unfit::Tick { tick: record.tick_ms });
    }
    out.extend_from_slice(&record.tick_ms.to_le_bytes());
    out.extend_from_slice(&record.class.code().to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    for span in spans {
        let key: u32 = match span.key {
            SpanKey::Control => 0,
            SpanKey::Meeting => 1,
        };
        for field in [span.offset, span.length, key] {
            out.extend_from_slice(&field.to_le_bytes());
        }
    }
    out.extend_from_slice(bytes);
    Ok(())
}

/// Bytes that [`encode_record`] appends for a record.
pub fn encoded_len(record: &Record) -> usize {
    12 + record.clear.spans.len() * 12 + record.clear.bytes.len()
}

/// Reads the records of a state part, whose checksum was found right.
pub fn decode_records(part: &[u8], head: &Head) -> Result<Vec<Record>, Malformed> {
    let mut fields = Fields::new(part);
    let mut records = Vec::new();
    let mut earliest = head.first_tick;
    while !fields.rest.is_empty() {
        let offset = part.len() - fields.rest.len();
        let record = decode_record(&mut fields).ok_or(Malformed { expected: "a record", offset })?;
        if record.tick_ms < earliest || record.tick_ms > head.last_tick {
            return Err(Malformed { expected: "records in the order of their meeting time", offset });
        }
        earliest = record.tick_ms;
        records.push(record);
        if records.len() > MAX_RECORDS as usize {
            return Err(Malformed { expected: "at most 65,536 records", offset });
        }
    }
    if u32::try_from(records.len()) != Ok(head.records) {
        return Err(Malformed { expected: "as many records as the head says", offset: part.len() });
    }
    Ok(records)
}

fn decode_record(fields: &mut Fields<'_>) -> Option<Record> {
    let tick_ms = fields.u32()?;
    let class = Class::from_code(fields.u16()?);
    let count = usize::from(fields.u16()?);
    let len = fields.u32()?;
    if count > MAX_SPANS || usize::try_from(len).ok()? > MAX_MESSAGE {
        return None;
    }
    let mut places = Fields::new(fields.take(count * 12)?);
    let bytes = fields.take(usize::try_from(len).ok()?)?.to_vec();
    let mut spans = Vec::new();
    while !places.rest.is_empty() {
        let [offset, length] = [places.u32()?, places.u32()?];
        let key = match places.u32()? {
            0 => SpanKey::Control,
            1 => SpanKey::Meeting,
            _ => return None,
        };
        spans.push(Span { offset, length, key });
    }
    spans_fit(&spans, len).then_some(Record { tick_ms, class, clear: Clear { bytes, spans } })
}

fn spans_fit(spans: &[Span], len: u32) -> bool {
    let mut free = 0;
    spans.iter().all(|span| {
        let end = span.offset.checked_add(span.length);
        let fits = span.offset >= free && end.is_some_and(|end| end <= len);
        free = end.unwrap_or(u32::MAX);
        fits
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::Kind;
    use super::*;
    use proptest::prelude::*;

    fn any_record() -> impl Strategy<Value = Record> {
        (0..=MAX_TICK, any::<u16>(), prop::collection::vec(any::<u8>(), 0..40), any::<bool>()).prop_map(
            |(tick_ms, class, bytes, meeting)| {
                let key = if meeting { SpanKey::Meeting } else { SpanKey::Control };
                let length = u32::try_from(bytes.len() / 2).unwrap();
                let spans = if length == 0 { vec![] } else { vec![Span { offset: length, length, key }] };
                Record { tick_ms, class: Class::from_code(class), clear: Clear { bytes, spans } }
            },
        )
    }

    fn head(records: u32) -> Head {
        Head {
            kind: Kind::Data,
            sequence: 7,
            first_tick: 0,
            last_tick: MAX_TICK,
            state_len: 0,
            media_len: 0,
            records,
            previous_checkpoint: 0,
            state_crc: 0,
            offset: 4096,
            sealed: false,
        }
    }

    proptest! {
        #[test]
        fn a_record_reads_back_as_it_was_written(record in any_record()) {
            let mut part = Vec::new();
            encode_record(&record, &mut part).unwrap();
            prop_assert_eq!(part.len(), encoded_len(&record));
            prop_assert_eq!(decode_records(&part, &head(1)).unwrap(), vec![record]);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(part in prop::collection::vec(any::<u8>(), 0..600), records in 0..4u32) {
            if let Ok(read) = decode_records(&part, &head(records)) {
                let lengths: usize = read.iter().map(encoded_len).sum();
                prop_assert_eq!(lengths, part.len());
            }
        }
    }

    #[test]
    fn a_length_beyond_the_part_is_refused_before_anything_is_allocated() {
        for len in [1u32, 1000, MAX_MESSAGE as u32, u32::MAX] {
            let mut part = vec![0; 8];
            part.extend_from_slice(&len.to_le_bytes());
            assert_eq!(decode_records(&part, &head(1)), Err(Malformed { expected: "a record", offset: 0 }));
        }
    }

    #[test]
    fn spans_out_of_the_message_overlapping_or_out_of_order_are_refused_both_ways() {
        let span = |offset, length| Span { offset, length, key: SpanKey::Control };
        for spans in [
            vec![span(0, 5)],
            vec![span(4, 1)],
            vec![span(u32::MAX, 2)],
            vec![span(0, 2), span(1, 1)],
            vec![span(2, 1), span(0, 1)],
        ] {
            let record =
                Record { tick_ms: 0, class: Class::User, clear: Clear { bytes: vec![0; 4], spans: spans.clone() } };
            assert_eq!(encode_record(&record, &mut Vec::new()), Err(Unfit::Spans { len: 4 }));
            let mut part = vec![0; 6];
            part.extend_from_slice(&(spans.len() as u16).to_le_bytes());
            part.extend_from_slice(&4u32.to_le_bytes());
            for span in spans {
                part.extend([span.offset, span.length, 0].into_iter().flat_map(u32::to_le_bytes));
            }
            part.extend_from_slice(&[0; 4]);
            assert!(decode_records(&part, &head(1)).is_err());
        }
    }
}
