//! Writes one incremental update (ISO 32000-1 §7.5.6): new bytes only after the old ones.

use super::Error;
use super::base::Base;
use super::place::{Place, Unsigned};
use super::syntax::Reference;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// Ten digits each, as offsets in the cross-reference table.
const BYTE_RANGE_WIDTH: usize = 1 + 4 * 11 + 1;

/// Where the two values stand that are known later.
#[derive(Debug, Clone)]
struct Later {
    byte_range: usize,
    contents: Range<usize>,
}

/// An incremental update being written.
#[derive(Debug)]
pub(super) struct Revision<'a> {
    base: &'a Base<'a>,
    bytes: Vec<u8>,
    offsets: BTreeMap<Reference, usize>,
    next: u32,
    later: Option<Later>,
}

impl<'a> Revision<'a> {
    /// Begins after the bytes of `base`; `room` is how many bytes are expected to follow.
    pub(super) fn new(base: &'a Base<'a>, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(base.bytes.len() + room);
        bytes.extend_from_slice(base.bytes);
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        Self { base, bytes, offsets: BTreeMap::new(), next: base.size, later: None }
    }

    /// A number for a new object.
    pub(super) fn allocate(&mut self) -> Reference {
        let number = self.next;
        self.next += 1;
        Reference { number, generation: 0 }
    }

    fn open(&mut self, object: Reference) {
        self.offsets.insert(object, self.bytes.len());
        self.bytes.extend_from_slice(format!("{} {} obj\n", object.number, object.generation).as_bytes());
    }

    /// Writes an object.
    pub(super) fn write(&mut self, object: Reference, value: &[u8]) {
        self.open(object);
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\nendobj\n\n");
    }

    /// Writes a stream whose dictionary says `entries` besides its length.
    pub(super) fn write_stream(&mut self, object: Reference, entries: &str, data: &[u8]) {
        self.open(object);
        self.bytes.extend_from_slice(format!("<< /Length {}{entries} >>\nstream\n", data.len()).as_bytes());
        self.bytes.extend_from_slice(data);
        self.bytes.extend_from_slice(b"\nendstream\nendobj\n\n");
    }

    /// Writes the dictionary of a signature or time-stamp: `entries`, and an empty place of `capacity`
    /// bytes of DER. A revision has one.
    pub(super) fn write_with_place(&mut self, object: Reference, entries: &[u8], capacity: usize) {
        self.open(object);
        self.bytes.extend_from_slice(b"<<\n");
        self.bytes.extend_from_slice(entries);
        self.bytes.extend_from_slice(b"  /ByteRange ");
        let byte_range = self.bytes.len();
        self.bytes.resize(byte_range + BYTE_RANGE_WIDTH, b' ');
        self.bytes.extend_from_slice(b"\n  /Contents ");
        let contents = self.bytes.len()..self.bytes.len() + capacity * 2 + 2;
        self.bytes.push(b'<');
        self.bytes.resize(contents.end - 1, b'0');
        self.bytes.extend_from_slice(b">\n>>\nendobj\n\n");
        self.later = Some(Later { byte_range, contents });
    }

    /// Ends a revision with a place, and writes what it covers.
    pub(super) fn finish(mut self) -> Result<Unsigned, Error> {
        let later = self.later.take().ok_or(Error::Malformed { what: "revision without a signature" })?;
        let mut bytes = self.end(later.contents.clone())?;
        let place = Place::new(later.contents.start, later.contents.end, bytes.len());
        let written = place.byte_range().map(|part| part.to_string()).join(" ");
        let range = format!("[{written}]{:width$}", "", width = BYTE_RANGE_WIDTH.saturating_sub(written.len() + 2));
        bytes
            .get_mut(later.byte_range..later.byte_range + range.len())
            .filter(|_| range.len() == BYTE_RANGE_WIDTH)
            .ok_or(Error::TooComplex { what: "length of the file" })?
            .copy_from_slice(range.as_bytes());
        Ok(Unsigned { bytes, place })
    }

    /// Ends a revision without one.
    pub(super) fn finish_plain(self) -> Result<Vec<u8>, Error> {
        let end = self.bytes.len();
        self.end(end..end)
    }

    /// Writes the cross-reference table and the trailer. What `silent` covers does not name the revision: the zeros
    /// of the place say nothing.
    fn end(mut self, silent: Range<usize>) -> Result<Vec<u8>, Error> {
        let start_xref = self.bytes.len();
        let parts = [self.base.bytes.len()..silent.start, silent.end..start_xref];
        let parts = parts.map(|part| self.bytes.get(part).unwrap_or_default());
        let identifier = file_identifier(self.base, parts)?;
        self.bytes.extend_from_slice(b"xref\n");
        let entries: Vec<(Reference, usize)> = self.offsets.into_iter().collect();
        for run in entries.chunk_by(|(left, _), (right, _)| left.number + 1 == right.number) {
            let first = run.first().map_or(0, |(object, _)| object.number);
            self.bytes.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
            for (object, offset) in run {
                self.bytes.extend_from_slice(format!("{offset:010} {:05} n\r\n", object.generation).as_bytes());
            }
        }
        let mut trailer = self.base.trailer.clone();
        trailer.set("Size", self.next.to_string());
        trailer.set("Prev", self.base.start_xref.to_string());
        trailer.set("ID", identifier);
        self.bytes.extend_from_slice(b"trailer\n");
        self.bytes.extend_from_slice(&trailer.to_bytes());
        self.bytes.extend_from_slice(format!("\nstartxref\n{start_xref}\n%%EOF\n").as_bytes());
        Ok(self.bytes)
    }
}

/// The first half stays for ever, the second names this revision (§14.4): a digest of what
/// it was and what was added, so that the same change gives the same bytes.
fn file_identifier(base: &Base<'_>, appended: [&[u8]; 2]) -> Result<Vec<u8>, Error> {
    let Some(raw) = base.trailer.raw("ID") else {
        return Err(Error::Malformed { what: "/ID" }); // ISO 19005-3 §6.1.3 demands one
    };
    let parts = super::syntax::array(raw)?;
    let [permanent, changing] = parts.as_slice() else { return Err(Error::Malformed { what: "/ID" }) };
    let [before, after] = appended;
    let digest = Sha256::new().chain_update(changing).chain_update(before).chain_update(after).finalize();
    let changing: String = digest.iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    Ok([b"[", *permanent, b" <", changing.as_bytes(), b">]"].concat())
}
