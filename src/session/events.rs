//! What the events do: an answer is read, its tokens are kept, and what came after goes stale.

use std::{fmt::Write as _, sync::Arc};

use super::{Agreed, Effect, Going, Had, Outcome, SendId, Session, What, commands::words};
use crate::{
    flow::{Artifact, Gain, Held, Ink, Made, Origin, Step, StepId, TokenRecord, Verdict, dpop},
    protocol::{
        exchange::{Exchange, Failure, Purpose, Request},
        jwt::Signature,
        time::Lifetime,
    },
};

/// More exchanges than this in one attempt are a loop; polls and retries have limits of their own.
const EXCHANGES_LIMIT: usize = 8;

impl Session {
    pub(super) fn prepared(
        &mut self,
        send: SendId,
        had: Vec<Had>,
        ink: Ink,
        effects: &mut Vec<Effect>,
    ) {
        let Some((id, _)) = self.awaiting(send) else {
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
                Had::Reception(reception) => self.walk.reception = reception,
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

    pub(super) fn answered(
        &mut self,
        send: SendId,
        exchange: &Arc<Exchange>,
        ink: Ink,
        effects: &mut Vec<Effect>,
    ) {
        self.vault.learn_answer(exchange);
        let Some((
            id,
            Going {
                what: What::Sending(purpose, _),
                starts,
                ..
            },
        )) = self.awaiting(send)
        else {
            return;
        };
        let (purpose, starts) = (*purpose, *starts);
        let state = self.step_mut(id);
        state.going = None;
        let attempt = state
            .attempts
            .last_mut()
            .expect("what is in flight belongs to an attempt");
        let aborted = matches!(exchange.outcome, Err(Failure::Aborted));
        if aborted && ink.now < starts {
            // It never went out: what the attempt is known by is the poll before.
            if let Some(last) = attempt.made.last_mut() {
                last.purpose = Purpose::Main;
            }
        } else {
            attempt.made.push(Made {
                purpose,
                exchange: Arc::clone(exchange),
            });
        }
        let others = attempt
            .made
            .iter()
            .filter(|made| !matches!(made.purpose, Purpose::Poll | Purpose::Retry));
        let looping = others.count() >= EXCHANGES_LIMIT;
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
        if exchange.request.http().header(dpop::HEADER).is_some() {
            self.walk.nonces.extend(dpop::given(exchange));
            if !looping
                && dpop::wants_nonce(exchange, &made)
                && let Some(request) = self.with_nonce(id, exchange, number, ink)
            {
                if let Some(refused) = self
                    .step_mut(id)
                    .attempts
                    .last_mut()
                    .and_then(|attempt| attempt.made.last_mut())
                {
                    refused.purpose = Purpose::Retry;
                }
                self.emit(id, (purpose, request), Lifetime(0), ink.now, effects);
                return;
            }
        }
        let reading = step.read(&self.inputs(Some(id), ink, number), &made);
        for record in &reading.tokens {
            self.vault.learn(&record.token.raw);
        }
        let lost = made.iter().rev().nth(1).map(|made| &made.exchange.outcome);
        if lost.is_some_and(Result::is_err) && exchange.outcome.is_ok() {
            // What was said of the try before is over.
            self.notice = None;
        }
        let again = match reading.verdict {
            Verdict::Instead(request) if !looping => {
                self.was_no_main(id, Purpose::Metadata);
                Some((Purpose::Main, request, Lifetime(0)))
            }
            Verdict::Again { request, after } => {
                if exchange.outcome.is_err() {
                    // What is tried again by itself is worth a word all the same.
                    self.complain(reading.says);
                }
                self.was_no_main(id, Purpose::Poll);
                Some((Purpose::Main, request, after))
            }
            Verdict::Also(purpose, request) if !looping => Some((purpose, request, Lifetime(0))),
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
            Some((purpose, request, after)) => {
                let what = (purpose, Request::Http(request));
                self.emit(id, what, after, ink.now, effects);
            }
            None => self.go_on(ink, effects),
        }
    }

    /// Makes a request that was refused for its nonce once more, with the one that came: the step's own is drafted anew,
    /// for it may hold an assertion that is good once.
    fn with_nonce(&self, id: StepId, refused: &Exchange, number: u32, ink: Ink) -> Option<Request> {
        let inputs = self.inputs(Some(id), ink, number);
        if let Some(request) = dpop::again(&refused.request, &inputs) {
            return Some(Request::Http(request));
        }
        let draft = self.flow.step(id)?.draft(&inputs).ok()?;
        draft.wants.is_empty().then_some(draft.request)
    }

    /// Says what the last main exchange turned out to be for.
    fn was_no_main(&mut self, id: StepId, purpose: Purpose) {
        let attempt = self.step_mut(id).attempts.last_mut();
        let main = attempt.and_then(|attempt| {
            let mut made = attempt.made.iter_mut().rev();
            made.find(|made| made.purpose == Purpose::Main)
        });
        if let Some(main) = main {
            main.purpose = purpose;
        }
    }

    pub(super) fn finish(
        &mut self,
        id: StepId,
        verdict: Verdict,
        gained: Vec<Gain>,
        tokens: Vec<TokenRecord>,
        mut says: String,
        ink: Ink,
    ) {
        let outcome = match verdict {
            Verdict::Done => Outcome::Done,
            Verdict::Refused(error) => Outcome::Refused(error),
            Verdict::Rejected(why) => Outcome::Failed(why),
            Verdict::Suspect(why) => Outcome::Suspect(why),
            Verdict::Unreadable(why) | Verdict::Unreachable(Failure::Broken(why)) => {
                Outcome::Failed(vec![why])
            }
            Verdict::Unreachable(failure) => Outcome::Unreachable(failure),
            Verdict::Instead(_) | Verdict::Again { .. } | Verdict::Also(..) => {
                Outcome::Failed(vec![
                    "The step went round in circles and was stopped.".to_owned(),
                ])
            }
        };
        if !self.flow.step(id).is_some_and(Step::renews) {
            self.mark_stale_from(id, false);
        }
        // A yes was for the token of before.
        self.walk
            .agreed
            .retain(|agreed| *agreed != Agreed::Suspect(id));
        let (stale, foreign) = (self.step(id).stale, self.step(id).foreign);
        let suspect = match &outcome {
            Outcome::Suspect(why) => Some(why.clone()),
            _ => None,
        };
        let keep = matches!(outcome, Outcome::Done | Outcome::Suspect(_));
        for gain in gained {
            match gain {
                Gain::Keys(party, set) => {
                    let again = self.walk.keys.insert(party, set).is_some();
                    // Discovery fetches them whenever it is sent.
                    let mut made = self.step(id).last().into_iter().flat_map(|last| &last.made);
                    let beside = made.any(|made| made.purpose == Purpose::Keys);
                    let step = self.flow.step(id).map(Step::info);
                    let describes =
                        step.is_some_and(|step| step.gives.iter().any(|it| it.is_metadata()));
                    if again && beside && !describes {
                        let whose = party.name();
                        let _ = write!(
                            says,
                            " The keys of the {whose} were fetched again: the one that signed was not among those of \
                             before."
                        );
                    }
                }
                Gain::Spent(artifact) => self.walk.bag.remove(artifact),
                Gain::Metadata(party, metadata) if keep => {
                    self.walk.bag.put_metadata(party, metadata);
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
                            stale,
                            foreign,
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
        let findings = match self.step(id).last() {
            Some(attempt) => self.examine_attempt(id, attempt),
            None => Vec::new(),
        };
        if let Some(attempt) = self.step_mut(id).attempts.last_mut() {
            attempt.findings = findings;
        }
    }

    /// While a run is on, sends the next step, and what can be asked beside it.
    pub(super) fn go_on(&mut self, ink: Ink, effects: &mut Vec<Effect>) {
        let Some(last) = self.walk.run_to else { return };
        self.settle(ink);
        // What is still out goes on from its answer.
        if self.waiting().is_none() {
            match self.next_step(Some(last)) {
                Some(next) => self.send(next, ink, effects),
                None => self.walk.run_to = None,
            }
        }
        self.send_beside(last, ink, effects);
    }

    /// Asks other servers about themselves beside those that are being asked: none of them has to wait for another's
    /// answer, unless it may need it.
    fn send_beside(&mut self, last: StepId, ink: Ink, effects: &mut Vec<Effect>) {
        let flow = self.flow;
        let asked = self.in_flight().filter_map(|(id, _)| flow.step(id));
        let out: Vec<&'static dyn Step> = asked.collect();
        if out.is_empty() || !out.iter().all(|step| asks(*step)) {
            return;
        }
        let gives = out.iter().flat_map(|step| step.info().gives);
        let mut awaited: Vec<Artifact> = gives.copied().collect();
        for step in flow.steps() {
            let info = step.info();
            let goes = self.step(info.id).going.is_some();
            let waits = info.needs.iter().any(|need| awaited.contains(need));
            let wanted = self.left_out(info.id).is_none() && !self.step(info.id).is_fresh();
            if asks(step) && wanted && !goes && !waits {
                self.redraft_if_old(info.id, ink);
                if let Some(Ok(draft)) = self.step(info.id).draft.clone()
                    && draft.wants.is_empty()
                {
                    self.dispatch(info.id, draft, ink, effects);
                    self.beside.push(info.id);
                    awaited.extend(info.gives);
                }
            }
            if info.id == last {
                return;
            }
        }
    }
}

/// Tells whether a step only asks a server about itself.
pub(super) fn asks(step: &dyn Step) -> bool {
    let gives = step.info().gives;
    !gives.is_empty() && gives.iter().all(|gain| gain.is_metadata())
}
