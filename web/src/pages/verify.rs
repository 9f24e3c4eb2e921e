//! The verification page: one answer for a stranger with a paper in the hand.

use askama::Template;

use super::{Layout, Section28Facts, Text, Tone, Verdict};

/// The answer to a verification code. Shows the minimum (no citizen ID, no diagnosis, no
/// measurements, no address; the patient's name masked).
#[derive(Debug, Clone, Template)]
#[template(path = "verify.html")]
pub struct Verify {
    /// What every page has.
    pub layout: Layout,
    /// The verdict.
    pub verdict: Verdict,
    /// The policy of the signer's certificate, if it can be read.
    pub policy: Option<Policy>,
    /// The document, if the code is known.
    pub document: Option<VerifiedDocument>,
    /// When the document was erased (RFC 3339), if it was.
    pub erased_at: Option<String>,
    /// What was checked, and what came of it.
    pub checks: Vec<Check>,
    /// What was not checked.
    pub not_checked: Vec<Text>,
    /// The panel for section 28 of the Electronic Transactions Act.
    pub section28: Option<Section28Facts>,
    /// Technical details.
    pub technical: Vec<Technical>,
    /// The code asked for.
    pub code: String,
    /// When it was checked (RFC 3339).
    pub checked_at: String,
    /// Where a file is handed in to compare (POST, multipart, field `file`).
    pub upload_url: String,
    /// Whom to tell of a fake (words; an address or telephone number).
    pub report: Text,
}

/// What a stranger may see of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDocument {
    /// What kind.
    pub kind: Text,
    /// Book.
    pub book: String,
    /// Number.
    pub number: String,
    /// The patient's name, masked.
    pub masked_patient: String,
    /// Hospital.
    pub unit: Text,
    /// Title and name of the doctor.
    pub doctor: Text,
    /// Licence number, digits.
    pub licence: String,
    /// How the licence stands.
    pub licence_status: LicenceStatus,
    /// Day of the examination (ISO).
    pub exam_date: String,
    /// When it was signed (RFC 3339); none if it was not.
    pub signed_at: Option<String>,
    /// Last day of use (ISO), if there is one.
    pub valid_until: Option<String>,
    /// How the certificate ended or was suspended, if it was.
    pub end: Option<CertificateEnd>,
    /// SHA-256 of the signed file, hexadecimal; none if it was not signed.
    pub file_sha256: Option<String>,
    /// SHA-256 of the files handed out before its proof was renewed, hexadecimal.
    pub earlier_files: Vec<String>,
}

/// That a certificate was revoked, or is suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEnd {
    /// Suspended, and not decided yet.
    pub suspended: bool,
    /// When (RFC 3339).
    pub at: String,
    /// Since when the key or the right is believed lost (RFC 3339), if that is known.
    pub invalid_since: Option<String>,
}

/// The policy a certificate was issued under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its object identifier, dotted decimal.
    pub identifier: String,
    /// It is a test policy: the certificate proves nothing.
    pub is_test: bool,
}

impl Policy {
    /// As the tests and pictures want it.
    pub fn sample() -> Self {
        Self { identifier: "2.25.51469508.0.21".into(), is_test: true }
    }
}

/// How a licence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenceStatus {
    /// Active when last checked (RFC 3339).
    Active(String),
    /// Suspended or withdrawn since (RFC 3339).
    Lost(String),
    /// Not known now.
    Unknown,
}

impl LicenceStatus {
    /// In a page's language.
    pub fn words(&self, layout: &Layout) -> String {
        match self {
            Self::Active(at) => {
                format!("{} {}", layout.t("ใบอนุญาตมีผล ตรวจเมื่อ", "Licence active, checked"), layout.day(at))
            }
            Self::Lost(at) => {
                format!("{} {}", layout.t("ใบอนุญาตไม่มีผลตั้งแต่", "Licence not in force since"), layout.day(at))
            }
            Self::Unknown => layout.t("ไม่ทราบสถานะใบอนุญาตในขณะนี้", "Licence status not known now").to_owned(),
        }
    }

    /// The colour.
    pub const fn tone(&self) -> &'static str {
        match self {
            Self::Active(_) => "green",
            Self::Lost(_) => "red",
            Self::Unknown => "grey",
        }
    }
}

/// A check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was checked, in plain words.
    pub what: Text,
    /// What came of it.
    pub result: CheckResult,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckResult {
    /// In order.
    Passed,
    /// Not in order.
    Failed,
    /// Could not be found out.
    Unknown,
}

impl CheckResult {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Passed => layout.t("ผ่าน", "Passed"),
            Self::Failed => layout.t("ไม่ผ่าน", "Failed"),
            Self::Unknown => layout.t("ตรวจไม่ได้", "Could not be checked"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Passed => "green",
            Self::Failed => "red",
            Self::Unknown => "grey",
        }
    }
}

/// A line of the technical details; here developers' words are at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technical {
    /// What.
    pub label: Text,
    /// The value.
    pub value: String,
}

impl Verify {
    /// The code in groups of four, for reading aloud.
    pub fn grouped_code(&self) -> String {
        grouped_code(&self.code)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, verdict: Verdict) -> Self {
        let known = !matches!(
            verdict,
            Verdict::Unknown | Verdict::Erased | Verdict::SignerUnknown | Verdict::NoSignature | Verdict::NotCheckable
        );
        let code = "4Q7TRX1MZ0K8WB5N2HDC6YFGJA".to_owned();
        Self {
            layout: Layout { path: format!("/v/{code}"), signed_in_as: None, ..layout },
            verdict,
            policy: known.then(Policy::sample),
            document: known.then(|| VerifiedDocument::sample(verdict)),
            erased_at: (verdict == Verdict::Erased).then(|| "2026-08-20T03:20:00Z".to_owned()),
            checks: if known { sample_checks() } else { Vec::new() },
            not_checked: vec![
                Text::new(
                    "ไม่ได้ตรวจว่าผู้ถือเอกสารคือผู้ป่วยในเอกสาร โปรดดูบัตรประจำตัวของผู้ถือ",
                    "Whether the bearer is the patient named: look at the bearer's identity card.",
                ),
                Text::new(
                    "ไม่ได้ตรวจข้อความบนกระดาษหรือไฟล์ในมือของท่าน จนกว่าท่านจะเทียบไฟล์ด้านบน",
                    "The paper or file in your hand, until you compare the file above.",
                ),
            ],
            section28: known.then(Section28Facts::sample),
            technical: sample_technical(&code),
            code,
            checked_at: "2026-08-14T04:00:00Z".into(),
            upload_url: "/v".into(),
            report: Text::new(
                "โทรแจ้งโรงพยาบาลที่ปรากฏในเอกสาร หรือแพทยสภา",
                "Tell the hospital named on the document, or the Medical Council.",
            ),
        }
    }
}

impl VerifiedDocument {
    fn sample(verdict: Verdict) -> Self {
        let signed = verdict != Verdict::Prepared;
        let lost = CertificateEnd {
            suspended: verdict == Verdict::Suspended,
            at: "2026-08-13T02:00:00Z".into(),
            invalid_since: None,
        };
        Self {
            kind: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            book: "10670/2569".into(),
            number: "000123".into(),
            masked_patient: "สม*** ใจ***".into(),
            unit: Text::new("โรงพยาบาลสาธิตมหาราชนครเชียงใหม่", "Maharaj Demonstration Hospital, Chiang Mai"),
            doctor: Text::new("แพทย์หญิงกานดา ใจดี", "Kanda Jaidee, M.D."),
            licence: "12345".into(),
            licence_status: match verdict {
                Verdict::SignedThenLicenceLost => LicenceStatus::Lost("2026-08-13T02:00:00Z".into()),
                Verdict::Prepared | Verdict::Suspended => LicenceStatus::Unknown,
                _ => LicenceStatus::Active("2026-08-11T03:05:00Z".into()),
            },
            exam_date: "2026-08-12".into(),
            signed_at: signed.then(|| "2026-08-12T03:25:00Z".to_owned()),
            valid_until: Some("2026-09-12".into()),
            end: match verdict {
                Verdict::SignedThenRevoked | Verdict::Suspended => Some(lost),
                Verdict::KeyCompromised | Verdict::NotValidWhenSigned => {
                    Some(CertificateEnd { invalid_since: Some("2026-08-12T02:00:00Z".into()), ..lost })
                }
                _ => None,
            },
            file_sha256: signed.then(|| "9f2c41d07be83a5566c1f0e29d874b3aa1c05e7f92d3486b70e1c5a4b8d2f613".to_owned()),
            earlier_files: Vec::new(),
        }
    }
}

/// The answer to a file handed in.
#[derive(Debug, Clone, Template)]
#[template(path = "verify_upload.html")]
pub struct VerifyUpload {
    /// What every page has. `path` is `/v`: a file handed in has no page to come back to.
    pub layout: Layout,
    /// Name of the file as it was handed in.
    pub file_name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The policy of the signer's certificate, if it can be read.
    pub policy: Option<Policy>,
    /// Why, in plain words.
    pub reasons: Vec<Text>,
    /// The document, if the file is one of ours.
    pub document: Option<VerifiedDocument>,
    /// What was checked, and what came of it.
    pub checks: Vec<Check>,
    /// Technical details.
    pub technical: Vec<Technical>,
    /// When it was checked (RFC 3339).
    pub checked_at: String,
    /// The verification page of the document, if it is one of ours.
    pub verify_url: Option<String>,
}

impl VerifyUpload {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/v".into(), signed_in_as: None, ..layout },
            file_name: "ใบรับรองแพทย์-สมชาย.pdf".into(),
            verdict: Verdict::Altered,
            policy: Some(Policy::sample()),
            reasons: vec![Text::new(
                "มีการเพิ่มข้อมูลในไฟล์หลังแพทย์ลงนาม",
                "Something was added to the file after the doctor signed it.",
            )],
            document: Some(VerifiedDocument::sample(Verdict::Altered)),
            checks: vec![Check {
                what: Text::new("ไฟล์ไม่ถูกแก้ไขหลังลงนาม", "The file is unchanged since it was signed"),
                result: CheckResult::Failed,
            }],
            technical: sample_technical("4Q7TRX1MZ0K8WB5N2HDC6YFGJA"),
            checked_at: "2026-08-14T04:00:00Z".into(),
            verify_url: Some("/v/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".into()),
        }
    }
}

/// A verification code in groups of four.
pub(super) fn grouped_code(code: &str) -> String {
    let mut out = String::new();
    for (n, c) in code.chars().enumerate() {
        if n > 0 && n % 4 == 0 {
            out.push('-');
        }
        out.push(c);
    }
    out
}

fn sample_checks() -> Vec<Check> {
    [
        ("เลขที่เอกสารอยู่ในทะเบียนของผู้ลงนาม", "The number is in the signer's own register"),
        ("ลายมือชื่อทำด้วยกุญแจของแพทย์รายนี้", "The signature was made with this doctor's key"),
        ("ใบรับรองของแพทย์ใช้ได้ขณะลงนาม", "The doctor's certificate was in force when it was signed"),
        ("ใบรับรองของแพทย์ไม่ถูกเพิกถอนในขณะนี้", "The doctor's certificate is not revoked now"),
    ]
    .map(|(th, en)| Check { what: Text::new(th, en), result: CheckResult::Passed })
    .to_vec()
}

fn sample_technical(code: &str) -> Vec<Technical> {
    let line = |th: &str, en: &str, value: &str| Technical { label: Text::new(th, en), value: value.to_owned() };
    vec![
        line("รหัสตรวจสอบ", "Verification code", code),
        line(
            "ค่าแฮชของไฟล์ (SHA-256)",
            "File hash (SHA-256)",
            "9f2c41d07be83a5566c1f0e29d874b3aa1c05e7f92d3486b70e1c5a4b8d2f613",
        ),
        line("หมายเลขใบรับรอง", "Certificate serial number", "01a4f09c7d5b3e21886fcd1047a9be32c1"),
        line("รูปแบบลายมือชื่อ", "Signature format", "PAdES B-B, ECDSA P-256, SHA-256"),
    ]
}
