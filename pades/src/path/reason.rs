//! Why a path does not hold: a closed list.

use super::{Indication, ProfileRule};

/// One reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The certificate is not DER of the shape that RFC 5280 §4.1 gives.
    Malformed,
    /// No chain of issuers leads to an anchor.
    NoPath,
    /// The search or a comparison took more than its budget.
    Budget,
    /// The signature does not verify under the issuer of that name and key identifier.
    SignatureWrong,
    /// MD5, SHA-1 or a short key.
    WeakAlgorithm,
    /// An algorithm that is not verified here.
    UnsupportedAlgorithm,
    /// The instant lies before `notBefore`.
    NotYetValid,
    /// The instant lies after `notAfter`.
    Expired,
    /// A critical extension that is not processed here.
    UnknownCriticalExtension,
    /// An issuer whose basic constraints do not say that it is a CA.
    NotAnAuthority,
    /// An issuer whose key usage lacks keyCertSign.
    KeyUsage,
    /// More CA certificates than `pathLenConstraint` or the question allows.
    PathLength,
    /// A name outside what the CA above may name, or inside what it must not.
    NameConstraint,
    /// A name constraint or a constrained name that is not what §4.2.1.10 describes.
    NameMalformed,
    /// A constrained kind of name that is not processed here.
    NameNotProcessed,
    /// No policy is valid for the whole path, though one must be.
    Policy,
    /// anyPolicy in a policy mapping.
    PolicyMapping,
    /// The wanted extended key usage is not allowed.
    ExtendedKeyUsage,
    /// The certificate does not have the name asked for.
    PeerName,
    /// A rule for issuers is broken.
    Profile(ProfileRule),
    /// Revoked.
    Revoked,
    /// Under certificateHold.
    OnHold,
    /// Signed with the issuer's key, and in none of its records.
    NotIssued,
    /// A CRL is too old or too new to say anything.
    StaleRevocationData,
    /// No CRL covers the certificate.
    NoRevocationData,
    /// A CRL of the issuer that does not count.
    CrlUnusable(CrlFault),
}

/// Why a CRL does not count (RFC 5280 §6.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlFault {
    /// Not DER of the shape that §5.1 gives.
    Malformed,
    /// Of another issuer.
    OtherIssuer,
    /// Its authority key identifier names another key.
    OtherKey,
    /// The issuer's key usage lacks cRLSign.
    IssuerMayNotSign,
    /// Its signature does not verify, or uses a refused algorithm.
    Signature,
    /// A critical extension that is not processed here.
    CriticalExtension,
    /// A delta CRL.
    Delta,
    /// An indirect CRL.
    Indirect,
    /// Its issuing distribution point does not take in the certificate.
    OutOfScope,
    /// It lists revocations for some reasons only.
    SomeReasons,
    /// It lacks what §5 makes an issuer's duty: version 2, a CRL number that is not critical, nextUpdate.
    Profile,
}

impl CrlFault {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "crl_malformed",
            Self::OtherIssuer => "crl_other_issuer",
            Self::OtherKey => "crl_other_key",
            Self::IssuerMayNotSign => "crl_issuer_may_not_sign",
            Self::Signature => "crl_signature",
            Self::CriticalExtension => "crl_critical_extension",
            Self::Delta => "crl_delta",
            Self::Indirect => "crl_indirect",
            Self::OutOfScope => "crl_out_of_scope",
            Self::SomeReasons => "crl_some_reasons",
            Self::Profile => "crl_profile",
        }
    }

    const fn english(self) -> &'static str {
        match self {
            Self::Malformed => "A CRL is malformed.",
            Self::OtherIssuer => "A CRL is of another issuer.",
            Self::OtherKey => "A CRL was signed by another key.",
            Self::IssuerMayNotSign => "The issuer's key is not for signing CRLs.",
            Self::Signature => "A CRL's signature does not verify.",
            Self::CriticalExtension => "A CRL has a critical extension that is not processed here.",
            Self::Delta => "A delta CRL is not processed here.",
            Self::Indirect => "An indirect CRL is not processed here.",
            Self::OutOfScope => "A CRL is not about this certificate.",
            Self::SomeReasons => "A CRL lists revocations for some reasons only.",
            Self::Profile => "A CRL lacks its number, its end or its version.",
        }
    }
}

impl Reason {
    /// What this reason makes of the verdict.
    #[must_use]
    pub const fn indication(self) -> Indication {
        match self {
            Self::NoPath
            | Self::Budget
            | Self::UnsupportedAlgorithm
            | Self::UnknownCriticalExtension
            | Self::NameNotProcessed
            | Self::OnHold
            | Self::StaleRevocationData
            | Self::NoRevocationData
            | Self::CrlUnusable(_) => Indication::CannotBeChecked,
            _ => Indication::Invalid,
        }
    }

    /// How far from success a path with this reason is: of several paths, the nearest is reported.
    pub(crate) const fn distance(self) -> u8 {
        match self {
            Self::NoRevocationData | Self::StaleRevocationData | Self::CrlUnusable(_) => 1,
            Self::Revoked | Self::OnHold | Self::NotIssued => 2,
            Self::NotYetValid | Self::Expired => 3,
            Self::WeakAlgorithm | Self::UnsupportedAlgorithm => 4,
            Self::Budget => 6,
            Self::SignatureWrong => 7,
            Self::NoPath => 8,
            Self::Malformed => 9,
            _ => 5,
        }
    }

    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NoPath => "no_path",
            Self::Budget => "budget",
            Self::SignatureWrong => "signature_wrong",
            Self::WeakAlgorithm => "weak_algorithm",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::UnknownCriticalExtension => "unknown_critical_extension",
            Self::NotAnAuthority => "not_an_authority",
            Self::KeyUsage => "key_usage",
            Self::PathLength => "path_length",
            Self::NameConstraint => "name_constraint",
            Self::NameMalformed => "name_malformed",
            Self::NameNotProcessed => "name_not_processed",
            Self::Policy => "policy",
            Self::PolicyMapping => "policy_mapping",
            Self::ExtendedKeyUsage => "extended_key_usage",
            Self::PeerName => "peer_name",
            Self::Profile(rule) => rule.code(),
            Self::Revoked => "revoked",
            Self::OnHold => "on_hold",
            Self::NotIssued => "not_issued",
            Self::StaleRevocationData => "stale_revocation_data",
            Self::NoRevocationData => "no_revocation_data",
            Self::CrlUnusable(fault) => fault.code(),
        }
    }

    /// The clause that the reason rests on.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Malformed => "RFC 5280 §4.1",
            Self::NoPath | Self::Budget => "RFC 5280 §6.1",
            Self::SignatureWrong | Self::WeakAlgorithm | Self::UnsupportedAlgorithm => "RFC 5280 §6.1.3 (a)(1)",
            Self::NotYetValid | Self::Expired => "RFC 5280 §6.1.3 (a)(2)",
            Self::Revoked | Self::OnHold | Self::StaleRevocationData | Self::NoRevocationData => {
                "RFC 5280 §6.1.3 (a)(3)"
            }
            Self::NotIssued => "RFC 6960 §2.2",
            Self::UnknownCriticalExtension => "RFC 5280 §6.1.4 (o), §6.1.5 (f)",
            Self::NotAnAuthority => "RFC 5280 §6.1.4 (k)",
            Self::KeyUsage => "RFC 5280 §6.1.4 (n)",
            Self::PathLength => "RFC 5280 §6.1.4 (l), (m)",
            Self::NameConstraint => "RFC 5280 §6.1.3 (b), (c)",
            Self::NameMalformed | Self::NameNotProcessed => "RFC 5280 §4.2.1.10",
            Self::Policy => "RFC 5280 §6.1.3 (f), §6.1.5 (g)",
            Self::PolicyMapping => "RFC 5280 §6.1.4 (a)",
            Self::ExtendedKeyUsage => "RFC 5280 §4.2.1.12",
            Self::PeerName => "RFC 9525 §6",
            Self::Profile(rule) => rule.clause(),
            Self::CrlUnusable(_) => "RFC 5280 §6.3.3",
        }
    }

    /// The reason in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::Malformed => "The certificate is malformed.",
            Self::NoPath => "The certificate leads to no trusted authority.",
            Self::Budget => "The search for a path was given up.",
            Self::SignatureWrong => "The certificate was not signed by the issuer it names.",
            Self::WeakAlgorithm => "A weak algorithm was used.",
            Self::UnsupportedAlgorithm => "An algorithm is not supported.",
            Self::NotYetValid => "The certificate is not valid yet.",
            Self::Expired => "The certificate has expired.",
            Self::UnknownCriticalExtension => "A critical extension is not known here.",
            Self::NotAnAuthority => "The issuer is no certification authority.",
            Self::KeyUsage => "The issuer's key is not for signing certificates.",
            Self::PathLength => "The path is longer than allowed.",
            Self::NameConstraint => "The issuer may not certify this name.",
            Self::NameMalformed => "A name or a constraint on names is malformed.",
            Self::NameNotProcessed => "A constraint on names of this kind is not processed here.",
            Self::Policy => "No certificate policy holds for the whole path.",
            Self::PolicyMapping => "anyPolicy is mapped.",
            Self::ExtendedKeyUsage => "The certificate is not for this purpose.",
            Self::PeerName => "The certificate does not have the name asked for.",
            Self::Profile(rule) => rule.english(),
            Self::Revoked => "The certificate is revoked.",
            Self::OnHold => "The certificate is suspended.",
            Self::NotIssued => "The certificate was never issued: the issuer's records do not know it.",
            Self::StaleRevocationData => "The revocation data are too old.",
            Self::NoRevocationData => "No revocation data cover the certificate.",
            Self::CrlUnusable(fault) => fault.english(),
        }
    }

    /// The reason in Thai.
    #[must_use]
    pub const fn thai(self) -> &'static str {
        match self {
            Self::Malformed => "ใบรับรองผิดรูปแบบ",
            Self::NoPath => "ใบรับรองไม่ได้ออกโดยหน่วยงานที่เชื่อถือ",
            Self::Budget => "หยุดค้นหาสายใบรับรองเพราะซับซ้อนเกินไป",
            Self::SignatureWrong => "ลายเซ็นบนใบรับรองไม่ใช่ของผู้ออกที่ระบุไว้",
            Self::WeakAlgorithm => "ใช้ขั้นตอนวิธีที่ไม่ปลอดภัยแล้ว",
            Self::UnsupportedAlgorithm => "ใช้ขั้นตอนวิธีที่ระบบไม่รองรับ",
            Self::NotYetValid => "ใบรับรองยังไม่เริ่มใช้",
            Self::Expired => "ใบรับรองหมดอายุแล้ว",
            Self::UnknownCriticalExtension => "ใบรับรองมีส่วนขยายสำคัญที่ระบบไม่รู้จัก",
            Self::NotAnAuthority => "ผู้ออกไม่ใช่หน่วยงานออกใบรับรอง",
            Self::KeyUsage => "กุญแจของผู้ออกไม่ได้ให้ใช้ออกใบรับรอง",
            Self::PathLength => "สายใบรับรองยาวเกินกำหนด",
            Self::NameConstraint => "ผู้ออกไม่มีสิทธิ์ออกใบรับรองให้ชื่อนี้",
            Self::NameMalformed => "ชื่อหรือข้อจำกัดของชื่อผิดรูปแบบ",
            Self::NameNotProcessed => "ระบบไม่รองรับข้อจำกัดของชื่อชนิดนี้",
            Self::Policy => "ไม่มีนโยบายใบรับรองใดใช้ได้ตลอดสาย",
            Self::PolicyMapping => "การเทียบนโยบายไม่ถูกต้อง",
            Self::ExtendedKeyUsage => "ใบรับรองไม่ได้ออกให้ใช้เพื่อการนี้",
            Self::PeerName => "ใบรับรองไม่มีชื่อที่ถาม",
            Self::Profile(_) => "ใบรับรองไม่เป็นไปตามมาตรฐาน RFC 5280",
            Self::Revoked => "ใบรับรองถูกเพิกถอนแล้ว",
            Self::OnHold => "ใบรับรองถูกระงับชั่วคราว",
            Self::NotIssued => "ใบรับรองนี้ไม่เคยถูกออก ไม่มีอยู่ในบันทึกของผู้ออก",
            Self::StaleRevocationData => "ข้อมูลการเพิกถอนเก่าเกินไป",
            Self::NoRevocationData => "ไม่มีข้อมูลว่าใบรับรองถูกเพิกถอนหรือไม่",
            Self::CrlUnusable(_) => "รายการเพิกถอนใช้ตรวจใบรับรองนี้ไม่ได้",
        }
    }
}
