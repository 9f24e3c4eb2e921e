//! Who asks the services over HTTP: threads of this process with a connection each, whose own
//! processor time does not count.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::meter::{Amount, processor_seconds_of};

/// Connections at once.
const CONNECTIONS: usize = 8;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer read.
const LARGEST: usize = 64 * 1024;

/// Asks one service.
pub(super) struct Load<'a> {
    /// Host and port.
    pub(super) address: &'a str,
    /// Processes whose time counts.
    pub(super) processes: &'a [u32],
    /// Whether a connection carries one question after the other.
    pub(super) keep_alive: bool,
    /// A whole request, by a number that never comes again.
    pub(super) request: &'a (dyn Fn(u64) -> Vec<u8> + Sync),
    /// Whether a body is the answer wanted.
    pub(super) is_answer: fn(&[u8]) -> bool,
}

/// Numbers of requests.
static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Load<'_> {
    /// Asks for at least `slice`.
    pub(super) fn during(&self, slice: Duration) -> anyhow::Result<Amount> {
        let over = AtomicBool::new(false);
        let (started, cpu) = (Instant::now(), processor_seconds_of(self.processes)?);
        let counts: Vec<anyhow::Result<u32>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| self.ask(&over))).collect();
            std::thread::sleep(slice);
            over.store(true, Ordering::Relaxed);
            let ended = |thread: std::thread::ScopedJoinHandle<'_, _>| match thread.join() {
                Ok(count) => count,
                Err(_) => bail!("a thread that asks ended"),
            };
            threads.into_iter().map(ended).collect()
        });
        let (wall, cpu) = (started.elapsed().as_secs_f64(), processor_seconds_of(self.processes)? - cpu);
        let mut count = 0.0;
        for one in counts {
            count += f64::from(one?);
        }
        Ok(Amount { count, wall, cpu })
    }

    fn ask(&self, over: &AtomicBool) -> anyhow::Result<u32> {
        let mut connection = None;
        let mut count = 0;
        loop {
            let mut stream = match connection.take() {
                Some(stream) => stream,
                None => self.connect()?,
            };
            let request = (self.request)(NUMBER.fetch_add(1, Ordering::Relaxed));
            stream.get_mut().write_all(&request)?;
            let body = read_answer(&mut stream)?;
            ensure!((self.is_answer)(&body), "not the answer: {}", hex::encode(body.get(..40).unwrap_or(&body)));
            count += 1;
            if over.load(Ordering::Relaxed) {
                return Ok(count);
            }
            connection = self.keep_alive.then_some(stream);
        }
    }

    fn connect(&self) -> anyhow::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address).with_context(|| self.address.to_owned())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }
}

/// The body of an answer with status 200.
fn read_answer(stream: &mut BufReader<TcpStream>) -> anyhow::Result<Vec<u8>> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    ensure!(line.split(' ').nth(1) == Some("200"), "answered {:?}", line.trim());
    let mut length = None;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse::<usize>()?);
        }
    }
    let length = length.context("an answer without its length")?;
    ensure!(length <= LARGEST, "an answer of {length} octets");
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// A POST.
pub(super) fn post(path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A GET.
pub(super) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}
