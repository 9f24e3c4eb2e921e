//! How names, dates and numbers are written.

use super::Error;
use time::OffsetDateTime;

/// A text string (ISO 32000-1 §7.9.2.2): plain ASCII as it is, all else as UTF-16BE.
pub(super) fn text_string(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let mut out = vec![b'('];
        for byte in text.bytes() {
            if matches!(byte, b'(' | b')' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b')');
        return out;
    }
    let units: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>").into_bytes()
}

/// The text of a string as it is written, to compare names with; lossy where it is not text.
pub(super) fn read_text_string(raw: &[u8]) -> String {
    let bytes = match raw {
        [b'(', inner @ .., b')'] => unescape(inner),
        [b'<', inner @ .., b'>'] => unhex(inner),
        _ => Vec::new(),
    };
    match bytes.strip_prefix(&[0xFE, 0xFF]) {
        Some(wide) => {
            let units: Vec<u16> =
                wide.chunks(2).map(|pair| pair.iter().fold(0, |unit, byte| (unit << 8) | u16::from(*byte))).collect();
            String::from_utf16_lossy(&units)
        }
        None => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn unescape(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut code = u16::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|byte| (b'0'..=b'7').contains(byte)) else { break };
                    code = code * 8 + u16::from(digit - b'0');
                }
                out.push(code.to_le_bytes()[0]);
            }
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'\n') | None => {}
            Some(other) => out.push(other),
        }
    }
    out
}

fn unhex(inner: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = inner
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .filter_map(|digit| digit.try_into().ok())
        .collect();
    digits.chunks(2).map(|pair| pair.first().unwrap_or(&0) << 4 | pair.get(1).unwrap_or(&0)).collect()
}

/// A date (§7.9.4), in the zone it is given in.
pub(super) fn date(instant: OffsetDateTime) -> Result<String, Error> {
    if !(0..=9999).contains(&instant.year()) {
        return Err(Error::InvalidField { what: "the year of the signing time needs four digits" });
    }
    let (hours, minutes, _) = instant.offset().as_hms();
    let zone = match (hours, minutes) {
        (0, 0) => "Z".to_owned(),
        (hours, minutes) => {
            let sign = if hours < 0 || minutes < 0 { '-' } else { '+' };
            format!("{sign}{:02}'{:02}'", hours.abs(), minutes.abs())
        }
    };
    Ok(format!(
        "(D:{:04}{:02}{:02}{:02}{:02}{:02}{zone})",
        instant.year(),
        u8::from(instant.month()),
        instant.day(),
        instant.hour(),
        instant.minute(),
        instant.second(),
    ))
}

/// A number with at most three decimals, always the same for the same value.
pub(super) fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn text_comes_back() {
        for text in ["Signature1", "a(b)\\c", "ลายเซ็นแพทย์", "😀", "line\nbreak", ""] {
            assert_eq!(read_text_string(&text_string(text)), text);
        }
        assert_eq!(read_text_string(b"(\\101\\)\\n)"), "A)\n");
    }

    #[test]
    fn dates_and_numbers() {
        assert_eq!(date(datetime!(2026-08-14 09:05:03 +7)).unwrap(), "(D:20260814090503+07'00')");
        assert_eq!(date(datetime!(2026-08-14 09:05:03 UTC)).unwrap(), "(D:20260814090503Z)");
        assert_eq!(date(datetime!(2026-08-14 09:05:03 -3:30)).unwrap(), "(D:20260814090503-03'30')");
        assert_eq!([number(1.5), number(-0.000_1), number(100.0), number(0.125)], ["1.5", "0", "100", "0.125"]);
    }
}
