//! A question before something is sent or lost: the engine's, or the screen's own.

use crate::ui::model::Model;

/// Returns the question that is open, if one is.
pub fn question(model: &Model) -> Option<&str> {
    if let Some(ask) = &model.screen.ask {
        return Some(&ask.says);
    }
    model
        .session()
        .question
        .as_ref()
        .map(|question| question.says.as_str())
}
