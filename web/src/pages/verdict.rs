//! The verdict on a document in words for people: state, sentence, colour, icon.
//!
//! There is no boolean. What could not be checked is not valid.

use super::Layout;

/// What verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Genuine, unaltered, the doctor's certificate good then and now, and still in its time.
    Genuine,
    /// Genuine, but past its last day of use.
    GenuineExpiredUse,
    /// Signed while the certificate was good; revoked since for another cause than the key.
    SignedThenRevoked,
    /// Signed while the certificate was good; the certificate has run out since.
    SignedThenExpired,
    /// Signed while the certificate was good; the licence has been lost since.
    SignedThenLicenceLost,
    /// The certificate is suspended: it is not decided yet whether it is to be relied upon.
    Suspended,
    /// Revoked for a lost or stolen key, and the signature cannot be proved older.
    KeyCompromised,
    /// The certificate was revoked or out of time when the signature was made.
    NotValidWhenSigned,
    /// A number was reserved, but nothing was signed.
    Prepared,
    /// It was erased at somebody's request; only digests are kept.
    Erased,
    /// No such code here.
    Unknown,
    /// Signed by somebody this service never registered.
    SignerUnknown,
    /// Changed after signing.
    Altered,
    /// The file is no PDF with a signature of ours.
    NoSignature,
    /// The file has been changed in a way that is allowed but that this service did not make.
    ChangedLawfully,
    /// Cannot be checked now.
    NotCheckable,
    /// The file handed in is the one that was signed.
    UploadMatches,
}

/// The colour of a verdict; an icon and a word always go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Valid.
    Green,
    /// Valid, with something to know.
    Amber,
    /// Not to be relied upon.
    Red,
    /// Not known.
    Grey,
}

impl Tone {
    /// Class name.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Grey => "grey",
        }
    }

    /// The one word beside the icon.
    pub const fn word(self, layout: &Layout) -> &'static str {
        match self {
            Self::Green => layout.t("ถูกต้อง", "Valid"),
            Self::Amber => layout.t("โปรดอ่านก่อนใช้", "Read before use"),
            Self::Red => layout.t("ห้ามใช้", "Do not rely on it"),
            Self::Grey => layout.t("ไม่ทราบผล", "Not known"),
        }
    }
}

impl Verdict {
    /// All, in the order of the enum.
    pub const ALL: [Self; 17] = [
        Self::Genuine,
        Self::GenuineExpiredUse,
        Self::SignedThenRevoked,
        Self::SignedThenExpired,
        Self::SignedThenLicenceLost,
        Self::Suspended,
        Self::KeyCompromised,
        Self::NotValidWhenSigned,
        Self::Prepared,
        Self::Erased,
        Self::Unknown,
        Self::SignerUnknown,
        Self::Altered,
        Self::NoSignature,
        Self::ChangedLawfully,
        Self::NotCheckable,
        Self::UploadMatches,
    ];

    /// Name for machines: the JSON answers and the pictures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::GenuineExpiredUse => "genuine_expired_use",
            Self::SignedThenRevoked => "signed_then_revoked",
            Self::SignedThenExpired => "signed_then_expired",
            Self::SignedThenLicenceLost => "signed_then_licence_lost",
            Self::Suspended => "suspended",
            Self::KeyCompromised => "key_compromised",
            Self::NotValidWhenSigned => "not_valid_when_signed",
            Self::Prepared => "prepared",
            Self::Erased => "erased",
            Self::Unknown => "unknown",
            Self::SignerUnknown => "signer_unknown",
            Self::Altered => "altered",
            Self::NoSignature => "no_signature",
            Self::ChangedLawfully => "changed_lawfully",
            Self::NotCheckable => "not_checkable",
            Self::UploadMatches => "upload_matches",
        }
    }

    /// The colour.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Genuine | Self::UploadMatches => Tone::Green,
            Self::GenuineExpiredUse
            | Self::SignedThenRevoked
            | Self::SignedThenExpired
            | Self::SignedThenLicenceLost => Tone::Amber,
            Self::KeyCompromised
            | Self::NotValidWhenSigned
            | Self::Prepared
            | Self::SignerUnknown
            | Self::Unknown
            | Self::Altered
            | Self::NoSignature => Tone::Red,
            Self::Suspended | Self::Erased | Self::ChangedLawfully | Self::NotCheckable => Tone::Grey,
        }
    }

    /// The verdict in one sentence.
    pub const fn sentence(self, layout: &Layout) -> &'static str {
        match self {
            Self::Genuine => {
                layout.t("เอกสารถูกต้อง ลงนามโดยแพทย์ที่มีใบอนุญาต", "Genuine document, signed by a licensed doctor")
            }
            Self::GenuineExpiredUse => {
                layout.t("เอกสารถูกต้องแต่พ้นกำหนดการใช้", "Genuine document, but past its last day of use")
            }
            Self::SignedThenRevoked => layout.t(
                "ลงนามถูกต้องขณะลงนาม ปัจจุบันใบรับรองของแพทย์ถูกเพิกถอน",
                "Rightly signed at the time; the doctor's certificate has since been revoked",
            ),
            Self::SignedThenExpired => layout.t(
                "ลงนามถูกต้องขณะลงนาม ปัจจุบันใบรับรองของแพทย์หมดอายุ",
                "Rightly signed at the time; the doctor's certificate has since expired",
            ),
            Self::SignedThenLicenceLost => layout.t(
                "ลงนามถูกต้องขณะลงนาม ปัจจุบันแพทย์ไม่มีใบอนุญาตแล้ว",
                "Rightly signed at the time; the doctor no longer holds a licence",
            ),
            Self::Suspended => layout.t(
                "ใบรับรองของแพทย์ถูกระงับชั่วคราว ยังเชื่อถือไม่ได้ในขณะนี้",
                "The doctor's certificate is suspended: it cannot be relied upon now",
            ),
            Self::KeyCompromised => layout.t(
                "เชื่อถือไม่ได้ กุญแจลงนามของแพทย์รายนี้อาจถูกผู้อื่นใช้",
                "Not to be relied on: the doctor's signing key may have been used by another",
            ),
            Self::NotValidWhenSigned => layout.t(
                "เชื่อถือไม่ได้ ใบรับรองของแพทย์ใช้ไม่ได้แล้วในขณะลงนาม",
                "Not to be relied on: the doctor's certificate was not in force when it was signed",
            ),
            Self::Prepared => layout.t("เอกสารนี้เตรียมไว้แต่ไม่เคยลงนาม", "This document was prepared but never signed"),
            Self::Erased => {
                layout.t("ข้อมูลของเอกสารนี้ถูกลบตามคำขอแล้ว", "What was kept of this document was erased at request")
            }
            Self::Unknown => {
                layout.t("ไม่พบเอกสารนี้ในระบบ อาจเป็นเอกสารปลอม", "There is no such document here; it may be a forgery")
            }
            Self::SignerUnknown => layout
                .t("ไม่พบผู้ลงนามในทะเบียน อาจเป็นแพทย์ปลอม", "The signer is not in the register and may not be a doctor"),
            Self::Altered => layout.t("เอกสารถูกแก้ไขหลังลงนาม", "The document was changed after signing"),
            Self::NoSignature => {
                layout.t("ไฟล์นี้ไม่มีลายมือชื่อดิจิทัลที่ตรวจได้", "This file carries no signature that can be checked")
            }
            Self::ChangedLawfully => layout.t(
                "ตรวจไม่ได้ทั้งหมด มีการเพิ่มเติมในไฟล์หลังลงนาม",
                "Cannot be decided: something was added to the file after signing",
            ),
            Self::NotCheckable => {
                layout.t("ตรวจสอบไม่ได้ในขณะนี้ (ไม่ถือว่าถูกต้อง)", "Cannot be checked now (do not take it as valid)")
            }
            Self::UploadMatches => {
                layout.t("ไฟล์นี้ตรงกับที่แพทย์ลงนามทุกประการ", "This file is exactly the one the doctor signed")
            }
        }
    }

    /// What the holder should do, in a sentence.
    pub const fn advice(self, layout: &Layout) -> &'static str {
        match self {
            Self::Genuine => layout.t(
                "โปรดเทียบข้อมูลด้านบนกับเอกสารในมือ",
                "Compare what stands above with the document in your hand.",
            ),
            Self::UploadMatches => {
                layout.t("ไม่มีการแก้ไขแม้แต่ตัวอักษรเดียว", "Not a single character has been changed.")
            }
            Self::GenuineExpiredUse => layout.t(
                "ผู้รับเอกสารอาจไม่รับ โปรดขอใบรับรองฉบับใหม่จากแพทย์",
                "It may not be accepted. Ask the doctor for a new one.",
            ),
            Self::SignedThenRevoked | Self::SignedThenExpired | Self::SignedThenLicenceLost => layout.t(
                "เอกสารที่ลงนามก่อนหน้านั้นยังเป็นของจริง ผู้รับเอกสารเป็นผู้ตัดสินว่าจะรับหรือไม่",
                "What was signed before that is still genuine. Whoever receives it decides whether to accept it.",
            ),
            Self::Suspended => layout.t(
                "ยังไม่มีคำตัดสินว่าถูกหรือผิด โปรดตรวจอีกครั้งภายหลัง หรือโทรถามโรงพยาบาลที่ปรากฏในเอกสาร",
                "It is not decided yet either way. Check again later, or telephone the hospital it names.",
            ),
            Self::KeyCompromised | Self::NotValidWhenSigned | Self::SignerUnknown => layout.t(
                "อย่ารับเอกสารนี้ โปรดติดต่อโรงพยาบาลที่ปรากฏในเอกสาร",
                "Do not accept this document. Ask the hospital it names.",
            ),
            Self::Prepared => layout.t(
                "ไม่ใช่ใบรับรองแพทย์ โปรดติดต่อโรงพยาบาลที่ปรากฏในเอกสาร",
                "It is not a medical certificate. Ask the hospital it names.",
            ),
            Self::Erased => layout.t(
                "ระบบนี้ยืนยันเนื้อหาไม่ได้อีก ถ้าท่านมีไฟล์ โปรดส่งไฟล์มาตรวจด้านล่าง หรือโทรถามโรงพยาบาลที่ปรากฏในเอกสาร",
                "This service can no longer say what it said. If you have the file, have it checked below, or telephone the hospital it names.",
            ),
            Self::Unknown => layout.t(
                "โปรดตรวจรหัสกับกระดาษอีกครั้ง ถ้าถูกแล้วยังไม่พบ อย่ารับเอกสารนี้",
                "Check the code against the paper. If it is right and still not found, do not accept the document.",
            ),
            Self::Altered => layout.t(
                "อย่ารับไฟล์นี้ โปรดขอไฟล์ต้นฉบับจากผู้ถือหรือโรงพยาบาล",
                "Do not accept this file. Ask the holder or the hospital for the original.",
            ),
            Self::NoSignature => layout.t(
                "ภาพถ่ายหรือไฟล์สแกนตรวจลายมือชื่อไม่ได้ โปรดใช้คิวอาร์โค้ดบนกระดาษ หรือขอไฟล์ต้นฉบับ",
                "A photograph or scan has no signature to check. Use the QR code on the paper, or ask for the original file.",
            ),
            Self::ChangedLawfully => layout.t(
                "โปรดขอไฟล์ต้นฉบับที่ยังไม่มีการเพิ่มเติม แล้วตรวจอีกครั้ง",
                "Ask for the original file with nothing added, and check again.",
            ),
            Self::NotCheckable => layout.t(
                "โปรดลองใหม่ภายหลัง หรือโทรถามโรงพยาบาลที่ปรากฏในเอกสาร",
                "Try again later, or telephone the hospital it names.",
            ),
        }
    }
}
