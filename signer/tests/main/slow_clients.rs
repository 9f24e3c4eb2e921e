//! Who connects and says nothing, or too much, keeps nobody else from the pages.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use signer::listening::{Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn slow_and_loud_clients_are_let_go_and_others_are_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        connections: 4,
        head: Duration::from_millis(300),
        connection: Duration::from_secs(2),
        head_bytes: 8 * 1024,
    };
    let pages = Router::new().route("/", get(|| async { "here" })).route(
        "/slow",
        get(|| async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            "late"
        }),
    );
    tokio::spawn(serve(listener, pages, limits));

    // More of them than there are places: silent, dribbling, idle after an answer.
    let mut silent = Vec::new();
    for place in 0..4 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if place % 2 == 1 {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Never: ").await.unwrap();
        }
        silent.push(stream);
    }
    let begun = Instant::now();
    assert!(ask(address, "/", "").await.ends_with("here"));
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    for mut stream in silent {
        let mut said = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut said)).await.expect("let go");
        assert!(!String::from_utf8_lossy(&said).contains("200 OK"));
    }
    // An idle connection is let go too.
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut said = Vec::new();
    tokio::time::timeout(Duration::from_secs(2), idle.read_to_end(&mut said)).await.expect("let go").unwrap();
    assert!(String::from_utf8_lossy(&said).ends_with("here"));

    let loud = ask(address, "/", &format!("X-Loud: {}\r\n", "x".repeat(64 * 1024))).await;
    assert!(loud.is_empty() || loud.starts_with("HTTP/1.1 431"), "{loud}");
    // Whatever it does, a connection ends.
    let begun = Instant::now();
    assert_eq!(ask(address, "/slow", "").await, "");
    assert!((1..4).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!(ask(address, "/", "").await.ends_with("here"));
}

async fn ask(address: std::net::SocketAddr, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
    // A server that will not hear the rest closes early.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}
