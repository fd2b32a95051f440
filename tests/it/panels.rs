//! The panels: every one in four states and three widths, hostile answers, and no secret in any row.

mod acme;

use std::{collections::BTreeSet, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jagwalk::{
    flow::{Artifact, StepId},
    profile::{FieldPath, fields},
    protocol::{
        exchange::Failure,
        http::{Bytes, Response, form_encode},
        secret::Secret,
    },
    session::{Command, Session, Vault},
    ui::{
        kept,
        panels::{PANELS, Panel},
        rail::{rail_line, rail_rows},
        rows::{CopyText, Cx, PanelState, Row, dressed, fold, is_folded, matches, plain, wrap},
        theme::{Glyphs, Role},
    },
};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use acme::{Acme, answer};

const ID_JAG: StepId = StepId("id-jag");
const CALL_API: StepId = StepId("call-api");
const AUTHORIZE: StepId = StepId("authorize");
const REDEEM: StepId = StepId("redeem-code");

fn cx(session: &Session, step: StepId, width: u16) -> Cx<'_> {
    Cx {
        session,
        step,
        now: acme::START.plus_secs(60),
        vault: &session.vault,
        glyphs: Glyphs::UNICODE,
        width,
        log_whole: true,
        attempt: None,
    }
}

/// What masks a session: all its secrets, or none.
fn seen_through(session: &Session, reveal: bool) -> Vault {
    if reveal {
        session.vault.without(&session.vault.ids())
    } else {
        session.vault.clone()
    }
}

fn panel(id: &str) -> &'static Panel {
    PANELS
        .iter()
        .find(|panel| panel.id == id)
        .expect("there is such a panel")
}

/// The rows as they are seen at first, with their folds as they stand.
fn seen(rows: &[Row]) -> String {
    let none = BTreeSet::new();
    let shown = fold(rows, &none).into_iter().map(|index| {
        let folded = is_folded(rows, &none, index);
        Row::new(dressed(rows, index, folded, Glyphs::UNICODE))
    });
    plain(&shown.collect::<Vec<_>>())
}

fn every_row(session: &Session, width: u16, reveal: bool) -> Vec<Row> {
    let vault = seen_through(session, reveal);
    let mut rows = Vec::new();
    for step in session.flow.steps() {
        let id = step.info().id;
        for panel in PANELS {
            for attempt in
                std::iter::once(None).chain((0..session.step(id).attempts.len()).map(Some))
            {
                let cx = Cx {
                    vault: &vault,
                    attempt,
                    ..cx(session, id, width)
                };
                rows.extend((panel.rows)(&cx));
                rows.extend((panel.badge)(&cx).map(|badge| Row::text(Role::Text, badge)));
            }
        }
        rows.extend(rail_rows(session, id, acme::START, 32, Glyphs::UNICODE));
        rows.push(Row::new(rail_line(session, id, width, Glyphs::UNICODE)));
    }
    rows
}

// ---- what they look like -------------------------------------------------------------------------------------------

fn states() -> Vec<(&'static str, Session)> {
    let mut not_run = Acme::new();
    not_run.through(REDEEM);
    let mut refused = Acme::new();
    refused.policy = |request| {
        request.form()?.get("requested_token_type")?;
        Some(answer(
            400,
            &[
                ("Content-Type", "application/json"),
                ("Date", "Sun, 22 Nov 2026 10:14:07 GMT"),
                ("x-okta-request-id", "aKx0c2-8Qk"),
            ],
            r#"{"error":"invalid_target","error_description":"'audience' is not allowed for this client.","big":12345678901234567890123,"twice":1,"twice":2}"#,
        ))
    };
    refused.through(ID_JAG);
    refused.command(Command::Send(ID_JAG));
    let mut done = Acme::new();
    done.through(CALL_API);
    vec![
        ("not run", not_run.session),
        ("blocked", Acme::new().session),
        ("refused", refused.session),
        ("done", done.session),
    ]
}

#[test]
fn each_panel_in_four_states_and_three_widths() {
    let states = states();
    for panel in PANELS {
        for width in [80, 120, 200] {
            let mut text = String::new();
            for (name, session) in &states {
                let cx = cx(session, ID_JAG, width);
                let rows = (panel.rows)(&cx);
                for row in &rows {
                    assert!(
                        row.width() <= usize::from(width),
                        "{} at {width}: {:?}",
                        panel.id,
                        row.plain()
                    );
                }
                let badge = (panel.badge)(&cx).unwrap_or_else(|| "–".to_owned());
                let _ = writeln!(text, "════ {name} · badge {badge}\n{}", seen(&rows));
            }
            insta::assert_snapshot!(format!("{}-{width}", panel.id), text);
        }
    }
}

#[test]
fn other_steps_have_their_own_faces() {
    let mut acme = Acme::new();
    acme.through(CALL_API);
    let mut text = String::new();
    for (step, id) in [
        (AUTHORIZE, "inputs"),
        (AUTHORIZE, "request"),
        (AUTHORIZE, "answer"),
        (REDEEM, "request"),
        (REDEEM, "tokens"),
        (StepId("discover-idp"), "answer"),
        (StepId("jwt-bearer"), "request"),
        (StepId("jwt-bearer"), "tokens"),
        (CALL_API, "request"),
        (CALL_API, "tokens"),
    ] {
        let rows = (panel(id).rows)(&cx(&acme.session, step, 100));
        let _ = writeln!(text, "════ {step} · {id}\n{}", plain(&rows));
    }
    insta::assert_snapshot!("steps", text);
}

#[test]
fn meanings_of_the_pieces() {
    let mut acme = Acme::new();
    acme.through(CALL_API);
    let mut text = String::new();
    for id in ["request", "answer", "tokens", "history"] {
        let _ = writeln!(text, "════ {id}");
        for row in (panel(id).rows)(&cx(&acme.session, ID_JAG, 80)) {
            let _ = writeln!(text, "{}", row.plain().trim_end());
            let pieces = row.spans.iter().filter(|(_, text)| !text.trim().is_empty());
            let runs: Vec<String> = pieces
                .map(|(role, text)| format!("{}:{}", role.name(), text.width()))
                .collect();
            let at = row
                .at
                .as_ref()
                .map(|at| format!(" @ {at}"))
                .unwrap_or_default();
            let note = row
                .note
                .as_ref()
                .map(|note| format!(" # {note}"))
                .unwrap_or_default();
            let _ = writeln!(text, "    {}{at}{note}", runs.join(" "));
        }
    }
    insta::assert_snapshot!("roles", text);
}

#[test]
fn the_rail_in_four_states() {
    let mut text = String::new();
    for (name, mut session) in states() {
        if name == "done" {
            session.command(
                Command::Edit(fields::AGENT_AUDIENCE, "urn:other".to_owned()),
                acme::ink(90),
            );
        }
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            for width in [80, 40, 12] {
                let line = Row::new(rail_line(&session, ID_JAG, width, glyphs));
                assert!(line.width() <= usize::from(width), "{:?}", line.plain());
                let _ = writeln!(text, "{}", line.plain());
            }
            let rows = rail_rows(&session, ID_JAG, acme::START.plus_secs(60), 32, glyphs);
            for row in &rows {
                assert!(row.width() <= 32, "{:?}", row.plain());
            }
            let _ = writeln!(text, "════ {name}\n{}", plain(&rows));
        }
    }
    insta::assert_snapshot!("rail", text);
}

#[test]
fn drawing_twice_gives_the_same_rows_at_any_width() {
    for (_, session) in states() {
        for width in [0, 1, 2, 7, 19, 40, 250] {
            let once = every_row(&session, width, false);
            assert_eq!(once, every_row(&session, width, false));
            if width >= 8 {
                let wide = once
                    .iter()
                    .find(|row| row.width() > usize::from(width).max(32));
                assert_eq!(wide, None);
            }
        }
    }
}

#[test]
fn panels_that_are_kept_are_the_same_at_any_time() {
    for (name, session) in states() {
        for (step, id) in session.flow.steps().flat_map(|step| {
            let id = step.info().id;
            kept::TIMELESS.iter().map(move |panel| (id, *panel))
        }) {
            let now = cx(&session, step, 100);
            let later = Cx {
                now: acme::START.plus_secs(86_400),
                ..now
            };
            let panel = panel(id);
            assert_eq!(
                (panel.rows)(&now),
                (panel.rows)(&later),
                "{name} {step} {id}"
            );
        }
    }
}

// ---- what the panels say -------------------------------------------------------------------------------------------

fn said(session: &Session, step: StepId, id: &str) -> String {
    plain(&(panel(id).rows)(&cx(session, step, 200)))
}

#[test]
fn the_request_says_whether_it_went_and_when_it_will_go_again() {
    let mut acme = Acme::new();
    acme.through(REDEEM);
    assert!(said(&acme.session, ID_JAG, "request").starts_with("will be sent"));
    acme.through(ID_JAG);
    assert!(said(&acme.session, ID_JAG, "request").starts_with("sent 2026-"));
    acme.command(Command::Edit(
        fields::AGENT_AUDIENCE,
        "urn:other".to_owned(),
    ));
    let text = said(&acme.session, ID_JAG, "request");
    assert!(
        text.starts_with("will be sent again after the edit"),
        "{text}"
    );
    assert!(text.contains("urn:other"), "{text}");
    let first = Cx {
        attempt: Some(0),
        ..cx(&acme.session, ID_JAG, 200)
    };
    let text = plain(&(panel("request").rows)(&first));
    assert!(
        text.starts_with("sent 2026-") && !text.contains("urn:other"),
        "{text}"
    );
}

#[test]
fn the_form_says_what_is_needed_and_what_is_handed_in() {
    let mut acme = Acme::new();
    acme.command(Command::Edit(fields::IDP_ISSUER, String::new()));
    let rows = (panel("inputs").rows)(&cx(&acme.session, StepId("discover-idp"), 80));
    let row = rows
        .iter()
        .find(|row| row.field == Some(fields::IDP_ISSUER))
        .unwrap();
    assert!(row.plain().contains("needed"), "{}", row.plain());
    let mut acme = Acme::new();
    let token = acme.id_token("n");
    acme.command(Command::UseExisting(
        Artifact::IdToken,
        Secret::minted("t", token),
    ));
    let text = said(&acme.session, ID_JAG, "inputs");
    assert!(text.contains("handed in"), "{text}");
    let text = said(&acme.session, REDEEM, "tokens");
    assert!(
        text.contains("of alice@acme.example") && text.contains("handed in"),
        "{text}"
    );
}

#[test]
fn a_token_says_when_it_was_gained_of_what_and_why_it_is_stale() {
    let mut acme = Acme::new();
    acme.through(CALL_API);
    let text = said(&acme.session, REDEEM, "tokens");
    assert!(text.contains("made from    the code, of step 3"), "{text}");
    let text = said(&acme.session, ID_JAG, "tokens");
    let attempt = acme.session.step(ID_JAG).last().unwrap();
    let gained = attempt.tokens[0].gained;
    let age = gained.in_words(acme::START.plus_secs(60));
    assert!(age.ends_with(" s ago)"), "{age}");
    assert!(text.contains(&format!("gained       {age}")), "{text}");
    assert!(text.contains("made from    ID Token, of step 4"), "{text}");
    assert!(
        text.contains("ends in ") && text.contains("from step 5, fresh"),
        "{text}"
    );
    assert!(!text.contains("stale"), "{text}");
    let rail = |session: &Session| {
        plain(&rail_rows(
            session,
            ID_JAG,
            acme::START.plus_secs(60),
            32,
            Glyphs::UNICODE,
        ))
    };
    assert!(
        rail(&acme.session).contains("min fresh"),
        "{}",
        rail(&acme.session)
    );

    // The ID Token is made anew: what came of the old one is stale, and says of which step.
    acme.command(Command::Send(AUTHORIZE));
    acme.command(Command::Send(REDEEM));
    let text = said(&acme.session, ID_JAG, "tokens");
    assert!(
        text.contains("from step 5, stale") && text.contains("stale        step 3 ran again."),
        "{text}"
    );
    let stale = rail(&acme.session);
    assert!(
        stale
            .lines()
            .any(|line| line.contains("ID-JAG") && line.ends_with("stale")),
        "{stale}"
    );
    acme.through(CALL_API);
    assert!(!said(&acme.session, ID_JAG, "tokens").contains("stale"));

    // An edit is no step, and a client that is another one is worth its own words.
    acme.command(Command::Edit(
        fields::AGENT_AUDIENCE,
        "urn:other".to_owned(),
    ));
    let text = said(&acme.session, ID_JAG, "tokens");
    assert!(
        text.contains("stale        something before it has changed."),
        "{text}"
    );
    acme.command(Command::Edit(fields::SSO_CLIENT_ID, "another".to_owned()));
    let text = said(&acme.session, REDEEM, "tokens");
    assert!(
        text.contains("stale        its server or its client is another in the profile now."),
        "{text}"
    );
}

#[test]
fn what_came_instead_is_named_for_what_it_is() {
    let cases: &[(u16, &str, &[u8], &str)] = &[
        (
            200,
            "text/html",
            b"<!DOCTYPE html><html>Sign in</html>",
            "an HTML page",
        ),
        (
            502,
            "",
            b"<html><body>Bad gateway</body></html>",
            "an HTML page",
        ),
        (200, "application/json", b"", "empty"),
        (200, "application/json", b"{\"a\": nope}", "does not parse"),
        (
            200,
            "application/octet-stream",
            b"\x00\x01\x02PNG",
            "no text",
        ),
        (200, "text/plain", b"caf\xe9 au lait", "not valid UTF-8"),
        (
            200,
            "text/plain",
            b"{\"a\":1}",
            "It is JSON, but it came as text/plain",
        ),
    ];
    for (status, kind, body, says) in cases {
        let mut acme = Acme::new();
        acme.api = Some(Response {
            status: *status,
            headers: vec![("content-type".to_owned(), (*kind).to_owned())],
            body: Bytes(body.to_vec()),
            body_size: body.len() as u64,
            cut: None,
        });
        acme.through(CALL_API);
        let text = said(&acme.session, CALL_API, "answer");
        assert!(text.contains(says), "expected {says:?} in:\n{text}");
    }
}

#[test]
fn a_cut_body_and_a_huge_one_say_how_much_is_not_shown() {
    let mut acme = Acme::new();
    let item = r#"{"id": 1, "title": "buy milk"},"#;
    let body = format!("[{}", item.repeat(16 * 1024 * 1024 / item.len()));
    acme.api = Some(Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes(body.into_bytes()),
        body_size: 50_000_000,
        cut: Some("only the first 16 MB are kept".to_owned()),
    });
    acme.through(CALL_API);
    let before = std::time::Instant::now();
    let rows = (panel("answer").rows)(&cx(&acme.session, CALL_API, 80));
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
    assert!(rows.len() < 4000, "{}", rows.len());
    let text = plain(&rows);
    assert!(
        text.contains("50.0 MB") && text.contains("not shown"),
        "{}",
        &text[text.len() - 500..]
    );
}

#[test]
fn a_failure_is_a_sentence_with_a_hint() {
    let mut acme = Acme::new();
    acme.fails = Some(Failure::Connect(
        "127.0.0.1:9 refused the connection".to_owned(),
    ));
    acme.through(StepId("discover-idp"));
    let text = said(&acme.session, StepId("discover-idp"), "answer");
    assert!(
        text.contains("No connection: 127.0.0.1:9 refused") && text.contains("Is the server up"),
        "{text}"
    );
    // Once: what is made of it is the same sentence.
    assert_eq!(text.matches("No connection: ").count(), 1, "{text}");
    assert!(said(&acme.session, ID_JAG, "log").contains("no connection"));
    assert!(said(&acme.session, StepId("discover-idp"), "history").contains("not reachable"));
}

// ---- text from outside is data ---------------------------------------------------------------------------------------

const HOSTILE: &str = "\x1b[2J\x1b]0;owned\x07 \u{202e}nimda\u{200b}\u{feff}\0\r\n\t\u{9b}31m";

fn no_controls(rows: &[Row]) {
    let check = |text: &str| {
        let bad = text
            .chars()
            .find(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}' | '\u{feff}'));
        assert_eq!(bad, None, "{text:?}");
    };
    for row in rows {
        row.spans.iter().for_each(|(_, text)| check(text));
        row.note.iter().for_each(|note| check(note));
    }
}

#[test]
fn hostile_texts_become_marks_everywhere() {
    let mut acme = Acme::new();
    acme.command(Command::Edit(
        fields::AGENT_SCOPE,
        format!("todo {}", HOSTILE.replace(['\0', '\r', '\n', '\t'], "")),
    ));
    acme.hostile = Some(HOSTILE);
    acme.through(CALL_API);
    let rows = every_row(&acme.session, 80, false);
    no_controls(&rows);
    no_controls(&every_row(&acme.session, 80, true));
    assert!(plain(&rows).contains("‹U+202E›nimda"));
}

#[test]
fn a_token_of_a_megabyte_is_shown_by_its_beginning() {
    let mut acme = Acme::new();
    acme.extra_claim = Some("x".repeat(1024 * 1024));
    acme.through(CALL_API);
    let before = std::time::Instant::now();
    let rows = (panel("tokens").rows)(&cx(&acme.session, REDEEM, 80));
    assert!(before.elapsed().as_secs() < 5, "{:?}", before.elapsed());
    assert!(rows.len() < 500, "{}", rows.len());
    assert!(plain(&rows).contains("more characters"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_body_and_no_header_reaches_the_terminal(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..400),
            "[\\x00-\\x1f\\x7f-\\x9f{}\\[\\]:,\"a\\\\\u{202e}]{0,200}".prop_map(String::into_bytes),
            any::<String>().prop_map(|text| serde_json::json!({ "a": text, "b": [text, {}] }).to_string().into_bytes()),
        ],
        name in any::<String>(),
        value in any::<String>(),
        status in 100u16..700,
    ) {
        let mut acme = Acme::new();
        acme.api = Some(Response {
            status,
            headers: vec![(name, value.clone()), ("content-type".to_owned(), value)],
            body_size: body.len() as u64,
            body: Bytes(body),
            cut: None,
        });
        acme.through(CALL_API);
        for id in ["answer", "log", "history", "request"] {
            for reveal in [false, true] {
                let vault = &seen_through(&acme.session, reveal);
                no_controls(&(panel(id).rows)(&Cx { vault, ..cx(&acme.session, CALL_API, 60) }));
            }
        }
    }
}

// ---- secrets stay in -------------------------------------------------------------------------------------------------

#[test]
fn an_echoing_server_gives_no_secret_away() {
    let mut acme = Acme::new();
    acme.through(StepId("jwt-bearer"));
    let bag = &acme.session.walk.bag;
    let secrets: Vec<String> = [
        Artifact::Code,
        Artifact::Verifier,
        Artifact::IdToken,
        Artifact::SsoAccessToken,
        Artifact::RefreshToken,
        Artifact::IdJag,
        Artifact::AccessToken,
    ]
    .into_iter()
    .map(|artifact| {
        bag.value(artifact)
            .expect("the walk has it")
            .reveal()
            .to_owned()
    })
    .chain([acme::CLIENT_SECRET.to_owned()])
    .collect();
    let mut forms: BTreeSet<String> = BTreeSet::new();
    let mut echo = String::new();
    for secret in &secrets {
        for form in [
            secret.clone(),
            form_encode(secret),
            STANDARD.encode(secret),
            serde_json::to_string(secret).unwrap(),
        ] {
            let _ = writeln!(echo, "you sent {form} to me");
            forms.insert(form.trim_matches('"').to_owned());
        }
    }
    let json = serde_json::json!({ "echo": echo, "list": secrets, "nested": { "basic": STANDARD.encode(format!("acme-sso:{}", form_encode(acme::CLIENT_SECRET))) } });
    let escaped = json.to_string().replace('&', "\\u0026");
    for (kind, body) in [
        ("application/json", escaped),
        ("text/plain", echo.clone()),
        ("text/html", format!("<html>{echo}")),
    ] {
        acme.api = Some(answer(
            500,
            &[
                ("Content-Type", kind),
                ("x-echo", &secrets[3]),
                ("set-cookie", "session=s3cr3t-cookie-value; path=/"),
            ],
            &body,
        ));
        acme.command(Command::Send(CALL_API));
        let rows = every_row(&acme.session, 300, false);
        let mut shown = plain(&rows);
        for row in &rows {
            shown.extend(row.note.iter().map(String::as_str));
            if let Some(CopyText::Plain(text)) = &row.copy {
                let _ = writeln!(shown, "{text}");
            }
        }
        let basic = STANDARD.encode(format!("acme-sso:{}", form_encode(acme::CLIENT_SECRET)));
        for form in forms
            .iter()
            .map(String::as_str)
            .chain(["s3cr3t-cookie-value", &basic])
        {
            assert!(
                !shown.contains(form),
                "{kind}: {form} in\n{}",
                around(&shown, form)
            );
        }
        let debug = format!("{rows:?}");
        assert!(!debug.contains(acme::CLIENT_SECRET));
    }
    let revealed = plain(&every_row(&acme.session, 4000, true));
    assert!(revealed.contains(acme::CLIENT_SECRET));
}

fn around(text: &str, needle: &str) -> String {
    text.lines()
        .find(|line| line.contains(needle))
        .unwrap_or_default()
        .to_owned()
}

// ---- rows ------------------------------------------------------------------------------------------------------------

#[test]
fn folds_hide_and_finding_opens_them() {
    let mut acme = Acme::new();
    acme.through(ID_JAG);
    let rows = (panel("request").rows)(&cx(&acme.session, ID_JAG, 80));
    let mut state = PanelState::default();
    let shown = fold(&rows, &state.folds);
    assert!(
        shown.len() < rows.len(),
        "what is inside the assertions is folded at first"
    );
    let found = matches(&rows, "CLIENT-AUTHENTICATION+JWT");
    assert!(
        !shown.contains(&found[0]),
        "it is counted though a fold hides it"
    );
    state.go_to(found[0], &rows, 10);
    assert!(
        rows[state.cursor]
            .plain()
            .contains("client-authentication+jwt")
    );
    let open = fold(&rows, &state.folds);
    assert!(open.contains(&state.cursor));
    assert!(state.seen(&rows, 10).contains(&state.cursor));
    state.toggle(&rows, 10);
    assert!(rows[state.cursor].heading);
    state.home(&rows, 10);
    assert_eq!((state.cursor, state.scroll), (0, 0));
    state.end(&rows, 10);
    assert_eq!(Some(&state.cursor), fold(&rows, &state.folds).last());
    assert_eq!(state.seen(&rows, 10).len(), 10);
    state.clamp(&[], 10);
    assert_eq!(state.cursor, 0);
}

proptest! {
    #[test]
    fn wrapping_loses_nothing_and_keeps_the_width(text in "[a-zß日本 ,.:👍]{0,300}", width in 8u16..60) {
        let row = Row::pair("name", 6, Role::FieldValue, text.clone());
        let rows = wrap(vec![row.clone()], width);
        for row in &rows {
            prop_assert!(row.width() <= usize::from(width), "{:?}", row.plain());
        }
        let without = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
        prop_assert_eq!(without(&rows.iter().map(Row::plain).collect::<String>()), without(&row.plain()));
    }
}

#[test]
fn every_field_of_a_step_can_be_edited_from_its_form() {
    let acme = Acme::new();
    for step in acme.session.flow.steps() {
        let rows = (panel("inputs").rows)(&cx(&acme.session, step.info().id, 80));
        let fields: BTreeSet<FieldPath> = rows.iter().filter_map(|row| row.field).collect();
        for field in step.info().fields {
            assert!(fields.contains(field), "{} of {}", field, step.info().id);
        }
    }
}
