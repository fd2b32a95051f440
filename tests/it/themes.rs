//! Themes in the real binary: listed, kept in `config.toml`, chosen by flag, file or terminal.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::Value;
use vt100::Color;

use crate::{pty::Pty, world::World};

/// A world whose terminal takes every colour.
fn world() -> World {
    World::new().with_env("COLORTERM", "truecolor")
}

/// Opens the lab and waits until the walk is there.
#[track_caller]
fn lab(world: &World, args: &[&str]) -> Pty {
    let mut pty = Pty::start(world, args, 24, 80);
    pty.wait_for("ready");
    pty
}

/// Returns the row of the list of themes that is marked as the one that is shown.
#[track_caller]
fn this_one(pty: &mut Pty) -> String {
    pty.send("T");
    pty.wait_for("this one");
    let screen = pty.screen();
    let row = screen.lines().find(|line| line.contains("this one"));
    let name = row.and_then(|row| row.split_whitespace().next());
    name.expect("it has a name").to_owned()
}

#[test]
fn a_theme_that_is_kept_is_there_at_the_next_start_unless_another_is_asked_for() {
    let world = world();
    world.write_config("config.toml", "# mine\n[keys]\n");
    let mut pty = lab(&world, &[]);
    assert_eq!(pty.style_of("jagwalk").bg, Color::Default);
    pty.send("T");
    pty.wait_for("Enter keeps one");
    pty.send("jj");
    pty.wait_for("Dark and quiet");
    pty.send("<enter>");
    pty.wait_for("The theme is dark from now on");
    assert_eq!(pty.quit("q"), 0);
    pty.assert_sane();
    let file = world.config_dir().join("config.toml");
    let text = fs::read_to_string(&file).expect("it is written");
    assert_eq!(text, "theme = \"dark\"\n# mine\n[keys]\n");
    let mode = fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let pty = lab(&world, &[]);
    assert_eq!(pty.style_of("jagwalk").bg, Color::Rgb(0x1b, 0x1d, 0x28));
    let pty = lab(&world, &["--theme", "light"]);
    assert_eq!(pty.style_of("jagwalk").bg, Color::Rgb(0xfa, 0xf8, 0xf3));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), text);
}

#[test]
fn the_terminal_may_say_that_its_background_is_light_but_a_choice_wins() {
    let world = world().with_env("COLORFGBG", "0;default;15");
    assert_eq!(this_one(&mut lab(&world, &[])), "terminal-light");
    world.write_config("config.toml", "theme = \"light\"\n");
    assert_eq!(this_one(&mut lab(&world, &[])), "light");
    let mut pty = lab(&world, &["--theme", "gruvbox-dark"]);
    assert_eq!(this_one(&mut pty), "gruvbox-dark");
    let mut pty = lab(&world, &["--theme", "plain"]);
    assert_eq!(this_one(&mut pty), "no-colour");
}

#[test]
fn a_mistake_in_the_configuration_is_said_and_stops_nobody() {
    let world = world();
    let table = [
        ("theme = dark\n", "config.toml, line 1"),
        ("theme = 3\n", "config.toml"),
        ("theme = \"drak\"\n", "There is no theme `drak`"),
    ];
    for (text, says) in table {
        world.write_config("config.toml", text);
        let mut pty = Pty::start(&world, &[], 24, 200);
        pty.wait_for(says);
        assert_eq!(pty.quit("q"), 0);
    }
    let text = "theme = dark\n";
    world.write_config("config.toml", text);
    let mut pty = Pty::start(&world, &[], 24, 200);
    pty.wait_for("ready");
    pty.send("T");
    pty.wait_for("Enter keeps one");
    pty.send("<enter>");
    pty.wait_for("is not written there");
    let left = fs::read_to_string(world.config_dir().join("config.toml"));
    assert_eq!(left.expect("it is there"), text);
}

#[test]
fn without_utf_8_only_ascii_is_sent() {
    let world = World::new().with_env("LC_ALL", "C");
    let mut pty = lab(&world, &[]);
    let pages = [
        ("R", "200 OK"),
        ("?", " Keys"),
        ("q", "200 OK"),
        ("T", "Enter keeps one"),
        ("q", "200 OK"),
        ("y", "Copy with real values"),
        ("q", "200 OK"),
        ("D", "[Diagram"),
    ];
    for (keys, text) in pages {
        pty.send(keys);
        pty.wait_for(text);
    }
    let raw = pty.raw();
    let strange = raw.iter().filter(|byte| !byte.is_ascii()).count();
    assert_eq!(strange, 0, "{}", pty.screen());
}

#[test]
fn the_list_says_what_there_is_and_what_is_wrong_with_it() {
    let world = World::new();
    world.write_config(
        "themes/mine.toml",
        "inherits = \"drak\"\n[roles]\nlinc = \"red\"\n",
    );
    world.write_config(
        "themes/light.toml",
        "inherits = \"light\"\nabout = \"My light.\"\n",
    );
    let output = world.run(&["themes", "--format", "json"], "");
    assert_eq!(output.code, 0);
    let list: Vec<Value> = serde_json::from_str(&output.stdout).expect("it is JSON");
    let of = |name: &str| {
        let entry = list.iter().find(|entry| entry["name"] == name);
        entry.unwrap_or_else(|| panic!("{name} is listed")).clone()
    };
    let fields = |name: &str| ["mood", "from"].map(|field| of(name)[field].clone());
    assert_eq!(fields("terminal"), ["either", "built-in"]);
    assert_eq!(fields("catppuccin-mocha"), ["dark", "built-in"]);
    assert_eq!(fields("light"), ["light", "yours"]);
    assert_eq!(of("light")["about"], "My light.");
    assert_eq!(of("light")["mistakes"], serde_json::json!([]));
    assert_eq!(fields("mine"), ["either", "yours"]);
    let wrong = [
        "Theme mine, line 3: `linc` is not a role; did you mean `link`?",
        "Theme mine: It inherits from `drak`, which does not exist; did you mean `dark`?",
    ];
    assert_eq!(of("mine")["mistakes"], serde_json::json!(wrong));

    let output = world.run(&["themes"], "");
    assert_eq!(output.code, 0);
    for line in wrong {
        assert!(
            output.stderr.contains(&format!("jagwalk: {line}")),
            "{}",
            output.stderr
        );
    }
    let line = output
        .stdout
        .lines()
        .find(|line| line.starts_with("light "));
    let words: Vec<_> = line.expect("it is listed").split_whitespace().collect();
    assert_eq!(words, ["light", "light", "yours", "My", "light."]);
    assert_eq!(output.stdout.lines().count(), list.len());
}
