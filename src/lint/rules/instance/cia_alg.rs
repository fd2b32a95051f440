//! An instance assertion is signed by an algorithm that the client allows.

use super::{
    INSTANCE_FLOWS,
    assertion::{self, Assertion},
};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "CIA-ALG",
    title: "The instance assertion is signed by an asymmetric algorithm that its descriptor allows.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "CIA §6.1.1, §7.3",
    revision: "CIA-01",
    since: Revision::FIRST,
    flows: INSTANCE_FLOWS,
    steps: assertion::STEPS,
    why: "With a shared secret the server could write assertions itself; an algorithm outside the list is refused.",
    cause: "A sample’s HS256 was kept, or the descriptor lists another algorithm.",
    fix: "Sign with ES256 and list it in signing_alg_values_supported of the descriptor.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["algorithm"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(assertion) = Assertion::of(subject) else {
        return Check::NotApplicable;
    };
    if assertion.token.header.json.is_none() {
        return Check::NotYet("the instance assertion cannot be read");
    }
    let alg = header(&assertion.token).text("alg");
    let finding = |owner, says: &str| {
        let at = Pointer::Jose(assertion.name.clone(), "/alg".to_owned());
        Finding::new(at, owner, says).got(alg.unwrap_or("nothing"))
    };
    let Some(alg) = alg.filter(|alg| !alg.eq_ignore_ascii_case("none") && !alg.starts_with("HS"))
    else {
        return Check::Found(vec![
            finding(
                Party::InstanceIssuer,
                "The instance assertion is not signed with a private key.",
            )
            .expected("an asymmetric algorithm such as ES256"),
        ]);
    };
    let descriptor = assertion::descriptor(subject, &assertion);
    let listed: Option<Vec<&str>> = descriptor.as_ref().and_then(|one| {
        let list = one["signing_alg_values_supported"].as_array()?;
        Some(list.iter().filter_map(serde_json::Value::as_str).collect())
    });
    match listed {
        Some(listed) if !listed.contains(&alg) => Check::Found(vec![
            finding(
                Party::Client,
                "The instance assertion is signed by an algorithm that the client’s descriptor does not list.",
            )
            .expected(listed.join(", ")),
        ]),
        _ => Check::Pass,
    }
}
