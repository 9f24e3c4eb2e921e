//! Its answers are good by their signatures, and by the judgement of webauthn-rs.

use super::*;
use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::Verifier as _;
use p256::pkcs8::DecodePublicKey as _;
use serde_json::json;

const RP: &str = "sign.localhost";
const ORIGIN: &str = "http://sign.localhost:8702";

#[test]
fn a_kept_authenticator_signs_on_with_the_same_key() {
    let mut authenticator = SoftAuthenticator::new([7; 32]);
    let made = authenticator.create(RP, ORIGIN, b"first", b"user").unwrap();
    let kept = serde_json::to_string(&authenticator).unwrap();
    let mut authenticator: SoftAuthenticator = serde_json::from_str(&kept).unwrap();
    let got = authenticator.get(RP, ORIGIN, b"second").unwrap();
    assert_eq!((got.credential_id, got.user_handle.as_slice()), (made.credential_id, &b"user"[..]));
    let mut signed = got.authenticator_data.clone();
    signed.extend_from_slice(&Sha256::digest(&got.client_data_json));
    let key = VerifyingKey::from_public_key_der(&made.public_key).unwrap();
    key.verify(&signed, &Signature::from_der(&got.signature).unwrap()).unwrap();
}

#[test]
fn another_relying_party_gets_nothing() {
    let mut authenticator = SoftAuthenticator::new([7; 32]);
    authenticator.create(RP, ORIGIN, b"first", b"user").unwrap();
    assert!(matches!(authenticator.get("localhost", ORIGIN, b"x"), Err(Error::NoCredential(_))));
    assert!(authenticator.get_among(RP, ORIGIN, b"x", &[vec![1]]).is_err());
}

#[test]
fn options_are_answered() {
    let mut authenticator = SoftAuthenticator::new([7; 32]);
    let creation = json!({"publicKey": {"rp": {"id": RP}, "user": {"id": "dXNlcg"}, "challenge": "AQID"}});
    let made = authenticator.answer_creation(ORIGIN, &creation).unwrap().to_json();
    let request = json!({"rpId": RP, "challenge": "AQID", "allowCredentials": [{"id": made["id"]}]});
    let got = authenticator.answer_request(ORIGIN, &request).unwrap().to_json();
    assert_eq!(got["id"], made["rawId"]);
    assert_eq!(got["response"]["userHandle"], "dXNlcg");
    assert!(matches!(authenticator.answer_creation(ORIGIN, &json!({})), Err(Error::Options("rp.id"))));
}

#[test]
fn the_seed_is_not_printed() {
    assert!(!format!("{:?}", SoftAuthenticator::new([7; 32])).contains("7, 7"));
}

#[test]
fn webauthn_rs_accepts_what_it_makes() {
    use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, WebauthnBuilder};
    const PORTAL: &str = "http://localhost:8700";
    let origin = Url::parse(PORTAL).unwrap();
    let webauthn = WebauthnBuilder::new("localhost", &origin).unwrap().build().unwrap();
    for backed_up in [false, true] {
        let mut authenticator = SoftAuthenticator::new([9; 32]);
        (authenticator.behaviour.backup_eligible, authenticator.behaviour.backup_state) = (backed_up, backed_up);
        authenticator.behaviour.counts = !backed_up;

        let (options, state) = webauthn.start_passkey_registration(Uuid::nil(), "a", "A", None).unwrap();
        let answer = authenticator.answer_creation(PORTAL, &serde_json::to_value(&options).unwrap()).unwrap();
        let answer: RegisterPublicKeyCredential = serde_json::from_value(answer.to_json()).unwrap();
        let passkey = webauthn.finish_passkey_registration(&answer, &state).unwrap();
        for _ in 0..2 {
            let (options, state) = webauthn.start_passkey_authentication(std::slice::from_ref(&passkey)).unwrap();
            let options = serde_json::to_value(&options).unwrap();
            let answer = authenticator.answer_request(PORTAL, &options).unwrap();
            let answer: PublicKeyCredential = serde_json::from_value(answer.to_json()).unwrap();
            let result = webauthn.finish_passkey_authentication(&answer, &state).unwrap();
            assert!(result.user_verified());

            // The same from a page elsewhere is refused: the judge looks.
            let elsewhere = authenticator.answer_request("http://localhost.evil.example", &options).unwrap();
            let elsewhere: PublicKeyCredential = serde_json::from_value(elsewhere.to_json()).unwrap();
            assert!(webauthn.finish_passkey_authentication(&elsewhere, &state).is_err());
        }
    }
}
