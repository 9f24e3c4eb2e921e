//! `[signer]` and what stands below it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Signatures;
use crate::processors;

/// `[signer]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// Address of its own pages, e.g. `127.0.0.1:8081`.
    pub listen: String,
    /// The Unix socket the portal asks at.
    pub socket: PathBuf,
    /// The journal: `sqlite:PATH` or `postgres://…`; never the portal's database.
    pub database: String,
    /// PKCS#11 module, e.g. `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// `SoftHSM`'s configuration file, if the module is `SoftHSM`.
    #[serde(default)]
    pub softhsm_configuration: Option<PathBuf>,
    /// Label of the online token.
    pub token: String,
    /// File with the online token's user PIN.
    pub pin_file: PathBuf,
    /// Sessions on a token, each a call at a time (1 to 64).
    #[serde(default = "two")]
    pub sessions: usize,
    /// The most processors that the signer's threads run on.
    #[serde(default = "one")]
    pub processors: NonZeroUsize,
    /// Label of the root's own token, present only while both operators use it.
    pub root_token: String,
    /// Hours between the second officer's approval of a new passkey for a lost one and its effect (1 to 720).
    #[serde(default = "a_days_hours")]
    pub credential_delay_hours: u16,
    /// `[signer.time_stamping]`
    #[serde(default)]
    pub time_stamping: TimeStamping,
    /// `[signer.signatures]`
    #[serde(default)]
    pub signatures: Signatures,
    /// `[signer.passkeys]`
    #[serde(default)]
    pub passkeys: Passkeys,
}

/// `[signer.passkeys]`: which passkeys are accepted from whom.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Passkeys {
    /// From doctors; `any` by default.
    pub doctors: Accepted,
    /// From officers; `device_bound` by default.
    pub officers: Accepted,
    /// Assurance level of a passkey that stays on its device: `2.2`, or `3` where every such
    /// passkey is handed out by the installation and known to be in hardware.
    pub device_bound_level: Level,
}

impl Default for Passkeys {
    fn default() -> Self {
        Self { doctors: Accepted::Any, officers: Accepted::DeviceBound, device_bound_level: Level::TwoTwo }
    }
}

/// Which passkeys are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepted {
    /// Those that are synced between a person's devices too.
    Any,
    /// Only those that stay on one device.
    DeviceBound,
}

/// An authenticator assurance level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Two factors, one a cryptographic key.
    #[serde(rename = "2.2")]
    TwoTwo,
    /// That key in hardware which it does not leave.
    #[serde(rename = "3")]
    Three,
}

impl From<Accepted> for ::signer::passkeys::Accepted {
    fn from(accepted: Accepted) -> Self {
        match accepted {
            Accepted::Any => Self::Any,
            Accepted::DeviceBound => Self::DeviceBound,
        }
    }
}

impl From<Passkeys> for ::signer::passkeys::PasskeyPolicy {
    fn from(passkeys: Passkeys) -> Self {
        Self {
            doctors: passkeys.doctors.into(),
            officers: passkeys.officers.into(),
            device_bound: match passkeys.device_bound_level {
                Level::TwoTwo => ::signer::passkeys::Assurance::L22,
                Level::Three => ::signer::passkeys::Assurance::L3,
            },
        }
    }
}

const fn a_days_hours() -> u16 {
    24
}

/// More do not make `SoftHSM` faster; a second keeps a slow call from blocking a quick one.
const fn two() -> usize {
    2
}

/// A signature costs less where its threads share a processor's caches.
const fn one() -> NonZeroUsize {
    processors::ONE
}

/// `[signer.time_stamping]`
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeStamping {
    /// Who knows how far this computer's clock is from UTC.
    pub clock: ClockKnowledge,
    /// How far from UTC a time-stamp says it may be, in milliseconds (1 to 1000). With a clock
    /// that is known less well, or not at all, there are no time-stamps.
    pub accuracy_ms: u16,
}

impl Default for TimeStamping {
    fn default() -> Self {
        Self { clock: ClockKnowledge::Chrony, accuracy_ms: 1000 }
    }
}

/// Who knows how far this computer's clock is from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKnowledge {
    /// `chronyd` on this computer, asked with `chronyc`.
    Chrony,
    /// Nobody: it is taken to be right. Demonstrations only.
    Assumed,
}
