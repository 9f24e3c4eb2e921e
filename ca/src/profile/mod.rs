//! What each kind of certificate says, extension by extension.

mod kind;

pub mod api_client;
pub mod doctor;
pub mod issuing;
pub mod ocsp_responder;
pub mod root;
pub mod tsa;
pub mod tsa_ca;

pub use kind::{Kind, ProfileDocument};

use x509_cert::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{AccessDescription, AuthorityKeyIdentifier, SubjectKeyIdentifier};
use x509_cert::name::Name;

use crate::asn1::name::NameBuilder;
use crate::asn1::tbs::TbsCertificate;
use crate::asn1::{self, extension};
use crate::oid;
use crate::{Error, Issuer, PublicKey, Serial, Validity};
use der::asn1::OctetString;
use spki::SubjectPublicKeyInfoOwned;

/// The name of a CA or a service of it: `C=TH, O, CN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthoritySubject {
    /// Legal name of the body that runs it.
    pub organization: String,
    /// Its own name.
    pub common_name: String,
}

impl AuthoritySubject {
    fn to_name(&self) -> Result<Name, Error> {
        // EN 319 412-2 §4.2.3.1: an issuer's name has country, organization and common name.
        NameBuilder::new()?
            .text(oid::ORGANIZATION_NAME, &self.organization)?
            .text(oid::COMMON_NAME, &self.common_name)?
            .finish()
    }
}

/// The fields before the extensions (RFC 5280 §4.1).
fn fields(
    issuer: (&Name, &PublicKey),
    subject: Name,
    public_key: &SubjectPublicKeyInfoOwned,
    serial: Serial,
    validity: Validity,
    extensions: Vec<Extension>,
) -> Result<TbsCertificate, Error> {
    let (issuer_name, issuer_key) = issuer;
    Ok(TbsCertificate {
        // §4.1.2.1: version 3, for there are extensions.
        version: Version::V3,
        // §4.1.2.2
        serial_number: serial.to_der_integer()?,
        // §4.1.2.3
        signature: issuer_key.curve().signature_algorithm(),
        // §4.1.2.4: the octets of the issuer's subject.
        issuer: issuer_name.clone(),
        // §4.1.2.5
        validity: validity.to_der()?,
        // §4.1.2.6
        subject,
        // §4.1.2.7
        subject_public_key_info: public_key.clone(),
        // §4.1.2.8: never.
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    })
}

/// RFC 5280 §4.2.1.1: the key identifier alone.
fn authority_key_identifier(issuer: &Issuer) -> Result<Extension, Error> {
    let identifier = OctetString::new(issuer.key_identifier.clone()).map_err(Error::encoding("key identifier"))?;
    let content = AuthorityKeyIdentifier { key_identifier: Some(identifier), ..Default::default() };
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &content)
}

/// RFC 5280 §4.2.1.2, method (1).
fn subject_key_identifier(identifier: [u8; 20]) -> Result<Extension, Error> {
    let identifier = OctetString::new(identifier).map_err(Error::encoding("key identifier"))?;
    extension(oid::SUBJECT_KEY_IDENTIFIER, false, &SubjectKeyIdentifier(identifier))
}

/// RFC 5280 §4.2.1.13: one point, its full name one URL, all reasons, the issuer's own CRL.
pub(crate) fn distribution_point(url: &str) -> Result<DistributionPoint, Error> {
    Ok(DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![asn1::uri(url)?])),
        reasons: None,
        crl_issuer: None,
    })
}

/// RFC 5280 §4.2.2.1: where to ask about the certificate, where the issuer's certificate is.
fn authority_information_access(ocsp: Option<&str>, ca_issuers: &str) -> Result<Extension, Error> {
    let mut content = Vec::new();
    if let Some(url) = ocsp {
        content.push(AccessDescription { access_method: oid::ACCESS_OCSP, access_location: asn1::uri(url)? });
    }
    content.push(AccessDescription { access_method: oid::ACCESS_CA_ISSUERS, access_location: asn1::uri(ca_issuers)? });
    extension(oid::AUTHORITY_INFORMATION_ACCESS, false, &content)
}
