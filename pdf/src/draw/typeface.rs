//! Sarabun, read once: glyphs for text, shaped by HarfBuzz's rules.

use std::sync::OnceLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{BufferClusterLevel, Direction, Face, Language, ShapePlan, UnicodeBuffer, script};

use super::Error;

/// Weight of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// A text and its glyphs; advances are in ems.
#[derive(Debug, Clone, Default)]
pub(super) struct Shaped {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
}

impl Shaped {
    /// Width in ems.
    pub(super) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }

    /// The part of the text between two byte positions, neither inside a cluster.
    pub(super) fn slice(&self, from: usize, to: usize) -> Self {
        let glyphs = self.glyphs.iter().filter(|glyph| (from..to).contains(&glyph.text_range.start)).map(|glyph| {
            let mut glyph = glyph.clone();
            glyph.text_range = glyph.text_range.start - from..glyph.text_range.end.min(to) - from;
            glyph
        });
        Self { glyphs: glyphs.collect(), text: self.text.get(from..to).unwrap_or_default().to_owned() }
    }

    /// Puts another text after this one.
    pub(super) fn append(&mut self, other: &Self) {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.glyphs.extend(other.glyphs.iter().cloned().map(|mut glyph| {
            glyph.text_range = glyph.text_range.start + shift..glyph.text_range.end + shift;
            glyph
        }));
    }
}

/// Whether the typeface has a glyph for a character, so that it can stand on paper.
pub(crate) fn can_print(character: char) -> bool {
    // What Rust cannot read as a font prints nothing at all.
    loaded(Weight::Regular).is_ok_and(|loaded| loaded.face.glyph_index(character).is_some())
        && loaded(Weight::Bold).is_ok_and(|loaded| loaded.face.glyph_index(character).is_some())
}

/// The font as krilla embeds it.
pub(super) fn font(weight: Weight) -> Result<Font, Error> {
    loaded(weight).map(|loaded| loaded.font.clone())
}

/// Shapes one line of text.
///
/// Always as Thai script: a text that begins with a Latin word would otherwise lose the mark
/// positioning of the Thai words in it.
pub(super) fn shape(text: &str, weight: Weight) -> Result<Shaped, Error> {
    let loaded = loaded(weight)?;
    if let Some(missing) = text.chars().find(|character| loaded.face.glyph_index(*character).is_none()) {
        return Err(Error::Unprintable(missing));
    }
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.set_direction(Direction::LeftToRight);
    buffer.set_script(script::THAI);
    if let Some(language) = thai() {
        buffer.set_language(language);
    }
    // One cluster per character, so that base and marks copy out one by one; only SARA AM,
    // which is shaped as two glyphs, needs an ActualText.
    buffer.set_cluster_level(BufferClusterLevel::Characters);
    let output = rustybuzz::shape_with_plan(&loaded.face, &loaded.plan, buffer);

    let mut starts: Vec<usize> =
        output.glyph_infos().iter().map(|info| usize::try_from(info.cluster).unwrap_or(0)).collect();
    starts.sort_unstable();
    starts.dedup();
    let em = loaded.em;
    let glyphs = output.glyph_infos().iter().zip(output.glyph_positions()).map(|(info, position)| {
        let start = usize::try_from(info.cluster).unwrap_or(0);
        let next = starts.partition_point(|other| *other <= start);
        let end = starts.get(next).copied().unwrap_or(text.len());
        KrillaGlyph::new(
            GlyphId::new(info.glyph_id),
            ems(position.x_advance, em),
            ems(position.x_offset, em),
            ems(position.y_offset, em),
            ems(position.y_advance, em),
            start..end,
            None,
        )
    });
    Ok(Shaped { glyphs: glyphs.collect(), text: text.to_owned() })
}

struct Loaded {
    face: Face<'static>,
    plan: ShapePlan,
    font: Font,
    em: f32,
}

const REGULAR: &[u8] = include_bytes!("../../fonts/Sarabun-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/Sarabun-Bold.ttf");

fn loaded(weight: Weight) -> Result<&'static Loaded, Error> {
    static REGULAR_ONCE: OnceLock<Option<Loaded>> = OnceLock::new();
    static BOLD_ONCE: OnceLock<Option<Loaded>> = OnceLock::new();
    match weight {
        Weight::Regular => REGULAR_ONCE.get_or_init(|| load(REGULAR)),
        Weight::Bold => BOLD_ONCE.get_or_init(|| load(BOLD)),
    }
    .as_ref()
    .ok_or(Error::Typeface)
}

fn load(bytes: &'static [u8]) -> Option<Loaded> {
    let face = Face::from_slice(bytes, 0)?;
    let plan = ShapePlan::new(&face, Direction::LeftToRight, Some(script::THAI), thai().as_ref(), &[]);
    let font = Font::new(bytes.into(), 0)?;
    let em = f32::from(u16::try_from(face.units_per_em()).ok()?);
    Some(Loaded { face, plan, font, em })
}

fn thai() -> Option<Language> {
    "th".parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "font units are far below 2^24")]
fn ems(units: i32, em: f32) -> f32 {
    units as f32 / em
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_take_no_room_and_keep_their_characters() {
        for word in ["ที่", "ปู่", "ผู้ป่วย", "ฟื้นฟู", "กตัญญู", "ญี่ปุ่น", "ฐานะ"]
        {
            let shaped = shape(word, Weight::Regular).unwrap();
            let read: String = shaped.glyphs.iter().map(|glyph| &shaped.text[glyph.text_range.clone()]).collect();
            assert_eq!(read, word);
        }
        assert!(shape("ปู่", Weight::Regular).unwrap().width() - shape("ป", Weight::Regular).unwrap().width() < 0.01);
        assert!(matches!(shape("☐", Weight::Regular), Err(Error::Unprintable('☐'))));
    }

    #[test]
    fn a_latin_beginning_does_not_change_the_thai_after_it() {
        let after = shape("A น้ำ", Weight::Regular).unwrap();
        let alone = shape("น้ำ", Weight::Regular).unwrap();
        let ids = |shaped: &Shaped| shaped.glyphs.iter().map(|glyph| glyph.glyph_id.to_u32()).collect::<Vec<_>>();
        assert!(ids(&after).ends_with(&ids(&alone)));
    }
}
