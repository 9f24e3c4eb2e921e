//! Serving the signer's pages to whoever connects: so many at once, none of them slowly for ever.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How patient the pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; who comes then waits in the system's queue.
    pub connections: usize,
    /// For a request's head, also between two requests of one connection.
    pub head: Duration,
    /// For one connection, whatever it does.
    pub connection: Duration,
    /// Bytes of a request's head.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            connection: Duration::from_secs(300),
            head_bytes: 16 * 1024,
        }
    }
}

/// Serves `pages` until the task is dropped.
///
/// # Errors
/// None but those that end the listener itself.
pub async fn serve(listener: TcpListener, pages: Router, limits: Limits) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(limits.head_bytes.max(8192));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, or the peer is gone already: the next may be better.
                tracing::warn!(error = %error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let serving = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages.clone()));
        tokio::spawn(async move {
            // Who went away or was too slow is nobody's concern.
            let _ended = tokio::time::timeout(limits.connection, serving).await;
            drop(place);
        });
    }
}
