//! The Unix socket: one JSON line in, one out (see [`crate::protocol`]).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::core::Core;
use crate::protocol::{Envelope, MAX_MESSAGE, Refusal, Response, VERSION};

/// Connections served at once; more wait.
const CONNECTIONS: usize = 256;

/// How long a client may take to say its line.
const PATIENCE: Duration = Duration::from_secs(30);

/// Listens at `path`: readable and writable by owner and group only, so that which system
/// users may ask is decided by the folder's owner and group.
///
/// # Errors
/// If the path cannot be bound, or another signer answers there already.
pub async fn listen(path: &Path) -> std::io::Result<UnixListener> {
    if UnixStream::connect(path).await.is_ok() {
        return Err(std::io::Error::new(std::io::ErrorKind::AddrInUse, "another signer answers at this socket"));
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers until the task is dropped.
pub async fn serve(listener: UnixListener, core: Arc<Core>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let core = Arc::clone(&core);
                tokio::spawn(async move {
                    let _permit = permit;
                    let answered = tokio::time::timeout(PATIENCE, answer(stream, &core)).await;
                    if !matches!(answered, Ok(Ok(()))) {
                        tracing::debug!("a client of the socket went away");
                    }
                });
            }
            Err(error) => {
                tracing::error!(error = %error, "the socket cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, core: &Arc<Core>) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let limit = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    BufReader::new(reading.take(limit)).read_until(b'\n', &mut line).await?;
    let response = match serde_json::from_slice::<Envelope>(&line) {
        Ok(envelope) if envelope.version == VERSION => {
            core.answer(envelope.request).await.unwrap_or_else(|refusal| Response::Refused { refusal })
        }
        Ok(envelope) => malformed(format!("protocol version {} is not spoken here", envelope.version)),
        // serde's message names types and positions, never values of ours.
        Err(error) => malformed(format!("line {}, column {}", error.line(), error.column())),
    };
    let mut bytes = serde_json::to_vec(&response).unwrap_or_default();
    bytes.push(b'\n');
    writing.write_all(&bytes).await?;
    writing.shutdown().await
}

fn malformed(detail: String) -> Response {
    Response::Refused { refusal: Refusal::Malformed { detail } }
}
