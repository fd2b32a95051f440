//! Where things stand: what is said moves nothing, names stay whole, and the cursor stays on its row in every width.

use std::collections::BTreeSet;

use crossterm::event::{MouseButton, MouseEventKind};
use jagwalk::{
    flow::{Ink, flows::XAA},
    profile::Profile,
    session::{Session, Transport},
    ui::{
        hits::Target,
        layout,
        model::Toast,
        panels::PANELS,
        rows::{Row, fold},
        update::Msg,
    },
};

use super::desk::{Desk, NOW, Sham};

const SIZES: [(u16, u16); 4] = [(80, 24), (100, 30), (120, 40), (200, 60)];

/// Returns the rows that the keys move over.
fn rows(desk: &Desk<impl Transport>) -> Vec<Row> {
    let model = &desk.engine.model;
    model.rows(layout::rows_area(model).0).to_vec()
}

/// What a row shows, whatever room it has.
fn shows(row: &Row) -> impl PartialEq + std::fmt::Debug + use<> {
    (row.at.clone(), row.field, row.goes, row.place.clone())
}

#[test]
fn the_cursor_of_the_diagram_stays_on_its_message_in_every_width() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("RD").sees("message 14 of 15");
    desk.keys("kkk").sees("message 11 of 15");
    // As arrows and as a list, with lines that are broken and others that are cut.
    for size in [
        (60, 40),
        (80, 24),
        (200, 60),
        (62, 16),
        (120, 40),
        (100, 30),
    ] {
        desk.tell(Msg::Resize(size.0, size.1));
        desk.sees("message 11 of 15");
        desk.keys("zz").sees("message 11 of 15");
    }
    // What was left in one width is the same in another.
    desk.keys("l").tell(Msg::Resize(60, 40));
    desk.keys("[]]]").sees("[Diagram]").sees("message 11 of 15");
    // A side exchange has no number of its own.
    desk.keys("gjj<space>j").sees("side exchange of step 1");
    let before = desk.engine.model.under.clone();
    desk.tell(Msg::Resize(120, 40));
    desk.sees("side exchange of step 1")
        .sees("▾ 1 side request");
    assert_eq!(desk.engine.model.under.folded, before.folded);
}

#[test]
fn the_first_line_that_is_seen_stays_the_first() {
    let mut desk = Desk::lab((80, 18));
    desk.keys("RDgg");
    let first = |desk: &Desk<_>| {
        let rows = rows(desk);
        let state = desk.engine.model.rows_state();
        rows[fold(&rows, &state.folds)[state.scroll]].place.clone()
    };
    let all = rows(&desk);
    let at = all
        .iter()
        .position(|row| row.place.as_deref() == Some("message 5 of 15"))
        .expect("it went");
    let scroll = fold(&all, &BTreeSet::new())
        .iter()
        .position(|index| *index == at)
        .expect("no fold hides it");
    let state = desk.engine.model.rows_state_mut();
    (state.cursor, state.scroll) = (at, scroll);
    for width in [60, 120, 80, 100, 60] {
        desk.tell(Msg::Resize(width, 18));
        assert_eq!(first(&desk).as_deref(), Some("message 5 of 15"), "{width}");
    }
}

#[test]
fn every_panel_keeps_its_row_in_every_width() {
    let mut desk = Desk::lab((120, 40));
    desk.keys("R").sees("200 OK");
    desk.keys("3");
    for panel in PANELS {
        desk.engine.model.place_mut().choose(Some(panel.id));
        desk.tell(Msg::Resize(120, 40));
        // The names over the lanes are not there where there are no lanes.
        let first = usize::from(panel.id == "diagram");
        for at in (first..rows(&desk).len()).step_by(3) {
            desk.engine.model.rows_state_mut().cursor = at;
            desk.tell(Msg::Resize(120, 40));
            let shown = |desk: &Desk<_>| {
                let cursor = desk.engine.model.rows_state().cursor;
                shows(&rows(desk)[cursor])
            };
            let before = shown(&desk);
            for width in [72, 200, 60, 120] {
                desk.tell(Msg::Resize(width, 40));
                assert_eq!(shown(&desk), before, "{} {at} {width}", panel.id);
            }
        }
    }
}

#[test]
fn what_is_said_moves_nothing_and_covers_no_verdict() {
    for size in SIZES {
        let mut desk = Desk::lab(size);
        desk.keys("F/idjag-aud-slash<enter><enter><esc><esc>R")
            .sees("The IdP, certain, at step 5.");
        // At a step with a verdict, at one without, over a list, and of a panel alone.
        for keys in ["", "1", "p", "<esc>z"] {
            desk.keys(keys);
            let before = layout::places(&desk.engine.model);
            let verdict = desk.screen().contains(", certain");
            for says in ["Short.".to_owned(), "So much is said here. ".repeat(11)] {
                let says = says + "End.";
                desk.engine.model.screen.toast = Some(Toast {
                    bad: true,
                    says: says.clone(),
                });
                assert_eq!(
                    layout::places(&desk.engine.model),
                    before,
                    "{size:?} {keys}"
                );
                desk.sees("End.");
                assert_eq!(desk.screen().contains(", certain"), verdict, "{size:?}");
            }
            desk.engine.model.screen.toast = None;
        }
    }
}

#[test]
fn a_blank_line_parts_the_rows_from_what_is_said_of_them() {
    for keys in ["RDG", "P", "RDGz"] {
        let mut desk = Desk::lab((80, 24));
        desk.keys(keys);
        let screen = desk.screen();
        let lines: Vec<&str> = screen.lines().collect();
        let note = layout::places(&desk.engine.model).note;
        assert!(!lines[usize::from(note.y)].is_empty(), "{keys}\n{screen}");
        assert_eq!(lines[usize::from(note.y) - 1], "", "{keys}\n{screen}");
    }
}

#[test]
fn every_panel_can_be_reached_by_its_name() {
    let ink = Ink {
        now: NOW,
        seed: [7; 32],
    };
    for width in [60, 62, 64, 72, 80, 96, 100, 120, 160, 200] {
        let session = Session::new(&XAA, Profile::named("acme"), ink);
        let mut desk = Desk::<Sham>::opened(session, (width, 40));
        if width >= 66 {
            desk.sees("[Inputs 1");
        }
        for panel in PANELS {
            desk.engine.model.place_mut().choose(Some(panel.id));
            desk.tell(Msg::Resize(width, 40));
            desk.sees(&format!("[{}", panel.title));
            if width >= 64 {
                for other in PANELS {
                    desk.sees(other.title);
                }
            }
        }
        // The areas of the mouse are where the names are.
        desk.keys("O");
        for name in ["Request", "Findings", "Log"]
            .into_iter()
            .filter(|_| width >= 64)
        {
            desk.click(name).sees(&format!("[{name}"));
        }
    }
    Desk::opened(Session::new(&XAA, Profile::named("acme"), ink), (120, 40))
        .sees("[Inputs 1 needed]");
}

#[test]
fn the_rail_is_as_wide_as_its_titles_want_and_leaves_the_panel_its_names() {
    let mut desk = Desk::lab((200, 60));
    desk.keys("R")
        .sees("2 Resource AS metadata ")
        .sees("Access token of the sign-in ")
        .sees("Phase 2  ID-JAG and access token ");
    let wide = layout::places(&desk.engine.model).bar.x;
    assert!((33..=48).contains(&wide), "{wide}");
    desk.tell(Msg::Resize(120, 40));
    assert_eq!(layout::places(&desk.engine.model).bar.x, 32);
    // Dragged as far as it goes, no name is cut.
    desk.keys("O");
    let (left, drag) = (
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Drag(MouseButton::Left),
    );
    desk.mouse(left, (32, 20)).mouse(drag, (119, 20));
    assert!(layout::places(&desk.engine.model).bar.x > 48);
    for panel in PANELS {
        desk.engine.model.place_mut().choose(Some(panel.id));
        let names = |target: &Target| matches!(target, Target::Tab(_));
        let hits = desk.hits();
        let tabs = hits.areas.iter().filter(|(_, target)| names(target));
        assert_eq!(tabs.count(), PANELS.len());
        for other in PANELS {
            desk.sees(other.title);
        }
    }
}

#[test]
fn the_title_of_a_step_keeps_away_from_its_state() {
    for width in [60, 70, 76, 78, 80, 82, 120] {
        let mut desk = Desk::lab((width, 40));
        for keys in ["", "R"] {
            desk.keys(keys);
            for step in ["1", "1", "2", "2", "3", "3", "4"] {
                desk.keys(step);
                let place = layout::places(&desk.engine.model).title;
                let screen = desk.screen();
                let line = screen.lines().nth(place.y.into()).expect("it is there");
                let line: String = line.chars().skip(place.x.into()).collect();
                let (title, state) = line.trim().rsplit_once("  ").expect(&line);
                assert!(!title.is_empty() && !state.is_empty(), "{line}");
            }
        }
    }
}
