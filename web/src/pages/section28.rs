//! The panel for section 28 of the Electronic Transactions Act B.E. 2544: each duty of a
//! certification service, and what this document and this installation show for it.
//!
//! The panel says what is shown, not that the duty is fulfilled: that is for others to judge.
//! The Thai wording of the duties follows a paraphrase, which the page says.

use super::words::identity_level;
use super::{Layout, Text};

/// What the panel rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Version of the practice statement.
    pub cps_version: String,
    /// When identity and licence were last checked (RFC 3339).
    pub licence_checked_at: String,
    /// Name of the issuing CA.
    pub issuer: String,
    /// SHA-256 of the issuing CA's certificate, hexadecimal.
    pub issuer_sha256: String,
    /// Identity assurance level, e.g. `2.1`.
    pub ial: String,
    /// Unit whose officer approved.
    pub approved_by_unit: Text,
    /// Validity of the doctor's certificate (RFC 3339).
    pub not_before: String,
    /// End of it (RFC 3339).
    pub not_after: String,
    /// How the certificate stands now.
    pub status_now: Text,
    /// When the last revocation list was made (RFC 3339), if one is there.
    pub crl_at: Option<String>,
    /// The key store is a program, not a certified device.
    pub software_token: bool,
}

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// Paragraph of section 28.
    pub paragraph: &'static str,
    /// The duty.
    pub duty: Text,
    /// The section of the practice statement that says how it is met.
    pub clause: &'static str,
    /// What there is to see.
    pub shown: Text,
    /// How far it goes.
    pub state: DutyState,
}

/// How far what is shown goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DutyState {
    /// Shown here.
    Shown,
    /// Shown in part.
    Partly,
    /// Not shown here.
    NotHere,
}

impl DutyState {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Shown => layout.t("แสดงแล้ว", "Shown"),
            Self::Partly => layout.t("แสดงบางส่วน", "Shown in part"),
            Self::NotHere => layout.t("ยังไม่มี", "Not there yet"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Shown => "green",
            Self::Partly => "amber",
            Self::NotHere => "grey",
        }
    }
}

impl Facts {
    /// The duties in the order of the Act.
    pub fn duties(&self, layout: &Layout) -> Vec<Duty> {
        let until = |instant: &str| layout.instant(instant);
        let (from, to) = (until(&self.not_before), until(&self.not_after));
        let checked = until(&self.licence_checked_at);
        let level = identity_level(&self.ial);
        let key_state = if self.software_token { DutyState::Partly } else { DutyState::Shown };
        let key_store = if self.software_token {
            Text::new(
                "กุญแจอยู่ในที่เก็บกุญแจแบบซอฟต์แวร์ (ระบบสาธิต ไม่ใช่อุปกรณ์ที่ได้รับการรับรอง) แพทย์สั่งลงนามด้วยพาสคีย์ของตนทุกครั้ง",
                "The key lies in a software key store (demonstration, no certified device). The doctor orders each signature with a passkey.",
            )
        } else {
            Text::new(
                "กุญแจอยู่ในอุปกรณ์เก็บกุญแจ แพทย์สั่งลงนามด้วยพาสคีย์ของตนทุกครั้ง",
                "The key lies in a key-storage device. The doctor orders each signature with a passkey.",
            )
        };
        vec![
            duty(
                ("28(1)", "1.1"),
                "ปฏิบัติตามแนวนโยบายและแนวปฏิบัติที่แสดงไว้",
                "Act as the published policies and practices say",
                Text::new(
                    format!("แนวนโยบายและแนวปฏิบัติ ฉบับ {}", self.cps_version),
                    format!("Policy and practice statement, version {}", self.cps_version),
                ),
                DutyState::Shown,
            ),
            duty(
                ("28(2)", "3.2.3"),
                "ใช้ความระมัดระวังให้ข้อมูลถูกต้องครบถ้วนตลอดอายุใบรับรอง",
                "Take care that statements are right and complete for the certificate's whole life",
                Text::new(
                    format!("ตรวจใบอนุญาตครั้งล่าสุด {checked} การตรวจซ้ำอัตโนมัติยังไม่มี"),
                    format!("Licence last checked {checked}. There is no automatic re-check yet."),
                ),
                DutyState::Partly,
            ),
            duty(
                ("28(3)(ก)", "1.3.1"),
                "บอกว่าผู้ให้บริการออกใบรับรองคือใคร",
                "Say who the certification service is",
                Text::same(self.issuer.clone()),
                DutyState::Shown,
            ),
            duty(
                ("28(3)(ข)", "6.2.8"),
                "เจ้าของลายมือชื่อควบคุมกุญแจในขณะออกใบรับรอง",
                "The signatory controlled the key when the certificate was issued",
                key_store,
                key_state,
            ),
            duty(
                ("28(3)(ค)", "4.3.1"),
                "กุญแจใช้ได้ในหรือก่อนวันออกใบรับรอง",
                "The key was in order when the certificate was issued",
                Text::new(format!("ใบรับรองใช้ได้ {from} ถึง {to}"), format!("Certificate valid {from} to {to}")),
                DutyState::Shown,
            ),
            duty(
                ("28(4)(ก)", "3.2.3"),
                "วิธีที่ใช้ระบุตัวเจ้าของลายมือชื่อ",
                "How the signatory was identified",
                Text::new(
                    format!("พิสูจน์ตัวตนระดับ {} อนุมัติโดยนายทะเบียนของ{}", level.th, self.approved_by_unit.th),
                    format!("Proofed at {}; approved by an officer of {}", level.en, self.approved_by_unit.en),
                ),
                DutyState::Shown,
            ),
            duty(
                ("28(4)(ข)", "1.4"),
                "ข้อจำกัดของการใช้",
                "Limits of use",
                Text::new("ใช้ลงนามใบรับรองแพทย์เท่านั้น", "For signing medical certificates only"),
                DutyState::Shown,
            ),
            duty(
                ("28(4)(ค)", "4.10"),
                "กุญแจยังใช้ได้และไม่ถูกล่วงรู้",
                "The key is still in order and not known to others",
                self.status_now.clone(),
                DutyState::Shown,
            ),
            duty(
                ("28(4)(ง)", "9.8"),
                "ขอบเขตความรับผิด",
                "Limits of liability",
                Text::new("ดูในแนวนโยบายและแนวปฏิบัติ", "See the policy and practice statement"),
                DutyState::Partly,
            ),
            duty(
                ("28(4)(จ)", "4.9.3"),
                "วิธีที่เจ้าของลายมือชื่อแจ้งเหตุ",
                "How the signatory reports a loss",
                Text::new("แพทย์เพิกถอนใบรับรองของตนได้เองทุกเวลา", "Doctors can revoke their own certificate at any time"),
                DutyState::Shown,
            ),
            duty(
                ("28(4)(ฉ)", "4.9.8"),
                "การเพิกถอนที่ทันการ",
                "Timely revocation",
                self.crl_at.as_deref().map_or_else(
                    || {
                        Text::new(
                            "รายการเพิกถอนมีเผยแพร่ หน้านี้ใช้สถานะสดแทน",
                            "A revocation list is published; this page used the live status",
                        )
                    },
                    |at| {
                        let at = until(at);
                        Text::new(format!("รายการเพิกถอนล่าสุด {at}"), format!("Last revocation list {at}"))
                    },
                ),
                if self.crl_at.is_some() { DutyState::Shown } else { DutyState::NotHere },
            ),
            duty(
                ("28(5)", "4.9"),
                "จัดให้มีวิธีแจ้งและบริการเพิกถอนที่ทันการ",
                "Provide the means of notice and timely revocation",
                Text::new("มีในระบบ ไม่มีสายด่วน 24 ชั่วโมง", "In the service itself; there is no 24-hour telephone"),
                DutyState::Partly,
            ),
            duty(
                ("28(6)", "5.2"),
                "ใช้ระบบ วิธีการ และบุคลากรที่เชื่อถือได้",
                "Use trustworthy systems, procedures and people",
                Text::new("ยังไม่มีผู้ตรวจสอบอิสระตรวจระบบนี้", "No independent auditor has examined this installation"),
                DutyState::NotHere,
            ),
        ]
    }

    /// As the tests and pictures want it.
    pub fn sample() -> Self {
        Self {
            cps_version: "1.0".into(),
            licence_checked_at: "2026-08-11T03:05:00Z".into(),
            issuer: "Rabrong Demonstration Issuing CA 1".into(),
            issuer_sha256: "5d1f7b0a3c9e84216fd0a7b8c35e9142aa60b7d1f28c4e3395b06a7de81c2f44".into(),
            ial: "2.1".into(),
            approved_by_unit: Text::new("สำนักงานสาธารณสุขจังหวัดสาธิต", "Demonstration Provincial Health Office"),
            not_before: "2026-08-12T03:00:00Z".into(),
            not_after: "2027-08-11T03:00:00Z".into(),
            status_now: Text::new("ใช้ได้ในขณะลงนาม และใช้ได้ในขณะนี้", "In force when signed, and in force now"),
            crl_at: Some("2026-08-14T03:00:00Z".into()),
            software_token: true,
        }
    }
}

fn duty((paragraph, clause): (&'static str, &'static str), th: &str, en: &str, shown: Text, state: DutyState) -> Duty {
    Duty { paragraph, duty: Text::new(th, en), clause, shown, state }
}
