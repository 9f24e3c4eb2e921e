//! Why a document was not signed.

/// Why a document was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The PDF could not be appended to, or the signature does not fit.
    #[error(transparent)]
    Pdf(#[from] pdf::append::Error),
    /// No certificate was given.
    #[error("there is no signer's certificate")]
    NoCertificate,
    /// A certificate is not a DER certificate, or has bytes after it.
    #[error("certificate {index} of the chain is not DER")]
    MalformedCertificate {
        /// Position in the chain, the signer's being 0.
        index: usize,
    },
    /// A certificate was not issued by the one after it.
    #[error("certificate {index} of the chain was not issued by the next")]
    BrokenChain {
        /// Position in the chain, the signer's being 0.
        index: usize,
    },
    /// A self-issued certificate: trust anchors do not travel with a signature.
    #[error("certificate {index} of the chain is a root")]
    RootInChain {
        /// Position in the chain, the signer's being 0.
        index: usize,
    },
    /// The signer's key is of another kind than the algorithm's: P-256, P-384 or RSA with 3072 bits.
    #[error("the signer's key is not of the kind that the algorithm needs")]
    UnsupportedKey,
    /// What was recorded is not what was prepared.
    #[error("the record does not fit what was prepared")]
    RecordMismatch,
    /// The signature is not the signer's over these attributes.
    #[error("the signature does not verify under the signer's certificate")]
    SignatureInvalid,
    /// The file's signature is not a CMS structure of one signer as made here.
    #[error("the signature in the file is not a CMS signature made here")]
    MalformedSignature,
    /// The signature has a time-stamp already.
    #[error("the signature has a time-stamp already")]
    TimeStamped,
    /// What should be an RFC 3161 token is none.
    #[error("not a time-stamp token")]
    MalformedTimeStamp,
    /// The token's imprint is of something else.
    #[error("the time-stamp is over something else")]
    OtherTimeStamp,
}
