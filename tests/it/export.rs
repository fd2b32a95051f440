//! What a walk looks like outside: the cURL is true, the report and the text say what happened, a trace comes back.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
};

use jagwalk::{
    export::{self, Curl, curl},
    flow::StepId,
    protocol::{
        http::{Body, HttpRequest, Params, Value},
        secret::Secret,
    },
    session::{Session, Vault, headless},
};
use proptest::prelude::*;

use crate::scripted;

/// What curl would be called with, as a real shell splits the text.
fn split(curl: &Curl) -> Vec<String> {
    let script = format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{}", curl.text);
    let output = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .envs(
            curl.vars
                .iter()
                .map(|(name, secret)| (name, secret.reveal())),
        )
        .output()
        .expect("there is a POSIX shell");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{script}\n{output:?}"
    );
    let text = String::from_utf8(output.stdout).expect("arguments are text");
    let mut args: Vec<String> = text.split('\0').map(str::to_owned).collect();
    args.pop();
    args
}

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z0-9 ]{0,8}",
        "[-'\"$`!\\\\\n\t#&;|<>(){}\\[\\]*?~=%@^‹›]{0,6}",
        Just("$HOME".to_owned()),
        Just("$(id)".to_owned()),
        Just("!!".to_owned()),
        Just("--next".to_owned()),
        Just("@/etc/hosts".to_owned()),
        "[^\\x00]{0,6}",
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("sso.client_secret".to_owned()),
        Just("sso.client_secret: Basic".to_owned()),
        Just("id-token".to_owned()),
        Just("agent.client_secret: read when sent".to_owned()),
        "[a-z0-9.: -]{0,10}",
    ];
    let before = prop_oneof![
        Just(String::new()),
        Just("Basic ".to_owned()),
        Just("Bearer ".to_owned()),
        nasty(),
    ];
    prop_oneof![
        nasty().prop_map(Value::Plain),
        (name, before, nasty()).prop_map(|(name, before, text)| {
            Value::after(&before, Secret::typed(format!("x{name}"), text))
        }),
    ]
}

fn params() -> impl Strategy<Value = Params> {
    proptest::collection::vec((nasty(), value()), 0..4).prop_map(Params)
}

fn request() -> impl Strategy<Value = HttpRequest> {
    let method = prop_oneof![
        Just("GET".to_owned()),
        Just("POST".to_owned()),
        Just("HEAD".to_owned()),
        Just("PUT".to_owned()),
        Just("DELETE".to_owned()),
        nasty(),
    ];
    let url = prop_oneof![
        Just("https://idp.example/token".to_owned()),
        Just("http://[::1]:8080/a/../{b}".to_owned()),
        nasty().prop_map(|path| format!("https://idp.example/{path}")),
        nasty(),
    ];
    let body = prop_oneof![
        Just(Body::Empty),
        params().prop_map(Body::Form),
        nasty().prop_map(Body::Text),
    ];
    let headers = proptest::collection::vec((nasty(), value()), 0..4);
    (method, url, params(), headers, body).prop_map(|(method, url, query, headers, body)| {
        HttpRequest {
            method,
            url,
            query,
            headers,
            body,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shell_splits_our_curl_back_into_our_arguments(request in request(), known in nasty(), masked: bool) {
        let mut vault = Vault::new(b"salt");
        for secret in request.secrets() {
            vault.learn(secret);
        }
        vault.learn(&Secret::typed("known", known));
        let curl = curl(&request, &vault, masked);
        prop_assert_eq!(split(&curl), curl.argv(), "{}", curl.text);
    }

    #[test]
    fn masking_changes_no_argument(request in request()) {
        let mut vault = Vault::new(b"salt");
        for secret in request.secrets() {
            vault.learn(secret);
        }
        prop_assert_eq!(curl(&request, &vault, true).argv(), curl(&request, &vault, false).argv());
    }
}

/// The bytes that a shell and the real curl send for a command, masked or not.
fn sent(curl: &Curl, server: &TcpListener) -> String {
    let (text, vars) = (curl.text.clone(), curl.vars.clone());
    let caller = thread::spawn(move || {
        Command::new("sh")
            .args(["-c", &text])
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .envs(vars.iter().map(|(name, secret)| (name, secret.reveal())))
            .output()
            .expect("there is a POSIX shell")
    });
    let (mut stream, _) = server.accept().expect("curl comes");
    let (mut received, mut chunk) = (Vec::new(), vec![0; 65_536]);
    while !whole(&received) {
        let count = stream.read(&mut chunk).expect("curl speaks");
        assert!(count > 0, "curl hung up in the middle: {}", curl.text);
        received.extend_from_slice(&chunk[..count]);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .expect("curl waits");
    drop(stream);
    let output = caller.join().expect("curl ends");
    assert!(output.status.success(), "{output:?}\n{}", curl.text);
    String::from_utf8(received).expect("requests are text")
}

/// Tells whether a request is there to its end.
fn whole(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received).into_owned();
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    received.len() >= head.len() + 4 + length
}

/// First line, headers and body; curl has its own order of headers, so they are sorted, names in lower case.
fn parts(wire: &str) -> (String, Vec<String>, String) {
    let (head, body) = wire.split_once("\r\n\r\n").expect("a head ends");
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let mut headers: Vec<String> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').expect("a header has a colon");
            format!("{}: {}", name.to_ascii_lowercase(), value.trim())
        })
        .collect();
    headers.sort();
    (first, headers, body.to_owned())
}

#[test]
fn the_real_curl_sends_the_very_bytes() {
    let found = Command::new("curl").arg("--version").output();
    if found.is_err() {
        // Bound to be seen with --nocapture; CI has curl.
        println!("skipped: there is no curl here");
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!("http://{}", server.local_addr().expect("it has one"));
    let mut form = Params::default();
    form.push("grant_type", "a b&c=d+~*'é");
    form.push("code", Secret::minted("code", "x/y+z=="));
    form.push("empty", "");
    let post = HttpRequest::post_form(format!("{base}/token"), form);
    let mut basic = post.clone();
    basic.headers.push((
        "authorization".to_owned(),
        Value::after("Basic ", Secret::typed("sso.client_secret: Basic", "YTpi")),
    ));
    let get = HttpRequest::get(
        format!("{base}/a/../b c/{{x}}/[1]?q=1&r=%2F#frag"),
        "text/html",
    );
    let bare = |method: &str, body: Body| HttpRequest {
        method: method.to_owned(),
        url: base.clone(),
        query: Params::default(),
        headers: vec![("x-empty".to_owned(), Value::from(""))],
        body,
    };
    let mut twice = bare("GET", Body::Empty);
    twice.headers = vec![
        ("user-agent".to_owned(), Value::from("one")),
        ("x-a".to_owned(), Value::from("1; \"2\"")),
        ("x-a".to_owned(), Value::from("$HOME `id` !! 'x'")),
        ("accept".to_owned(), Value::from("a/b")),
    ];
    let big = "secret-token".repeat(100_000);
    for request in [
        post,
        basic,
        get,
        twice,
        bare("GET", Body::Empty),
        bare("GET", Body::Text("with a body".to_owned())),
        bare("POST", Body::Empty),
        bare("POST", Body::Form(Params::default())),
        bare("PUT", Body::Empty),
        bare("PATCH", Body::Text("@/etc/hosts".to_owned())),
        bare("DELETE", Body::Empty),
        bare("DELETE", Body::Text(String::new())),
        bare("HEAD", Body::Empty),
        bare("POST", Body::Text("\n{\"a\": \"$b\"}\n".to_owned())),
        bare("POST", Body::Text(big[..130_000].to_owned())),
    ] {
        let mut vault = Vault::new(b"salt");
        for secret in request.secrets() {
            vault.learn(secret);
        }
        for masked in [false, true] {
            let curl = curl(&request, &vault, masked);
            assert_eq!(
                parts(&sent(&curl, &server)),
                parts(&request.wire()),
                "{}",
                curl.text
            );
        }
    }
}

/// A story or report of a walk through to its last step.
fn text(session: &Session) -> String {
    let last = scripted::last();
    export::text(session, last, headless::end(session, last), false)
}

fn report(session: &Session) -> serde_json::Value {
    let last = scripted::last();
    export::report(session, last, headless::end(session, last), false)
}

#[test]
fn a_happy_walk_is_told() {
    let session = scripted::happy();
    println!("{}", text(&session));
    println!("{}", text(&scripted::refused()));
    println!("{}", text(&scripted::html()));
    println!("{}", text(&scripted::unreachable()));
    println!("{:#}", report(&scripted::refused()));
}
