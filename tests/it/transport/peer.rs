//! Servers made of raw sockets, which say whatever a test wants.

use std::{future::Future, sync::Arc, time::Duration};

use jagwalk::{
    protocol::{
        exchange::{Answer, Exchange, Failure},
        http::{HttpRequest, Response},
    },
    transport::http::{Http, Settings},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc,
};

/// A server on a free port; it ends with the test's runtime.
pub struct Peer {
    pub port: u16,
    /// The requests as they came, byte for byte.
    pub requests: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Peer {
    /// Reads one request a connection, then hands it and the socket to `answer`.
    pub async fn new<F, Fut>(answer: F) -> Self
    where
        F: Fn(String, TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (sender, requests) = mpsc::unbounded_channel();
        let answer = Arc::new(answer);
        let port = raw(move |mut socket| {
            let (sender, answer) = (sender.clone(), Arc::clone(&answer));
            async move {
                let request = read_request(&mut socket).await;
                let text = String::from_utf8_lossy(&request).into_owned();
                let _ = sender.send(request);
                answer(text, socket).await;
            }
        })
        .await;
        Self { port, requests }
    }

    /// Always answers with the same bytes and closes.
    pub async fn saying(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::new(move |_, mut socket| {
            let bytes = bytes.clone();
            async move {
                let _ = socket.write_all(&bytes).await;
                let _ = socket.shutdown().await;
            }
        })
        .await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// Serves raw connections on a free port.
pub async fn raw<F, Fut>(serve: F) -> u16
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = socket.accept().await {
            tokio::spawn(serve(connection));
        }
    });
    port
}

/// A port that stays taken and refuses connections for as long as the socket is held.
pub fn refusing() -> (u16, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (socket.local_addr().unwrap().port(), socket)
}

/// Reads one request to the end of the body that its `content-length` announces.
pub async fn read_request(socket: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return bytes;
            }
        }
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return bytes,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

/// A transport whose timeout no healthy test reaches.
pub fn http() -> Http {
    with(|_| {})
}

/// A transport that soon loses its patience.
pub fn impatient() -> Http {
    with(|settings| settings.timeout = Duration::from_secs(1))
}

pub fn with(change: impl FnOnce(&mut Settings)) -> Http {
    jagwalk::protocol::keys::install_crypto();
    let mut settings = Settings::default();
    change(&mut settings);
    Http::new(settings).unwrap()
}

pub async fn get(http: &Http, url: &str) -> Exchange {
    http.send(&HttpRequest::get(url, "*/*")).await
}

pub fn response(exchange: Exchange) -> Response {
    match exchange.outcome {
        Ok(Answer::Http(response)) => response,
        other => panic!("expected a response, received {other:?}"),
    }
}

pub fn failure(exchange: Exchange) -> Failure {
    exchange.outcome.expect_err("expected a failure")
}

/// Proves that the program goes on: the same transport still gets an answer from a healthy server.
pub async fn goes_on(http: &Http) {
    let peer = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let response = response(get(http, &peer.url("/")).await);
    assert_eq!((response.status, response.text().as_ref()), (200, "ok"));
}
