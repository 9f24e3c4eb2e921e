//! The file as it stands: its newest trailer and where its objects are.
//!
//! Only what a change touches is read. Files with a classic cross-reference table are
//! taken, as our own are; every later revision keeps that kind.

use super::Error;
use super::syntax::{Dictionary, Reference, Scanner, array, reference, unsigned};

/// Cross-reference subsections read at most.
const MAX_SECTIONS: usize = 256;
/// Nodes of the page tree waiting at most.
const MAX_PAGE_NODES: usize = 20_000;
/// One line of the table (ISO 32000-1 §7.5.4).
const ENTRY_LENGTH: usize = 20;
/// Longest file taken, in bytes; offsets in it are well below ten digits (§7.5.4).
const MAX_LENGTH: usize = 256 << 20;

#[derive(Debug)]
struct Section<'a> {
    first: u32,
    count: u32,
    entries: &'a [u8],
}

/// A PDF to be appended to.
#[derive(Debug)]
pub(crate) struct Base<'a> {
    pub(super) bytes: &'a [u8],
    pub(crate) start_xref: usize,
    pub(crate) trailer: Dictionary<'a>,
    /// The lowest object number never used.
    pub(crate) size: u32,
    sections: Vec<Section<'a>>,
}

impl<'a> Base<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        if !bytes.starts_with(b"%PDF-") {
            return Err(Error::NotPdf);
        }
        if bytes.len() > MAX_LENGTH {
            return Err(Error::TooComplex { what: "length of the file" });
        }
        let start_xref = start_xref(bytes)?;
        let mut sections = Vec::new();
        let trailer = read_table(bytes, start_xref, &mut sections)?;
        let mut previous = trailer.raw("Prev").map(offset).transpose()?;
        let mut newer = start_xref;
        while let Some(at) = previous {
            // Each earlier table lies before the later one: no loop is possible.
            if at >= newer {
                return Err(Error::Malformed { what: "/Prev" });
            }
            let older = read_table(bytes, at, &mut sections)?;
            newer = at;
            previous = older.raw("Prev").map(offset).transpose()?;
        }
        let size = trailer
            .raw("Size")
            .and_then(unsigned)
            .and_then(|size| u32::try_from(size).ok())
            .filter(|size| (1..=8_388_607).contains(size)) // ISO 32000-1 annex C
            .ok_or(Error::Malformed { what: "/Size" })?;
        let base = Self { bytes, start_xref, trailer, size, sections };
        // An object at or above /Size would be shadowed by the first new one.
        if base.sections.iter().any(|section| section.first.saturating_add(section.count) > size) {
            return Err(Error::Malformed { what: "/Size" });
        }
        Ok(base)
    }

    /// The lines of the cross-reference table, from object 0 on, of a file that has one in one part.
    pub(crate) fn entries(&self) -> Result<impl Iterator<Item = &'a [u8]>, Error> {
        match self.sections.as_slice() {
            [only] if only.first == 0 && only.count == self.size => Ok(only.entries.chunks_exact(ENTRY_LENGTH)),
            _ => Err(Error::Unsupported { what: "cross-reference table in parts" }),
        }
    }

    /// Where each object begins that such a file has.
    pub(crate) fn objects(&self) -> Result<Vec<(usize, Reference)>, Error> {
        let mut objects = Vec::new();
        for (number, entry) in (0..).zip(self.entries()?) {
            let malformed = Error::Malformed { what: "cross-reference table" };
            let (at, generation, in_use) = parse_entry(entry).ok_or(malformed)?;
            if in_use {
                objects.push((at, Reference { number, generation }));
            }
        }
        Ok(objects)
    }

    /// The value of an object, as written.
    pub(crate) fn object(&self, wanted: Reference) -> Result<&'a [u8], Error> {
        self.scanner_at(wanted)?.value()
    }

    /// The data of a stream, if no filter changed them.
    pub(crate) fn plain_stream(&self, wanted: Reference) -> Result<Option<&'a [u8]>, Error> {
        const MALFORMED: Error = Error::Malformed { what: "stream" };
        let mut scanner = self.scanner_at(wanted)?;
        let dictionary = Dictionary::parse(scanner.value()?)?;
        let Some(length) = dictionary.raw("Length").and_then(unsigned) else { return Ok(None) };
        if dictionary.raw("Filter").is_some() || !scanner.keyword(b"stream") {
            return Ok(None);
        }
        // ISO 32000-1 §7.3.8.1: CR LF or LF follows the keyword.
        let rest = self.bytes.get(scanner.position()..).unwrap_or_default();
        let data = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).ok_or(MALFORMED)?;
        let length = usize::try_from(length).map_err(|_| MALFORMED)?;
        data.get(..length).map(Some).ok_or(MALFORMED)
    }

    /// A scanner before the value of an object.
    fn scanner_at(&self, wanted: Reference) -> Result<Scanner<'a>, Error> {
        let missing = Error::MissingObject { number: wanted.number };
        let entry = self.sections.iter().find_map(|section| {
            let index = wanted.number.checked_sub(section.first).filter(|index| *index < section.count)?;
            let start = usize::try_from(index).ok()?.checked_mul(ENTRY_LENGTH)?;
            section.entries.get(start..start.checked_add(ENTRY_LENGTH)?)
        });
        let Some((at, generation, true)) = entry.and_then(parse_entry) else { return Err(missing) };
        let mut scanner = Scanner::new(self.bytes, at);
        let number = scanner.unsigned();
        let found = scanner.unsigned();
        if generation != wanted.generation
            || number != Some(u64::from(wanted.number))
            || found != Some(u64::from(generation))
            || !scanner.keyword(b"obj")
        {
            return Err(missing);
        }
        Ok(scanner)
    }

    /// The dictionary of an object.
    pub(crate) fn dictionary(&self, wanted: Reference) -> Result<Dictionary<'a>, Error> {
        Dictionary::parse(self.object(wanted)?)
    }

    /// The document catalogue and its number.
    pub(super) fn catalog(&self) -> Result<(Reference, Dictionary<'a>), Error> {
        let root = self.trailer.raw("Root").and_then(reference).ok_or(Error::Malformed { what: "/Root" })?;
        Ok((root, self.dictionary(root)?))
    }

    /// The page with that index, from 0, and its number.
    pub(super) fn page(&self, catalog: &Dictionary<'a>, index: usize) -> Result<(Reference, Dictionary<'a>), Error> {
        let pages = catalog.raw("Pages").and_then(reference).ok_or(Error::Malformed { what: "/Pages" })?;
        let mut waiting = vec![pages];
        let mut leaves = 0;
        let mut read = 0;
        while let Some(node) = waiting.pop() {
            let raw = self.object(node)?;
            // Nodes that lie side by side are together no longer than the file: this ends loops.
            read += raw.len();
            if read > self.bytes.len() {
                return Err(Error::TooComplex { what: "page tree" });
            }
            let dictionary = Dictionary::parse(raw)?;
            if let Some(kids) = dictionary.raw("Kids") {
                for kid in array(kids)?.into_iter().rev() {
                    waiting.push(reference(kid).ok_or(Error::Malformed { what: "/Kids" })?);
                }
                if waiting.len() > MAX_PAGE_NODES {
                    return Err(Error::TooComplex { what: "page tree" });
                }
            } else if leaves == index {
                return Ok((node, dictionary));
            } else {
                leaves += 1;
            }
        }
        Err(Error::NoSuchPage { index })
    }
}

/// The offset after the last `startxref`, which must end the file (§7.5.5).
fn start_xref(bytes: &[u8]) -> Result<usize, Error> {
    const KEYWORD: &[u8] = b"startxref";
    let malformed = Error::Malformed { what: "end of file" };
    let tail_start = bytes.len().saturating_sub(128);
    let tail = bytes.get(tail_start..).unwrap_or_default();
    let found = tail.windows(KEYWORD.len()).rposition(|window| window == KEYWORD).ok_or(malformed.clone())?;
    let mut scanner = Scanner::new(tail, found + KEYWORD.len());
    let at = scanner.unsigned().ok_or(malformed.clone())?;
    let rest = tail.get(scanner.position()..).unwrap_or_default().trim_ascii();
    if rest != b"%%EOF" {
        return Err(malformed);
    }
    usize::try_from(at).map_err(|_| malformed)
}

/// Reads one table with its trailer; newer sections come first.
fn read_table<'a>(bytes: &'a [u8], at: usize, sections: &mut Vec<Section<'a>>) -> Result<Dictionary<'a>, Error> {
    let malformed = Error::Malformed { what: "cross-reference table" };
    let mut scanner = Scanner::new(bytes, at);
    if !scanner.keyword(b"xref") {
        // §7.5.8: a cross-reference stream is an indirect object.
        return Err(match scanner.unsigned() {
            Some(_) => Error::Unsupported { what: "cross-reference stream" },
            None => malformed,
        });
    }
    while !scanner.keyword(b"trailer") {
        if sections.len() >= MAX_SECTIONS {
            return Err(Error::TooComplex { what: "cross-reference subsections" });
        }
        let first = scanner.unsigned().and_then(|first| u32::try_from(first).ok());
        let count = scanner.unsigned().and_then(|count| u32::try_from(count).ok());
        let (Some(first), Some(count)) = (first, count) else { return Err(malformed) };
        scanner.skip_space();
        let start = scanner.position();
        let end = usize::try_from(count).ok().and_then(|count| count.checked_mul(ENTRY_LENGTH)?.checked_add(start));
        let entries = end.and_then(|end| bytes.get(start..end)).ok_or(malformed.clone())?;
        sections.push(Section { first, count, entries });
        scanner = Scanner::new(bytes, start + entries.len());
    }
    let trailer = Dictionary::parse(scanner.value()?)?;
    if trailer.raw("Encrypt").is_some() {
        return Err(Error::Encrypted);
    }
    if trailer.raw("XRefStm").is_some() {
        return Err(Error::Unsupported { what: "hybrid cross-reference" });
    }
    Ok(trailer)
}

/// Offset, generation and whether the object is in use.
fn parse_entry(entry: &[u8]) -> Option<(usize, u16, bool)> {
    let text = std::str::from_utf8(entry).ok()?;
    let at = text.get(0..10)?.parse().ok()?;
    let generation = text.get(11..16)?.parse().ok()?;
    Some((at, generation, text.get(17..18)? == "n"))
}

fn offset(raw: &[u8]) -> Result<usize, Error> {
    unsigned(raw).and_then(|at| usize::try_from(at).ok()).ok_or(Error::Malformed { what: "/Prev" })
}
