//! The integration tests, one binary so that everything links once.

#![allow(
    clippy::missing_panics_doc,
    reason = "a test's helper panics to say what went wrong"
)]

#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod pty;
mod tidy;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod world;
