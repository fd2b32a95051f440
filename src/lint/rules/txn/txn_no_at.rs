//! A Transaction Token holds no access token.

use serde_json::Value;

use super::{TXN_FLOWS, token};
use crate::{lint::prelude::*, protocol::secret::Secret};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TXN-NO-AT",
    title: "The Transaction Token has no access token in its claims.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "TXN §13.4",
    revision: "TXN-09",
    since: Revision::FIRST,
    flows: TXN_FLOWS,
    steps: token::STEPS,
    why: "Every service that sees the Transaction Token could take the access token out and use it at the API.",
    cause: "The service copied the incoming request, with its Authorization header, into the context.",
    fix: "Have the Transaction Token Service copy only what services need; treat the access token as known.",
    leads_to: &[],
    words: &["access token"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(record) = token::of(subject) else {
        return Check::NotApplicable;
    };
    let Some(json) = record.token.claims.json.as_ref() else {
        return Check::NotYet("the Transaction Token cannot be read");
    };
    let presented = subject.form("subject_token");
    let mut found = Vec::new();
    walk(json, "", &mut |pointer, text| {
        let ours = presented
            .as_deref()
            .is_some_and(|token| text.contains(token));
        if ours || text.split(' ').any(is_access_token) {
            found.push(
                Finding::new(
                    Pointer::Claim(record.name.clone(), pointer.to_owned()),
                    Party::Tts,
                    "The Transaction Token has an access token in it.",
                )
                .expected("no token")
                .got("an access token"),
            );
        }
    });
    Check::of(found)
}

fn is_access_token(word: &str) -> bool {
    word.starts_with("ey")
        && Token::parse(&Secret::minted("claim", word)).kind() == TokenKind::AccessToken
}

fn walk(value: &Value, pointer: &str, see: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => see(pointer, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), see);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(member, &format!("{pointer}/{name}"), see);
            }
        }
        _ => {}
    }
}
