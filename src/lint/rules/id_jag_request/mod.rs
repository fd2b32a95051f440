//! The request for an ID-JAG (FACTS §3.6).

mod idjag_req_actor;
mod idjag_req_aud_kind;
mod idjag_req_aud_slash;
mod idjag_req_audience;
mod idjag_req_endpoint;
mod idjag_req_public;
mod idjag_req_rar;
mod idjag_req_stepup;
mod idjag_req_subject_aud;
mod idjag_req_subject_expired;
mod idjag_req_subject_iss;
mod idjag_req_subject_type;
mod idjag_req_type;

use crate::lint::prelude::*;

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &idjag_req_type::RULE,
    &idjag_req_audience::RULE,
    &idjag_req_aud_kind::RULE,
    &idjag_req_aud_slash::RULE,
    &idjag_req_subject_type::RULE,
    &idjag_req_subject_aud::RULE,
    &idjag_req_endpoint::RULE,
    &idjag_req_rar::RULE,
    &idjag_req_stepup::RULE,
    &idjag_req_subject_iss::RULE,
    &idjag_req_public::RULE,
    &idjag_req_subject_expired::RULE,
    &idjag_req_actor::RULE,
];

/// Tells whether there is a form to look at, and it is not Microsoft's on-behalf-of.
fn asks(subject: &Subject<'_>) -> bool {
    let http = subject.http();
    http.is_some_and(|http| http.form().is_some()) && !subject.is_on_behalf_of()
}

/// Returns the subject token when it is declared to be an ID Token and can be read.
fn id_token(subject: &Subject<'_>) -> Option<Token> {
    let declared = subject.form("subject_token_type")?;
    let token = subject.sent_token("subject_token")?;
    (declared == urn::ID_TOKEN && token.claims.json.is_some()).then_some(token)
}
