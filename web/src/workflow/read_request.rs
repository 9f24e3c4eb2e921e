//! A request with all its evidence, opened for whoever may see it.

use people::evidence::licence_confirmed;
use people::{Evidence, EvidenceKind, Ial, Outcome, Subject, derive_level};
use signer::protocol::{CredentialReference, EvidenceOutcome, EvidenceReference};
use store::portal::doctor_request::{DoctorRequest, RequestState};
use store::portal::evidence::{Consent, Evidence as Stored};
use store::portal::person::Person;
use time::format_description::well_known::Rfc3339;

use crate::app::App;
use crate::error::Error;
use crate::instants::rfc3339;
use crate::names::Names;
use crate::pages::{EvidenceItem, Lang, Layout, Text, identity_level};
use crate::problem::Problem;

use super::state_identity::{Claims, evidence_place};
use super::{enrol_signing_passkey, give_consent};

/// A request and everything it rests on.
#[derive(Debug, Clone)]
pub(crate) struct Dossier {
    pub(crate) request: DoctorRequest,
    pub(crate) person: Person,
    pub(crate) claims: Claims,
    /// The records with their digests, oldest first.
    pub(crate) evidence: Vec<(Evidence, String)>,
    pub(crate) consent: Option<Consent>,
    pub(crate) credential: Option<CredentialReference>,
    consent_suffices: bool,
    /// An officer put their passkey to what officers recorded last.
    vouched: bool,
}

/// What a request may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Consent,
    Licence,
    SigningPasskey,
    SeenInPerson,
}

impl Missing {
    pub(crate) fn words(self) -> Text {
        match self {
            Self::Consent => Text::new("ความยินยอมของแพทย์", "The doctor's consent"),
            Self::Licence => Text::new("ผลตรวจใบอนุญาตที่มีผลอยู่", "An active licence"),
            Self::SigningPasskey => Text::new("พาสคีย์สำหรับลงนาม", "The signing passkey"),
            Self::SeenInPerson => Text::new(
                "การพิสูจน์ตัวตนต่อหน้าเจ้าหน้าที่ และคำรับรองด้วยพาสคีย์ของเจ้าหน้าที่",
                "Identity checked in person by an officer, and vouched for with the officer's passkey",
            ),
        }
    }
}

fn as_told(outcome: Outcome) -> EvidenceOutcome {
    match outcome {
        Outcome::Confirmed => EvidenceOutcome::Confirmed,
        Outcome::Contradicted => EvidenceOutcome::Contradicted,
        Outcome::Unavailable => EvidenceOutcome::Unavailable,
    }
}

impl Dossier {
    /// Reads a request; none if there is no such one. The caller checks who may see it.
    pub(crate) async fn load(app: &App, request_id: &str) -> Result<Option<Self>, Problem> {
        if !crate::randomness::is_uuid(request_id) {
            return Ok(None);
        }
        let mut tx = app.portal().begin().await?;
        let Some(request) = tx.request(request_id).await? else { return Ok(None) };
        let person = tx.person(&request.person_id).await?.ok_or(Error::Stored("doctor_request.person_id"))?;
        let stored = tx.evidence_of(request_id).await?;
        let consent = tx.consent_of(&person.id).await?;
        let by_officers = stored.iter().filter(|item| !item.recorded_by.is_empty());
        let vouched = match by_officers.map(|item| item.recorded_at).max() {
            Some(since) => tx.was_vouched_for(request_id, since).await?,
            None => false,
        };
        drop(tx);
        let claims = Claims::open(app, &request)?;
        let credential = enrol_signing_passkey::of(&person);
        let mut evidence = Vec::with_capacity(stored.len());
        for item in stored {
            evidence.push((open(app, &item)?, item.record_sha256));
        }
        let consent_suffices = match &consent {
            Some(consent) => give_consent::read(consent)?.suffices_for_issue(app.now()),
            None => false,
        };
        Ok(Some(Self { request, person, claims, evidence, consent, credential, consent_suffices, vouched }))
    }

    /// What is missing. After a request was given back the officer looks afresh: what was seen
    /// before does not count again.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let returned_at = match self.request.state {
            RequestState::Returned => self.request.decided_at,
            _ => None,
        };
        let seen = self.evidence.iter().any(|(record, _)| {
            record.kind == EvidenceKind::DocumentSeen
                && returned_at.is_none_or(|returned| record.recorded_at > returned)
        });
        let records = self.records();
        let mut gaps = Vec::new();
        if !self.consent_suffices {
            gaps.push(Missing::Consent);
        }
        if !licence_confirmed(&records) {
            gaps.push(Missing::Licence);
        }
        if self.credential.is_none() {
            gaps.push(Missing::SigningPasskey);
        }
        if !seen || !self.vouched || derive_level(&records) < Ial::L21 {
            gaps.push(Missing::SeenInPerson);
        }
        gaps
    }

    /// The evidence as the signer is told of it: each item by its digest, the newest of each kind that an officer
    /// recorded or a system. What was corrected is not before anybody again.
    pub(crate) fn evidence_references(&self) -> Vec<EvidenceReference> {
        let is_newest = |at: usize, record: &Evidence| {
            let later = self.evidence.iter().skip(at + 1);
            let of = |record: &Evidence| (record.kind, record.recorded_by.is_some());
            !later.map(|(later, _)| of(later)).any(|later| later == of(record))
        };
        let newest = self.evidence.iter().enumerate().filter(|(at, (record, _))| is_newest(*at, record));
        newest
            .map(|(_, item)| item)
            .map(|(record, sha256)| EvidenceReference {
                kind: record.kind.as_str().to_owned(),
                outcome: Some(as_told(record.outcome)),
                sha256: sha256.clone(),
                recorded_by: record.recorded_by.clone(),
                // To the last digit: of two findings the later counts.
                recorded_at: record.recorded_at.format(&Rfc3339).unwrap_or_default(),
            })
            .collect()
    }

    /// The level of identity assurance the evidence reaches.
    pub(crate) fn ial(&self) -> Ial {
        derive_level(&self.records())
    }

    /// This request before the policy.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            person_id: Some(self.person.id.clone()),
            identity_digest: Some(self.request.identity_digest.clone()),
            unit_code: Some(self.request.unit_code.clone()),
            evidence: self.evidence.iter().map(|(record, _)| (record.kind, record.recorded_by.clone())).collect(),
            ial: Some(self.ial()),
            licence_active: licence_confirmed(&self.records()),
        }
    }

    /// Label and value of what the certificate will say.
    pub(crate) fn certificate_lines(&self, unit: &str, layout: &Layout) -> Vec<(Text, String)> {
        let claims = &self.claims;
        let level = identity_level(self.ial().as_str());
        vec![
            (Text::new("ชื่อ", "Name"), claims.full_name_th()),
            (Text::new("ชื่อ (อังกฤษ)", "Name in English"), format!("{} {}", claims.given_name_en, claims.surname_en)),
            (Text::new("เลขที่ใบอนุญาต", "Licence number"), format!("ว.{}", claims.licence)),
            (Text::new("หน่วยบริการ", "Service unit"), format!("{unit} ({})", self.request.unit_code)),
            (Text::new("ระดับความเชื่อมั่นของตัวตน", "Identity assurance level"), layout.text(&level).to_owned()),
        ]
    }

    /// The evidence as an officer reads it.
    pub(crate) async fn evidence_items(&self, app: &App) -> Result<Vec<EvidenceItem>, Problem> {
        let mut items = Vec::new();
        for (record, sha256) in &self.evidence {
            let recorded_by = match &record.recorded_by {
                Some(id) => Some(name_of(app, id).await?),
                None => None,
            };
            items.push(EvidenceItem {
                kind: kind_words(record.kind),
                outcome: outcome_words(record),
                recorded_by,
                recorded_at: rfc3339(record.recorded_at),
                digest_start: sha256.get(..8).unwrap_or_default().to_owned(),
            });
        }
        Ok(items)
    }

    fn records(&self) -> Vec<Evidence> {
        self.evidence.iter().map(|(record, _)| record.clone()).collect()
    }
}

/// The name of a person, in Thai; the id if there is no such one.
pub(crate) async fn name_of(app: &App, person_id: &str) -> Result<String, Problem> {
    let mut tx = app.portal().begin().await?;
    match tx.person(person_id).await? {
        Some(person) => Ok(Names::open(app.cipher(), &person.id, &person.names_sealed)?.shown(Lang::Th)),
        None => Ok(person_id.to_owned()),
    }
}

fn open(app: &App, item: &Stored) -> Result<Evidence, Error> {
    let json = app.cipher().open(&evidence_place(&item.id), &item.record_sealed)?;
    serde_json::from_slice(&json).map_err(|_| Error::Stored("evidence.record"))
}

fn kind_words(kind: EvidenceKind) -> Text {
    match kind {
        EvidenceKind::DocumentSeen => Text::new("เอกสารตัวจริงที่เห็น", "Original document seen"),
        EvidenceKind::OfficerComparison => Text::new("ใบหน้าเทียบกับรูปในเอกสาร", "Face compared with the picture"),
        EvidenceKind::LicenceCheck => Text::new("ใบอนุญาต (ทะเบียนแพทยสภา)", "Licence (Medical Council's register)"),
        EvidenceKind::LicenceLookUp => Text::new("ใบอนุญาต (เจ้าหน้าที่ค้นเอง)", "Licence (looked up by an officer)"),
        EvidenceKind::ChipRead => Text::new("อ่านชิปบัตรประชาชน", "Chip of the ID card read"),
        EvidenceKind::DopaData => Text::new("ข้อมูลบัตรกับกรมการปกครอง", "Card's data at DOPA"),
        EvidenceKind::DopaStatus => Text::new("สถานะบัตรกับกรมการปกครอง", "Card's status at DOPA"),
        EvidenceKind::FaceComparison => Text::new("เปรียบเทียบใบหน้าด้วยเครื่อง", "Face compared by machine"),
    }
}

fn outcome_words(record: &Evidence) -> Text {
    let (th, en) = match record.outcome {
        Outcome::Confirmed => ("ตรง", "Confirmed"),
        Outcome::Contradicted => ("ไม่ตรง", "Does not fit"),
        Outcome::Unavailable => ("ไม่ได้คำตอบ", "No answer"),
    };
    let source = match record.source.as_str() {
        "thai_id_card" => Text::new("บัตรประจำตัวประชาชน", "Citizen ID card"),
        "passport" => Text::new("หนังสือเดินทาง", "Passport"),
        "tmc_register" => Text::new("ทะเบียนแพทยสภา", "Medical Council's register"),
        "tmc_public_page" => Text::new("หน้าค้นชื่อของแพทยสภา", "Medical Council's public page"),
        other => Text::same(other),
    };
    let note = record.details.get("note").and_then(serde_json::Value::as_str).unwrap_or_default();
    let gap = if note.is_empty() { "" } else { " · " };
    Text::new(format!("{th} · {}{gap}{note}", source.th), format!("{en} · {}{gap}{note}", source.en))
}
