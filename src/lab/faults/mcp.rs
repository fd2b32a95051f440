//! Faults of the MCP server and of what leads to it (RFC 9728, MCP Enterprise-Managed Authorization).

use serde_json::{Value, json};

use super::{
    Do::{Answer, Body, Token},
    Ends::{self, Failed, Refused},
    Fault, Minted,
    Place::{ApiMetadata, McpCall, McpOpen, McpRefusal},
    Scene,
    does::leave_out,
};
use crate::{
    lab::message::Outgoing,
    protocol::party::Party::{self, Api, Idp, ResourceAs, You},
};

/// Makes a row.
const fn mcp(
    party: Party,
    id: &'static str,
    title: &'static str,
    step: &'static str,
    ends: Ends,
    rules: &'static [&'static str],
    does: &'static [super::Do],
) -> Fault {
    Fault::new(party, id, title, step, ends, rules, does).in_flow("mcp", &[])
}

/// The rows.
pub(super) const FAULTS: &[Fault] = &[
    mcp(
        Api,
        "api-mcp-unguarded",
        "The MCP server answers without a token",
        "discover-api",
        Failed,
        &[],
        &[Answer(McpRefusal, |it| {
            *it.outgoing = Outgoing::json(
                200,
                &json!({ "jsonrpc": "2.0", "id": 0, "result": { "tools": [] } }),
            );
        })],
    ),
    mcp(
        Api,
        "api-mcp-no-metadata",
        "The MCP server’s metadata is not there",
        "discover-api",
        Refused,
        &[],
        &[Answer(ApiMetadata, |it| it.text(404, "Not Found"))],
    ),
    mcp(
        Api,
        "api-mcp-metadata-page",
        "The MCP server’s metadata is a page",
        "discover-api",
        Failed,
        &[],
        &[Answer(ApiMetadata, |it| it.page(200))],
    ),
    mcp(
        Api,
        "api-mcp-resource",
        "The MCP server’s metadata names another resource",
        "discover-api",
        Failed,
        &["DISC-PRM-RESOURCE-MATCH"],
        &[Body(ApiMetadata, |json| {
            json["resource"] = json!(format!(
                "{}/v2",
                json["resource"].as_str().unwrap_or_default()
            ));
        })],
    ),
    mcp(
        Api,
        "api-mcp-no-as",
        "The MCP server’s metadata names no authorization server",
        "discover-api",
        Failed,
        &["DISC-PRM-NO-AS"],
        &[Body(ApiMetadata, |json| {
            leave_out(json, "authorization_servers");
        })],
    ),
    mcp(
        Idp,
        "idp-mcp-resource-claim",
        "The ID-JAG is for the notes, not for the MCP server",
        "id-jag",
        Refused,
        &["EMA-RESOURCE-CLAIM", "IDJAG-GRANTED"],
        &[Token(Minted::IdJag, |it| {
            it.claims["resource"] = json!(notes_beside(&it.claims["resource"]));
        })],
    ),
    mcp(
        ResourceAs,
        "as-mcp-wide",
        "The access token is for the notes, too",
        "jwt-bearer",
        Refused,
        &["EMA-AT-RESTRICTED"],
        &[Token(Minted::AccessToken, |it| {
            let notes = notes_beside(&it.claims["aud"]);
            it.claims["aud"] = json!([it.claims["aud"], notes]);
        })],
    ),
    mcp(
        Api,
        "api-mcp-401",
        "The MCP server takes no access token",
        "mcp-initialize",
        Refused,
        &[],
        &[Answer(McpOpen, |it| {
            refuse(it, 401, "invalid_token", "The token is not known here.");
        })],
    )
    .owned_by(Api),
    mcp(
        Api,
        "api-mcp-no-version",
        "The MCP server agrees on no protocol version",
        "mcp-initialize",
        Failed,
        &[],
        &[Body(McpOpen, |json| {
            leave_out(&mut json["result"], "protocolVersion");
        })],
    ),
    mcp(
        Api,
        "api-mcp-page",
        "The MCP server answers with a page",
        "mcp-initialize",
        Failed,
        &[],
        &[Answer(McpOpen, |it| it.page(200))],
    ),
    mcp(
        Api,
        "api-mcp-rpc-error",
        "The MCP server answers with an error of JSON-RPC",
        "mcp-initialize",
        Refused,
        &[],
        &[Body(McpOpen, |json| {
            leave_out(json, "result");
            json["error"] = json!({ "code": -32603, "message": "Internal error" });
        })],
    ),
    mcp(
        Api,
        "api-mcp-session-lost",
        "The MCP server forgets the session",
        "mcp-tools",
        Refused,
        &[],
        &[Answer(McpCall, |it| it.text(404, "Session not found"))],
    ),
    mcp(
        Api,
        "api-mcp-scope",
        "The MCP server wants a scope that was not granted",
        "mcp-tools",
        Refused,
        &[],
        &[Answer(McpCall, |it| {
            let says = "Expected scope notes.admin.";
            refuse(it, 403, "insufficient_scope", says);
        })],
    )
    .owned_by(You),
    mcp(
        Api,
        "api-mcp-no-tools",
        "The MCP server lists something else than tools",
        "mcp-tools",
        Failed,
        &[],
        &[Answer(McpCall, |it| {
            // It comes as a stream of events, or as JSON.
            let body = String::from_utf8_lossy(&it.outgoing.body);
            it.outgoing.body = body.replace("\"tools\":[", "\"tool\":[").into_bytes();
        })],
    ),
];

/// The notes of the server whose MCP server that is.
fn notes_beside(mcp: &Value) -> String {
    let mcp = mcp.as_str().unwrap_or_default();
    format!("{}/notes", mcp.trim_end_matches("/mcp"))
}

/// Refuses a call in the form of an API, whatever the server said.
fn refuse(it: &mut Scene<'_>, status: u16, error: &str, says: &str) {
    let body = json!({ "error": error, "error_description": says });
    *it.outgoing = Outgoing::json(status, &body).with(
        "www-authenticate",
        format!("Bearer realm=\"lab API\", error=\"{error}\", error_description=\"{says}\""),
    );
}
