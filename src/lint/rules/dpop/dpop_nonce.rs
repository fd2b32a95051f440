//! A server's newest nonce is in the next proof that goes there.

use super::proof::{self, Proof};
use crate::{flow::Made, lint::prelude::*, protocol::exchange::Purpose};

/// The rule.
pub static RULE: Rule = Rule {
    code: "DPOP-NONCE",
    title: "The DPoP proof has the newest nonce that its server gave.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9449 §8, §8.2, §9",
    revision: "RFC 9449",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: proof::STEPS,
    why: "With its nonce a server limits the life of proofs by its own clock; it refuses a proof without it, or with \
          one of before.",
    cause: "The refused request was not sent again with the nonce, or the nonce of the authorization server was used \
            at the API.",
    fix: "Keep the newest DPoP-Nonce of each server, and send a refused request once more with it.",
    leads_to: &["use_dpop_nonce", "invalid_dpop_proof"],
    words: &["nonce"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(http), Some(proof)) = (subject.http(), Proof::of(subject)) else {
        return Check::NotApplicable;
    };
    // By address, not by host: an authorization server and an API may share one, and their nonces are two (RFC 9449 §9).
    let here: Vec<String> = given(subject, |url| url == http.url);
    let elsewhere = given(subject, |url| url != http.url);
    let sent = claims(&proof.token).text("nonce");
    let newest = here.last().map(String::as_str);
    let finding = |says: &str| Finding::new(proof.claim("/nonce"), proof.owner, says);
    let of_another = sent.is_some_and(|sent| {
        elsewhere.iter().any(|nonce| nonce == sent) && !here.iter().any(|nonce| nonce == sent)
    });
    match (newest, sent) {
        (Some(newest), sent) if sent != Some(newest) => {
            let says = match sent {
                None => "The DPoP proof lacks the nonce that this server gave.",
                Some(_) if of_another => "The DPoP proof has another server’s nonce.",
                Some(_) => "The DPoP proof has another nonce than the newest of this server.",
            };
            return Check::Found(vec![
                finding(says)
                    .expected(newest)
                    .got(sent.unwrap_or("nothing")),
            ]);
        }
        (None, Some(sent)) if of_another => {
            return Check::Found(vec![
                finding("The DPoP proof has another server’s nonce.")
                    .expected("no nonce until this server gives one")
                    .got(sent),
            ]);
        }
        _ => {}
    }
    if let Some(finding) = unanswered(subject) {
        return Check::Found(vec![finding]);
    }
    match (newest, sent) {
        (Some(_), _) => Check::Pass,
        (None, Some(_)) => Check::NotYet("where the nonce came from is not known"),
        (None, None) => Check::NotApplicable,
    }
}

/// Says that the last answer asked for a nonce.
fn unanswered(subject: &Subject<'_>) -> Option<Finding> {
    let refusal = subject.refusal()?;
    if refusal.error.as_deref() != Some("use_dpop_nonce") {
        return None;
    }
    let at = Pointer::Header(Side::Response, "dpop-nonce".to_owned());
    let nonce = subject
        .response()
        .and_then(|answer| answer.header("dpop-nonce"));
    // It was sent again with a nonce of this server, and refused once more.
    let tried = subject
        .made
        .iter()
        .any(|made| made.purpose == Purpose::Retry);
    Some(match nonce {
        Some(_) if tried => Finding::new(
            at,
            subject.server(),
            "The server wants another nonce each time: it does not take the one that it gave.",
        )
        .fix("Have the server take the newest nonce that it gave, and the one before it for a while."),
        Some(_) => Finding::new(
            at,
            Party::You,
            "The server wants its nonce in the DPoP proof, and the request was not sent again with it.",
        ),
        None => Finding::new(
            at,
            subject.server(),
            "The server wants a nonce in the DPoP proof but gives none.",
        )
        .expected("a DPoP-Nonce header")
        .got("nothing")
        .fix("Have the server send DPoP-Nonce beside use_dpop_nonce."),
    })
}

/// Returns every nonce that answers to earlier requests gave, oldest first; of this attempt all but the last request.
fn given(subject: &Subject<'_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let last = subject
        .made
        .iter()
        .rposition(|made| made.purpose == Purpose::Main)
        .unwrap_or(subject.made.len());
    let past = subject.past.iter().flat_map(|past| past.made);
    past.chain(&subject.made[..last])
        .filter(|made| wanted(&made.exchange.request.http().url))
        .filter_map(nonce)
        .collect()
}

fn nonce(made: &Made) -> Option<String> {
    let response = made.exchange.response()?;
    response.header("dpop-nonce").map(str::to_owned)
}
