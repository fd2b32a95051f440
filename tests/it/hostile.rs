//! The program against servers that mean no good, and the exit statuses that scripts rely on.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::world::{self, Output, World};

/// The secret of the client; no server gets the program to say it.
const SECRET: &str = "hush-hush+secret/77 x";

/// Writes an answer, however it likes; it gets the request.
type Answer = dyn Fn(&str, &mut TcpStream) + Send + Sync;

/// Serves on a free port, a thread a connection; it ends with the tests.
fn serve(answer: Arc<Answer>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, Arc::clone(&answer)) else {
                return;
            };
            thread::spawn(move || {
                let request = received(&mut stream);
                answer(&request, &mut stream);
            });
        }
    });
    port
}

/// Reads one request to its end.
fn received(stream: &mut TcpStream) -> String {
    let (mut all, mut chunk) = (Vec::new(), vec![0; 65_536]);
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
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
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => all.extend_from_slice(&chunk[..count]),
            _ => return text,
        }
    }
}

/// Says the same bytes each time.
fn saying(bytes: impl Into<Vec<u8>>) -> Arc<Answer> {
    let bytes = bytes.into();
    Arc::new(move |_, stream| {
        let _ = stream.write_all(&bytes);
    })
}

fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn json_answer(status: &str, body: &Value) -> Vec<u8> {
    http(
        status,
        "content-type: application/json\r\n",
        body.to_string().as_bytes(),
    )
}

fn jwt(header: &Value, claims: &Value) -> String {
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        URL_SAFE_NO_PAD.encode("a-signature-of-nobody")
    )
}

fn id_jag() -> String {
    jwt(
        &json!({ "typ": "oauth-id-jag+jwt", "alg": "HS256" }),
        &json!({ "sub": "alice", "secret-ish": "claims-are-shown" }),
    )
}

fn access_token() -> String {
    jwt(
        &json!({ "typ": "at+jwt", "alg": "HS256" }),
        &json!({ "sub": "alice", "iss": "x" }),
    )
}

fn id_token() -> String {
    jwt(
        &json!({ "typ": "JWT", "alg": "HS256" }),
        &json!({ "sub": "alice", "nonce": "n" }),
    )
}

/// The step at which the hostile server stands, and what is handed in to get there.
const STEPS: [(&str, &[&str]); 4] = [
    ("discover-idp", &["--through", "discover-idp"]),
    (
        "id-jag",
        &["--through", "id-jag", "--subject-token", "env:ID_TOKEN"],
    ),
    (
        "jwt-bearer",
        &["--through", "jwt-bearer", "--token", "id-jag=env:ID_JAG"],
    ),
    ("call-api", &["--token", "access-token=env:ACCESS_TOKEN"]),
];

/// A home with a profile whose servers are all at that port.
fn home(port: u16) -> World {
    let world = World::new()
        .with_env("CLIENT_SECRET", SECRET)
        .with_env("ID_TOKEN", &id_token())
        .with_env("ID_JAG", &id_jag())
        .with_env("ACCESS_TOKEN", &access_token());
    let text = format!(
        r#"
format = 1
[idp]
issuer = "http://127.0.0.1:{port}"
[sso]
client_id = "sso"
auth = "client_secret_basic"
client_secret = {{ env = "CLIENT_SECRET" }}
redirect_uri = "http://127.0.0.1:0/callback"
[agent]
scope = "read"
[resource_as]
issuer = "http://127.0.0.1:{port}"
token_endpoint = "http://127.0.0.1:{port}/as/token"
client_id = "there"
auth = "client_secret_post"
client_secret = {{ env = "CLIENT_SECRET" }}
[api]
url = "http://127.0.0.1:{port}/api"
[network]
timeout = "10s"
"#
    );
    world.write_config("profiles/acme.toml", &text);
    world
}

/// Runs to one step, with what that step needs; discovery is left out where it is not what is tried.
fn run(world: &World, port: u16, step: &str, more: &[&str]) -> Output {
    let (_, to) = STEPS
        .iter()
        .find(|(id, _)| *id == step)
        .expect("a step of the table");
    let mut args = vec!["run", "--profile", "acme", "--no-browser"];
    args.extend(*to);
    args.extend(more);
    // These servers give away half of what a token answer has; what the rules say of that is tested elsewhere.
    args.extend(["--fail-on", "never"]);
    let endpoints = [
        format!("idp.token_endpoint=http://127.0.0.1:{port}/token"),
        format!("idp.authorization_endpoint=http://127.0.0.1:{port}/authorize"),
    ];
    if step != "discover-idp" {
        for endpoint in &endpoints {
            args.extend(["--set", endpoint]);
        }
    }
    world.run(&args, "")
}

/// What holds of everything that is ever printed.
#[track_caller]
fn decent(output: &Output, what: &str) {
    for (name, text) in [("output", &output.stdout), ("error", &output.stderr)] {
        let odd = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert!(odd.is_none(), "{what}: standard {name} holds {odd:?}");
        let mut secrets = vec![
            SECRET.to_owned(),
            "hush-hush%2Bsecret%2F77".to_owned(),
            "hush-hush%2bsecret%2f77".to_owned(),
        ];
        secrets.extend([id_token(), id_jag(), access_token()]);
        for secret in secrets {
            assert!(
                !text.contains(&secret),
                "{what}: standard {name} holds a secret"
            );
        }
    }
    assert!(![70, 101].contains(&output.code), "{what}: {output}");
    assert!(!output.stderr.contains("panicked"), "{what}: {output}");
}

/// Runs in both formats against a server and checks exit status, sentence and report.
#[track_caller]
fn both(step: &str, answer: Arc<Answer>, code: i32, phrase: &str, set: &[&str]) {
    let what = format!("{step}, {phrase:?}");
    let port = serve(answer);
    let world = home(port);
    let text = run(&world, port, step, set);
    decent(&text, &what);
    assert_eq!(text.code, code, "{what}\n{}", short(&text));
    assert!(
        plain(&text.stdout).contains(phrase),
        "{what}\n{}",
        short(&text)
    );
    let output = run(&world, port, step, &[set, &["--format", "json"]].concat());
    decent(&output, &what);
    assert_eq!(output.code, code, "{what}");
    let report = output.json();
    let ends = report["outcome"].as_str().expect("a word");
    let expected: &[&str] = match code {
        0 => &["done"],
        3 => &["refused", "failed"],
        4 => &["unreachable"],
        _ => &["blocked"],
    };
    assert!(expected.contains(&ends), "{what}: {ends}");
    let shown = report["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|json| json["id"] == step);
    assert_eq!(shown.expect("it is there")["attempts"], 1, "{what}");
}

/// The text without its line wraps.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn short(output: &Output) -> String {
    output.to_string().chars().take(4000).collect()
}

#[test]
fn a_body_of_50_mb_is_counted_and_not_taken_for_an_answer() {
    for (step, code, phrase, format) in [
        ("id-jag", 3, "not whole", "json"),
        ("call-api", 0, "52428800 bytes", "text"),
    ] {
        let large = Arc::new(|_: &str, stream: &mut TcpStream| {
            let size = 50 << 20;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..50 {
                if stream.write_all(&piece).is_err() {
                    return;
                }
            }
        });
        let port = serve(large);
        let more = ["--set", "network.timeout=60s", "--format", format];
        let output = run(&home(port), port, step, &more);
        decent(&output, step);
        assert_eq!(output.code, code, "{}", short(&output));
        assert!(plain(&output.stdout).contains(phrase), "{}", short(&output));
        if format == "json" {
            assert_eq!(output.json()["outcome"], "failed");
        }
    }
}

#[test]
fn a_token_of_a_megabyte_is_a_token() {
    let opaque = "o".repeat(1 << 20);
    let signed = jwt(
        &json!({ "alg": "HS256", "typ": "at+jwt" }),
        &json!({ "sub": "x".repeat(1 << 20) }),
    );
    for token in [opaque, signed] {
        let body = json!({ "access_token": token, "token_type": "Bearer" });
        let port = serve(saying(json_answer("200 OK", &body)));
        let world = home(port);
        for format in ["text", "json"] {
            let output = run(&world, port, "jwt-bearer", &["--format", format]);
            decent(&output, format);
            assert_eq!(output.code, 0, "{}", short(&output));
            assert!(!output.stdout.contains(&token), "the token is told");
        }
    }
}

#[test]
fn what_is_no_oauth_answer_is_called_by_its_name() {
    let html = http(
        "200 OK",
        "content-type: text/html\r\n",
        b"<!doctype html><html><body>Log in</body></html>",
    );
    let utf8 = http(
        "200 OK",
        "content-type: application/json\r\n",
        b"{\"access_token\": \"\xff\xfe\x80\"}",
    );
    let moved = http(
        "302 Found",
        "location: http://127.0.0.1:1/elsewhere\r\n",
        b"",
    );
    let nothing = http("204 No Content", "", b"");
    let half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"access_token\":".to_vec();
    for step in ["discover-idp", "id-jag", "jwt-bearer"] {
        both(step, saying(html.clone()), 3, "HTML page", &[]);
        both(step, saying(utf8.clone()), 3, "does not parse", &[]);
        both(step, saying(half.clone()), 3, "not whole", &[]);
        both(step, saying(nothing.clone()), 3, "received 204", &[]);
    }
    for (step, _) in STEPS {
        both(step, saying(moved.clone()), 3, "not followed", &[]);
        both(
            step,
            saying(http(
                "500 Oh",
                "content-type: text/html\r\n",
                b"<html>stack",
            )),
            3,
            "(500)",
            &[],
        );
        both(
            step,
            saying(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
            3,
            "could not be read",
            &[],
        );
        both(step, saying(Vec::new()), 3, "could not be read", &[]);
    }
}

#[test]
fn a_server_that_hangs_or_is_not_there_is_unreachable() {
    for (step, _) in STEPS {
        let hang: Arc<Answer> = Arc::new(|_, stream| {
            // Until the other side gives up.
            let _ = stream.read(&mut [0; 1]);
        });
        both(
            step,
            hang,
            4,
            "No answer in time",
            &["--set", "network.timeout=300ms"],
        );
        let port = world::free_port();
        let output = run(&home(port), port, step, &[]);
        decent(&output, step);
        assert_eq!(output.code, 4, "{output}");
        assert!(output.stdout.contains("No connection"), "{output}");
    }
}

#[test]
fn headers_without_an_end_are_given_up() {
    let endless: Arc<Answer> = Arc::new(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        let line = format!("x-more: {}\r\n", "y".repeat(8000));
        while stream.write_all(line.as_bytes()).is_ok() {}
    });
    let port = serve(endless);
    let world = home(port);
    for (step, _) in STEPS {
        let output = run(&world, port, step, &["--set", "network.timeout=5s"]);
        decent(&output, step);
        assert!([3, 4].contains(&output.code), "{}", short(&output));
        assert!(output.stdout.len() < 100_000, "{}", output.stdout.len());
    }
}

/// Every sequence that a terminal might obey, in one text.
fn nasty() -> String {
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\u{8}\u{0}\u{7f}\u{202e}\u{2066}\t\u{1b}P+q\u{1b}\\ end"
        .to_owned()
}

#[test]
fn no_control_character_of_a_server_reaches_the_terminal() {
    let nasty = nasty();
    let errors = json_answer(
        "400 Bad",
        &json!({ "error": format!("bad{nasty}"), "error_description": nasty, "error_uri": nasty, nasty.as_str(): nasty }),
    );
    let mut raw = b"HTTP/1.1 400 \x1b[2J\r\ncontent-type: text/html\r\nx-odd: \x1b[31m\x9b\xc2\x9b\xe2\x80\xae\r\nwww-authenticate: Bearer error=\"\xc2\x9b\x1b[2J\", error_description=\"\x1b]0;x\"\r\nset-cookie: \x1b[2J=\x1b\r\n\r\n".to_vec();
    raw.extend_from_slice(nasty.as_bytes());
    raw.extend_from_slice(b"\x1b[31m\x9b\x80");
    let moved = http(
        "302 Found",
        "location: http://x.example/\u{9b}31m\u{202e}\r\n",
        b"",
    );
    for (step, _) in STEPS {
        for bytes in [&errors, &raw, &moved] {
            let port = serve(saying(bytes.clone()));
            let world = home(port);
            for format in ["text", "json"] {
                let output = run(&world, port, step, &["--format", format]);
                decent(&output, &format!("{step} {format}"));
                // A header that is none may make the whole answer unreadable, which is said as well.
                assert_eq!(output.code, 3, "{}", short(&output));
                if format == "json" {
                    output.json();
                }
            }
        }
    }
}

#[test]
fn no_control_character_of_a_token_reaches_the_terminal() {
    let nasty = nasty();
    let claims = json!({ "sub": nasty, "iss": nasty, "email": nasty, nasty.as_str(): { nasty.as_str(): [nasty] }, "scope": nasty, "exp": 1e300 });
    let header = json!({ "alg": nasty, "typ": "oauth-id-jag+jwt", "kid": nasty });
    for token in [
        jwt(&header, &claims),
        format!("eyJ.{nasty}.x"),
        nasty.clone(),
    ] {
        let body = json!({
            "access_token": token, "token_type": nasty, "scope": nasty, "issued_token_type": nasty, "expires_in": nasty, "id_token": nasty,
        });
        for step in ["id-jag", "jwt-bearer"] {
            let port = serve(saying(json_answer("200 OK", &body)));
            let world = home(port);
            for format in ["text", "json"] {
                let output = run(&world, port, step, &["--format", format]);
                decent(&output, &format!("{step} {format}"));
                assert_eq!(output.code, 0, "{}", short(&output));
            }
        }
    }
    // The same in metadata: the issuer that it names is shown beside the one that was expected.
    let metadata = json!({ "issuer": nasty, "token_endpoint": nasty, "jwks_uri": nasty });
    both(
        "discover-idp",
        saying(json_answer("200 OK", &metadata)),
        3,
        "names another issuer",
        &[],
    );
}

#[test]
fn a_server_that_echoes_what_it_got_does_not_get_it_told() {
    for (step, _) in STEPS {
        let echo: Arc<Answer> = Arc::new(|request, stream| {
            let body = json!({ "error": "invalid_client", "error_description": format!("I got {request}") });
            let _ = stream.write_all(&json_answer("400 Bad", &body));
        });
        let port = serve(echo);
        let world = home(port);
        for format in ["text", "json"] {
            let output = run(&world, port, step, &["--format", format]);
            decent(&output, &format!("{step} {format}"));
            assert_eq!(output.code, 3);
            let pair =
                base64::engine::general_purpose::STANDARD.encode("sso:hush-hush%2Bsecret%2F77+x");
            assert!(
                !output.stdout.contains(&pair),
                "{step}: the Basic header is told"
            );
        }
    }
}

#[test]
fn a_mistake_in_what_was_asked_ends_with_2_and_says_so() {
    let port = serve(saying(json_answer("200 OK", &json!({}))));
    let world = home(port);
    let plain = "hunter2-hunter2";
    for (args, phrases) in [
        (&["--profile", "acmee"][..], &["acmee", "acme"][..]),
        (&["--profile", "./nowhere.toml"], &["nowhere.toml"]),
        (&[], &["Which profile? Saved are: acme."]),
        (
            &["--profile", "acme", "--set", "nonsense"],
            &["expected PATH=VALUE"],
        ),
        (
            &["--profile", "acme", "--set", "sso.client_idd=x"],
            &["sso.client_idd", "sso.client_id"],
        ),
        (
            &["--profile", "acme", "--set", "sso.auth=pigeon"],
            &["sso.auth"],
        ),
        (
            &["--profile", "acme", "--set", "network.timeout=soon"],
            &["network.timeout"],
        ),
        (
            &["--profile", "acme", "--flow", "nope"],
            &["There is no flow"],
        ),
        (
            &["--profile", "acme", "--through", "nope"],
            &["no step \"nope\"", "jwt-bearer"],
        ),
        (&["--profile", "acme", "--format", "nope"], &["nope"]),
        (
            &["--profile", "acme", "--token", "id-jagg=env:ID_JAG"],
            &["expected one of", "id-jag"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=env:NOT_SET"],
            &["NOT_SET is not set"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=file:gone.jwt"],
            &["gone.jwt cannot be read"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=cmd:exit 3"],
            &["its command ended with"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=-"],
            &["standard input is empty"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=env:ACCESS_TOKEN"],
            &["This is an access token", "takes an ID-JAG"],
        ),
        (
            &["--profile", "acme", "--token", "access-token=env:ID_JAG"],
            &["This is an ID-JAG"],
        ),
        (
            &["--profile", "acme", "--subject-token", "env:ID_JAG"],
            &["This is an ID-JAG", "takes an ID Token"],
        ),
        // A secret as a plain argument is refused, and not repeated.
        (
            &[
                "--profile",
                "acme",
                "--set",
                "sso.client_secret=hunter2-hunter2",
            ],
            &["never taken from a plain argument"],
        ),
        (
            &[
                "--profile",
                "acme",
                "--set",
                "sso.client_secret hunter2-hunter2",
            ],
            &["expected PATH=VALUE"],
        ),
        (
            &["--profile", "acme", "--token", "id-jag=hunter2-hunter2"],
            &["never taken from a plain argument"],
        ),
        (
            &["--profile", "acme", "--token", "hunter2-hunter2"],
            &["expected NAME=SRC"],
        ),
        (
            &["--profile", "acme", "--subject-token", "hunter2-hunter2"],
            &["never taken from a plain argument"],
        ),
        // Nobody is there to sign in.
        (
            &["--profile", "acme"],
            &["needs a person", "--subject-token"],
        ),
    ] {
        let output = world.run(&[&["run"], args].concat(), "");
        decent(&output, &format!("{args:?}"));
        assert_eq!(output.code, 2, "{args:?}\n{output}");
        for phrase in phrases {
            assert!(output.stderr.contains(phrase), "{args:?}\n{output}");
        }
        assert!(
            !output.stderr.contains(plain) && !output.stdout.contains(plain),
            "{args:?} repeats a secret\n{output}"
        );
        assert!(output.stdout.is_empty(), "{args:?}\n{output}");
    }
}

#[test]
fn what_a_profile_lacks_ends_with_2_and_names_the_field() {
    let port = serve(saying(json_answer("200 OK", &json!({}))));
    let world = home(port).without_env("CLIENT_SECRET");
    for (set, phrase) in [
        (
            &["--set", "resource_as.client_id="][..],
            "resource_as.client_id is empty",
        ),
        (
            &["--set", "resource_as.client_secret="],
            "resource_as.client_secret is empty",
        ),
        (&[], "the environment variable CLIENT_SECRET is not set"),
        (
            &[
                "--set",
                "resource_as.token_endpoint=",
                "--set",
                "resource_as.issuer=",
            ],
            "resource_as.issuer is empty",
        ),
    ] {
        let output = run(&world, port, "jwt-bearer", set);
        decent(&output, phrase);
        assert_eq!(output.code, 2, "{set:?}\n{output}");
        assert!(
            output.stdout.contains(phrase) || output.stderr.contains(phrase),
            "{phrase}\n{output}"
        );
        let output = run(
            &world,
            port,
            "jwt-bearer",
            &[set, &["--format", "json"]].concat(),
        );
        assert_eq!(output.json()["outcome"], "blocked");
    }
}

#[test]
fn a_production_profile_is_sent_to_only_with_a_yes() {
    let port = serve(saying(json_answer("200 OK", &json!({}))));
    let world = home(port);
    let prod = ["--set", "environment=prod"];
    let output = run(&world, port, "call-api", &prod);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.stderr.contains("--yes-prod"), "{output}");
    let output = run(
        &world,
        port,
        "call-api",
        &[&prod[..], &["--yes-prod"]].concat(),
    );
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn a_good_answer_ends_with_0_and_a_refusal_with_3() {
    both(
        "call-api",
        saying(json_answer("200 OK", &json!({ "todos": [] }))),
        0,
        "took the access token",
        &[],
    );
    let no = json_answer(
        "403 Forbidden",
        &json!({ "error": "insufficient_scope", "error_description": "read is not enough" }),
    );
    both(
        "call-api",
        saying(no),
        3,
        "insufficient_scope: read is not enough (403)",
        &[],
    );
}

#[test]
fn an_interrupt_ends_a_run_that_hangs_with_130() {
    for (step, _) in STEPS {
        let (arrived, wait) = mpsc::channel();
        let hang: Arc<Answer> = Arc::new(move |_, stream| {
            let _ = arrived.send(());
            let _ = stream.read(&mut [0; 1]);
        });
        let port = serve(hang);
        let world = home(port);
        let (_, to) = STEPS
            .iter()
            .find(|(id, _)| *id == step)
            .expect("a step of the table");
        let endpoint = format!("idp.token_endpoint=http://127.0.0.1:{port}/token");
        let other = format!("idp.authorization_endpoint=http://127.0.0.1:{port}/authorize");
        let mut args = vec!["run", "--profile", "acme", "--format", "json"];
        if step != "discover-idp" {
            args.extend(["--set", &endpoint, "--set", &other]);
        }
        args.extend(*to);
        let mut running = world.start(&args);
        wait.recv_timeout(world::limit())
            .expect("the request arrives");
        running.signal("INT");
        let output = running.wait_exit();
        decent(&output, step);
        assert_eq!(output.code, 130, "{output}");
        assert_eq!(output.json()["outcome"], "interrupted", "{output}");
    }
}
