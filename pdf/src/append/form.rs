//! The document's form, and the lists that a new field joins.

use super::Error;
use super::base::Base;
use super::revision::Revision;
use super::syntax::{Dictionary, Reference, array, reference, unsigned, write_array};
use super::text::read_text_string;

/// Fields of an existing form looked at at most.
const MAX_FIELDS: usize = 1_000;

/// The document's form, or a new one.
#[derive(Debug)]
pub(super) struct Form<'a> {
    number: Option<Reference>,
    dictionary: Dictionary<'a>,
    names: Vec<String>,
    /// Whether a signature field of it has a value, or it says so.
    pub(super) is_signed: bool,
}

impl<'a> Form<'a> {
    pub(super) fn read(base: &'a Base<'a>, catalog: &Dictionary<'a>) -> Result<Self, Error> {
        let Some(raw) = catalog.borrowed("AcroForm") else {
            return Ok(Self {
                number: None,
                dictionary: Dictionary::parse(b"<<>>")?,
                names: Vec::new(),
                is_signed: false,
            });
        };
        let number = reference(raw);
        // A form written inside the catalogue moves to an object of its own.
        let dictionary = match number {
            Some(number) => base.dictionary(number)?,
            None => Dictionary::parse(raw)?,
        };
        if dictionary.raw("XFA").is_some() {
            return Err(Error::Unsupported { what: "/XFA" });
        }
        // SignaturesExist (§12.7.2).
        let mut is_signed = dictionary.raw("SigFlags").and_then(unsigned).unwrap_or(0) & 1 != 0;
        let fields = items(base, dictionary.raw("Fields"))?;
        if fields.len() > MAX_FIELDS {
            return Err(Error::TooComplex { what: "form fields" });
        }
        let mut names = Vec::with_capacity(fields.len());
        for item in &fields {
            let field = base.dictionary(reference(item).ok_or(Error::Malformed { what: "/Fields" })?)?;
            is_signed |= field.raw("FT") == Some(b"/Sig") && field.raw("V").is_some();
            match field.raw("T") {
                Some(raw) => match reference(raw) {
                    Some(object) => names.push(read_text_string(base.object(object)?)),
                    None => names.push(read_text_string(raw)),
                },
                None => continue,
            }
        }
        Ok(Self { number, dictionary, names, is_signed })
    }

    /// Whether a field of this name may be added.
    pub(super) fn check_name(&self, name: &str) -> Result<(), Error> {
        if name.is_empty() || name.contains('.') {
            return Err(Error::InvalidField { what: "the name must not be empty nor contain a full stop" });
        }
        if self.has(name) { Err(Error::FieldNameTaken) } else { Ok(()) }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Writes the form with `widget` as its last field; answers where it is.
    pub(super) fn write(
        mut self,
        base: &Base<'_>,
        revision: &mut Revision<'_>,
        widget: Reference,
    ) -> Result<Reference, Error> {
        let number = match self.number {
            Some(number) => number,
            None => revision.allocate(),
        };
        let fields = with_item(base, self.dictionary.raw("Fields"), widget)?;
        self.dictionary.set("Fields", fields);
        self.dictionary.set("SigFlags", "3"); // SignaturesExist, AppendOnly
        self.dictionary.remove("NeedAppearances"); // ISO 19005-3 §6.4.1
        revision.write(number, &self.dictionary.to_bytes());
        Ok(number)
    }
}

/// The items of an array that may be absent or an object of its own.
pub(super) fn items<'v>(base: &'v Base<'_>, raw: Option<&'v [u8]>) -> Result<Vec<&'v [u8]>, Error> {
    match raw {
        None => Ok(Vec::new()),
        Some(raw) => match reference(raw) {
            Some(object) => array(base.object(object)?),
            None => array(raw),
        },
    }
}

/// As [`items`], with one more at the end.
pub(super) fn with_item(base: &Base<'_>, raw: Option<&[u8]>, item: Reference) -> Result<Vec<u8>, Error> {
    let item = item.to_string();
    Ok(write_array(items(base, raw)?.into_iter().chain([item.as_bytes()])))
}

/// The developer extension that names PAdES (ISO 32000-1 §7.12, ETSI EN 319 142-1 §5.4.2).
pub(super) fn extensions(base: &Base<'_>, catalog: &Dictionary<'_>) -> Result<Vec<u8>, Error> {
    let raw = match catalog.raw("Extensions") {
        Some(raw) => match reference(raw) {
            Some(object) => base.object(object)?,
            None => raw,
        },
        None => b"<< >>",
    };
    let mut dictionary = Dictionary::parse(raw)?;
    dictionary.set("ESIC", "<< /BaseVersion /1.7 /ExtensionLevel 2 >>");
    Ok(dictionary.to_bytes())
}
