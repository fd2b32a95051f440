//! What holds for MCP, for client metadata documents and for every JWT (FACTS §3.15).

mod cimd_self;
mod cimd_url;
mod ema_at_restricted;
mod ema_audience;
mod ema_resource;
mod ema_resource_claim;
mod jwt_alg_none;
mod jwt_crit;
mod jwt_kid;
mod jwt_numeric_date;
mod jwt_skew;
mod jwt_typ_confusion;

use std::borrow::Cow;

use crate::{
    flow::Artifact,
    lint::{DECODE, Rule, Subject},
    profile::fields,
    protocol::{
        jwt::{Signature, Token, TokenKind, token::Form},
        party::Party,
        pointer::Pointer,
    },
};

/// A JWT at a step: one that came, or one in the form.
struct Seen<'a> {
    /// Its name in pointers.
    name: String,
    /// The token.
    token: Cow<'a, Token>,
    /// Who made it.
    maker: Party,
    /// What it is to the flow; of one in the form the name tells.
    artifact: Option<Artifact>,
    /// Whether its signature is known to be right.
    verified: bool,
    /// Why its signature is known to be wrong, if it is.
    failed: Option<String>,
}

/// Returns every JWT of this step: those that came or were handed in, then those that are sent.
fn jwts<'a>(subject: &Subject<'a>) -> Vec<Seen<'a>> {
    let came = subject.tokens.iter().map(|record| Seen {
        name: record.name.clone(),
        token: Cow::Borrowed(&record.token),
        maker: match record.artifact.kin() {
            Artifact::Assertion => Party::You,
            _ if subject.step_id() != DECODE => subject.server(),
            Artifact::AccessToken => Party::ResourceAs,
            _ => Party::Idp,
        },
        artifact: Some(record.artifact),
        verified: matches!(record.signature, Signature::Verified { .. }),
        failed: match &record.signature {
            Signature::Failed { why } => Some(why.clone()),
            _ => None,
        },
    });
    let sent = [
        "subject_token",
        "actor_token",
        "assertion",
        "client_assertion",
    ];
    let sent = sent.into_iter().filter_map(|name| {
        let token = subject.sent_token(name)?;
        let maker = match (name, token.kind()) {
            ("subject_token", _)
                if subject.step_id().starts_with("exchange")
                    && subject.server() == Party::ResourceAs =>
            {
                Party::ActorIssuer
            }
            ("subject_token", _) | (_, TokenKind::IdJag) => Party::Idp,
            ("actor_token", _) => Party::ActorIssuer,
            _ => Party::You,
        };
        Some(Seen {
            name: name.replace('_', "-"),
            token: Cow::Owned(token),
            maker,
            artifact: None,
            verified: false,
            failed: None,
        })
    });
    came.chain(sent)
        .filter(|seen| seen.token.form == Form::Jws)
        .collect()
}

/// Returns the identifier of the MCP server (RFC 9728 §2): what its metadata says, else the address that is called.
fn mcp_resource(subject: &Subject<'_>) -> Option<String> {
    let metadata = subject.metadata(Party::Api);
    let named = metadata.and_then(|metadata| metadata.text("resource").map(str::to_owned));
    named.or_else(|| subject.text(fields::API_URL).map(str::to_owned))
}

/// Returns the client id of the request and its place, when it is an address.
fn url_client_id(subject: &Subject<'_>) -> Option<(String, Pointer)> {
    let name = "client_id".to_owned();
    let asked = subject
        .query(&name)
        .map(|id| (id, Pointer::Query(name.clone())));
    let form = || {
        subject
            .form("client_id")
            .map(|id| (id, Pointer::Form(name)))
    };
    let at = || Pointer::Claim("client-assertion".to_owned(), "/sub".to_owned());
    let other = || subject.client_id().map(|id| (id, at()));
    let (id, at) = asked.or_else(form).or_else(other)?;
    (id.starts_with("https://") || id.starts_with("http://")).then_some((id, at))
}

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &ema_audience::RULE,
    &ema_resource::RULE,
    &ema_resource_claim::RULE,
    &ema_at_restricted::RULE,
    &cimd_url::RULE,
    &cimd_self::RULE,
    &jwt_alg_none::RULE,
    &jwt_kid::RULE,
    &jwt_typ_confusion::RULE,
    &jwt_numeric_date::RULE,
    &jwt_crit::RULE,
    &jwt_skew::RULE,
];
