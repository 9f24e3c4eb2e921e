//! An installation of this run's own, whose ceremony is held: the real programs, as a
//! demonstration has them.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use signer::core::Core;
use signer::signature_profile::Level;
use signer::step::Steps;
use store::Journal;
use tokio::runtime::Handle;

use super::meter::Amount;
use super::meter::processor_seconds;
use super::task::{RAW_SIGN, Task};
use crate::clock_deviation;
use crate::configuration::Configuration;
use crate::demo::ceremony;
use crate::demo::installation::{Databases, Installation, Ports};
use crate::demo::persons::Passkeys;
use crate::{edge, wiring};

/// Certificates issued in one go; their keys are made before, and do not count.
const BATCH: usize = 50;

/// The installation, and its trust core in this process.
pub(super) struct Stage {
    pub(super) installation: Installation,
    pub(super) configuration: Configuration,
    pub(super) runtime: Handle,
    pub(super) token: hsm::Token,
}

impl Stage {
    /// Holds the ceremony in `folder`. `SOFTHSM2_CONF` names the file that a demonstration has there.
    pub(super) fn set(folder: &Path) -> anyhow::Result<Self> {
        Self::set_on(folder, None)
    }

    /// The same on these databases instead of SQLite.
    pub(super) fn set_on(folder: &Path, databases: Option<Databases>) -> anyhow::Result<Self> {
        let runtime = Handle::current();
        let installation = Installation::open(folder, Ports::free()?, databases)?;
        let configuration = Configuration::read(&installation.configuration_file(), edge::environment())?;
        let mut passkeys = Passkeys::open(installation.folder())?;
        runtime.block_on(ceremony::hold(&installation, &configuration, &mut passkeys)).context("the ceremony")?;
        let token = wiring::token(&configuration)?;
        Ok(Self { installation, configuration, runtime, token })
    }

    /// The trust core on the installation's own journal.
    pub(super) fn core(&self) -> anyhow::Result<Arc<Core>> {
        let journal = self.runtime.block_on(wiring::journal(&self.configuration))?;
        self.core_on(journal)
    }

    /// The trust core on a journal.
    pub(super) fn core_on(&self, journal: Journal) -> anyhow::Result<Arc<Core>> {
        self.open(journal, Level::default())
    }

    fn open(&self, journal: Journal, level: Level) -> anyhow::Result<Arc<Core>> {
        let told = signer::core::Configuration { level, ..wiring::signer_configuration(&self.configuration) };
        let clock = clock_deviation::known(edge::clock(), &self.configuration)?;
        let token = self.token.clone();
        let core = Core::open(told, journal, token, clock, edge::randomness(), Steps::default());
        self.runtime.block_on(core).context("the trust core")
    }

    /// The trust core on the installation's own journal, signing to this level.
    pub(super) fn core_at(&self, level: Level) -> anyhow::Result<Arc<Core>> {
        let journal = self.runtime.block_on(wiring::journal(&self.configuration))?;
        self.open(journal, level)
    }

    /// Issues `count` certificates; their serial numbers.
    pub(super) fn issue(&self, core: &Core, count: usize) -> anyhow::Result<Vec<String>> {
        self.issue_for(core, self.keys(count)?)
    }

    fn keys(&self, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        (0..count).map(|_| Ok(self.token.new_doctor_key(EPOCH, hsm::DoctorKeyAlgorithm::P256)?.spki)).collect()
    }

    fn issue_for(&self, core: &Core, keys: Vec<Vec<u8>>) -> anyhow::Result<Vec<String>> {
        self.runtime.block_on(async {
            let mut serials = Vec::with_capacity(keys.len());
            for spki in keys {
                serials.push(core.issue_unasked(&spki).await?);
            }
            Ok(serials)
        })
    }
}

/// The first wrapping epoch, begun at the ceremony.
const EPOCH: u32 = 1;

/// Issuing with the durable record: recorded with its ledger entry and committed, signed, checked,
/// stored with its ledger entry and committed again, on SQLite with `synchronous = full`.
pub(super) fn recorded(stage: &Stage) -> anyhow::Result<Task<'_>> {
    let core = stage.core()?;
    Ok(Task::timed("issue-recorded", Some(RAW_SIGN), move |slice| {
        let mut sum = Amount::default();
        loop {
            let keys = stage.keys(BATCH)?;
            let (started, cpu) = (std::time::Instant::now(), processor_seconds()?);
            let issued = stage.issue_for(&core, keys)?;
            sum.add(Amount {
                count: f64::from(u32::try_from(issued.len())?),
                wall: started.elapsed().as_secs_f64(),
                cpu: processor_seconds()? - cpu,
            });
            if sum.wall >= slice.as_secs_f64() {
                return Ok(sum);
            }
        }
    }))
}
