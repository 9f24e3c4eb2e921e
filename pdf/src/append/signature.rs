//! The signature's revision (ISO 32000-1 §12.8, ETSI EN 319 142-1 §4).

use super::Error;
use super::base::Base;
use super::form::{Form, extensions, with_item};
use super::place::{Unsigned, check_capacity};
use super::revision::Revision;
use super::structure::Tagging;
use super::syntax::Reference;
use super::text::{date, number, text_string};
use time::OffsetDateTime;

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

/// Appends a signature field with an empty place of `contents_capacity` bytes of DER.
///
/// The bytes of `pdf` stay as they are; the same arguments give the same bytes. A tagged
/// document gets the widget's `Form` element, and PDF/A-3a and PDF/UA-1 stay true.
///
/// # Errors
/// Every other [`Error`] than an overflow; the file must have a cross-reference table and
/// must not be signed or encrypted.
pub fn prepare_signature(pdf: &[u8], field: &SignatureField, contents_capacity: usize) -> Result<Unsigned, Error> {
    check_field(field)?;
    check_capacity(contents_capacity)?;
    let base = Base::open(pdf)?;
    let (catalog_number, mut catalog) = base.catalog()?;
    let form = Form::read(&base, &catalog)?;
    // A certified document (§12.8.4) says so in /Perms.
    if form.is_signed || catalog.raw("Perms").is_some() {
        return Err(Error::AlreadySigned);
    }
    form.check_name(&field.field_name)?;
    let (page_number, mut page) = base.page(&catalog, field.page)?;
    let tagging = Tagging::read(&base, &catalog)?;

    let mut revision = Revision::new(&base, contents_capacity * 2 + 8 * 1024);
    let signature = revision.allocate();
    let widget = revision.allocate();
    let appearance = revision.allocate();

    revision.write_with_place(signature, &signature_entries(field)?, contents_capacity);
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
    revision.finish()
}

fn check_field(field: &SignatureField) -> Result<(), Error> {
    let invalid = |what| Err(Error::InvalidField { what });
    let [left, bottom, right, top] = field.rect;
    if !field.rect.iter().all(|edge| edge.is_finite() && edge.abs() <= 14_400.0) || left > right || bottom > top {
        return invalid("the rectangle is not one of a page");
    }
    if field.tooltip.is_empty() {
        return invalid("the tooltip must not be empty");
    }
    let texts = [Some(&field.field_name), Some(&field.tooltip), field.name.as_ref(), field.reason.as_ref()];
    let more = [field.location.as_ref(), field.contact_info.as_ref()];
    if texts.iter().chain(&more).flatten().any(|text| text.len() > 4_096) {
        return invalid("a text is longer than 4096 bytes");
    }
    Ok(())
}

fn signature_entries(field: &SignatureField) -> Result<Vec<u8>, Error> {
    let mut out = b"  /Type /Sig\n  /Filter /Adobe.PPKLite\n  /SubFilter /ETSI.CAdES.detached\n  /M ".to_vec();
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
    out.push(b'\n');
    Ok(out)
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
