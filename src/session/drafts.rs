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
    /// Marks the steps after `id` that were sent stale, with what they gained; `with` marks the step itself too, even
    /// while it is in flight: its answer will be one to the request of before.
    pub(super) fn mark_stale_from(&mut self, id: StepId, with: bool) {
        let at = self
            .walk
            .steps
            .iter()
            .position(|state| state.id == id)
            .unwrap_or_default();
        let from = if with { at } else { at + 1 };
        let mut stale: Vec<StepId> = Vec::new();
        for state in self.walk.steps.iter_mut().skip(from) {
            state.stale = state.stale || !state.attempts.is_empty();
            stale.push(state.id);
        }
        for (_, held) in self.walk.bag.iter_mut() {
            if let Origin::Step(origin) = held.origin {
                held.stale = held.stale || stale.contains(&origin) || (!with && origin == id);
            }
        }
    }

    pub(super) fn inputs(&self, ink: Ink, attempt: u32) -> Inputs<'_> {
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

    pub(super) fn redraft(&mut self, id: StepId, ink: Ink) {
        let Some(step) = self.flow.step(id) else {
            return;
        };
        let attempt = u32::try_from(self.step(id).attempts.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let draft = step.draft(&self.inputs(ink, attempt));
        self.step_mut(id).draft = Some(draft);
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
            if let Some(FieldValue::Secret(SecretSource::Inline(secret))) =
                self.profile.own(field.path)
            {
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

    pub(super) fn step_mut(&mut self, id: StepId) -> &mut StepState {
        self.walk
            .steps
            .iter_mut()
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
