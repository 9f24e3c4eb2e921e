//! The end of an epoch is the end of its keys.

use crate::backup::{components, with_backup};
use crate::place::{config, fresh_token, with_each_token};
use hsm::{DoctorKeyAlgorithm, Error, Purpose, SignatureScheme, Token};

#[test]
fn an_ended_epochs_blobs_never_open_again() {
    with_each_token("epochs::an_ended_epochs_blobs_never_open_again", || {
        let token = fresh_token("online");
        let components = components(&token);
        assert_eq!(token.epochs().unwrap(), []);
        let old_backup = with_backup(&token, Purpose::DoctorWrap(2026), &components);
        token.generate(Purpose::DoctorWrap(2025)).unwrap();
        token.generate(Purpose::DoctorWrap(2027)).unwrap();
        token.generate(Purpose::DocumentData).unwrap();
        token.generate(Purpose::Seal).unwrap();
        assert_eq!(token.epochs().unwrap(), [2025, 2026, 2027]);
        let keys =
            [2025, 2026, 2027].map(|epoch| (epoch, token.new_doctor_key(epoch, DoctorKeyAlgorithm::P256).unwrap()));
        let opens = |token: &Token, epoch: u32, blob: &[u8]| {
            token.sign_with_wrapped(epoch, blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]])
        };

        // Another session, and another opener of the token, have used the keys before.
        let neighbour = Token::open(&config("online")).unwrap();
        for (epoch, key) in &keys {
            opens(&neighbour, *epoch, &key.blob).unwrap();
        }
        token.destroy_wrapping_key(2025).unwrap();
        token.destroy_wrapping_key(2026).unwrap();
        assert!(matches!(token.destroy_wrapping_key(2026), Err(Error::KeyAbsent(Purpose::DoctorWrap(2026)))));
        assert_eq!(token.epochs().unwrap(), [2027]);

        let [(_, first), (_, second), (_, third)] = &keys;
        drop(token);
        for token in [neighbour, Token::open(&config("online")).unwrap()] {
            for (epoch, ended) in [(2025, first), (2026, second)] {
                let gone = opens(&token, epoch, &ended.blob);
                assert!(matches!(gone, Err(Error::KeyAbsent(_))), "{gone:?}");
                // The old blob under the living epoch's key, or under a new key of the old name.
                assert!(matches!(opens(&token, 2027, &ended.blob), Err(Error::UnwrapRefused)));
            }
            opens(&token, 2027, &third.blob).unwrap();
        }
        let token = Token::open(&config("online")).unwrap();
        token.generate(Purpose::DoctorWrap(2025)).unwrap();
        assert!(matches!(opens(&token, 2025, &first.blob), Err(Error::UnwrapRefused)));
        // The one way back is the epoch's own backup: it ends with the epoch.
        token.restore(&old_backup, &components).unwrap();
        opens(&token, 2026, &second.blob).unwrap();
        assert!(matches!(opens(&token, 2025, &first.blob), Err(Error::UnwrapRefused)));
    });
}
