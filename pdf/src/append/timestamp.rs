//! The revision of a document time-stamp with the validation material it protects
//! (ISO 32000-2 §12.8.5, ETSI EN 319 142-1 §5.4.3, §5.5).

use super::Error;
use super::base::Base;
use super::form::{Form, extensions, with_item};
use super::place::{Unsigned, check_capacity};
use super::revision::Revision;
use super::syntax::Reference;
use super::text::text_string;
use super::validation;
use crate::read::ValidationMaterial;

/// Names tried for the next time-stamp; no document is renewed so often.
const MAX_TIMESTAMPS: usize = 1_000;

/// Appends the validation material that is not there yet, and a document time-stamp over everything,
/// with an empty place of `contents_capacity` bytes of DER.
///
/// One revision holds both: the time-stamp covers the store. The widget stands on the first page with an
/// empty rectangle at its origin, which is outside of what is shown and needs neither an appearance
/// (ISO 19005-3 §6.3.3) nor a structure element (ISO 14289-1 §7.18.1).
///
/// # Errors
/// [`Error::NotSigned`] if there is no signature yet; [`Error::FieldNameTaken`]; every other than an overflow.
pub fn prepare_timestamp(
    pdf: &[u8],
    material: &ValidationMaterial,
    field_name: &str,
    tooltip: &str,
    contents_capacity: usize,
) -> Result<Unsigned, Error> {
    check_capacity(contents_capacity)?;
    if field_name.len() > 4_096 || tooltip.len() > 4_096 || tooltip.is_empty() {
        return Err(Error::InvalidField { what: "a text is empty or longer than 4096 bytes" });
    }
    let base = Base::open(pdf)?;
    let (catalog_number, mut catalog) = base.catalog()?;
    if catalog.raw("Perms").is_some() {
        return Err(Error::Unsupported { what: "/Perms" });
    }
    let form = Form::read(&base, &catalog)?;
    if !form.is_signed {
        return Err(Error::NotSigned);
    }
    form.check_name(field_name)?;
    let (page_number, mut page) = base.page(&catalog, 0)?;

    let room = contents_capacity * 2 + validation::length(material) + 8 * 1024;
    let mut revision = Revision::new(&base, room);
    if let Some(store) = validation::write(&base, &catalog, &mut revision, material)? {
        catalog.set("DSS", store.to_string());
    }
    let stamp = revision.allocate();
    let widget = revision.allocate();
    revision.write_with_place(
        stamp,
        b"  /Type /DocTimeStamp\n  /Filter /Adobe.PPKLite\n  /SubFilter /ETSI.RFC3161\n",
        contents_capacity,
    );
    revision.write(widget, &widget_dictionary(field_name, tooltip, page_number, stamp));
    page.set("Annots", with_item(&base, page.raw("Annots"), widget)?);
    revision.write(page_number, &page.to_bytes());
    let form_number = form.write(&base, &mut revision, widget)?;
    catalog.set("AcroForm", form_number.to_string());
    if catalog.raw("Extensions").is_none() {
        catalog.set("Extensions", extensions(&base, &catalog)?);
    }
    revision.write(catalog_number, &catalog.to_bytes());
    revision.finish()
}

/// Appends the validation material that is not there yet and nothing else (ETSI EN 319 142-1 §5.4.2); a file that
/// holds all of it stays as it is.
///
/// # Errors
/// [`Error::NotSigned`] if there is no signature yet; those of a file that cannot be appended to.
pub fn append_validation(pdf: &[u8], material: &ValidationMaterial) -> Result<Vec<u8>, Error> {
    let base = Base::open(pdf)?;
    let (catalog_number, mut catalog) = base.catalog()?;
    if catalog.raw("Perms").is_some() {
        return Err(Error::Unsupported { what: "/Perms" });
    }
    if !Form::read(&base, &catalog)?.is_signed {
        return Err(Error::NotSigned);
    }
    let mut revision = Revision::new(&base, validation::length(material) + 8 * 1024);
    let Some(store) = validation::write(&base, &catalog, &mut revision, material)? else { return Ok(pdf.to_vec()) };
    catalog.set("DSS", store.to_string());
    revision.write(catalog_number, &catalog.to_bytes());
    revision.finish_plain()
}

/// The first of `Timestamp1`, `Timestamp2` … that no field of the document is called.
///
/// # Errors
/// Those of a file that cannot be read; [`Error::TooComplex`] if a thousand are taken.
pub fn free_timestamp_name(pdf: &[u8]) -> Result<String, Error> {
    let base = Base::open(pdf)?;
    let (_, catalog) = base.catalog()?;
    let form = Form::read(&base, &catalog)?;
    let mut names = (1..=MAX_TIMESTAMPS).map(|number| format!("Timestamp{number}"));
    names.find(|name| !form.has(name)).ok_or(Error::TooComplex { what: "document time-stamps" })
}

fn widget_dictionary(name: &str, tooltip: &str, page: Reference, stamp: Reference) -> Vec<u8> {
    // /F 4: Print, as ISO 19005-3 §6.3.2 demands.
    let mut out = format!("<<\n  /Type /Annot\n  /Subtype /Widget\n  /FT /Sig\n  /F 4\n  /Rect [0 0 0 0]\n  /P {page}\n  /V {stamp}\n  /T ").into_bytes();
    out.extend_from_slice(&text_string(name));
    out.extend_from_slice(b"\n  /TU ");
    out.extend_from_slice(&text_string(tooltip));
    out.extend_from_slice(b"\n>>");
    out
}
