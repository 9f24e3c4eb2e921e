//! Sarabun, read once: glyphs for text, shaped by `HarfBuzz`'s rules.

use std::fmt::Write as _;
use std::sync::OnceLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, Feature, GlyphInfo, Language, ShapePlan, UnicodeBuffer, script, ttf_parser};

use super::Error;

/// Weight of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Marks over a tall base are set further to the left than this, in ems.
const FAR_LEFT: f32 = -0.05;

/// A mark begins at least so far to the left of the letter that follows, in ems: readers that sort glyphs by where
/// they begin leave it with its base.
const HAIR: f32 = 0.005;

/// Marks that stand further to the right than this, in ems, would be seen to move by that.
const TO_THE_RIGHT: f32 = 0.002;

/// A glyph and what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Its text range is the base with all its marks.
    glyph: KrillaGlyph,
    /// What the glyph alone says: the halves of SARA AM, which shaping takes apart, say
    /// NIKHAHIT and SARA AA.
    says: Says,
}

/// One character, or the two of a joined glyph.
#[derive(Debug, Clone, Copy)]
struct Says(char, Option<char>);

impl Letter {
    /// Room it takes, in ems; nothing for a mark.
    pub(super) fn advance(&self) -> f32 {
        self.glyph.x_advance
    }

    /// Number of its glyph in the font.
    pub(super) fn glyph(&self) -> u32 {
        self.glyph.glyph_id.to_u32()
    }

    pub(super) fn says(&self) -> char {
        self.says.0
    }

    /// Centres the glyph in a cell of that width in ems.
    pub(super) fn set_in_cell(&mut self, cell: f32) {
        self.glyph.x_offset += (cell - self.glyph.x_advance) / 2.0;
        self.glyph.x_advance = cell;
    }

    fn shifted(&self, shift: impl Fn(usize) -> usize) -> Self {
        let mut letter = self.clone();
        letter.glyph.text_range = shift(self.glyph.text_range.start)..shift(self.glyph.text_range.end);
        letter
    }
}

/// A text and its glyphs; advances are in ems.
#[derive(Debug, Clone, Default)]
pub(super) struct Shaped {
    pub(super) text: String,
    pub(super) letters: Vec<Letter>,
}

impl Shaped {
    /// Width in ems.
    pub(super) fn width(&self) -> f32 {
        self.letters.iter().map(Letter::advance).sum()
    }

    /// Width in ems of what stands before a byte position.
    pub(super) fn width_before(&self, end: usize) -> f32 {
        self.letters.iter().filter(|letter| letter.glyph.text_range.start < end).map(Letter::advance).sum()
    }

    /// The part of the text between two byte positions, neither between a base and its marks.
    pub(super) fn slice(&self, from: usize, to: usize) -> Self {
        let inside = self.letters.iter().filter(|letter| (from..to).contains(&letter.glyph.text_range.start));
        let letters = inside.map(|letter| letter.shifted(|at| at.min(to) - from)).collect();
        Self { letters, text: self.text.get(from..to).unwrap_or_default().to_owned() }
    }

    /// Puts another text after this one.
    pub(super) fn append(&mut self, other: &Self) {
        let shift = self.text.len();
        self.text.push_str(&other.text);
        self.letters.extend(other.letters.iter().map(|letter| letter.shifted(|at| at + shift)));
    }

    /// Makes the whole text one unit for whoever copies it.
    pub(super) fn tie(&mut self) {
        for letter in &mut self.letters {
            letter.glyph.text_range = 0..self.text.len();
        }
    }

    /// The glyphs, for drawing. A base and its marks share their text, so that krilla says it
    /// by an `ActualText`: readers that sort glyphs by place would put marks in another order.
    pub(super) fn glyphs(&self) -> Vec<KrillaGlyph> {
        let mut glyphs: Vec<KrillaGlyph> = self.letters.iter().map(|letter| letter.glyph.clone()).collect();
        let mut start = 0;
        let mut tied = false;
        let ranges: Vec<_> = glyphs.iter().map(|glyph| glyph.text_range.clone()).collect();
        for (at, glyph) in glyphs.iter_mut().enumerate() {
            let first = at.checked_sub(1).and_then(|before| ranges.get(before)) != Some(&glyph.text_range);
            if first && !tied {
                start = glyph.text_range.start;
            }
            glyph.text_range.start = start;
            // Poppler takes a cluster to end where its last glyph does, and sees a space behind
            // a mark that stands far to the left: such a cluster is said with the next one.
            tied = glyph.x_advance == 0.0 && glyph.x_offset < FAR_LEFT;
        }
        // All glyphs said together have one range.
        let mut end = self.text.len();
        let mut of = usize::MAX;
        for glyph in glyphs.iter_mut().rev() {
            if glyph.text_range.start != of {
                of = glyph.text_range.start;
                end = glyph.text_range.end;
            }
            glyph.text_range.end = end;
        }
        self.part(&mut glyphs);
        glyphs
    }

    /// Lets a base and its only mark each say its own character, which takes half as long to write and leaves
    /// `PDFium` the space behind them, where no reader would mistake their order.
    fn part(&self, glyphs: &mut [KrillaGlyph]) {
        let mut letters = self.letters.iter();
        for cluster in glyphs.chunk_by_mut(|left, right| left.text_range == right.text_range) {
            let says: Vec<Says> = letters.by_ref().take(cluster.len()).map(|letter| letter.says).collect();
            let ([base, mark], [Says(first, None), Says(second, None)]) = (cluster, &*says) else { continue };
            let text = self.text.get(base.text_range.clone()).unwrap_or_default();
            let in_order = text.chars().eq([*first, *second]);
            if in_order && mark.x_advance == 0.0 && (FAR_LEFT..TO_THE_RIGHT).contains(&mark.x_offset) {
                mark.x_offset = mark.x_offset.min(-HAIR);
                base.text_range.end = base.text_range.start + first.len_utf8();
                mark.text_range.start = base.text_range.end;
            }
        }
    }

    /// Each glyph with what it says alone, for the fonts' `ToUnicode` tables: readers that know
    /// no `ActualText` get each character once.
    pub(super) fn alone(&self) -> (Vec<KrillaGlyph>, String) {
        let mut said = String::new();
        let glyphs = self.letters.iter().map(|letter| {
            let mut glyph = letter.glyph.clone();
            let start = said.len();
            said.push(letter.says.0);
            said.extend(letter.says.1);
            glyph.text_range = start..said.len();
            glyph
        });
        (glyphs.collect(), said)
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
            letters.push(Letter { glyph, says });
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

    const BOTH: [Weight; 2] = [Weight::Regular, Weight::Bold];

    /// What a reader gets that knows of `ActualText`, and one that does not.
    fn check(text: &str, naive: &str) {
        let shaped = shape(text, Weight::Regular).unwrap();
        let mut ranges: Vec<_> = shaped.glyphs().into_iter().map(|glyph| glyph.text_range).collect();
        ranges.dedup();
        assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<String>(), text);
        assert_eq!(shaped.alone().1, naive);
    }

    #[test]
    fn glyphs_say_the_text_once() {
        for word in ["ที่", "ปู่", "ผู้ป่วย", "ฟื้นฟู", "กตัญญู", "ญี่ปุ่น", "ฐานะ", "certificate 12"]
        {
            check(word, word);
        }
        check("คำ", "ค\u{e4d}\u{e32}");
        check("น้ำใส", "น\u{e4d}\u{e49}\u{e32}ใส");
    }

    #[test]
    fn only_a_mark_that_begins_before_the_next_letter_says_itself() {
        let said_in = |text, weight| {
            let mut ranges: Vec<_> = shape(text, weight).unwrap().glyphs();
            ranges.dedup_by_key(|glyph| glyph.text_range.clone());
            ranges.into_iter().map(|glyph| text[glyph.text_range].chars().count()).collect::<Vec<_>>()
        };
        let said = |text| said_in(text, Weight::Regular);
        assert_eq!(said("สีร่า"), [1, 1, 1, 1, 1]);
        // SARA AM is taken apart; of two marks the second may begin before the first.
        assert_eq!(said("คำ"), [2]);
        assert_eq!(said("น้ำ"), [3]);
        assert_eq!(said("ปู่"), [3]);
        // Far to the left: with the next letter.
        assert_eq!(said("ชื่อ"), [4]);
        // Bold sets marks over a narrow base to the right: they stay where they are.
        assert_eq!(said_in("รี", Weight::Bold), [2]);
        for (text, weight) in ["สี", "ร่า", "รัต", "ตุ", "รี"].iter().flat_map(|text| BOTH.map(|weight| (*text, weight)))
        {
            let shaped = shape(text, weight).unwrap();
            for (letter, drawn) in shaped.letters.iter().zip(shaped.glyphs()) {
                let moved = letter.glyph.x_offset - drawn.x_offset;
                assert!((0.0..=HAIR + TO_THE_RIGHT).contains(&moved), "{text} {weight:?}");
                let alone = text.get(drawn.text_range.clone()).is_some_and(|said| said.chars().count() == 1);
                assert!(drawn.x_advance > 0.0 || !alone || drawn.x_offset <= -HAIR, "{text} {weight:?}");
            }
        }
    }

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
        let ids =
            |shaped: &Shaped| shaped.letters.iter().map(|letter| letter.glyph.glyph_id.to_u32()).collect::<Vec<_>>();
        assert!(ids(&after).ends_with(&ids(&alone)));
    }
}
