//! Content at rest in the journal: AES-256-GCM under a data key that lies beside it, sealed under the
//! token. Whoever has the journal's database alone reads none of it.
//!
//! A data key serves for minutes, so that the token is asked once for many texts. Meanwhile its plain
//! form lies in the memory of a process that may ask the token to open any of them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::core::{Core, token_refusal};
use crate::protocol::Refusal;

/// Bytes of a data key.
const KEY: usize = 32;

/// What the token binds the journal's data keys to: no document of the portal's has such a name.
const NAME: &[u8] = b"journal-data-key";

/// How long one serves.
const LIFETIME: Duration = Duration::minutes(10);

/// How many texts are sealed under one: far from the 2^32 that nonces drawn at random allow (SP 800-38D §8.3).
const TEXTS: u32 = 1 << 20;

/// A data key, and as the token sealed it.
struct JournalKey {
    cipher: LessSafeKey,
    wrapped: Vec<u8>,
}

/// The one that serves now, if any does.
#[derive(Default)]
pub(crate) struct JournalKeys(Mutex<Option<Serving>>);

struct Serving {
    key: Arc<JournalKey>,
    made_at: OffsetDateTime,
    texts_left: u32,
}

impl JournalKeys {
    /// The key, for one more text.
    fn take(&self, now: OffsetDateTime) -> Option<Arc<JournalKey>> {
        self.forget_old(now);
        let mut serving = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serving = serving.as_mut()?;
        serving.texts_left = serving.texts_left.checked_sub(1)?;
        Some(Arc::clone(&serving.key))
    }

    /// The key, if this is its sealed form.
    fn wrapped_as(&self, wrapped: &[u8], now: OffsetDateTime) -> Option<Arc<JournalKey>> {
        self.forget_old(now);
        let serving = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serving.as_ref().filter(|serving| serving.key.wrapped == wrapped).map(|serving| Arc::clone(&serving.key))
    }

    fn replace(&self, key: &Arc<JournalKey>, made_at: OffsetDateTime) {
        let new = Serving { key: Arc::clone(key), made_at, texts_left: TEXTS - 1 };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
    }

    /// Drops a key whose time is over, or that was made in what is now the future.
    pub(crate) fn forget_old(&self, now: OffsetDateTime) {
        let mut serving = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |made_at| now >= made_at && now - made_at < LIFETIME;
        if serving.as_ref().is_some_and(|serving| !serves(serving.made_at)) {
            *serving = None;
        }
    }
}

impl Core {
    /// Seals `body` for the journal; `name` says what it is and cannot be changed later.
    pub(crate) async fn seal(&self, name: &str, body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let key = match self.journal_keys.take(self.now()) {
            Some(key) => key,
            None => self.new_journal_key().await?,
        };
        key.seal(self.randomness.bytes(), name, body)
    }

    /// The same under a new key: it shows that the token does its work now.
    pub(crate) async fn seal_under_new_key(&self, name: &str, body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        self.new_journal_key().await?.seal(self.randomness.bytes(), name, body)
    }

    /// Opens what was sealed under the same name.
    ///
    /// # Errors
    /// Those of the token; [`Refusal::Internal`] if it was altered, or is another's.
    pub(crate) async fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let sealed = Sealed::read(sealed)?;
        let key = match self.journal_keys.wrapped_as(sealed.wrapped, self.now()) {
            Some(key) => key,
            None => self.opened_by_token(name, sealed.wrapped).await?,
        };
        key.open(&sealed, name)
    }

    /// The same, the token being asked also if the key is at hand: it shows that the token does its work now.
    pub(crate) async fn unseal_by_token(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
        let sealed = Sealed::read(sealed)?;
        self.opened_by_token(name, sealed.wrapped).await?.open(&sealed, name)
    }

    async fn new_journal_key(&self) -> Result<Arc<JournalKey>, Refusal> {
        let plain = Zeroizing::new(self.randomness.bytes::<KEY>());
        let given = plain.clone();
        let wrapped = self.with_token(move |token| token.seal(NAME, &*given)).await?;
        let key = Arc::new(JournalKey::new(&*plain, wrapped)?);
        self.journal_keys.replace(&key, self.now());
        Ok(key)
    }

    async fn opened_by_token(&self, name: &str, wrapped: &[u8]) -> Result<Arc<JournalKey>, Refusal> {
        let (name, sealed) = (name.as_bytes().to_vec(), wrapped.to_vec());
        let opened = self.with_token(move |token| {
            Ok(match token.open_sealed(NAME, &sealed) {
                // Older texts have a key each, bound to the text's name.
                Err(hsm::Error::SealBroken) => token.open_sealed(&name, &sealed),
                opened => opened,
            })
        });
        let plain = opened.await?.map_err(|error| match error {
            hsm::Error::SealBroken => {
                tracing::error!(alarm = "journal", "what the journal holds sealed was altered");
                Refusal::Internal
            }
            error => token_refusal(&error),
        })?;
        Ok(Arc::new(JournalKey::new(&plain, wrapped.to_vec())?))
    }
}

impl JournalKey {
    fn new(plain: &[u8], wrapped: Vec<u8>) -> Result<Self, Refusal> {
        let key = UnboundKey::new(&AES_256_GCM, plain).map_err(|_| Refusal::Internal)?;
        Ok(Self { cipher: LessSafeKey::new(key), wrapped })
    }

    /// What [`Sealed::read`] reads.
    fn seal(&self, nonce: [u8; NONCE_LEN], name: &str, mut body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let length = u16::try_from(self.wrapped.len()).map_err(|_| Refusal::Internal)?;
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut body)
            .map_err(|_| Refusal::Internal)?;
        Ok([&length.to_be_bytes()[..], &self.wrapped, &nonce, &body].concat())
    }

    fn open(&self, sealed: &Sealed<'_>, name: &str) -> Result<Vec<u8>, Refusal> {
        let mut body = sealed.body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*sealed.nonce);
        let opened = self.cipher.open_in_place(nonce, Aad::from(name.as_bytes()), &mut body);
        let length = opened.map_err(|_| Refusal::Internal)?.len();
        body.truncate(length);
        Ok(body)
    }
}

/// Length of the wrapped key (2 bytes), the wrapped key, nonce, body with its tag.
struct Sealed<'a> {
    wrapped: &'a [u8],
    nonce: &'a [u8; NONCE_LEN],
    body: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let (length, rest) = bytes.split_first_chunk().ok_or(Refusal::Internal)?;
        let (wrapped, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Refusal::Internal)?;
        let (nonce, body) = rest.split_first_chunk().ok_or(Refusal::Internal)?;
        Ok(Self { wrapped, nonce, body })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_key_serves_for_a_time_and_for_so_many_texts() {
        let now = datetime!(2026-11-22 05:00 UTC);
        let keys = JournalKeys::default();
        assert!(keys.take(now).is_none());
        let key = Arc::new(JournalKey::new(&[7; KEY], vec![1, 2, 3]).unwrap());
        keys.replace(&key, now);
        assert!(keys.take(now).is_some() && keys.take(now + LIFETIME - Duration::SECOND).is_some());
        assert!(keys.wrapped_as(&[1, 2, 3], now).is_some() && keys.wrapped_as(&[1, 2], now).is_none());
        assert!(keys.wrapped_as(&[1, 2, 3], now + LIFETIME).is_none(), "its time is over");
        assert!(keys.take(now).is_none(), "and it is gone");
        keys.replace(&key, now);
        assert!(keys.take(now - Duration::SECOND).is_none(), "made in the future");

        keys.replace(&key, now);
        let served = (0..TEXTS).take_while(|_| keys.take(now).is_some()).count();
        assert_eq!(u32::try_from(served), Ok(TEXTS - 1), "and the one it was made for");
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_alone() {
        let key = JournalKey::new(&[7; KEY], vec![9; 60]).unwrap();
        let bytes = key.seal([3; NONCE_LEN], "document-file/1", b"%PDF".to_vec()).unwrap();
        let sealed = Sealed::read(&bytes).unwrap();
        assert_eq!((sealed.wrapped, sealed.nonce), (&[9; 60][..], &[3; NONCE_LEN]));
        assert_eq!(key.open(&sealed, "document-file/1").unwrap(), b"%PDF");
        assert!(key.open(&sealed, "document-file/2").is_err());
        for end in 0..bytes.len() {
            let cut = Sealed::read(&bytes[..end]).and_then(|sealed| key.open(&sealed, "document-file/1"));
            assert!(cut.is_err(), "cut at {end}");
        }
    }
}
