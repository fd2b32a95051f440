//! The claim ledger over whole walks: what was asked, what came, and what became of it.

use serde_json::json;

use super::scene::Scene;

/// Each row as `name: column=word …`, only where there is a word.
fn told(set: &serde_json::Value) -> Vec<String> {
    let fixture = json!({ "step": "call-api", "set": set });
    let ledger = Scene::told("ledger".to_owned(), &fixture).held().ledger();
    ledger
        .rows
        .iter()
        .map(|(name, cells)| {
            let words: Vec<String> = cells
                .iter()
                .zip(&ledger.columns)
                .filter(|(cell, _)| !cell.change.word().is_empty())
                .map(|(cell, column)| format!("{}={}", column.title, cell.change.word()))
                .collect();
            format!("{name}: {}", words.join(", "))
        })
        .collect()
}

fn line(lines: &[String], name: &str) -> String {
    let start = format!("{name}: ");
    lines
        .iter()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap_or_else(|| panic!("no row {name}: {lines:#?}"))
        .to_owned()
}

#[test]
fn in_a_healthy_walk_everything_is_kept() {
    let lines = told(&json!({}));
    assert_eq!(
        line(&lines, "iss"),
        "ID Token=kept, ID-JAG=kept, access token=kept"
    );
    assert_eq!(
        line(&lines, "aud"),
        "ID Token=kept, ID-JAG=kept, access token=kept"
    );
    assert_eq!(line(&lines, "sub"), "ID-JAG=kept, access token=kept");
    assert_eq!(line(&lines, "client_id"), "ID-JAG=kept, access token=kept");
    assert_eq!(line(&lines, "scope"), "ID-JAG=kept, access token=kept");
    let bad = ["contradictory", "changed"];
    assert!(
        !lines
            .iter()
            .any(|line| bad.iter().any(|word| line.contains(word))),
        "{lines:#?}"
    );
}

#[test]
fn what_becomes_of_a_claim_is_said() {
    let lines = told(&json!({
        "/tokens/id-jag/claims/aud": "https://auth.todo.example/tenant/acme/",
        "/tokens/id-jag/claims/scope": "todo.read",
        "/tokens/access-token/claims/scope": "todo.read todo.write todo.admin",
        "/tokens/access-token/claims/sub": "customer1:alice",
        "/tokens/access-token/claims/client_id": "somebody-else",
        "/tokens/access-token/claims/act": { "sub": "agent" },
        "/steps/call-api/response/json": { "sub": "customer1:alice", "scope": "todo.read" },
    }));
    assert_eq!(
        line(&lines, "aud"),
        "ID Token=kept, ID-JAG=contradictory, access token=kept"
    );
    assert_eq!(
        line(&lines, "scope"),
        "ID-JAG=narrowed, access token=added, the API says=narrowed"
    );
    assert_eq!(
        line(&lines, "sub"),
        "ID-JAG=kept, access token=changed, the API says=kept"
    );
    assert_eq!(
        line(&lines, "act"),
        "access token=added, the API says=dropped"
    );
    assert!(line(&lines, "client_id").contains("access token=contradictory"));
    assert!(line(&lines, "email").contains("access token=dropped"));
}
