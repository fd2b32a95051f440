//! Where a token comes from: the line it stands in, who acts for whom in it, and what changed since its parent.

use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use super::{CopyText, Cx, Row, words};
use crate::{
    flow::{Artifact, TokenRecord},
    lint::ledger::{self, Change},
    profile::Side,
    protocol::jwt::{
        Claims,
        delegation::{Delegation, Hop, Named, delegation},
    },
    session::{
        audit::entries,
        lineage::{Stands, lineage},
    },
    ui::{overlays::ledger::look, theme::Role},
};

/// The width of the words before the names.
const PAD: usize = 11;

/// `✓ ID Token fresh → ✗ ID-JAG failed → · access token not yet`.
pub fn line(cx: &Cx) -> Vec<Row> {
    let links = lineage(cx.session, cx.now);
    if links.len() < 2 {
        return Vec::new();
    }
    let mut spans = Vec::new();
    for (at, link) in links.iter().enumerate() {
        if at > 0 {
            spans.push((Role::Muted, format!(" {} ", cx.glyphs.to)));
        }
        let (role, mark) = match link.stands {
            Stands::Fresh | Stands::Given => (Role::StepDone, cx.glyphs.done),
            Stands::Stale => (Role::StepStale, cx.glyphs.stale),
            Stands::Ended => (Role::TimePast, cx.glyphs.stale),
            Stands::Suspect | Stands::Failed => (Role::StepRefused, cx.glyphs.failed),
            Stands::Missing => (Role::StepSkipped, cx.glyphs.idle),
        };
        spans.push((role, format!("{mark} ")));
        spans.push((Role::Text, link.artifact.name().to_owned()));
        spans.push((role, format!(" {}", link.stands.word())));
    }
    let says = "The tokens of this walk, each made from the one before it.";
    vec![Row::new(spans).noted(Some(says.to_owned())), Row::blank()]
}

/// The chain of actors as a tree, or the sentence that there is none where an agent got the token.
pub fn delegated(cx: &Cx, record: &TokenRecord) -> Vec<Row> {
    let Some(claims) = &record.token.claims.json else {
        return Vec::new();
    };
    let mut rows = match delegation(claims) {
        Some(found) => tree(cx, record, &found),
        None => impersonation(cx, record, claims).into_iter().collect(),
    };
    rows.extend(logged(cx, record));
    rows
}

/// What the API's log would say of a call with the token, with the agent in it and without.
fn logged(cx: &Cx, record: &TokenRecord) -> Vec<Row> {
    let entries = entries(cx.session.flow, &cx.session.walk, record);
    if entries.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![Row::heading(cx.glyphs, 1, "the API’s log").noted(Some(
        "The line that the API would write of a call with this token.".to_owned(),
    ))];
    for entry in entries {
        let role = if entry.act {
            Role::Strong
        } else {
            Role::FieldValue
        };
        rows.push(
            Row::pair(entry.label(), PAD + 2, role, cx.value(&entry.line))
                .at_depth(2)
                .noted(Some(entry.says().to_owned()))
                .copying(cx.copy("log line", &entry.line)),
        );
        let says = entry.says().to_owned();
        rows.push(Row::pair("", PAD + 2, Role::Muted, says).at_depth(2));
    }
    rows
}

fn tree(cx: &Cx, record: &TokenRecord, found: &Delegation) -> Vec<Row> {
    let depth = found.actors.len();
    let more = if found.deeper { " and more" } else { "" };
    let mut heading = Row::heading(cx.glyphs, 1, "delegation");
    let dot = cx.glyphs.dot;
    heading.spans.push((
        Role::Muted,
        format!(" {dot} {}{more}", words::count(depth, "actor")),
    ));
    let mut rows = vec![heading.noted(Some(
        "Who acts for whom: the outermost act is the current actor, those under it are history (RFC 8693 §4.1).".to_owned(),
    ))];
    for (at, actor) in found.actors.iter().enumerate() {
        let label = if at == 0 { "acts now" } else { "before it" };
        let mut row = person(cx, label, at, actor);
        if found.loops.contains(&at) {
            row.spans.push((
                Role::FindingWarning,
                format!("  {} named twice in the chain", cx.glyphs.warning),
            ));
        }
        rows.push(row);
    }
    rows.push(person(cx, "for", depth, &found.subject));
    if let Some(client) = &found.client {
        let mut row = Row::pair("client", PAD, Role::FieldValue, cx.value(client)).at_depth(2);
        row.spans.push((
            Role::Muted,
            "  who the token was made for; no actor by that alone".to_owned(),
        ));
        rows.push(row);
    }
    rows.extend(slides(cx, found));
    let hop = match (parent(cx, record), record.parent) {
        (Some((name, claims)), _) => Some(match found.hop(claims) {
            Hop::Began => (Role::Text, format!("the first actor; {name} names none")),
            Hop::Added => (Role::Text, format!("one actor before the chain of {name}")),
            Hop::Kept => (Role::Text, format!("nobody; {name} has the same chain")),
            Hop::Rewritten => (
                Role::FindingWarning,
                format!("another history than {name} has"),
            ),
        }),
        _ => None,
    };
    rows.extend(hop.map(|(role, says)| Row::pair("added here", PAD, role, says).at_depth(2)));
    if found.broken {
        let says = format!(
            "{} A level of act is no object, so the chain ends there.",
            cx.glyphs.warning
        );
        rows.push(Row::text(Role::FindingWarning, says).at_depth(2));
    }
    rows
}

/// The other reading of a chain: the slides that the flow comes from print it upside down.
fn slides(cx: &Cx, found: &Delegation) -> Option<Row> {
    if cx.session.flow.id.0 != "assertion-exchange" {
        return None;
    }
    let [now, .., first] = found.actors.as_slice() else {
        return None;
    };
    let name = |named: &Named| cx.value(named.sub.as_deref().unwrap_or_default());
    let says = format!(
        "print {} outermost; by RFC 8693 §4.1 that says it acts now, not {}",
        name(first),
        name(now)
    );
    Some(Row::pair("the slides", PAD, Role::Muted, says).at_depth(2))
}

/// One level: its name, its kind and its domain.
fn person(cx: &Cx, label: &str, level: usize, named: &Named) -> Row {
    let branch = match level {
        0 => String::new(),
        level => format!(
            "{}{}{} ",
            "  ".repeat(level.min(8) - 1),
            cx.glyphs.bottom_left,
            cx.glyphs.horizontal
        ),
    };
    let name = named
        .sub
        .as_deref()
        .map_or_else(|| "nobody by name".to_owned(), |sub| cx.value(sub));
    let mut row = Row::pair(label, PAD, Role::Muted, branch).at_depth(2);
    row.spans.push((Role::Strong, name));
    if let Some(profile) = &named.profile {
        row.spans
            .push((Role::Text, format!(" ({})", cx.value(profile))));
    }
    let domain = match &named.iss {
        Some(iss) => format!("  of {}", cx.value(iss)),
        None => "  of no named domain".to_owned(),
    };
    row.spans.push((Role::Muted, domain));
    let sub = named.sub.as_deref().unwrap_or_default();
    row.copying(cx.copy("actor", sub))
}

/// A token about the user that an agent got, without a word about the agent.
fn impersonation(cx: &Cx, record: &TokenRecord, claims: &Value) -> Option<Row> {
    if !matches!(
        record.artifact.kin(),
        Artifact::IdJag | Artifact::AccessToken | Artifact::TxnToken
    ) {
        return None;
    }
    let reader = Claims(claims);
    let subject = reader.text("sub")?;
    let own = ["client_id", "cid", "azp"]
        .into_iter()
        .filter_map(|name| reader.text(name))
        .any(|id| id == subject);
    // An agent that exchanged an assertion about itself acts for nobody.
    let asserted = record.parent == Some(Artifact::Assertion)
        && parent(cx, record).is_some_and(|(_, before)| before.get("act").is_none());
    if own || asserted {
        // It speaks for itself.
        return None;
    }
    let agent = cx.session.profile.client(Side::Agent).id;
    let agent = agent.map_or_else(
        || "the agent".to_owned(),
        |id| format!("the agent {}", cx.value(&id)),
    );
    let lost = parent(cx, record).filter(|(_, before)| before.get("act").is_some());
    let lost = lost.map_or_else(String::new, |(name, _)| {
        format!("; {name} still names an actor")
    });
    let says = format!(
        "Impersonation: there is no act, so whoever reads the token sees {} alone, and not {agent} that got it \
         (RFC 8693 §1.1){lost}.",
        cx.value(subject)
    );
    Some(Row::pair("delegation", PAD, Role::Text, says).at_depth(1))
}

/// What became of each claim since the token that this one was made from; folded.
pub fn changed(cx: &Cx, record: &TokenRecord) -> Vec<Row> {
    let (Some((name, before)), Some(now)) = (parent(cx, record), &record.token.claims.json) else {
        return Vec::new();
    };
    let all = ledger::between(before, now);
    if all.is_empty() {
        return Vec::new();
    }
    let counts: Vec<String> = [
        Change::Kept,
        Change::Narrowed,
        Change::Added,
        Change::Dropped,
        Change::Changed,
    ]
    .into_iter()
    .map(|change| {
        (
            all.iter().filter(|claim| claim.change == change).count(),
            change.word(),
        )
    })
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let mut heading = Row::heading(cx.glyphs, 1, format!("what changed since {name}"));
    heading.spans.push((
        Role::Muted,
        format!(" {} {}", cx.glyphs.dot, counts.join(", ")),
    ));
    let mut rows = vec![heading.shut()];
    let shown: Vec<String> = all.iter().map(|claim| cx.value(&claim.name)).collect();
    let pad = words::pad(shown.iter().map(String::as_str), cx.width);
    let widest = all
        .iter()
        .map(|claim| claim.change.word().width())
        .max()
        .unwrap_or_default();
    for (claim, shown) in all.iter().zip(&shown) {
        let (role, word) = look(claim.change);
        let value = |value: &Option<String>| {
            value
                .as_ref()
                .map(|value| cx.value(value))
                .unwrap_or_default()
        };
        let says = match (claim.change, &claim.before, &claim.now) {
            (Change::Changed | Change::Narrowed, Some(_), Some(_)) => {
                format!(
                    "{} {} {}",
                    value(&claim.before),
                    cx.glyphs.to,
                    value(&claim.now)
                )
            }
            (_, _, Some(_)) => value(&claim.now),
            _ => value(&claim.before),
        };
        let mut row = Row::pair(shown, pad, role, format!("{word:<widest$}  ")).at_depth(2);
        row.spans.push((Role::FieldValue, says));
        let copied = claim
            .now
            .as_deref()
            .or(claim.before.as_deref())
            .unwrap_or_default();
        let copied: CopyText = cx.copy(&claim.name, copied);
        rows.push(row.copying(copied));
    }
    rows
}

/// The claims of the token that one was made from, and its name with the article.
fn parent<'a>(cx: &Cx<'a>, record: &TokenRecord) -> Option<(String, &'a Value)> {
    let artifact = record.parent?;
    let states = cx.session.walk.steps.iter();
    let records = states.flat_map(|state| {
        state
            .given
            .iter()
            .chain(state.attempts.iter().flat_map(|each| &each.tokens))
    });
    let newest = records
        .filter(|other| other.artifact == artifact && other.gained <= record.gained)
        .max_by_key(|other| other.gained)?;
    Some((
        format!("the {}", artifact.noun()),
        newest.token.claims.json.as_ref()?,
    ))
}
