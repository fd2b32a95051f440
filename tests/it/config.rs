//! `config.toml` from outside: `jagwalk keys` with it, and a broken one that stops nothing.

use crate::{pty::Pty, world::World};

const BROKEN: &str = "theme = \"drak\"\nmouse = 1\n\n[keys]\nzoom = \"Z\"\nsend-agan = \"a\"\nreveal = \"ctrl-m\"\nlog = \"r\"\n";

#[test]
fn keys_are_listed_as_they_hold_and_what_differs_is_marked() {
    let world = World::new();
    let plain = world.run(&["keys"], "").expect_code(0);
    assert!(
        !plain.stdout.contains('*') && plain.stderr.is_empty(),
        "{plain}"
    );
    let path = world.write_config(
        "config.toml",
        "[keys]\nzoom = ['Z', 'g z']\ntop = 'home'\nlog = []\n",
    );
    let output = world.run(&["keys"], "").expect_code(0);
    assert!(output.stderr.is_empty(), "{output}");
    assert!(output.stdout.contains(&path), "{output}");
    for line in [
        "* Z  g z                 zoom               Shows the panel alone.",
        "* no key                 log                ",
        "  z                      ",
    ] {
        let there = output.stdout.lines().any(|known| known.starts_with(line));
        assert_eq!(there, line.starts_with('*'), "{line}\n{output}");
    }
    let json = world
        .run(&["keys", "--format", "json"], "")
        .expect_code(0)
        .json();
    let entry = |id: &str| {
        let all = json.as_array().expect("a list");
        all.iter()
            .find(|entry| entry["action"] == id)
            .expect("it is there")
            .clone()
    };
    assert_eq!(entry("zoom")["keys"], serde_json::json!(["Z", "g z"]));
    assert_eq!(entry("zoom")["default"], serde_json::json!(["z"]));
    assert_eq!(entry("zoom")["changed"], true);
    assert_eq!(entry("log")["keys"], serde_json::json!([]));
    assert_eq!(entry("help")["keys"], serde_json::json!(["?", "f1"]));
    assert_eq!(entry("help")["changed"], false);
}

#[test]
fn a_broken_file_names_every_mistake_and_stops_nothing() {
    let world = World::new();
    let path = world.write_config("config.toml", BROKEN);
    let output = world.run(&["keys"], "").expect_code(0);
    let said: Vec<&str> = output.stderr.lines().collect();
    let expected = [
        "line 1, column 9: There is no theme `drak`. Did you mean `dark`?",
        "line 2, column 9: `mouse` is true or false; the number 1 came.",
        "line 6, column 1: There is no action `send-agan`. Did you mean `send-again`?",
        "line 7, column 10: reveal: ctrl-m cannot be used: terminals do not tell it from Enter.",
        "line 8, column 7: log: `r` is the key of send-again already.",
    ];
    assert_eq!(said.len(), expected.len() + 1, "{output}");
    for (line, says) in said.iter().zip(expected) {
        assert!(
            line.starts_with(&format!("jagwalk: {path}, {says}")),
            "{line}"
        );
    }
    assert!(output.stdout.contains("* Z "), "{output}");
    assert_eq!(world.run(&["flows"], "").code, 0);
}

#[test]
fn a_file_that_cannot_be_read_is_said_too() {
    let world = World::new();
    std::fs::create_dir_all(world.config_dir().join("config.toml")).expect("a folder in its place");
    let output = world.run(&["keys"], "").expect_code(0);
    assert!(
        output.stderr.contains("config.toml cannot be read"),
        "{output}"
    );
}

#[test]
fn the_screen_starts_with_a_broken_file_and_says_so() {
    let world = World::new();
    world.write_config("config.toml", BROKEN);
    let mut pty = Pty::start(&world, &[], 24, 80);
    pty.wait_for("line 1, column 9");
    pty.wait_for("And 4 more: ? lists them.");
    pty.send("?");
    pty.wait_for("line 8, column 7");
    pty.send("<esc>");
    pty.wait_for("[Request]");
    assert_eq!(pty.quit("<c-c>"), 0);
}

#[test]
fn the_example_of_the_readme_has_no_mistake() {
    let readme = include_str!("../../README.md");
    let example = readme
        .split("```toml\n")
        .filter_map(|rest| rest.split("```").next())
        .find(|text| text.contains("[keys]"))
        .expect("the README has an example");
    let world = World::new();
    world.write_config("config.toml", example);
    let output = world.run(&["keys"], "").expect_code(0);
    assert!(output.stderr.is_empty(), "{output}");
    assert!(output.stdout.contains("* home  g g "), "{output}");
}
