//! How often each object is referred to, from revision to revision.

use std::collections::{HashMap, HashSet};

use super::{Document, Entry, Object, ReadError, Reference, View};

/// References to each object from the trailer and the objects in use of one revision.
#[derive(Debug)]
pub(crate) struct ReferenceCounts {
    counts: HashMap<u32, u32>,
    /// Offsets of the cross-reference streams: their dictionaries are trailers, of whose `/Root` and `/Info` those
    /// of one count at a time.
    sections: HashSet<usize>,
}

impl ReferenceCounts {
    /// Counted object by object.
    ///
    /// # Errors
    /// [`ReadError`] if an object is malformed: what cannot be read may refer to anything.
    pub(crate) fn of(view: View<'_, '_>) -> Result<Self, ReadError> {
        let streams = view.document.sections.iter().filter(|section| section.stream);
        let mut all = Self { counts: HashMap::new(), sections: streams.map(|section| section.offset).collect() };
        for (_, value) in view.trailer()?.iter() {
            all.add(value);
        }
        for number in view.numbers() {
            let values = all.object(view, number)?;
            values.iter().for_each(|value| all.add(value));
        }
        Ok(all)
    }

    /// How often the object is referred to.
    pub(crate) fn count(&self, number: u32) -> u32 {
        self.counts.get(&number).copied().unwrap_or(0)
    }

    /// From the revision before section `newest` to the one with it: only what that section lists is read.
    ///
    /// # Errors
    /// [`ReadError`] if an object is malformed.
    pub(crate) fn advance(&mut self, document: &Document<'_>, newest: usize) -> Result<(), ReadError> {
        let (old, new) = (document.view(newest + 1), document.view(newest));
        let section = document.sections.get(newest).ok_or(ReadError::Missing("section"))?;
        for (_, value) in old.trailer()?.iter() {
            self.take(value);
        }
        for (_, value) in new.trailer()?.iter() {
            self.add(value);
        }
        for number in section.entries.keys() {
            let (before, after) = (self.object(old, *number)?, self.object(new, *number)?);
            before.iter().for_each(|value| self.take(value));
            after.iter().for_each(|value| self.add(value));
        }
        Ok(())
    }

    /// The object's values that may refer to others.
    fn object(&self, view: View<'_, '_>, number: u32) -> Result<Vec<Object>, ReadError> {
        let entry = view.entry(number);
        if matches!(entry, None | Some(Entry::Free)) {
            return Ok(Vec::new());
        }
        let object = view.numbered(number)?;
        match (entry, object.as_dictionary()) {
            (Some(Entry::InFile { offset, .. }), Some(trailer)) if self.sections.contains(&offset) => {
                let own = trailer.iter().filter(|(key, _)| !matches!(*key, b"Root" | b"Info"));
                Ok(own.map(|(_, value)| value.clone()).collect())
            }
            _ => Ok(vec![(*object).clone()]),
        }
    }

    fn add(&mut self, value: &Object) {
        value.references(&mut |reference: Reference| *self.counts.entry(reference.number).or_insert(0) += 1);
    }

    fn take(&mut self, value: &Object) {
        value.references(&mut |reference: Reference| {
            if let Some(count) = self.counts.get_mut(&reference.number) {
                *count = count.saturating_sub(1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends objects and a section for them; an empty body frees the object.
    fn section(file: &mut String, objects: &[(u32, &str)], previous: &str) {
        let mut table = "xref\n".to_owned();
        for (number, body) in objects {
            if body.is_empty() {
                table.push_str(&format!("{number} 1\n0000000000 00001 f \n"));
                continue;
            }
            table.push_str(&format!("{number} 1\n{:010} 00000 n \n", file.len()));
            file.push_str(&format!("{number} 0 obj\n{body}\nendobj\n"));
        }
        let at = file.len();
        file.push_str(&format!("{table}trailer\n<</Size 20{previous}>>\nstartxref\n{at}\n%%EOF\n"));
    }

    #[test]
    fn counts_carried_forward_are_those_counted_anew() {
        let mut file = "%PDF-1.7\n".to_owned();
        let catalog = "<</Type/Catalog/Pages 2 0 R/Names[3 0 R 3 0 R]>>";
        section(&mut file, &[(1, catalog), (2, "[1 0 R]"), (3, "[2 0 R 4 0 R]"), (4, "4")], "/Root 1 0 R/Info 4 0 R");
        for objects in [
            [(3, "[4 0 R 4 0 R]"), (5, "<</A 3 0 R>>")],
            [(5, ""), (4, "[5 0 R]")],
            [(5, "[5 0 R 1 0 R]"), (6, "6 0 R")],
        ] {
            let before = file.rfind("startxref\n").and_then(|at| file.get(at + 10..)).and_then(|s| s.lines().next());
            let trailer = format!("/Root 1 0 R/Prev {}", before.unwrap_or_default());
            section(&mut file, &objects, &trailer);
        }
        let document = Document::open(file.as_bytes()).expect("it is well-formed");
        assert_eq!(document.sections.len(), 4);
        let mut counts = ReferenceCounts::of(document.view(3)).expect("it can be read");
        for newest in (0..3).rev() {
            counts.advance(&document, newest).expect("it can be read");
            let anew = ReferenceCounts::of(document.view(newest)).expect("it can be read");
            for number in 0..20 {
                assert_eq!(counts.count(number), anew.count(number), "object {number} in section {newest}");
            }
        }
        assert_eq!((counts.count(4), counts.count(5), counts.count(6)), (2, 2, 1));
    }
}
