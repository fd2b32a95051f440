//! What rules choose at run time: how bad it is, whose side must act, and when they say nothing.

use jagwalk::lint::{self, Check};
use serde_json::Value;

use super::scene::Scene;

/// A rule, a change of the healthy walk, and what the rule says of it: severity and owner of the first finding, or `pass`,
/// `nothing`, `not yet`. A `+` after it tells of a vendor's habit.
const CHOICES: &[(&str, &str, &str)] = &[
    (
        "IDJAG-REQ-AUD-KIND",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "urn:acme:todo"}}"#,
        "note you",
    ),
    (
        "IDJAG-REQ-AUD-KIND",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "urn:acme:todo",
            "/profile/revision": "02"}}"#,
        "warning you",
    ),
    (
        "IDJAG-REQ-AUD-KIND",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "acme-agent-at-todo"}}"#,
        "warning you",
    ),
    (
        "IDJAG-REQ-AUD-KIND",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "https://x.example",
            "/steps/discover-resource-as/response/json": {}}, "remove": ["/profile/resource_as.issuer"]}"#,
        "not yet",
    ),
    // Without metadata it is known of Auth0 alone that its issuers end with a slash.
    (
        "IDJAG-REQ-AUD-SLASH",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "https://todo.auth0.example",
            "/steps/discover-resource-as/response/json": {}, "/profile/resource_as.vendor": "auth0"}}"#,
        "warning you",
    ),
    (
        "IDJAG-REQ-AUD-SLASH",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/form/audience": "https://todo.auth0.example",
            "/steps/discover-resource-as/response/json": {}}}"#,
        "not yet",
    ),
    (
        "IDJAG-REQ-SUBJECT-TYPE",
        r#"{"step": "id-jag", "sent": false, "set": {"/profile/idp.vendor": "okta",
            "/steps/id-jag/request/form/subject_token_type": "urn:ietf:params:oauth:token-type:access_token"}}"#,
        "note you+",
    ),
    (
        "IDJAG-REQ-SUBJECT-TYPE",
        r#"{"step": "id-jag", "sent": false, "set": {"/profile/revision": "01",
            "/steps/id-jag/request/form/subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}}"#,
        "warning you",
    ),
    (
        "IDJAG-REQ-SUBJECT-AUD",
        r#"{"step": "id-jag", "sent": false, "set": {"/profile/vendor": "okta", "/tokens/id-token/claims/aud": "linked"}}"#,
        "warning you+",
    ),
    // The secret of a Basic header is read only when the step is sent.
    (
        "IDJAG-REQ-SUBJECT-AUD",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/headers/authorization": "Basic "},
            "remove": ["/steps/id-jag/request/form/client_id", "/steps/id-jag/request/form/client_assertion"]}"#,
        "not yet",
    ),
    (
        "IDJAG-REQ-ENDPOINT",
        r#"{"step": "id-jag", "sent": false, "set": {"/profile/vendor": "okta",
            "/profile/idp.token_endpoint": "https://idp.acme.example/oauth2/default/v1/token",
            "/steps/id-jag/request/url": "https://idp.acme.example/oauth2/default/v1/token"}}"#,
        "error you",
    ),
    (
        "IDJAG-REQ-ENDPOINT",
        r#"{"step": "id-jag", "sent": false, "set": {"/steps/id-jag/request/url": "https://gateway.acme.example/token"}}"#,
        "warning you",
    ),
    (
        "IDJAG-ISS",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/iss": "https://idp.acme.example/",
            "/steps/discover-idp/response/json": {}}}"#,
        "error you",
    ),
    (
        "IDJAG-AUD-ISSUER",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/aud": "https://auth.todo.example/tenant/acme/",
            "/steps/id-jag/request/form/audience": "https://auth.todo.example/tenant/acme/"}}"#,
        "error you",
    ),
    (
        "JWT-KID",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/signature": {"failed": "it was not made with the key ec-1"}}}"#,
        "error idp",
    ),
    // Without a Date nobody can tell whose clock it is.
    (
        "IDJAG-TIMES",
        r#"{"step": "id-jag", "remove": ["/steps/id-jag/response/headers/date"], "set": {"/tokens/id-jag/claims/iat": 1795342508}}"#,
        "error unknown",
    ),
    (
        "IDJAG-TIMES",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/iat": 1795342508}}"#,
        "error idp",
    ),
    (
        "IDJAG-TIMES",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/iat": 1795342507}}"#,
        "note idp",
    ),
    (
        "IDJAG-TIMES",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/tokens/id-jag/claims/exp": 1795342447}}"#,
        "error you",
    ),
    // It was over before it came.
    (
        "IDJAG-TIMES",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/tokens/id-jag/claims/exp": 1795342440}}"#,
        "error idp",
    ),
    (
        "IDJAG-GRANTED",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/resource": "https://api.todo.example/chat"}}"#,
        "error idp",
    ),
    (
        "IDJAG-CNF-MISSING",
        r#"{"step": "id-jag", "set": {"/steps/id-jag/request/headers/dpop": "e30.e30.AA"}}"#,
        "warning idp",
    ),
    (
        "IDJAG-CNF-MISSING",
        r#"{"step": "id-jag", "set": {"/steps/id-jag/request/headers/dpop": "e30.e30.AA", "/profile/dpop.mode": "required"}}"#,
        "error idp",
    ),
    (
        "IDJAG-LIFETIME",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/exp": 1795342746, "/profile/resource_as.vendor": "keycloak"}}"#,
        "warning idp",
    ),
    (
        "IDJAG-IDENTITY-HINT",
        r#"{"step": "id-jag", "set": {"/profile/sso.scope": "openid"}, "remove": ["/tokens/id-jag/claims/email"]}"#,
        "warning you",
    ),
    (
        "IDJAG-IDENTITY-HINT",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/sub_id": {"format": "email", "email": "alice@acme.example"}},
            "remove": ["/tokens/id-jag/claims/email"]}"#,
        "note idp",
    ),
    (
        "IDJAG-SELF-DOMAIN",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/aud": "https://idp.acme.example"}}"#,
        "error idp",
    ),
    (
        "IDJAG-SCOPE-SUBSET",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/scope": "todo.read todo.admin", "/profile/api.kind": "mcp"}}"#,
        "error idp",
    ),
    (
        "IDJAG-AS-API-TOKEN",
        r#"{"step": "call-api", "sent": false, "set": {"/steps/call-api/request/headers/authorization": "Bearer {{id-token}}"}}"#,
        "error you",
    ),
    (
        "BEARER-ENDPOINT",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/tokens/id-jag/claims/aud": "https://auth.chat.example"}}"#,
        "error idp",
    ),
    (
        "BEARER-ENDPOINT",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/tokens/id-jag/claims/aud": "https://auth.chat.example",
            "/steps/id-jag/request/form/audience": "https://auth.chat.example"}}"#,
        "error you",
    ),
    (
        "BEARER-ENDPOINT",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/steps/jwt-bearer/request/url": "https://gateway.todo.example/"}}"#,
        "not yet",
    ),
    (
        "BEARER-ASSERTION-CLIENT-MATCH",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/tokens/id-jag/claims/client_id": "acme-web"}}"#,
        "error idp",
    ),
    (
        "BEARER-ASSERTION-CLIENT-MATCH",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/steps/jwt-bearer/request/headers/authorization": "Basic "}}"#,
        "not yet",
    ),
    (
        "BEARER-CLIENT-AUTH",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/profile/resource_as.vendor": "auth0"},
            "remove": ["/steps/jwt-bearer/request/headers/authorization"]}"#,
        "note client+",
    ),
    (
        "BEARER-CLIENT-AUTH",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/profile/api.kind": "mcp"},
            "remove": ["/steps/jwt-bearer/request/headers/authorization"]}"#,
        "error client",
    ),
    // Microsoft's on-behalf-of looks alike and is another protocol.
    (
        "BEARER-CLIENT-AUTH",
        r#"{"step": "jwt-bearer", "sent": false, "set": {"/steps/jwt-bearer/request/form/requested_token_use": "on_behalf_of"},
            "remove": ["/steps/jwt-bearer/request/headers/authorization"]}"#,
        "nothing",
    ),
    (
        "BEARER-REFRESH",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/request/form/requested_token_use": "on_behalf_of",
            "/steps/jwt-bearer/response/json/refresh_token": "refresh"}}"#,
        "nothing",
    ),
    (
        "BEARER-GRANT-TYPE",
        r#"{"step": "jwt-bearer", "sent": false, "set": {
            "/steps/jwt-bearer/request/form/grant_type": "urn:ietf:params:oauth:grant-type:jwt-dpop"}}"#,
        "error you",
    ),
    (
        "BEARER-ERROR-CODE",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/response/status": 401, "/steps/jwt-bearer/tokens": {},
            "/steps/jwt-bearer/response/json": {"error": "invalid_grant"}}}"#,
        "error resource-as",
    ),
    (
        "BEARER-ERROR-CODE",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/response/status": 401, "/steps/jwt-bearer/tokens": {},
            "/steps/jwt-bearer/response/json": {"error": "invalid_grant"}, "/profile/resource_as.vendor": "auth0"}}"#,
        "note resource-as+",
    ),
    // Of an ID-JAG without a fault that shows, nobody can say what the server meant.
    (
        "BEARER-ERROR-CODE",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/response/status": 400, "/steps/jwt-bearer/tokens": {},
            "/steps/jwt-bearer/response/json": {"error": "invalid_request"}}}"#,
        "nothing",
    ),
    // The server that was called by mistake has nothing to do with the ID-JAG.
    (
        "BEARER-ERROR-CODE",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/response/status": 400, "/steps/jwt-bearer/tokens": {},
            "/steps/jwt-bearer/request/url": "https://idp.acme.example/token",
            "/steps/jwt-bearer/response/json": {"error": "invalid_request"}}}"#,
        "nothing",
    ),
    (
        "IDJAG-SUB-CHANGE",
        r#"{"step": "id-jag", "set": {"/tokens/id-jag/claims/sub": "bob", "/steps/id-jag/request/form/subject_token": "PHNhbWw+",
            "/steps/id-jag/request/form/subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}}"#,
        "nothing",
    ),
    (
        "BEARER-SCOPE-GROW",
        r#"{"step": "jwt-bearer", "set": {"/steps/jwt-bearer/tokens/access-token": "opaque",
            "/steps/jwt-bearer/response/json/scope": "todo.admin"}}"#,
        "warning resource-as",
    ),
    (
        "AT-TYP",
        r#"{"step": "jwt-bearer", "set": {"/tokens/access-token/header/typ": "JWT"},
            "remove": ["/tokens/access-token/claims/client_id"]}"#,
        "note resource-as",
    ),
    (
        "AT-CLAIMS",
        r#"{"step": "jwt-bearer", "set": {"/profile/resource_as.vendor": "okta"},
            "remove": ["/tokens/access-token/claims/jti"]}"#,
        "note resource-as+",
    ),
    (
        "AT-AUD",
        r#"{"step": "jwt-bearer", "set": {"/tokens/access-token/claims/aud": "api://default"},
            "remove": ["/tokens/id-jag/claims/resource"]}"#,
        "error idp",
    ),
    (
        "AT-AUD",
        r#"{"step": "call-api", "sent": false, "set": {"/tokens/access-token/claims/aud": "api://default"},
            "remove": ["/tokens/id-jag/claims/resource", "/profile/agent.resource"]}"#,
        "note you",
    ),
    (
        "AT-CNF-TYPE",
        r#"{"step": "jwt-bearer", "set": {"/tokens/access-token/claims/cnf": {"jkt": "k"}}}"#,
        "error resource-as",
    ),
    (
        "AT-CNF-TYPE",
        r#"{"step": "jwt-bearer", "set": {"/tokens/access-token/claims/cnf": {"x5t#S256": "t"}}}"#,
        "pass",
    ),
    (
        "AT-ACT-KEPT",
        r#"{"step": "jwt-bearer", "set": {"/tokens/id-jag/claims/act": {"sub": "a", "act": {"sub": "b"}},
            "/tokens/access-token/claims/act": {"sub": "b", "act": {"sub": "a"}}}}"#,
        "error resource-as",
    ),
    (
        "API-SCHEME",
        r#"{"step": "call-api", "sent": false, "set": {
            "/steps/call-api/request/headers/authorization": "DPoP {{access-token}}"}}"#,
        "error you",
    ),
    (
        "API-SCHEME",
        r#"{"step": "call-api", "set": {"/tokens/access-token/claims/cnf": {"jkt": "k"},
            "/steps/call-api/response/status": 401,
            "/steps/call-api/response/headers/www-authenticate": "Bearer error=\"invalid_token\""}}"#,
        "note you",
    ),
    (
        "API-QUERY-TOKEN",
        r#"{"step": "call-api", "sent": false, "set": {
            "/steps/call-api/request/url": "https://api.todo.example/todos?access_token=whatever"}}"#,
        "error you",
    ),
];

#[test]
fn severity_and_owner_are_chosen_by_evidence() {
    let mut wrong = Vec::new();
    for (code, fixture, expected) in CHOICES {
        let rule = lint::find(code).expect("a rule");
        let fixture: Value = serde_json::from_str(fixture).expect("JSON");
        let scene = Scene::told(format!("{code} {expected}"), &fixture);
        let got = scene.look(|subject| match lint::judge(rule, subject) {
            Check::Pass => "pass".to_owned(),
            Check::NotApplicable => "nothing".to_owned(),
            Check::NotYet(_) => "not yet".to_owned(),
            Check::Found(findings) => {
                let first = &findings[0];
                let habit = if first.habit.is_some() { "+" } else { "" };
                format!("{} {}{habit}", first.severity.id(), first.owner.id())
            }
        });
        if got != *expected {
            wrong.push(format!("{code}: expected {expected}, got {got}: {fixture}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
