//! A curious operator who has the token and its PIN but no journal.

use ca::profile::doctor;
use ca::{
    AssuranceLevel, DEFAULT_ARC, Generation, Issuer, IssuerName, Policies, Profession, Serial, SubjectKey,
    ThrowAwayKey, Urls, Validity,
};
use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use hsm::{Purpose, SignatureScheme};
use signer::core::{Core, OpenError};
use signer::protocol::{Refusal, Request};
use signer::step::Steps;
use store::Journal;

use crate::contents::{document, sign};
use crate::judges::Court;
use crate::place::{module, on_both_engines, token};
use crate::service::{configuration, randomness};
use crate::world::World;

on_both_engines!(the_token_and_its_pin_sign_for_no_doctor, what_the_cas_key_signed_behind_the_journal_is_nobodys);

/// Doctors' keys are not in the token, and another journal knows of none.
async fn the_token_and_its_pin_sign_for_no_doctor(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let operation = sign(&[document(&world, &doctor)]);
    world.activate(&mut doctor.person, operation).await;

    let held = tokio::task::spawn_blocking(key_labels).await.unwrap();
    assert!(!held.is_empty());
    assert!(held.iter().all(|label| label.starts_with("rabrong ")), "only the services' own: {held:?}");

    // A blob that is not one, or is cut short, opens as nothing.
    let mut tx = world.journal.begin().await.unwrap();
    let kept = tx.doctor_key_of_certificate(&doctor.certificate.serial).await.unwrap().unwrap();
    drop(tx);
    let blob = kept.wrapped.unwrap();
    let refused = tokio::task::spawn_blocking(move || {
        let token = token("online");
        let guesses = [vec![0; blob.len()], blob[..blob.len() - 8].to_vec(), randomness().bytes::<80>().to_vec()];
        guesses.map(|guess| token.sign_with_wrapped(1, &guess, SignatureScheme::EcdsaP256, vec![vec![7; 32]]).is_err())
    });
    assert_eq!(refused.await.unwrap(), [true; 3]);

    // An empty journal is no installation.
    let empty = world.place.folder.join("empty.sqlite");
    let empty = Journal::connect(&format!("sqlite:{}", empty.display())).await.unwrap();
    let token = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
    let told = configuration(&world.place);
    let opened = Core::open(told, empty, token, world.clock(), randomness(), Steps::default()).await;
    assert!(matches!(opened, Err(OpenError::NotInitialised)));
}

/// The PIN is enough to have the CA's key sign anything, and the chain stands up. What it signed so is not in
/// the journal: OCSP does not know it, and whoever asks is told so.
async fn what_the_cas_key_signed_behind_the_journal_is_nobodys(world: World) {
    let issuing = world.der(Request::CaCertificate { name: "issuing".to_owned() }).await;
    let (forged, serial) = tokio::task::spawn_blocking(move || forge(&issuing)).await.unwrap();
    let court = Court::at(&world.place.folder);
    for name in ["root", "issuing"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
    court.write("forged.der", &forged);
    court.openssl("x509 -inform DER -in forged.der -out forged.pem");
    court.openssl("verify -CAfile root.pem -untrusted issuing.pem -purpose any forged.pem");

    court.openssl("ocsp -no_nonce -issuer issuing.pem -cert forged.pem -reqout request.der");
    court.write("response.der", &world.ocsp(&court.read("request.der")).await);
    let said = court.openssl(
        "ocsp -no_nonce -reqin request.der -respin response.der -issuer issuing.pem -cert forged.pem -CAfile root.pem \
         -verify_other issuing.pem",
    );
    assert!(said.contains("forged.pem: unknown"), "{said}");
    let asked = Request::RevocationState { serial: serial.to_string() };
    assert_eq!(world.ask(asked).await.unwrap_err(), Refusal::NotFound);
}

/// Labels of the private and secret keys in the token, asked of the module itself.
fn key_labels() -> Vec<String> {
    let pkcs11 = Pkcs11::new(module()).unwrap();
    let slots = pkcs11.get_slots_with_initialized_token().unwrap();
    let online = slots.into_iter().find(|slot| pkcs11.get_token_info(*slot).unwrap().label() == "online").unwrap();
    let session = pkcs11.open_ro_session(online).unwrap();
    let mut labels = Vec::new();
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::SECRET_KEY] {
        for object in session.find_objects(&[Attribute::Class(class)]).unwrap() {
            let read = session.get_attributes(object, &[AttributeType::Label, AttributeType::Extractable]).unwrap();
            assert!(read.contains(&Attribute::Extractable(false)), "{read:?}");
            labels.extend(read.into_iter().filter_map(|attribute| match attribute {
                Attribute::Label(label) => Some(String::from_utf8(label).unwrap()),
                _ => None,
            }));
        }
    }
    labels
}

/// A doctor's certificate that no officer approved, by the CA's own key.
fn forge(issuing: &[u8]) -> (Vec<u8>, Serial) {
    let token = token("online");
    let name = IssuerName::Issuing(Generation::FIRST);
    let issuer = Issuer::from_certificate(issuing, name).unwrap();
    let mut rng = randomness();
    let serial = Serial::generate(name.serial_octet(), &mut rng);
    let installation = ca::Installation {
        urls: Urls::new("http://localhost:8700").unwrap(),
        policies: Policies::new(DEFAULT_ARC, true).unwrap(),
    };
    let own = ThrowAwayKey::generate(&mut rng);
    let request = doctor::Request {
        subject: &doctor::Subject {
            organization: "โรงพยาบาลขอนแก่น".to_owned(),
            organization_identifier: None,
            surname: "ปลอม".to_owned(),
            given_name: "หมอ".to_owned(),
            title: "นายแพทย์".to_owned(),
            common_name: "นายแพทย์หมอ ปลอม".to_owned(),
            profession: Profession::PHYSICIAN,
            licence: "99999".to_owned(),
        },
        public_key: &SubjectKey::from_spki_der(&token.public_key(Purpose::Seal).unwrap()).unwrap(),
        serial,
        validity: Validity::years(issuer.validity().not_before, doctor::MAX_YEARS).unwrap(),
        licence_end: None,
        level: AssuranceLevel::Ial2_3,
        shard: 0,
    };
    let prepared = doctor::prepare(&request, &issuer, &installation, &own).unwrap();
    #[expect(clippy::disallowed_methods, reason = "what a thief of the PIN would do")]
    let recorded = prepared.assert_recorded();
    #[expect(clippy::disallowed_methods, reason = "what a thief of the PIN would do")]
    let signature = token.sign(Purpose::Issuing(1), &recorded.digest()).unwrap();
    (recorded.complete(&signature).unwrap().der, serial)
}
