//! The flow `mcp`: against the lab whole, and in dialogues with MCP servers that answer otherwise.

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, Ink, StepId, flows::MCP},
    lab::{self, ClientKind},
    lint::Severity,
    profile::{FieldValue, Profile, fields, load},
    protocol::{
        exchange::{Answer, Request},
        http::{Bytes, Response},
        jwt::Claims,
    },
    session::{Command, Session, Status, StepState, headless::End},
    transport::{clock, entropy},
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, API, AS, NOW, SEED},
    walks,
    world::World,
};

const STEPS: [&str; 9] = [
    "discover-api",
    "discover-resource-as",
    "discover-idp",
    "authorize",
    "redeem-code",
    "id-jag",
    "jwt-bearer",
    "mcp-initialize",
    "mcp-tools",
];

const INITIALIZE: StepId = StepId("mcp-initialize");
const TOOLS: StepId = StepId("mcp-tools");

/// Where the scripted MCP server has its metadata.
const META: &str = "https://api.todo.example/.well-known/oauth-protected-resource/todos";

/// The session that the scripted MCP server opens.
const SESSION: &str = "mcp-session-8c1f22";

async fn lab() -> (lab::Lab, Profile) {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    MCP.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    (lab, profile)
}

async fn walk_lab(profile: Profile) -> (Session, End) {
    let world = walks::world(&profile);
    let ink = Ink {
        now: clock::now(),
        seed: entropy::seed(),
    };
    let mut session = Session::new(&MCP, profile, ink);
    let end = walks::drive(&mut session, world).await;
    (session, end)
}

fn says(session: &Session, step: &'static str) -> String {
    let attempt = session.step(StepId(step)).last();
    attempt.map_or_else(String::new, |attempt| attempt.says.clone())
}

fn purposes(session: &Session, step: &'static str) -> Vec<&'static str> {
    let attempt = session.step(StepId(step)).last().expect("it ran");
    attempt.made.iter().map(|made| made.purpose.id()).collect()
}

/// The body of a request, as JSON.
fn message(request: &Request) -> Value {
    let text = request.http().body_text().unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test]
async fn the_lab_is_walked_from_the_address_of_its_mcp_server() {
    let (lab, profile) = lab().await;
    assert_eq!(profile.text(fields::RESOURCE_AS_ISSUER), None);
    for kind in [
        ClientKind::Default,
        ClientKind::SecretPost,
        ClientKind::Rs256,
    ] {
        let profile = walks::as_client(&profile, &lab, kind);
        let (session, end) = walk_lab(profile).await;
        assert!(end == End::Done, "{kind:?}: {}", walks::story(&session));
        let ids: Vec<_> = session.steps().map(|step| step.info().id.0).collect();
        assert_eq!(ids, STEPS);
        let mut tokens = 0;
        for state in &session.walk.steps {
            let attempt = state.last().unwrap();
            for record in &attempt.tokens {
                tokens += 1;
                let opaque = record.artifact == Artifact::RefreshToken;
                let wanted = if opaque { "not-checked" } else { "verified" };
                assert_eq!(record.signature.id(), wanted, "{}", record.name);
            }
            let loud = |finding: &&jagwalk::lint::Finding| finding.severity > Severity::Note;
            let loud: Vec<_> = attempt.findings.iter().filter(loud).collect();
            assert!(loud.is_empty(), "{}: {loud:?}", state.id);
        }
        assert_eq!(tokens, 5);
        let jag = session.step(StepId("id-jag")).last().unwrap();
        let resource = scripted::field(jag.main().unwrap().request.http(), "resource");
        assert_eq!(resource.as_deref(), Some(lab.mcp()));
        let access = &session.step(StepId("jwt-bearer")).last().unwrap().tokens[0];
        let claims = access.token.claims.json.as_ref().unwrap();
        assert_eq!(Claims(claims).list("aud"), [lab.mcp()]);
        assert_eq!(purposes(&session, "mcp-initialize"), ["main", "metadata"]);
        assert_eq!(purposes(&session, "mcp-tools"), ["metadata", "main"]);
        assert!(says(&session, "mcp-tools").contains("list_notes was called"));
        assert!(session.replay().steps().count() == STEPS.len());
    }
}

#[tokio::test]
async fn a_token_for_the_notes_is_none_for_the_mcp_server() {
    let (lab, mut profile) = lab().await;
    let notes = FieldValue::Text(lab.api().to_owned());
    profile.set(fields::AGENT_RESOURCE, notes);
    let (session, end) = walk_lab(profile).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let says = says(&session, "mcp-initialize");
    assert!(
        says.contains("Expected aud") && says.contains("alone"),
        "{says}"
    );
    let found: Vec<_> = session
        .walk
        .steps
        .iter()
        .flat_map(StepState::findings)
        .map(|finding| finding.code.0)
        .collect();
    for code in ["EMA-RESOURCE", "EMA-RESOURCE-CLAIM"] {
        assert!(found.contains(&code), "{code} is not in {found:?}");
    }
    // The server made the token out to what the ID-JAG names: the fault is not its own.
    assert!(!found.contains(&"EMA-AT-RESTRICTED"), "{found:?}");
}

#[test]
fn the_command_line_walks_it_and_shows_no_session() {
    let world = World::new();
    let args = [
        "run",
        "--profile",
        "lab",
        "--flow",
        "mcp",
        "--format",
        "json",
    ];
    let output = world.run(&args, "").expect_code(0);
    let report = output.json();
    assert_eq!(report["flow"], "mcp");
    assert_eq!(report["outcome"], "done", "{output}");
    assert_eq!(report["verdict"], Value::Null);
    let steps = report["steps"].as_array().unwrap();
    let ids: Vec<_> = steps
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, STEPS);
    let headers = steps[7]["response"]["headers"].as_array().unwrap();
    let session = headers
        .iter()
        .find(|pair| pair[0] == "mcp-session-id")
        .expect("the lab opens a session");
    assert!(session[1].as_str().unwrap().starts_with('‹'), "{session}");
}

/// What a scripted MCP server does where it does not do the usual.
type Twist<'a> = &'a dyn Fn(&str, &Request) -> Option<scripted::Outcome>;

fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut profile = scripted::profile();
    let usual = [("flow", "mcp"), ("resource_as.issuer", "")];
    for (path, value) in usual.iter().chain(settings) {
        profile.edit_at(path, value).unwrap();
    }
    profile
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
fn respond(status: u16, headers: &[(&str, &str)], body: &str) -> scripted::Outcome {
    Ok(Answer::Http(Response {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body_size: body.len() as u64,
        body: Bytes(body.as_bytes().to_vec()),
        cut: None,
    }))
}

fn result(request: &Request, result: &Value) -> scripted::Outcome {
    let id = &message(request)["id"];
    scripted::answer(
        200,
        &json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    )
}

fn tool(name: &str, required: &[&str]) -> Value {
    json!({ "name": name, "inputSchema": { "type": "object", "required": required } })
}

/// What a healthy MCP server answers.
fn usual(method: &str, request: &Request) -> Option<scripted::Outcome> {
    Some(match method {
        "initialize" => {
            let id = &message(request)["id"];
            let body = json!({ "jsonrpc": "2.0", "id": id, "result": {
                "protocolVersion": "2025-06-18", "capabilities": { "tools": {} }, "serverInfo": { "name": "todo" },
            }});
            let headers = [
                ("content-type", "application/json"),
                ("Mcp-Session-Id", SESSION),
            ];
            respond(200, &headers, &body.to_string())
        }
        "notifications/initialized" => respond(202, &[], ""),
        "tools/list" => {
            let tools = json!({ "tools": [tool("add", &["title"]), tool("list", &[])] });
            result(request, &tools)
        }
        "tools/call" => {
            let content = json!({ "content": [{ "type": "text", "text": "buy milk" }] });
            result(request, &content)
        }
        _ => return None,
    })
}

/// Walks with a scripted MCP server; returns everything it was asked with a token.
fn walk(profile: Profile, twist: Twist<'_>) -> (Session, Vec<Request>) {
    jagwalk::protocol::keys::install_crypto();
    let ink = Ink {
        now: NOW,
        seed: SEED,
    };
    let mut session = Session::new(&MCP, profile, ink);
    let sent = send(&mut session, Command::SendThrough(TOOLS), twist);
    (session, sent)
}

fn send(session: &mut Session, command: Command, twist: Twist<'_>) -> Vec<Request> {
    let mut sent = Vec::new();
    scripted::drive(session, command, |request| {
        let http = request.http();
        match http.address().as_str() {
            API if http.header("authorization").is_none() => {
                Some(twist("refusal", request).unwrap_or_else(|| {
                    let challenge = format!("Bearer resource_metadata=\"{META}\"");
                    respond(401, &[("www-authenticate", &challenge)], "{}")
                }))
            }
            API => {
                sent.push(request.clone());
                let message = message(request);
                let method = message["method"].as_str().unwrap_or_default();
                twist(method, request).or_else(|| usual(method, request))
            }
            url if url.contains("oauth-protected-resource") => {
                Some(twist(url, request).unwrap_or_else(|| {
                    scripted::answer(
                        200,
                        &json!({ "resource": API, "authorization_servers": [AS] }),
                    )
                }))
            }
            _ => None,
        }
    });
    sent
}

fn healthy(settings: &[(&str, &str)]) -> (Session, Vec<Request>) {
    walk(profile(settings), &|_, _| None)
}

#[test]
fn what_is_sent_is_what_the_protocol_asks_for() {
    let (session, sent) = healthy(&[
        ("api.tool", "add"),
        ("api.body", "{\"title\": \"buy milk\"}"),
    ]);
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    let wires: Vec<String> = sent
        .iter()
        .map(|request| {
            session
                .vault
                .mask(&request.http().wire())
                .replace("\r\n", "\n")
        })
        .collect();
    insta::assert_snapshot!(wires.join("\n\n----\n\n"));
}

#[test]
fn each_server_is_asked_once_whether_its_issuer_is_known_or_found() {
    for settings in [&[][..], &[("resource_as.issuer", "")]] {
        let (session, _) = healthy(settings);
        assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
        for state in &session.walk.steps {
            assert!(state.attempts.len() <= 1, "{} was sent again", state.id);
        }
        assert_eq!(session.notice, None);
    }
}

#[test]
fn the_first_call_is_the_opening_one_without_a_token() {
    let mut first = None;
    let mut session = Session::new(
        &MCP,
        profile(&[]),
        Ink {
            now: NOW,
            seed: SEED,
        },
    );
    scripted::drive(
        &mut session,
        Command::Send(StepId("discover-api")),
        |request| {
            first.get_or_insert_with(|| request.clone());
            Some(respond(500, &[], ""))
        },
    );
    let first = first.unwrap();
    assert_eq!(message(&first)["method"], "initialize");
    assert!(first.http().header("authorization").is_none());
}

#[test]
fn a_tool_is_called_only_where_the_profile_names_one() {
    for (name, body, called, words) in [
        ("", "", None, "None is called, because api.tool is empty."),
        ("", "no json at all", None, "None is called"),
        ("*", "", Some(("list", json!({}))), "list was called"),
        (
            "list",
            "{\"all\": true}",
            Some(("list", json!({ "all": true }))),
            "list was called",
        ),
    ] {
        let (session, sent) = healthy(&[("api.tool", name), ("api.body", body)]);
        assert!(
            session.status(TOOLS) == Status::Done,
            "{}",
            walks::story(&session)
        );
        let call = sent
            .iter()
            .map(message)
            .find(|message| message["method"] == "tools/call");
        let params = call.map(|call| call["params"].clone());
        let wanted =
            called.map(|(name, arguments)| json!({ "name": name, "arguments": arguments }));
        assert_eq!(params, wanted, "{name:?}");
        let says = says(&session, "mcp-tools");
        assert!(
            says.contains(words) && says.contains("2 tools: add, list."),
            "{says}"
        );
    }
    let (session, _) = healthy(&[("api.tool", "remove")]);
    assert!(
        session.status(TOOLS) == Status::Failed,
        "{}",
        walks::story(&session)
    );
    let told = says(&session, "mcp-tools");
    assert!(
        told.ends_with("The tool of api.tool is not among them: remove."),
        "{told}"
    );
    let (session, _) = healthy(&[("api.tool", "add"), ("api.body", "[1]")]);
    assert_eq!(session.status(TOOLS).id(), "blocked");
}

#[test]
fn pages_are_followed_and_the_list_ends_somewhere() {
    let paged = |cursor: &dyn Fn(u64) -> Option<String>| {
        walk(profile(&[]), &|method, request| {
            let id = message(request)["id"].as_u64().unwrap_or_default();
            let mut page = json!({ "tools": [tool(&format!("t{id}"), &[])] });
            if let Some(cursor) = cursor(id) {
                page["nextCursor"] = json!(cursor);
            }
            (method == "tools/list").then(|| result(request, &page))
        })
    };
    let lists = |sent: &[Request]| -> Vec<Value> {
        let messages = sent.iter().map(message);
        let lists = messages.filter(|message| message["method"] == "tools/list");
        lists.map(|list| list["params"]["cursor"].clone()).collect()
    };
    let (session, sent) = paged(&|id| (id < 4).then(|| format!("after {id}")));
    assert_eq!(
        lists(&sent),
        [Value::Null, json!("after 2"), json!("after 3")]
    );
    assert!(says(&session, "mcp-tools").contains("3 tools: t2, t3, t4."));
    assert_eq!(
        purposes(&session, "mcp-tools"),
        ["metadata", "metadata", "main"]
    );

    let (session, sent) = paged(&|id| Some(format!("after {id}")));
    assert_eq!(lists(&sent).len(), 5);
    assert!(says(&session, "mcp-tools").contains("There are more, which are not asked for."));

    let (session, sent) = paged(&|_| Some("again".to_owned()));
    assert_eq!(lists(&sent).len(), 2);
    assert!(session.status(TOOLS) == Status::Done);
    assert!(says(&session, "mcp-tools").contains("the same cursor twice"));
}

fn stream(body: &str, cut: Option<&str>) -> scripted::Outcome {
    let answer = respond(200, &[("content-type", "text/event-stream")], body);
    answer.map(|answer| match answer {
        Answer::Http(mut response) => {
            response.cut = cut.map(str::to_owned);
            Answer::Http(response)
        }
        other @ Answer::Redirect(_) => other,
    })
}

#[test]
fn what_is_no_answer_ends_the_step_and_is_named() {
    let page = "<!doctype html><html>Sign in</html>";
    let rpc = |status: u16| {
        let error = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32602, "message": "Unsupported version." } });
        scripted::answer(status, &error)
    };
    let challenge = "Bearer error=\"invalid_token\", error_description=\"The audience is another\"";
    let scope = "Bearer error=\"insufficient_scope\", scope=\"todo.read\"";
    let stalled = Some("it did not end within 30 s");
    let no_version = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    let bad_session = [
        ("content-type", "application/json"),
        ("Mcp-Session-Id", "two words"),
    ];
    let fine = json!({ "jsonrpc": "2.0", "id": 1, "result": { "protocolVersion": "2025-11-25" } });
    for (method, outcome, status, words) in [
        (
            "initialize",
            rpc(200),
            "refused",
            "JSON-RPC error -32602: Unsupported version (200)",
        ),
        (
            "initialize",
            rpc(400),
            "refused",
            "JSON-RPC error -32602: Unsupported version (400)",
        ),
        (
            "initialize",
            respond(401, &[("www-authenticate", challenge)], ""),
            "refused",
            "invalid_token: The audience is another (401)",
        ),
        (
            "initialize",
            respond(403, &[("www-authenticate", scope)], ""),
            "refused",
            "insufficient_scope (403)",
        ),
        (
            "initialize",
            scripted::page(200, page),
            "failed",
            "HTML page",
        ),
        (
            "initialize",
            scripted::answer(200, &json!([])),
            "failed",
            "received JSON that is none",
        ),
        (
            "initialize",
            scripted::answer(200, &no_version),
            "failed",
            "agreed on no protocol version",
        ),
        (
            "initialize",
            respond(200, &bad_session, &fine.to_string()),
            "failed",
            "cannot be sent back",
        ),
        (
            "initialize",
            stream(": ping\n\n", stalled),
            "failed",
            "did not end within 30 s",
        ),
        (
            "initialize",
            stream(
                "data: {\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}\n\n",
                None,
            ),
            "failed",
            "which is another",
        ),
        (
            "notifications/initialized",
            rpc(400),
            "refused",
            "JSON-RPC error -32602",
        ),
        (
            "tools/list",
            scripted::page(200, page),
            "failed",
            "HTML page",
        ),
        ("tools/list", scripted::page(502, page), "refused", "502"),
        (
            "tools/list",
            respond(307, &[("location", "https://elsewhere.example")], ""),
            "failed",
            "not followed",
        ),
    ] {
        let (session, _) = walk(profile(&[]), &|asked, _| {
            (asked == method).then(|| outcome.clone())
        });
        let step = if method == "tools/list" {
            "mcp-tools"
        } else {
            "mcp-initialize"
        };
        let said = says(&session, step);
        assert_eq!(
            session.status(StepId(step)).id(),
            status,
            "{method}: {said}"
        );
        assert!(
            said.contains(words),
            "{method}: expected {words:?} in {said:?}"
        );
    }
    let (session, _) = walk(profile(&[]), &|method, request| {
        (method == "tools/list").then(|| result(request, &json!({})))
    });
    assert!(says(&session, "mcp-tools").contains("expected a list `tools`"));
    let (session, _) = walk(profile(&[("api.tool", "list")]), &|method, request| {
        let failed = json!({ "content": [{ "type": "text", "text": "no disk" }], "isError": true });
        (method == "tools/call").then(|| result(request, &failed))
    });
    assert!(session.status(TOOLS) == Status::Failed);
    assert!(says(&session, "mcp-tools").contains("the tool reports an error: no disk"));
}

#[test]
fn a_stream_that_never_ends_serves_once_the_answer_is_there() {
    let (session, _) = walk(profile(&[]), &|method, request| {
        let id = &message(request)["id"];
        let done = json!({ "jsonrpc": "2.0", "id": id, "result": { "tools": [tool("a", &[])] } });
        let body = format!(
            ": hello\r\n\r\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}}\r\n\r\nevent: message\r\ndata: {done}\r\n\r\n"
        );
        (method == "tools/list").then(|| stream(&body, Some("it did not end within 30 s")))
    });
    assert!(
        session.status(TOOLS) == Status::Done,
        "{}",
        walks::story(&session)
    );
    let says = says(&session, "mcp-tools");
    assert!(
        says.contains("One more message came with the answer."),
        "{says}"
    );
    assert!(
        says.contains("its stream is not whole: it did not end within 30 s."),
        "{says}"
    );
}

#[test]
fn a_lost_session_is_dropped_and_the_next_connection_has_its_own() {
    let (mut session, _) = walk(profile(&[]), &|method, _| {
        (method == "tools/list").then(|| respond(404, &[], ""))
    });
    assert!(session.status(TOOLS) == Status::Refused);
    assert!(says(&session, "mcp-tools").contains("Send mcp-initialize again"));
    assert!(!session.walk.bag.has(Artifact::McpSession));
    // A server without sessions gets none back, and no older one either.
    let sent = send(
        &mut session,
        Command::Send(INITIALIZE),
        &|method, request| {
            let version = json!({ "protocolVersion": "2025-11-25" });
            (method == "initialize").then(|| result(request, &version))
        },
    );
    assert!(
        session.status(INITIALIZE) == Status::Done,
        "{}",
        walks::story(&session)
    );
    for request in &sent {
        assert!(request.http().header("mcp-session-id").is_none());
    }
    let version = sent[1]
        .http()
        .header("mcp-protocol-version")
        .unwrap()
        .wire();
    assert_eq!(version, "2025-11-25");
    let sent = send(&mut session, Command::Send(TOOLS), &|_, _| None);
    assert!(
        session.status(TOOLS) == Status::Done,
        "{}",
        walks::story(&session)
    );
    assert!(sent[0].http().header("mcp-session-id").is_none());
}

#[test]
fn metadata_that_nobody_names_are_looked_for_where_they_belong() {
    let root = "https://api.todo.example/.well-known/oauth-protected-resource";
    let silent = |described: &'static str| {
        move |asked: &str, _: &Request| match asked {
            "refusal" => Some(respond(401, &[("www-authenticate", "Bearer")], "")),
            url if url == described => None,
            url if url.starts_with("https") => Some(respond(404, &[], "")),
            _ => None,
        }
    };
    let (session, _) = walk(profile(&[]), &silent(META));
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    // At the host they may name what was called; that they belong elsewhere is told all the same.
    let (session, _) = walk(profile(&[]), &silent(root));
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
    assert_eq!(
        purposes(&session, "discover-api"),
        ["main", "metadata", "metadata"]
    );
    let findings = session.step(StepId("discover-api")).findings();
    let codes: Vec<_> = findings.map(|finding| finding.code.0).collect();
    assert_eq!(codes, ["DISC-PRM-RESOURCE-MATCH"]);
    let (session, _) = walk(profile(&[]), &|asked, request| {
        let other = json!({ "resource": "https://other.example", "authorization_servers": [AS] });
        let other = scripted::answer(200, &other);
        silent(root)(asked, request).or_else(|| (asked == root).then_some(other))
    });
    assert!(session.status(StepId("discover-api")) == Status::Failed);
    let told = says(&session, "discover-api");
    assert!(
        told.contains("expected the address that was called, https://api.todo.example;"),
        "{told}"
    );
    let (session, _) = walk(profile(&[]), &silent("nowhere"));
    assert_eq!(session.status(StepId("discover-api")).id(), "refused");
}

#[test]
fn the_resource_is_always_sent() {
    let sent = |settings: &[(&str, &str)]| {
        let (session, _) = healthy(settings);
        let jag = session.step(StepId("id-jag")).last().unwrap();
        scripted::field(jag.main().unwrap().request.http(), "resource")
    };
    assert_eq!(sent(&[]).as_deref(), Some(API));
    assert_eq!(
        sent(&[("agent.resource", "urn:todo")]).as_deref(),
        Some("urn:todo")
    );
    let by_hand = [("api.discover", "false"), ("resource_as.issuer", AS)];
    assert_eq!(sent(&by_hand).as_deref(), Some(API));
    let (session, _) = healthy(&by_hand);
    assert_eq!(session.status(StepId("discover-api")).id(), "skipped");
    assert_eq!(session.next_step(None), None, "{}", walks::story(&session));
}

#[test]
fn another_kind_of_api_is_named() {
    let (session, _) = healthy(&[
        ("api.kind", "http"),
        ("resource_as.issuer", AS),
        ("api.discover", "true"),
    ]);
    let Status::Blocked(why) = session.status(INITIALIZE) else {
        panic!("{}", walks::story(&session));
    };
    let why: Vec<String> = why.iter().map(ToString::to_string).collect();
    assert!(
        why[0].starts_with("api.kind: the flow mcp calls an MCP server"),
        "{why:?}"
    );
}
