//! What a CRL says about a certificate (RFC 5280 §5, §6.3.3): complete, direct ones for all reasons.

use super::CrlFault;
use super::effort::Effort;
use super::revocation::{Finding, State};
use crate::x509::asn1::{
    Algorithm, BIT_STRING, ENUMERATED, Element, GENERALIZED_TIME, INTEGER, Malformed, SEQUENCE, UTC_TIME, bits,
    instant, single,
};
use crate::x509::certificate::{CRL_SIGN, Certificate};
use crate::x509::{extensions, name, oid};

impl From<Malformed> for CrlFault {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}

/// What the CRL says about `certificate`. `profiled` also asks for what §5.2 makes an issuer's duty.
pub(crate) fn look_up(
    crl: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    profiled: bool,
    effort: &Effort,
) -> Result<Finding, CrlFault> {
    let mut outer = single(crl, SEQUENCE)?.inside();
    let tbs = outer.expect(SEQUENCE)?;
    let algorithm = outer.expect(SEQUENCE)?;
    let signature = bits(outer.expect(BIT_STRING)?)?;
    outer.finish()?;
    let mut inside = tbs.inside();
    let version_two = match inside.optional(INTEGER)? {
        None => false,
        Some(version) if version.value == [1] => true,
        Some(_) => return Err(CrlFault::Malformed),
    };
    if inside.expect(SEQUENCE)?.raw != algorithm.raw {
        return Err(CrlFault::Malformed);
    }
    if !name::same(inside.expect(SEQUENCE)?.raw, issuer.subject) {
        return Err(CrlFault::OtherIssuer);
    }
    let this_update = instant(inside.any()?, false)?;
    let next_update = match inside.peek() {
        Some(UTC_TIME | GENERALIZED_TIME) => Some(instant(inside.any()?, false)?),
        _ => None,
    };
    let entries = inside.optional(SEQUENCE)?;
    let extensions = inside.optional(0xa0)?;
    inside.finish()?;
    // §6.3.3 (f)
    if !issuer.may(CRL_SIGN) {
        return Err(CrlFault::IssuerMayNotSign);
    }
    let scope = extensions.map(|e| Scope::read(e, certificate, issuer)).transpose()?.unwrap_or_default();
    // §5.1.2.1, §5.2.3, §5.1.2.5: version 2, with a number that is not critical, and an end.
    if profiled && !(version_two && scope.number == Some(false) && next_update.is_some()) {
        return Err(CrlFault::Profile);
    }
    // A long list takes longer to read than to hash.
    if !effort.spend(crl.len().saturating_mul(8)) {
        return Err(CrlFault::Signature);
    }
    effort.verify(&issuer.key, Algorithm::parse(algorithm)?, tbs.raw, signature).map_err(|_| CrlFault::Signature)?;
    let state = entries.map_or(Ok(State::Good), |list| search(list, certificate))?;
    Ok(Finding { state, this_update, next_update, expired_listed: scope.expired_listed })
}

/// What the extensions of a CRL say of its reach.
#[derive(Debug, Default)]
struct Scope {
    expired_listed: bool,
    /// Whether the CRL number, if there is one, is critical.
    number: Option<bool>,
}

impl Scope {
    fn read(list: Element<'_>, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<Self, CrlFault> {
        let mut scope = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        for item in single(list.value, SEQUENCE)?.inside().all(32)? {
            let (id, critical, value) = extensions::one(item)?;
            if seen.contains(&id) {
                return Err(CrlFault::Malformed);
            }
            seen.push(id);
            match id {
                oid::ISSUING_DISTRIBUTION_POINT => in_scope(value, certificate)?,
                oid::DELTA_CRL_INDICATOR => return Err(CrlFault::Delta),
                oid::EXPIRED_CERTS_ON_CRL => {
                    scope.expired_listed = instant(single(value, GENERALIZED_TIME)?, false)? <= certificate.not_after;
                }
                oid::CRL_NUMBER => {
                    // §5.2.3: up to 20 octets.
                    if single(value, INTEGER)?.value.len() > 20 {
                        return Err(CrlFault::Malformed);
                    }
                    scope.number = Some(critical);
                }
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    let key = single(value, SEQUENCE)?.inside().optional(0x80)?.map(|k| k.value);
                    if let (Some(named), Some(own)) = (key, issuer.extensions.key_identifier)
                        && named != own
                    {
                        return Err(CrlFault::OtherKey);
                    }
                }
                _ if critical => return Err(CrlFault::CriticalExtension),
                _ => {}
            }
        }
        Ok(scope)
    }
}

/// The entry for the certificate. Every entry is read: a critical extension in any of them spoils the list (§5.3).
fn search(list: Element<'_>, certificate: &Certificate<'_>) -> Result<State, CrlFault> {
    let mut state = State::Good;
    let mut list = list.inside();
    while !list.is_empty() {
        let mut entry = list.expect(SEQUENCE)?.inside();
        let serial = entry.expect(INTEGER)?.value;
        let at = instant(entry.any()?, false)?;
        let (mut reason, mut invalid_since) = (None, None);
        if let Some(extensions) = entry.optional(SEQUENCE)? {
            for item in extensions.inside().all(16)? {
                let (id, critical, value) = extensions::one(item)?;
                match id {
                    oid::REASON_CODE => reason = single(value, ENUMERATED)?.value.last().copied(),
                    // §5.3.2
                    oid::INVALIDITY_DATE => invalid_since = Some(instant(single(value, GENERALIZED_TIME)?, true)?),
                    oid::CERTIFICATE_ISSUER => return Err(CrlFault::Indirect),
                    _ if critical => return Err(CrlFault::CriticalExtension),
                    _ => {}
                }
            }
        }
        entry.finish()?;
        if serial == certificate.serial {
            state = State::Revoked { at, reason, invalid_since };
        }
    }
    Ok(state)
}

/// Whether the issuing distribution point (§5.2.5, §6.3.3 (b)(2)) takes in this certificate, for all reasons.
fn in_scope(value: &[u8], certificate: &Certificate<'_>) -> Result<(), CrlFault> {
    let authority = certificate.is_authority();
    for item in single(value, SEQUENCE)?.inside().all(8)? {
        let set = item.value != [0];
        match item.tag {
            0xa0 => {
                let wanted = certificate.extensions.distribution_points.map(name::points_in).unwrap_or_default();
                let same = |e: &Element<'_>| wanted.iter().any(|w| w.raw == e.raw);
                if !name::points_in(item.raw).iter().any(same) {
                    return Err(CrlFault::OutOfScope);
                }
            }
            0x81 if set && authority => return Err(CrlFault::OutOfScope),
            0x82 if set && !authority => return Err(CrlFault::OutOfScope),
            0x81 | 0x82 => {}
            0x83 => return Err(CrlFault::SomeReasons),
            0x84 if set => return Err(CrlFault::Indirect),
            0x85 if set => return Err(CrlFault::OutOfScope),
            0x84 | 0x85 => {}
            _ => return Err(CrlFault::Malformed),
        }
    }
    Ok(())
}
