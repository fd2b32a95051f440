//! The integration tests, one binary so that everything links once.

mod curl;
mod device;
mod export;
mod interop;
mod lab;
mod laws;
mod panels;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod peer;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod pty;
mod qr;
mod readme;
mod renewal;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod scripted;
mod signin;
mod tidy;
mod transport;
mod ui;
mod vectors;
mod walks;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod world;
