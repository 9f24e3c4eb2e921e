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

use super::{Expected, check, rules};
use crate::asn1::tbs::TbsCertificate;
use crate::profile::{AuthoritySubject, Kind, doctor, issuing, ocsp_responder, root};
use crate::{
    AssuranceLevel, Curve, DEFAULT_ARC, Error, Installation, Issuer, LintError, Policies, Prepared, Profession,
    PublicKey, Serial, Urls, Validity,
};
use breakages::{DOCTOR, ISSUING, RESPONDER, ROOT};

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00:00 UTC);

struct World {
    installation: Installation,
    root: Issuer,
    issuing: Issuer,
}

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

fn serial(last: u8) -> Serial {
    let mut bytes = [0x5a; 17];
    bytes[16] = last;
    Serial::from_integer(&bytes).unwrap()
}

fn authority(name: &str) -> AuthoritySubject {
    AuthoritySubject { organization: "Ministry".to_owned(), common_name: name.to_owned() }
}

fn sign_with_root(prepared: Prepared) -> Issuer {
    #[expect(clippy::disallowed_methods, reason = "a test has no journal")]
    let recorded = prepared.assert_recorded();
    let signature: p384::ecdsa::Signature = root_key().sign_prehash(&recorded.digest()).unwrap();
    let certificate = recorded.complete(signature.to_der().as_bytes()).unwrap();
    Issuer::from_certificate(&certificate.der).unwrap()
}

fn subject() -> doctor::Subject {
    doctor::Subject {
        organization: "โรงพยาบาลน่าน".to_owned(),
        organization_identifier: Some("NTRTH-10716".to_owned()),
        surname: "ใจดี".to_owned(),
        given_name: "สมหญิง".to_owned(),
        title: "แพทย์หญิง".to_owned(),
        common_name: "แพทย์หญิง สมหญิง ใจดี".to_owned(),
        profession: Profession::Physician,
        licence: "12345".to_owned(),
    }
}

impl World {
    fn new() -> Self {
        let installation = Installation {
            urls: Urls::new("https://rabrong.example.th").unwrap(),
            policies: Policies::new(DEFAULT_ARC, false).unwrap(),
        };
        let root = sign_with_root(Self::prepare_root(&installation).unwrap());
        let issuing = sign_with_root(Self::prepare_issuing(&installation, &root).unwrap());
        Self { installation, root, issuing }
    }

    fn prepare_root(installation: &Installation) -> Result<Prepared, Error> {
        let validity = Validity::years(NOW, 25)?;
        root::prepare(&authority("Root"), &root_public(), serial(1), validity, installation)
    }

    fn prepare_issuing(installation: &Installation, root: &Issuer) -> Result<Prepared, Error> {
        let validity = Validity::years(NOW, 12)?;
        issuing::prepare(&authority("Issuing"), &p256_public(2), serial(2), validity, root, installation)
    }

    fn prepare_doctor(&self, change: impl FnOnce(&mut doctor::Subject)) -> Result<Prepared, Error> {
        let mut subject = subject();
        change(&mut subject);
        let request = doctor::Request {
            subject: &subject,
            public_key: &p256_public(3),
            serial: serial(3),
            validity: Validity::years(NOW, 1)?,
            licence_end: None,
            level: AssuranceLevel::Ial2_1,
            shard: 4,
        };
        doctor::prepare(&request, &self.issuing, &self.installation)
    }

    fn expected(&self, kind: Kind) -> Expected<'_> {
        let issuer = match kind {
            Kind::Root => None,
            Kind::Issuing => Some(&self.root),
            Kind::OcspResponder | Kind::Doctor => Some(&self.issuing),
        };
        Expected { kind, issuer, installation: &self.installation, licence_end: None }
    }

    /// A certificate of this kind that breaks nothing.
    fn good(&self, kind: Kind) -> TbsCertificate {
        let prepared = match kind {
            Kind::Root => Self::prepare_root(&self.installation),
            Kind::Issuing => Self::prepare_issuing(&self.installation, &self.root),
            Kind::OcspResponder => ocsp_responder::prepare(
                &authority("OCSP"),
                &p256_public(4),
                serial(4),
                Validity::days(NOW, 30).unwrap(),
                &self.issuing,
                &self.installation,
            ),
            Kind::Doctor => self.prepare_doctor(|_| ()),
        };
        TbsCertificate::from_der(prepared.unwrap().tbs_der()).unwrap()
    }
}

fn findings(tbs_der: &[u8], expected: &Expected<'_>) -> LintError {
    match check(tbs_der, expected) {
        Err(Error::Lint(lint)) => lint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_profiles_build_breaks_nothing() {
    let world = World::new();
    for kind in [Kind::Root, Kind::Issuing, Kind::OcspResponder, Kind::Doctor] {
        check(&world.good(kind).to_der().unwrap(), &world.expected(kind)).unwrap();
    }
}

#[test]
fn every_rule_is_broken_by_something() {
    let world = World::new();
    let mut broken = BTreeSet::from(["licence_end", "same_bytes", "time_form"]);
    let cases =
        [(Kind::Doctor, DOCTOR), (Kind::OcspResponder, RESPONDER), (Kind::Issuing, ISSUING), (Kind::Root, ROOT)];
    for (kind, breakages) in cases {
        for (number, (rule, change)) in breakages.iter().enumerate() {
            let mut tbs = world.good(kind);
            change(&mut tbs);
            let lint = findings(&tbs.to_der().unwrap(), &world.expected(kind));
            assert!(lint.breaks(rule), "{kind:?} {number}: {rule} is not among {lint}");
            broken.insert(rule);
        }
    }
    let all: BTreeSet<&str> = rules::of(Kind::Doctor).map(|rule| rule.name).collect();
    assert_eq!(broken, all);
}

#[test]
fn a_certificate_never_outlives_the_licence() {
    let world = World::new();
    let tbs_der = world.good(Kind::Doctor).to_der().unwrap();
    let expected = |end| Expected { licence_end: Some(end), ..world.expected(Kind::Doctor) };
    let end = datetime!(2027-03-02 08:59:59 UTC);
    check(&tbs_der, &expected(end)).unwrap();
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
    assert!(matches!(check(b"", &expected), Err(Error::Encoding { .. })));
    assert!(matches!(check(&[0x30, 0x00], &expected), Err(Error::Malformed { .. })));
    assert!(matches!(check(&[0x30; 17_000], &expected), Err(Error::TooLarge { .. })));
}
