//! Writes one incremental update (ISO 32000-1 §7.5.6): new bytes only after the old ones.

use super::Error;
use super::base::Base;
use super::syntax::Reference;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An incremental update being written.
#[derive(Debug)]
pub(super) struct Revision<'a> {
    base: &'a Base<'a>,
    bytes: Vec<u8>,
    offsets: BTreeMap<Reference, usize>,
    next: u32,
}

impl<'a> Revision<'a> {
    /// Begins after the bytes of `base`; `room` is how many bytes are expected to follow.
    pub(super) fn new(base: &'a Base<'a>, room: usize) -> Self {
        let mut bytes = Vec::with_capacity(base.bytes.len() + room);
        bytes.extend_from_slice(base.bytes);
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        Self { base, bytes, offsets: BTreeMap::new(), next: base.size }
    }

    /// A number for a new object.
    pub(super) fn allocate(&mut self) -> Reference {
        let number = self.next;
        self.next += 1;
        Reference { number, generation: 0 }
    }

    /// Writes an object and answers where its value begins.
    pub(super) fn write(&mut self, object: Reference, value: &[u8]) -> usize {
        self.offsets.insert(object, self.bytes.len());
        self.bytes.extend_from_slice(format!("{} {} obj\n", object.number, object.generation).as_bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\nendobj\n\n");
        start
    }

    /// Writes the cross-reference table and the trailer.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, Error> {
        let start_xref = self.bytes.len();
        let appended = self.bytes.get(self.base.bytes.len()..).unwrap_or_default();
        let identifier = file_identifier(self.base, appended)?;
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
fn file_identifier(base: &Base<'_>, appended: &[u8]) -> Result<Vec<u8>, Error> {
    let Some(raw) = base.trailer.raw("ID") else {
        return Err(Error::Malformed { what: "/ID" }); // ISO 19005-3 §6.1.3 demands one
    };
    let parts = super::syntax::array(raw)?;
    let [permanent, changing] = parts.as_slice() else { return Err(Error::Malformed { what: "/ID" }) };
    let digest = Sha256::new().chain_update(changing).chain_update(appended).finalize();
    let changing: String = digest.iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    Ok([b"[", *permanent, b" <", changing.as_bytes(), b">]"].concat())
}
