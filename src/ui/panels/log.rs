//! The panel log.

use super::{Panel, no_badge};
use crate::ui::{rows::{Cx, Row, wrap}, theme::Role};

/// The panel.
pub static PANEL: Panel = Panel { id: "log", title: "Log", rows, badge: no_badge };

fn rows(cx: &Cx) -> Vec<Row> {
    wrap(vec![Row::text(Role::Muted, "Log")], cx.width)
}
