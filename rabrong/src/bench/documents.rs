//! Signing documents by the trust core's own code, on an installation whose ceremony is held.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use pdf::draw::{Drawn, QrLink, signed_form};
use pdf::form::DocumentContent;
use sha2::{Digest as _, Sha256};
use signer::core::Core;
use signer::signature_profile::Level;
use time::format_description::well_known::Rfc3339;

use super::crowd::{Work, keep_busy, slowest_as_they_arrive};
use super::installation::Installation;
use super::stage::Stage;
use super::task::{RAW_SIGN, RAW_UNWRAP_SIGN, Task};
use crate::edge;

/// Documents under one touch.
const BATCH: usize = 50;

/// How a page is signed from its answers: all of it.
pub(super) const WHOLE: &str = "json-to-b-lta";

/// Documents signed at once, each under a touch of its own.
const AT_ONCE: usize = 16;

/// How much longer than a name is measured documents arrive at half load: of a few hundred, one pause of the
/// disk decides what the slowest hundredth takes.
const LONGER: f64 = 4.0;

/// Documents of one doctor, and the trust core at either end of the levels.
pub(super) struct Desk<'a> {
    stage: &'a Stage,
    basic: Arc<Core>,
    archival: Arc<Core>,
    /// What all documents say.
    content: DocumentContent,
    pages: Arc<[Drawn]>,
    /// The activation that all are held to, on either core's journal.
    activation: String,
    next: Cell<u64>,
}

impl<'a> Desk<'a> {
    /// Certifies a doctor and draws their documents.
    pub(super) fn set(stage: &'a Stage, installation: &Installation) -> anyhow::Result<Rc<Self>> {
        let (basic, archival) = (stage.core_at(Level::Basic)?, stage.core_at(Level::Archival)?);
        for core in [&basic, &archival] {
            stage.runtime.block_on(signer::status::begin(core));
        }
        let serial = stage.runtime.block_on(archival.doctor_unasked()).context("a doctor's certificate")?;
        let activation = stage.runtime.block_on(archival.activation_on_record())?;
        let mut content = installation.content.clone();
        content.signer.certificate_serial = serial;
        let draw = |number: usize| {
            let numbered = DocumentContent { number: format!("{number:06}"), ..content.clone() };
            signed_form(&numbered, &QrLink { url: installation.link.url.clone() })
        };
        let pages = (1..=BATCH).map(draw).collect::<Result<_, _>>()?;
        Ok(Rc::new(Self { stage, basic, archival, content, pages, activation, next: Cell::new(0) }))
    }

    /// What is measured.
    pub(super) fn tasks(self: &Rc<Self>) -> Vec<Task<'a>> {
        let alone = |name, raw, count: usize, work: fn(&Self) -> anyhow::Result<Work>| {
            let desk = Rc::clone(self);
            Task::here(name, Some(raw), move || {
                desk.stage.runtime.block_on(work(&desk)?)?;
                Ok(u32::try_from(count)?)
            })
        };
        let at_once = |name, work: fn(&Self) -> anyhow::Result<Work>| {
            let desk = Rc::clone(self);
            Task::timed(name, Some(RAW_UNWRAP_SIGN), move |slice| {
                keep_busy(&desk.stage.runtime, AT_ONCE, slice, || work(&desk))
            })
        };
        vec![
            alone("b-b-single", RAW_UNWRAP_SIGN, 1, |desk| desk.signs(&desk.basic, 1)),
            alone("b-b-batch50", RAW_SIGN, BATCH, |desk| desk.signs(&desk.basic, BATCH)),
            at_once("b-b-single-recorded", Self::records),
            alone("b-b-single-recorded-alone", RAW_UNWRAP_SIGN, 1, Self::records),
            alone("b-lta-single", RAW_UNWRAP_SIGN, 1, |desk| desk.signs(&desk.archival, 1)),
            alone("b-lta-batch50", RAW_SIGN, BATCH, |desk| desk.signs(&desk.archival, BATCH)),
            at_once(WHOLE, Self::signs_whole),
            alone("json-to-b-lta-alone", RAW_UNWRAP_SIGN, 1, Self::signs_whole),
        ]
    }

    /// The time that ninety-nine of a hundred documents take at most, from their answers to the
    /// stored file, while as many arrive as half the rate that was measured.
    pub(super) fn slowest_at_half_load(&self, per_second: f64, seconds: f64) -> anyhow::Result<Duration> {
        let pause = Duration::from_secs_f64(2.0 / per_second);
        slowest_as_they_arrive(&self.stage.runtime, pause, LONGER * seconds, || self.signs_whole())
    }

    fn signs(&self, core: &Arc<Core>, count: usize) -> anyhow::Result<Work> {
        let (core, contents, pages) = (Arc::clone(core), self.contents(count)?, Arc::clone(&self.pages));
        Ok(Box::pin(async move {
            let files = core.sign_unrecorded(&contents, pages.get(..count).context("pages")?).await?;
            ensure!(files.len() == count && files.iter().all(|file| file.starts_with(b"%PDF")), "a file is missing");
            Ok(())
        }))
    }

    fn records(&self) -> anyhow::Result<Work> {
        let (core, contents, pages) = (Arc::clone(&self.basic), self.contents(1)?, Arc::clone(&self.pages));
        let activation = self.activation.clone();
        Ok(Box::pin(async move {
            core.sign_drawn(&activation, &contents, pages.get(..1).context("pages")?).await?;
            Ok(())
        }))
    }

    fn signs_whole(&self) -> anyhow::Result<Work> {
        let text = serde_json::to_string(&self.contents(1)?)?;
        let (core, activation) = (Arc::clone(&self.archival), self.activation.clone());
        Ok(Box::pin(async move {
            let contents: Vec<DocumentContent> = serde_json::from_str(&text)?;
            core.sign_contents(&activation, &contents).await?;
            Ok(())
        }))
    }

    /// So many that were never there before.
    fn contents(&self, count: usize) -> anyhow::Result<Vec<DocumentContent>> {
        let now = edge::clock().now().replace_nanosecond(0)?;
        let prepared_at = now.format(&Rfc3339)?;
        let one = |_| {
            let number = self.next.get();
            self.next.set(number + 1);
            DocumentContent {
                document_id: store::ids::uuid(now, &mut edge::randomness()),
                number: format!("{:06}", number % 1_000_000),
                book: format!("10670/{}", 2500 + number / 1_000_000),
                code: code(number),
                prepared_at: prepared_at.clone(),
                ..self.content.clone()
            }
        };
        Ok((0..count).map(one).collect())
    }
}

/// A verification code of its own.
fn code(number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::digest(number.to_be_bytes());
    digest.iter().take(26).map(|byte| char::from(*ALPHABET.get(usize::from(byte & 31)).unwrap_or(&b'0'))).collect()
}
