//! Rules over the extensions that more than one kind of certificate has.

use der::asn1::{Ia5StringRef, ObjectIdentifier};
use der::{Decode, Encode};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
    KeyUsage, KeyUsages, SubjectKeyIdentifier,
};

use super::{Candidate, ensure};
use crate::PublicKey;
use crate::asn1::policies::PolicyInformation;
use crate::oid::{
    self, ADMISSION, AUTHORITY_INFORMATION_ACCESS as AIA, AUTHORITY_KEY_IDENTIFIER as AKI, BASIC_CONSTRAINTS as BASIC,
    CERTIFICATE_POLICIES as POLICIES, CRL_DISTRIBUTION_POINTS as CRLDP, EXTENDED_KEY_USAGE as PURPOSES,
    KEY_USAGE as USAGE, OCSP_NO_CHECK as NO_CHECK, Oid, QC_STATEMENTS as STATEMENTS, SUBJECT_KEY_IDENTIFIER as SKI,
};
use crate::profile::Kind;

const CRITICAL: bool = true;
const PLAIN: bool = false;

/// Exactly these extensions, once each, in this order, critical or not as the profile says.
const fn profile(kind: Kind) -> &'static [(ObjectIdentifier, bool)] {
    match kind {
        Kind::Root => &[(SKI, PLAIN), (USAGE, CRITICAL), (BASIC, CRITICAL)],
        Kind::Issuing => &[
            (AKI, PLAIN),
            (SKI, PLAIN),
            (USAGE, CRITICAL),
            (POLICIES, PLAIN),
            (BASIC, CRITICAL),
            (CRLDP, PLAIN),
            (AIA, PLAIN),
        ],
        Kind::OcspResponder => {
            &[(AKI, PLAIN), (SKI, PLAIN), (USAGE, CRITICAL), (PURPOSES, PLAIN), (AIA, PLAIN), (NO_CHECK, PLAIN)]
        }
        Kind::Doctor => &[
            (AKI, PLAIN),
            (SKI, PLAIN),
            (USAGE, CRITICAL),
            (POLICIES, PLAIN),
            (PURPOSES, PLAIN),
            (CRLDP, PLAIN),
            (AIA, PLAIN),
            (STATEMENTS, PLAIN),
            (ADMISSION, PLAIN),
        ],
    }
}

pub(super) fn set(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: Vec<_> = candidate
        .tbs()
        .extensions()
        .into_iter()
        .flatten()
        .map(|extension| (extension.extn_id, extension.critical))
        .collect();
    ensure(found == profile(candidate.expected.kind), "not the extensions of its kind in their order and criticality")
}

pub(super) fn authority_key_identifier(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(issuer) = candidate.expected.issuer else { return Ok(()) };
    let found: AuthorityKeyIdentifier = read(candidate, oid::AUTHORITY_KEY_IDENTIFIER)?;
    let alone = found.authority_cert_issuer.is_none() && found.authority_cert_serial_number.is_none();
    let same = found.key_identifier.is_some_and(|identifier| identifier.as_bytes() == issuer.key_identifier);
    ensure(alone && same, "not the issuer's key identifier alone")
}

pub(super) fn subject_key_identifier(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: SubjectKeyIdentifier = read(candidate, oid::SUBJECT_KEY_IDENTIFIER)?;
    let key =
        PublicKey::from_spki(candidate.tbs().subject_public_key_info().clone()).map_err(|error| error.to_string())?;
    ensure(found.0.as_bytes() == key.identifier(), "not SHA-1 of the key")
}

pub(super) fn key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: KeyUsage = read(candidate, oid::KEY_USAGE)?;
    let wanted = match candidate.expected.kind {
        Kind::Root | Kind::Issuing => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        Kind::OcspResponder => KeyUsages::DigitalSignature.into(),
        Kind::Doctor => KeyUsages::NonRepudiation.into(),
    };
    ensure(found.0 == wanted, "other uses than its kind has")
}

/// One policy with the practice statement's address. A doctor's is one of this installation's, and an installation
/// that is not in production never issues under a policy that is.
pub(super) fn certificate_policies(candidate: &Candidate<'_>) -> Result<(), String> {
    let policies = &candidate.expected.installation.policies;
    let kind = candidate.expected.kind;
    if matches!(kind, Kind::Root | Kind::OcspResponder) {
        return Ok(());
    }
    let found: Vec<PolicyInformation> = read(candidate, oid::CERTIFICATE_POLICIES)?;
    let [PolicyInformation { policy_identifier, policy_qualifiers: Some(qualifiers) }] = found.as_slice() else {
        return Err("not one policy with a qualifier".to_owned());
    };
    let known = match kind {
        Kind::Doctor => {
            policies.level(policy_identifier).is_some_and(|level| policies.doctor(level) == *policy_identifier)
        }
        _ => *policy_identifier == Oid::from(oid::ANY_POLICY),
    };
    ensure(known, "a policy that is not this installation's")?;
    let cps = candidate.expected.installation.urls.cps();
    let named = matches!(qualifiers.as_slice(), [qualifier]
        if qualifier.policy_qualifier_id == oid::CPS_QUALIFIER
            && qualifier.qualifier.decode_as::<Ia5StringRef<'_>>().is_ok_and(|uri| uri.as_str() == cps));
    ensure(named, "not the practice statement's address alone")
}

pub(super) fn basic_constraints(candidate: &Candidate<'_>) -> Result<(), String> {
    let path_len_constraint = match candidate.expected.kind {
        Kind::Root => None,
        Kind::Issuing => Some(0),
        Kind::OcspResponder | Kind::Doctor => return Ok(()),
    };
    let found: BasicConstraints = read(candidate, oid::BASIC_CONSTRAINTS)?;
    ensure(found == BasicConstraints { ca: true, path_len_constraint }, "not a CA of this path length")
}

pub(super) fn extended_key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let wanted = match candidate.expected.kind {
        Kind::Root | Kind::Issuing => return Ok(()),
        Kind::OcspResponder => oid::OCSP_SIGNING,
        Kind::Doctor => oid::DOCUMENT_SIGNING,
    };
    let found: ExtendedKeyUsage = read(candidate, oid::EXTENDED_KEY_USAGE)?;
    ensure(found.0 == [wanted], "not the one purpose of its kind")
}

pub(super) fn crl_distribution_points(candidate: &Candidate<'_>) -> Result<(), String> {
    let urls = &candidate.expected.installation.urls;
    let kind = candidate.expected.kind;
    if matches!(kind, Kind::Root | Kind::OcspResponder) {
        return Ok(());
    }
    let found: CrlDistributionPoints = read(candidate, oid::CRL_DISTRIBUTION_POINTS)?;
    let [point] = found.0.as_slice() else { return Err("not one distribution point".to_owned()) };
    ensure(point.reasons.is_none() && point.crl_issuer.is_none(), "some reasons only, or another issuer's CRL")?;
    let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
        return Err("no full name".to_owned());
    };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else {
        return Err("not one URL".to_owned());
    };
    let fits = match kind {
        Kind::Doctor => url
            .as_str()
            .strip_prefix(&urls.shard_prefix())
            .and_then(|rest| rest.strip_suffix(".crl")?.parse::<u16>().ok())
            .is_some_and(|shard| urls.crl_shard(shard) == url.as_str()),
        _ => url.as_str() == urls.root_crl(),
    };
    ensure(fits, "not a CRL of this installation")
}

pub(super) fn authority_information_access(candidate: &Candidate<'_>) -> Result<(), String> {
    let urls = &candidate.expected.installation.urls;
    let wanted = match candidate.expected.kind {
        Kind::Root => return Ok(()),
        Kind::Issuing => vec![(oid::ACCESS_CA_ISSUERS, urls.ca_certificate("root"))],
        Kind::OcspResponder => vec![(oid::ACCESS_CA_ISSUERS, urls.ca_certificate("issuing"))],
        Kind::Doctor => {
            vec![(oid::ACCESS_OCSP, urls.ocsp()), (oid::ACCESS_CA_ISSUERS, urls.ca_certificate("issuing"))]
        }
    };
    let found: AuthorityInfoAccessSyntax = read(candidate, oid::AUTHORITY_INFORMATION_ACCESS)?;
    let mut pairs = Vec::new();
    for description in &found.0 {
        let GeneralName::UniformResourceIdentifier(url) = &description.access_location else {
            return Err("not a URL".to_owned());
        };
        pairs.push((description.access_method, url.as_str().to_owned()));
    }
    ensure(pairs == wanted, "not the addresses of this installation")
}

pub(super) fn ocsp_no_check(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.expected.kind != Kind::OcspResponder {
        return Ok(());
    }
    read::<der::asn1::Null>(candidate, oid::OCSP_NO_CHECK).map(|_| ())
}

/// The content of the extension, there exactly once and in DER without a doubt.
pub(super) fn read<T>(candidate: &Candidate<'_>, identifier: ObjectIdentifier) -> Result<T, String>
where
    T: for<'a> Decode<'a> + Encode,
{
    let mut found =
        candidate.tbs().extensions().into_iter().flatten().filter(|extension| extension.extn_id == identifier);
    let extension = found.next().ok_or_else(|| "absent".to_owned())?;
    ensure(found.next().is_none(), "there twice")?;
    let octets = extension.extn_value.as_bytes();
    let content = T::from_der(octets).map_err(|_| "cannot be read".to_owned())?;
    let again = content.to_der().map_err(|_| "cannot be encoded again".to_owned())?;
    ensure(again == octets, "reads back as other bytes")?;
    Ok(content)
}
