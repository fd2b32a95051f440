//! SAML assertions of the IdP: minted at start, and honoured only as the very bytes that were minted.
//!
//! They carry no XML signature, which nobody here could check: the IdP knows its own by heart, so an assertion with one
//! byte changed is none of its own.

use serde_json::{Value, json};

use super::{
    Idp,
    exchange::{Subject, no_actor},
    token::{Grant, REFRESH_LIFE},
};
use crate::{
    lab::{
        clients::Client,
        form::{Form, known_scope, scope_words},
        people::{IDP_SCOPES, User},
        refusal::{Refusal, must, received},
    },
    protocol::{digest::from_b64url, oauth::urn, saml::NAMESPACE, secret::Secret, time::Timestamp},
};

/// How long an assertion lives, in seconds: far longer than at a real IdP, because it is made when the lab starts.
const LIFE: i64 = 8 * 3600;

/// An assertion that was minted.
#[derive(Debug)]
pub(super) struct Assertion {
    xml: Secret,
    id: String,
    user: &'static User,
    client_id: String,
    minted: Timestamp,
}

/// The name of a client as a SAML service provider; the IdP maps it to the client id (JAG §4.5).
fn entity(client_id: &str) -> String {
    format!("urn:jagwalk:lab:sp:{client_id}")
}

/// A moment as SAML writes it (saml-core §1.3.3).
fn written(at: Timestamp) -> String {
    at.to_string().replace(" UTC", "Z").replace(' ', "T")
}

impl Idp {
    /// Mints an assertion about a user, for one client.
    pub fn mint_assertion(
        &mut self,
        user: &'static User,
        client_id: &str,
        now: Timestamp,
    ) -> Secret {
        let id = format!("_{}", self.chance.token(16));
        let (since, until) = (written(now), written(now.plus_secs(LIFE)));
        let (issuer, sub, audience) = (&self.issuer, user.sub, entity(client_id));
        let xml = format!(
            r#"<saml2:Assertion xmlns:saml2="{NAMESPACE}" ID="{id}" IssueInstant="{since}" Version="2.0">
  <saml2:Issuer>{issuer}</saml2:Issuer>
  <saml2:Subject>
    <saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{sub}</saml2:NameID>
    <saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
      <saml2:SubjectConfirmationData NotOnOrAfter="{until}" Recipient="{issuer}/token"/>
    </saml2:SubjectConfirmation>
  </saml2:Subject>
  <saml2:Conditions NotBefore="{since}" NotOnOrAfter="{until}">
    <saml2:AudienceRestriction>
      <saml2:Audience>{audience}</saml2:Audience>
    </saml2:AudienceRestriction>
  </saml2:Conditions>
  <saml2:AuthnStatement AuthnInstant="{since}">
    <saml2:AuthnContext>
      <saml2:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml2:AuthnContextClassRef>
    </saml2:AuthnContext>
  </saml2:AuthnStatement>
</saml2:Assertion>"#
        );
        let xml = Secret::minted("saml-assertion", xml);
        self.assertions.push(Assertion {
            xml: xml.clone(),
            id,
            user,
            client_id: client_id.to_owned(),
            minted: now,
        });
        xml
    }

    /// Judges an assertion as subject. A wrong audience is `invalid_grant`, every other fault `invalid_request`, as for
    /// an ID Token.
    pub(super) fn subject_of_assertion(
        &self,
        raw: &str,
        client: &Client,
        now: Timestamp,
    ) -> Result<Subject, Refusal> {
        let wrong = |says: &str| Refusal::new("invalid_request", says);
        let bytes = from_b64url(raw).map_err(|_| {
            wrong("Expected the SAML assertion in base64url (RFC 8693 section 3), received another encoding.")
        })?;
        let xml = String::from_utf8(bytes)
            .map_err(|_| wrong("Expected XML inside the base64url, received other bytes."))?;
        let known = self.assertions.iter();
        let Some(own) = known.clone().find(|own| own.xml.reveal() == xml) else {
            return Err(match known.clone().find(|own| xml.contains(&own.id)) {
                Some(own) => wrong(&format!(
                    "The SAML assertion {} is not as it was issued: it was altered, or a part of it is missing.",
                    own.id
                )),
                None => wrong(&format!(
                    "Expected a SAML assertion that {} issued, received another.",
                    self.issuer
                )),
            });
        };
        must(own.client_id == client.id, "invalid_grant", || {
            format!(
                "Expected Audience {} in the SAML assertion, the client that authenticated, received {}.",
                entity(&client.id),
                entity(&own.client_id)
            )
        })?;
        let until = own.minted.plus_secs(LIFE);
        must(now < until, "invalid_request", || {
            format!(
                "The SAML assertion has expired: NotOnOrAfter is {}, and it is {}.",
                written(until),
                written(now)
            )
        })?;
        Ok(Subject {
            user: own.user,
            auth_time: Some(own.minted.secs()),
        })
    }

    /// Exchanges an assertion for a refresh token (JAG §4.5).
    pub(super) fn exchange_for_refresh(
        &mut self,
        form: &Form,
        client: &Client,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        no_actor(form)?;
        let raw = form.need("subject_token")?;
        let kind = form.need("subject_token_type")?;
        must(kind == urn::SAML2, "invalid_request", || {
            format!(
                "Expected subject_token_type {} where a refresh token is requested (JAG section 4.5), received {}.",
                urn::SAML2,
                received(Some(kind))
            )
        })?;
        for name in ["audience", "resource"] {
            must(form.get(name).is_none(), "invalid_target", || {
                format!(
                    "Expected no {name}, for the refresh token is for this IdP itself, received {}.",
                    received(form.get(name))
                )
            })?;
        }
        let subject = self.subject_of_assertion(raw, client, now)?;
        let scope = scope_words(form.get("scope").unwrap_or_default())?;
        known_scope(&scope, &IDP_SCOPES)?;
        for needed in ["openid", "offline_access"] {
            must(
                scope.iter().any(|word| word == needed),
                "invalid_scope",
                || {
                    format!(
                        "Expected {needed} in the scope (JAG section 4.5), received {}.",
                        scope.join(" ")
                    )
                },
            )?;
        }
        let granted = scope.join(" ");
        let grant = Grant {
            client_id: client.id.clone(),
            user: subject.user,
            scope,
            auth_time: Timestamp::from_secs(subject.auth_time.unwrap_or_default()),
            instance: None,
        };
        let refresh = self.issue_refresh(grant, None, now);
        Ok(json!({
            "issued_token_type": urn::REFRESH_TOKEN,
            "access_token": refresh,
            "token_type": "N_A",
            "scope": granted,
            "expires_in": REFRESH_LIFE,
        }))
    }
}
