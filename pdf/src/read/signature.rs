//! Signature dictionaries, reached through the form, with their exact bytes (ISO 32000-2 §12.8).

use std::collections::HashMap;
use std::ops::Range;

use super::lexer::{Lexer, hex};
use super::structure::text_string;
use super::{Dictionary, Document, Entry, Field, Limits, Object, ReadError, Reference, View};

/// What is wrong with the form of a signature dictionary. Any one of them means that nothing is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureDefect {
    /// `/V` is not a reference to a dictionary that stands in the file itself.
    #[error("the signature value is not an indirect dictionary")]
    NotIndirect,
    /// `/ByteRange` is missing or not four integers.
    #[error("/ByteRange is missing or malformed")]
    ByteRange,
    /// `/Contents` is missing, empty or not a hexadecimal string.
    #[error("/Contents is missing, empty or not a hexadecimal string")]
    Contents,
    /// The gap is not exactly the `/Contents` string.
    #[error("/ByteRange does not leave out exactly the /Contents string")]
    Gap,
    /// The range does not end where a revision ends, or leaves the file.
    #[error("/ByteRange does not end where a revision of the file ends")]
    RevisionEnd,
    /// The revision that the range covers does not have this signature.
    #[error("the signature is not part of the revision it covers")]
    OutsideRevision,
    /// Two fields have the same signature.
    #[error("several fields refer to one signature")]
    Shared,
}

/// A signature or document time-stamp as the form shows it.
#[derive(Debug, Clone)]
pub struct SignatureEntry {
    /// Fully qualified field name.
    pub field: String,
    /// The field.
    pub field_object: Reference,
    /// The signature dictionary object, if indirect.
    pub object: Option<Reference>,
    /// The dictionary; empty if it could not be read.
    pub dictionary: Dictionary,
    /// Exact bytes, or what is wrong.
    pub range: Result<SignedRange, SignatureDefect>,
}

/// The bytes a signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRange {
    /// Offsets of the `/Contents` string, `<` and `>` included.
    pub gap: Range<usize>,
    /// Where the covered revision ends.
    pub end: usize,
    /// The section of that revision: index in the document, 0 = newest.
    pub section: usize,
    /// Decoded `/Contents`, padding included.
    pub contents: Vec<u8>,
}

impl SignedRange {
    /// The signed bytes, in two parts.
    #[must_use]
    pub fn parts<'a>(&self, file: &'a [u8]) -> [&'a [u8]; 2] {
        [file.get(..self.gap.start).unwrap_or_default(), file.get(self.gap.end..self.end).unwrap_or_default()]
    }
}

impl SignatureEntry {
    /// Whether this is a document time-stamp (§12.8.5).
    #[must_use]
    pub fn is_time_stamp(&self) -> bool {
        self.dictionary.is(b"Type", b"DocTimeStamp") || self.dictionary.is(b"SubFilter", b"ETSI.RFC3161")
    }

    /// A text entry such as `/M` or `/Reason`.
    #[must_use]
    pub fn text(&self, key: &[u8]) -> Option<String> {
        self.dictionary.value(key)?.as_string().map(text_string)
    }

    /// `/P` of the DocMDP transform (§12.8.2.2), 2 if left out; `None` if this signature certifies nothing.
    #[must_use]
    pub fn permission(&self, view: View<'_, '_>) -> Option<i64> {
        let references = view.resolve(self.dictionary.value(b"Reference")?).ok()?;
        references.as_array()?.iter().find_map(|item| {
            let item = view.resolve(item).ok()?;
            let item = item.as_dictionary()?;
            if !item.is(b"TransformMethod", b"DocMDP") {
                return None;
            }
            let parameters = item.value(b"TransformParams").and_then(|p| view.resolve(p).ok());
            let level = parameters.as_ref().and_then(|p| p.as_dictionary()).and_then(|p| p.value(b"P"));
            Some(level.and_then(Object::as_integer).unwrap_or(2))
        })
    }
}

impl Document<'_> {
    /// All signed signature fields, in the order of their signatures in the file.
    ///
    /// # Errors
    /// [`ReadError`] if the form cannot be read.
    pub fn signatures(&self) -> Result<Vec<SignatureEntry>, ReadError> {
        let view = self.current();
        let mut entries = Vec::new();
        let mut owners: HashMap<Reference, usize> = HashMap::new();
        for field in view.fields()?.values().filter(|f| f.kind == b"Sig") {
            let Some(value) = field.dictionary.value(b"V") else { continue };
            if entries.len() >= Limits::SIGNATURES {
                return Err(ReadError::Budget("signatures"));
            }
            let object = value.as_reference();
            if let Some(reference) = object {
                *owners.entry(reference).or_insert(0) += 1;
            }
            entries.push(self.entry_of(view, field, object)?);
        }
        for entry in &mut entries {
            if entry.object.is_some_and(|o| owners.get(&o).is_some_and(|n| *n > 1)) {
                entry.range = Err(SignatureDefect::Shared);
            }
        }
        entries.sort_by_key(|e| e.range.as_ref().map_or(usize::MAX, |r| r.end));
        Ok(entries)
    }

    /// Objects that look like signatures but that no signature field refers to.
    ///
    /// # Errors
    /// [`ReadError`] if an object is malformed.
    pub fn stray_signatures(&self, known: &[SignatureEntry]) -> Result<Vec<u32>, ReadError> {
        let view = self.current();
        let mut strays = Vec::new();
        for number in view.numbers() {
            if known.iter().any(|k| k.object.is_some_and(|o| o.number == number)) {
                continue;
            }
            let object = view.numbered(number)?;
            let Object::Dictionary(dictionary) = &*object else { continue };
            if dictionary.value(b"ByteRange").is_some() {
                strays.push(number);
            }
        }
        Ok(strays)
    }

    fn entry_of(
        &self,
        view: View<'_, '_>,
        field: &Field,
        object: Option<Reference>,
    ) -> Result<SignatureEntry, ReadError> {
        let mut entry = SignatureEntry {
            field: field.name.clone(),
            field_object: field.reference,
            object,
            dictionary: Dictionary::default(),
            range: Err(SignatureDefect::NotIndirect),
        };
        let Some(reference) = object else { return Ok(entry) };
        if let Object::Dictionary(dictionary) = &*view.object(reference)? {
            entry.dictionary = dictionary.clone();
        } else {
            return Ok(entry);
        }
        let Some(Entry::InFile { offset, .. }) = view.entry(reference.number) else { return Ok(entry) };
        entry.range = self.range(offset, &entry.dictionary, field, reference);
        Ok(entry)
    }

    fn range(
        &self,
        offset: usize,
        dictionary: &Dictionary,
        field: &Field,
        object: Reference,
    ) -> Result<SignedRange, SignatureDefect> {
        let numbers: Option<Vec<usize>> = dictionary
            .value(b"ByteRange")
            .and_then(Object::as_array)
            .and_then(|a| a.iter().map(|i| i.as_integer().and_then(|i| usize::try_from(i).ok())).collect());
        let Some([first, before, after, length]) = numbers.as_deref().and_then(|n| <[usize; 4]>::try_from(n).ok())
        else {
            return Err(SignatureDefect::ByteRange);
        };
        if first != 0 {
            return Err(SignatureDefect::ByteRange);
        }
        let end = after.checked_add(length).filter(|e| *e <= self.bytes.len()).ok_or(SignatureDefect::RevisionEnd)?;
        let gap = self.contents_span(offset).ok_or(SignatureDefect::Contents)?;
        let inner = self.bytes.get(gap.start + 1..gap.end.saturating_sub(1)).ok_or(SignatureDefect::Contents)?;
        // Only digits: white space inside the string would be bytes that nobody signed.
        if inner.is_empty() || inner.len() % 2 != 0 || !inner.iter().all(|b| hex(*b).is_some()) {
            return Err(SignatureDefect::Contents);
        }
        if gap != (before..after) {
            return Err(SignatureDefect::Gap);
        }
        let contents =
            dictionary.value(b"Contents").and_then(Object::as_string).ok_or(SignatureDefect::Contents)?.to_vec();
        if contents.iter().all(|b| *b == 0) {
            return Err(SignatureDefect::Contents);
        }
        let section = self.section_ending_at(end).ok_or(SignatureDefect::RevisionEnd)?;
        let newer = self.sections.iter().take(section).all(|s| s.offset >= end);
        let older = self.sections.iter().skip(section).all(|s| s.end <= end);
        let beyond = |entry: &Entry| matches!(entry, Entry::InFile { offset, .. } if *offset >= end);
        let within = self.sections.iter().skip(section).all(|s| !s.entries.values().any(beyond));
        if !newer || !older || !within {
            return Err(SignatureDefect::RevisionEnd);
        }
        let signed = self.view(section);
        let there = signed.fields().ok().and_then(|f| f.get(&field.reference.number).cloned());
        let same_field = there.is_some_and(|f| f.dictionary.value(b"V").and_then(Object::as_reference) == Some(object));
        if !same_field || signed.entry(object.number) != self.current().entry(object.number) || offset >= gap.start {
            return Err(SignatureDefect::OutsideRevision);
        }
        Ok(SignedRange { gap, end, section, contents })
    }

    /// Where the hexadecimal string of `/Contents` stands in the dictionary of the object at `offset`.
    fn contents_span(&self, offset: usize) -> Option<Range<usize>> {
        let mut lexer = Lexer::new(self.bytes, offset, &self.budget);
        lexer.object_header().ok()?;
        lexer.skip().ok()?;
        let mut span = None;
        lexer
            .dictionary_spans(0, &mut |key, from, to| {
                if key == b"Contents" {
                    span = Some(from..to);
                }
            })
            .ok()?;
        span.filter(|s: &Range<usize>| {
            self.bytes.get(s.start) == Some(&b'<') && self.bytes.get(s.start + 1) != Some(&b'<')
        })
    }
}
