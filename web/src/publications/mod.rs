//! What programs fetch: OCSP answers, CRLs, CA certificates, time-stamps, public keys. Signed
//! elsewhere; this node may keep what is signed, as long as it knows that nothing newer is there.

mod follow;
mod http;
mod kept;

pub(crate) use follow::Word;
pub(crate) use http::{Refused, cached, is_kind, not_kept};

use http::dated;

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use signer::client::Keep;
use signer::protocol::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;
use crate::signer_desk::SignerDesk;
use kept::Recent;

/// OCSP answers kept at most; about 40 MB.
const ANSWERS: usize = 20_000;

/// The longest request whose answer is kept: one certificate, no extensions.
const LONGEST: usize = 200;

/// How long an OCSP answer is given again at most: its thisUpdate should not look stale.
const ANSWER_AGE: i64 = 300;

/// Seconds that caches between here and the reader may keep an OCSP answer (a revocation is seen
/// within one), and a CRL (within sixty, of which making it takes some).
const OCSP_MAX_AGE: u32 = 1;
const CRL_MAX_AGE: u32 = 30;

/// An answer that may be given as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    pub(crate) body: Bytes,
    pub(crate) headers: HeaderMap,
}

/// What this node keeps of what was signed.
#[derive(Debug)]
pub(crate) struct Publications {
    follow: follow::Follow,
    answers: Recent<(Keep, Publication)>,
    lists: Mutex<Vec<(String, Kept)>>,
}

/// A CRL, and the word it came with.
#[derive(Debug, Clone)]
struct Kept {
    /// Known to be the newest while this is the signer's publication.
    publication: Option<i64>,
    next_update: OffsetDateTime,
    list: Publication,
}

impl Publications {
    pub(crate) fn new() -> Self {
        Self { follow: follow::Follow::default(), answers: Recent::new(ANSWERS), lists: Mutex::default() }
    }

    /// Follows the signer's revocations until the task is dropped. While nobody does, nothing is
    /// given again.
    pub(crate) async fn keep_following(&self, signer: &SignerDesk) {
        self.follow.run(signer).await;
    }

    /// The answer to an OCSP request: the one kept, if no revocation came since, or a new one.
    ///
    /// # Errors
    /// [`Error::Signer`] if the signer cannot be asked.
    pub(crate) async fn ocsp(
        &self,
        signer: &SignerDesk,
        request: &[u8],
        now: OffsetDateTime,
    ) -> Result<Publication, Error> {
        if request.len() <= LONGEST
            && let Some(Word { sequence, .. }) = self.follow.word()
            && let Some((keep, publication)) = self.answers.get(request)
            && keep.sequence == sequence
            && (0..=ANSWER_AGE).contains(&(now.unix_timestamp() - keep.this_update))
            && now.unix_timestamp() < keep.next_update
        {
            return Ok(publication);
        }
        let answer = signer.ocsp(request).await?;
        const KIND: &str = "application/ocsp-response";
        let Some(keep) = answer.keep else { return Ok(not_kept(KIND, answer.der)) };
        let instant = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(now);
        let publication = dated(KIND, answer.der, instant(keep.this_update), instant(keep.next_update), OCSP_MAX_AGE);
        if request.len() <= LONGEST {
            self.answers.put(request, (keep, publication.clone()));
        }
        Ok(publication)
    }

    /// The newest CRL of a list. One that is kept is given when the signer is silent, until its
    /// end: it is signed, and says itself how old it is.
    ///
    /// # Errors
    /// [`Error::Signer`] if there is no such list, or none is kept and the signer cannot be asked.
    pub(crate) async fn list(
        &self,
        signer: &SignerDesk,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<Publication, Error> {
        // Before asking: what is published while the answer travels is looked for next time.
        let publication = self.follow.word().map(|word| word.publication);
        let kept = self.kept_list(name);
        if let Some(kept) = &kept
            && publication.is_some()
            && kept.publication == publication
        {
            return Ok(kept.list.clone());
        }
        match (signer.crl(name).await, kept) {
            (Ok(crl), _) => {
                let list = dated("application/pkix-crl", crl.der, crl.this_update, crl.next_update, CRL_MAX_AGE);
                self.keep_list(name, Kept { publication, next_update: crl.next_update, list: list.clone() });
                Ok(list)
            }
            (Err(error), Some(kept)) if error.is_signer_away() && now < kept.next_update => Ok(kept.list),
            (Err(error), _) => Err(error),
        }
    }

    fn kept_list(&self, name: &str) -> Option<Kept> {
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.iter().find(|(known, _)| known == name).map(|(_, kept)| kept.clone())
    }

    /// Only lists that exist come here: there are as many as the signer has.
    fn keep_list(&self, name: &str, kept: Kept) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.retain(|(known, _)| known != name);
        lists.push((name.to_owned(), kept));
    }
}

/// A CRL as the signer gave it.
#[derive(Debug, Clone)]
pub struct PublishedCrl {
    /// DER.
    pub der: Vec<u8>,
    /// thisUpdate.
    pub this_update: OffsetDateTime,
    /// nextUpdate.
    pub next_update: OffsetDateTime,
}

impl PublishedCrl {
    /// Reads the signer's answer; none if it is another.
    pub(crate) fn from_answer(answer: Response) -> Option<Self> {
        let Response::Crl { bytes, this_update, next_update, .. } = answer else { return None };
        let instant = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        Some(Self {
            der: hex::decode(bytes).ok()?,
            this_update: instant(&this_update)?,
            next_update: instant(&next_update)?,
        })
    }
}
