//! Tickets: a page waits for a person, for five minutes, once.

use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::ids::{instant, micros};
use store::journal::{NewTicket, Ticket as TicketRow};
use time::{Duration, OffsetDateTime};

use crate::core::{Core, is_id, journal_refusal};
use crate::meaning;
use crate::protocol::{Operation, Outcome, Refusal, Response};

/// How long a page waits.
pub(crate) const LIFETIME: Duration = Duration::minutes(5);

/// Documents under one touch.
pub(crate) const MAX_DOCUMENTS: usize = 500;

/// What a ticket is for, as sealed in the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
pub(crate) enum Plan {
    /// A person enrols a signing passkey.
    Enrol {
        /// The person.
        person_id: String,
        /// Name for the passkey.
        display_name: String,
    },
    /// A person activates an operation.
    Activate {
        /// The person.
        actor: String,
        /// What they act as: certificate serial or appointment id.
        authority: String,
        /// What is activated.
        operation: Operation,
    },
}

/// A ticket with its plan opened.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) hash: String,
    /// Forgotten once the ticket is over.
    pub(crate) plan: Option<Plan>,
    pub(crate) nonce: [u8; 32],
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) return_path: String,
    pub(crate) state: String,
    /// What came of it, once it is over.
    pub(crate) outcome: Option<Outcome>,
}

impl Ticket {
    fn with(plan: Option<Plan>, row: TicketRow) -> Result<Self, Refusal> {
        Ok(Self {
            plan,
            nonce: row.nonce.try_into().map_err(|_| Refusal::Internal)?,
            expires_at: instant(row.expires_at),
            return_path: row.return_path,
            state: row.state,
            outcome: row.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            hash: row.ticket_hash,
        })
    }

    /// Whether a person may still act on it.
    pub(crate) fn is_open(&self, now: OffsetDateTime) -> bool {
        self.state == "open" && now < self.expires_at
    }

    /// The documents it would sign.
    pub(crate) fn documents(&self) -> &[DocumentContent] {
        match &self.plan {
            Some(Plan::Activate { operation: Operation::SignDocuments { documents }, .. }) => documents,
            _ => &[],
        }
    }

    /// The challenge a passkey must sign.
    pub(crate) fn challenge(&self) -> Result<[u8; 32], Refusal> {
        let internal = |_| Refusal::Internal;
        Ok(match self.plan.as_ref().ok_or(Refusal::TicketOver)? {
            Plan::Enrol { person_id, .. } => {
                meaning::challenge("enrol-credential", person_id, &[], &self.nonce, self.expires_at)
            }
            Plan::Activate { authority, operation, .. } => meaning::challenge(
                meaning::operation_name(operation),
                authority,
                &meaning::digests(operation).map_err(internal)?,
                &self.nonce,
                self.expires_at,
            ),
        })
    }
}

impl Core {
    /// Opens a page where a person enrols a signing passkey.
    pub(crate) async fn offer_enrolment(
        &self,
        person_id: String,
        display_name: String,
        return_path: String,
    ) -> Result<Response, Refusal> {
        // The device shows it as it is: a name, and nothing that could be taken for a code.
        let is_name = |name: &str| {
            (1..=100).contains(&name.chars().count()) && !name.chars().any(|c| c.is_numeric() || c.is_control())
        };
        let well_formed = is_id(&person_id) && is_name(&display_name);
        if !well_formed {
            return Err(Refusal::Malformed { detail: "person_id or display_name".to_owned() });
        }
        self.issue_ticket("enrol", None, Plan::Enrol { person_id, display_name }, return_path).await
    }

    /// Checks a proposal as far as can be known now, and opens a page for the person.
    pub(crate) async fn propose(
        &self,
        actor: String,
        operation: Operation,
        return_path: String,
    ) -> Result<Response, Refusal> {
        if let Operation::SignDocuments { documents } = &operation
            && (documents.is_empty() || documents.len() > MAX_DOCUMENTS)
        {
            return Err(Refusal::Malformed { detail: format!("documents: 1 to {MAX_DOCUMENTS}") });
        }
        let authority = self.authorise(&actor, &operation).await?;
        let plan = Plan::Activate { actor: actor.clone(), authority, operation };
        self.issue_ticket("activate", Some(actor), plan, return_path).await
    }

    async fn issue_ticket(
        &self,
        kind: &str,
        person_id: Option<String>,
        plan: Plan,
        return_path: String,
    ) -> Result<Response, Refusal> {
        // An open redirect would lend the signer's good name to a look-alike.
        if !return_path.starts_with('/') || return_path.starts_with("//") || return_path.contains(['\\', '\r', '\n']) {
            return Err(Refusal::Malformed { detail: "return_path must be a path on the portal".to_owned() });
        }
        let now = self.now();
        // Whole seconds: the challenge covers the expiry at that resolution.
        let expires_at = (now + LIFETIME).replace_nanosecond(0).unwrap_or(now);
        let ticket = crockford(&self.randomness.bytes::<16>());
        let hash = ticket_hash(&ticket);
        let plan = serde_json::to_vec(&plan).map_err(|_| Refusal::Internal)?;
        let row = NewTicket {
            // Nobody is asked for a touch while the token does not work.
            sealed: self.seal_under_new_key(&plan_name(&hash), plan).await?,
            kind: kind.to_owned(),
            person_id,
            return_path,
            nonce: self.randomness.bytes::<32>().to_vec(),
            created_at: micros(now),
            expires_at: micros(expires_at),
            ticket_hash: hash,
        };
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.insert_ticket(&row).await.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        let page = if kind == "enrol" { "e" } else { "a" };
        let url = format!("{}/{page}/{ticket}", self.configuration.origin);
        Ok(Response::Ticket { ticket, url })
    }

    /// Loads a ticket by the text in its page's address, with its plan while it is open. What
    /// came of it can be said without the token.
    pub(crate) async fn ticket(&self, ticket: &str) -> Result<Ticket, Refusal> {
        let row = self.ticket_row(ticket).await?;
        if row.state == "open" { self.open_ticket(row).await } else { Ticket::with(None, row) }
    }

    /// A ticket as the journal has it, its plan still sealed.
    pub(crate) async fn ticket_row(&self, ticket: &str) -> Result<TicketRow, Refusal> {
        if ticket.len() != 26 {
            return Err(Refusal::NotFound);
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        tx.ticket(&ticket_hash(ticket)).await.map_err(|error| journal_refusal(&error))?.ok_or(Refusal::NotFound)
    }

    /// Opens a ticket's plan; no touch is acted on while the token does not work.
    pub(crate) async fn open_ticket(&self, row: TicketRow) -> Result<Ticket, Refusal> {
        let plan = match &row.sealed {
            Some(sealed) => {
                let plain = self.unseal_by_token(&plan_name(&row.ticket_hash), sealed).await?;
                Some(serde_json::from_slice(&plain).map_err(|_| Refusal::Internal)?)
            }
            None => None,
        };
        Ticket::with(plan, row)
    }
}

fn plan_name(hash: &str) -> String {
    format!("ticket/{hash}")
}

/// What the journal keeps of a ticket: a thief of the journal cannot open the page.
pub(crate) fn ticket_hash(ticket: &str) -> String {
    hex::encode(Sha256::digest(ticket.as_bytes()))
}

/// 128 bits in Crockford's base32: 26 characters.
#[must_use]
pub(crate) fn crockford(bytes: &[u8; 16]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut value = u128::from_be_bytes(*bytes);
    let mut text = [0_u8; 26];
    for place in text.iter_mut().rev() {
        let digit = usize::try_from(value & 31).unwrap_or(0);
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        value >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_26_characters_and_keep_every_bit() {
        assert_eq!(crockford(&[0; 16]), "0".repeat(26));
        assert_eq!(crockford(&[0xff; 16]), format!("7{}", "Z".repeat(25)));
        let mut one = [0; 16];
        one[15] = 33;
        assert!(crockford(&one).ends_with("11"));
    }
}
