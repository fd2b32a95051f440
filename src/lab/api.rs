//! The API: a notes service that takes access tokens of the resource AS, and the MCP server beside it; a pure handler
//! over state in memory.

use std::{collections::HashMap, fmt::Write as _};

use serde_json::{Value, json};

use super::{
    actor,
    chance::{Chance, Random},
    dpop::{self, Proofs},
    guard::{For, Guard, one_token},
    keyring::Keyring,
    mcp::{self, MCP, Mcp},
    message::{Incoming, Outgoing},
    people::{NOTES_SCOPES, REPOS_SCOPES},
    refusal::{Refusal, must, received},
    serve::Server,
    shape::{self, Habits},
};
use crate::protocol::{
    jwt::{Claims, audit},
    time::Timestamp,
};

/// The path of the notes.
pub(super) const NOTES: &str = "/notes";

const METADATA: &str = "/.well-known/oauth-protected-resource/notes";

/// The path of the repositories, which take tokens of the IdP: flows with one authorization server use them.
pub(super) const REPOS: &str = "/repos";

const REPOS_METADATA: &str = "/.well-known/oauth-protected-resource/repos";

/// What the repositories are called in `aud`: a name, not an address.
pub(super) const REPOS_AUDIENCE: &str = "repos.lab.example";

/// How many notes one user may keep.
const NOTES_KEPT: usize = 100;

/// The API and all it remembers.
pub(super) struct Api {
    habits: &'static Habits,
    origin: String,
    resource: String,
    /// Takes tokens of the resource AS, for the notes and the MCP server.
    guard: Guard,
    /// Takes tokens of the IdP, for the repositories.
    repos: Guard,
    proofs: Proofs,
    /// The issuer of agents' assertions.
    agents: String,
    notes: HashMap<String, Vec<String>>,
    mcp: Mcp,
}

impl Api {
    /// Makes an API that trusts one resource AS and one IdP of these habits.
    pub fn new(
        habits: &'static Habits,
        origin: &str,
        resource_as: &str,
        idp: &str,
        agents: String,
        random: Random,
    ) -> Self {
        let keys = shape::here(habits.resource_as_paths, "/jwks");
        let below = resource_as.trim_end_matches('/');
        let idp_keys = shape::here(habits.idp_paths, "/jwks");
        Self {
            habits,
            origin: origin.to_owned(),
            resource: format!("{origin}{NOTES}"),
            guard: Guard {
                trusted: resource_as.to_owned(),
                alg: "ES256",
                keys: Keyring::new(format!("{below}{keys}")),
                needs: vec!["sub", habits.client_claim, "jti"],
            },
            repos: Guard {
                trusted: idp.to_owned(),
                alg: "RS256",
                keys: Keyring::new(format!("{idp}{idp_keys}")),
                needs: vec!["sub", "client_id", "jti"],
            },
            // As strict as the resource AS, with nonces of its own.
            proofs: Proofs::new(Chance(random), true),
            agents,
            notes: HashMap::new(),
            mcp: Mcp::new(Chance(random)),
        }
    }

    /// Metadata of the protected resource (RFC 9728 §2).
    fn metadata(&self, resource: &str, name: &str) -> Value {
        json!({
            "resource": resource,
            "authorization_servers": [self.guard.trusted],
            "scopes_supported": NOTES_SCOPES,
            "bearer_methods_supported": ["header"],
            "resource_name": name,
            "dpop_signing_alg_values_supported": dpop::ALGS,
        })
    }

    fn repos_metadata(&self) -> Value {
        let resource = format!("{}{REPOS}", self.origin);
        let mut metadata = self.metadata(&resource, "Repositories of the jagwalk lab");
        metadata["authorization_servers"] = json!([self.repos.trusted]);
        metadata["scopes_supported"] = json!(REPOS_SCOPES);
        metadata
    }

    /// The repositories: who asks, who acts, what there is, and what the log says of the call.
    fn repos(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.repos_result(incoming, now) {
            Ok(answer) => answer,
            Err(refused) => self.refusal(incoming, &refused, REPOS_METADATA),
        }
    }

    fn repos_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Outgoing, Refused> {
        let presented = one_token(incoming)?.ok_or(Refused::NoToken)?;
        let wanted = For {
            audience: REPOS_AUDIENCE,
            alone: false,
            url: &format!("{}{REPOS}", self.origin),
        };
        let claims = self
            .repos
            .judge(incoming, &presented, wanted, &mut self.proofs, now)?;
        let scope = Claims(&claims).words("scope");
        if !scope.contains(&"repo.read") {
            return Err(lacks("repo.read", &incoming.method, &scope));
        }
        let mut body = json!({
            "sub": claims["sub"],
            "client_id": claims["client_id"],
            "audit": audit::line(&claims, now),
            "scope": claims["scope"],
            "repositories": ["jagwalk-lab/flows", "jagwalk-lab/notes"],
        });
        // Where nobody acts there is no actor to name.
        if let Some(act) = claims.get("act") {
            body["act"] = act.clone();
        }
        Ok(Outgoing::json(200, &body).with("cache-control", "no-store"))
    }

    fn notes(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.notes_result(incoming, now) {
            Ok(answer) => answer,
            Err(refused) => self.refusal(incoming, &refused, METADATA),
        }
    }

    /// The MCP server: whoever may not call it learns nothing of it.
    fn mcp(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        match self.mcp_result(incoming, now) {
            Ok(answer) => answer,
            Err(refused) => self.refusal(incoming, &refused, mcp::METADATA),
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
        let presented = one_token(incoming)?.ok_or(Refused::NoToken)?;
        let resource = format!("{}{MCP}", self.origin);
        let wanted = For {
            audience: &resource,
            alone: true,
            url: &resource,
        };
        let claims = self
            .guard
            .judge(incoming, &presented, wanted, &mut self.proofs, now)?;
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
        Err(lacks(needed, what, &scope))
    }

    fn notes_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Outgoing, Refused> {
        let presented = one_token(incoming)?.ok_or(Refused::NoToken)?;
        let wanted = For {
            audience: &self.resource,
            alone: false,
            url: &self.resource,
        };
        let claims = self
            .guard
            .judge(incoming, &presented, wanted, &mut self.proofs, now)?;
        let write = incoming.method == "POST";
        let needed = if write { "notes.write" } else { "notes.read" };
        self.scope(&claims, needed, &incoming.method)?;
        self.may_act(&claims)?;
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
        let mut body = json!({
            "sub": sub,
            "client_id": claims[self.habits.client_claim],
            "scope": claims[self.habits.scope_claim],
            "notes": notes,
        });
        if let Some(act) = claims.get("act") {
            body["act"] = act.clone();
        }
        Ok(Outgoing::json(status, &body).with("cache-control", "no-store"))
    }

    /// Judges who acts, where somebody does: policy lets AI agents of the user's own IdP act, and nobody else (AP §9).
    /// What is bound to no key is no token of the profile: some vendors only remark who acts.
    fn may_act(&self, claims: &Value) -> Result<(), Refused> {
        if claims.get("act").is_none() || claims.get("cnf").is_none() {
            return Ok(());
        }
        // Agents with assertions of their own are known by RFC 8693 alone; the resource AS has judged who they act for.
        if claims.pointer("/act/iss").and_then(Value::as_str) == Some(&self.agents) {
            return Ok(());
        }
        let namespaces = std::slice::from_ref(&self.repos.trusted);
        actor::chain("access token", claims, namespaces, actor::AT_RESOURCE)?;
        let profile = claims.pointer("/act/sub_profile").and_then(Value::as_str);
        must(profile == Some("ai_agent"), "actor_unauthorized", || {
            format!(
                "Expected an actor with sub_profile ai_agent, received {}.",
                received(profile)
            )
        })
        .map_err(Refused::Actor)
    }

    fn refusal(&self, incoming: &Incoming, refused: &Refused, metadata: &str) -> Outgoing {
        let presented = one_token(incoming).ok().flatten();
        let scheme = match presented {
            Some(presented) if presented.dpop => "DPoP",
            _ => "Bearer",
        };
        let mut challenge = format!(
            "{scheme} realm=\"lab API\", resource_metadata=\"{}{metadata}\"",
            self.origin
        );
        if scheme == "DPoP" {
            let _ = write!(challenge, ", algs=\"{}\"", dpop::ALGS.join(" "));
        }
        if metadata == mcp::METADATA && !matches!(refused, Refused::Scope(..)) {
            // So that a client asks for what the tools need, and not for all that there is (MCP, Authorization: scope
            // selection).
            let _ = write!(challenge, ", scope=\"{}\"", mcp::SCOPE);
        }
        let (status, error, says) = match refused {
            // A request without credentials learns no error code (RFC 6750 §3.1).
            Refused::NoToken => {
                let says = "Expected Authorization: Bearer and an access token, received none.";
                return Outgoing::json(401, &json!({ "message": says }))
                    .with("www-authenticate", challenge);
            }
            Refused::Scope(_, refusal) | Refused::Actor(refusal) => {
                (403, refusal.error, &refusal.says)
            }
            Refused::Token(refusal)
                if matches!(
                    refusal.error,
                    "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce"
                ) =>
            {
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
        let raw = one_token(incoming).ok()??.raw;
        match incoming.path.as_str() {
            NOTES | MCP => self.guard.keys.wants(raw),
            REPOS => self.repos.keys.wants(raw),
            _ => None,
        }
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        for keys in [&mut self.guard.keys, &mut self.repos.keys] {
            keys.learn(url, fetched);
        }
    }

    fn forget_keys(&mut self) {
        self.guard.keys.forget();
        self.repos.keys.forget();
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let answer = self.answered(incoming, now);
        self.proofs.tell(incoming, answer, now)
    }
}

impl Api {
    fn answered(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
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
            (REPOS, "GET") => self.repos(incoming, now),
            (REPOS_METADATA, "GET") => Outgoing::json(200, &self.repos_metadata()),
            (REPOS | METADATA | mcp::METADATA | REPOS_METADATA, _) => {
                Outgoing::not_allowed(incoming, "GET")
            }
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

/// Refuses a token for what it does not allow.
fn lacks(needed: &'static str, what: &str, scope: &[&str]) -> Refused {
    let says = format!(
        "Expected scope {needed} for {what}, received {}.",
        received(Some(&scope.join(" ")))
    );
    Refused::Scope(needed, Refusal::new("insufficient_scope", says))
}

/// Why a call is refused.
enum Refused {
    NoToken,
    Token(Refusal),
    Scope(&'static str, Refusal),
    Actor(Refusal),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Token(refusal)
    }
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
