//! The client of the signer's socket: all that `web` has of the trust core.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::protocol::{Envelope, MAX_MESSAGE, Refusal, Request, Response, VERSION};

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The signer refused.
    #[error("the signer refused")]
    Refused(#[source] Refusal),
    /// The socket could not be reached, or broke.
    #[error("the signer cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// No answer within the time given.
    #[error("the signer did not answer in time")]
    TimedOut,
    /// The answer is not of this protocol.
    #[error("the signer's answer is not understood")]
    Garbled,
}

/// Asks the signer at one socket. Cheap to clone; one connection per request.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
    timeout: Duration,
}

impl Client {
    /// A client of the signer that listens at `socket`.
    #[must_use]
    pub fn new(socket: &Path, timeout: Duration) -> Self {
        Self { socket: socket.to_owned(), timeout }
    }

    /// Asks once.
    ///
    /// # Errors
    /// [`ClientError::Refused`] for any [`Response::Refused`]; the others when no answer came.
    pub async fn ask(&self, request: Request) -> Result<Response, ClientError> {
        let answer =
            tokio::time::timeout(self.timeout, self.exchange(request)).await.map_err(|_| ClientError::TimedOut)??;
        match answer {
            Response::Refused { refusal } => Err(ClientError::Refused(refusal)),
            other => Ok(other),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, ClientError> {
        let mut stream = UnixStream::connect(&self.socket).await.map_err(ClientError::Unreachable)?;
        let mut line = serde_json::to_vec(&Envelope { version: VERSION, request }).map_err(|_| ClientError::Garbled)?;
        line.push(b'\n');
        stream.write_all(&line).await.map_err(ClientError::Unreachable)?;
        let limit = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
        let mut answer = Vec::new();
        BufReader::new(stream.take(limit)).read_until(b'\n', &mut answer).await.map_err(ClientError::Unreachable)?;
        serde_json::from_slice(&answer).map_err(|_| ClientError::Garbled)
    }
}
