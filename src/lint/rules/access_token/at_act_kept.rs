//! Who acts is not lost on the way.

use serde_json::Value;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-ACT-KEPT",
    title: "The act of the ID-JAG, or of the subject token, is in the access token, too.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "AP §3.6.3.2, §3.6.3.3, §5.1",
    revision: "AP-00",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["jwt-bearer", "exchange", "exchange-2", "exchange-3"],
    why: "act says that an agent acts for the user. Without it the API sees the user alone, and the agent can do \
          whatever the user can.",
    cause: "The authorization server drops claims that it does not know.",
    fix: "Have the authorization server carry act over into the access token.",
    leads_to: &["actor_unauthorized"],
    words: &["actor token", "may not act"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let source = subject
        .sent_token("assertion")
        .map(|token| ("ID-JAG", token))
        .or_else(|| Some(("subject token", subject.sent_token("subject_token")?)));
    let (Some((name, source)), Some(record)) = (source, super::access_token(subject)) else {
        return Check::NotApplicable;
    };
    let before = chain(claims(&source).0);
    if before.is_empty() {
        return Check::NotApplicable;
    }
    let after = chain(claims(&record.token).0);
    // A new actor stands before those who acted so far.
    let new = after.len().saturating_sub(before.len());
    let kept = if subject.form("actor_token").is_some() {
        is_same(&before, &after[new..])
    } else {
        is_same(&before, &after)
    };
    Check::must(kept, || {
        let says = if after.is_empty() {
            format!("The {name} says who acts for the user, and the access token does not.")
        } else {
            format!("The access token tells of other actors than the {name}.")
        };
        Finding::new(
            Pointer::Claim(record.name.clone(), "/act".to_owned()),
            subject.server(),
            says,
        )
        .expected(told(&before))
        .got(told(&after))
    })
}

/// An actor: who, and by whose word.
type Actor<'a> = (Option<&'a str>, Option<&'a str>);

/// Returns the actors, the one who acts now first.
fn chain(claims: &Value) -> Vec<Actor<'_>> {
    let mut actors = Vec::new();
    let mut next = claims.get("act");
    while let Some(act) = next {
        actors.push((
            act.get("sub").and_then(Value::as_str),
            act.get("iss").and_then(Value::as_str),
        ));
        next = act.get("act");
    }
    actors
}

/// Compares by name, and by issuer where both have one: some servers leave it out.
fn is_same(before: &[Actor<'_>], after: &[Actor<'_>]) -> bool {
    let one = |((sub, iss), (other, by)): (&Actor<'_>, &Actor<'_>)| {
        sub == other && (iss.is_none() || by.is_none() || iss == by)
    };
    before.len() == after.len() && before.iter().zip(after).all(one)
}

/// Tells a chain in words.
fn told(chain: &[Actor<'_>]) -> String {
    let names: Vec<&str> = chain
        .iter()
        .map(|(sub, _)| sub.unwrap_or("somebody without a name"))
        .collect();
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(", acting for ")
    }
}
