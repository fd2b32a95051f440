//! The palette: every action, profile, flow, step, theme, fault and rule by its name; what cannot be had now says why.

use std::cmp::Reverse;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    flow::{StepId, flows::FLOWS},
    lint,
    ui::{
        action::{self, ACTIONS, Action, Entry},
        model::{Model, OVER},
        rail::cut,
        rows::{Row, words},
        seek::Wanted,
        theme::{Glyphs, Role},
    },
};

/// What an entry does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Deed {
    /// Does an action.
    Act(Action),
    /// Opens a profile.
    Profile(String),
    /// Walks a flow, by its index.
    Flow(usize),
    /// Goes to a step.
    Step(StepId),
    /// Shows what a rule is for.
    Rule(&'static str),
    /// Wears a theme and keeps it, by its name.
    Theme(String),
    /// Switches a fault of the lab, by its place in the list.
    Fault(usize),
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What it does.
    pub deed: Deed,
    /// The key that does the same, or what kind of thing it is.
    lead: String,
    /// Its name.
    name: String,
    /// What it is.
    about: String,
    /// Why it cannot be had.
    pub why: Option<String>,
}

/// The entries, and which of them fit what is typed.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Every entry.
    offers: Vec<Offer>,
    /// Those that fit, best first, each with the places in its text that do.
    found: Vec<(usize, Vec<u32>)>,
}

impl Palette {
    /// Gathers what can be done and opened where the model stands.
    pub fn of(model: &Model) -> Self {
        let actions = ACTIONS.iter().map(|entry| of_action(model, entry));
        let (here, elsewhere): (Vec<Offer>, Vec<Offer>) =
            actions.partition(|offer| offer.why.is_none());
        let offers = here.into_iter().chain(things(model)).chain(elsewhere);
        let mut palette = Self {
            offers: offers.collect(),
            found: Vec::new(),
        };
        palette.find("");
        palette
    }

    /// Finds what fits a text: the best first, and of equals the one that stands first without any text.
    pub fn find(&mut self, text: &str) {
        let words: Vec<Word> = text.split_whitespace().map(Word::new).collect();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut found: Vec<(u32, usize, Vec<u32>)> = Vec::new();
        for (at, offer) in self.offers.iter().enumerate() {
            let mut places = Vec::new();
            let scores: Option<Vec<u32>> = words
                .iter()
                .map(|word| word.fits(offer, &mut matcher, &mut places))
                .collect();
            if let Some(scores) = scores {
                places.sort_unstable();
                places.dedup();
                found.push((scores.iter().sum(), at, places));
            }
        }
        found.sort_by_key(|(score, at, _)| (Reverse(*score), *at));
        self.found = found
            .into_iter()
            .map(|(_, at, places)| (at, places))
            .collect();
    }

    /// Returns the entry of a row.
    pub fn at(&self, row: usize) -> Option<&Offer> {
        let (at, _) = self.found.get(row)?;
        self.offers.get(*at)
    }

    /// Returns how many entries fit.
    pub fn count(&self) -> usize {
        self.found.len()
    }
}

/// A word of what is typed.
struct Word {
    plain: String,
    /// Its letters in a name, in their order: as they were typed, and without dashes, which a name has where it likes.
    loose: [Atom; 2],
    /// The word itself in a sentence, where its letters alone would be in every other one.
    strict: Wanted,
    /// What it counts for in a sentence.
    weight: u32,
}

impl Word {
    fn new(text: &str) -> Self {
        let letters = text.replace(['-', '_'], "");
        let (case, form) = (CaseMatching::Ignore, Normalization::Smart);
        Self {
            plain: text.to_lowercase(),
            loose: [text, &letters].map(|text| Atom::new(text, case, form, AtomKind::Fuzzy, false)),
            strict: Wanted::new(text),
            weight: u32::try_from(letters.len())
                .unwrap_or(u32::MAX)
                .saturating_mul(EACH),
        }
    }

    /// Tells how well it fits: the name counts most, then what kind of thing it is, then the sentence about it. Adds the
    /// places that do, counted over both texts with a blank between them.
    fn fits(&self, offer: &Offer, matcher: &mut Matcher, places: &mut Vec<u32>) -> Option<u32> {
        let mut buffer = Vec::new();
        let name = Utf32Str::new(&offer.name, &mut buffer);
        let from = u32::try_from(name.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let mut loose = |atom: &Atom| {
            let mut own = Vec::new();
            Some((atom.indices(name, matcher, &mut own)?, own))
        };
        let best = self
            .loose
            .iter()
            .filter_map(&mut loose)
            .max_by_key(|(score, _)| *score);
        if let Some((score, own)) = best {
            places.extend(own);
            return Some(u32::from(score) * 3);
        }
        if offer.is_kind(&self.plain) {
            return Some(1);
        }
        if !self.strict.fits(&[&offer.about]) {
            return None;
        }
        let found = self.strict.places(&offer.about);
        let chars = (0..).zip(offer.about.char_indices());
        let lit = chars.filter(|(_, (byte, _))| found.iter().any(|place| place.contains(byte)));
        places.extend(lit.map(|(at, _)| from.saturating_add(at)));
        Some(self.weight)
    }
}

/// A letter in a sentence counts as much as the matcher lets one count in a name, before that is made more.
const EACH: u32 = 16;

impl Offer {
    /// Tells whether a word is the beginning of what kind of thing it is.
    fn is_kind(&self, word: &str) -> bool {
        !matches!(self.deed, Deed::Act(_)) && self.lead.starts_with(word)
    }

    fn row(&self, places: &[u32], width: usize, glyphs: &Glyphs) -> Row {
        let can = self.why.is_none();
        let role = |role| if can { role } else { Role::Muted };
        let lead = cut(&self.lead, LEAD - 1, glyphs);
        let gap = " ".repeat(LEAD.saturating_sub(lead.width()));
        let mut spans = vec![(role(Role::HintKey), lead), (Role::Text, gap)];
        let names = self.name.chars().count();
        let among = |from: usize| {
            move |at: usize| {
                u32::try_from(at + from).is_ok_and(|at| places.binary_search(&at).is_ok())
            }
        };
        spans.extend(lit(&self.name, role(Role::FieldValue), among(0)));
        let gap = NAME.saturating_sub(self.name.width()).max(2);
        spans.push((Role::Text, " ".repeat(gap)));
        match &self.why {
            Some(why) => spans.push((Role::Muted, why.clone())),
            None => spans.extend(lit(&self.about, Role::Text, among(names + 1))),
        }
        // One row each, so that the cursor counts entries.
        let note = match &self.why {
            Some(why) => format!("{} {why}", words::sentence(&self.about)),
            None => self.about.clone(),
        };
        Row::new(crate::ui::rail::fit(spans, width, glyphs)).noted(Some(note))
    }
}

/// The width of keys and kinds.
const LEAD: usize = 10;

/// The width of names.
const NAME: usize = 22;

/// Returns the rows: one for each entry that fits.
pub fn rows(model: &Model, width: u16) -> Vec<Row> {
    let Some(palette) = &model.screen.palette else {
        return Vec::new();
    };
    if palette.found.is_empty() {
        return vec![Row::text(Role::Muted, "Nothing is like that.")];
    }
    let glyphs = model.look.glyphs;
    palette
        .found
        .iter()
        .map(|(at, places)| palette.offers[*at].row(places, usize::from(width), glyphs))
        .collect()
}

/// Splits a text where what was typed is found in it.
fn lit(text: &str, role: Role, found: impl Fn(usize) -> bool) -> Vec<(Role, String)> {
    let mut spans: Vec<(Role, String)> = Vec::new();
    for (at, c) in text.chars().enumerate() {
        let role = if found(at) { Role::FindMatch } else { role };
        match spans.last_mut() {
            Some((last, text)) if *last == role => text.push(c),
            _ => spans.push((role, c.to_string())),
        }
    }
    spans
}

fn of_action(model: &Model, entry: &'static Entry) -> Offer {
    let why = match entry.action {
        Action::Palette => Some("It is open.".to_owned()),
        Action::NthStep => Some("The digit says which step.".to_owned()),
        _ => action::why_not(model, entry),
    };
    let keys = model.keys.of(entry.action);
    Offer {
        deed: Deed::Act(entry.action),
        lead: keys.first().map_or_else(String::new, ToString::to_string),
        name: entry.id.to_owned(),
        about: entry.about.to_owned(),
        why,
    }
}

/// Returns what can be opened or switched: profiles, flows, steps, themes, faults and rules.
fn things(model: &Model) -> Vec<Offer> {
    let session = model.session();
    let offer = |deed, lead: &str, name: &str, about: &str| Offer {
        deed,
        lead: lead.to_owned(),
        name: model.shown(name),
        about: model.shown(about),
        why: None,
    };
    let steps = session.steps().map(|step| {
        let info = step.info();
        offer(Deed::Step(info.id), "step", info.id.0, info.title)
    });
    let profiles = model.profiles.iter().map(|entry| {
        let deed = Deed::Profile(entry.name.clone());
        offer(deed, "profile", &entry.name, &entry.title)
    });
    let flows = FLOWS.iter().enumerate().map(|(at, flow)| Offer {
        why: session.archived.then(|| {
            let stored = "This is a stored trace; it stays in its flow.";
            model.spoken(if model.in_past() { OVER } else { stored })
        }),
        ..offer(Deed::Flow(at), "flow", flow.id.0, flow.title)
    });
    let rules =
        lint::rules::all().map(|rule| offer(Deed::Rule(rule.code), "rule", rule.code, rule.title));
    let themes = model.shelf.listing().iter().map(|theme| {
        let deed = Deed::Theme(theme.name.clone());
        offer(deed, "theme", &theme.name, &theme.about)
    });
    let lab = model.walks_the_lab() && !model.in_past();
    let faults = model
        .faults
        .iter()
        .enumerate()
        .filter(|_| lab)
        .map(|(at, fault)| {
            let lead = if fault.on { "fault on" } else { "fault" };
            offer(Deed::Fault(at), lead, fault.id, fault.title)
        });
    let named = steps.chain(profiles).chain(flows);
    named.chain(themes).chain(faults).chain(rules).collect()
}
