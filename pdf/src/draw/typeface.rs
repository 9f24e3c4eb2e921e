//! Sarabun, read once: glyphs for text, shaped by `HarfBuzz`'s rules.

use std::fmt::Write as _;
use std::sync::OnceLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, Feature, GlyphInfo, Language, ShapePlan, UnicodeBuffer, script, ttf_parser};

use super::Error;
use super::shaped::{Letter, Says, Shaped};

/// Weight of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    pub(super) const ALL: [Self; 2] = [Self::Bold, Self::Regular];
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

/// Units of an em in [`outline`].
pub(super) const OUTLINE_EM: f32 = 1000.0;

/// A glyph's outline as the data of an SVG path, y upwards; none if nothing is to be seen of it.
pub(super) fn outline(weight: Weight, glyph: u32) -> Option<&'static str> {
    let loaded = loaded(weight).ok()?;
    loaded.outlines.get(usize::try_from(glyph).ok()?)?.get_or_init(|| drawn(&loaded.face, loaded.em, glyph)).as_deref()
}

fn drawn(face: &Face<'_>, em: f32, glyph: u32) -> Option<String> {
    let mut data = PathData { text: String::new(), scale: OUTLINE_EM / em };
    face.outline_glyph(ttf_parser::GlyphId(u16::try_from(glyph).ok()?), &mut data)?;
    Some(data.text)
}

/// Writes an outline; writing to a `String` cannot fail.
struct PathData {
    text: String,
    scale: f32,
}

impl PathData {
    fn segment(&mut self, command: char, points: &[(f32, f32)]) {
        self.text.push(command);
        for (at, (x, y)) in points.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let _ = write!(self.text, "{space}{:.0} {:.0}", x * self.scale, y * self.scale);
        }
    }
}

impl ttf_parser::OutlineBuilder for PathData {
    fn move_to(&mut self, x: f32, y: f32) {
        self.segment('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segment('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.segment('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.segment('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.text.push('Z');
    }
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
    let output = rustybuzz::shape_with_plan(&loaded.face, &loaded.plan, buffer);

    let bases = super::breaking::letters(text);
    let em = loaded.em;
    let of = |info: &GlyphInfo| {
        let start = usize::try_from(info.cluster).unwrap_or(0);
        bases.partition_point(|base| *base <= start)
    };
    let mut letters: Vec<Letter> = Vec::with_capacity(output.len());
    let glyphs: Vec<_> = output.glyph_infos().iter().zip(output.glyph_positions()).collect();
    for cluster in glyphs.chunk_by(|(left, _), (right, _)| of(left) == of(right)) {
        let at = cluster.first().map_or(0, |(info, _)| of(info));
        let from = at.checked_sub(1).and_then(|before| bases.get(before)).copied().unwrap_or(0);
        let to = bases.get(at).copied().unwrap_or(text.len());
        let said = each_says(text.get(from..to).unwrap_or_default(), cluster.len());
        for ((info, position), says) in cluster.iter().zip(said) {
            let glyph = KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                ems(position.x_advance, em),
                ems(position.x_offset, em),
                ems(position.y_offset, em),
                ems(position.y_advance, em),
                from..to,
                None,
            );
            letters.push(Letter::new(glyph, says));
        }
    }
    Ok(Shaped { letters, text: text.to_owned() })
}

/// What each of the `count` glyphs of a base with its marks says. `HarfBuzz` takes SARA AM
/// apart and sets its NIKHAHIT before a tone mark; the typeface then joins those two.
fn each_says(cluster: &str, count: usize) -> Vec<Says> {
    let mut apart: Vec<Says> = Vec::new();
    for character in cluster.chars() {
        match character {
            'ำ' => {
                let tones = apart.iter().rev().take_while(|says| matches!(says.0, '\u{e48}'..='\u{e4b}')).count();
                apart.insert(apart.len() - tones, Says('\u{e4d}', None));
                apart.push(Says('\u{e32}', None));
            }
            other => apart.push(Says(other, None)),
        }
    }
    let nikhahit = apart.iter().position(|says| says.0 == '\u{e4d}').filter(|_| apart.len() == count + 1);
    if let Some(tone) = nikhahit.and_then(|at| apart.get(at + 1)).map(|says| says.0).filter(|tone| *tone != '\u{e32}')
        && let Some(at) = nikhahit
    {
        apart.remove(at + 1);
        apart.splice(at..=at, [Says('\u{e4d}', Some(tone))]);
    }
    let first = apart.first().copied().unwrap_or(Says(' ', None));
    if apart.len() == count { apart } else { vec![first; count] }
}

struct Loaded {
    face: Face<'static>,
    plan: ShapePlan,
    font: Font,
    em: f32,
    /// Of each glyph, once it was asked for.
    outlines: Vec<OnceLock<Option<String>>>,
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
    // A ligature is one glyph of several letters; without it each glyph says one.
    let features: Vec<Feature> = ["-liga", "-clig"].iter().filter_map(|feature| feature.parse().ok()).collect();
    let plan = ShapePlan::new(&face, Direction::LeftToRight, Some(script::THAI), thai().as_ref(), &features);
    let font = Font::new(bytes.into(), 0)?;
    let em = f32::from(u16::try_from(face.units_per_em()).ok()?);
    let outlines = std::iter::repeat_with(OnceLock::new).take(face.number_of_glyphs().into()).collect();
    Some(Loaded { face, plan, font, em, outlines })
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
    fn marks_take_no_room() {
        let width = |text| shape(text, Weight::Regular).unwrap().width();
        assert!((width("ปู่") - width("ป")).abs() < 0.01);
        assert!(matches!(shape("☐", Weight::Regular), Err(Error::Unprintable('☐'))));
    }

    #[test]
    fn a_latin_beginning_does_not_change_the_thai_after_it() {
        let after = shape("A น้ำ", Weight::Regular).unwrap();
        let alone = shape("น้ำ", Weight::Regular).unwrap();
        let ids = |shaped: &Shaped| shaped.letters.iter().map(|letter| letter.glyph()).collect::<Vec<_>>();
        assert!(ids(&after).ends_with(&ids(&alone)));
    }
}
