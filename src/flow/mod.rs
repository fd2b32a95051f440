//! Which steps exist, what each asks for, and what it makes of the answer: pure, both ways.

pub mod bag;
pub mod client_auth;
pub mod dpop;
pub mod explain;
pub mod flows;
pub mod glossary;
pub mod ink;
pub mod lacking;
pub mod preflight;
pub mod reading;
pub mod scopes;
pub mod steps;
pub mod tour;
pub mod workload;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use bag::{Artifact, Bag, Held, KeySet, KeySets, Nonces, Origin, Secrets};
pub use ink::Ink;
pub use reading::{Gain, Made, Reading, TokenRecord, Verdict};

use crate::{
    profile::{FieldPath, FieldValue, Profile, SecretSource},
    protocol::{
        exchange::Request,
        party::Party,
        pointer::Pointer,
        time::{Lifetime, Timestamp},
    },
};

/// Where something is written: `JAG §4.3`, `RFC 8693 §2.1`.
pub type SpecRef = &'static str;

/// The id of a flow (INTERFACE §2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct FlowId(pub &'static str);

/// The id of a step (INTERFACE §2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct StepId(pub &'static str);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Reads an id back; only ids of steps that exist are known.
impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        flows::FLOWS
            .iter()
            .flat_map(|flow| flow.steps())
            .map(|step| step.info().id)
            .find(|id| id.0 == text)
            .ok_or_else(|| serde::de::Error::custom(format!("there is no step {text:?}")))
    }
}

/// A flow: stages of steps.
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// Its title.
    pub title: &'static str,
    /// What it is for, in a sentence or two.
    pub about: &'static str,
    /// Where it is written.
    pub spec: &'static [SpecRef],
    /// What holds where the profile is silent, by field.
    pub presets: &'static [(FieldPath, &'static str)],
    /// Its stages, in order.
    pub stages: &'static [Stage],
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flow({})", self.id.0)
    }
}

impl Flow {
    /// Returns every step, in order.
    pub fn steps(&self) -> impl Iterator<Item = &'static dyn Step> {
        self.stages
            .iter()
            .flat_map(|stage| stage.steps.iter().copied())
    }

    /// Fits a profile to this flow: what holds in it where the profile is silent.
    pub fn fit(&self, profile: &mut Profile) {
        profile.walk(self.id.0);
        // What another flow filled in says nothing.
        for (field, _) in flows::FLOWS.iter().flat_map(|flow| flow.presets) {
            profile.unfill(*field);
        }
        for (field, value) in self.presets {
            if profile.origin(*field) != crate::profile::Origin::Own {
                profile.fill(*field, FieldValue::Text((*value).to_owned()));
            }
        }
    }

    /// Returns the stage a step stands in.
    pub fn stage_of(&self, id: StepId) -> Option<&'static Stage> {
        self.stages
            .iter()
            .find(|stage| stage.steps.iter().any(|step| step.info().id == id))
    }

    /// Returns the step of that id.
    pub fn step(&self, id: StepId) -> Option<&'static dyn Step> {
        self.steps().find(|step| step.info().id == id)
    }
}

/// A stage: a heading over steps that belong together.
pub struct Stage {
    /// `Phase 1  Single sign-on`.
    pub title: &'static str,
    /// What happens in it and why.
    pub about: &'static str,
    /// Who acts.
    pub party: Party,
    /// Where it is written.
    pub spec: &'static [SpecRef],
    /// Its steps, in order.
    pub steps: &'static [&'static dyn Step],
}

/// What is fixed about a step.
#[derive(Debug)]
pub struct StepInfo {
    /// Its id.
    pub id: StepId,
    /// What it does for the user.
    pub title: &'static str,
    /// A name short enough for the rail.
    pub short: &'static str,
    /// Who sends.
    pub from: Party,
    /// Who answers.
    pub to: Party,
    /// What it may need; what it does need is asked of [`Step::needs`].
    pub needs: &'static [Artifact],
    /// What it gives.
    pub gives: &'static [Artifact],
    /// The profile's fields it reads, in the order of the form.
    pub fields: &'static [FieldPath],
    /// Where it is written.
    pub spec: &'static [SpecRef],
    /// Why it exists, in our own words.
    pub why: &'static str,
    /// Whether a walk without it is still done.
    pub optional: bool,
}

/// A step: one exchange, drafted and read by pure functions.
pub trait Step: Sync {
    /// Returns what is fixed about it.
    fn info(&self) -> &'static StepInfo;

    /// Returns what this profile makes it need.
    fn needs(&self, _profile: &Profile) -> Vec<Artifact> {
        self.info().needs.to_vec()
    }

    /// Returns why this profile leaves it out, if it does.
    fn skipped(&self, _profile: &Profile) -> Option<String> {
        None
    }

    /// Tells whether the walk has it now: most steps always, some only where the profile or the walk asks for them.
    fn asked(&self, _inputs: &Inputs<'_>) -> bool {
        true
    }

    /// Says when the walk has it, for tables; `None` for a step that is there unless another takes its place.
    fn when(&self) -> Option<&'static str> {
        None
    }

    /// Tells whether it only renews what is there: what was made from the older tokens stays good.
    fn renews(&self) -> bool {
        false
    }

    /// Builds the request, complete.
    ///
    /// # Errors
    /// Every field and token that is missing or unusable.
    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>>;

    /// Says what became of it; the exchanges of this attempt are given in order, the newest last.
    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading;
}

/// All that a step may look at.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What the user told us.
    pub profile: &'a Profile,
    /// What the walk has gained.
    pub bag: &'a Bag,
    /// The keys that were fetched.
    pub keys: &'a KeySets,
    /// The secrets that were resolved for this walk.
    pub secrets: &'a Secrets,
    /// The nonces for proofs that servers gave in this walk.
    pub nonces: &'a Nonces,
    /// The redirect URI that is listened on, once it is known.
    pub listening: Option<&'a str>,
    /// How long a sign-in is waited for.
    pub patience: Lifetime,
    /// Time and randomness.
    pub ink: Ink,
    /// Which attempt of the step this is, from 1.
    pub attempt: u32,
    /// How many requests the step has sent before, over all its attempts: what must be fresh each time counts by it.
    pub sent: u32,
}

/// A request with its explanations, ready to go.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What will be sent.
    pub request: Request,
    /// Why each part has the value it has.
    pub notes: Vec<(Pointer, String)>,
    /// What must be fetched from outside before it can go; then it is drafted again.
    pub wants: Vec<Want>,
    /// The endpoint that came of a field, shown under that field.
    pub resolved: Vec<(FieldPath, String)>,
    /// When it was drafted: times in assertions count from here.
    pub made: Timestamp,
}

/// Something that only the world outside can give.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Want {
    /// The secret of a field that names an environment variable, a file or a command.
    Secret(FieldPath, SecretSource),
    /// A listener for the redirect: one of these URIs, on that address if one is given.
    Listener {
        /// The registered redirect URIs, in the order to try.
        redirect_uris: Vec<String>,
        /// Where to listen when not where the URI says.
        listen: Option<String>,
    },
}

/// Why a step cannot be drafted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// An earlier step must gain this first.
    Needs(Artifact),
    /// A field of the profile is empty.
    Missing(String),
    /// A field of the profile cannot be used.
    Invalid(String, String),
}

/// `needs ID-JAG`, `idp.issuer is empty`, `agent.private_key: …`.
impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Needs(artifact) => write!(f, "needs {}", artifact.name()),
            Self::Missing(path) => write!(f, "{path} is empty"),
            // It stands within a sentence; its own stop goes.
            Self::Invalid(path, says) => write!(f, "{path}: {}", says.trim_end_matches('.')),
        }
    }
}
