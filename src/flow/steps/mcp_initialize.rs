//! The connection to an MCP server is opened with the access token.

use std::sync::Arc;

use super::mcp;
use crate::{
    flow::{
        Artifact, Blocked, Draft, Gain, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict,
    },
    profile::fields,
    protocol::{
        exchange::{Exchange, Purpose},
        mcp::{SESSION_HEADER, VERSION, initialize, initialized},
        party::Party,
        secret::Secret,
    },
};

/// The step.
pub static MCP_INITIALIZE: McpInitialize = McpInitialize {
    info: StepInfo {
        id: StepId("mcp-initialize"),
        title: "Open the connection to the MCP server",
        short: "MCP initialize",
        from: Party::Client,
        to: Party::Api,
        needs: &[Artifact::AccessToken],
        gives: &[Artifact::McpVersion, Artifact::McpSession],
        fields: &[
            fields::API_URL,
            fields::API_KIND,
            fields::API_HEADERS,
            fields::DPOP_MODE,
        ],
        spec: &[
            "MCP, Lifecycle: initialization",
            "EMA-S §5.1",
            "RFC 6750 §2.1",
        ],
        why: "The MCP server takes the access token, or says why not; it takes only tokens that are made out to itself. \
              Both sides say which protocol version and which capabilities they have, and the client declares that it \
              knows Enterprise-Managed Authorization. A notification then says that the connection is open.",
        optional: false,
    },
};

/// The id of the request.
const ID: u64 = 1;

/// Opens the connection.
pub struct McpInitialize {
    info: StepInfo,
}

impl Step for McpInitialize {
    fn info(&self) -> &'static StepInfo {
        &MCP_INITIALIZE.info
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        mcp::draft(inputs, self.info.id, &initialize(ID))
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        self.judged(inputs, made).unwrap_or_else(|reading| *reading)
    }
}

impl McpInitialize {
    fn judged(&self, inputs: &Inputs<'_>, made: &[Made]) -> Result<Reading, Box<Reading>> {
        let main = super::support::main(made).expect("a step is read after its main exchange");
        let (result, answer) = mcp::result(main, ID)?;
        let Some(version) = result["protocolVersion"].as_str().filter(|it| is_word(it)) else {
            return Err(rejected(format!(
                "The MCP server agreed on no protocol version: expected a word in protocolVersion, such as {VERSION}; \
                 received {}.",
                result["protocolVersion"]
            )));
        };
        let session = session(main)?;
        let opened = made.iter().find(|made| made.purpose == Purpose::Metadata);
        let Some(opened) = opened else {
            // It goes with what was agreed on just now, not with what an older attempt left.
            let mut request = mcp::more(inputs, self.info.id, &initialized())?;
            request.set_header(crate::protocol::mcp::VERSION_HEADER, version);
            request
                .headers
                .retain(|(name, _)| name != SESSION_HEADER || session.is_some());
            if let Some(session) = session {
                request.set_header(SESSION_HEADER, session);
            }
            return Ok(Reading::bare(
                Verdict::Also(Purpose::Metadata, request),
                "The MCP server answered; it is told that the connection is open.",
            ));
        };
        mcp::taken(&opened.exchange)?;
        let says = told(&result, version, session.is_some()) + &mcp::beside(&answer);
        let held = |artifact: Artifact, text: Secret| Gain::Held(artifact, text, None);
        Ok(Reading {
            gained: vec![
                held(
                    Artifact::McpVersion,
                    Secret::minted(Artifact::McpVersion.id(), version),
                ),
                // A session of before is none of this connection's.
                session.map_or(Gain::Spent(Artifact::McpSession), |session| {
                    held(Artifact::McpSession, session)
                }),
            ],
            tokens: Vec::new(),
            verdict: Verdict::Done,
            says,
        })
    }
}

/// Returns the session that the server opened, if it did.
fn session(main: &Arc<Exchange>) -> Result<Option<Secret>, Box<Reading>> {
    let header = main
        .response()
        .and_then(|response| response.header(SESSION_HEADER));
    match header {
        None => Ok(None),
        Some(id) if is_word(id) => Ok(Some(Secret::minted(Artifact::McpSession.id(), id))),
        Some(_) => Err(rejected(
            "The MCP server named a session that cannot be sent back: expected visible ASCII in Mcp-Session-Id (MCP, \
             Transports: session management)."
                .to_owned(),
        )),
    }
}

/// Tells whether a text can stand in a header field: visible ASCII, and any of it.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn rejected(says: String) -> Box<Reading> {
    Box::new(Reading::bare(Verdict::Rejected(vec![says.clone()]), says))
}

/// Says who answered and what was agreed on.
fn told(result: &serde_json::Value, version: &str, session: bool) -> String {
    let server = &result["serverInfo"];
    let name = match (server["name"].as_str(), server["version"].as_str()) {
        (Some(name), Some(version)) => format!(" {name} {version}"),
        (Some(name), None) => format!(" {name}"),
        _ => String::new(),
    };
    let offered = if version == VERSION {
        String::new()
    } else {
        format!(" instead of {VERSION}")
    };
    let session = if session {
        "it opened a session"
    } else {
        "it keeps no session"
    };
    let capabilities: Vec<&str> = result["capabilities"]
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys().map(String::as_str))
        .collect();
    let offers = match capabilities.as_slice() {
        [] => "nothing".to_owned(),
        some => some.join(", "),
    };
    format!(
        "The MCP server{name} took the access token and speaks version {version}{offered}; {session}. It offers {offers}."
    )
}
