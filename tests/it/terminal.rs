//! The real binary in a terminal: what a person sees and types, and what is left of it afterwards.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

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
    peer::{Auth, Peer, ready},
    pty::{Pty, cut_off},
    world::World,
};

/// The rail of a walk that is done, on one line.
const ALL_DONE: &str = "✓1 ✓2 ✓3 ✓4 ✓5 ✓6 ✓7";

/// The end of the lab's API answer that is always on the screen.
const NOTES: &str = r#""sub": "u-1001-alice""#;

/// A lab profile whose sign-in waits for a person.
const WAITING: &str = r#"format = 1
lab = true

[sso]
login = "show"
redirect_uri = "http://127.0.0.1:0/callback"
params = { login_hint = "alice" }
"#;

/// Opens the built-in lab in an empty home, and waits until it can be walked.
#[track_caller]
fn lab(world: &World, args: &[&str], rows: u16, cols: u16) -> Pty {
    let mut pty = Pty::start(world, args, rows, cols);
    pty.wait_for("ready");
    pty
}

/// Walks what is left, to the API's answer.
#[track_caller]
fn to_the_end(pty: &mut Pty) {
    pty.send("R");
    pty.wait_for(NOTES);
}

/// Waits until the screen has all of these texts, each in one row.
#[track_caller]
fn wait_all(pty: &mut Pty, texts: &[&str]) {
    pty.wait_until(|screen| {
        let rows: Vec<_> = screen.rows(0, screen.size().1.get()).collect();
        texts
            .iter()
            .all(|text| rows.iter().any(|row| row.contains(text)))
    });
}

/// Leaves, and agrees that the walk is lost.
#[track_caller]
fn leave(pty: &mut Pty) {
    pty.send("q");
    pty.wait_for("Leave?");
    assert_eq!(pty.quit("y"), 0);
    pty.assert_sane();
}

#[test]
fn enter_walks_the_lab_to_the_answer_of_its_api() {
    let world = World::new();
    let mut pty = Pty::start(&world, &[], 24, 80);
    for step in 1..=7 {
        let place = format!("step {step} of 7");
        wait_all(&mut pty, &[&place, " ready"]);
        pty.send("<enter>");
        wait_all(&mut pty, &[&place, " done in "]);
        if step < 7 {
            pty.send("<enter>");
        }
    }
    wait_all(
        &mut pty,
        &[ALL_DONE, NOTES, "200 OK", "Welcome, u-1001-alice."],
    );
    leave(&mut pty);
    // Nothing was saved, because nothing was asked for.
    assert!(!world.config_dir().join("profiles").exists());
}

#[test]
fn an_enter_that_comes_before_the_lab_has_started_opens_no_field() {
    let world = World::new();
    world.write_config("profiles/mine.toml", WAITING);
    let mut pty = Pty::start(&world, &["--profile", "mine"], 24, 80);
    pty.wait_for("jagwalk");
    pty.send("<enter>");
    // It was sent or it was too early; either way the form is not in the way.
    pty.wait_until(|screen| {
        let text = screen.contents();
        text.contains(" ready") || text.contains(" done in ")
    });
    assert!(!pty.screen().contains("Enter accept"), "{}", pty.screen());
    assert!(!pty.screen().contains("[Inputs"), "{}", pty.screen());
}

#[test]
fn the_walk_is_right_at_every_size() {
    let world = World::new();
    let mut pty = lab(&world, &[], 24, 80);
    pty.send("<enter>");
    wait_all(&mut pty, &["step 1 of 7", "done in"]);

    pty.resize(40, 120);
    wait_all(&mut pty, &["Phase 3  Use the token", "step 1 "][..1]);
    assert!(!pty.screen().contains("step 1 of 7"), "{}", pty.screen());
    pty.send("<enter>");
    pty.wait_for("Ask the resource authorization server for its metadata");
    pty.send("<enter>");
    wait_all(
        &mut pty,
        &[" ✓ 1 IdP metadata", "done in", r#""token_endpoint""#],
    );

    pty.resize(60, 200);
    // The notes stand at the right now, with the sections.
    pty.wait_for("JAG §7.2");
    to_the_end(&mut pty);
    wait_all(
        &mut pty,
        &[
            "Access token                   14 min fresh",
            " ✓ 6 JWT bearer",
        ],
    );

    pty.resize(12, 59);
    pty.wait_for("jagwalk needs 60x16; this is 59x12. ctrl-c leaves.");
    assert_eq!(
        pty.screen().trim_end().lines().count(),
        1,
        "{}",
        pty.screen()
    );

    pty.resize(24, 80);
    wait_all(&mut pty, &[ALL_DONE, NOTES]);
    leave(&mut pty);
}

#[test]
fn without_colour_no_colour_is_ever_sent() {
    let world = World::new().with_env("NO_COLOR", "1");
    let mut plain = lab(&world, &[], 24, 80);
    to_the_end(&mut plain);
    plain.send("p");
    plain.wait_for("c create");
    assert!(!plain.has_colour());
    assert_eq!(plain.colour_sequences(), Vec::<String>::new());

    let mut forced = lab(&world, &["--color", "always"], 24, 80);
    to_the_end(&mut forced);
    assert!(forced.has_colour() && !forced.colour_sequences().is_empty());

    let world = World::new();
    let mut usual = lab(&world, &[], 24, 80);
    to_the_end(&mut usual);
    assert!(usual.has_colour());

    let mut never = lab(&world, &["--color", "never"], 24, 80);
    to_the_end(&mut never);
    assert_eq!(never.colour_sequences(), Vec::<String>::new());
}

#[test]
fn a_screen_without_colour_and_utf8_is_ascii() {
    let world = World::new().with_env("LANG", "C");
    for (rows, cols) in [(24, 80), (60, 200)] {
        let mut pty = lab(&world, &["--color", "never"], rows, cols);
        to_the_end(&mut pty);
        for keys in ["l", "l", "e", "K", "]", "K", "]"] {
            pty.send(keys);
        }
        pty.send("?");
        pty.wait_for("Goes to");
        assert_eq!(pty.colour_sequences(), Vec::<String>::new());
        // The marks of a masked value and the section sign are text, not part of the frame.
        let raw = String::from_utf8(pty.raw()).expect("only text is written");
        let other: Vec<_> = raw
            .chars()
            .filter(|c| !c.is_ascii() && !"‹›§’".contains(*c))
            .collect();
        assert!(other.is_empty(), "{other:?}\n{}", pty.screen());
    }
}

/// Opens a profile whose sign-in waits for a person, goes there, and reads the address.
#[track_caller]
fn waiting(world: &World) -> (Pty, AuthorizeRequest) {
    world.write_config("profiles/mine.toml", WAITING);
    let mut pty = lab(world, &["--profile", "mine"], 24, 80);
    pty.send("R");
    wait_all(&mut pty, &["waiting for you", "Esc cancels"]);
    let screen = pty.screen();
    let address: String = screen
        .lines()
        .skip_while(|line| !line.starts_with("http://"))
        .take_while(|line| !line.is_empty())
        .collect();
    let url = Url::parse(&address).unwrap_or_else(|error| panic!("{address:?}: {error}\n{screen}"));
    let asked = |name: &str| {
        url.query_pairs()
            .find(|(known, _)| known == name)
            .unwrap_or_else(|| panic!("there is no {name} in {address}\n{screen}"))
            .1
            .into_owned()
    };
    let request = AuthorizeRequest {
        redirect_uri: asked("redirect_uri"),
        state: asked("state"),
        http: HttpRequest::get(address, "text/html"),
        login: Login::Follow,
        patience: Lifetime(10_000),
    };
    (pty, request)
}

/// Signs in as a browser would, and returns the address that it ends on.
fn sign_in(request: &AuthorizeRequest) -> String {
    let http = Http::new(Settings::default()).expect("defaults are fine");
    match runtime().block_on(follow::follow(&http, request)).outcome {
        Ok(Answer::Redirect(redirect)) => redirect.url.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

#[test]
fn a_stale_paste_is_refused_and_the_right_one_goes_on() {
    let world = World::new();
    let (mut pty, request) = waiting(&world);
    let last = sign_in(&request);
    pty.paste(&last.replace(&request.state, "an-older-state"));
    wait_all(
        &mut pty,
        &[
            "belongs to another sign-in",
            "Still waiting",
            "waiting for you",
        ],
    );
    pty.paste(&format!("{last}\n"));
    wait_all(&mut pty, &[ALL_DONE, NOTES]);
    leave(&mut pty);
}

#[test]
fn the_redirect_can_be_typed_into_its_box() {
    let world = World::new();
    let (mut pty, request) = waiting(&world);
    let last = sign_in(&request);
    pty.send("<enter>");
    pty.wait_for("The redirect");
    let query = last.split_once('?').expect("it has a query").1;
    pty.send(&format!("{query}<enter>"));
    wait_all(&mut pty, &[ALL_DONE, NOTES]);
}

#[test]
fn the_browser_that_comes_back_goes_on_by_itself() {
    let world = World::new();
    let (mut pty, request) = waiting(&world);
    let last = sign_in(&request);
    let http = Http::new(Settings::default()).expect("defaults are fine");
    let page = runtime().block_on(http.send(&HttpRequest::get(last, "text/html")));
    let page = page.response().expect("a page").text().into_owned();
    assert!(page.contains("close this"), "{page}");
    wait_all(&mut pty, &[ALL_DONE, NOTES]);
}

#[test]
fn esc_ends_the_wait_and_the_walk_can_go_on() {
    let world = World::new();
    let (mut pty, _) = waiting(&world);
    pty.send("<esc>");
    wait_all(&mut pty, &["Cancelled.", "cancelled"]);
    pty.send("<enter>");
    wait_all(&mut pty, &["waiting for you", "Esc cancels"]);
    pty.send("q");
    pty.wait_for("Leave?");
    assert_eq!(pty.quit("y"), 0);
    pty.assert_sane();
}

#[test]
fn ctrl_c_leaves_at_once_from_everywhere() {
    let world = World::new();
    let begin: [fn(&World) -> Pty; 5] = [
        |world| lab(world, &[], 24, 80),
        |world| {
            let mut pty = lab(world, &[], 24, 80);
            pty.send("e<enter>");
            pty.wait_for("Enter accept");
            pty
        },
        |world| {
            let mut pty = lab(world, &[], 24, 80);
            pty.send("?");
            pty.wait_for("Esc back");
            pty
        },
        |world| {
            let mut pty = lab(world, &[], 24, 80);
            to_the_end(&mut pty);
            pty.send("q");
            pty.wait_for("Leave?");
            pty
        },
        |world| waiting(world).0,
    ];
    for begin in begin {
        let mut pty = begin(&world);
        assert_eq!(pty.quit("<c-c>"), 0);
        pty.assert_sane();
    }
}

#[test]
fn signals_end_it_and_the_terminal_is_sane() {
    let world = World::new();
    for (name, status) in [("TERM", 143), ("HUP", 129)] {
        let mut idle = lab(&world, &[], 24, 80);
        idle.signal(name);
        assert_eq!(idle.wait_exit(), status, "{name}");
        idle.assert_sane();
        let (mut waits, _) = waiting(&world);
        waits.signal(name);
        assert_eq!(waits.wait_exit(), status, "{name}");
        waits.assert_sane();
    }
}

/// A panic of the screen, in a process of its own: there is no way to bring one about from outside.
mod panics {
    use std::{env, path::Path, sync::Arc, time::Duration};

    use jagwalk::{
        cli::{self, store, world::World as Wire},
        flow::{Ink, flows::XAA},
        profile::{Profile, load},
        protocol::time::Timestamp,
        session::Session,
        ui::{
            self,
            engine::Host,
            model::Start,
            places::Places,
            theme::{Depth, Glyphs, Shelf},
            update::{ProfilesOp, ProfilesReply},
        },
    };

    use crate::{pty::Pty, world::World};

    const WHERE: &str = "JAGWALK_TEST_PANIC";

    /// Panics in a task beside the screen, or in the screen's own loop.
    struct Broken {
        beside: bool,
    }

    impl Host for Broken {
        type Transport = Wire;

        fn profiles(&self, _: ProfilesOp) -> ProfilesReply {
            if self.beside {
                // A slow disk: the frames are drawn, and nothing else would wake the loop.
                std::thread::park_timeout(Duration::from_millis(300));
                panic!("something broke beside the screen");
            }
            ProfilesReply::Done(Vec::new())
        }

        async fn lab(&self, profile: Profile) -> Result<Profile, String> {
            Ok(profile)
        }

        fn transport(&self, profile: &Profile) -> Result<Arc<Wire>, String> {
            Wire::new(profile, false).map(Arc::new)
        }

        fn trace(&self, _: &str, _: &Session) -> Result<String, String> {
            Err("nothing is written here".to_owned())
        }

        fn open(&self, _: &str) -> Result<(), String> {
            Ok(())
        }

        fn seed(&self) -> [u8; 32] {
            assert!(self.beside, "something broke in the loop");
            [0; 32]
        }

        fn now(&self) -> Timestamp {
            Timestamp(1_790_000_000_000)
        }
    }

    /// The helper process: what the program does, with a host that panics. In the suite itself it does nothing.
    #[test]
    fn helper() {
        let Ok(place) = env::var(WHERE) else {
            return;
        };
        let code = cli::status(|| {
            let host = Arc::new(Broken {
                beside: place == "beside",
            });
            let ink = Ink {
                now: host.now(),
                seed: [1; 32],
            };
            let (profile, problems) = load::load(store::LAB, "format = 1\n");
            let start = Start {
                session: Session::new(&XAA, profile, ink),
                has_file: false,
                problems,
                warnings: Vec::new(),
                keys: jagwalk::ui::keymap::Keymap::default(),
                // It is given back in a panic, too.
                mouse: true,
                theme: "terminal".to_owned(),
                theme_chosen: false,
                shelf: Shelf::default(),
                depth: Depth::Sixteen,
                glyphs: Glyphs::UNICODE,
                share: false,
                places: Places::default(),
            };
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime
                .block_on(ui::run::run(start, host))
                .map_err(|error| cli::Failed {
                    says: error.to_string(),
                    hint: None,
                    code: 70,
                })?;
            Ok(0)
        });
        std::process::exit(i32::from(code));
    }

    #[test]
    fn a_panic_leaves_its_message_on_a_sane_terminal() {
        for (place, message) in [
            ("beside", "something broke beside the screen"),
            ("loop", "something broke in the loop"),
        ] {
            let world = World::new().with_env(WHERE, place);
            let program = env::current_exe().expect("tests are a program");
            let program = Path::to_str(&program).expect("it is named in UTF-8");
            let argv = [
                program,
                "--exact",
                "terminal::panics::helper",
                "--nocapture",
                "--test-threads=1",
            ];
            let mut pty = Pty::start_program(&world, &argv, 24, 80);
            assert_eq!(pty.wait_exit(), 70, "{}", pty.screen());
            pty.wait_for(message);
            pty.assert_sane();
            let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
            assert!(raw.contains("\x1b[?1049h"), "the screen was never taken");
        }
    }
}

/// What switches the mouse on and off, each with its end.
fn mouse_modes(pty: &Pty) -> Vec<String> {
    let raw = pty.raw();
    let text = String::from_utf8_lossy(&raw).into_owned();
    let modes = text.split("\x1b[?").skip(1);
    modes
        .filter(|rest| ["9", "10"].iter().any(|lead| rest.starts_with(lead)))
        .filter_map(|rest| Some(rest[..=rest.find(['h', 'l'])?].to_owned()))
        .filter(|mode| !mode.starts_with("1049"))
        .collect()
}

#[test]
fn the_mouse_is_left_alone_until_it_is_asked_for_and_always_given_back() {
    const ON: [&str; 3] = ["1000h", "1002h", "1006h"];
    const OFF: [&str; 3] = ["1006l", "1002l", "1000l"];
    let world = World::new();
    let mut pty = lab(&world, &[], 24, 80);
    // A click on the tab of the inputs, though nobody asked for it.
    pty.send_raw(b"\x1b[<0;6;4M\x1b[<0;6;4m");
    pty.send("]");
    pty.wait_for("[cURL]");
    pty.send("[");
    pty.wait_for("[Request]");
    assert_eq!(mouse_modes(&pty), [""; 0]);

    pty.send("O");
    pty.wait_for("The mouse is on.");
    pty.send_raw(b"\x1b[<0;6;4M\x1b[<0;6;4m");
    pty.wait_for("[Inputs");
    assert_eq!(mouse_modes(&pty), ON);
    // Movements without a button are never asked for.
    pty.wait_until(|screen| {
        use vt100::{MouseProtocolEncoding as E, MouseProtocolMode as M};
        screen.mouse_protocol_mode() == M::ButtonMotion
            && screen.mouse_protocol_encoding() == E::Sgr
    });
    // While it is stopped, the terminal has it back.
    pty.send("<c-z>");
    pty.send("O");
    pty.wait_for("The mouse is the terminal’s again.");
    // Whatever else had the terminal meanwhile leaves nothing on.
    let mended = [
        "1000l", "1002l", "1003l", "1005l", "1006l", "1015l", "1004l",
    ];
    let all = [&ON[..], &OFF, &mended, &ON, &OFF];
    assert_eq!(mouse_modes(&pty), all.concat());
    assert_eq!(pty.quit("q"), 0);
    pty.assert_sane();

    world.write_config("config.toml", "mouse = true\n");
    let mut pty = lab(&world, &[], 24, 80);
    pty.send_raw(b"\x1b[<0;6;4M\x1b[<0;6;4m");
    pty.wait_for("[Inputs");
    assert_eq!(pty.quit("q"), 0);
    pty.assert_sane();
    assert_eq!(mouse_modes(&pty), [ON, OFF].concat());
    let mut pty = lab(&world, &[], 24, 80);
    pty.signal("TERM");
    pty.wait_exit();
    pty.assert_sane();
}

/// Finds a field by its path and gives it a value.
#[track_caller]
fn fill(pty: &mut Pty, path: &str, keys: &str) {
    pty.send("/");
    pty.wait_for("Enter finds");
    pty.send(&format!("{path}<enter>"));
    pty.wait_for(path);
    pty.wait_gone("Enter finds");
    pty.send("<enter>");
    pty.wait_for("Esc discard");
    pty.send(keys);
    pty.wait_gone("Esc discard");
}

#[test]
fn a_profile_for_servers_of_others_is_made_by_keys_alone() {
    if !ready() {
        return;
    }
    let world = World::new();
    let mut peer = Peer::start(&world, &[]);
    // Writes the files of the secrets, as a side of making a profile that is not used here.
    peer.profile_toml(Auth::ClientSecretBasic, "alice");
    let secret = |name: &str| format!("file:{}/{name}.txt", peer.state_dir.display());

    let mut pty = lab(&world, &[], 24, 80);
    pty.send("p");
    pty.wait_for("c create");
    pty.send("c");
    pty.wait_for("generic");
    pty.send("<enter>");
    pty.wait_for("Name of the new profile");
    pty.send("acme<enter>");
    wait_all(&mut pty, &["acme", "needs input", "idp.issuer is empty"]);

    pty.send("P");
    pty.wait_for("Every field of the profile");
    let fields = [
        ("idp.issuer", format!("{}<enter>", peer.idp)),
        ("sso.client_id", "wiki-secret-at-idp<enter>".to_owned()),
        ("sso.auth", "c<enter>".to_owned()),
        ("sso.client_secret", secret("idp_secret") + "<enter>"),
        (
            "sso.scope",
            "<c-u>openid offline_access email<enter>".to_owned(),
        ),
        (
            "sso.redirect_uri",
            "http://127.0.0.1:8765/callback<enter>".to_owned(),
        ),
        ("sso.login", "f<enter>".to_owned()),
        (
            "sso.params",
            "login_hint=alice<enter>prompt=consent<tab>".to_owned(),
        ),
        ("agent.audience", format!("{}/typo<enter>", peer.ras)),
        ("agent.resource", format!("{}<enter>", peer.api)),
        ("agent.scope", "chat.read<enter>".to_owned()),
        ("resource_as.issuer", format!("{}<enter>", peer.ras)),
        (
            "resource_as.client_id",
            "wiki-secret-at-chat<enter>".to_owned(),
        ),
        ("resource_as.auth", "c<enter>".to_owned()),
        (
            "resource_as.client_secret",
            secret("ras_secret") + "<enter>",
        ),
        ("api.url", format!("{}/messages<enter>", peer.api)),
    ];
    for (path, keys) in &fields {
        fill(&mut pty, path, keys);
    }
    pty.send("S");
    pty.wait_for("Saved acme.");
    // Once to stop finding, once to go back.
    pty.send("q");
    pty.wait_for("step 1 of 7");

    pty.send("R");
    wait_all(
        &mut pty,
        &["step 5 of 7", "refused by IdP", "invalid_target"],
    );

    pty.send("e");
    pty.wait_for("[Inputs]");
    fill(
        &mut pty,
        "agent.audience",
        &format!("<c-u>{}<enter>", peer.ras),
    );
    wait_all(&mut pty, &["stale", "not saved"]);
    pty.send("r");
    wait_all(&mut pty, &["step 5 of 7", " done in "]);
    pty.send("R");
    wait_all(&mut pty, &[ALL_DONE, "200 OK", r#""hello""#]);
    peer.wait_log("/api/messages 200");
    assert!(!pty.screen().contains("refused"), "{}", pty.screen());
    pty.send("S");
    pty.wait_for("Saved acme.");
    pty.wait_gone("not saved");
    leave(&mut pty);
    for raw in peer.secrets() {
        let seen = String::from_utf8_lossy(&pty.raw()).into_owned();
        assert!(!seen.contains(&raw), "a secret was on the screen");
    }

    let path = world.config_dir().join("profiles/acme.toml");
    let mode = fs::metadata(&path)
        .expect("it was saved")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let saved = fs::read_to_string(&path).expect("it is text");
    let doc: toml_edit::DocumentMut = saved.parse().expect("it is TOML");
    assert_eq!(doc["agent"]["audience"].as_str(), Some(peer.ras.as_str()));
    assert_eq!(doc["sso"]["auth"].as_str(), Some("client_secret_basic"));
    assert_eq!(doc["sso"]["params"]["prompt"].as_str(), Some("consent"));
    assert!(doc["sso"]["client_secret"]["file"].is_str(), "{saved}");

    // By hand: comments of one's own. Then one field on the screen.
    let ours = saved.replace(
        "\n[api]\n",
        "\n# Ask Kim before changing this.\n[api] # Kim's\n",
    );
    assert!(ours != saved);
    fs::write(&path, &ours).expect("it is ours");
    let mut pty = Pty::start(&world, &[], 24, 80);
    wait_all(&mut pty, &["· acme ·", " ready"]);
    pty.send("P");
    pty.wait_for("Every field of the profile");
    fill(&mut pty, "agent.scope", "<c-u>chat.history<enter>");
    pty.send("S");
    pty.wait_for("Saved acme.");
    assert_eq!(pty.quit("<c-c>"), 0);
    let now = fs::read_to_string(&path).expect("it is text");
    assert_eq!(
        now,
        ours.replace("scope = \"chat.read\"", "scope = \"chat.history\"")
    );
    assert_eq!(
        fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
fn a_token_in_the_wrong_slot_is_named_and_in_the_right_one_it_spares_the_sign_in() {
    let world = World::new();
    let mut pty = lab(&world, &[], 24, 80);
    to_the_end(&mut pty);
    // The ID Token of this lab, by the copy menu of the step that gained it.
    pty.send("3");
    pty.wait_for("step 3 of 7");
    pty.send("J");
    wait_all(&mut pty, &["step 4 of 7", "ID Token of alice"]);
    pty.send("y");
    pty.wait_for("the ID Token");
    pty.send("/");
    pty.wait_for("Enter finds");
    pty.send("the ID Token<enter>");
    pty.wait_gone("Enter finds");
    pty.send("<enter>");
    pty.wait_for("clipboard: the ID Token");
    let token = pty.copied().pop().expect("it went to the clipboard");
    assert!(token.starts_with("eyJ"), "{token}");

    pty.send("n");
    wait_all(&mut pty, &["step 1 of 7", " ready"]);
    pty.send("u");
    pty.wait_for("Use a token or code");
    pty.send("/");
    pty.wait_for("Enter finds");
    pty.send("ID-JAG<enter>");
    pty.wait_gone("Enter finds");
    pty.send("<enter>");
    pty.wait_for("Use this ID-JAG");
    pty.paste(&token);
    pty.wait_for("••••");
    pty.send("<enter>");
    pty.wait_for("This is an ID Token, and the slot");
    pty.send("<esc>");
    pty.wait_gone("Use this ID-JAG");

    pty.send("/");
    pty.wait_for("Enter finds");
    pty.send("ID Token<enter>");
    pty.wait_gone("Enter finds");
    pty.send("<enter>");
    pty.wait_for("Use this ID Token");
    pty.paste(&token);
    pty.wait_for("••••");
    pty.send("<enter>");
    wait_all(&mut pty, &["An ID Token handed in", "·1 ·2 -3 -4 ·5 ·6 ·7"]);
    pty.send("R");
    wait_all(&mut pty, &["✓1 ✓2 -3 -4 ✓5 ✓6 ✓7", NOTES]);
    assert!(
        !String::from_utf8_lossy(&pty.raw()).contains(&token[..40]),
        "the token was on the screen"
    );
    leave(&mut pty);
}

#[test]
fn a_trace_opens_as_it_was_and_sends_nothing() {
    let world = World::new();
    let mut pty = lab(&world, &[], 24, 80);
    pty.send("w");
    pty.wait_for("Nothing was sent yet.");
    to_the_end(&mut pty);
    pty.send("w");
    pty.wait_for("Write the walk to");
    pty.send("<c-u>walk.json<enter>");
    pty.wait_for("The walk is written to walk.json");
    leave(&mut pty);
    let path = world.home().join("walk.json");
    let trace = fs::read_to_string(&path).expect("it was written");
    assert!(!crate::world::shows_jwt(&trace), "there is a token in it");
    assert_eq!(
        fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777,
        0o600
    );

    let mut pty = Pty::start(&world, &["--open", "walk.json"], 24, 80);
    wait_all(&mut pty, &["stored trace", ALL_DONE, "step 7 of 7", NOTES]);
    pty.send("K");
    wait_all(&mut pty, &["Access token of u-1001-alice", "as stored"]);
    for keys in ["r", "R"] {
        pty.send(keys);
        pty.wait_for("This is a stored trace: nothing is sent from it.");
        pty.send("l");
        pty.wait_gone("nothing is sent from it.");
    }
    pty.send("n");
    pty.wait_for("This is a stored trace: nothing is sent from it.");
    pty.send("<lt>");
    pty.wait_for("A stored trace is one walk.");
    // Nothing would be lost by leaving.
    assert_eq!(pty.quit("q"), 0);
    pty.assert_sane();

    world.write("broken.json", r#"{"schema": 1"#);
    let mut pty = Pty::start(&world, &["--open", "broken.json"], 24, 80);
    assert_eq!(pty.wait_exit(), 2);
    pty.wait_for("broken.json cannot be opened");
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let world = World::new();
    let mut pty = lab(&world, &[], 24, 80);
    let rest = Duration::from_millis(2500);
    assert!(
        pty.rests(rest),
        "it writes before the walk\n{}",
        pty.screen()
    );
    to_the_end(&mut pty);
    assert!(
        pty.rests(rest),
        "it writes after the walk\n{}",
        pty.screen()
    );
    // The countdown of a wait is the sign that the watch itself works.
    let (mut waits, _) = waiting(&world);
    assert!(
        !waits.rests(rest),
        "the countdown stands\n{}",
        waits.screen()
    );
}

/// What a hostile server does with a request.
#[derive(Clone, Copy)]
enum Mood {
    /// It answers a page full of commands for the terminal.
    Page,
    /// It answers with far too much.
    Flood,
    /// It never answers.
    Silence,
}

/// What an answer says that no terminal may ever hear.
const EVIL: &str = "\x1b]0;EVIL\x07\x1b[31;5mRED\x1b[2J\u{9b}31mC1\r\u{202e}";

/// Starts a server that does with every request what the mood says.
fn hostile(mood: &Arc<Mutex<Mood>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("it is bound").port();
    let mood = Arc::clone(mood);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mood = *mood.lock().expect("nobody panicked with it");
            thread::spawn(move || answer(stream, mood));
        }
    });
    format!("http://127.0.0.1:{port}")
}

/// Answers one request; whoever asked may be gone, and that is no matter.
fn answer(mut stream: TcpStream, mood: Mood) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let body = match mood {
        Mood::Page => format!("<html><title>{EVIL}</title><p>Please sign in</p></html>"),
        Mood::Flood => "<p>much</p>".repeat(5 * 1024 * 1024 / 11),
        Mood::Silence => {
            // Until the other side gives up.
            let _ = stream.read(&mut byte);
            return;
        }
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

#[test]
fn a_hostile_server_is_shown_for_what_it_is() {
    let world = World::new();
    let mood = Arc::new(Mutex::new(Mood::Page));
    let issuer = hostile(&mood);
    world.write_config(
        "profiles/evil.toml",
        &format!("format = 1\n[idp]\nissuer = \"{issuer}\"\n"),
    );
    let mut pty = lab(&world, &["--profile", "evil"], 24, 80);
    pty.send("r");
    wait_all(
        &mut pty,
        &["rejected by us", "text/html", "<p>Please", "EVIL"],
    );
    // It is shown, with marks in place of what a terminal would obey.
    for part in ["␛]0;EVIL␇", "‹U+202E›"] {
        assert!(pty.screen().contains(part), "{part}\n{}", pty.screen());
    }
    let raw = pty.raw();
    for part in [
        &b"\x1b]0;EVIL"[..],
        b"\x1b[31;5m",
        "\u{9b}".as_bytes(),
        "\u{202e}".as_bytes(),
    ] {
        assert!(
            !raw.windows(part.len()).any(|window| window == part),
            "{} reached the terminal\n{}",
            part.escape_ascii(),
            pty.screen()
        );
    }

    *mood.lock().expect("nobody panicked with it") = Mood::Flood;
    pty.send("r");
    wait_all(&mut pty, &["attempt 2 of 2", "<p>much</p>"]);
    pty.send("G");
    pty.send("g");
    pty.wait_for("attempt 2 of 2");

    *mood.lock().expect("nobody panicked with it") = Mood::Silence;
    pty.send("r");
    wait_all(
        &mut pty,
        &["in flight", "Waiting for 127.0.0.1", "Esc cancels"],
    );
    pty.send("<esc>");
    wait_all(&mut pty, &["Cancelled."]);
    pty.send("p");
    pty.wait_for("evil");
    pty.send("q");
    pty.wait_gone("c create");
    leave(&mut pty);
}

#[test]
fn a_terminal_that_goes_away_without_a_signal_ends_the_screen() {
    let world = World::new();
    assert_eq!(cut_off(&world, "ready"), 129);
    // What is kept at every end is kept at this one.
    assert!(world.config_dir().join("places.json").is_file());
}

#[test]
fn starting_again_stands_where_the_screen_was_left_whichever_way() {
    let world = World::new();
    let file = world.config_dir().join("places.json");
    let ways: [fn(&mut Pty); 4] = [
        |pty| assert_eq!(pty.quit("q"), 0),
        |pty| assert_eq!(pty.quit("<c-c>"), 0),
        |pty| {
            pty.signal("TERM");
            assert_eq!(pty.wait_exit(), 143);
        },
        |pty| {
            pty.signal("HUP");
            assert_eq!(pty.wait_exit(), 129);
        },
    ];
    for (at, leave) in ways.into_iter().enumerate() {
        // Each time it stands where it was left the time before, and is left with another panel and zoom.
        // Zoomed, it shows the panel alone: nothing there says that the lab is ready but what stands in it.
        let mut pty = Pty::start(&world, &[], 40, 120);
        match at {
            0 => wait_all(&mut pty, &["[Request]", "Discovery"]),
            1 | 3 => wait_all(&mut pty, &["[cURL]"]),
            _ => wait_all(&mut pty, &["[Diagram]"]),
        }
        assert_eq!(
            pty.screen().contains("Phase 1"),
            at % 2 == 0,
            "{}",
            pty.screen()
        );
        pty.send("z");
        pty.send("'");
        pty.send(if at % 2 == 0 { "c" } else { "d" });
        pty.wait_for(if at % 2 == 0 { "[cURL]" } else { "[Diagram]" });
        leave(&mut pty);
        pty.assert_sane();
        let kept = std::fs::read_to_string(&file).expect("it was kept");
        assert!(kept.len() < 2000 && !kept.contains("http"), "{kept}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&file)
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    // What is broken is no reason to say anything, and what is switched off is neither read nor written.
    std::fs::write(&file, "{ broken").expect("it can be written");
    let mut pty = lab(&world, &[], 40, 120);
    wait_all(&mut pty, &["[Request]", "Phase 1"]);
    assert_eq!(pty.quit("q"), 0);
    world.write_config("config.toml", "remember = false\n");
    std::fs::write(&file, "untouched").expect("it can be written");
    let mut pty = lab(&world, &[], 40, 120);
    pty.send("z");
    pty.wait_gone("Phase 1");
    assert_eq!(pty.quit("q"), 0);
    assert_eq!(
        std::fs::read_to_string(&file).expect("it is there"),
        "untouched"
    );
}
