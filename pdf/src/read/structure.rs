//! Pages and form fields of a view.

use std::collections::{BTreeMap, HashSet};

use super::{Dictionary, Limits, Object, ReadError, Reference, View};

/// A node of the field tree or a widget below it.
#[derive(Debug, Clone)]
pub struct Field {
    /// The object.
    pub reference: Reference,
    /// Fully qualified name (ISO 32000-2 §12.7.4.2), lossily as text.
    pub name: String,
    /// `/FT`, inherited.
    pub kind: Vec<u8>,
    /// The dictionary.
    pub dictionary: Dictionary,
}

impl View<'_, '_> {
    /// The page objects in order.
    ///
    /// # Errors
    /// [`ReadError`] for a malformed or cyclic page tree.
    pub fn pages(&self) -> Result<Vec<Reference>, ReadError> {
        let catalog = self.catalog()?;
        let root = catalog.value(b"Pages").and_then(Object::as_reference).ok_or(ReadError::Missing("/Pages"))?;
        let mut pages = Vec::new();
        self.page_node(root, &mut HashSet::new(), &mut pages, 0)?;
        Ok(pages)
    }

    fn page_node(
        &self,
        node: Reference,
        seen: &mut HashSet<Reference>,
        pages: &mut Vec<Reference>,
        depth: usize,
    ) -> Result<(), ReadError> {
        if depth > Limits::DEPTH || pages.len() >= Limits::PAGES {
            return Err(ReadError::Budget("page tree"));
        }
        if !seen.insert(node) {
            return Err(ReadError::Missing("a page tree without cycles"));
        }
        let object = self.object(node)?;
        let Object::Dictionary(dictionary) = &*object else { return Err(ReadError::Missing("page")) };
        let Some(kids) = dictionary.value(b"Kids") else {
            pages.push(node);
            return Ok(());
        };
        let kids = self.resolve(kids)?;
        for kid in kids.as_array().ok_or(ReadError::Missing("/Kids"))? {
            let kid = kid.as_reference().ok_or(ReadError::Missing("/Kids"))?;
            self.page_node(kid, seen, pages, depth + 1)?;
        }
        Ok(())
    }

    /// The interactive form dictionary.
    ///
    /// # Errors
    /// [`ReadError`] if `/AcroForm` is no dictionary.
    pub fn form(&self) -> Result<Option<Dictionary>, ReadError> {
        let catalog = self.catalog()?;
        let Some(value) = catalog.value(b"AcroForm") else { return Ok(None) };
        match &*self.resolve(value)? {
            Object::Dictionary(form) => Ok(Some(form.clone())),
            Object::Null => Ok(None),
            _ => Err(ReadError::Missing("/AcroForm")),
        }
    }

    /// All nodes of the field tree by object number.
    ///
    /// # Errors
    /// [`ReadError`] for a malformed or cyclic tree.
    pub fn fields(&self) -> Result<BTreeMap<u32, Field>, ReadError> {
        let mut fields = BTreeMap::new();
        let Some(form) = self.form()? else { return Ok(fields) };
        let Some(roots) = form.value(b"Fields") else { return Ok(fields) };
        let roots = self.resolve(roots)?;
        for root in roots.as_array().ok_or(ReadError::Missing("/Fields"))? {
            let root = root.as_reference().ok_or(ReadError::Missing("an indirect field"))?;
            self.field_node(root, ("", b""), &mut fields, 0)?;
        }
        Ok(fields)
    }

    fn field_node(
        &self,
        node: Reference,
        (prefix, kind): (&str, &[u8]),
        fields: &mut BTreeMap<u32, Field>,
        depth: usize,
    ) -> Result<(), ReadError> {
        if depth > Limits::DEPTH || fields.len() >= Limits::PAGES {
            return Err(ReadError::Budget("form fields"));
        }
        let object = self.object(node)?;
        let dictionary = match &*object {
            Object::Dictionary(dictionary) => dictionary.clone(),
            Object::Null => return Ok(()),
            _ => return Err(ReadError::Missing("field")),
        };
        if fields.contains_key(&node.number) {
            return Err(ReadError::Missing("a field tree in which a field stands once"));
        }
        let own = match dictionary.value(b"T") {
            Some(text) => self.resolve(text)?.as_string().map(text_string).unwrap_or_default(),
            None => String::new(),
        };
        let name = match (prefix.is_empty(), own.is_empty()) {
            (true, _) => own,
            (false, true) => prefix.to_owned(),
            (false, false) => format!("{prefix}.{own}"),
        };
        if name.len() > 4096 {
            return Err(ReadError::Budget("field name"));
        }
        self.document.budget.spend(name.len() / 16)?;
        let kind = match dictionary.value(b"FT") {
            Some(kind) => self.resolve(kind)?.as_name().unwrap_or_default().to_vec(),
            None => kind.to_vec(),
        };
        let kids = dictionary.value(b"Kids").cloned();
        let field = Field { reference: node, name: name.clone(), kind: kind.clone(), dictionary };
        fields.insert(node.number, field);
        let Some(kids) = kids else { return Ok(()) };
        let kids = self.resolve(&kids)?;
        for kid in kids.as_array().ok_or(ReadError::Missing("/Kids"))? {
            let kid = kid.as_reference().ok_or(ReadError::Missing("an indirect field"))?;
            self.field_node(kid, (&name, &kind), fields, depth + 1)?;
        }
        Ok(())
    }
}

/// A text string (§7.9.2.2): UTF-16BE with its mark, else bytes taken as UTF-8, lossily.
#[must_use]
pub fn text_string(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xfe\xff") {
        Some(rest) => {
            let units = rest.chunks_exact(2).map(|pair| pair.iter().fold(0u16, |v, b| v << 8 | u16::from(*b)));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
    }
}
