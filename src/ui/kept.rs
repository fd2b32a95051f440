//! The rows of the panel as they were laid out last: a large body is not laid out again on every key.

use std::{cell::RefCell, sync::Arc};

use super::{
    model::{Model, OpenId},
    rows::Row,
};
use crate::{
    flow::{FlowId, StepId},
    protocol::time::Timestamp,
};

/// Panels whose rows are the same at any time of day. What is not named here is laid out anew whenever time has passed.
pub const TIMELESS: &[&str] = &["curl", "answer", "log", "history", "diagram"];

/// One panel's rows, with all that they were made from. Forgetting it changes nothing but the time that drawing takes.
#[derive(Default)]
pub struct Kept(RefCell<Option<(Key, Arc<Vec<Row>>)>>);

/// All that rows are made from: whose, of which walk and step, how much has happened in its session, and how they are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Key {
    open: OpenId,
    walk: u32,
    flow: FlowId,
    happened: usize,
    panel: &'static str,
    step: StepId,
    attempt: Option<usize>,
    width: u16,
    reveal: bool,
    log_whole: bool,
    now: Option<Timestamp>,
}

impl Key {
    fn of(model: &Model, width: u16) -> Self {
        let cx = model.cx(width);
        let panel = model.panel().id;
        Self {
            open: model.opened().id,
            walk: cx.session.walk.number,
            flow: cx.session.flow.id,
            // Everything that changes a session goes through its journal.
            happened: cx.session.journal().len(),
            panel,
            step: cx.step,
            attempt: cx.attempt,
            width,
            reveal: cx.reveal,
            log_whole: cx.log_whole,
            now: (!TIMELESS.contains(&panel)).then_some(cx.now),
        }
    }
}

impl Kept {
    /// Returns the rows of the panel that is shown.
    pub fn rows(&self, model: &Model, width: u16) -> Arc<Vec<Row>> {
        let key = Key::of(model, width);
        if let Some((known, rows)) = &*self.0.borrow()
            && *known == key
        {
            return Arc::clone(rows);
        }
        let rows = Arc::new(model.panel_rows(model.panel(), width));
        *self.0.borrow_mut() = Some((key, Arc::clone(&rows)));
        rows
    }
}
