//! Whether a certificate has a name (RFC 9525 §6): in subjectAltName only, never in the common name.

use std::net::IpAddr;

use crate::x509::certificate::Certificate;
use crate::x509::name::GeneralName;

/// A name asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerName {
    /// A host name; a certificate's `*.` stands for one label.
    Dns(String),
    /// An address.
    Address(IpAddr),
    /// A mail address; the part before the `@` as written.
    Mail(String),
}

impl PeerName {
    pub(super) fn is_of(&self, certificate: &Certificate<'_>) -> bool {
        let names = certificate.extensions.alternative_names.map(GeneralName::list);
        let Some(Ok(names)) = names else { return false };
        names.iter().any(|name| self.matches(name))
    }

    fn matches(&self, name: &GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(wanted), GeneralName::Dns(octets)) => {
                let Ok(presented) = std::str::from_utf8(octets) else { return false };
                match presented.strip_prefix("*.") {
                    // RFC 9525 §6.3: the leftmost label alone, and not all there is below the top.
                    Some(parent) => {
                        let above = wanted.split_once('.').map(|(_, above)| above);
                        parent.contains('.') && above.is_some_and(|a| a.eq_ignore_ascii_case(parent))
                    }
                    None => presented.eq_ignore_ascii_case(wanted),
                }
            }
            (Self::Address(IpAddr::V4(wanted)), GeneralName::Address(octets)) => wanted.octets() == *octets,
            (Self::Address(IpAddr::V6(wanted)), GeneralName::Address(octets)) => wanted.octets() == *octets,
            (Self::Mail(wanted), GeneralName::Mail(octets)) => {
                let presented = std::str::from_utf8(octets).ok().and_then(|p| p.rsplit_once('@'));
                matches!(
                    (wanted.rsplit_once('@'), presented),
                    (Some((a, host)), Some((b, at))) if a == b && host.eq_ignore_ascii_case(at)
                )
            }
            _ => false,
        }
    }
}
