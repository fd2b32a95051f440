//! What a fault can do: change a token before it is signed, a request before it is read, an answer before it is sent.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    lab::{
        form::Form,
        mcp::MCP,
        message::{Incoming, Outgoing},
        refusal::uncached,
    },
    protocol::{http::Params, oauth::urn, party::Party},
};

/// One thing that a fault does.
#[derive(Clone, Copy, Debug)]
pub(in crate::lab) enum Do {
    /// Changes a token before it is signed, and how it is signed.
    Token(Minted, fn(&mut Draft)),
    /// Changes the JSON of an answer that says yes.
    Body(Place, fn(&mut Value)),
    /// Changes the parameters of the redirect back to the client.
    Back(fn(&mut Params)),
    /// Answers no where the server would have said yes: status, `error`, `error_description`.
    Refuse(Place, u16, &'static str, &'static str),
    /// Answers with a page of that status, as a gateway in front of the server does.
    Page(Place, u16),
    /// Leaves header fields out of an answer that says yes.
    Without(Place, &'static [&'static str]),
    /// Changes anything about an answer.
    Answer(Place, fn(&mut Scene<'_>)),
    /// Changes a request before the server sees it.
    Ask(Place, fn(&mut Incoming)),
    /// Breaks the connection.
    Wire(Place, Wire),
    /// Turns a server's clock by so many seconds; its `Date` says so.
    Clock(Party, i64),
}

/// A token that a server mints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::lab) enum Minted {
    /// The ID Token of a sign-in.
    IdToken,
    /// The IdP's own access token.
    SsoAccessToken,
    /// The ID-JAG.
    IdJag,
    /// The access token of the resource AS.
    AccessToken,
    /// The actor token.
    ActorToken,
    /// The access token that the IdP issues for a user and whoever acts for them.
    DelegatedToken,
    /// The assertion about an instance of a client.
    InstanceAssertion,
    /// The Transaction Token.
    TxnToken,
}

impl Minted {
    /// Returns the `typ` that it has when all is well.
    pub fn typ(self) -> &'static str {
        match self {
            Self::IdToken | Self::ActorToken => "JWT",
            Self::SsoAccessToken | Self::AccessToken | Self::DelegatedToken => "at+jwt",
            Self::IdJag => urn::ID_JAG_TYP,
            Self::InstanceAssertion => "client-instance+jwt",
            Self::TxnToken => "txntoken+jwt",
        }
    }
}

/// What is asked of whom.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::lab) enum Place {
    /// Metadata of the IdP, wherever it is looked for.
    IdpMetadata,
    /// Keys of the IdP.
    IdpKeys,
    /// The authorization endpoint.
    Authorize,
    /// The IdP's token endpoint with a code.
    Code,
    /// The IdP's token endpoint with a token exchange.
    Exchange,
    /// Metadata of the resource AS, wherever it is looked for.
    AsMetadata,
    /// Keys of the resource AS.
    AsKeys,
    /// The token endpoint of the resource AS.
    Bearer,
    /// The notes, with an access token.
    Notes,
    /// The keys that agents sign their assertions with.
    AssertionKeys,
    /// The token endpoint of the Transaction Token Service.
    Txn,
    /// The service inside the trust domain.
    Internal,
    /// Metadata of a protected resource.
    ApiMetadata,
    /// The MCP server, without a token.
    McpRefusal,
    /// The MCP server, with a token and the message that opens the connection.
    McpOpen,
    /// The MCP server, with a token and any other request.
    McpCall,
    /// The document of a client whose id is an address.
    ClientDocument,
}

impl Place {
    /// Returns the place that a request is for.
    pub fn of(party: Party, incoming: &Incoming) -> Option<Self> {
        let path = incoming.path.as_str();
        let well_known = path.contains("/.well-known/");
        match party {
            Party::Idp if well_known => Some(Self::IdpMetadata),
            Party::Idp if path.ends_with("/jwks") => Some(Self::IdpKeys),
            Party::Idp if path.ends_with("/authorize") => Some(Self::Authorize),
            Party::Idp if path.ends_with("/token") => {
                let form = Form::lenient(std::str::from_utf8(&incoming.body).unwrap_or_default());
                match form.get("grant_type") {
                    Some(urn::AUTHORIZATION_CODE) => Some(Self::Code),
                    Some(urn::TOKEN_EXCHANGE) => Some(Self::Exchange),
                    _ => None,
                }
            }
            Party::Client => Some(Self::ClientDocument),
            Party::ResourceAs if well_known => Some(Self::AsMetadata),
            Party::ResourceAs if path.ends_with("/jwks") => Some(Self::AsKeys),
            Party::ResourceAs if path.ends_with("/token") => Some(Self::Bearer),
            Party::ActorIssuer if path.ends_with("/issuer/jwks") => Some(Self::AssertionKeys),
            Party::Api if well_known => Some(Self::ApiMetadata),
            Party::Api if path.ends_with(MCP) => {
                let message: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
                let method = message["method"].as_str().unwrap_or_default();
                match incoming.header("authorization") {
                    None => Some(Self::McpRefusal),
                    Some(_) if method == "initialize" => Some(Self::McpOpen),
                    Some(_) if method.starts_with("notifications/") => None,
                    Some(_) => Some(Self::McpCall),
                }
            }
            Party::Tts if path.ends_with("/token") => Some(Self::Txn),
            Party::Service => Some(Self::Internal),
            Party::Api if incoming.header("authorization").is_some() => Some(Self::Notes),
            _ => None,
        }
    }
}

/// How a connection is broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::lab) enum Wire {
    /// The answer comes late.
    Late,
    /// No answer ever comes.
    Silent,
    /// Half of the body comes, then the connection ends.
    Cut,
    /// The connection ends without an answer.
    Closed,
}

/// A token that is about to be signed.
#[derive(Debug)]
pub(in crate::lab) struct Draft {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// What becomes of it.
    pub seal: Seal,
    /// The client that it is for, by its id at the server that mints.
    pub client: String,
}

impl Draft {
    /// Leaves a claim out.
    pub fn drop(&mut self, claim: &str) {
        leave_out(&mut self.claims, claim);
    }

    /// Returns a claim as a text.
    pub fn text(&self, claim: &str) -> String {
        self.claims[claim].as_str().unwrap_or_default().to_owned()
    }

    /// Returns a claim that is a time.
    pub fn time(&self, claim: &str) -> i64 {
        self.claims[claim].as_i64().unwrap_or_default()
    }
}

/// How a token is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::lab) enum Seal {
    /// With the server's key.
    Own,
    /// With the server's key, and then a bit is turned.
    Spoiled,
    /// Not at all: `alg` none.
    Unsigned,
    /// With a shared secret: HS256.
    Shared,
    /// It is no JWT at all, but a reference.
    Opaque,
}

/// An answer on its way out, and what it answers.
#[derive(Debug)]
pub(in crate::lab) struct Scene<'a> {
    /// The request.
    pub incoming: &'a Incoming,
    /// The answer.
    pub outgoing: &'a mut Outgoing,
    /// What was asked of this server just before.
    pub before: Option<Place>,
    /// What a fault wants to remember.
    pub seen: &'a mut HashSet<String>,
}

impl Scene<'_> {
    /// Tells whether the server said yes.
    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.outgoing.status)
    }

    /// Changes the JSON of an answer that says yes.
    pub fn body(&mut self, change: fn(&mut Value)) {
        if self.is_yes()
            && let Ok(mut json) = serde_json::from_slice(&self.outgoing.body)
        {
            change(&mut json);
            self.outgoing.body = json.to_string().into_bytes();
        }
    }

    /// Changes the parameters of a redirect that goes back to the client: only those carry `iss`.
    pub fn back(&mut self, change: fn(&mut Params)) {
        let Some((_, location)) = self
            .outgoing
            .headers
            .iter_mut()
            .find(|(name, _)| *name == "location")
        else {
            return;
        };
        if let Some((address, query)) = location.split_once('?') {
            let mut params = Params::decode(query);
            if params.get("iss").is_some() {
                change(&mut params);
                *location = format!("{address}?{}", params.encode());
            }
        }
    }

    /// Says no in the form of a token endpoint, where the server said yes.
    pub fn refuse(&mut self, status: u16, error: &str, says: &str) {
        if self.is_yes() {
            let body = json!({ "error": error, "error_description": says });
            let answer = uncached(Outgoing::json(status, &body));
            *self.outgoing = match (status, self.incoming.header("authorization")) {
                (401, Some(field)) if field.starts_with("Bearer") => answer.with(
                    "www-authenticate",
                    format!(
                        "Bearer realm=\"lab API\", error=\"{error}\", error_description=\"{says}\""
                    ),
                ),
                (403, Some(field)) if field.starts_with("Bearer") => answer.with(
                    "www-authenticate",
                    format!("Bearer realm=\"lab API\", error=\"{error}\""),
                ),
                (401, _) => answer.with("www-authenticate", "Basic realm=\"lab\""),
                _ => answer,
            };
        }
    }

    /// Answers with a page.
    pub fn page(&mut self, status: u16) {
        let title = match status {
            200 => "Sign in",
            404 => "404 Not Found",
            429 => "429 Too Many Requests",
            502 => "502 Bad Gateway",
            503 => "503 Service Unavailable",
            _ => "Something went wrong",
        };
        let html = format!(
            "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        );
        *self.outgoing = Self::said(status, "text/html; charset=utf-8", &html);
    }

    /// Answers with any text.
    pub fn text(&mut self, status: u16, says: &str) {
        *self.outgoing = Self::said(status, "text/plain; charset=utf-8", says);
    }

    /// Leaves header fields out of an answer that says yes.
    pub fn without(&mut self, names: &[&str]) {
        if self.is_yes() {
            self.outgoing
                .headers
                .retain(|(name, _)| !names.contains(name));
        }
    }

    fn said(status: u16, kind: &str, says: &str) -> Outgoing {
        let mut answer = Outgoing {
            status,
            headers: vec![("content-type", kind.to_owned())],
            body: says.as_bytes().to_vec(),
        };
        if status == 429 || status == 503 {
            answer = answer.with("retry-after", "30");
        }
        answer
    }
}

/// Leaves a member out of a JSON object.
pub fn leave_out(json: &mut Value, member: &str) {
    if let Some(members) = json.as_object_mut() {
        members.shift_remove(member);
    }
}
