//! A file with its cross-reference sections, and the view of it at each revision.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::filter::decode;
use super::lexer::Lexer;
use super::xref::{chain, last_startxref, stream_data};
use super::{Budget, Dictionary, Entry, Limits, Object, ReadError, Reference, Section, Stream};

/// A PDF file whose cross-reference chain holds.
#[derive(Debug)]
pub struct Document<'a> {
    pub(crate) bytes: &'a [u8],
    /// Sections, newest first.
    pub(crate) sections: Vec<Section>,
    pub(crate) budget: Budget,
    /// Each object's entries with the section that has them, newest first.
    places: HashMap<u32, Vec<(usize, Entry)>>,
    objects: RefCell<HashMap<(usize, u32), Loaded>>,
    containers: RefCell<HashMap<usize, Rc<Container>>>,
}

/// An object that was read from its place.
#[derive(Debug, Clone)]
struct Loaded {
    reference: Reference,
    object: Rc<Object>,
    /// Steps to pay for each further use: as many as it has values.
    weight: usize,
}

/// A decoded object stream (§7.5.7).
#[derive(Debug)]
pub(crate) struct Container {
    data: Vec<u8>,
    /// Object number and offset in `data`.
    pub(crate) members: Vec<(u32, usize)>,
}

/// The document as it stood when section `newest` was the last one.
#[derive(Debug, Clone, Copy)]
pub struct View<'d, 'a> {
    pub(crate) document: &'d Document<'a>,
    pub(crate) newest: usize,
}

impl<'a> Document<'a> {
    /// Reads the header, the last `startxref` and all sections.
    ///
    /// # Errors
    /// [`ReadError`] at the first thing that is not as ISO 32000-2 §7.5 says.
    pub fn open(bytes: &'a [u8]) -> Result<Self, ReadError> {
        if bytes.len() > Limits::FILE {
            return Err(ReadError::TooLarge { limit: Limits::FILE });
        }
        if !bytes.starts_with(b"%PDF-") {
            return Err(ReadError::NotPdf);
        }
        let budget = Budget::default();
        let start = last_startxref(bytes, &budget)?;
        let sections = chain(bytes, start, &budget)?;
        if sections.iter().any(|s| s.trailer.value(b"Encrypt").is_some()) {
            return Err(ReadError::Encrypted);
        }
        let mut places: HashMap<u32, Vec<(usize, Entry)>> = HashMap::new();
        for (index, section) in sections.iter().enumerate() {
            for (number, entry) in &section.entries {
                places.entry(*number).or_default().push((index, *entry));
            }
        }
        Ok(Self { bytes, sections, budget, places, objects: RefCell::default(), containers: RefCell::default() })
    }

    /// The file.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The document as a reader shows it.
    #[must_use]
    pub const fn current(&self) -> View<'_, 'a> {
        View { document: self, newest: 0 }
    }

    /// The document at section `newest`; 0 is the last one of the file.
    #[must_use]
    pub const fn view(&self, newest: usize) -> View<'_, 'a> {
        View { document: self, newest }
    }

    /// The section that `startxref` at the end of `bytes[..end]` names, if that prefix is a whole file.
    #[must_use]
    pub fn section_ending_at(&self, end: usize) -> Option<usize> {
        let start = last_startxref(self.bytes.get(..end)?, &self.budget).ok()?;
        self.sections.iter().position(|s| s.offset == start && s.end <= end)
    }
}

impl<'d, 'a> View<'d, 'a> {
    /// The trailer of this revision.
    ///
    /// # Errors
    /// [`ReadError::Missing`] if there is no such section.
    pub fn trailer(&self) -> Result<&'d Dictionary, ReadError> {
        self.document.sections.get(self.newest).map(|s| &s.trailer).ok_or(ReadError::Missing("trailer"))
    }

    /// Reference of the catalog.
    ///
    /// # Errors
    /// [`ReadError::Missing`] without `/Root`.
    pub fn root(&self) -> Result<Reference, ReadError> {
        self.trailer()?.value(b"Root").and_then(Object::as_reference).ok_or(ReadError::Missing("/Root"))
    }

    /// The catalog.
    ///
    /// # Errors
    /// [`ReadError`] if it is missing or no dictionary.
    pub fn catalog(&self) -> Result<Dictionary, ReadError> {
        match &*self.object(self.root()?)? {
            Object::Dictionary(catalog) => Ok(catalog.clone()),
            _ => Err(ReadError::Missing("catalog")),
        }
    }

    /// Where an object is in this view.
    #[must_use]
    pub fn entry(&self, number: u32) -> Option<Entry> {
        let places = self.document.places.get(&number)?;
        let first = places.partition_point(|(section, _)| *section < self.newest);
        places.get(first).map(|(_, entry)| *entry)
    }

    /// Numbers of all objects in use.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        let all = self.document.places.keys().copied();
        let mut used: Vec<u32> = all.filter(|n| !matches!(self.entry(*n), None | Some(Entry::Free))).collect();
        used.sort_unstable();
        used
    }

    /// An object; `null` if it is free or not there (§7.3.10).
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are not that object.
    pub fn object(&self, reference: Reference) -> Result<Rc<Object>, ReadError> {
        self.load(reference, 0)
    }

    /// An object by its number, whatever its generation.
    ///
    /// # Errors
    /// [`ReadError`] if the bytes are not that object.
    pub fn numbered(&self, number: u32) -> Result<Rc<Object>, ReadError> {
        let generation = if let Some(Entry::InFile { generation, .. }) = self.entry(number) { generation } else { 0 };
        self.load(Reference { number, generation }, 0)
    }

    /// The value itself, or what it refers to.
    ///
    /// # Errors
    /// [`ReadError`] if the object referred to is malformed.
    pub fn resolve(&self, value: &Object) -> Result<Rc<Object>, ReadError> {
        match value {
            Object::Reference(reference) => match &*self.object(*reference)? {
                Object::Reference(_) => Err(ReadError::Missing("a reference to a reference")),
                other => Ok(Rc::new(other.clone())),
            },
            other => Ok(Rc::new(other.clone())),
        }
    }

    /// Decoded data of a stream.
    ///
    /// # Errors
    /// [`ReadError::Filter`] or [`ReadError::Budget`].
    pub fn decode(&self, stream: &Stream) -> Result<Vec<u8>, ReadError> {
        decode(self.document.bytes, stream, &self.document.budget)
    }

    fn load(&self, reference: Reference, depth: usize) -> Result<Rc<Object>, ReadError> {
        self.document.budget.spend(1)?;
        let key = match self.entry(reference.number) {
            None | Some(Entry::Free) => return Ok(Rc::new(Object::Null)),
            Some(Entry::InFile { generation, .. }) if generation != reference.generation => {
                return Ok(Rc::new(Object::Null));
            }
            // §7.5.7: what is in an object stream has generation 0.
            Some(Entry::InStream { .. }) if reference.generation != 0 => return Ok(Rc::new(Object::Null)),
            Some(Entry::InFile { offset, .. }) => (offset, u32::MAX),
            Some(Entry::InStream { stream, index }) => match self.entry(stream) {
                Some(Entry::InFile { offset, .. }) => (offset, index),
                _ => return Err(ReadError::Misplaced { number: stream }),
            },
        };
        // Objects are cached by place; whose place it is must be checked each time.
        if let Some(loaded) = self.document.objects.borrow().get(&key) {
            if loaded.reference != reference {
                return Err(ReadError::Misplaced { number: reference.number });
            }
            self.document.budget.spend(loaded.weight)?;
            return Ok(Rc::clone(&loaded.object));
        }
        let object = Rc::new(match self.entry(reference.number) {
            Some(Entry::InStream { stream, index }) => self.member(reference.number, stream, index, depth)?,
            _ => self.in_file(reference, key.0, depth)?,
        });
        let loaded = Loaded { reference, object: Rc::clone(&object), weight: object.weight() };
        self.document.objects.borrow_mut().insert(key, loaded);
        Ok(object)
    }

    fn in_file(&self, reference: Reference, offset: usize, depth: usize) -> Result<Object, ReadError> {
        let mut lexer = Lexer::new(self.document.bytes, offset, &self.document.budget);
        let header = lexer.object_header().map_err(|_| ReadError::Misplaced { number: reference.number })?;
        if header != reference {
            return Err(ReadError::Misplaced { number: reference.number });
        }
        self.body(&mut lexer, depth)
    }

    /// The value after `n g obj`, to `endobj` inclusive.
    pub(crate) fn body(&self, lexer: &mut Lexer<'_>, depth: usize) -> Result<Object, ReadError> {
        let value = lexer.value(0)?;
        lexer.skip()?;
        if lexer.keyword(b"endobj") {
            return Ok(value);
        }
        let Object::Dictionary(dictionary) = value else { return lexer.syntax("endobj") };
        let length = match dictionary.value(b"Length") {
            Some(Object::Reference(length)) if depth < 4 => self.load(*length, depth + 1)?.as_integer(),
            Some(direct) => direct.as_integer(),
            None => None,
        };
        let length = length.and_then(|l| usize::try_from(l).ok()).ok_or(ReadError::Missing("/Length"))?;
        let data = stream_data(lexer, length)?;
        Ok(Object::Stream(Stream { dictionary, data }))
    }

    /// Reads all that object streams hold, whether or not a section names it: other readers do.
    ///
    /// # Errors
    /// [`ReadError`] if an object stream is malformed or a budget ends.
    pub(crate) fn read_containers(&self) -> Result<(), ReadError> {
        for number in self.numbers() {
            if !matches!(self.entry(number), Some(Entry::InFile { .. })) {
                continue;
            }
            let object = self.numbered(number)?;
            if matches!(&*object, Object::Stream(stream) if stream.dictionary.is(b"Type", b"ObjStm")) {
                let container = self.container(number, 0)?;
                for (_, at) in &container.members {
                    Lexer::new(&container.data, *at, &self.document.budget).value(0)?;
                }
            }
        }
        Ok(())
    }

    fn member(&self, number: u32, stream: u32, index: u32, depth: usize) -> Result<Object, ReadError> {
        let container = self.container(stream, depth)?;
        let (found, at) = container.members.get(index as usize).copied().ok_or(ReadError::Misplaced { number })?;
        if found != number {
            return Err(ReadError::Misplaced { number });
        }
        Lexer::new(&container.data, at, &self.document.budget).value(0)
    }

    /// The object stream with this number.
    pub(crate) fn container(&self, number: u32, depth: usize) -> Result<Rc<Container>, ReadError> {
        let Some(Entry::InFile { offset, generation }) = self.entry(number) else {
            return Err(ReadError::Misplaced { number });
        };
        if let Some(container) = self.document.containers.borrow().get(&offset) {
            return Ok(Rc::clone(container));
        }
        let object = self.load(Reference { number, generation }, depth + 1)?;
        let Object::Stream(stream) = &*object else { return Err(ReadError::Missing("object stream")) };
        if !stream.dictionary.is(b"Type", b"ObjStm") {
            return Err(ReadError::Missing("object stream"));
        }
        let integer = |key: &[u8]| {
            let value = stream.dictionary.value(key).and_then(Object::as_integer);
            value.and_then(|i| usize::try_from(i).ok()).ok_or(ReadError::Missing("object stream header"))
        };
        let (count, first) = (integer(b"N")?, integer(b"First")?);
        if count > Limits::OBJECTS {
            return Err(ReadError::Budget("objects"));
        }
        let data = self.decode(stream)?;
        let mut members: Vec<(u32, usize)> = Vec::new();
        let mut lexer = Lexer::new(&data, 0, &self.document.budget);
        for _ in 0..count {
            self.document.budget.spend(5)?;
            lexer.skip()?;
            let member = u32::try_from(lexer.unsigned()?).map_err(|_| ReadError::Missing("object stream header"))?;
            lexer.skip()?;
            let at = usize::try_from(lexer.unsigned()?).ok().and_then(|at| at.checked_add(first));
            let at = at.ok_or(ReadError::Missing("object stream header"))?;
            // §7.5.7: in increasing order; readers differ on what another order means.
            if members.last().is_some_and(|(_, last)| *last >= at) {
                return Err(ReadError::Missing("object stream in order"));
            }
            members.push((member, at));
        }
        let container = Rc::new(Container { data, members });
        self.document.containers.borrow_mut().insert(offset, Rc::clone(&container));
        Ok(container)
    }
}
