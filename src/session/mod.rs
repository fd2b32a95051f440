//! The engine: commands and events in, state and effects out, nothing else.

pub mod audit;
mod commands;
pub mod diagram;
mod drafts;
pub mod driver;
mod events;
mod existing;
mod findings;
pub mod headless;
pub mod lineage;
pub mod needs;
pub mod people;
pub mod state;
pub mod vault;

use std::sync::Arc;

pub use driver::{Driver, Transport};
pub use state::{
    Agreed, Attempt, Going, Had, Notice, Outcome, Question, Reception, SendId, Status, StepState,
    Walk, What,
};
pub use vault::Vault;

use crate::{
    flow::{Artifact, Bag, Flow, Ink, KeySets, Nonces, Secrets, Step, StepId, Want},
    profile::{FieldPath, Profile},
    protocol::{
        exchange::{Exchange, Failure, Purpose, Request, Timings, Via},
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
};

/// What a front end asks of the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Changes a field of the profile by what a person typed.
    Edit(FieldPath, String),
    /// Takes another profile: the file was read again, or the lab filled it in.
    Adopt(Box<Profile>),
    /// Sends one step.
    Send(StepId),
    /// Sends every step that is not done, up to and with this one.
    SendThrough(StepId),
    /// Hands in what the user copied from the browser.
    PasteRedirect(String),
    /// Hands in a token or a code, so that the steps that make it are not needed.
    UseExisting(Artifact, Secret),
    /// Takes a handed-in artifact back.
    Withdraw(Artifact),
    /// Says yes to the question.
    Confirm,
    /// Says no to the question.
    Dismiss,
    /// Cancels what is in flight.
    Abort,
    /// Starts a new walk: new state, nonce and keys.
    NewWalk,
}

/// What the world outside reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Secrets were read and a listener was bound, or not.
    Prepared {
        /// Which request it was for.
        send: SendId,
        /// What came of each wish.
        had: Vec<Had>,
    },
    /// A request has ended, one way or another.
    Answered {
        /// Which request.
        send: SendId,
        /// The whole record.
        exchange: Arc<Exchange>,
    },
    /// Something happened on the way that the user should know.
    Noted {
        /// Which request.
        send: SendId,
        /// The sentence.
        says: String,
    },
}

impl Event {
    /// Returns the request that it is about.
    pub fn send(&self) -> SendId {
        match self {
            Self::Prepared { send, .. }
            | Self::Answered { send, .. }
            | Self::Noted { send, .. } => *send,
        }
    }
}

/// What the engine asks of the world outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Reads secrets and binds a listener.
    Prepare {
        /// The number to report back.
        send: SendId,
        /// What is wanted.
        wants: Vec<Want>,
    },
    /// Sends a request.
    Send {
        /// The number to report back.
        send: SendId,
        /// What it is for.
        purpose: Purpose,
        /// The request.
        request: Request,
        /// How long to wait before it goes.
        after: Lifetime,
    },
    /// Hands a pasted redirect to the request that waits for one.
    Deliver {
        /// Which request.
        send: SendId,
        /// The redirect.
        redirect: Secret,
        /// Whether it was whole.
        via: Via,
    },
    /// Ends a request.
    Abort(SendId),
}

/// One line of the journal: what went in, and when.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A command.
    Command(Command),
    /// An event.
    Event(Event),
}

/// A session: one profile, its flow, and the walk that is on.
#[derive(Clone, Debug)]
pub struct Session {
    /// The flow.
    pub flow: &'static Flow,
    /// The profile, with the edits of this session.
    pub profile: Profile,
    /// The walk.
    pub walk: Walk,
    /// Every secret seen.
    pub vault: Vault,
    /// What the user was last told.
    pub notice: Option<Notice>,
    /// The question that holds a step back.
    pub question: Option<Question>,
    /// How long a sign-in is waited for.
    pub patience: Lifetime,
    /// Whether this is a stored trace or a walk that is over, which sends nothing.
    pub archived: bool,
    /// Whether anything that drafts are made of changed since they were made.
    changed: bool,
    /// The steps of the flow that the walk has not, so that they can be asked about all the same.
    absent: Vec<StepState>,
    /// The steps that the walk asks for; those with attempts it has in any case.
    asked: Vec<StepId>,
    /// The servers that a run has asked about themselves, while it has sent nothing else: none of them comes after
    /// another.
    beside: Vec<StepId>,
    /// When the last command or event was.
    now: Timestamp,
    next: u64,
    /// The newest sign-in of this walk.
    sign_in: Option<SendId>,
    journal: Vec<(Ink, Entry)>,
    /// The profile and the ink that the journal began with.
    origin: (Profile, Ink),
    /// The number of the walk, and of the next request, that it began with.
    began: (u32, u64),
}

impl Session {
    /// Starts a session with its first walk.
    pub fn new(flow: &'static Flow, mut profile: Profile, ink: Ink) -> Self {
        flow.fit(&mut profile);
        let mut session = Self {
            flow,
            origin: (profile.clone(), ink),
            profile,
            walk: blank(flow, 1, ink),
            vault: Vault::new(&ink.seed),
            notice: None,
            question: None,
            patience: Lifetime::from_secs(300),
            archived: false,
            changed: true,
            absent: Vec::new(),
            asked: Vec::new(),
            beside: Vec::new(),
            now: ink.now,
            next: 1,
            sign_in: None,
            journal: Vec::new(),
            began: (1, 1),
        };
        session.settle(ink);
        session
    }

    /// Starts the next walk with the same profile, of this flow or another, in a session of its own: what is still under
    /// way for this one stays strange to it, and what is secret here stays secret there.
    #[must_use]
    pub fn anew(&self, flow: &'static Flow, ink: Ink) -> Self {
        let mut session = Self::new(flow, self.profile.clone(), ink);
        session.patience = self.patience;
        session.began = (self.number_of_next(), self.next);
        (session.walk.number, session.next) = session.began;
        session.vault = self.vault.clone();
        session.vault.settle();
        session
    }

    /// Ends the walk for good: it can be read as it stands, and nothing is sent from it any more. What is in flight is
    /// told as cancelled.
    #[must_use]
    pub fn over(mut self, ink: Ink) -> Self {
        self.walk.run_to = None;
        while let Some((id, going)) = self.waiting().map(|(id, going)| (id, going.clone())) {
            let What::Sending(_, request) = going.what else {
                self.step_mut(id).going = None;
                continue;
            };
            let exchange = Arc::new(Exchange {
                request,
                outcome: Err(Failure::Aborted),
                times: Timings {
                    start: ink.now,
                    first_byte: None,
                    end: 0,
                },
            });
            let send = going.send;
            drop(self.event(Event::Answered { send, exchange }, ink));
        }
        for state in &mut self.walk.steps {
            // What would have been sent never will be; why it could not be stays worth knowing.
            if matches!(state.draft, Some(Ok(_))) {
                state.draft = None;
            }
            state.drafted.clear();
        }
        self.question = None;
        self.notice = None;
        // What went in has become the walk, and the walk is what is kept.
        self.journal = Vec::new();
        self.archived = true;
        self
    }

    /// Opens a stored walk for reading; nothing can be sent from it.
    pub fn archived(flow: &'static Flow, profile: Profile, walk: Walk) -> Self {
        let ink = Ink {
            now: walk.started,
            seed: [0; 32],
        };
        let mut session = Self::new(flow, profile, ink);
        session.walk = walk;
        session.asked = session.walk.steps.iter().map(|state| state.id).collect();
        session.absent = flow
            .steps()
            .map(|step| step.info().id)
            .filter(|id| !session.asked.contains(id))
            .map(StepState::new)
            .collect();
        session.archived = true;
        session
    }

    /// Plays a journal again: the same commands and events, to the same state.
    #[must_use]
    pub fn replay(&self) -> Self {
        let mut session = Self::new(self.flow, self.origin.0.clone(), self.origin.1);
        session.patience = self.patience;
        session.began = self.began;
        (session.walk.number, session.next) = session.began;
        for (ink, entry) in &self.journal {
            match entry.clone() {
                Entry::Command(command) => drop(session.command(command, *ink)),
                Entry::Event(event) => drop(session.event(event, *ink)),
            }
        }
        session
    }

    /// Takes a command; returns what is to be done outside.
    pub fn command(&mut self, command: Command, ink: Ink) -> Vec<Effect> {
        if self.archived {
            self.complain("This walk is stored: it can be read, but nothing is sent from it.");
            return Vec::new();
        }
        let fresh = if matches!(command, Command::NewWalk) {
            ink.seed
        } else {
            self.walk.seed
        };
        self.journal.push((
            Ink {
                now: ink.now,
                seed: fresh,
            },
            Entry::Command(command.clone()),
        ));
        let ink = Ink {
            now: ink.now,
            seed: fresh,
        };
        self.notice = None;
        self.changed = true;
        let mut effects = Vec::new();
        match command {
            Command::Edit(field, text) => self.edit(field, &text),
            Command::Adopt(profile) => self.adopt(*profile),
            Command::Send(step) => {
                self.walk.run_to = None;
                self.question = None;
                if !self.offers_instead(step, ink) {
                    self.send(step, ink, &mut effects);
                }
            }
            Command::SendThrough(step) => {
                self.beside.clear();
                self.walk.run_to = Some(step);
                self.question = None;
                self.go_on(ink, &mut effects);
            }
            Command::PasteRedirect(text) => self.paste(&text, &mut effects),
            Command::UseExisting(artifact, secret) => self.use_existing(artifact, &secret, ink.now),
            Command::Withdraw(artifact) => self.withdraw(artifact),
            Command::Confirm => {
                if let Some(question) = self.question.take() {
                    self.walk.agreed.push(question.agrees);
                    self.send(question.step, ink, &mut effects);
                }
            }
            Command::Dismiss => {
                self.question = None;
                self.walk.run_to = None;
            }
            Command::Abort => self.abort(&mut effects),
            Command::NewWalk => {
                self.abort(&mut effects);
                self.question = None;
                self.absent.clear();
                self.asked.clear();
                self.sign_in = None;
                self.walk = blank(self.flow, self.number_of_next(), ink);
                self.tell("A new walk: new state, nonce and verifier, and no tokens.");
            }
        }
        self.settle(ink);
        effects
    }

    /// Takes an event; returns what is to be done outside.
    pub fn event(&mut self, event: Event, ink: Ink) -> Vec<Effect> {
        if self.archived {
            return Vec::new();
        }
        let ink = Ink {
            now: ink.now,
            seed: self.walk.seed,
        };
        self.journal.push((ink, Entry::Event(event.clone())));
        let expected = self.awaiting(event.send()).is_some();
        // What nobody waits for changes nothing but the journal: not the drafts on the screen either.
        self.changed |= expected && !matches!(event, Event::Noted { .. });
        let mut effects = Vec::new();
        match event {
            Event::Prepared { send, had } => self.prepared(send, had, ink, &mut effects),
            Event::Answered { send, exchange } => self.answered(send, &exchange, ink, &mut effects),
            Event::Noted { send, says } => {
                if expected {
                    self.complain(says);
                } else if self.sign_in == Some(send) {
                    // The sign-in is over, and still somebody came: it is worth a word, and nothing else.
                    self.tell(says);
                }
            }
        }
        if expected {
            self.settle(ink);
        } else {
            // Nor the list of steps, which goes by the clock; only its secrets are kept from the screen.
            self.vault.settle();
        }
        effects
    }

    /// Returns the state of a step of the flow, also of one that the walk has not.
    pub fn step(&self, id: StepId) -> &StepState {
        self.walk
            .steps
            .iter()
            .chain(&self.absent)
            .find(|state| state.id == id)
            .expect("a session has every step of its flow")
    }

    /// Returns the steps that the walk has, in order: what is listed and counted.
    pub fn steps(&self) -> impl Iterator<Item = &'static dyn Step> {
        self.walk
            .steps
            .iter()
            .filter_map(|state| self.flow.step(state.id))
    }

    /// Tells whether the walk has a step.
    pub fn has_step(&self, id: StepId) -> bool {
        self.walk.steps.iter().any(|state| state.id == id)
    }

    /// Returns the steps that the walk asks for, in order.
    pub fn asked(&self) -> impl Iterator<Item = &'static dyn Step> {
        self.asked.iter().filter_map(|id| self.flow.step(*id))
    }

    /// Returns why a step need not be sent, if that is so.
    pub fn left_out(&self, id: StepId) -> Option<needs::LeftOut> {
        let asked: Vec<_> = self.asked().collect();
        needs::left_out(&asked, &self.profile, &self.walk.bag, self.now, id)
    }

    /// Returns the steps that are in flight, in the order of the walk: one, or of a run several servers at a time that
    /// are asked about themselves.
    pub fn in_flight(&self) -> impl Iterator<Item = (StepId, &Going)> {
        let states = self.walk.steps.iter();
        states.filter_map(|state| Some((state.id, state.going.as_ref()?)))
    }

    /// Returns the step that is in flight, of several the first.
    pub fn waiting(&self) -> Option<(StepId, &Going)> {
        self.in_flight().next()
    }

    /// Returns the step that waits for the answer to this request.
    pub fn awaiting(&self, send: SendId) -> Option<(StepId, &Going)> {
        self.in_flight().find(|(_, going)| going.send == send)
    }

    /// Returns the steps that a run sent together with this one, while none was sent since.
    pub fn sent_beside(&self, id: StepId) -> impl Iterator<Item = StepId> {
        let all = if self.beside.contains(&id) {
            &self.beside[..]
        } else {
            &[]
        };
        all.iter().copied().filter(move |other| *other != id)
    }

    /// Returns where a step stands.
    pub fn status(&self, id: StepId) -> Status {
        let state = self.step(id);
        if state.going.is_some() {
            return Status::Waiting;
        }
        if let Some(why) = self.skipped(id) {
            return Status::Skipped(why);
        }
        match state.outcome() {
            Some(Outcome::Done) => Status::Done,
            Some(Outcome::Refused(_)) => Status::Refused,
            Some(Outcome::Failed(_) | Outcome::Suspect(_)) => Status::Failed,
            Some(Outcome::Unreachable(_)) => Status::Unreachable,
            Some(Outcome::Interrupted) => Status::Interrupted,
            None => match &state.draft {
                Some(Err(blocked)) => Status::Blocked(blocked.clone()),
                _ => Status::Ready,
            },
        }
    }

    /// Returns why a step is left out, if it is.
    pub fn skipped(&self, id: StepId) -> Option<String> {
        if !self.step(id).attempts.is_empty() && self.step(id).given.is_empty() {
            return None;
        }
        self.left_out(id).map(|out| out.why)
    }

    /// Returns the first step that is neither done and fresh nor left out, up to and with `last`.
    pub fn next_step(&self, last: Option<StepId>) -> Option<StepId> {
        let mut steps: Vec<StepId> = self.flow.steps().map(|step| step.info().id).collect();
        if let Some(end) = last.and_then(|last| steps.iter().position(|id| *id == last)) {
            steps.truncate(end + 1);
        }
        steps
            .into_iter()
            .find(|id| self.left_out(*id).is_none() && !self.step(*id).is_fresh())
    }

    /// Tells whether anything of the walk would be lost by leaving.
    pub fn has_results(&self) -> bool {
        !self.archived && self.was_sent()
    }

    /// Tells whether any step of the walk was sent.
    pub fn was_sent(&self) -> bool {
        let mut steps = self.walk.steps.iter();
        steps.any(|state| !state.attempts.is_empty())
    }

    /// Tells whether nothing happened in the walk: nothing was sent, and nothing handed in.
    pub fn is_blank(&self) -> bool {
        let idle = |state: &StepState| state.attempts.is_empty() && state.given.is_empty();
        self.walk.steps.iter().all(idle)
    }

    /// The number of the walk after this one; one in which nothing happened leaves it its own.
    fn number_of_next(&self) -> u32 {
        self.walk.number + u32::from(!self.is_blank())
    }

    /// Returns what went in so far.
    pub fn journal(&self) -> &[(Ink, Entry)] {
        &self.journal
    }
}

fn blank(flow: &'static Flow, number: u32, ink: Ink) -> Walk {
    Walk {
        seed: ink.seed,
        number,
        started: ink.now,
        steps: flow
            .steps()
            .map(|step| StepState::new(step.info().id))
            .collect(),
        bag: Bag::default(),
        keys: KeySets::default(),
        nonces: Nonces::new(),
        secrets: Secrets::default(),
        listening: None,
        deaf: None,
        reception: Reception::default(),
        run_to: None,
        agreed: Vec::new(),
    }
}
