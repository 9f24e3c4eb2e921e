//! Drawing a form: PDF/A-3a and PDF/UA-1, the same bytes for the same content.

mod breaking;
mod bundle;
mod code;
mod deflate;
mod error;
mod fragment;
mod inline;
mod picture;
mod render;
mod shaped;
mod sheet;
mod stationery;
mod two_part;
mod typeface;

use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::metadata::{DateTime, Metadata, TextDirection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::form::{Definition, DocumentContent, definition};

pub use error::Error;
pub(crate) use typeface::can_print;

/// The link that the QR code of each page carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrLink {
    /// `https://<host>/v/<code>#<token>`.
    pub url: String,
}

/// A form ready to be signed.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// The file, one revision, no AcroForm.
    pub pdf: Vec<u8>,
    /// Page of the visible signature block, from 0.
    pub signature_page: usize,
    /// Where the signature widget belongs, around that block: left, bottom, right, top in
    /// points of PDF user space (origin at the lower left).
    pub signature_rect: [f32; 4],
}

/// What stands on the paper beside the content.
#[derive(Debug, Clone, Copy)]
struct Occasion<'a> {
    definition: &'static Definition,
    content: &'a DocumentContent,
    prepared_at: OffsetDateTime,
    /// None while the document is a draft.
    link: Option<&'a QrLink>,
    /// What the link's code looks like.
    modules: Option<&'a code::Modules>,
}

/// Draws the form that is about to be signed, with the QR code of its verification link and
/// a FHIR Bundle attached.
///
/// Fields are printed as they are: check them with [`crate::form::validate`] before.
///
/// # Errors
/// [`Error::UnknownForm`], [`Error::Malformed`] and [`Error::Unprintable`] for content that
/// is not of its form; [`Error::LinkTooLong`]; [`Error::TooManyPages`].
pub fn signed_form(content: &DocumentContent, link: &QrLink) -> Result<Drawn, Error> {
    draw(content, Some(link))
}

/// Draws the form as a draft: ร่าง / DRAFT across each page, no QR code, no attachment.
/// Missing fields stay empty leaders.
///
/// # Errors
/// As [`signed_form`].
pub fn preview(content: &DocumentContent) -> Result<Vec<u8>, Error> {
    draw(content, None).map(|drawn| drawn.pdf)
}

/// The pages of [`preview`] as pictures (SVG), for whoever looks at many at once: the same layout,
/// in outlines, without script, text or anything from elsewhere.
///
/// # Errors
/// As [`signed_form`].
pub fn pictures(content: &DocumentContent) -> Result<Vec<String>, Error> {
    let (sheet, _) = two_part::lay_out(&occasion(content, None, None)?)?;
    picture::pages(&sheet, DRAFT)
}

/// What stands across each page of a draft.
const DRAFT: &str = "ร่าง DRAFT";

fn occasion<'a>(
    content: &'a DocumentContent,
    link: Option<&'a QrLink>,
    modules: Option<&'a code::Modules>,
) -> Result<Occasion<'a>, Error> {
    let definition = definition(&content.form)
        .filter(|definition| definition.version == content.form_version)
        .ok_or_else(|| Error::UnknownForm { form: content.form.clone(), version: content.form_version })?;
    let prepared_at =
        OffsetDateTime::parse(&content.prepared_at, &Rfc3339).map_err(|_| Error::Malformed("time of preparation"))?;
    Ok(Occasion { definition, content, prepared_at, link, modules })
}

fn draw(content: &DocumentContent, link: Option<&QrLink>) -> Result<Drawn, Error> {
    let modules = link.map(|link| code::modules(&link.url)).transpose()?;
    let occasion = occasion(content, link, modules.as_ref())?;
    let prepared_at = occasion.prepared_at;
    let (sheet, signature) = two_part::lay_out(&occasion)?;
    let attachment = match link {
        Some(_) => Some(EmbeddedFile {
            path: "medical-certificate.fhir.json".into(),
            mime_type: MimeType::new("application/fhir+json"),
            description: Some("The same certificate as a FHIR R4 Bundle (ข้อมูลเดียวกันในรูป FHIR R4)".into()),
            association_kind: AssociationKind::Alternative,
            data: bundle::write(&occasion)?.into(),
            modification_date: Some(stamp(prepared_at)),
            // With the pages.
            compress: Some(false),
            location: None,
        }),
        None => None,
    };
    let envelope = render::Envelope {
        metadata: metadata(&occasion),
        attachment,
        across: link.is_none().then_some(DRAFT),
        modules: modules.as_ref(),
    };
    let pdf = render::write(&sheet, envelope)?;
    Ok(Drawn { pdf, signature_page: signature.page, signature_rect: signature.rect() })
}

fn metadata(occasion: &Occasion<'_>) -> Metadata {
    let Occasion { definition, content, prepared_at, link, .. } = occasion;
    let draft = if link.is_none() { " (ร่าง)" } else { "" };
    let title = format!("{} เล่มที่ {} เลขที่ {}{draft}", definition.title_th, content.book, content.number);
    Metadata::new()
        .title(title)
        .description(definition.title_en.clone())
        .language("th".into())
        .authors(vec![format!("{}{}", content.signer.title_th, content.signer.name_th)])
        .creator("Rabrong".into())
        .producer("Rabrong".into())
        .creation_date(stamp(*prepared_at))
        .document_id(content.document_id.clone())
        .text_direction(TextDirection::LeftToRight)
}

fn stamp(at: OffsetDateTime) -> DateTime {
    let at = at.to_offset(time::UtcOffset::UTC);
    DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(at.month().into())
        .day(at.day())
        .hour(at.hour())
        .minute(at.minute())
        .second(at.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
