//! Certificate policies of an installation, and the numbers of professions, below its own arc.

use std::fmt;
use std::str::FromStr;

use crate::oid::Oid;
use crate::{Error, Profession};

/// The arc of the product: `2.25` and the integer value of UUID 00000000-0000-0000-0000-000003115cc4 (ITU-T X.667).
///
/// A random UUID would be an arc of 128 bits. That is good ASN.1, and OpenSSL and pyca read it; the crate
/// `const-oid` and pkilint hold arcs of 32 bits (28 where they count octets) and cannot read a certificate policy below
/// it. So the UUID is one whose value fits, at the price that nothing but convention keeps another from taking it. An
/// operator with an arc of its own (a private enterprise number, an arc below 2.16.764) configures that instead.
pub const DEFAULT_ARC: &str = "2.25.51469508";

/// Identity assurance level a certificate was issued at (ETDA ขมธอ. 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssuranceLevel {
    /// IAL2.1
    Ial2_1,
    /// IAL2.2
    Ial2_2,
    /// IAL2.3
    Ial2_3,
    /// IAL3
    Ial3,
}

impl AssuranceLevel {
    /// All levels at which certificates are issued; nothing below 2 is enough.
    pub const ALL: [Self; 4] = [Self::Ial2_1, Self::Ial2_2, Self::Ial2_3, Self::Ial3];

    const fn arc(self) -> u32 {
        match self {
            Self::Ial2_1 => 21,
            Self::Ial2_2 => 22,
            Self::Ial2_3 => 23,
            Self::Ial3 => 30,
        }
    }
}

impl fmt::Display for AssuranceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ial2_1 => "2.1",
            Self::Ial2_2 => "2.2",
            Self::Ial2_3 => "2.3",
            Self::Ial3 => "3",
        })
    }
}

impl FromStr for AssuranceLevel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|level| level.to_string() == text)
            .ok_or(Error::Value { what: "assurance level for a certificate" })
    }
}

/// The identifiers of an installation.
///
/// ```text
/// arc 0 level        certificates that prove nothing: an installation that is not in production
/// arc 1 level        doctors' certificates, by assurance level (21, 22, 23, 30)
/// arc {0,1} 40       the certificates of time-stamping units; 41 the policy time-stamps are made under
/// arc {0,1} 50       the certificates of programs that call the API
/// arc 2 profession   professions (1 physician; see [`Profession::arc`])
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    arc: Oid,
    production: bool,
}

impl Policies {
    /// Identifiers below `arc` (dotted decimal). Only an installation in production issues under the real policies.
    ///
    /// # Errors
    /// [`Error::Value`] if `arc` is not an object identifier.
    pub fn new(arc: &str, production: bool) -> Result<Self, Error> {
        Ok(Self { arc: arc.parse()?, production })
    }

    /// The policy of a doctor's certificate issued here at this level.
    #[must_use]
    pub fn doctor(&self, level: AssuranceLevel) -> Oid {
        self.branch().child(level.arc())
    }

    /// The policy of the certificates of time-stamping units.
    #[must_use]
    pub fn time_stamping_unit(&self) -> Oid {
        self.branch().child(40)
    }

    /// The policy that time-stamps are made under (RFC 3161 §2.4.2).
    #[must_use]
    pub fn time_stamp(&self) -> Oid {
        self.branch().child(41)
    }

    /// The policy of the certificates of programs that call the API.
    #[must_use]
    pub fn api_client(&self) -> Oid {
        self.branch().child(50)
    }

    /// Whether it issues under the policies that mean something.
    #[must_use]
    pub const fn is_production(&self) -> bool {
        self.production
    }

    /// The level a policy of this arc stands for; none for any other policy.
    #[must_use]
    pub fn level(&self, policy: &Oid) -> Option<AssuranceLevel> {
        AssuranceLevel::ALL
            .into_iter()
            .find(|level| [0, 1].into_iter().any(|branch| self.arc.child(branch).child(level.arc()) == *policy))
    }

    /// Whether a policy says that the certificate proves nothing.
    #[must_use]
    pub fn is_test(&self, policy: &Oid) -> bool {
        policy.is_within(&self.arc.child(0))
    }

    /// The identifier of a profession.
    #[must_use]
    pub fn profession(&self, profession: Profession) -> Oid {
        self.arc.child(2).child(profession.arc())
    }

    fn branch(&self) -> Oid {
        self.arc.child(u32::from(self.production))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_certificate_never_carries_a_real_policy() {
        let real = Policies::new(DEFAULT_ARC, true).unwrap();
        let test = Policies::new(DEFAULT_ARC, false).unwrap();
        for level in AssuranceLevel::ALL {
            assert!(test.is_test(&test.doctor(level)));
            assert!(!test.is_test(&real.doctor(level)));
            assert_eq!(real.level(&real.doctor(level)), Some(level));
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for of in [Policies::time_stamping_unit, Policies::time_stamp, Policies::api_client] {
            assert!(test.is_test(&of(&test)) && !test.is_test(&of(&real)));
            assert_eq!(real.level(&of(&real)), None);
        }
        assert_eq!(real.doctor(AssuranceLevel::Ial2_3).to_string(), format!("{DEFAULT_ARC}.1.23"));
        assert!("1.1".parse::<AssuranceLevel>().is_err());
    }
}
