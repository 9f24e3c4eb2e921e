//! What is said of an item of identity evidence.

use serde::{Deserialize, Serialize};

/// One item of identity evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceReference {
    /// What was seen or asked, e.g. `document_seen`, `licence_check`.
    pub kind: String,
    /// What came of it. Activations of before do not say it: such an item is worth nothing in a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EvidenceOutcome>,
    /// SHA-256 of the evidence record, hexadecimal.
    pub sha256: String,
    /// Person id of the officer who recorded it; none for a system's own check.
    pub recorded_by: Option<String>,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
}

/// What came of seeing or asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceOutcome {
    /// It fits.
    Confirmed,
    /// It does not fit.
    Contradicted,
    /// The source did not answer.
    Unavailable,
}
