//! The redemption of an ID-JAG (FACTS §3.8).

mod bearer_assertion;
mod bearer_assertion_client_match;
mod bearer_client_auth;
mod bearer_dpop_missing;
mod bearer_endpoint;
mod bearer_error_code;
mod bearer_grant_type;
mod bearer_granted;
mod bearer_refresh;
mod bearer_replay;
mod bearer_scope_grow;
mod bearer_token_type;

use crate::lint::prelude::*;

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &bearer_grant_type::RULE,
    &bearer_assertion::RULE,
    &bearer_endpoint::RULE,
    &bearer_assertion_client_match::RULE,
    &bearer_client_auth::RULE,
    &bearer_dpop_missing::RULE,
    &bearer_token_type::RULE,
    &bearer_granted::RULE,
    &bearer_refresh::RULE,
    &bearer_error_code::RULE,
    &bearer_replay::RULE,
    &bearer_scope_grow::RULE,
];

/// Tells whether there is a form to look at, and it is not Microsoft's on-behalf-of.
fn redeems(subject: &Subject<'_>) -> bool {
    let http = subject.http();
    http.is_some_and(|http| http.form().is_some()) && !subject.is_on_behalf_of()
}

/// Returns the ID-JAG that is sent, when it can be read; its name in pointers is `assertion`.
fn assertion(subject: &Subject<'_>) -> Option<Token> {
    subject
        .sent_token("assertion")
        .filter(|token| claims(token).0.is_object() && !subject.is_on_behalf_of())
}
