//! Personal data at rest in the portal's database: sealed with AES-256-GCM, looked up by
//! HMAC-SHA-256, both under keys that never enter the database.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use aws_lc_rs::hmac;

use crate::error::Error;
use crate::randomness::Randomness;

/// The key file holds this many bytes, as 64 hexadecimal digits.
pub const KEY_LENGTH: usize = 32;

/// Seals fields and makes look-up digests, each under its own key derived from one key file.
pub struct FieldCipher {
    seal: LessSafeKey,
    lookup: hmac::Key,
}

impl std::fmt::Debug for FieldCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldCipher([keys elided])")
    }
}

/// Length of the output keys for HKDF (RFC 5869 §2.3).
struct KeyLength;

impl hkdf::KeyType for KeyLength {
    fn len(&self) -> usize {
        KEY_LENGTH
    }
}

impl FieldCipher {
    /// Derives the sealing and the look-up key from the key file's secret.
    ///
    /// # Errors
    /// [`Error::FieldKey`] if the library refuses the key.
    pub fn new(secret: &[u8; KEY_LENGTH]) -> Result<Self, Error> {
        let seal = derive(secret, b"rabrong portal field seal v1")?;
        let lookup = derive(secret, b"rabrong portal field lookup v1")?;
        let seal = UnboundKey::new(&AES_256_GCM, &seal).map_err(|_| Error::FieldKey)?;
        Ok(Self { seal: LessSafeKey::new(seal), lookup: hmac::Key::new(hmac::HMAC_SHA256, &lookup) })
    }

    /// Reads the key file: 64 hexadecimal digits, white space around them ignored.
    ///
    /// # Errors
    /// [`Error::FieldKey`] if the text is not such a key.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let mut secret = [0u8; KEY_LENGTH];
        hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| Error::FieldKey)?;
        Self::new(&secret)
    }

    /// Seals `plain`; `place` (table, column and row) binds it to where it lies, so that a
    /// sealed value moved to another row does not open.
    ///
    /// # Errors
    /// [`Error::Sealed`] if the library fails.
    pub fn seal(&self, place: &str, plain: &[u8], rng: &Randomness) -> Result<Vec<u8>, Error> {
        seal_with(&self.seal, place.as_bytes(), plain, rng)
    }

    /// Opens what [`Self::seal`] made for the same `place`.
    ///
    /// # Errors
    /// [`Error::Sealed`] if it was made elsewhere, with another key, or was altered.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        open_with(&self.seal, place.as_bytes(), sealed)
    }

    /// The look-up digest of a value, 64 hexadecimal digits. `kind` keeps digests of
    /// different things apart.
    #[must_use]
    pub fn digest(&self, kind: &str, value: &str) -> String {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        hex::encode(context.sign().as_ref())
    }
}

/// Seals `plain` under a raw key: nonce (96 random bits), ciphertext, tag.
///
/// # Errors
/// [`Error::Sealed`] if the library fails.
pub(crate) fn seal_under(
    key: &[u8; KEY_LENGTH],
    associated: &[u8],
    plain: &[u8],
    rng: &Randomness,
) -> Result<Vec<u8>, Error> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::Sealed)?;
    seal_with(&LessSafeKey::new(key), associated, plain, rng)
}

/// Opens what [`seal_under`] made.
///
/// # Errors
/// [`Error::Sealed`] if it was made with another key or associated data, or was altered.
pub(crate) fn open_under(key: &[u8; KEY_LENGTH], associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Error::Sealed)?;
    open_with(&LessSafeKey::new(key), associated, sealed)
}

fn seal_with(key: &LessSafeKey, associated: &[u8], plain: &[u8], rng: &Randomness) -> Result<Vec<u8>, Error> {
    let nonce: [u8; NONCE_LEN] = rng.bytes();
    let mut body = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), &mut body)
        .map_err(|_| Error::Sealed)?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut body);
    Ok(sealed)
}

fn open_with(key: &LessSafeKey, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Error::Sealed)?;
    let mut body = body.to_vec();
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(associated), &mut body)
        .map_err(|_| Error::Sealed)?
        .len();
    body.truncate(plain);
    Ok(body)
}

fn derive(secret: &[u8; KEY_LENGTH], label: &[u8]) -> Result<[u8; KEY_LENGTH], Error> {
    let mut out = [0u8; KEY_LENGTH];
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(secret)
        .expand(&[label], KeyLength)
        .and_then(|okm| okm.fill(&mut out))
        .map_err(|_| Error::FieldKey)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::testing::counting;

    #[test]
    fn a_sealed_field_opens_only_in_its_place() {
        let cipher = FieldCipher::new(&[7; 32]).unwrap();
        let sealed = cipher.seal("person.national_id:1", b"1101700203451", &counting()).unwrap();
        assert_eq!(cipher.open("person.national_id:1", &sealed).unwrap(), b"1101700203451");
        assert!(cipher.open("person.national_id:2", &sealed).is_err());
        assert!(FieldCipher::new(&[8; 32]).unwrap().open("person.national_id:1", &sealed).is_err());
        for end in 0..sealed.len() {
            assert!(cipher.open("person.national_id:1", &sealed[..end]).is_err());
        }
    }

    #[test]
    fn digests_of_different_kinds_differ() {
        let cipher = FieldCipher::new(&[7; 32]).unwrap();
        assert_ne!(cipher.digest("national_id", "1"), cipher.digest("licence", "1"));
        assert_eq!(cipher.digest("national_id", "1"), cipher.digest("national_id", "1"));
        assert_eq!(cipher.digest("national_id", "1").len(), 64);
    }

    #[test]
    fn the_key_file_is_64_hexadecimal_digits() {
        assert!(FieldCipher::from_text(&format!("{}\n", "ab".repeat(32))).is_ok());
        assert!(FieldCipher::from_text("ab").is_err());
        assert!(FieldCipher::from_text(&"zz".repeat(32)).is_err());
    }
}
