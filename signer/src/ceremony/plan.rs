//! The ceremony's document: everything that is decided before it, in one file that both
//! operators have read.

use std::num::NonZeroU16;
use std::path::PathBuf;

use ca::profile::{issuing, root, tsa, tsa_ca};
use serde::{Deserialize, Serialize};

use super::CeremonyError;

/// CRL shards that one generation of the issuing CA may have.
const MAX_SHARDS: u16 = 256;

/// The longest a root CRL may be believed, and the shortest that leaves time to make the next, in days.
const ROOT_CRL_DAYS: std::ops::RangeInclusive<u16> = 30..=400;

/// What the document says. Its field comments are the reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Legal name of who runs the CA: `organizationName` of every CA certificate.
    pub organisation: String,
    /// Its registered identifier (EN 319 412-1 §5.1.4), `NTRTH-…` or `VATTH-…`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_identifier: Option<String>,
    /// CRL shards of each generation of the issuing CA, 1 to 256. Fixed for ever: certificates name theirs.
    #[serde(default = "shards")]
    pub shards: u16,
    /// Days that a CRL of the root is believed.
    #[serde(default = "root_crl_days")]
    pub root_crl_days: u16,
    /// Whether each key is also written out, wrapped under both operators' components.
    pub backup: bool,
    /// The unit tree, a JSON list, parents first.
    pub units: PathBuf,
    /// The first two central officers, a JSON list.
    pub officers: PathBuf,
    /// Folder that certificates, the root's CRL, the transcript and the backups are written to.
    pub outputs: PathBuf,
    /// The two operators, in their order.
    pub operators: [String; 2],
    /// The tokens.
    pub tokens: Tokens,
    /// Common names.
    #[serde(default)]
    pub names: Names,
    /// Validity in calendar years.
    #[serde(default)]
    pub years: Years,
}

/// `[tokens]`: by their labels; the configuration must name the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// The root's own.
    pub root: String,
    /// The one that stays on line.
    pub online: String,
}

/// `[names]`: `commonName` of each certificate. A demonstration adds "(TEST)".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// The root.
    pub root: String,
    /// The first generation of the issuing CA.
    pub issuing: String,
    /// The time-stamping CA.
    pub tsa_ca: String,
    /// The first time-stamping unit.
    pub tsa: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            root: "Rabrong Root CA".to_owned(),
            issuing: "Rabrong Issuing CA 1".to_owned(),
            tsa_ca: "Rabrong Time-stamping CA".to_owned(),
            tsa: "Rabrong Time-stamping Unit 1".to_owned(),
        }
    }
}

/// `[years]`: validity of each certificate, at most its profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Years {
    /// The root.
    pub root: u8,
    /// The issuing CA.
    pub issuing: u8,
    /// The time-stamping CA.
    pub tsa_ca: u8,
    /// The time-stamping unit's certificate; its key is used for the first year.
    pub tsa: u8,
}

impl Default for Years {
    fn default() -> Self {
        Self { root: root::MAX_YEARS, issuing: issuing::MAX_YEARS, tsa_ca: tsa_ca::MAX_YEARS, tsa: tsa::MAX_YEARS }
    }
}

const fn shards() -> u16 {
    16
}

const fn root_crl_days() -> u16 {
    365
}

impl Plan {
    /// Checks what one value alone, or two together, make impossible.
    ///
    /// # Errors
    /// [`CeremonyError::Plan`], naming the key.
    pub fn check(&self) -> Result<(), CeremonyError> {
        let wrong = |text: &str| Err(CeremonyError::Plan(text.to_owned()));
        if self.shards().is_none() {
            return wrong("shards: 1 to 256");
        }
        if !ROOT_CRL_DAYS.contains(&self.root_crl_days) {
            return wrong("root_crl_days: 30 to 400");
        }
        let [first, second] = &self.operators;
        if first.trim().is_empty() || second.trim().is_empty() || first.trim() == second.trim() {
            return wrong("operators: two names of two persons");
        }
        if self.tokens.root == self.tokens.online {
            return wrong("tokens: the root has a token of its own");
        }
        let Years { root, issuing, tsa_ca, tsa } = self.years;
        for (key, years, most) in [
            ("root", root, root::MAX_YEARS),
            ("issuing", issuing, issuing::MAX_YEARS.min(root)),
            ("tsa_ca", tsa_ca, tsa_ca::MAX_YEARS.min(root)),
            ("tsa", tsa, tsa::MAX_YEARS.min(tsa_ca)),
        ] {
            if years == 0 || years > most {
                return Err(CeremonyError::Plan(format!("years.{key}: 1 to {most}")));
            }
        }
        Ok(())
    }

    pub(super) fn shards(&self) -> Option<NonZeroU16> {
        NonZeroU16::new(self.shards).filter(|shards| shards.get() <= MAX_SHARDS)
    }
}
