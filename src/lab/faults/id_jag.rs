//! Faults in the ID-JAG itself; nearly all are refused by the resource AS, which judges it strictly.

use serde_json::json;

use super::{
    Do::{Body, Token},
    Ends::{Done, Refused},
    Fault,
    Minted::IdJag,
    Place::Exchange,
    does::Seal,
};
use crate::protocol::party::Party::{Idp, Unknown};

/// Makes a row: twists of the ID-JAG.
const fn id_jag(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(Idp, id, title, "id-jag", ends, rules, does)
}

/// The rows. BEARER-ENDPOINT holds the `aud` against the issuer of the endpoint that is called, so it breaks wherever
/// that issuer is not the one audience.
pub(super) const FAULTS: &[Fault] = &[
    id_jag(
        "idp-idjag-typ",
        "The ID-JAG says typ JWT",
        Refused,
        &["IDJAG-TYP"],
        &[Token(IdJag, |it| it.header["typ"] = json!("JWT"))],
    ),
    id_jag(
        "idp-idjag-typ-missing",
        "The ID-JAG has no typ",
        Refused,
        &["IDJAG-TYP"],
        &[Token(IdJag, |it| {
            super::does::leave_out(&mut it.header, "typ");
        })],
    ),
    id_jag(
        "idp-idjag-aud-token-endpoint",
        "The ID-JAG is made out to the token endpoint",
        Refused,
        &["IDJAG-AUD-ISSUER", "BEARER-ENDPOINT"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = json!(format!("{}/token", it.text("aud")));
        })],
    ),
    id_jag(
        "idp-idjag-aud-slash",
        "The ID-JAG is made out to the issuer with a slash too many",
        Refused,
        &["IDJAG-AUD-ISSUER", "BEARER-ENDPOINT"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = json!(format!("{}/", it.text("aud")));
        })],
    ),
    id_jag(
        "idp-idjag-aud-resource",
        "The ID-JAG is made out to the API",
        Refused,
        &["IDJAG-AUD-ISSUER", "BEARER-ENDPOINT"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = it.claims["resource"].clone();
        })],
    ),
    id_jag(
        "idp-idjag-aud-other",
        "The ID-JAG is made out to another authorization server",
        Refused,
        &["IDJAG-AUD-ISSUER", "BEARER-ENDPOINT"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = json!("https://ras.other.example.com");
        })],
    ),
    // The right one is among them.
    id_jag(
        "idp-idjag-aud-two",
        "The ID-JAG is made out to two audiences",
        Refused,
        &["IDJAG-AUD-SINGLE"],
        &[Token(IdJag, |it| {
            it.claims["aud"] = json!([it.text("aud"), format!("{}/token", it.text("aud"))]);
        })],
    ),
    id_jag(
        "idp-idjag-iss-slash",
        "The ID-JAG names its issuer with a slash too many",
        Refused,
        &["IDJAG-ISS"],
        &[Token(IdJag, |it| {
            it.claims["iss"] = json!(format!("{}/", it.text("iss")));
        })],
    ),
    id_jag(
        "idp-idjag-iss-other",
        "The ID-JAG is issued by another server of the IdP",
        Refused,
        &["IDJAG-ISS"],
        &[Token(IdJag, |it| {
            it.claims["iss"] = json!(format!("{}/oauth2/default", it.text("iss")));
        })],
    ),
    id_jag(
        "idp-idjag-client-id",
        "The ID-JAG names the client by its id at the IdP",
        Refused,
        &["IDJAG-CLIENT-ID-RAS", "BEARER-ASSERTION-CLIENT-MATCH"],
        &[Token(IdJag, |it| it.claims["client_id"] = json!(it.client))],
    ),
    // expires_in still says 300 s, and the end is long past.
    id_jag(
        "idp-idjag-expired",
        "The ID-JAG has expired when it comes",
        Refused,
        &["IDJAG-TIMES", "TOK-EXPIRES-IN"],
        &[Token(IdJag, |it| {
            it.claims["iat"] = json!(it.time("iat") - 3600);
            it.claims["exp"] = json!(it.time("exp") - 3600);
        })],
    ),
    id_jag(
        "idp-idjag-iat-future",
        "The ID-JAG was issued in the future",
        Refused,
        &["IDJAG-TIMES"],
        &[Token(IdJag, |it| {
            it.claims["iat"] = json!(it.time("iat") + 240);
        })],
    ),
    id_jag(
        "idp-idjag-nbf-future",
        "The ID-JAG is not valid yet",
        Refused,
        &["IDJAG-TIMES"],
        &[Token(IdJag, |it| {
            it.claims["nbf"] = json!(it.time("iat") + 240);
        })],
    ),
    id_jag(
        "idp-idjag-no-jti",
        "The ID-JAG has no jti",
        Refused,
        &["IDJAG-CLAIMS"],
        &[Token(IdJag, |it| it.drop("jti"))],
    ),
    id_jag(
        "idp-idjag-no-sub",
        "The ID-JAG has no sub",
        Refused,
        &["IDJAG-CLAIMS"],
        &[Token(IdJag, |it| it.drop("sub"))],
    ),
    id_jag(
        "idp-idjag-no-iat",
        "The ID-JAG has no iat",
        Refused,
        &["IDJAG-CLAIMS"],
        &[Token(IdJag, |it| it.drop("iat"))],
    ),
    // Without an end there are no times to hold the clock against, so IDJAG-TIMES has nothing to say.
    id_jag(
        "idp-idjag-no-exp",
        "The ID-JAG has no exp",
        Refused,
        &["IDJAG-CLAIMS"],
        &[Token(IdJag, |it| it.drop("exp"))],
    ),
    id_jag(
        "idp-idjag-scope-dropped",
        "The scope that was granted is not in the ID-JAG",
        Done,
        &["IDJAG-GRANTED"],
        &[Token(IdJag, |it| it.drop("scope"))],
    ),
    id_jag(
        "idp-idjag-resource-dropped",
        "The resource that was asked for is not in the ID-JAG",
        Done,
        &["IDJAG-GRANTED"],
        &[Token(IdJag, |it| it.drop("resource"))],
    ),
    id_jag(
        "idp-idjag-scope-grown",
        "The ID-JAG grants more than was asked",
        Done,
        &["IDJAG-SCOPE-SUBSET"],
        &[
            Token(IdJag, |it| {
                it.claims["scope"] = json!(format!("{} notes.delete", it.text("scope")));
            }),
            Body(Exchange, |it| {
                let granted = it["scope"].as_str().unwrap_or_default();
                it["scope"] = json!(format!("{granted} notes.delete"));
            }),
        ],
    ),
    // The resource AS takes none that lives longer than ten minutes.
    id_jag(
        "idp-idjag-lifetime",
        "The ID-JAG lives for an hour",
        Refused,
        &["IDJAG-LIFETIME"],
        &[
            Token(IdJag, |it| it.claims["exp"] = json!(it.time("iat") + 3600)),
            Body(Exchange, |it| it["expires_in"] = json!(3600)),
        ],
    ),
    id_jag(
        "idp-idjag-sub-pairwise",
        "The ID-JAG names the user by an id that the resource AS does not know",
        Refused,
        &["IDJAG-SUB-CHANGE"],
        &[Token(IdJag, |it| it.claims["sub"] = json!("pw-5f1c"))],
    ),
    id_jag(
        "idp-idjag-sub-other-user",
        "The ID-JAG is about another user than the one who signed in",
        Done,
        &["IDJAG-SUB-CHANGE"],
        &[Token(IdJag, |it| it.claims["sub"] = json!("u-1003-carol"))],
    ),
    id_jag(
        "idp-idjag-no-email",
        "The ID-JAG has nothing to find the user’s account by but sub",
        Done,
        &["IDJAG-IDENTITY-HINT"],
        &[Token(IdJag, |it| it.drop("email"))],
    )
    .owned_by(Unknown)
    .unexplained(),
    id_jag(
        "idp-idjag-sub-id",
        "The ID-JAG has a sub_id of which half is missing",
        Done,
        &["IDJAG-SUBID"],
        &[Token(IdJag, |it| {
            it.claims["sub_id"] = json!({ "format": "saml-nameid" });
        })],
    ),
    // Nobody sent a proof, so the client cannot prove anything to the resource AS.
    id_jag(
        "idp-idjag-cnf",
        "The ID-JAG is bound to a key that the client does not have",
        Refused,
        &["BEARER-DPOP-MISSING"],
        &[Token(IdJag, |it| {
            it.claims["cnf"] = json!({ "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" });
        })],
    ),
    id_jag(
        "idp-idjag-auth-time-millis",
        "The ID-JAG has auth_time in milliseconds",
        Done,
        &["JWT-NUMERIC-DATE"],
        &[Token(IdJag, |it| {
            it.claims["auth_time"] = json!(it.time("auth_time") * 1000);
        })],
    ),
    // What a time in milliseconds means is not asked further.
    id_jag(
        "idp-idjag-exp-millis",
        "The ID-JAG has exp in milliseconds",
        Refused,
        &["JWT-NUMERIC-DATE", "IDJAG-LIFETIME", "TOK-EXPIRES-IN"],
        &[Token(IdJag, |it| {
            it.claims["exp"] = json!(it.time("exp") * 1000);
        })],
    ),
    id_jag(
        "idp-idjag-exp-text",
        "The ID-JAG has exp as a text",
        Refused,
        &["JWT-NUMERIC-DATE"],
        &[Token(IdJag, |it| {
            it.claims["exp"] = json!(it.time("exp").to_string());
        })],
    ),
    id_jag(
        "idp-idjag-signature",
        "The signature of the ID-JAG is wrong",
        super::Ends::Failed,
        &["IDJAG-ISS", "JWT-KID"],
        &[Token(IdJag, |it| it.seal = Seal::Spoiled)],
    ),
    id_jag(
        "idp-idjag-kid",
        "The ID-JAG is signed with a key that is not published",
        Refused,
        &["JWT-KID"],
        &[Token(IdJag, |it| {
            it.header["kid"] = json!("key-of-tomorrow");
        })],
    ),
    id_jag(
        "idp-idjag-alg-none",
        "The ID-JAG is not signed",
        super::Ends::Failed,
        &["JWT-ALG-NONE"],
        &[Token(IdJag, |it| it.seal = Seal::Unsigned)],
    ),
    id_jag(
        "idp-idjag-crit",
        "The ID-JAG has a critical extension that nobody knows",
        Refused,
        &["JWT-CRIT"],
        &[Token(IdJag, |it| it.header["crit"] = json!(["exp-strict"]))],
    ),
];
