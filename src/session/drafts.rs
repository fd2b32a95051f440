//! Drafts and freshness: what is sent next is made anew when what it is made of changed.

use super::{Notice, SendId, Session, StepState};
use crate::{
    flow::{Ink, Inputs, Origin, StepId},
    profile::{FieldValue, SecretSource, fields::FIELDS},
    protocol::time::Lifetime,
};

/// A draft older than this is made anew before it goes, so that its assertion is fresh.
const DRAFT_LIFETIME: Lifetime = Lifetime(30_000);

impl Session {
    /// Marks the steps after `id` that were sent stale, with what they gained, but not those that were sent beside it;
    /// `with` marks those and the step itself too, even while it is in flight: its answer will be one to the request of
    /// before.
    pub(super) fn mark_stale_from(&mut self, id: StepId, with: bool) {
        let after: Vec<StepId> = self
            .flow
            .steps()
            .map(|step| step.info().id)
            .skip_while(|other| *other != id)
            .skip(usize::from(!with))
            .collect();
        let beside = |other| !with && self.beside.contains(&id) && self.beside.contains(&other);
        let mut stale: Vec<StepId> = Vec::new();
        for state in &mut self.walk.steps {
            if !after.contains(&state.id) || beside(state.id) {
                continue;
            }
            state.stale = state.stale || !state.attempts.is_empty();
            stale.push(state.id);
        }
        for (_, held) in self.walk.bag.iter_mut() {
            if let Origin::Step(origin) = held.origin {
                held.stale = held.stale || stale.contains(&origin) || (!with && origin == id);
            }
        }
    }

    /// Returns what a step may look at; `attempt` is the one that it is, or would be.
    pub(super) fn inputs(&self, id: Option<StepId>, ink: Ink, attempt: u32) -> Inputs<'_> {
        let attempts = id.map(|id| &self.step(id).attempts).into_iter().flatten();
        let sent: usize = attempts.map(|attempt| attempt.made.len()).sum();
        Inputs {
            profile: &self.profile,
            bag: &self.walk.bag,
            keys: &self.walk.keys,
            secrets: &self.walk.secrets,
            nonces: &self.walk.nonces,
            listening: self.walk.listening.as_deref(),
            patience: self.patience,
            ink,
            attempt,
            sent: u32::try_from(sent).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn redraft(&mut self, id: StepId, ink: Ink) {
        let Some(step) = self.flow.step(id) else {
            return;
        };
        let attempt = u32::try_from(self.step(id).attempts.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let draft = step.draft(&self.inputs(Some(id), ink, attempt));
        self.step_mut(id).draft = Some(draft);
        self.step_mut(id).drafted = self.examine_draft(id, ink.now);
    }

    pub(super) fn redraft_if_old(&mut self, id: StepId, ink: Ink) {
        let old = match &self.step(id).draft {
            Some(Ok(draft)) => ink.now.since(draft.made) > DRAFT_LIFETIME,
            _ => true,
        };
        if old {
            self.redraft(id, ink);
        }
    }

    /// Brings every draft and the vault up to date with the state.
    pub(super) fn settle(&mut self, ink: Ink) {
        for field in FIELDS {
            match self.profile.own(field.path) {
                Some(FieldValue::Secret(SecretSource::Inline(secret))) => self.vault.learn(secret),
                // The proxy's, above all.
                Some(FieldValue::Text(text)) => self.vault.learn_address(text),
                _ => {}
            }
        }
        self.now = ink.now;
        if !self.archived {
            self.list(ink);
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

    /// Brings the list of steps up to date: what is asked for, and what has something to show.
    fn list(&mut self, ink: Ink) {
        let inputs = self.inputs(None, ink, 1);
        let asked: Vec<StepId> = self
            .flow
            .steps()
            .filter(|step| step.asked(&inputs))
            .map(|step| step.info().id)
            .collect();
        if asked == self.asked
            && self.walk.steps.len() + self.absent.len() == self.flow.steps().count()
        {
            return;
        }
        let mut all = std::mem::take(&mut self.walk.steps);
        all.append(&mut self.absent);
        for step in self.flow.steps() {
            let id = step.info().id;
            let state = match all.iter().position(|state| state.id == id) {
                Some(at) => all.swap_remove(at),
                None => StepState::new(id),
            };
            let shows =
                !state.attempts.is_empty() || !state.given.is_empty() || state.going.is_some();
            if shows || asked.contains(&id) {
                self.walk.steps.push(state);
            } else {
                self.absent.push(StepState::new(id));
            }
        }
        self.asked = asked;
        self.changed = true;
    }

    /// Tells whether something cheaper has turned up than what a step would now send for nothing: a token that it
    /// takes has ended, and a step that was not there before renews it. Said once; the next time it is sent as it is.
    pub(super) fn offers_instead(&mut self, id: StepId, ink: Ink) -> bool {
        let before = self.asked.clone();
        self.now = ink.now;
        self.list(ink);
        let Some(step) = self.flow.step(id) else {
            return false;
        };
        let needs = step.needs(&self.profile);
        let offer = self.asked().find_map(|new| {
            let info = new.info();
            let fresh = new.renews() && info.id != id && !before.contains(&info.id);
            let artifact = info
                .gives
                .iter()
                .find(|artifact| needs.contains(artifact))?;
            fresh.then_some((info.id, *artifact))
        });
        let Some((new, artifact)) = offer else {
            return false;
        };
        self.complain(format!(
            "The {} is at its end. The step {new} gets a new one without a sign-in; sending again sends it as it is.",
            artifact.name()
        ));
        true
    }

    pub(super) fn step_mut(&mut self, id: StepId) -> &mut StepState {
        self.walk
            .steps
            .iter_mut()
            .chain(&mut self.absent)
            .find(|state| state.id == id)
            .expect("a session has every step of its flow")
    }

    pub(super) fn number(&mut self) -> SendId {
        self.next += 1;
        SendId(self.next - 1)
    }

    pub(super) fn tell(&mut self, says: impl Into<String>) {
        self.notice = Some(Notice {
            bad: false,
            says: says.into(),
        });
    }

    pub(super) fn complain(&mut self, says: impl Into<String>) {
        self.notice = Some(Notice {
            bad: true,
            says: says.into(),
        });
    }
}
