//! A running portal with a database of its own and no signer behind it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use reqwest::{Client, redirect};
use sha2::{Digest, Sha256};
use store::Portal;
use store::portal::invitation::Invitation;
use store::testing::Cluster;
use time::OffsetDateTime;
use web::{App, Config, FieldCipher, MedicalCouncil, Parts, Randomness};

pub(crate) const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 05:00 UTC);

/// The databases to run on: SQLite always, PostgreSQL where it is installed.
pub(crate) struct Engines {
    pub(crate) urls: Vec<String>,
    folder: PathBuf,
    _cluster: Option<Cluster>,
}

impl Engines {
    pub(crate) fn start(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rabrong-web-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut urls = vec![format!("sqlite:{}/portal.sqlite", folder.display())];
        let cluster = Cluster::start().ok();
        match &cluster {
            Some(cluster) => urls.push(cluster.database(name).unwrap()),
            None => println!("skipped: no PostgreSQL server programs"),
        }
        Self { urls, folder, _cluster: cluster }
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn cipher() -> FieldCipher {
    FieldCipher::new(&[9; 32]).unwrap()
}

pub(crate) fn randomness(seed: u8) -> Randomness {
    Randomness::new(ChaCha20Rng::from_seed([seed; 32]))
}

/// A portal at an address of its own.
pub(crate) struct Served {
    pub(crate) origin: String,
    pub(crate) portal: Portal,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    pub(crate) async fn start(engines: &Engines, url: &str) -> Self {
        let portal = Portal::connect(url).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = Config {
            public_url: origin.clone(),
            signer_url: "http://sign.localhost:1".into(),
            signer_socket: engines.folder().join("nobody-listens.sock"),
            object_store: web::ObjectStoreConfig::Folder { folder: engines.folder().join("objects") },
            field_key_file: PathBuf::new(),
            medical_council: MedicalCouncil {
                url: "http://localhost:1".into(),
                token: String::new(),
                token_file: None,
            },
            licence_feed: web::LicenceFeed::default(),
            contacts: people::Contacts {
                controller: "โรงพยาบาลทดสอบ".into(),
                address: "–".into(),
                data_protection_officer: "dpo@example.org".into(),
                evidence_years: 10,
            },
            acceptance: people::Acceptance { provisional_ial_2_1: true },
            api: web::ApiSettings::default(),
            file_renewals: web::FileRenewals::default(),
            demo: false,
        };
        let app = App::new(Parts {
            config,
            portal: portal.clone(),
            cipher: cipher(),
            clock: Arc::new(|| NOW),
            randomness: randomness(1),
            demo: None,
        })
        .unwrap();
        let task = tokio::spawn(async move { web::serve(listener, app).await.unwrap() });
        Self { origin, portal, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// An invitation as `invite` writes it; returns the link's token.
    pub(crate) async fn invitation(&self, role: &str, id: &str, expires_at: OffsetDateTime) -> String {
        let token = format!("token-of-{id}");
        let name = cipher().seal(&format!("invitation.name:{id}"), "กานดา ใจดี".as_bytes(), &randomness(2)).unwrap();
        let invitation = Invitation {
            id: id.into(),
            token_digest: hex::encode(Sha256::digest(token.as_bytes())),
            role: role.into(),
            unit_code: "10670".into(),
            name_sealed: name,
            invited_by: String::new(),
            created_at: NOW,
            expires_at,
            used_at: None,
            person_id: None,
        };
        let mut tx = self.portal.begin_write().await.unwrap();
        tx.add_invitation(&invitation).await.unwrap();
        tx.commit().await.unwrap();
        token
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A browser that follows nothing by itself.
pub(crate) fn browser() -> Client {
    Client::builder()
        .cookie_store(true)
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .redirect(redirect::Policy::none())
        .resolve("localhost", std::net::SocketAddr::from(([127, 0, 0, 1], 0)))
        .build()
        .unwrap()
}
