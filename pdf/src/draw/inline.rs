//! Lines of a form: fixed words, filled-in values over dotted leaders, boxes.

use std::sync::Arc;

use super::Error;
use super::breaking::{Breaks, letters};
use super::fragment::{After, Fragment, Fragments, Text};
use super::shaped::Shaped;
use super::typeface::{Weight, shape};

/// Colours of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// The form's own words.
    Print,
    /// What was filled in.
    Filled,
    /// English beside the Thai, and small print.
    Quiet,
    /// Headings.
    Accent,
}

/// How a text looks; size in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) weight: Weight,
    pub(super) size: f32,
    pub(super) ink: Ink,
    pub(super) english: bool,
}

/// A piece of a paragraph.
#[derive(Debug, Clone)]
pub(super) enum Inline {
    /// Fixed words.
    Words { text: Text, style: Style },
    /// Fixed words that break at spaces only.
    Label { text: Text, style: Style },
    /// A filled-in value over a dotted leader. Spare room of its line goes to the values on
    /// it by their `grow`; it is at least `least` points wide.
    Value { text: Text, style: Style, breaks: Breaks, grow: f32, least: f32 },
    /// A box, ticked or not, of that size in points.
    Tick { ticked: bool, size: f32 },
    /// A national ID, one digit to a box; empty boxes if it has no digits.
    Digits { text: String, style: Style },
    /// Empty room in points.
    Room(f32),
}

/// What stands on a line, with its distance from the paragraph's left edge.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Run { x: f32, shaped: Shaped, style: Style },
    Tick { x: f32, size: f32, ticked: bool },
    Leader { from: f32, to: f32 },
    Digits { x: f32, shaped: Shaped, style: Style },
}

/// A line and the room it takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) pieces: Vec<Piece>,
    pub(super) width: f32,
}

/// Room on both sides of a value.
const VALUE_PAD: f32 = 3.5;
/// Side of the box around a digit, in ems.
pub(super) const DIGIT_BOX: f32 = 1.15;
/// Room for a dash between such boxes, in ems.
const DIGIT_DASH: f32 = 0.6;

/// Breaks a paragraph into lines of at most `width` points.
pub(super) fn lay_out(items: &[Inline], width: f32, known: &mut Fragments) -> Result<Vec<Line>, Error> {
    let mut rows = Rows { width, rows: Vec::new(), current: Vec::new(), x: 0.0 };
    let atoms = atoms(items, known)?;
    let mut chunk = Vec::new();
    for atom in atoms {
        let end = atom.after;
        chunk.push(atom);
        if end != After::Stay {
            rows.place(std::mem::take(&mut chunk))?;
            if end == After::Must {
                rows.next();
            }
        }
    }
    rows.place(chunk)?;
    rows.next();
    let rows = rows.rows;
    let lines = rows.iter().enumerate().map(|(at, row)| {
        let continued = rows.get(at + 1).and_then(|next| next.first()).map(|atom| atom.item);
        arrange(row, items, width, continued)
    });
    Ok(lines.collect())
}

#[derive(Debug, Clone)]
enum Body {
    Glyphs(Arc<Shaped>),
    Tick(bool),
    Digits(Shaped),
    Room,
}

/// The least thing a line is made of.
#[derive(Debug, Clone)]
struct Atom {
    item: usize,
    body: Body,
    /// Room without spaces at the end, and with them.
    seen: f32,
    width: f32,
    size: f32,
    after: After,
}

impl Atom {
    fn room(item: usize, width: f32, after: After) -> Self {
        Self { item, body: Body::Room, seen: width, width, size: 0.0, after }
    }

    fn glyphs(item: usize, fragment: &Fragment, size: f32) -> Self {
        let (seen, width) = (fragment.seen * size, fragment.width * size);
        Self { item, body: Body::Glyphs(Arc::clone(&fragment.shaped)), seen, width, size, after: fragment.after }
    }
}

fn atoms(items: &[Inline], known: &mut Fragments) -> Result<Vec<Atom>, Error> {
    let mut atoms = Vec::new();
    let mut add = |atoms: &mut Vec<Atom>, item, text, style: Style, breaks| {
        let found = known.of(text, style.weight, breaks)?;
        atoms.extend(found.iter().map(|fragment| Atom::glyphs(item, fragment, style.size)));
        Ok::<(), Error>(())
    };
    for (item, inline) in items.iter().enumerate() {
        match inline {
            Inline::Words { text, style } => add(&mut atoms, item, text, *style, Breaks::Words)?,
            Inline::Label { text, style } => add(&mut atoms, item, text, *style, Breaks::Spaces)?,
            Inline::Value { text, style, breaks, least, .. } => {
                atoms.push(Atom::room(item, VALUE_PAD, After::Stay));
                let before = atoms.len();
                add(&mut atoms, item, text, *style, *breaks)?;
                if let Some(last) = atoms.last_mut().filter(|_| !text.is_empty()) {
                    last.after = After::Stay;
                }
                let natural: f32 = atoms.iter().skip(before).map(|atom| atom.width).sum();
                atoms.push(Atom::room(item, (least - natural - VALUE_PAD).max(VALUE_PAD), After::Stay));
            }
            Inline::Tick { ticked, size } => {
                let body = Body::Tick(*ticked);
                atoms.push(Atom { item, body, seen: *size, width: *size, size: *size, after: After::Stay });
            }
            Inline::Digits { text, style } => {
                let shaped = digit_cells(text, *style)?;
                let width = shaped.width() * style.size;
                atoms.push(Atom {
                    item,
                    body: Body::Digits(shaped),
                    seen: width,
                    width,
                    size: style.size,
                    after: After::May,
                });
            }
            Inline::Room(width) => atoms.push(Atom::room(item, *width, After::Stay)),
        }
    }
    Ok(atoms)
}

/// The digits as one text with the room of boxes: `0-1017-00230-70-0`.
fn digit_cells(text: &str, style: Style) -> Result<Shaped, Error> {
    let mut shaped = shape(text, style.weight)?;
    for letter in &mut shaped.letters {
        letter.set_in_cell(if letter.says() == '-' { DIGIT_DASH } else { DIGIT_BOX });
    }
    shaped.tie();
    Ok(shaped)
}

/// Rows being filled.
struct Rows {
    width: f32,
    rows: Vec<Vec<Atom>>,
    current: Vec<Atom>,
    x: f32,
}

impl Rows {
    fn next(&mut self) {
        if !self.current.is_empty() {
            self.rows.push(std::mem::take(&mut self.current));
        }
        self.x = 0.0;
    }

    fn push(&mut self, atom: Atom) {
        self.x += atom.width;
        self.current.push(atom);
    }

    fn fits(&self, room: f32) -> bool {
        self.x + room <= self.width + 0.01
    }

    /// Places atoms between which no break may be, unless they are longer than a line.
    fn place(&mut self, chunk: Vec<Atom>) -> Result<(), Error> {
        let last = chunk.len().saturating_sub(1);
        let room: f32 =
            chunk.iter().enumerate().map(|(at, atom)| if at == last { atom.seen } else { atom.width }).sum();
        if !self.fits(room) && room <= self.width {
            self.next();
        }
        for atom in chunk {
            // Room at a line's end may be cut short.
            if self.fits(atom.seen) || matches!(atom.body, Body::Room) {
                self.push(atom);
            } else if atom.seen <= self.width {
                self.next();
                self.push(atom);
            } else {
                self.split(atom);
            }
        }
        Ok(())
    }

    /// Breaks a word longer than a line between letters.
    fn split(&mut self, atom: Atom) {
        let Body::Glyphs(shaped) = &atom.body else {
            return self.push(atom);
        };
        let part = |from, to, after| Atom::glyphs(atom.item, &Fragment::new(shaped.slice(from, to), after), atom.size);
        let mut from = 0;
        let mut to = 0;
        for next in letters(&shaped.text) {
            let room = shaped.slice(from, next).width() * atom.size;
            if !self.fits(room) && (to > from || !self.current.is_empty()) {
                if to > from {
                    self.push(part(from, to, After::May));
                    from = to;
                }
                self.next();
            }
            to = next;
        }
        self.push(part(from, shaped.text.len(), atom.after));
    }
}

/// Gives each atom its place and the spare room to the values.
fn arrange(row: &[Atom], items: &[Inline], width: f32, continued: Option<usize>) -> Line {
    let used: f32 = row.iter().map(|atom| atom.width).sum();
    let spaces = row.last().map_or(0.0, |atom| atom.width - atom.seen);
    let spare = (width - used + spaces).max(0.0);
    let grow_of = |item: usize| match items.get(item) {
        Some(Inline::Value { .. }) if continued == Some(item) => 1000.0,
        Some(Inline::Value { grow, .. }) => *grow,
        _ => 0.0,
    };
    let mut in_row: Vec<usize> = row.iter().map(|atom| atom.item).collect();
    in_row.dedup();
    let total: f32 = in_row.iter().map(|item| grow_of(*item)).sum();

    let mut line = Line::default();
    let mut x = 0.0;
    let mut value_from = 0.0;
    for (at, atom) in row.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| row.get(before)).filter(|before| before.item == atom.item);
        let last = row.get(at + 1).is_none_or(|next| next.item != atom.item);
        if before.is_none() {
            value_from = x;
        }
        let goes_on = before.is_some_and(|before| matches!(before.body, Body::Glyphs(_)));
        place_atom(&mut line.pieces, atom, items, x, goes_on);
        x += atom.width;
        if last && matches!(items.get(atom.item), Some(Inline::Value { .. })) {
            if total > 0.0 {
                x += spare * grow_of(atom.item) / total;
            }
            let to = (x - 1.0).min(width);
            line.pieces.push(Piece::Leader { from: value_from + 1.0, to });
        }
    }
    line.width = x - spaces;
    line
}

fn place_atom(pieces: &mut Vec<Piece>, atom: &Atom, items: &[Inline], x: f32, goes_on: bool) {
    let style = match items.get(atom.item) {
        Some(
            Inline::Words { style, .. }
            | Inline::Label { style, .. }
            | Inline::Value { style, .. }
            | Inline::Digits { style, .. },
        ) => Some(*style),
        _ => None,
    };
    match (&atom.body, style) {
        (Body::Glyphs(shaped), Some(style)) => match pieces.last_mut() {
            Some(Piece::Run { shaped: before, .. }) if goes_on => before.append(shaped),
            _ => pieces.push(Piece::Run { x, shaped: Shaped::clone(shaped), style }),
        },
        (Body::Digits(shaped), Some(style)) => pieces.push(Piece::Digits { x, shaped: shaped.clone(), style }),
        (Body::Tick(ticked), _) => pieces.push(Piece::Tick { x, size: atom.size, ticked: *ticked }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10.0, ink: Ink::Print, english: false };

    fn texts(items: &[Inline], width: f32) -> Vec<String> {
        let text = |line: &Line| {
            line.pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Run { shaped, .. } => Some(shaped.text.as_str()),
                    _ => None,
                })
                .collect()
        };
        lay_out(items, width, &mut Fragments::default()).unwrap().iter().map(text).collect()
    }

    #[test]
    fn no_line_is_wider_than_the_paper_and_no_letter_is_lost() {
        let long = "น้ำ".repeat(200) + " " + &"W".repeat(300) + "\nฟื้นฟูผู้ป่วย";
        for width in [30.0, 100.0, 333.0] {
            let items = [
                Inline::Words { text: "ที่อยู่".into(), style: STYLE },
                Inline::Value {
                    text: long.clone().into(),
                    style: STYLE,
                    breaks: Breaks::Words,
                    grow: 1.0,
                    least: 20.0,
                },
            ];
            for line in lay_out(&items, width, &mut Fragments::default()).unwrap() {
                assert!(line.width <= width + 2.0 * VALUE_PAD, "{} > {width}", line.width);
            }
            assert_eq!(texts(&items, width).concat(), format!("ที่อยู่{}", long.replace('\n', "")));
        }
    }

    #[test]
    fn a_short_value_gets_the_spare_room() {
        let items = [
            Inline::Words { text: "ชีพจร".into(), style: STYLE },
            Inline::Value { text: "72".into(), style: STYLE, breaks: Breaks::Words, grow: 1.0, least: 20.0 },
        ];
        let lines = lay_out(&items, 200.0, &mut Fragments::default()).unwrap();
        assert_eq!(lines.len(), 1);
        assert!(lines[0].pieces.iter().any(|piece| matches!(piece, Piece::Leader { to, .. } if *to > 198.0)));
    }
}
