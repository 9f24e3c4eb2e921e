//! What the root does after the ceremony, each time with both operators: its next CRL, the next
//! generation of the issuing CA, the end of a CA. Each act has a transcript that the root signs.

use std::num::NonZeroU16;

use ca::profile::{Kind, issuing};
use ca::{Generation, Issuer, IssuerName, PublicKey, RevocationReason, ThrowAwayKey, Validity, crl};
use hsm::{Purpose, Token};
use sha2::{Digest, Sha256};
use store::Journal;
use store::ids::{instant, micros};
use store::journal::{Certificate, Crl, NewRevocationEvent, RevocationKind, RevocationSource};
use time::{Duration, OffsetDateTime};

use super::drafts::Draft;
use super::lists::{List, whole};
use super::office::{Office, ROOT, Signatory, days_within, root_key};
use super::{Backups, CeremonyError, SignedTranscript, Transcript};
use crate::core::{Configuration, rfc3339};
use crate::edge::{Clock, Randomness};
use crate::keys::{AuthorityKey, RootKey};

/// How long the first CRL of a shard may be believed (EN 319 411-1 §6.3.9: one each 24 hours at least).
const FIRST_CRL_LIFE: Duration = Duration::hours(24);

/// The root's token opened by both operators, and what an act is recorded in.
#[derive(Debug, Clone)]
pub struct RootActs {
    /// What the signer is told.
    pub configuration: Configuration,
    /// Name and version of the program.
    pub program: String,
    /// The two operators, in their order.
    pub operators: [String; 2],
    /// The root's own token.
    pub root_token: Token,
    /// The root's CRL published last, DER, as the operators kept it: held against the journal.
    pub kept_crl: Option<Vec<u8>>,
    /// The journal.
    pub journal: Journal,
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub randomness: Randomness,
}

/// A root CRL and its transcript.
#[derive(Debug, Clone)]
pub struct NextRootCrl {
    /// The CRL, DER.
    pub der: Vec<u8>,
    /// By when the next one is due.
    pub next_update: OffsetDateTime,
    /// What was done.
    pub transcript: SignedTranscript,
}

/// A generation of the issuing CA and its transcript.
#[derive(Debug, Clone)]
pub struct NextGeneration {
    /// `issuing-<n>`.
    pub name: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// What was done.
    pub transcript: SignedTranscript,
}

/// What the next generation is to be.
#[derive(Debug, Clone)]
pub struct RollOver {
    /// Its number: the one after the newest, or the newest itself, taken up again.
    pub generation: u32,
    /// Its common name.
    pub name: String,
    /// Validity in calendar years; cut at the root's end.
    pub years: u8,
}

impl RootActs {
    /// Signs the root's next CRL.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn next_root_crl(&self, days: u16) -> Result<NextRootCrl, CeremonyError> {
        let (office, key, root) = self.open().await?;
        let next_update = days_within(self.clock.now(), days, &root);
        self.root_crl_until(&office, &key, &root, next_update, "The root's next CRL").await
    }

    /// Revokes a CA by the root and signs the CRL that says so.
    ///
    /// # Errors
    /// [`CeremonyError::NoSuchAuthority`]; [`CeremonyError::Journal`] if it is revoked for another reason.
    pub async fn revoke_authority(
        &self,
        name: &str,
        reason: RevocationReason,
        days: u16,
    ) -> Result<NextRootCrl, CeremonyError> {
        let (office, key, root) = self.open().await?;
        let authorities = issued_by_root(&office).await?;
        let row = authorities.into_iter().find(|(known, _)| known == name).map(|(_, row)| row);
        let row = row.ok_or_else(|| CeremonyError::NoSuchAuthority(name.to_owned()))?;
        self.record_revocation(&office, &row.serial, reason).await?;
        let next_update = days_within(self.clock.now(), days, &root);
        self.root_crl_until(&office, &key, &root, next_update, &format!("Revocation of {name}")).await
    }

    /// Makes and certifies a generation of the issuing CA. A signer uses it from its next start on;
    /// the generations before it go on answering for what they issued.
    ///
    /// # Errors
    /// [`CeremonyError::Generation`] for a number that is not the newest or the one after it.
    pub async fn roll_over(
        &self,
        rollover: &RollOver,
        token: &Token,
        backups: Option<&Backups>,
    ) -> Result<NextGeneration, CeremonyError> {
        let (office, key, root) = self.open().await?;
        let mut tx = self.journal.begin().await?;
        if tx.setting(super::termination::BEGUN).await?.is_some() {
            return Err(CeremonyError::Terminated);
        }
        let rows = tx.certificates_of_kind(Kind::Issuing.code()).await?;
        drop(tx);
        let newest = rows.iter().filter(|row| row.der.is_some()).count();
        let newest = u32::try_from(newest).unwrap_or(u32::MAX);
        if rollover.generation != newest && Some(rollover.generation) != newest.checked_add(1) {
            return Err(CeremonyError::Generation(newest));
        }
        let name = IssuerName::Issuing(Generation::new(rollover.generation)?).to_string();
        let purpose = Purpose::Issuing(rollover.generation);
        match backups {
            Some(backups) => backups.generate(token, purpose)?,
            None if token.exists(purpose)? => {}
            None => token.generate(purpose)?,
        }
        let public = PublicKey::from_spki_der(&token.public_key(purpose)?)?;
        let throw_away = ThrowAwayKey::generate(&mut self.randomness.clone());
        let desk = office.desk(&throw_away);
        let years = rollover.years.min(issuing::MAX_YEARS);
        let validity = Validity::years(self.clock.now(), years)?.until_at_most(root.validity().not_after);
        let draft =
            |serial, validity| desk.issuing(Draft { name: &rollover.name, key: &public, serial, validity }, &root);
        let der = office.certificate(Kind::Issuing, &public, Signatory::Root(&key), validity, draft).await?;
        first_crls(&office, token, rollover.generation, &der).await?;
        let mut transcript = self.begin_transcript("A generation of the issuing CA", &key);
        transcript.section("key (SHA-256 of the SubjectPublicKeyInfo)");
        transcript.line(&purpose.label(), &hex::encode(Sha256::digest(public.to_spki_der()?)));
        certificate_lines(&mut transcript, &name, &der)?;
        let transcript = office.sign_transcript(&key, transcript).await?;
        Ok(NextGeneration { name, der, transcript })
    }

    pub(super) async fn open(&self) -> Result<(Office, RootKey, Issuer), CeremonyError> {
        let office = Office::open(&self.journal, &self.configuration, &self.clock, &self.randomness).await?;
        let key = root_key(&self.root_token).await?;
        let root = office.root(&key).await?;
        Ok((office, key, root))
    }

    pub(super) async fn root_crl_until(
        &self,
        office: &Office,
        key: &RootKey,
        root: &Issuer,
        next_update: OffsetDateTime,
        title: &str,
    ) -> Result<NextRootCrl, CeremonyError> {
        let previous = office.newest_crl(List::new(ROOT, root)).await?;
        if previous.is_none() && self.kept_crl.is_none() {
            return Err(CeremonyError::RootCrlMissing);
        }
        let crl = office.sign_root_crl(key, root, next_update, self.kept_crl.as_deref()).await?;
        let mut transcript = self.begin_transcript(title, key);
        crl_lines(&mut transcript, "the root's CRL", &crl);
        // People hold it against the transcript before this one.
        for (what, der) in
            [("follows, journal's", previous.map(|(row, _)| row.der)), ("follows, kept", self.kept_crl.clone())]
        {
            if let Some(der) = der {
                let number = crl::parse(&der)?.number;
                transcript.line(what, &format!("number {number}, SHA-256 {}", hex::encode(Sha256::digest(&der))));
            }
        }
        for (name, row) in issued_by_root(office).await? {
            let mut tx = self.journal.begin().await?;
            if let Some(event) = tx.revocation(&row.serial).await? {
                transcript.line("revoked", &format!("{name}, serial {}, {}", row.serial, event.reason));
            }
        }
        let transcript = office.sign_transcript(key, transcript).await?;
        Ok(NextRootCrl { der: crl.der, next_update, transcript })
    }

    pub(super) async fn record_revocation(
        &self,
        office: &Office,
        serial: &str,
        reason: RevocationReason,
    ) -> Result<(), CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        let event = NewRevocationEvent {
            serial: serial.to_owned(),
            kind: RevocationKind::Revoke,
            at: micros(self.clock.now()),
            reason: reason.as_str().to_owned(),
            invalid_since: None,
            activation_id: None,
            source: RevocationSource::Termination,
        };
        if tx.record_revocation(&event).await?.is_new() {
            let note = serde_json::json!({ "reason": event.reason, "by": "root" });
            office.log(&mut tx, "certificate.revoked", serial, &note).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) fn begin_transcript(&self, title: &str, key: &RootKey) -> Transcript {
        let mut transcript = Transcript::begin(title);
        transcript.line("at", &rfc3339(self.clock.now()));
        transcript.line("program", &self.program);
        transcript.line("portal", &self.configuration.public_url);
        let [first, second] = &self.operators;
        transcript.line("first operator", first);
        transcript.line("second operator", second);
        let spki = key.public_key().to_spki_der().unwrap_or_default();
        transcript.line(&Purpose::Root.label(), &hex::encode(Sha256::digest(spki)));
        transcript
    }
}

/// The first CRL of each shard of a generation, so that its first doctor's is there at once; the
/// signer makes those that follow.
async fn first_crls(office: &Office, token: &Token, generation: u32, der: &[u8]) -> Result<(), CeremonyError> {
    let name = IssuerName::Issuing(Generation::new(generation)?);
    let issuer = Issuer::from_certificate(der, name)?;
    let key = AuthorityKey::open(token, Purpose::Issuing(generation)).await?;
    let mut tx = office.journal.begin().await?;
    let shards = tx.setting("shards").await?.and_then(|text| text.parse().ok()).unwrap_or(NonZeroU16::MIN);
    drop(tx);
    for shard in name.shards(shards).unwrap_or_default() {
        let list = shard.to_string();
        let mut tx = office.journal.begin().await?;
        if tx.newest_crl(&list).await?.is_some() {
            continue;
        }
        drop(tx);
        let this_update = whole(office.clock.now());
        let url = office.installation.urls.crl_shard(shard);
        let parameters = crl::Parameters {
            number: 0,
            this_update,
            next_update: this_update + FIRST_CRL_LIFE,
            scope: crl::Scope::Shard { url: &url },
            expired_kept_since: Some(issuer.validity().not_before),
            entries: &[],
        };
        office.publish(List::new(&list, &issuer), parameters, |prepared| key.sign_crl(prepared)).await?;
    }
    Ok(())
}

/// The CAs that the root certified, by their published names, oldest generation first.
pub(super) async fn issued_by_root(office: &Office) -> Result<Vec<(String, Certificate)>, CeremonyError> {
    let mut tx = office.journal.begin().await?;
    let issuing = tx.certificates_of_kind(Kind::Issuing.code()).await?;
    let time_stamping = tx.certificates_of_kind(Kind::TsaCa.code()).await?;
    let issued = |row: &Certificate| row.der.is_some();
    let mut named = Vec::new();
    for (number, row) in (1_u32..).zip(issuing.into_iter().rev().filter(issued)) {
        named.push((IssuerName::Issuing(Generation::new(number)?).to_string(), row));
    }
    named.extend(time_stamping.into_iter().filter(issued).map(|row| (IssuerName::TsaCa.to_string(), row)));
    Ok(named)
}

pub(super) fn crl_lines(transcript: &mut Transcript, what: &str, crl: &Crl) {
    transcript.section(what);
    transcript.line("number", &crl.number.to_string());
    transcript.line("SHA-256", &hex::encode(Sha256::digest(&crl.der)));
    transcript.line("this update", &rfc3339(instant(crl.this_update)));
    transcript.line("next update", &rfc3339(instant(crl.next_update)));
}

pub(super) fn certificate_lines(transcript: &mut Transcript, name: &str, der: &[u8]) -> Result<(), CeremonyError> {
    let view = ca::parse(der)?;
    transcript.section(&format!("certificate {name}"));
    transcript.line("subject", &view.subject);
    transcript.line("serial number", &view.serial);
    transcript.line("SHA-256", &hex::encode(view.sha256));
    transcript.line("valid", &format!("{} to {}", rfc3339(view.validity.not_before), rfc3339(view.validity.not_after)));
    Ok(())
}
