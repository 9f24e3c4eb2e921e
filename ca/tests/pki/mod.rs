//! A whole PKI with keys in software.

use std::num::{NonZeroU8, NonZeroU16};

use ca::profile::{AuthoritySubject, doctor, issuing, ocsp_responder, root};
use ca::{
    AssuranceLevel, Certificate, Curve, DEFAULT_ARC, Installation, Issuer, Policies, Prepared, Profession, PublicKey,
    Serial, Urls, Validity,
};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use time::OffsetDateTime;
use time::macros::datetime;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-02 09:00:00 UTC);

/// Random enough for a test, the same every time.
pub(crate) struct Numbers(u64);

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

pub(crate) struct Pki {
    pub(crate) installation: Installation,
    pub(crate) root_key: Key,
    pub(crate) root: Certificate,
    pub(crate) issuing_key: Key,
    pub(crate) issuing: Certificate,
    pub(crate) responder_key: Key,
    pub(crate) responder: Certificate,
    pub(crate) doctor_key: Key,
    pub(crate) doctor: Certificate,
    pub(crate) shard: u16,
}

pub(crate) fn authority(common_name: &str) -> AuthoritySubject {
    AuthoritySubject {
        organization: "Office of the Permanent Secretary".to_owned(),
        common_name: common_name.to_owned(),
    }
}

pub(crate) fn subject() -> doctor::Subject {
    doctor::Subject {
        organization: "โรงพยาบาลมหาราชนครเชียงใหม่".to_owned(),
        organization_identifier: None,
        surname: "ใจดี".to_owned(),
        given_name: "สมหญิง".to_owned(),
        title: "แพทย์หญิง".to_owned(),
        common_name: "แพทย์หญิง สมหญิง ใจดี".to_owned(),
        profession: Profession::Physician,
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
        let mut serial = |issuer: u8| Serial::generate(NonZeroU8::new(issuer).unwrap(), &mut numbers);

        let root_key = Key::p384("root");
        let prepared = root::prepare(
            &authority("Rabrong Test Root"),
            &root_key.public(),
            serial(1),
            Validity::years(NOW, root::MAX_YEARS).unwrap(),
            &installation,
        );
        let root = issue(prepared.unwrap(), &root_key);
        let root_issuer = Issuer::from_certificate(&root.der).unwrap();

        let issuing_key = Key::p256("issuing");
        let prepared = issuing::prepare(
            &authority("Rabrong Test Issuing CA"),
            &issuing_key.public(),
            serial(1),
            Validity::years(NOW, issuing::MAX_YEARS).unwrap(),
            &root_issuer,
            &installation,
        );
        let issuing = issue(prepared.unwrap(), &root_key);
        let issuer = Issuer::from_certificate(&issuing.der).unwrap();

        let responder_key = Key::p256("responder");
        let prepared = ocsp_responder::prepare(
            &authority("Rabrong Test OCSP"),
            &responder_key.public(),
            serial(2),
            Validity::days(NOW, ocsp_responder::MAX_DAYS).unwrap(),
            &issuer,
            &installation,
        );
        let responder = issue(prepared.unwrap(), &issuing_key);

        let doctor_key = Key::p256("doctor");
        let serial = serial(2);
        let shard = serial.shard(NonZeroU16::new(16).unwrap());
        let prepared = doctor::prepare(
            &doctor::Request {
                subject: &subject(),
                public_key: &doctor_key.public(),
                serial,
                validity: Validity::years(NOW, doctor::MAX_YEARS).unwrap(),
                licence_end: None,
                level: AssuranceLevel::Ial2_3,
                shard,
            },
            &issuer,
            &installation,
        );
        let doctor = issue(prepared.unwrap(), &issuing_key);
        Self { installation, root_key, root, issuing_key, issuing, responder_key, responder, doctor_key, doctor, shard }
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::from_certificate(&self.issuing.der).unwrap()
    }
}
