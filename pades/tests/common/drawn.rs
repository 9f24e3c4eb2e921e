//! A tagged PDF/A-3a and PDF/UA-1 of three pages, drawn as the product's are.

use krilla::Document;
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::tagging::{ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};

/// The text of each page.
pub(crate) const PAGES: [&str; 3] = ["First page", "ใบรับรองแพทย์ ผู้ป่วยมีไข้สูง", "Last page"];

/// Draws it: always the same bytes.
pub(crate) fn certificate() -> Vec<u8> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .unwrap();
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../pdf/fonts/Sarabun-Regular.ttf");
    let font = Font::new(std::fs::read(file).unwrap().into(), 0).unwrap();
    let mut tree = TagTree::new().with_lang(Some("th".to_owned()));
    for text in PAGES {
        let mut page = document.start_page_with(PageSettings::from_wh(595.0, 842.0).unwrap());
        let mut surface = page.surface();
        let span = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        surface.draw_text(Point::from_xy(72.0, 100.0), font.clone(), 18.0, text, false, TextDirection::Auto);
        surface.end_tagged();
        surface.finish();
        page.finish();
        let mut paragraph = TagGroup::new(Tag::P);
        paragraph.push(span);
        tree.push(paragraph);
    }
    document.set_tag_tree(tree);
    document.set_outline(Outline::new());
    let drawn = DateTime::new(2026).month(8).day(14).hour(9).minute(5).second(3).utc_offset_hour(7);
    document
        .set_metadata(Metadata::new().title("ใบรับรองแพทย์".to_owned()).language("th".to_owned()).creation_date(drawn));
    document
        .embed_file(EmbeddedFile {
            path: "bundle.json".to_owned(),
            mime_type: MimeType::new("application/fhir+json"),
            description: Some("The same as data".to_owned()),
            association_kind: AssociationKind::Alternative,
            data: b"{\"resourceType\":\"Bundle\"}".to_vec().into(),
            modification_date: Some(drawn),
            compress: Some(false),
            location: None,
        })
        .unwrap();
    document.finish().unwrap()
}
