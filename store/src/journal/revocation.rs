//! Ends of certificates, as a history: every hold, its lifting, every revocation and what was
//! learnt of it later. Nothing of it is changed or taken away.

use sqlx::FromRow;

use super::{Recorded, Tx};
use crate::error::Error;

/// Name of the counter that gives events their places.
const COUNTER: &str = "revocation";

/// The reason of a hold, and of its lifting.
const HOLD: &str = "certificate_hold";

/// The reason a revocation may be given later.
const KEY_COMPROMISE: &str = "key_compromise";

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// As the row has it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownName;

            fn try_from(text: String) -> Result<Self, UnknownName> {
                match text.as_str() {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(UnknownName),
                }
            }
        }
    };
}

/// A row holds a name this program does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name this program does not write")]
pub struct UnknownName;

text_enum!(
    /// What was decided.
    RevocationKind {
        /// Ended for good.
        Revoke = "revoke",
        /// Suspended.
        Hold = "hold",
        /// The suspension is over.
        Lift = "lift",
        /// A revocation's reason is now known to be key compromise, or reaches further back.
        Amend = "amend",
    }
);

text_enum!(
    /// By whose word.
    RevocationSource {
        /// A person's passkey.
        Activation = "activation",
        /// The hotline, which may only suspend.
        Hotline = "hotline",
        /// The council's licence feed, which may only suspend.
        LicenceFeed = "licence_feed",
        /// The end of the CA itself.
        Termination = "termination",
    }
);

/// An event to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevocationEvent {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// What is decided.
    pub kind: RevocationKind,
    /// When.
    pub at: i64,
    /// CRL reason by name; `certificate_hold` for a hold and its lifting.
    pub reason: String,
    /// Since when the key or the right is believed lost. None in an amendment: as before.
    pub invalid_since: Option<i64>,
    /// Who willed it; none for the hotline or the licence feed.
    pub activation_id: Option<String>,
    /// By whose word.
    pub source: RevocationSource,
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RevocationEvent {
    /// Its place among all events: the order in which they were committed.
    pub sequence: i64,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// What was decided.
    #[sqlx(try_from = "String")]
    pub kind: RevocationKind,
    /// When.
    pub at: i64,
    /// CRL reason by name.
    pub reason: String,
    /// Since when the key or the right is believed lost.
    pub invalid_since: Option<i64>,
    /// The revocation date to publish: a hold that became final keeps the date of the hold
    /// (X.509, reason code extension), an amendment that of the revocation.
    pub revoked_at: i64,
    /// Who willed it.
    pub activation_id: Option<String>,
    /// By whose word.
    #[sqlx(try_from = "String")]
    pub source: RevocationSource,
    /// The certificate's issuer.
    pub issuer: String,
    /// The CRL shard the certificate names.
    pub shard: Option<i64>,
}

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select e.sequence, e.serial, e.kind, e.at, e.reason, e.invalid_since, e.revoked_at, \
             e.activation_id, e.source, ",
            $rest
        )
    };
}

// Each certificate by its key: of a join PostgreSQL's planner, not knowing the limit, may read
// every certificate for ten events.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            columns!(
                "(select issuer from certificate c where c.serial = e.serial) as issuer, \
                 (select shard from certificate c where c.serial = e.serial) as shard \
                 from revocation_event e "
            ),
            $rest
        )
    };
}

/// What becomes of a new event.
enum Step {
    /// It changes the state; stored with this revocation date and this beginning of invalidity.
    Store { revoked_at: i64, invalid_since: Option<i64> },
    /// It says what is so already.
    Already,
    /// It may not follow.
    Refuse,
}

fn step(last: Option<&RevocationEvent>, new: &NewRevocationEvent) -> Step {
    use RevocationKind::{Amend, Hold, Lift, Revoke};
    if (new.reason == HOLD) != matches!(new.kind, Hold | Lift) {
        return Step::Refuse;
    }
    let store = |revoked_at| Step::Store { revoked_at, invalid_since: new.invalid_since };
    let Some(last) = last else {
        return if matches!(new.kind, Revoke | Hold) { store(new.at) } else { Step::Refuse };
    };
    let same = last.reason == new.reason && last.invalid_since == new.invalid_since;
    match (last.kind, new.kind) {
        (Lift, Revoke | Hold) => store(new.at),
        (Hold, Revoke | Lift) => store(last.revoked_at),
        (Lift, Lift) => Step::Already,
        (Hold, Hold) | (Revoke | Amend, Revoke) if same => Step::Already,
        (Revoke | Amend, Amend) => amend(last, new),
        _ => Step::Refuse,
    }
}

fn amend(last: &RevocationEvent, new: &NewRevocationEvent) -> Step {
    let invalid_since = new.invalid_since.or(last.invalid_since);
    if (&last.reason, last.invalid_since) == (&new.reason, invalid_since) {
        return Step::Already;
    }
    let reason = new.reason == last.reason || new.reason == KEY_COMPROMISE;
    let earlier = match (last.invalid_since, invalid_since) {
        (Some(before), Some(now)) => now <= before,
        _ => true,
    };
    if reason && earlier { Step::Store { revoked_at: last.revoked_at, invalid_since } } else { Step::Refuse }
}

impl Tx {
    /// Records an event: none, or after a lifting → revoke or hold; hold → revoke or lift;
    /// revoke → amend, to key compromise or to an earlier beginning only.
    ///
    /// Others wait for this transaction, so that places become visible in order and without
    /// gaps: who polls [`Tx::revocation_events_since`] misses none. Record many in one
    /// transaction rather than one in each.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it may not follow what was recorded last; [`Error::Refused`] if
    /// there is no such certificate.
    pub async fn record_revocation(&mut self, new: &NewRevocationEvent) -> Result<Recorded<RevocationEvent>, Error> {
        // No certificate is that old, and X.509 cannot say it (GeneralizedTime from year 0 on, UTCTime from 1950).
        if new.at < 0 || new.invalid_since.is_some_and(|since| since < 0) {
            return Err(Error::Conflict { table: "revocation_event" });
        }
        // The lock first: what is read below stays the newest until this transaction ends.
        let sequence = self.lock_counter(COUNTER).await? + 1;
        let last = self.last_revocation_event(&new.serial).await?;
        let (revoked_at, invalid_since) = match (step(last.as_ref(), new), last) {
            (Step::Store { revoked_at, invalid_since }, _) => (revoked_at, invalid_since),
            (Step::Already, Some(last)) => return Ok(Recorded::Already(last)),
            _ => return Err(Error::Conflict { table: "revocation_event" }),
        };
        sqlx::query(
            "insert into revocation_event (sequence, serial, kind, at, reason, invalid_since, \
             revoked_at, activation_id, source) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(sequence)
        .bind(&new.serial)
        .bind(new.kind.as_str())
        .bind(new.at)
        .bind(&new.reason)
        .bind(invalid_since)
        .bind(revoked_at)
        .bind(&new.activation_id)
        .bind(new.source.as_str())
        .execute(self.connection())
        .await?;
        self.count_up(COUNTER).await?;
        match self.last_revocation_event(&new.serial).await? {
            Some(row) => Ok(Recorded::New(row)),
            None => Err(Error::Conflict { table: "revocation_event" }),
        }
    }

    /// Lets no other transaction record an event until this one ends: what is read after it is
    /// the newest.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lock_revocations(&mut self) -> Result<(), Error> {
        self.lock_counter(COUNTER).await.map(drop)
    }

    /// A certificate's state now: the newest event, or none if there never was one or the hold
    /// was lifted.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation(&mut self, serial: &str) -> Result<Option<RevocationEvent>, Error> {
        let last = self.last_revocation_event(serial).await?;
        Ok(last.filter(|event| event.kind != RevocationKind::Lift))
    }

    async fn last_revocation_event(&mut self, serial: &str) -> Result<Option<RevocationEvent>, Error> {
        let row = sqlx::query_as(select!("where e.serial = $1 order by e.sequence desc limit 1"))
            .bind(serial)
            .fetch_optional(self.connection())
            .await?;
        Ok(row)
    }

    /// All events of a certificate, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation_history(&mut self, serial: &str) -> Result<Vec<RevocationEvent>, Error> {
        let rows = sqlx::query_as(select!("where e.serial = $1 order by e.sequence"))
            .bind(serial)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// At most `limit` events after place `sequence` (0: from the first), in order. Several may
    /// be of one certificate: the last counts.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation_events_since(&mut self, sequence: i64, limit: i64) -> Result<Vec<RevocationEvent>, Error> {
        let rows = sqlx::query_as(select!("where e.sequence > $1 order by e.sequence limit $2"))
            .bind(sequence)
            .bind(limit)
            .fetch_all(self.connection())
            .await?;
        Ok(rows)
    }

    /// The state now of every certificate of a CRL shard that is revoked or on hold, by serial
    /// number: what the shard's CRL lists.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revoked_of_shard(&mut self, shard: i64) -> Result<Vec<RevocationEvent>, Error> {
        let rows = sqlx::query_as(columns!(
            "c.issuer, c.shard from revocation_event e join certificate c on c.serial = e.serial \
             where c.shard = $1 and e.kind <> 'lift' and not exists (select 1 from revocation_event later \
             where later.serial = e.serial and later.sequence > e.sequence) order by e.serial"
        ))
        .bind(shard)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }

    /// The place of the newest event; 0 if there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocation_sequence(&mut self) -> Result<i64, Error> {
        let (sequence,): (i64,) = sqlx::query_as("select coalesce(max(sequence), 0) from revocation_event")
            .fetch_one(self.connection())
            .await?;
        Ok(sequence)
    }

    /// How many events an activation brought about: its progress.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn revocations_of_activation(&mut self, activation_id: &str) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from revocation_event where activation_id = $1")
            .bind(activation_id)
            .fetch_one(self.connection())
            .await?;
        Ok(count)
    }
}
