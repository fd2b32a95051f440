//! The client that redeems the ID-JAG is the one that it names.

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "BEARER-ASSERTION-CLIENT-MATCH",
    title: "The client that authenticates is the client_id in the ID-JAG.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "JAG §4.4.1",
    revision: "JAG-05",
    since: Revision::FIRST,
    flows: JAG_FLOWS,
    steps: at::JWT_BEARER,
    why: "The ID-JAG is for one client at this server; in anybody else’s hands it must be worthless.",
    cause: "The client is registered here under another id than the IdP was told, or the IdP wrote its own id of the \
          client.",
    fix: "Authenticate as the client that the ID-JAG names, or have the IdP name this one.",
    leads_to: &["invalid_grant", "invalid_client"],
    words: &["client_id", "client"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(token) = super::assertion(subject) else {
        return Check::NotApplicable;
    };
    let Some(named) = claims(&token).text("client_id") else {
        return Check::NotApplicable;
    };
    let Some(client) = subject.client_id() else {
        return if subject.proves_itself() {
            Check::NotYet("the client’s credentials are read when the step is sent")
        } else {
            Check::NotApplicable
        };
    };
    Check::must(named == client, || {
        // The id that the client has at the IdP is the IdP's mistake; any other may well be the right one.
        let at_idp = [fields::AGENT_CLIENT_ID, fields::SSO_CLIENT_ID]
            .into_iter()
            .any(|field| subject.text(field) == Some(named));
        let at = Pointer::Claim("assertion".to_owned(), "/client_id".to_owned());
        if at_idp {
            Finding::new(
                at,
                Party::Idp,
                "The ID-JAG names the client by its id at the IdP, and another id authenticates here.",
            )
            .differs(&client, named)
            .fix("Have the IdP map the client to its id at the resource authorization server.")
        } else {
            // The ID-JAG is signed; so it is the word of the profile that is held against it.
            Finding::new(
                Pointer::Profile(fields::RESOURCE_AS_CLIENT_ID.0.to_owned()),
                Party::You,
                format!("The ID-JAG is for the client {named}, and {client} authenticates."),
            )
            .differs(named, &client)
            .fix(format!(
                "If {named} is this client’s id at the resource authorization server, set resource_as.client_id to it."
            ))
        }
    })
}
