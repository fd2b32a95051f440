//! The engine: commands and events in, state and effects out, nothing else.

pub mod driver;
pub mod headless;
pub mod needs;
pub mod state;
pub mod vault;

use std::sync::Arc;

pub use driver::{Driver, Transport};
pub use state::{
    Agreed, Attempt, Going, Had, Notice, Outcome, Question, SendId, Status, StepState, Walk, What,
};
pub use vault::Vault;

use crate::{
    flow::{
        Artifact, Bag, Blocked, Draft, Flow, Gain, Held, Ink, Inputs, KeySets, Made, Origin,
        Secrets, Step, StepId, TokenRecord, Verdict, Want,
    },
    profile::{
        FieldPath, FieldValue, Profile, SecretSource,
        fields::{self, FIELDS},
    },
    protocol::{
        exchange::{Exchange, Failure, Purpose, Request, Via},
        jwt::{Claims, Signature, Token, TokenKind},
        redirect,
        secret::Secret,
        time::{Lifetime, Timestamp},
    },
};

/// A draft older than this is made anew before it goes, so that its assertion is fresh.
const DRAFT_LIFETIME: Lifetime = Lifetime(30_000);

/// More exchanges than this in one attempt are a loop.
const EXCHANGES_LIMIT: usize = 8;

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
    /// Whether this is a stored trace, which sends nothing.
    pub archived: bool,
    /// Whether anything that drafts are made of changed since they were made.
    changed: bool,
    next: u64,
    journal: Vec<(Ink, Entry)>,
    /// The profile and the ink that the journal began with.
    origin: (Profile, Ink),
}

impl Session {
    /// Starts a session with its first walk.
    pub fn new(flow: &'static Flow, profile: Profile, ink: Ink) -> Self {
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
            next: 1,
            journal: Vec::new(),
        };
        session.settle(ink);
        session
    }

    /// Opens a stored walk for reading; nothing can be sent from it.
    pub fn archived(flow: &'static Flow, profile: Profile, walk: Walk) -> Self {
        let ink = Ink {
            now: walk.started,
            seed: [0; 32],
        };
        let mut session = Self::new(flow, profile, ink);
        session.walk = walk;
        session.archived = true;
        session
    }

    /// Plays a journal again: the same commands and events, to the same state.
    pub fn replay(&self) -> Self {
        let mut session = Self::new(self.flow, self.origin.0.clone(), self.origin.1);
        session.patience = self.patience;
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
            self.complain("This is a stored trace: it can be read, but nothing is sent from it.");
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
                self.send(step, ink, &mut effects);
            }
            Command::SendThrough(step) => {
                self.walk.run_to = Some(step);
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
                self.walk = blank(self.flow, self.walk.number + 1, ink);
                self.tell("A new walk: new state, nonce and verifier, and no tokens.");
            }
        }
        self.settle(ink);
        effects
    }

    /// Takes an event; returns what is to be done outside.
    pub fn event(&mut self, event: Event, ink: Ink) -> Vec<Effect> {
        let ink = Ink {
            now: ink.now,
            seed: self.walk.seed,
        };
        self.journal.push((ink, Entry::Event(event.clone())));
        self.changed |= !matches!(event, Event::Noted { .. });
        let mut effects = Vec::new();
        match event {
            Event::Prepared { send, had } => self.prepared(send, had, ink, &mut effects),
            Event::Answered { send, exchange } => self.answered(send, exchange, ink, &mut effects),
            Event::Noted { send, says } => {
                if self.waiting().is_some_and(|(_, going)| going.send == send) {
                    self.complain(says);
                }
            }
        }
        self.settle(ink);
        effects
    }

    // ---- reading ------------------------------------------------------------------------------------------------

    /// Returns the state of a step.
    pub fn step(&self, id: StepId) -> &StepState {
        self.walk
            .steps
            .iter()
            .find(|state| state.id == id)
            .expect("a session has every step of its flow")
    }

    /// Returns the step that is in flight.
    pub fn waiting(&self) -> Option<(StepId, &Going)> {
        self.walk
            .steps
            .iter()
            .find_map(|state| Some((state.id, state.going.as_ref()?)))
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
        needs::skipped(self.flow, &self.profile, &self.walk.bag, id)
    }

    /// Returns the first step that is neither done and fresh nor left out, up to and with `last`.
    pub fn next_step(&self, last: Option<StepId>) -> Option<StepId> {
        let mut steps: Vec<StepId> = self.flow.steps().map(|step| step.info().id).collect();
        if let Some(end) = last.and_then(|last| steps.iter().position(|id| *id == last)) {
            steps.truncate(end + 1);
        }
        steps
            .into_iter()
            .find(|id| self.skipped(*id).is_none() && !self.step(*id).is_fresh())
    }

    /// Tells whether anything of the walk would be lost by leaving.
    pub fn has_results(&self) -> bool {
        !self.archived
            && self
                .walk
                .steps
                .iter()
                .any(|state| !state.attempts.is_empty())
    }

    /// Returns what went in so far.
    pub fn journal(&self) -> &[(Ink, Entry)] {
        &self.journal
    }

    // ---- commands -----------------------------------------------------------------------------------------------

    fn edit(&mut self, field: FieldPath, text: &str) {
        let mut profile = self.profile.clone();
        match profile.edit(field, text) {
            Err(says) => self.complain(says),
            Ok(()) => self.adopt(profile),
        }
    }

    fn adopt(&mut self, profile: Profile) {
        let changed: Vec<FieldPath> = FIELDS
            .iter()
            .map(|field| field.path)
            .filter(|path| !same(&self.profile, &profile, *path))
            .collect();
        let first = self.flow.steps().find(|step| {
            step.info()
                .fields
                .iter()
                .any(|field| changed.contains(field))
        });
        for field in &changed {
            self.walk.secrets.0.remove(field);
            if matches!(
                *field,
                fields::SSO_REDIRECT_URI | fields::SSO_LISTEN | fields::SSO_LOGIN
            ) {
                self.walk.listening = None;
                self.walk.deaf = None;
            }
        }
        self.profile = profile;
        if let Some(step) = first {
            self.mark_stale_from(step.info().id, true);
        }
    }

    fn send(&mut self, id: StepId, ink: Ink, effects: &mut Vec<Effect>) {
        if let Some((other, _)) = self.waiting() {
            self.complain(format!(
                "The step {other} is still in flight; cancel it first."
            ));
            return;
        }
        let Some(step) = self.flow.step(id) else {
            return;
        };
        if let Some(why) = needs::skipped(self.flow, &self.profile, &self.walk.bag, id) {
            self.walk.run_to = None;
            self.complain(format!("The step is left out. {why}"));
            return;
        }
        self.redraft_if_old(id, ink);
        if let Some(question) = self.must_ask(step) {
            self.question = Some(question);
            return;
        }
        match self.step(id).draft.clone() {
            Some(Ok(draft)) if draft.wants.is_empty() => self.dispatch(id, draft, ink, effects),
            Some(Ok(draft)) => {
                let send = self.number();
                let going = Going {
                    send,
                    since: ink.now,
                    until: None,
                    what: What::Preparing(draft.wants.clone()),
                };
                self.step_mut(id).going = Some(going);
                effects.push(Effect::Prepare {
                    send,
                    wants: draft.wants,
                });
            }
            Some(Err(blocked)) => {
                self.walk.run_to = None;
                self.complain(format!(
                    "{} cannot be sent: {}.",
                    step.info().title,
                    words(&blocked)
                ));
            }
            None => {}
        }
    }

    fn must_ask(&self, step: &dyn Step) -> Option<Question> {
        let id = step.info().id;
        let production = self.profile.text(fields::ENVIRONMENT) == Some("prod");
        if production && !self.walk.agreed.contains(&Agreed::Production) {
            return Some(Question {
                step: id,
                says: "This profile is marked as production. Send to it in this walk?".to_owned(),
                agrees: Agreed::Production,
            });
        }
        step.needs(&self.profile).into_iter().find_map(|artifact| {
            let held = self.walk.bag.held(artifact)?;
            let why = held.suspect.as_ref()?;
            let Origin::Step(origin) = held.origin else {
                return None;
            };
            let agrees = Agreed::Suspect(origin);
            (!self.walk.agreed.contains(&agrees)).then(|| Question {
                step: id,
                says: format!("{why} Hand it on all the same?"),
                agrees,
            })
        })
    }

    fn dispatch(&mut self, id: StepId, draft: Draft, ink: Ink, effects: &mut Vec<Effect>) {
        let number = u32::try_from(self.step(id).attempts.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let Draft { request, notes, .. } = draft;
        self.step_mut(id).attempts.push(Attempt {
            number,
            started: ink.now,
            ended: None,
            made: Vec::new(),
            notes,
            outcome: None,
            tokens: Vec::new(),
            says: String::new(),
        });
        self.step_mut(id).stale = false;
        self.emit(id, Purpose::Main, request, ink.now, effects);
    }

    fn emit(
        &mut self,
        id: StepId,
        purpose: Purpose,
        request: Request,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.vault.learn_request(&request);
        let send = self.number();
        let until = match &request {
            Request::Browser(asked) => Some(Timestamp(now.0 + asked.patience.0)),
            Request::Http(_) => None,
        };
        let what = What::Sending(purpose, request.clone());
        self.step_mut(id).going = Some(Going {
            send,
            since: now,
            until,
            what,
        });
        effects.push(Effect::Send {
            send,
            purpose,
            request,
        });
    }

    fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some((
            _,
            Going {
                send,
                what: What::Sending(_, Request::Browser(asked)),
                ..
            },
        )) = self.waiting()
        else {
            self.complain("Nothing waits for a redirect; send the authorize step first.");
            return;
        };
        let (send, asked) = (*send, asked.clone());
        match redirect::parse_pasted(text, &asked.redirect_uri) {
            Err(says) => self.complain(says),
            Ok((redirect, via)) => {
                let answer = redirect::read(redirect.reveal());
                if let Some(code) = &answer.code {
                    self.vault.learn(&code.named(Artifact::Code.id()));
                }
                match answer.state {
                    Some(state) if state != asked.state && via == Via::Paste => self.complain(format!(
                        "What was pasted belongs to another sign-in: its state is {state}, expected {}. Still waiting \
                         for the right one.",
                        asked.state
                    )),
                    None if via == Via::Paste => self.complain(format!(
                        "What was pasted has no state, expected {}. Paste the whole address of the last page, or the \
                         bare code alone.",
                        asked.state
                    )),
                    _ => effects.push(Effect::Deliver { send, redirect, via }),
                }
            }
        }
    }

    fn use_existing(&mut self, artifact: Artifact, secret: &Secret, now: Timestamp) {
        let text: String = secret.reveal().split_whitespace().collect();
        let text = if artifact == Artifact::SamlAssertion {
            secret.reveal().trim().to_owned()
        } else {
            text
        };
        let secret = Secret::minted(artifact.id(), text);
        if secret.is_empty() {
            self.complain(format!(
                "Expected {} for {}, received nothing.",
                article(artifact),
                artifact.id()
            ));
            return;
        }
        self.vault.learn(&secret);
        let token = Token::parse(&secret);
        let kind = token.kind();
        let certain = certain(&token);
        if !artifact.fits(kind, certain) {
            let more = token
                .problems
                .first()
                .map(|says| format!(" {says}"))
                .unwrap_or_default();
            self.complain(format!(
                "This is {kind}, and the slot {} takes {}.{more}",
                artifact.id(),
                article(artifact)
            ));
            return;
        }
        let expires = token
            .claims
            .json
            .as_ref()
            .and_then(|json| Claims(json).time("exp"));
        self.walk.bag.put(
            artifact,
            Held {
                value: secret.clone(),
                origin: Origin::Given,
                gained: now,
                expires,
                stale: false,
                suspect: None,
            },
        );
        if artifact != Artifact::Code {
            let record = TokenRecord {
                name: artifact.id().to_owned(),
                artifact,
                fingerprint: secret.fingerprint(&[]),
                signature: self.given_signature(artifact, &token),
                parent: None,
                gained: now,
                expires,
                token,
            };
            if let Some(step) = needs::maker(self.flow, artifact) {
                let state = self.step_mut(step);
                state.given.retain(|other| other.artifact != artifact);
                state.given.push(record);
            }
        }
        let late = expires
            .filter(|end| *end <= now)
            .map(|end| format!(" It has expired: {}.", end.in_words(now)));
        self.tell(format!(
            "{} handed in; the steps that would make it are left out.{}",
            upper(article(artifact)),
            late.unwrap_or_default()
        ));
    }

    fn given_signature(&self, artifact: Artifact, token: &Token) -> Signature {
        let server = match artifact {
            Artifact::AccessToken => crate::protocol::party::Party::ResourceAs,
            _ => crate::protocol::party::Party::Idp,
        };
        match self.walk.keys.get(&server) {
            Some(set) => crate::protocol::jwt::jose::check(token, Some(&set.jwks), &set.url),
            None => crate::protocol::jwt::jose::check(
                token,
                None,
                &format!("the {} was not asked yet", server.name()),
            ),
        }
    }

    fn withdraw(&mut self, artifact: Artifact) {
        if self
            .walk
            .bag
            .held(artifact)
            .is_some_and(|held| held.origin == Origin::Given)
        {
            self.walk.bag.remove(artifact);
            for state in &mut self.walk.steps {
                state.given.retain(|record| record.artifact != artifact);
            }
        }
    }

    fn abort(&mut self, effects: &mut Vec<Effect>) {
        self.walk.run_to = None;
        let Some((id, going)) = self.waiting() else {
            return;
        };
        effects.push(Effect::Abort(going.send));
        // What was only being prepared has no exchange to wait for.
        if matches!(going.what, What::Preparing(_)) {
            self.step_mut(id).going = None;
            self.tell("Cancelled.");
        }
    }

    // ---- events -------------------------------------------------------------------------------------------------

    fn prepared(&mut self, send: SendId, had: Vec<Had>, ink: Ink, effects: &mut Vec<Effect>) {
        let Some((id, _)) = self.waiting().filter(|(_, going)| going.send == send) else {
            return;
        };
        self.step_mut(id).going = None;
        for had in had {
            match had {
                Had::Secret(field, result) => {
                    if let Ok(secret) = &result {
                        self.vault.learn(secret);
                    }
                    self.walk.secrets.0.insert(field, result);
                }
                Had::Said(says) => self.tell(says),
                Had::Listener(Ok(uri)) => {
                    self.walk.listening = Some(uri);
                    self.walk.deaf = None;
                }
                Had::Listener(Err((uri, why))) => {
                    self.walk.listening = Some(uri);
                    self.walk.deaf = Some(why);
                }
            }
        }
        self.redraft(id, ink);
        match self.step(id).draft.clone() {
            Some(Ok(draft)) if draft.wants.is_empty() => self.dispatch(id, draft, ink, effects),
            Some(Err(blocked)) => {
                self.walk.run_to = None;
                self.complain(words(&blocked));
            }
            _ => {
                self.walk.run_to = None;
                self.complain("What the step needs from outside could not be had.");
            }
        }
    }

    fn answered(
        &mut self,
        send: SendId,
        exchange: Arc<Exchange>,
        ink: Ink,
        effects: &mut Vec<Effect>,
    ) {
        self.vault.learn_answer(&exchange);
        let Some((
            id,
            Going {
                what: What::Sending(purpose, _),
                ..
            },
        )) = self.waiting().filter(|(_, going)| going.send == send)
        else {
            return;
        };
        let purpose = *purpose;
        let state = self.step_mut(id);
        state.going = None;
        let attempt = state
            .attempts
            .last_mut()
            .expect("what is in flight belongs to an attempt");
        attempt.made.push(Made {
            purpose,
            exchange: Arc::clone(&exchange),
        });
        let aborted = matches!(exchange.outcome, Err(Failure::Aborted));
        let looping = attempt.made.len() >= EXCHANGES_LIMIT;
        let (number, made) = (attempt.number, attempt.made.clone());
        if aborted {
            let attempt = self.step_mut(id).attempts.last_mut().expect("as above");
            attempt.outcome = Some(Outcome::Interrupted);
            "Cancelled.".clone_into(&mut attempt.says);
            attempt.ended = Some(ink.now);
            self.walk.run_to = None;
            return;
        }
        let step = self
            .flow
            .step(id)
            .expect("a session has every step of its flow");
        let reading = step.read(&self.inputs(ink, number), &made);
        for record in &reading.tokens {
            self.vault.learn(&record.token.raw);
        }
        let again = match reading.verdict {
            Verdict::Instead(request) if !looping => {
                let attempt = self.step_mut(id).attempts.last_mut().expect("as above");
                if let Some(main) = attempt
                    .made
                    .iter_mut()
                    .rev()
                    .find(|made| made.purpose == Purpose::Main)
                {
                    main.purpose = Purpose::Metadata;
                }
                Some((Purpose::Main, request))
            }
            Verdict::Also(purpose, request) if !looping => Some((purpose, request)),
            verdict => {
                self.finish(
                    id,
                    verdict,
                    reading.gained,
                    reading.tokens,
                    reading.says,
                    ink,
                );
                None
            }
        };
        match again {
            Some((purpose, request)) => {
                self.emit(id, purpose, Request::Http(request), ink.now, effects)
            }
            None => self.go_on(ink, effects),
        }
    }

    fn finish(
        &mut self,
        id: StepId,
        verdict: Verdict,
        gained: Vec<Gain>,
        tokens: Vec<TokenRecord>,
        says: String,
        ink: Ink,
    ) {
        let outcome = match verdict {
            Verdict::Done => Outcome::Done,
            Verdict::Refused(error) => Outcome::Refused(error),
            Verdict::Rejected(why) => Outcome::Failed(why),
            Verdict::Suspect(why) => Outcome::Suspect(why),
            Verdict::Unreadable(why) => Outcome::Failed(vec![why]),
            Verdict::Unreachable(Failure::Broken(why)) => Outcome::Failed(vec![why]),
            Verdict::Unreachable(failure) => Outcome::Unreachable(failure),
            Verdict::Instead(_) | Verdict::Also(..) => Outcome::Failed(vec![
                "The step went round in circles and was stopped.".to_owned(),
            ]),
        };
        self.mark_stale_from(id, false);
        let suspect = match &outcome {
            Outcome::Suspect(why) => Some(why.clone()),
            _ => None,
        };
        let keep = matches!(outcome, Outcome::Done | Outcome::Suspect(_));
        for gain in gained {
            match gain {
                Gain::Keys(party, set) => drop(self.walk.keys.insert(party, set)),
                Gain::Metadata(party, metadata) if keep => {
                    self.walk.bag.put_metadata(party, metadata)
                }
                Gain::Held(artifact, value, expires) if keep => {
                    if artifact.is_secret() {
                        self.vault.learn(&value.named(artifact.id()));
                    }
                    let failed = tokens.iter().any(|record| {
                        record.artifact == artifact
                            && matches!(record.signature, Signature::Failed { .. })
                    });
                    self.walk.bag.put(
                        artifact,
                        Held {
                            value: value.named(artifact.id()),
                            origin: Origin::Step(id),
                            gained: ink.now,
                            expires,
                            stale: false,
                            suspect: suspect.clone().filter(|_| failed),
                        },
                    );
                }
                _ => {}
            }
        }
        if !matches!(outcome, Outcome::Done) {
            self.walk.run_to = None;
        }
        let attempt = self
            .step_mut(id)
            .attempts
            .last_mut()
            .expect("what ends was begun");
        attempt.outcome = Some(outcome);
        attempt.tokens = tokens;
        attempt.says = says;
        attempt.ended = Some(ink.now);
    }

    /// While a run is on, sends the next step.
    fn go_on(&mut self, ink: Ink, effects: &mut Vec<Effect>) {
        let Some(last) = self.walk.run_to else { return };
        self.settle(ink);
        match self.next_step(Some(last)) {
            Some(next) => self.send(next, ink, effects),
            None => self.walk.run_to = None,
        }
    }

    // ---- helpers ------------------------------------------------------------------------------------------------

    /// Marks the done steps after `id` stale, with what they gained; `with` marks the step itself too.
    fn mark_stale_from(&mut self, id: StepId, with: bool) {
        let at = self
            .walk
            .steps
            .iter()
            .position(|state| state.id == id)
            .unwrap_or_default();
        let from = if with { at } else { at + 1 };
        let mut stale: Vec<StepId> = Vec::new();
        for state in self.walk.steps.iter_mut().skip(from) {
            state.stale = state.stale
                || state
                    .attempts
                    .iter()
                    .any(|attempt| attempt.outcome.is_some());
            stale.push(state.id);
        }
        for (_, held) in self.walk.bag.iter_mut() {
            if let Origin::Step(origin) = held.origin {
                held.stale = held.stale || stale.contains(&origin) || (!with && origin == id);
            }
        }
    }

    fn inputs(&self, ink: Ink, attempt: u32) -> Inputs<'_> {
        Inputs {
            profile: &self.profile,
            bag: &self.walk.bag,
            keys: &self.walk.keys,
            secrets: &self.walk.secrets,
            listening: self.walk.listening.as_deref(),
            patience: self.patience,
            ink,
            attempt,
        }
    }

    fn redraft(&mut self, id: StepId, ink: Ink) {
        let Some(step) = self.flow.step(id) else {
            return;
        };
        let attempt = u32::try_from(self.step(id).attempts.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let draft = step.draft(&self.inputs(ink, attempt));
        self.step_mut(id).draft = Some(draft);
    }

    fn redraft_if_old(&mut self, id: StepId, ink: Ink) {
        let old = match &self.step(id).draft {
            Some(Ok(draft)) => ink.now.since(draft.made) > DRAFT_LIFETIME,
            _ => true,
        };
        if old {
            self.redraft(id, ink);
        }
    }

    /// Brings every draft and the vault up to date with the state.
    fn settle(&mut self, ink: Ink) {
        for field in FIELDS {
            if let Some(FieldValue::Secret(SecretSource::Inline(secret))) = self.profile.own(field.path) {
                let secret = secret.clone();
                self.vault.learn(&secret);
            }
        }
        if !self.archived && self.changed {
            self.changed = false;
            let ids: Vec<StepId> = self.walk.steps.iter().map(|state| state.id).collect();
            for id in ids {
                self.redraft(id, ink);
            }
        }
        self.vault.settle();
    }

    fn step_mut(&mut self, id: StepId) -> &mut StepState {
        self.walk
            .steps
            .iter_mut()
            .find(|state| state.id == id)
            .expect("a session has every step of its flow")
    }

    fn number(&mut self) -> SendId {
        self.next += 1;
        SendId(self.next - 1)
    }

    fn tell(&mut self, says: impl Into<String>) {
        self.notice = Some(Notice {
            bad: false,
            says: says.into(),
        });
    }

    fn complain(&mut self, says: impl Into<String>) {
        self.notice = Some(Notice {
            bad: true,
            says: says.into(),
        });
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
        secrets: Secrets::default(),
        listening: None,
        deaf: None,
        run_to: None,
        agreed: Vec::new(),
    }
}

/// Tells whether two profiles say the same of a field, inheritance included.
fn same(one: &Profile, two: &Profile, path: FieldPath) -> bool {
    one.text(path) == two.text(path)
        && one.own(path) == two.own(path)
        && one.secret(path) == two.secret(path)
        && one.map(path) == two.map(path)
}

fn words(blocked: &[Blocked]) -> String {
    blocked
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

fn article(artifact: Artifact) -> String {
    match artifact {
        Artifact::IdToken | Artifact::IdJag | Artifact::AccessToken | Artifact::SsoAccessToken => {
            format!("an {}", artifact.name())
        }
        Artifact::Code => "an authorization code".to_owned(),
        _ => format!("a {}", artifact.name()),
    }
}

fn upper(text: String) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}

/// Tells whether a token's kind is said by its `typ` or by a claim that no other kind has.
fn certain(token: &Token) -> bool {
    let typ = token
        .header
        .json
        .as_ref()
        .and_then(|json| json["typ"].as_str())
        .unwrap_or_default();
    let typed = !typ.is_empty() && !typ.eq_ignore_ascii_case("jwt");
    let claims = token.claims.json.as_ref();
    typed
        || matches!(token.kind(), TokenKind::Saml | TokenKind::Opaque)
        || claims.is_some_and(|json| json.get("nonce").is_some() || json.get("at_hash").is_some())
}
