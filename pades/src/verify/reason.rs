//! Why a verdict is what it is: a closed list, in English and Thai.

use pdf::read::{Change, Disagreement, ReadError, SignatureDefect};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Indication, SubIndication};

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The file is not a PDF.
    NotPdf,
    /// The file cannot be read strictly.
    Unreadable(ReadError),
    /// The reader itself failed.
    ReaderFailed,
    /// Readers see different documents.
    ReadersDisagree(Disagreement),
    /// There is no signature.
    NoSignature,
    /// The file has a signature dictionary no field refers to.
    StraySignature,
    /// The form of the signature dictionary is wrong.
    Defect(SignatureDefect),
    /// A `/SubFilter` that is not PAdES, CMS or RFC 3161.
    SubFilter,
    /// Bytes after the signed range that are not a well-formed update.
    UnaccountedBytes(ReadError),
    /// A change after the signature that nothing allows.
    ForbiddenChange(Change),
    /// A change after the signature that may be lawful.
    UnassessedChange(Change),
    /// The CMS structure is malformed.
    CmsMalformed,
    /// Not exactly one `SignerInfo`.
    SignerCount,
    /// Signed content inside the CMS, which must be detached.
    NotDetached,
    /// Signed attributes are missing or wrong.
    SignedAttributes,
    /// The document was changed: its digest is another one.
    DigestMismatch,
    /// The signature value does not verify.
    SignatureWrong,
    /// MD5, SHA-1 or a short key.
    WeakAlgorithm,
    /// An algorithm not verified here.
    UnsupportedAlgorithm,
    /// The signing certificate is not there.
    NoSigningCertificate,
    /// signing-certificate-v2 is missing.
    NoCertificateReference,
    /// signing-certificate-v2 names another certificate.
    WrongCertificateReference,
    /// The certificate is not for signing documents, or the time-stamp's not for time-stamps.
    CertificatePurpose,
    /// No path to a trust anchor.
    NoChain,
    /// A path breaks a rule.
    ChainConstraint,
    /// Expired or not yet valid, and no proof that the signature is older.
    OutsideValidity,
    /// Proven to be signed before the certificate was valid.
    SignedBeforeValidity,
    /// No revocation data.
    NoRevocationData,
    /// Revocation data too old.
    StaleRevocationData,
    /// Revoked, without proof that the signature is older.
    Revoked,
    /// An issuing certificate is revoked.
    IssuerRevoked,
    /// Proven to be signed after the revocation.
    SignedAfterRevocation,
    /// Under certificateHold.
    OnHold,
    /// A certificate of the path was signed with its issuer's key, and is in none of the issuer's records.
    NotIssued,
    /// The time-stamp token does not belong to what it stamps.
    TimeStampMismatch,
    /// A time-stamp does not help because it could not be trusted.
    TimeStampUntrusted,
}

impl Reason {
    /// What this reason makes of a verdict.
    #[must_use]
    pub const fn indication(&self) -> (Indication, Option<SubIndication>) {
        use Indication::{Indeterminate, TotalFailed};
        use SubIndication as S;
        let (indication, sub) = match self {
            // Not malformed, but not judged: another reader may well read these.
            Self::Unreadable(
                ReadError::DuplicateKey { .. }
                | ReadError::Encrypted
                | ReadError::Filter(_)
                | ReadError::Budget(_)
                | ReadError::TooLarge { .. },
            ) => (Indeterminate, S::FormatFailure),
            Self::NotPdf
            | Self::Unreadable(_)
            | Self::ReaderFailed
            | Self::NoSignature
            | Self::StraySignature
            | Self::Defect(_)
            | Self::UnaccountedBytes(_)
            | Self::ForbiddenChange(_)
            | Self::CmsMalformed
            | Self::SignerCount
            | Self::NotDetached
            | Self::SignedAttributes => (TotalFailed, S::FormatFailure),
            Self::ReadersDisagree(_) => (Indeterminate, S::FormatFailure),
            Self::DigestMismatch | Self::TimeStampMismatch => (TotalFailed, S::HashFailure),
            Self::SignatureWrong => (TotalFailed, S::SigCryptoFailure),
            // RFC 6960 §2.2: what was never issued may be answered for as revoked.
            Self::SignedAfterRevocation | Self::NotIssued => (TotalFailed, S::Revoked),
            Self::SignedBeforeValidity => (TotalFailed, S::NotYetValid),
            Self::SubFilter
            | Self::UnassessedChange(_)
            | Self::NoCertificateReference
            | Self::WrongCertificateReference => (Indeterminate, S::SigConstraintsFailure),
            Self::WeakAlgorithm | Self::UnsupportedAlgorithm => (Indeterminate, S::CryptoConstraintsFailure),
            Self::NoSigningCertificate => (Indeterminate, S::NoSigningCertificateFound),
            Self::CertificatePurpose | Self::ChainConstraint => (Indeterminate, S::ChainConstraintsFailure),
            Self::NoChain => (Indeterminate, S::NoCertificateChainFound),
            Self::OutsideValidity => (Indeterminate, S::OutOfBoundsNoPoe),
            Self::NoRevocationData | Self::StaleRevocationData | Self::OnHold => (Indeterminate, S::TryLater),
            Self::Revoked => (Indeterminate, S::RevokedNoPoe),
            Self::IssuerRevoked => (Indeterminate, S::RevokedCaNoPoe),
            Self::TimeStampUntrusted => (Indeterminate, S::NoPoe),
        };
        (indication, Some(sub))
    }

    /// A stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPdf => "not_pdf",
            Self::Unreadable(_) => "unreadable",
            Self::ReaderFailed => "reader_failed",
            Self::ReadersDisagree(_) => "readers_disagree",
            Self::NoSignature => "no_signature",
            Self::StraySignature => "stray_signature",
            Self::Defect(_) => "signature_defect",
            Self::SubFilter => "sub_filter",
            Self::UnaccountedBytes(_) => "unaccounted_bytes",
            Self::ForbiddenChange(_) => "forbidden_change",
            Self::UnassessedChange(_) => "unassessed_change",
            Self::CmsMalformed => "cms_malformed",
            Self::SignerCount => "signer_count",
            Self::NotDetached => "not_detached",
            Self::SignedAttributes => "signed_attributes",
            Self::DigestMismatch => "digest_mismatch",
            Self::SignatureWrong => "signature_wrong",
            Self::WeakAlgorithm => "weak_algorithm",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::NoSigningCertificate => "no_signing_certificate",
            Self::NoCertificateReference => "no_certificate_reference",
            Self::WrongCertificateReference => "wrong_certificate_reference",
            Self::CertificatePurpose => "certificate_purpose",
            Self::NoChain => "no_chain",
            Self::ChainConstraint => "chain_constraint",
            Self::OutsideValidity => "outside_validity",
            Self::SignedBeforeValidity => "signed_before_validity",
            Self::NoRevocationData => "no_revocation_data",
            Self::StaleRevocationData => "stale_revocation_data",
            Self::Revoked => "revoked",
            Self::IssuerRevoked => "issuer_revoked",
            Self::SignedAfterRevocation => "signed_after_revocation",
            Self::OnHold => "on_hold",
            Self::NotIssued => "not_issued",
            Self::TimeStampMismatch => "time_stamp_mismatch",
            Self::TimeStampUntrusted => "time_stamp_untrusted",
        }
    }

    /// The reason in English.
    #[must_use]
    pub fn english(&self) -> String {
        match self {
            Self::Unreadable(error @ (ReadError::Budget(_) | ReadError::TooLarge { .. })) => {
                format!("Checking the file would take too long: {error}.")
            }
            Self::Unreadable(error) => format!("The file cannot be read strictly: {error}."),
            Self::ReadersDisagree(how) => format!("Two readers see different documents: {how}."),
            Self::Defect(defect) => format!("The signature is malformed: {defect}."),
            Self::UnaccountedBytes(error) => {
                format!("Bytes were added after the signature that are no lawful update: {error}.")
            }
            Self::ForbiddenChange(change) => format!("The document was changed after signing: {change:?}."),
            Self::UnassessedChange(change) => {
                format!("Something was added after signing that this signature does not cover: {change:?}.")
            }
            other => other.texts().0.to_owned(),
        }
    }

    /// The reason in Thai.
    #[must_use]
    pub fn thai(&self) -> &'static str {
        self.texts().1
    }

    const fn texts(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotPdf => ("This is not a PDF file.", "ไฟล์นี้ไม่ใช่ไฟล์ PDF"),
            Self::Unreadable(ReadError::Budget(_) | ReadError::TooLarge { .. }) => {
                ("Checking the file would take too long.", "ไฟล์ใหญ่หรือซับซ้อนเกินกว่าที่ระบบจะตรวจสอบได้")
            }
            Self::Unreadable(ReadError::Encrypted) => ("The file is encrypted.", "ไฟล์ถูกเข้ารหัสไว้ ระบบจึงตรวจสอบไม่ได้"),
            Self::Unreadable(_) => ("The file cannot be read.", "ไฟล์ผิดรูปแบบ อ่านอย่างปลอดภัยไม่ได้"),
            Self::ReaderFailed => ("The file made the reader fail.", "ไฟล์นี้ทำให้โปรแกรมอ่านทำงานไม่ได้"),
            Self::ReadersDisagree(_) => ("Readers disagree.", "โปรแกรมอ่านสองตัวเห็นเอกสารไม่ตรงกัน"),
            Self::NoSignature => ("The document has no signature.", "เอกสารนี้ไม่มีลายเซ็นดิจิทัล"),
            Self::StraySignature => ("A signature hides outside the form.", "มีลายเซ็นซ่อนอยู่นอกช่องลายเซ็นของเอกสาร"),
            Self::Defect(_) => ("The signature is malformed.", "ข้อมูลลายเซ็นผิดรูปแบบ"),
            Self::SubFilter => ("This kind of signature is not judged here.", "ลายเซ็นชนิดนี้ระบบไม่รองรับ"),
            Self::UnaccountedBytes(_) => ("Bytes were added after signing.", "มีข้อมูลแปลกปลอมต่อท้ายหลังการลงลายเซ็น"),
            Self::ForbiddenChange(_) => ("Changed after signing.", "เอกสารถูกแก้ไขหลังการลงลายเซ็น"),
            Self::UnassessedChange(_) => {
                ("Something was added after signing.", "มีการเพิ่มเติมหลังการลงลายเซ็น ซึ่งลายเซ็นนี้ไม่ครอบคลุม")
            }
            Self::CmsMalformed => ("The signature data are malformed.", "โครงสร้างข้อมูลลายเซ็นผิดรูปแบบ"),
            Self::SignerCount => ("The signature does not have exactly one signer.", "ลายเซ็นไม่ได้มีผู้ลงนามเพียงคนเดียว"),
            Self::NotDetached => ("The signature carries content of its own.", "ลายเซ็นมีเนื้อหาของตัวเองแฝงอยู่"),
            Self::SignedAttributes => ("Signed attributes are missing or wrong.", "ข้อมูลประกอบลายเซ็นขาดหายหรือไม่ถูกต้อง"),
            Self::DigestMismatch => ("The document is not the one that was signed.", "เอกสารไม่ตรงกับฉบับที่ลงลายเซ็นไว้"),
            Self::SignatureWrong => ("The signature value is wrong.", "ค่าลายเซ็นไม่ถูกต้อง"),
            Self::WeakAlgorithm => ("A weak algorithm was used.", "ใช้ขั้นตอนวิธีที่ไม่ปลอดภัยแล้ว"),
            Self::UnsupportedAlgorithm => ("An algorithm is not supported.", "ใช้ขั้นตอนวิธีที่ระบบไม่รองรับ"),
            Self::NoSigningCertificate => ("The signing certificate is missing.", "ไม่พบใบรับรองของผู้ลงนาม"),
            Self::NoCertificateReference => {
                ("The signature does not name its certificate.", "ลายเซ็นไม่ได้ระบุใบรับรองที่ใช้ลงนาม")
            }
            Self::WrongCertificateReference => {
                ("The signature names another certificate.", "ใบรับรองไม่ตรงกับที่ลายเซ็นระบุไว้")
            }
            Self::CertificatePurpose => ("The certificate is not for this purpose.", "ใบรับรองไม่ได้ออกให้ใช้เพื่อการนี้"),
            Self::NoChain => ("The certificate leads to no trusted authority.", "ใบรับรองไม่ได้ออกโดยหน่วยงานที่เชื่อถือ"),
            Self::ChainConstraint => ("The chain of certificates breaks a rule.", "สายใบรับรองไม่เป็นไปตามข้อกำหนด"),
            Self::OutsideValidity => {
                ("A certificate is expired or not yet valid.", "ใบรับรองหมดอายุหรือยังไม่เริ่มใช้ และไม่มีหลักฐานเวลาลงนาม")
            }
            Self::SignedBeforeValidity => ("Signed before the certificate was valid.", "ลงนามก่อนใบรับรองเริ่มใช้"),
            Self::NoRevocationData => ("There are no revocation data.", "ไม่มีข้อมูลว่าใบรับรองถูกเพิกถอนหรือไม่"),
            Self::StaleRevocationData => ("The revocation data are too old.", "ข้อมูลการเพิกถอนเก่าเกินไป"),
            Self::Revoked => ("The certificate is revoked.", "ใบรับรองถูกเพิกถอนแล้ว และไม่มีหลักฐานว่าลงนามก่อนหน้านั้น"),
            Self::IssuerRevoked => ("An issuing certificate is revoked.", "ใบรับรองของผู้ออกใบรับรองถูกเพิกถอนแล้ว"),
            Self::SignedAfterRevocation => (
                "Signed after the certificate was revoked, or since it was invalid.",
                "ลงนามหลังใบรับรองถูกเพิกถอน หรือหลังเวลาที่ใบรับรองใช้ไม่ได้แล้ว",
            ),
            Self::OnHold => ("The certificate is suspended.", "ใบรับรองถูกระงับชั่วคราว"),
            Self::NotIssued => (
                "The certificate was never issued: the issuer's records do not know it.",
                "ใบรับรองนี้ไม่เคยถูกออก ไม่มีอยู่ในบันทึกของผู้ออก",
            ),
            Self::TimeStampMismatch => ("The time-stamp belongs to something else.", "ตราประทับเวลาไม่ใช่ของเอกสารนี้"),
            Self::TimeStampUntrusted => ("A time-stamp could not be trusted.", "ตราประทับเวลายังเชื่อถือไม่ได้"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Reason", 3)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("en", &self.english())?;
        object.serialize_field("th", self.thai())?;
        object.end()
    }
}
