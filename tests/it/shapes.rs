//! The lab in the shapes of vendors, walked through the program with the profile that the vendor's template yields.

use std::fs;

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    lab::{self, ClientKind, Options, Shape},
    profile::{FieldPath, Profile, SecretSource, fields, load},
    protocol::party::Party,
    session::{Outcome, headless::End},
};
use serde_json::Value;

use crate::{
    walks,
    world::{Output, Running, World},
};

/// A lab of one shape, and a profile of the vendor's template that is filled in for it.
struct Vendor {
    world: World,
    lab: Profile,
    _running: Running,
}

/// What a template is told: `{idp}` and the like stand for what the lab prints.
struct Case {
    shape: &'static str,
    template: &'static str,
    settings: &'static [&'static str],
}

const OKTA: Case = Case {
    shape: "okta",
    template: "okta",
    settings: &[
        "idp.issuer={idp.issuer}",
        "resource_as.issuer={resource_as.issuer}",
        "sso.client_id={sso.client_id}",
        "sso-secret-variable=SSO_SECRET",
        "agent.client_id={agent.client_id}",
        "agent.private_key=file:{agent.private_key}",
        "agent.scope=notes.read notes.write",
    ],
};

const AUTH0: Case = Case {
    shape: "auth0",
    template: "auth0",
    settings: &[
        "idp.issuer={idp.issuer}",
        "sso.client_id={sso.client_id}",
        "sso-secret-variable=SSO_SECRET",
        "agent.client_id={agent.client_id}",
        "agent-key-file={agent.private_key}",
        "api-identifier={api.url}",
        "agent.scope=notes.read notes.write",
        "resource_as.issuer={resource_as.issuer}",
        "resource_as.client_id={resource_as.client_id}",
        "auth0-secret-variable=RESOURCE_SECRET",
    ],
};

/// The hosts of xaa.dev are no blanks of its template, so they are set.
const XAA_DEV: Case = Case {
    shape: "xaa-dev",
    template: "xaa-dev",
    settings: &[
        "idp.issuer={idp.issuer}",
        "resource_as.issuer={resource_as.issuer}",
        "agent.resource={api.url}",
        "client-id={sso.client_id}",
        "client-secret-variable=SSO_SECRET",
        "resource-id=notes",
        "resource-secret-variable=RESOURCE_SECRET",
        "agent.scope=notes.read notes.write",
    ],
};

/// What no template can know: the API, and that the lab signs alice in without a person.
const HERE: [&str; 3] = [
    "api.url={api.url}",
    "sso.login=follow",
    "sso.params.login_hint=alice",
];

impl Vendor {
    fn start(case: &Case) -> Self {
        let world = World::new();
        let dir = world.root().join("lab");
        let dir = dir.to_str().expect("temporary folders are named in UTF-8");
        let mut running = world.start(&["lab", "--shape", case.shape, "--dir", dir]);
        running.wait_line("method = ").unwrap();
        let (lab, problems) = load(LAB, &running.stdout());
        assert!(problems.is_empty(), "{problems:?}");
        let secret = |field| match lab.secret(field) {
            Some((_, SecretSource::File(path))) => fs::read_to_string(path).unwrap(),
            _ => String::new(),
        };
        let world = world
            .with_env("SSO_SECRET", &secret(fields::SSO_CLIENT_SECRET))
            .with_env(
                "RESOURCE_SECRET",
                &secret(fields::RESOURCE_AS_CLIENT_SECRET),
            );
        let vendor = Self {
            world,
            lab,
            _running: running,
        };
        let mut args = vec!["profile", "new", "acme", "--template", case.template];
        let settings: Vec<String> = case
            .settings
            .iter()
            .chain(&HERE)
            .map(|text| vendor.filled(text))
            .collect();
        args.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let made = vendor.world.run(&args, "").expect_code(0);
        assert!(!made.stdout.contains("Left to fill in"), "{made}");
        let checked = vendor.world.run(&["profile", "check", "acme"], "");
        assert_eq!(checked.code, 0, "{checked}");
        vendor
    }

    /// Puts what the lab printed where a field's path stands in braces.
    fn filled(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('{') else {
            return text.to_owned();
        };
        let (path, after) = rest.split_once('}').expect("braces come in pairs");
        let field = FieldPath::find(path).expect("a field of profiles");
        let value = match self.lab.secret(field) {
            Some((_, SecretSource::File(path))) => path.as_str(),
            _ => self.lab.text(field).expect("the lab prints it"),
        };
        format!("{before}{value}{after}")
    }

    /// Walks with some fields set in another way, and expects an exit status.
    fn run(&self, sets: &[&str], code: i32) -> Walk {
        let mut args = vec!["run", "--profile", "acme", "--format", "json", "--reveal"];
        args.extend(sets.iter().flat_map(|set| ["--set", set]));
        Walk::of(&self.world.run(&args, "").expect_code(code))
    }

    fn issuer(&self) -> &str {
        self.lab.text(fields::RESOURCE_AS_ISSUER).unwrap()
    }
}

/// The report of a walk.
struct Walk(Value);

impl Walk {
    fn of(output: &Output) -> Self {
        Self(output.json())
    }

    fn step(&self, id: &str) -> &Value {
        let steps = self.0["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id).unwrap()
    }

    fn url(&self, id: &str) -> &str {
        self.step(id)["request"]["url"].as_str().unwrap()
    }

    fn body(&self, id: &str) -> Value {
        let text = self.step(id)["response"]["body"].as_str().unwrap();
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    fn claims(&self, id: &str, token: &str) -> &Value {
        let tokens = self.step(id)["tokens"].as_array().unwrap();
        let found = tokens.iter().find(|record| record["name"] == token);
        &found.unwrap_or_else(|| panic!("no {token}"))["claims"]
    }

    fn header(&self, id: &str, name: &str) -> bool {
        let headers = self.step(id)["response"]["headers"].as_array().unwrap();
        headers.iter().any(|pair| pair[0] == name)
    }

    /// Fails unless all seven steps are done and every token's signature holds.
    #[track_caller]
    fn is_whole(&self) {
        assert_eq!(self.0["outcome"], "done");
        let steps = self.0["steps"].as_array().unwrap();
        let ids: Vec<&str> = steps
            .iter()
            .filter(|step| step["status"] == "done")
            .filter_map(|step| step["id"].as_str())
            .collect();
        assert_eq!(
            ids,
            [
                "discover-idp",
                "discover-resource-as",
                "authorize",
                "redeem-code",
                "id-jag",
                "jwt-bearer",
                "call-api"
            ]
        );
        let tokens: Vec<(&str, &str)> = steps
            .iter()
            .flat_map(|step| step["tokens"].as_array().unwrap())
            .filter(|token| !token["claims"].is_null())
            .map(|token| {
                let text = |name: &str| token[name].as_str().unwrap();
                (text("name"), text("signature"))
            })
            .collect();
        for name in ["id-token", "sso-access-token", "id-jag", "access-token"] {
            assert!(tokens.contains(&(name, "verified")), "{name}: {tokens:?}");
        }
        assert!(tokens.iter().all(|(_, signature)| *signature == "verified"));
    }

    /// Fails unless a step was refused with this status and this code; returns the description.
    #[track_caller]
    fn refused(&self, id: &str, status: u16, error: &str) -> String {
        assert_eq!(self.0["outcome"], "refused");
        assert_eq!(
            self.step(id)["status"],
            "refused",
            "{:#}",
            self.step(id)["says"]
        );
        assert_eq!(self.step(id)["response"]["status"], status);
        let body = self.body(id);
        assert_eq!(body["error"], error, "{body}");
        body["error_description"].as_str().unwrap().to_owned()
    }
}

#[test]
fn okta_is_walked_with_its_template() {
    let okta = Vendor::start(&OKTA);
    let walk = okta.run(&[], 0);
    walk.is_whole();
    let org = okta.lab.text(fields::IDP_ISSUER).unwrap();
    for (id, url) in [
        ("redeem-code", format!("{org}/oauth2/v1/token")),
        ("id-jag", format!("{org}/oauth2/v1/token")),
        ("jwt-bearer", format!("{org}/oauth2/aus7notes/v1/token")),
    ] {
        assert_eq!(walk.url(id), url);
        assert!(walk.header(id, "x-okta-request-id"), "{id}");
    }
    assert_eq!(okta.issuer(), format!("{org}/oauth2/aus7notes"));
    let answer = walk.body("id-jag");
    assert_eq!(answer["token_type"], "Bearer");
    assert!(answer.get("scope").is_none(), "the answer tells no scope");
    assert_eq!(walk.claims("id-jag", "id-jag")["aud"], okta.issuer());
    let access = walk.claims("jwt-bearer", "access-token");
    assert_eq!(access["cid"], "wlp1agent");
    assert_eq!(
        access["scp"],
        serde_json::json!(["notes.read", "notes.write"])
    );
    assert_eq!(access["act"]["sub_profile"], "ai_agent");
    assert!(access["act"].get("iss").is_none() && access.get("client_id").is_none());

    // The org server where the custom one belongs.
    let walk = okta.run(&[&format!("resource_as.issuer={org}")], 3);
    let says = walk.refused("id-jag", 400, "invalid_target");
    assert!(says.contains(okta.issuer()), "{says}");
    assert!(walk.header("id-jag", "x-okta-request-id"));
    // The issuer as audience of the client assertion, which RFC 7523bis has and Okta does not.
    for (set, id) in [
        ("agent.assertion_audience=issuer", "id-jag"),
        ("resource_as.assertion_audience=issuer", "jwt-bearer"),
    ] {
        let says = okta.run(&[set], 3).refused(id, 401, "invalid_client");
        assert_eq!(
            says,
            "The audience claim for client_assertion must be the endpoint invoked for the request."
        );
    }
}

#[test]
fn auth0_is_walked_with_its_template() {
    let auth0 = Vendor::start(&AUTH0);
    assert!(auth0.issuer().ends_with('/'), "{}", auth0.issuer());
    let walk = auth0.run(&[], 0);
    walk.is_whole();
    assert_eq!(
        walk.url("jwt-bearer"),
        format!("{}oauth/token", auth0.issuer())
    );
    assert_eq!(walk.claims("id-jag", "id-jag")["aud"], auth0.issuer());
    let answer = walk.body("jwt-bearer");
    let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in"]);

    // Secret in the header; and the scope of the ID-JAG wins over the one of the request.
    let walk = auth0.run(
        &[
            "resource_as.auth=client_secret_basic",
            "resource_as.scope=notes.delete",
        ],
        0,
    );
    walk.is_whole();
    let access = walk.claims("jwt-bearer", "access-token");
    assert_eq!(access["scope"], "notes.read notes.write");
    let api = auth0.lab.text(fields::API_URL).unwrap();
    let audience = |text: &str| format!("step.jwt-bearer.params.audience={text}");
    auth0.run(&[&audience(api)], 0).is_whole();
    auth0
        .run(&[&audience("https://other.example")], 3)
        .refused("jwt-bearer", 400, "invalid_grant");

    // The issuer without its slash.
    let short = auth0.issuer().trim_end_matches('/');
    let walk = auth0.run(&[&format!("agent.audience={short}")], 3);
    assert_eq!(walk.claims("id-jag", "id-jag")["aud"], short);
    let says = walk.refused("jwt-bearer", 400, "invalid_grant");
    assert!(says.contains(auth0.issuer()), "{says}");

    // A signature that does not hold.
    let walk = auth0.run(&[], 0);
    let token = walk.body("id-jag")["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let reversed: String = signature.chars().rev().collect();
    let file = auth0
        .world
        .write("forged.jwt", &format!("{signed}.{reversed}"));
    let forged = format!("id-jag=file:{file}");
    let args = [
        "run",
        "--profile",
        "acme",
        "--format",
        "json",
        "--token",
        &forged,
    ];
    Walk::of(&auth0.world.run(&args, "").expect_code(3)).refused(
        "jwt-bearer",
        401,
        "invalid_grant",
    );
}

#[test]
fn xaa_dev_is_walked_with_its_template() {
    let xaa = Vendor::start(&XAA_DEV);
    let walk = xaa.run(&[], 0);
    walk.is_whole();
    let idp = xaa.lab.text(fields::IDP_ISSUER).unwrap();
    assert_eq!(walk.url("id-jag"), format!("{idp}/token"));
    assert_eq!(walk.url("jwt-bearer"), format!("{}/token", xaa.issuer()));
    let client = xaa.lab.text(fields::SSO_CLIENT_ID).unwrap();
    let jag = walk.claims("id-jag", "id-jag");
    assert_eq!(jag["client_id"], format!("{client}-at-notes"));
    let number = |claims: &Value, name: &str| claims[name].as_i64().unwrap();
    assert_eq!(number(jag, "nbf"), number(jag, "iat"));
    assert_eq!(number(jag, "exp") - number(jag, "nbf"), 300);
    let id_token = walk.claims("redeem-code", "id-token");
    assert_eq!(number(id_token, "exp") - number(id_token, "iat"), 600);
    let access = walk.claims("jwt-bearer", "access-token");
    assert_eq!(access["sub"], "customer1:alice@example.com");

    // The client id of the IdP where the mapped one belongs.
    let says = xaa
        .run(&[&format!("resource_as.client_id={client}")], 3)
        .refused("jwt-bearer", 401, "invalid_client");
    assert!(says.contains(client), "{says}");
    for (set, id, status, error) in [
        ("agent.resource=", "id-jag", 400, "invalid_request"),
        (
            "agent.resource=https://x.example",
            "id-jag",
            400,
            "invalid_target",
        ),
        ("agent.scope=notes.burn", "id-jag", 400, "invalid_scope"),
        (
            "sso.auth=client_secret_basic",
            "redeem-code",
            401,
            "invalid_client",
        ),
        (
            "resource_as.auth=client_secret_basic",
            "jwt-bearer",
            401,
            "invalid_client",
        ),
    ] {
        xaa.run(&[set], 3).refused(id, status, error);
    }
    let refresh = [
        "agent.subject=refresh_token",
        "sso.scope=openid email offline_access",
    ];
    xaa.run(&refresh, 3)
        .refused("id-jag", 400, "invalid_request");
}

/// A client that is registered at Auth0, with Cross App Access switched off for it.
#[tokio::test]
async fn auth0_says_403_where_the_feature_is_off() {
    let options = Options {
        shape: Shape::Auth0,
        ..start::lab_options(None, false).unwrap()
    };
    let lab = lab::start(options).await.unwrap();
    let (mut profile, _) = load(LAB, LAB_TEXT);
    start::fill(&mut profile, &lab);
    let (session, end) = walks::walk(profile.clone()).await;
    assert!(end == End::Done, "{}", walks::story(&session));
    let off = lab.client(ClientKind::SecretPost).resource_as.clone();
    walks::put(&mut profile, "resource_as", &off.expect("it is registered"));
    let (session, end) = walks::walk(profile).await;
    assert!(end == End::Refused, "{}", walks::story(&session));
    let last = session
        .walk
        .steps
        .iter()
        .find(|step| step.id.0 == "jwt-bearer");
    match last.and_then(|step| step.outcome()) {
        Some(Outcome::Refused(error)) => {
            assert_eq!(
                (error.status, error.error.as_deref()),
                (Some(403), Some("unauthorized_client"))
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Each shape's printed profile is walked as it is printed.
#[tokio::test]
async fn every_shape_walks_its_own_profile() {
    for shape in Shape::ALL {
        let options = Options {
            shape,
            ..start::lab_options(None, false).unwrap()
        };
        let lab = lab::start(options).await.unwrap();
        let (mut profile, _) = load(LAB, LAB_TEXT);
        start::fill(&mut profile, &lab);
        let (session, end) = walks::walk(profile).await;
        assert!(end == End::Done, "{shape:?}: {}", walks::story(&session));
        let asked: Vec<_> = lab.ledger().iter().map(|entry| entry.party).collect();
        for party in [Party::Idp, Party::ResourceAs, Party::Api] {
            assert!(asked.contains(&party), "{shape:?}: {asked:?}");
        }
    }
}
