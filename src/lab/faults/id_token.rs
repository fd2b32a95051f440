//! Faults in the ID Token.

use serde_json::json;

use super::{
    Do::Token,
    Ends::{Done, Failed, Refused},
    Fault,
    Minted::IdToken,
    does::Seal,
};
use crate::protocol::party::Party::Idp;

/// Makes a row: one twist of the ID Token.
const fn id_token(
    id: &'static str,
    title: &'static str,
    ends: super::Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(Idp, id, title, "redeem-code", ends, rules, does)
}

/// The rows. The client looks at issuer, audience, end, nonce and signature itself and ends the walk; whatever else
/// is wrong goes on to the IdP, which takes its own ID Tokens as strictly as anybody.
pub(super) const FAULTS: &[Fault] = &[
    id_token(
        "idp-idt-iss",
        "The ID Token names the issuer with a slash too many",
        Failed,
        &["IDT-ISS"],
        &[Token(IdToken, |it| {
            it.claims["iss"] = json!(format!("{}/", it.text("iss")));
        })],
    ),
    id_token(
        "idp-idt-aud",
        "The ID Token is for another client",
        Failed,
        &["IDT-AUD"],
        &[Token(IdToken, |it| {
            it.claims["aud"] = json!("another-client");
        })],
    ),
    // The exchange refuses it with invalid_grant, which RFC 8693 §2.2.2 would have as invalid_request.
    id_token(
        "idp-idt-aud-extra",
        "The ID Token is for another audience, too",
        Refused,
        &["IDT-AUD", "TX-SUBJECT-ERROR-CODE"],
        &[Token(IdToken, |it| {
            it.claims["aud"] = json!([it.text("aud"), "https://other.example.com"]);
        })],
    ),
    id_token(
        "idp-idt-nonce",
        "The ID Token has the nonce of another sign-in",
        Failed,
        &["IDT-NONCE"],
        &[Token(IdToken, |it| {
            it.claims["nonce"] = json!("of-another-sign-in");
        })],
    ),
    id_token(
        "idp-idt-nonce-missing",
        "The ID Token has no nonce",
        Failed,
        &["IDT-NONCE"],
        &[Token(IdToken, |it| it.drop("nonce"))],
    ),
    id_token(
        "idp-idt-expired",
        "The ID Token has expired when it comes",
        Failed,
        &["IDT-EXP"],
        &[Token(IdToken, |it| {
            it.claims["iat"] = json!(it.time("iat") - 7200);
            it.claims["exp"] = json!(it.time("exp") - 7200);
        })],
    ),
    id_token(
        "idp-idt-azp",
        "The ID Token was made for a sibling of the client",
        Done,
        &["IDT-AZP"],
        &[Token(IdToken, |it| {
            it.claims["azp"] = json!("sibling-client");
        })],
    ),
    id_token(
        "idp-idt-at-hash",
        "The ID Token belongs to another access token",
        Done,
        &["IDT-AT-HASH"],
        &[Token(IdToken, |it| {
            it.claims["at_hash"] = json!("of-another-token");
        })],
    ),
    // The IdP itself takes RS256 alone, as its metadata says.
    id_token(
        "idp-idt-alg",
        "The ID Token is made with a shared secret, HS256",
        Refused,
        &["IDT-ALG"],
        &[Token(IdToken, |it| it.seal = Seal::Shared)],
    ),
    id_token(
        "idp-idt-alg-none",
        "The ID Token is not signed",
        Failed,
        &["IDT-ALG", "JWT-ALG-NONE"],
        &[Token(IdToken, |it| it.seal = Seal::Unsigned)],
    ),
    id_token(
        "idp-idt-signature",
        "The signature of the ID Token is wrong",
        Failed,
        &["JWT-KID"],
        &[Token(IdToken, |it| it.seal = Seal::Spoiled)],
    ),
    id_token(
        "idp-idt-kid",
        "The ID Token is signed with a key that is not published",
        Refused,
        &["JWT-KID"],
        &[Token(IdToken, |it| {
            it.header["kid"] = json!("key-of-tomorrow");
        })],
    ),
    // The end lies far ahead, so the client goes on; the IdP finds that it was issued in the future.
    id_token(
        "idp-idt-millis",
        "The ID Token has its times in milliseconds",
        Refused,
        &["JWT-NUMERIC-DATE"],
        &[Token(IdToken, |it| {
            it.claims["iat"] = json!(it.time("iat") * 1000);
            it.claims["exp"] = json!(it.time("exp") * 1000);
        })],
    ),
    id_token(
        "idp-idt-typ",
        "An access token comes in the place of the ID Token",
        Refused,
        &["JWT-TYP-CONFUSION"],
        &[Token(IdToken, |it| it.header["typ"] = json!("at+jwt"))],
    ),
    id_token(
        "idp-idt-crit",
        "The ID Token has a critical extension that nobody knows",
        Refused,
        &["JWT-CRIT"],
        &[Token(IdToken, |it| {
            it.header["crit"] = json!(["exp-strict"]);
        })],
    ),
];
