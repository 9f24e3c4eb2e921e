//! Every page of the portal, the console and the public verifier, as a typed structure that
//! renders itself with askama. A handler fills one and calls `render()`.
//!
//! To add a page: a struct with `layout: Layout` in the file of its kind, a template of the
//! same name under `templates/`, a `sample()`, and a line in [`samples`].
//!
//! Each text stands once in the template in both languages, beside each other:
//! `{{ layout.t("ไทย", "English") }}`. Text that comes from a handler is a [`Text`].

mod api_client;
mod appointment;
pub mod assets;
mod batch;
mod certificate;
mod certificate_end;
mod certificate_page;
mod demonstration;
mod digests;
mod doctor;
mod document;
mod entry;
mod erasure;
mod evidence;
mod form;
mod help;
mod layout;
mod listing;
pub mod practice;
mod public;
mod renewal;
mod request;
mod section28;
mod signing_batch;
mod suspension;
mod verdict;
mod verify;
mod words;

pub use api_client::{ApiClientForm, ApiClientList, ApiClientRow, ApiClientSecret};
pub use appointment::{AppointmentQueue, AppointmentRow};
pub use batch::{BatchCheck, BatchChoice, BatchDone, BatchProgress};
pub use certificate::{CertificateList, CertificateRow, CertificateState};
pub use certificate_end::{RestoreForm, RevokeForm, SuspendForm};
pub use certificate_page::{CertificatePage, HistoryLine, Published, ReportLine};
pub use demonstration::Demonstration;
pub use digests::{
    AuthorizationWaits, AuthorizeProgram, BackToProgram, DigestUnit, DigestUnitRow, DigestUnits, SigningProgram,
    SigningProgramSecret,
};
pub use doctor::{
    Consent, ConsentPurpose, DoctorIdentity, RequestState, RequestStatus, RequestStep, Task, TaskList, TaskState,
};
pub use document::{
    Answer, AnswerGroup, BroughtIn, DocumentCheck, DocumentDone, DocumentForm, DocumentList, DocumentRow,
    DocumentState, Release,
};
pub use entry::{Enrol, Login};
pub use erasure::{ErasureAsk, ErasureConfirm};
pub use evidence::{EvidenceForm, EvidenceItem, EvidenceQueue, EvidenceRow};
pub use form::{Choice, Field, FieldErrors, FieldGroup, FieldKind, Values, document_groups, typed_answers};
pub use help::{AcrobatHelp, grouped as grouped_digits};
pub use layout::{Lang, Layout, Text};
pub use listing::{Column, ListQuery, Listing, Row};
pub use practice::Practice;
pub use public::{CodeEntry, Home, Problem};
pub use renewal::{ExpiryList, ExpiryRow, RenewForm};
pub use request::{RequestQueue, RequestReview, RequestRow};
pub use section28::{Duty, DutyState, Facts as Section28Facts};
pub use signing_batch::{BatchRow, BatchState, DocumentPreview, SigningBatch, WaitingList, WaitingRow};
pub use suspension::{LicenceNews, SuspensionQueue, SuspensionRow};
pub use verdict::{Tone, Verdict};
pub use verify::{
    CertificateEnd, Check, CheckResult, LicenceStatus, Policy, Technical, VerifiedDocument, Verify, VerifyUpload,
};
pub(crate) use words::identity_level;

#[cfg(test)]
mod tests;

/// Every page rendered from its sample, by name: what the tests and the example `pages` look at.
///
/// # Errors
/// The first template that cannot be rendered.
pub fn samples(lang: Lang) -> Result<Vec<(&'static str, String)>, askama::Error> {
    use askama::Template as _;
    let layout = Layout::sample(lang);
    let mut pages = vec![
        ("home", Home::sample(layout.clone()).render()?),
        ("demonstration", Demonstration::sample(layout.clone()).render()?),
        ("enrol", Enrol::sample(layout.clone()).render()?),
        ("login", Login::sample(layout.clone()).render()?),
        ("task_list", TaskList::sample(layout.clone()).render()?),
        ("doctor_identity", DoctorIdentity::sample(layout.clone()).render()?),
        ("consent", Consent::sample(layout.clone()).render()?),
        ("request_status", RequestStatus::sample(layout.clone()).render()?),
        ("evidence_queue", EvidenceQueue::sample(layout.clone()).render()?),
        ("evidence_form", EvidenceForm::sample(layout.clone()).render()?),
        ("request_queue", RequestQueue::sample(layout.clone()).render()?),
        ("request_review", RequestReview::sample(layout.clone()).render()?),
        ("appointment_queue", AppointmentQueue::sample(layout.clone()).render()?),
        ("api_client_list", ApiClientList::sample(layout.clone()).render()?),
        ("api_client_form", ApiClientForm::sample(layout.clone()).render()?),
        ("api_client_secret", ApiClientSecret::sample(layout.clone()).render()?),
        ("certificate_list", CertificateList::sample(layout.clone()).render()?),
        ("certificate_page", CertificatePage::sample(layout.clone(), CertificateState::Revoked).render()?),
        ("certificate_suspended", CertificatePage::sample(layout.clone(), CertificateState::Suspended).render()?),
        ("revoke_form", RevokeForm::sample(layout.clone(), false).render()?),
        ("amend_form", RevokeForm::sample(layout.clone(), true).render()?),
        ("suspend_form", SuspendForm::sample(layout.clone(), true).render()?),
        ("suspend_own_form", SuspendForm::sample(layout.clone(), false).render()?),
        ("restore_form", RestoreForm::sample(layout.clone()).render()?),
        ("renew_form", RenewForm::sample(layout.clone()).render()?),
        ("expiry_list", ExpiryList::sample(layout.clone()).render()?),
        ("suspension_queue", SuspensionQueue::sample(layout.clone()).render()?),
        ("digest_units", DigestUnits::sample(layout.clone()).render()?),
        ("digest_unit_on", DigestUnit::sample(layout.clone(), true).render()?),
        ("digest_unit_off", DigestUnit::sample(layout.clone(), false).render()?),
        ("signing_program_secret", SigningProgramSecret::sample(layout.clone()).render()?),
        ("authorize_service", AuthorizeProgram::sample(layout.clone(), 0).render()?),
        ("authorize_digests", AuthorizeProgram::sample(layout.clone(), 3).render()?),
        ("back_to_program", BackToProgram::sample(layout.clone()).render()?),
        ("authorization_waits", AuthorizationWaits { layout: layout.clone() }.render()?),
        ("batch_choice", BatchChoice::sample(layout.clone()).render()?),
        ("batch_check", BatchCheck::sample(layout.clone()).render()?),
        ("batch_progress", BatchProgress::sample(layout.clone()).render()?),
        ("batch_done", BatchDone::sample(layout.clone()).render()?),
        ("document_form", DocumentForm::sample(layout.clone()).render()?),
        ("document_check", DocumentCheck::sample(layout.clone()).render()?),
        ("document_list", DocumentList::sample(layout.clone()).render()?),
        ("document_done", DocumentDone::sample(layout.clone(), DocumentState::Signed).render()?),
        ("document_waits", DocumentDone::sample(layout.clone(), DocumentState::Waiting).render()?),
        ("document_held", DocumentDone::sample(layout.clone(), DocumentState::Held).render()?),
        ("document_refused", DocumentDone::sample(layout.clone(), DocumentState::Refused).render()?),
        ("waiting_list", WaitingList::sample(layout.clone()).render()?),
        ("document_preview", DocumentPreview::sample(layout.clone()).render()?),
        ("signing_batch_working", SigningBatch::sample(layout.clone(), true).render()?),
        ("signing_batch", SigningBatch::sample(layout.clone(), false).render()?),
        ("erasure_ask", ErasureAsk::sample(layout.clone()).render()?),
        ("erasure_confirm", ErasureConfirm::sample(layout.clone(), false).render()?),
        ("erasure_done", ErasureConfirm::sample(layout.clone(), true).render()?),
        ("code_entry", CodeEntry::sample(layout.clone()).render()?),
        ("help_acrobat", AcrobatHelp::sample(layout.clone()).render()?),
        ("cps", Practice::sample(layout.clone(), "/cps").render()?),
        ("cp", Practice::sample(layout.clone(), "/cp").render()?),
        ("problem", Problem::sample(layout.clone()).render()?),
    ];
    for verdict in Verdict::ALL {
        pages.push((verdict.name(), Verify::sample(layout.clone(), verdict).render()?));
    }
    pages.push(("verify_upload", VerifyUpload::sample(layout).render()?));
    Ok(pages)
}
