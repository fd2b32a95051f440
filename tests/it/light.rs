//! Light on a slow line and whole on an odd one: bytes a key costs, questions the terminal is asked, storms of sizes,
//! consoles and multiplexers.

use std::{process::Command, time::Duration};

use crate::{pty::Pty, world::World};

/// Long enough for a frame to arrive whole; too short, and a budget would only be kept more easily.
const FRAME: Duration = Duration::from_millis(150);

/// How many bytes a frame may come to.
#[derive(Clone, Copy)]
struct Budget {
    /// The cursor moves to another row of a list.
    row: usize,
    /// Another panel is shown.
    panel: usize,
    /// A character is typed.
    character: usize,
    /// The cursor moves along the diagram, whose lines are three bytes a cell.
    arrow: usize,
}

/// What holds unless colours have long names.
const USUAL: Budget = Budget {
    row: 300,
    panel: 2500,
    character: 100,
    arrow: 600,
};

/// What holds where a theme has colours of its own and each is spelled with a number or three.
const SPELLED: Budget = Budget {
    arrow: 650,
    ..USUAL
};

/// Themes at the three depths, as terminals say them, and what holds there.
const LOOKS: [(&str, &str, &str, Budget); 6] = [
    ("terminal", "xterm", "", USUAL),
    ("terminal", "xterm-256color", "", USUAL),
    ("terminal", "xterm-256color", "truecolor", USUAL),
    ("dark", "xterm", "", USUAL),
    ("dark", "xterm-256color", "", SPELLED),
    ("dark", "xterm-256color", "truecolor", SPELLED),
];

/// Opens the lab, walked to its end, at 120x40.
#[track_caller]
fn walked(world: &World, theme: &str) -> Pty {
    let mut pty = Pty::start(world, &["--theme", theme], 40, 120);
    pty.wait_for(" ready");
    pty.send("R");
    pty.wait_for(r#""sub": "u-1001-alice""#);
    pty.rests(FRAME);
    pty
}

/// Returns the screen without the ports of the lab, which are others at every start.
fn shown(pty: &Pty) -> String {
    let screen = pty.screen();
    let lines = screen
        .lines()
        .map(|line| match line.split_once("127.0.0.1:") {
            Some((before, _)) => format!("{before}the lab"),
            None => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// Types keys and returns what their frames came to.
#[track_caller]
fn cost(pty: &mut Pty, keys: &str) -> Vec<u8> {
    let before = pty.raw().len();
    pty.send(keys);
    pty.wait_written(before);
    assert!(
        pty.rests(FRAME),
        "it does not come to rest\n{}",
        pty.screen()
    );
    pty.raw()[before..].to_vec()
}

#[test]
fn what_a_key_costs_stays_within_its_budget() {
    let mut over = Vec::new();
    let mut told = String::new();
    for (theme, term, colours, budget) in LOOKS {
        let world = World::new()
            .with_env("TERM", term)
            .with_env("COLORTERM", colours);
        let mut pty = walked(&world, theme);
        let mut check = |what: &str, keys: &str, most: usize| {
            let bytes = cost(&mut pty, keys);
            let count = bytes.len();
            let says = format!("{theme}, {term} {colours}: {what} costs {count} of {most}");
            told.push_str(&says);
            told.push('\n');
            if count >= most {
                over.push(format!("{says}: {}", bytes.escape_ascii()));
            }
        };
        check("a row down in the answer", "j", budget.row);
        check("a row up", "k", budget.row);
        check("the tokens", "]", budget.panel);
        check("a row down in the tokens", "j", budget.row);
        check("the log", "l", budget.panel);
        check("the log of the walk", "l", budget.panel);
        // From its heading to its first request other keys are offered, too.
        check("the first request", "j", 2 * budget.row);
        check("a row down in the log", "j", budget.row);
        check("the inputs", "e", budget.panel);
        check("a row down in the inputs", "j", budget.row);
        check("the diagram", "D", budget.panel);
        check("an arrow on", "j", budget.arrow);
        check("the inputs again", "e", budget.panel);
        check("a field", "<enter>", budget.panel);
        check("a typed character", "x", budget.character);
        check("another", "y", budget.character);
    }
    println!("{told}");
    assert!(over.is_empty(), "{}\n\n{told}", over.join("\n"));
}

#[test]
fn frames_are_fenced_where_the_terminal_takes_it_and_keys_cost_no_fence() {
    let world = World::new().with_env("TERM", "xterm-kitty");
    let mut pty = walked(&world, "terminal");
    let first = pty.raw();
    let has = |bytes: &[u8], part: &str| {
        bytes
            .windows(part.len())
            .any(|seen| seen == part.as_bytes())
    };
    assert!(has(&first, "\x1b[?2026h") && has(&first, "\x1b[?2026l"));
    assert!(!has(&cost(&mut pty, "j"), "?2026"));
    pty.send("<c-c>");
    pty.wait_exit();
    pty.assert_sane();

    let mut usual = walked(&World::new(), "terminal");
    assert!(!has(&cost(&mut usual, "<c-l>"), "?2026"));
}

const QUESTION: &str = "\x1b]11;?";

fn asks(pty: &Pty) -> bool {
    String::from_utf8_lossy(&pty.raw()).contains(QUESTION)
}

#[test]
fn a_light_terminal_gets_the_light_theme_and_no_key_of_its_answer() {
    let world = World::new();
    let mut chosen = Pty::start(&world, &["--theme", "terminal-light"], 24, 80);
    chosen.wait_for("[Request]");
    chosen.rests(FRAME);
    let light = chosen.style_of("[Request]");
    let mut dark = Pty::start(&world, &[], 24, 80).answering();
    dark.wait_for("[Request]");
    dark.rests(FRAME);
    assert!(asks(&dark) && !asks(&chosen));
    let usual = dark.style_of("[Request]");
    assert_ne!(usual, light, "the two cannot be told apart here");

    for end in ["\x07", "\x1b\\"] {
        for colour in [
            "rgb:ffff/ffff/ffff",
            "rgb:ff/ff/ff",
            "rgba:ffff/ffff/ffff/ffff",
        ] {
            let mut pty = Pty::start(&world, &[], 24, 80).with_ground(&format!("{colour}{end}"));
            pty.wait_for(" ready");
            pty.wait_until(|screen| {
                let cell = (0..80)
                    .filter_map(|col| screen.cell(3, col))
                    .find(|cell| cell.contents() == "[");
                cell.is_some_and(|cell| cell.fgcolor() == light.fg && cell.bgcolor() == light.bg)
            });
            // A frame goes ink by ink.
            pty.rests(FRAME);
            assert_eq!(shown(&pty), shown(&chosen), "{colour}");
            assert_eq!(pty.quit("<c-c>"), 0);
            pty.assert_sane();
        }
    }
    // Nonsense is no key either, nor is an answer that never ends.
    for answer in ["magenta\x07", "rgb:ffff/ff", "rgb:\x1b\\", "?\x07"] {
        let mut pty = Pty::start(&world, &[], 24, 80).with_ground(answer);
        pty.wait_for(" ready");
        pty.rests(FRAME);
        assert_eq!(pty.style_of("[Request]"), usual, "{answer:?}");
        pty.send("<down>");
        pty.send("?");
        pty.wait_for("Esc back");
        assert_eq!(pty.quit("<c-c>"), 0);
    }
}

#[test]
fn a_terminal_that_could_garble_the_question_is_not_asked() {
    let worlds = [
        World::new().with_env("TERM", "linux"),
        World::new().with_env("TERM", "screen"),
        World::new().with_env("TERM", "vt100"),
        World::new().with_env("STY", "1.tty"),
        World::new().with_env("NO_COLOR", "1"),
        World::new().without_env("TERM"),
    ];
    for world in worlds {
        let mut pty = Pty::start(&world, &[], 24, 80);
        pty.wait_for(" ready");
        let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
        assert!(!raw.contains("\x1b]"), "{:?} is told {raw:?}", world.env());
        assert!(!raw.contains("?2026"));
        pty.send("R");
        pty.wait_for(r#""sub": "u-1001-alice""#);
        pty.send("q");
        pty.wait_for("Leave?");
        assert_eq!(pty.quit("y"), 0);
        pty.assert_sane();
    }
}

#[test]
fn an_answer_that_comes_late_is_not_left_to_the_shell() {
    let world = World::new();
    let script = r#""$0"; printf 'next: '; read -r line; printf 'got<%s>' "$line""#;
    let argv = ["sh", "-c", script, crate::world::JAGWALK];
    let mut pty = Pty::start_program(&world, &argv, 24, 80).with_ground("rgb:ffff/ffff/ffff\x07");
    pty.wait_for("jagwalk");
    pty.send("<c-c>");
    pty.wait_for("next:");
    pty.send("<enter>");
    pty.wait_for("got<>");
}

#[test]
fn after_a_storm_of_sizes_the_last_one_holds() {
    let world = World::new();
    let mut pty = Pty::start(&world, &["--theme", "terminal"], 24, 80);
    pty.wait_for(" ready");
    pty.rests(FRAME);
    let before = pty.screen();
    // As a window that is dragged about: many sizes in the time of a frame, and at the end the first again.
    for turn in 0..300_u16 {
        pty.resize(1 + turn * 7 % 60, 1 + turn * 13 % 200);
    }
    pty.resize(24, 80);
    pty.wait_until(|screen| {
        let rows: Vec<_> = screen
            .rows(0, 80)
            .map(|row| row.trim_end().to_owned())
            .collect();
        rows.join("\n") == before
    });
    for turn in 0..100_u16 {
        pty.resize(16 + turn % 3, 60 + turn % 5);
    }
    pty.resize(40, 120);
    pty.wait_for("Phase 3  Use the token");
    pty.rests(FRAME);
    let mut fresh = Pty::start(&world, &["--theme", "terminal"], 40, 120);
    fresh.wait_for(" ready");
    fresh.rests(FRAME);
    assert_eq!(shown(&pty), shown(&fresh));
    assert_eq!(pty.quit("<c-c>"), 0);
    pty.assert_sane();
}

#[test]
fn the_linux_console_gets_sixteen_colours_and_its_own_marks() {
    let world = World::new().with_env("TERM", "linux");
    let mut pty = Pty::start(&world, &["--theme", "dark"], 24, 80);
    pty.wait_for(" ready");
    pty.send("R");
    pty.wait_for(r#""sub": "u-1001-alice""#);
    assert!(pty.has_colour());
    let fine: Vec<_> = pty.colour_sequences();
    assert!(
        fine.iter()
            .all(|params| !params.contains("38;") && !params.contains("48;")),
        "{fine:?}"
    );
}

/// Tells whether a program is there; says so where it is not.
fn installed(program: &str, ask: &str) -> bool {
    let found = Command::new(program).arg(ask).output().is_ok();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

/// What ends the program that serves a terminal, whatever became of the test.
struct Ends(Command);

impl Drop for Ends {
    fn drop(&mut self) {
        // It may have ended by itself, as it should.
        let _ = self.0.output();
    }
}

/// Walks the lab inside another program's terminal, and leaves.
#[track_caller]
fn walks_inside(pty: &mut Pty) {
    pty.wait_for(" ready");
    pty.send("R");
    pty.wait_for(r#""sub": "u-1001-alice""#);
    pty.wait_for("✓1 ✓2 ✓3 ✓4 ✓5 ✓6 ✓7");
    // The answer to no question stands anywhere.
    assert!(!pty.screen().contains("rgb:"), "{}", pty.screen());
    pty.send("e");
    pty.wait_for("[Inputs]");
    pty.send("q");
    pty.wait_for("Leave?");
    pty.send("y");
    pty.wait_for("7 of 7 steps done");
}

#[test]
fn tmux_shows_the_walk() {
    if !installed("tmux", "-V") {
        return;
    }
    let world = World::new();
    let socket = world.root().join("tmux");
    let socket = socket.to_str().expect("it is named in UTF-8");
    let inside = format!("'{}'; read -r line", crate::world::JAGWALK);
    let mut end = world.command("tmux");
    end.args(["-S", socket, "kill-server"]);
    let _end = Ends(end);
    let argv = [
        "tmux",
        "-S",
        socket,
        "-f",
        "/dev/null",
        "new-session",
        &inside,
    ];
    let mut pty = Pty::start_program(&world, &argv, 25, 80).answering();
    walks_inside(&mut pty);
    pty.send("<enter>");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn screen_shows_the_walk() {
    if !installed("screen", "-v") {
        return;
    }
    let world = World::new();
    let folder = world.root().join("screens");
    std::fs::create_dir(&folder).expect("a folder in the world");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&folder, mode).expect("it is ours");
    let world = world.with_env("SCREENDIR", folder.to_str().expect("it is named in UTF-8"));
    let inside = format!("'{}'; read -r line", crate::world::JAGWALK);
    let mut end = world.command("screen");
    end.args(["-X", "quit"]);
    let _end = Ends(end);
    let settings = world.write("screenrc", "startup_message off\n");
    let argv = ["screen", "-U", "-c", &settings, "sh", "-c", &inside];
    let mut pty = Pty::start_program(&world, &argv, 24, 80).answering();
    walks_inside(&mut pty);
    pty.send("<enter>");
    assert_eq!(pty.wait_exit(), 0);
}
