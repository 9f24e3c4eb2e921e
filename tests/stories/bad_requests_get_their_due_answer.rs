//! What is wrong at the published addresses gets the status that the standard has for it: never an
//! error of the server, never silence, and the next question is answered as before.

use std::io::Write as _;

use stories::relying::Fetched;
use stories::{Engine, Relying, World};

/// `OCSPResponseStatus` (RFC 6960 §4.2.1).
const SUCCESSFUL: u8 = 0;
const MALFORMED_REQUEST: u8 = 1;
const UNAUTHORIZED: u8 = 6;

const OCSP: &str = "application/ocsp-request";
const TIME_STAMP: &str = "application/timestamp-query";

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_their_due_answer() {
    let world = World::raise(Engine::Sqlite).await;
    let party = Relying::party(&world);
    // Some who open a connection and say nothing more than half of a request.
    let idle: Vec<_> = (0..50).map(|_| half_a_request(&world)).collect();
    broken_ocsp_requests(&world, &party).await;
    ocsp_requests_about_others(&world, &party).await;
    nonces_of_every_length(&world, &party).await;
    wrong_addresses_and_methods(&world, &party).await;
    broken_time_stamp_requests(&world, &party).await;
    all_is_as_before(&world, &party).await;
    drop(idle);
    for program in ["serve", "signer"] {
        let log = world.log(program);
        assert!(!log.contains("panicked"), "{program}: {log}");
    }
}

fn half_a_request(world: &World) -> std::net::TcpStream {
    let mut stream = std::net::TcpStream::connect(&world.configuration.portal.listen).unwrap();
    stream.write_all(b"POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n").unwrap();
    stream
}

/// The status of an OCSP answer that came with 200 and said what it is.
fn status(what: &str, answer: &Fetched) -> u8 {
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/ocsp-response"), "{what}");
    // OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, … }
    let at = answer.body.windows(2).position(|window| window == [0x0a, 1]).unwrap_or_else(|| panic!("{what}"));
    assert!(at <= 4, "{what}");
    if answer.body[at + 2] != SUCCESSFUL {
        assert_eq!(answer.cache, "no-store", "{what}: an error is not kept");
    }
    answer.body[at + 2]
}

async fn ocsp(world: &World, party: &Relying, what: &str, request: &[u8]) -> u8 {
    status(what, &party.post(&world.numeric_url("/ocsp"), OCSP, request.to_vec()).await)
}

/// DER of a value: its tag, its length, its content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=127), _) => vec![tag, length],
        (Ok(length), _) => vec![tag, 0x81, length],
        (_, Ok(length)) => [&[tag, 0x82][..], &length.to_be_bytes()].concat(),
        _ => panic!("too long"),
    };
    der.extend_from_slice(content);
    der
}

async fn broken_ocsp_requests(world: &World, party: &Relying) {
    let good = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    assert_eq!(ocsp(world, party, "a good one", &good).await, SUCCESSFUL);
    for length in 1..good.len() {
        let what = format!("the first {length} bytes");
        assert_eq!(ocsp(world, party, &what, &good[..length]).await, MALFORMED_REQUEST, "{what}");
    }
    // One bit less: it is another question, or none.
    for place in 0..good.len() {
        let mut other = good.clone();
        other[place] ^= 1 << (place % 8);
        let what = format!("a bit of byte {place}");
        let said = ocsp(world, party, &what, &other).await;
        assert!([SUCCESSFUL, MALFORMED_REQUEST, UNAUTHORIZED].contains(&said), "{what}: {said}");
    }
    let nested = (0..500).fold(Vec::new(), |inner: Vec<u8>, _| tlv(0x30, &inner));
    // SEQUENCE { SEQUENCE { requestList } }
    let list = |requests: &[u8]| tlv(0x30, &tlv(0x30, &tlv(0x30, requests)));
    let one = one_request(&good);
    for (what, request) in [
        ("nothing", Vec::new()),
        ("one zero", vec![0]),
        ("text", b"is it good?".to_vec()),
        ("something after the end", [&good[..], &[0]].concat()),
        ("no end (BER)", [&[0x30, 0x80][..], &good[2..], &[0, 0]].concat()),
        ("four gigabytes announced", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30]),
        ("a length longer than needed", [&[0x30, 0x82, 0][..], &good[1..]].concat()),
        ("five hundred sequences in each other", nested),
        ("an empty list", list(&[])),
        ("seventeen certificates", list(&one.repeat(17))),
        ("five thousand bytes", vec![0x30; 5_000]),
        ("a certificate instead", std::fs::read(world.file("doctor.pem")).unwrap()),
    ] {
        assert_eq!(ocsp(world, party, what, &request).await, MALFORMED_REQUEST, "{what}");
    }
    assert_eq!(ocsp(world, party, "the same twice", &list(&one.repeat(2))).await, SUCCESSFUL);
}

/// The one `Request` of a request without extensions: below four headers.
fn one_request(der: &[u8]) -> Vec<u8> {
    assert!(der.len() < 128, "short lengths throughout");
    der[6..].to_vec()
}

async fn ocsp_requests_about_others(world: &World, party: &Relying) {
    party.court.hears(
        "openssl",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /CN=Other",
    );
    let foreign = party.ocsp_request("other.pem", "doctor.pem", "-no_nonce");
    assert_eq!(ocsp(world, party, "another CA's", &foreign).await, UNAUTHORIZED);
    let own = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    for (first, second) in [(&own, &foreign), (&foreign, &own)] {
        let both = tlv(0x30, &tlv(0x30, &tlv(0x30, &[one_request(first), one_request(second)].concat())));
        let answer = party.post(&world.numeric_url("/ocsp"), OCSP, both).await;
        assert_eq!(status("ours beside another's", &answer), SUCCESSFUL);
        party.court.exhibits("both.ocsp", &answer.body);
        let text = party.court.hears("openssl", "ocsp -respin both.ocsp -resp_text -noverify");
        assert!(text.contains("Cert Status: good") && text.contains("Cert Status: unknown"), "{text}");
    }
    // Under the root's name nobody is answered for.
    let by_root = party.ocsp_request("root.pem", "issuing.pem", "-no_nonce");
    let said = ocsp(world, party, "about the issuing CA", &by_root).await;
    assert_eq!(said, UNAUTHORIZED, "the root has its CRL");
}

async fn nonces_of_every_length(world: &World, party: &Relying) {
    let good = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    let list = tlv(0x30, &one_request(&good));
    // Extension ::= SEQUENCE { 1.3.6.1.5.5.7.48.1.2, OCTET STRING { OCTET STRING } }
    let oid = [0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02];
    let nonce = |length: usize| tlv(0x30, &[&oid[..], &tlv(0x04, &tlv(0x04, &vec![7; length]))].concat());
    let with = |extensions: &[u8]| tlv(0x30, &tlv(0x30, &[&list[..], &tlv(0xa2, &tlv(0x30, extensions))].concat()));
    for length in [0, 1, 16, 32, 128, 129, 1_000, 3_500] {
        let expected = if (1..=128).contains(&length) { SUCCESSFUL } else { MALFORMED_REQUEST };
        let what = format!("a nonce of {length} bytes");
        assert_eq!(ocsp(world, party, &what, &with(&nonce(length))).await, expected, "RFC 9654 §2.1: {what}");
    }
    let two = with(&nonce(16).repeat(2));
    assert_eq!(ocsp(world, party, "two nonces", &two).await, MALFORMED_REQUEST);
    let many = with(&nonce(1).repeat(40));
    assert_eq!(ocsp(world, party, "forty extensions", &many).await, MALFORMED_REQUEST);
}

async fn wrong_addresses_and_methods(world: &World, party: &Relying) {
    let good = party.ocsp_request("issuing.pem", "doctor.pem", "-no_nonce");
    let url = |path: &str| world.numeric_url(path);
    for kind in ["", "text/plain", "application/json", "application/ocsp-response", "application/x-www-form-urlencoded"]
    {
        assert_eq!(party.post(&url("/ocsp"), kind, good.clone()).await.status, 415, "/ocsp as {kind}");
        assert_eq!(party.post(&url("/tsa"), kind, good.clone()).await.status, 415, "/tsa as {kind}");
    }
    let answer = party.post(&url("/ocsp"), "Application/OCSP-Request; x=y", good.clone()).await;
    assert_eq!(status("capitals and a parameter", &answer), SUCCESSFUL);
    for (path, kind) in [("/ocsp", OCSP), ("/tsa", TIME_STAMP)] {
        for size in [8 * 1024 + 1, 32 * 1024] {
            let answer = party.post(&url(path), kind, vec![0x30; size]).await;
            assert_eq!(answer.status, 413, "{path}: {size} bytes");
        }
    }
    for (path, expected) in [
        ("!!!", 200),
        ("AAAA", 200),
        ("%00", 200),
        ("%ff%fe", 400),
        ("a/b/c/d", 200),
        ("..%2f..%2fetc%2fpasswd", 200),
        (&"A".repeat(8 * 1024 + 1), 414),
    ] {
        let answer = party.fetch(&url(&format!("/ocsp/{path}"))).await;
        assert_eq!(answer.status, expected, "/ocsp/{}", &path[..path.len().min(40)]);
        if expected == 200 {
            assert_eq!(status(path, &answer), MALFORMED_REQUEST, "/ocsp/{path}");
        }
    }
    for path in [
        "/crl/",
        "/crl/x.crl",
        "/crl/0",
        "/crl/0.CRL",
        "/crl/root.pem",
        "/crl/65535.crl",
        "/crl/65536.crl",
        "/crl/-1.crl",
        "/crl/99999999999999999999.crl",
        "/crl/..%2f..%2fjournal.db",
        "/crl/root.crl/",
        "/crl/%00.crl",
        "/crl/+1.crl",
        "/ca/",
        "/ca/x.cer",
        "/ca/root",
        "/ca/issuing-0.cer",
        "/ca/issuing-2.cer",
        "/ca/issuing-999.cer",
        "/ca/issuing-1000.cer",
        "/ca/issuing-.cer",
        "/ca/tsa-2.cer",
        "/ca/..%2ftoken.pin",
        "/ca/ocsp.cer",
    ] {
        assert_eq!(party.fetch(&url(path)).await.status, 404, "{path}");
    }
    for (method, path) in [
        ("PUT", "/ocsp"),
        ("DELETE", "/crl/0.crl"),
        ("POST", "/crl/root.crl"),
        ("PATCH", "/ca/root.cer"),
        ("GET", "/tsa"),
        ("GET", "/ocsp"),
        ("PROPFIND", "/ca/root.cer"),
    ] {
        assert_eq!(party.sends(method, &url(path)).await.status, 405, "{method} {path}");
    }
    assert_eq!(party.sends("HEAD", &url("/crl/root.crl")).await.status, 200);
}

/// `PKIStatus` rejection and the bit of `PKIFailureInfo` that openssl reads in an answer; none if
/// the request was granted.
async fn rejection(world: &World, party: &Relying, what: &str, request: &[u8]) -> Option<String> {
    let answer = party.post(&world.numeric_url("/tsa"), TIME_STAMP, request.to_vec()).await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/timestamp-reply"), "{what}");
    assert_eq!(answer.cache, "no-store", "{what}");
    party.court.exhibits("reply", &answer.body);
    let said = party.court.asks("openssl", "ts -reply -in reply -text");
    if said.out.contains("Status: Granted.") {
        return None;
    }
    assert!(said.out.contains("Status: Rejected."), "{what}: {}{}", said.out, said.err);
    let info = said.out.lines().find_map(|line| line.trim().strip_prefix("Failure info:"));
    Some(info.unwrap_or_default().trim().to_owned())
}

async fn broken_time_stamp_requests(world: &World, party: &Relying) {
    party.court.exhibits("data", b"data");
    let query = |options: &str| {
        party.court.hears("openssl", &format!("ts -query -data data {options} -out query"));
        std::fs::read(party.court.file("query")).unwrap()
    };
    let good = query("-sha256 -cert");
    assert_eq!(rejection(world, party, "a good one", &good).await, None);
    const FORMAT: &str = "the data submitted has the wrong format";
    const ALGORITHM: &str = "unrecognized or unsupported algorithm identifier";
    const TRANSACTION: &str = "transaction not permitted or supported";
    for (what, request, words) in [
        ("SHA-1", query("-sha1"), ALGORITHM),
        ("MD5", query("-md5"), ALGORITHM),
        ("another's policy", query("-sha256 -tspolicy 1.2.3.4"), "policy is not supported"),
    ] {
        let said = rejection(world, party, what, &request).await.expect(what);
        assert!(said.contains(words), "{what}: {said}");
    }
    let nested = (0..300).fold(Vec::new(), |inner: Vec<u8>, _| tlv(0x30, &inner));
    for (what, request) in [
        ("nothing", Vec::new()),
        ("text", b"what time is it?".to_vec()),
        ("the first half", good[..good.len() / 2].to_vec()),
        ("something after the end", [&good[..], &[0]].concat()),
        ("no end (BER)", [&[0x30, 0x80][..], &good[2..], &[0, 0]].concat()),
        ("four gigabytes announced", vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]),
        ("three hundred sequences in each other", nested),
        ("three thousand bytes", vec![0x30; 3_000]),
        ("a nonce of a thousand bytes", with_nonce(1_000)),
    ] {
        let said = rejection(world, party, what, &request).await.expect(what);
        assert!([FORMAT, TRANSACTION].iter().any(|words| said.contains(words)), "{what}: {said}");
    }
    assert_eq!(rejection(world, party, "a nonce of 64 bytes", &with_nonce(64)).await, None);
    for place in 0..good.len() {
        let mut other = good.clone();
        other[place] ^= 1 << (place % 8);
        // Whatever it is now, openssl reads the answer.
        let _ = rejection(world, party, &format!("a bit of byte {place}"), &other).await;
    }
}

/// A request over SHA-256 with a nonce of so many bytes.
fn with_nonce(length: usize) -> Vec<u8> {
    let sha256 = [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    let imprint = tlv(0x30, &[&sha256[..], &tlv(4, &[7; 32])].concat());
    tlv(0x30, &[&[2, 1, 1][..], &imprint, &tlv(2, &vec![0x41; length])].concat())
}

async fn all_is_as_before(world: &World, party: &Relying) {
    let good = party.ocsp_request("issuing.pem", "doctor.pem", "-nonce");
    let answer = party.post(&world.numeric_url("/ocsp"), OCSP, good).await;
    assert_eq!(party.status_in("last.ocsp", &answer.body), "good");
    party.court.hears("openssl", "ts -query -data data -sha512 -cert -out query");
    let query = std::fs::read(party.court.file("query")).unwrap();
    assert_eq!(rejection(world, party, "the last one", &query).await, None);
    for path in ["/healthz", "/readyz", "/crl/root.crl", "/crl/0.crl", "/ca/tsa.cer"] {
        assert_eq!(party.fetch(&world.numeric_url(path)).await.status, 200, "{path}");
    }
}
