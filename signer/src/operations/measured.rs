//! Issuing as fast as it goes, for `rabrong bench`: what every doctor's certificate goes through,
//! for a key that is at hand and a request that nobody activated. No program in the field
//! contains this.

use ca::profile::doctor;
use ca::{AssuranceLevel, Profession};
use store::ids::micros;
use store::journal::Activation;

use super::certify::{self, Entry, Place, Recording};
use super::doctor_certificate::DoctorCertificate;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;
use crate::records::CertificateDetails;

impl Core {
    /// Lints, records, commits, signs, checks and stores a doctor's certificate for the key of
    /// this `SubjectPublicKeyInfo`; its serial number.
    ///
    /// # Errors
    /// As for any certificate.
    pub async fn issue_unasked(&self, spki: &[u8]) -> Result<String, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let place = Place::new(self, &mut tx).await?;
        drop(tx);
        let id = || store::ids::uuid(place.at, &mut self.randomness.clone());
        let wanted = DoctorCertificate {
            request_id: id(),
            request_sha256: hex::encode(self.randomness.bytes::<32>()),
            person_id: id(),
            subject: subject(),
            level: AssuranceLevel::Ial2_3,
            licence_end: None,
            details: details(),
            same_subject: None,
        };
        let activation = Activation {
            activation_id: id(),
            ticket_hash: String::new(),
            person_id: id(),
            credential_id: String::new(),
            operation_digest: String::new(),
            challenge: Vec::new(),
            client_data: Vec::new(),
            authenticator_data: Vec::new(),
            signature: Vec::new(),
            at: micros(place.at),
        };
        let prepared = match wanted.prepare(self, &place, spki) {
            Ok(prepared) => prepared,
            Err(error) => return Err(certify::refuse(self, &wanted.request_id, &activation, &error).await),
        };
        let entry = Entry {
            request_id: &wanted.request_id,
            request_sha256: &wanted.request_sha256,
            person_id: Some(&wanted.person_id),
            key_id: None,
            spki,
            details: &wanted.details,
        };
        let new = entry.row(self, &place, &prepared)?;
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let (_, row) = certify::record(self, &mut tx, &new, &activation).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        certify::finish(self, &row, Recording::Now).await?;
        Ok(row.serial)
    }

    /// DER of the certificate of the CA that issues.
    #[must_use]
    pub fn issuing_certificate(&self) -> Vec<u8> {
        self.authorities.issuing().issuer().certificate_der().to_vec()
    }
}

fn subject() -> doctor::Subject {
    doctor::Subject {
        organization: "โรงพยาบาลขอนแก่น".to_owned(),
        organization_identifier: None,
        surname: "ใจดี".to_owned(),
        given_name: "สมหญิง".to_owned(),
        title: "แพทย์หญิง".to_owned(),
        common_name: "แพทย์หญิงสมหญิง ใจดี".to_owned(),
        profession: Profession::PHYSICIAN,
        licence: "12345".to_owned(),
    }
}

fn details() -> CertificateDetails {
    CertificateDetails {
        title_th: "แพทย์หญิง".to_owned(),
        name_th: "สมหญิง ใจดี".to_owned(),
        name_en: "Somying Jaidee".to_owned(),
        licence: "12345".to_owned(),
        unit_code: "10670".to_owned(),
        ial: "2.3".to_owned(),
        identity_digest: "0".repeat(64),
        approved_by: String::new(),
        profession: Profession::PHYSICIAN.code().to_owned(),
        approved_at: None,
        approved_request: None,
        renews: None,
    }
}
