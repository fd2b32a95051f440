//! Client Instance Assertion: which running copy of a client it is that asks, said by an issuer that the client names.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    profile::fields,
    protocol::party::Party,
};

/// The flow `instance-assertion`.
pub static INSTANCE_ASSERTION: Flow = Flow {
    id: FlowId("instance-assertion"),
    title: "Client Instance Assertion",
    about: "One client, thousands of running copies of its agent. An issuer that the client’s metadata names says which \
            copy it is that asks; the authorization server writes that copy into the access token as who acts for the \
            user, and binds the token to the copy’s own key. The draft was withdrawn in favour of others; servers that \
            follow it are walked here in both of its versions.",
    spec: &[
        "draft-mcguinness-oauth-client-instance-assertion",
        "draft-ietf-oauth-client-id-metadata-document",
        "RFC 9449",
        "RFC 7636",
        "RFC 7523",
    ],
    presets: &[(fields::DPOP_MODE, "required")],
    stages: &[
        Stage {
            title: "Discovery",
            about: "The authorization server describes itself, and says which version of the draft it speaks. The \
                    client’s own metadata document names the issuers whose word about instances counts.",
            party: Party::Client,
            spec: &["RFC 8414", "CIMD §4", "CIA §6"],
            steps: &[&steps::DISCOVER_CLIENTS_AS],
        },
        Stage {
            title: "Phase 1  The user’s consent",
            about: "The user agrees that the client may act for them. No instance is named yet; only its key is announced, \
                    so that nobody else can redeem the code.",
            party: Party::User,
            spec: &["CIA §8.4", "RFC 6749 §4.1", "RFC 7636", "RFC 9449 §10"],
            steps: &[&steps::AUTHORIZE_BOUND],
        },
        Stage {
            title: "Phase 2  The instance and its token",
            about: "The instance has its issuer say who it is and which key is its own, and shows that word at the token \
                    endpoint beside the client’s own credentials and a proof of the key.",
            party: Party::Client,
            spec: &["CIA §7", "CIA §8"],
            steps: &[
                &steps::INSTANCE_ASSERTION,
                &steps::REDEEM_INSTANCE,
                &steps::REFRESH_INSTANCE,
            ],
        },
        Stage {
            title: "Phase 3  Use the token",
            about: "The API sees the user in sub, the instance in act, and takes the token only beside a proof of the \
                    instance’s key.",
            party: Party::Client,
            spec: &["CIA §8.5", "RFC 9449 §7", "RFC 9068"],
            steps: &[&steps::CALL_API],
        },
    ],
};
