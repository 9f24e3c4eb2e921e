//! The token in a QR code's fragment: `COSE_Sign1` (RFC 9052 §4.2, ES256) by the seal key, so
//! that a verifier page can tell a real code from a look-alike without asking anybody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use pdf::form::DocumentContent;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A seal before its signature.
#[derive(Debug)]
pub(crate) struct UnsignedSeal {
    sign1: CoseSign1,
}

/// Says in CBOR what a stranger may know: number, kind, dates, masked patient, the signer's
/// certificate and the content digest (first 16 bytes each: a QR code has little room).
pub(crate) fn prepare(
    content: &DocumentContent,
    content_digest: &[u8; 32],
    masked_patient: &str,
    key_id: &[u8],
) -> UnsignedSeal {
    let text = |value: &str| Value::Text(value.to_owned());
    // Seconds since 1970: each character of text would cost the QR code room.
    let instant = |at: Option<OffsetDateTime>| at.map_or(Value::Null, |at| Value::Integer(at.unix_timestamp().into()));
    let last_day = content.valid_until.as_deref().and_then(|day| pdf::date::parse_iso(day).ok());
    let certificate = hex::decode(&content.signer.certificate_sha256).unwrap_or_default();
    let claims = Value::Map(vec![
        (Value::Integer(1.into()), text(&format!("{}-{}", content.book, content.number))),
        (Value::Integer(2.into()), text(&content.form)),
        (Value::Integer(3.into()), instant(OffsetDateTime::parse(&content.prepared_at, &Rfc3339).ok())),
        (Value::Integer(4.into()), instant(last_day.map(|day| day.midnight().assume_utc()))),
        (Value::Integer(5.into()), text(masked_patient)),
        (Value::Integer(6.into()), Value::Bytes(certificate.into_iter().take(16).collect())),
        (Value::Integer(7.into()), Value::Bytes(content_digest.iter().copied().take(16).collect())),
    ]);
    let mut payload = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = ciborium::into_writer(&claims, &mut payload);
    let protected = HeaderBuilder::new().algorithm(iana::Algorithm::ES256).key_id(key_id.to_vec()).build();
    UnsignedSeal { sign1: CoseSign1Builder::new().protected(protected).payload(payload).build() }
}

impl UnsignedSeal {
    /// The bytes the seal key signs (RFC 9052 §4.4, `Sig_structure`).
    pub(crate) fn to_be_signed(&self) -> Vec<u8> {
        self.sign1.tbs_data(&[])
    }

    /// The token as it stands in the URL's fragment: base64url, no padding.
    ///
    /// `signature` is r ‖ s, 64 bytes (RFC 9053 §2.1).
    pub(crate) fn complete(mut self, signature: [u8; 64]) -> Option<String> {
        self.sign1.signature = signature.to_vec();
        Some(URL_SAFE_NO_PAD.encode(self.sign1.to_vec().ok()?))
    }
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
#[derive(der::Sequence)]
struct EcdsaSignature<'a> {
    r: der::asn1::UintRef<'a>,
    s: der::asn1::UintRef<'a>,
}

/// Turns a DER `ECDSA-Sig-Value` over P-256 into the fixed r ‖ s form.
pub(crate) fn fixed_form(signature: &[u8]) -> Option<[u8; 64]> {
    use der::Decode as _;
    let parts = EcdsaSignature::from_der(signature).ok()?;
    let mut fixed = [0; 64];
    for (half, part) in fixed.chunks_exact_mut(32).zip([parts.r, parts.s]) {
        let bytes = part.as_bytes();
        let start = 32_usize.checked_sub(bytes.len())?;
        half.get_mut(start..)?.copy_from_slice(bytes);
    }
    Some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pdf::form::{SignerIdentity, Unit};

    #[test]
    fn a_token_says_what_a_stranger_may_know_and_leaves_the_code_room() {
        let empty = String::new;
        let content = DocumentContent {
            document_id: empty(),
            form: "two_part_general".to_owned(),
            form_version: 1,
            book: "10670/2569".to_owned(),
            number: "000123".to_owned(),
            code: empty(),
            fields: std::collections::BTreeMap::new(),
            unit: Unit { code: empty(), name_th: empty(), name_en: empty(), address_th: empty() },
            signer: SignerIdentity {
                certificate_serial: empty(),
                certificate_sha256: "ab".repeat(32),
                title_th: empty(),
                name_th: empty(),
                name_en: empty(),
                licence: empty(),
            },
            prepared_at: "2026-11-22T00:00:00Z".to_owned(),
            valid_until: Some("2026-12-22".to_owned()),
        };
        let unsigned = prepare(&content, &[7; 32], "สม*** ใจ***", &[1; 8]);
        assert!(unsigned.to_be_signed().starts_with(b"\x84\x6aSignature1"), "RFC 9052 §4.4");
        let token = unsigned.complete([9; 64]).unwrap();
        let sign1 = CoseSign1::from_slice(&URL_SAFE_NO_PAD.decode(&token).unwrap()).unwrap();
        let claims: Value = ciborium::from_reader(sign1.payload.unwrap().as_slice()).unwrap();
        let of = |key: i64| claims.as_map().unwrap().iter().find(|(k, _)| *k == key.into()).unwrap().1.clone();
        assert_eq!(of(1), Value::Text("10670/2569-000123".to_owned()));
        assert_eq!(of(3), 1_795_305_600_i64.into());
        assert_eq!(of(4), 1_797_897_600_i64.into());
        assert_eq!(of(7), Value::Bytes(vec![7; 16]));
        // With a link of 60 characters before it: 69 modules at level M.
        assert!(token.len() + 60 <= 331, "{}", token.len());
    }
}
