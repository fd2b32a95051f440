//! The MCP project's own client library, in TypeScript, walks against `jagwalk lab` as it is served to other programs.

use crate::{
    peer::{self, ready},
    world::{Output, Running, World},
};

/// Serves the lab and has the library's client walk against it; `None` where it cannot run.
fn walked(lab: &[&str], client: &[&str]) -> Option<Output> {
    if !ready() {
        return None;
    }
    let world = World::new();
    let folder = world.home().join("lab").display().to_string();
    let args: Vec<&str> = ["lab", "--dir", &folder]
        .into_iter()
        .chain(lab.iter().copied())
        .collect();
    let mut lab = world.start(&args);
    // The profile is printed when everything is written and served.
    lab.wait_line("[api]").unwrap();
    let mut command = world.command("node");
    command.current_dir(peer::folder());
    command
        .arg("client/xaa.mjs")
        .arg(format!("{folder}/clients.json"))
        .args(client);
    Some(Running::start(&mut command, "").wait_exit())
}

#[track_caller]
fn assert_walked(output: Output, token_type: &str) {
    let said = output.expect_code(0).json();
    assert_eq!(said["token_type"], token_type, "{said}");
    let tools = said["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool == "list_notes"), "{said}");
    assert!(
        said["notes"][0]["text"]
            .as_str()
            .is_some_and(|text| !text.is_empty()),
        "{said}"
    );
}

#[test]
fn its_cross_app_access_is_completed() {
    if let Some(output) = walked(&[], &[]) {
        assert_walked(output, "Bearer");
    }
}

#[test]
fn its_proofs_are_taken() {
    if let Some(output) = walked(&[], &["--dpop"]) {
        assert_walked(output, "DPoP");
    }
}

/// It goes by what the servers say: where they misbehave, it does not get there.
#[test]
fn a_lab_that_misbehaves_is_not_walked() {
    let Some(output) = walked(&["--fault", "idp-idjag-typ"], &[]) else {
        return;
    };
    assert_ne!(output.code, 0, "{output}");
}
