//! The access token can do no more than the ID-JAG allows.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-SCOPE-GROW",
    title: "The granted scope holds only what the ID-JAG’s scope has.",
    severity: Severity::Warning,
    kind: Kind::Safety,
    spec: "JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The IdP decided what this agent may do for the user. What the resource authorization server adds, nobody at \
          the user’s company agreed to.",
    cause: "The server adds the default scopes of the client or of the API.",
    fix: "Have the resource authorization server cut the scope to that of the ID-JAG.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let (Some(token), Some(answer)) = (super::assertion(subject), subject.granted()) else {
        return Check::NotApplicable;
    };
    let Some(limit) = claims(&token).0.get("scope") else {
        return Check::NotApplicable;
    };
    let allowed = scope_words(Some(limit));
    let access = subject.token(Artifact::AccessToken);
    let inside = access.and_then(|record| {
        let read = claims(&record.token).0;
        let claim = ["scope", "scp"]
            .into_iter()
            .find(|claim| read.get(claim).is_some())?;
        let at = Pointer::Claim(record.name.clone(), format!("/{claim}"));
        Some((read.get(claim)?, at))
    });
    // The token itself counts more than the words about it.
    let said = || Some((answer.get("scope")?, Pointer::Json("/scope".to_owned())));
    let Some((granted, at)) = inside.or_else(said) else {
        return Check::NotApplicable;
    };
    let more: Vec<&str> = scope_words(Some(granted))
        .into_iter()
        .filter(|word| !allowed.contains(word))
        .collect();
    Check::must(more.is_empty(), || {
        Finding::new(
            at,
            subject.server(),
            format!(
                "The access token can do more than the ID-JAG allows: {}.",
                more.join(" ")
            ),
        )
        .expected(shown(Some(limit)))
        .got(shown(Some(granted)))
    })
}
