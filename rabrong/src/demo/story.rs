//! The story, told unattended by the demonstration's persons through the same pages that
//! people use: officers come in and are appointed, a doctor is proofed and approved, a
//! certificate is signed.

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use web::workflow::{Invite, Role, invite};

use super::Stage;
use super::browser::{Browser, Page};
use super::persons::{CENTRAL_ONE, CENTRAL_TWO, DOCTOR, EVIDENCE, PROVINCE, Passkeys, Person, RA};
use crate::outputs::pem;
use crate::{output, wiring};

/// Licence number of the demonstration's doctor; the council's stand-in knows it.
const LICENCE: &str = "12345";

/// What the story leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// The page behind the QR code of the certificate that was signed.
    pub verify_url: String,
    /// The signed file's address at the portal, for the doctor.
    pub file_url: String,
    /// Serial number of the doctor's certificate.
    pub serial: String,
}

/// What a visitor may open; the page of the demonstration shows it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Visit {
    /// The page of the certificate that was signed.
    pub verify_url: String,
    /// A one-time link for a doctor.
    pub doctor: String,
    /// One for an evidence officer of the hospital.
    pub evidence_officer: String,
    /// One for an RA officer of the hospital.
    pub ra_officer: String,
}

impl Visit {
    const FILE: &'static str = "visit.json";

    /// What the last start left in the demonstration's folder.
    #[must_use]
    pub fn read(folder: &std::path::Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(Self::FILE)).ok()?).ok()
    }

    fn keep(&self, folder: &std::path::Path) -> anyhow::Result<()> {
        Ok(crate::files::write_secret(&folder.join(Self::FILE), &serde_json::to_string(self)?)?)
    }
}

/// The story's teller.
#[derive(Debug)]
pub struct Story<'a> {
    stage: &'a Stage,
}

/// A central officer as the ceremony left them.
#[derive(Debug, Deserialize)]
struct Central {
    person_id: String,
}

impl<'a> Story<'a> {
    /// Takes the stage.
    #[must_use]
    pub fn on(stage: &'a Stage) -> Self {
        Self { stage }
    }

    /// Tells what is not told yet: a second call only says what there is.
    ///
    /// # Errors
    /// The step that failed.
    pub async fn tell(self) -> anyhow::Result<Told> {
        let kept = self.stage.installation.folder().join("story.json");
        if let Ok(bytes) = std::fs::read(&kept) {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        output::line("central officers open the portal …");
        let central = self.central_officers().await?;
        output::line("officers of the province and the hospital come in and are appointed …");
        self.officer_comes_in(&PROVINCE).await.context("province")?;
        self.appoints(&central).await.context("the central officer appoints the province's")?;
        for officer in [EVIDENCE, RA] {
            self.officer_comes_in(&officer).await.context(officer.key)?;
            self.appoints(&PROVINCE).await.context("the province's officer appoints the hospital's")?;
        }
        output::line("a doctor comes in, is proofed and approved …");
        let key_code = self.doctor_comes_in().await.context("the doctor comes in")?;
        self.evidence_is_recorded(&key_code).await.context("evidence")?;
        self.request_is_approved().await.context("approval")?;
        output::line("the doctor signs a medical certificate …");
        let told = self.doctor_signs().await.context("signing")?;
        std::fs::write(kept, serde_json::to_vec_pretty(&told)?)?;
        Ok(told)
    }

    /// A fresh one-time link per role, kept for the demonstration's page.
    ///
    /// # Errors
    /// If the portal's database or the signer cannot be reached.
    pub async fn invite_visitors(self, told: &Told) -> anyhow::Result<Visit> {
        let link = async |role, name| self.link(role, "10670", name, None).await;
        let visit = Visit {
            verify_url: told.verify_url.clone(),
            doctor: link(Role::Doctor, "แพทย์ผู้มาเยือน").await?,
            evidence_officer: link(Role::EvidenceOfficer, "เจ้าหน้าที่ผู้มาเยือน").await?,
            ra_officer: link(Role::RaOfficer, "นายทะเบียนผู้มาเยือน").await?,
        };
        visit.keep(self.stage.installation.folder())?;
        Ok(visit)
    }

    async fn link(&self, role: Role, unit: &str, name: &str, person_id: Option<&str>) -> anyhow::Result<String> {
        let app = wiring::portal_app(&self.stage.configuration, None).await?;
        let link = invite(&app, Invite { role, unit_code: unit, name, invited_by: "", person_id }).await?;
        Ok(link)
    }

    fn browser(&self, person: &Person) -> anyhow::Result<Browser> {
        Browser::new(Passkeys::open(self.stage.installation.folder())?.of(person))
    }

    fn keep(&self, person: &Person, browser: Browser) -> anyhow::Result<()> {
        Passkeys::open(self.stage.installation.folder())?.keep(person, browser.passkeys)
    }

    async fn central_officers(&self) -> anyhow::Result<Person> {
        let file = self.stage.installation.ceremony_folder().join("persons.json");
        let persons: Vec<Central> = serde_json::from_slice(&std::fs::read(file)?)?;
        for (person, central) in [CENTRAL_ONE, CENTRAL_TWO].iter().zip(&persons) {
            let link = self.link(Role::Central, person.unit, &person.name_th(), Some(&central.person_id)).await?;
            let mut browser = self.browser(person)?;
            let page = browser.open(&link).await?;
            browser.press_login_passkey(&page).await?;
            self.says_who(&browser, person, &[]).await?;
            self.keep(person, browser)?;
        }
        Ok(CENTRAL_ONE)
    }

    async fn officer_comes_in(&self, person: &Person) -> anyhow::Result<()> {
        let role = Role::parse(person.role).context("role")?;
        let link = self.link(role, person.unit, &person.name_th(), None).await?;
        let mut browser = self.browser(person)?;
        self.enrols(&mut browser, &link).await?;
        self.says_who(&browser, person, &[]).await?;
        self.keep(person, browser)
    }

    /// Both passkeys in one go; the key code of the signing one.
    async fn enrols(&self, browser: &mut Browser, link: &str) -> anyhow::Result<String> {
        let page = browser.open(link).await?;
        let page = browser.press_login_passkey(&page).await?;
        let page = browser.press_signing_passkey(&page).await?;
        let code = browser.read_with_signing_passkey(&page).await?;
        browser.open(page.link("ticket=")?.as_str()).await?;
        Ok(code)
    }

    async fn says_who(&self, browser: &Browser, person: &Person, more: &[(&str, &str)]) -> anyhow::Result<Page> {
        let page = browser.open(&self.url("/identity")).await?;
        let mut fields = vec![
            ("title_th", person.title_th),
            ("given_name_th", person.given_name_th),
            ("surname_th", person.surname_th),
            ("given_name_en", person.given_name_en),
            ("surname_en", person.surname_en),
            ("national_id", person.national_id),
        ];
        fields.extend_from_slice(more);
        browser.submit(&page.form("/identity")?, &fields).await
    }

    async fn logs_in(&self, person: &Person) -> anyhow::Result<Browser> {
        let mut browser = self.browser(person)?;
        let page = browser.open(&self.url("/login")).await?;
        browser.press_login_passkey(&page).await?;
        Ok(browser)
    }

    async fn appoints(&self, person: &Person) -> anyhow::Result<()> {
        let mut browser = self.logs_in(person).await?;
        let queue = browser.open(&self.url("/console/appointments")).await?;
        let page = browser.submit(&queue.form("/console/appointments/")?, &[]).await?;
        browser.press_signing_passkey(&page).await?;
        Ok(())
    }

    async fn doctor_comes_in(&self) -> anyhow::Result<String> {
        let link = self.link(Role::Doctor, DOCTOR.unit, &DOCTOR.name_th(), None).await?;
        let mut browser = self.browser(&DOCTOR)?;
        let code = self.enrols(&mut browser, &link).await?;
        let consent = browser.open(&self.url("/consent")).await?;
        let purposes: Vec<(&str, String)> =
            consent.values_of("purposes").into_iter().map(|value| ("purposes", value)).collect();
        let purposes: Vec<(&str, &str)> = purposes.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(&consent.form("/consent")?, &purposes).await?;
        self.says_who(&browser, &DOCTOR, &[("licence", LICENCE), ("unit_code", DOCTOR.unit)]).await?;
        self.keep(&DOCTOR, browser)?;
        Ok(code)
    }

    async fn evidence_is_recorded(&self, key_code: &str) -> anyhow::Result<()> {
        let mut browser = self.logs_in(&EVIDENCE).await?;
        let queue = browser.open(&self.url("/console/evidence")).await?;
        let page = browser.open(queue.link("/console/evidence/")?.as_str()).await?;
        let fields = [
            ("document_seen", "thai_id_card"),
            ("face_matches", "yes"),
            ("licence_status", "active"),
            ("key_code", key_code),
        ];
        let page = browser.submit(&page.form("/console/evidence/")?, &fields).await?;
        browser.press_signing_passkey(&page).await?;
        Ok(())
    }

    async fn request_is_approved(&self) -> anyhow::Result<()> {
        let mut browser = self.logs_in(&RA).await?;
        let queue = browser.open(&self.url("/console/requests")).await?;
        let page = browser.open(queue.link("/console/requests/")?.as_str()).await?;
        let page = browser.submit(&page.form("/console/requests/")?, &[("decision", "approve")]).await?;
        browser.press_signing_passkey(&page).await?;
        Ok(())
    }

    async fn doctor_signs(&self) -> anyhow::Result<Told> {
        let mut browser = self.logs_in(&DOCTOR).await?;
        let list = browser.open(&self.url("/documents")).await?;
        let form = browser.submit(&list.form("/documents")?, &[]).await?;
        let today = pdf::date::iso(pdf::date::bangkok(crate::edge::clock().now()).date());
        let fields = [
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
            ("applicant_sign_date", today.as_str()),
            ("exam_place", "โรงพยาบาลขอนแก่น"),
            ("exam_date", today.as_str()),
            ("patient_title", "mr"),
            ("patient_name", "สมชาย ใจดี"),
            ("examined_on", today.as_str()),
            ("weight_kg", "68.5"),
            ("height_cm", "172"),
            ("blood_pressure_mmhg", "120/80"),
            ("pulse_per_min", "72"),
            ("general_condition-state", "none"),
            ("other_disease", ""),
            ("opinion", "สุขภาพแข็งแรง ปฏิบัติงานได้ตามปกติ"),
        ];
        let check = browser.submit(&form.form("/documents/")?, &fields).await?;
        let page = browser.submit(&check.form("/sign")?, &[]).await?;
        let done = browser.press_signing_passkey(&page).await?;
        let verify_url = done.link("/v/").context("no verification link after signing")?.to_string();
        let file_url = done.link("file.pdf")?.to_string();
        let certificates = browser.open(&self.url("/certificates")).await?;
        let revoke = certificates.link("/revoke")?;
        let serial = revoke.path().split('/').nth(2).unwrap_or_default().to_owned();
        ensure!(!serial.is_empty(), "no certificate on the doctor's list");
        Ok(Told { verify_url, file_url, serial })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stage.configuration.public_url)
    }
}

/// The files of `rabrong demo`.
///
/// # Errors
/// If one cannot be fetched or written.
pub async fn leave_files(stage: &Stage, told: &Told, folder: &std::path::Path) -> anyhow::Result<()> {
    let public = &stage.configuration.public_url;
    let mut doctor = Browser::new(Passkeys::open(stage.installation.folder())?.of(&DOCTOR))?;
    let page = doctor.open(&format!("{public}/login")).await?;
    doctor.press_login_passkey(&page).await?;
    std::fs::write(folder.join("certificate.pdf"), doctor.download(&told.file_url).await?)?;
    let anyone = Browser::new(Passkeys::open(stage.installation.folder())?.of(&DOCTOR))?;
    let mut ders = Vec::new();
    for name in ["root", "issuing"] {
        let der = anyone.download(&format!("{public}/ca/{name}.cer")).await?;
        std::fs::write(folder.join(format!("{name}.pem")), pem("CERTIFICATE", &der))?;
        ders.push(der);
    }
    // The unit that makes time-stamps, and the CA above it.
    let made = |name: &str| std::fs::read_to_string(stage.installation.ceremony_folder().join(name));
    std::fs::write(folder.join("tsa.pem"), made("tsa-1.pem")? + &made("tsa-ca.pem")?)?;
    std::fs::write(folder.join("root.crl"), anyone.download(&format!("{public}/crl/root.crl")).await?)?;
    std::fs::write(folder.join("verify-url.txt"), format!("{}\n", told.verify_url))?;
    std::fs::create_dir_all(folder.join("forms"))?;
    std::fs::copy(folder.join("certificate.pdf"), folder.join("forms").join("two_part_general.pdf"))?;

    let client = signer::client::Client::new(&stage.configuration.signer.socket, std::time::Duration::from_secs(10));
    let der = doctor_certificate(&client, &told.verify_url).await?;
    std::fs::write(folder.join("doctor.pem"), pem("CERTIFICATE", &der))?;
    let shard = ca::parse(&der)?.crl_url.context("no CRL in the doctor's certificate")?;
    let (_, shard) = shard.rsplit_once('/').context("address of a CRL")?;
    std::fs::write(folder.join("shard.crl"), anyone.download(&format!("{public}/crl/{shard}")).await?)?;
    let issuing = ders.get(1).context("issuing CA")?;
    let issuer = ca::Issuer::from_certificate(issuing, ca::IssuerName::Issuing(ca::Generation::FIRST))?;
    let serial = ca::parse(&der)?.serial().context("serial number")?;
    let request = ca::ocsp::request_for(serial, &issuer);
    std::fs::write(folder.join("ocsp.der"), client.ocsp(&request).await?.der)?;
    output::line(&format!("the story's files are in {}", folder.display()));
    Ok(())
}

async fn doctor_certificate(client: &signer::client::Client, verify_url: &str) -> anyhow::Result<Vec<u8>> {
    let code = verify_url.split("/v/").nth(1).and_then(|rest| rest.split(['#', '?']).next()).context("code")?;
    let answer = client.ask(signer::protocol::Request::DocumentByCode { code: code.to_owned() }).await?;
    match answer {
        signer::protocol::Response::Document { document: Some(document) } => Ok(hex::decode(document.certificate.der)?),
        _ => anyhow::bail!("the signer does not know the document"),
    }
}

/// Says what there is to see.
pub fn print(stage: &Stage, visit: &Visit) {
    let configuration = &stage.configuration;
    for text in [
        String::new(),
        "รับรอง (Rabrong): a demonstration, not a real CA. Everything stays on this machine.".to_owned(),
        "One system user runs portal and signer here, so the wall between them does not hold in this set-up."
            .to_owned(),
        String::new(),
        format!("Portal                     {}", configuration.public_url),
        format!("How to look around         {}/demo", configuration.public_url),
        format!("Signer's pages             {}", configuration.signer_url),
        format!("A certificate just signed  {}", visit.verify_url),
        String::new(),
        "One-time links to come in as".to_owned(),
        format!("  a doctor                 {}", visit.doctor),
        format!("  an evidence officer      {}", visit.evidence_officer),
        format!("  an RA officer            {}", visit.ra_officer),
        String::new(),
        "No authenticator? The yellow banner on each page offers the demo persons' passkeys.".to_owned(),
        format!("State: {}   Stop: Ctrl-C", stage.installation.folder().display()),
    ] {
        output::line(&text);
    }
}
