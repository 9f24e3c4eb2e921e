//! Signed files at rest: encrypted under a key of their own, in an object store.
//!
//! An object is named after the digest of its own bytes and written only where nothing lies
//! yet: a file once stored is never overwritten by another, whoever tries.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig};
use sha2::{Digest, Sha256};

use crate::config::{ObjectStoreConfig, S3};
use crate::error::Error;
use crate::field_cipher::{open_under, seal_under};
use crate::randomness::Randomness;
use crate::signer_desk::DataKey;

/// How long one question to an S3 service may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a question is asked again before the service counts as away.
const ASKED_AGAIN: usize = 2;

/// The object store.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// The store that the settings name. Nothing is connected to yet.
    ///
    /// # Errors
    /// [`Error::Configuration`], [`Error::Objects`].
    pub(crate) fn open(config: &ObjectStoreConfig) -> Result<Self, Error> {
        match config {
            ObjectStoreConfig::Folder { folder } => Self::folder(folder),
            ObjectStoreConfig::S3(s3) => Self::s3(s3),
        }
    }

    fn folder(folder: &FilePath) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Configuration(format!("object_store.folder {}: {error}", folder.display())))?;
        // Flushed to disk before the signer is told that it may forget its copy.
        let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::Objects)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    fn s3(s3: &S3) -> Result<Self, Error> {
        if s3.endpoint.starts_with("http://") && !s3.allow_http {
            return Err(Error::Configuration(
                "object_store.endpoint: https, or allow_http = true for a network of your own".to_owned(),
            ));
        }
        let options =
            ClientOptions::new().with_timeout(PATIENCE).with_connect_timeout(PATIENCE).with_allow_http(s3.allow_http);
        let retry = RetryConfig {
            max_retries: ASKED_AGAIN,
            retry_timeout: PATIENCE,
            backoff: BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() },
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(&s3.endpoint)
            .with_bucket_name(&s3.bucket)
            .with_region(&s3.region)
            .with_access_key_id(&s3.access_key)
            .with_secret_access_key(&s3.secret_key)
            .with_virtual_hosted_style_request(false)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(options)
            .with_retry(retry)
            .build()
            .map_err(Error::Objects)?;
        Ok(Self { store: Arc::new(store) })
    }

    /// Encrypts and stores a document's file; returns its place. The document's id is
    /// associated data: one document's file does not open as another's.
    ///
    /// # Errors
    /// [`Error::Objects`] while the store is away: nothing is lost, try again.
    pub(crate) async fn put(
        &self,
        document_id: &str,
        file: &[u8],
        key: &DataKey,
        rng: &Randomness,
    ) -> Result<String, Error> {
        let sealed = seal_under(&key.secret_key, document_id.as_bytes(), file, rng)?;
        let place = format!("{}/{}.sealed", folder_of(document_id), hex::encode(Sha256::digest(&sealed)));
        let path = Path::from(place.as_str());
        match self.store.put_opts(&path, PutPayload::from(sealed), PutMode::Create.into()).await {
            // Its name is its digest: what lies there already is this very object.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(place),
            Err(error) => Err(Error::Objects(error)),
        }
    }

    /// Reads and decrypts a document's file.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it is gone or no longer what was stored; [`Error::Objects`] while
    /// the store is away.
    pub(crate) async fn read(&self, document_id: &str, place: &str, key: &DataKey) -> Result<Vec<u8>, Error> {
        let damaged = |why| {
            tracing::error!(
                alarm = "stored_file", document.id = %document_id, place = %place, why,
                "a stored file is damaged: restore this object from the backup"
            );
            Error::Damaged
        };
        let got = match self.store.get(&Path::from(place)).await {
            Ok(got) => got,
            Err(object_store::Error::NotFound { .. }) => return Err(damaged("missing")),
            Err(error) => return Err(Error::Objects(error)),
        };
        let sealed = got.bytes().await.map_err(Error::Objects)?;
        if !place.ends_with(&format!("/{}.sealed", hex::encode(Sha256::digest(&sealed)))) {
            return Err(damaged("digest"));
        }
        open_under(&key.secret_key, document_id.as_bytes(), &sealed).map_err(|_| damaged("does not open"))
    }

    /// Deletes everything stored for a document: each version, and what a broken attempt left.
    ///
    /// # Errors
    /// [`Error::Objects`] while the store is away.
    pub(crate) async fn delete_all(&self, document_id: &str) -> Result<u64, Error> {
        let folder = Path::from(folder_of(document_id));
        let found: Vec<_> = self.store.list(Some(&folder)).try_collect().await.map_err(Error::Objects)?;
        let mut deleted = 0;
        for object in found {
            match self.store.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => deleted += 1,
                Err(error) => return Err(Error::Objects(error)),
            }
        }
        Ok(deleted)
    }
}

fn folder_of(document_id: &str) -> String {
    format!("documents/{document_id}")
}

#[cfg(test)]
mod tests;
