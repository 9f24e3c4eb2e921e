//! A token, a small PKI and documents of this run's own.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use ca::profile::{AuthoritySubject, doctor, issuing, root};
use ca::{
    AssuranceLevel, DEFAULT_ARC, Generation, Issuer, IssuerName, Policies, Prepared, Profession, PublicKey, Serial,
    ThrowAwayKey, Urls, Validity, crl,
};
use hsm::{Purpose, Token, WrappedKey};
use pades::cms::{SignatureAlgorithm, SigningChain};
use pdf::draw::{Drawn, QrLink, signed_form};
use pdf::form::{DocumentContent, SignerIdentity, Unit, definition, valid_until};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use signer::edge::Randomness;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::task;

/// The wrapping epoch of the doctor's key.
pub(super) const EPOCH: u32 = 1;

/// Where this installation would publish; nothing is fetched.
const PUBLIC_URL: &str = "https://rabrong.example.th";
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
const LABEL: &str = "rabrong-bench";
const CODE: &str = "7N4Q2C8KX0ZJ5T3M9RWB6HVEDY";
/// Characters of a QR token of the usual size.
const SEAL_LENGTH: usize = 284;

/// Everything the measurements work on.
pub(super) struct Installation {
    pub(super) now: OffsetDateTime,
    pub(super) token: Token,
    pub(super) root: Vec<u8>,
    pub(super) issuing: Vec<u8>,
    pub(super) doctor: Vec<u8>,
    pub(super) doctor_key: WrappedKey,
    pub(super) root_crl: Vec<u8>,
    pub(super) shard_crl: Vec<u8>,
    /// What certificates of this run are made with.
    pub(super) issuing_room: IssuingRoom,
    pub(super) content: DocumentContent,
    pub(super) link: QrLink,
    /// The content, drawn.
    pub(super) drawn: Drawn,
}

/// What a doctor's certificate is made with, besides its key.
pub(super) struct IssuingRoom {
    pub(super) installation: ca::Installation,
    pub(super) issuer: Issuer,
    pub(super) throw_away: ThrowAwayKey,
}

/// Makes `folder` with `SoftHSM`'s configuration in it, and answers that file.
pub(super) fn prepare_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    let tokens = folder.join("tokens");
    std::fs::create_dir_all(&tokens).with_context(|| tokens.display().to_string())?;
    let file = folder.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
    std::fs::write(&file, text).with_context(|| file.display().to_string())?;
    Ok(file)
}

impl Installation {
    /// Makes the token and its keys, the certificates, the CRLs and a document. `SOFTHSM2_CONF`
    /// names a folder without tokens.
    pub(super) fn new(now: OffsetDateTime, randomness: &mut Randomness) -> anyhow::Result<Self> {
        let now = now.replace_nanosecond(0)?;
        let token = token(randomness)?;
        for purpose in [Purpose::Root, Purpose::Issuing(1), Purpose::Seal, Purpose::DoctorWrap(EPOCH)] {
            token.generate(purpose)?;
        }
        let installation =
            ca::Installation { urls: Urls::new(PUBLIC_URL)?, policies: Policies::new(DEFAULT_ARC, false)? };
        let throw_away = ThrowAwayKey::generate(randomness);
        let issuing_name = IssuerName::Issuing(Generation::FIRST);
        let mut serial = |issuer: IssuerName| Serial::generate(issuer.serial_octet(), randomness);

        let root_key = PublicKey::from_spki_der(&token.public_key(Purpose::Root)?)?;
        let validity = Validity::years(now, root::MAX_YEARS)?;
        let prepared = root::prepare(
            &authority("Root CA"),
            &root_key,
            serial(IssuerName::Root),
            validity,
            &installation,
            &throw_away,
        )?;
        let root = certify(&token, Purpose::Root, prepared)?;
        let root_issuer = Issuer::from_certificate(&root, IssuerName::Root)?;

        let issuing_key = PublicKey::from_spki_der(&token.public_key(Purpose::Issuing(1))?)?;
        let validity = Validity::years(now, issuing::MAX_YEARS)?;
        let subject = authority("Issuing CA");
        let number = serial(IssuerName::Root);
        let prepared =
            issuing::prepare(&subject, &issuing_key, number, validity, &root_issuer, &installation, &throw_away)?;
        let issuing = certify(&token, Purpose::Root, prepared)?;
        let issuer = Issuer::from_certificate(&issuing, issuing_name)?;

        let doctor_key = token.new_doctor_key(EPOCH, hsm::DoctorKeyAlgorithm::P256)?;
        let serial = serial(issuing_name);
        let shard = issuing_name.shard(serial, NonZeroU16::MIN)?;
        let request = doctor::Request {
            subject: &subject_of_doctor(),
            public_key: &ca::SubjectKey::from_spki_der(&doctor_key.spki)?,
            serial,
            validity: Validity::years(now, doctor::MAX_YEARS)?,
            licence_end: None,
            level: AssuranceLevel::Ial2_3,
            shard,
        };
        let doctor =
            certify(&token, Purpose::Issuing(1), doctor::prepare(&request, &issuer, &installation, &throw_away)?)?;

        let everything = crl::Scope::Everything;
        let root_crl = revocation_list(&token, Purpose::Root, &root_issuer, everything, now)?;
        let url = installation.urls.crl_shard(shard);
        let shard_crl = revocation_list(&token, Purpose::Issuing(1), &issuer, crl::Scope::Shard { url: &url }, now)?;

        let content = content(serial, &doctor, now)?;
        let link = QrLink { url: format!("{PUBLIC_URL}/v/{CODE}#{}", "A".repeat(SEAL_LENGTH)) };
        let drawn = signed_form(&content, &link)?;
        let issuing_room = IssuingRoom { installation, issuer, throw_away };
        Ok(Self {
            now,
            token,
            root,
            issuing,
            doctor,
            doctor_key,
            root_crl,
            shard_crl,
            issuing_room,
            content,
            link,
            drawn,
        })
    }

    /// Signs the document.
    pub(super) fn sign_one(&self) -> anyhow::Result<Vec<u8>> {
        let chain = SigningChain::from_der(&[&self.doctor, &self.issuing], SignatureAlgorithm::EcdsaP256Sha256)?;
        let recorded = task::recorded(&self.drawn, &chain, self.now)?;
        let digests = vec![recorded.to_be_signed()];
        let signatures =
            self.token.sign_with_wrapped(EPOCH, &self.doctor_key.blob, hsm::SignatureScheme::EcdsaP256, digests)?;
        let signature = signatures.first().context("no signature")?;
        Ok(recorded.complete(signature)?.bytes)
    }
}

fn token(randomness: &Randomness) -> anyhow::Result<Token> {
    let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists());
    let module = module.context("SoftHSM is not installed. Install it (apt-get install softhsm2) and try again")?;
    let pin = || SecretString::from(hex::encode(randomness.bytes::<16>()));
    let (officer_pin, pin) = (pin(), pin());
    hsm::initialise(&module, LABEL, &officer_pin, &pin)?;
    let config = hsm::Config {
        module,
        token_label: LABEL.to_owned(),
        pin,
        sessions: 1,
        deadline: Duration::from_secs(60),
        key_wrap: None,
    };
    Ok(Token::open(&config)?)
}

pub(super) fn certify(token: &Token, purpose: Purpose, prepared: Prepared) -> anyhow::Result<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "a throw-away PKI; nothing leaves this process")]
    let recorded = prepared.assert_recorded();
    #[expect(clippy::disallowed_methods, reason = "a throw-away PKI; nothing leaves this process")]
    let signature = token.sign(purpose, &recorded.digest())?;
    Ok(recorded.complete(&signature)?.der)
}

fn revocation_list(
    token: &Token,
    purpose: Purpose,
    issuer: &Issuer,
    scope: crl::Scope<'_>,
    now: OffsetDateTime,
) -> anyhow::Result<Vec<u8>> {
    let parameters = crl::Parameters {
        number: 1,
        this_update: now,
        next_update: now + Duration::from_secs(86_400),
        scope,
        expired_kept_since: None,
        entries: &[],
    };
    sign_list(token, purpose, crl::prepare(issuer, &parameters)?)
}

/// Signs a CRL.
pub(super) fn sign_list(token: &Token, purpose: Purpose, prepared: crl::PreparedCrl) -> anyhow::Result<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "a throw-away PKI; nothing leaves this process")]
    let signature = token.sign(purpose, &prepared.digest())?;
    Ok(prepared.complete(&signature)?)
}

fn authority(name: &str) -> AuthoritySubject {
    AuthoritySubject { organization: "Rabrong".to_owned(), common_name: format!("{name} (measurement)") }
}

pub(super) fn subject_of_doctor() -> doctor::Subject {
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

/// A two-part form with every field filled in.
fn content(serial: Serial, certificate: &[u8], now: OffsetDateTime) -> anyhow::Result<DocumentContent> {
    let definition = definition("two_part_general").context("two_part_general")?;
    let today = pdf::date::iso(pdf::date::bangkok(now).date());
    let fields = [
        ("applicant_title", "miss"),
        ("applicant_name", "กตัญญู ฟื้นฟูสุข"),
        ("contact_address", "99/12 หมู่ 4 ถนนน้ำใส ตำบลญี่ปุ่น อำเภอเมือง จังหวัดขอนแก่น 40000"),
        ("cid", "0101700230700"),
        ("hx_underlying", "โรคหืด รักษาต่อเนื่อง"),
        ("hx_accident_surgery", "ผ่าตัดไส้ติ่ง พ.ศ. 2560"),
        ("hx_admission", "ไข้เลือดออก พ.ศ. 2562"),
        ("hx_other", "แพ้ยาเพนิซิลลิน"),
        ("applicant_confirmed", "yes"),
        ("applicant_sign_date", &today),
        ("exam_place", "แผนกผู้ป่วยนอก โรงพยาบาลขอนแก่น"),
        ("exam_date", &today),
        ("patient_title", "miss"),
        ("patient_name", "กตัญญู ฟื้นฟูสุข"),
        ("examined_on", &today),
        ("weight_kg", "52.5"),
        ("height_cm", "161"),
        ("blood_pressure_mmhg", "118/76"),
        ("pulse_per_min", "72"),
        ("general_condition", ""),
        ("opinion", "ร่างกายสมบูรณ์แข็งแรงดี สามารถปฏิบัติงานได้ตามปกติ ไม่พบข้อห้ามในการทำงาน"),
    ]
    .map(|(id, value)| (id.to_owned(), value.to_owned()))
    .into();
    Ok(DocumentContent {
        document_id: "0193a0c1-7c1e-7d5f-9a53-3f0d7a6f2b11".to_owned(),
        form: definition.kind.clone(),
        form_version: definition.version,
        book: format!("10670/{}", pdf::date::buddhist_year(pdf::date::bangkok(now).date())),
        number: "000001".to_owned(),
        code: CODE.to_owned(),
        valid_until: valid_until(definition, &fields).map(pdf::date::iso),
        fields,
        unit: Unit {
            code: "10670".to_owned(),
            name_th: "โรงพยาบาลขอนแก่น".to_owned(),
            name_en: "Khon Kaen Hospital".to_owned(),
            address_th: "ถนนศรีจันทร์ ตำบลในเมือง อำเภอเมืองขอนแก่น จังหวัดขอนแก่น 40000".to_owned(),
        },
        signer: SignerIdentity {
            certificate_serial: serial.to_string(),
            certificate_sha256: hex::encode(Sha256::digest(certificate)),
            title_th: "แพทย์หญิง".to_owned(),
            name_th: "สมหญิง ใจดี".to_owned(),
            name_en: "Somying Jaidee".to_owned(),
            licence: "12345".to_owned(),
        },
        prepared_at: now.format(&Rfc3339)?,
    })
}
