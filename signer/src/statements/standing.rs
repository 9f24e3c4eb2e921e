//! What a person acts with: one statement names every passkey in force and every certificate, the
//! version, and the digest of the statement before. The newest counts.
//!
//! Whoever owns the journal's database cannot write such a statement; they can take the newest
//! rows away. Against that stand the ledger, which notes each version and whose root is signed,
//! and what each running signer remembers. A whole journal put back to an earlier day, with
//! its ledger and its checkpoints, while no signer runs, is seen only by who keeps a checkpoint
//! elsewhere.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::{Binding as BindingRow, Certificate, Tx};
use time::OffsetDateTime;

use super::Statement;
use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{CertificateRecord, CredentialReference, Operation, Refusal};
use crate::records::certificate_record;

/// The ledger's kind of entry for a version, its subject the person.
const NOTED: &str = "binding.stated";

/// How often a change that another overtook is tried again.
const TRIES: usize = 5;

/// A passkey of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BoundCredential {
    pub(crate) credential_id: String,
    pub(crate) public_key_sha256: String,
    /// On hold: it does nothing but stop its own replacement.
    pub(crate) suspended: bool,
}

/// A certificate of a person, as it was recorded: no other can be put in its place, nor another
/// person in theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldCertificate {
    serial: String,
    tbs_sha256: String,
    details_sha256: String,
}

impl HeldCertificate {
    /// The one in a row.
    pub(crate) fn of(row: &Certificate) -> Self {
        Self {
            serial: row.serial.clone(),
            tbs_sha256: hex::encode(Sha256::digest(&row.tbs)),
            details_sha256: hex::encode(Sha256::digest(&row.details)),
        }
    }
}

/// What a person acts with now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// 0 before the first statement.
    pub(crate) version: i64,
    pub(crate) credentials: Vec<BoundCredential>,
    pub(crate) certificates: Vec<HeldCertificate>,
    /// What the newest statement did, and by which activation or request.
    pub(crate) act: String,
    pub(crate) by: String,
    text_sha256: Option<[u8; 32]>,
}

impl Standing {
    /// Whether the passkey with this key may be used.
    pub(crate) fn in_force(&self, credential_id: &str, public_key_sha256: &str) -> bool {
        self.find(credential_id).is_some_and(|held| !held.suspended && held.public_key_sha256 == public_key_sha256)
    }

    /// The passkey, suspended or not.
    pub(crate) fn find(&self, credential_id: &str) -> Option<&BoundCredential> {
        self.credentials.iter().find(|held| held.credential_id == credential_id)
    }

    /// Adds a passkey that may be used.
    pub(crate) fn add(&mut self, credential: &CredentialReference) {
        self.credentials.push(BoundCredential {
            credential_id: credential.credential_id.clone(),
            public_key_sha256: credential.public_key_sha256.clone(),
            suspended: false,
        });
    }

    /// Serial numbers of the certificates.
    pub(crate) fn serials(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(|held| held.serial.as_str())
    }

    /// Whether any passkey may be used.
    pub(crate) fn can_act(&self) -> bool {
        self.credentials.iter().any(|held| !held.suspended)
    }
}

/// What a change is, and what allows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// What it does, in one word.
    pub(crate) act: &'a str,
    /// The activation or the request that allows it, or by whose word.
    pub(crate) by: &'a str,
    /// The passkey it is about.
    pub(crate) credential_id: &'a str,
    pub(crate) at: OffsetDateTime,
}

impl Core {
    /// What a person acts with; none if the journal's word is not vouched for: unsigned, or older
    /// than what was signed.
    pub(crate) async fn standing(&self, tx: &mut Tx, person_id: &str) -> Result<Option<Standing>, Refusal> {
        // In this order: a version that is committed in between is newer than what was counted.
        let noted = tx.times_noted(person_id, NOTED).await.map_err(|error| journal_refusal(&error))?;
        let row = tx.newest_binding(person_id).await.map_err(|error| journal_refusal(&error))?;
        let row = self.not_overtaken(person_id, row).await?;
        let version = row.as_ref().map_or(0, |row| row.version);
        let altered = self.ledger_is_altered();
        let Some(row) = row else {
            let never = noted == 0 && !altered && self.statements.newest_version(person_id) == 0;
            if !never {
                tracing::error!(alarm = "journal", person.id = %person_id, "bindings were taken out of the journal");
            }
            return Ok(never.then(Standing::default));
        };
        let standing = self.standing_in(&row).filter(|standing| {
            let digest = standing.text_sha256.unwrap_or_default();
            version >= noted && !altered && self.statements.follows(person_id, version, digest)
        });
        if standing.is_none() {
            tracing::error!(alarm = "journal", person.id = %person_id, version, noted, altered, "the newest binding is not what was signed last");
        }
        Ok(standing)
    }

    /// The row, or the newest one now if this process saw a newer one: the transaction began before
    /// another change was committed.
    async fn not_overtaken(&self, person_id: &str, row: Option<BindingRow>) -> Result<Option<BindingRow>, Refusal> {
        if self.statements.newest_version(person_id) <= row.as_ref().map_or(0, |row| row.version) {
            return Ok(row);
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        tx.newest_binding(person_id).await.map_err(|error| journal_refusal(&error))
    }

    fn standing_in(&self, row: &BindingRow) -> Option<Standing> {
        match self.read(&row.statement, &row.signature) {
            Some(Statement::Binding { person_id, version, credentials, certificates, act, by, .. })
                if person_id == row.person_id && version == row.version =>
            {
                let text_sha256 = Some(Sha256::digest(&row.statement).into());
                Some(Standing { version, credentials, certificates, act, by, text_sha256 })
            }
            _ => None,
        }
    }

    /// What a person acted with at one version, if that is on record and signed.
    pub(crate) async fn standing_at(
        &self,
        tx: &mut Tx,
        person_id: &str,
        version: i64,
    ) -> Result<Option<Standing>, Refusal> {
        let row = tx.binding(person_id, version).await.map_err(|error| journal_refusal(&error))?;
        Ok(row.and_then(|row| self.standing_in(&row)))
    }

    /// Whether this passkey with this key is one the person may bring this about with.
    pub(crate) async fn acts_with(
        &self,
        tx: &mut Tx,
        person_id: &str,
        credential_id: &str,
        cose_key: &[u8],
        operation: &Operation,
    ) -> Result<bool, Refusal> {
        let Some(standing) = self.standing(tx, person_id).await? else { return Ok(false) };
        let key = hex::encode(Sha256::digest(cose_key));
        Ok(match operation {
            // A phone that was found again may not undo its suspension, but may say: this is not me.
            Operation::StopReplacement { .. } => {
                standing.find(credential_id).is_some_and(|held| held.public_key_sha256 == key)
            }
            // With another one: the last is taken only by an officer.
            Operation::EndCredential { ending } if ending.person_id == person_id => {
                credential_id != ending.credential_id && standing.in_force(credential_id, &key)
            }
            _ => standing.in_force(credential_id, &key),
        })
    }

    /// Whether what an activation did is the newest word on its person: then it was theirs.
    pub(crate) async fn was_brought_about_by(
        &self,
        tx: &mut Tx,
        person_id: &str,
        activation_id: &str,
    ) -> Result<bool, Refusal> {
        let standing = self.standing(tx, person_id).await?;
        Ok(standing.is_some_and(|standing| standing.version > 0 && standing.by == activation_id))
    }

    /// Whether a certificate is this person's, as it was when it was recorded: whoever owns the
    /// journal's database can write another person, another name or another certificate in its row.
    pub(crate) async fn is_holder(&self, tx: &mut Tx, person_id: &str, row: &Certificate) -> Result<bool, Refusal> {
        if row.person_id.as_deref() != Some(person_id) {
            return Ok(false);
        }
        let Some(standing) = self.standing(tx, person_id).await? else { return Ok(false) };
        let unchanged = standing.certificates.contains(&HeldCertificate::of(row))
            && row.der.as_deref().is_none_or(|der| begins_with(der, &row.tbs));
        if !unchanged {
            tracing::error!(alarm = "journal", certificate.serial = %row.serial, "a certificate is not the person's it stands under");
        }
        Ok(unchanged)
    }

    /// A person's certificates, each as it was when it was recorded.
    pub(crate) async fn certificates_held(
        &self,
        tx: &mut Tx,
        person_id: &str,
    ) -> Result<Vec<CertificateRecord>, Refusal> {
        let rows = tx.certificates_of(person_id).await.map_err(|error| journal_refusal(&error))?;
        let mut held = Vec::new();
        for row in rows.into_iter().filter(|row| row.state == "issued") {
            if self.is_holder(tx, person_id, &row).await? {
                held.push(certificate_record(row, None)?);
            }
        }
        Ok(held)
    }

    /// States that a first passkey is a person's, and a certificate with it, once; `by` is the
    /// activation that allows it, recorded before, or `ceremony`.
    pub(crate) async fn bind(
        &self,
        person_id: &str,
        credential: &CredentialReference,
        certificate: Option<HeldCertificate>,
        by: &str,
        at: OffsetDateTime,
    ) -> Result<(), Refusal> {
        for _ in 0..TRIES {
            let standing = self.present(person_id).await?;
            if certificate.as_ref().is_some_and(|held| standing.certificates.contains(held)) {
                return Ok(());
            }
            let held = standing.in_force(&credential.credential_id, &credential.public_key_sha256);
            // One that was taken from the person meanwhile does not come back this way.
            if !held && standing.version > 0 {
                return Err(Refusal::CredentialUnknown);
            }
            if held && certificate.is_none() {
                return Ok(());
            }
            let mut next = standing.clone();
            if !held {
                next.add(credential);
            }
            next.certificates.extend(certificate.clone());
            let act = if held { "certified" } else { "bound" };
            let about = About { act, by, credential_id: &credential.credential_id, at };
            match self.restate(person_id, &standing, &next, about).await {
                Err(Refusal::Conflict) => {}
                done => return done,
            }
        }
        Err(Refusal::Conflict)
    }

    /// States that a certificate is also a person's, once.
    pub(crate) async fn hold_certificate(
        &self,
        person_id: &str,
        certificate: &HeldCertificate,
        credential_id: &str,
        by: &str,
        at: OffsetDateTime,
    ) -> Result<(), Refusal> {
        for _ in 0..TRIES {
            let standing = self.present(person_id).await?;
            if standing.certificates.contains(certificate) {
                return Ok(());
            }
            let mut next = standing.clone();
            next.certificates.push(certificate.clone());
            let about = About { act: "certified", by, credential_id, at };
            match self.restate(person_id, &standing, &next, about).await {
                Err(Refusal::Conflict) => {}
                done => return done,
            }
        }
        Err(Refusal::Conflict)
    }

    /// What a person acts with, in a transaction of its own.
    pub(crate) async fn present(&self, person_id: &str) -> Result<Standing, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        self.standing(&mut tx, person_id).await?.ok_or(Refusal::JournalAltered)
    }

    /// Signs and stores the statement that follows `before`.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] if another followed it already.
    pub(crate) async fn restate(
        &self,
        person_id: &str,
        before: &Standing,
        next: &Standing,
        about: About<'_>,
    ) -> Result<(), Refusal> {
        let version = before.version + 1;
        let statement = Statement::Binding {
            person_id: person_id.to_owned(),
            version,
            previous: before.text_sha256.map(hex::encode),
            credentials: next.credentials.clone(),
            certificates: next.certificates.clone(),
            act: about.act.to_owned(),
            by: about.by.to_owned(),
            at: rfc3339(about.at),
        };
        let (text, signature) = self.sign_statement(&statement).await?;
        let digest: [u8; 32] = Sha256::digest(&text).into();
        let in_force = next.find(about.credential_id).is_some_and(|held| !held.suspended);
        let row = BindingRow {
            binding_id: store::ids::uuid(about.at, &mut self.randomness.clone()),
            person_id: person_id.to_owned(),
            credential_id: about.credential_id.to_owned(),
            version,
            ended: i64::from(!in_force),
            statement: text,
            signature,
            at: micros(about.at),
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        if before.can_act() && !next.can_act() {
            self.others_stay(&mut tx, person_id).await?;
        }
        // Another change, or another signer, took this version: its number is the person's only once.
        tx.insert_binding(&row).await.map_err(|error| journal_refusal(&error))?;
        for held in &next.credentials {
            tx.move_credential(&held.credential_id, "pending", "bound")
                .await
                .map_err(|error| journal_refusal(&error))?;
        }
        for gone in before.credentials.iter().filter(|held| next.find(&held.credential_id).is_none()) {
            tx.move_credential(&gone.credential_id, "bound", "ended").await.map_err(|error| journal_refusal(&error))?;
        }
        let details = serde_json::json!({
            "version": version, "act": about.act, "by": about.by, "statement": hex::encode(digest),
        });
        self.log(&mut tx, NOTED, person_id, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        self.statements.follows(person_id, version, digest);
        Ok(())
    }
}

/// Whether a certificate's DER holds this TBS: `SEQUENCE { tbsCertificate, … }` (RFC 5280 §4.1).
fn begins_with(der: &[u8], tbs: &[u8]) -> bool {
    let header = match der {
        [0x30, short, ..] if *short < 0x80 => 2,
        [0x30, long, ..] if (0x81..=0x84).contains(long) => 2 + usize::from(long & 0x0f),
        _ => return false,
    };
    !tbs.is_empty() && der.get(header..).is_some_and(|rest| rest.starts_with(tbs))
}
