//! Who may activate what: asked when an operation is proposed, and asked again, of the same
//! function, when it is activated. Nothing here believes the portal.

use pdf::form::{self, DocumentContent};
use store::ids::{instant, micros};
use store::journal::{Appointment as AppointmentRow, Certificate, Tx};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset};

use crate::core::{Core, is_id, journal_refusal};
use crate::meaning;
use crate::protocol::{Appointment, CertificateRequest, CredentialReference, Operation, Refusal, Revocation};
use crate::records::CertificateDetails;

/// How far the preparing clock may be from the signer's.
const SKEW: Duration = Duration::minutes(15);

/// Form kinds whose definition lets a physician sign are looked up by this word.
const PHYSICIAN: &str = "physician";

/// The CRL reasons (RFC 5280 §5.3.1) a person may give here.
pub(crate) const REASONS: [&str; 5] =
    ["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn"];

impl Core {
    /// Checks `operation` for `actor`; what the actor acts as: a certificate's serial or an
    /// appointment's id.
    pub(crate) async fn authorise(&self, actor: &str, operation: &Operation) -> Result<String, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        match operation {
            Operation::SignDocuments { documents } => self.may_sign(&mut tx, actor, documents).await,
            Operation::IssueCertificate { request } => self.may_issue(&mut tx, actor, request).await,
            Operation::AppointOfficer { appointment } => self.may_appoint(&mut tx, actor, appointment).await,
            Operation::RevokeCertificate { revocation } => self.may_revoke(&mut tx, actor, revocation).await,
        }
    }

    async fn may_sign(&self, tx: &mut Tx, actor: &str, documents: &[DocumentContent]) -> Result<String, Refusal> {
        let first = documents.first().ok_or_else(|| invalid("documents: none"))?;
        let serial = &first.signer.certificate_serial;
        let certificate = self.usable_certificate(tx, serial).await?;
        if certificate.person_id.as_deref() != Some(actor) {
            return Err(Refusal::NotYourPasskey);
        }
        let details = CertificateDetails::of(&certificate)?;
        let (mut ids, mut codes) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
        for content in documents {
            let once = ids.insert(&content.document_id) && codes.insert(&content.code);
            if !once || content.signer.certificate_serial != *serial {
                return Err(invalid("documents: one signer, each document once"));
            }
            self.document_is_acceptable(tx, content, &certificate, &details).await?;
        }
        Ok(serial.clone())
    }

    async fn usable_certificate(&self, tx: &mut Tx, serial: &str) -> Result<Certificate, Refusal> {
        let certificate = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let certificate =
            certificate.filter(|row| row.kind == "doctor" && row.state == "issued").ok_or(Refusal::NoCertificate)?;
        if tx.revocation(serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::CertificateRevoked);
        }
        let now = micros(self.now());
        if now < certificate.not_before || now > certificate.not_after {
            return Err(Refusal::CertificateExpired);
        }
        Ok(certificate)
    }

    async fn document_is_acceptable(
        &self,
        tx: &mut Tx,
        content: &DocumentContent,
        certificate: &Certificate,
        details: &CertificateDetails,
    ) -> Result<(), Refusal> {
        let definition = form::definition(&content.form)
            .filter(|definition| definition.version == content.form_version)
            .ok_or_else(|| invalid("form: unknown kind or version"))?;
        if !definition.signers.iter().any(|who| who == PHYSICIAN) {
            return Err(invalid("form: not for this profession"));
        }
        let now = self.now();
        let prepared = OffsetDateTime::parse(&content.prepared_at, &Rfc3339).map_err(|_| invalid("prepared_at"))?;
        if (now - prepared).abs() > SKEW || prepared.offset() != UtcOffset::UTC || prepared.nanosecond() != 0 {
            return Err(invalid("prepared_at: not now, in UTC and whole seconds"));
        }
        let today = pdf::date::bangkok(now).date();
        form::validate(definition, &content.fields, today).map_err(|errors| {
            invalid(&errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>().join(", "))
        })?;
        let valid_until = form::valid_until(definition, &content.fields).map(pdf::date::iso);
        let expected_book = format!("{}/{}", content.unit.code, pdf::date::buddhist_year(today));
        let rules = [
            (content.valid_until == valid_until, "valid_until"),
            (content.book == expected_book, "book"),
            (content.number.len() == 6 && content.number.bytes().all(|byte| byte.is_ascii_digit()), "number"),
            (is_code(&content.code), "code"),
            (is_id(&content.document_id), "document_id"),
            (content.unit.code == details.unit_code, "unit"),
            (content.signer.certificate_sha256 == certificate.sha256.clone().unwrap_or_default(), "signer"),
            (content.signer.name_th == details.name_th && content.signer.name_en == details.name_en, "signer name"),
            (
                content.signer.title_th == details.title_th && content.signer.licence == details.licence,
                "signer licence",
            ),
        ];
        if let Some((_, name)) = rules.iter().find(|(holds, _)| !holds) {
            return Err(invalid(name));
        }
        let unit = tx.unit(&content.unit.code).await.map_err(|error| journal_refusal(&error))?;
        let unit = unit.ok_or_else(|| invalid("unit"))?;
        if unit.name_th != content.unit.name_th
            || unit.name_en != content.unit.name_en
            || unit.address_th != content.unit.address_th
        {
            return Err(invalid("unit"));
        }
        let digest = meaning::content_digest(content).map_err(|_| Refusal::Internal)?;
        match tx.document(&content.document_id).await.map_err(|error| journal_refusal(&error))? {
            Some(row) if row.content_digest == hex::encode(digest) => Err(Refusal::AlreadyDone),
            Some(_) => Err(Refusal::Conflict),
            None => Ok(()),
        }
    }

    async fn may_issue(&self, tx: &mut Tx, actor: &str, request: &CertificateRequest) -> Result<String, Refusal> {
        let appointment = self.officer_over(tx, actor, &request.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        if request.person_id == actor || request.identity_digest == appointment.identity_digest {
            return Err(Refusal::SelfApproval);
        }
        if !is_id(&request.request_id) {
            return Err(invalid("request_id"));
        }
        // Nobody approves on evidence they alone recorded, nor on what the doctor recorded.
        let recorders: Vec<&str> =
            request.evidence.iter().filter_map(|evidence| evidence.recorded_by.as_deref()).collect();
        if recorders.is_empty() {
            return Err(invalid("evidence: no officer saw the person"));
        }
        if recorders.iter().all(|recorder| *recorder == actor || *recorder == request.person_id) {
            return Err(Refusal::SelfApproval);
        }
        // By natural person, not by account: the approver's or the doctor's other account is them.
        let mut seen_by_another = false;
        for recorder in recorders.iter().filter(|recorder| **recorder != actor) {
            let officer =
                self.officer_over(tx, recorder, &request.unit_code, "evidence_officer", Reach::UnitAndBelow).await?;
            seen_by_another |= officer.person_id != request.person_id
                && ![&appointment.identity_digest, &request.identity_digest].contains(&&officer.identity_digest);
        }
        if !seen_by_another {
            return Err(Refusal::SelfApproval);
        }
        // The policy arcs begin at 2.1, accepted provisionally for a doctor.
        if request.ial.parse::<ca::AssuranceLevel>().is_err() {
            return Err(invalid("ial: below 2.1"));
        }
        if request.profession != PHYSICIAN || !request.evidence.iter().any(|item| item.kind == "licence_check") {
            return Err(invalid("licence: not checked"));
        }
        self.credential_is_pending(tx, &request.person_id, &request.credential).await?;
        // One person, one identity, one licence: a renewal says what the last certificate said.
        for earlier in tx.certificates_of(&request.person_id).await.map_err(|error| journal_refusal(&error))? {
            let details = CertificateDetails::of(&earlier)?;
            if details.identity_digest != request.identity_digest || details.licence != request.licence {
                return Err(Refusal::Conflict);
            }
        }
        if tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        Ok(appointment.appointment_id)
    }

    async fn may_appoint(&self, tx: &mut Tx, actor: &str, appointment: &Appointment) -> Result<String, Refusal> {
        let by = self.officer_over(tx, actor, &appointment.unit_code, "ra_officer", Reach::OnlyBelow).await?;
        if appointment.person_id == actor || appointment.identity_digest == by.identity_digest {
            return Err(Refusal::SelfApproval);
        }
        if !is_id(&appointment.appointment_id) {
            return Err(invalid("appointment_id"));
        }
        if !["ra_officer", "evidence_officer"].contains(&appointment.role.as_str()) {
            return Err(invalid("role"));
        }
        if tx.appointment(&appointment.appointment_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        self.credential_is_pending(tx, &appointment.person_id, &appointment.credential).await?;
        Ok(by.appointment_id)
    }

    async fn may_revoke(&self, tx: &mut Tx, actor: &str, revocation: &Revocation) -> Result<String, Refusal> {
        let certificate = tx.certificate(&revocation.serial).await.map_err(|error| journal_refusal(&error))?;
        let certificate = certificate.filter(|row| row.kind == "doctor").ok_or(Refusal::NoCertificate)?;
        if !REASONS.contains(&revocation.reason.as_str()) {
            return Err(invalid("reason"));
        }
        if let Some(since) = &revocation.invalid_since {
            let since = OffsetDateTime::parse(since, &Rfc3339).map_err(|_| invalid("invalid_since"))?;
            if since > self.now() || since < instant(certificate.not_before) {
                return Err(invalid("invalid_since: outside the certificate's life"));
            }
        }
        if tx.revocation(&revocation.serial).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        if certificate.person_id.as_deref() == Some(actor) {
            return Ok(revocation.serial.clone());
        }
        let details = CertificateDetails::of(&certificate)?;
        let by = self.officer_over(tx, actor, &details.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        Ok(by.appointment_id)
    }

    /// The actor's appointment in `role` whose subtree holds `unit`.
    async fn officer_over(
        &self,
        tx: &mut Tx,
        actor: &str,
        unit: &str,
        role: &str,
        reach: Reach,
    ) -> Result<AppointmentRow, Refusal> {
        let line = tx.unit_ancestors(unit).await.map_err(|error| journal_refusal(&error))?;
        if line.is_empty() {
            return Err(invalid("unit"));
        }
        let reached: Vec<&str> = line
            .iter()
            .map(|above| above.code.as_str())
            .filter(|code| reach == Reach::UnitAndBelow || *code != unit)
            .collect();
        let held = self.appointments_in_force(tx, actor).await?;
        held.into_iter()
            .find(|row| row.role == role && reached.contains(&row.unit_code.as_str()))
            .ok_or(Refusal::NoAuthority)
    }

    async fn credential_is_pending(
        &self,
        tx: &mut Tx,
        person_id: &str,
        reference: &CredentialReference,
    ) -> Result<(), Refusal> {
        let row = tx.credential(&reference.credential_id).await.map_err(|error| journal_refusal(&error))?;
        let row = row.filter(|row| row.person_id == person_id).ok_or(Refusal::CredentialUnknown)?;
        let same = crate::enrolment::reference(&row) == *reference;
        // An officer who becomes a doctor keeps the credential they have: putting another in its
        // place needs the old one, or two officers, and is no part of an ordinary approval.
        let bound = self.holds(tx, person_id, &row.credential_id, &row.cose_key).await?;
        let newest = tx.newest_binding(person_id).await.map_err(|error| journal_refusal(&error))?;
        if !bound && newest.is_some_and(|binding| binding.ended == 0) {
            return Err(Refusal::CredentialUnknown);
        }
        if same && (row.state == "pending" || bound) { Ok(()) } else { Err(Refusal::CredentialUnknown) }
    }
}

/// Whether an officer's own unit is within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    UnitAndBelow,
    OnlyBelow,
}

fn invalid(detail: &str) -> Refusal {
    Refusal::ContentInvalid { detail: detail.to_owned() }
}

/// 26 characters of Crockford's base32.
fn is_code(code: &str) -> bool {
    code.len() == 26 && code.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
}
