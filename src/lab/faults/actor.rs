//! Faults about who acts for whom: chains that are dropped, rewritten or turned over, actors that nobody takes, and
//! Transaction Tokens that no service takes (FACTS §7).

use serde_json::{Value, json};

use super::{
    Do::{self, Body, Refuse, Token},
    Draft,
    Ends::{self, Done, Refused},
    Fault,
    Minted::{AccessToken, IdJag, TxnToken},
    Place::{Internal, Notes, Txn},
};
use crate::{
    lab::actor::{DEPTH, actor},
    protocol::party::Party::{self, Api, Idp, ResourceAs, Service, Tts, You},
};

/// Makes a row.
const fn acting(
    (party, step): (Party, &'static str),
    id: &'static str,
    title: &'static str,
    ends: Ends,
    rules: &'static [&'static str],
    does: &'static [Do],
) -> Fault {
    Fault::new(party, id, title, step, ends, rules, does).in_flow("actor-profile", &[])
}

const AT_IDP: (Party, &str) = (Idp, "id-jag");
const AT_AS: (Party, &str) = (ResourceAs, "jwt-bearer");
const AT_API: (Party, &str) = (Api, "call-api");
const AT_TTS: (Party, &str) = (Tts, "txn-token");
const AT_SERVICE: (Party, &str) = (Service, "internal-call");

/// An actor of before whom nobody knows.
fn stranger(it: &mut Draft) -> Value {
    json!({ "sub": "another-agent", "iss": it.claims["act"]["iss"], "sub_profile": "ai_agent" })
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    acting(
        AT_IDP,
        "idp-idjag-act-dropped",
        "The IdP forgets the actor, and the ID-JAG speaks of the user alone",
        Done,
        &["TX-DELEGATION-LOST", "ACT-WHEN-DELEGATED"],
        &[Token(IdJag, |it| it.drop("act"))],
    ),
    acting(
        AT_IDP,
        "idp-idjag-act-other",
        "The ID-JAG names another actor than the one that was shown",
        Done,
        &["ACT-APPEND"],
        &[Token(IdJag, |it| it.claims["act"] = stranger(it))],
    ),
    acting(
        AT_IDP,
        "idp-idjag-act-no-iss",
        "The actor in the ID-JAG has no iss",
        Refused,
        &["ACT-ISS"],
        &[Token(IdJag, |it| {
            super::does::leave_out(&mut it.claims["act"], "iss");
        })],
    ),
    acting(
        AT_IDP,
        "idp-act-azp",
        "The actor in the ID-JAG is named by azp, and has no sub",
        Refused,
        &["ACT-SUB"],
        &[Token(IdJag, |it| {
            it.claims["act"]["azp"] = it.claims["act"]["sub"].clone();
            super::does::leave_out(&mut it.claims["act"], "sub");
        })],
    ),
    // The agent is who it was; only policy at the other end speaks against it.
    acting(
        AT_IDP,
        "idp-act-service",
        "The IdP calls the agent a service, and the API lets only AI agents act",
        Refused,
        &[],
        &[Token(IdJag, |it| {
            it.claims["act"]["sub_profile"] = json!("service");
        })],
    )
    .owned_by(Api),
    acting(
        AT_IDP,
        "idp-idjag-act-list",
        "The actors in the ID-JAG are a list",
        Refused,
        &["ACT-OBJECT"],
        &[Token(IdJag, |it| {
            it.claims["act"] = json!([it.claims["act"]]);
        })],
    ),
    acting(
        AT_IDP,
        "idp-act-deep",
        "The IdP invents a history, and the chain of actors is too deep for the resource AS",
        Refused,
        &["ACT-APPEND"],
        &[Token(IdJag, |it| {
            let iss = it.text("iss");
            let now = it.claims["act"].clone();
            let mut before = now.clone();
            for at in 0..DEPTH {
                before = actor(&format!("agent-{at}"), &iss, "ai_agent", Some(&before));
            }
            it.claims["act"] = now;
            it.claims["act"]["act"] = before;
        })],
    ),
    acting(
        AT_IDP,
        "idp-act-unbound",
        "The ID-JAG names an actor and is bound to no key",
        Refused,
        &["IDJAG-CNF-MISSING"],
        &[Token(IdJag, |it| it.drop("cnf"))],
    ),
    acting(
        AT_IDP,
        "idp-act-token-endpoint",
        "The ID-JAG is made out to the token endpoint, as the Actor Profile prints it",
        Done,
        &["ACT-AUD-CONFLICT"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = json!(format!("{}/token", it.text("aud")));
        })],
    )
    .unexplained()
    .owned_by(Party::Unknown),
    acting(
        AT_AS,
        "as-act-dropped",
        "The resource AS does not carry act over into the access token",
        Done,
        &["AT-ACT-KEPT", "ACT-WHEN-DELEGATED"],
        &[Token(AccessToken, |it| it.drop("act"))],
    ),
    acting(
        AT_AS,
        "as-act-rewritten",
        "The resource AS writes another actor into the access token",
        Done,
        &["AT-ACT-KEPT"],
        &[Token(AccessToken, |it| it.claims["act"] = stranger(it))],
    ),
    acting(
        AT_API,
        "api-actor-denied",
        "The API does not let this agent act for the user",
        Refused,
        &[],
        &[Refuse(
            Notes,
            403,
            "actor_unauthorized",
            "This agent may not act for the user.",
        )],
    )
    .owned_by(Api),
    acting(
        AT_TTS,
        "tts-act-dropped",
        "The Transaction Token names no actor",
        Refused,
        &["TX-DELEGATION-LOST", "ACT-WHEN-DELEGATED"],
        &[Token(TxnToken, |it| it.drop("act"))],
    ),
    acting(
        AT_TTS,
        "tts-act-inverted",
        "The chain in the Transaction Token is upside down",
        Refused,
        &["ACT-NESTING"],
        &[Token(TxnToken, |it| {
            let mut tool = it.claims["act"].clone();
            let mut agent = tool["act"].clone();
            super::does::leave_out(&mut tool, "act");
            agent["act"] = tool;
            it.claims["act"] = agent;
        })],
    ),
    acting(
        AT_TTS,
        "tts-act-rewritten",
        "The Transaction Token tells of another agent than the access token",
        Done,
        &["ACT-APPEND"],
        &[Token(TxnToken, |it| {
            it.claims["act"]["act"]["sub"] = json!("another-agent");
        })],
    ),
    acting(
        AT_TTS,
        "tts-act-cut",
        "The Transaction Token names the tool and forgets the agent",
        Done,
        &["ACT-APPEND", "ACT-DEPTH"],
        &[Token(TxnToken, |it| {
            super::does::leave_out(&mut it.claims["act"], "act");
        })],
    ),
    acting(
        AT_TTS,
        "tts-sub-tool",
        "The Transaction Token is about the tool, not about the user",
        Done,
        &["TX-SUB-CHANGED"],
        &[Token(TxnToken, |it| {
            it.claims["sub"] = it.claims["act"]["sub"].clone();
        })],
    ),
    acting(
        AT_TTS,
        "tts-no-iss",
        "The Transaction Token names actors and no issuer",
        Refused,
        &["TXN-ACT-ISS"],
        &[Token(TxnToken, |it| it.drop("iss"))],
    ),
    acting(
        AT_TTS,
        "tts-aud-service",
        "The Transaction Token is for an address, not for the trust domain",
        Refused,
        &["TXN-AUD"],
        &[Token(TxnToken, |it| {
            it.claims["aud"] = json!("https://inventory.lab.example");
        })],
    ),
    acting(
        AT_TTS,
        "tts-typ",
        "The Transaction Token says typ JWT",
        Refused,
        &["TXN-TYP", "TXN-HEADER"],
        &[Token(TxnToken, |it| it.header["typ"] = json!("JWT"))],
    ),
    acting(
        AT_TTS,
        "tts-old-claims",
        "The Transaction Token has purpose in place of scope, as an older draft had it",
        Refused,
        &["TXN-CLAIMS"],
        &[Token(TxnToken, |it| {
            it.claims["purpose"] = it.claims["scope"].clone();
            it.drop("scope");
        })],
    ),
    acting(
        AT_TTS,
        "tts-no-context",
        "The Transaction Token has no context",
        Done,
        &["TXN-CONTEXT"],
        &[Token(TxnToken, |it| {
            it.drop("tctx");
            it.drop("rctx");
        })],
    )
    .unexplained()
    .owned_by(Party::Unknown),
    acting(
        AT_TTS,
        "tts-token-type",
        "The Transaction Token comes with token_type Bearer",
        Done,
        &["TX-TOKEN-TYPE-NA"],
        &[Body(Txn, |it| it["token_type"] = json!("Bearer"))],
    ),
    acting(
        AT_TTS,
        "tts-domain-unknown",
        "The Transaction Token Service knows no such trust domain",
        Refused,
        &[],
        &[Refuse(
            Txn,
            400,
            "invalid_target",
            "There is no such trust domain.",
        )],
    )
    .owned_by(You),
    acting(
        AT_TTS,
        "tts-actor-denied",
        "The Transaction Token Service does not trust the platform of the tool",
        Refused,
        &["TX-SUBJECT-ERROR-CODE"],
        &[Refuse(
            Txn,
            400,
            "invalid_grant",
            "The actor is of no namespace that is trusted here.",
        )],
    )
    .unexplained(),
    acting(
        AT_SERVICE,
        "service-denied",
        "The service takes no Transaction Token of this Transaction Token Service",
        Refused,
        &[],
        &[Refuse(
            Internal,
            401,
            "invalid_token",
            "The issuer is not trusted here.",
        )],
    )
    .owned_by(Service),
    acting(
        AT_SERVICE,
        "service-purpose",
        "The service wants another purpose",
        Refused,
        &[],
        &[Refuse(
            Internal,
            403,
            "insufficient_scope",
            "This call is for another purpose.",
        )],
    )
    .owned_by(You),
];
