//! Writing DER whose inner parts are DER already (X.690 §8.1, §10.1).
//!
//! CRLs, OCSP answers and time-stamps are made by the thousand from parts that stay the same; those are encoded once
//! and only put together here.

use der::asn1::ObjectIdentifier;

/// `INTEGER`
pub(crate) const INTEGER: u8 = 0x02;
/// `BIT STRING`
pub(crate) const BIT_STRING: u8 = 0x03;
/// `OCTET STRING`
pub(crate) const OCTET_STRING: u8 = 0x04;
/// `OBJECT IDENTIFIER`
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
/// `ENUMERATED`
pub(crate) const ENUMERATED: u8 = 0x0a;
/// `GeneralizedTime`
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
/// `SEQUENCE`
pub(crate) const SEQUENCE: u8 = 0x30;
/// `SET`
pub(crate) const SET: u8 = 0x31;

/// `[number]`, constructed: explicit, or implicit for what is constructed itself. `number` below 31.
pub(crate) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// `[number]`, primitive: implicit for what is primitive itself. `number` below 31.
pub(crate) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// Tag, length, and the parts one after another.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut out = header(tag, length);
    out.reserve_exact(length);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// Tag and length (X.690 §8.1.3, in the fewest octets).
pub(crate) fn header(tag: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![tag, short],
        _ => {
            let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            // A length has at most eight octets.
            let count = u8::try_from(octets.len()).unwrap_or(8);
            [&[tag, 0x80 | count][..], &octets].concat()
        }
    }
}

/// A non-negative `INTEGER` from its big-endian octets.
pub(crate) fn unsigned(octets: &[u8]) -> Vec<u8> {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let significant = octets.get(first..).unwrap_or_default();
    // X.690 §8.3.3: a leading one bit would mean a negative number; zero is one octet.
    let zero: &[u8] = if significant.first().is_none_or(|octet| *octet >= 0x80) { &[0] } else { &[] };
    tlv(INTEGER, &[zero, significant])
}

/// An `OBJECT IDENTIFIER`.
pub(crate) fn identifier(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, &[oid.as_bytes()])
}

/// A `BIT STRING` of whole octets.
pub(crate) fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], octets])
}

/// An extension that is not critical (RFC 5280 §4.2), its content in DER.
pub(crate) fn extension(extension: ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&identifier(extension), &tlv(OCTET_STRING, &[content])])
}

/// A `SET OF`: its members in ascending order of their encodings (X.690 §11.6).
pub(crate) fn set_of(tag: u8, mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    tlv(tag, &members.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::asn1::{Any, Uint};
    use der::{Decode, Encode};

    #[test]
    fn lengths_are_what_another_encoder_writes() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let written = tlv(OCTET_STRING, &[&content]);
            assert_eq!(written, der::asn1::OctetString::new(content).unwrap().to_der().unwrap(), "{length}");
            assert!(Any::from_der(&written).is_ok());
        }
    }

    #[test]
    fn integers_are_what_another_encoder_writes() {
        for octets in [&[0][..], &[0, 0], &[1], &[0x7f], &[0x80], &[0, 0x80, 1], &[0xff; 20]] {
            assert_eq!(unsigned(octets), Uint::new(octets).unwrap().to_der().unwrap(), "{octets:?}");
        }
    }

    #[test]
    fn members_of_a_set_are_sorted() {
        assert_eq!(set_of(SET, vec![vec![2, 1, 9], vec![2, 1, 3]]), [0x31, 6, 2, 1, 3, 2, 1, 9]);
    }
}
