//! OCSP and time-stamps over HTTP, by the real programs: the processor time of signer and portal
//! counts, that of who asks does not.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca::{Generation, Issuer, IssuerName, Serial};

use super::Subset;
use super::load::{Load, get, post};
use super::openssl;
use super::requests::{is_ocsp_answer, is_time_stamp, time_stamp, with_nonce};
use super::stage::Stage;
use super::task::{RAW_SIGN, Task};
use crate::demo::processes::Processes;
use crate::output;

/// Certificates that are asked about.
const CERTIFICATES: usize = 1000;

const OCSP_REQUEST: &str = "application/ocsp-request";
const TIME_STAMP_QUERY: &str = "application/timestamp-query";

/// The running programs, and what is asked of them.
pub(super) struct Services {
    processes: Processes,
    ids: [u32; 2],
    address: String,
    requests: Vec<Vec<u8>>,
    openssl: Option<openssl::Authority>,
}

impl Services {
    /// Issues the certificates, starts the programs.
    pub(super) fn start(stage: &Stage, folder: &Path) -> anyhow::Result<Self> {
        let core = stage.core()?;
        let issuer = Issuer::from_certificate(&core.issuing_certificate(), IssuerName::Issuing(Generation::FIRST))?;
        let mut requests = Vec::with_capacity(CERTIFICATES);
        for serial in stage.issue(&core, CERTIFICATES)? {
            requests.push(ca::ocsp::request_for(serial.parse::<Serial>()?, &issuer));
        }
        drop(core);
        let start = Processes::start(&stage.installation, &stage.configuration, &[]);
        let processes = stage.runtime.block_on(start)?;
        let ids = processes.answering().context("a program ended")?;
        let openssl = openssl::Authority::new(folder, CERTIFICATES).unwrap_or_else(|error| {
            output::complaint(&format!("skipped: OpenSSL: {error:#}"));
            None
        });
        Ok(Self { processes, ids, address: stage.configuration.portal.listen.clone(), requests, openssl })
    }

    /// What is measured of them.
    pub(super) fn tasks(&self, wants: impl Fn(Subset) -> bool) -> anyhow::Result<Vec<Task<'_>>> {
        let mut tasks = Vec::new();
        if wants(Subset::Ocsp) {
            tasks.push(self.task("ocsp-live", is_ocsp_answer, |number| {
                let request = with_nonce(self.request(number), number).unwrap_or_default();
                post("/ocsp", OCSP_REQUEST, &request)
            }));
            tasks.push(
                self.task("ocsp-cached", is_ocsp_answer, |number| post("/ocsp", OCSP_REQUEST, self.request(number))),
            );
            tasks.push(self.task("ocsp-cached-get", is_ocsp_answer, |number| {
                let text = STANDARD.encode(self.request(number));
                get(&format!("/ocsp/{}", text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")))
            }));
            if let Some(openssl) = &self.openssl {
                tasks.push(openssl.ocsp()?);
            }
        }
        if wants(Subset::Tsa) {
            tasks.push(self.task("tsa", is_time_stamp, |number| post("/tsa", TIME_STAMP_QUERY, &time_stamp(number))));
            if let Some(openssl) = &self.openssl {
                tasks.push(openssl.time_stamps());
            }
        }
        Ok(tasks)
    }

    /// Ends the programs.
    pub(super) fn stop(self, stage: &Stage) {
        stage.runtime.block_on(self.processes.stop());
    }

    fn request(&self, number: u64) -> &[u8] {
        let count = u64::try_from(self.requests.len()).unwrap_or(1).max(1);
        let index = usize::try_from(number % count).unwrap_or(0);
        self.requests.get(index).map_or(&[], Vec::as_slice)
    }

    fn task<'a>(
        &'a self,
        name: &'static str,
        is_answer: fn(&[u8]) -> bool,
        request: impl Fn(u64) -> Vec<u8> + Sync + 'a,
    ) -> Task<'a> {
        let raw = (!name.starts_with("ocsp-cached")).then_some(RAW_SIGN);
        Task::timed(name, raw, move |slice| {
            let load =
                Load { address: &self.address, processes: &self.ids, keep_alive: true, request: &request, is_answer };
            load.during(slice)
        })
    }
}
