//! The panels of a step: each a pure function from the session to rows.

use super::rows::{Cx, Row};

/// One panel.
pub struct Panel {
    /// Its id.
    pub id: &'static str,
    /// The word on its tab.
    pub title: &'static str,
    /// What it shows: rows that are no wider than the context says.
    pub rows: fn(&Cx) -> Vec<Row>,
    /// What stands behind the word on its tab.
    pub badge: fn(&Cx) -> Option<String>,
}

macro_rules! panels {
    ($($name:ident)+) => {
        $(pub mod $name;)+

        /// Every panel, in the order of the tabs.
        pub static PANELS: &[&Panel] = &[$(&$name::PANEL,)+];
    };
}

panels! { inputs request curl answer tokens findings log history diagram }

/// No badge.
fn no_badge(_: &Cx) -> Option<String> {
    None
}
