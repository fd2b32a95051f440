//! Answers that no honest server gives: each is shown for what it is, and the program goes on.

use std::{fmt::Write as _, time::Duration};

use jagwalk::protocol::{exchange::Failure, http::BODY_LIMIT};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

use super::peer::{Peer, failure, get, goes_on, http, impatient, response};

/// Answers with a body of so many bytes, announced or in chunks.
async fn large(size: usize, chunked: bool) -> Peer {
    Peer::new(move |_, mut socket| async move {
        let head = if chunked {
            "transfer-encoding: chunked".to_owned()
        } else {
            format!("content-length: {size}")
        };
        let _ = socket
            .write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes())
            .await;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..size / piece.len() {
            if chunked && socket.write_all(b"100000\r\n").await.is_err() {
                return;
            }
            if socket.write_all(&piece).await.is_err() {
                return;
            }
            if chunked && socket.write_all(b"\r\n").await.is_err() {
                return;
            }
        }
        if chunked {
            let _ = socket.write_all(b"0\r\n\r\n").await;
        }
    })
    .await
}

#[tokio::test]
async fn of_a_large_body_the_first_part_is_kept_and_the_rest_counted() {
    let http = http();
    for chunked in [false, true] {
        let peer = large(50 << 20, chunked).await;
        let response = response(get(&http, &peer.url("/")).await);
        assert_eq!(response.body.0.len(), BODY_LIMIT);
        assert_eq!(response.body_size, 50 << 20);
        assert_eq!(
            response.cut.as_deref(),
            Some("it has 50 MB, of which the first 16 MB are kept")
        );
        assert!(response.json().unwrap_err().contains("not whole"));
    }
    goes_on(&http).await;
}

#[tokio::test]
async fn of_a_huge_body_not_even_all_is_read() {
    let http = http();
    let peer = large(200 << 20, false).await;
    let response = response(get(&http, &peer.url("/")).await);
    assert_eq!(response.body.0.len(), BODY_LIMIT);
    assert!(response.body_size < 70 << 20);
    assert_eq!(
        response.cut.as_deref(),
        Some("reading stopped after 64 MB, of which the first 16 MB are kept")
    );
    goes_on(&http).await;
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let peer = large(BODY_LIMIT, false).await;
    let response = response(get(&http(), &peer.url("/")).await);
    assert_eq!((response.body.0.len(), response.cut), (BODY_LIMIT, None));
}

#[tokio::test]
async fn answers_that_are_odd_and_still_answers() {
    let http = http();
    for (bytes, status, body, cut) in [
        (&b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\xff\xfe\x00\x80"[..], 200, &b"\xff\xfe\x00\x80"[..], None),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n", 302, b"", None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n", 201, b"", None),
        (b"HTTP/1.1 999 Whatever\r\ncontent-length: 1\r\n\r\nx", 999, b"x", None),
        (b"HTTP/1.1 200\r\n\r\nto the end", 200, b"to the end", None),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old", None),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nstray", 204, b"", None),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxyz", 200, b"xyz", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more", 200, b"ok", None),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
            200,
            b"half",
            Some("the connection was closed after 4 bytes of the 100 bytes that `content-length` announced"),
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n8\r\nrest",
            200,
            b"halfrest",
            Some("the connection was closed after 8 bytes, before the end was marked"),
        ),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", 200, b"half", Some("it broke after 4 bytes (")),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 200, b"", Some("it broke after 0 bytes (")),
    ] {
        let name = String::from_utf8_lossy(bytes);
        let peer = Peer::saying(bytes).await;
        let response = response(get(&http, &peer.url("/")).await);
        assert_eq!(response.status, status, "{name}");
        assert_eq!(response.body.0, body, "{name}");
        assert_eq!(response.body_size, body.len() as u64, "{name}");
        match cut {
            None => assert_eq!(response.cut, None, "{name}"),
            Some(says) => {
                let why = response.cut.expect("cut");
                assert!(why.starts_with(says), "{name}: {why}");
            }
        }
    }
    goes_on(&http).await;
}

#[tokio::test]
async fn headers_are_kept_in_number_and_made_readable() {
    let peer = Peer::saying(
        &b"HTTP/1.1 200 OK\r\nX-Twice: one\r\nX-Latin: caf\xe9\r\nx-twice: two\r\nX-Empty:\r\ncontent-length: 0\r\n\r\n"[..],
    )
    .await;
    let response = response(get(&http(), &peer.url("/")).await);
    let all = |name: &str| -> Vec<&str> {
        response
            .headers
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
            .collect()
    };
    assert_eq!(all("x-twice"), ["one", "two"]);
    assert_eq!(all("x-latin"), ["caf\u{fffd}"]);
    assert_eq!(all("x-empty"), [""]);
}

#[tokio::test]
async fn an_html_page_with_status_200_is_named() {
    let peer = Peer::saying(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><p>Welcome",
    )
    .await;
    let response = response(get(&http(), &peer.url("/")).await);
    assert!(response.json().unwrap_err().contains("HTML page"));
}

#[tokio::test]
async fn answers_that_are_none() {
    let http = http();
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let mut many = "HTTP/1.1 200 OK\r\n".to_owned();
    for index in 0..5000 {
        let _ = write!(many, "x-{index}: y\r\n");
    }
    many.push_str("\r\n");
    for (bytes, says) in [
        (long.as_bytes(), "too large"),
        (many.as_bytes(), "too large"),
        (b"", "closed the connection before its header ended"),
        (
            b"HTTP/1.1 200 OK\r\nx: y\r\n",
            "closed the connection before its header ended",
        ),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "did not answer in HTTP/1.1"),
        (b"\x00\x01\x02\xff\xfe garbage\r\n\r\n", "HTTP"),
        (
            b"<html>no header at all</html>\r\n\r\n",
            "did not answer in HTTP/1.1",
        ),
        (b"HTTP/3.7 200 OK\r\n\r\n", "did not answer in HTTP/1.1"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "status"),
        (b"HTTP/1.1 099 Low\r\n\r\n", "status"),
        (
            b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
            "characters that HTTP forbids",
        ),
        (
            b"HTTP/1.1 200 OK\r\nx: a\x01b\r\n\r\n",
            "characters that HTTP forbids",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "content-length",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            "content-length",
        ),
        (b"\x15\x03\x01\x00\x02\x02\x50", "begins with https://"),
    ] {
        let peer = Peer::saying(bytes).await;
        let name = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
        let Failure::Broken(what) = failure(get(&http, &peer.url("/secret?token=abc")).await)
        else {
            panic!("{name}: not broken");
        };
        assert!(what.contains(says), "{name}: {what}");
        assert!(!what.contains("abc"), "{what}");
        goes_on(&http).await;
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let http = impatient();
    let peer = Peer::new(|_, mut socket| async move {
        let _ = socket.read(&mut [0; 1]).await;
    })
    .await;
    let exchange = get(&http, &peer.url("/")).await;
    assert!(exchange.times.first_byte.is_none());
    let Failure::Timeout(what) = failure(exchange) else {
        panic!("not a timeout");
    };
    assert!(
        what.contains("took the request") && what.contains("1 s"),
        "{what}"
    );
    goes_on(&http).await;
}

#[tokio::test]
async fn a_header_that_drips_is_given_up() {
    let peer = Peer::new(|_, mut socket| async move {
        for byte in b"HTTP/1.1 200 OK\r\nx: "
            .iter()
            .chain([b'y'].iter().cycle())
        {
            if socket.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(matches!(
        failure(get(&impatient(), &peer.url("/")).await),
        Failure::Timeout(_)
    ));
}

#[tokio::test]
async fn of_a_body_that_drips_what_came_is_kept() {
    let peer = Peer::new(|_, mut socket| async move {
        let _ = socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
            .await;
        while socket.write_all(b"drip").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let response = response(get(&impatient(), &peer.url("/")).await);
    assert_eq!(response.status, 200);
    assert!(response.text().starts_with("drip"));
    assert_eq!(response.body_size, response.body.0.len() as u64);
    assert!(
        response
            .cut
            .unwrap()
            .starts_with("it did not end within 1 s")
    );
}

#[tokio::test]
async fn dropping_the_future_breaks_the_connection_off() {
    let (gone, mut told) = mpsc::unbounded_channel();
    let mut peer = Peer::new(move |_, mut socket| {
        let gone = gone.clone();
        async move {
            // Ends when the other side closes or resets.
            let end = socket.read(&mut [0; 1]).await;
            let _ = gone.send(matches!(end, Ok(0) | Err(_)));
        }
    })
    .await;
    let (http, url) = (http(), peer.url("/"));
    let task = tokio::spawn(async move { get(&http, &url).await });
    peer.requests.recv().await.unwrap();
    task.abort();
    assert!(told.recv().await.unwrap());
}
