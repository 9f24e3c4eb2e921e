//! Rules over the fields before the extensions.

use x509_cert::Version;
use x509_cert::time::Time;

use super::{Candidate, ensure};
use crate::instant::{LAST_UTC_TIME_YEAR, years_after};
use crate::profile::{Kind, doctor, issuing, ocsp_responder, root};
use crate::{Curve, PublicKey, Serial, Validity};

pub(super) fn version_3(candidate: &Candidate<'_>) -> Result<(), String> {
    ensure(candidate.tbs().version() == Version::V3, "not version 3")
}

pub(super) fn serial_number(candidate: &Candidate<'_>) -> Result<(), String> {
    let serial = Serial::from_integer(candidate.tbs().serial_number().as_bytes());
    ensure(serial.is_some(), "not an issuer number and 128 bits")
}

pub(super) fn signature_algorithm(candidate: &Candidate<'_>) -> Result<(), String> {
    let curve = candidate.expected.issuer.map_or(Curve::P384, |issuer| issuer.key.curve());
    let named = candidate.tbs().signature();
    ensure(*named == curve.signature_algorithm(), "not the algorithm of the issuer's key, without parameters")
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

pub(super) fn validity_length(candidate: &Candidate<'_>) -> Result<(), String> {
    let Validity { not_before, not_after } = period(candidate)?;
    ensure(not_before < not_after, "ends before it begins")?;
    let beyond = "too long for its kind";
    let end = match candidate.expected.kind {
        Kind::Root => years_after(not_before, root::MAX_YEARS),
        Kind::Issuing => years_after(not_before, issuing::MAX_YEARS),
        Kind::Doctor => years_after(not_before, doctor::MAX_YEARS),
        Kind::OcspResponder => Ok(not_before + time::Duration::days(i64::from(ocsp_responder::MAX_DAYS))),
    };
    // RFC 5280 §4.1.2.5: the last second counts, so the end itself is one second too many.
    ensure(not_after < end.map_err(|_| beyond.to_owned())?, beyond)
}

pub(super) fn validity_within_issuer(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(issuer) = candidate.expected.issuer else { return Ok(()) };
    let Validity { not_before, not_after } = period(candidate)?;
    let inside = issuer.validity.not_before <= not_before && not_after <= issuer.validity.not_after;
    ensure(inside, "outside the validity of the issuer's certificate")
}

pub(super) fn public_key(candidate: &Candidate<'_>) -> Result<(), String> {
    let key =
        PublicKey::from_spki(candidate.tbs().subject_public_key_info().clone()).map_err(|error| error.to_string())?;
    let curve = if candidate.expected.kind == Kind::Root { Curve::P384 } else { Curve::P256 };
    ensure(key.curve() == curve, "not on the curve of its kind")?;
    let shared = candidate.expected.issuer.is_some_and(|issuer| issuer.key == key);
    ensure(!shared, "the issuer's own key")
}

pub(super) fn unique_identifiers(candidate: &Candidate<'_>) -> Result<(), String> {
    let tbs = candidate.tbs();
    ensure(tbs.issuer_unique_id().is_none() && tbs.subject_unique_id().is_none(), "has unique identifiers")
}

/// The validity period as instants.
pub(super) fn period(candidate: &Candidate<'_>) -> Result<Validity, String> {
    Validity::from_der(candidate.tbs().validity()).map_err(|error| error.to_string())
}
