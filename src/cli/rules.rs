//! `jagwalk rules` and `jagwalk explain`: the rules as a table, and one of them in words.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    Failed,
    args::{Explain, Format, Listing},
    print,
};
use crate::{
    lint::{self, Rule, explain},
    profile::suggest,
};

/// Lists every rule.
pub fn list(listing: &Listing) -> String {
    match listing.format {
        Format::Json => {
            let all: Vec<_> = lint::rules::all().map(entry).collect();
            format!("{:#}\n", json!(all))
        }
        Format::Text => {
            let mut out = String::new();
            for rule in lint::rules::all() {
                let waits = if rule.is_walked() {
                    String::new()
                } else {
                    format!(" (waits for {})", rule.flows.join(", "))
                };
                let _ = writeln!(
                    out,
                    "{:<8} {:<30} {}{waits}",
                    rule.severity.id(),
                    rule.code,
                    rule.title
                );
            }
            out
        }
    }
}

fn entry(rule: &Rule) -> serde_json::Value {
    json!({
        "code": rule.code,
        "title": rule.title,
        "severity": rule.severity.id(),
        "spec": rule.spec,
        "revision": rule.revision,
        "flows": rule.flows,
        "walked": rule.is_walked(),
    })
}

/// Explains a rule.
///
/// # Errors
/// A code that no rule has.
pub fn explain(options: &Explain) -> Result<u8, Failed> {
    let code = options.code.trim();
    let Some(rule) = lint::find(code) else {
        let codes = lint::rules::all().map(|rule| rule.code);
        let near = suggest::nearest(&code.to_ascii_uppercase(), codes);
        return Err(
            Failed::usage(format!("There is no rule {code:?}.")).hint(Some(match near {
                Some(near) => format!("Did you mean {near}? `jagwalk rules` lists them all."),
                None => "`jagwalk rules` lists them all.".to_owned(),
            })),
        );
    };
    print(&match options.format {
        Format::Text => text(rule),
        Format::Json => {
            let mut entry = entry(rule);
            entry["why"] = json!(rule.why);
            entry["cause"] = json!(rule.cause);
            entry["fix"] = json!(rule.fix);
            entry["steps"] = json!(rule.steps);
            entry["leads_to"] = json!(rule.leads_to);
            format!("{entry:#}\n")
        }
    });
    Ok(0)
}

fn text(rule: &Rule) -> String {
    let severity = explain::severity(rule);
    let mut out = format!("{} ({severity})\n\n{}\n\n", rule.code, rule.title);
    for (label, says) in explain::parts(rule) {
        let _ = writeln!(out, "{label:<14}{says}");
    }
    out
}
