//! `jagwalk decode`: what each kind of token is called, and what is wrong with it; nothing is fetched.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::world::World;

fn jwt(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
}

/// Far in the future and far in the past: no test hangs on the day.
const LATER: i64 = 4_102_444_800;
const LONG_AGO: i64 = 1_000_000_000;

fn id_jag(more: &Value) -> String {
    let mut claims = json!({
        "iss": "https://idp.example", "sub": "alice", "aud": "https://as.example", "client_id": "agent",
        "jti": "j-1", "iat": LONG_AGO, "exp": LATER, "email": "alice@example.com",
    });
    for (name, value) in more.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    jwt(
        &json!({ "alg": "ES256", "typ": "oauth-id-jag+jwt", "kid": "k" }),
        &claims,
    )
}

/// Decodes standard input and returns what was printed and the exit status.
fn decoded(text: &str, more: &[&str]) -> (String, i32) {
    let world = World::new();
    let args = [&["decode", "-"], more].concat();
    let output = world.run(&args, text);
    (format!("{}{}", output.stdout, output.stderr), output.code)
}

#[test]
fn every_kind_is_called_by_its_name() {
    let header = |typ: &str| json!({ "alg": "ES256", "typ": typ, "kid": "k" });
    let saml = r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>"#;
    let rows = [
        (id_jag(&json!({})), "an ID-JAG"),
        (
            jwt(
                &header("at+jwt"),
                &json!({ "iss": "https://as.example", "scope": "read", "exp": LATER }),
            ),
            "an access token",
        ),
        (
            jwt(
                &header("dpop+jwt"),
                &json!({ "htm": "POST", "htu": "https://as.example/token", "jti": "1", "iat": LONG_AGO }),
            ),
            "a DPoP proof",
        ),
        (
            jwt(
                &header("JWT"),
                &json!({ "iss": "https://idp.example", "sub": "alice", "aud": "app", "nonce": "n", "exp": LATER, "iat": LONG_AGO }),
            ),
            "an ID Token",
        ),
        (
            jwt(&header("txntoken+jwt"), &json!({ "txn": "1" })),
            "a Transaction Token",
        ),
        (saml.to_owned(), "a SAML assertion"),
        (
            format!(
                "{}.a2V5.aXY.Y2lwaGVy.dGFn",
                URL_SAFE_NO_PAD.encode(json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }).to_string())
            ),
            "an encrypted token",
        ),
        ("8xLOxBtZp8".to_owned(), "an opaque token"),
        ("...".to_owned(), "an opaque token"),
    ];
    for (token, name) in rows {
        let (said, _) = decoded(&token, &[]);
        assert!(said.contains(&format!("This is {name}.")), "{name}: {said}");
        assert!(
            !crate::world::shows_jwt(&said),
            "the token itself is told: {said}"
        );
    }
}

#[test]
fn what_is_wrong_is_said_and_the_exit_status_tells() {
    let (said, code) = decoded(&id_jag(&json!({})), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("signature  not checked"), "{said}");
    let (said, code) = decoded(
        &id_jag(&json!({ "aud": ["https://a.example", "https://b.example"] })),
        &[],
    );
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("IDJAG-AUD-SINGLE"), "{said}");
    let (said, code) = decoded(&id_jag(&json!({ "exp": LONG_AGO + 1 })), &[]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("IDJAG-TIMES") && said.contains("expired"),
        "{said}"
    );
    let whole = id_jag(&json!({}));
    let (said, code) = decoded(&whole[..whole.len() / 2], &[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("a piece is missing"), "{said}");
    let none = jwt(
        &json!({ "alg": "none", "typ": "oauth-id-jag+jwt" }),
        &json!({ "sub": "alice" }),
    );
    let (said, code) = decoded(&none, &["--format", "json"]);
    assert_eq!(code, 1, "{said}");
    let json: Value = serde_json::from_str(&said).expect("one document");
    let codes: Vec<&str> = json["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert!(
        codes.contains(&"JWT-ALG-NONE") && codes.contains(&"IDJAG-CLAIMS"),
        "{codes:?}"
    );
}

#[test]
fn a_jwt_of_no_known_kind_is_no_access_token() {
    let (said, code) = decoded(
        &jwt(
            &json!({ "alg": "ES256", "kid": "k" }),
            &json!({ "hello": 1 }),
        ),
        &[],
    );
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("a JWT of unknown kind") && !said.contains("AT-"),
        "{said}"
    );
}

#[test]
fn a_wrapped_token_is_one_and_an_empty_line_is_none() {
    let token = id_jag(&json!({}));
    let (first, second) = token.split_at(40);
    let (said, code) = decoded(&format!("  {first}\n  {second}\n"), &[]);
    assert_eq!(code, 0, "{said}");
    let (said, code) = decoded("\n", &[]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("received an empty line"), "{said}");
}

#[test]
fn rules_are_listed_and_explained() {
    let world = World::new();
    let rules = world.run(&["rules", "--format", "json"], "").json();
    let rules = rules.as_array().expect("a list");
    assert!(rules.len() >= 120, "{}", rules.len());
    for member in ["code", "title", "severity", "spec", "revision", "flows"] {
        assert!(rules.iter().all(|rule| !rule[member].is_null()), "{member}");
    }
    let told = world.run(&["explain", "idjag-typ"], "");
    assert_eq!(told.code, 0, "{told}");
    for word in ["IDJAG-TYP", "JAG §3.1", "Usual cause", "What to do"] {
        assert!(told.stdout.contains(word), "{word}: {told}");
    }
    if let Some(rule) = jagwalk::lint::rules::all().find(|rule| !rule.is_walked()) {
        let waits = world.run(&["explain", rule.code], "");
        assert!(waits.stdout.contains("Waits"), "{waits}");
    }
    let typo = world.run(&["explain", "IDJAG-TIP"], "");
    assert_eq!(typo.code, 2, "{typo}");
    assert!(typo.stderr.contains("Did you mean IDJAG-TYP?"), "{typo}");
}
