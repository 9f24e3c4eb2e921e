//! The ceremony: keys in their tokens, the root, the issuing CA, the time-stamping CA and its
//! first unit, the root's CRL, the unit tree, the first two central officers, the transcript.
//! Each step is left as it is if an earlier, broken-off ceremony has done it; a finished one is
//! never held again.

use std::sync::Arc;

use ca::profile::Kind;
use ca::{Issuer, IssuerName, PublicKey, ThrowAwayKey, Validity};
use hsm::{Purpose, Token, TokenIdentity};
use sha2::{Digest, Sha256};
use store::Journal;
use store::journal::{Tx, Unit};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::acts::{certificate_lines, crl_lines};
use super::drafts::Draft;
use super::lists::List;
use super::office::{Office, ROOT, Signatory, days_within, root_key};
use super::{Backups, CentralOfficer, CeremonyError, Plan, SignedTranscript, Transcript, epochs};
use crate::authorities::installation;
use crate::core::{Configuration, Core, rfc3339};
use crate::edge::{Clock, Randomness};
use crate::evidence;
use crate::keys::{AuthorityKey, RootKey};
use crate::protocol::UnitNode;
use crate::step::Steps;

/// How long before a CRL of the root ends the next is due.
pub const ROOT_CRL_MARGIN: Duration = Duration::days(30);

/// The keys of the online token.
const ONLINE_KEYS: [Purpose; 9] = [
    Purpose::Issuing(1),
    Purpose::TsaCa,
    Purpose::Tsa(1),
    Purpose::Ocsp,
    Purpose::Binding,
    Purpose::Seal,
    Purpose::Checkpoint,
    Purpose::DoctorWrap(epochs::FIRST),
    Purpose::DocumentData,
];

/// The transcript's line of when it was written.
const HELD_AT: &str = "held at";

/// Settings in the journal.
const HELD: &str = "ceremony";
const DOCUMENT: &str = "ceremony_document_sha256";
const TRANSCRIPT: &str = "ceremony_transcript";
const SIGNATURE: &str = "ceremony_transcript_signature";

/// Everything a ceremony needs.
#[derive(Debug)]
pub struct Ceremony {
    /// What the signer is told.
    pub configuration: Configuration,
    /// The document.
    pub plan: Plan,
    /// SHA-256 of the document's file, hexadecimal: what both operators reviewed.
    pub document_sha256: String,
    /// Name and version of the program.
    pub program: String,
    /// The unit tree, parents first.
    pub units: Vec<UnitNode>,
    /// The root's own token.
    pub root_token: Token,
    /// The online token.
    pub token: Token,
    /// What the two tokens say of themselves, the root's first.
    pub identities: [TokenIdentity; 2],
    /// Where the keys' backups go, if the document wants them.
    pub backups: Option<Backups>,
    /// The journal.
    pub journal: Journal,
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub randomness: Randomness,
}

/// What a finished ceremony leaves for the public and the safe.
#[derive(Debug, Clone)]
pub struct Published {
    /// Name and DER of each certificate.
    pub certificates: Vec<(&'static str, Vec<u8>)>,
    /// The root's CRL, DER.
    pub root_crl: Vec<u8>,
    /// The transcript.
    pub transcript: SignedTranscript,
    /// The root's public key, DER SubjectPublicKeyInfo: verifies the transcript.
    pub root_spki: Vec<u8>,
    /// The officers.
    pub officers: [CentralOfficer; 2],
}

/// The certificates of a ceremony, by name.
struct Made {
    root: Issuer,
    ders: Vec<(&'static str, Vec<u8>)>,
}

impl Ceremony {
    /// Makes the keys and the CA certificates and opens the signer, for the officers to enrol.
    ///
    /// Asks the tokens on the calling thread: this is for a command line.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn prepare(&self) -> Result<Arc<Core>, CeremonyError> {
        self.plan.check()?;
        Self::top_unit(&self.units)?;
        self.begin().await?;
        self.make_keys()?;
        let key = root_key(&self.root_token).await?;
        let office = self.office().await?;
        let made = self.certify(&office, &key).await?;
        if office.newest_crl(List::new(ROOT, &made.root)).await?.is_none() {
            let next_update = days_within(self.clock.now(), self.plan.root_crl_days, &made.root);
            office.sign_root_crl(&key, &made.root, next_update, None).await?;
        }
        let mut tx = self.journal.begin_write().await?;
        let units: Vec<Unit> = self.units.iter().cloned().map(unit_row).collect();
        let recorded = tx.units().await?;
        if recorded.is_empty() {
            tx.insert_units(&units).await?;
            self.log(&mut tx, "units.recorded", &serde_json::json!({ "units": units.len() })).await?;
        } else if recorded != units {
            return Err(CeremonyError::ForeignSetting("unit tree"));
        }
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

    /// Binds the two officers, closes the ceremony and gives what is to be published of it.
    ///
    /// # Errors
    /// [`CeremonyError`]
    pub async fn finish(&self, core: &Core, officers: &[CentralOfficer; 2]) -> Result<Published, CeremonyError> {
        let recorded = self.record_officers(officers).await?;
        self.bind_officers(core, &recorded).await?;
        let key = root_key(&self.root_token).await?;
        let office = self.office().await?;
        let transcript = self.transcript_on_record(&office, &key, officers).await?;
        let signed = office.sign_transcript(&key, transcript).await?;
        let mut tx = self.journal.begin_write().await?;
        tx.set_once(SIGNATURE, &hex::encode(&signed.signature)).await?;
        tx.set_once(HELD, &rfc3339(self.clock.now())).await?;
        let note = serde_json::json!({
            "document": self.document_sha256, "transcript": signed.transcript.sha256(),
            "signature": hex::encode(Sha256::digest(&signed.signature)),
        });
        self.log(&mut tx, "ceremony.held", &note).await?;
        tx.commit().await?;
        self.published().await
    }

    /// What a finished ceremony left, from the journal alone.
    ///
    /// # Errors
    /// [`CeremonyError::NotHeld`] if it is not finished.
    pub async fn published_in(journal: &Journal) -> Result<Published, CeremonyError> {
        let mut tx = journal.begin().await?;
        let (Some(text), Some(signature)) = (tx.setting(TRANSCRIPT).await?, tx.setting(SIGNATURE).await?) else {
            return Err(CeremonyError::NotHeld);
        };
        let officers = tx.setting(super::officers::RECORDED).await?.ok_or(CeremonyError::NotHeld)?;
        let officers: [super::officers::RecordedOfficer; 2] =
            serde_json::from_str(&officers).map_err(|_| CeremonyError::NotHeld)?;
        let mut certificates = Vec::new();
        for (name, kind) in KINDS {
            // The first of its kind: later generations and units are not the ceremony's.
            let rows = tx.certificates_of_kind(kind.code()).await?;
            let der = rows.into_iter().rev().find_map(|row| row.der).ok_or(CeremonyError::NotHeld)?;
            certificates.push((name, der));
        }
        let root_crl = tx.newest_crl(ROOT).await?.ok_or(CeremonyError::NotHeld)?.der;
        let root_spki = match certificates.first() {
            Some((_, der)) => ca::parse(der)?.spki_der,
            None => return Err(CeremonyError::NotHeld),
        };
        let transcript = SignedTranscript {
            transcript: Transcript::from_journal(text).ok_or(CeremonyError::NotHeld)?,
            signature: hex::decode(signature).map_err(|_| CeremonyError::NotHeld)?,
        };
        Ok(Published { certificates, root_crl, transcript, root_spki, officers: officers.map(|known| known.officer) })
    }

    async fn published(&self) -> Result<Published, CeremonyError> {
        Self::published_in(&self.journal).await
    }

    /// The one top unit of a tree whose units stand after their parents.
    pub(super) fn top_unit(units: &[UnitNode]) -> Result<&UnitNode, CeremonyError> {
        let mut known: Vec<&str> = Vec::new();
        for unit in units {
            let in_order = match &unit.parent {
                None => known.is_empty(),
                Some(parent) => known.contains(&parent.as_str()),
            };
            if !in_order || known.contains(&unit.code.as_str()) {
                return Err(CeremonyError::UnitTree);
            }
            known.push(&unit.code);
        }
        units.first().ok_or(CeremonyError::UnitTree)
    }

    /// Fixes what this ceremony is about before the first key is made.
    async fn begin(&self) -> Result<(), CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        if let Some(held) = tx.setting(HELD).await? {
            return Err(CeremonyError::AlreadyHeld(held));
        }
        match tx.setting(DOCUMENT).await? {
            Some(document) if document == self.document_sha256 => return self.compare_settings(&mut tx).await,
            Some(document) => return Err(CeremonyError::OtherDocument(document)),
            None => {}
        }
        tx.set_once(DOCUMENT, &self.document_sha256).await?;
        tx.set_once("organisation", &self.plan.organisation).await?;
        if let Some(identifier) = &self.plan.organisation_identifier {
            tx.set_once("organisation_identifier", identifier).await?;
        }
        tx.set_once("shards", &self.plan.shards.to_string()).await?;
        epochs::note_first(&mut tx, self.clock.now()).await?;
        self.log(&mut tx, "ceremony.begun", &serde_json::json!({ "document": self.document_sha256 })).await?;
        Ok(tx.commit().await?)
    }

    /// What certificates will say is the document's word, not the journal's.
    async fn compare_settings(&self, tx: &mut Tx) -> Result<(), CeremonyError> {
        let plan = &self.plan;
        let shards = Some(plan.shards.to_string());
        for (name, wanted) in [
            ("organisation", Some(&plan.organisation)),
            ("organisation_identifier", plan.organisation_identifier.as_ref()),
            ("shards", shards.as_ref()),
        ] {
            if tx.setting(name).await?.as_ref() != wanted {
                return Err(CeremonyError::ForeignSetting(name));
            }
        }
        Ok(())
    }

    fn make_keys(&self) -> Result<(), CeremonyError> {
        self.make_key(&self.root_token, Purpose::Root)?;
        ONLINE_KEYS.into_iter().try_for_each(|purpose| self.make_key(&self.token, purpose))
    }

    fn make_key(&self, token: &Token, purpose: Purpose) -> Result<(), CeremonyError> {
        match &self.backups {
            Some(backups) => backups.generate(token, purpose),
            None if token.exists(purpose)? => Ok(()),
            None => Ok(token.generate(purpose)?),
        }
    }

    async fn certify(&self, office: &Office, key: &RootKey) -> Result<Made, CeremonyError> {
        let now = self.clock.now();
        let throw_away = ThrowAwayKey::generate(&mut self.randomness.clone());
        let desk = office.desk(&throw_away);
        let Plan { names, years, .. } = &self.plan;
        let by_root = Signatory::Root(key);
        let public = |purpose| Ok::<_, CeremonyError>(PublicKey::from_spki_der(&self.token.public_key(purpose)?)?);

        let root_der = office
            .certificate(
                Kind::Root,
                key.public_key(),
                by_root,
                Validity::years(now, years.root)?,
                |serial, validity| desk.root(Draft { name: &names.root, key: key.public_key(), serial, validity }),
            )
            .await?;
        let root = Issuer::from_certificate(&root_der, IssuerName::Root)?;
        let within = |years| Ok::<_, ca::Error>(Validity::years(now, years)?.until_at_most(root.validity().not_after));
        let issuing = public(Purpose::Issuing(1))?;
        let issuing_der = office
            .certificate(Kind::Issuing, &issuing, by_root, within(years.issuing)?, |serial, validity| {
                desk.issuing(Draft { name: &names.issuing, key: &issuing, serial, validity }, &root)
            })
            .await?;
        let tsa_ca = public(Purpose::TsaCa)?;
        let tsa_ca_der = office
            .certificate(Kind::TsaCa, &tsa_ca, by_root, within(years.tsa_ca)?, |serial, validity| {
                desk.tsa_ca(Draft { name: &names.tsa_ca, key: &tsa_ca, serial, validity }, &root)
            })
            .await?;
        let tsa_ca = Issuer::from_certificate(&tsa_ca_der, IssuerName::TsaCa)?;
        let tsa_ca_key = AuthorityKey::open(&self.token, Purpose::TsaCa).await?;
        let unit = public(Purpose::Tsa(1))?;
        let validity = Validity::years(now, years.tsa)?.until_at_most(tsa_ca.validity().not_after);
        let unit_der = office
            .certificate(Kind::Tsa, &unit, Signatory::TimeStamping(&tsa_ca_key), validity, |serial, validity| {
                desk.tsa(Draft { name: &names.tsa, key: &unit, serial, validity }, &tsa_ca)
            })
            .await?;
        let ders = [root_der, issuing_der, tsa_ca_der, unit_der];
        Ok(Made { root, ders: KINDS.map(|(name, _)| name).into_iter().zip(ders).collect() })
    }

    /// The transcript: what was recorded of it before, if it says what was done, else written and
    /// recorded now.
    async fn transcript_on_record(
        &self,
        office: &Office,
        key: &RootKey,
        officers: &[CentralOfficer; 2],
    ) -> Result<Transcript, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let recorded = tx.setting(TRANSCRIPT).await?.and_then(Transcript::from_journal);
        drop(tx);
        let made = self.certify(office, key).await?;
        if let Some(recorded) = recorded {
            let held_at = recorded.value(HELD_AT).and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
            let held_at = held_at.filter(|at| *at <= self.clock.now() && *at >= made.root.validity().not_before);
            let held_at = held_at.ok_or(CeremonyError::ForeignTranscript)?;
            let written = self.transcript(&made, officers, held_at).await?;
            return if written == recorded { Ok(recorded) } else { Err(CeremonyError::ForeignTranscript) };
        }
        let transcript = self.transcript(&made, officers, self.clock.now()).await?;
        let mut tx = self.journal.begin_write().await?;
        tx.set_once(TRANSCRIPT, transcript.text()).await?;
        let note = serde_json::json!({ "sha256": transcript.sha256() });
        self.log(&mut tx, "ceremony.transcript_recorded", &note).await?;
        tx.commit().await?;
        Ok(transcript)
    }

    async fn transcript(
        &self,
        made: &Made,
        officers: &[CentralOfficer; 2],
        held_at: OffsetDateTime,
    ) -> Result<Transcript, CeremonyError> {
        let mut text = Transcript::begin("The ceremony of this installation");
        text.line(HELD_AT, &rfc3339(held_at));
        text.line("program", &self.program);
        text.line("document (SHA-256)", &self.document_sha256);
        text.line("organisation", &self.plan.organisation);
        text.line("portal", &self.configuration.public_url);
        text.line("signer", &self.configuration.origin);
        let demo = self.configuration.demo;
        text.line("installation", if demo { "demonstration (test policy)" } else { "production" });
        text.section("persons");
        let [first, second] = &self.plan.operators;
        text.line("first operator", first);
        text.line("second operator", second);
        for officer in officers {
            let passkey = &officer.credential.key_code;
            text.line("central officer", &format!("{} ({}), passkey {passkey}", officer.name_th, officer.name_en));
        }
        text.section("tokens");
        for (what, identity) in ["root", "online"].into_iter().zip(&self.identities) {
            text.line(what, &format!("{}, serial {}, {}", identity.label, identity.serial, identity.model));
        }
        text.section("keys (SHA-256 of the SubjectPublicKeyInfo)");
        let of_root = std::iter::once((&self.root_token, Purpose::Root));
        for (token, purpose) in of_root.chain(ONLINE_KEYS.map(|purpose| (&self.token, purpose))) {
            let what = match token.public_key(purpose) {
                Ok(spki) => hex::encode(Sha256::digest(spki)),
                Err(hsm::Error::WrongPurpose(_)) => "AES-256, not readable from outside".to_owned(),
                Err(error) => return Err(error.into()),
            };
            text.line(&purpose.label(), &what);
        }
        let backups = if self.backups.is_some() { "each key, under both operators' components" } else { "none" };
        text.line("backups", backups);
        for (name, der) in &made.ders {
            certificate_lines(&mut text, name, der)?;
        }
        let mut tx = self.journal.begin().await?;
        if let Some(crl) = tx.newest_crl(ROOT).await? {
            crl_lines(&mut text, "the root's CRL", &crl);
            let due = store::ids::instant(crl.next_update) - ROOT_CRL_MARGIN;
            text.line("the next one is due", &rfc3339(due));
        }
        text.line("CRL shards", &self.plan.shards.to_string());
        Ok(text)
    }

    async fn office(&self) -> Result<Office, CeremonyError> {
        // Checked here so that a wrong address is refused before a certificate carries it.
        installation(&self.configuration)?;
        Office::open(&self.journal, &self.configuration, &self.clock, &self.randomness).await
    }

    pub(super) async fn log(&self, tx: &mut Tx, kind: &str, details: &serde_json::Value) -> Result<(), CeremonyError> {
        Ok(evidence::append(tx, &self.clock, &self.randomness, kind, "installation", details).await?)
    }
}

/// The certificates of a ceremony, issuers first.
const KINDS: [(&str, Kind); 4] =
    [("root", Kind::Root), ("issuing-1", Kind::Issuing), ("tsa-ca", Kind::TsaCa), ("tsa-1", Kind::Tsa)];

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
