//! The OAuth Actor Profile: an agent acts for a user across three trust domains, and every token says through whom.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    profile::fields,
    protocol::party::Party,
};

/// The flow `actor-profile`.
pub static ACTOR_PROFILE: Flow = Flow {
    id: FlowId("actor-profile"),
    title: "Actor Profile, across domains",
    about: "An agent acts for a user beyond the walls of the user’s company: an ID Token becomes an ID-JAG, that an \
            access token, and that, inside the other company, a Transaction Token. At every hop sub stays the user, and \
            act grows a new outermost actor around those who acted before.",
    spec: &[
        "draft-mcguinness-oauth-actor-profile App. B",
        "draft-ietf-oauth-identity-assertion-authz-grant",
        "draft-ietf-oauth-transaction-tokens",
        "RFC 8693",
        "RFC 9449",
    ],
    presets: &[
        (fields::DPOP_MODE, "required"),
        (fields::AGENT_ACTOR, "client_assertion"),
    ],
    stages: &[
        Stage {
            title: "Discovery",
            about: "Both authorization servers are asked what they are called, where their endpoints are, which keys \
                    they sign with, and whether they know the Actor Profile.",
            party: Party::Client,
            spec: &["RFC 8414", "OIDC Discovery", "AP §10.1"],
            steps: &[
                &steps::DISCOVER_IDP,
                &steps::DISCOVER_API,
                &steps::DISCOVER_RESOURCE_AS,
            ],
        },
        Stage {
            title: "Domain 1  The user’s company",
            about: "The user signs in, and the ID Token says who that is, not who acts. The agent exchanges it for an \
                    ID-JAG and shows itself as the actor; the IdP writes it into act and binds the grant to its key.",
            party: Party::User,
            spec: &["AP App. B.3", "AP App. B.4", "AP §6", "JAG §4.3"],
            steps: &[
                &steps::AUTHORIZE,
                &steps::REDEEM_CODE,
                &steps::DEVICE_AUTHORIZE,
                &steps::DEVICE_TOKEN,
                &steps::SAML_REFRESH,
                &steps::REFRESH,
                &steps::ID_JAG_ACTOR,
            ],
        },
        Stage {
            title: "Domain 2  The API’s company",
            about: "The API’s authorization server takes the ID-JAG with a proof by the agent’s key, and issues an \
                    access token with the same act and the same binding. The API sees for whom, and through whom.",
            party: Party::Client,
            spec: &[
                "AP App. B.5",
                "AP App. B.6",
                "AP §4",
                "AP §5",
                "RFC 9449 §7",
            ],
            steps: &[&steps::JWT_BEARER, &steps::CALL_API],
        },
        Stage {
            title: "Domain 3  Behind the API",
            about: "A tool behind the API swaps the access token for a Transaction Token and becomes the outermost \
                    actor, with the agent inside. With that it calls a service of its own trust domain. Without [tts] \
                    and [service] in the profile the walk is done before.",
            party: Party::Api,
            spec: &["AP App. B.7", "AP App. B.8", "AP §7", "TXN §11", "TXN §12"],
            steps: &[&steps::TXN_TOKEN, &steps::INTERNAL_CALL],
        },
    ],
};
