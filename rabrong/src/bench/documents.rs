//! Signing documents by the trust core's own code, on an installation whose ceremony is held.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use pdf::draw::{Drawn, QrLink, signed_form};
use pdf::form::DocumentContent;
use sha2::{Digest as _, Sha256};
use signer::core::Core;
use signer::signature_profile::Level;
use time::format_description::well_known::Rfc3339;

use super::installation::Installation;
use super::stage::Stage;
use super::task::{RAW_SIGN, RAW_UNWRAP_SIGN, Task};
use crate::edge;

/// Documents under one touch.
const BATCH: usize = 50;

/// How a page is signed from its answers: all of it.
pub(super) const WHOLE: &str = "json-to-b-lta";

/// Documents of one doctor, and the trust core at either end of the levels.
pub(super) struct Desk<'a> {
    stage: &'a Stage,
    basic: Arc<Core>,
    archival: Arc<Core>,
    /// What all documents say.
    content: DocumentContent,
    pages: Vec<Drawn>,
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
        let ready = |name, raw, core: fn(&Self) -> &Core, count| {
            let desk = Rc::clone(self);
            Task::here(name, Some(raw), move || desk.signs(core(&desk), count))
        };
        let recorded = Rc::clone(self);
        let whole = Rc::clone(self);
        vec![
            ready("b-b-single", RAW_UNWRAP_SIGN, |desk| &desk.basic, 1),
            ready("b-b-batch50", RAW_SIGN, |desk| &desk.basic, BATCH),
            Task::here("b-b-single-recorded", Some(RAW_UNWRAP_SIGN), move || recorded.records()),
            ready("b-lta-single", RAW_UNWRAP_SIGN, |desk| &desk.archival, 1),
            ready("b-lta-batch50", RAW_SIGN, |desk| &desk.archival, BATCH),
            Task::here(WHOLE, Some(RAW_UNWRAP_SIGN), move || whole.signs_whole().map(|()| 1)),
        ]
    }

    /// The time that ninety-nine of a hundred documents take at most, from their answers to the
    /// stored file, while as many arrive as half the rate that was measured.
    pub(super) fn slowest_at_half_load(&self, per_second: f64, seconds: f64) -> anyhow::Result<Duration> {
        let pause = Duration::from_secs_f64(2.0 / per_second);
        let started = Instant::now();
        let mut due = started;
        let mut times = Vec::new();
        while started.elapsed().as_secs_f64() < seconds {
            // One that arrives while another is at work waits, and that counts.
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            self.signs_whole()?;
            times.push(due.elapsed());
            due += pause;
        }
        times.sort_unstable();
        times.get(times.len() * 99 / 100).copied().context("nothing was timed")
    }

    fn signs(&self, core: &Core, count: usize) -> anyhow::Result<u32> {
        let (contents, pages) = (self.contents(count)?, self.pages.get(..count).context("pages")?);
        let files = self.stage.runtime.block_on(core.sign_unrecorded(&contents, pages))?;
        ensure!(files.len() == count && files.iter().all(|file| file.starts_with(b"%PDF")), "a file is missing");
        Ok(u32::try_from(count)?)
    }

    fn records(&self) -> anyhow::Result<u32> {
        let (contents, pages) = (self.contents(1)?, self.pages.get(..1).context("pages")?);
        self.stage.runtime.block_on(self.basic.sign_drawn(&self.activation, &contents, pages))?;
        Ok(1)
    }

    fn signs_whole(&self) -> anyhow::Result<()> {
        let text = serde_json::to_string(&self.contents(1)?)?;
        let contents: Vec<DocumentContent> = serde_json::from_str(&text)?;
        self.stage.runtime.block_on(self.archival.sign_contents(&self.activation, &contents))?;
        Ok(())
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
