//! From the ceremony to a signed document and its doctor's revoked certificate, judged by
//! programs that are not ours.

use signer::protocol::{Outcome, Refusal, Request, Response};
use signer::signature_profile::Level;

use crate::contents::{document, revoke, sign};
use crate::judges::Court;
use crate::place::on_both_engines;
use crate::signed_files::{its_archival_form_can_be_lost, stands_up};
use crate::status::list_that;
use crate::world::{Doctor, World};

on_both_engines!(from_the_ceremony_to_a_revoked_certificate);

async fn from_the_ceremony_to_a_revoked_certificate(mut world: World) {
    let mut staff = world.staff().await;
    let mut doctor = world.doctor(&mut staff).await;
    let court = Court::at(&world.place.folder);
    the_certificate_stands_up_to_openssl(&world, &court, &doctor).await;
    the_certificate_is(&world, &court, "good").await;

    let (one, batch) = (document(&world, &doctor), [(); 3].map(|()| document(&world, &doctor)));
    for documents in [&[one][..], &batch[..]] {
        let Outcome::DocumentsSigned { documents: records } = world.activate(&mut doctor.person, sign(documents)).await
        else {
            panic!("signed");
        };
        let ids = |ids: Vec<&String>| ids.into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            ids(records.iter().map(|record| &record.document_id).collect()),
            ids(documents.iter().map(|content| &content.document_id).collect())
        );
        for (content, record) in documents.iter().zip(&records) {
            assert_eq!((record.state.as_str(), record.masked_patient.as_str()), ("finished", "กตั*** ฟื้น***"));
            let file = the_file_is_handed_out_once(&world, &content.document_id, record.file_sha256.as_deref()).await;
            stands_up(&court, &file, Level::Archival, "ecdsa-p256");
            its_archival_form_can_be_lost(&court, &file);
            it_reads(&court, content.fields["applicant_name"].as_str());
            let by_code = Request::DocumentByCode { code: content.code.clone() };
            let by_file = Request::DocumentByFile { sha256: record.file_sha256.clone().unwrap() };
            for request in [by_code, by_file] {
                let Ok(Response::Document { document: Some(found) }) = world.ask(request).await else {
                    panic!("found")
                };
                assert_eq!(*found, *record);
            }
        }
    }

    let again = document(&world, &doctor);
    let page_before = world.propose(&doctor.person, sign(std::slice::from_ref(&again))).await.unwrap();
    let revocation = revoke(&doctor.certificate.serial, "privilege_withdrawn");
    let outcome = world.activate(&mut staff.province, revocation.clone()).await;
    let Outcome::CertificateRevoked { certificate, revoked_by } = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        (certificate.revoked.unwrap().reason.as_str(), &revoked_by),
        ("privilege_withdrawn", &staff.province.id)
    );

    // At once, not after a cache has aged.
    the_certificate_is(&world, &court, "revoked").await;
    assert_eq!(world.propose(&doctor.person, sign(&[again])).await.unwrap_err(), Refusal::CertificateRevoked);
    let too_late = world.touch(&mut doctor.person, &page_before).await;
    assert!(too_late.redirect().is_none(), "{too_late:?}");
    assert_eq!(world.propose(&staff.ra, revocation).await.unwrap_err(), Refusal::AlreadyDone);
    let shard = list_that(&world, "0", &doctor.certificate.serial, true).await;
    court.write("shard.crl", &shard);
    let listed = court.openssl("crl -inform DER -in shard.crl -noout -text -CAfile issuing.pem");
    assert!(listed.contains(&doctor.certificate.serial.to_uppercase()), "{listed}");
    assert!(listed.contains("Privilege Withdrawn"), "{listed}");

    let tally = world.tally().await;
    assert_eq!((tally["document.signed"], tally["document.recorded"]), (4, 4));
    assert_eq!(tally["certificate.revoked"], 1);
}

/// Puts the certificates before the court, in DER and PEM.
pub(crate) async fn shows_certificates(world: &World, court: &Court, doctor: &Doctor) {
    for name in ["root", "issuing", "tsa-ca", "tsa"] {
        court.write(&format!("{name}.der"), &world.der(Request::CaCertificate { name: name.to_owned() }).await);
    }
    court.write("doctor.der", &hex::decode(&doctor.certificate.der).unwrap());
    for name in ["root", "issuing", "tsa-ca", "tsa", "doctor"] {
        court.openssl(&format!("x509 -inform DER -in {name}.der -out {name}.pem"));
    }
}

pub(crate) async fn the_certificate_stands_up_to_openssl(world: &World, court: &Court, doctor: &Doctor) {
    shows_certificates(world, court, doctor).await;
    let verified = court.openssl("verify -x509_strict -CAfile root.pem -untrusted issuing.pem -purpose any doctor.pem");
    assert!(verified.contains("doctor.pem: OK"), "{verified}");
    let text = court.openssl("x509 -in doctor.pem -noout -text -nameopt utf8");
    for line in [
        "Professional Information or basis for Admission",
        "MD:TH-12345",
        "registrationNumber: 12345",
        "Non Repudiation",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let subject = court.openssl("x509 -in doctor.pem -noout -subject -nameopt utf8,sep_multiline");
    assert!(subject.contains("CN=แพทย์หญิงกานดา ใจดี"), "{subject}");
    court.write("root.crl", &world.der(Request::Crl { shard: "root".to_owned() }).await);
    let crl = court.openssl("crl -inform DER -in root.crl -noout -CAfile root.pem");
    assert!(crl.contains("verify OK"), "{crl}");
}

async fn the_certificate_is(world: &World, court: &Court, status: &str) {
    court.openssl("ocsp -issuer issuing.pem -cert doctor.pem -reqout request.der");
    court.write("response.der", &world.ocsp(&court.read("request.der")).await);
    let said = court.openssl(
        "ocsp -no_nonce -reqin request.der -respin response.der -issuer issuing.pem -cert doctor.pem -CAfile root.pem -verify_other issuing.pem",
    );
    assert!(said.contains("Response verify OK"), "{said}");
    assert!(said.contains(&format!("doctor.pem: {status}")), "{said}");
}

async fn the_file_is_handed_out_once(world: &World, document_id: &str, sha256: Option<&str>) -> Vec<u8> {
    let ask = || world.ask(Request::SignedFile { document_id: document_id.to_owned() });
    let Ok(Response::File { bytes, sha256: said }) = ask().await else { panic!("a file") };
    assert_eq!(Some(said.as_str()), sha256);
    let bytes = hex::decode(bytes).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    assert_eq!(hex::encode(digest), said);
    let forgotten = world.ask(Request::ForgetFile { document_id: document_id.to_owned() }).await;
    assert!(matches!(forgotten, Ok(Response::Done)));
    assert_eq!(ask().await.unwrap_err(), Refusal::NotFound);
    bytes
}

fn it_reads(court: &Court, patient: &str) {
    if let Some(text) = court.judge("pdftotext", "signed.pdf -") {
        assert!(text.contains(patient), "{text}");
        assert!(!text.contains("DRAFT"), "{text}");
    }
}
