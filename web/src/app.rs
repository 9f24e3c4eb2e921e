//! The portal as one value: what every handler is given.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use signer::client::Client;
use store::Portal;
use time::OffsetDateTime;
use webauthn_rs::WebauthnBuilder;
use webauthn_rs::prelude::{Url, Webauthn, WebauthnError};

use crate::config::Config;
use crate::council::LicenceRegister;
use crate::error::Error;
use crate::field_cipher::FieldCipher;
use crate::oauth::RateLimits;
use crate::objects::Objects;
use crate::publications::Publications;
use crate::randomness::Randomness;
use crate::signer_desk::SignerDesk;
use crate::workflow::ask_before_signing::LicenceQuestions;

/// Where the present time comes from.
pub type Clock = Arc<dyn Fn() -> OffsetDateTime + Send + Sync>;

/// How long the signer may take over one answer. Signing a batch is not waited for: its
/// outcome is asked for by ticket.
const SIGNER_PATIENCE: Duration = Duration::from_secs(15);

/// What the portal is made of.
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The portal's database.
    pub portal: Portal,
    /// The cipher of personal data, made from the key file.
    pub cipher: FieldCipher,
    /// The clock.
    pub clock: Clock,
    /// The random numbers.
    pub randomness: Randomness,
    /// Pages that exist only in a demonstration; mounted only if the settings say `demo`.
    pub demo: Option<Router>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The portal. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

struct Inner {
    config: Config,
    origin: String,
    portal: Portal,
    cipher: FieldCipher,
    clock: Clock,
    randomness: Randomness,
    passkeys: Webauthn,
    signer: SignerDesk,
    objects: Objects,
    register: LicenceRegister,
    demo: Option<Router>,
    publications: Publications,
    rate_limits: RateLimits,
    licence_questions: LicenceQuestions,
}

impl App {
    /// Puts the portal together. Nothing is connected to yet but the database.
    ///
    /// # Errors
    /// [`Error::Configuration`] if an address is not one; [`Error::Passkeys`] if its host cannot
    /// be a relying party; [`Error::Objects`] if the object store cannot be set up.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let Parts { config, portal, cipher, clock, randomness, demo } = parts;
        let public = address("public_url", &config.public_url)?;
        let signer_pages = address("signer_url", &config.signer_url)?;
        if signer_pages.origin() == public.origin() {
            // Activation pages on the portal's own origin would let the portal's scripts act there.
            return Err(Error::Configuration("signer_url must be another origin than public_url".into()));
        }
        let host = public.host_str().unwrap_or_default();
        let passkeys = passkeys(host, &public).map_err(Error::Passkeys)?;
        let origin = public.origin().ascii_serialization();
        let signer = SignerDesk::new(Client::new(&config.signer_socket, SIGNER_PATIENCE));
        let objects = Objects::open(&config.object_store)?;
        let register = LicenceRegister::new(&config.medical_council)?;
        let demo = if config.demo { demo } else { None };
        let publications = Publications::new();
        let inner = Inner {
            config,
            origin,
            portal,
            cipher,
            clock,
            randomness,
            passkeys,
            signer,
            objects,
            register,
            demo,
            publications,
            rate_limits: RateLimits::default(),
            licence_questions: LicenceQuestions::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The portal's origin, e.g. `http://localhost:8080`: no path, no slash at the end.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// Whether cookies may only travel encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.inner.origin.starts_with("https:")
    }

    /// The portal's database.
    #[must_use]
    pub fn portal(&self) -> &Portal {
        &self.inner.portal
    }

    /// The present time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        (self.inner.clock)()
    }

    /// The random numbers.
    #[must_use]
    pub fn randomness(&self) -> &Randomness {
        &self.inner.randomness
    }

    /// The trust core.
    #[must_use]
    pub fn signer(&self) -> &SignerDesk {
        &self.inner.signer
    }

    pub(crate) fn cipher(&self) -> &FieldCipher {
        &self.inner.cipher
    }

    pub(crate) fn passkeys(&self) -> &Webauthn {
        &self.inner.passkeys
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.inner.objects
    }

    pub(crate) fn register(&self) -> &LicenceRegister {
        &self.inner.register
    }

    pub(crate) fn publications(&self) -> &Publications {
        &self.inner.publications
    }

    /// What programs may still ask for.
    pub(crate) fn rate_limits(&self) -> &RateLimits {
        &self.inner.rate_limits
    }

    pub(crate) fn licence_questions(&self) -> &LicenceQuestions {
        &self.inner.licence_questions
    }

    pub(crate) fn demo_pages(&self) -> Option<Router> {
        self.inner.demo.clone()
    }
}

fn passkeys(host: &str, origin: &Url) -> Result<Webauthn, WebauthnError> {
    WebauthnBuilder::new(host, origin)?.rp_name("รับรอง Rabrong").build()
}

fn address(name: &str, text: &str) -> Result<Url, Error> {
    let wrong = |what: &str| Error::Configuration(format!("{name} {what}"));
    let url = Url::parse(text).map_err(|_| wrong("is not an address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
        return Err(wrong("must be http(s)://host[:port] without a path"));
    }
    // WebAuthn takes no IP address for a relying party.
    if url.domain().is_none() {
        return Err(wrong("must name a host, not an IP address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_without_a_path() {
        assert!(address("public_url", "http://localhost:8080").is_ok());
        assert!(address("public_url", "https://certificate.example.go.th/").is_ok());
        for wrong in ["", "localhost:8080", "http://127.0.0.1:8080", "ftp://localhost", "http://localhost/a"] {
            assert!(address("public_url", wrong).is_err(), "{wrong}");
        }
    }
}
