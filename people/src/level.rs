//! Levels of assurance (ETDA ขมธอ. 19-2566 identity proofing, ขมธอ. 20-2566 authentication).
//!
//! Written as decimals, compared by rank, never a float.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Identity assurance level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Ial {
    /// 1.1: the person says so.
    L11,
    /// 1.2: evidence shown, not checked with its issuer.
    L12,
    /// 1.3: the data checked with the issuer.
    L13,
    /// 2.1: evidence examined, the person compared with it by an officer.
    L21,
    /// 2.2: and the card's status at DOPA, and a comparison of the face.
    L22,
    /// 2.3: the same with the card's chip read.
    L23,
    /// 3: in person, against the authoritative source.
    L3,
}

/// Authenticator assurance level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Aal {
    /// 1: one factor.
    L1,
    /// 2.1: two factors.
    L21,
    /// 2.2: two factors, one a cryptographic key.
    L22,
    /// 3: a key in hardware that does not leave it.
    L3,
}

impl Ial {
    /// All, the lowest first.
    pub const ALL: [Self; 7] = [Self::L11, Self::L12, Self::L13, Self::L21, Self::L22, Self::L23, Self::L3];

    /// As written: `2.1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L11 => "1.1",
            Self::L12 => "1.2",
            Self::L13 => "1.3",
            Self::L21 => "2.1",
            Self::L22 => "2.2",
            Self::L23 => "2.3",
            Self::L3 => "3",
        }
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// [`Error::Level`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(Error::Level)
    }
}

impl Aal {
    /// All, the lowest first.
    pub const ALL: [Self; 4] = [Self::L1, Self::L21, Self::L22, Self::L3];

    /// As written: `2.2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "1",
            Self::L21 => "2.1",
            Self::L22 => "2.2",
            Self::L3 => "3",
        }
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// [`Error::Level`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|level| level.as_str() == text).ok_or(Error::Level)
    }

    /// The level of a passkey with user verification, by whether its key may be copied (BE).
    ///
    /// A synced passkey is a cryptographic second factor that leaves the device; the mapping
    /// is this project's policy, not a quotation.
    pub fn of_passkey(backup_eligible: bool) -> Self {
        if backup_eligible { Self::L22 } else { Self::L3 }
    }
}

macro_rules! as_text {
    ($level:ty) => {
        impl std::fmt::Display for $level {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl TryFrom<String> for $level {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                Self::parse(&text)
            }
        }

        impl From<$level> for String {
            fn from(level: $level) -> Self {
                level.as_str().to_owned()
            }
        }
    };
}

as_text!(Ial);
as_text!(Aal);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_round_trip() {
        assert!(Ial::ALL.is_sorted() && Aal::ALL.is_sorted());
        for level in Ial::ALL {
            assert_eq!(Ial::parse(level.as_str()), Ok(level));
        }
        assert_eq!(serde_json::to_string(&Ial::L21).unwrap(), r#""2.1""#);
        assert_eq!(serde_json::from_str::<Aal>(r#""2.2""#).unwrap(), Aal::L22);
        for text in ["2", "2.10", "4", "", "2.1 "] {
            assert_eq!(Ial::parse(text), Err(Error::Level));
        }
        assert!(serde_json::from_str::<Ial>("2.1").is_err(), "a float is no level");
    }
}
