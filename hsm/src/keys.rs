//! Keys that live in the token: make, find, sign.

use crate::session::{Half, principal_half};
use crate::{Curve, Error, Kind, Purpose, Token, encoding, mechanism};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;

/// Bytes of a `CKA_ID`.
pub(crate) const ID_LENGTH: usize = 16;
/// Bytes of an AES-256 key.
pub(crate) const AES_256: u64 = 32;
/// The most random bytes one call gives.
const MAX_RANDOM: usize = 64 * 1024;

impl Token {
    /// Makes the key of a purpose in the token: sensitive, never extractable.
    ///
    /// Two callers at once may both succeed; using the key then says [`Error::KeyAmbiguous`].
    ///
    /// # Errors
    /// [`Error::KeyExists`] if there is one.
    pub fn generate(&self, purpose: Purpose) -> Result<(), Error> {
        self.ask(move |open| {
            if open.find(purpose, principal_half(purpose))?.is_some() {
                return Err(Error::KeyExists(purpose));
            }
            let session = &open.session;
            match purpose.kind() {
                Kind::Pair(curve) => generate_pair(session, purpose, curve),
                Kind::Wrapping | Kind::Data => generate_secret(session, purpose),
            }
        })
    }

    /// Whether the token has the key of a purpose.
    ///
    /// # Errors
    /// Only those of the token itself.
    pub fn exists(&self, purpose: Purpose) -> Result<bool, Error> {
        self.ask(move |open| Ok(open.find(purpose, principal_half(purpose))?.is_some()))
    }

    /// The public key of a pair as DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Error::KeyAbsent`]; [`Error::WrongPurpose`] if the purpose has no pair.
    pub fn public_key(&self, purpose: Purpose) -> Result<Vec<u8>, Error> {
        let curve = curve_of(purpose)?;
        self.ask(move |open| {
            let handle = open.key(purpose, Half::Public)?;
            read_spki(&open.session, handle, curve)
        })
    }

    /// Signs a digest: `CKM_ECDSA`; the answer is a DER ECDSA-Sig-Value (RFC 3279 §2.2.3).
    ///
    /// # Errors
    /// [`Error::DigestLength`]: 32 bytes for P-256, 48 for P-384; [`Error::KeyAbsent`],
    /// [`Error::WrongPurpose`].
    pub fn sign(&self, purpose: Purpose, digest: &[u8]) -> Result<Vec<u8>, Error> {
        let curve = checked_digest(purpose, digest)?;
        let digest = digest.to_vec();
        self.ask(move |open| {
            let key = open.key(purpose, Half::Private)?;
            sign_digest(&open.session, key, curve, &digest)
        })
    }

    /// [`Self::sign`] for who does not wait on a thread: the session's thread calls `answer`, once.
    /// It is dropped uncalled if no session was free within [`Self::deadline`]; what was begun by then may end later.
    ///
    /// # Errors
    /// What is known at once: [`Error::Busy`], [`Error::DigestLength`], [`Error::WrongPurpose`].
    pub fn sign_then(
        &self,
        purpose: Purpose,
        digest: &[u8],
        answer: impl FnOnce(Result<Vec<u8>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let curve = checked_digest(purpose, digest)?;
        let digest = digest.to_vec();
        self.ask_then(
            self.deadline(),
            move |open| {
                let key = open.key(purpose, Half::Private)?;
                sign_digest(&open.session, key, curve, &digest)
            },
            answer,
        )
    }

    /// [`Self::sign_then`] for digests that are signed in one go, in their order.
    ///
    /// # Errors
    /// As [`Self::sign_then`]; [`Error::TooMuch`] beyond [`crate::MAX_DIGESTS`].
    pub fn sign_each_then(
        &self,
        purpose: Purpose,
        digests: Vec<Vec<u8>>,
        answer: impl FnOnce(Result<Vec<Vec<u8>>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let curve = curve_of(purpose)?;
        if digests.len() > crate::MAX_DIGESTS {
            return Err(Error::TooMuch);
        }
        for digest in &digests {
            checked_digest(purpose, digest)?;
        }
        self.ask_then(
            self.deadline(),
            move |open| {
                let key = open.key(purpose, Half::Private)?;
                digests.iter().map(|digest| sign_digest(&open.session, key, curve, digest)).collect()
            },
            answer,
        )
    }

    /// Random bytes from the token's generator.
    ///
    /// # Errors
    /// [`Error::TooMuch`] beyond 64 KiB.
    pub fn random(&self, length: usize) -> Result<Vec<u8>, Error> {
        if length > MAX_RANDOM {
            return Err(Error::TooMuch);
        }
        self.ask(move |open| random(&open.session, length))
    }

    /// Asks the token for a sign of life: its session still answers and gives random bytes.
    ///
    /// # Errors
    /// Only those of the token itself.
    pub fn ping(&self) -> Result<(), Error> {
        self.ask(|open| {
            open.session.get_session_info()?;
            random(&open.session, 1).map(drop)
        })
    }
}

fn checked_digest(purpose: Purpose, digest: &[u8]) -> Result<Curve, Error> {
    let curve = curve_of(purpose)?;
    if digest.len() == curve.bytes() {
        Ok(curve)
    } else {
        Err(Error::DigestLength { found: digest.len(), expected: curve.bytes() })
    }
}

pub(crate) fn curve_of(purpose: Purpose) -> Result<Curve, Error> {
    match purpose.kind() {
        Kind::Pair(curve) => Ok(curve),
        Kind::Wrapping | Kind::Data => Err(Error::WrongPurpose(purpose)),
    }
}

pub(crate) fn random(session: &Session, length: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; length];
    session.generate_random_slice(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn sign_digest(session: &Session, key: ObjectHandle, curve: Curve, digest: &[u8]) -> Result<Vec<u8>, Error> {
    encoding::signature(curve, &session.sign(&Mechanism::Ecdsa, key, digest)?)
}

pub(crate) fn read_spki(session: &Session, public: ObjectHandle, curve: Curve) -> Result<Vec<u8>, Error> {
    let attributes = session.get_attributes(public, &[AttributeType::EcPoint])?;
    match attributes.as_slice() {
        [Attribute::EcPoint(point)] => encoding::spki(curve, point),
        _ => Err(Error::Malformed("a public key without CKA_EC_POINT")),
    }
}

fn generate_pair(session: &Session, purpose: Purpose, curve: Curve) -> Result<(), Error> {
    let id = random(session, ID_LENGTH)?;
    let mut public = public_attributes(purpose, curve, &id);
    public.push(Attribute::Token(true));
    let mut private = private_attributes(purpose, &id);
    private.extend(resident());
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
    Ok(())
}

fn generate_secret(session: &Session, purpose: Purpose) -> Result<(), Error> {
    let mut template = secret_attributes(purpose, &random(session, ID_LENGTH)?)?;
    template.extend(resident());
    template.push(Attribute::ValueLen(AES_256.into()));
    session.generate_key(&Mechanism::AesKeyGen, &template)?;
    Ok(())
}

/// Where a key stays for good: in the token, and never out of it.
pub(crate) fn resident() -> [Attribute; 3] {
    [Attribute::Token(true), Attribute::Sensitive(true), Attribute::Extractable(false)]
}

/// What the public half of a pair is, wherever it is kept.
pub(crate) fn public_attributes(purpose: Purpose, curve: Curve, id: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(encoding::curve_parameters(curve).to_vec()),
        Attribute::Label(purpose.label().into_bytes()),
        Attribute::Id(id.to_vec()),
    ]
}

/// What the private half of a pair may do: sign.
pub(crate) fn private_attributes(purpose: Purpose, id: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::Private(true),
        Attribute::Sign(true),
        Attribute::Derive(false),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Label(purpose.label().into_bytes()),
        Attribute::Id(id.to_vec()),
    ]
}

/// What an AES key may do: wrap and unwrap, or encrypt and decrypt, never both.
pub(crate) fn secret_attributes(purpose: Purpose, id: &[u8]) -> Result<Vec<Attribute>, Error> {
    let wrapping = match purpose.kind() {
        Kind::Wrapping => true,
        Kind::Data => false,
        Kind::Pair(_) => return Err(Error::WrongPurpose(purpose)),
    };
    let mut attributes = vec![
        Attribute::Private(true),
        Attribute::Wrap(wrapping),
        Attribute::Unwrap(wrapping),
        // Decrypting a blob would lay the doctor's key open.
        Attribute::Encrypt(!wrapping),
        Attribute::Decrypt(!wrapping),
        Attribute::Sign(false),
        Attribute::Derive(false),
        Attribute::Label(purpose.label().into_bytes()),
        Attribute::Id(id.to_vec()),
    ];
    if wrapping {
        // A copy, or the key itself, must not get another unwrap template.
        attributes.extend([mechanism::unwrap_template()?, Attribute::Copyable(false), Attribute::Modifiable(false)]);
    }
    Ok(attributes)
}
