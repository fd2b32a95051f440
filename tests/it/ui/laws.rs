//! What holds whatever is pressed, at whatever size.

use crossterm::event::KeyCode;
use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect};

use super::desk::{Desk, tenant};
use jagwalk::ui::{
    action::{ACTIONS, Availability},
    keymap::{self, Key},
    update::Msg,
};

fn any_key() -> impl Strategy<Value = Key> {
    let table: Vec<Key> = ACTIONS
        .iter()
        .flat_map(keymap::defaults)
        .flat_map(|keys| std::iter::once(keys.first).chain(keys.then))
        .filter(|key| *key != Key::parse("ctrl-c").unwrap())
        .collect();
    prop_oneof![
        4 => proptest::sample::select(table),
        1 => any::<char>().prop_map(|c| Key::plain(KeyCode::Char(c))),
        1 => Just(Key::plain(KeyCode::Backspace)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_at_no_size_panic(
        keys in proptest::collection::vec(any_key(), 1..60),
        size in (1_u16..220, 1_u16..70),
        pastes in proptest::collection::vec(".{0,40}", 0..3),
    ) {
        let mut desk = Desk::sham(tenant(), 400, "{\"error\":\"invalid_grant\"}", size);
        for (index, key) in keys.into_iter().enumerate() {
            desk.press(key);
            if let Some(text) = pastes.get(index) {
                desk.paste(text);
            }
            prop_assert_eq!(desk.cells(), desk.cells());
            let hints = keymap::hints(&desk.engine.model);
            for entry in ACTIONS {
                let shown = hints.iter().any(|(key, hint)| {
                    *hint == entry.hint && keymap::defaults(entry).iter().any(|known| known.to_string() == *key)
                });
                let can = ACTIONS.iter().any(|other| other.hint == entry.hint && (other.when)(&desk.engine.model) == Availability::Yes);
                prop_assert!(!shown || can, "{} is hinted", entry.id);
            }
            prop_assert!(hints.len() <= 6);
        }
    }
}

#[test]
fn every_size_is_drawn_and_drawing_twice_gives_the_same() {
    let mut desk = Desk::lab((80, 24));
    desk.keys("R");
    for keys in [
        "",
        "p",
        "<esc>P<enter>",
        "<esc><esc>?",
        "<esc>y",
        "<esc>z",
        "<esc>u<enter>",
        "<esc><esc>:rule",
        "<enter>",
        "<esc>'",
        "<esc>?/log",
    ] {
        desk.keys(keys);
        for width in (1..=250).step_by(13) {
            for height in (1..=80).step_by(7) {
                desk.tell(Msg::Resize(width, height));
                assert_eq!(desk.cells(), desk.cells());
            }
        }
        for size in [(500, 200), (1, 200), (500, 1), (500, 16), (60, 200)] {
            desk.tell(Msg::Resize(size.0, size.1));
            assert_eq!(desk.cells(), desk.cells());
        }
    }
}

#[test]
fn a_frame_smaller_than_the_model_thinks_is_no_panic() {
    let desk = Desk::sham(tenant(), 404, "{}", (120, 40));
    for (width, height) in [(1, 1), (50, 10), (119, 39)] {
        let area = Rect::new(0, 0, width, height);
        desk.engine.draw(area, &mut Buffer::empty(area));
    }
}

#[test]
fn below_the_smallest_size_one_line_says_so() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (59, 24));
    // What cannot be seen is not done.
    desk.keys("rRnq:");
    let session = desk.engine.model.session();
    assert!(!session.has_results() && session.waiting().is_none());
    assert_eq!(
        desk.screen().trim(),
        "jagwalk needs 60x16; this is 59x24. ctrl-c leaves."
    );
}

#[test]
fn every_action_can_be_reached_somewhere() {
    for entry in ACTIONS {
        let shadowed = ACTIONS
            .iter()
            .take_while(|other| other.id != entry.id)
            .any(|other| {
                other.scope == entry.scope
                    && entry.keys.iter().all(|key| other.keys.contains(key))
                    && (other.when as usize == entry.when as usize)
            });
        assert!(!shadowed, "{} is never meant", entry.id);
    }
}
