//! The panel inputs.

use super::{Panel, no_badge};
use crate::ui::{rows::{Cx, Row, wrap}, theme::Role};

/// The panel.
pub static PANEL: Panel = Panel { id: "inputs", title: "Inputs", rows, badge: no_badge };

fn rows(cx: &Cx) -> Vec<Row> {
    wrap(vec![Row::text(Role::Muted, "Inputs")], cx.width)
}
