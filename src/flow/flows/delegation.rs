//! Token exchange with an actor: what an agent does for a user is done in the name of both.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    profile::fields,
    protocol::party::Party,
};

/// The flow `delegation`.
pub static DELEGATION: Flow = Flow {
    id: FlowId("delegation"),
    title: "Delegation by token exchange",
    about: "A user signs in, and an agent with an identity of its own exchanges both of them, the user’s token and its \
            own, for one access token. That token is about the user, names the agent in act, allows less than the \
            user may do, lives for minutes and is bound to a key: whoever receives it can log who asked and who acted.",
    spec: &[
        "RFC 8693",
        "RFC 9449",
        "RFC 9068",
        "OpenID Connect Core 1.0",
    ],
    presets: &[(fields::DPOP_MODE, "on")],
    stages: &[
        Stage {
            title: "Discovery",
            about: "One authorization server signs the user in and delegates. It is asked for its endpoints, the \
                    grants that it knows and the keys that it signs with.",
            party: Party::Client,
            spec: &["RFC 8414", "OIDC Discovery"],
            steps: &[&steps::DISCOVER_AS],
        },
        Stage {
            title: "Phase 1  The user",
            about: "The user signs in with a browser, by a passkey where the server asks for one: amr in the ID Token \
                    says by what. The token that comes is the subject of the exchange: for whom everything is done.",
            party: Party::User,
            spec: &["OIDC §3.1", "RFC 7636", "RFC 9207", "RFC 8176"],
            steps: &[
                &steps::AUTHORIZE,
                &steps::REDEEM_CODE,
                &steps::DEVICE_AUTHORIZE,
                &steps::DEVICE_TOKEN,
                &steps::REFRESH,
            ],
        },
        Stage {
            title: "Phase 2  The agent, and the exchange",
            about: "The agent gets a token about itself from whoever vouches for it, and exchanges the two tokens for \
                    one. With the actor token that is delegation, and act names the agent; without it, impersonation: \
                    nobody can tell the agent from the user.",
            party: Party::Client,
            spec: &["RFC 8693 §1.1", "RFC 8693 §2.1", "RFC 8693 §4.1"],
            steps: &[&steps::AGENT_TOKEN, &steps::EXCHANGE],
        },
        Stage {
            title: "Phase 3  Use the token",
            about: "The access token is tried on the API, with a proof by the key that it is bound to. The line in the \
                    API’s log names the user and the agent. Without an API in the profile the walk is done before.",
            party: Party::Client,
            spec: &["RFC 9449 §7.1", "RFC 9068 §4"],
            steps: &[&steps::CALL_API],
        },
    ],
};
