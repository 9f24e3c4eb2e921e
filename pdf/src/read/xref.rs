//! Cross-reference sections and the chain from `startxref` through `/Prev` (ISO 32000-2 §7.5.4-7.5.8).

use std::collections::{HashMap, HashSet};

use super::filter::decode;
use super::lexer::{Lexer, is_space};
use super::{Budget, Dictionary, Limits, Object, ReadError, Stream};

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// On the free list.
    Free,
    /// At a byte offset.
    InFile {
        /// Offset of `n g obj`.
        offset: usize,
        /// Generation.
        generation: u32,
    },
    /// Inside an object stream.
    InStream {
        /// Number of the object stream.
        stream: u32,
        /// Position in it.
        index: u32,
    },
}

/// One cross-reference section with its trailer.
#[derive(Debug, Clone)]
pub struct Section {
    /// Offset of `xref` or of the cross-reference stream object.
    pub offset: usize,
    /// Offset after the trailer dictionary or the stream's `endobj`.
    pub end: usize,
    /// The trailer, or the stream dictionary.
    pub trailer: Dictionary,
    /// Entries by object number.
    pub entries: HashMap<u32, Entry>,
    /// A classic table with an `/XRefStm` beside it.
    pub hybrid: bool,
    /// A cross-reference stream.
    pub stream: bool,
    /// Offset of the section before this one.
    pub previous: Option<usize>,
}

/// The value of the last `startxref` of `bytes`, whose `%%EOF` must be the last thing there.
///
/// # Errors
/// [`ReadError::Xref`] when it is missing or malformed.
pub(crate) fn last_startxref(bytes: &[u8], budget: &Budget) -> Result<usize, ReadError> {
    let trimmed = bytes.len() - bytes.iter().rev().take_while(|b| is_space(**b)).count();
    let body = bytes.get(..trimmed).unwrap_or_default();
    let body = body.strip_suffix(b"%%EOF").ok_or(ReadError::Xref("the file does not end with %%EOF"))?;
    let window = body.len().saturating_sub(128);
    let tail = body.get(window..).unwrap_or_default();
    let found = tail.windows(9).rposition(|w| w == b"startxref").ok_or(ReadError::Xref("no startxref before %%EOF"))?;
    let mut lexer = Lexer::new(body, window + found + 9, budget);
    lexer.skip()?;
    let offset = lexer.unsigned()?;
    lexer.skip()?;
    if lexer.at != body.len() {
        return Err(ReadError::Xref("bytes between startxref and %%EOF"));
    }
    usize::try_from(offset).map_err(|_| ReadError::Xref("startxref out of range"))
}

/// All sections reachable from `start`, newest first.
pub(crate) fn chain(bytes: &[u8], start: usize, budget: &Budget) -> Result<Vec<Section>, ReadError> {
    let mut seen = HashSet::new();
    let mut sections = Vec::new();
    let mut next = Some(start);
    let mut objects = 0usize;
    while let Some(offset) = next {
        if !seen.insert(offset) {
            return Err(ReadError::Xref("/Prev loops"));
        }
        if sections.len() >= Limits::SECTIONS {
            return Err(ReadError::Budget("cross-reference sections"));
        }
        let section = section(Lexer::new(bytes, offset, budget), budget)?;
        objects += section.entries.len();
        if objects > Limits::OBJECTS {
            return Err(ReadError::Budget("objects"));
        }
        next = section.previous;
        sections.push(section);
    }
    Ok(sections)
}

/// The section at the cursor.
pub(crate) fn section(mut lexer: Lexer<'_>, budget: &Budget) -> Result<Section, ReadError> {
    let offset = lexer.at;
    if lexer.keyword(b"xref") { table(lexer, offset, budget) } else { stream(lexer, offset, budget) }
}

fn table(mut lexer: Lexer<'_>, offset: usize, budget: &Budget) -> Result<Section, ReadError> {
    let mut entries = HashMap::new();
    lexer.skip()?;
    while !lexer.keyword(b"trailer") {
        let first = lexer.unsigned()?;
        lexer.skip()?;
        let count = lexer.unsigned()?;
        lexer.skip()?;
        for number in first..first.saturating_add(count) {
            budget.spend(5)?;
            if lexer.is_strict() && !is_row(lexer.bytes.get(lexer.at..).unwrap_or_default()) {
                return lexer.syntax("an entry of 20 bytes");
            }
            let at = lexer.unsigned()?;
            lexer.skip()?;
            let generation = lexer.unsigned()?;
            lexer.skip()?;
            let used = lexer.keyword(b"n");
            if !used && !lexer.keyword(b"f") {
                return lexer.syntax("n or f");
            }
            lexer.skip()?;
            let in_range = (u32::try_from(number), usize::try_from(at), u32::try_from(generation));
            let (Ok(number), Ok(at), Ok(generation)) = in_range else { return lexer.syntax("a smaller number") };
            let entry = if used && at > 0 { Entry::InFile { offset: at, generation } } else { Entry::Free };
            if entries.insert(number, entry).is_some() {
                return Err(ReadError::Xref("an object stands twice in one section"));
            }
            if entries.len() > Limits::OBJECTS {
                return Err(ReadError::Budget("objects"));
            }
        }
    }
    lexer.skip()?;
    let trailer = lexer.dictionary(0)?;
    let end = lexer.at;
    let mut hybrid = false;
    if let Some(beside) = trailer.value(b"XRefStm") {
        let at = beside.as_integer().and_then(|i| usize::try_from(i).ok()).ok_or(ReadError::Xref("/XRefStm"))?;
        hybrid = true;
        // §7.5.8.4: entries hidden from the table are looked up in the stream.
        for (number, entry) in stream(Lexer::new(lexer.bytes, at, budget), at, budget)?.entries {
            let slot = entries.entry(number).or_insert(entry);
            if *slot == Entry::Free {
                *slot = entry;
            }
        }
    }
    Ok(Section { offset, end, previous: previous(&trailer)?, trailer, entries, hybrid, stream: false })
}

/// §7.5.4: `nnnnnnnnnn ggggg n` and two bytes of end of line, right before the next entry or what follows the last.
fn is_row(rest: &[u8]) -> bool {
    let Some((row, after)) = rest.split_at_checked(20) else { return false };
    let [at @ .., b' ', g0, g1, g2, g3, g4, b' ', b'n' | b'f', first, second] = row else { return false };
    let digits = at.iter().chain([g0, g1, g2, g3, g4]).all(u8::is_ascii_digit);
    let ends = matches!((first, second), (b' ', b'\r' | b'\n') | (b'\r', b'\n'));
    digits && ends && after.first().is_some_and(|byte| !is_space(*byte))
}

fn previous(trailer: &Dictionary) -> Result<Option<usize>, ReadError> {
    match trailer.value(b"Prev") {
        // Some writers end the chain with 0, where no section can be.
        None | Some(Object::Integer(0)) => Ok(None),
        Some(Object::Integer(at)) => usize::try_from(*at).map(Some).map_err(|_| ReadError::Xref("/Prev is negative")),
        Some(_) => Err(ReadError::Xref("/Prev is not a number")),
    }
}

fn stream(mut lexer: Lexer<'_>, offset: usize, budget: &Budget) -> Result<Section, ReadError> {
    let header =
        lexer.object_header().map_err(|_| ReadError::Xref("no cross-reference section where one should be"))?;
    lexer.skip()?;
    let dictionary = lexer.dictionary(0)?;
    if !dictionary.is(b"Type", b"XRef") {
        return Err(ReadError::Xref("not a cross-reference stream"));
    }
    if dictionary.value(b"XRefStm").is_some() {
        return Err(ReadError::Xref("/XRefStm in a cross-reference stream"));
    }
    let length = dictionary.value(b"Length").and_then(Object::as_integer).and_then(|l| usize::try_from(l).ok());
    let data = stream_data(&mut lexer, length.ok_or(ReadError::Xref("/Length of a cross-reference stream"))?)?;
    let end = lexer.at;
    let stream = Stream { dictionary, data };
    let table = decode(lexer.bytes, &stream, budget)?;
    let integers = |key: &[u8]| -> Option<Vec<usize>> {
        let items = stream.dictionary.value(key)?.as_array()?;
        items.iter().map(|i| i.as_integer().and_then(|i| usize::try_from(i).ok())).collect()
    };
    let widths = integers(b"W").ok_or(ReadError::Xref("/W"))?;
    let [kind, second, third] = *widths.as_slice() else { return Err(ReadError::Xref("/W")) };
    let width = kind + second + third;
    // Readers give up at other widths than these.
    if kind > 4 || second > 8 || third > 4 || width == 0 {
        return Err(ReadError::Xref("/W"));
    }
    let size = stream.dictionary.value(b"Size").and_then(Object::as_integer).and_then(|i| usize::try_from(i).ok());
    let size = size.ok_or(ReadError::Xref("/Size"))?;
    let index = if stream.dictionary.value(b"Index").is_some() {
        integers(b"Index").ok_or(ReadError::Xref("/Index"))?
    } else {
        vec![0, size]
    };
    let mut entries = HashMap::new();
    let mut rows = table.chunks_exact(width);
    for pair in index.chunks(2) {
        let [first, count] = *pair else { return Err(ReadError::Xref("/Index")) };
        for number in first..first.saturating_add(count) {
            budget.spend(5)?;
            let row = rows.next().ok_or(ReadError::Xref("the cross-reference stream is short"))?;
            let (tag, rest) = row.split_at(kind);
            let (left, right) = rest.split_at(second);
            let number = u32::try_from(number).map_err(|_| ReadError::Xref("/Index"))?;
            let entry = match (if kind == 0 { 1 } else { big_endian(tag) }, big_endian(left), big_endian(right)) {
                (0, _, _) => Entry::Free,
                (1, at, generation) => Entry::InFile {
                    offset: usize::try_from(at).map_err(|_| ReadError::Xref("offset"))?,
                    generation: u32::try_from(generation).map_err(|_| ReadError::Xref("generation"))?,
                },
                (2, container, index) => Entry::InStream {
                    stream: u32::try_from(container).map_err(|_| ReadError::Xref("object stream"))?,
                    index: u32::try_from(index).map_err(|_| ReadError::Xref("index"))?,
                },
                _ => return Err(ReadError::Xref("unknown entry type")),
            };
            if entries.insert(number, entry).is_some() {
                return Err(ReadError::Xref("an object stands twice in one section"));
            }
            if entries.len() > Limits::OBJECTS {
                return Err(ReadError::Budget("objects"));
            }
        }
    }
    let Stream { dictionary: trailer, .. } = stream;
    let own = Entry::InFile { offset, generation: header.generation };
    // A stream may leave itself out; it is an object of its revision all the same.
    entries.entry(header.number).or_insert(own);
    Ok(Section { offset, end, previous: previous(&trailer)?, trailer, entries, hybrid: false, stream: true })
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// From `stream` to `endobj`: the range of the encoded data. Leaves the cursor after `endobj`.
pub(crate) fn stream_data(lexer: &mut Lexer<'_>, length: usize) -> Result<std::ops::Range<usize>, ReadError> {
    lexer.skip()?;
    if !lexer.looking_at(b"stream") {
        return lexer.syntax("stream");
    }
    lexer.at += 6;
    // §7.3.8.1: CR LF or LF, not CR alone.
    if lexer.looking_at(b"\r\n") {
        lexer.at += 2;
    } else if lexer.looking_at(b"\n") {
        lexer.at += 1;
    } else {
        return lexer.syntax("an end of line after stream");
    }
    let from = lexer.at;
    let to = from.checked_add(length).filter(|to| *to <= lexer.bytes.len());
    let Some(to) = to else { return lexer.syntax("stream data inside the file") };
    lexer.at = to;
    while lexer.peek().is_some_and(is_space) && lexer.at < to + 4 {
        lexer.at += 1;
    }
    if !lexer.keyword(b"endstream") {
        return lexer.syntax("endstream where /Length says");
    }
    lexer.skip()?;
    if !lexer.keyword(b"endobj") {
        return lexer.syntax("endobj");
    }
    Ok(from..to)
}
