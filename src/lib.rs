//! jagwalk: a terminal flow debugger for agentic OAuth token exchange.
//!
//! One way through the house; data goes left to right, and nothing on the right changes anything on the left except
//! through a `Command` to the session:
//!
//! ```text
//!  profile ──▶ flow ──▶ Draft ──send──▶ transport ──▶ Exchange ──▶ tokens ──▶ lint ──▶ session ──▶ ui · headless · export
//!  (TOML)     (steps)  (Request +      (the only     (full record)  (total    (rules)  (state =      (pure readers)
//!                       notes)          client IO)                   parse)             fold of events)
//!                                           ▲
//!                                           └── lab: IdP, resource AS, API; the same protocol types from the other side
//! ```
//!
//! The walls, held by `tests/it/tidy.rs`, which reads this table:
//!
//! ```text
//! | room      | may import                                | outside crates only it may use                  |
//! |-----------|-------------------------------------------|-------------------------------------------------|
//! | protocol  | –                                         | jsonwebtoken, aws_lc_rs                         |
//! | profile   | protocol                                  | toml_edit                                       |
//! | flow      | protocol, profile                         |                                                 |
//! | lint      | protocol, profile, flow                   |                                                 |
//! | session   | protocol, profile, flow, lint             | aho_corasick                                    |
//! | export    | protocol, profile, flow, lint, session    |                                                 |
//! | transport | protocol, session                         | reqwest, aws_lc_rs, open                        |
//! | lab       | protocol                                  | rcgen, tokio_rustls, aws_lc_rs                  |
//! | ui        | protocol, profile, flow, lint, session, export | ratatui, crossterm, tui_textarea, toml_edit, rustix, qrcode, nucleo_matcher |
//! | cli       | everything                                | directories, clap, tempfile, toml_edit          |
//! ```
//!
//! axum serves the lab and the loopback listener of `transport/browser.rs`, and nothing else.

pub mod cli;
pub mod export;
pub mod flow;
pub mod lab;
pub mod lint;
pub mod profile;
pub mod protocol;
pub mod session;
pub mod transport;
pub mod ui;
