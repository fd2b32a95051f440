//! A client assertion is made out to the server's issuer.

use super::{NAME, assertion};
use crate::{
    lint::prelude::*,
    profile::{AssertionAudience, Side as Client},
    protocol::http::HttpRequest,
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "CA-AUD-ISSUER",
    title: "The aud of the client assertion is the issuer of the server that is asked.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 7523 §3 (3); draft-ietf-oauth-rfc7523bis §4",
    revision: "RFC 7523",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "The audience keeps one server from using the assertion at another. RFC 7523 lets it be the token endpoint, \
          too; its successor takes the issuer only.",
    cause: "A library writes the token endpoint by default, or the issuer of another server was taken.",
    fix: "Make the assertion out to the issuer, or to the token endpoint where the server wants that.",
    leads_to: &["invalid_client", "401"],
    words: &["aud", "audience"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let token = match assertion(subject) {
        Ok(token) => token,
        Err(check) => return check,
    };
    let claims = claims(&token);
    let named = claims.list("aud");
    let issuer = subject.issuer(subject.server());
    let endpoint = subject.http().map(HttpRequest::address).unwrap_or_default();
    let at = Pointer::Claim(NAME.to_owned(), "/aud".to_owned());
    let finding = |says: &str| Finding::new(at, Party::You, says);
    let (to_issuer, to_endpoint) = (
        issuer
            .as_deref()
            .is_some_and(|issuer| named.contains(&issuer)),
        named.contains(&endpoint.as_str()),
    );
    if (to_issuer || to_endpoint) && takes_endpoint(subject) {
        // FACTS §4.1: the sample of this vendor makes it out to the very endpoint that is called.
        return Check::must(to_endpoint, || {
            finding(
                "The client assertion is made out to the issuer; Okta’s sample (okta-jag-authentication-flow, read in \
                 November 2026) makes it out to the token endpoint.",
            )
            .expected(&endpoint)
            .got(shown(claims.0.get("aud")))
            .severity(Severity::Note)
            .fix(advice(subject, "token-endpoint"))
        });
    }
    if to_issuer {
        return Check::must(!names_audience(subject), || {
            finding(
                "The server refuses the client and speaks of the audience: it may want its token endpoint there, as \
                 RFC 7523 allows.",
            )
            .expected(&endpoint)
            .got(shown(claims.0.get("aud")))
            .severity(Severity::Note)
            .fix(advice(subject, "token-endpoint"))
        });
    }
    if to_endpoint {
        return Check::Found(vec![
            finding(
                "The client assertion is made out to the token endpoint: RFC 7523 allows that, its successor does not.",
            )
            .expected(issuer.as_deref().unwrap_or("the issuer"))
            .got(endpoint)
            .severity(Severity::Note)
            .fix(advice(subject, "issuer")),
        ]);
    }
    let Some(issuer) = issuer else {
        return Check::NotYet("the server’s issuer is not known");
    };
    let wrong = match named.first() {
        None => finding("The client assertion is made out to nobody.")
            .expected(issuer)
            .got(shown(claims.0.get("aud"))),
        Some(first) => {
            let wanted = if takes_endpoint(subject) {
                &endpoint
            } else {
                &issuer
            };
            finding("The client assertion is made out to neither the server’s issuer nor its token endpoint.")
                .differs(wanted, first)
        }
    };
    let own = subject.side().map(|side| subject.profile.client(side));
    let chosen = own.is_some_and(|client| {
        matches!(&client.assertion_audience, AssertionAudience::Other(text) if named.contains(&text.as_str()))
    });
    Check::Found(vec![if chosen {
        // The profile names it: servers may know themselves by further names, which RFC 7523 does not forbid.
        wrong.severity(Severity::Warning)
    } else {
        wrong
    }])
}

/// Tells whether the server's vendor is known to have the token endpoint there.
fn takes_endpoint(subject: &Subject<'_>) -> bool {
    let field = match subject.server() {
        Party::Idp => fields::IDP_VENDOR,
        _ => fields::RESOURCE_AS_VENDOR,
    };
    subject.text(field) == Some("okta")
}

/// Tells whether the server refused the client and speaks of an audience.
fn names_audience(subject: &Subject<'_>) -> bool {
    subject.refusal().is_some_and(|refusal| {
        let says = refusal.description.unwrap_or_default().to_ascii_lowercase();
        refusal.error.as_deref() == Some("invalid_client")
            && says
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|word| matches!(word, "aud" | "audience"))
    })
}

fn advice(subject: &Subject<'_>, word: &str) -> String {
    let field = match subject.side() {
        Some(Client::Sso) => fields::SSO_ASSERTION_AUDIENCE,
        Some(Client::Agent) => fields::AGENT_ASSERTION_AUDIENCE,
        Some(Client::ResourceAs) => fields::RESOURCE_AS_ASSERTION_AUDIENCE,
        Some(Client::ActorIssuer) => fields::ACTOR_ISSUER_ASSERTION_AUDIENCE,
        Some(Client::Tts) => fields::TTS_ASSERTION_AUDIENCE,
        None => return format!("Make the assertion out to the {}.", word.replace('-', " ")),
    };
    format!("Set {field} to {word}, if this server wants that.")
}
