//! Whether a certificate was revoked, from whatever CRLs, OCSP answers and own records there are.

use std::cmp::Reverse;

use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::effort::Effort;
use super::{CrlFault, crl, ocsp};
use crate::x509::certificate::{Certificate, KEY_CERT_SIGN};
use crate::x509::name;

/// Statuses that an installation knows of its own certificates.
pub trait CertificateStatus: std::fmt::Debug {
    /// The status of a certificate (DER) with this serial number (DER contents octets) under this issuer (DER). Whoever
    /// has an issuer's key can give out a serial number twice.
    fn status(&self, issuer: &[u8], serial: &[u8], certificate: &[u8]) -> KnownStatus;
}

/// An installation's own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownStatus {
    /// Issued and in force now.
    Good,
    /// Revoked since.
    Revoked {
        /// When.
        at: OffsetDateTime,
        /// `CRLReason` (RFC 5280 §5.3.1); 6 is certificateHold.
        reason: Option<u8>,
        /// Since when it was invalid, if that is known to be otherwise (RFC 5280 §5.3.2).
        invalid_since: Option<OffsetDateTime>,
    },
    /// Signed with its key, and in none of its records: nobody issued it.
    NotIssued,
    /// The records cannot be asked.
    NoAnswer,
    /// Nothing that other sources could not say better.
    Unknown,
}

/// What one source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) state: State,
    pub(crate) this_update: OffsetDateTime,
    pub(crate) next_update: Option<OffsetDateTime>,
    /// The source goes on listing certificates that have expired.
    pub(crate) expired_listed: bool,
}

/// The state of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Good,
    Revoked { at: OffsetDateTime, reason: Option<u8>, invalid_since: Option<OffsetDateTime> },
    Unknown,
}

// Reasons of RFC 5280 §5.3.1.
const KEY_COMPROMISE: u8 = 1;
const CA_COMPROMISE: u8 = 2;
const HOLD: u8 = 6;

/// The answer for one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Good,
    /// Revoked, and not to be relied on at the time of the signature.
    Revoked {
        /// From when on; `None` if that is not known, because the key was another's since nobody knows when.
        from: Option<OffsetDateTime>,
    },
    OnHold,
    /// Its issuer's own records know nothing of it.
    NotIssued,
    /// There is data, but too old (or too new) to say.
    Stale,
    NoData,
}

/// The three instants of a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instants {
    /// When the signature is known to have existed, else the time of validation.
    pub(crate) signed: OffsetDateTime,
    /// Up to when the data must reach if it is older than `signed`: a later proof of existence, else now.
    pub(crate) control: OffsetDateTime,
    /// The time of validation: nothing issued later is looked at.
    pub(crate) now: OffsetDateTime,
}

/// All sources.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'s, 'a> {
    pub(crate) crls: &'s [&'a [u8]],
    pub(crate) ocsps: &'s [&'a [u8]],
    pub(crate) pool: &'s [Certificate<'a>],
    pub(crate) own: Option<&'s dyn CertificateStatus>,
    /// Whether a CRL must also have what the profile asks of its issuer.
    pub(crate) profiled: bool,
    pub(crate) effort: &'s Effort,
}

impl Sources<'_, '_> {
    /// The status of the first certificate of `path`, which the others lead to an anchor from.
    pub(crate) fn status(&self, path: &[Certificate<'_>], at: Instants) -> Answer {
        let [certificate, issuer, ..] = path else { return Answer::NoData };
        let mut unanswered = false;
        if let Some(own) = self.own {
            match own.status(issuer.raw, certificate.serial, certificate.raw) {
                KnownStatus::Good => return Answer::Good,
                KnownStatus::Revoked { at: since, reason, invalid_since } => {
                    return judge(State::Revoked { at: since, reason, invalid_since }, at);
                }
                KnownStatus::NotIssued => return Answer::NotIssued,
                KnownStatus::NoAnswer => unanswered = true,
                KnownStatus::Unknown => {}
            }
        }
        let mut usable: Option<Finding> = None;
        let mut stale = false;
        let answers = self.ocsps.iter().take(256).filter_map(|o| {
            let (finding, responder) = ocsp::look_up(o, certificate, issuer, self.pool, self.effort)?;
            // RFC 6960 §4.2.2.2.1: without id-pkix-ocsp-nocheck the responder's own status counts.
            let checked =
                responder.is_none_or(|r| r.extensions.no_check || self.by_crl(&r, path.get(1..), at) == Answer::Good);
            checked.then_some(finding)
        });
        let lists = self.crls.iter().take(256).filter_map(|c| self.list(c, path, at).ok());
        for finding in answers.chain(lists) {
            if is_usable(&finding, certificate, at) {
                if usable.is_none_or(|other| finding.weight() >= other.weight()) {
                    usable = Some(finding);
                }
            } else {
                stale = true;
            }
        }
        match usable.map(|finding| judge(finding.state, at)) {
            // What a list says against it holds without the records; what it does not say, not.
            Some(Answer::Good) if unanswered => Answer::NoData,
            Some(answer) => answer,
            None if stale => Answer::Stale,
            None => Answer::NoData,
        }
    }

    /// Whether any list or answer here is about this certificate, whatever it says. The issuer is among the pool or
    /// the anchors.
    pub(crate) fn speak_of(&self, certificate: &Certificate<'_>, anchors: &[Certificate<'_>]) -> bool {
        let issuers = self.pool.iter().chain(anchors).filter(|c| c.subject == certificate.issuer);
        issuers.take(8).any(|issuer| {
            self.ocsps.iter().take(256).any(|o| ocsp::look_up(o, certificate, issuer, self.pool, self.effort).is_some())
                || self
                    .crls
                    .iter()
                    .take(256)
                    .any(|c| crl::look_up(c, certificate, issuer, self.profiled, self.effort).is_ok())
        })
    }

    /// What one CRL says of the first certificate of `path`. It may be signed by another key of the same CA, where a
    /// certificate of the path certifies that (RFC 5280 §6.3.3 (f): the CRL issuer has a path to the same anchor).
    fn list(&self, crl: &[u8], path: &[Certificate<'_>], at: Instants) -> Result<Finding, CrlFault> {
        let [certificate, issuer, above @ ..] = path else { return Err(CrlFault::OtherIssuer) };
        let fault = match crl::look_up(crl, certificate, issuer, self.profiled, self.effort) {
            Err(fault @ (CrlFault::OtherKey | CrlFault::Signature | CrlFault::IssuerMayNotSign)) => fault,
            other => return other,
        };
        let other_key = |c: &&Certificate<'_>| c.key.bits != issuer.key.bits && name::same(c.subject, issuer.subject);
        for signer in above.iter().filter(other_key) {
            if let Ok(finding) = crl::look_up(crl, certificate, signer, self.profiled, self.effort) {
                return Ok(finding);
            }
        }
        for signer in self.pool.iter().filter(other_key).take(8) {
            let fits = signer.valid_at(at.now) && !signer.extensions.unknown_critical;
            if fits
                && let Ok(finding) = crl::look_up(crl, certificate, signer, self.profiled, self.effort)
                && self.is_certified(signer, path.get(1..).unwrap_or_default(), at)
            {
                return Ok(finding);
            }
        }
        Err(fault)
    }

    /// Whether a certificate of `path` issued the CRL's signer, which is not revoked.
    fn is_certified(&self, signer: &Certificate<'_>, path: &[Certificate<'_>], at: Instants) -> bool {
        path.iter().enumerate().any(|(depth, issuer)| {
            name::same(issuer.subject, signer.issuer)
                && issuer.is_authority()
                && issuer.may(KEY_CERT_SIGN)
                && self.effort.verify(&issuer.key, signer.algorithm, signer.tbs, signer.signature).is_ok()
                && self.by_crl(signer, path.get(depth..), at) == Answer::Good
        })
    }

    /// Why the CRLs of this issuer do not count.
    pub(crate) fn faults(&self, path: &[Certificate<'_>], at: Instants) -> Vec<CrlFault> {
        let faults = self.crls.iter().take(256).filter_map(|c| self.list(c, path, at).err());
        let mut kept: Vec<CrlFault> = Vec::new();
        for fault in faults.filter(|f| *f != CrlFault::OtherIssuer) {
            if !kept.contains(&fault) {
                kept.push(fault);
            }
        }
        kept
    }

    /// The status of a responder or CRL signer by CRLs that the keys of its path signed.
    fn by_crl(&self, certificate: &Certificate<'_>, above: Option<&[Certificate<'_>]>, at: Instants) -> Answer {
        let mut path = vec![certificate.clone()];
        path.extend(above.unwrap_or_default().iter().cloned());
        Sources { ocsps: &[], pool: &[], ..*self }.status(&path, at)
    }
}

impl Finding {
    /// Of several usable findings the heaviest counts. A revocation is never undone by another source; hold may be, by
    /// a later one. Of two revocations the later knows more (a reason may become keyCompromise, an invalidity date
    /// earlier), and of two of the same time the harsher is taken.
    fn weight(&self) -> (bool, OffsetDateTime, Reverse<OffsetDateTime>) {
        let (is_final, from) = match self.state {
            State::Revoked { at, reason, invalid_since } => (
                reason != Some(HOLD),
                lost_from(at, reason, invalid_since).unwrap_or(PrimitiveDateTime::MIN.assume_utc()),
            ),
            State::Good | State::Unknown => (false, PrimitiveDateTime::MAX.assume_utc()),
        };
        (is_final, self.this_update, Reverse(from))
    }
}

/// From when on a revoked certificate is not to be relied on: its revocation, or its invalidity date if that is
/// earlier. `None`: for no time at all, as nobody can say since when another had the key.
fn lost_from(at: OffsetDateTime, reason: Option<u8>, invalid_since: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    match (reason, invalid_since) {
        (Some(KEY_COMPROMISE | CA_COMPROMISE), None) => None,
        (_, since) => Some(since.map_or(at, |since| since.min(at))),
    }
}

fn judge(state: State, at: Instants) -> Answer {
    match state {
        State::Good => Answer::Good,
        State::Unknown => Answer::NoData,
        // Nobody has decided yet, nor about what was signed before.
        State::Revoked { reason: Some(HOLD), .. } => Answer::OnHold,
        State::Revoked { at: revoked, reason, invalid_since } => match lost_from(revoked, reason, invalid_since) {
            Some(from) if at.signed < from => Answer::Good,
            // Signed after the revocation, whatever was before it.
            None if at.signed >= revoked => Answer::Revoked { from: Some(revoked) },
            from => Answer::Revoked { from },
        },
    }
}

fn is_usable(finding: &Finding, certificate: &Certificate<'_>, at: Instants) -> bool {
    if finding.this_update > at.now {
        return false;
    }
    // A revocation is news however old; only "good" can go stale.
    if matches!(finding.state, State::Revoked { .. }) {
        return true;
    }
    if finding.this_update > certificate.not_after && !finding.expired_listed {
        return false;
    }
    // EN 319 102-1 §5.2.5: fresh, or issued after the time at which the signature is known to have existed.
    let next = finding.next_update.unwrap_or(finding.this_update + Duration::DAY);
    next >= at.control || finding.this_update >= at.signed
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const REVOKED: OffsetDateTime = datetime!(2026-06-15 12:00 UTC);
    const SINCE: OffsetDateTime = datetime!(2026-06-10 12:00 UTC);
    const AFFILIATION_CHANGED: u8 = 3;

    fn signed(signed: OffsetDateTime, reason: Option<u8>, invalid_since: Option<OffsetDateTime>) -> Answer {
        let now = datetime!(2026-07-01 00:00 UTC);
        judge(State::Revoked { at: REVOKED, reason, invalid_since }, Instants { signed, control: now, now })
    }

    #[test]
    fn what_was_signed_from_the_invalidity_date_on_is_lost() {
        for reason in [Some(KEY_COMPROMISE), Some(CA_COMPROMISE), Some(AFFILIATION_CHANGED), None] {
            let lost = Answer::Revoked { from: Some(SINCE) };
            assert_eq!(signed(SINCE - Duration::SECOND, reason, Some(SINCE)), Answer::Good, "{reason:?}");
            assert_eq!(signed(SINCE, reason, Some(SINCE)), lost, "{reason:?}");
            assert_eq!(signed(REVOKED, reason, Some(SINCE)), lost, "{reason:?}");
            // One that lies after the revocation takes nothing back.
            let late = Some(REVOKED + Duration::DAY);
            assert_eq!(signed(REVOKED, reason, late), Answer::Revoked { from: Some(REVOKED) }, "{reason:?}");
            assert_eq!(signed(REVOKED - Duration::SECOND, reason, late), Answer::Good, "{reason:?}");
        }
    }

    #[test]
    fn without_that_date_a_compromised_key_loses_all_and_others_from_the_revocation_on() {
        for reason in [KEY_COMPROMISE, CA_COMPROMISE] {
            assert_eq!(signed(SINCE, Some(reason), None), Answer::Revoked { from: None });
            assert_eq!(signed(REVOKED, Some(reason), None), Answer::Revoked { from: Some(REVOKED) });
        }
        for reason in [Some(AFFILIATION_CHANGED), None] {
            assert_eq!(signed(REVOKED - Duration::SECOND, reason, None), Answer::Good);
            assert_eq!(signed(REVOKED, reason, None), Answer::Revoked { from: Some(REVOKED) });
        }
    }

    #[test]
    fn under_hold_nothing_is_decided() {
        for at in [SINCE, REVOKED, REVOKED + Duration::DAY] {
            assert_eq!(signed(at, Some(HOLD), None), Answer::OnHold);
        }
    }

    #[test]
    fn the_later_revocation_counts_and_of_the_same_time_the_harsher() {
        let finding = |state, this_update| Finding { state, this_update, next_update: None, expired_listed: false };
        let revoked = |reason, invalid_since| State::Revoked { at: REVOKED, reason, invalid_since };
        let later = REVOKED + Duration::DAY;
        let weight = |state, at| finding(state, at).weight();
        let plain = revoked(Some(AFFILIATION_CHANGED), None);
        let dated = revoked(Some(KEY_COMPROMISE), Some(SINCE));
        let undated = revoked(Some(KEY_COMPROMISE), None);
        assert!(weight(dated, later) > weight(plain, REVOKED));
        assert!(weight(dated, later) > weight(undated, REVOKED));
        assert!(weight(dated, REVOKED) > weight(plain, REVOKED));
        assert!(weight(undated, REVOKED) > weight(dated, REVOKED));
        assert!(weight(plain, REVOKED) > weight(State::Good, later));
        assert!(weight(State::Good, later) > weight(revoked(Some(HOLD), None), REVOKED));
    }
}
