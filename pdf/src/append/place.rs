//! The empty place of a signature or time-stamp in a finished revision, and what goes into it.

use super::Error;
use super::base::Base;
use super::form::items;
use super::syntax::{Dictionary, array, reference, unsigned};

/// ISO 19005-3 §6.1.13: no string is longer.
const MAX_STRING: usize = 32_767;

/// Where the `/Contents` of the newest signature of a file stands (ISO 32000-1 §12.8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    byte_range: [usize; 4],
}

impl Place {
    /// Between `before` and `after`, brackets included, in a file that ends at `end`.
    pub(super) const fn new(before: usize, after: usize, end: usize) -> Self {
        Self { byte_range: [0, before, after, end - after] }
    }

    /// Finds the signature that covers the whole of `pdf`: one made by [`super::prepare_signature`], after
    /// which nothing was appended.
    ///
    /// # Errors
    /// [`Error::NotSigned`] if the last field is no such signature; those of a file that cannot be read.
    pub fn of_signature(pdf: &[u8]) -> Result<Self, Error> {
        let base = Base::open(pdf)?;
        let (_, catalog) = base.catalog()?;
        let form = match catalog.raw("AcroForm").map(reference) {
            Some(Some(form)) => base.dictionary(form)?,
            _ => return Err(Error::NotSigned),
        };
        let last = items(&base, form.raw("Fields"))?.last().copied().and_then(reference).ok_or(Error::NotSigned)?;
        let value = base.dictionary(last)?.raw("V").and_then(reference).ok_or(Error::NotSigned)?;
        let signature = base.dictionary(value)?;
        if signature.raw("SubFilter") != Some(b"/ETSI.CAdES.detached") {
            return Err(Error::NotSigned);
        }
        Self::covering(pdf, &signature).ok_or(Error::NotSigned)
    }

    fn covering(pdf: &[u8], signature: &Dictionary<'_>) -> Option<Self> {
        let range = array(signature.raw("ByteRange")?).ok()?;
        let range: Option<Vec<usize>> =
            range.into_iter().map(|part| unsigned(part).and_then(|part| usize::try_from(part).ok())).collect();
        let [0, before, after, length] = *range?.as_slice() else { return None };
        let covers = after.checked_add(length) == Some(pdf.len());
        let gap = pdf.get(before..after).filter(|gap| covers && Some(*gap) == signature.raw("Contents"))?;
        let hexadecimal = gap.starts_with(b"<") && gap.ends_with(b">") && gap.len() % 2 == 0;
        hexadecimal.then(|| Self::new(before, after, pdf.len()))
    }

    /// Offset and length of the two signed parts.
    #[must_use]
    pub const fn byte_range(&self) -> [usize; 4] {
        self.byte_range
    }

    /// Bytes of DER that fit into `/Contents`.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        let [_, before, after, _] = self.byte_range;
        (after - before - 2) / 2
    }

    /// The signed parts of the file.
    #[must_use]
    pub fn signed_parts<'p>(&self, pdf: &'p [u8]) -> [&'p [u8]; 2] {
        let [_, before, after, _] = self.byte_range;
        [pdf.get(..before).unwrap_or_default(), pdf.get(after..).unwrap_or_default()]
    }

    /// What stands in the place, zeros behind it included.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is not hexadecimal.
    pub fn contents(&self, pdf: &[u8]) -> Result<Vec<u8>, Error> {
        const MALFORMED: Error = Error::Malformed { what: "/Contents" };
        let [_, before, after, _] = self.byte_range;
        let digits = pdf.get(before + 1..after - 1).ok_or(MALFORMED)?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pairs = digits.chunks_exact(2).map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        });
        pairs.collect::<Option<_>>().ok_or(MALFORMED)
    }

    /// Puts a DER structure in the place, and zeros behind it.
    ///
    /// # Errors
    /// [`Error::ContentsOverflow`] if it does not fit; `pdf` is unchanged then.
    pub fn fill(&self, pdf: &mut [u8], der: &[u8]) -> Result<(), Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let overflow = Error::ContentsOverflow { needed: der.len(), capacity: self.capacity() };
        if der.len() > self.capacity() {
            return Err(overflow);
        }
        let [_, before, after, _] = self.byte_range;
        let place = pdf.get_mut(before + 1..after - 1).ok_or(overflow)?;
        let (filled, rest) = place.split_at_mut(der.len() * 2);
        for (pair, byte) in filled.chunks_exact_mut(2).zip(der) {
            for (digit, nibble) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = *DIGITS.get(usize::from(nibble)).unwrap_or(&b'0');
            }
        }
        rest.fill(b'0');
        Ok(())
    }
}

/// A PDF with its newest revision complete but for the signature or time-stamp.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsigned {
    pub(super) bytes: Vec<u8>,
    pub(super) place: Place,
}

impl std::fmt::Debug for Unsigned {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Unsigned").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Unsigned {
    /// Where the signature goes.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// What the signature covers.
    #[must_use]
    pub fn signed_parts(&self) -> [&[u8]; 2] {
        self.place.signed_parts(&self.bytes)
    }

    /// Puts the structure in its place.
    ///
    /// # Errors
    /// [`Error::ContentsOverflow`] if it does not fit.
    pub fn complete(self, der: &[u8]) -> Result<Vec<u8>, Error> {
        let mut bytes = self.bytes;
        self.place.fill(&mut bytes, der)?;
        Ok(bytes)
    }
}

/// Whether a place of this many bytes of DER can be written.
pub(super) const fn check_capacity(capacity: usize) -> Result<(), Error> {
    if capacity == 0 || capacity > MAX_STRING {
        return Err(Error::InvalidField { what: "the place for the signature must have 1 to 32767 bytes" });
    }
    Ok(())
}
