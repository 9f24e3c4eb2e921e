//! A person's own pages: what waits for me, who I am, what I agree to, how my request stands.

use askama::Template;

use super::{Choice, Field, FieldErrors, FieldGroup, FieldKind, Layout, Text, Values, form};

/// The home of a signed-in person: what waits for me, first.
#[derive(Debug, Clone, Template)]
#[template(path = "task_list.html")]
pub struct TaskList {
    /// What every page has.
    pub layout: Layout,
    /// What the person is here: role and unit, one line each.
    pub roles: Vec<Text>,
    /// What waits for this person.
    pub waiting: Vec<Task>,
    /// What else this person can do or look at.
    pub other: Vec<Task>,
    /// What was just done, if anything.
    pub done: Option<Text>,
}

/// One line of the task list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What to do.
    pub title: Text,
    /// What it is about, if it needs saying.
    pub hint: Option<Text>,
    /// Where it is done; none while it cannot be done yet.
    pub url: Option<String>,
    /// How it stands.
    pub state: TaskState,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Waits for this person.
    ToDo,
    /// So many items wait.
    Count(u64),
    /// Somebody else must act first.
    WaitingForOthers,
    /// An earlier step must be done first.
    NotYet,
    /// Done.
    Done,
    /// Something to open, with no state of its own.
    Open,
}

impl Task {
    /// The words of the state in a page's language.
    pub fn state_words(&self, layout: &Layout) -> String {
        match self.state {
            TaskState::ToDo => layout.t("ต้องทำ", "To do").to_owned(),
            TaskState::Count(count) => match layout.lang {
                super::Lang::Th => format!("{count} รายการ"),
                super::Lang::En if count == 1 => "1 item".to_owned(),
                super::Lang::En => format!("{count} items"),
            },
            TaskState::WaitingForOthers => layout.t("รอผู้อื่น", "Waiting for others").to_owned(),
            TaskState::NotYet => layout.t("ยังทำไม่ได้", "Cannot start yet").to_owned(),
            TaskState::Done => layout.t("เสร็จแล้ว", "Done").to_owned(),
            TaskState::Open => String::new(),
        }
    }

    /// The colour of the state's tag.
    pub const fn tone(&self) -> &'static str {
        match self.state {
            TaskState::ToDo => "amber",
            TaskState::Count(0) | TaskState::NotYet | TaskState::Open => "grey",
            TaskState::Count(_) | TaskState::WaitingForOthers => "blue",
            TaskState::Done => "green",
        }
    }
}

impl TaskList {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let task = |th: &str, en: &str, url: &str, state| Task {
            title: Text::new(th, en),
            hint: None,
            url: (!url.is_empty()).then(|| url.to_owned()),
            state,
        };
        Self {
            layout,
            roles: vec![Text::new("แพทย์ผู้ลงนาม โรงพยาบาลสาธิต", "Signing doctor, Demonstration Hospital")],
            waiting: vec![
                Task {
                    hint: Some(Text::new(
                        "กรอกชื่อ เลขประจำตัวประชาชน และเลขที่ใบอนุญาต",
                        "Give your name, citizen ID and licence number",
                    )),
                    ..task("ยืนยันตัวตนของท่าน", "Say who you are", "/doctor/identity", TaskState::ToDo)
                },
                task("ลงนามใบรับรองแพทย์ที่เตรียมไว้", "Sign the certificates prepared", "/documents", TaskState::Count(3)),
                task(
                    "รอนายทะเบียนอนุมัติคำขอ",
                    "Request with the registration officer",
                    "/doctor/request",
                    TaskState::WaitingForOthers,
                ),
            ],
            other: vec![
                task("เขียนใบรับรองแพทย์ฉบับใหม่", "Write a new medical certificate", "/documents/new", TaskState::Open),
                task("เอกสารของท่านทั้งหมด", "All your documents", "/documents", TaskState::Open),
                task("ใบรับรองลายมือชื่อของท่าน", "Your signing certificate", "/certificates", TaskState::Open),
            ],
            done: None,
        }
    }
}

/// A doctor says who they are. Posted back to the page's own address.
#[derive(Debug, Clone, Template)]
#[template(path = "doctor_identity.html")]
pub struct DoctorIdentity {
    /// What every page has.
    pub layout: Layout,
    /// The fields, from [`DoctorIdentity::groups`].
    pub groups: Vec<FieldGroup>,
}

impl DoctorIdentity {
    /// The fields: `title_th`, `given_name_th`, `surname_th`, `given_name_en`, `surname_en`,
    /// `national_id`, `licence`, `unit_code`; filled with what is stored or was posted.
    pub fn groups(units: Vec<Choice>, values: &Values, errors: &FieldErrors) -> Vec<FieldGroup> {
        let field = |id: &str, th: &str, en: &str, kind| Field::new(id, Text::new(th, en), kind);
        let titles = ["นายแพทย์", "แพทย์หญิง"].map(|title| Choice::new(title, Text::same(title)));
        let name = vec![
            field("title_th", "คำนำหน้า", "Title", FieldKind::Choice(titles.to_vec())),
            field("given_name_th", "ชื่อ (ไทย)", "Given name in Thai", FieldKind::Text),
            field("surname_th", "นามสกุล (ไทย)", "Surname in Thai", FieldKind::Text),
            field("given_name_en", "ชื่อ (อังกฤษ)", "Given name in English", FieldKind::Text)
                .hint("สะกดตามใบอนุญาตหรือหนังสือเดินทาง", "As on the licence or passport"),
            field("surname_en", "นามสกุล (อังกฤษ)", "Surname in English", FieldKind::Text),
        ];
        let proof = vec![
            field("national_id", "เลขประจำตัวประชาชน", "Citizen ID number", FieldKind::NationalId)
                .hint("ตัวเลข 13 หลัก", "13 digits"),
            field("licence", "ใบอนุญาตประกอบวิชาชีพเวชกรรมเลขที่", "Medical licence number", FieldKind::Licence)
                .hint("เช่น ว.12345", "For example ว.12345"),
            field("unit_code", "หน่วยบริการที่ปฏิบัติงาน", "Service unit where you work", FieldKind::Select(units)),
        ];
        let filled = |fields: Vec<Field>| fields.into_iter().map(|field| field.filled(values, errors)).collect();
        vec![
            FieldGroup { title: Text::new("ชื่อ", "Name"), lead: None, fields: filled(name) },
            FieldGroup {
                title: Text::new("ตัวตนและใบอนุญาต", "Identity and licence"),
                lead: None,
                fields: filled(proof),
            },
        ]
    }

    /// Errors for the summary: (anchor, words).
    pub fn errors(&self) -> Vec<(String, String)> {
        form::summary(&self.groups, self.layout.lang)
    }

    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let units = vec![Choice::new("10670", Text::new("โรงพยาบาลสาธิต", "Demonstration Hospital"))];
        let values = Values::from(
            [("title_th", "แพทย์หญิง"), ("given_name_th", "กานดา"), ("surname_th", "ใจดี"), ("national_id", "11111")]
                .map(|(id, value)| (id.to_owned(), value.to_owned())),
        );
        let wrong = Text::new("ต้องมีตัวเลข 13 หลัก", "This must have 13 digits");
        let errors = FieldErrors::from([("national_id".to_owned(), wrong)]);
        Self {
            layout: Layout { path: "/doctor/identity".into(), ..layout },
            groups: Self::groups(units, &values, &errors),
        }
    }
}

/// A doctor reads the privacy notice and consents. Posts `purposes` (one per box ticked) and
/// `notice_version`.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct Consent {
    /// What every page has.
    pub layout: Layout,
    /// Version of the notice.
    pub notice_version: String,
    /// The notice, paragraph by paragraph.
    pub notice: Vec<Text>,
    /// Purposes to consent to.
    pub purposes: Vec<ConsentPurpose>,
    /// When it was given (RFC 3339), if it was: the page then offers to withdraw.
    pub given_at: Option<String>,
    /// What is wrong with what was posted.
    pub error: Option<Text>,
}

/// A purpose of processing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentPurpose {
    /// What is posted.
    pub id: String,
    /// What it is for.
    pub label: Text,
    /// What it means.
    pub detail: Text,
    /// Without it there is no certificate.
    pub needed: bool,
    /// Ticked.
    pub given: bool,
}

impl Consent {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        Self {
            layout: Layout { path: "/doctor/consent".into(), ..layout },
            notice_version: "1.0".into(),
            notice: vec![Text::new(
                "เราเก็บชื่อ เลขประจำตัวประชาชน เลขที่ใบอนุญาต และหลักฐานการพิสูจน์ตัวตนของท่าน เพื่อออกใบรับรองลายมือชื่อดิจิทัล",
                "We keep your name, citizen ID, licence number and identity evidence in order to issue your signing certificate.",
            )],
            purposes: vec![
                ConsentPurpose {
                    id: "issue".into(),
                    label: Text::new("ออกใบรับรองลายมือชื่อ", "Issue a signing certificate"),
                    detail: Text::new(
                        "ใช้ข้อมูลของท่านเพื่อออกและดูแลใบรับรอง",
                        "Your data are used to issue the certificate and look after it",
                    ),
                    needed: true,
                    given: false,
                },
                ConsentPurpose {
                    id: "publish".into(),
                    label: Text::new(
                        "แสดงชื่อและเลขที่ใบอนุญาตแก่ผู้ตรวจสอบเอกสาร",
                        "Show name and licence number to those who verify",
                    ),
                    detail: Text::new(
                        "ผู้ที่ถือเอกสารจะเห็นชื่อ เลขที่ใบอนุญาต และหน่วยงานของท่าน",
                        "Whoever holds a document sees your name, licence number and unit",
                    ),
                    needed: true,
                    given: false,
                },
            ],
            given_at: None,
            error: None,
        }
    }
}

/// How a doctor's request for a certificate stands.
#[derive(Debug, Clone, Template)]
#[template(path = "request_status.html")]
pub struct RequestStatus {
    /// What every page has.
    pub layout: Layout,
    /// Where it stands.
    pub state: RequestState,
    /// The steps, in order.
    pub steps: Vec<RequestStep>,
    /// The way to the signer's page that shows the code of the signing passkey to who holds it.
    pub key_code_url: Option<String>,
    /// What the officer wrote, if they returned or rejected it.
    pub officer_note: Option<String>,
    /// What the doctor can do now: words and address of the button.
    pub action: Option<(Text, String)>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// The doctor has something left to do.
    Incomplete,
    /// With the officers.
    Submitted,
    /// Sent back for correction.
    Returned,
    /// Refused.
    Rejected,
    /// The certificate exists.
    Issued,
}

impl RequestState {
    /// In a page's language.
    pub const fn words(self, layout: &Layout) -> &'static str {
        match self {
            Self::Incomplete => layout.t("ยังไม่ครบ", "Not complete"),
            Self::Submitted => layout.t("รอนายทะเบียน", "With the registration officer"),
            Self::Returned => layout.t("ส่งกลับให้แก้ไข", "Returned for correction"),
            Self::Rejected => layout.t("ไม่อนุมัติ", "Rejected"),
            Self::Issued => layout.t("ออกใบรับรองแล้ว", "Certificate issued"),
        }
    }

    /// The colour of the tag.
    pub const fn tone(self) -> &'static str {
        match self {
            Self::Incomplete | Self::Returned => "amber",
            Self::Submitted => "blue",
            Self::Rejected => "red",
            Self::Issued => "green",
        }
    }
}

/// A step of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStep {
    /// What.
    pub title: Text,
    /// When it was done (RFC 3339); none if it was not.
    pub done_at: Option<String>,
    /// By whom, or what it waits for.
    pub note: Option<Text>,
}

impl RequestStatus {
    /// As the tests and pictures want it.
    pub fn sample(layout: Layout) -> Self {
        let step = |th: &str, en: &str, done: Option<&str>| RequestStep {
            title: Text::new(th, en),
            done_at: done.map(str::to_owned),
            note: None,
        };
        Self {
            layout: Layout { path: "/doctor/request".into(), ..layout },
            state: RequestState::Submitted,
            steps: vec![
                step("ยืนยันตัวตน", "Identity given", Some("2026-08-10T02:10:00Z")),
                step("ให้ความยินยอม", "Consent given", Some("2026-08-10T02:12:00Z")),
                step("สร้างพาสคีย์สำหรับลงนาม", "Signing passkey created", Some("2026-08-10T02:14:00Z")),
                step("เจ้าหน้าที่ตรวจหลักฐาน", "Evidence seen by an officer", Some("2026-08-11T03:00:00Z")),
                RequestStep {
                    note: Some(Text::new("รอนายทะเบียนของจังหวัด", "With the provincial registration officer")),
                    ..step("อนุมัติและออกใบรับรอง", "Approved and issued", None)
                },
            ],
            key_code_url: Some("/signing-passkey/code".into()),
            officer_note: None,
            action: None,
        }
    }
}
