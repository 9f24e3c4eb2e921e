//! The signing certificate of a doctor or a member of another profession: P-256, P-384 or RSA with 3072 bits, at most one year and never beyond the licence.

use time::OffsetDateTime;
use x509_cert::ext::pkix::{CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;

use super::{
    Kind, authority_information_access, authority_key_identifier, distribution_point, fields, subject_key_identifier,
};
use crate::asn1::admission::AdmissionSyntax;
use crate::asn1::name::{COUNTRY, NameBuilder};
use crate::asn1::{extension, policies, qc_statements};
use crate::issue::Prepared;
use crate::lint::{Expected, ThrowAwayKey};
use crate::oid;
use crate::{AssuranceLevel, Error, Installation, Issuer, Profession, Serial, SubjectKey, Validity};

/// The longest validity, in calendar years.
pub const MAX_YEARS: u8 = 1;

/// The most digits of a licence number.
pub const MAX_LICENCE_DIGITS: usize = 10;

/// Who the doctor is: from proofed data only. Never the national ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Legal name of the hospital, in Thai.
    pub organization: String,
    /// Its registered identifier (EN 319 412-1 §5.1.4), if it has one.
    pub organization_identifier: Option<String>,
    /// Surname, in Thai.
    pub surname: String,
    /// Given name, in Thai.
    pub given_name: String,
    /// นายแพทย์ or แพทย์หญิง, or the title of the profession.
    pub title: String,
    /// The name as shown.
    pub common_name: String,
    /// What the doctor is licensed as.
    pub profession: Profession,
    /// Licence number, digits only.
    pub licence: String,
}

impl Subject {
    fn to_name(&self) -> Result<Name, Error> {
        let mut name = NameBuilder::new()?.text(oid::ORGANIZATION_NAME, &self.organization)?;
        if let Some(identifier) = &self.organization_identifier {
            name = name.text(oid::ORGANIZATION_IDENTIFIER, identifier)?;
        }
        // EN 319 412-2 §4.2.4; serialNumber by a national scheme, EN 319 412-1 §5.1.3.
        name.text(oid::SURNAME, &self.surname)?
            .text(oid::GIVEN_NAME, &self.given_name)?
            .text(oid::TITLE, &self.title)?
            .printable(oid::SERIAL_NUMBER, &format!("{}:{COUNTRY}-{}", self.profession.scheme(), self.licence))?
            .text(oid::COMMON_NAME, &self.common_name)?
            .finish()
    }
}

/// Everything that differs from one doctor's certificate to the next.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who.
    pub subject: &'a Subject,
    /// Whose private half is in the token.
    pub public_key: &'a SubjectKey,
    /// A fresh serial number.
    pub serial: Serial,
    /// From when until when.
    pub validity: Validity,
    /// The last second of the licence, if it ends.
    pub licence_end: Option<OffsetDateTime>,
    /// How well the identity was proofed.
    pub level: AssuranceLevel,
    /// The global number of the CRL shard that will list it ([`crate::IssuerName::shard`]).
    pub shard: u16,
}

/// Builds and lints a doctor's certificate.
///
/// # Errors
/// [`Error::Lint`] with every broken rule; [`Error::Value`] for a licence number that is not one to ten digits;
/// [`Error::Encoding`], [`Error::Time`] for values that cannot be written.
pub fn prepare(
    request: &Request<'_>,
    issuer: &Issuer,
    installation: &Installation,
    throw_away: &ThrowAwayKey,
) -> Result<Prepared, Error> {
    let Request { subject, public_key, serial, validity, licence_end, level, shard } = *request;
    if !is_licence(&subject.licence) {
        return Err(Error::Value { what: "licence number" });
    }
    let urls = &installation.urls;
    let profession = subject.profession;
    let extensions = vec![
        // RFC 5280 §4.2.1.1
        authority_key_identifier(issuer)?,
        // RFC 5280 §4.2.1.2
        subject_key_identifier(public_key.identifier())?,
        // RFC 5280 §4.2.1.3, EN 319 412-2 §4.3.2 type A: critical, nonRepudiation alone.
        extension(oid::KEY_USAGE, true, &KeyUsage(KeyUsages::NonRepudiation.into()))?,
        // RFC 5280 §4.2.1.4: one policy, by assurance level; another one where nothing is proved.
        extension(
            oid::CERTIFICATE_POLICIES,
            false,
            &policies::with_cps(installation.policies.doctor(level), &urls.cps())?,
        )?,
        // RFC 5280 §4.2.1.12, RFC 9336 §3: documents only. No e-mail, no log-in.
        extension(oid::EXTENDED_KEY_USAGE, false, &ExtendedKeyUsage(vec![oid::DOCUMENT_SIGNING]))?,
        // RFC 5280 §4.2.1.13: the shard, fixed for the certificate's life.
        extension(
            oid::CRL_DISTRIBUTION_POINTS,
            false,
            &CrlDistributionPoints(vec![distribution_point(&urls.crl_shard(shard))?]),
        )?,
        // RFC 5280 §4.2.2.1, EN 319 412-2 §4.4.1
        authority_information_access(Some(&urls.ocsp()), &urls.ca_certificate(issuer.published_name()))?,
        // RFC 3739 §3.2.6, EN 319 412-5
        extension(oid::QC_STATEMENTS, false, &qc_statements::for_doctor(profession, urls)?)?,
        // Common PKI part 1 §3.5.2
        extension(
            oid::ADMISSION,
            false,
            &AdmissionSyntax::new(profession, installation.policies.profession(profession), &subject.licence)?,
        )?,
    ];
    let tbs = fields((&issuer.name, &issuer.key), subject.to_name()?, public_key.spki(), serial, validity, extensions)?;
    let expected = Expected { kind: Kind::Doctor, issuer: Some(issuer), installation, licence_end };
    Prepared::new(&tbs, serial, &expected, throw_away)
}

/// Whether this is a licence number: one to ten ASCII digits, no leading zero.
pub(crate) fn is_licence(text: &str) -> bool {
    (1..=MAX_LICENCE_DIGITS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0')
}
