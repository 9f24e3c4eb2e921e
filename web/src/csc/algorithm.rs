//! Object identifiers and encodings of the CSC API.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// SHA-256 (NIST).
pub(crate) const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
/// ecdsa-with-SHA256 (RFC 5758 §3.2).
pub(super) const ECDSA_SHA_256: &str = "1.2.840.10045.4.3.2";
/// id-ecPublicKey (RFC 5480 §2.1.1): says the key, the hash algorithm beside it says the rest.
pub(super) const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// Base64 with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A SHA-256 digest in base64 or base64url, as lower-case hexadecimal.
pub(crate) fn decode_hash(text: &str) -> Option<String> {
    if text.len() > 48 {
        return None;
    }
    // In an address a plus sign that nobody encoded has become a space.
    let text: String = text
        .chars()
        .map(|c| match c {
            '-' | ' ' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = BASE64.decode(text).ok()?;
    (bytes.len() == 32).then(|| hex::encode(bytes))
}
