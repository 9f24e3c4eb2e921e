//! Names of persons, as they go into certificates.

use crate::error::Error;

/// The longest name, in characters.
pub const MAX_LENGTH: usize = 100;

/// A Thai name: Thai letters and marks, single spaces, `.` and `-` between. Trimmed.
///
/// # Errors
/// [`Error::NameEmpty`], [`Error::NameLong`], [`Error::NameCharacter`].
pub fn thai(text: &str) -> Result<String, Error> {
    let name = normal(text)?;
    let letter = |c: char| matches!(c, '\u{0E01}'..='\u{0E3A}' | '\u{0E40}'..='\u{0E4E}');
    // A mark above or below needs a letter to stand on.
    let mark = |c: char| matches!(c, '\u{0E31}' | '\u{0E34}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}');
    let mut before = ' ';
    for c in name.chars() {
        if !letter(c) && !matches!(c, ' ' | '.' | '-') || mark(c) && !letter(before) {
            return Err(Error::NameCharacter);
        }
        before = c;
    }
    if name.chars().any(letter) { Ok(name) } else { Err(Error::NameCharacter) }
}

/// A name in Latin letters: ASCII letters, single spaces, `.`, `-` and `'` between. Trimmed.
///
/// # Errors
/// [`Error::NameEmpty`], [`Error::NameLong`], [`Error::NameCharacter`].
pub fn latin(text: &str) -> Result<String, Error> {
    let name = normal(text)?;
    let fits = name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '.' | '-' | '\''));
    if fits && name.starts_with(|c: char| c.is_ascii_alphabetic()) { Ok(name) } else { Err(Error::NameCharacter) }
}

/// A physician's title: นายแพทย์ or แพทย์หญิง, also in the abbreviated forms.
///
/// # Errors
/// [`Error::Title`].
pub fn physician_title(text: &str) -> Result<&'static str, Error> {
    match text.trim() {
        "นายแพทย์" | "นพ." => Ok("นายแพทย์"),
        "แพทย์หญิง" | "พญ." => Ok("แพทย์หญิง"),
        _ => Err(Error::Title),
    }
}

fn normal(text: &str) -> Result<String, Error> {
    // Cheap refusal before any work on a huge text.
    if text.len() > MAX_LENGTH * 8 {
        return Err(Error::NameLong);
    }
    if text.chars().any(char::is_control) {
        return Err(Error::NameCharacter);
    }
    // The same sound typed as two characters: นิคหิต and า are สระอำ.
    let name = text.replace("\u{0E4D}\u{0E32}", "\u{0E33}");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(Error::NameEmpty),
        1..=MAX_LENGTH => Ok(name),
        _ => Err(Error::NameLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thai_names_are_thai() {
        assert_eq!(thai("  สมชาย   ใจดี "), Ok("สมชาย ใจดี".into()));
        assert_eq!(thai("ณ อยุธยา"), Ok("ณ อยุธยา".into()));
        assert_eq!(thai("อ\u{0E4D}านวย"), Ok("อำนวย".into()));
        for wrong in ["Somchai", "สมชาย1", "สม\u{0000}ชาย", "\u{0E48}ก", "ก \u{0E34}", "-", "ก๑", "ก<b>", "กа"]
        {
            assert_eq!(thai(wrong), Err(Error::NameCharacter), "{wrong:?}");
        }
        assert_eq!(thai(" "), Err(Error::NameEmpty));
        assert_eq!(thai(&"ก".repeat(101)), Err(Error::NameLong));
        assert_eq!(thai(&"ก".repeat(100_000)), Err(Error::NameLong));
    }

    #[test]
    fn latin_names_are_latin() {
        assert_eq!(latin("Jean-Luc O'Neil Jr."), Ok("Jean-Luc O'Neil Jr.".into()));
        for wrong in ["สมชาย", "Som\u{202E}chai", "Som\u{0430}", "-a", "A1", "A=B", "A,B"] {
            assert_eq!(latin(wrong), Err(Error::NameCharacter), "{wrong:?}");
        }
    }

    #[test]
    fn titles_are_two() {
        assert_eq!(physician_title("พญ."), Ok("แพทย์หญิง"));
        assert_eq!(physician_title("ดร."), Err(Error::Title));
    }
}
