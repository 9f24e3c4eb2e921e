//! Each check, seen to fail once, with what a software authenticator makes.

use super::assertion::{AssertionParts, Verified};
use super::*;
use ciborium::Value;
use serde_json::json;
use sims::authenticator::{Assertion, Behaviour, Registration, SoftAuthenticator};

const CHALLENGE_BYTES: [u8; 32] = [0xc5; 32];
const RP_ID: &str = "sign.localhost";
const ORIGIN: &str = "http://sign.localhost:8702";

fn rp() -> RelyingParty {
    RelyingParty { rp_id: RP_ID.into(), origin: ORIGIN.into() }
}

fn authenticator(behave: impl FnOnce(&mut Behaviour)) -> SoftAuthenticator {
    let mut authenticator = SoftAuthenticator::new([1; 32]);
    behave(&mut authenticator.behaviour);
    authenticator
}

fn made(behave: impl FnOnce(&mut Behaviour)) -> Registration {
    authenticator(behave).create(RP_ID, ORIGIN, &CHALLENGE_BYTES, b"user").unwrap()
}

fn register(made: &Registration) -> Result<Credential, Error> {
    registration::verify(&rp(), &CHALLENGE_BYTES, &made.client_data_json, &made.attestation_object)
}

/// A registered authenticator with its credential.
fn enrolled() -> (SoftAuthenticator, Credential) {
    let mut authenticator = authenticator(|_| {});
    let made = authenticator.create(RP_ID, ORIGIN, &CHALLENGE_BYTES, b"user").unwrap();
    let credential = register(&made).unwrap();
    (authenticator, credential)
}

fn assert_with(credential: &Credential, got: &Assertion) -> Result<Verified, Error> {
    let parts = AssertionParts {
        client_data_json: &got.client_data_json,
        authenticator_data: &got.authenticator_data,
        signature: &got.signature,
    };
    assertion::verify(&rp(), &CHALLENGE_BYTES, credential, parts)
}

/// An assertion by an enrolled authenticator that misbehaves.
fn asserted(behave: impl FnOnce(&mut Behaviour)) -> Result<Verified, Error> {
    let (mut authenticator, credential) = enrolled();
    behave(&mut authenticator.behaviour);
    assert_with(&credential, &authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap())
}

/// The registration with its attestation object's members changed.
fn reshaped(change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Result<Credential, Error> {
    let mut made = made(|_| {});
    let mut object: Value = ciborium::from_reader(made.attestation_object.as_slice()).unwrap();
    change(object.as_map_mut().unwrap());
    made.attestation_object.clear();
    ciborium::into_writer(&object, &mut made.attestation_object).unwrap();
    register(&made)
}

/// The registration with its authenticator data changed.
fn with_data(change: impl FnOnce(&mut Vec<u8>)) -> Result<Credential, Error> {
    reshaped(|members| {
        let data = members.iter_mut().find(|(name, _)| name.as_text() == Some("authData")).unwrap();
        change(data.1.as_bytes_mut().unwrap());
    })
}

/// The registration with its public key replaced.
fn with_key(members: Vec<(i64, Value)>) -> Result<Credential, Error> {
    with_data(|data| {
        data.truncate(37 + 16 + 2 + 32);
        let key = Value::Map(members.into_iter().map(|(label, value)| (Value::from(label), value)).collect());
        ciborium::into_writer(&key, data).unwrap();
    })
}

fn es256_key() -> Vec<(i64, Value)> {
    let credential = register(&made(|_| {})).unwrap();
    let key: Value = ciborium::from_reader(credential.cose_key.as_slice()).unwrap();
    let members = key.into_map().unwrap().into_iter();
    members.map(|(label, value)| (i64::try_from(label.as_integer().unwrap()).unwrap(), value)).collect()
}

#[test]
fn a_good_registration_and_good_assertions_are_accepted() {
    let (mut authenticator, mut credential) = enrolled();
    assert_eq!((credential.sign_count, credential.attestation_format.as_str()), (0, "none"));
    for expected in 1..4 {
        let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
        assert_eq!(got.credential_id, credential.id);
        let verified = assert_with(&credential, &got).unwrap();
        assert_eq!(verified, Verified { sign_count: expected, backup_eligible: false, backup_state: false });
        credential.sign_count = verified.sign_count;
    }
}

#[test]
fn the_json_a_browser_posts_is_read() {
    let (mut authenticator, credential) = enrolled();
    let made: RegistrationResponse = serde_json::from_value(made(|_| {}).to_json()).unwrap();
    let again = registration::verify(
        &rp(),
        &CHALLENGE_BYTES,
        &made.response.client_data_json,
        &made.response.attestation_object,
    );
    assert_eq!(again.unwrap(), credential);
    let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap().to_json();
    let got: AuthenticationResponse = serde_json::from_value(got).unwrap();
    assert_eq!(got.credential_id, credential.id);
    assertion::verify(&rp(), &CHALLENGE_BYTES, &credential, got.parts()).unwrap();
}

#[test]
fn a_credential_survives_being_kept() {
    let (_, credential) = enrolled();
    let kept = serde_json::to_string(&credential).unwrap();
    assert_eq!(serde_json::from_str::<Credential>(&kept).unwrap(), credential);
}

#[test]
fn a_key_code_is_eight_letters_of_the_keys_digest() {
    // SHA-256("") = e3b0c442 98…: 11100 01110 11000 01100 01000 10000 10100 11000.
    assert_eq!(key_code(b"salt", b"a"), key_code(b"salt", b"a"));
    assert_ne!(key_code(b"salt", b"a"), key_code(b"salt", b"b"));
    assert_ne!(key_code(b"salt", b"a"), key_code(b"other", b"a"));
}

#[test]
fn client_data_of_another_page_ceremony_or_challenge() {
    let mut authenticator = authenticator(|_| {});
    let mut create = |origin: &str, challenge: &[u8]| {
        register(&authenticator.create(RP_ID, origin, challenge, b"user").unwrap()).unwrap_err()
    };
    assert_eq!(create("http://localhost:8700", &CHALLENGE_BYTES), Error::Origin);
    assert_eq!(create("http://sign.localhost:8703", &CHALLENGE_BYTES), Error::Origin);
    assert_eq!(create("https://sign.localhost:8702", &CHALLENGE_BYTES), Error::Origin);
    assert_eq!(create(ORIGIN, &[0; 32]), Error::Challenge);
    assert_eq!(create(ORIGIN, &CHALLENGE_BYTES[..31]), Error::Challenge);

    let (mut authenticator, credential) = enrolled();
    let mut get = |origin: &str, challenge: &[u8]| {
        assert_with(&credential, &authenticator.get(RP_ID, origin, challenge).unwrap()).unwrap_err()
    };
    assert_eq!(get("http://localhost:8700", &CHALLENGE_BYTES), Error::Origin);
    assert_eq!(get(ORIGIN, &[0; 32]), Error::Challenge);

    let (mut authenticator, credential) = enrolled();
    let made = made(|_| {});
    let mut got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    let swapped = Registration { client_data_json: got.client_data_json.clone(), ..made.clone() };
    assert_eq!(register(&swapped).unwrap_err(), Error::Ceremony);
    got.client_data_json = made.client_data_json;
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::Ceremony);
}

#[test]
fn an_embedded_page() {
    let crossed = |b: &mut Behaviour| b.cross_origin = Some(true);
    assert_eq!(register(&made(crossed)).unwrap_err(), Error::CrossOrigin);
    assert_eq!(asserted(crossed).unwrap_err(), Error::CrossOrigin);
    let under = |b: &mut Behaviour| b.top_origin = Some("https://evil.example".into());
    assert_eq!(register(&made(under)).unwrap_err(), Error::TopOrigin);
    assert_eq!(asserted(under).unwrap_err(), Error::TopOrigin);
    // Older browsers leave the member out.
    asserted(|b| b.cross_origin = None).unwrap();
}

#[test]
fn malformed_client_data() {
    let with = |json: &[u8]| register(&Registration { client_data_json: json.to_vec(), ..made(|_| {}) }).unwrap_err();
    assert_eq!(with(b""), Error::ClientData);
    assert_eq!(with(b"[]"), Error::ClientData);
    assert_eq!(with(b"{\"type\":\"webauthn.create\"}"), Error::ClientData);
    let good = String::from_utf8(made(|_| {}).client_data_json).unwrap();
    assert_eq!(with(format!("{good} x").as_bytes()), Error::ClientData);
    assert_eq!(with(good.replacen('{', "{\"origin\":\"http://x\",", 1).as_bytes()), Error::ClientData);
    assert_eq!(with(good.replace("false", "0").as_bytes()), Error::ClientData);
    assert_eq!(with(&[b' '; 5000]), Error::TooLarge("the client data"));
    let added = good.replacen('{', "{\"other_keys_can_be_added_here\":1,", 1);
    register(&Registration { client_data_json: added.into_bytes(), ..made(|_| {}) }).unwrap();
}

#[test]
fn another_relying_party() {
    let mut authenticator = authenticator(|_| {});
    let made = authenticator.create("localhost", ORIGIN, &CHALLENGE_BYTES, b"user").unwrap();
    assert_eq!(register(&made).unwrap_err(), Error::RelyingParty);
    let (_, credential) = enrolled();
    let got = authenticator.get("localhost", ORIGIN, &CHALLENGE_BYTES).unwrap();
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::RelyingParty);
}

#[test]
fn flags() {
    let absent = |b: &mut Behaviour| b.user_present = false;
    assert_eq!(register(&made(absent)).unwrap_err(), Error::UserPresence);
    assert_eq!(asserted(absent).unwrap_err(), Error::UserPresence);
    let unverified = |b: &mut Behaviour| b.user_verified = false;
    assert_eq!(register(&made(unverified)).unwrap_err(), Error::UserVerification);
    assert_eq!(asserted(unverified).unwrap_err(), Error::UserVerification);
    let impossible = |b: &mut Behaviour| b.backup_state = true;
    assert_eq!(register(&made(impossible)).unwrap_err(), Error::BackupFlags);
    assert_eq!(asserted(impossible).unwrap_err(), Error::BackupFlags);
    assert_eq!(asserted(|b| b.backup_eligible = true).unwrap_err(), Error::BackupEligibilityChanged);

    let copied = register(&made(|b| (b.backup_eligible, b.backup_state) = (true, true))).unwrap();
    assert!(copied.backup_eligible && copied.backup_state);
}

#[test]
fn a_flipped_bit_anywhere_in_the_signed_parts() {
    let (mut authenticator, credential) = enrolled();
    let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    for position in 0..got.signature.len() {
        let mut altered = got.clone();
        altered.signature[position] ^= 1;
        assert_eq!(assert_with(&credential, &altered).unwrap_err(), Error::Signature, "bit in byte {position}");
    }
    // The counter is signed too.
    let mut altered = got.clone();
    altered.authenticator_data[36] ^= 2;
    assert_eq!(assert_with(&credential, &altered).unwrap_err(), Error::Signature);
    // Another spelling of the same client data is another signed text.
    let mut altered = got.clone();
    altered.client_data_json.push(b' ');
    assert_eq!(assert_with(&credential, &altered).unwrap_err(), Error::Signature);
    let mut altered = got.clone();
    altered.signature.push(0);
    assert!(matches!(assert_with(&credential, &altered).unwrap_err(), Error::Signature | Error::TooLarge(_)));
    let longer = Assertion { signature: vec![0; 73], ..got };
    assert_eq!(assert_with(&credential, &longer).unwrap_err(), Error::TooLarge("the signature"));
}

#[test]
fn another_credentials_key() {
    let (_, mut credential) = enrolled();
    let mut other = SoftAuthenticator::new([2; 32]);
    other.create(RP_ID, ORIGIN, &CHALLENGE_BYTES, b"user").unwrap();
    let got = other.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::Signature);
    credential.cose_key = vec![0xa0];
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::PublicKey);
}

#[test]
fn the_counter() {
    let (mut authenticator, mut credential) = enrolled();
    let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    credential.sign_count = assert_with(&credential, &got).unwrap().sign_count;
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::Counter { stored: 1, found: 1 });
    // One that counted and stopped.
    authenticator.behaviour.counts = false;
    let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    assert_eq!(assert_with(&credential, &got).unwrap_err(), Error::Counter { stored: 1, found: 0 });
    // One that never counts.
    credential.sign_count = 0;
    assert_eq!(assert_with(&credential, &got).unwrap().sign_count, 0);
}

#[test]
fn the_attestation_object() {
    let with =
        |object: &[u8]| register(&Registration { attestation_object: object.to_vec(), ..made(|_| {}) }).unwrap_err();
    let good = made(|_| {}).attestation_object;
    assert_eq!(with(&[]), Error::AttestationObject);
    assert_eq!(with(&[0x80]), Error::AttestationObject);
    assert_eq!(with(&good[..good.len() - 1]), Error::AttestationObject);
    assert_eq!(with(&[good.as_slice(), &[0]].concat()), Error::TrailingBytes("the attestation object"));
    assert_eq!(with(&[0x81; 200]), Error::AttestationObject);
    assert_eq!(with(&[0; 17_000]), Error::TooLarge("the attestation object"));
    assert_eq!(
        reshaped(|members| {
            members.remove(0);
        })
        .unwrap_err(),
        Error::AttestationObject
    );
    assert_eq!(reshaped(|members| members.push(members[0].clone())).unwrap_err(), Error::AttestationObject);
    let filled = reshaped(|members| members[1].1 = Value::Map(vec![(Value::from("x5c"), Value::from(1))]));
    assert_eq!(filled.unwrap_err(), Error::AttestationStatement);
    assert_eq!(reshaped(|members| members[0].1 = Value::from("")).unwrap_err(), Error::AttestationObject);
    // Another format is recorded by its name.
    let packed = register(&made(|b| b.attestation_format = "packed".into())).unwrap();
    assert_eq!(packed.attestation_format, "packed");
}

#[test]
fn the_authenticator_data() {
    assert_eq!(with_data(|data| data.truncate(36)).unwrap_err(), Error::AuthenticatorData);
    assert_eq!(with_data(|data| data.truncate(60)).unwrap_err(), Error::AuthenticatorData);
    assert_eq!(
        with_data(|data| {
            data.pop();
        })
        .unwrap_err(),
        Error::AuthenticatorData
    );
    assert_eq!(with_data(|data| data.push(0)).unwrap_err(), Error::TrailingBytes("the authenticator data"));
    assert_eq!(with_data(|data| data.resize(5000, 0)).unwrap_err(), Error::TooLarge("the authenticator data"));
    assert_eq!(with_data(|data| data[53..55].fill(0)).unwrap_err(), Error::CredentialId);
    assert_eq!(with_data(|data| data[53] = 4).unwrap_err(), Error::CredentialId);
    let without = with_data(|data| {
        data.truncate(37);
        data[32] &= !0x40;
    });
    assert_eq!(without.unwrap_err(), Error::NoCredential);
    // Extension outputs: a map is passed over, anything else is not one.
    let extended = |item: &'static [u8]| {
        with_data(|data| {
            data[32] |= 0x80;
            data.extend_from_slice(item);
        })
    };
    extended(&[0xa0]).unwrap();
    assert_eq!(extended(&[0x01]).unwrap_err(), Error::AuthenticatorData);
    assert_eq!(extended(&[]).unwrap_err(), Error::AuthenticatorData);
    assert_eq!(extended(&[0xa0, 0xa0]).unwrap_err(), Error::TrailingBytes("the authenticator data"));

    let (mut authenticator, credential) = enrolled();
    let got = authenticator.get(RP_ID, ORIGIN, &CHALLENGE_BYTES).unwrap();
    let mut longer = got.clone();
    longer.authenticator_data.push(0);
    assert_eq!(assert_with(&credential, &longer).unwrap_err(), Error::TrailingBytes("the authenticator data"));
    let object: Value = ciborium::from_reader(made(|_| {}).attestation_object.as_slice()).unwrap();
    let attested = object.as_map().unwrap()[2].1.as_bytes().unwrap().clone();
    let carrying = Assertion { authenticator_data: attested, ..got };
    assert_eq!(assert_with(&credential, &carrying).unwrap_err(), Error::UnexpectedCredential);
}

#[test]
fn the_public_key() {
    with_key(es256_key()).unwrap();
    let changed = |label: i64, value: Option<Value>| {
        let mut key = es256_key();
        key.retain(|(found, _)| *found != label);
        key.extend(value.map(|value| (label, value)));
        with_key(key).unwrap_err()
    };
    // RS256, EdDSA, ES384, none, an unknown one.
    assert_eq!(changed(3, Some(Value::from(-257))), Error::Algorithm(Some(-257)));
    assert_eq!(changed(3, Some(Value::from(-8))), Error::Algorithm(Some(-8)));
    assert_eq!(changed(3, Some(Value::from(-35))), Error::Algorithm(Some(-35)));
    assert_eq!(changed(3, None), Error::Algorithm(None));
    assert_eq!(changed(3, Some(Value::from(-70_000))), Error::Algorithm(Some(-70_000)));
    assert_eq!(changed(1, Some(Value::from(1))), Error::PublicKey);
    assert_eq!(changed(1, None), Error::PublicKey);
    assert_eq!(changed(-1, Some(Value::from(2))), Error::PublicKey);
    assert_eq!(changed(-2, None), Error::PublicKey);
    assert_eq!(changed(-2, Some(Value::Bytes(vec![1; 31]))), Error::PublicKey);
    // A point that is not on the curve, a compressed point, a private key.
    assert_eq!(changed(-3, Some(Value::Bytes(vec![1; 32]))), Error::PublicKey);
    assert_eq!(changed(-3, Some(Value::from(true))), Error::PublicKey);
    assert_eq!(changed(-4, Some(Value::Bytes(vec![1; 32]))), Error::PublicKey);
    assert_eq!(changed(-70, Some(Value::Bytes(vec![1; 600]))), Error::TooLarge("the credential's public key"));
    // The same label twice, and no map at all.
    let mut twice = es256_key();
    twice.push((-1, Value::from(1)));
    assert_eq!(with_key(twice).unwrap_err(), Error::PublicKey);
    let text = with_data(|data| {
        data.truncate(37 + 16 + 2 + 32);
        ciborium::into_writer(&json!("key"), data).unwrap();
    });
    assert_eq!(text.unwrap_err(), Error::PublicKey);
}
