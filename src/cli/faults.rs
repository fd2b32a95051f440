//! The lab's faults on the command line: by their ids, and as a list.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Failed,
    args::{Format, Listing},
};
use crate::{
    lab::{FAULTS, Fault, Switches, faults},
    profile::{FieldPath, Origin, Profile, suggest},
};

/// Finds faults by their ids; each is on once.
///
/// # Errors
/// When there is no fault of that id; the nearest one is named.
pub fn switched_on(ids: &[String]) -> Result<Switches, Failed> {
    let mut on: Vec<&'static Fault> = Vec::new();
    for id in ids {
        let hint = Some("`jagwalk faults` lists them.");
        let fault = named(id).map_err(|says| Failed::usage(says).hint(hint))?;
        if !on.iter().any(|other| other.id == fault.id) {
            on.push(fault);
        }
    }
    Ok(Switches::new(on))
}

/// Finds a fault by its id.
///
/// # Errors
/// A sentence that names the nearest one, where there is none of that id.
pub fn named(id: &str) -> Result<&'static Fault, String> {
    faults::find(id).ok_or_else(|| {
        let nearest = suggest::nearest(id, FAULTS.iter().map(|fault| fault.id));
        let meant = nearest.map_or_else(String::new, |near| format!(" Did you mean {near}?"));
        format!("The lab has no fault {id:?}.{meant}")
    })
}

/// Says in a profile what its faults need to show, where it is silent.
pub fn fit(profile: &mut Profile, faults: &Switches) {
    for (path, value) in faults.on().iter().flat_map(|fault| fault.with) {
        let silent = |field| profile.origin(field) != Origin::Own;
        if let Some(field) = FieldPath::find(path).filter(|field| silent(*field)) {
            // What it says is a value of that field.
            let _ = profile.edit(field, value);
        }
    }
}

/// Returns the flow that shows all of these faults, if one does.
pub fn flow(faults: &Switches) -> Option<&'static str> {
    let on = faults.on();
    let flow = on.first()?.flow;
    on.iter().all(|fault| fault.flow == flow).then_some(flow)
}

/// Lists every fault.
pub fn list(listing: &Listing) -> String {
    match listing.format {
        Format::Json => {
            let all: Vec<Value> = FAULTS.iter().map(as_json).collect();
            serde_json::to_string_pretty(&all).unwrap_or_default()
        }
        Format::Text => text(),
    }
}

fn as_json(fault: &Fault) -> Value {
    json!({
        "id": fault.id, "title": fault.title, "flow": fault.flow, "party": fault.party.id(),
        "rules": fault.rules, "with": with(fault), "owner": fault.owner.id(), "step": fault.step, "outcome": fault.ends.id(),
        "code": fault.code,
    })
}

/// What the profile has to say, as `--set` takes it.
fn with(fault: &Fault) -> Vec<String> {
    let all = fault.with.iter();
    all.map(|(path, value)| format!("{path}={value}")).collect()
}

fn text() -> String {
    let mut out = String::new();
    let mut at = ("", "");
    // Writing to a string does not fail.
    for fault in FAULTS {
        if (fault.flow, fault.step) != at {
            at = (fault.flow, fault.step);
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{} {}", fault.flow, fault.step);
        }
        let _ = writeln!(out, "  {:<30} {}", fault.id, fault.title);
        if !fault.with.is_empty() {
            let _ = writeln!(out, "  {:<30} with {}", "", with(fault).join(" "));
        }
        if !fault.rules.is_empty() {
            let _ = writeln!(out, "  {:<30} {}", "", fault.rules.join(" "));
        }
    }
    out
}

/// Returns the table of the README.
pub fn fault_table_markdown() -> String {
    let mut out = String::from(
        "| fault | flow | what happens | shows at | the walk ends | rules it breaks | who has to act |\n|---|---|---|---|---|---|---|\n",
    );
    for fault in FAULTS {
        let rules: Vec<String> = fault.rules.iter().map(|rule| format!("`{rule}`")).collect();
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | `{}` | {} | {} | {} |",
            fault.id,
            fault.flow,
            fault.title,
            fault.step,
            fault.ends.id(),
            rules.join(" "),
            fault.owner.name()
        );
    }
    out
}
