//! What is known of each step of a walk: attempts, what is in flight, what went stale.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    flow::{Bag, Blocked, Draft, KeySets, Made, Nonces, Secrets, StepId, TokenRecord, Want},
    lint::Finding,
    profile::FieldPath,
    protocol::{
        exchange::{Exchange, Failure, Purpose, Request},
        oauth::OAuthError,
        pointer::Pointer,
        time::Timestamp,
    },
};

/// The number of one request; an answer with an old number changes nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SendId(pub u64);

/// How an attempt ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is done.
    Done,
    /// The server refused.
    Refused(OAuthError),
    /// We refuse the answer, for these reasons.
    Failed(Vec<String>),
    /// Only a signature speaks against it; its tokens are held as suspect.
    Suspect(String),
    /// There was no answer.
    Unreachable(Failure),
    /// The user cancelled it.
    Interrupted,
}

/// One attempt of a step: its exchanges and what was made of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it was sent.
    pub started: Timestamp,
    /// When it was over; `None` while it is in flight.
    pub ended: Option<Timestamp>,
    /// Every exchange, in order.
    pub made: Vec<Made>,
    /// Why each part of the request has the value it has.
    pub notes: Vec<(Pointer, String)>,
    /// How it ended; `None` while it is in flight.
    pub outcome: Option<Outcome>,
    /// The tokens that came.
    pub tokens: Vec<TokenRecord>,
    /// What happened, in a sentence or two.
    pub says: String,
    /// What the rules found, the worst first.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl Attempt {
    /// Returns the last main exchange.
    pub fn main(&self) -> Option<&Exchange> {
        self.made
            .iter()
            .rev()
            .find(|made| made.purpose == Purpose::Main)
            .map(|made| made.exchange.as_ref())
    }

    /// Says in two or three words why the answer of a step that failed was not taken.
    pub fn rejected(&self) -> &'static str {
        match &self.outcome {
            Some(Outcome::Suspect(_)) => "signature failed",
            _ if self.main().is_some_and(Exchange::broke_off) => "answer broke off",
            _ => "rejected by us",
        }
    }

    /// Says the same in fewer words.
    pub fn failed(&self) -> &'static str {
        if self.main().is_some_and(Exchange::broke_off) {
            "broke off"
        } else {
            "rejected"
        }
    }

    /// Returns how long it took in microseconds: the sum of its exchanges.
    pub fn micros(&self) -> u64 {
        let each = self.made.iter().map(|made| made.exchange.times.end);
        each.fold(0, u64::saturating_add)
    }
}

/// What is being waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Going {
    /// Its number.
    pub send: SendId,
    /// Since when.
    pub since: Timestamp,
    /// When it goes out; before that it only waits.
    pub starts: Timestamp,
    /// Until when at most, where that is known.
    pub until: Option<Timestamp>,
    /// What it is.
    pub what: What,
}

/// Which of the two things that take time.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Secrets are read, a listener is bound.
    Preparing(Vec<Want>),
    /// A request is out.
    Sending(Purpose, Request),
}

/// All that is known of one step.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StepState {
    /// Which step.
    pub id: StepId,
    /// Every attempt of this walk, the newest last.
    pub attempts: Vec<Attempt>,
    /// Whether an earlier step, or a field it reads, changed since.
    pub stale: bool,
    /// The tokens that were handed in, so that the step is not needed.
    pub given: Vec<TokenRecord>,
    /// What the rules found in them.
    #[serde(default)]
    pub handed: Vec<Finding>,
    /// What the rules find in the next request, before it is sent.
    #[serde(skip)]
    pub drafted: Vec<Finding>,
    /// Whether its server or its client changed since it was sent: what it gains belongs to those of before.
    #[serde(skip)]
    pub foreign: bool,
    /// What is in flight.
    #[serde(skip)]
    pub going: Option<Going>,
    /// The next request, or why there is none.
    #[serde(skip)]
    pub draft: Option<Result<Draft, Vec<Blocked>>>,
}

impl StepState {
    /// Makes the state of a step that has not run.
    pub fn new(id: StepId) -> Self {
        Self {
            id,
            attempts: Vec::new(),
            stale: false,
            given: Vec::new(),
            handed: Vec::new(),
            drafted: Vec::new(),
            foreign: false,
            going: None,
            draft: None,
        }
    }

    /// Returns the newest attempt.
    pub fn last(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Returns how the newest attempt ended.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.last()?.outcome.as_ref()
    }

    /// Tells whether it is done and still fresh.
    pub fn is_fresh(&self) -> bool {
        !self.stale && matches!(self.outcome(), Some(Outcome::Done | Outcome::Suspect(_)))
    }
}

/// Where a step stands, for the eye.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It can be sent.
    Ready,
    /// Something is missing.
    Blocked(Vec<Blocked>),
    /// It is not needed, or left out; why.
    Skipped(String),
    /// It is in flight.
    Waiting,
    /// It is done.
    Done,
    /// The server refused.
    Refused,
    /// We refuse the answer.
    Failed,
    /// There was no answer.
    Unreachable,
    /// The user cancelled it.
    Interrupted,
}

impl Status {
    /// Returns the word of the report (INTERFACE §3); what never ran is `not-run`.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Ready | Self::Waiting | Self::Interrupted => "not-run",
            Self::Blocked(_) => "blocked",
            Self::Skipped(_) => "skipped",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

/// A walk: one pass through a flow with its own seed, state, nonce and keys.
#[derive(Clone, PartialEq, Deserialize, Serialize)]
pub struct Walk {
    /// The seed of everything random in it.
    #[serde(skip)]
    pub seed: [u8; 32],
    /// Which walk of the profile it is, from 1.
    pub number: u32,
    /// When it began.
    pub started: Timestamp,
    /// The steps, in the order of the flow.
    pub steps: Vec<StepState>,
    /// What was gained.
    pub bag: Bag,
    /// The keys that were fetched.
    pub keys: KeySets,
    /// The nonces for proofs that servers gave.
    #[serde(skip)]
    pub nonces: Nonces,
    /// The secrets that were read from outside.
    #[serde(skip)]
    pub secrets: Secrets,
    /// The redirect URI that is listened on.
    pub listening: Option<String>,
    /// Why nobody listens there, if that is so.
    pub deaf: Option<String>,
    /// What is known of the place where the sign-in is waited for.
    #[serde(skip)]
    pub reception: Reception,
    /// The step that a run goes through, while one is on.
    #[serde(skip)]
    pub run_to: Option<StepId>,
    /// What the user has agreed to in this walk.
    #[serde(skip)]
    pub agreed: Vec<Agreed>,
}

/// Whoever knows the seed knows every verifier, so it is never printed.
impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("number", &self.number)
            .field("started", &self.started)
            .field("steps", &self.steps)
            .field("bag", &self.bag)
            .finish_non_exhaustive()
    }
}

/// Something the user was asked and said yes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreed {
    /// To send to a profile marked as production.
    Production,
    /// To use what this step gained although its signature failed.
    Suspect(StepId),
}

/// A question that holds a step back until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The step that waits.
    pub step: StepId,
    /// What is asked.
    pub says: String,
    /// What a yes agrees to.
    pub agrees: Agreed,
}

/// A word to the user about the last command or event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// Whether it is bad news.
    pub bad: bool,
    /// The sentence.
    pub says: String,
}

/// What the world outside knows of the place where a sign-in is waited for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reception {
    /// Whether a request of our own reached the listener.
    pub tested: bool,
    /// What was said of the redirect URIs that were tried before.
    pub tried: Vec<String>,
    /// The `ssh -L` line that leads a browser elsewhere to the listener, in an SSH session.
    pub tunnel: Option<String>,
    /// Why no browser is started by itself, if none is; the end of a sentence.
    pub no_browser: Option<String>,
}

/// A secret field that was resolved, or a listener that was bound.
#[derive(Clone, Debug, PartialEq)]
pub enum Had {
    /// The secret of a field, or why it cannot be had.
    Secret(FieldPath, Result<crate::protocol::secret::Secret, String>),
    /// What a command that gives a secret said on standard error.
    Said(String),
    /// The redirect URI that is listened on, or the one to use without a listener and why nobody listens.
    Listener(Result<String, (String, String)>),
    /// What else is known of the place where it listens.
    Reception(Reception),
}
