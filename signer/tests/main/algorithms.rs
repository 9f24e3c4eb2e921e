//! Every level, and every algorithm a doctor may sign with, from the token to the judges.

use signer::protocol::{DigestSigning, DigestSwitch, LabelledDigest, Operation, Outcome, Refusal};
use signer::signature_profile::{DoctorSignature, Level};
use signer::step::Steps;

use crate::contents::{HOSPITAL, document, sign};
use crate::judges::Court;
use crate::lifting::the_file;
use crate::place::on_both_engines;
use crate::service::SIGNATURES;
use crate::signed_files::stands_up;
use crate::whole_path::the_certificate_stands_up_to_openssl;
use crate::world::World;

on_both_engines!(each_algorithm_at_each_level_is_what_it_says, digests_are_not_signed_by_another_kind_of_key,);

async fn each_algorithm_at_each_level_is_what_it_says(mut world: World) {
    let mut staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let mut first = world.doctor(&mut staff).await;
    the_certificate_stands_up_to_openssl(&world, &court, &first).await;
    for signature in DoctorSignature::ALL {
        *SIGNATURES.lock().unwrap() = (Level::Archival, signature);
        world.start(Steps::default()).await;
        let mut doctor = world.doctor(&mut staff).await;
        for level in Level::ALL {
            *SIGNATURES.lock().unwrap() = (level, signature);
            world.start(Steps::default()).await;
            let content = document(&world, &doctor);
            let outcome = world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
            let Outcome::DocumentsSigned { documents } = outcome else { panic!("{signature} {level}: {outcome:?}") };
            let found = (documents[0].state.as_str(), documents[0].level.as_str());
            assert_eq!(found, ("finished", level.as_str()), "{signature}");
            stands_up(&court, &the_file(&world, &content).await, level, signature.as_str());
        }
    }
    // Who has a certificate keeps its key, and signs as that one can.
    let content = document(&world, &first);
    let outcome = world.activate(&mut first.person, sign(std::slice::from_ref(&content))).await;
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    stands_up(&court, &the_file(&world, &content).await, Level::Archival, "ecdsa-p256");
}

/// A digest says nothing of the key it was made for: SHA-256 belongs to P-256 here, and others hear it.
async fn digests_are_not_signed_by_another_kind_of_key(mut world: World) {
    let mut staff = world.staff().await;
    let switch = DigestSwitch { unit_code: HOSPITAL.to_owned(), allow: true };
    world.activate(&mut staff.ra, Operation::SwitchDigests { switch }).await;
    for signature in DoctorSignature::ALL {
        *SIGNATURES.lock().unwrap() = (Level::Archival, signature);
        world.start(Steps::default()).await;
        let doctor = world.doctor(&mut staff).await;
        let signing = DigestSigning {
            unit_code: HOSPITAL.to_owned(),
            client: "HIS".to_owned(),
            certificate_serial: doctor.certificate.serial.clone(),
            digests: vec![LabelledDigest { sha256: "ab".repeat(32), label: String::new() }],
        };
        let proposed = world.propose(&doctor.person, Operation::SignDigests { signing }).await;
        match signature {
            DoctorSignature::EcdsaP256 => assert!(proposed.is_ok(), "{proposed:?}"),
            _ => assert!(matches!(proposed, Err(Refusal::KeySignsNoDigests)), "{signature}: {proposed:?}"),
        }
    }
}
