//! What the commands do: edit, send, ask, paste, cancel.

use super::{
    Agreed, Attempt, Effect, Going, Outcome, Question, Reception, Session, What, events::asks,
};
use crate::{
    flow::{Artifact, Blocked, Draft, Ink, Origin, Step, StepId},
    profile::{
        FieldPath, Profile,
        fields::{self, FIELDS},
    },
    protocol::{
        exchange::{Answer, Purpose, Request, Via},
        redirect,
        time::{Lifetime, Timestamp},
    },
};

impl Session {
    pub(super) fn edit(&mut self, field: FieldPath, text: &str) {
        let mut profile = self.profile.clone();
        match profile.edit(field, text) {
            Err(says) => self.complain(says),
            Ok(()) => self.adopt(profile),
        }
    }

    pub(super) fn adopt(&mut self, mut profile: Profile) {
        self.flow.fit(&mut profile);
        let changed: Vec<FieldPath> = FIELDS
            .iter()
            .map(|field| field.path)
            .filter(|path| !same(&self.profile, &profile, *path))
            .collect();
        let first = self.steps().find(|step| {
            step.info()
                .fields
                .iter()
                .any(|field| changed.contains(field))
                || self.profile.step(step.info().id.0) != profile.step(step.info().id.0)
        });
        for field in &changed {
            self.walk.secrets.0.remove(field);
            if matches!(
                *field,
                fields::SSO_REDIRECT_URI | fields::SSO_LISTEN | fields::SSO_LOGIN
            ) {
                self.walk.listening = None;
                self.walk.deaf = None;
                self.walk.reception = Reception::default();
            }
        }
        self.profile = profile;
        if let Some(step) = first {
            self.mark_stale_from(step.info().id, true);
        }
        // What the sign-in gained belongs to the client and the server of then.
        if changed
            .iter()
            .any(|field| matches!(field.table(), "idp" | "sso"))
        {
            for (_, held) in self.walk.bag.iter_mut() {
                held.foreign |= matches!(held.origin, Origin::Step(_));
            }
            for state in &mut self.walk.steps {
                state.foreign |= !state.attempts.is_empty();
            }
        }
    }

    pub(super) fn send(&mut self, id: StepId, ink: Ink, effects: &mut Vec<Effect>) {
        if let Some((other, _)) = self.waiting() {
            self.complain(format!(
                "The step {other} is still in flight; cancel it first."
            ));
            return;
        }
        let Some(step) = self.flow.step(id) else {
            return;
        };
        let running = self.walk.run_to.is_some();
        if running && asks(step) {
            self.beside.push(id);
        } else {
            self.beside.clear();
        }
        if let Some(out) = self.left_out(id).filter(|out| running || !out.replaced) {
            self.walk.run_to = None;
            self.complain(format!("The step is left out. {}", out.why));
            return;
        }
        if matches!(self.step(id).draft, Some(Err(_))) {
            // What could not be read may be there by now.
            self.walk.secrets.0.retain(|_, secret| secret.is_ok());
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
                    starts: ink.now,
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

    pub(super) fn must_ask(&self, step: &dyn Step) -> Option<Question> {
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

    pub(super) fn dispatch(
        &mut self,
        id: StepId,
        draft: Draft,
        ink: Ink,
        effects: &mut Vec<Effect>,
    ) {
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
            findings: Vec::new(),
        });
        let state = self.step_mut(id);
        state.stale = false;
        state.foreign = false;
        self.emit(id, (Purpose::Main, request), Lifetime(0), ink.now, effects);
    }

    pub(super) fn emit(
        &mut self,
        id: StepId,
        (purpose, request): (Purpose, Request),
        after: Lifetime,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.vault.learn_request(&request);
        let send = self.number();
        let until = match &request {
            Request::Browser(asked) => {
                self.sign_in = Some(send);
                Some(Timestamp(now.0 + asked.patience.0))
            }
            Request::Http(_) => None,
        };
        let what = What::Sending(purpose, request.clone());
        self.step_mut(id).going = Some(Going {
            send,
            since: now,
            starts: Timestamp(now.0.saturating_add(after.0)),
            until,
            what,
        });
        effects.push(Effect::Send {
            send,
            purpose,
            request,
            after,
        });
    }

    pub(super) fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let Some((
            _,
            Going {
                send,
                what: What::Sending(_, Request::Browser(asked)),
                ..
            },
        )) = self.waiting()
        else {
            self.complain(self.came_late());
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

    /// Says why a redirect that was pasted is not needed, or not any more.
    fn came_late(&self) -> &'static str {
        let last = self.walk.steps.iter().find_map(|state| {
            let attempt = state.last()?;
            let main = attempt.main()?;
            matches!(main.request, Request::Browser(_)).then_some((attempt, main))
        });
        match last {
            None => "Nothing waits for a redirect; send the authorize step first.",
            Some((attempt, main)) => match (&main.outcome, &attempt.outcome) {
                (Ok(Answer::Redirect(came)), Some(Outcome::Done)) if came.via == Via::Listener => {
                    "The browser came back by itself before this was pasted; the paste is not needed."
                }
                (Ok(_), Some(Outcome::Done)) => {
                    "The answer was already received; this paste is not needed."
                }
                _ => {
                    "The sign-in that this belongs to is over. Send the authorize step again: it makes a new address."
                }
            },
        }
    }

    pub(super) fn abort(&mut self, effects: &mut Vec<Effect>) {
        self.walk.run_to = None;
        effects.extend(self.in_flight().map(|(_, going)| Effect::Abort(going.send)));
        // What was only being prepared has no exchange to wait for.
        let preparing = self
            .in_flight()
            .find(|(_, going)| matches!(going.what, What::Preparing(_)))
            .map(|(id, _)| id);
        if let Some(id) = preparing {
            self.step_mut(id).going = None;
            self.tell("Cancelled.");
        }
    }
}

/// Tells whether two profiles say the same of a field, inheritance included.
fn same(one: &Profile, two: &Profile, path: FieldPath) -> bool {
    one.text(path) == two.text(path)
        && one.own(path) == two.own(path)
        && one.secret(path) == two.secret(path)
        && one.map(path) == two.map(path)
}

pub(super) fn words(blocked: &[Blocked]) -> String {
    blocked
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
