//! Following the signer's revocations: what is kept here is good only as long as no newer word
//! is there, and only while that is known.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::signer_desk::SignerDesk;

/// How often the signer is asked.
const PERIOD: Duration = Duration::from_millis(250);

/// How old its word may be.
const LIFE: Duration = Duration::from_secs(1);

/// The signer's word on what is newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word {
    /// The place of the newest revocation.
    pub(crate) sequence: i64,
    /// Changes with each CRL that is published.
    pub(crate) publication: i64,
    /// How old the signer's own knowledge was.
    pub(crate) age: Duration,
}

/// The newest word, and since when it is known to be so.
#[derive(Debug, Default)]
pub(super) struct Follow(RwLock<Option<(Instant, Word)>>);

impl Follow {
    /// The newest word; none if it is too old to go by.
    pub(super) fn word(&self) -> Option<Word> {
        let (since, word) = (*self.0.read().unwrap_or_else(PoisonError::into_inner))?;
        (since.elapsed() < LIFE).then_some(word)
    }

    /// Takes a word that was asked for at `asked`.
    fn take(&self, asked: Instant, word: Word) {
        // The signer's clock has no say here: its word counts from when it read, on this one.
        let since = asked.checked_sub(word.age).unwrap_or(asked);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((since, word));
    }

    pub(super) async fn run(&self, signer: &SignerDesk) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let asked = Instant::now();
            match tokio::time::timeout(LIFE, signer.revocation_sequence()).await {
                Ok(Ok(word)) => {
                    self.take(asked, word);
                    failing = false;
                }
                // Said once, not four times a second.
                answer if !failing => {
                    let error = answer.err().map_or_else(String::new, |elapsed| elapsed.to_string());
                    tracing::warn!(error, "the signer's revocations cannot be followed: OCSP answers are not kept");
                    failing = true;
                }
                _ => {}
            }
        }
    }
}

impl Error {
    /// Whether the signer gave no answer, rather than one that refuses.
    pub(crate) fn is_signer_away(&self) -> bool {
        use signer::client::ClientError;
        use signer::protocol::Refusal;
        matches!(
            self,
            Self::Signer(
                ClientError::Unreachable(_)
                    | ClientError::TimedOut
                    | ClientError::Refused(Refusal::JournalUnavailable | Refusal::TokenUnavailable)
            )
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_for_one_second_from_when_the_signer_read() {
        let follow = Follow::default();
        assert_eq!(follow.word(), None);
        let word = Word { sequence: 7, publication: 2, age: Duration::from_millis(100) };
        follow.take(Instant::now(), word);
        assert_eq!(follow.word(), Some(word));
        follow.take(Instant::now(), Word { age: LIFE, ..word });
        assert_eq!(follow.word(), None, "the signer's own knowledge was a second old");
        follow.take(Instant::now().checked_sub(LIFE).unwrap(), word);
        assert_eq!(follow.word(), None);
    }
}
