//! The IdP wants the user to sign in again, or more strongly.

use crate::lint::prelude::*;
use crate::protocol::oauth::challenge_param;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDJAG-REQ-STEPUP",
    title: "The user’s sign-in is fresh and strong enough for the IdP’s policy.",
    severity: Severity::Note,
    kind: Kind::Habit,
    spec: "JAG §9.2; RFC 9470 §3",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::ID_JAG,
    why: "The policy for this audience asks for a newer or a stronger sign-in than the one that the subject token \
          tells of. That is no fault: the user signs in once more, as the answer says.",
    cause: "The sign-in is too old, or was made without a second factor.",
    fix: "Sign in again and ask for what the IdP wants.",
    leads_to: &["insufficient_user_authentication"],
    words: &["step-up", "acr_values", "max_age"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    let asked = subject
        .refusal()
        .and_then(|refusal| refusal.error)
        .is_some_and(|error| error == "insufficient_user_authentication");
    if !asked {
        return Check::Pass;
    }
    let json = subject.json().unwrap_or_default();
    let challenge = response.header("www-authenticate");
    let wants: Vec<String> = ["acr_values", "max_age"]
        .into_iter()
        .filter_map(|name| {
            let value = match json.get(name) {
                Some(value) => shown(Some(value)),
                None => challenge_param(challenge?, name)?,
            };
            Some(format!("{name}={value}"))
        })
        .collect();
    let at = match json.get("error") {
        Some(_) => Pointer::Json("/error".to_owned()),
        None => Pointer::Header(Side::Response, "www-authenticate".to_owned()),
    };
    let says =
        "The IdP asks for a newer or a stronger sign-in of the user before it issues this ID-JAG.";
    let finding = Finding::new(at, Party::User, says);
    Check::Found(vec![if wants.is_empty() {
        finding
    } else {
        let wants = wants.join(" ");
        finding
            .expected(format!("a sign-in with {wants}"))
            .fix(format!(
                "Go back to authorize and sign in again with {wants} (sso.params)."
            ))
    }])
}
