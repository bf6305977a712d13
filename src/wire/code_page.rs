//! Text as its writer's code page has it (EXT(55), wire/02 section 5): old clients write in the code page of their system.
//!
//! In: the number that a client names, and bytes. Out: text, and the way back. Knows no meeting.

use std::fmt;

use encoding_rs::Encoding;

/// A Windows code page that text can be read in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodePage {
    number: u16,
    encoding: &'static Encoding,
}

impl CodePage {
    /// 65001, which the known client always names.
    pub const UTF8: CodePage = CodePage { number: 65001, encoding: encoding_rs::UTF_8 };

    /// The code page of this number: 950 is Big5, 936 GBK, 932 Shift JIS, 1252 Western European. None for a number that is no code
    /// page, one that the Encoding Standard does not have, or UTF-16, whose bytes are none of a text that ends at a NUL.
    pub fn of(number: i32) -> Option<CodePage> {
        let number = u16::try_from(number).ok()?;
        let encoding = codepage::to_encoding_no_replacement(number)?;
        (encoding.output_encoding() == encoding).then_some(CodePage { number, encoding })
    }

    /// As EXT(55) has it.
    pub fn number(self) -> i32 {
        i32::from(self.number)
    }

    /// The bytes of this text, with `?` for what the code page lacks.
    pub fn write(self, text: &str) -> Written {
        let mut encoder = self.encoding.new_encoder();
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        loop {
            // Room for all that is left and for what the encoder may hold back, so that only a character without bytes stops it.
            bytes.reserve(encoder.max_buffer_length_from_utf8_without_replacement(rest.len()).unwrap_or(rest.len()));
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
            rest = &rest[read..];
            match result {
                encoding_rs::EncoderResult::InputEmpty => return Written(bytes),
                encoding_rs::EncoderResult::Unmappable(_) => bytes.push(b'?'),
                encoding_rs::EncoderResult::OutputFull => {}
            }
        }
    }
}

impl fmt::Debug for CodePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.encoding.name())
    }
}

impl std::str::FromStr for CodePage {
    type Err = String;

    fn from_str(text: &str) -> Result<CodePage, String> {
        text.parse().ok().and_then(CodePage::of).ok_or_else(|| {
            format!(
                "expected the number of a Windows code page, as 950 (Big5), 936 (GBK), 932 (Shift JIS), 1252 or 65001 (UTF-8), got {text:?}"
            )
        })
    }
}

/// What a client wrote, in a code page that only the meeting knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Written(Vec<u8>);

impl Written {
    /// As it came.
    pub fn from_bytes(bytes: Vec<u8>) -> Written {
        Written(bytes)
    }

    /// As it goes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As text, with U+FFFD for bytes that the code page does not have. At most three times as long as the bytes.
    pub fn read(&self, page: CodePage) -> String {
        page.encoding.decode_without_bom_handling(&self.0).0.into_owned()
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Written {
        Written(text.as_bytes().to_vec())
    }
}

impl From<String> for Written {
    fn from(text: String) -> Written {
        Written(text.into_bytes())
    }
}

/// For people: as UTF-8, which it mostly is.
impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_code_pages_of_old_clients_are_read() {
        for (number, bytes, text) in [
            (950, &b"\xa4\xa4\xa4\xe5"[..], "中文"),
            (936, b"\xd6\xd0\xce\xc4", "中文"),
            (932, b"\x93\xfa\x96\x7b", "日本"),
            (949, b"\xc7\xd1\xb1\xdb", "한글"),
            (1252, b"caf\xe9 \x80", "café €"),
            (1251, b"\xcc\xe8\xf0", "Мир"),
            (54936, b"\xd6\xd0", "中"),
            (65001, "會".as_bytes(), "會"),
        ] {
            let page = CodePage::of(number).unwrap();
            assert_eq!(page.number(), number);
            assert_eq!(Written::from_bytes(bytes.to_vec()).read(page), text, "{page:?}");
            assert_eq!(page.write(text).as_bytes(), bytes, "{page:?}");
        }
    }

    #[test]
    fn what_is_no_code_page_of_bytes_is_none() {
        for number in [i32::MIN, -1, 0, 1, 1200, 1201, 65_000, 65_536, 65_536 + 950, i32::MAX] {
            assert_eq!(CodePage::of(number), None, "{number}");
        }
    }

    #[test]
    fn a_character_that_a_code_page_lacks_becomes_a_question_mark() {
        assert_eq!(CodePage::of(1252).unwrap().write("a會é").as_bytes(), b"a?\xe9");
        assert_eq!(CodePage::of(950).unwrap().write("😀").as_bytes(), b"?");
    }

    #[test]
    fn bytes_that_a_code_page_lacks_are_marked_and_half_a_character_too() {
        assert_eq!(Written::from_bytes(b"a\xff".to_vec()).read(CodePage::UTF8), "a\u{fffd}");
        assert_eq!(Written::from_bytes(b"a\xa4".to_vec()).read(CodePage::of(950).unwrap()), "a\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read_in_any_code_page(number in any::<u16>(), bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Some(page) = CodePage::of(number.into()) {
                prop_assert!(Written::from_bytes(bytes.clone()).read(page).len() <= bytes.len() * 3 + 3);
            }
        }

        #[test]
        fn any_text_can_be_written_in_any_code_page(number in any::<u16>(), text in any::<String>()) {
            if let Some(page) = CodePage::of(number.into()) {
                prop_assert!(page.write(&text).as_bytes().len() <= text.len() * 4 + 8);
            }
        }
    }
}
