//! The Unix socket: JSON lines (see [`crate::protocol`]) and octets (see [`crate::wire`]), one
//! answer per question, one question after the other on each connection.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use crate::core::Core;
use crate::protocol::{Envelope, MAX_MESSAGE, Refusal, Response, VERSION};
use crate::wire::{self, Kind};

/// Connections served at once; more wait. Each portal keeps up to 64 that are silent.
const CONNECTIONS: usize = 1024;

/// How long a client may take over one question, and wait for the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(60);

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
                    if converse(BufReader::new(stream), &core).await.is_err() {
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

/// Answers question after question until the client closes, is silent too long or is not understood.
async fn converse(mut stream: BufReader<UnixStream>, core: &Arc<Core>) -> std::io::Result<()> {
    loop {
        let Ok(next) = tokio::time::timeout(SILENCE, stream.fill_buf()).await else { return Ok(()) };
        let Some(first) = next?.first().copied() else { return Ok(()) };
        let answered = match Kind::of(first) {
            Some(kind) => tokio::time::timeout(PATIENCE, answer_octets(&mut stream, kind, core)).await,
            None => tokio::time::timeout(PATIENCE, answer_line(&mut stream, core)).await,
        };
        match answered {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return stream.shutdown().await,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(std::io::ErrorKind::TimedOut.into()),
        }
    }
}

async fn answer_octets(stream: &mut BufReader<UnixStream>, kind: Kind, core: &Arc<Core>) -> std::io::Result<bool> {
    stream.consume(1);
    let der = wire::take_question(stream).await?;
    let answer = match kind {
        Kind::Ocsp => Ok(core.ocsp(&der).await.to_octets()),
        Kind::TimeStamp => core.time_stamp(&der).await,
    };
    wire::put_answer(stream, answer).await?;
    Ok(true)
}

/// Whether the client may go on: not after what is no line of this protocol.
async fn answer_line(stream: &mut BufReader<UnixStream>, core: &Arc<Core>) -> std::io::Result<bool> {
    let limit = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
    let mut line = Vec::new();
    (&mut *stream).take(limit).read_until(b'\n', &mut line).await?;
    let (response, understood) = match serde_json::from_slice::<Envelope>(&line) {
        Ok(envelope) if envelope.version == VERSION => {
            (core.answer(envelope.request).await.unwrap_or_else(|refusal| Response::Refused { refusal }), true)
        }
        Ok(envelope) => (malformed(format!("protocol version {} is not spoken here", envelope.version)), false),
        // serde's message names types and positions, never values of ours.
        Err(error) => (malformed(format!("line {}, column {}", error.line(), error.column())), false),
    };
    let mut bytes = serde_json::to_vec(&response).unwrap_or_default();
    bytes.push(b'\n');
    stream.write_all(&bytes).await?;
    Ok(understood)
}

fn malformed(detail: String) -> Response {
    Response::Refused { refusal: Refusal::Malformed { detail } }
}
