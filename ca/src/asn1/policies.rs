//! certificatePolicies with identifiers of any size.

use der::Sequence;
use der::asn1::{Any, Ia5StringRef, ObjectIdentifier};

use crate::Error;
use crate::oid::{self, Oid};

/// RFC 5280 §4.2.1.4:
///
/// ```text
/// certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
/// PolicyInformation ::= SEQUENCE {
///     policyIdentifier   CertPolicyId,
///     policyQualifiers   SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct PolicyInformation {
    pub(crate) policy_identifier: Oid,
    pub(crate) policy_qualifiers: Option<Vec<PolicyQualifierInfo>>,
}

/// ```text
/// PolicyQualifierInfo ::= SEQUENCE {
///     policyQualifierId  PolicyQualifierId,
///     qualifier          ANY DEFINED BY policyQualifierId }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(crate) struct PolicyQualifierInfo {
    pub(crate) policy_qualifier_id: ObjectIdentifier,
    pub(crate) qualifier: Any,
}

/// One policy with the address of the practice statement: the only qualifier RFC 5280 §4.2.1.4 and
/// EN 319 412-2 §4.3.3 leave without objection.
pub(crate) fn with_cps(policy: Oid, cps: &str) -> Result<Vec<PolicyInformation>, Error> {
    let what = "certificatePolicies";
    let text = Ia5StringRef::new(cps).map_err(Error::encoding(what))?;
    Ok(vec![PolicyInformation {
        policy_identifier: policy,
        policy_qualifiers: Some(vec![PolicyQualifierInfo {
            policy_qualifier_id: oid::CPS_QUALIFIER,
            qualifier: Any::encode_from(&text).map_err(Error::encoding(what))?,
        }]),
    }])
}
