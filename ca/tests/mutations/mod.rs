//! Every reader of foreign bytes on valid input with faults.

mod bodies;

use std::num::NonZeroU8;

use ca::crl::{EncodedEntry, Entry, Parameters, Scope, prepare};
use ca::ocsp::request_for;
use ca::{RevocationReason, Serial};
use rand_core::Rng;
use std::time::Duration;

use crate::pki::{Key, NOW, Numbers, Pki, request_der};

/// Rounds for each reader.
const ROUNDS: usize = 4000;

/// One fault somewhere: a cut, a bit, an octet more or less, a length, a part twice, a part of itself elsewhere.
fn mutate(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let below = |limit: usize, numbers: &mut Numbers| usize::try_from(numbers.next_u32()).unwrap() % limit.max(1);
    let mut bytes = input.to_vec();
    let at = below(bytes.len(), numbers);
    let octet = numbers.next_u32().to_be_bytes()[0];
    match numbers.next_u32() % 9 {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << (octet & 7),
        2 => bytes[at] = octet,
        3 => bytes.insert(at, octet),
        4 => {
            bytes.remove(at);
        }
        // A length: indefinite, the largest, one more, one less.
        5 => {
            let value = bytes[at];
            bytes[at] = [0x80, 0x84, 0xff, value.wrapping_add(1), value.wrapping_sub(1)][usize::from(octet) % 5];
        }
        6 => {
            let end = at + below(bytes.len() - at, numbers);
            let part = bytes[at..end].to_vec();
            bytes.splice(end..end, part);
        }
        7 => {
            let (from, length) = (below(bytes.len(), numbers), below(16, numbers));
            let part = bytes[from..(from + length).min(bytes.len())].to_vec();
            let end = (at + part.len()).min(bytes.len());
            bytes.splice(at..end, part);
        }
        // The same tag and length around what is there: one level deeper, the lengths outside now wrong.
        _ => {
            let header = [bytes[at], bytes[(at + 1) % input.len()]];
            bytes.splice(at..at, header);
        }
    }
    bytes
}

/// The input itself is read; with faults it is read or refused.
fn exercise(name: &str, inputs: &[Vec<u8>], body: fn(&[u8]) -> bool) {
    let mut numbers = Numbers(0);
    let (mut accepted, mut refused) = (0, 0);
    for input in inputs {
        assert!(body(input), "{name}: the input itself");
        for length in 0..input.len().min(600) {
            assert!(!body(&input[..length]), "{name}: the first {length} octets");
        }
        for _ in 0..ROUNDS / inputs.len() {
            let mut mutated = mutate(input, &mut numbers);
            for _ in 0..numbers.next_u32() % 3 {
                mutated = if mutated.is_empty() { mutated } else { mutate(&mutated, &mut numbers) };
            }
            if body(&mutated) { accepted += 1 } else { refused += 1 }
        }
    }
    assert!(refused > ROUNDS / 2, "{name}: {accepted} read, {refused} refused");
    for nested in nests() {
        assert!(!body(&nested), "{name}: nested");
    }
}

/// Ten thousand levels of every constructed tag, with lengths that are right, wrong or indefinite.
fn nests() -> Vec<Vec<u8>> {
    let mut nests = Vec::new();
    for tag in [0x30, 0x31, 0xa0, 0xa1, 0x24] {
        nests.push([tag, 0x80].repeat(10_000));
        nests.push([tag, 0x83, 0xff, 0xff, 0xff].repeat(10_000));
        let mut right = vec![0x05, 0x00];
        for _ in 0..400 {
            let length = u16::try_from(right.len()).unwrap().to_be_bytes();
            let header = match length {
                [0, short @ 0..=0x7f] => vec![tag, short],
                [0, middle] => vec![tag, 0x81, middle],
                [high, low] => vec![tag, 0x82, high, low],
            };
            right.splice(0..0, header);
        }
        nests.push(right);
    }
    nests
}

#[test]
fn certificates() {
    let pki = Pki::new("http://rabrong.example.th", false);
    let inputs = [pki.root.der, pki.doctor.der, pki.tsa.der, pki.responder.der];
    exercise("certificate", &inputs, bodies::certificate);
}

#[test]
fn signing_requests() {
    exercise("csr", &[request_der(&Key::p256("client"))], bodies::csr);
}

#[test]
fn revocation_lists() {
    let pki = Pki::new("http://rabrong.example.th", false);
    let issuer = pki.issuer();
    let mut numbers = Numbers(3);
    let entries = RevocationReason::ALL.map(|reason| {
        let serial = Serial::generate(NonZeroU8::MIN, &mut numbers);
        EncodedEntry::new(&Entry { serial, at: NOW, reason, invalid_since: Some(NOW) }).unwrap()
    });
    let url = pki.installation.urls.crl_shard(3);
    let lists = [(Scope::Shard { url: &url }, &entries[..]), (Scope::Everything, &[])].map(|(scope, entries)| {
        let next_update = NOW + Duration::from_secs(60);
        let expired_kept_since = Some(NOW);
        let parameters = Parameters { number: 300, this_update: NOW, next_update, scope, expired_kept_since, entries };
        let prepared = prepare(&issuer, &parameters).unwrap();
        let signature = pki.issuing_key.sign(&prepared.digest());
        prepared.complete(&signature).unwrap()
    });
    exercise("crl", &lists, bodies::crl);
}

#[test]
fn status_requests() {
    let pki = Pki::new("http://rabrong.example.th", false);
    let plain = request_for(pki.doctor.serial, &pki.issuer());
    // The same with a nonce of 32 octets: requestExtensions [2] in the TBSRequest.
    let nonce =
        [&[0xa2, 0x33, 0x30, 0x31, 0x30, 0x2f, 6, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2, 4, 0x22, 4, 0x20][..], &[9; 32]]
            .concat();
    assert!(plain.len() < 0x80, "lengths of one octet");
    let mut with_nonce = [&plain[..], &nonce].concat();
    let added = u8::try_from(nonce.len()).unwrap();
    with_nonce[3] += added;
    with_nonce.splice(2..4, [0x30, 0x81, with_nonce[3]]);
    let whole = u8::try_from(with_nonce.len() - 2).unwrap();
    with_nonce.splice(0..2, [0x30, 0x81, whole]);
    exercise("ocsp_request", &[plain, with_nonce], bodies::ocsp_request);
}

#[test]
fn time_stamp_requests() {
    let algorithm = [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];
    let imprint = [&[2, 1, 1, 0x30, 0x31][..], &algorithm, &[4, 0x20], &[7; 32]].concat();
    let more = [&[6, 3, 0x2a, 3, 4, 2, 8][..], &[0x41; 8], &[1, 1, 0xff]].concat();
    let whole = |content: &[u8]| [&[0x30, u8::try_from(content.len()).unwrap()], content].concat();
    exercise("tsp_request", &[whole(&imprint), whole(&[imprint.clone(), more].concat())], bodies::tsp_request);
}
