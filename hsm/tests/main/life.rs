//! What a token is for, from its first initialisation on.

use crate::place::{config, fresh_token, initialise, module, with_each_token};
use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use hsm::{DoctorKeyAlgorithm, Error, Purpose, SignatureScheme, Token};

const EPOCH: u32 = 2026;
const MESSAGE: &[u8] = "ใบรับรองแพทย์".as_bytes();

#[test]
fn each_pair_signs_what_its_public_key_verifies() {
    with_each_token("life::each_pair_signs_what_its_public_key_verifies", || {
        let token = fresh_token("online");
        for purpose in [Purpose::Issuing(1), Purpose::Ocsp, Purpose::Binding, Purpose::Seal, Purpose::Checkpoint] {
            assert!(matches!(token.public_key(purpose), Err(Error::KeyAbsent(absent)) if absent == purpose));
            token.generate(purpose).unwrap();
            assert!(matches!(token.generate(purpose), Err(Error::KeyExists(_))));
            let signature = token.sign(purpose, digest(&SHA256, MESSAGE).as_ref()).unwrap();
            let spki = token.public_key(purpose).unwrap();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &spki).verify(MESSAGE, &signature).unwrap();
            assert!(UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &spki).verify(b"another", &signature).is_err());
        }
        token.generate(Purpose::Root).unwrap();
        let signature = token.sign(Purpose::Root, digest(&SHA384, MESSAGE).as_ref()).unwrap();
        let spki = token.public_key(Purpose::Root).unwrap();
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, &spki).verify(MESSAGE, &signature).unwrap();

        let refused = token.sign(Purpose::Root, digest(&SHA256, MESSAGE).as_ref());
        assert!(matches!(refused, Err(Error::DigestLength { found: 32, expected: 48 })));
        assert!(matches!(token.sign(Purpose::DocumentData, &[0; 32]), Err(Error::WrongPurpose(_))));
    });
}

#[test]
fn a_doctors_key_lives_outside_the_token_and_signs_through_it() {
    with_each_token("life::a_doctors_key_lives_outside_the_token_and_signs_through_it", || {
        let token = fresh_token("online");
        assert!(matches!(
            token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256),
            Err(Error::KeyAbsent(Purpose::DoctorWrap(EPOCH)))
        ));
        token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
        let key = token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        assert_ne!(key, token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap());

        let messages: Vec<Vec<u8>> = (0..20u8).map(|n| vec![n; 100]).collect();
        let digests = messages.iter().map(|m| digest(&SHA256, m).as_ref().to_vec()).collect();
        let signatures = token.sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, digests).unwrap();
        assert_eq!(signatures.len(), messages.len());
        for (message, signature) in messages.iter().zip(&signatures) {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.spki).verify(message, signature).unwrap();
        }

        let mut altered = key.blob.clone();
        altered[20] ^= 1;
        for blob in [altered, key.blob[..72].to_vec(), Vec::new(), vec![0; 4096]] {
            let refused = token.sign_with_wrapped(EPOCH, &blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]]);
            assert!(matches!(refused, Err(Error::UnwrapRefused)), "{refused:?}");
        }
        let too_many = token.sign_with_wrapped(
            EPOCH,
            &key.blob,
            SignatureScheme::EcdsaP256,
            vec![vec![1; 32]; hsm::MAX_DIGESTS + 1],
        );
        assert!(matches!(too_many, Err(Error::TooMuch)));

        // Another epoch's key does not open it, and the end of the epoch is the end of its keys.
        token.generate(Purpose::DoctorWrap(EPOCH + 1)).unwrap();
        let refused = token.sign_with_wrapped(EPOCH + 1, &key.blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]]);
        assert!(matches!(refused, Err(Error::UnwrapRefused)));
        token.destroy_wrapping_key(EPOCH).unwrap();
        let gone = token.sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]]);
        assert!(matches!(gone, Err(Error::KeyAbsent(Purpose::DoctorWrap(EPOCH)))), "{gone:?}");
    });
}

#[test]
fn doctors_keys_of_every_kind_sign_what_their_public_keys_verify() {
    with_each_token("life::doctors_keys_of_every_kind_sign_what_their_public_keys_verify", || {
        let token = fresh_token("online");
        token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
        let schemes: [(SignatureScheme, &'static dyn VerificationAlgorithm); 4] = [
            (SignatureScheme::EcdsaP256, &ECDSA_P256_SHA256_ASN1),
            (SignatureScheme::EcdsaP384, &ECDSA_P384_SHA384_ASN1),
            (SignatureScheme::RsaPkcs1Sha256, &RSA_PKCS1_2048_8192_SHA256),
            (SignatureScheme::RsaPssSha256, &RSA_PSS_2048_8192_SHA256),
        ];
        let mut blobs = Vec::new();
        for (scheme, verification) in schemes {
            let key = token.new_doctor_key(EPOCH, scheme.key()).unwrap();
            let hash = |message: &[u8]| {
                let algorithm = if scheme.digest_length() == 48 { &SHA384 } else { &SHA256 };
                digest(algorithm, message).as_ref().to_vec()
            };
            let messages: Vec<Vec<u8>> = (0..3u8).map(|n| vec![n; 100]).collect();
            let digests = messages.iter().map(|message| hash(message)).collect();
            let signatures = token.sign_with_wrapped(EPOCH, &key.blob, scheme, digests).unwrap();
            for (message, signature) in messages.iter().zip(&signatures) {
                let public = UnparsedPublicKey::new(verification, &key.spki);
                public.verify(message, signature).unwrap_or_else(|_| panic!("{scheme:?}"));
                assert!(public.verify(b"another", signature).is_err());
            }
            let short = token.sign_with_wrapped(EPOCH, &key.blob, scheme, vec![vec![1; 20]]);
            assert!(matches!(short, Err(Error::DigestLength { found: 20, .. })), "{short:?}");
            blobs.push((scheme, key.blob));
        }
        // A key signs only as its kind does.
        for (scheme, blob) in &blobs {
            for (other, _) in &blobs {
                let refused = token.sign_with_wrapped(EPOCH, blob, *other, vec![vec![1; other.digest_length()]]);
                assert_eq!(refused.is_ok(), other.key() == scheme.key(), "{scheme:?} as {other:?}: {refused:?}");
            }
        }
    });
}

#[test]
fn a_sealed_text_opens_only_with_its_associated_data() {
    with_each_token("life::a_sealed_text_opens_only_with_its_associated_data", || {
        let token = fresh_token("online");
        token.generate(Purpose::DocumentData).unwrap();
        for text in [&b""[..], b"a data key of thirty-two bytes..", &[7; 5000]] {
            let sealed = token.seal(b"document 1", text).unwrap();
            assert_ne!(sealed, token.seal(b"document 1", text).unwrap());
            assert_eq!(token.open_sealed(b"document 1", &sealed).unwrap().as_slice(), text);
            assert!(matches!(token.open_sealed(b"document 2", &sealed), Err(Error::SealBroken)));
            for position in [0, 12, sealed.len() - 1] {
                let mut altered = sealed.clone();
                altered[position] ^= 1;
                assert!(matches!(token.open_sealed(b"document 1", &altered), Err(Error::SealBroken)));
            }
            assert!(matches!(token.open_sealed(b"document 1", &sealed[..27]), Err(Error::SealBroken)));
            // A refused text leaves the session as it was.
            assert_eq!(token.open_sealed(b"document 1", &sealed).unwrap().as_slice(), text);
        }
        assert!(matches!(token.seal(b"", &[0; 70_000]), Err(Error::TooMuch)));
    });
}

#[test]
fn two_tokens_of_one_module_are_used_side_by_side() {
    with_each_token("life::two_tokens_of_one_module_are_used_side_by_side", || {
        let root = fresh_token("root");
        root.generate(Purpose::Root).unwrap();
        let key = root.public_key(Purpose::Root).unwrap();
        // Initialising the second restarts the module under the first one's sessions.
        let online = fresh_token("online");
        online.generate(Purpose::Issuing(1)).unwrap();
        assert_eq!(root.public_key(Purpose::Root).unwrap(), key);
        assert!(matches!(online.public_key(Purpose::Root), Err(Error::KeyAbsent(_))));
        assert!(matches!(root.public_key(Purpose::Issuing(1)), Err(Error::KeyAbsent(_))));
        root.ping().unwrap();
        online.ping().unwrap();

        assert!(hsm::token_exists(&module(), "root").unwrap());
        assert!(!hsm::token_exists(&module(), "roo").unwrap());
        assert!(matches!(initialise("root"), Err(Error::TokenExists(_))));

        // Closed and opened again, the keys are still there.
        drop(root);
        let root = Token::open(&config("root")).unwrap();
        assert_eq!(root.public_key(Purpose::Root).unwrap(), key);
    });
}

#[test]
fn many_callers_share_the_sessions() {
    with_each_token("life::many_callers_share_the_sessions", || {
        let token = fresh_token("online");
        token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
        token.generate(Purpose::Seal).unwrap();
        let key = token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let (token, key) = (token.clone(), &key);
                scope.spawn(move || {
                    for _ in 0..20 {
                        let signatures = token
                            .sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, vec![vec![3; 32]])
                            .unwrap();
                        assert_eq!(signatures.len(), 1);
                        token.sign(Purpose::Seal, &[4; 32]).unwrap();
                    }
                });
            }
        });
        assert_eq!(token.raw_sign_rate(Purpose::Seal, 50).unwrap(), 50);
        assert_eq!(token.raw_unwrap_sign_rate(EPOCH, &key.blob, 50).unwrap(), 50);
        assert_eq!(token.random(48).unwrap().len(), 48);
        assert_ne!(token.random(16).unwrap(), token.random(16).unwrap());
    });
}
