//! The QR code, drawn as lines.

use fast_qr::{ECL, Module, QRBuilder};
use krilla::geom::{Path, PathBuilder, Transform};

use super::Error;

/// Side of a module: two dots of a 100 dpi printer, half a millimetre, in points.
const MODULE: f32 = 1.44;
/// Side of the room for the code, in points: 69 modules of full size. Larger codes get
/// smaller modules; drafts, which have no code, keep the room so that nothing moves.
pub(super) const ROOM: f32 = 69.0 * MODULE;
/// More modules than this would be too small to read.
const MOST_MODULES: usize = 81;

/// A code's modules: `true` is dark.
#[derive(Debug)]
pub(super) struct Modules {
    rows: Vec<Vec<bool>>,
}

/// The modules of a link's code.
pub(super) fn modules(url: &str) -> Result<Modules, Error> {
    let code = QRBuilder::new(url).ecl(ECL::M).build().map_err(|_| Error::LinkTooLong)?;
    if code.size > MOST_MODULES {
        return Err(Error::LinkTooLong);
    }
    let row = |row: &[Module]| row.iter().map(|module| module.value()).collect();
    Ok(Modules { rows: code.data.chunks(code.size).take(code.size).map(row).collect() })
}

impl Modules {
    /// Side of the printed code without its quiet zone, in points.
    pub(super) fn side(&self) -> f32 {
        (number(self.rows.len()) * MODULE).min(ROOM)
    }

    /// What makes a module of that code one point wide, with the middle of the first one's left edge at
    /// the origin and the code's upper left at `(x, y)`.
    pub(super) fn place(&self, x: f32, y: f32, side: f32) -> Transform {
        let module = side / number(self.rows.len());
        Transform::from_row(module, 0.0, 0.0, module, x, y + module / 2.0)
    }

    /// The dark modules as lines to be drawn one point thick with butt ends: half as long to write as bars,
    /// and in whole numbers.
    pub(super) fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for (row, modules) in self.rows.iter().enumerate() {
            let mut column = 0;
            // Neighbours are one line, so that no hairline shows between them.
            for run in modules.chunk_by(|left, right| left == right) {
                if run.first() == Some(&true) {
                    path.move_to(number(column), number(row));
                    path.line_to(number(column + run.len()), number(row));
                }
                column += run.len();
            }
        }
        path.finish()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a QR code has at most 177 modules")]
fn number(count: usize) -> f32 {
    count as f32
}

/// A verification code in groups of four: `XXXX-XXXX-…`.
pub(super) fn groups(code: &str) -> Vec<String> {
    let characters: Vec<char> = code.chars().collect();
    characters.chunks(4).map(|group| group.iter().collect()).collect()
}
