//! The access token is for the API that is called.

use url::Url;

use crate::{
    flow::{Step, flows::FLOWS},
    lint::prelude::*,
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "AT-AUD",
    title: "The access token’s aud covers the API.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 9068 §3, §4; RFC 9700 §2.3; EMA §5.1",
    revision: "RFC 9068",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: &[
        "jwt-bearer",
        "exchange",
        "exchange-2",
        "exchange-3",
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
    let (mut asked, owner) = asked(subject);
    if !can_ask(subject) {
        asked.clear();
    }
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
    if !can_ask(subject) {
        return Check::NotApplicable;
    }
    let name = super::access_token(subject).map_or("access-token", |record| &record.name);
    let at = Pointer::Claim(name.to_owned(), "/aud".to_owned());
    let got = shown(read.0.get("aud"));
    match (asked.first(), called) {
        (Some(resource), _) => {
            let finding = Finding::new(
                at,
                owner,
                "The access token is not made out to the resource that was asked for.",
            );
            let finding = finding.fix(if owner == Party::Idp && subject.flow != "delegation" {
                "Have the IdP write the resource into the ID-JAG; the authorization server goes by that."
            } else {
                "Have the authorization server write the resource that was asked for into aud."
            });
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
                "No resource was asked for, and the access token’s audience does not look like the API.",
            )
            .expected(url)
            .got(got)
            .severity(Severity::Note),
        ]),
        (None, None) => Check::NotYet("neither a resource nor an API is known"),
    }
}

/// Tells whether the flow has a place to ask for a resource: where it has none, nobody could have asked for one.
fn can_ask(subject: &Subject<'_>) -> bool {
    let flow = FLOWS.iter().find(|flow| flow.id.0 == subject.flow);
    let asks = |step: &dyn Step| step.info().fields.contains(&fields::AGENT_RESOURCE);
    flow.is_none_or(|flow| flow.steps().any(asks))
}

/// The exchanges that end with an access token, in their order.
const EXCHANGES: &[&str] = &["exchange", "exchange-2", "exchange-3"];

/// Returns the resources that the walk asks for, and whose work it is to write them into the token.
fn asked(subject: &Subject<'_>) -> (Vec<String>, Party) {
    if subject.step_id().starts_with("exchange") {
        let asked = [subject.forms("resource"), subject.forms("audience")].concat();
        return (asked, subject.server());
    }
    // What an exchange asked for by name is what the API is called there.
    let mut hops = EXCHANGES.iter().rev();
    if let Some(http) = hops.find_map(|step| subject.last_request(step)) {
        let form = http.form().into_iter().flat_map(|form| &form.0);
        let named = form.filter(|(name, _)| matches!(name.as_str(), "audience" | "resource"));
        let named = named.map(|(_, value)| value.wire()).collect();
        let owner = if subject.flow == "delegation" {
            Party::Idp
        } else {
            Party::ResourceAs
        };
        return (named, owner);
    }
    let sent = subject.sent_token("assertion");
    let known = subject.before(Artifact::IdJag).map(|record| &record.token);
    let grant = sent.as_ref().or(known);
    let granted = grant.map(|token| claims(token).list("resource"));
    match granted {
        Some(granted) if !granted.is_empty() => (
            granted.into_iter().map(str::to_owned).collect(),
            Party::ResourceAs,
        ),
        // An ID-JAG without the resource that was asked for leaves the resource AS nothing to go by.
        granted => (
            subject.profile.list(fields::AGENT_RESOURCE),
            if granted.is_some() {
                Party::Idp
            } else {
                Party::ResourceAs
            },
        ),
    }
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

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn an_audience_covers_what_lies_below_it_and_no_neighbour() {
        for (audience, address) in [
            ("https://api.example", "https://api.example/notes?page=2"),
            ("https://api.example/", "https://api.example"),
            ("https://api.example/v1", "https://api.example/v1/notes"),
            ("api://notes", "api://notes"),
        ] {
            assert!(covers(audience, address), "{audience} {address}");
        }
        for (audience, address) in [
            ("https://api.example/v1", "https://api.example/v10"),
            ("https://api.example/v1", "https://api.example"),
            ("https://api.example", "https://api.example.evil.example/"),
            ("https://api.example", "http://api.example/notes"),
            ("notes", "https://api.example/notes"),
        ] {
            assert!(!covers(audience, address), "{audience} {address}");
        }
    }
}
