//! Faults of the lab, each walked headless: what its row says really happens, at the step it names.
//!
//! Whoever judges walks takes them from here: [`Ward::walk`] walks the lab with a fault on, and the row says which
//! rules and whose side the judgement has to name.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};

use jagwalk::{
    cli::{
        start,
        store::{LAB, LAB_TEXT},
    },
    export::report::report,
    flow::{Flow, Ink, StepId, flows},
    lab::{self, FAULTS, Fault, Lab, faults},
    profile::{FieldPath, FieldValue, Profile, fields, load},
    protocol::time::Timestamp,
    session::{
        Attempt, Command, Driver, Session, Transport,
        headless::{self, End},
    },
    transport::clock,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{walks, world::World};

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
        options.faults = lab::Switches::default().delayed(DELAY);
        let lab = lab::start(options).await.expect("the lab starts");
        let (mut profile, problems) = load::load(LAB, LAB_TEXT);
        assert!(problems.is_empty(), "{problems:?}");
        start::fill(&mut profile, &lab);
        Self { lab, profile }
    }

    /// Walks the plain flow to the end with these faults on.
    pub async fn walk(&self, on: &[&'static Fault]) -> (Session, End) {
        let flow = on.first().map_or("xaa", |fault| fault.flow);
        let with = on.first().map_or(&[][..], |fault| fault.with);
        self.walk_as(flow, with, on).await
    }

    /// Walks a flow to the end with a profile that says this and with these faults on; a step that shows its fault only
    /// the second time is sent twice.
    pub async fn walk_as(
        &self,
        flow: &str,
        with: &[(&str, &str)],
        on: &[&'static Fault],
    ) -> (Session, End) {
        self.lab.faults().set(on.to_vec());
        let flow = flows::find(flow).expect("a fault names a flow that there is");
        let mut profile = self.profile.clone();
        flow.fit(&mut profile);
        for (path, value) in with {
            let field = FieldPath::find(path).expect("a fault names a field that there is");
            profile.edit(field, value).expect("and a value of it");
        }
        start::fill(&mut profile, &self.lab);
        if on.iter().any(|fault| fault.id.ends_with("-silent")) {
            profile.set(fields::NETWORK_TIMEOUT, FieldValue::Text("1s".to_owned()));
        }
        let world = walks::world(&profile);
        let mut session = walks::session_of(flow, profile);
        let mut end = walks::drive(&mut session, world).await;
        if let Some(fault) = on.iter().find(|fault| fault.again) {
            let world = walks::world(&session.profile);
            again(&mut session, world, StepId(fault.step)).await;
            end = headless::end(&session, last(flow));
        }
        self.lab.faults().set(Vec::new());
        (session, end)
    }
}

/// Returns the last step of a flow.
pub fn last(flow: &Flow) -> StepId {
    flow.steps().last().expect("a flow has steps").info().id
}

/// Sends one step once more.
pub async fn again<T: Transport>(session: &mut Session, transport: T, step: StepId) {
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

/// A step as the report has it, without what differs from walk to walk; times count from when it was sent.
fn told(session: &Session, end: End, step: &str) -> Value {
    let sent = attempt(session, step)
        .and_then(Attempt::main)
        .map_or_else(clock::now, |exchange| exchange.times.start);
    let whole = report(session, last(session.flow), end, false);
    let steps = whole["steps"].as_array().expect("a report has steps");
    let mut step = steps
        .iter()
        .find(|other| other["id"] == step)
        .unwrap_or_else(|| panic!("no step {step}"))
        .clone();
    for noise in ["ms", "curl", "says", "request"] {
        step[noise] = Value::Null;
    }
    // Some random bytes look like the beginning of a header.
    for token in step["tokens"].as_array_mut().into_iter().flatten() {
        if token["claims"].is_null() {
            token["header"] = Value::Null;
        }
    }
    steady(&mut step, sent);
    step
}

/// Makes everything steady that is new in each walk: times count in minutes, random texts by their length.
fn steady(json: &mut Value, sent: Timestamp) {
    match json {
        Value::Array(items) => {
            // A `Date` is a header of every answer.
            items.retain(|item| item[0] != "date");
            for item in items {
                steady(item, sent);
            }
        }
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), &value) {
                    // Each walk has a key of its own, unless a fault puts another in.
                    ("jkt", Value::String(text)) if !text.starts_with("0ZcOCORZ") => {
                        *value = json!(text.len());
                    }
                    ("jti" | "nonce" | "at_hash" | "txn" | "fingerprint", Value::String(text)) => {
                        *value = json!(text.len());
                    }
                    // Its words are times and numbers of this walk.
                    ("audit", Value::String(text)) => {
                        *value = json!(text.split(' ').count());
                    }
                    // The sign-in was some time ago, and how long does not matter.
                    ("auth_time", Value::Number(number)) => {
                        *value = json!(number.to_string().len());
                    }
                    ("ms" | "curl" | "request", _) => *value = Value::Null,
                    ("body", Value::String(text)) => {
                        *value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                        steady(value, sent);
                    }
                    _ => steady(value, sent),
                }
            }
        }
        Value::Number(number) => {
            if let Some(seconds) = number.as_i64().filter(|seconds| *seconds > 1_000_000_000) {
                *json = json!(format!(
                    "sent + {} min",
                    (seconds - sent.secs() + 30).div_euclid(60)
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
    let out = cut(&cut(&out, "/instances/i-"), "dpop_jkt=");
    let out = cut(&cut(&out, "state="), "nonce=");
    let out = cut(&cut(&out, "code_challenge="), "request=");
    cut(&out, "content-length: ")
}

/// Walks every fault of some steps of the plain flow and holds what happens against its row.
async fn every_fault_of(steps: &[&str]) {
    every_fault_where(|fault| fault.flow == "xaa" && steps.contains(&fault.step)).await;
}

/// Walks every fault of some kind and holds what happens against its row.
async fn every_fault_where(which: impl Fn(&Fault) -> bool) {
    let ward = Ward::open().await;
    let healthy = |session: &Session, end: End| {
        assert_eq!(end, End::Done, "{}", walks::story(session));
    };
    let mut well: BTreeMap<_, Session> = BTreeMap::new();
    let mut wrong = Vec::new();
    for fault in FAULTS.iter().filter(|fault| which(fault)) {
        let key = (fault.flow, fault.with);
        let well = match well.entry(key) {
            Entry::Occupied(well) => well.into_mut(),
            Entry::Vacant(place) => {
                let (session, end) = ward.walk_as(fault.flow, fault.with, &[]).await;
                healthy(&session, end);
                place.insert(session)
            }
        };
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
        let was = told(well, End::Done, fault.step);
        let is = told(&session, end, fault.step);
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
    assert!(!well.is_empty(), "there is no such fault");
    // Two healthy walks look the same at every step, so that a difference means something.
    for ((flow, with), well) in &well {
        let (after, end) = ward.walk_as(flow, with, &[]).await;
        healthy(&after, end);
        for step in &after.walk.steps {
            let was = told(well, End::Done, step.id.0);
            let is = told(&after, end, step.id.0);
            assert!(
                was == is,
                "the healthy lab differs at {}:\n{was:#}\n{is:#}",
                step.id
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn attempt<'a>(session: &'a Session, step: &str) -> Option<&'a Attempt> {
    let states = &session.walk.steps;
    states.iter().find(|state| state.id.0 == step)?.last()
}

fn took(session: &Session, step: &str) -> Duration {
    let attempt = attempt(session, step).expect("it was sent");
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

#[tokio::test]
async fn faults_of_the_other_flows_happen() {
    every_fault_where(|fault| fault.flow != "xaa").await;
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
        let flow = flows::find(fault.flow).expect("a flow that there is");
        assert!(flow.step(StepId(fault.step)).is_some(), "{}", fault.id);
        let others = fault.flow != "xaa";
        assert!(others || walked.contains(&fault.step), "{}", fault.id);
        assert!(std::ptr::eq(faults::find(fault.id).unwrap(), fault));
    }
    assert!(FAULTS.len() >= 60, "{}", FAULTS.len());
}

#[test]
fn faults_are_listed_and_switched_on_the_command_line() {
    let world = World::new();
    let listed = world
        .run(&["faults", "--format", "json"], "")
        .expect_code(0)
        .json();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), FAULTS.len());
    for (entry, fault) in listed.iter().zip(FAULTS) {
        assert_eq!(entry["id"], fault.id);
        assert_eq!(entry["title"], fault.title);
        assert_eq!(entry["flow"], fault.flow);
        assert_eq!(entry["party"], fault.party.id());
        assert_eq!(entry["owner"], fault.owner.id());
        assert_eq!(entry["rules"], json!(fault.rules));
    }
    for args in [&["faults"][..], &["lab", "--list-faults"]] {
        let text = world.run(args, "").expect_code(0).stdout;
        assert!(FAULTS.iter().all(|fault| text.contains(fault.id)), "{text}");
    }

    let run = ["run", "--profile", "lab", "--format", "json", "--lab-fault"];
    let refused = world
        .run(&[&run[..], &["idp-idjag-typ"]].concat(), "")
        .expect_code(3);
    assert_eq!(refused.json()["outcome"], "refused");
    assert!(
        refused
            .stderr
            .contains("The lab misbehaves: The ID-JAG says typ JWT."),
        "{refused}"
    );
    let unknown = world
        .run(&[&run[..], &["idp-idjag-type"]].concat(), "")
        .expect_code(2);
    assert!(
        unknown.stderr.contains("Did you mean idp-idjag-typ?"),
        "{unknown}"
    );
    let unknown = world
        .run(&["lab", "--fault", "rediret-iss-missing"], "")
        .expect_code(2);
    assert!(
        unknown
            .stderr
            .contains("Did you mean redirect-iss-missing?"),
        "{unknown}"
    );

    let file = world.write(
        "real.toml",
        "format = 1\n[idp]\nissuer = \"https://idp.example\"\n",
    );
    let real = world
        .run(&["run", "--profile", &file, "--lab-fault", "api-500"], "")
        .expect_code(2);
    assert!(real.stderr.contains("walks no lab"), "{real}");
}

/// What is switched on while a lab runs holds from the next request on, and for as long as it is on.
#[tokio::test]
async fn faults_come_and_go_while_the_lab_runs() {
    let ward = Ward::open().await;
    let both: Vec<&Fault> = ["idp-token-type-bearer", "api-500"]
        .into_iter()
        .filter_map(faults::find)
        .collect();
    let (well, _) = ward.walk(&[]).await;
    let (session, end) = ward.walk(&both).await;
    assert_eq!(end, End::Refused, "{}", walks::story(&session));
    for fault in both {
        let was = told(&well, End::Done, fault.step);
        assert_ne!(was, told(&session, end, fault.step), "{}", fault.id);
    }
    let (session, end) = ward.walk(&[]).await;
    assert_eq!(end, End::Done, "{}", walks::story(&session));
    ward.lab.stop().await;
}

/// Nothing is wrong with new keys, and who looks for the reason of an extra request finds it.
#[tokio::test]
async fn keys_that_changed_are_fetched_again_and_said_to_be() {
    let ward = Ward::open().await;
    let fault = lab::faults::find("idp-keys-rotated").expect("a fault");
    let (session, end) = ward.walk(&[fault]).await;
    assert_eq!(end, End::Done);
    let says = |step: &'static str| {
        let last = session.step(jagwalk::flow::StepId(step)).last();
        last.expect("it was sent").says.clone()
    };
    let told = "The keys of the IdP were fetched again";
    assert!(
        says("redeem-code").contains(told),
        "{}",
        says("redeem-code")
    );
    for quiet in ["discover-idp", "id-jag"] {
        assert!(!says(quiet).contains(told), "{}", says(quiet));
    }
}
