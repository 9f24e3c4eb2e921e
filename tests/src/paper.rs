//! The paper as a stranger has it: rendered by poppler, its QR code read by zbar.

use std::path::Path;
use std::process::Command;

use crate::program::run;
use crate::world::empty_folder;

/// What the QR code on the first page says, read from a picture of 150 dots per inch.
///
/// # Panics
/// If there is no such code.
#[must_use]
pub fn qr_code(pdf: &Path) -> String {
    let folder = empty_folder("paper");
    let page = folder.join("page");
    let mut render = Command::new("pdftoppm");
    render.args(["-r", "150", "-f", "1", "-l", "1", "-singlefile", "-png"]).arg(pdf).arg(&page);
    run(&mut render).ok();
    let said = qr_code_in(&page.with_extension("png"));
    let _ = std::fs::remove_dir_all(folder);
    said
}

/// What the QR code in a picture says.
///
/// # Panics
/// If there is no such code.
#[must_use]
pub fn qr_code_in(picture: &Path) -> String {
    let mut read = Command::new("zbarimg");
    // Lines and digits of a form now and then look like another kind of code.
    read.args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"]).arg(picture);
    run(&mut read).ok().trim().to_owned()
}

/// The text of a PDF.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn text(pdf: &Path) -> String {
    run(Command::new("pdftotext").arg(pdf).arg("-")).ok()
}
