//! Configuration: one TOML file, environment overrides, secrets as files, unknown keys
//! refused. Read once, at the edge; nothing else reads a file of settings or the environment.

mod portal;
mod signatures;
mod signer;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use portal::{Api, FileRenewals, ObjectStore, Portal};
pub use signatures::{DoctorSignature, SignatureLevel, Signatures};
pub use signer::{Accepted, ClockKnowledge, Level, Passkeys, Signer, TimeStamping};

/// Everything an installation is told. The field comments are the reference.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The portal's address as browsers see it; it also stands in every QR code.
    pub public_url: String,
    /// The signer's own origin as browsers see it, `http(s)://sign.<host>[:port]`.
    pub signer_url: String,
    /// A demonstration: certificates carry the test policy, demo passkeys are offered.
    #[serde(default)]
    pub demo: bool,
    /// Who answers for personal data.
    pub privacy: Privacy,
    /// The portal.
    pub portal: Portal,
    /// The signer.
    pub signer: Signer,
    /// The Medical Council's service.
    pub medical_council: MedicalCouncil,
}

/// `[privacy]`: who answers for personal data; fills the privacy notice.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// Name of the data controller.
    pub controller: String,
    /// Its address.
    pub address: String,
    /// The data protection officer: how to reach them.
    pub data_protection_officer: String,
    /// Years that signing evidence is kept after a certificate ends.
    #[serde(default = "evidence_years")]
    pub evidence_years: u32,
    /// Accept identity level 2.1 for a doctor where 2.3 is wanted, as long as there are no
    /// card readers; what rests on it is marked provisional.
    #[serde(default)]
    pub accept_provisional_ial_2_1: bool,
}

/// Ten years: the claim period after a certificate's end.
const fn evidence_years() -> u32 {
    10
}

/// `[medical_council]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MedicalCouncil {
    /// Base address of the licence register.
    pub url: String,
    /// File with the API key.
    pub key_file: PathBuf,
    /// Seconds until a licence behind a certificate in force is asked for again; a day if absent.
    #[serde(default = "a_day")]
    pub ask_again_seconds: u64,
    /// The most questions of that kind in a minute.
    #[serde(default = "asks_per_minute")]
    pub asks_per_minute: u32,
    /// Who goes to sign is asked about if the last question is so many seconds old; one if absent.
    #[serde(default = "one_second")]
    pub ask_before_signing_seconds: u64,
}

/// Doctors are licensed or not by the day.
const fn a_day() -> u64 {
    86_400
}

/// Two in a second: a nation's doctors in a day, and no burden to the register.
const fn asks_per_minute() -> u32 {
    120
}

/// Who presses twice is asked about once.
const fn one_second() -> u64 {
    1
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file could not be read.
    #[error("cannot read {path}: {cause}. Give the configuration with --config FILE")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not a configuration; the cause names line and key.
    #[error("{path} is not a valid configuration: {cause}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: toml::de::Error,
    },
    /// A value contradicts another.
    #[error("{0}")]
    Contradiction(String),
    /// A secret file could not be read.
    #[error("cannot read the secret in {path}: {cause}")]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
}

/// Prefix of an override: `RABRONG__PORTAL__LISTEN=…` sets `portal.listen`.
const OVERRIDE: &str = "RABRONG__";

impl Configuration {
    /// Reads `path`, applies `overrides` (name, value) and checks the whole.
    ///
    /// # Errors
    /// [`ConfigurationError`], each naming what to change.
    pub fn read(path: &Path, overrides: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigurationError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| ConfigurationError::Unreadable { path: path.to_owned(), cause })?;
        let invalid = |cause| ConfigurationError::Invalid { path: path.to_owned(), cause };
        let mut table: toml::Table = text.parse().map_err(invalid)?;
        for (name, value) in overrides {
            if let Some(key) = name.strip_prefix(OVERRIDE) {
                set(&mut table, &key.to_lowercase().replace("__", "."), &value);
            }
        }
        let configuration: Self = table.try_into().map_err(invalid)?;
        configuration.check()?;
        Ok(configuration)
    }

    fn check(&self) -> Result<(), ConfigurationError> {
        let contradiction = |text: String| Err(ConfigurationError::Contradiction(text));
        for url in [&self.public_url, &self.signer_url] {
            if url.ends_with('/') || !(url.starts_with("https://") || url.starts_with("http://")) {
                return contradiction(format!("{url}: give scheme://host[:port] without a slash at the end"));
            }
        }
        if let Err(error) = ca::Urls::new(&self.public_url) {
            return contradiction(format!("public_url cannot stand in certificates: {error}"));
        }
        if self.public_url == self.signer_url || self.signer_rp_id() == self.portal_host() {
            return contradiction("signer_url must be on a host of its own, sign.<host>".to_owned());
        }
        if self.portal.database == self.signer.database {
            return contradiction("portal.database and signer.database must be two databases".to_owned());
        }
        if !self.demo && self.signer.time_stamping.clock == ClockKnowledge::Assumed {
            return contradiction(
                "signer.time_stamping.clock: nobody may assume it outside a demonstration".to_owned(),
            );
        }
        if !(1..=1000).contains(&self.signer.time_stamping.accuracy_ms) {
            return contradiction("signer.time_stamping.accuracy_ms must be 1 to 1000".to_owned());
        }
        if !(1..=366).contains(&self.portal.api.draft_days) {
            return contradiction("portal.api.draft_days must be 1 to 366".to_owned());
        }
        let renewals = self.portal.file_renewals;
        if !(1..=365).contains(&renewals.days_ahead) || !(1..=86_400).contains(&renewals.interval_seconds) {
            return contradiction(
                "portal.file_renewals: days_ahead must be 1 to 365, interval_seconds 1 to 86400".to_owned(),
            );
        }
        if !(1..=86_400).contains(&self.medical_council.ask_before_signing_seconds) {
            return contradiction("medical_council.ask_before_signing_seconds must be 1 to 86400".to_owned());
        }
        let delay = self.signer.credential_delay_hours;
        if delay > 720 || (delay == 0 && !self.demo) {
            return contradiction("signer.credential_delay_hours must be 1 to 720".to_owned());
        }
        if !(1..=64).contains(&self.signer.sessions) {
            return contradiction("signer.sessions must be 1 to 64".to_owned());
        }
        if let Err(name) = self.signer.signatures.check() {
            return contradiction(format!("signer.signatures.algorithm_ends: {name} is not a date"));
        }
        if !self.demo && (self.public_url.starts_with("http://") || self.signer_url.starts_with("http://")) {
            return contradiction("public_url and signer_url must be https outside a demonstration".to_owned());
        }
        Ok(())
    }

    /// Host of the portal: the RP id of the login passkeys.
    #[must_use]
    pub fn portal_host(&self) -> String {
        host(&self.public_url)
    }

    /// Host of the signer's origin: the RP id of the signing passkeys.
    #[must_use]
    pub fn signer_rp_id(&self) -> String {
        host(&self.signer_url)
    }
}

/// Reads a one-line secret.
///
/// # Errors
/// [`ConfigurationError::Secret`]
pub fn secret(path: &Path) -> Result<String, ConfigurationError> {
    std::fs::read_to_string(path)
        .map(|text| text.trim().to_owned())
        .map_err(|cause| ConfigurationError::Secret { path: path.to_owned(), cause })
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split([':', '/']).next().unwrap_or(rest).to_owned()
}

fn set(table: &mut toml::Table, key: &str, value: &str) {
    let (section, rest) = match key.split_once('.') {
        Some((section, rest)) => (section, Some(rest)),
        None => (key, None),
    };
    match rest {
        Some(rest) => {
            let entry = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = entry {
                set(inner, rest, value);
            }
        }
        None => {
            // As the file has it where it has it; a new key is a boolean, or text.
            let text = || toml::Value::String(value.to_owned());
            let value = match table.get(section) {
                Some(toml::Value::Integer(_)) => value.parse().map_or_else(|_| text(), toml::Value::Integer),
                Some(toml::Value::String(_)) => text(),
                _ => value.parse().map_or_else(|_| text(), toml::Value::Boolean),
            };
            table.insert(section.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const GOOD: &str = r#"
        public_url = "http://localhost:8080"
        signer_url = "http://sign.localhost:8081"
        demo = true
        [privacy]
        controller = "Example"
        address = "Example"
        data_protection_officer = "dpo@example.org"
        [portal]
        listen = "127.0.0.1:8080"
        database = "sqlite:portal.db"
        field_key_file = "field.key"
        object_store = { kind = "folder", folder = "documents" }
        [signer]
        listen = "127.0.0.1:8081"
        socket = "signer.sock"
        database = "sqlite:journal.db"
        module = "/usr/lib/softhsm/libsofthsm2.so"
        token = "rabrong"
        pin_file = "pin"
        root_token = "rabrong-root"
        [medical_council]
        url = "http://localhost:8082"
        key_file = "council.key"
    "#;

    fn read(text: &str, overrides: &[(&str, &str)]) -> Result<Configuration, ConfigurationError> {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rabrong-configuration-{}-{number}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let overrides = overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let read = Configuration::read(&path, overrides);
        std::fs::remove_file(&path).unwrap();
        read
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let configuration = read(GOOD, &[("RABRONG__PORTAL__LISTEN", "127.0.0.1:9"), ("HOME", "/x")]).unwrap();
        assert_eq!(configuration.portal.listen, "127.0.0.1:9");
        assert_eq!(configuration.signer_rp_id(), "sign.localhost");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(matches!(read(&format!("surprise = 1\n{GOOD}"), &[]), Err(ConfigurationError::Invalid { .. })));
    }

    #[test]
    fn documents_lie_in_a_folder_or_a_bucket() {
        let folder = r#"{ kind = "folder", folder = "documents" }"#;
        let s3 = r#"{ kind = "s3", endpoint = "https://s3.example", bucket = "b", region = "th-1", access_key_file = "a", secret_key_file = "s" }"#;
        let bucket = read(&GOOD.replace(folder, s3), &[]).unwrap().portal.object_store;
        assert!(matches!(bucket, ObjectStore::S3 { allow_http: false, .. }));
        let surprise = s3.replace("region", "surprise = 1, region");
        assert!(matches!(read(&GOOD.replace(folder, &surprise), &[]), Err(ConfigurationError::Invalid { .. })));
    }

    #[test]
    fn one_database_for_both_is_refused() {
        let overrides = [("RABRONG__SIGNER__DATABASE", "sqlite:portal.db")];
        assert!(matches!(read(GOOD, &overrides), Err(ConfigurationError::Contradiction(_))));
    }

    #[test]
    fn a_clock_is_assumed_to_be_right_in_demonstrations_only() {
        let assumed = format!("{GOOD}\n[signer.time_stamping]\nclock = \"assumed\"\n");
        assert_eq!(read(&assumed, &[]).unwrap().signer.time_stamping.clock, ClockKnowledge::Assumed);
        let https = [
            ("RABRONG__DEMO", "false"),
            ("RABRONG__PUBLIC_URL", "https://example.org"),
            ("RABRONG__SIGNER_URL", "https://sign.example.org"),
        ];
        assert!(read(GOOD, &https).is_ok());
        assert!(matches!(read(&assumed, &https), Err(ConfigurationError::Contradiction(_))));
        let coarse = format!("{GOOD}\n[signer.time_stamping]\naccuracy_ms = 1001\n");
        assert!(matches!(read(&coarse, &[]), Err(ConfigurationError::Contradiction(_))));
    }

    #[test]
    fn a_token_has_at_least_one_session() {
        assert_eq!(read(GOOD, &[]).unwrap().signer.sessions, 2);
        let with = |sessions| read(&GOOD.replace("[signer]", &format!("[signer]\nsessions = {sessions}")), &[]);
        assert_eq!(with(8).unwrap().signer.sessions, 8);
        for wrong in [0, 65] {
            assert!(matches!(with(wrong), Err(ConfigurationError::Contradiction(_))));
        }
    }

    #[test]
    fn the_signer_keeps_to_one_processor_unless_told() {
        assert_eq!(read(GOOD, &[]).unwrap().signer.processors.get(), 1);
        let with = |processors| read(&GOOD.replace("[signer]", &format!("[signer]\nprocessors = {processors}")), &[]);
        assert_eq!(with(4).unwrap().signer.processors.get(), 4);
        assert!(matches!(with(0), Err(ConfigurationError::Invalid { .. })));
    }

    #[test]
    fn plain_http_is_refused_outside_a_demonstration() {
        assert!(matches!(read(GOOD, &[("RABRONG__DEMO", "false")]), Err(ConfigurationError::Contradiction(_))));
    }
}
