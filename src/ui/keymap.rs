//! Which keys stand for which actions, and what a key means in a place: help, hints, palette and README ask here.

mod key;

use std::fmt::Write as _;

pub use key::{Key, NAMES, Sequence};

use crossterm::event::KeyCode;

use super::{
    action::{ACTIONS, Action, Availability, Entry, Scope},
    layout::verdict_here,
    model::{Context, Model},
};

/// The keys of every action, as they hold for this user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Keymap(Vec<Vec<Sequence>>);

/// The keys of the action table.
impl Default for Keymap {
    fn default() -> Self {
        let all = ACTIONS.iter().map(defaults);
        Self(all.collect())
    }
}

/// Returns the keys that an action has unless the user says otherwise.
pub fn defaults(entry: &Entry) -> Vec<Sequence> {
    let keys = entry.keys.iter();
    keys.filter_map(|text| Sequence::parse(text)).collect()
}

impl Keymap {
    /// Returns the keys of an action; none when it is unbound.
    pub fn of(&self, action: Action) -> &[Sequence] {
        // The table has its entries in the order of the enum.
        &self.0[action as usize]
    }

    /// Gives an action other keys.
    pub fn bind(&mut self, action: Action, keys: Vec<Sequence>) {
        self.0[action as usize] = keys;
    }

    /// Tells whether an action has other keys than those of the table.
    pub fn is_changed(&self, entry: &Entry) -> bool {
        self.of(entry.action) != defaults(entry)
    }

    /// Returns the keys of an action as a person reads them, two blanks between them; nothing when it is unbound.
    pub fn shown(&self, action: Action) -> String {
        let keys: Vec<String> = self.of(action).iter().map(ToString::to_string).collect();
        keys.join("  ")
    }

    /// Puts keys into a sentence that names actions: `{cancel} cancels it.` An unbound action is named by its word, by
    /// which the palette finds it.
    pub fn spoken(&self, says: &str) -> String {
        let mut out = says.to_owned();
        for entry in ACTIONS.iter().take_while(|_| says.contains('{')) {
            let place = format!("{{{}}}", entry.id);
            if out.contains(&place) {
                let key = match self.of(entry.action).first() {
                    Some(key) => key.to_string(),
                    None => entry.id.to_owned(),
                };
                out = out.replace(&place, &key);
            }
        }
        out
    }
}

/// What a key means just now.
#[derive(Clone, Copy)]
pub enum Meaning {
    /// This action.
    Action(&'static Entry),
    /// The first of two keys.
    Begins,
    /// An action that cannot be had, and why.
    Not(&'static str),
    /// Nothing.
    Nothing,
}

/// Finds what a key means in the model's context: the first action of that key which can be had, after the key that
/// was pressed before where one waits for its second.
pub fn meaning(model: &Model, key: Key) -> Meaning {
    let pressed = match model.screen.prefix {
        Some(first) => Sequence {
            first,
            then: Some(key),
        },
        None => Sequence::one(key),
    };
    resolve(model, pressed)
}

fn resolve(model: &Model, pressed: Sequence) -> Meaning {
    let context = model.context();
    let (mut why, mut begins) = (None, false);
    for entry in ACTIONS
        .iter()
        .filter(|entry| listens(entry, context, pressed.first))
    {
        let keys = model.keys.of(entry.action);
        if keys.contains(&pressed) {
            match (entry.when)(model) {
                Availability::Yes => return Meaning::Action(entry),
                Availability::No("") => {}
                // The last candidate is the most general one, and says best what is missing.
                Availability::No(says) => why = Some(says),
                Availability::Taken(says) => return Meaning::Not(says),
            }
        } else if pressed.then.is_none() && keys.iter().any(|known| known.first == pressed.first) {
            begins |= (entry.when)(model) != Availability::No("");
        }
    }
    match why {
        _ if begins => Meaning::Begins,
        Some(why) => Meaning::Not(why),
        None => Meaning::Nothing,
    }
}

/// Says why a key does nothing where the model stands, in the action table's words.
pub fn idle(model: &Model, key: Key) -> String {
    let context = model.context();
    let pressed = Sequence::one(key);
    let has = |entry: &&&Entry| model.keys.of(entry.action).contains(&pressed);
    let mut own = ACTIONS.iter().filter(|entry| listens(entry, context, key));
    let mut all = ACTIONS.iter();
    if context == Context::Question {
        return model.spoken("This is a question: {yes} or {no} answers it.");
    }
    match (own.find(|entry| has(&entry)), all.find(|entry| has(&entry))) {
        (Some(entry), _) => format!("{key} is {}, which can do nothing here.", entry.id),
        (None, Some(entry)) => {
            let place = model.spoken(entry.scope.place());
            let mut does = entry.about.chars();
            let first = does.next().map(|first| first.to_ascii_lowercase());
            let does: String = first.into_iter().chain(does).collect();
            let does = does.split(['.', ';', ':']).next().unwrap_or_default();
            format!("{key} {does}, {place}: not here.")
        }
        (None, None) => model.spoken(&format!(
            "No action has the key {key}; {{help}} lists them."
        )),
    }
}

/// Says which action the keys of another one do where the model stands, if none of them does its own.
pub fn eclipsed(model: &Model, entry: &Entry) -> Option<String> {
    let keys = model.keys.of(entry.action);
    let mut other = None;
    for key in keys {
        match resolve(model, *key) {
            Meaning::Action(found) if found.action == entry.action => return None,
            Meaning::Action(found) => other = other.or(Some((key, found))),
            _ => {}
        }
    }
    other.map(|(key, found)| format!("Here {key} is {}.", found.id))
}

/// Tells whether an action hears of a key in a context.
fn listens(entry: &Entry, context: Context, key: Key) -> bool {
    // Printable keys belong to the field that is edited.
    entry.scope.holds_in(context) && !(context == Context::Field && key.is_printable())
}

/// Returns what can come after a first key: each second key with its action, and whether that can be had.
pub fn continuations(model: &Model, first: Key) -> Vec<(Key, &'static Entry, Availability)> {
    let context = model.context();
    let mut out = Vec::new();
    for entry in ACTIONS
        .iter()
        .filter(|entry| listens(entry, context, first))
    {
        let can = (entry.when)(model);
        if can == Availability::No("") {
            continue;
        }
        for then in model
            .keys
            .of(entry.action)
            .iter()
            .filter(|known| known.first == first)
            .filter_map(|known| known.then)
        {
            out.push((then, entry, can));
        }
    }
    out
}

/// The actions whose hints the footer never leaves out: the way back, and the help, which knows the rest.
const KEPT: &[Action] = &[Action::Close, Action::Help];

/// Tells whether the footer leaves out whatever else before this hint.
pub fn is_kept(hint: &str) -> bool {
    KEPT.iter().any(|action| action.entry().hint == hint)
}

/// The most hints that the footer has: more are read by nobody.
const HINTS: usize = 6;

/// What is hinted before all else where it can be done.
const FIRST: [Action; 2] = [Action::JumpBack, Action::StopFiltering];

/// What is hinted first at a step that went wrong: what is at hand, then what helps most there, each with the panel
/// where it would lead nowhere.
const WHERE_WRONG: [(Action, &str); 7] = [
    (Action::EditField, ""),
    (Action::Follow, ""),
    (Action::FindNext, ""),
    (Action::StopFinding, ""),
    (Action::Findings, "findings"),
    (Action::Handoff, ""),
    (Action::Diagram, "diagram"),
];

/// What is hinted first at the last step of a walk that is done.
const AT_THE_END: [(Action, &str); 3] = [
    (Action::EditField, ""),
    (Action::Follow, ""),
    (Action::NewWalk, ""),
];

/// Returns the hints of the footer: what can be done now, each with the key that does it, in the order of the table, but
/// for a step that went wrong; the last is the help, which knows the rest.
pub fn hints(model: &Model) -> Vec<(String, &'static str)> {
    let hints = hinted(model).into_iter();
    hints.map(|(key, says)| (key.to_string(), says)).collect()
}

/// Returns them with their keys as they are pressed.
pub fn hinted(model: &Model) -> Vec<(Sequence, &'static str)> {
    if model.screen.prefix.is_some() {
        let esc = Key::plain(KeyCode::Esc);
        return vec![(Sequence::one(esc), "give up")];
    }
    let context = model.context();
    let mut known: Vec<&str> = Vec::new();
    let mut hints: Vec<(Sequence, &'static str)> = Vec::new();
    let on_panel = context == Context::Walk && !model.on_rail();
    let session = model.session();
    let special: &[(Action, &str)] = if !on_panel {
        &[]
    } else if verdict_here(model).is_some() {
        &WHERE_WRONG
    } else if session.next_step(None).is_none() && model.step_after(model.place().step).is_none() {
        &AT_THE_END
    } else {
        &[]
    };
    let here = model.panel().id;
    let first = special
        .iter()
        .filter(|(_, panel)| *panel != here)
        .map(|(action, _)| action.entry());
    // Who sees a part of the entries is told first how to see the rest, and who was led away how to get back.
    let first = FIRST.iter().map(|action| action.entry()).chain(first);
    let kept = KEPT
        .iter()
        .filter(|action| action.entry().scope.holds_in(context))
        .count();
    let mut room = HINTS.saturating_sub(kept);
    // What holds everywhere comes behind what the page itself offers.
    let late = |entry: &&Entry| context != Context::Walk && entry.scope == Scope::Everywhere;
    let table = ACTIONS.iter().filter(|entry| !late(entry));
    let table = table.chain(ACTIONS.iter().filter(late));
    for entry in first.chain(table) {
        // Two keys for one thing are one too many for the footer.
        let new = !entry.hint.is_empty() && !known.contains(&entry.hint);
        let keeps = KEPT.contains(&entry.action);
        // Nobody need be told how to get where they are.
        let there = entry.action == Action::EditInputs && here == "inputs";
        if !new || there || (room == 0 && !keeps) || !entry.scope.holds_in(context) {
            continue;
        }
        let keys = model.keys.of(entry.action);
        // Two keys in a row are hinted only where there is no other way.
        let single = keys.iter().any(|key| key.then.is_none());
        let key = keys.iter().filter(|key| !single || key.then.is_none()).find(
            |key| matches!(resolve(model, **key), Meaning::Action(found) if found.action == entry.action),
        );
        if let Some(key) = key {
            known.push(entry.hint);
            room = room.saturating_sub(usize::from(!keeps));
            hints.push((*key, entry.hint));
        }
    }
    hints
}

/// Returns the key table as Markdown for the README.
pub fn key_table_markdown() -> String {
    let mut out =
        String::from("| where | key | action | what it does |\n| --- | --- | --- | --- |\n");
    for entry in ACTIONS {
        let keys: Vec<String> = defaults(entry)
            .iter()
            .map(|key| format!("`{}`", key.to_string().replace('|', "\\|")))
            .collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | `{}` | {} |",
            entry.scope.title(),
            keys.join(" "),
            entry.id,
            entry.about
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_one() {
        for (index, entry) in ACTIONS.iter().enumerate() {
            assert_eq!(entry.action as usize, index);
            assert!(!entry.keys.is_empty(), "{}", entry.id);
            for text in entry.keys {
                assert!(Sequence::parse(text).is_some(), "{}: {text}", entry.id);
            }
            assert!(entry.hint.chars().count() <= 20, "{}", entry.id);
            assert!(entry.about.ends_with('.'), "{}", entry.id);
            assert_eq!(
                ACTIONS.iter().filter(|other| other.id == entry.id).count(),
                1
            );
        }
    }

    #[test]
    fn no_action_has_only_keys_that_laptops_and_terminals_keep_for_themselves() {
        for entry in ACTIONS {
            let reachable = defaults(entry)
                .iter()
                .any(|key| !matches!(key.first.code, KeyCode::F(_)));
            assert!(reachable, "{}", entry.id);
        }
    }

    #[test]
    fn sentences_name_the_keys_that_hold() {
        let mut keys = Keymap::default();
        assert_eq!(keys.spoken("{cancel} cancels, {x}."), "Esc cancels, {x}.");
        keys.bind(Action::Cancel, Sequence::parse("g c").into_iter().collect());
        assert_eq!(keys.spoken("{cancel} cancels."), "g c cancels.");
        keys.bind(Action::Cancel, Vec::new());
        assert_eq!(keys.spoken("{cancel} cancels."), "cancel cancels.");
    }

    #[test]
    fn the_table_for_the_readme_names_every_action() {
        let table = key_table_markdown();
        assert_eq!(table.lines().count(), ACTIONS.len() + 2);
        assert!(table.contains("`ctrl-c`"));
    }
}
