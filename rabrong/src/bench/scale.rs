//! A journal of a million certificates with a hundred thousand revocations beside the same one
//! of a thousand with a hundred: revoking, looking up and OCSP, each operation timed by itself,
//! medians compared. Keys, index and CRLs are real; the filled rows are looked up, not parsed.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use ca::{Generation, Issuer, IssuerName, Serial};
use serde::Serialize;
use signer::client::Client;
use signer::core::Core;
use signer::protocol::{Request, Response, SuspensionSource};
use store::database::Engine;
use store::testing::{Cluster, ClusterError, fill_journal, filled_serial};

use super::requests::is_ocsp_answer;
use super::stage::Stage;
use crate::demo::installation::Databases;
use crate::{output, wiring};

/// Certificates and revocations of the small journal, and of the large one.
const SIZES: [(u64, u64); 2] = [(1_000, 100), (1_000_000, 100_000)];

/// Times each operation is timed.
const TIMES: u64 = 300;

/// By how much an operation may be slower in the large journal.
const MOST: f64 = 1.5;

/// Medians of one operation.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// Microseconds with a thousand certificates.
    small_us: f64,
    /// Microseconds with a million.
    large_us: f64,
    ratio: f64,
    within: bool,
}

/// Measures on one engine; says what it found.
pub(super) fn measure(folder: &Path, engine: Engine, json: bool) -> anyhow::Result<()> {
    // Dropped last: the server outlives what is connected to it.
    let mut _cluster = None;
    let databases = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => match Cluster::start() {
            Ok(cluster) => {
                let databases =
                    Databases { portal: cluster.database("portal")?, journal: cluster.database("journal")? };
                _cluster = Some(cluster);
                Some(databases)
            }
            Err(ClusterError::NotInstalled) => {
                output::complaint("skipped: PostgreSQL is not installed");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        },
    };
    let stage = Stage::set_on(folder, databases)?;
    let mut medians = Vec::new();
    for (certificates, revocations) in SIZES {
        let started = Instant::now();
        let filling = stage.runtime.block_on(wiring::journal(&stage.configuration))?;
        stage.runtime.block_on(fill_journal(&filling, certificates, revocations))?;
        // A connection that once held hundreds of megabytes of pages is slow to forget them for ever after.
        stage.runtime.block_on(filling.database().close());
        let core = stage.core()?;
        let filled = started.elapsed().as_secs();
        let started = Instant::now();
        stage.runtime.block_on(signer::status::begin(&core));
        let begun = started.elapsed().as_millis();
        output::complaint(&format!("{certificates} certificates: filled in {filled} s, status begun in {begun} ms"));
        medians.push(stage.runtime.block_on(medians_of(&core, folder, certificates, revocations))?);
    }
    let [small, large] = <[_; 2]>::try_from(medians).map_err(|_| anyhow::anyhow!("two sizes"))?;
    let engine = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    for ((name, small), (_, large)) in small.into_iter().zip(large) {
        let (small_us, large_us) = (micros(small), micros(large));
        let ratio = (large_us / small_us * 100.0).round() / 100.0;
        let line = Line { name: format!("scale-{engine}-{name}"), small_us, large_us, ratio, within: ratio <= MOST };
        output::line(&if json { serde_json::to_string(&line)? } else { row(&line) });
    }
    Ok(())
}

type Medians = Vec<(&'static str, Duration)>;

async fn medians_of(core: &Arc<Core>, folder: &Path, certificates: u64, revoked: u64) -> anyhow::Result<Medians> {
    let socket = folder.join(format!("scale-{certificates}.sock"));
    let listener = signer::socket::listen(&socket).await?;
    let serving = tokio::spawn(signer::socket::serve(listener, Arc::clone(core)));
    let client = Client::new(&socket, Duration::from_secs(10));
    let issuer = Issuer::from_certificate(&core.issuing_certificate(), IssuerName::Issuing(Generation::FIRST))?;

    let mut all: Vec<(&'static str, Vec<Duration>)> =
        ["revoke", "look-up", "ocsp-first", "ocsp-again", "ocsp-revoked"].map(|name| (name, Vec::new())).into();
    let mut note = |which: usize, started: Instant| {
        if let Some((_, times)) = all.get_mut(which) {
            times.push(started.elapsed());
        }
    };
    // What is read for the first time (a page, a plan) is no part of it.
    for turn in 0..TIMES + 20 {
        let counts = turn >= 20;
        // Over the whole journal, and each once: from the back, where nothing is revoked yet.
        let stride = (certificates - revoked) / (TIMES + 20) / 2;
        let (good, asked) = (certificates - 1 - 2 * turn * stride.max(1), certificates - 2 - 2 * turn * stride.max(1));
        let serial = filled_serial(good);

        let started = Instant::now();
        let said = core.answer(Request::Suspend {
            serial: serial.clone(),
            source: SuspensionSource::Hotline,
            evidence_sha256: "0".repeat(64),
        });
        ensure!(matches!(said.await?, Response::Done), "not suspended");
        if counts {
            note(0, started);
        }
        let started = Instant::now();
        let said = core.answer(Request::RevocationState { serial }).await?;
        ensure!(matches!(said, Response::RevocationState { .. }), "no state");
        if counts {
            note(1, started);
        }
        let request = ca::ocsp::request_for(filled_serial(asked).parse::<Serial>()?, &issuer);
        let ended = filled_serial(turn * (revoked / (TIMES + 20)).max(1) % revoked);
        // Each for the first time, too: of a hundred there are no more.
        let first = turn < revoked;
        let revoked = ca::ocsp::request_for(ended.parse::<Serial>()?, &issuer);
        for (which, request) in [(2, &request), (3, &request), (4, &revoked)] {
            let started = Instant::now();
            let answer = client.ocsp(request).await?;
            ensure!(is_ocsp_answer(&answer.der) && answer.keep.is_some(), "no answer about a certificate");
            if counts && (which != 4 || first) {
                note(which, started);
            }
        }
    }
    serving.abort();
    let median = |(name, mut times): (&'static str, Vec<Duration>)| {
        times.sort_unstable();
        Ok((name, *times.get(times.len() / 2).context("nothing was timed")?))
    };
    all.into_iter().map(median).collect()
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000_000.0).round() / 10.0
}

fn row(line: &Line) -> String {
    let within = if line.within { "within" } else { "BEYOND" };
    format!("{:<30}{:>12.1} us{:>12.1} us{:>8.2}  {within} {MOST}", line.name, line.small_us, line.large_us, line.ratio)
}
