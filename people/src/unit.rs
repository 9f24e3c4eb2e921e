//! The tree of units: ministry, province, hospital.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The deepest tree that is read.
const MAX_DEPTH: usize = 16;

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Code (`moph`, a province code, or a five-digit hcode).
    pub code: String,
    /// Code of the unit above; none at the top.
    pub parent: Option<String>,
    /// `ministry`, `province` or `hospital`.
    pub kind: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Postal address in Thai.
    pub address_th: String,
}

/// The tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitTree {
    units: HashMap<String, Unit>,
}

impl UnitTree {
    /// Builds the tree from units in order, parents before children, one top.
    ///
    /// # Errors
    /// [`Error::UnitTree`].
    pub fn new(units: impl IntoIterator<Item = Unit>) -> Result<Self, Error> {
        let mut tree = Self::default();
        for unit in units {
            let fits = match &unit.parent {
                None => tree.units.is_empty(),
                Some(parent) => {
                    let depth = tree.line(parent).count();
                    (1..MAX_DEPTH).contains(&depth)
                }
            };
            if !fits || tree.units.contains_key(&unit.code) {
                return Err(Error::UnitTree);
            }
            tree.units.insert(unit.code.clone(), unit);
        }
        Ok(tree)
    }

    /// A unit.
    pub fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.get(code)
    }

    /// The unit itself, then each unit above it.
    pub fn line<'a>(&'a self, code: &str) -> impl Iterator<Item = &'a Unit> {
        std::iter::successors(self.unit(code), |unit| self.unit(unit.parent.as_deref()?))
    }

    /// Whether `code` is `top` or below it. Of an unknown unit nothing is true.
    pub fn is_within(&self, code: &str, top: &str) -> bool {
        self.line(code).any(|unit| unit.code == top)
    }

    /// Whether `code` is below `top` and not `top` itself.
    pub fn is_below(&self, code: &str, top: &str) -> bool {
        code != top && self.is_within(code, top)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn unit(code: &str, parent: Option<&str>) -> Unit {
        Unit {
            code: code.into(),
            parent: parent.map(Into::into),
            kind: "hospital".into(),
            name_th: "ก".into(),
            name_en: "K".into(),
            address_th: "ก".into(),
        }
    }

    /// ministry ─ 14 ─ 10660, and 65 ─ 10676.
    pub(crate) fn tree() -> UnitTree {
        UnitTree::new([
            unit("moph", None),
            unit("14", Some("moph")),
            unit("65", Some("moph")),
            unit("10660", Some("14")),
            unit("10676", Some("65")),
        ])
        .unwrap()
    }

    #[test]
    fn a_subtree_is_what_lies_below() {
        let tree = tree();
        assert!(tree.is_within("10660", "14") && tree.is_within("14", "14"));
        assert!(tree.is_within("10660", "moph"));
        assert!(!tree.is_within("10660", "65") && !tree.is_within("14", "10660"));
        assert!(!tree.is_within("99", "moph") && !tree.is_within("99", "99"));
        assert!(tree.is_below("10660", "14") && !tree.is_below("14", "14"));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for units in [
            vec![unit("a", Some("b"))],
            vec![unit("a", None), unit("b", None)],
            vec![unit("a", None), unit("a", Some("a"))],
            vec![unit("a", Some("a"))],
        ] {
            assert_eq!(UnitTree::new(units), Err(Error::UnitTree));
        }
        let deep = (0..20).map(|i: usize| unit(&i.to_string(), i.checked_sub(1).map(|p| p.to_string()).as_deref()));
        assert_eq!(UnitTree::new(deep), Err(Error::UnitTree));
    }
}
