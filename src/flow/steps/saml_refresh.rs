//! A SAML assertion gets a refresh token at the IdP, so that a company that signs in by SAML can go on by OAuth.

use super::support::{self, IDP};
use crate::{
    flow::{
        Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo, TokenRecord,
        Verdict, Want, bag::Credential, client_auth::finish,
    },
    profile::{Profile, Side, Subject, fields},
    protocol::{
        http::Params,
        jwt::{Signature, Token, jose},
        oauth::urn,
        party::Party,
        pointer::Pointer,
        saml,
        secret::Secret,
    },
};

/// The step.
pub static SAML_REFRESH: SamlRefresh = SamlRefresh {
    info: StepInfo {
        id: StepId("saml-refresh"),
        title: "Exchange the SAML assertion for a refresh token",
        short: "SAML to refresh token",
        from: Party::Client,
        to: Party::Idp,
        needs: &[Artifact::IdpMetadata, Artifact::SamlAssertion],
        gives: &[Artifact::RefreshToken],
        fields: &[
            fields::AGENT_SUBJECT,
            fields::AGENT_SAML_ASSERTION,
            fields::SSO_SCOPE,
            fields::AGENT_CLIENT_ID,
            fields::AGENT_AUTH,
            fields::AGENT_CLIENT_SECRET,
            fields::AGENT_PRIVATE_KEY,
            fields::AGENT_KID,
            fields::AGENT_ALG,
            fields::AGENT_ASSERTION_AUDIENCE,
            fields::IDP_TOKEN_ENDPOINT,
        ],
        spec: &["JAG §4.5", "RFC 8693 §2.1"],
        why: "The user signed in by SAML, and an assertion lives for minutes only. The IdP takes it once and gives a \
              refresh token for it, which the agent then exchanges for as many ID-JAGs as it needs.",
        optional: false,
    },
};

/// Exchanges the assertion.
pub struct SamlRefresh {
    info: StepInfo,
}

impl Step for SamlRefresh {
    fn info(&self) -> &'static StepInfo {
        &SAML_REFRESH.info
    }

    fn needs(&self, profile: &Profile) -> Vec<Artifact> {
        let mut needs = self.info.needs.to_vec();
        needs.retain(|artifact| {
            *artifact != Artifact::IdpMetadata || profile.text(fields::IDP_TOKEN_ENDPOINT).is_none()
        });
        needs
    }

    fn asked(&self, inputs: &Inputs<'_>) -> bool {
        inputs.profile.subject() == Subject::SamlRefresh
    }

    fn when(&self) -> Option<&'static str> {
        Some("`agent.subject` is `saml2_refresh`, instead of a sign-in")
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut blocked = Vec::new();
        let mut wants = Vec::new();
        let endpoint = IDP
            .token_endpoint(inputs)
            .map_err(|why| blocked.push(why))
            .ok();
        let token = assertion(inputs, &mut wants)
            .map_err(|why| blocked.push(why))
            .ok();
        let (Some(endpoint), Some(token)) = (endpoint, token) else {
            return Err(blocked);
        };
        let mut params = Params::default();
        params.push("grant_type", urn::TOKEN_EXCHANGE);
        params.push("requested_token_type", urn::REFRESH_TOKEN);
        params.push("scope", scope(inputs.profile));
        params.push("subject_token", token);
        params.push("subject_token_type", urn::SAML2);
        let mut draft = IDP.asked(inputs, self.info.id, Side::Agent, endpoint, params)?;
        draft.wants.extend(wants);
        for (name, says) in [
            (
                "requested_token_type",
                "A refresh token, which the next step hands in as its subject.".to_owned(),
            ),
            (
                "scope",
                "From sso.scope; openid and offline_access are added where they are missing, because a refresh token is \
                 asked for with them (JAG §4.5)."
                    .to_owned(),
            ),
            ("subject_token", note(inputs)),
        ] {
            draft.notes.push((Pointer::Form(name.to_owned()), says));
        }
        Ok(finish(draft, inputs, self.info.id.0))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        let mut reading = judged(made);
        reading.tokens.extend(sent(inputs, made));
        reading
    }
}

/// Reads the answer: whatever was issued stands in `access_token` (RFC 8693 §2.2.1).
fn judged(made: &[Made]) -> Reading {
    let came = match support::token_answer(made, Party::Idp) {
        Ok(came) => came,
        Err(reading) => return *reading,
    };
    let answer = &came.answer;
    let issued = answer.issued_token_type.as_deref();
    let token = match (&answer.access_token, issued) {
        (Some(token), Some(urn::REFRESH_TOKEN)) => token,
        // Said so by name, whatever else came.
        _ if answer.refresh_token.is_some() => answer.refresh_token.as_ref().expect("just seen"),
        (token, issued) => {
            let says = format!(
                "Expected a refresh token: issued_token_type {} with the token in access_token (RFC 8693 §2.2.1). \
                 Received issued_token_type {} and {} access_token.",
                urn::REFRESH_TOKEN,
                issued.unwrap_or("none"),
                if token.is_some() { "an" } else { "no" }
            );
            return Reading::bare(Verdict::Rejected(vec![says.clone()]), says);
        }
    };
    let mut record = support::record(
        Artifact::RefreshToken,
        token,
        Signature::not_checked("a refresh token is opaque to the client"),
        Some(Artifact::SamlAssertion),
        &came,
    );
    if issued == Some(urn::REFRESH_TOKEN) {
        // Here the lifetime is that of what was issued.
        let end = answer.expires_in.map(|seconds| came.at.plus_secs(seconds));
        record.expires = record.expires.or(end);
    }
    let end = record
        .expires
        .map(|end| format!(" It ends {}.", end.after(came.at)))
        .unwrap_or_default();
    let scope = answer
        .scope
        .as_deref()
        .map(|scope| format!(" Granted scope: {scope}."))
        .unwrap_or_default();
    Reading {
        gained: vec![support::gain(&record)],
        tokens: vec![record],
        verdict: Verdict::Done,
        says: format!("The IdP took the SAML assertion and issued a refresh token.{end}{scope}"),
    }
}

/// What is asked for: the scope of a sign-in, and in it what makes a refresh token come.
fn scope(profile: &Profile) -> String {
    let mut words: Vec<&str> = profile
        .text(fields::SSO_SCOPE)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    for needed in ["openid", "offline_access"] {
        if !words.contains(&needed) {
            words.push(needed);
        }
    }
    words.join(" ")
}

/// Returns the assertion as it goes over the wire: the one handed in, else that of the profile.
///
/// # Errors
/// When there is none, or what is there is no SAML assertion.
pub(super) fn assertion(inputs: &Inputs<'_>, wants: &mut Vec<Want>) -> Result<Secret, Blocked> {
    if let Some(token) = inputs.bag.value(Artifact::SamlAssertion) {
        return Ok(token.clone());
    }
    let field = fields::AGENT_SAML_ASSERTION;
    match inputs.secrets.credential(inputs.profile, field) {
        Credential::Ready(secret) => {
            saml::wire(&secret).map_err(|says| Blocked::Invalid(field.0.to_owned(), says))
        }
        Credential::Pending(path, source, stand_in) => {
            wants.push(Want::Secret(path, source));
            Ok(stand_in)
        }
        Credential::Missing => Err(Blocked::Missing(field.0.to_owned())),
        Credential::Broken(path, why) => Err(Blocked::Invalid(path.0.to_owned(), why)),
    }
}

/// Says where the assertion in a request is from.
pub(super) fn note(inputs: &Inputs<'_>) -> String {
    let from = match inputs.bag.value(Artifact::SamlAssertion) {
        Some(_) => "The SAML assertion that was handed in".to_owned(),
        None => format!("From {}", fields::AGENT_SAML_ASSERTION),
    };
    format!("{from}: its XML, byte for byte, in base64url (RFC 8693 §3).")
}

/// Returns the record of an assertion of the profile that was sent; one that was handed in has its own.
pub(super) fn sent(inputs: &Inputs<'_>, made: &[Made]) -> Option<TokenRecord> {
    if inputs.bag.has(Artifact::SamlAssertion) {
        return None;
    }
    let raw = assertion(inputs, &mut Vec::new()).ok()?;
    let token = Token::parse(&raw);
    Some(TokenRecord {
        name: Artifact::SamlAssertion.id().to_owned(),
        artifact: Artifact::SamlAssertion,
        fingerprint: raw.fingerprint(&[]),
        signature: jose::check(&token, None, ""),
        parent: None,
        gained: support::main(made)?.times.start,
        expires: None,
        token,
    })
}
