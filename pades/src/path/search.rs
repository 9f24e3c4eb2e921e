//! Path building: depth first from the leaf, anchors before others, within a budget (RFC 4158).

use super::{Finding, Reason};
use crate::x509::algorithm::{self, SignatureFault};
use crate::x509::certificate::Certificate;
use crate::x509::name;

/// Certificates in a path, leaf and anchor included.
pub(crate) const LONGEST: usize = 10;
/// Signatures checked in one search.
const SIGNATURES: usize = 200;
/// Complete paths judged in one search.
const PATHS: usize = 32;

/// What a path may be built of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Certificates<'p, 'a> {
    pub(crate) anchors: &'p [Certificate<'a>],
    pub(crate) pool: &'p [Certificate<'a>],
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
    signatures: usize,
    paths: usize,
    /// Checked pairs of certificate and issuer, by the place of their bytes.
    checked: Vec<(*const u8, *const u8, Result<(), SignatureFault>)>,
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
        let mut search = Search {
            certificates: self,
            judge,
            signatures: SIGNATURES,
            paths: PATHS,
            checked: Vec::new(),
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
        for issuer in self.candidates(&last) {
            // RFC 4158 §5.2: the same name with the same key is a loop.
            if path.iter().any(|c| c.key.bits == issuer.key.bits && name::same(c.subject, issuer.subject)) {
                continue;
            }
            if self.signatures == 0 || self.paths == 0 {
                self.fail(path, Reason::Budget, depth);
                return false;
            }
            match self.check(&last, &issuer) {
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
        let Certificates { anchors, pool } = self.certificates;
        let mut found: Vec<(bool, bool, &Certificate<'a>)> = Vec::new();
        let wanted = name::comparable(last.issuer).ok();
        for (anchor, candidate) in anchors.iter().map(|c| (true, c)).chain(pool.iter().map(|c| (false, c))) {
            let same = candidate.subject == last.issuer
                || (wanted.is_some() && name::comparable(candidate.subject).ok() == wanted);
            if same {
                let named = last.extensions.authority_key;
                let fits = named.is_none() || named == candidate.extensions.key_identifier;
                found.push((anchor, fits, candidate));
            }
        }
        found.sort_by_key(|(anchor, fits, _)| (!fits, !anchor));
        found.into_iter().map(|(_, _, candidate)| candidate.clone()).collect()
    }

    fn check(&mut self, last: &Certificate<'a>, issuer: &Certificate<'a>) -> Result<(), SignatureFault> {
        let (one, other) = (last.raw.as_ptr(), issuer.raw.as_ptr());
        if let Some((_, _, known)) = self.checked.iter().find(|(a, b, _)| *a == one && *b == other) {
            return *known;
        }
        self.signatures -= 1;
        let result = algorithm::verify(&issuer.key, last.algorithm, None, last.tbs, last.signature);
        self.checked.push((one, other, result));
        result
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
