//! What an incremental update did, object by object, and how much that matters to an earlier signature.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::change_dss::DssWalk;
use super::structure::Field;
use super::{Dictionary, Document, Entry, Object, ReadError, Reference, View};

/// One thing that an update did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Validation material added (ISO 32000-2 §12.8.4.3).
    Dss,
    /// A document time-stamp with an empty rectangle added.
    DocumentTimeStamp {
        /// Field name.
        field: String,
    },
    /// Modification date, producer or XMP of the same kind changed.
    Metadata,
    /// Catalog entries that show nothing: `/Extensions`, `/Version`.
    Extensions,
    /// Other entries of the information dictionary or the XMP changed.
    Information,
    /// Another signature added or an empty signature field signed.
    Signature {
        /// Field name.
        field: String,
    },
    /// A form field's value or appearance changed.
    FormFilled {
        /// Field name.
        field: String,
    },
    /// Defaults of the form changed (`/DA`, `/DR`, `/NeedAppearances`).
    FormDefaults,
    /// An annotation added, changed or removed.
    Annotation {
        /// Page or annotation object.
        object: u32,
    },
    /// An object added that nothing refers to.
    Unreferenced {
        /// Object number.
        object: u32,
    },
    /// A signature field added without a signature.
    EmptySignatureField {
        /// Field object.
        object: u32,
    },
    /// A catalog entry changed that must not.
    Catalog {
        /// The key.
        key: String,
    },
    /// An entry of the form changed that must not.
    Form {
        /// The key.
        key: String,
    },
    /// A page changed.
    Page {
        /// Page object.
        object: u32,
    },
    /// An object freed.
    Freed {
        /// Object number.
        object: u32,
    },
    /// A new object to which signed content already referred.
    Redefined {
        /// Object number.
        object: u32,
    },
    /// Any other object changed.
    Object {
        /// Object number.
        object: u32,
    },
    /// A trailer entry changed that must not.
    Trailer {
        /// The key.
        key: String,
    },
}

/// What a change means for a signature made before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Belongs to keeping the signature verifiable.
    Allowed,
    /// May be lawful; what the document says now is not what was signed.
    Unassessed,
    /// Not allowed after any signature.
    Forbidden,
}

impl Change {
    /// The severity under a DocMDP permission (`None`: no certification).
    #[must_use]
    pub const fn severity(&self, permission: Option<i64>) -> Severity {
        match self {
            Self::Dss | Self::DocumentTimeStamp { .. } | Self::Metadata | Self::Extensions => Severity::Allowed,
            Self::Information | Self::Unreferenced { .. } => Severity::Unassessed,
            Self::Signature { .. } | Self::FormFilled { .. } | Self::FormDefaults => match permission {
                None | Some(2 | 3) => Severity::Unassessed,
                Some(_) => Severity::Forbidden,
            },
            Self::Annotation { .. } => match permission {
                None | Some(3) => Severity::Unassessed,
                Some(_) => Severity::Forbidden,
            },
            _ => Severity::Forbidden,
        }
    }
}

impl Document<'_> {
    /// All changes made by the sections newer than `signed`, oldest first.
    ///
    /// # Errors
    /// [`ReadError`] if some object of the document cannot be read.
    pub fn changes_since(&self, signed: usize) -> Result<Vec<Change>, ReadError> {
        let mut changes = Vec::new();
        for newest in (0..signed).rev() {
            changes.extend(self.changes_in(newest)?);
        }
        Ok(changes)
    }

    /// The changes that section `newest` made to the revision before it.
    ///
    /// # Errors
    /// [`ReadError`] if some object of the document cannot be read.
    pub fn changes_in(&self, newest: usize) -> Result<Vec<Change>, ReadError> {
        let (old, new) = (self.view(newest + 1), self.view(newest));
        let mut comparison = Comparison {
            old,
            new,
            counts: old.reference_counts()?,
            modified: BTreeMap::new(),
            added: BTreeMap::new(),
            explained: HashSet::new(),
            changes: Vec::new(),
        };
        comparison.sort_objects(newest)?;
        comparison.trailer()?;
        comparison.catalog()?;
        comparison.pages()?;
        comparison.fields()?;
        comparison.rest();
        Ok(comparison.changes)
    }

    /// Equal objects: streams by their encoded bytes.
    fn same(&self, a: &Object, b: &Object) -> bool {
        match (a, b) {
            (Object::Stream(x), Object::Stream(y)) => {
                x.dictionary.same_except(&y.dictionary, &[])
                    && self.bytes.get(x.data.clone()) == self.bytes.get(y.data.clone())
            }
            _ => a.same(b),
        }
    }
}

struct Comparison<'d, 'a> {
    old: View<'d, 'a>,
    new: View<'d, 'a>,
    /// References to each object in the old revision.
    counts: HashMap<u32, u32>,
    /// Objects of the old revision whose value changed: old and new value.
    modified: BTreeMap<u32, (Object, Object)>,
    added: BTreeMap<u32, Object>,
    /// Objects some listed change accounts for.
    explained: HashSet<u32>,
    changes: Vec<Change>,
}

impl Comparison<'_, '_> {
    fn push(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    fn sort_objects(&mut self, newest: usize) -> Result<(), ReadError> {
        let document = self.new.document;
        let section = document.sections.get(newest).ok_or(ReadError::Missing("section"))?;
        let mut numbers: Vec<u32> = section.entries.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            let before = self.old.entry(number).filter(|e| *e != Entry::Free);
            let Some(after) = self.new.entry(number).filter(|e| *e != Entry::Free) else {
                if before.is_some() {
                    self.push(Change::Freed { object: number });
                }
                continue;
            };
            let value = (*self.new.numbered(number)?).clone();
            if before.is_none() {
                if self.counts.contains_key(&number) {
                    self.push(Change::Redefined { object: number });
                }
                let structural = matches!(after, Entry::InFile { offset, .. } if offset == section.offset)
                    || value.as_dictionary().is_some_and(|d| d.is(b"Type", b"ObjStm"));
                if structural {
                    self.explained.insert(number);
                }
                self.added.insert(number, value);
                continue;
            }
            let earlier = (*self.old.numbered(number)?).clone();
            let generation = |e| if let Some(Entry::InFile { generation, .. }) = e { generation } else { 0 };
            if generation(before) != generation(Some(after)) {
                self.push(Change::Object { object: number });
            } else if !document.same(&earlier, &value) {
                self.modified.insert(number, (earlier, value));
            }
        }
        Ok(())
    }

    fn trailer(&mut self) -> Result<(), ReadError> {
        const STRUCTURAL: [&[u8]; 9] =
            [b"Size", b"Prev", b"Type", b"W", b"Index", b"Filter", b"DecodeParms", b"Length", b"XRefStm"];
        let (old, new) = (self.old.trailer()?, self.new.trailer()?);
        let keys: HashSet<&[u8]> = old.iter().chain(new.iter()).map(|(k, _)| k).collect();
        for key in keys {
            let (before, after) = (old.value(key), new.value(key));
            let allowed = STRUCTURAL.contains(&key)
                || before == after
                || match key {
                    b"ID" => first_id(before).is_none() || first_id(before) == first_id(after),
                    b"Info" => {
                        self.information(before, after)?;
                        true
                    }
                    // Private entries some writers leave (such as DocChecksum) say nothing to a reader.
                    _ => !matches!(key, b"Root" | b"Encrypt") && after.is_none(),
                };
            if !allowed {
                self.push(Change::Trailer { key: String::from_utf8_lossy(key).into_owned() });
            }
        }
        if let Some(info) = new.value(b"Info").and_then(Object::as_reference) {
            if self.modified.contains_key(&info.number) {
                let value = Object::Reference(info);
                self.information(Some(&value), Some(&value))?;
            }
        }
        Ok(())
    }

    fn information(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<(), ReadError> {
        let resolve = |view: View<'_, '_>, value: Option<&Object>| -> Result<Dictionary, ReadError> {
            let value = value.map(|v| view.resolve(v)).transpose()?;
            Ok(value.and_then(|v| v.as_dictionary().cloned()).unwrap_or_default())
        };
        let (old, new) = (resolve(self.old, before)?, resolve(self.new, after)?);
        let number = after.and_then(Object::as_reference).map(|r| r.number);
        // The trailer is the only place that may refer to it.
        let private = number.is_none_or(|n| self.counts.get(&n).is_none_or(|c| *c <= 1));
        let flat = new.iter().all(|(_, v)| matches!(v, Object::String(_) | Object::Name(_)));
        if !private || !flat {
            return Ok(());
        }
        self.explained.extend(number);
        let small = old.same_except(&new, &[b"ModDate", b"Producer"]);
        self.push(if small { Change::Metadata } else { Change::Information });
        Ok(())
    }

    fn catalog(&mut self) -> Result<(), ReadError> {
        let (old, new) = (self.old.catalog()?, self.new.catalog()?);
        self.explained.insert(self.new.root()?.number);
        let mut keys: Vec<&[u8]> = old.iter().chain(new.iter()).map(|(k, _)| k).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (before, after) = (old.value(key), new.value(key));
            let unchanged = matches!((before, after), (Some(a), Some(b)) if a.same(b));
            let allowed = match key {
                b"DSS" => self.dss(before, after)?,
                b"AcroForm" => {
                    self.form()?;
                    true
                }
                b"Metadata" => self.metadata(before, after)?,
                _ if unchanged => true,
                b"Version" => {
                    self.push(Change::Extensions);
                    matches!(after, Some(Object::Name(v)) if v.len() == 3 && (v.starts_with(b"1.") || v.starts_with(b"2.")))
                }
                b"Extensions" => {
                    self.push(Change::Extensions);
                    matches!(after, Some(Object::Dictionary(_)))
                }
                _ => false,
            };
            if !allowed {
                self.push(Change::Catalog { key: String::from_utf8_lossy(key).into_owned() });
            }
        }
        Ok(())
    }

    fn dss(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<bool, ReadError> {
        let (Some(walk_new), old) = (DssWalk::of(self.new, after)?, DssWalk::of(self.old, before)?) else {
            return Ok(before.is_none() && after.is_none());
        };
        let walk_old = old.unwrap_or_default();
        let mut touched = before.is_none() || !matches!((before, after), (Some(a), Some(b)) if a.same(b));
        for (number, (earlier, _)) in &self.modified {
            // Only containers may change, and only if nothing but the DSS refers to them.
            let container = !matches!(earlier, Object::Stream(_));
            let owned = walk_old.counts.get(number).copied() == self.counts.get(number).copied();
            if walk_new.counts.contains_key(number) && container && owned {
                self.explained.insert(*number);
                touched = true;
            }
        }
        for number in walk_new.counts.keys().filter(|n| self.added.contains_key(n)) {
            self.explained.insert(*number);
            touched = true;
        }
        if touched {
            self.push(Change::Dss);
        }
        Ok(true)
    }

    fn metadata(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<bool, ReadError> {
        let Some(after) = after.and_then(Object::as_reference) else { return Ok(before.is_none()) };
        let touched = self.modified.contains_key(&after.number) || self.added.contains_key(&after.number);
        if !touched {
            return Ok(before.and_then(Object::as_reference) == Some(after));
        }
        let xmp = |view: View<'_, '_>, value: Option<&Object>| -> Result<Option<String>, ReadError> {
            let Some(value) = value else { return Ok(None) };
            let value = view.resolve(value)?;
            let Object::Stream(stream) = &*value else { return Ok(None) };
            let known = stream
                .dictionary
                .iter()
                .all(|(k, _)| matches!(k, b"Type" | b"Subtype" | b"Length" | b"Filter" | b"DecodeParms"));
            let xml = known && stream.dictionary.is(b"Type", b"Metadata") && stream.dictionary.is(b"Subtype", b"XML");
            Ok(if xml { Some(String::from_utf8_lossy(&view.decode(stream)?).into_owned()) } else { None })
        };
        let (old, new) = (xmp(self.old, before)?, xmp(self.new, Some(&Object::Reference(after)))?);
        let Some(new) = new else { return Ok(false) };
        let private = self.counts.get(&after.number).is_none_or(|c| *c <= 1);
        if !private {
            return Ok(false);
        }
        self.explained.insert(after.number);
        let small = old.is_some_and(|old| undated(&old) == undated(&new));
        self.push(if small { Change::Metadata } else { Change::Information });
        Ok(true)
    }

    fn form(&mut self) -> Result<(), ReadError> {
        let (old, new) = (self.old.form()?, self.new.form()?);
        let Some((new, reference)) = new else {
            if old.is_some() {
                self.push(Change::Form { key: String::new() });
            }
            return Ok(());
        };
        let (old, old_reference) = old.unwrap_or_default();
        if let Some(reference) = reference {
            let moved = old_reference.is_some_and(|o| o != reference);
            if !moved && self.counts.get(&reference.number).is_none_or(|c| *c <= 1) {
                self.explained.insert(reference.number);
            }
        }
        let mut keys: Vec<&[u8]> = old.iter().chain(new.iter()).map(|(k, _)| k).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (before, after) = (old.value(key), new.value(key));
            if key == b"Fields" {
                self.appended(before, after)?;
            } else if !matches!((before, after), (Some(a), Some(b)) if a.same(b)) {
                match (key, after) {
                    (b"SigFlags", Some(Object::Integer(1..=3))) => {}
                    (b"DA" | b"DR" | b"NeedAppearances", _) => self.push(Change::FormDefaults),
                    _ => self.push(Change::Form { key: String::from_utf8_lossy(key).into_owned() }),
                }
            }
        }
        Ok(())
    }

    /// `/Fields` may only grow.
    fn appended(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<(), ReadError> {
        let list = |view: View<'_, '_>, value: Option<&Object>| -> Result<Vec<Object>, ReadError> {
            let value = value.map(|v| view.resolve(v)).transpose()?;
            Ok(value.and_then(|v| v.as_array().map(<[Object]>::to_vec)).unwrap_or_default())
        };
        let (old, new) = (list(self.old, before)?, list(self.new, after)?);
        if new.get(..old.len()) != Some(old.as_slice()) {
            self.push(Change::Form { key: "Fields".to_owned() });
            return Ok(());
        }
        if let Some(array) = after.and_then(Object::as_reference) {
            let moved = before.and_then(Object::as_reference).is_some_and(|b| b != array);
            if !moved && self.counts.get(&array.number).is_none_or(|c| *c <= 1) {
                self.explained.insert(array.number);
            }
        }
        Ok(())
    }

    fn pages(&mut self) -> Result<(), ReadError> {
        let (old_pages, new_pages) = (self.old.pages()?, self.new.pages()?);
        if old_pages != new_pages {
            self.push(Change::Catalog { key: "Pages".to_owned() });
        }
        let new_fields = self.new.fields()?;
        for page in old_pages {
            let (old, new) = (self.old.object(page)?, self.new.object(page)?);
            let (Some(old), Some(new)) = (old.as_dictionary(), new.as_dictionary()) else { continue };
            let (before, after) = (old.value(b"Annots"), new.value(b"Annots"));
            if self.modified.contains_key(&page.number) {
                self.explained.insert(page.number);
                if !old.same_except(new, &[b"Annots"]) {
                    self.push(Change::Page { object: page.number });
                }
            }
            self.annotations(page, before, after, &new_fields)?;
        }
        Ok(())
    }

    fn annotations(
        &mut self,
        page: Reference,
        before: Option<&Object>,
        after: Option<&Object>,
        fields: &BTreeMap<u32, Field>,
    ) -> Result<(), ReadError> {
        let array = after.and_then(Object::as_reference).map(|r| r.number);
        let touched = array.is_some_and(|n| self.modified.contains_key(&n) || self.added.contains_key(&n));
        if before == after && !touched {
            // The annotations themselves may still have changed.
            if self.modified.is_empty() {
                return Ok(());
            }
        }
        let list = |view: View<'_, '_>, value: Option<&Object>| -> Result<Vec<Object>, ReadError> {
            let value = value.map(|v| view.resolve(v)).transpose()?;
            Ok(value.and_then(|v| v.as_array().map(<[Object]>::to_vec)).unwrap_or_default())
        };
        let (old, new) = (list(self.old, before)?, list(self.new, after)?);
        if let Some(number) = array.filter(|n| self.counts.get(n).is_none_or(|c| *c <= 1)) {
            let moved = before.and_then(Object::as_reference).is_some_and(|b| b.number != number);
            if touched && !moved {
                self.explained.insert(number);
            }
        }
        let grown = new.get(..old.len()) == Some(old.as_slice());
        let extra = new.get(old.len()..).unwrap_or_default();
        let of_fields = extra
            .iter()
            .all(|a| a.as_reference().is_some_and(|r| fields.get(&r.number).is_some_and(|f| f.kind == b"Sig")));
        if !grown || !of_fields {
            self.push(Change::Annotation { object: page.number });
            for annotation in &new {
                self.explain_added(annotation);
            }
        }
        for annotation in old.iter().filter_map(Object::as_reference) {
            if self.modified.contains_key(&annotation.number) && !fields.contains_key(&annotation.number) {
                self.explained.insert(annotation.number);
                self.push(Change::Annotation { object: annotation.number });
                if let Some((_, value)) = self.modified.get(&annotation.number).cloned() {
                    self.explain_added(&value);
                }
            }
        }
        Ok(())
    }

    fn fields(&mut self) -> Result<(), ReadError> {
        let (old, new) = (self.old.fields()?, self.new.fields()?);
        for (number, field) in &new {
            match old.get(number) {
                None => self.new_field(field)?,
                Some(before) if self.modified.contains_key(number) => self.changed_field(before, field)?,
                Some(_) => {}
            }
        }
        if old.keys().any(|n| !new.contains_key(n)) {
            self.push(Change::Form { key: "Fields".to_owned() });
        }
        Ok(())
    }

    fn new_field(&mut self, field: &Field) -> Result<(), ReadError> {
        let number = field.reference.number;
        if !self.added.contains_key(&number) {
            // An old object, perhaps an annotation, became a field.
            self.push(Change::Object { object: number });
            return Ok(());
        }
        self.explained.insert(number);
        if field.kind != b"Sig" {
            self.push(Change::Form { key: "Fields".to_owned() });
            return Ok(());
        }
        let value = field.dictionary.value(b"V").and_then(Object::as_reference);
        let Some(value) = value.filter(|v| self.added.contains_key(&v.number)) else {
            self.push(Change::EmptySignatureField { object: number });
            return Ok(());
        };
        self.explained.insert(value.number);
        let plain = field.dictionary.iter().all(|(k, v)| match k {
            b"FT" | b"T" | b"Type" | b"Subtype" | b"F" | b"P" | b"V" | b"TU" | b"Ff" => true,
            b"Rect" => empty_rectangle(v),
            _ => false,
        });
        if plain && self.is_time_stamp(value)? {
            self.push(Change::DocumentTimeStamp { field: field.name.clone() });
        } else {
            self.push(Change::Signature { field: field.name.clone() });
            self.explain_added(&Object::Dictionary(field.dictionary.clone()));
        }
        Ok(())
    }

    fn changed_field(&mut self, before: &Field, after: &Field) -> Result<(), ReadError> {
        let number = after.reference.number;
        let (old, new) = (&before.dictionary, &after.dictionary);
        self.explained.insert(number);
        let value = new.value(b"V").and_then(Object::as_reference);
        let freshly_signed = after.kind == b"Sig" && before.kind == b"Sig" && old.value(b"V").is_none();
        if freshly_signed && old.same_except(new, &[b"V", b"AP", b"M", b"MK", b"F", b"Rect"]) {
            let Some(value) = value.filter(|v| self.added.contains_key(&v.number)) else {
                self.push(Change::Object { object: number });
                return Ok(());
            };
            self.explained.insert(value.number);
            if old.same_except(new, &[b"V"]) && self.is_time_stamp(value)? {
                self.push(Change::DocumentTimeStamp { field: after.name.clone() });
            } else {
                self.push(Change::Signature { field: after.name.clone() });
            }
        } else if after.kind != b"Sig"
            && before.kind == after.kind
            && old.same_except(new, &[b"V", b"AP", b"AS", b"M", b"I", b"RV", b"MK"])
        {
            self.push(Change::FormFilled { field: after.name.clone() });
        } else {
            self.push(Change::Object { object: number });
        }
        self.explain_added(&Object::Dictionary(new.clone()));
        Ok(())
    }

    fn is_time_stamp(&self, value: Reference) -> Result<bool, ReadError> {
        let object = self.new.object(value)?;
        let Object::Dictionary(dictionary) = &*object else { return Ok(false) };
        Ok(dictionary.is(b"Type", b"DocTimeStamp") && dictionary.is(b"SubFilter", b"ETSI.RFC3161"))
    }

    /// Takes new objects below `value` as part of a change that is already listed.
    fn explain_added(&mut self, value: &Object) {
        let mut open = vec![value.clone()];
        while let Some(value) = open.pop() {
            value.references(&mut |reference| {
                if let Some(object) = self.added.get(&reference.number) {
                    if self.explained.insert(reference.number) {
                        open.push(object.clone());
                    }
                }
            });
        }
    }

    /// What no rule accounted for.
    fn rest(&mut self) {
        let unexplained: Vec<u32> = self.modified.keys().filter(|n| !self.explained.contains(n)).copied().collect();
        for object in unexplained {
            self.push(Change::Object { object });
        }
        let added: Vec<u32> = self.added.keys().filter(|n| !self.explained.contains(n)).copied().collect();
        for object in added {
            self.push(Change::Unreferenced { object });
        }
    }
}

fn first_id(value: Option<&Object>) -> Option<&[u8]> {
    value?.as_array()?.first()?.as_string()
}

fn empty_rectangle(value: &Object) -> bool {
    let Some([left, bottom, right, top]) = value.as_array() else { return false };
    let number = |o: &Object| match o {
        Object::Integer(i) => Some(i.to_string()),
        Object::Real(text) => std::str::from_utf8(text).ok()?.parse::<f64>().ok().map(|f| f.to_string()),
        _ => None,
    };
    let (Some(left), Some(bottom), Some(right), Some(top)) = (number(left), number(bottom), number(right), number(top))
    else {
        return false;
    };
    left == right && bottom == top
}

/// XMP without the values that every update may change: dates of modification, producer, toolkit.
fn undated(xmp: &str) -> String {
    let mut text = xmp.to_owned();
    for (open, close) in [
        ("xmp:ModifyDate=\"", '"'),
        ("xmp:MetadataDate=\"", '"'),
        ("pdf:Producer=\"", '"'),
        ("x:xmptk=\"", '"'),
        ("<xmp:ModifyDate>", '<'),
        ("<xmp:MetadataDate>", '<'),
        ("<pdf:Producer>", '<'),
    ] {
        if let Some(start) = text.find(open).map(|at| at + open.len()) {
            if let Some(end) = text.get(start..).and_then(|rest| rest.find(close)) {
                text.replace_range(start..start + end, "");
            }
        }
    }
    text
}
