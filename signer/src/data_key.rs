//! The data key under which this process seals for the journal: a new one every few minutes, so that
//! the token is asked once for many. Its plain form lies in the memory of a process that may ask the
//! token to open any of them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::core::Core;
use crate::protocol::Refusal;

/// Bytes of a data key.
pub(crate) const KEY: usize = 32;

/// What the token binds the journal's data keys to: no document of the portal's has such a name.
const NAME: &[u8] = b"journal-data-key";

/// How long one is used.
const LIFETIME: Duration = Duration::minutes(10);

/// How many texts are sealed under one: far from the 2^32 that nonces drawn at random allow (SP 800-38D §8.3).
const TEXTS: u32 = 1 << 20;

/// A data key, and as the token sealed it.
pub(crate) struct DataKey {
    cipher: LessSafeKey,
    wrapped: Vec<u8>,
}

/// The one in use, if any was made yet.
#[derive(Default)]
pub(crate) struct DataKeyInUse(Mutex<Option<InUse>>);

struct InUse {
    key: Arc<DataKey>,
    made_at: OffsetDateTime,
    texts_left: u32,
}

impl DataKeyInUse {
    /// The key, for one more text.
    fn take(&self, now: OffsetDateTime) -> Option<Arc<DataKey>> {
        let mut in_use = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let in_use = in_use.as_mut()?;
        // A clock that was set back does not prolong its life.
        let young = now >= in_use.made_at && now - in_use.made_at < LIFETIME;
        in_use.texts_left = in_use.texts_left.checked_sub(1).filter(|_| young)?;
        Some(Arc::clone(&in_use.key))
    }

    /// The key, if this is its sealed form.
    fn wrapped_as(&self, wrapped: &[u8]) -> Option<Arc<DataKey>> {
        let in_use = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.as_ref().filter(|in_use| in_use.key.wrapped == wrapped).map(|in_use| Arc::clone(&in_use.key))
    }

    fn replace(&self, key: &Arc<DataKey>, made_at: OffsetDateTime) {
        let new = InUse { key: Arc::clone(key), made_at, texts_left: TEXTS - 1 };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
    }
}

impl Core {
    /// The data key for one more text.
    pub(crate) async fn data_key(&self) -> Result<Arc<DataKey>, Refusal> {
        let now = self.now();
        if let Some(key) = self.data_key.take(now) {
            return Ok(key);
        }
        let plain = Zeroizing::new(self.randomness.bytes::<KEY>());
        let given = plain.clone();
        let wrapped = self.with_token(move |token| token.seal(NAME, &*given)).await?;
        let key = Arc::new(DataKey::new(&*plain, wrapped)?);
        self.data_key.replace(&key, now);
        Ok(key)
    }

    /// The data key that the token sealed as `wrapped`.
    pub(crate) async fn opened_data_key(&self, wrapped: &[u8]) -> Result<Arc<DataKey>, Refusal> {
        if let Some(key) = self.data_key.wrapped_as(wrapped) {
            return Ok(key);
        }
        let sealed = wrapped.to_vec();
        let plain = self.with_token(move |token| token.open_sealed(NAME, &sealed)).await?;
        Ok(Arc::new(DataKey::new(&plain, wrapped.to_vec())?))
    }
}

impl DataKey {
    fn new(plain: &[u8], wrapped: Vec<u8>) -> Result<Self, Refusal> {
        let key = UnboundKey::new(&AES_256_GCM, plain).map_err(|_| Refusal::Internal)?;
        Ok(Self { cipher: LessSafeKey::new(key), wrapped })
    }

    /// Length of the wrapped key (2 bytes), the wrapped key, `nonce`, body with its tag.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], name: &str, mut body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let length = u16::try_from(self.wrapped.len()).map_err(|_| Refusal::Internal)?;
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut body)
            .map_err(|_| Refusal::Internal)?;
        Ok([&length.to_be_bytes()[..], &self.wrapped, &nonce, &body].concat())
    }

    /// The body, if it was sealed under this key and that name.
    pub(crate) fn open(&self, nonce: [u8; NONCE_LEN], name: &str, mut body: Vec<u8>) -> Result<Vec<u8>, Refusal> {
        let length = self
            .cipher
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut body)
            .map_err(|_| Refusal::Internal)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_key_serves_for_a_time_and_for_so_many_texts() {
        let now = datetime!(2026-11-22 05:00 UTC);
        let in_use = DataKeyInUse::default();
        assert!(in_use.take(now).is_none());
        let key = Arc::new(DataKey::new(&[7; KEY], vec![1, 2, 3]).unwrap());
        in_use.replace(&key, now);
        assert!(in_use.take(now).is_some() && in_use.take(now + LIFETIME - Duration::SECOND).is_some());
        assert!(in_use.take(now + LIFETIME).is_none(), "too old");
        assert!(in_use.take(now - Duration::SECOND).is_none(), "from the future");
        assert!(in_use.wrapped_as(&[1, 2, 3]).is_some() && in_use.wrapped_as(&[1, 2]).is_none());

        in_use.replace(&key, now);
        let served = (0..TEXTS).take_while(|_| in_use.take(now).is_some()).count();
        assert_eq!(u32::try_from(served), Ok(TEXTS - 1), "and the one it was made for");
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_alone() {
        let key = DataKey::new(&[7; KEY], vec![9; 60]).unwrap();
        let nonce = [3; NONCE_LEN];
        let sealed = key.seal(nonce, "document-file/1", b"%PDF".to_vec()).unwrap();
        assert_eq!(sealed[..2], [0, 60]);
        assert_eq!(sealed[2..62], [9; 60]);
        let body = sealed[62 + NONCE_LEN..].to_vec();
        assert_eq!(key.open(nonce, "document-file/1", body.clone()).unwrap(), b"%PDF");
        assert!(key.open(nonce, "document-file/2", body).is_err());
    }
}
