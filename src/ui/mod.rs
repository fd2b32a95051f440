//! The screen: a pure reader of the session, which it changes through commands only.

pub mod terminal;
pub mod theme;
