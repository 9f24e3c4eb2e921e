//! A PKI by the product's own profiles, its CAs' keys in software, made at any time.

use std::num::NonZeroU16;
use std::time::Duration as StdDuration;

use ca::crl;
use ca::ocsp::{Answer, Responder, Status, Times, parse_request, prepare_response, request_for};
use ca::profile::{AuthoritySubject, doctor, issuing, ocsp_responder, root, tsa, tsa_ca};
use ca::tsp::{
    Accuracy, HashAlgorithm, TimeStampRequest, TimeStampingUnit, TokenParameters, longest_token, prepare_token,
};
use ca::{
    AssuranceLevel, Certificate, Curve, DEFAULT_ARC, Generation, Installation, Issuer, IssuerName, Policies, Prepared,
    Profession, PublicKey, Serial, SubjectKey, ThrowAwayKey, Urls, Validity,
};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use pades::augment::ValidationMaterial;
use pades::cms::{SignatureAlgorithm, SigningChain};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256, Sha384};
use std::convert::Infallible;
use time::OffsetDateTime;

use super::Folder;
use super::pki::openssl;

const ISSUING: IssuerName = IssuerName::Issuing(Generation::FIRST);
const SHARDS: NonZeroU16 = NonZeroU16::new(16).unwrap();
/// How long an OCSP answer may be used.
const OCSP_LIFE: StdDuration = StdDuration::from_secs(3600);

/// Random enough for a test, the same every time.
struct Numbers(u64);

impl TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for part in out.chunks_mut(32) {
            self.0 += 1;
            part.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..part.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}

struct Key(p256::ecdsa::SigningKey);

impl Key {
    fn new(name: &str) -> Self {
        Self(p256::ecdsa::SigningKey::from_slice(&Sha256::digest(name)).unwrap())
    }

    fn public(&self) -> PublicKey {
        PublicKey::from_point(Curve::P256, self.0.verifying_key().to_sec1_point(false).as_bytes()).unwrap()
    }

    fn sign(&self, digest: &[u8]) -> Vec<u8> {
        let signature: p256::ecdsa::Signature = self.0.sign_prehash(digest).unwrap();
        signature.to_der().as_bytes().to_vec()
    }
}

/// One time-stamping unit, and who answers for it while it is in use.
pub(crate) struct Unit {
    key: Key,
    pub(crate) certificate: Certificate,
    issuer: Issuer,
}

/// The whole of it.
pub(crate) struct Authority {
    root_key: p384::ecdsa::SigningKey,
    pub(crate) root: Certificate,
    issuing_key: Key,
    pub(crate) issuing: Certificate,
    tsa_ca_key: Key,
    pub(crate) tsa_ca: Certificate,
    pub(crate) doctor: Certificate,
    installation: Installation,
    throw_away: ThrowAwayKey,
    numbers: Numbers,
    stamps: u128,
}

fn subject(common_name: &str) -> AuthoritySubject {
    AuthoritySubject { organization: "Test".to_owned(), common_name: common_name.to_owned() }
}

fn issue(prepared: Prepared, sign: impl Fn(&[u8]) -> Vec<u8>) -> Certificate {
    let recorded = prepared.assert_recorded();
    let signature = sign(&recorded.digest());
    recorded.complete(&signature).unwrap()
}

/// The kind of key that `openssl genpkey` is to make, and how `pkeyutl` then signs.
pub(crate) fn openssl_options(algorithm: SignatureAlgorithm) -> (&'static str, &'static str) {
    match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => ("EC -pkeyopt ec_paramgen_curve:P-256", ""),
        SignatureAlgorithm::EcdsaP384Sha384 => ("EC -pkeyopt ec_paramgen_curve:P-384", ""),
        SignatureAlgorithm::RsaPkcs1Sha256 => ("RSA -pkeyopt rsa_keygen_bits:3072", "-pkeyopt digest:sha256"),
        SignatureAlgorithm::RsaPssSha256 => (
            "RSA -pkeyopt rsa_keygen_bits:3072",
            "-pkeyopt digest:sha256 -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32",
        ),
    }
}

impl Authority {
    /// Makes it at that time; the doctor's key lies in `folder` as `doctor.key`.
    pub(crate) fn new(folder: &Folder, algorithm: SignatureAlgorithm, at: OffsetDateTime) -> Self {
        let installation = Installation {
            urls: Urls::new("http://rabrong.example.th").unwrap(),
            policies: Policies::new(DEFAULT_ARC, false).unwrap(),
        };
        let mut numbers = Numbers(0);
        let throw_away = ThrowAwayKey::generate(&mut numbers);
        let mut serial = |issuer: IssuerName| Serial::generate(issuer.serial_octet(), &mut numbers);
        let years = |count| Validity::years(at, count).unwrap();

        let root_key = p384::ecdsa::SigningKey::from_slice(&Sha384::digest("root")).unwrap();
        let point = root_key.verifying_key().to_sec1_point(false);
        let public = PublicKey::from_point(Curve::P384, point.as_bytes()).unwrap();
        let prepared = root::prepare(
            &subject("Root"),
            &public,
            serial(IssuerName::Root),
            years(root::MAX_YEARS),
            &installation,
            &throw_away,
        );
        let by_root = |digest: &[u8]| {
            let signature: p384::ecdsa::Signature = root_key.sign_prehash(digest).unwrap();
            signature.to_der().as_bytes().to_vec()
        };
        let root = issue(prepared.unwrap(), by_root);
        let root_issuer = Issuer::from_certificate(&root.der, IssuerName::Root).unwrap();

        let issuing_key = Key::new("issuing");
        let prepared = issuing::prepare(
            &subject("Issuing CA"),
            &issuing_key.public(),
            serial(IssuerName::Root),
            years(issuing::MAX_YEARS),
            &root_issuer,
            &installation,
            &throw_away,
        );
        let issuing = issue(prepared.unwrap(), by_root);
        let tsa_ca_key = Key::new("tsa-ca");
        let prepared = tsa_ca::prepare(
            &subject("TSA CA"),
            &tsa_ca_key.public(),
            serial(IssuerName::Root),
            years(tsa_ca::MAX_YEARS),
            &root_issuer,
            &installation,
            &throw_away,
        );
        let tsa_ca = issue(prepared.unwrap(), by_root);

        let (kind, _) = openssl_options(algorithm);
        openssl(folder, &format!("genpkey -algorithm {kind} -out doctor.key"));
        openssl(folder, "pkey -in doctor.key -pubout -outform DER -out doctor.spki");
        let spki = std::fs::read(folder.path("doctor.spki")).unwrap();
        let issuer = Issuer::from_certificate(&issuing.der, ISSUING).unwrap();
        let number = serial(ISSUING);
        let doctor_subject = doctor::Subject {
            organization: "โรงพยาบาลมหาราชนครเชียงใหม่".to_owned(),
            organization_identifier: None,
            surname: "ใจดี".to_owned(),
            given_name: "สมหญิง".to_owned(),
            title: "แพทย์หญิง".to_owned(),
            common_name: "แพทย์หญิง สมหญิง ใจดี".to_owned(),
            profession: Profession::PHYSICIAN,
            licence: "12345".to_owned(),
        };
        let request = doctor::Request {
            subject: &doctor_subject,
            public_key: &SubjectKey::from_spki_der(&spki).unwrap(),
            serial: number,
            validity: years(doctor::MAX_YEARS),
            licence_end: None,
            level: AssuranceLevel::Ial2_3,
            shard: ISSUING.shard(number, SHARDS).unwrap(),
        };
        let prepared = doctor::prepare(&request, &issuer, &installation, &throw_away).unwrap();
        let doctor = issue(prepared, |digest| issuing_key.sign(digest));
        for (name, certificate) in [("root", &root), ("issuing", &issuing), ("tsa-ca", &tsa_ca), ("doctor", &doctor)] {
            pem(folder, name, &certificate.der);
        }
        Self {
            root_key,
            root,
            issuing_key,
            issuing,
            tsa_ca_key,
            tsa_ca,
            doctor,
            installation,
            throw_away,
            numbers,
            stamps: 0,
        }
    }

    /// The signer's chain.
    pub(crate) fn chain(&self, algorithm: SignatureAlgorithm) -> SigningChain {
        SigningChain::from_der(&[&self.doctor.der, &self.issuing.der], algorithm).unwrap()
    }

    fn serial(&mut self, issuer: IssuerName) -> Serial {
        Serial::generate(issuer.serial_octet(), &mut self.numbers)
    }

    fn tsa_issuer(&self) -> Issuer {
        Issuer::from_certificate(&self.tsa_ca.der, IssuerName::TsaCa).unwrap()
    }

    /// A time-stamping unit made at that time.
    pub(crate) fn unit(&mut self, folder: &Folder, name: &str, at: OffsetDateTime) -> Unit {
        let issuer = self.tsa_issuer();
        let key = Key::new(name);
        let end = issuer.validity().not_after;
        let mut validity = Validity::years(at, tsa::MAX_YEARS).unwrap();
        validity.not_after = validity.not_after.min(end);
        let request = tsa::Request {
            subject: &tsa::Subject {
                organization: "Test".to_owned(),
                organization_identifier: Some("NTRTH-0994000158378".to_owned()),
                common_name: name.to_owned(),
            },
            public_key: &key.public(),
            serial: self.serial(IssuerName::TsaCa),
            validity,
            key_use_end: Validity::years(at, tsa::MAX_KEY_YEARS).unwrap().not_after,
        };
        let prepared = tsa::prepare(&request, &issuer, &self.installation, &self.throw_away).unwrap();
        let certificate = issue(prepared, |digest| self.tsa_ca_key.sign(digest));
        pem(folder, name, &certificate.der);
        Unit { key, certificate, issuer }
    }

    /// A token over a SHA-256 digest, at whole seconds.
    pub(crate) fn stamp(&mut self, unit: &Unit, digest: &[u8], at: OffsetDateTime) -> Vec<u8> {
        self.stamps += 1;
        let request = TimeStampRequest::of_digest(HashAlgorithm::Sha256, digest).unwrap();
        let parameters = TokenParameters {
            serial: self.stamps,
            gen_time: at.replace_nanosecond(0).unwrap(),
            accuracy: Accuracy::from_milliseconds(1000).unwrap(),
            policy: &self.installation.policies.time_stamp(),
        };
        let tsu = TimeStampingUnit::from_certificate(&unit.certificate.der, &unit.issuer).unwrap();
        let prepared = prepare_token(&request, &tsu, &parameters).unwrap();
        let signature = unit.key.sign(&prepared.digest());
        let token = prepared.complete(&signature).unwrap();
        let longest = longest_token(&tsu, parameters.policy).unwrap();
        assert!((longest - 40..=longest).contains(&token.len()), "{} of {longest}", token.len());
        token
    }

    fn answer(&mut self, issuer: &Issuer, key: &str, of: &Certificate, at: OffsetDateTime) -> (Vec<u8>, Vec<u8>) {
        let at = at.replace_nanosecond(0).unwrap();
        let responder_key = Key::new("responder");
        let serial = self.serial(issuer.published_name());
        let prepared = ocsp_responder::prepare(
            &subject("OCSP"),
            &responder_key.public(),
            serial,
            Validity::days(at - StdDuration::from_secs(60), ocsp_responder::MAX_DAYS).unwrap(),
            issuer,
            &self.installation,
            &self.throw_away,
        );
        let certificate = issue(prepared.unwrap(), |digest| Key::new(key).sign(digest));
        let responder = Responder::from_certificate(&certificate.der, issuer).unwrap();
        let times = Times {
            produced_at: at,
            this_update: at,
            next_update: at + OCSP_LIFE,
            archive_cutoff: Some(issuer.validity().not_before),
        };
        let request = parse_request(&request_for(of.serial, issuer)).unwrap();
        let good = Answer { status: Status::Good, certificate_sha256: Some(of.sha256) };
        let prepared = prepare_response(&request, |_| good, &responder, &times).unwrap();
        let signature = responder_key.sign(&prepared.digest());
        (prepared.complete(&signature).unwrap(), certificate.der)
    }

    /// "Good" about the doctor.
    pub(crate) fn doctor_ocsp(&mut self, at: OffsetDateTime) -> (Vec<u8>, Vec<u8>) {
        let issuer = Issuer::from_certificate(&self.issuing.der, ISSUING).unwrap();
        let doctor = Certificate { der: Vec::new(), serial: self.doctor.serial, sha256: self.doctor.sha256 };
        let _ = &self.issuing_key;
        self.answer(&issuer, "issuing", &doctor, at)
    }

    /// "Good" about a time-stamping unit.
    pub(crate) fn unit_ocsp(&mut self, unit: &Unit, at: OffsetDateTime) -> (Vec<u8>, Vec<u8>) {
        self.answer(&unit.issuer, "tsa-ca", &unit.certificate, at)
    }

    /// The root's list, of a year.
    pub(crate) fn root_crl(&self, at: OffsetDateTime) -> Vec<u8> {
        let at = at.replace_nanosecond(0).unwrap();
        let issuer = Issuer::from_certificate(&self.root.der, IssuerName::Root).unwrap();
        let parameters = crl::Parameters {
            number: u64::try_from(at.unix_timestamp()).unwrap(),
            this_update: at,
            next_update: at + StdDuration::from_secs(365 * 86_400),
            scope: crl::Scope::Everything,
            expired_kept_since: Some(issuer.validity().not_before),
            entries: &[],
        };
        let prepared = crl::prepare(&issuer, &parameters).unwrap();
        let signature: p384::ecdsa::Signature = self.root_key.sign_prehash(&prepared.digest()).unwrap();
        prepared.complete(signature.to_der().as_bytes()).unwrap()
    }

    /// What the signature and its time-stamp by `unit` need.
    pub(crate) fn material(&mut self, unit: &Unit, at: OffsetDateTime) -> ValidationMaterial {
        let (doctor, responder) = self.doctor_ocsp(at);
        let (stamp, tsa_responder) = self.unit_ocsp(unit, at);
        ValidationMaterial {
            certificates: vec![
                self.doctor.der.clone(),
                self.issuing.der.clone(),
                unit.certificate.der.clone(),
                self.tsa_ca.der.clone(),
                // Some judges find the issuer of the root's CRL only here.
                self.root.der.clone(),
                responder,
                tsa_responder,
            ],
            ocsp_responses: vec![doctor, stamp],
            crls: vec![self.root_crl(at)],
        }
    }

    /// What is left to be known about `units` when the next time-stamp is made.
    pub(crate) fn renewal_material(&mut self, units: &[&Unit], at: OffsetDateTime) -> ValidationMaterial {
        let mut material = ValidationMaterial {
            certificates: vec![self.tsa_ca.der.clone(), self.root.der.clone()],
            ocsp_responses: Vec::new(),
            crls: vec![self.root_crl(at)],
        };
        for unit in units {
            let (answer, responder) = self.unit_ocsp(unit, at);
            material.ocsp_responses.push(answer);
            material.certificates.extend([unit.certificate.der.clone(), responder]);
        }
        material
    }
}

fn pem(folder: &Folder, name: &str, der: &[u8]) {
    folder.write(&format!("{name}.der"), der);
    openssl(folder, &format!("x509 -inform DER -in {name}.der -out {name}.pem"));
}
