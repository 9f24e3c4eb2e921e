//! The same services by OpenSSL, with keys in files: `openssl ocsp` as a responder, which takes
//! one request on a connection, and `openssl ts -reply`, which is a process for each.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use super::load::{Load, post};
use super::meter::{Amount, processor_seconds_of_ended};
use super::requests::{is_ocsp_answer, is_time_stamp, time_stamp, with_nonce};
use super::task::Task;

/// How long the responder may take to come up.
const PATIENCE: Duration = Duration::from_secs(10);

const OCSP_REQUEST: &str = "application/ocsp-request";

const TIME_STAMPING: &str = "
[ tsa ]
default_tsa = unit
[ unit ]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = tsa.pem
signer_key = key.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
";

/// A CA of OpenSSL's own, with as many certificates in its index as ours has.
pub(super) struct Authority {
    folder: PathBuf,
    requests: Vec<Vec<u8>>,
}

impl Authority {
    /// Makes it; none if OpenSSL is not installed.
    pub(super) fn new(folder: &Path, certificates: usize) -> anyhow::Result<Option<Self>> {
        let folder = folder.join("openssl");
        std::fs::create_dir_all(&folder)?;
        let authority = Self { folder, requests: Vec::new() };
        match authority.command(&["version"]).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => drop(other?),
        }
        authority.run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"])?;
        let certificate = ["req", "-new", "-x509", "-key", "key.pem", "-days", "30", "-config", "none.cnf"];
        std::fs::write(authority.folder.join("none.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n")?;
        authority.run(&[&certificate[..], &["-subj", "/CN=CA", "-out", "ca.pem"]].concat())?;
        let usage =
            ["-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature"];
        authority.run(&[&certificate[..], &["-subj", "/CN=TSA", "-out", "tsa.pem"], &usage[..]].concat())?;
        std::fs::write(authority.folder.join("tsa.cnf"), TIME_STAMPING)?;
        std::fs::write(authority.folder.join("serial"), "01\n")?;
        let mut index = String::new();
        let mut requests = Vec::with_capacity(certificates);
        for number in 0..certificates {
            let digest = Sha256::digest(number.to_be_bytes());
            let serial = hex::encode_upper(digest.get(..16).unwrap_or_default());
            index.push_str(&format!("V\t401231235959Z\t\t01{serial}\tunknown\t/CN={number}\n"));
            if requests.is_empty() {
                let serial = format!("0x01{serial}");
                let ask = ["ocsp", "-issuer", "ca.pem", "-serial", &serial, "-no_nonce", "-reqout", "request.der"];
                authority.run(&ask)?;
                requests.push(std::fs::read(authority.folder.join("request.der"))?);
            }
        }
        std::fs::write(authority.folder.join("index.txt"), index)?;
        Ok(Some(Self { requests, ..authority }))
    }

    /// Its responder.
    pub(super) fn ocsp(&self) -> anyhow::Result<Task<'_>> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let port = port.to_string();
        let arguments = ["ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "key.pem"];
        let child = self.command(&arguments).args(["-port", &port, "-ndays", "1"]).spawn()?;
        let mut responder = Responder(child);
        let request = self.requests.first().context("a request")?;
        let ask = move |slice, process| {
            let load = Load {
                address: &address,
                processes: &[process],
                keep_alive: false,
                request: &|number| post("/", OCSP_REQUEST, &with_nonce(request, number).unwrap_or_default()),
                is_answer: is_ocsp_answer,
            };
            load.during(slice)
        };
        let (started, process) = (Instant::now(), responder.0.id());
        // Asked in earnest: a connection that is closed without a request keeps OpenSSL 3.0 busy for ever.
        while ask(Duration::ZERO, process).is_err() {
            let ended = responder.0.try_wait()?.is_some();
            ensure!(!ended && started.elapsed() < PATIENCE, "its OCSP responder does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Task::timed("openssl-ocsp-live", None, move |slice| ask(slice, responder.0.id())))
    }

    /// Its time-stamps.
    pub(super) fn time_stamps(&self) -> Task<'_> {
        let mut number = 0;
        Task::timed("openssl-ts-reply", None, move |slice| {
            let (started, cpu) = (Instant::now(), processor_seconds_of_ended()?);
            let mut count = 0.0;
            loop {
                number += 1;
                std::fs::write(self.folder.join("query.der"), time_stamp(number))?;
                self.run(&["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.der", "-out", "reply.der"])?;
                let reply = std::fs::read(self.folder.join("reply.der"))?;
                ensure!(is_time_stamp(&reply), "it did not stamp");
                count += 1.0;
                if started.elapsed() >= slice {
                    break;
                }
            }
            let cpu = processor_seconds_of_ended()? - cpu;
            Ok(Amount { count, wall: started.elapsed().as_secs_f64(), cpu })
        })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let done = self.command(arguments).stderr(Stdio::piped()).output().context("openssl")?;
        let said = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "openssl {}: {}", arguments.join(" "), said.trim());
        Ok(())
    }
}

/// The responder's process; it ends with us.
struct Responder(Child);

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
