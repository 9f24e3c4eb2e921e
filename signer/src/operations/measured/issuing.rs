//! What every doctor's certificate goes through, for a request that nobody activated.

use super::activation;
use crate::core::{Core, journal_refusal};
use crate::operations::certify::{self, Entry, Place, Recording};
use crate::operations::doctor_certificate::DoctorCertificate;
use crate::protocol::Refusal;
use crate::records::CertificateDetails;
use ca::profile::doctor;
use ca::{AssuranceLevel, Profession};

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
        let wanted = wanted(self);
        let activation = activation(self, &wanted.person_id);
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

    /// The same with a new key of the doctor's own in the token; the certificate's serial number.
    ///
    /// # Errors
    /// As for any certificate.
    pub async fn doctor_unasked(&self) -> Result<String, Refusal> {
        let wanted = wanted(self);
        let row = wanted.record(self, &activation(self, &wanted.person_id)).await?;
        certify::finish(self, &row, Recording::Now).await?;
        Ok(row.serial)
    }

    /// DER of the certificate of the CA that issues.
    #[must_use]
    pub fn issuing_certificate(&self) -> Vec<u8> {
        self.authorities.issuing().issuer().certificate_der().to_vec()
    }
}

fn wanted(core: &Core) -> DoctorCertificate {
    let id = || store::ids::uuid(core.now(), &mut core.randomness.clone());
    DoctorCertificate {
        request_id: id(),
        request_sha256: hex::encode(core.randomness.bytes::<32>()),
        person_id: id(),
        subject: subject(),
        level: AssuranceLevel::Ial2_3,
        licence_end: None,
        details: details(),
        same_subject: None,
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
