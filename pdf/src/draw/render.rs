//! From laid-out pages to a PDF/A-3a and PDF/UA-1 file.

use std::collections::HashSet;
use std::num::NonZeroU16;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::EmbeddedFile;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, BBox, ContentTag, Identifier, ListNumbering, Node as TagNode, SpanTag, Tag, TagGroup,
    TagTree,
};
use krilla::text::Font;
use krilla::{Document, SerializeSettings};

use super::Error;
use super::code::Modules;
use super::deflate::deflate_streams;
use super::inline::{DIGIT_BOX, Ink};
use super::shaped::{Shaped, each_alone};
use super::sheet::{Child, Mark, NodeId, PAGE_HEIGHT, PAGE_WIDTH, Role, Sheet};
use super::typeface::{Weight, font, shape};

/// All that is not on the pages.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) metadata: Metadata,
    pub(super) attachment: Option<EmbeddedFile>,
    /// Words set large across each page.
    pub(super) across: Option<&'a str>,
    /// The QR code of each page.
    pub(super) modules: Option<&'a Modules>,
}

/// Writes the file.
pub(super) fn write(sheet: &Sheet, envelope: Envelope<'_>) -> Result<Vec<u8>, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| Error::Write(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: true,
        compress_content_streams: false,
        ..SerializeSettings::default()
    });

    // Whatever can fail does so before the first page: krilla panics if a surface is dropped
    // inside marked content.
    let ready = Ready {
        regular: font(Weight::Regular)?,
        bold: font(Weight::Bold)?,
        modules: envelope.modules,
        across: envelope.across.map(|words| shape(words, Weight::Bold)).transpose()?,
    };
    let mut identifiers: Vec<Vec<Option<Identifier>>> = Vec::new();
    for marks in &sheet.pages {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).ok_or(Error::Malformed("page size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        if identifiers.is_empty() {
            teach(&mut surface, sheet, &ready);
        }
        if let Some(words) = &ready.across {
            watermark(&mut surface, words, &ready);
        }
        rulings(&mut surface, marks);
        let drawn = marks.iter().map(|(mark, node)| draw(&mut surface, mark, node.is_some(), &ready));
        identifiers.push(drawn.collect());
        surface.finish();
        page.finish();
    }

    let mut tree = TagTree::new().with_lang(Some("th".into()));
    for root in &sheet.roots {
        if let Some(group) = group(sheet, *root, &identifiers) {
            tree.push(group);
        }
    }
    document.set_tag_tree(tree);
    document.set_outline(outline(sheet));
    document.set_metadata(envelope.metadata);
    if let Some(file) = envelope.attachment {
        document.embed_file(file).ok_or(Error::Malformed("attachment"))?;
    }
    let plain = document.finish().map_err(|error| Error::Write(format!("{error:?}")))?;
    deflate_streams(&plain).map_err(|error| Error::Write(error.to_string()))
}

/// What the pages draw with.
struct Ready<'a> {
    regular: Font,
    bold: Font,
    modules: Option<&'a Modules>,
    across: Option<Shaped>,
}

impl Ready<'_> {
    fn font(&self, weight: Weight) -> Font {
        match weight {
            Weight::Regular => self.regular.clone(),
            Weight::Bold => self.bold.clone(),
        }
    }
}

fn outline(sheet: &Sheet) -> Outline {
    let mut outline = Outline::new();
    for bookmark in &sheet.bookmarks {
        let there = XyzDestination::new(bookmark.page, Point::from_xy(0.0, bookmark.y));
        outline.push_child(OutlineNode::new(bookmark.title.clone(), there));
    }
    outline
}

/// Tells krilla what each glyph says alone before any is drawn as part of a cluster: the
/// first that a glyph is seen to say goes into its font's `ToUnicode` table. The stream drawn
/// here is never used.
fn teach(surface: &mut Surface<'_>, sheet: &Sheet, ready: &Ready<'_>) {
    let mut stream = surface.stream_builder();
    let mut aside = stream.surface();
    for weight in Weight::ALL {
        let mut taught = HashSet::new();
        let texts = sheet.pages.iter().flatten().filter_map(|(mark, _)| match mark {
            Mark::Text { shaped, style, .. } if style.weight == weight => Some(shaped),
            _ => None,
        });
        let letters = texts.flat_map(|shaped| &shaped.letters).filter(|letter| taught.insert(letter.glyph()));
        let (glyphs, said) = each_alone(letters);
        if !glyphs.is_empty() {
            aside.draw_glyphs(Point::from_xy(0.0, 0.0), &glyphs, ready.font(weight), &said, 1.0, false);
        }
    }
    aside.finish();
    let _unused = stream.finish();
}

/// Draws what the page is ruled with, all of a kind in one go: dotted lines for values, boxes for digits.
fn rulings(surface: &mut Surface<'_>, marks: &[(Mark, Option<NodeId>)]) {
    let (mut leaders, mut cells) = (PathBuilder::new(), PathBuilder::new());
    for (mark, _) in marks {
        match mark {
            Mark::Leader { from, to, y } => {
                leaders.move_to(*from, *y);
                leaders.line_to(to.max(*from), *y);
            }
            Mark::Cells { x, y, shaped, size } => {
                let side = DIGIT_BOX * size;
                let mut at = *x;
                for letter in &shaped.letters {
                    if letter.says() != '-'
                        && let Some(cell) = Rect::from_xywh(at + 0.4, y - side * 0.82, side - 0.8, side * 1.06)
                    {
                        cells.push_rect(cell);
                    }
                    at += letter.advance() * size;
                }
            }
            _ => {}
        }
    }
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    let dots = StrokeDash { array: vec![0.0, 2.1], offset: 0.0 };
    stroke(surface, leaders.finish(), Ink::Quiet, 0.65, Some(dots));
    stroke(surface, cells.finish(), Ink::Quiet, 0.6, None);
    surface.end_tagged();
}

/// Draws one mark inside marked content of its own.
fn draw(surface: &mut Surface<'_>, mark: &Mark, tagged: bool, ready: &Ready<'_>) -> Option<Identifier> {
    let tag = match mark {
        Mark::Leader { .. } | Mark::Cells { .. } => return None,
        _ if !tagged => ContentTag::Artifact(Artifact::with_kind(match mark {
            Mark::Text { .. } | Mark::Code { .. } => ArtifactType::PaginationOther,
            _ => ArtifactType::Layout,
        })),
        Mark::Text { style, .. } => ContentTag::Span(SpanTag::empty().with_lang(style.english.then_some("en"))),
        Mark::Tick { ticked, .. } => {
            ContentTag::Span(SpanTag::empty().with_actual_text(Some(if *ticked { "[x] " } else { "[ ] " })))
        }
        _ => ContentTag::Other,
    };
    let identifier = surface.start_tagged(tag);
    paint(surface, mark, ready);
    surface.end_tagged();
    tagged.then_some(identifier)
}

fn paint(surface: &mut Surface<'_>, mark: &Mark, ready: &Ready<'_>) {
    match mark {
        Mark::Text { x, y, shaped, style } => {
            fill(surface, style.ink);
            let font = ready.font(style.weight);
            surface.draw_glyphs(Point::from_xy(*x, *y), &shaped.glyphs(), font, &shaped.text, style.size, false);
        }
        Mark::Tick { x, y, size, ticked } => {
            let frame = Rect::from_xywh(*x, y - size, *size, *size).and_then(rectangle);
            stroke(surface, frame, Ink::Print, 0.7, None);
            if *ticked {
                let mut tick = PathBuilder::new();
                tick.move_to(x + size * 0.18, y - size * 0.52);
                tick.line_to(x + size * 0.42, y - size * 0.22);
                tick.line_to(x + size * 0.95, y - size * 1.05);
                stroke(surface, tick.finish(), Ink::Filled, 1.5, None);
            }
        }
        // With the page's rulings.
        Mark::Leader { .. } | Mark::Cells { .. } => {}
        Mark::Rule { from, to, y, strong } => {
            let (ink, width) = if *strong { (Ink::Accent, 1.1) } else { (Ink::Quiet, 0.4) };
            stroke(surface, segment(*from, *to, *y), ink, width, None);
        }
        Mark::Frame { area } => stroke(surface, rectangle(*area), Ink::Accent, 0.8, None),
        Mark::Code { x, y, side } => {
            if let Some((modules, path)) = ready.modules.and_then(|modules| Some((modules, modules.path()?))) {
                surface.push_transform(&modules.place(*x, *y, *side));
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke {
                    paint: rgb::Color::new(0, 0, 0).into(),
                    width: 1.0,
                    line_cap: LineCap::Butt,
                    ..Stroke::default()
                }));
                surface.draw_path(&path);
                surface.set_stroke(None);
                surface.pop();
            }
        }
    }
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Print => rgb::Color::new(0x1c, 0x1f, 0x22),
        Ink::Filled => rgb::Color::new(0x0b, 0x2a, 0x6b),
        Ink::Quiet => rgb::Color::new(0x5c, 0x66, 0x6b),
        Ink::Accent => rgb::Color::new(0x0b, 0x4f, 0x5c),
    }
}

fn fill(surface: &mut Surface<'_>, ink: Ink) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: colour(ink).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }));
}

fn stroke(surface: &mut Surface<'_>, path: Option<Path>, ink: Ink, width: f32, dash: Option<StrokeDash>) {
    let Some(path) = path else { return };
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: colour(ink).into(),
        width,
        line_cap: LineCap::Round,
        dash,
        ..Stroke::default()
    }));
    surface.draw_path(&path);
    surface.set_stroke(None);
}

fn segment(from: f32, to: f32, y: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(from, y);
    path.line_to(to.max(from), y);
    path.finish()
}

fn rectangle(area: Rect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(area);
    path.finish()
}

fn watermark(surface: &mut Surface<'_>, words: &Shaped, ready: &Ready<'_>) {
    const SIZE: f32 = 96.0;
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Watermark)));
    surface.set_stroke(None);
    surface.set_fill(Some(Fill {
        paint: rgb::Color::new(0xf6, 0xd9, 0xd5).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
    for centre in [0.24, 0.52, 0.8] {
        let turned = Transform::from_rotate_at(-32.0, PAGE_WIDTH / 2.0, PAGE_HEIGHT * centre);
        surface.push_transform(&turned);
        let start = Point::from_xy((PAGE_WIDTH - words.width() * SIZE) / 2.0, PAGE_HEIGHT * centre);
        surface.draw_glyphs(start, &words.glyphs(), ready.font(Weight::Bold), &words.text, SIZE, false);
        surface.pop();
    }
    surface.end_tagged();
}

fn group(sheet: &Sheet, id: NodeId, identifiers: &[Vec<Option<Identifier>>]) -> Option<TagGroup> {
    let node = sheet.nodes.get(id.0)?;
    let mut children: Vec<TagNode> = Vec::new();
    for child in &node.children {
        match child {
            Child::Node(child) => children.extend(group(sheet, *child, identifiers).map(TagNode::from)),
            Child::Mark(page, place) => {
                let drawn = identifiers.get(*page).and_then(|marks| marks.get(*place)).copied().flatten();
                children.extend(drawn.map(TagNode::from));
            }
        }
    }
    if children.is_empty() {
        return None;
    }
    Some(match &node.role {
        Role::Heading { level, title } => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            TagGroup::with_children(Tag::Hn(level, Some(title.clone())), children)
        }
        Role::Section => TagGroup::with_children(Tag::Section, children),
        Role::Paragraph => TagGroup::with_children(Tag::P, children),
        Role::List => TagGroup::with_children(Tag::L(ListNumbering::Decimal), children),
        Role::ListItem => TagGroup::with_children(Tag::LI, children),
        Role::ListLabel => TagGroup::with_children(Tag::Lbl, children),
        Role::ListBody => TagGroup::with_children(Tag::LBody, children),
        Role::Figure { alt } => {
            let bounds = figure_bounds(sheet, id);
            TagGroup::with_children(Tag::Figure(Some(alt.clone())).with_bbox(bounds), children)
        }
    })
}

/// ISO 14289-1 §7.3 with ISO 32000-1 §14.8.5.4.3: a figure on one page names its box.
fn figure_bounds(sheet: &Sheet, id: NodeId) -> Option<BBox> {
    let Some(Child::Mark(page, place)) = sheet.nodes.get(id.0)?.children.first() else { return None };
    match sheet.pages.get(*page)?.get(*place)? {
        (Mark::Code { x, y, side }, _) => Some(BBox::new(*page, Rect::from_xywh(*x, *y, *side, *side)?)),
        _ => None,
    }
}
