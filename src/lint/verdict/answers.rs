//! What a server's refusal means when no rule explains it, and what a missing answer means.

use super::{Confidence, Ending, Judgement, Seen, fact_of_answer, has_word};
use crate::{
    lint::theirs,
    protocol::{exchange::Failure, oauth::OAuthError, party::Party},
};

/// Whose side an answer points to.
#[derive(Clone, Copy)]
enum Side {
    /// The server that answered.
    Server,
    /// That party, whoever answered.
    Of(Party),
}

/// What one refusal means, at some steps or at all.
struct Meaning {
    /// The steps it is about; empty for all.
    steps: &'static [&'static str],
    /// The `error`, or the status as text.
    error: &'static str,
    side: Side,
    confidence: Confidence,
    says: &'static str,
    fix: &'static str,
}

const CERTAIN: Confidence = Confidence::Certain;
const LIKELY: Confidence = Confidence::Likely;

const GUESS: Confidence = Confidence::Guess;

/// The steps that follow an issuer to its metadata (RFC 8414 §3, OIDC Discovery §4).
const ISSUERS: &[&str] = &["discover-idp", "discover-resource-as", "discover-as"];

/// The steps that show an access token to an API.
const CALLS: &[&str] = &["call-api", "mcp-initialize", "mcp-tools"];

/// The first that fits speaks. What may have several causes on several sides has no row, or
/// one that blames nobody.
#[rustfmt::skip]
const MEANINGS: &[Meaning] = &[
    Meaning { steps: &[], error: "invalid_client", side: Side::Of(Party::Client), confidence: LIKELY,
        says: "The server does not know this client, or does not accept its proof.",
        fix: "Compare client id, authentication method and registered key or secret with the client’s registration at this very server." },
    Meaning { steps: &[], error: "unauthorized_client", side: Side::Of(Party::Client), confidence: LIKELY,
        says: "The server knows the client and does not let it use this grant.",
        fix: "Allow the grant type in the client’s registration at this server." },
    Meaning { steps: &[], error: "unsupported_grant_type", side: Side::Server, confidence: LIKELY,
        says: "The server does not offer this grant.",
        fix: "Switch the grant on at this server, or check that the request went to the right one." },
    Meaning { steps: &["authorize", "device-token"], error: "access_denied", side: Side::Of(Party::User), confidence: LIKELY,
        says: "The sign-in was refused: by the user, or by a policy about this user.",
        fix: "Sign in again and allow it; if it was not the user, ask the IdP’s administrator for this user’s assignments." },
    Meaning { steps: &["id-jag"], error: "access_denied", side: Side::Of(Party::Idp), confidence: LIKELY,
        says: "A policy of the IdP keeps this agent from acting for this user at this audience.",
        fix: "Have the IdP’s administrator allow the connection between the agent and the resource for this user." },
    Meaning { steps: &["id-jag"], error: "invalid_target", side: Side::Of(Party::Idp), confidence: LIKELY,
        says: "The IdP knows no connection to this audience or resource for the agent.",
        fix: "Have the IdP’s administrator add the resource authorization server, with exactly this issuer, to the agent’s connections; or mend agent.audience and agent.resource, if they are not what is registered there." },
    Meaning { steps: &["id-jag"], error: "invalid_scope", side: Side::Of(Party::Idp), confidence: LIKELY,
        says: "The IdP does not grant the scope that was asked for this audience.",
        fix: "Ask for less in agent.scope, or have the IdP’s administrator allow the scope for this connection." },
    Meaning { steps: &["exchange"], error: "invalid_target", side: Side::Server, confidence: LIKELY,
        says: "The server delegates nothing for this audience or resource.",
        fix: "Have its administrator register the API by exactly this name, or mend agent.audience and agent.resource." },
    Meaning { steps: &["exchange"], error: "invalid_scope", side: Side::Server, confidence: LIKELY,
        says: "The server’s policy does not let the agent have this scope for this user.",
        fix: "Ask for less in agent.scope, or have the server’s administrator allow more for this agent." },
    Meaning { steps: &[], error: "actor_unauthorized", side: Side::Server, confidence: LIKELY,
        says: "The server knows who acts, and its policy does not let them act for this user here.",
        fix: "Have the server’s administrator allow this actor, by act.iss and act.sub, for this user." },
    Meaning { steps: &["authorize"], error: "invalid_scope", side: Side::Of(Party::Client), confidence: LIKELY,
        says: "The IdP does not let this client ask for the scope of the sign-in.",
        fix: "Compare sso.scope with what the client’s registration at the IdP allows." },
    Meaning { steps: &["jwt-bearer"], error: "invalid_target", side: Side::Of(Party::ResourceAs), confidence: LIKELY,
        says: "The resource authorization server knows no such resource.",
        fix: "Have its administrator register the resource with exactly this identifier, or mend agent.resource." },
    Meaning { steps: &["jwt-bearer"], error: "invalid_scope", side: Side::Of(Party::ResourceAs), confidence: LIKELY,
        says: "The resource authorization server does not grant this scope.",
        fix: "Compare the scope of the ID-JAG with the scopes that this server knows." },
    Meaning { steps: &[], error: "insufficient_user_authentication", side: Side::Of(Party::User), confidence: CERTAIN,
        says: "The server wants the user to sign in more strongly, or more recently.",
        fix: "Sign in again with the acr_values or max_age that the answer names (sso.params)." },
    Meaning { steps: &["authorize"], error: "login_required", side: Side::Of(Party::User), confidence: CERTAIN,
        says: "The IdP was asked not to show a page, and nobody is signed in.",
        fix: "Take prompt=none out of sso.params, or sign in first." },
    Meaning { steps: &["authorize"], error: "consent_required", side: Side::Of(Party::User), confidence: CERTAIN,
        says: "The IdP wants the user’s consent and was asked not to show a page.",
        fix: "Take prompt=none out of sso.params, or give the consent first." },
    Meaning { steps: &["authorize"], error: "interaction_required", side: Side::Of(Party::User), confidence: CERTAIN,
        says: "The IdP has to ask the user something and was asked not to show a page.",
        fix: "Take prompt=none out of sso.params." },
    Meaning { steps: &["device-token"], error: "expired_token", side: Side::Of(Party::User), confidence: CERTAIN,
        says: "Nobody entered the code in time.",
        fix: "Send the step before again for a new code, and enter it in time." },
    Meaning { steps: &["jwt-bearer"], error: "invalid_grant", side: Side::Of(Party::ResourceAs), confidence: LIKELY,
        says: "The resource authorization server refuses an ID-JAG in which nothing wrong can be seen from here.",
        fix: "Have its administrator look up why: trust in this IdP and its keys, the user’s account there, and whether an ID-JAG may be used twice." },
    Meaning { steps: CALLS, error: "insufficient_scope", side: Side::Of(Party::You), confidence: LIKELY,
        says: "The access token has not the scope that the API wants for this call.",
        fix: "Ask for the scope that the challenge names, in agent.scope, and walk again from the ID-JAG." },
    Meaning { steps: CALLS, error: "invalid_token", side: Side::Of(Party::Api), confidence: LIKELY,
        says: "The API refuses an access token in which nothing wrong can be seen from here.",
        fix: "Have the API’s administrator compare the issuer, audience and keys that it expects with those of this token." },
    Meaning { steps: &["call-api"], error: "actor_unauthorized", side: Side::Of(Party::Api), confidence: LIKELY,
        says: "The API does not let this actor act for the user, whatever the scope.",
        fix: "Have the API’s administrator allow the outermost actor of the access token (act.iss and act.sub)." },
    Meaning { steps: &["txn-token"], error: "invalid_target", side: Side::Of(Party::You), confidence: LIKELY,
        says: "The Transaction Token Service knows no such trust domain.",
        fix: "Compare tts.audience with the name of the trust domain, character by character." },
    Meaning { steps: &["txn-token"], error: "invalid_scope", side: Side::Of(Party::You), confidence: LIKELY,
        says: "The Transaction Token Service knows no such purpose, or does not grant it for this access token.",
        fix: "Compare tts.scope with the purposes that the trust domain knows." },
    Meaning { steps: &["txn-token"], error: "invalid_grant", side: Side::Of(Party::Tts), confidence: LIKELY,
        says: "The Transaction Token Service refuses the workload as an actor, and nothing wrong can be seen from here.",
        fix: "Have its administrator look up whether the platform that issued the Workload Identity Token is trusted." },
    Meaning { steps: &["internal-call"], error: "invalid_token", side: Side::Of(Party::Service), confidence: LIKELY,
        says: "The service refuses a Transaction Token in which nothing wrong can be seen from here.",
        fix: "Have its administrator compare the trust domain, issuer and keys that it expects with those of this token." },
    Meaning { steps: &["internal-call"], error: "insufficient_scope", side: Side::Of(Party::You), confidence: LIKELY,
        says: "The Transaction Token is for another purpose than this call.",
        fix: "Ask for the purpose that the service wants, in tts.scope." },
    Meaning { steps: ISSUERS, error: "404", side: Side::Of(Party::Unknown), confidence: GUESS,
        says: "No metadata stands where the issuer leads: either the issuer is another one, or the server publishes none.",
        fix: "Compare the issuer with what the server’s administrator says, character by character, its path and the slash at its \
              end too; where nothing is published, fill the endpoints in." },
    Meaning { steps: &[], error: "429", side: Side::Server, confidence: CERTAIN,
        says: "The server limits how often it may be asked, and the limit is reached.",
        fix: "Wait as long as Retry-After says, then send the step again." },
    Meaning { steps: &[], error: "temporarily_unavailable", side: Side::Server, confidence: CERTAIN,
        says: "The server says that it cannot answer now.",
        fix: "Try again later; if it stays, tell the server’s administrator." },
    Meaning { steps: &[], error: "server_error", side: Side::Server, confidence: LIKELY,
        says: "The server says that it failed itself.",
        fix: "Tell the server’s administrator the time and the request id." },
    Meaning { steps: &[], error: "502", side: Side::Server, confidence: LIKELY,
        says: "A gateway in front of the server answered in its place.",
        fix: "Tell the server’s administrator the time: the server behind the gateway did not answer." },
    Meaning { steps: &[], error: "503", side: Side::Server, confidence: LIKELY,
        says: "The server, or a gateway in front of it, is not available.",
        fix: "Try again later; if it stays, tell the server’s administrator." },
    Meaning { steps: &[], error: "504", side: Side::Server, confidence: LIKELY,
        says: "A gateway waited for the server in vain.",
        fix: "Tell the server’s administrator the time: the server behind the gateway did not answer." },
];

/// Says what a refusal means by its code alone; nothing when it may be on several sides.
pub(super) fn by_error(here: &Seen<'_>, error: &OAuthError) -> Option<Judgement> {
    let status = error.status.map(|status| status.to_string());
    let says_so = |meaning: &&Meaning| {
        let code = error.error.as_deref() == Some(meaning.error);
        let steps = meaning.steps.is_empty() || meaning.steps.contains(&here.step.id.0);
        steps && (code || status.as_deref() == Some(meaning.error))
    };
    let meaning = MEANINGS.iter().find(says_so)?;
    let owner = match meaning.side {
        Side::Server => here.step.to,
        Side::Of(party) => party,
    };
    let said = match &error.description {
        Some(description) => format!("It says: {}.", description.trim_end_matches('.')),
        None => "It gives no further words.".to_owned(),
    };
    let brief = OAuthError {
        description: None,
        ..error.clone()
    };
    let answer = fact_of_answer(&Seen {
        ending: Ending::Refused(&brief),
        ..here.clone()
    });
    let fix = match here.retry {
        Some(after) => {
            let seconds = after.bytes().all(|byte| byte.is_ascii_digit());
            let unit = if seconds { " s" } else { "" };
            let says = format!("Retry-After says ({after}{unit})");
            meaning.fix.replace("Retry-After says", &says)
        }
        None => meaning.fix.to_owned(),
    };
    Some(Judgement {
        step: here.step.id,
        owner,
        confidence: meaning.confidence,
        code: None,
        says: meaning.says.to_owned(),
        because: answer
            .into_iter()
            .chain([said])
            .chain(here.retry.map(|after| format!("Retry-After: {after}.")))
            .collect(),
        fix,
        asks: theirs::of_error(here.step.id.0, meaning.error),
    })
}

/// Words of a server that misses something.
const MISSES: &[&str] = &[
    "missing", "required", "requires", "lacks", "without", "absent", "not sent",
];

/// Says what it means that the server misses a parameter of the sign-in that is in the address: a browser was given
/// another address than the one that was made, mostly its beginning.
pub(super) fn not_whole(here: &Seen<'_>, error: &OAuthError) -> Option<Judgement> {
    let text = error.description.as_deref()?;
    let misses = MISSES.iter().any(|word| has_word(text, word));
    if here.step.id.0 != "authorize" || !misses {
        return None;
    }
    let spoken =
        |name: &str| has_word(text, name) || (name == "code_challenge" && has_word(text, "pkce"));
    let (name, _) = here
        .request?
        .query
        .0
        .iter()
        .find(|(name, value)| spoken(name) && !value.wire().is_empty())?;
    Some(Judgement {
        step: here.step.id,
        owner: Party::You,
        confidence: LIKELY,
        code: None,
        says: format!(
            "The {} misses {name}, and {name} is in the address: the browser did not open the whole of it.",
            here.step.to.name()
        ),
        because: fact_of_answer(here).into_iter().collect(),
        fix: "Open the address again, whole. One that is selected over several lines of a terminal may lose its end; copy \
              it instead."
            .to_owned(),
        asks: None,
    })
}

/// Errors that a server shows to the user where it sends nobody back.
const SHOWN: &[&str] = &[
    "invalid_request",
    "invalid_client",
    "unauthorized_client",
    "invalid_redirect_uri",
];

/// Says what it means that the IdP shows an error instead of sending the user back (RFC 6749 §4.1.2.1): it does not trust
/// the redirect URI, or knows no such client.
pub(super) fn unregistered(here: &Seen<'_>, error: &OAuthError) -> Option<Judgement> {
    let shown = error
        .status
        .is_some_and(|status| matches!(status, 400..=428 | 430..=499));
    let known = error
        .error
        .as_deref()
        .is_none_or(|code| SHOWN.contains(&code));
    if here.step.id.0 != "authorize" || !shown || !known {
        return None;
    }
    let text = error
        .description
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let (what, fix, asks) = if text.contains("redirect") {
        (
            "the redirect URI is not one that it knows of this client",
            "Compare sso.redirect_uri with the redirect URIs in the client’s registration at the IdP, character by character.",
            "Register the redirect URI below for this client, character by character, or say which one is registered.",
        )
    } else if text.contains("client") || text.contains("app") {
        (
            "it does not know this client",
            "Compare sso.client_id with the client’s registration at the IdP, and see that the profile leads to the right IdP.",
            "See whether the client below is registered and switched on, or say which id is.",
        )
    } else {
        (
            "it does not know the client or the redirect URI",
            "Compare sso.client_id and sso.redirect_uri with the client’s registration at the IdP, character by character.",
            "See whether the client below is registered, with exactly the redirect URI below, or say what is.",
        )
    };
    Some(Judgement {
        step: here.step.id,
        owner: Party::Client,
        confidence: LIKELY,
        code: None,
        says: format!(
            "The {} shows an error instead of sending the user back: {what}.",
            here.step.to.name()
        ),
        because: fact_of_answer(here).into_iter().collect(),
        fix: fix.to_owned(),
        asks: Some(asks),
    })
}

/// Says what it means that a page for people came where JSON belongs.
pub(super) fn page(here: &Seen<'_>, why: &str) -> Option<Judgement> {
    let server = here.step.to.name();
    here.page.then(|| Judgement {
        step: here.step.id,
        owner: Party::Unknown,
        confidence: GUESS,
        code: None,
        says: format!("The {server} answered with a page for people where JSON belongs."),
        because: fact_of_answer(here).into_iter().chain([why.to_owned()]).collect(),
        fix: format!(
            "Open the address in a browser and read the page. A sign-in page: a proxy stands before the {server}. A home \
             page or a console: the server lives at another address, which its administrator knows."
        ),
        asks: None,
    })
}

/// Says what an answer means that ended too soon.
pub(super) fn broken(here: &Seen<'_>) -> Judgement {
    Judgement {
        step: here.step.id,
        owner: Party::Network,
        confidence: LIKELY,
        code: None,
        says: format!(
            "The connection to the {} ended before its answer did.",
            here.step.to.name()
        ),
        because: fact_of_answer(here).into_iter().collect(),
        fix: "Try again; if it stays, compare with curl from the same machine, and look for a proxy between."
            .to_owned(),
        asks: None,
    }
}

/// Says what a missing answer means.
pub(super) fn unreachable(here: &Seen<'_>, failure: &Failure) -> Judgement {
    let server = here.step.to;
    let (owner, confidence, says, fix) = match failure {
        Failure::Name(_) => (
            Party::Network,
            LIKELY,
            format!("The host of the {} has no address here.", server.name()),
            "Check the host in the profile letter by letter; inside a company network, check DNS and VPN.",
        ),
        Failure::Connect(_) => (
            Party::Network,
            CERTAIN,
            format!(
                "Nothing accepts a connection where the {} should be.",
                server.name()
            ),
            "Check host and port, and the proxy or firewall between; the address may only answer from inside.",
        ),
        Failure::Tls(what)
            if ["expired", "not valid for", "notvalidforname", "hostname"]
                .iter()
                .any(|word| what.to_lowercase().contains(word)) =>
        {
            (
                server,
                CERTAIN,
                format!("The certificate of the {} does not hold.", server.name()),
                "Have its administrator renew the certificate, or name the host as the certificate does.",
            )
        }
        Failure::Tls(what) if what.contains("plain HTTP") => (
            Party::You,
            LIKELY,
            format!("The {} does not speak TLS at this port.", server.name()),
            "Begin the address with http:// if that is meant, or name the port that speaks TLS.",
        ),
        Failure::Tls(_) => (
            Party::Network,
            LIKELY,
            format!(
                "No trusted TLS connection to the {} could be made.",
                server.name()
            ),
            "If a proxy or a private authority signs the certificate, name its certificate in network.ca_file.",
        ),
        // Where a login is followed, it is a server that did not answer.
        Failure::Timeout(what)
            if here.step.from == Party::User && what.starts_with("nobody came back") =>
        {
            (
                Party::Unknown,
                Confidence::Guess,
                "Nobody came back from the sign-in in time.".to_owned(),
                "Sign in again and finish it. An error page of the IdP means: see that client and redirect URI are registered \
             there. A last page that does not load: paste its address.",
            )
        }
        Failure::Timeout(_) => (
            Party::Network,
            LIKELY,
            format!("The {} did not answer in time.", server.name()),
            "Try again; raise network.timeout if the server is known to be slow, and check the proxy between.",
        ),
        Failure::Aborted | Failure::Broken(_) => (
            Party::Unknown,
            Confidence::Guess,
            format!("The answer of the {} broke off.", server.name()),
            "Try again; if it stays, compare with curl from the same machine.",
        ),
    };
    let asks = match failure {
        Failure::Name(_) => {
            "Make this host known where it is asked from, or say which is the right one."
        }
        Failure::Connect(_) => {
            "Say whether this host and port can be reached from outside, and open the way there."
        }
        Failure::Tls(_) => {
            "Renew the certificate, or say which authority signs it and for which names."
        }
        Failure::Timeout(_) | Failure::Aborted | Failure::Broken(_) => {
            "Look up, at the time below, what keeps the answer back: the server, or a proxy or firewall before it."
        }
    };
    Judgement {
        step: here.step.id,
        owner,
        confidence,
        code: None,
        says,
        because: fact_of_answer(here).into_iter().collect(),
        fix: fix.to_owned(),
        asks: (owner != Party::Unknown).then_some(asks),
    }
}
