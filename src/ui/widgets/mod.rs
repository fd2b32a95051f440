//! What takes keys and has a state of its own.

pub mod field;
