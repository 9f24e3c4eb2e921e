//! A path from a certificate to a trust anchor (RFC 5280 §6.1), without policies and name constraints.

use time::OffsetDateTime;

use super::algorithm::{self, SignatureFault};
use super::certificate::{Certificate, KEY_CERT_SIGN};

/// Why there is no path; later ones are nearer to success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ChainFault {
    /// No issuer leads to an anchor.
    NoPath,
    /// The budget ran out.
    Budget,
    /// A certificate breaks a rule of paths.
    Constraint,
    /// A signature of the path uses a refused algorithm.
    Algorithm,
    /// A certificate of the path has expired or is not valid yet.
    Validity,
}

const LONGEST: usize = 8;

/// Path building with what it may use.
#[derive(Debug)]
pub(crate) struct Paths<'p, 'a> {
    pub(crate) anchors: &'p [Certificate<'a>],
    pub(crate) pool: &'p [Certificate<'a>],
}

impl<'a> Paths<'_, 'a> {
    /// The path from `leaf` to an anchor, both inclusive; all valid at `when`.
    pub(crate) fn build(
        &self,
        leaf: &Certificate<'a>,
        when: OffsetDateTime,
    ) -> Result<Vec<Certificate<'a>>, ChainFault> {
        let mut best = ChainFault::NoPath;
        let mut budget = 100usize;
        let mut path = vec![leaf.clone()];
        if self.extend(&mut path, when, &mut budget, &mut best) { Ok(path) } else { Err(best) }
    }

    fn extend(
        &self,
        path: &mut Vec<Certificate<'a>>,
        when: OffsetDateTime,
        budget: &mut usize,
        best: &mut ChainFault,
    ) -> bool {
        let Some(last) = path.last().cloned() else { return false };
        let fail = |best: &mut ChainFault, fault| *best = (*best).max(fault);
        if last.extensions.unknown_critical {
            fail(best, ChainFault::Constraint);
            return false;
        }
        if self.anchors.iter().any(|a| a.raw == last.raw) {
            let valid = last.valid_at(when);
            if !valid {
                fail(best, ChainFault::Validity);
            }
            return valid;
        }
        if path.len() >= LONGEST {
            return false;
        }
        for issuer in self.anchors.iter().chain(self.pool) {
            let again = path.iter().any(|c| c.key.bits == issuer.key.bits && c.subject == issuer.subject);
            if issuer.subject != last.issuer || again {
                continue;
            }
            if *budget == 0 {
                fail(best, ChainFault::Budget);
                return false;
            }
            *budget -= 1;
            match algorithm::verify(&issuer.key, last.algorithm, None, last.tbs, last.signature) {
                Ok(()) => {}
                Err(SignatureFault::Wrong) => continue,
                Err(SignatureFault::Weak | SignatureFault::Unsupported) => {
                    fail(best, ChainFault::Algorithm);
                    continue;
                }
            }
            // RFC 5280 §6.1.4 (k)-(n). Self-issued certificates do not count towards pathLenConstraint.
            let below = path.iter().skip(1).filter(|c| c.subject != c.issuer).count();
            let long = match issuer.extensions.basic {
                Some((true, limit)) => limit.is_some_and(|l| below > l as usize),
                _ => true,
            };
            if long || !issuer.may(KEY_CERT_SIGN) {
                fail(best, ChainFault::Constraint);
                continue;
            }
            path.push(issuer.clone());
            if self.extend(path, when, budget, best) {
                if last.valid_at(when) {
                    return true;
                }
                fail(best, ChainFault::Validity);
            }
            path.pop();
        }
        false
    }
}
