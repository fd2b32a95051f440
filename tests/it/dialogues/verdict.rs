//! What the verdict says where no rule of the catalogue speaks, and what goes to the other side.

use jagwalk::{
    export,
    lint::verdict::Judgement,
    profile::{FieldPath, fields},
    protocol::{exchange::Answer, party::Party},
    session::{Command, Session},
};
use serde_json::json;

use super::{profile, walk, which};
use crate::scripted::{self, answer, page, redirect};

fn verdict(session: &Session) -> Judgement {
    session.verdict(None).expect("something went wrong")
}

#[test]
fn an_address_that_lost_its_end_is_not_the_idps_fault() {
    let says = |error: &'static str, text: &'static str| {
        let (session, _) = walk(scripted::profile(), |request| {
            let state = request.http().query.get("state")?;
            (which(request) == "authorize").then(|| {
                redirect(&[
                    ("error", error),
                    ("error_description", text),
                    ("state", &state.wire()),
                    ("iss", scripted::IDP),
                ])
            })
        });
        verdict(&session)
    };
    let cut = says("invalid_request", "code_challenge is missing");
    assert_eq!(cut.owner, Party::You, "{cut:?}");
    assert!(cut.says.contains("did not open the whole"), "{cut:?}");
    for other in [
        // It is not in the address either.
        "login_hint is missing",
        "code_challenge is malformed",
    ] {
        let told = says("invalid_request", other);
        assert_ne!(told.owner, Party::You, "{other}: {told:?}");
    }
    // What comes through the browser has no headers to look into.
    let told = says("odd", "no reason");
    assert_eq!(told.owner, Party::Unknown, "{told:?}");
    assert!(!told.fix.contains("headers"), "{told:?}");
}

#[test]
fn a_page_where_metadata_belongs_is_explained() {
    let (session, _) = walk(scripted::profile(), |request| {
        (which(request) == "discover-idp")
            .then(|| page(200, "<!doctype html><title>Welcome</title>"))
    });
    let told = verdict(&session);
    assert_eq!(told.owner, Party::Unknown);
    assert!(told.says.contains("page for people"), "{told:?}");
    assert!(
        told.fix.contains("proxy") && told.fix.contains("another address"),
        "{told:?}"
    );
}

#[test]
fn what_worked_before_is_remembered() {
    let mut session = scripted::happy();
    let other = "https://other.example".to_owned();
    let edit = Command::Edit(fields::AGENT_AUDIENCE, other);
    scripted::drive(&mut session, edit, |_| None);
    let again = Command::SendThrough(scripted::last());
    scripted::drive_at(
        &mut session,
        scripted::NOW.plus_secs(60),
        again,
        |request| {
            let error = json!({ "error": "invalid_target" });
            (which(request) == "id-jag").then(|| answer(400, &error))
        },
    );
    let told = verdict(&session);
    let before = told.because.last().map(String::as_str).unwrap_or_default();
    assert!(before.starts_with("It was done at 2026-09-21"), "{told:?}");
    assert!(
        before.ends_with("since then another audience is sent."),
        "{told:?}"
    );
}

#[test]
fn the_very_request_that_worked_before_is_known_as_that() {
    let mut session = scripted::happy();
    let again = Command::Send(jagwalk::flow::StepId("id-jag"));
    scripted::drive_at(
        &mut session,
        scripted::NOW.plus_secs(60),
        again,
        |request| {
            let error = json!({ "error": "invalid_target" });
            (which(request) == "id-jag").then(|| answer(400, &error))
        },
    );
    let told = verdict(&session);
    let before = told.because.last().map(String::as_str).unwrap_or_default();
    assert!(
        before.starts_with("The same request was done at"),
        "{told:?}"
    );
}

#[test]
fn a_client_that_is_not_known_is_handed_off_with_all_that_finds_it() {
    let (session, _) = walk(profile(&[]), |request| {
        let error = json!({ "error": "invalid_client" });
        (which(request) == "id-jag").then(|| answer(401, &error))
    });
    let told = verdict(&session);
    assert_eq!(told.owner, Party::Client);
    let text = export::handoff(&session, &told);
    for needed in [
        "For whoever registers clients at the IdP (https://idp.example)",
        "by private_key_jwt (kid ",
        "audience: https://as.todo.example",
        "POST https://idp.example/token",
    ] {
        assert!(text.contains(needed), "{needed}:\n{text}");
    }
    assert_eq!(FieldPath::named_in(&text), None, "{text}");
}

/// A server that does not trust the redirect URI, or knows no such client, shows that to the user (RFC 6749 §4.1.2.1).
#[test]
fn an_error_page_of_the_sign_in_points_to_the_registration() {
    for (says, field) in [
        ("No client lab-agentt is registered.", "sso.client_id"),
        ("Expected another redirect_uri.", "sso.redirect_uri"),
        ("Something went wrong.", "sso.client_id"),
    ] {
        let (session, _) = walk(scripted::profile(), |request| {
            let body = format!("<!doctype html><title>Error</title><p>{says}");
            (which(request) == "authorize").then(|| page(400, &body))
        });
        let told = verdict(&session);
        assert_eq!(told.owner, Party::Client, "{told:?}");
        assert_eq!(
            FieldPath::named_in(&told.fix).map(|field| field.0),
            Some(field)
        );
        // The page itself is kept and quoted.
        let because = told.because.join(" ");
        assert!(
            because.contains("was refused") && because.contains(&says[..10]),
            "{because}"
        );
        let text = export::handoff(&session, &told);
        for needed in [
            "redirect_uri: http://127.0.0.1:8765/callback",
            "client: sso-client",
            "status 400",
        ] {
            assert!(text.contains(needed), "{needed}:\n{text}");
        }
        assert_eq!(FieldPath::named_in(&text), None, "{text}");
    }
}

#[test]
fn a_hand_off_holds_nothing_of_an_earlier_try_with_another_server() {
    let refuse = |at: &'static str| {
        move |request: &jagwalk::protocol::exchange::Request| {
            let error = json!({ "error": "invalid_client" });
            (which(request) == at).then(|| answer(401, &error))
        }
    };
    let mut session = scripted::fresh(scripted::profile());
    let through = || Command::SendThrough(scripted::last());
    scripted::drive(&mut session, through(), refuse("jwt-bearer"));
    let at_as = export::handoff(&session, &verdict(&session));
    assert!(at_as.contains("POST https://as.todo.example"), "{at_as}");
    let again = Command::Send(jagwalk::flow::StepId("id-jag"));
    scripted::drive_at(
        &mut session,
        scripted::NOW.plus_secs(60),
        again,
        refuse("id-jag"),
    );
    let at_idp = export::handoff(&session, &verdict(&session));
    assert!(
        at_idp.contains("POST https://idp.example/token"),
        "{at_idp}"
    );
    assert!(!at_idp.contains("POST https://as.todo.example"), "{at_idp}");
}

#[test]
fn another_redirect_uri_is_another_request_and_another_port_of_the_listener_is_not() {
    let told = |uri: &str| {
        let mut session = scripted::happy();
        let edit = Command::Edit(fields::SSO_REDIRECT_URI, uri.to_owned());
        scripted::drive(&mut session, edit, |_| None);
        let edit = Command::Edit(fields::SSO_LOGIN, "follow".to_owned());
        scripted::drive(&mut session, edit, |_| None);
        let again = Command::Send(jagwalk::flow::StepId("authorize"));
        scripted::drive_at(
            &mut session,
            scripted::NOW.plus_secs(60),
            again,
            |request| (which(request) == "authorize").then(|| page(400, "<p>no")),
        );
        verdict(&session)
            .because
            .last()
            .cloned()
            .unwrap_or_default()
    };
    let other = told("http://127.0.0.1:8765/callbackx");
    assert!(other.ends_with("another redirect_uri is sent."), "{other}");
    let same = told("http://127.0.0.1:9999/callback");
    assert!(same.starts_with("The same request"), "{same}");
}

#[test]
fn how_long_to_wait_is_said_where_the_server_says_it() {
    let (session, _) = walk(scripted::profile(), |request| {
        (which(request) == "id-jag").then(|| {
            let mut came = page(429, "<!doctype html><h1>Slow down");
            if let Ok(Answer::Http(response)) = &mut came {
                let field = ("Retry-After".to_owned(), "30".to_owned());
                response.headers.push(field);
            }
            came
        })
    });
    let told = verdict(&session);
    assert!(told.fix.contains("Retry-After says (30 s)"), "{told:?}");
    let text = export::handoff(&session, &told);
    for needed in ["retry-after: 30", "it says (text/html): Slow down"] {
        assert!(text.contains(needed), "{needed}:\n{text}");
    }
}
