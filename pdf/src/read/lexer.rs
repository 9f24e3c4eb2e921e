//! Strict parsing of values out of bytes. No repair: what is not PDF syntax is an error.

use super::{Budget, Dictionary, Limits, Object, ReadError, Reference};

/// White space of ISO 32000-2 table 1.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Delimiters of table 2.
const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// A cursor over bytes.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    budget: &'a Budget,
    strict: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self { bytes, at, budget, strict: false }
    }

    /// A cursor to which a comment between values is a syntax error, as are NUL and form feed: in an update nobody
    /// signed, comments hide things, and readers differ on that white space.
    pub(crate) const fn strict(bytes: &'a [u8], at: usize, budget: &'a Budget) -> Self {
        Self { bytes, at, budget, strict: true }
    }

    /// Whether the cursor is one of [`Lexer::strict`].
    pub(crate) const fn is_strict(&self) -> bool {
        self.strict
    }

    fn skips(&self, byte: u8) -> bool {
        is_space(byte) && !(self.strict && matches!(byte, 0 | 12))
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) const fn syntax<T>(&self, expected: &'static str) -> Result<T, ReadError> {
        Err(ReadError::Syntax { at: self.at, expected })
    }

    /// Whether `word` stands here.
    pub(crate) fn looking_at(&self, word: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word))
    }

    /// Consumes `word` if it stands here and ends here.
    pub(crate) fn keyword(&mut self, word: &[u8]) -> bool {
        let end = self.at + word.len();
        let ends = self.bytes.get(end).is_none_or(|b| is_space(*b) || is_delimiter(*b));
        let found = self.looking_at(word) && ends;
        if found {
            self.at = end;
        }
        found
    }

    /// Skips white space and comments.
    pub(crate) fn skip(&mut self) -> Result<(), ReadError> {
        let start = self.at;
        while let Some(byte) = self.peek() {
            if byte == b'%' && !self.strict {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.at += 1;
                }
            } else if self.skips(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
        self.budget.spend((self.at - start) / 16)
    }

    /// An unsigned number of at most ten digits.
    pub(crate) fn unsigned(&mut self) -> Result<u64, ReadError> {
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.at += 1;
            if self.at - start > 10 {
                return self.syntax("a number of at most ten digits");
            }
        }
        if self.at == start { self.syntax("a number") } else { Ok(value) }
    }

    /// `n g obj`
    pub(crate) fn object_header(&mut self) -> Result<Reference, ReadError> {
        let number = self.unsigned()?;
        self.skip()?;
        let generation = self.unsigned()?;
        self.skip()?;
        if !self.keyword(b"obj") {
            return self.syntax("obj");
        }
        match (u32::try_from(number), u32::try_from(generation)) {
            (Ok(number), Ok(generation)) if generation <= 65_535 => Ok(Reference { number, generation }),
            _ => self.syntax("an object number"),
        }
    }

    /// A value; a stream is not one (its keyword comes after the dictionary).
    pub(crate) fn value(&mut self, depth: usize) -> Result<Object, ReadError> {
        if depth > Limits::DEPTH {
            return Err(ReadError::Budget("depth"));
        }
        self.budget.spend(20)?;
        self.skip()?;
        match self.peek() {
            Some(b'/') => self.name().map(Object::Name),
            Some(b'(') => self.literal().map(Object::String),
            Some(b'<') if self.looking_at(b"<<") => self.dictionary(depth).map(Object::Dictionary),
            Some(b'<') => self.hexadecimal().map(Object::String),
            Some(b'[') => self.array(depth),
            Some(b'0'..=b'9') => self.number_or_reference(),
            Some(b'+' | b'-' | b'.') => self.number(),
            _ if self.keyword(b"true") => Ok(Object::Boolean(true)),
            _ if self.keyword(b"false") => Ok(Object::Boolean(false)),
            _ if self.keyword(b"null") => Ok(Object::Null),
            _ => self.syntax("a value"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Object, ReadError> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip()?;
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    /// `<< … >>`, each key once.
    pub(crate) fn dictionary(&mut self, depth: usize) -> Result<Dictionary, ReadError> {
        self.dictionary_spans(depth, &mut |_, _, _| {})
    }

    /// A dictionary, telling of each value where it begins and ends.
    pub(crate) fn dictionary_spans(
        &mut self,
        depth: usize,
        see: &mut dyn FnMut(&[u8], usize, usize),
    ) -> Result<Dictionary, ReadError> {
        let start = self.at;
        if !self.looking_at(b"<<") {
            return self.syntax("<<");
        }
        self.at += 2;
        let mut entries = Vec::new();
        let mut keys = std::collections::HashSet::new();
        loop {
            self.skip()?;
            if self.looking_at(b">>") {
                self.at += 2;
                return Ok(Dictionary::of(entries));
            }
            if self.peek() != Some(b'/') {
                return self.syntax("a key or >>");
            }
            let key = self.name()?;
            self.skip()?;
            let from = self.at;
            let value = self.value(depth + 1)?;
            see(&key, from, self.at);
            if !keys.insert(key.clone()) {
                let key = String::from_utf8_lossy(&key).into_owned();
                return Err(ReadError::DuplicateKey { key, at: start });
            }
            entries.push((key, value));
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, ReadError> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|b| !is_space(*b) && !is_delimiter(*b)) {
            self.at += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let digits = (self.peek().and_then(hex), self.bytes.get(self.at + 1).copied().and_then(hex));
            let (Some(high), Some(low)) = digits else { return self.syntax("two hexadecimal digits after #") };
            name.push(high << 4 | low);
            self.at += 2;
        }
        self.budget.spend(name.len() / 16)?;
        Ok(name)
    }

    fn hexadecimal(&mut self) -> Result<Vec<u8>, ReadError> {
        self.at += 1;
        let start = self.at;
        let mut out = Vec::new();
        let mut half = None;
        loop {
            let Some(byte) = self.peek() else { return self.syntax(">") };
            self.at += 1;
            match (hex(byte), half) {
                (Some(digit), None) => half = Some(digit),
                (Some(digit), Some(high)) => {
                    out.push(high << 4 | digit);
                    half = None;
                }
                (None, _) if is_space(byte) => {}
                (None, _) if byte == b'>' => break,
                (None, _) => return self.syntax("a hexadecimal digit"),
            }
        }
        // §7.3.4.3: an odd last digit stands for itself followed by 0.
        out.extend(half.map(|high| high << 4));
        self.budget.spend((self.at - start) / 16)?;
        Ok(out)
    }

    fn literal(&mut self) -> Result<Vec<u8>, ReadError> {
        self.at += 1;
        let start = self.at;
        let mut out = Vec::new();
        let mut open = 1usize;
        loop {
            let Some(byte) = self.peek() else { return self.syntax(")") };
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut out)?;
                    continue;
                }
                b'\r' => {
                    // §7.3.4.2: an end-of-line marker inside a string reads as one line feed.
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    out.push(b'\n');
                    continue;
                }
                _ => {}
            }
            if open == 0 {
                break;
            }
            out.push(byte);
        }
        self.budget.spend((self.at - start) / 16)?;
        Ok(out)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let Some(byte) = self.peek() else { return self.syntax("an escape") };
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u16::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|b| (b'0'..=b'7').contains(b)) else { break };
                    value = value * 8 + u16::from(digit - b'0');
                    self.at += 1;
                }
                out.push((value & 0xff) as u8);
            }
            other => out.push(other),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Object, ReadError> {
        let start = self.at;
        while self.peek().is_some_and(|b| !is_space(b) && !is_delimiter(b)) {
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
        let points = digits.iter().filter(|b| **b == b'.').count();
        let plain = digits.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        if !plain || points > 1 || digits.len() <= points || digits.len() > 64 {
            return self.syntax("a number");
        }
        if points == 1 {
            return Ok(Object::Real(text.to_vec()));
        }
        let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
        parsed.map_or_else(|| self.syntax("a number"), |number| Ok(Object::Integer(number)))
    }

    fn number_or_reference(&mut self) -> Result<Object, ReadError> {
        let start = self.at;
        let reference = (|| {
            let number = u32::try_from(self.unsigned().ok()?).ok()?;
            self.space()?;
            let generation = u32::try_from(self.unsigned().ok()?).ok()?;
            self.space()?;
            self.keyword(b"R").then_some(Reference { number, generation })
        })();
        if let Some(reference) = reference {
            return Ok(Object::Reference(reference));
        }
        self.at = start;
        self.number()
    }

    fn space(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| self.skips(byte)) {
            self.at += 1;
        }
        self.budget.spend((self.at - start) / 16).ok()?;
        (self.at > start).then_some(())
    }
}

/// The value of a hexadecimal digit.
pub(crate) fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}
