//! Who is wired to whom: from the configuration to the signer's and the portal's parts.

use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;
use store::{Journal, Portal};

use crate::configuration::{Configuration, ObjectStore, secret};
use crate::edge;

/// How long the token may take over one request.
const TOKEN_PATIENCE: Duration = Duration::from_secs(10);

/// What the signer is told.
#[must_use]
pub fn signer_configuration(configuration: &Configuration) -> signer::core::Configuration {
    let signatures = &configuration.signer.signatures;
    signer::core::Configuration {
        public_url: configuration.public_url.clone(),
        origin: configuration.signer_url.clone(),
        rp_id: configuration.signer_rp_id(),
        demo: configuration.demo,
        credential_delay_hours: configuration.signer.credential_delay_hours,
        time_stamp_accuracy_ms: configuration.signer.time_stamping.accuracy_ms,
        passkeys: configuration.signer.passkeys.into(),
        level: signatures.level.into(),
        doctor_signature: signatures.doctor_signature.into(),
        algorithm_ends: signatures.algorithm_ends(),
    }
}

/// Logs in to the online token.
///
/// # Errors
/// The PIN file, the module, the token or the PIN; each says which.
pub fn token(configuration: &Configuration) -> anyhow::Result<hsm::Token> {
    let signer = &configuration.signer;
    open_token(configuration, &signer.token, SecretString::from(secret(&signer.pin_file)?))
}

/// Logs in to a token by its label.
///
/// # Errors
/// The module, the token or the PIN; each says which.
pub fn open_token(configuration: &Configuration, label: &str, pin: SecretString) -> anyhow::Result<hsm::Token> {
    let config = hsm::Config {
        module: configuration.signer.module.clone(),
        token_label: label.to_owned(),
        pin,
        sessions: configuration.signer.sessions,
        deadline: TOKEN_PATIENCE,
        key_wrap: None,
    };
    hsm::Token::open(&config).with_context(|| format!("token {label:?}"))
}

/// Opens the journal.
///
/// # Errors
/// The database cannot be reached, or is newer than this program.
pub async fn journal(configuration: &Configuration) -> anyhow::Result<Journal> {
    Journal::connect(&configuration.signer.database).await.context("signer.database (the journal)")
}

/// Opens the portal's database.
///
/// # Errors
/// The database cannot be reached, or is newer than this program.
pub async fn portal(configuration: &Configuration) -> anyhow::Result<Portal> {
    Portal::connect(&configuration.portal.database).await.context("portal.database")
}

/// Puts the portal together.
///
/// # Errors
/// What is wrong with the configuration, a secret file or the database.
pub async fn portal_app(configuration: &Configuration, demo: Option<axum::Router>) -> anyhow::Result<web::App> {
    let clock = edge::clock();
    let parts = web::Parts {
        config: web::Config {
            public_url: configuration.public_url.clone(),
            signer_url: configuration.signer_url.clone(),
            signer_socket: configuration.signer.socket.clone(),
            object_store: object_store(&configuration.portal.object_store)?,
            field_key_file: configuration.portal.field_key_file.clone(),
            medical_council: web::MedicalCouncil {
                url: configuration.medical_council.url.clone(),
                token: secret(&configuration.medical_council.key_file)?,
                token_file: None,
            },
            licence_feed: web::LicenceFeed {
                interval_seconds: configuration.medical_council.ask_again_seconds,
                asks_per_minute: configuration.medical_council.asks_per_minute,
                before_signing_seconds: configuration.medical_council.ask_before_signing_seconds,
            },
            contacts: people::Contacts {
                controller: configuration.privacy.controller.clone(),
                address: configuration.privacy.address.clone(),
                data_protection_officer: configuration.privacy.data_protection_officer.clone(),
                evidence_years: configuration.privacy.evidence_years,
            },
            acceptance: people::Acceptance { provisional_ial_2_1: configuration.privacy.accept_provisional_ial_2_1 },
            api: web::ApiSettings {
                draft_days: configuration.portal.api.draft_days,
                webhook_hosts: configuration.portal.api.webhook_hosts.clone(),
            },
            file_renewals: web::FileRenewals {
                days_ahead: configuration.portal.file_renewals.days_ahead,
                interval_seconds: configuration.portal.file_renewals.interval_seconds,
            },
            demo: configuration.demo,
        },
        portal: portal(configuration).await?,
        cipher: field_cipher(configuration)?,
        clock: std::sync::Arc::new(move || clock.now()),
        randomness: web::Randomness::new(edge::randomness()),
        demo,
    };
    Ok(web::App::new(parts)?)
}

fn object_store(store: &ObjectStore) -> anyhow::Result<web::ObjectStoreConfig> {
    Ok(match store {
        ObjectStore::Folder { folder } => web::ObjectStoreConfig::Folder { folder: folder.clone() },
        ObjectStore::S3 { endpoint, bucket, region, access_key_file, secret_key_file, allow_http } => {
            web::ObjectStoreConfig::S3(web::S3 {
                endpoint: endpoint.clone(),
                bucket: bucket.clone(),
                region: region.clone(),
                access_key: secret(access_key_file)?,
                secret_key: secret(secret_key_file)?,
                allow_http: *allow_http,
            })
        }
    })
}

/// The cipher of personal fields.
///
/// # Errors
/// The key file.
pub fn field_cipher(configuration: &Configuration) -> anyhow::Result<web::FieldCipher> {
    let text = secret(&configuration.portal.field_key_file)?;
    web::FieldCipher::from_text(&text).context("portal.field_key_file")
}
