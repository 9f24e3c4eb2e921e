//! Path validation (RFC 5280 §6.1), over each path the search finds until one holds.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::constraints::Constraints;
use super::effort::Effort;
use super::policies::{Initial, Policies, dotted};
use super::revocation::{Answer, Instants, Sources};
use super::search::Certificates;
use super::{Finding, ProfileRule, Question, Reason, RevocationCheck, Strictness, Verdict, rules};
use crate::x509::asn1::Reader;
use crate::x509::certificate::{Certificate, KEY_CERT_SIGN};
use crate::x509::oid;

/// Certificates taken from the caller at most, of each kind.
const POOL: usize = 512;

/// Whether `leaf`, a certificate in DER, is valid as asked.
///
/// Takes any bytes, never panics, and stops within the budgets.
#[must_use]
pub fn validate(leaf: &[u8], question: &Question<'_>) -> Verdict {
    let asked = !question.crls.is_empty() || question.status.is_some();
    let revocation = if asked { RevocationCheck::Crls } else { RevocationCheck::NotAsked };
    let Ok(leaf) = Certificate::parse(leaf) else {
        let malformed = Finding { reason: Reason::Malformed, depth: 0 };
        return Verdict::of(vec![malformed], &[], Vec::new(), revocation);
    };
    let (anchors, pool) = (parsed(question.anchors), parsed(question.untrusted));
    let crls: Vec<&[u8]> = question.crls.iter().map(Vec::as_slice).collect();
    let at = question.at.replace_nanosecond(0).unwrap_or(question.at);
    let profiled = question.strictness == Strictness::Profile;
    let effort = Effort::default();
    let sources = Sources { crls: &crls, ocsps: &[], pool: &pool, own: question.status, profiled, effort: &effort };
    let mut policies = BTreeSet::new();
    let judge = |path: &[Certificate<'_>]| {
        let (mut findings, valid) = check(path, &Rules::of(question), at);
        policies = valid;
        if findings.is_empty() && revocation == RevocationCheck::Crls {
            findings = revoked(path, sources, at);
        }
        findings
    };
    let certificates = Certificates { anchors: &anchors, pool: &pool, effort: &effort };
    match certificates.find(&leaf, judge) {
        // A list that was left unread may be the one that revokes.
        _ if effort.is_spent() => {
            let budget = Finding { reason: Reason::Budget, depth: 0 };
            Verdict::of(vec![budget], &[], Vec::new(), revocation)
        }
        Ok(path) => Verdict::of(Vec::new(), &path, policies.iter().map(|p| dotted(p)).collect(), revocation),
        Err(failure) => Verdict::of(failure.findings, &failure.path, Vec::new(), revocation),
    }
}

fn parsed(list: &[Vec<u8>]) -> Vec<Certificate<'_>> {
    list.iter().take(POOL).filter_map(|der| Certificate::parse(der).ok()).collect()
}

/// Validates the first of several DER structures under all of them and drops the verdict: the body of a fuzz target.
pub fn exercise(bytes: &[u8]) {
    let mut structures = Vec::new();
    let mut reader = Reader::new(bytes);
    while structures.len() < 8
        && let Ok(element) = reader.any()
    {
        structures.push(element.raw.to_vec());
    }
    let Some((leaf, others)) = structures.split_first() else { return };
    let question = Question { anchors: others, crls: others, ..Question::new(OffsetDateTime::UNIX_EPOCH) };
    let _ = validate(leaf, &question);
    let rules = Question { untrusted: others, anchors: others.get(1..).unwrap_or_default(), ..question };
    let _ = validate(leaf, &rules);
}

/// What a path is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'r> {
    strictness: Strictness,
    purpose: Option<&'r [u8]>,
    initial: Initial<'r>,
    names: &'r [super::PeerName],
    intermediates: Option<usize>,
}

impl<'r> Rules<'r> {
    /// §6 alone, for any policy and purpose.
    pub(crate) const PATH: Self = Self {
        strictness: Strictness::Path,
        purpose: None,
        initial: Initial { wanted: &[], explicit: false, inhibit_mapping: false, inhibit_any: false },
        names: &[],
        intermediates: None,
    };

    const fn of(question: &Question<'r>) -> Self {
        Self {
            strictness: question.strictness,
            purpose: question.purpose,
            initial: Initial {
                wanted: question.policies,
                explicit: question.explicit_policy,
                inhibit_mapping: question.inhibit_mapping,
                inhibit_any: question.inhibit_any,
            },
            names: question.names,
            intermediates: question.intermediates,
        }
    }
}

/// Everything against a path from leaf to anchor except revocation, and the policies valid for it.
pub(crate) fn check(
    path: &[Certificate<'_>],
    rules: &Rules<'_>,
    at: OffsetDateTime,
) -> (Vec<Finding>, BTreeSet<Vec<u8>>) {
    let mut findings: Vec<Finding> = Vec::new();
    let mut add = |depth: usize, reason: Reason| {
        let finding = Finding { reason, depth };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    let last = path.len().saturating_sub(1);
    let mut constraints = Constraints::new();
    let mut policies = Policies::new(last, rules.initial);
    let mut valid = BTreeSet::new();
    // §6.1.2 (k), counted in CA certificates that may still follow.
    let mut length = rules.intermediates.unwrap_or(last);
    for (depth, certificate) in path.iter().enumerate().rev() {
        let (is_leaf, is_anchor) = (depth == 0, depth == last);
        for reason in of_itself(certificate, rules, at) {
            // Nobody looks for an anchor's issuer, so it need not say whose key signed it.
            if !(is_anchor && reason == Reason::Profile(ProfileRule::AuthorityKeyAbsent)) {
                add(depth, reason);
            }
        }
        let exempt = certificate.is_self_issued() && !is_leaf;
        if !is_anchor {
            // §6.1.3 (b)-(f)
            if !exempt && let Err(reason) = constraints.check(certificate) {
                add(depth, reason);
            }
            if let Err(reason) = policies.certificate(certificate, is_leaf) {
                add(depth, reason);
            }
        }
        if is_leaf {
            match policies.wrap_up(certificate, rules.initial) {
                Ok(policies) if !is_anchor => valid = policies,
                Err(reason) if !is_anchor => add(depth, reason),
                _ => {}
            }
            if !rules.names.iter().all(|name| name.is_of(certificate)) {
                add(depth, Reason::PeerName);
            }
            break;
        }
        // §6.1.4
        if is_anchor {
            policies.tighten(certificate);
        } else {
            if let Err(reason) = policies.prepare(certificate) {
                add(depth, reason);
            }
            if !exempt {
                match length.checked_sub(1) {
                    Some(left) => length = left,
                    None => add(depth, Reason::PathLength),
                }
            }
        }
        if let Some(value) = certificate.extensions.name_constraints
            && let Err(reason) = constraints.add(value)
        {
            add(depth, reason);
        }
        match certificate.extensions.basic {
            Some((true, limit)) => length = limit.map_or(length, |l| length.min(l as usize)),
            _ => add(depth, Reason::NotAnAuthority),
        }
        if !certificate.may(KEY_CERT_SIGN) {
            add(depth, Reason::KeyUsage);
        }
    }
    (findings, valid)
}

/// What concerns a certificate alone, wherever it stands in the path.
fn of_itself(certificate: &Certificate<'_>, rules: &Rules<'_>, at: OffsetDateTime) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if at < certificate.not_before {
        reasons.push(Reason::NotYetValid);
    } else if at > certificate.not_after {
        reasons.push(Reason::Expired);
    }
    if certificate.extensions.unknown_critical {
        reasons.push(Reason::UnknownCriticalExtension);
    }
    if rules.strictness == Strictness::Profile {
        reasons.extend(rules::broken(certificate));
    }
    // §4.2.1.12 has it for the leaf; a CA that states purposes is held to them as well.
    if let (Some(wanted), Some(stated)) = (rules.purpose, &certificate.extensions.extended)
        && !stated.iter().any(|p| *p == wanted || *p == oid::ANY_EXTENDED_KEY_USAGE)
    {
        reasons.push(Reason::ExtendedKeyUsage);
    }
    reasons
}

/// §6.3 for each certificate below the anchor.
fn revoked<'a>(path: &[Certificate<'a>], sources: Sources<'_, 'a>, at: OffsetDateTime) -> Vec<Finding> {
    let instants = Instants { signed: at, control: at, now: at };
    let mut findings = Vec::new();
    for depth in 0..path.len().saturating_sub(1) {
        let rest = path.get(depth..).unwrap_or_default();
        let mut add = |reason| findings.push(Finding { reason, depth });
        match sources.status(rest, instants) {
            Answer::Good => {}
            Answer::OnHold => add(Reason::OnHold),
            Answer::NotIssued => add(Reason::NotIssued),
            Answer::Stale => add(Reason::StaleRevocationData),
            Answer::Revoked { .. } => add(Reason::Revoked),
            Answer::NoData => {
                add(Reason::NoRevocationData);
                sources.faults(rest, instants).into_iter().for_each(|fault| add(Reason::CrlUnusable(fault)));
            }
        }
    }
    findings
}
