//! `login = "follow"`: the HTTP client that plays the browser.

use jagwalk::{
    protocol::{
        exchange::{Answer, AuthorizeRequest, Failure, Hop, Login, Redirect, Via},
        http::HttpRequest,
        page,
    },
    transport::follow::{HOP_LIMIT, follow},
};
use tokio::io::AsyncWriteExt;

use super::peer::{Peer, goes_on, http, refusing};

const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";

/// Answers by path; anything else is 404.
async fn site(routes: &'static [(&'static str, &'static str)]) -> Peer {
    Peer::new(move |request, mut socket| async move {
        let target = request.split(' ').nth(1).unwrap_or_default();
        let answer = routes.iter().find(|(path, _)| *path == target).map_or(
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            |(_, answer)| *answer,
        );
        let _ = socket.write_all(answer.as_bytes()).await;
        let _ = socket.shutdown().await;
    })
    .await
}

fn authorize(peer: &Peer, redirect_uri: &str) -> AuthorizeRequest {
    AuthorizeRequest {
        http: HttpRequest::get(peer.url("/authorize?state=s"), "text/html"),
        redirect_uri: redirect_uri.to_owned(),
        state: "s".to_owned(),
        login: Login::Follow,
        patience: jagwalk::protocol::time::Lifetime::from_secs(60),
    }
}

async fn arrives(peer: &Peer, redirect_uri: &str) -> Redirect {
    let exchange = follow(&http(), &authorize(peer, redirect_uri)).await;
    assert!(exchange.times.first_byte.unwrap() <= exchange.times.end);
    match exchange.outcome {
        Ok(Answer::Redirect(redirect)) => {
            assert_eq!(redirect.via, Via::Follow);
            redirect
        }
        other => panic!("expected a redirect, received {other:?}"),
    }
}

async fn strays(peer: &Peer) -> String {
    let http = http();
    let outcome = follow(&http, &authorize(peer, REDIRECT_URI)).await.outcome;
    goes_on(&http).await;
    match outcome {
        Err(Failure::Broken(what)) => what,
        // All that came is kept; what the step says of it is the same.
        Ok(Answer::Http(response)) => page::no_redirect(&response, &peer.url("/authorize")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_stops_before_the_redirect_uri_and_records_every_hop() {
    let mut peer = site(&[
        (
            "/authorize?state=s",
            "HTTP/1.1 302 Found\r\nset-cookie: session=abc; Path=/; HttpOnly\r\nset-cookie: other=1; Path=/else\r\nlocation: login?next=%2fa+b&x\r\n\r\n",
        ),
        (
            "/login?next=%2fa+b&x",
            "HTTP/1.1 303 See Other\r\nset-cookie: signed=in; Path=/\r\nlocation: ./done#top\r\ncontent-length: 4\r\n\r\nbody",
        ),
        (
            "/done",
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/callback?code=a%2Fb&state=s&iss=x#\r\n\r\n",
        ),
    ])
    .await;
    let redirect = arrives(&peer, REDIRECT_URI).await;
    assert_eq!(
        redirect.url.reveal(),
        "http://127.0.0.1:1/callback?code=a%2Fb&state=s&iss=x#"
    );
    let hop = |path: &str, status| Hop {
        url: peer.url(path),
        status,
    };
    assert_eq!(
        redirect.hops,
        [
            hop("/authorize?state=s", 302),
            hop("/login?next=%2fa+b&x", 303),
            hop("/done", 307)
        ]
    );
    let mut cookies = Vec::new();
    for _ in 0..3 {
        let request = String::from_utf8(peer.requests.recv().await.unwrap()).unwrap();
        assert!(request.contains("user-agent: jagwalk/") && request.contains("accept: text/html"));
        let line = request
            .lines()
            .find_map(|line| line.strip_prefix("cookie: "));
        let mut sent: Vec<String> = line
            .unwrap_or_default()
            .split("; ")
            .map(str::to_owned)
            .collect();
        sent.sort();
        cookies.push(sent.join("; "));
    }
    assert_eq!(cookies, ["", "session=abc", "session=abc; signed=in"]);
}

#[tokio::test]
async fn two_sign_ins_share_no_cookies() {
    let mut peer = site(&[(
        "/authorize?state=s",
        "HTTP/1.1 302 Found\r\nset-cookie: session=abc\r\nlocation: http://127.0.0.1:1/callback?code=c\r\n\r\n",
    )])
    .await;
    for _ in 0..2 {
        arrives(&peer, REDIRECT_URI).await;
        let request = peer.requests.recv().await.unwrap();
        assert!(!String::from_utf8(request).unwrap().contains("cookie"));
    }
}

#[tokio::test]
async fn a_redirect_uri_of_any_port_or_scheme_is_recognised() {
    for (uri, location) in [
        (
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:0/callback?code=c",
        ),
        (
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:4711/callback?code=c",
        ),
        (
            "http://localhost/cb",
            "http://localhost:80/cb?error=access_denied",
        ),
        (
            "https://app.example/cb?tenant=1",
            "https://app.example/cb?tenant=1&code=c",
        ),
        ("com.example.app:/cb", "com.example.app:/cb?code=c"),
        (
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:1/callback#error=x",
        ),
    ] {
        let peer = Peer::saying(format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\n\r\n"
        ))
        .await;
        let redirect = arrives(&peer, uri).await;
        assert_eq!(redirect.url.reveal(), location);
        assert_eq!(redirect.hops.len(), 1);
    }
}

#[tokio::test]
async fn a_page_that_wants_a_person_ends_it() {
    let peer = site(&[
        ("/authorize?state=s", "HTTP/1.1 302 Found\r\nlocation: /login?ticket=abc\r\n\r\n"),
        (
            "/login?ticket=abc",
            "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n<html><head><title>Sign in &amp; go</title></head><body><form>",
        ),
    ])
    .await;
    let what = strays(&peer).await;
    let address = peer.url("/login");
    assert_eq!(
        what,
        format!(
            "{address} answered 200 with the page “Sign in & go”, which wants a person; set `login = \"open\"` to sign in with a browser"
        )
    );
}

#[tokio::test]
async fn other_ends_are_told_with_their_words() {
    for (answer, says) in [
        (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n\r\n{\"error\":\"invalid_request\",\"error_description\":\"no such client\"}",
            "/authorize answered 400: invalid_request: no such client",
        ),
        (
            "HTTP/1.1 500 Oops\r\ncontent-type: text/html\r\n\r\n<html><head><title>Oh no</title><style>p{}</style></head><body><h1>It <b>broke</b></h1></body></html>",
            "/authorize answered 500: Oh no: It broke",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\n\r\n\x1b[2Jgo\r\naway.",
            "/authorize answered 403: [2Jgo away",
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\n\r\n",
            "/authorize answered 401",
        ),
        (
            "HTTP/1.1 302 Found\r\n\r\n",
            "/authorize answered 302 without a `location`",
        ),
        (
            "HTTP/1.1 304 Not Modified\r\n\r\n",
            "/authorize answered 304 without a `location`",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://[\r\n\r\n",
            "redirects to something that is not an address",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\n\r\n",
            "redirects to a `file` address",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: javascript:alert(1)\r\n\r\n",
            "redirects to a `javascript` address",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
            "answered 200 with application/json and no redirect",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n",
            "answered 200 with no content type and no redirect",
        ),
    ] {
        let peer = Peer::saying(answer).await;
        let what = strays(&peer).await;
        assert!(what.contains(says), "{answer}: {what}");
        assert!(!what.contains('\x1b'), "{what}");
    }
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let mut peer = Peer::saying("HTTP/1.1 302 Found\r\nlocation: /again?secret=1\r\n\r\n").await;
    let what = strays(&peer).await;
    assert!(
        what.contains("20 redirects") && what.contains("circle") && !what.contains("secret"),
        "{what}"
    );
    let mut fetched = 0;
    while peer.requests.try_recv().is_ok() {
        fetched += 1;
    }
    assert_eq!(fetched, HOP_LIMIT);
}

#[tokio::test]
async fn a_hop_that_cannot_be_reached_fails_as_such() {
    let (port, _held) = refusing();
    let gone = format!("127.0.0.1:{port}");
    let peer = Peer::saying(format!(
        "HTTP/1.1 302 Found\r\nlocation: http://{gone}/login\r\n\r\n"
    ))
    .await;
    let outcome = follow(&http(), &authorize(&peer, REDIRECT_URI))
        .await
        .outcome;
    assert_eq!(
        outcome,
        Err(Failure::Connect(format!("connection refused by {gone}")))
    );
}

#[tokio::test]
async fn the_redirect_uri_is_not_contacted_even_where_something_listens() {
    let mut peer = Peer::saying("HTTP/1.1 302 Found\r\nlocation: /callback?code=c\r\n\r\n").await;
    let redirect = arrives(&peer, &peer.url("/callback")).await;
    assert_eq!(redirect.url.reveal(), peer.url("/callback?code=c"));
    assert!(
        peer.requests
            .recv()
            .await
            .unwrap()
            .starts_with(b"GET /authorize?state=s ")
    );
    assert!(peer.requests.try_recv().is_err());
}
