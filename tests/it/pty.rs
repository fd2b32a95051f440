//! A terminal of our own: a program in a pseudo-terminal, its screen as vt100 understands it, keys as text.
//!
//! Nothing here sleeps: every wait ends with the output that was waited for, with the end of the program, or with the
//! time limit, and a wait that fails shows the whole screen.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{Read, Write},
    num::NonZeroU16,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;
use vt100::{Callbacks, Color, MouseProtocolMode, Parser, Screen};

use crate::world::{JAGWALK, World, limit, signal};

/// Starts the program with the terminal's settings noted before and after, and outlives every signal meant for it.
const KEEPER: &str = r#"notes=$1; shift; trap : HUP INT QUIT TERM
stty -g >"$notes/before"; "$@"; code=$?; stty -g >"$notes/after"; exit "$code""#;

/// A program in a terminal; it is killed when this value ends.
pub struct Pty {
    shared: Arc<Shared>,
    keys: mpsc::Sender<Vec<u8>>,
    master: Box<dyn MasterPty + Send>,
    group: String,
    notes: TempDir,
    limit: Duration,
    after_esc: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser<Heard>,
    raw: Vec<u8>,
    open: bool,
    exit: Option<u32>,
}

/// What the terminal was told or asked beside text.
#[derive(Default)]
struct Heard {
    answers: bool,
    ground: Option<String>,
    replies: Vec<u8>,
    copied: Vec<String>,
}

/// How a text stands on the screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a cell has that many")]
pub struct Style {
    /// The colour of the text.
    pub fg: Color,
    /// The colour behind it.
    pub bg: Color,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether it is dim.
    pub dim: bool,
    /// Whether it is italic.
    pub italic: bool,
    /// Whether it is underlined.
    pub underline: bool,
    /// Whether its two colours are swapped.
    pub inverse: bool,
}

impl Pty {
    /// Starts jagwalk in a terminal of this size that answers no questions.
    #[track_caller]
    pub fn start(world: &World, args: &[&str], rows: u16, cols: u16) -> Self {
        Self::start_program(world, &[&[JAGWALK], args].concat(), rows, cols)
    }

    /// Starts any program in such a terminal.
    #[track_caller]
    pub fn start_program(world: &World, argv: &[&str], rows: u16, cols: u16) -> Self {
        let pair = native_pty_system()
            .openpty(size(rows, cols))
            .expect("a pseudo-terminal");
        let notes = TempDir::new_in(world.root()).expect("a folder in the world");
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", KEEPER, "sh"]);
        command.arg(notes.path());
        command.args(argv);
        command.cwd(world.home());
        command.env_clear();
        for (name, value) in world.env() {
            command.env(name, value);
        }
        let mut child = pair.slave.spawn_command(command).expect("a shell");
        // Else the end of the output would never be seen.
        drop(pair.slave);

        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                parser: Parser::new_with_callbacks(cells(rows), cells(cols), 0, Heard::default()),
                raw: Vec::new(),
                open: true,
                exit: None,
            }),
            changed: Condvar::new(),
        });
        let (keys, typed) = mpsc::channel::<Vec<u8>>();
        let mut writer = pair.master.take_writer().expect("it is taken once");
        // A thread of its own: a program that does not read must not hold up the test beyond its limit.
        thread::spawn(move || {
            for bytes in typed {
                if writer
                    .write_all(&bytes)
                    .and_then(|()| writer.flush())
                    .is_err()
                {
                    break;
                }
            }
        });
        let reader = pair.master.try_clone_reader().expect("a reader");
        listen(reader, &shared, keys.clone());
        let group = format!("-{}", child.process_id().expect("it has just started"));
        let waiting = Arc::clone(&shared);
        thread::spawn(move || {
            let code = child.wait().map_or(u32::MAX, |status| status.exit_code());
            waiting.lock().exit = Some(code);
            waiting.changed.notify_all();
        });
        Self {
            shared,
            keys,
            master: pair.master,
            group,
            notes,
            limit: limit(),
            after_esc: false,
        }
    }

    /// Makes the terminal answer what programs ask: where the cursor is, what it is, which colours it has.
    #[must_use]
    pub fn answering(self) -> Self {
        self.shared.lock().parser.callbacks_mut().answers = true;
        self
    }

    /// Makes the terminal answer this to the question for its background, the end of the answer with it.
    #[must_use]
    pub fn with_ground(self, answer: &str) -> Self {
        self.shared.lock().parser.callbacks_mut().ground = Some(answer.to_owned());
        self.answering()
    }

    /// Sets how long a wait may take.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Types keys: plain characters, and names such as `<enter>`, `<c-c>`, `<a-x>`, `<f1>`, `<lt>`; see [`key`].
    ///
    /// `<esc>` has to come last, and its effect has to be waited for before the next key: a terminal program cannot
    /// tell `<esc>j` in one read from alt-j.
    #[track_caller]
    pub fn send(&mut self, keys: &str) {
        assert!(
            !self.after_esc,
            "wait for the effect of <esc> before typing {keys:?}"
        );
        let application = self.shared.lock().parser.screen().application_cursor();
        let (bytes, esc) = spell(keys, application).unwrap_or_else(|error| panic!("{error}"));
        self.after_esc = esc;
        self.send_raw(&bytes);
    }

    /// Pastes as a terminal does when the program asked for it: between marks, each end of line a carriage return.
    #[track_caller]
    pub fn paste(&mut self, text: &str) {
        assert!(
            self.shared.lock().parser.screen().bracketed_paste(),
            "the program has not switched bracketed paste on; send_raw() pastes like a terminal without it"
        );
        let text = text.replace("\r\n", "\r").replace('\n', "\r");
        self.send_raw(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        // A program that has ended reads no more; the next wait says so.
        drop(self.keys.send(bytes.to_vec()));
    }

    /// Sends a signal by its name (`HUP`, `TERM`) to the program.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        signal(name, &self.group);
    }

    /// Changes the size of the terminal; the parser goes first, so that nothing drawn for the new size is lost.
    #[track_caller]
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let mut state = self.shared.lock();
        state.parser.set_size(cells(rows), cells(cols));
        self.master.resize(size(rows, cols)).expect("a size");
    }

    /// Waits until the screen has this text, in one row.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait(&format!("the text {text:?}"), |screen| has(screen, text));
    }

    /// Waits until the screen has this text no more.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) {
        self.wait(&format!("the text {text:?} to go"), |screen| {
            !has(screen, text)
        });
    }

    /// Waits until the screen is as the test wants it.
    #[track_caller]
    pub fn wait_until(&mut self, wanted: impl Fn(&Screen) -> bool) {
        self.wait("the screen to be as wanted", wanted);
    }

    /// Waits until the program has written more than so many bytes.
    #[track_caller]
    pub fn wait_written(&mut self, bytes: usize) {
        let shared = Arc::clone(&self.shared);
        let deadline = Instant::now() + self.limit;
        let mut state = shared.lock();
        while state.raw.len() <= bytes {
            assert!(
                Instant::now() < deadline,
                "waited {:?} for more than {bytes} bytes\n{}",
                self.limit,
                state.picture()
            );
            state = shared.wait(state, deadline);
        }
        self.after_esc = false;
    }

    /// Waits until the program has written nothing for so long; returns whether it ever came to rest.
    ///
    /// This is the one wait that takes time: that nothing happens is seen only by waiting.
    pub fn rests(&mut self, rest: Duration) -> bool {
        let deadline = Instant::now() + self.limit.min(rest * 4);
        let mut state = self.shared.lock();
        loop {
            let (written, until) = (state.raw.len(), Instant::now() + rest);
            while state.raw.len() == written {
                if Instant::now() >= until {
                    return true;
                }
                state = self.shared.wait(state, until);
            }
            if Instant::now() >= deadline {
                return false;
            }
        }
    }

    /// Waits for the end of the program and of its output, and returns the exit status.
    #[track_caller]
    pub fn wait_exit(&mut self) -> u32 {
        let deadline = Instant::now() + self.limit;
        let mut state = self.shared.lock();
        loop {
            match state.exit {
                Some(code) if !state.open => return code,
                _ if Instant::now() >= deadline => {
                    panic!(
                        "the program did not end within {:?}\n{}",
                        self.limit,
                        state.picture()
                    )
                }
                _ => state = self.shared.wait(state, deadline),
            }
        }
    }

    /// Types keys and waits for the end that they bring.
    #[track_caller]
    pub fn quit(&mut self, keys: &str) -> u32 {
        self.send(keys);
        self.wait_exit()
    }

    /// Returns the text of the screen: a line for each row, without blanks at the ends.
    pub fn screen(&self) -> String {
        rows(self.shared.lock().parser.screen()).join("\n")
    }

    /// Returns the bytes that the program has written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.lock().raw.clone()
    }

    /// Returns where the cursor is, as row and column from 0, unless it is hidden.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let state = self.shared.lock();
        let screen = state.parser.screen();
        (!screen.hide_cursor()).then(|| screen.cursor_position())
    }

    /// Returns what the program put on the clipboard (OSC 52), decoded.
    pub fn copied(&self) -> Vec<String> {
        self.shared.lock().parser.callbacks().copied.clone()
    }

    /// Returns how the first occurrence of a text is drawn.
    #[track_caller]
    pub fn style_of(&self, text: &str) -> Style {
        let state = self.shared.lock();
        let screen = state.parser.screen();
        let (row, col) = find(screen, text)
            .unwrap_or_else(|| panic!("the screen has no text {text:?}\n{}", state.picture()));
        style(screen.cell(row, col).expect("it was found there"))
    }

    /// Tells whether any cell has a colour of its own.
    pub fn has_colour(&self) -> bool {
        let state = self.shared.lock();
        every_cell(state.parser.screen())
            .iter()
            .any(|style| style.fg != Color::Default || style.bg != Color::Default)
    }

    /// Returns every sequence written so far that chooses a colour, even one for a cell that was never seen.
    pub fn colour_sequences(&self) -> Vec<String> {
        let raw = self.shared.lock().raw.clone();
        sequences(&raw)
            .filter(|(kind, params)| *kind == b'm' && chooses_colour(params))
            .map(|(_, params)| format!("ESC[{params}m"))
            .collect()
    }

    /// Says what the program left behind in the terminal; the program has to have ended.
    pub fn complaints(&self) -> Vec<String> {
        let state = self.shared.lock();
        let mut found = leftovers(&state.raw);
        let screen = state.parser.screen();
        let settings = [
            (
                "the alternate screen is still on",
                screen.alternate_screen(),
            ),
            ("the cursor is still hidden", screen.hide_cursor()),
            ("bracketed paste is still on", screen.bracketed_paste()),
            (
                "the mouse is still caught",
                screen.mouse_protocol_mode() != MouseProtocolMode::None,
            ),
            (
                "the text still has a style",
                screen.bold()
                    || screen.dim()
                    || screen.italic()
                    || screen.underline()
                    || screen.inverse()
                    || (screen.fgcolor(), screen.bgcolor()) != (Color::Default, Color::Default),
            ),
        ];
        found.extend(
            settings
                .iter()
                .filter(|(_, bad)| *bad)
                .map(|(say, _)| (*say).to_owned()),
        );
        let note = |name| fs::read_to_string(self.notes.path().join(name)).unwrap_or_default();
        if note("before").is_empty() || note("before") != note("after") {
            found.push("the terminal's own settings (raw mode) are not as they were".to_owned());
        }
        found
    }

    /// Fails unless the terminal is as the program found it.
    #[track_caller]
    pub fn assert_sane(&self) {
        let complaints = self.complaints();
        assert!(
            complaints.is_empty(),
            "the terminal is not as it was:\n  {}\n{}",
            complaints.join("\n  "),
            self.shared.lock().picture()
        );
    }

    #[track_caller]
    fn wait(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + self.limit;
        let mut state = self.shared.lock();
        while !wanted(state.parser.screen()) {
            let over = !state.open && state.exit.is_some();
            assert!(
                !over,
                "waited for {what}, but the program ended\n{}",
                state.picture()
            );
            assert!(
                Instant::now() < deadline,
                "waited {:?} for {what}\n{}",
                self.limit,
                state.picture()
            );
            state = self.shared.wait(state, deadline);
        }
        self.after_esc = false;
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.shared.lock().exit.is_none() {
            signal("KILL", &self.group);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, deadline: Instant) -> MutexGuard<'a, State> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.changed
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl State {
    /// Draws the screen in a frame, with what a person needs to see why a wait failed.
    fn picture(&self) -> String {
        let screen = self.parser.screen();
        let (height, width) = screen.size();
        let mut out = format!("the screen, {width}x{height}:\n");
        for (index, row) in rows(screen).iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{index:>3} |{row}");
        }
        let _ = match self.exit {
            Some(code) => writeln!(out, "ended with {code}"),
            None => writeln!(out, "still running"),
        };
        let tail = &self.raw[self.raw.len().saturating_sub(300)..];
        let _ = write!(out, "last bytes: {}", tail.escape_ascii());
        out
    }
}

impl Callbacks for Heard {
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let text = STANDARD.decode(data).map_or_else(
            |error| format!("not base64: {error}"),
            |bytes| String::from_utf8_lossy(&bytes).into_owned(),
        );
        self.copied.push(text);
    }

    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        first: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        kind: char,
    ) {
        let reply = match (kind, first, params) {
            ('n', None, [[6]]) => {
                let (row, col) = screen.cursor_position();
                format!("\x1b[{};{}R", row + 1, col + 1)
            }
            ('n', None, [[5]]) => "\x1b[0n".to_owned(),
            ('c', None, _) => "\x1b[?62;22c".to_owned(),
            _ => return,
        };
        self.reply(&reply);
    }

    fn unhandled_osc(&mut self, _: &mut Screen, params: &[&[u8]]) {
        match params {
            [b"10", b"?"] => self.reply("\x1b]10;rgb:cccc/cccc/cccc\x1b\\"),
            [b"11", b"?"] => {
                let ground = self.ground.as_deref().unwrap_or("rgb:0000/0000/0000\x1b\\");
                self.reply(&format!("\x1b]11;{ground}"));
            }
            _ => {}
        }
    }
}

impl Heard {
    fn reply(&mut self, text: &str) {
        if self.answers {
            self.replies.extend_from_slice(text.as_bytes());
        }
    }
}

/// Starts jagwalk in a terminal whose line is cut once the screen shows this text, below a shell that keeps every signal
/// to itself; returns the exit status.
#[track_caller]
pub fn cut_off(world: &World, text: &'static str) -> u32 {
    let (rows, cols) = (24, 80);
    let pair = native_pty_system()
        .openpty(size(rows, cols))
        .expect("a pseudo-terminal");
    let mut command = CommandBuilder::new("sh");
    command.args(["-c", r#"trap : HUP; "$1"; exit $?"#, "sh", JAGWALK]);
    command.cwd(world.home());
    command.env_clear();
    for (name, value) in world.env() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).expect("a shell");
    let group = format!("-{}", child.process_id().expect("it has just started"));
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let (told, shown) = mpsc::channel();
    // The line is cut where all ends of it are dropped: here, in the thread that reads.
    let master = pair.master;
    thread::spawn(move || {
        let mut parser = Parser::new(cells(rows), cells(cols), 0);
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            parser.process(&buffer[..read]);
            if has(parser.screen(), text) {
                drop((reader, master));
                // A test that waits no more has failed by itself.
                let _ = told.send(());
                return;
            }
        }
    });
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        let code = child.wait().map_or(u32::MAX, |status| status.exit_code());
        let _ = ended.send(code);
    });
    let shown = shown.recv_timeout(limit());
    let code = shown.is_ok().then(|| end.recv_timeout(limit()));
    match code {
        Some(Ok(code)) => code,
        other => {
            signal("KILL", &group);
            panic!("shown: {shown:?}; ended: {other:?}");
        }
    }
}

/// Returns the bytes of a key by its name, the way xterm sends them.
pub fn key(name: &str, application_cursor: bool) -> Option<Vec<u8>> {
    let arrow = |letter| {
        let lead = if application_cursor { 'O' } else { '[' };
        format!("\x1b{lead}{letter}")
    };
    let text = match name {
        "enter" => "\r".to_owned(),
        "esc" => "\x1b".to_owned(),
        "tab" => "\t".to_owned(),
        "s-tab" => "\x1b[Z".to_owned(),
        "backspace" => "\x7f".to_owned(),
        "space" => " ".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "up" => arrow('A'),
        "down" => arrow('B'),
        "right" => arrow('C'),
        "left" => arrow('D'),
        "home" => arrow('H'),
        "end" => arrow('F'),
        "insert" => "\x1b[2~".to_owned(),
        "delete" => "\x1b[3~".to_owned(),
        "pageup" => "\x1b[5~".to_owned(),
        "pagedown" => "\x1b[6~".to_owned(),
        "f1" => "\x1bOP".to_owned(),
        "f2" => "\x1bOQ".to_owned(),
        "f3" => "\x1bOR".to_owned(),
        "f4" => "\x1bOS".to_owned(),
        _ => {
            let mut parts = name.splitn(2, '-');
            let (lead, rest) = (parts.next()?, parts.next());
            return match (lead, rest, rest.map(str::as_bytes)) {
                ("c", Some("space"), _) => Some(vec![0]),
                ("c", _, Some([letter @ b'a'..=b'z'])) => Some(vec![letter & 0x1f]),
                ("a", Some(rest), _) if rest.chars().count() == 1 => {
                    Some(format!("\x1b{rest}").into_bytes())
                }
                (f, None, _) => {
                    let number: usize = f.strip_prefix('f')?.parse().ok()?;
                    let code = [15, 17, 18, 19, 20, 21, 23, 24].get(number.checked_sub(5)?)?;
                    Some(format!("\x1b[{code}~").into_bytes())
                }
                _ => None,
            };
        }
    };
    Some(text.into_bytes())
}

/// Spells keys as bytes and tells whether the last one was `<esc>`.
fn spell(keys: &str, application_cursor: bool) -> Result<(Vec<u8>, bool), String> {
    let mut bytes = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        if first != '<' {
            rest = &rest[first.len_utf8()..];
            bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let end = rest
            .find('>')
            .ok_or_else(|| format!("{keys:?} has a `<` without `>`; type it as <lt>"))?;
        let name = &rest[1..end];
        rest = &rest[end + 1..];
        bytes.extend(
            key(name, application_cursor).ok_or_else(|| format!("there is no key <{name}>"))?,
        );
        if name == "esc" {
            if rest.is_empty() {
                return Ok((bytes, true));
            }
            return Err(format!(
                "<esc> has to come last in {keys:?}: what follows would be read as alt-key"
            ));
        }
    }
    Ok((bytes, false))
}

fn listen(mut reader: Box<dyn Read + Send>, shared: &Arc<Shared>, keys: mpsc::Sender<Vec<u8>>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            let mut state = shared.lock();
            state.raw.extend_from_slice(&buffer[..read]);
            state.parser.process(&buffer[..read]);
            let replies = std::mem::take(&mut state.parser.callbacks_mut().replies);
            drop(state);
            if !replies.is_empty() {
                drop(keys.send(replies));
            }
            shared.changed.notify_all();
        }
        shared.lock().open = false;
        shared.changed.notify_all();
    });
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has at least one row and one column")
}

fn rows(screen: &Screen) -> Vec<String> {
    screen
        .rows(0, screen.size().1.get())
        .map(|row| row.trim_end().to_owned())
        .collect()
}

fn has(screen: &Screen, text: &str) -> bool {
    rows(screen).iter().any(|row| row.contains(text))
}

/// Finds the cell in which a text begins; a wide character counts as two.
fn find(screen: &Screen, text: &str) -> Option<(u16, u16)> {
    let (height, width) = screen.size();
    let starts = |row, col| {
        let mut rest = text;
        for col in col..width.get() {
            let Some(cell) = screen
                .cell(row, col)
                .filter(|cell| !cell.is_wide_continuation())
            else {
                continue;
            };
            let shown = if cell.has_contents() {
                cell.contents()
            } else {
                " "
            };
            match rest.strip_prefix(shown) {
                Some("") => return true,
                Some(after) => rest = after,
                None => return false,
            }
        }
        false
    };
    (0..height.get())
        .flat_map(|row| (0..width.get()).map(move |col| (row, col)))
        .find(|&(row, col)| starts(row, col))
}

fn every_cell(screen: &Screen) -> Vec<Style> {
    let (height, width) = screen.size();
    (0..height.get())
        .flat_map(|row| (0..width.get()).map(move |col| (row, col)))
        .filter_map(|(row, col)| screen.cell(row, col).map(style))
        .collect()
}

fn style(cell: &vt100::Cell) -> Style {
    Style {
        fg: cell.fgcolor(),
        bg: cell.bgcolor(),
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
        inverse: cell.inverse(),
    }
}

/// Lists the control sequences (ECMA-48 CSI) in a byte stream: last byte and everything before it.
fn sequences(raw: &[u8]) -> impl Iterator<Item = (u8, String)> {
    raw.windows(2)
        .enumerate()
        .filter(|(_, pair)| *pair == b"\x1b[")
        .filter_map(|(at, _)| {
            let rest = &raw[at + 2..];
            let end = rest.iter().position(|byte| (0x40..=0x7e).contains(byte))?;
            Some((
                rest[end],
                String::from_utf8_lossy(&rest[..end]).into_owned(),
            ))
        })
}

/// Tells whether the parameters of a style sequence choose a colour; going back to the default chooses none.
fn chooses_colour(params: &str) -> bool {
    params.split([';', ':']).any(|param| {
        matches!(
            param.parse(),
            Ok(30..=38 | 40..=48 | 58 | 90..=97 | 100..=107_u16)
        )
    })
}

/// Says which modes a byte stream has switched on, or off, and not back.
fn leftovers(raw: &[u8]) -> Vec<String> {
    let mut modes = BTreeMap::new();
    let mut keyboard = 0;
    for (kind, params) in sequences(raw) {
        match (kind, params.split_at_checked(1)) {
            (b'h' | b'l', Some(("?", numbers))) => {
                for number in numbers.split(';') {
                    modes.insert(number.to_owned(), kind == b'h');
                }
            }
            (b'u', Some((">", _))) => keyboard += 1,
            (b'u', Some(("<", _))) => keyboard -= 1,
            _ => {}
        }
    }
    let mut found: Vec<_> = modes
        .into_iter()
        // Line wrap and the cursor are on by default, everything else is off.
        .filter(|(number, on)| *on != matches!(number.as_str(), "7" | "25"))
        .map(|(number, on)| format!("mode {number} is left {}", if on { "on" } else { "off" }))
        .collect();
    if keyboard != 0 {
        found.push("the keyboard protocol is not as it was".to_owned());
    }
    found
}

mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn sh(world: &World, script: &str) -> Pty {
        Pty::start_program(world, &["sh", "-c", script], 5, 30)
    }

    fn failure(action: impl FnOnce()) -> String {
        let error = catch_unwind(AssertUnwindSafe(action)).expect_err("it should have failed");
        match error.downcast::<String>() {
            Ok(text) => *text,
            Err(error) => (*error.downcast::<&str>().expect("a panic with words")).to_owned(),
        }
    }

    #[test]
    fn what_is_typed_arrives_and_what_is_printed_is_seen() {
        let world = World::new();
        let mut pty = sh(
            &world,
            r#"printf 'name? '; read -r name; printf '\nhello %s' "$name"; exit 7"#,
        );
        pty.wait_for("name?");
        assert_eq!(pty.cursor(), Some((0, 6)));
        pty.send("J<lt>ö<enter>");
        assert_eq!(pty.wait_exit(), 7);
        pty.wait_for("hello J<ö");
        assert_eq!(pty.screen(), "name? J<ö\n\nhello J<ö\n\n");
        pty.assert_sane();
    }

    #[test]
    fn text_that_goes_is_noticed_and_so_is_any_other_state() {
        let world = World::new();
        let mut pty = sh(
            &world,
            r"printf loading; read -r _; printf '\033[2J\033[3;4Hdone'; read -r _",
        );
        pty.wait_for("loading");
        pty.send("<enter>");
        pty.wait_gone("loading");
        pty.wait_until(|screen| screen.cursor_position() == (2, 7));
        assert_eq!(pty.quit("<c-d>"), 1);
    }

    #[test]
    fn the_program_sees_the_new_size_and_so_does_the_screen() {
        let world = World::new();
        let mut pty = sh(&world, "stty size; read -r _; stty size; printf '%061d' 1");
        pty.wait_for("5 30");
        pty.resize(9, 70);
        pty.send("<enter>");
        pty.wait_for("9 70");
        pty.wait_for("0000000000000000000000000000000000000000000000000000000000001");
        assert_eq!(pty.wait_exit(), 0);
    }

    #[test]
    fn a_paste_goes_between_marks_but_only_when_asked_for() {
        let world = World::new();
        let script = r"stty -echo -icrnl -icanon min 1; printf '\033[?2004h'; printf ready; head -c 16 | cat -v";
        let mut pty = sh(&world, script);
        pty.wait_for("ready");
        pty.paste("a\r\nb\n");
        pty.wait_for("^[[200~a^Mb^M^[[201~");

        let mut plain = sh(&world, "read -r _");
        let told = failure(|| plain.paste("x"));
        assert!(told.contains("bracketed paste"), "{told}");
    }

    #[test]
    fn questions_are_answered_only_by_a_terminal_that_answers() {
        let world = World::new();
        let script = r"stty -echo -icanon min 1; printf 'ab\033[6n'; head -c 6 | cat -v; read -r _";
        let mut pty = sh(&world, script).answering();
        pty.wait_for("ab^[[1;3R");

        let mut silent = sh(&world, script).with_limit(Duration::from_millis(100));
        silent.wait_for("ab");
        failure(|| silent.wait_for("^["));
    }

    #[test]
    fn a_wait_that_fails_shows_the_screen_and_the_reason() {
        let world = World::new();
        let mut pty = sh(&world, "echo one; echo two; read -r _; exit 4")
            .with_limit(Duration::from_millis(300));
        pty.wait_for("two");
        let told = failure(|| pty.wait_for("three"));
        assert!(
            told.contains("300ms") && told.contains(r#"the text "three""#),
            "{told}"
        );
        assert!(
            told.contains("  0 |one\n  1 |two\n") && told.contains("still running"),
            "{told}"
        );
        pty.send("<enter>");
        let told = failure(|| pty.with_limit(Duration::from_secs(60)).wait_for("three"));
        assert!(
            told.contains("but the program ended") && told.contains("ended with 4"),
            "{told}"
        );
    }

    #[test]
    fn styles_and_colours_are_seen() {
        let world = World::new();
        let mut pty = sh(
            &world,
            r"printf 'plain \033[1;4mstrong\033[0m 宽 \033[31mred\033[0m '; read -r _",
        );
        pty.wait_for("red");
        let strong = pty.style_of("strong");
        assert!(strong.bold && strong.underline && !strong.dim);
        assert_eq!(strong.fg, Color::Default);
        assert_eq!(pty.style_of("red").fg, Color::Idx(1));
        assert!(pty.has_colour());
        assert_eq!(pty.colour_sequences(), ["ESC[31m"]);

        let mut grey = sh(
            &world,
            r"printf '\033[1;39;49mgrey\033[0m \033[2K\033[?25l'; read -r _",
        );
        grey.wait_until(Screen::hide_cursor);
        assert!(!grey.has_colour() && grey.colour_sequences().is_empty());
        assert_eq!(grey.cursor(), None);
    }

    #[test]
    fn the_clipboard_is_heard() {
        let world = World::new();
        let mut pty = sh(&world, r"printf '\033]52;c;aGVsbG8=\033\\ok'; read -r _");
        pty.wait_for("ok");
        assert_eq!(pty.copied(), ["hello"]);
    }

    #[test]
    fn what_is_left_behind_is_named() {
        let world = World::new();
        let on = r"printf '\033[?1049h\033[?25l\033[?2004h\033[?1004h\033[?1002h\033[?7l\033[>1u\033[1mx'";
        let off = r"printf '\033[0m\033[<1u\033[?7h\033[?1002l\033[?1004l\033[?2004l\033[?25h\033[?1049l'";
        let mut bad = sh(&world, &format!("{on}; stty raw -echo"));
        bad.wait_exit();
        let complaints = bad.complaints().join("\n");
        for part in [
            "mode 1004 is left on",
            "mode 1002 is left on",
            "the mouse is still caught",
            "mode 7 is left off",
            "keyboard protocol",
            "alternate screen",
            "cursor is still hidden",
            "bracketed paste",
            "still has a style",
            "raw mode",
        ] {
            assert!(
                complaints.contains(part),
                "{part} is missing in:\n{complaints}"
            );
        }
        let mut good = sh(
            &world,
            &format!("old=$(stty -g); stty raw -echo; {on}; {off}; stty $old"),
        );
        assert_eq!(good.wait_exit(), 0);
        good.assert_sane();
    }

    #[test]
    fn signals_reach_the_program_and_its_status_comes_back() {
        let world = World::new();
        let script = "trap 'echo hung up; exit 9' HUP; echo ready; while :; do sleep 0.01; done";
        let mut pty = sh(&world, script);
        pty.wait_for("ready");
        pty.signal("HUP");
        assert_eq!(pty.wait_exit(), 9);
        pty.wait_for("hung up");
    }

    #[test]
    fn keys_are_spelled_as_xterm_does() {
        let spelled = |keys| spell(keys, false).map(|(bytes, _)| bytes.escape_ascii().to_string());
        assert_eq!(spelled("j<enter><tab><s-tab>").unwrap(), r"j\r\t\x1b[Z");
        assert_eq!(spelled("<c-c><c-space><a-x>").unwrap(), r"\x03\x00\x1bx");
        assert_eq!(spelled("<f1><f5><f12>").unwrap(), r"\x1bOP\x1b[15~\x1b[24~");
        assert_eq!(
            spelled("<up><delete><pagedown>").unwrap(),
            r"\x1b[A\x1b[3~\x1b[6~"
        );
        assert_eq!(spell("<up>", true).unwrap().0, b"\x1bOA");
        assert_eq!(spell("x<esc>", false).unwrap(), (b"x\x1b".to_vec(), true));
        for wrong in ["<esc>j", "<nokey>", "a<b", "<c-1>", "<f13>", "<f0>", "<c->"] {
            assert!(spelled(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_key_right_after_esc_is_refused() {
        let world = World::new();
        let mut pty = sh(&world, "read -r _");
        pty.send("<esc>");
        let told = failure(|| pty.send("j"));
        assert!(told.contains("effect of <esc>"), "{told}");
        pty.wait_until(|_| true);
        pty.send("j");
    }
}
