//! The doctor's key: unwrapped once for all documents of a batch, and only while the certificate
//! and the CA above it stand.

use std::collections::BTreeMap;

use pades::sign::Prepared;
use store::ids::micros;
use store::journal::{Document, RevocationKind, SigningKey, Tx};
use time::OffsetDateTime;

use super::draw::{Drawing, chain_of};
use super::record::{SealedContent, content_name};
use crate::asking;
use crate::core::{Core, journal_refusal, not_before, token_refusal};
use crate::lifting::{Kept, Unfinished};
use crate::protocol::{Refusal, WaitingFor};
use crate::signature_profile::DoctorSignature;

impl Core {
    /// A doctor's key, if it may sign at this moment, and the moment: as [`Core::now_on_record`].
    ///
    /// # Errors
    /// [`Refusal::CertificateSuspended`] and [`Refusal::ClockBehind`] pass; [`Refusal::CertificateRevoked`],
    /// [`Refusal::CertificateExpired`], [`Refusal::Terminated`] (the root revoked the CA) do not.
    pub(crate) async fn may_sign_now(
        &self,
        tx: &mut Tx,
        serial: &str,
    ) -> Result<(SigningKey, OffsetDateTime), Refusal> {
        let issuer = serial.parse().ok().and_then(|serial| self.authorities.issuer_of(serial));
        let issuer = issuer.ok_or(Refusal::NoCertificate)?;
        let row = tx.signing_key(serial, issuer.serial()).await.map_err(|error| journal_refusal(&error))?;
        let row = row.filter(|row| row.state == "issued" && row.issuer == issuer.name());
        let row = row.ok_or(Refusal::NoCertificate)?;
        // First of all: by a clock that was set back, a certificate may seem to be of tomorrow.
        let now = not_before(self.now(), row.newest_entry_at())?;
        match row.decided {
            RevocationKind::Lift => {}
            RevocationKind::Hold => return Err(Refusal::CertificateSuspended),
            _ => return Err(Refusal::CertificateRevoked),
        }
        if micros(now) < row.not_before || micros(now) > row.not_after {
            return Err(Refusal::CertificateExpired);
        }
        self.stands(row.issuer_decided == RevocationKind::Lift, issuer)?;
        Ok((row, now))
    }
}

/// Signs recorded documents of one signer: those signed, and those that can never be. Their key is asked
/// for now, if the caller does not know it.
///
/// # Errors
/// What passes: the token, the journal, a suspension. The rows say what they wait for.
pub(crate) async fn sign(
    core: &Core,
    known: Option<SigningKey>,
    rows: Vec<Document>,
    drawn: &mut BTreeMap<String, Prepared>,
) -> Result<(Vec<Unfinished>, Vec<Kept>), Refusal> {
    let ids: Vec<String> = rows.iter().map(|row| row.document_id.clone()).collect();
    let signed = sign_at_once(core, known, rows, drawn).await;
    if let Err(refusal) = &signed {
        let_wait(core, &ids, refusal).await;
    }
    signed
}

/// Writes down what keeps documents from their signature, if it is something to wait for.
pub(super) async fn let_wait(core: &Core, document_ids: &[String], refusal: &Refusal) {
    let waiting = match refusal {
        Refusal::CertificateSuspended => WaitingFor::Suspension,
        Refusal::TokenUnavailable => WaitingFor::Token,
        _ => return,
    };
    if let Err(refusal) = core.let_wait(document_ids, waiting).await {
        tracing::warn!(refusal = %refusal, "what documents wait for cannot be written down");
    }
}

/// Epoch and wrapped private key of a doctor who may sign.
async fn key_of(core: &Core, known: Option<SigningKey>, serial: &str) -> Result<(u32, Vec<u8>), Refusal> {
    let key = match known {
        Some(key) => key,
        None => {
            let mut journal = core.journal.ask().await.map_err(|error| journal_refusal(&error))?;
            core.may_sign_now(&mut journal, serial).await?.0
        }
    };
    let epoch = u32::try_from(key.epoch.ok_or(Refusal::NoCertificate)?).map_err(|_| Refusal::Internal)?;
    Ok((epoch, key.wrapped.ok_or(Refusal::CertificateExpired)?))
}

async fn sign_at_once(
    core: &Core,
    known: Option<SigningKey>,
    rows: Vec<Document>,
    drawn: &mut BTreeMap<String, Prepared>,
) -> Result<(Vec<Unfinished>, Vec<Kept>), Refusal> {
    let Some(first) = rows.first() else { return Ok((Vec::new(), Vec::new())) };
    let (serial, scheme) = (first.certificate_serial.clone(), first.scheme.clone());
    // A batch is one signer's, and was recorded in one go.
    let alike = rows.iter().all(|row| row.certificate_serial == serial && row.scheme == scheme);
    let signature = scheme.parse::<DoctorSignature>().ok().filter(|_| alike).ok_or(Refusal::Conflict);
    // Recovery may come long after the touch: a key taken back meanwhile signs no more.
    let key = match signature {
        Ok(signature) => key_of(core, known, &serial).await.map(|(epoch, wrapped)| (signature, epoch, wrapped)),
        Err(refusal) => Err(refusal),
    };
    let (signature, epoch, wrapped) = match key {
        Ok(key) => key,
        Err(refusal) if refusal.passes() => return Err(refusal),
        // Written down: a row that stayed as it is would be said to be on its way for ever.
        Err(refusal) => {
            return Ok((Vec::new(), rows.into_iter().map(|row| Kept::refused(row, refusal.clone())).collect()));
        }
    };

    let (mut ready, mut refused) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let prepared = match drawn.remove(&row.document_id) {
            Some(prepared) => prepared,
            None => match draw_again(core, &row, signature).await {
                Ok(prepared) => prepared,
                Err(refusal) if refusal.passes() => return Err(refusal),
                Err(refusal) => {
                    refused.push(Kept::refused(row, refusal));
                    continue;
                }
            },
        };
        let digest = hex::decode(&row.prepared_digest).ok().and_then(|digest| digest.try_into().ok());
        #[expect(
            clippy::disallowed_methods,
            reason = "the digest is the committed record's: read back from it, or written by this call"
        )]
        let recorded = prepared.assert_recorded(digest.ok_or(Refusal::Internal)?);
        match recorded {
            Ok(recorded) => ready.push((row, recorded)),
            Err(error) => {
                tracing::error!(document.id = %row.document_id, error = %error, "the file drawn again differs from the recorded one");
                refused.push(Kept::refused(row, Refusal::Conflict));
            }
        }
    }
    let digests = ready.iter().map(|(_, recorded)| recorded.to_be_signed()).collect();
    let signatures = asking::sign_with_wrapped(&core.token, epoch, &wrapped, signature.scheme(), digests).await;
    let signatures = signatures.map_err(|error| token_refusal(&error))?;
    let mut signed = Vec::with_capacity(ready.len());
    for ((row, recorded), value) in ready.into_iter().zip(signatures) {
        if !signed.is_empty() {
            // A signature is checked in a fraction of a millisecond; those of a batch let others pass.
            tokio::task::yield_now().await;
        }
        signed.push(Unfinished::signed(row, recorded.complete(&value).map_err(wrong)?));
    }
    Ok((signed, refused))
}

/// A token that signs something else is broken, and may be mended.
fn wrong(error: pades::Error) -> Refusal {
    tracing::error!(alarm = "token", error = %error, "the token's signature does not complete the file");
    Refusal::TokenUnavailable
}

async fn draw_again(core: &Core, row: &Document, signature: DoctorSignature) -> Result<Prepared, Refusal> {
    let sealed = row.sealed_content.as_deref().ok_or(Refusal::Internal)?;
    let plain = core.unseal(&content_name(&row.document_id), sealed).await?;
    let kept: SealedContent = serde_json::from_slice(&plain).map_err(|_| Refusal::Internal)?;
    let room = usize::try_from(row.stamp_room).map_err(|_| Refusal::Internal)?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let chain = chain_of(core, &mut tx, &row.certificate_serial, signature).await?;
    drop(tx);
    let drawing = Drawing::with(core, chain, room);
    core.compute(move || drawing.draw(&kept.content, &kept.seal)).await?
}
