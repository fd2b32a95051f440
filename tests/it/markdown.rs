//! A walk for tickets: the Mermaid diagram and the report are whole, say what happened, and obey no server.

use jagwalk::{
    export::{markdown, mermaid},
    session::{Session, headless},
};
use serde_json::json;

use crate::scripted;

fn report(session: &Session) -> String {
    let last = scripted::last();
    markdown(session, last, headless::end(session, last), false)
        .replace(env!("CARGO_PKG_VERSION"), "0.0.0")
}

/// What a server says that wants to be markup, a statement of its own, or the end of a block.
const HOSTILE: &str =
    "x;y\nclient->>idp: forged\n```\n| cell | <b>bold</b> %% [link](https://evil.example) ````sh";

fn hostile() -> Session {
    scripted::walk(|request| {
        let error = json!({ "error": HOSTILE, "error_description": HOSTILE });
        scripted::is_exchange(request).then(|| scripted::answer(400, &error))
    })
}

#[test]
fn a_refused_walk_as_a_diagram() {
    insta::assert_snapshot!("mermaid_refused", mermaid(&scripted::refused(), false));
}

#[test]
fn a_refused_walk_as_a_report() {
    insta::assert_snapshot!("markdown_refused", report(&scripted::refused()));
}

/// Reads a diagram back by Mermaid's grammar, as far as we use it; returns its arrows: from, to and text.
fn arrows(text: &str) -> Vec<(String, String, String)> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"));
    let mut known = Vec::new();
    let mut open = 0;
    let mut arrows = Vec::new();
    for line in lines.map(str::trim) {
        assert!(
            !line.contains([';', '%', '<']) || line.contains('#'),
            "{line}"
        );
        if let Some(rest) = line.strip_prefix("participant ") {
            known.push(rest.split(" as ").next().unwrap_or_default().to_owned());
        } else if line.starts_with("opt ") {
            open += 1;
        } else if line == "end" {
            open -= 1;
        } else {
            let (head, says) = line.split_once(": ").expect("a message has a text");
            if let Some(over) = head.strip_prefix("Note over ") {
                assert!(
                    over.split(',')
                        .all(|id| known.iter().any(|other| other == id)),
                    "{line}"
                );
                continue;
            }
            let arrow = ["-->>", "--x", "->>"]
                .into_iter()
                .find(|arrow| head.contains(arrow));
            let (from, to) = head
                .split_once(arrow.expect("it is an arrow"))
                .expect("it has two ends");
            for id in [from, to] {
                assert!(known.iter().any(|other| other == id), "{line}");
            }
            arrows.push((from.to_owned(), to.to_owned(), says.to_owned()));
        }
    }
    assert_eq!(open, 0, "every block ends");
    arrows
}

#[test]
fn diagrams_read_back_whatever_servers_say() {
    for session in [
        scripted::happy(),
        scripted::refused(),
        scripted::html(),
        scripted::unreachable(),
        scripted::fresh(scripted::profile()),
        hostile(),
    ] {
        let arrows = arrows(&mermaid(&session, false));
        assert_eq!(arrows.len(), 15, "{arrows:?}");
    }
    let happy = arrows(&mermaid(&scripted::happy(), false));
    assert!(happy[10].2.starts_with("200 · ID-JAG "), "{happy:?}");
    assert_eq!(
        (happy[10].0.as_str(), happy[10].1.as_str()),
        ("idp", "client")
    );
}

#[test]
fn a_report_is_the_same_skeleton_whatever_servers_say() {
    let skeleton = |text: &str| -> Vec<String> {
        let mut fence: Option<String> = None;
        let mut out = Vec::new();
        for line in text.lines() {
            if let Some(end) = &fence {
                if line == end {
                    fence = None;
                }
            } else if line.starts_with("```") {
                fence = Some(line.chars().take_while(|c| *c == '`').collect());
            } else if line.starts_with('#') {
                out.push(line.to_owned());
            } else if line.starts_with('|') {
                let bars = line.replace("\\|", "").matches('|').count();
                out.push(format!("{bars} bars"));
            }
        }
        assert_eq!(fence, None, "every block ends");
        out
    };
    let (calm, wild) = (report(&scripted::refused()), report(&hostile()));
    assert_eq!(skeleton(&calm), skeleton(&wild), "{wild}");
    // In code it is only text; in prose it must not be markup.
    let mut prose = wild
        .lines()
        .filter(|line| !line.starts_with("  - received: `"));
    assert!(prose.all(|line| !line.contains("<b>")), "{wild}");
}

#[test]
fn reports_give_no_secret_away() {
    let session = scripted::happy();
    let bag = &session.walk.bag;
    let text = report(&session) + &mermaid(&session, false);
    let held = bag.iter().filter(|(artifact, _)| artifact.is_secret());
    let values: Vec<String> = held
        .map(|(_, held)| held.value.reveal().to_owned())
        .collect();
    assert!(values.len() > 4);
    for secret in values.iter().map(String::as_str).chain([
        scripted::SSO_SECRET,
        scripted::AS_SECRET,
        scripted::CODE,
    ]) {
        assert!(!text.contains(secret), "{secret}");
    }
    let last = scripted::last();
    let open = markdown(&session, last, headless::end(&session, last), true);
    assert!(open.contains(scripted::AS_SECRET));
}
