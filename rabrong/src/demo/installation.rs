//! A demonstration's folder: configuration, secrets and `SoftHSM`'s store, all in one place.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::configuration::{
    Accepted, Api, ClockKnowledge, Configuration, FileRenewals, MedicalCouncil, ObjectStore, Passkeys, Portal, Privacy,
    Signatures, Signer, TimeStamping,
};
use crate::edge;
use crate::files::write_secret;
use crate::processors;
use signer::ceremony::{Names, Plan, Tokens, Years};

/// Where Debian and its kin put `SoftHSM`.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
];

/// The ports of a demonstration: portal, signer, council.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// The portal.
    pub portal: u16,
    /// The signer's own pages.
    pub signer: u16,
    /// The Medical Council's stand-in.
    pub council: u16,
}

impl Ports {
    /// The fixed ports that `make run` prints.
    pub const FIXED: Self = Self { portal: 8080, signer: 8081, council: 8082 };

    /// Three ports that are free now.
    ///
    /// # Errors
    /// If the loopback address cannot be bound.
    pub fn free() -> std::io::Result<Self> {
        let bind = || std::net::TcpListener::bind("127.0.0.1:0");
        let (a, b, c) = (bind()?, bind()?, bind()?);
        Ok(Self { portal: a.local_addr()?.port(), signer: b.local_addr()?.port(), council: c.local_addr()?.port() })
    }
}

/// A demonstration's folder on disk.
#[derive(Debug, Clone)]
pub struct Installation {
    folder: PathBuf,
}

/// Where each database of a demonstration lives.
#[derive(Debug, Clone)]
pub struct Databases {
    /// Address of the portal's.
    pub portal: String,
    /// Address of the journal.
    pub journal: String,
}

impl Installation {
    /// Opens `folder`, writing configuration and secrets the first time.
    ///
    /// # Errors
    /// If the folder cannot be written, or `SoftHSM` is not installed.
    pub fn open(folder: &Path, ports: Ports, databases: Option<Databases>) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        // Databases and logs are written with the process's umask: nobody else gets in at all.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        let folder = folder.canonicalize()?;
        let installation = Self { folder };
        if !installation.configuration_file().exists() {
            installation.write(ports, databases)?;
        }
        Ok(installation)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The configuration's file.
    #[must_use]
    pub fn configuration_file(&self) -> PathBuf {
        self.folder.join("rabrong.toml")
    }

    /// The ceremony's document.
    #[must_use]
    pub fn ceremony_file(&self) -> PathBuf {
        self.folder.join("ceremony.toml")
    }

    /// What the ceremony left.
    #[must_use]
    pub fn ceremony_folder(&self) -> PathBuf {
        self.folder.join("ceremony")
    }

    /// `SoftHSM`'s configuration file.
    #[must_use]
    pub fn softhsm_file(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    fn write(&self, ports: Ports, databases: Option<Databases>) -> std::io::Result<()> {
        let module = MODULES.iter().map(PathBuf::from).find(|path| path.exists()).ok_or_else(|| {
            std::io::Error::new(
                std::io::ErrorKind::NotFound,
                "SoftHSM is not installed. Install it (apt-get install softhsm2) and try again",
            )
        })?;
        let place = |name: &str| self.folder.join(name);
        std::fs::create_dir_all(place("tokens"))?;
        std::fs::create_dir_all(place("documents"))?;
        let softhsm = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            place("tokens").display()
        );
        std::fs::write(self.softhsm_file(), softhsm)?;
        std::fs::write(place("units.json"), include_str!("../../units.demo.json"))?;
        for name in ["token.pin", "operator-1.secret", "operator-2.secret", "council.key"] {
            write_secret(&place(name), &hex::encode(edge::randomness().bytes::<16>()))?;
        }
        write_secret(&place("field.key"), &hex::encode(edge::randomness().bytes::<32>()))?;

        let databases = databases.unwrap_or_else(|| Databases {
            portal: format!("sqlite:{}", place("portal.db").display()),
            journal: format!("sqlite:{}", place("journal.db").display()),
        });
        let configuration = Configuration {
            public_url: format!("http://localhost:{}", ports.portal),
            signer_url: format!("http://sign.localhost:{}", ports.signer),
            demo: true,
            privacy: Privacy {
                controller: "โรงพยาบาลสาธิต (Rabrong demonstration)".to_owned(),
                address: "เครื่องคอมพิวเตอร์เครื่องนี้ (this computer)".to_owned(),
                data_protection_officer: "dpo@example.org".to_owned(),
                evidence_years: 10,
                accept_provisional_ial_2_1: true,
            },
            portal: Portal {
                listen: format!("127.0.0.1:{}", ports.portal),
                database: databases.portal,
                field_key_file: place("field.key"),
                api: Api::default(),
                file_renewals: FileRenewals::default(),
                object_store: ObjectStore::Folder { folder: place("documents") },
            },
            signer: Signer {
                listen: format!("127.0.0.1:{}", ports.signer),
                socket: place("signer.sock"),
                database: databases.journal,
                module,
                softhsm_configuration: Some(self.softhsm_file()),
                token: "rabrong".to_owned(),
                pin_file: place("token.pin"),
                sessions: 2,
                processors: processors::ONE,
                root_token: "rabrong-root".to_owned(),
                credential_delay_hours: 24,
                time_stamping: TimeStamping { clock: ClockKnowledge::Assumed, ..TimeStamping::default() },
                // Visitors bring what their phones have.
                passkeys: Passkeys { officers: Accepted::Any, ..Passkeys::default() },
                signatures: Signatures::default(),
            },
            medical_council: MedicalCouncil {
                url: format!("http://127.0.0.1:{}", ports.council),
                key_file: place("council.key"),
                ask_again_seconds: 86_400,
                asks_per_minute: 120,
                ask_before_signing_seconds: 1,
            },
        };
        let plan = Plan {
            organisation: "Rabrong (สาธิต)".to_owned(),
            organisation_identifier: None,
            shards: 16,
            root_crl_days: 365,
            backup: true,
            units: PathBuf::from("units.json"),
            officers: PathBuf::from("officers.json"),
            outputs: PathBuf::from("ceremony"),
            operators: ["ผู้ปฏิบัติงานคนที่หนึ่ง (สาธิต)".to_owned(), "ผู้ปฏิบัติงานคนที่สอง (สาธิต)".to_owned()],
            tokens: Tokens {
                root: configuration.signer.root_token.clone(),
                online: configuration.signer.token.clone(),
            },
            names: Names::default(),
            years: Years::default(),
        };
        let document = toml::to_string(&plan).map_err(std::io::Error::other)?;
        std::fs::write(self.ceremony_file(), format!("# The demonstration's ceremony: docs/ceremony.md.\n{document}"))?;
        let text = toml::to_string(&configuration).map_err(std::io::Error::other)?;
        // Written last: its presence says that the rest is there.
        let partial = place("rabrong.toml.partial");
        std::fs::write(
            &partial,
            format!("# A demonstration. Every key is explained in docs/configuration.md.\n{text}"),
        )?;
        std::fs::rename(partial, self.configuration_file())
    }
}
