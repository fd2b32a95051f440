//! What a walk looks like outside: the cURL is true, the report and the text say what happened, a trace comes back.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
};

use jagwalk::{
    export::{self, Curl, curl},
    flow::{Artifact, Ink, StepId},
    protocol::{
        http::{Body, HttpRequest, Params, Value},
        secret::Secret,
    },
    session::{
        Command as Ask, Session, Status, Vault,
        headless::{self, End},
    },
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

/// The version is no matter of these snapshots.
fn pinned(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "0.0.0")
}

fn all() -> [Session; 4] {
    [
        scripted::happy(),
        scripted::refused(),
        scripted::html(),
        scripted::unreachable(),
    ]
}

#[test]
fn a_refused_walk_is_told() {
    insta::assert_snapshot!("refused_text", text(&scripted::refused()));
}

#[test]
fn a_refused_walk_is_reported() {
    let report = report(&scripted::refused());
    insta::assert_snapshot!("refused_report", pinned(&format!("{report:#}")));
}

#[test]
fn the_last_line_tells_the_outcome() {
    let lines = all().map(|session| text(&session).lines().last().unwrap_or_default().to_owned());
    assert_eq!(
        lines,
        [
            "Done: every step that was needed is done.",
            "Refused at id-jag: access_denied (400).",
            "Failed at id-jag.",
            "Not reachable at discover-resource-as: No connection: as.todo.example:443 refused it.",
        ]
    );
}

#[test]
fn the_story_fits_the_terminal_and_does_not_command_it() {
    use unicode_width::UnicodeWidthStr as _;
    for session in all() {
        let text = text(&session);
        for line in text.lines() {
            assert!(line.width() <= 100, "{line}");
        }
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    }
}

/// What goes to another company: exact strings, times and request ids, and never a secret.
#[test]
fn a_hand_off_is_for_the_other_side() {
    let session = scripted::refused();
    let verdict = session.verdict(None).expect("the walk was refused");
    let text = export::handoff(&session, &verdict);
    insta::assert_snapshot!("handoff", text);
    assert!(!crate::world::shows_jwt(&text), "{text}");
}

#[test]
fn the_report_has_the_words_of_the_contract() {
    let happy = report(&scripted::happy());
    assert_eq!(
        (&happy["schema"], &happy["outcome"]),
        (&1.into(), &"done".into())
    );
    assert!(happy["verdict"].is_null(), "{:#}", happy["verdict"]);
    let steps = happy["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 7);
    assert!(
        steps
            .iter()
            .all(|step| step["status"] == "done" && step["attempts"] == 1)
    );
    assert_eq!(steps[2]["request"]["method"], "GET");
    assert_eq!(steps[2]["response"]["via"], "listener");
    assert!(steps[2]["response"]["status"].is_null());
    assert_eq!(steps[0]["exchanges"][1]["purpose"], "keys");
    assert_eq!(steps[0]["ms"], 8.5);
    let token = &steps[4]["tokens"][0];
    assert_eq!(token["kind"], "id-jag");
    assert_eq!(token["signature"], "verified");
    assert_eq!(token["claims"]["client_id"], "todo-client");
    assert_eq!(steps[3]["tokens"][1]["signature"], "not-checked");
    assert!(steps[3]["tokens"][1]["signature_note"].is_string());

    let outcomes = all().map(|session| report(&session)["outcome"].clone());
    assert_eq!(outcomes, ["done", "refused", "failed", "unreachable"]);
    let refused = report(&scripted::refused());
    assert_eq!(refused["steps"][5]["status"], "blocked");
    assert!(refused["steps"][5]["request"].is_null() && refused["steps"][5]["curl"].is_null());
    let session = scripted::refused();
    let through = export::report(&session, StepId("id-jag"), End::Refused, false);
    assert_eq!(through["steps"][5]["status"], "not-run");
}

/// A walk in which the ID Token was handed in.
fn handed_in() -> Session {
    let token = scripted::signed(
        "JWT",
        &serde_json::json!({ "iss": scripted::IDP, "sub": "bob", "nonce": "n" }),
    );
    let mut session = scripted::fresh(scripted::profile());
    let given = Ask::UseExisting(Artifact::IdToken, Secret::minted("id-token", token));
    scripted::drive(&mut session, given, |_| None);
    scripted::drive(&mut session, Ask::SendThrough(scripted::last()), |_| None);
    session
}

#[test]
fn what_was_handed_in_is_shown_at_the_step_it_spares() {
    let report = report(&handed_in());
    let step = &report["steps"][3];
    assert_eq!(
        (&step["status"], &step["attempts"]),
        (&"skipped".into(), &0.into())
    );
    assert_eq!(step["tokens"][0]["claims"]["sub"], "bob");
    assert_eq!(report["outcome"], "done");
}

#[test]
fn progress_is_a_line_a_step_and_the_invitation_has_the_address_raw() {
    let session = scripted::refused();
    let mut told = Vec::new();
    let lines = export::text::progress(&session, scripted::last(), &mut told);
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert!(
        lines[4].contains("refused") && lines[4].contains("access_denied"),
        "{lines:#?}"
    );
    assert!(export::text::progress(&session, scripted::last(), &mut told).is_empty());

    let request = &session.step(StepId("authorize")).last().expect("sent").made[0]
        .exchange
        .request;
    let jagwalk::protocol::exchange::Request::Browser(asked) = request else {
        panic!("the browser's step asks the browser");
    };
    let lines = export::text::invitation(&session, asked);
    assert_eq!(lines[1], asked.http.address());
    assert!(
        lines[2].contains("http://127.0.0.1:8765/callback"),
        "{lines:#?}"
    );
}

#[test]
fn a_trace_comes_back_as_it_was() {
    for session in all().into_iter().chain([handed_in()]) {
        let stored = export::write(&session);
        let back = export::read(&stored).expect("our own trace");
        assert_eq!(export::write(&back), stored);
        assert_eq!(text(&back), text(&session));
        let mut reports = [report(&back), report(&session)];
        for step in reports
            .iter_mut()
            .flat_map(|report| report["steps"].as_array_mut().expect("a list"))
        {
            // What its variables hold is no longer known.
            step["curl"] = serde_json::Value::Null;
        }
        assert_eq!(reports[0], reports[1]);
        for state in &session.walk.steps {
            let word = |status: Status| status.id();
            assert_eq!(word(back.status(state.id)), word(session.status(state.id)));
        }
    }
}

#[test]
fn a_stored_curl_still_runs_once_its_variables_are_set() {
    let back = export::read(&export::write(&scripted::happy())).expect("our own trace");
    for state in &back.walk.steps {
        let request = state
            .last()
            .and_then(|attempt| attempt.main())
            .expect("sent")
            .request
            .http();
        for masked in [false, true] {
            let curl = curl(request, &back.vault, masked);
            assert_eq!(split(&curl), curl.argv());
            assert!(!curl.text.contains("%E2%80%B9"), "{}", curl.text);
        }
    }
}

#[test]
fn what_is_no_trace_is_told_apart() {
    let good = export::write(&scripted::refused());
    for (text, says) in [
        ("", "not JSON"),
        ("[1]", "expected a JSON object"),
        ("{\"schema\": 1}", "expected a JSON object"),
        (
            &good.replacen("\"schema\": 1", "\"schema\": 2", 1),
            "A newer jagwalk can read it",
        ),
        (
            &good.replacen("\"flow\": \"xaa\"", "\"flow\": \"yaa\"", 1),
            "a flow \"yaa\"",
        ),
        (
            &good.replace("\"id\": \"id-jag\"", "\"id\": \"id-jug\""),
            "there is no step \"id-jug\"",
        ),
        (
            &good.replace("\"id\": \"id-jag\"", "\"id\": \"call-api\""),
            "other steps than the flow",
        ),
        (
            &good.replace("\"number\": 1", "\"number\": -1"),
            "cannot be read",
        ),
    ] {
        let error = export::read(text).expect_err(says).to_string();
        assert!(
            error.contains(says) && error.ends_with('.'),
            "{says}: {error}"
        );
    }
}

/// Every place in a JSON value.
fn places(json: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match json {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{name}"), found);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn stored() -> &'static str {
    static STORED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    STORED.get_or_init(|| export::write(&scripted::refused()))
}

/// Whatever a trace says, reading it and showing what was read does not panic.
fn survives(text: &str) {
    if let Ok(session) = export::read(text) {
        let _ = self::text(&session);
        let _ = report(&session);
        let _ = export::write(&session);
        let _ = export::text::progress(&session, scripted::last(), &mut Vec::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_trace_panics(at: prop::sample::Index, instead: prop::sample::Index) {
        let mut trace: serde_json::Value = serde_json::from_str(stored()).expect("ours");
        let mut found = Vec::new();
        places(&trace, "", &mut found);
        let others = [
            serde_json::json!(null), serde_json::json!(i64::MAX), serde_json::json!(i64::MIN),
            serde_json::json!(u64::MAX), serde_json::json!(-1.5e300), serde_json::json!(""),
            serde_json::json!("‹"), serde_json::json!("\u{0}\u{1b}[2J"), serde_json::json!([]),
            serde_json::json!({}), serde_json::json!(true),
        ];
        let place = trace.pointer_mut(&found[at.index(found.len())]).expect("it was found");
        *place = others[instead.index(others.len())].clone();
        survives(&trace.to_string());
    }

    #[test]
    fn no_torn_trace_panics(at: prop::sample::Index, length in 0_usize..40, instead in nasty()) {
        let mut text: Vec<char> = stored().chars().collect();
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, instead.chars());
        survives(&text.into_iter().collect::<String>());
    }
}

/// How a secret may be written where it must not be.
fn written(secret: &str) -> Vec<String> {
    use base64::{Engine as _, engine::general_purpose as kinds};
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::to_string(secret).expect("a string");
    vec![
        secret.to_owned(),
        form.replace('+', "%20"),
        form,
        json.trim_matches('"').to_owned(),
        kinds::STANDARD.encode(secret),
        kinds::URL_SAFE_NO_PAD.encode(secret),
    ]
}

#[test]
fn no_secret_is_in_anything_that_is_shown() {
    use jagwalk::protocol::exchange::{Answer, Request};
    let mut secrets: Vec<String> = [
        scripted::SSO_SECRET,
        scripted::AS_SECRET,
        scripted::CODE,
        scripted::REFRESH,
        scripted::KEY,
        "sso-opaque-access-3f1",
        "cookie-value-81",
        "token-in-a-challenge",
        "token-beside-bytes",
    ]
    .map(str::to_owned)
    .to_vec();
    let ink = Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    };
    secrets.push(ink.token("verifier 1"));
    let mut sessions = vec![scripted::happy()];
    for session in &sessions {
        for state in &session.walk.steps {
            let attempt = state.last().expect("it was sent");
            let requests = attempt
                .made
                .iter()
                .flat_map(|made| made.exchange.request.http().secrets());
            let tokens = attempt.tokens.iter().map(|record| &record.token.raw);
            secrets.extend(
                requests
                    .chain(tokens)
                    .map(|secret| secret.reveal().to_owned()),
            );
        }
    }
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() >= 15, "{}", secrets.len());
    let echo: Vec<String> = secrets.iter().flat_map(|secret| written(secret)).collect();
    // Each server in turn echoes everything: with success, as an error, in headers, beside bytes that are no text.
    for status in [200, 400] {
        for step in [
            "discover-idp",
            "redeem-code",
            "id-jag",
            "jwt-bearer",
            "call-api",
        ] {
            let mut number = 0;
            let mut session = scripted::fresh(scripted::profile());
            scripted::drive(
                &mut session,
                Ask::SendThrough(scripted::last()),
                |request| {
                    if let Request::Browser(_) = request {
                        return None;
                    }
                    number += 1;
                    let at = [
                        "discover-idp",
                        "",
                        "",
                        "",
                        "redeem-code",
                        "id-jag",
                        "jwt-bearer",
                        "call-api",
                    ];
                    if at.get(number - 1) != Some(&step) {
                        return None;
                    }
                    let body = serde_json::json!({
                        "error": echo[0], "error_description": echo.join(" "), "echo": echo, "issuer": echo.join(","),
                        "access_token": "token-beside-bytes",
                    });
                    let mut bytes = body.to_string().into_bytes();
                    if status == 400 {
                        bytes.splice(1..1, b"\"\xff\xfe\": 1, ".iter().copied());
                    }
                    let mut answer = scripted::respond(status, "application/json", bytes);
                    if let Ok(Answer::Http(response)) = &mut answer {
                        response.headers.push((
                            "Set-Cookie".to_owned(),
                            "sid=cookie-value-81; Path=/".to_owned(),
                        ));
                        response.headers.push((
                            "WWW-Authenticate".to_owned(),
                            "DPoP error=\"x\", access_token=\"token-in-a-challenge\"".to_owned(),
                        ));
                        response
                            .headers
                            .extend(echo.iter().map(|text| ("X-Echo".to_owned(), text.clone())));
                    }
                    Some(answer)
                },
            );
            for seen in [
                "cookie-value-81",
                "token-in-a-challenge",
                "token-beside-bytes",
            ] {
                assert_ne!(session.vault.mask(seen), seen, "{step} {status}");
            }
            sessions.push(session);
        }
    }
    for session in &sessions {
        let stored = export::write(session);
        let back = export::read(&stored).expect("our own trace");
        let mut outputs = vec![
            text(session),
            format!("{:#}", report(session)),
            text(&back),
            format!("{:#}", report(&back)),
            stored,
        ];
        outputs.extend(export::text::progress(
            session,
            scripted::last(),
            &mut Vec::new(),
        ));
        let made = session
            .walk
            .steps
            .iter()
            .flat_map(|state| &state.attempts)
            .flat_map(|attempt| &attempt.made);
        outputs
            .extend(made.map(|made| curl(made.exchange.request.http(), &session.vault, true).text));
        // Only what the session has met can be known to it.
        let met = |secret: &&String| session.vault.mask(secret) != **secret;
        for secret in secrets.iter().filter(met) {
            for form in written(secret) {
                for output in &outputs {
                    assert!(
                        !output.contains(&form),
                        "{secret:?} as {form:?} in {output}"
                    );
                }
            }
        }
        let met = secrets.iter().filter(met).count();
        assert!(met >= 3, "{met}");
    }
    let last = scripted::last();
    let revealed = export::report(&sessions[0], last, End::Done, true).to_string();
    assert!(
        revealed.contains(scripted::REFRESH),
        "asked for, they are shown"
    );
}

/// What `w` writes goes by the name of the file.
#[test]
fn a_file_is_written_in_the_form_of_its_name() {
    use std::path::Path;
    let session = scripted::refused();
    let written = |name: &str| export::for_file(Path::new(name), &session);
    assert!(written("walk.json").starts_with('{'));
    assert!(
        written("walk").starts_with('{'),
        "a trace, if nothing else is asked for"
    );
    let report = written("a/walk.md");
    assert!(
        report.starts_with("# ") && report.contains("```mermaid"),
        "{report}"
    );
    let story = written("walk.txt");
    assert!(
        story.ends_with("Refused at id-jag: access_denied (400).\n"),
        "{story}"
    );
    assert!(written("walk.mmd").starts_with("sequenceDiagram"));
}
