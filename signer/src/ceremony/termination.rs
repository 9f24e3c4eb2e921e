//! The end of the CA: notice, no more issuing, the certificates revoked or left to end, and the
//! last CRLs, which stand for ever.

use ca::crl::{self, EncodedEntry, Entry, Scope};
use ca::profile::Kind;
use ca::{Issuer, RevocationReason, Serial};
use hsm::Token;
use store::ids::{instant, micros};
use store::journal::Crl;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::acts::{NextRootCrl, RootActs, crl_lines, issued_by_root};
use super::lists::{List, whole};
use super::office::Office;
use super::{CeremonyError, SignedTranscript};
use crate::authorities::{Authorities, Authority};
use crate::core::{Configuration, rfc3339};
use crate::edge::{Clock, Randomness};
use crate::keys::{AuthorityKey, RootKey};

/// Setting: since when nothing is issued any more.
pub(crate) const BEGUN: &str = "termination";

/// nextUpdate of a last CRL: there is no other after it (ETSI EN 319 411-1 §6.3.9; the value is that of RFC 5280
/// §4.1.2.5 for *no well-defined end*).
const NEVER: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// Certificates revoked in one transaction.
const BATCH: i64 = 500;

/// The lease of whoever publishes CRLs.
const PUBLISHER: &str = "crl-publisher";

/// How long it is held for each list.
const TURN: Duration = Duration::minutes(2);

/// What becomes of the certificates in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// Revoked at once, *cessationOfOperation*.
    Revoke,
    /// Left to end by themselves; OCSP and CRLs go on until the last one has.
    LetExpire,
}

/// What the beginning of a termination did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Since when nothing is issued.
    pub since: String,
    /// Certificates revoked now.
    pub revoked: u64,
    /// Certificates of doctors and programs that are still in force.
    pub in_force: i64,
    /// The words to publish, Thai and English.
    pub notice: String,
}

/// Everything the end of the CA is recorded in.
#[derive(Debug, Clone)]
pub struct Termination {
    /// What the signer is told.
    pub configuration: Configuration,
    /// The online token.
    pub token: Token,
    /// The journal.
    pub journal: store::Journal,
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub randomness: Randomness,
}

impl Termination {
    /// Ends the issuing for ever; may be repeated, also to revoke what was to be left.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn begin(&self, remaining: Remaining) -> Result<Begun, CeremonyError> {
        let office = Office::open(&self.journal, &self.configuration, &self.clock, &self.randomness).await?;
        let mut tx = self.journal.begin_write().await?;
        let since = match tx.setting(BEGUN).await? {
            Some(since) => since,
            None => {
                let since = rfc3339(self.clock.now());
                tx.set_once(BEGUN, &since).await?;
                office.log(&mut tx, "ca.termination_begun", "installation", &serde_json::json!({})).await?;
                since
            }
        };
        tx.commit().await?;
        let mut revoked = 0;
        if remaining == Remaining::Revoke {
            loop {
                let batch = self.revoke_batch(&office).await?;
                revoked += batch;
                if batch == 0 {
                    break;
                }
            }
        }
        let mut tx = self.journal.begin().await?;
        let in_force = tx.end_entities_in_force(micros(self.clock.now())).await?;
        let notice = notice(&office.organisation, &self.configuration.public_url, &since, remaining);
        Ok(Begun { since, revoked, in_force, notice })
    }

    async fn revoke_batch(&self, office: &Office) -> Result<u64, CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        let serials = tx.end_entities_unrevoked(BATCH).await?;
        for serial in &serials {
            let event = cessation(serial, self.clock.now());
            tx.record_revocation(&event).await?;
            let note = serde_json::json!({ "reason": event.reason, "by": "termination" });
            office.log(&mut tx, "certificate.revoked", serial, &note).await?;
        }
        tx.commit().await?;
        Ok(u64::try_from(serials.len()).unwrap_or(u64::MAX))
    }

    /// Signs the last CRL of every shard and of the time-stamping CA, then revokes the CAs and signs
    /// the root's last CRL. The signer must not run: it would publish others.
    ///
    /// # Errors
    /// [`CeremonyError::StillInForce`] while a certificate in the scope of a last CRL has neither
    /// ended nor been revoked (EN 319 411-1 §6.3.9); [`CeremonyError::NotTerminated`];
    /// [`CeremonyError::SignerRuns`].
    pub async fn last_crls(&self, root: &RootActs) -> Result<(Vec<Crl>, NextRootCrl), CeremonyError> {
        let (office, key, root_issuer) = root.open().await?;
        let mut tx = self.journal.begin().await?;
        tx.setting(BEGUN).await?.ok_or(CeremonyError::NotTerminated)?;
        let in_force = tx.end_entities_in_force(micros(self.clock.now())).await?;
        drop(tx);
        if in_force > 0 {
            return Err(CeremonyError::StillInForce(in_force));
        }
        let turn = Turn::new(self);
        turn.take().await?;
        let signed = self.sign_last_crls(root, &office, &key, &root_issuer, &turn).await;
        // If this fails, it ends by itself.
        turn.give_back().await?;
        signed
    }

    async fn sign_last_crls(
        &self,
        root: &RootActs,
        office: &Office,
        key: &RootKey,
        root_issuer: &Issuer,
        turn: &Turn<'_>,
    ) -> Result<(Vec<Crl>, NextRootCrl), CeremonyError> {
        self.revoke_time_stamping_units(office).await?;
        let authorities = Authorities::load(&self.journal, &self.configuration, &self.token).await?;
        let mut last = Vec::new();
        for generation in authorities.generations() {
            // The key of a generation that ended before may be gone; its last CRLs are then signed already.
            let Ok(signing) = generation.key() else { continue };
            for shard in generation.shards(authorities.shards()) {
                let url = authorities.installation().urls.crl_shard(shard);
                let scope = Scope::Shard { url: &url };
                turn.take().await?;
                last.push(self.last_crl(office, signing, generation.issuer(), &shard.to_string(), scope).await?);
            }
        }
        if let Some(ca) = authorities.time_stamping() {
            turn.take().await?;
            last.push(self.last_crl(office, Authority::key(ca)?, ca.issuer(), "tsa", Scope::Everything).await?);
        }
        for (_, row) in issued_by_root(office).await? {
            root.record_revocation(office, &row.serial, RevocationReason::CessationOfOperation).await?;
        }
        let title = "The end of the CA: the last CRLs";
        let mut crl = root.root_crl_until(office, key, root_issuer, NEVER, title).await?;
        crl.transcript = self.whole_transcript(root, office, key, &last, &crl).await?;
        let mut tx = self.journal.begin_write().await?;
        let note = serde_json::json!({ "transcript": crl.transcript.transcript.sha256(), "crls": last.len() + 1 });
        office.log(&mut tx, "ca.terminated", "installation", &note).await?;
        tx.commit().await?;
        Ok((last, crl))
    }

    /// A unit's time-stamps stay good: they were made before (EN 319 421 §7.14).
    async fn revoke_time_stamping_units(&self, office: &Office) -> Result<(), CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        for row in tx.certificates_of_kind(Kind::Tsa.code()).await? {
            if row.der.is_some() && tx.revocation(&row.serial).await?.is_none() {
                tx.record_revocation(&cessation(&row.serial, self.clock.now())).await?;
                let note = serde_json::json!({ "reason": "cessation_of_operation", "by": "termination" });
                office.log(&mut tx, "certificate.revoked", &row.serial, &note).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    async fn last_crl(
        &self,
        office: &Office,
        key: &AuthorityKey,
        issuer: &Issuer,
        list: &str,
        scope: Scope<'_>,
    ) -> Result<Crl, CeremonyError> {
        let of_issuer = List::new(list, issuer);
        if let Some((newest, view)) = office.newest_crl(of_issuer).await?
            && view.next_update.year() == NEVER.year()
        {
            return Ok(newest);
        }
        let mut tx = self.journal.begin().await?;
        let events = match list.parse() {
            Ok(shard) => tx.revoked_of_shard(shard).await?,
            Err(_) => {
                let mut events = Vec::new();
                for row in tx.certificates_of_kind(Kind::Tsa.code()).await? {
                    events.extend(tx.revocation(&row.serial).await?);
                }
                events
            }
        };
        drop(tx);
        let entries: Vec<EncodedEntry> = events.iter().map(entry).collect::<Result<_, _>>()?;
        let parameters = crl::Parameters {
            number: 0,
            this_update: whole(self.clock.now()),
            next_update: NEVER,
            scope,
            expired_kept_since: Some(issuer.validity().not_before),
            entries: &entries,
        };
        office.publish(of_issuer, parameters, |prepared| key.sign_crl(prepared)).await
    }

    async fn whole_transcript(
        &self,
        root: &RootActs,
        office: &Office,
        key: &RootKey,
        last: &[Crl],
        of_root: &NextRootCrl,
    ) -> Result<SignedTranscript, CeremonyError> {
        let mut transcript = root.begin_transcript("The end of the CA", key);
        for crl in last {
            crl_lines(&mut transcript, &format!("last CRL {}", crl.shard), crl);
        }
        transcript.section("the root's last CRL");
        transcript.line("SHA-256", &hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&of_root.der)));
        office.sign_transcript(key, transcript).await
    }
}

/// The turn to publish CRLs, which signers take by the same lease: one that runs neither publishes
/// between the last CRLs nor after them.
struct Turn<'a> {
    termination: &'a Termination,
    holder: String,
}

impl<'a> Turn<'a> {
    fn new(termination: &'a Termination) -> Self {
        let holder = format!("termination-{}", hex::encode(termination.randomness.bytes::<8>()));
        Self { termination, holder }
    }

    /// Takes it, or prolongs it.
    async fn take(&self) -> Result<(), CeremonyError> {
        if self.hold_for(TURN).await? { Ok(()) } else { Err(CeremonyError::SignerRuns) }
    }

    async fn give_back(&self) -> Result<(), CeremonyError> {
        self.hold_for(Duration::ZERO).await.map(|_| ())
    }

    async fn hold_for(&self, time: Duration) -> Result<bool, CeremonyError> {
        let mut tx = self.termination.journal.begin_write().await?;
        let held = tx.take_lease(PUBLISHER, &self.holder, self.termination.clock.now(), time).await?;
        tx.commit().await?;
        Ok(held)
    }
}

/// An entry of a CRL, of the event that is its state now.
pub(super) fn entry(event: &store::journal::RevocationEvent) -> Result<EncodedEntry, CeremonyError> {
    let whole = |at: i64| whole(instant(at));
    let serial: Serial = event.serial.parse()?;
    let reason = event.reason.parse()?;
    let invalid_since = event.invalid_since.map(whole);
    Ok(EncodedEntry::new(&Entry { serial, at: whole(event.revoked_at), reason, invalid_since })?)
}

fn cessation(serial: &str, at: OffsetDateTime) -> store::journal::NewRevocationEvent {
    store::journal::NewRevocationEvent {
        serial: serial.to_owned(),
        kind: store::journal::RevocationKind::Revoke,
        at: micros(at),
        reason: RevocationReason::CessationOfOperation.as_str().to_owned(),
        invalid_since: None,
        activation_id: None,
        source: store::journal::RevocationSource::Termination,
    }
}

/// What subscribers and relying parties are told (EN 319 411-1 §6.4.9).
fn notice(organisation: &str, url: &str, since: &str, remaining: Remaining) -> String {
    let (thai, english) = match remaining {
        Remaining::Revoke => (
            "ใบรับรองทุกใบที่ยังใช้ได้ถูกเพิกถอนแล้ว (cessationOfOperation)",
            "Every certificate still in force has been revoked (cessationOfOperation).",
        ),
        Remaining::LetExpire => (
            "ใบรับรองที่ยังใช้ได้จะใช้ได้จนหมดอายุ และตรวจสถานะได้จนถึงวันนั้น",
            "Certificates in force stay valid until they end, and their status can be checked until then.",
        ),
    };
    format!(
        "ประกาศยุติการให้บริการออกใบรับรอง\n\n{organisation} ({url}) เลิกออกใบรับรองตั้งแต่ {since}\n{thai}\n\
         เอกสารที่ลงนามไว้ก่อนหน้านี้ยังตรวจสอบได้จากแฟ้มและรายการเพิกถอนฉบับสุดท้าย\n\n\
         Notice: this CA ends\n\n{organisation} ({url}) has issued no certificate since {since}.\n{english}\n\
         Documents signed before can still be checked from their file and the last revocation lists.\n"
    )
}
