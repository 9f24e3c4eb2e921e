//! The QR code as squares.

use krilla::geom::{Path, PathBuilder, Rect};
use qrcode::{Color, EcLevel, QrCode};

use super::Error;

/// Side of the printed code without its quiet zone: 30 mm, in points.
pub(super) const SIDE: f32 = 85.04;
/// More modules than this do not survive a 100 dpi print at [`SIDE`].
const MOST_MODULES: usize = 81;

/// The code's dark modules, as one path of rows of squares with their upper left at `(x, y)`.
pub(super) fn path(url: &str, x: f32, y: f32, side: f32) -> Result<Option<Path>, Error> {
    let code = QrCode::with_error_correction_level(url, EcLevel::M).map_err(|_| Error::LinkTooLong)?;
    let width = code.width();
    if width > MOST_MODULES {
        return Err(Error::LinkTooLong);
    }
    let module = side / number(width);
    let colours = code.to_colors();
    let mut path = PathBuilder::new();
    for (row, modules) in colours.chunks(width).enumerate() {
        let mut column = 0;
        // Neighbours are drawn as one bar, so that no hairline shows between them.
        for run in modules.chunk_by(|left, right| left == right) {
            let bar = Rect::from_xywh(
                x + number(column) * module,
                y + number(row) * module,
                number(run.len()) * module,
                module,
            );
            if let (Some(Color::Dark), Some(bar)) = (run.first(), bar) {
                path.push_rect(bar);
            }
            column += run.len();
        }
    }
    Ok(path.finish())
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
