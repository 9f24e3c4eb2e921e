//! DER as bytes that keep their place: what is hashed or verified must be the very bytes of the input.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// The bytes are not DER of the wanted shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

pub(crate) type Parsed<T> = Result<T, Malformed>;

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OID: u8 = 0x06;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const UTC_TIME: u8 = 0x17;

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Contents octets.
    pub(crate) value: &'a [u8],
    /// Identifier, length and contents.
    pub(crate) raw: &'a [u8],
}

/// Elements one after another.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) const fn inside(&self) -> Reader<'a> {
        Reader { rest: self.value }
    }
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element: low tag numbers, definite lengths in the fewest octets (X.690 §10.1).
    pub(crate) fn any(&mut self) -> Parsed<Element<'a>> {
        let [tag, first, ..] = *self.rest else { return Err(Malformed) };
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (length, header) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            let octets = self.rest.get(2..2 + count).filter(|_| (1..=4).contains(&count)).ok_or(Malformed)?;
            let length = octets.iter().fold(0usize, |l, o| l << 8 | usize::from(*o));
            if length < 0x80 || octets.first() == Some(&0) {
                return Err(Malformed);
            }
            (length, 2 + count)
        };
        let end = header + length;
        let (raw, rest) = self.rest.split_at_checked(end).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Element { tag, value: raw.get(header..).ok_or(Malformed)?, raw })
    }

    pub(crate) fn expect(&mut self, tag: u8) -> Parsed<Element<'a>> {
        if self.peek() == Some(tag) { self.any() } else { Err(Malformed) }
    }

    pub(crate) fn optional(&mut self, tag: u8) -> Parsed<Option<Element<'a>>> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    pub(crate) const fn finish(&self) -> Parsed<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    /// All remaining elements, at most `limit`.
    pub(crate) fn all(mut self, limit: usize) -> Parsed<Vec<Element<'a>>> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            if elements.len() >= limit {
                return Err(Malformed);
            }
            elements.push(self.any()?);
        }
        Ok(elements)
    }
}

/// Exactly one element of this tag.
pub(crate) fn single(bytes: &[u8], tag: u8) -> Parsed<Element<'_>> {
    let mut reader = Reader::new(bytes);
    let element = reader.expect(tag)?;
    reader.finish()?;
    Ok(element)
}

/// `AlgorithmIdentifier`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithm<'a> {
    pub(crate) oid: &'a [u8],
    pub(crate) parameters: Option<Element<'a>>,
}

impl<'a> Algorithm<'a> {
    pub(crate) fn parse(element: Element<'a>) -> Parsed<Self> {
        if element.tag != SEQUENCE {
            return Err(Malformed);
        }
        let mut inside = element.inside();
        let oid = inside.expect(OID)?.value;
        let parameters = if inside.is_empty() { None } else { Some(inside.any()?) };
        inside.finish()?;
        Ok(Self { oid, parameters })
    }
}

/// The octets of a BIT STRING without unused bits.
pub(crate) fn bits(element: Element<'_>) -> Parsed<&[u8]> {
    match element.value.split_first() {
        Some((0, octets)) if element.tag == BIT_STRING => Ok(octets),
        _ => Err(Malformed),
    }
}

/// `UTCTime` or `GeneralizedTime` with seconds and `Z` (RFC 5280 §4.1.2.5); fractions only if `fractions`.
pub(crate) fn instant(element: Element<'_>, fractions: bool) -> Parsed<OffsetDateTime> {
    let text = element.value.strip_suffix(b"Z").ok_or(Malformed)?;
    let (text, fraction) = match text.iter().position(|b| *b == b'.') {
        Some(at) if fractions && element.tag == GENERALIZED_TIME => {
            (text.get(..at).ok_or(Malformed)?, text.get(at + 1..).ok_or(Malformed)?)
        }
        _ => (text, &[][..]),
    };
    if !text.iter().chain(fraction).all(u8::is_ascii_digit) || fraction.len() > 9 {
        return Err(Malformed);
    }
    let number = |digits: &[u8]| digits.iter().fold(0u32, |n, d| n * 10 + u32::from(d - b'0'));
    let (year, rest) = match (element.tag, text.len()) {
        (UTC_TIME, 12) => {
            let (year, rest) = text.split_at_checked(2).ok_or(Malformed)?;
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = text.split_at_checked(4).ok_or(Malformed)?;
            (number(year), rest)
        }
        _ => return Err(Malformed),
    };
    let pairs: Vec<u8> = rest.chunks(2).filter_map(|p| u8::try_from(number(p)).ok()).collect();
    let [month, day, hour, minute, second] = *pairs.as_slice() else { return Err(Malformed) };
    let month = Month::try_from(month).map_err(|_| Malformed)?;
    let date = Date::from_calendar_date(i32::try_from(year).map_err(|_| Malformed)?, month, day);
    let scale = 10u32.pow(u32::try_from(9 - fraction.len()).map_err(|_| Malformed)?);
    let time = Time::from_hms_nano(hour, minute, second, number(fraction) * scale);
    let (Ok(date), Ok(time)) = (date, time) else { return Err(Malformed) };
    Ok(PrimitiveDateTime::new(date, time).assume_utc())
}
