//! Rows that are kept: laid out once for each change, and never older than what they show.

use std::sync::Arc;

use jagwalk::{
    flow::Ink,
    profile::fields,
    session::Command,
    ui::{layout::panel_width, panels::PANELS, rows::Row},
};

use super::desk::{Desk, Sham, tenant};

/// Sits down at an answer of about a megabyte.
fn large(size: (u16, u16)) -> Desk<Sham> {
    let names: Vec<String> = (0..20_000)
        .map(|number| format!("\"name-{number}\": \"some text that is worth nothing\""))
        .collect();
    let mut desk = Desk::sham(tenant(), 404, &format!("{{{}}}", names.join(",")), size);
    desk.keys("<enter>").sees("[Answer");
    desk
}

fn shown(desk: &Desk<Sham>) -> Arc<Vec<Row>> {
    let model = &desk.engine.model;
    model.kept_rows(panel_width(model))
}

/// Lays the rows out, whatever is kept.
fn fresh(desk: &Desk<Sham>) -> Vec<Row> {
    let model = &desk.engine.model;
    model.panel_rows(model.panel(), panel_width(model))
}

#[test]
fn moving_folding_finding_and_waiting_lay_nothing_out() {
    for size in [(80, 24), (120, 40)] {
        let mut desk = large(size);
        let before = shown(&desk);
        assert!(before.len() > 300, "{}", before.len());
        for keys in [
            "j",
            "<pgdn>",
            "G",
            "g",
            "<space>",
            "<space>",
            "/name-7<enter>",
            "n",
            "<esc>",
            "<tab>",
            "<tab>",
            "C",
            "<esc>",
        ] {
            desk.keys(keys);
            // The clock goes on, and an answer does not mind.
            desk.engine.model.now = desk.engine.model.now.plus_secs(1);
            let cells = desk.cells();
            assert_eq!(cells, desk.cells(), "drawing twice gives the same");
            assert!(
                Arc::ptr_eq(&before, &shown(&desk)),
                "{keys} laid it out again"
            );
        }
    }
}

#[test]
fn what_changes_the_rows_is_seen_at_once() {
    let mut desk = large((120, 40));
    // Each of these shows something else, or the same otherwise: it is never what was kept.
    for keys in [
        "z", "z", "m", "m", "M", "M", "]", "]", "]", "[", "[", "[", "l", "l", "J", "K", "r", ",",
        ".", "n", "<enter>", "P", "<esc>",
    ] {
        desk.keys(keys);
        desk.cells();
        assert_eq!(*shown(&desk), fresh(&desk), "after {keys}");
    }
    desk.tell(jagwalk::ui::update::Msg::Resize(80, 24));
    assert_eq!(*shown(&desk), fresh(&desk));
    // A token that ends is told by the time.
    for panel in PANELS {
        desk.engine.model.place_mut().chosen = Some(panel.id);
        drop(shown(&desk));
        desk.engine.model.now = desk.engine.model.now.plus_secs(90);
        assert_eq!(*shown(&desk), fresh(&desk), "{}", panel.id);
    }
}

#[test]
fn the_row_under_the_cursor_is_copied_though_the_menu_is_wider_than_the_panel() {
    let long = "x".repeat(300);
    let body = format!("{{\"a\":\"{long}\",\"b\":\"this one\",\"c\":\"not this\"}}");
    let mut desk = Desk::sham(tenant(), 404, &body, (120, 40));
    desk.keys("<enter>").sees("[Answer");
    desk.keys("/this one<enter>y");
    desk.sees("the row under the cursor");
    desk.keys("<enter>").sees("the row under the cursor");
    let copied = desk.copied.pop().expect("it was copied");
    assert!(copied.contains("this one"), "{copied}");
}

#[test]
fn what_the_session_does_is_seen_on_the_same_panel() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    desk.engine.model.place_mut().chosen = Some("curl");
    let before = shown(&desk);
    let ink = Ink {
        now: desk.engine.model.now,
        seed: [7; 32],
    };
    let edit = Command::Edit(
        fields::RESOURCE_AS_ISSUER,
        "https://other.example".to_owned(),
    );
    drop(desk.engine.model.command(edit, ink));
    assert_eq!(*shown(&desk), fresh(&desk));
    assert_ne!(*before, *shown(&desk));
    desk.sees("https://other.example/.well-known/");
}
