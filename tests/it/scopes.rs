//! The scopes that a server offers: of its metadata, and listed by Okta's management API with a token that goes nowhere
//! else.

use jagwalk::{
    flow::{StepId, scopes},
    profile::{FieldValue, Profile, SecretSource, fields},
    protocol::{
        exchange::{Answer, Request},
        http::{Bytes, Response},
        secret::Secret,
    },
    session::{Command, Session},
};
use serde_json::{Value, json};

use crate::{
    scripted::{self, AS},
    walks,
};

const DISCOVER: StepId = StepId("discover-resource-as");
const ISSUER: &str = "https://as.todo.example/oauth2/aus1";
const LISTING: &str = "https://as.todo.example/api/v1/authorizationServers/aus1/scopes";
const TOKEN: &str = "00T0ken-of-the-admin";

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn okta(token: &str) -> Profile {
    let mut profile = scripted::profile();
    profile.set(fields::RESOURCE_AS_ISSUER, text(ISSUER));
    profile.set(fields::RESOURCE_AS_VENDOR, text("okta"));
    let secret = Secret::typed("resource_as.management_token", token);
    profile.set(
        fields::RESOURCE_AS_MANAGEMENT_TOKEN,
        FieldValue::Secret(SecretSource::Inline(secret)),
    );
    profile
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "a script gives answers and failures alike"
)]
fn page(names: &[&str], link: &str) -> scripted::Outcome {
    let list: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let body = json!(list).to_string().into_bytes();
    Ok(Answer::Http(Response {
        status: 200,
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            (
                "Link".to_owned(),
                format!("<{LISTING}?limit=200>; rel=\"self\""),
            ),
            ("Link".to_owned(), link.to_owned()),
        ],
        body_size: body.len() as u64,
        body: Bytes(body),
        cut: None,
    }))
}

/// Discovers the server, with pages of scopes answered in turn; returns what was sent to the listing.
fn discover(profile: Profile, pages: &[scripted::Outcome]) -> (Session, Vec<Request>) {
    let mut session = scripted::fresh(profile);
    let mut sent = Vec::new();
    scripted::drive(&mut session, Command::SendThrough(DISCOVER), |request| {
        let url = request.http().address();
        if url.starts_with(LISTING) {
            sent.push(request.clone());
            return Some(pages[sent.len() - 1].clone());
        }
        let mut metadata = scripted::metadata(ISSUER);
        metadata["jwks_uri"] = json!(format!("{AS}/jwks"));
        metadata["scopes_supported"] = json!(["of.metadata"]);
        url.starts_with(&format!("{AS}/.well-known"))
            .then(|| scripted::answer(200, &metadata))
    });
    (session, sent)
}

fn offered(session: &Session) -> Result<Vec<String>, String> {
    scopes::offered(&session.profile, &session.walk.bag)
}

fn says(session: &Session) -> &str {
    &session.step(DISCOVER).last().expect("it ran").says
}

#[test]
fn the_scopes_are_those_of_the_server_that_the_audience_names() {
    let mut profile = scripted::profile();
    profile.set(fields::RESOURCE_AS_ISSUER, text(ISSUER));
    let session = scripted::fresh(profile.clone());
    let why = offered(&session).unwrap_err();
    assert!(why.starts_with("Send discover-resource-as"), "{why}");
    let (session, sent) = discover(profile.clone(), &[]);
    assert!(sent.is_empty());
    assert_eq!(offered(&session), Ok(vec!["of.metadata".to_owned()]));
    profile.set(fields::AGENT_AUDIENCE, text("urn:acme:todo"));
    let why = scopes::offered(&profile, &session.walk.bag).unwrap_err();
    assert!(
        why.contains("The scopes of urn:acme:todo are not known"),
        "{why}"
    );
    profile.set(fields::AGENT_AUDIENCE, text(""));
    profile.set(fields::RESOURCE_AS_ISSUER, text(""));
    let why = scopes::offered(&profile, &session.walk.bag).unwrap_err();
    assert!(why.starts_with("agent.audience is empty"), "{why}");
}

#[test]
fn okta_lists_them_page_by_page_with_the_token_of_the_profile() {
    let jwt = scripted::signed(
        "at+jwt",
        &json!({ "scp": ["okta.authorizationServers.read"] }),
    );
    for (token, field) in [
        (TOKEN, format!("SSWS {TOKEN}")),
        (&jwt, format!("Bearer {jwt}")),
    ] {
        let next = format!("<{LISTING}?after=x1&limit=200>; rel=\"next\"");
        let pages = [
            page(&["todo.read", "openid"], &next),
            page(&["todo.write"], ""),
        ];
        let (session, sent) = discover(okta(token), &pages);
        assert!(
            session.step(DISCOVER).is_fresh(),
            "{}",
            walks::story(&session)
        );
        let words = ["todo.read", "openid", "todo.write"].map(str::to_owned);
        assert_eq!(offered(&session), Ok(words.to_vec()));
        let urls: Vec<_> = sent
            .iter()
            .map(|request| request.http().address())
            .collect();
        assert_eq!(
            urls,
            [
                format!("{LISTING}?limit=200"),
                format!("{LISTING}?after=x1&limit=200")
            ]
        );
        for request in &sent {
            let value = request.http().header("authorization").unwrap();
            assert_eq!(value.wire(), field);
        }
        // It is a recorded exchange like any other, and the token is masked in it.
        let made = &session.step(DISCOVER).last().unwrap().made;
        let purposes: Vec<_> = made.iter().map(|made| made.purpose.id()).collect();
        assert_eq!(purposes, ["main", "keys", "metadata", "metadata"]);
        assert!(!session.vault.mask(&field).contains(token));
        assert!(
            says(&session).contains("3 scopes were listed"),
            "{}",
            says(&session)
        );
    }
}

#[test]
fn a_listing_that_fails_is_said_and_stops_nothing() {
    let refused = scripted::answer(403, &json!({ "errorCode": "E0000006" }));
    let elsewhere = page(
        &["todo.read"],
        "<https://evil.example/scopes>; rel=\"next\"",
    );
    let next = format!("<{LISTING}?after=x&limit=200>; rel=\"next\"");
    let endless = page(&["todo.read"], &next);
    for (pages, count, phrase, words) in [
        (
            vec![refused.clone()],
            1,
            "could not be listed: expected a list",
            "of.metadata",
        ),
        (
            vec![scripted::page(200, "<html>")],
            1,
            "could not be listed",
            "of.metadata",
        ),
        (
            vec![page(&["todo.read"], &next), refused],
            2,
            "received 403",
            "of.metadata",
        ),
        (vec![elsewhere], 1, "lies elsewhere", "todo.read"),
        (vec![endless; 4], 4, "and there are more", "todo.read"),
    ] {
        let (session, sent) = discover(okta(TOKEN), &pages);
        assert!(
            session.step(DISCOVER).is_fresh(),
            "{}",
            walks::story(&session)
        );
        assert_eq!(sent.len(), count, "{phrase}");
        assert!(says(&session).contains(phrase), "{}", says(&session));
        assert_eq!(offered(&session).unwrap()[0], words, "{phrase}");
    }
}

#[test]
fn the_token_goes_to_no_server_that_the_profile_does_not_name_as_oktas() {
    let mut other = okta(TOKEN);
    other.set(fields::RESOURCE_AS_VENDOR, text("generic"));
    let mut plain = okta(TOKEN);
    plain.set(fields::RESOURCE_AS_ISSUER, text(AS));
    // An issuer that an API names could be anybody's.
    let mut by_api = okta(TOKEN);
    by_api.set(fields::RESOURCE_AS_ISSUER, text(""));
    by_api.set(fields::API_DISCOVER, FieldValue::Flag(true));
    for profile in [other, plain, by_api] {
        let mut session = scripted::fresh(profile);
        scripted::drive(&mut session, Command::SendThrough(DISCOVER), |request| {
            let http = request.http();
            assert!(http.header("authorization").is_none(), "{}", http.address());
            let meta = format!("{AS}/meta");
            match http.address() {
                url if url == scripted::API => {
                    let challenge = format!("Bearer resource_metadata=\"{meta}\"");
                    Some(Ok(Answer::Http(Response {
                        status: 401,
                        headers: vec![("WWW-Authenticate".to_owned(), challenge)],
                        body: Bytes(Vec::new()),
                        body_size: 0,
                        cut: None,
                    })))
                }
                url if url == meta => Some(scripted::answer(
                    200,
                    &json!({ "resource": scripted::API, "authorization_servers": [ISSUER] }),
                )),
                url if url.ends_with("/oauth2/aus1") => {
                    Some(scripted::answer(200, &scripted::metadata(ISSUER)))
                }
                _ => None,
            }
        });
        assert!(
            session.step(DISCOVER).is_fresh(),
            "{}",
            walks::story(&session)
        );
    }
}
