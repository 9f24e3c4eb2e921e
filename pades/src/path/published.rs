//! Where a certificate says that its issuer's certificate and its CRL are published (RFC 5280 §4.2.1.13, §4.2.2.1).

use crate::x509::asn1::{OID, Parsed, SEQUENCE, single};
use crate::x509::certificate::Certificate;
use crate::x509::name::{GeneralName, uris_in};

/// id-ad-caIssuers, `1.3.6.1.5.5.7.48.2`.
const CA_ISSUERS: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x02";

/// URLs in a certificate. Nothing here fetches them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// Of the issuer's certificate.
    pub issuers: Vec<String>,
    /// Of CRLs.
    pub crls: Vec<String>,
}

impl Published {
    /// Reads them from a certificate in DER; none if it is malformed or has none.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        let Ok(certificate) = Certificate::parse(certificate) else { return Self::default() };
        let text = |uri: &[u8]| String::from_utf8(uri.to_vec()).ok();
        let issuers = certificate.extensions.information_access.map(ca_issuers).and_then(Result::ok);
        let crls = certificate.extensions.distribution_points.map(uris_in);
        Self {
            issuers: issuers.unwrap_or_default().into_iter().filter_map(text).collect(),
            crls: crls.unwrap_or_default().into_iter().filter_map(text).collect(),
        }
    }
}

fn ca_issuers(value: &[u8]) -> Parsed<Vec<&[u8]>> {
    let mut found = Vec::new();
    for description in single(value, SEQUENCE)?.inside().all(64)? {
        let mut inside = description.inside();
        let method = inside.expect(OID)?.value;
        if let (CA_ISSUERS, GeneralName::Uri(uri)) = (method, GeneralName::parse(inside.any()?)?) {
            found.push(uri);
        }
    }
    Ok(found)
}
