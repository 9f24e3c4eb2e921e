//! Two neighbouring revisions side by side: objects, trailer, catalog, validation material.

use std::collections::{BTreeMap, HashSet};

use super::change_dss::DssWalk;
use super::references::ReferenceCounts;
use super::{Change, Entry, Limits, Object, ReadError, Reference, View};

/// Most changes of one kind that are listed of one update.
const OF_A_KIND: usize = 16;

/// The work of finding what one update did.
pub(crate) struct Comparison<'d, 'a> {
    pub(crate) old: View<'d, 'a>,
    pub(crate) new: View<'d, 'a>,
    /// References to each object in the old revision.
    pub(crate) counts: &'d ReferenceCounts,
    /// Objects of the old revision whose value changed: old and new value.
    pub(crate) modified: BTreeMap<u32, (Object, Object)>,
    pub(crate) added: BTreeMap<u32, Object>,
    /// Objects some listed change accounts for.
    pub(crate) explained: HashSet<u32>,
    pub(crate) changes: Vec<Change>,
}

impl Comparison<'_, '_> {
    /// Lists a change, unless enough of its kind are listed.
    pub(crate) fn push(&mut self, change: Change) {
        let kind = std::mem::discriminant(&change);
        let of_kind = self.changes.iter().filter(|listed| std::mem::discriminant(*listed) == kind).count();
        if of_kind < OF_A_KIND && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// Whether a slot that refers to `after` may account for what the update did to that object: it is new, or
    /// the slot referred to it before and nothing else did. An object that signed content uses is not explained
    /// by the slot that the update moved onto it.
    pub(crate) fn owns(&self, before: Option<&Object>, after: Reference) -> bool {
        self.added.contains_key(&after.number)
            || (before.and_then(Object::as_reference) == Some(after) && self.counts.count(after.number) <= 1)
    }

    pub(crate) fn sort_objects(&mut self, newest: usize) -> Result<(), ReadError> {
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
                if self.counts.count(number) > 0 {
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
            } else if !document.same(&earlier, &value)? {
                self.modified.insert(number, (earlier, value));
            }
        }
        Ok(())
    }

    pub(crate) fn trailer(&mut self) -> Result<(), ReadError> {
        const STRUCTURAL: [&[u8]; 7] = [b"Prev", b"Type", b"W", b"Index", b"Filter", b"DecodeParms", b"Length"];
        let (old, new) = (self.old.trailer()?, self.new.trailer()?);
        let keys: HashSet<&[u8]> = old.iter().chain(new.iter()).map(|(k, _)| k).collect();
        for key in keys {
            let (before, after) = (old.value(key), new.value(key));
            let allowed = STRUCTURAL.contains(&key)
                || before == after
                || match key {
                    // §7.5.5: an object whose number is not below /Size counts as missing.
                    b"Size" => {
                        let (before, after) = (before.and_then(Object::as_integer), after.and_then(Object::as_integer));
                        before <= after && after <= before.max(Some(i64::from(Limits::NUMBER) + 1))
                    }
                    b"ID" => first_id(before).is_none() || first_id(before) == first_id(after),
                    b"Info" => true,
                    // Private entries some writers leave (such as DocChecksum) say nothing to a reader.
                    _ => !matches!(key, b"Root" | b"Encrypt") && after.is_none(),
                };
            if !allowed {
                self.push(Change::Trailer { key: String::from_utf8_lossy(key).into_owned() });
            }
        }
        let (before, after) = (old.value(b"Info"), new.value(b"Info"));
        let rewritten = after.and_then(Object::as_reference).is_some_and(|r| self.modified.contains_key(&r.number));
        if before != after || rewritten {
            self.information(before, after)?;
        }
        Ok(())
    }

    pub(crate) fn catalog(&mut self) -> Result<(), ReadError> {
        let (old, new) = (self.old.catalog()?, self.new.catalog()?);
        // Nothing else may use the catalog: as a dictionary of resources, its entries would show.
        let root = self.new.root()?.number;
        if self.modified.contains_key(&root) && self.counts.count(root) <= 1 {
            self.explained.insert(root);
        }
        let mut keys: Vec<&[u8]> = old.iter().chain(new.iter()).map(|(k, _)| k).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (before, after) = (old.value(key), new.value(key));
            let unchanged = matches!((before, after), (Some(a), Some(b)) if a.same(b));
            let allowed = match key {
                b"DSS" => self.dss(before, after)?,
                b"AcroForm" => {
                    self.form(before, after)?;
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

    pub(crate) fn dss(&mut self, before: Option<&Object>, after: Option<&Object>) -> Result<bool, ReadError> {
        let (Some(walk_new), old) = (DssWalk::of(self.new, after)?, DssWalk::of(self.old, before)?) else {
            return Ok(before.is_none() && after.is_none());
        };
        let walk_old = old.unwrap_or_default();
        let mut touched = before.is_none() || !matches!((before, after), (Some(a), Some(b)) if a.same(b));
        for (number, (earlier, _)) in &self.modified {
            // Only containers may change, and only if nothing but the DSS refers to them.
            let container = !matches!(earlier, Object::Stream(_));
            let owned = walk_old.counts.get(number).copied().unwrap_or(0) == self.counts.count(*number);
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

    /// Takes new objects below `value` as part of a change that is already listed.
    pub(crate) fn explain_added(&mut self, value: &Object) {
        let mut open = vec![value.clone()];
        while let Some(value) = open.pop() {
            value.references(&mut |reference| {
                if let Some(object) = self.added.get(&reference.number)
                    && self.explained.insert(reference.number)
                {
                    open.push(object.clone());
                }
            });
        }
    }

    /// What no rule accounted for.
    pub(crate) fn rest(&mut self) {
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
