//! The signature's revision (ISO 32000-1 §12.8, ETSI EN 319 142-1 §4).

use super::Error;
use super::base::Base;
use super::revision::Revision;
use super::structure::Tagging;
use super::syntax::{Dictionary, Reference, array, reference, unsigned, write_array};
use super::text::{date, number, read_text_string, text_string};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// ISO 19005-3 §6.1.13: no string is longer.
const MAX_STRING: usize = 32_767;
/// Fields of an existing form looked at at most.
const MAX_FIELDS: usize = 1_000;
/// Ten digits each, as offsets in the cross-reference table.
const BYTE_RANGE_WIDTH: usize = 1 + 4 * 11 + 1;

/// The signature field and what its dictionary says in the clear.
///
/// Nothing here is drawn: the visible block is content of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureField {
    /// Index of the page that carries the widget, from 0.
    pub page: usize,
    /// Lower left and upper right corner in the page's default user space (points, origin
    /// below left): where a reader shows the field when it is pointed at.
    pub rect: [f32; 4],
    /// `/T`: not empty, without a full stop.
    pub field_name: String,
    /// `/TU`: what a screen reader says (ISO 14289-1 §7.18.1); not empty.
    pub tooltip: String,
    /// `/M`: the time the signer claims, to the second.
    pub signing_time: OffsetDateTime,
    /// `/Name` of the signer.
    pub name: Option<String>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// `/ContactInfo`.
    pub contact_info: Option<String>,
}

/// A PDF with its signature revision complete but for the signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsigned {
    bytes: Vec<u8>,
    byte_range: [usize; 4],
}

impl std::fmt::Debug for Unsigned {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Unsigned").field("byte_range", &self.byte_range).finish_non_exhaustive()
    }
}

impl Unsigned {
    /// Offset and length of the two signed parts (ISO 32000-1 §12.8.1).
    #[must_use]
    pub const fn byte_range(&self) -> [usize; 4] {
        self.byte_range
    }

    /// Bytes of DER that fit into `/Contents`.
    #[must_use]
    pub const fn contents_capacity(&self) -> usize {
        let [_, before, after, _] = self.byte_range;
        (after - before - 2) / 2
    }

    /// SHA-256 over the signed parts.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let [_, before, after, _] = self.byte_range;
        let mut hash = Sha256::new();
        hash.update(self.bytes.get(..before).unwrap_or_default());
        hash.update(self.bytes.get(after..).unwrap_or_default());
        hash.finalize().into()
    }

    /// Puts the CMS structure in its place.
    ///
    /// # Errors
    /// [`Error::ContentsOverflow`] if it does not fit.
    pub fn complete(self, cms_der: &[u8]) -> Result<Vec<u8>, Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let capacity = self.contents_capacity();
        let overflow = Error::ContentsOverflow { needed: cms_der.len(), capacity };
        if cms_der.len() > capacity {
            return Err(overflow);
        }
        let [_, before, after, _] = self.byte_range;
        let mut bytes = self.bytes;
        // What is left stays the zeros it was prepared with.
        let place = bytes.get_mut(before + 1..after - 1).ok_or(overflow)?;
        for (pair, byte) in place.chunks_exact_mut(2).zip(cms_der) {
            for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = *DIGITS.get(usize::from(nibble)).unwrap_or(&b'0');
            }
        }
        Ok(bytes)
    }
}

/// Appends a signature field with an empty place of `contents_capacity` bytes of DER.
///
/// The bytes of `pdf` stay as they are; the same arguments give the same bytes. A tagged
/// document gets the widget's `Form` element, and PDF/A-3a and PDF/UA-1 stay true.
///
/// # Errors
/// Every other [`Error`] than an overflow; the file must have a cross-reference table and
/// must not be signed or encrypted.
pub fn prepare_signature(pdf: &[u8], field: &SignatureField, contents_capacity: usize) -> Result<Unsigned, Error> {
    check_field(field, contents_capacity)?;
    let base = Base::open(pdf)?;
    let (catalog_number, mut catalog) = base.catalog()?;
    // A certified document (§12.8.4) says so here.
    if catalog.raw("Perms").is_some() {
        return Err(Error::AlreadySigned);
    }
    let (page_number, mut page) = base.page(&catalog, field.page)?;
    let form = Form::read(&base, &catalog, &field.field_name)?;
    let tagging = Tagging::read(&base, &catalog)?;

    let mut revision = Revision::new(&base, contents_capacity * 2 + 8 * 1024);
    let signature = revision.allocate();
    let widget = revision.allocate();
    let appearance = revision.allocate();

    let (dictionary, placeholders) = signature_dictionary(field, contents_capacity)?;
    let start = revision.write(signature, &dictionary);

    revision.write(appearance, &appearance_stream(field.rect));
    let parent_key = tagging.as_ref().map(|tagging| tagging.key);
    revision.write(widget, &widget_dictionary(field, page_number, signature, appearance, parent_key));

    page.set("Annots", with_item(&base, page.raw("Annots"), widget)?);
    page.set("Tabs", "/S"); // ISO 14289-1 §7.18.3
    revision.write(page_number, &page.to_bytes());

    if let Some(tagging) = tagging {
        tagging.write(&mut revision, widget, page_number)?;
    }
    let form_number = form.write(&base, &mut revision, widget)?;
    catalog.set("AcroForm", form_number.to_string());
    catalog.set("Extensions", extensions(&base, &catalog)?);
    revision.write(catalog_number, &catalog.to_bytes());

    let mut bytes = revision.finish()?;
    let before = start + placeholders.contents;
    let after = before + contents_capacity * 2 + 2;
    let byte_range = [0, before, after, bytes.len() - after];
    let written = byte_range.map(|part| part.to_string()).join(" ");
    let place = start + placeholders.byte_range;
    let range = format!("[{written}]{:width$}", "", width = BYTE_RANGE_WIDTH - written.len() - 2);
    bytes
        .get_mut(place..place + BYTE_RANGE_WIDTH)
        .ok_or(Error::TooComplex { what: "length of the file" })?
        .copy_from_slice(range.as_bytes());
    Ok(Unsigned { bytes, byte_range })
}

fn check_field(field: &SignatureField, contents_capacity: usize) -> Result<(), Error> {
    let invalid = |what| Err(Error::InvalidField { what });
    let [left, bottom, right, top] = field.rect;
    if !field.rect.iter().all(|edge| edge.is_finite() && edge.abs() <= 14_400.0) || left > right || bottom > top {
        return invalid("the rectangle is not one of a page");
    }
    if field.field_name.is_empty() || field.field_name.contains('.') {
        return invalid("the name must not be empty nor contain a full stop");
    }
    if field.tooltip.is_empty() {
        return invalid("the tooltip must not be empty");
    }
    let texts = [Some(&field.field_name), Some(&field.tooltip), field.name.as_ref(), field.reason.as_ref()];
    let more = [field.location.as_ref(), field.contact_info.as_ref()];
    if texts.iter().chain(&more).flatten().any(|text| text.len() > 4_096) {
        return invalid("a text is longer than 4096 bytes");
    }
    if contents_capacity == 0 || contents_capacity > MAX_STRING {
        return invalid("the place for the signature must have 1 to 32767 bytes");
    }
    Ok(())
}

/// Where in the signature dictionary the two values go that are known later.
#[derive(Debug, Clone, Copy)]
struct Placeholders {
    byte_range: usize,
    contents: usize,
}

fn signature_dictionary(field: &SignatureField, capacity: usize) -> Result<(Vec<u8>, Placeholders), Error> {
    let mut out = b"<<\n  /Type /Sig\n  /Filter /Adobe.PPKLite\n  /SubFilter /ETSI.CAdES.detached\n  /M ".to_vec();
    out.extend_from_slice(date(field.signing_time)?.as_bytes());
    let texts = [
        ("Name", &field.name),
        ("Reason", &field.reason),
        ("Location", &field.location),
        ("ContactInfo", &field.contact_info),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            out.extend_from_slice(format!("\n  /{key} ").as_bytes());
            out.extend_from_slice(&text_string(text));
        }
    }
    out.extend_from_slice(b"\n  /ByteRange ");
    let byte_range = out.len();
    out.resize(byte_range + BYTE_RANGE_WIDTH, b' ');
    out.extend_from_slice(b"\n  /Contents ");
    let contents = out.len();
    out.push(b'<');
    out.resize(contents + 1 + capacity * 2, b'0');
    out.extend_from_slice(b">\n>>");
    Ok((out, Placeholders { byte_range, contents }))
}

/// ISO 19005-3 §6.3.3: every widget has a normal appearance, and no other. It draws nothing.
fn appearance_stream(rect: [f32; 4]) -> Vec<u8> {
    let [left, bottom, right, top] = rect;
    format!(
        "<<\n  /Type /XObject\n  /Subtype /Form\n  /BBox [0 0 {} {}]\n  /Resources << >>\n  /Length 0\n>>\nstream\n\nendstream",
        number(right - left),
        number(top - bottom)
    )
    .into_bytes()
}

fn widget_dictionary(
    field: &SignatureField,
    page: Reference,
    signature: Reference,
    appearance: Reference,
    parent_key: Option<u64>,
) -> Vec<u8> {
    let rect = field.rect.map(number).join(" ");
    // /F 4: Print, as ISO 19005-3 §6.3.2 demands.
    let mut out = format!("<<\n  /Type /Annot\n  /Subtype /Widget\n  /FT /Sig\n  /F 4\n  /Rect [{rect}]\n  /P {page}\n  /V {signature}\n  /AP << /N {appearance} >>\n  /T ").into_bytes();
    out.extend_from_slice(&text_string(&field.field_name));
    out.extend_from_slice(b"\n  /TU ");
    out.extend_from_slice(&text_string(&field.tooltip));
    if let Some(key) = parent_key {
        out.extend_from_slice(format!("\n  /StructParent {key}").as_bytes());
    }
    out.extend_from_slice(b"\n>>");
    out
}

/// The document's form, or a new one.
struct Form<'a> {
    number: Option<Reference>,
    dictionary: Dictionary<'a>,
}

impl<'a> Form<'a> {
    fn read(base: &'a Base<'a>, catalog: &Dictionary<'a>, name: &str) -> Result<Self, Error> {
        let Some(raw) = catalog.borrowed("AcroForm") else {
            return Ok(Self { number: None, dictionary: Dictionary::parse(b"<<>>")? });
        };
        let number = reference(raw);
        // A form written inside the catalogue moves to an object of its own.
        let dictionary = match number {
            Some(number) => base.dictionary(number)?,
            None => Dictionary::parse(raw)?,
        };
        // SignaturesExist (§12.7.2).
        if dictionary.raw("SigFlags").and_then(unsigned).unwrap_or(0) & 1 != 0 {
            return Err(Error::AlreadySigned);
        }
        if dictionary.raw("XFA").is_some() {
            return Err(Error::Unsupported { what: "/XFA" });
        }
        let fields = items(base, dictionary.raw("Fields"))?;
        if fields.len() > MAX_FIELDS {
            return Err(Error::TooComplex { what: "form fields" });
        }
        for item in &fields {
            let field = base.dictionary(reference(item).ok_or(Error::Malformed { what: "/Fields" })?)?;
            if field.raw("FT") == Some(b"/Sig") && field.raw("V").is_some() {
                return Err(Error::AlreadySigned);
            }
            let known = match field.raw("T") {
                Some(raw) => match reference(raw) {
                    Some(object) => read_text_string(base.object(object)?),
                    None => read_text_string(raw),
                },
                None => continue,
            };
            if known == name {
                return Err(Error::FieldNameTaken);
            }
        }
        Ok(Self { number, dictionary })
    }

    fn write(mut self, base: &Base<'_>, revision: &mut Revision<'_>, widget: Reference) -> Result<Reference, Error> {
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
fn items<'v>(base: &'v Base<'_>, raw: Option<&'v [u8]>) -> Result<Vec<&'v [u8]>, Error> {
    match raw {
        None => Ok(Vec::new()),
        Some(raw) => match reference(raw) {
            Some(object) => array(base.object(object)?),
            None => array(raw),
        },
    }
}

fn with_item(base: &Base<'_>, raw: Option<&[u8]>, item: Reference) -> Result<Vec<u8>, Error> {
    let item = item.to_string();
    Ok(write_array(items(base, raw)?.into_iter().chain([item.as_bytes()])))
}

/// The developer extension that names PAdES (ISO 32000-1 §7.12, ETSI TS 102 778-3 §4.7).
fn extensions(base: &Base<'_>, catalog: &Dictionary<'_>) -> Result<Vec<u8>, Error> {
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
