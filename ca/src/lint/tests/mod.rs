//! Every rule, broken.

mod breakages;

use std::collections::BTreeSet;
use std::time::Duration;

use der::asn1::GeneralizedTime;
use der::{Decode, Encode};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{Expected, ThrowAwayKey, check, rules};
use crate::asn1::tbs::TbsCertificate;
use crate::csr::SigningRequest;
use crate::profile::{AuthoritySubject, Kind, api_client, doctor, issuing, ocsp_responder, root, tsa, tsa_ca};
use crate::{
    AssuranceLevel, Curve, DEFAULT_ARC, Error, Generation, Installation, Issuer, IssuerName, LintError, Policies,
    Prepared, Profession, PublicKey, Serial, Urls, Validity,
};
use breakages::{API_CLIENT, DOCTOR, ISSUING, RESPONDER, ROOT, TSA, TSA_CA};

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00:00 UTC);

const ISSUING_1: IssuerName = IssuerName::Issuing(Generation::FIRST);

struct World {
    installation: Installation,
    throw_away: ThrowAwayKey,
    root: Issuer,
    issuing: Issuer,
    tsa_ca: Issuer,
}

/// The same numbers every time: no test rests on their being secret.
struct Counter(u8);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for octet in out {
            self.0 = self.0.wrapping_mul(5).wrapping_add(1);
            *octet = self.0;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fn p256_key(name: u8) -> SigningKey {
    SigningKey::from_slice(&[name; 32]).unwrap()
}

fn p256_public(name: u8) -> PublicKey {
    PublicKey::from_point(Curve::P256, p256_key(name).verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

fn root_key() -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::from_slice(&[1; 48]).unwrap()
}

fn root_public() -> PublicKey {
    PublicKey::from_point(Curve::P384, root_key().verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

fn serial(issuer: IssuerName, start: u8) -> Serial {
    Serial::generate(issuer.serial_octet(), &mut Counter(start))
}

fn authority(name: &str) -> AuthoritySubject {
    AuthoritySubject { organization: "Ministry".to_owned(), common_name: name.to_owned() }
}

fn sign_with_root(prepared: Prepared, published: IssuerName) -> Issuer {
    #[expect(clippy::disallowed_methods, reason = "a test has no journal")]
    let recorded = prepared.assert_recorded();
    let signature: p384::ecdsa::Signature = root_key().sign_prehash(&recorded.digest()).unwrap();
    let certificate = recorded.complete(signature.to_der().as_bytes()).unwrap();
    Issuer::from_certificate(&certificate.der, published).unwrap()
}

fn subject() -> doctor::Subject {
    doctor::Subject {
        organization: "โรงพยาบาลน่าน".to_owned(),
        organization_identifier: Some("NTRTH-10716".to_owned()),
        surname: "ใจดี".to_owned(),
        given_name: "สมหญิง".to_owned(),
        title: "แพทย์หญิง".to_owned(),
        common_name: "แพทย์หญิง สมหญิง ใจดี".to_owned(),
        profession: Profession::PHYSICIAN,
        licence: "12345".to_owned(),
    }
}

impl World {
    fn new() -> Self {
        let installation = Installation {
            urls: Urls::new("https://rabrong.example.th").unwrap(),
            policies: Policies::new(DEFAULT_ARC, false).unwrap(),
        };
        let throw_away = ThrowAwayKey::generate(&mut Counter(9));
        let root = Self::prepare_root(&installation, &throw_away).unwrap();
        let root = sign_with_root(root, IssuerName::Root);
        let issuing = Self::prepare_issuing(&installation, &root, &throw_away).unwrap();
        let issuing = sign_with_root(issuing, ISSUING_1);
        let tsa_ca = Self::prepare_tsa_ca(&installation, &root, &throw_away).unwrap();
        let tsa_ca = sign_with_root(tsa_ca, IssuerName::TsaCa);
        Self { installation, throw_away, root, issuing, tsa_ca }
    }

    fn prepare_root(installation: &Installation, key: &ThrowAwayKey) -> Result<Prepared, Error> {
        let validity = Validity::years(NOW, 25)?;
        root::prepare(&authority("Root"), &root_public(), serial(IssuerName::Root, 1), validity, installation, key)
    }

    fn prepare_issuing(installation: &Installation, root: &Issuer, key: &ThrowAwayKey) -> Result<Prepared, Error> {
        let (validity, serial) = (Validity::years(NOW, 12)?, serial(IssuerName::Root, 2));
        issuing::prepare(&authority("Issuing"), &p256_public(2), serial, validity, root, installation, key)
    }

    fn prepare_tsa_ca(installation: &Installation, root: &Issuer, key: &ThrowAwayKey) -> Result<Prepared, Error> {
        let (validity, serial) = (Validity::years(NOW, 12)?, serial(IssuerName::Root, 5));
        tsa_ca::prepare(&authority("TSA CA"), &p256_public(5), serial, validity, root, installation, key)
    }

    fn prepare_tsa(&self) -> Result<Prepared, Error> {
        let subject = tsa::Subject {
            organization: "Ministry".to_owned(),
            organization_identifier: Some("NTRTH-0994000158378".to_owned()),
            common_name: "TSU 1".to_owned(),
        };
        let request = tsa::Request {
            subject: &subject,
            public_key: &p256_public(6),
            serial: serial(IssuerName::TsaCa, 6),
            validity: Validity::years(NOW, 10)?,
            key_use_end: Validity::years(NOW, 1)?.not_after,
        };
        tsa::prepare(&request, &self.tsa_ca, &self.installation, &self.throw_away)
    }

    fn prepare_api_client(&self, unit_code: &str) -> Result<Prepared, Error> {
        let subject = api_client::Subject {
            organization: "โรงพยาบาลน่าน".to_owned(),
            unit_code: unit_code.to_owned(),
            common_name: "HIS gateway".to_owned(),
        };
        let request = api_client::Request {
            subject: &subject,
            signing_request: &SigningRequest { public_key: p256_public(7), asked_subject: String::new() },
            serial: serial(ISSUING_1, 7),
            validity: Validity::years(NOW, 1)?,
            shard: 255,
        };
        api_client::prepare(&request, &self.issuing, &self.installation, &self.throw_away)
    }

    fn prepare_responder(&self, issuer: &Issuer) -> Result<Prepared, Error> {
        ocsp_responder::prepare(
            &authority("OCSP"),
            &p256_public(4),
            serial(issuer.published_name(), 4),
            Validity::days(NOW, 30)?,
            issuer,
            &self.installation,
            &self.throw_away,
        )
    }

    fn prepare_doctor(&self, change: impl FnOnce(&mut doctor::Subject)) -> Result<Prepared, Error> {
        let mut subject = subject();
        change(&mut subject);
        let request = doctor::Request {
            subject: &subject,
            public_key: &p256_public(3).into(),
            serial: serial(ISSUING_1, 3),
            validity: Validity::years(NOW, 1)?,
            licence_end: None,
            level: AssuranceLevel::Ial2_1,
            shard: 4,
        };
        doctor::prepare(&request, &self.issuing, &self.installation, &self.throw_away)
    }

    fn expected(&self, kind: Kind) -> Expected<'_> {
        let issuer = match kind {
            Kind::Root => None,
            Kind::Issuing | Kind::TsaCa => Some(&self.root),
            Kind::Tsa => Some(&self.tsa_ca),
            Kind::OcspResponder | Kind::Doctor | Kind::ApiClient => Some(&self.issuing),
        };
        Expected { kind, issuer, installation: &self.installation, licence_end: None }
    }

    /// A certificate of this kind that breaks nothing.
    fn good(&self, kind: Kind) -> TbsCertificate {
        let prepared = match kind {
            Kind::Root => Self::prepare_root(&self.installation, &self.throw_away),
            Kind::Issuing => Self::prepare_issuing(&self.installation, &self.root, &self.throw_away),
            Kind::TsaCa => Self::prepare_tsa_ca(&self.installation, &self.root, &self.throw_away),
            Kind::Tsa => self.prepare_tsa(),
            Kind::ApiClient => self.prepare_api_client("10716"),
            Kind::OcspResponder => self.prepare_responder(&self.issuing),
            Kind::Doctor => self.prepare_doctor(|_| ()),
        };
        TbsCertificate::from_der(prepared.unwrap().tbs_der()).unwrap()
    }
}

fn check_here(tbs_der: &[u8], expected: &Expected<'_>) -> Result<(), Error> {
    check(tbs_der, expected, &ThrowAwayKey::generate(&mut Counter(77)))
}

fn findings(tbs_der: &[u8], expected: &Expected<'_>) -> LintError {
    match check_here(tbs_der, expected) {
        Err(Error::Lint(lint)) => lint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_profiles_build_breaks_nothing() {
    let world = World::new();
    for kind in Kind::ALL.iter().copied() {
        check_here(&world.good(kind).to_der().unwrap(), &world.expected(kind)).unwrap();
    }
    assert_eq!(world.prepare_responder(&world.tsa_ca).unwrap().kind(), Kind::OcspResponder);
}

/// Neither CA can be used for what the other one is for.
#[test]
fn a_certificate_under_the_wrong_issuer_is_refused() {
    let world = World::new();
    let refused = |kind, issuer| {
        let expected = Expected { issuer: Some(issuer), ..world.expected(kind) };
        assert!(findings(&world.good(kind).to_der().unwrap(), &expected).breaks("issuer_kind"), "{kind:?}");
    };
    refused(Kind::Tsa, &world.issuing);
    refused(Kind::Tsa, &world.root);
    refused(Kind::Doctor, &world.tsa_ca);
    refused(Kind::ApiClient, &world.tsa_ca);
    refused(Kind::OcspResponder, &world.root);
    refused(Kind::Issuing, &world.issuing);
    refused(Kind::TsaCa, &world.issuing);
    refused(Kind::Root, &world.root);
}

#[test]
fn a_unit_code_of_another_form_is_refused() {
    let world = World::new();
    for code in ["", "-10716", "10716-", "โรง", "1 2", &"1".repeat(33)] {
        assert!(matches!(world.prepare_api_client(code), Err(Error::Value { .. })), "{code}");
    }
}

#[test]
fn every_rule_is_broken_by_something() {
    let world = World::new();
    let mut broken = BTreeSet::from(["licence_end", "same_bytes", "time_form", "issuer_kind"]);
    let cases = [
        (Kind::Doctor, DOCTOR),
        (Kind::OcspResponder, RESPONDER),
        (Kind::Issuing, ISSUING),
        (Kind::Root, ROOT),
        (Kind::TsaCa, TSA_CA),
        (Kind::Tsa, TSA),
        (Kind::ApiClient, API_CLIENT),
    ];
    for (kind, breakages) in cases {
        for (number, (rule, change)) in breakages.iter().enumerate() {
            let mut tbs = world.good(kind);
            change(&mut tbs);
            let lint = findings(&tbs.to_der().unwrap(), &world.expected(kind));
            assert!(lint.breaks(rule), "{kind:?} {number}: {rule} is not among {lint}");
            broken.insert(rule);
        }
    }
    let all: BTreeSet<&str> = Kind::ALL.iter().flat_map(|kind| rules::of(*kind)).map(|rule| rule.name).collect();
    assert_eq!(broken, all);
}

#[test]
fn a_certificate_never_outlives_the_licence() {
    let world = World::new();
    let tbs_der = world.good(Kind::Doctor).to_der().unwrap();
    let expected = |end| Expected { licence_end: Some(end), ..world.expected(Kind::Doctor) };
    let end = datetime!(2027-03-02 08:59:59 UTC);
    check_here(&tbs_der, &expected(end)).unwrap();
    assert!(findings(&tbs_der, &expected(end - Duration::from_secs(1))).breaks("licence_end"));
}

/// 2027 as `GeneralizedTime`, which the structures here never write: made from the bytes.
#[test]
fn the_wrong_form_of_time_is_found() {
    let world = World::new();
    let good = world.good(Kind::Doctor);
    let der = good.to_der().unwrap();
    let utc = good.validity.not_after.to_der().unwrap();
    let date = good.validity.not_after.to_date_time();
    let general = GeneralizedTime::from_date_time(date).to_der().unwrap();
    let position = der.windows(utc.len()).rposition(|window| window == utc).unwrap();
    let mut other = [&der[..position], &general, &der[position + utc.len()..]].concat();
    // Two octets more in the outer SEQUENCE and in Validity, which begins one time and its own header before.
    let length = u16::from_be_bytes([other[2], other[3]]) + 2;
    other[2..4].copy_from_slice(&length.to_be_bytes());
    other[position - utc.len() - 1] += 2;
    let lint = findings(&other, &world.expected(Kind::Doctor));
    assert!(lint.breaks("time_form") && lint.breaks("same_bytes"), "{lint}");
}

#[test]
fn a_bad_subject_is_never_prepared() {
    let world = World::new();
    let refused = |change: fn(&mut doctor::Subject)| match world.prepare_doctor(change) {
        Err(Error::Lint(lint)) => lint,
        other => panic!("{other:?}"),
    };
    assert!(refused(|subject| subject.common_name = "\u{202e}".to_owned()).breaks("subject_direction"));
    assert!(refused(|subject| subject.organization.clear()).breaks("subject_lengths"));
    assert!(refused(|subject| subject.given_name = "1101700203451".to_owned()).breaks("national_id"));
    for licence in ["", "0123", "ว.12345", "12345678901", "1234567890123", "12 345"] {
        let refused = world.prepare_doctor(|subject| subject.licence = licence.to_owned());
        assert!(matches!(refused, Err(Error::Value { .. })), "{licence}");
    }
    // The text of a field is nobody's to log.
    let lint = refused(|subject| subject.surname = "\u{7}secret".to_owned());
    assert!(!lint.to_string().contains("secret"), "{lint}");
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    let world = World::new();
    let expected = world.expected(Kind::Doctor);
    assert!(matches!(check_here(b"", &expected), Err(Error::Encoding { .. })));
    assert!(matches!(check_here(&[0x30, 0x00], &expected), Err(Error::Malformed { .. })));
    assert!(matches!(check_here(&[0x30; 17_000], &expected), Err(Error::TooLarge { .. })));
}
