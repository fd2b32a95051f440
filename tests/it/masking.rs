//! What is masked on the screen: everything, until it is revealed one by one and for a time; and people too while the
//! screen is shared. Every flow, every panel of every step, everything that can lie over it, at three sizes.

use std::collections::BTreeSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use crossterm::event::KeyEvent;
use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    flow::{Artifact, Flow, Ink, flows::FLOWS},
    profile::{FieldValue, Profile, SecretSource, fields, import, load},
    protocol::{
        exchange::{Answer, Hop, Redirect, Request, Via},
        http::{Bytes, Response},
        secret::Secret,
        time::Timestamp,
    },
    session::{Command, Session, headless::End},
    ui::{
        copy, farewell,
        hits::Hits,
        keymap::{Key, Keymap},
        layout,
        link::links,
        masking::{Masking, SHOWN_FOR},
        model::{Ask, Editor, Model, ProfileEntry, Purpose, Start, Taking, Then},
        overlays::{Overlay, check, help::Asked},
        panels::PANELS,
        picture::svg,
        places::Places,
        rows::PanelState,
        theme::{Depth, Glyphs, Shelf},
        update::{Msg, startup, update},
        view::view,
        widgets::field::{Input, Shape},
    },
};
use ratatui::{buffer::Buffer, layout::Rect};
use serde_json::json;

use crate::{scripted, walks};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

// ---- what is looked for ------------------------------------------------------------------------------------------

/// Texts that must not be seen, each with what it is: a failing test says that, not the text.
#[derive(Default)]
struct Canaries(Vec<(String, String)>);

impl Canaries {
    /// Adds a text in every way that it may be written; of a token its pieces, too.
    fn add(&mut self, what: &str, text: &str) {
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let pieces = text.split('.').skip(1).filter(|piece| piece.len() > 40);
        let forms = [
            text.to_owned(),
            encoded,
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
        ];
        // The beginning of a piece is enough: what is long is cut on a small screen.
        let heads = pieces.map(|piece| piece[..24].to_owned());
        for form in forms.into_iter().chain(heads) {
            self.0.push((what.to_owned(), stripped(&form)));
        }
    }

    fn of(texts: &[(&str, &str)]) -> Self {
        let mut canaries = Self::default();
        for (what, text) in texts {
            canaries.add(what, text);
        }
        canaries
    }

    #[track_caller]
    fn are_not_in(&self, seen: &[String], place: &str) {
        for text in seen {
            for (what, form) in &self.0 {
                if let Some(at) = text.find(form.as_str()) {
                    let before: Vec<char> = text[..at].chars().rev().take(60).collect();
                    let before: String = before.into_iter().rev().collect();
                    panic!("{what} is seen in {place}, after {before:?}");
                }
            }
        }
    }

    #[track_caller]
    fn are_in(&self, seen: &[String], place: &str) {
        for (what, form) in &self.0 {
            assert!(
                seen.iter().any(|text| text.contains(form.as_str())),
                "{what} is not seen in {place}"
            );
        }
    }
}

/// Without blanks and lines: a text that was broken over two lines is still found.
fn stripped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !"│─".contains(*c))
        .collect()
}

/// Returns every secret that a walk has come by.
fn secrets_of(session: &Session) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = Vec::new();
    for field in fields::FIELDS {
        if let Some(FieldValue::Secret(SecretSource::Inline(secret))) =
            session.profile.own(field.path)
        {
            secrets.push(secret.clone());
        }
    }
    for state in &session.walk.steps {
        let attempts = state.attempts.iter();
        secrets.extend(state.given.iter().map(|record| record.token.raw.clone()));
        for attempt in attempts {
            secrets.extend(attempt.tokens.iter().map(|record| record.token.raw.clone()));
            for made in &attempt.made {
                secrets.extend(made.exchange.request.http().secrets().into_iter().cloned());
            }
        }
    }
    let held = session
        .walk
        .bag
        .iter()
        .filter(|(artifact, _)| artifact.is_secret());
    secrets.extend(held.map(|(_, held)| held.value.clone()));
    secrets.retain(|secret| secret.len() > 3 && !secret.reveal().starts_with('‹'));
    secrets
}

fn canaries_of(session: &Session) -> Canaries {
    canaries_apart_from("", session)
}

/// Returns the canaries of a session, but those that have to do with a text: that are in it or around it.
fn canaries_apart_from(token: &str, session: &Session) -> Canaries {
    let mut canaries = Canaries::default();
    for secret in secrets_of(session) {
        let text = secret.reveal();
        if token.is_empty() || !token.contains(text) && !text.contains(token) {
            canaries.add(secret.name(), text);
        }
    }
    // Tokens of one issuer begin alike.
    let token = stripped(token);
    canaries
        .0
        .retain(|(_, form)| !token.contains(form.as_str()));
    canaries
}

// ---- a screen that anything can be put on ------------------------------------------------------------------------

fn model(session: Session, size: (u16, u16), now: Timestamp, share: bool) -> Model {
    let start = Start {
        session,
        has_file: true,
        problems: Vec::new(),
        warnings: Vec::new(),
        keys: Keymap::default(),
        mouse: false,
        places: Places::default(),
        theme: "terminal".to_owned(),
        theme_chosen: true,
        shelf: Shelf::default(),
        depth: Depth::Sixteen,
        glyphs: Glyphs::UNICODE,
        share,
    };
    let mut model = Model::new(start, size, now);
    drop(startup(&mut model));
    // Nobody performs what it asks for.
    model.awaited.clear();
    model
}

fn tell(model: &mut Model, msg: Msg) {
    let now = model.now;
    tell_at(model, msg, now);
}

fn tell_at(model: &mut Model, msg: Msg, now: Timestamp) {
    drop(update(
        model,
        msg,
        &Hits::default(),
        Ink { now, seed: [7; 32] },
    ));
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.split(' ') {
        let key = Key::parse(key).expect("a key");
        let event: KeyEvent = key.event();
        tell(model, Msg::Key(event));
    }
}

/// Lets the model find out what is under the cursor and what is masked.
fn settle(model: &mut Model) {
    let (columns, lines) = model.size;
    tell(model, Msg::Resize(columns, lines));
}

fn drawn(model: &Model) -> String {
    let (columns, lines) = model.size;
    let area = Rect::new(0, 0, columns, lines);
    let mut cells = Buffer::empty(area);
    view(model, area, &mut cells);
    let lines = cells.content.chunks(usize::from(columns.max(1)));
    let text =
        |line: &[ratatui::buffer::Cell]| line.iter().map(ratatui::buffer::Cell::symbol).collect();
    lines.map(text).collect::<Vec<String>>().join("\n")
}

/// Returns all that can be seen: the cells, and the rows with their notes, however far one would have to scroll.
fn seen(model: &Model) -> Vec<String> {
    let rows = model.rows(layout::rows_area(model).0);
    let texts: String = rows.iter().map(jagwalk::ui::rows::Row::plain).collect();
    let notes: BTreeSet<&str> = rows.iter().filter_map(|row| row.note.as_deref()).collect();
    let notes: Vec<&str> = notes.into_iter().collect();
    let mut all = vec![
        stripped(&drawn(model)),
        stripped(&texts),
        stripped(&notes.join("\n")),
    ];
    all.extend(links(model).into_iter().map(|link| link.address));
    all
}

/// Looks at every panel of every step.
fn each_panel(model: &mut Model, mut look: impl FnMut(&Model, &str)) {
    let steps: Vec<_> = model.session().steps().map(|step| step.info().id).collect();
    for step in steps {
        let attempts = model.session().step(step).attempts.len();
        for attempt in std::iter::once(None).chain((0..attempts.saturating_sub(1)).map(Some)) {
            for panel in PANELS {
                let place = model.place_mut();
                (place.step, place.chosen, place.attempt) = (step, Some(panel.id), attempt);
                settle(model);
                look(model, &format!("{} of {step}", panel.id));
            }
        }
    }
}

/// Looks at everything that can lie over the walk, at the boxes with every secret and name typed into them, at
/// questions and sentences that hold them, and at what stays behind.
fn each_door(model: &mut Model, texts: &[&str], mut look: impl FnMut(&Model, &str)) {
    let state = PanelState::default;
    let overlays = [
        Overlay::Help(Asked::of(model).into(), state()),
        Overlay::Rule("IDJAG-TYP", state()),
        Overlay::Profiles(state()),
        Overlay::Profile(state()),
        Overlay::Flows(state()),
        Overlay::Copy(copy::items(model).into(), state()),
        Overlay::Existing(state()),
        Overlay::Faults(state()),
        Overlay::Address(state()),
        Overlay::Qr(state()),
        Overlay::Check(state()),
        Overlay::Import(state()),
        Overlay::Ledger(state()),
        Overlay::Handoff(state()),
        Overlay::Explain(state()),
        Overlay::Themes(state()),
    ];
    let all = texts.join(" and ");
    model.warnings = vec![all.clone()];
    model.screen.check.state = check::State::Failed(all.clone());
    model.screen.import = import::read("AUTH0_CLIENT_SECRET=hunter2\nLOGIN_HINT=alice\n")
        .ok()
        .map(Box::new);
    model.profiles = vec![ProfileEntry {
        name: "acme".to_owned(),
        title: all.clone(),
        problems: vec![all.clone()],
        ..ProfileEntry::default()
    }];
    for overlay in overlays {
        let name = overlay.title();
        model.screen.overlay = Some(overlay);
        settle(model);
        look(model, name);
    }
    model.screen.overlay = None;
    press(model, ":");
    settle(model);
    look(model, "the palette");
    press(model, "esc");
    let typed = |shape, text: &str| {
        let mut input = Input::new(shape, "");
        input.paste(text);
        Taking::Typed(Box::new(input))
    };
    let boxes = [
        (Purpose::Find, Shape::Line),
        (Purpose::Palette, Shape::Line),
        (Purpose::Import, Shape::Line),
        (Purpose::Redirect, Shape::Word),
        (Purpose::Existing(Artifact::IdToken), Shape::Secret),
        (Purpose::Trace, Shape::Line),
    ];
    // One of each kind.
    let fields = [
        (fields::SSO_CLIENT_SECRET, Shape::Secret),
        (fields::SSO_PARAMS, Shape::Text),
        (fields::API_BODY, Shape::Text),
        (fields::ACTOR_ISSUER_SUBJECT, Shape::Line),
        (fields::AGENT_RESOURCE, Shape::List),
    ];
    let fields = fields.map(|(path, shape)| (Purpose::Field(path), shape));
    model.screen.overlay = Some(Overlay::Profile(state()));
    for (purpose, shape) in boxes.into_iter().chain(fields) {
        for text in texts {
            let name = format!("the box for {purpose:?}");
            if let Purpose::Field(path) = &purpose {
                // It is edited in its own row.
                settle(model);
                let rows = model.rows(layout::rows_area(model).0);
                let at = rows
                    .iter()
                    .position(|row| row.field == Some(*path))
                    .expect("a row");
                model.rows_state_mut().go_to(at, &rows, 3);
            }
            model.screen.editor = Some(Editor {
                purpose: purpose.clone(),
                taking: typed(shape, text),
                says: Some(format!("{text} is wrong.")),
                pick: 0,
                before: None,
            });
            settle(model);
            look(model, &name);
        }
    }
    (model.screen.editor, model.screen.overlay) = (None, None);
    model.screen.ask = Some(Ask {
        says: all.clone(),
        then: Then::Quit,
    });
    look(model, "a question");
    model.screen.ask = None;
    model.warn(all.clone());
    look(model, "a sentence");
    model.screen.toast = None;
}

/// Of which session, and what is in it.
struct Walked {
    name: String,
    session: Session,
    now: Timestamp,
    people: Vec<&'static str>,
}

impl Walked {
    fn model(&self, size: (u16, u16), share: bool) -> Model {
        model(self.session.clone(), size, self.now, share)
    }
}

// ---- the walks -------------------------------------------------------------------------------------------------------

async fn lab_walk(flow: &'static Flow) -> Walked {
    let (mut profile, _) = load::load(LAB, LAB_TEXT);
    flow.fit(&mut profile);
    let lab = start::lab_for(&mut profile).await.unwrap().unwrap();
    let world = walks::world(&profile);
    let mut session = walks::session_of(flow, profile);
    let end = walks::drive(&mut session, world).await;
    assert!(
        end == End::Done,
        "{}: {}",
        flow.id.0,
        walks::story(&session)
    );
    drop(lab);
    let ended = session.walk.steps.iter().flat_map(|step| &step.attempts);
    let now = ended
        .filter_map(|attempt| attempt.ended)
        .max()
        .expect("it was walked");
    let claims = session
        .walk
        .steps
        .iter()
        .flat_map(|step| &step.attempts)
        .flat_map(|attempt| &attempt.tokens);
    let claims: Vec<&str> = claims
        .filter_map(|record| record.token.claims.text.as_deref())
        .collect();
    let mut people = vec!["alice@example.com", "u-1001-alice", "user:alice"];
    people.retain(|who| {
        claims
            .iter()
            .any(|text| text.contains(&format!("\"{who}\"")))
    });
    assert!(
        !people.is_empty(),
        "{} is about nobody: {claims:?}",
        flow.id.0
    );
    Walked {
        name: flow.id.0.to_owned(),
        session,
        now,
        people,
    }
}

/// The mail address, the id and the rest that the scripted servers tell of a person.
const PEOPLE: [&str; 6] = [
    "alice@acme.example",
    "alice-1",
    "Alice Abel-Ypsilon",
    "ada.hint",
    "+12065550100",
    "helpdesk-9",
];

const COOKIE: &str = "cookie-0451-canary";
const FRAGMENT: &str = "fragment-opaque-access-77";
const CHALLENGE: &str = "challenged-token-9913";

/// Servers that send back whatever they got, in every writing; `html` sends it as a page.
fn hostile(html: bool) -> Walked {
    let mut profile: Profile = scripted::profile();
    for (path, value) in [
        ("sso.params", "login_hint=ada.hint"),
        ("title", "Acme of alice@acme.example"),
    ] {
        profile.edit_at(path, value).expect("it fits");
    }
    let mut session = scripted::fresh(profile);
    scripted::drive(
        &mut session,
        Command::SendThrough(scripted::last()),
        |request| {
            if let Request::Browser(asked) = request {
                let code = url::form_urlencoded::byte_serialize(scripted::CODE.as_bytes())
                    .collect::<String>();
                let url = format!(
                    "http://127.0.0.1:8765/callback?code={code}&state={}&iss={}#access_token={FRAGMENT}",
                    asked.state,
                    scripted::IDP
                );
                let hop = Hop {
                    url: format!(
                        "https://idp.example/go?access_token={FRAGMENT}&login_hint=ada.hint"
                    ),
                    status: 302,
                };
                return Some(Ok(Answer::Redirect(Redirect {
                    url: Secret::minted("redirect", url),
                    via: Via::Listener,
                    hops: vec![hop],
                })));
            }
            if !scripted::is_exchange(request) {
                return None;
            }
            let token = scripted::field(request.http(), "subject_token").expect("a subject");
            let assertion =
                scripted::field(request.http(), "client_assertion").expect("an assertion");
            let echo = format!(
                "{token} {} {} {} {assertion} alice@acme.example {} helpdesk-9",
                STANDARD.encode(&token),
                URL_SAFE_NO_PAD.encode(scripted::SSO_SECRET),
                url::form_urlencoded::byte_serialize(scripted::SSO_SECRET.as_bytes())
                    .collect::<String>(),
                STANDARD.encode("alice@acme.example"),
            );
            let body = if html {
                format!(
                    "<!doctype html><html><body><a href=\"/x?id_token={token}\">{echo}</a></body></html>"
                )
            } else {
                json!({
                "error": "access_denied", "error_description": echo, "error_uri": format!("https://idp.example/?t={token}"),
                "user": {
                    "email": "alice@acme.example", "name": "Alice Abel-Ypsilon", "phone_number": "+12065550100",
                    "act": { "sub": "helpdesk-9" },
                },
            })
            .to_string()
            };
            Some(Ok(Answer::Http(Response {
                status: if html { 200 } else { 400 },
                headers: vec![
                    (
                        "Content-Type".to_owned(),
                        if html {
                            "text/html"
                        } else {
                            "application/json"
                        }
                        .to_owned(),
                    ),
                    ("X-Debug".to_owned(), format!("Bearer {token}; {echo}")),
                    (
                        "Location".to_owned(),
                        format!("/next?access_token={FRAGMENT}"),
                    ),
                    ("Set-Cookie".to_owned(), format!("sid={COOKIE}; Secure")),
                    (
                        "WWW-Authenticate".to_owned(),
                        format!("Bearer error=\"x\", access_token=\"{CHALLENGE}\""),
                    ),
                ],
                body_size: body.len() as u64,
                body: Bytes(body.into_bytes()),
                cut: None,
            })))
        },
    );
    let name = if html {
        "a hostile page"
    } else {
        "a hostile answer"
    };
    let mut people = PEOPLE.to_vec();
    if html {
        // Nothing but the answer tells these, and a page tells nothing that could be understood.
        people.retain(|who| !["Alice Abel-Ypsilon", "+12065550100", "helpdesk-9"].contains(who));
    }
    Walked {
        name: name.to_owned(),
        session,
        now: scripted::NOW.plus_secs(40),
        people,
    }
}

/// A sign-in that waits for the browser.
fn waiting() -> Walked {
    let mut profile = scripted::profile();
    profile
        .edit_at("sso.params", "login_hint=ada.hint")
        .expect("it fits");
    let mut session = scripted::fresh(profile);
    let ink = || Ink {
        now: scripted::NOW,
        seed: scripted::SEED,
    };
    let mut waits = false;
    let mut effects = session.command(Command::SendThrough(scripted::last()), ink());
    while let Some(effect) = effects.pop() {
        use jagwalk::session::{Effect, Event, Had};
        let event = match effect {
            Effect::Send {
                request: Request::Browser(_),
                ..
            } => {
                waits = true;
                continue;
            }
            Effect::Send { send, request, .. } => {
                let outcome = scripted::usual(&request, scripted::NOW);
                scripted::answered(send, request, outcome, scripted::NOW)
            }
            Effect::Prepare { send, .. } => {
                let uri = "http://127.0.0.1:8765/callback".to_owned();
                Event::Prepared {
                    send,
                    had: vec![Had::Listener(Ok(uri))],
                }
            }
            Effect::Deliver { .. } | Effect::Abort(_) => continue,
        };
        effects.extend(session.event(event, ink()));
    }
    assert!(waits && session.waiting().is_some());
    Walked {
        name: "a sign-in".to_owned(),
        session,
        now: scripted::NOW,
        people: vec!["ada.hint"],
    }
}

fn scripted_walks() -> Vec<Walked> {
    let happy = Walked {
        name: "a scripted walk".to_owned(),
        session: scripted::happy(),
        now: scripted::NOW.plus_secs(40),
        people: vec!["alice@acme.example", "alice-1"],
    };
    vec![happy, hostile(false), hostile(true), waiting()]
}

const SCRIPTED: [(&str, &str); 7] = [
    ("the sign-in secret", scripted::SSO_SECRET),
    ("the secret at the resource AS", scripted::AS_SECRET),
    ("the code", scripted::CODE),
    ("the refresh token", scripted::REFRESH),
    ("a cookie", COOKIE),
    ("a token in a redirect", FRAGMENT),
    ("a token in a challenge", CHALLENGE),
];

/// Walks a session through all four ways to look at it.
fn looked_through(walked: &Walked, sizes: &[(u16, u16)], everywhere: bool) {
    let mut secrets = canaries_of(&walked.session);
    if everywhere {
        secrets.0.extend(Canaries::of(&SCRIPTED).0);
    }
    let people: Vec<(&str, &str)> = walked.people.iter().map(|who| (*who, *who)).collect();
    let people = Canaries::of(&people);
    let name = &walked.name;
    let mut told: BTreeSet<String> = BTreeSet::new();
    for size in sizes {
        // As it is: no secret, but people are named.
        let mut plain = walked.model(*size, false);
        each_panel(&mut plain, |model, place| {
            let all = seen(model);
            let place = format!("{place}, {name}, {size:?}");
            secrets.are_not_in(&all, &place);
            let here = people
                .0
                .iter()
                .filter(|(_, form)| all.iter().any(|text| text.contains(form)));
            told.extend(here.map(|(who, _)| who.clone()));
        });
        // Shared: neither.
        let mut shared = walked.model(*size, true);
        each_panel(&mut shared, |model, place| {
            let all = seen(model);
            let place = format!("{place}, {name}, shared, {size:?}");
            secrets.are_not_in(&all, &place);
            people.are_not_in(&all, &place);
        });
        if !everywhere {
            continue;
        }
        // Only what the walk has come by can be known when it is seen again.
        let mut texts = vec![scripted::SSO_SECRET, scripted::CODE, scripted::REFRESH];
        texts.retain(|text| !walked.session.vault.held(text).is_empty());
        each_door(&mut plain, &texts, |model, place| {
            secrets.are_not_in(&seen(model), &format!("{place}, {name}, {size:?}"));
        });
        texts.extend(&walked.people);
        each_door(&mut shared, &texts, |model, place| {
            let place = format!("{place}, {name}, shared, {size:?}");
            secrets.are_not_in(&seen(model), &place);
            people.are_not_in(&seen(model), &place);
        });
        let left = farewell::farewell(&shared).unwrap_or_default();
        let picture = svg(&shared);
        let left = [stripped(&left), stripped(&picture)];
        secrets.are_not_in(&left, "what stays behind");
        people.are_not_in(&left, "what stays behind");
    }
    let walked: BTreeSet<String> = walked.people.iter().map(|who| (*who).to_owned()).collect();
    let missing: Vec<_> = walked.difference(&told).collect();
    assert!(
        missing.is_empty(),
        "{name}: nothing shows {missing:?} at all, so nothing is proved"
    );
}

// ---- the tests -------------------------------------------------------------------------------------------------------

#[test]
fn nothing_scripted_is_seen_anywhere() {
    for walked in scripted_walks() {
        looked_through(&walked, &SIZES, true);
    }
}

#[tokio::test]
async fn nothing_of_any_flow_in_the_lab_is_seen_in_any_panel() {
    for flow in FLOWS {
        let walked = lab_walk(flow).await;
        looked_through(&walked, &SIZES, false);
    }
}

/// Puts the cursor on the first row that shows a secret by a name.
fn go_to_secret(model: &mut Model, panel: &'static str, words: &str) {
    model.place_mut().chosen = Some(panel);
    settle(model);
    let (width, height) = layout::rows_area(model);
    let rows = model.rows(width);
    let at = rows.iter().position(|row| row.plain().contains(words));
    let at = at.unwrap_or_else(|| panic!("no {words} in\n{}", drawn(model)));
    model.rows_state_mut().go_to(at, &rows, height);
    settle(model);
}

#[tokio::test]
async fn one_secret_is_seen_alone_and_for_its_time() {
    let mut walks: Vec<Walked> = scripted_walks();
    walks.retain(|walked| walked.session.waiting().is_none());
    for flow in FLOWS {
        walks.push(lab_walk(flow).await);
    }
    for walked in walks {
        // What goes to the API, or, where nothing did, what the user signed in for.
        let bag = &walked.session.walk.bag;
        let token = [Artifact::AccessToken, Artifact::IdToken]
            .into_iter()
            .find_map(|artifact| Some((artifact, bag.value(artifact)?.clone())));
        let (artifact, token) = token.expect("every walk gains a token");
        let step = walked
            .session
            .walk
            .steps
            .iter()
            .find(|state| {
                state.attempts.iter().any(|attempt| {
                    attempt
                        .tokens
                        .iter()
                        .any(|record| record.artifact == artifact)
                })
            })
            .expect("a step gained it")
            .id;
        let others = canaries_apart_from(token.reveal(), &walked.session);
        let own = Canaries(vec![(artifact.name().to_owned(), stripped(token.reveal()))]);
        let size = (200, 60);
        let name = &walked.name;
        let mut model = walked.model(size, false);
        model.place_mut().step = step;
        go_to_secret(
            &mut model,
            "tokens",
            &format!(":{}›", token.fingerprint(&[])),
        );
        press(&mut model, "m");
        own.are_in(&seen(&model), &format!("tokens of {step}, {name}"));
        assert!(
            drawn(&model).contains("1 secret shown, 30 s"),
            "{}",
            drawn(&model)
        );
        let begun = model.now;
        let mut shown_in = BTreeSet::new();
        each_panel(&mut model, |model, place| {
            let all = seen(model);
            others.are_not_in(&all, &format!("{place}, {name}, one revealed"));
            if all.iter().any(|text| text.contains(&own.0[0].1)) {
                shown_in.insert(place.to_owned());
            }
        });
        assert!(
            shown_in.len() > 1,
            "{name}: the same token is seen elsewhere too: {shown_in:?}"
        );
        // It ticks while it is shown, and not longer.
        assert!(
            model
                .wakes_at()
                .is_some_and(|at| at.0 - model.now.0 <= 1000)
        );
        tell_at(&mut model, Msg::Tick, Timestamp(begun.0 + SHOWN_FOR - 1000));
        assert!(
            drawn(&model).contains("1 secret shown, 1 s"),
            "{}",
            drawn(&model)
        );
        tell_at(&mut model, Msg::Tick, Timestamp(begun.0 + SHOWN_FOR));
        assert_eq!(model.screen.masking, Masking::default());
        let all = canaries_of(&walked.session);
        each_panel(&mut model, |model, place| {
            all.are_not_in(&seen(model), &format!("{place}, {name}, after its time"));
        });
    }
}

#[test]
fn a_secret_is_hidden_by_the_same_key_and_a_row_without_one_says_so() {
    let walked = hostile(false);
    let mut model = walked.model((120, 40), false);
    model.place_mut().step = jagwalk::flow::StepId("redeem-code");
    let own = Canaries::of(&[("the sign-in secret", scripted::REFRESH)]);
    let own = Canaries(own.0[..1].to_vec());
    go_to_secret(&mut model, "answer", "‹refresh-token:");
    press(&mut model, "m");
    own.are_in(&seen(&model), "the answer");
    assert!(
        drawn(&model).contains("hides it at once"),
        "{}",
        drawn(&model)
    );
    press(&mut model, "m");
    own.are_not_in(&seen(&model), "the answer");
    assert!(drawn(&model).contains("Hidden again."), "{}", drawn(&model));
    press(&mut model, "g");
    press(&mut model, "m");
    go_to_secret(&mut model, "answer", "token_type");
    press(&mut model, "m");
    assert!(
        drawn(&model).contains("This row has no secret."),
        "{}",
        drawn(&model)
    );
}

#[test]
fn a_body_and_a_curl_are_revealed_row_by_row() {
    let walked = hostile(false);
    for (step, panel, words, secret, hidden) in [
        (
            "jwt-bearer",
            "request",
            "‹resource_as.client_secret:",
            scripted::AS_SECRET,
            None,
        ),
        (
            "redeem-code",
            "curl",
            "code=",
            scripted::CODE,
            Some(scripted::SSO_SECRET),
        ),
        (
            "redeem-code",
            "curl",
            "‹code:",
            scripted::CODE,
            Some(scripted::SSO_SECRET),
        ),
        (
            "id-jag",
            "answer",
            "error_description",
            scripted::SSO_SECRET,
            Some(COOKIE),
        ),
        (
            "authorize",
            "answer",
            "access_token",
            FRAGMENT,
            Some(scripted::CODE),
        ),
    ] {
        let happy = step == "jwt-bearer";
        let mut model = if happy {
            model(
                scripted::happy(),
                (200, 60),
                scripted::NOW.plus_secs(40),
                false,
            )
        } else {
            walked.model((200, 60), false)
        };
        model.place_mut().step = jagwalk::flow::StepId(step);
        go_to_secret(&mut model, panel, words);
        press(&mut model, "m");
        let all = seen(&model);
        let canary = Canaries::of(&[("it", secret)]);
        let is_in = canary
            .0
            .iter()
            .any(|(_, form)| all.iter().any(|text| text.contains(form)));
        assert!(is_in, "{words} in {panel} of {step}:\n{}", drawn(&model));
        if let Some(hidden) = hidden {
            Canaries::of(&[("another secret", hidden)]).are_not_in(&all, panel);
        }
    }
}

#[test]
fn sharing_drops_what_is_shown_and_refuses_to_show_more() {
    let walked = hostile(false);
    let mut model = walked.model((120, 40), false);
    model.place_mut().step = jagwalk::flow::StepId("redeem-code");
    go_to_secret(&mut model, "answer", "‹refresh-token:");
    press(&mut model, "m");
    press(&mut model, "M");
    let own = Canaries::of(&[("it", scripted::REFRESH)]);
    own.are_not_in(&seen(&model), "the answer");
    let screen = drawn(&model);
    assert!(
        screen
            .lines()
            .next()
            .unwrap_or_default()
            .contains("masked for sharing"),
        "{screen}"
    );
    press(&mut model, "m");
    own.are_not_in(&seen(&model), "the answer");
    assert!(
        drawn(&model).contains("Everything is masked for sharing; M ends that."),
        "{}",
        drawn(&model)
    );
    assert_eq!(
        model.wakes_at().filter(|at| at.0 - model.now.0 <= 1000),
        None
    );
    // Hosts, client ids and audiences stay: they are what one looks for.
    model.place_mut().step = jagwalk::flow::StepId("redeem-code");
    model.place_mut().chosen = Some("tokens");
    settle(&mut model);
    let screen = drawn(&model);
    for word in ["https://idp.example", "sso-client", "‹email:", "‹sub:"] {
        assert!(screen.contains(word), "{word}:\n{screen}");
    }
    press(&mut model, "M");
    own.are_not_in(&seen(&model), "the tokens");
    assert!(drawn(&model).contains("alice@acme.example"));
}

#[test]
fn copying_takes_what_is_real_and_says_so() {
    let walked = hostile(false);
    let mut model = walked.model((120, 40), true);
    model.place_mut().step = jagwalk::flow::StepId("redeem-code");
    go_to_secret(&mut model, "answer", "‹refresh-token:");
    press(&mut model, "y");
    let rows = model.rows(layout::rows_area(&model).0);
    let at = rows
        .iter()
        .position(|row| row.plain().contains("the value under the cursor"));
    model
        .rows_state_mut()
        .go_to(at.expect("it is offered"), &rows, 10);
    let ink = Ink {
        now: model.now,
        seed: [7; 32],
    };
    let enter = Key::parse("enter").expect("a key").event();
    let effects = update(&mut model, Msg::Key(enter), &Hits::default(), ink);
    let copied = effects.iter().any(|effect| {
        matches!(effect, jagwalk::ui::update::Effect::Copy(copied) if copied.text.as_str() == scripted::REFRESH && copied.along == ", with its secrets")
    });
    assert!(copied, "{}", drawn(&model));
}

#[test]
fn an_address_that_names_somebody_has_no_qr_code_and_no_link_while_shared() {
    let walked = waiting();
    let mut model = walked.model((200, 60), false);
    assert!(!links(&model).is_empty(), "{}", drawn(&model));
    press(&mut model, "M");
    assert!(links(&model).is_empty());
    assert!(drawn(&model).contains("‹login_hint:"), "{}", drawn(&model));
    model.screen.overlay = Some(Overlay::Qr(PanelState::default()));
    settle(&mut model);
    assert!(
        drawn(&model).contains("no QR code of it"),
        "{}",
        drawn(&model)
    );
}
