//! Two neighbouring revisions side by side: the information dictionary and the XMP.

use super::comparison::Comparison;
use super::{Change, Dictionary, Object, ReadError, View};

impl Comparison<'_, '_> {
    pub(crate) fn information(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<(), ReadError> {
        let resolve = |view: View<'_, '_>, value: Option<&Object>| -> Result<Dictionary, ReadError> {
            let value = value.map(|v| view.resolve(v)).transpose()?;
            Ok(value.and_then(|v| v.as_dictionary().cloned()).unwrap_or_default())
        };
        let (old, new) = (resolve(self.old, before)?, resolve(self.new, after)?);
        let flat = new.iter().all(|(_, v)| matches!(v, Object::String(_) | Object::Name(_)));
        if let Some(reference) = after.and_then(Object::as_reference).filter(|r| flat && self.owns(before, *r)) {
            self.explained.insert(reference.number);
        }
        let small = flat && old.same_except(&new, &[b"ModDate", b"Producer"]);
        self.push(if small { Change::Metadata } else { Change::Information });
        Ok(())
    }

    pub(crate) fn metadata(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<bool, ReadError> {
        let Some(after) = after.and_then(Object::as_reference) else { return Ok(before.is_none() && after.is_none()) };
        let touched = self.modified.contains_key(&after.number) || self.added.contains_key(&after.number);
        if !touched {
            return Ok(before.and_then(Object::as_reference) == Some(after));
        }
        let xmp = |view: View<'_, '_>, value: Option<&Object>| -> Result<Option<Vec<u8>>, ReadError> {
            let Some(value) = value else { return Ok(None) };
            let value = view.resolve(value)?;
            let Object::Stream(stream) = &*value else { return Ok(None) };
            let known = stream
                .dictionary
                .iter()
                .all(|(k, _)| matches!(k, b"Type" | b"Subtype" | b"Length" | b"Filter" | b"DecodeParms"));
            let xml = known && stream.dictionary.is(b"Type", b"Metadata") && stream.dictionary.is(b"Subtype", b"XML");
            Ok(if xml { Some(view.decode(stream)?) } else { None })
        };
        let (old, new) = (xmp(self.old, before)?, xmp(self.new, Some(&Object::Reference(after)))?);
        let Some(new) = new else { return Ok(false) };
        if !self.owns(before, after) {
            return Ok(false);
        }
        self.explained.insert(after.number);
        let small = old.is_some_and(|old| undated(&old) == undated(&new));
        self.push(if small { Change::Metadata } else { Change::Information });
        Ok(true)
    }
}

/// XMP without the values that every update may change: dates of modification, producer, toolkit.
///
/// Only a plain value is left out: one that holds markup could hide another property behind it.
fn undated(xmp: &[u8]) -> Vec<u8> {
    const MOST: usize = 256;
    let mut text = xmp.to_vec();
    // Comments and CDATA hold what looks like properties.
    if text.windows(2).any(|window| window == b"<!") {
        return text;
    }
    for (open, close) in [
        ("xmp:ModifyDate=\"", b'"'),
        ("xmp:MetadataDate=\"", b'"'),
        ("pdf:Producer=\"", b'"'),
        ("x:xmptk=\"", b'"'),
        ("<xmp:ModifyDate>", b'<'),
        ("<xmp:MetadataDate>", b'<'),
        ("<pdf:Producer>", b'<'),
    ] {
        let found = text.windows(open.len()).position(|window| window == open.as_bytes());
        let Some(start) = found.filter(|at| is_markup(&text, *at)).map(|at| at + open.len()) else { continue };
        let value = text.get(start..).unwrap_or_default().iter().take(MOST);
        let length = value.take_while(|byte| !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'=' | b'&')).count();
        if text.get(start + length) == Some(&close) {
            text.drain(start..start + length);
        }
    }
    text
}

/// Whether what begins at `at` is a tag, or an attribute inside a tag and outside other attributes' values.
fn is_markup(xmp: &[u8], at: usize) -> bool {
    if xmp.get(at) == Some(&b'<') {
        return true;
    }
    let before = xmp.get(..at).unwrap_or_default();
    let tag = before.iter().rposition(|byte| *byte == b'<').and_then(|start| before.get(start..)).unwrap_or_default();
    let count = |wanted: u8| tag.iter().filter(|byte| **byte == wanted).count();
    tag.last().is_some_and(u8::is_ascii_whitespace) && !tag.contains(&b'>') && count(b'"') % 2 == 0 && count(b'\'') == 0
}
