//! A service inside the trust domain: takes Transaction Tokens, each from the very workload that it names; a pure handler.

use serde_json::{Value, json};

use super::{
    actor, dpop,
    jwt::Kind,
    keyring::Keyring,
    message::{Incoming, Outgoing},
    refusal::{Refusal, must, received},
    serve::Server,
    tts::DOMAIN,
    workload::{Workloads, only},
};
use crate::protocol::{jwt::Claims, time::Timestamp};

/// The path of the service.
pub(super) const INVENTORY: &str = "/inventory";

/// The header field that the token travels in (TXN §12.1).
const HEADER: &str = "txn-token";

/// The purpose that a transaction needs here.
const PURPOSE: &str = "inventory.read";

/// The service and all it remembers.
pub(super) struct Service {
    url: String,
    /// The issuer of Transaction Tokens.
    issuer: String,
    keys: Keyring,
    /// The namespaces of actors.
    namespaces: Vec<String>,
    workloads: Workloads,
}

impl Service {
    /// Makes the service at an origin, for tokens of that issuer and workloads of that platform.
    pub fn new(origin: &str, issuer: String, namespaces: Vec<String>, platform: String) -> Self {
        Self {
            url: format!("{origin}{INVENTORY}"),
            keys: Keyring::new(format!("{issuer}/jwks")),
            issuer,
            namespaces,
            workloads: Workloads::new(platform),
        }
    }

    fn read(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Value, Refusal> {
        let scheme = incoming.header("authorization").map(|field| {
            let scheme = field.split(' ').next().unwrap_or_default();
            format!("Authorization: {scheme}")
        });
        must(scheme.is_none(), "invalid_token", || {
            format!(
                "Expected the Transaction Token in Txn-Token, and nothing in Authorization, received {} (TXN section 12).",
                received(scheme.as_deref())
            )
        })?;
        let raw = only(incoming, HEADER, "invalid_token")?;
        let kind = Kind {
            name: "Transaction Token",
            error: "invalid_token",
            types: &["txntoken+jwt"],
            algs: &["ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.issuer)?;
        kind.only_audience(&claims, &[DOMAIN])?;
        kind.in_time(&claims, now)?;
        kind.time(&claims, "iat")?;
        for name in ["sub", "txn", "scope", "req_wl"] {
            kind.needs(&claims, name)?;
        }
        actor::chain(kind.name, &claims, &self.namespaces, actor::AT_RESOURCE)?;
        let identity = only(incoming, "workload-identity-token", "invalid_request")?;
        let url = self.url.clone();
        let caller =
            self.workloads
                .judge(incoming, identity, &url, Some(raw), "invalid_request", now)?;
        let bound = dpop::bound_to(&claims);
        must(bound == Some(caller.jkt.as_str()), "invalid_token", || {
            format!(
                "Expected a caller with the key {} that the Transaction Token is bound to, received {}.",
                received(bound),
                caller.jkt
            )
        })?;
        let acts = claims.pointer("/act/sub").and_then(Value::as_str);
        must(
            acts == caller.claims["sub"].as_str(),
            "invalid_token",
            || {
                format!(
                    "Expected the caller {} as the outermost actor of the Transaction Token, received {}.",
                    received(caller.claims["sub"].as_str()),
                    received(acts)
                )
            },
        )?;
        let scope = Claims(&claims).words("scope");
        must(scope.contains(&PURPOSE), "insufficient_scope", || {
            format!(
                "Expected scope {PURPOSE} in the Transaction Token, received {}.",
                received(Some(&scope.join(" ")))
            )
        })?;
        Ok(json!({
            "sub": claims["sub"],
            "act": claims["act"],
            "txn": claims["txn"],
            "inventory": [{ "item": "paper", "count": 12 }, { "item": "ink", "count": 3 }],
        }))
    }
}

impl Server for Service {
    fn wants(&self, incoming: &Incoming) -> Option<String> {
        let of =
            |name, keys: &Keyring| incoming.header(name).and_then(|raw| keys.wants(raw.trim()));
        of(HEADER, &self.keys).or_else(|| of("workload-identity-token", &self.workloads.keys))
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
        match (incoming.path.as_str(), incoming.method.as_str()) {
            (INVENTORY, "GET") => {
                let answer = match self.read(incoming, now) {
                    Ok(body) => Outgoing::json(200, &body),
                    Err(refusal) => refused(&refusal),
                };
                answer.with("cache-control", "no-store")
            }
            (INVENTORY, _) => Outgoing::not_allowed(incoming, "GET"),
            _ => Outgoing::not_found(incoming, INVENTORY),
        }
    }
}

/// Says no. A 401 carries a challenge (RFC 9110 §15.5.2).
fn refused(refusal: &Refusal) -> Outgoing {
    let status = match refusal.error {
        "invalid_token" => 401,
        "insufficient_scope" => 403,
        _ => refusal.status,
    };
    let body = json!({ "error": refusal.error, "error_description": refusal.says });
    let answer = Outgoing::json(status, &body);
    if status == 401 {
        answer.with("www-authenticate", "Txn-Token realm=\"lab service\"")
    } else {
        answer
    }
}
