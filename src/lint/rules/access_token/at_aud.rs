//! The access token is for the API that is called.

use url::Url;

use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-AUD",
    title: "The access token's aud covers the API.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9068 §3, §4; RFC 9700 §2.3; EMA §5.1",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "jwt-bearer",
        "exchange",
        "call-api",
        "mcp-initialize",
        "mcp-tools",
    ],
    why: "An API refuses a token that is made out to another; else a token for one service would open them all.",
    cause: "No resource was asked for, and the server took its default audience; or resource names the API \
          differently than the API does.",
    fix: "Set agent.resource to the name that the API has for itself.",
    leads_to: &["invalid_token", "401"],
    words: &["audience", "aud"],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let calls = at::API.contains(&subject.step_id());
    let presented = subject
        .presented()
        .map(|(_, token)| token)
        .filter(|_| calls);
    let own = super::access_token(subject).map(|record| &record.token);
    let Some(token) = presented.as_ref().or(own) else {
        return Check::NotApplicable;
    };
    let read = claims(token);
    let audiences = read.list("aud");
    // Another kind of token is for IDJAG-AS-API-TOKEN.
    if audiences.is_empty() || is_another(token, "at+jwt") {
        return Check::NotApplicable;
    }
    let asked = asked(subject);
    let called = if calls {
        subject.address()
    } else {
        subject.text(fields::API_URL)
    };
    let named = audiences
        .iter()
        .any(|aud| asked.iter().any(|one| covers(aud, one)));
    let reached = called.is_some_and(|url| audiences.iter().any(|aud| covers(aud, url)));
    if named || reached && (calls || asked.is_empty()) {
        return Check::Pass;
    }
    let at = Pointer::Claim("access-token".to_owned(), "/aud".to_owned());
    let got = shown(read.0.get("aud"));
    match (asked.first(), called) {
        (Some(resource), _) => {
            let granted = granted(subject);
            let owner = if granted.is_empty() || granted.contains(resource) {
                Party::ResourceAs
            } else {
                Party::Idp
            };
            let finding = Finding::new(
                at,
                owner,
                "The access token is not made out to the resource that was asked for.",
            );
            let fix = "Have the authorization server write the resource that was asked for into aud.";
            let finding = finding.fix(fix);
            Check::Found(vec![match audiences.as_slice() {
                [one] => finding.differs(resource, one),
                _ => finding.expected(resource.clone()).got(got),
            }])
        }
        // What the API calls itself is not known, and its address need not be its name.
        (None, Some(url)) => Check::Found(vec![
            Finding::new(
                at,
                Party::You,
                "No resource was asked for, and the access token's audience does not look like the API.",
            )
            .expected(url)
            .got(got)
            .severity(Severity::Note),
        ]),
        (None, None) => Check::NotYet("neither a resource nor an API is known"),
    }
}

/// Returns the resources that the walk asks for.
fn asked(subject: &Subject<'_>) -> Vec<String> {
    if subject.step_id() == "exchange" {
        return [subject.forms("resource"), subject.forms("audience")].concat();
    }
    let granted = granted(subject);
    if granted.is_empty() {
        subject.profile.list(fields::AGENT_RESOURCE)
    } else {
        granted
    }
}

/// Returns the resources that the ID-JAG names.
fn granted(subject: &Subject<'_>) -> Vec<String> {
    let sent = subject.sent_token("assertion");
    let known = subject.before(Artifact::IdJag).map(|record| &record.token);
    let token = sent.as_ref().or(known);
    let resources = token.map(|token| claims(token).list("resource"));
    let resources = resources.unwrap_or_default();
    resources.into_iter().map(str::to_owned).collect()
}

/// Tells whether an audience is that address, or one above it on the same host.
fn covers(audience: &str, address: &str) -> bool {
    if audience == address {
        return true;
    }
    let (Ok(above), Ok(below)) = (Url::parse(audience), Url::parse(address)) else {
        return false;
    };
    let path = above.path().trim_end_matches('/');
    let rest = below.path().strip_prefix(path);
    above.has_host()
        && above.origin() == below.origin()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
