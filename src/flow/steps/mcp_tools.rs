//! The tools of an MCP server are listed, and one is called where the profile names it.

use serde_json::{Value as Json, json};

use super::mcp;
use crate::{
    flow::{Artifact, Blocked, Draft, Inputs, Made, Reading, Step, StepId, StepInfo, Verdict},
    profile::{Profile, fields},
    protocol::{
        exchange::{Exchange, Purpose},
        mcp::{Tool, answer, request, tools},
        party::Party,
    },
};

/// The step.
pub static MCP_TOOLS: McpTools = McpTools {
    info: StepInfo {
        id: StepId("mcp-tools"),
        title: "List the tools, and call the one of the profile",
        short: "MCP tools",
        from: Party::Client,
        to: Party::Api,
        needs: &[Artifact::AccessToken, Artifact::McpVersion],
        gives: &[],
        fields: &[
            fields::API_URL,
            fields::API_TOOL,
            fields::API_BODY,
            fields::API_HEADERS,
        ],
        spec: &[
            "MCP, Tools: listing tools",
            "MCP, Tools: calling tools",
            "RFC 6750 §2.1",
        ],
        why: "What the token is for: the agent sees what it can do, in the user’s name and with the scopes that the \
              user’s company granted. A tool is called only where the profile names one, since tools may change things.",
        optional: false,
    },
};

/// The id of the first request; each further one has the next.
const FIRST: u64 = 2;

/// How many pages of tools are asked for; an attempt has to end.
const PAGES: usize = 5;

/// What stands for the first tool that needs no arguments.
const ANY: &str = "*";

/// Lists the tools.
pub struct McpTools {
    info: StepInfo,
}

impl Step for McpTools {
    fn info(&self) -> &'static StepInfo {
        &MCP_TOOLS.info
    }

    fn draft(&self, inputs: &Inputs<'_>) -> Result<Draft, Vec<Blocked>> {
        let mut blocked = Vec::new();
        if inputs.bag.value(Artifact::McpVersion).is_none() {
            blocked.push(Blocked::Needs(Artifact::McpVersion));
        }
        if let Err(why) = arguments(inputs.profile) {
            blocked.push(why);
        }
        match mcp::draft(inputs, self.info.id, &list(FIRST, None)) {
            Ok(draft) if blocked.is_empty() => Ok(draft),
            Ok(_) => Err(blocked),
            Err(more) => {
                blocked.splice(0..0, more);
                Err(blocked)
            }
        }
    }

    fn read(&self, inputs: &Inputs<'_>, made: &[Made]) -> Reading {
        self.judged(inputs, made).unwrap_or_else(|reading| *reading)
    }
}

impl McpTools {
    fn judged(&self, inputs: &Inputs<'_>, made: &[Made]) -> Result<Reading, Box<Reading>> {
        let mut offered: Vec<Tool> = Vec::new();
        let mut cursors: Vec<String> = Vec::new();
        let mut beside = String::new();
        let (mut id, mut pages, mut more) = (FIRST, 0, "");
        for made in made.iter().filter(|made| made.purpose != Purpose::Retry) {
            let exchange = &made.exchange;
            let (result, answer) = mcp::result(exchange, id)?;
            id += 1;
            beside.push_str(&mcp::beside(&answer));
            if let Some(tool) = called(exchange) {
                return Ok(ran(&tool, &result, &offered, &beside));
            }
            if !result["tools"].is_array() {
                return Err(rejected(
                    "The MCP server listed no tools: expected a list `tools` in the result, received none.",
                ));
            }
            offered.extend(tools(&result));
            pages += 1;
            let next = result["nextCursor"].as_str().map(str::to_owned);
            more = match &next {
                Some(cursor) if cursors.contains(cursor) => {
                    " The server gave the same cursor twice, so the list may lack some."
                }
                Some(_) if pages == PAGES => " There are more, which are not asked for.",
                _ => "",
            };
            cursors.extend(next);
        }
        if let (Some(cursor), "") = (cursors.get(pages.wrapping_sub(1)), more) {
            let request = mcp::more(inputs, self.info.id, &list(id, Some(cursor)))?;
            return Ok(Reading::bare(
                Verdict::Instead(request),
                "There are more tools; the next page is asked for.",
            ));
        }
        let says = format!("{}{more}{beside}", listed(&offered));
        let Some(wanted) = inputs.profile.text(fields::API_TOOL) else {
            let says = format!("{says} None is called, because api.tool is empty.");
            return Ok(Reading::bare(Verdict::Done, says));
        };
        let tool = if wanted == ANY {
            let Some(tool) = offered.iter().find(|tool| tool.required.is_empty()) else {
                let says = format!("{says} None is called, because each of them needs arguments.");
                return Ok(Reading::bare(Verdict::Done, says));
            };
            tool.name.as_str()
        } else if offered.iter().any(|tool| tool.name == wanted) {
            wanted
        } else {
            return Err(rejected(&format!(
                "{says} The tool of api.tool is not among them: {wanted}."
            )));
        };
        let arguments = arguments(inputs.profile).unwrap_or_else(|_| json!({}));
        let params = json!({ "name": tool, "arguments": arguments });
        let request = mcp::more(inputs, self.info.id, &request(id, "tools/call", params))?;
        Ok(Reading::bare(
            Verdict::Instead(request),
            format!("The tools are listed; {tool} is called."),
        ))
    }
}

/// Makes the request for a page of tools.
fn list(id: u64, cursor: Option<&str>) -> Json {
    let params = cursor.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
    request(id, "tools/list", params)
}

/// Returns the arguments of the tool that is called.
fn arguments(profile: &Profile) -> Result<Json, Blocked> {
    let text = profile.text(fields::API_BODY);
    let named = profile.text(fields::API_TOOL).is_some();
    let Some(text) = text.filter(|_| named) else {
        return Ok(json!({}));
    };
    let invalid = |says: String| Blocked::Invalid(fields::API_BODY.0.to_owned(), says);
    match serde_json::from_str(text) {
        Ok(Json::Object(members)) => Ok(Json::Object(members)),
        Ok(_) => Err(invalid(
            "expected the arguments of the tool as a JSON object, received another JSON value."
                .to_owned(),
        )),
        Err(error) => Err(invalid(format!(
            "expected the arguments of the tool as a JSON object, received text that does not parse: {error}."
        ))),
    }
}

/// Returns the tools that an MCP server listed in these exchanges, by name.
///
/// # Errors
/// A sentence on why there are none, and what would bring them.
pub fn listed_tools(made: &[Made]) -> Result<Vec<String>, String> {
    let names: Vec<String> = made
        .iter()
        .filter_map(|made| {
            let message: Json =
                serde_json::from_str(&made.exchange.request.http().body_text()?).ok()?;
            let answer = answer(made.exchange.response()?, message["id"].as_u64()?).ok()?;
            Some(tools(answer.said.as_ref().ok()?))
        })
        .flatten()
        .map(|tool| tool.name)
        .collect();
    if names.is_empty() {
        Err("Send mcp-tools, and the tools that the server lists are offered here.".to_owned())
    } else {
        Ok(names)
    }
}

/// Returns the tool that an exchange calls, if it calls one.
fn called(exchange: &Exchange) -> Option<String> {
    let text = exchange.request.http().body_text()?;
    let message: Json = serde_json::from_str(&text).ok()?;
    (message["method"] == "tools/call").then_some(())?;
    message["params"]["name"].as_str().map(str::to_owned)
}

fn listed(offered: &[Tool]) -> String {
    let names: Vec<&str> = offered.iter().map(|tool| tool.name.as_str()).collect();
    match names.as_slice() {
        [] => "The MCP server offers no tools.".to_owned(),
        [one] => format!("The MCP server offers one tool: {one}."),
        many => format!(
            "The MCP server offers {} tools: {}.",
            many.len(),
            many.join(", ")
        ),
    }
}

/// Reads what a tool said. One that reports an error has run: the token was taken.
fn ran(tool: &str, result: &Json, offered: &[Tool], beside: &str) -> Reading {
    let listed = listed(offered);
    let content = result["content"].as_array().map_or(0, Vec::len);
    if result["isError"] == true {
        let text = result["content"][0]["text"].as_str().unwrap_or("no text");
        return *rejected(&format!(
            "{listed} The server took the call of {tool}, and the tool reports an error: {text}{beside}"
        ));
    }
    let parts = if content == 1 { "part" } else { "parts" };
    Reading::bare(
        Verdict::Done,
        format!("{listed} {tool} was called and answered with {content} {parts}.{beside}"),
    )
}

fn rejected(says: &str) -> Box<Reading> {
    let why = vec![says.to_owned()];
    Box::new(Reading::bare(Verdict::Rejected(why), says))
}
