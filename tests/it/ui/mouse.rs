//! The mouse: what a click, the wheel and a drag do, and that none of them sends anything.

use crossterm::event::{MouseButton, MouseEventKind};
use jagwalk::{profile::fields, session::Transport, ui::layout};

use super::desk::{Desk, Sham, tenant};

const LEFT: MouseEventKind = MouseEventKind::Down(MouseButton::Left);
const DRAG: MouseEventKind = MouseEventKind::Drag(MouseButton::Left);

fn desk(size: (u16, u16)) -> Desk<Sham> {
    let mut desk = Desk::sham(tenant(), 404, "{}", size);
    desk.keys("O").sees("The mouse is on").sees("Hold Shift");
    desk
}

fn cursor(desk: &Desk<impl Transport>) -> usize {
    desk.engine.model.rows_state().cursor
}

#[test]
fn without_being_asked_it_does_nothing() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let before = desk.cells();
    desk.click("Answer")
        .mouse(MouseEventKind::ScrollDown, (5, 8));
    assert_eq!(before, desk.cells());
    desk.keys("O").click("Answer").sees("[Answer]");
    desk.keys("O").sees("the terminal’s again");
    desk.click("Request");
    desk.sees("[Answer]");
}

#[test]
fn what_is_seen_can_be_clicked() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = desk(size);
        desk.click(" Tokens ").sees("[Tokens]");
        let (on_rail, there) = match size {
            (80, _) => ("·5", "step 5 of 7"),
            _ => ("5 ID-JAG", "▸ 5 ID-JAG"),
        };
        desk.click(on_rail).sees(there);
        // The rail takes the cursor back to the panel, and so does a click on it.
        desk.keys("<tab>");
        assert!(desk.engine.model.on_rail());
        desk.click("Inputs");
        assert!(!desk.engine.model.on_rail());
        // A row first, then what Enter does there.
        desk.click("Scope");
        let field = desk.engine.model.under.field;
        assert_eq!(field, Some(fields::AGENT_SCOPE), "{}", desk.screen());
        assert!(desk.engine.model.screen.editor.is_none());
        desk.click("Scope").sees("Esc discard");
        // What is typed is not lost by a click beside it; a hint is its key.
        desk.keys("abc").click(" Tokens ").sees("abc");
        desk.click("discard").sees_no("abc").sees("[Inputs");
        desk.click("? help").sees("Keys:");
        // The heading is the way back.
        desk.click("Keys:").sees("[Inputs");
    }
}

#[test]
fn a_text_takes_the_cursor_where_it_is_clicked() {
    let mut desk = desk((80, 24));
    desk.keys("e<enter><ctrl-u>one two");
    let (x, y) = desk.place_of("one two");
    desk.mouse(LEFT, (x + 4, y))
        .keys("and ")
        .sees("one and two");
    // Behind the end is the end.
    desk.mouse(LEFT, (x + 40, y)).keys("!").sees("one and two!");
    desk.keys("<esc>/some text");
    let (x, y) = desk.place_of("some text");
    desk.mouse(LEFT, (x, y)).keys("any").sees("anysome text");
}

#[test]
fn lists_questions_and_the_palette_can_be_clicked() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("O");
    desk.keys("f").click("mcp").sees("Flows");
    desk.click("mcp").sees("jagwalk  mcp");
    desk.keys(":").click("send-again").sees("Do or open");
    assert_eq!(cursor(&desk), 1);
    desk.keys("<ctrl-u>zoom");
    desk.click("Shows the panel alone").sees_no("Do or open");
    assert!(desk.engine.model.screen.zoom);
    desk.keys("z<enter>").sees("done in");
    desk.keys("q").sees("Leave?");
    desk.click("n no").sees_no("Leave?");
    desk.keys("q").click("Answer").sees("Leave?");
    desk.click("y yes");
    assert!(desk.left);
}

#[test]
fn no_click_sends_anything() {
    let mut desk = desk((120, 40));
    let (width, height) = desk.engine.model.size;
    for y in 1..height - 1 {
        for x in (34..width).step_by(9) {
            for _ in 0..3 {
                desk.mouse(LEFT, (x, y));
            }
            assert!(!desk.engine.model.session().has_results(), "{x} {y}");
            desk.keys("<esc><esc><esc>");
            desk.engine.model.screen.ask = None;
        }
    }
}

#[test]
fn the_wheel_scrolls_by_three_and_keeps_the_cursor_in_sight() {
    let names: Vec<String> = (0..200)
        .map(|at| format!("\"name-{at:03}\": {at}"))
        .collect();
    let body = format!("{{{}}}", names.join(","));
    let mut desk = Desk::sham(tenant(), 404, &body, (80, 24));
    desk.keys("O<enter>").sees("[Answer");
    let (_, height) = layout::rows_area(&desk.engine.model);
    let over = desk.place_of("name-002");
    let before = desk.engine.model.rows_state().clone();
    desk.mouse(MouseEventKind::ScrollDown, over);
    assert_eq!(desk.engine.model.rows_state().scroll, before.scroll + 3);
    assert_eq!(cursor(&desk), 3, "it is drawn along");
    desk.keys("jj").mouse(MouseEventKind::ScrollUp, over);
    assert_eq!(
        (desk.engine.model.rows_state().scroll, cursor(&desk)),
        (0, 5)
    );
    for _ in 0..200 {
        desk.mouse(MouseEventKind::ScrollDown, over);
    }
    let (state, rows) = (
        desk.engine.model.rows_state().clone(),
        desk.engine.model.under.rows,
    );
    assert_eq!(state.scroll + height, rows, "it ends at the end");
    // Beside the rows it means nothing.
    desk.mouse(MouseEventKind::ScrollUp, (2, 0));
    assert_eq!(*desk.engine.model.rows_state(), state);
}

#[test]
fn the_bars_are_dragged_within_limits() {
    let mut desk = desk((200, 60));
    let places = |desk: &Desk<Sham>| layout::places(&desk.engine.model);
    let up = MouseEventKind::Up(MouseButton::Left);
    assert_eq!((places(&desk).bar.x, places(&desk).side_bar.x), (46, 153));
    desk.mouse(LEFT, (46, 20)).mouse(DRAG, (50, 22));
    assert_eq!((places(&desk).bar.x, places(&desk).note.width), (50, 46));
    desk.mouse(DRAG, (0, 20));
    assert_eq!(places(&desk).bar.x, 16);
    desk.mouse(up, (0, 20)).mouse(DRAG, (40, 20));
    assert_eq!(places(&desk).bar.x, 16, "nothing holds it any more");
    desk.mouse(LEFT, (153, 20))
        .mouse(DRAG, (140, 20))
        .mouse(up, (140, 20));
    assert_eq!(places(&desk).side_bar.x, 140);
    desk.mouse(LEFT, (16, 20))
        .mouse(DRAG, (199, 20))
        .mouse(up, (199, 20));
    assert!(places(&desk).body.width >= 64 && places(&desk).note.width >= 24);
    // A smaller screen is no worse for it.
    for width in 60..200 {
        desk.tell(jagwalk::ui::update::Msg::Resize(width, 40));
        assert!(places(&desk).body.width >= 60, "{width}");
    }
}
