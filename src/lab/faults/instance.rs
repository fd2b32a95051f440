//! Faults around instances of a client: what their issuer says, what the client publishes, what the server answers.

use serde_json::json;

use super::{
    Do::{Body, Token},
    Ends::{Done, Failed, Refused},
    Fault,
    Minted::{InstanceAssertion, SsoAccessToken},
    Place::{ClientDocument, Code},
    does::{Seal, leave_out},
};
use crate::protocol::party::Party::{self, Client, Idp, InstanceIssuer};

/// Makes a row of this flow.
const fn instance(
    party: Party,
    id: &'static str,
    title: &'static str,
    step: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    let mut fault = Fault::new(party, id, title, step, ends, rules, does);
    fault.flow = "instance-assertion";
    fault
}

/// Makes a row in which the assertion is wrong.
const fn assertion(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    instance(
        InstanceIssuer,
        id,
        title,
        "instance-assertion",
        ends,
        rules,
        does,
    )
}

/// A key that every instance of the client has.
const SHARED: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    instance(
        Client,
        "client-descriptor-other",
        "The client’s document names another issuer of instance assertions",
        "discover-as",
        Refused,
        &["CIA-DESCRIPTOR"],
        &[Body(ClientDocument, |it| {
            it["instance_issuers"][0]["issuer"] = json!("https://instances.example.com");
        })],
    ),
    instance(
        Client,
        "client-descriptor-missing",
        "The client’s document names no issuer of instance assertions",
        "discover-as",
        Refused,
        &["CIA-DESCRIPTOR"],
        &[Body(ClientDocument, |it| leave_out(it, "instance_issuers"))],
    ),
    assertion(
        "instance-key-shared",
        "The instance assertion is bound to a key that all instances share",
        Refused,
        &["CIA-POP"],
        &[Token(InstanceAssertion, |it| {
            it.claims["cnf"] = json!({ "jkt": SHARED });
        })],
    ),
    assertion(
        "instance-key-missing",
        "The instance assertion is bound to no key",
        Refused,
        &["CIA-CLAIMS"],
        &[Token(InstanceAssertion, |it| it.drop("cnf"))],
    ),
    assertion(
        "instance-act",
        "The instance assertion has an act in it",
        Refused,
        &["CIA-NO-ACT"],
        &[Token(InstanceAssertion, |it| {
            it.claims["act"] = json!({ "sub": "somebody-else" });
        })],
    ),
    assertion(
        "instance-typ",
        "The instance assertion says typ JWT",
        Refused,
        &["CIA-TYP"],
        &[Token(InstanceAssertion, |it| {
            it.header["typ"] = json!("JWT");
        })],
    ),
    assertion(
        "instance-client-other",
        "The instance assertion is for another client",
        Refused,
        &["CIA-CLIENT-ID"],
        &[Token(InstanceAssertion, |it| {
            it.claims["client_id"] = json!("https://other.example.com/client");
        })],
    ),
    assertion(
        "instance-jti-missing",
        "The instance assertion has no number of its own",
        Refused,
        &["CIA-CLAIMS"],
        &[Token(InstanceAssertion, |it| it.drop("jti"))],
    ),
    assertion(
        "instance-hs256",
        "The instance assertion is signed with a shared secret",
        Refused,
        &["CIA-ALG"],
        &[Token(InstanceAssertion, |it| it.seal = Seal::Shared)],
    ),
    assertion(
        "instance-long",
        "The instance assertion lives for an hour",
        Done,
        &["CIA-LIFETIME"],
        &[Token(InstanceAssertion, |it| {
            it.claims["exp"] = json!(it.time("iat") + 3600);
        })],
    )
    .owned_by(Party::Unknown)
    .unexplained(),
    instance(
        Idp,
        "idp-instance-bearer",
        "The server ignores the instance and answers with a Bearer token",
        "redeem-code",
        Failed,
        &["DPOP-IGNORED", "CIA-AT-BOUND"],
        &[
            Token(SsoAccessToken, |it| it.drop("cnf")),
            Body(Code, |it| it["token_type"] = json!("Bearer")),
        ],
    ),
    instance(
        Idp,
        "idp-instance-act-client",
        "The access token names the client in act, not its instance",
        "redeem-code",
        Done,
        &["ACT-APPEND", "CIA-AT-DELEGATED"],
        &[Token(SsoAccessToken, |it| {
            it.claims["act"]["sub"] = it.claims["client_id"].clone();
        })],
    ),
    instance(
        Idp,
        "idp-instance-act-missing",
        "The access token does not name the instance that acts",
        "redeem-code",
        Done,
        &["ACT-WHEN-DELEGATED", "CIA-AT-DELEGATED"],
        &[Token(SsoAccessToken, |it| it.drop("act"))],
    ),
    instance(
        Idp,
        "idp-instance-sub",
        "The access token is about the instance, not about the user",
        "redeem-code",
        Done,
        &["CIA-AT-DELEGATED"],
        &[Token(SsoAccessToken, |it| {
            it.claims["sub"] = it.claims["act"]["sub"].clone();
        })],
    ),
];
