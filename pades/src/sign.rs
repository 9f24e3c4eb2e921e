//! From a drawn PDF to a signed one: [`Prepared`] → [`Recorded`] → [`Signed`].
//!
//! What is to be signed is recorded and committed before a key is asked. After a power cut
//! the same arguments prepare the same bytes, and [`Prepared::record_digest`] proves it.

use crate::Error;
use crate::cms::{self, SignedAttributes, SigningChain};
use pdf::append::{SignatureField, Unsigned, prepare_signature};
use sha2::{Digest, Sha256};

/// Begins what [`Prepared::record_digest`] is taken over.
const RECORD_TAG: &[u8] = b"rabrong/pades/prepared/1\0";

/// Prepares the signature of `pdf` by the first certificate of `chain`.
///
/// `timestamp_token` is the room in bytes for a signature time-stamp token to be added; 0
/// for a signature of level B-B.
///
/// # Errors
/// [`Error::Pdf`] if the file cannot be appended to or the signature could not fit;
/// nothing has been signed then.
pub fn prepare(
    pdf: &[u8],
    field: &SignatureField,
    chain: &SigningChain,
    timestamp_token: usize,
) -> Result<Prepared, Error> {
    let capacity = cms::contents_capacity(chain, timestamp_token)?;
    let unsigned = prepare_signature(pdf, field, capacity)?;
    let content_digest = unsigned.digest();
    let attributes = SignedAttributes::for_certificate_digest(content_digest, chain.signer_digest())?;
    Ok(Prepared { unsigned, content_digest, attributes, chain: chain.clone() })
}

/// Everything is settled but the signature; nobody has recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    unsigned: Unsigned,
    content_digest: [u8; 32],
    attributes: SignedAttributes,
    chain: SigningChain,
}

impl Prepared {
    /// SHA-256 over the signed parts of the file: the message-digest attribute.
    #[must_use]
    pub const fn content_digest(&self) -> [u8; 32] {
        self.content_digest
    }

    /// SHA-256 over the signed attributes: what the token will sign.
    #[must_use]
    pub fn attributes_digest(&self) -> [u8; 32] {
        self.attributes.digest()
    }

    /// Names this preparation: file, signed parts, attributes and certificates. To be
    /// recorded and committed before the token is asked.
    #[must_use]
    pub fn record_digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(RECORD_TAG);
        for part in self.unsigned.byte_range() {
            hash.update((part as u64).to_be_bytes());
        }
        hash.update(self.content_digest);
        hash.update(self.attributes.digest());
        hash.update(self.chain.digest());
        hash.finalize().into()
    }

    /// The caller has committed the record; `record_digest` is as read back from it.
    ///
    /// # Errors
    /// [`Error::RecordMismatch`] if the record is of another preparation: recovery would
    /// sign something else.
    pub fn assert_recorded(self, record_digest: [u8; 32]) -> Result<Recorded, Error> {
        if record_digest != self.record_digest() {
            return Err(Error::RecordMismatch);
        }
        Ok(Recorded { prepared: self })
    }
}

/// Recorded and committed: the token may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    prepared: Prepared,
}

impl Recorded {
    /// SHA-256 over the signed attributes: what the token signs.
    #[must_use]
    pub fn attributes_digest(&self) -> [u8; 32] {
        self.prepared.attributes_digest()
    }

    /// The signed attributes as `SET OF` in DER, for a token that hashes by itself.
    #[must_use]
    pub fn attributes_der(&self) -> &[u8] {
        self.prepared.attributes.to_der()
    }

    /// Puts the signature in (DER; see [`cms::signature_from_fixed`]) after verifying it
    /// with the signer's certificate.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`]; [`Error::Pdf`] and [`Error::Der`] should not occur.
    pub fn complete(self, signature_der: &[u8]) -> Result<Signed, Error> {
        let Prepared { unsigned, attributes, chain, .. } = self.prepared;
        cms::verify(&chain, attributes.to_der(), signature_der)?;
        let cms = cms::assemble(&attributes, signature_der, &chain)?;
        let bytes = unsigned.complete(&cms)?;
        let sha256 = Sha256::digest(&bytes).into();
        Ok(Signed { bytes, sha256 })
    }
}

/// A signed PDF.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The file.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signed").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}
