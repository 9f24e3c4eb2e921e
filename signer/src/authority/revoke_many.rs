//! An RA officer over every unit concerned may end many certificates at once.

use store::ids::micros;
use store::journal::{Selection, Tx};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::revoke::unit_of;
use super::{Reach, invalid};
use crate::core::{Core, journal_refusal};
use crate::protocol::{BatchRevocation, Refusal, RevocationSelection};

/// More certificates of one key or one person than this are a matter for a unit or a window.
const MOST_OF_ONE: i64 = 1_000;

impl Core {
    pub(super) async fn may_revoke_many(
        &self,
        tx: &mut Tx,
        actor: &str,
        batch: &BatchRevocation,
    ) -> Result<String, Refusal> {
        self.checked_end(&batch.reason, batch.invalid_since.as_deref())?;
        if batch.count == 0 {
            return Err(Refusal::AlreadyDone);
        }
        if batch.serials_sha256.len() != 64 {
            return Err(invalid("serials_sha256"));
        }
        Ok(self.selected_for(tx, actor, &batch.selection).await?.1)
    }

    /// The rows a selection means, and the appointment by which the actor may revoke them.
    pub(crate) async fn selected_for(
        &self,
        tx: &mut Tx,
        actor: &str,
        selection: &RevocationSelection,
    ) -> Result<(Selection, String), Refusal> {
        let rows = self.rows_of(tx, selection).await?;
        let by = match selection {
            RevocationSelection::Unit { code } | RevocationSelection::Window { unit: Some(code), .. } => {
                self.officer_over(tx, actor, code, "ra_officer", Reach::UnitAndBelow).await?
            }
            RevocationSelection::Window { unit: None, .. } => {
                let top = self.top_unit(tx).await?;
                self.officer_over(tx, actor, &top, "ra_officer", Reach::UnitAndBelow).await?
            }
            RevocationSelection::Key { .. } | RevocationSelection::Person { .. } => {
                let serials =
                    tx.serials_selected(&rows, None, MOST_OF_ONE).await.map_err(|error| journal_refusal(&error))?;
                let mut by = None;
                for serial in serials {
                    let certificate = self.revocable(tx, &serial).await?;
                    let unit = unit_of(&certificate)?;
                    by = Some(self.officer_over(tx, actor, &unit, "ra_officer", Reach::UnitAndBelow).await?);
                }
                // Nothing found is nothing to be told, whoever asks.
                by.ok_or(Refusal::NoCertificate)?
            }
        };
        Ok((rows, by.appointment_id))
    }

    /// A selection in the journal's words.
    pub(crate) async fn rows_of(&self, tx: &mut Tx, selection: &RevocationSelection) -> Result<Selection, Refusal> {
        let instant = |text: &str| OffsetDateTime::parse(text, &Rfc3339).map(micros).map_err(|_| invalid("window"));
        Ok(match selection {
            RevocationSelection::Key { spki_sha256 } => Selection::Key { spki_sha256: spki_sha256.clone() },
            RevocationSelection::Person { person_id } => Selection::Person { person_id: person_id.clone() },
            RevocationSelection::Unit { code } => Selection::Unit { codes: self.unit_and_below(tx, code).await? },
            RevocationSelection::Window { from, to, unit } => {
                let units = match unit {
                    Some(code) => Some(self.unit_and_below(tx, code).await?),
                    None => None,
                };
                let (from, to) = (instant(from)?, instant(to)?);
                if from >= to {
                    return Err(invalid("window: it ends before it begins"));
                }
                Selection::Window { from, to, units }
            }
        })
    }

    async fn unit_and_below(&self, tx: &mut Tx, code: &str) -> Result<Vec<String>, Refusal> {
        let mut codes = vec![code.to_owned()];
        // Parents come before children.
        for unit in tx.units().await.map_err(|error| journal_refusal(&error))? {
            if unit.parent.is_some_and(|parent| codes.contains(&parent)) {
                codes.push(unit.code);
            }
        }
        Ok(codes)
    }

    async fn top_unit(&self, tx: &mut Tx) -> Result<String, Refusal> {
        let units = tx.units().await.map_err(|error| journal_refusal(&error))?;
        units.into_iter().find(|unit| unit.parent.is_none()).map(|unit| unit.code).ok_or(Refusal::Internal)
    }
}
