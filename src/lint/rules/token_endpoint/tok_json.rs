//! A token answer is JSON with a token in it.

use super::{kind_of, whose_address};
use crate::lint::prelude::*;

/// The rule.
pub static RULE: Rule = Rule {
    code: "TOK-JSON",
    title: "A success body is a JSON object with access_token and token_type.",
    severity: Severity::Error,
    kind: Kind::Must,
    spec: "RFC 6749 §5.1",
    revision: "RFC 6749",
    since: Revision::FIRST,
    flows: ALL_FLOWS,
    steps: at::TOKEN_ENDPOINT,
    why: "Everything later reads the token out of this object; a page with status 200 is no grant.",
    cause: "The address is not the token endpoint: a login page or a proxy answered.",
    fix: "Check the address of the token endpoint against the server’s metadata.",
    leads_to: &[],
    words: &[],
    check,
};

fn check(subject: &Subject<'_>) -> Check {
    let Some(response) = subject.response() else {
        return Check::NotYet("no answer came");
    };
    if !(200..300).contains(&response.status) {
        return Check::NotApplicable;
    }
    if response.cut.is_some() {
        return Check::NotYet("the answer was not read to its end");
    }
    let json = match response.json() {
        Ok(json) => json,
        Err(why) => {
            let kind = response.header("content-type").unwrap_or("no content type");
            let says = format!("The answer has status {}. {why}", response.status);
            let at = Pointer::Header(Side::Response, "content-type".to_owned());
            let owner = whose_address(subject);
            let finding = Finding::new(at, owner, says)
                .expected("application/json")
                .got(kind);
            // Where the address is the server's own word, it is not the address that has to be mended here.
            return Check::Found(vec![if owner == subject.server() {
                finding.fix(format!(
                    "Have the {}’s administrator look up what stands before the server and answers for it: the address is \
                     the one in its metadata.",
                    owner.name()
                ))
            } else {
                finding
            }]);
        }
    };
    if let Some(kind) = response
        .content_type()
        .filter(|kind| !kind.contains("json"))
    {
        let at = Pointer::Header(Side::Response, "content-type".to_owned());
        let says = format!("The answer is JSON and calls itself {kind}.");
        return Check::Found(vec![
            Finding::new(at, subject.server(), says)
                .expected("application/json")
                .got(kind)
                .severity(Severity::Warning)
                .fix("Have the server send content-type application/json."),
        ]);
    }
    if let Some(error) = json["error"].as_str() {
        let says = format!(
            "The answer has status {} and says {error}.",
            response.status
        );
        return Check::Found(vec![
            Finding::new(Pointer::Json("/error".to_owned()), subject.server(), says)
                .expected("a token, or an error status")
                .got(error)
                .fix("Have the server answer errors with status 400 or 401, and read its error here."),
        ]);
    }
    let missing = ["access_token", "token_type"]
        .into_iter()
        .filter(|name| json[*name].as_str().is_none_or(str::is_empty));
    Check::of(
        missing
            .map(|name| {
                Finding::new(
                    Pointer::Json(format!("/{name}")),
                    subject.server(),
                    format!("The answer grants, but has no {name}."),
                )
                .expected("a text")
                .got(kind_of(json.get(name)))
                .fix(format!("Have the server add {name} to its answer."))
            })
            .collect(),
    )
}
