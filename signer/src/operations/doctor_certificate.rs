//! A doctor's certificate on its way into the journal: the key is made in the token, the TBS
//! built and linted, both recorded. First issue and renewal differ in what it says and why.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use ca::profile::doctor;
use ca::{AssuranceLevel, Prepared, SubjectKey};
use sha2::{Digest, Sha256, Sha384};
use store::ids::micros;
use store::journal::{Activation, Certificate, DoctorKey};
use time::{Date, OffsetDateTime, Time, UtcOffset};

use super::certify::{self, Entry, Place};
use super::renew::still_in_force;
use crate::asking;
use crate::ceremony::epochs;
use crate::core::{Core, journal_refusal, token_refusal};
use crate::protocol::Refusal;
use crate::records::CertificateDetails;
use crate::signature_profile::{DoctorSignature, key_name, key_named};

/// What a doctor's certificate is to say, and what the journal remembers of it.
#[derive(Debug)]
pub(super) struct DoctorCertificate {
    pub(super) request_id: String,
    pub(super) request_sha256: String,
    pub(super) person_id: String,
    pub(super) subject: doctor::Subject,
    pub(super) level: AssuranceLevel,
    /// The last second of the licence, if it ends.
    pub(super) licence_end: Option<OffsetDateTime>,
    pub(super) details: CertificateDetails,
    /// SHA-256 of the subject's DER that it must come out with, to the octet.
    pub(super) same_subject: Option<[u8; 32]>,
}

impl DoctorCertificate {
    /// Makes the key, builds and lints the certificate, records both.
    pub(super) async fn record(&self, core: &Core, activation: &Activation) -> Result<Certificate, Refusal> {
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let place = Place::new(core, &mut tx).await?.until(self.licence_end);
        let epoch = epochs::current(&mut tx).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let algorithm = core.configuration.doctor_signature.key();
        let key = core.with_token(move |token| token.new_doctor_key(epoch, algorithm)).await?;
        let prepared = match self.prepare(core, &place, &key.spki) {
            Ok(prepared) => prepared,
            Err(error) => return Err(certify::refuse(core, &self.request_id, activation, &error).await),
        };
        if self.same_subject.is_some_and(|subject| subject != prepared.subject_sha256()) {
            return Err(Refusal::NotRenewable { detail: "subject".to_owned() });
        }
        let key_row = DoctorKey {
            key_id: store::ids::uuid(place.at, &mut core.randomness.clone()),
            person_id: self.person_id.clone(),
            epoch: i64::from(epoch),
            wrapped: Some(key.blob.clone()),
            spki: key.spki.clone(),
            created_at: micros(place.at),
            certificate_serial: None,
            algorithm: key_name(algorithm).to_owned(),
        };
        let entry = Entry {
            request_id: &self.request_id,
            request_sha256: &self.request_sha256,
            person_id: Some(&self.person_id),
            key_id: Some(&key_row.key_id),
            spki: &key.spki,
            details: &self.details,
        };
        let new = entry.row(core, &place, &prepared)?;
        let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let CertificateDetails { profession, licence, identity_digest, renews, .. } = &self.details;
        if let Some(serial) = renews {
            still_in_force(&mut tx, serial).await?;
        }
        tx.hold_licence(profession, licence, identity_digest, micros(place.at)).await.map_err(|error| match error {
            store::Error::Conflict { .. } => Refusal::LicenceTaken,
            error => journal_refusal(&error),
        })?;
        tx.insert_doctor_key(&key_row).await.map_err(|error| journal_refusal(&error))?;
        let (first, row) = certify::record(core, &mut tx, &new, activation).await?;
        if first {
            tx.assign_doctor_key(&key_row.key_id, &new.serial).await.map_err(|error| journal_refusal(&error))?;
            tx.commit().await.map_err(|error| journal_refusal(&error))?;
        }
        // Else another activation of this request was first: the key made here is rolled back.
        Ok(row)
    }

    /// Builds and lints it: the same for the same place and key.
    pub(super) fn prepare(&self, core: &Core, place: &Place<'_>, spki: &[u8]) -> Result<Prepared, ca::Error> {
        doctor::prepare(
            &doctor::Request {
                subject: &self.subject,
                public_key: &SubjectKey::from_spki_der(spki)?,
                serial: place.serial,
                validity: place.validity,
                licence_end: self.licence_end,
                level: self.level,
                shard: place.shard(core),
            },
            place.authority.issuer(),
            core.authorities.installation(),
            &core.throw_away,
        )
    }

    /// Whether a TBS found in the journal is the one this request gives, for a key that lives
    /// under the token: whoever owns the journal's database can write a row, and the issuing key
    /// would sign it.
    pub(super) async fn recorded_here(&self, core: &Core, row: &Certificate) -> Result<(), Refusal> {
        if row.state == "issued" {
            return Ok(());
        }
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let key = tx.doctor_key_of_certificate(&row.serial).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let key = key.ok_or(Refusal::Conflict)?;
        let place = Place::of(core, row)?;
        let same = self.prepare(core, &place, &key.spki).is_ok_and(|prepared| {
            let subject = prepared.subject_sha256();
            prepared.tbs_der() == row.tbs && self.same_subject.is_none_or(|same| same == subject)
        });
        let epoch = u32::try_from(key.epoch).map_err(|_| Refusal::Conflict)?;
        let (wrapped, probe) = (key.wrapped.ok_or(Refusal::Conflict)?, core.randomness.bytes::<32>());
        let algorithm = key_named(&key.algorithm).map_err(|_| Refusal::Conflict)?;
        let signature = DoctorSignature::default().or_what_fits(algorithm);
        let digest = match signature {
            DoctorSignature::EcdsaP384 => Sha384::digest(probe).to_vec(),
            _ => Sha256::digest(probe).to_vec(),
        };
        let scheme = signature.scheme();
        let signed = asking::sign_with_wrapped(&core.token, epoch, &wrapped, scheme, vec![digest]).await;
        let verification: &dyn VerificationAlgorithm = match signature {
            DoctorSignature::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
            DoctorSignature::EcdsaP384 => &ECDSA_P384_SHA384_ASN1,
            DoctorSignature::RsaPkcs1 => &RSA_PKCS1_2048_8192_SHA256,
            DoctorSignature::RsaPss => &RSA_PSS_2048_8192_SHA256,
        };
        let ours = match signed {
            Ok(signatures) => signatures.first().is_some_and(|signature| {
                UnparsedPublicKey::new(verification, &key.spki).verify(&probe, signature).is_ok()
            }),
            Err(hsm::Error::UnwrapRefused) => false,
            Err(error) => return Err(token_refusal(&error)),
        };
        if same && ours {
            return Ok(());
        }
        tracing::error!(certificate.serial = %row.serial, "the journal holds a certificate that was not recorded here");
        Err(Refusal::Conflict)
    }
}

/// The last second of an ISO day in Thailand (UTC+7, no daylight saving).
pub(crate) fn licence_end(last_day: Option<&str>) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(text) = last_day else { return Ok(None) };
    let end = end_of_day(text).ok_or_else(|| Refusal::ContentInvalid { detail: "licence_valid_until".to_owned() })?;
    Ok(Some(end))
}

fn end_of_day(text: &str) -> Option<OffsetDateTime> {
    let day: Date = pdf::date::parse_iso(text).ok()?;
    let offset = UtcOffset::from_hms(7, 0, 0).ok()?;
    Some(day.with_time(Time::from_hms(23, 59, 59).ok()?).assume_offset(offset).to_offset(UtcOffset::UTC))
}
