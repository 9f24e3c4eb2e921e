//! The ceremony: keys in their tokens, root and issuing CA, the root's CRL, the unit tree,
//! and the first two central officers. Each step is left as it is if an earlier, broken-off
//! ceremony has done it; a finished ceremony is never held again.

use std::fmt::Write as _;
use std::sync::Arc;

use ca::profile::{AuthoritySubject, issuing, root};
use ca::{Issuer, PublicKey, Serial, Validity, crl};
use hsm::{Purpose, Token};
use sha2::{Digest, Sha256};
use store::Journal;
use store::ids::micros;
use store::journal::{Crl, NewCertificate, Unit};
use time::{Duration, OffsetDateTime};

use crate::authorities::{EPOCH, ROOT_NUMBER, installation};
use crate::core::{Configuration, Core, rfc3339};
use crate::edge::{Clock, Randomness};
use crate::keys::AuthorityKey;
use crate::operations::issue::profile_version;
use crate::protocol::{Appointment, CredentialReference, Outcome, Refusal, Response, UnitNode};
use crate::step::Steps;

/// The root signs a CRL for so long; the next is due before.
const ROOT_CRL_LIFE: Duration = Duration::days(365);

/// The keys of the online token.
const ONLINE_KEYS: [Purpose; 7] = [
    Purpose::Issuing(1),
    Purpose::Ocsp,
    Purpose::Binding,
    Purpose::Seal,
    Purpose::Checkpoint,
    Purpose::DoctorWrap(EPOCH),
    Purpose::DocumentData,
];

/// Everything a ceremony needs.
#[derive(Debug)]
pub struct Ceremony {
    /// What the signer is told.
    pub configuration: Configuration,
    /// Legal name of who runs the CA.
    pub organisation: String,
    /// The unit tree, parents first.
    pub units: Vec<UnitNode>,
    /// The root's own token.
    pub root_token: Token,
    /// The online token.
    pub token: Token,
    /// The journal.
    pub journal: Journal,
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub randomness: Randomness,
}

/// One of the first two officers.
#[derive(Debug, Clone)]
pub struct CentralOfficer {
    /// The portal's id of the person.
    pub person_id: String,
    /// Keyed digest of the national ID.
    pub identity_digest: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// The passkey enrolled during the ceremony.
    pub credential: CredentialReference,
}

/// Why a ceremony stopped.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// There was one.
    #[error(
        "this installation had its ceremony on {0}. A second one would make a second root: nothing was changed. \
         To begin anew, use a new state folder and new tokens"
    )]
    AlreadyHeld(String),
    /// The unit tree has no single top, or a unit before its parent.
    #[error("the unit tree must begin with its one top unit, each unit after its parent")]
    UnitTree,
    /// The two officers must be two persons.
    #[error("the two central officers must be two persons with two passkeys")]
    SamePerson,
    /// The token.
    #[error("the token failed: {0}")]
    Token(#[from] hsm::Error),
    /// The journal.
    #[error("the journal failed: {0}")]
    Journal(#[from] store::Error),
    /// A certificate was refused.
    #[error("a CA certificate was refused: {0}")]
    Certificate(#[from] ca::Error),
    /// The signer could not be opened on what was made.
    #[error("the signer cannot be opened: {0}")]
    Open(#[from] crate::core::OpenError),
    /// The signer refused.
    #[error("the signer refused: {0}")]
    Refused(#[from] Refusal),
}

impl Ceremony {
    /// Makes the keys and the CA certificates and opens the signer, for the officers to enrol.
    ///
    /// Asks the tokens on the calling thread: this is for a command line.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn prepare(&self) -> Result<Arc<Core>, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        if let Some(held) = tx.setting("ceremony").await? {
            return Err(CeremonyError::AlreadyHeld(held));
        }
        drop(tx);
        self.check_units()?;
        self.make_keys()?;

        let now = self.clock.now();
        let installation = installation(&self.configuration)?;
        let subject = |name: &str| AuthoritySubject {
            organization: self.organisation.clone(),
            common_name: if self.configuration.demo { format!("{name} (TEST)") } else { name.to_owned() },
        };
        let root_key = PublicKey::from_spki_der(&self.root_token.public_key(Purpose::Root)?)?;
        let root_der = match self.issued("root").await? {
            Some(der) => der,
            None => {
                let validity = Validity::years(now, root::MAX_YEARS)?;
                let prepared =
                    root::prepare(&subject("Rabrong Root CA"), &root_key, self.serial(), validity, &installation)?;
                self.certify("root", prepared, validity, &root_key, now).await?
            }
        };
        let root = Issuer::from_certificate(&root_der)?;
        if self.issued("issuing").await?.is_none() {
            let key = PublicKey::from_spki_der(&self.token.public_key(Purpose::Issuing(1))?)?;
            let validity = Validity::years(now, issuing::MAX_YEARS)?;
            let subject = subject("Rabrong Issuing CA 1");
            let prepared = issuing::prepare(&subject, &key, self.serial(), validity, &root, &installation)?;
            self.certify("issuing", prepared, validity, &key, now).await?;
        }
        self.sign_root_crl(&root, now).await?;

        let mut tx = self.journal.begin_write().await?;
        if tx.units().await?.is_empty() {
            let units: Vec<Unit> = self.units.iter().cloned().map(unit_row).collect();
            tx.insert_units(&units).await?;
        }
        tx.set_once("organisation", &self.organisation).await?;
        tx.commit().await?;
        let core = Core::open(
            self.configuration.clone(),
            self.journal.clone(),
            self.token.clone(),
            self.clock.clone(),
            self.randomness.clone(),
            Steps::default(),
        )
        .await?;
        Ok(core)
    }

    /// Opens a page where a central officer enrols a passkey: ticket and address.
    ///
    /// # Errors
    /// [`CeremonyError::Refused`]
    pub async fn invite_officer(core: &Core, person_id: &str, name: &str) -> Result<(String, String), CeremonyError> {
        match core.offer_enrolment(person_id.to_owned(), name.to_owned(), "/".to_owned()).await? {
            Response::Ticket { ticket, url } => Ok((ticket, url)),
            _ => Err(CeremonyError::Refused(Refusal::Internal)),
        }
    }

    /// The passkey a ticket brought, once it did; none while the page waits.
    ///
    /// # Errors
    /// [`CeremonyError::Refused`] with [`Refusal::TicketOver`] if the page ended unused.
    pub async fn enrolled(core: &Core, ticket: &str) -> Result<Option<CredentialReference>, CeremonyError> {
        match core.outcome(ticket).await? {
            Outcome::CredentialEnrolled { credential } => Ok(Some(credential)),
            Outcome::Waiting | Outcome::Working => Ok(None),
            _ => Err(CeremonyError::Refused(Refusal::TicketOver)),
        }
    }

    /// Binds the two officers, closes the ceremony and gives its transcript.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn finish(&self, core: &Core, officers: &[CentralOfficer; 2]) -> Result<String, CeremonyError> {
        let [first, second] = officers;
        if first.person_id == second.person_id
            || first.identity_digest == second.identity_digest
            || first.credential.credential_id == second.credential.credential_id
        {
            return Err(CeremonyError::SamePerson);
        }
        let now = self.clock.now();
        let top = self.units.first().ok_or(CeremonyError::UnitTree)?;
        for officer in officers {
            core.bind(&officer.person_id, &officer.credential, "ceremony", now).await?;
            let appointment = Appointment {
                appointment_id: store::ids::uuid(now, &mut self.randomness.clone()),
                person_id: officer.person_id.clone(),
                identity_digest: officer.identity_digest.clone(),
                name_th: officer.name_th.clone(),
                name_en: officer.name_en.clone(),
                role: "ra_officer".to_owned(),
                unit_code: top.code.clone(),
                credential: officer.credential.clone(),
            };
            core.appoint(&appointment, "ceremony", now).await?;
        }
        let transcript = self.transcript(officers, now).await?;
        let mut tx = self.journal.begin_write().await?;
        let digest = hex::encode(Sha256::digest(transcript.as_bytes()));
        tx.set_once("ceremony", &rfc3339(now)).await?;
        tx.set_once("ceremony_transcript_sha256", &digest).await?;
        core.log(&mut tx, "ceremony.held", "installation", &serde_json::json!({ "transcript": digest })).await?;
        tx.commit().await?;
        Ok(transcript)
    }

    fn check_units(&self) -> Result<(), CeremonyError> {
        let mut known: Vec<&str> = Vec::new();
        for unit in &self.units {
            let in_order = match &unit.parent {
                None => known.is_empty(),
                Some(parent) => known.contains(&parent.as_str()),
            };
            if !in_order || known.contains(&unit.code.as_str()) {
                return Err(CeremonyError::UnitTree);
            }
            known.push(&unit.code);
        }
        if known.is_empty() { Err(CeremonyError::UnitTree) } else { Ok(()) }
    }

    fn make_keys(&self) -> Result<(), CeremonyError> {
        if !self.root_token.exists(Purpose::Root)? {
            self.root_token.generate(Purpose::Root)?;
        }
        for purpose in ONLINE_KEYS {
            if !self.token.exists(purpose)? {
                self.token.generate(purpose)?;
            }
        }
        Ok(())
    }

    async fn issued(&self, kind: &str) -> Result<Option<Vec<u8>>, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        Ok(tx.certificates_of_kind(kind).await?.into_iter().find_map(|row| row.der))
    }

    /// Recorded and committed, then signed by the root.
    async fn certify(
        &self,
        kind: &str,
        prepared: ca::Prepared,
        validity: Validity,
        key: &PublicKey,
        now: OffsetDateTime,
    ) -> Result<Vec<u8>, CeremonyError> {
        let serial = prepared.serial().to_string();
        let new = NewCertificate {
            serial: serial.clone(),
            kind: kind.to_owned(),
            issuer: "root".to_owned(),
            shard: None,
            request_id: None,
            request_sha256: None,
            person_id: None,
            unit_code: None,
            key_id: None,
            spki_sha256: hex::encode(Sha256::digest(key.to_spki_der()?)),
            subject_sha256: None,
            tbs: prepared.tbs_der().to_vec(),
            profile_version: profile_version(),
            details: "{}".to_owned(),
            not_before: micros(validity.not_before),
            not_after: micros(validity.not_after),
            recorded_at: micros(now),
        };
        let mut tx = self.journal.begin_write().await?;
        tx.record_certificate(&new).await?;
        tx.commit().await?;
        #[expect(clippy::disallowed_methods, reason = "the record above is committed")]
        let recorded = prepared.assert_recorded();
        let certificate = self.root_key().await?.certify(recorded).await?;
        let mut tx = self.journal.begin_write().await?;
        tx.complete_certificate(&serial, &certificate.der, &hex::encode(certificate.sha256), micros(now)).await?;
        tx.commit().await?;
        Ok(certificate.der)
    }

    async fn sign_root_crl(&self, root: &Issuer, now: OffsetDateTime) -> Result<(), CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        if tx.newest_crl("root").await?.is_some() {
            return Ok(());
        }
        let number = tx.next_crl_number("root").await?;
        tx.commit().await?;
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let prepared = crl::prepare(
            root,
            &crl::Parameters {
                number: u64::try_from(number).unwrap_or(1),
                this_update: now,
                next_update: now + ROOT_CRL_LIFE,
                scope: crl::Scope::Everything,
                expired_kept_since: None,
                entries: &[],
            },
        )?;
        let der = self.root_key().await?.sign_crl(prepared).await?;
        let mut tx = self.journal.begin_write().await?;
        let row = Crl {
            shard: "root".to_owned(),
            number,
            der,
            this_update: micros(now),
            next_update: micros(now + ROOT_CRL_LIFE),
        };
        tx.insert_crl(&row).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn transcript(&self, officers: &[CentralOfficer; 2], now: OffsetDateTime) -> Result<String, CeremonyError> {
        let fingerprint = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let mut line = |words: String| {
            let _ = writeln!(text, "{words}");
        };
        line("Rabrong: transcript of the ceremony".to_owned());
        line(format!("held at        {}", rfc3339(now)));
        line(format!("organisation   {}", self.organisation));
        line(format!("portal         {}", self.configuration.public_url));
        line(format!("signer         {}", self.configuration.origin));
        line(format!(
            "installation   {}",
            if self.configuration.demo { "demonstration (test policy)" } else { "production" }
        ));
        line("keys (SHA-256 of the SubjectPublicKeyInfo)".to_owned());
        line(format!("  {:<24} {}", Purpose::Root.label(), fingerprint(&self.root_token.public_key(Purpose::Root)?)));
        for purpose in ONLINE_KEYS {
            let what = match self.token.public_key(purpose) {
                Ok(spki) => fingerprint(&spki),
                Err(hsm::Error::WrongPurpose(_)) => "AES-256, never leaves the token".to_owned(),
                Err(error) => return Err(error.into()),
            };
            line(format!("  {:<24} {what}", purpose.label()));
        }
        line("certificates (SHA-256 of the DER)".to_owned());
        for kind in ["root", "issuing"] {
            if let Some(der) = self.issued(kind).await? {
                line(format!("  {kind:<24} {}", fingerprint(&der)));
            }
        }
        line(format!("root CRL       next due {}", rfc3339(now + ROOT_CRL_LIFE - Duration::days(30))));
        line("central officers".to_owned());
        for officer in officers {
            line(format!("  {} ({}) passkey {}", officer.name_th, officer.name_en, officer.credential.key_code));
        }
        Ok(text)
    }

    async fn root_key(&self) -> Result<AuthorityKey, CeremonyError> {
        Ok(AuthorityKey::open(&self.root_token, Purpose::Root).await?)
    }

    fn serial(&self) -> Serial {
        Serial::generate(ROOT_NUMBER, &mut self.randomness.clone())
    }
}

fn unit_row(unit: UnitNode) -> Unit {
    Unit {
        code: unit.code,
        parent: unit.parent,
        kind: unit.kind,
        name_th: unit.name_th,
        name_en: unit.name_en,
        address_th: unit.address_th,
    }
}
