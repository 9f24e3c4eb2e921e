//! Documents whose proof is to be renewed before it ends.

use serde::{Deserialize, Serialize};

/// A document to be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalDue {
    /// UUID of the document.
    pub document_id: String,
    /// SHA-256 of its newest file, hexadecimal. A renewed file that nobody has fetched yet is
    /// asked for with [`Request::SignedFile`](super::Request::SignedFile).
    pub file_sha256: String,
    /// Until when its newest time-stamp proves it (RFC 3339).
    pub proof_ends: String,
}

/// A page of documents to be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalsDue {
    /// In the order of their ids.
    pub documents: Vec<RenewalDue>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<String>,
}
