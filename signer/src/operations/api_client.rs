//! Issuing a certificate to a program that calls the API for a unit. Its key is its own; its
//! request gives that key, and nothing else of it is believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca::Prepared;
use ca::csr::SigningRequest;
use ca::profile::api_client;
use sha2::{Digest, Sha256};
use store::journal::{Activation, Certificate, Tx};

use super::certify::{self, Entry, Place, Recording};
use crate::core::{Core, journal_refusal};
use crate::meaning;
use crate::protocol::{ApiClientRequest, Outcome, Refusal};
use crate::records::CertificateDetails;
use crate::step::Step;

/// The longest request read, in characters.
const MAX_TEXT: usize = 16 * 1024;

/// A program's certificate as it is to be.
#[derive(Debug)]
pub(crate) struct ProgramCertificate {
    subject: api_client::Subject,
    signing_request: SigningRequest,
    spki: Vec<u8>,
}

impl ProgramCertificate {
    /// Reads a request.
    pub(crate) async fn read(tx: &mut Tx, request: &ApiClientRequest) -> Result<Self, Refusal> {
        let unit = tx.unit(&request.unit_code).await.map_err(|error| journal_refusal(&error))?;
        let unit = unit.ok_or_else(|| Refusal::ContentInvalid { detail: "unit".to_owned() })?;
        let signing_request = signing_request(&request.csr)?;
        Ok(Self {
            subject: api_client::Subject {
                organization: unit.name_th,
                unit_code: unit.code,
                common_name: request.name.clone(),
            },
            spki: signing_request.public_key.to_spki_der().map_err(|_| Refusal::Internal)?,
            signing_request,
        })
    }

    /// DER of its public key.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether it would pass every rule now.
    pub(crate) async fn would_pass(&self, core: &Core, tx: &mut Tx) -> Result<(), Refusal> {
        let place = Place::new(core, tx).await?;
        match self.prepare(core, &place) {
            Ok(_) => Ok(()),
            Err(error) => Err(Refusal::LintFailed { detail: error.to_string() }),
        }
    }

    fn prepare(&self, core: &Core, place: &Place<'_>) -> Result<Prepared, ca::Error> {
        api_client::prepare(
            &api_client::Request {
                subject: &self.subject,
                signing_request: &self.signing_request,
                serial: place.serial,
                validity: place.validity,
                shard: place.shard(core),
            },
            place.authority.issuer(),
            core.authorities.installation(),
            &core.throw_away,
        )
    }

    fn recorded_here(&self, core: &Core, row: &Certificate) -> Result<(), Refusal> {
        if row.state == "issued" {
            return Ok(());
        }
        let place = Place::of(core, row)?;
        match self.prepare(core, &place) {
            Ok(prepared) if prepared.tbs_der() == row.tbs => Ok(()),
            _ => {
                tracing::error!(certificate.serial = %row.serial, "the journal holds a certificate that was not recorded here");
                Err(Refusal::Conflict)
            }
        }
    }
}

/// Issues the certificate an officer approved, or goes on where a crash stopped.
pub(crate) async fn carry_out(
    core: &Core,
    request: &ApiClientRequest,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let digest = meaning::content_digest(request).map(hex::encode).map_err(|_| Refusal::Internal)?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let wanted = ProgramCertificate::read(&mut tx, request).await?;
    let known = tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let recording = Recording::of(known.as_ref());
    let row = match known {
        Some(row) if row.request_sha256.as_ref() == Some(&digest) => {
            wanted.recorded_here(core, &row)?;
            row
        }
        Some(_) => return Err(Refusal::Conflict),
        None => record(core, request, &wanted, &digest, activation).await?,
    };
    core.steps.reach(Step::Sealed);
    certify::finish(core, &row, recording).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let certificate = core.certificate_with_status(&mut tx, &row.serial).await?;
    Ok(Outcome::CertificateIssued { certificate, approved_by: activation.person_id.clone() })
}

async fn record(
    core: &Core,
    request: &ApiClientRequest,
    wanted: &ProgramCertificate,
    digest: &str,
    activation: &Activation,
) -> Result<Certificate, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let place = Place::new(core, &mut tx).await?;
    drop(tx);
    let prepared = match wanted.prepare(core, &place) {
        Ok(prepared) => prepared,
        Err(error) => return Err(certify::refuse(core, &request.request_id, activation, &error).await),
    };
    // The person's fields stay empty: a program is nobody.
    let details = CertificateDetails {
        title_th: String::new(),
        name_th: request.name.clone(),
        name_en: request.name.clone(),
        licence: String::new(),
        unit_code: request.unit_code.clone(),
        ial: String::new(),
        identity_digest: String::new(),
        approved_by: activation.person_id.clone(),
        profession: String::new(),
        approved_at: Some(activation.at),
        approved_request: None,
        renews: None,
    };
    let entry = Entry {
        request_id: &request.request_id,
        request_sha256: digest,
        person_id: None,
        key_id: None,
        spki: wanted.spki(),
        details: &details,
    };
    let new = entry.row(core, &place, &prepared)?;
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let (first, row) = certify::record(core, &mut tx, &new, activation).await?;
    if first {
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
    }
    Ok(row)
}

fn signing_request(text: &str) -> Result<SigningRequest, Refusal> {
    let invalid = |detail: &str| Refusal::ContentInvalid { detail: format!("csr: {detail}") };
    if text.len() > MAX_TEXT {
        return Err(invalid("too long"));
    }
    let der = from_text(text).ok_or_else(|| invalid("neither PEM nor hexadecimal"))?;
    ca::csr::parse(&der).map_err(|error| match error {
        ca::Error::Key { why } => Refusal::KeyRefused { detail: why.to_owned() },
        ca::Error::Signature => Refusal::KeyRefused { detail: "the request was not signed with it".to_owned() },
        error => invalid(&error.to_string()),
    })
}

/// SHA-256 of the key in a request, as its operator can read it out; empty if there is none.
pub(crate) fn key_fingerprint(csr: &str) -> String {
    let spki = signing_request(csr).ok().and_then(|request| request.public_key.to_spki_der().ok());
    spki.map(|spki| hex::encode(Sha256::digest(spki))).unwrap_or_default()
}

/// The DER in a PEM text (RFC 7468 §7) or in hexadecimal.
fn from_text(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("-----BEGIN CERTIFICATE REQUEST-----") else { return hex::decode(text).ok() };
    let inner = inner.strip_suffix("-----END CERTIFICATE REQUEST-----")?;
    STANDARD.decode(inner.split_ascii_whitespace().collect::<String>()).ok()
}
