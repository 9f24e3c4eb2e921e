//! Ids of rows: UUIDv7 (RFC 9562 §5.7) as text, one type per kind of row.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

/// A fresh UUIDv7 as text.
pub fn uuid(now: OffsetDateTime, rng: &mut (impl CryptoRng + ?Sized)) -> String {
    version_seven(now, rng).to_string()
}

/// Unix microseconds of an instant.
pub fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// The instant of Unix microseconds; the epoch if it is out of range.
pub fn instant(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn version_seven(now: OffsetDateTime, rng: &mut (impl CryptoRng + ?Sized)) -> Uuid {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    let mut random = [0_u8; 10];
    rng.fill_bytes(&mut random);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id; its text sorts by time.
            pub fn new(now: OffsetDateTime, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
                Self(version_seven(now, rng))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the canonical form: one row must not have two names.
                match Uuid::try_parse(text) {
                    Ok(uuid) if uuid.to_string() == text => Ok(Self(uuid)),
                    _ => Err(InvalidId),
                }
            }
        }
    };
}

id!(
    /// A natural person, as the portal knows them.
    PersonId
);
id!(
    /// A portal account.
    AccountId
);
id!(
    /// A portal session.
    SessionId
);
id!(
    /// A certificate request.
    RequestId
);
id!(
    /// A medical certificate.
    DocumentId
);
id!(
    /// A piece of identity evidence.
    EvidenceId
);
id!(
    /// A consent.
    ConsentId
);
id!(
    /// An appointment of an officer.
    AppointmentId
);
id!(
    /// An activation by a person's passkey.
    ActivationId
);
id!(
    /// A binding of a person to a passkey.
    BindingId
);
id!(
    /// A doctor's wrapped key.
    KeyId
);
id!(
    /// A ledger entry.
    EntryId
);
id!(
    /// A background job.
    JobId
);

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn ids_sort_by_time_and_round_trip() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let earlier = PersonId::new(instant(1_700_000_000_000_000), &mut rng);
        let later = PersonId::new(instant(1_700_000_000_001_000), &mut rng);
        assert!(earlier.to_string() < later.to_string());
        assert_eq!(earlier.to_string().parse(), Ok(earlier));
        assert_eq!(&earlier.to_string()[14..15], "7");
    }

    #[test]
    fn only_the_canonical_text_is_an_id() {
        let upper = "01890A5D-AC96-774B-BCCE-B302099A8057";
        assert_eq!(upper.parse::<PersonId>(), Err(InvalidId));
        assert!(upper.to_lowercase().parse::<PersonId>().is_ok());
        assert_eq!("".parse::<PersonId>(), Err(InvalidId));
    }

    #[test]
    fn micros_round_trip() {
        assert_eq!(micros(instant(1_234_567)), 1_234_567);
    }
}
