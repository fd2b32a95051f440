//! The ID-JAG is valid now.

use crate::lint::prelude::*;
use crate::protocol::time::{Lifetime, Timestamp};

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-TIMES",
    title: "Now lies between the ID-JAG’s iat (and nbf) and its exp.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §3.1; RFC 7523 §3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: &["id-jag", "jwt-bearer", DECODE],
    why: "An ID-JAG lives for minutes. The server that redeems it refuses one that has ended, and one that seems to \
          come from the future.",
    cause: "The walk stood still for too long, or a clock is off.",
    fix: "Get a fresh ID-JAG; when that is refused, too, compare the clocks.",
    leads_to: &["invalid_grant"],
    words: &["expired", "not yet valid", "nbf", "in the future"],
    check,
};

/// So far may two clocks be apart and nobody calls it wrong; the figure is ours.
const SKEW: Lifetime = Lifetime(60_000);

fn check(subject: &Subject<'_>) -> Check {
    if subject.step_id() == "jwt-bearer" {
        let sent = subject.sent_token("assertion");
        return match sent.filter(|_| !subject.is_on_behalf_of()) {
            Some(token) => {
                // What counts is the moment of sending.
                let now = subject
                    .exchange()
                    .map_or(subject.now, |sent| sent.times.start);
                // One that was over before it came is not ours to have kept too long.
                let came = subject.before(Artifact::IdJag).map(|record| record.gained);
                let over = came.zip(claims(&token).time("exp"));
                let owner = match over {
                    Some((came, end)) if end < came => Party::Idp,
                    _ => Party::You,
                };
                judge(now, "assertion", &token, owner, Party::Unknown)
            }
            None => Check::NotApplicable,
        };
    }
    match super::grant(subject) {
        Some(record) => judge(
            subject.now,
            &record.name,
            &record.token,
            Party::Idp,
            clock(subject),
        ),
        None => Check::NotApplicable,
    }
}

/// Whose clock it is when the IdP's token lies ahead of ours: the IdP's own, where the `Date` of its answer agrees with
/// ours; else nobody can tell.
fn clock(subject: &Subject<'_>) -> Party {
    let date = subject
        .response()
        .and_then(|response| response.header("date"));
    match date.and_then(Timestamp::from_http_date) {
        Some(date) if date.since(subject.now).0.abs() <= SKEW.0 => Party::Idp,
        _ => Party::Unknown,
    }
}

fn judge(now: Timestamp, name: &str, token: &Token, owner: Party, clock: Party) -> Check {
    let read = claims(token);
    let at = |claim: &str| Pointer::Claim(name.to_owned(), format!("/{claim}"));
    let mut findings = Vec::new();
    if ["exp", "iat", "nbf"]
        .iter()
        .all(|claim| read.time(claim).is_none())
    {
        return Check::NotApplicable;
    }
    if let Some(end) = read.time("exp").filter(|end| now >= *end) {
        let finding = |says: &str| {
            Finding::new(at("exp"), owner, says)
                .expected(format!("an end after {now}"))
                .got(end.in_words(now))
        };
        findings.push(if owner == Party::Idp {
            finding("The ID-JAG had expired when it came.").fix(
                "Have the IdP issue ID-JAGs with an exp that lies ahead, and check the clock of the server that signs them.",
            )
        } else {
            finding("The ID-JAG has expired.")
        });
    }
    for claim in ["iat", "nbf"] {
        let Some(start) = read.time(claim).filter(|start| *start > now) else {
            continue;
        };
        let ahead = start.since(now);
        // Whose clock is off, nobody can tell from one token; a small difference most servers forgive.
        let severity = if ahead <= SKEW {
            Severity::Note
        } else {
            Severity::Error
        };
        findings.push(
            Finding::new(
                at(claim),
                clock,
                format!("By the clock of this machine, the ID-JAG’s {claim} lies {ahead} ahead."),
            )
            .expected(format!("at most {now}"))
            .got(start.in_words(now))
            .severity(severity)
            .fix("Compare the clock of this machine with the IdP’s."),
        );
    }
    Check::of(findings)
}
