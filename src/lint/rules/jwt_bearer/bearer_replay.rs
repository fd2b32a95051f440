//! An ID-JAG is best redeemed once.

use crate::{
    lint::{prelude::*, subject::main},
    protocol::exchange::Exchange,
};

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
    cause: "The step was sent again, and the ID-JAG is still the one of the time before.",
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
    let sent = subject
        .past
        .iter()
        .filter(|past| past.step.0 == "jwt-bearer")
        .filter_map(|past| main(past.made));
    let before: Vec<&Exchange> = sent
        .filter(|exchange| {
            let form = exchange.request.http().form();
            form.and_then(|form| form.get("assertion"))
                .is_some_and(|sent| sent.wire() == grant)
        })
        .collect();
    Check::must(before.is_empty(), || {
        let taken = |exchange: &&Exchange| {
            let answer = exchange.response();
            answer.is_some_and(|response| (200..300).contains(&response.status))
        };
        let times = |count: usize| match count {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            more => format!("{more} times"),
        };
        let sent = times(before.len());
        let taken = times(before.iter().filter(|exchange| taken(exchange)).count());
        let finding = Finding::new(
            Pointer::Form("assertion".to_owned()),
            Party::You,
            format!("This ID-JAG was sent {sent} before, and taken {taken}."),
        );
        // Other refusals are not about the ID-JAG, and a fresh one would change nothing.
        match subject.refusal().and_then(|error| error.error) {
            Some(error) if error != "invalid_grant" => finding.fix(format!(
                "Nothing for now: {error} is not about an ID-JAG that was sent before. Get a fresh one when the server \
                 says invalid_grant."
            )),
            _ => finding,
        }
    })
}
