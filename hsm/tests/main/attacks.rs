//! A thief who has the module, the PIN and every wrapped key still cannot carry a doctor's key off.

use crate::backup::{components, with_backup};
use crate::place::{Make, PIN, fresh_token, make, module, with_each_token};
use cryptoki::context::Pkcs11;
use cryptoki::error::Error as Pkcs11Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use hsm::{DoctorKeyAlgorithm, KeyWrapNumber, Purpose, WrappedKey};
use secrecy::SecretString;

const EPOCH: u32 = 1;

/// What a thief has: a session of their own, the wrapping key's handle and a doctor's key of each kind.
struct Theft {
    /// The thief is in the process, which is logged in.
    _token: hsm::Token,
    session: Session,
    wrapping: ObjectHandle,
    keys: Vec<(KeyType, WrappedKey)>,
}

/// The wrapping key made in the token, or restored to it from a backup.
fn thefts() -> [Theft; 2] {
    let made = fresh_token("online");
    let components = components(&made);
    let backup = with_backup(&made, Purpose::DoctorWrap(EPOCH), &components);
    let restored = fresh_token("second");
    restored.restore(&backup, &components).unwrap();
    let generated = fresh_token("third");
    generated.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
    drop(made);
    [("second", restored), ("third", generated)].map(|(label, token)| steal(label, token))
}

fn steal(label: &str, token: hsm::Token) -> Theft {
    let kinds = [
        (KeyType::EC, DoctorKeyAlgorithm::P256),
        (KeyType::EC, DoctorKeyAlgorithm::P384),
        (KeyType::RSA, DoctorKeyAlgorithm::Rsa3072),
    ];
    let keys = kinds.map(|(kind, algorithm)| (kind, token.new_doctor_key(EPOCH, algorithm).unwrap())).to_vec();
    let pkcs11 = Pkcs11::new(module()).unwrap();
    let slots = pkcs11.get_slots_with_initialized_token().unwrap();
    let slot = slots.into_iter().find(|slot| pkcs11.get_token_info(*slot).unwrap().label() == label).unwrap();
    let session = pkcs11.open_rw_session(slot).unwrap();
    // Logged in already, by the same PIN.
    let _ = session.login(UserType::User, Some(&SecretString::from(PIN)));
    let wrapping = session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).unwrap()[0];
    Theft { _token: token, session, wrapping, keys }
}

fn each_key(thefts: &[Theft]) -> impl Iterator<Item = (&Theft, KeyType, &WrappedKey)> {
    thefts.iter().flat_map(|theft| theft.keys.iter().map(move |(kind, key)| (theft, *kind, key)))
}

/// RFC 5649 by the number this module gives it.
fn key_wrap() -> Mechanism<'static> {
    match make() {
        Make::SoftHsm => KeyWrapNumber::SoftHsm.mechanism(),
        Make::Kryoptic => KeyWrapNumber::Standard.mechanism(),
    }
}

fn template(kind: KeyType, extractable: bool, sensitive: bool, token: bool) -> [Attribute; 7] {
    [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(kind),
        Attribute::Token(token),
        Attribute::Private(true),
        Attribute::Sensitive(sensitive),
        Attribute::Extractable(extractable),
        Attribute::Sign(true),
    ]
}

#[test]
fn a_doctors_key_is_not_unwrapped_as_extractable() {
    with_each_token("attacks::a_doctors_key_is_not_unwrapped_as_extractable", || {
        for (Theft { session, wrapping, .. }, kind, key) in each_key(&thefts()) {
            let unwrap = |template: &[Attribute]| session.unwrap_key(&key_wrap(), *wrapping, &key.blob, template);
            // The counter-proof: the same call goes through where it asks for no more than it may.
            unwrap(&template(kind, false, true, false)).unwrap();
            for (extractable, sensitive, token) in
                [(true, true, false), (false, false, false), (true, false, false), (false, true, true)]
            {
                let refused = unwrap(&template(kind, extractable, sensitive, token));
                assert!(
                    refused.is_err(),
                    "EXTRACTABLE={extractable} SENSITIVE={sensitive} TOKEN={token} was unwrapped as {kind}"
                );
            }
        }
    });
}

#[test]
fn an_unwrapped_key_is_neither_read_nor_wrapped_nor_loosened() {
    with_each_token("attacks::an_unwrapped_key_is_neither_read_nor_wrapped_nor_loosened", || {
        for (Theft { session, wrapping, .. }, kind, key) in each_key(&thefts()) {
            let wrapping = *wrapping;
            let ordinary = template(kind, false, true, false);
            let handle = session.unwrap_key(&key_wrap(), wrapping, &key.blob, &ordinary).unwrap();
            let mechanism = if kind == KeyType::RSA { Mechanism::RsaPkcs } else { Mechanism::Ecdsa };
            session.sign(&mechanism, handle, &[1; 32]).unwrap();
            assert_closed(session, wrapping, handle);

            // Leaving the attributes out does not help: refused, or filled in from the wrapping key's template.
            let bare = [
                Attribute::Class(ObjectClass::PRIVATE_KEY),
                Attribute::KeyType(kind),
                Attribute::Private(true),
                Attribute::Sign(true),
            ];
            if let Ok(handle) = session.unwrap_key(&key_wrap(), wrapping, &key.blob, &bare) {
                assert_closed(session, wrapping, handle);
            }
            // Nor does calling the private key's encoding a secret of another kind.
            let disguised = [
                Attribute::Class(ObjectClass::SECRET_KEY),
                Attribute::KeyType(KeyType::GENERIC_SECRET),
                Attribute::Token(false),
                Attribute::Sensitive(false),
                Attribute::Extractable(true),
            ];
            assert!(session.unwrap_key(&key_wrap(), wrapping, &key.blob, &disguised).is_err());
        }
    });
}

/// Neither readable, nor wrappable, nor to be made so.
fn assert_closed(session: &Session, wrapping: ObjectHandle, handle: ObjectHandle) {
    let wanted = [AttributeType::Extractable, AttributeType::Sensitive, AttributeType::Token];
    let found = session.get_attributes(handle, &wanted).unwrap();
    assert_eq!(found, [Attribute::Extractable(false), Attribute::Sensitive(true), Attribute::Token(false)]);
    // cryptoki leaves an attribute out that the token does not reveal.
    for secret in [AttributeType::Value, AttributeType::PrivateExponent, AttributeType::Prime1, AttributeType::Prime2] {
        assert!(session.get_attributes(handle, &[secret]).map_or(true, |found| found.is_empty()), "{secret} was read");
    }
    assert!(session.wrap_key(&key_wrap(), wrapping, handle).is_err());
    for loosened in [Attribute::Extractable(true), Attribute::Sensitive(false)] {
        assert!(session.update_attributes(handle, std::slice::from_ref(&loosened)).is_err());
        assert!(session.copy_object(handle, &[loosened]).is_err());
    }
}

#[test]
fn the_wrapping_key_itself_gives_nothing_away() {
    with_each_token("attacks::the_wrapping_key_itself_gives_nothing_away", || {
        for Theft { session, wrapping, keys, .. } in thefts() {
            let (_, key) = &keys[0];
            assert!(session.get_attributes(wrapping, &[AttributeType::Value]).unwrap().is_empty());
            assert!(session.decrypt(&Mechanism::AesEcb, wrapping, &key.blob).is_err());
            assert!(session.wrap_key(&key_wrap(), wrapping, wrapping).is_err());
            let none = Attribute::VendorDefined((AttributeType::VendorDefined(0x4000_0212), Vec::new()));
            for changed in [none, Attribute::Decrypt(true), Attribute::Extractable(true), Attribute::Modifiable(true)] {
                let name = format!("{changed:?}");
                assert!(session.update_attributes(wrapping, std::slice::from_ref(&changed)).is_err(), "{name} was set");
                assert!(session.copy_object(wrapping, &[changed]).is_err(), "a copy with {name} was made");
            }
        }
    });
}

#[test]
fn without_the_template_the_key_would_be_lost() {
    with_each_token("attacks::without_the_template_the_key_would_be_lost", || {
        let [Theft { session, .. }, _] = thefts();
        // Why the template is there: a plain wrapping key lets its holder unwrap as extractable.
        let plain =
            [Attribute::Token(false), Attribute::Wrap(true), Attribute::Unwrap(true), Attribute::ValueLen(32.into())];
        let wrapping = session.generate_key(&Mechanism::AesKeyGen, &plain).unwrap();
        let p256 = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let private = [Attribute::Token(false), Attribute::Sensitive(true), Attribute::Extractable(true)];
        let (_, pair) =
            session.generate_key_pair(&Mechanism::EccKeyPairGen, &[Attribute::EcParams(p256)], &private).unwrap();
        let blob = session.wrap_key(&key_wrap(), wrapping, pair).unwrap();
        let loose: Result<_, Pkcs11Error> =
            session.unwrap_key(&key_wrap(), wrapping, &blob, &template(KeyType::EC, true, false, false));
        let value = session.get_attributes(loose.unwrap(), &[AttributeType::Value]).unwrap();
        assert!(matches!(value.as_slice(), [Attribute::Value(secret)] if !secret.is_empty()));
    });
}
