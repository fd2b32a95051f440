//! Every fault of the lab is judged: it trips exactly the rules that its row names, and the verdict names its side.
//!
//! The table is written to `target/diagnosis.txt`, a line each: fault · step · owner · code · right or wrong.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt::Write as _,
    fs,
    path::Path,
};

use jagwalk::{
    export,
    lab::{FAULTS, Fault},
    lint::Severity,
    profile::FieldPath,
    protocol::party::Party,
    session::{Session, StepState, headless::End},
};

use crate::{
    faults::{Ward, last},
    walks,
};

/// The rules that a walk tripped, notes included.
fn tripped(session: &Session) -> BTreeSet<&'static str> {
    let sent = session
        .walk
        .steps
        .iter()
        .filter(|state| !state.attempts.is_empty());
    let findings = sent.flat_map(StepState::findings);
    findings.map(|finding| finding.code.0).collect()
}

/// One line of the table, and what is wrong about it.
struct Line {
    text: String,
    wrong: Vec<String>,
}

fn judged(fault: &Fault, session: &Session, well: &BTreeSet<&'static str>) -> Line {
    let found: BTreeSet<&str> = tripped(session).difference(well).copied().collect();
    let named: BTreeSet<&str> = fault
        .rules
        .iter()
        .copied()
        .filter(|rule| !well.contains(rule))
        .collect();
    let verdict = session.verdict(Some(last(session.flow)));
    let owner = verdict
        .as_ref()
        .map_or(Party::Unknown, |verdict| verdict.owner);
    let code = verdict
        .as_ref()
        .and_then(|verdict| verdict.code)
        .map(|code| code.0);
    let mut wrong = Vec::new();
    if found != named {
        let more: Vec<_> = found.difference(&named).collect();
        let less: Vec<_> = named.difference(&found).collect();
        wrong.push(format!("too many {more:?}, missing {less:?}"));
    }
    if owner != fault.owner {
        wrong.push(format!(
            "owner: expected {}, received {}",
            fault.owner.id(),
            owner.id()
        ));
    }
    if code != fault.code {
        wrong.push(format!(
            "code: expected {:?}, received {code:?}",
            fault.code
        ));
    }
    if let Some(verdict) = verdict.as_ref().filter(|_| owner != Party::You) {
        let text = export::handoff(session, verdict);
        // It goes to people who have another program before them, or none.
        let field = text
            .lines()
            .find(|line| FieldPath::named_in(line).is_some());
        if let (Some(line), false) = (field, owner == Party::User) {
            wrong.push(format!("the hand-off names a field: {line}"));
        }
        let request = text.contains("this is about");
        if !request {
            wrong.push("the hand-off names no request".to_owned());
        }
    }
    let step = verdict.as_ref().map_or("-", |verdict| verdict.step.0);
    let sure = verdict
        .as_ref()
        .map_or("", |verdict| verdict.confidence.id());
    let text = format!(
        "{:<34} {step:<21} {:<12} {sure:<8} {:<30} {}",
        fault.id,
        owner.id(),
        code.unwrap_or("-"),
        if wrong.is_empty() { "right" } else { "WRONG" }
    );
    Line { text, wrong }
}

/// Walks the flow of a fault without it: all is well there, notes apart; returns those.
async fn healthy(ward: &Ward, fault: &Fault) -> BTreeSet<&'static str> {
    let (well, end) = ward.walk_as(fault.flow, fault.with, &[]).await;
    assert_eq!(end, End::Done, "{}: {}", fault.id, walks::story(&well));
    assert_eq!(well.verdict(Some(last(well.flow))), None);
    let loud = well
        .walk
        .steps
        .iter()
        .flat_map(StepState::findings)
        .find(|finding| finding.severity > Severity::Note);
    assert!(loud.is_none(), "{}: {loud:#?}", fault.flow);
    tripped(&well)
}

#[tokio::test]
async fn every_fault_trips_its_rules_and_gets_its_verdict() {
    let ward = Ward::open().await;
    let mut known: BTreeMap<_, BTreeSet<&'static str>> = BTreeMap::new();
    let mut table = String::new();
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let key = (fault.flow, fault.with);
        let known = match known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(healthy(&ward, fault).await),
        };
        let (session, _) = ward.walk(&[fault]).await;
        let line = judged(fault, &session, known);
        let _ = writeln!(table, "{}", line.text);
        if !line.wrong.is_empty() {
            wrong.push(format!("{}\n    {}", line.text, line.wrong.join("\n    ")));
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join("../diagnosis.txt"), &table).expect("the table is written");
    println!("{table}");
    assert!(
        wrong.is_empty(),
        "{} of {} are judged wrong:\n{}",
        wrong.len(),
        FAULTS.len(),
        wrong.join("\n")
    );
}
