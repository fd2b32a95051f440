//! Filtering the log.

use super::{Model, Purpose, editing, moving};
use crate::ui::filter::Filter;

/// Shows the log of the walk, and asks what of it is to stay.
pub fn open(model: &mut Model) {
    model.screen.rail = false;
    model.screen.log_whole = true;
    moving::show(model, "log");
    editing::begin(model, Purpose::Filter);
}

/// Takes a filter over; a wrong word is named and stays to be mended, and no word at all shows everything.
pub fn accept(model: &mut Model, text: &str) {
    match Filter::parse(text, model.session()) {
        Ok(filter) => {
            model.screen.editor = None;
            model.screen.filter = (!filter.is_empty()).then_some(filter);
        }
        Err(says) => editing::complain(model, says),
    }
}

/// Shows everything again.
pub fn stop(model: &mut Model) {
    model.screen.filter = None;
}
