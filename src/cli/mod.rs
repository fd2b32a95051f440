//! The command line: what is typed, and how the rooms are put together.

pub mod lab;
