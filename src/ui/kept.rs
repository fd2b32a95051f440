//! The rows of the panel as they were laid out last: a large body is not laid out again on every key.

use std::{cell::RefCell, sync::Arc};

use super::{
    filter::Filter,
    model::{Model, OpenId},
    rows::{Row, matches},
};
use crate::{
    flow::{FlowId, StepId},
    protocol::time::Timestamp,
};

/// Panels whose rows are the same at any time of day. What is not named here is laid out anew whenever time has passed.
pub const TIMELESS: &[&str] = &["curl", "answer", "log", "history", "diagram"];

/// One panel's rows, with all that they were made from, and what was found in rows. Forgetting it changes nothing but the time that drawing takes.
#[derive(Default)]
pub struct Kept {
    rows: RefCell<Option<(Key, Arc<Vec<Row>>)>>,
    found: RefCell<Option<Found>>,
}

/// What was looked for in which rows, and where it is.
struct Found {
    rows: Arc<Vec<Row>>,
    query: String,
    at: Arc<Vec<usize>>,
}

/// All that rows are made from: whose, of which walk and step, how much has happened in its session, and how they are
/// looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Key {
    open: OpenId,
    walk: u32,
    flow: FlowId,
    happened: usize,
    panel: &'static str,
    step: StepId,
    attempt: Option<usize>,
    width: u16,
    mask: u64,
    log_whole: bool,
    filter: Option<Filter>,
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
            mask: model.mask.number,
            log_whole: cx.log_whole,
            filter: model.screen.filter.clone(),
            now: (!TIMELESS.contains(&panel)).then_some(cx.now),
        }
    }
}

impl Kept {
    /// Returns the rows of the panel that is shown.
    pub fn rows(&self, model: &Model, width: u16) -> Arc<Vec<Row>> {
        let key = Key::of(model, width);
        if let Some((known, rows)) = &*self.rows.borrow()
            && *known == key
        {
            return Arc::clone(rows);
        }
        let rows = Arc::new(model.panel_rows(model.panel(), width));
        *self.rows.borrow_mut() = Some((key, Arc::clone(&rows)));
        rows
    }

    /// Returns which rows have a text; rows of the same place in memory are the same rows.
    pub fn matches(&self, rows: &Arc<Vec<Row>>, query: &str) -> Arc<Vec<usize>> {
        if let Some(found) = &*self.found.borrow()
            && Arc::ptr_eq(&found.rows, rows)
            && found.query == query
        {
            return Arc::clone(&found.at);
        }
        let at = Arc::new(matches(rows, query));
        // They are held, so that no others can come to stand there meanwhile.
        *self.found.borrow_mut() = Some(Found {
            rows: Arc::clone(rows),
            query: query.to_owned(),
            at: Arc::clone(&at),
        });
        at
    }
}
