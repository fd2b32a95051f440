//! The API: a notes service that takes access tokens of the resource AS, and the MCP server beside it; a pure handler
//! over state in memory.

use std::{collections::HashMap, fmt::Write as _};

use serde_json::{Value, json};

use super::{
    chance::{Chance, Random},
    form::Form,
    jwt::{Kind, as_text},
    keyring::Keyring,
    mcp::{self, MCP, Mcp},
    message::{Incoming, Outgoing},
    people::NOTES_SCOPES,
    refusal::{Refusal, must, received},
    serve::Server,
    shape::{self, Habits},
};
use crate::protocol::{http::FORM, jwt::Claims, time::Timestamp};

/// The path of the notes.
pub(super) const NOTES: &str = "/notes";

const METADATA: &str = "/.well-known/oauth-protected-resource/notes";

/// How many notes one user may keep.
const NOTES_KEPT: usize = 100;

/// The API and all it remembers.
pub(super) struct Api {
    habits: &'static Habits,
    origin: String,
    resource: String,
    trusted: String,
    keys: Keyring,
    notes: HashMap<String, Vec<String>>,
    mcp: Mcp,
}

impl Api {
    /// Makes an API that trusts one resource AS of these habits.
    pub fn new(habits: &'static Habits, origin: &str, resource_as: &str, random: Random) -> Self {
        let keys = shape::here(habits.resource_as_paths, "/jwks");
        let below = resource_as.trim_end_matches('/');
        Self {
            habits,
            origin: origin.to_owned(),
            resource: format!("{origin}{NOTES}"),
            trusted: resource_as.to_owned(),
            keys: Keyring::new(format!("{below}{keys}")),
            notes: HashMap::new(),
            mcp: Mcp::new(Chance(random)),
        }
    }

    /// Metadata of the protected resource (RFC 9728 §2).
    fn metadata(&self, resource: &str, name: &str) -> Value {
        json!({
            "resource": resource,
            "authorization_servers": [self.trusted],
            "scopes_supported": NOTES_SCOPES,
            "bearer_methods_supported": ["header"],
            "resource_name": name,
        })
    }

    fn notes(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.notes_result(incoming, now) {
            Ok(answer) => answer,
            Err(refused) => self.refusal(&refused, METADATA),
        }
    }

    /// The MCP server: whoever may not call it learns nothing of it.
    fn mcp(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.mcp_result(incoming, now) {
            Ok(answer) => answer,
            Err(refused) => self.refusal(&refused, mcp::METADATA),
        }
    }

    fn mcp_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Outgoing, Refused> {
        // A page of another site must not talk to a server on loopback (MCP, Transports: security warning).
        let strange = incoming
            .header("origin")
            .filter(|origin| *origin != self.origin);
        if let Some(origin) = strange {
            let says = format!("Expected no Origin but {}, received {origin}.", self.origin);
            let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32600, "message": says } });
            return Ok(Outgoing::json(403, &body));
        }
        let raw = one_token(incoming)?.ok_or(Refused::NoToken)?;
        let resource = format!("{}{MCP}", self.origin);
        let claims = self.judge(raw, &resource, true, now)?;
        let needed = if Mcp::writes(incoming) {
            "notes.write"
        } else {
            "notes.read"
        };
        self.scope(&claims, needed, "this call")?;
        let sub = claims["sub"].as_str().unwrap_or_default();
        let notes = notes_of(&mut self.notes, sub);
        let answer = match incoming.method.as_str() {
            "DELETE" => self.mcp.end(incoming, sub),
            _ => self.mcp.answer(incoming, sub, notes),
        };
        if notes.len() > NOTES_KEPT {
            notes.remove(0);
        }
        Ok(answer)
    }

    /// Refuses a token without that scope; returns what it has.
    fn scope(&self, claims: &Value, needed: &'static str, what: &str) -> Result<(), Refused> {
        let scope = match claims.get(self.habits.scope_claim) {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Claims(claims).words(self.habits.scope_claim),
        };
        if scope.contains(&needed) {
            return Ok(());
        }
        let says = format!(
            "Expected scope {needed} for {what}, received {}.",
            received(Some(&scope.join(" ")))
        );
        Err(Refused::Scope(
            needed,
            Refusal::new("insufficient_scope", says),
        ))
    }

    fn notes_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Outgoing, Refused> {
        let raw = one_token(incoming)?.ok_or(Refused::NoToken)?;
        let claims = self.judge(raw, &self.resource, false, now)?;
        let write = incoming.method == "POST";
        let needed = if write { "notes.write" } else { "notes.read" };
        self.scope(&claims, needed, &incoming.method)?;
        let sub = claims["sub"].as_str().unwrap_or_default();
        let notes = notes_of(&mut self.notes, sub);
        let mut status = 200;
        if write {
            notes.push(new_note(incoming)?);
            if notes.len() > NOTES_KEPT {
                notes.remove(0);
            }
            status = 201;
        }
        let body = json!({
            "sub": sub,
            "client_id": claims[self.habits.client_claim],
            "scope": claims[self.habits.scope_claim],
            "notes": notes,
        });
        Ok(Outgoing::json(status, &body).with("cache-control", "no-store"))
    }

    /// Judges an access token (RFC 9068 §4); `alone` has it made out to that resource and nobody else (EMA-S §5.1).
    fn judge(
        &self,
        raw: &str,
        resource: &str,
        alone: bool,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let kind = Kind {
            name: "access token",
            error: "invalid_token",
            types: &["at+jwt"],
            algs: &["ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.trusted)?;
        let audience = Claims(&claims).list("aud");
        let for_us = audience.contains(&resource) && !(alone && audience.len() > 1);
        must(for_us, "invalid_token", || {
            format!(
                "Expected aud {resource}{} in the access token, received {}.",
                if alone { " alone" } else { "" },
                as_text(claims.get("aud"))
            )
        })?;
        kind.in_time(&claims, now)?;
        for name in ["sub", self.habits.client_claim, "jti"] {
            kind.needs(&claims, name)?;
        }
        kind.time(&claims, "iat")?;
        must(claims.get("cnf").is_none(), "invalid_token", || {
            "The access token is bound to a key (cnf) and is not taken as a Bearer token (RFC 9449 section 7.2)."
                .to_owned()
        })?;
        Ok(claims)
    }

    fn refusal(&self, refused: &Refused, metadata: &str) -> Outgoing {
        let mut challenge = format!(
            "Bearer realm=\"lab API\", resource_metadata=\"{}{metadata}\"",
            self.origin
        );
        let (status, error, says) = match refused {
            // A request without credentials learns no error code (RFC 6750 §3.1).
            Refused::NoToken => {
                let says = "Expected Authorization: Bearer and an access token, received none.";
                return Outgoing::json(401, &json!({ "message": says }))
                    .with("www-authenticate", challenge);
            }
            Refused::Scope(_, refusal) => (403, refusal.error, &refusal.says),
            Refused::Token(refusal) if refusal.error == "invalid_token" => {
                (401, refusal.error, &refusal.says)
            }
            Refused::Token(refusal) => (refusal.status, refusal.error, &refusal.says),
        };
        let body = json!({ "error": error, "error_description": says });
        let answer = Outgoing::json(status, &body).with("cache-control", "no-store");
        if status == 503 {
            return answer;
        }
        let _ = write!(
            challenge,
            ", error=\"{error}\", error_description=\"{says}\""
        );
        if let Refused::Scope(needed, _) = refused {
            let _ = write!(challenge, ", scope=\"{needed}\"");
        }
        answer.with("www-authenticate", challenge)
    }
}

impl Server for Api {
    fn wants(&self, incoming: &Incoming) -> Option<String> {
        let raw = one_token(incoming).ok()??;
        matches!(incoming.path.as_str(), NOTES | MCP).then(|| self.keys.wants(raw))?
    }

    fn learn(&mut self, fetched: Result<Vec<u8>, String>) {
        self.keys.learn(fetched);
    }

    fn forget_keys(&mut self) {
        self.keys.forget();
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match (incoming.path.as_str(), incoming.method.as_str()) {
            (NOTES, "GET" | "POST") => self.notes(incoming, now),
            (NOTES, _) => Outgoing::not_allowed(incoming, "GET, POST"),
            (MCP, "POST" | "DELETE") => self.mcp(incoming, now),
            // There is nothing that it would say by itself (MCP, Transports: listening for messages from the server).
            (MCP, _) => Outgoing::not_allowed(incoming, "POST, DELETE"),
            (METADATA, "GET") => Outgoing::json(
                200,
                &self.metadata(&self.resource, "Notes of the jagwalk lab"),
            ),
            (mcp::METADATA, "GET") => {
                let resource = format!("{}{MCP}", self.origin);
                Outgoing::json(
                    200,
                    &self.metadata(&resource, "MCP server of the jagwalk lab"),
                )
            }
            (METADATA | mcp::METADATA, _) => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(
                incoming,
                &format!("{NOTES} and {METADATA}, {MCP} and {}", mcp::METADATA),
            ),
        }
    }
}

/// Returns a user's notes; whoever comes for the first time finds two.
fn notes_of<'a>(notes: &'a mut HashMap<String, Vec<String>>, sub: &str) -> &'a mut Vec<String> {
    notes.entry(sub.to_owned()).or_insert_with(|| {
        vec![
            format!("Welcome, {sub}."),
            "Tokens are for the API to read, not for the client.".to_owned(),
        ]
    })
}

/// Why a call is refused.
enum Refused {
    NoToken,
    Token(Refusal),
    Scope(&'static str, Refusal),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Token(refusal)
    }
}

/// Finds the one Bearer token of a request, in its header (RFC 6750 §2.1).
fn one_token(incoming: &Incoming) -> Result<Option<&str>, Refusal> {
    let wrong = |says: &str| Err(Refusal::new("invalid_request", says));
    if Form::lenient(&incoming.query).get("access_token").is_some() {
        return wrong(
            "Expected the access token in the Authorization field, received it in the address.",
        );
    }
    let body = std::str::from_utf8(&incoming.body).unwrap_or_default();
    if incoming.content_type() == FORM && Form::lenient(body).get("access_token").is_some() {
        return wrong(
            "Expected the access token in the Authorization field, received it in the body.",
        );
    }
    let mut fields = incoming.all("authorization");
    let Some(field) = fields.next() else {
        return Ok(None);
    };
    if fields.next().is_some() {
        return wrong("Expected one Authorization field, received more than one.");
    }
    let (scheme, token) = field.split_once(' ').unwrap_or((field, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let token = token.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return wrong("Expected one access token after Bearer, received none or several words.");
    }
    Ok(Some(token))
}

/// Reads the note of a POST: the member `text` of a JSON object, else the body as it is.
fn new_note(incoming: &Incoming) -> Result<String, Refusal> {
    let text = std::str::from_utf8(&incoming.body).unwrap_or_default();
    let json = serde_json::from_str::<Value>(text).ok();
    let note = json
        .as_ref()
        .and_then(|json| json["text"].as_str())
        .unwrap_or(text)
        .trim();
    must(!note.is_empty(), "invalid_request", || {
        "Expected a note in the body, received an empty one.".to_owned()
    })?;
    Ok(note.chars().take(1000).collect())
}
