//! What is wrong and whose side it is on: the verdict over the walk, then what was found at this step.

use super::Panel;
use crate::{
    flow::Step,
    lint::{self, Finding, Near, Severity, verdict::Judgement},
    profile::FieldPath,
    session::Status,
    ui::{
        rows::{CopyText, Cx, Goes, Row, words, wrap},
        theme::Role,
    },
};

/// The panel.
pub static PANEL: Panel = Panel {
    id: "findings",
    title: "Findings",
    rows,
    badge,
};

/// Returns what was found at the step, in the attempt that is shown.
pub fn shown<'a>(cx: &Cx<'a>) -> Vec<&'a Finding> {
    let state = cx.session.step(cx.step);
    match cx.attempt.and_then(|index| state.attempts.get(index)) {
        Some(attempt) => attempt.findings.iter().collect(),
        None => state.findings().collect(),
    }
}

/// Returns the role and the mark of a severity.
pub fn look(severity: Severity, cx: &Cx) -> (Role, &'static str) {
    match severity {
        Severity::Error => (Role::FindingError, cx.glyphs.failed),
        Severity::Warning => (Role::FindingWarning, cx.glyphs.warning),
        Severity::Note => (Role::FindingNote, cx.glyphs.idle),
    }
}

fn badge(cx: &Cx) -> Option<String> {
    let count = shown(cx).len();
    (count > 0).then(|| count.to_string())
}

fn rows(cx: &Cx) -> Vec<Row> {
    let mut rows = Vec::new();
    let verdict = cx.session.verdict(None);
    let (here, there) = verdict.iter().partition::<Vec<_>, _>(|verdict| speaks_here(cx, verdict));
    for verdict in here {
        rows.extend(verdict_rows(cx, verdict));
        rows.push(Row::blank());
    }
    let findings = shown(cx);
    if findings.is_empty() {
        let says = if cx.session.step(cx.step).attempts.is_empty() {
            "Nothing is wrong with the request as far as the rules can see; the answer is judged when it is there."
        } else {
            "The rules found nothing at this step."
        };
        rows.push(Row::text(Role::Muted, says));
    }
    for (index, finding) in findings.into_iter().enumerate() {
        rows.extend(finding_rows(cx, index, finding));
    }
    rows.extend(elsewhere(cx, &there));
    wrap(rows, cx.width)
}

/// Tells whether the verdict speaks of this step: of what is wrong there, or of why the walk ended there.
fn speaks_here(cx: &Cx, verdict: &Judgement) -> bool {
    let ended = matches!(cx.session.status(cx.step), Status::Refused | Status::Failed | Status::Unreachable);
    verdict.step == cx.step || ended
}

fn verdict_rows(cx: &Cx, verdict: &Judgement) -> Vec<Row> {
    let dot = cx.glyphs.dot;
    let mut title = Row::new(vec![
        (Role::Strong, "Verdict  ".to_owned()),
        (Role::FindingError, words::side(verdict)),
        (Role::Muted, format!(" {dot} step {}", verdict.step)),
    ]);
    if let Some(code) = verdict.code {
        title.spans.push((Role::Muted, format!(" {dot} {code}")));
    }
    let mut rows = vec![title];
    rows.push(Row::text(Role::Text, cx.text(&verdict.says)).at_depth(1));
    for fact in &verdict.because {
        rows.push(labelled(cx, "because", fact));
    }
    rows.push(labelled(cx, "to do", &verdict.fix));
    let found = shown(cx).iter().position(|finding| Some(finding.code) == verdict.code);
    let found = found.filter(|_| verdict.step == cx.step).map(Goes::Place);
    let field = FieldPath::named_in(&verdict.fix).map(Goes::Field);
    let there = (verdict.step != cx.step).then_some(Goes::Cause(verdict.step, verdict.code));
    let goes = field.or(found).or(there).unwrap_or(Goes::Step(verdict.step));
    rows.into_iter().map(|row| row.going(goes)).collect()
}

fn finding_rows(cx: &Cx, index: usize, finding: &Finding) -> Vec<Row> {
    let (role, mark) = look(finding.severity, cx);
    let dot = cx.glyphs.dot;
    let mut title = Row::new(vec![
        (role, format!("{mark} {}", finding.code)),
        (role, format!("  {}", finding.severity.id())),
        (Role::Muted, format!(" {dot} {} {dot} ", cx.text(&finding.at.to_string()))),
        (Role::Text, finding.owner.name().to_owned()),
    ]);
    title.heading = true;
    let rule = lint::find(finding.code.0);
    let mut rows = vec![title.noted(rule.map(|rule| rule.why.to_owned()))];
    rows.push(Row::text(Role::Text, cx.text(&finding.says)).at_depth(1));
    rows.extend(strings(cx, finding));
    if let Some(habit) = &finding.habit {
        rows.push(labelled(cx, "habit", habit));
    }
    if let Some(rule) = rule {
        rows.push(labelled(cx, "cause", rule.cause));
    }
    let mut to_do = labelled(cx, "to do", &finding.fix);
    to_do.goes = FieldPath::named_in(&finding.fix).map(Goes::Field);
    rows.push(to_do);
    if let Some(rule) = rule {
        rows.push(labelled(cx, "rule", &format!("{} {}", rule.spec, rule.title)));
    }
    rows.push(Row::blank());
    let place = Goes::Place(index);
    rows.into_iter().map(|row| Row { goes: row.goes.or(Some(place)), ..row }).collect()
}

/// Expected and received, one above the other; where they part is marked under them.
fn strings(cx: &Cx, finding: &Finding) -> Vec<Row> {
    let pair = |name: &str, text: &str| {
        Row::pair(name, PAD, Role::FieldValue, cx.value(text)).at_depth(1).copying(cx.copy(name, text))
    };
    let mut rows = Vec::new();
    rows.extend(finding.expected.as_deref().map(|text| pair("expected", text)));
    rows.extend(finding.got.as_deref().map(|text| pair("received", text)));
    if let (Some(near), Some(expected), Some(got)) = (finding.near, &finding.expected, &finding.got)
        && let Some(says) = near.says(expected, got)
    {
        let Near { first, class } = near;
        let longest = expected.chars().count().max(got.chars().count());
        // Under a line that was wrapped the mark would point nowhere.
        let room = usize::from(cx.width).saturating_sub(PAD + 4);
        let whole = cx.value(expected) == *expected && cx.value(got) == *got;
        let text = if longest <= room && whole {
            let mark = format!("{}{} {says}", " ".repeat(first), cx.glyphs.caret);
            if first + says.len() + 2 > room {
                format!("{}{} {}", " ".repeat(first.saturating_sub(says.len() + 1)), says, cx.glyphs.caret)
            } else {
                mark
            }
        } else {
            format!("they part at character {}: {says}", first + 1)
        };
        let role = if class.is_dangerous() { Role::FindingError } else { Role::FindingWarning };
        rows.push(Row::pair("", PAD, role, text).at_depth(1));
    }
    rows
}

/// What was found at other steps, a line each: the verdict, and then what there is beside notes.
fn elsewhere(cx: &Cx, verdicts: &[&Judgement]) -> Vec<Row> {
    let told = verdicts.iter().map(|verdict| {
        let says = format!("Verdict at step {}: {}", words::number(cx.session, verdict.step), words::side(verdict));
        Row::text(Role::FindingError, says).going(Goes::Cause(verdict.step, verdict.code))
    });
    let mut rows: Vec<Row> = told.collect();
    for step in cx.session.steps().map(Step::info) {
        let state = cx.session.step(step.id);
        let sent = !state.attempts.is_empty() || !state.given.is_empty();
        let of = |severity| state.findings().filter(|finding| finding.severity == severity).count();
        let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
        let counts: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| words::count(*count, name)).collect();
        if step.id != cx.step && sent && !counts.is_empty() {
            let says = format!("{} at step {}: {}", counts.join(" and "), words::number(cx.session, step.id), step.short);
            rows.push(Row::text(Role::Muted, says).going(Goes::Cause(step.id, None)));
        }
    }
    if !rows.is_empty() {
        rows.insert(0, Row::text(Role::Strong, "Elsewhere in this walk"));
    }
    rows
}

fn labelled(cx: &Cx, label: &str, text: &str) -> Row {
    let shown = cx.text(text);
    Row::pair(label, PAD, Role::Text, shown).at_depth(1).copying(CopyText::from(text))
}

/// The width of the labels.
const PAD: usize = 8;
