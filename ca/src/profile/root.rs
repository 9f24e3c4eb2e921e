//! The root: P-384, 25 years, self-signed, offline.

use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};

use super::{AuthoritySubject, Kind, fields, subject_key_identifier};
use crate::asn1::extension;
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid;
use crate::{Error, Installation, PublicKey, Serial, Validity};

/// The longest validity, in calendar years.
pub const MAX_YEARS: u8 = 25;

/// Builds and lints a root certificate. It is signed by its own key (SHA-384).
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Encoding`], [`Error::Time`] for values that cannot be written.
pub fn prepare(
    subject: &AuthoritySubject,
    public_key: &PublicKey,
    serial: Serial,
    validity: Validity,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let name = subject.to_name()?;
    let extensions = vec![
        // RFC 5280 §4.2.1.1: left out, as a self-signed certificate may.
        // RFC 5280 §4.2.1.2: MUST in CA certificates.
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3: critical; signs certificates and CRLs, nothing else.
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
        // RFC 5280 §4.2.1.9: critical; no length limit, each CA below carries its own.
        extension(oid::BASIC_CONSTRAINTS, true, &BasicConstraints { ca: true, path_len_constraint: None })?,
    ];
    let tbs = fields((&name, public_key), name.clone(), public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::Root, issuer: None, installation, licence_end: None };
    Prepared::new(&tbs, serial, &expected, throw_away)
}
