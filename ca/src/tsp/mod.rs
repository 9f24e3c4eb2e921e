//! Time-stamps (RFC 3161, RFC 5816; ETSI EN 319 421, EN 319 422).
//!
//! ```text
//! parse_request → TimeStampRequest ─ prepare_token → PreparedToken ─ complete(signature) → token ─ granted → answer
//!       └─────────────── Rejection ──────┴──────────────────────────────────────────────── rejected → answer
//! ```

mod rejection;
mod request;
mod token;
mod unit;

pub use rejection::Rejection;
pub use request::{HashAlgorithm, MAX_NONCE, MAX_REQUEST, TimeStampRequest, parse_request};
pub use token::{Accuracy, PreparedToken, TokenParameters, longest_token, prepare_token};
pub use unit::TimeStampingUnit;

use crate::asn1::write::{SEQUENCE, tlv};

/// The answer with a time-stamp (RFC 3161 §2.4.2).
///
/// ```text
/// TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken TimeStampToken OPTIONAL }
/// ```
///
/// `token` is what [`PreparedToken::complete`] gave.
#[must_use]
pub fn granted(token: &[u8]) -> Vec<u8> {
    // PKIStatusInfo { status granted (0) }
    tlv(SEQUENCE, &[&[0x30, 0x03, 0x02, 0x01, 0x00], token])
}

/// The answer without one (RFC 3161 §2.4.2).
#[must_use]
pub fn rejected(rejection: Rejection) -> Vec<u8> {
    tlv(SEQUENCE, &[&rejection.status_info()])
}
