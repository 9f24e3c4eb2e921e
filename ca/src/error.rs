//! What can go wrong in this room.

use std::fmt;

use crate::Serial;

/// Why something was not built, not signed or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The certificate that was asked for breaks rules; nothing may be signed.
    #[error("the certificate breaks its profile: {0}")]
    Lint(#[from] LintError),
    /// The bytes are not the DER structure they should be.
    #[error("malformed {what}")]
    Malformed {
        /// The structure that was expected.
        what: &'static str,
    },
    /// The input is larger, deeper or longer than this room accepts.
    #[error("{what} exceeds its limit")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
    /// The public key is not one this PKI uses: wrong algorithm, wrong curve, bad encoding or a point off the curve.
    #[error("unacceptable public key: {why}")]
    Key {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The signature that came back does not verify under the issuer's public key.
    #[error("the signature does not verify under the signer's key")]
    Signature,
    /// An instant cannot be expressed, or two of them are the wrong way round.
    #[error("unacceptable time: {what}")]
    Time {
        /// Which one.
        what: &'static str,
    },
    /// A value given by the caller is not usable.
    #[error("unacceptable {what}")]
    Value {
        /// Which value.
        what: &'static str,
    },
    /// Certificates on the last CRL are missing from the next, and nothing lifted their suspension.
    #[error("{count} revoked certificates, the first {serial}, would leave the CRL without a record that lifts them")]
    Disappeared {
        /// The first of them.
        serial: Serial,
        /// How many there are.
        count: usize,
    },
    /// A structure could not be encoded.
    #[error("cannot encode {what}")]
    Encoding {
        /// The structure.
        what: &'static str,
    },
}

impl Error {
    pub(crate) fn encoding(what: &'static str) -> impl FnOnce(der::Error) -> Self {
        move |_| Self::Encoding { what }
    }

    pub(crate) fn malformed(what: &'static str) -> impl FnOnce(der::Error) -> Self {
        move |_| Self::Malformed { what }
    }
}

/// One rule that a certificate breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// The clause that demands it.
    pub clause: &'static str,
    /// What was found. Names fields, never repeats their text.
    pub detail: String,
}

/// The rules a certificate breaks, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintError {
    /// At least one finding, in the order the rules ran.
    pub findings: Vec<Finding>,
}

impl LintError {
    /// Whether the rule of this name is among the broken ones.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }
}

impl std::error::Error for LintError {}

impl fmt::Display for LintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, finding) in self.findings.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{} ({}): {}", finding.rule, finding.clause, finding.detail)?;
        }
        Ok(())
    }
}
