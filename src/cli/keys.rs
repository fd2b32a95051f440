//! `jagwalk keys`: what every key of the screen does, as `config.toml` has it.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    args::{Format, Listing},
    config::{self, Found},
};
use crate::ui::{
    action::{ACTIONS, Entry, Scope},
    keymap::{Keymap, Sequence, defaults},
};

/// Lists every action with its keys.
pub fn list(listing: &Listing) -> String {
    let found = config::for_command();
    match listing.format {
        Format::Json => {
            let all: Vec<_> = ACTIONS
                .iter()
                .map(|entry| as_json(&found.config.keys, entry))
                .collect();
            format!("{:#}\n", json!(all))
        }
        Format::Text => text(&found),
    }
}

fn as_json(keymap: &Keymap, entry: &Entry) -> serde_json::Value {
    let written =
        |keys: &[Sequence]| -> Vec<String> { keys.iter().map(|key| key.written()).collect() };
    json!({
        "action": entry.id, "keys": written(keymap.of(entry.action)), "default": written(&defaults(entry)),
        "changed": keymap.is_changed(entry), "scope": entry.scope.title(), "about": entry.about,
    })
}

fn text(found: &Found) -> String {
    let keymap = &found.config.keys;
    let mut out = String::new();
    let mut any = false;
    // Writing to a string does not fail.
    for scope in Scope::ALL {
        let _ = writeln!(out, "{}", scope.title());
        for entry in ACTIONS.iter().filter(|entry| entry.scope == scope) {
            let changed = keymap.is_changed(entry);
            any |= changed;
            let keys: Vec<String> = keymap
                .of(entry.action)
                .iter()
                .map(|key| key.written())
                .collect();
            let keys = match keys.as_slice() {
                [] => "no key".to_owned(),
                keys => keys.join("  "),
            };
            let mark = if changed { "*" } else { " " };
            let _ = writeln!(out, "{mark} {keys:<22} {:<18} {}", entry.id, entry.about);
        }
        out.push('\n');
    }
    if any {
        out.push_str("* differs from the default\n");
    }
    if let Some(path) = &found.path {
        let _ = writeln!(out, "Other keys: [keys] in {}", path.display());
    }
    out
}
