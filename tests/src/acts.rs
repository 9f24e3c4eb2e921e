//! What persons do, each as one act: come in, record evidence, approve, write, sign, revoke.

use rabrong::demo::browser::{Form, Page};
use rabrong::demo::persons::{EVIDENCE, Passkeys, Person, RA};
use reqwest::Url;

use crate::persons::Physician;
use crate::rows;
use crate::visitor::{Answer, Visitor};
use crate::world::{World, now};

/// What signing gave.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The page that verifies it.
    pub verify_url: String,
    /// The file, for the doctor.
    pub file_url: String,
}

impl Signed {
    /// The verification code.
    ///
    /// # Panics
    /// If the address has none.
    #[must_use]
    pub fn code(&self) -> String {
        code_of(&self.verify_url)
    }
}

/// The code in the address of a verification page.
///
/// # Panics
/// If it has none.
#[must_use]
pub fn code_of(verify_url: &str) -> String {
    let url = Url::parse(verify_url).expect("an address");
    url.path().strip_prefix("/v/").expect("a code").to_owned()
}

/// The answers of an ordinary medical certificate of today.
#[must_use]
pub fn ordinary_answers() -> Vec<(&'static str, String)> {
    let today = today();
    [
        ("applicant_title", "mr"),
        ("applicant_name", "สมชาย ใจดี"),
        ("contact_address", "99/1 หมู่ 4 ตำบลในเมือง อำเภอเมืองขอนแก่น จังหวัดขอนแก่น 40000"),
        ("cid", "0101700230700"),
        ("hx_underlying-state", "none"),
        ("hx_accident_surgery-state", "none"),
        ("hx_admission-state", "text"),
        ("hx_admission", "ผ่าตัดไส้ติ่ง พ.ศ. 2560"),
        ("hx_other-state", "none"),
        ("applicant_confirmed", "yes"),
        ("applicant_sign_date", &today),
        ("exam_place", "โรงพยาบาลขอนแก่น"),
        ("exam_date", &today),
        ("patient_title", "mr"),
        ("patient_name", "สมชาย ใจดี"),
        ("examined_on", &today),
        ("weight_kg", "68.5"),
        ("height_cm", "172"),
        ("blood_pressure_mmhg", "120/80"),
        ("pulse_per_min", "72"),
        ("general_condition-state", "none"),
        ("other_disease", ""),
        ("opinion", "สุขภาพแข็งแรง ปฏิบัติงานได้ตามปกติ"),
    ]
    .map(|(id, value)| (id, value.to_owned()))
    .into()
}

/// Today in Bangkok, as a doctor in Thailand types it: 21/11/2569.
#[must_use]
pub fn today() -> String {
    let bangkok = now() + time::Duration::hours(7);
    let (year, month, day) = bangkok.date().to_calendar_date();
    format!("{day:02}/{:02}/{}", u8::from(month), year + 543)
}

impl World {
    /// A person of the demonstration, signed in at the portal.
    ///
    /// # Panics
    /// If the portal does not let them in.
    pub async fn the(&self, person: &Person) -> Visitor {
        let mut visitor = Visitor::new(Passkeys::open(self.folder()).expect("passkeys").of(person));
        self.logs_in(&mut visitor).await;
        visitor
    }

    /// Signs a person in at the portal.
    ///
    /// # Panics
    /// If the portal does not let them in.
    pub async fn logs_in(&self, visitor: &mut Visitor) {
        let page = visitor.open(self.url("/login")).await.ok();
        visitor.touch(&page).await.ok();
    }

    /// A one-time link, as an administrator prints it.
    ///
    /// # Panics
    /// If none is printed.
    pub async fn invites(&self, role: &str, unit: &str, name: &str) -> String {
        let said = self.rabrong(&["officer", "invite", "--role", role, "--unit", unit, "--name", name]).await.ok();
        said.trim().to_owned()
    }

    /// Makes both passkeys in one go from an invitation; the person and the signing passkey's code.
    ///
    /// # Panics
    /// If one of them is refused.
    pub async fn enrols(&self, link: &str) -> (Visitor, String) {
        let mut visitor = Visitor::stranger();
        let page = visitor.open(link).await.ok();
        let page = visitor.touch(&page).await.ok();
        let page = visitor.touch(&page).await.ok();
        let code = visitor.sees(&page).await.expect("a key code");
        visitor.open(page.link("ticket=").expect("a way back")).await.ok();
        (visitor, code)
    }

    /// A doctor comes in, consents, and says who they are; the last answer of the portal.
    ///
    /// # Panics
    /// If they do not get as far as the last step.
    pub async fn comes_in(&self, physician: &Physician) -> (Visitor, String, Answer) {
        let link = self.invites("doctor", physician.person.unit, &physician.person.name_th()).await;
        let (visitor, code) = self.enrols(&link).await;
        self.consents(&visitor).await;
        let answer = self.says_who(&visitor, physician, &[]).await;
        (visitor, code, answer)
    }

    /// Gives every consent asked for.
    ///
    /// # Panics
    /// If it is not taken.
    pub async fn consents(&self, visitor: &Visitor) {
        let page = visitor.open(self.url("/consent")).await.ok();
        let purposes = page.values_of("purposes");
        let purposes: Vec<(&str, &str)> = purposes.iter().map(|value| ("purposes", value.as_str())).collect();
        visitor.submit(&page.form("/consent").expect("a form"), &purposes).await.ok();
    }

    /// States identity and licence, `other` in place of the right answers.
    ///
    /// # Panics
    /// If there is no form.
    pub async fn says_who(&self, visitor: &Visitor, physician: &Physician, other: &[(&str, &str)]) -> Answer {
        let Physician { person, licence } = physician;
        let page = visitor.open(self.url("/identity")).await.ok();
        let mut fields = vec![
            ("title_th", person.title_th),
            ("given_name_th", person.given_name_th),
            ("surname_th", person.surname_th),
            ("given_name_en", person.given_name_en),
            ("surname_en", person.surname_en),
            ("national_id", person.national_id),
            ("licence", licence),
            ("unit_code", person.unit),
        ];
        fields.retain(|(id, _)| !other.iter().any(|(changed, _)| changed == id));
        fields.extend_from_slice(other);
        visitor.submit(&page.form("/identity").expect("a form"), &fields).await
    }

    /// An evidence officer opens the form of a doctor, found in the queue by licence number.
    ///
    /// # Panics
    /// If the doctor is not in the queue.
    pub async fn evidence_form(&self, officer: &Visitor, licence: &str) -> Answer {
        let queue = officer.open(self.url("/console/evidence")).await.ok();
        officer.open(row_of(&queue, licence, "/console/evidence/")).await
    }

    /// An evidence officer records what they saw of a doctor, and vouches for it on the signer's page.
    ///
    /// # Panics
    /// If there is no form for that doctor.
    pub async fn records_evidence(&self, officer: &mut Visitor, licence: &str, key_code: &str) -> Answer {
        let page = self.evidence_form(officer, licence).await.ok();
        let fields = [
            ("document_seen", "thai_id_card"),
            ("face_matches", "yes"),
            ("licence_status", "active"),
            ("key_code", key_code),
        ];
        let answer = officer.submit(&page.form("/console/evidence/").expect("a form"), &fields).await;
        if answer.status == 200 { officer.touch(&answer.page).await } else { answer }
    }

    /// An RA officer opens a request, found in the queue by licence number.
    ///
    /// # Panics
    /// If there is no such request.
    pub async fn opens_request(&self, officer: &Visitor, licence: &str) -> Answer {
        let queue = officer.open(self.url("/console/requests")).await.ok();
        officer.open(row_of(&queue, licence, "/console/requests/")).await
    }

    /// An RA officer opens a request and proposes to approve it; the answer is the signer's page.
    ///
    /// # Panics
    /// If there is no such request.
    pub async fn proposes_approval(&self, officer: &Visitor, licence: &str) -> Answer {
        let page = self.opens_request(officer, licence).await.ok();
        officer.submit(&page.form("/console/requests/").expect("a form"), &[("decision", "approve")]).await
    }

    /// The whole way of a doctor to a certificate, with the hospital's two officers.
    ///
    /// # Panics
    /// If any step is refused.
    pub async fn certified(&self, physician: &Physician) -> Visitor {
        let (doctor, code, answer) = self.comes_in(physician).await;
        answer.ok();
        let mut evidence = self.the(&EVIDENCE).await;
        self.records_evidence(&mut evidence, physician.licence, &code).await.ok();
        let mut ra = self.the(&RA).await;
        let page = self.proposes_approval(&ra, physician.licence).await.ok();
        ra.touch(&page).await.ok();
        doctor
    }

    /// A doctor fills in a new form, `other` in place of the ordinary answers.
    ///
    /// # Panics
    /// If there is no form.
    pub async fn writes(&self, doctor: &Visitor, other: &[(&'static str, &str)]) -> Answer {
        let list = doctor.open(self.url("/documents")).await.ok();
        let form = doctor.submit(&list.form("/documents").expect("a form"), &[]).await.ok();
        let mut answers = ordinary_answers();
        answers.retain(|(id, _)| !other.iter().any(|(changed, _)| changed == id));
        answers.extend(other.iter().map(|(id, value)| (*id, (*value).to_owned())));
        let answers: Vec<(&str, &str)> = answers.iter().map(|(id, value)| (*id, value.as_str())).collect();
        doctor.submit(&form.form("/documents/").expect("a form"), &answers).await
    }

    /// A doctor writes and goes on to the signer's page.
    ///
    /// # Panics
    /// If the answers are not taken.
    pub async fn proposes_to_sign(&self, doctor: &Visitor) -> Answer {
        let check = self.writes(doctor, &[]).await.ok();
        doctor.submit(&check.form("/sign").expect("a form"), &[]).await
    }

    /// A doctor writes and signs.
    ///
    /// # Panics
    /// If anything is refused.
    pub async fn signs(&self, doctor: &mut Visitor) -> Signed {
        let page = self.proposes_to_sign(doctor).await.ok();
        signed(&doctor.touch(&page).await.ok())
    }

    /// Serial numbers of the certificates that a person may end, newest first.
    ///
    /// # Panics
    /// If the list cannot be read.
    pub async fn revocable(&self, person: &Visitor) -> Vec<String> {
        let page = person.open(self.url("/certificates")).await.ok();
        let pieces = page.html.split("/certificates/").skip(1);
        pieces
            .filter_map(|piece| piece.split_once("/revoke"))
            .map(|(serial, _)| serial.to_owned())
            .filter(|serial| serial.len() == 34)
            .collect()
    }

    /// Proposes to revoke; the answer is the signer's page.
    ///
    /// # Panics
    /// If there is no form.
    pub async fn proposes_revocation(&self, person: &Visitor, serial: &str, reason: &str, since: &str) -> Answer {
        let page = person.open(self.url(&format!("/certificates/{serial}/revoke"))).await.ok();
        let fields = [("reason", reason), ("invalid_since", since)];
        person.submit(&page.form("/revoke").expect("a form"), &fields).await
    }

    /// Revokes.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn revokes(&self, person: &mut Visitor, serial: &str, reason: &str, since: &str) {
        let page = self.proposes_revocation(person, serial, reason, since).await.ok();
        person.touch(&page).await.ok();
    }

    /// Suspends at once: no passkey is asked for. The answer is the certificate's page.
    ///
    /// # Panics
    /// If there is no form.
    pub async fn suspends(&self, person: &Visitor, serial: &str, words: &str) -> Answer {
        let page = person.open(self.url(&format!("/certificates/{serial}/suspend"))).await.ok();
        person.submit(&page.form("/suspend").expect("a form"), &[("words", words)]).await
    }

    /// Proposes to end a suspension; the answer is the signer's page.
    ///
    /// # Panics
    /// If there is no form.
    pub async fn proposes_restoration(&self, officer: &Visitor, serial: &str) -> Answer {
        let page = officer.open(self.url(&format!("/certificates/{serial}/restore"))).await.ok();
        officer.submit(&page.form("/restore").expect("a form"), &[]).await
    }

    /// A form to an address that no page offers, made by hand with the person's own token.
    ///
    /// # Panics
    /// If the person is not signed in.
    pub async fn form_by_hand(&self, person: &Visitor, path: &str) -> Form {
        let tasks = person.open(self.url("/tasks")).await.ok();
        let Form { hidden, .. } = tasks.form("/logout").expect("a form");
        Form { action: Url::parse(&self.url(path)).expect("an address"), hidden }
    }

    /// Waits until the clock shows another second: instants are told in whole ones, and what
    /// was signed in the second of a revocation counts as signed after it.
    pub async fn lets_a_second_pass(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }

    /// How many doctors' certificates the journal knows, issued or recorded.
    pub async fn issued(&self) -> i64 {
        rows::number(self.journal_rows(), "select count(*) from certificate where kind = 'doctor'").await
    }

    /// What the verification interface says of a code.
    pub async fn verdict_of(&self, code: &str) -> serde_json::Value {
        Visitor::stranger().json(self.url(&format!("/api/v1/verify/{code}"))).await
    }
}

/// What the page after signing leads to.
///
/// # Panics
/// If it is not that page.
#[must_use]
pub fn signed(done: &Page) -> Signed {
    let link =
        |part| done.link(part).unwrap_or_else(|error| panic!("{error}: {}", crate::visitor::text(done))).to_string();
    Signed { verify_url: link("/v/"), file_url: link("file.pdf") }
}

/// The verification code that the signer's page shows.
///
/// # Panics
/// If it shows none.
#[must_use]
pub fn code_shown(page: &Page) -> String {
    let is_code = |word: &&str| word.len() == 26 && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let text = crate::visitor::text(page);
    text.split(|c: char| !c.is_ascii_alphanumeric()).find(is_code).expect("a code").to_owned()
}

/// The link with `part` in the row of a queue that shows a licence number.
///
/// # Panics
/// If there is none.
fn row_of(queue: &Page, licence: &str, part: &str) -> Url {
    let shown = format!("ว.{licence}");
    let row = queue.html.split("<tr").find(|row| row.contains(&shown)).unwrap_or_else(|| panic!("no row of {shown}"));
    Page { url: queue.url.clone(), html: row.to_owned() }.link(part).expect("a link")
}
