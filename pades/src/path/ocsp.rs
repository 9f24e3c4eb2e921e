//! OCSP answers (RFC 6960 §4.2), from the issuer itself or a responder it named.

use aws_lc_rs::digest;

use super::effort::Effort;
use super::revocation::{Finding, State};
use crate::x509::algorithm;
use crate::x509::asn1::{
    Algorithm, BIT_STRING, BOOLEAN, ENUMERATED, Element, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING, OID,
    Parsed, Reader, SEQUENCE, bits, instant, single,
};
use crate::x509::certificate::{Certificate, DIGITAL_SIGNATURE, NON_REPUDIATION};
use crate::x509::oid;

/// What the answer says about `certificate`, with the delegated responder whose own status is still to be checked.
pub(crate) fn look_up<'a>(
    answer: &'a [u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    pool: &[Certificate<'a>],
    effort: &Effort,
) -> Option<(Finding, Option<Certificate<'a>>)> {
    if !effort.spend(answer.len().saturating_mul(4)) {
        return None;
    }
    read(answer, certificate, issuer, pool, effort).ok().flatten()
}

fn read<'a>(
    answer: &'a [u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    pool: &[Certificate<'a>],
    effort: &Effort,
) -> Parsed<Option<(Finding, Option<Certificate<'a>>)>> {
    let mut outer = single(answer, SEQUENCE)?.inside();
    let basic = match outer.peek() {
        Some(ENUMERATED) => {
            if outer.any()?.value != [0] {
                return Ok(None);
            }
            let mut bytes = single(outer.expect(0xa0)?.value, SEQUENCE)?.inside();
            if bytes.expect(OID)?.value != oid::OCSP_BASIC {
                return Ok(None);
            }
            bytes.expect(OCTET_STRING)?.value
        }
        // A bare BasicOCSPResponse, as some stores keep it.
        _ => answer,
    };
    let mut basic = single(basic, SEQUENCE)?.inside();
    let data = basic.expect(SEQUENCE)?;
    let algorithm = Algorithm::parse(basic.any()?)?;
    let signature = bits(basic.expect(BIT_STRING)?)?;
    let embedded = match basic.optional(0xa0)? {
        Some(tagged) => single(tagged.value, SEQUENCE)?.inside().all(16)?,
        None => Vec::new(),
    };
    basic.finish()?;
    let mut inside = data.inside();
    inside.optional(0xa0)?;
    let responder = inside.any()?;
    let produced_at = instant(inside.expect(GENERALIZED_TIME)?, true)?;
    let responses = inside.expect(SEQUENCE)?.inside().all(1000)?;
    let Some(finding) = responses.iter().find_map(|r| one(r.inside(), certificate, issuer).ok().flatten()) else {
        return Ok(None);
    };
    if effort.verify(&issuer.key, algorithm, data.raw, signature).is_ok() && is_responder(responder, issuer) {
        return Ok(Some((finding, None)));
    }
    let candidates = embedded.iter().filter_map(|e| Certificate::parse(e.raw).ok()).chain(pool.iter().cloned());
    for candidate in candidates.take(128) {
        let extensions = &candidate.extensions;
        // RFC 6960 §4.2.2.2: issued by the same CA, with id-kp-OCSPSigning.
        let authorised = candidate.issuer == issuer.subject
            && extensions.extended.as_ref().is_some_and(|e| e.contains(&oid::EKU_OCSP_SIGNING))
            && !extensions.unknown_critical
            && candidate.may(DIGITAL_SIGNATURE | NON_REPUDIATION)
            && candidate.valid_at(produced_at)
            && is_responder(responder, &candidate);
        if authorised
            && effort.verify(&issuer.key, candidate.algorithm, candidate.tbs, candidate.signature).is_ok()
            && effort.verify(&candidate.key, algorithm, data.raw, signature).is_ok()
        {
            return Ok(Some((finding, Some(candidate))));
        }
    }
    Ok(None)
}

fn is_responder(id: Element<'_>, certificate: &Certificate<'_>) -> bool {
    match id.tag {
        0xa1 => id.value == certificate.subject,
        0xa2 => single(id.value, OCTET_STRING).is_ok_and(|key| key.value == algorithm::sha1(certificate.key.bits)),
        _ => false,
    }
}

/// A `SingleResponse`, if it is about this certificate.
fn one(mut response: Reader<'_>, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Parsed<Option<Finding>> {
    let mut id = response.expect(SEQUENCE)?.inside();
    let algorithm = Algorithm::parse(id.any()?)?;
    let (name, key) = (id.expect(OCTET_STRING)?.value, id.expect(OCTET_STRING)?.value);
    let serial = id.expect(INTEGER)?.value;
    id.finish()?;
    let hash = |bytes: &[u8]| match algorithm.oid {
        // Only names an issuer here; nothing is signed by this digest.
        oid::SHA1 => Ok(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)),
        oid::SHA256 => Ok(digest::digest(&digest::SHA256, bytes)),
        oid::SHA384 => Ok(digest::digest(&digest::SHA384, bytes)),
        oid::SHA512 => Ok(digest::digest(&digest::SHA512, bytes)),
        _ => Err(Malformed),
    };
    if serial != certificate.serial
        || name != hash(issuer.subject)?.as_ref()
        || key != hash(issuer.key.bits)?.as_ref()
        || certificate.issuer != issuer.subject
    {
        return Ok(None);
    }
    let status = response.any()?;
    let mut state = match status.tag {
        0x80 => State::Good,
        0xa1 => {
            let mut inside = status.inside();
            let at = instant(inside.expect(GENERALIZED_TIME)?, true)?;
            let reason = match inside.optional(0xa0)? {
                Some(tagged) => single(tagged.value, ENUMERATED)?.value.last().copied(),
                None => None,
            };
            State::Revoked { at, reason, invalid_since: None }
        }
        _ => State::Unknown,
    };
    let this_update = instant(response.expect(GENERALIZED_TIME)?, true)?;
    let next_update = match response.optional(0xa0)? {
        Some(tagged) => Some(instant(single(tagged.value, GENERALIZED_TIME)?, true)?),
        None => None,
    };
    let mut expired_listed = false;
    if let Some(extensions) = response.optional(0xa1)? {
        for extension in single(extensions.value, SEQUENCE)?.inside().all(16)? {
            let mut item = extension.inside();
            let id = item.expect(OID)?.value;
            let critical = item.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
            let value = item.expect(OCTET_STRING)?.value;
            if id == oid::ARCHIVE_CUTOFF {
                expired_listed = instant(single(value, GENERALIZED_TIME)?, true)? <= certificate.not_after;
            } else if id == oid::INVALIDITY_DATE {
                // RFC 6960 §4.4.5: extensions of a CRL's entry may stand here.
                let since = instant(single(value, GENERALIZED_TIME)?, true)?;
                if let State::Revoked { invalid_since, .. } = &mut state {
                    *invalid_since = Some(since);
                }
            } else if critical {
                return Ok(None);
            }
        }
    }
    response.finish()?;
    Ok(Some(Finding { state, this_update, next_update, expired_listed }))
}
