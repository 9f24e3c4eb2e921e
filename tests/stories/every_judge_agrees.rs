//! Other people's programs look at what the product hands out.

use serde_json::Value;
use stories::judges::{Court, cuts, signature_time_stamp};
use stories::persons::{MALI, SOMCHAI};
use stories::{Engine, World};

const PUT_IN_EVIDENCE: [&str; 8] =
    ["certificate.pdf", "root.pem", "issuing.pem", "doctor.pem", "tsa.pem", "root.crl", "shard.crl", "ocsp.der"];

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    every_judge_agrees(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql() {
    every_judge_agrees(Engine::Postgres).await;
}

/// What a doctor gets who comes in once the installation signs otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn with_each_algorithm_an_installation_may_choose() {
    let mut world = World::raise(Engine::Sqlite).await;
    for (algorithm, named, physician) in [("ecdsa-p384", "ecdsa-with-SHA384", SOMCHAI), ("rsa-pss", "rsassaPss", MALI)]
    {
        world.stop_signer().await;
        let told = [("RABRONG__SIGNER__SIGNATURES__DOCTOR_SIGNATURE", algorithm)];
        world.start_signer_with(&[], &told).await;
        let mut doctor = world.certified(&physician).await;
        let signed = world.signs(&mut doctor).await;
        let court = Court::sits();
        for name in ["root.pem", "issuing.pem", "tsa.pem"] {
            court.exhibits(name, &world.bytes(name));
        }
        court.exhibits("certificate.pdf", &doctor.download(&signed.file_url).await);
        openssl_accepts_the_signature(&court);
        let printed = court.hears("openssl", "cms -cmsout -print -inform DER -in signed.cms");
        assert!(printed.contains(named), "{algorithm}: {printed}");
        openssl_accepts_both_time_stamps(&court);
        poppler_and_nss_accept_the_file(&court);
        qpdf_finds_the_file_sound(&court);
        pyhanko_accepts_the_signature(&court);
        assert_eq!(world.verdict_of(&signed.code()).await["verdict"], "genuine");
        let file = court.file("certificate.pdf");
        let said = world.rabrong(&["verify", "--json", file.to_str().unwrap()]).await;
        assert!(said.code == 0 && said.out.contains("PASSED"), "{algorithm}: {}", said.out);
    }
}

async fn every_judge_agrees(engine: Engine) {
    let world = World::raise(engine).await;
    let court = Court::sits();
    for name in PUT_IN_EVIDENCE {
        court.exhibits(name, &world.bytes(name));
    }
    openssl_accepts_the_signature(&court);
    openssl_accepts_both_time_stamps(&court);
    openssl_accepts_the_chain_and_its_revocation_lists(&court);
    openssl_reads_the_licence_in_the_certificate(&court);
    openssl_gets_an_answer_about_the_certificate(&court, &world);
    poppler_and_nss_accept_the_file(&court);
    qpdf_finds_the_file_sound(&court);
    pyhanko_accepts_the_signature(&court);
    the_products_own_verifier_agrees(&world).await;
}

fn openssl_accepts_the_signature(court: &Court) {
    let cuts = cuts(&std::fs::read(court.file("certificate.pdf")).unwrap());
    let signature = &cuts[0];
    court.exhibits("signed.data", &signature.data);
    court.exhibits("signed.cms", &signature.cms);
    let verify = "cms -verify -inform DER -in signed.cms -content signed.data -binary -cades -CAfile root.pem \
                  -purpose any -out verified";
    assert!(court.hears("openssl", verify).contains("CAdES Verification successful"));

    let mut other = signature.data.clone();
    other[2_000] ^= 1;
    court.exhibits("signed.data", &other);
    assert_ne!(court.asks("openssl", verify).code, 0, "one bit less is noticed");
}

/// The one over the signature's value, and the document's own over everything before it.
fn openssl_accepts_both_time_stamps(court: &Court) {
    let cuts = cuts(&std::fs::read(court.file("certificate.pdf")).unwrap());
    let [signature, archive] = cuts.as_slice() else { panic!("{} signatures", cuts.len()) };
    let (value, token) = signature_time_stamp(&signature.cms);
    for (data, token) in [(&value, &token), (&archive.data, &archive.cms)] {
        court.exhibits("stamp.der", token);
        court.exhibits("stamped.data", data);
        let verify = "ts -verify -data stamped.data -in stamp.der -token_in -CAfile root.pem -untrusted tsa.pem";
        assert!(court.hears("openssl", verify).contains("Verification: OK"));

        let mut other = data.clone();
        other[30] ^= 1;
        court.exhibits("stamped.data", &other);
        assert_ne!(court.asks("openssl", verify).code, 0, "one bit less is noticed");
    }
}

fn openssl_accepts_the_chain_and_its_revocation_lists(court: &Court) {
    court.hears("openssl", "crl -inform DER -in root.crl -out root.crl.pem");
    court.hears("openssl", "crl -inform DER -in shard.crl -out shard.crl.pem");
    let verify = "verify -x509_strict -crl_check_all -CRLfile root.crl.pem -CRLfile shard.crl.pem -CAfile root.pem \
                  -untrusted issuing.pem doctor.pem";
    assert!(court.hears("openssl", verify).contains("doctor.pem: OK"));
}

fn openssl_reads_the_licence_in_the_certificate(court: &Court) {
    let text =
        court.hears("openssl", "x509 -in doctor.pem -noout -text -nameopt utf8,sep_comma_plus -certopt ext_parse");
    // Admission (1.3.36.8.3.3): profession and licence number.
    let admission = text.split("rofessional").count() > 1 || text.contains("1.3.36.8.3.3") || text.contains("dmission");
    assert!(admission, "{text}");
    for expected in ["12345", "MD:TH-12345", "Non Repudiation"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains("0000000000060"), "no national ID in a certificate");
}

fn openssl_gets_an_answer_about_the_certificate(court: &Court, world: &World) {
    let url = world.numeric_url("/ocsp");
    let said = court.hears(
        "openssl",
        &format!("ocsp -issuer issuing.pem -cert doctor.pem -url {url} -CAfile root.pem -verify_other issuing.pem"),
    );
    assert!(said.contains("doctor.pem: good"), "{said}");
    assert!(said.contains("Response verify OK"), "{said}");
}

fn poppler_and_nss_accept_the_file(court: &Court) {
    court.hears("certutil", "-N -d sql:. --empty-password");
    court.hears("certutil", "-A -d sql:. -n root -t CT,C,C -i root.pem");
    let said = court.hears("pdfsig", "-nssdir sql:. -no-ocsp certificate.pdf");
    for line in ["Signature Validation: Signature is Valid.", "ETSI.CAdES.detached", "Total document signed"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // Older versions see the document time-stamp but do not judge it.
    assert!(!said.contains("Invalid") && !said.contains("Mismatch"), "{said}");
}

fn qpdf_finds_the_file_sound(court: &Court) {
    let said = court.hears("qpdf", "--check certificate.pdf");
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

fn pyhanko_accepts_the_signature(court: &Court) {
    let validate =
        "sign validate --pretty-print --trust root.pem --trust-replace --no-revocation-check certificate.pdf";
    if let Some(said) = court.may_hear("pyhanko", validate) {
        assert!(said.contains("The signature is judged VALID."), "{said}");
        assert!(!said.contains("INVALID"), "{said}");
    }
    // By ETSI EN 319 102-1, revocation and time-stamps included, with the anchor alone.
    court.exhibits("indication.py", include_bytes!("../judges/pyhanko_indication.py"));
    let validate = "indication.py sign adesverify --pretty-print --trust root.pem --trust-replace certificate.pdf";
    if let Some(said) = court.may_hear("python", validate) {
        assert!(said.contains("indication: AdESPassed.OK"), "{said}");
        assert!(said.contains("The signature is judged VALID."), "{said}");
    }
}

/// The verdict on certificate.pdf: exit code, and the one line of JSON.
async fn verdict(world: &World, arguments: &[&str]) -> (i32, Value) {
    let file = world.file("certificate.pdf");
    let mut all = vec!["verify", "--json", file.to_str().unwrap()];
    all.extend_from_slice(arguments);
    let said = world.rabrong(&all).await;
    let line = said.out.lines().next().unwrap_or_else(|| panic!("{}", said.err));
    (said.code, serde_json::from_str(line).unwrap())
}

async fn the_products_own_verifier_agrees(world: &World) {
    let place = |name: &str| world.file(name).to_str().unwrap().to_owned();
    let (root, issuing) = (place("root.pem"), place("issuing.pem"));
    let (root_crl, shard_crl, ocsp) = (place("root.crl"), place("shard.crl"), place("ocsp.der"));

    let (code, own) = verdict(world, &[]).await;
    assert_eq!((code, &own["indication"]), (0, &Value::from("PASSED")), "beside its installation: {own}");

    let anchors = ["--trust", &root, "--untrusted", &issuing];
    let (code, crls) = verdict(world, &[&anchors[..], &["--crl", &root_crl, "--crl", &shard_crl]].concat()).await;
    assert_eq!((code, &crls["indication"]), (0, &Value::from("PASSED")), "with revocation lists: {crls}");

    let (code, answered) = verdict(world, &[&anchors[..], &["--crl", &root_crl, "--ocsp", &ocsp]].concat()).await;
    assert_eq!((code, &answered["indication"]), (0, &Value::from("PASSED")), "with an OCSP answer: {answered}");

    let (code, alone) = verdict(world, &anchors[..2]).await;
    assert_eq!((code, &alone["indication"]), (0, &Value::from("PASSED")), "with what stands in the file: {alone}");

    let court = Court::sits();
    court.hears(
        "openssl",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /CN=Other",
    );
    let other = court.file("other.pem").to_str().unwrap().to_owned();
    let (code, stranger) = verdict(world, &["--trust", &other, "--untrusted", &issuing]).await;
    assert_ne!(code, 0, "another anchor: {stranger}");
    assert_eq!(world.rabrong(&["verify", "--at", "yesterday", &place("certificate.pdf")]).await.code, 3);
}
