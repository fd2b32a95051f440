//! Valid requests that are not finished yet, so that a row can spoil them in one place.

use jagwalk::{
    lab::{ClientKind, Credentials},
    protocol::{
        digest::{b64url, sha256},
        http::{Body, HttpRequest},
        mcp,
        oauth::urn,
    },
};
use serde_json::{Value, json};

use super::world::{Jwt, World, assert_with, authenticate, form, push, remove, send, set};

/// The valid request that a row changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Base {
    /// Asks for a code, with a hint that signs alice in.
    Authorize,
    /// Redeems a code.
    Code(ClientKind),
    /// Asks for the codes of a device.
    Device(ClientKind),
    /// Polls with a device code that alice has approved.
    Poll(ClientKind),
    /// Refreshes.
    Refresh(ClientKind),
    /// Exchanges an ID Token.
    Exchange(ClientKind),
    /// Exchanges a refresh token.
    ExchangeRefresh(ClientKind),
    /// Exchanges alice's SAML assertion for an ID-JAG; the lab makes assertions for one client.
    ExchangeSaml,
    /// Exchanges it for a refresh token.
    SamlRefresh,
    /// Redeems an ID-JAG.
    Bearer(ClientKind),
    /// Reads notes.
    Read,
    /// Adds a note.
    Write,
    /// Opens a session at the MCP server.
    Open,
    /// Lists the tools in an open session.
    Tools,
    /// Refreshes what a public client was given with a proof.
    BoundRefresh,
    /// Redeems an ID-JAG that is bound to a key.
    BoundBearer(ClientKind),
    /// Reads notes with a token that is bound to a key.
    BoundRead,
}

/// A request that is not finished: what is signed is signed at the end.
pub struct Draft<'a> {
    pub world: &'a World,
    pub spare: &'a Spare,
    pub request: HttpRequest,
    /// The client that authenticates; `None` once a row has done it its own way.
    pub client: Option<Credentials>,
    /// The issuer it authenticates to.
    pub issuer: String,
    /// The client assertion, where there is one.
    pub proof: Option<Jwt>,
    /// The token that is presented, where the forger signs it.
    pub token: Option<Jwt>,
    /// The proof of possession, where there is one; an empty `ath` becomes the hash of the token.
    pub dpop: Option<Jwt>,
    /// The scheme that the token is presented with.
    pub scheme: &'static str,
    /// Whether the very same request was sent before.
    pub again: bool,
}

/// Things of others, honestly got.
pub struct Spare {
    pub code: String,
    pub refresh: String,
    pub id_token: String,
    pub bobs_id_token: String,
    pub carols_id_token: String,
    pub public_id_token: String,
    pub access_token: String,
    pub id_jag: String,
}

impl Draft<'_> {
    /// Finishes the request: signs, presents, authenticates.
    pub fn finish(&self) -> HttpRequest {
        let mut request = self.request.clone();
        let mut hash = String::new();
        if let Some(token) = &self.token {
            let raw = token.signed();
            hash = b64url(&sha256(raw.as_bytes()));
            if request.method == "POST" && matches!(request.body, Body::Form(_)) {
                set(&mut request, "assertion", &raw);
            } else {
                request.set_header("authorization", format!("{} {raw}", self.scheme));
            }
        }
        if let Some(mut proof) = self.dpop.clone() {
            if proof.claims["ath"] == "" {
                proof.claim("ath", hash);
            }
            let field = ("dpop".to_owned(), proof.signed().into());
            // Before what a row adds: that one is too many, not this.
            request.headers.insert(0, field);
        }
        match (&self.proof, &self.client) {
            (Some(proof), _) => assert_with(&mut request, &proof.signed()),
            (None, Some(client)) => authenticate(&mut request, client, &self.issuer),
            (None, None) => {}
        }
        request
    }

    /// Says something else to the MCP server.
    pub fn say(&mut self, message: &Value) {
        self.request.body = Body::Text(message.to_string());
    }

    pub fn query(&mut self, name: &str, value: &str) {
        self.request.query.set(name, value);
    }

    pub fn set(&mut self, name: &str, value: &str) {
        set(&mut self.request, name, value);
    }

    pub fn push(&mut self, name: &str, value: &str) {
        push(&mut self.request, name, value);
    }

    pub fn without(&mut self, name: &str) {
        remove(&mut self.request, name);
    }

    pub fn header(&mut self, name: &str, value: &str) {
        self.request
            .headers
            .push((name.to_owned(), value.to_owned().into()));
    }

    pub fn secret(&self) -> String {
        let secret = self.client.as_ref().unwrap().client_secret.clone();
        secret.unwrap().reveal().to_owned()
    }

    pub fn id(&self) -> String {
        self.client.as_ref().unwrap().client_id.clone()
    }

    pub fn proof(&mut self) -> &mut Jwt {
        self.proof.as_mut().unwrap()
    }

    pub fn dpop(&mut self) -> &mut Jwt {
        self.dpop.as_mut().unwrap()
    }

    pub fn token(&mut self) -> &mut Jwt {
        self.token.as_mut().unwrap()
    }

    /// Presents another text in place of the signed token.
    pub fn present(&mut self, text: &str) {
        self.token = None;
        if matches!(self.request.body, Body::Form(_)) {
            self.set("assertion", text);
        } else {
            self.header("authorization", &format!("Bearer {text}"));
        }
    }
}

impl Jwt {
    pub fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims[name] = value.into();
    }

    pub fn without(&mut self, name: &str) {
        self.claims.as_object_mut().unwrap().shift_remove(name);
    }

    pub fn typ(&mut self, typ: &str) {
        self.header["typ"] = typ.into();
    }

    pub fn unsigned(&self) -> String {
        let mut header = self.header.clone();
        header["alg"] = "none".into();
        let encode =
            |value: &Value| jagwalk::protocol::digest::b64url(value.to_string().as_bytes());
        format!("{}.{}.", encode(&header), encode(&self.claims))
    }
}

/// Makes the valid request.
pub async fn draft<'a>(world: &'a World, spare: &'a Spare, base: Base) -> Draft<'a> {
    let idp = world.lab.idp().to_owned();
    let resource_as = world.lab.resource_as().to_owned();
    let basic = world.idp_client(ClientKind::SecretBasic).client_id;
    let (request, client, issuer) = match base {
        Base::Authorize => (world.authorize(&basic, "alice"), None, idp),
        Base::Code(kind) => {
            let client = world.idp_client(kind);
            let code = world.code(&client.client_id, "alice").await;
            (world.redeem(&code), Some(client), idp)
        }
        Base::Device(kind) => {
            let scope = [("scope", "openid email offline_access")];
            let request = form(world.at_idp("/device_authorization"), &scope);
            (request, Some(world.idp_client(kind)), idp)
        }
        Base::Poll(kind) => {
            let codes = world.device(kind).await;
            world.approve(&codes, "alice").await;
            (world.poll(&codes), Some(world.idp_client(kind)), idp)
        }
        Base::Refresh(kind) => {
            let tokens = world.sso(kind, "alice").await;
            let mut request = world.redeem("");
            for name in ["code", "redirect_uri", "code_verifier"] {
                remove(&mut request, name);
            }
            set(&mut request, "grant_type", urn::REFRESH);
            let refresh = tokens["refresh_token"].as_str().unwrap();
            push(&mut request, "refresh_token", refresh);
            (request, Some(world.idp_client(kind)), idp)
        }
        Base::Exchange(kind) | Base::ExchangeRefresh(kind) => {
            let tokens = world.sso(kind, "alice").await;
            let (member, name) = match base {
                Base::Exchange(_) => ("id_token", urn::ID_TOKEN),
                _ => ("refresh_token", urn::REFRESH_TOKEN),
            };
            let request = world.exchange(tokens[member].as_str().unwrap(), name);
            (request, Some(world.idp_client(kind)), idp)
        }
        Base::ExchangeSaml | Base::SamlRefresh => {
            let request = match base {
                Base::ExchangeSaml => world.exchange(&world.assertion("alice"), urn::SAML2),
                _ => world.saml_refresh(&world.assertion("alice")),
            };
            (request, Some(world.idp_client(ClientKind::Default)), idp)
        }
        Base::BoundRefresh => {
            let client = world.idp_client(ClientKind::Public);
            let mut request = world.redeem(&world.code(&client.client_id, "alice").await);
            authenticate(&mut request, &client, &idp);
            let proof = world.proof("POST", &request.url.clone()).signed();
            request.set_header("dpop", proof);
            let answer = send(&request).await.json().unwrap();
            let refresh = answer["refresh_token"].as_str().unwrap();
            let params = [("grant_type", urn::REFRESH), ("refresh_token", refresh)];
            (form(world.at_idp("/token"), &params), Some(client), idp)
        }
        Base::Bearer(kind) | Base::BoundBearer(kind) => {
            (world.bearer(""), Some(world.as_client(kind)), resource_as)
        }
        Base::Read | Base::Write | Base::BoundRead => {
            let mut request = HttpRequest::get(world.lab.api(), "application/json");
            if base == Base::Write {
                "POST".clone_into(&mut request.method);
                request.body = Body::Text("{\"text\":\"milk\"}".to_owned());
            }
            (request, None, idp)
        }
        Base::Open | Base::Tools => {
            let mut request = world.mcp(&mcp::initialize(1));
            if base == Base::Tools {
                let session = world.mcp_session().await;
                request = world.mcp(&mcp::request(2, "tools/list", json!({})));
                request.set_header(mcp::SESSION_HEADER, session);
                request.set_header(mcp::VERSION_HEADER, mcp::VERSION);
            }
            (request, None, idp)
        }
    };
    let proof = client
        .as_ref()
        .filter(|client| client.auth == "private_key_jwt")
        .map(|client| Jwt::client_assertion(client, &issuer));
    let token = match (base, &client) {
        (Base::Bearer(_), Some(client)) => Some(world.id_jag(&client.client_id)),
        (Base::BoundBearer(_), Some(client)) => Some(world.bound(world.id_jag(&client.client_id))),
        (Base::Read | Base::Write, _) => Some(world.access_token()),
        (Base::BoundRead, _) => Some(world.bound(world.access_token())),
        (Base::Open | Base::Tools, _) => Some(world.mcp_token()),
        _ => None,
    };
    let dpop = match base {
        Base::BoundRefresh => Some(world.proof("POST", &request.url)),
        Base::BoundBearer(_) => {
            let mut proof = world.proof("POST", &request.url);
            proof.claim("nonce", world.proof_nonce(&request.url).await);
            Some(proof)
        }
        Base::BoundRead => {
            let mut proof = world.proof("GET", &request.url);
            proof.claim("nonce", world.proof_nonce(&request.url).await);
            proof.claim("ath", "");
            Some(proof)
        }
        _ => None,
    };
    let scheme = match base {
        Base::BoundRead => "DPoP",
        _ => "Bearer",
    };
    Draft {
        world,
        spare,
        request,
        dpop,
        scheme,
        client,
        issuer,
        proof,
        token,
        again: false,
    }
}
