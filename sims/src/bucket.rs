//! An S3 service that speaks HTTP and checks signatures (`s3s-fs`, Apache-2.0: a server of its own, no
//! double of any client), over a folder.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Name of the bucket.
pub const BUCKET: &str = "certificates";

/// The one access key that is known.
pub const ACCESS_KEY: &str = "rabrong";

/// Its secret.
pub const SECRET_KEY: &str = "a-secret-of-the-test";

/// A service with one bucket. Dropped, it is away; what it holds stays in its folder.
#[derive(Debug)]
pub struct BucketServer {
    address: SocketAddr,
    folder: PathBuf,
    serving: JoinHandle<()>,
}

impl BucketServer {
    /// Serves the bucket that lies in `folder`, at an address (`127.0.0.1:0`: any port).
    ///
    /// # Errors
    /// If the folder cannot be made or nothing can listen there.
    pub async fn serves(folder: &Path, address: &str) -> io::Result<Self> {
        let bucket = folder.join(BUCKET);
        std::fs::create_dir_all(&bucket)?;
        let files = s3s_fs::FileSystem::new(folder).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, folder: bucket, serving: tokio::spawn(answers(listener, service.build())) })
    }

    /// Address of the service, without the bucket.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its objects lie as files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends it and waits until it is gone.
    pub async fn ends(mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answers(listener: TcpListener, service: S3Service) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        connections.spawn(async move {
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
