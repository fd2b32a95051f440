//! The sentences at the foot: told to their end where there is room, and never at the cost of the address.

use super::desk::{Desk, tenant};

#[test]
fn a_long_sentence_is_told_to_its_end_on_a_small_terminal() {
    let says = "Made from the old token and unaffected: the ID-JAG, which ends 2026-11-22 10:43:29 UTC (in 4 min 59 s), \
                and the access token of the resource authorization server, which ends 2026-11-22 10:53:29 UTC \
                (in 14 min 59 s). Omega.";
    for size in [(80, 24), (120, 40)] {
        let mut desk = Desk::sham(tenant(), 404, "{}", size);
        desk.keys("p");
        for _ in 0..2 {
            desk.engine.model.say(says);
            desk.sees("Omega.");
            // The second time it is the page of a step, without the list over it.
            desk.keys("<esc>");
        }
        desk.engine.model.say("Short.");
        let screen = desk.screen();
        let rule = screen.lines().rev().position(|line| line.contains("────"));
        assert_eq!(rule, Some(3), "two lines and the hints:\n{screen}");
    }
}

#[test]
fn what_stands_on_the_page_already_is_not_said_again_at_its_foot() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    // Its why stands at the head of the inputs, and at the foot of the other panels.
    desk.keys("e")
        .sees("Nothing was sent yet; r sends it.")
        .sees_no(" e inputs");
    desk.keys("]")
        .sees_no("Nothing was sent yet")
        .sees(" e inputs");
}

#[test]
fn who_sees_a_part_of_the_log_is_told_how_to_see_all() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("r").sees("404");
    desk.keys("'l").sees_no("Esc all entries");
    desk.keys("&status:404<enter>").sees("Esc all entries");
    desk.keys("<esc>").sees_no("Esc all entries");
}

#[test]
fn an_editor_gets_a_body_laid_out() {
    use jagwalk::ui::copy;
    let body = |text: &str| {
        let mut desk = Desk::sham(tenant(), 404, text, (80, 24));
        desk.keys("r").sees("404");
        let visit = copy::body(&desk.engine.model).expect("there is a body");
        visit.text.0.to_string()
    };
    let laid_out = body(r#"{"error":"no","tokens":[1,2]}"#);
    assert!(laid_out.lines().count() > 3, "{laid_out}");
    assert_eq!(body("<p>no JSON"), "<p>no JSON");
}
