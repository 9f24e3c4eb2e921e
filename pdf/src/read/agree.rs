//! Two foreign parsers must see the same document as the strict reader does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Document, Object, ReadError, Reference};

/// What the three readers are compared on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The catalog object.
    pub catalog: Reference,
    /// Page objects in order, each with the objects of its `/Contents`.
    pub pages: Vec<(Reference, Vec<Reference>)>,
    /// Signature fields and their values, sorted.
    pub signatures: Vec<(Reference, Reference)>,
}

/// The disagreement of two readers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The strict reader itself gave up.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A parser refused the file or fell over it.
    #[error("{parser} cannot read the file")]
    Refused {
        /// Which.
        parser: &'static str,
    },
    /// A parser sees something else.
    #[error("{parser} sees another {part}")]
    Differs {
        /// Which.
        parser: &'static str,
        /// On what.
        part: &'static str,
    },
}

impl Document<'_> {
    /// Compares this reader with lopdf and hayro-syntax.
    ///
    /// # Errors
    /// The first [`Disagreement`].
    pub fn agree(&self) -> Result<(), Disagreement> {
        // The foreign parsers have no budget: what they would read has been read within this one.
        self.current().read_containers()?;
        let ours = self.outline()?;
        for (parser, read) in
            [("lopdf", lopdf_outline as fn(&[u8]) -> Option<Outline>), ("hayro-syntax", hayro_outline)]
        {
            // The last resort: a parser that panics has not read the file.
            let theirs = catch_unwind(AssertUnwindSafe(|| read(self.bytes))).ok().flatten();
            let theirs = theirs.ok_or(Disagreement::Refused { parser })?;
            let part = if theirs.catalog != ours.catalog {
                "catalog"
            } else if theirs.pages.len() != ours.pages.len() {
                "page count"
            } else if theirs.pages != ours.pages {
                "page content"
            } else if theirs.signatures != ours.signatures {
                "set of signatures"
            } else {
                continue;
            };
            return Err(Disagreement::Differs { parser, part });
        }
        Ok(())
    }

    fn outline(&self) -> Result<Outline, ReadError> {
        let view = self.current();
        let mut pages = Vec::new();
        for page in view.pages()? {
            let object = view.object(page)?;
            let contents = object.as_dictionary().and_then(|d| d.value(b"Contents")).cloned().unwrap_or(Object::Null);
            let mut references = Vec::new();
            // An indirect array is followed; a stream is named by its reference.
            match (&contents, &*view.resolve(&contents)?) {
                (_, Object::Array(items)) => references.extend(items.iter().filter_map(Object::as_reference)),
                (Object::Reference(reference), Object::Stream(_)) => references.push(*reference),
                _ => {}
            }
            pages.push((page, references));
        }
        let mut signatures: Vec<_> = view
            .fields()?
            .values()
            .filter(|f| f.kind == b"Sig")
            .filter_map(|f| Some((f.reference, f.dictionary.value(b"V")?.as_reference()?)))
            .collect();
        signatures.sort_unstable();
        Ok(Outline { catalog: view.root()?, pages, signatures })
    }
}

fn lopdf_outline(bytes: &[u8]) -> Option<Outline> {
    use lopdf::{Dictionary, Document, Object};
    let reference = |id: (u32, u16)| Reference { number: id.0, generation: u32::from(id.1) };
    let document = Document::load_mem(bytes).ok()?;
    let catalog = document.trailer.get(b"Root").ok()?.as_reference().ok()?;
    let resolve = |value: &Object| match value {
        Object::Reference(id) => document.get_object(*id).ok().cloned(),
        other => Some(other.clone()),
    };
    let mut pages = Vec::new();
    for id in document.get_pages().into_values() {
        let page = document.get_dictionary(id).ok()?;
        let mut contents = Vec::new();
        if let Ok(value) = page.get(b"Contents") {
            match resolve(value) {
                Some(Object::Array(items)) => {
                    contents.extend(items.iter().filter_map(|i| i.as_reference().ok()).map(reference));
                }
                Some(Object::Stream(_)) => contents.extend(value.as_reference().ok().map(reference)),
                _ => {}
            }
        }
        pages.push((reference(id), contents));
    }
    let mut signatures = Vec::new();
    let form = document.get_dictionary(catalog).ok()?.get(b"AcroForm").ok().and_then(resolve);
    let roots = form.as_ref().and_then(|f| f.as_dict().ok()).and_then(|f| f.get(b"Fields").ok()).and_then(resolve);
    let mut open: Vec<(Object, bool, usize)> = match roots {
        Some(Object::Array(items)) => items.into_iter().map(|i| (i, false, 0)).collect(),
        _ => Vec::new(),
    };
    let mut steps = 0usize;
    while let Some((node, inherited, depth)) = open.pop() {
        steps += 1;
        if depth > super::Limits::DEPTH || steps > super::Limits::PAGES {
            return None;
        }
        let Ok(id) = node.as_reference() else { continue };
        let Ok(field): Result<&Dictionary, _> = document.get_dictionary(id) else { continue };
        let kind = field.get(b"FT").ok().and_then(resolve);
        let signature = kind.as_ref().and_then(|k| k.as_name().ok()).map_or(inherited, |k| k == b"Sig");
        if let (true, Ok(Object::Reference(value))) = (signature, field.get(b"V")) {
            signatures.push((reference(id), reference(*value)));
        }
        if let Some(Object::Array(kids)) = field.get(b"Kids").ok().and_then(resolve) {
            open.extend(kids.into_iter().map(|k| (k, signature, depth + 1)));
        }
    }
    signatures.sort_unstable();
    Some(Outline { catalog: reference(catalog), pages, signatures })
}

fn hayro_outline(bytes: &[u8]) -> Option<Outline> {
    use hayro_syntax::Pdf;
    use hayro_syntax::object::{Array, Dict, MaybeRef, Name, ObjRef, Object, ObjectIdentifier, Stream};
    let of_ref = |r: ObjRef| Some(Reference { number: r.obj_number, generation: u32::try_from(r.gen_number).ok()? });
    let of_id = |id: ObjectIdentifier| of_ref(ObjRef::from(id));
    let pdf = Pdf::new(bytes.to_vec()).ok()?;
    let root = pdf.xref().root_id();
    let mut pages = Vec::new();
    for page in pdf.pages().iter() {
        let raw = page.raw();
        let mut contents = Vec::new();
        if let Some(items) = raw.get::<Array<'_>>("Contents") {
            contents.extend(items.raw_iter().filter_map(|i| i.as_obj_ref()).filter_map(of_ref));
        } else if raw.get::<Stream<'_>>("Contents").is_some() {
            contents.extend(raw.get_ref("Contents").and_then(of_ref));
        }
        pages.push((of_id(raw.obj_id()?)?, contents));
    }
    let mut signatures = Vec::new();
    let catalog = pdf.xref().get::<Dict<'_>>(root)?;
    let roots = catalog.get::<Dict<'_>>("AcroForm").and_then(|f| f.get::<Array<'_>>("Fields"));
    let mut open: Vec<(MaybeRef<Object<'_>>, bool, usize)> =
        roots.map(|r| r.raw_iter().map(|i| (i, false, 0)).collect()).unwrap_or_default();
    let mut steps = 0usize;
    while let Some((node, inherited, depth)) = open.pop() {
        steps += 1;
        if depth > super::Limits::DEPTH || steps > super::Limits::PAGES {
            return None;
        }
        let Some(id) = node.as_obj_ref() else { continue };
        let Some(field) = pdf.xref().get::<Dict<'_>>(id.into()) else { continue };
        let signature = field.get::<Name<'_>>("FT").map_or(inherited, |k| k.as_ref() == b"Sig");
        if let (true, Some(value)) = (signature, field.get_ref("V")) {
            signatures.push((of_ref(id)?, of_ref(value)?));
        }
        if let Some(kids) = field.get::<Array<'_>>("Kids") {
            open.extend(kids.raw_iter().map(|k| (k, signature, depth + 1)));
        }
    }
    signatures.sort_unstable();
    Some(Outline { catalog: of_id(root)?, pages, signatures })
}
