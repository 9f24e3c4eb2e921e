//! The unit tree the ceremony fixed.

use sqlx::FromRow;

use super::Tx;
use crate::error::Error;

/// A unit of the tree.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Unit {
    /// Code (`moph`, a province code, or a five-digit hcode).
    pub code: String,
    /// Code of the unit above; none at the top.
    pub parent: Option<String>,
    /// `ministry`, `province` or `hospital`.
    pub kind: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Postal address in Thai.
    pub address_th: String,
}

impl Tx {
    /// Stores the tree, parents before children. The same tree again is no change.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another tree is stored; [`Error::Refused`] for an unknown parent.
    pub async fn insert_units(&mut self, units: &[Unit]) -> Result<(), Error> {
        for (position, unit) in (0_i64..).zip(units) {
            sqlx::query(
                "insert into unit (code, parent, kind, name_th, name_en, address_th, position) \
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            )
            .bind(&unit.code)
            .bind(&unit.parent)
            .bind(&unit.kind)
            .bind(&unit.name_th)
            .bind(&unit.name_en)
            .bind(&unit.address_th)
            .bind(position)
            .execute(self.connection())
            .await?;
        }
        match self.units().await? == units {
            true => Ok(()),
            false => Err(Error::Conflict { table: "unit" }),
        }
    }

    /// All units, parents before children.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn units(&mut self) -> Result<Vec<Unit>, Error> {
        let rows =
            sqlx::query_as("select code, parent, kind, name_th, name_en, address_th from unit order by position")
                .fetch_all(self.connection())
                .await?;
        Ok(rows)
    }

    /// A unit.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unit(&mut self, code: &str) -> Result<Option<Unit>, Error> {
        Ok(self.unit_ancestors(code).await?.into_iter().next())
    }

    /// The unit itself, then each unit above it up to the top; empty if there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn unit_ancestors(&mut self, code: &str) -> Result<Vec<Unit>, Error> {
        let rows = sqlx::query_as(
            "with recursive line (code, parent, kind, name_th, name_en, address_th, height) as ( \
             select code, parent, kind, name_th, name_en, address_th, 0 from unit where code = $1 \
             union all \
             select u.code, u.parent, u.kind, u.name_th, u.name_en, u.address_th, l.height + 1 \
             from unit u join line l on u.code = l.parent where l.height < 16) \
             select code, parent, kind, name_th, name_en, address_th from line order by height",
        )
        .bind(code)
        .fetch_all(self.connection())
        .await?;
        Ok(rows)
    }
}
