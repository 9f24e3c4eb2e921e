//! What the program says to whoever typed the command.

use std::io::Write as _;

/// Prints one line; a closed pipe is not an error worth a panic.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints one line on standard error.
pub fn complaint(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
