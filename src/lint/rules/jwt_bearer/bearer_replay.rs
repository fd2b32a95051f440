//! An ID-JAG is best redeemed once.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-REPLAY",
    title: "The ID-JAG was not sent before.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "JAG §4.4.3; CH §5.5; EMA §7.4.2",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The draft lets a client send an ID-JAG again while it lives. Some servers take each jti only once, among \
          them Keycloak and those of MCP.",
    cause: "The step was tried again after a refusal, with the same ID-JAG.",
    fix: "When the server says invalid_grant, get a fresh ID-JAG first.",
    leads_to: &["invalid_grant"],
    words: &[
        "replay",
        "reuse",
        "already used",
        "already been used",
        "jti",
    ],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(grant) = subject.form("assertion") else {
        return Check::NotApplicable;
    };
    let before = subject
        .requests("jwt-bearer")
        .into_iter()
        .filter_map(|http| http.form()?.get("assertion"))
        .filter(|sent| sent.wire() == grant)
        .count();
    Check::must(before == 0, || {
        let times = if before == 1 {
            "once"
        } else {
            "more than once"
        };
        Finding::new(
            Pointer::Form("assertion".to_owned()),
            Party::You,
            format!("This ID-JAG was sent {times} before."),
        )
    })
}
