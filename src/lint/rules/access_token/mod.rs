//! The access token and the call of the API (FACTS §3.9).

mod api_401_challenge;
mod api_403_code;
mod api_query_token;
mod api_scheme;
mod at_act_kept;
mod at_aud;
mod at_aud_issuer;
mod at_claims;
mod at_cnf_key;
mod at_cnf_type;
mod at_opaque;
mod at_scope;
mod at_typ;

use crate::{flow::TokenRecord, lint::prelude::*, protocol::http::Response};

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &at_typ::RULE,
    &at_claims::RULE,
    &at_aud::RULE,
    &at_cnf_type::RULE,
    &at_cnf_key::RULE,
    &at_act_kept::RULE,
    &api_scheme::RULE,
    &at_aud_issuer::RULE,
    &at_opaque::RULE,
    &api_query_token::RULE,
    &at_scope::RULE,
    &api_403_code::RULE,
    &api_401_challenge::RULE,
];

/// What every access token of RFC 9068 has (§2.2).
const CLAIMS: [&str; 7] = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];

/// Returns the access token of this step when it can be read, and does not say that it is of quite another kind.
fn access_token<'a>(subject: &Subject<'a>) -> Option<&'a TokenRecord> {
    let record = subject.token(Artifact::AccessToken)?;
    let readable = claims(&record.token).0.is_object();
    (readable && !is_another(&record.token, "at+jwt")).then_some(record)
}

/// Returns the schemes of all challenges of an answer, in lower case (RFC 9110 §11.6.1).
fn schemes(response: &Response) -> Vec<String> {
    let fields = response.headers.iter();
    fields
        .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
        .flat_map(|(_, value)| outside_quotes(value))
        .filter_map(|part| {
            // A scheme stands alone or before a parameter; a parameter has its `=` at once.
            let word = part.trim().split(' ').next().unwrap_or_default();
            let is_scheme = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
            is_scheme.then(|| word.to_ascii_lowercase())
        })
        .collect()
}

/// Splits a header field at its commas, but for those in quoted strings.
fn outside_quotes(value: &str) -> Vec<&str> {
    let mut quoted = false;
    value
        .split(|c| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::Bytes;

    #[test]
    fn schemes_are_told_from_parameters_and_prose() {
        let response = |fields: &[&str]| Response {
            status: 401,
            headers: fields
                .iter()
                .map(|field| ("WWW-Authenticate".to_owned(), (*field).to_owned()))
                .collect(),
            body: Bytes(Vec::new()),
            body_size: 0,
            cut: None,
        };
        let of = |fields: &[&str]| schemes(&response(fields));
        assert_eq!(of(&["Bearer"]), ["bearer"]);
        assert_eq!(
            of(&[
                r#"Bearer realm="x", error="e", error_description="no, DPoP please", DPoP algs="ES256""#
            ]),
            ["bearer", "dpop"]
        );
        assert_eq!(of(&["Bearer", r#"DPoP algs="ES256""#]), ["bearer", "dpop"]);
        assert!(of(&[]).is_empty());
        assert!(of(&[r#"error="invalid_token""#]).is_empty());
    }
}
