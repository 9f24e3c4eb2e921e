//! What the portal must be told before it can start.

use std::path::PathBuf;

use serde::Deserialize;

/// Settings of the portal. Unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the public reaches the portal, without a path: `https://certificate.example.go.th`.
    /// Its host is the relying party of the login passkeys.
    pub public_url: String,
    /// Where people reach the signer's pages: `https://sign.certificate.example.go.th`.
    pub signer_url: String,
    /// The signer's Unix socket.
    pub signer_socket: PathBuf,
    /// Where the encrypted signed files lie.
    pub object_store: ObjectStoreConfig,
    /// File with the key of personal data: 64 hexadecimal digits.
    pub field_key_file: PathBuf,
    /// The licence register of the Medical Council.
    pub medical_council: MedicalCouncil,
    /// How often licences are asked for again.
    #[serde(default)]
    pub licence_feed: LicenceFeed,
    /// Who answers for personal data: fills the privacy notice.
    pub contacts: people::Contacts,
    /// What identity levels are accepted for the time being.
    pub acceptance: people::Acceptance,
    /// The API for hospital systems.
    #[serde(default)]
    pub api: ApiSettings,
    /// When files get fresh proof.
    #[serde(default)]
    pub file_renewals: FileRenewals,
    /// A demonstration: pages carry a banner, and demo-only parts may be mounted.
    #[serde(default)]
    pub demo: bool,
}

/// The API for hospital systems.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSettings {
    /// Days until a draft ends that a program brought in and nobody signed.
    pub draft_days: u16,
    /// Hosts of webhooks that may lie in an inner network.
    pub webhook_hosts: Vec<String>,
}

impl Default for ApiSettings {
    /// Thirty days; messages go to the open internet only.
    fn default() -> Self {
        Self { draft_days: 30, webhook_hosts: Vec::new() }
    }
}

/// When signed files get fresh proof, before the time-stamp that proves them ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileRenewals {
    /// How many days ahead; the signer renews nothing that holds for more than a year.
    pub days_ahead: u16,
    /// Seconds between two rounds.
    pub interval_seconds: u64,
}

impl Default for FileRenewals {
    /// Ninety days ahead, looked for each hour.
    fn default() -> Self {
        Self { days_ahead: 90, interval_seconds: 3_600 }
    }
}

/// Where the encrypted signed files lie.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ObjectStoreConfig {
    /// In a folder, which is made if it is absent.
    Folder {
        /// The folder.
        folder: PathBuf,
    },
    /// In a bucket of an S3 service that keeps conditional writes (`If-None-Match: *`).
    S3(S3),
}

/// A bucket of an S3 service, addressed path-style.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// Address of the service, without the bucket.
    pub endpoint: String,
    /// The bucket; it is not made here.
    pub bucket: String,
    /// Region that signatures name.
    pub region: String,
    /// The access key, read from its file by whoever makes this structure.
    #[serde(skip)]
    pub access_key: String,
    /// The secret key, likewise.
    #[serde(skip)]
    pub secret_key: String,
    /// Plain HTTP is accepted: only in a network of one's own.
    #[serde(default)]
    pub allow_http: bool,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("endpoint", &self.endpoint).field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// How often the council is asked again about doctors whose certificates are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LicenceFeed {
    /// Seconds between two questions about one licence.
    pub interval_seconds: u64,
    /// The most questions of that kind in a minute.
    pub asks_per_minute: u32,
    /// Who goes to sign is asked about if the last question is so many seconds old; at least 1.
    pub before_signing_seconds: u64,
}

impl Default for LicenceFeed {
    /// Daily, at most two questions in a second; and whenever a doctor goes to sign, once in a second.
    fn default() -> Self {
        Self { interval_seconds: 86_400, asks_per_minute: 120, before_signing_seconds: 1 }
    }
}

/// Where and how licences are checked.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MedicalCouncil {
    /// Address of the register, without a path.
    pub url: String,
    /// The bearer token, read from its file by whoever makes this structure.
    #[serde(skip)]
    pub token: String,
    /// File with the bearer token.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
}

impl std::fmt::Debug for MedicalCouncil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MedicalCouncil").field("url", &self.url).field("token_file", &self.token_file).finish()
    }
}
