//! Faults of the lab, each walked headless: what its row says really happens, at the step it names.
//!
//! Whoever judges walks takes them from here: [`Ward::walk`] walks the lab with a fault on, and the row says which
//! rules and whose side the judgement has to name.

use std::{sync::Arc, time::Duration};

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    export::report::report,
    flow::{Ink, StepId},
    lab::{self, FAULTS, Fault, Lab, faults},
    profile::{FieldValue, Profile, fields, load},
    protocol::time::Timestamp,
    session::{
        Command, Driver, Session, Transport,
        headless::{self, End},
    },
    transport::clock,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::walks;

/// How long the lab holds an answer back here.
const DELAY: Duration = Duration::from_millis(400);

/// A lab whose faults can be switched, and a profile that walks it.
pub struct Ward {
    pub lab: Lab,
    pub profile: Profile,
}

impl Ward {
    pub async fn open() -> Self {
        let mut options = start::lab_options(None, false).expect("plain http needs nothing");
        options.delay = DELAY;
        let lab = lab::start(options).await.expect("the lab starts");
        let (mut profile, problems) = load::load(LAB, LAB_TEXT);
        assert!(problems.is_empty(), "{problems:?}");
        start::fill(&mut profile, &lab);
        Self { lab, profile }
    }

    /// Walks to the end with these faults on; a step that shows its fault only the second time is sent twice.
    pub async fn walk(&self, on: &[&'static Fault]) -> (Session, End) {
        self.lab.set_faults(on.to_vec());
        let mut profile = self.profile.clone();
        if on.iter().any(|fault| fault.id.ends_with("-silent")) {
            profile.set(fields::NETWORK_TIMEOUT, FieldValue::Text("1s".to_owned()));
        }
        let world = walks::world(&profile);
        let mut session = walks::session(profile);
        let mut end = walks::drive(&mut session, world).await;
        if let Some(fault) = on.iter().find(|fault| fault.again) {
            let world = walks::world(&session.profile);
            again(&mut session, world, StepId(fault.step)).await;
            end = headless::end(&session, StepId("call-api"));
        }
        self.lab.set_faults(Vec::new());
        (session, end)
    }
}

/// Sends one step once more.
async fn again<T: Transport>(session: &mut Session, transport: T, step: StepId) {
    let (events, mut from_driver) = mpsc::unbounded_channel();
    let mut driver = Driver::new(Arc::new(transport), events);
    let ink = |session: &Session| Ink {
        now: clock::now(),
        seed: session.walk.seed,
    };
    let mut effects = session.command(Command::Send(step), ink(session));
    loop {
        for effect in effects {
            driver.perform(effect);
        }
        if session.waiting().is_none() {
            return;
        }
        let event = from_driver.recv().await.expect("the driver lives");
        effects = session.event(event, ink(session));
    }
}

/// A step as the report has it, without what differs from walk to walk.
fn told(session: &Session, end: End, began: Timestamp, step: &str) -> Value {
    let whole = report(session, StepId("call-api"), end, false);
    let steps = whole["steps"].as_array().expect("a report has steps");
    let mut step = steps
        .iter()
        .find(|other| other["id"] == step)
        .unwrap_or_else(|| panic!("no step {step}"))
        .clone();
    for noise in ["ms", "curl", "says", "request"] {
        step[noise] = Value::Null;
    }
    steady(&mut step, began);
    step
}

/// Makes everything steady that is new in each walk: times count from its begin, random texts by their length.
fn steady(json: &mut Value, began: Timestamp) {
    match json {
        Value::Array(items) => {
            // A `Date` is a header of every answer.
            items.retain(|item| item[0] != "date");
            for item in items {
                steady(item, began);
            }
        }
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), &value) {
                    ("jti" | "nonce" | "at_hash" | "fingerprint", Value::String(text)) => {
                        *value = json!(text.len());
                    }
                    ("ms" | "curl" | "request", _) => *value = Value::Null,
                    ("body", Value::String(text)) => {
                        *value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                        steady(value, began);
                    }
                    _ => steady(value, began),
                }
            }
        }
        Value::Number(number) => {
            if let Some(seconds) = number.as_i64().filter(|seconds| *seconds > 1_000_000_000) {
                *json = json!(format!(
                    "begin + {} min",
                    (seconds - began.secs() + 30).div_euclid(60)
                ));
            }
        }
        Value::String(text) => *text = masked(text),
        _ => {}
    }
}

/// Takes the fingerprints out of masks, and what is random out of addresses.
fn masked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, mask)) = rest.split_once('‹') {
        out.push_str(before);
        let (inside, after) = mask.split_once('›').expect("a mask ends");
        out.push_str(inside.split(':').next().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    let cut = |text: &str, name: &str| match text.split_once(name) {
        Some((before, after)) => {
            let value = after.split('&').next().unwrap_or_default();
            format!("{before}{name}{}{}", value.len(), &after[value.len()..])
        }
        None => text.to_owned(),
    };
    let out = cut(&cut(&out, "state="), "nonce=");
    let out = cut(&cut(&out, "code_challenge="), "request=");
    cut(&out, "content-length: ")
}

/// Walks every fault of some steps and holds what happens against its row.
async fn every_fault_of(steps: &[&str]) {
    let ward = Ward::open().await;
    let healthy = |session: &Session, end: End| {
        assert_eq!(end, End::Done, "{}", walks::story(session));
    };
    let began = clock::now();
    let (well, end) = ward.walk(&[]).await;
    healthy(&well, end);
    let mut wrong = Vec::new();
    let mut count = 0;
    for fault in FAULTS.iter().filter(|fault| steps.contains(&fault.step)) {
        count += 1;
        let then = clock::now();
        let (session, end) = ward.walk(&[fault]).await;
        if end.id() != fault.ends.id() {
            wrong.push(format!(
                "{}: expected {}, received {}\n{}",
                fault.id,
                fault.ends.id(),
                end.id(),
                walks::story(&session)
            ));
        }
        let was = told(&well, End::Done, began, fault.step);
        let is = told(&session, end, then, fault.step);
        let late = fault.id.ends_with("-slow") && took(&session, fault.step) >= DELAY;
        if was == is && !late {
            wrong.push(format!(
                "{}: nothing differs at {}\n{}",
                fault.id,
                fault.step,
                walks::story(&session)
            ));
        }
    }
    assert!(count > 0, "no fault shows at {steps:?}");
    // Two healthy walks look the same at every step, so that a difference means something.
    let then = clock::now();
    let (after, end) = ward.walk(&[]).await;
    healthy(&after, end);
    for step in &after.walk.steps {
        let (was, is) = (
            told(&well, End::Done, began, step.id.0),
            told(&after, end, then, step.id.0),
        );
        assert_eq!(was, is, "the healthy lab differs at {}", step.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn took(session: &Session, step: &str) -> Duration {
    let attempt = session
        .walk
        .steps
        .iter()
        .find(|state| state.id.0 == step)
        .and_then(|state| state.last())
        .expect("it was sent");
    Duration::from_micros(attempt.micros())
}

#[tokio::test]
async fn faults_of_discovery_happen() {
    every_fault_of(&["discover-idp", "discover-resource-as"]).await;
}

#[tokio::test]
async fn faults_of_the_sign_in_happen() {
    every_fault_of(&["authorize", "redeem-code"]).await;
}

#[tokio::test]
async fn faults_of_the_exchange_happen() {
    every_fault_of(&["id-jag"]).await;
}

#[tokio::test]
async fn faults_of_the_grant_happen() {
    every_fault_of(&["jwt-bearer"]).await;
}

#[tokio::test]
async fn faults_of_the_call_happen() {
    every_fault_of(&["call-api"]).await;
}

#[test]
fn every_fault_shows_at_a_step_that_is_walked_here() {
    let walked = [
        "discover-idp",
        "discover-resource-as",
        "authorize",
        "redeem-code",
        "id-jag",
        "jwt-bearer",
        "call-api",
    ];
    for fault in FAULTS {
        assert_eq!(fault.flow, "xaa", "{}", fault.id);
        assert!(walked.contains(&fault.step), "{}", fault.id);
        assert!(std::ptr::eq(faults::find(fault.id).unwrap(), fault));
    }
    assert!(FAULTS.len() >= 60, "{}", FAULTS.len());
}
