//! The guard of a resource: whose access tokens it takes, made out to whom, and presented how (RFC 6750, RFC 9449 §7).

use serde_json::Value;

use super::{
    dpop::{self, Proofs},
    form::Form,
    jwt::{Kind, as_text},
    keyring::Keyring,
    message::Incoming,
    refusal::{Refusal, must, received},
};
use crate::protocol::{http::FORM, jwt::Claims, time::Timestamp};

/// What guards the resources of one authorization server.
pub(super) struct Guard {
    /// The issuer whose tokens are taken.
    pub trusted: String,
    /// The algorithm that it signs them with.
    pub alg: &'static str,
    /// Its keys.
    pub keys: Keyring,
    /// The claims that a token has to have beside its times, issuer and audience.
    pub needs: Vec<&'static str>,
}

/// An access token as it was presented.
pub(super) struct Presented<'a> {
    /// Whether it came as `DPoP`; else it came as `Bearer`.
    pub dpop: bool,
    /// The token.
    pub raw: &'a str,
}

/// What a token has to be made out to.
#[derive(Clone, Copy)]
pub(super) struct For<'a> {
    /// The resource's name in `aud`.
    pub audience: &'a str,
    /// Whether that has to be the only one (EMA-S §5.1).
    pub alone: bool,
    /// The address that was called, as a proof names it.
    pub url: &'a str,
}

impl Guard {
    /// Judges an access token (RFC 9068 §4) and how it is presented.
    pub fn judge(
        &self,
        incoming: &Incoming,
        presented: &Presented<'_>,
        wanted: For<'_>,
        proofs: &mut Proofs,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let raw = presented.raw;
        let kind = Kind {
            name: "access token",
            error: "invalid_token",
            types: &["at+jwt"],
            algs: &[self.alg],
        };
        let claims = kind.open(raw, self.keys.keys()?, self.keys.url())?;
        kind.equals(&claims, "iss", &self.trusted)?;
        let audience = Claims(&claims).list("aud");
        let for_us = audience.contains(&wanted.audience) && !(wanted.alone && audience.len() > 1);
        must(for_us, "invalid_token", || {
            format!(
                "Expected aud {}{} in the access token, received {}.",
                wanted.audience,
                if wanted.alone { " alone" } else { "" },
                as_text(claims.get("aud"))
            )
        })?;
        kind.in_time(&claims, now)?;
        for name in &self.needs {
            kind.needs(&claims, name)?;
        }
        kind.time(&claims, "iat")?;
        bound(incoming, presented, wanted.url, &claims, proofs, now)?;
        Ok(claims)
    }
}

/// Holds the way a token is presented against what it is bound to.
fn bound(
    incoming: &Incoming,
    presented: &Presented<'_>,
    url: &str,
    claims: &Value,
    proofs: &mut Proofs,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !presented.dpop {
        return must(claims.get("cnf").is_none(), "invalid_token", || {
            "The access token is bound to a key (cnf) and is not taken as a Bearer token (RFC 9449 section 7.2)."
                .to_owned()
        });
    }
    let jkt = dpop::bound_to(claims);
    must(jkt.is_some(), "invalid_token", || {
        format!(
            "Expected cnf with jkt in an access token that is presented as DPoP, received {}.",
            as_text(claims.get("cnf"))
        )
    })?;
    let proven = proofs.judge(incoming, url, Some(presented.raw), now)?;
    must(proven.is_some(), "invalid_dpop_proof", || {
        "Expected a DPoP field with a proof beside the access token, received none.".to_owned()
    })?;
    must(proven.as_deref() == jkt, "invalid_token", || {
        format!(
            "Expected a DPoP proof by the key {} that the access token is bound to, received {}.",
            received(jkt),
            received(proven.as_deref())
        )
    })
}

/// Finds the one access token of a request, in its header (RFC 6750 §2.1, RFC 9449 §7.1).
pub(super) fn one_token(incoming: &Incoming) -> Result<Option<Presented<'_>>, Refusal> {
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
    let dpop = scheme.eq_ignore_ascii_case("dpop");
    if !dpop && !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let raw = token.trim();
    if raw.is_empty() || raw.contains(char::is_whitespace) {
        return Err(Refusal::new(
            "invalid_request",
            format!(
                "Expected one access token after {}, received none or several words.",
                if dpop { "DPoP" } else { "Bearer" }
            ),
        ));
    }
    Ok(Some(Presented { dpop, raw }))
}
