//! Tokens that are handed in: each must fit its slot, and leaves out the steps that would make it.

use super::{Session, needs};
use crate::{
    flow::{Artifact, Held, Origin, StepId, TokenRecord},
    protocol::{
        jwt::{Claims, Signature, Token, TokenKind, jose, token::Form},
        party::Party,
        saml,
        secret::Secret,
        time::Timestamp,
    },
};

impl Session {
    pub(super) fn use_existing(&mut self, artifact: Artifact, secret: &Secret, now: Timestamp) {
        let text: String = secret.reveal().split_whitespace().collect();
        let text = if artifact == Artifact::SamlAssertion {
            secret.reveal().trim().to_owned()
        } else {
            text
        };
        let mut secret = Secret::minted(artifact.id(), text);
        if secret.is_empty() {
            self.complain(format!(
                "Expected {} for {}, received nothing.",
                article(artifact),
                artifact.id()
            ));
            return;
        }
        let form = Token::parse(&secret).form;
        if artifact == Artifact::SamlAssertion && !matches!(form, Form::Jws | Form::Jwe) {
            match saml::wire(&secret) {
                Ok(wire) => secret = wire,
                Err(says) => {
                    self.vault.learn(&secret);
                    self.complain(says);
                    return;
                }
            }
        }
        self.vault.learn(&secret);
        let token = Token::parse(&secret);
        let kind = token.kind();
        let certain = certain(&token);
        if !artifact.fits(kind, certain) {
            let more = token
                .problems
                .first()
                .map(|says| format!(" {says}"))
                .unwrap_or_default();
            self.complain(format!(
                "This is {kind}, and the slot {} takes {}.{more}",
                artifact.id(),
                article(artifact)
            ));
            return;
        }
        let expires = token
            .claims
            .json
            .as_ref()
            .and_then(|json| Claims(json).time("exp"));
        self.walk.bag.put(
            artifact,
            Held {
                value: secret.clone(),
                origin: Origin::Given,
                gained: now,
                expires,
                stale: false,
                foreign: false,
                suspect: None,
            },
        );
        self.mark_stale_users(artifact);
        if artifact != Artifact::Code {
            let record = TokenRecord {
                name: artifact.id().to_owned(),
                artifact,
                fingerprint: secret.fingerprint(&[]),
                signature: self.given_signature(artifact, &token),
                parent: None,
                gained: now,
                expires,
                token,
            };
            // What no step makes, a SAML assertion, is shown where it is taken.
            let place = needs::maker(self.asked(), artifact).or_else(|| self.user(artifact));
            if let Some(step) = place {
                let state = self.step_mut(step);
                state.given.retain(|other| other.artifact != artifact);
                state.given.push(record);
                self.step_mut(step).handed = self.examine_given(step, now);
            }
        }
        let late = expires
            .filter(|end| *end <= now)
            .map(|end| format!(" It has expired: {}.", end.in_words(now)));
        self.tell(format!(
            "{} handed in; the steps that would make it are left out.{}",
            upper(&article(artifact)),
            late.unwrap_or_default()
        ));
    }

    /// Marks what was built on an artifact stale, now that it is another one.
    fn mark_stale_users(&mut self, artifact: Artifact) {
        if let Some(user) = self.user(artifact) {
            self.mark_stale_from(user, true);
        }
    }

    /// Returns the first step that takes an artifact, of those that the walk has.
    fn user(&self, artifact: Artifact) -> Option<StepId> {
        self.asked()
            .find(|step| step.needs(&self.profile).contains(&artifact))
            .map(|step| step.info().id)
    }

    pub(super) fn given_signature(&self, artifact: Artifact, token: &Token) -> Signature {
        let server = match artifact.kin() {
            Artifact::Assertion => Party::ActorIssuer,
            Artifact::AccessToken => Party::ResourceAs,
            _ => Party::Idp,
        };
        match self.walk.keys.get(&server) {
            Some(set) => jose::check(token, Some(&set.jwks), &set.url),
            None => jose::check(
                token,
                None,
                &format!("the {} was not asked yet", server.name()),
            ),
        }
    }

    pub(super) fn withdraw(&mut self, artifact: Artifact) {
        if self
            .walk
            .bag
            .held(artifact)
            .is_some_and(|held| held.origin == Origin::Given)
        {
            self.walk.bag.remove(artifact);
            // What its step once gained was replaced by it, so that the step is needed again.
            match needs::maker(self.asked(), artifact) {
                Some(step) => self.mark_stale_from(step, true),
                None => self.mark_stale_users(artifact),
            }
            for state in &mut self.walk.steps {
                let before = state.given.len();
                state.given.retain(|record| record.artifact != artifact);
                if state.given.len() < before {
                    state.handed.clear();
                }
            }
        }
    }
}

fn article(artifact: Artifact) -> String {
    match artifact {
        Artifact::IdToken
        | Artifact::IdJag
        | Artifact::AccessToken
        | Artifact::SsoAccessToken
        | Artifact::Assertion => {
            format!("an {}", artifact.name())
        }
        Artifact::Code => "an authorization code".to_owned(),
        _ => format!("a {}", artifact.name()),
    }
}

fn upper(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}

/// Tells whether a token's kind is said by its `typ` or by a claim that no other kind has.
fn certain(token: &Token) -> bool {
    let typ = token
        .header
        .json
        .as_ref()
        .and_then(|json| json["typ"].as_str())
        .unwrap_or_default();
    let typed = !typ.is_empty() && !typ.eq_ignore_ascii_case("jwt");
    let claims = token.claims.json.as_ref();
    typed
        || matches!(token.kind(), TokenKind::Saml | TokenKind::Opaque)
        || claims.is_some_and(|json| json.get("nonce").is_some() || json.get("at_hash").is_some())
}
