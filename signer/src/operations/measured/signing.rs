//! Signing documents that nobody activated: by the field's own code, from pages that are drawn or
//! from their content, with the record or without.

use pdf::draw::Drawn;
use pdf::form::DocumentContent;
use store::ids::micros;
use store::journal::{Activation, Credential, NewDocument, NewTicket};

use super::activation;
use crate::core::{Core, journal_refusal};
use crate::lifting::Fate;
use crate::operations::sign::{self, Recording};
use crate::protocol::{Outcome, Refusal};

impl Core {
    /// Signs drawn documents to the installation's level and writes nothing down; the files.
    ///
    /// # Errors
    /// As for any document; what would wait is [`Refusal::TimeStampUnavailable`].
    pub async fn sign_unrecorded(
        &self,
        documents: &[DocumentContent],
        pages: &[Drawn],
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let (rows, mut drawn) = Recording { core: self, activation_id: "" }.pass_over(documents, pages).await?;
        let rows = rows.into_iter().map(NewDocument::into_recorded).collect();
        let (signed, _) = sign::with_key(self, None, rows, &mut drawn).await?;
        let mut files = Vec::with_capacity(documents.len());
        for kept in self.lift(signed).await {
            match kept.fate {
                Fate::Finished { file, .. } => files.push(file),
                Fate::Waiting { .. } => return Err(Refusal::TimeStampUnavailable),
                Fate::Refused(refusal) => return Err(refusal),
            }
        }
        Ok(files)
    }

    /// Records drawn documents with their ledger entries, commits, signs them to the
    /// installation's level, stores and commits again.
    ///
    /// # Errors
    /// As for any document.
    pub async fn sign_drawn(
        &self,
        activation_id: &str,
        documents: &[DocumentContent],
        pages: &[Drawn],
    ) -> Result<(), Refusal> {
        let recording = Recording { core: self, activation_id };
        let mut fresh = recording.record_drawn(documents, pages).await?;
        sign::finish(self, documents, &mut fresh).await
    }

    /// All that follows an activation: seals, draws, records, signs, lifts, stores.
    ///
    /// # Errors
    /// As for any document.
    pub async fn sign_contents(&self, activation_id: &str, documents: &[DocumentContent]) -> Result<(), Refusal> {
        match sign::carry_out(self, documents, activation_id).await? {
            Outcome::DocumentsSigned { documents } if documents.iter().all(|one| one.state == "finished") => Ok(()),
            _ => Err(Refusal::TimeStampUnavailable),
        }
    }

    /// An activation to hold documents to, by its id: the touch is not what is measured.
    ///
    /// # Errors
    /// The journal.
    pub async fn activation_on_record(&self) -> Result<String, Refusal> {
        let person_id = store::ids::uuid(self.now(), &mut self.randomness.clone());
        let row =
            Activation { credential_id: hex::encode(self.randomness.bytes::<16>()), ..activation(self, &person_id) };
        let ticket = NewTicket {
            ticket_hash: row.ticket_hash.clone(),
            kind: "activate".to_owned(),
            person_id: Some(person_id.clone()),
            sealed: Vec::new(),
            return_path: "/".to_owned(),
            nonce: self.randomness.bytes::<32>().to_vec(),
            created_at: row.at,
            expires_at: micros(self.now()),
        };
        let credential = Credential {
            credential_id: row.credential_id.clone(),
            person_id,
            cose_key: self.randomness.bytes::<32>().to_vec(),
            key_salt: Vec::new(),
            sign_count: 0,
            backup_eligible: 0,
            backup_state: 0,
            state: "pending".to_owned(),
            enrolled_at: row.at,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.insert_ticket(&ticket).await.map_err(|error| journal_refusal(&error))?;
        tx.insert_credential(&credential).await.map_err(|error| journal_refusal(&error))?;
        tx.insert_activation(&row).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(row.activation_id)
    }
}
