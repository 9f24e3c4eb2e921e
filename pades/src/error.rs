//! Why a document was not signed.

/// Why a document was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The PDF could not be appended to, or the signature does not fit.
    #[error(transparent)]
    Pdf(#[from] pdf::append::Error),
    /// A structure could not be encoded or decoded.
    #[error("DER: {0}")]
    Der(der::Error),
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
    /// The signer's key is of a kind not signed with here.
    #[error("the signer's key is not on the curve P-256")]
    UnsupportedKey,
    /// The attributes name another certificate than the chain's first.
    #[error("the signed attributes are for another certificate")]
    OtherCertificate,
    /// What was recorded is not what was prepared.
    #[error("the record does not fit what was prepared")]
    RecordMismatch,
    /// The signature is not the signer's over these attributes.
    #[error("the signature does not verify under the signer's certificate")]
    SignatureInvalid,
}

impl From<der::Error> for Error {
    fn from(error: der::Error) -> Self {
        Self::Der(error)
    }
}
