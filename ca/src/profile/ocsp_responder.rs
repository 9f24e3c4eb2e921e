//! The delegated OCSP responder (RFC 6960 §4.2.2.2): P-256, at most 30 days, under the CA it answers for, which is
//! an issuing CA or the TSA CA.

use der::asn1::Null;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};

use super::{
    AuthoritySubject, Kind, authority_information_access, authority_key_identifier, fields, subject_key_identifier,
};
use crate::asn1::extension;
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid;
use crate::{Error, Installation, Issuer, PublicKey, Serial, Validity};

/// The longest validity in days: its own revocation is never asked about, so it is short.
pub const MAX_DAYS: u16 = 30;

/// Builds and lints the certificate of an OCSP responder.
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Encoding`], [`Error::Time`] for values that cannot be written.
pub fn prepare(
    subject: &AuthoritySubject,
    public_key: &PublicKey,
    serial: Serial,
    validity: Validity,
    issuer: &Issuer,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let extensions = vec![
        // RFC 5280 §4.2.1.1
        authority_key_identifier(issuer)?,
        // RFC 5280 §4.2.1.2
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3: critical.
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
        // RFC 6960 §4.2.2.2: this purpose is what makes it a responder, and its only one.
        extension(oid::EXTENDED_KEY_USAGE, false, &ExtendedKeyUsage(vec![oid::OCSP_SIGNING]))?,
        // RFC 5280 §4.2.2.1
        authority_information_access(None, &installation.urls.ca_certificate(issuer.published_name()))?,
        // RFC 6960 §4.2.2.2.1: NULL, not critical; no CRL distribution point beside it.
        extension(oid::OCSP_NO_CHECK, false, &Null)?,
    ];
    let tbs = fields((&issuer.name, &issuer.key), subject.to_name()?, public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::OcspResponder, issuer: Some(issuer), installation, licence_end: None };
    Prepared::new(&tbs, serial, &expected, throw_away)
}
