//! Messages of the Model Context Protocol over Streamable HTTP: JSON-RPC 2.0, answered as JSON or as a stream of events.

use serde_json::{Value, json};

use super::{
    http::{Response, USER_AGENT},
    sse,
};

/// The newest protocol version that we speak (MCP, Versioning).
pub const VERSION: &str = "2025-11-25";

/// The extension that a client of Enterprise-Managed Authorization declares (EMA-S; FACTS §0.2).
pub const EXTENSION: &str = "io.modelcontextprotocol/enterprise-managed-authorization";

/// The header that names a session (MCP, Transports: session management).
pub const SESSION_HEADER: &str = "mcp-session-id";

/// The header that names the version that was agreed on (MCP, Transports: protocol version header).
pub const VERSION_HEADER: &str = "mcp-protocol-version";

/// What a client has to accept (MCP, Transports: sending messages to the server).
pub const ACCEPT: &str = "application/json, text/event-stream";

/// The content type of a stream of events.
pub const STREAM: &str = "text/event-stream";

/// Makes a request; an empty `params` is left out.
pub fn request(id: u64, method: &str, params: Value) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
    if params.as_object().is_none_or(|params| !params.is_empty()) {
        message["params"] = params;
    }
    message
}

/// Makes the request that opens a connection.
pub fn initialize(id: u64) -> Value {
    let (name, version) = USER_AGENT.split_once('/').unwrap_or((USER_AGENT, "0"));
    let params = json!({
        "protocolVersion": VERSION,
        "capabilities": { "extensions": { EXTENSION: {} } },
        "clientInfo": { "name": name, "version": version },
    });
    request(id, "initialize", params)
}

/// Makes the notification that says that the connection is open.
pub fn initialized() -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
}

/// What a server said to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The result, or the error.
    pub said: Result<Value, RpcError>,
    /// How many other messages came with it.
    pub others: usize,
    /// Why the stream is not whole, although the answer is.
    pub cut: Option<String>,
}

/// An error of JSON-RPC (JSON-RPC 2.0 §5.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RpcError {
    /// Its code.
    pub code: Option<i64>,
    /// Its message.
    pub message: Option<String>,
}

impl RpcError {
    /// Reads the error of a message, if it has one.
    pub fn of(message: &Value) -> Option<Self> {
        let error = message.get("error").filter(|error| error.is_object())?;
        Some(Self {
            code: error["code"].as_i64(),
            message: error["message"].as_str().map(str::to_owned),
        })
    }
}

/// Finds the answer to the request of that id, in JSON or in a stream of events. In a stream that broke off, an answer
/// that came before counts.
///
/// # Errors
/// A sentence that says what came instead.
pub fn answer(response: &Response, id: u64) -> Result<Answer, String> {
    let streamed = response.content_type().as_deref() == Some(STREAM);
    let (messages, cut) = if streamed {
        let events = sse::events(&response.text());
        let read = |event: &sse::Event| serde_json::from_str::<Value>(&event.data).ok();
        (
            events.iter().filter_map(read).collect(),
            response.cut.clone(),
        )
    } else {
        match response.json()? {
            Value::Array(messages) => (messages, None),
            message => (vec![message], None),
        }
    };
    let messages: Vec<Value> = messages;
    let said = messages.iter().find_map(|message| {
        let error = RpcError::of(message);
        // An error about a request whose id could not be read has none.
        let ours = message["id"] == json!(id) || (error.is_some() && message["id"].is_null());
        match (message.get("result"), error) {
            (_, Some(error)) if ours => Some(Err(error)),
            (Some(result), None) if ours => Some(Ok(result.clone())),
            _ => None,
        }
    });
    match said {
        Some(said) => Ok(Answer {
            said,
            others: messages.len() - 1,
            cut,
        }),
        None => Err(missing(id, streamed, messages.len(), cut)),
    }
}

fn missing(id: u64, streamed: bool, count: usize, cut: Option<String>) -> String {
    let came = match (streamed, count) {
        (false, _) => "JSON that is none".to_owned(),
        (true, 0) => "a stream without any message".to_owned(),
        (true, 1) => "a stream with one message, which is another".to_owned(),
        (true, count) => format!("a stream with {count} messages, none of which is it"),
    };
    let cut = cut.map_or_else(String::new, |why| format!("; {why}"));
    format!("Expected the JSON-RPC answer to the request of id {id}, received {came}{cut}.")
}

/// A tool that a server offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// The arguments that it cannot do without.
    pub required: Vec<String>,
}

/// Reads one page of tools; an entry without a name counts as none.
pub fn tools(result: &Value) -> Vec<Tool> {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().into_iter().flatten();
        items
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let entries = result["tools"].as_array().into_iter().flatten();
    entries
        .filter_map(|entry| {
            Some(Tool {
                name: entry["name"].as_str()?.to_owned(),
                required: texts(&entry["inputSchema"]["required"]),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::http::Bytes;

    fn response(kind: &str, body: &str, cut: Option<&str>) -> Response {
        Response {
            status: 200,
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            body: Bytes(body.as_bytes().to_vec()),
            body_size: body.len() as u64,
            cut: cut.map(str::to_owned),
        }
    }

    const DONE: &str = r#"{"jsonrpc":"2.0","id":2,"result":{"tools":[]}}"#;

    #[test]
    fn the_answer_is_found_in_json_in_a_batch_and_between_other_messages_of_a_stream() {
        let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
        let asks = r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#;
        let json = "application/json";
        let stream = format!("data: {note}\n\ndata: {asks}\n\ndata: no json\n\ndata: {DONE}\n\n");
        for (kind, body, others) in [
            (json, DONE.to_owned(), 0),
            (json, format!("[{note},{DONE}]"), 1),
            ("text/event-stream; charset=utf-8", stream, 2),
        ] {
            let answer = answer(&response(kind, &body, None), 2).unwrap();
            assert_eq!(answer.said, Ok(json!({ "tools": [] })), "{body}");
            assert_eq!(answer.others, others, "{body}");
        }
    }

    #[test]
    fn a_stream_that_does_not_end_counts_once_the_answer_is_there() {
        let stalled = Some("it did not end within 1 s");
        let stream = format!("data: {DONE}\n\ndata: {{");
        let found = answer(&response(STREAM, &stream, stalled), 2).unwrap();
        assert_eq!(found.cut.as_deref(), stalled);
        let why = answer(&response(STREAM, ": ping\n\n", stalled), 2).unwrap_err();
        assert_eq!(
            why,
            "Expected the JSON-RPC answer to the request of id 2, received a stream without any message; it did not \
             end within 1 s."
        );
    }

    #[test]
    fn an_error_is_an_answer_and_a_page_is_none() {
        for id in ["2", "null"] {
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32601,"message":"no"}}}}"#
            );
            let found = answer(&response("application/json", &body, None), 2).unwrap();
            let error = RpcError {
                code: Some(-32601),
                message: Some("no".to_owned()),
            };
            assert_eq!(found.said, Err(error));
        }
        let page = answer(&response("text/html", "<html>", None), 2).unwrap_err();
        assert!(page.contains("HTML page"), "{page}");
        let other = answer(&response("application/json", r#"{"notes":[]}"#, None), 2).unwrap_err();
        assert!(other.ends_with("received JSON that is none."), "{other}");
    }

    #[test]
    fn tools_are_read_with_what_they_need() {
        let page = json!({ "tools": [
            { "name": "a", "inputSchema": { "type": "object" } },
            { "name": "b", "inputSchema": { "required": ["text", 7] } },
            { "title": "nameless" },
        ]});
        let named = |name: &str, required: &[&str]| Tool {
            name: name.to_owned(),
            required: required.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(tools(&page), [named("a", &[]), named("b", &["text"])]);
        assert!(tools(&json!({})).is_empty());
    }

    #[test]
    fn the_opening_request_declares_the_extension() {
        let message = initialize(1);
        let declared = message.pointer("/params/capabilities/extensions").unwrap();
        assert_eq!(declared, &json!({ EXTENSION: {} }));
        assert_eq!(request(3, "tools/list", json!({})).get("params"), None);
    }
}
