//! How a client proves itself with a key (FACTS §3.4).

mod ca_aud_issuer;
mod ca_aud_reused;
mod ca_aud_single;
mod ca_client_id_param;
mod ca_exp;
mod ca_iss_sub;
mod ca_jti;
mod ca_key;
mod ca_lifetime;
mod ca_typ;
mod ca_type_param;

use crate::{
    lint::prelude::*,
    protocol::{http::HttpRequest, secret::Secret, time::Timestamp},
};

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &ca_type_param::RULE,
    &ca_iss_sub::RULE,
    &ca_aud_issuer::RULE,
    &ca_exp::RULE,
    &ca_jti::RULE,
    &ca_typ::RULE,
    &ca_lifetime::RULE,
    &ca_key::RULE,
    &ca_aud_reused::RULE,
    &ca_aud_single::RULE,
    &ca_client_id_param::RULE,
];

/// What pointers call the client assertion.
const NAME: &str = "client-assertion";

/// What its header calls it (draft-ietf-oauth-rfc7523bis §4).
const TYP: &str = "client-authentication+jwt";

/// Takes the client assertion apart, or says why there is none to look at.
fn assertion(subject: &Subject<'_>) -> Result<Token, Check> {
    if !subject.fills("client_assertion") {
        return Err(Check::NotApplicable);
    }
    let token = subject.client_assertion().ok_or(Check::NotYet(
        "the client assertion is signed when it is sent",
    ))?;
    if token.claims.json.is_none() {
        return Err(Check::NotYet("the client assertion cannot be read"));
    }
    Ok(token)
}

/// Returns when the request went out; before that, when it was drafted.
fn sent_at(subject: &Subject<'_>) -> Timestamp {
    subject
        .exchange()
        .map_or(subject.now, |exchange| exchange.times.start)
}

/// Returns the client assertions that earlier token requests carried, with their steps, oldest first.
fn earlier<'a>(
    subject: &Subject<'a>,
) -> impl Iterator<Item = (&'static str, &'a HttpRequest, Token)> + use<'a> {
    let past = subject.past.iter();
    past.filter(|past| at::TOKEN_ENDPOINT.contains(&past.step.0))
        .filter_map(|past| {
            let request = main(past.made)?.request.http();
            let text = request.form()?.get("client_assertion")?.wire();
            let token = Token::parse(&Secret::minted(NAME, text));
            Some((past.step.0, request, token))
        })
}
