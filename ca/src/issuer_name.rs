//! What a CA of the installation is called: in the journal, in addresses, in serial numbers.

use std::fmt;
use std::num::{NonZeroU8, NonZeroU16};
use std::ops::Range;
use std::str::FromStr;

use crate::{Error, Serial};

/// How many shards one issuing CA may have: its block of the global shard numbers.
const SHARD_BLOCK: u16 = 256;

/// The generation of an issuing CA: 1 to 127, counted up at every rollover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(NonZeroU8);

impl Generation {
    /// The one made at the first ceremony.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// The generation of this number.
    ///
    /// # Errors
    /// [`Error::Value`] unless it is 1 to 127.
    pub fn new(number: u32) -> Result<Self, Error> {
        u8::try_from(number)
            .ok()
            .filter(|number| *number <= 127)
            .and_then(NonZeroU8::new)
            .map(Self)
            .ok_or(Error::Value { what: "issuing generation" })
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0.get() as u32
    }
}

/// A CA of the installation. Written `root`, `issuing-<n>`, `tsa-ca`: so in the journal, so in `/ca/<name>.cer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IssuerName {
    /// The root.
    Root,
    /// An issuing CA.
    Issuing(Generation),
    /// The CA above the time-stamping units.
    TsaCa,
}

impl IssuerName {
    /// The first octet of the serial numbers it gives. It keeps the numbers of several issuers apart; nothing is
    /// derived from it, for the first installations' CA certificates carry others.
    #[must_use]
    pub const fn serial_octet(self) -> NonZeroU8 {
        match self {
            Self::Root => NonZeroU8::MAX,
            Self::Issuing(Generation(number)) => number,
            // 200 without a branch that could fail.
            Self::TsaCa => NonZeroU8::MIN.saturating_add(199),
        }
    }

    /// The first of its global shard numbers; none for a CA whose CRL is whole.
    #[must_use]
    pub fn first_shard(self) -> Option<u16> {
        match self {
            Self::Issuing(Generation(number)) => Some((u16::from(number.get()) - 1) * SHARD_BLOCK),
            Self::Root | Self::TsaCa => None,
        }
    }

    /// The global numbers of its shards, of which there are `shards` (1 to 256); none for a CA that has none, or
    /// for more.
    #[must_use]
    pub fn shards(self, shards: NonZeroU16) -> Option<Range<u16>> {
        let first = self.first_shard().filter(|_| shards.get() <= SHARD_BLOCK)?;
        Some(first..first.saturating_add(shards.get()))
    }

    /// The global number of the shard that lists this serial number, out of `shards` shards (1 to 256) of this CA.
    ///
    /// # Errors
    /// [`Error::Value`] for more than 256 shards, or for a CA that has none.
    pub fn shard(self, serial: Serial, shards: NonZeroU16) -> Result<u16, Error> {
        let own = self.shards(shards).ok_or(Error::Value { what: "number of CRL shards" })?;
        Ok(own.start + serial.shard(shards))
    }

    /// Whether this global shard number is one of its own.
    #[must_use]
    pub fn owns_shard(self, shard: u16) -> bool {
        self.first_shard().is_some_and(|first| (first..first.saturating_add(SHARD_BLOCK)).contains(&shard))
    }
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Issuing(generation) => write!(f, "issuing-{}", generation.number()),
            Self::TsaCa => f.write_str("tsa-ca"),
        }
    }
}

impl FromStr for IssuerName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Value { what: "issuer name" };
        let name = match text {
            "root" => Self::Root,
            "tsa-ca" => Self::TsaCa,
            _ => {
                let number = text.strip_prefix("issuing-").and_then(|number| number.parse().ok()).ok_or_else(bad)?;
                Self::Issuing(Generation::new(number).map_err(|_| bad())?)
            }
        };
        // One spelling of each: no leading zero, no plus sign.
        if name.to_string() == text { Ok(name) } else { Err(bad()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for text in ["root", "issuing-1", "issuing-2", "issuing-127", "tsa-ca"] {
            assert_eq!(text.parse::<IssuerName>().unwrap().to_string(), text);
        }
        for text in ["", "issuing", "issuing-0", "issuing-01", "issuing-+1", "issuing-128", "tsa", "Root"] {
            assert!(text.parse::<IssuerName>().is_err(), "{text}");
        }
    }

    #[test]
    fn no_two_issuers_share_a_shard_or_a_serial_octet() {
        let serial: Serial = "010102030405060708090a0b0c0d0eff0f".parse().unwrap();
        let issuing = |number| IssuerName::Issuing(Generation::new(number).unwrap());
        let most = NonZeroU16::new(256).unwrap();
        assert_eq!(issuing(1).shard(serial, most).unwrap(), 0x0f);
        assert_eq!(issuing(2).shard(serial, most).unwrap(), 256 + 0x0f);
        assert_eq!(issuing(127).shard(serial, NonZeroU16::MIN).unwrap(), 126 * 256);
        assert!(issuing(1).shard(serial, NonZeroU16::new(257).unwrap()).is_err());
        assert!(IssuerName::Root.shard(serial, NonZeroU16::MIN).is_err());
        assert!(issuing(1).owns_shard(255) && !issuing(1).owns_shard(256) && issuing(2).owns_shard(256));
        assert!(!IssuerName::TsaCa.owns_shard(0));
        let octets = [IssuerName::Root, IssuerName::TsaCa, issuing(1), issuing(127)].map(IssuerName::serial_octet);
        assert_eq!(octets.map(NonZeroU8::get), [255, 200, 1, 127]);
    }
}
