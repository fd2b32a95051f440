//! Walks without a network: servers as plain functions, a fixed clock, seed and key, so that every run is the same.

use std::sync::Arc;

use jagwalk::{
    flow::{Ink, StepId, flows::XAA},
    profile::{Profile, load},
    protocol::{
        exchange::{Answer, Exchange, Failure, Redirect, Request, Timings, Via},
        http::{Bytes, HttpRequest, Params, Response},
        jwt::jose,
        keys::{Alg, PrivateKey, install_crypto},
        secret::Secret,
        time::Timestamp,
    },
    session::{Command, Effect, Event, Had, SendId, Session},
};
use serde_json::{Value, json};

/// When every scripted walk begins.
pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// The seed of every scripted walk.
pub const SEED: [u8; 32] = [7; 32];

/// The identity provider.
pub const IDP: &str = "https://idp.example";

/// The resource authorization server.
pub const AS: &str = "https://as.todo.example";

/// The API.
pub const API: &str = "https://api.todo.example/todos";

/// The key that both servers sign with and the agent too: the one of RFC 8037 App. A.1, so that signatures repeat.
pub const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// The secret that the sign-in client shares with the IdP.
pub const SSO_SECRET: &str = "sso+secret/9f2c 'x'";

/// The secret that the client shares with the resource authorization server.
pub const AS_SECRET: &str = "as-secret-77d1";

/// The authorization code.
pub const CODE: &str = "code/4-0AbC_dEf+";

/// The refresh token of the sign-in.
pub const REFRESH: &str = "refresh~opaque~5521";

/// What comes back, or why nothing does.
pub type Outcome = Result<Answer, Failure>;

/// The profile of scripted walks: three kinds of client authentication, a browser with a listener.
pub fn profile() -> Profile {
    let text = format!(
        r#"
        format = 1
        flow = "xaa"
        [idp]
        issuer = "{IDP}"
        [sso]
        client_id = "sso-client"
        auth = "client_secret_basic"
        client_secret = "{SSO_SECRET}"
        scope = "openid email offline_access"
        redirect_uri = "http://127.0.0.1:8765/callback"
        [agent]
        client_id = "agent-client"
        auth = "private_key_jwt"
        private_key = '{KEY}'
        scope = "todo.read"
        [resource_as]
        issuer = "{AS}"
        client_id = "todo-client"
        auth = "client_secret_post"
        client_secret = "{AS_SECRET}"
        [api]
        url = "{API}"
        "#
    );
    let (profile, problems) = load::load("acme", &text);
    assert!(
        problems.iter().all(|problem| !problem.fatal),
        "{problems:?}"
    );
    profile
}

/// A session that has not begun.
pub fn fresh(profile: Profile) -> Session {
    install_crypto();
    Session::new(
        &XAA,
        profile,
        Ink {
            now: NOW,
            seed: SEED,
        },
    )
}

/// The last step of the flow.
pub fn last() -> StepId {
    StepId("call-api")
}

/// A walk in which all goes well.
pub fn happy() -> Session {
    walk(|_| None)
}

/// A walk in which the IdP denies the ID-JAG.
pub fn refused() -> Session {
    walk(|request| {
        let error = json!({
            "error": "access_denied",
            "error_description": "The policy of Acme does not let this agent reach https://as.todo.example for bob.",
        });
        is_exchange(request).then(|| answer(400, &error))
    })
}

/// A walk in which a page comes with 200 where the ID-JAG is expected.
pub fn html() -> Session {
    walk(|request| {
        is_exchange(request).then(|| {
            page(
                200,
                "<!doctype html>\n<html><body>\u{1b}[31mSign in\u{7}</body></html>",
            )
        })
    })
}

/// A walk in which the resource authorization server is not there.
pub fn unreachable() -> Session {
    walk(|request| {
        request.http().url.starts_with(AS).then(|| {
            Err(Failure::Connect(
                "as.todo.example:443 refused it".to_owned(),
            ))
        })
    })
}

/// A whole walk of the usual profile; `twist` answers what is not to be answered as usual.
pub fn walk(twist: impl FnMut(&Request) -> Option<Outcome>) -> Session {
    let mut session = fresh(profile());
    drive(&mut session, Command::SendThrough(last()), twist);
    session
}

/// Gives a command and plays the world outside until nothing is in flight.
pub fn drive(
    session: &mut Session,
    command: Command,
    twist: impl FnMut(&Request) -> Option<Outcome>,
) {
    drive_at(session, NOW, command, twist);
}

/// The same at a later time; waits between requests pass at once.
pub fn drive_at(
    session: &mut Session,
    mut now: Timestamp,
    command: Command,
    mut twist: impl FnMut(&Request) -> Option<Outcome>,
) {
    let mut ink = || {
        now = now.plus_secs(1);
        Ink { now, seed: SEED }
    };
    let mut effects = session.command(command, ink());
    while !effects.is_empty() {
        let mut next = Vec::new();
        for effect in effects {
            let event = match effect {
                Effect::Prepare { send, wants } => {
                    assert_eq!(wants.len(), 1, "only the listener is outside: {wants:?}");
                    let uri = "http://127.0.0.1:8765/callback".to_owned();
                    Event::Prepared {
                        send,
                        had: vec![Had::Listener(Ok(uri))],
                    }
                }
                Effect::Send { send, request, .. } => {
                    let start = ink().now;
                    let outcome = twist(&request).unwrap_or_else(|| usual(&request, start));
                    let times = Timings {
                        start,
                        first_byte: Some(3_000),
                        end: 4_240,
                    };
                    Event::Answered {
                        send,
                        exchange: Arc::new(Exchange {
                            request,
                            outcome,
                            times,
                        }),
                    }
                }
                Effect::Deliver { .. } | Effect::Abort(_) => continue,
            };
            next.extend(session.event(event, ink()));
        }
        effects = next;
    }
}

/// The event of an answer.
pub fn answered(send: SendId, request: Request, outcome: Outcome, start: Timestamp) -> Event {
    Event::Answered {
        send,
        exchange: Arc::new(Exchange {
            request,
            outcome,
            times: Timings {
                start,
                first_byte: Some(3_000),
                end: 4_240,
            },
        }),
    }
}

/// Tells whether a request asks for the ID-JAG.
pub fn is_exchange(request: &Request) -> bool {
    field(request.http(), "grant_type").is_some_and(|grant| grant.ends_with("token-exchange"))
}

/// A JSON answer.
pub fn answer(status: u16, body: &Value) -> Outcome {
    respond(status, "application/json", body.to_string().into_bytes())
}

/// A page where none is expected.
pub fn page(status: u16, body: &str) -> Outcome {
    respond(status, "text/html; charset=utf-8", body.as_bytes().to_vec())
}

/// Any answer.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
pub fn respond(status: u16, kind: &str, body: Vec<u8>) -> Outcome {
    Ok(Answer::Http(Response {
        status,
        headers: vec![
            ("Content-Type".to_owned(), kind.to_owned()),
            ("Cache-Control".to_owned(), "no-store".to_owned()),
        ],
        body_size: body.len() as u64,
        body: Bytes(body),
        cut: None,
    }))
}

/// Signs a token as both servers do.
pub fn signed(typ: &str, claims: &Value) -> String {
    let key = key();
    let header = json!({ "typ": typ, "alg": "EdDSA", "kid": key.kid() });
    jose::sign(&header, claims, &key, Alg::EdDSA).expect("the key fits")
}

/// The key that everybody signs with.
pub fn key() -> PrivateKey {
    PrivateKey::parse(KEY).expect("the key of the RFC")
}

/// A parameter of a form, as it goes.
pub fn field(request: &HttpRequest, name: &str) -> Option<String> {
    Some(request.form()?.get(name)?.wire())
}

/// What healthy servers answer.
pub fn usual(request: &Request, now: Timestamp) -> Outcome {
    let http = request.http();
    if let Request::Browser(asked) = request {
        return redirect(&[("code", CODE), ("state", &asked.state), ("iss", IDP)]);
    }
    let seconds = now.secs();
    let path = http.url.trim_start_matches("https://");
    match path.split_once('/').unwrap_or((path, "")) {
        ("idp.example", ".well-known/openid-configuration") => answer(200, &metadata(IDP)),
        ("as.todo.example", ".well-known/oauth-authorization-server") => answer(200, &metadata(AS)),
        (_, "jwks") => answer(200, &json!({ "keys": [key().registration_jwk()] })),
        ("idp.example", "token") if is_exchange(request) => {
            let jag = signed(
                "oauth-id-jag+jwt",
                &json!({
                    "iss": IDP, "sub": "alice-1", "aud": AS, "client_id": "todo-client", "jti": "jag-1",
                    "iat": seconds, "exp": seconds + 300, "scope": "todo.read", "email": "alice@acme.example",
                }),
            );
            answer(
                200,
                &json!({
                    "access_token": jag, "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
                    "token_type": "N_A", "expires_in": 300, "scope": "todo.read",
                }),
            )
        }
        ("idp.example", "token") => {
            // Renewing tokens is no sign-in.
            let signed_in = match field(http, "grant_type").as_deref() {
                Some("refresh_token") => NOW.secs() - 6,
                _ => seconds - 19,
            };
            let id_token = signed(
                "JWT",
                &json!({
                    "iss": IDP, "sub": "alice-1", "aud": "sso-client", "nonce": nonce(), "iat": seconds,
                    "exp": seconds + 3600, "auth_time": signed_in, "email": "alice@acme.example",
                }),
            );
            answer(
                200,
                &json!({
                    "access_token": "sso-opaque-access-3f1", "id_token": id_token, "refresh_token": REFRESH,
                    "token_type": "Bearer", "expires_in": 3600,
                }),
            )
        }
        ("as.todo.example", "token") => {
            let token = signed(
                "at+jwt",
                &json!({
                    "iss": AS, "sub": "alice-1", "aud": API, "client_id": "todo-client", "jti": "at-1", "iat": seconds,
                    "exp": seconds + 600, "scope": "todo.read",
                }),
            );
            answer(
                200,
                &json!({
                    "access_token": token, "token_type": "Bearer", "expires_in": 600, "scope": "todo.read",
                }),
            )
        }
        ("api.todo.example", "todos") => answer(200, &json!({ "todos": ["Water the plants"] })),
        _ => page(404, "<html>Nobody lives here.</html>"),
    }
}

/// The redirect that the listener catches.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
pub fn redirect(params: &[(&str, &str)]) -> Outcome {
    let mut query = Params::default();
    for (name, value) in params {
        query.push(*name, *value);
    }
    let url = format!("http://127.0.0.1:8765/callback?{}", query.encode());
    Ok(Answer::Redirect(Redirect {
        url: Secret::minted("redirect", url),
        via: Via::Listener,
        hops: Vec::new(),
    }))
}

/// The nonce of the first attempt.
pub fn nonce() -> String {
    Ink {
        now: NOW,
        seed: SEED,
    }
    .token("nonce 1")
}

/// What a server says about itself.
pub fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "authorization_response_iss_parameter_supported": true,
    })
}
