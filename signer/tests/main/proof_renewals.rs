//! Files are renewed before their proof ends, and every copy ever handed out is recognised.

use std::sync::atomic::Ordering;

use pades::verify::{Indication, Trust};
use pdf::form::DocumentContent;
use signer::protocol::{Outcome, Refusal, RenewalsDue, Request, Response};
use signer::signature_profile::{DoctorSignature, Level};
use signer::step::{Step, Steps};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::ceremonies::root_acts;
use crate::contents::{document, sign};
use crate::judges::Court;
use crate::lifting::{record, the_file, until_finished};
use crate::place::on_both_engines;
use crate::service::SIGNATURES;
use crate::signed_files::{archival, cut, keeps_its_archival_form, signature_time_stamp, stamp_stands_up};
use crate::whole_path::shows_certificates;
use crate::world::{DEVIATION, World};

on_both_engines!(ten_years_later, each_algorithm_is_renewed, a_unit_takes_over_while_a_document_waits);

async fn due(world: &World, within_days: u16) -> RenewalsDue {
    match world.ask(Request::RenewalsDue { within_days, after: None }).await {
        Ok(Response::RenewalsDue { due }) => due,
        other => panic!("{other:?}"),
    }
}

async fn renew(world: &World, content: &DocumentContent, file: &[u8]) -> Result<Vec<u8>, Refusal> {
    let request = Request::RenewFile { document_id: content.document_id.clone(), file: hex::encode(file) };
    match world.ask(request).await? {
        Response::File { bytes, .. } => Ok(hex::decode(bytes).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn sha256(file: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, file))
}

/// What is known of the unit that stamped the signature goes in too, not only of the one that stamps now.
async fn a_unit_takes_over_while_a_document_waits(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let court = Court::at(&world.place.folder);
    shows_certificates(&world, &court, &doctor).await;
    let first_unit = court.read("tsa.pem");
    // The clock is lost just when the signature has its time-stamp.
    let lost = |step| {
        if step == Step::Stamped {
            DEVIATION.store(-1, Ordering::SeqCst);
        }
    };
    world.start(Steps::watched(lost)).await;
    let content = document(&world, &doctor);
    world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
    let waiting = record(&world, &content).await;
    assert_eq!((waiting.state.as_str(), waiting.level.as_str()), ("signed", "b-t"));

    world.later(Duration::days(400));
    root_acts(&world).await.next_root_crl(365).await.unwrap();
    world.start(Steps::default()).await;
    DEVIATION.store(0, Ordering::SeqCst);
    let lifted = until_finished(&world, &content).await;
    assert_eq!(lifted.level, "b-lta");
    court.write("tsa.der", &world.der(Request::CaCertificate { name: "tsa".to_owned() }).await);
    court.openssl("x509 -inform DER -in tsa.der -out tsa.pem");
    assert_ne!(court.read("tsa.pem"), first_unit, "another unit stamps");
    let file = the_file(&world, &content).await;
    // Nothing but the file and the root: pyHanko would have to come from that year.
    let trust = Trust {
        anchors: vec![world.der(Request::CaCertificate { name: "root".to_owned() }).await],
        ..Trust::default()
    };
    let verdict = pades::verify::verify(&file, &trust, world.now() + Duration::seconds(1));
    assert_eq!(verdict.indication, Indication::TotalPassed, "{:?}", verdict.reasons);
}

/// Unit certificates of two generations: of the stamps of today, and of those to come.
async fn ten_years_later(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let court = Court::at(&world.place.folder);
    shows_certificates(&world, &court, &doctor).await;
    let first_unit = court.read("tsa.pem");
    let content = document(&world, &doctor);
    let outcome = world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
    assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{outcome:?}");
    let signed_at = world.now();
    let before = the_file(&world, &content).await;
    world.ask(Request::ForgetFile { document_id: content.document_id.clone() }).await.unwrap();
    assert!(due(&world, 90).await.documents.is_empty());
    assert_eq!(renew(&world, &content, &before).await, Err(Refusal::AlreadyDone), "not for fun");

    // The doctor's certificate is long over, the first unit's soon.
    world.later(Duration::days(3_590));
    root_acts(&world).await.next_root_crl(365).await.unwrap();
    world.start(Steps::default()).await;
    let soon = due(&world, 90).await;
    assert_eq!(soon.documents.len(), 1);
    assert_eq!(soon.documents[0].file_sha256, sha256(&before));
    let mut other = before.clone();
    other[2_000] ^= 1;
    assert_eq!(renew(&world, &content, &other).await, Err(Refusal::NotFound), "only what was handed out");

    let after = renew(&world, &content, &before).await.unwrap();
    assert!(after.starts_with(&before), "only appended to");
    assert_eq!(renew(&world, &content, &before).await.unwrap(), after, "who asks again gets the same");
    assert_eq!(due(&world, 90).await.documents.len(), 1, "until it is fetched");
    assert_eq!(the_file(&world, &content).await, after);
    world.ask(Request::ForgetFile { document_id: content.document_id.clone() }).await.unwrap();
    assert!(due(&world, 90).await.documents.is_empty());
    assert_eq!(renew(&world, &content, &before).await, Err(Refusal::AlreadyDone));

    let found = record(&world, &content).await;
    assert_eq!(found.file_sha256, Some(sha256(&after)));
    assert_eq!(found.earlier_files, [sha256(&before)]);
    for file in [&before, &after] {
        let Ok(Response::Document { document: Some(by_file) }) =
            world.ask(Request::DocumentByFile { sha256: sha256(file) }).await
        else {
            panic!("a copy from before is still genuine")
        };
        assert_eq!(*by_file, found);
    }
    assert_eq!(world.tally().await["document.renewed"], 1);

    // Everybody looks at it today, with two generations of units.
    second_unit_stamps(&world, &court, &first_unit).await;
    renewed_stands_up(&court, &after, signed_at, "ecdsa-p256");

    // And half a year after the first unit's certificate has ended, with the word of that day on the second.
    world.later(Duration::days(180));
    world.start(Steps::default()).await;
    court.openssl("ocsp -issuer tsa-ca.pem -cert tsa.pem -reqout request.der");
    let second_unit = world.ocsp(&court.read("request.der")).await;
    let later = world.now() + Duration::seconds(1);
    let trust = Trust {
        anchors: vec![world.der(Request::CaCertificate { name: "root".to_owned() }).await],
        untrusted: Vec::new(),
        crls: vec![world.der(Request::Crl { shard: "root".to_owned() }).await],
        ocsps: vec![second_unit],
        status: None,
    };
    let verdict = pades::verify::verify(&after, &trust, later);
    assert_eq!(verdict.indication, Indication::TotalPassed, "{:?}", verdict.reasons);
    let stale = pades::verify::verify(&before, &trust, later);
    assert_ne!(stale.indication, Indication::TotalPassed, "what was not renewed proves nothing any more");
}

/// Ten years later, of documents that were signed with each algorithm.
async fn each_algorithm_is_renewed(mut world: World) {
    let mut staff = world.staff().await;
    let court = Court::at(&world.place.folder);
    let first = world.doctor(&mut staff).await;
    shows_certificates(&world, &court, &first).await;
    let first_unit = court.read("tsa.pem");
    let mut signed = Vec::new();
    for signature in DoctorSignature::ALL {
        *SIGNATURES.lock().unwrap() = (Level::Archival, signature);
        world.start(Steps::default()).await;
        let mut doctor = world.doctor(&mut staff).await;
        let content = document(&world, &doctor);
        let outcome = world.activate(&mut doctor.person, sign(std::slice::from_ref(&content))).await;
        assert!(matches!(outcome, Outcome::DocumentsSigned { .. }), "{signature}: {outcome:?}");
        let file = the_file(&world, &content).await;
        world.ask(Request::ForgetFile { document_id: content.document_id.clone() }).await.unwrap();
        signed.push((signature, content, file, world.now()));
    }
    world.later(Duration::days(3_590));
    root_acts(&world).await.next_root_crl(365).await.unwrap();
    world.start(Steps::default()).await;
    assert_eq!(due(&world, 90).await.documents.len(), signed.len());
    for (signature, content, before, signed_at) in signed {
        let after = renew(&world, &content, &before).await.unwrap();
        assert!(after.starts_with(&before), "{signature}: only appended to");
        second_unit_stamps(&world, &court, &first_unit).await;
        renewed_stands_up(&court, &after, signed_at, signature.as_str());
    }
}

/// The court is shown both units.
async fn second_unit_stamps(world: &World, court: &Court, first_unit: &[u8]) {
    court.write("tsa.der", &world.der(Request::CaCertificate { name: "tsa".to_owned() }).await);
    court.openssl("x509 -inform DER -in tsa.der -out tsa.pem");
    assert_ne!(court.read("tsa.pem"), first_unit, "another unit stamps");
    court.write("chain.pem", &[&court.read("tsa-ca.pem"), &court.read("tsa.pem"), first_unit].concat());
}

/// A renewed file before everybody: each time-stamp, the file, the signature as of the day it was made (the
/// doctor's certificate is long over), and all of it by ETSI EN 319 102-1.
fn renewed_stands_up(court: &Court, file: &[u8], signed_at: OffsetDateTime, algorithm: &str) {
    court.write("signed.pdf", file);
    let cuts = cut(file);
    assert_eq!(cuts.len(), 3, "{algorithm}: a signature and two document time-stamps");
    assert_eq!(cuts[2].end, file.len(), "the whole file is covered");
    let (value, token) = signature_time_stamp(&cuts[0].cms);
    stamp_stands_up(court, &value, &token, "");
    for stamp in &cuts[1..] {
        stamp_stands_up(court, &stamp.data, &stamp.cms, "");
    }
    if let Some(qpdf) = court.judge("qpdf", "--check signed.pdf") {
        assert!(qpdf.contains("No syntax or stream encoding errors found"), "{qpdf}");
    }
    archival(court);
    keeps_its_archival_form(court, file, 2);
    court.write("signed.data", &cuts[0].data);
    court.write("signed.cms", &cuts[0].cms);
    let verify = format!(
        "cms -verify -attime {} -inform DER -in signed.cms -content signed.data -binary -cades -CAfile root.pem \
         -purpose any -out verified",
        signed_at.unix_timestamp()
    );
    assert!(court.openssl(&verify).contains("CAdES Verification successful"), "{algorithm}");
    assert!(court.trusts_root());
    if let Some(pdfsig) = court.judge("pdfsig", "-nssdir sql:. -no-ocsp signed.pdf") {
        assert!(pdfsig.contains("Signature Validation: Signature is Valid."), "{algorithm}: {pdfsig}");
        assert!(!pdfsig.contains("Invalid") && !pdfsig.contains("Mismatch"), "{algorithm}: {pdfsig}");
    }
    let validate = format!(
        "sign validate --pretty-print --validation-time {} --trust root.pem --trust-replace signed.pdf",
        signed_at.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
    );
    if let Some(pyhanko) = court.judge("pyhanko", &validate) {
        assert!(pyhanko.contains("The signature is judged VALID."), "{algorithm}: {pyhanko}");
    }
}
