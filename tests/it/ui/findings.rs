//! What is wrong, on the screen: marks, the panel, the verdict at the foot, the ledger and the hand-off.

use super::desk::{Desk, tenant};

#[test]
fn a_verdict_leads_to_the_very_claim() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::lab(size);
        desk.keys("F/idjag-aud-slash<enter><enter>")
            .sees("idp-idjag-aud-slash is on");
        desk.keys("<esc><esc>").sees("fault: idp-idjag-aud-slash");
        desk.keys("R").sees("The IdP, certain, at step 5.");
        desk.keys("i")
            .sees("Verdict  The IdP, certain")
            .sees("because");
        desk.keys("<pgdn>").sees("BEARER-ENDPOINT");
        desk.keys("Ki")
            .sees("Verdict  The IdP, certain · step id-jag");
        // From the verdict to its place, and from the place to the finding.
        desk.keys("<enter>").sees("[Tokens]");
        desk.keys("i").sees("[Findings").sees("trailing slash");
        desk.keys("L").sees("contradictory");
        desk.keys("<esc>H")
            .sees("For the administrator of the IdP")
            .sees("They part at character");
    }
}

#[test]
fn at_a_step_that_went_wrong_the_hints_are_what_helps_there() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F/idjag-aud-slash<enter><enter>")
        .keys("<esc><esc>");
    desk.keys("R").sees("IdP, certain, at step 5.");
    let foot = |desk: &Desk<_>| desk.screen().lines().last().map(str::to_owned);
    let at = |desk: &Desk<_>, words: &[&str]| {
        let line = foot(desk).expect("there is a line");
        let places: Vec<_> = words.iter().map(|word| line.find(word)).collect();
        assert!(places.iter().all(Option::is_some), "{line}");
        assert!(places.is_sorted(), "{line}");
    };
    at(
        &desk,
        &["i findings", "H hand-off", "D diagram", "send", "? help"],
    );
    // Where one is already, nothing leads there; and what is under the cursor comes first.
    desk.keys("i<tab><tab>").sees("[Findings");
    let line = foot(&desk).expect("there is a line");
    assert!(
        !line.contains("findings") && line.contains("H hand-off"),
        "{line}"
    );
    desk.keys("e");
    at(&desk, &["Enter edit", "i findings", "H hand-off"]);
    // Where all is well, it goes on as ever; and at the end, with a new walk.
    desk.keys("1");
    at(&desk, &["Enter next step", "r send", "e inputs"]);
    let mut desk = Desk::lab((80, 24));
    desk.keys("R").sees("200 OK");
    at(&desk, &["n new walk", "r send", "? help"]);
}

#[test]
fn a_mistake_of_ours_is_seen_before_it_goes() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("<enter><enter><enter><enter>")
        .sees("▸ 3 Authorize");
    desk.keys("e/Scope<enter><enter><ctrl-u>email<enter>")
        .sees("AUTHZ-OPENID-SCOPE");
    desk.keys("i").sees("Findings 1").sees("query:scope");
    desk.keys("<enter>").sees("[Request]").sees("✗");
}

#[test]
fn where_all_is_well_there_is_nothing_to_hand_off() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("R").sees("200 OK");
    desk.keys("H").sees("Nothing went wrong");
    desk.keys("L").sees("kept").sees_no("contradictory");
}

#[test]
fn an_issuer_that_leads_nowhere_is_said_to_be_looked_at() {
    let mut desk = Desk::sham(tenant(), 404, "<html>not here</html>", (80, 24));
    desk.keys("<enter>")
        .sees("Unclear whose side, a guess.")
        .sees("No metadata stands where")
        .sees("Compare the issuer");
}

#[test]
fn what_is_to_be_done_leads_to_the_field_that_it_names() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("5'i/Audience<enter><enter>");
    for _ in 0..80 {
        desk.keys("<backspace>");
    }
    desk.keys("https://notes.example<enter>R")
        .sees("Set agent.audience to");
    desk.keys("i").sees("Verdict").sees("because");
    desk.keys("<enter>").sees("[Inputs]");
    let field = desk.engine.model.under.field.expect("it is a field");
    assert_eq!(field.0, "agent.audience");
}

#[test]
fn the_verdict_stands_where_it_speaks_of_and_elsewhere_as_a_line() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/idjag-aud-slash<enter><enter><esc><esc>R");
    for step in ["5", "6"] {
        desk.keys(step).keys("i").sees("Verdict  The IdP, certain");
    }
    desk.keys("1i")
        .sees("Elsewhere in this walk")
        .sees("Verdict at step 5: The IdP, certain")
        .sees_no("because");
}

#[test]
fn an_answer_that_breaks_off_is_not_said_to_be_turned_down() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("F/idp-code-closed<enter><enter><esc><esc>R")
        .sees("answer broke off")
        .sees_no("rejected by us");
    desk.keys("D").sees("answer broke off").sees_no("rejected");
}

#[test]
fn esc_goes_back_to_the_row_that_led_away() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F/idjag-aud-slash<enter><enter><esc><esc>R");
    // From step 6 the verdict leads to the very claim at step 5.
    desk.keys("i").sees("Verdict  The IdP, certain");
    desk.keys("<enter>").sees("[Tokens]").sees("step 5 of 7");
    // The cursor is on a row that a finding speaks of.
    assert!(desk.engine.model.under.finding.is_some());
    desk.sees("Esc back");
    desk.keys("<esc>")
        .sees("[Findings")
        .sees("step 6 of 7")
        .sees("Verdict  The IdP, certain");
    // What was left by other ways is not come back to.
    desk.keys("<enter>[<esc>").sees("[Answer]");
    desk.sees("There is nothing to go back from.");
}

#[test]
fn e_opens_the_inputs_and_types_nothing() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("4eejj").sees("[Inputs]");
    assert!(desk.engine.model.screen.editor.is_none());
    desk.keys("<enter>");
    assert!(desk.engine.model.screen.editor.is_some());
}

#[test]
fn the_panel_keys_take_the_keys_off_the_rail() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("<tab>]").sees_no("The keys are on the rail");
    assert!(!desk.engine.model.on_rail());
}

#[test]
fn a_walk_that_went_through_and_is_not_well_says_so_at_its_end() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("F/issued-type-other<enter><enter><esc><esc>R")
        .sees("step 7 of 7")
        .sees("But: The IdP, certain, at step 5.");
    let mut desk = Desk::lab((80, 24));
    desk.keys("R").sees("step 7 of 7").sees_no("But:");
}

#[test]
fn a_page_that_is_read_can_be_copied_and_saves_no_profile() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("rL").sees_no(" save");
    desk.keys("<esc>4e<enter>x<enter>S");
    desk.keys("1<esc>rH").sees_no("S save");
    desk.keys("S").sees("This saves the profile, not this page");
}
