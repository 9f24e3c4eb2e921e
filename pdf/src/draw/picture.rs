//! From laid-out pages to pictures (SVG): the same marks at the same places as in the file,
//! every letter as its outline, so that a browser needs neither a PDF viewer nor a typeface.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Error;
use super::inline::{DIGIT_BOX, Ink};
use super::shaped::Shaped;
use super::sheet::{Mark, PAGE_HEIGHT, PAGE_WIDTH, Sheet};
use super::typeface::{Weight, outline, shape};

/// Draws each page, with `across` set large over it.
pub(super) fn pages(sheet: &Sheet, across: &str) -> Result<Vec<String>, Error> {
    let across = shape(across, Weight::Bold)?;
    Ok(sheet.pages.iter().map(|marks| page(marks.iter().map(|(mark, _)| mark), &across)).collect())
}

fn page<'a>(marks: impl Iterator<Item = &'a Mark>, across: &Shaped) -> String {
    let mut picture = Picture::default();
    picture.watermark(across);
    for mark in marks {
        picture.mark(mark);
    }
    picture.finish()
}

/// One page being drawn. Writing to a `String` cannot fail.
#[derive(Default)]
struct Picture {
    body: String,
    glyphs: BTreeSet<(Weight, u32)>,
}

impl Picture {
    fn finish(self) -> String {
        let mut svg = String::with_capacity(self.body.len() * 2);
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {PAGE_WIDTH} {PAGE_HEIGHT}\" \
             width=\"{PAGE_WIDTH}\" height=\"{PAGE_HEIGHT}\"><defs>"
        );
        for (weight, glyph) in self.glyphs {
            if let Some(data) = outline(weight, glyph) {
                let _ = write!(svg, "<path id=\"{}\" d=\"{data}\"/>", name(weight, glyph));
            }
        }
        svg.push_str("</defs><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        svg.push_str(&self.body);
        svg.push_str("</svg>");
        svg
    }

    fn mark(&mut self, mark: &Mark) {
        match mark {
            Mark::Text { x, y, shaped, style } => {
                let place = format!("translate({x:.2} {y:.2})");
                self.text(shaped, style.weight, style.size, colour(style.ink), &place);
            }
            Mark::Tick { x, y, size, ticked } => {
                self.frame(*x, y - size, *size, *size, Ink::Print, 0.7);
                if *ticked {
                    let _ = write!(
                        self.body,
                        "<path d=\"M{:.2} {:.2}L{:.2} {:.2}L{:.2} {:.2}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>",
                        x + size * 0.18,
                        y - size * 0.52,
                        x + size * 0.42,
                        y - size * 0.22,
                        x + size * 0.95,
                        y - size * 1.05,
                        colour(Ink::Filled)
                    );
                }
            }
            Mark::Leader { from, to, y } => {
                self.line(*from, *to, *y, Ink::Quiet, 0.65, " stroke-dasharray=\"0 2.1\"");
            }
            Mark::Cells { x, y, shaped, size } => {
                let side = DIGIT_BOX * size;
                let mut at = *x;
                for letter in &shaped.letters {
                    if letter.says() != '-' {
                        self.frame(at + 0.4, y - side * 0.82, side - 0.8, side * 1.06, Ink::Quiet, 0.6);
                    }
                    at += letter.advance() * size;
                }
            }
            Mark::Rule { from, to, y, strong: true } => self.line(*from, *to, *y, Ink::Accent, 1.1, ""),
            Mark::Rule { from, to, y, strong: false } => self.line(*from, *to, *y, Ink::Quiet, 0.4, ""),
            Mark::Frame { area } => {
                self.frame(area.left(), area.top(), area.width(), area.height(), Ink::Accent, 0.8);
            }
            // A draft has no code.
            Mark::Code { .. } => {}
        }
    }

    fn text(&mut self, shaped: &Shaped, weight: Weight, size: f32, fill: &str, place: &str) {
        const UNITS: f32 = super::typeface::OUTLINE_EM;
        let _ = write!(self.body, "<g fill=\"{fill}\" transform=\"{place} scale({0:.5} -{0:.5})\">", size / UNITS);
        let mut at = 0.0;
        for glyph in shaped.glyphs() {
            let id = glyph.glyph_id.to_u32();
            let (x, y) = ((at + glyph.x_offset) * UNITS, glyph.y_offset * UNITS);
            at += glyph.x_advance;
            if outline(weight, id).is_none() {
                continue;
            }
            self.glyphs.insert((weight, id));
            let _ = write!(self.body, "<use href=\"#{}\" x=\"{x:.0}\"", name(weight, id));
            let _ = if y.abs() < 0.5 { write!(self.body, "/>") } else { write!(self.body, " y=\"{y:.0}\"/>") };
        }
        self.body.push_str("</g>");
    }

    fn line(&mut self, from: f32, to: f32, y: f32, ink: Ink, width: f32, dash: &str) {
        let _ = write!(
            self.body,
            "<path d=\"M{from:.2} {y:.2}H{:.2}\" stroke=\"{}\" stroke-width=\"{width}\" stroke-linecap=\"round\"{dash}/>",
            to.max(from),
            colour(ink)
        );
    }

    fn frame(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink, line: f32) {
        let _ = write!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"none\" \
             stroke=\"{}\" stroke-width=\"{line}\"/>",
            colour(ink)
        );
    }

    fn watermark(&mut self, words: &Shaped) {
        const SIZE: f32 = 96.0;
        let start = (PAGE_WIDTH - words.width() * SIZE) / 2.0;
        for centre in [0.24, 0.52, 0.8] {
            let y = PAGE_HEIGHT * centre;
            let place = format!("rotate(-32 {:.2} {y:.2}) translate({start:.2} {y:.2})", PAGE_WIDTH / 2.0);
            self.text(words, Weight::Bold, SIZE, "#f6d9d5", &place);
        }
    }
}

fn name(weight: Weight, glyph: u32) -> String {
    match weight {
        Weight::Regular => format!("r{glyph}"),
        Weight::Bold => format!("b{glyph}"),
    }
}

const fn colour(ink: Ink) -> &'static str {
    match ink {
        Ink::Print => "#1c1f22",
        Ink::Filled => "#0b2a6b",
        Ink::Quiet => "#5c666b",
        Ink::Accent => "#0b4f5c",
    }
}
