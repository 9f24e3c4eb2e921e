//! ASN.1 structures that the crates in use do not have, or cannot hold as we need them.

pub(crate) mod admission;
pub(crate) mod name;
pub(crate) mod ocsp;
pub(crate) mod policies;
pub(crate) mod qc_statements;
pub(crate) mod signed;
pub(crate) mod tbs;
pub(crate) mod tsp;
pub(crate) mod write;

use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;

use crate::Error;

/// An extension with this content (RFC 5280 §4.2).
pub(crate) fn extension<T: Encode>(extn_id: ObjectIdentifier, critical: bool, content: &T) -> Result<Extension, Error> {
    let what = "extension";
    let der = content.to_der().map_err(Error::encoding(what))?;
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(der).map_err(Error::encoding(what))? })
}

/// A URI as a `GeneralName` (RFC 5280 §4.2.1.6).
pub(crate) fn uri(text: &str) -> Result<GeneralName, Error> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(text).map_err(Error::encoding("URI"))?))
}
