//! The extensions that a path and a verdict look at (RFC 5280 §4.2).

use super::asn1::{
    BIT_STRING, BOOLEAN, Element, INTEGER, Malformed, OCTET_STRING, OID, Parsed, Reader, SEQUENCE, single,
};
use super::oid;

/// The extensions of one certificate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions<'a> {
    /// Identifier and criticality of each, in order.
    pub(crate) present: Vec<(&'a [u8], bool)>,
    /// `cA` and `pathLenConstraint`.
    pub(crate) basic: Option<(bool, Option<u32>)>,
    /// Bits of `KeyUsage`, bit 0 (digitalSignature) as 0x8000.
    pub(crate) key_usage: Option<u16>,
    pub(crate) extended: Option<Vec<&'a [u8]>>,
    pub(crate) extended_critical: bool,
    pub(crate) key_identifier: Option<&'a [u8]>,
    /// `keyIdentifier` of the authority key identifier, if the extension has one.
    pub(crate) authority_key: Option<&'a [u8]>,
    pub(crate) distribution_points: Option<&'a [u8]>,
    /// Value of subjectAltName.
    pub(crate) alternative_names: Option<&'a [u8]>,
    /// Value of nameConstraints.
    pub(crate) name_constraints: Option<&'a [u8]>,
    /// Value of authorityInfoAccess.
    pub(crate) information_access: Option<&'a [u8]>,
    pub(crate) policies: Option<Vec<&'a [u8]>>,
    /// `issuerDomainPolicy`, `subjectDomainPolicy`.
    pub(crate) mappings: Option<Vec<(&'a [u8], &'a [u8])>>,
    /// `requireExplicitPolicy`, `inhibitPolicyMapping`.
    pub(crate) policy_constraints: Option<(Option<u32>, Option<u32>)>,
    pub(crate) inhibit_any: Option<u32>,
    pub(crate) no_check: bool,
    /// A critical extension that is not processed here.
    pub(crate) unknown_critical: bool,
}

impl<'a> Extensions<'a> {
    pub(crate) fn parse(list: Element<'a>) -> Parsed<Self> {
        let mut extensions = Self::default();
        for item in list.inside().all(64)? {
            let (id, critical, value) = one(item)?;
            // RFC 5280 §4.2: not more than one instance of an extension.
            if extensions.critical(id).is_some() {
                return Err(Malformed);
            }
            extensions.present.push((id, critical));
            extensions.take(id, critical, value)?;
        }
        Ok(extensions)
    }

    /// Whether the extension is critical; `None` if it is absent.
    pub(crate) fn critical(&self, id: &[u8]) -> Option<bool> {
        self.present.iter().find(|(present, _)| *present == id).map(|(_, critical)| *critical)
    }

    fn take(&mut self, id: &[u8], critical: bool, value: &'a [u8]) -> Parsed<()> {
        match id {
            oid::BASIC_CONSTRAINTS => {
                let mut inside = single(value, SEQUENCE)?.inside();
                let authority = inside.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
                let length = inside.optional(INTEGER)?.map(|i| count(i.value)).transpose()?;
                inside.finish()?;
                self.basic = Some((authority, length));
            }
            oid::KEY_USAGE => {
                let string = single(value, BIT_STRING)?.value;
                let octet = |i: usize| u16::from(string.get(i).copied().unwrap_or(0));
                self.key_usage = Some(octet(1) << 8 | octet(2));
            }
            oid::EXTENDED_KEY_USAGE => {
                self.extended = Some(identifiers(single(value, SEQUENCE)?.inside(), 32)?);
                self.extended_critical = critical;
            }
            oid::KEY_IDENTIFIER => self.key_identifier = Some(single(value, OCTET_STRING)?.value),
            oid::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key = single(value, SEQUENCE)?.inside().optional(0x80)?.map(|key| key.value);
            }
            oid::CRL_DISTRIBUTION_POINTS => self.distribution_points = Some(value),
            oid::SUBJECT_ALTERNATIVE_NAME => self.alternative_names = Some(value),
            oid::NAME_CONSTRAINTS => self.name_constraints = Some(value),
            oid::AUTHORITY_INFORMATION_ACCESS => {
                self.information_access = Some(value);
                self.unknown_critical |= critical;
            }
            oid::CERTIFICATE_POLICIES => {
                let mut policies = Vec::new();
                for information in single(value, SEQUENCE)?.inside().all(64)? {
                    policies.push(information.inside().expect(OID)?.value);
                }
                self.policies = Some(policies);
            }
            oid::POLICY_MAPPINGS => {
                let mut mappings = Vec::new();
                for pair in single(value, SEQUENCE)?.inside().all(64)? {
                    let mut inside = pair.inside();
                    mappings.push((inside.expect(OID)?.value, inside.expect(OID)?.value));
                    inside.finish()?;
                }
                self.mappings = Some(mappings);
            }
            oid::POLICY_CONSTRAINTS => {
                let mut inside = single(value, SEQUENCE)?.inside();
                let explicit = inside.optional(0x80)?.map(|i| count(i.value)).transpose()?;
                let mapping = inside.optional(0x81)?.map(|i| count(i.value)).transpose()?;
                inside.finish()?;
                self.policy_constraints = Some((explicit, mapping));
            }
            oid::INHIBIT_ANY_POLICY => self.inhibit_any = Some(count(single(value, INTEGER)?.value)?),
            oid::OCSP_NO_CHECK => self.no_check = true,
            oid::ISSUER_ALTERNATIVE_NAME | oid::QC_STATEMENTS => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}

/// Identifier, criticality and value of an `Extension`.
pub(crate) fn one(item: Element<'_>) -> Parsed<(&[u8], bool, &[u8])> {
    let mut inside = item.inside();
    let id = inside.expect(OID)?.value;
    let critical = inside.optional(BOOLEAN)?.is_some_and(|b| b.value != [0]);
    let value = inside.expect(OCTET_STRING)?.value;
    inside.finish()?;
    Ok((id, critical, value))
}

/// A count of certificates: not negative. Larger ones than any path all mean the same.
fn count(octets: &[u8]) -> Parsed<u32> {
    match octets {
        [] => Err(Malformed),
        [first, ..] if *first >= 0x80 => Err(Malformed),
        rest if rest.len() <= 4 => Ok(rest.iter().fold(0, |n, b| n << 8 | u32::from(*b))),
        _ => Ok(u32::MAX),
    }
}

fn identifiers(list: Reader<'_>, limit: usize) -> Parsed<Vec<&[u8]>> {
    let elements = list.all(limit)?;
    elements.iter().map(|e| if e.tag == OID { Ok(e.value) } else { Err(Malformed) }).collect()
}
