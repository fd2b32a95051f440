//! The token exchange of the resource AS: an agent's assertion for an access token, and a token handed on to the next.

use serde_json::{Value, json};

use super::ResourceAs;
use crate::{
    lab::{
        assertions::{Granted, typed, wanted},
        clients::Client,
        dpop,
        faults::Minted,
        form::Form,
        jwt::{Kind, as_text},
        people::user_of,
        refusal::{Refusal, must, received},
        shape::Access,
    },
    protocol::{jwt::Claims, keys::Alg, metadata::Jwks, oauth::urn, time::Timestamp},
};

impl ResourceAs {
    /// Exchanges an assertion, or an access token of our own together with the assertion of the next agent (RFC 8693).
    pub(super) fn exchange(
        &self,
        form: &Form,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        wanted(form)?;
        let raw = form.need("subject_token")?;
        let kind = typed(form, "subject_token", &[urn::JWT, urn::ACCESS_TOKEN])?;
        let first = kind == urn::JWT;
        let granted = if first {
            no_actor(form)?;
            let claims = self.assertions.open(raw, &self.names(), now)?;
            self.assertions.as_subject(&claims, form)?
        } else {
            self.handed_on(raw, form, now)?
        };
        let resource = self.exchanged_for(form)?;
        let answer = self.issued(&granted, resource, client, jkt, now)?;
        if first {
            // From now on the issuer has keys that nobody has seen.
            self.switches.rotate();
        }
        Ok(answer)
    }

    /// What assertions may be made out to.
    fn names(&self) -> [&str; 2] {
        [&self.issuer, &self.token_endpoint]
    }

    /// Judges a token of our own and the assertion of the agent that takes it over.
    fn handed_on(&self, raw: &str, form: &Form, now: Timestamp) -> Result<Granted, Refusal> {
        let kind = Kind {
            name: "subject token",
            error: "invalid_request",
            types: &["at+jwt"],
            algs: &["ES256"],
        };
        let own = Jwks(json!({ "keys": [self.key.registration_jwk()] }));
        let before = kind.open(raw, &own, "the server's own keys")?;
        kind.equals(&before, "iss", &self.issuer)?;
        kind.in_time(&before, now)?;
        let audience = Claims(&before).list("aud");
        let ours = self
            .resources
            .iter()
            .any(|ours| audience.contains(&ours.as_str()));
        must(ours, "invalid_request", || {
            format!(
                "Expected aud {} in the subject token, received {}.",
                self.resources.join(" or "),
                as_text(before.get("aud"))
            )
        })?;
        let actor = form.need("actor_token")?;
        typed(form, "actor_token", &[urn::JWT])?;
        let actor = self.assertions.open(actor, &self.names(), now)?;
        let had: Vec<&str> = match before.get(self.habits.scope_claim) {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            _ => Claims(&before).words(self.habits.scope_claim),
        };
        self.assertions.as_actor(&actor, &before, &had, form)
    }

    /// Returns the one resource that the token is to be for; the first is meant where none is named.
    fn exchanged_for(&self, form: &Form) -> Result<&str, Refusal> {
        let mut asked = form.all("resource").chain(form.all("audience"));
        let meant = asked.next().unwrap_or(&self.resources[0]);
        let same = asked.all(|other| other == meant);
        let found = self.resources.iter().find(|resource| *resource == meant);
        found.filter(|_| same).map(String::as_str).ok_or_else(|| {
            let says = format!(
                "Expected one resource, {}, received {}.",
                self.resources.join(" or "),
                received(Some(meant))
            );
            Refusal::new("invalid_target", says)
        })
    }

    fn issued(
        &self,
        granted: &Granted,
        resource: &str,
        client: &Client,
        jkt: Option<&String>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let life = self.habits.access_life;
        let sub = granted.sub.as_str();
        let mut access = (self.habits.access)(&Access {
            issuer: &self.issuer,
            sub,
            email: user_of(sub).map_or(sub, |user| user.email),
            resource,
            client: &client.id,
            scope: &granted.scope,
            now,
            end: now.plus_secs(life),
            jti: self.chance.token(16),
        });
        if let Some(act) = &granted.act {
            access["act"] = act.clone();
        }
        if let Some(jkt) = jkt {
            access["cnf"] = dpop::cnf(jkt);
        }
        let token = self.switches.mint(
            Minted::AccessToken,
            &client.id,
            &access,
            &self.key,
            Alg::ES256,
        )?;
        Ok(json!({
            "access_token": token,
            "issued_token_type": urn::ACCESS_TOKEN,
            "token_type": dpop::token_type(jkt),
            "expires_in": life,
            "scope": granted.scope,
        }))
    }
}

/// Refuses an actor token beside an assertion: that names its actor itself.
fn no_actor(form: &Form) -> Result<(), Refusal> {
    let extra = ["actor_token", "actor_token_type"]
        .into_iter()
        .find(|name| form.get(name).is_some());
    must(extra.is_none(), "invalid_request", || {
        format!(
            "Expected no {} beside an assertion, which names its actor itself, received one.",
            extra.unwrap_or_default()
        )
    })
}
