//! The values a PDF is made of (ISO 32000-2 §7.3).

use std::ops::Range;

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// Object number.
    pub number: u32,
    /// Generation number.
    pub generation: u32,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a decimal point, as written.
    Real(Vec<u8>),
    /// A literal or hexadecimal string, decoded.
    String(Vec<u8>),
    /// A name without its solidus, `#xx` decoded.
    Name(Vec<u8>),
    /// `[ … ]`
    Array(Vec<Self>),
    /// `<< … >>`
    Dictionary(Dictionary),
    /// `n g R`
    Reference(Reference),
    /// A dictionary with data.
    Stream(Stream),
}

/// Entries in the order of their keys; a key stands once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dictionary {
    entries: Vec<(Vec<u8>, Object)>,
}

/// A stream: its dictionary and where its encoded data lie in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The stream dictionary.
    pub dictionary: Dictionary,
    /// Encoded data as offsets into the file.
    pub data: Range<usize>,
}

impl Dictionary {
    /// Of entries whose keys are all different.
    pub(crate) fn of(mut entries: Vec<(Vec<u8>, Object)>) -> Self {
        entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { entries }
    }

    /// The value of a key; `null` counts as absent (§7.3.7).
    #[must_use]
    pub fn value(&self, key: &[u8]) -> Option<&Object> {
        let at = self.entries.binary_search_by(|(name, _)| name.as_slice().cmp(key)).ok()?;
        self.entries.get(at).map(|(_, value)| value).filter(|v| **v != Object::Null)
    }

    /// Keys and values in the order of the keys, `null` left out.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.entries.iter().filter(|(_, v)| *v != Object::Null).map(|(k, v)| (k.as_slice(), v))
    }

    /// Whether the name value of `key` is `name`.
    #[must_use]
    pub fn is(&self, key: &[u8], name: &[u8]) -> bool {
        self.value(key).and_then(Object::as_name) == Some(name)
    }

    /// Whether two dictionaries have the same entries but for those named in `except`.
    #[must_use]
    pub fn same_except(&self, other: &Self, except: &[&[u8]]) -> bool {
        let mut ours = self.iter().filter(|(key, _)| !except.contains(key));
        let mut theirs = other.iter().filter(|(key, _)| !except.contains(key));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some((key, value)), Some((name, one))) if key == name && value.same(one) => {}
                _ => return false,
            }
        }
    }
}

impl Object {
    /// The dictionary, a stream's too.
    #[must_use]
    pub const fn as_dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The bytes of a name.
    #[must_use]
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    /// The bytes of a string.
    #[must_use]
    pub fn as_string(&self) -> Option<&[u8]> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// A whole number.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    /// A reference.
    #[must_use]
    pub const fn as_reference(&self) -> Option<Reference> {
        if let Self::Reference(reference) = self { Some(*reference) } else { None }
    }

    /// Equal in meaning without following references: entry order and `null` entries do not count.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dictionary(a), Self::Dictionary(b)) => a.same_except(b, &[]),
            (Self::Array(a), Self::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.same(y)),
            (a, b) => a == b,
        }
    }

    /// How many values this one is made of, itself included; longer strings and names count for more.
    #[must_use]
    pub(crate) fn weight(&self) -> usize {
        let inside = match self {
            Self::Array(items) => items.iter().map(Self::weight).sum(),
            Self::Dictionary(dictionary) | Self::Stream(Stream { dictionary, .. }) => {
                dictionary.entries.iter().map(|(key, value)| key.len() / 16 + value.weight()).sum()
            }
            Self::String(bytes) | Self::Name(bytes) | Self::Real(bytes) => bytes.len() / 16,
            _ => 0,
        };
        1 + inside
    }

    /// Calls `see` with each reference inside this value.
    pub fn references(&self, see: &mut dyn FnMut(Reference)) {
        match self {
            Self::Reference(reference) => see(*reference),
            Self::Array(items) => items.iter().for_each(|item| item.references(see)),
            Self::Dictionary(dictionary) | Self::Stream(Stream { dictionary, .. }) => {
                dictionary.entries.iter().for_each(|(_, value)| value.references(see));
            }
            _ => {}
        }
    }
}
