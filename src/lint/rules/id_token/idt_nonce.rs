//! The ID Token belongs to this sign-in.

use crate::lint::prelude::*;
use crate::lint::subject::query_of;

/// The rule.
pub static RULE: Rule = Rule {
    code: "IDT-NONCE",
    title: "The ID Token’s nonce is the one that was sent.",
    severity: Severity::Error,
    kind: Kind::Safety,
    spec: "OIDC §3.1.3.7 (11), §12.2",
    revision: "OIDC Core",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &["redeem-code", "refresh"],
    why: "The nonce is what ties the token to the browser that signed in here; another one means that a token of \
          another sign-in was slipped in.",
    cause: "A token of another run, or a server that forgets the nonce.",
    fix: "Drop the token and sign in again; if it comes back without the nonce, the IdP has to copy it.",
    leads_to: &[],
    words: &["nonce"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let record = match super::id_token(subject) {
        Ok(record) => record,
        Err(early) => return early,
    };

    let refreshed = subject.step_id() == "refresh";
    let sent = if refreshed {
        // A renewed one repeats the nonce of the one before, or has none (OIDC §12.2).
        let before = subject.before(Artifact::IdToken);
        before.and_then(|before| claims(&before.token).text("nonce").map(str::to_owned))
    } else {
        match subject.authorization() {
            Some(asked) => query_of(asked, "nonce"),
            None => {
                return Check::NotYet(
                    "the authorization request that the code came of is not known",
                );
            }
        }
    };
    let Some(sent) = sent else {
        return Check::NotApplicable;
    };
    let at = Pointer::Claim(record.name.clone(), "/nonce".to_owned());
    match claims(&record.token).text("nonce") {
        Some(came) => Check::must(came == sent, || {
            Finding::new(
                at,
                Party::Idp,
                "The ID Token carries the nonce of another sign-in.",
            )
            .differs(&sent, came)
        }),
        None if refreshed => Check::NotApplicable,
        None => Check::Found(vec![
            Finding::new(
                at,
                Party::Idp,
                "A nonce was sent, and the ID Token has none.",
            )
            .expected(sent)
            .got("nothing"),
        ]),
    }
}
