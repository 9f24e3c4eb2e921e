//! An RA officer over the unit may have a certificate issued to a program that works for it.

use sha2::{Digest, Sha256};
use store::journal::Tx;

use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::operations::api_client::ProgramCertificate;
use crate::operations::key_is_free;
use crate::protocol::{ApiClientRequest, Refusal};

impl Core {
    pub(super) async fn may_issue_to_program(
        &self,
        tx: &mut Tx,
        actor: &str,
        request: &ApiClientRequest,
    ) -> Result<String, Refusal> {
        let by = self.officer_over(tx, actor, &request.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        if !is_id(&request.request_id) {
            return Err(invalid("request_id"));
        }
        if tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        let wanted = ProgramCertificate::read(tx, request).await?;
        key_is_free(tx, &hex::encode(Sha256::digest(wanted.spki())), None).await?;
        // Nobody approves in vain what breaks a rule.
        wanted.would_pass(self, tx).await?;
        Ok(by.appointment_id)
    }
}
