//! One certificate: what it says, how it stands, what became of it, where that can be seen, and
//! what this person may do to it.

use askama::Template;

use super::{CertificateState, Layout, LicenceNews, Policy, Technical, Text};

/// A certificate, for its doctor and for the officers over its unit.
#[derive(Debug, Clone, Template)]
#[template(path = "certificate_page.html")]
pub struct CertificatePage {
    /// What every page has.
    pub layout: Layout,
    /// Name, in Thai.
    pub name: String,
    /// How it stands.
    pub state: CertificateState,
    /// The policy it was issued under, if it can be read.
    pub policy: Option<Policy>,
    /// What it says: (label, value).
    pub facts: Vec<(Text, String)>,
    /// What the council last said of the licence.
    pub news: LicenceNews,
    /// What became of it, oldest first.
    pub history: Vec<HistoryLine>,
    /// Where its state can be seen; none while nothing has become of it.
    pub published: Option<Published>,
    /// On whose word it was suspended; for officers only.
    pub reports: Vec<ReportLine>,
    /// What this person may do: (address, label).
    pub acts: Vec<(String, Text)>,
    /// Technical details.
    pub technical: Vec<Technical>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// When (RFC 3339).
    pub at: String,
    /// What, why and by whose word.
    pub what: Text,
    /// Since when the key or the right is believed lost (RFC 3339).
    pub invalid_since: Option<String>,
}

/// Where the state is visible already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// When it was decided (RFC 3339).
    pub decided_at: Option<String>,
    /// Since when every answer to a question about it says so (RFC 3339); none if not all do yet.
    pub answers_since: Option<String>,
    /// Number of the published list that says so, and its time (RFC 3339).
    pub list: Option<(i64, String)>,
    /// While no list does: by when one will (RFC 3339).
    pub list_due_by: Option<String>,
    /// The list's address.
    pub list_url: Option<String>,
}

/// A report that led to a suspension.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// When (RFC 3339).
    pub at: String,
    /// Who called, and the number to call back; none if nobody did.
    pub caller: Option<(String, String)>,
    /// What was said.
    pub words: String,
    /// Who wrote it down.
    pub written_by: String,
}

impl std::fmt::Debug for ReportLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReportLine").field("at", &self.at).finish_non_exhaustive()
    }
}

impl HistoryLine {
    /// An event in words. `kind`, `reason` and `source` are names of the signer's protocol.
    pub fn new(at: &str, kind: &str, reason: &str, source: &str, invalid_since: Option<String>) -> Self {
        let (act_th, act_en) = match kind {
            "revoke" => ("เพิกถอน", "Revoked"),
            "hold" => ("ระงับชั่วคราว", "Suspended"),
            "lift" => ("คืน", "Restored"),
            "amend" => ("บันทึกให้เข้มขึ้น", "Made stricter"),
            other => (other, other),
        };
        let (by_th, by_en) = match source {
            "activation" => ("ยืนยันด้วยพาสคีย์", "confirmed with a passkey"),
            "hotline" => ("ตามที่มีผู้แจ้ง", "on a report"),
            "licence_feed" => ("ตามทะเบียนแพทยสภา", "by the Medical Council's register"),
            "termination" => ("ผู้ออกใบรับรองเลิกให้บริการ", "the issuer ended its service"),
            other => (other, other),
        };
        let why = if matches!(kind, "hold" | "lift") { None } else { Some(reason_words(reason)) };
        let what = match why {
            Some(why) => {
                Text::new(format!("{act_th}: {} ({by_th})", why.th), format!("{act_en}: {} ({by_en})", why.en))
            }
            None => Text::new(format!("{act_th} ({by_th})"), format!("{act_en} ({by_en})")),
        };
        Self { at: at.to_owned(), what, invalid_since }
    }
}

/// The words for a reason of the signer's protocol.
fn reason_words(reason: &str) -> Text {
    match reason {
        "key_compromise" => Text::new("กุญแจลงนามอาจถูกผู้อื่นใช้", "the signing key may have been used by another"),
        "affiliation_changed" => Text::new("พ้นจากหน่วยบริการ", "left the service unit"),
        "superseded" => Text::new("ออกใบใหม่แทน", "replaced"),
        "cessation_of_operation" => Text::new("เลิกใช้", "no longer needed"),
        "privilege_withdrawn" => Text::new("ใบอนุญาตถูกพักใช้หรือเพิกถอน", "licence suspended or withdrawn"),
        other => Text::same(other),
    }
}

impl CertificatePage {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout, state: CertificateState) -> Self {
        let revoked = state == CertificateState::Revoked;
        let mut history = vec![HistoryLine::new("2026-08-13T02:00:00Z", "hold", "certificate_hold", "hotline", None)];
        let serial = "01a4f09c7d5b3e21886fcd1047a9be32c1";
        if revoked {
            let since = Some("2026-08-12T17:00:00Z".to_owned());
            history.push(HistoryLine::new("2026-08-14T03:00:00Z", "revoke", "key_compromise", "activation", since));
        }
        let act = |path: &str, th: &str, en: &str| (format!("/certificates/{serial}/{path}"), Text::new(th, en));
        Self {
            layout: Layout { path: format!("/certificates/{serial}"), ..layout },
            name: "แพทย์หญิงกานดา ใจดี".into(),
            state,
            policy: Some(Policy::sample()),
            facts: vec![
                (Text::new("ชื่อภาษาอังกฤษ", "Name in English"), "Kanda Jaidee".into()),
                (Text::new("เลขที่ใบอนุญาต", "Licence"), "ว.12345".into()),
                (Text::new("หน่วยบริการ", "Service unit"), "โรงพยาบาลสาธิตมหาราชนครเชียงใหม่".into()),
                (Text::new("หมายเลขใบรับรอง", "Serial number"), serial.into()),
            ],
            news: LicenceNews::Active("2026-08-14T02:00:00Z".into()),
            history,
            published: Some(Published {
                decided_at: Some("2026-08-14T03:00:00Z".into()),
                answers_since: Some("2026-08-14T03:00:00Z".into()),
                list: revoked.then(|| (128, "2026-08-14T03:00:41Z".to_owned())),
                list_due_by: (!revoked).then(|| "2026-08-14T03:01:00Z".to_owned()),
                list_url: Some("/crl/3.crl".into()),
            }),
            reports: vec![ReportLine {
                at: "2026-08-13T01:58:00Z".into(),
                caller: Some(("กานดา ใจดี".into(), "08 1234 5678".into())),
                words: "โทรศัพท์หายบนรถไฟฟ้าเมื่อเช้า".into(),
                written_by: "ริตา นายทะเบียน".into(),
            }],
            acts: if revoked {
                vec![act("amend", "บันทึกให้เข้มขึ้น", "Make it stricter")]
            } else {
                vec![act("restore", "คืนใบรับรอง", "Restore it"), act("revoke", "เพิกถอน", "Revoke it")]
            },
            technical: vec![Technical {
                label: Text::new("ค่าแฮชของใบรับรอง (SHA-256)", "Certificate hash (SHA-256)"),
                value: "22".repeat(32),
            }],
        }
    }
}
