//! Signing drawn documents at level B-B with a key and a chain of this run's own: what can be
//! measured where the trust core itself cannot be asked (without the feature `measuring`).

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use pades::cms::{SignatureAlgorithm, SigningChain};
use pades::sign::Recorded;
use pdf::draw::{Drawn, signed_form};
use pdf::form::DocumentContent;
use time::OffsetDateTime;

use super::installation::{EPOCH, Installation};
use super::task::{RAW_SIGN, RAW_UNWRAP_SIGN, Task, recorded};

/// Documents under one unwrapped key.
const BATCH: usize = 50;

/// Signing drawn documents at level B-B, where the trust core cannot be asked: prepare the revision,
/// sign with the doctor's wrapped key, check the signature, complete the file.
pub(super) fn signing(installation: &Installation) -> anyhow::Result<Vec<Task<'static>>> {
    let bench = Arc::new(Desk {
        token: installation.token.clone(),
        wrapped: installation.doctor_key.blob.clone(),
        chain: SigningChain::from_der(
            &[&installation.doctor, &installation.issuing],
            SignatureAlgorithm::EcdsaP256Sha256,
        )?,
        now: installation.now,
        documents: documents(installation, BATCH)?,
    });
    let (single, batch) = (Arc::clone(&bench), bench);
    let mut next = 0;
    Ok(vec![
        Task::here("b-b-single", Some(RAW_UNWRAP_SIGN), move || {
            next = (next + 1) % BATCH;
            single.sign(single.documents.get(next..=next).context("documents")?)
        }),
        Task::here("b-b-batch50", Some(RAW_SIGN), move || batch.sign(&batch.documents)),
    ])
}

/// Where documents are signed.
struct Desk {
    token: hsm::Token,
    wrapped: Vec<u8>,
    chain: SigningChain,
    now: OffsetDateTime,
    documents: Vec<Drawn>,
}

impl Desk {
    /// Signs all of them under one unwrapped key.
    fn sign(&self, documents: &[Drawn]) -> anyhow::Result<u32> {
        let mut ready = Vec::with_capacity(documents.len());
        for drawn in documents {
            ready.push(recorded(drawn, &self.chain, self.now)?);
        }
        let digests = ready.iter().map(Recorded::to_be_signed).collect();
        let signatures =
            self.token.sign_with_wrapped(EPOCH, &self.wrapped, hsm::SignatureScheme::EcdsaP256, digests)?;
        ensure!(signatures.len() == ready.len(), "a signature is missing");
        for (recorded, signature) in ready.into_iter().zip(signatures) {
            recorded.complete(&signature)?;
        }
        Ok(u32::try_from(documents.len())?)
    }
}

fn documents(installation: &Installation, count: usize) -> anyhow::Result<Vec<Drawn>> {
    let numbered = |number: usize| DocumentContent { number: format!("{number:06}"), ..installation.content.clone() };
    (1..=count).map(|number| Ok(signed_form(&numbered(number), &installation.link)?)).collect()
}
