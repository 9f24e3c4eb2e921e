//! Doctors' keys. Made in the token, kept outside of it wrapped under the epoch's key,
//! unwrapped for one batch and destroyed: a token full of doctors would be too slow to search.

use crate::keys::{random, read_spki, sign_digest};
use crate::session::{Half, Open, Temporary};
use crate::{Curve, Error, Purpose, Token, encoding};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use std::time::Duration;

/// The most digests one call signs: a batch of 500 documents with four signatures each.
pub const MAX_DIGESTS: usize = 2000;

/// The longest blob looked at. A P-256 key wraps to 80 bytes or, with its public key inside, some 150; RSA with
/// 3072 bits to 1 800.
const MAX_BLOB: usize = 2048;
/// Octets of an RSA modulus.
const RSA_OCTETS: usize = 384;
/// What finding two primes may take: they are drawn until they fit.
const RSA_GENERATION: Duration = Duration::from_secs(60);
/// What one RSA signature may take.
const RSA_SIGNATURE: Duration = Duration::from_millis(20);

/// The kinds of doctors' keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoctorKeyAlgorithm {
    /// ECDSA on secp256r1.
    P256,
    /// ECDSA on secp384r1.
    P384,
    /// RSA with 3072 bits and the exponent 65537.
    Rsa3072,
}

/// How a doctor's key signs a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// ECDSA on P-256; digests of 32 bytes.
    EcdsaP256,
    /// ECDSA on P-384; digests of 48 bytes.
    EcdsaP384,
    /// RSASSA-PKCS1-v1_5 over SHA-256 (RFC 8017 §8.2); digests of 32 bytes.
    RsaPkcs1Sha256,
    /// RSASSA-PSS over SHA-256 with MGF1 over SHA-256 and 32 bytes of salt (RFC 8017 §8.1); digests of 32 bytes.
    RsaPssSha256,
}

impl DoctorKeyAlgorithm {
    /// One way to sign with such a key: the one that a new key is proved by.
    const fn scheme(self) -> SignatureScheme {
        match self {
            Self::P256 => SignatureScheme::EcdsaP256,
            Self::P384 => SignatureScheme::EcdsaP384,
            Self::Rsa3072 => SignatureScheme::RsaPkcs1Sha256,
        }
    }

    const fn key_type(self) -> KeyType {
        match self {
            Self::P256 | Self::P384 => KeyType::EC,
            Self::Rsa3072 => KeyType::RSA,
        }
    }
}

impl SignatureScheme {
    /// The kind of key that signs so.
    #[must_use]
    pub const fn key(self) -> DoctorKeyAlgorithm {
        match self {
            Self::EcdsaP256 => DoctorKeyAlgorithm::P256,
            Self::EcdsaP384 => DoctorKeyAlgorithm::P384,
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 => DoctorKeyAlgorithm::Rsa3072,
        }
    }

    /// Bytes of the digests it signs.
    #[must_use]
    pub const fn digest_length(self) -> usize {
        match self {
            Self::EcdsaP384 => 48,
            Self::EcdsaP256 | Self::RsaPkcs1Sha256 | Self::RsaPssSha256 => 32,
        }
    }

    fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::EcdsaP256 | Self::EcdsaP384 => Mechanism::Ecdsa,
            Self::RsaPkcs1Sha256 => Mechanism::RsaPkcs,
            Self::RsaPssSha256 => Mechanism::RsaPkcsPss(PkcsPssParams {
                hash_alg: MechanismType::SHA256,
                mgf: PkcsMgfType::MGF1_SHA256,
                s_len: 32.into(),
            }),
        }
    }

    /// What the token is given for a digest.
    fn message(self, digest: &[u8]) -> Vec<u8> {
        match self {
            Self::RsaPkcs1Sha256 => [&encoding::SHA256_DIGEST_INFO, digest].concat(),
            Self::EcdsaP256 | Self::EcdsaP384 | Self::RsaPssSha256 => digest.to_vec(),
        }
    }
}

/// A doctor's key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The private key (PKCS#8) wrapped by RFC 5649 under the epoch's key. Useless without the token.
    pub blob: Vec<u8>,
    /// The public key, DER SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
}

impl Token {
    /// Makes a pair for a doctor as session objects, wraps the private key, proves that
    /// the blob opens and signs for this public key, and destroys the pair.
    ///
    /// # Errors
    /// [`Error::KeyAbsent`] without the epoch's wrapping key; [`Error::MechanismAbsent`].
    pub fn new_doctor_key(&self, epoch: u32, algorithm: DoctorKeyAlgorithm) -> Result<WrappedKey, Error> {
        let patience = match algorithm {
            DoctorKeyAlgorithm::P256 | DoctorKeyAlgorithm::P384 => self.deadline(),
            DoctorKeyAlgorithm::Rsa3072 => self.deadline().max(RSA_GENERATION),
        };
        self.ask_within(patience, move |open| {
            let wrapping = open.key(Purpose::DoctorWrap(epoch), Half::Secret)?;
            make(open, wrapping, algorithm)
        })
    }

    /// Unwraps a doctor's key, signs the digests in their order (of ECDSA DER ECDSA-Sig-Value
    /// each), and destroys the key.
    ///
    /// # Errors
    /// [`Error::UnwrapRefused`] is final for that key, also where it is of another kind than the scheme's;
    /// [`Error::DigestLength`]; [`Error::TooMuch`] beyond [`MAX_DIGESTS`]; [`Error::KeyAbsent`] when the
    /// epoch's key is gone.
    pub fn sign_with_wrapped(
        &self,
        epoch: u32,
        blob: &[u8],
        scheme: SignatureScheme,
        digests: Vec<Vec<u8>>,
    ) -> Result<Vec<Vec<u8>>, Error> {
        check_digests(scheme, &digests)?;
        let blob = blob.to_vec();
        self.ask_within(self.patience(scheme, digests.len()), move |open| {
            unwrap_and_sign(open, epoch, &blob, scheme, &digests)
        })
    }

    /// [`Self::sign_with_wrapped`] for who does not wait on a thread: the session's thread calls `answer`, once.
    /// It is dropped uncalled if no session was free within [`Self::patience`]; what was begun by then may end later.
    ///
    /// # Errors
    /// What is known at once: [`Error::Busy`], [`Error::DigestLength`], [`Error::TooMuch`].
    pub fn sign_with_wrapped_then(
        &self,
        epoch: u32,
        blob: &[u8],
        scheme: SignatureScheme,
        digests: Vec<Vec<u8>>,
        answer: impl FnOnce(Result<Vec<Vec<u8>>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        check_digests(scheme, &digests)?;
        let blob = blob.to_vec();
        let patience = self.patience(scheme, digests.len());
        let work = move |open: &mut Open| unwrap_and_sign(open, epoch, &blob, scheme, &digests);
        self.ask_then(patience, work, answer)
    }

    /// How long to wait for so many signatures of a doctor's key.
    #[must_use]
    pub fn patience(&self, scheme: SignatureScheme, count: usize) -> Duration {
        match scheme.key() {
            DoctorKeyAlgorithm::P256 | DoctorKeyAlgorithm::P384 => self.deadline(),
            DoctorKeyAlgorithm::Rsa3072 => {
                self.deadline() + RSA_SIGNATURE.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
            }
        }
    }
}

fn check_digests(scheme: SignatureScheme, digests: &[Vec<u8>]) -> Result<(), Error> {
    if digests.len() > MAX_DIGESTS {
        return Err(Error::TooMuch);
    }
    let expected = scheme.digest_length();
    match digests.iter().find(|digest| digest.len() != expected) {
        Some(other) => Err(Error::DigestLength { found: other.len(), expected }),
        None => Ok(()),
    }
}

fn unwrap_and_sign(
    open: &mut Open,
    epoch: u32,
    blob: &[u8],
    scheme: SignatureScheme,
    digests: &[Vec<u8>],
) -> Result<Vec<Vec<u8>>, Error> {
    let wrapping = open.key(Purpose::DoctorWrap(epoch), Half::Secret)?;
    let key = unwrap(open, wrapping, scheme.key(), blob)?;
    digests.iter().map(|digest| sign(&open.session, key.handle, scheme, digest)).collect()
}

fn sign(session: &Session, key: ObjectHandle, scheme: SignatureScheme, digest: &[u8]) -> Result<Vec<u8>, Error> {
    match scheme {
        SignatureScheme::EcdsaP256 => sign_digest(session, key, Curve::P256, digest),
        SignatureScheme::EcdsaP384 => sign_digest(session, key, Curve::P384, digest),
        SignatureScheme::RsaPkcs1Sha256 | SignatureScheme::RsaPssSha256 => {
            let signature = session.sign(&scheme.mechanism(), key, &scheme.message(digest))?;
            if signature.len() == RSA_OCTETS {
                Ok(signature)
            } else {
                Err(Error::Malformed("an RSA signature of another length than the key's"))
            }
        }
    }
}

/// Makes a key, wraps it and proves that the blob opens.
fn make(open: &Open, wrapping: ObjectHandle, algorithm: DoctorKeyAlgorithm) -> Result<WrappedKey, Error> {
    let session = &open.session;
    let (public, private) =
        session.generate_key_pair(&generation(algorithm), &public_template(algorithm), &private_template())?;
    let (public, private) = (Temporary::new(session, public), Temporary::new(session, private));
    let blob = session.wrap_key(&open.key_wrap()?.mechanism(), wrapping, private.handle)?;
    let spki = match algorithm {
        DoctorKeyAlgorithm::P256 => read_spki(session, public.handle, Curve::P256)?,
        DoctorKeyAlgorithm::P384 => read_spki(session, public.handle, Curve::P384)?,
        DoctorKeyAlgorithm::Rsa3072 => read_rsa_spki(session, public.handle)?,
    };

    let unwrapped = Temporary::new(session, unwrap_once(open, wrapping, algorithm, &blob)?);
    let scheme = algorithm.scheme();
    let probe = scheme.message(&random(session, scheme.digest_length())?);
    let signature = session.sign(&scheme.mechanism(), unwrapped.handle, &probe)?;
    session.verify(&scheme.mechanism(), public.handle, &probe, &signature)?;
    Ok(WrappedKey { blob, spki })
}

/// Unwraps a doctor's key as a session object that can sign and nothing else.
pub(crate) fn unwrap<'a>(
    open: &'a Open,
    wrapping: ObjectHandle,
    algorithm: DoctorKeyAlgorithm,
    blob: &[u8],
) -> Result<Temporary<'a>, Error> {
    if blob.is_empty() || blob.len() > MAX_BLOB {
        return Err(Error::UnwrapRefused);
    }
    match unwrap_once(open, wrapping, algorithm, blob) {
        Ok(handle) => Ok(Temporary::new(&open.session, handle)),
        Err(vanished @ (Error::KeyVanished(_) | Error::MechanismAbsent(_))) => Err(vanished),
        // Tokens give what code they like for a blob that does not open (SoftHSM CKR_GENERAL_ERROR,
        // kryoptic CKR_DEVICE_ERROR), and the same when it is they who failed. A refusal is final
        // for the key, so it takes a proof: the wrapping key opens a blob made this moment.
        Err(_) => match make(open, wrapping, DoctorKeyAlgorithm::P256) {
            Ok(_) => Err(Error::UnwrapRefused),
            Err(failure) if failure.is_temporary() => Err(failure),
            Err(failure) => Err(Error::Unreachable(failure.to_string())),
        },
    }
}

fn unwrap_once(
    open: &Open,
    wrapping: ObjectHandle,
    algorithm: DoctorKeyAlgorithm,
    blob: &[u8],
) -> Result<ObjectHandle, Error> {
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(algorithm.key_type()),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Derive(false),
    ];
    Ok(open.session.unwrap_key(&open.key_wrap()?.mechanism(), wrapping, blob, &template)?)
}

const fn generation(algorithm: DoctorKeyAlgorithm) -> Mechanism<'static> {
    match algorithm {
        DoctorKeyAlgorithm::P256 | DoctorKeyAlgorithm::P384 => Mechanism::EccKeyPairGen,
        DoctorKeyAlgorithm::Rsa3072 => Mechanism::RsaPkcsKeyPairGen,
    }
}

fn public_template(algorithm: DoctorKeyAlgorithm) -> Vec<Attribute> {
    let curve = |curve| vec![Attribute::EcParams(encoding::curve_parameters(curve).to_vec())];
    let mut template = match algorithm {
        DoctorKeyAlgorithm::P256 => curve(Curve::P256),
        DoctorKeyAlgorithm::P384 => curve(Curve::P384),
        DoctorKeyAlgorithm::Rsa3072 => vec![
            Attribute::ModulusBits((8 * RSA_OCTETS as u64).into()),
            Attribute::PublicExponent(encoding::RSA_EXPONENT.to_vec()),
        ],
    };
    template.extend([Attribute::Token(false), Attribute::Verify(true)]);
    template
}

fn read_rsa_spki(session: &Session, public: ObjectHandle) -> Result<Vec<u8>, Error> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let attributes = session.get_attributes(public, &wanted)?;
    match attributes.as_slice() {
        [Attribute::Modulus(modulus), Attribute::PublicExponent(exponent)] => {
            encoding::rsa_spki(RSA_OCTETS, modulus, exponent)
        }
        _ => Err(Error::Malformed("a public key without modulus and exponent")),
    }
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
