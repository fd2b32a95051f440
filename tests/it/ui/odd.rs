//! Small and odd: text of every script, lines without an end, logs without an end, popups in little room.

use std::sync::Arc;

use jagwalk::{
    export::trace,
    flow::flows,
    profile::Profile,
    session::Session,
    ui::{
        layout::{self, panel_width},
        rows::Row,
        update::Msg,
    },
};
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::desk::{Desk, Sham, tenant};

/// Text that terminals, and programs that count characters, stumble over.
const ODD: &[&str] = &[
    "宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽",
    "x宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽宽",
    "e\u{301}e\u{301}e\u{301} n\u{303}\u{331}\u{330} Zalgo: H\u{321}\u{328}\u{34d}\u{356}e\u{322}l\u{336}l\u{337}o\u{338}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd} \u{645}\u{631}\u{62d}\u{628}\u{627}",
    "family \u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} flag \u{1F1E9}\u{1F1EA} hand \u{1F44B}\u{1F3FD} heart \u{2764}\u{FE0F} keycap 1\u{FE0F}\u{20E3}",
    "user\u{202E}gnp.exe \u{2066}isolated\u{2069} \u{200F}mark",
];

/// Every cell is covered once: after a wide symbol comes the blank that belongs to it, and lines from top to bottom are
/// not broken.
#[track_caller]
fn assert_aligned(desk: &Desk<Sham>) {
    let cells = desk.cells();
    let (width, height) = (cells.area.width, cells.area.height);
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let symbol = cells[(x, y)].symbol();
            let wide = symbol.width();
            assert!((1..=2).contains(&wide), "{symbol:?} takes {wide} cells");
            if wide == 2 {
                assert!(x + 1 < width, "{symbol:?} hangs over the edge");
                assert_eq!(
                    cells[(x + 1, y)].symbol(),
                    " ",
                    "half of {symbol:?} is covered"
                );
            }
            x += if wide == 2 { 2 } else { 1 };
        }
    }
    if width >= 100 && height >= 28 && desk.engine.model.screen.overlay.is_none() {
        // The header, and the hints at the foot, have no rail beside them.
        let x = layout::places(&desk.engine.model).bar.x;
        for y in 1..height - 1 {
            assert!(
                "│├┼┤┴┬─".contains(cells[(x, y)].symbol()),
                "line {y} has {:?} where the bar is\n{}",
                cells[(x, y)].symbol(),
                desk.screen()
            );
        }
    }
}

#[test]
fn text_of_every_script_stays_in_its_place() {
    for text in ODD {
        let body =
            json!({ "error": "invalid_grant", "error_description": text, *text: [text, text] });
        for size in [
            (60, 16),
            (61, 17),
            (80, 24),
            (120, 40),
            (121, 41),
            (200, 60),
        ] {
            let mut desk = Desk::sham(tenant(), 400, &body.to_string(), size);
            desk.keys("<enter>");
            for keys in [
                "", "j", "G", "]", "i", "l", "y", "<esc>", "?", "<esc>", ":", "宽", "<esc>", "a",
                "<esc>",
            ] {
                desk.keys(keys);
                assert_aligned(&desk);
            }
        }
    }
}

#[test]
fn what_turns_the_text_around_is_shown_and_not_obeyed() {
    let body = json!({ "error": "invalid_grant", "error_description": ODD[5] });
    let mut desk = Desk::sham(tenant(), 400, &body.to_string(), (120, 40));
    desk.keys("<enter>")
        .sees("user‹U+202E›gnp.exe ‹U+2066›isolated‹U+2069›");
    for c in ['\u{202E}', '\u{2066}', '\u{2069}', '\u{200F}'] {
        desk.sees_no(&c.to_string());
    }
}

#[test]
fn a_box_over_wide_text_has_its_whole_edge() {
    let body = json!({ "error": "invalid_grant", "error_description": ODD[0].repeat(60) });
    for (columns, lead) in [(80, ""), (81, ""), (80, "x"), (81, "x")] {
        let text = format!(
            "{lead}{}",
            body["error_description"].as_str().expect("it is text")
        );
        let body = json!({ "error": "invalid_grant", "error_description": text });
        let mut desk = Desk::sham(tenant(), 400, &body.to_string(), (columns, 24));
        desk.keys("<enter>G");
        assert_aligned(&desk);
        desk.keys("n");
        assert_aligned(&desk);
    }
}

fn shown(desk: &Desk<Sham>) -> Arc<Vec<Row>> {
    let model = &desk.engine.model;
    model.kept_rows(panel_width(model))
}

#[test]
fn a_line_of_a_megabyte_is_laid_out_once_and_its_rows_are_few() {
    let long = "x".repeat(1 << 20);
    let bodies = [
        json!({ "one": long }).to_string(),
        json!({ "error": "x", "error_description": ODD[0].repeat(7000) }).to_string(),
        long,
    ];
    for body in bodies {
        let mut desk = Desk::sham(tenant(), 404, &body, (120, 40));
        desk.keys("<enter>").sees("[Answer");
        let rows = shown(&desk);
        assert!(rows.len() < 15_000, "{} rows", rows.len());
        for keys in ["j", "<pgdn>", "G", "g", "/xxx<enter>", "n"] {
            desk.keys(keys);
            assert!(
                Arc::ptr_eq(&rows, &shown(&desk)),
                "{keys} laid it out again"
            );
            assert_aligned(&desk);
        }
    }
}

/// Opens a stored walk in which the first step made so many requests.
fn long_walk(count: usize, size: (u16, u16)) -> Desk<Sham> {
    let mut first = Desk::sham(tenant(), 404, "{}", (120, 40));
    first.keys("<enter>");
    let mut stored: Json =
        serde_json::from_str(&trace::write(first.engine.model.session())).expect("it is JSON");
    let steps = stored["walk"]["steps"]
        .as_array_mut()
        .expect("it has steps");
    let sent = steps
        .iter_mut()
        .find(|step| step["attempts"].get(0).is_some());
    let made = &mut sent.expect("one was sent")["attempts"][0]["made"];
    let one = made[0].clone();
    *made = Json::from(vec![one; count]);
    let session = trace::read(&stored.to_string()).expect("it can be opened");
    Desk::opened(session, size)
}

#[test]
fn ten_thousand_requests_are_laid_out_once() {
    let mut desk = long_walk(10_000, (120, 40));
    desk.keys("l").sees("requests of this step");
    let rows = shown(&desk);
    assert!(rows.len() > 10_000);
    for keys in [
        "j",
        "j",
        "k",
        "<pgdn>",
        "G",
        "k",
        "g",
        "/404<enter>",
        "n",
        "N",
    ] {
        desk.keys(keys);
        drop(desk.cells());
        assert!(
            Arc::ptr_eq(&rows, &shown(&desk)),
            "{keys} laid it out again"
        );
    }
}

#[test]
fn popups_fit_and_scroll_in_the_smallest_room() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (60, 16));
    desk.keys("<enter>");
    let mut opened = 0;
    for open in [
        "p", "P", "?", "y", "u", "f", "T", "F", "a", "L", "H", "i", ":", "C",
    ] {
        desk.keys(open);
        if desk.engine.model.screen.overlay.is_none() {
            continue;
        }
        opened += 1;
        let first = desk.screen();
        let lines: Vec<&str> = first.lines().collect();
        assert_eq!(lines.len(), 16);
        assert!(
            lines.iter().all(|line| line.width() <= 60),
            "{open}\n{first}"
        );
        assert_aligned(&desk);
        if open != ":" {
            let rows = desk.engine.model.under.rows;
            desk.keys("G");
            let (_, height) = jagwalk::ui::layout::rows_area(&desk.engine.model);
            assert!(height >= 3, "{open} has {height} lines\n{first}");
            if rows > height {
                assert_ne!(desk.screen(), first, "{open} does not scroll");
            }
        }
        desk.keys("<esc>");
        desk.tell(Msg::Tick);
        assert!(
            desk.engine.model.screen.overlay.is_none(),
            "{open} is still open\n{}",
            desk.screen()
        );
    }
    assert!(opened >= 9, "only {opened} could be opened");
}

#[test]
fn nothing_ticks_but_what_is_waited_for() {
    let profile = Profile::named("empty");
    let session = Session::new(
        flows::FLOWS[0],
        profile,
        jagwalk::flow::Ink {
            now: super::desk::NOW,
            seed: [7; 32],
        },
    );
    for mut desk in [
        Desk::sham(tenant(), 404, "{}", (80, 24)),
        Desk::opened(session, (80, 24)),
    ] {
        for keys in [
            "", "<enter>", "e", "<enter>", "<esc>", "p", "<esc>", "T", "j", "<esc>", "?", "<esc>",
            ":", "<esc>", "'", "<esc>", "l", "D",
        ] {
            desk.keys(keys);
            assert_eq!(
                desk.engine.idle(),
                None,
                "it ticks after {keys:?}\n{}",
                desk.screen()
            );
        }
    }
}
