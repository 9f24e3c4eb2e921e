//! Which certificates end soon: for the notices that the portal gives their holders.

use store::ids::micros;
use time::Duration;

use crate::core::{Core, journal_refusal};
use crate::operations::renew;
use crate::protocol::{Expiring, Refusal, Response};
use crate::records::certificate_record;

/// The longest look ahead, in days.
const MAX_DAYS: u16 = 366;

/// Certificates on one page.
const PAGE: usize = 200;

impl Core {
    pub(crate) async fn expiring(&self, within_days: u16, after: Option<&str>) -> Result<Response, Refusal> {
        let malformed = |detail: &str| Refusal::Malformed { detail: detail.to_owned() };
        if within_days > MAX_DAYS {
            return Err(malformed("within_days"));
        }
        let after = match after {
            Some(text) => {
                let (end, serial) = text.split_once('/').ok_or_else(|| malformed("after"))?;
                Some((end.parse::<i64>().map_err(|_| malformed("after"))?, serial))
            }
            None => None,
        };
        let now = self.now();
        let until = micros(now + Duration::days(i64::from(within_days)));
        let limit = i64::try_from(PAGE).map_err(|_| Refusal::Internal)?;
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let rows = tx.certificates_expiring(micros(now), until, after, limit).await;
        let rows = rows.map_err(|error| journal_refusal(&error))?;
        let next = rows.last().filter(|_| rows.len() == PAGE).map(|row| format!("{}/{}", row.not_after, row.serial));
        let mut certificates = Vec::new();
        for row in rows {
            let followed = tx.certificate_of_request(&renew::request_id(&row.serial)).await;
            if followed.map_err(|error| journal_refusal(&error))?.is_some() {
                continue;
            }
            let revocation = tx.revocation(&row.serial).await.map_err(|error| journal_refusal(&error))?;
            certificates.push(certificate_record(row, revocation.as_ref())?);
        }
        Ok(Response::Expiring { expiring: Expiring { certificates, next } })
    }
}
