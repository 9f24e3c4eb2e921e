//! Doctors' keys. Made in the token, kept outside of it wrapped under the epoch's key,
//! unwrapped for one batch and destroyed: a token full of doctors would be too slow to search.

use crate::keys::{random, read_spki, sign_digest};
use crate::session::{Half, Open, Temporary};
use crate::{Curve, Error, Purpose, Token, encoding};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};

/// The most digests one call signs: a batch of 500 documents with four signatures each.
pub const MAX_DIGESTS: usize = 2000;

/// The longest blob looked at; a P-256 key wraps to 80 bytes or, with its public key inside, some 150.
const MAX_BLOB: usize = 512;

/// A doctor's key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The private key (PKCS#8) wrapped by RFC 5649 under the epoch's key. Useless without the token.
    pub blob: Vec<u8>,
    /// The public key, DER SubjectPublicKeyInfo (P-256).
    pub spki: Vec<u8>,
}

impl Token {
    /// Makes a P-256 pair for a doctor as session objects, wraps the private key, proves that
    /// the blob opens and signs for this public key, and destroys the pair.
    ///
    /// # Errors
    /// [`Error::KeyAbsent`] without the epoch's wrapping key; [`Error::MechanismAbsent`].
    pub fn new_doctor_key(&self, epoch: u32) -> Result<WrappedKey, Error> {
        self.ask(move |open| {
            let wrapping = open.key(Purpose::DoctorWrap(epoch), Half::Secret)?;
            make(open, wrapping)
        })
    }

    /// Unwraps a doctor's key, signs the SHA-256 digests in their order (DER ECDSA-Sig-Value
    /// each), and destroys the key.
    ///
    /// # Errors
    /// [`Error::UnwrapRefused`] is final for that key; [`Error::TooMuch`] beyond
    /// [`MAX_DIGESTS`]; [`Error::KeyAbsent`] when the epoch's key is gone.
    pub fn sign_with_wrapped(&self, epoch: u32, blob: &[u8], digests: Vec<[u8; 32]>) -> Result<Vec<Vec<u8>>, Error> {
        if digests.len() > MAX_DIGESTS {
            return Err(Error::TooMuch);
        }
        let blob = blob.to_vec();
        self.ask(move |open| {
            let wrapping = open.key(Purpose::DoctorWrap(epoch), Half::Secret)?;
            let key = unwrap(open, wrapping, &blob)?;
            digests.iter().map(|digest| sign_digest(&open.session, key.handle, Curve::P256, digest)).collect()
        })
    }
}

/// Makes a key, wraps it and proves that the blob opens.
fn make(open: &Open, wrapping: ObjectHandle) -> Result<WrappedKey, Error> {
    let session = &open.session;
    let (public, private) =
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public_template(), &private_template())?;
    let (public, private) = (Temporary::new(session, public), Temporary::new(session, private));
    let blob = session.wrap_key(&open.key_wrap()?.mechanism(), wrapping, private.handle)?;
    let spki = read_spki(session, public.handle, Curve::P256)?;

    let unwrapped = Temporary::new(session, unwrap_once(open, wrapping, &blob)?);
    let probe = random(session, Curve::P256.bytes())?;
    let signature = session.sign(&Mechanism::Ecdsa, unwrapped.handle, &probe)?;
    session.verify(&Mechanism::Ecdsa, public.handle, &probe, &signature)?;
    Ok(WrappedKey { blob, spki })
}

/// Unwraps a doctor's key as a session object that can sign and nothing else.
pub(crate) fn unwrap<'a>(open: &'a Open, wrapping: ObjectHandle, blob: &[u8]) -> Result<Temporary<'a>, Error> {
    if blob.is_empty() || blob.len() > MAX_BLOB {
        return Err(Error::UnwrapRefused);
    }
    match unwrap_once(open, wrapping, blob) {
        Ok(handle) => Ok(Temporary::new(&open.session, handle)),
        Err(vanished @ (Error::KeyVanished(_) | Error::MechanismAbsent(_))) => Err(vanished),
        // Tokens give what code they like for a blob that does not open (SoftHSM CKR_GENERAL_ERROR,
        // kryoptic CKR_DEVICE_ERROR), and the same when it is they who failed. A refusal is final
        // for the key, so it takes a proof: the wrapping key opens a blob made this moment.
        Err(_) => match make(open, wrapping) {
            Ok(_) => Err(Error::UnwrapRefused),
            Err(failure) if failure.is_temporary() => Err(failure),
            Err(failure) => Err(Error::Unreachable(failure.to_string())),
        },
    }
}

fn unwrap_once(open: &Open, wrapping: ObjectHandle, blob: &[u8]) -> Result<ObjectHandle, Error> {
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Derive(false),
    ];
    Ok(open.session.unwrap_key(&open.key_wrap()?.mechanism(), wrapping, blob, &template)?)
}

fn public_template() -> [Attribute; 3] {
    [
        Attribute::Token(false),
        Attribute::Verify(true),
        Attribute::EcParams(encoding::curve_parameters(Curve::P256).to_vec()),
    ]
}

/// Extractable, since it must be wrapped once; it lives for the length of one call.
fn private_template() -> [Attribute; 6] {
    [
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(true),
        Attribute::Sign(true),
        Attribute::Derive(false),
    ]
}
