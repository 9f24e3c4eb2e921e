//! The issuing CA: P-256, 12 years, under the root; issues to doctors and to its OCSP responder.

use x509_cert::ext::pkix::{BasicConstraints, CrlDistributionPoints, KeyUsage, KeyUsages};

use super::{
    AuthoritySubject, Kind, authority_information_access, authority_key_identifier, distribution_point, fields,
    subject_key_identifier,
};
use crate::asn1::{extension, policies};
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid::{self, Oid};
use crate::{Error, Installation, Issuer, PublicKey, Serial, Validity};

/// The longest validity, in calendar years.
pub const MAX_YEARS: u8 = 12;

/// Builds and lints the certificate of an issuing CA.
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Encoding`], [`Error::Time`] for values that cannot be written.
pub fn prepare(
    subject: &AuthoritySubject,
    public_key: &PublicKey,
    serial: Serial,
    validity: Validity,
    root: &Issuer,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let urls = &installation.urls;
    let extensions = vec![
        // RFC 5280 §4.2.1.1
        authority_key_identifier(root)?,
        // RFC 5280 §4.2.1.2
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3: critical.
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        // RFC 5280 §4.2.1.4: any policy, for the CA belongs to the root's operator (EN 319 411-1 §6.6.1).
        extension(oid::CERTIFICATE_POLICIES, false, &policies::with_cps(Oid::from(oid::ANY_POLICY), &urls.cps())?)?,
        // RFC 5280 §4.2.1.9: critical; no CA below this one.
        extension(oid::BASIC_CONSTRAINTS, true, &BasicConstraints { ca: true, path_len_constraint: Some(0) })?,
        // RFC 5280 §4.2.1.13
        extension(
            oid::CRL_DISTRIBUTION_POINTS,
            false,
            &CrlDistributionPoints(vec![distribution_point(&urls.root_crl())?]),
        )?,
        // RFC 5280 §4.2.2.1: the root, being offline, has no OCSP responder.
        authority_information_access(None, &urls.ca_certificate(root.published_name()))?,
    ];
    let tbs = fields((&root.name, &root.key), subject.to_name()?, public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::Issuing, issuer: Some(root), installation, licence_end: None };
    Prepared::new(&tbs, serial, &expected, throw_away)
}
