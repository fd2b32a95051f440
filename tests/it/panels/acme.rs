//! A made-up tenant whose servers are functions: fixed clock, seed and keys, no network.

use std::{collections::VecDeque, sync::Arc};

use jagwalk::{
    flow::{Ink, StepId, Want, flows::XAA},
    profile::{Profile, load},
    protocol::{
        digest::b64url,
        exchange::{Answer, Exchange, Failure, Hop, Redirect, Request, Timings, Via},
        http::{Bytes, HttpRequest, Response},
        jwt::jose,
        keys::{Alg, PrivateKey},
        secret::Secret,
        time::Timestamp,
    },
    session::{Command, Effect, Event, Had, Session},
};
use serde_json::{Value, json};

/// When everything begins: 2026-11-22 10:13:20 UTC.
pub const START: Timestamp = Timestamp(1_795_342_400_000);

/// The secret of the client that signs the user in; it is full of what encodings change.
pub const CLIENT_SECRET: &str = "p&q +=~x/9-sso";

const IDP: &str = "https://idp.acme.example";
const AS: &str = "https://as.todo.example/tenant/x";
const API: &str = "https://api.todo.example/todos";

const PROFILE: &str = r#"
format = 1
title = "Acme"
flow = "xaa"
[idp]
issuer = "https://idp.acme.example"
[sso]
client_id = "acme-sso"
auth = "client_secret_basic"
client_secret = "p&q +=~x/9-sso"
redirect_uri = "http://127.0.0.1:8765/callback"
login = "follow"
[agent]
client_id = "acme-agent"
auth = "private_key_jwt"
private_key = '''
PEM'''
scope = "todo.read"
resource = "https://api.todo.example"
[resource_as]
issuer = "https://as.todo.example/tenant/x"
client_id = "acme-at-todo"
auth = "client_secret_post"
client_secret = "post-secret-1"
[api]
url = "https://api.todo.example/todos?limit=3"
[step.id-jag]
params = { x_tenant = "acme" }
"#;

/// The moment so many seconds after the beginning, with the fixed seed.
pub fn ink(seconds: i64) -> Ink {
    Ink {
        now: START.plus_secs(seconds),
        seed: [7; 32],
    }
}

/// An Ed25519 key from one repeated byte.
fn pem(byte: u8) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    der.extend([byte; 32]);
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der)
    )
}

/// Makes an HTTP answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Bytes(body.as_bytes().to_vec()),
        body_size: body.len() as u64,
        cut: None,
    }
}

/// The tenant, its servers and the session that walks there.
pub struct Acme {
    /// The session.
    pub session: Session,
    /// What a server says instead, if anything.
    pub policy: fn(&HttpRequest) -> Option<Response>,
    /// What the API says instead of a list.
    pub api: Option<Response>,
    /// Why nothing can be reached.
    pub fails: Option<Failure>,
    /// A text that servers put wherever they can.
    pub hostile: Option<&'static str>,
    /// A claim of every token.
    pub extra_claim: Option<String>,
    key: PrivateKey,
    clock: i64,
}

impl Acme {
    /// Starts a session at the tenant.
    pub fn new() -> Self {
        let (profile, problems): (Profile, _) =
            load::load("acme", &PROFILE.replace("PEM", &pem(3)));
        assert!(
            problems.iter().all(|problem| !problem.fatal),
            "{problems:?}"
        );
        Self {
            session: Session::new(&XAA, profile, ink(0)),
            policy: |_| None,
            api: None,
            fails: None,
            hostile: None,
            extra_claim: None,
            key: PrivateKey::parse(&pem(5)).expect("a fixed key"),
            clock: 0,
        }
    }

    /// Sends every step up to this one.
    pub fn through(&mut self, step: StepId) {
        self.command(Command::SendThrough(step));
    }

    /// Gives a command and answers whatever is sent for it.
    pub fn command(&mut self, command: Command) {
        self.clock += 1;
        let mut effects: VecDeque<Effect> = self.session.command(command, ink(self.clock)).into();
        while let Some(effect) = effects.pop_front() {
            self.clock += 1;
            let event = match effect {
                Effect::Prepare { send, wants } => Event::Prepared {
                    send,
                    had: wants.into_iter().map(had).collect(),
                },
                Effect::Send { send, request, .. } => Event::Answered {
                    send,
                    exchange: Arc::new(self.exchange(request)),
                },
                Effect::Deliver { .. } | Effect::Abort(_) => continue,
            };
            effects.extend(self.session.event(event, ink(self.clock)));
        }
    }

    /// Makes an ID Token.
    pub fn id_token(&self, nonce: &str) -> String {
        self.sign(
            "JWT",
            json!({
                "iss": IDP, "sub": "00u1alice", "aud": "acme-sso", "nonce": nonce, "email": "alice@acme.example",
                "email_verified": true, "amr": ["pwd", "otp"], "auth_time": self.now(),
                "address": { "country": "NO", "lines": ["Storgata 1", "0155 Oslo"] },
            }),
            600,
        )
    }

    fn now(&self) -> i64 {
        START.secs() + self.clock
    }

    fn sign(&self, typ: &str, mut claims: Value, lifetime: i64) -> String {
        claims["iat"] = json!(self.now());
        claims["exp"] = json!(self.now() + lifetime);
        if let Some(hostile) = self.hostile {
            claims["hostile"] = json!(hostile);
            claims[hostile] = json!({ "deep": { hostile: [hostile] } });
        }
        if let Some(extra) = &self.extra_claim {
            claims["extra"] = json!(extra);
        }
        let header = json!({ "typ": typ, "alg": "EdDSA", "kid": "key-1", "x": self.hostile });
        jose::sign(&header, &claims, &self.key, Alg::EdDSA).expect("the key fits")
    }

    fn exchange(&self, request: Request) -> Exchange {
        let outcome = match &self.fails {
            Some(failure) => Err(failure.clone()),
            None => Ok(match &request {
                Request::Http(http) => {
                    Answer::Http((self.policy)(http).unwrap_or_else(|| self.respond(http)))
                }
                Request::Browser(asked) => Answer::Redirect(Redirect {
                    url: Secret::minted(
                        "redirect",
                        format!(
                            "{}?code={}&state={}&iss={}",
                            asked.redirect_uri,
                            b64url(b"the code of this walk"),
                            asked.state,
                            IDP
                        ),
                    ),
                    via: Via::Follow,
                    hops: vec![
                        Hop {
                            url: format!(
                                "{IDP}/authorize?{}",
                                self.hostile.unwrap_or("client_id=acme-sso")
                            ),
                            status: 302,
                        },
                        Hop {
                            url: format!("{IDP}/login?user=alice"),
                            status: 303,
                        },
                    ],
                }),
            }),
        };
        Exchange {
            request,
            outcome,
            times: Timings {
                start: START.plus_secs(self.clock),
                first_byte: Some(140_000),
                end: 143_000,
            },
        }
    }

    fn respond(&self, request: &HttpRequest) -> Response {
        let form = |name: &str| {
            request
                .form()
                .and_then(|form| form.get(name))
                .map(jagwalk::protocol::http::Value::wire)
                .unwrap_or_default()
        };
        let body = match request.url.as_str() {
            url if url.contains("/.well-known/") => metadata(url),
            url if url.ends_with("/keys") => {
                let mut jwk = self.key.public_jwk().clone();
                jwk["kid"] = json!("key-1");
                json!({ "keys": [jwk] })
            }
            url if url == format!("{IDP}/token") && form("grant_type") == "authorization_code" => {
                let nonce = self
                    .session
                    .walk
                    .bag
                    .value(jagwalk::flow::Artifact::Nonce)
                    .map(|nonce| nonce.reveal().to_owned())
                    .unwrap_or_default();
                json!({
                    "token_type": "Bearer", "expires_in": 3600, "scope": "openid email",
                    "id_token": self.id_token(&nonce),
                    "access_token": "opaque-sso-access-token-0123456789",
                    "refresh_token": "refresh-token-abcdefghijklmnop",
                })
            }
            url if url == format!("{IDP}/token") => json!({
                "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag", "token_type": "N_A", "expires_in": 300,
                "access_token": self.sign("oauth-id-jag+jwt", json!({
                    "iss": IDP, "sub": "00u1alice", "aud": AS, "client_id": "acme-at-todo", "jti": "jag-1",
                    "resource": "https://api.todo.example", "scope": "todo.read", "act": { "sub": "acme-agent" },
                }), 300),
            }),
            url if url == format!("{AS}/token") => json!({
                "token_type": "Bearer", "expires_in": 3600, "scope": "todo.read",
                "access_token": self.sign("at+jwt", json!({
                    "iss": AS, "sub": "alice", "aud": "https://api.todo.example", "client_id": "acme-at-todo",
                    "scope": "todo.read", "jti": "at-1",
                }), 3600),
            }),
            API => {
                if let Some(response) = &self.api {
                    return response.clone();
                }
                json!({ "todos": [{ "id": 1, "title": "buy milk", "done": false, "due": null }], "next": [], "more": {} })
            }
            other => return answer(404, &[], &format!("nothing at {other}")),
        };
        let mut body = body;
        let mut headers = vec![
            ("Content-Type", "application/json"),
            ("Date", "Sun, 22 Nov 2026 10:14:07 GMT"),
            ("Cache-Control", "no-store"),
            ("x-request-id", "req-1"),
        ];
        if let Some(hostile) = self.hostile {
            body["hostile"] = json!(hostile);
            headers.push((hostile, hostile));
        }
        answer(200, &headers, &body.to_string())
    }
}

fn metadata(url: &str) -> Value {
    let issuer = if url.starts_with(IDP) { IDP } else { AS };
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "grant_types_supported": ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn had(want: Want) -> Had {
    match want {
        Want::Secret(field, _) => {
            Had::Secret(field, Ok(Secret::typed(field.0, "read-from-outside")))
        }
        Want::Listener { redirect_uris, .. } => Had::Listener(Ok(redirect_uris[0].clone())),
    }
}
