//! Esc goes back by exactly one layer, and what lies over something says the way back.

use jagwalk::{
    session::Transport,
    ui::{
        keymap::hints,
        model::{Model, Purpose},
    },
};

use super::desk::{Desk, tenant};

/// Names what lies over the plain walk, the undermost first.
fn layers(model: &Model) -> Vec<&'static str> {
    let screen = &model.screen;
    let place = model.place();
    let finds = screen
        .editor
        .as_ref()
        .is_some_and(|editor| editor.purpose == Purpose::Find);
    let edits = screen.editor.is_some() && !model.in_palette();
    let below = place
        .states
        .get(&(place.step, model.panel().id))
        .is_some_and(|state| !state.query.is_empty());
    let above = screen
        .overlay
        .as_ref()
        .is_some_and(|overlay| !overlay.state().query.is_empty());
    // While it is typed, what is looked for is part of the text.
    let (below, above) = (
        below && !(finds && screen.overlay.is_none()),
        above && !finds,
    );
    let mut out = Vec::new();
    let mut add = |there: bool, name| out.extend(there.then_some(name));
    add(place.attempt.is_some(), "attempt");
    add(screen.zoom, "zoom");
    add(model.on_log() && screen.filter.is_some(), "filter");
    add(below, "query");
    add(screen.rail, "rail");
    for overlay in screen.beneath.iter().chain(&screen.overlay) {
        add(true, overlay.name());
    }
    add(above, "query over it");
    add(screen.ask.is_some(), "question");
    add(edits, "text");
    add(screen.prefix.is_some(), "prefix");
    out
}

#[test]
fn esc_backs_out_one_layer_at_a_time() {
    for (keys, way) in [
        ("", &[][..]),
        ("'", &["prefix"]),
        ("z'", &["zoom", "prefix"]),
        (
            "<enter>r,z/404<enter><tab>",
            &["attempt", "zoom", "query", "rail"],
        ),
        ("<enter>r,z/404", &["attempt", "zoom", "text"]),
        ("<enter>&status:4xx<enter>/404<enter>", &["filter", "query"]),
        ("<enter>z&status:4xx<enter>&x", &["zoom", "filter", "text"]),
        ("<tab>?", &["rail", "Keys"]),
        ("e<enter>", &["text"]),
        ("P?/log<enter>", &["Every field", "Keys", "query over it"]),
        ("P/idp<enter>?", &["Every field", "query over it", "Keys"]),
        ("P?/log", &["Every field", "Keys", "text"]),
        ("P?:", &["Every field", "Keys", "Palette"]),
        ("P<enter>", &["Every field", "text"]),
        ("pc<enter>other<enter>", &[]),
        ("f/mcp<enter>", &["Flows", "query over it"]),
        ("p:IDJAG-TYP<enter>", &["Profiles", "Rule"]),
        (
            "p:IDJAG-TYP<enter>:IDJAG-AUD-ISSUER<enter>?",
            &["Profiles", "Rule", "Keys"],
        ),
        ("pi", &["Profiles", "text"]),
        ("piacme.env<enter>", &["Profiles", "Import"]),
        ("piacme.env<enter><enter>", &["Profiles", "Import", "text"]),
        (
            "pc<enter>other<enter>pe?",
            &["Profiles", "Every field", "Keys"],
        ),
        ("pc<enter>other<enter>px", &["Profiles", "question"]),
        ("C?", &["Check", "Keys"]),
        ("a:", &["About this step", "Palette"]),
        ("u<enter>", &["Use existing", "text"]),
        ("T?", &["Themes", "Keys"]),
    ] {
        let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
        desk.keys(keys);
        let mut wanted: Vec<&str> = way.to_vec();
        if keys == "P/idp<enter>?" {
            // The text that is looked for belongs to the page under the help.
            wanted.retain(|layer| *layer != "query over it");
            assert_eq!(layers(&desk.engine.model), wanted, "{keys}");
            desk.keys("<esc>");
            wanted = vec!["Every field", "query over it"];
        }
        assert_eq!(
            layers(&desk.engine.model),
            wanted,
            "{keys}\n{}",
            desk.screen()
        );
        while wanted.pop().is_some() {
            desk.keys("<esc>");
            assert_eq!(
                layers(&desk.engine.model),
                wanted,
                "{keys}\n{}",
                desk.screen()
            );
        }
        desk.keys("<esc>");
        assert!(!desk.left, "{keys}: Esc never leaves");
    }
}

#[test]
fn what_lies_over_something_says_the_way_back() {
    let mut desk = Desk::sham(tenant(), 404, "{}", (80, 24));
    desk.keys("?").sees("\n Keys: ");
    desk.keys("<esc>p:IDJAG-TYP<enter>")
        .sees("\n Profiles › A rule");
    desk.keys("?").sees("\n Profiles › Rule › Keys: ");
    desk.keys(":")
        .sees("\n Profiles › Rule › Keys › Do or open: ");
    desk.keys("<esc><esc><esc><esc>P?")
        .sees("\n Every field › Keys: ");
}

#[test]
fn at_most_six_hints_stand_in_the_footer_of_every_place() {
    let places = [
        "",
        "<enter>",
        "<enter>r,",
        "<tab>",
        "'",
        "z/t<enter>",
        "e",
        "e<enter>",
        "&",
        "l",
        "D",
        "]",
        "p",
        "pc",
        "pi",
        "P",
        "P<enter>",
        "f",
        "y",
        "u",
        "u<enter>",
        "C",
        "a",
        "T",
        "?",
        ":",
        "L",
        "F",
        "o",
        "2<enter>",
        "2<enter><enter>",
    ];
    for size in [(60, 16), (80, 24), (200, 60)] {
        for keys in places {
            let mut desk = Desk::sham(tenant(), 404, "{}", size);
            desk.keys(keys);
            check(&desk, keys);
        }
        let mut desk = Desk::lab(size);
        desk.keys("R");
        for keys in [
            "",
            "q",
            "<esc>F",
            "<esc>L",
            "<esc>i",
            "D",
            "l&status:2xx<enter>",
        ] {
            desk.keys(keys);
            check(&desk, keys);
        }
    }
}

fn check(desk: &Desk<impl Transport>, keys: &str) {
    let hints = hints(&desk.engine.model);
    assert!((1..=6).contains(&hints.len()), "{keys}: {hints:?}");
    let screen = desk.screen();
    let foot = screen.lines().last().unwrap_or_default();
    let shown = hints
        .iter()
        .filter(|(key, says)| foot.contains(&format!("{key} {says}")))
        .count();
    assert!(shown > 0, "{keys}: {foot}");
    // What is known where there is room is the same, and no more.
    let words: usize = hints
        .iter()
        .map(|(key, says)| key.split(' ').count() + says.split(' ').count())
        .sum();
    assert!(foot.split_whitespace().count() <= words, "{keys}: {foot}");
}
