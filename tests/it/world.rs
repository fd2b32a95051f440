//! A world of its own for every test: temporary home, scrubbed environment, time limits, ports.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsStr,
    fmt, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The program under test.
pub const JAGWALK: &str = env!("CARGO_BIN_EXE_jagwalk");

/// A home that nothing of this machine reaches into; it is removed when the world ends.
pub struct World {
    root: TempDir,
    env: BTreeMap<String, String>,
}

impl World {
    /// Makes an empty home; the configuration folder is named, but not there yet.
    pub fn new() -> Self {
        let root = TempDir::with_prefix("jagwalk-test-").expect("a temporary folder");
        let place = |name: &str| text(root.path().join(name));
        fs::create_dir(root.path().join("home")).expect("a home in it");
        let mut env = BTreeMap::from([
            ("HOME".to_owned(), place("home")),
            ("XDG_CONFIG_HOME".to_owned(), place("xdg")),
            ("JAGWALK_CONFIG_DIR".to_owned(), place("config")),
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ]);
        // Everything else is left out: displays, proxies, SSH, NO_COLOR, COLORTERM, secrets of the machine.
        if let Ok(path) = env::var("PATH") {
            env.insert("PATH".to_owned(), path);
        }
        Self { root, env }
    }

    /// Adds a variable to the environment of everything started from here on.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable from the environment of everything started from here on.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// Returns the whole environment that programs get.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// Returns the folder around everything of this world.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Returns the home, which is also where programs are started.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Returns the configuration folder; it does not exist until something is written to it.
    pub fn config_dir(&self) -> PathBuf {
        self.root.path().join("config")
    }

    /// Writes a file, by a path from the home, and returns its whole path.
    pub fn write(&self, name: &str, content: &str) -> String {
        put(&self.home().join(name), content)
    }

    /// Writes a file of the configuration folder (`config.toml`, `profiles/acme.toml`) and returns its whole path.
    pub fn write_config(&self, name: &str, content: &str) -> String {
        put(&self.config_dir().join(name), content)
    }

    /// Runs jagwalk to its end; what is in `stdin` is all it can read.
    #[track_caller]
    pub fn run(&self, args: &[&str], stdin: &str) -> Output {
        self.exec(JAGWALK, args, stdin)
    }

    /// Runs any program to its end.
    #[track_caller]
    pub fn exec(&self, program: impl AsRef<OsStr>, args: &[&str], stdin: &str) -> Output {
        Running::start(self.command(program).args(args), stdin).wait_exit()
    }

    /// Starts jagwalk and leaves it running (`lab`, say).
    #[track_caller]
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(JAGWALK).args(args), "")
    }

    /// Prepares a program with this world's environment and home.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.env).current_dir(self.home());
        command
    }
}

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit status; 128 and the signal's number for one that a signal ended, as a shell says it.
    pub code: i32,
    /// Everything it wrote to standard output.
    pub stdout: String,
    /// Everything it wrote to standard error.
    pub stderr: String,
}

impl Output {
    /// Fails, with all that was written, unless the exit status is this one.
    #[must_use]
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "unexpected exit status\n{self}");
        self
    }

    /// Reads standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        write!(f, "exit status {code}\n{}", both(stdout, stderr))
    }
}

/// A program that is running; it is killed when this value ends.
pub struct Running {
    child: Child,
    said: Arc<Said>,
    ended: Option<ExitStatus>,
    limit: Duration,
}

#[derive(Default)]
struct Said {
    streams: Mutex<Streams>,
    changed: Condvar,
}

#[derive(Default)]
struct Streams {
    stdout: String,
    stderr: String,
    open: usize,
}

impl fmt::Display for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&both(&self.stdout, &self.stderr))
    }
}

impl Running {
    /// Starts a program; `stdin` is written to it, then its standard input is closed.
    #[track_caller]
    pub fn start(command: &mut Command, stdin: &str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{} does not start: {error}",
                    command.get_program().display()
                )
            });
        let said = Arc::new(Said::default());
        said.lock().open = 2;
        listen(
            child.stdout.take().expect("it is piped"),
            &said,
            |streams| &mut streams.stdout,
        );
        listen(
            child.stderr.take().expect("it is piped"),
            &said,
            |streams| &mut streams.stderr,
        );
        let mut pipe = child.stdin.take().expect("it is piped");
        let stdin = stdin.to_owned();
        // A program may end without reading its input: that is its right.
        thread::spawn(move || drop(pipe.write_all(stdin.as_bytes())));
        Self {
            child,
            said,
            ended: None,
            limit: limit(),
        }
    }

    /// Waits for a line of standard output that begins so, and returns what follows in it.
    ///
    /// # Errors
    /// All that was written, when the program ends or the time is up first.
    pub fn wait_line(&mut self, begin: &str) -> Result<String, String> {
        self.wait(&format!("line {begin:?}"), |streams| {
            let mut whole = streams.stdout.split_inclusive('\n');
            whole
                .find_map(|line| line.strip_suffix('\n')?.strip_prefix(begin))
                .map(str::to_owned)
        })
    }

    /// Waits until this text stands in standard error.
    ///
    /// # Errors
    /// All that was written, when the program ends or the time is up first.
    pub fn wait_stderr(&mut self, text: &str) -> Result<(), String> {
        self.wait(&format!("text {text:?} on standard error"), |streams| {
            streams.stderr.contains(text).then_some(())
        })
    }

    fn wait<T>(&mut self, what: &str, find: impl Fn(&Streams) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + self.limit;
        loop {
            let ended = self.poll().is_some();
            let streams = self.said.lock();
            if let Some(found) = find(&streams) {
                return Ok(found);
            }
            if (ended && streams.open == 0) || Instant::now() > deadline {
                let why = if ended { "it ended" } else { "the time is up" };
                return Err(format!("no {what}, and {why}\n{streams}"));
            }
            drop(self.said.wait(streams));
        }
    }

    /// Returns what was written to standard output so far.
    pub fn stdout(&self) -> String {
        self.said.lock().stdout.clone()
    }

    /// Returns what was written to standard error so far.
    pub fn stderr(&self) -> String {
        self.said.lock().stderr.clone()
    }

    /// Returns the number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name (`INT`, `TERM`, `HUP`).
    #[track_caller]
    pub fn signal(&mut self, name: &str) {
        if self.poll().is_none() {
            signal(name, &self.child.id().to_string());
        }
    }

    /// Waits for the end of the program and of its output.
    #[track_caller]
    pub fn wait_exit(mut self) -> Output {
        let deadline = Instant::now() + self.limit;
        loop {
            let status = self.poll();
            let streams = self.said.lock();
            match status {
                Some(status) if streams.open == 0 => {
                    return Output {
                        code: code(status),
                        stdout: streams.stdout.clone(),
                        stderr: streams.stderr.clone(),
                    };
                }
                _ if Instant::now() > deadline => {
                    let why = match status {
                        Some(_) => "it ended, but what it left behind holds its output open",
                        None => "it did not end",
                    };
                    panic!("{why} within {:?}\n{streams}", self.limit)
                }
                _ => drop(self.said.wait(streams)),
            }
        }
    }

    fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("our own child can be asked");
        }
        self.ended
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.poll().is_none() {
            // It may have ended by itself since.
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for more output; an exit has no signal of its own, so it is looked for now and then.
    fn wait<'a>(&self, streams: MutexGuard<'a, Streams>) -> MutexGuard<'a, Streams> {
        self.changed
            .wait_timeout(streams, Duration::from_millis(5))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Returns how long anything may take: `JAGWALK_TEST_TIMEOUT` in seconds, else a minute.
pub fn limit() -> Duration {
    let seconds = env::var("JAGWALK_TEST_TIMEOUT")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// Returns a loopback port that nobody listens on.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// Returns the first of so many free loopback ports in a row; each is given out once.
pub fn free_ports(count: u16) -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..1000 {
        let bind = |port| TcpListener::bind(("127.0.0.1", port));
        let first = bind(0).expect("a loopback port");
        let start = first.local_addr().expect("it is bound").port();
        let Some(end) = start.checked_add(count) else {
            continue;
        };
        let held: Vec<_> = (start + 1..end).map_while(|port| bind(port).ok()).collect();
        if held.len() + 1 == usize::from(count) && given.range(start..end).next().is_none() {
            given.extend(start..end);
            return start;
        }
    }
    panic!("no {count} free ports in a row");
}

/// Sends a signal by its name to a process, or with a `-` before the number to a process group.
#[track_caller]
pub fn signal(name: &str, target: &str) {
    // Whoever is gone already cannot be reached, and need not be: the status does not matter.
    Command::new("sh")
        .args(["-c", r#"kill -s "$0" -- "$1""#, name, target])
        .stderr(Stdio::null())
        .status()
        .expect("a shell");
}

fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn both(stdout: &str, stderr: &str) -> String {
    format!("--- standard output\n{stdout}\n--- standard error\n{stderr}")
}

fn listen(
    stream: impl Read + Send + 'static,
    said: &Arc<Said>,
    pick: fn(&mut Streams) -> &mut String,
) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            pick(&mut said.lock()).push_str(&String::from_utf8_lossy(&line));
            line.clear();
            said.changed.notify_all();
        }
        said.lock().open -= 1;
        said.changed.notify_all();
    });
}

fn put(path: &Path, content: &str) -> String {
    fs::create_dir_all(path.parent().expect("it lies in the world"))
        .expect("a folder in the world");
    fs::write(path, content).expect("a file in the world");
    text(path.to_owned())
}

fn text(path: PathBuf) -> String {
    path.into_os_string()
        .into_string()
        .expect("temporary folders are named in UTF-8")
}

mod tests {
    use super::*;

    #[test]
    fn a_program_sees_nothing_of_this_machine_but_the_path() {
        let world = World::new().with_env("EXTRA", "1").without_env("LANG");
        let output = world.exec("env", &[], "").expect_code(0);
        let mut names: Vec<_> = output
            .stdout
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "EXTRA",
                "HOME",
                "JAGWALK_CONFIG_DIR",
                "PATH",
                "TERM",
                "XDG_CONFIG_HOME"
            ]
        );
        assert!(!world.config_dir().exists());
    }

    #[test]
    fn input_output_and_status_come_through() {
        let world = World::new();
        let file = world.write("deep/note.txt", "from the file\n");
        let script = r#"cat; cat "$0"; echo to stderr >&2; exit 3"#;
        let output = world.exec("sh", &["-c", script, &file], "from the pipe\n");
        assert_eq!(output.code, 3);
        assert_eq!(output.stdout, "from the pipe\nfrom the file\n");
        assert_eq!(output.stderr, "to stderr\n");
    }

    #[test]
    fn more_input_and_output_than_a_pipe_holds_is_no_deadlock() {
        let much = "x".repeat(1 << 20);
        let output = World::new().exec("cat", &[], &much).expect_code(0);
        assert!(output.stdout == much);
    }

    #[test]
    fn a_running_program_is_heard_signalled_and_ended() {
        let world = World::new();
        let script = "trap 'echo bye; exit 5' TERM; echo ready 7; while :; do sleep 0.01; done";
        let mut running = Running::start(world.command("sh").args(["-c", script]), "");
        assert_eq!(running.wait_line("ready ").unwrap(), "7");
        running.signal("TERM");
        let output = running.wait_exit().expect_code(5);
        assert_eq!(output.stdout, "ready 7\nbye\n");

        let mut short = Running::start(world.command("sh").args(["-c", "echo no >&2; exit 1"]), "");
        let told = short.wait_line("ready ").unwrap_err();
        assert!(
            told.contains("no line \"ready \", and it ended") && told.contains("no\n"),
            "{told}"
        );
    }

    #[test]
    fn ports_are_free_in_a_row_and_given_once() {
        let (one, other) = (free_ports(3), free_ports(3));
        assert!(one.abs_diff(other) >= 3, "{one} {other}");
        for port in [one, one + 1, one + 2, free_port()] {
            TcpListener::bind(("127.0.0.1", port)).unwrap();
        }
    }
}

/// Tells whether a text shows a JWT. Random text holds `eyJ` now and then, and hardly ever begins with it.
pub fn shows_jwt(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices("eyJ")
        .any(|(at, _)| !text[..at].ends_with(inside))
}
