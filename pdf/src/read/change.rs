//! What an incremental update did, object by object, and how much that matters to an earlier signature.

use std::collections::{BTreeMap, HashSet};

use super::comparison::Comparison;
use super::references::ReferenceCounts;
use super::{Document, Object, ReadError};

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
    /// What each section newer than `signed` did to the revision before it: one list for each, newest first, as
    /// the sections are.
    ///
    /// Of each kind of change a list names the first few, never none.
    ///
    /// # Errors
    /// [`ReadError`] if some object of the document cannot be read.
    pub fn updates(&self, signed: usize) -> Result<Vec<Vec<Change>>, ReadError> {
        let mut updates = Vec::new();
        let mut counts = ReferenceCounts::of(self.view(signed))?;
        for newest in (0..signed).rev() {
            updates.push(self.changes(newest, &counts)?);
            counts.advance(self, newest)?;
        }
        updates.reverse();
        Ok(updates)
    }

    fn changes(&self, newest: usize, counts: &ReferenceCounts) -> Result<Vec<Change>, ReadError> {
        let mut comparison = Comparison {
            old: self.view(newest + 1),
            new: self.view(newest),
            counts,
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
    pub(crate) fn same(&self, a: &Object, b: &Object) -> Result<bool, ReadError> {
        let (Object::Stream(x), Object::Stream(y)) = (a, b) else { return Ok(a.same(b)) };
        if !x.dictionary.same_except(&y.dictionary, &[]) {
            return Ok(false);
        }
        self.budget.spend(x.data.len() / 128)?;
        Ok(x.data == y.data || self.bytes.get(x.data.clone()) == self.bytes.get(y.data.clone()))
    }
}
