//! Faults in the answer of the token exchange: what comes around the ID-JAG, and refusals.

use serde_json::json;

use super::{
    Do::{Answer, Body, Clock, Page, Refuse, Token, Wire as OnWire, Without},
    Ends::{Done, Failed, Refused, Unreachable},
    Fault,
    Minted::IdJag,
    Place::Exchange,
    Wire,
    does::leave_out,
};
use crate::protocol::{
    oauth::urn,
    party::Party::{Client, Idp, Network, Unknown, User},
};

/// Makes a row that shows at the exchange.
const fn exchange(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(Idp, id, title, "id-jag", ends, rules, does)
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    exchange(
        "idp-token-type-bearer",
        "The ID-JAG comes with token_type Bearer",
        Done,
        &["TX-TOKEN-TYPE-NA"],
        &[Body(Exchange, |it| it["token_type"] = json!("Bearer"))],
    ),
    exchange(
        "idp-issued-type-missing",
        "The answer does not say which type of token was issued",
        Done,
        &["TX-ISSUED-TOKEN-TYPE"],
        &[Body(Exchange, |it| leave_out(it, "issued_token_type"))],
    ),
    exchange(
        "idp-issued-type-other",
        "The answer calls the ID-JAG an access token",
        Done,
        &["TX-ISSUED-TOKEN-TYPE-ASKED"],
        &[Body(Exchange, |it| {
            it["issued_token_type"] = json!(urn::ACCESS_TOKEN);
        })],
    ),
    // What comes is honest about itself: Bearer is right for an access token. In the slot of the ID-JAG it is not one,
    // by its typ; rules on what is inside an ID-JAG (its client_id, its aud) find nothing to complain about.
    exchange(
        "idp-access-token-instead",
        "An access token comes in place of the ID-JAG",
        Refused,
        &[
            "TX-ISSUED-TOKEN-TYPE-ASKED",
            "IDJAG-TYP",
            "JWT-TYP-CONFUSION",
        ],
        &[
            Token(IdJag, |it| it.header["typ"] = json!("at+jwt")),
            Body(Exchange, |it| {
                it["issued_token_type"] = json!(urn::ACCESS_TOKEN);
                it["token_type"] = json!("Bearer");
            }),
        ],
    ),
    exchange(
        "idp-exchange-refresh",
        "A refresh token comes with the ID-JAG",
        Done,
        &["TX-REFRESH"],
        &[Body(Exchange, |it| {
            it["refresh_token"] = json!("rt-that-nobody-asked-for");
        })],
    ),
    exchange(
        "idp-exchange-scope-silent",
        "The IdP grants less than was asked, and only the ID-JAG says so",
        Done,
        &["TOK-SCOPE-SILENT", "IDJAG-GRANTED"],
        &[
            Token(IdJag, |it| it.claims["scope"] = json!("notes.read")),
            Body(Exchange, |it| leave_out(it, "scope")),
        ],
    ),
    exchange(
        "idp-exchange-scope-array",
        "The granted scope is a list",
        Done,
        &["TOK-SCOPE-SYNTAX"],
        &[Body(Exchange, |it| {
            it["scope"] = json!(["notes.read", "notes.write"]);
        })],
    ),
    exchange(
        "idp-exchange-cache",
        "The answer with the ID-JAG may be kept by caches",
        Done,
        &["TOK-CACHE"],
        &[Without(Exchange, &["cache-control", "pragma"])],
    ),
    exchange(
        "idp-exchange-html",
        "A page with status 200 comes in place of the ID-JAG",
        Failed,
        &["TOK-JSON"],
        &[Page(Exchange, 200)],
    ),
    exchange(
        "idp-exchange-no-token",
        "The answer to the exchange has no token",
        Failed,
        &["TOK-JSON"],
        &[Body(Exchange, |it| leave_out(it, "access_token"))],
    ),
    exchange(
        "idp-exchange-no-token-type",
        "The answer to the exchange has no token_type",
        Done,
        &["TOK-JSON", "TX-TOKEN-TYPE-NA"],
        &[Body(Exchange, |it| leave_out(it, "token_type"))],
    ),
    exchange(
        "idp-exchange-expires-missing",
        "The answer to the exchange has no expires_in",
        Done,
        &["TOK-EXPIRES-IN"],
        &[Body(Exchange, |it| leave_out(it, "expires_in"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    exchange(
        "idp-exchange-content-type",
        "The answer to the exchange is JSON, and calls itself HTML",
        Done,
        &["TOK-JSON"],
        &[Answer(Exchange, |it| {
            for (name, value) in &mut it.outgoing.headers {
                if *name == "content-type" {
                    "text/html; charset=utf-8".clone_into(value);
                }
            }
        })],
    ),
    // Refusals whose code is the right one break no rule; the code itself says who has to act.
    exchange(
        "idp-scope-denied",
        "The IdP grants none of the scope",
        Refused,
        &[],
        &[Refuse(
            Exchange,
            400,
            "invalid_scope",
            "Policy grants no scope to this client.",
        )],
    )
    .owned_by(Idp),
    exchange(
        "idp-target-denied",
        "The IdP issues no ID-JAG for this audience",
        Refused,
        &[],
        &[Refuse(
            Exchange,
            400,
            "invalid_target",
            "The client is not connected to this audience.",
        )],
    )
    .owned_by(Idp),
    exchange(
        "idp-target-error-code",
        "The IdP refuses the audience with another code than invalid_target",
        Refused,
        &["TX-TARGET-ERROR-CODE"],
        &[Refuse(
            Exchange,
            400,
            "invalid_request",
            "The audience is not known: 'audience' is not allowed.",
        )],
    ),
    // A note: the texts differ on the code (RFC 8693 §2.2.2, JAG §4.3.4.3), and what is wrong with the subject is not said by it.
    exchange(
        "idp-subject-error-code",
        "The IdP refuses the ID Token with invalid_grant",
        Refused,
        &["TX-SUBJECT-ERROR-CODE"],
        &[Refuse(
            Exchange,
            400,
            "invalid_grant",
            "The subject_token was issued to another client.",
        )],
    )
    .unexplained()
    .owned_by(Unknown),
    // The person has to sign in anew.
    exchange(
        "idp-step-up",
        "The IdP wants a newer sign-in",
        Refused,
        &["IDJAG-REQ-STEPUP"],
        &[
            Refuse(
                Exchange,
                400,
                "insufficient_user_authentication",
                "A sign-in of the last five minutes is needed.",
            ),
            Answer(Exchange, |it| {
                if let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(&it.outgoing.body)
                {
                    json["max_age"] = json!(300);
                    it.outgoing.body = json.to_string().into_bytes();
                }
            }),
        ],
    )
    .owned_by(User),
    // access_denied is no code of a token endpoint by RFC 6749 §5.2 or RFC 8693, but of the authorization endpoint.
    exchange(
        "idp-access-denied",
        "Policy lets no agent act for this user",
        Refused,
        &[],
        &[Refuse(
            Exchange,
            400,
            "access_denied",
            "Policy lets no agent act for this user.",
        )],
    )
    .owned_by(Idp)
    .unexplained(),
    exchange(
        "idp-client-no-exchange",
        "The client may not use token exchange",
        Refused,
        &[],
        &[Refuse(
            Exchange,
            400,
            "unauthorized_client",
            "The client may not use this grant.",
        )],
    )
    .owned_by(Client),
    exchange(
        "idp-exchange-unsupported",
        "The IdP does no token exchange at all",
        Refused,
        &[],
        &[Refuse(
            Exchange,
            400,
            "unsupported_grant_type",
            "This endpoint does not do token exchange.",
        )],
    )
    .owned_by(Idp),
    // 429 is a 4xx, and the page of the gateway is no JSON.
    exchange(
        "idp-rate-limited",
        "A gateway says 429 and when to come back",
        Refused,
        &["TOK-ERROR-SHAPE"],
        &[Page(Exchange, 429)],
    )
    .owned_by(Idp)
    .unexplained(),
    exchange(
        "idp-exchange-500",
        "The exchange is answered 500 and nothing else",
        Refused,
        &[],
        &[Answer(Exchange, |it| it.text(500, ""))],
    ),
    exchange(
        "idp-exchange-503",
        "A gateway says 503 in place of the exchange",
        Refused,
        &[],
        &[Page(Exchange, 503)],
    )
    .owned_by(Idp),
    exchange(
        "idp-exchange-cut",
        "The answer with the ID-JAG breaks off in the middle",
        Failed,
        &[],
        &[OnWire(Exchange, Wire::Cut)],
    )
    .owned_by(Network),
    exchange(
        "idp-exchange-closed",
        "The connection ends in place of the exchange",
        Failed,
        &[],
        &[OnWire(Exchange, Wire::Closed)],
    )
    .owned_by(Network),
    exchange(
        "idp-exchange-slow",
        "The exchange takes eight seconds",
        Done,
        &[],
        &[OnWire(Exchange, Wire::Late)],
    ),
    exchange(
        "idp-exchange-silent",
        "The exchange is never answered",
        Unreachable,
        &[],
        &[OnWire(Exchange, Wire::Silent)],
    ),
    // The ID-JAG is younger than the clocks of the others: 45 s is more than the resource AS forgives, and less than
    // the minute under which JWT-SKEW speaks.
    Fault::new(
        Idp,
        "idp-clock-ahead",
        "The IdP’s clock is 45 s ahead",
        "redeem-code",
        Refused,
        &["IDJAG-TIMES", "JWT-SKEW"],
        &[Clock(Idp, 45)],
    )
    .owned_by(Idp)
    .unexplained(),
    // The client's assertion is not valid yet for a server that lives in the past; its Date field says so.
    Fault::new(
        Idp,
        "idp-clock-behind",
        "The IdP’s clock is ten minutes behind",
        "redeem-code",
        Refused,
        &[],
        &[Clock(Idp, -600)],
    )
    .owned_by(Idp),
];
