//! What the verdict says where no rule of the catalogue speaks, and what goes to the other side.

use jagwalk::{
    export,
    lint::verdict::Judgement,
    profile::{FieldPath, fields},
    protocol::party::Party,
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
