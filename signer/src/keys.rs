//! The token's keys. Each has a type of its own that takes only the structure the key is for: no
//! code of the signer can have a digest of its own choice signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ca::ocsp::PreparedResponse;
use ca::tsp::PreparedToken;
use ca::{Certificate, PublicKey, Recorded, crl::PreparedCrl};
use hsm::{Purpose, Token};
use ledger::{Checkpoint, SignedCheckpoint};
use sha2::{Digest, Sha256, Sha384};

use crate::asking::{Answer, answered, ask_token};
use crate::ceremony::Transcript;
use crate::core::{key_id, token_refusal};
use crate::protocol::Refusal;
use crate::seal::{self, UnsignedSeal};
use crate::statements::StatementText;

/// The one place where a digest goes to the token.
#[derive(Debug, Clone)]
struct Pair {
    token: Token,
    purpose: Purpose,
    public: PublicKey,
}

impl Pair {
    async fn open(token: &Token, purpose: Purpose) -> Result<Self, hsm::Error> {
        let spki = ask_token(token, move |token| token.public_key(purpose)).await?;
        let public = PublicKey::from_spki_der(&spki).map_err(|_| hsm::Error::Malformed("a public key"))?;
        Ok(Self { token: token.clone(), purpose, public })
    }

    fn spki(&self) -> Vec<u8> {
        self.public.to_spki_der().unwrap_or_default()
    }

    async fn sign(&self, digest: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let ask = |answer: Answer<_>| {
            #[expect(clippy::disallowed_methods, reason = "behind the types of this file")]
            self.token.sign_then(self.purpose, &digest, move |signature| drop(answer.send(signature)))
        };
        answered(self.token.deadline(), ask).await.map_err(|error| token_refusal(&error))
    }

    /// Signs the SHA-256 of a message, and looks at what the token gave: what is written down or printed once
    /// cannot be mended later.
    async fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let signature = self.sign(Sha256::digest(message).to_vec()).await?;
        self.public.verify(message, &signature).map_err(|error| wrong(&error))?;
        Ok(signature)
    }

    /// Signs many in one go, in their order.
    async fn sign_each(&self, digests: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Refusal> {
        let ask = |answer: Answer<_>| {
            #[expect(clippy::disallowed_methods, reason = "behind the types of this file")]
            self.token.sign_each_then(self.purpose, digests, move |signatures| drop(answer.send(signatures)))
        };
        answered(self.token.deadline(), ask).await.map_err(|error| token_refusal(&error))
    }

    async fn certify(&self, recorded: Recorded) -> Result<Certificate, Refusal> {
        self.is_meant(recorded.signer())?;
        let signature = self.sign(recorded.digest()).await?;
        recorded.complete(&signature).map_err(|error| wrong(&error))
    }

    async fn sign_crl(&self, prepared: PreparedCrl) -> Result<Vec<u8>, Refusal> {
        self.is_meant(prepared.signer())?;
        let signature = self.sign(prepared.digest()).await?;
        prepared.complete(&signature).map_err(|error| wrong(&error))
    }

    /// A structure made for another key is a fault of ours, found before anything is signed.
    fn is_meant(&self, signer: &PublicKey) -> Result<(), Refusal> {
        if *signer == self.public {
            return Ok(());
        }
        tracing::error!(key = %self.purpose, "was given a structure of another key");
        Err(Refusal::Internal)
    }
}

/// The root's key: signs CA certificates that are on record, the root's CRL, and the transcripts
/// of what is done with it.
#[derive(Debug, Clone)]
pub(crate) struct RootKey(Pair);

impl RootKey {
    /// The root's key, in its own token.
    pub(crate) async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self(Pair::open(token, Purpose::Root).await?))
    }

    /// The public half.
    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.0.public
    }

    /// Signs a certificate that is on record.
    pub(crate) async fn certify(&self, recorded: Recorded) -> Result<Certificate, Refusal> {
        self.0.certify(recorded).await
    }

    /// Signs the root's CRL; its DER.
    pub(crate) async fn sign_crl(&self, prepared: PreparedCrl) -> Result<Vec<u8>, Refusal> {
        self.0.sign_crl(prepared).await
    }

    /// Signs a transcript that is on record (DER `ECDSA-Sig-Value` over its SHA-384).
    pub(crate) async fn sign_transcript(&self, transcript: &Transcript) -> Result<Vec<u8>, Refusal> {
        let text = transcript.text().as_bytes();
        let signature = self.0.sign(Sha384::digest(text).to_vec()).await?;
        self.0.public.verify(text, &signature).map_err(|error| wrong(&error))?;
        Ok(signature)
    }
}

/// The key of a CA on line: signs certificates that are on record, and CRLs.
#[derive(Debug, Clone)]
pub(crate) struct AuthorityKey(Pair);

impl AuthorityKey {
    /// The key of a generation of the issuing CA, or of the time-stamping CA.
    pub(crate) async fn open(token: &Token, purpose: Purpose) -> Result<Self, hsm::Error> {
        match purpose {
            Purpose::Issuing(_) | Purpose::TsaCa => Ok(Self(Pair::open(token, purpose).await?)),
            other => Err(hsm::Error::WrongPurpose(other)),
        }
    }

    /// The public half.
    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.0.public
    }

    /// Signs a certificate that is on record.
    pub(crate) async fn certify(&self, recorded: Recorded) -> Result<Certificate, Refusal> {
        self.0.certify(recorded).await
    }

    /// Signs a CRL; its DER.
    pub(crate) async fn sign_crl(&self, prepared: PreparedCrl) -> Result<Vec<u8>, Refusal> {
        self.0.sign_crl(prepared).await
    }
}

/// One OCSP answer in so many is verified before it leaves; checking each would cost as much as
/// signing it, and whoever asked checks it anyway and can ask again.
const LOOKED_AT: u64 = 16;

/// The OCSP responder's key: signs OCSP answers.
#[derive(Debug, Clone)]
pub(crate) struct OcspKey {
    pair: Pair,
    answers: Arc<AtomicU64>,
}

impl OcspKey {
    /// The responder's key.
    pub(crate) async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self { pair: Pair::open(token, Purpose::Ocsp).await?, answers: Arc::default() })
    }

    /// The public half, for the responder's certificates.
    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.pair.public
    }

    /// Signs an answer; its DER.
    pub(crate) async fn respond(&self, prepared: PreparedResponse) -> Result<Vec<u8>, Refusal> {
        self.pair.is_meant(prepared.signer())?;
        let signature = self.pair.sign(prepared.digest()).await?;
        if self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOKED_AT) {
            return prepared.complete(&signature).map_err(|error| {
                // Until one verifies again, each is looked at.
                self.answers.store(0, Ordering::Relaxed);
                wrong(&error)
            });
        }
        Ok(prepared.assemble(&signature))
    }

    /// Signs an answer that stays, in a document; its DER.
    pub(crate) async fn attest(&self, prepared: PreparedResponse) -> Result<Vec<u8>, Refusal> {
        self.pair.is_meant(prepared.signer())?;
        let signature = self.pair.sign(prepared.digest()).await?;
        prepared.complete(&signature).map_err(|error| wrong(&error))
    }
}

/// A time-stamping unit's key: signs time-stamp tokens.
#[derive(Debug, Clone)]
pub(crate) struct TimeStampingKey(Pair);

impl TimeStampingKey {
    /// The key of the unit of this number, from 1.
    pub(crate) async fn open(token: &Token, unit: u32) -> Result<Self, hsm::Error> {
        Ok(Self(Pair::open(token, Purpose::Tsa(unit)).await?))
    }

    /// The public half, for the unit's certificate.
    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.0.public
    }

    /// Signs a token; its DER.
    pub(crate) async fn stamp(&self, prepared: PreparedToken) -> Result<Vec<u8>, Refusal> {
        self.0.is_meant(prepared.signer())?;
        let signature = self.0.sign(prepared.digest()).await?;
        prepared.complete(&signature).map_err(|error| wrong(&error))
    }

    /// Signs many tokens in one go; their DER, in their order.
    pub(crate) async fn stamp_each(&self, prepared: Vec<PreparedToken>) -> Result<Vec<Vec<u8>>, Refusal> {
        for token in &prepared {
            self.0.is_meant(token.signer())?;
        }
        let signatures = self.0.sign_each(prepared.iter().map(PreparedToken::digest).collect()).await?;
        let signed = prepared.into_iter().zip(signatures);
        signed.map(|(token, signature)| token.complete(&signature).map_err(|error| wrong(&error))).collect()
    }
}

/// The binding key: signs who acts with which passkey, and who is an officer of what.
#[derive(Debug, Clone)]
pub(crate) struct BindingKey(Pair);

impl BindingKey {
    /// The binding key.
    pub(crate) async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self(Pair::open(token, Purpose::Binding).await?))
    }

    /// DER of its `SubjectPublicKeyInfo`, to be published.
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.spki()
    }

    /// Signs a statement (DER `ECDSA-Sig-Value`).
    pub(crate) async fn sign(&self, statement: &StatementText) -> Result<Vec<u8>, Refusal> {
        self.0.sign_message(&statement.to_sign()).await
    }

    /// Whether this key signed the statement.
    pub(crate) fn signed(&self, statement: &StatementText, signature: &[u8]) -> bool {
        self.0.public.verify(&statement.to_sign(), signature).is_ok()
    }
}

/// The seal key: signs the tokens of QR codes.
#[derive(Debug, Clone)]
pub(crate) struct SealKey(Pair);

impl SealKey {
    /// The seal key.
    pub(crate) async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self(Pair::open(token, Purpose::Seal).await?))
    }

    /// DER of its `SubjectPublicKeyInfo`, to be published.
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.spki()
    }

    /// How tokens name it.
    pub(crate) fn key_id(&self) -> [u8; 8] {
        key_id(&self.0.spki())
    }

    /// Signs a token; its text.
    pub(crate) async fn seal(&self, unsigned: UnsignedSeal) -> Result<String, Refusal> {
        let signature = self.0.sign_message(&unsigned.to_be_signed()).await?;
        seal::fixed_form(&signature).and_then(|fixed| unsigned.complete(fixed)).ok_or(Refusal::Internal)
    }
}

/// The checkpoint key: signs sizes and roots of ledgers.
#[derive(Debug, Clone)]
pub(crate) struct CheckpointKey(Pair);

impl CheckpointKey {
    /// The checkpoint key.
    pub(crate) async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self(Pair::open(token, Purpose::Checkpoint).await?))
    }

    /// DER of its `SubjectPublicKeyInfo`, to be published.
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.spki()
    }

    /// Signs a checkpoint.
    pub(crate) async fn sign(&self, checkpoint: Checkpoint) -> Result<SignedCheckpoint, Refusal> {
        let signature = self.0.sign_message(&checkpoint.to_sign()).await?;
        Ok(checkpoint.signed(&hex::encode(key_id(&self.0.spki())), signature))
    }

    /// Whether this key signed the note.
    pub(crate) fn signed(&self, note: &SignedCheckpoint) -> bool {
        self.0.public.verify(&note.checkpoint.to_sign(), &note.signature).is_ok()
    }
}

/// A token that signs something else is broken, and may be mended.
fn wrong(error: &ca::Error) -> Refusal {
    tracing::error!(alarm = "token", error = %error, "the token's signature does not verify");
    Refusal::TokenUnavailable
}
