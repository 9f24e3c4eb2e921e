//! CRLs (RFC 5280 §5): complete, direct ones.

use super::algorithm;
use super::asn1::{
    Algorithm, BIT_STRING, BOOLEAN, ENUMERATED, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING, OID, Parsed,
    SEQUENCE, UTC_TIME, bits, instant, single,
};
use super::certificate::{CRL_SIGN, Certificate, names_in};
use super::oid;
use super::revocation::{Finding, State};

/// What the CRL says about `certificate`; `None` if it cannot say anything.
pub(crate) fn look_up(crl: &[u8], certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Option<Finding> {
    read(crl, certificate, issuer).ok().flatten()
}

fn read(crl: &[u8], certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Parsed<Option<Finding>> {
    let mut outer = single(crl, SEQUENCE)?.inside();
    let tbs = outer.expect(SEQUENCE)?;
    let algorithm = outer.expect(SEQUENCE)?;
    let signature = bits(outer.expect(BIT_STRING)?)?;
    outer.finish()?;
    let mut inside = tbs.inside();
    inside.optional(INTEGER)?;
    if inside.expect(SEQUENCE)?.raw != algorithm.raw {
        return Err(Malformed);
    }
    if inside.expect(SEQUENCE)?.raw != issuer.subject || !issuer.may(CRL_SIGN) {
        return Ok(None);
    }
    let this_update = instant(inside.any()?, false)?;
    let next_update = match inside.peek() {
        Some(UTC_TIME | GENERALIZED_TIME) => Some(instant(inside.any()?, false)?),
        _ => None,
    };
    let entries = inside.optional(SEQUENCE)?;
    let mut expired_listed = false;
    if let Some(extensions) = inside.optional(0xa0)? {
        for extension in single(extensions.value, SEQUENCE)?.inside().all(32)? {
            let mut item = extension.inside();
            let id = item.expect(OID)?.value;
            let critical = item.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
            let value = item.expect(OCTET_STRING)?.value;
            match id {
                oid::ISSUING_DISTRIBUTION_POINT if in_scope(value, certificate)? => {}
                oid::ISSUING_DISTRIBUTION_POINT => return Ok(None),
                oid::EXPIRED_CERTS_ON_CRL => {
                    expired_listed = instant(single(value, GENERALIZED_TIME)?, false)? <= certificate.not_after;
                }
                _ if critical => return Ok(None),
                _ => {}
            }
        }
    }
    inside.finish()?;
    if algorithm::verify(&issuer.key, Algorithm::parse(algorithm)?, None, tbs.raw, signature).is_err() {
        return Ok(None);
    }
    let mut state = State::Good;
    if let Some(list) = entries {
        let mut list = list.inside();
        while !list.is_empty() {
            let mut entry = list.expect(SEQUENCE)?.inside();
            let serial = entry.expect(INTEGER)?.value;
            let at = instant(entry.any()?, false)?;
            let mut reason = None;
            if let Some(extensions) = entry.optional(SEQUENCE)? {
                for extension in extensions.inside().all(16)? {
                    let mut item = extension.inside();
                    let id = item.expect(OID)?.value;
                    let critical = item.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
                    let value = item.expect(OCTET_STRING)?.value;
                    if id == oid::REASON_CODE {
                        reason = single(value, ENUMERATED)?.value.last().copied();
                    } else if critical {
                        return Ok(None);
                    }
                }
            }
            if serial == certificate.serial {
                state = State::Revoked { at, reason };
            }
        }
    }
    Ok(Some(Finding { state, this_update, next_update, expired_listed }))
}

/// Whether the issuing distribution point (RFC 5280 §5.2.5) takes in this certificate, for all reasons.
fn in_scope(value: &[u8], certificate: &Certificate<'_>) -> Parsed<bool> {
    let authority = certificate.extensions.basic.is_some_and(|(authority, _)| authority);
    for item in single(value, SEQUENCE)?.inside().all(8)? {
        let set = item.value != [0];
        let fits = match item.tag {
            0xa0 => {
                let wanted = certificate.extensions.distribution_points.map(names_in).unwrap_or_default();
                names_in(item.raw).iter().any(|name| wanted.contains(name))
            }
            0x81 => !(set && authority),
            0x82 => !set || authority,
            0x83 => false,
            0x84 | 0x85 => !set,
            _ => false,
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}
