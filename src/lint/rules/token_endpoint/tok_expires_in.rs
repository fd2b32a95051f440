//! An answer says how long its token lasts, and the token agrees.

use serde_json::Value;

use super::waits;
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-EXPIRES-IN",
    title: "A token answer has expires_in as a number that agrees with the token’s exp to 60 seconds.",
    severity: Severity::Warning,
    kind: Kind::Should,
    spec: "RFC 6749 §5.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "A client plans its next request by this number; a wrong one makes it send a dead token, or throw a good \
          one away.",
    cause: "The number is sent as a text, or counts from another moment than the token’s exp.",
    fix: "Send expires_in as a number of seconds that ends with the token.",
    leads_to: &["invalid_token"],
    words: &["expired"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(answer) = subject.granted() else {
        return waits(subject);
    };
    if answer["error"].is_string() {
        // An error with status 200 is for TOK-JSON.
        return Check::NotApplicable;
    }
    let at = Pointer::Json("/expires_in".to_owned());
    let finding = |says: String| Finding::new(at, subject.server(), says);
    let Some(seconds) = answer["expires_in"].as_f64() else {
        let says = match answer.get("expires_in") {
            None | Some(Value::Null) => "The answer does not say how long its token lasts.",
            Some(_) => "The answer has expires_in, but not as a number.",
        };
        let got = shown(answer.get("expires_in"));
        return Check::Found(vec![
            finding(says.to_owned())
                .expected("a number of seconds")
                .got(got),
        ]);
    };
    let issued = [
        Artifact::IdJag,
        Artifact::AccessToken,
        Artifact::SsoAccessToken,
    ]
    .into_iter()
    .find_map(|artifact| subject.token(artifact));
    let Some((record, token, end)) = issued.and_then(|record| {
        let claims = claims(&record.token);
        Some((record, claims, claims.time("exp")?))
    }) else {
        return Check::Pass;
    };
    // Counted from the token's own clock or from ours: a clock that is off is for another rule, and a token out of a
    // cache has less left than it once had.
    let starts = [token.time("iat"), Some(subject.now)];
    let spans = starts.into_iter().flatten().map(|start| end.since(start));
    #[allow(clippy::cast_precision_loss)] // seconds of a life
    let left: Vec<f64> = spans.map(|span| span.0 as f64 / 1000.0).collect();
    // What has ended already lasts no longer, whatever its own iat says.
    let ended = end <= subject.now && seconds > SLACK;
    if ended {
        let says = format!(
            "The answer says that its token lasts {seconds} s, and the token had ended when it came."
        );
        return Check::Found(vec![
            Finding::new(
                Pointer::Claim(record.name.clone(), "/exp".to_owned()),
                subject.server(),
                says,
            )
            .expected(format!("a time after {}", subject.now))
            .got(end.to_string())
            .fix("Issue the token with an exp that lies ahead, and check the clock of the server that signs it."),
        ]);
    }
    let agrees = left.iter().any(|left| (left - seconds).abs() <= SLACK);
    Check::must(agrees, || {
        finding(format!(
            "The answer says that its token lasts {seconds} s, the token’s exp says {} s.",
            left[0].round()
        ))
        .expected(left[0].round().to_string())
        .got(seconds.to_string())
    })
}

/// How far the two may be apart, in seconds; the figure is ours.
const SLACK: f64 = 60.0;
