//! Walks of the whole program against servers that others wrote: what they accept, and what they refuse.

use serde_json::Value;

use crate::{
    peer::{Auth, Peer, ready},
    world::{Output, World},
};

/// The steps of the flow `xaa`, in order.
const STEPS: [&str; 7] = [
    "discover-idp",
    "discover-resource-as",
    "authorize",
    "redeem-code",
    "id-jag",
    "jwt-bearer",
    "call-api",
];

/// A peer that demands proofs with its own nonces, and takes each ID-JAG once.
const STRICT: &[&str] = &["--dpop-nonce", "--dpop-required", "--one-time-jag"];

#[test]
fn a_client_with_a_key_walks_to_the_end() {
    walks_to_the_end(Auth::PrivateKeyJwt, &[]);
}

#[test]
fn a_client_with_a_secret_walks_to_the_end() {
    walks_to_the_end(Auth::ClientSecretBasic, &[]);
}

#[test]
fn an_issuer_with_a_path_is_found() {
    walks_to_the_end(Auth::PrivateKeyJwt, &["--ras-path", "/tenant/x"]);
}

#[test]
fn a_refresh_token_as_subject_walks_to_the_end() {
    let _ = walks_with(Auth::PrivateKeyJwt, &[], &["agent.subject=refresh_token"]);
}

#[test]
fn a_peer_that_wants_proofs_nonces_and_fresh_grants_is_walked_to_the_end() {
    walks_with(Auth::PrivateKeyJwt, STRICT, &["dpop.mode=required"]);
}

#[test]
fn a_peer_swaps_the_access_token_for_a_transaction_token_and_takes_it() {
    if !ready() {
        return;
    }
    let world = World::new();
    let mut peer = Peer::start(&world, STRICT);
    let word = |pointer: &str| {
        let text = peer.json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("the peer does not say {pointer}"))
            .to_owned()
    };
    let workload = word("/clients/workload/ras");
    let settings = [
        // The peer knows no actors, and its services no workloads.
        "agent.actor=none".to_owned(),
        format!("tts.issuer={}", peer.ras),
        format!("tts.token_endpoint={}", word("/ras/token_endpoint")),
        format!("tts.jwks_uri={}/jwks", peer.ras),
        format!("tts.client_id={workload}"),
        format!(
            "tts.private_key=file:{}",
            peer.state_dir.join("client.jwk.json").display()
        ),
        format!("tts.audience={}", word("/rs/trust_domain")),
        "tts.scope=trade.stocks".to_owned(),
        "tts.request_context={\"req_ip\":\"127.0.0.1\"}".to_owned(),
        "tts.request_details={\"action\":\"BUY\"}".to_owned(),
        format!("service.url={}", word("/rs/internal")),
        "service.method=POST".to_owned(),
        "flow=actor-profile".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let output = run(&world, &peer, Auth::PrivateKeyJwt, "alice", &settings);
    assert_eq!(output.code, 0, "{output}\n--- the peer\n{}", peer.log());
    let report = output.json();
    assert_eq!(report["outcome"], "done", "{output}");
    let last = ["txn-token", "internal-call"].map(|id| (id, "done"));
    assert_eq!(
        statuses(&report),
        [&STEPS.map(|id| (id, "done"))[..], &last[..]].concat(),
        "{output}"
    );
    let tokens = tokens(&report);
    assert!(tokens.contains(&("txn-token", "verified")), "{tokens:?}");
    let body = report["steps"][8]["response"]["body"].as_str();
    assert!(
        body.is_some_and(|body| body.contains(r#""tctx":{"action":"BUY"}"#)),
        "{output}"
    );
    peer.wait_log("/internal/orders 200");
    assert_masked(&output, &peer);
}

#[test]
fn an_api_of_others_names_its_server() {
    if !ready() {
        return;
    }
    let world = World::new();
    let peer = Peer::start(&world, &[]);
    let settings = ["api.discover=true", "resource_as.issuer="];
    let output = run(&world, &peer, Auth::PrivateKeyJwt, "alice", &settings).expect_code(0);
    let report = output.json();
    assert_eq!(report["outcome"], "done", "{output}");
    let step = &steps(&report)[1];
    assert_eq!(
        (&step["id"], &step["status"]),
        (&"discover-api".into(), &"done".into())
    );
    let says = step["says"].as_str().expect("a step says what happened");
    assert!(
        says.contains(&format!("It trusts {}, which is asked next", peer.ras)),
        "{says}"
    );
    assert_masked(&output, &peer);
}

/// Proofs are offered, and servers that do not ask for nonces bind at once.
#[test]
fn servers_that_bind_are_proven_to() {
    for alg in ["ES256", "EdDSA"] {
        let alg = format!("dpop.alg={alg}");
        let settings = ["dpop.mode=required", alg.as_str()];
        let Some(report) = walks_with(Auth::ClientSecretBasic, &[], &settings) else {
            return;
        };
        assert_bound(&report, &[]);
    }
}

/// Each server wants its own nonce: each step is sent twice, the second time with all that is good once made anew.
#[test]
fn servers_that_demand_nonces_and_proofs_get_them() {
    let strict = ["--dpop-nonce", "--dpop-required", "--one-time-jag"];
    for auth in [Auth::PrivateKeyJwt, Auth::ClientSecretBasic] {
        let Some(report) = walks_with(auth, &strict, &["dpop.mode=required"]) else {
            return;
        };
        // The IdP has given its nonce when the ID-JAG is asked for.
        assert_bound(&report, &["redeem-code", "jwt-bearer", "call-api"]);
    }
}

/// An ID-JAG that is good once is not lost to a nonce.
#[test]
fn an_assertion_that_is_good_once_survives_a_nonce() {
    let options = ["--dpop-nonce", "--one-time-jag"];
    if let Some(report) = walks_with(Auth::PrivateKeyJwt, &options, &["dpop.mode=on"]) {
        assert_bound(&report, &["redeem-code", "jwt-bearer", "call-api"]);
    }
}

/// Whoever proves nothing is refused by servers that require it: else the walks above would show little.
#[test]
fn servers_that_require_proofs_refuse_a_client_without() {
    if !ready() {
        return;
    }
    let world = World::new();
    let peer = Peer::start(&world, &["--dpop-required"]);
    let output = run(&world, &peer, Auth::PrivateKeyJwt, "alice", &[]).expect_code(3);
    assert_eq!(output.json()["outcome"], "refused", "{output}");
}

#[test]
fn an_mcp_server_of_others_is_opened_and_its_tool_called() {
    let _ = opens_mcp(&[], &[]);
}

#[test]
fn an_mcp_server_of_others_gets_a_proof_with_every_request() {
    let strict = ["--dpop-nonce", "--dpop-required", "--one-time-jag"];
    if let Some(report) = opens_mcp(&strict, &["dpop.mode=required"]) {
        assert_bound(&report, &["redeem-code", "jwt-bearer", "mcp-initialize"]);
    }
}

/// Opens the peer's MCP server and calls its tool; `None` where no peer can be had.
#[track_caller]
fn opens_mcp(options: &[&str], more: &[&str]) -> Option<Value> {
    if !ready() {
        return None;
    }
    let world = World::new();
    let mut peer = Peer::start(&world, options);
    let server = peer.json["rs"]["mcp"]
        .as_str()
        .expect("the peer has an MCP server");
    let url = format!("api.url={server}");
    let mut settings = vec![
        "flow=mcp",
        url.as_str(),
        "api.tool=whoami",
        "agent.resource=",
        "agent.scope=mcp:tools",
        "resource_as.issuer=",
    ];
    settings.extend(more);
    let output = run(&world, &peer, Auth::PrivateKeyJwt, "alice", &settings);
    assert_eq!(output.code, 0, "{output}\n--- the peer\n{}", peer.log());
    let report = output.json();
    assert_eq!(report["outcome"], "done", "{output}");
    let last = steps(&report).last().expect("there are steps");
    assert_eq!(last["id"], "mcp-tools", "{output}");
    let says = last["says"].as_str().expect("a step says what happened");
    assert!(says.contains("whoami was called and answered"), "{says}");
    let body = last["response"]["body"].as_str().expect("a body is text");
    assert!(
        body.contains("wiki-at-chat") && body.contains("mcp:tools"),
        "{body}"
    );
    peer.wait_log("/mcp 202");
    assert_masked(&output, &peer);
    Some(report)
}

#[test]
fn a_user_whom_policy_denies_is_refused_at_the_exchange() {
    if !ready() {
        return;
    }
    let world = World::new();
    let peer = Peer::start(&world, &[]);
    let output = run(&world, &peer, Auth::PrivateKeyJwt, "bob", &[]).expect_code(3);
    let report = output.json();
    assert_eq!(report["outcome"], "refused", "{output}");
    assert_eq!(
        statuses(&report)[..5],
        [
            ("discover-idp", "done"),
            ("discover-resource-as", "done"),
            ("authorize", "done"),
            ("redeem-code", "done"),
            ("id-jag", "refused"),
        ],
        "{output}"
    );
    for (id, status) in &statuses(&report)[5..] {
        assert!(
            matches!(*status, "not-run" | "blocked"),
            "{id} is {status}\n{output}"
        );
    }
    let refused = &report["steps"][4]["response"];
    assert!(
        refused["status"]
            .as_u64()
            .is_some_and(|status| status >= 400),
        "{output}"
    );
    let body = refused["body"].as_str().expect("a body is text");
    assert!(body.contains("access_denied"), "{output}");
    assert_eq!(report["verdict"]["step"], "id-jag", "{output}");
    assert_masked(&output, &peer);
}

#[track_caller]
fn walks_to_the_end(auth: Auth, options: &[&str]) {
    let _ = walks_with(auth, options, &[]);
}

/// Walks with a peer of those options, and a profile with those settings; `None` where no peer can be had.
#[track_caller]
fn walks_with(auth: Auth, options: &[&str], settings: &[&str]) -> Option<Value> {
    if !ready() {
        return None;
    }
    let world = World::new();
    let mut peer = Peer::start(&world, options);
    let output = run(&world, &peer, auth, "alice", settings);
    assert_eq!(output.code, 0, "{output}\n--- the peer\n{}", peer.log());
    let report = output.json();
    assert_eq!(report["schema"], 1, "{output}");
    assert_eq!(report["flow"], "xaa", "{output}");
    assert_eq!(report["outcome"], "done", "{output}");
    assert_eq!(report["verdict"], Value::Null, "{output}");
    assert_eq!(statuses(&report), STEPS.map(|id| (id, "done")), "{output}");

    let tokens = tokens(&report);
    // Each server answers at the well-known form that is tried first; the other form would hide a mistake in it.
    for step in &report["steps"].as_array().expect("steps")[..2] {
        let purposes: Vec<&str> = step["exchanges"]
            .as_array()
            .expect("exchanges")
            .iter()
            .filter_map(|exchange| exchange["purpose"].as_str())
            .collect();
        assert_eq!(purposes, ["main", "keys"], "{output}");
    }
    for (name, signature) in &tokens {
        assert!(
            matches!(*signature, "verified" | "not-checked"),
            "{name} is {signature}\n{output}"
        );
    }
    for name in ["id-token", "id-jag"] {
        assert!(
            tokens.contains(&(name, "verified")),
            "{name} is not verified: {tokens:?}\n{output}"
        );
    }
    let api = report["steps"][6]["response"]["body"]
        .as_str()
        .expect("a body is text");
    assert!(api.contains(r#""messages":["hello"]"#), "{output}");
    // The report is not believed alone: the peer saw the call too.
    peer.wait_log("/api/messages 200");
    assert_masked(&output, &peer);
    Some(report)
}

/// Fails unless what came is bound to one key and the steps that were sent twice for a nonce are these.
#[track_caller]
fn assert_bound(report: &Value, twice: &[&str]) {
    let again = |step: &&Value| {
        let made = step["exchanges"].as_array().expect("exchanges");
        let retries = made.iter().filter(|made| made["purpose"] == "retry");
        let retries = retries.count();
        assert_eq!(step["attempts"], retries + 1, "{step:#}");
        retries == 1
    };
    let again: Vec<_> = steps(report)
        .iter()
        .filter(again)
        .map(|step| &step["id"])
        .collect();
    assert_eq!(again, twice, "{report:#}");
    let mut keys = Vec::new();
    for token in steps(report)
        .iter()
        .filter_map(|step| step["tokens"].as_array())
        .flatten()
    {
        if token["name"] == "id-jag" || token["name"] == "access-token" {
            keys.push(token["claims"]["cnf"]["jkt"].as_str().unwrap_or("none"));
        }
    }
    assert!(
        keys.len() == 2 && keys[0] == keys[1] && keys[0].len() == 43,
        "{keys:?}"
    );
}

#[track_caller]
fn run(world: &World, peer: &Peer, auth: Auth, user: &str, settings: &[&str]) -> Output {
    let profile = peer.profile_toml(auth, user);
    let mut args = vec!["run", "--profile", &profile, "--format", "json"];
    args.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    world.run(&args, "")
}

/// Returns each step with its status, in the order of the report.
fn statuses(report: &Value) -> Vec<(&str, &str)> {
    pairs(steps(report), "id", "status")
}

/// Returns each token with what is known of its signature.
fn tokens(report: &Value) -> Vec<(&str, &str)> {
    let lists = steps(report)
        .iter()
        .filter_map(|step| step["tokens"].as_array());
    lists
        .flat_map(|tokens| pairs(tokens, "name", "signature"))
        .collect()
}

fn steps(report: &Value) -> &[Value] {
    report["steps"].as_array().expect("a report has steps")
}

fn pairs<'a>(list: &'a [Value], one: &str, other: &str) -> Vec<(&'a str, &'a str)> {
    let word = |value: &'a Value, name: &str| value[name].as_str().unwrap_or("(none)");
    list.iter()
        .map(|value| (word(value, one), word(value, other)))
        .collect()
}

/// Fails when a secret of the client or the begin of a token stands anywhere in what the program wrote.
#[track_caller]
fn assert_masked(output: &Output, peer: &Peer) {
    for text in [&output.stdout, &output.stderr] {
        let leaked: Vec<_> = peer
            .secrets()
            .into_iter()
            .filter(|secret| text.contains(secret))
            .collect();
        assert!(leaked.is_empty(), "it shows {leaked:?}\n{output}");
        assert!(!crate::world::shows_jwt(text), "it shows a token\n{output}");
    }
}
