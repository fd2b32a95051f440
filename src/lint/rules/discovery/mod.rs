//! What servers publish about themselves (FACTS §3.1).

mod disc_dpop_algs;
mod disc_https;
mod disc_idjag_profile;
mod disc_idjag_profile_grant;
mod disc_idjag_tx;
mod disc_issuer_match;
mod disc_pkce_s256;
mod disc_prm_no_as;
mod disc_prm_resource_match;
mod disc_wellknown_path;

use serde_json::Value;

use crate::{
    lint::{Rule, Subject},
    protocol::exchange::Exchange,
};

/// What goes into the address of a protected resource's metadata (RFC 9728 §3).
const PRM: &str = "/.well-known/oauth-protected-resource";

/// The member that lists grant profiles (JAG §7.2).
const PROFILES: &str = "authorization_grant_profiles_supported";

/// Returns the newest metadata of an API that this step fetched, with its exchange.
fn resource_metadata<'a>(subject: &Subject<'a>) -> Option<(&'a Exchange, Value)> {
    subject.made.iter().rev().find_map(|made| {
        let response = made.exchange.response()?;
        let json = response.json().ok().filter(Value::is_object)?;
        let is_it =
            json.get("resource").is_some() || made.exchange.request.http().url.contains(PRM);
        (response.status == 200 && is_it).then_some((made.exchange.as_ref(), json))
    })
}

/// The rules of this group.
pub static RULES: &[&Rule] = &[
    &disc_issuer_match::RULE,
    &disc_prm_resource_match::RULE,
    &disc_idjag_tx::RULE,
    &disc_idjag_profile::RULE,
    &disc_idjag_profile_grant::RULE,
    &disc_wellknown_path::RULE,
    &disc_prm_no_as::RULE,
    &disc_pkce_s256::RULE,
    &disc_dpop_algs::RULE,
    &disc_https::RULE,
];
