//! What to look at: the places of a token or a message that decide, in the order in which they are read.

use crate::protocol::{
    jwt::TokenKind,
    pointer::{Pointer, Side},
};

/// A place worth a look, as its pointer inside a token, and why.
type Stop = (&'static str, &'static str);

/// Returns the rank of a place among those worth a look, and what to look for there; `kind` knows tokens by name.
pub fn of(at: &Pointer, kind: impl Fn(&str) -> Option<TokenKind>) -> Option<(usize, &'static str)> {
    let in_token = |name: &str, part: &str, pointer: &str| {
        let stops = of_kind(kind(name)?);
        let wanted = format!("{part}{pointer}");
        let found = stops.iter().position(|(place, _)| *place == wanted)?;
        Some((found, stops[found].1))
    };
    match at {
        Pointer::Jose(name, pointer) => in_token(name, "jose:", pointer),
        Pointer::Claim(name, pointer) => in_token(name, "", pointer),
        other => {
            let found = MESSAGES.iter().position(|(place, _)| place == other)?;
            Some((found, MESSAGES[found].1))
        }
    }
}

/// Returns the places of a kind of token, in order; those of its header begin with `jose:`.
pub fn of_kind(kind: TokenKind) -> &'static [Stop] {
    match kind {
        TokenKind::IdToken => ID_TOKEN,
        TokenKind::IdJag => ID_JAG,
        TokenKind::AccessToken => ACCESS_TOKEN,
        TokenKind::Jwt => ACTOR_TOKEN,
        TokenKind::InstanceAssertion => INSTANCE_ASSERTION,
        TokenKind::TxnToken => TXN_TOKEN,
        TokenKind::ClientAssertion => CLIENT_ASSERTION,
        TokenKind::DpopProof => DPOP_PROOF,
        _ => &[],
    }
}

const ID_TOKEN: &[Stop] = &[
    (
        "/sub",
        "Who signed in, by the name that only this issuer gives a meaning to.",
    ),
    (
        "/iss",
        "The issuer: with sub it names the person; the next server trusts it or not.",
    ),
    (
        "/aud",
        "The client that signed the user in. Whoever exchanges this token has to be that client.",
    ),
    (
        "/nonce",
        "The value that this very sign-in sent: it ties the token to the browser session.",
    ),
    (
        "/exp",
        "When it ends. An exchange with an ended ID Token is refused; refresh before.",
    ),
    (
        "/auth_time",
        "When the user really signed in, however new the token is: policies look here.",
    ),
    (
        "/amr",
        "How they signed in. Some policies want a stronger way before they delegate.",
    ),
];

const ID_JAG: &[Stop] = &[
    (
        "jose:/typ",
        "oauth-id-jag+jwt: it can be mistaken for no other token (JAG §3.1).",
    ),
    (
        "/aud",
        "The issuer of the resource authorization server, to the character. The commonest mistake is here.",
    ),
    (
        "/iss",
        "The IdP. The other company has to trust exactly this string.",
    ),
    (
        "/client_id",
        "The client, by its name at the resource authorization server, not at the IdP.",
    ),
    (
        "/sub",
        "The user. The other side has to know them by this name, or by an address beside it.",
    ),
    (
        "/act",
        "Who acts for the user. sub stays; here the agent is named.",
    ),
    (
        "/cnf/jkt",
        "The key that the ID-JAG is bound to: it is redeemed only with a proof by it.",
    ),
    (
        "/resource",
        "The API that the access is for; the access token must not reach further.",
    ),
    ("/scope", "What policy left of what was asked."),
    (
        "/exp",
        "It lives for minutes, and most servers take it once.",
    ),
    ("/jti", "By this a second use is noticed."),
];

const ACCESS_TOKEN: &[Stop] = &[
    (
        "/sub",
        "The user: every service logs them as the principal.",
    ),
    (
        "/act/sub",
        "Who acts now. Without act the call looks as if the user came in person.",
    ),
    (
        "/act/attestation",
        "Which platform vouched for the one who acts.",
    ),
    (
        "/act/act/sub",
        "Who acted before: the chain goes inwards, and nobody may rewrite it.",
    ),
    (
        "/aud",
        "Where the token can be presented. One API is right; more is a risk.",
    ),
    (
        "/scope",
        "What it may do there: less than the user may, if all is well.",
    ),
    (
        "/cnf/jkt",
        "The key that it is bound to: a stolen token is worth nothing without it (RFC 9449).",
    ),
    (
        "/client_id",
        "The client by its name at this server; it is no actor.",
    ),
    ("/iss", "The server whose keys the API checks it with."),
    (
        "/exp",
        "When it ends; a delegated token should live for minutes.",
    ),
    ("/jti", "By this a log line leads back to this very token."),
];

const ACTOR_TOKEN: &[Stop] = &[
    (
        "/sub",
        "The one who acts, by the name that its issuer gives it.",
    ),
    ("/iss", "Who says so: with sub it names the actor."),
    ("/attestation", "Which platform vouched for it."),
    (
        "/act",
        "Nobody may act through an actor token: act does not belong here.",
    ),
    ("/aud", "The server that it is shown to, and no other."),
    ("/cnf/jkt", "The key that the actor has to prove."),
    ("/exp", "It lives for minutes."),
];

const INSTANCE_ASSERTION: &[Stop] = &[
    (
        "jose:/typ",
        "client-instance+jwt: a plain workload token is not enough (CIA §7.3).",
    ),
    (
        "/sub",
        "The instance: this very runtime, never another one again.",
    ),
    (
        "/client_id",
        "The client whose instance it is; it has to be the one that authenticates.",
    ),
    (
        "/iss",
        "The instance issuer; the client’s metadata has to name it.",
    ),
    (
        "/cnf/jkt",
        "The instance’s own key. It proves it with every request.",
    ),
    ("/aud", "The authorization server."),
    ("/exp", "Five minutes at most."),
    ("/jti", "It is good once."),
];

const TXN_TOKEN: &[Stop] = &[
    ("/sub", "Still the user, through every hop."),
    (
        "/act/sub",
        "The service that asked for this token: the new outermost actor.",
    ),
    (
        "/act/act/sub",
        "The agent that called it: kept, one level in.",
    ),
    (
        "/txn",
        "One transaction, one name: it ties the logs of all services together.",
    ),
    (
        "/aud",
        "The trust domain, not one service: it never leaves the inside.",
    ),
    ("/req_wl", "The workload that asked for it."),
    ("/scope", "The purpose of this transaction."),
    (
        "/tctx",
        "What the transaction is about; nobody may change it on the way.",
    ),
    ("/rctx", "Where the request came from."),
    ("/cnf/jkt", "The key of the presenter."),
    ("/exp", "Seconds to minutes: a transaction, not a session."),
];

const CLIENT_ASSERTION: &[Stop] = &[
    (
        "/iss",
        "The client itself: iss and sub are both its id at this server.",
    ),
    ("/sub", "The same id."),
    (
        "/aud",
        "This server: its issuer by the newer text, its token endpoint by the older one.",
    ),
    (
        "jose:/kid",
        "The key that the server looks up in the client’s registration.",
    ),
    ("/jti", "It is good once."),
    ("/exp", "It lives for a minute or two."),
];

const DPOP_PROOF: &[Stop] = &[
    (
        "jose:/jwk",
        "The public key: its thumbprint is the cnf.jkt of what is bound.",
    ),
    ("/htm", "This method."),
    (
        "/htu",
        "This address, without query: a proof is good nowhere else.",
    ),
    (
        "/ath",
        "The hash of the access token beside it; at a token endpoint there is none.",
    ),
    ("/nonce", "The nonce that this server gave last."),
    ("/iat", "Now, by our clock; the server allows for little."),
    ("/jti", "It is good once."),
];

/// The places of requests and answers, in order; each step has some of them.
static MESSAGES: std::sync::LazyLock<Vec<(Pointer, &'static str)>> =
    std::sync::LazyLock::new(|| {
        let form = |name: &str| Pointer::Form(name.to_owned());
        let query = |name: &str| Pointer::Query(name.to_owned());
        let sent = |name: &str| Pointer::Header(Side::Request, name.to_owned());
        let came = |name: &str| Pointer::Header(Side::Response, name.to_owned());
        let json = |pointer: &str| Pointer::Json(pointer.to_owned());
        vec![
            (Pointer::Status, "Yes or no, before any word of it."),
            (
                json("/error"),
                "What it is called: the code decides who has to act.",
            ),
            (
                json("/error_description"),
                "What the server adds; meant for people, and often the best hint.",
            ),
            (
                Pointer::Url,
                "Where it goes. A request to the wrong server is refused for strange reasons.",
            ),
            (query("client_id"), "The client, as this server knows it."),
            (
                query("redirect_uri"),
                "Where the answer goes: registered to the character.",
            ),
            (query("scope"), "What the user is asked to agree to."),
            (
                query("code_challenge"),
                "The hash of a secret that only this client has: a stolen code is worth nothing.",
            ),
            (query("state"), "What the answer has to bring back."),
            (
                query("dpop_jkt"),
                "The key that the code is bound to from the start.",
            ),
            (
                form("grant_type"),
                "What is asked for at all; everything else depends on it.",
            ),
            (form("requested_token_type"), "What is wanted in exchange."),
            (form("subject_token"), "Whom it is about."),
            (
                form("subject_token_type"),
                "What that token is; it has to be true.",
            ),
            (
                form("actor_token"),
                "Who acts. Left out, the result is impersonation: no trace of an actor.",
            ),
            (form("actor_token_type"), "What that one is."),
            (
                form("client_instance_assertion"),
                "Which instance of the client it is.",
            ),
            (
                form("assertion"),
                "The grant that the other company’s IdP signed.",
            ),
            (form("code"), "Good once, and for this client."),
            (form("code_verifier"), "The secret behind the challenge."),
            (
                form("audience"),
                "Whom the result is for: a server’s issuer, to the character, or a name agreed on.",
            ),
            (form("resource"), "The API that the access is for."),
            (form("scope"), "How much: ask for less than the user may."),
            (
                form("client_id"),
                "The client by its name at this very server.",
            ),
            (
                form("client_assertion"),
                "How it proves itself: signed, good once, for this server.",
            ),
            (
                sent("authorization"),
                "What lets us in: the scheme says whether a proof has to stand beside it.",
            ),
            (sent("dpop"), "The proof of the key."),
            (
                sent("txn-token"),
                "The Transaction Token has a header of its own.",
            ),
            (
                json("/issued_token_type"),
                "What was issued, whatever the member is called that holds it.",
            ),
            (
                json("/token_type"),
                "How it is presented: Bearer, DPoP, or N_A for what is no access token.",
            ),
            (
                json("/scope"),
                "What was granted; where it differs from what was asked, it has to be said.",
            ),
            (json("/expires_in"), "How long it lives, in seconds."),
            (
                json("/issuer"),
                "The name to the character: every later string is held against it.",
            ),
            (json("/token_endpoint"), "Where the next request goes."),
            (
                json("/jwks_uri"),
                "Where the keys are that tokens are checked with.",
            ),
            (
                json("/authorization_servers/0"),
                "Whose tokens the API takes.",
            ),
            (json("/resource"), "What the API calls itself."),
            (
                json("/audit"),
                "The line that the API writes: who, and through whom.",
            ),
            (came("www-authenticate"), "What the API wants instead."),
            (came("dpop-nonce"), "The nonce for the next proof."),
        ]
    });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_rank_and_its_words() {
        let kind = |name: &str| (name == "id-jag").then_some(TokenKind::IdJag);
        let at = |part: &str| Pointer::Claim("id-jag".to_owned(), part.to_owned());
        let typ = Pointer::Jose("id-jag".to_owned(), "/typ".to_owned());
        assert_eq!(of(&typ, kind).unwrap().0, 0);
        let (rank, says) = of(&at("/aud"), kind).unwrap();
        assert_eq!((rank, says.contains("to the character")), (1, true));
        assert_eq!(of(&at("/typ"), kind), None, "typ stands in the header");
        let strange = Pointer::Claim("other".to_owned(), "/aud".to_owned());
        assert_eq!(of(&strange, kind), None);
        let grant = of(&Pointer::Form("grant_type".to_owned()), kind).unwrap().0;
        let scope = of(&Pointer::Form("scope".to_owned()), kind).unwrap().0;
        assert!(grant < scope);
    }

    #[test]
    fn no_place_is_there_twice() {
        let kinds = [
            ID_TOKEN,
            ID_JAG,
            ACCESS_TOKEN,
            ACTOR_TOKEN,
            INSTANCE_ASSERTION,
            TXN_TOKEN,
            CLIENT_ASSERTION,
            DPOP_PROOF,
        ];
        for stops in kinds {
            let mut places: Vec<&str> = stops.iter().map(|(place, _)| *place).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), stops.len(), "{stops:?}");
        }
        for (at, (place, _)) in MESSAGES.iter().enumerate() {
            assert!(
                !MESSAGES[..at].iter().any(|(other, _)| other == place),
                "{place}"
            );
        }
    }
}
