//! The screen: a pure reader of the session, which it changes through commands only.

pub mod panels;
pub mod rail;
pub mod rows;
pub mod terminal;
pub mod theme;
