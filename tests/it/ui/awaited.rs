//! What takes longer than a moment is said, with its time and the way to stop it, and nothing ticks without it.

use jagwalk::{
    flow::{Artifact, Held, Origin},
    protocol::{secret::Secret, time::Timestamp},
    ui::{
        awaited::{self, MOMENT},
        update::{Effect, Msg},
    },
};

use super::desk::{Desk, tenant};

#[test]
fn what_takes_longer_than_a_moment_is_said_with_its_time_and_how_to_stop_it() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let model = &mut desk.engine.model;
    assert_eq!(awaited::says(model), None);
    assert_eq!(model.wakes_at(), None, "nothing is awaited");
    let begun = model.now;
    let after = |millis: i64| Timestamp(begun.0 + millis);
    awaited::begin(model, &Effect::Import("https://idp.example/x".to_owned()));
    awaited::begin(model, &Effect::KeepTheme("dark".to_owned()));
    assert_eq!(awaited::says(model), None, "a moment has not passed");
    assert_eq!(model.wakes_at(), Some(after(MOMENT)));
    model.now = after(MOMENT);
    let says = "Reading https://idp.example/x. Esc stops waiting.";
    assert_eq!(awaited::says(model).as_deref(), Some(says));
    assert_eq!(model.wakes_at(), Some(after(1000)));
    model.now = after(3_100);
    assert_eq!(model.wakes_at(), Some(after(4000)));
    desk.sees("Reading https://idp.example/x: 3 s so far. Esc stops waiting.");
    let model = &mut desk.engine.model;
    let came = Msg::Imported(String::new(), Err(String::new()));
    awaited::end(model, &came);
    desk.sees("Keeping the theme: 3 s so far. Go on meanwhile; ctrl-c leaves.");
    let model = &mut desk.engine.model;
    // What nobody waits for ends nothing.
    awaited::end(model, &came);
    assert!(awaited::says(model).is_some());
    let (bad, says) = (false, "Kept.".to_owned());
    awaited::end(model, &Msg::Said { bad, says });
    assert_eq!((awaited::says(model), model.wakes_at()), (None, None));
}

#[test]
fn a_token_that_never_ends_is_no_reason_to_tick() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let held = Held {
        value: Secret::minted("access-token", "opaque"),
        origin: Origin::Given,
        gained: Timestamp(0),
        expires: Some(Timestamp(i64::MAX)),
        stale: false,
        foreign: false,
        suspect: None,
    };
    let session = &mut desk.engine.model.opened_mut().session;
    session.walk.bag.put(Artifact::AccessToken, held);
    let wakes = desk.engine.model.wakes_at();
    assert!(wakes.is_none_or(|at| at.0 > i64::MAX / 2), "{wakes:?}");
    desk.sees("Acme");
}
