//! Where the user stood in each profile when the screen was left, as it is kept on disk: places and switches, never
//! anything that was typed, sent or received.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{panels::PANELS, rows::PanelState};
use crate::flow::{StepId, flows::FLOWS};

/// So many profiles are remembered; the one that was left longest ago goes first.
const PROFILES: usize = 50;

/// So many folds of a panel are remembered.
const FOLDS: usize = 200;

/// What is remembered of every profile, the one that was left last at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places(Vec<(String, Stood)>);

/// Where the user stood in one profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stood {
    /// How the screen was looked at.
    pub posture: Posture,
    /// The panel that was chosen at a step before it is sent.
    pub chosen: BTreeMap<StepId, &'static str>,
    /// What each panel remembers.
    pub states: BTreeMap<(StepId, &'static str), PanelState>,
}

/// How a profile is looked at, whatever its step.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Posture {
    /// Whether the keys are on the rail.
    pub rail: bool,
    /// Whether the panel is alone.
    pub zoom: bool,
    /// Whether the log is that of the walk.
    pub log_whole: bool,
}

impl Places {
    /// Reads what was kept; what is no text of ours says nothing, and what is not known any more is left out.
    pub fn read(text: &str) -> Self {
        let file: File = serde_json::from_str(text).unwrap_or_default();
        if file.format != FORMAT {
            return Self::default();
        }
        let profiles = file.profiles.into_iter();
        Self(
            profiles
                .map(|one| (one.name.clone(), one.stood()))
                .collect(),
        )
    }

    /// Returns what is remembered of a profile.
    pub fn of(&self, name: &str) -> Option<&Stood> {
        let (_, stood) = self.0.iter().find(|(known, _)| known == name)?;
        Some(stood)
    }

    /// Takes over where the user stood now; those who were left longest ago give way.
    pub fn keep(&mut self, left: Vec<(String, Stood)>) {
        for (name, _) in &left {
            self.forget(name);
        }
        self.0.extend(left);
        let more = self.0.len().saturating_sub(PROFILES);
        self.0.drain(..more);
    }

    /// Forgets a profile.
    pub fn forget(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Gives a profile another name.
    pub fn rename(&mut self, from: &str, to: &str) {
        self.forget(to);
        for (name, _) in &mut self.0 {
            if name == from {
                to.clone_into(name);
            }
        }
    }

    /// Returns the text for the file.
    pub fn text(&self) -> String {
        let file = File {
            format: FORMAT,
            profiles: self
                .0
                .iter()
                .map(|(name, stood)| Kept::of(name, stood))
                .collect(),
        };
        let mut text = serde_json::to_string(&file).expect("its keys are texts");
        text.push('\n');
        text
    }
}

const FORMAT: u32 = 1;

#[derive(Default, Deserialize, Serialize)]
struct File {
    format: u32,
    profiles: Vec<Kept>,
}

#[derive(Deserialize, Serialize)]
struct Kept {
    name: String,
    #[serde(flatten)]
    posture: Posture,
    #[serde(default)]
    steps: BTreeMap<String, At>,
}

/// What is kept of a step.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct At {
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
    panels: BTreeMap<String, Spot>,
}

/// What is kept of a panel; what was looked for in it is not.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Spot {
    scroll: u32,
    cursor: u32,
    width: u16,
    folds: BTreeSet<u32>,
}

impl Kept {
    fn of(name: &str, stood: &Stood) -> Self {
        let mut steps: BTreeMap<String, At> = BTreeMap::new();
        for (step, panel) in &stood.chosen {
            let at = steps.entry(step.0.to_owned()).or_default();
            at.chosen = Some((*panel).to_owned());
        }
        for ((step, panel), state) in &stood.states {
            let at = steps.entry(step.0.to_owned()).or_default();
            at.panels.insert((*panel).to_owned(), Spot::of(state));
        }
        Self {
            name: name.to_owned(),
            posture: stood.posture,
            steps,
        }
    }

    fn stood(self) -> Stood {
        let mut stood = Stood {
            posture: self.posture,
            ..Stood::default()
        };
        for (step, at) in self.steps {
            let Some(step) = step_of(&step) else { continue };
            let chosen = at.chosen.as_deref().and_then(panel_of);
            stood.chosen.extend(chosen.map(|panel| (step, panel)));
            let known =
                |(panel, spot): (String, Spot)| Some(((step, panel_of(&panel)?), spot.state()));
            stood.states.extend(at.panels.into_iter().filter_map(known));
        }
        stood
    }
}

impl Spot {
    fn of(state: &PanelState) -> Self {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            scroll: small(state.scroll),
            cursor: small(state.cursor),
            width: state.width,
            folds: state.folds.iter().copied().map(small).take(FOLDS).collect(),
        }
    }

    fn state(&self) -> PanelState {
        let large = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        PanelState {
            scroll: large(self.scroll),
            cursor: large(self.cursor),
            folds: self.folds.iter().copied().map(large).take(FOLDS).collect(),
            query: String::new(),
            width: self.width,
        }
    }
}

fn step_of(id: &str) -> Option<StepId> {
    let steps = FLOWS.iter().flat_map(|flow| flow.steps());
    let mut ids = steps.map(|step| step.info().id);
    ids.find(|known| known.0 == id)
}

fn panel_of(id: &str) -> Option<&'static str> {
    PANELS
        .iter()
        .map(|panel| panel.id)
        .find(|known| *known == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stood() -> Stood {
        let step = StepId("id-jag");
        let state = PanelState {
            scroll: 3,
            cursor: 7,
            folds: BTreeSet::from([0, 2]),
            query: "what-was-looked-for".to_owned(),
            width: 78,
        };
        Stood {
            posture: Posture {
                zoom: true,
                ..Posture::default()
            },
            chosen: BTreeMap::from([(step, "curl")]),
            states: BTreeMap::from([((step, "curl"), state)]),
        }
    }

    #[test]
    fn what_is_kept_is_read_back_but_for_what_was_typed() {
        let mut places = Places::default();
        places.keep(vec![("acme".to_owned(), stood())]);
        let text = places.text();
        assert!(!text.contains("looked-for"), "{text}");
        let mut expected = stood();
        expected
            .states
            .values_mut()
            .for_each(|state| state.query.clear());
        assert_eq!(Places::read(&text).of("acme"), Some(&expected));
    }

    #[test]
    fn what_is_broken_or_foreign_says_nothing() {
        for text in [
            "",
            "{",
            "[]",
            "null",
            "{\"format\":2,\"profiles\":[{\"name\":\"a\"}]}",
            "{\"format\":1,\"profiles\":[{\"name\":7}]}",
            "{\"format\":1,\"profiles\":[{\"name\":\"a\",\"steps\":{\"id-jag\":{\"panels\":{\"curl\":{\"scroll\":-1}}}}}]}",
            "\u{0}\u{1}",
        ] {
            assert_eq!(Places::read(text), Places::default(), "{text}");
        }
    }

    #[test]
    fn steps_and_panels_that_are_not_known_are_left_out() {
        let text = r#"{ "format": 1, "more": true, "profiles": [{ "name": "acme", "zoom": true, "steps": {
            "id-jag": { "chosen": "smoke", "panels": { "smoke": {}, "request": { "cursor": 4 } } },
            "fly": { "chosen": "curl", "panels": { "curl": {} } } } }] }"#;
        let places = Places::read(text);
        let stood = places.of("acme").unwrap();
        assert!(stood.posture.zoom && stood.chosen.is_empty());
        let kept: Vec<_> = stood.states.iter().collect();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].0.1, kept[0].1.cursor), ("request", 4));
    }

    #[test]
    fn the_newest_profiles_are_kept_and_names_follow() {
        let mut places = Places::default();
        for number in 0..60 {
            places.keep(vec![(format!("p{number}"), stood())]);
        }
        places.keep(vec![("p15".to_owned(), Stood::default())]);
        assert_eq!(places.0.len(), PROFILES);
        assert_eq!((places.of("p9"), places.of("p10").is_some()), (None, true));
        assert_eq!(places.of("p15"), Some(&Stood::default()));
        places.rename("p20", "p21");
        assert_eq!((places.0.len(), places.of("p20")), (PROFILES - 1, None));
        places.forget("p21");
        assert_eq!(places.of("p21"), None);
    }
}
