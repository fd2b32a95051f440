//! Sign-in in a terminal from which no browser can be reached: over SSH, with nothing but an address and a paste.

use std::{fs, os::unix::fs::PermissionsExt};

use jagwalk::{
    protocol::{
        exchange::{Answer, AuthorizeRequest, Login},
        http::HttpRequest,
        time::Lifetime,
    },
    transport::{
        follow,
        http::{Http, Settings},
    },
};
use url::Url;

use crate::{
    pty::Pty,
    world::{World, free_ports},
};

const DONE: &str = "✓1 ✓2 ✓3 ✓4 ✓5 ✓6 ✓7";
const OVER_SSH: &str = "203.0.113.9 50211 192.0.2.7 2222";

fn profile(rest: &str) -> String {
    format!(
        "format = 1\nlab = true\n\n[sso]\nlogin = \"open\"\nparams = {{ login_hint = \"alice\" }}\n{rest}\n"
    )
}

/// Opens a profile over SSH, walks to the sign-in, and reads the address from the clipboard.
#[track_caller]
fn waiting(world: &World, rest: &str) -> (Pty, AuthorizeRequest) {
    world.write_config("profiles/mine.toml", &profile(rest));
    let mut pty = Pty::start(world, &["--profile", "mine"], 24, 80);
    pty.wait_for("ready");
    pty.send("R");
    pty.wait_for("left. Esc cancels");
    pty.send("c");
    pty.wait_for("Sent to the terminal");
    let address = pty.copied().pop().expect("it was copied");
    (pty, asked(&address))
}

/// Reads the request out of its address.
pub fn asked(address: &str) -> AuthorizeRequest {
    let url = Url::parse(address).expect("it is an address");
    let of = |name: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(known, _)| known == name);
        found.expect("every request has it").1.into_owned()
    };
    AuthorizeRequest {
        redirect_uri: of("redirect_uri"),
        state: of("state"),
        http: HttpRequest::get(address, "text/html"),
        login: Login::Follow,
        patience: Lifetime(10_000),
    }
}

/// Signs in as a browser would, and returns the address that it ends on.
pub fn sign_in(request: &AuthorizeRequest) -> String {
    let http = Http::new(Settings::default()).expect("defaults are fine");
    match runtime().block_on(follow::follow(&http, request)).outcome {
        Ok(Answer::Redirect(redirect)) => redirect.url.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Opens a page and returns it.
fn visit(address: &str) -> String {
    let http = Http::new(Settings::default()).expect("defaults are fine");
    let page = runtime().block_on(http.send(&HttpRequest::get(address, "text/html")));
    page.response().expect("a page").text().into_owned()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Returns the address as it stands on the screen, line by line, with nothing taken off.
fn on_screen(pty: &Pty) -> String {
    pty.screen()
        .lines()
        .skip_while(|line| !line.starts_with("http://"))
        .take_while(|line| !line.is_empty())
        .collect()
}

/// A world in an SSH session, where no browser is started.
pub fn over_ssh() -> World {
    World::new()
        .with_env("SSH_CONNECTION", OVER_SSH)
        .with_env("USER", "ada")
}

#[test]
fn over_ssh_the_way_to_the_listener_is_shown() {
    let (world, port) = (over_ssh(), free_ports(1));
    let uri = format!("redirect_uri = \"http://127.0.0.1:{port}/callback\"");
    let (pty, request) = waiting(&world, &uri);
    let screen = pty.screen();
    let line = format!("ssh -p 2222 -L {port}:127.0.0.1:{port} ada@192.0.2.7");
    for text in [
        &*line,
        "No browser was started: this is an SSH session.",
        "fails to load is expected",
        "self-test passed",
    ] {
        assert!(screen.lines().any(|row| row.contains(text)), "{screen}");
    }
    // The mouse takes the line without anything before it.
    assert!(screen.lines().any(|row| row == line), "{screen}");
    assert_eq!(on_screen(&pty), request.http.address());
}

#[test]
fn the_whole_address_is_alone_linked_and_in_a_file() {
    let world = over_ssh();
    let runtime_dir = world.root().join("run");
    fs::create_dir(&runtime_dir).expect("a folder in the world");
    let world = world.with_env("XDG_RUNTIME_DIR", runtime_dir.to_str().expect("UTF-8"));
    let (mut pty, request) = waiting(&world, "redirect_uri = \"http://127.0.0.1:0/callback\"");
    let address = request.http.address();
    let link = format!("\x1b]8;id=jagwalk;{address}\x1b\\");
    assert!(
        String::from_utf8_lossy(&pty.raw()).contains(&link),
        "the address is no link"
    );
    pty.send("s");
    pty.wait_for("which only you can read");
    let file = fs::read_dir(&runtime_dir)
        .expect("it is there")
        .next()
        .expect("a file")
        .expect("it can be read");
    let mode = file.metadata().expect("it has some").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        fs::read_to_string(file.path()).expect("it is ours"),
        format!("{address}\n")
    );
    pty.send("Q");
    pty.wait_for("As a QR code the address needs a screen of");
    pty.send("<esc>");
    pty.wait_for("left. Esc cancels");
    pty.send("o");
    pty.wait_until(|screen| {
        let rows: Vec<_> = screen.rows(0, screen.size().1.get()).collect();
        let alone = rows.concat().contains(&address);
        alone && !rows.iter().any(|row| row.contains("Listening on"))
    });
}

#[test]
fn a_paste_wins_and_the_browser_that_comes_late_is_told() {
    let world = over_ssh();
    let (mut pty, request) = waiting(&world, "redirect_uri = \"http://127.0.0.1:0/callback\"");
    let last = sign_in(&request);
    pty.paste(&last.replace(&request.state, "an-older-state"));
    pty.wait_for("belongs to another sign-in");
    pty.paste(&last);
    pty.wait_for(DONE);
    let page = visit(&last);
    assert!(page.contains("already received by paste"), "{page}");
    pty.wait_for("received by paste already");
}

#[test]
fn the_listener_wins_and_the_paste_that_comes_late_is_told() {
    let world = over_ssh();
    let (mut pty, request) = waiting(&world, "redirect_uri = \"http://127.0.0.1:0/callback\"");
    let last = sign_in(&request);
    let page = visit(&last);
    assert!(page.contains("close this"), "{page}");
    pty.wait_for(DONE);
    // The word on the last key gives way to what happens next.
    pty.send("j");
    pty.wait_gone("Sent to the terminal");
    let page = visit(&last);
    assert!(page.contains("Already received"), "{page}");
    pty.wait_for("was received already");
    pty.paste(&last);
    pty.wait_for("before this was pasted");
}

#[test]
fn ports_may_be_forwarded_and_taken_ones_are_passed_over() {
    let world = over_ssh();
    let ports = free_ports(3);
    let (taken, free, behind) = (ports, ports + 1, ports + 2);
    let _held = std::net::TcpListener::bind(("127.0.0.1", taken)).expect("it is free");
    let (pty, request) = waiting(
        &world,
        &format!(
            "redirect_uri = [\"http://127.0.0.1:{taken}/callback\", \"http://127.0.0.1:{free}/callback\"]"
        ),
    );
    let screen = pty.screen();
    assert!(screen.contains(&format!("Port {taken}")), "{screen}");
    assert_eq!(
        request.redirect_uri,
        format!("http://127.0.0.1:{free}/callback")
    );
    drop(pty);

    let (mut pty, request) = waiting(
        &world,
        &format!(
            "redirect_uri = \"http://127.0.0.1:{free}/callback\"\nlisten = \"127.0.0.1:{behind}\""
        ),
    );
    let line = format!("-L {free}:127.0.0.1:{behind} ada@192.0.2.7");
    assert!(pty.screen().contains(&line), "{}", pty.screen());
    let last = sign_in(&request);
    visit(&last.replace(&format!(":{free}/"), &format!(":{behind}/")));
    pty.wait_for(DONE);
}

#[test]
fn without_a_screen_the_same_is_said_and_a_wrapped_paste_is_taken() {
    let world = over_ssh();
    world.write_config(
        "profiles/mine.toml",
        &profile("redirect_uri = \"http://127.0.0.1:0/callback\""),
    );
    let mut pty = Pty::start(&world, &["run", "--profile", "mine"], 50, 1000);
    pty.wait_for("and press Enter");
    let screen = pty.screen();
    for text in [
        "No browser was started: this is an SSH session.",
        "(self-test passed) for 5 min",
        "ssh -p 2222 -L ",
        "fails to load is expected",
    ] {
        assert!(screen.contains(text), "{screen}");
    }
    let last = sign_in(&asked(&on_one_line(&screen)));
    let (one, other) = last.split_at(last.len() / 2);
    pty.send_raw(format!("{one}\n{other}\n").as_bytes());
    pty.wait_for("every step that was needed is done");
    assert_eq!(pty.wait_exit(), 0);
}

/// Returns the address that stands on a line of its own.
pub fn on_one_line(screen: &str) -> String {
    let line = screen.lines().find(|line| line.starts_with("http://"));
    line.expect("the address").trim_end().to_owned()
}

#[test]
fn a_sign_in_that_never_returns_says_what_to_look_at() {
    let world = over_ssh();
    world.write_config(
        "profiles/mine.toml",
        &profile("redirect_uri = \"http://127.0.0.1:0/callback\""),
    );
    let mut pty = Pty::start(
        &world,
        &["run", "--profile", "mine", "--login-timeout", "1"],
        50,
        500,
    );
    assert_eq!(pty.wait_exit(), 4);
    let screen = pty.screen();
    assert!(!screen.contains("network.timeout"), "{screen}");
    for text in [
        "nobody came back",
        "is registered there",
        "send the step again",
        "Verdict: unknown, guess, at authorize",
        "Nobody came back from the sign-in in time.",
    ] {
        assert!(screen.contains(text), "{screen}");
    }
}
