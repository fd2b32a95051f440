//! An agent exchanges an assertion of its own for an access token: for itself, for a person, or as one of several agents.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    profile::fields,
    protocol::party::Party,
};

/// The flow `assertion-exchange`.
pub static ASSERTION_EXCHANGE: Flow = Flow {
    id: FlowId("assertion-exchange"),
    title: "Assertion exchange",
    about: "An agent signs who it is and for whom it acts, and exchanges that assertion for an access token. The \
            authorization server knows the agent’s issuer by its published keys, and decides by its own policy who may \
            act for whom. Further agents join by exchanges of their own, each with its own assertion.",
    spec: &["RFC 8693", "RFC 7523", "RFC 7519", "RFC 7517"],
    presets: &[(fields::VARIANT, "delegated")],
    stages: &[
        Stage {
            title: "Discovery",
            about: "The authorization server describes itself: what it is called, where it exchanges tokens and which keys \
                    it signs with.",
            party: Party::Client,
            spec: &["RFC 8414"],
            steps: &[&steps::DISCOVER_ASSERTION_AS],
        },
        Stage {
            title: "Phase 1  Assertion and exchange",
            about: "The agent signs an assertion with its own key, whose public half its issuer publishes, and exchanges \
                    it at the authorization server for an access token. In a nested delegation the token is handed on: \
                    each further agent exchanges it with an assertion of its own, and stands outermost in act from then \
                    on.",
            party: Party::Client,
            spec: &["RFC 7523 §3", "RFC 8693 §2.1", "RFC 8693 §4.1"],
            steps: &[
                &steps::ASSERTION,
                &steps::ASSERTION_EXCHANGE,
                &steps::ASSERTION_2,
                &steps::ASSERTION_EXCHANGE_2,
                &steps::ASSERTION_3,
                &steps::ASSERTION_EXCHANGE_3,
            ],
        },
        Stage {
            title: "Phase 2  Use the token",
            about: "The access token is tried on the API. Without an API in the profile the walk is done before.",
            party: Party::Client,
            spec: &["RFC 6750", "RFC 9068"],
            steps: &[&steps::CALL_API],
        },
    ],
};
