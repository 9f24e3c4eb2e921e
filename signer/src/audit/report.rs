//! What was found.

use serde::Serialize;
use store::ids::instant;
use store::journal::Activation;

use crate::core::rfc3339;

/// What a check of an activation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// UUID of the activation.
    pub activation_id: String,
    /// Whether every part stands up.
    pub sound: bool,
    /// What was activated, by its name inside the challenge.
    pub operation: String,
    /// The portal's id of who did.
    pub person_id: String,
    /// Their name, as their certificate or appointment has it.
    pub name: Option<String>,
    /// As what they acted: serial of a certificate or id of an appointment.
    pub authority: String,
    /// When (RFC 3339).
    pub at: String,
    /// The passkey's credential id, base64url.
    pub credential_id: String,
    /// Authenticator assurance level.
    pub assurance: String,
    /// SHA-256 of each content in order, hexadecimal.
    pub contents: Vec<String>,
    /// Each part that was checked.
    pub checks: Vec<Check>,
    /// From this person's passkey up to the ceremony.
    pub chain: Vec<Link>,
    /// What came of it.
    pub results: Vec<Consequence>,
}

/// One part that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which part.
    pub part: &'static str,
    /// Whether it stands up.
    pub sound: bool,
    /// What was found, in words.
    pub detail: String,
}

/// One step up: whose passkey, and by whose touch it became theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// `binding` or `appointment`.
    pub statement: &'static str,
    /// Whose.
    pub person_id: String,
    /// The activation that allowed it, or `ceremony`.
    pub by: String,
    /// When (RFC 3339).
    pub at: String,
}

/// One thing that came of an activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consequence {
    /// What happened, by the ledger's name.
    pub kind: String,
    /// Id of what it happened to.
    pub subject: String,
}

impl Report {
    pub(super) fn of(row: &Activation) -> Self {
        Self {
            activation_id: row.activation_id.clone(),
            sound: true,
            operation: row.operation.clone(),
            person_id: row.person_id.clone(),
            name: None,
            authority: row.authority.clone(),
            at: rfc3339(instant(row.at)),
            credential_id: row.credential_id.clone(),
            assurance: row.assurance.clone(),
            contents: Vec::new(),
            checks: Vec::new(),
            chain: Vec::new(),
            results: Vec::new(),
        }
    }

    /// Notes a part that stands up, or why it does not.
    pub(super) fn note(&mut self, part: &'static str, found: Result<String, String>) {
        self.sound &= found.is_ok();
        let (sound, detail) = match found {
            Ok(detail) => (true, detail),
            Err(detail) => (false, detail),
        };
        self.checks.push(Check { part, sound, detail });
    }

    /// The parts that do not stand up.
    #[must_use]
    pub fn faults(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| !check.sound).collect()
    }

    /// The whole in words, a line for each thing.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let who =
            self.name.as_ref().map_or_else(|| self.person_id.clone(), |name| format!("{name} ({})", self.person_id));
        let mut lines = vec![
            format!("activation {}", self.activation_id),
            format!("  {} by {who} as {}, {}", self.operation, self.authority, self.at),
            format!("  passkey {}, assurance level {}", self.credential_id, self.assurance),
        ];
        lines.extend(self.contents.iter().map(|digest| format!("  content {digest}")));
        for check in &self.checks {
            let mark = if check.sound { "ok   " } else { "FAILS" };
            lines.push(format!("{mark} {}: {}", check.part, check.detail));
        }
        for link in &self.chain {
            lines.push(format!("  {} of {}, {}, by {}", link.statement, link.person_id, link.at, link.by));
        }
        lines.extend(self.results.iter().map(|result| format!("  came of it: {} {}", result.kind, result.subject)));
        lines.push(if self.sound { "sound".to_owned() } else { "NOT SOUND".to_owned() });
        lines
    }
}
