//! Certificate policies and professions of an installation, below its own arc.

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::oid::Oid;

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

/// A profession that a certificate may state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profession {
    /// ผู้ประกอบวิชาชีพเวชกรรม, licensed by the Medical Council.
    Physician,
}

impl Profession {
    const fn arc(self) -> u32 {
        match self {
            Self::Physician => 1,
        }
    }

    /// The profession's item in the Admission extension.
    #[must_use]
    pub const fn item(self) -> &'static str {
        match self {
            Self::Physician => "ผู้ประกอบวิชาชีพเวชกรรม (Physician)",
        }
    }

    /// The two letters before the country in the subject's serialNumber (EN 319 412-1 §5.1.3: a national scheme).
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Physician => "MD",
        }
    }

    /// The body that registers the profession.
    #[must_use]
    pub const fn registration_authority(self) -> &'static str {
        match self {
            Self::Physician => "The Medical Council of Thailand",
        }
    }

    /// Where that body is found: EN 319 412-1 §5.1.3 wants a URI among the nameRegistrationAuthorities.
    #[must_use]
    pub const fn registration_authority_url(self) -> &'static str {
        match self {
            Self::Physician => "https://www.tmc.or.th/",
        }
    }
}

impl FromStr for Profession {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "physician" => Ok(Self::Physician),
            _ => Err(Error::Value { what: "profession" }),
        }
    }
}

/// The identifiers of an installation.
///
/// ```text
/// arc 0 level        certificates that prove nothing: an installation that is not in production
/// arc 1 level        doctors' certificates, by assurance level (21, 22, 23, 30)
/// arc 2 profession   professions (1 physician)
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
        self.arc.child(u32::from(self.production)).child(level.arc())
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
        assert_eq!(real.doctor(AssuranceLevel::Ial2_3).to_string(), format!("{DEFAULT_ARC}.1.23"));
        assert!("1.1".parse::<AssuranceLevel>().is_err());
    }
}
