//! The widget's place in the logical structure (ISO 32000-1 §14.7, ISO 14289-1 §7.18).

use super::Error;
use super::base::Base;
use super::revision::Revision;
use super::syntax::{Dictionary, Reference, array, reference, unsigned, write_array};

/// What the structure of a tagged document becomes when a widget joins it.
#[derive(Debug)]
pub(super) struct Tagging<'a> {
    root: (Reference, Dictionary<'a>),
    /// The element the new one goes under; none: the root itself.
    document: Option<(Reference, Dictionary<'a>)>,
    /// The `/ParentTree` if it is an object of its own.
    parent_tree: Option<Reference>,
    /// The widget's key in the parent tree.
    pub(super) key: u64,
    numbers: Vec<u8>,
}

impl<'a> Tagging<'a> {
    /// Reads what will change; none if the document is not tagged.
    pub(super) fn read(base: &'a Base<'a>, catalog: &Dictionary<'a>) -> Result<Option<Self>, Error> {
        let Some(raw) = catalog.raw("StructTreeRoot") else { return Ok(None) };
        let root = reference(raw).ok_or(Error::Unsupported { what: "direct /StructTreeRoot" })?;
        let dictionary = base.dictionary(root)?;

        let tree = dictionary.raw("ParentTree").unwrap_or(b"<< >>");
        let parent_tree = reference(tree);
        let numbers = {
            let tree = match parent_tree {
                Some(object) => base.dictionary(object)?,
                None => Dictionary::parse(tree)?,
            };
            if tree.raw("Kids").is_some() {
                return Err(Error::Unsupported { what: "/ParentTree with /Kids" });
            }
            tree.raw("Nums").unwrap_or(b"[]").to_vec()
        };
        let greatest = array(&numbers)?.into_iter().step_by(2).filter_map(unsigned).max();
        let announced = dictionary.raw("ParentTreeNextKey").and_then(unsigned).unwrap_or(0);
        let key = announced.max(greatest.map_or(0, |key| key.saturating_add(1)));
        if key > 0x7FFF_FFFF {
            return Err(Error::Malformed { what: "/ParentTreeNextKey" });
        }

        let only_child = match kids(&dictionary)?.as_slice() {
            [only] => reference(only),
            _ => None,
        };
        let document = match only_child {
            Some(object) => {
                let element = base.dictionary(object)?;
                (element.raw("S") == Some(b"/Document")).then_some((object, element))
            }
            None => None,
        };
        Ok(Some(Self { root: (root, dictionary), document, parent_tree, key, numbers }))
    }

    /// Writes the `Form` element of the widget and the changed ends of the tree.
    pub(super) fn write(self, revision: &mut Revision<'_>, widget: Reference, page: Reference) -> Result<(), Error> {
        let element = revision.allocate();
        let (root, mut root_dictionary) = self.root;
        let parent = match self.document {
            Some((object, mut dictionary)) => {
                append_kid(&mut dictionary, element)?;
                revision.write(object, &dictionary.to_bytes());
                object
            }
            None => {
                append_kid(&mut root_dictionary, element)?;
                root
            }
        };
        let form = format!(
            "<<\n  /Type /StructElem\n  /S /Form\n  /P {parent}\n  /Pg {page}\n  /K << /Type /OBJR /Pg {page} /Obj {widget} >>\n>>"
        );
        revision.write(element, form.as_bytes());

        let mut numbers = array(&self.numbers)?;
        let (key, value) = (self.key.to_string(), element.to_string());
        numbers.extend([key.as_bytes(), value.as_bytes()]);
        let tree = [b"<< /Nums ", write_array(numbers).as_slice(), b" >>"].concat();
        match self.parent_tree {
            Some(object) => {
                revision.write(object, &tree);
            }
            None => root_dictionary.set("ParentTree", tree),
        }
        root_dictionary.set("ParentTreeNextKey", (self.key + 1).to_string());
        revision.write(root, &root_dictionary.to_bytes());
        Ok(())
    }
}

fn kids<'d>(element: &'d Dictionary<'_>) -> Result<Vec<&'d [u8]>, Error> {
    match element.raw("K") {
        None => Ok(Vec::new()),
        Some(raw) if raw.starts_with(b"[") => array(raw),
        Some(raw) => Ok(vec![raw]),
    }
}

fn append_kid(element: &mut Dictionary<'_>, kid: Reference) -> Result<(), Error> {
    let kid = kid.to_string();
    let joined = write_array(kids(element)?.into_iter().chain([kid.as_bytes()]));
    element.set("K", joined);
    Ok(())
}
