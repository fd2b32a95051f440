//! Instances of a client at the lab: what is judged, one row for one check, valid but for that check.

use jagwalk::{
    lab::{Credentials, Setting},
    protocol::{
        digest::{b64url, sha256},
        http::{HttpRequest, Response},
        jwt::Token,
        keys::{Alg, PrivateKey, alg_name},
        oauth::{OAuthError, urn},
        secret::Secret,
    },
};
use serde_json::{Value, json};

use super::world::{
    Browser, Jwt, REDIRECT, World, advance, authenticate, dice, form, now, query, send, set,
};

const OWN: &str = "client_instance_assertion";

/// What an instance needs: the client that it is of, its issuer, its key.
struct Codex {
    world: World,
    client: Credentials,
    /// The client whose instances have nothing but their assertions.
    sole: String,
    issuer: String,
    evidence: String,
    key: PrivateKey,
}

impl Codex {
    async fn start() -> Self {
        let world = World::start().await;
        let text = |variant: &str, path: &str| {
            let settings = world.lab.settings_of_variant("instance-assertion", variant);
            settings.into_iter().find_map(|(other, value)| match value {
                Setting::Text(text) if other == path => Some(text),
                Setting::Secret(secret) if other == path => Some(secret.reveal().to_owned()),
                _ => None,
            })
        };
        let client = Credentials {
            client_id: text("", "sso.client_id").unwrap(),
            auth: "private_key_jwt",
            client_secret: None,
            private_key: text("", "sso.private_key").map(|pem| Secret::minted("key", pem)),
            alg: Some("ES256"),
        };
        assert_eq!(
            text("sole", "sso.private_key"),
            None,
            "it has no key of its own"
        );
        Self {
            client,
            sole: text("sole", "sso.client_id").unwrap(),
            issuer: text("", "instance_issuer.issuer").unwrap(),
            evidence: text("", "instance_issuer.evidence").unwrap(),
            key: PrivateKey::generate(Alg::ES256).unwrap(),
            world,
        }
    }

    /// The thumbprint of the instance's key.
    fn jkt(&self) -> String {
        self.key.thumbprint()
    }

    /// A valid assertion, for a client; the forger's key is among the issuer's.
    fn assertion(&self, client: &str) -> Jwt {
        let mut jti = [0; 12];
        dice(&mut jti);
        let key = self.world.forger.ec.clone();
        Jwt {
            header: json!({ "typ": "client-instance+jwt", "alg": "ES256", "kid": key.kid() }),
            claims: json!({
                "iss": self.issuer, "sub": format!("{}/i-1", self.issuer), "aud": self.world.lab.idp(),
                "client_id": client, "iat": now().secs(), "exp": now().secs() + 300,
                "jti": b64url(&jti), "sub_profile": "client_instance ai_agent", "cnf": { "jkt": self.jkt() },
            }),
            twice: None,
            key,
            alg: Alg::ES256,
        }
    }

    async fn code(&self, client: &str, jkt: Option<&str>) -> String {
        let mut request = self.world.authorize(client, "alice");
        request
            .query
            .set("scope", "openid offline_access repo.read");
        if let Some(jkt) = jkt {
            request.query.push("dpop_jkt", jkt);
        }
        let back = Browser::default().follow(request).await;
        query(&back, "code").unwrap_or_else(|| panic!("no code in {back}"))
    }
}

/// Makes a proof of a key for a POST to an address.
fn proof(key: &PrivateKey, method: &str, url: &str, token: Option<&str>) -> Jwt {
    let mut jti = [0; 12];
    dice(&mut jti);
    let mut claims = json!({ "htm": method, "htu": url, "iat": now().secs(), "jti": b64url(&jti) });
    if let Some(token) = token {
        claims["ath"] = json!(b64url(&sha256(token.as_bytes())));
    }
    Jwt {
        header: json!({ "typ": "dpop+jwt", "alg": alg_name(key.alg()), "jwk": key.public_jwk() }),
        claims,
        twice: None,
        key: key.clone(),
        alg: key.alg(),
    }
}

/// A token request that a row may spoil.
struct Draft<'a> {
    codex: &'a Codex,
    /// The parameters beside the assertion.
    request: HttpRequest,
    assertion: Jwt,
    /// What stands for the assertion, where it is not the signed one.
    raw: Option<String>,
    /// The parameter that carries it.
    param: &'static str,
    /// Whether the client proves itself with its key.
    authenticates: bool,
    /// The key that is proven; `None` for no proof.
    proven: Option<PrivateKey>,
    /// Whether the same assertion was shown before.
    again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Base {
    /// A code and the client's key.
    Code,
    /// `client_credentials` and the client's key.
    Own,
    /// A code, and the assertion as the only credential.
    Sole,
}

impl<'a> Draft<'a> {
    async fn new(codex: &'a Codex, base: Base) -> Self {
        let client = match base {
            Base::Sole => codex.sole.clone(),
            _ => codex.client.client_id.clone(),
        };
        let mut request = match base {
            Base::Own => form(
                codex.world.at_idp("/token"),
                &[
                    ("grant_type", urn::CLIENT_CREDENTIALS),
                    ("scope", "repo.read"),
                ],
            ),
            _ => {
                let code = codex.code(&client, Some(&codex.jkt())).await;
                codex.world.redeem(&code)
            }
        };
        set(&mut request, "client_id", &client);
        Self {
            codex,
            request,
            assertion: codex.assertion(&client),
            raw: None,
            param: OWN,
            authenticates: base != Base::Sole,
            proven: Some(codex.key.clone()),
            again: false,
        }
    }

    fn older(&mut self) {
        self.param = "actor_token";
        set(&mut self.request, "actor_token_type", urn::CLIENT_INSTANCE);
    }

    fn claim(&mut self, name: &str, value: Value) {
        self.assertion.claims[name] = value;
    }

    fn without(&mut self, name: &str) {
        self.assertion
            .claims
            .as_object_mut()
            .unwrap()
            .shift_remove(name);
    }

    fn finish(&self) -> HttpRequest {
        let mut request = self.request.clone();
        let raw = self.raw.clone().unwrap_or_else(|| self.assertion.signed());
        if !self.param.is_empty() {
            set(&mut request, self.param, &raw);
        }
        if self.authenticates {
            authenticate(&mut request, &self.codex.client, self.codex.world.lab.idp());
        }
        if let Some(key) = &self.proven {
            let url = request.url.clone();
            request.set_header("dpop", proof(key, "POST", &url, None).signed());
        }
        request
    }

    async fn send(&self) -> Response {
        send(&self.finish()).await
    }
}

fn claims(answer: &Value, name: &str) -> Value {
    let raw = answer[name].as_str().unwrap_or_default();
    Token::parse(&Secret::minted("token", raw))
        .claims
        .json
        .unwrap()
}

fn granted(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().unwrap()
}

/// One check: what is changed, and how the lab answers.
type Row = (Base, &'static str, &'static str, fn(&mut Draft<'_>));

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // The parameters, before anything else.
    (Base::Code, "both parameters", "invalid_request", |d| {
        let raw = d.assertion.signed();
        set(&mut d.request, "actor_token", &raw);
        set(&mut d.request, "actor_token_type", urn::CLIENT_INSTANCE);
    }),
    (Base::Code, "actor_token without its type", "invalid_request", |d| d.param = "actor_token"),
    (Base::Code, "type without actor_token", "invalid_request", |d| set(&mut d.request, "actor_token_type", urn::CLIENT_INSTANCE)),
    (Base::Code, "the parameters are judged before the client", "invalid_request", |d| {
        d.param = "actor_token";
        d.authenticates = false;
    }),
    (Base::Code, "own parameter in a token exchange", "invalid_request", |d| set(&mut d.request, "grant_type", urn::TOKEN_EXCHANGE)),
    // The client.
    (Base::Code, "client does not prove itself", "invalid_client", |d| d.authenticates = false),
    (Base::Code, "client with a document of somebody else", "invalid_client", |d| {
        let url = d.codex.world.lab.idp().to_owned() + "/.well-known/openid-configuration";
        set(&mut d.request, "client_id", &url);
        d.authenticates = false;
    }),
    (Base::Code, "client beyond loopback", "invalid_client", |d| {
        set(&mut d.request, "client_id", "https://agent.example.com/client");
        d.authenticates = false;
    }),
    // The type.
    (Base::Code, "another actor_token_type", "unsupported_token_type", |d| {
        d.older();
        set(&mut d.request, "actor_token_type", urn::JWT);
    }),
    (Base::Code, "no JWT", "invalid_request", |d| d.raw = Some("instance-1".to_owned())),
    // The descriptor and the signature.
    (Base::Code, "another issuer", "invalid_grant", |d| d.claim("iss", json!("https://instances.example.com"))),
    (Base::Code, "issuer missing", "invalid_grant", |d| d.without("iss")),
    (Base::Code, "signed with a key of nobody", "invalid_grant", |d| {
        d.assertion.key = d.codex.world.forger.stranger.clone();
    }),
    (Base::Code, "unknown kid", "invalid_grant", |d| d.assertion.header["kid"] = json!("nobody")),
    (Base::Code, "an algorithm that the descriptor does not list", "invalid_grant", |d| {
        d.assertion.key = d.codex.world.forger.rsa.clone();
        d.assertion.alg = Alg::RS256;
        d.assertion.header["alg"] = json!("RS256");
        d.assertion.header["kid"] = json!(d.assertion.key.kid());
    }),
    (Base::Code, "the signature is judged before the typ", "invalid_grant", |d| {
        d.assertion.header["typ"] = json!("JWT");
        d.assertion.key = d.codex.world.forger.stranger.clone();
    }),
    // typ, crit and claims.
    (Base::Code, "typ JWT", "invalid_request", |d| d.assertion.header["typ"] = json!("JWT")),
    (Base::Code, "typ missing", "invalid_request", |d| {
        d.assertion.header.as_object_mut().unwrap().shift_remove("typ");
    }),
    (Base::Code, "crit", "invalid_grant", |d| d.assertion.header["crit"] = json!(["exp"])),
    (Base::Code, "sub missing", "invalid_grant", |d| d.without("sub")),
    (Base::Code, "aud missing", "invalid_grant", |d| d.without("aud")),
    (Base::Code, "aud of another", "invalid_grant", |d| d.claim("aud", json!("https://as.example.com"))),
    (Base::Code, "exp missing", "invalid_grant", |d| d.without("exp")),
    (Base::Code, "expired", "invalid_grant", |d| d.claim("exp", json!(now().secs()))),
    (Base::Code, "iat missing", "invalid_grant", |d| d.without("iat")),
    (Base::Code, "iat to come", "invalid_grant", |d| d.claim("iat", json!(now().secs() + 90))),
    (Base::Code, "nbf to come", "invalid_grant", |d| d.claim("nbf", json!(now().secs() + 90))),
    (Base::Code, "jti missing", "invalid_grant", |d| d.without("jti")),
    (Base::Code, "cnf missing", "invalid_grant", |d| d.without("cnf")),
    (Base::Code, "cnf with two members", "invalid_grant", |d| {
        let jkt = d.codex.jkt();
        d.claim("cnf", json!({ "jkt": jkt, "x5t#S256": "x" }));
    }),
    (Base::Code, "act inside", "invalid_grant", |d| d.claim("act", json!({ "sub": "other" }))),
    // The client binding, the replay, the key.
    (Base::Code, "client_id missing", "invalid_grant", |d| d.without("client_id")),
    (Base::Code, "client_id of another", "invalid_grant", |d| {
        let sole = d.codex.sole.clone();
        d.claim("client_id", json!(sole));
    }),
    (Base::Code, "shown before", "invalid_grant", |d| d.again = true),
    (Base::Code, "shown before, by the older version", "invalid_grant", |d| {
        d.older();
        d.again = true;
    }),
    (Base::Code, "shown before with another key: the older version looks at the replay first", "invalid_grant", |d| {
        d.older();
        d.again = true;
        d.proven = Some(d.codex.world.forger.stranger.clone());
    }),
    (Base::Code, "shown before with another key: the newer version looks at the key first", "invalid_request", |d| {
        d.again = true;
        d.proven = Some(d.codex.world.forger.stranger.clone());
    }),
    (Base::Code, "no proof", "invalid_request", |d| d.proven = None),
    (Base::Code, "proof of another key", "invalid_request", |d| d.proven = Some(d.codex.world.forger.stranger.clone())),
    (Base::Code, "the client’s own key", "invalid_request", |d| {
        let key = PrivateKey::parse(d.codex.client.private_key.as_ref().unwrap().reveal()).unwrap();
        d.claim("cnf", json!({ "jkt": key.thumbprint() }));
        d.proven = Some(key);
    }),
    (Base::Code, "another key than dpop_jkt announced", "invalid_request", |d| {
        let key = d.codex.world.forger.stranger.clone();
        d.claim("cnf", json!({ "jkt": key.thumbprint() }));
        d.proven = Some(key);
    }),
    (Base::Code, "redirect_uri of another", "invalid_grant", |d| set(&mut d.request, "redirect_uri", &REDIRECT.replace("49152", "49153"))),
    // For itself.
    (Base::Own, "no assertion", "invalid_request", |d| d.param = ""),
    (Base::Own, "scope of a sign-in", "invalid_scope", |d| set(&mut d.request, "scope", "openid repo.read")),
    (Base::Own, "proof of another key, for itself", "invalid_request", |d| d.proven = Some(d.codex.world.forger.stranger.clone())),
    // As the only credential every fault is the client's (CIA §8.9).
    (Base::Sole, "sole: no assertion", "invalid_client", |d| d.param = ""),
    (Base::Sole, "sole: another issuer", "invalid_client", |d| d.claim("iss", json!("https://instances.example.com"))),
    (Base::Sole, "sole: typ JWT", "invalid_client", |d| d.assertion.header["typ"] = json!("JWT")),
    (Base::Sole, "sole: cnf missing", "invalid_client", |d| d.without("cnf")),
    (Base::Sole, "sole: client_id missing", "invalid_client", |d| d.without("client_id")),
    (Base::Sole, "sole: no proof", "invalid_client", |d| d.proven = None),
    (Base::Sole, "sole: shown before", "invalid_client", |d| d.again = true),
    (Base::Sole, "sole: a credential beside it", "invalid_client", |d| {
        set(&mut d.request, "client_secret", "guess");
    }),
];

#[tokio::test]
async fn every_check_of_an_assertion_refuses_alone() {
    let codex = Codex::start().await;
    let mut wrong = Vec::new();
    for (base, name, error, change) in ROWS {
        let mut draft = Draft::new(&codex, *base).await;
        change(&mut draft);
        if draft.again {
            let mut first = Draft::new(&codex, *base).await;
            first.assertion = Jwt {
                header: draft.assertion.header.clone(),
                claims: draft.assertion.claims.clone(),
                twice: None,
                key: draft.assertion.key.clone(),
                alg: draft.assertion.alg,
            };
            granted(&first.send().await);
        }
        let answer = draft.send().await;
        let said = OAuthError::of(&answer);
        let status = if *error == "invalid_client" { 401 } else { 400 };
        if answer.status != status || said.error.as_deref() != Some(error) {
            wrong.push(format!(
                "{name}: expected {status} {error}, received {said}"
            ));
        }
        if said.description.is_none_or(|says| !says.ends_with('.')) {
            wrong.push(format!("{name}: no sentence"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    codex.world.lab.stop().await;
}

#[tokio::test]
async fn the_token_names_the_user_and_the_instance_and_is_bound_to_its_key() {
    let codex = Codex::start().await;
    for (base, older) in [
        (Base::Code, false),
        (Base::Code, true),
        (Base::Sole, false),
        (Base::Sole, true),
    ] {
        let mut draft = Draft::new(&codex, base).await;
        if older {
            draft.older();
        }
        let answer = granted(&draft.send().await);
        assert_eq!(answer["token_type"], "DPoP");
        let access = claims(&answer, "access_token");
        let instance = format!("{}/i-1", codex.issuer);
        assert_eq!(access["sub"], "u-1001-alice");
        assert_eq!(access["client_id"], draft.assertion.claims["client_id"]);
        assert_eq!(access["cnf"], json!({ "jkt": codex.jkt() }));
        assert_eq!(
            access["act"],
            json!({ "iss": codex.issuer, "sub": instance, "sub_profile": "client_instance ai_agent" })
        );

        // The refresh token is bound to the same instance (CIA §8.7).
        let refresh = answer["refresh_token"].as_str().unwrap();
        let renew = |change: fn(&mut Draft<'_>)| {
            let mut draft = Draft {
                codex: &codex,
                request: form(
                    codex.world.at_idp("/token"),
                    &[("grant_type", urn::REFRESH), ("refresh_token", refresh)],
                ),
                assertion: codex.assertion(draft.assertion.claims["client_id"].as_str().unwrap()),
                raw: None,
                param: OWN,
                authenticates: base != Base::Sole,
                proven: Some(codex.key.clone()),
                again: false,
            };
            set(
                &mut draft.request,
                "client_id",
                draft.assertion.claims["client_id"].as_str().unwrap(),
            );
            change(&mut draft);
            draft.finish()
        };
        let renewed = granted(&send(&renew(|_| {})).await);
        assert_eq!(claims(&renewed, "access_token")["act"], access["act"]);
        if base == Base::Code {
            let renewed = granted(&send(&renew(|d| d.param = "")).await);
            assert_eq!(claims(&renewed, "access_token")["cnf"], access["cnf"]);
            for change in [
                (|d: &mut Draft<'_>| d.claim("sub", json!("another"))) as fn(&mut Draft<'_>),
                |d| {
                    let key = d.codex.world.forger.stranger.clone();
                    d.claim("cnf", json!({ "jkt": key.thumbprint() }));
                    d.proven = Some(key);
                },
                |d| {
                    d.param = "";
                    d.proven = None;
                },
            ] {
                let refused = OAuthError::of(&send(&renew(change)).await);
                assert_eq!(refused.error.as_deref(), Some("invalid_grant"), "{refused}");
            }
        }
    }
    codex.world.lab.stop().await;
}

#[tokio::test]
async fn an_instance_that_acts_for_itself_is_the_subject() {
    let codex = Codex::start().await;
    let draft = Draft::new(&codex, Base::Own).await;
    let answer = granted(&draft.send().await);
    let access = claims(&answer, "access_token");
    assert_eq!(access["sub"], format!("{}/i-1", codex.issuer));
    assert_eq!(access["sub_profile"], "client_instance ai_agent");
    assert_eq!(access["client_id"], codex.client.client_id);
    assert_eq!(access["cnf"], json!({ "jkt": codex.jkt() }));
    assert!(access.get("act").is_none());
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    codex.world.lab.stop().await;
}

#[tokio::test]
async fn a_grant_without_an_instance_stays_without() {
    let codex = Codex::start().await;
    let mut draft = Draft::new(&codex, Base::Code).await;
    draft.param = "";
    let answer = granted(&draft.send().await);
    assert!(claims(&answer, "access_token").get("act").is_none());
    let mut draft = Draft::new(&codex, Base::Own).await;
    draft.request = form(
        codex.world.at_idp("/token"),
        &[
            ("grant_type", urn::REFRESH),
            ("refresh_token", answer["refresh_token"].as_str().unwrap()),
        ],
    );
    let refused = OAuthError::of(&draft.send().await);
    assert_eq!(refused.error.as_deref(), Some("invalid_grant"), "{refused}");

    // A code that is bound to a key is good with that key alone, instance or not (RFC 9449 §10).
    let mut draft = Draft::new(&codex, Base::Code).await;
    draft.param = "";
    draft.proven = None;
    let refused = OAuthError::of(&draft.send().await);
    assert_eq!(refused.error.as_deref(), Some("invalid_grant"), "{refused}");
    codex.world.lab.stop().await;
}

#[tokio::test]
async fn the_issuer_knows_its_instances() {
    let codex = Codex::start().await;
    let url = format!("{}/assertion", codex.issuer);
    let ask = |change: &dyn Fn(&mut HttpRequest)| {
        let mut request = form(
            url.clone(),
            &[
                ("client_id", &codex.client.client_id),
                ("audience", codex.world.lab.idp()),
            ],
        );
        request.set_header("authorization", format!("Bearer {}", codex.evidence));
        request.set_header("dpop", proof(&codex.key, "POST", &url, None).signed());
        change(&mut request);
        request
    };
    let first = granted(&send(&ask(&|_| {})).await);
    let first = claims(&first, OWN);
    assert_eq!(first["cnf"], json!({ "jkt": codex.jkt() }));
    assert_eq!(
        first["exp"].as_i64().unwrap() - first["iat"].as_i64().unwrap(),
        300
    );
    advance(10);
    let second = granted(&send(&ask(&|_| {})).await);
    let second = claims(&second, OWN);
    assert_eq!(
        first["sub"], second["sub"],
        "the same key is the same instance"
    );
    assert_ne!(first["jti"], second["jti"]);
    let other = PrivateKey::generate(Alg::ES256).unwrap();
    let third = granted(
        &send(&ask(&|r| {
            r.set_header("dpop", proof(&other, "POST", &url, None).signed());
        }))
        .await,
    );
    assert_ne!(claims(&third, OWN)["sub"], first["sub"]);
    for (error, change) in [
        (
            "invalid_client",
            (&|r: &mut HttpRequest| r.set_header("authorization", "Bearer guess"))
                as &dyn Fn(&mut HttpRequest),
        ),
        ("invalid_dpop_proof", &|r| {
            r.headers.retain(|(name, _)| name != "dpop");
        }),
        ("invalid_target", &|r| {
            set(r, "client_id", "https://other.example.com/client");
        }),
        ("invalid_target", &|r| {
            set(r, "audience", "https://as.example.com");
        }),
        ("invalid_request", &|r| super::world::remove(r, "audience")),
    ] {
        let refused = OAuthError::of(&send(&ask(change)).await);
        assert_eq!(refused.error.as_deref(), Some(error), "{refused}");
    }
    codex.world.lab.stop().await;
}
