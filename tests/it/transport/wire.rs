//! What the panel shows is what the socket receives, byte for byte.

use jagwalk::protocol::{
    http::{Body, HttpRequest, Params, Value},
    secret::Secret,
};

use super::peer::{Peer, get, http, response};

/// Sends the request that `build` makes for a base address, and compares the bytes.
async fn compare(build: impl Fn(&str) -> HttpRequest) -> String {
    let mut peer = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let request = build(&peer.url(""));
    let exchange = http().send(&request).await;
    assert!(exchange.response().is_some(), "{:?}", exchange.outcome);
    assert_eq!(exchange.request.http(), &request);
    let received = String::from_utf8(peer.requests.recv().await.unwrap()).unwrap();
    assert_eq!(received, request.wire());
    received
}

#[tokio::test]
async fn a_get() {
    let received =
        compare(|base| HttpRequest::get(format!("{base}/path"), "application/json")).await;
    assert!(
        received.starts_with("GET /path HTTP/1.1\r\nuser-agent: jagwalk/"),
        "{received}"
    );
}

#[tokio::test]
async fn a_get_of_the_root_and_of_a_query_alone() {
    compare(|base| HttpRequest::get(base, "*/*")).await;
    let received = compare(|base| HttpRequest::get(format!("{base}?a=1"), "*/*")).await;
    assert!(received.starts_with("GET /?a=1 HTTP/1.1\r\n"), "{received}");
}

#[tokio::test]
async fn a_form_with_secrets_and_a_basic_header() {
    compare(|base| {
        let mut params = Params::default();
        params.push(
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        );
        params.push("scope", "a b+c&d=e");
        params.push("subject_token", Secret::minted("id-token", "a.b~c/d+e="));
        params.push("scope", "twice ö");
        let mut request = HttpRequest::post_form(format!("{base}/token"), params);
        request.set_header(
            "authorization",
            Value::after("Basic ", Secret::typed("basic", "YTpi")),
        );
        request
    })
    .await;
}

#[tokio::test]
async fn posts_without_a_body_say_so() {
    for body in [
        Body::Empty,
        Body::Text(String::new()),
        Body::Form(Params::default()),
    ] {
        let received = compare(|base| {
            let mut request = HttpRequest::get(format!("{base}/x"), "*/*");
            request.method = "POST".to_owned();
            request.body = body.clone();
            request
        })
        .await;
        assert!(
            received.ends_with("content-length: 0\r\n\r\n"),
            "{received}"
        );
    }
}

#[tokio::test]
async fn a_text_body_in_utf_8_with_other_methods() {
    for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY"] {
        compare(|base| {
            let mut request =
                HttpRequest::get(format!("{base}/mcp"), "application/json, text/event-stream");
            request.method = method.to_owned();
            request.set_header("content-type", "application/json");
            request.body = Body::Text("{\"näme\": \"日本\\u0000\"}\r\n".to_owned());
            request
        })
        .await;
    }
}

#[tokio::test]
async fn repeated_headers_stand_together() {
    let received = compare(|base| {
        let mut request = HttpRequest::get(base, "*/*");
        for (name, value) in [
            ("dpop", "one"),
            ("x-other", "ä"),
            ("dpop", "two"),
            ("X-Other", ""),
        ] {
            request.headers.push((name.to_owned(), Value::from(value)));
        }
        request
    })
    .await;
    assert!(
        received.contains("dpop: one\r\ndpop: two\r\nx-other: ä\r\nx-other: \r\n"),
        "{received}"
    );
}

#[tokio::test]
async fn what_the_library_would_add_is_shown_where_it_stands() {
    let received = compare(|base| {
        let mut request = HttpRequest::get(base, "*/*");
        request.headers.clear();
        request
    })
    .await;
    assert!(
        received.starts_with("GET / HTTP/1.1\r\naccept: */*\r\nhost: 127.0.0.1:"),
        "{received}"
    );
}

#[tokio::test]
async fn a_host_of_ours_stays_where_we_put_it() {
    compare(|base| {
        let mut request = HttpRequest::get(base, "*/*");
        request
            .headers
            .insert(0, ("host".to_owned(), Value::from("other.example")));
        request
    })
    .await;
}

#[tokio::test]
async fn odd_paths_and_queries_are_shown_as_they_go_out() {
    for path in [
        "/a b/ö/日本",
        "/a%2Fb/%zz/%",
        "/a/../b/./c//d",
        "/{tenant}/[x]/|^`\"<>'~!$&()*+,;=:@",
        "/back\\slash",
        "/p;v=1",
        "/x#fragment",
        "/x?a=b c&d=%20%2B+&e=ö&flag&=&'`\"<>{}|^[]\\",
        "/x?",
        "/x??a=1?b",
        "/x?a=1#f?b",
    ] {
        compare(|base| HttpRequest::get(format!("{base}{path}"), "*/*")).await;
        // The same with a query that nobody took apart, as a redirect has it.
        compare(|base| {
            let mut request = HttpRequest::get(base, "*/*");
            request.url = format!("{base}{path}");
            request
        })
        .await;
    }
}

#[tokio::test]
async fn names_and_short_addresses_of_the_host() {
    for host in [
        "localhost",
        "LOCALHOST",
        "127.1",
        "user:pass@127.0.0.1",
        "0x7f.0.0.1",
    ] {
        let received =
            compare(|base| HttpRequest::get(base.replace("127.0.0.1", host), "*/*")).await;
        assert!(!received.contains("authorization"), "{received}");
    }
}

#[tokio::test]
async fn one_connection_and_one_try_each() {
    let mut peer = Peer::saying("").await;
    let http = http();
    for _ in 0..3 {
        assert!(get(&http, &peer.url("/")).await.outcome.is_err());
    }
    for _ in 0..3 {
        peer.requests.recv().await.unwrap();
    }
    assert!(peer.requests.try_recv().is_err());
}

#[tokio::test]
async fn what_cannot_be_sent_as_shown_is_not_sent() {
    let mut peer = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let http = http();
    let url = peer.url("/");
    let plain = || HttpRequest::get(&url, "*/*");
    let header = |name: &str, value: &str| {
        let mut request = plain();
        request.headers.push((name.to_owned(), Value::from(value)));
        request
    };
    let mut connect = plain();
    connect.method = "CONNECT".to_owned();
    let mut odd = plain();
    odd.method = "GE T".to_owned();
    for (request, says) in [
        (header("x", "a\r\nevil: 1"), "line break"),
        (header("x y", "a"), "`x y`"),
        (header("transfer-encoding", "chunked"), "transfer-encoding"),
        (header("content-length", "7"), "content-length"),
        (connect, "`CONNECT` is not a method"),
        (odd, "`GE T` is not a method"),
        (
            HttpRequest::get("file:///etc/passwd", "*/*"),
            "not an http or https address",
        ),
        (HttpRequest::get("", "*/*"), "not an http or https address"),
        (
            HttpRequest::get(format!("{url}{}", "x".repeat(70_000)), "*/*"),
            "too long",
        ),
    ] {
        let failure = http.send(&request).await.outcome.unwrap_err().to_string();
        assert!(
            failure.contains("cannot be sent") && failure.contains(says),
            "{failure}"
        );
    }
    assert!(peer.requests.try_recv().is_err());
}

#[tokio::test]
async fn times_run_from_the_start() {
    let peer = Peer::saying("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let exchange = get(&http(), &peer.url("/")).await;
    let times = exchange.times;
    assert!(times.start.secs() > 1_700_000_000);
    assert!(times.first_byte.unwrap() <= times.end && times.first_byte.unwrap() > 0);
    response(exchange);
}
