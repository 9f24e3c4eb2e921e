//! People activate meaning, not bytes: the digest of what a person saw, and the challenge
//! their passkey signs.

use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::protocol::Operation;

/// Separates these challenges from anything else a passkey or a key may sign.
const TAG: &[u8] = b"rabrong/activation/v1";

/// SHA-256 over the RFC 8785 form of `content`.
///
/// # Errors
/// Only if `content` cannot be written as JSON, which the protocol's types always can.
pub fn content_digest(content: &impl Serialize) -> Result<[u8; 32], serde_json::Error> {
    let canonical = serde_json_canonicalizer::to_vec(content)?;
    Ok(Sha256::digest(canonical).into())
}

/// The name of an operation inside the challenge.
#[must_use]
pub fn operation_name(operation: &Operation) -> &'static str {
    match operation {
        Operation::SignDocuments { .. } => "sign-documents",
        Operation::SignDigests { .. } => "sign-digests",
        Operation::SwitchDigests { .. } => "switch-digests",
        Operation::IssueCertificate { .. } => "issue-certificate",
        Operation::RenewCertificate { .. } => "renew-certificate",
        Operation::IssueApiClient { .. } => "issue-api-client",
        Operation::AppointOfficer { .. } => "appoint-officer",
        Operation::EndAppointment { .. } => "end-appointment",
        Operation::BindCredential { .. } => "bind-credential",
        Operation::EndCredential { .. } => "end-credential",
        Operation::ReplaceCredential { .. } => "replace-credential",
        Operation::StopReplacement { .. } => "stop-replacement",
        Operation::RecordEvidence { .. } => "record-evidence",
        Operation::RevokeCertificate { .. } => "revoke-certificate",
        Operation::RestoreCertificate { .. } => "restore-certificate",
        Operation::RevokeCertificates { .. } => "revoke-certificates",
    }
}

/// The ordered content digests of an operation.
///
/// # Errors
/// As [`content_digest`].
pub fn digests(operation: &Operation) -> Result<Vec<[u8; 32]>, serde_json::Error> {
    match operation {
        Operation::SignDocuments { documents } => documents.iter().map(content_digest).collect(),
        Operation::SignDigests { signing } => Ok(vec![content_digest(signing)?]),
        Operation::SwitchDigests { switch } => Ok(vec![content_digest(switch)?]),
        Operation::IssueCertificate { request } => Ok(vec![content_digest(request)?]),
        Operation::RenewCertificate { renewal } => Ok(vec![content_digest(renewal)?]),
        Operation::IssueApiClient { request } => Ok(vec![content_digest(request)?]),
        Operation::AppointOfficer { appointment } => Ok(vec![content_digest(appointment)?]),
        Operation::EndAppointment { ending } => Ok(vec![content_digest(ending)?]),
        Operation::BindCredential { binding } => Ok(vec![content_digest(binding)?]),
        Operation::EndCredential { ending } => Ok(vec![content_digest(ending)?]),
        Operation::ReplaceCredential { replacement } => Ok(vec![content_digest(replacement)?]),
        Operation::StopReplacement { stop } => Ok(vec![content_digest(stop)?]),
        Operation::RecordEvidence { record } => Ok(vec![content_digest(record)?]),
        Operation::RevokeCertificate { revocation } => Ok(vec![content_digest(revocation)?]),
        Operation::RestoreCertificate { restoration } => Ok(vec![content_digest(restoration)?]),
        Operation::RevokeCertificates { batch } => Ok(vec![content_digest(batch)?]),
    }
}

/// `SHA-256(tag ‖ operation ‖ authority ‖ ordered content digests ‖ nonce ‖ expiry)`, each
/// part preceded by its length so that no two meanings share their bytes.
///
/// `authority` is the serial of the doctor's certificate or the id of the officer's
/// appointment: what the person acts *as*.
#[must_use]
pub fn challenge(
    operation: &str,
    authority: &str,
    contents: &[[u8; 32]],
    nonce: &[u8; 32],
    expires_at: OffsetDateTime,
) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(TAG);
    part(operation.as_bytes());
    part(authority.as_bytes());
    part(&contents.concat());
    part(nonce);
    part(&expires_at.unix_timestamp().to_be_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_covers_each_of_its_parts() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let base = challenge("sign-documents", "aa", &[[1; 32], [2; 32]], &[3; 32], at);
        let others = [
            challenge("issue-certificate", "aa", &[[1; 32], [2; 32]], &[3; 32], at),
            challenge("sign-documents", "ab", &[[1; 32], [2; 32]], &[3; 32], at),
            challenge("sign-documents", "aa", &[[2; 32], [1; 32]], &[3; 32], at),
            challenge("sign-documents", "aa", &[[1; 32]], &[3; 32], at),
            challenge("sign-documents", "aa", &[[1; 32], [2; 32]], &[4; 32], at),
            challenge("sign-documents", "aa", &[[1; 32], [2; 32]], &[3; 32], at + time::Duration::SECOND),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
