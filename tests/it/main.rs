//! The integration tests, one binary so that everything links once.

#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod peer;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod pty;
mod tidy;
mod vectors;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod world;

// Enable when `jagwalk run` exists: walks against servers that others wrote.
// mod interop;
