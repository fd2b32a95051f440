//! Finding: as it is typed, on from match to match, counted, and back with Esc.

use super::desk::{Desk, Sham, tenant};

/// Sits down at an answer with so many names, of each of two addresses that are asked.
fn answer(count: usize) -> Desk<Sham> {
    let names: Vec<String> = (0..count)
        .map(|at| format!("\"name-{at:03}\": {{\"in\": {{\"at\": \"deep-{at:03}\"}}}}"))
        .collect();
    let body = format!("{{{}}}", names.join(","));
    let mut desk = Desk::sham(tenant(), 404, &body, (80, 24));
    desk.keys("<enter>").sees("[Answer");
    desk
}

fn row(desk: &Desk<Sham>) -> String {
    let model = &desk.engine.model;
    let rows = model.rows(jagwalk::ui::layout::rows_area(model).0);
    rows[model.rows_state().cursor].plain().trim().to_owned()
}

#[test]
fn it_is_found_as_it_is_typed_and_esc_goes_back() {
    let mut desk = answer(40);
    desk.keys("jj");
    let before = desk.engine.model.rows_state().clone();
    desk.keys("/name-03").sees("1 of 20");
    // It is seen while it is typed.
    desk.sees("▾ \"name-030\"");
    assert!(row(&desk).contains("name-030"), "{}", row(&desk));
    desk.keys("9").sees("1 of 2");
    assert!(row(&desk).contains("name-039"));
    desk.keys("x").sees("no match");
    assert_eq!(
        desk.engine.model.rows_state().cursor,
        before.cursor,
        "it waits where it was"
    );
    desk.keys("<backspace>").sees("1 of 2");
    desk.keys("<esc>").sees_no("1 of 2");
    assert_eq!(*desk.engine.model.rows_state(), before);
    // The same for a paste, and what was looked for before comes back.
    desk.keys("/name-01<enter>n").sees("2 of 20");
    desk.keys("/").paste("deep-020").sees("1 of 2");
    desk.keys("<esc>").sees("2 of 20");
    desk.keys("/nowhere<enter>")
        .sees("There is no `nowhere` here.");
}

#[test]
fn it_is_counted_inside_folds_and_goes_round() {
    let mut desk = answer(30);
    desk.keys("/name-000<enter>h").sees("1 of 2");
    // What is folded away is counted and opened.
    desk.keys("/deep-00<enter>").sees("1 of 20");
    assert!(row(&desk).contains("deep-000"), "{}", row(&desk));
    desk.keys("nn").sees("3 of 20");
    desk.keys("NN").sees("1 of 20");
    desk.keys("N").sees("20 of 20").sees("on from the bottom");
    desk.keys("n").sees("1 of 20").sees("on from the top");
    desk.keys("j").sees("20 matches");
    // Nothing typed looks for the same again.
    desk.keys("/<enter>").sees("2 of 20");
    desk.keys("<esc>").sees_no("of 20");
}

#[test]
fn lists_and_pages_are_looked_through_too() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("P/issuer").sees(" of ");
    desk.keys("<enter>n").sees("2 of ");
    desk.keys("<esc>").sees_no("2 of ").sees("Every field");
    desk.keys("<esc>a/idp<enter>").sees("1 of ");
}

#[test]
fn many_rows_are_looked_through_once() {
    let mut desk = answer(10_000);
    desk.keys("/name-<enter>");
    let rows = |desk: &Desk<Sham>| {
        desk.engine
            .model
            .rows(jagwalk::ui::layout::rows_area(&desk.engine.model).0)
    };
    let found = desk.engine.model.matches(&rows(&desk));
    assert!(found.len() > 10);
    for keys in ["n", "N", "j", "<pgdn>"] {
        desk.keys(keys);
        desk.cells();
        let again = desk.engine.model.matches(&rows(&desk));
        assert!(
            std::sync::Arc::ptr_eq(&found, &again),
            "{keys} looked again"
        );
    }
}

#[test]
fn half_pages_pages_and_folds_have_the_keys_of_vim() {
    let mut desk = answer(60);
    let (_, height) = jagwalk::ui::layout::rows_area(&desk.engine.model);
    let at = |desk: &Desk<Sham>| desk.engine.model.rows_state().cursor;
    desk.keys("<ctrl-d>");
    assert_eq!(at(&desk), height / 2);
    desk.keys("<ctrl-u>");
    assert_eq!(at(&desk), 0);
    for (down, up) in [("<ctrl-f>", "<ctrl-b>"), ("<pgdn>", "<pgup>")] {
        desk.keys(down);
        assert_eq!(at(&desk), height - 1, "{down}");
        desk.keys(up);
        assert_eq!(at(&desk), 0, "{up}");
    }
    // Out of the fold at hand, then out of what is around it; and in again.
    desk.keys("/deep-003<enter><esc>h");
    assert!(row(&desk).contains("\"in\""), "{}", row(&desk));
    assert!(desk.engine.model.under.folded);
    desk.keys("l");
    assert!(!desk.engine.model.under.folded);
    desk.keys("hh");
    assert!(row(&desk).contains("name-003"), "{}", row(&desk));
    assert!(desk.engine.model.under.folded);
    // On what is not folded the key is that of the log.
    desk.keys("ll").sees("[Log]");
}
