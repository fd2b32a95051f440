//! A rule in words, part by part, for the command line and the screen.

use super::{Revision, Rule, Severity, vendors::HABITS};

/// Says how bad it is where the rule fires.
pub fn severity(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::Error => "an error where it fires",
        Severity::Warning => "a warning where it fires",
        Severity::Note => "a note where it fires",
    }
}

/// Returns what there is to say of a rule: a label and a text each.
pub fn parts(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut parts = vec![
        ("Why", rule.why.to_owned()),
        ("Usual cause", rule.cause.to_owned()),
        ("What to do", rule.fix.to_owned()),
        (
            "Written in",
            format!("{} (as of {})", rule.spec, rule.revision),
        ),
    ];
    if rule.since > Revision::FIRST {
        let says = format!(
            "{}; with an older `revision` in the profile it is left out.",
            rule.since
        );
        parts.push(("Since", says));
    }
    parts.push(("Looks at", rule.steps.join(", ")));
    parts.push(("Flows", rule.flows.join(", ")));
    if !rule.leads_to.is_empty() {
        parts.push(("Leads to", rule.leads_to.join(", ")));
    }
    for habit in HABITS.iter().filter(|habit| habit.code == rule.code) {
        let (word, says) = (habit.severity.id(), habit.says);
        let seen = format!("{word} there: {says} ({}, {}).", habit.source, habit.seen);
        parts.push((habit.vendor, seen));
    }
    if !rule.is_walked() {
        parts.push(("Waits", "None of its flows can be walked yet.".to_owned()));
    }
    parts
}
