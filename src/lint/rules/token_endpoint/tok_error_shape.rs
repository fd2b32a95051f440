//! A refusal is JSON with an error code.

use super::{kind_of, whose_address};
use crate::{
    lint::prelude::*,
    protocol::{http::Response, page},
};

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-ERROR-SHAPE",
    title: "The body of a refused token request is a JSON object with an error.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §5.2",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Without a code a client cannot tell a mistake of its own from one of the server’s.",
    cause: "A gateway in front of the server answered with its own page.",
    fix: "Read the log of the server itself, or of the gateway before it.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    if !(400..500).contains(&response.status) {
        return Check::NotApplicable;
    }
    if response.cut.is_some() {
        return Check::NotYet("the answer was not read to its end");
    }
    // Statuses that RFC 6749 never gives a token endpoint: whoever answered is not the server that it speaks of.
    let before_it = !matches!(response.status, 400 | 401 | 403);
    let owner = match response.status {
        404 | 405 | 410 => whose_address(subject),
        _ => subject.server(),
    };
    let severe = |finding: Finding| {
        if before_it {
            finding.severity(Severity::Warning)
        } else {
            finding
        }
    };
    let json = response.json();
    let coded = json.as_ref().is_ok_and(|json| json["error"].is_string());
    if matches!(response.status, 404 | 405 | 410) && !coded {
        return Check::Found(vec![severe(nothing_there(subject, response, owner))]);
    }
    match json {
        Ok(json) => {
            let holds = json["error"].as_str().is_some_and(|code| !code.is_empty());
            Check::must(holds, || {
                let names: Vec<&str> = json
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.as_str())
                    .take(8)
                    .collect();
                let got = match (json.get("error"), names.is_empty()) {
                    (Some(error), _) => kind_of(Some(error)).to_owned(),
                    (None, true) => "nothing".to_owned(),
                    (None, false) => format!("only {}", names.join(", ")),
                };
                severe(
                    Finding::new(
                        Pointer::Json("/error".to_owned()),
                        owner,
                        format!(
                            "The server refuses with {} and has no error code in its JSON.",
                            response.status
                        ),
                    )
                    .expected("an error code")
                    .got(got),
                )
            })
        }
        Err(why) => Check::Found(vec![severe(
            Finding::new(
                Pointer::Header(Side::Response, "content-type".to_owned()),
                owner,
                format!("The request was refused with {}. {why}", response.status),
            )
            .expected("application/json with an error")
            .got(response.header("content-type").unwrap_or("no content type")),
        )]),
    }
}

/// An address at which there is no token endpoint: whoever named it has to name another.
fn nothing_there(subject: &Subject<'_>, response: &Response, owner: Party) -> Finding {
    let (status, server) = (response.status, subject.server());
    let words = page::words(response);
    let colon = if words.is_empty() { "" } else { ": " };
    let fix = if owner == server {
        format!(
            "Have the {} name its token endpoint in its metadata: the address there leads to a {status}.",
            server.name()
        )
    } else {
        "Compare the token endpoint of the profile with the one in the server’s metadata."
            .to_owned()
    };
    Finding::new(
        Pointer::Url,
        owner,
        format!("There is no token endpoint at this address: it answers {status}."),
    )
    .expected("a token endpoint")
    .got(format!("{status}{colon}{words}"))
    .fix(fix)
}
