//! The loopback listener, spoken to by raw sockets as by browsers, strangers and attackers.

use std::time::Duration;

use jagwalk::{
    protocol::{exchange::Via, redirect::read},
    transport::browser::Listener,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use url::Url;

async fn listener() -> Listener {
    Listener::bind("http://127.0.0.1:0/callback", None)
        .await
        .unwrap()
}

/// Sends bytes to the listener and returns all that comes back.
async fn say(redirect_uri: &str, bytes: String) -> String {
    let port = Url::parse(redirect_uri).unwrap().port().unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // Who sends too much is cut off while it still sends.
    let _ = socket.write_all(bytes.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn visit(redirect_uri: &str, target: &str) -> String {
    say(
        redirect_uri,
        format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n"),
    )
    .await
}

#[tokio::test]
async fn the_answer_is_caught_at_any_free_port() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    assert!(
        uri.starts_with("http://127.0.0.1:") && uri.ends_with("/callback") && !uri.contains(":0/"),
        "{uri}"
    );
    let (redirect, page) = tokio::join!(
        listener.catch("s"),
        visit(&uri, "/callback?code=a%2Fb&state=s&iss=https%3A%2F%2Fidp")
    );
    assert_eq!(
        redirect.url.reveal(),
        format!("{uri}?code=a%2Fb&state=s&iss=https%3A%2F%2Fidp")
    );
    assert_eq!((redirect.via, redirect.hops.len()), (Via::Listener, 0));
    let low = page.to_ascii_lowercase();
    for part in [
        "http/1.1 200 ok",
        "connection: close",
        "cache-control: no-store",
        "referrer-policy: no-referrer",
        "you can close this page and go back to the terminal.",
    ] {
        assert!(low.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("a%2Fb") && !page.contains("a/b"), "{page}");
}

#[tokio::test]
async fn only_the_first_arrival_counts() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let wait = listener.catch("s");
    let visits = async {
        let head = say(
            &uri,
            "HEAD /callback?code=1&state=s HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
        )
        .await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let first = visit(&uri, "/callback?code=1&state=s").await;
        assert!(first.contains("Signed in"), "{first}");
        let second = visit(&uri, "/callback?code=2&state=s").await;
        assert!(second.contains("Already received"), "{second}");
    };
    let (redirect, ()) = tokio::join!(wait, visits);
    assert!(redirect.url.reveal().contains("code=1&"));
    // The next walk waits anew, and gets nothing of what came late.
    let (redirect, _) = tokio::join!(listener.catch("t"), visit(&uri, "/callback?code=3&state=t"));
    assert!(redirect.url.reveal().contains("code=3&"));
}

#[tokio::test]
async fn strangers_are_turned_away_and_told_of() {
    let (strays, mut told) = mpsc::unbounded_channel();
    let listener = listener().await.with_strays(strays);
    let uri = listener.redirect_uri().to_owned();
    let visits = async {
        let favicon = visit(&uri, "/favicon.ico").await;
        assert!(favicon.starts_with("HTTP/1.1 404"), "{favicon}");
        let empty = visit(&uri, "/callback").await;
        assert!(
            empty.starts_with("HTTP/1.1 400") && empty.contains("neither a code nor an error"),
            "{empty}"
        );
        let foreign = visit(&uri, "/callback?code=evil&state=other").await;
        assert!(
            foreign.starts_with("HTTP/1.1 400") && foreign.contains("another sign-in"),
            "{foreign}"
        );
        let put = say(
            &uri,
            "PUT /callback?code=1&state=s HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
                .to_owned(),
        )
        .await;
        assert!(put.starts_with("HTTP/1.1 405"), "{put}");
        visit(&uri, "/callback?code=good&state=s").await
    };
    let (redirect, _) = tokio::join!(listener.catch("s"), visits);
    assert!(redirect.url.reveal().contains("code=good"));
    assert_eq!(
        told.recv().await.unwrap().why,
        "it carries neither `code` nor `error`"
    );
    let stray = told.recv().await.unwrap();
    assert_eq!(stray.why, "its `state` is not the one of this sign-in");
    assert!(stray.url.reveal().contains("code=evil"));
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn an_arrival_may_be_quicker_than_the_wait() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let early = tokio::spawn(async move { visit(&uri, "/callback?code=1&state=s").await });
    tokio::task::yield_now().await;
    assert!(listener.catch("s").await.url.reveal().contains("code=1"));
    assert!(early.await.unwrap().contains("Signed in"));
}

#[tokio::test]
async fn an_error_is_shown_and_never_runs() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let (redirect, page) = tokio::join!(
        listener.catch("s"),
        visit(
            &uri,
            "/callback?error=%3Cscript%3Ealert(1)%3C/script%3E%22%27%0d%0aset-cookie:a&state=s&error_description=%3Cimg%20src=x%3E"
        )
    );
    assert!(
        read(redirect.url.reveal())
            .error
            .unwrap()
            .starts_with("<script>")
    );
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;"),
        "{page}"
    );
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains("\nset-cookie"),
        "{page}"
    );
    assert!(
        page.to_ascii_lowercase()
            .contains("content-security-policy: default-src 'none'")
    );
}

#[tokio::test]
async fn an_error_without_state_is_not_waited_past() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let (redirect, _) = tokio::join!(
        listener.catch("s"),
        visit(&uri, "/callback?error=server_error")
    );
    assert_eq!(
        read(redirect.url.reveal()).error.as_deref(),
        Some("server_error")
    );
}

#[tokio::test]
async fn a_form_post_is_an_answer_too() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let post = |body: String| {
        format!(
            "POST /callback HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let visits = async {
        let large = say(&uri, post(format!("code={}&state=s", "x".repeat(100_000)))).await;
        assert!(
            large.is_empty() || large.starts_with("HTTP/1.1 413"),
            "{large}"
        );
        say(&uri, post("code=a+b&state=s".to_owned())).await
    };
    let (redirect, page) = tokio::join!(listener.catch("s"), visits);
    assert!(page.contains("Signed in"), "{page}");
    assert_eq!(redirect.url.reveal(), format!("{uri}?code=a+b&state=s"));
    assert_eq!(read(redirect.url.reveal()).code.unwrap().reveal(), "a b");
}

#[tokio::test]
async fn garbage_does_not_disturb_the_wait() {
    let listener = listener().await;
    let uri = listener.redirect_uri().to_owned();
    let visits = async {
        for bytes in [
            "",
            "\r\n\r\n",
            "nonsense\r\n\r\n",
            "\u{16}\u{3}\u{1}",
            "GET / HTTP/9.9\r\n\r\n",
        ] {
            let port = Url::parse(&uri).unwrap().port().unwrap();
            let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            socket.write_all(bytes.as_bytes()).await.unwrap();
        }
        let huge = format!("/callback?code=1&state=s&x={}", "y".repeat(600_000));
        let port = Url::parse(&uri).unwrap().port().unwrap();
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = socket
            .write_all(format!("GET {huge} HTTP/1.1\r\n\r\n").as_bytes())
            .await;
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        visit(&uri, "/callback?code=good&state=s").await
    };
    let (redirect, _) = tokio::join!(listener.catch("s"), visits);
    assert!(redirect.url.reveal().ends_with("?code=good&state=s"));
}

#[tokio::test]
async fn a_taken_port_is_named_and_dropping_frees_it() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = other.local_addr().unwrap().port();
    let uri = format!("http://localhost:{port}/cb");
    let error = Listener::bind(&uri, None).await.unwrap_err();
    assert!(
        error.contains(&format!("Port {port} of 127.0.0.1 is taken")),
        "{error}"
    );
    drop(other);
    let listener = Listener::bind(&uri, None).await.unwrap();
    assert_eq!(listener.redirect_uri(), uri);
    drop(listener);
    // The server's task needs its turn to close the socket.
    for round in 0.. {
        match Listener::bind(&uri, None).await {
            Ok(_) => break,
            Err(error) => assert!(round < 500, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn only_loopback_is_listened_at() {
    for (uri, listen, says) in [
        ("http://192.0.2.1:8765/cb", None, "not a loopback address"),
        ("http://0.0.0.0:8765/cb", None, "not a loopback address"),
        (
            "http://localhost.example:1/cb",
            None,
            "not a loopback address",
        ),
        ("https://127.0.0.1:8765/cb", None, "the scheme is http"),
        ("com.example:/cb", None, "the scheme is http"),
        ("callback", None, "is not an address"),
        (
            "https://app.example/cb",
            Some("0.0.0.0:0"),
            "expected a loopback address",
        ),
        (
            "https://app.example/cb",
            Some("here"),
            "expected an address and port",
        ),
    ] {
        let error = Listener::bind(uri, listen).await.unwrap_err();
        assert!(error.contains(says), "{uri}: {error}");
    }
}

#[tokio::test]
async fn a_forwarded_port_keeps_its_redirect_uri() {
    let place = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let uri = "https://dev.example/cb";
    let listener = Listener::bind(uri, Some(&place.to_string())).await.unwrap();
    assert_eq!(listener.redirect_uri(), uri);
    let at = format!("http://{place}/cb");
    let (redirect, _) = tokio::join!(listener.catch("s"), visit(&at, "/cb?code=1&state=s"));
    assert_eq!(
        redirect.url.reveal(),
        "https://dev.example/cb?code=1&state=s"
    );
}
