//! A token that is missing, locked, slow or gone for a while.

use crate::place::{Make, config, fresh_token, make, module, token_folder, with_each_token, with_softhsm};
use hsm::{Config, DoctorKeyAlgorithm, Error, KeyWrapNumber, Purpose, SignatureScheme, Token};
use secrecy::SecretString;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_wrong_pin_is_named_and_not_tried_again() {
    with_each_token("failures::a_wrong_pin_is_named_and_not_tried_again", || {
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
    with_each_token("failures::an_absent_token_or_module_is_named", || {
        assert!(matches!(Token::open(&config("nobody")), Err(Error::TokenAbsent(label)) if label == "nobody"));
        let nowhere = Config { module: PathBuf::from("/nowhere/libnone.so"), ..config("online") };
        assert!(matches!(Token::open(&nowhere), Err(Error::ModuleUnusable { .. })));
        assert!(matches!(hsm::token_exists(&nowhere.module, "online"), Err(Error::ModuleUnusable { .. })));
        assert!(!hsm::token_exists(&module(), "nobody").unwrap());
    });
}

#[test]
fn a_request_ends_at_its_deadline() {
    with_each_token("failures::a_request_ends_at_its_deadline", || {
        drop(fresh_token("online"));
        let hurried = Config { deadline: Duration::ZERO, ..config("online") };
        let token = Token::open(&hurried).unwrap();
        assert!(matches!(token.ping(), Err(Error::Timeout(_))));
    });
}

#[test]
fn a_token_that_was_away_is_used_again_without_a_restart() {
    with_each_token("failures::a_token_that_was_away_is_used_again_without_a_restart", || {
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        let key = token.public_key(Purpose::Seal).unwrap();

        let folder = token_folder();
        let away = folder.with_file_name("away");
        std::fs::rename(&folder, &away).unwrap();
        std::fs::create_dir(&folder).unwrap();
        // Someone else's restart of the module drops the sessions, as a failed device does.
        restart_module();
        for _ in 0..3 {
            let begun = Instant::now();
            let refused = token.sign(Purpose::Seal, &[1; 32]).unwrap_err();
            assert!(refused.is_temporary(), "{refused:?}");
            assert!(begun.elapsed() < Duration::from_secs(2), "refused after {:?}", begun.elapsed());
        }

        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::rename(&away, &folder).unwrap();
        token.sign(Purpose::Seal, &[1; 32]).unwrap();
        assert_eq!(token.public_key(Purpose::Seal).unwrap(), key);
    });
}

#[test]
fn work_goes_on_by_itself_when_the_token_is_back() {
    with_each_token("failures::work_goes_on_by_itself_when_the_token_is_back", || {
        const EPOCH: u32 = 1;
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
        let key = token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        let folder = token_folder();
        let away = folder.with_file_name("away");
        let (back, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        let (refusals, signatures) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (token, key, back, stop) = (token.clone(), &key, &back, &stop);
                let (refusals, signatures) = (&refusals, &signatures);
                scope.spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        let since_back = back.load(Ordering::SeqCst);
                        let result = match worker % 2 {
                            0 => token.sign(Purpose::Seal, &[1; 32]).map(drop),
                            _ => token
                                .sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]])
                                .map(drop),
                        };
                        match result {
                            Ok(()) => signatures.fetch_add(u32::from(since_back), Ordering::SeqCst),
                            // Never a final word on a key that is as good as before.
                            Err(error) => {
                                // SoftHSM without its folder may show an empty token for a moment.
                                let empty = !since_back && matches!(error, Error::KeyAbsent(_));
                                assert!(error.is_temporary() || empty, "{error:?}");
                                refusals.fetch_add(1, Ordering::SeqCst)
                            }
                        };
                        std::thread::sleep(Duration::from_millis(5));
                    }
                });
            }
            let _stop = AtTheEnd(&stop);
            std::thread::sleep(Duration::from_millis(300));
            std::fs::rename(&folder, &away).unwrap();
            std::fs::create_dir(&folder).unwrap();
            // Looking for a token that is not there restarts the module: the sessions are gone with the folder.
            assert!(matches!(Token::open(&config("nobody")), Err(Error::TokenAbsent(_))));
            std::thread::sleep(Duration::from_millis(1500));
            std::fs::rename(&folder, folder.with_file_name("empty")).unwrap();
            std::fs::rename(&away, &folder).unwrap();
            std::thread::sleep(Duration::from_millis(500));
            back.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1500));
        });
        let (refusals, signatures) = (refusals.into_inner(), signatures.into_inner());
        assert!(refusals > 0, "nothing was refused while the token was away");
        assert!(signatures > 10, "{signatures} signatures after it came back");
        token.sign(Purpose::Seal, &[1; 32]).unwrap();
    });
}

#[test]
fn a_mechanism_number_may_be_configured() {
    with_each_token("failures::a_mechanism_number_may_be_configured", || {
        const EPOCH: u32 = 1;
        let token = fresh_token("online");
        token.generate(Purpose::DoctorWrap(EPOCH)).unwrap();
        let key = token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256).unwrap();
        drop(token);
        let (right, wrong) = match make() {
            Make::SoftHsm => (0x210A, 0x210B),
            Make::Kryoptic => (0x210B, 0x210A),
        };
        let open = |number: u64| {
            let key_wrap = Some(KeyWrapNumber::try_from(number).unwrap());
            Token::open(&Config { key_wrap, ..config("online") }).unwrap()
        };
        open(right).sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]]).unwrap();
        // The wrong number is never the key's fault.
        let token = open(wrong);
        let refused = token.sign_with_wrapped(EPOCH, &key.blob, SignatureScheme::EcdsaP256, vec![vec![1; 32]]);
        assert!(matches!(refused, Err(Error::MechanismAbsent(_))), "{refused:?}");
        assert!(matches!(token.new_doctor_key(EPOCH, DoctorKeyAlgorithm::P256), Err(Error::MechanismAbsent(_))));
        assert!(matches!(KeyWrapNumber::try_from(0x2109), Err(Error::MechanismAbsent(_))));
    });
}

#[test]
fn dropped_sessions_are_opened_again_within_the_request() {
    with_each_token("failures::dropped_sessions_are_opened_again_within_the_request", || {
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
    // kryoptic shows the others no token while one process holds its file: it is for one process.
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
fn a_closed_token_has_no_thread_left_that_is_still_ending() {
    thread_local! {
        static LEFT: RefCell<Option<Leaving>> = const { RefCell::new(None) };
    }
    struct Leaving(Arc<AtomicU32>);
    impl Drop for Leaving {
        fn drop(&mut self) {
            std::thread::sleep(Duration::from_millis(100));
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    with_softhsm("failures::a_closed_token_has_no_thread_left_that_is_still_ending", || {
        let token = fresh_token("online");
        token.generate(Purpose::Seal).unwrap();
        let (done, by) = std::sync::mpsc::channel();
        let left = Arc::new(AtomicU32::new(0));
        let leaving = left.clone();
        let answer = move |signed: Result<Vec<u8>, Error>| {
            LEFT.set(Some(Leaving(leaving)));
            done.send(signed.is_ok()).unwrap();
        };
        token.sign_then(Purpose::Seal, &[1; 32], answer).unwrap();
        assert!(by.recv().unwrap());
        drop(token);
        assert_eq!(left.load(Ordering::SeqCst), 1, "the thread gave back what was its own");
    });
}

#[test]
fn secrets_are_not_printed() {
    with_each_token("failures::secrets_are_not_printed", || {
        let token = fresh_token("online");
        let printed = format!("{token:?} {:?}", config("online"));
        assert!(!printed.contains(crate::place::PIN), "{printed}");
    });
}

/// Sets the flag when dropped, so that the workers end also when the story fails.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// `C_Finalize` and `C_Initialize` behind the crate's back.
fn restart_module() {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    let pkcs11 = Pkcs11::new(module()).unwrap();
    pkcs11.clone().finalize().unwrap();
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
}
