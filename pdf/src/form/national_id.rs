//! The thirteen digits of a Thai national ID and their check digit.

use crate::date::arabic_digits;

use super::Problem;

/// Reads a national ID as people type it (dashes, spaces, Thai digits) into 13 digits.
///
/// # Errors
/// [`Problem::NotThirteenDigits`] or [`Problem::WrongChecksum`].
pub fn normalise_national_id(typed: &str) -> Result<String, Problem> {
    let digits: String = arabic_digits(typed)
        .chars()
        .filter(|character| !matches!(character, '-' | ' ' | '\u{a0}' | '\u{2011}'))
        .collect();
    if digits.len() != 13 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::NotThirteenDigits);
    }
    let sum: u32 =
        digits.bytes().take(12).zip((2..=13).rev()).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let check = (11 - sum % 11) % 10;
    match digits.bytes().last() {
        Some(last) if u32::from(last - b'0') == check => Ok(digits),
        _ => Err(Problem::WrongChecksum),
    }
}

/// Thirteen digits as they are printed: `1-2345-67890-12-1`. Anything else comes back as is.
#[must_use]
pub fn format_national_id(digits: &str) -> String {
    match (digits.get(..1), digits.get(1..5), digits.get(5..10), digits.get(10..12), digits.get(12..13)) {
        (Some(a), Some(b), Some(c), Some(d), Some(e)) if digits.len() == 13 => format!("{a}-{b}-{c}-{d}-{e}"),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_numbers_are_taken_and_normalised() {
        for valid in [
            "1234567890121",
            "0101700230700",
            "0000600000010",
            "0000000000001",
            "9999999999994",
            "2650591524440",
            "1111111111119",
            "0913909960300",
            "0752917034231",
            "0307924402681",
        ] {
            assert_eq!(normalise_national_id(valid).as_deref(), Ok(valid));
        }
        assert_eq!(normalise_national_id("1-2345-67890-12-1").as_deref(), Ok("1234567890121"));
        assert_eq!(normalise_national_id("๑๒๓๔๕๖๗๘๙๐๑๒๑").as_deref(), Ok("1234567890121"));
        assert_eq!(format_national_id("1234567890121"), "1-2345-67890-12-1");
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for (value, problem) in [
            ("1234567890122", Problem::WrongChecksum),
            ("0101700230701", Problem::WrongChecksum),
            ("0000600000011", Problem::WrongChecksum),
            ("123456789012", Problem::NotThirteenDigits),
            ("12345678901210", Problem::NotThirteenDigits),
            ("1-2345-67890-12-2", Problem::WrongChecksum),
            ("12345678901a1", Problem::NotThirteenDigits),
            ("๑๒๓๔๕๖๗๘๙๐๑๒๒", Problem::WrongChecksum),
            ("2134567890121", Problem::WrongChecksum),
        ] {
            assert_eq!(normalise_national_id(value), Err(problem), "{value}");
        }
    }
}
