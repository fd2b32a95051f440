//! What leaves the screen for another program, in the real binary: the clipboard by every way, the editor, the pager; and
//! that the screen comes back whole, whatever the other program did.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    thread,
};

use vt100::MouseProtocolMode;

use crate::{
    pty::Pty,
    world::{JAGWALK, World},
};

/// The end of the lab's API answer.
const NOTES: &str = r#""sub": "u-1001-alice""#;

/// A world with a folder for files of the user's own, which is empty.
fn world() -> World {
    let world = World::new();
    let run = world.root().join("run");
    fs::create_dir(&run).expect("a folder in the world");
    let run = run.to_str().expect("it is named in UTF-8").to_owned();
    world.with_env("XDG_RUNTIME_DIR", &run)
}

/// Writes a program into the home.
fn program(world: &World, name: &str, script: &str) -> String {
    let path = world.write(name, &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    path
}

/// The files of the user's own that were left behind: name, mode, content.
fn kept(world: &World) -> Vec<(String, u32, String)> {
    let files = fs::read_dir(world.root().join("run")).expect("it is there");
    files
        .flatten()
        .map(|file| {
            let mode = file.metadata().expect("it is there").permissions().mode() & 0o777;
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            (file.path().display().to_string(), mode, text)
        })
        .collect()
}

#[track_caller]
fn lab(world: &World) -> Pty {
    let mut pty = Pty::start(world, &[], 24, 80);
    pty.wait_for("ready");
    pty
}

#[track_caller]
fn find(pty: &mut Pty, text: &str) {
    pty.send("/");
    pty.wait_for("Enter finds");
    pty.send(&format!("{text}<enter>"));
    pty.wait_gone("Enter finds");
}

/// Walks the lab to the step that gains the ID Token.
#[track_caller]
fn at_the_id_token(pty: &mut Pty) {
    pty.send("R");
    pty.wait_for(NOTES);
    pty.send("3");
    pty.wait_for("step 3 of 7");
    pty.send("J");
    pty.wait_for("ID Token of alice");
}

/// Picks something of the copy menu by its name, and waits for what is said.
#[track_caller]
fn copy(pty: &mut Pty, title: &str, key: &str, says: &str) {
    pty.send("y");
    pty.wait_for("Copy with real values");
    find(pty, title);
    pty.send(key);
    pty.wait_for(says);
}

/// A server that answers everything with this body.
fn serving(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines();
            let asked = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            drop(asked.collect::<Vec<_>>());
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            // Whoever asked may be gone, and that is no matter.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// A profile whose first answer is this large.
fn large(world: &World, bytes: usize) -> String {
    let line = "0123456789abcdef ";
    let body: String = line.chars().cycle().take(bytes).collect();
    let issuer = serving(body.clone());
    let profile = format!("format = 1\n[idp]\nissuer = \"{issuer}\"\n");
    world.write_config("profiles/large.toml", &profile);
    body
}

#[track_caller]
fn at_the_large_answer(pty: &mut Pty) {
    pty.wait_for("ready");
    pty.send("r");
    pty.wait_for("text/plain");
}

#[test]
fn the_menu_says_what_it_takes_and_the_terminal_gets_just_that() {
    let world = world();
    let mut pty = lab(&world);
    at_the_id_token(&mut pty);
    pty.send("y");
    pty.wait_for("the whole panel, masked");
    let screen = pty.screen();
    for part in [
        " 1 the ID Token  ",
        "the line under the cursor",
        "  secret",
        " bytes",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    pty.send("<esc>");
    pty.wait_gone("Copy with real values");

    copy(&mut pty, "the ID Token", "<enter>", "with its secrets.");
    let token = pty.copied().pop().expect("it was sent");
    assert!(
        token.starts_with("eyJ") && token.matches('.').count() == 2,
        "{token}"
    );
    pty.wait_for(&format!("clipboard: the ID Token, {} bytes", token.len()));

    copy(&mut pty, "the claims of the ID Token", "y", "as JSON, ");
    let claims = pty.copied().pop().expect("it was sent");
    assert!(
        claims.starts_with("{\n  \"iss\": ") || claims.starts_with("{\n  \""),
        "{claims}"
    );
    serde_json::from_str::<serde_json::Value>(&claims).expect("it is JSON");

    // A number of the menu, and the same key twice, take without a look.
    pty.send("g");
    find(&mut pty, "alg");
    pty.send("y");
    pty.wait_for("the same as JSON");
    pty.send("2");
    pty.wait_for("the same as JSON, ");
    let json = pty.copied().pop().expect("it was sent");
    assert!(json.starts_with('"') && json.ends_with("\"\n"), "{json}");
    pty.send("yy");
    pty.wait_for("the value under the cursor, ");
    let value = pty.copied().pop().expect("it was sent");
    assert_eq!(format!("\"{value}\"\n"), json);

    // Masked, although everything is shown.
    find(&mut pty, "id-token:");
    pty.send("m");
    pty.wait_gone("‹id-token:");
    copy(
        &mut pty,
        "the whole panel",
        "<enter>",
        "the whole panel, masked, ",
    );
    let panel = pty.copied().pop().expect("it was sent");
    assert!(
        panel.contains("ID Token") && !panel.contains(&token[..30]),
        "{panel}"
    );
    assert!(
        !pty.screen().contains("with its secrets"),
        "{}",
        pty.screen()
    );

    // A file, where one is asked for.
    let sent = pty.copied().len();
    copy(&mut pty, "the ID Token", "s", "Written to ");
    assert_eq!(pty.copied().len(), sent);
    let files = kept(&world);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((files[0].1, &files[0].2), (0o600, &token));
    assert!(pty.screen().contains(&files[0].0), "{}", pty.screen());
}

#[test]
fn a_header_is_copied_as_a_line_ready_to_paste() {
    let world = world();
    let mut pty = lab(&world);
    pty.send("R");
    pty.wait_for(NOTES);
    copy(
        &mut pty,
        "the Authorization header",
        "<enter>",
        "with its secrets.",
    );
    let line = pty.copied().pop().expect("it was sent");
    assert!(
        line.starts_with("Authorization: ") && line.contains(" eyJ"),
        "{line}"
    );
    pty.send("'a");
    find(&mut pty, "content-type");
    copy(
        &mut pty,
        "the header under",
        "<enter>",
        "the header under the cursor, ",
    );
    let line = pty.copied().pop().expect("it was sent");
    assert_eq!(line.to_lowercase(), "content-type: application/json");
    // From the step that gains the token, too.
    pty.send("K");
    pty.wait_for("step 6 of 7");
    copy(&mut pty, "an Authorization", "<enter>", "with its secrets.");
    let again = pty.copied().pop().expect("it was sent");
    assert!(
        again.starts_with("Authorization: ") && again.contains(" eyJ"),
        "{again}"
    );
}

#[test]
fn what_is_too_large_for_the_terminal_goes_to_a_file_that_is_named() {
    for (bytes, fits) in [(74_994, true), (74_995, false)] {
        let world = world();
        let body = large(&world, bytes);
        let mut pty = Pty::start(&world, &["--profile", "large"], 24, 80);
        at_the_large_answer(&mut pty);
        pty.send("y");
        pty.wait_for("the answer’s body");
        assert_eq!(
            pty.screen().contains("75.0 kB  to a file"),
            !fits,
            "{}",
            pty.screen()
        );
        find(&mut pty, "the answer’s body");
        pty.send("<enter>");
        if fits {
            pty.wait_for("Sent to the terminal’s clipboard: the answer’s body, 75.0 kB.");
            pty.wait_until(|_| true);
            assert_eq!(pty.copied(), [body]);
            assert_eq!(kept(&world), []);
        } else {
            pty.wait_for("takes 74994");
            assert_eq!(pty.copied(), [""; 0]);
            let files = kept(&world);
            assert_eq!(files.len(), 1);
            assert_eq!((files[0].1, &files[0].2), (0o600, &body));
            assert!(pty.screen().contains(&files[0].0), "{}", pty.screen());
        }
    }
}

#[test]
fn in_tmux_the_text_is_in_a_buffer_too_whatever_its_size() {
    let world = world();
    if world.command("tmux").arg("-V").output().is_err() {
        println!("skipped: tmux was not found.");
        return;
    }
    for bytes in [1000, 90_000] {
        let body = large(&world, bytes);
        let socket = world
            .root()
            .join(format!("tmux-{bytes}"))
            .display()
            .to_string();
        let tmux = ["tmux", "-S", &socket, "-f", "/dev/null"];
        let argv = [&tmux[..], &["new", JAGWALK, "--profile", "large"]].concat();
        let mut pty = Pty::start_program(&world, &argv, 24, 80);
        at_the_large_answer(&mut pty);
        let says = if bytes == 1000 {
            "Sent to a tmux buffer and the terminal’s clipboard: the answer’s body"
        } else {
            "Sent to a tmux buffer: the answer’s body, 90.0 kB."
        };
        copy(&mut pty, "the answer’s body", "<enter>", says);
        let buffer = world.exec("tmux", &["-S", &socket, "show-buffer"], "");
        assert_eq!(buffer.stdout, body);
        assert_eq!(kept(&world), []);
        drop(world.exec("tmux", &["-S", &socket, "kill-server"], ""));
    }
}

#[test]
fn through_screen_the_terminal_outside_gets_it_whole() {
    let world = world();
    if world.command("screen").arg("-v").output().is_err() {
        println!("skipped: GNU screen was not found.");
        return;
    }
    let sockets = world.root().join("screens");
    fs::create_dir(&sockets).expect("a folder in the world");
    fs::set_permissions(&sockets, fs::Permissions::from_mode(0o700)).expect("it is ours");
    let world = world.with_env("SCREENDIR", &sockets.display().to_string());
    for bytes in [1000, 74_994] {
        let body = large(&world, bytes);
        let argv = [
            "screen",
            "-c",
            "/dev/null",
            "-U",
            JAGWALK,
            "--profile",
            "large",
        ];
        let mut pty = Pty::start_program(&world, &argv, 24, 80);
        at_the_large_answer(&mut pty);
        copy(
            &mut pty,
            "the answer’s body",
            "<enter>",
            "Sent to the terminal’s clipboard",
        );
        let heard = pty.copied();
        assert!(
            heard == [body],
            "{} of {bytes} bytes",
            heard.first().map_or(0, String::len)
        );
        pty.send("<c-c>");
        pty.wait_exit();
    }
}

#[test]
fn a_native_clipboard_gets_it_on_its_input_and_only_where_one_sits() {
    let script = "printf '%s\\n' \"$@\" >>\"$HOME/args\"; cat >\"$HOME/clipboard\"; [ ! -e \"$HOME/broken\" ]";
    let begin = |ssh: bool| {
        let world = world();
        let path = program(&world, "bin/xclip", script);
        let bin = Path::new(&path)
            .parent()
            .expect("it lies in a folder")
            .display()
            .to_string();
        let path = format!("{bin}:{}", world.env()["PATH"]);
        let world = world.with_env("PATH", &path).with_env("DISPLAY", ":7");
        if ssh {
            world.with_env("SSH_CONNECTION", "203.0.113.9 50211 192.0.2.7 22")
        } else {
            world
        }
    };
    let world = begin(false);
    let mut pty = lab(&world);
    at_the_id_token(&mut pty);
    copy(
        &mut pty,
        "the ID Token",
        "<enter>",
        "Sent to the clipboard by xclip and the terminal’s clipboard",
    );
    let token = pty.copied().pop().expect("it was sent");
    let read = |name: &str| fs::read_to_string(world.home().join(name)).expect("it was written");
    assert_eq!(read("clipboard"), token);
    assert_eq!(read("args"), "-selection\nclipboard\n-in\n");
    // What did not take it is named, and not said to have it.
    world.write("broken", "");
    copy(
        &mut pty,
        "the ID Token",
        "<enter>",
        "xclip ended with exit status 1.",
    );
    assert!(
        pty.screen()
            .contains("Sent to the terminal’s clipboard: the ID Token"),
        "{}",
        pty.screen()
    );

    let world = begin(true);
    let mut pty = lab(&world);
    at_the_id_token(&mut pty);
    copy(
        &mut pty,
        "the ID Token",
        "<enter>",
        "Sent to the terminal’s clipboard",
    );
    assert!(!world.home().join("clipboard").exists());
}

/// Notes what it was given and who could read it, then does what the test wants with the file.
const EDITOR: &str = r#"for file; do :; done
printf '%s\n' "$1" "$file" >"$HOME/given"
stat -c %a "$file" "${file%/*}" >"$HOME/modes"
cp "$file" "$HOME/before" && chmod 600 "$HOME/before"
"#;

#[track_caller]
fn read(world: &World, name: &str) -> String {
    fs::read_to_string(world.home().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Opens the lab's inputs of the ID-JAG, the cursor on its scope.
#[track_caller]
fn on_the_scope(pty: &mut Pty) {
    pty.send("5");
    // It lacks a token, so its inputs are shown.
    pty.wait_for("step 5 of 7");
    pty.wait_for("[Inputs");
    find(pty, "agent.scope");
}

#[test]
fn an_editor_with_arguments_changes_the_field_under_the_cursor() {
    let world = world();
    let editor = program(
        &world,
        "my editor",
        &format!("{EDITOR}printf 'todo.read todo.extra\\n' >\"$file\""),
    );
    let world = world
        .with_env("VISUAL", &format!("'{editor}' --wait"))
        .with_env("EDITOR", "false");
    let mut pty = lab(&world);
    on_the_scope(&mut pty);
    pty.send("E");
    pty.wait_for("agent.scope is as the editor left it.");
    pty.wait_for("todo.read todo.extra");
    pty.wait_for("not saved");
    let given = read(&world, "given");
    assert!(
        given.starts_with("--wait\n") && given.ends_with("agent.scope.txt\n"),
        "{given}"
    );
    assert_eq!(read(&world, "modes"), "600\n700\n");
    assert_eq!(kept(&world), [], "its folder is gone");
    // Keys are ours again.
    pty.send("]");
    pty.wait_for("[Request");
    pty.send("q");
    pty.wait_for("Leave?");
    assert_eq!(pty.quit("y"), 0);
    pty.assert_sane();
}

#[test]
fn what_is_typed_goes_through_the_editor_and_stays_to_be_looked_at() {
    let world = world();
    let editor = program(
        &world,
        "editor",
        &format!("{EDITOR}printf 'c=3\\n' >>\"$file\""),
    );
    let world = world.with_env("EDITOR", &editor);
    let mut pty = lab(&world);
    pty.send("P");
    pty.wait_for("Every field of the profile");
    find(&mut pty, "sso.params");
    pty.send("<enter>");
    pty.wait_for("ctrl-o editor");
    pty.send("<enter>b=2");
    pty.wait_for("b=2");
    pty.send("<c-o>");
    pty.wait_for("c=3");
    assert!(read(&world, "before").ends_with("b=2\n"));
    // As in a shell.
    pty.send("<c-x><c-e>");
    pty.wait_until(|screen| screen.contents().matches("c=3").count() == 2);
    pty.send("<esc>");
    pty.wait_gone("c=3");

    // A secret stays here.
    find(&mut pty, "sso.client_secret");
    pty.send("<enter>hunter2");
    pty.wait_for("••••");
    pty.send("<c-o>");
    pty.wait_for("A secret goes to no editor");
    assert!(!read(&world, "before").contains("hunter2"));
}

/// Leaves everything on that a program can leave on, and no chance to tidy up.
const MESS: &str = r"printf '\033[?1049h\033[?1003h\033[?1006h\033[?1004h\033[?25l\033[4;8r\033[31;7mMESS'
stty raw -echo; kill -9 $$";

#[test]
fn however_the_editor_ends_the_screen_comes_back_whole_and_nothing_is_lost() {
    for (script, says) in [
        ("exit 3", "ended with exit status 3."),
        (MESS, "was killed by signal 9."),
        ("", "was not found."),
    ] {
        let world = world();
        let mut path = program(&world, "ed", script);
        if script.is_empty() {
            path = "no-such-editor -w".to_owned();
        }
        let world = world.with_env("VISUAL", &path);
        let mut pty = lab(&world);
        on_the_scope(&mut pty);
        let whole = |pty: &Pty| -> Vec<String> {
            let screen = pty.screen();
            // What is said stands at the foot, and may take lines from the rows.
            screen.lines().take(12).map(str::to_owned).collect()
        };
        let before = whole(&pty);
        pty.send("E");
        pty.wait_for(says);
        assert_eq!(whole(&pty), before, "{script}");
        pty.wait_until(|screen| {
            screen.mouse_protocol_mode() == MouseProtocolMode::None && screen.alternate_screen()
        });
        assert_eq!(kept(&world), []);
        // It is drawn in every corner, and keys arrive one by one.
        pty.send("]");
        pty.wait_for("[Request");
        assert!(!pty.screen().contains("MESS"), "{}", pty.screen());
        assert_eq!(pty.quit("<c-c>"), 0);
        pty.assert_sane();
    }
}

#[test]
fn what_an_editor_had_written_before_it_was_killed_is_kept() {
    let world = world();
    let editor = program(&world, "ed", "echo half the work >\"$1\"; kill -9 $$");
    let world = world.with_env("VISUAL", &editor);
    let mut pty = lab(&world);
    on_the_scope(&mut pty);
    pty.send("E");
    pty.wait_for("What it had written");
    let files = kept(&world);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(
        (files[0].1, files[0].2.as_str()),
        (0o600, "half the work\n")
    );
    assert!(!pty.screen().contains("not saved"), "{}", pty.screen());
}

#[test]
fn who_is_told_to_leave_while_an_editor_is_open_tells_it_and_loses_no_work() {
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let world = world();
        // As good editors do, it saves what there is, whatever its exit status then.
        let editor = program(
            &world,
            "ed",
            "trap 'echo half the work >\"$1\"; exit 0' TERM HUP; echo OPEN; while :; do sleep 0.1; done",
        );
        let world = world.with_env("VISUAL", &editor);
        let mut pty = lab(&world);
        on_the_scope(&mut pty);
        pty.send("E");
        pty.wait_for("OPEN");
        pty.signal(name);
        pty.wait_for("What it had written is in");
        assert_eq!(pty.wait_exit(), 128 + number, "{name}");
        let files = kept(&world);
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(
            (files[0].1, files[0].2.as_str()),
            (0o600, "half the work\n")
        );
        pty.assert_sane();
    }
}

const PROFILE: &str = "# Ask Kim before changing this.\nformat = 1\nlab = true # the lab's\n\n[agent]\nscope = \"todo.read\"\n";

/// Opens a profile of one's own, and the page with all its fields.
#[track_caller]
fn on_the_page(world: &World) -> Pty {
    world.write_config("profiles/mine.toml", PROFILE);
    let mut pty = Pty::start(world, &["--profile", "mine"], 24, 80);
    pty.wait_for("ready");
    pty.send("r");
    pty.wait_for(" done in ");
    pty.send("P");
    pty.wait_for("Every field of the profile");
    pty
}

fn mine(world: &World) -> (String, u32) {
    let path = world.config_dir().join("profiles/mine.toml");
    let mode = fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777;
    (fs::read_to_string(path).expect("it is text"), mode)
}

#[test]
fn the_file_of_a_profile_is_edited_whole_and_saved_with_its_comments() {
    let world = world();
    let script = format!(
        "{EDITOR}sed -i 's/todo.read/todo.more # Kim agreed/; s/ # Kim agreed\"/\" # Kim agreed/' \"$file\""
    );
    let world_with = program(&world, "ed", &script);
    let world = world.with_env("VISUAL", &world_with);
    let mut pty = on_the_page(&world);
    pty.send("E");
    pty.wait_for("Saved mine.");
    let wanted = PROFILE.replace("\"todo.read\"", "\"todo.more\" # Kim agreed");
    assert_eq!(mine(&world), (wanted.clone(), 0o600));
    assert_eq!(
        (read(&world, "before"), read(&world, "modes")),
        (PROFILE.to_owned(), "600\n700\n".to_owned())
    );
    find(&mut pty, "agent.scope");
    pty.wait_for("todo.more");
    assert!(!pty.screen().contains("not saved"), "{}", pty.screen());
    // What the edit does not touch is not stale, though the lab fills the rest in again.
    pty.send("q");
    pty.wait_for("✓1 ·2");

    // From the list, too; nothing changed is nothing saved.
    pty.send("p");
    pty.wait_for("c create");
    find(&mut pty, "mine");
    pty.send("E");
    pty.wait_for("Nothing was changed in the editor.");
    assert_eq!(mine(&world).0, wanted);
}

#[test]
fn a_mistake_is_named_with_its_line_and_the_text_goes_back_to_the_editor() {
    let world = world();
    let script = format!(
        "{EDITOR}if grep -q '= =' \"$file\"; then sed -i '/= =/d; s/todo.read/todo.fixed/' \"$file\"; \
         else echo 'flow = = 1' >>\"$file\"; fi"
    );
    let editor = program(&world, "ed", &script);
    let world = world.with_env("VISUAL", &editor);
    let mut pty = on_the_page(&world);
    pty.send("E");
    pty.wait_for("line 7");
    pty.wait_for("Back to the editor?");
    assert_eq!(mine(&world).0, PROFILE);
    pty.send("n");
    pty.wait_for("goes on with your text");
    pty.send("E");
    pty.wait_for("Saved mine.");
    assert!(read(&world, "before").contains("= ="), "the text was kept");
    assert_eq!(mine(&world).0, PROFILE.replace("todo.read", "todo.fixed"));
}

#[test]
fn what_someone_else_wrote_meanwhile_is_not_written_over() {
    let world = world();
    let theirs = PROFILE.replace("Kim", "Lee");
    let path = world
        .config_dir()
        .join("profiles/mine.toml")
        .display()
        .to_string();
    world.write("theirs", &theirs);
    let script = format!("{EDITOR}cp \"$HOME/theirs\" '{path}'; echo '# mine' >>\"$file\"");
    let editor = program(&world, "ed", &script);
    let world = world.with_env("VISUAL", &editor);
    let mut pty = on_the_page(&world);
    pty.send("E");
    pty.wait_for("Your text is in");
    assert_eq!(mine(&world).0, theirs);
    let files = kept(&world);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(
        (files[0].1, &files[0].2),
        (0o600, &format!("{PROFILE}# mine\n"))
    );
}

#[test]
fn the_pager_and_a_look_in_the_editor_are_masked_whatever_is_revealed() {
    let world = world();
    let editor = program(&world, "ed", EDITOR);
    let pager = program(
        &world,
        "pg",
        &format!("cat >\"$HOME/paged\"; echo \"$1\" >\"$HOME/how\"\n{MESS}"),
    );
    let world = world
        .with_env("VISUAL", &editor)
        .with_env("PAGER", &format!("{pager} -x"));
    let mut pty = lab(&world);
    at_the_id_token(&mut pty);
    copy(&mut pty, "the ID Token", "<enter>", "with its secrets.");
    let token = pty.copied().pop().expect("it was sent");
    find(&mut pty, "id-token:");
    pty.send("m");
    pty.wait_gone("‹id-token:");
    pty.send("v");
    pty.wait_for("was killed by signal 9.");
    let paged = read(&world, "paged");
    assert_eq!(read(&world, "how"), "-x\n");
    assert!(
        paged.contains("ID Token of alice") && paged.contains("‹id-token:"),
        "{paged}"
    );
    assert!(!paged.contains(&token[..30]), "{paged}");

    pty.send("'a");
    pty.wait_for("[Answer");
    pty.send("E");
    pty.wait_until(|_| world.home().join("given").exists());
    pty.send("L");
    pty.wait_for("What became of each claim");
    assert!(read(&world, "given").ends_with("answer.json\n"));
    assert_eq!(read(&world, "modes"), "400\n700\n");
    let body = read(&world, "before");
    assert!(
        body.contains("\"id_token\"") && !body.contains(&token[..30]),
        "{body}"
    );
    // A page over the walk, as well.
    fs::remove_file(world.home().join("paged")).expect("it was written");
    pty.send("v");
    pty.wait_for("was killed by signal 9.");
    assert!(!read(&world, "paged").contains(&token[..30]));
    assert_eq!(kept(&world), []);
    assert_eq!(pty.quit("<c-c>"), 0);
    pty.assert_sane();
}

#[test]
fn ctrl_z_stops_it_and_fg_draws_it_again() {
    let world = world().with_env("PS1", "shell> ");
    let mut pty = Pty::start_program(&world, &["sh", "-i"], 24, 80);
    pty.wait_for("shell>");
    pty.send(&format!("{JAGWALK}<enter>"));
    pty.wait_for("ready");
    pty.send("<c-z>");
    pty.wait_for("Stopped");
    pty.wait_until(|screen| !screen.alternate_screen() && !screen.hide_cursor());
    pty.send("echo $((6 * 7)) here<enter>");
    pty.wait_for("42 here");
    pty.send("fg<enter>");
    pty.wait_for("step 1 of 7");
    pty.send("]");
    pty.send("?");
    pty.wait_for("Esc back");
    pty.send("<c-c>");
    // Below what the shell had written, not over it.
    pty.wait_until(|screen| screen.contents().matches("shell>").count() == 4);
    pty.send("exit<enter>");
    pty.wait_exit();
    pty.assert_sane();
}
