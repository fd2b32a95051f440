//! What the screen weighs: how soon it is there, what it keeps of the memory, how deep it rests, what a key costs.
//!
//! Everything is measured from outside, in a pseudo-terminal, on the program as it is released. Beside it stand `jwt-ui`
//! and `slumber` where they are installed. Nothing is asserted here; the bytes of a key are, in `tests/it/light.rs`.
#![allow(clippy::print_stdout, reason = "a bench tells its reader")]

use std::{
    env, fs,
    io::{Read, Write},
    path::Path,
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use serde_json::Value as Json;
use tempfile::TempDir;
use vt100::Parser;

const JAGWALK: &str = env!("CARGO_BIN_EXE_jagwalk");

/// How often each program is started.
const STARTS: usize = 21;

/// How long it is watched at rest.
const REST: Duration = Duration::from_secs(5);

/// So long after its last byte a frame is over.
const QUIET: Duration = Duration::from_millis(150);

/// A profile that wants no lab.
const PROFILE: &str = "format = 1\n[idp]\nissuer = \"https://idp.example\"\n";

fn main() {
    // `cargo test --all-targets` runs benches too, and asks for none.
    if !env::args().any(|arg| arg == "--bench") {
        return;
    }
    let home = TempDir::with_prefix("jagwalk-bench-").expect("a temporary folder");
    let home = home.path();
    let put = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put(&home.join("config/profiles/quiet.toml"), PROFILE);
    let quiet: &[&str] = &[JAGWALK, "--profile", "quiet"];

    println!("\nlight: the screen at 120x40, median of {STARTS} starts");
    heading(&["", "first frame", "aim", "resident", "aim"]);
    let (frame, memory) = starts(home, quiet);
    row(&["jagwalk", &ms(frame), "8 ms", &mb(memory), "12 MB"]);
    for (name, argv) in [("jwt-ui", &["jwtui"][..]), ("slumber", &["slumber"][..])] {
        if Command::new(argv[0]).arg("--version").output().is_err() {
            row(&[name, "not installed", "", "", ""]);
            continue;
        }
        put(&home.join("slumber.yml"), "requests: {}\n");
        let (frame, memory) = starts(home, argv);
        row(&[name, &ms(frame), "", &mb(memory), ""]);
    }

    println!("\nlight: at rest for {} s", REST.as_secs());
    heading(&["", "wake-ups", "bytes", "aim", "resident"]);
    for (name, argv) in [
        ("no lab", quiet),
        ("with the lab", &[JAGWALK, "--profile", "lab"][..]),
    ] {
        let mut screen = Terminal::start(home, argv);
        screen.settle();
        // The threads that read files for the start end when they had nothing to do for ten seconds.
        screen.watch(Duration::from_secs(12));
        let (wakes, bytes) = (screen.wakes(), screen.bytes);
        screen.watch(REST);
        let woken = screen.wakes().saturating_sub(wakes);
        let written = screen.bytes - bytes;
        row(&[
            name,
            &woken.to_string(),
            &written.to_string(),
            "0",
            &mb(screen.resident()),
        ]);
    }

    println!("\nlight: bytes of a key, theme `terminal`, 256 colours");
    heading(&["", "bytes", "budget", "", ""]);
    let mut screen = Terminal::start(home, &[JAGWALK, "--profile", "lab", "--theme", "terminal"]);
    screen.until(" ready");
    screen.keys("R");
    screen.until("u-1001-alice");
    for (what, keys, budget) in [
        ("the cursor in a list", "j", "300"),
        ("another panel", "]", "2500"),
        ("the inputs", "e", "2500"),
        ("a field", "\r", "2500"),
        ("a typed character", "x", "100"),
    ] {
        screen.settle();
        let before = screen.bytes;
        screen.keys(keys);
        screen.settle();
        row(&[what, &(screen.bytes - before).to_string(), budget, "", ""]);
    }
    drop(screen);

    println!("\nlight: a stored walk of 10,000 requests, its log at 120x40");
    heading(&["", "median", "worst", "aim", ""]);
    let walk = long_walk(home);
    let begun = Instant::now();
    let mut screen = Terminal::start(home, &[JAGWALK, "--open", &walk]);
    screen.until("stored trace");
    row(&["it opens", &ms(begun.elapsed()), "", "", ""]);
    screen.settle();
    // The log of the last step, and then that of the walk.
    screen.keys("l");
    screen.settle();
    let first = screen.answer("l");
    row(&["the log, laid out", &ms(first), "", "", ""]);
    for (what, keys) in [
        ("a row down", "j"),
        ("a page down", "\x1b[6~"),
        ("the end and back", "Gg"),
    ] {
        let mut all = Vec::new();
        for _ in 0..20 {
            for key in keys.split_inclusive(|c: char| c.is_ascii_alphabetic() || c == '~') {
                screen.settle_briefly();
                all.push(screen.answer(key));
            }
        }
        all.sort();
        row(&[
            what,
            &ms(all[all.len() / 2]),
            &ms(all[all.len() - 1]),
            "8 ms",
            "",
        ]);
    }
    println!();
}

/// Starts a program again and again; returns the median of how long its first frame takes, and of what it then holds.
fn starts(home: &Path, argv: &[&str]) -> (Duration, u64) {
    let (mut frames, mut memory): (Vec<_>, Vec<_>) = (0..STARTS)
        .map(|_| {
            let begun = Instant::now();
            let mut screen = Terminal::start(home, argv);
            let frame = screen.first(begun);
            screen.settle();
            (frame, screen.resident())
        })
        .unzip();
    frames.sort();
    memory.sort_unstable();
    (frames[STARTS / 2], memory[STARTS / 2])
}

/// Walks the lab once, and makes of it a walk whose first step made ten thousand requests.
fn long_walk(home: &Path) -> String {
    let path = home.join("walk.json");
    let mut command = Command::new(JAGWALK);
    command
        .args(["run", "--profile", "lab", "--trace"])
        .arg(&path);
    let ran = command
        .env("JAGWALK_CONFIG_DIR", home.join("config"))
        .output();
    assert!(
        ran.is_ok_and(|ran| ran.status.success()),
        "the lab can be walked"
    );
    let text = fs::read_to_string(&path).expect("the walk was stored");
    let mut stored: Json = serde_json::from_str(&text).expect("it is JSON");
    let made = &mut stored["walk"]["steps"][0]["attempts"][0]["made"];
    let one = made[0].clone();
    *made = Json::from(vec![one; 10_000]);
    fs::write(&path, stored.to_string()).expect("a file");
    path.to_string_lossy().into_owned()
}

/// A program in a terminal that answers the questions programs wait for.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    heard: Receiver<(Instant, Vec<u8>)>,
    typed: Box<dyn Write + Send>,
    parser: Parser,
    bytes: usize,
}

impl Terminal {
    fn start(home: &Path, argv: &[&str]) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 120,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(argv[0]);
        command.args(&argv[1..]);
        command.cwd(home);
        command.env_clear();
        for (name, value) in [
            ("HOME", home.to_string_lossy().into_owned()),
            (
                "JAGWALK_CONFIG_DIR",
                home.join("config").to_string_lossy().into_owned(),
            ),
            ("PATH", env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
        ] {
            command.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let typed = pair.master.take_writer().expect("it is taken once");
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let (said, heard) = mpsc::channel();
        thread::spawn(move || {
            // The terminal lives as long as it is read.
            let _master = pair.master;
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if said
                    .send((Instant::now(), buffer[..read].to_vec()))
                    .is_err()
                {
                    break;
                }
            }
        });
        let cells = |count: u16| count.try_into().expect("it has some");
        Self {
            child,
            heard,
            typed,
            parser: Parser::new(cells(40), cells(120), 0),
            bytes: 0,
        }
    }

    fn keys(&mut self, keys: &str) {
        self.typed.write_all(keys.as_bytes()).expect("it reads");
        self.typed.flush().expect("it reads");
    }

    /// Takes what is written within a time; returns when it came.
    fn hear(&mut self, within: Duration) -> Option<Instant> {
        match self.heard.recv_timeout(within) {
            Ok((at, bytes)) => {
                self.bytes += bytes.len();
                self.parser.process(&bytes);
                let has = |part: &[u8]| bytes.windows(part.len()).any(|seen| seen == part);
                for (question, answer) in [
                    (&b"\x1b[c"[..], "\x1b[?62;22c"),
                    (b"\x1b[6n", "\x1b[1;1R"),
                    (b"\x1b]11;?", "\x1b]11;rgb:0000/0000/0000\x07"),
                ] {
                    if has(question) {
                        self.keys(answer);
                    }
                }
                Some(at)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                panic!("it ended:\n{}", self.parser.screen().contents())
            }
        }
    }

    /// Waits for the first text on the whole screen; returns how long it took.
    fn first(&mut self, begun: Instant) -> Duration {
        loop {
            let at = self.hear(Duration::from_secs(10)).expect("it draws");
            let screen = self.parser.screen();
            if screen.alternate_screen() && !screen.contents().trim().is_empty() {
                return at - begun;
            }
        }
    }

    fn until(&mut self, text: &str) {
        while !self.parser.screen().contents().contains(text) {
            let heard = self.hear(Duration::from_secs(60));
            assert!(
                heard.is_some(),
                "no {text:?} on\n{}",
                self.parser.screen().contents()
            );
        }
    }

    /// Waits until nothing more is written.
    fn settle(&mut self) {
        while self.hear(QUIET).is_some() {}
    }

    /// The same, a little longer than the time between two frames.
    fn settle_briefly(&mut self) {
        while self.hear(Duration::from_millis(40)).is_some() {}
    }

    fn watch(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.hear(left);
        }
    }

    /// Presses a key; returns how long it takes until the first byte of the frame.
    fn answer(&mut self, key: &str) -> Duration {
        let begun = Instant::now();
        self.keys(key);
        let at = self.hear(Duration::from_secs(2));
        // At the edge there may be nothing to draw.
        at.map_or(Duration::ZERO, |at| at - begun)
    }

    fn process(&self) -> String {
        format!("/proc/{}", self.child.process_id().unwrap_or_default())
    }

    /// Returns what it holds of the memory, in kilobytes.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(self.process() + "/status").unwrap_or_default();
        number(&status, "VmRSS:")
    }

    /// Returns how often one of its threads had slept and ran again.
    fn wakes(&self) -> u64 {
        let tasks = fs::read_dir(self.process() + "/task")
            .into_iter()
            .flatten()
            .flatten();
        tasks
            .map(|task| {
                let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
                number(&status, "voluntary_ctxt_switches:")
            })
            .sum()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds a number in a status of Linux; elsewhere there is none, and 0 stands for it.
fn number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[allow(clippy::cast_precision_loss, reason = "memory is far below")]
fn mb(kilobytes: u64) -> String {
    match kilobytes {
        0 => "unknown here".to_owned(),
        some => format!("{:.1} MB", some as f64 / 1024.0),
    }
}

fn heading(cells: &[&str; 5]) {
    row(cells);
    println!("  {}", "-".repeat(76));
}

fn row(cells: &[&str; 5]) {
    let [name, a, b, c, d] = cells;
    println!(
        "{}",
        format!("  {name:<24} {a:>13} {b:>12} {c:>12} {d:>12}").trim_end()
    );
}
