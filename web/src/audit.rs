//! Ledger entries of the portal: who did what to which record, and when. Never the data itself.

use ledger::Entry;
use ledger::entry::SALT_LENGTH;
use serde_json::{Value, json};
use store::ids::micros;
use store::portal::Tx;

use crate::app::App;
use crate::error::Error;

/// One thing that happened.
#[derive(Debug, Clone)]
pub(crate) struct Event<'a> {
    /// What, e.g. `request.submitted`.
    pub(crate) kind: &'a str,
    /// Id of the record it happened to.
    pub(crate) subject: &'a str,
    /// Person who did it; empty for the system or the command line.
    pub(crate) actor: &'a str,
    /// Further facts: ids, digests, codes; no personal data.
    pub(crate) facts: Value,
}

impl<'a> Event<'a> {
    /// An event without further facts.
    #[must_use]
    pub(crate) fn new(kind: &'a str, subject: &'a str, actor: &'a str) -> Self {
        Self { kind, subject, actor, facts: Value::Null }
    }

    /// The event with further facts.
    #[must_use]
    pub(crate) fn with(mut self, facts: Value) -> Self {
        self.facts = facts;
        self
    }
}

/// Appends the event to the ledger, in the transaction of the change it tells of.
///
/// # Errors
/// [`Error::Portal`].
pub(crate) async fn record(app: &App, tx: &mut Tx, event: Event<'_>) -> Result<(), Error> {
    let now = app.now();
    let entry = Entry {
        id: app.randomness().uuid(now),
        at: micros(now),
        kind: event.kind.to_owned(),
        subject: event.subject.to_owned(),
        payload: json!({ "actor": event.actor, "facts": event.facts }).to_string(),
    };
    let salt: [u8; SALT_LENGTH] = app.randomness().bytes();
    tx.append(&entry, &salt).await.map_err(Error::Portal)
}

/// Writes down that a person read personal data, before it is shown: if it cannot be
/// written down, it is not shown.
///
/// # Errors
/// [`Error::Portal`].
pub(crate) async fn record_read(app: &App, actor: &str, what: &str, subject: &str) -> Result<(), Error> {
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    record(app, &mut tx, Event::new("data.read", subject, actor).with(json!({ "what": what }))).await?;
    tx.commit().await.map_err(Error::Portal)
}
