//! The command line: puts the rooms together, and is the only one that prints.

pub mod paths;
pub mod profile;
pub mod store;
