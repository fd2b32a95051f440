//! The Transaction Token Service: swaps an access token of the API for a token of one transaction inside the trust domain
//! (TXN §11, AP §7); a pure handler.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    actor,
    chance::{Chance, Random},
    clients::Client,
    dpop,
    faults::{Minted, Switches},
    form::{Form, known_scope, scope_words},
    gate::Gate,
    jwt::{Kind, as_text},
    keyring::Keyring,
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received, uncached},
    serve::Server,
    workload::{Proven, Workloads},
};
use crate::protocol::{
    jwt::Claims,
    keys::{Alg, PrivateKey},
    oauth::urn,
    time::Timestamp,
};

/// The path of the service.
pub(super) const TTS: &str = "/tts";

/// The trust domain that its tokens are for.
pub(super) const DOMAIN: &str = "lab.internal";

/// The purposes that a transaction may have.
pub(super) const PURPOSES: [&str; 2] = ["inventory.read", "inventory.write"];

/// How long a Transaction Token lives, in seconds.
const LIFE: i64 = 120;

/// The service and all it remembers.
pub(super) struct Tts {
    issuer: String,
    key: PrivateKey,
    chance: Chance,
    gate: Gate,
    /// Whose access tokens it takes, and for which API.
    trusted: Trusted,
    /// The keys of that server.
    keys: Keyring,
    workloads: Workloads,
    switches: Switches,
}

/// Whom the service trusts.
pub(super) struct Trusted {
    /// The issuer of access tokens.
    pub resource_as: String,
    /// Where its keys are.
    pub jwks: String,
    /// The API that these are for.
    pub api: String,
    /// The namespaces of actors; the last one is the platform of the workloads.
    pub namespaces: Vec<String>,
    /// The platform.
    pub platform: String,
}

impl Tts {
    /// Makes the service at an origin, for these workloads.
    pub fn new(
        origin: &str,
        key: PrivateKey,
        clients: Vec<Arc<Client>>,
        trusted: Trusted,
        random: Random,
        switches: Switches,
    ) -> Self {
        let issuer = format!("{origin}{TTS}");
        Self {
            gate: Gate::new(
                issuer.clone(),
                format!("{issuer}/token"),
                &["private_key_jwt"],
                true,
                clients,
            ),
            issuer,
            key,
            chance: Chance(random),
            keys: Keyring::new(trusted.jwks.clone()),
            workloads: Workloads::new(trusted.platform.clone()),
            trusted,
            switches,
        }
    }

    /// Metadata (RFC 8414 §2).
    fn metadata(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "token_endpoint": format!("{}/token", self.issuer),
            "jwks_uri": format!("{}/jwks", self.issuer),
            "scopes_supported": PURPOSES,
            "grant_types_supported": [urn::TOKEN_EXCHANGE],
            "authorization_grant_profiles_supported": [actor::PROFILE],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": super::CLIENT_ALGS,
        })
    }

    /// Issues a Transaction Token to the workload that authenticates.
    fn issue(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let (form, client, _) = self.gate.admit(incoming, now)?;
        let wanted = form.need("requested_token_type")?;
        must(wanted == urn::TXN_TOKEN, "invalid_request", || {
            format!(
                "Expected requested_token_type {}, received {}.",
                urn::TXN_TOKEN,
                received(Some(wanted))
            )
        })?;
        let audience = form.need("audience")?;
        let alone = form.all("audience").count() == 1;
        must(alone && audience == DOMAIN, "invalid_target", || {
            format!(
                "Expected audience {DOMAIN} alone, the name of this trust domain, received {}.",
                received(Some(audience))
            )
        })?;
        let scope = scope_words(form.need("scope")?)?;
        known_scope(&scope, &PURPOSES)?;
        let rctx = context(&form, &["request_context", "rctx"])?;
        let tctx = context(&form, &["request_details", "tctx"])?;
        let subject = self.subject(&form, now)?;
        let workload = self.workload(&form, incoming, now)?;
        let mut claims = json!({
            "iss": self.issuer, "sub": subject["sub"], "aud": DOMAIN, "scope": scope.join(" "),
            "req_wl": client.id, "txn": self.chance.token(16), "jti": self.chance.token(16),
            "iat": now.secs(), "exp": now.plus_secs(LIFE).secs(),
            "tctx": tctx.unwrap_or_else(|| json!({})), "rctx": rctx.unwrap_or_else(|| json!({})),
        });
        for name in ["sub_profile", "act"] {
            if let Some(value) = subject.get(name) {
                claims[name] = value.clone();
            }
        }
        if let Some(Proven { claims: named, jkt }) = workload {
            let sub = named["sub"].as_str().unwrap_or_default();
            let before = subject.get("act");
            claims["req_wl"] = json!(sub);
            claims["act"] = actor::actor(sub, &self.trusted.platform, "service", before);
            claims["cnf"] = dpop::cnf(&jkt);
            // One more may be one too many.
            let namespaces = &self.trusted.namespaces;
            actor::chain(
                "Transaction Token",
                &claims,
                namespaces,
                actor::AT_TOKEN_ENDPOINT,
            )?;
        }
        let minted = Minted::TxnToken;
        let token = self
            .switches
            .mint(minted, &client.id, &claims, &self.key, Alg::ES256)?;
        Ok(json!({
            "access_token": token,
            "issued_token_type": urn::TXN_TOKEN,
            "token_type": "N_A",
            "expires_in": LIFE,
        }))
    }

    /// Judges the access token: one of this trust domain's API. Its `aud` is the API and not this service, which is no
    /// reason to refuse it (AP §6.2).
    fn subject(&self, form: &Form, now: Timestamp) -> Result<Value, Refusal> {
        let raw = form.need("subject_token")?;
        let typed = form.need("subject_token_type")?;
        must(typed == urn::ACCESS_TOKEN, "invalid_request", || {
            format!(
                "Expected subject_token_type {}, received {}.",
                urn::ACCESS_TOKEN,
                received(Some(typed))
            )
        })?;
        let kind = Kind {
            name: "access token",
            error: "invalid_request",
            types: &["at+jwt"],
            algs: &["ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.trusted.resource_as)?;
        let api = self.trusted.api.as_str();
        must(
            Claims(&claims).list("aud").contains(&api),
            "invalid_request",
            || {
                format!(
                    "Expected aud {api} in the access token, received {}.",
                    as_text(claims.get("aud"))
                )
            },
        )?;
        kind.in_time(&claims, now)?;
        kind.needs(&claims, "sub")?;
        let namespaces = &self.trusted.namespaces;
        actor::chain(
            "access token",
            &claims,
            namespaces,
            actor::AT_TOKEN_ENDPOINT,
        )?;
        Ok(claims)
    }

    /// Judges the workload that the actor token names, where there is one (AP App. B.7).
    fn workload(
        &mut self,
        form: &Form,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<Option<Proven>, Refusal> {
        let token = form.get("actor_token");
        let kind = form.get("actor_token_type");
        must(token.is_some() == kind.is_some(), "invalid_request", || {
            "Expected actor_token and actor_token_type together, received one of them (RFC 8693 section 2.1)."
                .to_owned()
        })?;
        let Some(raw) = token else {
            return Ok(None);
        };
        must(kind == Some(urn::JWT), "invalid_grant", || {
            format!(
                "Expected actor_token_type {}, for a Workload Identity Token, received {}.",
                urn::JWT,
                received(kind)
            )
        })?;
        let url = format!("{}/token", self.issuer);
        self.workloads
            .judge(incoming, raw, &url, None, "invalid_grant", now)
            .map(Some)
    }
}

/// Returns the JSON object of a parameter that two texts call by two names; both at once are refused.
fn context(form: &Form, names: &[&'static str; 2]) -> Result<Option<Value>, Refusal> {
    let [own, other] = names;
    let both = form.get(own).is_some() && form.get(other).is_some();
    must(!both, "invalid_request", || {
        format!("Expected {own} or {other}, received both.")
    })?;
    let Some((name, text)) = names.iter().find_map(|name| Some((name, form.get(name)?))) else {
        return Ok(None);
    };
    let json = serde_json::from_str::<Value>(text).ok();
    let json = json.filter(Value::is_object).ok_or_else(|| {
        let says = format!(
            "Expected a JSON object as {name}, received {}.",
            received(Some(text))
        );
        Refusal::new("invalid_request", says)
    })?;
    Ok(Some(json))
}

impl Server for Tts {
    fn wants(&self, incoming: &Incoming) -> Option<String> {
        if incoming.method != "POST" || incoming.path.strip_prefix(TTS) != Some("/token") {
            return None;
        }
        let form = Form::read(incoming).ok()?;
        let of = |name, keys: &Keyring| form.get(name).and_then(|raw| keys.wants(raw));
        of("subject_token", &self.keys).or_else(|| of("actor_token", &self.workloads.keys))
    }

    fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        self.keys.learn(url, fetched);
        self.workloads.keys.learn(url, fetched);
    }

    fn forget_keys(&mut self) {
        self.keys.forget();
        self.workloads.keys.forget();
    }

    fn answer(&mut self, incoming: &Incoming, now: Timestamp) -> Outgoing {
        let path = incoming.path.as_str();
        let get = incoming.method == "GET";
        let well_known = path == format!("/.well-known/oauth-authorization-server{TTS}");
        match path.strip_prefix(TTS) {
            _ if well_known && get => Outgoing::json(200, &self.metadata()),
            Some("/jwks") if get => {
                Outgoing::json(200, &json!({ "keys": [self.key.registration_jwk()] }))
            }
            Some("/token") if incoming.method == "POST" => match self.issue(incoming, now) {
                Ok(body) => uncached(Outgoing::json(200, &body)),
                Err(refusal) => refusal.token_answer("lab Transaction Token Service"),
            },
            Some("/token") => uncached(Outgoing::not_allowed(incoming, "POST")),
            Some("/jwks") => Outgoing::not_allowed(incoming, "GET"),
            _ if well_known => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(
                incoming,
                &format!(
                    "/.well-known/oauth-authorization-server{TTS}, {TTS}/jwks and {TTS}/token"
                ),
            ),
        }
    }
}
