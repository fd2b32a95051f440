//! The integration tests, one binary so that everything links once.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests tell their reader"
)]

mod actor_profile;
mod assertion_exchange;
mod canary;
mod check;
mod chromium;
mod config;
mod conformance;
mod curl;
mod decode;
mod delegation;
mod device;
mod diagnosis;
mod diagram;
mod dialogues;
mod discover_api;
mod dpop;
mod export;
#[allow(dead_code, reason = "others judge these walks")]
mod faults;
mod hostile;
mod import;
mod instance_assertion;
mod interop;
mod keys;
mod lab;
mod laws;
mod leaving;
mod light;
mod lineage;
mod markdown;
mod masking;
mod mcp;
mod outside;
mod panels;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod peer;
mod picture;
mod plain;
mod profiles;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod pty;
mod qr;
mod qr_pty;
mod readme;
mod renewal;
mod rules;
mod saml;
mod scopes;
#[allow(
    clippy::unnecessary_wraps,
    dead_code,
    reason = "outcomes are good and bad, and helpers wait for the tests that need them"
)]
mod scripted;
mod shapes;
mod signin;
mod signin_pty;
mod terminal;
mod themes;
mod tidy;
mod tls;
mod transport;
mod typescript;
mod ui;
mod vectors;
mod verify;
mod walks;
#[allow(dead_code, reason = "helpers wait for the tests that need them")]
mod world;
