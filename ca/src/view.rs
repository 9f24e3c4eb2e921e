//! Reading a certificate: what others show of it.

use der::Decode;
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
    KeyUsage, SubjectKeyIdentifier,
};

use crate::asn1::admission::AdmissionSyntax;
use crate::asn1::name;
use crate::asn1::policies::PolicyInformation;
use crate::oid::{self, Oid};
use crate::{Error, Issuer, Serial, Validity};

/// The largest certificate read or issued, in octets.
pub(crate) const MAX_CERTIFICATE: usize = 16 * 1024;

/// The most attributes of a name and the most extensions.
const MAX_ITEMS: usize = 64;

/// What a certificate says. Nothing here is verified: see a verdict for that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateView {
    /// Serial number: the DER INTEGER's significant octets in lower-case hexadecimal.
    pub serial: String,
    /// The issuer's common name.
    pub issuer_common_name: Option<String>,
    /// The issuer as one line (RFC 4514).
    pub issuer: String,
    /// The subject as one line (RFC 4514).
    pub subject: String,
    /// The subject's common name.
    pub common_name: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// The hospital, or the body that runs a CA.
    pub organization: Option<String>,
    /// Its registered identifier.
    pub organization_identifier: Option<String>,
    /// The subject's serialNumber attribute (`MD:TH-12345`).
    pub serial_number_attribute: Option<String>,
    /// Licence number: the Admission extension's registrationNumber.
    pub licence: Option<String>,
    /// The profession as the Admission extension words it.
    pub profession: Option<String>,
    /// The profession's identifier.
    pub profession_oid: Option<Oid>,
    /// From when until when.
    pub validity: Validity,
    /// Subject key identifier.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// Authority key identifier.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// Certificate policies.
    pub policies: Vec<Oid>,
    /// Key uses by their names in RFC 5280 §4.2.1.3.
    pub key_usage: Vec<&'static str>,
    /// Extended key uses.
    pub extended_key_usage: Vec<Oid>,
    /// Whether it is a CA.
    pub is_ca: bool,
    /// Where its CRL is.
    pub crl_url: Option<String>,
    /// Where OCSP answers for it.
    pub ocsp_url: Option<String>,
    /// Where its issuer's certificate is.
    pub issuer_url: Option<String>,
    /// DER of the `SubjectPublicKeyInfo`.
    pub spki_der: Vec<u8>,
    /// SHA-256 of the subject's DER.
    pub subject_sha256: [u8; 32],
    /// SHA-256 of the whole certificate.
    pub sha256: [u8; 32],
}

impl CertificateView {
    /// The serial number as this PKI writes it; none for a certificate of another form.
    #[must_use]
    pub fn serial(&self) -> Option<Serial> {
        self.serial.parse().ok()
    }
}

/// Reads a DER certificate.
///
/// # Errors
/// [`Error::TooLarge`] beyond 16 KiB or 64 items; [`Error::Malformed`] for anything that is not strict DER, or an
/// extension read here that is there twice or cannot be read.
pub fn parse(der: &[u8]) -> Result<CertificateView, Error> {
    let what = "certificate";
    if der.len() > MAX_CERTIFICATE {
        return Err(Error::TooLarge { what });
    }
    let certificate = x509_cert::Certificate::from_der(der).map_err(Error::malformed(what))?;
    let tbs = certificate.tbs_certificate();
    let extensions = tbs.extensions().map_or(0, Vec::len);
    if extensions.max(tbs.subject().iter().count()).max(tbs.issuer().iter().count()) > MAX_ITEMS {
        return Err(Error::TooLarge { what });
    }
    let subject = tbs.subject();
    let admission: Option<AdmissionSyntax> = read(tbs, oid::ADMISSION)?;
    let profession = admission.as_ref().and_then(AdmissionSyntax::sole_profession);
    let usage: Option<KeyUsage> = read(tbs, oid::KEY_USAGE)?;
    let purposes: Option<ExtendedKeyUsage> = read(tbs, oid::EXTENDED_KEY_USAGE)?;
    let policies: Option<Vec<PolicyInformation>> = read(tbs, oid::CERTIFICATE_POLICIES)?;
    let points: Option<CrlDistributionPoints> = read(tbs, oid::CRL_DISTRIBUTION_POINTS)?;
    let access: Option<AuthorityInfoAccessSyntax> = read(tbs, oid::AUTHORITY_INFORMATION_ACCESS)?;
    let constraints: Option<BasicConstraints> = read(tbs, oid::BASIC_CONSTRAINTS)?;
    let own: Option<SubjectKeyIdentifier> = read(tbs, oid::SUBJECT_KEY_IDENTIFIER)?;
    let authority: Option<AuthorityKeyIdentifier> = read(tbs, oid::AUTHORITY_KEY_IDENTIFIER)?;
    let spki = tbs.subject_public_key_info();
    Ok(CertificateView {
        serial: hexadecimal(tbs.serial_number().as_bytes()),
        issuer_common_name: name::sole_text(tbs.issuer(), oid::COMMON_NAME),
        issuer: tbs.issuer().to_string(),
        subject: subject.to_string(),
        common_name: name::sole_text(subject, oid::COMMON_NAME),
        surname: name::sole_text(subject, oid::SURNAME),
        given_name: name::sole_text(subject, oid::GIVEN_NAME),
        title: name::sole_text(subject, oid::TITLE),
        organization: name::sole_text(subject, oid::ORGANIZATION_NAME),
        organization_identifier: name::sole_text(subject, oid::ORGANIZATION_IDENTIFIER),
        serial_number_attribute: name::sole_text(subject, oid::SERIAL_NUMBER),
        licence: profession.and_then(|info| Some(info.registration_number.as_ref()?.as_str().to_owned())),
        profession: profession.and_then(|info| Some(info.profession_items.first()?.value().into_owned())),
        profession_oid: profession.and_then(|info| info.profession_oids.as_ref()?.first().cloned()),
        validity: Validity::from_der(tbs.validity())?,
        subject_key_identifier: own.map(|identifier| identifier.0.as_bytes().to_vec()),
        authority_key_identifier: authority.and_then(|found| Some(found.key_identifier?.as_bytes().to_vec())),
        policies: policies.into_iter().flatten().map(|policy| policy.policy_identifier).collect(),
        key_usage: usage.as_ref().map(usage_names).unwrap_or_default(),
        extended_key_usage: purposes.into_iter().flat_map(|purposes| purposes.0).map(Oid::from).collect(),
        is_ca: constraints.is_some_and(|constraints| constraints.ca),
        crl_url: points.as_ref().and_then(crl_url),
        ocsp_url: access.as_ref().and_then(|access| access_url(access, oid::ACCESS_OCSP)),
        issuer_url: access.as_ref().and_then(|access| access_url(access, oid::ACCESS_CA_ISSUERS)),
        spki_der: der::Encode::to_der(spki).map_err(Error::malformed(what))?,
        subject_sha256: Sha256::digest(der::Encode::to_der(subject).map_err(Error::malformed(what))?).into(),
        sha256: Sha256::digest(der).into(),
    })
}

/// Reads a DER certificate only if this CA signed it. When and for what it is good is not asked.
///
/// # Errors
/// As [`parse`]; [`Error::Signature`] if it names another issuer or the CA's key did not sign it.
pub fn parse_issued_by(der: &[u8], issuer: &Issuer) -> Result<CertificateView, Error> {
    let view = parse(der)?;
    let what = "certificate";
    let certificate = x509_cert::Certificate::from_der(der).map_err(Error::malformed(what))?;
    let tbs = certificate.tbs_certificate();
    let algorithm = issuer.key.curve().signature_algorithm();
    if *tbs.issuer() != issuer.name || *certificate.signature_algorithm() != algorithm || *tbs.signature() != algorithm
    {
        return Err(Error::Signature);
    }
    let signed = der::Encode::to_der(tbs).map_err(Error::malformed(what))?;
    let signature = certificate.signature().as_bytes().ok_or(Error::Malformed { what })?;
    issuer.key.verify(&signed, signature)?;
    Ok(view)
}

fn read<T: for<'a> Decode<'a>>(
    tbs: &x509_cert::certificate::TbsCertificate,
    identifier: der::asn1::ObjectIdentifier,
) -> Result<Option<T>, Error> {
    let bad = || Error::Malformed { what: "extension" };
    let mut found = tbs.extensions().into_iter().flatten().filter(|extension| extension.extn_id == identifier);
    let Some(extension) = found.next() else { return Ok(None) };
    // RFC 5280 §4.2: no more than one of each.
    if found.next().is_some() {
        return Err(bad());
    }
    T::from_der(extension.extn_value.as_bytes()).map(Some).map_err(|_| bad())
}

fn usage_names(usage: &KeyUsage) -> Vec<&'static str> {
    [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ]
    .into_iter()
    .filter_map(|(is_set, name)| is_set.then_some(name))
    .collect()
}

fn crl_url(points: &CrlDistributionPoints) -> Option<String> {
    points.0.iter().find_map(|point| match point.distribution_point.as_ref()? {
        DistributionPointName::FullName(names) => names.iter().find_map(url),
        DistributionPointName::NameRelativeToCRLIssuer(_) => None,
    })
}

fn access_url(access: &AuthorityInfoAccessSyntax, method: der::asn1::ObjectIdentifier) -> Option<String> {
    access
        .0
        .iter()
        .filter(|description| description.access_method == method)
        .find_map(|found| url(&found.access_location))
}

fn url(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(url) => Some(url.as_str().to_owned()),
        _ => None,
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    let significant = match octets {
        [0, rest @ ..] if !rest.is_empty() => rest,
        whole => whole,
    };
    significant.iter().map(|octet| format!("{octet:02x}")).collect()
}
