//! The integration tests, one binary so that everything links once.

mod export;
mod curl;
mod interop;
mod lab;
mod panels;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod peer;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod pty;
mod tidy;
mod transport;
mod vectors;
mod walks;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod world;
