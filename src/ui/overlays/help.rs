//! What the keys do, from the action table and the user's keys: first what can be done where it was asked.

use crate::ui::{
    action::{ACTIONS, Entry, Scope, why_not},
    keymap::{self, defaults},
    model::{Context, Model},
    rows::{Row, wrap},
    seek::Wanted,
    theme::{Glyphs, Role},
};

/// Where the help was asked for, and what could be done there.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Where keys went.
    from: Context,
    /// Why each action could not be had, in the order of the table.
    why: Vec<Option<String>>,
}

impl Asked {
    /// Looks at what can be done where the model stands; to be asked before the help lies over it.
    pub fn of(model: &Model) -> Self {
        let why = |entry: &Entry| why_not(model, entry).or_else(|| keymap::eclipsed(model, entry));
        Self {
            from: model.context(),
            why: ACTIONS.iter().map(why).collect(),
        }
    }
}

/// The width of the keys.
const KEYS: usize = 20;

/// Returns the help: what can be done where it was asked under the headings of its places, then what cannot be done
/// there now and why, then the other places and the marks; only what is looked for.
pub fn rows(model: &Model, asked: &Asked, wanted: &Wanted, width: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    if wanted.is_empty() {
        let flow = model.session().flow;
        let wrong = model.warnings.iter();
        rows.extend(wrong.map(|says| Row::text(Role::FindingWarning, model.shown(says))));
        rows.push(Row::text(Role::Title, flow.title).noted(Some(flow.about.to_owned())));
    }
    let mut block = |title: &str, listed: Vec<Row>| {
        if !listed.is_empty() {
            if !rows.is_empty() {
                rows.push(Row::blank());
            }
            rows.push(Row::text(Role::Strong, title));
            rows.extend(listed);
        }
    };
    let of = |scope: Scope| {
        let all = ACTIONS.iter().zip(&asked.why);
        all.filter(move |(entry, _)| entry.scope == scope && fits(model, entry, wanted))
    };
    let (here, elsewhere): (Vec<Scope>, Vec<Scope>) = Scope::ALL
        .into_iter()
        .partition(|scope| scope.holds_in(asked.from));
    for scope in &here {
        let can = of(*scope).filter(|(_, why)| why.is_none());
        block(
            scope.title(),
            can.map(|(entry, _)| row(model, entry, None)).collect(),
        );
    }
    let cannot = here.iter().flat_map(|scope| of(*scope));
    let cannot = cannot.filter_map(|(entry, why)| Some(row(model, entry, Some(why.as_deref()?))));
    block("not now", cannot.collect());
    for scope in elsewhere {
        block(
            scope.title(),
            of(scope)
                .map(|(entry, _)| row(model, entry, None))
                .collect(),
        );
    }
    block("marks", marks(model.look.glyphs, wanted));
    if rows.is_empty() {
        rows.push(Row::text(Role::Muted, "No action is like that."));
    }
    wrap(rows, width)
}

/// Tells whether an action is looked for: by its keys, its word in the configuration or in the footer, or what it does.
fn fits(model: &Model, entry: &Entry, wanted: &Wanted) -> bool {
    let keys = model.keys.shown(entry.action);
    wanted.fits(&[&keys, entry.id, entry.hint, entry.about])
}

/// Returns the row of an action; greyed where there is a reason why it cannot be had.
fn row(model: &Model, entry: &Entry, why: Option<&str>) -> Row {
    let keys = match model.keys.shown(entry.action) {
        keys if keys.is_empty() => "no key".to_owned(),
        keys => keys,
    };
    let changed = model.keys.is_changed(entry);
    let (role, text) = match why {
        Some(_) => (Role::Muted, Role::Muted),
        None if changed => (Role::Accent, Role::Text),
        None => (Role::FieldLabel, Role::Text),
    };
    let gap = " ".repeat(KEYS.saturating_sub(keys.chars().count()).max(1));
    let own = if changed {
        let default: Vec<String> = defaults(entry).iter().map(ToString::to_string).collect();
        format!("; by default {}", default.join("  "))
    } else {
        String::new()
    };
    let about = match why {
        Some(why) => format!("{} {}", entry.about, model.shown(why)),
        None => entry.about.to_owned(),
    };
    Row::new(vec![
        (Role::Text, " ".to_owned()),
        (role, keys),
        // What goes on stands under what it does, greyed or not.
        (Role::FieldLabel, String::new()),
        (Role::Text, gap),
        (text, about),
    ])
    .noted(Some(format!("{} in [keys] of config.toml{own}.", entry.id)))
    .copying(entry.id.into())
}

/// Returns what the marks say that this terminal has, wherever a step stands.
fn marks(glyphs: &Glyphs, wanted: &Wanted) -> Vec<Row> {
    let all = [
        (Role::StepDone, glyphs.done, "Done, or verified."),
        (
            Role::StepRefused,
            glyphs.failed,
            "Refused, rejected, not reachable; an error.",
        ),
        (
            Role::StepStale,
            glyphs.stale,
            "Done, and what it was made of has changed since.",
        ),
        (
            Role::StepWaiting,
            glyphs.waiting,
            "In flight, or waiting for you.",
        ),
        (Role::StepReady, glyphs.idle, "Not sent yet; a note."),
        (Role::StepSkipped, glyphs.skipped, "Left out."),
        (
            Role::FindingWarning,
            glyphs.warning,
            "Look here: the rules found something.",
        ),
        (Role::Accent, glyphs.current, "Here; or folded."),
    ];
    let listed = all
        .into_iter()
        .filter(|(_, mark, says)| wanted.fits(&[mark, says]));
    let row = |(role, mark, says): (Role, &str, &str)| {
        let gap = " ".repeat(KEYS.saturating_sub(mark.chars().count()).max(1));
        Row::new(vec![
            (Role::Text, " ".to_owned()),
            (role, mark.to_owned()),
            (Role::Text, gap),
            (Role::Text, says.to_owned()),
        ])
        .copying(mark.into())
    };
    listed.map(row).collect()
}
