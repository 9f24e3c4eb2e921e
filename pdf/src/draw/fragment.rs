//! Text cut where a line may end. The form's own words are shaped and cut once, not again for each
//! document: of what stands on a page they are nine tenths.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Error;
use super::breaking::{Breaks, opportunities};
use super::typeface::{Shaped, Weight, shape};

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

type Known<Text> = HashMap<(Text, Weight, Breaks), Arc<[Fragment]>>;

/// Texts that are cut already. Words of the program itself, which cannot grow in number, are known
/// to all documents; what is in a document only to itself.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    of_document: Known<String>,
}

impl Fragments {
    /// The pieces of a text.
    #[expect(clippy::ptr_arg, reason = "whether the text is the program's own is what counts")]
    pub(super) fn of(
        &mut self,
        text: &Cow<'static, str>,
        weight: Weight,
        breaks: Breaks,
    ) -> Result<Arc<[Fragment]>, Error> {
        match text {
            Cow::Borrowed(own) => of_program(own, weight, breaks),
            Cow::Owned(text) => {
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

fn of_program(text: &'static str, weight: Weight, breaks: Breaks) -> Result<Arc<[Fragment]>, Error> {
    static KNOWN: OnceLock<RwLock<Known<&'static str>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    let key = (text, weight, breaks);
    if let Some(known) = known.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(known));
    }
    let found: Arc<[Fragment]> = cut(text, weight, breaks)?.into();
    known.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&found));
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
