//! The client of the signer's socket: all that `web` has of the trust core.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::protocol::{Envelope, MAX_MESSAGE, Refusal, Request, Response, VERSION};
use crate::wire::{self, Kind};

pub use crate::wire::{Keep, OcspAnswer};

/// Connections kept open while nothing is asked.
const KEPT: usize = 64;

/// How long one is kept unused: less than the signer's own patience with a silent one.
const KEPT_FOR: Duration = Duration::from_secs(30);

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

/// Asks the signer at one socket. Clones share their connections, each of which carries one
/// question at a time, one after the other.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    socket: PathBuf,
    timeout: Duration,
    idle: Mutex<Vec<(Instant, Connection)>>,
}

type Connection = BufReader<UnixStream>;

/// What is asked on a connection.
enum Question<'a> {
    Line(&'a [u8]),
    Octets(Kind, &'a [u8]),
}

impl Client {
    /// A client of the signer that listens at `socket`.
    #[must_use]
    pub fn new(socket: &Path, timeout: Duration) -> Self {
        Self(Arc::new(Shared { socket: socket.to_owned(), timeout, idle: Mutex::default() }))
    }

    /// Asks once.
    ///
    /// # Errors
    /// [`ClientError::Refused`] for any [`Response::Refused`]; the others when no answer came.
    pub async fn ask(&self, request: Request) -> Result<Response, ClientError> {
        let mut line = serde_json::to_vec(&Envelope { version: VERSION, request }).map_err(|_| ClientError::Garbled)?;
        line.push(b'\n');
        let answer = self.exchange(Question::Line(&line)).await?;
        match serde_json::from_slice(&answer).map_err(|_| ClientError::Garbled)? {
            Response::Refused { refusal } => Err(ClientError::Refused(refusal)),
            other => Ok(other),
        }
    }

    /// Has an OCSP request (RFC 6960, DER) answered.
    ///
    /// # Errors
    /// When no answer came. What the request lacks stands in the answer itself.
    pub async fn ocsp(&self, request: &[u8]) -> Result<OcspAnswer, ClientError> {
        let octets = self.exchange(Question::Octets(Kind::Ocsp, request)).await?;
        OcspAnswer::from_octets(&octets).ok_or(ClientError::Garbled)
    }

    /// Has a time-stamp request (RFC 3161, DER) answered; DER of the `TimeStampResp`.
    ///
    /// # Errors
    /// When no answer came. What the request lacks stands in the answer itself.
    pub async fn time_stamp(&self, request: &[u8]) -> Result<Vec<u8>, ClientError> {
        self.exchange(Question::Octets(Kind::TimeStamp, request)).await
    }

    async fn exchange(&self, question: Question<'_>) -> Result<Vec<u8>, ClientError> {
        tokio::time::timeout(self.0.timeout, self.exchange_patiently(&question))
            .await
            .map_err(|_| ClientError::TimedOut)?
    }

    async fn exchange_patiently(&self, question: &Question<'_>) -> Result<Vec<u8>, ClientError> {
        if let Some(mut kept) = self.kept() {
            match say(&mut kept, question).await {
                // The signer closed it while it was not used, or was started anew.
                Err(error) if is_gone(&error) => self.0.idle().clear(),
                said => return self.conclude(kept, said),
            }
        }
        let stream = UnixStream::connect(&self.0.socket).await.map_err(ClientError::Unreachable)?;
        let mut connection = BufReader::new(stream);
        let said = say(&mut connection, question).await;
        self.conclude(connection, said)
    }

    /// Keeps the connection if the answer was whole: a question given up leaves none behind.
    fn conclude(
        &self,
        connection: Connection,
        said: std::io::Result<Result<Vec<u8>, Refusal>>,
    ) -> Result<Vec<u8>, ClientError> {
        let said = said.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => ClientError::Garbled,
            _ => ClientError::Unreachable(error),
        })?;
        let mut idle = self.0.idle();
        if idle.len() < KEPT {
            idle.push((Instant::now(), connection));
        }
        drop(idle);
        said.map_err(ClientError::Refused)
    }

    /// The connection used last, if it is young enough.
    fn kept(&self) -> Option<Connection> {
        let mut idle = self.0.idle();
        let (since, connection) = idle.pop()?;
        if since.elapsed() < KEPT_FOR {
            return Some(connection);
        }
        // Those below it were put away earlier still.
        idle.clear();
        None
    }
}

impl Shared {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One question and its answer.
async fn say(connection: &mut Connection, question: &Question<'_>) -> std::io::Result<Result<Vec<u8>, Refusal>> {
    match question {
        Question::Line(line) => {
            connection.write_all(line).await?;
            let mut answer = Vec::new();
            let limit = u64::try_from(MAX_MESSAGE).unwrap_or(u64::MAX);
            (&mut *connection).take(limit).read_until(b'\n', &mut answer).await?;
            match answer.last() {
                Some(b'\n') => Ok(Ok(answer)),
                None => Err(ErrorKind::UnexpectedEof.into()),
                Some(_) => Err(ErrorKind::InvalidData.into()),
            }
        }
        Question::Octets(kind, der) => {
            wire::put_question(connection, *kind, der).await?;
            wire::take_answer(connection).await
        }
    }
}

fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}
