//! Rules over the extensions that more than one kind of certificate has.

use der::asn1::{Ia5StringRef, ObjectIdentifier};
use der::flagset::FlagSet;
use der::{Decode, Encode};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
    KeyUsage, KeyUsages, PrivateKeyUsagePeriod, SubjectKeyIdentifier,
};

use super::fields::{key, period};
use super::shape::{ListedOn, Policy};
use super::{Candidate, ensure};
use crate::asn1::policies::PolicyInformation;
use crate::instant::{from_generalized, years_after};
use crate::oid::{self, Oid};
use crate::profile::{Kind, tsa};

pub(super) fn set(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = candidate.tbs().extensions().into_iter().flatten();
    let fits =
        found.map(|extension| (extension.extn_id, extension.critical)).eq(candidate.shape.extensions.iter().copied());
    ensure(fits, "not the extensions of its kind in their order and criticality")
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
    ensure(found.0.as_bytes() == key(candidate)?.identifier(), "not SHA-1 of the key")
}

pub(super) fn key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let found: KeyUsage = read(candidate, oid::KEY_USAGE)?;
    let wanted = candidate.shape.usages.iter().fold(FlagSet::default(), |all: FlagSet<KeyUsages>, one| all | *one);
    ensure(found.0 == wanted, "other uses than its kind has")
}

/// The key of a time-stamping unit is used from the first second of the certificate, for a year at most, and stops
/// before the certificate ends.
pub(super) fn private_key_usage_period(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.expected.kind != Kind::Tsa {
        return Ok(());
    }
    let found: PrivateKeyUsagePeriod = read(candidate, oid::PRIVATE_KEY_USAGE_PERIOD)?;
    let (Some(from), Some(until)) = (found.not_before, found.not_after) else {
        return Err("not both ends".to_owned());
    };
    let instants = from_generalized(from).and_then(|from| Ok((from, from_generalized(until)?)));
    let (from, until) = instants.map_err(|error| error.to_string())?;
    let period = period(candidate)?;
    let end = years_after(from, tsa::MAX_KEY_YEARS).map_err(|error| error.to_string())?;
    let fits = from == period.not_before && from < until && until < end && until < period.not_after;
    ensure(fits, "not the first year of the certificate at most")
}

/// One policy, the one of its kind. An installation that is not in production never issues under one that is.
pub(super) fn certificate_policies(candidate: &Candidate<'_>) -> Result<(), String> {
    let policies = &candidate.expected.installation.policies;
    if candidate.shape.policy == Policy::None {
        return Ok(());
    }
    let found: Vec<PolicyInformation> = read(candidate, oid::CERTIFICATE_POLICIES)?;
    let [PolicyInformation { policy_identifier: found, .. }] = found.as_slice() else {
        return Err("not one policy".to_owned());
    };
    let known = match candidate.shape.policy {
        Policy::None => false,
        Policy::Any => *found == Oid::from(oid::ANY_POLICY),
        Policy::Level => policies.level(found).is_some_and(|level| policies.doctor(level) == *found),
        Policy::TimeStampingUnit => *found == policies.time_stamping_unit(),
        Policy::ApiClient => *found == policies.api_client(),
    };
    ensure(known, "a policy that is not this installation's for its kind")
}

/// The practice statement's address, and no text for the user.
pub(super) fn policy_qualifiers(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.shape.policy == Policy::None {
        return Ok(());
    }
    let found: Vec<PolicyInformation> = read(candidate, oid::CERTIFICATE_POLICIES)?;
    let cps = candidate.expected.installation.urls.cps();
    let named = found.iter().all(|policy| {
        matches!(policy.policy_qualifiers.as_deref(), Some([qualifier])
            if qualifier.policy_qualifier_id == oid::CPS_QUALIFIER
                && qualifier.qualifier.decode_as::<Ia5StringRef<'_>>().is_ok_and(|uri| uri.as_str() == cps))
    });
    ensure(named, "not the practice statement's address alone")
}

pub(super) fn basic_constraints(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(path_len_constraint) = candidate.shape.path_length else { return Ok(()) };
    let found: BasicConstraints = read(candidate, oid::BASIC_CONSTRAINTS)?;
    ensure(found == BasicConstraints { ca: true, path_len_constraint }, "not a CA of this path length")
}

pub(super) fn extended_key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let Some(purpose) = candidate.shape.purpose else { return Ok(()) };
    let found: ExtendedKeyUsage = read(candidate, oid::EXTENDED_KEY_USAGE)?;
    ensure(found.0 == [purpose], "not the one purpose of its kind")
}

/// One point, its full name one URL, all reasons, the issuer's own CRL.
pub(super) fn crl_distribution_points(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.shape.listed_on == ListedOn::Nothing { Ok(()) } else { crl_url(candidate).map(|_| ()) }
}

/// The CRL is one that the issuer of this certificate makes.
pub(super) fn crl_of_issuer(candidate: &Candidate<'_>) -> Result<(), String> {
    let urls = &candidate.expected.installation.urls;
    let fits = match candidate.shape.listed_on {
        ListedOn::Nothing => return Ok(()),
        ListedOn::RootCrl => crl_url(candidate)? == urls.root_crl(),
        ListedOn::TsaCrl => crl_url(candidate)? == urls.tsa_crl(),
        ListedOn::Shard => {
            let url = crl_url(candidate)?;
            let number = url.strip_prefix(&urls.shard_prefix()).and_then(|rest| rest.strip_suffix(".crl"));
            number.and_then(|number| number.parse::<u16>().ok()).is_some_and(|shard| {
                let issuer = candidate.expected.issuer.map(|issuer| issuer.published_name());
                urls.crl_shard(shard) == url && issuer.is_some_and(|issuer| issuer.owns_shard(shard))
            })
        }
    };
    ensure(fits, "not a CRL of this issuer")
}

fn crl_url(candidate: &Candidate<'_>) -> Result<String, String> {
    let found: CrlDistributionPoints = read(candidate, oid::CRL_DISTRIBUTION_POINTS)?;
    let [point] = found.0.as_slice() else { return Err("not one distribution point".to_owned()) };
    ensure(point.reasons.is_none() && point.crl_issuer.is_none(), "some reasons only, or another issuer's CRL")?;
    let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
        return Err("no full name".to_owned());
    };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else {
        return Err("not one URL".to_owned());
    };
    Ok(url.as_str().to_owned())
}

pub(super) fn authority_information_access(candidate: &Candidate<'_>) -> Result<(), String> {
    let urls = &candidate.expected.installation.urls;
    let Some(issuer) = candidate.expected.issuer else { return Ok(()) };
    let mut wanted = vec![(oid::ACCESS_CA_ISSUERS, urls.ca_certificate(issuer.published_name()))];
    if candidate.shape.has_ocsp {
        wanted.insert(0, (oid::ACCESS_OCSP, urls.ocsp()));
    }
    let found: AuthorityInfoAccessSyntax = read(candidate, oid::AUTHORITY_INFORMATION_ACCESS)?;
    let mut pairs = Vec::new();
    for description in &found.0 {
        let GeneralName::UniformResourceIdentifier(url) = &description.access_location else {
            return Err("not a URL".to_owned());
        };
        pairs.push((description.access_method, url.as_str().to_owned()));
    }
    ensure(pairs == wanted, "not the addresses of this installation and issuer")
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
