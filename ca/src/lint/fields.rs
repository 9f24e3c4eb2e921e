//! Rules over the fields before the extensions.

use std::collections::BTreeSet;

use x509_cert::Version;
use x509_cert::time::Time;

use super::shape::Longest;
use super::{Candidate, ensure};
use crate::instant::{LAST_UTC_TIME_YEAR, years_after};
use crate::{Curve, IssuerName, Serial, SubjectKey, Validity};

pub(super) fn version_3(candidate: &Candidate<'_>) -> Result<(), String> {
    ensure(candidate.tbs().version() == Version::V3, "not version 3")
}

/// Positive, within twenty octets, of the form this PKI gives.
pub(super) fn serial_number(candidate: &Candidate<'_>) -> Result<(), String> {
    serial(candidate).map(|_| ())
}

/// The first octet is the issuer's, so that two issuers never give the same number.
pub(super) fn serial_issuer(candidate: &Candidate<'_>) -> Result<(), String> {
    let serial = serial(candidate)?;
    let issuer = candidate.expected.issuer.map_or(IssuerName::Root, |issuer| issuer.published_name());
    ensure(serial.as_bytes().first() == Some(&issuer.serial_octet().get()), "not the issuer's first octet")
}

/// The 128 bits are no counter, no constant, no text: a generator that failed shows in so few different octets, which
/// chance gives once in 10¹¹.
pub(super) fn serial_entropy(candidate: &Candidate<'_>) -> Result<(), String> {
    let serial = serial(candidate)?;
    let random: BTreeSet<&u8> = serial.as_bytes().iter().skip(1).collect();
    ensure(random.len() >= 8, "not 128 random bits")
}

pub(super) fn signature_algorithm(candidate: &Candidate<'_>) -> Result<(), String> {
    let curve = candidate.expected.issuer.map_or(Curve::P384, |issuer| issuer.key.curve());
    let named = candidate.tbs().signature();
    ensure(*named == curve.signature_algorithm(), "not the algorithm of the issuer's key, without parameters")
}

/// A doctor under an issuing CA, a time-stamping unit under the TSA CA, and so on.
pub(super) fn issuer_kind(candidate: &Candidate<'_>) -> Result<(), String> {
    let issuer = candidate.expected.issuer.map(|issuer| issuer.published_name());
    ensure((candidate.shape.issued_by)(issuer), "not issued by this CA")
}

pub(super) fn issuer_name(candidate: &Candidate<'_>) -> Result<(), String> {
    let tbs = candidate.tbs();
    let name = candidate.expected.issuer.map_or_else(|| tbs.subject(), |issuer| &issuer.name);
    ensure(!name.is_empty() && tbs.issuer() == name, "not the issuer's subject")
}

pub(super) fn time_form(candidate: &Candidate<'_>) -> Result<(), String> {
    let validity = candidate.tbs().validity();
    let fits = |time: &Time| {
        let early = time.to_date_time().year() <= LAST_UTC_TIME_YEAR;
        early == matches!(time, Time::UtcTime(_))
    };
    ensure(fits(&validity.not_before) && fits(&validity.not_after), "UTCTime through 2049, GeneralizedTime after")
}

pub(super) fn validity_order(candidate: &Candidate<'_>) -> Result<(), String> {
    let Validity { not_before, not_after } = period(candidate)?;
    ensure(not_before < not_after, "ends before it begins")
}

pub(super) fn validity_length(candidate: &Candidate<'_>) -> Result<(), String> {
    let Validity { not_before, not_after } = period(candidate)?;
    let beyond = "too long for its kind";
    let end = match candidate.shape.longest {
        Longest::Years(years) => years_after(not_before, years).map_err(|_| beyond.to_owned())?,
        Longest::Days(days) => not_before + time::Duration::days(i64::from(days)),
    };
    // RFC 5280 §4.1.2.5: the last second counts, so the end itself is one second too many.
    ensure(not_after < end, beyond)
}

pub(super) fn validity_within_issuer(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(issuer) = candidate.expected.issuer else { return Ok(()) };
    let Validity { not_before, not_after } = period(candidate)?;
    let inside = issuer.validity.not_before <= not_before && not_after <= issuer.validity.not_after;
    ensure(inside, "outside the validity of the issuer's certificate")
}

/// An elliptic-curve key, uncompressed, on its curve, not infinity; or an RSA key of the one size and exponent.
pub(super) fn public_key(candidate: &Candidate<'_>) -> Result<(), String> {
    key(candidate).map(|_| ())
}

pub(super) fn key_curve(candidate: &Candidate<'_>) -> Result<(), String> {
    ensure(candidate.shape.keys.contains(&key(candidate)?.kind()), "not a key of its kind")
}

pub(super) fn key_weak(candidate: &Candidate<'_>) -> Result<(), String> {
    key(candidate)?.refuse_weak().map_err(|error| error.to_string())
}

pub(super) fn key_shared(candidate: &Candidate<'_>) -> Result<(), String> {
    let key = key(candidate)?;
    let shared = candidate.expected.issuer.is_some_and(|issuer| SubjectKey::Curve(issuer.key.clone()) == *key);
    ensure(!shared, "the issuer's own key")
}

pub(super) fn unique_identifiers(candidate: &Candidate<'_>) -> Result<(), String> {
    let tbs = candidate.tbs();
    ensure(tbs.issuer_unique_id().is_none() && tbs.subject_unique_id().is_none(), "has unique identifiers")
}

/// Below the root nothing has its issuer's name, or a path would have two ends.
pub(super) fn subject_not_issuer(candidate: &Candidate<'_>) -> Result<(), String> {
    let tbs = candidate.tbs();
    ensure(candidate.expected.issuer.is_none() || tbs.subject() != tbs.issuer(), "the issuer's own name")
}

/// The validity period as instants.
pub(super) fn period(candidate: &Candidate<'_>) -> Result<Validity, String> {
    Validity::from_der(candidate.tbs().validity()).map_err(|error| error.to_string())
}

/// The certificate's key.
pub(super) fn key<'a>(candidate: &'a Candidate<'_>) -> Result<&'a SubjectKey, String> {
    candidate.key.as_ref().map_err(ToString::to_string)
}

fn serial(candidate: &Candidate<'_>) -> Result<Serial, String> {
    let serial = Serial::from_integer(candidate.tbs().serial_number().as_bytes());
    serial.ok_or_else(|| "not an issuer number and 128 bits".to_owned())
}
