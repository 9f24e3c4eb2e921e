//! The DER a token does not speak: SubjectPublicKeyInfo and ECDSA-Sig-Value.

use crate::{Curve, Error};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;
const UNCOMPRESSED: u8 = 0x04;

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017 §9.2, note 1).
pub(crate) const SHA256_DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// 65537, the exponent of all RSA keys here.
pub(crate) const RSA_EXPONENT: [u8; 3] = [1, 0, 1];

/// `CKA_EC_PARAMS`: the curve's object identifier (RFC 5480 §2.1.1.1).
pub(crate) fn curve_parameters(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        Curve::P384 => &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22],
    }
}

/// SubjectPublicKeyInfo (RFC 5480 §2) up to the point: `SEQUENCE { SEQUENCE { id-ecPublicKey,
/// namedCurve }, BIT STRING`.
fn spki_head(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ],
        Curve::P384 => &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
            0x00, 0x22, 0x03, 0x62, 0x00,
        ],
    }
}

/// SubjectPublicKeyInfo from `CKA_EC_POINT`: an OCTET STRING around the uncompressed point
/// (PKCS#11 v2.40 §2.3.3), which some tokens leave out.
pub(crate) fn spki(curve: Curve, ec_point: &[u8]) -> Result<Vec<u8>, Error> {
    let length = 1 + 2 * curve.bytes();
    let point = match ec_point {
        [OCTET_STRING, size, point @ ..] if usize::from(*size) == length && point.len() == length => point,
        point => point,
    };
    if point.len() != length || point.first() != Some(&UNCOMPRESSED) {
        return Err(Error::Malformed("CKA_EC_POINT is not an uncompressed point of the curve"));
    }
    Ok([spki_head(curve), point].concat())
}

/// SubjectPublicKeyInfo of an RSA key (RFC 3279 §2.3.1): `SEQUENCE { SEQUENCE { rsaEncryption, NULL },
/// BIT STRING { SEQUENCE { modulus INTEGER, publicExponent INTEGER } } }`.
pub(crate) fn rsa_spki(octets: usize, modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, Error> {
    const ALGORITHM: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let other = Error::Malformed("an RSA key of another size or exponent than asked for");
    let strip = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (modulus, exponent) = (strip(modulus), strip(exponent));
    if modulus.len() != octets || modulus.first().is_none_or(|top| top & 0x80 == 0) || exponent != RSA_EXPONENT {
        return Err(other);
    }
    // The top bit of the modulus is set: a zero octet keeps it positive (X.690 §8.3.3).
    let modulus = long(INTEGER, &[&[0], &modulus])?;
    let exponent = [[INTEGER, 3].as_slice(), &exponent].concat();
    let key = long(SEQUENCE, &[&modulus, &exponent])?;
    long(SEQUENCE, &[&ALGORITHM, &long(BIT_STRING, &[&[0], &key])?])
}

/// Tag and two bytes of length before what is 256 bytes or longer.
fn long(tag: u8, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let body = parts.concat();
    let length = u16::try_from(body.len()).ok().filter(|length| *length > 0xff);
    let [high, low] = length.ok_or(Error::Malformed("a public key of an impossible length"))?.to_be_bytes();
    Ok([&[tag, 0x82, high, low], body.as_slice()].concat())
}

/// `CKA_EC_POINT` (an OCTET STRING around the point) of a SubjectPublicKeyInfo: [`spki`] backwards.
pub(crate) fn ec_point(curve: Curve, spki: &[u8]) -> Result<Vec<u8>, Error> {
    const OTHER: Error = Error::Malformed("a public key of another form than the curve's");
    let point = spki.strip_prefix(spki_head(curve)).ok_or(OTHER)?;
    let length = 1 + 2 * curve.bytes();
    if point.len() != length || point.first() != Some(&UNCOMPRESSED) {
        return Err(OTHER);
    }
    Ok([[OCTET_STRING, short_length(point)?].as_slice(), point].concat())
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3) from the token's `r ‖ s`.
pub(crate) fn signature(curve: Curve, raw: &[u8]) -> Result<Vec<u8>, Error> {
    if raw.len() != 2 * curve.bytes() {
        return Err(Error::Malformed("an ECDSA signature of another length than the curve's"));
    }
    let (r, s) = raw.split_at(curve.bytes());
    let body = [integer(r)?, integer(s)?].concat();
    Ok([[SEQUENCE, short_length(&body)?].as_slice(), &body].concat())
}

/// A positive INTEGER in its shortest form (X.690 §8.3.2).
fn integer(big_endian: &[u8]) -> Result<Vec<u8>, Error> {
    let first = big_endian.iter().position(|byte| *byte != 0);
    let Some(digits) = first.and_then(|first| big_endian.get(first..)) else {
        return Err(Error::Malformed("an ECDSA signature with a zero in it"));
    };
    let sign: &[u8] = if digits.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    let body = [sign, digits].concat();
    Ok([[INTEGER, short_length(&body)?].as_slice(), &body].concat())
}

/// One byte of length: nothing here reaches 128 bytes.
fn short_length(body: &[u8]) -> Result<u8, Error> {
    u8::try_from(body.len()).ok().filter(|length| *length < 0x80).ok_or(Error::Malformed("a signature too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_positive_and_shortest() {
        let mut raw = [0u8; 64];
        raw[31] = 0x01;
        raw[32] = 0x80;
        let der = signature(Curve::P256, &raw).unwrap();
        let mut expected = vec![0x30, 0x26, 0x02, 0x01, 0x01, 0x02, 0x21, 0x00, 0x80];
        expected.extend_from_slice(&[0; 31]);
        assert_eq!(der, expected);
    }

    #[test]
    fn the_longest_signature_fits() {
        assert_eq!(signature(Curve::P384, &[0xff; 96]).unwrap().len(), 2 + 2 * (2 + 1 + 48));
    }

    #[test]
    fn a_zero_or_a_wrong_length_is_refused() {
        assert!(matches!(signature(Curve::P256, &[0; 64]), Err(Error::Malformed(_))));
        assert!(matches!(signature(Curve::P256, &[1; 96]), Err(Error::Malformed(_))));
    }

    #[test]
    fn a_point_is_taken_with_or_without_its_octet_string() {
        let point = [&[0x04u8][..], &[7; 64]].concat();
        let wrapped = [&[0x04u8, 0x41][..], &point].concat();
        assert_eq!(spki(Curve::P256, &point).unwrap(), spki(Curve::P256, &wrapped).unwrap());
        assert_eq!(spki(Curve::P256, &point).unwrap().len(), 91);
        assert_eq!(ec_point(Curve::P256, &spki(Curve::P256, &point).unwrap()).unwrap(), wrapped);
        assert!(ec_point(Curve::P384, &spki(Curve::P256, &point).unwrap()).is_err());
        assert!(spki(Curve::P384, &point).is_err());
        assert!(spki(Curve::P256, &point[1..]).is_err());
    }
}
