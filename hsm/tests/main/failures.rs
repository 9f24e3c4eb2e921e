//! A token that is missing, locked, slow or gone for a while.

use crate::softhsm::{config, fresh_token, module, token_folder, with_softhsm};
use hsm::{Config, Error, Purpose, Token};
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn a_wrong_pin_is_named_and_not_tried_again() {
    with_softhsm("failures::a_wrong_pin_is_named_and_not_tried_again", || {
        drop(fresh_token("online"));
        let wrong = Config { pin: SecretString::from("000000"), ..config("online") };
        assert!(matches!(Token::open(&wrong), Err(Error::PinIncorrect)));
        let short = Config { pin: SecretString::from("0"), ..config("online") };
        assert!(matches!(Token::open(&short), Err(Error::PinIncorrect)));
        let token = Token::open(&config("online")).unwrap();
        // The token is logged in now and would take any PIN.
        assert!(matches!(Token::open(&wrong), Err(Error::PinIncorrect)));
        token.ping().unwrap();
    });
}

#[test]
fn an_absent_token_or_module_is_named() {
    with_softhsm("failures::an_absent_token_or_module_is_named", || {
        assert!(matches!(Token::open(&config("nobody")), Err(Error::TokenAbsent(label)) if label == "nobody"));
        let nowhere = Config { module: PathBuf::from("/nowhere/libnone.so"), ..config("online") };
        assert!(matches!(Token::open(&nowhere), Err(Error::ModuleUnusable { .. })));
        assert!(matches!(hsm::token_exists(&nowhere.module, "online"), Err(Error::ModuleUnusable { .. })));
        assert!(!hsm::token_exists(&module(), "nobody").unwrap());
    });
}

#[test]
fn a_request_ends_at_its_deadline() {
    with_softhsm("failures::a_request_ends_at_its_deadline", || {
        drop(fresh_token("online"));
        let hurried = Config { deadline: Duration::ZERO, ..config("online") };
        let token = Token::open(&hurried).unwrap();
        assert!(matches!(token.ping(), Err(Error::Timeout(_))));
    });
}

#[test]
fn a_token_that_was_away_is_used_again_without_a_restart() {
    with_softhsm("failures::a_token_that_was_away_is_used_again_without_a_restart", || {
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        let key = token.public_key(Purpose::Seal).unwrap();

        let folder = token_folder();
        let away = folder.with_file_name("away");
        std::fs::rename(&folder, &away).unwrap();
        std::fs::create_dir(&folder).unwrap();
        // Someone else's restart of the module drops the sessions, as a failed device does.
        restart_module();
        assert!(token.sign(Purpose::Seal, &[1; 32]).is_err());
        assert!(token.sign(Purpose::Seal, &[1; 32]).is_err());

        std::fs::remove_dir(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
        token.sign(Purpose::Seal, &[1; 32]).unwrap();
        assert_eq!(token.public_key(Purpose::Seal).unwrap(), key);
    });
}

#[test]
fn dropped_sessions_are_opened_again_within_the_request() {
    with_softhsm("failures::dropped_sessions_are_opened_again_within_the_request", || {
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        for _ in 0..3 {
            restart_module();
            token.sign(Purpose::Seal, &[1; 32]).unwrap();
        }
    });
}

#[test]
fn processes_that_start_at_once_all_come_up() {
    const TEST: &str = "failures::processes_that_start_at_once_all_come_up";
    const RACER: &str = "RABRONG_TEST_RACER";
    with_softhsm(TEST, || {
        if std::env::var_os(RACER).is_some() {
            let token = Token::open(&config("online")).unwrap();
            for _ in 0..20 {
                token.sign(Purpose::Seal, &[1; 32]).unwrap();
            }
            return;
        }
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        for _ in 0..5 {
            let racers: Vec<_> = (0..4)
                .map(|_| {
                    std::process::Command::new(std::env::current_exe().unwrap())
                        .args([TEST, "--exact", "--nocapture"])
                        .env(RACER, "yes")
                        .spawn()
                        .unwrap()
                })
                .collect();
            for mut racer in racers {
                assert!(racer.wait().unwrap().success());
            }
        }
    });
}

#[test]
fn secrets_are_not_printed() {
    with_softhsm("failures::secrets_are_not_printed", || {
        let token = fresh_token("online");
        let printed = format!("{token:?} {:?}", config("online"));
        assert!(!printed.contains(crate::softhsm::PIN), "{printed}");
    });
}

/// `C_Finalize` and `C_Initialize` behind the crate's back.
fn restart_module() {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    let pkcs11 = Pkcs11::new(module()).unwrap();
    pkcs11.clone().finalize().unwrap();
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
}
