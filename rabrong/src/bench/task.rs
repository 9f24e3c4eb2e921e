//! What is measured.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hsm::Purpose;
use pades::cms::{SignatureAlgorithm, SigningChain};
use pades::sign::Recorded;
use pades::verify::{Indication, Trust, verify};
use pdf::append::SignatureField;
use pdf::draw::{Drawn, signed_form};
use pdf::form::DocumentContent;
use time::OffsetDateTime;

use super::installation::{EPOCH, Installation};
use super::meter::{Amount, repeat};
use super::pyhanko;

/// Bare signatures of the token: `C_Sign` with a key that lies in it.
pub(super) const RAW_SIGN: &str = "raw-c-sign";
/// Bare `C_UnwrapKey`, `C_Sign`, `C_DestroyObject`: what a wrapped key costs at least.
pub(super) const RAW_UNWRAP_SIGN: &str = "raw-unwrap-sign";

/// Documents under one unwrapped key.
const BATCH: usize = 50;
/// Raw operations in one visit to the session, so that the way there weighs nothing.
const RAW_VISIT: u32 = 50;

/// Something that can be done again and again.
pub(super) struct Task<'a> {
    pub(super) name: &'static str,
    /// Name of the raw operation of the token to compare with.
    pub(super) raw: Option<&'static str>,
    work: Work<'a>,
}

type Repeated<'a> = Box<dyn FnMut() -> anyhow::Result<u32> + 'a>;
type Timed<'a> = Box<dyn FnMut(Duration) -> anyhow::Result<Amount> + 'a>;

enum Work<'a> {
    /// Here; answers how many operations one call was.
    Here(Repeated<'a>),
    /// Counts and times itself: not all it does counts, or not all of it is done in this process.
    Elsewhere(Timed<'a>),
}

impl<'a> Task<'a> {
    /// Work of this process; answers how many operations one call was.
    pub(super) fn here(
        name: &'static str,
        raw: Option<&'static str>,
        work: impl FnMut() -> anyhow::Result<u32> + 'a,
    ) -> Self {
        Self { name, raw, work: Work::Here(Box::new(work)) }
    }

    /// Work that counts and times itself, for at least the time it is given.
    pub(super) fn timed(
        name: &'static str,
        raw: Option<&'static str>,
        work: impl FnMut(Duration) -> anyhow::Result<Amount> + 'a,
    ) -> Self {
        Self { name, raw, work: Work::Elsewhere(Box::new(work)) }
    }

    /// Does it for the least time there is.
    pub(super) fn once(&mut self) -> anyhow::Result<()> {
        match &mut self.work {
            Work::Here(work) => work().map(drop),
            Work::Elsewhere(work) => work(Duration::ZERO).map(drop),
        }
    }

    /// Does it for at least `slice`.
    pub(super) fn during(&mut self, slice: Duration) -> anyhow::Result<Amount> {
        match &mut self.work {
            Work::Here(work) => repeat(slice, work),
            Work::Elsewhere(work) => work(slice),
        }
    }
}

/// The raw rates of the token, then signing drawn documents: prepare the revision, sign with
/// the doctor's wrapped key, check the signature, complete the file.
pub(super) fn signing(installation: &Installation) -> anyhow::Result<Vec<Task<'static>>> {
    let bench = Arc::new(Desk {
        token: installation.token.clone(),
        wrapped: installation.doctor_key.blob.clone(),
        chain: SigningChain::from_der(
            &[&installation.doctor, &installation.issuing],
            SignatureAlgorithm::EcdsaP256Sha256,
        )?,
        now: installation.now,
        documents: documents(installation, BATCH)?,
    });
    let (other, blob) = (installation.token.clone(), bench.wrapped.clone());
    let (single, batch) = (Arc::clone(&bench), bench);
    let mut next = 0;
    Ok(vec![
        Task::here(RAW_UNWRAP_SIGN, Some(RAW_UNWRAP_SIGN), move || {
            Ok(other.raw_unwrap_sign_rate(EPOCH, &blob, RAW_VISIT)?)
        }),
        Task::here("b-b-single", Some(RAW_UNWRAP_SIGN), move || {
            next = (next + 1) % BATCH;
            single.sign(single.documents.get(next..=next).context("documents")?)
        }),
        Task::here("b-b-batch50", Some(RAW_SIGN), move || batch.sign(&batch.documents)),
    ])
}

/// The raw rate of the token.
pub(super) fn raw(installation: &Installation) -> Task<'static> {
    let token = installation.token.clone();
    Task::here(RAW_SIGN, Some(RAW_SIGN), move || Ok(token.raw_sign_rate(Purpose::Seal, RAW_VISIT)?))
}

/// pyHanko on the same file, at both ends of the scale of levels.
pub(super) fn by_pyhanko(signer: pyhanko::Signer) -> [Task<'static>; 2] {
    let signer = Rc::new(RefCell::new(signer));
    let at = |name, level| {
        let signer = Rc::clone(&signer);
        Task::timed(name, None, move |slice| signer.borrow_mut().sign_for(level, slice))
    };
    [at("pyhanko-b-b-software-key", pyhanko::Level::B), at("pyhanko-b-lta-software-key", pyhanko::Level::Lta)]
}

/// Drawing a full two-part form.
pub(super) fn drawing(installation: &Installation) -> Task<'static> {
    let (content, link) = (installation.content.clone(), installation.link.clone());
    Task::here("render", None, move || {
        ensure!(signed_form(&content, &link)?.pdf.starts_with(b"%PDF"), "no PDF was drawn");
        Ok(1)
    })
}

/// The verdict on a signed file, trust anchor and both CRLs given.
pub(super) fn judging(installation: &Installation) -> anyhow::Result<Task<'static>> {
    let trust = Trust {
        anchors: vec![installation.root.clone()],
        crls: vec![installation.root_crl.clone(), installation.shard_crl.clone()],
        ..Trust::default()
    };
    let (file, now) = (installation.sign_one()?, installation.now);
    let verdict = verify(&file, &trust, now);
    ensure!(verdict.indication == Indication::TotalPassed, "the file to measure with has not passed: {verdict:?}");
    Ok(Task::here("verify", None, move || {
        ensure!(verify(&file, &trust, now).indication == Indication::TotalPassed, "the verdict changed");
        Ok(1)
    }))
}

/// Where documents are signed.
struct Desk {
    token: hsm::Token,
    wrapped: Vec<u8>,
    chain: SigningChain,
    now: OffsetDateTime,
    documents: Vec<Drawn>,
}

impl Desk {
    /// Signs all of them under one unwrapped key.
    fn sign(&self, documents: &[Drawn]) -> anyhow::Result<u32> {
        let mut ready = Vec::with_capacity(documents.len());
        for drawn in documents {
            ready.push(recorded(drawn, &self.chain, self.now)?);
        }
        let digests = ready.iter().map(Recorded::to_be_signed).collect();
        let signatures =
            self.token.sign_with_wrapped(EPOCH, &self.wrapped, hsm::SignatureScheme::EcdsaP256, digests)?;
        ensure!(signatures.len() == ready.len(), "a signature is missing");
        for (recorded, signature) in ready.into_iter().zip(signatures) {
            recorded.complete(&signature)?;
        }
        Ok(u32::try_from(documents.len())?)
    }
}

/// Prepares the signature of a drawn document.
pub(super) fn recorded(drawn: &Drawn, chain: &SigningChain, now: OffsetDateTime) -> anyhow::Result<Recorded> {
    let field = SignatureField {
        page: drawn.signature_page,
        rect: drawn.signature_rect,
        field_name: "Signature1".to_owned(),
        tooltip: "ลายมือชื่อดิจิทัลของแพทย์".to_owned(),
        signing_time: now,
        name: Some("แพทย์หญิงสมหญิง ใจดี".to_owned()),
        reason: Some("ออกใบรับรองแพทย์".to_owned()),
        location: Some("โรงพยาบาลขอนแก่น".to_owned()),
        contact_info: None,
    };
    let prepared = pades::sign::prepare(&drawn.pdf, &field, chain, 0)?;
    let digest = prepared.record_digest();
    #[expect(clippy::disallowed_methods, reason = "measured under throw-away keys; nothing leaves this process")]
    let recorded = prepared.assert_recorded(digest)?;
    Ok(recorded)
}

fn documents(installation: &Installation, count: usize) -> anyhow::Result<Vec<Drawn>> {
    let numbered = |number: usize| DocumentContent { number: format!("{number:06}"), ..installation.content.clone() };
    (1..=count).map(|number| Ok(signed_form(&numbered(number), &installation.link)?)).collect()
}
