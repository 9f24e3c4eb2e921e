//! The data keys of the portal's documents: made here, sealed under the token, opened so often and on record.

use crate::core::{Core, is_id, journal_refusal};
use crate::protocol::{Refusal, Response};
use crate::rate::Rate;

/// Bytes of a data key.
const KEY: usize = 32;

/// More bytes than a data key has when it is sealed.
const MAX_WRAPPED: usize = 256;

/// How often a process opens and makes data keys: a doctor's day and the night's renewals pass,
/// whoever empties the whole store stands out and is slowed down.
#[derive(Debug)]
pub(crate) struct DataKeyRates {
    opened: Rate,
    made: Rate,
}

impl Default for DataKeyRates {
    fn default() -> Self {
        Self { opened: Rate::new(1_000, 10), made: Rate::new(2_000, 200) }
    }
}

impl Core {
    /// A fresh data key for one of the portal's documents.
    pub(crate) async fn new_data_key(&self, document_id: String) -> Result<Response, Refusal> {
        if !is_id(&document_id) {
            return Err(Refusal::Malformed { detail: "document_id".to_owned() });
        }
        if !self.data_keys.made.take(self.now()) {
            return Err(too_often(&document_id));
        }
        self.not_erased(&document_id).await?;
        let key: [u8; KEY] = self.randomness.bytes();
        let aad = data_key_name(&document_id);
        let wrapped = self.with_token(move |token| token.seal(aad.as_bytes(), &key)).await?;
        tracing::info!(document.id = %document_id, "a data key was made");
        Ok(Response::DataKey { key: hex::encode(key), wrapped: hex::encode(wrapped) })
    }

    /// Opens a data key of the portal's.
    pub(crate) async fn open_data_key(&self, document_id: String, wrapped: &str) -> Result<Response, Refusal> {
        let bytes =
            hex::decode(wrapped).map_err(|_| Refusal::Malformed { detail: "wrapped: not hexadecimal".to_owned() })?;
        // A wrapped data key has some sixty bytes: the token is not troubled with anything longer.
        if !is_id(&document_id) || bytes.len() > MAX_WRAPPED {
            return Err(Refusal::NotFound);
        }
        if !self.data_keys.opened.take(self.now()) {
            return Err(too_often(&document_id));
        }
        self.not_erased(&document_id).await?;
        let aad = data_key_name(&document_id);
        let opened = self.with_token(move |token| Ok(token.open_sealed(aad.as_bytes(), &bytes))).await?;
        match opened {
            Ok(key) if key.len() == KEY => {
                // On record before it is given: whoever reads in the portal's name leaves a trace
                // that the portal's owner cannot take away.
                let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
                if tx.erased_document(&document_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
                    return Err(Refusal::Erased);
                }
                self.log(&mut tx, "document.key_opened", &document_id, &serde_json::json!({})).await?;
                tx.commit().await.map_err(|error| journal_refusal(&error))?;
                tracing::info!(document.id = %document_id, "a data key was opened");
                Ok(Response::DataKey { key: hex::encode(&*key), wrapped: wrapped.to_owned() })
            }
            Ok(_) | Err(hsm::Error::SealBroken) => Err(Refusal::NotFound),
            Err(error) => Err(crate::core::token_refusal(&error)),
        }
    }
}

impl Core {
    async fn not_erased(&self, document_id: &str) -> Result<(), Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        match tx.erased_document(document_id).await.map_err(|error| journal_refusal(&error))? {
            Some(_) => Err(Refusal::Erased),
            None => Ok(()),
        }
    }
}

fn too_often(document_id: &str) -> Refusal {
    tracing::warn!(alarm = "data_keys", document.id = %document_id, "more data keys are asked for than are given");
    Refusal::TooOften
}

/// The associated data of a portal's data key: no other sealed thing has such a name, so a
/// doctor's blob or a ticket submitted as a data key does not open.
fn data_key_name(document_id: &str) -> String {
    format!("portal-document/{document_id}")
}
