//! A key is restored to another token by two operators, and by nobody else.

use crate::place::{fresh_token, fresh_token_of_the_other_make, with_each_token};
use aws_lc_rs::digest::{SHA256, SHA384, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, UnparsedPublicKey};
use hsm::dual_control::{BackupKeyComponents, Component, Operator};
use hsm::{BackupBlob, DoctorKeyAlgorithm, Error, Purpose, SignatureScheme, Token};

const EPOCH: u32 = 2026;
const MESSAGE: &[u8] = "สำเนากุญแจ".as_bytes();

pub(crate) fn components(token: &Token) -> BackupKeyComponents {
    let first = Component::draw(token, Operator::First).unwrap();
    // The operators keep lines of text.
    let second = Component::parse(&Component::draw(token, Operator::Second).unwrap().to_text()).unwrap();
    BackupKeyComponents::new(first, second).unwrap()
}

/// A key in the token that came by way of its backup, as ceremonies make them.
pub(crate) fn with_backup(token: &Token, purpose: Purpose, components: &BackupKeyComponents) -> BackupBlob {
    let backup = token.generate_backup(purpose, components).unwrap();
    assert!(!token.exists(purpose).unwrap(), "{purpose}: in its backup only");
    token.restore(&backup, components).unwrap();
    backup
}

#[test]
fn every_kind_of_key_is_restored_to_a_second_token() {
    with_each_token("backup::every_kind_of_key_is_restored_to_a_second_token", || {
        let token = fresh_token("online");
        let components = components(&token);
        let purposes = [
            Purpose::Root,
            Purpose::Issuing(1),
            Purpose::Issuing(2),
            Purpose::TsaCa,
            Purpose::Tsa(1),
            Purpose::Seal,
            Purpose::DocumentData,
            Purpose::DoctorWrap(EPOCH),
        ];
        let backups: Vec<BackupBlob> =
            purposes.iter().map(|purpose| with_backup(&token, *purpose, &components)).collect();
        assert!(matches!(token.generate_backup(Purpose::Seal, &components), Err(Error::KeyExists(Purpose::Seal))));
        assert!(matches!(token.generate(Purpose::Seal), Err(Error::KeyExists(Purpose::Seal))));
        let doctor = token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        let sealed = token.seal(b"document 1", b"data key").unwrap();

        let mut second = vec![fresh_token("second")];
        second.extend(fresh_token_of_the_other_make("third"));
        for restored in &second {
            for backup in &backups {
                restored.restore(&BackupBlob::parse(&backup.to_text()).unwrap(), &components).unwrap();
                assert!(matches!(restored.restore(backup, &components), Err(Error::KeyExists(_))));
            }
            assert_eq!(restored.epochs().unwrap(), [EPOCH]);
            for backup in backups.iter().filter(|backup| !backup.spki.is_empty()) {
                assert_eq!(restored.public_key(backup.purpose).unwrap(), backup.spki);
                assert_eq!(token.public_key(backup.purpose).unwrap(), backup.spki);
                for either in [&token, restored] {
                    signs(either, backup);
                }
            }
            // What the first token sealed and wrapped, the second opens and signs with.
            assert_eq!(restored.open_sealed(b"document 1", &sealed).unwrap().as_slice(), b"data key");
            let digests = vec![digest(&SHA256, MESSAGE).as_ref().to_vec()];
            let signature =
                restored.sign_with_wrapped(EPOCH, &doctor.blob, SignatureScheme::EcdsaP256, digests).unwrap().remove(0);
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &doctor.spki).verify(MESSAGE, &signature).unwrap();
            restored.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        }
    });
}

fn signs(token: &Token, backup: &BackupBlob) {
    if backup.purpose == Purpose::Root {
        let signature = token.sign(backup.purpose, digest(&SHA384, MESSAGE).as_ref()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, &backup.spki).verify(MESSAGE, &signature).unwrap();
    } else {
        let signature = token.sign(backup.purpose, digest(&SHA256, MESSAGE).as_ref()).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &backup.spki).verify(MESSAGE, &signature).unwrap();
    }
}

#[test]
fn an_altered_or_foreign_backup_leaves_nothing_behind() {
    with_each_token("backup::an_altered_or_foreign_backup_leaves_nothing_behind", || {
        let token = fresh_token("online");
        let (ours, others) = (components(&token), components(&token));
        let seal = with_backup(&token, Purpose::Seal, &ours);
        let root = with_backup(&token, Purpose::Root, &ours);
        let epoch = with_backup(&token, Purpose::DoctorWrap(EPOCH), &ours);
        let second = fresh_token("second");

        let mut refused = vec![
            // A backup passed off as another key's, alone or with its public key.
            BackupBlob { purpose: Purpose::Issuing(1), ..seal.clone() },
            BackupBlob { purpose: Purpose::Binding, spki: root.spki.clone(), ..seal.clone() },
            BackupBlob { spki: root.spki.clone(), ..seal.clone() },
            BackupBlob { purpose: Purpose::DocumentData, ..epoch.clone() },
            BackupBlob { purpose: Purpose::DoctorWrap(EPOCH + 1), ..epoch.clone() },
            BackupBlob { blob: root.blob.clone(), ..seal.clone() },
            BackupBlob { blob: Vec::from([1; 4000]), ..seal.clone() },
        ];
        for position in [0, 20, seal.blob.len() - 1] {
            let mut altered = seal.clone();
            altered.blob[position] ^= 1;
            refused.push(altered);
        }
        for backup in &refused {
            let result = second.restore(backup, &ours);
            assert!(matches!(result, Err(Error::BackupRefused(_))), "{result:?}");
        }
        for backup in [&seal, &root, &epoch] {
            let result = second.restore(backup, &others);
            assert!(matches!(result, Err(Error::BackupRefused(purpose)) if purpose == backup.purpose), "{result:?}");
        }
        for backup in refused.iter().chain([&seal, &root, &epoch]) {
            assert!(!second.exists(backup.purpose).unwrap(), "{} was left", backup.purpose);
        }
        // The session is as good as before.
        second.restore(&seal, &ours).unwrap();
        signs(&second, &seal);
    });
}
