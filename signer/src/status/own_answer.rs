//! OCSP answers that go into documents of our own, beside the signature they speak for.

use ca::Serial;
use ca::ocsp::{self, Answer, Request, Status, Times};
use time::{Duration, OffsetDateTime};

use super::index::List;
use super::ocsp::LIFE;
use crate::authorities::Authority;
use crate::core::Core;
use crate::protocol::Refusal;

/// How long the clock is waited for: another process's may be a little ahead.
const PATIENCE: Duration = Duration::seconds(2);

/// A certificate's status, and the signed word for it if it is good: nothing else goes into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnAnswer {
    /// Good; DER of the `OCSPResponse`.
    Good(Vec<u8>),
    /// Not good.
    Bad(Status),
}

impl Core {
    /// The status of a certificate, known to be right at `since` or later.
    ///
    /// # Errors
    /// [`Refusal::JournalUnavailable`] if the journal does not say so now, [`Refusal::TokenUnavailable`].
    pub(crate) async fn own_answer(
        &self,
        authority: &Authority,
        serial: Serial,
        since: OffsetDateTime,
    ) -> Result<OwnAnswer, Refusal> {
        self.know_the_status_at(since).await?;
        let internal = |error: ca::Error| {
            tracing::error!(error = %error, "an OCSP answer for a document cannot be built");
            Refusal::Internal
        };
        let found = self.status.issued.find(&self.journal, vec![Some(serial)]).await?;
        let found =
            found.into_iter().next().flatten().filter(|(_, of)| of.issuer == authority.issuer().published_name());
        let (_, issued) = found.ok_or(Refusal::NoCertificate)?;
        let now = self.now().replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let responder = self.responder(authority, now).await?;
        let request = Request::about(authority.issuer(), serial).map_err(internal)?;
        let prepared = {
            let state = self.status.index.state();
            let status = state.status(serial);
            if status != Status::Good {
                return Ok(OwnAnswer::Bad(status));
            }
            let this_update = state.as_of.min(now).replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
            let times = Times {
                produced_at: now,
                this_update,
                next_update: this_update + LIFE,
                archive_cutoff: Some(authority.issuer().validity().not_before),
            };
            let answer = Answer { status, certificate_sha256: Some(issued.sha256) };
            ocsp::prepare_response(&request, |_| answer, &responder, &times).map_err(internal)?
        };
        Ok(OwnAnswer::Good(self.keys.ocsp.attest(prepared).await?))
    }

    /// Sees to it that the index was read at `since` or later.
    async fn know_the_status_at(&self, since: OffsetDateTime) -> Result<(), Refusal> {
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let begun = self.now();
        while self.status.index.state().as_of < since {
            let ahead = since - self.now();
            if ahead > PATIENCE || self.now() - begun > PATIENCE {
                return Err(Refusal::ClockBehind);
            }
            if ahead.is_positive() {
                tokio::time::sleep(ahead.unsigned_abs()).await;
            }
            self.status.index.outdate();
            self.status.index.read(&self.journal, &self.clock).await?;
        }
        Ok(())
    }

    /// The root's CRL in force: the word on the CAs below it.
    ///
    /// # Errors
    /// [`Refusal::JournalUnavailable`] if there is none: the next one is to be signed.
    pub(crate) fn root_crl(&self) -> Result<Vec<u8>, Refusal> {
        let published = self.status.lists.newest(List::Root).filter(|list| self.now() <= list.next_update);
        published.map(|list| list.der.to_vec()).ok_or_else(|| {
            tracing::error!(alarm = "root-crl", "the root's CRL is over: no document can be lifted");
            Refusal::JournalUnavailable
        })
    }
}
