//! A key written out under the two operators' backup key when it is made, and restored from it.
//!
//! The key that stays in the token was never extractable there: it is made as a session object,
//! wrapped (RFC 5649), unwrapped into the token as non-extractable, and the session object
//! destroyed. What differs from a key of [`Token::generate`]: the token says
//! `CKA_ALWAYS_SENSITIVE`, `CKA_NEVER_EXTRACTABLE` and `CKA_LOCAL` false, which is the truth.
//! Each backup is a text of its own, so that the backup of an ended epoch can be destroyed alone.

use crate::dual_control::BackupKeyComponents;
use crate::keys::{
    AES_256, ID_LENGTH, private_attributes, public_attributes, random, read_spki, resident, secret_attributes,
};
use crate::session::{Open, Temporary, principal_half};
use crate::{Curve, Error, Kind, Purpose, Token, encoding};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};

/// The longest backup read: a P-384 pair's takes some 700 bytes.
const MAX_TEXT: usize = 4096;
const HEAD: &str = "rabrong key backup 1";

/// One key as its backup is kept. Opens only with both operators' components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupBlob {
    /// What the key is for.
    pub purpose: Purpose,
    /// The public key of a pair (DER SubjectPublicKeyInfo); empty for an AES key.
    pub spki: Vec<u8>,
    /// The private key (PKCS#8) or AES key, wrapped by RFC 5649.
    pub blob: Vec<u8>,
}

impl BackupBlob {
    /// The lines to keep: head, label, public key, wrapped key.
    pub fn to_text(&self) -> String {
        let (label, spki, blob) = (self.purpose.label(), hex::encode(&self.spki), hex::encode(&self.blob));
        format!("{HEAD}\nkey: {label}\npublic-key: {spki}\nwrapped: {blob}\n")
    }

    /// Reads what [`BackupBlob::to_text`] wrote.
    ///
    /// # Errors
    /// [`Error::BackupMalformed`]. Whether it was altered shows only when it is opened.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            return Err(Error::BackupMalformed);
        }
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(Error::BackupMalformed);
        }
        let mut value = |name: &str| {
            let line = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(str::trim).ok_or(Error::BackupMalformed)
        };
        let purpose = Purpose::from_label(value("key")?).ok_or(Error::BackupMalformed)?;
        let spki = hex::decode(value("public-key")?).map_err(|_| Error::BackupMalformed)?;
        let blob = hex::decode(value("wrapped")?).map_err(|_| Error::BackupMalformed)?;
        if blob.is_empty() || lines.next().is_some() {
            return Err(Error::BackupMalformed);
        }
        Ok(Self { purpose, spki, blob })
    }
}

impl Token {
    /// Makes a key of a purpose that is nowhere but in its backup: kept first, then put into the
    /// token by [`Token::restore`], no key is ever there without its backup.
    ///
    /// # Errors
    /// [`Error::KeyExists`] if the token has one; [`Error::MechanismAbsent`], [`Error::Refused`]
    /// where the token wraps none.
    pub fn generate_backup(&self, purpose: Purpose, components: &BackupKeyComponents) -> Result<BackupBlob, Error> {
        let components = components.clone();
        self.ask(move |open| {
            refuse_existing(open, purpose)?;
            let (spki, key) = make_extractable(open, purpose)?;
            let under = backup_key(open, &components, purpose, &spki)?;
            let blob = open.session.wrap_key(&open.key_wrap()?.mechanism(), under.handle, key.handle)?;
            Ok(BackupBlob { purpose, spki, blob })
        })
    }

    /// Puts a backed-up key into this token: sensitive and not extractable, with the uses and,
    /// for an epoch's key, the unwrap template its purpose asks for. A pair signs a probe that
    /// the backup's public key must verify.
    ///
    /// # Errors
    /// [`Error::KeyExists`]; [`Error::BackupRefused`] for other components or an altered backup:
    /// nothing is left in the token then.
    pub fn restore(&self, backup: &BackupBlob, components: &BackupKeyComponents) -> Result<(), Error> {
        let (backup, components) = (backup.clone(), components.clone());
        self.ask(move |open| {
            refuse_existing(open, backup.purpose)?;
            let under = backup_key(open, &components, backup.purpose, &backup.spki)?;
            install(open, under.handle, &backup)
        })
    }
}

fn refuse_existing(open: &Open, purpose: Purpose) -> Result<(), Error> {
    match open.find(purpose, principal_half(purpose))? {
        Some(_) => Err(Error::KeyExists(purpose)),
        None => Ok(()),
    }
}

/// The backup key of one blob as a session object that wraps and unwraps.
fn backup_key<'a>(
    open: &'a Open,
    components: &BackupKeyComponents,
    purpose: Purpose,
    spki: &[u8],
) -> Result<Temporary<'a>, Error> {
    let key = components.key(&purpose.label(), spki);
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Wrap(true),
        Attribute::Unwrap(true),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
        Attribute::Value(key.to_vec()),
    ];
    let made = open.session.create_object(&template);
    // cryptoki keeps no copy; the one in the template is ours to wipe.
    for attribute in template {
        if let Attribute::Value(value) = attribute {
            drop(zeroize::Zeroizing::new(value));
        }
    }
    Ok(Temporary::new(&open.session, made?))
}

/// The key as a session object that may be wrapped, and the public key of a pair.
fn make_extractable(open: &Open, purpose: Purpose) -> Result<(Vec<u8>, Temporary<'_>), Error> {
    let session = &open.session;
    let passing = [
        Attribute::Token(false),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(true),
        Attribute::Derive(false),
    ];
    match purpose.kind() {
        Kind::Pair(curve) => {
            let public = [
                Attribute::Token(false),
                Attribute::Verify(true),
                Attribute::EcParams(encoding::curve_parameters(curve).to_vec()),
            ];
            let private = [passing.as_slice(), &[Attribute::Sign(true)]].concat();
            let (public, private) = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
            let (public, private) = (Temporary::new(session, public), Temporary::new(session, private));
            Ok((read_spki(session, public.handle, curve)?, private))
        }
        Kind::Wrapping | Kind::Data => {
            let template = [passing.as_slice(), &[Attribute::ValueLen(AES_256.into())]].concat();
            let key = session.generate_key(&Mechanism::AesKeyGen, &template)?;
            Ok((Vec::new(), Temporary::new(session, key)))
        }
    }
}

/// Unwraps a backup into the token. All of it or nothing stays.
fn install(open: &Open, under: ObjectHandle, backup: &BackupBlob) -> Result<(), Error> {
    let session = &open.session;
    let purpose = backup.purpose;
    let id = random(session, ID_LENGTH)?;
    let (class, key_type, attributes, curve) = match purpose.kind() {
        Kind::Pair(curve) => (ObjectClass::PRIVATE_KEY, KeyType::EC, private_attributes(purpose, &id), Some(curve)),
        Kind::Wrapping | Kind::Data => (ObjectClass::SECRET_KEY, KeyType::AES, secret_attributes(purpose, &id)?, None),
    };
    let mut template = vec![Attribute::Class(class), Attribute::KeyType(key_type)];
    template.extend(resident());
    // Last: SoftHSM takes a template in its order, and nothing after CKA_MODIFIABLE=false.
    template.extend(attributes);
    let key = session.unwrap_key(&open.key_wrap()?.mechanism(), under, &backup.blob, &template);
    // Destroyed on the way out unless all goes well.
    let key = Temporary::new(session, key.map_err(|error| refused(open, purpose, error))?);
    let Some(curve) = curve else {
        key.keep();
        return Ok(());
    };
    let point = encoding::ec_point(curve, &backup.spki).map_err(|_| Error::BackupRefused(purpose))?;
    let mut template = public_attributes(purpose, curve, &id);
    template.extend([
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
        Attribute::EcPoint(point),
    ]);
    let public = session.create_object(&template).map_err(|error| refused(open, purpose, error))?;
    let public = Temporary::new(session, public);
    prove(open, curve, key.handle, public.handle).map_err(|error| refused(open, purpose, error))?;
    key.keep();
    public.keep();
    Ok(())
}

/// The private key signs what the public key verifies.
fn prove(open: &Open, curve: Curve, private: ObjectHandle, public: ObjectHandle) -> Result<(), Pkcs11Error> {
    let mut probe = vec![0; curve.bytes()];
    open.session.generate_random_slice(&mut probe)?;
    let signature = open.session.sign(&Mechanism::Ecdsa, private, &probe)?;
    open.session.verify(&Mechanism::Ecdsa, public, &probe, &signature)
}

/// Tokens differ in the code they give for a blob that does not open; what is the session's or
/// the mechanism's fault is named as that.
fn refused(open: &Open, purpose: Purpose, error: Pkcs11Error) -> Error {
    match error {
        Pkcs11Error::Pkcs11(code, _)
            if open.is_to_blame(code) || matches!(code, RvError::MechanismInvalid | RvError::TokenWriteProtected) =>
        {
            error.into()
        }
        _ => Error::BackupRefused(purpose),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_survives_its_text() {
        let backup = BackupBlob { purpose: Purpose::Issuing(2), spki: vec![0x30; 91], blob: vec![7; 144] };
        assert_eq!(BackupBlob::parse(&backup.to_text()).unwrap(), backup);
        let secret = BackupBlob { purpose: Purpose::DoctorWrap(2026), spki: Vec::new(), blob: vec![7; 40] };
        assert_eq!(BackupBlob::parse(&secret.to_text()).unwrap(), secret);

        let text = backup.to_text();
        let another = text.replace("issuing 2", "issuing two");
        let long = format!("{text}{}", "\n".repeat(5000));
        let empty = BackupBlob { blob: Vec::new(), ..backup }.to_text();
        for bad in ["", "rabrong key backup 2", &another, &format!("{text}more\n"), &text[..60], &long, &empty] {
            assert!(matches!(BackupBlob::parse(bad), Err(Error::BackupMalformed)), "{bad}");
        }
    }
}
