//! Inviting a person: a link that works once.

use serde_json::json;
use store::portal::invitation::Invitation;
use time::Duration;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::session::digest;

/// A link is good for this long.
const LIFETIME: Duration = Duration::days(7);

/// Longest name of an invited person, in characters.
const LONGEST_NAME: usize = 120;

/// What a person is invited as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A doctor who will sign.
    Doctor,
    /// An officer who approves and revokes.
    RaOfficer,
    /// An officer who records evidence.
    EvidenceOfficer,
    /// One of the first officers, bound by the ceremony.
    Central,
}

impl Role {
    /// As stored and as typed on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Doctor => "doctor",
            Self::RaOfficer => "ra_officer",
            Self::EvidenceOfficer => "evidence_officer",
            Self::Central => "central",
        }
    }

    /// Reads a role.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Doctor, Self::RaOfficer, Self::EvidenceOfficer, Self::Central]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

/// Whom to invite.
#[derive(Debug, Clone, Copy)]
pub struct Invite<'a> {
    /// As what.
    pub role: Role,
    /// Code of the unit.
    pub unit_code: &'a str,
    /// Name shown on the link's page.
    pub name: &'a str,
    /// Person who invites; empty for the command line.
    pub invited_by: &'a str,
    /// The person's id where it is fixed already: the first officers, whom the ceremony bound.
    pub person_id: Option<&'a str>,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// The ceremony fixed no such unit.
    #[error("there is no unit with this code")]
    UnknownUnit,
    /// The unit is not one where such a person works.
    #[error("doctors work at hospitals")]
    NotAHospital,
    /// The name is empty or too long.
    #[error("the name must have 1 to 120 characters")]
    Name,
    /// Something failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Invites a person; returns the link, the only place where its secret stands.
///
/// # Errors
/// [`InviteError`].
pub async fn invite(app: &App, invite: Invite<'_>) -> Result<String, InviteError> {
    let name = invite.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(InviteError::Name);
    }
    let units = crate::units::Units::load(app).await?;
    let unit = units.find(invite.unit_code).ok_or(InviteError::UnknownUnit)?;
    if invite.role == Role::Doctor && unit.kind != "hospital" {
        return Err(InviteError::NotAHospital);
    }
    let now = app.now();
    let token = app.randomness().token();
    let id = app.randomness().uuid(now);
    let invitation = Invitation {
        token_digest: digest(&token),
        role: invite.role.as_str().to_owned(),
        unit_code: unit.code.clone(),
        name_sealed: app.cipher().seal(&place(&id), name.as_bytes(), app.randomness())?,
        invited_by: invite.invited_by.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
        used_at: None,
        person_id: invite.person_id.map(str::to_owned),
        id,
    };
    // The person's row must exist before the invitation names it.
    if let Some(person_id) = invite.person_id {
        super::enrol::add_known_person(app, person_id, invite.role.as_str(), &unit.code, name).await?;
    }
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    tx.add_invitation(&invitation).await.map_err(Error::Portal)?;
    let facts = json!({ "role": invitation.role, "unit": invitation.unit_code });
    let event = Event::new("invitation.made", &invitation.id, &invitation.invited_by).with(facts);
    record(app, &mut tx, event).await?;
    tx.commit().await.map_err(Error::Portal)?;
    Ok(format!("{}/enrol/{token}", app.origin()))
}

/// The name of an invited person.
pub(crate) fn invited_name(app: &App, invitation: &Invitation) -> Result<String, Error> {
    let name = app.cipher().open(&place(&invitation.id), &invitation.name_sealed)?;
    String::from_utf8(name).map_err(|_| Error::Stored("invitation.name"))
}

fn place(invitation_id: &str) -> String {
    format!("invitation.name:{invitation_id}")
}
