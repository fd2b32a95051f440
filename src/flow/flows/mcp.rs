//! MCP Enterprise-Managed Authorization: an MCP client reaches an MCP server by way of the user's own IdP.

use crate::{
    flow::{Flow, FlowId, Stage, steps},
    profile::fields,
    protocol::party::Party,
};

/// The flow `mcp`.
pub static MCP: Flow = Flow {
    id: FlowId("mcp"),
    title: "MCP Enterprise-Managed Authorization",
    about: "A user’s company decides which MCP servers its people’s agents may reach. The MCP client signs the user in at \
            the company’s IdP, exchanges the identity for an ID-JAG made out to the authorization server of the MCP \
            server, redeems it there, and opens the connection with the access token: no consent screen at each server.",
    spec: &[
        "MCP Enterprise-Managed Authorization (SEP-990)",
        "draft-ietf-oauth-identity-assertion-authz-grant",
        "RFC 9728",
        "RFC 8693",
        "RFC 7523",
    ],
    presets: &[(fields::API_KIND, "mcp")],
    stages: &[
        Stage {
            title: "Discovery",
            about: "The MCP server is called without a token, and its refusal leads to its metadata: its identifier, and \
                    the authorization server whose tokens it takes. That server and the IdP then describe themselves.",
            party: Party::Client,
            spec: &["EMA-S §6", "RFC 9728 §5.1", "RFC 8414", "OIDC Discovery"],
            steps: &[
                &steps::DISCOVER_MCP,
                &steps::DISCOVER_RESOURCE_AS,
                &steps::DISCOVER_IDP,
            ],
        },
        Stage {
            title: "Phase 1  Single sign-on",
            about: "The user signs in at the IdP with a browser, and the MCP client gets an ID Token for it: the user’s \
                    identity, made out to this client.",
            party: Party::User,
            spec: &["EMA-D §3", "OIDC §3.1", "RFC 7636", "RFC 9207"],
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
            about: "The IdP issues an ID-JAG for this one MCP server, where the company’s policy allows it. The MCP \
                    server’s authorization server redeems it for an access token that is limited to that MCP server.",
            party: Party::Client,
            spec: &["EMA-S §4", "EMA-S §5", "JAG §4.3", "JAG §4.4"],
            steps: &[&steps::ID_JAG, &steps::JWT_BEARER],
        },
        Stage {
            title: "Phase 3  Use the MCP server",
            about: "The connection is opened with the access token, and the server says which tools it has. One of them \
                    is called where the profile names it.",
            party: Party::Client,
            spec: &["MCP, Lifecycle", "MCP, Transports", "MCP, Tools"],
            steps: &[&steps::MCP_INITIALIZE, &steps::MCP_TOOLS],
        },
    ],
};
