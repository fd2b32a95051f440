//! The panel history.

use super::{Panel, no_badge};
use crate::ui::{rows::{Cx, Row, wrap}, theme::Role};

/// The panel.
pub static PANEL: Panel = Panel { id: "history", title: "History", rows, badge: no_badge };

fn rows(cx: &Cx) -> Vec<Row> {
    wrap(vec![Row::text(Role::Muted, "History")], cx.width)
}
