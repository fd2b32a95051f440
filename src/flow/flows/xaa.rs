//! Cross App Access: from a user's sign-in at their own IdP to another company's API.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    protocol::party::Party,
};

/// The flow `xaa`.
pub static XAA: Flow = Flow {
    id: FlowId("xaa"),
    title: "Cross App Access",
    about: "A user signs in once at their own IdP. An agent then reaches another company’s API for that user, without \
            a second consent screen: the IdP issues an ID-JAG, the other company’s authorization server redeems it.",
    spec: &[
        "draft-ietf-oauth-identity-assertion-authz-grant",
        "RFC 8693",
        "RFC 7523",
        "OpenID Connect Core 1.0",
    ],
    presets: &[],
    stages: &[
        Stage {
            title: "Discovery",
            about: "Both servers are asked what they are called, where their endpoints are and which keys they sign \
                    with. Most failed walks fail because one of these strings was copied by hand.",
            party: Party::Client,
            spec: &["RFC 8414", "OIDC Discovery", "RFC 9728"],
            steps: &[
                &steps::DISCOVER_IDP,
                &steps::DISCOVER_API,
                &steps::DISCOVER_RESOURCE_AS,
            ],
        },
        Stage {
            title: "Phase 1  Single sign-on",
            about: "The user signs in at the IdP with a browser, and the client gets an ID Token for it: the user’s \
                    identity, made out to this client.",
            party: Party::User,
            spec: &["OIDC §3.1", "RFC 7636", "RFC 9207", "RFC 8628"],
            steps: &[
                &steps::AUTHORIZE,
                &steps::REDEEM_CODE,
                &steps::DEVICE_AUTHORIZE,
                &steps::DEVICE_TOKEN,
                &steps::SAML_REFRESH,
                &steps::REFRESH,
            ],
        },
        Stage {
            title: "Phase 2  ID-JAG and access token",
            about: "The agent exchanges the user’s token at the IdP for an ID-JAG, and redeems that at the resource \
                    authorization server for an access token. Each side applies its own policy.",
            party: Party::Client,
            spec: &["JAG §4.3", "JAG §4.4"],
            steps: &[&steps::ID_JAG, &steps::JWT_BEARER],
        },
        Stage {
            title: "Phase 3  Use the token",
            about: "The access token is tried on the API. Without an API in the profile the walk is done before.",
            party: Party::Client,
            spec: &["RFC 6750", "RFC 9068"],
            steps: &[&steps::CALL_API],
        },
    ],
};
