//! Signing digests that others made: recorded, signed by the doctor's key, checked, stored. One
//! digest has one signature by one key; whoever asks again gets the stored one.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use der::Decode as _;
use store::ids::micros;
use store::journal::{Activation, DigestSignature, NewDigestSignature, Tx};

use crate::asking;
use crate::core::{Core, journal_refusal, token_refusal};
use crate::meaning;
use crate::protocol::{DigestSigning, Outcome, Refusal, SignedDigest};
use crate::step::Step;

/// Signs every digest of an activation that has no signature yet. All are recorded or none.
pub(crate) async fn carry_out(
    core: &Core,
    signing: &DigestSigning,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let known = known(&mut tx, signing).await?;
    drop(tx);
    // Stored before a crash: what happened to the certificate since does not undo it.
    if let Some(outcome) = all_signed(&known) {
        return Ok(outcome);
    }
    record(core, signing, activation).await.map_err(for_good)?;
    core.steps.reach(Step::Sealed);
    sign(core, signing).await.map_err(for_good)?;
    core.steps.reach(Step::Stored);
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    all_signed(&self::known(&mut tx, signing).await?).ok_or(Refusal::Internal)
}

/// What another program asked for is not kept until a suspension ends: nobody waits for it by then.
fn for_good(refusal: Refusal) -> Refusal {
    if refusal == Refusal::CertificateSuspended { Refusal::CertificateRevoked } else { refusal }
}

async fn known(tx: &mut Tx, signing: &DigestSigning) -> Result<Vec<Option<DigestSignature>>, Refusal> {
    let mut rows = Vec::with_capacity(signing.digests.len());
    for digest in &signing.digests {
        let row = tx.digest_signature(&signing.certificate_serial, &digest.sha256).await;
        rows.push(row.map_err(|error| journal_refusal(&error))?);
    }
    Ok(rows)
}

fn all_signed(rows: &[Option<DigestSignature>]) -> Option<Outcome> {
    let signed = |row: &DigestSignature| {
        let signature = row.signature.as_ref()?;
        Some(SignedDigest { sha256: row.digest.clone(), signature: hex::encode(signature) })
    };
    let digests = rows.iter().map(|row| signed(row.as_ref()?)).collect::<Option<Vec<_>>>()?;
    Some(Outcome::DigestsSigned { digests })
}

async fn record(core: &Core, signing: &DigestSigning, activation: &Activation) -> Result<(), Refusal> {
    let content = meaning::content_digest(signing).map_err(|_| Refusal::Internal)?;
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let now = core.now_on_record(&mut tx).await?;
    // Revoked, or switched off, since the page was opened? Then nothing of it is recorded.
    core.digests_may_be_signed(&mut tx, signing).await?;
    let mut new = 0;
    for digest in &signing.digests {
        let row = NewDigestSignature {
            certificate_serial: signing.certificate_serial.clone(),
            digest: digest.sha256.clone(),
            activation_id: activation.activation_id.clone(),
            client: signing.client.clone(),
            recorded_at: micros(now),
        };
        let recorded = tx.record_digest(&row).await.map_err(|error| journal_refusal(&error))?;
        new += usize::from(recorded.is_new());
    }
    if new > 0 {
        let details = serde_json::json!({
            "certificate": signing.certificate_serial,
            "unit": signing.unit_code,
            "client": signing.client,
            "content": hex::encode(content),
            "count": new,
        });
        core.log(&mut tx, "digests.recorded", &activation.activation_id, &details).await?;
    }
    tx.commit().await.map_err(|error| journal_refusal(&error))
}

async fn sign(core: &Core, signing: &DigestSigning) -> Result<(), Refusal> {
    let serial = &signing.certificate_serial;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    // Recovery may come long after the touch: a key taken back meanwhile signs no more.
    core.digests_may_be_signed(&mut tx, signing).await?;
    let rows = known(&mut tx, signing).await?;
    let certificate = tx.certificate(serial).await.map_err(|error| journal_refusal(&error))?;
    let key = tx.doctor_key_of_certificate(serial).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let certificate = certificate.and_then(|row| row.der).ok_or(Refusal::NoCertificate)?;
    let key = key.ok_or(Refusal::NoCertificate)?;
    let epoch = u32::try_from(key.epoch).map_err(|_| Refusal::Internal)?;
    let wrapped = key.wrapped.ok_or(Refusal::CertificateExpired)?;

    let mut left = Vec::new();
    for row in rows {
        let row = row.ok_or(Refusal::Conflict)?;
        if row.state == "recorded" {
            left.push((row.activation_id, decode(&row.digest)?));
        }
    }
    let to_sign: Vec<Vec<u8>> = left.iter().map(|(_, digest): &(_, [u8; 32])| digest.to_vec()).collect();
    let signatures =
        asking::sign_with_wrapped(&core.token, epoch, &wrapped, hsm::SignatureScheme::EcdsaP256, to_sign).await;
    let signatures = signatures.map_err(|error| token_refusal(&error))?;
    if signatures.len() != left.len() {
        return Err(Refusal::Internal);
    }
    core.steps.reach(Step::Signed);
    for ((_, digest), signature) in left.iter().zip(&signatures) {
        verify(&certificate, digest, signature)?;
    }

    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let now = micros(core.now());
    let mut count = 0;
    for ((_, digest), signature) in left.iter().zip(&signatures) {
        let stored = tx.complete_digest(serial, &hex::encode(digest), signature, now).await;
        count += usize::from(stored.map_err(|error| journal_refusal(&error))?.is_new());
    }
    if let (Some((activation_id, _)), 1..) = (left.first(), count) {
        let details = serde_json::json!({ "certificate": serial, "count": count });
        core.log(&mut tx, "digests.signed", activation_id, &details).await?;
    }
    tx.commit().await.map_err(|error| journal_refusal(&error))
}

/// Whether the key of this certificate signed this digest: what leaves here is of use.
fn verify(certificate: &[u8], digest: &[u8; 32], signature: &[u8]) -> Result<(), Refusal> {
    let wrong = || {
        tracing::error!(alarm = "token", "the token's signature over a digest does not verify");
        Refusal::TokenUnavailable
    };
    let certificate = x509_cert::Certificate::from_der(certificate).map_err(|_| wrong())?;
    let key = certificate.tbs_certificate().subject_public_key_info();
    let point = key.subject_public_key.as_bytes().ok_or_else(wrong)?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).map_err(|_| wrong())?;
    let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| wrong())?;
    key.verify_digest_sig(&digest, signature).map_err(|_| wrong())
}

fn decode(text: &str) -> Result<[u8; 32], Refusal> {
    hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Refusal::Internal)
}
