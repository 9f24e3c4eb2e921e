//! The ceremony without its tokens: the same certificates by the same profiles and rules, under
//! keys that are thrown away. What the lint refuses is found here.

use aws_lc_rs::digest::{Digest, SHA256, SHA384};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _,
};
use ca::profile::{AuthoritySubject, doctor, ocsp_responder};
use ca::{AssuranceLevel, Issuer, IssuerName, Prepared, Profession, PublicKey, Serial, ThrowAwayKey, Validity, crl};
use time::Duration;

use super::drafts::{Desk, Draft};
use super::{Ceremony, CeremonyError, Plan};
use crate::authorities::installation;
use crate::core::{Configuration, rfc3339};
use crate::edge::{Clock, Randomness};
use crate::protocol::UnitNode;

/// What a rehearsal made. None of it is to be trusted: its keys are gone.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// Name and DER of each certificate, issuers first.
    pub certificates: Vec<(&'static str, Vec<u8>)>,
    /// The root's CRL, DER.
    pub root_crl: Vec<u8>,
    /// What each certificate says, in words.
    pub words: String,
}

/// A key in memory, for nothing but this.
struct Key {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl Key {
    fn new(algorithm: &'static EcdsaSigningAlgorithm) -> Result<Self, CeremonyError> {
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| CeremonyError::Rehearsal)?;
        let spki = pair.public_key().as_der().map_err(|_| CeremonyError::Rehearsal)?;
        let public = PublicKey::from_spki_der(spki.as_ref())?;
        Ok(Self { pair, public })
    }

    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, CeremonyError> {
        let algorithm = if digest.len() == 48 { &SHA384 } else { &SHA256 };
        let digest = Digest::import_less_safe(digest, algorithm).map_err(|_| CeremonyError::Rehearsal)?;
        let signature = self.pair.sign_digest(&digest).map_err(|_| CeremonyError::Rehearsal)?;
        Ok(signature.as_ref().to_vec())
    }

    fn certify(&self, prepared: Prepared) -> Result<Vec<u8>, CeremonyError> {
        #[expect(clippy::disallowed_methods, reason = "nothing is issued: the key is thrown away")]
        let recorded = prepared.assert_recorded();
        let signature = self.sign(&recorded.digest())?;
        Ok(recorded.complete(&signature)?.der)
    }
}

/// Rehearses a ceremony.
///
/// # Errors
/// [`CeremonyError::Certificate`] with every rule that a certificate breaks, [`CeremonyError::Plan`],
/// [`CeremonyError::UnitTree`].
pub fn rehearse(
    configuration: &Configuration,
    plan: &Plan,
    units: &[UnitNode],
    clock: &Clock,
    randomness: &Randomness,
) -> Result<Rehearsal, CeremonyError> {
    plan.check()?;
    let top = Ceremony::top_unit(units)?;
    let shards = plan.shards().ok_or(CeremonyError::Rehearsal)?;
    let now = clock.now();
    let installation = installation(configuration)?;
    let throw_away = ThrowAwayKey::generate(&mut randomness.clone());
    let desk = Desk {
        organisation: &plan.organisation,
        organisation_identifier: plan.organisation_identifier.as_deref(),
        installation: &installation,
        throw_away: &throw_away,
    };
    let serial = |issuer: IssuerName| Serial::generate(issuer.serial_octet(), &mut randomness.clone());
    let years = |years| Validity::years(now, years);
    let p256 = || Key::new(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let (root_key, issuing_key, tsa_ca_key) = (Key::new(&ECDSA_P384_SHA384_ASN1_SIGNING)?, p256()?, p256()?);
    let draft = |name, key, issuer, validity| Draft { name, key, serial: serial(issuer), validity };

    let of_root = draft(plan.names.root.as_str(), &root_key.public, IssuerName::Root, years(plan.years.root)?);
    let root_der = root_key.certify(desk.root(of_root)?)?;
    let root = Issuer::from_certificate(&root_der, IssuerName::Root)?;
    let first = IssuerName::Issuing(ca::Generation::FIRST);
    let validity = years(plan.years.issuing)?;
    let of_issuing = draft(plan.names.issuing.as_str(), &issuing_key.public, IssuerName::Root, validity);
    let issuing_der = root_key.certify(desk.issuing(of_issuing, &root)?)?;
    let issuing = Issuer::from_certificate(&issuing_der, first)?;
    let validity = years(plan.years.tsa_ca)?;
    let of_tsa_ca = draft(plan.names.tsa_ca.as_str(), &tsa_ca_key.public, IssuerName::Root, validity);
    let tsa_ca_der = root_key.certify(desk.tsa_ca(of_tsa_ca, &root)?)?;
    let tsa_ca = Issuer::from_certificate(&tsa_ca_der, IssuerName::TsaCa)?;
    let unit_key = p256()?;
    let of_unit = draft(plan.names.tsa.as_str(), &unit_key.public, IssuerName::TsaCa, years(plan.years.tsa)?);
    let tsa_der = tsa_ca_key.certify(desk.tsa(of_unit, &tsa_ca)?)?;

    // What the signer will make of its own, and the least a doctor's certificate needs to be issued here.
    let responder =
        AuthoritySubject { organization: plan.organisation.clone(), common_name: "Rabrong OCSP responder".to_owned() };
    let responder_key = p256()?;
    let validity = Validity::days(now, 30)?;
    let number = serial(first);
    let prepared = ocsp_responder::prepare(
        &responder,
        &responder_key.public,
        number,
        validity,
        &issuing,
        &installation,
        &throw_away,
    )?;
    let ocsp_der = issuing_key.certify(prepared)?;
    let doctor_der = issuing_key.certify(sample_doctor(&desk, &issuing, top, serial(first), shards, now)?)?;

    let parameters = crl::Parameters {
        number: 1,
        this_update: now.replace_nanosecond(0).unwrap_or(now),
        next_update: now + Duration::days(i64::from(plan.root_crl_days)),
        scope: crl::Scope::Everything,
        expired_kept_since: None,
        entries: &[],
    };
    let list = crl::prepare(&root, &parameters)?;
    let signature = root_key.sign(&list.digest())?;
    let root_crl = list.complete(&signature)?;
    let certificates = vec![
        ("root", root_der),
        ("issuing-1", issuing_der),
        ("tsa-ca", tsa_ca_der),
        ("tsa-1", tsa_der),
        ("sample-ocsp-responder", ocsp_der),
        ("sample-doctor", doctor_der),
    ];
    let words = certificates.iter().map(|(name, der)| in_words(name, der)).collect::<Result<Vec<_>, _>>()?.join("\n");
    Ok(Rehearsal { certificates, root_crl, words })
}

fn sample_doctor(
    desk: &Desk<'_>,
    issuing: &Issuer,
    top: &UnitNode,
    serial: Serial,
    shards: std::num::NonZeroU16,
    now: time::OffsetDateTime,
) -> Result<Prepared, CeremonyError> {
    let subject = doctor::Subject {
        organization: top.name_th.clone(),
        organization_identifier: None,
        surname: "ตัวอย่าง".to_owned(),
        given_name: "แพทย์".to_owned(),
        title: "นายแพทย์".to_owned(),
        common_name: "นายแพทย์แพทย์ ตัวอย่าง".to_owned(),
        profession: Profession::PHYSICIAN,
        licence: "1".to_owned(),
    };
    let request = doctor::Request {
        subject: &subject,
        public_key: &Key::new(&ECDSA_P256_SHA256_ASN1_SIGNING)?.public.into(),
        serial,
        validity: Validity::years(now, 1)?,
        licence_end: None,
        level: AssuranceLevel::Ial2_3,
        shard: issuing.published_name().shard(serial, shards)?,
    };
    Ok(doctor::prepare(&request, issuing, desk.installation, desk.throw_away)?)
}

/// What a certificate says, one line each.
///
/// # Errors
/// [`CeremonyError::Certificate`] if it is none.
pub fn in_words(name: &str, der: &[u8]) -> Result<String, CeremonyError> {
    let view = ca::parse(der)?;
    let purposes: Vec<String> = view.extended_key_usage.iter().map(ToString::to_string).collect();
    let policies: Vec<String> = view.policies.iter().map(ToString::to_string).collect();
    let mut text = format!("{name}\n");
    for (what, value) in [
        ("subject", view.subject),
        ("issuer", view.issuer),
        ("serial number", view.serial),
        ("valid from", rfc3339(view.validity.not_before)),
        ("valid until", rfc3339(view.validity.not_after)),
        ("CA", if view.is_ca { "yes" } else { "no" }.to_owned()),
        ("key usage", view.key_usage.join(", ")),
        ("extended key usage", purposes.join(", ")),
        ("policies", policies.join(", ")),
        ("CRL", view.crl_url.unwrap_or_default()),
        ("OCSP", view.ocsp_url.unwrap_or_default()),
        ("issuer's certificate", view.issuer_url.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("  {what:<22} {value}\n"));
        }
    }
    Ok(text)
}
