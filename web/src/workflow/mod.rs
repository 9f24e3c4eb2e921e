//! What people do here, one file per act. Each act changes rows and writes its ledger entry in
//! one transaction; no question to the signer or the network is asked while one is open.

pub(crate) mod appoint_officer;
mod approve_request;
pub(crate) mod ask_before_signing;
pub(crate) mod authorize_program;
pub(crate) mod certificate_care;
pub(crate) mod certificate_policy;
pub(crate) mod check_licence;
pub(crate) mod check_licence_again;
pub(crate) mod decide_request;
pub(crate) mod draw_preview;
pub(crate) mod end_submission;
pub(crate) mod enrol;
pub(crate) mod enrol_signing_passkey;
pub(crate) mod erase_document;
pub(crate) mod give_consent;
pub mod invite;
pub(crate) mod log_in;
pub(crate) mod prepare_document;
mod propose;
pub(crate) mod read_request;
pub(crate) mod record_evidence;
pub(crate) mod renew_certificate;
pub(crate) mod renew_file;
pub(crate) mod restore_certificate;
pub(crate) mod revoke_certificate;
pub(crate) mod revoke_many;
pub(crate) mod settle;
pub(crate) mod sign_batch;
pub(crate) mod state_identity;
pub(crate) mod store_document;
pub(crate) mod submit_documents;
mod submit_request;
pub(crate) mod suspend_certificate;
pub(crate) mod switch_digests;
pub(crate) mod take_back;
pub(crate) mod verify_code;
pub(crate) mod verify_upload;
pub(crate) mod write_document;

pub use invite::{Invite, InviteError, Role, invite};
pub use state_identity::identity_digest;
