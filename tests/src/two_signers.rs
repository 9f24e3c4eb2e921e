//! Two signer processes on one token and one journal.

use std::io;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::process::Child;

use crate::world::{World, free_port};

/// A signer beside the first. Dropped, it is killed.
#[derive(Debug)]
pub struct SecondSigner {
    /// Where it listens.
    pub listen: String,
    socket: PathBuf,
    _process: Child,
}

impl World {
    /// Starts two signer processes at the same moment on one token and one journal, the first, which is given
    /// the arguments, in the place of the one that ran, and waits until both answer; where the second listens.
    ///
    /// # Panics
    /// If either does not come up.
    pub async fn start_two_signers(&mut self, arguments: &[&str]) -> SecondSigner {
        if let Some(mut running) = self.signer.take() {
            running.kill().await.expect("it ends");
        }
        let listen = format!("127.0.0.1:{}", free_port());
        let socket = self.file("second.sock");
        let second_socket = socket.to_string_lossy().into_owned();
        let environment = [("RABRONG__SIGNER__LISTEN", listen.as_str()), ("RABRONG__SIGNER__SOCKET", &second_socket)];
        let mut first = self.spawn("signer", arguments, &[]);
        let mut second = self.spawn("signer", &[], &environment);
        let url = format!("http://{}/healthz", self.configuration.signer.listen);
        self.answers("signer", &url, &mut first).await;
        self.answers("signer", &format!("http://{listen}/healthz"), &mut second).await;
        self.signer = Some(first);
        SecondSigner { listen, socket, _process: second }
    }

    /// Starts two signer processes on one token and one journal, in the place of the one that ran, behind the
    /// signer's addresses: whoever comes there is led to one and the other by turns. What each says goes to
    /// the logs `signer` and `second`. Where the first itself listens, and the second.
    ///
    /// # Panics
    /// If either does not come up.
    pub async fn start_two_signers_behind_one_address(&mut self) -> (String, SecondSigner) {
        self.stop_signer().await;
        let listens = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
        let sockets = ["first.sock", "second.sock"].map(|name| self.file(name));
        let mut processes = Vec::new();
        for ((listen, socket), log) in listens.iter().zip(&sockets).zip(["signer", "second"]) {
            let socket = socket.to_string_lossy().into_owned();
            let environment = [("RABRONG__SIGNER__LISTEN", listen.as_str()), ("RABRONG__SIGNER__SOCKET", &socket)];
            processes.push(self.spawn_with_log(log, "signer", &[], &environment));
        }
        for (process, listen) in processes.iter_mut().zip(&listens) {
            self.answers("signer", &format!("http://{listen}/healthz"), process).await;
        }
        let second = processes.pop().expect("two");
        self.signer = processes.pop();
        let socket = &self.configuration.signer.socket;
        let _ = std::fs::remove_file(socket);
        let front = UnixListener::bind(socket).expect("the socket");
        let behind = sockets.clone();
        tokio::spawn(async move {
            for socket in behind.iter().cycle() {
                let Ok((asking, _)) = front.accept().await else { return };
                leads_to(asking, UnixStream::connect(socket.clone()));
            }
        });
        self.listens_for(listens.to_vec()).await;
        let [first_listen, listen] = listens;
        let [_, socket] = sockets;
        (first_listen, SecondSigner { listen, socket, _process: second })
    }

    /// The first signer's process is killed, unless it has ended, and its addresses lead to the second from then
    /// on, as behind a balancer.
    ///
    /// # Panics
    /// If the addresses are another's.
    pub async fn second_takes_over(&mut self, second: &SecondSigner) {
        if let Some(mut running) = self.signer.take() {
            running.kill().await.expect("it ends");
        }
        let socket = &self.configuration.signer.socket;
        let _ = std::fs::remove_file(socket);
        std::os::unix::fs::symlink(&second.socket, socket).expect("a link");
        self.listens_for(vec![second.listen.clone()]).await;
    }

    /// Whoever comes to the signer's address is led to these by turns.
    async fn listens_for(&self, behind: Vec<String>) {
        let front = TcpListener::bind(&self.configuration.signer.listen).await.expect("the address");
        tokio::spawn(async move {
            for listen in behind.iter().cycle() {
                let Ok((asking, _)) = front.accept().await else { return };
                leads_to(asking, TcpStream::connect(listen.clone()));
            }
        });
    }
}

/// Everything that one says goes to the other, and back.
fn leads_to<A, B>(mut asking: A, behind: impl Future<Output = io::Result<B>> + Send + 'static)
where
    A: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move { copy_bidirectional(&mut asking, &mut behind.await?).await });
}
