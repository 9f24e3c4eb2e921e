//! Every level, and every algorithm a doctor may sign with, from the token to the judges.

use signer::protocol::Outcome;
use signer::signature_profile::{DoctorSignature, Level};
use signer::step::Steps;

use crate::contents::{document, sign};
use crate::judges::Court;
use crate::lifting::the_file;
use crate::place::on_both_engines;
use crate::service::SIGNATURES;
use crate::signed_files::stands_up;
use crate::whole_path::the_certificate_stands_up_to_openssl;
use crate::world::World;

on_both_engines!(each_algorithm_signs_to_the_archival_level, each_level_is_what_it_says);

async fn each_algorithm_signs_to_the_archival_level(mut world: World) {
    let mut staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let mut first = world.doctor(&mut staff).await;
    the_certificate_stands_up_to_openssl(&world, &court, &first).await;
    for signature in DoctorSignature::ALL {
        *SIGNATURES.lock().unwrap() = (Level::Archival, signature);
        world.start(Steps::default()).await;
        let mut doctor = world.doctor(&mut staff).await;
        let content = document(&world, &doctor);
        let outcome = world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
        let Outcome::DocumentsSigned { documents } = outcome else { panic!("{signature}: {outcome:?}") };
        assert_eq!((documents[0].state.as_str(), documents[0].level.as_str()), ("finished", "b-lta"), "{signature}");
        stands_up(&court, &the_file(&world, &content).await, Level::Archival, signature.as_str());
    }
    // Who has a certificate keeps its key, and signs as that one can.
    let content = document(&world, &first);
    let outcome = world.activate(&mut first.person, sign(std::slice::from_ref(&content))).await;
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    stands_up(&court, &the_file(&world, &content).await, Level::Archival, "ecdsa-p256");
}

async fn each_level_is_what_it_says(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let court = Court::at(&world.place.folder);
    the_certificate_stands_up_to_openssl(&world, &court, &doctor).await;
    for level in Level::ALL {
        *SIGNATURES.lock().unwrap() = (level, DoctorSignature::EcdsaP256);
        world.start(Steps::default()).await;
        let content = document(&world, &doctor);
        let outcome = world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
        let Outcome::DocumentsSigned { documents } = outcome else { panic!("{level}: {outcome:?}") };
        assert_eq!(documents[0].state, "finished");
        assert!(documents[0].level.parse::<Level>().unwrap() >= level);
        stands_up(&court, &the_file(&world, &content).await, documents[0].level.parse().unwrap(), "ecdsa-p256");
    }
}
