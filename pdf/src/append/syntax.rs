//! Values kept as they are written: what is not changed is copied byte for byte.

use super::Error;
use std::borrow::Cow;

/// Deepest nesting of arrays and dictionaries read; our files stay below ten.
const MAX_DEPTH: usize = 32;
/// Most entries of a dictionary read here; none of ours has thirty.
const MAX_ENTRIES: usize = 1_000;

/// An indirect reference (ISO 32000-1 §7.3.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    /// Object number.
    pub(crate) number: u32,
    /// Generation.
    pub(crate) generation: u16,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {} R", self.number, self.generation)
    }
}

/// Reads tokens and whole values from a slice.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments (§7.2.3, §7.2.4).
    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                self.skip_while(|byte| byte != b'\r' && byte != b'\n');
            } else {
                break;
            }
        }
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        self.at += self.rest().iter().take_while(|byte| keep(**byte)).count();
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Takes `keyword` if it stands here as a whole token.
    pub(super) fn keyword(&mut self, keyword: &[u8]) -> bool {
        self.skip_space();
        let Some(after) = self.rest().strip_prefix(keyword) else { return false };
        if after.first().is_some_and(|byte| is_regular(*byte)) {
            return false;
        }
        self.at += keyword.len();
        true
    }

    /// Takes an unsigned integer.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        let start = self.at;
        self.skip_while(|byte| byte.is_ascii_digit());
        let number = std::str::from_utf8(self.since(start)).ok()?.parse().ok();
        if number.is_none() || self.peek().is_some_and(is_regular) {
            self.at = start;
            return None;
        }
        number
    }

    /// Takes one whole value and answers the bytes it is written with.
    pub(super) fn value(&mut self) -> Result<&'a [u8], Error> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<&'a [u8], Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooComplex { what: "nesting of values" });
        }
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'<') if self.rest().starts_with(b"<<") => {
                self.at += 2;
                while self.name_or_end(b">>")?.is_some() {
                    self.nested(depth + 1)?;
                }
            }
            Some(b'<') => {
                self.at += 1;
                self.skip_while(|byte| byte.is_ascii_hexdigit() || is_space(byte));
                self.expect(b">", "hexadecimal string")?;
            }
            Some(b'(') => self.literal_string()?,
            Some(b'[') => {
                self.at += 1;
                loop {
                    self.skip_space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        break;
                    }
                    self.nested(depth + 1)?;
                }
            }
            Some(b'/') => {
                self.at += 1;
                self.skip_while(is_regular);
            }
            Some(byte) if is_regular(byte) => {
                if self.take_reference().is_none() {
                    self.skip_while(is_regular);
                }
            }
            _ => return Err(Error::Malformed { what: "value" }),
        }
        Ok(self.since(start))
    }

    fn take_reference(&mut self) -> Option<Reference> {
        let start = self.at;
        let found = self.try_reference();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn try_reference(&mut self) -> Option<Reference> {
        let number = u32::try_from(self.unsigned()?).ok()?;
        let generation = u16::try_from(self.unsigned()?).ok()?;
        self.keyword(b"R").then_some(Reference { number, generation })
    }

    fn name_or_end(&mut self, end: &[u8]) -> Result<Option<&'a [u8]>, Error> {
        self.skip_space();
        if self.rest().starts_with(end) {
            self.at += end.len();
            return Ok(None);
        }
        self.expect(b"/", "dictionary key")?;
        let start = self.at;
        self.skip_while(is_regular);
        Ok(Some(self.since(start)))
    }

    fn expect(&mut self, token: &[u8], what: &'static str) -> Result<(), Error> {
        if !self.rest().starts_with(token) {
            return Err(Error::Malformed { what });
        }
        self.at += token.len();
        Ok(())
    }

    fn literal_string(&mut self) -> Result<(), Error> {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => self.at += 1,
                _ => {}
            }
            if open == 0 {
                return Ok(());
            }
        }
        Err(Error::Malformed { what: "string" })
    }
}

/// A dictionary whose entries keep their order and their spelling.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary<'a> {
    entries: Vec<(&'a [u8], Cow<'a, [u8]>)>,
}

impl<'a> Dictionary<'a> {
    pub(super) fn parse(raw: &'a [u8]) -> Result<Self, Error> {
        let mut scanner = Scanner::new(raw, 0);
        let mut entries: Vec<(&'a [u8], Cow<'a, [u8]>)> = Vec::new();
        scanner.expect(b"<<", "dictionary")?;
        while let Some(key) = scanner.name_or_end(b">>")? {
            // Two spellings of one key, or one key twice, read differently in different readers.
            if key.contains(&b'#') || entries.iter().any(|(known, _)| *known == key) {
                return Err(Error::Malformed { what: "dictionary key" });
            }
            if entries.len() == MAX_ENTRIES {
                return Err(Error::TooComplex { what: "entries of a dictionary" });
            }
            entries.push((key, Cow::Borrowed(scanner.value()?)));
        }
        Ok(Self { entries })
    }

    pub(crate) fn raw(&self, key: &str) -> Option<&[u8]> {
        self.entries.iter().find(|(known, _)| *known == key.as_bytes()).map(|(_, value)| value.as_ref())
    }

    /// As [`Self::raw`], but only what was read and living as long as the file.
    pub(super) fn borrowed(&self, key: &str) -> Option<&'a [u8]> {
        self.entries.iter().find(|(known, _)| *known == key.as_bytes()).and_then(|(_, value)| match value {
            Cow::Borrowed(value) => Some(*value),
            Cow::Owned(_) => None,
        })
    }

    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<Vec<u8>>) {
        let value = Cow::Owned(value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == key.as_bytes()) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.as_bytes(), value)),
        }
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.entries.retain(|(known, _)| *known != key.as_bytes());
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = b"<<\n".to_vec();
        for (key, value) in &self.entries {
            out.extend_from_slice(b"  /");
            out.extend_from_slice(key);
            out.push(b' ');
            out.extend_from_slice(value);
            out.push(b'\n');
        }
        out.extend_from_slice(b">>");
        out
    }
}

/// The reference, if `raw` is one.
pub(super) fn reference(raw: &[u8]) -> Option<Reference> {
    Scanner::new(raw, 0).take_reference()
}

/// The unsigned integer, if `raw` is one.
pub(crate) fn unsigned(raw: &[u8]) -> Option<u64> {
    let mut scanner = Scanner::new(raw, 0);
    let number = scanner.unsigned()?;
    (scanner.position() == raw.len()).then_some(number)
}

/// The items of an array.
pub(super) fn array(raw: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let mut scanner = Scanner::new(raw, 0);
    scanner.expect(b"[", "array")?;
    let mut items = Vec::new();
    loop {
        scanner.skip_space();
        if scanner.peek() == Some(b']') {
            return Ok(items);
        }
        items.push(scanner.value()?);
    }
}

/// Writes an array of the items as they are.
pub(super) fn write_array<'a>(items: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = b"[".to_vec();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(item);
    }
    out.push(b']');
    out
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_spelling() {
        let raw = b"<< /A [1 2 R 3 0 R (a\\)(b)) <4 1>] /B << /C /D >> /E 12 0 R/F -1.5 >>";
        let dictionary = Dictionary::parse(raw).unwrap();
        assert_eq!(dictionary.raw("A"), Some(&b"[1 2 R 3 0 R (a\\)(b)) <4 1>]"[..]));
        assert_eq!(dictionary.raw("E"), Some(&b"12 0 R"[..]));
        assert_eq!(dictionary.raw("F"), Some(&b"-1.5"[..]));
        assert_eq!(array(dictionary.raw("A").unwrap()).unwrap().len(), 4);
    }

    #[test]
    fn what_is_broken_is_an_error() {
        for raw in [&b"<< /A"[..], b"<< /A 1", b"<< /A (x >>", b"<< /A 1 /A 2 >>", b"<< /#41 1 >>", b"[1", b"<<>"] {
            assert!(Dictionary::parse(raw).is_err(), "{}", String::from_utf8_lossy(raw));
        }
        let deep = [b"<< /A ".to_vec(), vec![b'['; 10_000]].concat();
        assert_eq!(Dictionary::parse(&deep).unwrap_err(), Error::TooComplex { what: "nesting of values" });
    }
}
