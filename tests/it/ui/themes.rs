//! The list of themes on the screen: tried while moving, kept or taken back; ASCII alone where nothing else may be sent.

use std::{fs, path::Path};

use jagwalk::ui::{
    theme::{Depth, EMBEDDED, Glyphs, Look, Shelf},
    update::Msg,
};
use ratatui::style::Color;

use super::desk::{Desk, Sham, tenant};

fn desk() -> Desk<Sham> {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    let (theme, _) = desk.engine.model.shelf.load("terminal");
    desk.engine.model.look = Look::new(&theme, Depth::True, Glyphs::UNICODE);
    desk
}

fn ground(desk: &Desk<Sham>) -> Color {
    desk.cells()[(0, 0)].bg
}

fn written(desk: &Desk<Sham>) -> Vec<String> {
    desk.host.written.lock().expect("nobody panicked").clone()
}

#[test]
fn every_theme_file_is_in_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let files = fs::read_dir(folder).expect("it is there");
    let mut files: Vec<_> = files
        .map(|file| file.expect("it can be read").file_name().into_string())
        .map(|name| name.expect("it is text"))
        .collect();
    files.sort();
    let mut names: Vec<_> = EMBEDDED
        .iter()
        .map(|(name, _)| format!("{name}.toml"))
        .collect();
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn a_theme_is_shown_while_the_cursor_is_on_it_and_kept_with_enter() {
    let mut desk = desk();
    assert_eq!(ground(&desk), Color::Reset);
    desk.keys("T")
        .sees("terminal")
        .sees("this one")
        .sees("catppuccin-mocha");
    assert_eq!(
        ground(&desk),
        Color::Reset,
        "the cursor is on what is shown"
    );
    desk.keys("jj").sees("Dark and quiet");
    assert_eq!(ground(&desk), Color::Rgb(0x1b, 0x1d, 0x28));
    desk.keys("/latte<enter>");
    assert_eq!(ground(&desk), Color::Rgb(0xef, 0xf1, 0xf5));
    assert_eq!(
        written(&desk),
        Vec::<String>::new(),
        "nothing is written while trying"
    );
    desk.keys("<esc><enter>")
        .sees("The theme is catppuccin-latte from now on.");
    assert_eq!(written(&desk), ["theme catppuccin-latte"]);
    assert_eq!(ground(&desk), Color::Rgb(0xef, 0xf1, 0xf5));
    // The list opens at what is kept.
    desk.keys("T");
    assert_eq!(ground(&desk), Color::Rgb(0xef, 0xf1, 0xf5));
    desk.sees("Soft pastels on light");
}

#[test]
fn whatever_closes_the_list_but_enter_takes_the_trying_back() {
    for keys in ["<esc>", "q", "?"] {
        let mut desk = desk();
        desk.keys("Tjj");
        assert_ne!(ground(&desk), Color::Reset);
        desk.keys(keys);
        assert_eq!(ground(&desk), Color::Reset, "{keys}");
        assert_eq!(desk.engine.model.theme, "terminal", "{keys}");
        assert_eq!(written(&desk), Vec::<String>::new(), "{keys}");
    }
}

#[test]
fn the_sample_below_the_list_is_no_theme() {
    let mut desk = desk();
    desk.keys("TG");
    let shown = desk.engine.model.theme.clone();
    desk.keys("<enter>");
    assert_eq!(written(&desk), Vec::<String>::new());
    desk.sees("Themes: Enter keeps one");
    assert_eq!(desk.engine.model.theme, shown);
}

#[test]
fn the_list_and_its_sample_fit_a_small_screen() {
    let mut desk = desk();
    desk.keys("T")
        .sees("gruvbox-light")
        .sees("[Request]")
        .sees("1 min left");
}

#[test]
fn the_theme_of_the_readme_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).expect("there is a README");
    let (_, section) = readme
        .split_once("\n## Themes\n")
        .expect("there is a section");
    let (_, rest) = section.split_once("```toml\n").expect("it has an example");
    let (text, _) = rest.split_once("```").expect("it ends");
    let shelf = Shelf::new([("mine".to_owned(), text.to_owned())]);
    let (theme, mistakes) = shelf.load("mine");
    assert_eq!(mistakes, []);
    assert_eq!(theme.title, "Mine");
}

#[test]
fn a_second_name_is_found_in_the_list() {
    let shelf = Shelf::default();
    let at = shelf.position("plain").expect("it is known");
    assert_eq!(shelf.listing()[at].name, "no-colour");
    assert_eq!(shelf.position("nonsense"), None);
}

#[test]
fn a_match_on_the_selected_row_is_seen_in_its_own_colours() {
    let mut desk = desk();
    desk.keys("T/mocha<enter>");
    let cells = desk.cells();
    let (ground, gold) = (Color::Rgb(0x1e, 0x1e, 0x2e), Color::Rgb(0xf9, 0xe2, 0xaf));
    let lit = cells
        .content
        .iter()
        .filter(|cell| cell.bg == gold && cell.fg == ground);
    let text: String = lit.map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("mocha"), "{text:?}");
}

#[test]
fn only_ascii_is_sent_where_nothing_else_may_be() {
    let mut desk = Desk::lab((80, 24));
    let (theme, _) = Shelf::default().load("terminal");
    desk.engine.model.look = Look::new(&theme, Depth::Sixteen, Glyphs::ASCII);
    let mut check = |keys: &str, sizes: &[(u16, u16)]| {
        desk.keys(keys);
        for size in sizes {
            desk.tell(Msg::Resize(size.0, size.1));
            let screen = desk.screen();
            let strange: String = screen.chars().filter(|c| !c.is_ascii()).collect();
            assert_eq!(strange, "", "after {keys} at {size:?}:\n{screen}");
        }
    };
    let all = [(80, 24), (120, 40), (200, 60)];
    // Every panel before anything was sent, and after the walk; then each list and page.
    check("", &all);
    check("R", &all);
    for _ in 0..9 {
        check("]", &all);
    }
    check("1", &all);
    for _ in 0..9 {
        check("]", &all);
    }
    for keys in ["y", "f", "F", "p", "P", "L", "H", "T", "?", "u"] {
        check(keys, &all);
        check("<esc>", &all[..1]);
    }
    check("D", &all);
    check("y", &all);
}
