//! The token exchange of the IdP for an access token: who acts for whom, as far as policy lets them (RFC 8693 §1.1).
//!
//! With an actor token the result has `act`; without one it is impersonation, and the agent is nowhere in it.

use serde_json::{Value, json};

use super::{Idp, exchange::Subject};
use crate::{
    lab::{
        actor_issuer::WORKLOAD,
        api::REPOS_AUDIENCE,
        clients::Client,
        dpop,
        faults::Minted,
        form::{Form, known_scope, scope_words},
        jwt::{Kind, as_text},
        keyring::Keyring,
        message::Incoming,
        people::{REPOS_SCOPES, User, user_of},
        refusal::{Refusal, must, received},
        shape,
    },
    protocol::{
        jwt::{Claims, Token},
        keys::Alg,
        oauth::urn,
        secret::Secret,
        time::Timestamp,
    },
};

/// How long a delegated access token lives, in seconds.
const LIFE: i64 = 600;

/// How long an actor token may live from `iat` to `exp`, in seconds.
const ACTOR_LIFE: i64 = 600;

/// One line of the policy: who may act for whom, and what for. Whoever is in no line may not.
struct Leave {
    /// The actor, by its name at the actor issuer.
    actor: &'static str,
    /// The user.
    user: &'static str,
    /// What the actor may do for them.
    scope: &'static [&'static str],
}

/// The policy. Bob lets nobody act for him.
static POLICY: [Leave; 2] = [
    Leave {
        actor: WORKLOAD,
        user: "alice",
        scope: &["repo.read", "repo.write"],
    },
    Leave {
        actor: WORKLOAD,
        user: "carol",
        scope: &["repo.read"],
    },
];

/// Whose actor tokens are taken.
pub(super) struct Actors {
    issuer: String,
    keys: Keyring,
}

impl Actors {
    /// Trusts the actor issuer of that name.
    pub fn of(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            keys: Keyring::new(format!("{issuer}/jwks")),
        }
    }

    /// Returns the keys that are needed before the actor token of a request can be judged.
    pub fn wants(&self, incoming: &Incoming) -> Option<String> {
        let form = Form::lenient(std::str::from_utf8(&incoming.body).ok()?);
        self.keys.wants(form.get("actor_token")?)
    }

    /// Takes in what a fetch of keys brought.
    pub fn learn(&mut self, url: &str, fetched: &Result<Vec<u8>, String>) {
        self.keys.learn(url, fetched);
    }

    /// Forgets the keys.
    pub fn forget(&mut self) {
        self.keys.forget();
    }

    /// Judges an actor token as RFC 8693 §2.2.2 has it; one that is itself delegated is `invalid_grant` (AP §6.3).
    fn judge(
        &self,
        raw: &str,
        audience: &str,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let kind = Kind {
            name: "actor token",
            error: "invalid_request",
            types: &["", "jwt"],
            algs: &["ES256"],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.issuer)?;
        kind.only_audience(&claims, &[audience])?;
        kind.in_time(&claims, now)?;
        kind.lives_at_most(&claims, ACTOR_LIFE)?;
        kind.needs(&claims, "sub")?;
        must(claims.get("act").is_none(), "invalid_grant", || {
            format!(
                "Expected an actor token about the actor alone, received one with act {}.",
                as_text(claims.get("act"))
            )
        })?;
        proven(&kind, &claims, jkt)?;
        Ok(claims)
    }
}

impl Idp {
    /// Exchanges a user's token, and an actor's where there is one, for an access token for the repositories.
    pub(super) fn delegate(
        &mut self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let subject = self.user(form, client, jkt, now)?;
        let actor = self.workload(form, jkt, now)?;
        known_target(form)?;
        let scope = granted(form, subject.user, actor.as_ref())?;
        let mut claims = json!({
            "iss": self.issuer, "sub": subject.user.sub, "azp": client.id, "client_id": client.id,
            "aud": REPOS_AUDIENCE, "scope": scope, "iat": now.secs(), "exp": now.plus_secs(LIFE).secs(),
            "jti": self.chance.token(16), "amr": shape::AMR,
        });
        if let Some(auth_time) = subject.auth_time {
            claims["auth_time"] = json!(auth_time);
        }
        if let Some(actor) = &actor {
            claims["act"] = act(actor);
        }
        if let Some(jkt) = jkt {
            claims["cnf"] = dpop::cnf(jkt);
        }
        let minted = Minted::DelegatedToken;
        let token = self
            .switches
            .mint(minted, &client.id, &claims, &self.keys.rsa, Alg::RS256)?;
        Ok(json!({
            "access_token": token,
            "issued_token_type": urn::ACCESS_TOKEN,
            "token_type": dpop::token_type(jkt),
            "expires_in": LIFE,
            "scope": scope,
        }))
    }

    /// Returns whom the subject token is about: an ID Token, or the IdP's own access token.
    fn user(
        &self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Subject, Refusal> {
        let raw = form.need("subject_token")?;
        let declared = form.need("subject_token_type")?;
        let is_access = match declared {
            urn::ID_TOKEN => false,
            urn::ACCESS_TOKEN => true,
            // Any JWT: what it is, it says itself.
            urn::JWT => typ(raw).ends_with("at+jwt"),
            other => {
                return Err(Refusal::new(
                    "invalid_request",
                    format!(
                        "Expected subject_token_type {}, {} or {} for an access token, received {}.",
                        urn::ID_TOKEN,
                        urn::ACCESS_TOKEN,
                        urn::JWT,
                        received(Some(other))
                    ),
                ));
            }
        };
        if is_access {
            self.user_of_access_token(raw, client, jkt, now)
        } else {
            self.subject_of_id_token(raw, client, now)
        }
    }

    fn user_of_access_token(
        &self,
        raw: &str,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Subject, Refusal> {
        let kind = Kind {
            name: "access token of the sign-in",
            error: "invalid_request",
            types: &["at+jwt"],
            algs: &["RS256"],
        };
        let claims = kind.open(raw, &self.keys.jwks(), "the IdP's own keys")?;
        kind.equals(&claims, "iss", &self.issuer)?;
        kind.only_audience(&claims, &[&self.issuer])?;
        let theirs = Claims(&claims).text("client_id");
        must(
            theirs.is_some_and(|id| id == client.id || Some(id) == client.app),
            "invalid_request",
            || {
                format!(
                    "Expected an access token of {}, received one of {}.",
                    client.id,
                    received(theirs)
                )
            },
        )?;
        kind.in_time(&claims, now)?;
        proven(&kind, &claims, jkt)?;
        let user = user_of(kind.needs(&claims, "sub")?).ok_or_else(|| {
            Refusal::new(
                "invalid_request",
                "The access token is about a user who is not known here.",
            )
        })?;
        Ok(Subject {
            user,
            auth_time: claims["auth_time"].as_i64(),
        })
    }

    /// Returns the claims of the actor token, where there is one.
    fn workload(
        &self,
        form: &Form,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Option<Value>, Refusal> {
        let (raw, kind) = (form.get("actor_token"), form.get("actor_token_type"));
        let (raw, kind) = match (raw, kind) {
            (None, None) => return Ok(None),
            (Some(raw), Some(kind)) => (raw, kind),
            (raw, _) => {
                let there = if raw.is_some() {
                    "the first"
                } else {
                    "the second"
                };
                return Err(Refusal::new(
                    "invalid_request",
                    format!(
                        "Expected actor_token and actor_token_type together, received {there} alone (RFC 8693 section \
                         2.1)."
                    ),
                ));
            }
        };
        must(kind == urn::JWT, "invalid_request", || {
            format!(
                "Expected actor_token_type {}, received {}.",
                urn::JWT,
                received(Some(kind))
            )
        })?;
        self.actors.judge(raw, &self.issuer, jkt, now).map(Some)
    }
}

/// Refuses a token that is bound to a key without a proof by that key: whoever found it could use it.
fn proven(kind: &Kind<'_>, claims: &Value, jkt: Option<&String>) -> Result<(), Refusal> {
    let Some(bound) = dpop::bound_to(claims) else {
        return Ok(());
    };
    must(jkt.is_some_and(|jkt| jkt == bound), kind.error, || {
        format!(
            "Expected a DPoP proof by the key {bound} that the {} is bound to, received {}.",
            kind.name,
            received(jkt.map(String::as_str))
        )
    })
}

/// Returns how the token names its actor: by what the actor issuer says, and by no time and no audience of its token.
fn act(actor: &Value) -> Value {
    let mut act = json!({ "sub": actor["sub"], "iss": actor["iss"] });
    for name in ["azp", "attestation", "sub_profile"] {
        if let Some(value) = actor.get(name) {
            act[name] = value.clone();
        }
    }
    act
}

/// Takes the repositories by name, and nothing else.
fn known_target(form: &Form) -> Result<(), Refusal> {
    let named: Vec<&str> = form.all("audience").chain(form.all("resource")).collect();
    must(named == [REPOS_AUDIENCE], "invalid_target", || {
        format!(
            "Expected audience {REPOS_AUDIENCE} alone, received {}.",
            received(Some(&named.join(" and ")))
        )
    })
}

/// Narrows what is asked to what policy lets this actor do for this user. Without an actor the policy sees only that
/// somebody acts for the user, and grants what any actor might get.
fn granted(form: &Form, user: &User, actor: Option<&Value>) -> Result<String, Refusal> {
    let actor = actor.map(|actor| Claims(actor).text("sub").unwrap_or_default());
    let leave = POLICY
        .iter()
        .find(|leave| leave.user == user.name && actor.is_none_or(|actor| actor == leave.actor));
    let leave = leave.ok_or_else(|| {
        Refusal::new(
            "invalid_request",
            format!(
                "Policy does not let {} act for {}.",
                received(Some(actor.unwrap_or("anybody"))),
                user.email
            ),
        )
    })?;
    let asked = match form.get("scope") {
        Some(text) => scope_words(text)?,
        None => leave.scope.iter().map(ToString::to_string).collect(),
    };
    known_scope(&asked, &REPOS_SCOPES)?;
    let granted: Vec<&str> = asked
        .iter()
        .map(String::as_str)
        .filter(|word| leave.scope.contains(word))
        .collect();
    must(!granted.is_empty(), "invalid_scope", || {
        format!(
            "Policy grants {} for {}, received {}.",
            leave.scope.join(" "),
            user.email,
            asked.join(" ")
        )
    })?;
    Ok(granted.join(" "))
}

/// The `typ` of a JWT, before anything in it is trusted.
fn typ(raw: &str) -> String {
    let token = Token::parse(&Secret::minted("subject token", raw));
    let header = token.header.json.unwrap_or_default();
    header["typ"]
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase()
}
