//! From a drawn PDF to a signed one: [`Prepared`] → [`Recorded`] → [`Signed`].
//!
//! What is to be signed is recorded and committed before a key is asked. After a power cut
//! the same arguments prepare the same bytes, and [`Prepared::record_digest`] proves it.
//!
//! A [`Signed`] file is at level B-B; [`Signed::with_signature_timestamp`] makes it B-T, at once or, after
//! [`Signed::reopen`], whenever there is a time-stamp. [`crate::augment`] does the rest.

use crate::Error;
use crate::cms::{self, SignedAttributes, SigningChain};
use crate::x509::algorithm::sha256;
use aws_lc_rs::digest;
use pdf::append::{Place, SignatureField, Unsigned, prepare_signature};

/// Begins what [`Prepared::record_digest`] is taken over.
const RECORD_TAG: &[u8] = b"rabrong/pades/prepared/2\0";

/// Prepares the signature of `pdf` by the first certificate of `chain`.
///
/// `timestamp_token` is the room in bytes for a signature time-stamp token to be added; 0
/// for a signature that stays at level B-B.
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
    let unsigned = prepare_signature(pdf, field, cms::contents_capacity(chain, timestamp_token))?;
    let content_digest = chain.algorithm().hash().digest(&unsigned.signed_parts());
    let attributes = SignedAttributes::new(&content_digest, chain);
    Ok(Prepared { unsigned, content_digest, attributes, chain: chain.clone() })
}

/// Everything is settled but the signature; nobody has recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    unsigned: Unsigned,
    content_digest: Vec<u8>,
    attributes: SignedAttributes,
    chain: SigningChain,
}

impl Prepared {
    /// The digest over the signed parts of the file, by the signature's hash function: the
    /// message-digest attribute.
    #[must_use]
    pub fn content_digest(&self) -> &[u8] {
        &self.content_digest
    }

    /// Names this preparation: file, signed parts, attributes, algorithm and certificates. To be
    /// recorded and committed before the token is asked.
    #[must_use]
    pub fn record_digest(&self) -> [u8; 32] {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(RECORD_TAG);
        for part in self.unsigned.place().byte_range() {
            hash.update(&(part as u64).to_be_bytes());
        }
        hash.update(self.attributes_digest().as_slice());
        hash.update(self.chain.algorithm().identifier());
        hash.update(&self.chain.digest());
        let mut out = [0; 32];
        out.copy_from_slice(hash.finish().as_ref());
        out
    }

    /// The caller has committed the record; `record_digest` is what that says.
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

    /// The signed attributes hold the content's digest, so theirs stands for both.
    fn attributes_digest(&self) -> Vec<u8> {
        self.chain.algorithm().hash().digest(&[self.attributes.to_der()])
    }
}

/// Recorded and committed: the token may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    prepared: Prepared,
}

impl Recorded {
    /// The digest over the signed attributes, SHA-256 or SHA-384 as the algorithm has it: what the token signs.
    #[must_use]
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.prepared.attributes_digest()
    }

    /// Puts the signature in (of ECDSA the DER `ECDSA-Sig-Value`) after verifying it with the
    /// signer's certificate.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`]; [`Error::Pdf`] should not occur.
    pub fn complete(self, signature: &[u8]) -> Result<Signed, Error> {
        let Prepared { unsigned, attributes, chain, .. } = self.prepared;
        chain.verify(attributes.to_der(), signature)?;
        let cms = cms::assemble(&attributes, signature, &chain);
        let place = unsigned.place();
        let bytes = unsigned.complete(&cms)?;
        Ok(Signed { bytes, place, cms, signature: signature.to_vec() })
    }
}

/// A signed PDF, nothing appended after the signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The file.
    pub bytes: Vec<u8>,
    place: Place,
    cms: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    /// Takes up again a file that [`Recorded::complete`] made and nothing was appended to, to time-stamp its
    /// signature. The signature is not verified: the caller knows the file by its digest.
    ///
    /// # Errors
    /// [`Error::Pdf`] if it is no such file; [`Error::MalformedSignature`].
    pub fn reopen(bytes: Vec<u8>) -> Result<Self, Error> {
        let place = Place::of_signature(&bytes)?;
        let contents = place.contents(&bytes)?;
        let cms = cms::outermost(&contents)?.to_vec();
        let signature = cms::signature_value(&cms)?.to_vec();
        Ok(Self { bytes, place, cms, signature })
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        sha256(&self.bytes)
    }

    /// The value of the signature: what its time-stamp covers (RFC 3161 appendix A).
    #[must_use]
    pub fn signature_value(&self) -> &[u8] {
        &self.signature
    }

    /// DER of the certificate of who time-stamped the signature; none at level B-B, or if the token
    /// does not hold it.
    ///
    /// # Errors
    /// [`Error::MalformedSignature`].
    pub fn time_stamper(&self) -> Result<Option<Vec<u8>>, Error> {
        cms::time_stamper(&self.cms)
    }

    /// Puts an RFC 3161 token (DER) over [`Self::signature_value`] beside the signature: level B-T
    /// (ETSI EN 319 142-1 §6.3). It goes into the room reserved by [`prepare`].
    ///
    /// # Errors
    /// [`Error::OtherTimeStamp`] if it is over something else, [`Error::MalformedTimeStamp`];
    /// [`Error::TimeStamped`] if there is one already; [`Error::Pdf`] if the room is too small.
    pub fn with_signature_timestamp(mut self, token: &[u8]) -> Result<Self, Error> {
        cms::check_imprint(token, &[&self.signature])?;
        self.cms = cms::with_time_stamp(&self.cms, token)?;
        self.place.fill(&mut self.bytes, &self.cms)?;
        Ok(self)
    }
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signed").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}
