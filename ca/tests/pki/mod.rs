//! A whole PKI with keys in software.

use std::num::NonZeroU16;

use ca::csr::{self, SigningRequest};
use ca::profile::{AuthoritySubject, api_client, doctor, issuing, ocsp_responder, root, tsa, tsa_ca};
use ca::{
    AssuranceLevel, Certificate, Curve, DEFAULT_ARC, Generation, Installation, Issuer, IssuerName, Policies, Prepared,
    Profession, PublicKey, Serial, ThrowAwayKey, Urls, Validity,
};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use time::OffsetDateTime;
use time::macros::datetime;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-02 09:00:00 UTC);

/// Random enough for a test, the same every time.
pub(crate) struct Numbers(pub(crate) u64);

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

pub(crate) enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl Key {
    pub(crate) fn p256(name: &str) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&Sha256::digest(name)).unwrap())
    }

    pub(crate) fn p384(name: &str) -> Self {
        Self::P384(p384::ecdsa::SigningKey::from_slice(&sha2::Sha384::digest(name)).unwrap())
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::P256(key) => PublicKey::from_point(Curve::P256, key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::P384(key) => PublicKey::from_point(Curve::P384, key.verifying_key().to_sec1_point(false).as_bytes()),
        }
        .unwrap()
    }

    pub(crate) fn sign(&self, digest: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(digest).unwrap();
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

/// Takes a prepared certificate the whole way.
pub(crate) fn issue(prepared: Prepared, key: &Key) -> Certificate {
    #[expect(clippy::disallowed_methods, reason = "a test has no journal")]
    let recorded = prepared.assert_recorded();
    let signature = key.sign(&recorded.digest());
    recorded.complete(&signature).unwrap()
}

pub(crate) const ISSUING: IssuerName = IssuerName::Issuing(Generation::FIRST);

pub(crate) struct Pki {
    pub(crate) installation: Installation,
    pub(crate) root_key: Key,
    pub(crate) root: Certificate,
    pub(crate) issuing_key: Key,
    pub(crate) issuing: Certificate,
    pub(crate) tsa_ca_key: Key,
    pub(crate) tsa_ca: Certificate,
    pub(crate) responder_key: Key,
    pub(crate) responder: Certificate,
    pub(crate) tsa_responder: Certificate,
    pub(crate) tsa_key: Key,
    pub(crate) tsa: Certificate,
    pub(crate) doctor_key: Key,
    pub(crate) doctor: Certificate,
    pub(crate) api_clients: Vec<Certificate>,
    pub(crate) shard: u16,
}

pub(crate) fn authority(common_name: &str) -> AuthoritySubject {
    AuthoritySubject {
        organization: "Office of the Permanent Secretary".to_owned(),
        common_name: common_name.to_owned(),
    }
}

const SHARDS: NonZeroU16 = NonZeroU16::new(16).unwrap();

pub(crate) fn client_subject() -> api_client::Subject {
    api_client::Subject {
        organization: "โรงพยาบาลซับใหญ่".to_owned(),
        unit_code: "04007".to_owned(),
        common_name: "HIS gateway".to_owned(),
    }
}

/// What a program sends, made by hand: `x509-cert` would build it, and read it the same way.
pub(crate) fn request_der(key: &Key) -> Vec<u8> {
    let spki = key.public().to_spki_der().unwrap();
    let name = [0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, b'h', b'i'];
    let info = sequence(&[&[0x02, 0x01, 0x00], &name[..], &spki, &[0xa0, 0x00]].concat());
    let (oid, digest) = match key {
        Key::P256(_) => (2, Sha256::digest(&info).to_vec()),
        Key::P384(_) => (3, sha2::Sha384::digest(&info).to_vec()),
    };
    let algorithm = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, oid];
    let signature = key.sign(&digest);
    let length = u8::try_from(signature.len() + 1).unwrap();
    sequence(&[&info, &algorithm[..], &[0x03, length, 0x00], &signature].concat())
}

fn signing_request(key: &Key) -> SigningRequest {
    csr::parse(&request_der(key)).unwrap()
}

fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header: &[u8] = match (length, content.len()) {
        ([_, low], 0..=127) => &[0x30, low],
        ([_, low], 128..=255) => &[0x30, 0x81, low],
        ([high, low], _) => &[0x30, 0x82, high, low],
    };
    [header, content].concat()
}

pub(crate) fn subject_of(profession: Profession) -> doctor::Subject {
    doctor::Subject {
        organization: "โรงพยาบาลมหาราชนครเชียงใหม่".to_owned(),
        organization_identifier: None,
        surname: "ใจดี".to_owned(),
        given_name: "สมหญิง".to_owned(),
        title: "แพทย์หญิง".to_owned(),
        common_name: "แพทย์หญิง สมหญิง ใจดี".to_owned(),
        profession,
        licence: "12345".to_owned(),
    }
}

impl Pki {
    pub(crate) fn new(public_url: &str, production: bool) -> Self {
        let installation = Installation {
            urls: Urls::new(public_url).unwrap(),
            policies: Policies::new(DEFAULT_ARC, production).unwrap(),
        };
        let mut numbers = Numbers(0);
        let throw_away = ThrowAwayKey::generate(&mut numbers);
        let mut serial = |issuer: IssuerName| Serial::generate(issuer.serial_octet(), &mut numbers);

        let root_key = Key::p384("root");
        let prepared = root::prepare(
            &authority("Rabrong Test Root"),
            &root_key.public(),
            serial(IssuerName::Root),
            Validity::years(NOW, root::MAX_YEARS).unwrap(),
            &installation,
            &throw_away,
        );
        let root = issue(prepared.unwrap(), &root_key);
        let root_issuer = Issuer::from_certificate(&root.der, IssuerName::Root).unwrap();

        let issuing_key = Key::p256("issuing");
        let prepared = issuing::prepare(
            &authority("Rabrong Test Issuing CA"),
            &issuing_key.public(),
            serial(IssuerName::Root),
            Validity::years(NOW, issuing::MAX_YEARS).unwrap(),
            &root_issuer,
            &installation,
            &throw_away,
        );
        let issuing = issue(prepared.unwrap(), &root_key);
        let issuer = Issuer::from_certificate(&issuing.der, ISSUING).unwrap();

        let tsa_ca_key = Key::p256("tsa-ca");
        let prepared = tsa_ca::prepare(
            &authority("Rabrong Test TSA CA"),
            &tsa_ca_key.public(),
            serial(IssuerName::Root),
            Validity::years(NOW, tsa_ca::MAX_YEARS).unwrap(),
            &root_issuer,
            &installation,
            &throw_away,
        );
        let tsa_ca = issue(prepared.unwrap(), &root_key);
        let tsa_issuer = Issuer::from_certificate(&tsa_ca.der, IssuerName::TsaCa).unwrap();

        let responder_key = Key::p256("responder");
        let mut respond = |issuer: &Issuer, key: &Key| {
            let prepared = ocsp_responder::prepare(
                &authority("Rabrong Test OCSP"),
                &responder_key.public(),
                serial(issuer.published_name()),
                Validity::days(NOW, ocsp_responder::MAX_DAYS).unwrap(),
                issuer,
                &installation,
                &throw_away,
            );
            issue(prepared.unwrap(), key)
        };
        let responder = respond(&issuer, &issuing_key);
        let tsa_responder = respond(&tsa_issuer, &tsa_ca_key);

        let tsa_key = Key::p256("tsa");
        let subject = tsa::Subject {
            organization: "Office of the Permanent Secretary".to_owned(),
            organization_identifier: Some("NTRTH-0994000158378".to_owned()),
            common_name: "Rabrong Test TSU 1".to_owned(),
        };
        let request = tsa::Request {
            subject: &subject,
            public_key: &tsa_key.public(),
            serial: serial(IssuerName::TsaCa),
            validity: Validity::years(NOW, tsa::MAX_YEARS).unwrap(),
            key_use_end: Validity::years(NOW, tsa::MAX_KEY_YEARS).unwrap().not_after,
        };
        let tsa = issue(tsa::prepare(&request, &tsa_issuer, &installation, &throw_away).unwrap(), &tsa_ca_key);

        let mut api_clients = Vec::new();
        for key in [Key::p256("client"), Key::p384("client")] {
            let serial = serial(ISSUING);
            let request = api_client::Request {
                subject: &client_subject(),
                signing_request: &signing_request(&key),
                serial,
                validity: Validity::years(NOW, api_client::MAX_YEARS).unwrap(),
                shard: ISSUING.shard(serial, SHARDS).unwrap(),
            };
            let prepared = api_client::prepare(&request, &issuer, &installation, &throw_away);
            api_clients.push(issue(prepared.unwrap(), &issuing_key));
        }

        let doctor_key = Key::p256("doctor");
        let serial = serial(ISSUING);
        let shard = ISSUING.shard(serial, SHARDS).unwrap();
        let mut pki = Self {
            installation,
            root_key,
            root,
            issuing_key,
            issuing,
            tsa_ca_key,
            tsa_ca,
            responder_key,
            responder,
            tsa_responder,
            tsa_key,
            tsa,
            doctor_key,
            doctor: Certificate { der: Vec::new(), serial, sha256: [0; 32] },
            api_clients,
            shard,
        };
        pki.doctor = pki.member(&subject_of(Profession::PHYSICIAN), serial);
        pki
    }

    /// The certificate of a member of a profession.
    pub(crate) fn member(&self, subject: &doctor::Subject, serial: Serial) -> Certificate {
        let request = doctor::Request {
            subject,
            public_key: &self.doctor_key.public().into(),
            serial,
            validity: Validity::years(NOW, doctor::MAX_YEARS).unwrap(),
            licence_end: None,
            level: AssuranceLevel::Ial2_3,
            shard: ISSUING.shard(serial, SHARDS).unwrap(),
        };
        let throw_away = ThrowAwayKey::generate(&mut Numbers(7_000));
        issue(doctor::prepare(&request, &self.issuer(), &self.installation, &throw_away).unwrap(), &self.issuing_key)
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::from_certificate(&self.issuing.der, ISSUING).unwrap()
    }
}
