//! The token exchange of the IdP: an ID Token, a SAML assertion or a refresh token for an ID-JAG (JAG §4.3).

use serde_json::{Value, json};

use super::{Idp, TARGET_SCOPES};
use crate::{
    lab::{
        clients::Client,
        dpop,
        faults::Minted,
        form::{Form, known_scope, scope_words},
        jwt::{Kind, as_text},
        people::{User, user_of},
        refusal::{About, Refusal, must, received},
    },
    protocol::{jwt::Claims, keys::Alg, oauth::urn, time::Timestamp},
};

/// How long an ID-JAG lives, in seconds.
const ID_JAG_LIFE: i64 = 300;

/// Who the exchange is about.
pub(super) struct Subject {
    /// The user.
    pub user: &'static User,
    /// When they signed in, in seconds.
    pub auth_time: Option<i64>,
}

impl Idp {
    /// Exchanges an identity assertion for an ID-JAG.
    pub(super) fn exchange(
        &mut self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let wanted = form.need("requested_token_type")?;
        if wanted == urn::REFRESH_TOKEN {
            return self.exchange_for_refresh(form, client, now);
        }
        if wanted == urn::ACCESS_TOKEN {
            return self.delegate(form, client, jkt, now);
        }
        must(wanted == urn::ID_JAG, "invalid_request", || {
            format!(
                "Expected requested_token_type {}, {}, or {} for a SAML assertion, received {}.",
                urn::ID_JAG,
                urn::ACCESS_TOKEN,
                urn::REFRESH_TOKEN,
                received(Some(wanted))
            )
        })?;
        let actor = self.actor(form, client, jkt, now)?;
        must(
            form.get("authorization_details").is_none(),
            "invalid_authorization_details",
            || {
                "Expected scope and resource, received authorization_details, of which none is known here.".to_owned()
            },
        )?;
        let subject = self.subject(form, client, now)?;
        let audience = self.known_audience(form, actor.is_some())?;
        let resource = self.known_resource(form)?;
        let scope = allowed_scope(form, subject.user)?;
        let mut claims = json!({
            "iss": self.issuer, "sub": subject.user.sub, "aud": audience,
            "client_id": client.at_resource_as.as_deref().unwrap_or(&client.id), "jti": self.chance.token(16),
            "iat": now.secs(), "exp": now.plus_secs(ID_JAG_LIFE).secs(),
            "scope": scope, "email": subject.user.email,
        });
        if let Some(jkt) = jkt {
            claims["cnf"] = dpop::cnf(jkt);
        }
        if let Some(actor) = actor {
            claims["act"] = actor;
            claims["azp"] = json!(client.id);
            claims["sub_profile"] = json!("user");
        }
        if let Some(resource) = resource {
            claims["resource"] = json!(resource);
        }
        if let Some(auth_time) = subject.auth_time {
            claims["auth_time"] = json!(auth_time);
        }
        if self.habits.not_before {
            claims["nbf"] = claims["iat"].clone();
        }
        let mut answer = json!({
            "issued_token_type": urn::ID_JAG,
            "access_token": self.switches.mint(Minted::IdJag, &client.id, &claims, &self.keys.ec, Alg::ES256)?,
            "token_type": self.habits.exchanged_as,
            "scope": scope,
            "expires_in": ID_JAG_LIFE,
        });
        if let (false, Value::Object(members)) = (self.habits.exchange_tells_scope, &mut answer) {
            members.remove("scope");
        }
        Ok(answer)
    }

    fn subject(&self, form: &Form, client: &Client, now: Timestamp) -> Result<Subject, Refusal> {
        let raw = form.need("subject_token")?;
        match form.need("subject_token_type")? {
            urn::ID_TOKEN => self.subject_of_id_token(raw, client, now),
            urn::SAML2 if self.habits.exchanges_refresh_tokens => {
                self.subject_of_assertion(raw, client, now)
            }
            urn::REFRESH_TOKEN if self.habits.exchanges_refresh_tokens => {
                let grant = self.refresh_of(raw, client)?;
                Ok(Subject {
                    user: grant.user,
                    auth_time: Some(grant.auth_time.secs()),
                })
            }
            urn::ACCESS_TOKEN => Err(Refusal::new(
                "invalid_request",
                "An access token is no identity assertion and is not taken as subject_token (JAG section 4.3): \
                 expected subject_token_type id_token, saml2 or refresh_token, received access_token.",
            )),
            other => {
                let known = if self.habits.exchanges_refresh_tokens {
                    format!(
                        "{}, {} or {}",
                        urn::ID_TOKEN,
                        urn::SAML2,
                        urn::REFRESH_TOKEN
                    )
                } else {
                    urn::ID_TOKEN.to_owned()
                };
                Err(Refusal::new(
                    "invalid_request",
                    format!(
                        "Expected subject_token_type {known}, received {}.",
                        received(Some(other))
                    ),
                ))
            }
        }
    }

    /// Judges an ID Token as subject. A wrong audience is `invalid_grant`, as JAG §4.3.4.3 has it; every other fault is
    /// `invalid_request`, as RFC 8693 §2.2.2 demands.
    pub(super) fn subject_of_id_token(
        &self,
        raw: &str,
        client: &Client,
        now: Timestamp,
    ) -> Result<Subject, Refusal> {
        let kind = Kind {
            name: "ID Token",
            error: "invalid_request",
            types: &["", "jwt"],
            algs: &["RS256"],
        };
        let claims = kind.open(raw, &self.keys.jwks(), "the IdP's own keys")?;
        kind.equals(&claims, "iss", &self.issuer)?;
        // An app that is linked to the agent signs the user in for it.
        let for_client = match Claims(&claims).list("aud")[..] {
            [one] => one == client.id || Some(one) == client.app,
            _ => false,
        };
        must(for_client, "invalid_grant", || {
            format!(
                "Expected aud {} in the ID Token, the client that authenticated, received {}.",
                client.id,
                as_text(claims.get("aud"))
            )
        })
        .map_err(|refusal| refusal.about(About::Audience))?;
        kind.in_time(&claims, now)?;
        let user = user_of(kind.needs(&claims, "sub")?).ok_or_else(|| {
            Refusal::new(
                "invalid_request",
                "The ID Token is about a user who is not known here.",
            )
        })?;
        Ok(Subject {
            user,
            auth_time: claims["auth_time"].as_i64(),
        })
    }

    /// Takes exactly one audience: the issuer of the resource AS, character for character; with an actor its token
    /// endpoint, too, as the Actor Profile has it (AP §6.5.1 against JAG §4.3).
    fn known_audience<'a>(&self, form: &'a Form, acting: bool) -> Result<&'a str, Refusal> {
        let audience = form.need("audience")?;
        let all: Vec<&str> = form.all("audience").collect();
        let issuer = self.target.issuer.as_str();
        let known = all == [issuer]
            || (acting && all == [self.target.endpoint.as_str()])
            || (self.habits.forgives_slash && all == [issuer.trim_end_matches('/')]);
        must(known, "invalid_target", || {
            format!(
                "Expected audience {}, received {}.",
                self.target.issuer,
                received(Some(&all.join(" and ")))
            )
        })?;
        Ok(audience)
    }

    /// Takes a resource that the resource AS guards, or none.
    fn known_resource<'a>(&self, form: &'a Form) -> Result<Option<&'a str>, Refusal> {
        if self.habits.needs_resource {
            form.need("resource")?;
        }
        let guarded = &self.target.resources;
        for resource in form.all("resource") {
            let known = guarded.iter().any(|guarded| guarded == resource);
            let only = form.get("resource") == Some(resource);
            must(known && only, "invalid_target", || {
                format!(
                    "Expected one resource, {}, behind {}, received {}.",
                    guarded.join(" or "),
                    self.target.issuer,
                    received(Some(resource))
                )
            })?;
        }
        Ok(form.get("resource"))
    }
}

/// Refuses actor tokens: what they mean is left to other profiles, and silence would change who acts.
pub(super) fn no_actor(form: &Form) -> Result<(), Refusal> {
    let actor = form.get("actor_token").is_some();
    let kind = form.get("actor_token_type");
    must(actor == kind.is_some(), "invalid_request", || {
        "Expected actor_token and actor_token_type together, received one of them (RFC 8693 section 2.1)."
            .to_owned()
    })?;
    must(!actor, "invalid_request", || {
        format!(
            "Expected no actor_token, for this IdP knows no actors, received one of type {}.",
            received(kind)
        )
    })
}

/// Narrows what is asked to what policy grants; nothing left is a refusal.
fn allowed_scope(form: &Form, user: &User) -> Result<String, Refusal> {
    must(!user.agent_scope.is_empty(), "access_denied", || {
        format!("Policy lets no agent act for {}.", user.email)
    })?;
    let asked = match form.get("scope") {
        Some(text) => scope_words(text)?,
        None => user.agent_scope.iter().map(ToString::to_string).collect(),
    };
    known_scope(&asked, TARGET_SCOPES)?;
    let granted: Vec<String> = asked
        .iter()
        .filter(|word| user.agent_scope.contains(&word.as_str()))
        .cloned()
        .collect();
    must(!granted.is_empty(), "invalid_scope", || {
        format!(
            "Policy grants {} for {}, received {}.",
            user.agent_scope.join(" "),
            user.email,
            asked.join(" ")
        )
    })?;
    Ok(granted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lab::{
            clients::Auth,
            faults::Switches,
            idp::{SigningKeys, Target, signed},
            shape::Shape,
        },
        protocol::keys::install_crypto,
    };

    /// What cannot be reached from outside, because only the IdP itself can sign it.
    #[test]
    fn an_id_token_of_our_own_key_is_still_judged() {
        install_crypto();
        let target = Target {
            issuer: "http://as".to_owned(),
            endpoint: "http://as/token".to_owned(),
            resources: vec!["http://api".to_owned()],
        };
        let keys = SigningKeys::make().unwrap();
        let idp = Idp::new(
            Shape::Plain.habits(),
            "http://idp".to_owned(),
            keys,
            Vec::new(),
            target,
            |bytes| bytes.fill(7),
            Switches::default(),
        );
        let client = Client {
            id: "agent".to_owned(),
            auth: Auth::None,
            grants: &[],
            at_resource_as: None,
            app: None,
        };
        let now = Timestamp::from_secs(1_790_000_000);
        let judge = |name: &str, value: Value| {
            let mut claims = json!({
                "iss": "http://idp", "sub": "u-1001-alice", "aud": "agent",
                "iat": now.secs(), "exp": now.secs() + 60,
            });
            claims[name] = value;
            let raw = signed("JWT", &claims, &idp.keys.rsa, Alg::RS256).unwrap();
            idp.subject_of_id_token(&raw, &client, now)
                .map(|subject| subject.user.name)
                .map_err(|refusal| (refusal.error, refusal.says))
        };
        assert_eq!(judge("nonce", json!("n")).unwrap(), "alice");
        for (name, value, error) in [
            ("iss", json!("http://other"), "invalid_request"),
            ("sub", json!("u-9"), "invalid_request"),
            ("sub", json!(7), "invalid_request"),
            ("aud", json!(["agent", "other"]), "invalid_grant"),
            ("exp", json!(now.secs()), "invalid_request"),
            ("exp", Value::Null, "invalid_request"),
            ("iat", json!(now.secs() + 31), "invalid_request"),
        ] {
            let refused = judge(name, value.clone()).unwrap_err();
            assert_eq!(refused.0, error, "{name} {value}: {}", refused.1);
        }
        let claims = json!({
            "iss": "http://idp", "sub": "u-1001-alice", "aud": "agent", "exp": now.secs() + 60,
        });
        for (typ, key, alg) in [
            ("at+jwt", &idp.keys.rsa, Alg::RS256),
            ("JWT", &idp.keys.ec, Alg::ES256),
        ] {
            let raw = signed(typ, &claims, key, alg).unwrap();
            let refused = idp.subject_of_id_token(&raw, &client, now).err().unwrap();
            assert_eq!(refused.error, "invalid_request", "{typ} {alg:?}");
        }
    }
}
