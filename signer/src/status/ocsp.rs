//! Answers to OCSP requests (RFC 6960), each signed for whoever asks, from the index alone.

use std::time::Duration;

use ca::Serial;
use ca::ocsp::{self, Answer, CertId, PreparedResponse, Responder, Status, Times};
use time::OffsetDateTime;

use super::issued::Issued;
use crate::authorities::Authority;
use crate::client::{Keep, OcspAnswer};
use crate::core::Core;
use crate::protocol::Refusal;

/// How long an answer may be believed by who cannot ask again.
pub(super) const LIFE: Duration = Duration::from_secs(3600);

impl Core {
    /// Answers a request; what cannot be answered is said in an answer's own words.
    pub(crate) async fn ocsp(&self, request: &[u8]) -> OcspAnswer {
        let not_kept = |der| OcspAnswer { der, keep: None };
        // RFC 6960 §2.3
        let Ok(request) = ocsp::parse_request(request) else { return not_kept(ocsp::malformed()) };
        let asked = |authority: &&Authority| request.certificates.iter().any(|id| id.names(authority.issuer()));
        // RFC 5019 §2.2.3: nothing it asks about is of a CA that is answered for.
        let Some(authority) = self.authorities.all().find(asked) else { return not_kept(ocsp::unauthorized()) };
        match self.answer_ocsp(&request, authority).await {
            Ok(answer) => answer,
            Err(Refusal::TokenUnavailable | Refusal::JournalUnavailable | Refusal::ClockBehind) => {
                not_kept(ocsp::try_later())
            }
            Err(_) => not_kept(ocsp::internal_error()),
        }
    }

    async fn answer_ocsp(&self, request: &ocsp::Request, authority: &Authority) -> Result<OcspAnswer, Refusal> {
        let now = self.now().replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let responder = self.responder(authority, now).await?;
        let serials = request.certificates.iter().map(|id| id.serial().filter(|_| id.names(authority.issuer())));
        let issued = self.status.issued.find(&self.journal, serials.collect()).await?;
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let (prepared, keep) = self.prepare_ocsp(request, authority, &responder, now, issued)?;
        let _room = self.room_for_anybody()?;
        let der = self.keys.ocsp.respond(prepared).await?;
        Ok(OcspAnswer { der, keep })
    }

    /// Builds the answer out of the index as it stands.
    fn prepare_ocsp(
        &self,
        request: &ocsp::Request,
        authority: &Authority,
        responder: &Responder,
        now: OffsetDateTime,
        issued: Vec<Option<(Serial, Issued)>>,
    ) -> Result<(PreparedResponse, Option<Keep>), Refusal> {
        let name = authority.issuer().published_name();
        let state = self.status.index.state();
        let mut answers = issued.into_iter().map(|found| match found {
            // §2.2: recorded and not issued yet, or another CA's: there is nothing to be good.
            Some((serial, found)) if found.issuer == name => {
                Answer { status: state.status(serial), certificate_sha256: Some(found.sha256) }
            }
            _ => Answer::UNKNOWN,
        });
        // §2.4: the time at which the status is known to be right is that of the reading.
        let as_of = state.as_of.min(now).replace_nanosecond(0).map_err(|_| Refusal::Internal)?;
        let times = Times {
            produced_at: now,
            this_update: as_of,
            next_update: as_of + LIFE,
            // §4.4.4: status is kept of everything the CA ever issued.
            archive_cutoff: Some(authority.issuer().validity().not_before),
        };
        let mut all_known = true;
        let next = |_: &CertId| {
            let answer = answers.next().unwrap_or(Answer::UNKNOWN);
            all_known &= answer.status != Status::Unknown;
            answer
        };
        let prepared = ocsp::prepare_response(request, next, responder, &times).map_err(|error| {
            tracing::error!(error = %error, "an OCSP answer cannot be built");
            Refusal::Internal
        })?;
        // A nonce is one question's own; what is unknown now may be issued the next moment.
        let keep = (request.nonce.is_none() && all_known).then(|| Keep {
            sequence: state.sequence,
            this_update: times.this_update.unix_timestamp(),
            next_update: times.next_update.unix_timestamp(),
        });
        Ok((prepared, keep))
    }
}
