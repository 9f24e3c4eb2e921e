//! Signed files at rest: encrypted under a key of their own, in an object store.

use std::path::Path as FilePath;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use crate::error::Error;
use crate::field_cipher::{open_under, seal_under};
use crate::randomness::Randomness;
use crate::signer_desk::DataKey;

/// The object store.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// A store in a folder, which is made if it is absent.
    pub(crate) fn folder(folder: &FilePath) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::Configuration(format!("object_folder {}: {error}", folder.display())))?;
        // Flushed to disk before the signer is told that it may forget its copy.
        let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::Objects)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Encrypts and stores a document's file; returns its place. The document's id is
    /// associated data: one document's file does not open as another's.
    pub(crate) async fn put(
        &self,
        document_id: &str,
        file: &[u8],
        key: &DataKey,
        rng: &Randomness,
    ) -> Result<String, Error> {
        let place = format!("documents/{document_id}.sealed");
        let sealed = seal_under(&key.secret_key, document_id.as_bytes(), file, rng)?;
        self.store.put(&Path::from(place.as_str()), PutPayload::from(sealed)).await.map_err(Error::Objects)?;
        Ok(place)
    }

    /// Reads and decrypts a document's file.
    pub(crate) async fn read(&self, document_id: &str, place: &str, key: &DataKey) -> Result<Vec<u8>, Error> {
        let got = self.store.get(&Path::from(place)).await.map_err(Error::Objects)?;
        let sealed = got.bytes().await.map_err(Error::Objects)?;
        open_under(&key.secret_key, document_id.as_bytes(), &sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::randomness::testing::counting;

    #[tokio::test]
    async fn a_stored_file_is_not_readable_on_the_disk() {
        let folder = std::env::temp_dir().join(format!("rabrong-objects-{}", std::process::id()));
        let objects = Objects::folder(&folder).unwrap();
        let key = DataKey { secret_key: [3; 32], wrapped: String::new() };
        let file = b"%PDF-1.7 a certificate";
        let place = objects.put("0198-a", file, &key, &counting()).await.unwrap();
        assert_eq!(objects.read("0198-a", &place, &key).await.unwrap(), file);
        assert!(objects.read("0198-b", &place, &key).await.is_err());
        let raw = std::fs::read(folder.join(&place)).unwrap();
        assert!(!raw.windows(4).any(|window| window == b"%PDF"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
