//! A program that calls the API for a unit: its own key on P-256 or P-384 from a PKCS#10 request, at most one year.

use x509_cert::ext::pkix::{CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;

use super::{
    Kind, authority_information_access, authority_key_identifier, distribution_point, fields, subject_key_identifier,
};
use crate::asn1::name::NameBuilder;
use crate::asn1::{extension, policies};
use crate::csr::SigningRequest;
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid;
use crate::{Error, Installation, Issuer, Serial, Validity};

/// The longest validity, in calendar years.
pub const MAX_YEARS: u8 = 1;

/// The most characters of a unit's code.
pub const MAX_UNIT_CODE: usize = 32;

/// Which program, of which unit. Its request says nothing that is believed but its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Legal name of the unit it works for, in Thai.
    pub organization: String,
    /// That unit's code in the tree of units: ASCII letters, digits and hyphens.
    pub unit_code: String,
    /// The program's name.
    pub common_name: String,
}

impl Subject {
    fn to_name(&self) -> Result<Name, Error> {
        // The unit's code in serialNumber (X.520 §6.2.9), as what tells one unit's subject from another's. No OU.
        NameBuilder::new()?
            .text(oid::ORGANIZATION_NAME, &self.organization)?
            .printable(oid::SERIAL_NUMBER, &self.unit_code)?
            .text(oid::COMMON_NAME, &self.common_name)?
            .finish()
    }
}

/// Everything that differs from one client's certificate to the next.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// Its own request, which showed that it holds the key.
    pub signing_request: &'a SigningRequest,
    /// A fresh serial number.
    pub serial: Serial,
    /// From when until when.
    pub validity: Validity,
    /// The global number of the CRL shard that will list it ([`crate::IssuerName::shard`]).
    pub shard: u16,
}

/// Builds and lints an API client's certificate.
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Value`] for a unit code of another form; [`Error::Encoding`],
/// [`Error::Time`] for values that cannot be written.
pub fn prepare(
    request: &Request<'_>,
    issuer: &Issuer,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let Request { subject, signing_request, serial, validity, shard } = *request;
    if !is_unit_code(&subject.unit_code) {
        return Err(Error::Value { what: "unit code" });
    }
    let urls = &installation.urls;
    let public_key = &signing_request.public_key;
    let policy = installation.policies.api_client();
    let extensions = vec![
        // RFC 5280 §4.2.1.1
        authority_key_identifier(issuer)?,
        // RFC 5280 §4.2.1.2
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3: critical; TLS 1.3 signs with it (RFC 8446 §4.4.2.2).
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
        // RFC 5280 §4.2.1.4
        extension(oid::CERTIFICATE_POLICIES, false, &policies::with_cps(policy, &urls.cps())?)?,
        // RFC 5280 §4.2.1.12: log-in of a program, never a document.
        extension(oid::EXTENDED_KEY_USAGE, false, &ExtendedKeyUsage(vec![oid::CLIENT_AUTH]))?,
        // RFC 5280 §4.2.1.13: the shard, fixed for the certificate's life.
        extension(
            oid::CRL_DISTRIBUTION_POINTS,
            false,
            &CrlDistributionPoints(vec![distribution_point(&urls.crl_shard(shard))?]),
        )?,
        // RFC 5280 §4.2.2.1
        authority_information_access(Some(&urls.ocsp()), &urls.ca_certificate(issuer.published_name()))?,
    ];
    let tbs = fields((&issuer.name, &issuer.key), subject.to_name()?, public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::ApiClient, issuer: Some(issuer), installation, licence_end: None };
    Prepared::new(&tbs, serial, &expected, throw_away)
}

/// Whether this is a unit's code: ASCII letters, digits, and hyphens between them.
pub(crate) fn is_unit_code(text: &str) -> bool {
    (1..=MAX_UNIT_CODE).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
