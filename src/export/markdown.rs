//! The walk as a report for a ticket: the verdict, the steps, what was found, the diagram, and every request as cURL.

use std::fmt::Write as _;

use super::{
    curl::curl,
    mask, mermaid,
    report::{millis, says, state, status_id, tokens},
};
use crate::{
    flow::StepId,
    lint::{self, Finding},
    protocol::visible::{visible, visible_lines},
    session::{Attempt, Session, StepState, Walk, audit, headless::End},
};

/// Writes the report of a walk that was to go through a step; masked, unless `reveal` asks for the secrets.
pub fn markdown(session: &Session, through: StepId, end: End, reveal: bool) -> String {
    let walk = mask::view(session, reveal);
    let masked = |text: &str| {
        if reveal {
            text.to_owned()
        } else {
            session.vault.mask(text)
        }
    };
    let mut page = format!("# {}: {}\n\n", prose(session.flow.title), end.id());
    let _ = writeln!(
        page,
        "Flow {}, profile {}, begun {}, written by {}.\n",
        code(session.flow.id.0),
        code(&session.profile.name),
        session.walk.started,
        super::TOOL
    );
    page.push_str("## Verdict\n\n");
    match session
        .verdict(Some(through))
        .filter(|_| end != End::Interrupted)
    {
        None => page.push_str("Nothing speaks against this walk.\n"),
        Some(verdict) => {
            let (owner, sure) = (verdict.owner.name(), verdict.confidence.id());
            let rule = verdict
                .code
                .map_or_else(String::new, |code| format!(", {code}"));
            let _ = writeln!(
                page,
                "**{owner}**, {sure}, at step {}{rule}.\n",
                code(verdict.step.0)
            );
            let _ = writeln!(page, "{}\n", prose(&masked(&verdict.says)));
            for fact in &verdict.because {
                let _ = writeln!(page, "- {}", prose(&masked(fact)));
            }
            let _ = writeln!(page, "\nTo do: {}", prose(&masked(&verdict.fix)));
        }
    }
    page.push_str("\n## Steps\n\n| # | step | from | to | status | ms | what happened |\n|--:|---|---|---|---|--:|---|\n");
    for (index, step) in session.steps().enumerate() {
        let info = step.info();
        let attempt = state(&walk, info.id).and_then(StepState::last);
        let ms = attempt.map_or_else(String::new, |attempt| {
            format!("{:.1}", millis(attempt.micros()))
        });
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {ms} | {} |",
            index + 1,
            code(info.id.0),
            info.from.name(),
            info.to.name(),
            status_id(session, info.id, through),
            prose(&says(session, &walk, info.id, reveal).unwrap_or_default())
        );
    }
    page.push_str("\n## Findings\n\n");
    let mut any = false;
    for step in session.steps() {
        let id = step.info().id;
        for found in state(&walk, id).into_iter().flat_map(StepState::findings) {
            finding(&mut page, id, found);
            any = true;
        }
    }
    if !any {
        page.push_str("The rules found nothing.\n");
    }
    logged(&mut page, session, &walk);
    let _ = write!(
        page,
        "\n## Diagram\n\n{}",
        fenced("mermaid", &mermaid::mermaid(session, reveal))
    );
    page.push_str("\n## Requests\n");
    for (index, step) in session.steps().enumerate() {
        let id = step.info().id;
        // The command needs the real request: what its variables hold is counted from that.
        if let Some(main) = session.step(id).last().and_then(Attempt::main) {
            let command = curl(main.request.http(), &session.vault, !reveal).text;
            let _ = write!(
                page,
                "\n### {} {}\n\n{}",
                index + 1,
                code(id.0),
                fenced("sh", &command)
            );
        }
    }
    page
}

/// What the API's log would say of a call with each token that can name an agent.
fn logged(page: &mut String, session: &Session, walk: &Walk) {
    for step in session.steps() {
        let state = state(walk, step.info().id);
        for record in state.into_iter().flat_map(tokens) {
            let entries = audit::entries(session.flow, walk, record);
            if entries.is_empty() {
                continue;
            }
            let _ = writeln!(
                page,
                "\n## The API’s log\n\nOf a call with the {} of step {}:",
                record.artifact.noun(),
                code(step.info().id.0)
            );
            for entry in entries {
                let _ = write!(
                    page,
                    "\n**{}**: {}\n\n{}",
                    entry.label(),
                    prose(entry.says()),
                    fenced("text", &entry.line)
                );
            }
        }
    }
}

fn finding(page: &mut String, step: StepId, finding: &Finding) {
    let _ = writeln!(
        page,
        "- **{} {}** at step {}, {} ({}): {}",
        finding.severity.id(),
        finding.code,
        code(step.0),
        code(&finding.at.to_string()),
        finding.owner.name(),
        prose(&finding.says)
    );
    for (label, text) in [("expected", &finding.expected), ("received", &finding.got)] {
        if let Some(text) = text {
            let _ = writeln!(page, "  - {label}: {}", code(text));
        }
    }
    if let Some(habit) = &finding.habit {
        let _ = writeln!(page, "  - habit: {}", prose(habit));
    }
    let _ = writeln!(page, "  - to do: {}", prose(&finding.fix));
    if let Some(rule) = lint::find(finding.code.0) {
        let _ = writeln!(page, "  - rule: {} {}", prose(rule.spec), prose(rule.title));
    }
}

/// A text as prose: on one line, and nothing in it is markup.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A text as code within a line; its fence is longer than any in it. Not for cells: there a bar would end them.
fn code(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest(&text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A block of code; its fence is longer than any in it.
fn fenced(kind: &str, text: &str) -> String {
    let text = visible_lines(text);
    let fence = "`".repeat((longest(&text) + 1).max(3));
    format!("{fence}{kind}\n{}\n{fence}\n", text.trim_end())
}

/// The longest run of backticks.
fn longest(text: &str) -> usize {
    text.split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}
