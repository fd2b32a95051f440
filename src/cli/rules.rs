//! `jagwalk rules` and `jagwalk explain`: the rules as a table, and one of them in words.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    Failed,
    args::{Explain, Format, Listing},
    print,
};
use crate::{
    flow::{
        explain::{self as about, Part},
        flows,
    },
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
        if let Some(told) = other(code, options.format) {
            print(&told);
            return Ok(0);
        }
        let codes = lint::rules::all().map(|rule| rule.code);
        let near = suggest::nearest(&code.to_ascii_uppercase(), codes);
        return Err(
            Failed::usage(format!("There is no rule, step, flow or place {code:?}.")).hint(Some(
                match near {
                    Some(near) => format!("Did you mean {near}? `jagwalk rules` lists them all."),
                    None => "`jagwalk rules` lists them all.".to_owned(),
                },
            )),
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

/// Explains a step in each flow that has it, a flow, or a place; `None` when it is none of these.
fn other(code: &str, format: Format) -> Option<String> {
    let mut told: Vec<(String, Vec<Part>)> = about::steps(code)
        .map(|(flow, step)| {
            let heading = format!("{code}, a step of {}", flow.id.0);
            (heading, about::step(flow, step))
        })
        .collect();
    // What a step is, is told once where its flows agree.
    told.dedup_by(|other, first| other.1[..2] == first.1[..2]);
    if let Some(flow) = flows::find(code) {
        told.push((format!("{code}, a flow"), about::flow(flow)));
    }
    if let Some(says) = about::place(code) {
        told.push((code.to_owned(), vec![("What", says)]));
    }
    if told.is_empty() {
        return None;
    }
    Some(match format {
        Format::Json => {
            let all: Vec<_> = told
                .iter()
                .map(|(heading, parts)| json!({ "about": heading, "parts": parts }))
                .collect();
            format!("{:#}\n", json!(all))
        }
        Format::Text => {
            let mut out = String::new();
            for (heading, parts) in &told {
                let gap = if out.is_empty() { "" } else { "\n" };
                let _ = writeln!(out, "{gap}{heading}\n");
                for (label, says) in parts {
                    let _ = writeln!(out, "{label:<14}{says}");
                }
            }
            out
        }
    })
}

fn text(rule: &Rule) -> String {
    let severity = explain::severity(rule);
    let mut out = format!("{} ({severity})\n\n{}\n\n", rule.code, rule.title);
    for (label, says) in explain::parts(rule) {
        let _ = writeln!(out, "{label:<14}{says}");
    }
    out
}
