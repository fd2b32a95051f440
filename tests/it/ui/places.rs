//! Starting again where the screen was left: panels, folds, scroll and zoom of each profile, and nothing else.

use jagwalk::{profile::Profile, ui::places::Places};

use super::desk::{Desk, Sham, tenant};

/// A profile that can be opened again.
fn lasting() -> Profile {
    let mut profile = tenant();
    "lab".clone_into(&mut profile.name);
    profile
}

/// An answer with something to fold.
const ANSWER: &str = "{\"a\":{\"b\":[1,2,3]},\"c\":{\"d\":4}}";

fn begin() -> Desk<Sham> {
    Desk::sham(lasting(), 404, ANSWER, (120, 40))
}

/// Leaves, and starts again with what was kept; as the file has it.
fn again(desk: &mut Desk<Sham>) -> (Desk<Sham>, String) {
    desk.keys("<ctrl-c>");
    assert!(desk.left);
    let text = desk.host.places.lock().unwrap().text();
    let places = Places::read(&text);
    (
        Desk::sham_again(lasting(), 404, ANSWER, (120, 40), places),
        text,
    )
}

#[test]
fn a_step_that_can_be_sent_shows_the_panel_that_was_chosen_there() {
    let mut desk = begin();
    desk.keys("'cj<pgdn>").sees("[cURL");
    desk.keys("J'd").sees("[Diagram");
    desk.keys("J<tab>").sees("[Inputs");
    let (mut desk, _) = again(&mut desk);
    // At the step that is next, with the keys on the rail as they were.
    desk.sees("▸ 2 ").sees("[cURL");
    assert!(desk.engine.model.on_rail());
    assert!(desk.engine.model.rows_state().cursor > 1);
    desk.keys("<tab>J").sees("[Diagram");
    // Come to a second time, it is as in any walk.
    desk.keys("KJ").sees("[Request");
    // Choosing the one that is shown by itself takes it back, and what was not come to is still remembered.
    desk.keys("K'r");
    let (desk, _) = again(&mut desk);
    desk.sees("▸ 2 ").sees("[Request");
}

#[test]
fn folds_come_back_with_the_answer_which_is_read_from_its_top() {
    let mut desk = begin();
    desk.keys("<enter>").sees("[Answer").sees("▾ \"a\"");
    desk.keys("/\"a\"<enter><space>").sees("▸ \"a\"");
    let (cursor, folds) = {
        let state = desk.engine.model.rows_state();
        (state.cursor, state.folds.clone())
    };
    assert!(cursor > 0 && !folds.is_empty());
    let (mut desk, text) = again(&mut desk);
    assert!(!text.contains("\\\"a") && !text.contains("query"), "{text}");
    desk.sees("[Request");
    desk.keys("<enter>").sees("[Answer").sees("▸ \"a\"");
    let state = desk.engine.model.rows_state();
    assert_eq!((state.cursor, &state.folds), (0, &folds));
    assert!(state.query.is_empty());
    // Sent once more it is another answer.
    desk.keys("r").sees("[Answer").sees_no("▸ \"a\"");
}

#[test]
fn a_gap_is_shown_before_what_was_left() {
    let mut desk = begin();
    desk.keys("eG'c").sees("[cURL");
    let (desk, _) = again(&mut desk);
    desk.sees("[cURL");
    let places = desk.host.places.lock().unwrap().clone();
    let mut profile = lasting();
    profile.unset(jagwalk::profile::fields::RESOURCE_AS_ISSUER);
    let mut desk = Desk::sham_again(profile, 404, ANSWER, (120, 40), places);
    desk.sees("[Inputs").sees("resource_as.issuer is empty");
    desk.keys("<enter>").sees("Enter accept");
}

#[test]
fn each_profile_is_looked_at_in_its_own_way() {
    let mut desk = begin();
    desk.keys("zl").sees("[Log");
    desk.keys("pc<enter>other<enter>").sees("other");
    assert!(!desk.engine.model.screen.zoom);
    desk.keys("lllp").sees("The lab");
    desk.keys("g<enter>");
    assert!(desk.engine.model.screen.zoom && !desk.engine.model.screen.log_whole);
    let (_, text) = again(&mut desk);
    let places = Places::read(&text);
    let posture = |name: &str| places.of(name).expect("it was open").posture;
    assert!(posture("lab").zoom && !posture("lab").log_whole);
    assert!(!posture("other").zoom && !posture("other").log_whole);
}

#[test]
fn a_new_walk_is_looked_at_like_the_one_before() {
    let mut desk = begin();
    desk.keys("'c<enter>").sees("[Answer");
    desk.keys("n").sees("▸ 2 ").sees("[cURL");
}
