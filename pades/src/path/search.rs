//! Path building: depth first from the leaf, anchors before others, within a budget (RFC 4158).

use super::effort::Effort;
use super::{Finding, Reason};
use crate::x509::algorithm::SignatureFault;
use crate::x509::certificate::Certificate;
use crate::x509::name;

/// Certificates in a path, leaf and anchor included.
pub(crate) const LONGEST: usize = 10;
/// Steps from a certificate to its issuers in one search.
const STEPS: usize = 2000;
/// What looking at one issuer costs, in bytes hashed.
const CANDIDATE: usize = 4096;
/// Complete paths judged in one search.
const PATHS: usize = 32;

/// What a path may be built of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificates<'p, 'a> {
    pub(crate) anchors: &'p [Certificate<'a>],
    pub(crate) pool: &'p [Certificate<'a>],
    pub(crate) effort: &'p Effort,
}

/// The path that came nearest, and why it does not hold.
#[derive(Debug, Clone)]
pub(crate) struct Failure<'a> {
    pub(crate) path: Vec<Certificate<'a>>,
    pub(crate) findings: Vec<Finding>,
}

impl Failure<'_> {
    /// Distance of the worst reason.
    pub(crate) fn distance(&self) -> u8 {
        self.findings.iter().map(|f| f.reason.distance()).max().unwrap_or(0)
    }
}

struct Search<'s, 'p, 'a, Judge> {
    certificates: &'s Certificates<'p, 'a>,
    judge: Judge,
    steps: usize,
    paths: usize,
    /// Anchors, then the pool, each with its subject in the form that compares.
    named: Vec<(bool, &'p Certificate<'a>, Option<Vec<name::Relative>>)>,
    /// Octets of all these names.
    octets: usize,
    best: Failure<'a>,
}

impl<'a> Certificates<'_, 'a> {
    /// The first path from `leaf` to an anchor, both inclusive, that `judge` has nothing against.
    pub(crate) fn find(
        &self,
        leaf: &Certificate<'a>,
        judge: impl FnMut(&[Certificate<'a>]) -> Vec<Finding>,
    ) -> Result<Vec<Certificate<'a>>, Failure<'a>> {
        let nowhere = Finding { reason: Reason::NoPath, depth: 0 };
        let all = self.anchors.iter().map(|c| (true, c)).chain(self.pool.iter().map(|c| (false, c)));
        let named: Vec<_> = all.map(|(anchor, c)| (anchor, c, name::comparable(c.subject).ok())).collect();
        let mut search = Search {
            certificates: self,
            judge,
            steps: STEPS,
            paths: PATHS,
            octets: named.iter().map(|(_, c, _)| c.subject.len()).sum(),
            named,
            best: Failure { path: vec![leaf.clone()], findings: vec![nowhere] },
        };
        let mut path = vec![leaf.clone()];
        if search.extend(&mut path) { Ok(path) } else { Err(search.best) }
    }
}

impl<'a, Judge: FnMut(&[Certificate<'a>]) -> Vec<Finding>> Search<'_, '_, 'a, Judge> {
    fn extend(&mut self, path: &mut Vec<Certificate<'a>>) -> bool {
        let Some(last) = path.last().cloned() else { return false };
        let depth = path.len() - 1;
        if self.certificates.anchors.iter().any(|a| a.raw == last.raw) {
            return self.complete(path);
        }
        if path.len() >= LONGEST {
            self.fail(path, Reason::Budget, depth);
            return false;
        }
        self.steps = self.steps.saturating_sub(1);
        let searched = self.certificates.effort.spend(self.octets);
        for issuer in self.candidates(&last) {
            // RFC 4158 §5.2: the same name with the same key is a loop.
            if path.iter().any(|c| c.key.bits == issuer.key.bits && name::same(c.subject, issuer.subject)) {
                continue;
            }
            if self.steps == 0 || self.paths == 0 || !searched || !self.certificates.effort.spend(CANDIDATE) {
                self.fail(path, Reason::Budget, depth);
                return false;
            }
            match self.certificates.effort.verify(&issuer.key, last.algorithm, last.tbs, last.signature) {
                Ok(()) => {
                    path.push(issuer);
                    if self.extend(path) {
                        return true;
                    }
                    path.pop();
                }
                // Another key of the same name, unless the key identifiers say that it is this one.
                Err(SignatureFault::Wrong) => {
                    let named = last.extensions.authority_key;
                    if named.is_some() && named == issuer.extensions.key_identifier {
                        self.fail(path, Reason::SignatureWrong, depth);
                    }
                }
                Err(SignatureFault::Weak) => self.fail(path, Reason::WeakAlgorithm, depth),
                Err(SignatureFault::Unsupported) => self.fail(path, Reason::UnsupportedAlgorithm, depth),
            }
        }
        false
    }

    /// Certificates of the issuer's name: anchors first, then those with the key that the certificate names.
    fn candidates(&self, last: &Certificate<'a>) -> Vec<Certificate<'a>> {
        let mut found: Vec<(bool, bool, &Certificate<'a>)> = Vec::new();
        let wanted = name::comparable(last.issuer).ok();
        for (anchor, candidate, subject) in &self.named {
            let same = candidate.subject == last.issuer || (wanted.is_some() && *subject == wanted);
            if same {
                let named = last.extensions.authority_key;
                let fits = named.is_none() || named == candidate.extensions.key_identifier;
                found.push((*anchor, fits, candidate));
            }
        }
        found.sort_by_key(|(anchor, fits, _)| (!fits, !anchor));
        found.into_iter().map(|(_, _, candidate)| candidate.clone()).collect()
    }

    fn complete(&mut self, path: &[Certificate<'a>]) -> bool {
        self.paths = self.paths.saturating_sub(1);
        let findings = (self.judge)(path);
        if findings.is_empty() {
            return true;
        }
        self.keep(Failure { path: path.to_vec(), findings });
        false
    }

    fn fail(&mut self, path: &[Certificate<'a>], reason: Reason, depth: usize) {
        self.keep(Failure { path: path.to_vec(), findings: vec![Finding { reason, depth }] });
    }

    fn keep(&mut self, failure: Failure<'a>) {
        let rank = |f: &Failure<'_>| (f.distance(), f.findings.len());
        if rank(&failure) < rank(&self.best) {
            self.best = failure;
        }
    }
}
