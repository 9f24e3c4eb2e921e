//! Everything that the running product publishes, seen by openssl, pkilint and pyca: CA
//! certificates, revocation lists, OCSP answers, time-stamps, and each kind of certificate.

use std::time::Duration;

use rabrong::demo::persons::RA;
use signer::protocol::{ApiClientRequest, Operation, Outcome, Request, Response};
use stories::relying::Fetched;
use stories::{Engine, Relying, World};

const CA_CERTIFICATES: [&str; 5] = ["root", "issuing", "issuing-1", "tsa-ca", "tsa"];

/// As the demonstration's ceremony has them.
const SHARDS: u16 = 16;

/// What pkilint says of a demonstration, and why it is so: its addresses are this machine's, its
/// organisation has no registered number, and RFC 3161 §2.3 wants the purpose of a time-stamping
/// unit critical where EN 319 412-2 §4.3.10 does not.
const SAID_OF_A_DEMONSTRATION: [&str; 3] = [
    "etsi.internal_domain_name",
    "etsi.en_319_412_3.leg-4.2.1-2.organization_identifier_attribute_absent",
    "etsi.en_319_412_2.gen-4.3.10-1.eku_extension_is_critical",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_object_is_in_order() {
    let world = World::raise(Engine::Sqlite).await;
    let party = Relying::party(&world);
    let mut jobs = Vec::new();
    ca_certificates(&world, &party, &mut jobs).await;
    a_program_gets_a_certificate(&world, &party, &mut jobs).await;
    lists(&world, &party, &mut jobs).await;
    ocsp_answers(&world, &party, &mut jobs).await;
    time_stamps(&world, &party).await;
    certificates(&party, &mut jobs);
    pyca_reads_the_admission(&party);
    the_products_own_verifier_agrees(&world, &party).await;
    a_revoked_certificate_fails(&world, &party, &mut jobs).await;

    let Some(findings) = party.court.lints(&jobs) else { return };
    let others: Vec<_> =
        findings.iter().filter(|(_, code)| !SAID_OF_A_DEMONSTRATION.contains(&code.as_str())).collect();
    assert!(others.is_empty(), "{others:#?}");
    for expected in SAID_OF_A_DEMONSTRATION {
        assert!(findings.iter().any(|(_, code)| code == expected), "{expected} is not said any more");
    }
}

fn pem(party: &Relying, name: &str, der: &[u8]) {
    party.court.exhibits(&format!("{name}.der"), der);
    party.court.hears("openssl", &format!("x509 -inform DER -in {name}.der -out {name}.pem"));
}

async fn ca_certificates(world: &World, party: &Relying, jobs: &mut Vec<String>) {
    for name in CA_CERTIFICATES {
        let der = party.has(&world.numeric_url(&format!("/ca/{name}.cer")), "application/pkix-cert").await;
        pem(party, name, &der);
        jobs.push(format!("lint_pkix_cert lint -s WARNING {name}.pem"));
    }
    let read = |name: &str| std::fs::read(party.court.file(name)).unwrap();
    assert_eq!(read("issuing.der"), read("issuing-1.der"), "the newest is the first");
    // What the transcript names is what is handed out.
    let transcript = String::from_utf8(world.bytes("ceremony/transcript.txt")).unwrap().to_lowercase();
    for name in CA_CERTIFICATES {
        let said = party.court.hears("openssl", &format!("x509 -in {name}.pem -noout -fingerprint -sha256"));
        let fingerprint = said.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
        assert!(transcript.replace([':', ' '], "").contains(&fingerprint), "{name} is not in the transcript");
    }
    let chain = [read("tsa-ca.pem"), read("tsa.pem")].concat();
    party.court.exhibits("tsa-chain.pem", &chain);
}

/// An RA officer has a certificate issued to a program of the hospital.
async fn a_program_gets_a_certificate(world: &World, party: &Relying, jobs: &mut Vec<String>) {
    party.court.hears(
        "openssl",
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out client.csr -subj /CN=ignored",
    );
    let csr = std::fs::read_to_string(party.court.file("client.csr")).unwrap();
    let mut ra = world.the(&RA).await;
    let actor = world.holder("ra_officer", RA.unit).await;
    let request = ApiClientRequest {
        request_id: "01955b3c-0a1b-7c2d-8e3f-000000000001".to_owned(),
        unit_code: RA.unit.to_owned(),
        name: "ระบบเวชระเบียน".to_owned(),
        csr,
    };
    let (ticket, page) = world.proposes(&ra, &actor, Operation::IssueApiClient { request }).await;
    ra.touch(&page.ok()).await;
    let outcome = world.client().ask(Request::Outcome { ticket }).await.unwrap();
    let Response::Outcome { outcome: Outcome::CertificateIssued { certificate, .. } } = outcome else {
        panic!("{outcome:?}")
    };
    pem(party, "client", &hex::decode(certificate.der).unwrap());
    let key = |from: &str| party.court.hears("openssl", &format!("{from} -pubkey -noout"));
    assert_eq!(key("x509 -in client.pem"), key("req -in client.csr"), "its own key");
    let text = party.court.hears("openssl", "x509 -in client.pem -noout -text");
    assert!(text.contains("TLS Web Client Authentication") && !text.contains("ignored"), "{text}");
    jobs.push("lint_pkix_cert lint -s WARNING client.pem".to_owned());
}

async fn lists(world: &World, party: &Relying, jobs: &mut Vec<String>) {
    let shards = (0..SHARDS).map(|shard| (shard.to_string(), "issuing.pem"));
    let others = [("root".to_owned(), "root.pem"), ("tsa".to_owned(), "tsa-ca.pem")];
    for (name, issuer) in shards.chain(others) {
        let list = party.has(&world.numeric_url(&format!("/crl/{name}.crl")), "application/pkix-crl").await;
        let file = format!("{name}.crl");
        let read = party.list_in(&file, &list, issuer);
        assert!(read.number >= 1 && read.entries.is_empty(), "{name}: {read:?}");
        let text = party.court.hears("openssl", &format!("crl -inform DER -in {file} -noout -text"));
        let point = format!("/crl/{name}.crl");
        let is_shard = issuer == "issuing.pem";
        assert_eq!(text.contains("X509v3 Issuing Distribution Point: critical"), is_shard, "{text}");
        assert_eq!(text.contains(&point), is_shard, "{text}");
        party.court.hears("openssl", &format!("crl -inform DER -in {file} -out {file}.pem"));
        jobs.push(format!("lint_crl lint -t CRL -p PKIX -s WARNING {file}"));
    }
    let none = party.fetch(&world.numeric_url(&format!("/crl/{SHARDS}.crl"))).await;
    assert_eq!(none.status, 404, "one shard too many");
}

async fn ocsp_answers(world: &World, party: &Relying, jobs: &mut Vec<String>) {
    let url = world.numeric_url("/ocsp");
    let plain = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    let posted = party.post(&url, "application/ocsp-request", plain.clone()).await;
    let got = party.fetch(&format!("{url}/{}", in_an_address(&plain))).await;
    for (name, answer) in [("posted", &posted), ("got", &got)] {
        judged(party, name, answer, jobs);
        assert!(answer.cache.contains("max-age="), "{name}: {}", answer.cache);
        assert_eq!(party.status_in(&format!("{name}.ocsp"), &answer.body), "good");
    }
    let nonce = party.ocsp_request("issuing.pem", "doctor.pem", "-nonce");
    let answer = party.post(&url, "application/ocsp-request", nonce).await;
    judged(party, "nonce", &answer, jobs);
    assert_eq!(answer.cache, "no-store", "a nonce is for one question");
    let said = party.court.hears(
        "openssl",
        "ocsp -respin nonce.ocsp -reqin doctor.pem.ocsp-request -CAfile root.pem -verify_other issuing.pem",
    );
    assert!(said.contains("Response verify OK") && !said.contains("WARNING"), "{said}");

    // Whoever else is certified: programs, and the time-stamping unit by its own CA.
    let ask = |issuer: &str, about: &str, of: &str| {
        party.court.hears(
            "openssl",
            &format!("ocsp -issuer {issuer} {about} -url {url} -CAfile {of} -verify_other {issuer} -trust_other"),
        )
    };
    for (issuer, certificate) in [("issuing.pem", "client.pem"), ("tsa-ca.pem", "tsa.pem")] {
        let said = ask(issuer, &format!("-cert {certificate}"), "root.pem");
        assert!(said.contains("Response verify OK") && said.contains(&format!("{certificate}: good")), "{said}");
    }
    let said = ask("issuing.pem", "-serial 0x1234", "root.pem");
    assert!(said.contains("Response verify OK") && said.contains("0x1234: unknown"), "{said}");
}

/// Keeps an answer for pkilint, and its responder's certificate for all judges.
fn judged(party: &Relying, name: &str, answer: &Fetched, jobs: &mut Vec<String>) {
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/ocsp-response"), "{name}");
    party.court.exhibits(&format!("{name}.ocsp"), &answer.body);
    jobs.push(format!("lint_ocsp_response lint -s WARNING {name}.ocsp"));
    let text = party.court.hears("openssl", &format!("ocsp -respin {name}.ocsp -resp_text -noverify"));
    let begin = text.find("-----BEGIN CERTIFICATE-----").expect("the responder's certificate");
    party.court.exhibits("responder.pem", &text.as_bytes()[begin..]);
    assert!(text.contains("Archive Cutoff"), "{text}");
}

/// Base64 with the three letters escaped that an address cannot hold (RFC 6960 appendix A.1).
fn in_an_address(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(der);
    text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

async fn time_stamps(world: &World, party: &Relying) {
    party.court.exhibits("data", "ใบรับรองแพทย์".as_bytes());
    for digest in ["sha256", "sha384", "sha512"] {
        for options in ["", "-no_nonce", "-cert", "-no_nonce -cert"] {
            party.court.hears("openssl", &format!("ts -query -data data -{digest} {options} -out query"));
            let query = std::fs::read(party.court.file("query")).unwrap();
            let reply = party.post(&world.numeric_url("/tsa"), "application/timestamp-query", query).await;
            assert_eq!((reply.status, reply.kind.as_str()), (200, "application/timestamp-reply"), "{digest} {options}");
            assert_eq!(reply.cache, "no-store");
            party.court.exhibits("reply", &reply.body);
            let given = if options.contains("-cert") { "tsa-ca.pem" } else { "tsa-chain.pem" };
            for against in ["-queryfile query", "-data data"] {
                let verify = format!("ts -verify {against} -in reply -CAfile root.pem -untrusted {given}");
                let said = party.court.hears("openssl", &verify);
                assert!(said.contains("Verification: OK"), "{digest} {options}: {said}");
            }
        }
    }
    party.court.exhibits("other", b"another certificate");
    let verify = "ts -verify -data other -in reply -CAfile root.pem -untrusted tsa-chain.pem";
    assert_ne!(party.court.asks("openssl", verify).code, 0, "a time-stamp of something else");
}

/// Each with its chain, by openssl with the lists that cover it, and by pkilint.
fn certificates(party: &Relying, jobs: &mut Vec<String>) {
    let lists =
        |names: &[&str]| -> String { names.iter().map(|name| format!(" -CRLfile {name}.crl.pem")).collect::<String>() };
    let (doctor, client) = (party.shard_of("doctor.pem"), party.shard_of("client.pem"));
    for (certificate, above, purpose, covered) in [
        ("issuing", "root", "any", lists(&["root"])),
        ("tsa-ca", "root", "any", lists(&["root"])),
        ("doctor", "issuing", "any", lists(&["root", &doctor])),
        ("client", "issuing", "sslclient", lists(&["root", &client])),
        ("tsa", "tsa-ca", "timestampsign", lists(&["root", "tsa"])),
        ("responder", "issuing", "ocsphelper", String::new()),
    ] {
        // The responder says itself that nobody asks about it (RFC 6960 §4.2.2.2.1).
        let check = if covered.is_empty() { "" } else { "-crl_check_all" };
        let verify = format!(
            "verify -x509_strict {check}{covered} -purpose {purpose} -CAfile root.pem -untrusted {above}.pem {certificate}.pem"
        );
        assert!(party.court.hears("openssl", &verify).contains(&format!("{certificate}.pem: OK")));
        jobs.push(format!("lint_pkix_signer_signee_cert_chain lint -s WARNING {above}.pem {certificate}.pem"));
    }
    for (certificate, kind) in [("doctor", "NATURAL"), ("tsa", "LEGAL")] {
        jobs.push(format!("lint_etsi_cert lint -t NCP-{kind}-PERSON-CERTIFICATE -s WARNING {certificate}.pem"));
        jobs.push(format!("lint_pkix_cert lint -s WARNING {certificate}.pem"));
    }
    jobs.push("lint_pkix_cert lint -s WARNING responder.pem".to_owned());
}

fn pyca_reads_the_admission(party: &Relying) {
    let script = r#"
from cryptography import x509
certificate = x509.load_pem_x509_certificate(open("doctor.pem", "rb").read())
admissions = certificate.extensions.get_extension_for_class(x509.Admissions).value
info = admissions[0].profession_infos[0]
print(info.registration_number, admissions[0].naming_authority.url, info.profession_items[0], sep="|")
"#;
    party.court.exhibits("admission.py", script.as_bytes());
    if let Some(said) = party.court.may_hear("python", "admission.py") {
        assert_eq!(said.trim(), "12345|https://www.tmc.or.th/|ผู้ประกอบวิชาชีพเวชกรรม (Physician)");
    }
}

async fn the_products_own_verifier_agrees(world: &World, party: &Relying) {
    let place = |name: &str| party.court.file(name).to_str().unwrap().to_owned();
    let (root, root_list) = (place("root.pem"), place("root.crl"));
    let shard = |certificate: &str| place(&format!("{}.crl", party.shard_of(certificate)));
    for (certificate, above, list) in [
        ("doctor.pem", "issuing.pem", Some(shard("doctor.pem"))),
        ("client.pem", "issuing.pem", Some(shard("client.pem"))),
        ("tsa.pem", "tsa-ca.pem", Some(place("tsa.crl"))),
        ("responder.pem", "issuing.pem", None),
    ] {
        let (above, certificate) = (place(above), place(certificate));
        let mut arguments = vec!["--trust", &root, "--untrusted", &above];
        if let Some(list) = &list {
            arguments.extend(["--crl", root_list.as_str(), "--crl", list.as_str()]);
        }
        arguments.push(&certificate);
        let (code, said) = world.verifies(&arguments).await;
        assert_eq!(code, 0, "{certificate}: {said}");
    }
    for certificate in ["doctor.pem", "client.pem", "tsa.pem", "issuing.pem", "tsa-ca.pem"] {
        let (code, said) = world.verifies(&[&place(certificate)]).await;
        assert_eq!(code, 0, "beside its installation, {certificate}: {said}");
        assert_ne!(said["revocation"], "not_asked", "{certificate}: {said}");
    }
}

async fn a_revoked_certificate_fails(world: &World, party: &Relying, jobs: &mut Vec<String>) {
    let mut ra = world.the(&RA).await;
    world.revokes(&mut ra, &world.told.serial, "affiliation_changed", "").await;
    let shard = party.shard_of("doctor.pem");
    let url = world.numeric_url(&format!("/crl/{shard}.crl"));
    let started = tokio::time::Instant::now();
    loop {
        let list = party.has(&url, "application/pkix-crl").await;
        if party.list_in("after.crl", &list, "issuing.pem").entries.contains_key(&world.told.serial) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "the list says it within sixty seconds");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    party.court.hears("openssl", "crl -inform DER -in after.crl -out after.crl.pem");
    let verify = "verify -x509_strict -crl_check_all -CRLfile root.crl.pem -CRLfile after.crl.pem -CAfile root.pem \
                  -untrusted issuing.pem doctor.pem";
    let said = party.court.asks("openssl", verify);
    assert!(said.code != 0 && said.err.contains("certificate revoked"), "{}{}", said.out, said.err);
    jobs.push("lint_crl lint -t CRL -p PKIX -s WARNING after.crl".to_owned());

    let request = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    let answer = party.post(&world.numeric_url("/ocsp"), "application/ocsp-request", request).await;
    judged(party, "revoked", &answer, jobs);
    assert_eq!(party.status_in("revoked.ocsp", &answer.body), "revoked affiliationChanged");

    let place = |name: &str| party.court.file(name).to_str().unwrap().to_owned();
    let [root, issuing, root_list, after, doctor] =
        ["root.pem", "issuing.pem", "root.crl", "after.crl", "doctor.pem"].map(place);
    let named = ["--trust", &root, "--untrusted", &issuing, "--crl", &root_list, "--crl", &after, &doctor];
    for arguments in [&named[..], &[doctor.as_str()]] {
        let (code, said) = world.verifies(arguments).await;
        assert_eq!(code, 1, "{said}");
        assert!(said.to_string().to_lowercase().contains("revoked"), "{said}");
    }
}
