//! The resource AS: redeems ID-JAGs of the one IdP that it trusts, and exchanges assertions of agents; a pure handler
//! over state in memory.

mod exchange;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    actor,
    assertions::Assertions,
    chance::{Chance, Random},
    clients::Client,
    dpop::{self, Proofs},
    faults::{Minted, Switches},
    form::{Form, scope_words},
    gate::Gate,
    jwt::{Kind, as_text},
    keyring::Keyring,
    message::{Incoming, Outgoing},
    people::{NOTES_SCOPES, user_of},
    refusal::{Refusal, must, received, uncached},
    serve::Server,
    shape::{self, Access, Habits},
};
use crate::protocol::{
    jwt::{Claims, Token},
    keys::{Alg, PrivateKey},
    metadata::Jwks,
    oauth::urn,
    secret::Secret,
    time::Timestamp,
};

/// How long an ID-JAG may live from `iat` to `exp`, in seconds.
const ID_JAG_LIFE: i64 = 600;

/// What an ID-JAG is granted that names no scope.
const DEFAULT_SCOPE: &str = "notes.read";

/// The resource AS and all it remembers.
pub(super) struct ResourceAs {
    habits: &'static Habits,
    issuer: String,
    /// The path of the issuer, without a slash at its end: everything here lives below it.
    path: &'static str,
    token_endpoint: String,
    /// Where nobody may sign in; `None` where the host's own is the IdP's.
    authorization_endpoint: Option<String>,
    jwks: String,
    /// What it guards; the first is meant where an ID-JAG names none.
    resources: Vec<String>,
    trusted: String,
    /// The namespaces of actors that it trusts.
    namespaces: Vec<String>,
    idp_keys: Keyring,
    assertions: Assertions,
    key: PrivateKey,
    chance: Chance,
    gate: Gate,
    proofs: Proofs,
    switches: Switches,
}

/// Whom the resource AS works with.
pub(super) struct Neighbours {
    /// The issuer of the IdP that it trusts.
    pub idp: String,
    /// The issuer of agents' assertions.
    pub assertions: Assertions,
    /// The namespaces of actors that it trusts.
    pub namespaces: Vec<String>,
    /// The resource identifiers of the APIs that it guards.
    pub resources: Vec<String>,
}

impl ResourceAs {
    /// Makes a resource AS of these habits; its issuer begins with `origin`.
    pub fn new(
        habits: &'static Habits,
        origin: &str,
        neighbours: Neighbours,
        key: PrivateKey,
        clients: Vec<Arc<Client>>,
        random: Random,
        switches: Switches,
    ) -> Self {
        let issuer = format!("{origin}{}", habits.tenant);
        let path = habits.resource_as_path();
        let here = |plain| {
            let below = shape::here(habits.resource_as_paths, plain);
            format!("{origin}{path}{below}")
        };
        let idp_keys = shape::here(habits.idp_paths, "/jwks");
        Self {
            gate: Gate::new(
                issuer.clone(),
                here("/token"),
                habits.resource_as_methods,
                habits.assertion_for_issuer,
                clients,
            ),
            token_endpoint: here("/token"),
            authorization_endpoint: (!habits.one_host).then(|| here("/authorize")),
            jwks: here("/jwks"),
            habits,
            issuer,
            path,
            resources: neighbours.resources,
            idp_keys: Keyring::new(format!("{}{idp_keys}", neighbours.idp)),
            trusted: neighbours.idp,
            assertions: neighbours.assertions,
            namespaces: neighbours.namespaces,
            key,
            chance: Chance(random),
            // It is the strict one: a proof is good for minutes only, by its own clock.
            proofs: Proofs::new(Chance(random), true),
            switches,
        }
    }

    /// Returns where its keys are.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    /// Metadata (RFC 8414 §2). No grant here uses the authorization endpoint, so it might be left out, and with it the
    /// list of response types, which would be empty (§3.2); but client libraries expect both. So there is one, which knows
    /// what it is asked and refuses everybody.
    fn metadata(&self) -> Value {
        let profiles = [urn::ID_JAG_PROFILE, actor::PROFILE];
        let profiles = &profiles[..=usize::from(self.habits.profiles_actors)];
        let mut metadata = json!({
            "issuer": self.issuer,
            "token_endpoint": self.token_endpoint,
            "jwks_uri": self.jwks,
            "scopes_supported": NOTES_SCOPES,
            "grant_types_supported": [urn::JWT_BEARER, urn::TOKEN_EXCHANGE],
            "authorization_grant_profiles_supported": profiles,
            "token_endpoint_auth_methods_supported": self.habits.resource_as_methods,
            "token_endpoint_auth_signing_alg_values_supported": super::CLIENT_ALGS,
            "protected_resources": self.resources,
            "dpop_signing_alg_values_supported": dpop::ALGS,
        });
        if let Some(endpoint) = &self.authorization_endpoint {
            metadata["authorization_endpoint"] = json!(endpoint);
            metadata["response_types_supported"] = json!(["code"]);
            metadata["code_challenge_methods_supported"] = json!(["S256"]);
        }
        metadata
    }

    fn token(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let answer = match self.token_result(incoming, now) {
            Ok(body) => uncached(Outgoing::json(200, &body)),
            Err(refusal) => shape::told(self.habits.resource_as_refusals, refusal)
                .token_answer("lab resource AS"),
        };
        self.proofs.tell(incoming, answer, now)
    }

    fn token_result(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let (form, client, grant) = self.gate.admit(incoming, now)?;
        let endpoint = &self.token_endpoint;
        let jkt = self.proofs.judge(incoming, endpoint, None, now)?;
        if grant == urn::TOKEN_EXCHANGE {
            return self.exchange(&form, &client, jkt.as_ref(), now);
        }
        self.redeem(&form, &client, jkt.as_ref(), now)
    }

    /// Redeems an ID-JAG (JAG §4.4). It may come again while it is valid (JAG §4.4.3).
    fn redeem(
        &self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let claims = self.judge(form.need("assertion")?, client, jkt, now)?;
        let sub = claims["sub"].as_str().unwrap_or_default();
        let resource = self.right_resource(form, &claims)?;
        let asked = form
            .get("scope")
            .filter(|_| !self.habits.assertion_scope_wins || claims.get("scope").is_none());
        let scope = granted_scope(asked, &claims)?;
        let life = self.habits.access_life;
        let mut access = (self.habits.access)(&Access {
            issuer: &self.issuer,
            sub,
            email: user_of(sub).map_or(sub, |user| user.email),
            resource,
            client: &client.id,
            scope: &scope,
            now,
            end: now.plus_secs(life),
            jti: self.chance.token(16),
        });
        if let Some(jkt) = jkt {
            access["cnf"] = dpop::cnf(jkt);
        }
        for name in ["act", "sub_profile"]
            .into_iter()
            .filter(|_| claims.get("act").is_some())
        {
            access[name] = claims[name].clone();
        }
        let mut answer = json!({
            "access_token": self.switches.mint(Minted::AccessToken, &client.id, &access, &self.key, Alg::ES256)?,
            "token_type": dpop::token_type(jkt),
            "expires_in": life,
        });
        if self.habits.redeem_tells {
            answer["scope"] = json!(scope);
            answer["resource"] = json!(resource);
        }
        Ok(answer)
    }

    /// Judges an ID-JAG (JAG §4.4.1, RFC 7521 §5.2): every fault is `invalid_grant`.
    fn judge(
        &self,
        raw: &str,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let kind = Kind {
            name: "ID-JAG",
            error: "invalid_grant",
            types: &[urn::ID_JAG_TYP],
            algs: &["ES256"],
        };
        // Whose keys to use is decided by configuration; the claim only has to agree.
        let named = unverified(raw);
        kind.equals(&named, "iss", &self.trusted)?;
        let claims = kind.open(raw, self.idp_keys.keys()?, self.idp_keys.url())?;
        // The Actor Profile's example names the token endpoint (AP §6.5.1); without an actor only the issuer is right.
        let acting = claims.get("act").is_some();
        let audiences = [self.issuer.as_str(), self.token_endpoint.as_str()];
        kind.only_audience(&claims, &audiences[..=usize::from(acting)])?;
        kind.equals(&claims, "client_id", &client.id)?;
        kind.in_time(&claims, now)?;
        kind.lives_at_most(&claims, ID_JAG_LIFE)?;
        kind.needs(&claims, "jti")?;
        let sub = kind.needs(&claims, "sub")?;
        must(user_of(sub).is_some(), "invalid_grant", || {
            format!("No user {} is known here.", received(Some(sub)))
        })?;
        actor::chain(
            kind.name,
            &claims,
            &self.namespaces,
            actor::AT_TOKEN_ENDPOINT,
        )?;
        // A bound ID-JAG is redeemed with a proof by its key (JAG §9.8.1).
        if let Some(cnf) = claims.get("cnf") {
            let bound = dpop::bound_to(&claims);
            must(bound.is_some(), "invalid_grant", || {
                format!(
                    "Expected cnf with jkt in the ID-JAG, received {}.",
                    as_text(Some(cnf))
                )
            })?;
            must(bound == jkt.map(String::as_str), "invalid_grant", || {
                format!(
                    "Expected a DPoP proof by the key {} that the ID-JAG is bound to, received {}.",
                    received(bound),
                    received(jkt.map(String::as_str))
                )
            })?;
        }
        Ok(claims)
    }

    /// Returns the one resource that the ID-JAG is for; refuses what is not guarded here, in the ID-JAG and in the
    /// request.
    fn right_resource(&self, form: &Form, claims: &Value) -> Result<&str, Refusal> {
        let in_claims = Claims(claims).list("resource");
        let guarded = |named: &str| self.resources.iter().find(|resource| *resource == named);
        let all = self.resources.join(" or ");
        must(
            in_claims.len() <= 1
                && in_claims.iter().all(|named| guarded(named).is_some())
                && (claims.get("resource").is_none() || !in_claims.is_empty()),
            "invalid_target",
            || {
                format!(
                    "Expected resource {all} in the ID-JAG, received {}.",
                    as_text(claims.get("resource"))
                )
            },
        )?;
        let audience = form
            .get("audience")
            .filter(|_| self.habits.redeems_with_audience);
        let asked = || {
            let named = audience.map(|audience| ("audience", audience));
            named
                .into_iter()
                .chain(form.all("resource").map(|named| ("resource", named)))
        };
        let meant = in_claims
            .first()
            .copied()
            .or_else(|| asked().next().map(|(_, named)| named));
        let resource = match meant {
            None => &self.resources[0],
            Some(named) => guarded(named).ok_or_else(|| {
                let says = format!(
                    "Expected resource {all}, received {}.",
                    received(Some(named))
                );
                Refusal::new("invalid_target", says)
            })?,
        };
        let strange = asked().find(|(_, named)| named != resource);
        must(strange.is_none(), "invalid_target", || {
            let (name, named) = strange.unwrap_or_default();
            format!(
                "Expected {name} {resource}, received {}.",
                received(Some(named))
            )
        })?;
        Ok(resource)
    }
}

impl Server for ResourceAs {
    fn wants(&self, incoming: &Incoming) -> Option<String> {
        if incoming.method != "POST" || self.below(&incoming.path) != Some("/token") {
            return None;
        }
        let form = Form::read(incoming).ok()?;
        if let Some(url) = self.assertions.wants(&form) {
            return Some(url);
        }
        let raw = form.get("assertion")?;
        // Keys are fetched from the configured address only, and only for a token that claims to be from there.
        (Claims(&unverified(raw)).text("iss") == Some(&self.trusted))
            .then(|| self.idp_keys.wants(raw))?
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        self.idp_keys.learn(url, fetched);
        self.assertions.keys.learn(url, fetched);
    }

    fn forget_keys(&mut self) {
        self.idp_keys.forget();
        self.assertions.keys.forget();
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        shape::named(self.answered(incoming, now), self.habits, self.chance)
    }
}

impl ResourceAs {
    /// Returns whether a path is one of this server's, where another one shares its host.
    pub fn owns(&self, path: &str) -> bool {
        path.strip_prefix(self.path)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns which endpoint of the plain lab is asked for.
    fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let below = path.strip_prefix(self.path)?;
        Some(shape::plain(self.habits.resource_as_paths, below))
    }

    fn answered(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let path = incoming.path.as_str();
        let get = incoming.method == "GET";
        let well_known: Vec<String> = self
            .habits
            .well_known
            .iter()
            .map(|form| form.replace("{}", self.path))
            .collect();
        let is_well_known = well_known.iter().any(|known| known == path);
        match self.below(path) {
            _ if is_well_known && get => Outgoing::json(200, &self.metadata()),
            Some("/jwks") if get => {
                let keys = Jwks(json!({ "keys": [self.key.registration_jwk()] }));
                Outgoing::json(200, &keys.0)
            }
            Some("/token") if incoming.method == "POST" => self.token(incoming, now),
            Some("/token") => uncached(Outgoing::not_allowed(incoming, "POST")),
            Some("/authorize") if self.authorization_endpoint.is_some() => nobody_signs_in(),
            Some("/jwks") => Outgoing::not_allowed(incoming, "GET"),
            _ if is_well_known => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(
                incoming,
                &format!(
                    "{}, {1}{2} and {1}{3}",
                    well_known.join(", "),
                    self.path,
                    shape::here(self.habits.resource_as_paths, "/jwks"),
                    shape::here(self.habits.resource_as_paths, "/token"),
                ),
            ),
        }
    }
}

/// Refuses at the authorization endpoint. No redirect URI is registered, so the refusal goes nowhere (RFC 6749 §4.1.2.1).
fn nobody_signs_in() -> Outgoing {
    let says =
        "No client of this server may sign users in here: none of its grants begins with a code.";
    uncached(Refusal::new("unauthorized_client", says).token_answer("lab resource AS"))
}

/// Narrows what the ID-JAG grants to what the request asks.
fn granted_scope(asked: Option<&str>, claims: &Value) -> Result<String, Refusal> {
    let text = claims
        .get("scope")
        .map_or(Some(DEFAULT_SCOPE), Value::as_str);
    let in_claims = scope_words(text.unwrap_or_default())?;
    let mut granted: Vec<String> = in_claims
        .into_iter()
        .filter(|word| NOTES_SCOPES.contains(&word.as_str()))
        .collect();
    if let Some(asked) = asked {
        let asked = scope_words(asked)?;
        let beyond = asked.iter().find(|word| !granted.contains(word));
        must(beyond.is_none(), "invalid_scope", || {
            format!(
                "Expected no more scope than the ID-JAG grants, {}, received {}.",
                granted.join(" "),
                received(beyond.map(String::as_str))
            )
        })?;
        granted = asked;
    }
    must(!granted.is_empty(), "invalid_scope", || {
        format!(
            "Expected scope of {} in the ID-JAG, received {}.",
            NOTES_SCOPES.join(" "),
            as_text(claims.get("scope"))
        )
    })?;
    Ok(granted.join(" "))
}

/// Returns the claims of a token before anything in it is trusted.
fn unverified(raw: &str) -> Value {
    let token = Token::parse(&Secret::minted("token", raw));
    token.claims.json.unwrap_or_default()
}
