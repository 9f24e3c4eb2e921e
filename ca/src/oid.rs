//! Object identifiers with arcs of any size, and the ones used here.
//!
//! `const-oid` holds arcs of 32 bits and refuses longer ones when it reads. An arc below `2.25` is a whole UUID
//! (ITU-T X.667 §8), 128 bits, and an installation may configure one, so identifiers that may lie there are held as
//! their DER content octets.

use std::fmt;
use std::str::FromStr;

use der::asn1::ObjectIdentifier;
use der::{DecodeValue, EncodeValue, FixedTag, Header, Length, Reader, Tag, Writer};

use crate::Error;

/// The longest identifier read or written, in octets.
const MAX_LENGTH: usize = 64;

/// An object identifier, as DER content octets (X.690 §8.19).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Oid(Vec<u8>);

impl Oid {
    /// This identifier with one more arc.
    #[must_use]
    pub fn child(&self, arc: u32) -> Self {
        let mut octets = self.0.clone();
        push_arc(&mut octets, u128::from(arc));
        Self(octets)
    }

    /// Whether this identifier is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The content octets (X.690 §8.19).
    pub(crate) fn content(&self) -> &[u8] {
        &self.0
    }

    fn from_content(content: &[u8]) -> Option<Self> {
        let ends = content.last().is_some_and(|last| last & 0x80 == 0);
        if !ends || content.len() > MAX_LENGTH {
            return None;
        }
        // X.690 §8.19.2: an arc is in the fewest octets, so none begins with 0x80.
        let mut at_start = true;
        let mut arc: u128 = 0;
        for octet in content {
            if (at_start && *octet == 0x80) || arc >> 121 != 0 {
                return None;
            }
            at_start = octet & 0x80 == 0;
            arc = if at_start { 0 } else { (arc << 7) | u128::from(octet & 0x7f) };
        }
        Some(Self(content.to_vec()))
    }
}

/// Base 128, high groups first, the top bit set on all but the last octet (X.690 §8.19.2).
fn push_arc(octets: &mut Vec<u8>, arc: u128) {
    let groups = (128 - arc.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        let seven = u8::try_from((arc >> (7 * group)) & 0x7f).unwrap_or(0);
        octets.push(if group == 0 { seven } else { seven | 0x80 });
    }
}

impl FromStr for Oid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Value { what: "object identifier" };
        let mut arcs = text.split('.').map(|arc| {
            let plain = arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'));
            if plain { arc.parse::<u128>().map_err(|_| bad()) } else { Err(bad()) }
        });
        let (first, second) = (arcs.next().ok_or_else(bad)??, arcs.next().ok_or_else(bad)??);
        if first > 2 || (first < 2 && second > 39) {
            return Err(bad());
        }
        let mut octets = Vec::new();
        push_arc(&mut octets, second.checked_add(first * 40).ok_or_else(bad)?);
        for arc in arcs {
            push_arc(&mut octets, arc?);
        }
        if octets.len() > MAX_LENGTH { Err(bad()) } else { Ok(Self(octets)) }
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc: u128 = 0;
        let mut is_first = true;
        for octet in &self.0 {
            // No arc is longer than 128 bits: longer ones are refused when read and never written.
            arc = (arc << 7) | u128::from(octet & 0x7f);
            if octet & 0x80 != 0 {
                continue;
            }
            if is_first {
                let root = (arc / 40).min(2);
                write!(f, "{root}.{}", arc - root * 40)?;
                is_first = false;
            } else {
                write!(f, ".{arc}")?;
            }
            arc = 0;
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

impl From<ObjectIdentifier> for Oid {
    fn from(oid: ObjectIdentifier) -> Self {
        Self(oid.as_bytes().to_vec())
    }
}

impl FixedTag for Oid {
    const TAG: Tag = Tag::ObjectIdentifier;
}

impl EncodeValue for Oid {
    fn value_len(&self) -> der::Result<Length> {
        Length::try_from(self.0.len())
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(&self.0)
    }
}

impl<'a> DecodeValue<'a> for Oid {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let content = reader.read_vec(header.length())?;
        Self::from_content(&content).ok_or_else(|| reader.error(Tag::ObjectIdentifier.value_error()))
    }
}

macro_rules! well_known {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

well_known! {
    // X.520 attribute types
    COMMON_NAME = "2.5.4.3";
    SURNAME = "2.5.4.4";
    SERIAL_NUMBER = "2.5.4.5";
    COUNTRY_NAME = "2.5.4.6";
    ORGANIZATION_NAME = "2.5.4.10";
    TITLE = "2.5.4.12";
    GIVEN_NAME = "2.5.4.42";
    ORGANIZATION_IDENTIFIER = "2.5.4.97";
    // RFC 3279 §2.3.1
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    // RFC 5480 §2.1.1, §2.1.1.1
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    SECP256R1 = "1.2.840.10045.3.1.7";
    SECP384R1 = "1.3.132.0.34";
    // RFC 5758 §3.2
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    // RFC 5280 §4.2.1
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    KEY_USAGE = "2.5.29.15";
    CERTIFICATE_POLICIES = "2.5.29.32";
    ANY_POLICY = "2.5.29.32.0";
    CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1";
    BASIC_CONSTRAINTS = "2.5.29.19";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1";
    ACCESS_OCSP = "1.3.6.1.5.5.7.48.1";
    ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    // RFC 5280 §5.2, §5.3; X.509 §9.5.2.8
    CRL_NUMBER = "2.5.29.20";
    REASON_CODE = "2.5.29.21";
    INVALIDITY_DATE = "2.5.29.24";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    EXPIRED_CERTS_ON_CRL = "2.5.29.60";
    // X.509 §9.2.2.5 (RFC 3280 §4.2.1.4)
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16";
    // Purposes: RFC 5280 §4.2.1.12
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    // Purposes: RFC 6960 §4.2.2.2, RFC 9336 §3
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";
    // RFC 6960 §4.2.2.2.1, §4.2.1, §4.4
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";
    // Common PKI part 4 §3.1.2
    CERT_HASH = "1.3.36.8.3.13";
    ADMISSION = "1.3.36.8.3.3";
    // RFC 3739 §3.2.6; EN 319 412-5 §4.2, §4.3; EN 319 412-1 §5.1.2
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
    QCS_PKIX_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2";
    QCS_SEMANTICS_NATURAL = "0.4.0.194121.1.1";
    QCS_TYPE = "0.4.0.1862.1.6";
    QCT_ESIGN = "0.4.0.1862.1.6.1";
    QCS_PDS = "0.4.0.1862.1.5";
    // Digests
    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";
    // RFC 5652 §5.1, §11.1, §11.2; RFC 5035 §3; RFC 3161 §2.4.2
    CMS_SIGNED_DATA = "1.2.840.113549.1.7.2";
    CMS_CONTENT_TYPE = "1.2.840.113549.1.9.3";
    CMS_MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
    CT_TST_INFO = "1.2.840.113549.1.9.16.1.4";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_of_any_size_come_back() {
        for text in ["2.25.212555234129477351269893798599310007492.1.2", "1.3.36.8.3.3", "0.4.0.1862.1.6.1", "2.999.3"]
        {
            assert_eq!(text.parse::<Oid>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn small_arcs_agree_with_const_oid() {
        for known in [ADMISSION, QC_STATEMENTS, ECDSA_WITH_SHA384] {
            assert_eq!(known.to_string().parse::<Oid>().unwrap(), Oid::from(known));
        }
    }

    #[test]
    fn malformed_identifiers_are_refused() {
        for text in ["", "1", "3.1", "1.40", "1.2.", "1.02", "1.-2", "2.25.340282366920938463463374607431768211456"] {
            assert!(text.parse::<Oid>().is_err(), "{text}");
        }
        for content in [&[][..], &[0x2a, 0x80, 0x01], &[0x2a, 0x81]] {
            assert!(Oid::from_content(content).is_none(), "{content:?}");
        }
    }
}
