//! Faults of the resource AS: its answer to the grant, and its access token.

use serde_json::json;

use super::{
    Do::{Answer, Body, Clock, Page, Refuse, Token, Wire as OnWire, Without},
    Ends::{Done, Failed, Refused},
    Fault,
    Minted::{AccessToken, IdJag},
    Place::Bearer,
    Wire,
    does::{Seal, leave_out},
};
use crate::{
    lab::form::Form,
    protocol::party::Party::{Api, Client, Idp, Network, ResourceAs, Unknown, You},
};

/// Makes a row that shows at the grant.
const fn bearer(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(ResourceAs, id, title, "jwt-bearer", ends, rules, does)
}

/// The rows. What is wrong inside the access token is refused by the API.
pub(super) const FAULTS: &[Fault] = &[
    // RFC 6749 §5.1 and JAG §4.4.1 both ask for the scope.
    bearer(
        "as-scope-silent",
        "The resource AS grants less than the ID-JAG, and only the access token says so",
        Done,
        &["TOK-SCOPE-SILENT", "BEARER-GRANTED"],
        &[
            Token(AccessToken, |it| it.claims["scope"] = json!("notes.read")),
            Body(Bearer, |it| leave_out(it, "scope")),
        ],
    ),
    bearer(
        "as-scope-missing",
        "The resource AS grants all, and does not say so",
        Done,
        &["BEARER-GRANTED"],
        &[Body(Bearer, |it| leave_out(it, "scope"))],
    ),
    bearer(
        "as-resource-missing",
        "The resource AS does not say which resource it granted",
        Done,
        &["BEARER-GRANTED"],
        &[Body(Bearer, |it| leave_out(it, "resource"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    bearer(
        "as-scope-commas",
        "The words of the scope of the access token have commas between them",
        Done,
        &["TOK-SCOPE-SYNTAX"],
        &[Body(Bearer, |it| {
            it["scope"] = json!(it["scope"].as_str().unwrap_or_default().replace(' ', ","));
        })],
    ),
    bearer(
        "as-token-type-na",
        "The access token comes with token_type N_A",
        Done,
        &["BEARER-TOKEN-TYPE"],
        &[Body(Bearer, |it| it["token_type"] = json!("N_A"))],
    ),
    // DPoP is a token_type that the grant may answer with; only nothing in the token is bound.
    bearer(
        "as-token-type-dpop",
        "The access token comes with token_type DPoP and is bound to no key",
        Done,
        &["AT-CNF-TYPE", "API-SCHEME"],
        &[Body(Bearer, |it| it["token_type"] = json!("DPoP"))],
    ),
    bearer(
        "as-refresh",
        "A refresh token comes with the access token",
        Done,
        &["BEARER-REFRESH"],
        &[Body(Bearer, |it| {
            it["refresh_token"] = json!("rt-that-nobody-asked-for");
        })],
    ),
    bearer(
        "as-scope-grown",
        "The access token may do more than the ID-JAG grants",
        Done,
        &["BEARER-SCOPE-GROW"],
        &[
            Token(AccessToken, |it| {
                it.claims["scope"] = json!(format!("{} notes.delete", it.text("scope")));
            }),
            Body(Bearer, |it| {
                let granted = it["scope"].as_str().unwrap_or_default();
                it["scope"] = json!(format!("{granted} notes.delete"));
            }),
        ],
    ),
    bearer(
        "as-expires-text",
        "The resource AS says expires_in as a text",
        Done,
        &["TOK-EXPIRES-IN"],
        &[Body(Bearer, |it| it["expires_in"] = json!("900"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    bearer(
        "as-expires-missing",
        "The resource AS does not say when the access token ends",
        Done,
        &["TOK-EXPIRES-IN"],
        &[Body(Bearer, |it| leave_out(it, "expires_in"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    bearer(
        "as-expires-other",
        "The resource AS says an hour, and the access token lives for 15 minutes",
        Done,
        &["TOK-EXPIRES-IN"],
        &[Body(Bearer, |it| it["expires_in"] = json!(3600))],
    )
    .owned_by(Unknown)
    .unexplained(),
    bearer(
        "as-cache",
        "The answer with the access token may be kept by caches",
        Done,
        &["TOK-CACHE"],
        &[Without(Bearer, &["cache-control", "pragma"])],
    ),
    bearer(
        "as-html",
        "A page with status 200 comes in place of the access token",
        Failed,
        &["TOK-JSON"],
        &[Page(Bearer, 200)],
    ),
    bearer(
        "as-no-token",
        "The answer to the grant has no token",
        Failed,
        &["TOK-JSON"],
        &[Body(Bearer, |it| leave_out(it, "access_token"))],
    ),
    bearer(
        "as-error-code",
        "The resource AS says invalid_grant with status 401",
        Refused,
        &["BEARER-ERROR-CODE"],
        &[Refuse(
            Bearer,
            401,
            "invalid_grant",
            "The assertion is not valid.",
        )],
    )
    .unexplained(),
    // The lab's client authenticates with Basic here.
    bearer(
        "as-basic-400",
        "The resource AS does not know the client and says 400, not 401",
        Refused,
        &["TOK-ERROR-BASIC-401"],
        &[Refuse(
            Bearer,
            400,
            "invalid_client",
            "The client authentication failed.",
        )],
    )
    .owned_by(Client)
    .unexplained(),
    bearer(
        "as-client-unknown",
        "The resource AS does not know the client",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            401,
            "invalid_client",
            "The client authentication failed.",
        )],
    )
    .owned_by(Client),
    bearer(
        "as-client-no-grant",
        "The client may not use the JWT bearer grant",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "unauthorized_client",
            "The client may not use this grant.",
        )],
    )
    .owned_by(Client),
    bearer(
        "as-unsupported",
        "The resource AS does not do the JWT bearer grant",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "unsupported_grant_type",
            "This endpoint does not do the JWT bearer grant.",
        )],
    )
    .owned_by(ResourceAs),
    bearer(
        "as-scope-denied",
        "The resource AS grants none of the scope",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "invalid_scope",
            "None of the scope is known here.",
        )],
    )
    .owned_by(ResourceAs),
    bearer(
        "as-target-denied",
        "The resource AS does not guard the resource",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "invalid_target",
            "The resource is not guarded here.",
        )],
    )
    .owned_by(ResourceAs),
    // Everything in the ID-JAG is right, email included: the account is missing on the other side. Only the words of
    // the server tell that from other reasons of invalid_grant.
    bearer(
        "as-unknown-user",
        "The resource AS has no account for the user",
        Refused,
        &[],
        &[Refuse(
            Bearer,
            400,
            "invalid_grant",
            "No user u-1001-alice is known here.",
        )],
    )
    .owned_by(ResourceAs),
    bearer(
        "as-wants-email",
        "The resource AS finds users by email, and the ID-JAG has none",
        Refused,
        &["IDJAG-IDENTITY-HINT"],
        &[
            Token(IdJag, |it| it.drop("email")),
            Refuse(Bearer, 400, "invalid_grant", "The user could not be found."),
        ],
    )
    .owned_by(Idp),
    Fault {
        again: true,
        ..bearer(
            "as-replay",
            "The resource AS takes each ID-JAG once",
            Refused,
            &["BEARER-REPLAY"],
            &[Answer(Bearer, |it| {
                let body = String::from_utf8_lossy(&it.incoming.body).into_owned();
                let grant = Form::lenient(&body).get("assertion").map(str::to_owned);
                if grant.is_some_and(|grant| !it.seen.insert(grant)) {
                    it.refuse(400, "invalid_grant", "The jti was used before.");
                }
            })],
        )
    }
    .owned_by(You),
    bearer(
        "as-error-page",
        "The resource AS refuses with a page",
        Refused,
        &["TOK-ERROR-SHAPE"],
        &[Page(Bearer, 400)],
    ),
    bearer(
        "as-500",
        "The resource AS answers 500 and nothing else",
        Refused,
        &[],
        &[Answer(Bearer, |it| it.text(500, ""))],
    ),
    bearer(
        "as-502",
        "A gateway says 502 in place of the resource AS",
        Refused,
        &[],
        &[Page(Bearer, 502)],
    )
    .owned_by(ResourceAs),
    bearer(
        "as-closed",
        "The connection to the resource AS ends without an answer",
        Failed,
        &[],
        &[OnWire(Bearer, Wire::Closed)],
    )
    .owned_by(Network),
    bearer(
        "as-cut",
        "The answer with the access token breaks off in the middle",
        Failed,
        &[],
        &[OnWire(Bearer, Wire::Cut)],
    )
    .owned_by(Network),
    // For this server the ID-JAG was issued in the future; all others agree on the time, and its Date field tells.
    bearer(
        "as-clock-behind",
        "The resource AS’s clock is 45 s behind",
        Refused,
        &[],
        &[Clock(ResourceAs, -45)],
    )
    .owned_by(ResourceAs),
    // More than a minute is no skew by the catalogue; the Date field still tells.
    bearer(
        "as-clock-ahead",
        "The resource AS’s clock is ten minutes ahead",
        Refused,
        &[],
        &[Clock(ResourceAs, 600)],
    )
    .owned_by(ResourceAs),
    bearer(
        "as-at-typ",
        "The access token says typ JWT",
        Refused,
        &["AT-TYP"],
        &[Token(AccessToken, |it| it.header["typ"] = json!("JWT"))],
    ),
    bearer(
        "as-at-no-jti",
        "The access token has no jti",
        Refused,
        &["AT-CLAIMS"],
        &[Token(AccessToken, |it| it.drop("jti"))],
    ),
    bearer(
        "as-at-no-sub",
        "The access token has no sub",
        Refused,
        &["AT-CLAIMS"],
        &[Token(AccessToken, |it| it.drop("sub"))],
    ),
    bearer(
        "as-at-vendor-claims",
        "The access token has cid and scp in place of client_id and scope",
        Refused,
        &["AT-CLAIMS", "AT-SCOPE"],
        &[Token(AccessToken, |it| {
            it.claims["cid"] = it.claims["client_id"].clone();
            it.claims["scp"] = json!(it.text("scope").split(' ').collect::<Vec<_>>());
            it.drop("client_id");
            it.drop("scope");
        })],
    ),
    bearer(
        "as-at-aud-other",
        "The access token is for another API",
        Refused,
        &["AT-AUD"],
        &[Token(AccessToken, |it| {
            it.claims["aud"] = json!("https://other-api.example.com");
        })],
    ),
    bearer(
        "as-at-aud-issuer",
        "The access token is for the resource AS itself",
        Refused,
        &["AT-AUD", "AT-AUD-ISSUER"],
        &[Token(AccessToken, |it| {
            it.claims["aud"] = it.claims["iss"].clone();
        })],
    ),
    bearer(
        "as-at-no-scope",
        "The access token has no scope",
        Refused,
        &["AT-SCOPE"],
        &[Token(AccessToken, |it| it.drop("scope"))],
    ),
    bearer(
        "as-at-opaque",
        "The access token is no JWT but a reference",
        Refused,
        &["AT-OPAQUE"],
        &[Token(AccessToken, |it| it.seal = Seal::Opaque)],
    )
    .owned_by(Api)
    .unexplained(),
    bearer(
        "as-at-cnf",
        "The access token is bound to a key, and token_type is Bearer",
        Refused,
        &["AT-CNF-TYPE", "API-SCHEME"],
        &[Token(AccessToken, |it| {
            it.claims["cnf"] = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" });
        })],
    ),
    bearer(
        "as-at-signature",
        "The signature of the access token is wrong",
        Failed,
        &["JWT-KID"],
        &[Token(AccessToken, |it| it.seal = Seal::Spoiled)],
    ),
    bearer(
        "as-at-kid",
        "The access token is signed with a key that is not published",
        Refused,
        &["JWT-KID"],
        &[Token(AccessToken, |it| {
            it.header["kid"] = json!("key-of-tomorrow");
        })],
    ),
    bearer(
        "as-at-alg-none",
        "The access token is not signed",
        Failed,
        &["JWT-ALG-NONE"],
        &[Token(AccessToken, |it| it.seal = Seal::Unsigned)],
    ),
    // The catalogue has no rule on the times of an access token but this one.
    bearer(
        "as-at-expired",
        "The access token has expired when it comes",
        Refused,
        &["TOK-EXPIRES-IN"],
        &[Token(AccessToken, |it| {
            it.claims["iat"] = json!(it.time("iat") - 3600);
            it.claims["exp"] = json!(it.time("exp") - 3600);
        })],
    ),
    bearer(
        "as-at-iat-millis",
        "The access token has iat in milliseconds",
        Refused,
        &["JWT-NUMERIC-DATE"],
        &[Token(AccessToken, |it| {
            it.claims["iat"] = json!(it.time("iat") * 1000);
        })],
    ),
];
