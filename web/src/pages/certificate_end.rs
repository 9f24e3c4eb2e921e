//! Forms that end, suspend and restore a certificate.

use askama::Template;

use super::{Choice, Field, FieldErrors, FieldGroup, FieldKind, Layout, Text, Values, form};

fn choice(id: &str, th: &str, en: &str) -> Choice {
    Choice::new(id, Text::new(th, en))
}

/// The fields of an end: `reason` (names of the signer's protocol) and `invalid_since` (date, may
/// be empty). The doctor's own reasons leave out the withdrawal of a licence.
fn end_fields(officer: bool, values: &Values, errors: &FieldErrors) -> Vec<Field> {
    let mut reasons = vec![
        choice(
            "key_compromise",
            "พาสคีย์หรือเครื่องหาย ถูกขโมย หรืออาจมีผู้อื่นใช้",
            "Passkey or device lost, stolen, or perhaps used by another",
        ),
        choice("affiliation_changed", "ย้ายหรือพ้นจากหน่วยบริการ", "Left or moved from the service unit"),
        choice("superseded", "ออกใบใหม่แทน", "Replaced by a new certificate"),
        choice("cessation_of_operation", "เลิกใช้", "No longer needed"),
    ];
    if officer {
        reasons.push(choice("privilege_withdrawn", "ใบอนุญาตถูกพักใช้หรือเพิกถอน", "Licence suspended or withdrawn"));
    }
    let reason = Field::new("reason", Text::new("เหตุผล", "Reason"), FieldKind::Choice(reasons));
    vec![reason.filled(values, errors), since_field(values, errors)]
}

fn since_field(values: &Values, errors: &FieldErrors) -> Field {
    let label = Text::new("เกิดเหตุตั้งแต่วันที่ (ถ้าทราบ)", "Since when (if known)");
    Field::new("invalid_since", label, FieldKind::Date)
        .hint("เอกสารที่ลงนามหลังวันนี้จะถูกเตือนแก่ผู้ตรวจสอบ", "Whoever verifies a document signed after this day is warned")
        .filled(values, errors)
}

/// The fields of a batch's end.
pub(super) fn batch_end_group(values: &Values, errors: &FieldErrors) -> FieldGroup {
    FieldGroup {
        title: Text::new("เหตุที่เพิกถอน", "Why they end"), lead: None, fields: end_fields(true, values, errors)
    }
}

/// Ending a certificate, or saying more about its end. Posted back to the page's own address;
/// goes on to the signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "revoke_form.html")]
pub struct RevokeForm {
    /// What every page has.
    pub layout: Layout,
    /// Whose certificate.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// It is revoked already: only more can be said.
    pub amends: bool,
    /// The fields, from [`RevokeForm::groups`] or [`RevokeForm::amend_groups`].
    pub groups: Vec<FieldGroup>,
}

impl RevokeForm {
    /// The fields of a first revocation.
    pub fn groups(officer: bool, values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let fields = end_fields(officer, values, errors);
        vec![FieldGroup {
            title: Text::new("เหตุที่เพิกถอน", "Why it ends"), lead: None, fields
        }]
    }

    /// The fields of a stricter one: the recorded `reason` may stay or become a lost key.
    pub fn amend_groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let reasons = vec![
            choice(
                "key_compromise",
                "พาสคีย์หรือเครื่องหาย ถูกขโมย หรืออาจมีผู้อื่นใช้",
                "Passkey or device lost, stolen, or perhaps used by another",
            ),
            choice("same", "เหตุเดิม แต่เกิดก่อนที่บันทึกไว้", "The reason stays, but it began earlier"),
        ];
        let reason = Field::new("reason", Text::new("สิ่งที่ทราบเพิ่ม", "What is known now"), FieldKind::Choice(reasons));
        vec![FieldGroup {
            title: Text::new("ข้อเท็จจริงเพิ่มเติม", "Further facts"),
            lead: Some(Text::new(
                "บันทึกเพิ่มได้เฉพาะที่เข้มงวดขึ้น เปลี่ยนกลับให้เบาลงไม่ได้",
                "Only what is stricter can be added; nothing can be taken back.",
            )),
            fields: vec![reason.filled(values, errors), since_field(values, errors)],
        }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, amends: bool) -> Self {
        let (values, errors) = (Values::new(), FieldErrors::new());
        Self {
            layout: Layout { path: "/certificates/01a4/revoke".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            licence: "12345".into(),
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".into(),
            amends,
            groups: if amends { Self::amend_groups(&values, &errors) } else { Self::groups(true, &values, &errors) },
        }
    }
}

/// Suspending a certificate at once: the doctor's own words, or an officer's record of a call.
#[derive(Debug, Clone, Template)]
#[template(path = "suspend_form.html")]
pub struct SuspendForm {
    /// What every page has.
    pub layout: Layout,
    /// Whose certificate.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// An officer writes, perhaps for somebody who called.
    pub officer: bool,
    /// The fields, from [`SuspendForm::groups`].
    pub groups: Vec<FieldGroup>,
}

impl SuspendForm {
    /// The fields: `words`; for officers also `caller` and `call_back`.
    pub fn groups(officer: bool, values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let mut groups = Vec::new();
        if officer {
            let caller = Field::new("caller", Text::new("ชื่อผู้โทรแจ้ง", "Who called"), FieldKind::Text)
                .hint("เว้นว่างถ้าท่านทราบเอง", "Leave it empty if you know it yourself");
            let label = Text::new("หมายเลขโทรกลับ", "Number to call back");
            let call_back = Field::new("call_back", label, FieldKind::Text);
            groups.push(FieldGroup {
                title: Text::new("ผู้แจ้ง", "Who reports it"),
                lead: None,
                fields: vec![caller.filled(values, errors), call_back.filled(values, errors)],
            });
        }
        let words = Field::new("words", Text::new("เกิดอะไรขึ้น", "What happened"), FieldKind::LongText).hint(
            "เช่น เครื่องหายเมื่อใด เห็นสิ่งผิดปกติอะไร เก็บแบบเข้ารหัส เปิดอ่านได้เฉพาะเจ้าหน้าที่",
            "For example when the device was lost, or what looked wrong. Kept encrypted, read only by officers.",
        );
        groups.push(FieldGroup {
            title: Text::new("เหตุ", "Why"),
            lead: None,
            fields: vec![words.filled(values, errors)],
        });
        groups
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, officer: bool) -> Self {
        Self {
            layout: Layout { path: "/certificates/01a4/suspend".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            licence: "12345".into(),
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".into(),
            officer,
            groups: Self::groups(officer, &Values::new(), &FieldErrors::new()),
        }
    }
}

/// Ending a suspension: goes on to the signing page.
#[derive(Debug, Clone, Template)]
#[template(path = "restore_form.html")]
pub struct RestoreForm {
    /// What every page has.
    pub layout: Layout,
    /// Whose certificate.
    pub name: String,
    /// Licence number, digits.
    pub licence: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Suspended since (RFC 3339).
    pub since: String,
    /// What the council last said, if that speaks against it.
    pub warning: Option<Text>,
}

impl RestoreForm {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/certificates/01a4/restore".into(), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            licence: "12345".into(),
            serial: "01a4f09c7d5b3e21886fcd1047a9be32c1".into(),
            since: "2026-08-13T02:00:00Z".into(),
            warning: Some(super::LicenceNews::sample().words()),
        }
    }
}
