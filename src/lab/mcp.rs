//! The MCP server of the lab: the notes as two tools, over Streamable HTTP; what it is told of the caller is judged before.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{
    chance::Chance,
    message::{Incoming, Outgoing},
    refusal::received,
};
use crate::protocol::mcp::{EXTENSION, SESSION_HEADER, STREAM, VERSION, VERSION_HEADER};

/// The path of the MCP server.
pub(super) const MCP: &str = "/mcp";

/// Where its metadata are (RFC 9728 §3.1).
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";

/// What its tools need, all together.
pub(super) const SCOPE: &str = "notes.read notes.write";

/// The tool that reads.
const LIST: &str = "list_notes";

/// The tool that writes.
const ADD: &str = "add_note";

/// More sessions than this are not kept: the oldest go.
const SESSIONS_KEPT: usize = 100;

/// The MCP server and the sessions it keeps.
pub(super) struct Mcp {
    chance: Chance,
    sessions: HashMap<String, Session>,
    opened: u64,
}

struct Session {
    sub: String,
    ready: bool,
    number: u64,
}

/// Why a message is refused: the status, the code of JSON-RPC, and a sentence.
struct Trouble(u16, i64, String);

const PARSE: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const NO_METHOD: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;

impl Mcp {
    /// Makes a server without sessions.
    pub fn new(chance: Chance) -> Self {
        Self {
            chance,
            sessions: HashMap::new(),
            opened: 0,
        }
    }

    /// Tells whether a request calls the tool that writes.
    pub fn writes(incoming: &Incoming) -> bool {
        let message: Value = serde_json::from_slice(&incoming.body).unwrap_or_default();
        message["method"] == "tools/call" && message["params"]["name"] == ADD
    }

    /// Answers a caller who may call.
    pub fn answer(&mut self, incoming: &Incoming, sub: &str, notes: &mut Vec<String>) -> Outgoing {
        let message = match read(incoming) {
            Ok(message) => message,
            Err(trouble) => return refused(&Value::Null, &trouble),
        };
        let id = message.get("id").cloned().unwrap_or(Value::Null);
        self.message(incoming, &message, sub, notes)
            .unwrap_or_else(|trouble| refused(&id, &trouble))
    }

    /// Ends a session.
    pub fn end(&mut self, incoming: &Incoming, sub: &str) -> Outgoing {
        let done = self.session(incoming, sub).map(|session| session.number);
        match done {
            Ok(number) => {
                self.sessions.retain(|_, session| session.number != number);
                Outgoing {
                    status: 204,
                    headers: Vec::new(),
                    body: Vec::new(),
                }
            }
            Err(trouble) => refused(&Value::Null, &trouble),
        }
    }

    fn message(
        &mut self,
        incoming: &Incoming,
        message: &Value,
        sub: &str,
        notes: &mut Vec<String>,
    ) -> Result<Outgoing, Trouble> {
        let method = message["method"].as_str().unwrap_or_default();
        let params = &message["params"];
        let id = message.get("id");
        if method == "initialize" {
            let id = id.ok_or_else(|| wrong("Expected an id in initialize, received none."))?;
            return self.open(id, params, sub);
        }
        let session = self.session(incoming, sub)?;
        let Some(id) = id else {
            session.ready |= method == "notifications/initialized";
            return Ok(Outgoing {
                status: 202,
                headers: Vec::new(),
                body: Vec::new(),
            });
        };
        if method == "ping" {
            return Ok(said(id, &json!({})));
        }
        if !session.ready {
            return Err(wrong(&format!(
                "Expected notifications/initialized before {}, received none.",
                received(Some(method))
            )));
        }
        match method {
            "tools/list" => list(id, params),
            "tools/call" => call(id, params, notes),
            other => Err(Trouble(
                200,
                NO_METHOD,
                format!(
                    "Expected ping, tools/list or tools/call, received {}.",
                    received(Some(other))
                ),
            )),
        }
    }

    /// Opens a session (MCP, Lifecycle: initialization).
    fn open(&mut self, id: &Value, params: &Value, sub: &str) -> Result<Outgoing, Trouble> {
        for (place, kind) in [
            ("/protocolVersion", "text"),
            ("/capabilities", "object"),
            ("/clientInfo/name", "text"),
            ("/clientInfo/version", "text"),
        ] {
            let there = params.pointer(place);
            let fits = there.is_some_and(|value| match kind {
                "object" => value.is_object(),
                _ => value.is_string(),
            });
            if !fits {
                let says =
                    format!("Expected {kind} at params{place} of initialize, received none.");
                return Err(Trouble(200, INVALID_PARAMS, says));
            }
        }
        self.opened += 1;
        let session = self.chance.token(16);
        self.sessions
            .retain(|_, session| session.number + SESSIONS_KEPT as u64 > self.opened);
        self.sessions.insert(
            session.clone(),
            Session {
                sub: sub.to_owned(),
                ready: false,
                number: self.opened,
            },
        );
        let result = json!({
            "protocolVersion": VERSION,
            "capabilities": { "tools": {}, "extensions": { EXTENSION: {} } },
            "serverInfo": { "name": "jagwalk-lab", "version": env!("CARGO_PKG_VERSION") },
        });
        Ok(said(id, &result).with(SESSION_HEADER, session))
    }

    /// Finds the session of a request: there, the caller's own, and with the version that was agreed on.
    fn session(&mut self, incoming: &Incoming, sub: &str) -> Result<&mut Session, Trouble> {
        let Some(id) = incoming.header(SESSION_HEADER) else {
            return Err(wrong("Expected Mcp-Session-Id, received none."));
        };
        let version = incoming.header(VERSION_HEADER);
        if version != Some(VERSION) {
            return Err(wrong(&format!(
                "Expected MCP-Protocol-Version {VERSION}, received {}.",
                received(version)
            )));
        }
        let session = self
            .sessions
            .get_mut(id)
            .filter(|session| session.sub == sub);
        session.ok_or_else(|| {
            let says = "No such session is known here; initialize again.";
            Trouble(404, INVALID_REQUEST, says.to_owned())
        })
    }
}

/// Reads the one message of a POST (MCP, Transports: sending messages to the server).
fn read(incoming: &Incoming) -> Result<Value, Trouble> {
    let accepts: Vec<String> = incoming
        .all("accept")
        .flat_map(|field| field.split(','))
        .map(|kind| {
            kind.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        })
        .collect();
    let both = ["application/json", STREAM]
        .iter()
        .all(|kind| accepts.iter().any(|accepted| accepted == kind));
    if !both {
        let says = format!(
            "Expected Accept with application/json and {STREAM}, received {}.",
            received(Some(&accepts.join(", ")))
        );
        return Err(Trouble(406, INVALID_REQUEST, says));
    }
    if incoming.content_type() != "application/json" {
        let says = format!(
            "Expected Content-Type application/json, received {}.",
            received(Some(&incoming.content_type()))
        );
        return Err(Trouble(415, INVALID_REQUEST, says));
    }
    let message: Value = serde_json::from_slice(&incoming.body)
        .map_err(|error| Trouble(400, PARSE, format!("Expected a JSON-RPC message: {error}.")))?;
    let id = message.get("id");
    let whole = message["jsonrpc"] == "2.0"
        && message["method"].is_string()
        && id.is_none_or(|id| id.is_i64() || id.is_u64() || id.is_string());
    if !whole {
        return Err(wrong(
            "Expected one JSON-RPC 2.0 request or notification, received something else.",
        ));
    }
    Ok(message)
}

fn list(id: &Value, params: &Value) -> Result<Outgoing, Trouble> {
    if params.get("cursor").is_some() {
        let says = "Expected no cursor, for the list has one page, received one.";
        return Err(Trouble(200, INVALID_PARAMS, says.to_owned()));
    }
    let tools = json!({ "tools": [
        {
            "name": LIST, "title": "List notes", "description": "Lists the user's notes.",
            "inputSchema": { "type": "object", "additionalProperties": false },
            "annotations": { "readOnlyHint": true },
        },
        {
            "name": ADD, "title": "Add a note", "description": "Adds a note for the user.",
            "inputSchema": {
                "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"],
                "additionalProperties": false,
            },
        },
    ]});
    let message = json!({ "jsonrpc": "2.0", "id": id, "result": tools });
    Ok(Outgoing {
        status: 200,
        headers: vec![
            ("content-type", STREAM.to_owned()),
            ("cache-control", "no-store".to_owned()),
        ],
        body: format!(": the tools of the lab\n\nevent: message\ndata: {message}\n\n").into_bytes(),
    })
}

fn call(id: &Value, params: &Value, notes: &mut Vec<String>) -> Result<Outgoing, Trouble> {
    let invalid = |says: String| Err(Trouble(200, INVALID_PARAMS, says));
    let empty = json!({});
    let arguments = params.get("arguments").unwrap_or(&empty);
    let text = match params["name"].as_str() {
        Some(LIST) if *arguments == empty => notes.join("\n"),
        Some(LIST) => {
            return invalid(format!("Expected no arguments for {LIST}, received some."));
        }
        Some(ADD) => {
            let text = arguments["text"]
                .as_str()
                .map(str::trim)
                .unwrap_or_default();
            if text.is_empty() {
                return invalid(format!(
                    "Expected text in the arguments of {ADD}, received none."
                ));
            }
            notes.push(text.chars().take(1000).collect());
            format!("There are {} notes.", notes.len())
        }
        other => {
            return invalid(format!(
                "Expected the tool {LIST} or {ADD}, received {}.",
                received(other)
            ));
        }
    };
    let result = json!({ "content": [{ "type": "text", "text": text }], "isError": false });
    Ok(said(id, &result))
}

fn said(id: &Value, result: &Value) -> Outgoing {
    Outgoing::json(
        200,
        &json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    )
    .with("cache-control", "no-store")
}

fn wrong(says: &str) -> Trouble {
    Trouble(400, INVALID_REQUEST, says.to_owned())
}

fn refused(id: &Value, Trouble(status, code, says): &Trouble) -> Outgoing {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": says } });
    Outgoing::json(*status, &body).with("cache-control", "no-store")
}
