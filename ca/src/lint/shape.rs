//! What a certificate of each kind must look like, as the rules know it. The profiles build from their own code; this
//! is the second statement of the same, so that a slip in either is found.

use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsages;

use crate::oid::{
    self, ADMISSION, AUTHORITY_INFORMATION_ACCESS as AIA, AUTHORITY_KEY_IDENTIFIER as AKI, BASIC_CONSTRAINTS as BASIC,
    CERTIFICATE_POLICIES as POLICIES, CRL_DISTRIBUTION_POINTS as CRLDP, EXTENDED_KEY_USAGE as PURPOSES,
    KEY_USAGE as USAGE, OCSP_NO_CHECK as NO_CHECK, PRIVATE_KEY_USAGE_PERIOD as PERIOD, QC_STATEMENTS as STATEMENTS,
    SUBJECT_KEY_IDENTIFIER as SKI,
};
use crate::profile::{Kind, api_client, doctor, issuing, ocsp_responder, root, tsa, tsa_ca};
use crate::{Curve, IssuerName, KeyKind};

const CRITICAL: bool = true;
const PLAIN: bool = false;
const P256: KeyKind = KeyKind::Curve(Curve::P256);
const P384: KeyKind = KeyKind::Curve(Curve::P384);

/// How long a certificate may be valid.
#[derive(Debug, Clone, Copy)]
pub(super) enum Longest {
    Years(u8),
    Days(u16),
}

/// Which policy a certificate states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    None,
    Any,
    Level,
    TimeStampingUnit,
    ApiClient,
}

/// Which CRL lists a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListedOn {
    Nothing,
    RootCrl,
    TsaCrl,
    Shard,
}

/// One kind's certificates.
#[derive(Debug)]
pub(super) struct Shape {
    /// Which CAs issue it; a root's issuer is itself.
    pub(super) issued_by: fn(Option<IssuerName>) -> bool,
    /// The attributes of the subject, in the orders allowed.
    pub(super) subjects: &'static [&'static [ObjectIdentifier]],
    pub(super) keys: &'static [KeyKind],
    pub(super) longest: Longest,
    /// Exactly these extensions, once each, in this order, critical or not.
    pub(super) extensions: &'static [(ObjectIdentifier, bool)],
    pub(super) usages: &'static [KeyUsages],
    pub(super) purpose: Option<ObjectIdentifier>,
    pub(super) policy: Policy,
    pub(super) listed_on: ListedOn,
    /// Whether OCSP answers for it.
    pub(super) has_ocsp: bool,
    /// A CA's path length constraint; no CA at all.
    pub(super) path_length: Option<Option<u8>>,
}

const AUTHORITY: &[ObjectIdentifier] = &[oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::COMMON_NAME];

const UNIT: &[ObjectIdentifier] =
    &[oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::ORGANIZATION_IDENTIFIER, oid::COMMON_NAME];

const CLIENT: &[ObjectIdentifier] = &[oid::COUNTRY_NAME, oid::ORGANIZATION_NAME, oid::SERIAL_NUMBER, oid::COMMON_NAME];

const PERSON: &[ObjectIdentifier] = &[
    oid::COUNTRY_NAME,
    oid::ORGANIZATION_NAME,
    oid::SURNAME,
    oid::GIVEN_NAME,
    oid::TITLE,
    oid::SERIAL_NUMBER,
    oid::COMMON_NAME,
];

const PERSON_OF_REGISTERED_BODY: &[ObjectIdentifier] = &[
    oid::COUNTRY_NAME,
    oid::ORGANIZATION_NAME,
    oid::ORGANIZATION_IDENTIFIER,
    oid::SURNAME,
    oid::GIVEN_NAME,
    oid::TITLE,
    oid::SERIAL_NUMBER,
    oid::COMMON_NAME,
];

static ROOT: Shape = Shape {
    issued_by: |issuer| issuer.is_none(),
    subjects: &[AUTHORITY],
    keys: &[P384],
    longest: Longest::Years(root::MAX_YEARS),
    extensions: &[(SKI, PLAIN), (USAGE, CRITICAL), (BASIC, CRITICAL)],
    usages: &[KeyUsages::KeyCertSign, KeyUsages::CRLSign],
    purpose: None,
    policy: Policy::None,
    listed_on: ListedOn::Nothing,
    has_ocsp: false,
    path_length: Some(None),
};

static ISSUING: Shape = Shape {
    issued_by: |issuer| issuer == Some(IssuerName::Root),
    subjects: &[AUTHORITY],
    keys: &[P256],
    longest: Longest::Years(issuing::MAX_YEARS),
    extensions: &[
        (AKI, PLAIN),
        (SKI, PLAIN),
        (USAGE, CRITICAL),
        (POLICIES, PLAIN),
        (BASIC, CRITICAL),
        (CRLDP, PLAIN),
        (AIA, PLAIN),
    ],
    usages: &[KeyUsages::KeyCertSign, KeyUsages::CRLSign],
    purpose: None,
    policy: Policy::Any,
    listed_on: ListedOn::RootCrl,
    has_ocsp: false,
    path_length: Some(Some(0)),
};

static TSA_CA: Shape = Shape {
    issued_by: |issuer| issuer == Some(IssuerName::Root),
    subjects: &[AUTHORITY],
    keys: &[P256],
    longest: Longest::Years(tsa_ca::MAX_YEARS),
    extensions: &[
        (AKI, PLAIN),
        (SKI, PLAIN),
        (USAGE, CRITICAL),
        (POLICIES, PLAIN),
        (BASIC, CRITICAL),
        (PURPOSES, CRITICAL),
        (CRLDP, PLAIN),
        (AIA, PLAIN),
    ],
    usages: &[KeyUsages::KeyCertSign, KeyUsages::CRLSign],
    purpose: Some(oid::TIME_STAMPING),
    policy: Policy::Any,
    listed_on: ListedOn::RootCrl,
    has_ocsp: false,
    path_length: Some(Some(0)),
};

static OCSP_RESPONDER: Shape = Shape {
    issued_by: |issuer| matches!(issuer, Some(IssuerName::Issuing(_) | IssuerName::TsaCa)),
    subjects: &[AUTHORITY],
    keys: &[P256],
    longest: Longest::Days(ocsp_responder::MAX_DAYS),
    extensions: &[(AKI, PLAIN), (SKI, PLAIN), (USAGE, CRITICAL), (PURPOSES, PLAIN), (AIA, PLAIN), (NO_CHECK, PLAIN)],
    usages: &[KeyUsages::DigitalSignature],
    purpose: Some(oid::OCSP_SIGNING),
    policy: Policy::None,
    listed_on: ListedOn::Nothing,
    has_ocsp: false,
    path_length: None,
};

static TSA: Shape = Shape {
    issued_by: |issuer| issuer == Some(IssuerName::TsaCa),
    subjects: &[UNIT, AUTHORITY],
    keys: &[P256],
    longest: Longest::Years(tsa::MAX_YEARS),
    extensions: &[
        (AKI, PLAIN),
        (SKI, PLAIN),
        (USAGE, CRITICAL),
        (PERIOD, PLAIN),
        (POLICIES, PLAIN),
        (PURPOSES, CRITICAL),
        (CRLDP, PLAIN),
        (AIA, PLAIN),
    ],
    usages: &[KeyUsages::DigitalSignature],
    purpose: Some(oid::TIME_STAMPING),
    policy: Policy::TimeStampingUnit,
    listed_on: ListedOn::TsaCrl,
    has_ocsp: true,
    path_length: None,
};

static DOCTOR: Shape = Shape {
    issued_by: |issuer| matches!(issuer, Some(IssuerName::Issuing(_))),
    subjects: &[PERSON, PERSON_OF_REGISTERED_BODY],
    keys: &[P256, P384, KeyKind::Rsa3072],
    longest: Longest::Years(doctor::MAX_YEARS),
    extensions: &[
        (AKI, PLAIN),
        (SKI, PLAIN),
        (USAGE, CRITICAL),
        (POLICIES, PLAIN),
        (PURPOSES, PLAIN),
        (CRLDP, PLAIN),
        (AIA, PLAIN),
        (STATEMENTS, PLAIN),
        (ADMISSION, PLAIN),
    ],
    usages: &[KeyUsages::NonRepudiation],
    purpose: Some(oid::DOCUMENT_SIGNING),
    policy: Policy::Level,
    listed_on: ListedOn::Shard,
    has_ocsp: true,
    path_length: None,
};

static API_CLIENT: Shape = Shape {
    issued_by: |issuer| matches!(issuer, Some(IssuerName::Issuing(_))),
    subjects: &[CLIENT],
    keys: &[P256, P384],
    longest: Longest::Years(api_client::MAX_YEARS),
    extensions: &[
        (AKI, PLAIN),
        (SKI, PLAIN),
        (USAGE, CRITICAL),
        (POLICIES, PLAIN),
        (PURPOSES, PLAIN),
        (CRLDP, PLAIN),
        (AIA, PLAIN),
    ],
    usages: &[KeyUsages::DigitalSignature],
    purpose: Some(oid::CLIENT_AUTH),
    policy: Policy::ApiClient,
    listed_on: ListedOn::Shard,
    has_ocsp: true,
    path_length: None,
};

/// The shape of this kind.
pub(super) const fn of(kind: Kind) -> &'static Shape {
    match kind {
        Kind::Root => &ROOT,
        Kind::Issuing => &ISSUING,
        Kind::TsaCa => &TSA_CA,
        Kind::OcspResponder => &OCSP_RESPONDER,
        Kind::Tsa => &TSA,
        Kind::Doctor => &DOCTOR,
        Kind::ApiClient => &API_CLIENT,
    }
}
