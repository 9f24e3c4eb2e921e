//! Two neighbouring revisions side by side: the form, its fields, and what stands on the pages.

use std::collections::BTreeMap;

use super::comparison::Comparison;
use super::structure::Field;
use super::{Change, Object, ReadError, Reference, View};

/// Entries of a signature dictionary that a document time-stamp may have (ISO 32000-2 table 255).
const TIME_STAMP: [&[u8]; 14] = [
    b"Type",
    b"Filter",
    b"SubFilter",
    b"Contents",
    b"Cert",
    b"ByteRange",
    b"Name",
    b"M",
    b"Location",
    b"Reason",
    b"ContactInfo",
    b"R",
    b"V",
    b"Prop_Build",
];

impl Comparison<'_, '_> {
    pub(crate) fn form(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<(), ReadError> {
        let (old, new) = (self.old.form()?, self.new.form()?);
        let Some(new) = new else {
            if old.is_some() {
                self.push(Change::Form { key: String::new() });
            }
            return Ok(());
        };
        let old = old.unwrap_or_default();
        if let Some(reference) = after.and_then(Object::as_reference).filter(|r| self.owns(before, *r)) {
            self.explained.insert(reference.number);
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
    pub(crate) fn appended(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<(), ReadError> {
        let (Some(old), Some(new)) = (list(self.old, before)?, list(self.new, after)?) else {
            self.push(Change::Form { key: "Fields".to_owned() });
            return Ok(());
        };
        if new.get(..old.len()) != Some(old.as_slice()) {
            self.push(Change::Form { key: "Fields".to_owned() });
            return Ok(());
        }
        if let Some(array) = after.and_then(Object::as_reference).filter(|r| self.owns(before, *r)) {
            self.explained.insert(array.number);
        }
        Ok(())
    }

    pub(crate) fn pages(&mut self) -> Result<(), ReadError> {
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

    pub(crate) fn annotations(
        &mut self,
        page: Reference,
        before: Option<&Object>,
        after: Option<&Object>,
        fields: &BTreeMap<u32, Field>,
    ) -> Result<(), ReadError> {
        let array = after.and_then(Object::as_reference);
        let touched =
            array.is_some_and(|r| self.modified.contains_key(&r.number) || self.added.contains_key(&r.number));
        if before == after && !touched {
            // The annotations themselves may still have changed.
            if self.modified.is_empty() {
                return Ok(());
            }
        }
        // What is no list of annotations may be something else to what is drawn.
        let (Some(old), Some(new)) = (list(self.old, before)?, list(self.new, after)?) else {
            self.push(Change::Page { object: page.number });
            return Ok(());
        };
        if let Some(array) = array.filter(|r| touched && self.owns(before, *r)) {
            self.explained.insert(array.number);
        }
        let grown = new.get(..old.len()) == Some(old.as_slice());
        let extra = new.get(old.len()..).unwrap_or_default();
        let of_fields = extra.iter().all(|a| {
            a.as_reference().is_some_and(|r| {
                self.added.contains_key(&r.number) && fields.get(&r.number).is_some_and(|f| f.kind == b"Sig")
            })
        });
        if !grown || !of_fields {
            self.push(Change::Annotation { object: page.number });
            for annotation in &new {
                self.explain_added(annotation);
            }
        }
        for annotation in old.iter().filter_map(Object::as_reference) {
            if self.modified.contains_key(&annotation.number) && !fields.contains_key(&annotation.number) {
                self.push(Change::Annotation { object: annotation.number });
                // Once, however many pages show it.
                if self.explained.insert(annotation.number)
                    && let Some((_, value)) = self.modified.get(&annotation.number).cloned()
                {
                    self.new.document.budget.spend(value.weight())?;
                    self.explain_added(&value);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn fields(&mut self) -> Result<(), ReadError> {
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

    pub(crate) fn new_field(&mut self, field: &Field) -> Result<(), ReadError> {
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
            b"FT" | b"T" | b"F" | b"P" | b"V" | b"TU" | b"Ff" => true,
            // Annotations of other kinds show an icon however small their rectangle is.
            b"Type" => v.as_name() == Some(b"Annot"),
            b"Subtype" => v.as_name() == Some(b"Widget"),
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

    pub(crate) fn changed_field(&mut self, before: &Field, after: &Field) -> Result<(), ReadError> {
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

    pub(crate) fn is_time_stamp(&self, value: Reference) -> Result<bool, ReadError> {
        let object = self.new.object(value)?;
        let Object::Dictionary(dictionary) = &*object else { return Ok(false) };
        // Nothing that would mean something to whoever used the dictionary as a font or a graphics state.
        let known = dictionary.iter().all(|(key, _)| TIME_STAMP.contains(&key));
        Ok(known && dictionary.is(b"Type", b"DocTimeStamp") && dictionary.is(b"SubFilter", b"ETSI.RFC3161"))
    }
}

/// The items of a list, none if it is left out; `None` if it is something else.
fn list(view: View<'_, '_>, value: Option<&Object>) -> Result<Option<Vec<Object>>, ReadError> {
    let Some(value) = value else { return Ok(Some(Vec::new())) };
    Ok(match &*view.resolve(value)? {
        Object::Array(items) => Some(items.clone()),
        Object::Null => Some(Vec::new()),
        _ => None,
    })
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
