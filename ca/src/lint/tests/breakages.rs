//! How good certificates are made bad, and which rule must say so.

use std::time::Duration;

use der::asn1::{Any, BitString, Ia5String, Null, ObjectIdentifier, OctetString, PrintableString};
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfoOwned;
use time::macros::datetime;
use x509_cert::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, PrivateKeyUsagePeriod};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use super::{NOW, p256_public, serial};
use crate::asn1::admission::AdmissionSyntax;
use crate::asn1::extension;
use crate::asn1::name::NameBuilder;
use crate::asn1::policies::with_cps;
use crate::asn1::qc_statements::{PdsLocation, QcStatement};
use crate::asn1::tbs::TbsCertificate;
use crate::{AssuranceLevel, Curve, DEFAULT_ARC, IssuerName, Policies, Profession, PublicKey, oid};

/// How a good certificate is made to break a rule, and which.
pub(super) type Breakage = (&'static str, fn(&mut TbsCertificate));

fn at(tbs: &mut TbsCertificate, identifier: ObjectIdentifier) -> &mut Extension {
    tbs.extensions.as_mut().unwrap().iter_mut().find(|extension| extension.extn_id == identifier).unwrap()
}

/// Puts other content into an extension.
fn put<T: Encode>(tbs: &mut TbsCertificate, identifier: ObjectIdentifier, content: &T) {
    let found = at(tbs, identifier);
    *found = extension(identifier, found.critical, content).unwrap();
}

fn put_octets(tbs: &mut TbsCertificate, identifier: ObjectIdentifier, octets: &[u8]) {
    at(tbs, identifier).extn_value = OctetString::new(octets).unwrap();
}

/// Flips the last octet of an extension's content.
fn spoil(tbs: &mut TbsCertificate, identifier: ObjectIdentifier) {
    let mut octets = at(tbs, identifier).extn_value.as_bytes().to_vec();
    *octets.last_mut().unwrap() ^= 1;
    put_octets(tbs, identifier, &octets);
}

/// The subject with one attribute's text replaced.
fn with_text(tbs: &mut TbsCertificate, attribute: ObjectIdentifier, text: &str) {
    let mut builder = NameBuilder::default();
    for found in tbs.subject.clone().iter() {
        let old = crate::asn1::name::text(found).unwrap();
        let new = if found.oid == attribute { text } else { &old };
        builder = match found.oid {
            oid::COUNTRY_NAME | oid::SERIAL_NUMBER => builder.printable(found.oid, new).unwrap(),
            _ => builder.text(found.oid, new).unwrap(),
        };
    }
    tbs.subject = builder.finish().unwrap();
}

fn spki_with_point(tbs: &TbsCertificate, point: &[u8]) -> SubjectPublicKeyInfoOwned {
    SubjectPublicKeyInfoOwned {
        algorithm: tbs.subject_public_key_info.algorithm.clone(),
        subject_public_key: BitString::from_bytes(point).unwrap(),
    }
}

/// An RSA key of a size that nobody gets a certificate for.
fn rsa_2048() -> SubjectPublicKeyInfoOwned {
    let modulus = [&[0x02, 0x82, 0x01, 0x01, 0x00][..], &[0xc3; 256]].concat();
    let numbers = [&[0x30, 0x82, 0x01, 0x0a][..], &modulus, &[0x02, 0x03, 1, 0, 1]].concat();
    SubjectPublicKeyInfoOwned {
        algorithm: spki::AlgorithmIdentifierOwned { oid: oid::RSA_ENCRYPTION, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&numbers).unwrap(),
    }
}

pub(super) const DOCTOR: &[Breakage] = &[
    ("version_3", |tbs| tbs.version = Version::V2),
    ("serial_number", |tbs| tbs.serial_number = SerialNumber::new(&[7]).unwrap()),
    ("serial_number", |tbs| tbs.serial_number = SerialNumber::new(&[0x01; 18]).unwrap()),
    ("signature_algorithm", |tbs| tbs.signature = Curve::P384.signature_algorithm()),
    ("signature_algorithm", |tbs| tbs.signature.parameters = Some(Any::null())),
    ("issuer_name", |tbs| tbs.issuer = tbs.subject.clone()),
    ("issuer_name", |tbs| tbs.issuer = Name::default()),
    ("serial_issuer", |tbs| {
        tbs.serial_number = serial(IssuerName::TsaCa, 3).to_der_integer().unwrap();
    }),
    ("serial_entropy", |tbs| tbs.serial_number = SerialNumber::new(&[0x01; 17]).unwrap()),
    ("serial_entropy", |tbs| {
        // A counter.
        tbs.serial_number = SerialNumber::new(&[&[1][..], &[0; 14], &[7, 9]].concat()).unwrap();
    }),
    ("validity_order", |tbs| tbs.validity.not_after = tbs.validity.not_before),
    ("validity_length", |tbs| {
        tbs.validity.not_after = crate::instant::to_time(datetime!(2027-03-02 09:00:00 UTC)).unwrap();
    }),
    ("validity_within_issuer", |tbs| {
        tbs.validity.not_before = crate::instant::to_time(NOW - Duration::from_secs(1)).unwrap();
    }),
    ("key_curve", |tbs| tbs.subject_public_key_info = rsa_2048()),
    ("key_weak", |tbs| {
        tbs.subject_public_key_info = PublicKey::from_point(Curve::P256, &GENERATOR).unwrap().spki().clone()
    }),
    ("key_shared", |tbs| tbs.subject_public_key_info = p256_public(2).spki().clone()),
    ("subject_not_issuer", |tbs| tbs.subject = tbs.issuer.clone()),
    ("public_key", |tbs| {
        // A point that is not on the curve.
        let mut point = p256_public(3).point().to_vec();
        point[64] ^= 1;
        tbs.subject_public_key_info = spki_with_point(tbs, &point);
    }),
    ("public_key", |tbs| {
        // Compressed form.
        let point = p256_public(3).point()[..33].to_vec();
        tbs.subject_public_key_info = spki_with_point(tbs, &[&[0x02], &point[1..]].concat());
    }),
    // The point at infinity.
    ("public_key", |tbs| tbs.subject_public_key_info = spki_with_point(tbs, &[0])),
    ("public_key", |tbs| tbs.subject_public_key_info.algorithm.oid = oid::ECDSA_WITH_SHA256),
    ("public_key", |tbs| tbs.subject_public_key_info.algorithm.parameters = Some(Any::null())),
    ("unique_identifiers", |tbs| tbs.subject_unique_id = Some(BitString::from_bytes(&[1]).unwrap())),
    ("subject_attributes", |tbs| tbs.subject = tbs.issuer.clone()),
    ("subject_string_types", |tbs| {
        tbs.subject = NameBuilder::default().text(oid::COUNTRY_NAME, "TH").unwrap().finish().unwrap();
    }),
    ("subject_lengths", |tbs| with_text(tbs, oid::COMMON_NAME, &"ก".repeat(65))),
    ("subject_lengths", |tbs| with_text(tbs, oid::SURNAME, "")),
    ("subject_blanks", |tbs| with_text(tbs, oid::SURNAME, " ใจดี")),
    ("subject_blanks", |tbs| with_text(tbs, oid::SURNAME, "ใจ  ดี")),
    ("subject_blanks", |tbs| with_text(tbs, oid::SURNAME, "ใจ\u{a0}ดี")),
    ("subject_controls", |tbs| with_text(tbs, oid::SURNAME, "ใจ\u{0}ดี")),
    ("subject_controls", |tbs| with_text(tbs, oid::SURNAME, "ใจ\u{200b}ดี")),
    ("subject_controls", |tbs| with_text(tbs, oid::SURNAME, "ใจ\u{f701}ดี")),
    ("subject_direction", |tbs| with_text(tbs, oid::COMMON_NAME, "Dr \u{202e}ihcmoS")),
    ("subject_direction", |tbs| with_text(tbs, oid::COMMON_NAME, "Dr \u{5d0}\u{5d1}")),
    ("subject_marks", |tbs| with_text(tbs, oid::SURNAME, "่ใจดี")),
    ("subject_marks", |tbs| with_text(tbs, oid::SURNAME, "ใจ ่ดี")),
    ("subject_marks", |tbs| with_text(tbs, oid::SURNAME, "ดี่่่่่่่่่่")),
    ("organization_identifier", |tbs| with_text(tbs, oid::ORGANIZATION_IDENTIFIER, "10716")),
    ("organization_identifier", |tbs| with_text(tbs, oid::ORGANIZATION_IDENTIFIER, "HC:TH-10716")),
    ("national_id", |tbs| with_text(tbs, oid::ORGANIZATION_IDENTIFIER, "NTRTH-1101700203451")),
    ("subject_country", |tbs| with_text(tbs, oid::COUNTRY_NAME, "LA")),
    ("national_id", |tbs| with_text(tbs, oid::COMMON_NAME, "สมหญิง 1-1017-00203-45-1")),
    ("national_id", |tbs| with_text(tbs, oid::TITLE, "๑๑๐๑๗๐๐๒๐๓๔๕๑")),
    ("extension_set", |tbs| tbs.extensions = None),
    ("extension_set", |tbs| tbs.extensions.as_mut().unwrap().swap(0, 1)),
    ("extension_set", |tbs| at(tbs, oid::KEY_USAGE).critical = false),
    ("extension_set", |tbs| at(tbs, oid::ADMISSION).critical = true),
    ("extension_set", |tbs| {
        let extra = extension(oid::OCSP_NO_CHECK, false, &Null).unwrap();
        tbs.extensions.as_mut().unwrap().push(extra);
    }),
    ("authority_key_identifier", |tbs| spoil(tbs, oid::AUTHORITY_KEY_IDENTIFIER)),
    ("subject_key_identifier", |tbs| spoil(tbs, oid::SUBJECT_KEY_IDENTIFIER)),
    ("key_usage", |tbs| {
        let usage = KeyUsage(KeyUsages::NonRepudiation | KeyUsages::DigitalSignature);
        put(tbs, oid::KEY_USAGE, &usage);
    }),
    // A trailing zero bit, which DER leaves out.
    ("key_usage", |tbs| put_octets(tbs, oid::KEY_USAGE, &[3, 2, 5, 0x40])),
    ("certificate_policies", |tbs| {
        // The real policy in an installation that is not in production.
        let real = Policies::new(DEFAULT_ARC, true).unwrap().doctor(AssuranceLevel::Ial2_1);
        put(tbs, oid::CERTIFICATE_POLICIES, &with_cps(real, "http://rabrong.example.th/cps").unwrap());
    }),
    ("certificate_policies", |tbs| {
        // The policy of another kind.
        let other = Policies::new(DEFAULT_ARC, false).unwrap().api_client();
        put(tbs, oid::CERTIFICATE_POLICIES, &with_cps(other, "http://rabrong.example.th/cps").unwrap());
    }),
    ("policy_qualifiers", |tbs| {
        let own = Policies::new(DEFAULT_ARC, false).unwrap().doctor(AssuranceLevel::Ial2_1);
        put(tbs, oid::CERTIFICATE_POLICIES, &with_cps(own, "http://example.th/cps").unwrap());
    }),
    ("extended_key_usage", |tbs| {
        let email = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
        put(tbs, oid::EXTENDED_KEY_USAGE, &ExtendedKeyUsage(vec![oid::DOCUMENT_SIGNING, email]));
    }),
    ("crl_of_issuer", |tbs| {
        let elsewhere = crate::profile::distribution_point("http://example.th/crl/4.crl").unwrap();
        put(tbs, oid::CRL_DISTRIBUTION_POINTS, &vec![elsewhere]);
    }),
    ("crl_of_issuer", |tbs| {
        // A shard of the next generation.
        let next = crate::profile::distribution_point("http://rabrong.example.th/crl/256.crl").unwrap();
        put(tbs, oid::CRL_DISTRIBUTION_POINTS, &vec![next]);
    }),
    ("crl_distribution_points", |tbs| {
        let point = crate::profile::distribution_point("http://rabrong.example.th/crl/4.crl").unwrap();
        put(tbs, oid::CRL_DISTRIBUTION_POINTS, &vec![point.clone(), point]);
    }),
    ("crl_of_issuer", |tbs| {
        let leading_zero = crate::profile::distribution_point("http://rabrong.example.th/crl/04.crl").unwrap();
        put(tbs, oid::CRL_DISTRIBUTION_POINTS, &vec![leading_zero]);
    }),
    ("authority_information_access", |tbs| spoil(tbs, oid::AUTHORITY_INFORMATION_ACCESS)),
    ("serial_number_attribute", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "TINTH-12345")),
    ("serial_number_attribute", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "MD:TH-012")),
    ("semantics", |tbs| {
        let mut statements = statements(tbs);
        statements.remove(0);
        put(tbs, oid::QC_STATEMENTS, &statements);
    }),
    ("qc_statements", |tbs| {
        // QcCompliance: a claim under EU law.
        let mut statements = statements(tbs);
        let statement_id = ObjectIdentifier::new_unwrap("0.4.0.1862.1.1");
        statements.push(QcStatement { statement_id, statement_info: None });
        put(tbs, oid::QC_STATEMENTS, &statements);
    }),
    ("qc_statements", |tbs| {
        let mut statements = statements(tbs);
        statements.push(statements[1].clone());
        put(tbs, oid::QC_STATEMENTS, &statements);
    }),
    ("qc_disclosure", |tbs| {
        let mut statements = statements(tbs);
        statements.pop();
        put(tbs, oid::QC_STATEMENTS, &statements);
    }),
    ("qc_disclosure", |tbs| {
        let mut statements = statements(tbs);
        let location = PdsLocation {
            url: Ia5String::new("https://example.th/cps?lang=en").unwrap(),
            language: PrintableString::new("en").unwrap(),
        };
        statements[2].statement_info = Some(Any::from_der(&vec![location].to_der().unwrap()).unwrap());
        put(tbs, oid::QC_STATEMENTS, &statements);
    }),
    ("admission", |tbs| {
        // A number of another installation for the same profession.
        let number = Policies::new("1.2.3", false).unwrap().profession(Profession::PHYSICIAN);
        put(tbs, oid::ADMISSION, &AdmissionSyntax::new(Profession::PHYSICIAN, number, "12345").unwrap());
    }),
    ("admission", |tbs| {
        // A dentist by this extension, a physician by the subject.
        let dentist: Profession = "dentist".parse().unwrap();
        let number = Policies::new(DEFAULT_ARC, false).unwrap().profession(dentist);
        put(tbs, oid::ADMISSION, &AdmissionSyntax::new(dentist, number, "12345").unwrap());
    }),
    ("semantics", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "DD:TH-12345")),
    ("serial_number_attribute", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "XX:TH-12345")),
    ("admission_number", |tbs| spoil(tbs, oid::ADMISSION)),
    ("admission_number", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "MD:TH-54321")),
];

fn statements(tbs: &mut TbsCertificate) -> Vec<QcStatement> {
    Vec::from_der(at(tbs, oid::QC_STATEMENTS).extn_value.as_bytes()).unwrap()
}

pub(super) const RESPONDER: &[Breakage] = &[
    ("ocsp_no_check", |tbs| put(tbs, oid::OCSP_NO_CHECK, &Ia5String::new("x").unwrap())),
    ("validity_length", |tbs| {
        tbs.validity.not_after = crate::instant::to_time(NOW + Duration::from_secs(30 * 86_400)).unwrap();
    }),
    ("extended_key_usage", |tbs| put(tbs, oid::EXTENDED_KEY_USAGE, &ExtendedKeyUsage(vec![oid::DOCUMENT_SIGNING]))),
    ("key_usage", |tbs| put(tbs, oid::KEY_USAGE, &KeyUsage(KeyUsages::NonRepudiation.into()))),
];

pub(super) const ISSUING: &[Breakage] = &[
    ("basic_constraints", |tbs| {
        put(tbs, oid::BASIC_CONSTRAINTS, &BasicConstraints { ca: true, path_len_constraint: None });
    }),
    ("basic_constraints", |tbs| {
        put(tbs, oid::BASIC_CONSTRAINTS, &BasicConstraints { ca: false, path_len_constraint: None });
    }),
    ("crl_of_issuer", |tbs| spoil(tbs, oid::CRL_DISTRIBUTION_POINTS)),
    ("validity_length", |tbs| {
        tbs.validity.not_after = crate::instant::to_time(NOW.replace_year(2038).unwrap()).unwrap()
    }),
];

pub(super) const ROOT: &[Breakage] = &[
    ("key_curve", |tbs| tbs.subject_public_key_info = p256_public(1).spki().clone()),
    ("issuer_name", |tbs| with_text(tbs, oid::COMMON_NAME, "Another")),
];

pub(super) const TSA_CA: &[Breakage] = &[
    // A responder of the root.
    ("extended_key_usage", |tbs| {
        put(tbs, oid::EXTENDED_KEY_USAGE, &ExtendedKeyUsage(vec![oid::TIME_STAMPING, oid::OCSP_SIGNING]));
    }),
    ("extension_set", |tbs| at(tbs, oid::EXTENDED_KEY_USAGE).critical = false),
    ("basic_constraints", |tbs| {
        put(tbs, oid::BASIC_CONSTRAINTS, &BasicConstraints { ca: true, path_len_constraint: Some(1) });
    }),
];

pub(super) const TSA: &[Breakage] = &[
    // RFC 3161 §2.3: critical, and alone.
    ("extension_set", |tbs| at(tbs, oid::EXTENDED_KEY_USAGE).critical = false),
    ("extended_key_usage", |tbs| {
        put(tbs, oid::EXTENDED_KEY_USAGE, &ExtendedKeyUsage(vec![oid::TIME_STAMPING, oid::DOCUMENT_SIGNING]));
    }),
    ("private_key_usage_period", |tbs| {
        let end = crate::instant::to_generalized(datetime!(2027-03-02 09:00:00 UTC)).unwrap();
        let start = crate::instant::to_generalized(NOW).unwrap();
        let long = PrivateKeyUsagePeriod { not_before: Some(start), not_after: Some(end) };
        put(tbs, oid::PRIVATE_KEY_USAGE_PERIOD, &long);
    }),
    ("private_key_usage_period", |tbs| {
        let start = crate::instant::to_generalized(NOW).unwrap();
        let open = PrivateKeyUsagePeriod { not_before: Some(start), not_after: None };
        put(tbs, oid::PRIVATE_KEY_USAGE_PERIOD, &open);
    }),
    ("crl_of_issuer", |tbs| {
        let shard = crate::profile::distribution_point("http://rabrong.example.th/crl/0.crl").unwrap();
        put(tbs, oid::CRL_DISTRIBUTION_POINTS, &vec![shard]);
    }),
];

pub(super) const API_CLIENT: &[Breakage] = &[
    ("unit_code", |tbs| with_text(tbs, oid::SERIAL_NUMBER, "10716 /")),
    // A program never signs a document.
    ("extended_key_usage", |tbs| put(tbs, oid::EXTENDED_KEY_USAGE, &ExtendedKeyUsage(vec![oid::DOCUMENT_SIGNING]))),
    ("certificate_policies", |tbs| {
        let doctor = Policies::new(DEFAULT_ARC, false).unwrap().doctor(AssuranceLevel::Ial2_1);
        put(tbs, oid::CERTIFICATE_POLICIES, &with_cps(doctor, "http://rabrong.example.th/cps").unwrap());
    }),
];

/// The point of the private key 1 on P-256 (SEC 2 §2.4.2).
const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
