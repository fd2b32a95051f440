//! Faults of the sign-in: the redirect back, and the answer to the code.

use serde_json::json;

use super::{
    Do::{Answer, Back, Body, Page, Refuse, Wire as OnWire, Without},
    Ends::{Done, Failed, Refused},
    Fault, Place, Wire,
    does::leave_out,
};
use crate::protocol::{
    http::Value,
    party::Party::{Client, Idp, Network, Unknown, User},
};

const AUTHORIZE: &str = "authorize";
const CODE: &str = "redeem-code";

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Idp,
        "redirect-iss-missing",
        "The redirect back has no iss, which the metadata promises",
        AUTHORIZE,
        Failed,
        &["AUTHZ-ISS-MISSING"],
        &[Back(|it| it.remove("iss"))],
    ),
    Fault::new(
        Idp,
        "redirect-iss-slash",
        "The redirect back names the issuer with a slash too many",
        AUTHORIZE,
        Failed,
        &["AUTHZ-ISS-MISMATCH"],
        &[Back(|it| {
            let iss = it.get("iss").map(Value::wire).unwrap_or_default();
            it.set("iss", format!("{iss}/"));
        })],
    ),
    Fault::new(
        Idp,
        "redirect-iss-other",
        "The redirect back names another server",
        AUTHORIZE,
        Failed,
        &["AUTHZ-ISS-MISMATCH"],
        &[Back(|it| it.set("iss", "https://evil.example.com"))],
    )
    .owned_by(Unknown),
    Fault::new(
        Idp,
        "redirect-state-other",
        "The redirect back has another state",
        AUTHORIZE,
        Failed,
        &["AUTHZ-STATE-MISMATCH"],
        &[Back(|it| it.set("state", "of-another-sign-in"))],
    )
    .owned_by(User),
    Fault::new(
        Idp,
        "redirect-state-missing",
        "The redirect back has no state",
        AUTHORIZE,
        Failed,
        &["AUTHZ-STATE-MISMATCH"],
        &[Back(|it| it.remove("state"))],
    ),
    Fault::new(
        Idp,
        "redirect-no-code",
        "The redirect back has neither a code nor an error",
        AUTHORIZE,
        Failed,
        &[],
        &[Back(|it| it.remove("code"))],
    ),
    // The code says who: the person, or who assigns people to the client.
    Fault::new(
        Idp,
        "redirect-access-denied",
        "The user declines",
        AUTHORIZE,
        Refused,
        &[],
        &[Back(|it| {
            it.remove("code");
            it.set("error", "access_denied");
            it.set("error_description", "The user did not agree.");
        })],
    )
    .owned_by(User),
    Fault::new(
        Idp,
        "redirect-invalid-scope",
        "The IdP does not grant this client the scope of the sign-in",
        AUTHORIZE,
        Refused,
        &[],
        &[Back(|it| {
            it.remove("code");
            it.set("error", "invalid_scope");
            it.set(
                "error_description",
                "offline_access is not granted to this client.",
            );
        })],
    )
    .owned_by(Client),
    Fault::new(
        Idp,
        "redirect-server-error",
        "The IdP sends the user back with a trouble of its own",
        AUTHORIZE,
        Refused,
        &[],
        &[Back(|it| {
            it.remove("code");
            it.set("error", "server_error");
        })],
    )
    .owned_by(Idp),
    // Nobody follows a page.
    Fault::new(
        Idp,
        "idp-authorize-500",
        "The authorization endpoint answers 500 and a page",
        AUTHORIZE,
        Refused,
        &[],
        &[Page(Place::Authorize, 500)],
    ),
    Fault::new(
        Idp,
        "idp-code-cache",
        "The answer to the code may be kept by caches",
        CODE,
        Done,
        &["TOK-CACHE"],
        &[Without(Place::Code, &["cache-control", "pragma"])],
    ),
    // A note only: newer texts do not ask for it.
    Fault::new(
        Idp,
        "idp-code-pragma",
        "The answer to the code lacks Pragma: no-cache",
        CODE,
        Done,
        &["TOK-CACHE"],
        &[Without(Place::Code, &["pragma"])],
    )
    .owned_by(Unknown)
    .unexplained(),
    Fault::new(
        Idp,
        "idp-code-html",
        "A page with status 200 comes for the code",
        CODE,
        Failed,
        &["TOK-JSON"],
        &[Page(Place::Code, 200)],
    ),
    Fault::new(
        Idp,
        "idp-code-no-token-type",
        "The answer to the code has no token_type",
        CODE,
        Done,
        &["TOK-JSON"],
        &[Body(Place::Code, |it| leave_out(it, "token_type"))],
    ),
    Fault::new(
        Idp,
        "idp-code-no-access-token",
        "The answer to the code has an ID Token, but no access token",
        CODE,
        Done,
        &["TOK-JSON"],
        &[Body(Place::Code, |it| leave_out(it, "access_token"))],
    ),
    // OIDC Core §3.1.3.3 demands it; the catalogue has no rule for it.
    Fault::new(
        Idp,
        "idp-code-no-id-token",
        "The answer to the code has no ID Token",
        CODE,
        Failed,
        &[],
        &[Body(Place::Code, |it| leave_out(it, "id_token"))],
    ),
    Fault::new(
        Idp,
        "idp-code-scope-commas",
        "The words of the granted scope have commas between them",
        CODE,
        Done,
        &["TOK-SCOPE-SYNTAX"],
        &[Body(Place::Code, |it| {
            it["scope"] = json!(it["scope"].as_str().unwrap_or_default().replace(' ', ","));
        })],
    ),
    Fault::new(
        Idp,
        "idp-code-expires-text",
        "The IdP says expires_in as a text",
        CODE,
        Done,
        &["TOK-EXPIRES-IN"],
        &[Body(Place::Code, |it| it["expires_in"] = json!("3600"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    // The evidence does not tell a code that was stolen from one that was late.
    Fault::new(
        Idp,
        "idp-code-refused",
        "The IdP does not know the code",
        CODE,
        Refused,
        &[],
        &[Refuse(
            Place::Code,
            400,
            "invalid_grant",
            "The code is not known.",
        )],
    ),
    Fault::new(
        Idp,
        "idp-client-unknown",
        "The IdP does not know the client",
        CODE,
        Refused,
        &[],
        &[Refuse(
            Place::Code,
            401,
            "invalid_client",
            "The client authentication failed.",
        )],
    )
    .owned_by(Client),
    Fault::new(
        Idp,
        "idp-error-200",
        "The IdP says an error with status 200",
        CODE,
        Refused,
        &["TOK-JSON"],
        &[Refuse(
            Place::Code,
            200,
            "invalid_grant",
            "The code is not known.",
        )],
    ),
    Fault::new(
        Idp,
        "idp-error-page",
        "The IdP refuses with a page",
        CODE,
        Refused,
        &["TOK-ERROR-SHAPE"],
        &[Page(Place::Code, 400)],
    ),
    Fault::new(
        Idp,
        "idp-error-vendor-shape",
        "The IdP refuses with errorCode in place of error",
        CODE,
        Refused,
        &["TOK-ERROR-SHAPE", "TOK-ERROR-KNOWN"],
        &[Answer(Place::Code, |it| {
            it.text(
                400,
                r#"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#,
            );
            "application/json".clone_into(&mut it.outgoing.headers[0].1);
        })],
    ),
    // A code that no document knows is a remark; it does not say whose side it is.
    Fault::new(
        Idp,
        "idp-error-vendor-code",
        "The IdP refuses with a code of its own",
        CODE,
        Refused,
        &["TOK-ERROR-KNOWN"],
        &[Refuse(
            Place::Code,
            400,
            "AADSTS50013",
            "Assertion failed signature validation.",
        )],
    )
    .unexplained()
    .owned_by(Unknown),
    Fault::new(
        Idp,
        "idp-code-500",
        "The IdP’s token endpoint answers 500 and nothing else",
        CODE,
        Refused,
        &[],
        &[Answer(Place::Code, |it| it.text(500, ""))],
    ),
    Fault::new(
        Idp,
        "idp-code-redirect",
        "The IdP’s token endpoint redirects to another host",
        CODE,
        Failed,
        &[],
        &[Answer(Place::Code, |it| {
            it.text(307, "");
            it.outgoing
                .headers
                .push(("location", "https://login.example.com/token".to_owned()));
        })],
    ),
    Fault::new(
        Idp,
        "idp-code-closed",
        "The connection to the IdP ends without an answer",
        CODE,
        Failed,
        &[],
        &[OnWire(Place::Code, Wire::Closed)],
    )
    .owned_by(Network),
];
