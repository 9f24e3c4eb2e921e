//! One CMS signature: content, value, certificate, path, revocation.

use std::collections::HashSet;

use pdf::read::ReadError;
use time::OffsetDateTime;

use super::Reason;
use super::signed_data::{SignedData, SignedDataFault};
use crate::path;
use crate::path::revocation::{Answer, Instants, Sources};
use crate::path::search::{Certificates, Failure};
use crate::x509::algorithm::{Hash, SignatureFault};
use crate::x509::asn1::{Algorithm, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Parsed, SEQUENCE, instant, single};
use crate::x509::certificate::{Certificate, DIGITAL_SIGNATURE, NON_REPUDIATION};
use crate::x509::oid;

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Document,
    TimeStamp,
}

/// Checking it all would take too long.
const SPENT: Reason = Reason::Unreadable(ReadError::Budget("signatures and revocation data"));

/// Everything a judgement draws on.
#[derive(Clone, Copy)]
pub(crate) struct Court<'c, 'a> {
    pub(crate) anchors: &'c [Certificate<'a>],
    pub(crate) sources: Sources<'c, 'a>,
    pub(crate) now: OffsetDateTime,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) certificate: Option<Certificate<'a>>,
    pub(crate) reasons: Vec<Reason>,
}

impl From<SignedDataFault> for Reason {
    fn from(fault: SignedDataFault) -> Self {
        match fault {
            SignedDataFault::Malformed => Self::CmsMalformed,
            SignedDataFault::SignerCount => Self::SignerCount,
            SignedDataFault::Attributes => Self::SignedAttributes,
            SignedDataFault::Digest => Self::DigestMismatch,
            SignedDataFault::NoCertificateReference => Self::NoCertificateReference,
            SignedDataFault::WrongCertificateReference => Self::WrongCertificateReference,
            SignedDataFault::Signature(SignatureFault::Wrong) => Self::SignatureWrong,
            SignedDataFault::Signature(SignatureFault::Weak) => Self::WeakAlgorithm,
            SignedDataFault::Signature(SignatureFault::Unsupported) => Self::UnsupportedAlgorithm,
        }
    }
}

impl<'a> Court<'_, 'a> {
    /// Judges `data` over `parts`. `existed`: a proof that it existed then, if there is one.
    pub(crate) fn judge(
        &self,
        data: &SignedData<'a>,
        parts: &[&[u8]],
        purpose: Purpose,
        existed: Option<OffsetDateTime>,
        control: Option<OffsetDateTime>,
    ) -> Finding<'a> {
        let mut reasons = Vec::new();
        let effort = self.sources.effort;
        if effort.spend(parts.iter().map(|part| part.len()).sum())
            && let Err(fault) = data.check_content(parts)
        {
            reasons.push(fault.into());
        }
        // The certificates in the signature go first; the pool may hold others of the same name.
        let mut pool: Vec<Certificate<'a>> =
            data.certificates.iter().filter_map(|c| Certificate::parse(c).ok()).collect();
        pool.extend(self.sources.pool.iter().cloned());
        let mut known = HashSet::new();
        pool.retain(|certificate| known.insert(certificate.raw));
        let Some(certificate) = data.signer(&pool).cloned() else {
            reasons.push(Reason::NoSigningCertificate);
            return Finding { certificate: None, reasons };
        };
        let reference = match purpose {
            Purpose::Document => data.check_reference(&certificate),
            Purpose::TimeStamp => data.check_stamp_reference(&certificate),
        };
        reasons.extend(reference.err().map(Reason::from));
        reasons.extend(data.check_signature(&certificate).err().map(Reason::from));
        if !fits(&certificate, purpose) {
            reasons.push(Reason::CertificatePurpose);
        }
        let mut crls = self.sources.crls.to_vec();
        crls.extend(data.crls.iter().copied());
        let mut known = HashSet::new();
        crls.retain(|crl| known.insert(*crl));
        let sources = Sources { crls: &crls, pool: &pool, ..self.sources };
        self.trust(&certificate, sources, existed, control, &mut reasons);
        if effort.is_spent() {
            reasons.push(SPENT);
        }
        Finding { certificate: Some(certificate), reasons }
    }

    fn trust(
        &self,
        certificate: &Certificate<'a>,
        sources: Sources<'_, 'a>,
        existed: Option<OffsetDateTime>,
        control: Option<OffsetDateTime>,
        reasons: &mut Vec<Reason>,
    ) {
        let signed = existed.unwrap_or(self.now);
        let instants = Instants { signed, control: control.unwrap_or(self.now), now: self.now };
        let certificates = Certificates { anchors: self.anchors, pool: sources.pool, effort: sources.effort };
        let path = match certificates.find(certificate, |path| path::check(path, &path::Rules::PATH, signed).0) {
            Ok(path) => path,
            Err(failure) => {
                let before = existed.is_some_and(|e| e < certificate.not_before);
                reasons.push(chain_reason(&failure, before));
                return;
            }
        };
        // The anchor's own status is nobody's to say.
        for index in 0..path.len().saturating_sub(1) {
            match sources.status(path.get(index..).unwrap_or_default(), instants) {
                Answer::Good => {}
                Answer::OnHold => reasons.push(Reason::OnHold),
                Answer::NotIssued => reasons.push(Reason::NotIssued),
                Answer::Stale => reasons.push(Reason::StaleRevocationData),
                Answer::NoData => reasons.push(Reason::NoRevocationData),
                Answer::Revoked { .. } if index > 0 => reasons.push(Reason::IssuerRevoked),
                Answer::Revoked { from: Some(_) } if existed.is_some() => reasons.push(Reason::SignedAfterRevocation),
                Answer::Revoked { .. } => reasons.push(Reason::Revoked),
            }
        }
    }

    /// Judges an RFC 3161 token over `stamped`; its time if it can be relied on.
    pub(crate) fn time_stamp(
        &self,
        token: &SignedData<'a>,
        stamped: &[&[u8]],
        control: Option<OffsetDateTime>,
    ) -> (Finding<'a>, Option<OffsetDateTime>) {
        let Some(content) = token.content.filter(|_| token.content_type == oid::TST_INFO) else {
            return (Finding { certificate: None, reasons: vec![Reason::CmsMalformed] }, None);
        };
        // The token itself must hold at the time up to which there is other proof.
        let mut finding = self.judge(token, &[content], Purpose::TimeStamp, control, control);
        if !self.sources.effort.spend(stamped.iter().map(|part| part.len()).sum()) {
            finding.reasons.push(SPENT);
            return (finding, None);
        }
        match imprint(content) {
            Ok((algorithm, digest, time)) => {
                match Hash::of(algorithm) {
                    Ok(hash) if hash.digest(stamped) == digest => {}
                    Ok(_) => finding.reasons.push(Reason::TimeStampMismatch),
                    Err(_) => finding.reasons.push(Reason::WeakAlgorithm),
                }
                // A time-stamp from after the validation time proves nothing yet.
                let usable = finding.reasons.is_empty() && time <= self.now;
                if finding.reasons.is_empty() && !usable {
                    finding.reasons.push(Reason::TimeStampUntrusted);
                }
                let time = usable.then_some(time);
                (finding, time)
            }
            Err(_) => {
                finding.reasons.push(Reason::CmsMalformed);
                (finding, None)
            }
        }
    }
}

/// The verdict's word for the worst that is wrong with a path. `before`: the signature is proven to be older than its
/// certificate.
fn chain_reason(failure: &Failure<'_>, before: bool) -> Reason {
    use crate::path::Reason as Fault;
    match failure.findings.iter().map(|f| f.reason).max_by_key(|r| r.distance()) {
        Some(Fault::Expired | Fault::NotYetValid) if before => Reason::SignedBeforeValidity,
        Some(Fault::Expired | Fault::NotYetValid) => Reason::OutsideValidity,
        Some(Fault::WeakAlgorithm | Fault::UnsupportedAlgorithm) => Reason::WeakAlgorithm,
        None | Some(Fault::NoPath | Fault::Budget | Fault::SignatureWrong | Fault::Malformed) => Reason::NoChain,
        Some(_) => Reason::ChainConstraint,
    }
}

/// `messageImprint` and `genTime` of a `TSTInfo` (RFC 3161 §2.4.2).
pub(crate) fn imprint(content: &[u8]) -> Parsed<(Algorithm<'_>, &[u8], OffsetDateTime)> {
    let mut inside = single(content, SEQUENCE)?.inside();
    inside.expect(INTEGER)?;
    inside.expect(OID)?;
    let mut imprint = inside.expect(SEQUENCE)?.inside();
    let algorithm = Algorithm::parse(imprint.any()?)?;
    let digest = imprint.expect(OCTET_STRING)?.value;
    imprint.finish()?;
    inside.expect(INTEGER)?;
    let time = instant(inside.expect(GENERALIZED_TIME)?, true)?;
    Ok((algorithm, digest, time))
}

fn fits(certificate: &Certificate<'_>, purpose: Purpose) -> bool {
    let extensions = &certificate.extensions;
    let authority = extensions.basic.is_some_and(|(authority, _)| authority);
    match purpose {
        Purpose::Document => {
            const OTHERS: [&[u8]; 4] =
                [oid::EKU_SERVER, oid::EKU_CODE_SIGNING, oid::EKU_TIME_STAMPING, oid::EKU_OCSP_SIGNING];
            let purposes = extensions.extended.as_deref();
            !authority
                && certificate.may(DIGITAL_SIGNATURE | NON_REPUDIATION)
                && purposes.is_none_or(|p| p.iter().any(|e| !OTHERS.contains(e)))
        }
        // RFC 3161 §2.3: only this purpose, critical.
        Purpose::TimeStamp => {
            extensions.extended.as_deref() == Some(&[oid::EKU_TIME_STAMPING])
                && extensions.extended_critical
                && certificate.may(DIGITAL_SIGNATURE | NON_REPUDIATION)
        }
    }
}
