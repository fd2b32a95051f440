//! Canaries: secrets that are easy to find, looked for in everything that outlives a run or that others can see.
//!
//! What is shown on purpose (reports, panels, cURL) has tests of its own; here it is files, arguments of processes, the
//! raw stream of the terminal, and what a panic could print.

use std::{
    fs,
    io::Read as _,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jagwalk::{
    export::trace,
    profile::{SecretSource, fields, load},
};

use crate::{
    pty::Pty,
    scripted, walks,
    world::{JAGWALK, Running, World},
};

/// A lab in the shape of Okta, whose files are outside the world that is looked through; and what must not be found.
struct Cage {
    world: World,
    canaries: Vec<String>,
    _lab: Running,
    outside: World,
}

impl Cage {
    /// Starts the lab and writes a profile for it: one secret from a variable, one from a file, one from a command.
    fn new(more: &str) -> Self {
        let outside = World::new();
        let mut running = outside.start(&["lab", "--shape", "okta"]);
        running.wait_line("method = ").unwrap();
        let printed = running.stdout();
        let (lab, _) = load("lab", &printed);
        let file = |field| match lab.secret(field) {
            Some((_, SecretSource::File(path))) => path.clone(),
            other => panic!("{other:?}"),
        };
        let secret = fs::read_to_string(file(fields::SSO_CLIENT_SECRET)).unwrap();
        let key_file = file(fields::AGENT_PRIVATE_KEY);
        let key = fs::read_to_string(&key_file).unwrap();
        let path = |name: &str| {
            let path = outside.root().join(name);
            path.to_str().expect("it is UTF-8").to_owned()
        };
        let world = World::new();
        let profile = printed
            .replace(
                &format!("{{ file = \"{}\" }}", file(fields::SSO_CLIENT_SECRET)),
                "{ env = \"SSO_SECRET\" }",
            )
            .replacen(
                &format!("{{ file = \"{key_file}\" }}"),
                &format!("{{ cmd = \"cat '{key_file}'\" }}"),
                1,
            );
        let profile = profile.replace("127.0.0.1:8765", "127.0.0.1:0");
        assert!(profile.contains("SSO_SECRET") && profile.contains("cmd = "));
        world.write_config("profiles/acme.toml", &format!("{profile}{more}"));
        let mut world = world
            .with_env("SSO_SECRET", &secret)
            .with_env("CANARY", "canary-refresh-token-0451")
            .with_env("RUST_LOG", "trace")
            .with_env("SSLKEYLOGFILE", &path("tls-keys.log"));
        for (name, folder) in [
            ("TMPDIR", "tmp"),
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
        ] {
            let place = world.root().join(folder);
            fs::create_dir_all(&place).unwrap();
            world = world.with_env(name, place.to_str().unwrap());
        }
        let canaries = std::iter::once(secret)
            .chain(["canary-refresh-token-0451".to_owned()])
            .chain(
                key.lines()
                    .filter(|line| !line.starts_with('-'))
                    .map(str::to_owned),
            )
            .collect();
        Self {
            world,
            canaries,
            _lab: running,
            outside,
        }
    }

    /// Adds a variable to the environment of everything started from here on.
    fn with_env(self, name: &str, value: &str) -> Self {
        Self {
            world: self.world.with_env(name, value),
            ..self
        }
    }

    /// Fails if a text holds a secret in any writing, or any token at all.
    #[track_caller]
    fn is_clean(&self, text: &str, what: &str) {
        for canary in &self.canaries {
            for form in [
                canary.clone(),
                form_encoded(canary),
                STANDARD.encode(canary),
                URL_SAFE_NO_PAD.encode(canary),
            ] {
                assert!(!text.contains(&form), "{what} holds a secret");
            }
        }
        // So begins every JWT, where nothing of its own alphabet stands before; a code follows its name.
        for (at, _) in text.match_indices("eyJ") {
            let inside =
                text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
            assert!(inside, "{what} holds a token after {:?}", before(text, at));
        }
        for name in ["?code=", "&code=", "\"code\":", "code_verifier="] {
            for (at, _) in text.match_indices(name) {
                let value = &text[at + name.len()..];
                // In a cURL a shell variable stands there.
                let value = value.trim_start_matches([' ', '"', '\\', '{', '\n']);
                let value = value.strip_prefix("value\":").unwrap_or(value);
                let value = value.trim_start_matches([' ', '"']);
                // The code of a rule is no authorization code.
                let word = value.split('"').next().unwrap_or_default();
                if jagwalk::lint::find(word).is_some() {
                    continue;
                }
                assert!(
                    value.starts_with('$')
                        || value.starts_with('‹')
                        || value.starts_with("%E2%80%B9")
                        || value.starts_with("null"),
                    "{what} holds a code after {name}"
                );
            }
        }
    }

    /// Looks through every file of the world.
    #[track_caller]
    fn files_are_clean(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.world.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    let text = String::from_utf8_lossy(&bytes);
                    self.is_clean(&text, &path.display().to_string());
                    found.push(path);
                }
            }
        }
        assert!(!self.outside.root().join("tls-keys.log").exists());
        found
    }
}

fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[test]
fn no_file_and_no_log_of_any_command_holds_a_secret() {
    let cage = Cage::new("");
    for (args, code) in [
        (&["run", "--profile", "acme", "--trace", "done.json"][..], 0),
        (&["run", "--profile", "acme", "--format", "json"], 0),
        (
            &[
                "run",
                "--profile",
                "acme",
                "--trace",
                "refused.json",
                "--set",
                "agent.audience=https://x.example",
            ],
            3,
        ),
        (
            &[
                "run",
                "--profile",
                "acme",
                "--trace",
                "stranger.json",
                "--token",
                "refresh-token=env:CANARY",
                "--set",
                "agent.subject=refresh_token",
            ],
            3,
        ),
        (
            &[
                "run",
                "--profile",
                "acme",
                "--trace",
                "down.json",
                "--set",
                "api.url=http://127.0.0.1:1/x",
            ],
            4,
        ),
        (&["--open", "done.json", "--screenshot", "done.svg"], 0),
        (&["check", "--profile", "acme"], 0),
        (&["profile", "check", "acme"], 0),
        (&["profile", "show", "acme"], 0),
        (&["profile", "duplicate", "acme", "copy"], 0),
    ] {
        let output = cage.world.run(args, "");
        assert_eq!(output.code, code, "{args:?}: {output}");
        cage.is_clean(&output.stdout, &format!("standard output of {args:?}"));
        cage.is_clean(&output.stderr, &format!("standard error of {args:?}"));
    }
    let files = cage.files_are_clean();
    let named = |name: &str| files.iter().any(|path| path.ends_with(name));
    for name in [
        "done.json",
        "refused.json",
        "stranger.json",
        "down.json",
        "done.svg",
        "copy.toml",
    ] {
        assert!(named(name), "{name} is missing among {files:?}");
    }
}

#[test]
fn the_screen_writes_no_secret_no_title_and_no_file_that_holds_one() {
    let cage = Cage::new("");
    let mut pty = Pty::start(&cage.world, &["--profile", "acme"], 40, 120);
    pty.wait_for("ready");
    pty.send("R");
    pty.wait_for("u-1001-alice");
    // Every panel of every step, the log, and the walk as a file.
    for step in 1..=7 {
        pty.send(&format!("{step}"));
        for _ in 0..6 {
            pty.send("]");
        }
    }
    pty.send("l");
    pty.send("l");
    pty.send("w");
    pty.wait_for("Write the walk to");
    pty.send("<enter>");
    pty.wait_gone("Write the walk to");
    pty.send("q");
    pty.wait_for("Leave?");
    assert_eq!(pty.quit("y"), 0);
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    cage.is_clean(&raw, "the stream of the terminal");
    // OSC 0, 1 and 2, and the title of screen(1).
    for title in ["\x1b]0;", "\x1b]1;", "\x1b]2;", "\x1bk"] {
        assert!(!raw.contains(title), "{title:?} sets a title");
    }
    let files = cage.files_are_clean();
    let stored = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        trace::read(&text).is_ok()
    };
    assert!(files.iter().any(stored), "the walk was written: {files:?}");
}

/// The arguments of a process and of all below it, as anybody on the machine can read them.
fn arguments(pid: u32) -> Vec<String> {
    let read = |pid: u32, name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let line = String::from_utf8_lossy(&read(pid, "cmdline")).replace('\0', " ");
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let below = tasks.into_iter().flatten().flatten().flat_map(|task| {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        children
            .split_whitespace()
            .filter_map(|child| child.parse().ok())
            .collect::<Vec<u32>>()
    });
    std::iter::once(line)
        .chain(below.flat_map(arguments))
        .collect()
}

#[test]
fn nobody_sees_a_secret_in_the_list_of_processes() {
    if !Path::new("/proc/self/cmdline").exists() {
        return;
    }
    let cage = Cage::new("");
    let api = TcpListener::bind("127.0.0.1:0").unwrap();
    let set = format!("api.url=http://{}/", api.local_addr().unwrap());
    let (arrived, seen) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    thread::spawn(move || {
        let (mut stream, _) = api.accept().unwrap();
        let mut request = [0; 4096];
        let count = stream.read(&mut request).unwrap();
        arrived
            .send(String::from_utf8_lossy(&request[..count]).into_owned())
            .unwrap();
        // Until the list was read; then the connection breaks off.
        let _ = wait.recv();
    });
    let mut command = cage.world.command(JAGWALK);
    command.args(["run", "--profile", "acme", "--set", &set]);
    let running = Running::start(&mut command, "");
    let request = seen.recv().unwrap();
    assert!(
        request.contains("Bearer eyJ"),
        "every secret is in use by now"
    );
    let lines = arguments(running.id());
    assert!(lines[0].contains("--profile acme"), "{lines:?}");
    cage.is_clean(&lines.join("\n"), "the list of processes");
    go_on.send(()).unwrap();
    assert_eq!(running.wait_exit().code, 3);
}

#[test]
fn a_browser_is_started_with_the_address_and_nothing_else() {
    let cage = Cage::new("");
    // Stands in for the system's way to open an address, wherever it is looked for first.
    let bin = cage.world.root().join("bin");
    let log = cage.world.home().join("opened.log");
    for name in [
        "xdg-open",
        "open",
        "gio",
        "gnome-open",
        "kde-open",
        "wslview",
    ] {
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n", log.display());
        let file = bin.join(name);
        fs::create_dir_all(&bin).unwrap();
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), cage.world.env()["PATH"]);
    let cage = cage.with_env("PATH", &path).with_env("DISPLAY", ":99");
    let args = [
        "run",
        "--profile",
        "acme",
        "--login-timeout",
        "3",
        "--set",
        "sso.login=open",
        "--set",
        "sso.redirect_uri=http://127.0.0.1:0/callback",
    ];
    let mut pty = Pty::start(&cage.world, &args, 40, 200);
    assert_eq!(pty.wait_exit(), 4, "{}", pty.screen());
    let opened = fs::read_to_string(&log).expect("a browser was started");
    assert!(
        opened.contains("/oauth2/v1/authorize?response_type=code"),
        "{opened}"
    );
    cage.is_clean(
        &opened.replace("response_type=code", ""),
        "the browser's arguments",
    );
    cage.files_are_clean();
}

/// A panic prints what somebody wrote into its message, and that is `{:?}` of values at the most.
#[tokio::test]
async fn what_a_panic_could_print_holds_no_secret() {
    let (lab, profile) = walks::lab().await;
    let settings = format!(
        "{:?} {:?}",
        lab.settings(),
        lab.client(jagwalk::lab::ClientKind::Default)
    );
    let printed = format!("{profile:?}");
    let (real, _) = walks::walk(profile).await;
    let mut secrets = vec![
        scripted::SSO_SECRET.to_owned(),
        scripted::AS_SECRET.to_owned(),
        scripted::CODE.to_owned(),
        scripted::REFRESH.to_owned(),
    ];
    let scripted = scripted::happy();
    for session in [&real, &scripted] {
        let attempts = session.walk.steps.iter().flat_map(|step| &step.attempts);
        for attempt in attempts {
            let tokens = attempt.tokens.iter().map(|record| &record.token.raw);
            let sent = attempt
                .made
                .iter()
                .flat_map(|made| made.exchange.request.http().secrets());
            secrets.extend(tokens.chain(sent).map(|secret| secret.reveal().to_owned()));
        }
    }
    secrets.retain(|secret| secret.len() > 3);
    assert!(secrets.len() > 15, "{}", secrets.len());
    let texts = [
        settings,
        printed,
        format!("{real:?}"),
        format!("{scripted:?}"),
        format!("{:?}", real.journal()),
        format!("{:?}", real.walk.bag),
    ];
    for text in &texts {
        // Every verifier follows from the seed.
        assert!(
            !text.contains(&numbers(&scripted::SEED)),
            "a seed is printed"
        );
        for secret in &secrets {
            for form in [
                secret.clone(),
                numbers(secret.as_bytes()),
                form_encoded(secret),
            ] {
                if let Some(at) = text.find(&form) {
                    panic!("a secret stands after {:?}", before(text, at));
                }
            }
        }
    }
}

/// What stands before a place, so that a failing test tells where without telling what.
fn before(text: &str, at: usize) -> String {
    let near: Vec<char> = text[..at].chars().rev().take(80).collect();
    near.into_iter().rev().collect()
}

/// The way bytes are printed.
fn numbers(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
