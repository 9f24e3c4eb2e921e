//! Names of certificates as strings that any reader of RFC 4514 takes apart.

use x509_cert::der::Encode as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::name::Name;

/// The attribute types that have a short name (RFC 4514 §3).
const SHORT: [ObjectIdentifier; 9] = [
    ObjectIdentifier::new_unwrap("2.5.4.3"),
    ObjectIdentifier::new_unwrap("2.5.4.7"),
    ObjectIdentifier::new_unwrap("2.5.4.8"),
    ObjectIdentifier::new_unwrap("2.5.4.10"),
    ObjectIdentifier::new_unwrap("2.5.4.11"),
    ObjectIdentifier::new_unwrap("2.5.4.6"),
    ObjectIdentifier::new_unwrap("2.5.4.9"),
    ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"),
    ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"),
];

/// The name, its last part first. What has no short name of the standard is said by its number and
/// the hexadecimal of its DER (§2.4): the short names in use for it differ between programs.
pub(super) fn text(name: &Name) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let part = |part: &&x509_cert::name::RelativeDistinguishedName| {
        let one = |one: &x509_cert::attr::AttributeTypeAndValue| {
            if SHORT.contains(&one.oid) {
                return one.to_string();
            }
            format!("{}=#{}", one.oid, hex::encode(one.value.to_der().unwrap_or_default()))
        };
        part.iter().map(one).collect::<Vec<_>>().join("+")
    };
    parts.iter().rev().map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_standard_are_short() {
        let name: Name = "C=TH,O=A\\, B,2.5.4.4=#0c03e0b881".parse().unwrap();
        assert_eq!(text(&name), "C=TH,O=A\\, B,2.5.4.4=#0c03e0b881");
        assert_eq!(name.to_string(), "C=TH,O=A\\, B,SN=ก");
    }
}
