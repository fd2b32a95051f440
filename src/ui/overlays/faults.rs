//! What the lab's servers can be told to do wrong: Enter switches one, what was looked for is all that is listed.

use crate::ui::{
    model::{FaultEntry, Model},
    rows::{Goes, Row, wrap},
    seek::Wanted,
    theme::Role,
};

/// Returns what is on, and then every other fault under its server.
pub fn rows(model: &Model, wanted: &Wanted, width: u16) -> Vec<Row> {
    let listed = |entry: &FaultEntry| {
        let rules = entry.rules.join(" ");
        wanted.fits(&[entry.id, entry.title, entry.party, &rules])
    };
    let all: Vec<(usize, &FaultEntry)> = model
        .faults
        .iter()
        .enumerate()
        .filter(|(_, entry)| listed(entry))
        .collect();
    let mut rows = Vec::new();
    let mut block = |title: &str, entries: &[(usize, &FaultEntry)]| {
        if !entries.is_empty() {
            rows.push(Row::heading(model.look.glyphs, 0, title));
            let here = |entry| !model.shows_elsewhere(entry);
            rows.extend(
                entries
                    .iter()
                    .map(|(at, entry)| row(*at, entry, here(entry))),
            );
        }
    };
    let (on, off): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, entry)| entry.on);
    block("on", &on);
    let mut parties: Vec<&str> = Vec::new();
    for (_, entry) in &off {
        if !parties.contains(&entry.party) {
            parties.push(entry.party);
        }
    }
    for party in parties {
        let of = off.iter().copied();
        let its: Vec<_> = of.filter(|(_, entry)| entry.party == party).collect();
        block(party, &its);
    }
    if rows.is_empty() {
        rows.push(Row::text(Role::Muted, "No fault is like that."));
    }
    wrap(rows, width)
}

fn row(at: usize, entry: &FaultEntry, here: bool) -> Row {
    let (mark, role) = match (entry.on, here) {
        (true, _) => ("[x] ", Role::FindingWarning),
        (false, true) => ("[ ] ", Role::FieldValue),
        (false, false) => ("[ ] ", Role::Muted),
    };
    let all = entry.with.iter();
    let settings: Vec<String> = all
        .map(|(path, value)| format!("{path} = {value}"))
        .collect();
    let with = if settings.is_empty() {
        String::new()
    } else {
        format!(", with {}", settings.join(" and "))
    };
    let pad = 30_usize.max(entry.id.len());
    let title = if here {
        entry.title.to_owned()
    } else {
        format!("{} (in {})", entry.title, entry.flow)
    };
    let rules = if entry.rules.is_empty() {
        "It breaks no rule of the catalogue.".to_owned()
    } else {
        format!("It breaks {}.", entry.rules.join(", "))
    };
    let text = if here { Role::Text } else { Role::Muted };
    let mut row = Row::pair(entry.id, pad, text, title);
    // A label, so that what goes on in a next line stands under the title.
    row.spans.insert(0, (role, mark.to_owned()));
    row.at_depth(1)
        .noted(Some(format!(
            "Shows in {} at {}{with}. {rules}",
            entry.flow, entry.step
        )))
        .copying(entry.id.into())
        .going(Goes::Fault(at))
}
