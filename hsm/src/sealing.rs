//! AES-256-GCM under the document-data key: `IV (12 bytes) ‖ ciphertext ‖ tag (16 bytes)`.

use crate::error::is_handle_invalid;
use crate::keys::random;
use crate::session::{Half, Open};
use crate::{Error, Purpose, Token};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::ObjectHandle;
use zeroize::Zeroizing;

/// Bytes of the IV. Drawn at random: at most 2^32 texts under one key (SP 800-38D §8.3).
const IV: usize = 12;
/// Bytes of the tag.
const TAG: usize = 16;
/// The longest text sealed or opened.
const MAX_TEXT: usize = 64 * 1024;
/// The longest associated data.
const MAX_AAD: usize = 4 * 1024;

impl Token {
    /// Encrypts `plaintext` bound to `aad`.
    ///
    /// # Errors
    /// [`Error::KeyAbsent`]; [`Error::TooMuch`] beyond 64 KiB of text or 4 KiB of associated data.
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
        if plaintext.len() > MAX_TEXT || aad.len() > MAX_AAD {
            return Err(Error::TooMuch);
        }
        let (aad, plaintext) = (aad.to_vec(), Zeroizing::new(plaintext.to_vec()));
        self.ask(move |open| {
            let key = open.key(Purpose::DocumentData, Half::Secret)?;
            encrypt(open, key, &aad, &plaintext)
        })
    }

    /// Decrypts what [`Token::seal`] made with the same `aad`.
    ///
    /// # Errors
    /// [`Error::SealBroken`] if the text or the associated data is another.
    pub fn open_sealed(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed.len() > MAX_TEXT + IV + TAG || aad.len() > MAX_AAD {
            return Err(Error::TooMuch);
        }
        let Some((iv, ciphertext)) = sealed.split_at_checked(IV).filter(|(_, rest)| rest.len() >= TAG) else {
            return Err(Error::SealBroken);
        };
        let (aad, iv, ciphertext) = (aad.to_vec(), iv.to_vec(), ciphertext.to_vec());
        self.ask(move |open| {
            let key = open.key(Purpose::DocumentData, Half::Secret)?;
            let mut iv = iv.clone();
            let parameters = GcmParams::new(&mut iv, &aad, (8 * TAG as u64).into())?;
            match open.session.decrypt(&Mechanism::AesGcm(parameters), key, &ciphertext) {
                Ok(plaintext) => Ok(Zeroizing::new(plaintext)),
                Err(error @ Pkcs11Error::Pkcs11(code, _))
                    if is_handle_invalid(code) || matches!(code, RvError::MechanismInvalid) =>
                {
                    Err(error.into())
                }
                // A wrong tag is CKR_ENCRYPTED_DATA_INVALID by the book, CKR_GENERAL_ERROR in SoftHSM;
                // so is a failing token. It is the text's fault if the key still works.
                Err(_) => Err(encrypt(open, key, &[], &[]).err().unwrap_or(Error::SealBroken)),
            }
        })
    }
}

/// `IV ‖ ciphertext ‖ tag`.
fn encrypt(open: &Open, key: ObjectHandle, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    let mut iv = random(&open.session, IV)?;
    let mut sealed = iv.clone();
    let parameters = GcmParams::new(&mut iv, aad, (8 * TAG as u64).into())?;
    let ciphertext = open.session.encrypt(&Mechanism::AesGcm(parameters), key, plaintext)?;
    if ciphertext.len() != plaintext.len() + TAG {
        return Err(Error::Malformed("AES-GCM gave a ciphertext of another length"));
    }
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}
