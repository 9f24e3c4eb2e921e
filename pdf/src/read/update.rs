//! The strict part: every byte after a revision must be a well-formed incremental update (ISO 32000-2 §7.5.6).

use std::collections::{HashMap, HashSet};

use super::lexer::{Lexer, is_space};
use super::xref::section;
use super::{Document, Entry, Limits, Object, ReadError};

/// Most bytes of white space after the last `%%EOF`.
const WHITE: usize = 64;

/// Words that make a repairing reader see structure inside a comment or a stream.
const STRUCTURE: [&[u8]; 6] = [b"endobj", b"obj", b"xref", b"trailer", b"stream", b"%%EOF"];

/// Words that a reader that repairs looks for in all bytes, in strings and streams too.
const REPAIRED: [&[u8]; 5] = [b"endobj", b"endstream", b"startxref", b"trailer", b"%%EOF"];

impl Document<'_> {
    /// Accounts for every byte from `end` (where section `signed` ends its revision) to the end of the file.
    ///
    /// # Errors
    /// The first byte or object that is not part of a well-formed update.
    pub fn account(&self, end: usize, signed: usize) -> Result<(), ReadError> {
        self.ends_by(end, signed)?;
        let mut at = end;
        for newest in (0..signed).rev() {
            at = self.update(at, newest)?;
        }
        // Editors and mail gateways leave white space behind; no reader shows anything for it.
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.len() <= WHITE && rest.iter().all(|byte| matches!(byte, b'\n' | b'\r' | b' ' | b'\t')) {
            return Ok(());
        }
        Err(ReadError::Unaccounted { at, why: "bytes after the last %%EOF" })
    }

    /// No object of the signed revision runs into what comes after it.
    fn ends_by(&self, end: usize, signed: usize) -> Result<(), ReadError> {
        let view = self.view(signed);
        let signed = self.bytes.get(..end).ok_or(ReadError::Missing("signed bytes"))?;
        for number in view.numbers() {
            let Some(Entry::InFile { offset, .. }) = view.entry(number) else { continue };
            let mut lexer = Lexer::new(signed, offset, &self.budget);
            let whole = lexer.object_header().and_then(|_| view.body(&mut lexer, 0));
            match whole {
                Err(ReadError::Budget(what)) => return Err(ReadError::Budget(what)),
                Err(_) => return Err(ReadError::Unaccounted { at: offset, why: "a signed object without its end" }),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn update(&self, start: usize, newest: usize) -> Result<usize, ReadError> {
        let this = self.sections.get(newest).ok_or(ReadError::Missing("section"))?;
        let before = self.sections.get(newest + 1).ok_or(ReadError::Missing("section"))?;
        let unaccounted = |at, why| Err(ReadError::Unaccounted { at, why });
        if this.hybrid {
            return unaccounted(this.offset, "an update with /XRefStm");
        }
        if this.previous != Some(before.offset) {
            return unaccounted(this.offset, "/Prev does not name the section before");
        }
        let mut lexer = Lexer::strict(self.bytes, start, &self.budget);
        let mut found: HashMap<u32, Entry> = HashMap::new();
        loop {
            self.between(&mut lexer)?;
            let offset = lexer.at;
            if lexer.looking_at(b"xref") {
                if offset != this.offset || this.stream {
                    return unaccounted(offset, "a cross-reference table that the chain does not name");
                }
                let again = section(lexer.clone(), &self.budget)?;
                lexer.at = again.end;
                let section = self.bytes.get(offset..again.end).unwrap_or_default();
                self.budget.spend(section.len() / 2)?;
                let at = section.windows(7).position(|word| word == b"trailer").unwrap_or_default();
                if conceals(section.get(at + 7..).unwrap_or_default()) {
                    return unaccounted(offset, "structure inside a trailer");
                }
                break;
            }
            if !lexer.peek().is_some_and(|b| b.is_ascii_digit()) {
                return unaccounted(offset, "neither an object nor a cross-reference section");
            }
            let header = lexer.object_header()?;
            let header_ends = lexer.at;
            let object = self.view(newest).body(&mut lexer, 0)?;
            self.hides_nothing(header_ends, &object, lexer.at)?;
            let entry = Entry::InFile { offset, generation: header.generation };
            if found.insert(header.number, entry).is_some() {
                return unaccounted(offset, "an object stands twice in one update");
            }
            if offset == this.offset {
                break;
            }
        }
        self.between(&mut lexer)?;
        if !lexer.keyword(b"startxref") {
            return unaccounted(lexer.at, "startxref expected");
        }
        lexer.skip()?;
        if usize::try_from(lexer.unsigned()?).ok() != Some(this.offset) {
            return unaccounted(lexer.at, "startxref of an update names another section");
        }
        lexer.skip()?;
        if !lexer.looking_at(b"%%EOF") {
            return unaccounted(lexer.at, "%%EOF expected");
        }
        lexer.at += 5;
        if lexer.peek().is_some_and(|b| !is_space(b)) {
            return unaccounted(lexer.at, "bytes after %%EOF");
        }
        self.entries_match(newest, &found)?;
        Ok(lexer.at)
    }

    /// No object and no trailer inside a string or a stream.
    fn hides_nothing(&self, start: usize, object: &Object, end: usize) -> Result<(), ReadError> {
        let end = end.saturating_sub(b"endobj".len());
        let data = if let Object::Stream(stream) = object { stream.data.clone() } else { end..end };
        for part in [start..data.start, data] {
            let bytes = self.bytes.get(part.clone()).unwrap_or_default();
            self.budget.spend(bytes.len() / 2)?;
            if conceals(bytes) {
                return Err(ReadError::Unaccounted { at: part.start, why: "structure inside a string or a stream" });
            }
        }
        Ok(())
    }

    /// White space and harmless comment lines between objects.
    fn between(&self, lexer: &mut Lexer<'_>) -> Result<(), ReadError> {
        loop {
            lexer.skip()?;
            if lexer.peek() != Some(b'%') {
                return Ok(());
            }
            let rest = lexer.bytes.get(lexer.at..).unwrap_or_default();
            let line = rest.split(|b| *b == b'\n' || *b == b'\r').next().unwrap_or_default();
            if line.len() > 128 || STRUCTURE.iter().any(|word| contains(line, word)) {
                return Err(ReadError::Unaccounted { at: lexer.at, why: "a comment that looks like structure" });
            }
            lexer.at += line.len();
        }
    }

    /// The cross-reference section lists exactly the objects of the update.
    fn entries_match(&self, newest: usize, found: &HashMap<u32, Entry>) -> Result<(), ReadError> {
        let this = self.sections.get(newest).ok_or(ReadError::Missing("section"))?;
        let mut containers = HashSet::new();
        let size = this.trailer.value(b"Size").and_then(Object::as_integer).unwrap_or_default();
        for (number, entry) in &this.entries {
            // §7.5.5: a number that is not below /Size is that of a missing object.
            if *number > Limits::NUMBER || i64::from(*number) >= size {
                let why = "an object number that readers do not take";
                return Err(ReadError::Unaccounted { at: this.offset, why });
            }
            match entry {
                Entry::Free => {}
                Entry::InFile { offset, .. } => {
                    if found.get(number) != Some(entry) {
                        let why = "the cross-reference of an update points outside it or at another object";
                        return Err(ReadError::Unaccounted { at: *offset, why });
                    }
                }
                Entry::InStream { stream, .. } => {
                    if !found.contains_key(stream) {
                        return Err(ReadError::Misplaced { number: *number });
                    }
                    containers.insert(*stream);
                }
            }
        }
        for (number, entry) in found {
            let Entry::InFile { offset, .. } = entry else { continue };
            if this.entries.get(number) != Some(entry) {
                return Err(ReadError::Unaccounted { at: *offset, why: "an object that no cross-reference names" });
            }
            let object = self.view(newest).numbered(*number)?;
            let is_container = object.as_dictionary().is_some_and(|d| d.is(b"Type", b"ObjStm"));
            if is_container && !containers.contains(number) {
                return Err(ReadError::Unaccounted { at: *offset, why: "an object stream nothing refers to" });
            }
        }
        for number in containers {
            let container = self.view(newest).container(number, 0)?;
            for (index, (member, _)) in container.members.iter().enumerate() {
                let listed = Entry::InStream { stream: number, index: u32::try_from(index).unwrap_or(u32::MAX) };
                if this.entries.get(member) != Some(&listed) {
                    return Err(ReadError::Misplaced { number: *member });
                }
            }
        }
        Ok(())
    }
}

fn contains(data: &[u8], word: &[u8]) -> bool {
    data.windows(word.len()).any(|w| w == word)
}

/// Whether a reader that repairs would find an object or a trailer in these bytes.
fn conceals(bytes: &[u8]) -> bool {
    if REPAIRED.iter().any(|word| contains(bytes, word)) {
        return true;
    }
    let headers = bytes.windows(3).enumerate().filter(|(_, word)| *word == b"obj");
    headers.into_iter().any(|(at, _)| {
        let mut before = bytes.get(..at).unwrap_or_default();
        let mut drop = |kind: fn(u8) -> bool| {
            let kept = before.iter().rposition(|byte| !kind(*byte)).map_or(0, |at| at + 1);
            let dropped = before.len() - kept;
            before = before.get(..kept).unwrap_or_default();
            dropped > 0
        };
        let digit = |byte: u8| byte.is_ascii_digit();
        // Some readers take more for white space than table 1 does.
        let space = |byte: u8| byte <= b' ';
        drop(space);
        drop(digit) && drop(space) && drop(digit)
    })
}
