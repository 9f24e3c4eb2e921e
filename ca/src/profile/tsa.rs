//! A time-stamping unit: P-256, at most ten years, its key used for the first of them, under the TSA CA.

use time::OffsetDateTime;
use x509_cert::ext::pkix::{CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages, PrivateKeyUsagePeriod};
use x509_cert::name::Name;

use super::{
    Kind, authority_information_access, authority_key_identifier, distribution_point, fields, subject_key_identifier,
};
use crate::asn1::name::NameBuilder;
use crate::asn1::{extension, policies};
use crate::instant::to_generalized;
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid;
use crate::{Error, Installation, Issuer, PublicKey, Serial, Validity};

/// The longest validity, in calendar years: how long a time-stamp can be checked before it is renewed.
pub const MAX_YEARS: u8 = 10;

/// The longest use of the private key, in calendar years.
pub const MAX_KEY_YEARS: u8 = 1;

/// The name of a time-stamping unit (EN 319 422 §6.2, EN 319 412-3 §4.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Legal name of the body that runs it.
    pub organization: String,
    /// Its registered identifier (EN 319 412-1 §5.1.4), `NTRTH-…` or `VATTH-…`. EN 319 412-3 demands one; a body that
    /// has none does without, and does not conform to that clause.
    pub organization_identifier: Option<String>,
    /// The unit's own name.
    pub common_name: String,
}

impl Subject {
    fn to_name(&self) -> Result<Name, Error> {
        let mut name = NameBuilder::new()?.text(oid::ORGANIZATION_NAME, &self.organization)?;
        if let Some(identifier) = &self.organization_identifier {
            name = name.text(oid::ORGANIZATION_IDENTIFIER, identifier)?;
        }
        name.text(oid::COMMON_NAME, &self.common_name)?.finish()
    }
}

/// Everything that differs from one unit to the next.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// Whose private half is in the token.
    pub public_key: &'a PublicKey,
    /// A fresh serial number.
    pub serial: Serial,
    /// From when until when.
    pub validity: Validity,
    /// The last second in which the key makes time-stamps.
    pub key_use_end: OffsetDateTime,
}

/// Builds and lints the certificate of a time-stamping unit.
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Encoding`], [`Error::Time`] for values that cannot be written.
pub fn prepare(
    request: &Request<'_>,
    issuer: &Issuer,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let Request { subject, public_key, serial, validity, key_use_end } = *request;
    let urls = &installation.urls;
    let period = PrivateKeyUsagePeriod {
        not_before: Some(to_generalized(validity.not_before)?),
        not_after: Some(to_generalized(key_use_end)?),
    };
    let policy = installation.policies.time_stamping_unit();
    let extensions = vec![
        // RFC 5280 §4.2.1.1
        authority_key_identifier(issuer)?,
        // RFC 5280 §4.2.1.2
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3, EN 319 412-2 §4.3.2 type C: critical. A time-stamp commits to no content.
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
        // X.509 §9.2.2.5: when the key makes time-stamps, which is less than while they can be checked.
        extension(oid::PRIVATE_KEY_USAGE_PERIOD, false, &period)?,
        // RFC 5280 §4.2.1.4
        extension(oid::CERTIFICATE_POLICIES, false, &policies::with_cps(policy, &urls.cps())?)?,
        // RFC 3161 §2.3: critical, timeStamping and nothing else.
        extension(oid::EXTENDED_KEY_USAGE, true, &ExtendedKeyUsage(vec![oid::TIME_STAMPING]))?,
        // RFC 5280 §4.2.1.13: everything the TSA CA issued is on one CRL.
        extension(
            oid::CRL_DISTRIBUTION_POINTS,
            false,
            &CrlDistributionPoints(vec![distribution_point(&urls.tsa_crl())?]),
        )?,
        // RFC 5280 §4.2.2.1, EN 319 412-2 §4.4.1
        authority_information_access(Some(&urls.ocsp()), &urls.ca_certificate(issuer.published_name()))?,
    ];
    let tbs = fields((&issuer.name, &issuer.key), subject.to_name()?, public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::Tsa, issuer: Some(issuer), installation, licence_end: None };
    Prepared::new(&tbs, serial, &expected, throw_away)
}
