//! What is measured.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;
use hsm::Purpose;
use pades::cms::SigningChain;
use pades::sign::Recorded;
use pades::verify::{Indication, Trust, verify};
use pdf::append::SignatureField;
use pdf::draw::{Drawn, signed_form};
use time::OffsetDateTime;

use super::installation::{EPOCH, Installation};
use super::meter::{Amount, repeat};
use super::pyhanko;

/// Bare signatures of the token: `C_Sign` with a key that lies in it.
pub(super) const RAW_SIGN: &str = "raw-c-sign";
/// Bare `C_UnwrapKey`, `C_Sign`, `C_DestroyObject`: what a wrapped key costs at least.
pub(super) const RAW_UNWRAP_SIGN: &str = "raw-unwrap-sign";

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

/// The raw rate of the token.
pub(super) fn raw(installation: &Installation) -> Task<'static> {
    let token = installation.token.clone();
    Task::here(RAW_SIGN, Some(RAW_SIGN), move || Ok(token.raw_sign_rate(Purpose::Seal, RAW_VISIT)?))
}

/// The raw rate of the token with a key that must be unwrapped first.
pub(super) fn raw_unwrap(installation: &Installation) -> Task<'static> {
    let (token, blob) = (installation.token.clone(), installation.doctor_key.blob.clone());
    Task::here(RAW_UNWRAP_SIGN, Some(RAW_UNWRAP_SIGN), move || Ok(token.raw_unwrap_sign_rate(EPOCH, &blob, RAW_VISIT)?))
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
