//! The user's own keys, two keys in a row, the palette and the help, with keys alone.

use super::desk::{Desk, Sham, tenant};
use jagwalk::ui::{
    action::{ACTIONS, Action},
    config::Config,
    keymap::{Sequence, hints},
    layout,
    theme::Role,
};

fn desk() -> Desk<Sham> {
    Desk::sham(tenant(), 404, "{}", (80, 24))
}

/// Sits down with a configuration that has no mistakes.
fn remapped(keys: &str) -> Desk<Sham> {
    let mut desk = desk();
    let (config, problems) = Config::read(&format!("[keys]\n{keys}"), &[]);
    assert_eq!(problems, []);
    desk.engine.model.keys = config.keys;
    desk
}

#[test]
fn another_key_does_it_everywhere_it_is_named() {
    let mut desk =
        remapped("help = 'h'\nfold-around = []\nfold = []\nzoom = 'A'\nreveal = ['ctrl-t', 'm']\n");
    let bar = desk.screen().lines().last().unwrap_or_default().to_owned();
    assert!(bar.contains("h help"), "{bar}");
    desk.keys("?").sees_no("Keys:");
    desk.keys("h").sees("Keys:");
    desk.keys("/own zoom").sees_no("Shows the panel alone");
    desk.keys("<ctrl-u>panel alone")
        .sees(" A ")
        .sees("Shows the panel alone.");
    desk.keys("<esc>/fold<enter>").sees("no key");
    desk.keys("<esc><esc><ctrl-t>");
    desk.sees("This row has no secret.");
    desk.keys(":zoom").sees("A         zoom");
    desk.keys("<esc>z").sees("[Request]").sees_no("zoom: ");
    assert!(!desk.engine.model.screen.zoom);
    desk.keys("A");
    assert!(desk.engine.model.screen.zoom);
}

#[test]
fn steps_go_by_the_place_of_their_key() {
    let mut desk = remapped("nth-step = ['!', '#']");
    desk.keys("#").sees("step 2 of 7");
    desk.keys("1").sees("step 2 of 7");
    desk.keys("!").sees("step 1 of 7");
}

#[test]
fn digits_are_the_steps_as_the_rail_counts_them_and_braces_the_stages() {
    let mut desk = desk();
    desk.keys("5").sees("step 5 of 7");
    desk.keys("8")
        .sees("This walk has 7 steps.")
        .sees("step 5 of 7");
    desk.keys("}").sees("step 7 of 7").sees("Phase 3");
    desk.keys("}").sees("This is the last stage.");
    desk.keys("{").sees("step 5 of 7").sees("Phase 2");
    // In the midst of a stage its own beginning comes first.
    desk.keys("6{").sees("step 5 of 7");
    desk.keys("{{").sees("step 1 of 7");
    desk.keys("{").sees("This is the first step.");
}

#[test]
fn the_first_of_two_keys_shows_what_can_follow() {
    let mut desk = desk();
    desk.keys("'");
    desk.sees("r   Shows the request")
        .sees("t   Shows the tokens");
    assert_eq!(hints(&desk.engine.model), [("Esc".to_owned(), "give up")]);
    desk.keys("<esc>").sees_no("Shows the tokens");
    desk.keys("'c").sees("[cURL]");
    // What has no second key says so, and the key is not taken for itself.
    desk.keys("'q").sees("No action has the keys ' q here.");
    desk.keys("'t").sees("[Tokens]");
    assert!(!desk.left);

    let mut desk = remapped("top = 'g g'\nbottom = 'g e'");
    desk.keys("'c");
    desk.keys("ge");
    assert!(desk.engine.model.rows_state().cursor > 0);
    desk.keys("gg");
    assert_eq!(desk.engine.model.rows_state().cursor, 0);
    desk.keys("g").sees("Moves to the last row");
    // A text takes the letters.
    desk.keys("<esc>/gg<enter>").sees("There is no `gg` here.");
}

#[test]
fn the_palette_names_every_action_and_does_what_is_chosen() {
    let mut desk = desk();
    desk.keys(":").sees("Do or open:");
    let count = desk
        .engine
        .model
        .screen
        .palette
        .as_ref()
        .map_or(0, |all| all.count());
    assert!(count > ACTIONS.len() + 100, "{count}");
    for entry in ACTIONS {
        desk.keys("<ctrl-u>");
        desk.paste(entry.id);
        let row = row_of(&desk, entry.id);
        let key = Sequence::parse(entry.keys[0]).unwrap().to_string();
        assert!(row.trim_start().starts_with(&key), "{}: {row}", entry.id);
    }
    // Letters in their order are enough of a name, and of a sentence whole words.
    desk.keys("<ctrl-u>nxtpn").sees("next-panel");
    desk.keys("<ctrl-u>sees shown")
        .sees("Nothing is like that.");
    desk.keys("<ctrl-u>rule signature")
        .sees("rule")
        .sees_no("step  ");
    desk.keys("<ctrl-u>zoom<enter>").sees_no("Do or open");
    assert!(desk.engine.model.screen.zoom);
    // What cannot be had stays with its reason.
    desk.keys("<esc><ctrl-p>withdraw")
        .sees("Nothing was handed in for this step.");
    desk.keys("<enter>").sees("Do or open");
    desk.keys("<ctrl-u>xyzzyx").sees("Nothing is like that.");
    desk.keys("<enter><up><down>").sees("Do or open");
    desk.keys("<esc>").sees_no("Do or open");
    assert!(!desk.left);
}

/// Returns the first row of the palette that has a name.
fn row_of(desk: &Desk<Sham>, name: &str) -> String {
    let screen = desk.screen();
    let mut rows = screen.lines().skip(3);
    let row = rows.find(|line| line.split_whitespace().any(|word| word == name));
    row.unwrap_or_else(|| panic!("no {name} on\n{screen}"))
        .to_owned()
}

#[test]
fn the_palette_opens_profiles_flows_steps_and_rules() {
    let mut desk = desk();
    desk.keys("pc<enter>other<enter>pc<enter>third<enter>")
        .sees("· third ·");
    desk.keys(":id-jag<enter>").sees("step 5 of 7");
    desk.keys(":IDJAG-TYP").sees("rule");
    desk.keys("<enter>").sees("Usual cause").sees("Looks at");
    desk.keys("<esc>").sees("step 5 of 7");
    desk.keys(":other<enter>")
        .sees("· other ·")
        .sees_no("third");
    desk.keys(":flow mcp");
    assert!(row_of(&desk, "mcp").starts_with(" flow"));
    desk.keys("<enter>").sees("of 9");
}

#[test]
fn what_fits_is_lit_and_equals_keep_their_order() {
    let mut desk = desk();
    desk.keys(":");
    let before = listed(&desk);
    desk.keys("zo<ctrl-u>");
    assert_eq!(before, listed(&desk), "nothing typed lists all as before");
    desk.keys("zoom");
    let (buffer, match_style) = (desk.cells(), desk.engine.model.look.style(Role::FindMatch));
    let (width, _) = layout::rows_area(&desk.engine.model);
    let lit: String = (0..width)
        .map(|x| &buffer[(x, 3)])
        .filter(|cell| {
            cell.style().bg == match_style.bg
                && cell.style().add_modifier.contains(match_style.add_modifier)
        })
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert!(lit.contains("zoom"), "{lit:?}\n{}", desk.screen());
    let first = listed(&desk)[0].clone();
    assert!(first.contains("zoom"), "{first}");
    desk.keys("<down>");
    assert_eq!(desk.engine.model.rows_state().cursor, 1);
    desk.keys("<up><up>");
    let count = desk
        .engine
        .model
        .screen
        .palette
        .as_ref()
        .map_or(0, |all| all.count());
    assert_eq!(
        desk.engine.model.rows_state().cursor,
        count - 1,
        "round the end"
    );
}

fn listed(desk: &Desk<Sham>) -> Vec<String> {
    desk.screen()
        .lines()
        .skip(3)
        .take(15)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_palette_and_the_help_go_back_to_the_list_they_were_opened_from() {
    let mut desk = desk();
    desk.keys("f?").sees("Keys:").sees("lists and pages");
    desk.keys("<esc>").sees("Flows").sees("mcp");
    desk.keys(":").sees("Do or open");
    desk.keys("bottom<enter>").sees("Flows");
    assert!(desk.engine.model.rows_state().cursor > 0, "it moved there");
    desk.keys(":help<enter>").sees("Keys:");
    desk.keys("<esc>").sees("Flows");
    desk.keys("<esc>").sees("[Request]");
}

#[test]
fn the_help_begins_where_it_was_asked_and_lists_fewer() {
    for key in ["?", "<f1>"] {
        let mut desk = desk();
        desk.keys("p").keys(key).sees("Keys:");
        let screen = desk.screen();
        let at = |text: &str| screen.lines().position(|line| line.trim() == text);
        assert!(at("profiles") < at("lists and pages"), "{screen}");
        assert!(at("profiles").is_some() && at("walk").is_none(), "{screen}");
        desk.keys("<end>").sees("Drops what was typed.");
        desk.keys("/cURL")
            .sees("Shows the request as cURL.")
            .sees_no("Drops what was typed.");
        desk.keys("<enter>")
            .sees("Shows the request as cURL.")
            .sees_no("Drops what was typed.");
        desk.keys("<esc>g").sees("Cross App Access").sees("Keys:");
        desk.keys("/nothing like it<enter>")
            .sees("No action is like that.");
    }
}

#[test]
fn problems_of_the_configuration_stand_in_the_help() {
    let mut desk = desk();
    desk.engine.model.warnings = vec!["config.toml, line 3: wrong.".to_owned()];
    desk.keys("?").sees("config.toml, line 3: wrong.");
}

#[test]
fn an_unbound_action_is_named_by_its_word() {
    let mut desk = remapped("reveal = []");
    desk.keys("M").sees("reveal shows nothing");
    assert!(desk.engine.model.keys.of(Action::Reveal).is_empty());
}

#[test]
fn a_zoomed_panel_stands_alone_and_what_is_said_is_seen_all_the_same() {
    let mut desk = desk();
    let before = desk.screen();
    assert!(before.contains("step 2 of 7"), "{before}");
    desk.keys("z").sees_no("step 2 of 7").sees("[Request");
    desk.keys("x").sees("Nothing was handed in for this step.");
    desk.keys("<esc>").sees("step 2 of 7");
}
