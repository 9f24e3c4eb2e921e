//! The same demands on a folder and on an S3 server.

use std::path::PathBuf;

use sims::bucket::{ACCESS_KEY, BUCKET, BucketServer, SECRET_KEY};

use super::*;
use crate::randomness::testing::counting;

const DOCUMENT: &str = "0198f0f0-0000-7000-8000-00000000000a";
const OTHER: &str = "0198f0f0-0000-7000-8000-00000000000b";
const FILE: &[u8] = b"%PDF-1.7 a certificate";

fn key() -> DataKey {
    DataKey { secret_key: [3; 32], wrapped: String::new() }
}

struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rabrong-objects-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What holds of any store; `disk` is where its objects lie as files.
async fn keeps_what_it_is_given(objects: &Objects, disk: &FilePath) {
    let place = objects.put(DOCUMENT, FILE, &key(), &counting()).await.unwrap();
    assert_eq!(objects.read(DOCUMENT, &place, &key()).await.unwrap(), FILE);
    // One document's file does not open as another's, nor under another's key.
    assert!(matches!(objects.read(OTHER, &place, &key()).await, Err(Error::Damaged)));
    let wrong = DataKey { secret_key: [4; 32], wrapped: String::new() };
    assert!(matches!(objects.read(DOCUMENT, &place, &wrong).await, Err(Error::Damaged)));

    let raw = std::fs::read(disk.join(&place)).unwrap();
    assert!(!raw.windows(4).any(|window| window == b"%PDF"), "it lies there in the clear");

    // The same bytes again, as a repeat after a crash writes them, change nothing.
    assert_eq!(objects.put(DOCUMENT, FILE, &key(), &counting()).await.unwrap(), place);
    // Other bytes never come to lie in its place.
    let over = objects.store.put_opts(&Path::from(place.as_str()), "other".into(), PutMode::Create.into()).await;
    assert!(matches!(over, Err(object_store::Error::AlreadyExists { .. })), "{over:?}");
    assert_eq!(std::fs::read(disk.join(&place)).unwrap(), raw);

    // Whoever writes to the disk is found out at the next read.
    let mut altered = raw.clone();
    altered[raw.len() / 2] ^= 1;
    std::fs::write(disk.join(&place), &altered).unwrap();
    assert!(matches!(objects.read(DOCUMENT, &place, &key()).await, Err(Error::Damaged)));
    std::fs::write(disk.join(&place), &raw[..10]).unwrap();
    assert!(matches!(objects.read(DOCUMENT, &place, &key()).await, Err(Error::Damaged)));
    // Restored from a backup it is read again.
    std::fs::write(disk.join(&place), &raw).unwrap();
    assert_eq!(objects.read(DOCUMENT, &place, &key()).await.unwrap(), FILE);

    let later = objects.put(DOCUMENT, b"%PDF-1.7 renewed", &key(), &counting()).await.unwrap();
    assert_ne!(later, place);
    let neighbour = objects.put(OTHER, FILE, &key(), &counting()).await.unwrap();
    assert_eq!(objects.delete_all(DOCUMENT).await.unwrap(), 2);
    assert_eq!(objects.delete_all(DOCUMENT).await.unwrap(), 0);
    for gone in [&place, &later] {
        assert!(matches!(objects.read(DOCUMENT, gone, &key()).await, Err(Error::Damaged)));
    }
    assert_eq!(objects.read(OTHER, &neighbour, &key()).await.unwrap(), FILE);
}

#[tokio::test]
async fn a_folder_keeps_what_it_is_given() {
    let room = Room::new("folder");
    let objects = Objects::open(&ObjectStoreConfig::Folder { folder: room.0.clone() }).unwrap();
    keeps_what_it_is_given(&objects, &room.0).await;
}

#[tokio::test]
async fn an_s3_server_keeps_what_it_is_given() {
    let room = Room::new("s3");
    let server = BucketServer::serves(&room.0, "127.0.0.1:0").await.unwrap();
    let s3 = S3 {
        endpoint: server.endpoint(),
        bucket: BUCKET.to_owned(),
        region: "th-1".to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        allow_http: true,
    };
    let objects = Objects::open(&ObjectStoreConfig::S3(s3.clone())).unwrap();
    keeps_what_it_is_given(&objects, server.folder()).await;

    let stranger = S3 { secret_key: "another".to_owned(), ..s3.clone() };
    let stranger = Objects::open(&ObjectStoreConfig::S3(stranger)).unwrap();
    let place = objects.put(DOCUMENT, FILE, &key(), &counting()).await.unwrap();
    assert!(matches!(stranger.put(OTHER, FILE, &key(), &counting()).await, Err(Error::Objects(_))));
    assert!(matches!(stranger.read(DOCUMENT, &place, &key()).await, Err(Error::Objects(_))));

    // Away is not damaged: it is asked again later.
    server.ends().await;
    let away = Objects::open(&ObjectStoreConfig::S3(S3 { endpoint: "http://127.0.0.1:9".to_owned(), ..s3 })).unwrap();
    assert!(matches!(away.read(DOCUMENT, &place, &key()).await, Err(Error::Objects(_))));
    assert!(matches!(away.put(OTHER, FILE, &key(), &counting()).await, Err(Error::Objects(_))));
}

#[test]
fn plain_http_is_asked_for_by_name() {
    let s3 = S3 {
        endpoint: "http://storage.example".to_owned(),
        bucket: "certificates".to_owned(),
        region: "th-1".to_owned(),
        access_key: "rabrong".to_owned(),
        secret_key: "secret".to_owned(),
        allow_http: false,
    };
    assert!(!format!("{s3:?}").contains("secret"));
    assert!(matches!(Objects::open(&ObjectStoreConfig::S3(s3)), Err(Error::Configuration(_))));
}
