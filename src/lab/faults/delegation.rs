//! Faults of the flow `delegation`: the actor token, the token that names both, and the API that looks at the actor.

use serde_json::json;

use super::{
    Do::{Body, Refuse, Token},
    Ends::{Done, Failed, Refused},
    Fault,
    Minted::{ActorToken, DelegatedToken},
    Place::{Exchange, Notes},
    does::{Seal, leave_out},
};
use crate::protocol::{
    oauth::urn,
    party::Party::{ActorIssuer, Api, Idp, Unknown},
};

/// Makes a row that shows at the exchange.
const fn exchange(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(Idp, id, title, "exchange", ends, rules, does).in_flow("delegation", &[])
}

/// Makes a row that shows at the agent's own token.
const fn actor(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(ActorIssuer, id, title, "agent-token", ends, rules, does).in_flow("delegation", &[])
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    actor(
        "actor-token-act",
        "The actor token is itself delegated: it has act",
        Refused,
        &[
            "ACT-ACTORTOKEN-ACT",
            "ACT-WHEN-DELEGATED",
            "TX-SUBJECT-ERROR-CODE",
        ],
        &[Token(ActorToken, |it| {
            it.claims["act"] = json!({ "sub": "somebody-else", "iss": it.claims["iss"] });
        })],
    ),
    actor(
        "actor-token-aud",
        "The actor token is made out to another server",
        Refused,
        &[],
        &[Token(ActorToken, |it| {
            it.claims["aud"] = json!("https://as.other.example");
        })],
    ),
    actor(
        "actor-token-expired",
        "The actor token has ended before it is used",
        Refused,
        &[],
        &[Token(ActorToken, |it| {
            let now = it.time("iat");
            it.claims["iat"] = json!(now - 600);
            it.claims["exp"] = json!(now - 300);
        })],
    ),
    actor(
        "actor-token-other-agent",
        "The actor token names an agent that policy does not know",
        Refused,
        &[],
        &[Token(ActorToken, |it| {
            it.claims["sub"] = json!("spiffe://lab.example/agent/stranger");
        })],
    ),
    actor(
        "actor-token-signature",
        "The actor token’s signature does not hold",
        Failed,
        &["JWT-KID"],
        &[Token(ActorToken, |it| it.seal = Seal::Spoiled)],
    ),
    Fault::new(
        ActorIssuer,
        "actor-token-cnf-other",
        "The actor token is bound to another key than the proof’s",
        "exchange",
        Refused,
        &["DPOP-JKT-BIND"],
        &[Token(ActorToken, |it| {
            it.claims["cnf"] = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" });
        })],
    )
    .in_flow("delegation", &[]),
    exchange(
        "idp-act-dropped",
        "The actor token is taken, and the access token does not name the actor",
        Done,
        &["TX-DELEGATION-LOST", "ACT-WHEN-DELEGATED"],
        &[Token(DelegatedToken, |it| it.drop("act"))],
    ),
    exchange(
        "idp-act-other",
        "The access token names another actor than the one that was presented",
        Done,
        &["ACT-APPEND"],
        &[Token(DelegatedToken, |it| {
            it.claims["act"]["sub"] = json!("spiffe://lab.example/agent/stranger");
        })],
    ),
    exchange(
        "idp-act-list",
        "act is a list of actors",
        Done,
        &["ACT-OBJECT"],
        &[Token(DelegatedToken, |it| {
            it.claims["act"] = json!([it.claims["act"]]);
        })],
    ),
    exchange(
        "idp-act-no-sub",
        "act names the agent’s client by azp, and has no sub",
        Done,
        &["ACT-SUB"],
        &[Token(DelegatedToken, |it| {
            leave_out(&mut it.claims["act"], "sub");
        })],
    ),
    exchange(
        "idp-act-no-iss",
        "act does not say who knows the actor by that name",
        Done,
        &["ACT-ISS"],
        &[Token(DelegatedToken, |it| {
            leave_out(&mut it.claims["act"], "iss");
        })],
    ),
    exchange(
        "idp-act-copied",
        "The whole actor token is copied into act, with its exp and aud",
        Done,
        &["ACT-ALIEN-CLAIMS"],
        &[Token(DelegatedToken, |it| {
            it.claims["act"]["exp"] = it.claims["exp"].clone();
            it.claims["act"]["aud"] = it.claims["iss"].clone();
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    exchange(
        "idp-delegated-sub",
        "The access token is about the agent, in place of the user",
        Done,
        &["TX-SUB-CHANGED"],
        &[Token(DelegatedToken, |it| {
            it.claims["sub"] = it.claims["act"]["sub"].clone();
        })],
    ),
    exchange(
        "idp-delegated-unbound",
        "The proof at the exchange is ignored: the access token is for whoever holds it",
        Done,
        &["DPOP-IGNORED"],
        &[
            Token(DelegatedToken, |it| it.drop("cnf")),
            Body(Exchange, |it| it["token_type"] = json!("Bearer")),
        ],
    ),
    exchange(
        "idp-delegated-cnf-other",
        "The access token is bound to another key than the proof’s",
        Refused,
        &["AT-CNF-KEY", "DPOP-JKT-BIND"],
        &[Token(DelegatedToken, |it| {
            it.claims["cnf"] = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" });
        })],
    ),
    exchange(
        "idp-delegated-aud",
        "The access token is made out to another API",
        Refused,
        &["AT-AUD"],
        &[Token(DelegatedToken, |it| {
            it.claims["aud"] = json!("mail.lab.example");
        })],
    ),
    exchange(
        "idp-delegated-scope-silent",
        "Less is granted than was asked, and only the access token says so",
        Done,
        &["TOK-SCOPE-SILENT"],
        &[
            Token(DelegatedToken, |it| it.claims["scope"] = json!("repo.read")),
            Body(Exchange, |it| leave_out(it, "scope")),
        ],
    ),
    exchange(
        "idp-delegated-type-jwt",
        "The answer calls the access token any JWT",
        Done,
        &["TX-ISSUED-TOKEN-TYPE-ASKED"],
        &[Body(Exchange, |it| {
            it["issued_token_type"] = json!(urn::JWT);
        })],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        Api,
        "api-actor-unauthorized",
        "The API does not let this agent act",
        "call-api",
        Refused,
        &[],
        &[Refuse(
            Notes,
            403,
            "actor_unauthorized",
            "The actor may not act for this user here.",
        )],
    )
    .in_flow("delegation", &[])
    .owned_by(Api),
];
