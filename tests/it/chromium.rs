//! Debian's Chromium signs a person in through forms, and ends on the page that says it can be closed.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    peer::{Auth, Peer, ready},
    world::{World, limit},
};

const CHROMIUM: &str = "/usr/bin/chromium";

/// Tells whether the browser is here; says so when not.
fn here() -> bool {
    if Path::new(CHROMIUM).exists() {
        return true;
    }
    let name = thread::current().name().unwrap_or("a test").to_owned();
    // Nothing is lost when nobody listens.
    let _ = writeln!(
        io::stderr(),
        "skipped: {name}: {CHROMIUM} was not found; Debian's package is `chromium`."
    );
    false
}

/// A browser without a window, spoken to through a pipe: messages of JSON, each ended by a zero byte.
struct Browser {
    process: Child,
    to: ChildStdin,
    from: mpsc::Receiver<Value>,
    next: u64,
    tab: String,
    _home: TempDir,
}

impl Browser {
    fn start() -> Self {
        let home = TempDir::with_prefix("jagwalk-chromium-").expect("a temporary folder");
        let folder = home.path().to_str().expect("it is UTF-8");
        // The shell puts our pipe where the browser looks for it: 3 to read, 4 to write.
        let mut process = Command::new("sh")
            .args([
                "-c",
                r#"exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1"#,
                "sh",
                CHROMIUM,
            ])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--no-proxy-server",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-pipe",
                &format!("--user-data-dir={folder}/data"),
                "about:blank",
            ])
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let to = process.stdin.take().expect("it is piped");
        let from = messages(process.stdout.take().expect("it is piped"));
        let mut browser = Self {
            process,
            to,
            from,
            next: 0,
            tab: String::new(),
            _home: home,
        };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", &attach);
        session["sessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut browser.tab);
        browser
    }

    /// Asks the browser something and waits for its answer.
    #[track_caller]
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.tab.is_empty() {
            message["sessionId"] = json!(self.tab);
        }
        self.to
            .write_all(format!("{message}\0").as_bytes())
            .expect("the browser listens");
        loop {
            let answer = self
                .from
                .recv_timeout(limit())
                .unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == json!(id) {
                return answer["result"].clone();
            }
        }
    }

    fn open(&mut self, address: &str) {
        self.ask("Page.navigate", &json!({ "url": address }));
    }

    /// Runs a script on the page; while a page is changing there is no answer.
    fn script(&mut self, script: &str) -> Value {
        let asked = json!({ "expression": script, "returnByValue": true });
        self.ask("Runtime.evaluate", &asked)["result"]["value"].clone()
    }

    /// Runs a script until it says yes.
    #[track_caller]
    fn wait(&mut self, script: &str) {
        let deadline = Instant::now() + limit();
        while self.script(script) != json!(true) {
            if Instant::now() > deadline {
                let page = self.script("location.href + '\\n' + document.body.innerText");
                panic!("{script} stayed untrue on {page}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a button once it is there.
    #[track_caller]
    fn press(&mut self, button: &str) {
        let button = json!(button);
        self.wait(&format!(
            "(() => {{ const b = document.querySelector({button}); if (!b || document.readyState !== 'complete') \
             return false; b.click(); return true; }})()"
        ));
    }

    /// Waits for the page that says it can be closed.
    #[track_caller]
    fn can_be_closed(&mut self) {
        self.wait("document.body && document.body.innerText.includes('You can close this page')");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn messages(from: ChildStdout) -> mpsc::Receiver<Value> {
    let (into, out) = mpsc::channel();
    thread::spawn(move || {
        for message in BufReader::new(from).split(0).map_while(Result::ok) {
            let Ok(message) = serde_json::from_slice(&message) else {
                continue;
            };
            if into.send(message).is_err() {
                break;
            }
        }
    });
    out
}

/// Starts a walk in a terminal of its own and waits for the address to open.
fn walk(world: &World, profile: &str) -> (crate::pty::Pty, String) {
    let args = ["run", "--profile", profile, "--no-browser"];
    let mut pty = crate::pty::Pty::start(world, &args, 60, 1200);
    pty.wait_for("and press Enter");
    let screen = pty.screen();
    let line = screen.lines().find(|line| line.starts_with("http://"));
    let address = line.expect("the address").trim_end().to_owned();
    (pty, address)
}

#[test]
fn a_person_signs_in_at_the_lab_with_forms() {
    if !here() {
        return;
    }
    let world = World::new();
    let profile = "format = 1\nlab = true\n\n[sso]\nlogin = \"open\"\n\
                   redirect_uri = \"http://127.0.0.1:0/callback\"\nparams = { prompt = \"login consent\" }\n";
    world.write_config("profiles/mine.toml", profile);
    let (mut pty, address) = walk(&world, "mine");
    let mut browser = Browser::start();
    browser.open(&address);
    browser.press("button[name=user][value=alice]");
    browser.press("button[name=decision][value=allow]");
    browser.can_be_closed();
    pty.wait_for("every step that was needed is done");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn a_person_signs_in_at_a_provider_that_others_wrote() {
    if !here() || !ready() {
        return;
    }
    let world = World::new();
    let peer = Peer::start(&world, &["--interactive"]);
    let path = peer.profile_toml(Auth::PrivateKeyJwt, "alice");
    let profile = fs::read_to_string(&path).expect("it was just written");
    fs::write(
        &path,
        profile.replace("login = \"follow\"", "login = \"open\""),
    )
    .expect("it is ours");
    let (mut pty, address) = walk(&world, &path);
    let mut browser = Browser::start();
    browser.open(&address);
    // The provider's own page takes the account itself for a login.
    browser.wait("!!document.querySelector('input[name=login]')");
    browser.script(
        "document.querySelector('input[name=login]').value = 'U019488227'; \
         const p = document.querySelector('input[name=password]'); if (p) p.value = 'any'; true",
    );
    browser.press("button[type=submit]");
    browser.wait("document.body && document.body.innerText.includes('Authorize')");
    browser.press("button[type=submit]");
    browser.can_be_closed();
    pty.wait_for("every step that was needed is done");
    assert_eq!(pty.wait_exit(), 0);
}
