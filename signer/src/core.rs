//! The trust core's shared state, and the one door through which the portal's requests come.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use ca::ThrowAwayKey;
use ca::tsp::Accuracy;
use hsm::Token;
use sha2::{Digest, Sha256};
use store::Journal;
use store::ids::instant;
use store::journal::Tx;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::asking;
use crate::authorities::Authorities;
use crate::computing::Computing;
use crate::document_keys::DataKeyRates;
use crate::edge::{Clock, Randomness};
use crate::journal_key::JournalKeys;
use crate::keys::{BindingKey, CheckpointKey, OcspKey, SealKey};
use crate::lifting;
use crate::operations::sign::Signers;
use crate::papers::ShownPapers;
use crate::passkeys::PasskeyPolicy;
use crate::protocol::{PublishedKey, Refusal, Request, Response};
use crate::signature_profile::{DoctorSignature, Level};
use crate::statements::Memory;
use crate::status::StatusServices;
use crate::step::Steps;
use crate::time_stamping::TimeStamping;

/// How far the clocks of signers that share a journal may be apart.
pub(crate) const CLOCK_TOLERANCE: Duration = Duration::seconds(2);

/// What the signer is told.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The portal's address as browsers see it; stands in QR codes and certificates.
    pub public_url: String,
    /// The signer's own origin as browsers see it.
    pub origin: String,
    /// RP id of the signing passkeys: the origin's host.
    pub rp_id: String,
    /// A demonstration: test policy in certificates, demo passkeys on the pages.
    pub demo: bool,
    /// How long a new passkey that officers approved waits before it takes the place of lost ones, in hours.
    pub credential_delay_hours: u16,
    /// How far from UTC a time-stamp says it may be, 1 to 1000 ms; with a clock known less well there is none.
    pub time_stamp_accuracy_ms: u16,
    /// Which passkeys are accepted from whom.
    pub passkeys: PasskeyPolicy,
    /// The level of signed documents; nothing is handed out below it.
    pub level: Level,
    /// How doctors sign: new keys are of its kind.
    pub doctor_signature: DoctorSignature,
    /// When digests are given up, by their name (`sha256`): files whose proof rests on one are
    /// renewed before.
    pub algorithm_ends: BTreeMap<String, OffsetDateTime>,
}

/// The trust core.
pub struct Core {
    pub(crate) configuration: Configuration,
    pub(crate) journal: Journal,
    pub(crate) token: Token,
    pub(crate) clock: Clock,
    pub(crate) randomness: Randomness,
    pub(crate) authorities: Authorities,
    pub(crate) keys: ServiceKeys,
    pub(crate) steps: Steps,
    pub(crate) statements: Memory,
    /// The ledger was found to contradict its signed checkpoint.
    pub(crate) ledger_altered: AtomicBool,
    /// Signs what is only to be examined.
    pub(crate) throw_away: ThrowAwayKey,
    pub(crate) status: StatusServices,
    pub(crate) time_stamping: TimeStamping,
    pub(crate) lifting: lifting::Memory,
    pub(crate) signers: Signers,
    pub(crate) computing: Computing,
    /// Legal name of who runs the CA, fixed at the ceremony.
    pub(crate) organisation: String,
    /// The key under which is sealed what the journal keeps.
    pub(crate) journal_keys: JournalKeys,
    /// How often data keys are opened and made.
    pub(crate) data_keys: DataKeyRates,
    /// Tickets that this process is carrying out now.
    pub(crate) in_hand: Mutex<BTreeSet<String>>,
    /// What kept this process from carrying out a ticket the last time.
    pub(crate) kept_by: Mutex<BTreeMap<String, Refusal>>,
    /// Documents of open pages, for their pictures.
    pub(crate) shown: ShownPapers,
    /// The journal's ledger as far as this process has read it.
    pub(crate) journal_log: tokio::sync::Mutex<ledger::Tree>,
    /// Size and root of the portal's ledger that a checkpoint was signed for last.
    pub(crate) portal_log: Mutex<Option<(u64, [u8; 32])>>,
}

/// The token's own keys that are not a CA's, opened at start.
#[derive(Debug, Clone)]
pub(crate) struct ServiceKeys {
    pub(crate) ocsp: OcspKey,
    pub(crate) binding: BindingKey,
    pub(crate) seal: SealKey,
    pub(crate) checkpoint: CheckpointKey,
}

impl ServiceKeys {
    async fn open(token: &Token) -> Result<Self, hsm::Error> {
        Ok(Self {
            ocsp: OcspKey::open(token).await?,
            binding: BindingKey::open(token).await?,
            seal: SealKey::open(token).await?,
            checkpoint: CheckpointKey::open(token).await?,
        })
    }
}

/// Why the signer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There was no ceremony yet.
    #[error("the installation has no CA yet: run `rabrong init` first")]
    NotInitialised,
    /// The token.
    #[error("the token cannot be used")]
    Token(#[source] hsm::Error),
    /// The journal.
    #[error("the journal cannot be used")]
    Journal(#[source] store::Error),
    /// The accuracy of time-stamps.
    #[error("time-stamps can be accurate to 1 to 1000 ms")]
    Accuracy,
    /// The journal's CA certificates do not fit the token's keys.
    #[error("the CA certificates in the journal do not fit the token's keys")]
    Mismatch,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("configuration", &self.configuration).finish_non_exhaustive()
    }
}

impl Core {
    /// Opens the trust core after a ceremony.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        configuration: Configuration,
        journal: Journal,
        token: Token,
        clock: Clock,
        randomness: Randomness,
        steps: Steps,
    ) -> Result<Arc<Self>, OpenError> {
        let authorities = Authorities::load(&journal, &configuration, &token).await?;
        let mut tx = journal.begin().await.map_err(OpenError::Journal)?;
        let organisation = tx.setting("organisation").await.map_err(OpenError::Journal)?;
        drop(tx);
        let organisation = organisation.ok_or(OpenError::NotInitialised)?;
        let keys = ServiceKeys::open(&token).await.map_err(OpenError::Token)?;
        let policy = authorities.installation().policies.time_stamp();
        let accuracy = Accuracy::from_milliseconds(configuration.time_stamp_accuracy_ms);
        let accuracy = accuracy.map_err(|_| OpenError::Accuracy)?;
        let throw_away = ThrowAwayKey::generate(&mut randomness.clone());
        Ok(Arc::new(Self {
            status: StatusServices::new(&randomness),
            time_stamping: TimeStamping::new(accuracy, policy),
            lifting: lifting::Memory::default(),
            signers: Signers::default(),
            computing: Computing::here(),
            configuration,
            journal,
            token,
            clock,
            randomness,
            authorities,
            keys,
            steps,
            statements: Memory::default(),
            ledger_altered: AtomicBool::new(false),
            throw_away,
            organisation,
            shown: ShownPapers::default(),
            journal_log: tokio::sync::Mutex::default(),
            portal_log: Mutex::new(None),
            journal_keys: JournalKeys::default(),
            data_keys: DataKeyRates::default(),
            in_hand: Mutex::default(),
            kept_by: Mutex::default(),
        }))
    }

    /// Answers one request of the portal.
    ///
    /// # Errors
    /// The [`Refusal`], for the client.
    pub async fn answer(self: &Arc<Self>, request: Request) -> Result<Response, Refusal> {
        match request {
            Request::Health => self.health().await,
            Request::Units => self.units().await,
            Request::EnrolCredential { person_id, display_name, return_path } => {
                self.offer_enrolment(person_id, display_name, return_path).await
            }
            Request::Propose { actor, operation, return_path } => self.propose(actor, operation, return_path).await,
            Request::Outcome { ticket } => Ok(Response::Outcome { outcome: self.outcome(&ticket).await? }),
            Request::SignedFile { document_id } => self.signed_file(&document_id).await,
            Request::ForgetFile { document_id } => self.forget_file(&document_id).await,
            Request::DocumentByCode { code } => self.document_by_code(&code).await,
            Request::RenewFile { document_id, file } => self.renew_file(&document_id, &file).await,
            Request::RenewalsDue { within_days, after } => self.renewals_due(within_days, after.as_deref()).await,
            Request::DocumentByFile { sha256 } => self.document_by_file(&sha256).await,
            Request::Certificates { person_id } => self.certificates(&person_id).await,
            Request::Expiring { within_days, after } => self.expiring(within_days, after.as_deref()).await,
            Request::Appointments { person_id } => self.appointments(&person_id).await,
            Request::DigestsAllowed { unit_code } => {
                let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
                Ok(Response::DigestsAllowed { allowed: self.digests_allowed(&mut tx, &unit_code).await? })
            }
            Request::Underway { person_id } => {
                let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
                let underway = tx.has_activated_ticket(&person_id).await.map_err(|error| journal_refusal(&error))?;
                Ok(Response::Underway { underway })
            }
            Request::Credentials { person_id } => self.credentials(&person_id).await,
            Request::SuspendCredential { person_id, credential_id, source, evidence_sha256 } => {
                self.suspend_credential(&person_id, credential_id.as_deref(), source, &evidence_sha256).await
            }
            Request::WithdrawReplacement { request_id } => self.withdraw_replacement(&request_id).await,
            Request::Replacements { officer_id } => self.replacements(&officer_id).await,
            Request::PreviewRevocation { actor, selection } => self.preview_revocation(&actor, &selection).await,
            Request::Suspend { serial, source, evidence_sha256 } => {
                let suspended = self.suspend(&serial, source, &evidence_sha256).await;
                self.status.index.outdate();
                suspended
            }
            Request::RevocationSequence => self.revocation_sequence().await,
            Request::RevocationState { serial } => self.revocation_state(&serial).await,
            Request::Crl { shard } => self.crl(&shard).await,
            Request::CaCertificate { name } => self.ca_certificate(&name),
            Request::PublishedKeys => Ok(Response::Keys { keys: self.published_keys() }),
            Request::NewDataKey { document_id } => self.new_data_key(document_id).await,
            Request::OpenDataKey { document_id, wrapped } => self.open_data_key(document_id, &wrapped).await,
            Request::EraseDocument { document_id, reason_sha256 } => {
                self.erase_document(&document_id, &reason_sha256).await
            }
            Request::Checkpoint { size, root } => self.portal_checkpoint(size, &root).await,
        }
    }

    async fn health(&self) -> Result<Response, Refusal> {
        self.journal.database().ping().await.map_err(|error| journal_refusal(&error))?;
        self.with_token(|token| token.ping()).await?;
        Ok(Response::Health { demo: self.configuration.demo })
    }

    async fn units(&self) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let units = tx.units().await.map_err(|error| journal_refusal(&error))?;
        Ok(Response::Units { units: units.into_iter().map(crate::records::unit_node).collect() })
    }

    fn published_keys(&self) -> Vec<PublishedKey> {
        let published = |purpose: &str, spki: &[u8]| PublishedKey {
            purpose: purpose.to_owned(),
            key_id: hex::encode(key_id(spki)),
            spki: hex::encode(spki),
        };
        vec![
            published("seal", &self.keys.seal.spki()),
            published("checkpoint", &self.keys.checkpoint.spki()),
            published("binding", &self.keys.binding.spki()),
        ]
    }

    /// Asks the token on a thread where it may block.
    pub(crate) async fn with_token<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Token) -> Result<T, hsm::Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        asking::ask(&self.token, ask).await
    }

    /// Now, for what is about to be recorded and signed: never before the journal's newest entry.
    ///
    /// # Errors
    /// [`Refusal::ClockBehind`] if the clock was set back: what were signed now would claim to be
    /// older than what is on record already.
    pub(crate) async fn now_on_record(&self, tx: &mut Tx) -> Result<OffsetDateTime, Refusal> {
        not_before_record(self.now(), tx).await
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }
}

/// [`not_before`] the journal's newest entry.
pub(crate) async fn not_before_record(now: OffsetDateTime, tx: &mut Tx) -> Result<OffsetDateTime, Refusal> {
    not_before(now, tx.newest_entry_at().await.map_err(|error| journal_refusal(&error))?)
}

/// `now`, or the time of the journal's newest entry if that is a moment later.
///
/// # Errors
/// [`Refusal::ClockBehind`] if it is more than a moment.
pub(crate) fn not_before(now: OffsetDateTime, newest_entry_at: Option<i64>) -> Result<OffsetDateTime, Refusal> {
    match newest_entry_at.map(instant) {
        Some(newest) if newest - now > CLOCK_TOLERANCE => {
            tracing::error!(alarm = "clock", now = %now, newest = %newest, "the clock is behind the journal");
            Err(Refusal::ClockBehind)
        }
        // Another signer's clock is a little ahead, or another request was quicker.
        Some(newest) => Ok(now.max(newest)),
        None => Ok(now),
    }
}

/// First 8 bytes of SHA-256 of a `SubjectPublicKeyInfo`.
pub(crate) fn key_id(spki: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(spki).into();
    let mut id = [0; 8];
    for (to, from) in id.iter_mut().zip(digest) {
        *to = from;
    }
    id
}

/// Commits what was written, or rolls back; answers when whatever was read on the way is durable.
pub(crate) async fn conclude<T, E>(tx: Tx, written: Result<T, E>) -> Result<Result<T, E>, Refusal> {
    let ended = if written.is_ok() { tx.commit().await } else { tx.rollback().await };
    ended.map_err(|error| journal_refusal(&error))?;
    Ok(written)
}

pub(crate) fn journal_refusal(error: &store::Error) -> Refusal {
    match error {
        store::Error::Conflict { .. } => Refusal::Conflict,
        error if error.is_unavailable() => {
            tracing::warn!(error = %error, "the journal cannot be reached");
            Refusal::JournalUnavailable
        }
        error => {
            tracing::error!(error = %error, cause = ?std::error::Error::source(error), "the journal failed");
            Refusal::Internal
        }
    }
}

pub(crate) fn token_refusal(error: &hsm::Error) -> Refusal {
    tracing::error!(error = %error, "the token failed");
    match error {
        hsm::Error::UnwrapRefused => Refusal::Internal,
        // Every key was there when this program started: one that is not is away with its token.
        _ => Refusal::TokenUnavailable,
    }
}

/// An id as the portal makes them: 36 characters, nothing that a log or a name could be bent by.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default()
}
