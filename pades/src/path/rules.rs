//! What a conforming CA puts into its certificates (RFC 5280 §4): one small function for each clause.

use super::constraints::is_host;
use super::{ProfileRule, Reason};
use crate::x509::algorithm::{self, SignatureFault};
use crate::x509::asn1::{Malformed, OID, Parsed, SEQUENCE, single};
use crate::x509::certificate::{Certificate, KEY_CERT_SIGN};
use crate::x509::name::{self, GeneralName};
use crate::x509::oid;

/// Everything that the profile has against a certificate.
pub(super) fn broken(certificate: &Certificate<'_>) -> Vec<Reason> {
    const RULES: [fn(&Certificate<'_>) -> Option<ProfileRule>; 15] = [
        version,
        serial,
        issuer,
        time_form,
        subject,
        authority_key,
        subject_key,
        key_usage,
        policies,
        alternative_name,
        basic_constraints,
        name_constraints,
        policy_constraints,
        extended_key_usage,
        information_access,
    ];
    let mut reasons: Vec<Reason> = RULES.iter().filter_map(|rule| rule(certificate)).map(Reason::Profile).collect();
    match algorithm::strong(&certificate.key) {
        Ok(()) => {}
        Err(SignatureFault::Weak) => reasons.push(Reason::WeakAlgorithm),
        Err(_) => reasons.push(Reason::UnsupportedAlgorithm),
    }
    reasons
}

fn when(broken: bool, rule: ProfileRule) -> Option<ProfileRule> {
    broken.then_some(rule)
}

/// §4.1.2.1
fn version(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    when(certificate.version != 3 && !certificate.extensions.present.is_empty(), ProfileRule::Version)
}

/// §4.1.2.2
fn serial(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let serial = certificate.serial;
    let negative = serial.first().is_none_or(|b| *b >= 0x80);
    when(negative || serial.len() > 20 || serial.iter().all(|b| *b == 0), ProfileRule::Serial)
}

/// §4.1.2.4
fn issuer(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    when(name::is_empty(certificate.issuer), ProfileRule::EmptyIssuer)
}

/// §4.1.2.5
fn time_form(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    when(!certificate.time_forms, ProfileRule::TimeForm)
}

/// §4.1.2.6
fn subject(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let named_elsewhere = certificate.extensions.critical(oid::SUBJECT_ALTERNATIVE_NAME) == Some(true);
    let may_be_empty = !certificate.is_authority() && named_elsewhere;
    when(name::is_empty(certificate.subject) && !may_be_empty, ProfileRule::EmptySubject)
}

/// §4.2.1.1
fn authority_key(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let extensions = &certificate.extensions;
    if extensions.critical(oid::AUTHORITY_KEY_IDENTIFIER) == Some(true) {
        return Some(ProfileRule::AuthorityKeyCritical);
    }
    // Only a self-signed CA may leave it out.
    when(extensions.authority_key.is_none() && !certificate.is_self_issued(), ProfileRule::AuthorityKeyAbsent)
}

/// §4.2.1.2
fn subject_key(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    match certificate.extensions.critical(oid::KEY_IDENTIFIER) {
        Some(true) => Some(ProfileRule::SubjectKeyCritical),
        None if certificate.is_authority() => Some(ProfileRule::SubjectKeyAbsent),
        _ => None,
    }
}

/// §4.2.1.3
fn key_usage(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let usage = certificate.extensions.key_usage?;
    if usage & KEY_CERT_SIGN != 0 && !certificate.is_authority() {
        return Some(ProfileRule::KeyCertSignWithoutAuthority);
    }
    when(usage == 0, ProfileRule::KeyUsageEmpty)
}

/// §4.2.1.4
fn policies(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let policies = certificate.extensions.policies.as_deref()?;
    let twice = policies.iter().enumerate().any(|(index, p)| policies.iter().skip(index + 1).any(|q| q == p));
    when(twice || policies.is_empty(), ProfileRule::PolicyTwice)
}

/// §4.2.1.6
fn alternative_name(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let value = certificate.extensions.alternative_names?;
    let well_formed = |name: &GeneralName<'_>| match name {
        GeneralName::Dns(octets) => {
            std::str::from_utf8(octets).is_ok_and(|text| is_host(text.strip_prefix("*.").unwrap_or(text)))
        }
        GeneralName::Mail(octets) => octets.is_ascii() && octets.contains(&b'@'),
        GeneralName::Uri(octets) => octets.is_ascii() && octets.contains(&b':'),
        GeneralName::Address(octets) => matches!(octets.len(), 4 | 16),
        GeneralName::Directory(_) | GeneralName::Other(_) => true,
    };
    let all = GeneralName::list(value).is_ok_and(|names| names.iter().all(well_formed));
    when(!all, ProfileRule::AlternativeName)
}

/// §4.2.1.9
fn basic_constraints(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let (authority, length) = certificate.extensions.basic?;
    if authority && certificate.extensions.critical(oid::BASIC_CONSTRAINTS) == Some(false) {
        return Some(ProfileRule::BasicConstraintsNotCritical);
    }
    when(length.is_some() && !(authority && certificate.may(KEY_CERT_SIGN)), ProfileRule::PathLengthWithoutAuthority)
}

/// §4.2.1.10
fn name_constraints(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let critical = certificate.extensions.critical(oid::NAME_CONSTRAINTS)?;
    if !certificate.is_authority() {
        return Some(ProfileRule::NameConstraintsOutsideAuthority);
    }
    when(!critical, ProfileRule::NameConstraintsNotCritical)
}

/// §4.2.1.11, §4.2.1.14
fn policy_constraints(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let extensions = &certificate.extensions;
    if extensions.critical(oid::INHIBIT_ANY_POLICY) == Some(false) {
        return Some(ProfileRule::InhibitAnyPolicyNotCritical);
    }
    let critical = extensions.critical(oid::POLICY_CONSTRAINTS)?;
    when(!critical || extensions.policy_constraints == Some((None, None)), ProfileRule::PolicyConstraints)
}

/// §4.2.1.12
fn extended_key_usage(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    when(certificate.extensions.extended.as_ref().is_some_and(Vec::is_empty), ProfileRule::ExtendedKeyUsageEmpty)
}

/// §4.2.2.1
fn information_access(certificate: &Certificate<'_>) -> Option<ProfileRule> {
    let value = certificate.extensions.information_access?;
    let critical = certificate.extensions.critical(oid::AUTHORITY_INFORMATION_ACCESS) == Some(true);
    when(critical || descriptions(value).is_err(), ProfileRule::InformationAccess)
}

fn descriptions(value: &[u8]) -> Parsed<()> {
    let list = single(value, SEQUENCE)?.inside().all(64)?;
    if list.is_empty() {
        return Err(Malformed);
    }
    for description in list {
        let mut inside = description.inside();
        inside.expect(OID)?;
        GeneralName::parse(inside.any()?)?;
        inside.finish()?;
    }
    Ok(())
}
