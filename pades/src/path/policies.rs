//! Certificate policies (RFC 5280 §6.1.2-§6.1.5) as levels of distinct policies instead of a tree, which an attacker
//! could grow without bound (RFC 9618).

use std::collections::{BTreeMap, BTreeSet};

use super::Reason;
use crate::x509::certificate::Certificate;
use crate::x509::oid::ANY_POLICY;

type Policy = Vec<u8>;

/// Nodes of one level; a path that maps more policies than this is given up.
const WIDTH: usize = 512;

/// A policy valid so far.
#[derive(Debug, Clone, Default)]
struct Node {
    /// `expected_policy_set`
    expected: BTreeSet<Policy>,
    /// The policies in the trust anchor's domain that it comes from; `None` while it is any of them.
    origins: Option<BTreeSet<Policy>>,
}

/// The state of policy processing.
#[derive(Debug)]
pub(super) struct Policies {
    /// The nodes of the last level; empty is the tree NULL.
    level: BTreeMap<Policy, Node>,
    explicit: usize,
    mapping: usize,
    any: usize,
}

/// The initial variables (§6.1.1).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Initial<'i> {
    pub(super) wanted: &'i [&'i [u8]],
    pub(super) explicit: bool,
    pub(super) inhibit_mapping: bool,
    pub(super) inhibit_any: bool,
}

impl Policies {
    /// §6.1.2 for a path of `length` certificates below the anchor.
    pub(super) fn new(length: usize, initial: Initial<'_>) -> Self {
        let variable = |set: bool| if set { 0 } else { length + 1 };
        let any = Node { expected: BTreeSet::from([ANY_POLICY.to_vec()]), origins: None };
        Self {
            level: BTreeMap::from([(ANY_POLICY.to_vec(), any)]),
            explicit: variable(initial.explicit),
            mapping: variable(initial.inhibit_mapping),
            any: variable(initial.inhibit_any),
        }
    }

    /// §6.1.3 (d)-(f).
    pub(super) fn certificate(&mut self, certificate: &Certificate<'_>, last: bool) -> Result<(), Reason> {
        let Some(stated) = &certificate.extensions.policies else {
            self.level.clear();
            return self.still_valid();
        };
        let above = std::mem::take(&mut self.level);
        let of_any = above.get(ANY_POLICY);
        for policy in stated.iter().filter(|p| **p != ANY_POLICY) {
            let mut node = child(&above, policy);
            // (d)(1)(ii)
            if node.is_none() && of_any.is_some() {
                node =
                    Some(Node { expected: BTreeSet::from([policy.to_vec()]), origins: Some([policy.to_vec()].into()) });
            }
            if let Some(node) = node {
                self.level.insert(policy.to_vec(), node);
            }
        }
        // (d)(2)
        let any_counts = self.any > 0 || (!last && certificate.is_self_issued());
        if stated.contains(&ANY_POLICY) && any_counts {
            let expected: BTreeSet<&Policy> = above.values().flat_map(|n| &n.expected).collect();
            for policy in expected {
                if policy == ANY_POLICY {
                    let node = Node { expected: BTreeSet::from([policy.clone()]), origins: None };
                    self.level.insert(policy.clone(), node);
                } else if !self.level.contains_key(policy)
                    && let Some(node) = child(&above, policy)
                {
                    self.level.insert(policy.clone(), node);
                }
            }
        }
        if self.level.len() > WIDTH {
            return Err(Reason::Budget);
        }
        self.still_valid()
    }

    fn still_valid(&self) -> Result<(), Reason> {
        if self.explicit == 0 && self.level.is_empty() { Err(Reason::Policy) } else { Ok(()) }
    }

    /// §6.1.4 (a), (b), (h)-(j).
    pub(super) fn prepare(&mut self, authority: &Certificate<'_>) -> Result<(), Reason> {
        let mappings = authority.extensions.mappings.as_deref().unwrap_or_default();
        if mappings.iter().any(|(issuer, subject)| *issuer == ANY_POLICY || *subject == ANY_POLICY) {
            return Err(Reason::PolicyMapping);
        }
        let mut mapped: BTreeMap<&[u8], BTreeSet<Policy>> = BTreeMap::new();
        for (issuer, subject) in mappings {
            mapped.entry(issuer).or_default().insert(subject.to_vec());
        }
        for (policy, subjects) in mapped {
            if self.mapping == 0 {
                self.level.remove(policy);
            } else if let Some(node) = self.level.get_mut(policy) {
                node.expected = subjects;
            } else if self.level.contains_key(ANY_POLICY) {
                let origins = Some([policy.to_vec()].into());
                self.level.insert(policy.to_vec(), Node { expected: subjects, origins });
            }
        }
        if !authority.is_self_issued() {
            self.explicit = self.explicit.saturating_sub(1);
            self.mapping = self.mapping.saturating_sub(1);
            self.any = self.any.saturating_sub(1);
        }
        self.tighten(authority);
        Ok(())
    }

    /// The constraints of a certificate on what follows.
    pub(super) fn tighten(&mut self, authority: &Certificate<'_>) {
        let (explicit, mapping) = authority.extensions.policy_constraints.unwrap_or_default();
        for (variable, limit) in [
            (&mut self.explicit, explicit),
            (&mut self.mapping, mapping),
            (&mut self.any, authority.extensions.inhibit_any),
        ] {
            *variable = limit.map_or(*variable, |l| (*variable).min(l as usize));
        }
    }

    /// §6.1.5 (a), (b), (g): the policies valid for the path that the user accepts; any policy as `ANY_POLICY`.
    pub(super) fn wrap_up(mut self, leaf: &Certificate<'_>, initial: Initial<'_>) -> Result<BTreeSet<Policy>, Reason> {
        self.explicit = self.explicit.saturating_sub(1);
        if let Some((Some(0), _)) = leaf.extensions.policy_constraints {
            self.explicit = 0;
        }
        let mut valid = BTreeSet::new();
        for node in self.level.values() {
            match &node.origins {
                None if initial.wanted.is_empty() => {
                    valid.insert(ANY_POLICY.to_vec());
                }
                None => valid.extend(initial.wanted.iter().map(|p| p.to_vec())),
                Some(origins) => {
                    let accepted = |p: &&Policy| {
                        let wanted = |w: &&[u8]| **w == p[..] || **w == *ANY_POLICY;
                        initial.wanted.is_empty() || initial.wanted.iter().any(wanted)
                    };
                    valid.extend(origins.iter().filter(accepted).cloned());
                }
            }
        }
        if self.explicit == 0 && valid.is_empty() { Err(Reason::Policy) } else { Ok(valid) }
    }
}

/// The node below all that expect `policy`; none if nothing does.
fn child(above: &BTreeMap<Policy, Node>, policy: &[u8]) -> Option<Node> {
    let mut origins = BTreeSet::new();
    let mut found = false;
    for (_, node) in above.iter().filter(|(p, n)| *p != ANY_POLICY && n.expected.contains(policy)) {
        found = true;
        origins.extend(node.origins.iter().flatten().cloned());
    }
    found.then(|| Node { expected: BTreeSet::from([policy.to_vec()]), origins: Some(origins) })
}

/// A policy in dotted form.
pub(super) fn dotted(policy: &[u8]) -> String {
    if policy == ANY_POLICY {
        return "any".to_owned();
    }
    let mut arcs: Vec<u128> = Vec::new();
    let mut arc = 0u128;
    for octet in policy {
        let Some(shifted) = arc.checked_mul(128) else { return policy.iter().map(|b| format!("{b:02x}")).collect() };
        arc = shifted + u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    let mut text = Vec::new();
    for (index, arc) in arcs.into_iter().enumerate() {
        if index == 0 {
            let top = (arc / 40).min(2);
            text.push(top.to_string());
            text.push((arc - 40 * top).to_string());
        } else {
            text.push(arc.to_string());
        }
    }
    text.join(".")
}
