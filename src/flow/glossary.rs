//! What each parameter, header and claim is, in our own words: one table.

use crate::protocol::{
    jwt::TokenKind,
    pointer::{Pointer, Side},
};

/// Returns what is generally known of a place in a request.
pub fn of_place(place: &Pointer) -> Option<String> {
    let (table, name) = match place {
        Pointer::Query(name) | Pointer::Form(name) => (PARAMS, name.as_str()),
        Pointer::Header(Side::Request, name) => (HEADERS, name.as_str()),
        _ => return None,
    };
    table
        .iter()
        .find(|(other, ..)| *other == name)
        .map(|(_, says, spec)| format!("{says} ({spec})"))
}

/// Returns what a claim means in a token of that kind.
pub fn of_claim(kind: TokenKind, name: &str) -> Option<String> {
    let special = SPECIAL_CLAIMS
        .iter()
        .find(|(of, other, ..)| *of == kind && *other == name);
    let (says, spec) = match special {
        Some((_, _, says, spec)) => (*says, *spec),
        None => CLAIMS
            .iter()
            .find(|(other, ..)| *other == name)
            .map(|(_, says, spec)| (*says, *spec))?,
    };
    Some(format!("{says} ({spec})"))
}

/// Returns what a member of a JOSE header means.
pub fn of_header(name: &str) -> Option<String> {
    JOSE.iter()
        .find(|(other, ..)| *other == name)
        .map(|(_, says, spec)| format!("{says} ({spec})"))
}

type Entry = (&'static str, &'static str, &'static str);

const PARAMS: &[Entry] = &[
    (
        "response_type",
        "Asks for an authorization code",
        "RFC 6749 §4.1.1",
    ),
    (
        "client_id",
        "The client, by its id at this very server",
        "RFC 6749 §2.2",
    ),
    (
        "redirect_uri",
        "Where the answer goes; compared character by character, except the port of a loopback address",
        "RFC 8252 §7.3",
    ),
    (
        "scope",
        "What is asked for, in words with one space between them",
        "RFC 6749 §3.3",
    ),
    (
        "state",
        "A value of this walk that must come back unchanged",
        "RFC 6749 §4.1.1",
    ),
    (
        "nonce",
        "A value of this walk that must stand in the ID Token",
        "OIDC §3.1.2.1",
    ),
    (
        "code_challenge",
        "SHA-256 of a secret kept back until the code is redeemed",
        "RFC 7636 §4.2",
    ),
    (
        "code_challenge_method",
        "How the challenge was made",
        "RFC 7636 §4.3",
    ),
    (
        "dpop_jkt",
        "Binds the code to the key with this thumbprint: only a proof by it redeems the code",
        "RFC 9449 §10",
    ),
    ("login_hint", "Suggests who signs in", "OIDC §3.1.2.1"),
    (
        "prompt",
        "Says whether the user is to be asked again",
        "OIDC §3.1.2.1",
    ),
    (
        "max_age",
        "The oldest sign-in that is acceptable, in seconds",
        "OIDC §3.1.2.1",
    ),
    (
        "acr_values",
        "How strong the sign-in has to be",
        "OIDC §3.1.2.1",
    ),
    (
        "grant_type",
        "What is handed in, and so which rules apply",
        "RFC 6749 §4.1.3",
    ),
    (
        "code",
        "The authorization code; good once and for a short time",
        "RFC 6749 §4.1.3",
    ),
    (
        "device_code",
        "The secret half of the device’s codes: the client polls with it while the user enters the other",
        "RFC 8628 §3.4",
    ),
    (
        "refresh_token",
        "What stands for the sign-in, so that nobody has to sign in again",
        "RFC 6749 §6",
    ),
    (
        "code_verifier",
        "The secret behind the challenge: proves that who redeems is who asked",
        "RFC 7636 §4.5",
    ),
    (
        "requested_token_type",
        "What is wanted back: without it a plain access token may come",
        "JAG §4.3",
    ),
    (
        "audience",
        "For whom the new token is, by its name here: of an ID-JAG the issuer of the resource authorization server",
        "RFC 8693 §2.1, JAG §4.3",
    ),
    (
        "resource",
        "The API that will be called, as an absolute URI",
        "RFC 8707 §2",
    ),
    (
        "subject_token",
        "The token about the user that is exchanged",
        "RFC 8693 §2.1",
    ),
    (
        "subject_token_type",
        "What kind of token that is",
        "RFC 8693 §2.1",
    ),
    ("actor_token", "The token about who acts", "RFC 8693 §2.1"),
    (
        "actor_token_type",
        "What kind of token that is",
        "RFC 8693 §2.1",
    ),
    (
        "client_instance_assertion",
        "The instance issuer’s word about the instance that asks",
        "CIA-01 §4.1",
    ),
    (
        "request_context",
        "Where the transaction comes from, as a JSON object; becomes the claim rctx",
        "TXN §11.1",
    ),
    (
        "rctx",
        "Where the transaction comes from, by the claim’s name as the Actor Profile’s example has it",
        "AP App. B.7",
    ),
    (
        "request_details",
        "What the transaction is about, as a JSON object; becomes the claim tctx",
        "TXN §11.1",
    ),
    ("assertion", "The ID-JAG", "RFC 7523 §2.1"),
    (
        "client_assertion_type",
        "Says that the client proves itself with a signed JWT",
        "RFC 7523 §2.2",
    ),
    (
        "client_assertion",
        "The client’s own signed JWT",
        "RFC 7523 §2.2",
    ),
    (
        "client_secret",
        "The client’s secret in the body",
        "RFC 6749 §2.3.1",
    ),
];

const HEADERS: &[Entry] = &[
    (
        "accept",
        "The forms of answer that we can read",
        "RFC 9110 §12.5.1",
    ),
    ("authorization", "Proves who calls", "RFC 9110 §11.6.2"),
    (
        "content-type",
        "The body is a form, as every token endpoint wants it",
        "RFC 6749 §3.2",
    ),
    (
        "txn-token",
        "The Transaction Token, bare and once; never in Authorization",
        "TXN §12.1",
    ),
    (
        "workload-identity-token",
        "Who calls, by the word of its platform",
        "AP App. B.8",
    ),
    (
        "workload-proof-token",
        "Proves that the caller holds the key of its Workload Identity Token",
        "AP App. B.8",
    ),
    (
        "user-agent",
        "Names this program to the server",
        "RFC 9110 §10.1.5",
    ),
];

const JOSE: &[Entry] = &[
    (
        "typ",
        "What kind of token it is, so that no other kind is taken for it",
        "RFC 8725 §3.11",
    ),
    ("alg", "How it is signed", "RFC 7515 §4.1.1"),
    (
        "kid",
        "Which of the issuer’s keys signed it",
        "RFC 7515 §4.1.4",
    ),
    ("jwk", "The public key itself", "RFC 7515 §4.1.3"),
    (
        "jku",
        "An address of keys; never fetched from a token",
        "RFC 7515 §4.1.2",
    ),
    (
        "x5t#S256",
        "The certificate of the key, by its hash",
        "RFC 7515 §4.1.8",
    ),
    (
        "crit",
        "Members that a reader must understand",
        "RFC 7515 §4.1.11",
    ),
    ("cty", "What is inside", "RFC 7515 §4.1.10"),
    ("enc", "How the content is encrypted", "RFC 7516 §4.1.2"),
];

const CLAIMS: &[Entry] = &[
    ("iss", "Who made the token", "RFC 7519 §4.1.1"),
    ("sub", "Whom it is about", "RFC 7519 §4.1.2"),
    ("aud", "For whom it is", "RFC 7519 §4.1.3"),
    ("exp", "When it ends", "RFC 7519 §4.1.4"),
    ("nbf", "When it begins", "RFC 7519 §4.1.5"),
    ("iat", "When it was made", "RFC 7519 §4.1.6"),
    ("jti", "Its own number", "RFC 7519 §4.1.7"),
    (
        "nonce",
        "The value that was sent when signing in",
        "OIDC §2",
    ),
    ("azp", "The client it was made for", "OIDC §2"),
    (
        "at_hash",
        "Half a hash of the access token that came with it",
        "OIDC §3.1.3.6",
    ),
    ("auth_time", "When the user signed in", "OIDC §2"),
    ("acr", "How strong the sign-in was", "OIDC §2"),
    ("amr", "By what means the user signed in", "OIDC §2"),
    (
        "sid",
        "The user’s session at the IdP",
        "OIDC Front-Channel Logout §3",
    ),
    ("email", "The user’s mail address", "OIDC §5.1"),
    (
        "email_verified",
        "Whether the IdP checked that address",
        "OIDC §5.1",
    ),
    ("name", "The user’s name", "OIDC §5.1"),
    (
        "preferred_username",
        "The name the user goes by",
        "OIDC §5.1",
    ),
    ("scope", "What it allows", "RFC 8693 §4.2"),
    ("client_id", "The client it was made for", "RFC 8693 §4.3"),
    ("resource", "The API it is for", "RFC 8707 §2"),
    (
        "act",
        "Who acts for the subject; the outermost acts now",
        "RFC 8693 §4.1",
    ),
    (
        "attestation",
        "What vouches for the workload; a claim that no document defines",
        "RFC 7519 §4.3",
    ),
    (
        "sub_profile",
        "What kind of party the subject is: a user, an agent, a service",
        "AP §3.4",
    ),
    (
        "txn",
        "The number of the transaction, the same in every call of it",
        "TXN §9.2",
    ),
    (
        "tctx",
        "What the transaction is about; never changes on the way",
        "TXN §9.2.2",
    ),
    ("rctx", "Where the transaction comes from", "TXN §9.2.3"),
    (
        "req_wl",
        "The workload that asked for the Transaction Token",
        "TXN §9.2",
    ),
    ("may_act", "Who may act for the subject", "RFC 8693 §4.4"),
    ("cnf", "The key that its holder must prove", "RFC 7800 §3.1"),
    (
        "authorization_details",
        "What it allows, in detail",
        "RFC 9396 §2",
    ),
];

/// Claims that mean something more exact in one kind of token.
const SPECIAL_CLAIMS: &[(TokenKind, &str, &str, &str)] = &[
    (
        TokenKind::IdToken,
        "iss",
        "The IdP’s issuer, as in its metadata",
        "OIDC §3.1.3.7",
    ),
    (
        TokenKind::IdToken,
        "aud",
        "The client that signed the user in",
        "OIDC §3.1.3.7",
    ),
    (
        TokenKind::TxnToken,
        "aud",
        "The trust domain, by its name",
        "TXN §9.2",
    ),
    (
        TokenKind::TxnToken,
        "scope",
        "The purpose of this one transaction",
        "TXN §9.2",
    ),
    (
        TokenKind::TxnToken,
        "cnf",
        "The key of the workload that presents it",
        "AP §7",
    ),
    (
        TokenKind::IdJag,
        "iss",
        "The IdP that vouches for the user",
        "JAG §3.1",
    ),
    (
        TokenKind::IdJag,
        "sub",
        "The user, as the IdP names them",
        "JAG §3.1",
    ),
    (
        TokenKind::IdJag,
        "aud",
        "The issuer of the resource authorization server, and nobody else",
        "JAG §3.1",
    ),
    (
        TokenKind::IdJag,
        "client_id",
        "The client as the resource authorization server knows it",
        "JAG §3.1",
    ),
    (
        TokenKind::IdJag,
        "jti",
        "Its own number; some servers take it only once",
        "JAG §3.1",
    ),
    (
        TokenKind::IdJag,
        "resource",
        "The API that was asked for and granted",
        "JAG §4.3.3",
    ),
    (
        TokenKind::IdJag,
        "scope",
        "What the IdP’s policy granted",
        "JAG §4.3.3",
    ),
    (
        TokenKind::IdJag,
        "email",
        "Lets the other side find its own account for the user",
        "JAG §3.1",
    ),
    (
        TokenKind::InstanceAssertion,
        "iss",
        "The instance issuer, as the client’s metadata names it",
        "CIA §7.2",
    ),
    (
        TokenKind::InstanceAssertion,
        "sub",
        "The instance: one running copy of the client",
        "CIA §7.1",
    ),
    (
        TokenKind::InstanceAssertion,
        "aud",
        "The authorization server that it is shown to",
        "CIA §7.2",
    ),
    (
        TokenKind::InstanceAssertion,
        "client_id",
        "The client that the instance is a copy of",
        "CIA §7.2",
    ),
    (
        TokenKind::InstanceAssertion,
        "jti",
        "Its own number: it is good once",
        "CIA §7.2",
    ),
    (
        TokenKind::InstanceAssertion,
        "cnf",
        "The instance’s own key, which no other instance has",
        "CIA §7.2",
    ),
    (
        TokenKind::AccessToken,
        "aud",
        "The API that may take it",
        "RFC 9068 §3",
    ),
    (
        TokenKind::AccessToken,
        "client_id",
        "The client that it was issued to",
        "RFC 9068 §2.2",
    ),
    (
        TokenKind::ClientAssertion,
        "iss",
        "The client itself",
        "RFC 7523 §3",
    ),
    (
        TokenKind::ClientAssertion,
        "sub",
        "The client itself",
        "RFC 7523 §3",
    ),
    (
        TokenKind::ClientAssertion,
        "aud",
        "The server that is asked",
        "RFC 7523 §3",
    ),
    (
        TokenKind::ClientAssertion,
        "jti",
        "Its own number: it is good once",
        "RFC 7523 §3",
    ),
];
