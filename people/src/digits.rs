//! Arabic and Thai digits.

/// The value of an ASCII or Thai (U+0E50 to U+0E59) digit.
pub(crate) fn value(c: char) -> Option<u8> {
    let base = match c {
        '0'..='9' => '0',
        '๐'..='๙' => '๐',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(base)).ok()
}

/// The ASCII digit of a digit.
pub(crate) fn ascii(c: char) -> Option<char> {
    value(c).map(|value| char::from(b'0' + value))
}
