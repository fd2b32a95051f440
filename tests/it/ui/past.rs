//! Past walks with keys alone: kept, a key away, walkable in every panel, and sending nothing.

use crossterm::event::KeyEvent;
use jagwalk::{
    flow::{Ink, StepId},
    session::{Outcome, Status},
    ui::{
        action::ACTIONS,
        hits::Hits,
        keymap::{self, Key},
        model::PAST_LIMIT,
        panels::PANELS,
        rows::Goes,
        update::{Effect, Msg, update},
    },
};
use proptest::prelude::*;

use super::desk::{Desk, NOW, tenant};

#[test]
fn a_new_walk_keeps_the_one_that_was_and_asks_nothing() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("<")
        .sees("This is the only walk so far; n starts another.");
    desk.keys("R").sees("200 OK");
    desk.keys("n")
        .sees("Walk 2: new state, nonce and verifier, and no tokens. < looks at walk 1.")
        .sees("▸ 1 ")
        .sees("walk 2");
    // Nothing happened in it, so there is nothing to keep of it.
    desk.keys("nn").sees("walk 2").sees_no("walk 3");
    desk.keys("R").sees("200 OK");
    desk.keys("<")
        .sees("walk 1 of 2")
        .sees("Walk 1, which is over: 7 of 7 steps done.")
        .sees("200 OK");
    desk.keys("<")
        .sees("This is the oldest walk that is kept; ' w lists them.");
    desk.keys(">").sees("walk 2").sees_no("walk 1 of 2");
    desk.keys(">").sees("This is the walk that is on");
    desk.keys("q")
        .sees("Leave? The walks with what came are lost then.");
    desk.keys("n");
}

#[test]
fn a_past_walk_is_walkable_in_every_panel_and_nothing_goes_out_of_it() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("R").sees("200 OK");
    let before = desk.engine.model.session().walk.clone();
    let token = before
        .steps
        .iter()
        .flat_map(|state| state.attempts.iter().flat_map(|attempt| &attempt.tokens))
        .map(|record| record.token.raw.reveal().to_owned())
        .next()
        .expect("tokens came");
    desk.keys("n");
    let masked = desk.engine.model.session().vault.mask(&token);
    assert!(
        masked.starts_with('‹') && !masked.contains(&token),
        "{masked}"
    );
    desk.keys("<").sees("walk 1 of 2");
    let kept = &desk.engine.model.session().walk;
    assert!(kept.bag == before.bag);
    for (now, then) in kept.steps.iter().zip(&before.steps) {
        assert!(now.attempts == then.attempts, "{}", now.id);
    }
    for number in 1..=7 {
        for panel in PANELS {
            desk.keys("]");
            assert_eq!(desk.cells(), desk.cells());
            assert!(desk.engine.model.under.rows > 0, "{number} {}", panel.id);
            desk.sees_no(&token[..30]);
        }
        desk.keys("J");
    }
    for key in ["r", "R", "n", "u", "C"] {
        desk.keys(key)
            .sees("This is walk 1 of 2, which is over; Esc goes back to the one that is on.");
    }
    desk.keys("D").sees("[Diagram");
    desk.keys("g<space>").sees("Playing");
    desk.keys("<space>").sees("Stopped.");
    desk.keys("L").sees("What became of each claim");
    desk.keys("<esc>w").sees("Write the walk to");
    desk.keys("<enter>").sees("Written to trace.json.");
    desk.keys("4y").sees("the ID Token");
    desk.keys("<esc>ll").sees("of this walk");
    assert!(desk.engine.model.in_past());
    desk.keys("<esc>").sees("walk 2").sees_no("walk 1 of 2");
    assert!(!desk.engine.model.in_past());
}

#[test]
fn walks_of_other_flows_are_listed_with_what_became_of_them() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/idjag-typ<enter><enter><esc><esc>R")
        .sees("invalid_grant");
    desk.keys("F/idjag-typ<enter><enter><esc><esc>fG<enter>")
        .sees("jagwalk  mcp")
        .sees("POST /mcp");
    desk.keys("R").sees("list_notes");
    desk.keys("fg<enter>").sees("jagwalk  xaa");
    desk.keys("'w")
        .sees("Walks of this profile, times in UTC: Enter looks at one")
        .sees("▸   3  xaa")
        .sees("now on, 0 of 7 steps done")
        .sees("    2  mcp")
        .sees("    1  xaa")
        .sees("refused at JWT bearer (IdP, certain");
    desk.keys("j").sees("Over, and as it was");
    desk.keys("<enter>")
        .sees("jagwalk  mcp")
        .sees("walk 2 of 3")
        .sees("list_notes");
    desk.keys("<").sees("jagwalk  xaa").sees("walk 1 of 3");
    desk.keys("H").sees("The hand-off, masked");
    desk.keys("<esc><esc>").sees("jagwalk  xaa").sees("walk 3");
}

#[test]
fn the_neighbour_is_shown_at_the_same_step_and_panel() {
    let mut desk = Desk::sham(tenant(), 404, "{\"a\":1}", (120, 40));
    desk.keys("3<enter>").sees("waiting for you");
    desk.keys("<esc>").sees_soon("ancelled");
    desk.keys("nJK'c").sees("▸ 2 ").sees("[cURL");
    desk.keys("<")
        .sees("walk 1 of 2")
        .sees("[cURL")
        .sees("▸ 2 ");
    desk.keys("JJ>").sees("▸ 2 ").sees("[cURL").sees("walk 2");
}

#[test]
fn what_is_in_flight_goes_on_while_a_past_walk_is_looked_at() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("<enter>n3<enter>").sees("waiting for you");
    desk.keys("<").sees("walk 1 of 2").sees("walk 2 in flight");
    desk.paste("http://127.0.0.1:8765/callback?code=abc&state=wrong")
        .sees("belongs to another sign-in")
        .sees_no("walk 1 of 2");
    // A new walk lets go of it, and says so of the one that was.
    desk.keys("n").sees("Walk 3");
    desk.keys("<").sees("walk 2 of 3").sees("cancelled");
    let session = desk.engine.model.session();
    let step = StepId("authorize");
    assert_eq!(session.status(step), Status::Interrupted);
    assert_eq!(session.step(step).outcome(), Some(&Outcome::Interrupted));
    assert!(session.waiting().is_none());
}

#[test]
fn an_edit_applies_to_the_walk_that_is_on_and_the_past_one_stays_as_it_was() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.keys("<enter>n<e")
        .sees("[Inputs")
        .sees("https://as.example");
    for key in ["e", "<enter>"] {
        desk.keys(key)
            .sees("which is over, with the profile as it was; an edit applies to")
            .sees_no("Enter accept");
    }
    desk.keys("P<enter>")
        .sees("an edit applies to the walk that is on");
    desk.keys("<esc><esc>").sees_no("walk 1 of 2");
    desk.keys("e<enter><ctrl-u>https://other.example<enter>")
        .sees("not saved");
    desk.keys("<e")
        .sees("https://as.example")
        .sees_no("https://other.example");
    // What was edited can be saved from here, too: it is the profile's.
    desk.keys("S").sees("Save under which name?");
    desk.keys("mine<enter>").sees("Saved as mine.");
    let files = desk.host.files.lock().unwrap();
    assert_eq!(
        files["mine"].text(jagwalk::profile::fields::RESOURCE_AS_ISSUER),
        Some("https://other.example")
    );
}

#[test]
fn the_oldest_walks_give_way_and_the_list_says_so() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    for _ in 0..PAST_LIMIT + 3 {
        desk.keys("<enter>n");
    }
    assert_eq!(desk.engine.model.opened().past.len(), PAST_LIMIT);
    desk.keys("'wG")
        .sees("    4  xaa")
        .sees_no("    3  xaa")
        .sees("the newest 20 that are over are");
    desk.keys("k<enter>").sees("walk 4 of 24");
}

#[test]
fn a_walk_that_failed_is_looked_at_where_it_did_and_why() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/idjag typ missing<enter><enter><esc><esc>R")
        .sees("▸ 6 ")
        .sees("invalid_grant");
    desk.keys("F/idjag typ missing<enter><enter><esc><esc>n");
    desk.keys("3'c").sees("[cURL");
    for keys in ["<", ">'w<down><enter>"] {
        desk.keys(keys)
            .sees("walk 1 of 2")
            .sees("▸ 6 ")
            .sees("[Answer]")
            .sees("invalid_grant");
        // Wherever one went meanwhile.
        desk.keys("2'r").sees("[Request");
    }
}

#[test]
fn a_walk_takes_no_more_than_two_lines_of_the_list() {
    let says = "why ".repeat(200);
    let body = format!("{{\"error\":\"invalid_grant\",\"error_description\":\"{says}\"}}");
    for size in [(60, 16), (80, 24), (120, 40)] {
        for status in [200, 404, 500] {
            let mut desk = Desk::sham(tenant(), status, &body, size);
            desk.keys("<enter>nR'w");
            let (width, _) = jagwalk::ui::layout::rows_area(&desk.engine.model);
            let rows = desk.engine.model.rows(width);
            for walk in 0..2 {
                let its = Some(Goes::Walk(walk));
                let lines: Vec<_> = rows.iter().filter(|row| row.goes == its).collect();
                assert!((1..=2).contains(&lines.len()), "{size:?}: {lines:?}");
                assert!(lines.iter().all(|line| line.width() <= usize::from(width)));
            }
            desk.sees_no("discover-").sees(" metadata");
        }
    }
}

fn any_key() -> impl Strategy<Value = Key> {
    let table: Vec<Key> = ACTIONS
        .iter()
        .flat_map(keymap::defaults)
        .flat_map(|keys| std::iter::once(keys.first).chain(keys.then))
        .collect();
    proptest::sample::select(table)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_goes_out_of_a_past_walk_whatever_is_pressed(keys in proptest::collection::vec(any_key(), 1..80)) {
        let mut desk = Desk::sham(tenant(), 400, "{\"error\":\"invalid_grant\"}", (120, 40));
        desk.keys("<enter>n<enter>n<enter><<");
        let model = &mut desk.engine.model;
        let past: Vec<_> = model.opened().past.iter().map(|past| past.session.walk.clone()).collect();
        prop_assert_eq!(past.len(), 2);
        for key in keys {
            if !model.in_past() {
                model.opened_mut().looking = Some(1);
            }
            let modifiers = if key.ctrl {
                crossterm::event::KeyModifiers::CONTROL
            } else {
                crossterm::event::KeyModifiers::NONE
            };
            let ink = Ink { now: NOW, seed: [9; 32] };
            let effects = update(model, Msg::Key(KeyEvent::new(key.code, modifiers)), &Hits::default(), ink);
            let sends = |effect: &Effect| matches!(effect, Effect::Session(..) | Effect::Lab(..) | Effect::Check(..));
            prop_assert!(!effects.iter().any(sends), "{key} sends something");
            let now: Vec<_> = model.opened().past.iter().map(|past| past.session.walk.clone()).collect();
            prop_assert!(now == past, "{key} changed a walk that is over");
        }
    }
}
