//! A shaped text: its glyphs, and what each of them says to whoever reads the file without eyes.

use krilla::text::KrillaGlyph;

/// Marks over a tall base are set further to the left than this, in ems.
const FAR_LEFT: f32 = -0.05;

/// Marks that stand further to the left than this, in ems, are said with their base: behind some of them Poppler
/// sees a space.
const TO_THE_LEFT: f32 = -0.0125;

/// A mark begins at least so far to the left of the letter that follows, in ems: readers that sort glyphs by where
/// they begin leave it with its base.
const HAIR: f32 = 0.005;

/// Of two marks the first begins so far to the left of the second, in ems.
const STEP: f32 = 0.001;

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
pub(super) struct Says(pub(super) char, pub(super) Option<char>);

impl Letter {
    /// A glyph of a cluster, and what it says of it.
    pub(super) fn new(glyph: KrillaGlyph, says: Says) -> Self {
        Self { glyph, says }
    }

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

    /// The glyphs, for drawing. A base and its marks share their text where [`Self::part`] leaves them together,
    /// so that krilla says it by an `ActualText`: readers that sort glyphs by place would put such marks in another
    /// order, or see a space behind them.
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

    /// Lets a base and its marks each say their own character, which takes half as long to write and leaves
    /// `PDFium` the space behind them, where no reader would mistake their order.
    fn part(&self, glyphs: &mut [KrillaGlyph]) {
        let mut letters = self.letters.iter();
        for cluster in glyphs.chunk_by_mut(|left, right| left.text_range == right.text_range) {
            let says: Vec<Says> = letters.by_ref().take(cluster.len()).map(|letter| letter.says).collect();
            let [base, marks @ ..] = cluster else { continue };
            let text = self.text.get(base.text_range.clone()).unwrap_or_default();
            let in_order = says.iter().all(|says| says.1.is_none()) && text.chars().eq(says.iter().map(|says| says.0));
            if !in_order || !set_in_order(marks) {
                continue;
            }
            let mut at = base.text_range.start;
            for (glyph, Says(character, _)) in cluster.iter_mut().zip(says) {
                glyph.text_range = at..at + character.len_utf8();
                at = glyph.text_range.end;
            }
        }
    }
}

/// Each letter's glyph with what it says alone, for the fonts' `ToUnicode` tables: readers that know
/// no `ActualText` get each character once.
pub(super) fn each_alone<'a>(letters: impl Iterator<Item = &'a Letter>) -> (Vec<KrillaGlyph>, String) {
    let mut said = String::new();
    let glyphs = letters.map(|letter| {
        let mut glyph = letter.glyph.clone();
        let start = said.len();
        said.push(letter.says.0);
        said.extend(letter.says.1);
        glyph.text_range = start..said.len();
        glyph
    });
    (glyphs.collect(), said)
}

/// Moves one or two marks by a hair, so that each begins before the next and the last before the letter that
/// follows; `false`, and nothing is moved, where that would be seen or is not enough.
fn set_in_order(marks: &mut [KrillaGlyph]) -> bool {
    let mut limit = -HAIR;
    let mut places = [0.0; 2];
    if !(1..=places.len()).contains(&marks.len()) {
        return false;
    }
    for (mark, place) in marks.iter().zip(&mut places).rev() {
        *place = mark.x_offset.min(limit);
        let seen = mark.x_offset - *place > HAIR + TO_THE_RIGHT;
        if mark.x_advance != 0.0 || mark.x_offset < TO_THE_LEFT || seen {
            return false;
        }
        limit = *place - STEP;
    }
    for (mark, place) in marks.iter_mut().zip(places) {
        mark.x_offset = place;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::typeface::{Weight, shape};
    use super::*;

    /// What a reader gets that knows of `ActualText`, and one that does not.
    fn check(text: &str, naive: &str) {
        let shaped = shape(text, Weight::Regular).unwrap();
        let mut ranges: Vec<_> = shaped.glyphs().into_iter().map(|glyph| glyph.text_range).collect();
        ranges.dedup();
        assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<String>(), text);
        assert_eq!(each_alone(shaped.letters.iter()).1, naive);
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
        assert_eq!(said("ที่ปู่"), [1; 6]);
        // SARA AM is taken apart.
        assert_eq!(said("คำ"), [2]);
        assert_eq!(said("น้ำ"), [3]);
        // The second begins well before the first, or the only one where Poppler would see a space behind it.
        assert_eq!(said("กึ่"), [3]);
        assert_eq!(said("ษิ"), [2]);
        // Far to the left: with the next letter.
        assert_eq!(said("ชื่อ"), [4]);
        // Bold sets marks over a narrow base to the right: they stay where they are.
        assert_eq!(said_in("รี", Weight::Bold), [2]);
        for (text, weight) in
            ["สี", "ร่า", "รัต", "ตุ", "รี", "ที่", "ขุ้", "ปู่"].iter().flat_map(|text| Weight::ALL.map(|weight| (*text, weight)))
        {
            let shaped = shape(text, weight).unwrap();
            for (letter, drawn) in shaped.letters.iter().zip(shaped.glyphs()) {
                let moved = letter.glyph.x_offset - drawn.x_offset;
                assert!((0.0..=HAIR + TO_THE_RIGHT).contains(&moved), "{text} {weight:?}");
                let alone = text.get(drawn.text_range.clone()).is_some_and(|said| said.chars().count() == 1);
                assert!(drawn.x_advance > 0.0 || !alone || drawn.x_offset <= -HAIR, "{text} {weight:?}");
            }
            for pair in shaped.glyphs().windows(2).filter(|pair| pair.iter().all(|glyph| glyph.x_advance == 0.0)) {
                let apart = pair[0].text_range != pair[1].text_range;
                assert!(!apart || pair[1].x_offset - pair[0].x_offset > STEP / 2.0, "{text} {weight:?}");
            }
        }
    }
}
