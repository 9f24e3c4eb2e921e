//! A webhook's receiver: a real HTTP server that refuses the first messages and keeps them all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A message that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// The receiver. Dropped, it is gone.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    kept: Arc<Mutex<Vec<Received>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Listens on a free port of this computer; the first `refused` messages are answered with 500.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn listens(refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&kept);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(message) = read(stream, &all, refused).await {
                    all.lock().expect("a lock").push(message);
                }
            }
        });
        Self { port, kept, serving }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}/hook", self.port)
    }

    /// Waits until so many messages have come, those refused among them.
    ///
    /// # Panics
    /// If they do not come within two minutes.
    pub async fn hears(&self, count: usize) -> Vec<Received> {
        for _ in 0..480 {
            let kept = self.kept.lock().expect("a lock").clone();
            if kept.len() >= count {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        panic!("only {:?}", self.kept.lock().expect("a lock"));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn read(mut stream: TcpStream, kept: &Mutex<Vec<Received>>, refused: usize) -> Option<Received> {
    let mut bytes = Vec::new();
    let (head, start) = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break (String::from_utf8(bytes[..end].to_vec()).ok()?, end + 4);
        }
    };
    let headers: BTreeMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while bytes.len() < start + length {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
    }
    let body = String::from_utf8(bytes[start..start + length].to_vec()).ok()?;
    let early = kept.lock().expect("a lock").len() < refused;
    let status = if early { "500 Internal Server Error" } else { "204 No Content" };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.ok()?;
    Some(Received { headers, body })
}
