//! Erasing a document: asked for, confirmed, done.

use askama::Template;

use super::{Field, FieldErrors, FieldGroup, FieldKind, Layout, Text, Values, form};

/// Which document and why. Posted to `/console/erasures`; goes on to the second page.
#[derive(Debug, Clone, Template)]
#[template(path = "erasure_ask.html")]
pub struct ErasureAsk {
    /// What every page has.
    pub layout: Layout,
    /// The fields, from [`ErasureAsk::groups`].
    pub groups: Vec<FieldGroup>,
}

impl ErasureAsk {
    /// The fields: `code`, `asked_by`, `words`.
    pub fn groups(values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let code =
            Field::new("code", Text::new("รหัสตรวจสอบของเอกสาร", "The document's verification code"), FieldKind::Text)
                .hint("26 ตัว อยู่ใต้คิวอาร์โค้ด", "26 characters, under the QR code");
        let asked_by = Field::new("asked_by", Text::new("ใครขอให้ลบ", "Who asks for it"), FieldKind::Text).hint(
            "เช่น ผู้ป่วย ผู้แทนโดยชอบธรรม หรือครบกำหนดเก็บรักษา",
            "The patient, a legal representative, or the end of the time of keeping",
        );
        let words = Field::new(
            "words",
            Text::new("เหตุผล และท่านตรวจสอบอย่างไร", "Why, and how you checked it"),
            FieldKind::LongText,
        );
        vec![FieldGroup {
            title: Text::new("เอกสารใด เพราะเหตุใด", "Which one, and why"),
            lead: None,
            fields: [code, asked_by, words].map(|field| field.filled(values, errors)).into(),
        }]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let values: Values = [("asked_by", "ผู้ป่วย"), ("words", "ผู้ป่วยขอใช้สิทธิลบข้อมูล ตรวจบัตรประชาชนแล้ว")]
            .map(|(id, value)| (id.to_owned(), value.to_owned()))
            .into();
        Self {
            layout: Layout { path: "/console/erasures".into(), ..layout },
            groups: Self::groups(&values, &FieldErrors::new()),
        }
    }
}

/// Once more before it is final; afterwards, how far it has come.
#[derive(Debug, Clone, Template)]
#[template(path = "erasure_confirm.html")]
pub struct ErasureConfirm {
    /// What every page has.
    pub layout: Layout,
    /// Book.
    pub book: String,
    /// Number, to be typed once more.
    pub number: String,
    /// What kind of document.
    pub kind: Text,
    /// The unit.
    pub unit: Text,
    /// When it was signed (RFC 3339), if it was.
    pub signed_at: Option<String>,
    /// Who asked.
    pub asked_by: String,
    /// Why.
    pub words: String,
    /// When it was confirmed (RFC 3339).
    pub confirmed_at: Option<String>,
    /// When nothing was left to erase (RFC 3339).
    pub done_at: Option<String>,
    /// The public page that will say so.
    pub verify_url: Option<String>,
    /// What is wrong with the number typed.
    pub error: Option<Text>,
}

impl ErasureConfirm {
    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        let line = |error: &Text| ("number".to_owned(), self.layout.text(error).to_owned());
        self.error.iter().map(line).collect()
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, done: bool) -> Self {
        let at = |text: &str| done.then(|| text.to_owned());
        Self {
            layout: Layout { path: "/console/erasures/1".into(), ..layout },
            book: "10670/2569".into(),
            number: "000123".into(),
            kind: Text::new("ใบรับรองแพทย์ (แบบ 2 ส่วน)", "Medical certificate (two-part)"),
            unit: Text::new("โรงพยาบาลสาธิตมหาราชนครเชียงใหม่", "Maharaj Nakorn Chiang Mai Demonstration Hospital"),
            signed_at: Some("2026-08-14T03:25:00Z".into()),
            asked_by: "ผู้ป่วย".into(),
            words: "ผู้ป่วยขอใช้สิทธิลบข้อมูล ตรวจบัตรประชาชนแล้ว".into(),
            confirmed_at: at("2026-08-20T03:19:00Z"),
            done_at: at("2026-08-20T03:20:00Z"),
            verify_url: Some("/v/4Q7TRX1MZ0K8WB5N2HDC6YFGJA".into()),
            error: None,
        }
    }
}
