//! A running signer: its core, its pages and its socket, on a runtime of their own that can be
//! killed as a process can.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use hsm::Token;
use signer::core::{Configuration, Core};
use signer::edge::{Clock, Randomness};
use signer::signature_profile::{DoctorSignature, Level};
use signer::step::Steps;
use store::Journal;
use tokio::runtime::Runtime;

use crate::place::{Place, token};

/// Dropped, it is gone at once, whatever it was doing.
#[derive(Debug)]
pub(crate) struct Service {
    runtime: Option<Runtime>,
    core: Arc<Core>,
}

static KILLED: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// SoftHSM must not be in use when the process ends.
pub(crate) fn wait_for_the_killed() {
    for dying in KILLED.lock().unwrap().drain(..) {
        dying.join().unwrap();
    }
}

/// How signers that start from now on sign. Each story has a process of its own.
pub(crate) static SIGNATURES: Mutex<(Level, DoctorSignature)> =
    Mutex::new((Level::Archival, DoctorSignature::EcdsaP256));

/// What the signer is told.
pub(crate) fn configuration(place: &Place) -> Configuration {
    let (level, doctor_signature) = *SIGNATURES.lock().unwrap();
    Configuration {
        public_url: "http://localhost:8700".to_owned(),
        origin: place.origin(),
        rp_id: "sign.localhost".to_owned(),
        demo: true,
        credential_delay_hours: 24,
        time_stamp_accuracy_ms: 1000,
        passkeys: signer::passkeys::PasskeyPolicy::default(),
        level,
        doctor_signature,
        algorithm_ends: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn randomness() -> Randomness {
    Randomness::new(|buffer| aws_lc_rs::rand::fill(buffer).unwrap())
}

/// Opens a core as a starting signer does.
pub(crate) async fn open(place: &Place, token: Token, clock: Clock, steps: Steps) -> Arc<Core> {
    let journal = Journal::connect(&place.database).await.unwrap();
    Core::open(configuration(place), journal, token, clock, randomness(), steps).await.unwrap()
}

impl Service {
    /// Starts the signer on what the ceremony made.
    pub(crate) async fn start(place: &Arc<Place>, clock: Clock, steps: Steps) -> Self {
        let at = Arc::clone(place);
        let make = async move {
            let token = tokio::task::spawn_blocking(|| token("online")).await.unwrap();
            let core = open(&at, token, clock, steps).await;
            signer::status::begin(&core).await;
            core
        };
        let service = Self::around(place, make).await;
        let runtime = service.runtime.as_ref().unwrap();
        runtime.spawn(signer::status::run(Arc::clone(&service.core)));
        runtime.spawn(signer::lifting::run(Arc::clone(&service.core)));
        service
    }

    /// Serves the core that `make` makes.
    pub(crate) async fn around(place: &Place, make: impl Future<Output = Arc<Core>> + Send + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // The journal's connections belong to this runtime: with it they end.
        let core = runtime.spawn(make).await.unwrap();
        let listener = place.listener.try_clone().unwrap();
        let pages = signer::web::router(Arc::clone(&core), None);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            signer::listening::serve(listener, pages, signer::listening::Limits::default()).await.unwrap();
        });
        let (socket, answering) = (place.socket(), Arc::clone(&core));
        let listening = runtime.spawn(async move { signer::socket::listen(&socket).await.unwrap() }).await.unwrap();
        runtime.spawn(signer::socket::serve(listening, answering));
        Self { runtime: Some(runtime), core }
    }

    /// The core, for what only the program calls: recovery and the sequencer.
    pub(crate) async fn with<T, F>(&self, work: impl FnOnce(Arc<Core>) -> F) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        self.runtime.as_ref().unwrap().spawn(work(Arc::clone(&self.core))).await.unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let dying = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(10)));
            KILLED.lock().unwrap().push(dying);
        }
    }
}
