//! The authorization request and its answer (FACTS §3.2).

mod authz_code_reuse;
mod authz_dpop_jkt;
mod authz_implicit;
mod authz_iss_mismatch;
mod authz_iss_missing;
mod authz_offline_access;
mod authz_openid_scope;
mod authz_pkce_downgrade;
mod authz_pkce_mismatch;
mod authz_pkce_missing;
mod authz_pkce_plain;
mod authz_pkce_verifier_shape;
mod authz_redirect_localhost;
mod authz_redirect_mismatch;
mod authz_state_mismatch;
mod authz_state_missing;

use crate::{
    lint::{Check, Rule, Subject, subject::query_of},
    profile::fields,
    protocol::{
        exchange::{Answer, Via},
        http::HttpRequest,
        pointer::Pointer,
        redirect::AuthorizationAnswer,
    },
};

/// Why a request cannot be read that carries its parameters in an object or by reference (RFC 9101, RFC 9126).
const WRAPPED: &str = "the parameters are inside a request object";

/// Tells whether the parameters of an authorization request are somewhere else.
fn is_wrapped(request: &HttpRequest) -> bool {
    ["request", "request_uri"]
        .iter()
        .any(|name| query_of(request, name).is_some())
}

/// Returns a parameter of this step's authorization request, or what there is to say without it.
fn asked(subject: &Subject<'_>, name: &str) -> Result<Option<String>, Check> {
    let request = subject.http().ok_or(Check::NotApplicable)?;
    if is_wrapped(request) {
        return Err(Check::NotYet(WRAPPED));
    }
    Ok(query_of(request, name))
}

/// Returns the scope that a sign-in asks for, in the address or (by device) in the form.
fn scope(subject: &Subject<'_>) -> Result<(Option<String>, Pointer), Check> {
    let name = "scope".to_owned();
    if subject.step_id() == "device-authorize" {
        let request = subject.http().ok_or(Check::NotApplicable)?;
        return Ok((
            request.form().and_then(|_| subject.form("scope")),
            Pointer::Form(name),
        ));
    }
    Ok((asked(subject, "scope")?, Pointer::Query(name)))
}

/// Returns which of the user's tokens will be exchanged.
fn subject_kind<'a>(subject: &Subject<'a>) -> &'a str {
    subject.text(fields::AGENT_SUBJECT).unwrap_or("id_token")
}

/// Returns the authorization response, or what there is to say without it.
fn answer(subject: &Subject<'_>) -> Result<AuthorizationAnswer, Check> {
    let exchange = subject.exchange().ok_or(Check::NotYet("no answer came"))?;
    match &exchange.outcome {
        Ok(Answer::Redirect(came)) if came.via == Via::PasteCode => {
            Err(Check::NotYet("only the bare code was pasted"))
        }
        _ => subject.authorization_answer().ok_or(Check::NotApplicable),
    }
}

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &authz_pkce_missing::RULE,
    &authz_pkce_plain::RULE,
    &authz_pkce_verifier_shape::RULE,
    &authz_pkce_mismatch::RULE,
    &authz_openid_scope::RULE,
    &authz_state_mismatch::RULE,
    &authz_iss_missing::RULE,
    &authz_iss_mismatch::RULE,
    &authz_redirect_mismatch::RULE,
    &authz_pkce_downgrade::RULE,
    &authz_offline_access::RULE,
    &authz_state_missing::RULE,
    &authz_implicit::RULE,
    &authz_code_reuse::RULE,
    &authz_dpop_jkt::RULE,
    &authz_redirect_localhost::RULE,
];
