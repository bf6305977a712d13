//! A bounded, tolerant reader of small XML documents, and an escaping writer.
//!
//! In: bytes with limits on size, depth and count. Out: a tree of [`Element`]s, or an error with line and column.
//! A document type, an entity of its own and anything not well-formed are refused, never repaired; the one exception is
//! a blank after the opening `<?`, which the guide itself prints (note N2). May not touch: anything outside.

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// How much of a document is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Elements inside each other, the root included.
    pub depth: usize,
    /// Elements in the whole document.
    pub elements: usize,
}

/// One element with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The element's name as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of an attribute with references resolved.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All attributes in order, references resolved.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text before the first child element, untrimmed: the guide's `command` holds its word there.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All child elements in order.
    pub fn children(&self) -> &[Element] {
        &self.children
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of that name, in order.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct XmlError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: XmlReason,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XmlReason {
    /// More bytes than allowed.
    #[error("the document has {bytes} bytes, at most {max} are taken")]
    TooLarge {
        /// Bytes that came.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Elements nested too deeply.
    #[error("elements are nested more than {max} deep")]
    TooDeep {
        /// Depth allowed.
        max: usize,
    },
    /// Too many elements.
    #[error("there are more than {max} elements")]
    TooManyElements {
        /// Elements allowed.
        max: usize,
    },
    /// Too many attributes on one element.
    #[error("an element has more than {max} attributes")]
    TooManyAttributes {
        /// Attributes allowed.
        max: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("the bytes are not UTF-8; save the document as UTF-8")]
    NotUtf8,
    /// The declaration names another encoding while there are characters outside ASCII.
    #[error("the declaration says encoding {0:?}; only utf-8 is read")]
    OtherEncoding(String),
    /// A document type declaration.
    #[error("a document type declaration (<!DOCTYPE ..>) is not allowed; remove it")]
    Doctype,
    /// An entity other than the five predefined ones, or a character reference that names no character.
    #[error("the reference &{0}; is unknown; write & as &amp;")]
    UnknownReference(String),
    /// A name that no element or attribute can have.
    #[error("{0:?} is not a name of an element or attribute")]
    BadName(String),
    /// An attribute given twice on one element.
    #[error("the attribute {0:?} is given twice")]
    RepeatedAttribute(String),
    /// Text or a second element outside the root element.
    #[error("there is content outside the root element")]
    OutsideRoot,
    /// No element at all.
    #[error("there is no element")]
    Empty,
    /// The document ends inside an element.
    #[error("the document ends before </{0}>")]
    Unclosed(String),
    /// Any other offence against the rules of XML.
    #[error("not well-formed: {0}")]
    Malformed(String),
}

/// Reads a document into its root element.
pub fn parse(bytes: &[u8], limits: Limits) -> Result<Element, XmlError> {
    if bytes.len() > limits.bytes {
        let reason = XmlReason::TooLarge { bytes: bytes.len(), max: limits.bytes };
        return Err(XmlError { line: 1, column: 1, reason });
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            return Err(at(&String::from_utf8_lossy(good), error.valid_up_to(), XmlReason::NotUtf8));
        }
    };
    let start = match skip_declaration(text) {
        Ok(start) => start,
        Err((offset, reason)) => return Err(at(text, offset, reason)),
    };
    let body = text.get(start..).unwrap_or_default();
    Builder { limits, open: Vec::new(), root: None, elements: 0 }
        .run(body)
        .map_err(|(offset, reason)| at(text, start.saturating_add(offset), reason))
}

/// Writes a document: escapes what must be, and indents child elements by two blanks.
#[derive(Clone, Debug)]
pub struct Writer {
    out: String,
    open: Vec<Open>,
}

impl Writer {
    /// A document with the declaration that the guide prints.
    pub fn new() -> Writer {
        Writer { out: String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>"), open: Vec::new() }
    }

    /// Opens an element; what follows goes inside until [`close`](Writer::close).
    pub fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> &mut Writer {
        self.tag(name, attributes);
        self.out.push('>');
        self.open.push(Open { name, has_children: false });
        self
    }

    /// Text inside the open element, escaped.
    pub fn text(&mut self, text: &str) -> &mut Writer {
        escape(&mut self.out, text, false);
        self
    }

    /// Closes the element opened last.
    pub fn close(&mut self) -> &mut Writer {
        if let Some(open) = self.open.pop() {
            if open.has_children {
                self.line();
            }
            // Writing to a String cannot fail.
            let _ = write!(self.out, "</{}>", open.name);
        }
        self
    }

    /// An element without content.
    pub fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> &mut Writer {
        self.tag(name, attributes);
        self.out.push_str("/>");
        self
    }

    /// An element with text only.
    pub fn leaf(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) -> &mut Writer {
        self.open(name, attributes).text(text).close()
    }

    /// A comment. The text is ours, never a peer's.
    pub fn comment(&mut self, text: &'static str) -> &mut Writer {
        self.child();
        let _ = write!(self.out, "<!-- {text} -->");
        self
    }

    /// The whole document, with every element closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push('\n');
        self.out
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.child();
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            let _ = write!(self.out, " {key}=\"");
            escape(&mut self.out, value, true);
            self.out.push('"');
        }
    }

    fn child(&mut self) {
        if let Some(parent) = self.open.last_mut() {
            parent.has_children = true;
        }
        self.line();
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in &self.open {
            self.out.push_str("  ");
        }
    }
}

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

/// Whether XML 1.0 can carry the character at all (its section 2.2): most control characters it cannot.
pub fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{1_0000}'..)
}

#[derive(Clone, Debug)]
struct Open {
    name: &'static str,
    has_children: bool,
}

/// Escapes text. White space that a reader would change goes as a character reference; a character that XML cannot
/// carry becomes U+FFFD, so that one odd title never makes a whole status file unreadable.
fn escape(out: &mut String, text: &str, attribute: bool) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if attribute => out.push_str("&quot;"),
            '\t' if attribute => out.push_str("&#9;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if is_xml_char(c) => out.push(c),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

type Offence = (usize, XmlReason);

/// Where the content begins, after mark, white space and declaration. The declaration is read here because the guide
/// prints it as `<? xml`, and some third parties copied that.
fn skip_declaration(text: &str) -> Result<usize, Offence> {
    let trimmed = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_start();
    let start = text.len() - trimmed.len();
    let inside = trimmed.strip_prefix("<?xml").or_else(|| trimmed.strip_prefix("<? xml"));
    let Some(inside) = inside.filter(|rest| rest.starts_with([' ', '\t', '\r', '\n', '?'])) else {
        return Ok(start);
    };
    let Some(end) = inside.find("?>") else {
        return Err((start, XmlReason::Malformed("the declaration does not end with ?>".to_owned())));
    };
    let declaration = inside.get(..end).unwrap_or_default();
    if let Some(encoding) = declared_encoding(declaration)
        && !["utf-8", "utf8", "us-ascii", "ascii"].contains(&encoding.to_ascii_lowercase().as_str())
        && !text.is_ascii()
    {
        return Err((start, XmlReason::OtherEncoding(encoding.to_owned())));
    }
    Ok(text.len() - inside.len() + end + 2)
}

fn declared_encoding(declaration: &str) -> Option<&str> {
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

struct Builder {
    limits: Limits,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Builder {
    fn run(mut self, body: &str) -> Result<Element, Offence> {
        let mut reader = Reader::from_str(body);
        loop {
            let before = offset(reader.buffer_position());
            match reader.read_event() {
                Ok(Event::Eof) => break,
                Ok(event) => self.take(event).map_err(|reason| (before, reason))?,
                Err(error) => return Err((offset(reader.error_position()), XmlReason::Malformed(error.to_string()))),
            }
        }
        if let Some(open) = self.open.pop() {
            return Err((body.len(), XmlReason::Unclosed(open.name)));
        }
        self.root.ok_or((body.len(), XmlReason::Empty))
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), XmlReason> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start)?;
                self.open.push(element);
                Ok(())
            }
            Event::Empty(start) => {
                let element = self.element(&start)?;
                self.finish(element);
                Ok(())
            }
            Event::End(_) => {
                if let Some(element) = self.open.pop() {
                    self.finish(element);
                }
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let unknown = || XmlReason::UnknownReference(reference.to_string());
                if let Some(c) = reference.resolve_char_ref().map_err(|_| unknown())? {
                    return self.text(c.encode_utf8(&mut [0; 4]));
                }
                let text = resolve_xml_entity(&reference).ok_or_else(unknown)?;
                self.text(text)
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
            Event::Decl(_) => Err(XmlReason::Malformed("the declaration is not at the start".to_owned())),
            Event::DocType(_) => Err(XmlReason::Doctype),
        }
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, XmlReason> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(XmlReason::OutsideRoot);
        }
        if self.open.len() >= self.limits.depth {
            return Err(XmlReason::TooDeep { max: self.limits.depth });
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(XmlReason::TooManyElements { max: self.limits.elements });
        }
        let name = checked_name(start.name().0)?;
        let mut attributes: Vec<(String, String)> = Vec::new();
        // The library's own check for repeated attributes compares each with all, over any number of them.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| XmlReason::Malformed(error.to_string()))?;
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(XmlReason::TooManyAttributes { max: MAX_ATTRIBUTES });
            }
            let key = checked_name(attribute.key.0)?;
            if attributes.iter().any(|(other, _)| *other == key) {
                return Err(XmlReason::RepeatedAttribute(key));
            }
            if attribute.value.contains('<') {
                return Err(XmlReason::Malformed(format!("the value of {key} contains <; write it as &lt;")));
            }
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(|error| XmlReason::Malformed(error.to_string()))?;
            attributes.push((key, value.into_owned()));
        }
        Ok(Element { name, attributes, text: String::new(), children: Vec::new() })
    }

    fn finish(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), XmlReason> {
        match self.open.last_mut() {
            Some(element) => {
                if element.children.is_empty() {
                    element.text.push_str(text);
                }
                Ok(())
            }
            None if text.trim().is_empty() => Ok(()),
            None => Err(XmlReason::OutsideRoot),
        }
    }
}

fn checked_name(name: &str) -> Result<String, XmlReason> {
    let starts = |c: char| c.is_alphabetic() || c == '_' || c == ':';
    let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    if name.starts_with(starts) && name.chars().all(continues) {
        return Ok(name.to_owned());
    }
    Err(XmlReason::BadName(name.chars().take(40).collect()))
}

fn at(text: &str, offset: usize, reason: XmlReason) -> XmlError {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default().trim_start_matches('\u{FEFF}');
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    XmlError { line, column, reason }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

const MAX_ATTRIBUTES: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: Limits = Limits { bytes: 1000, depth: 3, elements: 5 };

    fn reason(text: &str) -> XmlReason {
        parse(text.as_bytes(), SMALL).unwrap_err().reason
    }

    #[test]
    fn text_attributes_and_children_are_read_with_references_resolved() {
        let root = parse("<a x='1&lt;2'>&#x6703;&amp;<![CDATA[<b>]]><b/>later</a>".as_bytes(), SMALL).unwrap();
        assert_eq!((root.name(), root.attribute("x"), root.text()), ("a", Some("1<2"), "會&<b>"));
        assert_eq!(root.children().len(), 1);
        assert!(root.child("b").is_some());
    }

    #[test]
    fn a_mark_white_space_and_the_blank_of_the_guide_are_taken_before_the_declaration() {
        for start in [
            "\u{FEFF}<?xml version='1.0'?>",
            "\r\n <?xml version='1.0' encoding='UTF-8'?>",
            "<? xml version='1.0' ?>",
            "",
        ] {
            assert!(parse(format!("{start}\n<a/>").as_bytes(), SMALL).is_ok(), "{start:?}");
        }
    }

    #[test]
    fn a_declared_encoding_other_than_utf_8_is_refused_only_when_it_matters() {
        assert!(parse(b"<?xml version='1.0' encoding='big5'?><a/>", SMALL).is_ok());
        assert_eq!(
            reason("<?xml version='1.0' encoding='big5'?><a>會</a>"),
            XmlReason::OtherEncoding("big5".to_owned())
        );
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        assert_eq!(reason("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), XmlReason::Doctype);
        assert_eq!(reason("<a>&x;</a>"), XmlReason::UnknownReference("x".to_owned()));
        assert!(matches!(reason("<a y='&x;'/>"), XmlReason::Malformed(_)));
        assert!(matches!(reason("<a>&#0;</a>"), XmlReason::UnknownReference(_)));
        assert!(matches!(reason("<a>1 & 2</a>"), XmlReason::Malformed(_)));
    }

    #[test]
    fn bounds_hold_at_their_edge() {
        assert!(parse(b"<a><a><a/></a></a>", SMALL).is_ok());
        assert_eq!(reason("<a><a><a><a/></a></a></a>"), XmlReason::TooDeep { max: 3 });
        assert!(parse(b"<a><b/><b/><b/><b/></a>", SMALL).is_ok());
        assert_eq!(reason("<a><b/><b/><b/><b/><b/></a>"), XmlReason::TooManyElements { max: 5 });
        assert!(parse(format!("<a>{}</a>", "x".repeat(993)).as_bytes(), SMALL).is_ok());
        let long = format!("<a>{}</a>", "x".repeat(994));
        assert_eq!(reason(&long), XmlReason::TooLarge { bytes: 1001, max: 1000 });
        let many: String = (0..=MAX_ATTRIBUTES).map(|n| format!(" a{n}=''")).collect();
        assert_eq!(reason(&format!("<a{many}/>")), XmlReason::TooManyAttributes { max: MAX_ATTRIBUTES });
    }

    #[test]
    fn broken_documents_are_refused_where_they_break() {
        let error = parse("<a>\n  會 <b></c>".as_bytes(), SMALL).unwrap_err();
        assert_eq!((error.line, error.column), (2, 8), "{error}");
        for broken in
            ["", "  ", "text", "<a>", "<a/><b/>", "<a/>x", "x<a/>", "<a b='1' b='2'/>", "<a b/>", "<a <=''/>", "<1/>"]
        {
            assert!(parse(broken.as_bytes(), SMALL).is_err(), "{broken:?}");
        }
        assert_eq!(parse(b"<a>\xff</a>", SMALL).unwrap_err().reason, XmlReason::NotUtf8);
        assert_eq!(
            reason("<a/><?xml version='1.0'?>"),
            XmlReason::Malformed("the declaration is not at the start".to_owned())
        );
    }

    #[test]
    fn what_xml_cannot_carry_is_shown_as_a_replacement_character() {
        let mut writer = Writer::new();
        writer.leaf("a", &[("b", "x\u{1}y")], "\u{0}z");
        assert!(writer.finish().ends_with("<a b=\"x\u{FFFD}y\">\u{FFFD}z</a>\n"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in "(?s).{0,40}", text in "(?s).{0,40}") {
            let value: String = value.chars().filter(|c| is_xml_char(*c)).collect();
            let text: String = text.chars().filter(|c| is_xml_char(*c)).collect();
            let mut writer = Writer::new();
            writer.open("a", &[("v", &value)]).text(&text).empty("b", &[]);
            let root = parse(writer.finish().as_bytes(), SMALL).unwrap();
            prop_assert_eq!(root.attribute("v"), Some(value.as_str()));
            // The line break before the child belongs to the text.
            prop_assert_eq!(root.text(), format!("{text}\n  "));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[<>/a&;#x!\\[\\]'\"= ?-]{0,60}") {
            let _ = parse(&bytes, SMALL);
            let _ = parse(text.as_bytes(), SMALL);
        }
    }
}
