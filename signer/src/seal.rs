//! The token in a QR code's fragment: `COSE_Sign1` (RFC 9052 §4.2, ES256) by the seal key, so
//! that a verifier page can tell a real code from a look-alike without asking anybody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use pdf::form::DocumentContent;

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
    let certificate = hex::decode(&content.signer.certificate_sha256).unwrap_or_default();
    let claims = Value::Map(vec![
        (Value::Integer(1.into()), text(&format!("{}-{}", content.book, content.number))),
        (Value::Integer(2.into()), text(&content.form)),
        (Value::Integer(3.into()), text(&content.prepared_at)),
        (Value::Integer(4.into()), content.valid_until.as_deref().map_or(Value::Null, text)),
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
