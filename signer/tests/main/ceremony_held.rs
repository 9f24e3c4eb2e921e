//! The ceremony itself: what it leaves, taken up where it broke off, never held by one alone.

use std::time::Duration;

use hsm::dual_control::{self, BackupKeyComponents, Component, Operator};
use hsm::{Purpose, Token};
use secrecy::SecretString;
use signer::ceremony::{Appointee, Backups, CentralOfficer, Ceremony, CeremonyError, rehearse};
use store::Journal;

use crate::ceremonies::{ceremony, plan, root_acts};
use crate::contents;
use crate::judges::Court;
use crate::place::{initialise, module, on_both_engines, token};
use crate::service::{configuration, randomness};
use crate::world::World;

on_both_engines!(
    what_a_ceremony_leaves_stands_up_to_openssl,
    a_ceremony_broken_off_anywhere_is_taken_up,
    the_root_stays_away_afterwards,
    keys_come_back_in_a_second_token,
);

async fn what_a_ceremony_leaves_stands_up_to_openssl(world: World) {
    let published = Ceremony::published_in(&world.journal).await.unwrap();
    let court = Court::at(&world.place.folder);
    for (name, der) in &published.certificates {
        court.write(&format!("{name}.der"), der);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    court.write("root.crl", &published.root_crl);
    assert!(court.openssl("crl -inform DER -in root.crl -noout -CAfile root.pem").contains("verify OK"));
    for name in ["issuing-1", "tsa-ca"] {
        court.openssl(&format!("verify -x509_strict -CAfile root.pem {name}.pem"));
    }
    court.openssl("verify -x509_strict -CAfile root.pem -untrusted tsa-ca.pem -purpose timestampsign tsa-1.pem");

    // The transcript is the root's word, and an altered one is not.
    let text = published.transcript.transcript.text();
    court.write("root-spki.der", &published.root_spki);
    court.write("transcript.txt", text.as_bytes());
    court.write("transcript.sig", &published.transcript.signature);
    let verify = "dgst -sha384 -verify root-spki.der -keyform DER -signature transcript.sig transcript.txt";
    assert!(court.openssl(verify).contains("Verified OK"));
    court.write("transcript.txt", text.replace("สมศรี", "สมทรง").as_bytes());
    assert!(!court.run("openssl", verify).unwrap().status.success(), "an altered transcript");
    for purpose in [Purpose::Root, Purpose::Issuing(1), Purpose::TsaCa, Purpose::Tsa(1), Purpose::DoctorWrap(1)] {
        assert!(text.contains(&purpose.label()), "{text}");
    }
    let serial = court.openssl("x509 -in tsa-1.pem -noout -serial").trim().replace("serial=", "").to_lowercase();
    for told in [serial.as_str(), &"d0".repeat(32), "สมศรี หนึ่ง", "สมชาย สอง", "SoftHSM"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    the_officers_on_record_are_confirmed_by_people(&world, &published.officers).await;
    let tally = world.tally().await;
    assert_eq!((tally["ceremony.begun"], tally["ceremony.held"]), (1, 1), "{tally:?}");
    assert!(tally["certificate.issued"] >= 4, "{tally:?}");
}

async fn the_officers_on_record_are_confirmed_by_people(world: &World, officers: &[CentralOfficer; 2]) {
    let again = ceremony(&world.place, plan(), world.journal.clone(), world.clock()).await;
    let named = officers.each_ref().map(|officer| Appointee {
        name_th: officer.name_th.clone(),
        name_en: officer.name_en.clone(),
        identity_digest: officer.identity_digest.clone(),
    });
    let codes = officers.each_ref().map(|officer| officer.credential.key_code.clone());
    let [first, second] = codes.clone();
    for unconfirmed in [None, Some([second, first.clone()])] {
        match again.recorded_officers(&named, unconfirmed.as_ref()).await {
            Err(CeremonyError::OfficersUnconfirmed(text)) => assert!(text.contains(&first), "{text}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(again.recorded_officers(&named, Some(&codes)).await.unwrap().as_ref(), Some(officers));
    // Taken up after its transcript was recorded, it signs that one if it says what was done.
    let mut altered = ceremony(&world.place, plan(), world.journal.clone(), world.clock()).await;
    altered.program = "another".to_owned();
    let of = officers.clone();
    let refused = world.service().with(move |core| async move { altered.finish(&core, &of).await.err() }).await;
    assert!(matches!(refused, Some(CeremonyError::ForeignTranscript)), "{refused:?}");
    let (same, of) = (ceremony(&world.place, plan(), world.journal.clone(), world.clock()).await, officers.clone());
    let held = world.service().with(move |core| async move { same.finish(&core, &of).await.err() }).await;
    assert!(matches!(held, Some(CeremonyError::Journal(_))), "the same transcript, and signed once: {held:?}");
    let mut other = named.clone();
    other[1].identity_digest = "0".repeat(64);
    let refused = again.recorded_officers(&other, Some(&codes)).await;
    assert!(matches!(refused, Err(CeremonyError::OtherOfficers)), "{refused:?}");
}

/// Dropped again and again, a little later each time: what was recorded is signed in the end, and
/// nothing is made twice.
async fn a_ceremony_broken_off_anywhere_is_taken_up(world: World) {
    // Beside the world's own, in a journal and tokens of its own.
    tokio::task::spawn_blocking(|| ["root-2", "online-2"].map(initialise)).await.unwrap();
    let url = format!("sqlite:{}", world.place.folder.join("second.sqlite").display());
    let journal = Journal::connect(&url).await.unwrap();
    let mut attempt = ceremony(&world.place, plan(), journal.clone(), world.clock()).await;
    let [root, online] = tokio::task::spawn_blocking(|| ["root-2", "online-2"].map(token)).await.unwrap();
    (attempt.root_token, attempt.token) = (root, online);
    let mut patience = Duration::from_millis(1);
    let mut broken = 0;
    loop {
        match tokio::time::timeout(patience, attempt.prepare()).await {
            Ok(opened) => {
                opened.unwrap();
                break;
            }
            Err(_) => broken += 1,
        }
        patience += Duration::from_millis(1).max(patience / 8);
    }
    assert!(broken > 0, "it was never broken off");
    let mut tx = journal.begin().await.unwrap();
    for kind in ["root", "issuing", "tsa_ca", "tsa"] {
        let rows = tx.certificates_of_kind(kind).await.unwrap();
        assert_eq!((rows.len(), rows[0].state.as_str()), (1, "issued"), "{kind}");
    }
    drop(tx);
    // Another document is another ceremony.
    attempt.document_sha256 = "0d".repeat(32);
    assert!(matches!(attempt.prepare().await, Err(CeremonyError::OtherDocument(_))));
}

async fn the_root_stays_away_afterwards(mut world: World) {
    world.service = None;
    tokio::task::spawn_blocking(crate::service::wait_for_the_killed).await.unwrap();
    let away = world.place.folder.join("safe");
    std::fs::rename(token_folder(&world, "root"), &away).unwrap();
    crate::place::restart_module();
    world.start(signer::step::Steps::default()).await;
    let mut staff = world.staff().await;
    world.doctor(&mut staff).await;
    let refused = tokio::task::spawn_blocking(|| {
        let config = hsm::Config {
            module: module(),
            token_label: "root".to_owned(),
            pin: SecretString::from("246810"),
            sessions: 1,
            deadline: Duration::from_secs(5),
            key_wrap: None,
        };
        Token::open(&config).err()
    });
    assert!(matches!(refused.await.unwrap(), Some(hsm::Error::TokenAbsent(_))));
    // Another token opened as the root's is refused by its keys.
    std::fs::rename(&away, world.place.tokens().join("back")).unwrap();
    crate::place::restart_module();
    let mut acts = root_acts(&world).await;
    acts.root_token = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let error = acts.next_root_crl(365).await.unwrap_err();
    assert!(matches!(error, CeremonyError::RootToken(_)) && error.to_string().contains("both operators"), "{error}");
}

/// The folder in which SoftHSM keeps a token: its label stands in one of the files.
fn token_folder(world: &World, label: &str) -> std::path::PathBuf {
    let wanted = format!("{label:<32}").into_bytes();
    let folders = std::fs::read_dir(world.place.tokens()).unwrap().map(|entry| entry.unwrap().path());
    let has_label = |folder: &std::path::PathBuf| {
        std::fs::read(folder.join("token.object"))
            .is_ok_and(|bytes| bytes.windows(wanted.len()).any(|window| window == wanted))
    };
    folders.into_iter().find(has_label).expect("the token's folder")
}

async fn keys_come_back_in_a_second_token(world: World) {
    let folder = world.place.folder.join("second");
    std::fs::create_dir_all(&folder).unwrap();
    tokio::task::spawn_blocking(|| ["root-2", "online-2", "online-3"].map(initialise)).await.unwrap();
    let [root, online, other] =
        tokio::task::spawn_blocking(|| ["root-2", "online-2", "online-3"].map(token)).await.unwrap();
    let component = |operator| Component::draw(&online, operator).unwrap();
    let (first, second) = (component(Operator::First), component(Operator::Second));
    let components = BackupKeyComponents::new(first.clone(), second).unwrap();
    let backups = folder.join("backups");
    let url = format!("sqlite:{}", folder.join("journal.sqlite").display());
    let journal = Journal::connect(&url).await.unwrap();
    let mut held = ceremony(&world.place, plan(), journal.clone(), world.clock()).await;
    (held.root_token, held.token) = (root, online.clone());
    held.backups = Some(Backups::new(&backups, components.clone()).unwrap());
    a_key_is_never_without_its_backup(&mut held, &backups).await;

    let wrapped = online.new_doctor_key(1, hsm::DoctorKeyAlgorithm::P256).unwrap();
    // One operator alone, with anything for the other, opens nothing.
    let wrong = BackupKeyComponents::new(first, component(Operator::Second)).unwrap();
    let online_keys = |purpose| purpose != Purpose::Root;
    let refused = signer::ceremony::backups::restore(&backups, &wrong, &other, online_keys);
    assert!(matches!(refused, Err(CeremonyError::Token(hsm::Error::BackupRefused(_)))), "{refused:?}");
    let restored = signer::ceremony::backups::restore(&backups, &components, &other, online_keys).unwrap();
    assert_eq!(restored.len(), 9, "{restored:?}");
    for purpose in restored {
        let same = match online.public_key(purpose) {
            Ok(spki) => other.public_key(purpose).unwrap() == spki,
            Err(_) => other.exists(purpose).unwrap(),
        };
        assert!(same, "{purpose}");
    }
    // A doctor's key of the first token signs on the second, and the signer starts there.
    let signatures =
        other.sign_with_wrapped(1, &wrapped.blob, hsm::SignatureScheme::EcdsaP256, vec![vec![7; 32]]).unwrap();
    let verifier = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        &wrapped.spki[26..],
    );
    let digest = aws_lc_rs::digest::Digest::import_less_safe(&[7; 32], &aws_lc_rs::digest::SHA256).unwrap();
    verifier.verify_digest(&digest, &signatures[0]).unwrap();
    let core = signer::core::Core::open(
        configuration(&world.place),
        journal,
        other,
        world.clock(),
        randomness(),
        signer::step::Steps::default(),
    );
    core.await.unwrap();
}

/// Files of another token, and stops around a key's making.
async fn a_key_is_never_without_its_backup(held: &mut Ceremony, backups: &std::path::Path) {
    let file = |name: &str| backups.join(name);
    let seal = file("rabrong-seal.backup");
    std::fs::write(&seal, "of an earlier token").unwrap();
    let refused = held.prepare().await.err();
    assert!(matches!(refused, Some(CeremonyError::BackupOfNoKey { purpose: Purpose::Seal, .. })), "{refused:?}");
    assert!(!held.token.exists(Purpose::Seal).unwrap(), "no key without a backup");
    // Stopped between file and token: the key of that file is nowhere. Stopped after the token: it is the key's.
    std::fs::rename(&seal, file("rabrong-seal.backup-new")).unwrap();
    std::fs::rename(file("rabrong-tsa-ca.backup"), file("rabrong-tsa-ca.backup-new")).unwrap();
    held.prepare().await.unwrap();
    for purpose in [Purpose::Seal, Purpose::TsaCa] {
        let state = signer::ceremony::backups::state(backups, &held.token, purpose).unwrap();
        assert_eq!(state, signer::ceremony::BackupState::Kept, "{purpose}");
    }
    let new =
        |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path().extension() == Some("backup-new".as_ref());
    assert!(!std::fs::read_dir(backups).unwrap().any(new));
}

#[test]
fn neither_operator_opens_the_root_alone() {
    let (first, second) = (SecretString::from("ความลับของคนที่หนึ่ง"), SecretString::from("ความลับของคนที่สอง"));
    let both = dual_control::pin(&first, &second).unwrap();
    for (a, b) in [(&first, &SecretString::from("guess guess guess")), (&second, &first)] {
        let other = dual_control::pin(a, b).unwrap();
        assert_ne!(secrecy::ExposeSecret::expose_secret(&both), secrecy::ExposeSecret::expose_secret(&other));
    }
}

#[test]
fn a_rehearsal_touches_nothing_and_refuses_what_the_lint_refuses() {
    let told = signer::core::Configuration {
        public_url: "http://localhost:8700".to_owned(),
        origin: "http://sign.localhost:8701".to_owned(),
        rp_id: "sign.localhost".to_owned(),
        demo: true,
        credential_delay_hours: 24,
        time_stamp_accuracy_ms: 1000,
        passkeys: signer::passkeys::PasskeyPolicy::default(),
        level: signer::signature_profile::Level::Archival,
        doctor_signature: signer::signature_profile::DoctorSignature::EcdsaP256,
        algorithm_ends: std::collections::BTreeMap::new(),
    };
    #[expect(clippy::disallowed_methods, reason = "other people's tools judge by the system's clock")]
    let clock = signer::edge::Clock::new(time::OffsetDateTime::now_utc);
    let rehearsal = rehearse(&told, &plan(), &contents::units(), &clock, &randomness()).unwrap();
    assert_eq!(rehearsal.certificates.len(), 6);
    assert!(rehearsal.words.contains("Rabrong Root CA (TEST)"), "{}", rehearsal.words);
    let court = Court::at(&std::env::temp_dir().join(format!("rabrong-rehearsal-{}", std::process::id())));
    for (name, der) in &rehearsal.certificates {
        court.write(&format!("{name}.der"), der);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    court.openssl("verify -x509_strict -CAfile root.pem -untrusted issuing-1.pem -purpose any sample-doctor.pem");

    let mut bad = plan();
    bad.organisation = "ชื่อ\u{202e}กลับ".to_owned();
    assert!(matches!(
        rehearse(&told, &bad, &contents::units(), &clock, &randomness()),
        Err(CeremonyError::Certificate(_))
    ));
    bad = plan();
    bad.years.issuing = 13;
    let error = rehearse(&told, &bad, &contents::units(), &clock, &randomness()).unwrap_err();
    assert!(matches!(&error, CeremonyError::Plan(text) if text.contains("years.issuing")), "{error}");
    bad = plan();
    bad.operators = ["A".to_owned(), "A ".to_owned()];
    assert!(bad.check().is_err(), "one person twice");
}
