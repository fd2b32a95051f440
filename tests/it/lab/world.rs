//! A running lab with a clock of its own, a forger's keys among the published ones, and a very small HTTP client.

use std::{
    cell::Cell,
    sync::{Arc, LazyLock},
};

use jagwalk::{
    lab::{self, ClientKind, Credentials, Fetch, Lab, Options},
    protocol::{
        digest::{b64url, pkce_s256},
        http::{Body, Bytes, HttpRequest, Params, Response, form_encode},
        jwt::jose,
        keys::{Alg, PrivateKey, alg_name, alg_named, install_crypto},
        mcp,
        oauth::urn,
        secret::Secret,
        time::Timestamp,
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The verifier of every walk here.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Where the codes of every walk here go.
pub const REDIRECT: &str = "http://127.0.0.1:49152/callback";

const START: i64 = 1_790_000_000;

// A tokio test runs on one thread, servers included, so each test has its own clock and dice.
thread_local! {
    static NOW: Cell<i64> = const { Cell::new(START) };
    static DICE: Cell<u64> = const { Cell::new(7) };
}

/// Returns the time of this test.
pub fn now() -> Timestamp {
    Timestamp::from_secs(NOW.get())
}

/// Moves the time of this test.
pub fn advance(seconds: i64) {
    NOW.set(NOW.get() + seconds);
}

/// Fills bytes with what looks like randomness and is the same every time.
pub fn dice(bytes: &mut [u8]) {
    for byte in bytes {
        let mut x = DICE.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        DICE.set(x);
        *byte = x.to_be_bytes()[3];
    }
}

/// A lab and what the tests need beside it.
pub struct World {
    pub lab: Lab,
    pub forger: Forger,
}

/// Keys that sign what no honest server would; the fetch adds their public halves to every key set it brings.
#[derive(Clone)]
pub struct Forger {
    pub ec: PrivateKey,
    pub rsa: PrivateKey,
    pub stranger: PrivateKey,
}

/// One for all tests: making RSA keys is the slowest thing here.
static FORGER: LazyLock<Forger> = LazyLock::new(|| {
    install_crypto();
    Forger {
        ec: PrivateKey::generate(Alg::ES256).unwrap(),
        rsa: PrivateKey::generate(Alg::RS256).unwrap(),
        stranger: PrivateKey::generate(Alg::ES256).unwrap(),
    }
});

impl World {
    pub async fn start() -> Self {
        let forger = FORGER.clone();
        let published = vec![forger.ec.registration_jwk(), forger.rsa.registration_jwk()];
        let lab = lab::start(options(fetch(published))).await.unwrap();
        Self { lab, forger }
    }

    pub fn at_idp(&self, path: &str) -> String {
        format!("{}{path}", self.lab.idp())
    }

    pub fn at_resource_as(&self, path: &str) -> String {
        format!("{}{path}", self.lab.resource_as())
    }

    pub fn idp_client(&self, kind: ClientKind) -> Credentials {
        self.lab.client(kind).idp.clone()
    }

    pub fn as_client(&self, kind: ClientKind) -> Credentials {
        let there = self.lab.client(kind).resource_as.clone();
        there.expect("a confidential client is registered at both")
    }

    /// Returns an authorization request that signs in without a person.
    pub fn authorize(&self, client_id: &str, user: &str) -> HttpRequest {
        let mut request = HttpRequest::get(self.at_idp("/authorize"), "text/html");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", REDIRECT),
            ("scope", "openid email offline_access"),
            ("state", "st at&e=1"),
            ("nonce", "n-1"),
            ("code_challenge", &pkce_s256(VERIFIER)),
            ("code_challenge_method", "S256"),
        ] {
            request.query.push(name, value);
        }
        if !user.is_empty() {
            request.query.push("login_hint", user);
        }
        request
    }

    /// Walks to a code.
    pub async fn code(&self, client_id: &str, user: &str) -> String {
        let mut browser = Browser::default();
        let back = browser.follow(self.authorize(client_id, user)).await;
        query(&back, "code").unwrap_or_else(|| panic!("no code in {back}"))
    }

    /// Returns the form that redeems a code.
    pub fn redeem(&self, code: &str) -> HttpRequest {
        form(
            self.at_idp("/token"),
            &[
                ("grant_type", urn::AUTHORIZATION_CODE),
                ("code", code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
            ],
        )
    }

    /// Signs a user in and returns the token answer.
    pub async fn sso(&self, kind: ClientKind, user: &str) -> Value {
        let client = self.idp_client(kind);
        let mut request = self.redeem(&self.code(&client.client_id, user).await);
        authenticate(&mut request, &client, self.lab.idp());
        let answer = send(&request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json().unwrap()
    }

    /// Asks for the codes of a device.
    pub async fn device(&self, kind: ClientKind) -> Value {
        let scope = [("scope", "openid email offline_access")];
        let mut request = form(self.at_idp("/device_authorization"), &scope);
        authenticate(&mut request, &self.idp_client(kind), self.lab.idp());
        let answer = send(&request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json().unwrap()
    }

    /// Approves a device without a person.
    pub async fn approve(&self, codes: &Value, user: &str) {
        let address = codes["verification_uri_complete"].as_str().unwrap();
        let request = HttpRequest::get(format!("{address}&login_hint={user}"), "text/html");
        let (_, html) = Browser::default().page(request).await;
        assert!(html.contains("The device is signed in."), "{html}");
    }

    /// Returns the form that polls.
    pub fn poll(&self, codes: &Value) -> HttpRequest {
        let code = codes["device_code"].as_str().unwrap();
        form(
            self.at_idp("/token"),
            &[("grant_type", urn::DEVICE_CODE), ("device_code", code)],
        )
    }

    /// Returns the form of the exchange.
    pub fn exchange(&self, subject: &str, kind: &str) -> HttpRequest {
        form(
            self.at_idp("/token"),
            &[
                ("grant_type", urn::TOKEN_EXCHANGE),
                ("requested_token_type", urn::ID_JAG),
                ("audience", self.lab.resource_as()),
                ("resource", self.lab.api()),
                ("scope", "notes.read notes.write"),
                ("subject_token", subject),
                ("subject_token_type", kind),
            ],
        )
    }

    /// Returns the SAML assertion about a user, as it goes over the wire.
    pub fn assertion(&self, user: &str) -> String {
        b64url(self.assertion_xml(user).as_bytes())
    }

    /// Returns its XML.
    pub fn assertion_xml(&self, user: &str) -> String {
        let xml = self.lab.saml_assertion(user);
        xml.expect("everybody has one").reveal().to_owned()
    }

    /// Returns the form that exchanges an assertion for a refresh token.
    pub fn saml_refresh(&self, assertion: &str) -> HttpRequest {
        form(
            self.at_idp("/token"),
            &[
                ("grant_type", urn::TOKEN_EXCHANGE),
                ("requested_token_type", urn::REFRESH_TOKEN),
                ("scope", "openid email offline_access"),
                ("subject_token", assertion),
                ("subject_token_type", urn::SAML2),
            ],
        )
    }

    /// Returns the form that redeems an ID-JAG.
    pub fn bearer(&self, assertion: &str) -> HttpRequest {
        form(
            self.at_resource_as("/token"),
            &[("grant_type", urn::JWT_BEARER), ("assertion", assertion)],
        )
    }

    /// Returns an ID-JAG as the IdP would make it, signed by the forger.
    pub fn id_jag(&self, client_id: &str) -> Jwt {
        self.forged(
            "oauth-id-jag+jwt",
            json!({
                "iss": self.lab.idp(), "sub": "u-1001-alice", "aud": self.lab.resource_as(), "client_id": client_id,
                "jti": "j-1", "iat": now().secs(), "exp": now().secs() + 300,
                "scope": "notes.read notes.write", "resource": self.lab.api(),
            }),
        )
    }

    /// Returns an access token as the resource AS would make it, signed by the forger.
    pub fn access_token(&self) -> Jwt {
        self.forged(
            "at+jwt",
            json!({
                "iss": self.lab.resource_as(), "sub": "u-1001-alice", "aud": self.lab.api(), "client_id": "notes-basic",
                "jti": "j-1", "iat": now().secs(), "exp": now().secs() + 300, "scope": "notes.read notes.write",
            }),
        )
    }

    /// Returns an access token for the MCP server, signed by the forger.
    pub fn mcp_token(&self) -> Jwt {
        let mut token = self.access_token();
        token.claims["aud"] = self.lab.mcp().into();
        token
    }

    /// Makes a request to the MCP server, without a token.
    pub fn mcp(&self, message: &Value) -> HttpRequest {
        let mut request = HttpRequest::get(self.lab.mcp(), mcp::ACCEPT);
        "POST".clone_into(&mut request.method);
        request.set_header("content-type", "application/json");
        request.body = Body::Text(message.to_string());
        request
    }

    /// Opens a session at the MCP server and says that it is open; returns its name.
    pub async fn mcp_session(&self) -> String {
        let field = format!("Bearer {}", self.mcp_token().signed());
        let mut request = self.mcp(&mcp::initialize(1));
        request.set_header("authorization", field.as_str());
        let opened = send(&request).await;
        let session = opened.header(mcp::SESSION_HEADER).unwrap().to_owned();
        let mut request = self.mcp(&mcp::initialized());
        request.set_header("authorization", field.as_str());
        request.set_header(mcp::SESSION_HEADER, session.as_str());
        request.set_header(mcp::VERSION_HEADER, mcp::VERSION);
        assert_eq!(send(&request).await.status, 202);
        session
    }

    /// Returns a proof of possession for a request, by a key that no server publishes.
    pub fn proof(&self, method: &str, url: &str) -> Jwt {
        let key = self.forger.stranger.clone();
        let mut jti = [0; 12];
        dice(&mut jti);
        Jwt {
            header: json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk() }),
            claims: json!({
                "jti": format!("{jti:02x?}"), "htm": method, "htu": url, "iat": now().secs(),
            }),
            twice: None,
            key,
            alg: Alg::ES256,
        }
    }

    /// Binds a token to the key of [`World::proof`].
    pub fn bound(&self, mut token: Jwt) -> Jwt {
        token.claims["cnf"] = json!({ "jkt": self.forger.stranger.thumbprint() });
        token
    }

    /// Returns the nonce that a server wants in proofs: it says so to whoever sends a field `DPoP`, whatever is in it.
    pub async fn proof_nonce(&self, url: &str) -> String {
        let mut request = form(url.to_owned(), &[]);
        request.set_header("dpop", "x");
        let answer = send(&request).await;
        answer.header("dpop-nonce").unwrap().to_owned()
    }

    /// Returns a token of those claims, signed by the forger.
    pub fn forged(&self, typ: &str, claims: Value) -> Jwt {
        let key = self.forger.ec.clone();
        Jwt {
            header: json!({ "typ": typ, "alg": "ES256", "kid": key.kid() }),
            claims,
            twice: None,
            key,
            alg: Alg::ES256,
        }
    }
}

/// A JWT that is not signed yet.
#[derive(Clone)]
pub struct Jwt {
    pub header: Value,
    pub claims: Value,
    /// A claim that is written a second time.
    pub twice: Option<&'static str>,
    pub key: PrivateKey,
    pub alg: Alg,
}

impl Jwt {
    /// Returns the client assertion of a client.
    pub fn client_assertion(client: &Credentials, audience: &str) -> Self {
        let pem = client.private_key.as_ref().unwrap();
        let key = PrivateKey::parse(pem.reveal()).unwrap();
        let alg = alg_named(client.alg.unwrap()).unwrap();
        let mut jti = [0; 12];
        dice(&mut jti);
        Self {
            header: json!({ "typ": "client-authentication+jwt", "alg": alg_name(alg), "kid": key.kid() }),
            claims: json!({
                "iss": client.client_id, "sub": client.client_id, "aud": audience,
                "iat": now().secs(), "exp": now().secs() + 60, "jti": format!("{jti:02x?}"),
            }),
            twice: None,
            key,
            alg,
        }
    }

    pub fn signed(&self) -> String {
        match self.twice {
            None => jose::sign(&self.header, &self.claims, &self.key, self.alg).unwrap(),
            Some(name) => {
                use jagwalk::protocol::digest::b64url;
                let claims = self.claims.to_string();
                let claims = format!("{{\"{name}\":{},{}", self.claims[name], &claims[1..]);
                let input = format!(
                    "{}.{}",
                    b64url(self.header.to_string().as_bytes()),
                    b64url(claims.as_bytes())
                );
                let signature = self.key.sign(self.alg, input.as_bytes()).unwrap();
                format!("{input}.{signature}")
            }
        }
    }
}

/// Adds a client's authentication to a form.
pub fn authenticate(request: &mut HttpRequest, client: &Credentials, audience: &str) {
    let secret = client.client_secret.as_ref().map(Secret::reveal);
    match client.auth {
        "none" => push(request, "client_id", &client.client_id),
        "client_secret_basic" => {
            request.set_header("authorization", basic(&client.client_id, secret.unwrap()));
        }
        "client_secret_post" => {
            push(request, "client_id", &client.client_id);
            push(request, "client_secret", secret.unwrap());
        }
        _ => assert_with(request, &Jwt::client_assertion(client, audience).signed()),
    }
}

/// Adds a client assertion to a form.
pub fn assert_with(request: &mut HttpRequest, assertion: &str) {
    push(request, "client_assertion_type", urn::CLIENT_ASSERTION);
    push(request, "client_assertion", assertion);
}

/// Returns a Basic field, both halves form-encoded.
pub fn basic(id: &str, secret: &str) -> String {
    basic_raw(&format!("{}:{}", form_encode(id), form_encode(secret)))
}

/// Returns a Basic field of that text.
pub fn basic_raw(text: &str) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    format!("Basic {encoded}")
}

/// Returns a form POST.
pub fn form(url: String, params: &[(&str, &str)]) -> HttpRequest {
    let mut out = Params::default();
    for (name, value) in params {
        out.push(*name, *value);
    }
    HttpRequest::post_form(url, out)
}

/// Adds a form parameter.
pub fn push(request: &mut HttpRequest, name: &str, value: &str) {
    form_of(request).push(name, value);
}

/// Puts a form parameter in place of the one there is.
pub fn set(request: &mut HttpRequest, name: &str, value: &str) {
    form_of(request).set(name, value);
}

/// Removes a form parameter.
pub fn remove(request: &mut HttpRequest, name: &str) {
    form_of(request).remove(name);
}

/// Returns a form parameter.
pub fn get(request: &HttpRequest, name: &str) -> String {
    request.form().unwrap().get(name).unwrap().wire()
}

fn form_of(request: &mut HttpRequest) -> &mut Params {
    match &mut request.body {
        jagwalk::protocol::http::Body::Form(params) => params,
        other => panic!("no form: {other:?}"),
    }
}

/// Returns a parameter of an address's query.
pub fn query(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    Params::decode(query)
        .get(name)
        .map(jagwalk::protocol::http::Value::wire)
}

/// Sends a request over its own connection.
pub async fn send(request: &HttpRequest) -> Response {
    let mut request = request.clone();
    request.set_header("connection", "close");
    let mut stream = TcpStream::connect(request.host()).await.unwrap();
    stream.write_all(request.wire().as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("an answer has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let body = bytes[end + 4..].to_vec();
    Response {
        status: status.parse().unwrap(),
        headers,
        body_size: body.len() as u64,
        body: Bytes(body),
        cut: None,
    }
}

/// Returns options with free ports and this test's clock and dice.
pub fn options(fetch: Fetch) -> Options {
    Options {
        faults: lab::Switches::default(),
        port: None,
        fetch,
        now,
        random: dice,
        tls: None,
        shape: lab::Shape::Plain,
    }
}

/// Returns a fetch that adds keys to every key set it brings.
pub fn fetch(published: Vec<Value>) -> Fetch {
    Arc::new(move |url| {
        let published = published.clone();
        Box::pin(async move {
            let answer = send(&HttpRequest::get(url, "application/json")).await;
            let mut json = answer.json()?;
            // A client's document is no key set.
            if let Some(keys) = json.get_mut("keys").and_then(Value::as_array_mut) {
                keys.extend(published);
            }
            Ok(json.to_string().into_bytes())
        })
    })
}

/// A browser without a person: keeps cookies, follows redirects, stops before the redirect URI.
#[derive(Default)]
pub struct Browser {
    pub cookie: Option<String>,
    pub hops: Vec<String>,
}

impl Browser {
    pub async fn open(&mut self, mut request: HttpRequest) -> Response {
        if let Some(cookie) = &self.cookie {
            request.set_header("cookie", format!("other=1; {cookie}"));
        }
        let answer = send(&request).await;
        if let Some(line) = answer.header("set-cookie") {
            self.cookie = line.split(';').next().map(str::to_owned);
        }
        answer
    }

    /// Follows redirects until one leaves for the redirect URI, and returns that address.
    pub async fn follow(&mut self, request: HttpRequest) -> String {
        let mut answer = self.open(request).await;
        loop {
            let Some(to) = answer.header("location").map(str::to_owned) else {
                panic!("no redirect but {}: {}", answer.status, answer.text());
            };
            self.hops.push(to.clone());
            if to.starts_with(REDIRECT) {
                return to;
            }
            answer = self.open(HttpRequest::get(to, "text/html")).await;
        }
    }

    /// Opens a page, which has to be there after any redirects.
    pub async fn page(&mut self, request: HttpRequest) -> (String, String) {
        let mut at = request.address();
        let mut answer = self.open(request).await;
        while let Some(to) = answer.header("location").map(str::to_owned) {
            at.clone_from(&to);
            answer = self.open(HttpRequest::get(to, "text/html")).await;
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        (at, answer.text().into_owned())
    }
}
