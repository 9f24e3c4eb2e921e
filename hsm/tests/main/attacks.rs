//! A thief who has the module, the PIN and every wrapped key still cannot carry a doctor's key off.

use crate::softhsm::{PIN, fresh_token, module, with_softhsm};
use cryptoki::context::Pkcs11;
use cryptoki::error::Error as Pkcs11Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use hsm::{Purpose, WrappedKey};
use secrecy::SecretString;

const EPOCH: u32 = 1;

/// The thief's own session, the wrapping key's handle and a doctor's key.
fn stolen() -> (hsm::Token, Session, ObjectHandle, WrappedKey) {
    let token = fresh_token("online");
    token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
    let key = token.new_doctor_key(EPOCH).unwrap();
    let pkcs11 = Pkcs11::new(module()).unwrap();
    let slot = pkcs11.get_slots_with_initialized_token().unwrap()[0];
    let session = pkcs11.open_rw_session(slot).unwrap();
    // Logged in already, by the same PIN: the thief is in the process.
    let _ = session.login(UserType::User, Some(&SecretString::from(PIN)));
    let wrapping = session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).unwrap()[0];
    (token, session, wrapping, key)
}

fn template(extractable: bool, sensitive: bool, token: bool) -> [Attribute; 7] {
    [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(token),
        Attribute::Private(true),
        Attribute::Sensitive(sensitive),
        Attribute::Extractable(extractable),
        Attribute::Sign(true),
    ]
}

#[test]
fn a_doctors_key_is_not_unwrapped_as_extractable() {
    with_softhsm("attacks::a_doctors_key_is_not_unwrapped_as_extractable", || {
        let (_token, session, wrapping, key) = stolen();
        let unwrap =
            |template: &[Attribute]| session.unwrap_key(&Mechanism::AesKeyWrapPad, wrapping, &key.blob, template);
        // The counter-proof: the same call goes through where it asks for no more than it may.
        unwrap(&template(false, true, false)).unwrap();
        for (extractable, sensitive, token) in
            [(true, true, false), (false, false, false), (true, false, false), (false, true, true)]
        {
            let refused = unwrap(&template(extractable, sensitive, token));
            assert!(refused.is_err(), "EXTRACTABLE={extractable} SENSITIVE={sensitive} TOKEN={token} was unwrapped");
        }
    });
}

#[test]
fn an_unwrapped_key_is_neither_read_nor_wrapped_nor_loosened() {
    with_softhsm("attacks::an_unwrapped_key_is_neither_read_nor_wrapped_nor_loosened", || {
        let (_token, session, wrapping, key) = stolen();
        let handle =
            session.unwrap_key(&Mechanism::AesKeyWrapPad, wrapping, &key.blob, &template(false, true, false)).unwrap();
        session.sign(&Mechanism::Ecdsa, handle, &[1; 32]).unwrap();
        assert_closed(&session, wrapping, handle);

        // Leaving the attributes out does not help: refused, or filled in from the wrapping key's template.
        let bare = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::EC),
            Attribute::Private(true),
            Attribute::Sign(true),
        ];
        if let Ok(handle) = session.unwrap_key(&Mechanism::AesKeyWrapPad, wrapping, &key.blob, &bare) {
            assert_closed(&session, wrapping, handle);
        }
        // Nor does calling the private key's encoding a secret of another kind.
        let disguised = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::GENERIC_SECRET),
            Attribute::Token(false),
            Attribute::Sensitive(false),
            Attribute::Extractable(true),
        ];
        assert!(session.unwrap_key(&Mechanism::AesKeyWrapPad, wrapping, &key.blob, &disguised).is_err());
    });
}

/// Neither readable, nor wrappable, nor to be made so.
fn assert_closed(session: &Session, wrapping: ObjectHandle, handle: ObjectHandle) {
    let wanted = [AttributeType::Extractable, AttributeType::Sensitive, AttributeType::Token];
    let found = session.get_attributes(handle, &wanted).unwrap();
    assert_eq!(found, [Attribute::Extractable(false), Attribute::Sensitive(true), Attribute::Token(false)]);
    // cryptoki leaves an attribute out that the token does not reveal.
    assert!(session.get_attributes(handle, &[AttributeType::Value]).unwrap().is_empty());
    assert!(session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, handle).is_err());
    for loosened in [Attribute::Extractable(true), Attribute::Sensitive(false)] {
        assert!(session.update_attributes(handle, std::slice::from_ref(&loosened)).is_err());
        assert!(session.copy_object(handle, &[loosened]).is_err());
    }
}

#[test]
fn the_wrapping_key_itself_gives_nothing_away() {
    with_softhsm("attacks::the_wrapping_key_itself_gives_nothing_away", || {
        let (_token, session, wrapping, key) = stolen();
        assert!(session.get_attributes(wrapping, &[AttributeType::Value]).unwrap().is_empty());
        assert!(session.decrypt(&Mechanism::AesEcb, wrapping, &key.blob).is_err());
        assert!(session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, wrapping).is_err());
        let none = Attribute::VendorDefined((AttributeType::VendorDefined(0x4000_0212), Vec::new()));
        for changed in [none, Attribute::Decrypt(true), Attribute::Extractable(true), Attribute::Modifiable(true)] {
            let name = format!("{changed:?}");
            assert!(session.update_attributes(wrapping, std::slice::from_ref(&changed)).is_err(), "{name} was set");
            assert!(session.copy_object(wrapping, &[changed]).is_err(), "a copy with {name} was made");
        }
    });
}

#[test]
fn without_the_template_the_key_would_be_lost() {
    with_softhsm("attacks::without_the_template_the_key_would_be_lost", || {
        let (_token, session, _, _) = stolen();
        // Why the template is there: a plain wrapping key lets its holder unwrap as extractable.
        let plain =
            [Attribute::Token(false), Attribute::Wrap(true), Attribute::Unwrap(true), Attribute::ValueLen(32.into())];
        let wrapping = session.generate_key(&Mechanism::AesKeyGen, &plain).unwrap();
        let p256 = vec![0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let private = [Attribute::Token(false), Attribute::Sensitive(true), Attribute::Extractable(true)];
        let (_, pair) =
            session.generate_key_pair(&Mechanism::EccKeyPairGen, &[Attribute::EcParams(p256)], &private).unwrap();
        let blob = session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, pair).unwrap();
        let loose: Result<_, Pkcs11Error> =
            session.unwrap_key(&Mechanism::AesKeyWrapPad, wrapping, &blob, &template(true, false, false));
        let value = session.get_attributes(loose.unwrap(), &[AttributeType::Value]).unwrap();
        assert!(matches!(value.as_slice(), [Attribute::Value(secret)] if !secret.is_empty()));
    });
}
