//! `[portal]` and what stands below it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[portal]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Address to listen on, e.g. `127.0.0.1:8080`.
    pub listen: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// File with 32 random bytes as 64 hexadecimal digits: encrypts and looks up personal fields.
    pub field_key_file: PathBuf,
    /// Where the encrypted documents lie.
    pub object_store: ObjectStore,
    /// `[portal.api]`
    #[serde(default)]
    pub api: Api,
    /// `[portal.file_renewals]`
    #[serde(default)]
    pub file_renewals: FileRenewals,
}

/// `[portal.file_renewals]`: when signed files get fresh proof.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileRenewals {
    /// How many days before the time-stamp that proves a file ends (1 to 365).
    pub days_ahead: u16,
    /// Seconds between two rounds (1 to 86 400).
    pub interval_seconds: u64,
}

impl Default for FileRenewals {
    fn default() -> Self {
        Self { days_ahead: 90, interval_seconds: 3_600 }
    }
}

/// `[portal.api]`: the API for hospital systems.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Days until a draft ends that a program brought in and nobody signed (1 to 366).
    pub draft_days: u16,
    /// Hosts of webhooks that may lie in an inner network; all others must be on the open internet.
    pub webhook_hosts: Vec<String>,
}

impl Default for Api {
    fn default() -> Self {
        Self { draft_days: 30, webhook_hosts: Vec::new() }
    }
}

/// `[portal.object_store]`: where the encrypted documents lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ObjectStore {
    /// A folder.
    Folder {
        /// The folder; made if it is absent.
        folder: PathBuf,
    },
    /// A bucket of an S3 service, addressed path-style.
    S3 {
        /// Address of the service, without the bucket.
        endpoint: String,
        /// The bucket; it must exist.
        bucket: String,
        /// Region that signatures name.
        region: String,
        /// File with the access key.
        access_key_file: PathBuf,
        /// File with the secret key.
        secret_key_file: PathBuf,
        /// Accept plain HTTP, in a network of one's own; `false` if absent.
        #[serde(default)]
        allow_http: bool,
    },
}
