//! The ID-JAG itself (FACTS §3.7).

mod idjag_as_api_token;
mod idjag_aud_issuer;
mod idjag_aud_single;
mod idjag_claims;
mod idjag_client_id_ras;
mod idjag_cnf_form;
mod idjag_cnf_key;
mod idjag_cnf_missing;
mod idjag_granted;
mod idjag_identity_hint;
mod idjag_iss;
mod idjag_lifetime;
mod idjag_reuse_other;
mod idjag_scope_subset;
mod idjag_self_domain;
mod idjag_sub_change;
mod idjag_subid;
mod idjag_tenant;
mod idjag_times;
mod idjag_typ;

use serde_json::Value;

use crate::{flow::TokenRecord, lint::prelude::*};

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &idjag_typ::RULE,
    &idjag_claims::RULE,
    &idjag_iss::RULE,
    &idjag_aud_issuer::RULE,
    &idjag_aud_single::RULE,
    &idjag_client_id_ras::RULE,
    &idjag_times::RULE,
    &idjag_granted::RULE,
    &idjag_cnf_missing::RULE,
    &idjag_cnf_key::RULE,
    &idjag_as_api_token::RULE,
    &idjag_lifetime::RULE,
    &idjag_subid::RULE,
    &idjag_tenant::RULE,
    &idjag_cnf_form::RULE,
    &idjag_sub_change::RULE,
    &idjag_identity_hint::RULE,
    &idjag_self_domain::RULE,
    &idjag_scope_subset::RULE,
    &idjag_reuse_other::RULE,
];

/// Returns the ID-JAG of this step when it can be read. One that says it is of quite another kind is for IDJAG-TYP alone.
fn grant<'a>(subject: &Subject<'a>) -> Option<&'a TokenRecord> {
    let record = subject.token(Artifact::IdJag)?;
    let readable = claims(&record.token).0.is_object();
    let another = is_another(&record.token, urn::ID_JAG_TYP) || subject.is_on_behalf_of();
    (readable && !another).then_some(record)
}

/// Returns the ID Token behind the ID-JAG: the one that was exchanged, else the newest of the walk. A SAML assertion has
/// none behind it.
fn identity(subject: &Subject<'_>) -> Option<Token> {
    match subject.form("subject_token_type").as_deref() {
        Some(urn::ID_TOKEN) => subject.sent_token("subject_token"),
        Some(urn::SAML2) => None,
        _ => Some(subject.before(Artifact::IdToken)?.token.clone()),
    }
}

/// Tells whether a claim is absent, or says nothing.
fn is_empty(claim: Option<&Value>) -> bool {
    match claim {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(all)) => all.is_empty(),
        Some(_) => false,
    }
}
