//! Text cut where a line may end. The form's own words are shaped and cut once, not again for each
//! document: of what stands on a page they are nine tenths. So are a hospital's and a doctor's, of which there
//! are not too many.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Error;
use super::breaking::{Breaks, opportunities};
use super::shaped::Shaped;
use super::typeface::{Weight, shape};

/// What may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing but the same line.
    Stay,
    /// A new line.
    May,
    /// Only a new line.
    Must,
}

/// A piece of text inside which no line ends.
#[derive(Debug, Clone)]
pub(super) struct Fragment {
    pub(super) shaped: Arc<Shaped>,
    /// Room in ems without the spaces at its end.
    pub(super) seen: f32,
    /// Room in ems.
    pub(super) width: f32,
    pub(super) after: After,
}

impl Fragment {
    pub(super) fn new(shaped: Shaped, after: After) -> Self {
        let width = shaped.width();
        let visible = shaped.text.trim_end_matches(' ').len();
        let seen = if visible == shaped.text.len() { width } else { shaped.width_before(visible) };
        Self { shaped: Arc::new(shaped), seen, width, after }
    }
}

/// A text, by whose it is.
#[derive(Debug, Clone)]
pub(super) enum Text {
    /// The program's own.
    Program(&'static str),
    /// Of the hospital or the doctor: the same on each of their documents.
    House(String),
    /// Of this document. Nothing of it is kept.
    Document(String),
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::Program(text)
    }
}

impl From<&'static String> for Text {
    fn from(text: &'static String) -> Self {
        Self::Program(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Document(text)
    }
}

impl Text {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Program(text) => text.is_empty(),
            Self::House(text) | Self::Document(text) => text.is_empty(),
        }
    }
}

/// Texts of hospitals and doctors kept at most; then all are forgotten.
const MOST_OF_HOUSES: usize = 4096;

type Key<Of> = (Of, Weight, Breaks);
type Known<Of> = HashMap<Key<Of>, Arc<[Fragment]>>;

/// Texts that are cut already. Words of the program itself, which cannot grow in number, and of the
/// houses are known to all documents; what is in a document only to itself.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    of_document: Known<String>,
}

impl Fragments {
    /// The pieces of a text.
    pub(super) fn of(&mut self, text: &Text, weight: Weight, breaks: Breaks) -> Result<Arc<[Fragment]>, Error> {
        static PROGRAM: OnceLock<RwLock<Known<&'static str>>> = OnceLock::new();
        static HOUSES: OnceLock<RwLock<Known<String>>> = OnceLock::new();
        match text {
            Text::Program(text) => shared(PROGRAM.get_or_init(RwLock::default), (text, weight, breaks), usize::MAX),
            Text::House(text) => {
                shared(HOUSES.get_or_init(RwLock::default), (text.clone(), weight, breaks), MOST_OF_HOUSES)
            }
            Text::Document(text) => {
                let key = (text.clone(), weight, breaks);
                if let Some(known) = self.of_document.get(&key) {
                    return Ok(Arc::clone(known));
                }
                let found: Arc<[Fragment]> = cut(text, weight, breaks)?.into();
                self.of_document.insert(key, Arc::clone(&found));
                Ok(found)
            }
        }
    }
}

fn shared<Of>(known: &RwLock<Known<Of>>, key: Key<Of>, most: usize) -> Result<Arc<[Fragment]>, Error>
where
    Of: Eq + Hash + AsRef<str>,
{
    if let Some(known) = known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(known));
    }
    let found: Arc<[Fragment]> = cut(key.0.as_ref(), key.1, key.2)?.into();
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= most {
        known.clear();
    }
    known.insert(key, Arc::clone(&found));
    Ok(found)
}

fn cut(text: &str, weight: Weight, breaks: Breaks) -> Result<Vec<Fragment>, Error> {
    let mut found: Vec<Fragment> = Vec::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let shaped = if line.is_empty() { Shaped::default() } else { shape(line, weight)? };
        let mut from = 0;
        for to in opportunities(line, breaks) {
            let last = to == line.len();
            let after = if last && !line.ends_with(' ') { After::Stay } else { After::May };
            found.push(Fragment::new(shaped.slice(from, to), after));
            from = to;
        }
        if lines.peek().is_some() {
            match found.last_mut() {
                Some(fragment) => fragment.after = After::Must,
                None => found.push(Fragment::new(Shaped::default(), After::Must)),
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_for_all_documents_is_cut_once_and_bounded() {
        let known: RwLock<Known<String>> = RwLock::default();
        let of = |text: &str| shared(&known, (text.to_owned(), Weight::Regular, Breaks::Words), 2).unwrap();
        let first = of("โรงพยาบาลหนึ่ง");
        assert!(Arc::ptr_eq(&first, &of("โรงพยาบาลหนึ่ง")));
        for text in ["โรงพยาบาลสอง", "โรงพยาบาลสาม", "โรงพยาบาลสี่"]
        {
            of(text);
            assert!(known.read().unwrap().len() <= 2);
        }
        assert!(!Arc::ptr_eq(&first, &of("โรงพยาบาลหนึ่ง")));
    }

    #[test]
    fn nothing_of_a_document_is_kept_for_another() {
        let text = Text::Document("สมชาย ใจดี".to_owned());
        let of = |fragments: &mut Fragments| fragments.of(&text, Weight::Regular, Breaks::Spaces).unwrap();
        let (mut one, mut other) = (Fragments::default(), Fragments::default());
        assert!(Arc::ptr_eq(&of(&mut one), &of(&mut one)));
        assert!(!Arc::ptr_eq(&of(&mut one), &of(&mut other)));
    }
}
